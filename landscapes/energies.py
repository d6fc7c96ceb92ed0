r"""Energy surfaces: value, gradient, Hessian and Hessian-vector product, each for one point or for a batch.

Three relaxations of one Ising model.  **The soft-spin energy** of the coherent Ising machine at pump a is

.. math:: E(x; a) = \tfrac14 \sum_i x_i^4 - \tfrac a2 \sum_i x_i^2 - \tfrac12\, x^{\mathsf T} J x - h^{\mathsf T} x ,

with

.. math::
    -\partial_i E = (a - x_i^2)\, x_i + (J x + h)_i , \qquad
    \partial_i \partial_j E = (3 x_i^2 - a)\, \delta_{ij} - J_{ij} .

The machine's equation of motion is the gradient flow :math:`\dot x = -\nabla E`; the dynamics of :mod:`cim` compile
:func:`soft_spin_force` into their kernels, so that this page is the only place where the force is written down.

Scaling: :math:`E_{cJ, c^{3/2} h}(\sqrt c\, x;\, c a) = c^2 E_{J,h}(x; a)` for every c > 0.

**The Rayleigh quotient**, which is :math:`-\tfrac12 x^{\mathsf T} J x` on the sphere :math:`x^{\mathsf T} x = n` and
constant along rays: with the length L of x, the direction y = x/L, :math:`\rho = y^{\mathsf T} J y` and
:math:`u = J y - \rho y`,

.. math::
    E = -\tfrac n2\, \rho , \qquad  \nabla E = -\frac nL\, u , \qquad
    \nabla^2 E = -\frac n{L^2} \big[ J - \rho - 2\, ( y u^{\mathsf T} + u y^{\mathsf T} ) \big] .

Homogeneous of degree 0, it obeys :math:`x^{\mathsf T} \nabla E = 0` and :math:`(\nabla^2 E)\, x = -\nabla E`.  Its
critical points are the eigenvectors of J; at that of the k-th largest eigenvalue :math:`\lambda_k` the energy is
:math:`-\tfrac n2 \lambda_k`, the index is k - 1 (Courant, Fischer), and the Hessian is flat along the ray.

**The Ising energy itself**, :math:`E(x) = -\tfrac12 x^{\mathsf T} J x - h^{\mathsf T} x + \mathrm{offset}` at real x: J
has a zero diagonal, so that this is the multilinear extension, whose extrema over the cube :math:`[-1, 1]^n` lie at
corners.

Sources: Yamamura, Mabuchi, Ganguli, arXiv:2309.08119, in the convention that counts each pair once; for the Rayleigh
quotient Absil, Mahony, Sepulchre, *Optimization Algorithms on Matrix Manifolds* (2008), section 2.1.
"""

from __future__ import annotations

import copy
from typing import Any, Protocol

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import refuse_masked

__all__ = [
    "Energy",
    "IsingEnergy",
    "RayleighQuotient",
    "SoftSpinEnergy",
    "as_number",
    "checked_points",
    "checked_unit",
    "coupling_unit",
    "soft_spin_force",
]

# Scales of the pump between which energies, which go with their square, and squares of gradients can be represented.
_SMALLEST_UNIT, _LARGEST_UNIT = 1e-100, 1e100


def soft_spin_force(amplitude: Any, coupling_field: Any, pump: Any) -> Any:
    """Force (pump - x²) x + f on an amplitude x in the field f = (J x + h): minus the gradient of the soft-spin energy.

    Written for scalars and for arrays alike: Numba inlines it, NumPy broadcasts it.  The factored form keeps x³ from
    being formed: below threshold it would be a denormal number, a hundred times slower.
    """
    return amplitude * (pump - amplitude * amplitude) + coupling_field


class Energy(Protocol):
    """What every energy surface offers; points are (n,) or batches (m, n).

    One that never changes along certain directions may also have the methods ``flat_directions(x)``, (m, n) ->
    (m, k, n), which returns those orthonormal, and ``canonical(x)``, which maps points that it cannot tell apart to one
    of them; searches for critical points use both.  Its attribute ``gradient_unit``, if it has one, is the size of a
    typical gradient, in units of which residuals are judged; otherwise that is 1.
    """

    num_variables: int

    def value(self, x: Any) -> Any:
        """Energy; (n,) -> float, (m, n) -> (m,)."""

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient; (n,) -> (n,), (m, n) -> (m, n)."""

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian, in a new array that the caller may overwrite; (n,) -> (n, n), (m, n) -> (m, n, n)."""

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """Hessian at x applied to a vector, without forming it; shapes as the gradient's."""


def checked_points(x: Any, num_variables: int, name: str = "x") -> np.ndarray:
    """Points as float64, shape (..., num_variables), or a ``ValueError`` that names the argument."""
    refuse_masked(x, name)
    try:
        points = np.asarray(x)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name}: not a rectangular array of numbers ({error})") from None
    if points.dtype.kind not in "biuf":
        raise ValueError(f"{name}: real numbers are needed, but the dtype is {points.dtype}")
    if points.ndim == 0 or points.shape[-1] != num_variables:
        raise ValueError(
            f"{name}: the last axis must hold the {num_variables} variables, but the shape is {points.shape}"
        )
    return points.astype(np.float64, copy=False)


class _Relaxation:
    """What the relaxations of an Ising model share: the model, its couplings as float64, and products with them."""

    def __init__(self, model: IsingModel) -> None:
        if not isinstance(model, IsingModel):
            raise TypeError(f"model: an IsingModel is needed, not {type(model).__name__}; problem.to_ising() gives one")
        self.model = model
        self.num_variables = model.num_spins
        self._couplings = model.J.astype(np.float64) if model.J.dtype.kind == "i" else model.J
        self._fields = model.h.astype(np.float64)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r})"

    @property
    def gradient_unit(self) -> float:
        """Size of a typical gradient: where that is linear in J that of J's rows, ‖J‖/√n; 1 without couplings."""
        return coupling_unit(self.model) or 1.0

    def _points(self, x: Any, name: str = "x") -> np.ndarray:
        return checked_points(x, self.num_variables, name)

    def _coupled(self, x: np.ndarray) -> np.ndarray:
        """J x for one point or a batch."""
        if self.model.is_sparse:
            rows = x.reshape(-1, self.num_variables) if x.size else np.zeros((0, self.num_variables))
            return (self._couplings @ rows.T).T.reshape(x.shape)
        return x @ self._couplings

    def _negative_couplings(self, x: np.ndarray) -> np.ndarray:
        """A dense -J of its own for each point."""
        dense = self._couplings.toarray() if self.model.is_sparse else self._couplings
        result = np.empty((*x.shape[:-1], self.num_variables, self.num_variables))
        return np.negative(dense, out=result)


class SoftSpinEnergy(_Relaxation):
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
        super().__init__(model)
        self.pump = _checked_pump(pump)

    def __repr__(self) -> str:
        return f"SoftSpinEnergy({self.model!r}, pump={self.pump})"

    def with_pump(self, pump: float) -> SoftSpinEnergy:
        """The energy of the same model at another pump; the couplings are shared, not copied.

        Parameters
        ----------
        pump : float

        Returns
        -------
        SoftSpinEnergy
        """
        other = copy.copy(self)
        other.pump = _checked_pump(pump)
        return other

    @property
    def gradient_unit(self) -> float:
        """Size of a typical gradient, c^1.5 with c = ‖J‖/√n (Frobenius norm), 1 for Sherrington and Kirkpatrick's J.

        Without couplings c is the larger of |a|/2 and max|h|^(2/3)/2, or 1.
        """
        return (coupling_unit(self.model) or self.pump_unit) ** 1.5

    @property
    def pump_unit(self) -> float:
        """The scale c at which the energy of x/√c is of order one: the largest of ‖J‖/√n, |a|/2, max|h|^(2/3)/2; or 1.

        Raises
        ------
        ValueError
            If energies in units of c² would overflow, or underflow.
        """
        fields = 0.5 * float(np.max(np.abs(self._fields), initial=0.0)) ** (2.0 / 3.0)
        return checked_unit(max(coupling_unit(self.model), 0.5 * abs(self.pump), fields) or 1.0)

    def value(self, x: Any) -> Any:
        """Energy of a point or of each point of a batch; (n,) -> float, (m, n) -> (m,)."""
        x = self._points(x)
        square = x * x
        pair = -0.5 * np.sum(x * self._coupled(x), axis=-1) - x @ self._fields
        return as_number(np.sum(square * (0.25 * square - 0.5 * self.pump), axis=-1) + pair)

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient x³ - a x - J x - h; (n,) -> (n,), (m, n) -> (m, n)."""
        x = self._points(x)
        return -soft_spin_force(x, self._coupled(x) + self._fields, self.pump)

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian diag(3x² - a) - J, dense; (n,) -> (n, n), (m, n) -> (m, n, n)."""
        x = self._points(x)
        result = self._negative_couplings(x)
        diagonal = np.arange(self.num_variables)
        result[..., diagonal, diagonal] += 3.0 * x * x - self.pump
        return result

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """(diag(3x² - a) - J) v for one point and vector or for batches that broadcast; no n × n matrix is formed."""
        x = self._points(x)
        v = self._points(vector, "vector")
        return (3.0 * x * x - self.pump) * v - self._coupled(v)


class RayleighQuotient(_Relaxation):
    """Spherical relaxation of the Ising energy, E(x) = -(n/2) x'Jx / x'x.

    Only the direction of x matters.  The critical points are the eigenvectors of J and their multiples, and the value
    per variable is -λ/2; the Hessian has the direction of x as a flat one at each of them.

    Parameters
    ----------
    model : ising_problems.IsingModel
        Couplings, without fields: those have no homogeneous counterpart.  The offset is not part of the quotient.

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.
    ValueError
        If the model has fields, or a point is the origin, where the quotient is not defined.

    Examples
    --------
    >>> import ising_problems as ip
    >>> energy = RayleighQuotient(ip.IsingModel([[0, 1], [1, 0]]))
    >>> energy.value([[1.0, 1.0], [3.0, 3.0], [1.0, -1.0]]).tolist()
    [-1.0, -1.0, 1.0]
    """

    def __init__(self, model: IsingModel) -> None:
        super().__init__(model)
        if model.has_fields:
            i = int(np.flatnonzero(model.h)[0])
            raise ValueError(
                f"model: a Rayleigh quotient has no fields, but h[{i}] is {model.h[i]}; "
                "model.homogenized() turns them into couplings to one more spin"
            )

    def value(self, x: Any) -> Any:
        """Energy; (n,) -> float, (m, n) -> (m,)."""
        return as_number(-0.5 * self.num_variables * self._quotient(x)[2][..., 0])

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient -(n/x'x) (J x - ρ x), orthogonal to x; (n,) -> (n,), (m, n) -> (m, n)."""
        _, length, _, residual = self._quotient(x)
        return -self.num_variables * residual / length

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian, dense; (n,) -> (n, n), (m, n) -> (m, n, n)."""
        direction, length, quotient, residual = self._quotient(x)
        result = self._negative_couplings(direction)
        diagonal = np.arange(self.num_variables)
        result[..., diagonal, diagonal] += quotient
        outer = direction[..., :, None] * residual[..., None, :]
        result += 2.0 * (outer + outer.swapaxes(-1, -2))
        return self.num_variables * result / (length * length)[..., None]

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """Hessian at x applied to v, for one point and vector or for batches that broadcast."""
        direction, length, quotient, residual = self._quotient(x)
        v = self._points(vector, "vector")
        along = np.sum(direction * v, axis=-1, keepdims=True)
        across = np.sum(residual * v, axis=-1, keepdims=True)
        product = quotient * v - self._coupled(v) + 2.0 * (across * direction + along * residual)
        return self.num_variables * product / (length * length)

    def flat_directions(self, x: Any) -> np.ndarray:
        """Directions along which the value never changes, here that of x: (n,) -> (1, n), (m, n) -> (m, 1, n)."""
        return self._quotient(x)[0][..., None, :]

    def canonical(self, x: Any) -> np.ndarray:
        """The multiple of x with x'x = n, at which the value is the Ising energy's continuation."""
        return np.sqrt(self.num_variables) * self._quotient(x)[0]

    def _quotient(self, x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Unit vector y along x, |x|, ρ = y'Jy and J y - ρ y; the second and third with a last axis of 1."""
        x = self._points(x)
        if not np.isfinite(x).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
            raise ValueError(f"x: the Rayleigh quotient needs finite points, but entry {where} is {x[where]}")
        largest = np.max(np.abs(x), axis=-1, keepdims=True, initial=0.0)
        if self.num_variables == 0:
            largest = np.ones((*x.shape[:-1], 1))
        elif not largest.all():
            raise ValueError("x: the Rayleigh quotient is not defined at the origin; every point needs a direction")
        scaled = x / largest  # so that no square under- or overflows
        square = np.sum(scaled * scaled, axis=-1, keepdims=True) if self.num_variables else largest
        norm = np.sqrt(square)
        coupled = self._coupled(scaled)
        quotient = np.sum(scaled * coupled, axis=-1, keepdims=True) / square
        direction = scaled / norm
        return direction, norm * largest, quotient, coupled / norm - quotient * direction


class IsingEnergy(_Relaxation):
    """The Ising energy at real points, E(x) = -½x'Jx - h'x + offset, equal to ``model.energy`` at ±1.

    Its Hessian is -J everywhere: the only critical points are those of a quadratic form, and the landscape of the
    problem is in the cube, not in the surface.

    Parameters
    ----------
    model : ising_problems.IsingModel

    Raises
    ------
    TypeError
        If ``model`` is not an IsingModel.

    Examples
    --------
    >>> import ising_problems as ip
    >>> energy = IsingEnergy(ip.IsingModel([[0, 1], [1, 0]], offset=1.0))
    >>> energy.value([1, -1]), energy.value([0.5, 0.5])
    (2.0, 0.75)
    """

    def value(self, x: Any) -> Any:
        """Energy; (n,) -> float, (m, n) -> (m,)."""
        x = self._points(x)
        return as_number(-0.5 * np.sum(x * self._coupled(x), axis=-1) - x @ self._fields + float(self.model.offset))

    def gradient(self, x: Any) -> np.ndarray:
        """Gradient -J x - h, minus the local fields; (n,) -> (n,), (m, n) -> (m, n)."""
        return -self._coupled(self._points(x)) - self._fields

    def hessian(self, x: Any) -> np.ndarray:
        """Hessian -J, the same at every point; (n,) -> (n, n), (m, n) -> (m, n, n)."""
        return self._negative_couplings(self._points(x))

    def hessian_vector_product(self, x: Any, vector: Any) -> np.ndarray:
        """-J v, for one point and vector or for batches that broadcast."""
        x, v = self._points(x), self._points(vector, "vector")
        return np.broadcast_to(-self._coupled(v), np.broadcast_shapes(x.shape, v.shape)).copy()


def _checked_pump(pump: Any) -> float:
    if not np.isscalar(pump) or isinstance(pump, (bool, np.bool_, str, bytes, complex)) or not np.isfinite(float(pump)):
        raise ValueError(f"pump: must be a finite number, but it is {pump!r}")
    return float(pump)


def coupling_unit(model: IsingModel) -> float:
    """‖J‖/√n with the Frobenius norm: the size of a row of couplings, 0 if there are none."""
    data = model.J.data if model.is_sparse else model.J
    largest = float(np.max(np.abs(data.astype(np.float64)), initial=0.0))
    if largest == 0.0:
        return 0.0
    scaled = data / largest  # so that no square under- or overflows
    return largest * float(np.sqrt(np.sum(scaled * scaled) / model.num_spins))


def checked_unit(unit: float, name: str = "energy") -> float:
    """The scale of a soft-spin energy's pump and couplings, or a ``ValueError`` where its square is not a number."""
    if not _SMALLEST_UNIT <= unit <= _LARGEST_UNIT:
        raise ValueError(
            f"{name}: its couplings, fields or pump are of the order of {unit:.3g}, at which energies over- or "
            "underflow; divide J and the pump by that, and h by its power 3/2"
        )
    return unit


def as_number(values: np.ndarray) -> Any:
    """A float for one point, an array for a batch."""
    return float(values) if np.ndim(values) == 0 else values
