"""The family of dynamics between walls: each against its equations, its limits, its fields, its unit, its answers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
import landscapes as ls
from cim.dynamics import available, find
from cim.dynamics.driver import Evolution
from cim.dynamics.machine import build_machine

FAMILY = sorted(set(available()) - {"cim"})
HEATED = {"hbsb", "hdsb"}


def _model(n: int, seed: int, fields: float = 0.5, scale: float = 1.0) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    return ip.IsingModel(scale * (upper + upper.T), scale * fields * np.sqrt(n) * rng.standard_normal(n))


def _machine(law: str, model: ip.IsingModel, steps: int, **drive: Any) -> Any:
    found = find(law)
    options = {name: drive.pop(name, value) for name, value in found.options.items()}
    settings = found.driven(**drive)
    del settings["initial"]
    return build_machine(model, steps=steps, options=options, bounded=True, **settings)


# ---------------------------------------------------------------- the equations, once more and slowly


def _unit(model: ip.IsingModel) -> float:
    return max(np.linalg.eigvalsh(model.J)[-1] / 2, np.sqrt((model.J**2).sum() / model.num_spins))


def _bifurcation(J, h, x, pump, dt, *, discrete=False, heating=0.0):
    y = np.zeros_like(x)
    for a in pump:
        u = np.where(x < 0, -1.0, 1.0) if discrete else x.copy()
        old = y.copy()
        y = y + dt * (a * x + J @ u + h * np.mean(np.abs(u)))
        x = x + dt * y
        y[np.abs(x) > 1] = 0
        x = np.clip(x, -1, 1)
        y = y + heating * dt * old
    return x


def _generalised(J, h, x, pump, dt, *, control):
    y, p, steps = np.zeros_like(x), np.ones_like(x), len(pump)
    for k in range(steps):  # as the paper's re-implementations have it: p from 1 to 0, here with S - 1 = len - 1
        y = y + dt * (-2 * p * x + J @ x + h * np.mean(np.abs(x)))
        x = x + dt * y
        y[np.abs(x) > 1] = 0
        x = np.clip(x, -1, 1)
        if k < steps - 1:
            p = p - (1 - control * x**2) * p / (steps - 1 - k)
    return x


def _amplitude_control(J, h, x, pump, dt, *, target, rate, largest_error):
    e = np.ones_like(x)
    for a, alpha in zip(pump, np.linspace(target(0.0), target(1.0), len(pump)), strict=True):
        f = J @ x + h * np.mean(np.abs(x))
        x = x + dt * (a * x - x**3 + e * f)
        x = np.clip(x, -1.5 * np.sqrt(alpha), 1.5 * np.sqrt(alpha))
        e = np.clip(e - dt * rate * e * (x**2 - alpha), 0.01, largest_error)
    return x


def _feedback_control(J, h, x, pump, dt, *, target, rate, largest_error):
    e = np.ones_like(x)
    for a in pump:
        z = e * (J @ x + h * np.mean(np.abs(x)))
        x = np.clip(x + dt * (a * x - x**3 + z), -1.5, 1.5)
        e = np.clip(e - dt * rate * e * (z**2 - target), 0.01, largest_error)
    return x


def _separated_control(J, h, x, pump, dt, *, slope, feedback, rate):
    e, u = np.zeros_like(x), np.linspace(0, 1, len(pump))
    for a, c, b in zip(pump, slope(u), rate(u), strict=True):
        f = J @ x + h * np.mean(np.abs(x))
        x = np.clip(x + dt * (a * x - x**3 + np.tanh(c * f) + feedback * (f - e)), -1.5, 1.5)
        e = e + dt * b * (f - e)
    return x


def _mean_field(J, h, x, pump, dt):
    for a in pump:
        x = (1 - dt) * x + dt * np.tanh((J @ x + h) / -a)
    return x


def _clipped(J, h, x, pump, dt, *, momentum):
    v = np.zeros_like(x)
    for a in pump:
        v = momentum * v + (1 - momentum) * dt * (a * x + J @ x + h * np.mean(np.abs(x)))
        x = np.clip(x + v, -1, 1)
    return x


SLOPE, RATE, TARGET = cim.linear(1.0, 3.0), cim.linear(0.4, 0.1), cim.linear(0.6, 1.1)
EQUATIONS: dict[str, tuple[Callable[..., np.ndarray], dict[str, Any], dict[str, Any]]] = {
    # the reference, what it and the machine are both told, and what the machine alone is told
    "bsb": (_bifurcation, {}, {}),
    "dsb": (lambda *a: _bifurcation(*a, discrete=True), {}, {}),
    "hbsb": (_bifurcation, {"heating": 0.4}, {}),
    "hdsb": (lambda *a, heating: _bifurcation(*a, discrete=True, heating=heating), {"heating": 0.4}, {}),
    "gsb": (_generalised, {"control": 0.7}, {}),
    "cac": (_amplitude_control, {"target": TARGET, "rate": 0.8, "largest_error": 1.3}, {}),
    "cfc": (_feedback_control, {"target": 0.4, "rate": 0.8, "largest_error": 1.3}, {}),
    "sfc": (_separated_control, {"slope": SLOPE, "feedback": 0.5, "rate": RATE}, {}),
    "nmfa": (_mean_field, {}, {"noise": 0.0}),
    "simcim": (_clipped, {"momentum": 0.7}, {"noise": 0.0}),
}


def test_every_dynamics_has_its_equations_here() -> None:
    assert sorted(EQUATIONS) == FAMILY


@pytest.mark.parametrize("law", FAMILY)
@pytest.mark.parametrize("scale", [1.0, 3e-7])
def test_a_run_follows_the_equations(law: str, scale: float) -> None:
    model, steps, dt = _model(40, 1, scale=scale), 15, 0.15
    reference, told, only_machine = EQUATIONS[law]
    machine = _machine(law, model, steps, schedule=cim.linear(-2.0, 0.0), dt=dt, **told, **only_machine)
    if law == "nmfa":  # which ends at Θ = 0 otherwise, where its step is zero
        machine = _machine(law, model, steps, schedule=cim.linear(-2.0, -1.0), dt=dt, **only_machine)
    start = 0.6 * np.random.default_rng(7).standard_normal((40, 3)).astype(np.float32)
    evolution = Evolution(find(law), machine, start.copy(), np.random.default_rng(0))
    evolution.advance(steps)
    assert evolution.batch.smallest_dt == dt
    unit = _unit(model)
    wall = 1.5 * np.sqrt(0.6) if law == "cac" else 1.5 if law in {"cfc", "sfc"} else 1.0
    for r in range(3):
        x = np.clip(start[:, r].astype(float), -wall, wall)
        expected = reference(model.J / unit, model.h / unit, x, machine.pump, dt, **told)
        np.testing.assert_allclose(evolution.batch.amplitudes[:, r], expected, atol=2e-3 if law == "sfc" else 3e-4)
        assert np.abs(expected - x).max() > 0.3  # it has gone somewhere
        assert len(np.unique(np.sign(expected))) == 2


def test_where_a_particle_meets_its_wall_it_stops() -> None:
    """y = 0 at |x| = 1; heated, what is left is γΔ of the momentum from before the step."""
    model = _model(30, 2)
    for law, heating in (("bsb", 0.0), ("hbsb", 0.5)):
        options = {"heating": heating} if law in HEATED else {}
        machine = _machine(law, model, 40, dt=0.5, **options)
        start = 0.3 * np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
        evolution = Evolution(find(law), machine, start, np.random.default_rng(0))
        for k in range(40):
            before = evolution.batch._momenta.copy()
            evolution.advance(k + 1)
            at_wall = np.abs(evolution.batch.amplitudes) == 1.0
            expected = 0.5 * 0.5 * before[at_wall] if heating else 0.0
            np.testing.assert_allclose(evolution.batch._momenta[at_wall], expected, rtol=1e-6)
        assert at_wall.mean() > 0.9
        assert (np.abs(evolution.batch.amplitudes) <= 1.0).all()


def test_heating_and_control_of_zero_are_ballistic_bifurcation() -> None:
    model = _model(50, 3)
    plain = cim.simulate(model, dynamics="bsb", steps=200, dt=0.6, initial=0.2)
    heated = cim.simulate(model, dynamics="hbsb", steps=200, dt=0.6, initial=0.2, heating=0.0)
    np.testing.assert_array_equal(heated["final_amplitude"], plain["final_amplitude"])
    general = cim.simulate(model, dynamics="gsb", steps=30, dt=0.6, initial=0.2, control=0.0)
    plain = cim.simulate(model, dynamics="bsb", steps=30, dt=0.6, initial=0.2)
    np.testing.assert_allclose(general["final_amplitude"], plain["final_amplitude"], atol=1e-4)


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("law", FAMILY)
def test_a_step_beyond_the_stability_limit_is_shortened_to_it(law: str) -> None:
    """Below threshold the origin is stable: the same step without the bound runs to the walls, with it it stays."""
    rng = np.random.default_rng(0)
    low = rng.standard_normal((60, 3))
    model = ip.IsingModel(-(low @ low.T) * (1 - np.eye(60)))  # λ_min is far larger in size than λ_max
    unit, pump, steps = _unit(model), -3.0, 60
    lowest = np.linalg.eigvalsh(model.J)[0] / unit
    assert lowest < -3
    second_order = 2 / np.sqrt(3 - lowest)
    expected, marginal = {  # what the step is shortened to, and what the origin can bear
        "bsb": (second_order, second_order),
        "hbsb": (second_order, second_order),  # without heating
        "gsb": (second_order, second_order),
        "dsb": (second_order / 2, np.inf),
        "hdsb": (second_order / 2, np.inf),
        "cac": (2 / (3 * 0.2 + 3 - lowest), 2 / (3 - lowest)),
        "cfc": (2 / (3 + 3 - lowest), 2 / (3 - lowest)),
        "sfc": (2 / (3 + 3 - 0.5 * lowest), 2 / (3 - 0.5 * lowest)),
        "nmfa": (2 / (1 - lowest / 3), 2 / (1 - lowest / 3)),
        "simcim": (3 * 2 / (3 - lowest), 3 * 2 / (3 - lowest)),
    }[law]
    told: dict[str, Any] = {
        "cac": {"target": cim.constant(0.2), "rate": 0.0, "largest_error": 1.0},
        "cfc": {"target": 0.2, "rate": 0.0, "largest_error": 1.0},
        "sfc": {"slope": cim.constant(0.4), "feedback": 0.1, "rate": cim.constant(0.0)},
        "simcim": {"momentum": 0.5},
        "gsb": {"control": 0.0},
    }.get(law, {"heating": 0.0} if law in HEATED else {})
    drive = {"noise": 0.0} if law in {"nmfa", "simcim"} else {}
    asked = 1.0 if law == "nmfa" else 5.0
    machine = _machine(law, model, steps, schedule=cim.constant(pump), dt=asked, **told, **drive)
    start = 1e-3 * rng.standard_normal((60, 2)).astype(np.float32)
    evolution = Evolution(find(law), machine, start.copy(), rng)
    evolution.advance(steps)
    assert evolution.batch.smallest_dt == pytest.approx(0.98 * expected, rel=2e-3)
    assert not evolution.batch.diverged().any()
    if law in {"dsb", "hdsb"}:  # whose force does not vanish at the origin: bounded by its size
        return
    assert np.abs(evolution.batch.amplitudes).max() < 0.05
    reference = EQUATIONS[law][0]
    schedule = np.full(steps, pump)
    if law == "gsb":
        reference, told = _bifurcation, {}
    runaway = reference(model.J / unit, 0 * model.h, start[:, 0].astype(float), schedule, 1.25 * marginal, **told)
    assert np.abs(runaway).max() > 0.3


@pytest.mark.parametrize("law", FAMILY)
def test_amplitudes_stay_between_their_walls_and_finite(law: str) -> None:
    model = _model(40, 4, fields=1e12)
    run = cim.simulate(model, dynamics=law, steps=300, initial=1e6, dt=1.0, record_steps=60)
    assert run.attrs["status"] == "completed"
    assert float(np.abs(run["amplitude"]).max()) <= 2.5 * np.sqrt(run.attrs["pump_unit"])
    assert run.attrs["smallest_dt"] <= 1.0


@pytest.mark.parametrize("law", FAMILY)
def test_a_number_that_is_not_finite_is_seen_in_its_replica_alone(law: str) -> None:
    model = _model(20, 5)
    machine = _machine(law, model, 10)
    start = 0.1 * np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)
    start[4, 1] = np.nan
    evolution = Evolution(find(law), machine, start, np.random.default_rng(0))
    evolution.advance(5)
    assert evolution.batch.diverged().tolist() == [False, True, False]
    assert set(np.unique(evolution.spins())) <= {-1, 1}


@pytest.mark.parametrize("law", ["cac", "cfc", "nmfa", "sfc", "simcim"])
def test_far_below_threshold_amplitudes_do_not_become_denormal(law: str) -> None:
    told = {"cac": {"rate": 0.0}, "cfc": {"rate": 0.0}}.get(law, {})  # errors that grow would raise the amplitudes
    told |= {"slope": 1.0, "feedback": 0.1} if law == "sfc" else {}
    model = ip.sherrington_kirkpatrick(30, seed=2)
    run = cim.simulate(model, cim.constant(-6.0), law, steps=2000, noise=0.0, initial=0.1, **told)
    smallest = np.abs(run["final_amplitude"].values).min() / np.sqrt(run.attrs["pump_unit"])
    assert smallest == pytest.approx(1e-10, rel=1e-5)


# ---------------------------------------------------------------- units, fields, chance


@pytest.mark.parametrize("law", FAMILY)
def test_the_scale_of_the_couplings_does_not_matter(law: str) -> None:
    model = _model(60, 6)
    plain = cim.simulate(model, dynamics=law, steps=150, seed=1)
    for factor in (2.0**20, 2.0**-30):  # powers of two round alike
        scaled = cim.simulate(ip.IsingModel(factor * model.J, factor * model.h), dynamics=law, steps=150, seed=1)
        np.testing.assert_array_equal(scaled["spins"], plain["spins"])
        np.testing.assert_allclose(scaled["ising_energy"], factor * plain["ising_energy"], rtol=1e-6)
    decimal = cim.simulate(ip.IsingModel(1e6 * model.J, 1e6 * model.h), dynamics=law, steps=40, seed=1)
    short = cim.simulate(model, dynamics=law, steps=40, seed=1)
    assert (decimal["spins"] == short["spins"]).mean() > 0.99


@pytest.mark.parametrize("law", FAMILY)
def test_lopsided_spectra_are_taken(law: str) -> None:
    """An antiferromagnet: λ_max is 1 and λ_min is -(n - 1); its ground states have no magnetisation.

    Discrete bifurcation turns all its spins together, without end, as its module says; heating and noise disturb a few.
    """
    n = 50
    model = ip.IsingModel(np.eye(n) - np.ones((n, n)))
    run = cim.simulate(model, dynamics=law, steps=1500, replicas=8, seed=0)
    assert run.attrs["pump_unit"] == pytest.approx(np.sqrt(n - 1.0))
    if law not in {"dsb", "hdsb"}:
        assert float(run["final_ising_energy"].min()) <= (-0.3 * n if law in {"hbsb", "nmfa"} else -n / 2)


@pytest.mark.parametrize("law", FAMILY)
def test_a_field_decides_its_spin_however_large(law: str) -> None:
    model = _model(20, 7, fields=0.0)
    small = cim.simulate(ip.IsingModel(model.J, [0.0, 100.0, -100.0] + [0.0] * 17), dynamics=law, steps=600, seed=3)
    huge = cim.simulate(ip.IsingModel(model.J, [0.0, 1e30, -1e9] + [0.0] * 17), dynamics=law, steps=600, seed=3)
    np.testing.assert_array_equal(small["spins"], huge["spins"])
    assert (small["spins"][:, 1] == 1).all() and (small["spins"][:, 2] == -1).all()


@pytest.mark.parametrize("law", FAMILY)
def test_fields_and_couplings_weigh_as_in_the_ising_energy(law: str) -> None:
    """An auxiliary spin that carries the fields makes the same ground states: the rates of success are alike."""
    hits = 0
    for seed in range(6):
        model = _model(12, 40 + seed, fields=0.7)
        run = cim.simulate(model, dynamics=law, steps=500, replicas=32, seed=seed, record=())
        hits += int((run["final_ising_energy"].values < ip.ground_states(model)[0] + 1e-9).sum())
    assert hits / (6 * 32) > 0.5


@pytest.mark.parametrize("law", FAMILY)
def test_small_models_end_in_their_ground_state(law: str) -> None:
    """Against enumeration; a random configuration after a descent has it in about a tenth of all cases."""
    rates = []
    for seed in range(6):
        model = _model(14, 20 + seed, fields=0.0)
        run = cim.simulate(model, dynamics=law, steps=800, replicas=32, seed=seed, record=())
        rates.append(float((run["final_ising_energy"].values < ip.ground_states(model)[0] + 1e-9).mean()))
    assert np.mean(rates) > 0.5
    assert np.count_nonzero(rates) >= 4


@pytest.mark.parametrize("law", FAMILY)
def test_the_seed_fixes_the_run_whatever_the_threads(law: str) -> None:
    model = ip.sherrington_kirkpatrick(50, seed=1)
    runs = [
        cim.simulate(model, dynamics=law, steps=80, replicas=70, threads=threads, seed=seed, record="sign_changes")
        for threads, seed in ((1, 5), (2, 5), (1, 6))
    ]
    np.testing.assert_array_equal(runs[1]["final_amplitude"], runs[0]["final_amplitude"])
    np.testing.assert_array_equal(runs[1]["sign_changes"], runs[0]["sign_changes"])
    assert (runs[2]["final_amplitude"] != runs[0]["final_amplitude"]).any()


def test_the_cheap_noise_has_mean_0_and_variance_1_and_no_memory() -> None:
    model = ip.sherrington_kirkpatrick(1000, seed=0)
    machine = _machine("simcim", model, 3, schedule=0.0, dt=0.02, momentum=0.0, noise=1e-4)
    start = np.full((1000, 32), 1e-9, dtype=np.float32)
    evolution = Evolution(find("simcim"), machine, start, np.random.default_rng(1))
    kicks, before = [], start.astype(float)
    for k in range(3):
        evolution.advance(k + 1)
        now = evolution.batch.amplitudes.astype(float)
        kicks.append((now - before) / np.sqrt(2 * 1e-4 * 0.02))
        before = now
    first, second = kicks[0], kicks[1]
    count = first.size
    assert abs(first.mean()) < 4 / np.sqrt(count)
    assert first.var() == pytest.approx(1.0, abs=0.03)
    assert (first**4).mean() / first.var() ** 2 == pytest.approx(3 - 1.2 / 4, abs=0.06)  # a sum of four uniform numbers
    for other in (second, np.roll(first, 1, axis=0), np.roll(first, 1, axis=1)):
        assert abs((first * other).mean()) < 0.04  # couplings make 2 % of it, chance 0.5 %


# ---------------------------------------------------------------- records, options, the machine's own variants


@pytest.mark.parametrize("law", FAMILY)
def test_records_agree_with_the_amplitudes_they_were_taken_from(law: str) -> None:
    model = _model(30, 8)
    run = cim.simulate(model, dynamics=law, steps=60, replicas=5, record_steps=60)
    amplitudes = run["amplitude"].values
    signs = np.where(amplitudes < 0, -1, 1)
    for k in (0, 17, 60):
        np.testing.assert_allclose(run["ising_energy"][k], model.energy(signs[k]), rtol=1e-4, atol=1e-4)
        energy = ls.SoftSpinEnergy(model, float(run["applied_pump"][k]))
        np.testing.assert_allclose(run["energy"][k], energy.value(amplitudes[k]), rtol=1e-3, atol=1e-2)
    changes = (np.signbit(amplitudes[1:]) != np.signbit(amplitudes[:-1])).sum(axis=2)
    np.testing.assert_array_equal(run["sign_changes"][1:], np.cumsum(changes, axis=0))


@pytest.mark.parametrize("law", FAMILY)
@pytest.mark.parametrize(
    "model",
    [
        ip.IsingModel([]),
        ip.IsingModel(np.zeros((1, 1))),
        ip.IsingModel([[0, 1], [1, 0]]),
        ip.IsingModel(np.zeros((3, 3)), [1e9, -1e-9, 0.0]),
        ip.IsingModel(sp.csr_array((80, 80))),
        ip.IsingModel([[0.0, 1e25], [1e25, 0.0]], [1e24, 0.0]),
    ],
    ids=["n=0", "n=1", "n=2", "fields only", "sparse zero", "huge"],
)
def test_edge_cases_run(law: str, model: ip.IsingModel) -> None:
    run = cim.simulate(model, dynamics=law, steps=300, replicas=3)
    assert run.attrs["status"] == "completed"
    assert np.isfinite(run["energy"]).all()
    np.testing.assert_array_equal(run["final_ising_energy"], model.energy(run["spins"].values))
    if model.num_spins == 3:
        assert (run["spins"][:, :2] == [1, -1]).all()


@pytest.mark.parametrize(
    ("law", "arguments", "says"),
    [
        ("bsb", {"momentum": 0.5}, "momentum: 'bsb' has none; leave it out"),
        ("bsb", {"noise": 0.1}, "noise: 'bsb' has none"),
        ("simcim", {"clip": 0.5}, "clip: 'simcim' has none; it has momentum, noise"),
        ("hbsb", {"heating": -0.1}, "heating: must be at least 0"),
        ("gsb", {"schedule": cim.linear(-2, 1)}, "schedule: the pump of 'gsb' stays below 0"),
        ("gsb", {"control": -1.0}, "control: must be at least 0"),
        ("cac", {"target": cim.linear(1.0, 0.0)}, "target: must be positive"),
        ("cac", {"rate": -1.0}, "rate: must be at least 0"),
        ("cfc", {"largest_error": 0.5}, "largest_error: must be at least 1"),
        ("sfc", {"slope": -1.0}, "slope: must be positive"),
        ("sfc", {"rate": cim.linear(0.1, -0.1)}, "rate: must not be negative"),
        ("sfc", {"feedback": -1.0}, "feedback: must be at least 0"),
        ("nmfa", {"schedule": cim.linear(-2, 1)}, "schedule: 'nmfa' takes minus the temperature"),
        ("nmfa", {"dt": 1.5}, "dt: 'nmfa' relaxes by a fraction"),
    ],
)
def test_the_door_names_the_argument(law: str, arguments: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        cim.simulate(ip.sherrington_kirkpatrick(4, seed=0), dynamics=law, **arguments)


def test_none_of_what_a_dynamics_does_not_have_is_allowed() -> None:
    model = ip.sherrington_kirkpatrick(20, seed=0)
    plain = cim.simulate(model, dynamics="bsb", steps=50)
    same = cim.simulate(model, dynamics="bsb", steps=50, momentum=0.0, noise=0.0, clip=None)
    np.testing.assert_array_equal(same["final_amplitude"], plain["final_amplitude"])


def test_the_noisy_machine_sends_replicas_to_different_states() -> None:
    """The pump ramp with and without a temperature: from almost one start, without it they end in one state."""
    model = ip.sherrington_kirkpatrick(120, seed=3)
    start = 1e-3 * np.random.default_rng(0).standard_normal(120) * np.ones((16, 1))
    plain = cim.simulate(model, steps=1500, replicas=16, initial=start)
    noisy = cim.simulate(model, steps=1500, replicas=16, initial=start, noise=cim.linear(0.2, 0.0))
    assert len(np.unique(plain["final_ising_energy"])) == 1
    assert len(np.unique(noisy["final_ising_energy"])) >= 3


def test_the_machine_anneals_by_temperature_alone() -> None:
    """A fixed pump above threshold, T from hot to nothing (arXiv:2603.13778): hot it explores, cold it descends."""
    model = ip.sherrington_kirkpatrick(120, seed=3)
    annealed = cim.simulate(
        model, cim.constant(-0.5), steps=2000, replicas=16, noise=cim.linear(0.5, 0.0), record_steps=[400, 2000]
    )
    quenched = cim.simulate(model, cim.constant(-0.5), steps=2000, replicas=16, initial=0.5)
    assert float(annealed["ising_energy"][0].mean()) > float(annealed["ising_energy"][1].mean()) + 0.05 * 120
    assert float(annealed["final_ising_energy"].mean()) < float(quenched["final_ising_energy"].mean()) - 0.005 * 120
    assert annealed.attrs["schedule"] == "constant(-0.5)"
