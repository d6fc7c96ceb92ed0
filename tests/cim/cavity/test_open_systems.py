"""Atoms with their cavity and without, the dispersive limit, and what is refused at the door."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import cim
import cim.cavity as cc
import ising_problems as ip
from cim.cavity.basis import basis_energies, basis_spins

UP, DOWN = np.array([1.0, 1.0]) / math.sqrt(2), np.array([1.0, -1.0]) / math.sqrt(2)
TILTED = np.kron(math.cos(0.3) * UP + math.sin(0.3) * DOWN, DOWN)
G = np.array([[3.0], [2.1]])


def sigma_z(system: cc.OpenSystem, duration: float, records: int, **options: float) -> np.ndarray:
    run = cc.trajectories(
        system,
        method="mesolve",
        duration=duration,
        steps=records,
        record_steps=records,
        replicas=1,
        threads=1,
        record=("sigma_z",),
        **options,
    )
    return run["sigma_z"].values


# ---------------------------------------------------------------- the models against one another


def test_atoms_alone_follow_the_full_model_and_naive_jumps_do_not() -> None:
    settings = {"detuning": -20.0, "loss": 4.0, "initial": TILTED}
    accuracy = {"atol": 1e-8, "rtol": 1e-6}
    full = sigma_z(cc.atom_cavity_model(G, **settings), 100.0, 400, **accuracy)
    reduced = sigma_z(cc.atom_only_model(G, **settings), 100.0, 400, **accuracy)
    naive = sigma_z(cc.atom_only_model(G, **settings, keep_transverse=False), 100.0, 400, **accuracy)
    settled = np.linspace(0.0, 100.0, 401) >= 5.0 / 4.0  # the modes start empty and take a few 1/κ to fill
    assert np.abs(full - reduced)[settled, 0].max() <= 0.02
    assert np.abs(full - naive)[settled, 0].max() >= 0.05
    # the naive model heats to infinite temperature, the full one does not
    assert full[-1, 0] < -0.07
    assert reduced[-1, 0] == pytest.approx(full[-1, 0], abs=0.002)
    assert abs(naive[-1, 0]) < 0.005


def test_the_error_falls_with_the_speed_of_the_atoms() -> None:
    # ω_z/|Δ| halved at constant cooperativity per ω_z: time in units of 1/ω_z, couplings in proportion to sqrt(ω_z)
    errors = []
    for transverse_field in (1.0, 0.5, 0.25):
        settings = {
            "g": G[:1] * math.sqrt(transverse_field),
            "detuning": -8.0,
            "loss": 4.0,
            "transverse_field": transverse_field,
            "initial": math.cos(0.6) * UP + math.sin(0.6) * DOWN,
        }
        full, reduced, naive = (
            sigma_z(system, 20.0 / transverse_field, 40, atol=1e-9, rtol=1e-7)[1:, 0]
            for system in (
                cc.atom_cavity_model(**settings),
                cc.atom_only_model(**settings),
                cc.atom_only_model(**settings, keep_transverse=False),
            )
        )
        errors.append(np.abs(full - reduced).max())
        assert np.abs(full - naive).max() > 5 * errors[-1]
    assert errors[0] > 1.6 * errors[1] > 1.6 * 1.6 * errors[2]


def test_the_dispersive_model_is_the_limit_of_slow_atoms() -> None:
    # modes with M = V μ V' behind them: g = sqrt(2 (Δ² + κ²) μ / |Δ|) V
    model = ip.sherrington_kirkpatrick(3, seed=3)
    modes = cc.supermodes(model)
    deviations = []
    for detuning in (-50.0, -200.0):
        loss = 0.05 * -detuning
        g = np.sqrt(2.0 * (detuning**2 + loss**2) * modes.rates / -detuning) * modes.vectors
        made = cc.multimode_couplings(g, detuning, loss, spin=0.5)
        np.testing.assert_allclose(made.J, model.J, atol=1e-12)
        atoms = cc.atom_only_model(g, detuning, loss, ramp=cim.linear(0.0, 3.0), duration=6.0)
        limit = cc.dispersive_model(model, cim.linear(0.0, 3.0), duration=6.0, loss_ratio=0.05)
        runs = [
            cc.trajectories(system, method="mesolve", replicas=1, threads=1, record=("energy",), steps=60)
            for system in (atoms, limit)
        ]
        deviations.append(float(np.abs(runs[0]["energy"] - runs[1]["energy"]).max()))
    assert deviations[1] < 0.01
    assert deviations[1] < 0.35 * deviations[0]


def test_a_probe_makes_fields() -> None:
    # by the displaced mode in the full model, by h in the reduced one; without the term they differ
    g, detuning, loss = G[:1] / 2, -20.0, 4.0
    probe = [3.0 - 2.0j]
    model = cc.multimode_couplings(g, detuning, loss, probe=probe, spin=0.5)
    full = sigma_z(cc.atom_cavity_model(g, detuning, loss, probe=probe), 20.0, 40)
    reduced = sigma_z(cc.atom_only_model(g, detuning, loss, probe=probe), 20.0, 40)
    without = sigma_z(cc.atom_only_model(g, detuning, loss), 20.0, 40)
    assert abs(model.h[0]) > 0.05
    assert np.abs(full - reduced).max() < 0.01
    assert np.abs(full - without).max() > 0.02
    dispersive = cc.atom_only_model(g, detuning, loss, probe=probe, keep_transverse=False).hamiltonian.full()
    rest = dispersive - np.diag(np.diag(dispersive)) + np.diag(basis_energies(model))
    np.testing.assert_allclose(dispersive - rest, (dispersive - rest)[0, 0] * np.eye(2), atol=1e-12)


# ---------------------------------------------------------------- form


@pytest.mark.parametrize("keep", [True, False])
def test_lindblads_form(keep: bool) -> None:
    rng = np.random.default_rng(0)
    system = cc.atom_only_model(rng.standard_normal((3, 2)) * 3, [-20.0, -9.0], [4.0, 1.0], keep_transverse=keep)
    hamiltonian = system.hamiltonian.full()
    np.testing.assert_allclose(hamiltonian, hamiltonian.conj().T, atol=1e-12)
    assert len(system.collapse_operators) == 2
    run = cc.trajectories(system, method="mesolve", duration=5.0, steps=10, replicas=1, threads=1, record=("state",))
    rho = run["state"].values
    assert np.trace(rho) == pytest.approx(1.0, abs=1e-7)
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-9)
    assert np.linalg.eigvalsh(rho).min() > -1e-8


def test_spin_operators_are_right_handed() -> None:
    # [σ^z, σ^+] = 2 σ^+ and σ^+ + σ^- = σ^x, in a basis where σ^x is diagonal
    from cim.cavity.atom_only import _raising
    from cim.cavity.open_system import single_spin_operators

    along_x, along_z = single_spin_operators(2)
    for i in range(2):
        raising = _raising(i, 2)
        assert (along_z[i] * raising - raising * along_z[i] - 2 * raising).norm() < 1e-12
        assert (raising + raising.dag() - along_x[i]).norm() < 1e-12


def test_the_ramp_multiplies_couplings_and_its_root_the_jumps() -> None:
    ramped = cc.atom_only_model(G, -20.0, 4.0, ramp=lambda u: 4 * u, duration=2.0)
    half = cc.atom_only_model(G, -20.0, 4.0, ramp=2.0)
    assert (ramped.hamiltonian(1.0) - half.hamiltonian).norm() < 1e-9
    assert (ramped.collapse_operators[0](1.0) - half.collapse_operators[0]).norm() < 1e-6
    with_modes = cc.atom_cavity_model(G, -20.0, 4.0, cutoff=5, ramp=lambda u: 4 * u, duration=2.0)
    constant = cc.atom_cavity_model(G, -20.0, 4.0, cutoff=5, ramp=2.0)
    assert (with_modes.hamiltonian(1.0) - constant.hamiltonian).norm() < 1e-5
    assert with_modes.mode_dimensions == (5,)


def test_initial_states() -> None:
    system = cc.atom_only_model(G, -20.0, 4.0)
    assert all(
        (system.observables[f"sigma_z_{i}"] * system.initial_state + system.initial_state).norm() < 1e-12
        for i in (0, 1)
    )
    given = cc.atom_only_model(G, -20.0, 4.0, initial=2 * TILTED)
    np.testing.assert_allclose(given.initial_state.full()[:, 0], TILTED, atol=1e-12)
    with pytest.raises(ValueError, match="initial: the 4 amplitudes"):
        cc.atom_only_model(G, -20.0, 4.0, initial=[1.0, 0.0])
    with pytest.raises(ValueError, match="not zero"):
        cc.atom_only_model(G, -20.0, 4.0, initial=np.zeros(4))


def test_the_energy_is_the_models() -> None:
    system = cc.atom_cavity_model(G, -20.0, 4.0, cutoff=3)
    model = cc.multimode_couplings(G, -20.0, 4.0, spin=0.5)
    diagonal = system.observables["energy"].diag().real.reshape(4, 3)
    np.testing.assert_allclose(diagonal, model.energy(basis_spins(2))[:, None] * np.ones(3))


# ---------------------------------------------------------------- cut-off and memory


def test_a_small_cutoff_is_refused_at_the_door() -> None:
    with pytest.raises(ValueError, match=r"cutoff: the largest drive puts 2\.25 photons into mode 0.*at least \d+"):
        cc.atom_cavity_model([[3.0]], -0.8, 0.6, cutoff=4)
    system = cc.atom_cavity_model([[3.0]], -0.8, 0.6)
    assert system.mode_dimensions[0] > 15
    assert system.notes["largest_photon_number"] == pytest.approx(2.25)


def test_a_cutoff_that_a_run_reaches_is_warned_of() -> None:
    # switched on at once the field overshoots its mean-field value by a factor of two
    small = cc.atom_cavity_model([[2.0]], -4.0, 0.2, transverse_field=0.1, cutoff=4)
    settings = {"method": "mesolve", "duration": 3.0, "steps": 60, "replicas": 1, "threads": 1}
    with pytest.warns(UserWarning, match="cutoff: a mode's highest Fock state was reached"):
        run = cc.trajectories(small, **settings)
    assert run.attrs["largest_cutoff_population"] > 1e-3
    assert "largest_cutoff_population" not in run
    enough = cc.trajectories(cc.atom_cavity_model([[2.0]], -4.0, 0.2, transverse_field=0.1), **settings)
    assert enough.attrs["largest_cutoff_population"] < 1e-4
    assert enough["photons"].dims == ("time", "mode")


@pytest.mark.parametrize("method", ["mesolve", "mcsolve"])
@pytest.mark.parametrize("given", [{"record": ("sigma_x",)}, {"record_steps": 1}, {"record_steps": [59]}])
def test_a_cutoff_is_watched_whatever_is_recorded(method: str, given: dict, tmp_path: Path) -> None:
    small = cc.atom_cavity_model([[2.0]], -4.0, 0.2, transverse_field=0.1, cutoff=4)
    settings = {"method": method, "duration": 3.0, "steps": 60, "replicas": 2, "path": tmp_path, **given}
    largest = []
    for _ in range(2):  # computed, and read again
        with pytest.warns(UserWarning, match="cutoff: a mode's highest Fock state was reached"):
            largest.append(cc.trajectories(small, **settings).attrs["largest_cutoff_population"])
    # the highest is reached in between, twice
    assert largest[0] == largest[1] > 10 * float(end_population(small, method))


def end_population(system: cc.OpenSystem, method: str) -> float:
    """What a look at the end alone would see."""
    settings = {"duration": 3.0, "steps": 60, "replicas": 2, "record": ("cutoff_population",), "record_steps": 1}
    with pytest.warns(UserWarning, match="cutoff"):
        return float(cc.trajectories(system, method=method, **settings)["cutoff_population"][-1].max())


def test_photons_of_a_driven_mode() -> None:
    # a spin that does not turn: a coherent state of |G|²/(Δ² + κ²)
    system = cc.atom_cavity_model([[1.0]], -2.0, 1.0, transverse_field=0.0, initial=[1.0, 0.0])
    run = cc.trajectories(system, duration=20.0, steps=20, replicas=1, threads=1)
    assert float(run["photons"][-1, 0]) == pytest.approx(0.25 / 5.0, abs=1e-5)


def test_memory_is_estimated_and_refused_with_the_bytes() -> None:
    with pytest.raises(ValueError, match=r"cutoff: a Hilbert space of 16 spins.*e\+\d+ bytes"):
        cc.atom_cavity_model(np.ones((16, 4)), -20.0, 4.0, cutoff=40)
    with pytest.raises(ValueError, match=r"40 spins.*bytes \(.*available"):
        cc.atom_only_model(np.ones((40, 1)), -20.0, 4.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cutoff": 1}, "cutoff: must be at least 2"),
        ({"cutoff": [5, 5]}, "cutoff: one number"),
        ({"g": [1.0, 2.0]}, "g: one row a site"),
        ({"g": np.zeros((0, 1))}, "g: one atom"),
        ({"loss": -1.0}, "loss: "),
        ({"ramp": lambda u: u}, "duration: a ramp"),
        ({"ramp": lambda u: u - 0.5, "duration": 1.0}, "ramp: .*not negative"),
        ({"ramp": -1.0}, "ramp: must be at least 0"),
        ({"duration": 0.0}, "duration: must be greater than 0"),
        ({"transverse_field": math.nan}, "transverse_field: must be finite"),
    ],
)
def test_bad_input(arguments: dict, message: str) -> None:
    given = {"g": G, "detuning": -20.0, "loss": 4.0} | arguments
    with pytest.raises(ValueError, match=message):
        cc.atom_cavity_model(**given)


def test_a_flag_is_a_flag() -> None:
    with pytest.raises(TypeError, match="keep_transverse"):
        cc.atom_only_model(G, -20.0, 4.0, keep_transverse="no")


@pytest.mark.parametrize("detuning", [-1.0, 1.0])
def test_a_resonance_without_loss_cannot_be_eliminated(detuning: float) -> None:
    with pytest.raises(ValueError, match=r"detuning: mode 0 has no loss and is in resonance .* = 1: .*atom_cavity"):
        cc.atom_only_model(G, detuning, 0.0)
    for system in (cc.atom_only_model(G, detuning, 0.1), cc.atom_only_model(G, detuning, 0.0, keep_transverse=False)):
        assert np.isfinite(system.hamiltonian.full()).all()


@pytest.mark.parametrize("mean", [0.05, 0.8, 3.0])
def test_what_a_cutoff_misses_is_the_tail_of_a_coherent_state(mean: float) -> None:
    # |G| = 1/2 and Δ = -1/(2√mean): the steady field has the mean photon number
    delta = -0.5 / math.sqrt(mean)
    for size in range(2, 12):
        lost = 1.0 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(size - 1))
        if lost > 1e-3:
            with pytest.raises(ValueError, match=f"fill the last with probability {lost:.2g};"):
                cc.atom_cavity_model([[1.0]], delta, 0.0, cutoff=size)
        else:
            assert cc.atom_cavity_model([[1.0]], delta, 0.0, cutoff=size).mode_dimensions == (size,)
