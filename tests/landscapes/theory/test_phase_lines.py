"""The table of the phase diagram's lines is what the solvers say, and obeys the identities between its columns."""

import numpy as np
import pytest

from landscapes import theory
from landscapes.theory._phase_lines import COLUMNS, phase_line


@pytest.mark.parametrize("pump", [-2.2, -1.5, 0.2])
def test_a_row_is_what_the_solvers_give(pump: float) -> None:
    lines = theory.phase_lines()
    k = int(np.argmin(np.abs(lines["pump"] - pump)))
    assert lines["pump"][k] == pytest.approx(pump)
    row = phase_line(pump)
    assert set(row) == set(COLUMNS) == set(lines)
    for name in COLUMNS:
        assert lines[name][k] == pytest.approx(row[name], abs=2e-4), name


def test_the_derivative_of_the_energy_is_minus_half_of_q() -> None:
    """de/da = -q/2 along the ground state: the integral of q between rows, by Simpson's rule."""
    lines = theory.phase_lines()
    pumps = np.round(np.arange(-1.9, 2.01, 0.1), 10)
    chosen = [int(np.argmin(np.abs(lines["pump"] - pump))) for pump in pumps]
    energy, q = lines["ground_energy"][chosen], lines["q"][chosen]
    integral = -0.5 * (q[:-2] + 4 * q[1:-1] + q[2:]) * 0.1 / 3
    np.testing.assert_allclose(energy[2:] - energy[:-2], integral, atol=2e-5)


def test_the_gap_opens_at_the_rigidity_transition() -> None:
    lines = theory.phase_lines()
    rigid = theory.transitions()["rigidity"]
    pump, edge, marginality = lines["pump"], lines["edge"], lines["marginality"]
    flat = (pump > -2.0) & (pump < rigid.value - 0.05)
    assert flat.any() and np.all(edge[flat] == 0.0) and np.all(marginality[flat] == 1.0)
    gapped = pump > rigid.value + 0.02
    assert np.all(edge[gapped] > 0.0) and np.all(marginality[gapped] < 1.0)
    assert np.all(np.diff(edge[gapped]) > 0.0)


def test_lines_end_where_they_should() -> None:
    lines = theory.phase_lines()
    below = lines["pump"] <= -2.0
    assert np.all(lines["ground_energy"][below] == 0.0) and np.all(lines["all_sigma"][below] == 0.0)
    np.testing.assert_allclose(lines["edge"][below], -2.0 - lines["pump"][below], atol=1e-12)
    # minima are some of the critical points, and the ground state is the lowest of the minima
    assert np.all(lines["minima_sigma"] <= lines["all_sigma"] + 1e-9)
    assert np.all(lines["ground_energy"] <= lines["minima_energy"] + 1e-6)


def test_the_table_is_the_callers_own() -> None:
    theory.phase_lines()["pump"][:] = 0.0
    assert np.ptp(theory.phase_lines()["pump"]) > 4.0
