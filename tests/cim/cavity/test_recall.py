"""Recall, basins, curves and capacity: exact small cases, the gain of steepest descent, and bad input."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
from cim.cavity import AssociativeMemory, FlipRate, basin_sizes, capacity, recall, recall_curve
from cim.cavity._basin_sizes import flipped_at_random
from cim.cavity.collective_flips import collective_flips
from cim.cavity.descents import Descents


def _memory(p: int, n: int, seed: int = 0) -> AssociativeMemory:
    return AssociativeMemory.hebbian(np.random.default_rng(seed).choice([-1, 1], (p, n)))


# ---------------------------------------------------------------- one recall


def test_shapes_and_what_is_reported() -> None:
    memory = _memory(3, 40)
    cues = np.where(np.random.default_rng(1).random((5, 40)) < 0.1, -1, 1) * memory.patterns[[0, 1, 2, 0, 1]]
    many = recall(memory, cues, "0tmh", replicas=4)
    assert dict(many.sizes) == {"cue": 5, "replica": 4, "spin": 40, "pixel": 40, "pattern": 3}
    assert many["spins"].dtype == np.int8 and many.attrs["status"] == "completed"
    assert (many["best_pattern"].values == np.array([0, 1, 2, 0, 1])[:, None]).all()
    np.testing.assert_allclose(many["best_overlap"], many["overlap"].max("pattern"))
    np.testing.assert_allclose(many["energy"], memory.model.energy(many["spins"].values))
    np.testing.assert_allclose(many["start_energy"], np.repeat(memory.model.energy(cues)[:, None], 4, axis=1))
    assert (many["energy"] <= many["start_energy"] + 1e-12).all() and many["stable"].all()
    one = recall(memory, cues[0])
    assert dict(one.sizes) == {"replica": 1, "spin": 40, "pixel": 40, "pattern": 3}
    xr.testing.assert_equal(one, recall(memory, cues)[{"cue": 0}])
    halted = recall(memory, -memory.patterns[0] * np.where(np.arange(40) < 6, -1, 1), max_flips=1)
    assert int(halted["flips"][0]) == 1 and not halted["stable"].all()


def test_a_bare_model_has_minima_and_no_patterns() -> None:
    model = ip.sherrington_kirkpatrick(12, seed=1)
    found = recall(model, np.ones(12), "reluctant")
    assert found.sizes["pattern"] == 0 and found["stable"].all() and int(found["best_pattern"][0]) == -1


@pytest.mark.parametrize("dynamics", ["steepest", "0tmh", "reluctant", "kmc"])
def test_models_without_much_in_them(dynamics: str) -> None:
    options: dict[str, Any] = {"atoms": 3} if dynamics == "kmc" else {}
    empty = recall(ip.IsingModel(np.zeros((0, 0))), np.zeros((2, 0)), dynamics, **options)
    assert dict(empty.sizes) == {"cue": 2, "replica": 1, "spin": 0, "pixel": 0, "pattern": 0}
    nothing = recall(ip.sherrington_kirkpatrick(4, seed=0), np.zeros((0, 4)), dynamics, **options)
    assert nothing.sizes["cue"] == 0
    alone = recall(ip.IsingModel([[0]], [40]), [-1], dynamics, max_flips=1, **options)
    assert int(alone["flips"][0]) == int(alone["spins"][0, 0] == 1)
    for scale in (1e-9, 1e9):
        if dynamics != "kmc":  # whose energies are in units of the rate's
            model = ip.IsingModel(scale * ip.sherrington_kirkpatrick(40, seed=0).J)
            assert recall(model, np.ones(40), dynamics)["stable"].all()


@pytest.mark.parametrize("dynamics", ["0tmh", "kmc"])
def test_the_seed_fixes_it_whatever_the_threads(dynamics: str) -> None:
    model = ip.sherrington_kirkpatrick(20, seed=1)
    cues = np.random.default_rng(0).choice([-1, 1], (24, 20))
    options = {"atoms": 5} if dynamics == "kmc" else {}
    one = recall(model, cues, dynamics, replicas=3, seed=3, threads=1, **options)
    xr.testing.assert_identical(one, recall(model, cues, dynamics, replicas=3, seed=3, threads=2, **options))
    other = recall(model, cues, dynamics, replicas=3, seed=4, **options)
    assert (one["spins"] != other["spins"]).any()


def test_atoms_in_the_cavity_recall() -> None:
    memory = _memory(3, 30)
    cue = memory.patterns[1].copy()
    cue[:3] *= -1
    found = recall(
        memory, cue, "kmc", replicas=4, atoms=400, rate=FlipRate(3.0, -4.0, 1.0, noise=1.0), energy_scale=2.0
    )
    assert (found["best_pattern"] == 1).all() and (found["best_overlap"] == 1).all()
    assert (np.isfinite(found["first_flip_time"].values).sum(axis=1) == found["flips"]).all()
    assert (found["end"] == "settled").all() and (np.abs(found["magnetisation"]) <= 1).all()
    same_signs = np.sign(found["magnetisation"]) == found["spins"]
    assert same_signs.where(found["magnetisation"] != 0, True).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"memory": [[1, 1]]}, "memory: an AssociativeMemory or an IsingModel is needed, not list"),
        ({"cue": np.ones(3)}, "cue: the last axis must hold the 4 spins"),
        ({"cue": np.ones((2, 2, 4))}, "cue: one cue or one a row is needed"),
        ({"dynamics": "sd"}, "dynamics: must be one of steepest, 0tmh, reluctant, kmc, but it is 'sd'"),
        ({"atoms": 3}, 'atoms: only dynamics="kmc" takes it'),
        ({"dynamics": "kmc", "atoms": 0}, "atoms: must be at least 1"),
        ({"dynamics": "kmc", "rate": 3.0}, "rate: a FlipRate is needed, not float"),
        ({"dynamics": "kmc", "rate": FlipRate(np.ones((3, 1)), -1.0, 1.0)}, "rate: is of 3 ensembles, but the model"),
        ({"dynamics": "kmc", "self_couplings": [1.0]}, "self_couplings: a number, or one for each of the 4"),
        (
            {"dynamics": "kmc", "self_couplings": [1.0, 0.0, np.inf, 0.0]},
            r"self_couplings: every entry must be finite, but self_couplings\[2\] is inf",
        ),
        ({"dynamics": "kmc", "energy_scale": 0.0}, "energy_scale: must be greater than 0"),
        ({"replicas": 0}, "replicas: must be at least 1"),
        ({"threads": 0}, "threads: must be at least 1"),
        ({"seed": "x"}, "seed: an integer"),
    ],
)
def test_bad_requests_are_named(arguments: dict[str, Any], says: str) -> None:
    given = {"memory": _memory(1, 4), "cue": np.ones(4), **arguments}
    with pytest.raises((ValueError, TypeError), match=says):
        recall(**given)


@pytest.mark.parametrize("of_memory", [lambda given: recall(given, np.ones(4)), basin_sizes, recall_curve])
def test_a_problem_is_sent_to_its_model(of_memory: Any) -> None:
    problem = ip.MaxCut([(0, 1), (1, 2), (2, 3)])
    with pytest.raises(TypeError, match=r"memory: .* is needed, not MaxCut; problem\.to_ising\(\) gives a model"):
        of_memory(problem)
    if of_memory is not recall_curve:  # which needs patterns
        assert of_memory(problem.to_ising()).attrs["status"] == "completed"


def test_an_ensemble_between_up_and_down_answers_as_the_cue() -> None:
    for cue in ([1, 1], [-1, -1]):
        found = recall(ip.IsingModel([[0, 1], [1, 0]]), cue, "kmc", atoms=2, max_events=1)
        assert sorted(np.abs(found["magnetisation"].values[0])) == [0, 1] and int(found["events"][0]) == 1
        assert found["spins"].values[0].tolist() == cue and int(found["flips"][0]) == 0


def test_every_option_of_atoms_reaches_them() -> None:
    model = ip.IsingModel(ip.sherrington_kirkpatrick(6, seed=1).J, np.linspace(-0.5, 0.5, 6))
    cue, own, rate = np.ones(6, dtype=int), np.linspace(0.0, 1.0, 6), FlipRate(1.5, -4.0, 1.0, noise=0.7)
    options: dict[str, Any] = {"energy_scale": 0.7, "self_couplings": own, "max_time": 3.0}
    found = recall(model, cue, "kmc", replicas=30, rate=rate, atoms=6, seed=3, **options)
    starts = np.full((30, 6), 6)
    run = collective_flips(model, rate, starts, 6, rng=np.random.default_rng(3), **options)
    np.testing.assert_allclose(found["magnetisation"], run.magnetisations / 3.0 - 1.0, rtol=1e-15)
    np.testing.assert_array_equal(found["time"], run.times)
    assert (run.times <= 3.0).all() and (found["end"] == "time reached").any()
    named = {"rate": FlipRate(3.0, -4.0, 1.0, noise=2.0), "energy_scale": 0.5, "self_couplings": 0.0}
    of_itself = recall(model, cue, "kmc", replicas=5, atoms=6, max_events=500)
    xr.testing.assert_identical(of_itself, recall(model, cue, "kmc", replicas=5, atoms=6, max_events=500, **named))


def test_a_bound_on_flips_is_no_bound_from_below() -> None:
    """Atoms that have settled end, however few of them have flipped."""
    memory = _memory(1, 8)
    for bound in (8, 99, 2**70):
        found = recall(memory, memory.patterns[0], "kmc", atoms=20, energy_scale=2.0, max_flips=bound, max_events=10**6)
        assert found["end"].values.tolist() == ["settled"]
        assert (found.attrs["atoms"], found.attrs["energy_scale"]) == (20, 2.0)
    assert int(recall(memory, -np.ones(8), "steepest", max_flips=2**70)["flips"][0]) < 9
    of_itself = recall(memory, memory.patterns[0], "kmc", max_events=1).attrs
    assert (of_itself["atoms"], of_itself["energy_scale"]) == (1000, 0.5)
    with pytest.raises(ValueError, match="atoms: at most 1,000,000,000 in an ensemble"):
        recall(memory, memory.patterns[0], "kmc", atoms=2**70)


# ---------------------------------------------------------------- basins


def test_the_basin_of_a_single_pattern_is_known() -> None:
    """One pattern is a ferromagnet in disguise: all starts with fewer than half of the spins wrong lead back."""
    memory = _memory(1, 21)
    for dynamics in ("steepest", "0tmh", "reluctant"):
        found = basin_sizes(memory, dynamics=dynamics, trials=60)
        # back from 10 wrong spins, never from 11
        assert (found["recovered"].values[0, :11] == 1).all() and found["recovered"].values[0, 11] == 0
        assert float(found["basin_size"][0]) == pytest.approx((10 + 0.05) / 21)
        assert float(found["basin_low"][0]) < float(found["basin_size"][0]) <= float(found["basin_high"][0])


def test_recovery_agrees_with_all_starts_of_a_small_model() -> None:
    model = ip.sherrington_kirkpatrick(10, seed=3)
    state = ip.ground_states(model)[1][0]
    found = basin_sizes(model, state, trials=4000)
    fall = Descents(model)
    for k in (1, 2):
        starts = []
        for code in range(1 << 10):
            wrong = np.array([code >> i & 1 for i in range(10)])
            if wrong.sum() == k:
                starts.append(np.where(wrong, -state, state))
        exact = (fall(np.array(starts))[0] == state).all(axis=1).mean()
        if k < found.sizes["distance"]:
            assert abs(found["recovered"].values[0, k] - exact) < 4 * np.sqrt(0.25 / 4000)


def test_intervals_hold_the_size() -> None:
    model = ip.sherrington_kirkpatrick(40, seed=2)
    state = Descents(model)(np.ones((1, 40), dtype=np.int8))[0]
    truth = float(basin_sizes(model, state, dynamics="0tmh", trials=20_000)["basin_size"][0])
    within = narrow = 0
    for seed in range(40):
        found = basin_sizes(model, state, dynamics="0tmh", trials=100, seed=seed)
        within += float(found["basin_low"][0]) <= truth <= float(found["basin_high"][0])
        narrow += abs(float(found["basin_size"][0]) - truth) < 1e-4
    assert within >= 36 and narrow < 20


def test_flips_at_random_are_so_many_and_everywhere() -> None:
    spins = np.random.default_rng(0).choice([-1, 1], 12).astype(np.int8)
    for k in (0, 1, 5, 12):
        wrong = flipped_at_random(spins, k, 3000, np.random.default_rng(1)) != spins
        assert (wrong.sum(axis=1) == k).all()
        np.testing.assert_allclose(wrong.mean(axis=0), k / 12, atol=0.04)


def test_steepest_descent_has_the_larger_basins() -> None:
    """SK, n = 100: measured 10 times larger than with random descent.  The twin: 0tmh against itself."""
    sizes = {name: [] for name in ("steepest", "0tmh", "again")}
    for seed in range(4):
        model = ip.sherrington_kirkpatrick(100, seed=seed)
        for name, values in sizes.items():
            dynamics = "0tmh" if name == "again" else name
            found = basin_sizes(model, dynamics=dynamics, max_states=10, seed=seed + 100 * (name == "again"))
            values.extend(found["basin_size"].values)
    means = {name: np.mean(values) for name, values in sizes.items()}
    assert means["steepest"] >= 4 * means["0tmh"]
    assert means["again"] < 2 * means["0tmh"]
    assert 0.02 < means["steepest"] < 0.07


def test_bad_basins_are_named() -> None:
    with pytest.raises(ValueError, match=r"states: one state or one a row is needed, but the shape is \(1, 1, 4\)"):
        basin_sizes(_memory(1, 4), np.ones((1, 1, 4)))
    with pytest.raises(ValueError, match="dynamics: must be one of steepest, 0tmh, reluctant, but it is 'kmc'"):
        basin_sizes(_memory(1, 4), dynamics="kmc")
    with pytest.raises(ValueError, match="probability: must be less than 1"):
        basin_sizes(_memory(1, 4), probability=1.0)
    with pytest.raises(ValueError, match="states: the last axis must hold the 4 spins"):
        basin_sizes(_memory(1, 4), np.ones(3))
    with pytest.raises(ValueError, match="memory: without spins there are no basins"):
        basin_sizes(ip.IsingModel(np.zeros((0, 0))))


# ---------------------------------------------------------------- curves and capacity


def test_a_recall_curve_falls_from_one() -> None:
    curve = recall_curve(_memory(4, 60), [0.0, 0.1, 0.5, 1.0], trials=40)
    assert dict(curve.sizes) == {"dynamics": 2, "corruption": 4}
    assert (curve["overlap"].values[:, 0] == 1).all() and (curve["success"].values[:, 0] == 1).all()
    # half wrong is nothing to go by; all wrong is the negative, which is stored as well
    assert (np.abs(curve["overlap"].values[:, 2]) < 0.35).all()
    assert (curve["overlap"].values[:, 3] == -1).all() and (curve["flips"].values[:, 3] == 0).all()
    assert (curve["success_low"] <= curve["success"]).all() and (curve["success"] <= curve["success_high"]).all()
    again = recall_curve(_memory(4, 60), [0.0, 0.1, 0.5, 1.0], trials=40, threads=2)
    xr.testing.assert_identical(curve, again)
    with pytest.raises(ValueError, match="corruptions: shares between 0 and 1"):
        recall_curve(_memory(1, 4), [1.5])
    with pytest.raises(ValueError, match="dynamics: one name or more, none twice"):
        recall_curve(_memory(1, 4), [0.5], ["0tmh", "0tmh"])
    with pytest.raises(ValueError, match="memory: patterns of ±1 are needed"):
        recall_curve(ip.sherrington_kirkpatrick(5), [0.5])


def test_options_of_atoms_are_for_atoms() -> None:
    curve = recall_curve(_memory(1, 12), [0.0], ["steepest", "kmc"], trials=3, atoms=30, energy_scale=3.0)
    assert (curve["overlap"] == 1).all()
    with pytest.raises(ValueError, match="atoms: only dynamics="):
        recall_curve(_memory(1, 12), [0.0], ["steepest"], atoms=30)


def test_a_few_spins_hold_different_patterns() -> None:
    """Of 9 random patterns of 10 spins, some are often dependent: they are drawn again."""
    found = capacity([0.9], n=10, rule="pseudoinverse", corruption=0.0, instances=20, recalls=9)
    assert (found["overlap"] == 1).all()
    with pytest.raises(ValueError, match="n: must be at least 10"):
        capacity(n=9)


def test_a_curve_is_what_its_recalls_say() -> None:
    """The same cues and random numbers, by hand: means, the error over patterns, and a threshold that is exceeded."""
    memory, trials = _memory(6, 40, seed=2), 7
    curve = recall_curve(memory, [0.29], "0tmh", trials=trials, seed=5)
    disturbance, motion = np.random.default_rng(5).spawn(2)
    cues = np.concatenate([flipped_at_random(xi, 12, trials, disturbance) for xi in memory.patterns])  # 11.6, rounded
    own = recall(memory, cues, "0tmh", seed=motion)["overlap"].values[:, 0].reshape(6, trials, 6)
    own = own[np.arange(6), :, np.arange(6)]
    assert float(curve["overlap"][0, 0]) == pytest.approx(own.mean(), rel=1e-12)
    assert float(curve["overlap_error"][0, 0]) == pytest.approx(own.mean(axis=1).std(ddof=1) / np.sqrt(6), rel=1e-12)
    assert float(curve["success"][0, 0]) == (own > 0.95).mean() and 0 < (own > 0.95).mean() < 1
    assert float(recall_curve(memory, [0.0], "steepest", trials=2, threshold=1.0)["success"][0, 0]) == 0
    with pytest.raises(ValueError, match="replicas: each cue is recalled once; ask for more trials"):
        recall_curve(memory, [0.1], replicas=2)
    with pytest.raises(ValueError, match="dynamics: must be one of steepest, 0tmh, reluctant, kmc, but it is 3"):
        recall_curve(memory, [0.1], 3)


def test_a_capacity_takes_the_nearest_number_of_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    from cim.cavity import _capacity

    taken, drawn = [], _capacity._of_random_patterns
    monkeypatch.setattr(_capacity, "_of_random_patterns", lambda *given: taken.append(given[1]) or drawn(*given))
    found = capacity([0.01, 0.29], 20, instances=1, recalls=2, threshold=1.0, corruption=0.0)
    assert sorted(taken) == [1, 6] and (found["success"] == 0).all()  # as none exceeds it


def test_a_capacity_resumes_and_runs_anywhere(tmp_path: Any) -> None:
    options: dict[str, Any] = {"n": 40, "instances": 2, "recalls": 5, "seed": 3}
    here = capacity([0.1, 0.3], **options, path=tmp_path / "kept")
    with ThreadPoolExecutor(2) as pool:
        there = capacity([0.1, 0.3], **options, executor=pool)
    for name in here.data_vars:
        np.testing.assert_array_equal(here[name], there[name])
    more = capacity([0.1, 0.3, 0.5], **options, path=tmp_path / "kept")
    np.testing.assert_array_equal(more["overlap"].sel(load=[0.1, 0.3]), here["overlap"])
    spread = here["overlap"].std("instance", ddof=1) / np.sqrt(2)
    np.testing.assert_allclose(here["mean_overlap_error"], spread)
    assert np.isnan(capacity([0.1], n=20, instances=1, recalls=2)["mean_overlap_error"]).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"rule": "storkey"}, "rule: must be one of hebbian, pseudoinverse, but it is 'storkey'"),
        ({"loads": [0.0]}, "loads: positive numbers"),
        ({"loads": [1.2], "rule": "pseudoinverse"}, "loads: the pseudoinverse rule takes loads below 1"),
        ({"corruption": 2.0}, "corruption: must be less than 1"),
        ({"recalls": 0}, "recalls: must be at least 1"),
    ],
)
def test_bad_capacities_are_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        capacity(**arguments)


def test_steepest_descent_recalls_more_of_an_overloaded_memory() -> None:
    """Hebb's rule, n = 250, a tenth of the cue wrong, load 0.16; at 0.05 there is nothing to gain (the twin)."""
    found = capacity([0.05, 0.16], 250, instances=8, recalls=20)["mean_overlap"]
    gain = found.sel(dynamics="steepest") - found.sel(dynamics="0tmh")
    assert float(gain.sel(load=0.16)) > 0.03
    assert abs(float(gain.sel(load=0.05))) < 0.01


def test_the_pseudoinverse_rule_at_half_load() -> None:
    found = capacity([0.5], 250, "pseudoinverse", instances=6, recalls=20)["mean_success"].sel(load=0.5)
    assert float(found.sel(dynamics="steepest")) > 0.97
    assert 0.25 < float(found.sel(dynamics="0tmh")) < 0.75


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "load", "steepest", "random"),
    [
        ("hebbian", 0.10, (0.998, 1.00), (0.997, 1.00)),
        ("hebbian", 0.12, (0.995, 0.978), (0.991, 0.933)),
        ("hebbian", 0.14, (0.958, 0.889), (0.932, 0.733)),
        ("hebbian", 0.16, (0.855, 0.644), (0.753, 0.378)),
        ("hebbian", 0.20, (0.661, 0.222), (0.503, 0.044)),
        ("hebbian", 0.30, (0.41, 0.0), (0.34, 0.0)),
        ("pseudoinverse", 0.3, (1.0, 1.0), (1.0, 1.0)),
        ("pseudoinverse", 0.6, (None, 0.889), (None, 0.0)),
    ],
)
def test_table_of_recall(rule: str, load: float, steepest: tuple[Any, float], random: tuple[Any, float]) -> None:
    """A smaller run's figures, 45 recalls each, of n = 250 from 10 % corruption: overlap and share above 0.95."""
    found = capacity([load], 250, rule, instances=40, recalls=25).sel(load=load)
    for name, (overlap, success) in (("steepest", steepest), ("0tmh", random)):
        of = found.sel(dynamics=name)
        # patterns of one instance stand or fall together: 45 recalls are about 3 of those
        spread = 4 * np.hypot(float(of["success"].std("instance")) / np.sqrt(3), 0.015)
        assert abs(float(of["mean_success"]) - success) < spread
        if overlap is not None:
            spread = 4 * np.hypot(float(of["overlap"].std("instance")) / np.sqrt(3), 0.003)
            assert abs(float(of["mean_overlap"]) - overlap) < spread


def test_progress_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    memory = _memory(2, 12)
    quiet = basin_sizes(memory, trials=5), recall_curve(memory, [0.1], trials=2)
    assert capsys.readouterr().err == ""
    shown = basin_sizes(memory, trials=5, progress=True), recall_curve(memory, [0.1], trials=2, progress=True)
    said = capsys.readouterr().err
    assert "basins: 100%" in said and "wrong spins" in said and "recall: 100%" in said
    for one, other in zip(quiet, shown, strict=True):
        xr.testing.assert_identical(one, other)
