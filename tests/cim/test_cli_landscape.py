"""``cim landscape``: what it prints, writes and returns, and how it fails."""

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import ising_problems as ip
import landscapes as ls
from cim.cli import app

PICTURE = b"\x89PNG"
QUICK = ["--random-starts", "2", "--steps-per-unit", "50", "--seed", "1"]


@pytest.fixture
def fails(run):
    def call(*words):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        return err.removeprefix("cim: error: ").strip()

    return call


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "ring.mtx"
    couplings = np.roll(np.eye(8), 1, axis=1)
    ip.write(ip.IsingModel(couplings + couplings.T), path)
    return path


def test_phase_diagram_of_random_models(run, tmp_path):
    data, picture = tmp_path / "diagram.nc", tmp_path / "diagram.png"
    words = ["--sizes", "10,20", "--instances", "2", "--pumps=-2.5:0.5:4", *QUICK]
    code, out, _ = run("landscape", *words, "--plot", picture, "-o", data)
    assert code == 0 and picture.read_bytes().startswith(PICTURE)
    saved = xr.open_dataset(data, engine="h5netcdf")
    expected = ls.phase_diagram([-2.5, -1.5, -0.5, 0.5], [10, 20], 2, random_starts=2, steps_per_unit=50, seed=1)
    xr.testing.assert_equal(saved.load(), expected)
    assert "2 instances of 10, 20 spins, seed 1, completed" in out
    rigidity = ls.theory.transitions()["rigidity"]
    assert f"a = {rigidity.value:.4f} ± {rigidity.uncertainty:.1g}" in out
    rows = [line.split() for line in out.splitlines() if line.split()[:1] in (["10"], ["20"])]
    assert len(rows) == 8
    followed = expected["energy"].isel(start=[0, 1]).mean(["instance", "start"])
    assert float(rows[-1][2]) == pytest.approx(float(followed.sel(size=20, pump=0.5)), abs=6e-6)


def test_phase_diagram_of_a_file_is_in_units_of_its_couplings(run, ring, tmp_path):
    data = tmp_path / "ring.nc"
    assert run("landscape", ring, *QUICK, "-o", data)[0] == 0
    saved = xr.open_dataset(data, engine="h5netcdf")
    np.testing.assert_allclose(saved["pump"][[0, -1]], [-2.4, 1.0])  # λ_max = 2
    assert saved.sizes["instance"] == 1 and saved["size"].values.tolist() == [8]


def test_a_study_resumes_from_its_folder(run, tmp_path):
    words = ["--sk", "12", "--pumps=-1,0", *QUICK, "--folder", tmp_path / "kept"]
    first = run("landscape", *words)
    assert first[0] == 0 and (tmp_path / "kept" / "sweep.nc").is_file()
    assert run("landscape", *words) == first


@pytest.mark.parametrize("figure", ["spectrum", "amplitudes"])
def test_one_minimum(run, figure, tmp_path):
    picture, data = tmp_path / "one.png", tmp_path / "one.nc"
    words = ["--sk", "30", "--seed", "2", "--figure", figure, "--pump", "0.5", "--plot", picture, "-o", data]
    code, out, _ = run("landscape", *words)
    assert code == 0 and picture.read_bytes().startswith(PICTURE)
    model = ip.sherrington_kirkpatrick(30, seed=2)
    largest = np.linalg.eigvalsh(model.J)[-1]
    states = ls.adiabatic_minima(model, [0.5], steps_per_unit=2000 / largest, seed=2)
    np.testing.assert_array_equal(xr.open_dataset(data, engine="h5netcdf")["x"], states["x"])
    assert f"energy per spin  {float(states['energy'][0, 0]) / 30:.6f}" in out
    assert "converged: yes" in out


def test_saddles(run, tmp_path):
    picture = tmp_path / "saddles.svg"
    code, out, _ = run("landscape", "--sk", "12", "--figure", "saddles", "--pump=-0.5", "--plot", picture)
    assert code == 0 and picture.read_bytes().startswith(b"<?xml")
    assert "critical points at a = -0.5" in out


def test_errors(fails, ring):
    assert fails("landscape", "--figure", "odd").startswith("--figure: 'odd' is not one of phase-diagram")
    assert fails("landscape", ring, "--sk", "5") == "give one of FILE and --sk N"
    assert fails("landscape", ring, "--sizes", "5") == "--sizes: has no use with one model"
    assert fails("landscape", "--num-colors", "3") == "--num-colors: has no use with random models"
    assert fails("landscape", "--pump", "1") == "--pump: has no use with phase-diagram, which takes --pumps"
    assert fails("landscape", "--figure", "spectrum") == "--figure spectrum: is of one model; give FILE or --sk N"
    one = ["landscape", "--sk", "5", "--figure", "spectrum"]
    assert fails(*one, "--pumps", "0,1") == "--pumps: has no use with --figure spectrum"
    assert "--pumps: '1:2' is not of the form START:STOP:COUNT" in fails("landscape", "--pumps", "1:2")
    assert "--pumps: COUNT must be at least 1" in fails("landscape", "--pumps", "1:2:0")
    assert fails("landscape", "--pumps", "1,0", *QUICK).startswith("--pumps: must increase")
    assert fails(*one, "--pump", "nan").startswith("--pump")


def test_it_is_among_the_commands():
    result = CliRunner().invoke(app, ["landscape", "--help"])
    assert result.exit_code == 0 and "phase diagram in the pump" in result.output
