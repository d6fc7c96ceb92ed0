"""Independent sets and set packings against a look at every choice."""

import itertools
import time

import networkx as nx
import numpy as np
import pytest
from subset_checks import check_bound, check_encoding, check_ground_states, check_repair, subsets

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.packing import IndependentSet, SetPacking
from ising_problems.exact import ground_states


def random_weights(rng, n):
    kind = rng.integers(3)
    if kind == 0:
        return None
    return rng.integers(-2, 7, n).tolist() if kind == 1 else rng.normal(1, 1, n).tolist()


def heaviest_independent_set(graph, weights):
    return max(
        sum(weights[v] for v in nodes)
        for nodes in subsets(graph)
        if not any(graph.has_edge(u, v) for u, v in itertools.combinations(nodes, 2))
    )


def heaviest_packing(sets, weights):
    return max(
        sum(weights[i] for i in chosen)
        for chosen in subsets(range(len(sets)))
        if all(not sets[i] & sets[j] for i, j in itertools.combinations(chosen, 2))
    )


@pytest.mark.parametrize("seed", range(30))
def test_independent_sets_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(int(rng.integers(0, 10)), rng.random(), seed=seed)
    values = random_weights(rng, len(graph))
    weight = None if values is None else dict(zip(graph, values, strict=True))
    best = heaviest_independent_set(graph, weight or dict.fromkeys(graph, 1))
    check_ground_states(lambda penalty: IndependentSet(graph, weight, penalty=penalty), best)
    problem = IndependentSet(graph, weight)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(graph))[::7])
    assert check_repair(problem) == pytest.approx([best] * 20)


@pytest.mark.parametrize("seed", range(30))
def test_packings_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    sets = [set(np.flatnonzero(rng.random(6) < 0.3).tolist()) for _ in range(rng.integers(0, 10))]
    weights = random_weights(rng, len(sets))
    best = heaviest_packing(sets, weights or [1] * len(sets))
    check_ground_states(lambda penalty: SetPacking(sets, weights, penalty=penalty), best)
    problem = SetPacking(sets, weights)
    check_bound(problem, best)
    check_encoding(problem, list(subsets(range(len(sets))))[::7])
    assert check_repair(problem) == pytest.approx([best] * 20)


def test_the_bound_is_needed():
    pair = IndependentSet([("a", "b")], {"a": 2, "b": 3})
    assert pair.penalty_bound() == 2
    both = IndependentSet([("a", "b")], {"a": 2, "b": 3}, penalty=1.99)
    assert [both.decode(s) for s in ground_states(both.to_ising())[1]] == [frozenset("ab")]
    tied = IndependentSet([("a", "b")], {"a": 2, "b": 3}, penalty=2)
    assert len(ground_states(tied.to_ising())[1]) == 2
    packing = SetPacking([[1], [1, 2], [2]], weights=[4, 3, 0.5])
    assert packing.penalty_bound() == 3


def test_the_printed_sum_over_all_pairs_fines_every_set():
    # Lucas's eq. 30 with i = j among the pairs: A max w is not worth any set
    sets, weights = [{1, 2}, {2, 3}, {4}], [3, 2, 1]
    ours = SetPacking(sets, weights)
    penalty = ours.penalty_bound() + 1.5
    builder = QuboBuilder(3)
    builder.add_linear(range(3), -np.array(weights))
    printed = [(i, j) for i in range(3) for j in range(3) if sets[i] & sets[j]]
    builder.add_pairs(*np.array(printed).T, penalty)
    assert [ours.decode(s) for s in ground_states(builder.build())[1]] == [frozenset()]
    ours = SetPacking(sets, weights, penalty=penalty)
    assert [ours.decode(s) for s in ground_states(ours.to_ising())[1]] == [frozenset({0, 2})]


def test_what_sets_mean():
    named = SetPacking({"red": [1, 2, 2], "green": (2, 3), "none": [], "gold": frozenset({2})})
    assert named.variables == ("red", "green", "none", "gold")
    assert named.num_spins == 4
    assert named.violations(["red", "green"]) == ["the sets 'red' and 'green' share the element 2"]
    assert named.violations(iter(["none", "gold"])) == []
    assert SetPacking([[1, 2], {2, 1}]).violations({0, 1}) == ["the sets 0 and 1 share the element 1 and 1 more"]
    assert SetPacking(np.array([[1, 2], [3, 4]])).objective({0, 1}) == 2
    assert SetPacking([[1], [2]], weights=2.5).objective({0, 1}) == 5.0
    assert SetPacking({"a": [1], "b": [1]}, weights={"b": 7, "a": 2}).repair({"a"}) == {"b"}
    nothing = SetPacking([])
    assert (nothing.num_spins, nothing.objective(()), nothing.objective_bound()) == (0, 0, 0)
    assert nothing.repair(()) == frozenset()


def test_weights_of_nodes():
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, {0: 1, 1: 5, 2: 1.5}, "value")
    assert IndependentSet(graph, "value").objective({0, 2}) == 2.5
    assert IndependentSet(graph).objective({0, 2}) == 2
    assert isinstance(IndependentSet(graph, {0: 1, 1: 5, 2: 2}).objective({0, 2}), int)
    assert IndependentSet(nx.empty_graph(3)).repair(()) == {0, 1, 2}
    assert IndependentSet(nx.path_graph(3), {0: -1, 1: 0, 2: -2}).repair({0, 2}) <= {1}


def test_answers_that_are_none():
    problem = IndependentSet([("a", "b")])
    for wrong in (None, 3, "ab", [["a"]], {"a": 1}):
        assert problem.violations(wrong) == ["the answer is not a set of nodes"]
        with pytest.raises(ValueError, match="answer: a set of nodes is needed"):
            problem.objective(wrong)
    assert problem.violations({"z"}) == ["'z' is not a node of the graph"]
    with pytest.raises(ValueError, match="answer: 'z' is not a node of the graph"):
        problem.encode({"z"})
    with pytest.raises(ValueError, match="answer: 5 is not a set of the family"):
        SetPacking([[1]]).objective([5])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sets": 3}, TypeError, "sets: a list of sets or a dict from name to set is needed, but it is a int"),
        ({"sets": "ab"}, TypeError, "sets: a list of sets"),
        ({"sets": ["ab"]}, TypeError, "sets: set 0 is 'ab', but a set, list or tuple of its elements is needed"),
        ({"sets": [1]}, TypeError, "sets: set 0 is 1, but a set"),
        ({"sets": [[[1]]]}, TypeError, "sets: set 0 has an element that is not hashable; use tuples"),
        ({"weights": [1]}, ValueError, "weights: 2 are needed, one for each set, but there are 1"),
        ({"weights": {0: 1}}, ValueError, "weights: the set 1 has no weight"),
        ({"weights": {0: 1, 1: 1, 2: 1}}, ValueError, "weights: 2 has a weight, but is not a set"),
        ({"weights": [1, float("nan")]}, ValueError, "weights: the set 1 has the weight nan; weights must be finite"),
        ({"weights": [True, 1]}, ValueError, "weights: the set 0 has the weight True, which is not a number"),
        ({"weights": "12"}, TypeError, "weights: a list of numbers or a dict is needed, but it is a str"),
        ({"weights": [2**52, 1]}, ValueError, r"weights: the absolute values add up to 4.5e\+15, beyond 2\*\*52"),
        ({"weights": [1e200, 1]}, ValueError, "weights: the absolute values add up to more than 1e150"),
        ({"penalty": -1}, ValueError, "penalty: must be 'auto' or a positive number"),
    ],
)
def test_bad_families_are_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        SetPacking(**{"sets": [[1], [2]], **arguments})


@pytest.mark.parametrize(
    ("graph", "weight", "message"),
    [
        (nx.path_graph(2), "value", "weight: the node 0 has no attribute 'value'; give every node one"),
        ([(0, 1)], "value", "weight: a list has no node attribute 'value'; pass a dict from node to weight"),
        ([(0, 1)], {0: 1}, "weights: the node 1 has no weight"),
        ([(0, 1)], {0: 1, 1: None}, "weights: the node 1 has the weight None, which is not a number"),
        (nx.DiGraph([(0, 1)]), None, "graph: an undirected graph is needed"),
    ],
)
def test_bad_graphs_are_refused_by_name(graph, weight, message):
    with pytest.raises(ValueError, match=message):
        IndependentSet(graph, weight)


def test_a_node_attribute_must_be_a_finite_number():
    graph = nx.path_graph(2)
    nx.set_node_attributes(graph, {0: 1.0, 1: float("inf")}, "value")
    with pytest.raises(ValueError, match="weight: the node 1 has the weight inf; weights must be finite"):
        IndependentSet(graph, "value")


def test_large_models_are_built_and_repaired_quickly():
    graph = nx.gnm_random_graph(20_000, 100_000, seed=1)
    problem = IndependentSet(graph)
    start = time.process_time()
    model = problem.to_ising()
    assert time.process_time() - start < 1.0  # 0.03 s by itself
    assert model.is_sparse and model.J.nnz == 200_000
    middling = IndependentSet(nx.gnp_random_graph(1000, 0.01, seed=1))
    start = time.process_time()
    repaired = middling.repair(range(0, 1000, 2))
    assert time.process_time() - start < 1.0
    assert middling.is_feasible(repaired)
    assert len(repaired) >= 305  # nodes one after another, as they come, give 260 to 280


def test_masks_and_repeats_are_not_taken_for_sets():
    problem = IndependentSet(nx.path_graph(4))
    assert problem.violations([0, 1, 0, 1])[:2] == [
        "the node 0 is given twice; a set holds it once",
        "the node 1 is given twice; a set holds it once",
    ]
    for mask in ([True, False, False, True], np.array([True, False, False, True])):
        assert not problem.is_feasible(mask)
        with pytest.raises(ValueError, match=r"answer: .*True.* is not a node of the graph"):
            problem.objective(mask)
    assert problem.is_feasible(np.array([0, 2])) and problem.is_feasible(range(0, 4, 2))
    assert IndependentSet([(True, False)]).is_feasible([True])  # where booleans are the nodes


def test_the_message_about_a_wrong_answer_is_one_line():
    for wrong in (np.array(3), (np.eye(2), np.zeros((3, 3)))):
        with pytest.raises(ValueError, match="answer: ") as refused:
            IndependentSet(nx.path_graph(4)).objective(wrong)
        assert "\n" not in str(refused.value)


def test_weights_of_nodes_in_a_list_are_refused_by_name():
    with pytest.raises(TypeError, match=r"weight: the name of a node attribute or a dict .* it is a list"):
        IndependentSet(nx.path_graph(2), [1, 2])
