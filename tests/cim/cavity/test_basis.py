"""The order of the basis against QuTiP's own tensor products and against the models' energies."""

import numpy as np
import pytest

import ising_problems as ip
from cim.cavity.basis import basis_energies, basis_indices, basis_spins


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_energies_are_those_of_the_spins(n: int) -> None:
    rng = np.random.default_rng(n)
    J = np.triu(rng.standard_normal((n, n)), 1)
    model = ip.IsingModel(J + J.T, h=rng.standard_normal(n), offset=0.7)
    spins = basis_spins(n)
    np.testing.assert_allclose(basis_energies(model), model.energy(spins), atol=1e-12)
    np.testing.assert_array_equal(basis_indices(spins), np.arange(2**n))


def test_the_order_is_that_of_qutip() -> None:
    import qutip

    n = 3
    for i in range(n):
        factors = [qutip.qeye(2)] * n
        factors[i] = qutip.sigmaz()
        np.testing.assert_array_equal(qutip.tensor(factors).diag().real, basis_spins(n)[:, i])
