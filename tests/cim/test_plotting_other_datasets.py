"""Every picture of a result is given the results of all other functions: it refuses them and names its own."""

import re
from collections.abc import Callable
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot

import cim
import ising_problems as ip
from cim import cavity, plotting

MEMORY = cavity.AssociativeMemory.hebbian(np.random.default_rng(0).choice([-1, 1], (2, 16)))
GLASSES = [ip.sherrington_kirkpatrick(4, seed=k) for k in range(2)]

MADE: dict[str, Callable[[], xr.Dataset]] = {
    "cim.simulate": lambda: cim.simulate(GLASSES[0], steps=20, replicas=2),
    "cim.penalty_study": lambda: cim.penalty_study(ip.VertexCover([(0, 1), (1, 2)]), runs=2, seed=0),
    "cim.photon_study": lambda: cim.photon_study(GLASSES, [0.1, 1.0], ["cim"], steps=20, replicas=2),
    "cim.schedule_study": lambda: cim.schedule_study(GLASSES, {"line": cim.linear(-2.0, 0.0)}, [20], 2, tune_for=None),
    "cim.cavity.basin_sizes": lambda: cavity.basin_sizes(MEMORY, trials=3),
    "cim.cavity.capacity": lambda: cavity.capacity([0.1], 20, instances=2, recalls=2),
    "cim.cavity.connectivity_study": lambda: cavity.connectivity_study([0.3, 1.0], [4], instances=3),
    "cim.cavity.glass_study": lambda: cavity.glass_study(
        GLASSES, loss_ratios=[0.01, 0.1], durations=[2.0, 4.0], replicas=3, time_step=0.1, moments=3
    ),
    "cim.cavity.recall": lambda: cavity.recall(MEMORY, MEMORY.patterns),
    "cim.cavity.recall_curve": lambda: cavity.recall_curve(MEMORY, [0.1, 0.2], trials=2),
    "cim.cavity.steepest_emergence": lambda: cavity.steepest_emergence([1, 5], n=4, instances=3),
}
DRAWN: list[tuple[str, Callable[[Any], Any]]] = [
    ("cim.penalty_study", plotting.penalty_study),
    ("cim.photon_study", plotting.photon_budget),
    ("cim.schedule_study", plotting.energy_against_budget),
    ("cim.cavity.basin_sizes", plotting.basin_comparison),
    ("cim.cavity.capacity", plotting.capacity),
    ("cim.cavity.connectivity_study", plotting.connectivity_crossover),
    ("cim.cavity.glass_study", plotting.glass_ramp),
    ("cim.cavity.glass_study", plotting.glass_overlaps),
    ("cim.cavity.glass_study", plotting.heating_map),
    ("cim.cavity.recall", lambda runs: plotting.recall(MEMORY, MEMORY.patterns, runs)),
    ("cim.cavity.recall_curve", plotting.recall_curves),
    ("cim.cavity.recall_curve", lambda curves: plotting.recall_curves(curves, success=True)),
    ("cim.cavity.steepest_emergence", plotting.steepest_emergence),
]
SEVERAL = ("cim.cavity.basin_sizes", "cim.cavity.recall", "cim.cavity.recall_curve", "cim.cavity.steepest_emergence")


@pytest.fixture(scope="module")
def results() -> dict[str, xr.Dataset]:
    return {source: make() for source, make in MADE.items()}


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    pyplot.close("all")


@pytest.mark.parametrize(("source", "draw"), DRAWN)
def test_a_picture_takes_its_own_result_and_refuses_all_others(
    results: dict[str, xr.Dataset], source: str, draw: Callable[[Any], Any]
) -> None:
    draw(results[source])
    for other, dataset in results.items():
        if other != source:
            with pytest.raises(
                ValueError, match=rf"^\w+(\[.*\])?: it has no .*; pass what {re.escape(source)}( of both .*)? returns"
            ):
                draw(dataset)
    for nothing in (3, results[source].to_array(), None):
        with pytest.raises(TypeError, match=r"^\w+(\[\d\])?: .* is needed"):
            draw(nothing)
    bare = results[source].copy()
    bare.attrs = {}
    if source not in ("cim.cavity.connectivity_study", "cim.cavity.recall", "cim.schedule_study"):
        with pytest.raises(ValueError, match=r"^\w+(\[\d\])?: it has no attribute '.*; pass what"):
            draw(bare)


@pytest.mark.parametrize(("source", "draw"), [pair for pair in DRAWN if pair[0] in SEVERAL])
def test_of_several_the_wrong_one_is_named(
    results: dict[str, xr.Dataset], source: str, draw: Callable[[Any], Any]
) -> None:
    draw({"one": results[source]})
    with pytest.raises(ValueError, match=r"^\w+\['two'\]: it has no "):
        draw({"one": results[source], "two": results["cim.simulate"]})
    with pytest.raises(ValueError, match=r"^\w+: there is none to draw; pass what"):
        draw({})


@pytest.mark.parametrize(
    ("source", "draw"), [pair for pair in DRAWN if pair[0] in ("cim.cavity.recall_curve", "cim.cavity.capacity")]
)
def test_what_was_selected_alone_is_asked_for_in_a_list(
    results: dict[str, xr.Dataset], source: str, draw: Callable[[Any], Any]
) -> None:
    with pytest.raises(ValueError, match=r"'dynamics' is 0tmh alone .* as in \.sel\(dynamics=\['0tmh'\]\)"):
        draw(results[source].sel(dynamics="0tmh"))
    with pytest.raises(ValueError, match="its dimension 'dynamics' is empty, and nothing is left to draw"):
        draw(results[source].sel(dynamics=[]))
    assert len(draw(results[source].sel(dynamics=["0tmh"])).get_legend().get_texts()) == 1
