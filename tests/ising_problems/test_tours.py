"""Hamiltonian cycles and paths: zero energy exactly for them, whatever the graph, directed or not."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.tour_search import complete_tour, improve_tour, tour_cost
from ising_problems.encoders.tours import HamiltonianCycle, HamiltonianPath
from ising_problems.exact import ground_states


def orders(graph, closed):
    """Every order of the nodes along edges; of a closed one those that begin with the first node."""
    nodes = list(graph)
    begun = itertools.permutations(nodes[1:]) if closed else itertools.permutations(nodes)
    for rest in begun:
        order = [nodes[0], *rest] if closed else list(rest)
        legs = list(itertools.pairwise(order))
        if closed and len(order) > 1:
            legs.append((order[-1], order[0]))
        if all(graph.has_edge(u, v) for u, v in legs):
            yield order


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_ground_states_are_exactly_the_cycles(seed, directed):
    n = 1 + seed % 5 if directed else 3 + seed % 3
    graph = nx.gnp_random_graph(n, 0.7, seed=seed, directed=directed)
    expected = list(orders(graph, closed=True))
    for symmetry_breaking in (True, False) if n < 5 else (True,):
        problem = HamiltonianCycle(graph, symmetry_breaking=symmetry_breaking, penalty=0.5)
        energy, states = ground_states(problem.to_ising())
        answers = [problem.decode(s) for s in states]
        if expected:
            assert energy == 0
            turned = [a[a.index(0) :] + a[: a.index(0)] for a in answers]
            assert len(states) == len(expected) * (1 if symmetry_breaking else n)
            assert sorted(turned) == sorted(expected * (1 if symmetry_breaking else n))
            assert all(problem.is_feasible(a) and problem.objective(a) == 0 for a in answers)
        else:
            assert energy >= 0.5
            assert all(problem.objective(a) > 0 and not problem.is_feasible(a) for a in answers)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_ground_states_are_exactly_the_paths(seed, directed):
    graph = nx.gnp_random_graph(1 + seed % 4, 0.55, seed=seed, directed=directed)
    expected = list(orders(graph, closed=False))
    problem = HamiltonianPath(graph)
    energy, states = ground_states(problem.to_ising())
    answers = [problem.decode(s) for s in states]
    if expected:
        assert energy == 0
        assert sorted(answers) == sorted(expected)
        assert all(problem.is_feasible(a) and problem.objective(a) == 0 for a in answers)
    else:
        assert energy >= 1
        assert all(problem.objective(a) > 0 and not problem.is_feasible(a) for a in answers)


def test_no_node_of_a_path_can_be_placed_beforehand():
    # the only path through this directed graph begins with its last node
    graph = nx.DiGraph()
    graph.add_nodes_from([0, 1, 2])
    graph.add_edges_from([(2, 1), (1, 0)])
    problem = HamiltonianPath(graph)
    _, states = ground_states(problem.to_ising())
    assert [problem.decode(s) for s in states] == [[2, 1, 0]]


@pytest.mark.parametrize(
    ("graph", "count"),
    [
        (nx.complete_graph(5), 24),  # (n-1)! directed rounds
        (nx.cycle_graph(5), 2),
        (nx.complete_bipartite_graph(2, 2), 2),
        (nx.complete_bipartite_graph(2, 3), 0),
        (nx.wheel_graph(5), 8),  # n-1 cycles both ways
        (nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 0)]), 1),
        (nx.star_graph(3), 0),
        (nx.disjoint_union(nx.complete_graph(2), nx.complete_graph(2)), 0),
    ],
)
def test_known_numbers_of_cycles(graph, count):
    energy, states = ground_states(HamiltonianCycle(graph).to_ising())
    assert (len(states) if energy == 0 else 0) == count


@settings(max_examples=60)
@given(st.data())
def test_energy_of_an_encoded_order_is_the_penalty_times_its_missing_legs(data):
    closed, directed = data.draw(st.booleans()), data.draw(st.booleans())
    n = data.draw(st.integers(1 if directed or not closed else 3, 7))
    graph = nx.gnp_random_graph(n, data.draw(st.floats(0, 1)), seed=data.draw(st.integers(0, 99)), directed=directed)
    order = data.draw(st.permutations(range(n)))
    penalty = data.draw(st.sampled_from([0.25, 3.0]))
    problem = HamiltonianCycle(graph, penalty=penalty) if closed else HamiltonianPath(graph, penalty=penalty)
    legs = list(itertools.pairwise(order)) + ([(order[-1], order[0])] if closed and n > 1 else [])
    missing = sum(not graph.has_edge(u, v) for u, v in legs)
    assert problem.objective(order) == missing == len(problem.violations(order))
    spins = problem.encode(order)
    assert problem.to_ising().energy(spins) == problem.energy_of(missing) == penalty * missing
    again = problem.decode(spins)
    shift = again.index(order[0])
    assert again[shift:] + again[:shift] == list(order) if closed else again == list(order)
    for group in problem.one_hot:
        assert np.count_nonzero(spins[group] > 0) == 1


def test_any_rotation_is_taken_and_the_direction_kept():
    problem = HamiltonianCycle(nx.cycle_graph("abcd", create_using=nx.DiGraph))
    expected = problem.encode(["a", "b", "c", "d"])
    np.testing.assert_array_equal(problem.encode(["c", "d", "a", "b"]), expected)
    backwards = problem.encode(("d", "c", "b", "a"))
    assert problem.decode(backwards) == ["a", "d", "c", "b"]
    assert problem.objective(["a", "d", "c", "b"]) == 4


def test_spin_counts_and_variables():
    graph = nx.cycle_graph("abcde")
    assert HamiltonianCycle(graph).num_spins == HamiltonianCycle(graph).to_ising().num_spins == 16
    assert HamiltonianCycle(graph, symmetry_breaking=False).num_spins == 25
    assert HamiltonianPath(graph).num_spins == 25
    assert HamiltonianCycle(graph).variables[:5] == (("b", 1), ("b", 2), ("b", 3), ("b", 4), ("c", 1))
    assert HamiltonianPath(graph).variables[-1] == ("e", 4)
    assert len(HamiltonianCycle(graph).one_hot) == 8


def test_the_first_node_may_stand_again_at_the_end_of_a_cycle():
    problem = HamiltonianCycle(nx.cycle_graph("abcd"))
    for answer in (["b", "c", "d", "a", "b"], ("b", "c", "d", "a", "b"), np.array(list("bcdab"))):
        assert problem.violations(answer) == []
        assert problem.objective(answer) == 0
        assert problem.decode(problem.encode(answer)) == ["a", "b", "c", "d"]
    assert problem.violations(["a", "c", "b", "d", "a"]) == problem.violations(["a", "c", "b", "d"]) != []
    assert problem.violations([None, "b", "c", "d", None])[0] == "place 0 holds no node"
    path = HamiltonianPath(nx.cycle_graph("abcd"))
    assert path.violations(["a", "b", "c", "d", "a"]) == ["node 'a' is visited 2 times"]


def test_violations_in_words():
    problem = HamiltonianCycle([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")])
    assert problem.violations(["b", "c", "d", "a"]) == []
    assert problem.violations(["a", None, "c", "c"]) == [
        "place 1 holds no node",
        "node 'b' is not visited",
        "node 'c' is visited 2 times",
        "node 'd' is not visited",
        "there is no edge from 'c' to 'a'",
    ]
    assert problem.violations(["a", "b", "c", "x"])[0] == "'x' is not a node of the graph"
    assert problem.violations(["a", "b", "c", ["d"]])[0] == "['d'] is not a node of the graph"
    for wrong in (None, 3, "abcd", {"a": 1}, np.zeros((2, 2))):
        assert problem.violations(wrong) == ["the answer is not a list of nodes in order"]
    assert problem.objective(["a", "b", "a", "b"]) == 4  # two missed, two again; every leg is an edge
    assert HamiltonianPath([("a", "b"), ("b", "c")]).violations(["b", "a", "c"]) == ["there is no edge from 'a' to 'c'"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (["a", "b", "c"], "answer: a list with each node once is needed, but node 'd' is not visited"),
        (["a", "b", "c", None], "answer: .* place 3 holds no node"),
        (["a", "b", "c", "d", "b"], "answer: .* node 'b' is visited 2 times"),
        (["a", "b", "c", "d", "a", "b"], "answer: .* node 'a' is visited 2 times"),
        (["a", "b", "c", "x"], "answer: 'x' is not a node of the graph"),
        ("abcd", "answer: a list in order of every node is needed, but it is a str"),
        (None, "answer: a list in order of every node is needed, but it is a NoneType"),
    ],
)
def test_what_cannot_be_encoded_is_refused(answer, message):
    with pytest.raises(ValueError, match=message):
        HamiltonianCycle(nx.cycle_graph("abcd")).encode(answer)


@pytest.mark.parametrize(
    "graph",
    [
        nx.dodecahedral_graph(),
        nx.desargues_graph(),
        nx.hypercube_graph(5),
        nx.moebius_kantor_graph(),
        nx.grid_2d_graph(6, 6),
        nx.random_regular_graph(4, 40, seed=1),
        nx.relabel_nodes(nx.cycle_graph(24, create_using=nx.DiGraph), {i: 5 * i % 24 for i in range(24)}),
    ],
    ids=["dodecahedral", "desargues", "hypercube", "moebius-kantor", "grid", "regular", "one-way ring"],
)
def test_repair_finds_cycles_and_paths_in_graphs_that_have_many(graph):
    for problem in (HamiltonianCycle(graph), HamiltonianPath(graph)):
        for seed in range(5):
            spins = np.random.default_rng(seed).choice([-1, 1], problem.num_spins)
            answer = problem.decode(spins, repair=True)
            assert problem.violations(answer) == []
            assert answer == problem.repair(problem.decode(spins))


def test_repair_on_graphs_without_a_cycle_leaves_as_little_as_can_be():
    petersen = HamiltonianCycle(nx.petersen_graph())
    answer = petersen.repair([0] + [None] * 9)
    assert sorted(answer) == list(range(10))
    assert petersen.objective(answer) == 1
    assert HamiltonianPath(nx.petersen_graph()).objective(HamiltonianPath(nx.petersen_graph()).repair([None] * 10)) == 0
    pieces = HamiltonianCycle(nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3)))
    assert pieces.objective(pieces.repair([None] * 6)) == 2


def test_repair_mends_an_almost_tour_and_keeps_a_cycle():
    graph = nx.cycle_graph(30)
    problem = HamiltonianCycle(graph)
    order = list(graph)
    assert problem.repair(order) is order
    torn = order.copy()
    torn[7], torn[20] = None, 3
    assert problem.is_feasible(problem.repair(torn))


def test_steps_between_tours_count_what_turned_legs_cost():
    # were turned legs counted wrong, what steps gain would not add up, and the best of five cities not be found
    rng = np.random.default_rng(1)
    for n in (3, 5, 9, 70):
        cost = rng.integers(1, 100, (n, n)).astype(float)
        start = complete_tour([], cost)
        assert sorted(start.tolist()) == list(range(n))
        better = improve_tour(start, cost, kicks=5)
        assert sorted(better.tolist()) == list(range(n))
        assert tour_cost(better, cost) <= tour_cost(start, cost)
        if n == 5:
            exact = min(tour_cost(np.array((0, *p)), cost) for p in itertools.permutations(range(1, 5)))
            assert tour_cost(better, cost) == exact


@pytest.mark.parametrize("cls", [HamiltonianCycle, HamiltonianPath])
@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        (nx.Graph(), ValueError, "graph: at least one node is needed, but the graph is empty"),
        (nx.Graph([(0, 1), (1, 1)]), ValueError, "graph: the node 1 has an edge to itself"),
        (nx.MultiGraph([(0, 1), (0, 1)]), ValueError, "graph: parallel edges"),
        (7, TypeError, "graph: a networkx.Graph"),
        (np.ones((2, 3)), ValueError, "graph: an adjacency matrix must be square"),
    ],
)
def test_bad_graphs_are_refused(cls, graph, error, message):
    with pytest.raises(error, match=message):
        cls(graph)


def test_the_smallest_graphs():
    with pytest.raises(ValueError, match="graph: two nodes of an undirected graph have no cycle"):
        HamiltonianCycle(nx.path_graph(2))
    there_and_back = HamiltonianCycle(nx.DiGraph([(0, 1), (1, 0)]))
    energy, states = ground_states(there_and_back.to_ising())
    assert (energy, [there_and_back.decode(s) for s in states]) == (0, [[0, 1]])
    one = nx.Graph()
    one.add_node("a")
    assert HamiltonianCycle(one).num_spins == 0
    assert HamiltonianCycle(one).decode([]) == ["a"]
    assert HamiltonianCycle(one).is_feasible(["a"])
    assert HamiltonianPath(one).decode([1]) == ["a"]
    assert HamiltonianPath(one).repair([None]) == ["a"]
    for bad in (0, -1.0, "big", np.nan):
        with pytest.raises(ValueError, match="penalty: "):
            HamiltonianPath(one, penalty=bad)
