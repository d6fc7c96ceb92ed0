"""Exact reduction: what is eliminated never costs the ground state."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ising_problems as ip
from cim.solvers.reduction import Reduction, reduce_model
from cim.solvers.units import common_unit


def _solved(model: ip.IsingModel, reduction: Reduction) -> tuple[float, np.ndarray]:
    """Energy that the reduction promises, with every component at its ground state, and the expanded spins."""
    spins = np.ones(model.num_spins, dtype=np.int8)
    energy = reduction.constant + model.offset
    for component in reduction.components:
        solution = component.solution
        if solution is None:
            solution = ip.ground_states(component.model)[1][0]
        spins[component.spins] = solution
        energy += component.model.energy(solution)
    reduction.expand(spins)
    return energy, spins


@st.composite
def models(draw: st.DrawFn) -> ip.IsingModel:
    n = draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["signs", "integers", "floats"]))
    density = draw(st.floats(0.1, 1.0))
    values = {
        "signs": rng.choice([-1, 1], (n, n)),
        "integers": rng.integers(-3, 4, (n, n)),
        "floats": rng.standard_normal((n, n)),
    }[kind]
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    h = None
    if draw(st.booleans()):
        h = rng.standard_normal(n) * rng.choice([0, 1, 3], n) if kind == "floats" else rng.integers(-2, 3, n)
    coupling = upper + upper.T
    return ip.IsingModel(sp.csr_array(coupling) if draw(st.booleans()) else coupling, h, draw(st.sampled_from([0, 5])))


@settings(max_examples=300, deadline=None)
@given(models())
def test_the_ground_state_of_what_is_left_expands_to_the_ground_state(model: ip.IsingModel) -> None:
    energy, _ = ip.ground_states(model)
    promised, spins = _solved(model, reduce_model(model))
    assert promised == pytest.approx(energy, abs=1e-9)
    assert model.energy(spins) == pytest.approx(energy, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(models(), st.integers(0, 2**32))
def test_any_configuration_of_what_is_left_has_the_energy_of_its_expansion(model: ip.IsingModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    reduction = reduce_model(model)
    spins = np.ones(model.num_spins, dtype=np.int8)
    energy = reduction.constant + model.offset
    for component in reduction.components:
        spins[component.spins] = 2 * rng.integers(0, 2, len(component.spins)) - 1
        energy += component.model.energy(spins[component.spins])
    reduction.expand(spins)
    assert model.energy(spins) == pytest.approx(energy, abs=1e-9)


@pytest.mark.parametrize("graph", [nx.random_labeled_tree(200, seed=1), nx.cycle_graph(101), nx.ladder_graph(40)])
def test_graphs_of_low_degree_vanish(graph: nx.Graph) -> None:
    rng = np.random.default_rng(0)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = int(rng.choice([-1, 1]))
    model = ip.IsingModel.from_graph(graph)
    reduction = reduce_model(model)
    assert reduction.num_eliminated == model.num_spins and not reduction.components
    promised, spins = _solved(model, reduction)
    assert promised == model.energy(spins)


def test_a_complete_graph_of_five_is_left_alone() -> None:
    model = ip.IsingModel(np.eye(5, dtype=int) - 1)
    reduction = reduce_model(model)
    assert reduction.num_eliminated == 0
    (component,) = reduction.components
    assert component.model is model and component.solution is None


def test_a_lattice_without_frustration_is_solved_whatever_its_size() -> None:
    hidden = 2 * np.random.default_rng(3).integers(0, 2, 1600) - 1
    lattice = ip.edwards_anderson((40, 40), seed=0)
    couplings = abs(lattice.J).multiply(np.outer(hidden, hidden)).tocsr()
    reduction = reduce_model(ip.IsingModel(couplings))
    (component,) = reduction.components
    assert component.solution is not None
    assert abs(int(component.solution.astype(int) @ hidden)) == 1600
    with_field = np.zeros(1600)
    with_field[7] = -hidden[7] * 0.5
    (component,) = reduce_model(ip.IsingModel(couplings, with_field)).components
    assert component.solution is not None and component.solution[7] == -hidden[7]


def test_small_components_are_put_together_beyond_the_limit() -> None:
    block = np.eye(5, dtype=int) - 1
    model = ip.IsingModel(sp.csr_array(sp.block_diag([np.eye(7, dtype=int) - 1, *[block] * 9])))
    components = reduce_model(model, most_large=3, small=6, most_small=2).components
    assert [len(component.spins) for component in components] == [35, 7, 5, 5]
    assert sorted(np.concatenate([component.spins for component in components])) == list(range(52))
    assert [len(c.spins) for c in reduce_model(model, 3, 4, 2).components] == [35, 7, 5, 5]


def test_dominant_fields_and_couplings_are_used() -> None:
    couplings = np.ones((6, 6)) - np.eye(6)
    couplings[0, 1] = couplings[1, 0] = -20.0
    field = np.zeros(6)
    field[5] = -11.0
    reduction = reduce_model(ip.IsingModel(couplings, field))
    promised, spins = _solved(ip.IsingModel(couplings, field), reduction)
    assert spins[5] == -1 and spins[0] == -spins[1]
    assert reduction.num_eliminated == 6
    assert promised == ip.ground_states(ip.IsingModel(couplings, field))[0]


def test_tenths_stay_whole() -> None:
    """What is left of a graph with couplings of a tenth is as exact as that of one with couplings of one."""
    graph = nx.random_regular_graph(3, 300, seed=4)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = 0.1 * ((u + v) % 2 * 2 - 1)
    (component,) = reduce_model(ip.IsingModel.from_graph(graph)).components
    unit = common_unit(component.model)
    assert unit is not None and unit >= 0.0249


def test_without_elimination_a_model_is_only_split() -> None:
    couplings = np.zeros((7, 7))
    for i, j in [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (5, 6), (3, 6)]:
        couplings[i, j] = couplings[j, i] = -1.0
    model = ip.IsingModel(couplings)
    assert reduce_model(model).num_eliminated > 0
    reduction = reduce_model(model, eliminating=False)
    assert reduction.num_eliminated == 0 and reduction.constant == 0.0
    assert [component.spins.tolist() for component in reduction.components] == [[3, 4, 5, 6], [0, 1, 2]]
    assert reduction.components[0].solution is not None and reduction.components[1].solution is None
