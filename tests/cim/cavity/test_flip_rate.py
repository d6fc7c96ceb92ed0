"""The cavity flip rate against the exact Liouvillian, against ordinary quadrature, and in its limits."""

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from cim.cavity import FlipRate, effective_temperature, multimode_couplings, multimode_self_couplings
from ising_problems.threads import single_threaded_algebra

GAPS = {1.0: 3.404e-4, 2.0: 1.4123e-4}


def _liouvillian(field: float, coupling: float, detuning: float, loss: float, transverse: float, levels: int) -> Any:
    """One spin 1/2 and one mode: the generator and the operator σ_x on both."""
    import qutip as qt

    a, one = qt.tensor(qt.qeye(2), qt.destroy(levels)), qt.qeye(levels)
    s_x, s_z = (0.5 * qt.tensor(pauli, one) for pauli in (qt.sigmaz(), qt.sigmax()))  # the basis along x
    H = -detuning * a.dag() * a + transverse * s_z + coupling * s_x * (a + a.dag()) + field * s_x
    return qt.liouvillian(H, [np.sqrt(2 * loss) * a]), 2 * s_x


@cache
def _exact(field: float, levels: int, transverse: float = 0.05) -> tuple[float, float]:
    """Slowest rate of decay, and the steady state's <σ_x>, by dense diagonalisation."""
    import qutip as qt

    generator, sigma_x = _liouvillian(field, 1.5, -4.0, 1.0, transverse, levels)
    with single_threaded_algebra():
        values = np.linalg.eigvals(generator.full())
        steady = qt.steadystate(generator, method="direct")
    return float(np.sort(np.abs(values.real))[1]), float(qt.expect(sigma_x, steady))


def _by_quad(rate: FlipRate, energy: float) -> float:
    """The integral as it stands in the module, by SciPy, piece by piece."""
    g, delta, kappa = rate.couplings, rate.detuning, rate.loss

    def integrand(t: float) -> float:
        fading = 1 - np.exp((1j * delta - kappa) * t)
        phi = (g**2 * (kappa * t / (delta**2 + kappa**2) + fading / (delta + 1j * kappa) ** 2)).sum()
        exponent = 0.5 * (rate.noise * t) ** 2
        if rate.ohmic is not None:
            exponent += 0.5 * rate.ohmic[0] * np.log1p((rate.ohmic[1] * t) ** 2)
        return float(np.exp(-1j * energy * t - phi - exponent).real)

    end = 45.0 / float(rate.dephasing)
    end = min(end, 9.5 / rate.noise) if rate.noise else end
    edges = np.linspace(0.0, end, 120)
    pieces = (quad(integrand, a, b, epsabs=1e-13, epsrel=1e-10, limit=200)[0] for a, b in pairwise(edges))
    return 0.5 * rate.transverse_field**2 * sum(pieces)


@pytest.mark.parametrize(
    ("couplings", "detuning", "loss", "options"),
    [
        (1.5, -4.0, 1.0, {}),
        (0.5, -4.0, 1.0, {}),
        (3.0, -1.0, 0.5, {}),
        (7.0, -1.0, 1.0, {}),
        (3.0, -4.0, 1.0, {"noise": 2.0}),
        (1.0, -20.0, 1.0, {"noise": 4.0}),
        ([1.5, 0.7, -0.4], [-4.0, -6.0, -1.5], [1.0, 0.5, 2.0], {}),
        ([1.5, 0.7], [-4.0, -6.0], 1.0, {"noise": 0.3}),
        (1.5, -4.0, 1.0, {"ohmic": (0.3, 10.0)}),
        (0.9, -4.0, 1.0, {"ohmic": (2.0, 0.1)}),
        (1.5, -4.0, 1.0, {"noise": 0.7, "ohmic": (0.8, 30.0)}),
    ],
)
def test_the_integral_is_that_of_ordinary_quadrature(couplings: Any, detuning: Any, loss: Any, options: Any) -> None:
    rate = FlipRate(couplings, detuning, loss, 0.3, **options)
    energies = [-3.0, -0.2, 0.0, 1.0, 5.0]
    values, errors = rate.with_error(energies)
    np.testing.assert_allclose(values, [_by_quad(rate, e) for e in energies], rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(rate(energies), values, rtol=1e-12, atol=2 * errors.max())
    assert (errors < 1e-8 * values).all() and (values > 0).all()


def test_the_ohmic_exponent_is_the_integral_over_the_spectrum() -> None:
    from cim.cavity.flip_integral import Memory

    strength, cutoff, time = 0.7, 3.0, 1.9
    memory = Memory.of(np.ones(1), -np.ones(1), np.ones(1), 0.0, (strength, cutoff))
    spectrum = quad(lambda w: strength * np.exp(-w / cutoff) * (1 - np.cos(w * time)) / w, 0, np.inf, limit=400)[0]
    assert float(memory.noise_exponent(np.array(time))) == pytest.approx(spectrum, rel=1e-8)


def test_each_ensemble_may_have_couplings_of_its_own() -> None:
    rows = np.array([[1.0, 0.3], [0.4, 2.0], [0.0, 1.0]])
    together = FlipRate(rows, [-4.0, -2.0], 1.0)
    energies = np.linspace(-2, 2, 12).reshape(4, 3)
    alone = np.stack([FlipRate(row, [-4.0, -2.0], 1.0)(energies[:, i]) for i, row in enumerate(rows)], axis=1)
    np.testing.assert_allclose(together(energies), alone, rtol=1e-12)
    # modes that are alike act as one
    np.testing.assert_allclose(FlipRate([3.0, 4.0], -4.0, 1.0)(energies), FlipRate(5.0, -4.0, 1.0)(energies), rtol=1e-9)


def test_it_is_the_gap_of_the_liouvillian() -> None:
    """And neither the limit of weak coupling nor φ without its oscillating part is."""
    rate = FlipRate(1.5, -4.0, 1.0, transverse_field=0.05)
    for field, tolerance in ((1.0, 0.01), (2.0, 0.003)):
        gap, polarisation = _exact(field, 12)
        assert gap == pytest.approx(GAPS[field], rel=2e-3)
        down, up = float(rate(-field)), float(rate(field))
        assert down + up == pytest.approx(gap, rel=tolerance)
        assert abs(polarisation) == pytest.approx((down - up) / (down + up), abs=1e-3)
        if field == 2.0:
            assert abs(polarisation) == pytest.approx(0.76083, abs=1e-4)
        weak = rate.weak_coupling(-field) + rate.weak_coupling(field)
        assert abs(weak / gap - 1) > 5 * tolerance
        only_dephasing = 0.5 * 0.05**2 * 2 * rate.dephasing / (field**2 + rate.dephasing**2)
        assert abs(only_dephasing / gap - 1) > 3 * tolerance  # and it has no direction: its polarisation is 0


def test_it_is_the_resolvent_of_the_modes_between_two_settled_configurations() -> None:
    """Two modes, three atoms a site, probed: no formula for φ, and δE from the couplings with their self-couplings.

    To second order in ω_z the rate from m to m' is ω_z²/2 times the real part of -Tr[L⁻¹ ρ], where ρ is the light at
    rest for m, and L moves operators of the light with H(m') on the left and H(m) on the right.
    """
    import qutip as qt

    levels, atoms = (7, 6), 3
    delta, kappa, probe = np.array([-3.1, -1.7]), np.array([0.6, 1.3]), np.array([0.2 + 0.1j, -0.1])
    g = np.array([[0.5, -0.35], [0.3, 0.55]])
    modes = [qt.tensor(qt.destroy(levels[0]), qt.qeye(levels[1])), qt.tensor(qt.qeye(levels[0]), qt.destroy(levels[1]))]

    def hamiltonian(m: np.ndarray) -> Any:
        terms = zip(delta, modes, m @ g, probe, strict=True)
        return sum(-d * a.dag() * a + f * (a + a.dag()) + p * a.dag() + np.conj(p) * a for d, a, f, p in terms)

    def exact(before: np.ndarray, after: np.ndarray) -> float:
        light = (before @ g + probe) / (delta + 1j * kappa)
        rest = qt.ket2dm(qt.tensor(*(qt.coherent(k, a, method="analytic") for k, a in zip(levels, light, strict=True))))
        generator = -1j * (qt.spre(hamiltonian(after)) - qt.spost(hamiltonian(before)))
        generator += sum(2 * k * qt.lindblad_dissipator(a) for k, a in zip(kappa, modes, strict=True))
        moved = np.linalg.solve(generator.full(), qt.operator_to_vector(rest).full().ravel())
        return float(-(qt.operator_to_vector(qt.qeye(list(levels))).full().ravel() @ moved).real / 2)

    model = multimode_couplings(g, delta, kappa, probe=probe, spin=atoms / 2)
    own = multimode_self_couplings(g, delta, kappa, spin=atoms / 2)
    rate = FlipRate(g, delta, kappa)

    def energy(m: np.ndarray) -> float:
        s = m / (atoms / 2)
        return float(-0.5 * s @ model.J @ s - own @ s**2 - model.h @ s)

    for before, site, way in (([-0.5, 0.5], 0, 1), ([-0.5, 0.5], 1, 1), ([0.5, 0.5], 1, -1)):
        m, after = np.array(before), np.array(before)
        after[site] += way
        change = energy(after) - energy(m)
        wanted = exact(m, after)
        assert rate(np.full(2, change))[site] == pytest.approx(wanted, rel=1e-4)
        # the twins: the self-coupling forgotten, and the other sign
        bare = change + own[site] / (atoms / 2) ** 2 * ((m[site] + way) ** 2 - m[site] ** 2)
        assert bare == change or abs(rate(np.full(2, bare))[site] / wanted - 1) > 1e-3
        assert abs(rate(np.full(2, -change))[site] / wanted - 1) > 0.01


def test_the_reference_has_enough_levels() -> None:
    assert _exact(1.0, 8)[0] == pytest.approx(_exact(1.0, 12)[0], rel=1e-5)
    assert abs(_exact(1.0, 2)[0] / _exact(1.0, 12)[0] - 1) > 1e-2  # the twin: a cut-off that is too small


def test_detailed_balance_and_its_temperature() -> None:
    rate = FlipRate(1.5, -4.0, 1.0)
    assert float(rate(-1.0) / rate(1.0)) == pytest.approx(2.600, rel=1e-3)
    temperature = effective_temperature(-4.0, 1.0)
    assert temperature == 17 / 16
    weak = FlipRate(0.02, -4.0, 1.0)
    for energy in (0.05, 0.2):
        ratio = float(weak(-energy) / weak(energy))
        assert ratio == pytest.approx(np.exp(energy / temperature), rel=5e-3)
        assert abs(ratio / np.exp(energy / (1.2 * temperature)) - 1) > 5e-3  # the twin: 20 % hotter


def test_weak_coupling_is_the_limit() -> None:
    energies = np.array([-5.0, -1.0, 0.5, 2.0])
    distances = []
    for g in (0.4, 0.2, 0.1):
        rate = FlipRate([g, 0.5 * g], [-4.0, -7.0], [1.0, 0.4])
        distances.append(np.abs(rate(energies) / rate.weak_coupling(energies) - 1).max())
    assert distances[2] < 0.02
    # it is approached as g²
    assert distances[0] / distances[1] == pytest.approx(4, rel=0.3) and distances[1] / distances[2] == pytest.approx(
        4, rel=0.3
    )


def test_the_sum_rule() -> None:
    """The integral of K over all energies is π ω_z²/2, whatever the cavity and the noise: φ and C vanish at τ = 0."""
    for rate in (FlipRate(3.0, -4.0, 1.0, noise=2.0), FlipRate([1.0, 2.0], [-4.0, -2.0], 1.0, noise=0.5)):
        energies = np.linspace(-50, 50, 2001)
        assert np.trapezoid(rate(energies), energies) == pytest.approx(np.pi / 2, rel=5e-4)


def test_collective_rates() -> None:
    rate = FlipRate(1.5, -4.0, 1.0)
    one = float(rate(0.7))
    m = np.arange(-2.5, 3.0)
    np.testing.assert_allclose(rate.collective(0.7, m, 5, -1), one * (8.75 - m * (m - 1)))
    assert rate.collective(0.7, -2.5, 5, -1) == 0 and rate.collective(0.7, 2.5, 5, 1) == 0
    np.testing.assert_allclose(rate.collective(0.7, 0.5, 1, -1), one)  # a single atom is itself
    np.testing.assert_allclose(rate.collective(0.7, 2.5, 5, -1), 5 * one)  # as are all in step, of which any may turn
    with pytest.raises(ValueError, match=r"magnetisation: must go from -2\.5 to 2\.5 in steps of 1"):
        rate.collective(0.7, 2.0, 5, 1)
    with pytest.raises(ValueError, match="direction: must be -1 or 1"):
        rate.collective(0.7, 0.5, 5, 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"detuning": 4.0}, "detuning: must be negative .a pump red of the cavity."),
        ({"detuning": 0.0}, "detuning: must be negative"),
        ({"loss": 0.0}, "loss: must be positive, but it is 0"),
        ({"loss": [1.0, 2.0]}, "loss: a number, or one for each of the 1 modes, but the shape is .2,."),
        ({"couplings": 0.0}, "couplings: an atom that is coupled to no mode needs noise > 0"),
        ({"couplings": [[1.0], [0.0]]}, "couplings: an atom that is coupled to no mode"),
        ({"couplings": np.nan}, "couplings: must be finite, but it is nan"),
        (
            {"couplings": [[1.0, 2.0], [3.0, -np.inf]]},
            r"couplings: every entry must be finite, but couplings\[1, 1\] is -inf",
        ),
        ({"couplings": np.ones((1, 1, 1))}, r"couplings: numbers of shape .* but the shape is \(1, 1, 1\)"),
        (
            {"couplings": [1.0, 1.0], "detuning": [-1.0, np.nan]},
            r"detuning: every entry must be finite, but detuning\[1\] is nan",
        ),
        ({"loss": np.inf}, "loss: must be finite, but it is inf"),
        ({"couplings": 100.0}, "couplings: g² / .Δ² . κ². must not exceed 150"),
        ({"noise": -1.0}, "noise: must be at least 0"),
        ({"transverse_field": 0.0}, "transverse_field: must be greater than 0"),
        ({"ohmic": 3.0}, "ohmic: a pair .strength, cut-off frequency. is needed, but it is 3.0"),
        ({"ohmic": (1.0, 0.0)}, r"ohmic\[1\]: must be greater than 0"),
    ],
)
def test_what_has_no_rate_is_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        FlipRate(**{"couplings": 1.0, "detuning": -4.0, "loss": 1.0, **arguments})


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="energy_change: must be finite, but it is inf"):
        FlipRate(1.0, -4.0, 1.0)(np.inf)
    with pytest.raises(
        ValueError, match=r"energy_change: every entry must be finite, but energy_change\[0, 2\] is nan"
    ):
        FlipRate(1.0, -4.0, 1.0).with_error([[0.0, 1.0, np.nan]])
    with pytest.raises(ValueError, match="energy_change: the last axis must hold the 2 ensembles"):
        FlipRate([[1.0], [2.0]], -4.0, 1.0)(np.zeros(3))
    with pytest.raises(ValueError, match=r"energy_change: the integral up to the time .* turns .* times"):
        FlipRate(1.0, -4.0, 1.0)(1e9)
    with pytest.raises(ValueError, match="detuning: must be negative; above resonance there is no temperature"):
        effective_temperature(1.0, 1.0)
    with pytest.raises(ValueError, match="loss: must be finite, but it is nan"):
        effective_temperature(-1.0, np.nan)
    with pytest.raises(ValueError, match=r"detuning: every entry must be finite, but detuning\[1\] is -inf"):
        effective_temperature([-1.0, -np.inf], 1.0)
    with pytest.raises(ValueError, match="loss: must be at least 0, but it is -1"):
        effective_temperature(-1.0, -1.0)
    with pytest.raises(ValueError, match="energy_change: must be finite, but it is nan"):
        FlipRate(1.0, -4.0, 1.0).weak_coupling(np.nan)
    with pytest.raises(ValueError, match="energy_change: the last axis must hold the 2 ensembles"):
        FlipRate([[1.0], [2.0]], -4.0, 1.0).weak_coupling(np.zeros(3))
    with pytest.raises(TypeError, match="atoms: must be an integer"):
        FlipRate(1.0, -4.0, 1.0).collective(0.0, 0.5, "1", 1)
    with pytest.raises(ValueError, match="magnetisation: must be finite, but it is nan"):
        FlipRate(1.0, -4.0, 1.0).collective(0.0, np.nan, 1, 1)
