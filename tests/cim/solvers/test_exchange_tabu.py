"""Tabu search over the exchanges of one family of groups: its bookkeeping, its answers, its part in a run."""

from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers import exchange
from cim.solvers.base import Budget, ContinuousSearch
from cim.solvers.exchange import ExchangeAnnealing
from cim.solvers.exchange_tabu import one_family, standing
from cim.solvers.exchange_tabu_kernels import CANDIDATES, NOW, search_exchanges, stand
from cim.solvers.one_hot import OneHotGroups

ENERGY, ATTEMPT_BEST, BEST = range(3)


def _random(n: int, seed: int, *, density: float = 1.0, integer: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, n)) if integer else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    couplings = upper + upper.T
    return ip.IsingModel(sp.csr_array(couplings) if density < 1.0 else couplings, values.diagonal())


def _planted(nodes: int, colours: int, edges: int, seed: int, penalty: float | str = "auto") -> ip.GraphColoring:
    """A graph whose nodes are dealt out to so many colours, with edges between different ones only."""
    rng = np.random.default_rng(seed)
    colour = rng.permutation(np.arange(nodes) % colours)
    drawn = np.sort(rng.integers(0, nodes, (6 * edges, 2)), axis=1)
    allowed = np.unique(drawn[colour[drawn[:, 0]] != colour[drawn[:, 1]]], axis=0)
    chosen = rng.permutation(allowed)[:edges]
    assert len(chosen) == edges
    return ip.GraphColoring(chosen.tolist(), colours, symmetry_breaking=False, penalty=penalty)


def _cliques(nodes: int, colours: int, edges: int, seed: int) -> ip.GraphColoring:
    """As a Leighton graph: cliques with one node of each planted colour, then edges at random."""
    rng = np.random.default_rng(seed)
    places = [np.arange(c, nodes, colours) for c in range(colours)]
    found: set[tuple[int, int]] = set()
    while len(found) < edges:
        size = colours if 4 * len(found) < edges else int(rng.integers(2, colours + 1))
        clique = [int(rng.choice(places[c])) for c in rng.permutation(colours)[:size]]
        found.update((min(u, v), max(u, v)) for u in clique for v in clique if u != v)
    return ip.GraphColoring(sorted(found), colours, symmetry_breaking=False)


GROUPS = {
    "equal": [*np.arange(40).reshape(8, 5)],
    "unequal, with free spins": [np.arange(0, 12), np.arange(12, 14), np.arange(14, 21), np.arange(22, 36)],
    "scattered": [np.arange(k, 40, 6) for k in range(6)],
}


@pytest.mark.parametrize("groups", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("storage", ["dense", "sparse", "integer"])
def test_costs_candidates_and_energies_are_what_the_model_says(groups: list[np.ndarray], storage: str) -> None:
    model = _random(40, 1, integer=storage == "integer")
    if storage == "sparse":  # large enough for compressed rows
        model = _random(200, 1, density=0.05)
        model = ip.IsingModel(model.J, 0.1 * model.h)  # none so large that it is cut off
        groups = [np.concatenate([group + 40 * k for k in range(5)]) for group in groups]
    prepared = ExchangeAnnealing().with_groups(groups).prepare(model, None, {})
    assert (len(prepared.bonds.starts) > 0) == (storage == "sparse")
    rng = np.random.default_rng(2)
    state, exchanges = prepared.state(rng), prepared.exchanges
    prepared.place(state, rng, None)
    here = standing(exchanges)
    stand(prepared.bonds, exchanges, state, here)
    n, moved = model.num_spins, 0
    for steps in (1, 2, 50, 300):
        before = here.holders.copy()
        assert search_exchanges(prepared.bonds, exchanges, state, here, steps) == steps
        moved += np.count_nonzero(before != here.holders)
        spins = np.full(n, -1, dtype=np.int8)
        spins[here.holders[here.holders < n]] = 1
        assert all(np.count_nonzero(spins[group] > 0) == 1 for group in groups)
        assert here.energies[NOW] * prepared.scale == pytest.approx(model.energy(spins), abs=1e-9)
        assert state.energies[BEST] * prepared.scale == pytest.approx(model.energy(state.best), abs=1e-9)
        assert state.energies[BEST] <= state.energies[ATTEMPT_BEST] <= here.energies[NOW] + 1e-9
        costs = here.costs[here.holders]
        for g, holder in enumerate(here.holders):
            for other in exchanges.members[exchanges.starts[g] : exchanges.starts[g + 1]]:
                flipped = spins.copy()
                flipped[[i for i in (holder, other) if i < n]] *= -1
                if other != holder:
                    change = 4.0 * (here.costs[other] - costs[g]) * prepared.scale
                    assert change == pytest.approx(model.energy(flipped) - model.energy(spins), abs=1e-9)
        candidates = here.candidates[: here.counters[CANDIDATES]]
        expected = np.flatnonzero(costs > exchanges.floors + exchanges.tolerance)
        np.testing.assert_array_equal(np.sort(candidates), expected)
        np.testing.assert_array_equal(here.places[candidates], np.arange(len(candidates)))
    assert moved > 5


def test_no_cost_is_ever_below_its_floor() -> None:
    for seed in range(5):
        model = _random(24, seed, integer=seed % 2 == 0)
        groups = [*np.arange(20).reshape(5, 4)]
        prepared = ExchangeAnnealing().with_groups(groups).prepare(model, None, {})
        rng = np.random.default_rng(seed)
        state, exchanges = prepared.state(rng), prepared.exchanges
        here = standing(exchanges)
        for _ in range(200):
            prepared.place(state, rng, None)
            stand(prepared.bonds, exchanges, state, here)
            assert (here.costs >= exchanges.floors[exchanges.group] - 1e-12).all()


def test_candidates_of_a_colouring_are_the_nodes_in_conflict() -> None:
    problem = _planted(60, 4, 250, seed=0)
    prepared = ExchangeAnnealing().with_groups(problem.one_hot).prepare(problem.to_ising(), None, {})
    rng = np.random.default_rng(0)
    state = prepared.state(rng)
    prepared.place(state, rng, None)
    here = standing(prepared.exchanges)
    stand(prepared.bonds, prepared.exchanges, state, here)
    search_exchanges(prepared.bonds, prepared.exchanges, state, here, 20)
    colour = {group.tobytes(): g for g, group in enumerate(problem.one_hot)}
    assert len(colour) == 60
    spins = np.full(prepared.num_spins, -1, dtype=np.int8)
    spins[here.holders] = 1
    answer = problem.decode(spins)
    clashing = {node for edge in problem.graph.edges for node in edge if answer[edge[0]] == answer[edge[1]]}
    members = prepared.families.members[prepared.families.starts[:-1]]
    nodes = {int(spin): node for group, node in zip(problem.one_hot, problem.nodes, strict=True) for spin in group}
    listed = here.candidates[: here.counters[CANDIDATES]]
    assert {nodes[int(members[g])] for g in listed} == clashing != set()


def _search(
    model: ip.IsingModel, groups: list[np.ndarray], steps: int, seed: int, initial: np.ndarray | None = None
) -> ContinuousSearch:
    solver = ExchangeAnnealing().with_groups(groups)
    search = solver.begin(solver.prepare(model, None, {}), Budget(steps), np.random.default_rng(seed), initial)
    while not search.finished:
        search.advance()
    return search


@pytest.mark.parametrize("scale", [1.0, 1e9, 1e-9])
def test_tabu_search_alone_finds_what_enumeration_finds(scale: float) -> None:
    for seed in range(9):
        model = _random(14, seed, integer=seed % 2 == 0)
        groups = [[*np.arange(12).reshape(3, 4)], [*np.arange(14).reshape(7, 2)], [np.arange(6), np.arange(6, 13)]]
        own = groups[seed % 3]
        states = 1 - 2 * ((np.arange(1 << 14)[:, None] >> np.arange(14)) & 1).astype(np.int8)
        fulfil = np.all([np.count_nonzero(states[:, group] > 0, axis=1) == 1 for group in own], axis=0)
        best = model.energy(states[fulfil]).min()
        model = ip.IsingModel(scale * model.J, scale * model.h)
        search = _search(model, own, steps=100, seed=seed)
        assert search.attempts == 1  # the first is tabu search
        assert model.energy(search.spins()[0]) == pytest.approx(scale * best, rel=1e-12)


def test_it_is_used_for_one_family_that_covers_nearly_all_spins() -> None:
    rows = np.arange(36).reshape(6, 6)
    for groups, expected in (
        ([*rows], True),
        ([*rows[:5]], True),
        ([*rows[:4]], False),
        ([*rows, *rows.T], False),
        ([np.arange(36)], False),
        ([], False),
    ):
        assert one_family(OneHotGroups(groups, 36)) == expected


@pytest.mark.parametrize(("colours", "edges", "steps"), [(15, 16_700, 8000), (10, 9000, 8000)])
def test_cliques_with_a_planted_colouring_are_coloured(colours: int, edges: int, steps: int) -> None:
    """Annealing alone ends at dozens of conflicts here."""
    problem = _cliques(450, colours, edges, seed=1)
    solution = cim.solve(problem, "exchange", steps=steps, replicas=1, seed=0)
    assert solution.objective == 0 and solution.energy == 0


@pytest.mark.parametrize("penalty", [1.1, 1e5 / 3.0])
def test_rounding_makes_no_ties_unequal(penalty: float) -> None:
    """Costs are multiples of a number that floats cannot hold; the search is that of whole numbers all the same."""
    whole, rounded = (_planted(150, 5, 900, seed=3, penalty=value) for value in (1.0, penalty))
    first, second = (_search(p.to_ising(), p.one_hot, steps=60, seed=0) for p in (whole, rounded))
    assert first.attempts == second.attempts == 1
    np.testing.assert_array_equal(first.spins(), second.spins())


def test_a_run_does_not_depend_on_how_it_is_cut() -> None:
    problem = _planted(60, 4, 300, seed=0)
    results = []
    for nanoseconds in (1.0, 7e4, 1e9):
        with mock.patch.object(exchange, "_FIRST_SLICE", nanoseconds), mock.patch.object(exchange, "_SLICE", 1e9):
            results.append(_search(problem.to_ising(), problem.one_hot, steps=1777, seed=0))
    for search in results:
        np.testing.assert_array_equal(search.spins(), results[0].spins())
        assert search.steps_taken == 1777
        assert (search.attempts, search.hits) == (results[0].attempts, results[0].hits)


def test_an_attempt_ends_where_no_exchange_can_lead_lower() -> None:
    problem = _planted(30, 4, 60, seed=0)
    solver = ExchangeAnnealing().with_groups(problem.one_hot)
    prepared = solver.prepare(problem.to_ising(), None, {})
    search = solver.begin(prepared, Budget(hits=4), np.random.default_rng(0), None)
    while not search.finished:
        search.advance()
    assert search.hits == search.attempts == 4
    assert 400 < search.steps_taken < 410  # of which two anneals take 400
    assert search.lowest()[0] + problem.to_ising().offset == pytest.approx(0.0, abs=1e-9)


def test_a_warm_start_is_searched_from() -> None:
    problem = _cliques(120, 8, 1600, seed=0)
    model = problem.to_ising()
    answer = {node: node % 8 for node in problem.nodes}
    assert problem.objective(answer) == 0
    for node in list(problem.nodes)[:6]:
        answer[node] = (answer[node] + 1) % 8
    nearly = problem.encode(answer)
    assert model.energy(nearly) > 0
    search = _search(model, problem.one_hot, steps=1, seed=0, initial=nearly[None, :])
    assert model.energy(search.spins()[0]) == 0
    assert model.energy(_search(model, problem.one_hot, steps=1, seed=0).spins()[0]) > 0
