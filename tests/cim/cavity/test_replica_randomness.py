"""Which random numbers a replica has: recomputed from its number and the seed, and none of them twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cim
import cim.cavity as cc
import ising_problems as ip
from cim.cavity.basis import basis_spins
from cim.cavity.diffusion import Grid, evolved_products, evolved_states, product_amplitudes, starting_products
from cim.cavity.glass import make_glass
from cim.cavity.trajectory_records import draw_configurations

MODEL = ip.sherrington_kirkpatrick(3, seed=2)
SETTINGS: dict[str, Any] = {"duration": 2.0, "loss_ratio": 0.1}
STEPS, SEED = 40, 7


class Given:
    """Increments that were drawn beforehand, (R, steps, K, components)."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def most_steps(self) -> int:
        return STEPS

    def draw(self, steps: int) -> np.ndarray:
        return self._values[:, :steps]


def generator(replica: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(replica, purpose)))


def run(method: str, replicas: int = 11) -> Any:
    return cc.trajectories(
        MODEL,
        cim.linear(0.0, 3.0),
        method=method,
        steps=STEPS,
        replicas=replicas,
        tilt=0.2,
        seed=SEED,
        threads=1,
        record=("sigma_x", "state"),
        **SETTINGS,
    )


@pytest.mark.parametrize("method", ["diffusion", "semiclassical"])
def test_noise_start_and_readout_are_those_of_the_number_of_the_replica(method: str) -> None:
    found = run(method)
    glass = make_glass(MODEL, cim.linear(0.0, 3.0), **SETTINGS)
    grid = Grid(2.0, STEPS, np.array([STEPS]))
    replicas = [0, 5, 8, 10]  # of both groups that workers take up
    noise = np.sqrt(0.05 / 2) * np.stack([generator(r, 0).standard_normal((STEPS, 3, 2)) for r in replicas])
    starts = starting_products(0.2 * np.stack([generator(r, 2).standard_normal(3) for r in replicas]))
    chances = np.stack([generator(r, 1).random(3) for r in replicas])
    couplings = glass.couplings(grid.midst())
    increments: Any = Given(noise)
    if method == "diffusion":
        (states,) = evolved_states(glass, grid, couplings, product_amplitudes(starts), increments, "heterodyne")
        places = [int((np.cumsum(np.abs(s) ** 2) <= c).sum()) for s, c in zip(states, chances[:, 0], strict=True)]
        spins = basis_spins(3)[places]
    else:
        (products,) = evolved_products(glass, grid, couplings, starts, increments, "heterodyne")
        states = product_amplitudes(products)
        spins = np.where(chances < np.abs(products[..., 0]) ** 2, 1, -1)
    np.testing.assert_allclose(found["state"].sel(replica=replicas), states, atol=1e-12)
    np.testing.assert_array_equal(found["spins"].sel(replica=replicas), spins)


@pytest.mark.parametrize("method", ["diffusion", "semiclassical", "mcsolve"])
def test_no_two_replicas_are_alike(method: str) -> None:
    last = run(method)["sigma_x"][-1].values
    distances = np.abs(last[:, None] - last).max(axis=-1)
    assert distances[np.triu_indices(len(last), 1)].min() > 1e-9


def test_configurations_without_weight_are_never_drawn() -> None:
    weights = np.array([[0.0, 1.0, 0.0, 3.0]])
    drawn = [draw_configurations(weights, np.array([chance]), 2)[0].tolist() for chance in (0.0, 0.2499, 0.25, 0.9999)]
    assert drawn == [[1, -1], [1, -1], [-1, -1], [-1, -1]]


def test_a_start_is_turned_towards_plus_x() -> None:
    state = product_amplitudes(starting_products(np.array([0.3, -0.1])))
    np.testing.assert_allclose(cc.sigma_x(state), np.sin([0.3, -0.1]), atol=1e-15)
    np.testing.assert_allclose(cc.sigma_z(state), -np.cos([0.3, -0.1]), atol=1e-15)
    signed = run("diffusion")["sigma_x"][0].values
    expected = np.sin(0.2 * np.stack([generator(r, 2).standard_normal(3) for r in range(11)]))
    np.testing.assert_allclose(signed, expected, atol=1e-14)


def test_the_transverse_magnetisation_is_that_of_the_operators() -> None:
    exact = cc.trajectories(
        MODEL, method="mesolve", steps=STEPS, replicas=1, record=("transverse_magnetisation", "state"), **SETTINGS
    )
    along_z = np.array([[0.0, 1.0], [1.0, 0.0]])
    total = sum(np.kron(np.kron(np.eye(1 << i), along_z), np.eye(4 >> i)) for i in range(3))
    assert float(exact["transverse_magnetisation"][0]) == pytest.approx(-1.0)
    last = np.trace(total @ exact["state"].values).real / 3
    assert float(exact["transverse_magnetisation"][-1]) == pytest.approx(last, abs=1e-12)
    assert -0.99 < last < -0.1


@pytest.mark.parametrize("method", ["diffusion", "semiclassical"])
def test_without_light_a_tilted_spin_turns_by_the_angle_of_the_field(method: str) -> None:
    settings: dict[str, Any] = {"transverse_field": 1.3, "duration": 4.0, "steps": STEPS, "replicas": 3, "tilt": 0.5}
    found = cc.trajectories(MODEL, 0.0, method=method, seed=SEED, threads=1, record=("sigma_x",), **settings)
    tilts = 0.5 * np.stack([generator(r, 2).standard_normal(3) for r in range(3)])
    expected = np.cos(1.3 * found["time"].values)[:, None, None] * np.sin(tilts)
    np.testing.assert_allclose(found["sigma_x"], expected, atol=1e-12)
