"""Compilation: where kernels are kept, what happens where they cannot be, and that NaN survives fast arithmetic."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from landscapes.jit import float32_bits, kernel

PROJECT = Path(__file__).resolve().parents[2]

REPORT = """
import sys
from landscapes.jit import cache_folder
import cim, ising_problems as ip
solution = cim.solve(ip.sherrington_kirkpatrick(30, seed=0), steps=20, replicas=2, seed=0)
print(cache_folder())
print(solution.info["timings"]["compilation"] > 0.0)
print(repr(solution.energy))
"""


def _installed_copy(folder: Path) -> Path:
    """The packages without any compiled kernels, in a folder in which no cache folder can be made.

    Permission bits do not bind a superuser, so the place that Numba would write to is taken by a file.
    """
    for package in ("cim", "landscapes", "ising_problems"):
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        for inner in [folder / package, *(p for p in (folder / package).rglob("*") if p.is_dir())]:
            (inner / "__pycache__").write_text("not a folder")
    return folder


def _run(folder: Path, **environment: str) -> tuple[list[str], str]:
    result = subprocess.run(
        [sys.executable, "-B", "-c", REPORT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split("\n"), result.stderr


@pytest.mark.slow
def test_read_only_installation_with_and_without_a_cache_folder(tmp_path: Path) -> None:
    folder = _installed_copy(tmp_path / "site")
    nowhere = tmp_path / "taken"
    nowhere.write_text("a file: no folder can be made below it")
    without = {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere), "NUMBA_CACHE_DIR": ""}
    # nowhere to keep anything: it works all the same, compiles in each process, and says so once
    for _ in range(2):
        (where, compiled, energy, _), notice = _run(folder, **without)
        assert (where, compiled) == ("None", "True")
        assert notice.count("NUMBA_CACHE_DIR") == 1
    # the user's own cache folder is taken where the installation cannot be written to
    home = {**without, "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home")}
    (where, compiled, same, _), notice = _run(folder, **home)
    assert where.startswith(str(tmp_path / "home")) and compiled == "True" and same == energy
    (where, compiled, same, _), notice = _run(folder, **home)
    assert compiled == "False" and same == energy and notice == ""
    # and a folder that is named goes first
    (where, compiled, same, _), notice = _run(folder, **{**home, "NUMBA_CACHE_DIR": str(tmp_path / "chosen")})
    assert where.startswith(str(tmp_path / "chosen")) and compiled == "True" and same == energy


@kernel
def _not_finite(values: np.ndarray) -> int:
    count = 0
    for value in values:
        if not np.isfinite(value):
            count += 1
    return count


def test_nan_and_infinity_are_seen_in_kernels() -> None:
    """Full fast-math would make this 0."""
    assert _not_finite(np.array([1.0, np.nan, np.inf, -np.inf, 0.0], dtype=np.float32)) == 3


@kernel
def _bits(values: np.ndarray, out: np.ndarray) -> None:
    for i in range(values.shape[0]):
        out[i] = float32_bits(values[i])


def test_float32_bits_are_the_bits() -> None:
    values = np.array([0.0, -0.0, 1.5, -2.25, np.nan, np.inf, 1e-42], dtype=np.float32)
    out = np.empty(len(values), dtype=np.int32)
    _bits(values, out)
    np.testing.assert_array_equal(out, values.view(np.int32))


@pytest.mark.slow
def test_a_change_of_an_inlined_function_compiles_the_kernels_anew(tmp_path: Path) -> None:
    """Numba alone would go on with the force of yesterday."""
    folder = tmp_path / "site"
    for package in ("cim", "landscapes", "ising_problems"):
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import cim, ising_problems as ip\n"
        "run = cim.simulate(ip.IsingModel([[0.0, 1.0], [1.0, 0.0]]), cim.constant(1.0), steps=300, replicas=1)\n"
        "print(abs(float(run['final_amplitude'][0, 0])))"
    )

    def amplitude() -> float:
        environment = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-B", "-c", code]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr
        return float(result.stdout)

    assert amplitude() == pytest.approx(np.sqrt(1.5), rel=1e-5)
    source = folder / "landscapes" / "energies.py"
    source.write_text(source.read_text().replace("amplitude * (pump -", "amplitude * (pump + pump -"))
    assert amplitude() == pytest.approx(np.sqrt(1.0 + 2 * 0.5), rel=1e-5)
