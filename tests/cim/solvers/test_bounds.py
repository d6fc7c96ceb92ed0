"""Lower bounds never lie above the ground state, and meet it where they should."""

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers.bounds import proves, spectral_bound, trivial_bound


@pytest.mark.parametrize("seed", range(20))
def test_bounds_lie_below_the_ground_state(seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.standard_normal((12, 12)) * (rng.random((12, 12)) < 0.5), 1)
    model = ip.IsingModel(upper + upper.T, rng.standard_normal(12) * (seed % 2))
    energy, _ = ip.ground_states(model)
    assert trivial_bound(model) <= energy and spectral_bound(model) <= energy
    assert not proves(trivial_bound(model), energy + 0.01, model)


def test_both_are_met_by_a_ferromagnet() -> None:
    model = ip.IsingModel(1.0 - np.eye(30))
    energy = model.energy(np.ones(30, dtype=np.int8))
    assert trivial_bound(model) == energy == -435
    assert spectral_bound(model) == pytest.approx(energy, rel=1e-4)
    assert proves(trivial_bound(model), energy, model)


def test_the_spectral_bound_of_the_spin_glass_is_one_per_spin() -> None:
    model = ip.sherrington_kirkpatrick(500, seed=0)
    assert spectral_bound(model) / 500 == pytest.approx(-1.0, abs=0.02)
    sparse = ip.IsingModel(sp.csr_array(model.J))
    assert spectral_bound(sparse) == pytest.approx(spectral_bound(model))
    assert trivial_bound(sparse) == pytest.approx(trivial_bound(model))


def test_whole_energies_are_told_apart() -> None:
    model = ip.IsingModel(np.eye(6, dtype=int) - 1)
    assert proves(-3.4, -3, model) and not proves(-3.6, -3, model)
    assert not proves(-(2.0**60), -(2**60), model)  # float64 cannot tell


@pytest.mark.parametrize("n", [200, 5000])
def test_the_lanczos_run_does_not_stay_below_the_top_of_a_crowded_spectrum(n: int) -> None:
    """A ring has λ_max = 2 and eigenvalues 40/n² below it."""
    steps = np.arange(n)
    ring = sp.coo_array((np.ones(n), (steps, (steps + 1) % n)), shape=(n, n))
    model = ip.IsingModel(sp.csr_array(ring + ring.T))
    assert spectral_bound(model) <= model.energy(np.ones(n, dtype=np.int8)) == -n
    assert spectral_bound(model) > -1.1 * n
