r"""Other people's conventions, translated once, here.

The house convention is :math:`E(s) = -\tfrac12 s^{\mathsf T} J s - h^{\mathsf T} s + \mathrm{offset}`, to be minimised.

===================== ========================================================= =====================================
convention            energy, to be minimised                                   translation
===================== ========================================================= =====================================
QUBO                  :math:`x^{\mathsf T} Q x + c`, x = (1 + s)/2              J = -(Q + Qᵀ)/4 off the diagonal,
                                                                                h = -diag(Q)/2 - rows of (Q + Qᵀ)/4
dimod                 :math:`\sum_i h_i s_i + \sum_{i<j} J_{ij} s_i s_j + c`    both signs flip
Max-Cut weights       minus the weight of the cut                               J = -W/2, offset = -Σ_{i<j} W_ij / 2
ordered-pair sum      :math:`-\sum_{i, j} J_{ij} s_i s_j`, each pair twice      J + Jᵀ, twice a symmetric J
networkx graph        weight of an edge = coupling                              the same J
===================== ========================================================= =====================================

Whatever is an integer stays one where the translation is exact in integers; halves and quarters of integers are
exact in float64.  What comes as a dense array stays dense, what comes sparse stays sparse; pairs from a mapping, a
graph or a BQM become a dense array where that is small or well filled.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .matrices import (
    LARGEST_EXACT_FLOAT,
    LARGEST_INTEGER,
    absolute_sum,
    as_whole_numbers,
    check_size,
    check_symmetric,
    checked_square_matrix,
    coupling_matrix,
    divide_exactly,
    exact_numbers,
    half_of,
    sum_at,
    sum_rows,
    upper_pairs,
    without_diagonal,
)
from .model import IsingModel

if TYPE_CHECKING:
    import dimod
    import networkx as nx

__all__ = [
    "from_bqm",
    "from_dimod_ising",
    "from_graph",
    "from_max_cut_weights",
    "from_ordered_pair_sum",
    "from_qubo",
    "to_bqm",
    "to_graph",
    "to_qubo",
]


# ---------------------------------------------------------------------- QUBO


def from_qubo(Q: Any, offset: float = 0.0, *, labels: Iterable[Hashable] | None = None) -> IsingModel:
    """Model of the binary energy ``x'Qx + offset``, with x = (1 + s)/2: spin +1 is x = 1.

    Parameters
    ----------
    Q : array_like or scipy.sparse array, shape (n, n), or mapping {(i, j): number}
        Upper triangular or full, symmetric or not: only ``Q[i, j] + Q[j, i]`` counts.  In a mapping i and j are
        labels, as in dimod, and what is left out is zero.
    offset : float
    labels : sequence of hashable, optional
        What each spin is called; for a mapping, also their order.  By default ``range(n)`` for a matrix, and for a
        mapping the labels that occur, sorted where they are all integers and else in order of appearance.

    Returns
    -------
    IsingModel
        Of integers where Q and offset are integers and the halves and quarters come out whole.

    Raises
    ------
    ValueError
        If Q is not square, not finite or not real, or a mapping's key is no pair of labels.
    """
    if isinstance(Q, Mapping):
        return _from_qubo_mapping(Q, offset, labels)
    matrix = checked_square_matrix(Q, "Q")
    check_size(matrix, "Q")
    diagonal = matrix.diagonal()
    pairs = without_diagonal(matrix + matrix.T)
    return _from_binary(pairs, diagonal, offset, labels, "Q")


def to_qubo(model: IsingModel) -> tuple[Any, float]:
    """Upper triangular Q, diagonal included, and the offset with which ``x'Qx + offset`` is the model's energy.

    Parameters
    ----------
    model : IsingModel

    Returns
    -------
    Q : numpy.ndarray or scipy.sparse.csr_array, shape (n, n)
        As the model's J: dense or sparse, int64 or float64.
    offset : float or int

    Raises
    ------
    ValueError
        If integers would not fit in 64 bits.
    """
    if model.J.dtype.kind == "i":
        largest = float(np.abs(model.h, dtype=np.float64).sum()) + 0.5 * absolute_sum(model.J)
        if largest >= LARGEST_INTEGER:
            raise ValueError(f"model: the QUBO's integers could reach {4 * largest:.3g} and would not fit in 64 bits")
    row_sums = sum_rows(model.J)
    diagonal = 2 * row_sums - 2 * model.h
    offset = model.offset - half_of(row_sums.sum()) + model.h.sum()
    if model.is_sparse:
        import scipy.sparse as sp

        Q: Any = sp.csr_array(
            sp.triu(model.J, k=1) * model.J.dtype.type(-4) + sp.diags_array(diagonal, dtype=diagonal.dtype)
        )
        Q.eliminate_zeros()
        Q.sort_indices()
    else:
        Q = np.triu(model.J, k=1)
        Q *= -4
        np.fill_diagonal(Q, diagonal)
    return Q, offset.item()


def _from_qubo_mapping(Q: Mapping[Any, Any], offset: float, labels: Iterable[Hashable] | None) -> IsingModel:
    for key in Q:
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError(f"Q: the keys of a mapping must be pairs (i, j) of labels, but one is {key!r}")
    occurring = list(dict.fromkeys(label for key in Q for label in key))
    if labels is None:
        whole = all(isinstance(label, (int, np.integer)) for label in occurring)
        names: Sequence[Hashable] = sorted(occurring) if whole else occurring
    else:
        names = tuple(labels)
    rows, columns = _indices(Q, names, "Q")
    keys = list(Q)
    values = exact_numbers(list(Q.values()), "Q", lambda k: f"entry {keys[k]!r}")
    on_diagonal = rows == columns
    diagonal = sum_at(len(names), rows[on_diagonal], values[on_diagonal])
    off = ~on_diagonal
    pairs = coupling_matrix(rows[off], columns[off], values[off], len(names))
    return _from_binary(pairs, diagonal, offset, names, "Q")


def _from_binary(
    pairs: Any, diagonal: np.ndarray, offset: Any, labels: Iterable[Hashable] | None, name: str
) -> IsingModel:
    """Model of ``½ x'(pairs)x + diagonal·x + offset`` for a symmetric matrix of pairs with zero diagonal."""
    row_sums = sum_rows(pairs)
    if pairs.dtype.kind == "i":
        data = pairs.data if hasattr(pairs, "tocsr") else pairs
        fields = 2 * diagonal + row_sums
        if not np.any(data % 4) and not np.any(fields % 4):
            constant = int(diagonal.sum()) * 4 + int(row_sums.sum())
            shift: Any = constant // 8  # exact: the diagonal is even here, and the pairs add up to a multiple of 8
            return IsingModel(divide_exactly(pairs, -4), fields // -4, offset + shift, labels=labels, copy=False)
        if absolute_sum(pairs) + 2 * float(np.abs(diagonal, dtype=np.float64).sum()) >= LARGEST_EXACT_FLOAT:
            raise ValueError(f"{name}: quarters of integers this large are not exact in float64; pass floats instead")
    couplings = pairs.astype(np.float64, copy=False)
    couplings *= -0.25
    fields = -0.5 * diagonal - 0.25 * row_sums
    shift = 0.5 * float(diagonal.sum()) + 0.125 * float(row_sums.sum())
    # adding 0.0 turns the -0.0 of an absent coupling or field into 0.0
    if not hasattr(couplings, "tocsr"):
        couplings += 0.0
    return IsingModel(couplings, fields + 0.0, offset + shift, labels=labels, copy=False)


# ---------------------------------------------------------------------- dimod


def from_bqm(bqm: dimod.BinaryQuadraticModel) -> IsingModel:
    """Model with the energies of a dimod binary quadratic model.

    Parameters
    ----------
    bqm : dimod.BinaryQuadraticModel
        Spin-valued or binary; binary variables become spins with x = (1 + s)/2.

    Returns
    -------
    IsingModel
        Labelled by the BQM's variables, in their order.  dimod keeps every number as a float: where all of them are
        whole, the model is one of integers, and its energies are exact.

    Raises
    ------
    TypeError
        If ``bqm`` is not a BQM.
    ValueError
        If a bias is not finite.
    """
    dimod = dimod_module()
    if not isinstance(bqm, dimod.BinaryQuadraticModel):
        raise TypeError(f"bqm: a dimod.BinaryQuadraticModel is needed, not {type(bqm).__name__}")
    if bqm.dtype != np.float64:
        bqm = dimod.BinaryQuadraticModel(bqm, dtype=np.float64)
    labels = list(bqm.variables)
    vectors: Any = bqm.to_numpy_vectors(variable_order=labels)
    linear, (rows, columns, values), offset = vectors
    for array, describe in (
        (linear, lambda k: f"the linear bias of {labels[k]!r}"),
        (values, lambda k: f"the bias of the pair ({labels[rows[k]]!r}, {labels[columns[k]]!r})"),
        (np.array([offset], dtype=np.float64), lambda k: "the offset"),
    ):
        wrong = np.flatnonzero(~np.isfinite(array))
        if len(wrong):
            raise ValueError(f"bqm: every bias must be finite, but {describe(wrong[0])} is {array[wrong[0]]}")
    check_size(linear, "bqm")
    check_size(values, "bqm")
    linear, values, offset = as_whole_numbers(linear, values, float(offset))
    pairs = coupling_matrix(rows, columns, values, len(labels))
    named = None if labels == list(range(len(labels))) else labels
    if bqm.vartype is dimod.BINARY:
        return _from_binary(pairs, linear, offset, named, "bqm")
    return IsingModel(
        0 - pairs if not hasattr(pairs, "tocsr") else -pairs, 0 - linear, offset, labels=named, copy=False
    )


def to_bqm(model: IsingModel, vartype: str = "SPIN") -> dimod.BinaryQuadraticModel:
    """BQM of dimod with the model's energies and labels.

    Parameters
    ----------
    model : IsingModel
    vartype : {"SPIN", "BINARY"}
        Whether the variables are s = ±1 or x = (1 + s)/2.

    Returns
    -------
    dimod.BinaryQuadraticModel

    Raises
    ------
    ValueError
        If the vartype is another, or an integer is not exact in dimod's float64.
    """
    dimod = dimod_module()
    if vartype not in ("SPIN", "BINARY"):
        raise ValueError(f"vartype: must be 'SPIN' or 'BINARY', but it is {vartype!r}")
    if vartype == "BINARY":
        Q, offset = to_qubo(model)
        linear = Q.diagonal()
        rows, columns, values = upper_pairs(Q)
    else:
        rows, columns, values = upper_pairs(model.J)
        values, linear, offset = 0 - values, 0 - model.h, model.offset
    for array in (linear, values, np.array([offset])):
        if array.dtype.kind == "i" and array.size and np.abs(array, dtype=np.float64).max() >= LARGEST_EXACT_FLOAT:
            raise ValueError("model: dimod keeps float64, in which integers from 2**53 on are not exact")
    return dimod.BinaryQuadraticModel.from_numpy_vectors(
        linear.astype(np.float64),
        (rows, columns, values.astype(np.float64)),
        float(offset),
        vartype,
        variable_order=list(model.labels),
    )


def from_dimod_ising(
    h: Mapping[Hashable, float] | Sequence[float], J: Mapping[tuple[Hashable, Hashable], float], offset: float = 0.0
) -> IsingModel:
    """Model of dimod's ``h`` and ``J``, whose energy is ``+Σ h_i s_i + Σ J_ij s_i s_j + offset``.

    Parameters
    ----------
    h : mapping from label to number, or sequence of numbers
        A sequence is labelled ``0 … len(h)-1``.
    J : mapping from pair of labels to number
        (u, v) and (v, u) are the same pair; where both are given they add.
    offset : float

    Returns
    -------
    IsingModel
        Labelled by the keys, those of h first.

    Raises
    ------
    ValueError
        If a pair couples a spin to itself, or a number is not finite.
    """
    linear = dict(h.items()) if isinstance(h, Mapping) else dict(enumerate(h))
    if not isinstance(J, Mapping):
        raise TypeError(f"J: a mapping from pairs of labels to numbers is needed, not {type(J).__name__}")
    for key in J:
        if not isinstance(key, tuple) or len(key) != 2:
            raise ValueError(f"J: the keys must be pairs (u, v) of labels, but one is {key!r}")
        if key[0] == key[1]:
            raise ValueError(f"J: spin {key[0]!r} is coupled to itself; s*s = 1, so add that number to the offset")
    labels = list(dict.fromkeys([*linear, *(label for key in J for label in key)]))
    rows, columns = _indices(J, labels, "J")
    pairs, names = list(J), list(linear)
    couplings = exact_numbers(list(J.values()), "J", lambda k: f"entry {pairs[k]!r}")
    fields = exact_numbers(list(linear.values()), "h", lambda k: f"entry {names[k]!r}")
    padded = np.zeros(len(labels), dtype=fields.dtype)
    padded[: len(fields)] = fields
    matrix = coupling_matrix(rows, columns, 0 - couplings, len(labels))
    return IsingModel(matrix, 0 - padded, offset, labels=labels, copy=False)


# ---------------------------------------------------------------------- graphs


def from_graph(graph: nx.Graph, weight: str = "weight") -> IsingModel:
    """Model on the nodes of a graph, with couplings J_uv = the weights of the edges.

    Positive weights are ferromagnetic.  (For a cut to be maximised see :class:`ising_problems.MaxCut` and
    :func:`from_max_cut_weights`.)

    Parameters
    ----------
    graph : networkx.Graph
        The node attribute ``field``, where there is one, is h; the graph attribute ``offset`` the offset.
    weight : str
        Edge attribute that holds the coupling; an edge without it has coupling 1, as everywhere in networkx.

    Returns
    -------
    IsingModel
        Labelled by the nodes, in the graph's order.

    Raises
    ------
    TypeError
        If ``graph`` is not a ``networkx.Graph``.
    ValueError
        If it is directed, has parallel edges or a self-loop, or a weight or field is not a finite number.
    """
    import networkx as nx

    if not isinstance(graph, nx.Graph):
        raise TypeError(f"graph: a networkx.Graph is needed, not {type(graph).__name__}")
    if graph.is_directed():
        raise ValueError("graph: couplings have no direction; pass graph.to_undirected() if both ways mean the same")
    if graph.is_multigraph():
        raise ValueError("graph: parallel edges are ambiguous; add their weights up in a networkx.Graph first")
    loop = next(iter(nx.selfloop_edges(graph)), None)
    if loop is not None:
        raise ValueError(f"graph: node {loop[0]!r} has an edge to itself; remove it, since s*s = 1 is a constant")
    labels = list(graph)
    index = {label: i for i, label in enumerate(labels)}
    edges = list(graph.edges(data=weight, default=1))
    values = exact_numbers(
        [value for _, _, value in edges], "graph", lambda k: f"the {weight} of edge {edges[k][:2]!r}"
    )
    rows = np.fromiter((index[u] for u, _, _ in edges), dtype=np.int64, count=len(edges))
    columns = np.fromiter((index[v] for _, v, _ in edges), dtype=np.int64, count=len(edges))
    fields = exact_numbers(
        [field for _, field in graph.nodes(data="field", default=0)],
        "graph",
        lambda k: f"the field of node {labels[k]!r}",
    )
    matrix = coupling_matrix(rows, columns, values, len(labels))
    named = None if labels == list(range(len(labels))) else labels
    return IsingModel(matrix, fields, graph.graph.get("offset", 0), labels=named, copy=False)


def to_graph(model: IsingModel, weight: str = "weight") -> nx.Graph:
    """Graph with an edge for each non-zero coupling; the inverse of :func:`from_graph`.

    Parameters
    ----------
    model : IsingModel
    weight : str
        Edge attribute that receives the coupling.

    Returns
    -------
    networkx.Graph
        Its nodes are the model's labels.  Fields, if there are any, are the node attribute ``field``; an offset that
        is not zero is the graph attribute ``offset``.

    Raises
    ------
    ValueError
        If a label is None, which networkx does not allow as a node.
    """
    import networkx as nx

    if None in set(model.labels):
        raise ValueError("model: a spin is labelled None, which networkx does not allow as a node")
    graph = nx.Graph()
    graph.add_nodes_from(model.labels)
    if model.has_fields:
        nx.set_node_attributes(graph, dict(zip(model.labels, model.h.tolist(), strict=True)), "field")
    if model.offset:
        graph.graph["offset"] = model.offset
    rows, columns, values = (array.tolist() for array in upper_pairs(model.J))
    labels = model.labels
    graph.add_weighted_edges_from(
        ((labels[i], labels[j], value) for i, j, value in zip(rows, columns, values, strict=True)), weight=weight
    )
    return graph


# ---------------------------------------------------------------------- other sums


def from_max_cut_weights(W: Any, *, labels: Iterable[Hashable] | None = None) -> IsingModel:
    r"""Model whose energy is minus the weight of the cut between the spins +1 and the spins -1.

    :math:`-\sum_{i<j} W_{ij} (1 - s_i s_j)/2`, hence J = -W/2 and offset = :math:`-\sum_{i<j} W_{ij}/2`.

    Parameters
    ----------
    W : array_like or scipy.sparse array, shape (n, n)
        Weights of the edges, symmetric with zero diagonal.
    labels : sequence of hashable, optional

    Returns
    -------
    IsingModel
        Of integers where all weights are even integers; the halves of odd ones are exact as floats.

    Raises
    ------
    ValueError
        If W is not square, symmetric, finite, real and of zero diagonal.
    """
    matrix = checked_square_matrix(W, "W")
    check_size(matrix, "W")
    check_symmetric(matrix, "W")
    total = half_of(sum_rows(matrix).sum())
    if matrix.dtype.kind == "i":
        data = matrix.data if hasattr(matrix, "tocsr") else matrix
        if not np.any(data % 2):
            offset = int(total) // 2 if total % 2 == 0 else int(total) / 2
            return IsingModel(divide_exactly(matrix, -2), offset=-offset, labels=labels, copy=False)
        if absolute_sum(matrix) >= LARGEST_EXACT_FLOAT:
            raise ValueError("W: halves of integers this large are not exact in float64; pass floats instead")
    couplings = matrix * -0.5
    if not hasattr(couplings, "tocsr"):
        couplings += 0.0
    return IsingModel(couplings, offset=-0.5 * float(total) + 0.0, labels=labels, copy=False)


def from_ordered_pair_sum(
    J: Any, h: Any = None, offset: float = 0.0, *, labels: Iterable[Hashable] | None = None
) -> IsingModel:
    r"""Model of :math:`-\sum_{i \ne j} J_{ij} s_i s_j - \sum_i h_i s_i + \mathrm{offset}`, the sum over ordered pairs.

    Each pair is met twice, as (i, j) and as (j, i): the coupling is :math:`J_{ij} + J_{ji}`, twice that of a
    symmetric J.

    Parameters
    ----------
    J : array_like or scipy.sparse array, shape (n, n)
        Zero on the diagonal; need not be symmetric.
    h : array_like, shape (n,), optional
    offset : float
    labels : sequence of hashable, optional

    Returns
    -------
    IsingModel

    Raises
    ------
    ValueError
        If J is not square, not finite, not real, or has a non-zero diagonal.
    """
    matrix = checked_square_matrix(J, "J")
    check_size(matrix, "J")
    return IsingModel(matrix + matrix.T, h, offset, labels=labels, copy=False)


def dimod_module() -> Any:
    """The module, or an ``ImportError`` that says which extra brings it."""
    try:
        import dimod
    except ImportError:
        raise ImportError('dimod is not installed; pip install "coherent-ising[dimod]" brings it') from None
    return dimod


def _indices(entries: Mapping[Any, Any], labels: Sequence[Hashable], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions in ``labels`` of the two members of each key."""
    index = {label: i for i, label in enumerate(labels)}
    for key in entries:
        for label in key:
            if label not in index:
                raise ValueError(f"labels: {name} has an entry {key!r}, but there is no label {label!r}")
    flat = np.fromiter((index[label] for key in entries for label in key), dtype=np.int64, count=2 * len(entries))
    return flat[::2], flat[1::2]
