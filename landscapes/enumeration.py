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
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ising_problems.checks import checked_generator, checked_integer

from .census import Census, counted
from .certificates import eigenvalue_doubt
from .energies import SoftSpinEnergy
from .hessian import hessian_spectrum
from .jit import compilation_time
from .newton import polish, residuals
from .parallel import checked_threads
from .path_ends import (
    Ends,
    Run,
    System,
    coinciding,
    ends_of_paths,
    joined,
    path_codes,
    scaled_system,
    start_matrix,
    with_mirrors,
)

__all__ = ["enumerate_critical_points"]

_MOST_SPINS = 10
# Tolerance and reach of the predictor: at first, and where ends coincide or are not certified.
_CARE = ((1e-5, 0.5), (1e-7, 0.2), (1e-9, 0.1))
# Seconds for a path of a model with 8 spins on one core, and the power of n with which they grow, measured from 8 to 12
# spins by tests/benchmarks/minima_counts.py.
_SECONDS_PER_PATH, _GROWTH = 6e-5, 1.8
# In scaled amplitudes: how far from a multiple root its paths may end, and Newton's method then.  Near a triple root
# the Jacobian falls as the square of the distance, and rounding stops the first long before the second.
_STALLED, _POLISHED = 1e-2, 1e-3


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
        One point, with an empty ``x[0]``, for a model without spins: of 3⁰ solutions all are real, and the Morse sum
        is 1.  (:func:`landscapes.find_critical_points` returns none there: it has nowhere to start.)

    Raises
    ------
    TypeError
        If ``energy`` is not a SoftSpinEnergy.
    ValueError
        If the model has more than ``max_spins`` spins; the message says how long it would take.  If energies over- or
        underflow: beyond couplings or pumps of 1e±100.

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
    _ = energy.pump_unit  # refused where energies cannot be represented
    rng = checked_generator(seed)
    limit = checked_integer(max_spins, "max_spins", at_least=0)
    _refuse_large(energy.num_variables, not energy.model.has_fields, limit, threads)
    system = scaled_system(energy)
    roots = np.sqrt(start_matrix(system.size, rng))
    with compilation_time():
        ends_of_paths(system, roots, np.zeros(0, dtype=np.int64), *_CARE[0])
    began = time.perf_counter()
    codes = path_codes(system.size, halved=system.is_odd)
    run = Run(system, roots, threads, progress, callback)
    ends = run.follow(codes, *_CARE[0])
    for tolerance, reach in _CARE[1:]:
        doubtful = ~ends.proven | coinciding(ends, system)
        if run.stopped or not doubtful.any():
            break
        again = run.follow(ends.codes[doubtful], tolerance, reach)
        ends = joined([ends.where(~doubtful), again])
    return _census(energy, system, ends, None if run.stopped else codes, time.perf_counter() - began)


# ---------------------------------------------------------------- the census


def _census(energy: SoftSpinEnergy, system: System, ends: Ends, codes: np.ndarray | None, seconds: float) -> Census:
    """What the ends of the paths prove; ``codes`` are those that had to be followed, None after an interruption."""
    n = system.size
    doubles = ends.proven & coinciding(ends, system)
    good = ends.proven & ~doubles
    found = with_mirrors(ends.where(good)) if system.is_odd else ends.where(good)
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
            where = counted(len(census.degenerate), "real point")
            return f"{reason}: solutions coincide, or nearly so, at {where}, as at a bifurcation"
        return f"{reason}: solutions coincide, or nearly so, at complex amplitudes"
    if uncertain:
        return f"rounding leaves the index of {counted(uncertain, 'point')} with a nearly singular Hessian in doubt"
    # what follows from the proof, and would reveal a mistake in it
    if census.morse_sum != 1 or len(census) % 2 == 0:
        return f"the Morse sum of {len(census)} points is {census.morse_sum}, and 1 of a complete census"
    if is_odd and not np.array_equal(np.unique(census.x, axis=0), np.unique(-census.x, axis=0)):
        return "there are points without their mirror images"
    return ""


def _degenerate(energy: SoftSpinEnergy, system: System, lost: Ends, found: Ends) -> tuple[np.ndarray, np.ndarray]:
    """Real critical points at which paths without a certificate end, and how many end at each."""
    ends = with_mirrors(lost) if system.is_odd else lost
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
        f"{_duration(seconds)} on {counted(threads, 'core')}; pass max_spins={n} to do it all the same, or count "
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
