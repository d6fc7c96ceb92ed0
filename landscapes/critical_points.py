r"""Critical points of an energy surface: where the gradient vanishes, at minima, saddles of every index, and maxima.

Every point that is returned has passed one and the same test: after polishing by Newton's method to the floor of
rounding errors, :math:`\max_i |\partial_i E|` is below the tolerance, or within those errors.  That is no formality:
minimising :math:`\|\nabla E\|^2` ends, in rough landscapes, nearly always where :math:`H \nabla E = 0` with
:math:`\nabla E \ne 0`.  What did not pass, or was not what was asked for, is counted and returned as well.

=========================  ==================================================  ===================================
method                     finds                                               described in
=========================  ==================================================  ===================================
``newton``                 points of any index, most of them low               :mod:`landscapes.newton`
``saddle-free``            minima                                              :mod:`landscapes.saddle_free`
``eigenvector-following``  points of the index asked for                       :mod:`landscapes.eigenvector_following`
``continuation``           branches in the pump, from below or from above      :mod:`landscapes.pump_branches`
``grid``                   at large pump all 3ⁿ, or some of them               :mod:`landscapes.pump_branches`
=========================  ==================================================  ===================================

None of them samples critical points uniformly, and none but ``grid`` at a pump where the equations decouple knows when
it is complete; :func:`landscapes.enumerate_critical_points` does, for small n.

The soft-spin energy scales, :math:`E_{cJ, c^{3/2} h}(\sqrt c\, x; c a) = c^2 E_{J,h}(x; a)`, and the searches are tuned
where its terms are of order one: it is brought there and back, as are the couplings of a Rayleigh quotient.  Other
energies are taken as they are.

Source: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119; of each method in its module.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer, checked_number

from .continuation import STOPPED
from .critical_point_set import CriticalPoints, Failures
from .deduplication import canonical_signs, is_even, merge
from .energies import Energy, RayleighQuotient, SoftSpinEnergy
from .hessian import own_generator
from .jit import compilation_time
from .newton import Polished, are_critical, canonical, polish, residuals, tangent_hessians
from .parallel import checked_threads, run_jobs
from .progress import ProgressBar
from .search_starts import Starts, choose_method, prepared
from .searches import SEARCHES, Ends, Task
from .symmetric_factors import Factors

__all__ = ["CriticalPoints", "Failures", "Polished", "find_critical_points", "polish"]

_NOT_CRITICAL, _OTHER_INDEX = "not critical", "other index"


def find_critical_points(
    energy: Energy,
    method: str = "auto",
    index: Any = None,
    starts: Any = None,
    *,
    start_pump: float | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 300,
    attempts: int = 5,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> CriticalPoints:
    """Critical points of an energy, of any index or of a given one.

    Parameters
    ----------
    energy : Energy
        Such as :class:`~landscapes.SoftSpinEnergy`, or any object with its methods.
    method : {"auto", "newton", "saddle-free", "eigenvector-following", "continuation", "grid"}
        The last two for the soft-spin energy only.  "auto" is the grid where that is complete and small, and
        eigenvector following otherwise.
    index : int or array_like of int, shape (starts,), optional
        Number of negative eigenvalues of the Hessian, for the last three methods.  By default eigenvector following
        draws one for each start, up to half of the largest one possible.
    starts : int or array_like, shape (m, n), optional
        How many random starts, or points of your own.  100 by default; for ``grid`` all where n ≤ 8, for
        ``continuation`` every branch from below.  For ``continuation`` an int is a number of branches from the grid at
        ``start_pump``.
    start_pump : float, optional
        Where the branches of ``continuation`` start: the pump at which ``starts`` are critical points, or by default
        one at which all 3ⁿ exist.
    tolerance : float, default 1e-9
        Largest residual of a critical point, as in :func:`landscapes.newton.polish`: max |∂E/∂xᵢ| in units of the
        energy's ``gradient_unit``, which is 1 for the Sherrington–Kirkpatrick model; or what rounding leaves of it.
    max_iterations : int, default 300
        Most Newton steps from a start.
    attempts : int, default 5
        Of eigenvector following, from a start whose path is lost.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the number of threads.
    threads : int, optional
        Every available core by default.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called some times a second with the fraction of the starts that are done; if it returns something true, the
        search ends there.

    Returns
    -------
    CriticalPoints
        In ascending order of energy; one of each pair ±x where the energy is even.  None for an energy without
        variables: there is nowhere to start.  (:func:`landscapes.enumerate_critical_points` counts the one empty
        point there, as its theorems do.)

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range or does not go with the method; the message names it.

    Notes
    -----
    Ctrl-C ends the search; what was found until then is returned, with ``status="interrupted"``.

    Examples
    --------
    >>> import ising_problems as ip
    >>> import landscapes as ls
    >>> energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(4, seed=0), pump=20.0)
    >>> points = find_critical_points(energy)
    >>> points.index_counts().tolist(), points.morse_sum
    ([16, 32, 24, 8, 1], 1)
    """
    _check_energy(energy)
    tolerance = checked_number(tolerance, "tolerance", above=0.0)
    max_iterations = checked_integer(max_iterations, "max_iterations", at_least=1)
    attempts = checked_integer(attempts, "attempts", at_least=1)
    threads = checked_threads(threads)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    rng = own_generator(seed)
    scaled, unit = _scaled(energy)
    even = is_even(scaled)
    method = choose_method(method, scaled, index, starts)
    batch = prepared(method, scaled, unit, index, starts, start_pump, even, rng)
    found, interrupted = _search(
        method, energy, scaled, unit, batch, rng, (tolerance, max_iterations, attempts), (threads, progress, callback)
    )
    return _sorted_out(energy, unit, found, batch, even, method, interrupted)


class _Found:
    """What a job hands back: ends, their gradients, and the spectra of their Hessians."""

    def __init__(self, energy: Energy, ends: Ends, unit: float, tolerance: float, stopped: bool) -> None:
        x, self.pump = np.sqrt(unit) * ends.x, unit * ends.pump
        self.x, self.reason = x.copy(), ends.reason
        going = (ends.reason == "") & np.isfinite(x).all(axis=1)
        if going.any():
            self.x[going] = canonical(energy, polish(energy, x[going], tolerance=tolerance).x)
        with np.errstate(over="ignore", invalid="ignore"):
            self.gradient = energy.gradient(self.x)
        self.residual = residuals(self.gradient)
        wrong = (self.reason == "") & ~are_critical(energy, self.x, self.residual, tolerance)
        self.reason[wrong] = STOPPED if stopped else _NOT_CRITICAL
        passed = np.flatnonzero(self.reason == "")
        self.index = np.zeros(len(x), dtype=np.int64)
        self.lowest, self.smallest = np.full(len(x), np.nan), np.full(len(x), np.nan)
        if len(passed):
            spectrum, floor = _spectrum(energy, self.x[passed])
            self.index[passed] = np.count_nonzero(spectrum < -floor[:, None], axis=1)
            self.lowest[passed] = spectrum.min(axis=1, initial=np.inf)
            self.smallest[passed] = np.abs(spectrum).min(axis=1, initial=np.inf)


def _spectrum(energy: Energy, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the Hessians without those of flat directions, and what rounding leaves uncertain in them."""
    hessian = tangent_hessians(energy, x)
    norm = np.linalg.norm(hessian, axis=(1, 2))
    flat_directions = getattr(energy, "flat_directions", None)
    count = 0
    if flat_directions is not None:
        flat = flat_directions(x)
        count = flat.shape[1]
        hessian = hessian + norm[:, None, None] * (np.swapaxes(flat, 1, 2) @ flat)  # to the upper end, and off
    spectrum = np.linalg.eigvalsh(hessian)
    return spectrum[:, : spectrum.shape[1] - count], x.shape[1] * np.finfo(float).eps * norm


def _search(
    method: str,
    energy: Energy,
    scaled: Energy,
    unit: float,
    batch: Starts,
    rng: np.random.Generator,
    limits: tuple[float, int, int],
    how: tuple[int, bool, Callable[[float], Any] | None],
) -> tuple[list[_Found], bool]:
    """Run the starts in jobs of fixed size."""
    (tolerance, max_iterations, attempts), (threads, progress, callback) = limits, how
    rows = _rows_in_job(energy.num_variables)
    parts = [slice(first, first + rows) for first in range(0, len(batch.x), rows)]
    done = [0] * len(parts)

    def job_of(number: int, part: slice, stream: np.random.Generator) -> Callable[[threading.Event], _Found]:
        def job(stop: threading.Event) -> _Found:
            x = batch.x[part]
            index = None if batch.index is None else batch.index[part]
            pump = None if batch.pump is None else batch.pump[part]
            task = Task(scaled, x, index, pump, batch.given, max_iterations, attempts, stream, stop)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                ends = Ends.stopped(x) if stop.is_set() else SEARCHES[method](task)
                found = _Found(energy, ends, unit, tolerance, stop.is_set())
            done[number] = len(x)
            return found

        return job

    jobs = [job_of(k, part, stream) for k, (part, stream) in enumerate(zip(parts, rng.spawn(len(parts)), strict=True))]
    with compilation_time():
        Factors(np.ones((1, 1, 1))).solve(np.ones((1, 1)))
    bar = ProgressBar(progress, "critical points")
    stopped = False

    def poll(stop: threading.Event) -> None:
        nonlocal stopped
        fraction = sum(done) / len(batch.x)
        bar.show(fraction)
        if callback is not None and not stop.is_set() and callback(fraction):
            stopped = True
            stop.set()

    with bar:
        results, interrupted = run_jobs(jobs, threads, poll)
    return results, interrupted or stopped


def _sorted_out(
    energy: Energy, unit: float, found: list[_Found], batch: Starts, even: bool, method: str, interrupted: bool
) -> CriticalPoints:
    n = energy.num_variables

    def gathered(name: str, empty: Any) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in found]) if found else empty

    x, gradient = gathered("x", np.zeros((0, n))), gathered("gradient", np.zeros((0, n)))
    residual, index = gathered("residual", np.zeros(0)), gathered("index", np.zeros(0, dtype=np.int64))
    lowest, smallest = gathered("lowest", np.zeros(0)), gathered("smallest", np.zeros(0))
    reason, pump = gathered("reason", np.zeros(0, dtype="U16")), gathered("pump", np.zeros(0))
    if batch.asked is not None:
        reason = np.where((reason == "") & (index != batch.asked), _OTHER_INDEX, reason)
    good = np.flatnonzero(reason == "")
    bad = np.flatnonzero(reason != "")
    points = canonical_signs(x[good]) if even else x[good]
    value = np.asarray(energy.value(points)) if len(good) else np.zeros(0)
    # in units in which amplitudes are of order one
    scaled = points / unit**0.5, value / unit**2, gradient[good] / unit**1.5, smallest[good] / unit
    kept, hits = merge(*scaled, even)
    rows = good[kept]
    return CriticalPoints(
        x=points[kept],
        energy=value[kept],
        index=index[rows],
        gradient_norm=residual[rows],
        lowest_eigenvalue=lowest[rows],
        smallest_curvature=smallest[rows],
        hits=hits,
        num_starts=len(batch.x),
        failures=Failures(x[bad], residual[bad], reason[bad].astype(str), pump[bad]),
        status="interrupted" if interrupted and np.any(reason == STOPPED) else "completed",
        method=method,
        is_even=even,
    )


def _rows_in_job(n: int) -> int:
    """How many starts share a job: few where each is much work, so that threads are balanced; it depends on n alone."""
    return int(np.clip(2**17 // max(n, 1) ** 2, 8, 256))


def _check_energy(energy: Any) -> None:
    for name in ("num_variables", "value", "gradient", "hessian"):
        if not hasattr(energy, name):
            raise TypeError(
                f"energy: an energy with value, gradient and hessian is needed, such as SoftSpinEnergy(model, pump), "
                f"but it is {type(energy).__name__}, which has no {name}"
            )


def _scaled(energy: Energy) -> tuple[Energy, float]:
    """An energy whose terms are of order one, and the unit c of its pump: its amplitudes are in units of √c."""
    if isinstance(energy, SoftSpinEnergy):
        unit = energy.pump_unit
        return SoftSpinEnergy(IsingModel(energy.model.J / unit, energy.model.h / unit**1.5), energy.pump / unit), unit
    if isinstance(energy, RayleighQuotient):  # linear in J: the same points
        return RayleighQuotient(IsingModel(energy.model.J / energy.gradient_unit)), 1.0
    return energy, 1.0
