"""One battery that every problem class passes: a new class adds a row to ``CASES``."""

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pytest

import ising_problems.encoders
from ising_problems.encoders.assignment import QuadraticAssignment
from ising_problems.encoders.chromatic import ChromaticNumber
from ising_problems.encoders.clique_cover import CliqueCover
from ising_problems.encoders.cliques import CliqueOfSize, MaximumClique
from ising_problems.encoders.colouring import GraphColoring
from ising_problems.encoders.covering import SetCover, VertexCover
from ising_problems.encoders.cuts import MaxCut
from ising_problems.encoders.exact_cover import ExactCover
from ising_problems.encoders.feedback_arcs import FeedbackArcSet
from ising_problems.encoders.feedback_vertices import DirectedFeedbackVertexSet, UndirectedFeedbackVertexSet
from ising_problems.encoders.graph_partitioning import GraphPartitioning
from ising_problems.encoders.hitting import HittingSet
from ising_problems.encoders.isomorphism import GraphIsomorphism, SubgraphIsomorphism
from ising_problems.encoders.job_sequencing import JobSequencing
from ising_problems.encoders.knapsack import Knapsack, SubsetSum
from ising_problems.encoders.linear_programs import BinaryLinearProgram
from ising_problems.encoders.matching import MinimalMaximalMatching
from ising_problems.encoders.packing import IndependentSet, SetPacking
from ising_problems.encoders.partitioning import NumberPartitioning
from ising_problems.encoders.satisfiability import MaxSatisfiability, Satisfiability
from ising_problems.encoders.scheduling import MakespanScheduling
from ising_problems.encoders.spanning_trees import DegreeConstrainedSpanningTree
from ising_problems.encoders.steiner import SteinerTree
from ising_problems.encoders.three_dimensional_matching import ThreeDimensionalMatching
from ising_problems.encoders.tours import HamiltonianCycle, HamiltonianPath
from ising_problems.encoders.travelling_salesman import TravellingSalesman
from ising_problems.exact import ground_states
from ising_problems.polynomials import Polynomial
from ising_problems.problem import Problem


@dataclass(frozen=True)
class Case:
    """A problem of at most 20 spins, the value of its best answer found by hand, and a feasible answer."""

    build: Callable[[], Problem]
    best: float
    answer: Any


CASES = {
    "max cut": Case(lambda: MaxCut(nx.petersen_graph()), 12, ({0, 1, 2, 3, 4}, {5, 6, 7, 8, 9})),
    "max cut, weights and an isolated node": Case(
        lambda: MaxCut(np.array([[0, 2, -1, 0], [2, 0, 0.5, 0], [-1, 0.5, 0, 0], [0, 0, 0, 0]])),
        2.5,
        ({1}, {0, 2, 3}),
    ),
    "max cut, no edges": Case(lambda: MaxCut(nx.Graph()), 0, ((), ())),
    "graph colouring": Case(
        lambda: GraphColoring(nx.cycle_graph(["a", "b", "c", "d", "e"]), 3),
        0,
        {"a": 0, "b": 1, "c": 0, "d": 1, "e": 2},
    ),
    "graph colouring, symmetry kept, soft penalty": Case(
        lambda: GraphColoring(nx.cycle_graph(5), 3, symmetry_breaking=False, penalty=0.5),
        0,
        {0: 0, 1: 1, 2: 0, 3: 1, 4: 2},
    ),
    "graph colouring, every node fixed": Case(lambda: GraphColoring(nx.complete_graph(3), 4), 0, {0: 3, 1: 1, 2: 0}),
    "independent set": Case(lambda: IndependentSet(nx.petersen_graph()), 4, {0, 2}),
    "independent set, weights": Case(
        lambda: IndependentSet(nx.path_graph(["a", "b", "c", "d"]), {"a": 1, "b": 2.5, "c": -1, "d": 0}),
        2.5,
        {"a", "d"},
    ),
    "independent set, no nodes": Case(lambda: IndependentSet(nx.Graph()), 0, ()),
    "set packing": Case(
        lambda: SetPacking({"red": [1, 2], "green": [2, 3], "blue": [3, 4], "none": []}, [2, 5, 2, 1]),
        6,
        ["red", "none"],
    ),
    "set packing, no sets": Case(lambda: SetPacking([]), 0, ()),
    "maximum clique": Case(lambda: MaximumClique(nx.diamond_graph()), 3, {0, 1}),
    "maximum clique, no edges": Case(lambda: MaximumClique(nx.empty_graph(3)), 1, {2}),
    "clique of size 3": Case(lambda: CliqueOfSize(nx.wheel_graph(6), 3), 0, {0, 1, 2}),
    "clique of size 3, soft penalty": Case(lambda: CliqueOfSize(nx.diamond_graph(), 3, penalty=3.5), 0, {1, 2, 3}),
    "vertex cover": Case(lambda: VertexCover(nx.petersen_graph()), 6, set(range(10)) - {0, 2}),
    "vertex cover, weights and an isolated node": Case(
        lambda: VertexCover(
            np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]), {0: 9, 1: 3, 2: 1.5, 3: 2}
        ),
        3,
        {0, 2},
    ),
    "set cover": Case(lambda: SetCover([[1, 2, 3], [2, 4], [3, 4], [1, 3], []]), 2, {0, 1, 2}),
    "set cover, weights": Case(
        lambda: SetCover({"x": [1, 2], "y": [1], "z": [2]}, weights={"x": 5, "y": 2, "z": 2}), 4, {"x"}
    ),
    "set cover, nothing to cover": Case(lambda: SetCover([], []), 0, ()),
    "hitting set": Case(lambda: HittingSet([["a", "b"], ["b", "c", "d"], ["d", "e"]]), 2, {"a", "c", "e"}),
    "hitting set, exactly once": Case(
        lambda: HittingSet([["a", "b"], ["b", "c", "d"], ["d", "e"]], exact=True), 0, {"b", "e"}
    ),
    "exact cover": Case(lambda: ExactCover([[1, 2], [2, 3], [3, 4], [1, 4], [5]]), 0, {0, 2, 4}),
    "exact cover, weights": Case(
        lambda: ExactCover([[1, 2], [2, 3], [3, 4], [1, 4]], weights=[1, 2, 2.5, 1]), 3, {0, 2}
    ),
    "three-dimensional matching": Case(
        lambda: ThreeDimensionalMatching([(1, "a", "x"), (2, "b", "y"), (2, "a", "y"), (1, "b", "y")], penalty=0.5),
        0,
        {(1, "a", "x"), (2, "b", "y")},
    ),
    "minimal maximal matching": Case(
        lambda: MinimalMaximalMatching(nx.petersen_graph()), 3, [(0, 1), (2, 3), (5, 7), (6, 8), (4, 9)]
    ),
    "minimal maximal matching, no edges": Case(lambda: MinimalMaximalMatching(nx.empty_graph(2)), 0, ()),
    "Hamiltonian cycle": Case(
        lambda: HamiltonianCycle(nx.wheel_graph(["hub", "a", "b", "c", "d"])), 0, ["b", "hub", "c", "d", "a"]
    ),
    "Hamiltonian cycle, directed, every rotation, soft penalty": Case(
        lambda: HamiltonianCycle(
            nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]), symmetry_breaking=False, penalty=0.5
        ),
        0,
        [2, 3, 0, 1],
    ),
    "Hamiltonian cycle, one node": Case(lambda: HamiltonianCycle(nx.empty_graph(1)), 0, [0]),
    "Hamiltonian path": Case(lambda: HamiltonianPath([("b", "a"), ("a", "c"), ("c", "d")]), 0, ["d", "c", "a", "b"]),
    "Hamiltonian path, directed": Case(lambda: HamiltonianPath(nx.DiGraph([(2, 1), (1, 0), (3, 2)])), 0, [3, 2, 1, 0]),
    "travelling salesman": Case(
        lambda: TravellingSalesman(np.array([[0, 1, 9, 2], [1, 0, 3, 9], [9, 3, 0, 4], [2, 9, 4, 0]])), 10, [0, 2, 1, 3]
    ),
    "travelling salesman, sparse": Case(
        lambda: TravellingSalesman([(0, 1, 10), (0, 2, 10), (0, 3, 1), (1, 3, 1), (2, 3, 10)]), 31, [1, 3, 2, 0]
    ),
    "travelling salesman, directed, negative distances, every rotation": Case(
        lambda: TravellingSalesman(np.array([[0, -2.5, 4], [1, 0, -1], [3, 6, 0]]), symmetry_breaking=False),
        -0.5,
        [0, 2, 1],
    ),
    "travelling salesman, two cities": Case(lambda: TravellingSalesman([("a", "b", 3)]), 6, ["b", "a"]),
    "quadratic assignment": Case(
        lambda: QuadraticAssignment([[0, 3, 0], [3, 0, 1], [0, 1, 0]], [[0, 1, 2], [1, 0, 1], [2, 1, 0]]), 8, [1, 0, 2]
    ),
    "quadratic assignment, costs, signs and diagonals": Case(
        lambda: QuadraticAssignment([[1, -2], [0, 2]], [[3, 1], [-1, 0]], [[0, 4], [0, 0]]), 1, [1, 0]
    ),
    "quadratic assignment, domain walls": Case(
        lambda: QuadraticAssignment(
            [[0, 3, 0], [3, 0, 1], [0, 1, 0]], [[0, 1, 2], [1, 0, 1], [2, 1, 0]], encoding="domain_wall"
        ),
        8,
        [1, 0, 2],
    ),
    "graph isomorphism": Case(
        lambda: GraphIsomorphism(nx.path_graph(4), [("b", "a"), ("a", "d"), ("d", "c")]),
        0,
        {0: "b", 1: "a", 2: "d", 3: "c"},
    ),
    "graph isomorphism, directed, soft penalty": Case(
        lambda: GraphIsomorphism(nx.cycle_graph(4, nx.DiGraph), nx.cycle_graph("abcd", nx.DiGraph), penalty=0.5),
        0,
        dict(enumerate("bcda")),
    ),
    "graph isomorphism, nothing": Case(lambda: GraphIsomorphism(nx.Graph(), nx.Graph()), 0, {}),
    "subgraph isomorphism": Case(
        lambda: SubgraphIsomorphism(nx.cycle_graph(3), nx.house_graph()), 0, {0: 2, 1: 3, 2: 4}
    ),
    "subgraph isomorphism, induced": Case(
        lambda: SubgraphIsomorphism(nx.path_graph(3), nx.house_graph(), induced=True), 0, {0: 0, 1: 1, 2: 3}
    ),
    "degree-constrained spanning tree": Case(
        lambda: DegreeConstrainedSpanningTree([("a", "b", 1), ("a", "c", 1), ("a", "d", 1), ("c", "d", 3)], 2),
        5,
        frozenset([("a", "b"), ("a", "c"), ("c", "d")]),
    ),
    "degree-constrained spanning tree, room to spare": Case(
        lambda: DegreeConstrainedSpanningTree([(0, 1), (0, 2), (0, 3), (0, 4), (3, 4, 0.5)], 3),
        3.5,
        [(1, 0), (2, 0), (4, 0), (4, 3)],
    ),
    "Steiner tree": Case(
        lambda: SteinerTree(
            [("x", "a", 1), ("x", "b", 1), ("x", "c", 1), ("a", "b", 2), ("b", "c", 2)], ["a", "b", "c"]
        ),
        3,
        {("a", "b"), ("b", "c")},
    ),
    "Steiner tree, a path and idle nodes": Case(
        lambda: SteinerTree(nx.disjoint_union(nx.path_graph(4), nx.path_graph(2)), (0, 3)), 3, {(0, 1), (1, 2), (2, 3)}
    ),
    "Steiner tree, one terminal": Case(lambda: SteinerTree(nx.path_graph(3), [1]), 0, ()),
    "directed feedback vertex set": Case(
        lambda: DirectedFeedbackVertexSet([(0, 1), (1, 2), (2, 0), (2, 3), (3, 2), (3, 4)]), 1, {0, 3}
    ),
    "undirected feedback vertex set": Case(
        lambda: UndirectedFeedbackVertexSet([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]), 1, {"a", "d"}
    ),
    "feedback arc set": Case(
        lambda: FeedbackArcSet([("a", "b", 2), ("b", "a", 1), ("b", "c", 1), ("c", "b", 3), ("c", "d", 1)], "weight"),
        2,
        {("b", "a"), ("b", "c")},
    ),
    "feedback arc set, every arc both ways": Case(
        lambda: FeedbackArcSet(nx.complete_graph(4)), 6, {(u, v) for u in range(4) for v in range(u)}
    ),
    "satisfiability": Case(
        lambda: Satisfiability([[1, 2, -3], [-1, 3], [2, 3], [-2]]), 0, {1: True, 2: False, 3: True}
    ),
    "satisfiability, longer clauses and no clause at all": Case(
        lambda: Satisfiability([[1, 2, 3, 4, 5], [-1, -2, -3, -4], [2, -2]], 6), 0, [1, -2, 3, -4, 5, -6]
    ),
    "satisfiability by an independent set": Case(
        lambda: Satisfiability([[1, 2, -3], [-1, 3], [2, 3], [-2]], method="mis"), 0, [1, -2, 3]
    ),
    "satisfiability, nothing": Case(lambda: Satisfiability([]), 0, {}),
    "weighted satisfiability": Case(lambda: MaxSatisfiability([[1], [-1], [1, 2]], [3, 1, 2.5]), 1, [1, -2]),
    "weighted satisfiability, hard clauses": Case(
        lambda: MaxSatisfiability([[1], [2], [3, -1]], [2, 3, 1], hard=[[-1, -2]], method="mis"), 2, [-1, 2, 3]
    ),
    "number partitioning": Case(lambda: NumberPartitioning([4, 5, 6, 7, 8]), 0, ([4, 8], [5, 6, 7])),
    "number partitioning, symmetry kept": Case(
        lambda: NumberPartitioning([4, 5, 6, 7, 8], symmetry_breaking=False), 0, ([4, 8], [5, 6, 7])
    ),
    "number partitioning, repeated and negative": Case(
        lambda: NumberPartitioning([3, 3, -1, 1, 0.5]), 0.5, ([3, 3, 0.5], [-1, 1])
    ),
    "number partitioning, nothing": Case(lambda: NumberPartitioning([]), 0, ([], [])),
    "graph partitioning": Case(lambda: GraphPartitioning(nx.cycle_graph(8)), 2, ({0, 2, 4, 6}, {1, 3, 5, 7})),
    "graph partitioning, odd, weighted": Case(
        lambda: GraphPartitioning([("a", "b", 3), ("b", "c", -2), ("c", "d", 1), ("d", "e", 4), ("e", "a", 1)]),
        -1,
        ({"a", "b"}, {"c", "d", "e"}),
    ),
    "knapsack": Case(lambda: Knapsack([10, 40, 30, 50], [5, 4, 6, 3], 10), 90, {0, 3}),
    "knapsack, zero weights and negative values": Case(lambda: Knapsack([3, 2.5, -1, 4], [0, 20, 10, 30], 40), 7, {1}),
    "knapsack, nothing fits": Case(lambda: Knapsack([1, 2], [3, 4], 2), 0, ()),
    "subset sum": Case(lambda: SubsetSum([3, 5, 8, 13, -4], 14), 0, {1, 2}),
    "subset sum, out of reach": Case(lambda: SubsetSum([2, 4, 6], 15), 3, {0}),
    "binary linear program": Case(
        lambda: BinaryLinearProgram([3, 2, 2, 1], [[1, 1, 1, 0]], [2], [[2, 1, 0, 1]], [2]), 5, (0, 1, 1, 0)
    ),
    "binary linear program, minimised": Case(
        lambda: BinaryLinearProgram([3, 2.5, 4], A_ub=[[-1, -1, 0], [0, -1, -1]], b_ub=[-1, -1], sense="minimize"),
        2.5,
        (1, 0, 1),
    ),
    "makespan": Case(lambda: MakespanScheduling([3, 2, 2, 1, 1], 2), 5, {0: 0, 1: 0, 2: 1, 3: 1, 4: 1}),
    "makespan, three machines": Case(lambda: MakespanScheduling([2, 2, 1], 3), 2, {0: 0, 1: 2, 2: 1}),
    "job sequencing": Case(lambda: JobSequencing([2, 1, 2, 3], [2, 2, 4, 5], [3, 5, 4, 6]), 7, [3, 2, 1, 0]),
    "job sequencing, nothing binds": Case(lambda: JobSequencing([1, 2], [1, 3], [5, 5]), 0, [1, 0]),
    "polynomial in spins": Case(
        lambda: Polynomial({("a", "b", "c"): 1, ("a", "b"): -2, ("d",): 1, (): 3}, "spin"),
        -1,
        dict.fromkeys("abcd", -1),
    ),
    "polynomial in bits": Case(
        lambda: Polynomial({(0, 1, 2, 3): 2, (0, 1, 2): -3, (3, 4): -1.5}, "binary"), -3, {0: 1, 1: 1, 2: 1, 3: 0, 4: 0}
    ),
    "chromatic number": Case(lambda: ChromaticNumber(nx.cycle_graph(5)), 3, {0: 0, 1: 1, 2: 0, 3: 1, 4: 2}),
    "chromatic number, symmetry kept": Case(
        lambda: ChromaticNumber(nx.path_graph(4), 3, symmetry_breaking=False), 2, {0: 0, 1: 2, 2: 0, 3: 1}
    ),
    "chromatic number, no nodes": Case(lambda: ChromaticNumber(nx.Graph()), 0, {}),
    "clique cover": Case(lambda: CliqueCover(nx.path_graph(4), 2), 0, {0: 0, 1: 0, 2: 1, 3: 1}),
    "clique cover, domain wall": Case(
        lambda: CliqueCover(nx.cycle_graph(6), 3, encoding="domain_wall"), 0, {0: 0, 1: 0, 2: 1, 3: 1, 4: 2, 5: 2}
    ),
    "graph colouring, domain wall": Case(
        lambda: GraphColoring(nx.cycle_graph(5), 3, encoding="domain_wall"), 0, {0: 0, 1: 1, 2: 0, 3: 1, 4: 2}
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


def random_spins(problem, count=50):
    return np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int8), (count, problem.num_spins))


def same_model(one, other):
    def dense(model):
        return model.J.toarray() if model.is_sparse else model.J

    return (
        np.array_equal(dense(one), dense(other))
        and np.array_equal(one.h, other.h)
        and one.offset == other.offset
        and list(one.labels) == list(other.labels)
    )


def test_every_problem_class_has_a_row_and_is_exported():
    modules = [importlib.import_module("ising_problems.polynomials")]
    for info in pkgutil.iter_modules(ising_problems.encoders.__path__):
        modules.append(importlib.import_module(f"ising_problems.encoders.{info.name}"))
    defined = {
        found
        for module in modules
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Problem) and not inspect.isabstract(found) and found.__module__ == module.__name__
    }
    exported = {getattr(ising_problems, name) for name in ising_problems.__all__}
    assert defined
    assert defined <= exported
    assert defined == {type(case.build()) for case in CASES.values()}


def test_spins_and_labels_agree(case):
    problem = case.build()
    model = problem.to_ising()
    assert model.num_spins == problem.num_spins == len(problem.variables)
    assert list(model.labels) == list(problem.variables)
    assert problem.num_spins <= 20, "keep the battery fast"


def test_every_ground_state_is_feasible_and_best(case):
    problem = case.build()
    _, states = ground_states(problem.to_ising())
    for spins in states:
        answer = problem.decode(spins)
        assert problem.violations(answer) == []
        assert problem.is_feasible(answer)
        assert problem.objective(answer) == case.best


def test_the_given_answer_is_feasible_and_no_better_than_the_best(case):
    problem = case.build()
    assert problem.violations(case.answer) == []
    assert not problem.is_better(problem.objective(case.answer), case.best)


def test_a_feasible_answer_survives_encoding(case):
    problem = case.build()
    spins = problem.encode(case.answer)
    assert spins.shape == (problem.num_spins,)
    assert spins.dtype == np.int8
    assert set(spins.tolist()) <= {-1, 1}
    again = problem.decode(spins)
    assert problem.is_feasible(again)
    assert problem.objective(again) == problem.objective(case.answer)
    np.testing.assert_array_equal(problem.encode(again), spins)


def test_a_better_feasible_answer_has_a_lower_energy(case):
    problem = case.build()
    model = problem.to_ising()
    answers = [problem.decode(s) for s in ground_states(model)[1][:1]] + [
        problem.decode(s) for s in random_spins(problem)
    ]
    feasible = [answer for answer in [*answers, case.answer] if problem.is_feasible(answer)]
    for one in feasible:
        for other in feasible:
            if problem.is_better(problem.objective(one), problem.objective(other)):
                assert model.energy(problem.encode(one)) < model.energy(problem.encode(other))


def test_the_energy_of_an_encoded_answer_is_the_stated_function_of_its_objective(case):
    problem = case.build()
    model = problem.to_ising()
    answers = [case.answer, *(problem.repair(problem.decode(s)) for s in random_spins(problem))]
    feasible = [answer for answer in answers if problem.is_feasible(answer)]
    assert feasible
    for answer in feasible:
        energy = problem.energy_of(problem.objective(answer))
        assert model.energy(problem.encode(answer)) == pytest.approx(energy, abs=1e-9)
    lowest, _ = ground_states(model)
    assert lowest == pytest.approx(problem.energy_of(case.best), abs=1e-9)


def test_repair_is_deterministic_and_never_makes_worse(case):
    problem = case.build()
    for spins in random_spins(problem):
        answer = problem.decode(spins)
        before = copy.deepcopy(answer)
        repaired = problem.repair(answer)
        assert answer == before
        assert repaired == problem.repair(answer) == problem.decode(spins, repair=True)
        assert isinstance(problem.violations(repaired), list)
        if problem.is_feasible(answer):
            assert problem.is_feasible(repaired)
            assert not problem.is_better(problem.objective(answer), problem.objective(repaired))
    best = problem.decode(ground_states(problem.to_ising())[1][0])
    assert problem.objective(problem.repair(best)) == case.best


def test_the_penalty_that_is_asked_for_reaches_the_model_of_every_class():
    constrained = {type(case.build()) for case in CASES.values() if "penalty" in vars(case.build())}
    changed = set()
    for case in CASES.values():
        problem = case.build()
        if "penalty" in vars(problem):
            low, high = problem.with_penalty(2.75), problem.with_penalty(19.5)
            if not same_model(low.to_ising(), high.to_ising()):
                changed.add(type(problem))
    assert changed == constrained


def test_the_form_to_search_in_has_the_same_answers(case):
    problem = case.build()
    form = problem.search_form()
    assert type(form) is type(problem)
    assert form.search_form() is form
    answer = form.repair(case.answer)
    assert form.violations(answer) == problem.violations(answer)
    assert form.objective(answer) == problem.objective(answer)
    assert problem.is_feasible(problem.decode(problem.encode(problem.repair(answer))))


def test_no_answer_beats_the_bound(case):
    problem = case.build()
    bound = problem.objective_bound()
    if bound is not None:
        assert not problem.is_better(case.best, bound)


def test_groups_hold_exactly_one_in_every_feasible_answer(case):
    problem = case.build()
    answers = [case.answer, *(problem.repair(problem.decode(s)) for s in random_spins(problem))]
    for answer in answers:
        if problem.is_feasible(answer):
            spins = problem.encode(answer)
            for group in problem.one_hot:
                assert np.count_nonzero(spins[group] > 0) == 1
    for _, spins in zip(range(3), ground_states(problem.to_ising())[1], strict=False):
        if problem.is_feasible(problem.decode(spins)):
            for group in problem.one_hot:
                assert np.count_nonzero(spins[group] > 0) == 1


def test_another_penalty_is_another_problem(case):
    problem = case.build()
    if "penalty" not in vars(problem):
        with pytest.raises(ValueError, match="penalty: "):
            problem.with_penalty(3.0)
        return
    before = problem.to_ising()
    other = problem.with_penalty(7.5)
    assert other.penalty == 7.5
    assert problem.penalty != 7.5
    assert same_model(problem.to_ising(), before)
    assert other.objective(case.answer) == problem.objective(case.answer)
    for wrong in (0, -1, "high", np.nan, None, True):
        with pytest.raises(ValueError, match="penalty: "):
            problem.with_penalty(wrong)


def test_any_spins_decode_and_are_judged(case):
    problem = case.build()
    for spins in random_spins(problem):
        before = spins.copy()
        answer = problem.decode(spins)
        np.testing.assert_array_equal(spins, before)
        violations = problem.violations(answer)
        assert all(isinstance(sentence, str) and "\n" not in sentence for sentence in violations)
        assert problem.is_feasible(answer) == (not violations)
        assert np.isfinite(problem.objective(answer))
        line = problem.describe(answer)
        assert "\n" not in line
        assert line.startswith(problem.objective_name)
        assert ("infeasible" in line) == bool(violations)


def test_decode_takes_lists_and_floats_and_refuses_the_rest(case):
    problem = case.build()
    n = problem.num_spins
    spins = random_spins(problem, 1)[0]
    assert problem.decode(spins.tolist()) == problem.decode(spins.astype(float)) == problem.decode(spins)
    for wrong in (np.ones(n + 1), np.ones((2, n)), np.array(1), np.full(n + 2, 0.5)):
        with pytest.raises(ValueError, match="spins: "):
            problem.decode(wrong)
    if n:
        for wrong in (np.zeros(n), np.full(n, 2), np.full(n, np.nan), np.full(n, "+")):
            with pytest.raises(ValueError, match="spins: entries must be -1 or"):
                problem.decode(wrong)


def test_malformed_answers_are_refused_and_never_feasible(case):
    problem = case.build()
    for answer in (None, 3, object()):
        assert not problem.is_feasible(answer)
        with pytest.raises(ValueError, match="answer: "):
            problem.encode(answer)
        with pytest.raises(ValueError, match="answer: "):
            problem.objective(answer)


def test_problems_do_not_change(case):
    problem = case.build()
    for name in [*vars(problem), "penalty", "anything"]:
        with pytest.raises(AttributeError):
            setattr(problem, name, 1)
    if vars(problem):
        with pytest.raises(AttributeError):
            delattr(problem, next(iter(vars(problem))))
    first = problem.to_ising()
    problem.decode(random_spins(problem, 1)[0])
    assert same_model(first, problem.to_ising())
    assert same_model(first, case.build().to_ising())


def test_problems_can_be_sent_to_another_process(case):
    problem = case.build()
    copy = pickle.loads(pickle.dumps(problem))
    assert same_model(copy.to_ising(), problem.to_ising())
    assert copy.objective(case.answer) == problem.objective(case.answer)


def test_what_a_problem_says_of_itself(case):
    problem = case.build()
    assert problem.sense in ("minimize", "maximize")
    assert problem.objective_name
    assert problem.penalty_bound() >= 0
    assert repr(problem).startswith(type(problem).__name__ + "(")
    assert "\n" not in repr(problem)
    assert type(problem).__doc__
    for text in (problem.statement, problem.spin_count, problem.source):
        assert text
        assert "\n" not in text
