"""Every dynamics as an algorithm of ``solve``: what the contract battery does not look at."""

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim import dynamics
from cim.solvers import available, find
from cim.solvers.family import FAMILY, DynamicsSolver, solver_of

NAMES = [solver.name for solver in FAMILY]
# that of "dsb" is not registered, but what it is measured against
BY_PRODUCTS = [*FAMILY, solver_of(dynamics.find("dsb"))]


def test_every_dynamics_is_an_algorithm_of_solve() -> None:
    assert set(dynamics.available()) <= set(available())
    assert set(dynamics.available()) - set(NAMES) == {"cim", "dsb"}  # whose solvers are their own
    assert all(find(solver.name) is solver for solver in FAMILY)


def _fields(n: int, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    return ip.IsingModel(ip.sherrington_kirkpatrick(n, seed=seed).J, 0.5 * rng.standard_normal(n))


@pytest.mark.parametrize("solver", BY_PRODUCTS, ids=[*NAMES, "dsb"])
def test_a_solver_is_its_dynamics_under_the_same_ramp(solver: DynamicsSolver) -> None:
    """Without a finish, the answers are where ``simulate`` ends when it starts from the same amplitudes."""
    model = _fields(40, 0)
    prepared = solver.prepare(model, None, solver.options)
    search = solver.start(prepared, 3, 60, np.random.default_rng(4), None)
    start = search._evolution.batch.amplitudes.T * search._evolution.machine.amplitude_unit
    while search.steps_taken < 60:
        search.advance()
    if "noise" in solver.options:
        return  # whose lanes a simulation draws from another stream
    run = cim.simulate(model, dynamics=solver.name, steps=60, replicas=3, initial=start.astype(np.float64))
    assert (run["spins"].values == search.spins()).mean() > 0.98  # converting the start to and fro rounds it


@pytest.mark.parametrize("solver", BY_PRODUCTS, ids=[*NAMES, "dsb"])
def test_its_lowest_energy_is_that_of_its_spins(solver: DynamicsSolver) -> None:
    model = _fields(50, 1)
    prepared = solver.prepare(model, None, solver.options)
    search = solver.start(prepared, 8, 40, np.random.default_rng(0), None)
    search.advance()
    energy, replica = search.lowest()
    energies = model.energy(search.spins())
    assert energy == pytest.approx(energies.min(), rel=1e-5)
    assert energies[replica] == pytest.approx(energies.min(), rel=1e-6)


@pytest.mark.parametrize("solver", FAMILY, ids=NAMES)
def test_a_warm_start_remembers(solver: DynamicsSolver) -> None:
    """From a good configuration, replicas stay nearer to it than those that start at random come."""
    model = ip.sherrington_kirkpatrick(200, seed=2)
    good = cim.solve(model, "sa", seed=0, steps=400).spins

    def overlap(**start: object) -> float:
        samples = cim.solve(model, solver.name, steps=150, replicas=16, polish=False, seed=1, **start).samples
        return float(np.abs(samples.astype(float) @ good).mean() / 200)

    assert overlap(initial=good) > overlap() + 0.05


@pytest.mark.parametrize("solver", FAMILY, ids=NAMES)
def test_the_scale_of_the_model_does_not_matter(solver: DynamicsSolver) -> None:
    model = _fields(60, 3)
    plain = cim.solve(model, solver.name, steps=100, replicas=8, polish=False, seed=0)
    for factor in (2.0**30, 2.0**-30):
        scaled = ip.IsingModel(factor * model.J, factor * model.h)
        solution = cim.solve(scaled, solver.name, steps=100, replicas=8, polish=False, seed=0)
        np.testing.assert_array_equal(solution.samples, plain.samples)


@pytest.mark.parametrize("solver", FAMILY, ids=NAMES)
def test_it_finds_the_ground_state_of_a_spin_glass(solver: DynamicsSolver) -> None:
    model = ip.sherrington_kirkpatrick(100, seed=4)
    reference = cim.solve(model, "sa", seed=0, steps=2000, replicas=32).energy
    solution = cim.solve(model, solver.name, seed=0)
    assert solution.energy == pytest.approx(reference, rel=2e-3)
    assert solution.info["matvecs"] == 64 * 1000


@pytest.mark.parametrize("solver", FAMILY, ids=NAMES)
def test_its_options_are_those_of_its_dynamics(solver: DynamicsSolver) -> None:
    law = dynamics.find(solver.name)
    assert set(solver.options) == (set(law.drive) | set(law.options)) - {"schedule", "initial"}
    model = ip.sherrington_kirkpatrick(20, seed=0)
    solution = cim.solve(model, solver.name, steps=10, replicas=2, schedule=cim.linear(-2.0, -0.5), dt=0.05)
    assert solution.info["options"]["dt"] == 0.05
    with pytest.raises(TypeError, match=r"colour: .* has no option of that name"):
        cim.solve(model, solver.name, colour=1)
    with pytest.raises(ValueError, match="dt: must be greater than 0"):
        cim.solve(model, solver.name, dt=0.0)


def test_a_schedule_that_a_dynamics_cannot_obey_is_refused_before_the_search() -> None:
    model = ip.sherrington_kirkpatrick(20, seed=0)
    for name in ("gsb", "nmfa"):
        with pytest.raises(ValueError, match="schedule: "):
            cim.solve(model, name, schedule=cim.piecewise([(0, -2), (0.5, 1), (1, -1)]), replicas=2)
