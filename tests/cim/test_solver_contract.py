"""One battery that every algorithm passes: put a new one into the registry and it is tested here."""

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers import ContinuousSolver, available, find

ALGORITHMS = available()
# Searches that go on from minimum to minimum, and keep the best.
SEARCHES = {name for name in ALGORITHMS if isinstance(find(name), ContinuousSolver)}
# Machines whose replicas end near the ground state, but not always in it.
HEURISTIC_MACHINES = set(ALGORITHMS) - SEARCHES - {"sa"}


def _random(n: int, seed: int, *, density: float = 1.0, integer: bool = False, fields: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 4, (n, n)) if integer else rng.standard_normal((n, n))
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    h = (rng.integers(-3, 4, n) if integer else rng.standard_normal(n)) if fields else None
    return ip.IsingModel(upper + upper.T, h)


def _components() -> ip.IsingModel:
    """Two rings, a pair and isolated spins with and without a field: disconnected."""
    couplings = np.zeros((14, 14))
    for ring in (range(5), range(5, 9)):
        for i, j in zip(ring, [*ring[1:], ring[0]], strict=True):
            couplings[i, j] = couplings[j, i] = -1.0
    couplings[9, 10] = couplings[10, 9] = 2.0
    h = np.zeros(14)
    h[11], h[12] = 0.5, -0.25
    return ip.IsingModel(couplings, h)


MODELS = {
    "float dense": _random(14, 0),
    "integer dense": _random(14, 1, integer=True),
    "float fields": _random(13, 2, fields=True),
    "integer fields": _random(13, 3, integer=True, fields=True),
    "sparse storage": ip.IsingModel(sp.csr_array(_random(14, 4, density=0.3).J)),
    "disconnected": _components(),
    "tiny scale": ip.IsingModel(_random(12, 5).J * 1e-9, _random(12, 5, fields=True).h * 1e-9),
    "huge scale": ip.IsingModel(_random(12, 6).J * 1e9, _random(12, 6, fields=True).h * 1e9),
    "huge fields": ip.IsingModel(_random(12, 7).J, 1e6 * _random(12, 7, fields=True).h),
    "antiferromagnet": ip.IsingModel(np.eye(11, dtype=int) - 1),
    "offset": ip.IsingModel(_random(10, 8, integer=True).J, offset=-7),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_small_models_are_solved(algorithm: str, name: str) -> None:
    model = MODELS[name]
    solution = cim.solve(model, algorithm, seed=1, replicas=40)
    energy, _ = ip.ground_states(model)
    if algorithm in HEURISTIC_MACHINES:
        assert energy - 1e-9 * abs(energy) <= solution.energy <= energy + 0.05 * abs(energy - model.offset)
    else:
        assert solution.energy == pytest.approx(energy, rel=1e-12)
    _check_shape(solution, model, 40)


def _check_shape(solution: cim.Solution, model: ip.IsingModel, replicas: int) -> None:
    """What every solution promises, whatever its quality."""
    n = model.num_spins
    assert solution.samples.shape == (replicas, n) and solution.samples.dtype == np.int8
    assert solution.spins.shape == (n,) and set(np.unique(solution.spins)) <= {-1, 1}
    np.testing.assert_array_equal(solution.energies, model.energy(solution.samples))
    assert solution.energy == model.energy(solution.spins) == solution.energies.min()
    assert isinstance(solution.energy, int if model.is_integer else float)
    assert isinstance(solution.status, cim.Status)
    assert solution.answer is None and solution.feasible is None
    assert solution.info["history"][-1][1] == pytest.approx(float(solution.energy))
    energies = [energy for _, energy in solution.info["history"]]
    assert energies == sorted(energies, reverse=True)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    ("model", "spins"),
    [
        (ip.IsingModel([], offset=2.5), []),
        (ip.IsingModel([[0]]), None),
        (ip.IsingModel([[0.0]], [-3.0]), [-1]),
        (ip.IsingModel(np.zeros((4, 4)), [1, -1, 2.0, -0.5]), [1, -1, 1, -1]),
        (ip.IsingModel(sp.csr_array((200, 200))), None),
    ],
    ids=["n=0", "n=1", "one field", "fields only", "no couplings"],
)
def test_trivial_models_are_solved_and_known_to_be(algorithm: str, model: ip.IsingModel, spins: list | None) -> None:
    solution = cim.solve(model, algorithm, replicas=3)
    assert solution.status is cim.Status.OPTIMAL
    assert solution.lower_bound == solution.energy == model.energy(solution.spins)
    if spins is not None:
        assert solution.spins.tolist() == spins


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_two_spins(algorithm: str) -> None:
    for coupling in (1, -1):
        solution = cim.solve(ip.IsingModel([[0, coupling], [coupling, 0]]), algorithm, seed=0)
        assert solution.energy == -1
        assert solution.spins[0] * solution.spins[1] == coupling


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("sparse", [False, True])
def test_the_seed_fixes_the_result_whatever_the_threads(algorithm: str, sparse: bool) -> None:
    model = (
        ip.edwards_anderson((9, 9), seed=1, couplings="gaussian") if sparse else ip.sherrington_kirkpatrick(70, seed=1)
    )
    first, second, third = (
        cim.solve(model, algorithm, seed=7, steps=30, replicas=70, threads=threads, polish=False)
        for threads in (1, 2, 1)
    )
    np.testing.assert_array_equal(first.samples, second.samples)
    np.testing.assert_array_equal(first.samples, third.samples)
    other = cim.solve(model, algorithm, seed=8, steps=30, replicas=70, polish=False)
    assert (other.samples != first.samples).any()
    generator = cim.solve(model, algorithm, seed=np.random.default_rng(7), steps=30, replicas=70, polish=False)
    np.testing.assert_array_equal(first.samples, generator.samples)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_never_writes_on_its_model(algorithm: str) -> None:
    model = _random(20, 9, fields=True)
    before = model.J.copy(), model.h.copy()
    cim.solve(model, algorithm, steps=10, replicas=4)
    np.testing.assert_array_equal(model.J, before[0])
    np.testing.assert_array_equal(model.h, before[1])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("integer", [False, True])
def test_polished_samples_are_stable_against_every_single_flip(algorithm: str, sparse: bool, integer: bool) -> None:
    model = _random(150, 11, density=0.05 if sparse else 1.0, integer=integer, fields=True)
    solution = cim.solve(model, algorithm, steps=5, replicas=20, seed=0)
    gains = solution.samples * model.local_fields(solution.samples)
    assert gains.min() >= (0 if integer else -1e-9)
    if algorithm in SEARCHES:
        return
    bare = cim.solve(model, algorithm, steps=5, replicas=20, seed=0, polish=False)
    assert (bare.samples * model.local_fields(bare.samples)).min() < 0  # five steps do not end in a minimum


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_answers_come_in_the_problems_own_terms(algorithm: str) -> None:
    import networkx as nx

    problem = ip.MaxCut(nx.petersen_graph())
    solution = cim.solve(problem, algorithm, seed=0)
    assert solution.objective == 12 == problem.objective(solution.answer)
    assert solution.feasible and solution.violations == []
    assert solution.energy == problem.to_ising().energy(solution.spins)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gauge_invariance_of_the_best_energy(algorithm: str) -> None:
    """s -> g s with J_ij -> g_i J_ij g_j leaves the spectrum as it is."""
    model = _random(12, 13, fields=True)
    gauge = np.random.default_rng(0).choice([-1.0, 1.0], 12)
    turned = ip.IsingModel(gauge[:, None] * model.J * gauge, gauge * model.h)
    assert cim.solve(turned, algorithm, seed=0).energy == pytest.approx(cim.solve(model, algorithm, seed=1).energy)


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_time_limit_is_kept_and_used(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(300, seed=0)
    cim.solve(model, algorithm, steps=2, replicas=2)  # load the kernels
    solution = cim.solve(model, algorithm, time_limit=0.5, seed=0)
    assert solution.status is cim.Status.TIME_LIMIT
    assert solution.info["steps_total"] > 100
    assert 0.2 < solution.info["timings"]["total"] < 10.0  # however busy the machine


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_limit_shorter_than_a_slice_still_gives_an_answer(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(300, seed=0)
    solution = cim.solve(model, algorithm, time_limit=1e-6)
    assert solution.status is cim.Status.TIME_LIMIT
    _check_shape(solution, model, len(solution.energies))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_target_stops_the_run(algorithm: str) -> None:
    import networkx as nx

    model = ip.sherrington_kirkpatrick(200, seed=0)
    solution = cim.solve(model, algorithm, target=-0.6 * 200, time_limit=60.0, seed=0)
    assert solution.status is cim.Status.TARGET_REACHED
    assert solution.energy <= -0.6 * 200
    assert solution.info["timings"]["total"] < 20
    # a problem's target is in its own units and sense, here: as large a cut as that
    problem = ip.MaxCut(nx.random_regular_graph(3, 40, seed=1))
    solution = cim.solve(problem, algorithm, target=40, time_limit=60.0, seed=0)
    assert solution.status is cim.Status.TARGET_REACHED
    assert solution.objective >= 40
    out_of_reach = cim.solve(problem, algorithm, target=61, steps=50, seed=0)
    assert out_of_reach.status in (cim.Status.COMPLETED, cim.Status.OPTIMAL)  # which is proved by "auto"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_callback_watches_and_stops(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(200, seed=0)
    seen = []

    def callback(progress: cim.Progress) -> bool:
        seen.append(progress)
        return len(seen) == 5

    solution = cim.solve(model, algorithm, time_limit=60.0, callback=callback, seed=0)
    assert solution.status is cim.Status.INTERRUPTED
    assert len(seen) == 5
    assert [p.elapsed for p in seen] == sorted(p.elapsed for p in seen)
    assert all(0.0 <= p.fraction <= 1.0 for p in seen)
    assert solution.energy < -0.5 * 200
    _check_shape(solution, model, len(solution.energies))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_control_c_returns_the_best_so_far(algorithm: str) -> None:
    import _thread

    def interrupt(progress: cim.Progress) -> None:
        if progress.elapsed > 0.3:
            _thread.interrupt_main()

    model = ip.sherrington_kirkpatrick(200, seed=0)
    solution = cim.solve(model, algorithm, time_limit=60.0, seed=0, callback=interrupt)
    assert solution.status is cim.Status.INTERRUPTED
    assert solution.info["timings"]["total"] < 20
    assert solution.energy < -0.6 * 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_error_in_a_callback_is_the_callers(algorithm: str) -> None:
    def callback(progress: cim.Progress) -> bool:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        cim.solve(ip.sherrington_kirkpatrick(200, seed=0), algorithm, time_limit=60.0, callback=callback)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_warm_start_is_never_made_worse(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(150, seed=3)
    good = cim.solve(model, seed=0, steps=500, replicas=4)
    warm = cim.solve(model, algorithm, initial=good.spins, steps=3, replicas=4, seed=1)
    assert (warm.energies <= good.energy).all()
    each = cim.solve(model, algorithm, initial=good.samples[:4], steps=3, replicas=4, seed=1)
    assert (each.energies <= good.energies[:4] + 1e-9).all()
    if algorithm in SEARCHES - {"tabu"}:  # a step of theirs may be a whole anneal
        return
    cold = cim.solve(model, algorithm, steps=3, replicas=4, seed=1)
    assert cold.energy > good.energy


# ---------------------------------------------------------------- the door


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"steps": 0}, ValueError, "steps: must be at least 1"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"time_limit": -1.0}, ValueError, "time_limit: must be greater than 0"),
        ({"time_limit": np.nan}, ValueError, "time_limit: must be finite"),
        ({"target": "low"}, TypeError, "target: must be a number"),
        ({"threads": -2}, ValueError, "threads: must be at least 1"),
        ({"initial": np.zeros(5)}, ValueError, "initial: entries must be -1 or"),
        ({"initial": np.ones(4)}, ValueError, "initial: the last axis must hold the 5 spins"),
        ({"initial": np.ones((3, 5)), "replicas": 4}, ValueError, r"initial: shape \(5,\) or \(4, 5\)"),
        ({"temperature": 1.0}, TypeError, "temperature: .* has no option of that name"),
        ({"schedule": lambda u: np.nan}, ValueError, "schedule: (the value at u = |.* has none|.* has its own)"),
    ],
)
def test_the_door_names_the_argument(algorithm: str, arguments: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        cim.solve(ip.sherrington_kirkpatrick(5, seed=0), algorithm, **arguments)


# ---------------------------------------------------------------- what once went wrong


def test_auto_is_one_of_them() -> None:
    assert cim.solve(ip.IsingModel([[0, 1], [1, 0]])).info["algorithm"] in ALGORITHMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_blocks_of_very_different_scale_are_both_finished(algorithm: str) -> None:
    couplings = np.zeros((14, 14))
    couplings[:7, :7] = 1e9 * _random(7, 21).J
    couplings[7:, 7:] = 1e-9 * _random(7, 22).J
    solution = cim.solve(ip.IsingModel(couplings), algorithm, seed=0)
    small = ip.IsingModel(couplings[7:, 7:])
    gains = solution.samples[:, 7:] * small.local_fields(solution.samples[:, 7:])
    assert gains.min() >= 0
    start = np.where(np.arange(14) % 2, -1, 1)
    warm = cim.solve(ip.IsingModel(couplings), algorithm, initial=start, steps=1, replicas=2, seed=0)
    assert (warm.samples[:, 7:] * small.local_fields(warm.samples[:, 7:])).min() >= 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("field", [1e6, 1e20, 1e30, 1e38, 1e150])
def test_one_huge_field(algorithm: str, field: float) -> None:
    h = np.zeros(12)
    h[3] = -field
    model = ip.IsingModel(_random(12, 23).J, h)
    solution = cim.solve(model, algorithm, seed=0)
    assert solution.spins[3] == -1
    rest = cim.solve(model.fix({3: -1}), "sa", seed=0)
    assert model.fix({3: -1}).energy(np.delete(solution.spins, 3)) == pytest.approx(rest.energy, rel=0.05)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_one_huge_coupling_does_not_slow_the_finish(algorithm: str) -> None:
    """Every other gain is small beside it, but not beside its own row."""
    couplings = ip.edwards_anderson((60, 60), seed=0).J.astype(float).tolil()
    couplings[0, 1] = couplings[1, 0] = 1e7
    solution = cim.solve(ip.IsingModel(couplings), algorithm, replicas=8, steps=20, seed=0)
    assert solution.info["timings"]["total"] - solution.info["timings"]["compilation"] < 5.0  # it was minutes


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_warm_start_from_one_state_does_not_end_in_one_state(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(100, seed=0)
    start = np.random.default_rng(0).choice([-1, 1], 100)
    solution = cim.solve(model, algorithm, initial=start, steps=200, replicas=32, seed=0)
    assert len(np.unique(solution.samples, axis=0)) > 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_result_does_not_depend_on_the_threads_of_linear_algebra(algorithm: str) -> None:
    """n = 700 is large enough for BLAS to share a sum among its threads."""
    from threadpoolctl import threadpool_limits

    model = ip.sherrington_kirkpatrick(700, seed=0)
    samples = []
    for limit in (1, 2):
        with threadpool_limits(limits=limit, user_api="blas"):
            samples.append(cim.solve(model, algorithm, steps=60, replicas=4, seed=0, polish=False).samples)
    np.testing.assert_array_equal(samples[0], samples[1])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_solves_in_several_threads_agree_and_leave_linear_algebra_as_it_was(algorithm: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info, threadpool_limits

    def threads_of_algebra() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    model = ip.sherrington_kirkpatrick(60, seed=0)
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads_of_algebra()
        with ThreadPoolExecutor(4) as pool:
            energies = list(pool.map(lambda _: cim.solve(model, algorithm, steps=30, seed=0).energy, range(12)))
        assert len(set(energies)) == 1
        assert threads_of_algebra() == before


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_many_batches_share_the_time(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch waits until another has used up the limit: they take turns, round by round."""
    from cim.solvers.replicas import Replicas

    rounds: dict[int, int] = {}
    keep = Replicas._keep

    def counted(self: Replicas, spins: np.ndarray) -> bool:
        rounds[id(self)] = rounds.get(id(self), 0) + 1
        return keep(self, spins)

    monkeypatch.setattr(Replicas, "_keep", counted)
    model = ip.sherrington_kirkpatrick(100, seed=0)
    # a search takes some ten milliseconds for the first round of a replica: time for all of them on a busy machine too
    limit = 2.5 if algorithm in SEARCHES else 1.0
    solution = cim.solve(model, algorithm, replicas=96, threads=1, time_limit=limit, seed=0)
    assert len(rounds) >= 3
    if algorithm in SEARCHES:  # each keeps what it finds, as often as it finds something
        assert len(rounds) == solution.info["rounds"] == 96
        assert solution.energies.max() < -0.6 * 100  # none was left at its start
        return
    assert sum(rounds.values()) == solution.info["rounds"]
    assert max(rounds.values()) - min(rounds.values()) <= 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_only_a_seed_that_repeats_the_run_is_reported(algorithm: str) -> None:
    model = ip.sherrington_kirkpatrick(20, seed=0)
    generator = np.random.default_rng(7)
    first = cim.solve(model, algorithm, steps=5, seed=generator)
    second = cim.solve(model, algorithm, steps=5, seed=generator)
    assert first.info["seed"] is second.info["seed"] is None
    fresh = cim.solve(model, algorithm, steps=5)
    assert (cim.solve(model, algorithm, steps=5, seed=fresh.info["seed"]).samples == fresh.samples).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_target_equal_to_a_known_energy_is_reached(algorithm: str) -> None:
    for seed in range(6):
        model = ip.sherrington_kirkpatrick(16, seed=seed)
        known = cim.solve(model, algorithm, seed=0)
        again = cim.solve(model, algorithm, seed=0, target=known.energies.min())
        assert again.status is cim.Status.TARGET_REACHED
