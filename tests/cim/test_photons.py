"""Products read from photons: their moments against the formulas, and machines that are multiplied by light."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats

import cim
import ising_problems as ip
from cim.dynamics import available


def _relative_error(photons: float, n: int, rows: int = 4000) -> float:
    """Of unsigned products of rows that are nearly alike: entries uniform in [0, 1]."""
    rng = np.random.default_rng(n)
    J, x = rng.random((rows, n)), rng.random(n)
    y = J @ x
    return float(np.sqrt(np.mean((cim.photon_product(J, x, photons, seed=1) - y) ** 2)) / y.mean())


def _signal_to_noise(J: np.ndarray, x: np.ndarray, photons: float, **options: object) -> float:
    y = J @ x
    return float(y.std() / np.sqrt(np.mean((cim.photon_product(J, x, photons, seed=2, **options) - y) ** 2)))


# ---------------------------------------------------------------- the formulas


@pytest.mark.parametrize("n", [25, 100, 400, 1600])
def test_unsigned_products_gain_with_their_length(n: int) -> None:
    assert _relative_error(1.0, n) == pytest.approx(1 / np.sqrt(n), rel=0.03)


@pytest.mark.parametrize("photons", [0.1, 10.0])
def test_unsigned_products_gain_with_photons(photons: float) -> None:
    assert _relative_error(photons, 400) == pytest.approx(1 / np.sqrt(400 * photons), rel=0.03)


@pytest.mark.parametrize("photons", [0.1, 1.0, 10.0])
def test_signed_products_have_the_signal_to_noise_of_the_formula(photons: float) -> None:
    rng = np.random.default_rng(0)
    J, x = rng.standard_normal((4000, 400)), np.abs(rng.standard_normal(400))
    total = np.abs(J) @ np.abs(x)
    expected = (J @ x).std() / np.sqrt(total.mean() / (photons * 400 / total.mean()))
    found = _signal_to_noise(J, x, photons)
    assert found == pytest.approx(expected, rel=0.03)
    # of Gaussian couplings and half-normal numbers: √q √<J²><x²> / (<|J|><x>) = √q π/2, for long rows
    assert found == pytest.approx(np.sqrt(photons) * np.pi / 2, rel=0.06)
    assert found != pytest.approx(np.sqrt(photons), rel=0.2)  # the twin


@pytest.mark.parametrize("readout", ["intensity", "homodyne"])
def test_random_signs_do_not_gain_with_n_and_sums_of_one_sign_do(readout: str) -> None:
    rng = np.random.default_rng(1)
    ratios, gains = [], []
    for n in (50, 3200):
        J = rng.standard_normal((1000, n))
        ratios.append(_signal_to_noise(J, np.ones(n), 1.0, readout=readout))
        y = cim.photon_product(np.abs(J), np.ones(n), 1.0, seed=3, readout=readout)
        gains.append(np.abs(J).sum(axis=1).mean() / np.sqrt(np.mean((y - np.abs(J).sum(axis=1)) ** 2)))
    expected = np.sqrt(np.pi / 2) if readout == "intensity" else 2.0
    np.testing.assert_allclose(ratios, expected, rtol=0.08)
    assert ratios[1] / ratios[0] == pytest.approx(1.0, abs=0.1)
    assert gains[1] / gains[0] == pytest.approx(8.0, rel=0.1)  # √(3200/50)


@pytest.mark.parametrize("photons", [0.3, 5.0])
def test_counts_are_poisson_with_the_dark_ones(photons: float) -> None:
    """The difference of two Poisson counts, Skellam's, in every probability."""
    J, x = np.array([[2.0, -1.0, 0.5]]), np.array([1.0, 1.5, -2.0])
    terms = J[0] * x
    up, down = terms[terms > 0].sum(), -terms[terms < 0].sum()
    scale = 0.8 * photons * 3 / (up + down)
    draws = cim.photon_product(
        np.repeat(J, 20_000, axis=0), x, photons, seed=4, dark_counts=0.7, efficiency=0.8
    ) * scale  # fmt: skip
    counts = np.rint(draws).astype(int)
    np.testing.assert_allclose(draws, counts, atol=1e-9)
    values = np.arange(counts.min(), counts.max() + 1)
    law = stats.skellam(scale * up + 0.7, scale * down + 0.7)

    def agreement(law: object) -> float:
        expected = 20_000 * law.pmf(values)
        kept = expected > 5
        observed = np.array([(counts == value).sum() for value in values])
        statistic = ((observed - expected)[kept] ** 2 / expected[kept]).sum()
        return float(stats.chi2.sf(statistic, kept.sum() - 1))

    assert agreement(law) > 1e-4
    assert agreement(stats.skellam(scale * up, scale * down)) < 1e-4  # the twin: no dark counts
    assert abs(draws.mean() - scale * (up - down)) < 4 * law.std() / np.sqrt(20_000)
    assert draws.var() == pytest.approx(scale * (up + down) + 2 * 0.7, rel=0.05)


@pytest.mark.parametrize(
    "budget",
    [
        cim.PhotonBudget(0.05),
        cim.PhotonBudget(2.0, dark_counts=3.0, efficiency=0.25),
        cim.PhotonBudget(0.2, efficiency=0.5, readout="homodyne"),
    ],
)
def test_estimates_are_unbiased_and_have_the_variance_of_the_formula(budget: cim.PhotonBudget) -> None:
    rng = np.random.default_rng(5)
    J, x = rng.standard_normal((6, 9)), rng.standard_normal(9)
    draws = cim.photon_product(J, np.tile(x, (30_000, 1)), budget, seed=6)
    y, total = J @ x, np.abs(J) @ np.abs(x)
    scale = budget.detected * 9 / total.mean()
    if budget.readout == "intensity":
        variance = total / scale + 2 * budget.dark_counts / scale**2
    else:
        variance = np.full(6, 9 * np.mean((J * x) ** 2) / (4 * budget.detected))
    assert (np.abs(draws.mean(axis=0) - y) < 4.5 * np.sqrt(variance / 30_000)).all()
    np.testing.assert_allclose(draws.var(axis=0), variance, rtol=0.05)


def test_efficiency_thins_the_photons_and_homodyne_is_worth_eight_over_pi() -> None:
    rng = np.random.default_rng(7)
    J, x = rng.standard_normal((3000, 300)), rng.choice([-1.0, 1.0], 300)
    full = _signal_to_noise(J, x, 2.0)
    assert _signal_to_noise(J, x, 8.0, efficiency=0.25) == pytest.approx(full, rel=0.05)
    assert _signal_to_noise(J, x, 8.0) == pytest.approx(2 * full, rel=0.05)
    homodyne = _signal_to_noise(J, x, 2.0, readout="homodyne")
    assert homodyne == pytest.approx(2 * np.sqrt(2.0), rel=0.05)
    assert (homodyne / full) ** 2 == pytest.approx(8 / np.pi, rel=0.08)


# ---------------------------------------------------------------- arguments and edges


def test_models_sparse_and_dense_matrices_give_the_same_counts() -> None:
    model = ip.sherrington_kirkpatrick(40, seed=0)
    x = np.random.default_rng(0).standard_normal((5, 40))
    for options in ({}, {"readout": "homodyne"}):
        found = cim.photon_product(model, x, 3.0, seed=1, **options)
        np.testing.assert_allclose(cim.photon_product(model.J, x, 3.0, seed=1, **options), found, rtol=1e-12)
        for kind in (sp.csr_array, sp.csr_matrix, sp.coo_matrix):
            sparse = cim.photon_product(kind(model.J), x, 3.0, seed=1, **options)
            np.testing.assert_allclose(sparse, found, rtol=1e-10, atol=1e-10)
        assert found.shape == (5, 40)
        assert (cim.photon_product(model, x, 3.0, seed=2, **options) != found).any()
    assert cim.photon_product(np.ones((3, 40)), x[0], 1.0).shape == (3,)
    budget = cim.PhotonBudget(3.0, readout="homodyne")
    np.testing.assert_array_equal(
        cim.photon_product(model, x, budget, seed=1), cim.photon_product(model, x, 3.0, seed=1, readout="homodyne")
    )


def test_much_light_is_the_product_itself() -> None:
    rng = np.random.default_rng(0)
    J, x = rng.standard_normal((30, 20)), rng.standard_normal((4, 20))
    np.testing.assert_array_equal(cim.photon_product(J, x, np.inf), (J @ x.T).T)
    for readout in ("intensity", "homodyne"):
        for photons in (1e12, 1e17, 1e300):
            error = cim.photon_product(J, x, photons, readout=readout) - (J @ x.T).T
            assert np.abs(error).max() < 50 / np.sqrt(photons) + 1e-13
            assert photons > 1e20 or (error != 0).any()


def test_nothing_gives_nothing() -> None:
    assert (cim.photon_product(np.ones((3, 4)), np.zeros(4), 1.0, dark_counts=2.0) == 0).all()
    assert (cim.photon_product(np.zeros((3, 4)), np.ones(4), 1.0, readout="homodyne") == 0).all()
    assert cim.photon_product(np.ones((0, 4)), np.ones(4), 1.0).shape == (0,)
    assert cim.photon_product(np.ones((3, 0)), np.ones(0), 1.0).tolist() == [0.0, 0.0, 0.0]
    one_dark = cim.photon_product(np.ones((3, 4)), [[0.0] * 4, [1.0] * 4], 50.0)
    assert (one_dark[0] == 0).all() and (one_dark[1] > 1).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: cim.photon_product(np.eye(3), np.ones(3), 0.0), ValueError, "photons: must be greater than 0"),
        (lambda: cim.photon_product(np.eye(3), np.ones(3), np.nan), ValueError, "photons: must be finite"),
        (lambda: cim.photon_product(np.eye(3), np.ones(3), None), TypeError, "photons: must be a number"),
        (lambda: cim.photon_product(np.eye(3), np.ones(4), 1.0), ValueError, r"x: vectors of shape \(3,\) or"),
        (lambda: cim.photon_product(np.eye(3), [1.0, np.inf, 0.0], 1.0), ValueError, r"x: .* entry \(1,\) is inf"),
        (lambda: cim.photon_product(np.ones(3), np.ones(3), 1.0), ValueError, "J: a matrix is needed"),
        (lambda: cim.photon_product([[np.nan]], [1.0], 1.0), ValueError, "J: every entry must be finite"),
        (lambda: cim.photon_product([[1j]], [1.0], 1.0), ValueError, "J: entries must be real"),
        (lambda: cim.PhotonBudget(1.0, dark_counts=-1.0), ValueError, "dark_counts: must be at least 0"),
        (lambda: cim.PhotonBudget(1.0, efficiency=0.0), ValueError, "efficiency: must be greater than 0"),
        (lambda: cim.PhotonBudget(1.0, efficiency=1.5), ValueError, "efficiency: a detector sees at most all"),
        (lambda: cim.PhotonBudget(1.0, readout="eye"), ValueError, "readout: 'eye' is not one of intensity, homodyne"),
        (lambda: cim.PhotonBudget(1.0, 2.0, readout="homodyne"), ValueError, "dark_counts: a homodyne readout"),
        (
            lambda: cim.photon_product([[1.0]], [1.0], cim.PhotonBudget(1.0), dark_counts=2.0),
            ValueError,
            "dark_counts: the budget has one already, 0.0",
        ),
        (lambda: cim.photon_product([[1.0]], [1.0], 1.0, seed=-1), ValueError, "seed: must not be negative"),
    ],
)
def test_the_door_names_the_argument(call, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        call()


# ---------------------------------------------------------------- machines that are multiplied by light


def _driven(dynamics: str, **arguments: object):
    model = ip.IsingModel(ip.sherrington_kirkpatrick(40, seed=1).J, 0.3 * np.random.default_rng(0).standard_normal(40))
    return cim.simulate(model, dynamics=dynamics, steps=120, replicas=40, record_steps=4, seed=3, **arguments)


@pytest.mark.parametrize("dynamics", sorted(available()))
def test_every_dynamics_runs_on_photons(dynamics: str) -> None:
    exact, endless = _driven(dynamics), _driven(dynamics, photons=np.inf)
    for name in exact.data_vars:
        np.testing.assert_array_equal(endless[name], exact[name])  # every bit
    for budget in (cim.PhotonBudget(0.5, dark_counts=0.1, efficiency=0.9), cim.PhotonBudget(0.5, readout="homodyne")):
        noisy = _driven(dynamics, photons=budget, threads=2)
        assert noisy.attrs["photons"] == repr(budget)
        assert noisy.attrs["status"] == "completed"
        assert (noisy["final_amplitude"] != exact["final_amplitude"]).any()
        np.testing.assert_array_equal(noisy["amplitude"][0], exact["amplitude"][0])  # the start is the same
        again = _driven(dynamics, photons=budget, threads=1)
        np.testing.assert_array_equal(again["final_amplitude"], noisy["final_amplitude"])


@pytest.mark.parametrize("readout", ["intensity", "homodyne"])
@pytest.mark.parametrize("dynamics", ["cim", "bsb", "simcim"])
def test_much_light_approaches_the_exact_run(dynamics: str, readout: str) -> None:
    """One step after the start, where nothing has grown: the error falls with the root of the photons."""
    model = ip.sherrington_kirkpatrick(60, seed=2)
    runs = {
        q: cim.simulate(model, dynamics=dynamics, steps=400, record_steps=[1], initial=0.3, replicas=8, photons=budget)
        for q in (None, 1e2, 1e6)
        for budget in [None if q is None else cim.PhotonBudget(q, readout=readout)]
    }
    exact = runs[None]["amplitude"].values
    errors = [np.sqrt(np.mean((runs[q]["amplitude"].values - exact) ** 2)) for q in (1e2, 1e6)]
    assert errors[0] / errors[1] == pytest.approx(100.0, rel=0.1)
    assert (runs[1e6]["spins"] == runs[None]["spins"]).mean() > 0.9


def test_the_noise_of_a_step_is_that_of_the_product() -> None:
    """One step of the gradient flow moves each amplitude by dt times the product's error."""
    model = ip.sherrington_kirkpatrick(80, seed=4)
    start = np.random.default_rng(1).standard_normal(80)
    arguments = {"steps": 1, "record_steps": [1], "initial": start, "replicas": 256, "dt": 0.05}
    exact = cim.simulate(model, cim.constant(-1.0), **arguments)
    unit = exact.attrs["pump_unit"]
    for budget in (cim.PhotonBudget(0.7, 0.2, 0.5), cim.PhotonBudget(0.7, readout="homodyne")):
        noisy = cim.simulate(model, cim.constant(-1.0), photons=budget, **arguments)
        errors = (noisy["final_amplitude"] - exact["final_amplitude"]).values / (0.05 / unit)
        draws = cim.photon_product(model, np.tile(start, (6_000, 1)), budget, seed=0) - model.J @ start
        assert abs(errors.mean()) < 4.5 * errors.std() / np.sqrt(errors.size)
        np.testing.assert_allclose(errors.std(), draws.std(), rtol=0.02)
        # not one variance for all: each spin's light is its own, where intensities are counted
        spins = np.corrcoef(errors.var(axis=0), draws.var(axis=0))[0, 1]
        assert (spins > 0.5) == (budget.readout == "intensity")


def test_kicks_are_the_same_with_photons_as_without() -> None:
    """Photons draw from a stream of their own: at 1e12 of them a noisy run is the noisy run."""
    model = ip.sherrington_kirkpatrick(50, seed=5)
    runs = [
        cim.simulate(model, steps=30, noise=0.02, measurement_noise=0.1, photons=q, replicas=40, initial=0.2)
        for q in (None, 1e12, 0.5)
    ]
    np.testing.assert_allclose(runs[1]["final_amplitude"], runs[0]["final_amplitude"], atol=1e-3)
    assert np.abs(runs[2]["final_amplitude"] - runs[0]["final_amplitude"]).max() > 0.05


def test_sparse_couplings_are_multiplied_by_light_too() -> None:
    model = ip.edwards_anderson((9, 9), seed=0)
    for budget in (cim.PhotonBudget(1.0), cim.PhotonBudget(1.0, readout="homodyne")):
        exact, noisy = (
            cim.simulate(model, steps=1, record_steps=[1], initial=np.ones(81), replicas=400, dt=0.05, photons=p)
            for p in (None, budget)
        )
        errors = (noisy["final_amplitude"] - exact["final_amplitude"]).values / (0.05 / exact.attrs["pump_unit"])
        draws = cim.photon_product(model, np.ones((6_000, 81)), budget, seed=0) - model.J @ np.ones(81)
        np.testing.assert_allclose(errors.std(), draws.std(), rtol=0.02)


def test_what_runs_away_is_still_reported() -> None:
    model = ip.sherrington_kirkpatrick(30, seed=3)
    start = np.full(30, 1e5)
    for readout in ("intensity", "homodyne"):
        budget = cim.PhotonBudget(1.0, readout=readout)
        run = cim.simulate(
            model, cim.constant(1.0), steps=60, dt=0.4, initial=start, shorten=False, photons=budget, replicas=2
        )
        assert run.attrs["status"] == "diverged"


def test_few_photons_cost_energy_and_many_do_not() -> None:
    model = ip.sherrington_kirkpatrick(100, seed=6)
    energies = []
    for photons in (0.003, 30.0, None):
        run = cim.simulate(model, steps=600, replicas=32, photons=photons, record=(), seed=1)
        energies.append(run["final_ising_energy"].values / 100)
    dear, cheap, exact = (values.mean() for values in energies)
    errors = [values.std() / np.sqrt(32) for values in energies]
    assert dear > exact + 5 * np.hypot(errors[0], errors[2])
    assert abs(cheap - exact) <= 4 * np.hypot(errors[1], errors[2])


@pytest.mark.parametrize("readout", ["intensity", "homodyne"])
def test_every_vector_has_a_brightness_of_its_own(readout: str) -> None:
    """In a batch a faint vector has as many photons as a bright one, and so noise in proportion to itself."""
    rng = np.random.default_rng(8)
    J, x = rng.standard_normal((4000, 30)), rng.standard_normal(30)
    faint = cim.photon_product(J, np.stack([x, 1e-3 * x]), 2.0, seed=1, readout=readout) - np.outer([1, 1e-3], J @ x)
    alone = cim.photon_product(J, x, 2.0, seed=2, readout=readout) - J @ x
    assert faint[0].std() == pytest.approx(alone.std(), rel=0.06)
    assert faint[1].std() == pytest.approx(1e-3 * alone.std(), rel=0.06)


@pytest.mark.parametrize("readout", ["intensity", "homodyne"])
def test_products_beyond_floats_are_refused_and_not_without_noise(readout: str) -> None:
    J = np.array([[1.0, -1.0], [1.0, -1.0]])  # J x is 0, and the light is not
    with pytest.raises(ValueError, match="x: the product is beyond floats"):
        cim.photon_product(J, [1e308, 1e308], 1.0, readout=readout)
