r"""What trajectories of the spin glass say: energies, success, order, and the overlaps of one with another.

Each trajectory ends in a state with :math:`m_i = \langle\sigma^x_i\rangle`, and one projective readout of it is a
configuration s.  Of n spins, with :math:`E_0` the energy of the ground state,

* *energy above the ground state*, per spin, in three readings: :math:`(\langle E\rangle - E_0)/n` of the state, which
  for a product state is the "soft" :math:`E(m)`; of the rounded spins, :math:`E(\operatorname{sign} m)`; and of the
  readout, E(s).  Quantum and semiclassical trajectories compare fairly only where the reading is the same: a product
  state that is undecided has a high soft energy and an honest rounded one;
* *success*: the readout is a ground state; its probability has the interval of Clopper and Pearson, over several
  instances Student's, unless all of these agree;
* *magnetisation* :math:`\tfrac1n\sum_i s_i`.  Its average is zero by symmetry where there are no fields, so it is
  the mean square that says something: 1/n for a paramagnet and a glass, of order one for a ferromagnet;
* the *Edwards–Anderson parameter* of a trajectory, the overlap of a state with itself
  :math:`q_{aa} = \tfrac1n\sum_i m_i^2`: 0 while the spins point along the transverse field or are entangled into
  superpositions of opposite configurations, 1 once they are frozen;
* *overlaps* :math:`q_{ab} = \tfrac1n\sum_i s^a_i s^b_i` of the readouts of two trajectories of the same couplings:
  their distribution P(q), the Parisi function x(q) (:mod:`landscapes.parisi`), of q and of its size, and
  :math:`[\langle q^2\rangle]`, to be compared with :math:`[\langle m^2\rangle]`;
* *ultrametricity* of the sizes of the three overlaps of three trajectories (:mod:`landscapes.overlaps`).

Overlaps are those of every pair and triple of trajectories, with errors that know that these depend on each other
(:mod:`landscapes.replica_samples`).  Errors of all averages are over trajectories where there is one instance and over
instances where there are several: trajectories share their instance's landscape.

Source: Marsh, Kroeze, Ganguli, Gopalakrishnan, Keeling, Lev, Phys. Rev. X 14, 011026 (2024), for the quantities; the
comparison of triples with independent overlaps is this package's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_number, number_array
from landscapes import edwards_anderson_parameter, overlap_distribution, parisi_function, ultrametricity

from .._time_to_solution import time_to_solution

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["glass_observables", "parisi_function"]

_OF_TRIPLES = {"ultrametric_gap": "mean_gap", "independent_gap": "independent_gap", "gap_ratio": "gap_ratio"}
_LEAST_DIFFERENCE = 1e-9  # of two energies, per spin and in units of the largest


def glass_observables(run: Any, *, ground_energy: Any = None, level: float = 0.95) -> xr.Dataset:
    """Observables of trajectories at the end of their run, each by itself and averaged with standard errors.

    Parameters
    ----------
    run : xarray.Dataset, or sequence of them
        From :func:`cim.cavity.trajectories`; several, of one size, are instances of an ensemble of couplings.  A
        data set with the dimension ``instance`` is taken apart along it.
    ground_energy : float or array_like, optional
        Energy of the ground state, of each instance.  By default what the run measured its excess energy from; without
        either, nothing that refers to the ground state is given.
    level : float, default 0.95
        Probability with which ``success_interval`` holds the true value.

    Returns
    -------
    xarray.Dataset
        Of each trajectory, (instance,) replica: ``energy``, ``excess_energy``, ``rounded_excess_energy``,
        ``readout_excess_energy`` (per spin; see the module), ``success``, ``ground_probability``, ``magnetisation``
        (of the state), ``readout_magnetisation`` and its ``square_magnetisation``, ``self_overlap`` and ``entropy``;
        those that the run recorded.  Of each the average ``mean_…`` with ``mean_…_error``, where a success probability
        is called ``mean_success`` and has ``success_interval``, over ``bound`` ("low", "high").  Of the overlaps:
        ``overlap_probability``, ``x_of_q`` over ``overlap``; ``x_of_absolute_q`` over ``absolute_overlap``; ``q_of_x``
        and ``absolute_q_of_x`` over ``x``; ``mean_square_overlap``, ``order_parameter``; and from three trajectories
        on ``ultrametric_gap``, ``independent_gap`` and ``gap_ratio``; each with its ``…_error``.

    Raises
    ------
    TypeError, ValueError
        If ``run`` is not of trajectories, or the instances differ in size.

    Examples
    --------
    >>> import ising_problems as ip, cim
    >>> run = cim.cavity.trajectories(ip.sherrington_kirkpatrick(4, seed=0), replicas=6, steps=200, seed=1)
    >>> found = glass_observables(run)
    >>> found["excess_energy"].dims, bool(found["mean_excess_energy"] >= 0)
    (('replica',), True)
    """
    import xarray as xr

    level = checked_number(level, "level", above=0.0, below=1.0)
    runs, several = _checked_runs(run)
    grounds = _ground_energies(ground_energy, runs)
    parts = [_of_trajectories(one, ground) for one, ground in zip(runs, grounds, strict=True)]
    names = [name for name in parts[0] if all(name in part for part in parts)]
    spins = np.stack([one["spins"].transpose("replica", "spin").values for one in runs])
    count, replicas, n = spins.shape
    lead = ("instance",) if several else ()
    variables: dict[str, Any] = {}
    places: dict[str, Any] = {"replica": runs[0]["replica"].values, "spin": np.arange(n)}
    if several:
        places["instance"] = np.arange(count)
    for name in names:
        values = np.stack([part[name] for part in parts])
        if values.ndim == 2:  # what a density matrix gives is an average already
            variables[name] = ((*lead, "replica"), values if several else values[0])
        variables[f"mean_{name}"], variables[f"mean_{name}_error"] = _averaged(values.astype(np.float64))
    if "success" in names:
        limits = _success_interval(np.stack([part["success"] for part in parts]), level)
        variables["success_interval"] = ("bound", limits, {"level": level})
        places["bound"] = ["low", "high"]
    if replicas > 1:
        overlaps, at = _of_overlaps(spins if count > 1 else spins[0], replicas)
        variables |= overlaps
        places |= at
    attributes = {key: runs[0].attrs[key] for key in ("method", "duration", "loss_ratio") if key in runs[0].attrs}
    return xr.Dataset(variables, places, attributes | {"num_spins": n, "replicas": replicas, "instances": count})


# ---------------------------------------------------------------- one trajectory


def _of_trajectories(run: xr.Dataset, ground: float | None) -> dict[str, np.ndarray]:
    """Values (R,) at the end of the run, or () where the run holds averages only."""
    spins = run["spins"].transpose("replica", "spin").values
    n = spins.shape[1]
    found: dict[str, np.ndarray] = {}
    last = run.isel(time=-1) if "time" in run.dims else run
    for name in ("energy", "ground_probability", "magnetisation", "entropy"):
        if name in last:
            found[name] = last[name].values
    if "sigma_x" in last:
        means = last["sigma_x"].transpose(..., "spin").values
        if means.ndim == 2:
            found["self_overlap"] = (means**2).mean(axis=-1)
    if ground is not None:
        for name, source in (("excess_energy", "energy"), ("rounded_excess_energy", "rounded_energy")):
            if source in last:
                found[name] = (last[source].values - ground) / n
        above = run["readout_energy"].values - ground
        found["readout_excess_energy"] = above / n
        scale = max(abs(ground), float(np.abs(run["readout_energy"].values).max(initial=0.0)), 1e-300)
        found["success"] = above <= _LEAST_DIFFERENCE * scale
    found["readout_magnetisation"] = spins.mean(axis=1, dtype=np.float64)
    found["square_magnetisation"] = found["readout_magnetisation"] ** 2
    return found


def _averaged(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard error of values (instances,) or (instances, replicas)."""
    units = values if values.ndim == 1 else values.mean(axis=1) if len(values) > 1 else values[0]
    error = units.std(ddof=1) / np.sqrt(len(units)) if len(units) > 1 else np.nan
    return float(units.mean()), float(error)


def _success_interval(success: np.ndarray, level: float) -> np.ndarray:
    """Low and high limit of the probability of success; success is (instances, replicas)."""
    if len(success) == 1:
        found = time_to_solution(int(success.sum()), success.size, 1.0, level=level)
        return np.array(found.probability_interval, dtype=np.float64)
    from scipy import stats

    mean, error = _averaged(success.astype(np.float64))
    if error == 0.0:  # all succeed, or none: what trajectories say, which Student's t does not see
        found = time_to_solution(int(success.sum()), success.size, 1.0, level=level)
        return np.array(found.probability_interval, dtype=np.float64)
    reach = float(stats.t.ppf(0.5 + 0.5 * level, len(success) - 1)) * error
    return np.clip([mean - reach, mean + reach], 0.0, 1.0)


# ---------------------------------------------------------------- two and three of them


def _of_overlaps(spins: np.ndarray, replicas: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Variables and coordinates of the overlaps of every pair and triple; spins (R, n) or (instances, R, n)."""
    probability = overlap_distribution(spins, groups="all")
    parts: dict[str, Any] = {}
    for end in ("", "_error"):
        parts["overlap_probability" + end] = ("overlap", probability["probability" + end].values)
    places = {"overlap": probability["overlap"].values}
    for absolute in (False, True):
        parisi = parisi_function(spins, up_to_flip=absolute, groups="all")
        prefix = "absolute_" if absolute else ""
        places |= {f"{prefix}overlap": parisi["overlap"].values, "x": parisi["x"].values}
        for name, values in parisi.data_vars.items():
            along = prefix + "overlap" if "overlap" in values.dims else "x"
            parts[str(name).replace("q", f"{prefix}q")] = (along, values.values)
    order = edwards_anderson_parameter(spins, groups="all")
    for end in ("", "_error"):
        parts["order_parameter" + end] = float(order["order_parameter" + end])
        parts["mean_square_overlap" + end] = float(order["susceptibility" + end]) / spins.shape[-1]
    if replicas > 2:
        triples = ultrametricity(spins, groups="all")
        for new, old in _OF_TRIPLES.items():
            parts |= {new + end: float(triples[old + end]) for end in ("", "_error")}
    return parts, places


# ---------------------------------------------------------------- arguments


def _checked_runs(run: Any) -> tuple[list[xr.Dataset], bool]:
    """The runs, and whether they are instances."""
    several = True
    if hasattr(run, "data_vars"):
        several = "instance" in run.dims
        runs = [run.isel(instance=k) for k in range(run.sizes["instance"])] if several else [run]
    elif isinstance(run, Sequence) and len(run) and all(hasattr(one, "data_vars") for one in run):
        runs = list(run)
    else:
        raise TypeError(
            f"run: a Dataset of cim.cavity.trajectories or a sequence of them is needed, not {type(run).__name__}"
        )
    for k, one in enumerate(runs):
        absent = [name for name in ("spins", "readout_energy") if name not in one]
        if absent:
            raise ValueError(
                f"run: run {k} has no {' and no '.join(absent)}; pass what cim.cavity.trajectories returns"
            )
        shape, first = (dict(data["spins"].sizes) for data in (one, runs[0]))
        if shape != first:
            raise ValueError(f"run: run {k} has {shape}, but run 0 has {first}; pass instances of one size")
    return runs, several


def _ground_energies(given: Any, runs: list[xr.Dataset]) -> list[float | None]:
    if given is not None:
        energies = number_array(given, "ground_energy").astype(np.float64)
        if energies.shape not in ((), (len(runs),)):
            raise ValueError(
                f"ground_energy: one number for each of {len(runs)} instances is needed, not the shape {energies.shape}"
            )
        if not np.isfinite(energies).all():
            raise ValueError(f"ground_energy: must be finite, but it is {energies[~np.isfinite(energies)].flat[0]}")
        return list(np.broadcast_to(energies, (len(runs),)).tolist())
    found: list[float | None] = []
    for run in runs:
        if "energy" in run and "excess_energy" in run:
            above = run["energy"] - run.sizes["spin"] * run["excess_energy"]
            energy = float(above.values.ravel()[-1])
            found.append(energy if np.isfinite(energy) else None)
        else:
            found.append(None)
    return found
