"""Annealing with exchange moves: its bookkeeping, its answers, its temperatures, and its place in the portfolio."""

from itertools import permutations
from unittest import mock

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

import cim
import ising_problems as ip
from cim.solvers import exchange, exchange_model
from cim.solvers.base import Budget
from cim.solvers.exchange import ExchangeAnnealing
from cim.solvers.exchange_kernels import ATTEMPT_BEST, BEST, ENERGY, anneal
from cim.solvers.portfolio import Portfolio, choose
from ising_problems.encoders.builder import QuboBuilder

Grouped = tuple[ip.IsingModel, list[np.ndarray]]


def _quadratic_assignment(flows: np.ndarray, distances: np.ndarray, penalty: float) -> Grouped:
    """Facility i at location k: sum of flows times distances, over unordered pairs of facilities."""
    n = len(flows)
    spins = np.arange(n * n).reshape(n, n)
    builder = QuboBuilder(n * n)
    builder.add_square(np.concatenate([spins, spins.T]), coefficients=-1, constant=1, weight=penalty)
    for i, j in zip(*np.triu_indices(n, 1), strict=True):
        k, other = np.nonzero(~np.eye(n, dtype=bool))
        builder.add_pairs(spins[i, k], spins[j, other], flows[i, j] * distances[k, other])
    return builder.build(), [*spins, *spins.T]


def _assignment(costs: np.ndarray, penalty: float) -> Grouped:
    n = len(costs)
    spins = np.arange(n * n).reshape(n, n)
    builder = QuboBuilder(n * n)
    builder.add_square(np.concatenate([spins, spins.T]), coefficients=-1, constant=1, weight=penalty)
    builder.add_linear(spins.ravel(), costs.ravel())
    return builder.build(), [*spins, *spins.T]


def _colouring(nodes: int, colours: int, edges: np.ndarray) -> Grouped:
    spins = np.arange(nodes * colours).reshape(nodes, colours)
    builder = QuboBuilder(nodes * colours)
    builder.add_square(spins, coefficients=-1, constant=1)
    builder.add_pairs(spins[edges[:, 0]], spins[edges[:, 1]])
    return builder.build(), list(spins)


def _planted_edges(nodes: int, colours: int, edges: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    colour = rng.permutation(np.arange(nodes) % colours)
    drawn = np.sort(rng.integers(0, nodes, (4 * edges, 2)), axis=1)
    allowed = np.unique(drawn[colour[drawn[:, 0]] != colour[drawn[:, 1]]], axis=0)
    return rng.permutation(allowed)[:edges]


def _random(n: int, seed: int, *, density: float = 1.0, sparse: bool = False, integer: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, n)) if integer else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    couplings = upper + upper.T
    return ip.IsingModel(sp.csr_array(couplings) if sparse else couplings, values.diagonal())


ROWS_AND_COLUMNS = np.arange(36).reshape(6, 6)
GROUPS = {
    "none": [],
    "one family": [*ROWS_AND_COLUMNS],
    "two families": [*ROWS_AND_COLUMNS, *ROWS_AND_COLUMNS.T],
    "two with holes": [row[1:] if k % 2 else row[:4] for k, row in enumerate([*ROWS_AND_COLUMNS, *ROWS_AND_COLUMNS.T])],
    "half rows": [row[:3] for row in ROWS_AND_COLUMNS],
}


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("storage", ["dense", "sparse", "sparse without a matrix", "wide float64"])
def test_energies_fields_and_holders_are_what_the_model_says(name: str, storage: str) -> None:
    n = 160 if storage.startswith("sparse") else 40
    model = _random(n, 0, sparse=storage.startswith("sparse"), density=10 / n if n == 160 else 1.0, integer=n == 40)
    if storage == "wide float64":
        model = _random(40, 1)
    with mock.patch.object(exchange_model, "_MATRIX_SPINS", 0 if storage == "sparse without a matrix" else 2500):
        prepared = ExchangeAnnealing().with_groups(GROUPS[name]).prepare(model, None, {})
    assert (len(prepared.bonds.matrix) == 0) == (storage == "sparse without a matrix")
    number = np.float32 if storage == "dense" else np.float64
    assert prepared.bonds.matrix.dtype == prepared.bonds.values.dtype == number
    rng = np.random.default_rng(1)
    state = prepared.state(rng)
    prepared.place(state, rng, None)
    accepted = 0
    for temperature in (2.0, 0.5, 0.0):
        factor = temperature * float(np.abs(model.J).max()) / prepared.scale
        accepted += anneal(prepared.bonds, prepared.families, state, np.full(20, factor), np.empty(0))
        np.testing.assert_allclose(state.fields * prepared.scale, model.local_fields(state.spins), atol=1e-9)
        assert state.energies[ENERGY] * prepared.scale == pytest.approx(model.energy(state.spins), abs=1e-9)
        assert state.energies[BEST] * prepared.scale == pytest.approx(model.energy(state.best), abs=1e-9)
        assert state.energies[BEST] <= state.energies[ATTEMPT_BEST] <= state.energies[ENERGY]
        families = prepared.families
        for g, holder in enumerate(state.holders):
            members = families.members[families.starts[g] : families.starts[g + 1]]
            assert members[state.spins[members] > 0].tolist() == [holder]
        for c, count in enumerate(state.counts):
            up = np.flatnonzero((families.secondary == c) & (state.spins > 0))
            assert (len(up), up.sum()) == (count, state.sums[c])
    assert accepted > 30


def test_the_energies_of_all_moves_are_measured_and_none_is_made() -> None:
    model, groups = _assignment(np.random.default_rng(0).random((5, 5)), penalty=7.0)
    prepared = ExchangeAnnealing().with_groups(groups).prepare(model, None, {})
    rng = np.random.default_rng(0)
    state = prepared.state(rng)
    prepared.place(state, rng, None)
    before, changes = state.spins.copy(), np.empty(25)
    assert anneal(prepared.bonds, prepared.families, state, np.ones(1), changes) == 0
    np.testing.assert_array_equal(state.spins, before)
    places = state.spins.reshape(5, 5).argmax(axis=1)
    for i, change in enumerate(changes):
        row, column = divmod(i, 5)
        if places[row] == column:
            assert np.isnan(change)
            continue
        swapped = places.copy()
        swapped[row], swapped[places == column] = column, places[row]
        after = np.where(np.arange(5) == swapped[:, None], 1, -1).ravel()
        assert change * prepared.scale == pytest.approx(model.energy(after) - model.energy(before), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-9])
def test_quadratic_assignments_are_solved(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    flows, distances = (np.triu(rng.integers(0, 30, (6, 6)), 1) for _ in range(2))
    flows, distances = flows + flows.T, distances + distances.T
    best = min(0.5 * (flows * distances[np.ix_(p, p)]).sum() for p in map(list, permutations(range(6))))
    model, groups = _quadratic_assignment(flows, distances, penalty=10_000.0)
    model = ip.IsingModel(scale * model.J, scale * model.h, scale * model.offset)
    spins, _ = _run(model, groups, steps=2000, seed=seed)
    # an offset of 10⁵ and more leaves so many digits
    assert model.energy(spins) == pytest.approx(scale * best, abs=1e-8 * scale)


def _run(model: ip.IsingModel, groups: list[np.ndarray], steps: int, seed: int = 0) -> tuple[np.ndarray, int]:
    """Best of one island, and the sweeps that it took."""
    solver = ExchangeAnnealing().with_groups(groups)
    search = solver.begin(solver.prepare(model, None, {}), Budget(steps), np.random.default_rng(seed), None)
    while not search.finished:
        search.advance()
    return search.spins()[0], search.steps_taken


@pytest.mark.parametrize("penalty", [1e2, 1e6])
def test_costs_decide_beside_any_penalty(penalty: float) -> None:
    costs = np.random.default_rng(3).integers(1, 1000, (16, 16)).astype(float)
    rows, columns = linear_sum_assignment(costs)
    spins, _ = _run(*_assignment(costs, 1000.0 * penalty), steps=20_000)
    places = spins.reshape(16, 16) > 0
    assert (places.sum(axis=0) == 1).all() and (places.sum(axis=1) == 1).all()
    assert costs[places].sum() == costs[rows, columns].sum()


def test_temperatures_go_by_costs_and_not_by_penalties() -> None:
    costs = np.random.default_rng(4).random((8, 8))
    low, high = (
        ExchangeAnnealing().with_groups(groups).prepare(model, None, {}).details["temperatures"]
        for model, groups in (_assignment(costs, 10.0), _assignment(costs, 1e5))
    )
    np.testing.assert_allclose(low, high, rtol=1e-6)
    assert 0.001 < low[1] < low[0] < 1.0


@pytest.mark.parametrize(("colours", "edges"), [(5, 5700), (15, 8200), (25, 17_400)])
def test_planted_colourings_are_found(colours: int, edges: int) -> None:
    drawn = _planted_edges(450, colours, edges, seed=1)
    assert len(drawn) == edges
    model, groups = _colouring(450, colours, drawn)
    spins, _ = _run(model, groups, steps=1500)
    assert model.energy(spins) == 0


def test_answers_with_groups_of_every_kind_are_those_of_enumeration() -> None:
    """Random couplings on top of the penalties; groups of unequal sizes, holes, overlaps, a lone spin, free spins."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        grid = np.arange(12).reshape(3, 4)
        groups = [
            [*grid],
            [*grid[:, :3], *grid.T[:3]],
            [grid[0, :2], grid[1], grid[2, 3:], grid[:, 1]],
            [np.array([0, 1, 2]), np.array([2, 3, 4]), np.array([4, 5, 0])],  # an odd cycle: not two families
        ][seed % 4]
        model = _random(14, seed, integer=seed % 2 == 0)
        builder = QuboBuilder(14)
        for group in groups:
            builder.add_square(group, coefficients=-1, constant=1, weight=64)
        penalties = builder.build()
        penalties = ip.IsingModel(
            penalties.J if isinstance(penalties.J, np.ndarray) else penalties.J.toarray(), penalties.h
        )
        whole = ip.IsingModel(model.J + penalties.J, model.h + penalties.h)
        energy, states = ip.ground_states(whole)
        assert all(np.count_nonzero(states[:, group] > 0) == len(states) for group in groups)
        spins, _ = _run(whole, groups, steps=int(rng.integers(300, 600)), seed=seed)
        assert whole.energy(spins) == pytest.approx(energy, rel=1e-12)


def test_slacks_follow_the_exchanges() -> None:
    """Jobs on machines, none of which works longer than the first: moving a job takes the carries of a binary slack."""
    lengths = np.random.default_rng(1).integers(1, 20, 15)
    jobs, machines, total, penalty = 15, 3, int(lengths.sum()), 50.0
    place = np.arange(jobs * machines).reshape(jobs, machines)
    slack = jobs * machines + np.arange((machines - 1) * 8).reshape(machines - 1, 8)
    builder = QuboBuilder(jobs * machines + slack.size)
    builder.add_square(place, coefficients=-1, constant=1, weight=penalty)
    for k in range(1, machines):
        indices = np.concatenate([slack[k - 1], place[:, k], place[:, 0]])
        builder.add_square(indices, np.concatenate([1 << np.arange(8), lengths, -lengths]), weight=penalty)
    builder.add_linear(place[:, 0], lengths)
    model = builder.build()
    spins, _ = _run(model, [*place], steps=8000)
    assert model.energy(spins) == -(-total // machines)  # every machine as long as it has to be


def test_pairs_of_free_spins_keep_a_total() -> None:
    """Graph bisection without groups: between balanced cuts, only pairs of flips do not pay the penalty."""
    graph = nx.random_partition_graph([40, 40], 0.4, 0.02, seed=1)
    adjacency = nx.to_numpy_array(graph, dtype=int)
    model = ip.IsingModel(adjacency - 1000 * (1 - np.eye(80, dtype=int)))
    spins, _ = _run(model, [], steps=6000)
    sides = np.where(np.arange(80) < 40, 1, -1)
    assert spins.sum() == 0
    assert model.energy(spins) <= model.energy(sides)


def test_a_run_does_not_depend_on_how_it_is_cut() -> None:
    model, groups = _colouring(40, 4, _planted_edges(40, 4, 150, seed=0))
    results = []
    for nanoseconds in (1.0, 7e4, 1e9):
        with mock.patch.object(exchange, "_FIRST_SLICE", nanoseconds), mock.patch.object(exchange, "_SLICE", 1e9):
            results.append(_run(model, groups, steps=777))
    for spins, steps in results:
        np.testing.assert_array_equal(spins, results[0][0])
        assert steps == 777


def test_attempts_and_hits_are_counted() -> None:
    model, groups = _assignment(np.random.default_rng(0).random((6, 6)), 10.0)
    solver = ExchangeAnnealing().with_groups(groups)
    search = solver.begin(solver.prepare(model, None, {}), Budget(hits=5), np.random.default_rng(0), None)
    while not search.finished:
        search.advance()
    assert search.hits == 5 <= search.attempts < 12  # six rows are easy
    assert search.lowest()[0] == pytest.approx(model.energy(search.spins()[0]) - model.offset)


def test_the_last_attempt_takes_all_that_is_left() -> None:
    model, groups = _assignment(np.random.default_rng(0).random((6, 6)), 10.0)
    for steps, attempts in ((30, 1), (199, 1), (200, 2), (299, 2), (300, 3)):
        solver = ExchangeAnnealing().with_groups(groups)
        search = solver.begin(solver.prepare(model, None, {}), Budget(steps), np.random.default_rng(0), None)
        while not search.finished:
            search.advance()
        assert (search.steps_taken, search.attempts) == (steps, attempts)


def test_a_warm_start_is_made_to_fulfil_its_groups_and_kept() -> None:
    model, groups = _assignment(np.random.default_rng(1).random((9, 9)), 10.0)
    good, _ = _run(model, groups, steps=2000)
    solver = ExchangeAnnealing().with_groups(groups)
    prepared = solver.prepare(model, None, {})
    warm = solver.begin(prepared, Budget(1), np.random.default_rng(0), good[None, :])
    np.testing.assert_array_equal(warm.spins()[0], good)
    broken = good.copy()
    broken[groups[0]] = -1
    broken[groups[3]] = 1
    mended = solver.begin(prepared, Budget(1), np.random.default_rng(0), broken[None, :])
    kept = mended.spins()[0]
    assert all(np.count_nonzero(kept[group] > 0) == 1 for group in groups[:9])
    rows = np.setdiff1d(np.arange(9), [0, 3])
    np.testing.assert_array_equal(kept.reshape(9, 9)[rows], good.reshape(9, 9)[rows])


# ---------------------------------------------------------------- in the harness and in the portfolio


def test_the_portfolio_goes_by_the_groups() -> None:
    model, groups = _assignment(np.random.default_rng(2).random((7, 7)), 10.0)
    assert choose(model) == "tabu"
    assert choose(model, groups) == "exchange"
    assert choose(model, groups[:2]) == "tabu"  # two rows of seven: the others are not known to be groups
    prepared = Portfolio().with_groups(groups).prepare(model, None, {})
    (part,) = prepared.parts
    assert part.solver.name == "exchange" and prepared.details["portfolio"]["eliminated_spins"] == 0
    assert len(part.solver.groups) == 14


def test_groups_that_do_not_fit_into_two_families_do_not_decide() -> None:
    """An exact cover: each element is a group of the sets that hold it, and each set is in several of them."""
    rng = np.random.default_rng(0)
    holds = rng.random((40, 60)) < 0.1
    groups = [np.flatnonzero(row) for row in holds if row.any()]
    builder = QuboBuilder(60)
    for group in groups:
        builder.add_square(group, coefficients=-1, constant=1)
    assert choose(builder.build(), groups) == "tabu"


def test_components_get_their_own_groups() -> None:
    (first, groups), (second, _) = (_assignment(np.random.default_rng(k).random((6, 6)), 10.0) for k in range(2))
    couplings = sp.block_diag([first.J, second.J], format="csr")
    model = ip.IsingModel(sp.csr_array(couplings), np.concatenate([first.h, second.h]))
    both = [*groups, *(group + 36 for group in groups)]
    prepared = Portfolio().with_groups(both).prepare(model, None, {})
    assert [part.model.num_spins for part in prepared.parts] == [36, 36]
    for part in prepared.parts:
        assert sorted(map(tuple, part.solver.groups)) == sorted(map(tuple, groups))


@pytest.mark.parametrize("algorithm", ["auto", "exchange"])
def test_a_problem_hands_its_groups_over(algorithm: str) -> None:
    squares = [(i, j) for i in range(5) for j in range(5)]
    queens = [
        (a, b)
        for a in squares
        for b in squares
        if a < b and (a[0] == b[0] or a[1] == b[1] or abs(a[0] - b[0]) == abs(a[1] - b[1]))
    ]
    problem = ip.GraphColoring(queens, 5, symmetry_breaking=False)
    solution = cim.solve(problem, algorithm, steps=2000, seed=0)
    assert solution.objective == 0 and solution.feasible
    details = solution.info["portfolio"]["components"][0] if algorithm == "auto" else solution.info
    assert details["groups"] == 25


def test_isolated_spins_leave_their_groups() -> None:
    """Node 3 has no neighbours: of its two colours one spin is +1 by a field, so its group is given up."""
    problem = ip.GraphColoring(nx.disjoint_union(nx.path_graph(3), nx.empty_graph(1)), 2, symmetry_breaking=False)
    assert cim.solve(problem, "exchange", seed=0).objective == 0


def test_attempts_that_end_early_do_not_grow_without_end():
    search = ip.GraphColoring(nx.path_graph(3), 2, symmetry_breaking=False)
    solution = cim.solve(search, "exchange", steps=2_000_000, seed=0, repair=False)
    assert solution.energy == 0
    model = ip.SubsetSum([3, 5], 1).to_ising()
    assert cim.solve(model, "exchange", time_limit=1.0, seed=0).energy == ip.ground_states(model)[0]
