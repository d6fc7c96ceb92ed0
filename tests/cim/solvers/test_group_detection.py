"""One-hot groups found in bare models, and the search beside the other that goes by them."""

import networkx as nx
import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.solvers import find, group_detection
from cim.solvers.base import Budget
from cim.solvers.group_detection import detect_groups
from cim.solvers.portfolio import Portfolio
from cim.solvers.side_by_side import SideBySide
from ising_problems.encoders.builder import QuboBuilder


def _tours(n: int, seed: int, penalty: float) -> tuple[ip.IsingModel, list[np.ndarray], np.ndarray]:
    """Round trips of n + 1 points in the plane, the last of which is where they begin."""
    points = np.random.default_rng(seed).random((n + 1, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    spins = np.arange(n * n).reshape(n, n)  # point i is the k-th
    builder = QuboBuilder(n * n)
    builder.add_square(np.concatenate([spins, spins.T]), coefficients=-1, constant=1, weight=penalty)
    first, second = np.nonzero(~np.eye(n, dtype=bool))
    for k in range(n - 1):
        builder.add_pairs(spins[first, k], spins[second, k + 1], distances[first, second])
    builder.add_linear(spins[:, [0, -1]], distances[:-1, [-1]])
    return builder.build(), [*spins, *spins.T], distances


@pytest.mark.parametrize("scale", [1.0, 1e-9, 3e9])
def test_rows_and_columns_of_a_tour_are_found(scale: float) -> None:
    model, groups, _ = _tours(9, seed=0, penalty=3.0)
    found = detect_groups(ip.IsingModel(scale * model.J, scale * model.h))
    assert sorted(map(tuple, found)) == sorted(map(tuple, groups))


def test_colours_of_nodes_are_found_without_the_ones_given_beforehand() -> None:
    problem = ip.GraphColoring(nx.gnm_random_graph(40, 90, seed=0), 4)
    found = detect_groups(problem.to_ising())
    assert sorted(map(tuple, found)) == [tuple(group) for group in problem.one_hot]


def _pairs_excluded(pairs: np.ndarray, rewards: np.ndarray, penalty: float) -> ip.IsingModel:
    builder = QuboBuilder(len(rewards))
    builder.add_pairs(pairs[:, 0], pairs[:, 1], penalty)
    builder.add_linear(np.arange(len(rewards)), -rewards)
    return builder.build()


def test_what_is_not_one_hot_is_not_taken_for_it() -> None:
    graph = nx.gnm_random_graph(30, 120, seed=1)
    independent = _pairs_excluded(np.array(graph.edges), np.ones(30), 2.0)
    assert detect_groups(independent) == ()  # strongest couplings that are no cliques
    line = nx.convert_node_labels_to_integers(nx.line_graph(graph))
    matching = _pairs_excluded(np.array(line.edges), np.ones(120), 2.0)
    assert detect_groups(matching) == ()  # cliques of which one at most is chosen: the linear terms tell
    assert detect_groups(ip.sherrington_kirkpatrick(40, seed=0)) == ()
    assert detect_groups(ip.IsingModel(np.ones((5, 5)) - np.eye(5), np.full(5, 9.0))) == ()  # nothing is repelled


def test_large_models_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    model, groups, _ = _tours(6, seed=0, penalty=3.0)
    assert len(detect_groups(model)) == len(groups) == 12
    monkeypatch.setattr(group_detection, "_MOST_GROUPS", 11)
    assert detect_groups(model) == ()
    monkeypatch.setattr(group_detection, "_MOST_GROUPS", 12)
    monkeypatch.setattr(group_detection, "_LARGEST", 35)
    assert detect_groups(model) == ()


def test_a_bare_model_of_tours_is_solved_with_exchanges() -> None:
    model, _, distances = _tours(8, seed=2, penalty=3.0)
    solution = cim.solve(model, steps=6000, seed=0)
    (component,) = solution.info["portfolio"]["components"]
    assert component["algorithm"] == "tabu and exchange" and component["exchange"]["groups"] == 16
    order = solution.spins.reshape(8, 8).T.argmax(axis=1)
    tour = [8, *order, 8]
    assert sorted(order) == list(range(8))
    assert solution.energy == pytest.approx(distances[tour[:-1], tour[1:]].sum())
    assert solution.energy == pytest.approx(_shortest(distances))


def _shortest(distances: np.ndarray) -> float:
    """Length of the shortest round trip, by dynamic programming over subsets (Held and Karp)."""
    n = len(distances) - 1
    length = {(1 << i, i): distances[n, i] for i in range(n)}
    for subset in range(1, 1 << n):
        for last in (i for i in range(n) if subset >> i & 1 and subset != 1 << i):
            before = subset ^ (1 << last)
            length[subset, last] = min(length[before, i] + distances[i, last] for i in range(n) if before >> i & 1)
    return min(length[(1 << n) - 1, i] + distances[i, n] for i in range(n))


def _pair() -> SideBySide:
    tabu, exchange = find("tabu"), find("exchange")
    return SideBySide(tabu, exchange)  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [1, 2, 5000])
def test_two_searches_share_the_steps_and_the_better_counts(steps: int) -> None:
    model, _, _ = _tours(6, seed=0, penalty=3.0)
    solver = _pair()
    prepared = solver.prepare(model, None, {})
    search = solver.begin(prepared, Budget(steps), np.random.default_rng(0), None)
    while not search.finished:
        assert search.steps_taken < max(steps, 2)
        search.advance()
    assert search.steps_taken == steps
    first, second = search._searches  # type: ignore[attr-defined]
    assert first.steps_taken == max(1, steps // 2)
    assert second.steps_taken == max(1, round(0.5 * steps * prepared.rate))
    assert search.lowest()[0] == min(first.lowest()[0], second.lowest()[0])
    energy = float(model.energy(search.spins()[0])) - model.offset
    assert search.lowest()[0] == pytest.approx(energy)
    assert (search.attempts, search.hits) in {(s.attempts, s.hits) for s in (first, second)}


def test_two_searches_share_the_time() -> None:
    model, _, _ = _tours(12, seed=0, penalty=3.0)
    solver = _pair()
    search = solver.begin(solver.prepare(model, None, {}), Budget(deadline=1e9), np.random.default_rng(0), None)
    seconds = search._seconds  # type: ignore[attr-defined]
    longest = 0.0
    for _ in range(40):
        before = sum(seconds)
        search.advance()
        longest = max(longest, sum(seconds) - before)
    assert min(seconds) > 0.0
    assert abs(seconds[0] - seconds[1]) <= longest  # the one that is behind goes next


def test_two_searches_side_by_side_have_no_schedule() -> None:
    with pytest.raises(ValueError, match="schedule: two searches side by side have none"):
        _pair().prepare(ip.sherrington_kirkpatrick(5, seed=0), lambda u: u, {})


def test_covers_are_searched_by_two() -> None:
    """Sparse penalties on many variables each, which are no one-hot groups for all that is known."""
    rng = np.random.default_rng(0)
    builder = QuboBuilder(300)
    for _ in range(100):
        builder.add_square(rng.choice(300, 9, replace=False), coefficients=-1, constant=1)
    (part,) = Portfolio().prepare(builder.build(), None, {}).parts
    assert part.solver.name == "tabu and pxa"
