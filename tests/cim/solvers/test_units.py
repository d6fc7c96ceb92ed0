"""The common unit of couplings and fields."""

import numpy as np
import pytest
import scipy.sparse as sp

import ising_problems as ip
from cim.solvers.units import common_unit


def _model(values: np.ndarray, h: np.ndarray | None = None) -> ip.IsingModel:
    upper = np.triu(values, 1)
    return ip.IsingModel(upper + upper.T, h)


WHOLE = np.random.default_rng(0).integers(-3, 4, (9, 9))


@pytest.mark.parametrize(
    ("model", "unit"),
    [
        (_model(WHOLE), 1.0),
        (_model(6 * WHOLE), 6.0),
        (_model(0.25 * WHOLE), 0.25),
        (_model(1e-9 * WHOLE), 1e-9),
        (_model(WHOLE, np.full(9, 0.5)), 0.5),
        (_model(2.0**300 * WHOLE), 2.0**300),
        (ip.IsingModel(sp.csr_array(_model(0.5 * WHOLE).J)), 0.5),
        (ip.IsingModel(np.zeros((3, 3))), 1.0),
        (ip.sherrington_kirkpatrick(20, seed=0), None),
        (_model(WHOLE, np.full(9, 1e-30)), None),
    ],
)
def test_unit(model: ip.IsingModel, unit: float | None) -> None:
    assert common_unit(model) == unit
