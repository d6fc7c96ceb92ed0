"""The kernels of state diffusion by themselves: every size has its own way through the passes of a rotation."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import cim.cavity as cc
import ising_problems as ip
from cim.cavity.diffusion import product_amplitudes
from cim.cavity.diffusion_kernels import rotate_states
from cim.cavity.trajectory_cells import working_memory


@pytest.mark.parametrize("n", range(1, 18))
def test_every_spin_is_turned_once(n: int) -> None:
    rng = np.random.default_rng(n)
    spins = rng.standard_normal((2, n, 2)) + 1j * rng.standard_normal((2, n, 2))
    spins /= np.linalg.norm(spins, axis=-1, keepdims=True)
    states = product_amplitudes(spins)
    real, imaginary = np.ascontiguousarray(states.real), np.ascontiguousarray(states.imag)
    rotate_states(real, imaginary, 0.4)
    turned = np.cos(0.4) * spins - 1j * np.sin(0.4) * spins[..., ::-1]
    np.testing.assert_allclose(real + 1j * imaginary, product_amplitudes(turned), atol=1e-13)


def test_the_memory_that_is_asked_for_is_what_a_worker_takes() -> None:
    n, settings = 18, {"duration": 0.04, "steps": 4, "replicas": 2, "threads": 1, "record_steps": 2, "record": "energy"}
    model = ip.sherrington_kirkpatrick(n, seed=0)
    cc.trajectories(model, **settings)  # what is loaded and compiled once
    tracemalloc.start()
    cc.trajectories(model, **settings)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    needed = working_memory(n, 1 << n, "diffusion", 3)
    assert 0.5 * needed < taken < 1.3 * needed
