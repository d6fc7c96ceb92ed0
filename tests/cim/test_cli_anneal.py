"""``cim anneal``: schedules, options, pictures, divergence."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip

PICTURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


def test_anneal_a_random_model(run, tmp_path, rows):
    data = tmp_path / "run.nc"
    code, out, _ = run("anneal", "--sk", "30", "--steps", "300", "--replicas", "5", "--seed", "2", "-o", data)
    assert code == 0
    dataset = xr.load_dataset(data, engine="h5netcdf")
    model = ip.sherrington_kirkpatrick(30, seed=2)
    energies = model.energy(dataset["spins"].values)
    np.testing.assert_allclose(energies, dataset["final_ising_energy"].values, rtol=1e-12)
    report = rows(out)
    assert report["E/n"].startswith(f"{energies.mean() / 30:.4f} ± {energies.std(ddof=1) / 30:.4f}")
    assert report["best E/n"].startswith(f"{energies.min() / 30:.4f}")
    assert f"λ_max = {np.linalg.eigvalsh(model.J)[-1]:.4f}"[:-1] in report["threshold"]
    assert report["schedule"] == "linear(-2.2, 0.0), 300 steps"
    assert report["status"].startswith("completed")
    assert report["smallest dt"] == f"{dataset.attrs['smallest_dt']:.4g} of 0.2 asked for"


def test_anneal_a_problem(run, square, rows):
    code, out, _ = run("anneal", square, "--steps", "200", "--replicas", "2")
    assert code == 0
    assert rows(out)["best answer"] == "cut weight: 4, feasible"


def test_anneal_options_reach_the_machine(run, pair, tmp_path):
    data = tmp_path / "run.nc"
    options = {"--steps": 40, "--dt": 0.1, "--momentum": 0.25, "--clip": 0.75, "--noise": 0.01, "--replicas": 3}
    options["--photons"] = 0.7
    words = [str(word) for item in options.items() for word in item]
    assert run("anneal", pair, *words, "--threads", "1", "-o", data)[0] == 0
    dataset = xr.load_dataset(data, engine="h5netcdf")
    assert dataset.sizes["replica"] == 3
    for name, value in {"steps": 40, "dt": 0.1, "momentum": 0.25, "clip": 0.75, "noise": "0.01"}.items():
        assert dataset.attrs[name] == value
    assert dataset.attrs["photons"] == repr(cim.PhotonBudget(0.7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linear:-2.2:0", cim.linear(-2.2, 0)),
        ("smooth:-2:0.5", cim.smooth(-2, 0.5)),
        ("constant:0.5", cim.constant(0.5)),
        ("piecewise:0:-2.2,0.5:-1,1:0", cim.piecewise([(0, -2.2), (0.5, -1), (1, 0)])),
    ],
)
def test_schedules(run, pair, text, expected, rows):
    code, out, _ = run("anneal", pair, "--steps", "20", "--replicas", "1", "--schedule", text)
    assert code == 0
    assert rows(out)["schedule"] == f"{expected!r}, 20 steps"


def test_anneal_plot(run, tmp_path):
    path = tmp_path / "run.png"
    assert run("anneal", "--sk", "20", "--steps", "50", "--plot", path)[0] == 0
    assert path.read_bytes().startswith(PICTURES[".png"])


def test_divergence_is_exit_code_3(run, rows):
    code, out, _ = run("anneal", "--sk", "10", "--steps", "20", "--noise", "1e30")
    assert code == 3
    assert rows(out)["status"].startswith("diverged: ")


def test_the_figure_of_sizes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--sizes", "20,40", "--instances", "2", "--steps", "50", "--replicas", "2", "--seed", "3"]
    code, out, _ = run("anneal", "--figure", "sizes", *arguments, "--output", "sizes.nc")
    assert code == 0
    assert Path("sizes.png").read_bytes().startswith(PICTURES[".png"])
    study = xr.load_dataset("sizes.nc", engine="h5netcdf")
    assert study["cim"].shape == study["spectral"].shape == (2, 2)
    lines = out.splitlines()
    assert lines[2].split()[:3] == ["20", "2", f"{study['cim'].values[0].mean():.4f}"]
    assert lines[4].split() == ["theory", "-0.7632", "-0.6366"]
    assert "saved sizes.png" in out
