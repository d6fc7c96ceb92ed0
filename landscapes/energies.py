r"""Energy surfaces: value, gradient, Hessian and Hessian-vector product, each for one point or for a batch.

The soft-spin energy of the coherent Ising machine at pump a is

.. math:: E(x; a) = \tfrac14 \sum_i x_i^4 - \tfrac a2 \sum_i x_i^2 - \tfrac12\, x^{\mathsf T} J x - h^{\mathsf T} x ,

with

.. math::
    -\partial_i E = (a - x_i^2)\, x_i + (J x + h)_i , \qquad
    \partial_i \partial_j E = (3 x_i^2 - a)\, \delta_{ij} - J_{ij} .

The machine's equation of motion is the gradient flow :math:`\dot x = -\nabla E`; the dynamics of :mod:`cim` compile
:func:`soft_spin_force` into their kernels, so that this page is the only place where the force is written down.

Scaling: :math:`E_{cJ, c^{3/2} h}(\sqrt c\, x;\, c a) = c^2 E_{J,h}(x; a)` for every c > 0.

Source: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119, in the convention that counts each pair once.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import refuse_masked

__all__ = ["Energy", "SoftSpinEnergy", "checked_points", "soft_spin_force"]


def soft_spin_force(amplitude: Any, coupling_field: Any, pump: Any) -> Any:
    """Force (pump - x²) x + f on an amplitude x in the field f = (J x + h): minus the gradient of the soft-spin energy.

    Written for scalars and for arrays alike: Numba inlines it, NumPy broadcasts it.  The factored form keeps x³ from
    being formed: below threshold it would be a denormal number, a hundred times slower.
    """
    return amplitude * (pump - amplitude * amplitude) + coupling_field


class Energy(Protocol):
    """What every energy surface offers; points are (n,) or batches (m, n)."""

    num_variables: int

    def value(self, x: Any) -> Any:
        """Energy; (n,) -> float, (m, n) -> (m,)."""

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient; (n,) -> (n,), (m, n) -> (m, n)."""

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian; (n,) -> (n, n), (m, n) -> (m, n, n)."""

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """Hessian at x applied to a vector, without forming it; shapes as the gradient's."""


def checked_points(x: Any, num_variables: int, name: str = "x") -> np.ndarray:
    """Points as float64, shape (..., num_variables), or a ``ValueError`` that names the argument."""
    refuse_masked(x, name)
    points = np.asarray(x)
    if points.dtype.kind not in "biuf":
        raise ValueError(f"{name}: real numbers are needed, but the dtype is {points.dtype}")
    if points.ndim == 0 or points.shape[-1] != num_variables:
        raise ValueError(
            f"{name}: the last axis must hold the {num_variables} variables, but the shape is {points.shape}"
        )
    return points.astype(np.float64, copy=False)


class SoftSpinEnergy:
    """Soft-spin energy of the coherent Ising machine, E(x; a) = ¼Σxᵢ⁴ - (a/2)Σxᵢ² - ½x'Jx - h'x.

    Nothing is rescaled: the pump is a as it stands in the formula, and x = 0 loses its stability at a = -λ_max(J).

    Parameters
    ----------
    model : ising_problems.IsingModel
        Couplings and fields.  Its offset is not part of the soft-spin energy.
    pump : float
        The pump a; positive, zero or negative, but finite.

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.
    ValueError
        If the pump is not a finite number.

    Examples
    --------
    >>> import ising_problems as ip
    >>> energy = SoftSpinEnergy(ip.IsingModel([[0, 1], [1, 0]]), pump=0.0)
    >>> energy.value([1.0, 2.0]), energy.gradient([1.0, 2.0]).tolist()
    (2.25, [-1.0, 7.0])
    """

    def __init__(self, model: IsingModel, pump: float) -> None:
        if not isinstance(model, IsingModel):
            raise TypeError(f"model: an IsingModel is needed, not {type(model).__name__}; problem.to_ising() gives one")
        if not np.isscalar(pump) or isinstance(pump, (str, bytes, complex)) or not np.isfinite(float(pump)):
            raise ValueError(f"pump: must be a finite number, but it is {pump!r}")
        self.model = model
        self.pump = float(pump)
        self.num_variables = model.num_spins
        self._couplings = model.J.astype(np.float64) if model.J.dtype.kind == "i" else model.J
        self._fields = model.h.astype(np.float64)

    def __repr__(self) -> str:
        return f"SoftSpinEnergy({self.model!r}, pump={self.pump})"

    def value(self, x: Any) -> Any:
        """Energy of a point or of each point of a batch; (n,) -> float, (m, n) -> (m,)."""
        x = self._points(x)
        square = x * x
        pair = -0.5 * np.sum(x * self._coupled(x), axis=-1) - x @ self._fields
        result = np.sum(square * (0.25 * square - 0.5 * self.pump), axis=-1) + pair
        return float(result) if result.ndim == 0 else result

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient x³ - a x - J x - h; (n,) -> (n,), (m, n) -> (m, n)."""
        x = self._points(x)
        return -soft_spin_force(x, self._coupled(x) + self._fields, self.pump)

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian diag(3x² - a) - J, dense; (n,) -> (n, n), (m, n) -> (m, n, n)."""
        x = self._points(x)
        n = self.num_variables
        couplings = self._couplings.toarray() if self.model.is_sparse else self._couplings
        result = np.broadcast_to(-couplings, (*x.shape[:-1], n, n)).copy()
        diagonal = np.arange(n)
        result[..., diagonal, diagonal] += 3.0 * x * x - self.pump
        return result

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """(diag(3x² - a) - J) v for one point and vector or for batches that broadcast; no n × n matrix is formed."""
        x = self._points(x)
        v = self._points(vector, "vector")
        return (3.0 * x * x - self.pump) * v - self._coupled(v)

    def _coupled(self, x: np.ndarray) -> np.ndarray:
        if self.model.is_sparse:
            rows = x.reshape(-1, self.num_variables) if x.size else np.zeros((0, self.num_variables))
            return (self._couplings @ rows.T).T.reshape(x.shape)
        return x @ self._couplings

    def _points(self, x: Any, name: str = "x") -> np.ndarray:
        return checked_points(x, self.num_variables, name)
