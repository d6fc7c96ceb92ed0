"""Pictures of the cavity's memory: what is drawn where, and what is refused."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest

import cim.plotting
import ising_problems as ip
from cim.cavity import AssociativeMemory, basin_sizes, capacity, recall, recall_curve, steepest_emergence
from cim.cavity.pictograms import glyphs


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def _stored():
    patterns = np.stack([picture.ravel() for picture in glyphs(8, ["heart", "note", "moon"]).values()])
    cues = patterns.copy()
    cues[:, ::9] *= -1
    return AssociativeMemory.pseudoinverse(patterns), patterns, cues


def test_recalled_pictures():
    memory, patterns, cues = _stored()
    runs = {name: recall(memory, cues, name) for name in ("steepest", "0tmh")}
    ax = cim.plotting.recall(memory, cues, runs, names=["heart", "note", "moon"])
    images = [np.asarray(image.get_array()) for image in ax.images]
    assert len(images) == 3 * 4
    np.testing.assert_array_equal(images[0] > 0, patterns[0].reshape(8, 8) > 0)
    # a wrong pixel is 2 or 3, whichever it has become
    np.testing.assert_array_equal(images[3] >= 2, (cues[0] != patterns[0]).reshape(8, 8))
    np.testing.assert_array_equal(images[3] % 2 == 1, cues[0].reshape(8, 8) > 0)
    texts = [text.get_text() for text in ax.texts]
    assert {"heart", "stored", "cue"} <= set(texts) and texts.count("1.00") == 6
    assert "steepest\ndescent" in texts
    ax.figure.canvas.draw()


def test_one_run_of_wide_pictures_on_given_axes():
    memory, _, cues = _stored()
    _, ax = plt.subplots()
    found = cim.plotting.recall(memory, cues[1], recall(memory, cues[1]), shape=(4, 16), patterns=[1], ax=ax)
    assert found is ax and len(ax.images) == 3 and ax.images[0].get_array().shape == (4, 16)
    left, right, bottom, top = ax.images[0].get_extent()
    assert (right - left) / (top - bottom) == pytest.approx(4)


def test_bad_pictures_are_refused():
    memory, _, cues = _stored()
    run = recall(memory, cues)
    with pytest.raises(ValueError, match="shape: 3 × 5 pixels are needed, but there are 64"):
        cim.plotting.recall(memory, cues, run, shape=(3, 5))
    with pytest.raises(TypeError, match=r"shape: a pair \(height, width\) is needed, but it is 8"):
        cim.plotting.recall(memory, cues, run, shape=8)
    with pytest.raises(TypeError, match=r"shape\[1\]: must be an integer, but it is 8\.0"):
        cim.plotting.recall(memory, cues, run, shape=(8, 8.0))
    with pytest.raises(
        ValueError, match=r"patterns: one of the 3 patterns, 0 to 2, for each of 2 cues, but it is \[0, 7\]"
    ):
        cim.plotting.recall(memory, cues[:2], run, patterns=[0, 7])
    with pytest.raises(ValueError, match="patterns: one of the 3 patterns"):
        cim.plotting.recall(memory, cues, run, patterns=[0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="names: one for each of the 3 cues is needed, but there are 1"):
        cim.plotting.recall(memory, cues, run, names=["a"])
    with pytest.raises(TypeError, match="names: a sequence with a name for each cue is needed, but it is 'abc'"):
        cim.plotting.recall(memory, cues, run, names="abc")
    with pytest.raises(TypeError, match="memory: an AssociativeMemory is needed, which has patterns, not IsingModel"):
        cim.plotting.recall(memory.model, cues, run)
    with pytest.raises(ValueError, match="cues: one picture a row is needed"):
        cim.plotting.recall(memory, cues[None], run)
    with pytest.raises(ValueError, match="cues: entries must be real numbers"):
        cim.plotting.recall(memory, [["#", "."]], run)
    with pytest.raises(ValueError, match=r"runs\['b'\]: it has no 'output' and no 'replica'"):
        cim.plotting.recall(memory, cues, {"a": run, "b": recall_curve(memory, [0.1], trials=1)})
    with pytest.raises(ValueError, match="has answers of shape"):
        cim.plotting.recall(memory, cues[:2], run)
    with pytest.raises(ValueError, match="cues: pictures of ±1"):
        cim.plotting.recall(memory, 0.5 * cues, run)
    with pytest.raises(ValueError, match="cues: pictures of 64 pixels are needed, but they have 5"):
        cim.plotting.recall(memory, np.ones((3, 5)), run)
    odd = AssociativeMemory.hebbian(np.ones((1, 6)))
    with pytest.raises(ValueError, match="shape: 6 pixels are no square"):
        cim.plotting.recall(odd, np.ones((1, 6)), recall(odd, np.ones((1, 6))))


def test_curves_of_recall():
    memory, _, _ = _stored()
    curve = recall_curve(memory, [0.0, 0.1, 0.2], trials=4)
    for success in (False, True):
        ax = cim.plotting.recall_curves(curve, success=success)
        assert len(ax.lines) == 2 and ax.lines[0].get_label() == "steepest descent"
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve["success" if success else "overlap"].values[0])
    ax = cim.plotting.recall_curves({"one": curve, "two": curve})
    assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "--", "--"]


def test_basins_beside_each_other():
    model = ip.sherrington_kirkpatrick(30, seed=0)
    basins = {name: basin_sizes(model, dynamics=name, trials=20, max_states=8) for name in ("steepest", "0tmh")}
    ax = cim.plotting.basin_comparison(basins)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 30 * basins["steepest"]["basin_size"])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), basins["steepest"]["energy"] / 30)
    share = cim.plotting.basin_comparison(list(basins.values()), unit="share")
    np.testing.assert_allclose(share.lines[1].get_ydata(), basins["0tmh"]["basin_size"])
    with pytest.raises(ValueError, match="unit: must be 'spins' or 'share'"):
        cim.plotting.basin_comparison(basins, unit="bits")
    other = basin_sizes(ip.sherrington_kirkpatrick(30, seed=1), trials=5, max_states=3)
    with pytest.raises(ValueError, match="basins: datasets of the same states are needed"):
        cim.plotting.basin_comparison([basins["steepest"], other])


def test_capacity_with_its_errors():
    found = capacity([0.05, 0.2], n=40, instances=3, recalls=4)
    ax = cim.plotting.capacity(found)
    np.testing.assert_array_equal(ax.containers[0].lines[0].get_ydata(), found["mean_overlap"].values[:, 0])
    assert any(text.get_text() == "0.138" for text in ax.texts)
    ax = cim.plotting.capacity(capacity([0.1, 0.3], n=40, rule="pseudoinverse", instances=1, recalls=4), success=True)
    assert "Pseudoinverse rule, 40 spins" in ax.get_title(loc="left") and not ax.texts
    ax.figure.canvas.draw()


def test_emergence_with_its_intervals():
    found = steepest_emergence([1, 20], n=8, instances=5)
    ax = cim.plotting.steepest_emergence({"noisy": found, "again": found})
    np.testing.assert_array_equal(ax.containers[1].lines[0].get_ydata(), found["steepest_first"])
    assert ax.get_xscale() == "log" and "any of 8" in [text.get_text() for text in ax.get_legend().get_texts()]
    ax.figure.canvas.draw()


def test_tall_pictures_and_single_things():
    patterns = np.random.default_rng(0).choice([-1, 1], (2, 60))
    memory = AssociativeMemory.hebbian(patterns)
    for shape, tallest in (((20, 3), 13), ((60, 1), 20)):
        ax = cim.plotting.recall(memory, patterns, recall(memory, patterns), shape=shape)
        assert ax.figure.get_size_inches()[1] < tallest
    curve = recall_curve(AssociativeMemory.hebbian(patterns[:1]), [0.0, 0.1], "steepest", trials=1)
    ax = cim.plotting.recall_curves({"one": curve, "two": curve})
    assert ax.get_title(loc="left") + ax.get_title() == "Recall from a corrupted cue: 1 pattern, 60 spins"
    assert ax.get_legend().handlelength > 3  # or broken lines look full
    ax = cim.plotting.basin_comparison([basin_sizes(ip.IsingModel([[0]]), trials=2)])
    assert (ax.get_title(loc="left") + ax.get_title()).endswith("recover from, 1 spin")


def test_bands_and_bars_are_the_errors():
    memory, _, _ = _stored()
    curve = recall_curve(memory, [0.1, 0.4], "0tmh", trials=6)
    for success, low, high in (
        (True, curve["success_low"], curve["success_high"]),
        (False, curve["overlap"] - curve["overlap_error"], curve["overlap"] + curve["overlap_error"]),
    ):
        ax = cim.plotting.recall_curves(curve, success=success)
        heights = np.unique(ax.collections[0].get_paths()[0].vertices[:, 1])
        np.testing.assert_allclose(heights, np.unique([low.values, high.values]))
    found = capacity([0.1, 0.3], 30, dynamics="0tmh", instances=3, recalls=4)
    ax = cim.plotting.capacity(found)
    (bars,) = ax.containers
    spans = [np.ptp(segment[:, 1]) for segment in bars.lines[2][0].get_segments()]
    np.testing.assert_allclose(spans, 2 * found["mean_overlap_error"].values[:, 0], atol=1e-12)
