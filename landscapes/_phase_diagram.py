r"""The phase diagram of the soft-spin landscape in the pump, measured on instances.

As the pump a rises the landscape of the coherent Ising machine goes from flat to rough to rigid.  This module follows
minima through the pumps, and finds others from random starts, for many sizes and instances.  At each minimum x, with
:math:`d_i = 3x_i^2 - a` and the Hessian :math:`H = \operatorname{diag}(d) - J`, it records

* the energy per spin E/n; the Ising energy per spin of sign(x), which stops changing where the landscape freezes;
  :math:`q = \langle x^2 \rangle`; the smallest amplitude, which opens a gap where the landscape is rigid;
* H's lowest eigenvalue and the local susceptibility :math:`G = \operatorname{tr} H^{-1}/n`.  A single amplitude feels
  the potential :math:`x^4/4 + c\,x^2/2` with :math:`c = -(a + G)`, a single well for c > 0 and a double well for
  c < 0: the *site curvature*.  In the limit of many spins c = 0 is the rigidity transition;
* the bulk of the spectrum that the amplitudes alone predict (:mod:`landscapes.theory.resolvent`), with the variance
  :math:`t = \sum_{ij} J_{ij}^2 / n` of the instance: its lower edge, and the marginality
  :math:`M = t \langle |d - tG(0)|^{-2} \rangle`, which is 1 as long as zero lies inside the predicted bulk, where G(0)
  is complex and the mean with its real part would mean nothing, and smaller where the spectrum is gapped;

and, over the minima that belong to one instance, how many are distinct (x and -x are one where there are no fields) and
their mean normalised overlap :math:`|x \cdot y| / |x||y|`.

Nothing that has not passed the residual test, max |∂E/∂xᵢ| < 10⁻⁹ in units of c^{3/2} with the scale
c = max(λ_max, |a|, max|hᵢ|^{2/3})/2, is called a minimum, nor is a point of another index, such as the origin within
10⁻⁶ or so above the threshold.

Sources: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119 (the landscape in the pump, the adiabatic states); Sherrington,
Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975) (the ensemble).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, sherrington_kirkpatrick
from ising_problems.checks import checked_integer, checked_number, is_integer

from .energies import coupling_unit
from .following import Flow, check_steps, checked_pumps, is_short
from .minima import landscape_of, settle
from .states import MEASURED, mean_overlap, measured, number_distinct
from .sweep import run_sweep

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["phase_diagram"]

_TOLERANCE = 1e-9
_PROTOCOLS = ("adiabatic", "random")
_LARGEST_SEED = 2**53  # exact as a float as well


def phase_diagram(
    pumps: Any,
    sizes: Any = None,
    instances: int | Sequence[Any] = 1,
    *,
    ensemble: Callable[..., IsingModel] = sherrington_kirkpatrick,
    adiabatic_starts: int = 2,
    random_starts: int = 8,
    steps_per_unit: float = 1000,
    relaxation_steps: int = 2000,
    seed: int | np.random.Generator | None = 0,
    executor: Executor | None = None,
    threads: int | None = None,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Follow and find minima of the soft-spin energy over pump × size × instance.

    Parameters
    ----------
    pumps : array_like of float, shape (p,)
        The pumps a at which minima are recorded, increasing.
    sizes : int or sequence of int
        Numbers of spins n.  May be left out where ``instances`` are models.
    instances : int or sequence of int or sequence of IsingModel
        How many instances of each size; or the seed of each, ``ensemble(n, seed=instance)``; or the models themselves,
        all of one size.
    ensemble : callable, default :func:`ising_problems.sherrington_kirkpatrick`
        Makes an instance: ``ensemble(n, seed=integer)``, a model.
    adiabatic_starts : int, default 2
        Replicas that begin at different noise below the threshold and follow the rising pump.
    random_starts : int, default 8
        Gradient descents from standard normal points at each pump.
    steps_per_unit : float, default 1000
        Euler steps while the pump rises by 1, as it stands.  The default suits Sherrington and Kirkpatrick's
        couplings, λ_max(J) ≈ 2; for others divide it by λ_max(J)/2.
    relaxation_steps : int, default 2000
        Most Euler steps of each random start; Newton's method finishes, sooner where the gradient is small.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the executor; see :func:`landscapes.run_sweep`.
    executor : concurrent.futures.Executor, optional
        Where the cells, one for each size and instance, are computed.
    threads : int, optional
        Threads of this process where no executor is given; every available core by default.
    path : path, optional
        Folder in which each finished cell is kept, from which a killed run resumes, and where ``sweep.nc`` is written.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called from time to time with the fraction of the cells that are done; something true ends the run.

    Returns
    -------
    xarray.Dataset
        Dimensions ``pump``, ``size``, ``instance``, ``start`` (with the coordinate ``start_protocol``) and
        ``protocol`` ("adiabatic", "random").

        For each start, NaN where it did not converge: ``energy`` and ``ising_energy`` per spin (the latter with the
        model's offset), ``q``, ``smallest_amplitude``, ``lowest_eigenvalue``, ``susceptibility`` (tr H⁻¹/n),
        ``site_curvature`` (-(a + susceptibility); negative is rigid), ``marginality``, ``predicted_edge``,
        ``predicted_susceptibility`` (Re G(0)); ``gapped`` (whether the predicted spectrum is; False where it did not
        converge), ``index`` (0 for a minimum, -1 where it did not converge), ``converged``, ``gradient_norm`` (the
        largest component).

        For each protocol: ``distinct_minima`` and ``overlap``, of the starts that ended in a minimum (a mean of pairs;
        NaN for fewer than two starts, or at x = 0), and ``fraction_converged``.

        ``model_seed`` of each size and instance, where the ensemble made it: ``ensemble(n, seed=model_seed)`` is the
        model.

        ``attrs``: the arguments, ``status``, ``seed``, ``seconds``, ``versions``.

    Raises
    ------
    ValueError
        If an argument is out of range, not finite or not increasing; the message names it.  If following the pump
        would take more than 10⁸ steps, with the ``steps_per_unit`` to pass.
    SweepError
        If a cell fails, for instance because the ensemble cannot make an instance of that size.

    Notes
    -----
    Random starts find few of the minima there are: their number is a lower bound, and at most ``random_starts``.

    Where the pump rises so fast that the amplitudes have not left zero, the finishing descent chooses the minimum and
    not the flow: at 1000 steps per unit that is within about 0.4 λ_max/2 of the threshold.

    The predicted spectrum is exact for dense Gaussian couplings in the limit of many spins; for sparse ones it is a
    formula to compare with.  Hessians are dense: n² numbers.

    Examples
    --------
    >>> diagram = phase_diagram([-2.5, 0.0, 3.0], 50, 2, random_starts=4)
    >>> diagram["distinct_minima"].sel(protocol="random", pump=-2.5).values.tolist()
    [[1, 1]]
    >>> bool((diagram["energy"].diff("pump") < 0).all())
    True
    """
    values = checked_pumps(pumps)
    grid, models, seeded = _checked_grid(sizes, instances)
    if not callable(ensemble):
        raise TypeError(f"ensemble: a function of n and seed is needed, but it is {ensemble!r}")
    arguments: dict[str, Any] = {
        "pumps": values.tolist(),
        "ensemble": None if models else ensemble,
        "instances_are_seeds": seeded,
        "adiabatic_starts": checked_integer(adiabatic_starts, "adiabatic_starts", 0),
        "random_starts": checked_integer(random_starts, "random_starts", 0),
        "steps_per_unit": checked_number(steps_per_unit, "steps_per_unit", above=0.0),
        "relaxation_steps": checked_integer(relaxation_steps, "relaxation_steps", 1),
    }
    if adiabatic_starts:
        _refuse_endless_ramps(models or [], arguments["pumps"], arguments["steps_per_unit"])
    if adiabatic_starts + random_starts == 0:
        raise ValueError("random_starts: there is no start of either kind; ask for one at least")
    attributes = {name: arguments[name] for name in _DOCUMENTED}
    attributes["ensemble"] = "given models" if models else getattr(ensemble, "__name__", repr(ensemble))
    return run_sweep(
        _follow_instance,
        grid,
        objects={"instance": models} if models else None,
        arguments=arguments,
        seed=seed,
        executor=executor,
        threads=threads,
        path=path,
        leading=("pump", "size", "instance"),
        attributes=attributes,
        description="phase diagram",
        progress=progress,
        callback=callback,
    )


_DOCUMENTED = ("adiabatic_starts", "random_starts", "steps_per_unit", "relaxation_steps")


def _follow_instance(
    size: int,
    instance: int | IsingModel,
    *,
    seed: np.random.Generator,
    pumps: list[float],
    ensemble: Callable[..., IsingModel] | None,
    instances_are_seeds: bool,
    adiabatic_starts: int,
    random_starts: int,
    steps_per_unit: float,
    relaxation_steps: int,
) -> xr.Dataset:
    """One cell: everything about one instance, as :func:`phase_diagram` describes it."""
    import xarray as xr

    if isinstance(instance, IsingModel):
        model, model_seed = instance, None
    else:
        assert ensemble is not None
        model_seed = instance if instances_are_seeds else int(seed.integers(_LARGEST_SEED))
        model = ensemble(size, seed=model_seed)
        if not isinstance(model, IsingModel) or model.num_spins != size:
            raise TypeError(f"ensemble: it must return an IsingModel of {size} spins, but it returned {model!r}")
    landscape = landscape_of(model)
    noise, *streams = seed.spawn(1 + len(pumps))
    starts = {"adiabatic": slice(0, adiabatic_starts), "random": slice(adiabatic_starts, None)}
    record = _empty_record(len(pumps), adiabatic_starts + random_starts)
    flow = Flow(landscape)
    path = flow.ramp(pumps, adiabatic_starts, steps_per_unit, noise)
    for k, (pump, followed) in enumerate(zip(pumps, path, strict=True)):
        if pump <= -landscape.highest:  # convex: one minimum, from wherever one looks
            x, residual = settle(landscape, pump, np.zeros(model.num_spins), _TOLERANCE)
            points = [(x, residual)] * (adiabatic_starts + random_starts)
        else:
            found = flow.relax(pump, random_starts, relaxation_steps, streams[k])
            points = [settle(landscape, pump, x, _TOLERANCE) for x in (*followed, *found)]
        minima = np.array([x for x, _ in points])
        residuals = np.array([residual for _, residual in points])
        converged = residuals < _TOLERANCE
        record["converged"][k] = converged
        record["gradient_norm"][k] = residuals * landscape.unit(pump) ** 1.5
        for name, column in measured(model, landscape, pump, minima, converged).items():
            record[name][k] = column
        for p, protocol in enumerate(_PROTOCOLS):
            part = converged[starts[protocol]]
            kept = minima[starts[protocol]][part & (record["index"][k, starts[protocol]] == 0)]
            record["distinct_minima"][k, p] = number_distinct(kept, not model.has_fields)
            record["overlap"][k, p] = mean_overlap(kept, not model.has_fields)
            record["fraction_converged"][k, p] = np.mean(part) if part.size else np.nan
    result = xr.Dataset(
        {name: (_dimensions(name), values) for name, values in record.items()},
        coords={
            "pump": pumps,
            "protocol": list(_PROTOCOLS),
            "start": np.arange(adiabatic_starts + random_starts),
            "start_protocol": ("start", ["adiabatic"] * adiabatic_starts + ["random"] * random_starts),
        },
    )
    return result if model_seed is None else result.assign(model_seed=model_seed)


_OF_PROTOCOLS = {"distinct_minima": np.int64, "overlap": np.float64, "fraction_converged": np.float64}


def _empty_record(pumps: int, starts: int) -> dict[str, np.ndarray]:
    of_starts = {**MEASURED, "converged": np.bool_, "gradient_norm": np.float64}
    record = {name: np.zeros((pumps, starts), dtype=dtype) for name, dtype in of_starts.items()}
    return record | {name: np.zeros((pumps, len(_PROTOCOLS)), dtype=dtype) for name, dtype in _OF_PROTOCOLS.items()}


def _dimensions(name: str) -> tuple[str, str]:
    return "pump", "protocol" if name in _OF_PROTOCOLS else "start"


# ---------------------------------------------------------------- the door


def _refuse_endless_ramps(models: list[IsingModel], pumps: list[float], steps_per_unit: float) -> None:
    """Refuse at once what every cell would refuse; models that an ensemble has yet to make can only do so later."""
    check_steps(pumps[-1], steps_per_unit, "1000 divided by λ_max(J)/2")  # of the threshold it is known that it is ≤ 0
    for model in models:
        bound = coupling_unit(model) * model.num_spins**0.5  # on λ_max
        if not is_short(pumps[-1] + bound, steps_per_unit):  # else λ_max need not be found
            Flow(landscape_of(model)).ramp(pumps, 1, steps_per_unit, np.random.default_rng(0))


def _checked_grid(sizes: Any, instances: Any) -> tuple[dict[str, list[int]], list[IsingModel] | None, bool]:
    """The grid of cells; the models, where they are given; and whether an instance is its model's seed."""
    if isinstance(instances, IsingModel):
        instances = [instances]
    if is_integer(instances):
        count = checked_integer(instances, "instances", 1)
        return {"size": _checked_sizes(sizes), "instance": list(range(count))}, None, False
    try:
        entries = list(instances)
    except TypeError:
        raise TypeError(f"instances: a number, seeds or models are needed, but it is {instances!r}") from None
    if not entries:
        raise ValueError("instances: there is none; ask for one at least")
    if not all(isinstance(entry, IsingModel) for entry in entries):
        seeds = [checked_integer(entry, f"instances[{k}]", 0) for k, entry in enumerate(entries)]
        return {"size": _checked_sizes(sizes), "instance": seeds}, None, True
    found = sorted({model.num_spins for model in entries})
    if len(found) > 1:
        raise ValueError(f"instances: models of one size are needed, but their sizes are {found}; call for each size")
    if sizes is not None and _checked_sizes(sizes) != found:
        raise ValueError(f"sizes: the models have {found[0]} spins, but sizes is {sizes!r}; leave it out")
    return {"size": found, "instance": list(range(len(entries)))}, entries, False


def _checked_sizes(sizes: Any) -> list[int]:
    if sizes is None:
        raise ValueError("sizes: at least one number of spins is needed where the instances are not given as models")
    values = [sizes] if is_integer(sizes) else list(sizes)
    if not values:
        raise ValueError("sizes: at least one number of spins is needed")
    return [checked_integer(size, f"sizes[{k}]", 0) for k, size in enumerate(values)]
