"""Simulated annealing: which kernel runs in which numbers, and that each runs the sequential Metropolis sweep."""

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip
from cim.solvers.annealing import SimulatedAnnealing, annealing_sweeps
from cim.solvers.annealing_sweeps import DenseSweeps, SparseSweeps


def _complete(n: int, *, fields: bool = False) -> ip.IsingModel:
    rng = np.random.default_rng(n)
    upper = np.triu(rng.choice([-1, 1], (n, n)), 1)
    return ip.IsingModel(upper + upper.T, rng.integers(-9, 10, n) if fields else None)


def _glass(n: int, *, fields: bool = False, outlier: float | None = None) -> ip.IsingModel:
    """Gaussian couplings, one of which may be another."""
    rng = np.random.default_rng(n)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    if outlier is not None:
        upper[0, 1] = outlier
    return ip.IsingModel(upper + upper.T, rng.standard_normal(n) if fields else None)


def _graph(n: int, density: float, *, gaussian: bool = False, outlier: float | None = None) -> ip.IsingModel:
    """Random couplings in sparse storage, ±1 or Gaussian."""
    rng = np.random.default_rng(n)
    values = rng.standard_normal((n, n)) if gaussian else rng.choice([-1, 1], (n, n))
    upper = np.triu(values * (rng.random((n, n)) < density), 1)
    if outlier is not None:
        upper[0, 1] = outlier
    return ip.IsingModel(sp.csr_array(upper + upper.T), rng.standard_normal(n) if gaussian else rng.integers(-2, 3, n))


@pytest.mark.parametrize(
    ("model", "numbers"),
    [
        (_complete(130), ("int8", "int16")),
        (ip.IsingModel(1e-7 * _complete(130).J), ("int8", "int16")),
        (_glass(130), ("int16", "int32")),
        (_glass(130, outlier=1e7), ("float64", "float64")),
        (_graph(400, 0.08), ("int8", "int16")),  # as many couplings as G1
        (_graph(400, 0.3, gaussian=True), ("int16", "int32")),
        (_graph(400, 0.02), None),
        (_graph(400, 0.08, gaussian=True), None),
        (_graph(400, 0.08, outlier=200), None),
        (_graph(4100, 0.05), None),
        (ip.edwards_anderson((8, 8, 8), seed=0), None),
    ],
    ids=lambda value: f"{value.num_spins} spins" if isinstance(value, ip.IsingModel) else "sparse" if not value else "",
)
def test_the_kernel_suits_the_couplings(model: ip.IsingModel, numbers: tuple[str, str] | None) -> None:
    sweeps = annealing_sweeps(model)
    if numbers is None:
        assert isinstance(sweeps, SparseSweeps)
        return
    assert isinstance(sweeps, DenseSweeps)
    assert (sweeps.couplings.matrix.dtype, sweeps.couplings.fields.dtype) == numbers


STORAGES = {
    "small integers": _complete(150, fields=True),
    "quantised": _glass(150, fields=True),
    "not quantisable": _glass(150, fields=True, outlier=1e7),
    "packed densely": _graph(300, 0.08),
    "sparse": _graph(300, 0.02),
    "sparse, gaussian": _graph(300, 0.05, gaussian=True),
    "sparse, not quantisable": _graph(300, 0.05, gaussian=True, outlier=1e7),
}


def _numbers(model: ip.IsingModel, sweeps: DenseSweeps | SparseSweeps) -> tuple[np.ndarray, np.ndarray]:
    """The couplings and fields that a kernel works with, float64, without padding, in its own unit."""
    n = model.num_spins
    if isinstance(sweeps, DenseSweeps):
        return sweeps.couplings.matrix[:, :n].astype(float), sweeps.couplings.fields[:n].astype(float)
    upward = sweeps.place(np.ones((1, n), dtype=np.int8))[1][0, :n]
    J = model.J.toarray()
    unit = sweeps.row_norms().max() / np.sqrt((J**2).sum(axis=1)).max()
    return J * unit, upward - (J * unit).sum(axis=1)


@pytest.mark.parametrize("storage", STORAGES)
def test_a_sweep_is_the_sequential_one(storage: str) -> None:
    """Spin after spin in plain Python, with the same variates: not one decision differs, hot, cold and at T = 0."""
    model = STORAGES[storage]
    n, replicas = model.num_spins, 3
    sweeps = annealing_sweeps(model)
    rng = np.random.default_rng(1)
    typical = float(np.median(sweeps.row_norms()))
    thresholds = (np.array([1.0, 0.5, 0.2, 0.05, 0.0, 0.3]) * typical).astype(np.float32)
    pool = rng.standard_exponential(500 + sweeps.width, dtype=np.float32)
    places = rng.integers(0, 500, (len(thresholds), replicas))
    start = rng.choice([-1, 1], (replicas, n)).astype(np.int8)
    spins, fields = sweeps.place(start)
    sweeps.sweep(thresholds, pool, places, spins, fields)

    J, h = _numbers(model, sweeps)
    flips = 0
    for r in range(replicas):
        expected = start[r].astype(float)
        for k, threshold in enumerate(thresholds):
            for i in range(n):
                if expected[i] * (J[i] @ expected + h[i]) <= threshold * pool[places[k, r] + i]:
                    expected[i] = -expected[i]
                    flips += 1
        np.testing.assert_array_equal(spins[r, :n], expected)
        np.testing.assert_allclose(fields[r, :n], J @ expected + h, rtol=1e-5, atol=1e-4 * typical)
    assert 0.1 * n * replicas < flips < 0.8 * n * replicas * len(thresholds)
    assert (spins[:, n:] == 1).all()  # the padding


@pytest.mark.parametrize("storage", STORAGES)
def test_the_lowest_energy_is_the_models(storage: str) -> None:
    model = STORAGES[storage]
    solver = SimulatedAnnealing()
    prepared = solver.prepare(model, None, {})
    search = solver.start(prepared, 4, 20, np.random.default_rng(0), None)
    while search.steps_taken < 20:
        search.advance()
    energy, replica = search.lowest()
    energies = model.energy(search.spins())
    assert energies[replica] == energies.min()
    assert energy == pytest.approx(energies.min(), rel=1e-6 if model.is_integer else 1e-4)


def test_the_largest_small_integers_do_not_overflow_at_any_temperature() -> None:
    """Fields of nearly 32000 beside a padding of 32766, at temperatures whose limits fit no integer."""
    n = 250
    upper = np.triu(np.full((n, n), 127), 1)
    model = ip.IsingModel(upper + upper.T, np.ones(n, dtype=int))
    sweeps = annealing_sweeps(model)
    assert isinstance(sweeps, DenseSweeps) and sweeps.couplings.fields.dtype == np.int16
    spins, fields = sweeps.place(np.ones((1, n), dtype=np.int8))
    pool = np.ones(sweeps.width, dtype=np.float32)
    sweeps.sweep(np.array([1e9], dtype=np.float32), pool, np.zeros((1, 1), dtype=np.int64), spins, fields)
    assert (spins[0, :n] == -1).all() and (spins[0, n:] == 1).all()  # every proposal is accepted, no padding is
    cold = cim.solve(model, "sa", steps=200, seed=0)
    assert cold.energy == -127 * n * (n - 1) // 2 - n


@pytest.mark.parametrize("outlier", [1e7, -1e7])
def test_what_does_not_quantise_is_solved_all_the_same(outlier: float) -> None:
    model = _glass(18, fields=True, outlier=outlier)
    assert annealing_sweeps(model).couplings.matrix.dtype.kind == "f"
    assert cim.solve(model, "sa", seed=0).energy == pytest.approx(ip.ground_states(model)[0], rel=1e-12)


def test_a_warm_start_is_not_melted_unless_the_schedule_says_so() -> None:
    model = _complete(150)
    good = cim.solve(model, "sa", seed=0, steps=2000, replicas=4)
    start = good.spins
    warm = cim.solve(model, "sa", seed=1, steps=1, replicas=8, initial=start, polish=False)
    melted = cim.solve(
        model, "sa", seed=1, steps=1, replicas=8, initial=start, polish=False, schedule=cim.constant(5.0)
    )
    assert np.abs(warm.samples @ start).mean() / 150 > 0.6
    assert np.abs(melted.samples @ start).mean() / 150 < np.abs(warm.samples @ start).mean() / 150 - 0.1
