"""Pictures of the quantum glass: what is on them, and that bad input is refused by name."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot

import ising_problems as ip
from cim import plotting
from cim.cavity import glass_study


@pytest.fixture(autouse=True)
def untouched():
    """Every test leaves matplotlib's settings as they were; figures are closed after it."""
    settings = matplotlib.rcParams.copy()
    yield
    pyplot.close("all")
    assert matplotlib.rcParams == settings


@pytest.fixture(scope="module")
def study() -> xr.Dataset:
    models = [ip.sherrington_kirkpatrick(4, seed=k) for k in range(3)]
    return glass_study(models, loss_ratios=[0.005, 0.2], durations=[5.0, 30.0], replicas=5, time_step=0.1, moments=5)


def _legend(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_ramp_shows_both_readings_of_both_kinds_and_the_entropy(study: xr.Dataset) -> None:
    panels = plotting.glass_ramp(study, loss_ratio=0.2, duration=30.0)
    assert _legend(panels[0]) == ["quantum", "quantum, rounded", "semiclassical", "semiclassical, rounded"]
    at = study.sel(loss_ratio=0.2, duration=30.0)
    soft = at["mean_excess_energy_profile"].sel(dynamics="diffusion")
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), soft)
    entropy = at["mean_entropy_profile"].sel(dynamics="diffusion")
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), entropy)
    assert len(panels[1].lines) == 1 and len(panels[0].collections) == 4
    assert "4 spins, 3 instances; κ/|Δ| = 0.2, T = 30" in panels[0].get_title(loc="left")
    _, axes = pyplot.subplots(2)
    assert plotting.glass_ramp(study, axes=axes)[0] is axes[0]


def test_the_overlaps_show_probabilities_and_their_sums(study: xr.Dataset) -> None:
    panels = plotting.glass_overlaps(study)
    assert _legend(panels[1]) == ["independent spins", "quantum", "semiclassical"]
    heights = [bar.get_height() for bar in panels[0].patches[:5]]
    expected = study.isel(loss_ratio=0, duration=0)["mean_overlap_probability"].sel(dynamics="diffusion")
    np.testing.assert_allclose(heights, expected)
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), np.cumsum(expected))
    np.testing.assert_allclose(panels[1].lines[-1].get_ydata(), np.cumsum([1, 4, 6, 4, 1]) / 16)


def test_the_map_has_a_cell_for_each_loss_and_duration(study: xr.Dataset) -> None:
    ax = plotting.heating_map(study)
    mesh = ax.collections[0]
    advantage = study["advantage"].sel(reading="soft")
    np.testing.assert_allclose(mesh.get_array().ravel(), advantage.values.ravel())
    low, high = mesh.get_clim()
    assert low == -high  # white is zero
    texts = [text.get_text() for text in ax.texts]
    assert texts == [f"{v:+.2f}".replace("-", "−") if abs(v) >= 0.005 else "0" for v in advantage.values.ravel()]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5", "30"]
    assert not plotting.heating_map(study, reading="rounded", values=False).texts
    kept = study[["advantage", "advantage_error"]]  # as it is read back from a file
    kept.attrs = {"num_spins": 4, "instances": 3}
    assert plotting.heating_map(kept, reading="unfavourable").get_title(loc="left").startswith("4 spins, 3 instances")


def test_the_door_names_the_argument(study: xr.Dataset) -> None:
    for draw in (plotting.glass_ramp, plotting.glass_overlaps, plotting.heating_map):
        with pytest.raises(TypeError, match=r"study: the Dataset of cim\.cavity\.glass_study"):
            draw([1, 2])
        with pytest.raises(ValueError, match="study: it has no"):
            draw(xr.Dataset())
    with pytest.raises(ValueError, match=r"loss_ratio: the study has 0\.005, 0\.2, but not 0\.3"):
        plotting.glass_ramp(study, loss_ratio=0.3)
    with pytest.raises(ValueError, match="duration: the study has 5, 30, but not 20"):
        plotting.glass_overlaps(study, duration=20)
    with pytest.raises(TypeError, match=r"loss_ratio: must be a number, but it is '0\.2'"):
        plotting.glass_ramp(study, loss_ratio="0.2")
    with pytest.raises(ValueError, match=r"reading: \['soft'\] is not one of soft"):
        plotting.heating_map(study, reading=["soft"])
    with pytest.raises(ValueError, match=r"study: 'duration' is 5\.0 alone .* as in \.sel\(duration=\[5\.0\]\)"):
        plotting.glass_overlaps(study.isel(duration=0))
    with pytest.raises(ValueError, match="reading: 'hard' is not one of soft"):
        plotting.heating_map(study, reading="hard")
    with pytest.raises(ValueError, match="study: a map needs two positive loss ratios and two durations"):
        plotting.heating_map(study.isel(duration=[0]))
    with pytest.raises(ValueError, match="axes: 2 Axes are needed, but there are 1"):
        plotting.glass_ramp(study, axes=[pyplot.gca()])
