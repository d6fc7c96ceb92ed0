"""The travelling salesman: lengths are energies, and the bounds hold on complete and on sparse graphs."""

import itertools

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.encoders.travelling_salesman import TravellingSalesman
from ising_problems.exact import ground_states
from ising_problems.io import read


def best_tours(distances):
    """Least length, and the tours from city 0 that have it, by looking at all; an infinite distance is no way."""
    n = len(distances)
    lengths = {}
    for rest in itertools.permutations(range(1, n)):
        tour = (0, *rest)
        lengths[tour] = sum(distances[u][v] for u, v in zip(tour, (*rest, 0), strict=True)) if n > 1 else 0
    best = min(lengths.values())
    return best, {tour for tour, length in lengths.items() if length == best}


def held_karp(distances):
    """Least length of a tour and a tour that has it, by M. Held and R. M. Karp's dynamic programme (1962)."""
    n = len(distances)
    cities = range(1, n)
    best = {(1 << c, c): (distances[0][c], 0) for c in cities}
    for size in range(2, n):
        for subset in itertools.combinations(cities, size):
            key = sum(1 << c for c in subset)
            for c in subset:
                rest = key & ~(1 << c)
                best[key, c] = min((best[rest, b][0] + distances[b][c], b) for b in subset if b != c)
    everyone = sum(1 << c for c in cities)
    length, last = min((best[everyone, c][0] + distances[c][0], c) for c in cities)
    tour, key = [], everyone
    while last:
        tour.append(last)
        key, last = key & ~(1 << last), best[key, last][1]
    return length, [0, *tour[::-1]]


def random_distances(seed, n):
    rng = np.random.default_rng(seed)
    distances = rng.integers(-9 if seed % 3 == 0 else 0, 10, (n, n))
    distances = distances * 0.7 if seed % 5 == 4 else distances
    return np.triu(distances, 1) + np.triu(distances, 1).T if seed % 2 else distances


def random_sparse(seed, n):
    """Cities on a ring, so that a tour exists, with ways across; directed for odd seeds."""
    rng = np.random.default_rng(seed)
    graph = nx.DiGraph() if seed % 2 else nx.Graph()
    order = rng.permutation(n).tolist()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(zip(order, order[1:] + order[:1], strict=True))
    graph.add_edges_from((u, v) for u in range(n) for v in range(n) if u != v and rng.random() < 0.25)
    lowest = -5 if seed % 3 == 0 else 0
    nx.set_edge_attributes(graph, {edge: int(rng.integers(lowest, 15)) for edge in graph.edges}, "weight")
    return graph


def check_ground_states(graph, distances, symmetry_breaking, tolerance=1e-9):
    n = len(distances)
    best, winners = best_tours(distances)
    bound = TravellingSalesman(graph).penalty_bound()
    for penalty in ("auto", bound * (1 + 1e-6) + 1e-6):
        problem = TravellingSalesman(graph, penalty=penalty, symmetry_breaking=symmetry_breaking)
        energy, states = ground_states(problem.to_ising())
        assert energy == pytest.approx(best, abs=1e-8)
        answers = [problem.decode(s) for s in states]
        assert all(problem.is_feasible(a) for a in answers)
        assert all(problem.objective(a) == pytest.approx(best, abs=tolerance) for a in answers)
        turned = {tuple(a[a.index(0) :] + a[: a.index(0)]) for a in answers}
        assert winners <= turned
        assert len(answers) == len(turned) * (1 if symmetry_breaking else n)
    assert problem.objective_bound() <= best
    assert problem.objective(problem.repair([None] * n)) == pytest.approx(best, abs=tolerance)


@pytest.mark.parametrize("seed", range(36))
def test_ground_states_of_complete_graphs_are_exactly_the_shortest_tours(seed):
    n = 1 + seed % 5
    distances = random_distances(seed, n)
    check_ground_states(distances, distances.tolist(), symmetry_breaking=True)
    if n <= 4:
        check_ground_states(distances, distances.tolist(), symmetry_breaking=False)


@pytest.mark.parametrize("seed", range(36))
def test_ground_states_of_sparse_graphs_are_exactly_the_shortest_tours(seed):
    n = 3 + seed % 3
    graph = random_sparse(seed, n)
    distances = [[graph.edges[u, v]["weight"] if graph.has_edge(u, v) else np.inf for v in graph] for u in graph]
    check_ground_states(graph, distances, symmetry_breaking=True)
    if n <= 4:
        check_ground_states(graph, distances, symmetry_breaking=False)


# There is no way between 1 and 2, and the only tour, 0 1 3 2, takes all three long ways.
DIAMOND = [(0, 1, 10), (0, 2, 10), (0, 3, 1), (1, 3, 1), (2, 3, 10)]


def printed_hamiltonian(problem, penalty, non_edge):
    """Lucas's eqs. 56 and 57 as printed, the first city at place 0, with weights of their own for missing ways."""
    n = len(problem.nodes)
    costs = np.where(np.isinf(problem.distances), non_edge, problem.distances)
    grid = np.arange((n - 1) ** 2).reshape(n - 1, n - 1)
    builder = QuboBuilder((n - 1) ** 2)
    for groups in (grid, grid.T):
        builder.add_square(groups, coefficients=-1, constant=1, weight=penalty)
    builder.add_linear(grid[:, 0], costs[0, 1:])
    builder.add_linear(grid[:, -1], costs[1:, 0])
    for u, v in itertools.permutations(range(1, n), 2):
        builder.add_pairs(grid[u - 1, :-1], grid[v - 1, 1:], costs[u, v])
    return builder.build()


@pytest.mark.parametrize(
    ("non_edge", "energy", "broken"),
    [
        (1.01 * 10, 22.1, "there is no way from"),  # A > max W for both, as eq. 57 has it
        (1.01 * 4 * 10, 22.2, "holds no city"),  # only missing ways raised to N max W, as footnote 11 has it
    ],
)
def test_the_printed_bound_fails_on_a_sparse_graph(non_edge, energy, broken):
    problem = TravellingSalesman(nx.Graph([(u, v, {"weight": w}) for u, v, w in DIAMOND]))
    best, _ = best_tours(problem.distances.tolist())
    assert best == 31
    lowest, states = ground_states(printed_hamiltonian(problem, 1.01 * 10, non_edge))
    assert lowest == pytest.approx(energy)
    assert lowest < best
    for spins in states:
        assert any(broken in sentence for sentence in problem.violations(problem.decode(spins)))
    raised = ground_states(printed_hamiltonian(problem, 1.01 * 40, 1.01 * 40))  # both: the specification's safe choice
    ours = ground_states(problem.with_penalty(problem.penalty_bound() * (1 + 1e-9)).to_ising())
    for lowest, states in (raised, ours):
        assert lowest == pytest.approx(31)
        assert all(problem.is_feasible(problem.decode(s)) for s in states)
    assert problem.penalty_bound() == 13.5  # missing ways cost twice that: 27, not 40


def test_half_of_the_bound_is_not_enough():
    # cities 1 and 2 are near each other and far from all else: it pays to leave one out
    distances = np.array([[0, 9, 9, 0], [9, 0, 9, 9], [9, 9, 0, 9], [0, 9, 9, 0]])
    bound = TravellingSalesman(distances).penalty_bound()
    below = TravellingSalesman(distances, penalty=bound / 2)
    _, states = ground_states(below.to_ising())
    assert not all(below.is_feasible(below.decode(s)) for s in states)


@pytest.mark.parametrize("seed", range(12))
def test_the_energy_of_an_encoded_tour_is_its_length(seed):
    n = 1 + seed % 9
    distances = random_distances(seed, n)
    problem = TravellingSalesman(distances, symmetry_breaking=bool(seed % 2))
    model = problem.to_ising()
    rng = np.random.default_rng(seed)
    for _ in range(5):
        tour = rng.permutation(n).tolist()
        length = sum(distances[u, v] for u, v in zip(tour, tour[1:] + tour[:1], strict=True)) if n > 1 else 0
        spins = problem.encode(tour)
        assert problem.objective(tour) == pytest.approx(length, abs=1e-9)
        assert model.energy(spins) == pytest.approx(problem.energy_of(problem.objective(tour)), abs=1e-9)
        again = problem.decode(spins)
        shift = again.index(tour[0])
        assert again[shift:] + again[:shift] == tour
        assert all(np.count_nonzero(spins[group] > 0) == 1 for group in problem.one_hot)
    assert problem.num_spins == (n - 1 if seed % 2 else n) ** 2


def test_integers_stay_integers():
    problem = TravellingSalesman([("a", "b", 3), ("b", "c", 4), ("c", "a", 5)])
    assert problem.objective(["b", "c", "a"]) == 12
    assert isinstance(problem.objective(["b", "c", "a"]), int)
    assert isinstance(problem.objective_bound(), int)
    assert problem.distances.dtype == np.int64


def test_zero_is_a_distance_in_a_matrix_and_no_way_in_a_sparse_one():
    distances = np.array([[7, 0, 2], [0, 7, 3], [2, 3, 7]])  # the diagonal is not read
    dense = TravellingSalesman(distances)
    assert dense.objective([0, 1, 2]) == 5
    assert dense.graph.edges[0, 1]["weight"] == 0
    assert dense.distances.tolist() == [[0, 0, 2], [0, 0, 3], [2, 3, 0]]
    np.fill_diagonal(distances, 0)
    sparse = TravellingSalesman(sp.csr_array(distances))
    assert sparse.violations([0, 1, 2]) == ["there is no way from 0 to 1"]
    assert np.isinf(sparse.distances[0, 1])
    assert sparse.objective([0, 1, 2]) == 5  # of the legs that are there
    assert sparse.objective_bound() is None  # three cities on a line have no tour


def test_all_forms_of_input_agree():
    distances = np.array([[0, 2, 9, 4], [5, 0, 1, 7], [3, 8, 0, 6], [2, 2, 2, 0]])
    graph = nx.DiGraph()
    for u, v in itertools.permutations(range(4), 2):
        graph.add_edge(u, v, weight=distances[u, v].item(), km=1)
    ordered = nx.DiGraph()
    ordered.add_nodes_from(range(4))
    ordered.add_edges_from(graph.edges(data=True))
    models = [TravellingSalesman(g).to_ising() for g in (distances, ordered, sp.coo_array(distances))]
    for model in models[1:]:
        np.testing.assert_array_equal(model.J, models[0].J)
        np.testing.assert_array_equal(model.h, models[0].h)
    assert TravellingSalesman(ordered, weight="km").objective([0, 1, 2, 3]) == 4
    assert TravellingSalesman(ordered, weight=None).objective([0, 1, 2, 3]) == 4
    assert TravellingSalesman(distances).graph.is_directed()
    assert not TravellingSalesman(distances + distances.T).graph.is_directed()


def test_one_and_two_cities():
    one = TravellingSalesman(np.zeros((1, 1)))
    assert (one.num_spins, one.decode([]), one.objective([0]), one.violations([0])) == (0, [0], 0, [])
    assert one.objective_bound() == 0
    two = TravellingSalesman([("a", "b", 3)])
    energy, states = ground_states(two.to_ising())
    assert energy == 6  # there and back
    assert [two.decode(s) for s in states] == [["a", "b"]]
    assert two.objective(["b", "a"]) == 6


def test_the_first_city_may_stand_again_at_the_end_of_a_tour():
    distances = random_distances(1, 5)
    problem = TravellingSalesman(distances)
    closed = [2, 0, 1, 4, 3, 2]
    assert problem.is_feasible(closed)
    assert problem.objective(closed) == problem.objective(closed[:-1])
    assert np.array_equal(problem.encode(closed), problem.encode(closed[:-1]))
    mended = problem.repair(closed)
    assert problem.objective(mended) <= problem.objective(closed)
    assert TravellingSalesman([("a", "b", 3)]).objective(["b", "a", "b"]) == 6


def test_violations_in_words_and_lengths_of_what_is_there():
    problem = TravellingSalesman([("a", "b", 1), ("b", "c", 2), ("c", "d", 3), ("d", "a", 4)])
    assert problem.violations(["a", "c", None, "b"]) == [
        "place 2 holds no city",
        "city 'd' is not visited",
        "there is no way from 'a' to 'c'",
    ]
    assert problem.objective(["a", "c", None, "b"]) == 1
    assert problem.objective([None] * 4) == 0
    assert problem.violations("abcd") == ["the answer is not a list of cities in order"]
    for wrong in (["a", "b", "c", "x"], None, 4):
        with pytest.raises(ValueError, match="answer: "):
            problem.objective(wrong)
    with pytest.raises(ValueError, match="answer: a list with each city once"):
        problem.encode(["a", "b", "c", "c"])


@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        (nx.Graph(), ValueError, "graph: at least one city is needed"),
        (np.empty((0, 0)), ValueError, "graph: at least one city is needed"),
        (nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(1)), ValueError, "city 3 cannot be reached from"),
        (
            nx.DiGraph([("a", "b"), ("b", "c"), ("c", "b")]),
            ValueError,
            "graph: the city 'b' has no way to the city 'a'",
        ),
        (nx.DiGraph([("b", "a"), ("a", "b"), ("c", "a")]), ValueError, "graph: the city 'c' cannot be reached from"),
        (nx.Graph([(0, 1), (1, 1)]), ValueError, "graph: the node 1 has an edge to itself"),
        (np.ones((2, 3)), ValueError, "graph: a matrix of distances must be square"),
        (np.array([[0, np.inf], [1, 0]]), ValueError, "graph: the distance from 0 to 1 is inf"),
        (np.array([[0, np.nan], [1, 0]]), ValueError, "graph: the distance from 0 to 1 is nan"),
        (np.array([[0, 2**60], [2**60, 0]]), ValueError, "graph: the distance from 0 to 1 is 1152921504606846976"),
        (np.full((3, 3), 2**51), ValueError, "weight: lengths of tours"),
        (np.full((3, 3), 1e300), ValueError, "weight: the distances add up"),
        (np.array([["a", "b"], ["c", "d"]]), ValueError, "graph: "),
        (nx.Graph([(0, 1, {"weight": "far"})]), ValueError, "weight: "),
        ("abc", TypeError, "graph: "),
        (3, TypeError, "graph: "),
    ],
)
def test_bad_input_is_refused(graph, error, message):
    with pytest.raises(error, match=message):
        TravellingSalesman(graph)


def test_a_matrix_of_the_user_is_not_ours_to_share():
    distances = np.ones((3, 3))
    problem = TravellingSalesman(distances)
    distances[0, 1] = 5
    assert problem.objective([0, 1, 2]) == 3
    with pytest.raises(ValueError, match="read-only"):
        problem.distances[0, 1] = 5


@pytest.mark.parametrize("seed", range(10))
def test_repair_mends_tears_and_never_makes_worse(seed):
    distances = random_distances(seed, 9)
    problem = TravellingSalesman(distances)
    rng = np.random.default_rng(seed)
    tour = rng.permutation(9).tolist()
    mended = problem.repair(tour)
    assert problem.is_feasible(mended)
    assert problem.objective(mended) <= problem.objective(tour)
    assert problem.repair(mended) == mended
    torn = tour.copy()
    torn[3], torn[5] = None, torn[0]
    assert problem.is_feasible(problem.repair(torn))


def test_repair_keeps_to_the_ways_that_exist():
    graph = nx.dodecahedral_graph()
    nx.set_edge_attributes(graph, {e: 1 + i % 7 for i, e in enumerate(graph.edges)}, "weight")
    problem = TravellingSalesman(graph)
    for seed in range(5):
        answer = problem.decode(np.random.default_rng(seed).choice([-1, 1], problem.num_spins), repair=True)
        assert problem.violations(answer) == []
        assert problem.objective_bound() <= problem.objective(answer)


@pytest.mark.parametrize(
    ("name", "cities", "published"), [("burma14.tsp", 14, 3323), ("gr17.tsp", 17, 2085), ("br17.atsp", 17, 39)]
)
def test_published_instances(instance, name, cities, published):
    problem = read(instance(name), problem=TravellingSalesman)
    assert isinstance(problem, TravellingSalesman)
    assert problem.num_spins == (cities - 1) ** 2
    assert problem.objective_bound() <= published
    found = []
    for seed in range(30):
        spins = np.random.default_rng(seed).choice([-1, 1], problem.num_spins)
        answer = problem.decode(spins, repair=True)
        assert problem.is_feasible(answer)
        found.append(problem.objective(answer))
        if found[-1] == published:
            best = answer
    assert min(found) == published
    assert problem.to_ising().energy(problem.encode(best)) == published
    assert found.count(published) >= 25
    if cities <= 14:
        length, order = held_karp(problem.distances.tolist())
        assert length == published
        tour = [problem.nodes[i] for i in order]
        assert problem.objective(tour) == published
        assert problem.to_ising().energy(problem.encode(tour)) == published


def test_a_matrix_may_be_nested_lists():
    problem = TravellingSalesman([[0, 1, 2], [3, 0, 1], [2, 1, 0]])
    assert problem.objective([0, 1, 2]) == 1 + 1 + 2
    assert problem.objective([0, 2, 1]) == 2 + 1 + 3
    assert TravellingSalesman([[0, 5], [4, 0]]).objective([0, 1]) == 9
