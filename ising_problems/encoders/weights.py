"""Weights of items and of nodes as users bring them: numbers by name, in a sequence, or in a node attribute."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .graphs import IndexedGraph
from .number_lists import exact_array

__all__ = ["item_weights", "node_weights", "unit_weights", "weight_array"]


def item_weights(weights: Any, names: Sequence[Hashable], noun: str) -> np.ndarray:
    """Weights of items from a mapping by name, one number for all, a sequence in the items' order, or None for 1.

    Raises
    ------
    ValueError
        If an item has no weight or a weight no item, or a weight is not a finite number.
    TypeError
        If ``weights`` is none of those forms.
    """
    if weights is None:
        weights = 1
    if isinstance(weights, (int, float, np.integer, np.floating)):
        values: list[Any] = [weights] * len(names)
    elif isinstance(weights, Mapping):
        missing = next((name for name in names if name not in weights), None)
        if missing is not None:
            raise ValueError(f"weights: the {noun} {missing!r} has no weight")
        if len(weights) > len(names):
            known = set(names)
            unknown = next(name for name in weights if name not in known)
            raise ValueError(f"weights: {unknown!r} has a weight, but is not a {noun}")
        values = [weights[name] for name in names]
    elif isinstance(weights, Iterable) and not isinstance(weights, (str, bytes, set, frozenset)):
        values = list(weights)
        if len(values) != len(names):
            raise ValueError(f"weights: {len(names)} are needed, one for each {noun}, but there are {len(values)}")
    else:
        raise TypeError(f"weights: a list of numbers or a dict is needed, but it is a {type(weights).__name__}")
    return weight_array(values, lambda i: f"weights: the {noun} {names[i]!r}")


def node_weights(graph: Any, indexed: IndexedGraph, weight: Any) -> np.ndarray:
    """Weights of nodes from a node attribute, a mapping by node, or None for 1.

    Raises
    ------
    ValueError
        If a node has no weight or one that is not a finite number, or a weight no node, or if an attribute is named
        and the graph is not one of networkx.
    """
    import networkx as nx

    if weight is None:
        return unit_weights(len(indexed))
    if isinstance(weight, Mapping):
        return item_weights(weight, indexed.nodes, "node")
    if not isinstance(weight, Hashable):
        raise TypeError(
            "weight: the name of a node attribute or a dict from node to weight is needed, but it is a "
            f"{type(weight).__name__}"
        )
    if isinstance(graph, IndexedGraph):
        graph = graph.graph
    if not isinstance(graph, nx.Graph):
        raise ValueError(
            f"weight: a {type(graph).__name__} has no node attribute {weight!r}; pass a dict from node to weight"
        )
    missing = next((node for node in indexed.nodes if weight not in graph.nodes[node]), None)
    if missing is not None:
        raise ValueError(f"weight: the node {missing!r} has no attribute {weight!r}; give every node one")
    return weight_array(
        [graph.nodes[node][weight] for node in indexed.nodes], lambda i: f"weight: the node {indexed.nodes[i]!r}"
    )


def weight_array(values: Sequence[Any], owner: Callable[[int], str]) -> np.ndarray:
    """Weights as a read-only array, int64 where all are integers, else float64; ``owner(i)`` begins an error message.

    Raises
    ------
    ValueError
        If a weight is not a finite real number, or their sum is beyond what is exact.
    """
    for i, value in enumerate(values):
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise ValueError(f"{owner(i)} has the weight {value!r}, which is not a number")
        if not np.isfinite(value):
            raise ValueError(f"{owner(i)} has the weight {value!r}; weights must be finite")
    return exact_array(values, "weights")


def unit_weights(count: int) -> np.ndarray:
    """1 for each of so many items; read-only."""
    return exact_array([1] * count, "weights")
