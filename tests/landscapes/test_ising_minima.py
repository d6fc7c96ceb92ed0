"""Configurations that no single flip improves: against looking at all, with ties, fields and exact integers."""

import threading
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies


def _by_energies(model: ip.IsingModel, strict: bool) -> np.ndarray:
    """Codes of the minima in the list of all energies: comparisons of energies alone."""
    n, energies = model.num_spins, enumerate_energies(model)
    codes = np.arange(1 << n)
    stable = np.ones(1 << n, dtype=bool)
    for spin in range(n):
        other = energies[codes ^ (1 << spin)]
        margin = 0 if model.is_integer else 1e-9
        stable &= other > energies + margin if strict else other >= energies - margin
    return codes[stable]


def _codes(minima: ls.IsingMinima) -> np.ndarray:
    return np.sort((minima.spins > 0).astype(np.int64) @ (1 << np.arange(minima.spins.shape[1])))


def _models() -> dict[str, ip.IsingModel]:
    rng = np.random.default_rng(0)
    glass = ip.sherrington_kirkpatrick(12, seed=1)
    signs = ip.sherrington_kirkpatrick(11, seed=2, couplings="binary")
    lattice = ip.edwards_anderson((3, 4), seed=3)
    whole = np.rint(np.asarray(glass.J) * 6).astype(int)
    return {
        "gaussian": glass,
        "gaussian with fields": ip.IsingModel(glass.J, rng.standard_normal(12) * 0.3, offset=2.5),
        "binary": signs,
        "integer with fields": ip.IsingModel(whole, rng.integers(-2, 3, 12), offset=-7),
        "sparse lattice": ip.IsingModel(sp.csr_array(lattice.J)),
        "ferromagnet": ip.IsingModel(np.ones((9, 9), int) - np.eye(9, dtype=int)),
        "antiferromagnet": ip.IsingModel(np.eye(9, dtype=int) - np.ones((9, 9), int)),
        "fields alone": ip.IsingModel(np.zeros((5, 5), int), [1, 0, -2, 0, 3]),
        "nothing": ip.IsingModel(np.zeros((4, 4))),
        "tiny couplings": ip.IsingModel(np.asarray(glass.J) * 1e-200),
        "two": ip.IsingModel([[0, -1.5], [-1.5, 0]]),
        "one": ip.IsingModel([[0]]),
    }


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", _models())
def test_the_minima_are_those_of_the_list_of_all_energies(name: str, strict: bool) -> None:
    model = _models()[name]
    found = ls.ising_minima(model, strict=strict)
    reference = model if name != "tiny couplings" else ip.IsingModel(np.asarray(model.J) * 1e200)
    np.testing.assert_array_equal(_codes(found), _by_energies(reference, strict))
    assert found.count == len(found) == len(found.energies)
    np.testing.assert_array_equal(found.energies, np.atleast_1d(model.energy(found.spins)))
    assert found.energies.dtype == (np.int64 if model.is_integer else np.float64)
    assert (np.diff(found.energies) >= 0).all()
    # the twin: the other way to treat ties
    if name in ("binary", "antiferromagnet", "fields alone", "nothing"):
        assert len(found) != len(_by_energies(reference, not strict))


def test_the_order_is_of_energies_and_then_lexicographic() -> None:
    found = ls.ising_minima(ip.sherrington_kirkpatrick(10, seed=4, couplings="binary"))
    rows = [(energy, *spins) for energy, spins in zip(found.energies.tolist(), found.spins.tolist(), strict=True)]
    assert rows == sorted(rows) and len(set(rows)) == len(rows)
    lowest, states = ip.ground_states(ip.sherrington_kirkpatrick(10, seed=4, couplings="binary"))
    assert found.energies[0] == pytest.approx(lowest)
    np.testing.assert_array_equal(found.spins[: len(states)], states)


@pytest.mark.parametrize("exponent", [-980, 1000])
def test_couplings_of_any_magnitude_have_the_same_minima(exponent: int) -> None:
    glass = ip.sherrington_kirkpatrick(11, seed=8)
    scaled = ip.IsingModel(np.ldexp(np.ldexp(glass.J, -20), exponent), np.zeros(11))
    np.testing.assert_array_equal(_codes(ls.ising_minima(scaled)), _codes(ls.ising_minima(glass)))


@pytest.mark.parametrize(("extra", "stable"), [(0, True), (1, False)])
def test_integers_beyond_floats_are_exact(extra: int, stable: bool) -> None:
    """The field on the first spin is -extra, the difference of numbers that float64 cannot tell apart."""
    large = 2**58 + 1
    model = ip.IsingModel([[0, large, -large], [large, 0, 0], [-large, 0, 0]], [-extra, 0, large])
    found = ls.ising_minima(model)
    assert any(spins.tolist() == [1, 1, 1] for spins in found.spins) is stable
    assert model.local_fields([1, 1, 1]).tolist() == [-extra, large, 0]


def test_a_larger_glass_has_only_stable_configurations_and_its_ground_state() -> None:
    model = ip.sherrington_kirkpatrick(24, seed=5)
    found = ls.ising_minima(model, threads=1)
    assert (found.spins * model.local_fields(found.spins) >= 0).all()
    energy, states = ip.ground_states(model)
    assert found.energies[0] == pytest.approx(energy, abs=1e-12)
    assert len(np.unique(found.spins, axis=0)) == len(found)
    np.testing.assert_array_equal(found.spins[:2], states)
    # what descents from random starts end at is among them
    rng, known = np.random.default_rng(6), {spins.tobytes() for spins in found.spins}
    for _ in range(50):
        spins = rng.choice(np.array([-1, 1], dtype=np.int8), 24)
        while (gain := spins * model.local_fields(spins)).min() < 0:
            spins[gain.argmin()] *= -1
        assert spins.tobytes() in known


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(threads: int) -> None:
    model = ip.IsingModel(ip.sherrington_kirkpatrick(16, seed=7).J, np.full(16, 0.05))
    one, many = (ls.ising_minima(model, threads=count) for count in (1, threads))
    np.testing.assert_array_equal(one.spins, many.spins)
    np.testing.assert_array_equal(one.energies, many.energies)


def test_a_job_with_more_minima_than_it_has_room_for_is_repeated() -> None:
    model = ip.IsingModel(np.zeros((17, 17)), np.r_[1.0, np.zeros(16)])
    found = ls.ising_minima(model, threads=1)
    assert found.count == 2**16 and (found.spins[:, 0] == 1).all()
    assert len(np.unique(found.spins, axis=0)) == 2**16


def test_an_interrupted_enumeration_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from landscapes import _ising_minima

    def interrupted(jobs: Any, threads: int) -> tuple[list[np.ndarray], bool]:
        stop = threading.Event()
        stop.set()
        return [job(stop) for job in jobs], True

    monkeypatch.setattr(_ising_minima, "run_jobs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ls.ising_minima(ip.sherrington_kirkpatrick(14, seed=0), threads=2)


def test_no_spins_have_one_configuration() -> None:
    found = ls.ising_minima(ip.IsingModel(np.zeros((0, 0)), offset=1.5))
    assert found.spins.shape == (1, 0) and found.energies.tolist() == [1.5]


def test_a_dataset_of_the_minima() -> None:
    found = ls.ising_minima(ip.sherrington_kirkpatrick(8, seed=0))
    dataset = found.to_dataset()
    assert dict(dataset.sizes) == {"minimum": found.count, "spin": 8} and dataset.attrs["count"] == found.count
    assert repr(found).startswith(f"IsingMinima({found.count} of 8 spins; energies ")


def test_bad_input_is_refused_with_the_arguments_name() -> None:
    glass = ip.sherrington_kirkpatrick(8, seed=0)
    with pytest.raises(TypeError, match="model: an IsingModel"):
        ls.ising_minima(glass.J)
    with pytest.raises(ValueError, match=r"model: finding all minima of 40 spins takes about \d+ seconds on one core"):
        ls.ising_minima(ip.sherrington_kirkpatrick(40, seed=0))
    with pytest.raises(ValueError, match=r"of 8 spins .*pass max_spins=8"):
        ls.ising_minima(glass, max_spins=7)
    with pytest.raises(ValueError, match="years"):
        ls.ising_minima(ip.IsingModel(np.zeros((300, 300))), max_spins=1000)
    with pytest.raises(ValueError, match="max_states: the model has more than 100 minima"):
        ls.ising_minima(ip.IsingModel(np.zeros((10, 10))), max_states=100)
    with pytest.raises(ValueError, match="max_states: the model has more than 1 minima"):  # of which there are pairs
        ls.ising_minima(ip.IsingModel([[0, 1], [1, 0]]), max_states=1)
    with pytest.raises(ValueError, match="max_states: the model has more than 1000000 minima"):
        ls.ising_minima(ip.IsingModel(np.zeros((26, 26))))
    with pytest.raises(ValueError, match="rtol: must be at least 0"):
        ls.ising_minima(glass, rtol=-1)
    with pytest.raises(TypeError, match="strict: must be True or False"):
        ls.ising_minima(glass, strict=1)


def test_rounding_of_float_couplings_hides_no_minimum() -> None:
    """Tenths are no floats: fields that are zero come out as ±1e-17, in branches and in leaves."""
    rng = np.random.default_rng(8)
    lost = 0
    for _ in range(12):
        whole = np.triu(rng.integers(-3, 4, (11, 11)), 1)
        whole += whole.T
        fields = rng.integers(-3, 4, 11)
        exact = ls.ising_minima(ip.IsingModel(whole, fields))
        tenths = ip.IsingModel(0.1 * whole, 0.1 * fields)
        found = ls.ising_minima(tenths)
        assert {tuple(s) for s in found.spins} == {tuple(s) for s in exact.spins}
        assert (
            ls.ising_minima(tenths, strict=True).count
            == ls.ising_minima(ip.IsingModel(whole, fields), strict=True).count
        )
        gains = exact.spins * (exact.spins @ tenths.J + tenths.h)
        lost += int((gains < 0).any(axis=1).sum())
    assert lost > 3  # the twin: compared with zero itself, some would be missing
