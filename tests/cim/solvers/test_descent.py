"""1-flip descent: what it returns is stable and not above, from batches laid out in memory however they are."""

import numpy as np
import pytest

import ising_problems as ip
from cim.solvers import descent


@pytest.mark.parametrize("model", [ip.sherrington_kirkpatrick(30, seed=2), ip.edwards_anderson((6, 6, 6), seed=2)])
def test_the_layout_of_a_batch_neither_matters_nor_compiles_anew(model: ip.IsingModel) -> None:
    spins = 2 * np.random.default_rng(0).integers(0, 2, (5, model.num_spins), dtype=np.int8) - 1
    before = spins.copy()
    finish = descent.Descent(model)
    stable = finish(spins)
    np.testing.assert_array_equal(spins, before)  # the caller's own are left alone
    assert np.all(stable * model.local_fields(stable) >= -1e-12)
    assert np.all(model.energy(stable) < model.energy(spins))
    kernel = descent._descend_sparse if model.is_sparse else descent._descend_dense
    compiled = len(kernel.signatures)
    for other in (np.asfortranarray(spins), np.repeat(spins, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(finish(other), stable)
    assert len(kernel.signatures) == compiled
