"""Kinetic Monte Carlo of collective spins: against a master equation, and how steepest descent emerges from it."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

import cim.cavity.collective_flips as module
import ising_problems as ip
from cim.cavity import FlipRate, _steepest_emergence, steepest_emergence
from cim.cavity.collective_flips import STATUS, CollectiveRun, collective_flips, rate_table


def _generator(model: ip.IsingModel, rate: FlipRate, atoms: int, scale: float, own: np.ndarray) -> np.ndarray:
    """Master equation over all (M+1)^n magnetisations, energies taken as differences of the formula in the module."""
    states = np.array(list(itertools.product(range(atoms + 1), repeat=model.num_spins)))
    place = {tuple(state): k for k, state in enumerate(states.tolist())}
    s = 2.0 * states / atoms - 1.0
    energy = scale * atoms * (-0.5 * np.einsum("ki,ij,kj->k", s, model.J, s) - s**2 @ own - s @ model.h)
    generator = np.zeros((len(states), len(states)))
    for k, state in enumerate(states):
        for i, way in itertools.product(range(model.num_spins), (-1, 1)):
            other = state.copy()
            other[i] += way
            if 0 <= other[i] <= atoms:
                to = place[tuple(other.tolist())]
                energy_change = energy[to] - energy[k]
                turned = rate.num_ensembles is not None
                value = rate(np.full(model.num_spins, energy_change))[i] if turned else rate(energy_change)
                spin, m = atoms / 2, state[i] - atoms / 2
                generator[to, k] += value * (spin * (spin + 1) - m * (m + way))
    return generator - np.diag(generator.sum(axis=0))


def _counts(model: ip.IsingModel, rate: FlipRate, atoms: int, time: float, runs: int, **options: object) -> np.ndarray:
    n = model.num_spins
    starts = np.zeros((runs, n), dtype=np.int64)
    found = collective_flips(
        model, rate, starts, atoms, max_time=time, settle=False, rng=np.random.default_rng(7), threads=1, **options
    )
    assert (found.status == STATUS.index("time reached")).all()
    codes = np.ravel_multi_index(tuple(found.magnetisations.T), (atoms + 1,) * n)
    return np.bincount(codes, minlength=(atoms + 1) ** n)


def _p_value(counts: np.ndarray, expected: np.ndarray) -> float:
    """Chi-square of counts, rare states taken together."""
    wanted = expected * counts.sum()
    rare = wanted < 8
    got = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(wanted[~rare], wanted[rare].sum())
    got, wanted = got[wanted > 0], wanted[wanted > 0]
    return float(scipy.stats.chi2.sf(((got - wanted) ** 2 / wanted).sum(), len(got) - 1))


CASES = {
    "two atoms in a field": (ip.IsingModel([[0, 0.8], [0.8, 0]], [0.3, -0.2]), 1, 0.0, FlipRate(1.5, -4.0, 1.0)),
    "three pairs": (ip.sherrington_kirkpatrick(3, seed=1), 2, 0.7, FlipRate(1.5, -4.0, 1.0, noise=0.5)),
    "two ensembles of five": (ip.IsingModel([[0, 0.5], [0.5, 0]]), 5, [0.4, -0.3], FlipRate(1.5, -4.0, 1.0)),
    "couplings of their own": (
        ip.IsingModel([[0, 0.5], [0.5, 0]], [0.1, 0.0]),
        3,
        0.0,
        FlipRate([[1.0, 0.2], [0.3, 1.8]], [-4.0, -2.5], 1.0),
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_it_solves_the_master_equation(name: str) -> None:
    model, atoms, self_couplings, rate = CASES[name]
    own = np.broadcast_to(np.asarray(self_couplings, dtype=float), (model.num_spins,))
    runs, scale = 3000, 0.9
    options = {"energy_scale": scale, "self_couplings": own}
    generator = _generator(model, rate, atoms, scale, own)
    start = np.eye(len(generator))[0]
    # on the way, and where it no longer moves: the null vector
    gap = np.sort(np.abs(np.linalg.eigvals(generator).real))[1]
    early = scipy.linalg.expm(generator * 0.3 / gap) @ start
    stationary = scipy.linalg.null_space(generator, rcond=1e-10)[:, 0]
    stationary /= stationary.sum()
    for time, expected in ((0.3 / gap, early), (8.0 / gap, stationary)):
        assert _p_value(_counts(model, rate, atoms, time, runs, **options), expected) > 1e-3
    # the twins: the Boltzmann weight of T_eff is not quite it, another energy scale is not at all
    wrong = scipy.linalg.null_space(_generator(model, rate, atoms, 1.25 * scale, own), rcond=1e-10)[:, 0]
    assert _p_value(_counts(model, rate, atoms, 8.0 / gap, runs, **options), wrong / wrong.sum()) < 1e-6


def test_energies_are_those_of_the_light() -> None:
    """Atoms in modes: a flip costs the difference of E = -Σ A m m - Σ h m, which the settled modes give."""
    import cim

    g, detuning, loss, atoms = np.array([[1.0, 0.4], [-0.6, 0.9], [0.3, 0.2]]), np.array([-4.0, -2.0]), 0.7, 4
    model = cim.cavity.multimode_couplings(g, detuning, loss, spin=atoms / 2)
    own = cim.cavity.multimode_self_couplings(g, detuning, loss, spin=atoms / 2)
    rate = FlipRate(g, detuning, loss, noise=0.5)
    generator = _generator(model, rate, atoms, 1 / atoms, own)
    m = np.array(list(itertools.product(range(atoms + 1), repeat=3))) - atoms / 2
    alpha = m @ g / (detuning + 1j * loss)
    energy = (detuning * np.abs(alpha) ** 2).sum(axis=1)  # -Σ A m m
    k, to = 7, 8  # the last ensemble's next step
    assert (m[to] - m[k]).tolist() == [0, 0, 1]
    value = rate(np.full(3, energy[to] - energy[k]))[2] * (2 * 3 - m[k, 2] * (m[k, 2] + 1))
    assert generator[to, k] == pytest.approx(value, rel=1e-10)
    stationary = scipy.linalg.null_space(generator, rcond=1e-10)[:, 0]
    gap = np.sort(np.abs(np.linalg.eigvals(generator).real))[1]
    counts = _counts(model, rate, atoms, 8 / gap, 3000, energy_scale=1 / atoms, self_couplings=own)
    assert _p_value(counts, stationary / stationary.sum()) > 1e-3


def test_first_flips_are_recorded_in_their_order() -> None:
    model = ip.sherrington_kirkpatrick(6, seed=0)
    rate = FlipRate(3.0, -4.0, 1.0, noise=2.0)
    starts = np.random.default_rng(0).integers(0, 2, (20, 6)) * 9
    run = collective_flips(model, rate, starts, 9, max_flips=3, settle=False, rng=np.random.default_rng(1))
    flipped = np.isfinite(run.first_flips)
    ended = run.status == STATUS.index("flips reached")
    assert ended.all() and (flipped.sum(axis=1) == 3).all()
    np.testing.assert_array_equal(np.where(flipped, run.first_flips, 0).max(axis=1), run.times)
    last = np.where(flipped, run.first_flips, 0).argmax(axis=1)
    at = run.magnetisations[np.arange(20), last]
    # an odd number of atoms: no zero, so the last to flip has just gone from 5:4 to 4:5
    np.testing.assert_array_equal(at, np.where(starts[np.arange(20), last] > 0, 4, 5))
    bounded = collective_flips(model, rate, starts, 9, max_events=17, rng=np.random.default_rng(1))
    assert (bounded.events == 17).all() and (bounded.status == STATUS.index("events reached")).all()


def test_many_atoms_settle_where_the_energy_is_low() -> None:
    model = ip.sherrington_kirkpatrick(12, seed=3)
    rate = FlipRate(3.0, -4.0, 1.0)
    starts = np.random.default_rng(0).integers(0, 2, (8, 12)) * 200
    run = collective_flips(model, rate, starts, 200, energy_scale=2.0, rng=np.random.default_rng(1))
    assert (run.status == STATUS.index("settled")).all()
    spins = np.where(run.magnetisations >= 100, 1, -1)
    begun = np.where(starts > 0, 1, -1)
    assert model.energy(spins).mean() < model.energy(begun).mean() - 4
    again = collective_flips(model, rate, starts, 200, energy_scale=2.0, rng=np.random.default_rng(1), threads=2)
    np.testing.assert_array_equal(run.magnetisations, again.magnetisations)
    np.testing.assert_array_equal(run.times, again.times)
    fewer = collective_flips(model, rate, starts[:3], 200, energy_scale=2.0, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(run.times[:3], fewer.times)


def test_the_table_is_as_exact_as_it_says() -> None:
    rate = FlipRate([[0.8], [1.5]], -4.0, 1.0)
    table = rate_table(rate, 5.0, tolerance=1e-4)
    energies = np.random.default_rng(0).uniform(-5, 5, 400)
    place = (energies - table.low) / table.step
    cell = np.floor(place).astype(int)
    x = place - cell
    for row in range(2):
        y = [table.values[row, cell + k] for k in (-1, 0, 1, 2)]
        weights = [-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2, -(x + 1) * x * (x - 2) / 2]
        weights.append((x + 1) * x * (x - 1) / 6)
        exact = rate(np.repeat(energies[:, None], 2, axis=1))[:, row]
        np.testing.assert_allclose(sum(w * v for w, v in zip(weights, y, strict=True)), exact, rtol=1e-4)
    assert table.error <= 1e-4 and len(table.values[0]) < 20_000
    with pytest.raises(ValueError, match="rate: K changes too fast for a table of 262,145 points"):
        rate_table(FlipRate(1e-3, -4.0, 1.0), 5.0)


def test_steepest_descent_emerges_with_the_number_of_atoms() -> None:
    found = steepest_emergence([1, 1000], instances=120)
    first, rank = found["steepest_first"].values, found["mean_rank"].values
    assert first[0] <= 0.2 and 8.5 < rank[0] < 12.5
    assert first[1] >= 0.5 and rank[1] <= 2.5
    assert (found["steepest_first_low"] <= first).all() and (found["steepest_first_high"] >= first).all()


@pytest.mark.parametrize(
    ("machine", "most"),
    [
        ({"coupling": 0.5, "noise": 0.0}, 0.05),
        ({"coupling": 1.0, "noise": 0.3, "detuning": -8.0}, 0.05),
        ({"coupling": 1.0, "noise": 4.0, "detuning": -20.0}, 0.2),
    ],
    ids=["the bare cavity", "little noise", "too weak an asymmetry"],
)
def test_it_does_not_emerge_where_the_rate_does_not_rise_with_the_drop(machine: dict[str, float], most: float) -> None:
    assert float(steepest_emergence(100, instances=40, **machine)["steepest_first"][0]) <= most


def test_the_emergence_does_not_depend_on_where_it_runs(tmp_path: Path) -> None:
    options: dict[str, Any] = {"n": 8, "instances": 6, "seed": 3}
    here = steepest_emergence([1, 30], **options, path=tmp_path)
    ranks = here["rank"].values
    np.testing.assert_allclose(here["mean_rank"], ranks.mean(axis=1))
    np.testing.assert_allclose(here["mean_rank_error"], ranks.std(axis=1, ddof=1) / np.sqrt(ranks.shape[1]))
    with ThreadPoolExecutor(2) as pool:
        there = steepest_emergence([30, 1], **options, executor=pool)
    np.testing.assert_array_equal(here["rank"].sel(atoms=[30, 1]), there["rank"])
    with pytest.raises(ValueError, match="detuning: must be negative"):
        steepest_emergence(detuning=1.0)
    with pytest.raises(ValueError, match="atoms: must be at least 1"):
        steepest_emergence([0])


def test_a_run_in_portions_is_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done in one call of the kernel is for Ctrl-C alone; but for the rounding of fields it changes nothing."""
    from cim.cavity import collective_flips as module

    model = ip.sherrington_kirkpatrick(8, seed=0)
    rate = FlipRate(3.0, -4.0, 1.0, noise=2.0)
    starts = np.random.default_rng(0).integers(0, 2, (5, 8)) * 10
    whole = collective_flips(model, rate, starts, 10, rng=np.random.default_rng(1))
    monkeypatch.setattr(module, "_STEPS_IN_A_CALL", 1)  # a thousand events
    parts = collective_flips(model, rate, starts, 10, rng=np.random.default_rng(1), threads=2)
    assert (whole.events > 3000).all()
    np.testing.assert_array_equal(whole.events, parts.events)
    np.testing.assert_array_equal(whole.magnetisations, parts.magnetisations)
    np.testing.assert_allclose(whole.times, parts.times)
    np.testing.assert_allclose(whole.first_flips, parts.first_flips)


def test_ctrl_c_gives_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from cim.cavity import collective_flips as module

    def stopped(jobs: list[Any], threads: int, poll: Any) -> tuple[list[Any], bool]:
        import threading

        jobs[0](threading.Event())
        event = threading.Event()
        event.set()
        for job in jobs[1:]:
            job(event)
        poll(event)
        return [], True

    monkeypatch.setattr(module, "run_jobs", stopped)
    model, rate = ip.sherrington_kirkpatrick(8, seed=0), FlipRate(3.0, -4.0, 1.0, noise=2.0)
    starts = np.full((3, 8), 10)
    run = collective_flips(model, rate, starts, 10, rng=np.random.default_rng(1))
    assert run.interrupted and [STATUS[k] for k in run.status] == ["settled", "interrupted", "interrupted"]
    assert (run.magnetisations[1:] == 10).all() and run.events[0] > 0 == run.events[1]


def test_the_rate_of_a_first_event_is_that_of_the_cavity() -> None:
    """One atom in a field: with the same random number the waiting time is in proportion to 1/K."""
    rate = FlipRate(1.5, -4.0, 1.0, noise=0.4)
    fields = np.linspace(-1.7, 1.7, 13)
    up = np.ones((1, 1), dtype=np.int64)
    options: dict[str, Any] = {"max_events": 1, "energy_scale": 1.0}
    times = np.array(
        [
            collective_flips(ip.IsingModel([[0]], [h]), rate, up, 1, rng=np.random.default_rng(3), **options).times[0]
            for h in fields
        ]
    )
    expected = np.asarray(rate(2 * fields))  # from +1 to -1
    np.testing.assert_allclose(times * expected, (times * expected)[6], rtol=2e-4)
    wrong = np.asarray(rate(-2 * fields))
    assert np.ptp(times * wrong) > 0.1 * times[6] * wrong[6]


def test_an_even_ensemble_has_not_flipped_halfway() -> None:
    model, rate = ip.IsingModel([[0]]), FlipRate(1.5, -4.0, 1.0)
    starts = np.full((200, 1), 2)
    for most, halfway in ((1, True), (2, False)):
        found = collective_flips(model, rate, starts, 2, max_events=most, settle=False, rng=np.random.default_rng(0))
        if halfway:
            assert (found.magnetisations == 1).all() and np.isinf(found.first_flips).all()
        else:
            turned = found.magnetisations[:, 0] == 0
            assert 60 < turned.sum() < 140 and (np.isfinite(found.first_flips[:, 0]) == turned).all()


def test_portions_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times, first flips and the windows' mean energies go from one call of the kernel to the next."""
    model = ip.IsingModel(ip.sherrington_kirkpatrick(4, seed=1).J, [0.9, -0.4, 0.3, 1.1])
    rate = FlipRate(3.0, -4.0, 1.0, noise=1.0)

    def run() -> CollectiveRun:
        starts = np.zeros((20, 4), dtype=np.int64)
        return collective_flips(model, rate, starts, 6, self_couplings=0.2, rng=np.random.default_rng(2))

    whole = run()
    monkeypatch.setattr(module, "_LEAST_IN_A_CALL", 7)
    monkeypatch.setattr(module, "_STEPS_IN_A_CALL", 28)
    parts = run()
    assert whole.events.min() > 100
    np.testing.assert_array_equal(whole.events, parts.events)
    np.testing.assert_array_equal(whole.magnetisations, parts.magnetisations)
    np.testing.assert_allclose(whole.times, parts.times, rtol=1e-12)
    np.testing.assert_allclose(whole.first_flips, parts.first_flips, rtol=1e-12)


def test_models_are_the_seeds_and_the_same_for_every_number_of_atoms(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[bytes] = []

    def watched(model: ip.IsingModel, *arguments: object, **options: object) -> object:
        met.append(model.J.tobytes())
        return collective_flips(model, *arguments, **options)

    monkeypatch.setattr(_steepest_emergence, "collective_flips", watched)
    steepest_emergence([1, 5], n=6, instances=3, seed=0)
    assert met[:3] == met[3:] and len(set(met)) == 3
    steepest_emergence(1, n=6, instances=3, seed=1)
    assert not set(met[:3]) & set(met[6:])
