"""The study of schedules: paired, at equal cost, tuned on other instances, and the same however it is run."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from cim import Arm, PhotonBudget, constant, linear, piecewise
from cim.schedule_rules import Plan, ScheduleRule, free, per_budget
from cim.schedules import Schedule
from cim.studies.arms import named_arms, tuned
from cim.studies.evaluation import Workbench, run_arm
from cim.studies.statistics import best_of, holm, paired_differences, study_statistics
from cim.studies.tuning import own_numbers, tune_arm
from landscapes import SweepError
from landscapes.sweep import cell_generator

SHAPED = piecewise([(0.0, -2.0), (0.5, -0.93), (0.9, -0.45), (1.0, 0.0)])


def _models(count: int, n: int = 40, first: int = 0) -> list[ip.IsingModel]:
    return [ip.sherrington_kirkpatrick(n, seed=first + k) for k in range(count)]


class Costly(ScheduleRule):
    """A rule whose pilot costs what it is told."""

    def __init__(self, products: int) -> None:
        self.products = products

    def plan(self, model: ip.IsingModel, steps: int, rng: np.random.Generator) -> Plan:
        return Plan(linear(-2.0 - float(rng.random()) / 10, 0.0), self.products)

    def __repr__(self) -> str:
        return f"Costly({self.products})"


@pytest.fixture(scope="module")
def study() -> xr.Dataset:
    return cim.schedule_study(
        _models(14, 120),
        {"straight": linear(-2.2, 0.0), "shaped": SHAPED, "quench": 0.5},
        budgets=[60, 300],
        replicas=4,
        training=2,
        tuning_replicas=2,
    )


# ---------------------------------------------------------------- what is run


def test_a_run_is_the_machine_s_own(study: xr.Dataset) -> None:
    """An arm's energies are those of cim.simulate from the same start, recomputed from the model."""
    model = _models(1)[0]
    arm = Arm(SHAPED, dt=0.3, momentum=0.4, clip=0.8)
    outcome = run_arm(model, arm, 80, 3, seed=7)
    starts = np.random.default_rng(np.random.SeedSequence(7)).spawn(3)[0]
    unit = cim.simulate(model, steps=1).attrs["pump_unit"] ** 0.5
    amplitudes = np.array([child.standard_normal(40, dtype=np.float32) for child in starts.spawn(3)]) * 1e-3 * unit
    run = cim.simulate(model, SHAPED, steps=80, dt=0.3, momentum=0.4, clip=0.8, replicas=3, initial=amplitudes)
    np.testing.assert_allclose(outcome.raw, run["final_ising_energy"], rtol=1e-12)
    assert outcome.products == outcome.steps == 80


def test_finished_energies_are_those_of_stable_configurations() -> None:
    model = _models(1)[0]
    outcome = run_arm(model, Arm(0.5), 20, 8, seed=1)
    assert np.all(outcome.finished <= outcome.raw + 1e-12)
    assert outcome.finished.mean() < outcome.raw.mean()
    lowest, _ = ip.ground_states(ip.sherrington_kirkpatrick(12, seed=1))
    small = run_arm(ip.sherrington_kirkpatrick(12, seed=1), Arm(), 100, 16, seed=1)
    assert lowest - 1e-9 <= small.finished.min() < 0.9 * lowest


def test_arms_on_one_instance_share_starts_and_noise() -> None:
    model, seed = _models(1)[0], np.random.SeedSequence(3)
    bench = Workbench(model)
    noisy = Arm(linear(-2.2, 0.0), noise=linear(0.1, 0.0))
    first, other, again = (bench.run(arm, 50, 4, seed) for arm in (noisy, Arm(SHAPED), noisy))
    np.testing.assert_array_equal(first.raw, again.raw)
    assert not np.array_equal(first.raw, other.raw)
    # the twin: another seed is another start
    assert not np.array_equal(first.raw, bench.run(noisy, 50, 4, np.random.SeedSequence(4)).raw)


def test_arms_run_side_by_side_as_they_run_alone() -> None:
    """Different steps, clips, momenta, temperatures, pilots and laws, in whatever batches they end up in."""
    model, seed = _models(1, 70)[0], np.random.SeedSequence(11)
    arms = [
        Arm(),
        Arm(SHAPED, dt=linear(0.4, 0.1), clip=0.7, momentum=0.5),
        Arm(linear(-2.0, 0.2), noise=linear(0.1, 0.0)),
        Arm(SHAPED, noise=0.2, momentum=0.3),
        Arm(constant(0.0), noise=0.05, initial=0.3, measurement_noise=0.1),
        Arm(constant(0.0), noise=0.05, initial=0.3, measurement_noise=1e-30),
        Arm(constant(0.0), noise=0.05, initial=0.3),
        Arm(Costly(40)),
        Arm(linear(0.0, 1.0), "bsb"),
        Arm(photons=0.3),
        Arm(SHAPED, photons=PhotonBudget(0.3, readout="homodyne")),
        Arm(photons=float("inf"), initial=0.05),
    ]
    together = Workbench(model).run_all(arms, 60, 36, seed)  # 36 replicas: one full batch and a part of another
    for arm, outcome in zip(arms, together, strict=True):
        alone = Workbench(model).run(arm, 60, 36, seed)
        np.testing.assert_array_equal(outcome.raw, alone.raw)
        np.testing.assert_array_equal(outcome.finished, alone.finished)
        assert (outcome.steps, outcome.products) == (alone.steps, alone.products)
    assert len({tuple(outcome.raw) for outcome in together}) == len(arms) - 1  # two see the same noise
    np.testing.assert_array_equal(together[5].raw, together[6].raw)  # misreading has a stream of its own


def test_a_pilot_is_paid_for() -> None:
    outcome = run_arm(_models(1)[0], Arm(Costly(100)), 60, 8)
    assert outcome.steps == 60 - 13  # 100 products over 8 replicas
    assert outcome.products == 47 + 100 / 8
    assert 60 - 1 < outcome.products <= 60
    with pytest.raises(ValueError, match=r"the pilot of Costly\(480\) costs 480 products, which leaves no step"):
        run_arm(_models(1)[0], Arm(Costly(480)), 60, 8)


def test_a_free_rule_makes_the_same_schedule_and_costs_nothing() -> None:
    bench, seed = Workbench(_models(1)[0]), np.random.SeedSequence(1)
    paid, unpaid = bench.run_all([Arm(Costly(100)), Arm(free(Costly(100)))], 60, 8, seed)
    assert unpaid.plan.schedule == paid.plan.schedule
    assert unpaid.products == unpaid.steps == 60 > paid.steps
    assert repr(free(Costly(100))) == "free(Costly(100))"
    with pytest.raises(TypeError, match="rule: a ScheduleRule is needed"):
        free(linear(-2.0, 0.0))  # type: ignore[arg-type]


def test_tuning_runs_as_long_as_the_runs_that_it_is_for() -> None:
    """A pilot is shared by the replicas of the study, not by the few of the tuning, for which it would be too long."""
    found = cim.schedule_study(_models(3), {"rule": Arm(Costly(200))}, [60], 8, training=1, tuning_replicas=2)
    assert (found["steps"].sel(line="own") == 60 - 25).all()
    assert (found["steps"].sel(line="straight") == 60).all()


# ---------------------------------------------------------------- what is said


def test_statistics_are_what_their_names_say(study: xr.Dataset) -> None:
    own = study.sel(line="own", finish="raw", budget=300)
    per_spin = own["energy"] / 120
    means = per_spin.mean("replica")
    np.testing.assert_allclose(own["energy_per_spin"].sel(statistic="mean"), means.mean("instance"))
    np.testing.assert_allclose(own["energy_per_spin"].sel(statistic="best"), per_spin.min("replica").mean("instance"))
    paired = means.sel(schedule="quench") - means.sel(schedule="straight")
    found = study.sel(schedule="quench", comparison="reference", finish="raw", budget=300, statistic="mean")
    assert float(found["difference"]) == pytest.approx(float(paired.mean()))
    assert float(found["difference_error"]) == pytest.approx(float(paired.std(ddof=1)) / np.sqrt(12))
    assert float(found["significance"]) > 3  # a quench is worse, as everybody knows
    assert float(found["difference_low"]) > 0
    assert float(found["adjusted_p_value"]) >= float(found["p_value"])


def test_a_straight_schedule_is_its_own_control(study: xr.Dataset) -> None:
    assert study["is_straight"].values.tolist() == [True, False, True]
    straight = study.sel(schedule="straight")
    np.testing.assert_array_equal(straight["energy"].sel(line="own"), straight["energy"].sel(line="straight"))
    assert np.isnan(study["difference"].sel(comparison="straight", schedule="straight")).all()
    assert np.isfinite(study["difference"].sel(comparison="straight", schedule="shaped")).all()
    means = study["energy"].sel(schedule="shaped", finish="raw", budget=300).mean("replica") / 120
    paired = means.sel(line="own") - means.sel(line="straight")  # negative where the shape is better
    found = study.sel(comparison="straight", schedule="shaped", finish="raw", budget=300, statistic="mean")
    assert float(found["difference"]) == pytest.approx(float(paired.mean()), abs=1e-12)
    assert float(found["difference_error"]) == pytest.approx(float(paired.std(ddof=1)) / np.sqrt(12))
    pump = study["pump"].sel(schedule="shaped", line="straight", budget=60).isel(instance=0)
    np.testing.assert_allclose(pump, np.linspace(-2.0, 0.0, 41))


def test_the_study_compares_anew_with_another_reference(study: xr.Dataset) -> None:
    turned = study_statistics(study, reference="quench", best_of=2)
    there = study["difference"].sel(comparison="reference", schedule="quench", statistic="mean")
    back = turned["difference"].sel(comparison="reference", schedule="straight", statistic="mean")
    np.testing.assert_allclose(back, -there)
    assert (turned["energy_per_spin"].sel(statistic="best") >= study["energy_per_spin"].sel(statistic="best")).all()
    assert turned.attrs["reference"] == "quench"
    with pytest.raises(ValueError, match="reference: 'ramp' is not one of the schedules straight, shaped, quench"):
        study_statistics(study, reference="ramp")
    with pytest.raises(ValueError, match="best_of: the best of 5 needs that many replicas, but there are 4"):
        study_statistics(study, best_of=5)


def test_best_of_k_is_the_mean_over_all_subsets() -> None:
    energies = np.random.default_rng(0).standard_normal((3, 7))
    for k in (1, 2, 4, 7):
        subsets = [energies[:, list(chosen)].min(axis=1) for chosen in itertools.combinations(range(7), k)]
        np.testing.assert_allclose(best_of(energies, k), np.mean(subsets, axis=0))


def test_holm_by_hand() -> None:
    p = np.array([[0.01, 0.04], [np.nan, 0.03]])
    np.testing.assert_allclose(holm(p), [[0.03, 0.06], [np.nan, 0.06]])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_the_correction_holds_the_rate_of_false_wins() -> None:
    """Twenty arms that are all the same: one in twenty studies may see a difference; uncorrected, most do."""
    rng = np.random.default_rng(5)
    false, uncorrected = 0, 0
    for _ in range(60):
        found = paired_differences(rng.standard_normal((21, 2, 1, 1, 1, 30)), 0, np.zeros(21, dtype=bool), 0.95)
        p, adjusted, low, high = (
            found[name][1][0] for name in ("p_value", "adjusted_p_value", "difference_low", "difference_high")
        )
        false += bool((adjusted < 0.05).any())
        uncorrected += bool((p < 0.05).any())
        # an interval that leaves zero out is a Bonferroni win, which is a Holm win as well
        assert not ((low > 0) | (high < 0))[adjusted > 0.05].any()
    assert false <= 8  # 3 expected; more than 8 has probability 0.003
    assert uncorrected >= 20


def _made_up(energies: np.ndarray) -> xr.Dataset:
    """A study with given energies: (schedule, line, finish, budget, instance, replica)."""
    schedules, _, _, budgets, instances, replicas = energies.shape
    cost = ("schedule", "line", "budget", "instance")
    ones = np.ones((schedules, 2, budgets, instances))
    return xr.Dataset(
        {
            "energy": (("schedule", "line", "finish", "budget", "instance", "replica"), energies),
            "products": (cost, 10.0 * ones),
            "seconds": (cost, 0.5 * ones),
            "finishing_seconds": (cost, 0.25 * ones),
            "num_spins": ("instance", np.ones(instances, dtype=np.int64)),
            "is_straight": ("schedule", np.ones(schedules, dtype=bool)),
        },
        coords={
            "schedule": [f"arm {k}" for k in range(schedules)],
            "line": ["own", "straight"],
            "finish": ["raw", "finished"],
            "budget": np.arange(budgets),
            "instance": np.arange(instances),
            "replica": np.arange(replicas),
        },
        attrs={"reference": "arm 0", "best_of": 1, "confidence": 0.95},
    )


def test_time_to_solution_and_its_interval() -> None:
    """Runs that succeed with probability 1/2: log(0.01)/log(0.5) = 6.64 runs of 10 products, 0.75 s finished."""
    rng = np.random.default_rng(0)
    energies = np.broadcast_to(-1.0 * rng.integers(0, 2, (1, 1, 1, 1, 40, 50)), (1, 2, 2, 1, 40, 50)).copy()
    found = study_statistics(_made_up(energies), targets=-1.0).isel(schedule=0, line=0, budget=0)
    repeats = np.log(0.01) / np.log(0.5)
    products = found["time_to_solution"].sel(cost="products", finish="raw")
    assert float(products) == pytest.approx(10 * repeats, rel=0.1)
    low, high = (float(found[f"time_to_solution_{end}"].sel(cost="products", finish="raw")) for end in ("low", "high"))
    assert low < 10 * repeats < high < 2 * low
    ratio = found["time_to_solution"].sel(finish="finished") / found["time_to_solution"].sel(finish="raw")
    np.testing.assert_allclose(ratio.sel(cost=["products", "seconds"]), [1.0, 1.5])
    assert float(found["success_probability"].sel(finish="raw")) == pytest.approx(0.5, abs=0.05)
    never = study_statistics(_made_up(energies), targets=-2.0).isel(schedule=0, line=0, budget=0)
    assert np.isinf(never["time_to_solution"]).all()


def test_one_instance_is_judged_by_its_replicas() -> None:
    found = cim.schedule_study(_models(1), {"ramp": linear(-2.2, 0.0), "quench": 1.0}, [60], 8, tune_for=None)
    pair = found.sel(schedule="quench", comparison="reference", finish="raw", budget=60)
    energies = found["energy"].sel(line="own", finish="raw", budget=60).isel(instance=0) / 40
    spread = (energies.sel(schedule="quench") - energies.sel(schedule="ramp")).std(ddof=1) / np.sqrt(8)
    assert float(pair["difference_error"].sel(statistic="mean")) == pytest.approx(float(spread))
    assert np.isnan(pair["p_value"].sel(statistic="best"))  # there is only one best of eight


# ---------------------------------------------------------------- tuning


def test_tuning_finds_what_a_fine_grid_finds() -> None:
    models, seeds = _models(4, 60), [np.random.SeedSequence(k) for k in range(4)]
    benches = [Workbench(model) for model in models]
    arm = Arm(linear(-2.2, 0.0))
    result = tune_arm(arm, 100, benches, seeds, 4, "raw")

    def energy(dt: float) -> float:
        runs = [bench.run(tuned(arm, {"dt": dt}), 100, 4, seed) for bench, seed in zip(benches, seeds, strict=True)]
        return float(np.mean([run.raw.mean() for run in runs])) / 60

    fine = min(energy(dt) for dt in np.geomspace(0.05, 1.5, 60))
    assert result.energy == pytest.approx(energy(result.numbers["dt"]), abs=1e-12)
    assert result.energy <= fine + 1e-3
    assert result.energy < energy(0.1) - 0.005  # the twin: a step that nobody tuned
    assert result.products > 0


def test_tuning_sees_training_instances_only(study: xr.Dataset) -> None:
    assert study["instance"].values.tolist() == list(range(2, 14))
    assert study.attrs["training_instances"] == 2
    assert np.isfinite(study["tuned"].sel(number="dt")).all()
    assert np.isnan(study["tuned"].sel(number="clip")).all()
    others = cim.schedule_study(
        [*_models(2, 120), *_models(3, first=500)], [linear(-2.2, 0.0)], [60], 2, training=2, tuning_replicas=2
    )
    same = study["tuned"].sel(schedule="straight", budget=60)
    np.testing.assert_array_equal(others["tuned"].isel(schedule=0).sel(budget=60), same)


def test_every_line_is_tuned_on_its_own_for_what_was_asked() -> None:
    """Own and straight line each by what :func:`tune_arm` finds for it, raw and finished energies apart."""
    models = _models(3, 30)
    asked = {"budgets": [30], "replicas": 2, "training": models[:2], "tuning_replicas": 2, "seed": 5}
    arm = Arm(SHAPED)
    benches = [Workbench(model) for model in models[:2]]
    seeds = [cell_generator(5, {"training": k}).bit_generator.seed_seq for k in range(2)]
    for objective in ("raw", "finished"):
        found = cim.schedule_study(models[2:], {"shaped": arm}, tune_for=objective, **asked).isel(schedule=0, budget=0)
        for line, one in (("own", arm), ("straight", arm.straight)):
            expected = tune_arm(one, 30, benches, seeds, 2, objective)
            here = found.sel(line=line)
            assert float(here["tuned"].sel(number="dt")) == expected.numbers["dt"]
            assert float(here["training_energy"]) == expected.energy
            ends = [
                run_arm(model, tuned(one, expected.numbers), 30, 2, seed=seed)
                for model, seed in zip(models, seeds, strict=False)
            ]
            assert expected.energy == pytest.approx(np.mean([getattr(end, objective).mean() / 30 for end in ends]))


def test_numbers_are_put_into_an_arm() -> None:
    arm = Arm(
        SHAPED, dt=linear(0.2, 0.4), clip=0.5, momentum=0.3, noise=0.1, tune=("dt", "clip", "noise", "start", "stop")
    )
    assert own_numbers(arm) == {"dt": 1.0, "clip": 0.5, "noise": 1.0, "start": -2.0, "stop": 0.0}
    put = tuned(arm, {"dt": 2.0, "clip": 0.7, "noise": 0.5, "start": -1.0, "stop": 1.0}).drive
    assert put["dt"](0.0) == pytest.approx(0.4)
    assert put["dt"](1.0) == pytest.approx(0.8)
    assert put["noise"](0.3) == pytest.approx(0.05)
    assert (put["clip"], put["momentum"]) == (0.7, 0.3)
    assert put["schedule"]([0.0, 0.5, 1.0]).tolist() == pytest.approx([-1.0, -1.0 + 2 * (1.07 / 2.0), 1.0])


def test_a_straight_line_goes_straight_in_everything() -> None:
    arm = Arm(SHAPED, clip=piecewise([(0.0, 0.1), (0.1, 0.5), (1.0, 0.6)]))
    assert not arm.is_straight
    assert arm.straight.drive["schedule"] == linear(-2.0, 0.0)
    assert arm.straight.drive["clip"] == linear(0.1, 0.6)
    assert arm.straight.is_straight
    assert Arm(piecewise([(0.0, -2.0), (0.3, -1.4), (1.0, 0.0)])).is_straight
    control = Arm(constant(0.0), noise=linear(0.5, 0.0))
    assert Arm(SHAPED, control=control).straight == control


# ---------------------------------------------------------------- the same, however it is run


def _same(first: xr.Dataset, second: xr.Dataset) -> None:
    for name in first.data_vars:
        if "seconds" in str(name):  # the only thing that a clock decides
            continue
        a, b = first[name], second[name]
        if "cost" in a.dims:
            a, b = a.sel(cost="products"), b.sel(cost="products")
        np.testing.assert_array_equal(a, b, err_msg=str(name))


def test_threads_and_folders_do_not_change_a_bit(tmp_path: object) -> None:
    arguments = (_models(5), {"straight": linear(-2.2, 0.0), "rule": Arm(Costly(9))}, [30, 50], 3)
    alone = cim.schedule_study(*arguments)
    _same(alone, cim.schedule_study(*arguments, threads=2))
    kept = cim.schedule_study(*arguments, path=f"{tmp_path}/study")
    _same(alone, kept)
    _same(alone, cim.schedule_study(*arguments, path=f"{tmp_path}/study"))
    with xr.open_dataset(f"{tmp_path}/study/study.nc", engine="h5netcdf") as written:
        _same(alone, written)
        assert study_statistics(written.load(), reference="rule").attrs["reference"] == "rule"


def test_a_study_stops_when_it_is_told_to() -> None:
    seen: list[float] = []

    def stop(fraction: float) -> bool:
        seen.append(fraction)
        return len(seen) > 4

    found = cim.schedule_study(_models(9), [linear(-2.2, 0.0)], [20], 2, tune_for=None, callback=stop)
    assert found.attrs["status"] == "interrupted"
    energies = found["energy"].isel(schedule=0, line=0, finish=0, budget=0, replica=0)
    assert 0 < int(np.isfinite(energies).sum()) < 9
    assert np.isfinite(found["energy_per_spin"]).all()


# ---------------------------------------------------------------- the door


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instances": []}, "instances: there is none"),
        ({"instances": [3]}, r"instances\[0\]: an IsingModel or a Problem is needed, not int"),
        ({"instances": [ip.IsingModel(np.zeros((0, 0)))]}, r"instances\[0\]: it has no spins"),
        ({"schedules": {}}, "schedules: there is none"),
        ({"schedules": [linear(-2.0, 0.0), linear(-2.0, 0.0)]}, r"schedules: linear\(-2.0, 0.0\) is there twice"),
        ({"schedules": {"a": Arm(), "b": "ramp"}}, r"schedules\['b'\]: schedule"),
        ({"budgets": []}, "budgets: there is none"),
        ({"budgets": [100, 0]}, r"budgets\[1\]: must be at least 1"),
        ({"budgets": [100, 100]}, "budgets: each is needed once, but 100 is there twice"),
        ({"best_of": 9}, "best_of: the best of 9 needs that many replicas, but there are 2"),
        ({"tune_for": "best"}, "tune_for: 'raw', 'finished' or None is needed"),
        ({"reference": "b"}, "reference: 'b' is not one of the schedules"),
        ({"training": 4}, "instances: with 4 of them and 4 set apart for tuning, none is left"),
        ({"tune_for": None, "training": 2}, "training: nothing is tuned"),
        ({"tune_for": None, "training": _models(1)}, "training: nothing is tuned"),
        ({"training": _models(3)[2:]}, r"training\[0\]: is one of the instances that are evaluated"),
        ({"targets": "low"}, "targets: entries must be real numbers"),
        ({"targets": [1.0, 2.0]}, "targets: one finite energy, or one for each of the 3 instances"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_bad_input_is_refused_at_the_door(changes: dict, message: str) -> None:
    given: dict = {"instances": _models(4), "schedules": [linear(-2.0, 0.0)], "budgets": [20], "replicas": 2} | changes
    with pytest.raises((ValueError, TypeError), match=message):
        cim.schedule_study(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dynamics": "cimm"}, "dynamics"),
        ({"dt": -0.1}, "dt"),
        ({"dt": linear(0.1, -0.1)}, "dt"),
        ({"momentum": 1.0}, "momentum"),
        ({"options": {"gain": 1.0}}, "options: 'gain' is unknown to 'cim'"),
        ({"tune": "dt"}, r"tune: a sequence of names is needed; write \('dt',\)"),
        ({"tune": ("gain",)}, "tune: 'gain' cannot be tuned in 'cim'"),
        ({"tune": ("noise",)}, "tune: 'noise' is a factor of the temperature, but the arm has none"),
        ({"tune": {"dt": (0.5, 0.1)}}, "tune: the range of 'dt' must be positive, finite and increasing"),
        ({"tune": {"dt": 0.5}}, r"tune: 'dt' needs a range \(low, high\)"),
        ({"tune": {"momentum": (0.5, 1.5)}}, "tune: momentum lies from 0 to below 1"),
        ({"control": linear(-2.0, 0.0)}, "control: an Arm is needed"),
        ({"photons": -1.0}, "photons: must be greater than 0"),
        ({"schedule": [1, 2]}, "schedule"),
    ],
)
def test_a_malformed_arm_is_refused(given: dict, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Arm(**given)


def test_names_of_a_sequence_are_its_reprs() -> None:
    assert list(named_arms([linear(-2.0, 0.0), 0.5])) == ["linear(-2.0, 0.0)", "0.5"]


def test_a_study_grows_by_instances(tmp_path: object) -> None:
    """As many are set apart as before, though one in four would be more by now; all that was run is kept."""
    folder, asked = f"{tmp_path}/study", {"budgets": [20], "replicas": 2, "tuning_replicas": 1, "seed": None}
    small = cim.schedule_study(_models(4, 10), [linear(-2.2, 0.0)], path=folder, **asked)
    Path(folder, "study.nc.1.part").touch()  # what a study leaves that is killed while it writes
    grown = cim.schedule_study(_models(6, 10), [linear(-2.2, 0.0)], path=folder, **asked)
    assert (small.attrs["training_instances"], grown.attrs["training_instances"]) == (1, 1)
    assert grown["instance"].values.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(grown["energy"].sel(instance=[1, 2, 3]), small["energy"])
    assert not Path(folder, "study.nc.1.part").exists()


def test_the_order_of_the_schedules_may_change_when_a_study_is_resumed(tmp_path: object) -> None:
    arms = {"quench": Arm(0.5), "shaped": Arm(SHAPED)}
    turned, asked = dict(reversed(arms.items())), ([20], 2)
    folder = f"{tmp_path}/study"
    cim.schedule_study(_models(4, 10), arms, *asked, tune_for=None, path=folder, callback=lambda done: done >= 0.5)
    resumed = cim.schedule_study(_models(4, 10), turned, *asked, tune_for=None, path=folder)
    _same(resumed, cim.schedule_study(_models(4, 10), turned, *asked, tune_for=None))
    assert resumed["is_straight"].to_series().to_dict() == {"shaped": False, "quench": True}


def test_two_functions_of_one_name_are_two_rules() -> None:
    rules = {"low": per_budget(lambda steps: linear(-2.0, 0.0)), "high": per_budget(lambda steps: linear(-1.0, 0.5))}
    assert repr(rules["low"]) == repr(rules["high"])
    found = cim.schedule_study(_models(1, 10), rules, [10], 1, tune_for=None)
    assert found["pump"].sel(line="own").isel(fraction=0).values.ravel().tolist() == [-2.0, -1.0]
    unhashable = [per_budget(_Listed([start, 0.0])) for start in (-2.0, -1.5)]
    bench = Workbench(_models(1, 10)[0])
    outcomes = bench.run_all([Arm(rule) for rule in unhashable], 10, 1, np.random.SeedSequence(0))
    assert [outcome.plan.schedule(0.0) for outcome in outcomes] == [-2.0, -1.5]


class _Listed:
    """A function of the number of steps that equals none and has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, ends: list[float]) -> None:
        self.ends = ends

    def __call__(self, steps: int) -> Schedule:
        return linear(*self.ends)


def test_options_of_every_arm_are_checked() -> None:
    with pytest.raises(SweepError, match="shorten: True or False is needed, but it is 'no'"):
        cim.schedule_study(_models(1), {"a": Arm(), "b": Arm(options={"shorten": "no"})}, [20], 2, tune_for=None)


def test_differences_that_are_all_the_same_win_nothing_among_two() -> None:
    """Energies that are integers often differ by one number: no spread, and no ten standard errors."""
    energies = np.zeros((2, 2, 2, 1, 2, 1))
    energies[1] = -1.0
    found = study_statistics(_made_up(energies)).sel(schedule="arm 1", comparison="reference", statistic="mean")
    np.testing.assert_allclose(found["p_value"], 0.5)  # of four ways to exchange the arms two are as extreme
    assert (found["significance"] == 0.0).all()
    many = np.zeros((2, 2, 2, 1, 12, 1))
    many[1] = -1.0
    turned = study_statistics(_made_up(many)).sel(schedule="arm 1", comparison="reference", statistic="mean")
    np.testing.assert_allclose(turned["p_value"], 2.0**-11)
    assert (turned["significance"] < -2.5).all()
    rounding = np.full((2, 2, 2, 1, 12, 1), -1.0)
    rounding[1] -= 2.3e-16
    same = study_statistics(_made_up(rounding)).sel(schedule="arm 1", comparison="reference", statistic="mean")
    assert (same["difference"] == 0.0).all() and (same["p_value"] == 1.0).all()


def test_the_median_time_is_the_mean_of_the_two_in_the_middle() -> None:
    energies = np.zeros((1, 2, 2, 1, 4, 10))
    for instance, solved in enumerate((10, 10, 5, 5)):
        energies[..., instance, :solved] = -1.0
    found = study_statistics(_made_up(energies), targets=-1.0)["time_to_solution"].sel(cost="products")
    np.testing.assert_allclose(found, 0.5 * (10 + 10 * np.log(0.01) / np.log(0.5)))
    energies[..., 2:, :] = 0.0  # half of them unsolved
    assert np.isinf(study_statistics(_made_up(energies), targets=-1.0)["time_to_solution"]).all()
    energies[..., 1:, :] = np.nan  # interrupted: one instance is there
    part = study_statistics(_made_up(energies), targets=-1.0).sel(cost="products")
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(part[f"time_to_solution{end}"], 10.0)


def test_another_study_s_folder_is_refused(tmp_path: object) -> None:
    folder = f"{tmp_path}/study"
    arm = {"a": Arm(tune=())}
    cim.schedule_study(_models(2), arm, [20], 2, path=folder)
    with pytest.raises(ValueError, match="replicas was 2 and is now 3"):
        cim.schedule_study(_models(2), arm, [20], 3, path=folder)
    with pytest.raises(ValueError, match=r"schedules\.a was 'cim\.studies\.arms\.Arm \w+' and is now "):
        cim.schedule_study(_models(2), {"a": Arm(dt=0.1, tune=())}, [20], 2, path=folder)
    with pytest.raises(ValueError, match=r"schedules\.b is only here"):
        cim.schedule_study(_models(2), {**arm, "b": Arm(0.5, tune=())}, [20], 2, path=folder)
    with pytest.raises(ValueError, match="path"):
        cim.schedule_study(_models(2), arm, [20], 2, path=__file__)
