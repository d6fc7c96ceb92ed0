"""Pictures of samples: what is drawn is what the functions of overlaps and equilibrium say."""

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
from landscapes import plotting
from landscapes.plotting.samples import _edges

matplotlib.use("Agg")
from matplotlib import pyplot

TEMPERATURES = [0.5, 0.8, 1.2]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def runs() -> list[xr.Dataset]:
    models = [ip.sherrington_kirkpatrick(20, seed=k) for k in range(6)]
    return [ls.parallel_tempering(model, TEMPERATURES, 256, 0, record="overlap", seed=1) for model in models]


def _labels(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_overlaps_are_drawn_with_their_errors(runs: list[xr.Dataset]) -> None:
    ax = plotting.overlap_histogram(runs, theory=True)
    ax.figure.canvas.draw()
    assert _labels(ax) == ["T = 0.5", "T = 0.8", "T = 1.2"]
    assert ax.get_title(loc="left") == "Overlaps, 20 spins, 6 instances"
    found = ls.overlap_distribution(runs)
    curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
    for t, line in enumerate(curves):
        np.testing.assert_allclose(line.get_ydata(), found["density"][t])
    marks = sorted(line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2)
    inner, outer = (float(ls.theory.sk_equilibrium(t).overlaps[-1]) for t in (0.8, 0.5))
    np.testing.assert_allclose(marks, [-outer, -inner, inner, outer])
    single = plotting.overlap_histogram(runs[0], temperatures=0.8, bins=4)
    assert len(single.lines) == 1 and _labels(single) == ["T = 0.8"]
    spins = plotting.overlap_histogram([[1, 1, -1], [1, -1, -1], [1, 1, 1], [1, 1, -1]])
    assert spins.get_legend() is None


@pytest.mark.parametrize("n", [1, 2, 7, 50, 51, 60, 101, 128, 1000, 1001])
def test_bins_of_overlaps_are_even_and_each_holds_as_many(n: int) -> None:
    edges = _edges(n)
    np.testing.assert_allclose(edges, -edges[::-1])
    assert len(edges) - 1 <= 53 and (np.diff(edges) > 0).all()
    possible = (2 * np.arange(n + 1) - n) / n
    held = np.histogram(possible, edges)[0]
    assert held.sum() == n + 1 and len(np.unique(held[1:-1])) <= 1
    assert np.abs(possible[:, None] - edges[None, :]).min() > 0.4 / n  # none lies on an edge


def test_binder_ratios_of_sizes(runs: list[xr.Dataset]) -> None:
    ax = plotting.binder({20: runs, "the first": runs[0]}, transition=1.0)
    assert _labels(ax) == ["n = 20", "the first"]
    found = ls.binder_ratio(runs)
    np.testing.assert_allclose(ax.containers[0].lines[0].get_ydata(), found["binder_ratio"])
    reach = [segment[1, 1] - segment[0, 1] for segment in ax.containers[0].lines[2][0].get_segments()]
    np.testing.assert_allclose(reach, 2 * found["binder_ratio_error"])
    assert _labels(plotting.binder(runs)) == ["n = 20"]


def test_equilibration_is_relative_to_the_last_half(runs: list[xr.Dataset]) -> None:
    ax = plotting.equilibration(runs[0], temperatures=[0.5, 1.2])
    found = ls.logarithmic_binning(runs[0]["energy"].values[:, :, [0, 2]])
    for t, bar in enumerate(ax.containers):
        heights = bar.lines[0].get_ydata()
        np.testing.assert_allclose(heights, (found["mean"][:, t] - found["mean"][0, t]) / 20, atol=1e-12)
        assert heights[0] == 0
    # bin 0 is the second half: sweeps 129 to 256
    assert ax.containers[0].lines[0].get_xdata()[0] == pytest.approx(np.sqrt(129 * 256))
    alone = ls.metropolis(ip.sherrington_kirkpatrick(20, seed=0), 1.0, 128, burn_in=0)
    assert _labels(plotting.equilibration(alone)) == ["T = 1"]


def test_exchanges_and_flow(runs: list[xr.Dataset]) -> None:
    left, right = plotting.exchanges(runs[0])
    left.figure.canvas.draw()
    np.testing.assert_allclose(left.lines[0].get_ydata(), runs[0]["exchange_acceptance"])
    np.testing.assert_allclose(right.lines[1].get_ydata(), runs[0]["descending_fraction"])
    assert [text.get_text() for text in left.get_xticklabels()] == ["0.5", "0.8", "1.2"]
    assert right.texts[0].get_text() == f"{int(runs[0]['round_trips'].sum()):,} round trips"


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda run: plotting.overlap_histogram(run, temperatures=0.6), r"temperatures: 0\.6 is not one of the run's"),
        (lambda run: plotting.overlap_histogram(run.drop_vars("overlap")), "samples: the run holds no overlap"),
        (lambda run: plotting.binder({}), "samples: there is nothing to draw"),
        (lambda run: plotting.binder(run.isel(temperature=0)), "samples: they have no temperatures"),
        (lambda run: plotting.equilibration(run.assign_attrs(burn_in=5)), "run: its first 5 sweeps are missing"),
        (lambda run: plotting.equilibration(run["energy"]), "run: a data set of landscapes.parallel_tempering"),
        (lambda run: plotting.equilibration(run.isel(sweep=slice(9))), "series: at least 64 measurements"),
        (lambda run: plotting.exchanges(run.isel(temperature=[0], gap=[])), "run: there are no exchanges"),
        (lambda run: plotting.exchanges(run, axes=[pyplot.gca()]), "axes: two are needed"),
    ],
)
def test_what_cannot_be_drawn_is_named(draw: Callable[[Any], Any], says: str, runs: list[xr.Dataset]) -> None:
    with pytest.raises(ValueError, match=says):
        draw(runs[0])
