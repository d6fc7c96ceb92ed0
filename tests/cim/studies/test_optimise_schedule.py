"""Optimised ramps: the search finds what there is to find, pays honestly, and reports no training energy as more."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import cim
import cim._optimise_schedule as module
import ising_problems as ip
from cim.results import Status
from cim.studies.evaluation import Workbench
from cim.studies.optimised import seed_sequences
from cim.studies.ramp_search import Ramps

QUICK = {"knots": 4, "candidates": 6, "evaluations": 10, "replicas": 2}
KNOTS = np.array([-1.9, -1.5, -0.4, 0.1])
STEP = 0.3


@pytest.fixture(scope="module")
def models() -> list[ip.IsingModel]:
    return [ip.sherrington_kirkpatrick(30, seed=k) for k in range(5)]


class Valley:
    """A workbench whose energies are those of a smooth valley: its bottom is one ramp and one step."""

    def __init__(self, model: ip.IsingModel) -> None:
        self.model = model

    def run_all(
        self, arms: list[cim.Arm], budget: int, replicas: int, seed: object, *, finish: bool, sharers: int | None
    ) -> list[SimpleNamespace]:
        return [self._run(arm, budget, replicas) for arm in arms]

    def _run(self, arm: cim.Arm, budget: int, replicas: int) -> SimpleNamespace:
        pumps = np.asarray(arm.schedule(np.linspace(0.0, 1.0, 4)))  # type: ignore[operator]
        energy = np.sum((pumps - KNOTS) ** 2) + math.log(arm.dt / STEP) ** 2  # type: ignore[operator]
        values = np.full(replicas, self.model.num_spins * energy)
        return SimpleNamespace(
            raw=values, finished=values, products=float(budget), diverged=np.zeros(replicas, dtype=bool)
        )


@pytest.mark.parametrize(
    ("method", "evaluations"), [("nelder-mead", 400), ("powell", 400), ("differential-evolution", 3000)]
)
def test_the_bottom_of_a_known_valley_is_found(
    models: list[ip.IsingModel], method: str, evaluations: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Workbench", Valley)
    options = {"knots": 4, "method": method, "seed": 1}
    found = cim.optimise_schedule(models[:2], 10, evaluations=evaluations, **options)
    np.testing.assert_allclose(found.schedule(np.linspace(0, 1, 4)), KNOTS, atol=0.03)
    assert found.arm.dt == found.numbers["dt"] == pytest.approx(STEP, rel=0.05)
    assert found.training_energy < 2e-3
    assert found.products == 4 * 10 * 2 * found.evaluations  # all saw both instances, from the first count on
    assert cim.optimise_schedule(models[:2], 10, evaluations=0, **options).training_energy > 2e-3  # the race alone


def test_the_search_is_repeated_by_its_seed_and_never_worse_than_where_it_began(models: list[ip.IsingModel]) -> None:
    first, again = (cim.optimise_schedule(models, 40, seed=3, **QUICK) for _ in range(2))
    assert (first.schedule, first.numbers, first.training_energy) == (
        again.schedule,
        again.numbers,
        again.training_energy,
    )
    assert cim.optimise_schedule(models, 40, seed=4, **QUICK).training_energy != first.training_energy
    seeds = seed_sequences(np.random.default_rng(3), len(models))

    def energy(arm: cim.Arm) -> float:
        runs = [Workbench(model).run(arm, 40, 2, seed) for model, seed in zip(models, seeds, strict=True)]
        return float(np.mean([run.raw.mean() / 30 for run in runs]))

    assert first.training_energy == pytest.approx(energy(first.arm), rel=1e-12)
    assert first.training_energy <= energy(cim.Arm(cim.linear(-2.2, 0.0), dt=0.2))
    values = [value for _, value in first.history]
    assert values == sorted(values, reverse=True)
    assert values[-1] == first.training_energy
    assert first.history[-1][0] <= first.products
    assert first.status is Status.COMPLETED


def test_what_comes_out_is_a_rising_ramp_within_the_ranges(models: list[ip.IsingModel]) -> None:
    arm = cim.Arm(cim.linear(-2.0, 0.0), dt=0.75, momentum=0.5, clip=0.4)
    found = cim.optimise_schedule(models, 30, arm=arm, start=(-2.1, -1.7), stop=(-0.2, 0.3), **QUICK)
    assert set(found.numbers) == {"start", "stop", "dt", "momentum", "clip"}
    assert -2.1 <= found.schedule(0.0) == found.numbers["start"] <= -1.7
    assert -0.2 <= found.schedule(1.0) == found.numbers["stop"] <= 0.3
    assert (np.diff(np.asarray(found.schedule(np.linspace(0.0, 1.0, 50)))) > 0).all()
    assert (found.arm.clip, found.arm.momentum) == (found.numbers["clip"], found.numbers["momentum"])
    assert found.arm.tuned_names == ()
    fixed = cim.optimise_schedule(models, 30, arm=arm, tune=(), **QUICK)
    assert (fixed.arm.dt, fixed.arm.momentum, fixed.arm.clip) == (0.75, 0.5, 0.4)
    two = cim.optimise_schedule(models, 30, **{**QUICK, "knots": 2})
    assert two.schedule(0.5) == pytest.approx(0.5 * (two.schedule(0.0) + two.schedule(1.0)))


def test_increments_stand_in_proportion() -> None:
    ramps = Ramps(cim.Arm(tune=("start", "stop", "dt")), 4)
    assert ramps.dimension == 5
    schedule = ramps.schedule([0.5, 0.5, 0.5, 1.0, 0.5], -2.0, 1.0)  # 4 : 1 : 1
    np.testing.assert_allclose(schedule(np.linspace(0, 1, 4)), [-2.0, 0.0, 0.5, 1.0])
    candidates = ramps.candidates(9, np.random.default_rng(0))
    assert candidates.shape == (9, 5)
    assert (candidates >= 0).all() and (candidates <= 1).all()
    assert np.count_nonzero((candidates[:, 3:] == 0.5).all(axis=1)) == 5  # its own and every other one: straight


def test_finished_energies_may_be_tuned(models: list[ip.IsingModel]) -> None:
    raw, finished = (cim.optimise_schedule(models, 20, tune_for=kind, **QUICK) for kind in ("raw", "finished"))
    assert finished.training_energy < raw.training_energy


def test_fresh_instances_are_looked_at_only_when_asked(models: list[ip.IsingModel]) -> None:
    fresh = [ip.sherrington_kirkpatrick(30, seed=100 + k) for k in range(6)]
    found = cim.optimise_schedule(models, 40, **QUICK)
    assert found.validation is None
    measured = found.validate(fresh, replicas=3, seed=5)
    straight = cim.Arm(cim.linear(found.numbers["start"], found.numbers["stop"]), dt=found.numbers["dt"])
    seeds = seed_sequences(np.random.default_rng(5), len(fresh))
    own, control = (
        np.array([Workbench(m).run(arm, 40, 3, seed).raw.mean() / 30 for m, seed in zip(fresh, seeds, strict=True)])
        for arm in (found.arm, straight)
    )
    assert measured.energy == pytest.approx(own.mean())
    assert measured.straight_energy == pytest.approx(control.mean())
    assert measured.difference == pytest.approx((own - control).mean())
    assert measured.difference_error == pytest.approx((own - control).std(ddof=1) / math.sqrt(6))
    assert measured.instances == 6
    asked = cim.optimise_schedule(models, 40, validation=fresh, **QUICK)
    assert asked.validation is not None
    assert asked.training_energy == found.training_energy  # they had no part in the search
    for seen in (models[2], ip.sherrington_kirkpatrick(30, seed=2)):  # the same object, or one like it
        with pytest.raises(ValueError, match=r"validation\[1\]: is one of the training instances"):
            found.validate([fresh[0], seen])
        with pytest.raises(ValueError, match=r"validation\[1\]: is one of the training instances"):
            cim.optimise_schedule(models, 40, validation=[fresh[0], seen], **QUICK)


def test_the_callback_and_ctrl_c_end_the_search_with_the_best_so_far(models: list[ip.IsingModel]) -> None:
    calls: list[tuple[int, float]] = []

    def watch(products: int, energy: float) -> bool:
        calls.append((products, energy))
        return len(calls) == 15

    ended = cim.optimise_schedule(models, 30, callback=watch, **QUICK)
    assert ended.status is Status.INTERRUPTED
    assert len(calls) == 15
    assert ended.products == calls[-1][0]
    assert np.isnan(calls[0][1])  # the race begins with a part of the instances

    def press(products: int, energy: float) -> None:
        if products > 2000:
            raise KeyboardInterrupt

    early = cim.optimise_schedule(models, 30, callback=press, validation=models[:0] or None, **QUICK)
    assert early.status is Status.INTERRUPTED
    assert np.isfinite(early.training_energy)


def test_progress_is_shown(models: list[ip.IsingModel], capsys: pytest.CaptureFixture[str]) -> None:
    cim.optimise_schedule(models[:2], 10, progress=True, **QUICK)
    assert "optimise_schedule: 100%" in capsys.readouterr().err


def test_problems_are_taken_as_their_models() -> None:
    import networkx as nx

    problems = [ip.MaxCut(nx.cycle_graph(k)) for k in (5, 6)]
    assert cim.optimise_schedule(problems, 20, **QUICK).training_energy < 0


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"budget": 0}, ValueError, "budget: must be at least 1"),
        ({"knots": 1}, ValueError, "knots: must be at least 2"),
        ({"tune_for": "best"}, ValueError, "tune_for: must be 'raw' or 'finished'"),
        ({"method": "newton"}, ValueError, "method: must be one of 'nelder-mead'"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"candidates": 0}, ValueError, "candidates: must be at least 1"),
        ({"evaluations": -1}, ValueError, "evaluations: must be at least 0"),
        ({"start": (-1.0, -2.0)}, ValueError, "start: the range must be finite and increasing"),
        ({"start": -2.0}, ValueError, r"start: a range \(low, high\)"),
        ({"start": (-2.0, 0.0)}, ValueError, "stop: the pump must rise"),
        ({"tune": ("speed",)}, ValueError, "tune: 'speed' cannot be tuned"),
        ({"tune": ("noise",)}, ValueError, "tune: 'noise' is a factor"),
        ({"arm": cim.linear(-2, 0)}, TypeError, "arm: a cim.Arm is needed"),
        ({"arm": cim.Arm(cim.ConstantGapSpeed())}, ValueError, "arm: its schedule is a rule"),
        ({"instances": []}, ValueError, "instances: at least 1"),
        ({"instances": ip.IsingModel([[0, 1], [1, 0]])}, TypeError, "instances: a sequence of models"),
        ({"instances": [1, 2]}, TypeError, r"instances\[0\]: an IsingModel or a Problem"),
        ({"validation": [ip.IsingModel([[0, 1], [1, 0]])]}, ValueError, "validation: at least 2 instances"),
        ({"seed": -1}, ValueError, "seed: must not be negative"),
    ],
)
def test_bad_arguments_are_refused(
    models: list[ip.IsingModel], options: dict, error: type[Exception], says: str
) -> None:
    arguments = {"instances": models, "budget": 10, **options}
    with pytest.raises(error, match=says):
        cim.optimise_schedule(arguments.pop("instances"), arguments.pop("budget"), **arguments)
