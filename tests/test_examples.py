"""The data in ``examples/``: what its README says of it is true, and its script runs."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import cim
import ising_problems as ip

PROJECT = Path(__file__).resolve().parents[1]

EXAMPLES = PROJECT / "examples"

DEGREES = {
    "Missouri": 8,
    "Tennessee": 8,
    "Kentucky": 7,
    "Arizona": 4,
    "Colorado": 6,
    "Nevada": 5,
    "Michigan": 3,
    "New York": 5,
    "Rhode Island": 2,
    "Florida": 2,
    "Washington": 2,
    "Maine": 1,
}


@pytest.fixture(scope="module")
def states():
    return {int(node): state for node, state in json.loads((EXAMPLES / "us_states.json").read_text()).items()}


@pytest.fixture(scope="module")
def borders(states):
    graph = ip.read(EXAMPLES / "us_states.col", num_colors=4).graph
    return nx.relabel_nodes(graph, {node: state["name"] for node, state in states.items()})


def colourable(graph, num_colors):
    """Whether a proper colouring exists: every choice is tried, the most constrained node first."""

    def extend(colours):
        free = [node for node in graph if node not in colours]
        if not free:
            return True
        forbidden = {node: {colours[v] for v in graph[node] if v in colours} for node in free}
        node = max(free, key=lambda node: (len(forbidden[node]), graph.degree(node)))
        choices = min(num_colors, 1 + max(colours.values(), default=-1) + 1)  # new colours are alike: try one of them
        return any(extend({**colours, node: c}) for c in range(choices) if c not in forbidden[node])

    return extend({})


def test_the_states(borders, states):
    assert len(borders) == len(states) == 48
    assert borders.number_of_edges() == 105
    assert nx.is_connected(borders)
    assert nx.check_planarity(borders)[0]
    assert {name: borders.degree(name) for name in DEGREES} == DEGREES
    assert len({state["label"] for state in states.values()}) == 48
    names = [states[node]["name"] for node in range(1, 49)]
    assert names == sorted(names)


def test_the_comments_name_the_nodes(states):
    lines = (EXAMPLES / "us_states.col").read_text().splitlines()
    named = [line.split(maxsplit=3)[2:] for line in lines if line.startswith("c node ")]
    assert named == [[str(node), state["name"]] for node, state in states.items()]


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("Arizona", "Colorado", False),
        ("New Mexico", "Utah", False),
        ("New York", "Rhode Island", False),
        ("Illinois", "Michigan", False),
        ("Michigan", "Wisconsin", True),
        ("Delaware", "New Jersey", True),
        ("Maine", "New Hampshire", True),
    ],
)
def test_doubtful_borders(borders, one, other, joined):
    assert borders.has_edge(one, other) is joined


def test_the_states_are_drawn_without_crossings(borders, states):
    position = {state["name"]: np.array(state["position"]) for state in states.values()}

    def side(p, q, r):
        return np.sign(np.linalg.det([q - p, r - p]))

    for (a, b), (c, d) in itertools.combinations(borders.edges, 2):
        if len({a, b, c, d}) == 4:
            p, q, r, s = (position[name] for name in (a, b, c, d))
            assert side(p, q, r) == side(p, q, s) or side(r, s, p) == side(r, s, q), (a, b, c, d)


def test_four_colours_are_needed_and_enough(borders):
    ring = ["California", "Oregon", "Idaho", "Utah", "Arizona"]
    assert set(borders["Nevada"]) == set(ring)
    assert all(borders.has_edge(u, v) for u, v in zip(ring, [*ring[1:], ring[0]], strict=True))
    assert not colourable(borders.subgraph(["Nevada", *ring]), 3)
    assert not colourable(borders, 3)
    assert colourable(borders, 4)
    solution = cim.solve(ip.read(EXAMPLES / "us_states.col", num_colors=4), seed=0)
    assert solution.feasible
    assert solution.objective == 0


def test_the_karate_club_is_that_of_networkx_without_weights():
    problem = ip.read(EXAMPLES / "karate_club.mc")
    club = nx.relabel_nodes(nx.karate_club_graph(), lambda node: node + 1)
    assert {frozenset(edge) for edge in problem.graph.edges} == {frozenset(edge) for edge in club.edges}
    assert set(nx.get_edge_attributes(problem.graph, "weight").values()) == {1}


def test_the_largest_cut_of_the_karate_club():
    problem = ip.read(EXAMPLES / "karate_club.mc")
    graph = problem.graph
    hubs = sorted(graph, key=graph.degree, reverse=True)[:5]
    groups = [sorted(group) for group in nx.connected_components(graph.subgraph(set(graph) - set(hubs)))]
    assert max(map(len, groups)) == 8

    def best(nodes, sides):
        """Most cut edges with an end in ``nodes``, over all their sides, with the others' given."""
        edges = list(graph.edges(nodes))
        return max(
            sum(own[u] != own[v] for u, v in edges)
            for choice in itertools.product((0, 1), repeat=len(nodes))
            for own in [{**sides, **dict(zip(nodes, choice, strict=True))}]
        )

    largest = 0
    for choice in itertools.product((0, 1), repeat=4):
        sides = dict(zip(hubs, (0, *choice), strict=True))
        within = sum(sides[u] != sides[v] for u, v in graph.subgraph(hubs).edges)
        largest = max(largest, within + sum(best(group, sides) for group in groups))
    assert largest == 61
    assert cim.solve(problem, seed=0).objective == 61


def test_the_script_prints_and_draws(tmp_path):
    path = os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "color_us_states.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert len(lines) == 50
    assert lines[48] == "conflicts: 0, feasible"
    assert {line.split()[-1] for line in lines[:48]} == {"blue", "orange", "green", "pink"}
    assert (tmp_path / "us_states.png").read_bytes().startswith(b"\x89PNG")


def test_the_shortest_round_trip_of_the_capitals():
    """Held and Karp: the shortest way from city 0 through a set of cities, ending in one of them."""
    problem = ip.read(EXAMPLES / "capitals.tsp")
    d = nx.to_numpy_array(problem.graph, dtype=int)
    n = len(d)
    best = {(1 << k, k): d[0, k] for k in range(1, n)}
    for size in range(2, n):
        for cities in itertools.combinations(range(1, n), size):
            mask = sum(1 << k for k in cities)
            for k in cities:
                rest = mask & ~(1 << k)
                best[mask, k] = min(best[rest, j] + d[j, k] for j in cities if j != k)
    full = (1 << n) - 2
    assert min(best[full, k] + d[k, 0] for k in range(1, n)) == 7459
    assert cim.solve(problem, seed=0, steps=100, replicas=4).objective == 7459


def test_only_three_can_come_to_dinner():
    problem = ip.read(EXAMPLES / "dinner.cnf")
    tables = [dict(enumerate(bits, start=1)) for bits in itertools.product((False, True), repeat=5)]
    assert [answer for answer in tables if problem.is_feasible(answer)] == [
        {1: False, 2: True, 3: False, 4: True, 5: True}
    ]
    assert cim.solve(problem, seed=0).answer == {1: False, 2: True, 3: False, 4: True, 5: True}
