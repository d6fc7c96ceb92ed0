r"""Critical points of the soft-spin energy from those at another pump: where they are few, or all are known.

*From below.*  Below :math:`a = -\lambda_1` the origin is the only critical point (:math:`\lambda_1` the largest
eigenvalue of J).  As the pump rises past :math:`-\lambda_k` the origin's index rises from k - 1 to k, and a pair
±x of index k - 1 is born in a pitchfork (without fields),

.. math:: x \simeq A\, v_k , \qquad A^2 = \frac{a + \lambda_k}{\sum_i v_{k,i}^4} .

Each branch is followed up to the pump wanted.  Points that are born in pairs out of nothing (at folds) are connected
to these only through folds, and are not found.  With fields the origin is no critical point, and only the branch of
the single minimum at low pump is left.

*From above.*  As the pump grows the equations decouple: :math:`x_i \to \{-1, 0, +1\} \sqrt a`, and all 3ⁿ combinations
are critical points, of index the number of zeros.  The grid of these is where Newton's method starts at a large pump,
and where branches begin that are followed downwards.

Where an eigenvalue of J is degenerate more branches are born than pairs ±v_k, in directions that the quartic terms
choose; these are not followed.

A branch that ends in a fold, where it meets another one whose index differs by one, is reported with the pump at which
that happens: beyond it there is no such critical point to be found.

Sources: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119 (the landscape as the pump rises); Allgower, Georg,
*Introduction to Numerical Continuation Methods* (SIAM, 2003).
"""

from __future__ import annotations

import threading

import numpy as np

from .continuation import ARRIVED, PumpFamily, follow
from .energies import SoftSpinEnergy
from .newton import polish
from .saddle_free import descend
from .symmetric_factors import Factors

__all__ = [
    "DEGENERATE",
    "Branches",
    "branches_from_below",
    "decoupling_pump",
    "follow_in_pump",
    "grid_signs",
    "largest_index",
]

DEGENERATE = "degenerate"
_SHORTEST = 1e-5  # step, as a part of the way
_MOST_STEPS = 1000


class Branches:
    """Points on branches, each at its own pump, with the index that belongs to it.

    Attributes
    ----------
    x : numpy.ndarray, shape (m, n)
    pump : numpy.ndarray, shape (m,)
    index : numpy.ndarray of int, shape (m,)
    """

    def __init__(self, x: np.ndarray, pump: np.ndarray, index: np.ndarray) -> None:
        self.x, self.pump, self.index = x, pump, index


def largest_index(energy: SoftSpinEnergy) -> int:
    """The origin's index, #{λ(J) > -a}: no critical point has a larger one, for H = diag(3x²) - a - J ≥ -a - J."""
    return int(np.count_nonzero(_eigenvalues(energy)[0] > -energy.pump))


def decoupling_pump(energy: SoftSpinEnergy) -> float:
    """A pump at which all 3ⁿ critical points exist.

    In y = x/√a the equations are yᵢ³ - yᵢ = uᵢ with u = Jy/a + h/a^1.5.  Where |u| < 2/√27 = 0.385, each has a root of
    its own near -1, 0 and 1.  With r the largest absolute row sum of J, a ≥ 8 r and |h| ≤ a^1.5/8 keep |u| below 0.275
    for |y| < 1.2; there the roots move by at most 1/0.7 of u, so that, for any choice of roots, y ↦ roots(u(y))
    contracts, by 1/(0.7 · 8).
    """
    couplings = abs(energy.model.J)
    rows = float(np.max(couplings.sum(axis=1), initial=0.0))
    fields = float(np.max(np.abs(energy.model.h), initial=0.0))
    return max(8.0 * rows, (8.0 * fields) ** (2.0 / 3.0), 1.0)


def grid_signs(n: int, count: int | None, even: bool, zeros: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Rows of {-1, 0, 1}ⁿ: all of them (one of each pair ± if ``even``), or ``count`` drawn at random.

    ``zeros`` holds the number of zeros in each row drawn; binomial with probability 1/3 for None.
    """
    if zeros is None and count is None:
        # a code in base 3 and its opposite's add up to 3ⁿ - 1
        codes = np.arange((3**n - 1) // 2 if even else 0, 3**n)
        return codes[:, None] // 3 ** np.arange(n) % 3 - 1
    assert count is not None
    drawn = rng.binomial(n, 1.0 / 3.0, count) if zeros is None else zeros
    signs = 2 * rng.integers(0, 2, (count, n)) - 1
    order = np.argsort(rng.random((count, n)), axis=1)
    signs[order < drawn[:, None]] = 0
    return signs


def branches_from_below(energy: SoftSpinEnergy) -> Branches:
    """One point on each branch that is connected to the low-pump minimum without a fold, up to the energy's pump."""
    values, vectors = _eigenvalues(energy)
    n = energy.num_variables
    if energy.model.has_fields:
        low = min(energy.pump, -float(np.max(values, initial=0.0)) - 1.0)
        convex = energy.with_pump(low)
        start = descend(convex, np.linalg.solve(convex.hessian(np.zeros(n)), convex.model.h)[None, :], 200)
        return Branches(polish(convex, start).x, np.array([low]), np.zeros(1, dtype=np.int64))
    born = np.flatnonzero(values > -energy.pump)
    x, pumps = np.zeros((len(born) + 1, n)), np.full(len(born) + 1, energy.pump)
    index = np.append(born, len(born))
    for row, k in enumerate(born):
        gap = min(np.abs(np.delete(values, k) - values[k]).min(initial=1.0), energy.pump + values[k])
        pumps[row] = -values[k] + min(0.02, 0.5 * gap)
        amplitude = np.sqrt((pumps[row] + values[k]) / np.sum(vectors[:, k] ** 4))
        x[row] = polish(energy.with_pump(float(pumps[row])), amplitude * vectors[:, k]).x[0]
    return Branches(x, pumps, index)


def follow_in_pump(
    energy: SoftSpinEnergy, branches: Branches, stop: threading.Event | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Follow branches to the energy's pump: last points (m, n), how they ended (m,), pumps at which they ended (m,)."""
    family = PumpFamily(energy, branches.pump)
    here = branches.pump == energy.pump
    born = Factors(family.hessian(branches.x, np.zeros(len(branches.x)))).index == branches.index
    rows = np.flatnonzero(born & ~here)
    paths = follow(
        family.take(rows), branches.x[rows], branches.index[rows], shortest=_SHORTEST, most_steps=_MOST_STEPS, stop=stop
    )
    x, pumps = branches.x.copy(), branches.pump.copy()
    reason = np.where(here | born, "", DEGENERATE).astype("U16")
    x[rows], reason[rows] = paths.x, np.where(paths.status == ARRIVED, "", paths.status)
    pumps[rows] += paths.s * (energy.pump - branches.pump[rows])
    return x, reason, pumps


def _eigenvalues(energy: SoftSpinEnergy) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of J in descending order, and their vectors."""
    couplings = energy.model.J.toarray() if energy.model.is_sparse else energy.model.J
    values, vectors = np.linalg.eigh(couplings.astype(np.float64))
    return values[::-1], vectors[:, ::-1]
