"""Pictures: what is on them, that they leave matplotlib's settings alone, and that bad input is refused by name."""

import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import networkx as nx
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

import cim
import ising_problems as ip
from cim import plotting
from cim.plotting.canvas import GraphCanvas
from cim.plotting.layout import _faults, node_positions
from landscapes.plotting.style import BLUE, ORANGE, RED, VERMILLION, number, palette
from landscapes.plotting.transitions import TRANSITIONS


@pytest.fixture(autouse=True)
def untouched():
    """Every test leaves matplotlib's settings as they were; figures are closed after it."""
    settings = matplotlib.rcParams.copy()
    yield
    pyplot.close("all")
    assert matplotlib.rcParams == settings


@pytest.fixture(scope="module")
def run():
    return cim.simulate(ip.sherrington_kirkpatrick(40, seed=1), steps=300, replicas=3, record_steps=60)


@pytest.fixture
def blank():
    """Axes of a figure that pyplot does not know."""
    return matplotlib.figure.Figure(figsize=(6, 5)).subplots()


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def vertical_lines(ax):
    lines = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2]
    return sorted(float(x[0]) for x in lines if x[0] == x[1])


def written(ax):
    return [text.get_text() for text in ax.texts]


def draw(ax):
    """Render, which brings out what only fails or warns then."""
    ax.figure.canvas.draw()


# --- one run ---------------------------------------------------------------------------------------------------------


def test_annealing_run(run):
    amplitudes, energies = plotting.annealing_run(run)
    draw(amplitudes)
    assert amplitudes.get_xlim() == energies.get_xlim() == (-2.2, 0.0)
    assert len(amplitudes.lines) == 1 + 40 + len(TRANSITIONS)  # the zero line, the spins, the transitions
    assert vertical_lines(amplitudes) == vertical_lines(energies) == [-2.0, -0.93, -0.45]
    assert written(amplitudes) == ["threshold\n−2", "SUSY breaking\n−0.93 (SK)", "rigidity\n−0.45 (SK)"]
    assert "λ" in energies.get_xlabel()
    assert legend_texts(energies) == ["each of 3 replicas", "mean"]
    best = int(np.argmin(run["final_ising_energy"].values))
    assert amplitudes.get_title(loc="left").startswith(f"40 spins, replica {best} of 3")


def test_amplitudes_are_those_of_the_replica_in_the_unit_of_the_axis(run):
    unit = np.sqrt(run.attrs["largest_eigenvalue"] / 2)
    ax = plotting.annealing_run(run, replica=2, transitions=False)[0]
    for line, amplitude in zip(ax.lines[1:], run["amplitude"].values[:, 2].T, strict=True):
        np.testing.assert_allclose(line.get_ydata(), amplitude / unit, rtol=1e-6)
        assert line.get_color() == (BLUE if amplitude[-1] > 0 else VERMILLION)
    ax = plotting.annealing_run(run, replica=2, x="applied_pump", transitions=False)[0]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), run["amplitude"].values[:, 2, 0], rtol=1e-6)


def test_energies_are_per_spin_of_every_replica_and_their_mean(run):
    ax = plotting.annealing_run(run, transitions=False, reference=-0.7632)[1]
    energies = run["ising_energy"].values / 40
    for line, energy in zip(ax.lines[:3], energies.T, strict=True):
        np.testing.assert_allclose(line.get_ydata(), energy)
    np.testing.assert_allclose(ax.lines[4].get_ydata(), energies.mean(axis=1))
    assert legend_texts(ax)[-1] == "reference −0.7632"
    low, high = ax.get_ylim()
    assert low < min(-0.7632, energies.min()) < energies[-1].max() < high


def test_the_number_of_amplitudes_stays_readable(run):
    ax = plotting.annealing_run(run, num_spins=7, transitions=False)[0]
    assert len(ax.lines) == 1 + 7


def test_smallest_amplitude_is_a_third_panel(run):
    panels = plotting.annealing_run(run, smallest_amplitude=True)
    assert len(panels) == 3
    unit = np.sqrt(run.attrs["largest_eigenvalue"] / 2)
    np.testing.assert_allclose(panels[2].lines[0].get_ydata(), run["smallest_amplitude"].values[:, 0] / unit)
    assert panels[2].get_ylim()[0] == 0


def test_transitions_in_the_applied_pump(run):
    ax = plotting.annealing_run(run, x="applied_pump")[0]
    scale = run.attrs["largest_eigenvalue"] / 2
    np.testing.assert_allclose(vertical_lines(ax), [-2.0 * scale, -0.93 * scale, -0.45 * scale])


def test_transitions_outside_the_run_are_left_out():
    short = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), cim.linear(-1.5, -0.5), steps=50, replicas=2)
    assert vertical_lines(plotting.annealing_run(short)[0]) == [-0.93]


def test_narrow_panels_keep_the_values_only(run):
    figure = matplotlib.figure.Figure(figsize=(3, 4))
    top, _ = plotting.annealing_run(run, axes=figure.subplots(2, 1))
    assert written(top) == ["−2", "−0.93", "−0.45"]
    assert "energy" not in top.get_title(loc="left")


@pytest.mark.parametrize("pump", [0.5, cim.linear(0.5, -1.0), cim.piecewise([(0, -2), (0.5, 0), (1, -1)])])
def test_a_pump_that_does_not_rise_gives_way_to_the_step(pump):
    quench = cim.simulate(ip.sherrington_kirkpatrick(10, seed=0), pump, steps=50, replicas=2)
    panels = plotting.annealing_run(quench)
    assert panels[1].get_xlabel() == "step"
    assert panels[0].get_xlim() == (0, 50)
    assert vertical_lines(panels[0]) == []


def test_one_replica_and_one_record():
    single = cim.simulate(ip.IsingModel([[0, 1], [1, 0]]), steps=5, replicas=1, record_steps=[5])
    panels = plotting.annealing_run(single)
    draw(panels[0])
    assert legend_texts(panels[1]) == ["one replica"]


def test_a_model_without_couplings_or_spins():
    for n in (0, 3):
        still = cim.simulate(ip.IsingModel(np.zeros((n, n))), steps=20, replicas=2)
        panels = plotting.annealing_run(still)
        draw(panels[0])
        assert panels[0].get_title(loc="left").startswith(f"{n} spins")


def test_replicas_that_diverged_do_not_spoil_the_mean(run):
    spoilt = run.copy(deep=True)
    spoilt["ising_energy"][:, 1] = np.nan
    spoilt["diverged"][1] = True
    ax = plotting.annealing_run(spoilt, transitions=False)[1]
    np.testing.assert_allclose(ax.lines[4].get_ydata(), run["ising_energy"].values[:, [0, 2]].mean(axis=1) / 40)


def test_run_without_the_records_says_what_to_record(run):
    message = r"no 'amplitude'.*record=\('amplitude', 'ising_energy'\)"
    with pytest.raises(ValueError, match=message):
        plotting.annealing_run(run.drop_vars("amplitude"))
    with pytest.raises(ValueError, match="no 'amplitude' and no 'ising_energy' and no 'smallest_amplitude'"):
        plotting.annealing_run(
            run.drop_vars(["amplitude", "ising_energy", "smallest_amplitude"]), smallest_amplitude=True
        )
    with pytest.raises(ValueError, match="nothing was recorded"):
        plotting.annealing_run(run.isel(step=slice(0)))
    with pytest.raises(TypeError, match=r"dataset: .*ndarray"):
        plotting.annealing_run(np.zeros(3))


def test_run_with_bad_arguments(run, blank):
    with pytest.raises(ValueError, match="replica: must be below 3"):
        plotting.annealing_run(run, replica=3)
    with pytest.raises(ValueError, match="axes: 2 Axes are needed, but there are 1"):
        plotting.annealing_run(run, axes=[blank])
    with pytest.raises(ValueError, match="x: 'time' is not one of pump, applied_pump, step"):
        plotting.annealing_run(run, x="time")
    with pytest.raises(ValueError, match="num_spins"):
        plotting.annealing_run(run, num_spins=0)
    with pytest.raises(ValueError, match="reference"):
        plotting.annealing_run(run, reference=np.nan)


# --- schedules -------------------------------------------------------------------------------------------------------


def test_schedules_by_repr_and_by_name(blank):
    ramp, quench = cim.linear(-2.2, 0.0), cim.constant(0.5)
    ax = plotting.schedule([ramp, quench], ax=blank)
    assert ax is blank
    assert legend_texts(ax) == ["linear(-2.2, 0.0)", "constant(0.5)"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.linspace(-2.2, 0.0, 501))
    assert written(ax) == [f"{t.label}\n{t.value}" for t in TRANSITIONS]
    ax = plotting.schedule({"mine": lambda u: u - 2}, transitions=False)
    assert legend_texts(ax) == ["mine"]
    assert len(ax.lines) == 1
    assert legend_texts(plotting.schedule(0.5)) == ["0.5"]


def test_bad_schedules():
    with pytest.raises(ValueError, match="schedules: there are none"):
        plotting.schedule([])
    with pytest.raises(ValueError, match=r"schedules\['a'\].*nan"):
        plotting.schedule({"a": lambda u: float("nan")})


# --- histogram -------------------------------------------------------------------------------------------------------


def heights(ax):
    """Replicas in each bin, hits and others together, by the bin's centre."""
    bars: dict[float, float] = {}
    for patch in ax.patches:
        centre = round(patch.get_x() + patch.get_width() / 2, 9)
        bars[centre] = bars.get(centre, 0.0) + patch.get_height()
    return {centre: height for centre, height in bars.items() if height}


def test_histogram_of_integers_has_a_bar_for_each_value():
    ax = plotting.energy_histogram([-5, -5, -3, 1], reference=-7)
    draw(ax)
    assert heights(ax) == {-5.0: 2, -3.0: 1, 1.0: 1}
    assert legend_texts(ax) == ["best −5: 2 of 4 replicas", "the others: 2", "reference −7"]
    low, high = ax.get_xlim()
    assert low < -7
    assert high > 1
    assert ax.get_xlabel() == "Ising energy"


def test_histogram_of_equal_energies():
    for energy in (-61, -0.7321, 0.0):
        ax = plotting.energy_histogram([energy] * 32)
        draw(ax)
        assert heights(ax) == {energy: 32}
        assert legend_texts(ax) == [f"best {number(energy, 5)}: 32 of 32 replicas"]
    assert legend_texts(plotting.energy_histogram([2])) == ["best 2: 1 of 1 replica"]


def test_histogram_of_floats_counts_everyone_once():
    energies = np.random.default_rng(0).normal(size=500)
    ax = plotting.energy_histogram(energies)
    assert sum(heights(ax).values()) == 500
    assert 8 <= len(ax.patches) // 2 <= 50
    assert sum(heights(plotting.energy_histogram(energies, bins=5)).values()) == 500
    assert len(plotting.energy_histogram(energies, bins=5).patches) == 10


def test_rounding_does_not_separate_hits():
    ax = plotting.energy_histogram([-3.0, -3.0 * (1 - 1e-15), -2.0])
    assert legend_texts(ax)[0] == "best −3: 2 of 3 replicas"


def test_histogram_of_a_solution_and_of_a_run(run, blank):
    solution = cim.solve(ip.sherrington_kirkpatrick(20, seed=0), replicas=5, steps=20, seed=0)
    ax = plotting.energy_histogram(solution, per_spin=True, ax=blank)
    assert ax is blank
    assert ax.get_xlabel() == "Ising energy per spin"
    assert number(solution.energy / 20, 5) in legend_texts(ax)[0]
    ax = plotting.energy_histogram(run, per_spin=True)
    assert number(float(run["final_ising_energy"].min()) / 40, 5) in legend_texts(ax)[0]
    ax = plotting.energy_histogram([-10, -8], per_spin=True, num_spins=4)
    assert heights(ax) == {-2.5: 1, -2.0: 1}


@pytest.mark.parametrize(
    ("energies", "arguments", "message"),
    [
        ([], {}, "energies: there are none"),
        ([1.0, np.nan], {}, "energies: entry 1 is nan"),
        (["a"], {}, "energies: an array of numbers"),
        (xr.Dataset(), {}, "final_ising_energy"),
        ([1.0], {"per_spin": True}, "num_spins: needed"),
        ([1.0], {"bins": 0}, "bins"),
        ([1.0], {"reference": np.inf}, "reference"),
    ],
)
def test_bad_energies(energies, arguments, message):
    with pytest.raises(ValueError, match=message):
        plotting.energy_histogram(energies, **arguments)


# --- answers on graphs -----------------------------------------------------------------------------------------------


def edges_drawn(ax, colour):
    """Number of edges drawn in a colour."""
    groups = [group for group in ax.collections if isinstance(group, LineCollection)]
    drawn = [group for group in groups if to_hex(group.get_color()[0]).upper() == colour.upper()]
    return sum(len(group.get_segments()) for group in drawn)


def nodes_drawn(ax):
    """Positions of the nodes by colour."""
    groups = [group for group in ax.collections if isinstance(group, PathCollection)]
    return {to_hex(group.get_facecolor()[0]).upper(): group.get_offsets().tolist() for group in groups}


@pytest.fixture(scope="module")
def square():
    return nx.Graph([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c")])


PLACES = {"a": (0, 0), "b": (1, 0), "c": (1, 1), "d": (0, 1)}


def test_cut(square, blank):
    ax = plotting.cut(square, ({"a"}, {"b", "c", "d"}), PLACES, blank)
    draw(ax)
    assert ax is blank
    assert ax.get_title(loc="left") == "cut weight 3 of 5"
    assert legend_texts(ax) == ["one side: 1 node", "other side: 3 nodes", "cut: 3 edges", "not cut: 2 edges"]
    assert edges_drawn(ax, "#4A4A4A") == 3
    assert edges_drawn(ax, "#BDBDBD") == 2
    nodes = nodes_drawn(ax)
    assert nodes[BLUE] == [[0, 0]]
    assert sorted(nodes[ORANGE]) == [[0, 1], [1, 0], [1, 1]]
    assert sorted(written(ax)) == ["a", "b", "c", "d"]


def test_cut_of_weights():
    problem = ip.MaxCut([("a", "b", 2.5), ("b", "c", -1)])
    assert plotting.cut(problem, ({"a"}, {"b", "c"})).get_title(loc="left") == "cut weight 2.5"
    problem = ip.MaxCut([("a", "b", 4000), ("b", "c", 1)])
    ax = plotting.cut(problem, ({"a"}, {"b", "c"}))
    assert ax.get_title(loc="left") == "cut weight 4,000 of 4,001"
    drawn = [group for group in ax.collections if isinstance(group, LineCollection)]
    assert drawn[1].get_linewidth()[0] > 2 * drawn[0].get_linewidth()[0]  # the light edge is not cut, and thinner


def test_coloring_shows_conflicts_and_bare_nodes(square):
    ax = plotting.coloring(square, {"a": 0, "b": 1, "c": 0, "d": None}, PLACES)
    draw(ax)
    assert ax.get_title(loc="left") == "2 colours, 1 conflict and 1 node without colour"
    assert legend_texts(ax) == ["colour 0: 2 nodes", "colour 1: 1 node", "conflicts: 1", "no colour: 1 node"]
    assert edges_drawn(ax, RED) == 1
    assert nodes_drawn(ax)[ORANGE] == [[1, 0]]
    assert nodes_drawn(ax)["#E4E4E4"] == [[0, 1]]


def test_proper_coloring(square):
    ax = plotting.coloring(ip.GraphColoring(square, 3), {"a": 0, "b": 1, "c": 2, "d": 1})
    assert ax.get_title(loc="left") == "3 colours, no conflicts"
    assert legend_texts(ax) == ["colour 0: 1 node", "colour 1: 2 nodes", "colour 2: 1 node"]
    assert edges_drawn(ax, RED) == 0


def test_many_colours_are_told_apart_by_the_title_only():
    clique = nx.complete_graph(15)
    ax = plotting.coloring(clique, {v: v for v in clique})
    assert ax.get_title(loc="left") == "15 colours, no conflicts"
    assert legend_texts(ax) == []
    assert len(nodes_drawn(ax)) == 16  # each its own, and the empty group without colour
    ax = plotting.coloring(clique, {v: v for v in clique if v != 3})
    assert legend_texts(ax) == ["no colour: 1 node"]


@pytest.mark.parametrize("count", [1, 8, 9, 40])
def test_palettes_have_different_colours(count):
    assert len({to_hex(colour) for colour in palette(count)}) == count


def test_answer_takes_solutions_and_goes_by_the_problem(square):
    for problem, text in (
        (ip.MaxCut(square), "cut weight 4 of 5"),
        (ip.GraphColoring(square, 3), "3 colours, no conf"),
    ):
        solution = cim.solve(problem, seed=0)
        for answer in (solution, solution.answer):
            assert plotting.answer(problem, answer).get_title(loc="left").startswith(text)


def test_labels(square):
    answer = ({"a"}, {"b", "c", "d"})
    assert written(plotting.cut(square, answer, labels=False)) == []
    assert sorted(written(plotting.cut(square, answer, labels={"a": "start"}))) == ["", "", "", "start"]
    with pytest.raises(TypeError, match="labels"):
        plotting.cut(square, answer, labels="all")
    crowd = nx.cycle_graph(200)
    sides = (set(range(0, 200, 2)), set(range(1, 200, 2)))
    assert written(plotting.cut(crowd, sides)) == []
    assert len(written(plotting.cut(crowd, sides, labels=True))) == 200


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_graphs(n):
    graph = nx.empty_graph(n)
    for ax in (plotting.cut(graph, (set(graph), set())), plotting.coloring(graph, {})):
        draw(ax)
        assert sum(len(nodes.get_offsets()) for nodes in ax.collections if hasattr(nodes, "get_sizes")) == n


def test_large_graph_has_small_nodes_and_no_labels():
    graph = nx.random_regular_graph(3, 2000, seed=0)
    ax = plotting.cut(graph, (set(range(1000)), set(range(1000, 2000))))
    draw(ax)
    assert written(ax) == []
    assert sum(map(len, nodes_drawn(ax).values())) == 2000
    assert ax.collections[-1].get_sizes()[0] < 16


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: plotting.cut(g, ({"a"}, {"b"})), "answer: .*'c' is in neither set"),
        (lambda g: plotting.cut(g, {"a": 0}), "answer"),
        (lambda g: plotting.coloring(g, [0, 1]), "answer: a dict from node to colour is needed, but it is a list"),
        (lambda g: plotting.coloring(g, {"z": 0}), "answer: 'z' is not a node"),
        (lambda g: plotting.coloring(ip.GraphColoring(g, 2), {"a": 2}), "node 'a' has the colour 2; 0 to 1"),
        (lambda g: plotting.coloring(g, {"a": -1}), "node 'a' has the colour -1"),
        (lambda g: plotting.coloring(g, {}, {"a": (0, 0)}), "positions: the node 'b' has none"),
        (lambda g: plotting.coloring(g, {}, {**PLACES, "c": (0, np.nan)}), "positions: the node 'c' needs two finite"),
        (lambda g: plotting.coloring(g, {}, {**PLACES, "c": 1}), "positions: the node 'c' needs two finite"),
        (lambda g: plotting.answer(ip.NumberPartitioning([1, 2]), None), "answer: a pair of lists"),
    ],
)
def test_bad_answers_and_positions(square, call, message):
    with pytest.raises(ValueError, match=message):
        call(square)
    assert pyplot.get_fignums() == []  # refused before a figure is made


def test_solution_of_a_bare_model_holds_no_answer(square):
    solution = cim.solve(ip.MaxCut(square).to_ising(), seed=0)
    with pytest.raises(ValueError, match="bare model"):
        plotting.cut(square, solution)


# --- layout ----------------------------------------------------------------------------------------------------------


def edge_lengths(graph, xy):
    place = dict(zip(graph, xy, strict=True))
    return np.array([np.linalg.norm(place[u] - place[v]) for u, v in graph.edges])


@pytest.mark.parametrize(
    "graph",
    [nx.petersen_graph(), nx.karate_club_graph(), nx.grid_2d_graph(15, 15), nx.path_graph(300), nx.complete_graph(130)],
    ids=["petersen", "karate", "grid", "path", "complete"],
)
def test_layout_is_deterministic_and_keeps_nodes_apart(graph):
    xy = node_positions(graph)
    np.testing.assert_array_equal(xy, node_positions(graph))
    assert edge_lengths(graph, xy).mean() == pytest.approx(1.0)
    distances = np.linalg.norm(xy[:, None] - xy, axis=2)[np.triu_indices(len(graph), 1)]
    assert distances.min() > 0.05 * np.median(edge_lengths(graph, xy)) / np.sqrt(len(graph) / 10)


def test_large_grid_unfolds():
    graph = nx.grid_2d_graph(25, 25)
    xy = dict(zip(graph, node_positions(graph), strict=True))
    corners = [xy[corner] for corner in ((0, 0), (0, 24), (24, 0), (24, 24))]
    assert np.linalg.norm(corners[0] - corners[3]) > 15
    assert np.linalg.norm(corners[1] - corners[2]) > 15
    assert edge_lengths(graph, xy.values()).max() < 2.5


def test_simple_planar_graphs_are_drawn_without_crossings():
    for graph in (nx.balanced_tree(2, 3), nx.wheel_graph(7), nx.grid_2d_graph(5, 6), nx.cycle_graph(9)):
        assert _faults(node_positions(graph), nx.to_scipy_sparse_array(graph)) == 0


def test_components_do_not_overlap():
    parts = [nx.petersen_graph(), nx.cycle_graph(7), nx.path_graph(4), nx.empty_graph(3)]
    graph = nx.disjoint_union_all(parts)
    place = dict(zip(graph, node_positions(graph), strict=True))
    boxes = []
    for component in nx.connected_components(graph):
        xy = np.array([place[node] for node in component])
        boxes.append((xy.min(axis=0), xy.max(axis=0)))
    for k, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:k]:
            assert np.any((low > other_high + 0.5) | (other_low > high + 0.5))


def test_the_pos_attribute_is_used_where_every_node_has_it(square):
    placed = square.copy()
    nx.set_node_attributes(placed, PLACES, "pos")
    np.testing.assert_array_equal(node_positions(placed), [PLACES[node] for node in placed])
    del placed.nodes["a"]["pos"]
    np.testing.assert_array_equal(node_positions(placed), node_positions(square))


def test_nodes_are_smaller_where_there_is_less_room(blank):
    graph = nx.karate_club_graph()
    crowded = matplotlib.figure.Figure(figsize=(2, 2)).subplots()
    assert GraphCanvas(graph, None, crowded, None).diameter < 0.6 * GraphCanvas(graph, None, blank, None).diameter


# --- energy against size ---------------------------------------------------------------------------------------------


@pytest.fixture
def study():
    energies = np.array([[-0.70, -0.72, -0.71], [-0.75, np.nan, np.nan]])
    return xr.Dataset(
        {
            "cim": (("size", "instance"), energies),
            "spectral": (("size", "instance"), energies + 0.1),
            "quench": (("instance", "size"), energies.T + 0.05, {"long_name": "a quench"}),
        },
        coords={"size": [100, 1000]},
    )


def test_energy_against_size(study, blank):
    ax = plotting.energy_against_size(study, ax=blank)
    draw(ax)
    assert ax is blank
    assert ax.get_xscale() == "log"
    names = ["coherent Ising machine", "top eigenvector, signs", "a quench", r"ground state, $-0.763 + 0.70\,n^{-2/3}$"]
    assert legend_texts(ax) == names
    line, _, (bars,) = ax.containers[0]
    np.testing.assert_allclose(line.get_ydata(), [-0.71, -0.75])
    (_, low), (_, high) = bars.get_segments()[0]
    assert (high - low) / 2 == pytest.approx(0.01 / np.sqrt(3))  # standard error of three
    (_, low), (_, high) = bars.get_segments()[1]
    assert high == low  # one instance has none
    assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "1,000"]
    fit = next(line for line in ax.lines if line.get_label().startswith("ground state"))
    x, y = fit.get_data()
    np.testing.assert_allclose(y, -0.7632 + 0.70 * x ** (-2 / 3))
    assert {text.split("\n")[0] for text in written(ax)} == {"−2/π", "−0.7632"}


def test_plain_arrays_in_any_order_of_sizes(study):
    arrays = {"size": [1000, 100], "cim": study["cim"].values[::-1]}
    ax = plotting.energy_against_size(arrays)
    np.testing.assert_allclose(ax.containers[0][0].get_data(), [[100, 1000], [-0.71, -0.75]])


def test_sizes_that_crowd_are_labelled_at_powers_of_ten(study):
    figure = matplotlib.figure.Figure(figsize=(2.5, 2))
    sizes = np.array([100, 120, 150, 200, 1000])
    ax = plotting.energy_against_size({"size": sizes, "cim": np.full((5, 2), -0.7)}, ax=figure.subplots())
    draw(ax)
    assert {label.get_text() for label in ax.get_xticklabels()} >= {"100", "1,000"}
    assert "120" not in {label.get_text() for label in ax.get_xticklabels()}
    draw(plotting.energy_against_size({"size": [100], "cim": [[-0.7]]}))


@pytest.mark.parametrize(
    ("study", "error", "message"),
    [
        ([1], TypeError, "study: an xarray.Dataset"),
        ({"cim": [[1.0]]}, ValueError, "under 'size'"),
        ({"size": [10]}, ValueError, "no energies"),
        ({"size": [-1], "cim": [[1.0]]}, ValueError, "positive"),
        ({"size": [10], "cim": [1.0]}, ValueError, r"needs numbers of shape \(1, instances\)"),
        ({"size": [10], "cim": [[np.inf]]}, ValueError, "infinite"),
        (xr.Dataset({"cim": ("size", [1.0])}), ValueError, "no coordinate 'size'"),
        (xr.Dataset({"cim": ("size", [1.0])}, coords={"size": [10]}), ValueError, "'cim' has the dimensions"),
    ],
)
def test_bad_studies(study, error, message):
    with pytest.raises(error, match=message):
        plotting.energy_against_size(study)


# --- manners ---------------------------------------------------------------------------------------------------------


def test_given_axes_leave_pyplot_alone(run, square):
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(2, 3)
    plotting.annealing_run(run, axes=axes[:, 0])
    plotting.energy_histogram([1, 2], ax=axes[0, 1])
    plotting.cut(square, ({"a"}, {"b", "c", "d"}), ax=axes[1, 1])
    plotting.schedule(0.0, ax=axes[0, 2])
    plotting.energy_against_size({"size": [10, 100], "cim": [[-0.7], [-0.75]]}, ax=axes[1, 2])
    figure.canvas.draw()
    assert pyplot.get_fignums() == []


def test_new_figures_are_pyplots_and_are_not_shown(run, square, monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *args, **kwargs: pytest.fail("a picture was shown"))
    plotting.annealing_run(run)
    plotting.energy_histogram([1, 2])
    plotting.coloring(square, {})
    plotting.schedule(0.0)
    plotting.energy_against_size({"size": [10], "cim": [[-0.7]]})
    assert len(pyplot.get_fignums()) == 5


def test_the_module_is_imported_without_matplotlib():
    code = "import sys, cim; cim.plotting.cut; print('matplotlib' in sys.modules, 'networkx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_numbers_as_they_are_written():
    written_as = {-0.7632: "−0.7632", 13359: "13,359", 2.0: "2", -61.0: "−61", 1234.5: "1,234.5", 0.1 + 0.2: "0.3"}
    assert {value: number(value) for value in written_as} == written_as
