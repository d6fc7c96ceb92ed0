"""Storing rules and the encoder: what is stored is recalled, and what cannot be stored is refused by name."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls
from cim.cavity import AssociativeMemory, basin_sizes, confocal_couplings, random_positions, recall, recall_curve
from cim.cavity.collective_flips import _events
from cim.cavity.descents import Descents, _fall


def _patterns(p: int, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([-1, 1], (p, n)).astype(np.int8)


def test_hebb_and_pseudoinverse_couplings() -> None:
    xi = _patterns(4, 20)
    np.testing.assert_array_equal(AssociativeMemory.hebbian(xi).model.J, ip.hopfield(xi).J)
    J = np.array(AssociativeMemory.pseudoinverse(xi).model.J)
    projector = xi.T.astype(float) @ np.linalg.pinv(xi.T.astype(float))
    np.testing.assert_allclose(J, projector - np.diag(np.diag(projector)), atol=1e-12)


def test_few_spins_hold_as_many_patterns_less_one() -> None:
    """Nine patterns of ten spins: some spins are then coupled to no other, and must not follow rounding."""
    rng, loose = np.random.default_rng(0), 0
    for _ in range(60):
        xi = rng.choice([-1, 1], (9, 10))
        if np.linalg.matrix_rank(xi) < 9:
            continue
        memory = AssociativeMemory.pseudoinverse(xi)
        loose += int((~memory.model.J.any(axis=0)).sum())
        for dynamics in ("steepest", "0tmh", "reluctant"):
            np.testing.assert_array_equal(recall(memory, xi, dynamics)["output"].values[:, 0], xi)
    assert loose > 50


@pytest.mark.parametrize("load", [0.2, 0.6, 0.9])
def test_the_pseudoinverse_rule_holds_every_pattern_and_hebbs_rule_does_not(load: float) -> None:
    xi = _patterns(round(load * 60), 60)
    assert Descents(AssociativeMemory.pseudoinverse(xi).model).is_stable(xi).all()
    assert Descents(AssociativeMemory.hebbian(xi).model).is_stable(xi).all() == (load < 0.05)


@pytest.mark.parametrize(
    ("model", "patterns"),
    [
        (ip.sherrington_kirkpatrick(20, seed=0), _patterns(8, 50)),
        (ip.sherrington_kirkpatrick(24, seed=0), _patterns(20, 24, seed=3)),
        (ip.sherrington_kirkpatrick(40, seed=1), _patterns(12, 200)),
        (confocal_couplings(random_positions(24, 2.0, seed=0)), _patterns(6, 24)),
        (ip.IsingModel(ip.sherrington_kirkpatrick(18, seed=2).J, np.full(18, 0.1)), _patterns(5, 10)),
        (ip.edwards_anderson((5, 5, 4), seed=1), _patterns(10, 64)),
    ],
)
def test_what_is_encoded_is_recalled(model: ip.IsingModel, patterns: np.ndarray) -> None:
    memory = AssociativeMemory.encoded(model, patterns)
    assert Descents(model).is_stable(memory.states).all()
    np.testing.assert_array_equal(memory.encode(patterns), memory.states)
    for dynamics in ("steepest", "0tmh", "reluctant"):
        found = recall(memory, patterns, dynamics)
        np.testing.assert_array_equal(found["output"].values[:, 0], patterns)
        assert (found["best_pattern"].values[:, 0] == np.arange(len(patterns))).all() and (found["flips"] == 0).all()


def test_real_patterns_come_back_as_they_were() -> None:
    patterns = np.random.default_rng(1).normal(size=(6, 30))
    memory = AssociativeMemory.encoded(ip.sherrington_kirkpatrick(20, seed=0), patterns, regularisation=0.0)
    found = recall(memory, patterns)
    np.testing.assert_allclose(found["output"].values[:, 0], patterns, atol=1e-9)
    np.testing.assert_allclose(found["best_overlap"], 1.0)
    regular = AssociativeMemory.encoded(ip.sherrington_kirkpatrick(20, seed=0), patterns, regularisation=0.05)
    assert np.abs(recall(regular, patterns)["output"].values[:, 0] - patterns).max() > 0.01  # the price


def test_an_encoded_image_comes_back_from_noise() -> None:
    """A cue of 400 pixels, a fifth of them wrong, through a machine of 24 spins; not without the encoder's map."""
    patterns = _patterns(5, 400, seed=2)
    memory = AssociativeMemory.encoded(confocal_couplings(random_positions(24, 2.0, seed=0)), patterns)
    rng = np.random.default_rng(0)
    cues = np.where(rng.random((5, 400)) < 0.2, -patterns, patterns)
    assert (recall(memory, cues)["overlap"].values[np.arange(5), 0, np.arange(5)] > 0.99).mean() >= 0.8
    memory.encoder = rng.permutation(memory.encoder.T).T  # the twin: pixels mixed up
    assert (recall(memory, cues)["overlap"].values[np.arange(5), 0, np.arange(5)] > 0.99).mean() <= 0.4


def test_the_deepest_independent_minima_are_taken() -> None:
    model = ip.sherrington_kirkpatrick(14, seed=5)
    memory = AssociativeMemory.encoded(model, _patterns(3, 14))
    energies = model.energy(memory.states)
    assert energies[0] == pytest.approx(ip.ground_states(model)[0]) and (np.diff(energies) >= 0).all()
    assert np.linalg.matrix_rank(memory.states) == 3


def test_minima_of_a_large_model_are_found_by_descent() -> None:
    model = ip.sherrington_kirkpatrick(60, seed=5)
    few, many = (AssociativeMemory.encoded(model, _patterns(4, 60), descents=k) for k in (20, 4000))
    assert model.energy(many.states).mean() < model.energy(few.states).mean()
    again = AssociativeMemory.encoded(model, _patterns(4, 60), descents=20)
    np.testing.assert_array_equal(few.states, again.states)


GLASS = ip.sherrington_kirkpatrick(8, seed=0)
THREE = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1]]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: AssociativeMemory.hebbian([1, -1]), r"patterns: one a row is needed, shape \(p, n\)"),
        (lambda: AssociativeMemory.hebbian([[1, 0]]), r"patterns: entries must be -1 or \+1, but entry \(0, 1\) is 0"),
        (lambda: AssociativeMemory.hebbian([[1, -1], [1, 1], [1, -1]]), "patterns: row 2 is the same as row 0"),
        (lambda: AssociativeMemory.hebbian([[1, -1], [-1, 1]]), "patterns: row 1 is the negative of row 0"),
        (lambda: AssociativeMemory.hebbian(np.ones((0, 3))), "patterns: one a row is needed"),
        (
            lambda: AssociativeMemory.pseudoinverse([[1, 1, 1], [1, -1, 1], [1, 1, -1], [-1, 1, 1]]),
            "patterns: row 3 is a linear combination of those above it .4 patterns, rank 3.; Hebb",
        ),
        (lambda: AssociativeMemory.encoded(GLASS, [[1.0, 2.0], [0, 0]]), "patterns: row 1 is zero"),
        (lambda: AssociativeMemory.encoded(GLASS, [[1.0, 2.0], [2.0, 4.0]]), "patterns: row 1 is a linear combination"),
        (lambda: AssociativeMemory.encoded(GLASS, np.eye(9)), "patterns: 8 spins take at most 8 independent patterns"),
        (
            lambda: AssociativeMemory.encoded(GLASS, [[np.inf, 1.0]]),
            r"patterns: every entry must be finite, but patterns\[0, 0\] is inf",
        ),
        (
            lambda: AssociativeMemory.encoded(ip.IsingModel(np.ones((8, 8)) - np.eye(8)), THREE),
            "model: 3 independent minima are needed for 3 patterns, but 1 were found",
        ),
        (lambda: AssociativeMemory.encoded(GLASS, THREE, regularisation=-1.0), "regularisation: must be at least 0"),
        (lambda: AssociativeMemory.encoded(np.zeros((3, 3)), THREE), "model: an IsingModel is needed, not ndarray"),
        (
            lambda: AssociativeMemory(ip.MaxCut([(0, 1)]), [[1, 1]]),
            r"model: an IsingModel is needed, not MaxCut; problem\.to_ising\(\) gives one",
        ),
        (
            lambda: AssociativeMemory.encoded(ip.MaxCut([(0, 1)]), THREE),
            r"model: an IsingModel is needed, not MaxCut; problem\.to_ising\(\) gives one",
        ),
        (lambda: AssociativeMemory(GLASS, [[1, 1]]), "patterns: the last axis must hold the 8 spins"),
        (
            lambda: AssociativeMemory.encoded(ip.sherrington_kirkpatrick(16, seed=3), THREE[:2]).encode([1.0, 2.0]),
            "cue: the last axis must hold the 4",
        ),
        (
            lambda: AssociativeMemory.encoded(ip.sherrington_kirkpatrick(16, seed=3), THREE[:2]).encode(
                [[1.0, 2.0, 3.0, np.nan]]
            ),
            r"cue: every entry must be finite, but cue\[0, 3\] is nan",
        ),
        (lambda: AssociativeMemory.hebbian(THREE).encode([0.5] * 4), "cue: entries must be -1 or"),
    ],
)
def test_what_cannot_be_stored_is_named(make: Any, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        make()


@pytest.mark.parametrize("rule", ["hebbian", "pseudoinverse", "encoded", "real", "given"])
@pytest.mark.parametrize("way", ["made", "pickled", "copied"])
def test_nobody_can_write_into_a_memory(rule: str, way: str) -> None:
    patterns, real = _patterns(3, 16), np.random.default_rng(0).normal(size=(3, 9))
    glass = ip.sherrington_kirkpatrick(16, seed=0)
    memory = {
        "hebbian": lambda: AssociativeMemory.hebbian(patterns),
        "pseudoinverse": lambda: AssociativeMemory.pseudoinverse(patterns),
        "encoded": lambda: AssociativeMemory.encoded(glass, patterns),
        "real": lambda: AssociativeMemory.encoded(glass, real),
        "given": lambda: AssociativeMemory(glass, patterns),
    }[rule]()
    asked = real if rule == "real" else patterns
    first = recall(memory, asked)
    if way == "pickled":
        memory = pickle.loads(pickle.dumps(memory))
    elif way == "copied":
        memory = copy.deepcopy(memory)
    arrays = {name: value for name, value in vars(memory).items() if isinstance(value, np.ndarray)}
    assert set(arrays) >= {"patterns", "states"} | ({"encoder", "decoder"} if rule in ("encoded", "real") else set())
    for name, array in arrays.items():
        assert not array.flags.writeable, name
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert recall(memory, asked).identical(first)


def _recalled_of(share: float, seed: np.random.Generator, *, memory: AssociativeMemory) -> dict[str, float]:
    return {"overlap": float(recall_curve(memory, [share], "0tmh", trials=2, seed=seed)["overlap"].item())}


def test_a_sweep_over_a_memory_runs_in_other_processes_and_is_resumed(tmp_path: Path) -> None:
    memory = AssociativeMemory.encoded(ip.sherrington_kirkpatrick(16, seed=0), _patterns(3, 16))
    sweep = partial(ls.run_sweep, _recalled_of, {"share": [0.0, 0.1, 0.2]}, seed=1)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        elsewhere = sweep(arguments={"memory": memory}, executor=executor, path=tmp_path)
    assert elsewhere.equals(sweep(arguments={"memory": memory}))
    cells = [path for path in tmp_path.rglob("*.nc") if path.name != "sweep.nc"]  # which is written anew
    kept = {path: path.stat().st_mtime_ns for path in cells}
    again = sweep(arguments={"memory": pickle.loads(pickle.dumps(memory))}, path=tmp_path)
    assert again.equals(elsewhere) and len(kept) == 3 and kept == {path: path.stat().st_mtime_ns for path in kept}


def test_a_memory_does_not_share_what_it_was_given() -> None:
    patterns = _patterns(3, 16)
    for make in (
        AssociativeMemory.hebbian,
        AssociativeMemory.pseudoinverse,
        lambda xi: AssociativeMemory(ip.sherrington_kirkpatrick(16, seed=0), xi),
        lambda xi: AssociativeMemory.encoded(ip.sherrington_kirkpatrick(16, seed=0), xi),
    ):
        given = patterns.copy()
        memory = make(given)
        given[0] *= -1  # the caller's, which stays its own to write on
        np.testing.assert_array_equal(memory.patterns, patterns)


def test_kernels_are_compiled_once_for_what_can_and_cannot_be_written_on() -> None:
    memory = AssociativeMemory.hebbian(_patterns(2, 16))
    recall(memory, np.array(memory.patterns), "steepest")
    recall(memory, np.array(memory.patterns), "kmc", atoms=3, max_events=5)
    compiled = len(_fall.signatures), len(_events.signatures)
    for dynamics in ("steepest", "0tmh", "reluctant"):
        recall(memory, memory.patterns, dynamics)
        basin_sizes(memory, memory.states, dynamics, trials=2)
    recall(memory, memory.patterns, "kmc", atoms=3, max_events=5)
    assert (len(_fall.signatures), len(_events.signatures)) == compiled


def test_it_says_what_it_is() -> None:
    assert repr(AssociativeMemory.hebbian(THREE)) == "AssociativeMemory(hebbian, patterns=3, num_spins=4, dimension=4)"


def test_the_decoder_is_the_regularised_inverse_and_zeros_are_up() -> None:
    patterns = np.random.default_rng(2).normal(size=(4, 9))
    memory = AssociativeMemory.encoded(ip.sherrington_kirkpatrick(12, seed=0), patterns, regularisation=0.03)
    phi = memory.states.T.astype(float)
    # the minimum of |s - Φ c|² + λ n |c|², as least squares of a taller system
    tall = np.vstack([phi, np.sqrt(0.03 * 12) * np.eye(4)])
    for s in np.random.default_rng(3).choice([-1, 1], (5, 12)):
        weights = np.linalg.lstsq(tall, np.append(s, np.zeros(4)), rcond=None)[0]
        np.testing.assert_allclose(memory.decode(s), weights @ patterns, atol=1e-12)
    np.testing.assert_array_equal(memory.encode(np.zeros(9)), np.ones(12))


def test_where_any_configuration_is_a_minimum_some_are_taken() -> None:
    free = AssociativeMemory.encoded(ip.IsingModel(np.zeros((24, 24))), _patterns(5, 10), descents=50)
    assert np.linalg.matrix_rank(free.states) == 5


def test_arrays_that_are_none_are_refused() -> None:
    masked = np.ma.array([[1, -1], [1, 1]], mask=[[0, 1], [0, 0]])
    with pytest.raises(ValueError, match="patterns: masked entries have no value"):
        AssociativeMemory.hebbian(masked)
    with pytest.raises(ValueError, match="patterns: rows of different lengths"):
        AssociativeMemory.hebbian([[1, -1], [1]])
    with pytest.raises(ValueError, match=r"outputs: the last axis must hold the 4 entries of a pattern, .* \(3,\)"):
        AssociativeMemory.hebbian(THREE).overlaps([1, 1, 1])
