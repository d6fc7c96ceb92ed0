"""Ramps paced by a model's own softness: what is measured, what it costs, and what becomes of it."""

import pickle

import numpy as np
import pytest

import cim
import ising_problems as ip
import landscapes as ls
from cim.couplings import Couplings
from cim.gap_speed import ConstantGapSpeed, pilot_run
from cim.softness import MEASURES, Hessian


@pytest.fixture(scope="module")
def model() -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(120, seed=4)


def settled(model: ip.IsingModel, pump: float) -> tuple[Hessian, np.ndarray, np.ndarray]:
    """Products with the Hessian at a minimum, the minimum in machine units, and the exact spectrum there."""
    unit = np.linalg.eigvalsh(model.J)[-1] / 2.0
    x = ls.adiabatic_minima(model, [pump * unit])["x"].values[0, 0] / np.sqrt(unit)
    spectrum = np.linalg.eigvalsh(np.diag(3.0 * x * x - pump) - model.J / unit)
    return Hessian(Couplings(model, unit)), x.astype(np.float32)[:, None], spectrum


@pytest.mark.parametrize("pump", [-1.5, -0.9, 0.0])
def test_softness_at_a_minimum_against_the_whole_spectrum(model: ip.IsingModel, pump: float) -> None:
    hessian, x, spectrum = settled(model, pump)
    gap = MEASURES["gap"](hessian, 1, np.random.default_rng(0))
    assert gap(x, pump)[0] == pytest.approx(1.0 / spectrum[0], rel=0.1)
    spent = hessian.products
    assert spent <= 40
    gap(x, pump)  # from the direction that it knows, it needs fewer
    assert hessian.products - spent < spent
    # Hutchinson's estimates scatter by √(2 tr H⁻²)/n; the mean of 40 is within four of its standard errors
    chi = [MEASURES["susceptibility"](hessian, 1, np.random.default_rng(k))(x, pump)[0] for k in range(40)]
    error = np.sqrt(2.0 * np.sum(spectrum**-2.0)) / len(x) / np.sqrt(40)
    assert abs(np.mean(chi) - np.mean(1.0 / spectrum)) < 4.0 * error + 0.01
    assert (
        abs(np.mean(chi) - np.mean(1.0 / (spectrum + 0.5))) > 4.0 * error + 0.01
    )  # the twin: a Hessian that is stiffer


def test_response_is_that_of_the_minimum(model: ip.IsingModel) -> None:
    hessian, x, _ = settled(model, 0.0)
    unit = np.linalg.eigvalsh(model.J)[-1] / 2.0
    _, after, _ = settled(model, 0.01)
    response = MEASURES["response"](hessian, 1, np.random.default_rng(0))
    assert response(x, 0.0)[0] == 0.0
    exact = np.linalg.solve(np.diag(3.0 * x[:, 0] ** 2) - model.J / unit, x[:, 0])
    assert response(after, 0.01)[0] == pytest.approx(np.linalg.norm(exact) / np.sqrt(120), rel=0.02)
    assert hessian.products == 0


def test_below_the_threshold_the_gap_is_that_of_the_couplings(model: ip.IsingModel) -> None:
    pilot = pilot_run(ConstantGapSpeed(), model, 100, np.random.default_rng(0))
    below = pilot.pumps < -2.0
    assert below.sum() == 4
    np.testing.assert_allclose(pilot.softness[below], 1.0 / (-2.0 - pilot.pumps[below]))
    chi = pilot_run(ConstantGapSpeed(measure="susceptibility"), model, 100, np.random.default_rng(0))
    unit = np.linalg.eigvalsh(model.J)[-1] / 2.0
    exact = np.mean(1.0 / (2.2 - np.linalg.eigvalsh(model.J) / unit))
    assert chi.softness[0] == pytest.approx(exact, rel=0.2)  # of one vector of random signs


def test_every_product_is_counted(model: ip.IsingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = []
    plain = Couplings.product

    def counted(self: Couplings, x: np.ndarray, out: np.ndarray) -> np.ndarray:
        spent.append(x.shape[1])
        return plain(self, x, out)

    cim.constant_gap_speed(model)  # compiled
    for rule in (
        ConstantGapSpeed(replicas=3),
        ConstantGapSpeed(measure="susceptibility", pilot_steps=50, settling=0),
        ConstantGapSpeed(measure="response", pilot_steps=None, initial=1e-3),
        ConstantGapSpeed(start=-1.0, stop=0.5, pumps=2),
    ):
        with monkeypatch.context() as patch:
            # λ_max, which every machine needs, is not counted, and not looked for again here
            patch.setattr("cim.dynamics.machine.extreme_eigenvalues", lambda _: cim.couplings.SpectralEnds(-2, 2, 0))
            patch.setattr(Couplings, "product", counted)
            spent.clear()
            plan = rule.plan(model, 77, np.random.default_rng(0))
        assert plan.products == sum(spent) > 0


def test_the_schedule_is_slow_where_the_state_is_soft(model: ip.IsingModel) -> None:
    rule = ConstantGapSpeed(pilot_steps=2000, settling=50, limit=100.0)
    pilot = pilot_run(rule, model, 0, np.random.default_rng(1))
    schedule = rule.plan(model, 0, np.random.default_rng(1)).schedule
    u = np.linspace(0.0, 1.0, 200_001)
    moments = np.interp(pilot.pumps, np.asarray(schedule(u)), u)
    spent = np.diff(moments)
    softness = np.minimum(pilot.softness, 100.0 * np.median(pilot.softness))
    expected = 0.5 * (softness[1:] + softness[:-1]) * np.diff(pilot.pumps)
    np.testing.assert_allclose(spent, expected / expected.sum(), atol=1e-4)
    assert (schedule(0.0), schedule(1.0)) == (-2.2, 0.0)


def test_each_model_has_a_schedule_of_its_own_which_the_seed_fixes(model: ip.IsingModel) -> None:
    other = ip.sherrington_kirkpatrick(120, seed=5)
    first = cim.constant_gap_speed(model, seed=3)
    assert first == cim.constant_gap_speed(model, seed=3)
    assert first != cim.constant_gap_speed(other, seed=3)
    assert first != cim.constant_gap_speed(model, seed=4)


def test_the_unit_of_the_couplings_does_not_matter(model: ip.IsingModel) -> None:
    scaled = ip.IsingModel(16.0 * model.J)
    for measure in ("gap", "susceptibility", "response"):
        here, there = (
            ConstantGapSpeed(measure=measure).plan(m, 100, np.random.default_rng(0)) for m in (model, scaled)
        )
        assert here == there


def test_a_pilot_like_the_run_takes_its_length(model: ip.IsingModel) -> None:
    rule = ConstantGapSpeed(measure="response", pilot_steps=None, settling=0, initial=1e-3, replicas=2)
    for steps in (100, 300):
        assert rule.plan(model, steps, np.random.default_rng(0)).products == 2 * (steps + 1)


def test_machines_run_it(model: ip.IsingModel) -> None:
    run = cim.simulate(model, ConstantGapSpeed(), steps=100, replicas=2)
    assert run.attrs["pilot_products"] == ConstantGapSpeed().plan(model, 100, np.random.default_rng(0)).products
    assert run.attrs["schedule"].startswith("piecewise([(0.0, -2.2)")
    solution = cim.solve(model, "cim", schedule=ConstantGapSpeed(measure="response"), replicas=4, steps=100, seed=0)
    assert solution.info["pilot_products"] > 0


def test_models_without_anything_to_measure() -> None:
    for nothing in (
        ip.IsingModel(np.zeros((0, 0))),
        ip.IsingModel([[0]]),
        ip.IsingModel(np.zeros((3, 3)), h=[1, 2, 3]),
    ):
        plan = ConstantGapSpeed().plan(nothing, 10, np.random.default_rng(0))
        assert (plan.schedule, plan.products) == (cim.linear(-2.2, 0.0), 0)
    for small in (
        ip.IsingModel([[0, 1], [1, 0]]),
        ip.edwards_anderson((4, 4), seed=0),
        ip.IsingModel([[0, -1], [-1, 0]]),
    ):
        for measure in ("gap", "susceptibility", "response"):
            schedule = cim.constant_gap_speed(small, measure=measure)
            assert (schedule(0.0), schedule(1.0)) == (-2.2, 0.0)


def test_rules_are_frozen_picklable_and_rebuilt_by_their_repr() -> None:
    rule = ConstantGapSpeed(measure="response", replicas=2, exponent=0.5)
    assert eval(repr(rule), {"ConstantGapSpeed": ConstantGapSpeed}) == rule == pickle.loads(pickle.dumps(rule))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"measure": "entropy"}, "measure: must be one of 'gap', 'susceptibility', 'response'"),
        ({"start": 0.0, "stop": -1.0}, "stop: must lie above start"),
        ({"start": -3.0, "stop": -2.5}, "stop: must lie above start and the threshold"),
        ({"pilot_steps": 0}, "pilot_steps: must be at least 1"),
        ({"pumps": 1}, "pumps: must be at least 2"),
        ({"replicas": 0}, "replicas: must be at least 1"),
        ({"settling": -1}, "settling: must be at least 0"),
        ({"dt": 0.0}, "dt: must be greater than 0"),
        ({"momentum": 1.0}, "momentum: must be less than 1"),
        ({"clip": -1.0}, "clip: must be greater than 0"),
        ({"initial": 0.0}, "initial: must be greater than 0"),
        ({"mixture": 2.0}, "mixture: is a part"),
        ({"limit": 0.1}, "limit: must be at least 1"),
    ],
)
def test_bad_rules_are_refused(options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ConstantGapSpeed(**options)
    with pytest.raises(ValueError, match=says):
        cim.constant_gap_speed(ip.IsingModel([[0, 1], [1, 0]]), **options)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match=r"model: an IsingModel is needed, not ndarray; IsingModel\(J\) makes one"):
        cim.constant_gap_speed(np.eye(3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps: must be at least 1"):
        cim.constant_gap_speed(ip.IsingModel([[0, 1], [1, 0]]), steps=0)
