r"""Every critical point of a small soft-spin model, with the proof that there is no other.

The equations :math:`x_i^3 - a x_i - (J x)_i - h_i = 0` have exactly 3ⁿ complex solutions, counted with multiplicity
(:mod:`landscapes.homotopy`), and the critical points are the real ones.  So if 3ⁿ computed solutions are each proven
to have an exact solution nearby, no two the same (:mod:`landscapes.certificates`), then none is missing, and each is
proven real or not real.  This proof does not rest on how the solutions were found: a path that jumped to another's end
shows up as two ends that coincide and as one too few, and both are followed again with shorter steps.

Solutions of higher multiplicity cannot be certified in this way.  They occur exactly at bifurcations, such as
:math:`a = -\lambda_k(J)` without fields, where the origin's Hessian is singular.  The census is then returned with
``certified`` false, with the reason, and with the places where such paths ended.

Three more checks are made, of what must hold of a complete census.  Morse theory: E grows to infinity in all
directions, so :math:`\sum (-1)^{\text{index}} = 1`.  Hence the number of points is odd.  Without fields, -x is a
critical point if x is.

Scaling by powers of 4 (of 2 in the amplitudes), which is exact, brings every model to amplitudes of order 1 before
anything else is done.

Sources: as in the two modules named; Milnor, "Morse Theory" (Princeton, 1963), section 5.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ising_problems.checks import checked_generator, checked_integer

from .certificates import certify, eigenvalue_doubt, overlapping, refined
from .energies import SoftSpinEnergy
from .hessian import hessian_spectrum
from .homotopy import ENDED, follow_paths, start_amplitudes
from .jit import compilation_time
from .newton import polish, residuals
from .parallel import checked_threads, run_jobs
from .progress import ProgressBar

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Census", "enumerate_critical_points"]

_MOST_SPINS = 10
# Paths that a job follows.
_PATHS = 243
# Tolerance and reach of the predictor: at first, and where ends coincide or are not certified.
_CARE = ((1e-5, 0.5), (1e-7, 0.2), (1e-9, 0.1))
# Seconds for a path of a model with 8 spins on one core, and the power of n with which they grow, measured from 8 to 12
# spins by tests/benchmarks/minima_counts.py.
_SECONDS_PER_PATH, _GROWTH = 6e-5, 1.8
# In scaled amplitudes: how far from a multiple root its paths may end, and Newton's method then.  Near a triple root
# the Jacobian falls as the square of the distance, and rounding stops the first long before the second.
_STALLED, _POLISHED = 1e-2, 1e-3


@dataclass(frozen=True, eq=False, repr=False)
class Census:
    """All critical points of a model, in order of their energy, and what was proven of them.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
        The critical points that were proven to exist, both of each pair ±x.
    energy : numpy.ndarray, shape (m,)
        In the units of the model, ascending.
    index : numpy.ndarray of int64, shape (n + 1,)
        Number of points of each index: ``index[0]`` minima, …, ``index[n]`` maxima.
    index_of_points : numpy.ndarray of int64, shape (m,)
        Number of negative eigenvalues of each point's Hessian.
    lowest_eigenvalue : numpy.ndarray, shape (m,)
        Smallest eigenvalue of each point's Hessian; infinite for a model without spins.
    gradient_norm : numpy.ndarray, shape (m,)
        Largest component of each point's gradient, as computed.
    error : numpy.ndarray, shape (m,)
        Proven bound on the distance to the exact point, in the maximum norm.
    num_complex : int
        Number of complex solutions with their multiplicities, 3ⁿ.
    num_certified : int
        How many of these were proven to be different from all others; 3ⁿ in a certified census.
    certified : bool
        Whether it is proven that ``x`` holds every critical point and none twice, each with its right index.
    reason : str
        Why not; empty if it is.
    status : str
        "completed", or "interrupted" by Ctrl-C or the callback, with what was found until then.
    degenerate : numpy.ndarray, shape (k, n)
        Real points with vanishing gradient at which two or more solutions seem to coincide; not in ``x``.
    multiplicity : numpy.ndarray of int64, shape (k,)
        How many paths ended at each of them.
    seconds : float
        Wall time, without compilation.
    """

    x: np.ndarray
    energy: np.ndarray
    index: np.ndarray
    index_of_points: np.ndarray
    lowest_eigenvalue: np.ndarray
    gradient_norm: np.ndarray
    error: np.ndarray
    num_complex: int
    num_certified: int
    certified: bool
    reason: str
    status: str
    degenerate: np.ndarray
    multiplicity: np.ndarray
    seconds: float

    @property
    def morse_sum(self) -> int:
        """Σ (-1)^index over the points; 1 if they are all."""
        return int(self.index @ (-1) ** np.arange(len(self.index)))

    @property
    def num_minima(self) -> int:
        """Number of minima, both of each pair ±x."""
        return int(self.index[0])

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        verdict = "certified" if self.certified else f"not certified: {self.reason}"
        return f"Census({_counted(len(self), 'point')}, by index {self.index.tolist()}; {verdict})"

    def to_dataset(self) -> xr.Dataset:
        """The census as a dataset: dimensions ``point``, ``spin``, ``index`` and ``degenerate_point``."""
        import xarray as xr

        names = ("energy", "lowest_eigenvalue", "gradient_norm", "error")
        variables: dict[str, Any] = {name: ("point", getattr(self, name)) for name in names}
        variables["x"] = (("point", "spin"), self.x)
        variables["index_of_points"] = ("point", self.index_of_points)
        variables["count"] = ("index", self.index)
        variables["degenerate"] = (("degenerate_point", "spin"), self.degenerate)
        variables["multiplicity"] = ("degenerate_point", self.multiplicity)
        scalars = ("num_complex", "num_certified", "morse_sum", "reason", "status", "seconds")
        attributes = {name: getattr(self, name) for name in scalars} | {"certified": int(self.certified)}
        return xr.Dataset(variables, coords={"index": np.arange(len(self.index))}, attrs=attributes)


def enumerate_critical_points(
    energy: SoftSpinEnergy,
    *,
    max_spins: int = _MOST_SPINS,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
) -> Census:
    """Find every critical point of a small model, and prove it.

    Parameters
    ----------
    energy : SoftSpinEnergy
        Any couplings, fields and pump.
    max_spins : int, default 10
        Largest number of spins that is accepted: the work grows as 3ⁿ, half of it without fields.
    seed : int, numpy.random.Generator or None, default 0
        Of the paths' random start; a certified result depends on it in the last digits only.
    threads : int, optional
        Every available core by default.  The result does not depend on it.
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called some times a second with the fraction of paths that are done; if it returns something true, the
        enumeration ends there.

    Returns
    -------
    Census
        One point, with an empty ``x[0]``, for a model without spins.

    Raises
    ------
    TypeError
        If ``energy`` is not a SoftSpinEnergy.
    ValueError
        If the model has more than ``max_spins`` spins; the message says how long it would take.

    Examples
    --------
    >>> import ising_problems as ip
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=0.5)
    >>> census = enumerate_critical_points(energy)
    >>> census.index.tolist(), census.morse_sum, census.certified
    ([2, 1, 0], 1, True)
    """
    if not isinstance(energy, SoftSpinEnergy):
        raise TypeError(f"energy: a SoftSpinEnergy is needed, not {type(energy).__name__}")
    threads = checked_threads(threads)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    rng = checked_generator(seed)
    limit = checked_integer(max_spins, "max_spins", at_least=0)
    _refuse_large(energy.num_variables, not energy.model.has_fields, limit, threads)
    system = _scaled(energy)
    roots = np.sqrt(_start_matrix(system.size, rng))
    with compilation_time():
        _follow(system, roots, np.zeros(0, dtype=np.int64), *_CARE[0])
    began = time.perf_counter()
    codes = _path_codes(system.size, halved=system.is_odd)
    run = _Run(system, roots, threads, progress, callback)
    ends = run.follow(codes, *_CARE[0])
    for tolerance, reach in _CARE[1:]:
        doubtful = ~ends.proven | _coinciding(ends, system)
        if run.stopped or not doubtful.any():
            break
        again = run.follow(ends.codes[doubtful], tolerance, reach)
        ends = _joined([ends.where(~doubtful), again])
    return _census(energy, system, ends, None if run.stopped else codes, time.perf_counter() - began)


# ---------------------------------------------------------------- the system and its paths


class _System(NamedTuple):
    """The equations in amplitudes y = x/√scale: pump, couplings and fields are of order 1."""

    couplings: np.ndarray
    fields: np.ndarray
    pump: float
    root: float  # of the scale: a power of 2

    @property
    def size(self) -> int:
        return len(self.fields)

    @property
    def is_odd(self) -> bool:
        """Whether solutions come in pairs ±."""
        return not self.fields.any()


def _scaled(energy: SoftSpinEnergy) -> _System:
    model = energy.model
    couplings = np.asarray(model.J.toarray() if model.is_sparse else model.J, dtype=np.float64)
    fields = model.h.astype(np.float64)
    largest = np.abs(couplings).sum(axis=-1).max(initial=0.0) + abs(energy.pump)
    largest = max(largest, np.abs(fields).max(initial=0.0) ** (2 / 3))
    root = 2.0 ** math.ceil(0.5 * math.log2(largest)) if largest > 0.0 else 1.0
    # one division after another: powers of a very small or large root are not representable
    pump = energy.pump / root / root
    return _System(np.ascontiguousarray(couplings / root / root), fields / root / root / root, pump, root)


def _start_matrix(n: int, rng: np.random.Generator) -> np.ndarray:
    """The diagonal of Γ: random, far from the real axis, where roots would meet on the way.

    One common angle, with some spread, makes Γ a pump more than a set of couplings, and paths a third shorter than
    independent angles do.
    """
    angle = np.pi * rng.uniform(0.4, 0.6) + rng.uniform(-0.1, 0.1, n)
    return np.asarray(rng.uniform(0.8, 1.2, n) * np.exp(1j * angle))


def _path_codes(n: int, halved: bool) -> np.ndarray:
    """All starts, or one of each pair ±: the origin and those whose last digit that is not 0 is a 1."""
    if not halved:
        return np.arange(3**n, dtype=np.int64)
    return np.concatenate([[0], *(np.arange(3**k, 2 * 3**k, dtype=np.int64) for k in range(n))]).astype(np.int64)


class _Ends(NamedTuple):
    """Ends of paths in scaled amplitudes, and what was proven of them."""

    codes: np.ndarray
    points: np.ndarray
    error: np.ndarray  # infinite where nothing was proven
    isolation: np.ndarray
    is_real: np.ndarray
    in_doubt: np.ndarray  # whether it is real

    @property
    def proven(self) -> np.ndarray:
        return np.isfinite(self.error) & ~self.in_doubt

    def where(self, mask: np.ndarray) -> _Ends:
        return _Ends(*(array[mask] for array in self))


def _joined(parts: list[_Ends]) -> _Ends:
    return _Ends(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _follow(system: _System, roots: np.ndarray, codes: np.ndarray, tolerance: float, reach: float) -> _Ends:
    """Follow paths and certify their ends."""
    points = start_amplitudes(codes, roots)
    status, steps = np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.int64)
    equations = system.couplings, system.fields, system.pump
    follow_paths(*equations, roots * roots, points, status, steps, tolerance, reach)
    points, inverses = refined(points, *equations)
    error, isolation = certify(points, inverses, *equations)
    error[status != ENDED] = np.inf
    imaginary = np.abs(points.imag).max(axis=-1, initial=0.0)
    is_real = error + 2.0 * imaginary <= isolation
    in_doubt = np.isfinite(error) & ~is_real & (imaginary <= error)
    # proven real: what is given to the user is the real part, so that is certified again
    real, inverses = refined(points.real[is_real], *equations)
    error[is_real], isolation[is_real] = certify(real, inverses, *equations)
    points[is_real] = real
    return _Ends(codes, points, error, isolation, is_real, in_doubt)


class _Run:
    """Follows paths in jobs of fixed size, and can be watched and stopped."""

    def __init__(
        self,
        system: _System,
        roots: np.ndarray,
        threads: int,
        progress: bool,
        callback: Callable[[float], Any] | None,
    ) -> None:
        self.system, self.roots, self.threads = system, roots, threads
        self.progress, self.callback = progress, callback
        self.stopped = False

    def follow(self, codes: np.ndarray, tolerance: float, reach: float) -> _Ends:
        """Ends of these paths, of those followed before a stop."""
        blocks = [codes[start : start + _PATHS] for start in range(0, len(codes), _PATHS)]
        done: list[int] = []
        bar = ProgressBar(self.progress, "following paths")

        def job(block: np.ndarray) -> Callable[[threading.Event], _Ends]:
            def run(stop: threading.Event) -> _Ends:
                ends = _follow(self.system, self.roots, block[:0] if stop.is_set() else block, tolerance, reach)
                done.append(len(ends.codes))
                return ends

            return run

        def poll(stop: threading.Event) -> None:
            fraction = sum(done) / len(codes)
            bar.show(fraction)
            if self.callback is not None and not stop.is_set() and self.callback(fraction):
                stop.set()

        with bar:
            parts, _ = run_jobs([job(block) for block in blocks], self.threads, poll)
        self.stopped = sum(done) < len(codes)
        return _joined(parts)


def _with_mirrors(ends: _Ends) -> _Ends:
    """Both of each pair ±; the origin, which has the code 0, once."""
    paired = ends.where(ends.codes > 0)
    return _joined([ends, paired._replace(codes=-paired.codes, points=-paired.points)])


def _coinciding(ends: _Ends, system: _System) -> np.ndarray:
    """Which ends, if certified, are not proven different from all others and all mirror images."""
    every = _with_mirrors(ends) if system.is_odd else ends
    marked = np.zeros(len(every.codes), dtype=bool)
    finite = np.isfinite(every.error)
    marked[finite] = overlapping(every.points[finite], every.error[finite])
    suspects = np.unique(np.abs(every.codes[marked]))
    return np.isin(ends.codes, suspects)


# ---------------------------------------------------------------- the census


def _census(energy: SoftSpinEnergy, system: _System, ends: _Ends, codes: np.ndarray | None, seconds: float) -> Census:
    """What the ends of the paths prove; ``codes`` are those that had to be followed, None after an interruption."""
    n = system.size
    doubles = ends.proven & _coinciding(ends, system)
    good = ends.proven & ~doubles
    found = _with_mirrors(ends.where(good)) if system.is_odd else ends.where(good)
    lost = ends.where(~good)
    kept = found.where(found.is_real)
    x = kept.points.real * system.root
    values = energy.value(x)
    order = np.lexsort((*x.T[::-1], values))
    x, values, error = x[order], values[order], kept.error[order] * system.root
    spectra = hessian_spectrum(energy, x)
    index_of_points = np.count_nonzero(spectra < 0.0, axis=-1)
    doubt = eigenvalue_doubt(x, error, spectra, energy.pump)
    uncertain = int(np.count_nonzero(np.abs(spectra).min(axis=-1, initial=np.inf) <= doubt))
    degenerate, multiplicity = _degenerate(energy, system, lost, found)
    result = Census(
        x=x,
        energy=values,
        index=np.bincount(index_of_points, minlength=n + 1),
        index_of_points=index_of_points,
        lowest_eigenvalue=spectra.min(axis=-1, initial=np.inf),
        gradient_norm=residuals(energy.gradient(x)),
        error=error,
        num_complex=3**n,
        num_certified=len(found.codes),
        certified=False,
        reason="",
        status="completed" if codes is not None else "interrupted",
        degenerate=degenerate,
        multiplicity=multiplicity,
        seconds=seconds,
    )
    reason = _reason(result, uncertain, system.is_odd)
    return replace(result, certified=not reason, reason=reason)


def _reason(census: Census, uncertain: int, is_odd: bool) -> str:
    """Why a census is not certified; empty if it is."""
    missing = census.num_complex - census.num_certified
    if census.status == "interrupted":
        return f"interrupted: {census.num_certified} of {census.num_complex} complex solutions were found by then"
    if missing:
        reason = f"{missing} of {census.num_complex} complex solutions could not be proven different from all others"
        if len(census.degenerate):
            where = _counted(len(census.degenerate), "real point")
            return f"{reason}: solutions coincide, or nearly so, at {where}, as at a bifurcation"
        return f"{reason}: solutions coincide, or nearly so, at complex amplitudes"
    if uncertain:
        return f"rounding leaves the index of {_counted(uncertain, 'point')} with a nearly singular Hessian in doubt"
    # what follows from the proof, and would reveal a mistake in it
    if census.morse_sum != 1 or len(census) % 2 == 0:
        return f"the Morse sum of {len(census)} points is {census.morse_sum}, and 1 of a complete census"
    if is_odd and not np.array_equal(np.unique(census.x, axis=0), np.unique(-census.x, axis=0)):
        return "there are points without their mirror images"
    return ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _degenerate(energy: SoftSpinEnergy, system: _System, lost: _Ends, found: _Ends) -> tuple[np.ndarray, np.ndarray]:
    """Real critical points at which paths without a certificate end, and how many end at each."""
    ends = _with_mirrors(lost) if system.is_odd else lost
    near = np.abs(ends.points.imag).max(axis=-1, initial=0.0) < _STALLED
    starts = ends.points.real[near]
    with np.errstate(over="ignore", invalid="ignore"):
        points, norms, _ = polish(energy, starts * system.root, max_iterations=200)
    points = points / system.root
    close = np.abs(points - starts).max(axis=-1, initial=0.0) < _STALLED
    points = points[close & (norms < 1e-9 * system.root**3)]
    places: list[np.ndarray] = []
    counts: list[int] = []
    for point in points:
        distances = [np.abs(point - place).max(initial=0.0) for place in places]
        if distances and min(distances) < _POLISHED:
            counts[int(np.argmin(distances))] += 1
        else:
            places.append(point)
            counts.append(1)
    shape = (len(places), system.size)
    return np.array(places).reshape(shape) * system.root, np.array(counts, dtype=np.int64)


# ---------------------------------------------------------------- the door


def _refuse_large(n: int, halved: bool, max_spins: int, threads: int) -> None:
    if n <= max_spins:
        return
    # in logarithms: no float holds 3ⁿ for the larger models that there are
    paths = n * math.log10(3.0) - math.log10(2.0) * halved
    seconds = paths + math.log10(_SECONDS_PER_PATH / threads) + _GROWTH * math.log10(n / 8)
    raise ValueError(
        f"energy: a complete enumeration with {n} spins follows {_power_of_ten(paths)} paths, about "
        f"{_duration(seconds)} on {_counted(threads, 'core')}; pass max_spins={n} to do it all the same, or count "
        "minima by estimate_minima"
    )


def _duration(logarithm: float) -> str:
    """Seconds, given as their decimal logarithm, in the largest unit that does not exceed them."""
    units = ("years", 31_557_600.0), ("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 0.0)
    name, size = next(unit for unit in units if unit[1] == 0.0 or logarithm >= math.log10(unit[1]))
    return f"{_power_of_ten(logarithm - math.log10(size or 1.0))} {name}"


def _power_of_ten(logarithm: float) -> str:
    """10 to this power, in two digits."""
    whole = math.floor(logarithm)
    digits = f"{10.0 ** (logarithm - whole):.1f}"
    return f"{float(digits) * 10.0**whole:g}" if abs(whole) < 6 else f"{digits}e{whole}"
