"""Building Ising models: the encoders beside dimod, dwave_networkx, qubovert and pyqubo on the same instances.

Three builds, from what a user has (a networkx graph) to the finished model, and a fourth from arrays:

* the travelling salesman with 30 cities, one-hot;
* 500 nodes, 12,500 edges, 10 colours;
* max cut with 10⁴ nodes and 5·10⁴ edges, from a networkx graph and from a sparse matrix;
* max cut with 10⁶ edges from a sparse matrix, ours alone.

Process CPU time, one thread, medians; a peer that is not installed is left out with a word.  Every build makes all
the numbers: a lazily expanded model is expanded.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse as sp
from harness import Table, arguments, compare, machine

import ising_problems as ip

PEERS = ("dimod", "dwave_networkx", "qubovert", "pyqubo")
Build = Callable[[], Any]


def installed() -> dict[str, Any]:
    """The peers that can be imported, by name."""
    modules = {}
    for name in PEERS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                modules[name] = import_module(name)
        except ImportError as error:
            print(f"{name}: left out ({error})")
    return modules


def random_graph(nodes: int, edges: int, seed: int = 0) -> nx.Graph:
    """A random simple graph with whole weights."""
    rng = np.random.default_rng(seed)
    graph = nx.gnm_random_graph(nodes, edges, seed=seed)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = int(rng.integers(1, 10))
    return graph


def travelling_salesman(peers: dict[str, Any], cities: int) -> dict[str, Build]:
    """A complete graph with whole distances."""
    rng = np.random.default_rng(1)
    graph = nx.complete_graph(cities)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = int(rng.integers(1, 100))
    builds: dict[str, Build] = {"ours": lambda: ip.TravellingSalesman(graph).to_ising()}
    if "dwave_networkx" in peers:
        builds["dwave_networkx"] = lambda: peers["dwave_networkx"].traveling_salesperson_qubo(graph)
    distances = nx.to_numpy_array(graph).tolist()
    if "pyqubo" in peers:
        builds["pyqubo"] = lambda: _pyqubo_tour(peers["pyqubo"], distances)
    if "qubovert" in peers:
        builds["qubovert"] = lambda: _qubovert_tour(peers["qubovert"], distances)
    return builds


def _pyqubo_tour(pyqubo: Any, distances: list[list[float]]) -> Any:
    n = len(distances)
    x = pyqubo.Array.create("x", shape=(n, n), vartype="BINARY")
    energy = sum(
        distances[u][v] * x[u, j] * x[v, (j + 1) % n] for u in range(n) for v in range(n) if u != v for j in range(n)
    )
    energy += 200 * sum((1 - sum(x[u, j] for j in range(n))) ** 2 for u in range(n))
    energy += 200 * sum((1 - sum(x[u, j] for u in range(n))) ** 2 for j in range(n))
    return energy.compile().to_qubo()


def _qubovert_tour(qubovert: Any, distances: list[list[float]]) -> Any:
    n = len(distances)
    model = qubovert.PUBO()
    for u in range(n):
        for v in range(n):
            if u != v:
                for j in range(n):
                    model[(u, j), (v, (j + 1) % n)] += distances[u][v]
    for groups in ([[(u, j) for j in range(n)] for u in range(n)], [[(u, j) for u in range(n)] for j in range(n)]):
        for group in groups:
            model += 200
            for k, a in enumerate(group):
                model[(a,)] -= 200
                for b in group[k + 1 :]:
                    model[(a, b)] += 400
    return model.to_qubo()


def colouring(peers: dict[str, Any], nodes: int, edges: int, colours: int) -> dict[str, Build]:
    """A random graph to be coloured."""
    graph = nx.gnm_random_graph(nodes, edges, seed=2)
    builds: dict[str, Build] = {"ours": lambda: ip.GraphColoring(graph, colours).to_ising()}
    if "dwave_networkx" in peers:
        builds["dwave_networkx"] = lambda: peers["dwave_networkx"].vertex_color_qubo(graph, colours)
    if "dimod" in peers:
        builds["dimod"] = lambda: _dimod_colouring(peers["dimod"], graph, colours)
    return builds


def _dimod_colouring(dimod: Any, graph: nx.Graph, colours: int) -> Any:
    model = dimod.BinaryQuadraticModel("BINARY")
    for v in graph:
        model.add_linear_equality_constraint([((v, c), 1) for c in range(colours)], constant=-1, lagrange_multiplier=1)
    model.add_quadratic_from(((u, c), (v, c), 1.0) for u, v in graph.edges for c in range(colours))
    return model


def max_cut(peers: dict[str, Any], nodes: int, edges: int) -> dict[str, Build]:
    """A random weighted graph."""
    graph = random_graph(nodes, edges)
    matrix = nx.to_scipy_sparse_array(graph, format="csr")
    builds: dict[str, Build] = {
        "ours": lambda: ip.MaxCut(graph).to_ising(),
        "ours, from arrays": lambda: ip.MaxCut(matrix).to_ising(),
    }
    if "dimod" in peers:
        dimod = peers["dimod"]
        builds["dimod"] = lambda: dimod.BinaryQuadraticModel.from_ising(
            {}, {(u, v): w for u, v, w in graph.edges(data="weight")}
        )
        builds["dimod, from arrays"] = lambda: _dimod_max_cut(dimod, matrix)
    if "qubovert" in peers:
        builds["qubovert"] = lambda: peers["qubovert"].QUSO({(u, v): w for u, v, w in graph.edges(data="weight")})
    return builds


def _dimod_max_cut(dimod: Any, matrix: Any) -> Any:
    upper = sp.triu(matrix, format="coo")
    ends = (upper.row, upper.col, upper.data.astype(float))
    return dimod.BinaryQuadraticModel.from_numpy_vectors(np.zeros(matrix.shape[0]), ends, 0.0, "SPIN")


def large_max_cut(edges: int) -> dict[str, Build]:
    """A random sparse matrix of weights."""
    rng = np.random.default_rng(3)
    nodes = edges // 10
    u, v = rng.integers(nodes, size=(2, edges))
    weights = rng.integers(1, 10, size=edges)
    upper = sp.coo_array((weights[u != v], (np.minimum(u, v)[u != v], np.maximum(u, v)[u != v])), shape=(nodes, nodes))
    matrix = (upper + upper.T).tocsr()
    return {"ours": lambda: ip.MaxCut(matrix).to_ising()}


def main() -> None:
    """Print a table for each build."""
    chosen = arguments(__doc__.splitlines()[0], 5).parse_args()
    quick, repeats = chosen.quick, chosen.repeats or (1 if chosen.quick else 5)
    print(machine())
    peers = installed()
    cases = {
        "travelling salesman, 30 cities": travelling_salesman(peers, 8 if quick else 30),
        "colouring, 500 nodes, 12,500 edges, 10 colours": colouring(
            peers, *((50, 200, 4) if quick else (500, 12_500, 10))
        ),
        "max cut, 10^4 nodes, 5*10^4 edges": max_cut(peers, *((100, 300) if quick else (10_000, 50_000))),
        "max cut, 10^6 edges": large_max_cut(1000 if quick else 1_000_000),
    }
    for case, builds in cases.items():
        table = Table(case, ("build", "CPU ms", "spread %", "ours is faster by"))
        timings = compare(builds, repeats)
        ours = timings["ours"].median()
        for name, timing in timings.items():
            table.row(name, 1e3 * timing.median(), 100 * timing.spread(), timing.median() / ours)


if __name__ == "__main__":
    main()
