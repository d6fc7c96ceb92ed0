r"""How a point of the surface answers to a field: the inverse Hessian, its trace, and the local susceptibilities.

A weak field :math:`\delta h` moves a minimum by :math:`\delta x = H^{-1} \delta h`, so that :math:`H^{-1}` is the
susceptibility, and :math:`\operatorname{tr} H^{-1} / n` its mean over the sites: what the theory of one site calls
:math:`\Delta` or G.  Leaving site i out, :math:`H_{\setminus i}` the Hessian of the others,

.. math::
    G_i = J_{i \cdot}\, (H_{\setminus i})^{-1}\, J_{\cdot i} , \qquad
    (H^{-1})_{ii} = \frac{1}{3 x_i^2 - a - G_i}

(Schur's complement, exact for any n): G_i is the reaction of all other spins to spin i, the Onsager term of the cavity
method, so the whole vector follows from the diagonal of one inverse.

For large n the trace is estimated from random signs z, :math:`\langle z^{\mathsf T} H^{-1} z \rangle =
\operatorname{tr} H^{-1}`, each with one linear system, solved by MINRES (H need not be positive) from products of H
with vectors.

Sources: Mézard, Parisi, Virasoro, *Spin Glass Theory and Beyond* (1987), chapter V; Hutchinson, Commun. Stat. Simul.
Comput. 19, 433 (1990); Paige, Saunders, SIAM J. Numer. Anal. 12, 617 (1975).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.linalg import lapack

from ising_problems.checks import checked_integer

from .energies import Energy, SoftSpinEnergy
from .hessian import algebra_of, as_rows, finite_points, hessian_blocks, hessian_operator, own_generator

__all__ = ["InverseTrace", "inverse_trace", "local_susceptibilities"]

_METHODS = ("auto", "exact", "hutchinson")
# Up to this size the inverse is formed.
_LARGEST_EXACT = 2000
_ACCURACY = 1e-8  # relative residual of the linear systems: far below the error of the estimate
_MOST_STEPS = 20  # of MINRES, in units of n


class InverseTrace(NamedTuple):
    """Normalised trace of the inverse Hessian.

    Attributes
    ----------
    value : float or numpy.ndarray, shape (...)
        tr H⁻¹/n, in units of squared amplitude over energy; NaN for n = 0.
    error : float or numpy.ndarray, shape (...)
        Standard error of an estimate; 0 where it is exact.
    """

    value: Any
    error: Any


def inverse_trace(
    energy: Energy,
    x: Any,
    *,
    method: Literal["auto", "exact", "hutchinson"] = "auto",
    probes: int = 32,
    seed: int | np.random.Generator | None = None,
) -> InverseTrace:
    """Normalised trace tr H⁻¹/n of the inverse Hessian.

    Parameters
    ----------
    energy : Energy
    x : array_like, shape (n,) or (..., n)
    method : {"auto", "exact", "hutchinson"}
        ``"exact"`` factorises the dense Hessian, ``"hutchinson"`` estimates from products with vectors; ``"auto"`` is
        exact up to n = 2000.
    probes : int, default 32
        Random vectors of an estimate, at least 2.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    InverseTrace

    Raises
    ------
    ValueError
        If a Hessian is singular to rounding error, a coordinate is not finite, or an argument is out of range.
    RuntimeError
        If a linear system of an estimate is not solved within 20 n steps.
    """
    if method not in _METHODS:
        raise ValueError(f"method: must be one of {', '.join(map(repr, _METHODS))}, but it is {method!r}")
    probes = checked_integer(probes, "probes", at_least=2)
    rng = own_generator(seed)
    points = finite_points(energy, x)
    rows = as_rows(points)
    shape = points.shape[:-1]
    if energy.num_variables == 0:
        values, errors = np.full(len(rows), np.nan), np.zeros(len(rows))
    elif method == "exact" or (method == "auto" and energy.num_variables <= _LARGEST_EXACT):
        values, errors = _inverse_diagonals(energy, rows).mean(axis=1), np.zeros(len(rows))
    else:
        with algebra_of(energy):
            samples = np.reshape([_quadratic_forms(energy, point, probes, rng) for point in rows], (-1, probes))
        values, errors = samples.mean(axis=1), samples.std(axis=1, ddof=1) / np.sqrt(probes)
    if not shape:
        return InverseTrace(float(values[0]), float(errors[0]))
    return InverseTrace(values.reshape(shape), errors.reshape(shape))


def local_susceptibilities(energy: SoftSpinEnergy, x: Any) -> np.ndarray:
    """Reactions G_i of the other spins to each spin, from (H⁻¹)_ii = 1/(3x_i² - a - G_i).

    Parameters
    ----------
    energy : SoftSpinEnergy
    x : array_like, shape (n,) or (..., n)
        Usually a critical point.

    Returns
    -------
    numpy.ndarray, shape (n,) or (..., n)
        In units of energy over squared amplitude.  Infinite at a site whose absence makes the Hessian of the others
        singular.

    Raises
    ------
    TypeError
        If the energy is not a SoftSpinEnergy.
    ValueError
        If a Hessian is singular to rounding error, or a coordinate is not finite.

    Examples
    --------
    Two spins: G is J²/(3x² - a) of the other one.

    >>> import ising_problems as ip
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0.0, 2.0], [2.0, 0.0]]), pump=-2.0)
    >>> local_susceptibilities(energy, [0.0, 1.0]).round(12).tolist()
    [0.8, 2.0]
    """
    if not isinstance(energy, SoftSpinEnergy):
        raise TypeError(
            f"energy: local susceptibilities are defined by the soft-spin energy, a SoftSpinEnergy, "
            f"not {type(energy).__name__}"
        )
    points = finite_points(energy, x)
    with np.errstate(divide="ignore"):
        stiffness = 1.0 / _inverse_diagonals(energy, as_rows(points)).reshape(points.shape)
    reactions = 3.0 * points * points - energy.pump - stiffness
    reactions[np.isinf(reactions)] = np.inf  # the sign of a zero that was divided by says nothing
    return reactions


def _inverse_diagonals(energy: Energy, rows: np.ndarray) -> np.ndarray:
    """Diagonals of the inverse Hessians at points (m, n)."""
    n = energy.num_variables
    diagonals = np.empty(rows.shape)
    if n == 0:
        return diagonals
    workspace = int(lapack.dsytrf_lwork(n, lower=1)[0])
    with algebra_of(energy):
        for block, hessians in hessian_blocks(energy, rows):
            for row, hessian in zip(range(block.start, block.stop), hessians, strict=True):
                size = np.abs(hessian).sum(axis=0).max()
                # The transpose of a symmetric C-ordered matrix is the matrix in LAPACK's order: nothing is copied.
                factor, pivots, info = lapack.dsytrf(hessian.T, lower=1, lwork=workspace, overwrite_a=1)
                condition = lapack.dsycon(factor, pivots, size, lower=1)[0] if info == 0 else 0.0
                if not condition > np.finfo(float).eps:
                    raise ValueError(
                        f"x: the Hessian at point {row} is singular to rounding error (reciprocal condition number "
                        f"{condition:.1g}), so that it has no inverse; move the pump or the point a little"
                    )
                diagonals[row] = lapack.dsytri(factor, pivots, lower=1, overwrite_a=1)[0].diagonal()
    return diagonals


def _quadratic_forms(energy: Energy, point: np.ndarray, probes: int, rng: np.random.Generator) -> np.ndarray:
    """z'H⁻¹z/n for random signs z."""
    from scipy.sparse.linalg import minres

    n = energy.num_variables
    product = hessian_operator(energy, point)
    forms = np.empty(probes)
    for probe in range(probes):
        signs = rng.choice(np.array([-1.0, 1.0]), size=n)
        solution, status = minres(product, signs, rtol=_ACCURACY, maxiter=_MOST_STEPS * n)
        if status != 0:
            raise RuntimeError(
                f"the Hessian is too close to singular for MINRES: no solution within {_MOST_STEPS * n} steps; "
                'ask for method="exact", or move the pump or the point a little'
            )
        forms[probe] = signs @ solution / n
    return forms
