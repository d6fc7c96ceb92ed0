r"""Products of a matrix with a vector by light, of which every result is a count of photons.

A product :math:`y = J x` of n numbers a row is n scalar multiplications for each result.  Light does them: numbers are
brightnesses, a multiplication is an attenuation, a sum is a detector that sees n of them.  What it sees are photons,
and the fewer they are the more it scatters.  The **budget** q is the mean number of photons that reach the detectors
*for each scalar multiplication*, zeros of J included: q n for each result, q m n for a product with m rows.

**Intensity** (``readout="intensity"``).  Brightness is not negative, so J and x are cut into positive and negative
parts, :math:`J = J^+ - J^-` and :math:`x = x^+ - x^-`, and each result has two detectors, one for each sign:

.. math::
    y^+ = J^+ x^+ + J^- x^-, \quad y^- = J^+ x^- + J^- x^+, \qquad y^+ - y^- = J x, \quad y^+ + y^- = |J|\,|x| .

The source is as bright as the budget allows: with :math:`s = q n\, /\, \overline{(y^+ + y^-)}`, the mean over the rows,
counts are :math:`c^\pm \sim \mathrm{Poisson}(s\, y^\pm + d)`, d the mean number of *dark counts* of a detector, and the
result is :math:`(c^+ - c^-)/s`.  It is unbiased, and has the variance

.. math:: \mathrm{Var} = \frac{y^+ + y^-}{s} + \frac{2 d}{s^2} .

A detector of *efficiency* η misses photons independently of each other; Poisson counts stay Poisson counts, of mean
ηs y, so that :math:`\eta q` takes the place of q.

*How good is that?*  If nothing is negative, the error is :math:`\overline{y}/\sqrt{q n}` in the root mean square: a sum
of many terms needs few photons for each of them, less than one for the n = 784 pixels of Wang et al.  That is a
property of sums whose terms agree.  With terms of random signs y grows as :math:`\sqrt n` and so does the noise:

.. math::
    \mathrm{SNR} = \frac{\mathrm{std}(y)}{\sqrt{\overline{(y^+ + y^-)}/s}}
    = \sqrt q\; \frac{\sqrt{\langle (J_{ij} x_j)^2 \rangle}}{\langle |J_{ij} x_j| \rangle},

where :math:`\langle\cdot\rangle` is the average over all single terms :math:`J_{ij} x_j`, before any are added up:
independent of n.  A spin glass is of this kind.

**Homodyne** (``readout="homodyne"``).  Numbers are amplitudes of coherent light, with their sign.  A multiplication
makes a field of amplitude :math:`g J_{ij} x_j`, with :math:`g^2 |J_{ij} x_j|^2` photons; the *budget* q is the mean of
these over all :math:`i, j`, :math:`g^2 = q/\langle (J_{ij} x_j)^2\rangle`.  A passive network brings the n fields of a
row into one mode, whose amplitude is :math:`g y_i/\sqrt n` (the other n - 1 outputs are dark if and only if all terms
agree).  Its quadrature is read against a strong local oscillator, with variance 1/4, that of the vacuum in units where
an amplitude squared is a number of photons.  So :math:`\sqrt n/g` times the reading is unbiased with

.. math:: \mathrm{Var} = \frac{n\, \langle (J_{ij} x_j)^2\rangle}{4 q} .

Terms of random signs have :math:`\mathrm{std}(y)^2 = n \langle (J_{ij} x_j)^2\rangle` and so the SNR :math:`2\sqrt q`,
terms that are all equal :math:`2\sqrt{q n}`, with n as before.  A photon is so worth four of the intensity readout's
where all terms are equal in size, and :math:`4 \langle|J_{ij} x_j|\rangle^2/\langle (J_{ij} x_j)^2\rangle` of them in
general: 8/π for Gaussian couplings of spins ±1.  The same formula holds if the n multiplications are homodyned one
after the other with J in the local oscillator and the readings are added up, where J and x are independent.  Efficiency
is a loss of amplitude and again puts ηq for q; dark counts drown in the local oscillator's.

Source: Wang, Ma, Wright, Onodera, Richard, McMahon, Nat. Commun. 13, 123 (2022), for products with less than a photon
per multiplication; Hamerly, Bernstein, Sludds, Soljačić, Englund, Phys. Rev. X 9, 021032 (2019), for homodyne products.
The formulas are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import check_dtype, checked_generator, checked_number, number_array

__all__ = ["READOUTS", "PhotonBudget", "checked_budget", "counted", "homodyned", "photon_product"]

READOUTS = ("intensity", "homodyne")
# Beyond this mean a count is normal to eight digits, and soon no longer an integer in double precision.
_LARGEST_COUNT = 1e15


@dataclass(frozen=True)
class PhotonBudget:
    """How much light a product of a matrix with a vector has, and how it is read; see :mod:`cim.photons`.

    Parameters
    ----------
    photons : float
        q, mean number of photons that reach the detectors for each scalar multiplication; infinite for no noise.
    dark_counts : float, default 0
        d, mean number of dark counts of each of the two detectors of a result; intensity only.
    efficiency : float, default 1
        η, share of the photons that are detected.
    readout : {"intensity", "homodyne"}

    Raises
    ------
    TypeError, ValueError
        If a number is out of range; the message names it.

    Examples
    --------
    >>> PhotonBudget(3.0, efficiency=0.5).detected
    1.5
    """

    photons: float
    dark_counts: float = 0.0
    efficiency: float = 1.0
    readout: str = "intensity"

    def __post_init__(self) -> None:
        photons = self.photons
        if not (isinstance(photons, (float, np.floating)) and photons == np.inf):
            photons = checked_number(photons, "photons", above=0.0)
        object.__setattr__(self, "photons", float(photons))
        object.__setattr__(self, "dark_counts", checked_number(self.dark_counts, "dark_counts", at_least=0.0))
        efficiency = checked_number(self.efficiency, "efficiency", above=0.0)
        if efficiency > 1.0:
            raise ValueError(f"efficiency: a detector sees at most all photons, but it is {efficiency:g}")
        object.__setattr__(self, "efficiency", efficiency)
        if self.readout not in READOUTS:
            raise ValueError(f"readout: {self.readout!r} is not one of {', '.join(READOUTS)}")
        if self.readout == "homodyne" and self.dark_counts > 0.0:
            raise ValueError(
                f"dark_counts: a homodyne readout has none beside its local oscillator, not {self.dark_counts:g}; "
                "leave it at 0"
            )

    @property
    def detected(self) -> float:
        """ηq, photons that are detected for each multiplication."""
        return self.efficiency * self.photons

    @property
    def noiseless(self) -> bool:
        """Whether there is so much light that nothing scatters."""
        return self.photons == np.inf


def photon_product(
    J: Any,
    x: Any,
    photons: float | PhotonBudget,
    seed: int | np.random.Generator | None = 0,
    *,
    readout: str = "intensity",
    dark_counts: float = 0.0,
    efficiency: float = 1.0,
) -> np.ndarray:
    """Product of a matrix with vectors, read from so many photons.

    Parameters
    ----------
    J : array_like, scipy.sparse array or IsingModel
        Matrix of shape (m, n), or the couplings of a model.
    x : array_like, shape (n,) or (replicas, n)
        Vectors; each has its own brightness.
    photons : float or PhotonBudget
        q, photons that reach the detectors for each of the m n scalar multiplications; ``numpy.inf`` for J x itself.
        A budget brings its own readout, dark counts and efficiency, and the arguments are then left out.
    seed : int, numpy.random.Generator or None, default 0
    readout : {"intensity", "homodyne"}
        See :mod:`cim.photons`.
    dark_counts : float, default 0
        Mean number of dark counts of each of the two detectors of a result.
    efficiency : float, default 1
        Share of the photons that are detected.

    Returns
    -------
    numpy.ndarray of float64, shape (m,) or (replicas, m)
        Unbiased estimates of J x; whole multiples of 1/s for intensity.  A vector of zeros has the product zero: no
        light, and nothing to scale its dark counts by.

    Raises
    ------
    TypeError, ValueError
        For malformed arrays or budgets; the message names the argument.

    Examples
    --------
    >>> import numpy as np
    >>> y = photon_product(np.ones((1000, 400)), np.ones(400), photons=1.0)
    >>> bool(abs(y.std() / 400 - 1 / 20) < 0.005)
    True
    """
    budget = checked_budget(photons, readout=readout, dark_counts=dark_counts, efficiency=efficiency)
    matrix = _checked_matrix(J)
    vectors = number_array(x, "x").astype(np.float64)
    if vectors.ndim not in (1, 2) or vectors.shape[-1] != matrix.shape[1]:
        raise ValueError(
            f"x: vectors of shape ({matrix.shape[1]},) or (replicas, {matrix.shape[1]}) are needed, "
            f"but the shape is {vectors.shape}"
        )
    if not np.isfinite(vectors).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(vectors))[0])
        raise ValueError(f"x: every number must be finite, but entry {where} is {vectors[where]}")
    rng = checked_generator(seed)
    columns = np.atleast_2d(vectors).T
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.asarray(matrix @ columns, dtype=np.float64)
        light = np.zeros(0)  # of which the scatter is made
        if not budget.noiseless and budget.readout == "intensity":
            light = np.asarray(abs(matrix) @ np.abs(columns))
        elif not budget.noiseless:
            light = np.asarray((matrix * matrix).sum(axis=0)).reshape(-1) @ columns**2
        # the mean over rows sums them up
        if not (np.isfinite(product).all() and np.isfinite(light.sum())):
            raise ValueError("x: the product is beyond floats; give J and x in larger units")
    if not budget.noiseless and budget.readout == "intensity":
        product = counted(product, light, matrix.shape[1], budget, rng)
    elif not budget.noiseless:
        product = homodyned(product, light, budget, rng)
    return product[:, 0] if vectors.ndim == 1 else np.ascontiguousarray(product.T)


def checked_budget(photons: Any, **arguments: Any) -> PhotonBudget:
    """The ``photons`` argument as a budget, whose other fields stand in ``arguments`` unless it is one already."""
    if not isinstance(photons, PhotonBudget):
        return PhotonBudget(photons, **arguments)
    for name, value in arguments.items():
        if value != PhotonBudget.__dataclass_fields__[name].default:
            raise ValueError(f"{name}: the budget has one already, {getattr(photons, name)!r}; leave it out")
    return photons


def counted(
    product: np.ndarray, total: np.ndarray, terms: int, budget: PhotonBudget, rng: np.random.Generator
) -> np.ndarray:
    """Results read from counts of photons.

    Parameters
    ----------
    product, total : numpy.ndarray, shape (m, replicas)
        y⁺ - y⁻ and y⁺ + y⁻.
    terms : int
        n, multiplications for each result.
    budget : PhotonBudget
        A finite one.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of float64, shape (m, replicas)
        A replica without light, or whose numbers are not finite, is returned as it is.
    """
    found = product.astype(np.float64)
    brightness = total.mean(axis=0, dtype=np.float64) if len(total) else np.zeros(total.shape[1])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scale = budget.detected * terms / brightness
    lit = np.flatnonzero(np.isfinite(scale) & (scale > 0.0))
    if not lit.size:
        return found
    scale, y, both = scale[lit], found[:, lit], total[:, lit].astype(np.float64)
    counts = []
    for sign in (1.0, -1.0):
        # products in single precision are rounded: what should be zero must not fall below it
        means = np.maximum(0.5 * (both + sign * y), 0.0) * scale + budget.dark_counts
        if means.max() <= _LARGEST_COUNT:
            counts.append(rng.poisson(means).astype(np.float64))
        else:
            counts.append(means + np.sqrt(means) * rng.standard_normal(means.shape))
    found[:, lit] = (counts[0] - counts[1]) / scale
    return found


def homodyned(product: np.ndarray, squares: np.ndarray, budget: PhotonBudget, rng: np.random.Generator) -> np.ndarray:
    """Results read from quadratures.

    Parameters
    ----------
    product : numpy.ndarray, shape (m, replicas)
    squares : numpy.ndarray, shape (replicas,)
        Sum of (J_ij x_j)² over all i and j.
    budget : PhotonBudget
        A finite one.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray of float64, shape (m, replicas)
    """
    # n times the mean over the m n terms is the sum over m
    spread = np.sqrt(squares / max(len(product), 1) / (4.0 * budget.detected))
    return product + spread * rng.standard_normal(product.shape)


def _checked_matrix(J: Any) -> Any:
    """A float64 matrix, dense or in compressed rows, all of whose entries are finite."""
    if isinstance(J, IsingModel):
        J = J.J
    if hasattr(J, "tocsr"):
        import scipy.sparse as sp

        check_dtype(np.dtype(J.dtype), "J")
        matrix = sp.csr_array(J).astype(np.float64)  # an array: of a spmatrix * would be the matrix product
        data = matrix.data
    else:
        matrix = data = number_array(J, "J").astype(np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"J: a matrix is needed, but the shape is {matrix.shape}")
    if not np.isfinite(data).all():
        raise ValueError(f"J: every entry must be finite, but one is {data[~np.isfinite(data)][0]}")
    return matrix
