"""Rules that make schedules: what they return, and that machines run what they return."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import cim
import ising_problems as ip
from cim.schedule_rules import Plan, ScheduleRule, per_budget, pilot_generator, plan_for


@dataclass(frozen=True)
class Priced(ScheduleRule):
    """A straight line that ends where the first random number says, and has a price."""

    start: float
    price: int = 7

    def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        return Plan(cim.linear(self.start, rng.random() + 0.001 * steps + model.num_spins), self.price)


def by_length(steps: int) -> object:
    return cim.linear(-2.0, 0.0) if steps > 500 else cim.linear(-1.0, 0.0)


def by_length_priced(steps: int) -> object:
    return Priced(-2.0, steps)


@pytest.fixture
def model() -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(20, seed=3)


def test_a_function_of_the_number_of_steps_is_a_rule(model: ip.IsingModel) -> None:
    rule = per_budget(by_length)
    rng = np.random.default_rng(0)
    assert rule.plan(model, 1000, rng) == Plan(cim.linear(-2.0, 0.0), 0)
    assert rule.plan(model, 300, rng) == Plan(cim.linear(-1.0, 0.0), 0)
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert repr(rule) == "per_budget(by_length)"
    nested = per_budget(by_length_priced).plan(model, 300, rng)
    assert nested.products == 300


def test_what_is_no_function_is_refused() -> None:
    for wrong in (cim.linear(-2, 0), 3.0, None):
        with pytest.raises(TypeError, match="function: a function of the number of steps"):
            per_budget(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="products: must be at least 0"):
        Plan(cim.linear(-2, 0), -1)


def test_a_schedule_is_its_own_plan(model: ip.IsingModel) -> None:
    assert plan_for(0.5, model, 10, pilot_generator()) == Plan(0.5)
    schedule = cim.linear(-2, 0)
    assert plan_for(schedule, model, 10, pilot_generator()) == Plan(schedule)


def test_a_rule_must_return_a_plan(model: ip.IsingModel) -> None:
    class Wrong(ScheduleRule):
        def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
            return cim.linear(-2, 0)  # type: ignore[return-value]

    with pytest.raises(TypeError, match="must return a Plan"):
        cim.simulate(model, Wrong(), steps=5)


def test_simulate_runs_what_the_rule_makes(model: ip.IsingModel) -> None:
    made = Priced(-2.2).plan(model, 60, pilot_generator())
    by_rule = cim.simulate(model, Priced(-2.2), steps=60, replicas=3, seed=5)
    by_hand = cim.simulate(model, made.schedule, steps=60, replicas=3, seed=5)
    np.testing.assert_array_equal(by_rule["final_amplitude"], by_hand["final_amplitude"])  # the same starts, too
    assert by_rule.attrs["schedule"] == repr(made.schedule)
    assert by_rule.attrs["schedule_rule"] == "Priced(start=-2.2, price=7)"
    assert (by_rule.attrs["pilot_products"], by_hand.attrs["pilot_products"]) == (7, 0)


@pytest.mark.parametrize("algorithm", ["cim", "bsb"])
def test_solve_runs_what_the_rule_makes(model: ip.IsingModel, algorithm: str) -> None:
    start = -2.2 if algorithm == "cim" else 0.0
    made = Priced(start).plan(model, 60, pilot_generator())
    settings = {"replicas": 40, "steps": 60, "seed": 5, "polish": False}
    by_rule = cim.solve(model, algorithm, schedule=Priced(start), **settings)
    by_hand = cim.solve(model, algorithm, schedule=made.schedule, **settings)
    np.testing.assert_array_equal(by_rule.samples, by_hand.samples)
    assert by_rule.info["pilot_products"] == 7  # one pilot for both batches of replicas
    assert "pilot_products" not in by_hand.info
    assert by_rule.info["schedule"] == repr(Priced(start))


def test_a_rule_plans_anew_for_each_length_of_run(model: ip.IsingModel) -> None:
    solution = cim.solve(model, "cim", schedule=Priced(-2.0), replicas=2, time_limit=0.2, threads=1, seed=0)
    assert solution.info["pilot_products"] >= 7
    assert solution.info["pilot_products"] % 7 == 0


@pytest.mark.parametrize("algorithm", ["sa", "dsb"])
def test_what_takes_no_rule_says_so(model: ip.IsingModel, algorithm: str) -> None:
    with pytest.raises(ValueError, match=r"schedule: .* a schedule itself is needed"):
        cim.solve(model, algorithm, schedule=Priced(-2.0), replicas=2, steps=5)
