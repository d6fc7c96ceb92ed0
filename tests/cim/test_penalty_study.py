"""The study that sweeps the penalty: what it records, and that it shows what the bound says."""

import numpy as np
import pytest

import cim
import ising_problems as ip

TRIANGLE = [(0, 1), (1, 2), (0, 2), (2, 3)]


def study(**arguments):
    return cim.penalty_study(ip.VertexCover(TRIANGLE), runs=3, seed=1, **arguments)


def test_below_the_bound_answers_fail_and_above_it_none_does():
    problem = ip.VertexCover(TRIANGLE)
    found = study(penalties=[0.3 * problem.penalty_bound(), 1.01 * problem.penalty_bound()])
    assert found["feasible"].dims == ("penalty", "run")
    assert found["feasible"].values.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert (found["violations"].values[0] > 0).all()
    assert found["violations"].values[1].tolist() == [0, 0, 0]
    assert found["objective"].values[1].tolist() == [2, 2, 2]
    assert found.attrs["bound"] == problem.penalty_bound()
    assert found.attrs["problem"] == "VertexCover"
    assert found.attrs["status"] == "completed"


def test_default_penalties_lie_on_both_sides_of_the_bound():
    found = study()
    below = found["penalty"].values < found.attrs["bound"]
    assert below.any()
    assert not below.all()
    assert found["feasible"].values[~below].all()


def test_repair_hides_what_the_penalty_does():
    assert study(penalties=[0.01], repair=True)["feasible"].values.all()


def test_a_seed_repeats_the_study_and_it_can_be_saved(tmp_path):
    import xarray as xr

    first = study(penalties=[0.5, 2.0])
    xr.testing.assert_identical(first, study(penalties=[0.5, 2.0]))
    first.to_netcdf(tmp_path / "study.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "study.nc", engine="h5netcdf") as read:
        xr.testing.assert_allclose(read.load(), first)


def test_ctrl_c_keeps_what_was_measured(monkeypatch):
    from cim import _penalty_study

    calls = []

    def solve(*arguments, **options):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return cim.solve(*arguments, **options)

    monkeypatch.setattr(_penalty_study, "solve", solve)
    found = study(penalties=[0.5, 2.0])
    assert found.attrs["status"] == "interrupted"
    assert np.isnan(found["energy"].values).sum() == 4
    assert cim.plotting.penalty_study(found) is not None


def test_what_cannot_be_studied_is_refused():
    with pytest.raises(TypeError, match="problem: a Problem is needed"):
        cim.penalty_study(ip.IsingModel([[0, 1], [1, 0]]))
    with pytest.raises(ValueError, match="penalty: this MaxCut has none"):
        cim.penalty_study(ip.MaxCut(TRIANGLE))
    with pytest.raises(ValueError, match="penalty: must be"):
        study(penalties=[-1.0])
    with pytest.raises(ValueError, match="penalties: at least one"):
        study(penalties=[])
    with pytest.raises(ValueError, match="runs: "):
        cim.penalty_study(ip.VertexCover(TRIANGLE), runs=0)


def test_its_picture_names_axes_and_bound():
    ax = cim.plotting.penalty_study(study(penalties=[0.3, 0.9, 2.0]))
    assert ax.get_xlabel() == "penalty A"
    assert "feasible" in ax.get_ylabel()
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "feasible answers",
        "proven bound",
        "best feasible answer",
    }
