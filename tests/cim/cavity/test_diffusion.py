"""Quantum state diffusion against dense matrices, QuTiP's master equation and itself at finer steps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

import cim
import cim.cavity as cc
import ising_problems as ip
from cim.cavity.basis import basis_energies, basis_spins
from cim.cavity.diffusion import (
    NOISE_COMPONENTS,
    Grid,
    Increments,
    evolved_products,
    evolved_states,
    product_amplitudes,
    starting_products,
)
from cim.cavity.glass import Glass, make_glass

UNRAVELLINGS = tuple(NOISE_COMPONENTS)


class Given:
    """Increments that were drawn beforehand, (R, steps, K, components)."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values
        self._taken = 0

    def most_steps(self) -> int:
        return 7  # calls of several lengths

    def draw(self, steps: int) -> np.ndarray:
        self._taken += steps
        return np.ascontiguousarray(self._values[:, self._taken - steps : self._taken])


def model_of(n: int, fields: bool = True) -> ip.IsingModel:
    rng = np.random.default_rng(n)
    J = np.triu(rng.standard_normal((n, n)), 1) / np.sqrt(n)
    return ip.IsingModel(J + J.T, h=rng.standard_normal(n) if fields else None, offset=0.3)


def run(
    glass: Glass, increments: Any, steps: int, unravelling: str, *, replicas: int, twin: bool = False
) -> np.ndarray:
    n = glass.model.num_spins
    grid = Grid(glass.duration, steps, np.array([steps]))
    products = starting_products(np.zeros((replicas, n)))
    couplings = glass.couplings(grid.midst())
    if twin:
        (found,) = evolved_products(glass, grid, couplings, products, increments, unravelling)
    else:
        states = product_amplitudes(products)
        (found,) = evolved_states(glass, grid, couplings, states, increments, unravelling)
    return found


def coarser(noise: np.ndarray, steps: int) -> np.ndarray:
    """The same Brownian path in fewer steps."""
    replicas, fine, modes, components = noise.shape
    return noise.reshape(replicas, steps, fine // steps, modes, components).sum(axis=2)


# ---------------------------------------------------------------- the kernels, step by step


@pytest.mark.parametrize("unravelling", UNRAVELLINGS)
@pytest.mark.parametrize("n", [1, 2, 3, 6, 8, 9, 10, 11, 16])
def test_steps_are_those_of_plain_arrays(n: int, unravelling: str) -> None:
    steps, components = (2 if n > 12 else 5), NOISE_COMPONENTS[unravelling]
    glass = make_glass(model_of(n), cim.linear(0.5, 3.0), duration=1.0, transverse_field=1.3, loss_ratio=0.2)
    noise = 0.3 * np.random.default_rng(n).standard_normal((1, steps, n, components))
    found = run(glass, Given(noise), steps, unravelling, replicas=1)[0]

    dt, f = 1.0 / steps, {"heterodyne": 0.5, "homodyne": 1.0}[unravelling]
    spins, energies = basis_spins(n).astype(float), basis_energies(glass.model) - glass.model.offset
    damping = (spins @ glass.modes.vectors) ** 2 @ glass.modes.rates
    half = np.array([[np.cos(0.325 * dt), -1j * np.sin(0.325 * dt)]] * 2)
    half[1] = half[1, ::-1]
    psi = product_amplitudes(starting_products(np.zeros(n)))

    def turned(state: np.ndarray) -> np.ndarray:
        tensor = state.reshape((2,) * n)
        for axis in range(n):
            tensor = np.moveaxis(np.tensordot(half, tensor, axes=(1, axis)), 0, axis)
        return tensor.reshape(-1)

    for step in range(steps):
        coupling = 0.5 + 2.5 * (step + 0.5) / steps
        psi = turned(psi)
        psi /= np.linalg.norm(psi)
        amplitudes = np.sqrt(0.2 * coupling * glass.modes.rates)
        means = np.abs(psi) ** 2 @ spins @ glass.modes.vectors
        increment = noise[0, step, :, 0] + (1j * noise[0, step, :, 1] if components == 2 else 0.0)
        drives = glass.modes.vectors @ (amplitudes * (increment + 2 * f * amplitudes * means * dt))
        psi = psi * np.exp(-1j * coupling * energies * dt - f * 0.2 * coupling * damping * dt + spins @ drives)
        psi = turned(psi)
    np.testing.assert_allclose(found, psi / np.linalg.norm(psi), atol=1e-12)


def test_the_norm_is_one() -> None:
    glass = make_glass(model_of(10), loss_ratio=0.05)
    increments = Increments(3, range(2), 10, 0.02, "heterodyne")
    found = run(glass, increments, 1000, "heterodyne", replicas=2)
    assert np.abs(np.linalg.norm(found, axis=1) - 1.0).max() < 1e-12


# ---------------------------------------------------------------- order in dt


def test_without_loss_it_is_unitary_and_of_second_order() -> None:
    model = model_of(4)
    glass = make_glass(model, cim.smooth(0.0, 3.0), duration=3.0, loss_ratio=0.0)
    along_z = np.array([[0.0, 1.0], [1.0, 0.0]])
    field = sum(np.kron(np.kron(np.eye(1 << i), along_z), np.eye(8 >> i)) for i in range(4))
    psi = product_amplitudes(starting_products(np.zeros(4)))
    fine = 3000  # of fourth order in the midst of each: 1e-10
    for k in range(fine):
        nodes = (k + 0.5 + np.array([-1.0, 1.0]) * np.sqrt(3.0) / 6.0) / fine  # Magnus with Gauss's nodes
        first, second = (0.5 * field + np.diag(glass.couplings(nodes)[j] * basis_energies(model)) for j in (0, 1))
        step = 3.0 / fine
        psi = (
            expm(-0.5j * step * (first + second) - np.sqrt(3.0) / 12 * step**2 * (second @ first - first @ second))
            @ psi
        )
    energies = basis_energies(model)
    errors = []
    for steps in (50, 100, 200):
        noise = Given(np.zeros((1, steps, 4, 2)))
        state = run(glass, noise, steps, "heterodyne", replicas=1)[0]
        errors.append(abs(np.abs(state) ** 2 @ energies - np.abs(psi) ** 2 @ energies))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.1)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("unravelling", UNRAVELLINGS)
@pytest.mark.parametrize("twin", [False, True])
def test_first_order_along_a_path(unravelling: str, twin: bool) -> None:
    glass = make_glass(model_of(3), cim.linear(0.0, 3.0), duration=3.0, loss_ratio=0.05)
    components = NOISE_COMPONENTS[unravelling]
    noise = np.random.default_rng(0).standard_normal((200, 960, 3, components)) * np.sqrt(3.0 / 960 / components)
    paths = [
        run(glass, Given(coarser(noise, steps)), steps, unravelling, replicas=200, twin=twin)
        for steps in (60, 240, 960)
    ]
    first, second = (np.sqrt(np.mean(np.abs(a - b) ** 2)) for a, b in ((paths[0], paths[1]), (paths[1], paths[2])))
    assert 0.5 * np.log2(first / second) == pytest.approx(1.0, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("unravelling", UNRAVELLINGS)
def test_first_order_in_averages(unravelling: str) -> None:
    # paths of the same noise: what is left of their difference in the mean is the bias of the coarser one
    glass = make_glass(ip.sherrington_kirkpatrick(3, seed=1), cim.linear(0.0, 3.0), duration=3.0, loss_ratio=0.5)
    components, replicas = NOISE_COMPONENTS[unravelling], 40_000
    energies = basis_energies(glass.model)
    noise = np.random.default_rng(3).standard_normal((replicas, 120, 3, components)) * np.sqrt(3.0 / 120 / components)
    means = []
    for steps in (15, 30, 60, 120):
        states = run(glass, Given(coarser(noise, steps)), steps, unravelling, replicas=replicas)
        means.append(np.abs(states) ** 2 @ energies)
    differences = [a - b for a, b in pairwise(means)]
    bias = np.array([d.mean() for d in differences])
    errors = np.array([d.std() / np.sqrt(replicas) for d in differences])
    assert (bias > 4 * errors).all()  # it can be seen
    orders = np.log2(bias[:-1] / bias[1:])
    uncertain = np.hypot(errors[:-1] / bias[:-1], errors[1:] / bias[1:]) / np.log(2)
    assert (np.abs(orders - 1.0) < 0.35 + 3 * uncertain).all()


# ---------------------------------------------------------------- against the master equation


def correlation(run: object, model: ip.IsingModel) -> np.ndarray:
    """<σx_0 σx_1> of every trajectory's end."""
    spins = basis_spins(model.num_spins).astype(float)
    return np.abs(run["state"].values) ** 2 @ (spins[:, 0] * spins[:, 1])


@pytest.fixture(scope="module")
def published() -> tuple[ip.IsingModel, dict[str, object], float, float]:
    model = ip.sherrington_kirkpatrick(4, seed=5)
    settings: dict[str, object] = {"duration": 10.0, "loss_ratio": 0.1, "threads": 1, "record_steps": 1}
    exact = cc.trajectories(model, cim.linear(0.0, 4.0), method="mesolve", record=("energy", "state"), **settings)
    spins = basis_spins(4).astype(float)
    pair = float(exact["state"].values.diagonal().real @ (spins[:, 0] * spins[:, 1]))
    return model, settings, float(exact["energy"][-1]), pair


def test_the_reference_instance(published: tuple) -> None:
    _, _, energy, pair = published
    assert energy == pytest.approx(-0.93295, abs=1e-5)
    assert pair == pytest.approx(-0.59450, abs=1e-5)


@pytest.mark.parametrize("unravelling", UNRAVELLINGS)
def test_averages_are_those_of_the_master_equation(published: tuple, unravelling: str) -> None:
    model, settings, energy, pair = published
    run = cc.trajectories(
        model,
        cim.linear(0.0, 4.0),
        unravelling=unravelling,
        steps=500,
        replicas=1000,
        record=("energy", "state"),
        seed=1,
        **settings,
    )
    for found, exact in ((run["energy"][-1].values, energy), (correlation(run, model), pair)):
        assert abs(found.mean() - exact) < 4 * found.std(ddof=1) / np.sqrt(1000)
    assert abs(run["energy"][-1].mean() - energy) < 0.09
    assert abs(correlation(run, model).mean() - pair) < 0.075
    assert np.abs(np.linalg.norm(run["state"], axis=1) - 1.0).max() < 1e-12


@pytest.mark.parametrize("wrong", ["unravelling", "drift"])
def test_a_wrong_equation_is_noticed(published: tuple, wrong: str) -> None:
    # heterodyne noise under homodyne detection's factors; and no drift, which is measurement without its back-action
    model, _, energy, _ = published
    glass = make_glass(model, cim.linear(0.0, 4.0), duration=10.0, loss_ratio=0.1)
    increments = Increments(1, range(1000), 4, 0.02, "heterodyne")
    if wrong == "unravelling":
        states = run(glass, increments, 500, "homodyne", replicas=1000)
    else:
        closed = make_glass(model, cim.linear(0.0, 4.0), duration=10.0, loss_ratio=0.0)
        states = run(closed, increments, 500, "heterodyne", replicas=1000)
    found = np.abs(states) ** 2 @ basis_energies(model)
    assert abs(found.mean() - energy) > 4 * max(found.std(ddof=1), 0.3) / np.sqrt(1000)


def test_the_master_equation_is_the_exponential_of_its_liouvillian() -> None:
    model = model_of(2)
    run = cc.trajectories(
        model, 1.7, method="mesolve", duration=3.0, loss_ratio=0.2, replicas=1, threads=1, record=("state",)
    )
    modes = cc.supermodes(model)
    z, x, one = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2)
    along_x, along_z = [np.kron(z, one), np.kron(one, z)], [np.kron(x, one), np.kron(one, x)]
    hamiltonian = 0.5 * sum(along_z) + 1.7 * np.diag(basis_energies(model))
    eye = np.eye(4)
    liouvillian = -1j * (np.kron(hamiltonian, eye) - np.kron(eye, hamiltonian.T))
    for rate, vector in zip(modes.rates, modes.vectors.T, strict=True):
        jump = np.sqrt(0.2 * 1.7 * rate) * sum(v * operator for v, operator in zip(vector, along_x, strict=True))
        square = jump.T @ jump
        liouvillian = liouvillian + np.kron(jump, jump.conj())
        liouvillian -= 0.5 * (np.kron(square, eye) + np.kron(eye, square.T))
    psi = product_amplitudes(starting_products(np.zeros(2)))
    rho = (expm(3.0 * liouvillian) @ np.outer(psi, psi.conj()).reshape(-1)).reshape(4, 4)
    np.testing.assert_allclose(run["state"], rho, atol=1e-6)


# ---------------------------------------------------------------- the twin


@pytest.mark.parametrize("unravelling", UNRAVELLINGS)
def test_spins_without_couplings_stay_a_product(unravelling: str) -> None:
    # each is measured by itself: the quantum state is the twin's, path by path
    model = ip.IsingModel(np.zeros((4, 4)), h=[0.3, -0.5, 0.0, 1.0])
    arguments = {"duration": 4.0, "steps": 400, "loss_ratio": 0.1, "shift": 1.5, "replicas": 3, "threads": 1}
    quantum, twin = (
        cc.trajectories(model, method=method, unravelling=unravelling, record=("entropy", "state"), seed=2, **arguments)
        for method in ("diffusion", "semiclassical")
    )
    np.testing.assert_allclose(np.abs(quantum["state"]), np.abs(twin["state"]), atol=1e-10)
    assert np.abs((quantum["state"].conj() * twin["state"]).sum("basis")).values == pytest.approx(1.0, abs=1e-10)
    assert np.abs(quantum["entropy"]).max() < 1e-10
    coupled = cc.trajectories(model_of(4), steps=400, replicas=3, threads=1, record=("entropy",))
    assert coupled["entropy"].max() > 0.1


def test_the_twin_without_loss_is_mean_field() -> None:
    from scipy.integrate import solve_ivp

    model = model_of(5)

    def precession(t: float, flat: np.ndarray) -> np.ndarray:
        x, y, z = flat.reshape(3, 5)
        force = -2.0 * (0.75 * t) * (model.J @ x + model.h)  # 2 λ dE/dx about x
        return np.concatenate([-y, x - force * z, force * y])

    start = np.concatenate([np.zeros(10), -np.ones(5)])
    exact = solve_ivp(precession, (0.0, 4.0), start, rtol=1e-10, atol=1e-10).y[:5, -1]
    errors = []
    for steps in (200, 400):
        twin = cc.trajectories(
            model,
            cim.linear(0.0, 3.0),
            method="semiclassical",
            duration=4.0,
            loss_ratio=0.0,
            steps=steps,
            replicas=1,
            threads=1,
        )
        errors.append(np.abs(twin["sigma_x"][-1, 0].values - exact).max())
    assert errors[1] < 1e-2
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.3)
