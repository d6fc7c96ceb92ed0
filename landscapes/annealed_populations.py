r"""Population annealing: many copies of a system cooled together, and the free energy that comes with it.

A population of R copies starts from random spins, which is equilibrium at :math:`\beta = 1/T = 0` with the partition
function :math:`Z(0) = 2^n`.  A step to a lower temperature copies or drops members so that the expected number of
copies of member r is :math:`R\,w_r/\sum w`, :math:`w_r = e^{-(\beta' - \beta)E_r}`, and then sweeps all of them at
:math:`\beta'`.  The mean weight estimates the ratio of partition functions without bias, so

.. math::
    \ln Z(\beta_k) = n \ln 2 + \sum_{l \le k} \ln \Big(\frac1R \sum_r e^{-(\beta_l - \beta_{l-1}) E_r}\Big), \qquad
    F = -T \ln Z.

Populations of their own are averaged with their :math:`\hat Z` as weights, which is what one larger population would
give.  Members are chosen by systematic resampling, which keeps the population's size: one uniform number u, and member
r is copied once for each of the points (u + j)/R that falls into its share of the weights.

Sources: Hukushima, Iba, AIP Conf. Proc. 690, 200 (2003); Machta, Phys. Rev. E 82, 026704 (2010) (free
energy, weighted averages); Wang, Machta, Katzgraber, Phys. Rev. E 92, 063307 (2015) (families).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, repeatable_seed
from ising_problems.matrices import prefers_dense

from .chains import empty_records
from .couplings import SpinCouplings, spin_couplings
from .jit import compilation_time
from .ladders import LASTING, build_ladders, temper_dense, temper_sparse
from .parallel import checked_threads, run_jobs
from .progress import ProgressBar
from .replica_samples import jackknife
from .run_files import RunFolder, Stage
from .sampler_arguments import checked_model, checked_temperatures

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["population_annealing"]

_SECONDS_BETWEEN = 20.0  # writings of a population to its folder


def population_annealing(
    model: IsingModel | Problem,
    temperatures: Any,
    population: int = 1000,
    sweeps: int = 10,
    populations: int = 8,
    *,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    path: Any = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> xr.Dataset:
    """Cool populations of a model from infinite temperature; energies and free energies at each temperature.

    Parameters
    ----------
    model : IsingModel or Problem
    temperatures : array_like of float, shape (T,)
        In the model's units, positive and increasing; they are visited from the last, the hottest, to the first.
    population : int, default 1000
        Members of a population.
    sweeps : int, default 10
        Metropolis sweeps of each member at each temperature.
    populations : int, default 8
        Independent populations, from which the errors come; at least 2.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the number of threads.  None: fresh, or that of the run that ``path`` holds.
    threads : int, optional
        Populations that are cooled at a time; every available core by default.
    path : path, optional
        Folder in which the populations are kept as they cool, and at the end the result, in ``sweep.nc``.  The same
        call goes on from there after the process was killed, bit for bit as if it had not been.
    progress : bool, default False
    callback : callable, optional
        Called some times a second with the fraction that is done; if it returns something true, the run ends there.

    Returns
    -------
    xarray.Dataset
        Over ``temperature``: ``free_energy`` and ``mean_energy``, of the whole system with its offset, with their
        jackknife errors over populations ``…_error``.  These are right in the mean square but scatter themselves, so
        that a deviation over its error follows Student's t: for 8 populations its spread is 1.18 instead of 1.

        For each ``population`` also ``log_partition_function``, without the offset, and ``family_size``, the mean
        square number of a population's members that come from the same random start, over its size: where it nears
        ``population``, all come from one, and R was too small.  NaN at temperatures that an interrupted run did not
        reach.

        ``final_spins`` and ``final_energy`` are those of every ``member`` where the run ended, in the order of their
        ancestors, so that a single one is to be drawn at random.  The attribute ``status`` says whether the run was
        ``completed`` or ``interrupted``.

    Raises
    ------
    ValueError, TypeError
        For a model without spins, an argument out of its range, or a folder that holds another run or is locked.

    Examples
    --------
    >>> import ising_problems as ip
    >>> run = population_annealing(ip.IsingModel([[0, 1], [1, 0]]), [0.5, 1.0, 2.0])
    >>> exact = -run["temperature"] * np.log(4 * np.cosh(1 / run["temperature"]))
    >>> bool((abs(run["free_energy"] - exact) < 5 * run["free_energy_error"]).all())
    True
    """
    import xarray as xr

    model = checked_model(model)
    ladder = checked_temperatures(temperatures)
    size = checked_integer(population, "population", 1)
    sweeps = checked_integer(sweeps, "sweeps", 0)
    count = checked_integer(populations, "populations", 2)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    threads = checked_threads(threads)
    folder = None if path is None else RunFolder(path, seed)
    seed = seed if folder is None else folder.seed
    rng = checked_generator(seed)
    if folder is not None:
        kept = {"temperatures": ladder, "population": size, "sweeps": sweeps, "populations": count}
        folder.begin("landscapes.population_annealing", model, kept, rng)
    dense = prefers_dense(model.num_spins, 2 * model.num_couplings)
    couplings = spin_couplings(model, dense=dense, lowest_temperature=float(ladder[0]))
    cooled = [_Population(couplings, ladder, size, sweeps, stream) for stream in rng.spawn(count)]
    with compilation_time():
        cooled[0].sweep(0)
    if folder is not None:
        for k, one in enumerate(cooled):
            one.resume(Stage(folder, f"population {k}"))
    bar = ProgressBar(progress, "cooling")
    stopped = False

    def poll(stop: threading.Event) -> None:
        nonlocal stopped
        fraction = sum(one.steps for one in cooled) / (count * len(ladder))
        bar.show(fraction)
        if callback is not None and not stop.is_set() and callback(fraction):
            stopped = True
            stop.set()

    with bar:
        _, interrupted = run_jobs([one.run for one in cooled], threads, poll)
    incomplete = (interrupted or stopped) and any(one.steps < len(ladder) for one in cooled)
    logs = np.stack([one.log_partition_function for one in cooled])
    reached = ~np.isnan(logs).any(axis=0)
    largest = logs.max(axis=0)
    weights = np.exp(logs - largest)
    moments = np.stack([weights, weights * np.stack([one.mean_energy for one in cooled])], axis=-1)
    free, free_error = jackknife(weights, np.ones(count), lambda mean: -ladder * (largest + np.log(mean)))
    energy, energy_error = jackknife(moments, np.ones(count), lambda mean: mean[..., 1] / mean[..., 0])
    spins = np.stack([one.ladders.spins[:, : model.num_spins] for one in cooled])
    result = xr.Dataset(
        {
            "free_energy": ("temperature", free + model.offset),
            "free_energy_error": ("temperature", free_error),
            "mean_energy": ("temperature", energy + model.offset),
            "mean_energy_error": ("temperature", energy_error),
            "log_partition_function": (("population", "temperature"), np.where(reached, logs, np.nan)),
            "family_size": (("population", "temperature"), np.stack([one.family_size for one in cooled])),
            "final_spins": (("population", "member", "spin"), spins),
            "final_energy": (("population", "member"), model.energy(spins)),
        },
        {"temperature": ladder},
        {
            "population": size,
            "sweeps": sweeps,
            "seed": str(repeatable_seed(seed, rng)),
            "status": "interrupted" if incomplete else "completed",
        },
    )
    if folder is not None and not incomplete:
        folder.finish(result)
    return result


class _Population:
    """One population on its way down; estimates are NaN at temperatures that it has not come to."""

    def __init__(
        self, couplings: SpinCouplings, ladder: np.ndarray, size: int, sweeps: int, rng: np.random.Generator
    ) -> None:
        n = couplings.num_spins
        start = 2 * rng.integers(0, 2, (size, 1, n), dtype=np.int8) - 1
        self.couplings, self.ladder, self.sweeps = couplings, ladder, sweeps
        self.ladders = build_ladders(couplings, ladder[-1:], start, rng)
        self.records = empty_records(size, 1, n, self.ladders.energies.dtype)
        self.points = rng.random(len(ladder))  # one for each resampling, from the hottest on
        self.families = np.arange(size)
        self.steps = 0
        self.log_partition_function = np.full(len(ladder), np.nan)
        self.mean_energy = np.full(len(ladder), np.nan)
        self.family_size = np.full(len(ladder), np.nan)
        self._stage: Stage | None = None

    def resume(self, stage: Stage) -> None:
        """Go on from where a stage of the same run stands, and keep it up to date from now on."""
        self._stage = stage
        steps = np.zeros(1, dtype=np.int64)
        stage.load({**self._state(), "steps": steps}, {})
        self.steps = int(steps[0])

    def _state(self) -> dict[str, np.ndarray]:
        own = ("families", "log_partition_function", "mean_energy", "family_size")
        parts = {name: getattr(self.ladders, name) for name in LASTING}
        return parts | {name: getattr(self, name) for name in own}

    def _keep(self) -> None:
        if self._stage is not None:
            self._stage.save({**self._state(), "steps": np.array([self.steps])}, {}, 0)

    def run(self, stop: threading.Event) -> None:
        """Cool down to the end, or until told to stop."""
        written = time.monotonic()
        while self.steps < len(self.ladder):
            if not self._cool(len(self.ladder) - 1 - self.steps, stop):
                return
            if time.monotonic() - written > _SECONDS_BETWEEN or self.steps == len(self.ladder):
                self._keep()
                written = time.monotonic()

    def _cool(self, k: int, stop: threading.Event) -> bool:
        """Go on to the k-th temperature; whether it came to that before it was told to stop."""
        before = k + 1
        hotter = before < len(self.ladder)
        inverse = 1.0 / self.ladder[before] if hotter else 0.0
        log_ratio = self.log_partition_function[before] if hotter else self.couplings.num_spins * np.log(2.0)
        if stop.is_set():
            return False
        log_ratio += self._resample(1.0 / self.ladder[k] - inverse)
        scale = 0.5 * self.ladder[k] / self.couplings.unit
        self.ladders.scales[:] = scale if self.ladders.scales.dtype == np.float64 else min(scale, 1e30)
        for _ in range(self.sweeps):
            if stop.is_set():
                return False
            self.sweep(1)
        self.log_partition_function[k] = log_ratio
        self.mean_energy[k] = self.ladders.energies.mean() * self.couplings.unit
        self.family_size[k] = (np.bincount(self.families) ** 2).sum() / len(self.families)
        self.steps += 1
        return True

    def sweep(self, sweeps: int) -> None:
        """Metropolis sweeps of every member at the present temperature."""
        arguments = self.ladders, sweeps, False
        if self.couplings.is_dense:
            temper_dense(*self.couplings.doubled, *arguments, self.records, 0, 0)
        else:
            temper_sparse(*self.couplings.doubled, *arguments, 0, self.records, 0, 0)

    def _resample(self, step: float) -> float:
        """Copy and drop members for a step of the inverse temperature; the logarithm of their mean weight."""
        exponents = -step * self.couplings.unit * self.ladders.energies
        largest = float(exponents.max())
        shares = np.cumsum(np.exp(exponents - largest))
        size = len(shares)
        points = (self.points[self.steps] + np.arange(size)) * (shares[-1] / size)
        chosen = np.minimum(np.searchsorted(shares, points, side="right"), size - 1)
        for part in (self.ladders.spins, self.ladders.fields, self.ladders.energies, self.families):
            part[:] = part[chosen]
        return largest + float(np.log(shares[-1] / size))
