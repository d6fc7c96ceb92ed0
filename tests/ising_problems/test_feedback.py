"""Feedback sets: ground states against every subset, the errata of the printed energies, repair, and bad input."""

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from exact_milp import milp_minimum
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.feedback_arcs import FeedbackArcSet
from ising_problems.encoders.feedback_vertices import DirectedFeedbackVertexSet, UndirectedFeedbackVertexSet
from ising_problems.encoders.orders import NodeOrder
from ising_problems.exact import ground_states


def is_forest(graph):
    return len(graph) == 0 or nx.is_forest(graph)


def without_nodes(graph, nodes):
    copy = graph.copy()
    copy.remove_nodes_from(nodes)
    return copy


def without_edges(graph, edges):
    copy = graph.copy()
    copy.remove_edges_from(edges)
    return copy


def fewest_nodes(graph, good):
    """Size of the smallest set of nodes that leaves a good graph, by trying all of them."""
    return next(
        size
        for size in range(len(graph) + 1)
        if any(good(without_nodes(graph, some)) for some in itertools.combinations(graph, size))
    )


def lightest_arcs(graph):
    """Least weight of backward arcs over all orders of the nodes."""
    return min(
        sum(w for u, v, w in graph.edges(data="weight", default=1) if order.index(u) > order.index(v))
        for order in itertools.permutations(graph)
    )


def weighted_digraph(seed, n, p):
    graph, rng = nx.gnp_random_graph(n, p, seed=seed, directed=True), random.Random(seed)
    for u, v in graph.edges:
        graph[u][v]["weight"] = rng.choice([0, 0.5, 1, 2, 3, 5])
    return graph


def just_above(problem_class, graph, **options):
    """The problem with a penalty just above its bound."""
    bound = problem_class(graph, **options).penalty_bound()
    return problem_class(graph, penalty=bound * (1 + 1e-6) + 1e-9, **options)


def check_ground_states(problem, best):
    energy, states = ground_states(problem.to_ising(), rtol=1e-12)
    assert energy == pytest.approx(best, abs=1e-4)
    for spins in states:
        answer = problem.decode(spins)
        assert problem.violations(answer) == []
        assert problem.objective(answer) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(30))
def test_directed_ground_states_are_the_smallest_feedback_vertex_sets(seed):
    graph = nx.gnp_random_graph(seed % 6, 0.2 + (seed % 7) / 10, seed=seed, directed=True)
    best = fewest_nodes(graph, nx.is_directed_acyclic_graph)
    for problem in (DirectedFeedbackVertexSet(graph), just_above(DirectedFeedbackVertexSet, graph)):
        check_ground_states(problem, best)
    assert DirectedFeedbackVertexSet(graph).objective_bound() <= best


@pytest.mark.parametrize("seed", range(30))
def test_undirected_ground_states_are_the_smallest_feedback_vertex_sets(seed):
    graph = nx.gnm_random_graph(2 + seed % 5, min((2 + seed % 5) * (1 + seed % 5) // 2, 4 + seed % 3), seed=seed)
    best = fewest_nodes(graph, is_forest)
    for problem in (UndirectedFeedbackVertexSet(graph), just_above(UndirectedFeedbackVertexSet, graph)):
        assert problem.num_spins <= 22
        check_ground_states(problem, best)
    assert UndirectedFeedbackVertexSet(graph).objective_bound() <= best


@pytest.mark.parametrize("seed", range(30))
def test_ground_states_are_the_lightest_feedback_arc_sets(seed):
    graph = weighted_digraph(seed, seed % 6, 0.3 + (seed % 7) / 10)
    best = lightest_arcs(graph)
    problems = [FeedbackArcSet(graph, "weight"), just_above(FeedbackArcSet, graph, weight="weight")]
    for problem in problems:
        check_ground_states(problem, best)
    assert problems[0].objective_bound() <= best + 1e-12


def test_larger_ones_by_an_exact_linear_program():
    wheel = nx.wheel_graph(8)
    energy, spins = milp_minimum(UndirectedFeedbackVertexSet(wheel, penalty=1.001).to_ising())
    assert energy == pytest.approx(fewest_nodes(wheel, is_forest), abs=1e-6)
    assert UndirectedFeedbackVertexSet(wheel).is_feasible(UndirectedFeedbackVertexSet(wheel).decode(spins))
    for seed in range(3):
        graph = nx.gnp_random_graph(8, 0.35, seed=seed, directed=True)
        for problem, best in (
            (just_above(DirectedFeedbackVertexSet, graph), fewest_nodes(graph, nx.is_directed_acyclic_graph)),
            (just_above(FeedbackArcSet, nx.DiGraph(graph.subgraph(range(7)))), lightest_arcs(graph.subgraph(range(7)))),
        ):
            energy, spins = milp_minimum(problem.to_ising())
            answer = problem.decode(spins)
            assert energy == pytest.approx(best, abs=1e-4)
            assert problem.is_feasible(answer)
            assert problem.objective(answer) == best


def test_below_the_bounds_ground_states_leave_cycles():
    for build, graph in (
        (DirectedFeedbackVertexSet, nx.cycle_graph(3, nx.DiGraph)),
        (UndirectedFeedbackVertexSet, nx.complete_graph(3)),
        (FeedbackArcSet, nx.cycle_graph(3, nx.DiGraph)),
    ):
        assert build(graph).penalty_bound() == 1
        problem = build(graph, penalty=0.9)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(0.9)
        assert not any(problem.is_feasible(problem.decode(s)) for s in states)


def lucas_heights(n, name, indices, start=0):
    """Numbers of variables for every index, and how many there are now."""
    return {(name, *index): start + k for k, index in enumerate(indices)}


def test_erratum_equation_68_goes_negative():
    arcs, n, weight = [(0, 2), (1, 2)], 3, 2.01  # a penalty above max_v min(d-, d+), and twice that
    x = lucas_heights(n, "x", itertools.product(range(n), range(n)))
    y = lucas_heights(n, "y", arcs, len(x))
    e = lucas_heights(n, "e", [(u, v, i) for u, v in arcs for i in range(n)], len(x) + len(y))

    def printed(penalty):
        builder = QuboBuilder(len(x) + len(y) + len(e))
        for v in range(n):
            builder.add_square([x["x", v, i] for i in range(n)], -1, 1, penalty)
        for u, v in arcs:
            kept = [y["y", u, v], *(e["e", u, v, i] for i in range(n))]
            builder.add_square(kept, [1, *[-1] * n], 0, penalty)
            builder.add_constant(1)
            builder.add_linear(y["y", u, v], -1)
            for i in range(n):
                builder.add_linear(e["e", u, v, i], 2 * penalty)
                builder.add_pairs(e["e", u, v, i], x["x", u, i], -penalty)
                for j in range(i + 1, n):
                    builder.add_pairs(e["e", u, v, i], x["x", v, j], -penalty)
        return builder.build()

    assert ground_states(printed(1.0))[0] == -1
    assert ground_states(printed(weight))[0] < -1
    problem = FeedbackArcSet(arcs)
    assert problem.num_spins == 0
    assert problem.to_ising().energy([]) == 0
    cyclic = FeedbackArcSet([*arcs, (2, 0)])
    assert np.all(cyclic.to_ising().energy(list(itertools.product([-1, 1], repeat=cyclic.num_spins))) >= 0)


def lucas_66(graph, penalty, corrected):
    """Eq. 66 as printed, or with y_uv (1 - y_v) for the square and y outside the sum over depths."""
    n, depths = len(graph), len(graph) // 2
    arcs = [*graph.edges, *((v, u) for u, v in graph.edges)]
    names = [("y", v) for v in graph] + [("x", v, i) for v in graph for i in range(depths + 1)]
    names += [("y", *arc) for arc in arcs] + [("x", *arc, i) for arc in arcs for i in range(1, depths + 1)]
    at = {name: k for k, name in enumerate(names)}
    builder = QuboBuilder(len(names))
    builder.add_linear(np.arange(n), 1)
    for v in graph:
        builder.add_square([at["y", v], *(at["x", v, i] for i in range(depths + 1))], -1, 1, penalty)
        for i in range(1, depths + 1):
            builder.add_square(
                [at["x", v, i], *(at["x", u, v, i] for u in graph[v])], [1, *[-1] * len(graph[v])], 0, penalty
            )
    for u, v in graph.edges:
        sides = [at["y", u, v], at["y", v, u]]
        layers = [at["x", *arc, i] for arc in ((u, v), (v, u)) for i in range(1, depths + 1)]
        builder.add_square([*sides, *layers], -1, 1, penalty)
    for u, v in arcs:
        if corrected:
            builder.add_linear(at["y", u, v], penalty)
            builder.add_pairs(at["y", u, v], at["y", v], -penalty)
        else:
            builder.add_square([at["y", u, v], at["y", v]], [1, -1], 0, penalty)
        for i in range(1, depths + 1):
            builder.add_linear(at["x", u, v, i], 2 * penalty)
            builder.add_pairs(at["x", u, v, i], at["x", u, i - 1], -penalty)
            builder.add_pairs(at["x", u, v, i], at["x", v, i], -penalty)
    return builder.build()


def test_erratum_equation_66_punishes_neighbours_that_are_both_removed():
    graph, penalty = nx.complete_graph(4), 1.01
    energy, spins = milp_minimum(lucas_66(graph, penalty, corrected=False))
    assert energy == pytest.approx(2.01)
    assert np.count_nonzero(spins[:4] > 0) == 1  # a triangle is left
    problem = UndirectedFeedbackVertexSet(graph, penalty=penalty)
    assert problem.violations({0}) == ["the cycle 2 – 1 – 3 – 2 is left"]

    energy, states = ground_states(problem.to_ising())
    assert energy == pytest.approx(2)
    assert {problem.decode(s) for s in states} == {frozenset(pair) for pair in itertools.combinations(range(4), 2)}
    energy, spins = milp_minimum(lucas_66(graph, penalty, corrected=True))
    assert energy == pytest.approx(2)
    assert np.count_nonzero(spins[:4] > 0) == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 12), st.floats(0, 1))
def test_feasible_answers_encode_to_their_objective(seed, n, p):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(n, p, seed=seed)
    directed = nx.gnp_random_graph(n, p, seed=seed, directed=True)
    order = rng.permutation(n)
    for problem, good in (
        (UndirectedFeedbackVertexSet(graph), is_forest),
        (DirectedFeedbackVertexSet(directed), nx.is_directed_acyclic_graph),
    ):
        answer, whole = set(range(n)), problem.graph
        for v in order.tolist():  # keep nodes at random while no cycle comes about; leave some out that could stay
            if rng.random() < 0.8 and good(whole.subgraph(set(range(n)) - answer | {v})):
                answer.remove(v)
        spins = problem.encode(answer)
        assert problem.to_ising().energy(spins) == problem.objective(answer) == len(answer)
        assert problem.decode(spins) == answer
    rank = {int(v): k for k, v in enumerate(order)}
    arcs = FeedbackArcSet(directed)
    answer = arcs.repair({(u, v) for u, v in directed.edges if rank[u] > rank[v]})
    spins = arcs.encode(answer)
    assert arcs.to_ising().energy(spins) == arcs.objective(answer) == len(answer)
    assert arcs.decode(spins) == answer


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 14), st.floats(0, 1))
def test_repair_mends_everything_and_never_harms(seed, n, p):
    rng = np.random.default_rng(seed)
    for problem in (
        UndirectedFeedbackVertexSet(nx.gnp_random_graph(n, p, seed=seed)),
        DirectedFeedbackVertexSet(nx.gnp_random_graph(n, p, seed=seed, directed=True)),
        FeedbackArcSet(weighted_digraph(seed, n, p), "weight"),
    ):
        answer = problem.decode(rng.choice([-1, 1], problem.num_spins))
        repaired = problem.repair(answer)
        assert problem.violations(repaired) == []
        assert problem.repair(answer) == repaired
        again = problem.repair(repaired)
        assert problem.is_feasible(again)
        assert problem.objective(again) <= problem.objective(repaired)
        if problem.is_feasible(answer):
            assert problem.objective(repaired) <= problem.objective(answer)
        assert problem.to_ising().energy(problem.encode(repaired)) == pytest.approx(problem.objective(repaired))


@pytest.mark.parametrize(
    ("name", "best"), [("pace_fvs_099.graph", 8), ("pace_fvs_096.graph", 6), ("pace_fvs_003.graph", 10)]
)
def test_published_instances_are_repaired_to_their_optimum_from_random_spins(instance, name, best):
    lines = instance(name).read_text().split("\n")
    graph = nx.Graph(line.split() for line in lines if line.strip() and not line.startswith("#"))
    problem = UndirectedFeedbackVertexSet(graph)
    model = problem.to_ising()
    rng = np.random.default_rng(0)
    sizes = []
    for _ in range(24):
        answer = problem.repair(problem.decode(rng.choice([-1, 1], problem.num_spins)))
        assert is_forest(without_nodes(graph, answer))
        assert model.energy(problem.encode(answer)) == len(answer)
        sizes.append(len(answer))
    assert min(sizes) == best
    assert sizes.count(best) > 12
    assert problem.objective_bound() <= best


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_repair_of_large_sets_leaves_no_superfluous_node(start):
    """Four hundred nodes, of which the line alone would keep too few within its bounded number of moves."""
    graph = nx.gnm_random_graph(400, 1200, seed=1, directed=True)
    rng = random.Random(0)
    problem = DirectedFeedbackVertexSet(graph)
    removed = problem.repair({v for v in graph if rng.random() < start})
    assert problem.is_feasible(removed)
    assert not any(nx.is_directed_acyclic_graph(without_nodes(graph, removed - {v})) for v in removed)


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_repair_leaves_no_superfluous_arc(start):
    graph = nx.gnm_random_graph(200, 600, seed=1, directed=True)
    rng = random.Random(0)
    problem = FeedbackArcSet(graph)
    removed = problem.repair({arc for arc in graph.edges if rng.random() < start})
    assert problem.is_feasible(removed)
    kept = without_edges(graph, removed)
    assert all(nx.has_path(kept, v, u) for u, v in removed)
    assert problem.decode(problem.encode(removed)) == removed


def test_the_chordal_graph_of_an_order_is_one():
    for seed in range(12):
        graph = nx.gnp_random_graph(14, 0.25, seed=seed)
        order = NodeOrder(14, np.array(graph.edges, dtype=np.int64).reshape(-1, 2))
        chordal = nx.Graph(order.pairs.tolist())
        assert nx.is_chordal(chordal) if len(chordal) else not graph.edges
        assert {tuple(sorted(edge)) for edge in graph.edges} <= {tuple(pair) for pair in order.pairs.tolist()}
        assert len(order.triangles) * 3 == sum(nx.triangles(chordal).values())
    assert len(NodeOrder(9, np.array(nx.complete_graph(9).edges))) == 36
    assert len(NodeOrder(9, np.array(nx.path_graph(9).edges))) == 8


def test_circles_of_three_cost_one_and_every_order_nothing():
    order = NodeOrder(3, np.array([[0, 1], [1, 2], [2, 0]]))
    builder = QuboBuilder(3)
    order.add_triangles(builder, 1.0)
    model = builder.build()
    free = {tuple(order.spins(np.array(ranks)).tolist()) for ranks in itertools.permutations(range(3))}
    assert len(free) == 6
    for spins in itertools.product([-1, 1], repeat=3):
        assert model.energy(spins) == (spins not in free)


def test_numbers_of_spins():
    complete = nx.complete_graph(6)
    assert UndirectedFeedbackVertexSet(complete).num_spins == 6 + 30 + 15
    assert DirectedFeedbackVertexSet(complete).num_spins == 6 + 15
    assert FeedbackArcSet(complete).num_spins == 15
    # bridges and arcs between components cost none
    tree = nx.balanced_tree(2, 3)
    assert UndirectedFeedbackVertexSet(tree).num_spins == len(tree)
    assert FeedbackArcSet(nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)])).num_spins == 2
    for problem in (UndirectedFeedbackVertexSet(complete), FeedbackArcSet(complete)):
        assert (
            problem.num_spins == len(problem.variables) == problem.to_ising().num_spins == len(set(problem.variables))
        )


def test_violations_name_nodes_arcs_and_cycles():
    nodes = DirectedFeedbackVertexSet([("a", "b"), ("b", "c"), ("c", "a")])
    assert nodes.violations({"b"}) == []
    assert nodes.violations({"x"}) == [
        "'x' is not a node of the graph",
        "the directed cycle 'a' → 'b' → 'c' → 'a' is left",
    ]
    assert nodes.violations("b") == ["the answer is not a set of nodes, but 'str'"]
    arcs = FeedbackArcSet([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")], None)
    assert arcs.violations([("c", "a")]) == []
    assert arcs.violations([("a", "c")]) == [
        "('a', 'c') is not an arc of the graph",
        "the directed cycle 'a' → 'b' → 'c' → 'a' is left",
    ]
    for problem in (nodes, arcs, UndirectedFeedbackVertexSet(nx.complete_graph(3))):
        for wrong in (None, 3, object(), [[]], "ab", [{}]):
            assert problem.violations(wrong)
            with pytest.raises(ValueError, match="answer: "):
                problem.encode(wrong)
        with pytest.raises(ValueError, match="answer: "):
            problem.objective({"nowhere"})
        with pytest.raises(ValueError, match=r"answer: .*is left"):
            problem.encode(())


def test_superfluous_arcs_cannot_be_encoded_and_repair_leaves_them_out():
    problem = FeedbackArcSet([("a", "b"), ("b", "a"), ("b", "c")])
    answer = {("a", "b"), ("b", "c")}
    assert problem.is_feasible(answer)
    with pytest.raises(ValueError, match=r"answer: the arc \('b', 'c'\) lies on no cycle"):
        problem.encode(answer)
    assert problem.repair(answer) == {("a", "b")}
    with pytest.raises(ValueError, match="answer: some arcs need not go"):
        problem.encode({("a", "b"), ("b", "a")})


def test_degenerate_graphs():
    for problem in (
        UndirectedFeedbackVertexSet(nx.empty_graph(0)),
        DirectedFeedbackVertexSet(nx.DiGraph()),
        FeedbackArcSet(nx.DiGraph()),
        FeedbackArcSet([("a", "b")]),
    ):
        assert problem.num_spins == 0
        assert problem.to_ising().energy([]) == 0
        assert problem.decode([]) == problem.repair(problem.decode([])) == frozenset()
        assert problem.is_feasible(())
        assert problem.penalty_bound() == problem.objective_bound() == 0
    lonely = UndirectedFeedbackVertexSet(nx.empty_graph(3))
    assert lonely.to_ising().energy(lonely.encode({0, 2})) == 2


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="graph: an undirected graph is needed"):
        UndirectedFeedbackVertexSet(nx.DiGraph([(0, 1)]))
    for build in (UndirectedFeedbackVertexSet, DirectedFeedbackVertexSet, FeedbackArcSet):
        with pytest.raises(ValueError, match=r"graph: .*edge to itself"):
            build([(1, 1)])
        with pytest.raises(TypeError, match="graph: "):
            build(7)
        with pytest.raises(ValueError, match="penalty: "):
            build([(0, 1)], penalty=-1)
    with pytest.raises(ValueError, match=r"weight: the arc \(0, 1\) weighs -2"):
        FeedbackArcSet([(0, 1, -2)], "weight")
    with pytest.raises(ValueError, match=r"weight: .*finite"):
        FeedbackArcSet([(0, 1, float("nan"))], "weight")
