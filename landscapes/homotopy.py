r"""All complex solutions of the soft-spin model's critical-point equations, by following paths from a solved system.

The critical points of the soft-spin energy are the real solutions of n cubic equations in n unknowns,

.. math:: f_i(x) = x_i^3 - (A x)_i - h_i = 0 , \qquad A = a + J .

Their leading forms :math:`x_i^3` vanish together only at x = 0, so no solution lies at infinity and Bézout's bound is
attained: over the complex numbers there are exactly 3ⁿ solutions, counted with multiplicity, whatever A and h.  They
are reached along

.. math:: H(x, t) = x^3 - \big[ t A + (1 - t)\, \Gamma \big] x - t\, h = 0 , \qquad 0 \le t \le 1 ,

with a diagonal matrix :math:`\Gamma` of complex numbers.  At t = 0 the unknowns separate: :math:`x_i` is 0 or one of
:math:`\pm\sqrt{\Gamma_i}`.  The leading forms are the same at every t, so no path escapes; and as the matrices
:math:`\Gamma` for which some H(·, t) with 0 ≤ t < 1 has a double root are a set of measure zero, paths from a random
:math:`\Gamma` never meet before t = 1 (with probability one: the "gamma trick").  Without fields H is odd in x, so that
one path of each pair ± is enough.

Along a path the solution is a power series, :math:`x(t + s) = \sum_k x_k s^k`.  Its coefficients solve linear systems
with one and the same matrix, :math:`M = \mathrm{diag}(3 x_0^2) - [t A + (1-t)\Gamma]`,

.. math:: M x_k = (A - \Gamma)\, x_{k-1} + \delta_{k1} h - x_0\, y'_k - \sum_{i=1}^{k-1} x_i\, y_{k-i} ,
    \qquad y = x^2 , \quad y'_k = \sum_{i=1}^{k-1} x_i x_{k-i} ,

so a predictor of high order costs one factorisation.  The step is bounded twice: the first term left out is to be
small, and the step is to be a fraction of the series' radius of convergence, which is the distance (in complex t) to
where the path meets another.  This second bound is what keeps a predictor from jumping to a neighbour.  After the
step two chord iterations of Newton must contract at once, or the step is halved.

Nothing of this is a proof; :mod:`landscapes.certificates` gives one for the ends.

Sources: Morgan, Sommese, Appl. Math. Comput. 29, 123 (1989) (coefficient-parameter homotopies); Sommese, Wampler, "The
Numerical Solution of Systems of Polynomials" (World Scientific, 2005), chapters 2, 7, 8; Telen, Van Barel, Verschelde,
SIAM J. Sci. Comput. 42, A3610 (2020) (step lengths from the distance to the nearest singularity).
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

__all__ = ["ENDED", "LOST", "STALLED", "follow_paths", "start_amplitudes"]

# How a path ended: at t = 1; with steps too short to go on (a singular end, as a rule); without convergence.
ENDED, STALLED, LOST = 0, 1, 2

_ORDER = 8  # of the series
_MOST_STEPS = 2000
_SHORTEST_STEP = 1e-13
# A second chord step as short as this need not be a hundredth of the first: near a multiple root rounding errors
# lengthen it, and with a stricter bound paths would end too far from where they lead.
_CONVERGED = 1e-9


def start_amplitudes(codes: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Solutions at t = 0: the digits 0, 1, 2 of each code in base 3 stand for 0, +root and -root.

    Parameters
    ----------
    codes : numpy.ndarray of int64, shape (m,)
        From 0 to 3ⁿ - 1.
    roots : numpy.ndarray of complex128, shape (n,)
        Square roots of Γ.

    Returns
    -------
    numpy.ndarray of complex128, shape (m, n)
    """
    digits = codes[:, None] // 3 ** np.arange(len(roots), dtype=np.int64) % 3
    return np.asarray(np.array([0.0, 1.0, -1.0])[digits] * roots)


@kernel
def _factorise(matrix, pivots, reciprocals):  # type: ignore[no-untyped-def]
    """LU factors of a complex matrix in its place, by rows with partial pivoting; whether it is regular."""
    n = matrix.shape[0]
    for k in range(n):
        best, row = -1.0, k
        for i in range(k, n):
            entry = matrix[i, k]
            size = abs(entry.real) + abs(entry.imag)
            if size > best:
                best, row = size, i
        pivots[k] = row
        if not best > 0.0:
            return False
        if row != k:
            for j in range(n):
                matrix[k, j], matrix[row, j] = matrix[row, j], matrix[k, j]
        pivot = matrix[k, k]
        square = pivot.real * pivot.real + pivot.imag * pivot.imag
        reciprocal = complex(pivot.real / square, -pivot.imag / square)
        reciprocals[k] = reciprocal
        for i in range(k + 1, n):
            factor = matrix[i, k] * reciprocal
            matrix[i, k] = factor
            for j in range(k + 1, n):
                matrix[i, j] -= factor * matrix[k, j]
    return True


@kernel
def _solve(matrix, pivots, reciprocals, right):  # type: ignore[no-untyped-def]
    """Solution of the factorised system in the place of the right-hand side."""
    n = matrix.shape[0]
    for k in range(n):
        row = pivots[k]
        if row != k:
            right[k], right[row] = right[row], right[k]
    for i in range(1, n):
        total = right[i]
        for j in range(i):
            total -= matrix[i, j] * right[j]
        right[i] = total
    for i in range(n - 1, -1, -1):
        total = right[i]
        for j in range(i + 1, n):
            total -= matrix[i, j] * right[j]
        right[i] = total * reciprocals[i]


@kernel
def _residual(x, couplings, fields, gamma, pump, t, out):  # type: ignore[no-untyped-def]
    """Minus H(x, t)."""
    n = len(x)
    for i in range(n):
        total = complex(fields[i], 0.0)
        for j in range(n):
            total += couplings[i, j] * x[j]
        out[i] = (t * pump + (1.0 - t) * gamma[i] - x[i] * x[i]) * x[i] + t * total


@kernel
def _jacobian(x, couplings, gamma, pump, t, out):  # type: ignore[no-untyped-def]
    """Derivative of H with respect to x."""
    n = len(x)
    for i in range(n):
        for j in range(n):
            out[i, j] = complex(-t * couplings[i, j], 0.0)
        out[i, i] = 3.0 * x[i] * x[i] - t * pump - (1.0 - t) * gamma[i]


@kernel
def _largest(x):  # type: ignore[no-untyped-def]
    """Largest modulus, NaN if there is one."""
    largest = 0.0
    for i in range(len(x)):
        square = x[i].real * x[i].real + x[i].imag * x[i].imag
        if not square <= largest:
            largest = square
    return math.sqrt(largest)


@kernel
def _series(matrix, pivots, reciprocals, couplings, fields, gamma, pump, series, squares):  # type: ignore[no-untyped-def]
    """Coefficients 1, 2, … of the path's power series; ``series[0]`` is given, ``squares`` is work space."""
    order, n = series.shape[0] - 1, series.shape[1]
    for i in range(n):
        squares[0, i] = series[0, i] * series[0, i]
    for k in range(1, order + 1):
        right = series[k]
        for i in range(n):
            total = complex(fields[i] if k == 1 else 0.0, 0.0)
            for j in range(n):
                total += couplings[i, j] * series[k - 1, j]
            right[i] = total + (pump - gamma[i]) * series[k - 1, i]
        for i in range(n):
            square = complex(0.0, 0.0)
            cube = complex(0.0, 0.0)
            for j in range(1, k):
                square += series[j, i] * series[k - j, i]
                cube += series[j, i] * squares[k - j, i]
            squares[k, i] = square
            right[i] -= series[0, i] * square + cube
        _solve(matrix, pivots, reciprocals, right)
        for i in range(n):
            squares[k, i] += 2.0 * series[0, i] * series[k, i]


@kernel
def follow_paths(couplings, fields, pump, gamma, points, status, steps, tolerance, reach):  # type: ignore[no-untyped-def]
    """Follow paths from t = 0 to t = 1, in place.

    Parameters
    ----------
    couplings : float64, shape (n, n)
        J, scaled with the pump and the fields so that solutions are of order 1.
    fields : float64, shape (n,)
    pump : float
    gamma : complex128, shape (n,)
        Γ, of order 1.
    points : complex128, shape (m, n)
        Solutions at t = 0; on return the ends of their paths.
    status : int64, shape (m,)
        How each path ended.
    steps : int64, shape (m,)
        How many steps each took.
    tolerance : float
        Largest error of the predictor.
    reach : float
        Largest step, as a fraction of the series' radius of convergence.
    """
    count, n = points.shape
    matrix = np.empty((n, n), dtype=np.complex128)
    pivots = np.empty(n, dtype=np.int64)
    reciprocals = np.empty(n, dtype=np.complex128)
    series = np.empty((_ORDER + 1, n), dtype=np.complex128)
    squares = np.empty((_ORDER + 1, n), dtype=np.complex128)
    x = np.empty(n, dtype=np.complex128)
    change = np.empty(n, dtype=np.complex128)
    for path in range(count):
        status[path] = LOST
        t = 0.0
        for i in range(n):
            series[0, i] = points[path, i]
        _jacobian(series[0], couplings, gamma, pump, t, matrix)
        regular = _factorise(matrix, pivots, reciprocals)
        taken = 0
        while regular and taken < _MOST_STEPS:
            _series(matrix, pivots, reciprocals, couplings, fields, gamma, pump, series, squares)
            last, before = _largest(series[_ORDER]), _largest(series[_ORDER - 2])
            step = 1.0 - t
            if last > 0.0:
                radius = math.sqrt(before / last)
                step = min(step, reach * radius, (tolerance / last) ** (1.0 / _ORDER))
            good = False
            while step > _SHORTEST_STEP:
                taken += 1
                ahead = t + step if step < 1.0 - t else 1.0
                for i in range(n):
                    total = series[_ORDER, i]
                    for k in range(_ORDER - 1, -1, -1):
                        total = total * step + series[k, i]
                    x[i] = total
                _jacobian(x, couplings, gamma, pump, ahead, matrix)
                regular = _factorise(matrix, pivots, reciprocals)
                if regular:
                    _residual(x, couplings, fields, gamma, pump, ahead, change)
                    _solve(matrix, pivots, reciprocals, change)
                    first = _largest(change)
                    for i in range(n):
                        x[i] += change[i]
                    _residual(x, couplings, fields, gamma, pump, ahead, change)
                    _solve(matrix, pivots, reciprocals, change)
                    second = _largest(change)
                    if first < 10.0 * tolerance and second <= max(0.01 * first, _CONVERGED):
                        good = True
                        break
                step *= 0.5
            if not good:
                status[path] = STALLED
                break
            t = ahead
            for i in range(n):
                series[0, i] = x[i] + change[i]
            if t == 1.0:
                status[path] = ENDED
                break
        steps[path] = taken
        for i in range(n):
            points[path, i] = series[0, i]
