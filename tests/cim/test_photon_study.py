"""The study of how many photons a machine needs, and its picture."""

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
import xarray as xr

import cim
import ising_problems as ip
from landscapes import cell_generator

matplotlib.use("Agg")


def _models(count: int = 3) -> list[ip.IsingModel]:
    return [ip.sherrington_kirkpatrick(24, seed=k) for k in range(count)]


def _study(**arguments: object) -> xr.Dataset:
    given = {"photons": [0.01, 0.3, 30.0], "dynamics": ["cim", "bsb"], "steps": 120, "replicas": 6}
    return cim.photon_study(_models(), **{**given, **arguments})


def test_energies_are_those_of_simulate() -> None:
    study = _study(seed=5, readout="homodyne", efficiency=0.5)
    seed = int(cell_generator(5, {"instance": 1, "dynamics": "bsb"}).integers(2**62))
    at = study.sel(instance=1, dynamics="bsb")
    for photons, energy in ((None, at["exact_energy"]), (0.3, at["energy"].sel(photons=0.3))):
        budget = None if photons is None else cim.PhotonBudget(photons, efficiency=0.5, readout="homodyne")
        run = cim.simulate(_models()[1], dynamics="bsb", steps=120, replicas=6, photons=budget, seed=seed)
        assert float(energy) == pytest.approx(float(run["final_ising_energy"].mean()) / 24, abs=1e-12)
    losses = study["energy"] - study["exact_energy"]
    np.testing.assert_allclose(study["loss"], losses.mean("instance"))
    np.testing.assert_allclose(study["loss_error"], losses.std("instance", ddof=1) / np.sqrt(3))
    np.testing.assert_allclose(study["mean_energy"], study["energy"].mean("instance"))
    xr.testing.assert_equal(_study(seed=5, readout="homodyne", efficiency=0.5, threads=2), study)


def test_more_light_loses_less_and_the_tolerance_says_how_much_is_needed() -> None:
    study = _study(photons=[0.001, 0.1, 10.0, 1000.0], steps=250, replicas=12)
    for name in ("cim", "bsb"):
        loss = study["loss"].sel(dynamics=name).values
        assert loss[0] > 0.3 and abs(loss[-1]) < 0.01
        assert loss[0] > loss[1] > loss[2] - 0.01
        allowed = 0.01 * abs(float(study["exact_energy"].sel(dynamics=name).mean()))
        needed = float(study["needed"].sel(dynamics=name))
        assert np.interp(np.log(needed), np.log(study["photons"].values), loss) == pytest.approx(allowed, rel=1e-6)
    few = _study(photons=[0.001, 0.01])
    assert np.isnan(few["needed"]).all()  # none of them is enough
    many = _study(photons=[1e6, 1e7])
    np.testing.assert_allclose(many["needed"], 1e6)


def test_settings_reach_the_machine() -> None:
    study = _study(settings={"cim": {"dt": 0.4, "momentum": 0.5}})
    assert not study["exact_energy"].sel(dynamics="cim").equals(_study()["exact_energy"].sel(dynamics="cim"))
    np.testing.assert_array_equal(study["energy"].sel(dynamics="bsb"), _study()["energy"].sel(dynamics="bsb"))


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"photons": [0.1, 0.1]}, ValueError, "photons: they must increase"),
        ({"photons": [-1.0]}, ValueError, "photons: positive numbers"),
        ({"photons": []}, ValueError, "photons: positive numbers"),
        ({"dynamics": "cim"}, TypeError, "dynamics: a sequence of names"),
        ({"dynamics": ["cimm"]}, ValueError, "dynamics: 'cimm' is not one of"),
        ({"settings": {"dsb": {}}}, ValueError, "settings: 'dsb' is not one of the dynamics"),
        ({"readout": "eye"}, ValueError, "readout: 'eye'"),
        ({"tolerance": 0.0}, ValueError, "tolerance: must be greater than 0"),
    ],
)
def test_the_door_names_the_argument(changes: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        _study(**changes)
    with pytest.raises(ValueError, match=r"instances\[0\]: it has no spins"):
        cim.photon_study([ip.IsingModel([])])


def test_the_picture_shows_every_dynamics_and_what_is_needed() -> None:
    study = _study(photons=[0.01, 0.3, 30.0, 300.0], dark_counts=0.2)
    ax = cim.plotting.photon_budget(study)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[:2] == ['"cim"', '"bsb"'] and "exact" in labels and "within 1 % of exact" in labels
    assert ax.get_xscale() == "log" and "0.2 dark counts" in ax.get_title(loc="left")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), study["mean_energy"].sel(dynamics="cim"))
    assert cim.plotting.photon_budget(study, show="loss").get_yscale() == "log"
    with pytest.raises(TypeError, match=r"study: the Dataset of cim\.photon_study"):
        cim.plotting.photon_budget(3)
    with pytest.raises(ValueError, match="study: it has no 'loss' and no 'needed'; pass what"):
        cim.plotting.photon_budget(study.drop_vars(["loss", "needed"]))
    with pytest.raises(ValueError, match="show: 'heat' is not one of energy, loss"):
        cim.plotting.photon_budget(study, show="heat")
    one = cim.plotting.photon_budget(study.isel(photons=[1]))
    np.testing.assert_allclose(one.lines[0].get_xdata(), [0.3])
    matplotlib.pyplot.close("all")
