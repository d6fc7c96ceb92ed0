"""Pictures of the landscape: what is drawn is what was measured and what theory says."""

from collections.abc import Iterator

import matplotlib
import matplotlib.figure
import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
from landscapes import plotting
from landscapes.plotting.statistics import mean_and_error

matplotlib.use("Agg")
from matplotlib import pyplot

PUMPS = [-2.2, -1.0, 0.0, 1.0]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def diagram() -> xr.Dataset:
    return ls.phase_diagram(PUMPS, [20, 40], 3, random_starts=2, steps_per_unit=100, seed=0)


@pytest.fixture(scope="module")
def states() -> xr.Dataset:
    return ls.adiabatic_minima(ip.sherrington_kirkpatrick(60, seed=0), PUMPS, replicas=2)


def _labels(ax: matplotlib.axes.Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


# ---------------------------------------------------------------- phase diagram


def test_points_are_means_over_instances_and_lines_are_theory(diagram: xr.Dataset) -> None:
    panels = plotting.phase_diagram(diagram)
    panels[0].figure.canvas.draw()
    lines = ls.theory.phase_lines()
    np.testing.assert_array_equal(panels[0].lines[0].get_xdata(), lines["pump"])
    np.testing.assert_array_equal(panels[0].lines[0].get_ydata(), lines["ground_energy"])
    followed = diagram["energy"].sel(size=20).isel(start=[0, 1]).mean("start").transpose("pump", "instance").values
    bar = panels[0].containers[0]
    np.testing.assert_allclose(bar.lines[0].get_ydata(), followed.mean(axis=1))
    reach = [segment[1, 1] - segment[0, 1] for segment in bar.lines[2][0].get_segments()]
    np.testing.assert_allclose(reach, 2 * followed.std(axis=1, ddof=1) / np.sqrt(3), atol=1e-12)
    assert _labels(panels[0])[3:] == [
        "n = 20, followed up",
        "n = 20, random starts",
        "n = 40, followed up",
        "n = 40, random starts",
    ]
    assert [ax.get_xlabel() for ax in panels[-2:]] == ["pump $a$"] * 2


def test_transitions_are_those_of_theory(diagram: xr.Dataset) -> None:
    panels = plotting.phase_diagram(diagram)
    written = {text.get_text() for text in panels[0].texts}
    rigid = ls.theory.transitions()["rigidity"].value
    assert written == {"RSB\n−2", "SUSY\n−0.93", f"rigid\n{rigid:.2f}".replace("-", "−")}
    assert not plotting.phase_diagram(diagram, transitions=False)[0].texts


def test_nothing_of_another_model_is_drawn_without_theory(diagram: xr.Dataset) -> None:
    panels = plotting.phase_diagram(diagram, theory=False)
    assert not any(ax.texts for ax in panels)
    assert panels[5].get_ylabel() == "distinct minima found"
    found = diagram["distinct_minima"].sel(size=20, protocol="adiabatic").transpose("pump", "instance").values
    np.testing.assert_allclose(panels[5].containers[0].lines[0].get_ydata(), found.mean(axis=1))
    heights = panels[2].containers[0].lines[0].get_ydata()
    low, high = panels[2].get_ylim()
    assert low < heights.min() and heights.max() < high


def test_theory_alone_and_counts() -> None:
    counts = xr.Dataset(
        {"minima": (("pump", "size", "instance"), np.array([[[2, 2]], [[8, 16]]]))},
        coords={"pump": [0.0, 1.0], "size": [10], "instance": [0, 1]},
    )
    panels = plotting.phase_diagram(counts=counts)
    np.testing.assert_allclose(
        panels[5].containers[0].lines[0].get_ydata(), [np.log(2) / 10, (np.log(8) + np.log(16)) / 20]
    )
    with pytest.raises(ValueError, match="dataset: with theory=False"):
        plotting.phase_diagram(theory=False)


def test_counts_that_are_lower_bounds_are_hollow() -> None:
    counts = xr.Dataset(
        {"minima": (("pump", "size", "instance"), np.array([[[2, 4], [3, 5]]]))},
        coords={"pump": [1.0], "size": [4, 20], "instance": [0, 1], "certified": ("size", [True, False])},
    )
    ax = plotting.complexity(counts)
    faces = [matplotlib.colors.to_hex(bar.lines[0].get_markerfacecolor()) for bar in ax.containers]
    assert faces[0] != "#ffffff" and faces[1] == "#ffffff"
    assert _labels(ax) == [
        "Σ, all critical points",
        "Σ, minima",
        "minima, n = 4",
        "minima, n = 20 (found)",
    ]
    np.testing.assert_allclose(ax.containers[0].lines[0].get_ydata(), [np.log(8) / 8])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), ls.theory.phase_lines()["minima_sigma"])
    with pytest.raises(ValueError, match="counts: a variable 'minima'"):
        plotting.complexity(counts.drop_vars("minima"))
    with pytest.raises(ValueError, match="counts: with theory=False"):
        plotting.complexity(theory=False)


def test_other_datasets_and_axes_are_refused(diagram: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="dataset: it has no marginality"):
        plotting.phase_diagram(diagram.drop_vars("marginality"))
    with pytest.raises(TypeError, match="dataset: the Dataset"):
        plotting.phase_diagram({"energy": 1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="axes: 6 Axes are needed, but there are 1"):
        plotting.phase_diagram(diagram, axes=[matplotlib.figure.Figure().subplots()])


def test_means_skip_what_is_missing() -> None:
    mean, error = mean_and_error(np.array([[1.0, 3.0, np.nan], [np.nan] * 3, [2.0, np.nan, np.nan]]))
    np.testing.assert_allclose(mean, [2.0, np.nan, 2.0])
    np.testing.assert_allclose(error, [1.0, 0.0, 0.0])


# ---------------------------------------------------------------- one pump


def test_spectrum_is_the_eigenvalues_under_the_predicted_density(states: xr.Dataset) -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(60, seed=0), 1.0)
    x = states["x"].sel(pump=1.0).values
    ax = plotting.hessian_spectrum(energy, x)
    area = sum(patch.get_width() * patch.get_height() for patch in ax.patches)
    assert area == pytest.approx(1.0)
    curve = ax.lines[0]
    assert np.trapezoid(curve.get_ydata(), curve.get_xdata()) == pytest.approx(1.0, abs=0.02)
    lowest = np.linalg.eigvalsh(energy.hessian(x[0]))[0]
    other = np.linalg.eigvalsh(energy.hessian(x[1]))[0]
    assert ax.lines[1].get_xdata()[0] == pytest.approx(min(lowest, other))
    assert len(plotting.hessian_spectrum(energy, x[0], theory=False).lines) == 2
    with pytest.raises(ValueError, match="there is no spectrum"):
        plotting.hessian_spectrum(ls.SoftSpinEnergy(ip.IsingModel(np.zeros((0, 0))), 0.0), np.zeros(0))
    with pytest.raises(TypeError, match="energy: a SoftSpinEnergy"):
        plotting.hessian_spectrum(ls.IsingEnergy(energy.model), x)  # type: ignore[arg-type]


def test_amplitudes_are_counted_with_both_signs_under_the_ground_states_density(states: xr.Dataset) -> None:
    x = states["x"].sel(pump=0.0).values
    ax = plotting.amplitude_histogram(x, pump=0.0)
    heights = np.array([patch.get_height() for patch in ax.patches])
    np.testing.assert_allclose(heights, heights[::-1])
    density = ls.theory.full_rsb(0.0).amplitude_density
    np.testing.assert_allclose(ax.lines[0].get_ydata(), density(ax.lines[0].get_xdata()))
    flat = plotting.amplitude_histogram(x, theory={"flat": lambda t: 0 * t + 0.1}, symmetric=False)
    assert _labels(flat) == ["amplitudes of 2 states", "flat"]
    with pytest.raises(ValueError, match="pump: needed"):
        plotting.amplitude_histogram(x)
    with pytest.raises(ValueError, match="x: finite amplitudes"):
        plotting.amplitude_histogram(np.array([np.nan]), pump=0.0)


def test_index_against_energy() -> None:
    energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(20, seed=0), 0.0)
    points = ls.find_critical_points(energy, starts=20, seed=0)
    ax = plotting.index_energy(points, pump=0.0)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), points.energy / 20)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), points.index / 20)
    everything = ls.theory.complexity(0.0)
    assert ax.lines[2].get_xdata()[0] == pytest.approx(everything.energy)
    assert np.interp(everything.index, ax.lines[1].get_ydata(), ax.lines[1].get_xdata()) == pytest.approx(
        everything.energy, abs=2e-3
    )
    assert len(plotting.index_energy([points, points], theory=False).lines) == 2
    with pytest.raises(ValueError, match="pump: needed"):
        plotting.index_energy(points)
    with pytest.raises(TypeError, match="points: CriticalPoints"):
        plotting.index_energy([1, 2], theory=False)


# ---------------------------------------------------------------- what they draw


def test_adiabatic_minima_are_minima(states: xr.Dataset) -> None:
    model = ip.sherrington_kirkpatrick(60, seed=0)
    assert bool(states["converged"].all())
    for pump in PUMPS:
        energy, x = ls.SoftSpinEnergy(model, pump), states["x"].sel(pump=pump).values
        assert np.abs(energy.gradient(x)).max() < 1e-8
        np.testing.assert_allclose(states["energy"].sel(pump=pump), energy.value(x), atol=1e-12)
        assert np.linalg.eigvalsh(energy.hessian(x)).min() > -1e-9
    again = ls.adiabatic_minima(model, PUMPS, replicas=2)
    np.testing.assert_array_equal(states["x"], again["x"])
    assert not np.array_equal(again["x"], ls.adiabatic_minima(model, PUMPS, replicas=2, seed=1)["x"])


@pytest.mark.parametrize("n", [0, 1])
def test_adiabatic_minima_of_very_small_models(n: int) -> None:
    states = ls.adiabatic_minima(ip.IsingModel(np.zeros((n, n))), [-1.0, 0.25])
    assert states["x"].shape == (2, 1, n)
    np.testing.assert_allclose(np.abs(states["x"][1]), np.full((1, n), 0.5), atol=1e-6)


def test_adiabatic_minima_refuse_bad_input() -> None:
    model = ip.IsingModel(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="pumps: must be finite"):
        ls.adiabatic_minima(model, [np.nan])
    with pytest.raises(ValueError, match="pumps: must increase"):
        ls.adiabatic_minima(model, [1.0, 0.0])
    with pytest.raises(TypeError, match="model: an IsingModel"):
        ls.adiabatic_minima(np.eye(2), [0.0])  # type: ignore[arg-type]


def test_a_ramp_that_would_never_end_is_refused_with_what_to_pass() -> None:
    """Steps are counted per 1 of the pump as it stands: couplings of 1e9 need a billionth of them."""
    model = ip.sherrington_kirkpatrick(10, seed=0)
    scaled = ip.IsingModel(1e9 * model.J)
    with pytest.raises(ValueError, match=r"steps_per_unit: .* 2.*e\+12 steps.* pass steps_per_unit=(\S+)$") as refused:
        ls.adiabatic_minima(scaled, [-1e9, 1e9])
    steps = float(str(refused.value).rsplit("=", 1)[1])
    assert steps == pytest.approx(1e-6 / (0.5 * np.linalg.eigvalsh(model.J)[-1]), rel=1e-2)
    states = ls.adiabatic_minima(scaled, [-1e9, 1e9], steps_per_unit=steps)
    expected = ls.adiabatic_minima(model, [-1.0, 1.0], steps_per_unit=1e9 * steps)
    np.testing.assert_allclose(states["x"] / np.sqrt(1e9), expected["x"], rtol=1e-6, atol=1e-9)
