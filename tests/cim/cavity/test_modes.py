"""Couplings of cavity modes against the energy that the eliminated field makes, and their decompositions."""

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import cim
import ising_problems as ip


def _modes(seed: int, n: int = 5, modes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, modes)), -1 - rng.random(modes), 0.3 + rng.random(modes)


def _field_energy(spins: np.ndarray, g: np.ndarray, detuning: np.ndarray, loss: np.ndarray, probe: Any) -> float:
    """Energy of the steady field: its own, and half of the interaction, as for any linear response; real probes."""
    drive = spins @ g + probe
    field = drive / (detuning + 1j * loss)
    return float((drive * field.real).sum())


@pytest.mark.parametrize("spin", [0.5, 1.0, 7.0])
@pytest.mark.parametrize("probe", [None, [0.4, -1.2, 0.7]])
def test_the_energy_is_that_of_the_eliminated_field_for_every_configuration(spin: float, probe: Any) -> None:
    g, detuning, loss = _modes(0)
    model = cim.cavity.multimode_couplings(g, detuning, loss, probe=probe, spin=spin)
    own = cim.cavity.multimode_self_couplings(g, detuning, loss, spin=spin)
    light = np.zeros(3) if probe is None else np.array(probe)
    constant = float((detuning * light**2 / (detuning**2 + loss**2)).sum())
    for spins in itertools.product((-1, 1), repeat=5):
        wanted = _field_energy(spin * np.array(spins), g, detuning, loss, light) - constant
        assert model.energy(spins) - own.sum() == pytest.approx(wanted, rel=1e-12, abs=1e-12)
        # the twin: the ordered sum taken for pairs that are counted once
        halved = ip.IsingModel(model.J / 2, model.h)
        assert abs(halved.energy(spins) - own.sum() - wanted) > 1e-9


def test_the_force_of_a_complex_probe_is_that_of_the_steady_field() -> None:
    g, detuning, loss = _modes(1)
    probe = np.array([0.3 + 0.5j, -0.8j, 1.1])
    model = cim.cavity.multimode_couplings(g, detuning, loss, probe=probe)
    own = cim.cavity.multimode_self_couplings(g, detuning, loss)
    s = np.array([1, -1, -1, 1, 1])
    field = (s @ g + probe) / (detuning + 1j * loss)
    # the equation of motion that the field solves
    np.testing.assert_allclose((1j * detuning - loss) * field - 1j * (s @ g + probe), 0, atol=1e-12)
    force = g @ (2 * field.real)
    np.testing.assert_allclose(-model.local_fields(s) - 2 * own * s, force, rtol=1e-12)


def test_a_step_of_a_collective_spin_costs_the_self_coupling() -> None:
    g, detuning, loss = _modes(2)
    model = cim.cavity.multimode_couplings(g, detuning, loss)
    own = cim.cavity.multimode_self_couplings(g, detuning, loss)
    s, step = np.array([0.2, -1.0, 0.6, 1.0, -0.4]), np.array([0, 0, 0.25, 0, 0])
    change = _field_energy(s + step, g, detuning, loss, 0) - _field_energy(s, g, detuning, loss, 0)
    field = model.J[2] @ s + 2 * own[2] * s[2]
    assert change == pytest.approx(-0.25 * field - own[2] * 0.25**2, rel=1e-12)


def test_patterns_as_modes_are_hopfields_memory() -> None:
    patterns = np.random.default_rng(3).choice([-1, 1], (4, 12))
    detuning, loss = -3.0, 1.0
    strength = np.sqrt((detuning**2 + loss**2) / (2 * -detuning * 12))
    model = cim.cavity.multimode_couplings(strength * patterns.T, detuning, loss)
    np.testing.assert_allclose(model.J, ip.hopfield(patterns).J, atol=1e-14)
    blue = cim.cavity.multimode_couplings(strength * patterns.T, -detuning, loss)
    np.testing.assert_allclose(blue.J, -model.J, atol=1e-14)


@pytest.mark.parametrize("shift", [None, 4.0])
def test_supermodes_put_the_couplings_together_again(shift: float | None) -> None:
    model = ip.sherrington_kirkpatrick(9, seed=1)
    modes = cim.cavity.supermodes(model, shift)
    np.testing.assert_allclose(
        modes.vectors * modes.rates @ modes.vectors.T, model.J + modes.shift * np.eye(9), atol=1e-13
    )
    np.testing.assert_allclose(modes.vectors.T @ modes.vectors, np.eye(9), atol=1e-13)
    assert (np.diff(modes.rates) <= 0).all() and modes.rates[-1] >= 0
    assert modes.shift == (shift or pytest.approx(-np.linalg.eigvalsh(model.J)[0]))


def test_supermodes_of_modes_are_as_many_as_the_modes() -> None:
    g, detuning, loss = _modes(4, n=7, modes=2)
    g /= np.linalg.norm(g, axis=1, keepdims=True)
    detuning[:], loss[:] = -1.0, 0.5  # with equal self-couplings, which the shift makes good
    model = cim.cavity.multimode_couplings(g, detuning, loss)
    own = cim.cavity.multimode_self_couplings(g, detuning, loss)
    modes = cim.cavity.supermodes(model)
    assert modes.shift == pytest.approx(2 * own[0])
    assert (modes.rates > 1e-12).sum() == 2


def test_supermodes_take_sparse_and_empty_models() -> None:
    dense = ip.sherrington_kirkpatrick(6, seed=2)
    same = cim.cavity.supermodes(ip.IsingModel(sp.csr_array(dense.J)))
    np.testing.assert_array_equal(same.rates, cim.cavity.supermodes(dense).rates)
    none = cim.cavity.supermodes(ip.IsingModel(np.zeros((0, 0))))
    assert none.rates.shape == (0,) and none.vectors.shape == (0, 0) and none.shift == 0


def test_bad_input_is_refused_with_the_arguments_name() -> None:
    g, detuning, loss = _modes(5)
    build = cim.cavity.multimode_couplings
    with pytest.raises(TypeError, match="model: an IsingModel"):
        cim.cavity.supermodes(g)
    with pytest.raises(TypeError, match=r"model: an IsingModel is needed, not MaxCut; problem\.to_ising\(\) gives one"):
        cim.cavity.supermodes(ip.MaxCut([(0, 1)]))
    with pytest.raises(ValueError, match=r"shift: .*negative eigenvalue .*use at least"):
        cim.cavity.supermodes(ip.sherrington_kirkpatrick(6, seed=0), 0.5)
    with pytest.raises(ValueError, match="g: one row a site"):
        build(g[0], detuning, loss)
    with pytest.raises(ValueError, match=r"g\[1, 2\] is nan"):
        build(np.where(np.arange(15).reshape(5, 3) == 5, np.nan, g), detuning, loss)
    with pytest.raises(ValueError, match=r"detuning: every entry must be finite, but detuning\[1\] is nan"):
        build(g, detuning * [1, np.nan, 1], loss)
    with pytest.raises(ValueError, match="detuning: one number, or one for each of the 3"):
        build(g, detuning[:2], loss)
    with pytest.raises(ValueError, match=r"loss: .* not negative"):
        build(g, detuning, -loss)
    with pytest.raises(ValueError, match="mode 1 has neither"):
        build(g, detuning * [1, 0, 1], loss * [1, 0, 1])
    with pytest.raises(ValueError, match="probe: one amplitude for each"):
        build(g, detuning, loss, probe=[1.0])
    with pytest.raises(ValueError, match="spin: must be greater than 0"):
        build(g, detuning, loss, spin=0)


def test_frequencies_of_any_unit_are_taken_or_refused_by_name() -> None:
    g, detuning, loss = _modes(6)
    there = cim.cavity.multimode_couplings(g, detuning, loss)
    for unit in (1e-200, 1e120):  # energies are in the same unit; squares of such frequencies leave the range of floats
        small = cim.cavity.multimode_couplings(g * np.sqrt(unit), detuning * unit, loss * unit)
        np.testing.assert_allclose(small.J, there.J, rtol=1e-12)
    with pytest.raises(ValueError, match="g: the couplings are beyond floats"):
        cim.cavity.multimode_couplings(1e200 * g, detuning, loss)
    assert str(cim.cavity.supermodes(ip.IsingModel(np.zeros((2, 2)))).shift) == "0.0"
