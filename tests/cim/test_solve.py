"""What :func:`cim.solve` does beside the battery: registry, reports, machine options, and the shared instances."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim import solvers


def test_unknown_names_list_the_known_ones() -> None:
    model = ip.IsingModel([[0, 1], [1, 0]])
    with pytest.raises(ValueError, match=r"algorithm: 'oracle' is not one of auto, bsb, .*, sa, sfc, simcim, tabu"):
        cim.solve(model, "oracle")
    with pytest.raises(TypeError, match="dT: 'cim' has no option of that name; it takes clip, dt, momentum, noise"):
        cim.solve(model, "cim", dT=0.1)
    with pytest.raises(TypeError, match="problem: a Problem or an IsingModel is needed, not ndarray"):
        cim.solve(np.zeros((2, 2)))  # type: ignore[arg-type]


def test_the_registry_takes_a_new_algorithm_and_refuses_a_taken_name() -> None:
    from cim.solvers.annealing import SimulatedAnnealing

    class Other(SimulatedAnnealing):
        name = "other"

    solvers.register(Other())
    try:
        assert cim.solve(ip.sherrington_kirkpatrick(5, seed=0), "other").info["algorithm"] == "other"
        with pytest.raises(ValueError, match="'other' is taken"):
            solvers.register(Other())
    finally:
        solvers.unregister("other")


def test_the_report_says_what_was_done_and_can_be_repeated() -> None:
    model = ip.sherrington_kirkpatrick(30, seed=0)
    solution = cim.solve(model, "cim", steps=20, replicas=5, clip=0.5)
    info = solution.info
    assert info["algorithm"] == "cim"
    assert info["options"] == {"dt": 0.75, "momentum": 0.5, "clip": 0.5, "noise": "linear(0.01, 0.0)"}
    assert (info["replicas"], info["steps_per_replica"], info["steps_total"]) == (5, 20, 100)
    assert info["step_unit"] == "matrix-vector product"
    assert set(info["timings"]) == {"compilation", "preparation", "search", "total"}
    again = cim.solve(model, "cim", steps=20, replicas=5, clip=0.5, seed=info["seed"])
    np.testing.assert_array_equal(again.samples, solution.samples)


def test_the_solver_and_the_simulator_are_the_same_machine() -> None:
    """solve("cim") without polish ends in the signs that simulate ends in, from the same start."""
    from cim.dynamics.machine import starting_amplitudes

    model = ip.sherrington_kirkpatrick(60, seed=2)
    tuned = {"dt": 0.75, "momentum": 0.5, "clip": 0.4, "noise": 0.0}
    solution = cim.solve(model, "cim", steps=200, replicas=3, seed=5, polish=False, **tuned)
    unit = np.sqrt(cim.simulate(model, steps=1).attrs["pump_unit"])
    of_the_run = np.random.default_rng(5).spawn(1)[0].spawn(1)[0]  # the call's, the batch's, the round's
    start = unit * starting_amplitudes(model, 1e-3, 3, unit, of_the_run)
    run = cim.simulate(model, cim.linear(-2.0, 0.0), steps=200, replicas=3, initial=start, **tuned)
    np.testing.assert_array_equal(solution.samples, run["spins"])


def test_divergence_is_reported() -> None:
    solution = cim.solve(ip.sherrington_kirkpatrick(10, seed=0), "cim", steps=50, clip=None, noise=1e38, seed=0)
    assert solution.status is cim.Status.DIVERGED
    assert "overflowed" in solution.info["message"]


def test_temperature_schedules_are_in_units_of_the_row_norm() -> None:
    model = ip.sherrington_kirkpatrick(100, seed=0)
    cold = cim.solve(model, "sa", schedule=cim.linear(0.7, 0.1), steps=200, seed=0, polish=False)
    hot = cim.solve(model, "sa", schedule=cim.constant(3.0), steps=200, seed=0, polish=False)
    assert cold.energies.mean() < -0.66 * 100
    assert hot.energies.mean() > -0.35 * 100  # at T = 3 the SK energy is about -1/(2T) = -0.167 per spin
    assert hot.energies.mean() / 100 == pytest.approx(-1 / 6, abs=0.06)
    with pytest.raises(ValueError, match="schedule: a temperature cannot be negative"):
        cim.solve(model, "sa", schedule=cim.linear(1.0, -1.0))


def test_frustrated_integer_instances_beyond_float32_are_exact() -> None:
    """Couplings of 2⁴⁰ with unit differences: float32 fields cannot tell them apart, the finish can."""
    rng = np.random.default_rng(5)
    upper = np.triu(rng.integers(-(2**40), 2**40, (16, 16)), 1)
    model = ip.IsingModel(upper + upper.T)
    energy, _ = ip.ground_states(model)
    solution = cim.solve(model, seed=0)
    assert isinstance(solution.energy, int)
    assert solution.energy == energy


def test_progress_bar_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    cim.solve(ip.sherrington_kirkpatrick(20, seed=0), steps=20, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "100%" in captured.err


def test_warmup_reports_seconds() -> None:
    cim.warmup()
    assert cim.warmup() == 0.0  # all compiled by now


@pytest.mark.parametrize(
    ("name", "arguments", "objective"),
    [
        ("g05_60.0.mc", {}, 536),
        ("bqp100-1.sparse.mc", {}, 7970),
        ("queen5_5.col", {"num_colors": 5}, 0),
        ("myciel3.col", {"num_colors": 4}, 0),
        ("G1.rud", {}, 11624),
    ],
)
def test_published_instances_by_default_settings(
    instance: Callable[[str], Path], name: str, arguments: dict, objective: float
) -> None:
    problem = ip.read(instance(name), **arguments)
    for seed in range(3):
        solution = cim.solve(problem, seed=seed)
        assert solution.feasible
        assert solution.objective == objective == problem.objective(solution.answer)


def test_the_machine_takes_fields_in_its_stride() -> None:
    """Random QUBOs, whose fields are as large as their couplings' sums, against enumeration and annealing."""
    for n, seed in ((20, 0), (200, 1)):
        Q = np.triu(np.random.default_rng(seed).integers(-100, 101, (n, n)))
        model = ip.IsingModel.from_qubo(Q)
        best = ip.ground_states(model)[0] if n <= 28 else cim.solve(model, seed=0).energy
        assert cim.solve(model, "cim", seed=0).energy == pytest.approx(best, rel=1e-3)


def test_temperatures_beyond_single_precision_are_refused_by_name() -> None:
    """Padding spins must not be flipped, however hot it is: that was an access out of bounds."""
    for model in (ip.sherrington_kirkpatrick(40, seed=0), ip.edwards_anderson((11, 11), seed=0)):
        with pytest.raises(ValueError, match="schedule: a temperature is at most 1e"):
            cim.solve(model, "sa", schedule=cim.constant(1e31))
        hot = cim.solve(model, "sa", schedule=cim.constant(9e5), steps=50, seed=0, polish=False)
        assert abs(hot.energies.mean()) < 0.2 * model.num_spins


@pytest.mark.parametrize("sparse", [False, True])
def test_sweeps_at_one_temperature_are_metropolis_sweeps(sparse: bool) -> None:
    """Against enumeration by chi-square at n = 6, and its twin at a wrong temperature."""
    rng = np.random.default_rng(0)
    upper = np.triu(rng.standard_normal((6, 6)), 1)
    couplings, h = upper + upper.T, 0.5 * rng.standard_normal(6)
    if sparse:  # as one of many copies side by side, so that the model counts as sparse
        import scipy.sparse as sp

        copies = 40
        model = ip.IsingModel(sp.block_diag([couplings] * copies, format="csr"), np.tile(h, copies))
    else:
        copies = 1
        model = ip.IsingModel(couplings, h)
    unit = np.sqrt((couplings**2).sum() / 6)
    temperature = 1.5 * unit
    solution = cim.solve(
        model, "sa", schedule=cim.constant(1.5), steps=60, replicas=6000 // copies, seed=3, polish=False
    )
    codes = (solution.samples.reshape(-1, 6) > 0) @ (1 << np.arange(6))
    counts = np.bincount(codes, minlength=64)
    energies = ip.IsingModel(couplings, h).energy(np.where((np.arange(64)[:, None] >> np.arange(6)) & 1, 1, -1))

    def chi_square(t: float) -> float:
        weights = np.exp(-(energies - energies.min()) / t)
        expected = counts.sum() * weights / weights.sum()
        return float(((counts - expected) ** 2 / expected).sum())

    assert chi_square(temperature) < 63 + 5 * np.sqrt(2 * 63)
    assert chi_square(1.25 * temperature) > 63 + 10 * np.sqrt(2 * 63)


def test_an_answer_saved_with_a_schedule_among_its_options(tmp_path: Path) -> None:
    solution = cim.solve(ip.sherrington_kirkpatrick(10, seed=0), "cim", noise=cim.linear(0.1, 0), steps=5)
    solution.save(tmp_path / "a.json")
    assert cim.Solution.load(tmp_path / "a.json").info["options"]["noise"] == "linear(0.1, 0.0)"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"seed": -1}, ValueError, "seed: must not be negative"),
        ({"seed": "a"}, TypeError, "seed: an integer"),
        ({"seed": True}, TypeError, "seed: an integer"),
        ({"callback": 3}, TypeError, "callback: a function"),
        ({"polish": "no"}, TypeError, "polish: True or False"),
        ({"algorithm": ["sa"]}, ValueError, r"algorithm: \['sa'\] is not one of"),
        (
            {"algorithm": "sa", "schedule": lambda u: [1, 2]},
            ValueError,
            r"schedule: the value at u = \d is \[1, 2\], not a number",
        ),
        (
            {"algorithm": "sa", "schedule": lambda u: "a"},
            ValueError,
            r"schedule: the value at u = \d is 'a', not a number",
        ),
    ],
)
def test_the_door_names_every_argument(arguments: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        cim.solve(ip.sherrington_kirkpatrick(5, seed=0), **arguments)


def test_control_c_before_the_search_returns_where_it_would_have_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    from cim.solvers.annealing import SimulatedAnnealing

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SimulatedAnnealing, "prepare", interrupted)
    model = ip.sherrington_kirkpatrick(30, seed=0)
    start = np.random.default_rng(0).choice([-1, 1], 30)
    solution = cim.solve(model, "sa", initial=start, replicas=3)
    assert solution.status is cim.Status.INTERRUPTED
    assert (solution.samples == start).all()
    assert solution.energy == model.energy(start)


def test_control_c_while_the_report_is_made_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from cim.solvers.harness import Harness

    whole = Harness._solution
    calls = []

    def interrupted_once(self: Harness, *arguments: object) -> cim.Solution:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return whole(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Harness, "_solution", interrupted_once)
    solution = cim.solve(ip.sherrington_kirkpatrick(50, seed=0), steps=200, seed=0)
    assert solution.status is cim.Status.INTERRUPTED
    assert solution.energy < -0.6 * 50


def test_batches_that_find_the_time_used_up_cost_nothing() -> None:
    model = ip.sherrington_kirkpatrick(1000, seed=0)
    solution = cim.solve(model, replicas=400, threads=1, time_limit=0.05, seed=0)
    assert solution.samples.shape == (400, 1000)
    assert solution.info["rounds"] < 25
    assert solution.energy < -0.5 * 1000
    np.testing.assert_array_equal(solution.energies, model.energy(solution.samples))
