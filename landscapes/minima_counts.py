r"""How many minima a soft-spin model has when it is too large for a complete enumeration.

The gradient flow is followed from random points; the minima where it ends are a random sample, each drawn with the
volume of its basin of attraction.  Three numbers come of it, in decreasing order of what they are worth:

- **found**: distinct minima, each with a vanishing gradient and a positive Hessian.  A true lower bound, and a proven
  one for those of them that have a certificate (:mod:`landscapes.certificates`): exact minima near the computed points,
  no two the same.
- the **coverage**: the part of the volume of all starts that belongs to the basins of those that were found.
- an **estimate** of the number of all, Chao1 (:mod:`landscapes.species`).  It is a lower bound too, on average, and
  close only where basins are of like size; how unlike they are, no sample shows.

Without fields -x is a minimum if x is: pairs count as one kind in the statistics and as two minima in the results.

For the number against the pump see ``tests/benchmarks/minima_counts.py``, which also compares it with complete
enumerations and with the annealed complexity of Kac and Rice.

Source of the model: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_generator, checked_integer, checked_number, repeatable_seed

from .certificates import certify, eigenvalue_doubt, overlapping, refined
from .deduplication import canonical_signs, merge
from .energies import SoftSpinEnergy
from .following import Flow
from .hessian import hessian_spectrum
from .minima import landscape_of, settle
from .newton import polish, residuals, rows_together
from .parallel import checked_threads, run_jobs
from .progress import ProgressBar
from .species import species_richness

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["MinimaEstimate", "estimate_minima"]

_TOLERANCE = 1e-9  # of the gradient, in units in which typical couplings sum to 1
_STARTS = 256  # that a job follows together
_STEPS = 400  # of the flow, which has come near a minimum by then unless it lingered at a saddle
_NEAR = 0.1  # in typical amplitudes: how far Newton's method may go from the flow's end


@dataclass(frozen=True, eq=False, repr=False)
class MinimaEstimate:
    """Minima that were found from random starts, and what that says of those that were not.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        The distinct minima, one of each pair ±x where the energy is symmetric, in order of their energy.
    energy, gradient_norm, lowest_eigenvalue : numpy.ndarray, shape (m,)
        Energy, largest component of the gradient, and smallest eigenvalue of the Hessian.
    hits : numpy.ndarray of int64, shape (m,)
        How many starts ended at each, or at its mirror image.
    certified : numpy.ndarray of bool, shape (m,)
        Whether an exact minimum was proven to be there, and to be none of the others.
    found : int
        Minima found, both of each pair: a lower bound on their number.
    num_certified : int
        Those of them that are proven: a proven lower bound.
    estimate : float
        Chao1 for the number of all minima: a lower bound on average, close only where basins are of like size.
    interval : tuple of float
        Of the estimate's statistical error; it does not hold the true number where basins differ much.
    coverage, coverage_error : float
        Estimated part of the starts' volume in the basins that were found, and its standard error.
    starts : int
        Descents that were made.
    failed : int
        Those that did not end at a minimum; no part of the statistics.
    status : str
        "completed", or "interrupted" by Ctrl-C or the callback.
    seed : int or None
        What repeats the run; None where a Generator was given.
    """

    x: np.ndarray
    energy: np.ndarray
    gradient_norm: np.ndarray
    lowest_eigenvalue: np.ndarray
    hits: np.ndarray
    certified: np.ndarray
    found: int
    num_certified: int
    estimate: float
    interval: tuple[float, float]
    coverage: float
    coverage_error: float
    starts: int
    failed: int
    status: str
    seed: int | None

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        low, high = self.interval
        bounds = f"at least {self.found}, of which {self.num_certified} certified; Chao1 {self.estimate:.1f}"
        return (
            f"MinimaEstimate({bounds} ({low:.1f} to {high:.1f}); coverage {self.coverage:.3f}; "
            f"{self.starts} starts, {self.failed} failed; {self.status})"
        )

    def to_dataset(self) -> xr.Dataset:
        """The minima as a dataset with dimensions ``minimum`` and ``spin``; the numbers are attributes."""
        import xarray as xr

        names = ("energy", "gradient_norm", "lowest_eigenvalue", "hits", "certified")
        variables: dict[str, Any] = {name: ("minimum", getattr(self, name)) for name in names}
        variables["x"] = (("minimum", "spin"), self.x)
        scalars = ("found", "num_certified", "estimate", "coverage", "coverage_error", "starts", "failed", "status")
        attributes = {name: getattr(self, name) for name in scalars}
        attributes |= {"interval": list(self.interval), "seed": str(self.seed)}
        return xr.Dataset(variables, attrs=attributes)


def estimate_minima(
    energy: SoftSpinEnergy,
    starts: int = 1000,
    *,
    confidence: float = 0.95,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> MinimaEstimate:
    """Descend from random points, and estimate from where that leads how many minima there are.

    Parameters
    ----------
    energy : SoftSpinEnergy
    starts : int, default 1000
        Independent descents.  They should be several times the number of minima: look at ``coverage``.
    confidence : float, default 0.95
        Of the interval.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the number of threads.
    threads : int, optional
        Every available core by default.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called some times a second with the fraction of descents that are done; if it returns something true, the
        sampling ends there.

    Returns
    -------
    MinimaEstimate

    Raises
    ------
    TypeError
        If ``energy`` is not a SoftSpinEnergy.
    ValueError
        If an argument is out of range; the message names it.

    Notes
    -----
    Starts are independent normal amplitudes of standard deviation √(λ_max(J)/2), and 1 for the couplings of Sherrington
    and Kirkpatrick; in strong fields √(max|h|^(2/3)/2), if that is larger.  Every minimum can be reached.

    Examples
    --------
    >>> import ising_problems as ip
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=3.0)
    >>> minima = estimate_minima(energy, starts=100)
    >>> minima.found, minima.num_certified, minima.estimate
    (4, 4, 4.0)
    """
    if not isinstance(energy, SoftSpinEnergy):
        raise TypeError(f"energy: a SoftSpinEnergy is needed, not {type(energy).__name__}")
    starts = checked_integer(starts, "starts", at_least=1)
    confidence = checked_number(confidence, "confidence", above=0.0, below=1.0)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    threads = checked_threads(threads)
    rng = checked_generator(seed)
    descents = _Descents(energy)
    sizes = [min(_STARTS, starts - first) for first in range(0, starts, _STARTS)]
    done: list[int] = []

    def job(count: int, stream: np.random.Generator) -> Callable[[threading.Event], np.ndarray | None]:
        def run(stop: threading.Event) -> np.ndarray | None:
            if stop.is_set():
                return None
            minima = descents.from_random_points(count, stream)
            done.append(count)
            return minima

        return run

    def poll(stop: threading.Event) -> None:
        fraction = sum(done) / starts
        bar.show(fraction)
        if callback is not None and not stop.is_set() and callback(fraction):
            stop.set()

    bar = ProgressBar(progress, "descending")
    with bar:
        jobs = [job(size, stream) for size, stream in zip(sizes, rng.spawn(len(sizes)), strict=True)]
        parts, _ = run_jobs(jobs, threads, poll)
    reached = [part for part in parts if part is not None]
    points = np.concatenate([np.zeros((0, energy.num_variables)), *reached])
    x, hits = _distinct(energy, points, descents.unit)
    return _summary(energy, x, hits, confidence, sum(done), sum(done) == starts, repeatable_seed(seed, rng))


class _Descents:
    """Descents from random points to minima of one energy."""

    def __init__(self, energy: SoftSpinEnergy) -> None:
        model = energy.model
        self._energy = energy
        self._landscape = landscape_of(model)
        self.unit = self._landscape.unit(energy.pump)
        self._flow = Flow(self._landscape)
        # without fields the origin is critical; if its Hessian -a - J has no negative eigenvalue the energy is convex
        self._only_origin = not model.has_fields and energy.pump <= -self._landscape.highest

    def from_random_points(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Minima where the flow from so many points leads; fewer rows where some did not arrive."""
        if self._energy.num_variables == 0 or self._only_origin:
            return np.zeros((count, self._energy.num_variables))  # descents reach it up to a denormal number
        flowed = self._flow.relax(self._energy.pump, count, _STEPS, rng)
        # nearly all have arrived: together, by Newton's method, which might go to a saddle or to another minimum
        x, _, _ = polish(self._energy, flowed, tolerance=_TOLERANCE)
        near = np.abs(x - flowed).max(axis=-1) < _NEAR * self.unit**0.5
        arrived = near & self._are_minima(x)
        rest = np.flatnonzero(~arrived)
        for row in rest:  # one by one, downhill only
            x[row], _ = settle(self._landscape, self._energy.pump, flowed[row], _TOLERANCE)
        x[rest] = polish(self._energy, x[rest], tolerance=_TOLERANCE).x
        arrived[rest] = self._are_minima(x[rest])
        return x[arrived]

    def _are_minima(self, x: np.ndarray) -> np.ndarray:
        small = residuals(self._energy.gradient(x)) < _TOLERANCE * self.unit**1.5
        result = np.zeros(len(x), dtype=bool)
        result[small] = hessian_spectrum(self._energy, x[small])[:, 0] > 0.0
        return result


def _distinct(energy: SoftSpinEnergy, points: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Distinct minima, one of each pair ± where that is a symmetry, and how often each was met."""
    curvature = hessian_spectrum(energy, points).min(axis=-1, initial=np.inf)
    gradient, values = energy.gradient(points), energy.value(points)
    # in units in which amplitudes are of order 1
    scaled = points / unit**0.5, values / unit**2, gradient / unit**1.5, curvature / unit
    kept, hits = merge(*scaled, even=not energy.model.has_fields)
    return canonical_signs(points[kept]) if not energy.model.has_fields else points[kept], hits


def _summary(
    energy: SoftSpinEnergy,
    x: np.ndarray,
    hits: np.ndarray,
    confidence: float,
    starts: int,
    completed: bool,
    seed: int | None,
) -> MinimaEstimate:
    values = energy.value(x)
    # the origin is its own mirror image; if it is a minimum of an even energy there is no other
    paired = not energy.model.has_fields and bool(x.any())
    weight = 2 if paired else 1
    certified, lowest = _certified(energy, x, paired)
    richness = species_richness(hits, confidence=confidence)
    return MinimaEstimate(
        x=x,
        energy=values,
        gradient_norm=residuals(energy.gradient(x)),
        lowest_eigenvalue=lowest,
        hits=hits,
        certified=certified,
        found=weight * richness.observed,
        num_certified=weight * int(certified.sum()),
        estimate=weight * richness.estimate,
        interval=(weight * richness.interval[0], weight * richness.interval[1]),
        coverage=richness.coverage,
        coverage_error=richness.coverage_error,
        starts=starts,
        failed=starts - int(hits.sum()),
        status="completed" if completed else "interrupted",
        seed=seed,
    )


def _certified(energy: SoftSpinEnergy, x: np.ndarray, paired: bool) -> tuple[np.ndarray, np.ndarray]:
    """Which points are proven to be minima different from all others, and the Hessians' smallest eigenvalues."""
    model = energy.model
    couplings = np.asarray(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    equations = couplings, model.h.astype(np.float64), energy.pump
    spectra = hessian_spectrum(energy, x)
    lowest = spectra.min(axis=-1, initial=np.inf)
    error = np.full(len(x), np.inf)
    rows = rows_together(energy.num_variables)
    for start in range(0, len(x), rows):
        block = slice(start, start + rows)
        _, inverses = refined(x[block], *equations)
        error[block] = certify(x[block], inverses, *equations).error
    certified = np.isfinite(error)
    certified[certified] = lowest[certified] > eigenvalue_doubt(
        x[certified], error[certified], spectra[certified], energy.pump
    )
    points, radii = x[certified], error[certified]
    images = 2 if paired else 1
    every = np.concatenate([points, -points]) if paired else points
    suspect = overlapping(every, np.tile(radii, images)).reshape(images, len(points)).any(axis=0)
    certified[certified] = ~suspect
    return certified, lowest
