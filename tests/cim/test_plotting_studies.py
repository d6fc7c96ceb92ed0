"""Pictures of schedule studies: what is drawn is what the study says."""

from dataclasses import dataclass

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex

import cim
import ising_problems as ip
from cim import plotting
from cim.plotting.study_looks import looks
from cim.schedule_rules import Plan, ScheduleRule
from landscapes.plotting.transitions import TRANSITIONS

BUDGETS = [60, 20]  # in whatever order


@dataclass(frozen=True)
class OfTheModel(ScheduleRule):
    """A ramp that starts lower the larger the first coupling."""

    def plan(self, model, steps, rng):
        return Plan(cim.piecewise([(0.0, -2.0 - abs(model.J[0, 1])), (0.5, -1.5), (1.0, 0.0)]))


@pytest.fixture(autouse=True)
def untouched():
    settings = matplotlib.rcParams.copy()
    yield
    pyplot.close("all")
    assert matplotlib.rcParams == settings


@pytest.fixture(scope="module")
def study():
    models = [ip.sherrington_kirkpatrick(16, seed=k) for k in range(5)]
    arms = {"ramp": cim.linear(-2.2, 0.0), "own": OfTheModel(), "quench": 0.5}
    return cim.schedule_study(models, arms, BUDGETS, replicas=4, tune_for=None)


@pytest.fixture(scope="module")
def alone():
    """One schedule, straight itself."""
    return cim.schedule_study([ip.sherrington_kirkpatrick(8, seed=0)], {"ramp": -1.0}, [10], replicas=3, tune_for=None)


def draw(ax):
    np.ravel(ax)[0].figure.canvas.draw()


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def points(ax, colour, hollow=False):
    """Where the markers of a colour stand, lines that join two or more of them."""
    return [
        np.array(line.get_data())
        for line in ax.lines
        if line.get_marker() not in ("None", "_", "|", "") and to_hex(line.get_color()) == colour.lower()
        if (to_hex(line.get_markerfacecolor()) == "#ffffff") == hollow
    ]


def excess(study, finish, statistic, line):
    """Mean and standard error over instances, written out; (schedule, budget) in the order of the study's."""
    per_run = (study["energy"].sel(finish=finish, line=line) - study["target"]) / study["num_spins"]
    per_instance = per_run.mean("replica") if statistic == "mean" else per_run.min("replica")
    mean, spread = per_instance.mean("instance"), per_instance.std("instance", ddof=1)
    return mean.sortby("budget"), spread.sortby("budget") / np.sqrt(study.sizes["instance"])


@pytest.mark.parametrize("finish", ["raw", "finished"])
@pytest.mark.parametrize("statistic", ["mean", "best"])
def test_energies_above_the_lowest_seen(study, finish, statistic):
    ax = plotting.energy_against_budget(study, finish=finish, statistic=statistic)
    drawn = []
    for name, look in looks(study).items():
        for line in ("own", "straight") if name == "own" else ("own",):
            mean, _ = excess(study, finish, statistic, line)
            expected = mean.sel(schedule=name).values
            x, y = points(ax, look.colour, hollow=line == "straight")[0]
            above = expected > 0
            np.testing.assert_allclose(y[above], expected[above])
            np.testing.assert_allclose(x, (4 if statistic == "best" else 1) * np.sort(BUDGETS), rtol=0.05)
            drawn += list(zip([20, 60], expected, strict=True))
    front = sorted({p for p in drawn if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in drawn)})
    grey = next(line for line in ax.lines if line.get_linewidth() > 5)
    above = np.array([energy for _, energy in front]) > 0
    np.testing.assert_allclose(grey.get_ydata()[above], np.array([energy for _, energy in front])[above])
    assert ax.get_yscale() == ax.get_xscale() == "log"
    assert legend_texts(ax) == ["ramp", "own", "quench", "its straight line", "Pareto front"]


def test_bars_are_errors_of_the_excess_over_instances(study):
    ax = plotting.energy_against_budget(study, controls=False)
    mean, error = excess(study, "raw", "mean", "own")
    bars = [c for c in ax.collections if hasattr(c, "get_segments")]
    assert len(bars) == 3
    for bar, name in zip(bars, study["schedule"].values, strict=True):
        tops = [segment[1][1] for segment in bar.get_segments()]
        np.testing.assert_allclose(tops, (mean + error).sel(schedule=name))
    assert "its straight line" not in legend_texts(ax)


def test_seconds_are_those_of_the_study_with_the_descent(study):
    look = looks(study)["ramp"]
    for finish in ("raw", "finished"):
        ax = plotting.energy_against_budget(study, cost="seconds", finish=finish)
        seconds = study["seconds"] + (study["finishing_seconds"] if finish == "finished" else 0.0)
        expected = seconds.sel(schedule="ramp", line="own").mean("instance").sortby("budget")
        np.testing.assert_allclose(points(ax, look.colour)[0][0], expected)
        assert ax.get_xlabel() == "CPU seconds"


def test_where_nothing_is_left_there_is_a_triangle_on_the_border(study):
    solved = cim.study_statistics(
        study, targets=study["energy"].max(["schedule", "line", "finish", "replica", "budget"])
    )
    ax = plotting.energy_against_budget(solved)
    draw(ax)
    triangles = [line for line in ax.lines if line.get_marker() == "v" and line.get_markersize() == 9]
    assert triangles and all(np.all(line.get_ydata() == ax.get_ylim()[0]) for line in triangles)
    assert "above the target" in ax.get_ylabel()


@pytest.mark.parametrize("comparison", ["reference", "straight"])
def test_differences_with_their_intervals(study, comparison):
    ax = plotting.paired_differences(study, comparison)
    part = study.sel(comparison=comparison, statistic="mean").sortby("budget")
    names = ["own", "quench"] if comparison == "reference" else ["own"]
    expected = []
    for name in names:
        for budget in (20, 60):
            for finish in ("raw", "finished"):
                one = part.sel(schedule=name, budget=budget, finish=finish)
                expected.append([float(one[f"difference{end}"]) * 1e4 for end in ("", "_low", "_high")])
    markers = [line.get_xdata()[0] for line in ax.lines if line.get_marker() not in ("None", "")]
    np.testing.assert_allclose(markers, [row[0] for row in expected])
    thin = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 1.0]
    np.testing.assert_allclose(thin, [row[1:] for row in expected])
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_marker() not in ("None", "")]
    assert heights == sorted(heights) and ax.yaxis_inverted()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["20", "60"] * len(names)
    assert ("“ramp”" in ax.get_xlabel()) == (comparison == "reference")


def test_significance_beyond_three_is_bold(study):
    made = study.copy(deep=True)
    values = np.zeros_like(made["significance"].values)
    made["significance"] = (made["significance"].dims, values)
    made["significance"].loc[{"schedule": "quench", "budget": 60, "finish": "raw"}] = 3.4
    made["significance"].loc[{"schedule": "own", "budget": 20, "finish": "raw"}] = -2.9
    ax = plotting.paired_differences(made, finish="raw", scale="symlog")
    weights = {text.get_text(): text.get_fontweight() for text in ax.texts}
    assert weights["+3.4"] == "bold" and weights["−2.9"] == weights["0"] == "normal"
    assert ax.get_xscale() == "symlog"


def test_schedules_are_means_over_instances_with_a_band(study):
    ax = plotting.study_schedules(study, budget=20, controls=True)
    draw(ax)
    own = study["pump"].sel(schedule="own", line="own", budget=20).transpose("instance", "fraction").values
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_allclose(lines["own"], own.mean(axis=0))
    np.testing.assert_allclose(lines["ramp"], np.linspace(-2.2, 0.0, 41))
    (band,) = ax.collections
    vertices = band.get_paths()[0].vertices
    at_start = vertices[vertices[:, 0] == 0.0, 1]
    np.testing.assert_allclose([at_start.min(), at_start.max()], [own[:, 0].min(), own[:, 0].max()])
    assert len(ax.lines) == 3 + 1 + len(TRANSITIONS)
    assert legend_texts(ax) == ["ramp", "own", "quench"]
    assert len(plotting.study_schedules(study, transitions=False).lines) == 3
    assert ax.get_title(loc="left") == "schedules of 20 products"


@pytest.mark.parametrize("cost", ["products", "seconds"])
def test_time_to_solution(study, cost):
    ax = plotting.time_to_solution_against_budget(study, cost=cost, finish="finished")
    draw(ax)
    times = study["time_to_solution"].sel(cost=cost, finish="finished", line="own").sortby("budget")
    seen = 0
    for name, look in looks(study).items():
        expected = times.sel(schedule=name).values
        drawn = [y for _, y in points(ax, look.colour) if len(y)]
        drawn = np.concatenate(drawn) if drawn else np.array([])
        finite = expected[np.isfinite(expected)]
        np.testing.assert_allclose(drawn[: len(finite)], finite)
        assert np.all(drawn[len(finite) :] == ax.get_ylim()[1])  # the triangles of those never solved
        assert len(drawn) == len(expected)
        seen += len(finite)
    assert seen > 0
    assert ("one run" in legend_texts(ax)) == (cost == "products")


def test_never_solved(study):
    hard = cim.study_statistics(study, targets=-1e3)
    ax = plotting.time_to_solution_against_budget(hard)
    draw(ax)
    assert len([line for line in ax.lines if line.get_marker() == "^" and line.get_linestyle() == "-"]) > 0


def test_everything_together(study, alone):
    panels = plotting.schedule_study(study)
    draw(panels)
    assert panels.shape == (4,)
    assert "ramp" in panels[1].get_xlabel()
    figure = matplotlib.figure.Figure(figsize=(11, 9), layout="constrained")
    axes = figure.subplots(2, 2)
    assert list(plotting.schedule_study(study, finish="finished", axes=axes)) == list(axes.ravel())
    only = plotting.schedule_study(alone)
    draw(only)
    assert "nothing to compare" in only[1].texts[0].get_text()


def test_one_schedule_that_is_bent_is_compared_with_its_straight_line():
    bent = cim.schedule_study([ip.sherrington_kirkpatrick(8, seed=0)], {"rule": OfTheModel()}, [10], tune_for=None)
    panels = plotting.schedule_study(bent)
    assert "the own straight line" in panels[1].get_xlabel()


def test_a_study_that_was_interrupted(study):
    part = study.copy(deep=True)
    part["energy"][{"budget": 0, "instance": slice(2, None)}] = np.nan
    part["pump"][{"budget": 0, "instance": slice(2, None)}] = np.nan
    part["energy"][{"budget": 1}] = np.nan
    part = cim.study_statistics(part)
    draw(plotting.schedule_study(part))
    ax = plotting.energy_against_budget(part, finish="raw", controls=False)
    mean, _ = excess(part.isel(instance=slice(0, 2)), "raw", "mean", "own")
    for name, look in looks(part).items():
        expected = mean.sel(schedule=name, budget=part["budget"].values[0])
        heights = np.concatenate([y for _, y in points(ax, look.colour)])
        heights = heights[np.isfinite(heights)]
        assert len(heights) == 1, name  # one budget has instances, of the other nothing is known
        np.testing.assert_allclose(heights[0], expected)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (plotting.energy_against_budget, {"cost": "euros"}, "cost: 'euros' is not one of products, seconds"),
        (plotting.energy_against_budget, {"finish": "own"}, "finish: 'own' is not one of raw, finished"),
        (plotting.energy_against_budget, {"statistic": "worst"}, "statistic: 'worst'"),
        (plotting.paired_differences, {"comparison": "other"}, "comparison: 'other' is not one of reference, straight"),
        (plotting.paired_differences, {"scale": "log"}, "scale: 'log' is not one of linear, symlog"),
        (plotting.study_schedules, {"budget": 30}, "budget: 30 is not one of those of the study, 20, 60"),
        (plotting.schedule_study, {"axes": [None]}, "axes: 4 Axes are needed, but there are 1"),
    ],
)
def test_bad_arguments(study, function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(study, **arguments)


def test_what_is_no_study(study, alone):
    with pytest.raises(TypeError, match=r"study: the Dataset of cim\.schedule_study is needed, not list"):
        plotting.energy_against_budget([])
    with pytest.raises(ValueError, match=r"study: it has no 'difference'; pass what cim\.schedule_study"):
        plotting.paired_differences(study.drop_vars("difference"))
    for comparison, message in (("reference", "one schedule only"), ("straight", "each schedule is straight itself")):
        with pytest.raises(ValueError, match=f"nothing to compare, as .*{message}"):
            plotting.paired_differences(alone, comparison)
