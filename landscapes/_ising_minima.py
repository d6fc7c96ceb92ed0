r"""Every configuration of an Ising model that no single flip improves, exactly.

A flip of spin i changes the energy by :math:`2 s_i f_i` with the local field :math:`f_i = \sum_j J_{ij} s_j + h_i`, so
the configurations sought are those with :math:`s_i f_i \ge 0` for all i: the ends of every descent by single flips.
They are few among :math:`2^n`, about :math:`e^{0.199 n}` of :math:`e^{0.693 n}` in the Sherrington–Kirkpatrick model
(:func:`landscapes.theory.sk_minima_count`).

Spins are assigned one after another.  When those before d are, :math:`s_i f_i` of spin i lies at best
:math:`\sum_{j \ge d} |J_{ij}|` above what the assigned ones make of it; if that is negative for an assigned spin no
completion is stable, and the branch ends.  What survives to the leaves is checked as it stands.  Spins with the largest
couplings go first: they settle the most.  Without fields the first spin is held and the mirror images are added.

Integer couplings are exact.  With float couplings a change of energy by less than ``rtol`` of the largest that the
spin's couplings could make counts as none, both in branches and in leaves, so that rounding hides no minimum.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer, checked_number

from .interruptions import interruption_point
from .jit import kernel
from .parallel import checked_threads, run_jobs

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["IsingMinima", "ising_minima"]

_MOST_SPINS, _LARGEST_CODE = 32, 62
_PREFIX = 6  # spins that distinguish the jobs
_CAPACITY = 1024  # minima that a job is first given room for
_BRANCHES_IN_A_CALL = 2**20  # of the kernel, between which Ctrl-C is heard
_ROUNDING = 1e-12  # of sums over a spin's couplings
_LARGEST_EXACT_ENERGY = 2**52  # sums of integers below it are exact in float64, twice an energy among them
# Of Sherrington–Kirkpatrick models on one core, for the message to those who ask for more; measured from 26 to 34.
_SECONDS_AT_MOST_SPINS, _GROWTH = 0.15, 1.63


@dataclass(frozen=True, eq=False, repr=False)
class IsingMinima:
    """All configurations that are stable against single flips, in order of their energy.

    Attributes
    ----------
    spins : numpy.ndarray of int8, shape (k, n)
        Those of equal energy in lexicographic order, -1 before +1; both of each pair ±s where there are no fields.
    energies : numpy.ndarray, shape (k,)
        Rising; int64 for an integer model.
    strict : bool
        Whether a flip that changes nothing was enough to leave a configuration out.
    """

    spins: np.ndarray
    energies: np.ndarray
    strict: bool

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.energies)

    def __len__(self) -> int:
        return len(self.energies)

    def __repr__(self) -> str:
        lowest = f"; energies {self.energies[0]:g} to {self.energies[-1]:g}" if self.count else ""
        return f"IsingMinima({self.count} of {self.spins.shape[1]} spins{lowest})"

    def to_dataset(self) -> xr.Dataset:
        """``energy`` and ``spins`` as a dataset with dimensions ``minimum`` and ``spin``."""
        import xarray as xr

        variables = {"energy": ("minimum", self.energies), "spins": (("minimum", "spin"), self.spins)}
        return xr.Dataset(variables, attrs={"count": self.count, "strict": int(self.strict)})


def ising_minima(
    model: IsingModel,
    *,
    strict: bool = False,
    rtol: float = 1e-9,
    max_spins: int = _MOST_SPINS,
    max_states: int = 1_000_000,
    threads: int | None = None,
) -> IsingMinima:
    r"""Find every configuration that is stable against single flips.

    Parameters
    ----------
    model : IsingModel
    strict : bool, default False
        Whether every flip must raise the energy; otherwise it is enough that none lowers it, and a spin without field
        makes two minima.
    rtol : float, default 1e-9
        For models with float couplings: a flip that changes the energy by at most
        :math:`2\,\mathrm{rtol}\,(\sum_j |J_{ij}| + |h_i|)` counts as one that does not.  Integer couplings are compared
        exactly.
    max_spins : int, default 32
        Larger models are refused, with how long they would take.
    max_states : int, default 1,000,000
        More minima than this are refused, because they might not fit in memory.
    threads : int, optional
        Every available core by default; the result is the same.

    Returns
    -------
    IsingMinima
        ``.count``, ``.energies`` (k,), ``.spins`` (k, n).

    Notes
    -----
    A Sherrington–Kirkpatrick model of 26 spins takes 0.01 s on one core, and one of 32 spins 0.15 s.  The less
    frustrated the couplings are, the later a branch ends: 26 spins with equal couplings take 0.3 s, 32 of them 17 s.

    Raises
    ------
    ValueError
        If the model has more than ``max_spins`` spins or more than ``max_states`` minima.
    TypeError
        If ``model`` is not an :class:`~ising_problems.IsingModel`.

    Examples
    --------
    >>> import ising_problems as ip
    >>> minima = ising_minima(ip.IsingModel([[0, 2, 0], [2, 0, 2], [0, 2, 0]], h=[0, 0, 1]))
    >>> minima.count, minima.energies.tolist(), minima.spins.tolist()
    (2, [-5, -3], [[1, 1, 1], [-1, -1, -1]])
    """
    if not isinstance(model, IsingModel):
        hint = "; pass its to_ising()" if hasattr(model, "to_ising") else "; IsingModel(J) makes one of a matrix"
        raise TypeError(f"model: an IsingModel is needed, but it is a {type(model).__name__}{hint}")
    if not isinstance(strict, (bool, np.bool_)):
        raise TypeError(f"strict: must be True or False, but it is {strict!r}")
    rtol = checked_number(rtol, "rtol", at_least=0.0)
    max_spins = checked_integer(max_spins, "max_spins", 0)
    max_states = checked_integer(max_states, "max_states", 1)
    threads = checked_threads(threads)
    n = model.num_spins
    if n > min(max_spins, _LARGEST_CODE):
        _refuse(n)
    J, h, order = _ordered(model)
    reach = np.abs(J).sum(axis=1) + np.abs(h)
    exact = model.J.dtype.kind == "i"
    tolerance = np.zeros_like(reach) if exact else rtol * reach
    slack = np.zeros_like(reach) if exact else max(rtol, _ROUNDING) * reach  # no branch ends by rounding
    mirrored = n > 0 and not model.has_fields
    codes = _codes(J, h, slack, tolerance, bool(strict), mirrored, max_states, threads)
    if mirrored:
        codes = np.concatenate([codes, (1 << n) - 1 - codes])
    spins = np.empty((len(codes), n), dtype=np.int8)
    for place, spin in enumerate(order):
        spins[:, spin] = 2 * ((codes >> place) & 1) - 1
    energies = np.atleast_1d(model.energy(spins))
    rank = np.lexsort([*spins.T[::-1], energies]) if n else np.zeros(len(codes), dtype=np.int64)
    return IsingMinima(spins[rank], energies[rank], bool(strict))


def _ordered(model: IsingModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Couplings and fields, float64 where that is exact, in the order of falling coupling strengths; and that order."""
    J, h = np.asarray(model.J.toarray() if model.is_sparse else model.J), model.h
    if J.dtype.kind == "f":  # by a power of two, which rounds nothing, to where sums neither overflow nor vanish
        _, exponent = np.frexp(max(np.abs(J).max(initial=0.0), np.abs(h).max(initial=0.0)))
        J, h = np.ldexp(J, -exponent), np.ldexp(h, -exponent)
    sums = np.abs(J).sum(axis=1, dtype=np.float64)
    if sums.sum() / 2 + np.abs(h).sum(dtype=np.float64) < _LARGEST_EXACT_ENERGY:
        J = J.astype(np.float64, copy=False)
    order = np.argsort(-sums, kind="stable")
    return np.ascontiguousarray(J[np.ix_(order, order)]), h.astype(J.dtype)[order], order


def _codes(
    J: np.ndarray,
    h: np.ndarray,
    slack: np.ndarray,
    tolerance: np.ndarray,
    strict: bool,
    mirrored: bool,
    max_states: int,
    threads: int,
) -> np.ndarray:
    """Codes of the minima, bit i set where spin i is +1; with the first spin -1 alone if ``mirrored``."""
    n = len(h)
    most = max_states // (2 if mirrored else 1)
    depth = min(_PREFIX, n)
    # what the spins from d on can add to the field of each, row d
    rest = np.concatenate([np.cumsum(np.abs(J)[::-1], axis=0)[::-1], np.zeros((1, n), dtype=J.dtype)])
    found: list[int] = []

    def job(prefix: int) -> Callable[[threading.Event], np.ndarray]:
        def run(stop: threading.Event) -> np.ndarray:
            capacity = _CAPACITY
            while True:
                codes = np.empty(capacity, dtype=np.int64)
                fields, spins = np.zeros((n + 1, n), dtype=J.dtype), np.zeros(n + 1, dtype=J.dtype)
                fields[0] = h
                d, count = 0, 0
                while d >= 0 and count <= most:
                    if stop.is_set():
                        return np.empty(0, dtype=np.int64)
                    interruption_point()
                    d, count = _stable(
                        J, rest, slack, tolerance, strict, prefix, depth, most, codes, fields, spins, d, count
                    )
                if sum(found) + count > most:
                    _refuse_many(max_states)
                if count <= capacity:
                    found.append(count)
                    return codes[:count]
                capacity = count

        return run

    prefixes = [prefix for prefix in range(1 << depth) if not (mirrored and prefix & 1)]
    jobs = [job(prefix) for prefix in prefixes]
    if threads == 1 or n <= 12:  # a pool of threads would take longer
        event = threading.Event()
        parts, interrupted = [one(event) for one in jobs], False
    else:
        parts, interrupted = run_jobs(jobs, threads)
    if interrupted:
        raise KeyboardInterrupt  # some of the minima are no answer
    return np.concatenate(parts)


def _refuse_many(most: int) -> None:
    raise ValueError(f"max_states: the model has more than {most} minima; raise max_states if they fit in memory")


def _refuse(n: int) -> None:
    raise ValueError(
        f"model: finding all minima of {n} spins takes about {_duration(n)} on one core for Sherrington–Kirkpatrick "
        f"couplings, more for less frustrated ones; pass max_spins={n} to do it all the same, or descend from random "
        "configurations and count what is found"
    )


def _duration(n: int) -> str:
    """How long an enumeration would take, in words."""
    logarithm = math.log10(_SECONDS_AT_MOST_SPINS) + (n - _MOST_SPINS) * math.log10(_GROWTH)
    for unit, seconds in (("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0), ("days", 86400.0)):
        if logarithm < math.log10(100 * seconds):
            return f"{max(1, round(10**logarithm / seconds))} {unit}"
    return f"10**{round(logarithm - math.log10(3.156e7))} years"


@kernel
def _stable(
    J: np.ndarray,
    rest: np.ndarray,
    slack: np.ndarray,
    tolerance: np.ndarray,
    strict: bool,
    prefix: int,
    depth: int,
    most: int,
    codes: np.ndarray,
    fields: np.ndarray,
    spins: np.ndarray,
    d: int,
    count: int,
) -> tuple[int, int]:
    """Stable configurations whose first ``depth`` spins are those of ``prefix``; as many codes as there is room for.

    The search stands at spin ``d``, with ``spins`` (0 while one has not been tried), the ``fields`` of those before
    each, and ``count`` found.  It goes on for some branches and returns d, -1 at its end, and the count; it ends when
    there are more than ``most``.
    """
    n = len(J)
    for _ in range(_BRANCHES_IN_A_CALL):
        if d < 0:
            break
        if d == n:
            unstable = 0
            for i in range(n):
                gain = spins[i] * fields[n, i]
                if strict:
                    unstable += gain <= tolerance[i]
                else:
                    unstable += gain < -tolerance[i]
            if unstable == 0:
                if count < len(codes):
                    code = 0
                    for i in range(n):
                        if spins[i] > 0:
                            code |= 1 << i
                    codes[count] = code
                count += 1
                if count > most:
                    break
            d -= 1
            continue
        # -1, then +1, then back; in the prefix's part only what it says
        if spins[d] > 0 or (d < depth and spins[d] != 0):
            spins[d] = 0
            d -= 1
            continue
        if d < depth:
            spins[d] = 1 if (prefix >> d) & 1 else -1
        else:
            spins[d] = 1 if spins[d] < 0 else -1
        spin = spins[d]
        hopeless = 0
        for i in range(n):
            fields[d + 1, i] = fields[d, i] + spin * J[d, i]
        for i in range(d + 1):
            hopeless += spins[i] * fields[d + 1, i] + rest[d + 1, i] < -slack[i]
        if hopeless == 0:
            d += 1
    return d, count
