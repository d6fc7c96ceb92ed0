"""The Python of ``docs/sampling.md`` runs as it stands, and the picture is made by what it says."""

import re
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import ising_problems as ip
import landscapes as ls

matplotlib.use("Agg")

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sampling.md").read_text(encoding="utf-8")
*BLOCKS, PICTURE = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_blocks_run_and_say_what_is_so(run_blocks: Any) -> None:
    names, values = run_blocks(BLOCKS)
    energy, error = values["(run['mean_energy'] / 64, run['mean_energy_error'] / 64)"]
    assert (np.diff(energy) > 0).all() and (error < 0.01).all()
    assert np.ptp(names["ladder"].acceptance) < 0.1 and names["ladder"].acceptance.mean() > 0.37
    assert values["ls.logarithmic_binning(long['energy'].values)['agrees']"].all()
    said = values["(state.energy, state.entropy, state.overlaps[-1])"]
    assert said == pytest.approx((-0.7115, 0.159, 0.637), abs=6e-4)
    # the free energy at T = 2.4, but for loops of couplings: -T (n ln 2 + Σ ln cosh J/T)
    bonds = np.log(np.cosh(np.triu(names["model"].J, 1) / 2.4)).sum()
    cooled = float(names["free"]["free_energy"].sel(temperature=2.4, method="nearest"))
    assert cooled == pytest.approx(-2.4 * (64 * np.log(2) + bonds), abs=0.5)


def test_the_table_of_energies_is_the_theory() -> None:
    rows = re.findall(r"^\| (\d\.\d+) \| (−0\.\d+) \| (−0\.\d+)\((\d+)\) \|$", PAGE, flags=re.MULTILINE)
    assert len(rows) == 5
    for temperature, theory, sampled, error in rows:
        energy = ls.theory.sk_equilibrium(float(temperature)).energy
        assert float(theory.replace("−", "-")) == pytest.approx(energy, abs=6e-6)
        assert abs(float(sampled.replace("−", "-")) - energy) < 3.5 * 1e-4 * float(error)


@pytest.mark.slow
def test_the_picture_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(PICTURE, {"ip": ip, "ls": ls})
    assert (tmp_path / "sampling.png").stat().st_size > 50_000
