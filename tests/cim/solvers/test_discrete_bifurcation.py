"""Discrete simulated bifurcation: each kernel against the equations, against the others, and against enumeration."""

from collections.abc import Generator

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.dynamics.discrete_events import EventState
from cim.dynamics.discrete_packed import PackedState, counts_bits_in_vectors
from cim.dynamics.packed_couplings import PackedCouplings
from cim.schedules import constant
from cim.solvers import discrete_bifurcation
from cim.solvers.discrete_bifurcation import DiscreteBifurcationSolver
from cim.solvers.discrete_motion import EventMotion, PackedMotion
from cim.solvers.fixed_point import FixedPoint
from cim.solvers.memetic_dense import Member, Passes
from cim.solvers.packed_generator import BifurcationBreeder

SOLVER = DiscreteBifurcationSolver()


def _model(n: int, values: list[float], seed: int, fields: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.choice(values, (n, n)), 1)
    return ip.IsingModel(upper + upper.T, rng.integers(-3, 4, n) if fields else None)


def _run(model: ip.IsingModel, replicas: int, steps: int, seed: int, **options: object) -> np.ndarray:
    prepared = SOLVER.prepare(model, options.pop("schedule", None), {**SOLVER.options, **options})
    search = SOLVER.start(prepared, replicas, steps, np.random.default_rng(seed), None)
    while search.steps_taken < steps:
        search.advance()
    return search.spins()


def _reference(model: ip.IsingModel, x: np.ndarray, y: np.ndarray, losses: np.ndarray, dt: float, gain: float) -> None:
    """The equations as they are written, in float64 and in place; a negative mean coupling acts block by block."""
    n = model.num_spins
    mean = min(0.0, model.J.sum() / (n * (n - 1)))
    for loss in losses:
        signs = np.where(x < 0, -1.0, 1.0)
        fields = signs @ model.J + model.h
        for start in range(0, n, 64):
            block = slice(start, start + 64)
            turned = np.where(x[:, :start] < 0, -1.0, 1.0).sum(axis=1) - signs[:, :start].sum(axis=1)
            force = fields[:, block] + mean * turned[:, None]
            y[:, block] += dt * (gain * force - loss * x[:, block])
            x[:, block] += dt * y[:, block]
            y[:, block][np.abs(x[:, block]) > 1] = 0.0
            np.clip(x, -1.0, 1.0, out=x)


LATTICES = {
    "two values": (200, [-1, 1], False),
    "zero and one": (130, [0, 1], False),
    "a whole number of blocks": (128, [-1, 1], True),
    "negative on average": (150, [0, -1.5], True),
    "four values": (70, [-3e9, -1e9, 1e9, 3e9], False),
    "seven values": (140, [-3, -2, -1, 0, 1, 2, 3], True),
    "values that are no multiples of their spacing": (100, [1.0, 4.0, -2.0], True),
}


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("packed", [True, False])
def test_kernels_follow_the_equations(name: str, packed: bool) -> None:
    n, values, fields = LATTICES[name]
    model = _model(n, values, 0, fields)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-0.3, 0.3, (3, n)).astype(np.float32), rng.uniform(-0.02, 0.02, (3, n)).astype(np.float32)
    losses = np.linspace(1.0, 0.2, 30).astype(np.float32)
    if packed:
        couplings = PackedCouplings.of(model, 3)
        assert couplings is not None
        state, unit = PackedState(couplings, x, y), couplings.unit
    else:
        motion = EventMotion(FixedPoint(model))
        state, unit = motion.state(x, y), motion.unit
    gain = 0.5 / np.sqrt((model.J.astype(float) ** 2).sum() / n)
    x64, y64 = x.astype(np.float64), y.astype(np.float64)
    _reference(model, x64, y64, losses, 1.1, gain)
    state.advance(losses[:11], 1.1, gain * unit)
    state.advance(losses[11:], 1.1, gain * unit)
    np.testing.assert_allclose(state._x[:, :n], x64, atol=2e-3)
    assert (state._x[:, :n] * x < 0).mean() > 0.1  # signs have changed


@pytest.mark.parametrize("fields", [True, False])
def test_energies_are_those_of_the_signs(fields: bool) -> None:
    model = _model(130, [-2, -1, 0, 1], 3, fields)
    rng = np.random.default_rng(0)
    start = rng.choice([-1.0, 1.0], (4, 130)).astype(np.float32)
    energies = model.energy(start.astype(np.int8))
    couplings = PackedCouplings.of(model, 2)
    assert couplings is not None and couplings.num_planes == 2
    packed = PackedState(couplings, start, np.zeros_like(start))
    packed.advance(np.zeros(1, dtype=np.float32), 0.1, 0.0)  # without a force nothing moves, but the counts are made
    np.testing.assert_allclose(packed.energies() * couplings.unit, energies, rtol=1e-6)
    motion = EventMotion(FixedPoint(model))
    events = motion.state(start, np.zeros_like(start))
    np.testing.assert_allclose(events.energies() * motion.unit, energies, rtol=1e-12)


def test_only_few_evenly_spaced_values_are_packed() -> None:
    assert PackedCouplings.of(_model(40, [-1.0, 1.0], 0), 1) is not None
    assert PackedCouplings.of(_model(40, [-1.0, 0.0, 1.0], 0), 1) is None
    assert PackedCouplings.of(_model(40, [-1.0, 0.3, 1.0], 0), 3) is None
    assert PackedCouplings.of(ip.sherrington_kirkpatrick(40, seed=0), 3) is None
    values = _model(100, [-1.0, 1.0], 0).J.copy()
    values[70, 80] = values[80, 70] = 0.5  # beyond the rows by which the values are guessed
    assert PackedCouplings.of(ip.IsingModel(values), 1) is None


def test_a_plane_takes_one_bit_for_each_coupling() -> None:
    couplings = PackedCouplings.of(_model(640, [-1, 1], 0), 3)
    assert couplings is not None and couplings.num_planes == 1
    assert couplings.planes.nbytes == 640 * 640 // 8
    assert couplings.planes.ctypes.data % 64 == 0


@pytest.mark.parametrize("kernel", ["packed", "events", "product"])
@pytest.mark.parametrize("fields", [True, False])
def test_every_kernel_finds_ground_states(kernel: str, fields: bool) -> None:
    for seed in range(3):
        model = _model(16, [-3, -1, 1, 3], seed, fields)
        energy, _ = ip.ground_states(model)
        samples = _run(model, 40, 500, 0, kernel=kernel)
        assert model.energy(samples).min() == pytest.approx(energy, rel=1e-12)


def test_kernel_is_chosen_by_the_model_and_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    signs, gaussian = _model(50, [-1, 1], 0), ip.sherrington_kirkpatrick(50, seed=0)
    lattice = ip.edwards_anderson((12, 12), seed=0)

    def chosen(model: ip.IsingModel) -> str:
        return SOLVER.prepare(model, None, SOLVER.options).details["kernel"]

    assert chosen(signs) == ("packed" if counts_bits_in_vectors() else "events")
    assert (chosen(gaussian), chosen(lattice)) == ("events", "product")
    monkeypatch.setattr(discrete_bifurcation, "counts_bits_in_vectors", lambda: False)
    assert chosen(signs) == "events"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"kernel": "fast"}, "kernel: must be one of"),
        ({"kernel": "packed"}, "kernel: 'packed' needs couplings of at most eight values"),
        ({"dt": 0.0}, "dt: must be"),
    ],
)
def test_options_are_checked(options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SOLVER.prepare(ip.sherrington_kirkpatrick(10, seed=0), None, {**SOLVER.options, **options})


def test_sparse_couplings_are_not_made_dense() -> None:
    lattice = ip.edwards_anderson((12, 12), seed=0)
    for kernel in ("packed", "events"):
        with pytest.raises(ValueError, match=f"kernel: '{kernel}' needs dense couplings"):
            SOLVER.prepare(lattice, None, {**SOLVER.options, "kernel": kernel})


@pytest.mark.parametrize("kernel", ["packed", "events"])
def test_the_scale_of_the_couplings_does_not_matter(kernel: str) -> None:
    model = _model(90, [-1.0, 1.0], 4)
    samples = _run(model, 3, 60, 0, kernel=kernel)
    for scale in (1e-9, 1e9):
        np.testing.assert_array_equal(_run(ip.IsingModel(model.J * scale), 3, 60, 0, kernel=kernel), samples)


def test_a_step_too_long_for_the_pump_is_shortened() -> None:
    model = _model(90, [-1, 1], 4)
    stiff = constant(-50.0)
    first, second = (_run(model, 3, 60, 0, kernel="packed", schedule=stiff, dt=dt) for dt in (1.0, 5.0))
    np.testing.assert_array_equal(first, second)
    assert (_run(model, 3, 60, 0, kernel="packed", schedule=stiff, dt=0.1) != first).any()


def test_low_energies_on_complete_graphs() -> None:
    """A thousand steps end within a hundredth of the best on average; a tenth of them do not."""
    model = _model(500, [-1, 1], 5)
    best = cim.solve(model, "sa", seed=0, replicas=8, steps=1000).energy
    means = {steps: model.energy(_run(model, 16, steps, 0, kernel="packed")).mean() for steps in (100, 1000)}
    assert 0.99 < means[1000] / best <= 1.001
    assert means[100] / best < 0.985


def test_dense_maximum_cut_needs_the_uniform_part_apart() -> None:
    """All couplings are negative or zero: with synchronous signs the magnetisation would turn over in every step."""
    n = 400
    rng = np.random.default_rng(0)
    upper = np.triu(-(rng.random((n, n)) < 0.5).astype(int), 1)
    model = ip.IsingModel(upper + upper.T)
    best = cim.solve(model, "sa", seed=0, replicas=8, steps=300).energy
    packed, events = (_run(model, 8, 1000, 0, kernel=kernel) for kernel in ("packed", "events"))
    for samples in (packed, events):
        assert np.abs(samples.sum(axis=1)).max() < 40
        assert model.energy(samples).mean() < 0.95 * best
    couplings = FixedPoint(model)
    x = rng.uniform(-0.3, 0.3, (8, n)).astype(np.float32)
    state = EventState(couplings.matrix, couplings.fields, x, np.zeros_like(x))
    state.advance(np.linspace(1, 0, 1000).astype(np.float32), 1.1, 1.0 / n**0.5)
    assert np.abs(state.spins().sum(axis=1)).min() > 200


def _member(work: Generator[None, None, Member]) -> Member:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_members_are_exact_and_children_keep_what_their_parents_share() -> None:
    model = _model(300, [-1, 1], 6, fields=True)
    couplings, packed = FixedPoint(model), PackedCouplings.of(model, 1)
    assert packed is not None
    passes, rng = Passes(None), np.random.default_rng(0)
    breeder = BifurcationBreeder(couplings, PackedMotion(packed), passes, rng)
    parents = [_member(breeder.fresh(rng)) for _ in range(2)]
    child = _member(breeder.child(*parents, rng))
    revived = _member(breeder.revived(parents[0].spins, rng))
    for member in (*parents, child, revived):
        assert couplings.energy(member.energy) == model.energy(member.spins)
        assert (member.spins * model.local_fields(member.spins)).min() >= 0
    shared = parents[0].spins == parents[1].spins
    assert 0.2 < shared.mean() < 0.95
    assert (child.spins == parents[0].spins)[shared].mean() > 0.8


@pytest.mark.parametrize("packed", [True, False])
def test_some_spins_move_in_the_fields_of_the_others(packed: bool) -> None:
    """Their energies differ from the whole model's by the same constant, whatever their signs."""
    model = _model(200, [-3, -1, 1, 3], 8, fields=True)
    couplings = PackedCouplings.of(model, 2)
    assert couplings is not None
    motion = PackedMotion(couplings) if packed else EventMotion(FixedPoint(model))
    rng = np.random.default_rng(0)
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), 200)
    free = np.flatnonzero(rng.random(200) < 0.45)
    part = motion.restricted(spins, free)
    assert part.num_spins == len(free) > 64
    start = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), (5, len(free)))
    state = part.state(start, np.zeros_like(start))
    state.advance(np.zeros(1, dtype=np.float32), 0.0, 0.0)
    whole = np.repeat(spins[None, :], 5, axis=0)
    whole[:, free] = start
    difference = model.energy(whole) - state.energies() * part.unit
    np.testing.assert_allclose(difference, difference[0], atol=1e-9 * abs(difference).max())


def test_members_stop_where_their_passes_end_and_repeat_with_their_seed() -> None:
    model = _model(200, [-1, 1], 7)
    couplings, packed = FixedPoint(model), PackedCouplings.of(model, 1)
    assert packed is not None
    passes, rng = Passes(700), np.random.default_rng(0)
    breeder = BifurcationBreeder(couplings, PackedMotion(packed), passes, rng)
    next(breeder.fresh(rng))
    assert passes.taken == 700
    assert couplings.energy(breeder.current().energy) == model.energy(breeder.current().spins)
    members = []
    for _ in range(2):
        rng = np.random.default_rng(3)
        breeder = BifurcationBreeder(couplings, PackedMotion(packed), Passes(None), rng)
        members.append(_member(breeder.fresh(rng)))
    np.testing.assert_array_equal(members[0].spins, members[1].spins)
