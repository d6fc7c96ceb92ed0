"""Steepest, random and reluctant descent: against the same written out in Python, and their ends against a check."""

import threading
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.cavity import descents
from cim.cavity.descents import DESCENTS, Descents


def _models() -> dict[str, ip.IsingModel]:
    rng = np.random.default_rng(5)
    glass = ip.sherrington_kirkpatrick(30, seed=1)
    patterns = rng.choice([-1, 1], (4, 30))
    sparse = sp.random_array((40, 40), density=0.05, rng=rng)
    return {
        "glass": glass,
        "glass in fields": ip.IsingModel(glass.J, rng.normal(size=30)),
        "whole numbers": ip.sherrington_kirkpatrick(20, couplings="binary", normalized=False, seed=2),
        "hopfield": ip.hopfield(patterns),
        "lattice": ip.edwards_anderson((5, 5, 4), seed=3),
        "sparse floats": ip.IsingModel(sp.csr_array(sp.triu(sparse, 1) + sp.triu(sparse, 1).T), rng.normal(size=40)),
    }


def _starts(model: ip.IsingModel, replicas: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([-1, 1], (replicas, model.num_spins)).astype(np.int8)


def _drops(model: ip.IsingModel, s: np.ndarray) -> np.ndarray:
    """How much each flip lowers the energy, from the energies themselves."""
    flipped = np.tile(s, (len(s), 1))
    flipped[np.diag_indices(len(s))] *= -1
    return np.round(np.asarray(model.energy(s) - model.energy(flipped), dtype=float), 10)


@pytest.mark.parametrize("name", list(_models()))
@pytest.mark.parametrize("dynamics", DESCENTS)
def test_every_flip_is_one_of_those_that_the_rule_allows(name: str, dynamics: str) -> None:
    model = _models()[name]
    starts = _starts(model, 6)
    ends, flips, order, interrupted = Descents(model)(starts, dynamics, rng=np.random.default_rng(0), record=True)
    assert not interrupted
    for start, end, count, path in zip(starts, ends, flips, order, strict=True):
        s = start.copy()
        for i in path[:count]:
            drops = _drops(model, s)
            lowering = drops[drops > 0]
            allowed = {"steepest": lowering.max(), "reluctant": lowering.min(), "0tmh": drops[i]}[dynamics]
            assert drops[i] == pytest.approx(allowed, abs=2e-10) and drops[i] > 0  # the energy always falls
            s[i] = -s[i]
        assert (s == end).all() and (path[count:] == -1).all()
        assert (_drops(model, s) <= 0).all()
    assert Descents(model).is_stable(ends).all()
    assert not Descents(model).is_stable(starts).all()  # the twin: random configurations are not


def test_equal_drops_go_to_the_first_spin() -> None:
    model = ip.sherrington_kirkpatrick(20, couplings="binary", normalized=False, seed=2)
    starts = _starts(model, 10)
    _, flips, order, _ = Descents(model)(starts, "steepest", record=True)
    ties = 0
    for start, count, path in zip(starts, flips, order, strict=True):
        s = start.copy()
        for i in path[:count]:
            drops = _drops(model, s)
            assert i == int(np.argmax(drops))
            ties += int((drops == drops.max()).sum() > 1)
            s[i] = -s[i]
    assert ties > 10


def test_dense_and_sparse_couplings_give_one_path() -> None:
    lattice = ip.edwards_anderson((5, 5, 4), couplings="gaussian", seed=3)
    dense = ip.IsingModel(lattice.J.toarray())
    starts = _starts(dense, 8)
    for dynamics in DESCENTS:
        found = [Descents(m)(starts, dynamics, rng=np.random.default_rng(1), record=True) for m in (lattice, dense)]
        np.testing.assert_array_equal(found[0][2], found[1][2])


@pytest.mark.parametrize("unit", [1e-280, 1e-9, 1e9, 1e280])
def test_the_unit_of_energy_makes_no_difference(unit: float) -> None:
    model = _models()["glass in fields"]
    other = ip.IsingModel(unit * model.J, unit * model.h)
    starts = _starts(model, 20)
    for dynamics in DESCENTS:
        found = [Descents(m)(starts, dynamics, rng=np.random.default_rng(1))[0] for m in (model, other)]
        np.testing.assert_array_equal(found[0], found[1])


def test_0tmh_takes_each_lowering_flip_equally_often() -> None:
    model = ip.sherrington_kirkpatrick(12, seed=4)
    start = _starts(model, 1, seed=3)
    lowering = np.flatnonzero(_drops(model, start[0]) > 0)
    many = np.repeat(start, 20_000, axis=0)
    _, _, order, _ = Descents(model)(many, "0tmh", rng=np.random.default_rng(0), most_flips=1, record=True)
    counts = np.bincount(order[:, 0], minlength=12)
    assert counts[lowering].sum() == len(many) and len(lowering) >= 4
    expected = len(many) / len(lowering)
    assert ((counts[lowering] - expected) ** 2 / expected).sum() < 40
    # the twin: in proportion to the drops, as a machine at finite temperature has it
    weights = _drops(model, start[0])[lowering]
    weighted = len(many) * weights / weights.sum()
    assert ((counts[lowering] - weighted) ** 2 / weighted).sum() > 400


def test_the_result_does_not_depend_on_threads_or_on_company() -> None:
    model = ip.sherrington_kirkpatrick(40, seed=4)
    starts = _starts(model, 200)
    one = Descents(model)(starts, "0tmh", rng=np.random.default_rng(3), threads=1)[0]
    two = Descents(model)(starts, "0tmh", rng=np.random.default_rng(3), threads=2)[0]
    few = Descents(model)(starts[:70], "0tmh", rng=np.random.default_rng(3), threads=2)[0]
    other = Descents(model)(starts, "0tmh", rng=np.random.default_rng(4))[0]
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one[:70], few)
    assert (one != other).any()


def test_energies_and_numbers_of_flips() -> None:
    """Sherrington-Kirkpatrick, n = 100: steepest descent ends highest, reluctant lowest, after many more flips."""
    energies, flips = {name: [] for name in DESCENTS}, {name: [] for name in DESCENTS}
    for seed in range(60):
        model = ip.sherrington_kirkpatrick(100, seed=seed)
        for name in DESCENTS:
            ends, count, _, _ = Descents(model)(_starts(model, 20, seed), name, rng=np.random.default_rng(seed))
            energies[name].append(model.energy(ends).mean() / 100)
            flips[name].append(count.mean() / 100)
    quoted = {"steepest": -0.6489, "0tmh": -0.6540, "reluctant": -0.6759}
    for name, value in quoted.items():
        mean, error = np.mean(energies[name]), np.std(energies[name], ddof=1) / np.sqrt(60)
        assert abs(mean - value) < 4 * np.hypot(error, 0.0015)
    pairs = np.subtract(energies["steepest"], energies["0tmh"])
    assert pairs.mean() > 4 * pairs.std(ddof=1) / np.sqrt(60)
    assert 0.37 < np.mean(flips["steepest"]) < 0.45
    assert 0.63 < np.mean(flips["0tmh"]) < 0.76
    assert 8 < np.mean(flips["reluctant"]) < 11


def test_nothing_to_flip() -> None:
    empty = Descents(ip.IsingModel(np.zeros((0, 0))))(np.zeros((3, 0), dtype=np.int8))
    assert empty[0].shape == (3, 0)
    free = Descents(ip.IsingModel(np.zeros((4, 4))))
    starts = np.ones((2, 4), dtype=np.int8)
    for name in DESCENTS:
        ends, flips, _, _ = free(starts, name, rng=np.random.default_rng(0))
        assert (ends == starts).all() and not flips.any()
    stopped = Descents(ip.sherrington_kirkpatrick(50, seed=0))(_starts(ip.sherrington_kirkpatrick(50), 3), most_flips=2)
    assert (stopped[1] == 2).all()


def test_a_small_drop_is_taken_and_rounding_is_not() -> None:
    a, b = np.pi, 0.1 * np.e
    field = [a, b, -(a + b) * (1 + 1e-9)]  # of a spin whose neighbours are all +1: just below zero
    for entries, flips in ((field, 1), ([*field[:2], -(a + b) * (1 + 2e-16)], 0)):
        J = np.full((4, 4), 10.0) - 10.0 * np.eye(4)
        J[3, :3] = J[:3, 3] = entries
        start = np.ones((1, 4), dtype=np.int8)
        drop = _exact_field(entries)
        assert drop < 0  # in exact arithmetic both lower the energy, one of them by less than a sum is rounded
        for model in (ip.IsingModel(J), ip.IsingModel(sp.csr_array(J))):
            for dynamics in DESCENTS:
                ends, count, _, _ = Descents(model)(start, dynamics)
                assert count[0] == flips and ends[0, 3] == 1 - 2 * flips
            assert Descents(model).is_stable(start)[0] == (flips == 0)


def _exact_field(entries: list[float]) -> Fraction:
    return sum((Fraction(entry) for entry in entries), Fraction(0))


@pytest.mark.parametrize("name", ["glass in fields", "lattice"])
def test_portions_make_no_difference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _models()[name]
    starts = _starts(model, 70)
    for dynamics in DESCENTS:
        whole = Descents(model)(starts, dynamics, rng=np.random.default_rng(1), record=True)
        with monkeypatch.context() as patch:
            patch.setattr(descents, "_STEPS_IN_A_CALL", 3 * model.num_spins)
            parts = Descents(model)(starts, dynamics, rng=np.random.default_rng(1), record=True)
        for one, other in zip(whole[:3], parts[:3], strict=True):
            np.testing.assert_array_equal(one, other)


def test_ctrl_c_is_heard_within_a_descent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas are left as far as they had come."""

    class Stop(threading.Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 10

    def interrupted(jobs: list[Any], threads: int) -> tuple[list[Any], bool]:
        stop = Stop()
        return [job(stop) for job in jobs], True

    model = ip.sherrington_kirkpatrick(60, seed=1)
    starts = _starts(model, 64)
    _, complete, _, _ = Descents(model)(starts, "reluctant")
    monkeypatch.setattr(descents, "run_jobs", interrupted)
    monkeypatch.setattr(descents, "_STEPS_IN_A_CALL", 100 * 60)
    ends, flips, _, stopped = Descents(model)(starts, "reluctant")
    assert stopped and 0 < flips.sum() <= 1000 < complete.sum()
    assert (flips[-1] == 0) and (ends[-1] == starts[-1]).all() and model.energy(ends[0]) < model.energy(starts[0])
