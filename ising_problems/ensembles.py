r"""Random Ising models: spin glasses, lattices, planted ground states, associative memories.

All in the convention :math:`E(s) = -\tfrac12 s^{\mathsf T} J s`, each pair counted once.  The same seed gives the same
model; a :class:`numpy.random.Generator` is drawn from, so that a second call with it gives another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .checks import check_spins, checked_generator, checked_integer
from .matrices import coupling_matrix
from .model import IsingModel

__all__ = [
    "PlantedInstance",
    "edwards_anderson",
    "hopfield",
    "random_regular",
    "sherrington_kirkpatrick",
    "wishart_planted",
]

Seed = int | np.random.Generator | None

# Rows of a dense random matrix that are drawn together, to bound the memory beside the matrix itself.
_ROWS = 256


@dataclass(frozen=True, eq=False)
class PlantedInstance:
    """A model together with a ground state that is known by construction.

    Attributes
    ----------
    model : IsingModel
    spins : numpy.ndarray of int8, shape (n,)
        The planted ground state; where the model has no fields its negative is one as well.  Read-only.
    energy : float
        The lowest energy, ``model.energy(spins)``.
    """

    model: IsingModel
    spins: np.ndarray
    energy: float


def sherrington_kirkpatrick(
    n: int, *, couplings: Literal["gaussian", "binary"] = "gaussian", normalized: bool = True, seed: Seed = None
) -> IsingModel:
    r"""Sherrington–Kirkpatrick spin glass: every pair coupled at random.

    Parameters
    ----------
    n : int
        Number of spins.
    couplings : {"gaussian", "binary"}
        :math:`J_{ij} \sim N(0, 1/n)`, or :math:`\pm 1/\sqrt n` with equal probability.
    normalized : bool, default True
        ``False`` leaves out the factor :math:`1/\sqrt n`: standard normal couplings, or integers ±1 (an integer model
        with exact energies).
    seed : int, numpy.random.Generator or None

    Returns
    -------
    IsingModel
        Dense.  With the normalisation :math:`\lambda_{\max}(J) \to 2` and the ground state energy per spin tends to
        -0.7632 as n grows.

    Raises
    ------
    ValueError
        If n is negative or ``couplings`` is neither word.

    References
    ----------
    D. Sherrington and S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975); G. Parisi, Phys. Rev. Lett. 43, 1754 (1979).
    """
    n = checked_integer(n, "n", at_least=0)
    draw = _drawing(couplings, checked_generator(seed))
    scale = 1 / math.sqrt(n) if normalized and n else 1
    number = np.float64 if normalized or couplings == "gaussian" else np.int64
    J = np.empty((n, n), dtype=number)
    for start in range(0, n, _ROWS):
        stop = min(start + _ROWS, n)
        block = draw((stop - start, n - start)) * scale
        corner = np.triu(block[:, : stop - start], 1)
        block[:, : stop - start] = corner + corner.T
        J[start:stop, start:] = block
        J[start:, start:stop] = block.T
    return IsingModel(J, copy=False)


def edwards_anderson(
    shape: Sequence[int],
    *,
    couplings: Literal["binary", "gaussian"] = "binary",
    periodic: bool = True,
    seed: Seed = None,
) -> IsingModel:
    r"""Edwards–Anderson spin glass: nearest neighbours on a lattice coupled at random.

    Parameters
    ----------
    shape : sequence of int
        Side lengths, one for each dimension: ``(L, L, L)`` is a cube.  Spins are numbered in row-major order, as
        ``numpy.ravel_multi_index`` does.
    couplings : {"binary", "gaussian"}
        ±1 with equal probability, as integers, or standard normal.
    periodic : bool, default True
        Whether the last site of each line is a neighbour of the first.  On a side of length 2 the two are neighbours
        already and stay coupled once; on a side of length 1 there is no neighbour.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    IsingModel
        Sparse, unless it has at most 64 spins.

    Raises
    ------
    ValueError
        If a side is less than 1, or ``couplings`` is neither word.
    TypeError
        If ``shape`` is not a sequence of integers.

    References
    ----------
    S. F. Edwards and P. W. Anderson, J. Phys. F 5, 965 (1975).
    """
    if isinstance(shape, (int, np.integer)):
        raise TypeError(f"shape: one side length for each dimension is needed; pass ({shape},) for a chain of {shape}")
    sides = tuple(checked_integer(side, f"shape[{axis}]", at_least=1) for axis, side in enumerate(shape))
    draw = _drawing(couplings, checked_generator(seed))
    sites = np.arange(math.prod(sides), dtype=np.int64).reshape(sides)
    here, there = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for axis, side in enumerate(sides):
        wraps = periodic and side > 2
        here.append(np.take(sites, range(side if wraps else side - 1), axis=axis).ravel())
        there.append(np.take(sites, range(1, side + 1 if wraps else side), axis=axis, mode="wrap").ravel())
    i, j = np.concatenate(here), np.concatenate(there)
    return IsingModel(coupling_matrix(i, j, draw(i.shape), sites.size), copy=False)


def random_regular(
    n: int,
    degree: int,
    *,
    couplings: Literal["binary", "gaussian", "antiferromagnetic"] = "binary",
    seed: Seed = None,
) -> IsingModel:
    """Random couplings on a random graph in which every spin has the same number of neighbours.

    Parameters
    ----------
    n, degree : int
        ``n * degree`` must be even, and the degree less than n.
    couplings : {"binary", "gaussian", "antiferromagnetic"}
        ±1 with equal probability (integers), standard normal, or all -1 (integers), whose ground states are the
        maximum cuts of the graph.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    IsingModel
        Sparse, unless it has at most 64 spins or is more than an eighth full.

    Raises
    ------
    ValueError
        If no such graph exists, or ``couplings`` is none of the words.

    Notes
    -----
    The graph is that of :func:`networkx.random_regular_graph`: uniform as n grows, at fixed degree (A. Steger and
    N. C. Wormald, Comb. Probab. Comput. 8, 377 (1999)).
    """
    import networkx as nx

    n, degree = checked_integer(n, "n", at_least=0), checked_integer(degree, "degree", at_least=0)
    if degree and degree >= n:
        raise ValueError(f"degree: must be less than n = {n}, but it is {degree}")
    if n * degree % 2:
        raise ValueError(
            f"degree: n * degree is twice the number of couplings and must be even, but it is {n} * {degree}"
        )
    rng = checked_generator(seed)
    draw = _drawing(couplings, rng, others={"antiferromagnetic": lambda shape: np.full(shape, -1, dtype=np.int64)})
    # networkx numbers the edges of a graph in an order of its own, which is none of the seed's business: sort them
    graph = nx.random_regular_graph(degree, n, seed=int(rng.integers(2**31))) if degree else nx.empty_graph(n)
    edges = np.array(sorted((min(edge), max(edge)) for edge in graph.edges()), dtype=np.int64).reshape(-1, 2)
    return IsingModel(coupling_matrix(edges[:, 0], edges[:, 1], draw(len(edges)), n), copy=False)


def wishart_planted(n: int, aspect_ratio: float, *, seed: Seed = None) -> PlantedInstance:
    r"""Wishart planted ensemble: dense couplings with a known ground state, as hard as one likes.

    With a random planted state t and an n × M matrix W of Gaussian columns orthogonal to t, of covariance
    :math:`\frac{n}{n-1}(I - t t^{\mathsf T}/n)`,

    .. math:: J = -\tfrac1n \big( W W^{\mathsf T} - \mathrm{diag}(W W^{\mathsf T}) \big), \qquad
              E(s) = \tfrac1{2n} |W^{\mathsf T} s|^2 - \tfrac1{2n} |W|_F^2 ,

    so that t and -t have the lowest possible energy, :math:`-|W|_F^2 / 2n`.

    Parameters
    ----------
    n : int
        Number of spins, at least 2.
    aspect_ratio : float
        α = M/n, positive.  The number of columns is the integer nearest to ``aspect_ratio * n``, and at least 1.
        Large ratios are easy; the ground state becomes harder to find as the ratio falls, up to a peak below 1.
    seed : int, numpy.random.Generator or None

    Returns
    -------
    PlantedInstance

    Raises
    ------
    ValueError
        If n is less than 2 or ``aspect_ratio`` is not a positive number.

    References
    ----------
    F. Hamze, J. Raymond, C. A. Pattison, K. Biswas, H. G. Katzgraber, "Wishart planted ensemble: a tunably rugged
    pairwise Ising model with a first-order phase transition", Phys. Rev. E 101, 052102 (2020), arXiv:1906.00275.
    """
    n = checked_integer(n, "n", at_least=2)
    if not isinstance(aspect_ratio, (int, float, np.integer, np.floating)) or not 0 < aspect_ratio < math.inf:
        raise ValueError(f"aspect_ratio: a positive number is needed, but it is {aspect_ratio!r}")
    rng = checked_generator(seed)
    planted = (2 * rng.integers(0, 2, n) - 1).astype(np.int8)
    W = rng.standard_normal((n, max(1, round(aspect_ratio * n))))
    W -= np.outer(planted, planted @ W / n)
    W *= math.sqrt(n / (n - 1))
    J = W @ W.T
    J += J.T  # symmetric to the last bit, whichever way BLAS added up
    J *= -0.5 / n
    np.fill_diagonal(J, 0.0)
    model = IsingModel(J, copy=False)
    planted.flags.writeable = False
    return PlantedInstance(model, planted, float(model.energy(planted)))


def hopfield(patterns: Any) -> IsingModel:
    r"""Hopfield's associative memory, :math:`J_{ij} = \frac1n \sum_\mu \xi^\mu_i \xi^\mu_j` for i ≠ j.

    Parameters
    ----------
    patterns : array_like of ±1, shape (p, n)
        The patterns to remember, one a row.

    Returns
    -------
    IsingModel
        Dense.  Random patterns are close to stable states while p/n is below about 0.138.

    Raises
    ------
    ValueError
        If ``patterns`` is not a matrix of ±1.

    References
    ----------
    J. J. Hopfield, PNAS 79, 2554 (1982); D. J. Amit, H. Gutfreund, H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985).
    """
    array = np.asarray(patterns)
    if array.ndim != 2:
        raise ValueError(f"patterns: one pattern a row is needed, shape (p, n), but the shape is {array.shape}")
    xi = check_spins(array, array.shape[1], "patterns").astype(np.float64)
    J = xi.T @ xi  # sums of ±1: exact, so symmetric
    J /= max(array.shape[1], 1)
    np.fill_diagonal(J, 0.0)
    return IsingModel(J, copy=False)


Draw = Callable[[Any], np.ndarray]


def _drawing(couplings: Any, rng: np.random.Generator, others: dict[str, Draw] | None = None) -> Draw:
    """Function from a shape to couplings of unit variance."""

    def binary(shape: Any) -> np.ndarray:
        bits: np.ndarray = rng.integers(0, 2, shape, dtype=np.int8)
        return 2 * bits.astype(np.int64) - 1

    known: dict[str, Draw] = {"gaussian": rng.standard_normal, "binary": binary, **(others or {})}
    if not isinstance(couplings, str) or couplings not in known:
        raise ValueError(f"couplings: must be one of {', '.join(map(repr, sorted(known)))}, but it is {couplings!r}")
    return known[couplings]
