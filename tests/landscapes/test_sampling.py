"""Samplers against enumeration, exact results and conservation laws; each statistical test has a twin that fails."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import special, stats

import ising_problems as ip
import landscapes as ls
from ising_problems.exact import enumerate_energies, spins_from_index
from landscapes import chains
from landscapes import ladders as ladder_kernels
from landscapes.couplings import spin_couplings

TEMPERATURES = np.array([0.7, 1.2, 2.0])


def _ring_with_chords(kind: str, fields: bool) -> ip.IsingModel:
    """Seven spins, eleven couplings: small enough to enumerate, sparse enough for clusters of several sizes."""
    rng = np.random.default_rng(5)
    couplings = np.zeros((7, 7))
    for i, j in [(k, (k + 1) % 7) for k in range(7)] + [(0, 3), (1, 5), (2, 6), (3, 6)]:
        couplings[i, j] = rng.choice([-1.0, 1.0]) if kind == "integer" else rng.standard_normal()
    h = rng.choice([-1, 0, 1], 7) if kind == "integer" else 0.5 * rng.standard_normal(7)
    couplings += couplings.T
    if kind == "wide":  # of which no unit makes whole numbers: the float64 kernels
        couplings[0, 1] = couplings[1, 0] = 1e-15
        couplings[0, 3] = couplings[3, 0] = couplings[0, 6] = couplings[6, 0] = 0.0
    couplings = couplings.astype(int) if kind == "integer" else couplings
    return ip.IsingModel(couplings, h if fields else None)


def _agreement(run: Any, model: ip.IsingModel, temperature_factor: float = 1.0) -> np.ndarray:
    """p-value at each temperature of the chi-square test that the states follow the Boltzmann distribution."""
    energies = enumerate_energies(model)
    n = model.num_spins
    states = spins_from_index(np.arange(2**n), n)
    place = {state.tobytes(): k for k, state in enumerate(np.ascontiguousarray(states, dtype=np.int8))}
    result = []
    for t, temperature in enumerate(run["temperature"].values):
        spins = np.ascontiguousarray(run["spins"].values[:, :, t].reshape(-1, n))
        counts = np.bincount([place[row.tobytes()] for row in spins], minlength=2**n)
        weights = np.exp(-(energies - energies.min()) / (temperature_factor * temperature))
        expected = len(spins) * weights / weights.sum()
        order = np.argsort(expected)
        bins = np.searchsorted(np.cumsum(expected[order]), np.arange(20.0, len(spins), 20.0))  # 20 or more in each
        starts = np.unique(np.concatenate([[0], bins]))
        starts = starts[starts < len(order)]
        observed, wanted = np.add.reduceat(counts[order], starts), np.add.reduceat(expected[order], starts)
        result.append(stats.chi2.sf(((observed - wanted) ** 2 / wanted).sum(), len(starts) - 1))
    return np.array(result)


def _samples(model: ip.IsingModel, seed: int = 0, **arguments: Any) -> Any:
    settings = {"sweeps": 50_000, "burn_in": 100, "interval": 8, "record": "spins", "seed": seed, **arguments}
    return ls.parallel_tempering(model, TEMPERATURES, **settings)


@pytest.mark.parametrize("cluster_moves", [False, True])
@pytest.mark.parametrize(
    ("kind", "fields", "update"),
    [
        ("integer", False, "metropolis"),
        ("integer", True, "heat-bath"),
        ("gaussian", False, "heat-bath"),
        ("gaussian", True, "metropolis"),
        ("wide", True, "metropolis"),
    ],
)
def test_states_follow_the_boltzmann_distribution(kind: str, fields: bool, update: str, cluster_moves: bool) -> None:
    model = _ring_with_chords(kind, fields)
    run = _samples(model, cluster_moves=cluster_moves, update=update)
    assert _agreement(run, model).min() > 1e-4
    assert _agreement(run, model, temperature_factor=1.1).max() < 1e-4  # the twin: hotter


def _broken(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], dict[str, Any]]) -> None:
    """Spoil one thing in the ladders that the sampler builds."""
    build = chains.build_ladders

    def spoiled(*arguments: Any) -> Any:
        ladders = build(*arguments)
        return ladders._replace(**change(ladders))

    monkeypatch.setattr(chains, "build_ladders", spoiled)


def test_twin_exchanges_that_ignore_the_energy_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = _ring_with_chords("gaussian", fields=True)
    _broken(monkeypatch, lambda ladders: {"inverse_temperatures": 0.0 * ladders.inverse_temperatures})
    assert _agreement(_samples(model, cluster_moves=False), model).max() < 1e-6


def test_twin_acceptance_at_a_wrong_scale_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = _ring_with_chords("gaussian", fields=False)
    _broken(monkeypatch, lambda ladders: {"scales": ladders.scales * ladders.scales.dtype.type(1.1)})
    assert _agreement(_samples(model, cluster_moves=False), model).max() < 1e-6


def test_twin_cluster_moves_that_overlook_the_fields_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites that agree may be turned without fields only."""
    model = _ring_with_chords("integer", fields=True)
    _broken(monkeypatch, lambda ladders: {"own_fields": np.zeros_like(ladders.own_fields)})
    assert _agreement(_samples(model, cluster_moves=True), model).max() < 1e-6


# ---------------------------------------------------------------- conservation


@pytest.mark.parametrize("kind", ["integer", "gaussian", "wide"])
@pytest.mark.parametrize("fields", [False, True])
def test_a_cluster_move_keeps_the_sum_of_the_energies(kind: str, fields: bool) -> None:
    lattice = ip.edwards_anderson((6, 6), seed=1, couplings="binary" if kind == "integer" else "gaussian")
    rng = np.random.default_rng(0)
    matrix = lattice.J.copy()
    if kind == "wide":
        matrix[0, 1] = matrix[1, 0] = 1e-15
    h = rng.integers(-1, 2, 36) if kind == "integer" else rng.standard_normal(36)
    model = ip.IsingModel(matrix, h if fields else None)
    couplings = spin_couplings(model, dense=False, lowest_temperature=1e-8 if kind == "wide" else 1.0)
    sizes, changes = set(), 0
    for _ in range(20):
        start = rng.choice(np.array([-1, 1], dtype=np.int8), (2, 1, 36))
        ladders = ladder_kernels.build_ladders(couplings, np.ones(1), start, rng)
        before, total = ladders.energies.copy(), ladders.energies.sum()
        ladder_kernels._cluster_move(*couplings.doubled, ladders, 0, not fields)
        turned = start[:, 0] != ladders.spins[:, :36]
        assert (turned[0] == turned[1]).all() and turned.any()
        sizes.add(int(turned[0].sum()))
        changes += (ladders.energies != before).all()
        assert ladders.energies.sum() == pytest.approx(total, rel=1e-12)
        energies = model.energy(ladders.spins[:, :36])
        np.testing.assert_allclose(ladders.energies * couplings.unit, energies, rtol=0, atol=1e-6)
    assert len(sizes) > 3 and changes > 10  # each energy changes, their sum does not


@pytest.mark.parametrize("shape", [(20,), (8, 8), (5, 5, 5)])
@pytest.mark.parametrize("couplings", ["binary", "gaussian"])
def test_energies_stay_those_of_the_model(shape: tuple[int, ...], couplings: Any) -> None:
    model = ip.edwards_anderson(shape, couplings=couplings, seed=3)
    run = ls.parallel_tempering(model, [0.3, 0.6, 1.2], 500, record="spins", replicas=3, seed=1)
    recomputed = model.energy(run["spins"].values)
    if couplings == "binary":
        assert run["energy"].dtype == np.int64
        np.testing.assert_array_equal(run["energy"], recomputed)
    else:
        np.testing.assert_allclose(run["energy"], recomputed, rtol=1e-8, atol=1e-7)
    np.testing.assert_array_equal(run["final_energy"], model.energy(run["final_spins"].values))
    np.testing.assert_array_equal(run["final_spins"], run["spins"][-1])


@pytest.mark.parametrize("dense", [False, True])
def test_records_are_what_they_say(dense: bool) -> None:
    model = ip.sherrington_kirkpatrick(40, seed=0) if dense else ip.edwards_anderson((7, 7), seed=0)
    run = ls.parallel_tempering(model, [0.5, 1.0], 60, replicas=4, record="all", interval=3, seed=2)
    assert dict(run.sizes) == {
        "sweep": 20, "replica": 4, "pair": 2, "temperature": 2, "gap": 1, "spin": model.num_spins
    }  # fmt: skip
    assert run["sweep"].values.tolist() == list(range(3, 61, 3))
    spins = run["spins"].values.astype(float)
    np.testing.assert_allclose(run["magnetization"], spins.mean(axis=-1))
    products = spins[:, 0::2] * spins[:, 1::2]
    np.testing.assert_allclose(run["overlap"], products.mean(axis=-1))
    adjacency = (model.J.toarray() if model.is_sparse else model.J) != 0
    links = np.einsum("mpti,ij,mptj->mpt", products, adjacency, products) / adjacency.sum()
    np.testing.assert_allclose(run["link_overlap"], links)
    np.testing.assert_allclose(run["mean_energy"], run["energy"].mean(["sweep", "replica"]))
    variance = run["energy"].values.var(axis=(0, 1))
    np.testing.assert_allclose(run["specific_heat"], variance / run["temperature"] ** 2 / model.num_spins)


# ---------------------------------------------------------------- exact results


def _chain(n: int) -> ip.IsingModel:
    return ip.IsingModel(sp.diags_array([np.ones(n - 1, int)] * 2, offsets=[-1, 1], shape=(n, n), dtype=int))


def _within(run: Any, exact: np.ndarray, errors: float) -> bool:
    return bool((abs(run["mean_energy"].values - exact) < errors * run["mean_energy_error"].values).all())


def test_open_chain() -> None:
    """E = -(n-1) tanh(1/T), C = (n-1)/n (1/T)² / cosh²(1/T)."""
    n, temperatures = 200, np.array([0.5, 0.8, 1.3, 2.0, 5.0])
    run = ls.parallel_tempering(_chain(n), temperatures, 20_000, burn_in=2000, seed=3)
    assert _within(run, -(n - 1) * np.tanh(1 / temperatures), 4.5)
    assert not _within(run, -n * np.tanh(1 / temperatures), 4.5)  # the twin: the closed chain's energy
    heat = (n - 1) / n / (temperatures * np.cosh(1 / temperatures)) ** 2
    np.testing.assert_allclose(run["specific_heat"], heat, rtol=0.06)


def _onsager(temperatures: np.ndarray) -> np.ndarray:
    """Energy per spin of the square-lattice ferromagnet, Phys. Rev. 65, 117 (1944)."""
    k = 1 / temperatures
    modulus = 2 * np.sinh(2 * k) / np.cosh(2 * k) ** 2
    return -(1 + 2 / np.pi * (2 * np.tanh(2 * k) ** 2 - 1) * special.ellipk(modulus**2)) / np.tanh(2 * k)


@pytest.mark.parametrize("update", ["metropolis", "heat-bath"])
def test_square_lattice_ferromagnet(update: str) -> None:
    """Away from the critical temperature 2.269 a 32 × 32 torus differs from the infinite lattice by less than 10⁻⁵."""
    side = 32
    model = ip.edwards_anderson((side, side), seed=0)
    ferromagnet = ip.IsingModel(abs(model.J))
    temperatures = np.array([1.6, 3.2, 4.5])
    start = np.ones((2, 3, side * side))
    arguments = {"burn_in": 500, "initial": start, "update": update, "cluster_moves": False, "seed": 1}
    run = ls.parallel_tempering(ferromagnet, temperatures, 4000, **arguments)
    assert _within(run, side**2 * _onsager(temperatures), 4.5)
    assert not _within(run, side**2 * _onsager(1.01 * temperatures), 4.5)


def test_sherrington_kirkpatrick_energy_and_overlap() -> None:
    """[⟨E⟩]/n = -(1 - [⟨q²⟩])/(2T) exactly, at every size, averaged over Gaussian couplings of variance 1/n."""
    temperatures = np.array([0.5, 0.8, 1.2])
    left, right = [], []
    for seed in range(60):
        model = ip.sherrington_kirkpatrick(24, seed=seed)
        run = ls.parallel_tempering(model, temperatures, 2000, burn_in=500, record="overlap", seed=seed)
        left.append(run["mean_energy"].values / 24)
        right.append(-(1 - (run["overlap"] ** 2).mean(["sweep", "pair"]).values) / (2 * temperatures))
    difference = np.array(left) - np.array(right)
    error = difference.std(axis=0) / np.sqrt(len(difference))
    assert (abs(difference.mean(axis=0)) < 4 * error).all()
    assert (error < 0.03).all()


def test_free_spins_are_random_at_every_sweep_and_temperature() -> None:
    """If each sweep turned them all, they would rest when seen every second one."""
    model = ip.IsingModel(np.zeros((64, 64)))
    run = ls.parallel_tempering(model, [1.0, 2.0], 40_000, interval=40, record="magnetization")
    values = run["magnetization"].values.ravel() * np.sqrt(64)
    assert values.mean() == pytest.approx(0.0, abs=0.06)
    assert values.var() == pytest.approx(1.0, abs=0.08)


def test_overlaps_have_no_preferred_sign() -> None:
    model = ip.edwards_anderson((4, 4), seed=2)
    run = ls.parallel_tempering(model, [0.5, 1.0, 2.0], 40_000, cluster_moves=True, seed=0)
    np.testing.assert_allclose(run["overlap"].mean(["sweep", "pair"]), 0.0, atol=0.03)
    assert float((run["overlap"] ** 2).mean()) > 0.2


# ---------------------------------------------------------------- seeds, limits, the door


def test_the_seed_fixes_the_result_whatever_the_threads_and_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ip.edwards_anderson((6, 6), seed=0)

    def run(**changes: Any) -> Any:
        arguments = {"sweeps": 300, "replicas": 5, "record": "all", "seed": 4, "interval": 2, **changes}
        return ls.parallel_tempering(model, [0.4, 0.8, 1.6], **arguments)

    first, second = run(threads=1), run(threads=3)
    assert first.drop_attrs().identical(second.drop_attrs())
    monkeypatch.setattr(chains, "_SLICE", 500)
    assert first.drop_attrs().identical(run().drop_attrs())
    assert first.drop_attrs().identical(run(seed=np.random.default_rng(4)).drop_attrs())
    assert (run(seed=5)["energy"].values != first["energy"].values).any()
    assert first.attrs["seed"] == "4" and run(seed=np.random.default_rng(4)).attrs["seed"] == "None"


def test_an_exchanged_chain_brings_the_ladder_to_life() -> None:
    """Round trips and flow where there are exchanges; none where the gap is too wide for any."""
    model = ip.sherrington_kirkpatrick(100, seed=0)
    run = ls.parallel_tempering(model, ls.geometric_temperatures(0.3, 1.2, 8), 4000, seed=0)
    assert (run["round_trips"] > 10).all()
    flow = run["descending_fraction"].values
    assert flow[0] == 0.0 and flow[-1] == 1.0 and (np.diff(flow) > -0.02).all()
    assert run["exchange_acceptance"].min() > 0.2
    apart = ls.parallel_tempering(model, [0.01, 5.0], 500, seed=0)
    assert apart["exchange_acceptance"].max() < 0.01 and (apart["round_trips"] == 0).all()


def test_cluster_moves_are_made_where_they_help() -> None:
    def made(model: ip.IsingModel, **arguments: Any) -> bool:
        return bool(ls.parallel_tempering(model, [1.0], 10, **arguments)["cluster_moves"].sum() > 0)

    lattice = ip.edwards_anderson((10, 10), seed=0)
    assert made(lattice)
    assert not made(lattice, replicas=1)
    assert not made(ip.IsingModel(lattice.J, np.ones(100, dtype=int)))
    assert not made(ip.sherrington_kirkpatrick(50, seed=0))
    assert made(ip.sherrington_kirkpatrick(50, seed=0), cluster_moves=True)


def test_single_temperature_samplers() -> None:
    for sampler in (ls.metropolis, ls.heat_bath):
        run = sampler(_chain(100), 1.5, 20_000, burn_in=1000, seed=0)
        assert "temperature" not in run.dims and run["energy"].dims == ("sweep", "replica")
        assert float(run["mean_energy"]) == pytest.approx(
            -99 * np.tanh(1 / 1.5), abs=5 * float(run["mean_energy_error"])
        )


def test_a_callback_watches_and_stops() -> None:
    model = ip.sherrington_kirkpatrick(200, seed=0)
    seen: list[float] = []

    def callback(fraction: float) -> bool:
        seen.append(fraction)
        return len(seen) == 3

    run = ls.parallel_tempering(model, [0.5, 1.0], 10**6, burn_in=0, record=(), callback=callback)
    assert len(seen) == 3 and seen == sorted(seen)
    assert run.attrs["status"] == "interrupted"
    assert 0 < run.sizes["sweep"] < 10**6


def test_a_callback_that_stops_what_has_ended_cuts_nothing_off() -> None:
    seen: list[float] = []
    run = ls.parallel_tempering(
        ip.sherrington_kirkpatrick(10, seed=0), [0.5, 1.0], 50, burn_in=0, callback=lambda at: seen.append(at) or True
    )
    assert seen == [1.0]
    assert (run.attrs["status"], run.sizes["sweep"]) == ("completed", 50)


def test_an_error_in_a_callback_is_the_callers() -> None:
    def callback(fraction: float) -> bool:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        ls.parallel_tempering(ip.sherrington_kirkpatrick(200, seed=0), [0.5, 1.0], 10**6, record=(), callback=callback)


def test_an_interrupted_run_keeps_what_it_measured() -> None:
    import _thread

    def interrupt(fraction: float) -> None:
        if fraction > 0:  # a busy machine may not have begun
            _thread.interrupt_main()

    model = ip.sherrington_kirkpatrick(200, seed=0)
    run = ls.parallel_tempering(model, [0.5, 1.0], 10**6, burn_in=0, record=(), callback=interrupt)
    assert run.attrs["status"] == "interrupted"
    with pytest.raises(KeyboardInterrupt):  # nothing was measured yet
        ls.parallel_tempering(model, [0.5, 1.0], 10**6, record=(), callback=interrupt)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_scale_of_couplings_and_temperature_together_changes_nothing(scale: float) -> None:
    model = ip.sherrington_kirkpatrick(30, seed=0)
    scaled = ip.IsingModel(model.J * 2.0 ** np.round(np.log2(scale)))
    factor = scaled.J[0, 1] / model.J[0, 1]
    first = ls.parallel_tempering(model, [0.5, 1.0], 100, seed=0)
    second = ls.parallel_tempering(scaled, [0.5 * factor, 1.0 * factor], 100, seed=0)
    np.testing.assert_array_equal(first["final_spins"], second["final_spins"])


def test_temperatures_whose_squares_are_no_numbers() -> None:
    model = ip.edwards_anderson((3, 3), seed=0)
    run = ls.parallel_tempering(model, [1e-300, 1.0, 1e300], 100, burn_in=500, seed=0)
    heat = run["specific_heat"].values  # the coldest is at rest, and the hottest is beyond any energy
    assert heat[0] == heat[2] == 0.0 and 0 < heat[1] < np.inf
    assert float(run["mean_energy"][0]) == pytest.approx(enumerate_energies(model).min(), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"temperatures": [1.0, 0.5]}, ValueError, "temperatures: must increase, but 0.5 comes after 1"),
        ({"temperatures": [0.0, 1.0]}, ValueError, "temperatures: must be finite and greater than 0"),
        ({"temperatures": [[1.0]]}, ValueError, "temperatures: a sequence of numbers"),
        ({"temperatures": []}, ValueError, "temperatures: a sequence of numbers"),
        ({"sweeps": 0}, ValueError, "sweeps: must be at least 1"),
        ({"interval": 11}, ValueError, "interval: must be at most sweeps = 10"),
        ({"replicas": 0}, ValueError, "replicas: must be at least 1"),
        ({"update": "glauber"}, ValueError, "update: must be one of"),
        ({"record": 3}, TypeError, "record: names of observables are needed, but it is 3"),
        ({"record": "energies"}, ValueError, "record: 'energies' is not one of"),
        ({"cluster_moves": "yes"}, ValueError, "cluster_moves: must be True, False"),
        ({"cluster_moves": True, "replicas": 1}, ValueError, "cluster_moves: they join two replicas"),
        ({"initial": np.ones((3, 5))}, ValueError, r"initial: shape \(5,\), \(2, 5\) or \(2, 2, 5\)"),
        ({"initial": np.zeros(5)}, ValueError, "initial: entries must be -1 or"),
        ({"threads": 0}, ValueError, "threads: must be at least 1"),
        ({"model": ip.IsingModel([])}, ValueError, "model: there are no spins"),
        ({"model": np.eye(3)}, TypeError, "model: an IsingModel or a Problem"),
    ],
)
def test_the_door_names_the_argument(arguments: dict[str, Any], error: type, says: str) -> None:
    defaults: dict[str, Any] = {
        "model": ip.sherrington_kirkpatrick(5, seed=0),
        "temperatures": [0.5, 1.0],
        "sweeps": 10,
    }
    with pytest.raises(error, match=says):
        ls.parallel_tempering(**{**defaults, **arguments})
