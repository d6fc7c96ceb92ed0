"""Every pair and every triple of replicas, the errors of such means, the Parisi function, and ultrametricity's null."""

from itertools import combinations

import numpy as np
import pytest
import scipy.linalg
import xarray as xr

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies, spins_from_index


def _boltzmann(n: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    energies = enumerate_energies(ip.sherrington_kirkpatrick(n, seed=n))
    weights = np.exp(-(energies - energies.min()) / temperature)
    return spins_from_index(np.arange(len(energies)), n), weights / weights.sum()


def _pairs(spins: np.ndarray) -> np.ndarray:
    return np.array([(a.astype(int) * b).mean() for a, b in combinations(spins, 2)])


def _mixture(share: float, replicas: int, rng: np.random.Generator) -> np.ndarray:
    """Two configurations of eight spins, of overlap 1/2."""
    states = np.ones((2, 8), dtype=np.int8)
    states[1, :2] = -1
    return states[(rng.random(replicas) < share).astype(int)]


# ---------------------------------------------------------------- every pair


def test_every_pair_counts_once() -> None:
    spins = np.random.default_rng(0).choice([-1, 1], (7, 6))
    q = _pairs(spins)
    found = ls.overlap_distribution(spins, groups="all")
    expected = [(np.abs(q - value) < 1e-9).mean() for value in found["overlap"].values]
    np.testing.assert_allclose(found["probability"], expected, atol=1e-14)
    size = ls.edwards_anderson_parameter(spins, groups="all")
    assert float(size["susceptibility"]) == pytest.approx(6 * (q**2).mean(), rel=1e-12)
    ratio = ls.binder_ratio(spins, groups="all")
    assert float(ratio["binder_ratio"]) == pytest.approx(0.5 * (3 - (q**4).mean() / (q**2).mean() ** 2), rel=1e-12)


def test_the_jackknife_leaves_out_one_replica_with_all_its_pairs() -> None:
    spins = np.random.default_rng(1).choice([-1, 1], (9, 10))
    without = [10 * (_pairs(np.delete(spins, r, axis=0)) ** 2).mean() for r in range(9)]
    expected = np.sqrt(8 / 9 * ((without - np.mean(without)) ** 2).sum())
    found = ls.edwards_anderson_parameter(spins, groups="all")
    assert float(found["susceptibility_error"]) == pytest.approx(expected, rel=1e-10)
    gaps = []
    for r in range(9):
        rest = np.delete(spins, r, axis=0)
        gaps.append(float(ls.ultrametricity(rest, groups="all")["mean_gap"]))
    expected = np.sqrt(8 / 9 * ((gaps - np.mean(gaps)) ** 2).sum())
    assert float(ls.ultrametricity(spins, groups="all")["mean_gap_error"]) == pytest.approx(expected, rel=1e-10)


def test_errors_of_every_pair_are_right_and_smaller_than_those_of_disjoint_pairs() -> None:
    states, weights = _boltzmann(6, 0.7)
    q = states.astype(float) @ states.T / 6
    exact = float(np.einsum("ij,i,j->", q**2, weights, weights))
    rng = np.random.default_rng(2)
    values, errors = {"all": [], "disjoint": []}, {"all": [], "disjoint": []}
    for _ in range(300):
        spins = states[rng.choice(64, 24, p=weights)]
        for groups in values:
            found = ls.edwards_anderson_parameter(spins, groups=groups)
            values[groups].append(float(found["susceptibility"]) / 6)
            errors[groups].append(float(found["susceptibility_error"]) / 6)
    for groups in values:
        assert abs(np.mean(values[groups]) - exact) < 4 * np.std(values[groups]) / np.sqrt(300)
        scatter = np.std(values[groups]) / np.sqrt(np.mean(np.square(errors[groups])))
        assert 0.85 < scatter < 1.15
    assert np.std(values["all"]) < 0.8 * np.std(values["disjoint"])
    # the twin: all pairs taken for independent claim far too small an error
    naive = np.std(_pairs(spins) ** 2) / np.sqrt(24 * 23 / 2)
    assert naive < 0.6 * np.std(values["all"])


@pytest.mark.parametrize("replicas", range(3, 40))
def test_a_mean_that_is_zero_without_a_replica_has_an_error(replicas: int) -> None:
    """Only the last replica overlaps with any other: without it nothing is left but rounding, of either sign."""
    n = 64
    spins = scipy.linalg.hadamard(n)[: replicas - 1]
    last = np.where(np.arange(n) < 4, -1, 1) * spins[-1]
    found = ls.edwards_anderson_parameter(np.vstack([spins, last]), groups="all")
    q = _pairs(np.vstack([spins, last]))
    assert float(found["susceptibility"]) == pytest.approx(n * np.mean(q**2))
    assert np.isfinite(found["order_parameter_error"])


@pytest.mark.parametrize("shape", [(9, 12), (3, 9, 12)])
@pytest.mark.parametrize("groups", ["disjoint", "all"])
def test_the_order_parameter_is_the_root_of_the_mean_square(shape: tuple[int, ...], groups: str) -> None:
    spins = np.random.default_rng(4).choice([-1, 1], shape)
    found = ls.edwards_anderson_parameter(spins, groups=groups)
    assert float(found["order_parameter"]) ** 2 * 12 == pytest.approx(float(found["susceptibility"]), rel=1e-12)


def test_instances_are_averaged_with_errors_over_instances() -> None:
    rng = np.random.default_rng(3)
    spins = rng.choice([-1, 1], (5, 8, 6))
    squares = [(_pairs(one) ** 2).mean() for one in spins]
    found = ls.edwards_anderson_parameter(spins, groups="all")
    assert float(found["susceptibility"]) == pytest.approx(6 * np.mean(squares), rel=1e-12)
    assert float(found["susceptibility_error"]) == pytest.approx(6 * np.std(squares, ddof=1) / np.sqrt(5), rel=1e-10)


def test_too_few_replicas_have_no_error() -> None:
    spins = np.array([[1, 1, -1], [1, -1, -1]])
    assert np.isnan(ls.edwards_anderson_parameter(spins, groups="all")["susceptibility_error"])
    three = ls.ultrametricity([[1, 1, 1, 1], [1, 1, 1, -1], [1, 1, -1, -1]], groups="all")
    assert np.isnan(three["mean_gap_error"]) and float(three["mean_gap"]) > 2


def test_runs_and_unknown_groups_are_refused() -> None:
    run = ls.parallel_tempering(ip.sherrington_kirkpatrick(6, seed=0), [1.0], 20, 5, record="spins")
    for samples in (run, [run, run]):
        with pytest.raises(ValueError, match='groups: "all" is for arrays of independent configurations'):
            ls.overlap_distribution(samples, groups="all")
    with pytest.raises(ValueError, match='groups: must be "disjoint" or "all", but it is \'every\''):
        ls.ultrametricity(np.ones((4, 3)), groups="every")


# ---------------------------------------------------------------- the Parisi function


def test_the_parisi_function_of_two_states() -> None:
    """Overlaps 1 and 1/2, the second with probability 2 w (1 - w)."""
    share, rng = 0.3, np.random.default_rng(4)
    found = ls.parisi_function(np.stack([_mixture(share, 24, rng) for _ in range(200)]), groups="all")
    apart = 2 * share * (1 - share)
    at = found.sel(overlap=0.5)
    assert abs(float(at["x_of_q"]) - apart) < 4 * float(at["x_of_q_error"])
    assert abs(float(at["x_of_q"]) - 0.5) > 4 * float(at["x_of_q_error"])  # the twin: equal shares
    np.testing.assert_array_equal(found["x_of_q"].sel(overlap=[-1.0, 0.25, 0.75, 1.0]), [0, 0, at["x_of_q"], 1.0])
    np.testing.assert_array_equal(found["q_of_x"].sel(x=[0.0, 0.2, 0.5, 1.0], method="nearest"), [0.5, 0.5, 1.0, 1.0])


@pytest.mark.parametrize("up_to_flip", [False, True])
@pytest.mark.parametrize("n", [5, 6])
def test_the_parisi_function_agrees_with_enumeration(n: int, up_to_flip: bool) -> None:
    states, weights = _boltzmann(n, 0.7)
    q = np.rint(states.astype(float) @ states.T) / n
    pairs = np.outer(weights, weights)

    def exact(overlaps: np.ndarray) -> np.ndarray:
        value = np.abs(q) if up_to_flip else q
        return np.array([pairs[value <= limit + 1e-9].sum() for limit in overlaps])

    spins = states[np.random.default_rng(5).choice(len(states), 4000, p=weights)]
    found = ls.parisi_function(spins, up_to_flip=up_to_flip)
    away = np.abs(found["x_of_q"] - exact(found["overlap"].values)).values[:-1]
    assert (away < 4.5 * found["x_of_q_error"].values[:-1] + 1e-12).all()
    assert float(found["x_of_q"][-1]) == pytest.approx(1.0, abs=1e-12)
    lowest = 0.0 if up_to_flip else -1.0
    assert found["overlap"].values[0] == pytest.approx(lowest if n % 2 == 0 or not up_to_flip else 1 / n)
    # q(x) is the inverse: x(q(x)) is at least x, and the overlap before it has less
    for x, value in zip(found["x"].values[1:], found["q_of_x"].values[1:], strict=True):
        k = int(np.flatnonzero(found["overlap"].values == value)[0])
        assert float(found["x_of_q"][k]) >= x - 1e-9
        assert k == 0 or float(found["x_of_q"][k - 1]) < x
    assert (found["q_of_x_low"] <= found["q_of_x"]).all() and (found["q_of_x"] <= found["q_of_x_high"]).all()


def test_the_parisi_function_of_a_run_has_its_temperatures() -> None:
    run = ls.parallel_tempering(ip.sherrington_kirkpatrick(6, seed=0), [0.5, 2.0], 200, 20, seed=0)
    found = ls.parisi_function(run, up_to_flip=True)
    assert found["x_of_q"].dims == ("temperature", "overlap") and found["q_of_x"].dims == ("temperature", "x")
    distribution = ls.overlap_distribution(run)["probability"]
    plain = ls.parisi_function(run)
    np.testing.assert_allclose(plain["x_of_q"], distribution.cumsum("overlap"), atol=1e-12)
    assert float(found["q_of_x"].isel(temperature=0).mean()) > float(found["q_of_x"].isel(temperature=1).mean())


def test_the_door_of_the_parisi_function() -> None:
    with pytest.raises(TypeError, match="up_to_flip: must be True or False, but it is 1"):
        ls.parisi_function(np.ones((4, 3)), up_to_flip=1)
    with pytest.raises(ValueError, match="samples: configurations without spins"):
        ls.parisi_function(np.ones((4, 0)))


# ---------------------------------------------------------------- ultrametricity against independent overlaps


def _leaves(rng: np.random.Generator, depth: int, replicas: int) -> np.ndarray:
    """Configurations at the leaves of a binary tree of 2^depth: one random block of orthogonal rows for each level."""
    rows = scipy.linalg.hadamard(64)[:, :64]
    leaves = rng.integers(0, 2**depth, replicas)
    return np.stack([np.concatenate([rows[leaf >> (depth - 1 - d)] for d in range(depth)]) for leaf in leaves])


def test_a_tree_has_ratio_zero_a_line_more_than_half_and_coins_one() -> None:
    rng = np.random.default_rng(6)
    tree = ls.ultrametricity(np.stack([_leaves(rng, 4, 24) for _ in range(20)]), groups="all")
    assert float(tree["gap_ratio"]) == pytest.approx(0.0, abs=1e-12)
    assert float(tree["independent_gap"]) > 0.3  # many different overlaps, all the same
    coins = ls.ultrametricity(rng.choice([-1, 1], (60, 24, 200)), up_to_flip=False, groups="all")
    assert abs(float(coins["gap_ratio"]) - 1.0) < 4 * float(coins["gap_ratio_error"]) + 0.02
    assert float(coins["gap_ratio_error"]) < 0.02
    # points on a line, x uniform: min of two spacings, 1/8 on average, over 24/105 for independent distances
    turned = rng.random((60, 24, 1)) * 400
    line = ls.ultrametricity(1 - 2 * (turned > np.arange(400) + 0.5), up_to_flip=False, groups="all")
    assert abs(float(line["gap_ratio"]) - 35 / 64) < 4 * float(line["gap_ratio_error"]) + 0.02
    assert float(line["gap_ratio_error"]) < 0.02


@pytest.mark.parametrize("up_to_flip", [True, False])
def test_the_independent_gap_agrees_with_enumeration(up_to_flip: bool) -> None:
    states, weights = _boltzmann(5, 0.7)
    q = states.astype(float) @ states.T / 5
    q = np.abs(q) if up_to_flip else q
    pairs = np.outer(weights, weights)
    values = np.unique(np.round(q, 9))
    share = np.array([pairs[np.abs(q - value) < 1e-6].sum() for value in values])
    triples = np.sort(np.stack(np.meshgrid(values, values, values, indexing="ij"), axis=-1), axis=-1)
    deviation = np.sqrt((share * values**2).sum() - (share * values).sum() ** 2)
    exact = np.einsum("ijk,i,j,k->", triples[..., 1] - triples[..., 0], share, share, share) / deviation
    rng = np.random.default_rng(7)
    spins = states[rng.choice(len(states), 30_000, p=weights)]
    found = ls.ultrametricity(spins, up_to_flip=up_to_flip)
    assert abs(float(found["independent_gap"]) - exact) < 4 * float(found["independent_gap_error"])
    assert float(found["independent_gap_error"]) < 0.02 * exact
    expected = found["mean_gap"] / found["independent_gap"]
    assert float(found["gap_ratio"]) == pytest.approx(float(expected), rel=1e-12)


def test_each_instance_has_a_null_of_its_own() -> None:
    """Instances that differ in their overlap, each with one overlap only: no gap, and no gap of independent ones."""
    rng = np.random.default_rng(8)
    tight = np.stack([np.tile(rng.choice([-1, 1], 8), (6, 1)) for _ in range(3)])
    tight[1, ::2, 0] *= -1  # one instance in two states
    found = ls.ultrametricity(tight)
    assert float(found["independent_gap"]) >= 0
    pooled = ls.ultrametricity(tight.reshape(-1, 8))
    xr.testing.assert_allclose(found["distance_deviation"], pooled["distance_deviation"])
    assert float(found["independent_gap"]) < float(pooled["independent_gap"])
