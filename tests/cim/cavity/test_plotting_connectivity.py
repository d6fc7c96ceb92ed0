"""Pictures of couplings and of the crossover: what is drawn is what the model and the study say."""

import matplotlib

matplotlib.use("Agg")

from collections.abc import Iterator

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.collections import LineCollection

import cim
import ising_problems as ip
from cim import plotting


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    settings = matplotlib.rcParams.copy()
    yield
    pyplot.close("all")
    assert matplotlib.rcParams == settings


@pytest.fixture(scope="module")
def study() -> xr.Dataset:
    return cim.cavity.connectivity_study([1.5, 0.3, 0.8], [6, 9], instances=20)


def test_couplings_are_drawn_as_lines_between_the_atoms() -> None:
    positions = 2.0 * cim.cavity.random_positions(7, 0.8, seed=2)
    plane, distribution = plotting.connectivity(positions, waist=2.0)
    plane.figure.canvas.draw()
    (lines,) = (item for item in plane.collections if isinstance(item, LineCollection))
    model = cim.cavity.confocal_couplings(positions, waist=2.0)
    np.testing.assert_allclose(np.sort(lines.get_array()), np.sort(model.J[np.triu_indices(7, 1)]))
    for segment, value in zip(lines.get_segments(), lines.get_array(), strict=True):
        first, second = segment * np.sqrt(2)
        assert np.cos(first @ second) == pytest.approx(value, abs=1e-12)
    atoms = next(line for line in plane.get_lines() if len(line.get_xdata()) == 7)
    np.testing.assert_allclose(np.transpose(atoms.get_data()), positions / 2.0)
    assert plane.get_xlabel() and plane.get_ylabel() and distribution.get_xlabel()


def test_the_histogram_stands_beside_the_exact_law() -> None:
    positions = cim.cavity.random_positions(60, 1.0, seed=4)
    matrix, distribution = plotting.connectivity(positions, width=1.0, bins=10)
    (image,) = matrix.images
    np.testing.assert_allclose(
        np.nan_to_num(np.asarray(image.get_array().filled(0))), cim.cavity.confocal_couplings(positions).J
    )
    curves = {line.get_label(): line.get_data() for line in distribution.get_lines()}
    x, y = curves["exact, width 1 $w_0$"]
    np.testing.assert_allclose(y, cim.cavity.connectivity_density(x, 1.0))
    _, shares = curves["exact, in each bin"]
    edges = np.linspace(-1, 1, 11)
    np.testing.assert_allclose(shares * 0.2, np.diff(cim.cavity.connectivity_cumulative(edges, 1.0)))
    heights = np.array([bar.get_height() for bar in distribution.patches])
    assert heights.sum() * 0.2 == pytest.approx(1)
    assert np.abs(heights - shares).max() < 0.5  # the same law, up to 60 atoms' scatter


def test_the_width_of_the_law_is_that_of_the_positions_in_waists() -> None:
    positions = 5.0 * cim.cavity.random_positions(30, 0.8, seed=4)
    _, distribution = plotting.connectivity(positions, waist=5.0)
    label = next(line.get_label() for line in distribution.get_lines() if "exact, width" in line.get_label())
    assert label == f"exact, width {np.sqrt((positions**2).mean()) / 5:.3g} $w_0$"


def test_a_model_without_couplings_is_drawn() -> None:
    matrix, distribution = plotting.connectivity(ip.IsingModel(np.zeros((4, 4))))
    matrix.figure.canvas.draw()
    assert distribution.get_xlim() == pytest.approx((-1.04, 1.04))


def test_a_model_is_drawn_as_its_matrix_without_a_law() -> None:
    model = ip.edwards_anderson((3, 3), seed=0)
    matrix, distribution = plotting.connectivity(model)
    assert len(matrix.images) == 1 and not distribution.get_lines()
    axes = pyplot.subplots(1, 2)[1]
    assert plotting.connectivity(model, axes=axes)[0] is axes[0]


def test_the_crossover_draws_the_study_in_the_order_of_widths(study: xr.Dataset) -> None:
    above, below = plotting.connectivity_crossover(study)
    above.figure.canvas.draw()
    lines = {container.get_label(): container.lines[0] for container in above.containers}
    counts = {container.get_label(): container.lines[0] for container in below.containers}
    ordered = study.sortby("width")
    for size in (6, 9):
        np.testing.assert_allclose(lines[f"n = {size}"].get_xdata(), [0.3, 0.8, 1.5])
        np.testing.assert_allclose(lines[f"n = {size}"].get_ydata(), ordered["ferromagnet_probability"].sel(size=size))
        np.testing.assert_allclose(counts[f"n = {size}"].get_ydata(), ordered["mean_minima"].sel(size=size))
    levels = [line.get_ydata()[0] for line in below.get_lines() if len(set(np.ravel(line.get_ydata()))) == 1]
    for size in (6, 9):
        assert any(level == pytest.approx(float(study["sk_minima"].sel(size=size))) for level in levels)
    names = {text.get_text() for text in above.texts}
    assert {"ferromagnet", "glass"} <= names


def test_no_text_lies_on_another(study: xr.Dataset) -> None:
    for panels in (
        plotting.connectivity_crossover(study),
        plotting.connectivity(cim.cavity.random_positions(12, 0.8, seed=1)),
        plotting.connectivity(ip.sherrington_kirkpatrick(12, seed=0)),
    ):
        figure = panels[0].figure
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        outside = [
            text
            for ax in figure.axes
            for text in (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts)
            if text.get_text()
        ]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in outside]
        for k, (name, box) in enumerate(boxes):
            assert not [other for other, there in boxes[k + 1 :] if box.overlaps(there)], name
            assert box.x0 >= 0 and box.y0 >= 0
            assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


def test_marks_can_be_left_out_and_missing_cells_are_gaps(study: xr.Dataset) -> None:
    partly = study.copy(deep=True)
    for name in ("ferromagnet_probability", "mean_minima"):
        partly[name][0, 0] = np.nan
    above, below = plotting.connectivity_crossover(partly, marks=False)
    above.figure.canvas.draw()
    assert not above.texts and below.get_legend() is None


def test_bad_input_is_refused_with_the_arguments_name(study: xr.Dataset) -> None:
    positions = cim.cavity.random_positions(5, 1.0, seed=0)
    with pytest.raises(ValueError, match="view: 'other' is not one of"):
        plotting.connectivity(positions, view="other")
    with pytest.raises(ValueError, match="view: a model has no positions"):
        plotting.connectivity(ip.sherrington_kirkpatrick(5, seed=0), view="plane")
    with pytest.raises(TypeError, match=r"model: an IsingModel is needed, not MaxCut; problem\.to_ising\(\) gives one"):
        plotting.connectivity(ip.MaxCut([(0, 1)]))
    with pytest.raises(ValueError, match="positions_or_model: two atoms"):
        plotting.connectivity(positions[:1])
    with pytest.raises(ValueError, match="width: must be greater than 0"):
        plotting.connectivity(positions, width=0)
    with pytest.raises(ValueError, match="axes: 2 Axes are needed"):
        plotting.connectivity_crossover(study, axes=[pyplot.subplots()[1]])
    with pytest.raises(TypeError, match="study: the Dataset of"):
        plotting.connectivity_crossover([1, 2])
    with pytest.raises(ValueError, match="study: it has no 'ferromagnet_probability'"):
        plotting.connectivity_crossover(xr.Dataset())
    with pytest.raises(TypeError, match="axes: matplotlib Axes are needed, but one is 3"):
        plotting.connectivity(positions, axes=[3, 4])
