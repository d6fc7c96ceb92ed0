"""The machine: its law of motion, its limits, its records, its determinism, and what the door refuses."""

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
import landscapes as ls
from cim.dynamics import available, find, register, unregister


def _models() -> list[ip.IsingModel]:
    rng = np.random.default_rng(3)
    upper = np.triu(rng.standard_normal((10, 10)), 1)
    return [
        ip.IsingModel(upper + upper.T, rng.standard_normal(10)),
        ip.edwards_anderson((10, 10), seed=1),
        ip.IsingModel(7e8 * (upper + upper.T)),
    ]


@pytest.mark.parametrize("model", _models(), ids=["fields", "sparse", "huge"])
def test_a_step_is_one_step_of_gradient_descent(model: ip.IsingModel) -> None:
    """Against landscapes.SoftSpinEnergy, in the model's own units."""
    largest = cim.simulate(model, steps=1).attrs["largest_eigenvalue"]
    start = np.random.default_rng(0).standard_normal((3, model.num_spins)) * np.sqrt(largest / 2) * 0.3
    pump, dt = -1.3, 0.05
    run = cim.simulate(model, cim.constant(pump), steps=1, dt=dt, replicas=3, initial=start)
    assert run.attrs["smallest_dt"] == dt
    energy = ls.SoftSpinEnergy(model, pump * largest / 2)
    expected = start - dt * (2 / largest) * energy.gradient(start)
    np.testing.assert_allclose(run["final_amplitude"], expected, rtol=1e-4, atol=1e-5 * np.sqrt(largest))
    np.testing.assert_allclose(run["energy"][0], energy.value(start), rtol=1e-4)
    np.testing.assert_allclose(run["energy"][-1], energy.value(run["final_amplitude"]), rtol=1e-4)
    np.testing.assert_allclose(run["applied_pump"], pump * largest / 2)


def test_heavy_ball_adds_momentum_times_the_last_move() -> None:
    model = _models()[0]
    largest = np.linalg.eigvalsh(model.J)[-1]
    start = np.random.default_rng(1).standard_normal(10) * 0.3
    energy = ls.SoftSpinEnergy(model, -1.0 * largest / 2)
    dt, momentum = 0.05, 0.6
    before, now = start, start - dt * (2 / largest) * energy.gradient(start)
    for _ in range(3):
        before, now = now, now - dt * (2 / largest) * energy.gradient(now) + momentum * (now - before)
    run = cim.simulate(model, cim.constant(-1.0), steps=4, dt=dt, momentum=momentum, replicas=1, initial=start)
    np.testing.assert_allclose(run["final_amplitude"][0], now, rtol=1e-4)


def test_order_of_convergence_is_one() -> None:
    """Explicit Euler: the error at a fixed time halves with the step."""
    model = ip.sherrington_kirkpatrick(20, seed=5)
    start = np.random.default_rng(2).standard_normal(20) * 0.5

    def at_time(steps: int) -> np.ndarray:
        return cim.simulate(model, cim.constant(-0.5), steps=steps, dt=1.6 / steps, replicas=1, initial=start)[
            "final_amplitude"
        ].values[0]

    reference = at_time(4096)
    errors = [np.abs(at_time(steps) - reference).max() for steps in (16, 32, 64)]
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.3)
    assert errors[1] / errors[2] == pytest.approx(2.0, abs=0.3)


def test_single_oscillator_settles_at_the_square_root_of_its_pump() -> None:
    """Two ferromagnetic spins: x² = a + J, exactly, on both."""
    run = cim.simulate(ip.IsingModel([[0, 1], [1, 0]]), cim.constant(1.0), steps=500, replicas=4)
    # λ_max = 1, so the applied pump is 0.5
    np.testing.assert_allclose(np.abs(run["final_amplitude"]), np.sqrt(1.5), rtol=1e-5)
    assert (run["spins"][:, 0] == run["spins"][:, 1]).all()


def test_below_threshold_nothing_grows_and_above_it_the_top_eigenvector_does() -> None:
    model = ip.sherrington_kirkpatrick(100, seed=1)
    below = cim.simulate(model, cim.constant(-2.02), steps=2000, replicas=2)
    assert float(np.abs(below["final_amplitude"]).max()) < 1e-3
    above = cim.simulate(model, cim.constant(-1.98), steps=20000, replicas=2, record=())
    top = np.linalg.eigh(model.J)[1][:, -1]
    overlap = np.abs(above["final_amplitude"].values @ top) / np.linalg.norm(above["final_amplitude"], axis=1)
    assert (overlap > 0.98).all()


def test_far_below_threshold_the_floor_keeps_amplitudes_normal_and_their_signs() -> None:
    """Without it they become denormal, a hundred times slower, then exactly zero, and never come back."""
    model = ip.sherrington_kirkpatrick(30, seed=2)
    down = cim.piecewise([(0, -6.0), (0.7, -6.0), (0.71, 0.0), (1, 0.0)])
    run = cim.simulate(model, down, steps=2000, replicas=4)
    assert float(run["smallest_amplitude"].min()) > 0
    assert float(run["smallest_amplitude"].min()) > 1e-11
    assert float(run["mean_square_amplitude"][-1].min()) > 0.1  # it has come back
    assert float(run["final_ising_energy"].max()) < -0.6 * 30


def test_gradient_flow_never_raises_the_energy_however_long_the_step() -> None:
    """The bound on the step: a thousand times the stable step is asked for, on couplings of both signs."""
    n = 60
    for model in (ip.sherrington_kirkpatrick(n, seed=3), ip.IsingModel(-(np.ones((n, n)) - np.eye(n)))):
        run = cim.simulate(model, cim.constant(1.0), steps=400, dt=200.0, initial=0.5, replicas=4, record_steps=400)
        energies = run["energy"].values
        assert run.attrs["smallest_dt"] < 0.5
        assert not run["diverged"].any()
        assert (np.diff(energies, axis=0) <= 1e-4 * np.abs(energies[-1])).all()


def test_clip_bounds_every_amplitude() -> None:
    model = ip.sherrington_kirkpatrick(50, seed=4)
    largest = np.linalg.eigvalsh(model.J)[-1]
    run = cim.simulate(model, cim.linear(-2, 1), steps=300, dt=0.7, momentum=0.5, clip=0.4)
    assert float(np.abs(run["amplitude"]).max()) == pytest.approx(0.4 * np.sqrt(largest / 2), rel=1e-4)


def test_divergence_is_a_status_and_not_a_number() -> None:
    run = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), initial=1e25, steps=20, replicas=2)
    assert run.attrs["status"] == "diverged"
    assert run["diverged"].all()
    assert set(np.unique(run["spins"])) <= {-1, 1}
    # its twin: a replica that starts sanely beside one that does not
    start = np.full((2, 10), 0.1)
    start[1] = 1e25
    run = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), initial=start, steps=20, replicas=2)
    assert run["diverged"].values.tolist() == [False, True]


@pytest.mark.slow
def test_temperature_is_the_temperature_of_the_boltzmann_distribution() -> None:
    """One oscillator pair in its well against quadrature of exp(-E/T) on a grid, at two temperatures."""
    model = ip.IsingModel([[0.0, 1.0], [1.0, 0.0]])
    grid = np.linspace(-4, 4, 401)
    points = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    for temperature in (0.25, 0.5):
        weights = np.exp(-ls.SoftSpinEnergy(model, -0.5).value(points) / (temperature * 0.25))
        expected = float((weights * (points**2).mean(axis=1)).sum() / weights.sum())
        run = cim.simulate(
            model, cim.constant(-1.0), steps=6000, dt=0.02, noise=temperature, replicas=512, record_steps=60, seed=1
        )
        seen = run["mean_square_amplitude"][20:].values.mean(axis=0)
        error = seen.std(ddof=1) / np.sqrt(len(seen))
        assert abs(seen.mean() - expected) < 4 * error + 0.02 * expected  # 2 % for the finite step
        assert abs(seen.mean() - 1.3 * expected) > 4 * error + 0.02 * expected  # a wrong temperature is seen


def test_noise_and_measurement_noise_change_the_run_and_zero_does_not() -> None:
    model = ip.sherrington_kirkpatrick(40, seed=6)
    plain = cim.simulate(model, steps=100, seed=1)["final_amplitude"].values
    assert (cim.simulate(model, steps=100, seed=1, noise=cim.constant(0.0))["final_amplitude"] == plain).all()
    for noisy in ({"noise": 0.01}, {"measurement_noise": 0.1}):
        assert (cim.simulate(model, steps=100, seed=1, **noisy)["final_amplitude"] != plain).any()


# ---------------------------------------------------------------- records


def test_records_agree_with_the_amplitudes_they_were_taken_from() -> None:
    rng = np.random.default_rng(0)
    upper = np.triu(rng.standard_normal((70, 70)), 1)
    model = ip.IsingModel(upper + upper.T, rng.standard_normal(70), offset=3.5)
    run = cim.simulate(model, steps=200, replicas=40, record_steps=[0, 50, 200], initial=0.1)
    assert run["step"].values.tolist() == [0, 50, 200]
    assert dict(run.sizes) == {"step": 3, "replica": 40, "spin": 70}
    amplitudes = run["amplitude"].values
    for k in range(3):
        energy = ls.SoftSpinEnergy(model, float(run["applied_pump"][k]))
        np.testing.assert_allclose(run["energy"][k], energy.value(amplitudes[k]), rtol=1e-4, atol=1e-3)
        signs = np.where(amplitudes[k] < 0, -1, 1)
        np.testing.assert_allclose(run["ising_energy"][k], model.energy(signs), rtol=1e-5)
        np.testing.assert_allclose(run["smallest_amplitude"][k], np.abs(amplitudes[k]).min(axis=1), rtol=1e-5)
        np.testing.assert_allclose(run["mean_square_amplitude"][k], (amplitudes[k] ** 2).mean(axis=1), rtol=1e-4)
    np.testing.assert_array_equal(run["final_ising_energy"], model.energy(run["spins"].values))
    np.testing.assert_array_equal(run["ising_energy"][-1], run["final_ising_energy"])
    np.testing.assert_array_equal(amplitudes[-1], run["final_amplitude"])


def test_sign_changes_are_counted_step_by_step() -> None:
    model = ip.sherrington_kirkpatrick(30, seed=8)
    run = cim.simulate(model, steps=150, replicas=3, record_steps=150, initial=0.05)
    signs = np.signbit(run["amplitude"].values)
    changes = (signs[1:] != signs[:-1]).sum(axis=2)
    np.testing.assert_array_equal(run["sign_changes"][0], 0)
    np.testing.assert_array_equal(run["sign_changes"][1:], np.cumsum(changes, axis=0))
    assert int(run["sign_changes"][-1].min()) > 0


def test_only_what_is_asked_for_is_recorded() -> None:
    run = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), steps=10, record=["energy"], record_steps=2)
    assert set(run.data_vars) == {"energy", "final_amplitude", "spins", "final_ising_energy", "diverged"}
    assert run["step"].values.tolist() == [0, 5, 10]
    assert set(cim.simulate(ip.sherrington_kirkpatrick(4, seed=0), steps=3, record="all").data_vars) >= {"amplitude"}


def test_a_run_survives_netcdf(tmp_path) -> None:
    import xarray as xr

    run = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), steps=10)
    run.to_netcdf(tmp_path / "run.nc", engine="h5netcdf")
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "run.nc", engine="h5netcdf"), run)


# ---------------------------------------------------------------- determinism, edges, the door


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_seed_fixes_the_run_whatever_the_threads(noise: float) -> None:
    model = ip.sherrington_kirkpatrick(80, seed=1)
    runs = [
        cim.simulate(model, steps=60, replicas=70, threads=threads, noise=noise, seed=5, measurement_noise=noise)
        for threads in (1, 2, 1)
    ]
    for other in runs[1:]:
        assert (other["final_amplitude"] == runs[0]["final_amplitude"]).all()
        assert (other["energy"] == runs[0]["energy"]).all()
    changed = cim.simulate(model, steps=60, replicas=70, noise=noise, seed=6)
    assert (changed["final_amplitude"] != runs[0]["final_amplitude"]).any()


def test_a_replica_starts_where_it_starts_however_many_there_are() -> None:
    model = ip.sherrington_kirkpatrick(20, seed=1)
    few = cim.simulate(model, steps=1, replicas=3, record_steps=[0], seed=2)["amplitude"]
    many = cim.simulate(model, steps=1, replicas=50, record_steps=[0], seed=2)["amplitude"]
    np.testing.assert_array_equal(many[:, :3], few)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_runs_are_the_same_in_any_unit(factor: float) -> None:
    """Scaled by a power of ten, not of two: the same run to rounding."""
    model = ip.sherrington_kirkpatrick(60, seed=2)
    plain = cim.simulate(model, steps=300, seed=1, replicas=4)
    scaled = cim.simulate(ip.IsingModel(model.J * factor), steps=300, seed=1, replicas=4)
    np.testing.assert_allclose(scaled["final_amplitude"], plain["final_amplitude"] * np.sqrt(factor), rtol=2e-2)
    assert (scaled["spins"] == plain["spins"]).mean() > 0.99


@pytest.mark.parametrize(
    "model",
    [
        ip.IsingModel([]),
        ip.IsingModel(np.zeros((1, 1))),
        ip.IsingModel([[0, 1], [1, 0]]),
        ip.IsingModel(np.zeros((5, 5))),
        ip.IsingModel(np.zeros((3, 3)), [1e9, -1e-9, 0.0]),
        ip.IsingModel(sp.csr_array((80, 80))),
    ],
    ids=["n=0", "n=1", "n=2", "no couplings", "fields only", "sparse zero"],
)
def test_edge_cases_run(model: ip.IsingModel) -> None:
    run = cim.simulate(model, steps=30, replicas=3)
    assert run.attrs["status"] == "completed"
    assert run["spins"].shape == (3, model.num_spins)
    np.testing.assert_array_equal(run["final_ising_energy"], model.energy(run["spins"].values))
    assert np.isfinite(run["energy"]).all()


def test_fields_point_the_way() -> None:
    run = cim.simulate(ip.IsingModel(np.zeros((3, 3)), [1e9, -1e8, 1e7]), steps=300, replicas=2)
    assert run["spins"].values.tolist() == [[1, -1, 1]] * 2


def test_a_problem_is_taken_as_it_is() -> None:
    import networkx as nx

    run = cim.simulate(ip.MaxCut(nx.cycle_graph(6)), steps=400)
    assert float(run["final_ising_energy"].min()) == -6.0


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"steps": 0}, ValueError, "steps: must be at least 1"),
        ({"steps": 2.5}, TypeError, "steps: must be an integer"),
        ({"dt": 0.0}, ValueError, "dt: must be greater than 0"),
        ({"dt": np.nan}, ValueError, "dt: must be finite"),
        ({"dt": "fast"}, TypeError, "dt: must be a number"),
        ({"momentum": 1.0}, ValueError, "momentum: must be less than 1"),
        ({"momentum": -0.1}, ValueError, "momentum: must be at least 0"),
        ({"clip": -1.0}, ValueError, "clip: must be greater than 0"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"initial": 0.0}, ValueError, "initial: the spread"),
        ({"initial": np.ones(3)}, ValueError, r"initial: amplitudes of shape \(4,\) or \(8, 4\)"),
        ({"initial": np.full(4, np.nan)}, ValueError, "initial: must be"),
        ({"noise": -1.0}, ValueError, "noise: must not be negative"),
        ({"measurement_noise": -1.0}, ValueError, "measurement_noise: must not be negative"),
        ({"schedule": lambda u: np.inf}, ValueError, "schedule: the value at u = 0"),
        ({"schedule": "linear"}, ValueError, "schedule: must be a number"),
        ({"dynamics": "perpetual"}, ValueError, "dynamics: 'perpetual' is not one of bsb, cac, cfc, cim"),
        ({"record": ["heat"]}, ValueError, "record: 'heat' is not one of energy"),
        ({"record_steps": [5, 3]}, ValueError, "record_steps: "),
        ({"record_steps": [0, 99999]}, ValueError, "record_steps: must lie between 0 and 3000"),
        ({"threads": 0}, ValueError, "threads: must be at least 1"),
        ({"photons": 0.0}, ValueError, "photons: must be greater than 0"),
        ({"photons": "few"}, TypeError, "photons: must be a number"),
        ({"colour": 3.0}, TypeError, "colour: 'cim' has no option of that name"),
    ],
)
def test_the_door_names_the_argument(arguments: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        cim.simulate(ip.sherrington_kirkpatrick(4, seed=0), **arguments)


def test_the_door_refuses_what_is_not_a_model() -> None:
    with pytest.raises(TypeError, match="model: an IsingModel or a Problem"):
        cim.simulate(np.zeros((3, 3)))


def test_the_registry_takes_a_new_dynamics_and_refuses_a_taken_name() -> None:
    class Slower(type(find("cim"))):
        name = "slower"

    register(Slower())
    try:
        assert "slower" in available()
        assert (
            cim.simulate(ip.sherrington_kirkpatrick(5, seed=0), dynamics="slower", steps=5).attrs["dynamics"]
            == "slower"
        )
        with pytest.raises(ValueError, match="'slower' is taken"):
            register(Slower())
    finally:
        unregister("slower")


def test_fields_that_follow_are_multiplied_by_the_mean_amplitude() -> None:
    """What the solver integrates: x += dt ((a - x²) x + Jx + h <|x|>), in machine units."""
    from cim.dynamics.driver import Evolution
    from cim.dynamics.machine import build_machine

    rng = np.random.default_rng(0)
    model = ip.IsingModel(ip.sherrington_kirkpatrick(30, seed=0).J, rng.standard_normal(30))
    still = {"noise": 0.0, "measurement_noise": 0.0, "options": {}, "clip": None, "momentum": 0.0}
    machine = build_machine(model, schedule=cim.constant(-1.0), steps=3, dt=0.1, fields_follow=True, **still)
    x = 0.3 * rng.standard_normal((30, 2)).astype(np.float32)
    expected = x.astype(np.float64)
    for _ in range(3):
        field = (model.J @ expected + model.h[:, None] * np.abs(expected).mean(axis=0)) / machine.pump_unit
        expected = expected + 0.1 * ((-1.0 - expected**2) * expected + field)
    evolution = Evolution(find("cim"), machine, x.copy(), rng)
    evolution.advance(3)
    np.testing.assert_allclose(evolution.batch.amplitudes, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("field", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("pump", [-1.0, 0.0, 3.0])
def test_the_step_is_bounded_with_fields_and_high_pump(field: float, pump: float) -> None:
    couplings = ip.sherrington_kirkpatrick(60, seed=0).J
    model = ip.IsingModel(couplings, field * np.random.default_rng(0).standard_normal(60))
    for dt in (0.2, 10.0):
        run = cim.simulate(model, cim.constant(pump), steps=200, dt=dt, replicas=4, initial=0.1, record_steps=200)
        energies = run["energy"].values
        assert (np.diff(energies, axis=0) <= 2e-3 * np.abs(energies[-1]).max()).all()


@pytest.mark.parametrize(
    ("couplings", "h", "pump", "dt"),
    [
        ([[0, 1.0], [1, 0]], [1000.0, 300.0], 200.0, 10.0),
        ([[0, 1.0], [1, 0]], [5.0, 1.5], 10.0, 10.0),
        ([[0, 1.0], [1, 0]], [4.0, 4.0], 8.0, 0.2),
        ([[0, 1.0], [1, 0]], [10.0, 10.0], 20.0, 0.2),
        (None, None, 10.0, 0.2),
    ],
)
def test_field_and_pump_together_do_not_raise_the_energy(couplings, h, pump: float, dt: float) -> None:
    """Judged in float64 from the recorded amplitudes."""
    if couplings is None:
        couplings = ip.sherrington_kirkpatrick(50, seed=0).J
        h = 100.0 * np.random.default_rng(0).standard_normal(50)
    model = ip.IsingModel(couplings, h)
    run = cim.simulate(model, cim.constant(pump), dt=dt, steps=300, record_steps=300, replicas=8)
    energy = ls.SoftSpinEnergy(model, float(run["applied_pump"][0]))
    energies = np.array([energy.value(x) for x in run["amplitude"].values])
    assert (np.diff(energies, axis=0) <= 1e-5 * np.abs(energies).max()).all()


@pytest.mark.parametrize("momentum", [0.9, 0.99, 0.999])
@pytest.mark.parametrize("pump", [0.0, 3.0])
def test_momentum_cannot_run_away(momentum: float, pump: float) -> None:
    model = ip.sherrington_kirkpatrick(60, seed=0)
    reach = np.sqrt(max(pump, np.abs(model.J).sum(axis=1).max()))
    run = cim.simulate(model, cim.constant(pump), steps=2000, dt=0.75, momentum=momentum, replicas=4, record=())
    assert run.attrs["status"] == "completed"
    assert float(np.abs(run["final_amplitude"]).max()) < 4 * reach


def test_weak_couplings_beside_fields_do_not_diverge() -> None:
    couplings = 1e-9 * ip.sherrington_kirkpatrick(40, seed=0).J
    model = ip.IsingModel(couplings, np.random.default_rng(0).standard_normal(40))
    run = cim.simulate(model, replicas=2)
    assert run.attrs["status"] == "completed"
    np.testing.assert_array_equal(run["spins"], np.sign(model.h).astype(int)[None, :].repeat(2, axis=0))


def test_amplitudes_beyond_single_precision_are_refused() -> None:
    with pytest.raises(ValueError, match=r"initial: amplitudes up to 1e\+200 are beyond"):
        cim.simulate(ip.sherrington_kirkpatrick(4, seed=0), initial=np.full(4, 1e200))


def test_the_recorded_seed_repeats_the_run() -> None:
    model = ip.sherrington_kirkpatrick(10, seed=0)
    run = cim.simulate(model, steps=5, seed=None)
    again = cim.simulate(model, steps=5, seed=int(run.attrs["seed"]))
    np.testing.assert_array_equal(run["final_amplitude"], again["final_amplitude"])
    assert cim.simulate(model, steps=5, seed=np.random.default_rng(0)).attrs["seed"] == "None"


@pytest.mark.parametrize("scale", [1e-250, 1e-120, 1e80, 1e160])
def test_scales_beyond_single_precision_are_refused_in_one_line(scale: float) -> None:
    couplings = scale * ip.sherrington_kirkpatrick(80, seed=0).J
    for h in (None, np.ones(80)):
        with pytest.raises(ValueError, match="model: the unit of amplitude"):
            cim.simulate(ip.IsingModel(couplings, h), steps=5)


def test_masked_amplitudes_are_refused() -> None:
    model = ip.sherrington_kirkpatrick(3, seed=0)
    with pytest.raises(ValueError, match="initial: masked"):
        cim.simulate(model, initial=np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]))
    with pytest.raises(ValueError, match="spins: masked"):
        model.energy(np.ma.array([1, 1, -1], mask=[0, 1, 0]))
    with pytest.raises(ValueError, match="x: masked"):
        ls.SoftSpinEnergy(model, 0.0).value(np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]))


def test_the_step_and_the_clip_may_follow_the_run() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=3)
    fixed = cim.simulate(model, steps=100, dt=0.3, clip=0.5, replicas=3, seed=1)
    same = cim.simulate(model, steps=100, dt=cim.constant(0.3), clip=lambda u: 0.5, replicas=3, seed=1)
    np.testing.assert_array_equal(fixed["final_amplitude"], same["final_amplitude"])
    wall = cim.linear(0.05, 0.6)
    run = cim.simulate(model, steps=100, dt=cim.linear(0.5, 0.1), clip=wall, replicas=3, seed=1, record_steps=100)
    largest = np.abs(run["amplitude"]).max(("replica", "spin")).values[1:] / np.sqrt(run.attrs["pump_unit"])
    allowed = wall(np.linspace(0.0, 1.0, 100))
    assert np.all(largest <= allowed * (1 + 1e-6))
    assert np.all(largest[-20:] > 0.9 * allowed[-20:])  # the wall is felt
    assert run.attrs["clip"] == "linear(0.05, 0.6)"
    assert run.attrs["dt"] == "linear(0.5, 0.1)"


def test_a_step_that_follows_the_run_is_refused_where_it_cannot_be() -> None:
    model = ip.sherrington_kirkpatrick(10, seed=3)
    with pytest.raises(ValueError, match="clip: must be positive throughout, but it falls to -1"):
        cim.simulate(model, steps=10, clip=cim.linear(1.0, -1.0))
    with pytest.raises(ValueError, match="dt: in 'bsb' it is the same throughout"):
        cim.simulate(model, dynamics="bsb", steps=10, dt=cim.constant(0.5))


def test_a_step_that_is_not_shortened_is_taken_as_given() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=3)
    bounded = cim.simulate(model, cim.constant(1.0), steps=60, dt=0.4, replicas=2)
    assert bounded.attrs["smallest_dt"] < 0.4
    given = cim.simulate(model, cim.constant(1.0), steps=60, dt=0.4, replicas=2, clip=3.0, shorten=False)
    assert given.attrs["smallest_dt"] == 0.4
    assert not given["diverged"].any()
    start = np.full(60, 6.0)
    runaway = cim.simulate(model, cim.constant(1.0), steps=60, dt=0.4, replicas=2, initial=start, shorten=False)
    assert runaway.attrs["status"] == "diverged"
    with pytest.raises(TypeError, match="shorten: True or False is needed, but it is 1"):
        cim.simulate(model, steps=2, shorten=1)
