"""``cim solve FILE`` finds the problem from the file, ``cim problems`` lists what there is."""

import json
import re
from dataclasses import replace

import pytest

import cim
import ising_problems as ip
from cim.arguments import problem_classes
from cim.report import solution_report

QUICK = ["--steps", "50", "--replicas", "4", "--seed", "1"]
FILES = {
    "a.cnf": ("p cnf 3 3\n1 2 0\n-1 3 0\n-3 0\n", {"feasible": "yes", "answer": "-1 2 -3"}),
    "a.wcnf": ("h 1 0\n5 -1 2 0\n3 -2 0\n", {"feasible": "yes", "answer": "1 2"}),
    "a.tsp": (
        "TYPE: TSP\nDIMENSION: 4\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 9 9\n3 9 0\n4 0 9\n",
        {"tour length": "36", "feasible": "yes", "answer": r"1 → [34] → 2 → [34] → 1"},
    ),
    "a.hcp": (
        "TYPE: HCP\nDIMENSION: 3\nEDGE_DATA_FORMAT: EDGE_LIST\nEDGE_DATA_SECTION\n1 2\n2 3\n3 1\n-1\n",
        {"feasible": "yes", "answer": "1 → [23] → [23] → 1"},
    ),
    "a.stp": (
        "SECTION Graph\nNodes 3\nEdges 3\nE 1 2 1\nE 2 3 1\nE 1 3 5\nEND\n"
        "SECTION Terminals\nTerminals 2\nT 1\nT 3\nEND\n",
        {"feasible": "yes", "answer": "1–2, 2–3"},
    ),
    "a.clq": ("p edge 3 2\ne 1 2\ne 2 3\n", {"feasible": "yes", "answer": r"\{1, 2\}|\{2, 3\}"}),
    "a.mis": ("p edge 3 2\ne 1 2\ne 2 3\n", {"feasible": "yes", "answer": r"\{1, 3\}"}),
    "a.col": ("p edge 3 2\ne 1 2\ne 2 3\n", {"feasible": "yes", "answer": r"\d: 1 3; \d: 2|\d: 2; \d: 1 3"}),
    "knap": ("10\n6 5\n4 4\n7 5\n", {"feasible": "yes", "answer": r"\{0, 2\}"}),
    "scp.txt": ("2 3\n1 1 3\n2\n1 3\n2\n2 3\n", {"feasible": "yes", "answer": r"\{1, 2\}"}),
}


NAMES = """
MaxCut NumberPartitioning SubsetSum GraphPartitioning CliqueOfSize MaximumClique BinaryLinearProgram ExactCover
SetPacking IndependentSet VertexCover Satisfiability MaxSatisfiability MinimalMaximalMatching SetCover HittingSet
ThreeDimensionalMatching Knapsack GraphColoring ChromaticNumber CliqueCover MakespanScheduling JobSequencing
HamiltonianCycle HamiltonianPath TravellingSalesman DegreeConstrainedSpanningTree SteinerTree
DirectedFeedbackVertexSet UndirectedFeedbackVertexSet FeedbackArcSet GraphIsomorphism SubgraphIsomorphism
QuadraticAssignment
"""


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_solved_in_its_own_terms(run, tmp_path, name, rows):
    content, expected = FILES[name]
    (tmp_path / name).write_text(content)
    code, out, error = run("solve", tmp_path / name, *QUICK)
    assert (code, error) == (0, "")
    report = rows(out)
    for label, pattern in expected.items():
        assert re.fullmatch(pattern, report[label]), (label, report[label])
    assert "→ ?" not in out


def test_a_program_is_solved(run, tmp_path, rows):
    pytest.importorskip("highspy")
    (tmp_path / "a.lp").write_text("max\n v: 3 x + 2 y\nst\n a: x + y <= 1\nbin\n x y\nend\n")
    code, out, _ = run("solve", tmp_path / "a.lp", *QUICK)
    assert code == 0
    assert rows(out)["feasible"] == "yes"
    assert out.splitlines()[0].startswith("a.lp: BinaryLinearProgram, ")


def test_one_of_several_models(run, tmp_path, rows):
    (tmp_path / "bqp.txt").write_text("2\n2 1\n1 2 3\n1 1\n1 1 5\n")
    assert rows(run("solve", tmp_path / "bqp.txt", "--index", 1, *QUICK)[1])["Ising energy"] == "-5"
    assert rows(run("solve", tmp_path / "bqp.txt", "--index", 0, *QUICK)[1])["Ising energy"] == "-6"
    code, out, error = run("solve", tmp_path / "bqp.txt")
    assert (code, out) == (2, "")
    assert error.endswith("bqp.txt: --index: there are 2 instances in the file; choose one, 0 to 1, with --index\n")


@pytest.mark.parametrize("word", ["VertexCover", "vertexcover", "VERTEXCOVER"])
def test_the_problem_is_named_in_any_case(run, tmp_path, word, rows):
    (tmp_path / "a.graph").write_text("1 2\n2 3\n")
    code, out, _ = run("solve", tmp_path / "a.graph", "--problem", word, *QUICK)
    assert code == 0
    assert rows(out)["answer"] == "{2}"


def test_a_graph_without_a_question_asks_for_it_by_the_option(run, tmp_path):
    (tmp_path / "a.graph").write_text("1 2\n2 3\n")
    code, out, error = run("solve", tmp_path / "a.graph")
    assert (code, out) == (2, "")
    assert "name the problem with --problem, for instance VertexCover" in error
    assert error.count("\n") == 1


def test_arguments_are_set_by_name(run, tmp_path, rows):
    (tmp_path / "a.graph").write_text("1 2\n2 3\n3 4\n")
    path = tmp_path / "a.graph"
    code, out, _ = run("solve", path, "--problem", "SteinerTree", "--set", "terminals=[2, 4]", *QUICK)
    assert code == 0
    assert rows(out)["answer"] == "2–3, 3–4"
    code, out, _ = run(
        "solve", path, "--problem", "GraphColoring", "--set", "num_colors=2", "--set", "penalty=3", *QUICK
    )
    assert code == 0
    assert rows(out)["answer"] in ("0: 1 3; 1: 2 4", "0: 2 4; 1: 1 3")
    code, _, error = run("solve", path, "--problem", "GraphColoring", "--set", "num_colors=2", "--num-colors", 3)
    assert code == 2
    assert "--set: num_colors is given twice" in error
    code, _, error = run("solve", path, "--problem", "GraphColoring", "--set", "num_colors=two")
    assert code == 2
    assert "num_colors" in error or "num-colors" in error


def test_nodes_keep_directions_and_refuse_arguments_that_name_them(run, tmp_path, rows):
    (tmp_path / "names.json").write_text(json.dumps({"1": "a", "2": "b", "3": "c"}))
    (tmp_path / "a.atsp").write_text(
        "TYPE: ATSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: FULL_MATRIX\n"
        "EDGE_WEIGHT_SECTION\n0 1 9\n9 0 1\n1 9 0\n"
    )
    code, out, _ = run("solve", tmp_path / "a.atsp", "--nodes", tmp_path / "names.json", *QUICK)
    assert code == 0
    assert rows(out)["answer"] == "a → b → c → a"
    (tmp_path / "a.stp").write_text(FILES["a.stp"][0])
    code, _, error = run("solve", tmp_path / "a.stp", "--nodes", tmp_path / "names.json")
    assert code == 2
    assert "--nodes: has no use with a SteinerTree" in error


def test_anneal_takes_the_same_arguments(run, tmp_path):
    (tmp_path / "a.graph").write_text("1 2\n2 3\n")
    options = ["--problem", "graphcoloring", "--set", "num_colors=2", "--steps", 50, "--replicas", 2]
    assert run("anneal", tmp_path / "a.graph", *options)[0] == 0
    code, _, error = run("anneal", "--sk", 5, "--set", "a=1")
    assert (code, error) == (2, "cim: error: --set: has no use with --sk\n")
    code, _, error = run("anneal", "--sk", 5, "--index", 0)
    assert (code, error) == (2, "cim: error: --index: has no use with --sk\n")


@pytest.mark.parametrize("repaired", [True, False])
def test_a_repaired_answer_is_reported_as_such(repaired, rows):
    problem = ip.VertexCover([(1, 2)])
    found = cim.solve(problem, seed=0)
    solution = replace(found, info={**found.info, "repaired": repaired})
    assert ("repaired" in rows(solution_report("a", problem, solution))) is repaired


# ---------------------------------------------------------------- cim problems


def test_every_problem_is_listed_with_its_spins_and_source(run):
    code, out, _ = run("problems")
    lines = out.splitlines()
    kinds = problem_classes()
    assert code == 0
    assert {kind.__name__ for kind in kinds} == {*NAMES.split(), "Polynomial"}
    assert lines[0] == f"{len(kinds)} problems (cim problems CLASS shows one in detail)"
    assert len(lines) == 1 + 2 * len(kinds)
    for kind, first, second in zip(kinds, lines[1::2], lines[2::2], strict=True):
        assert first.split(maxsplit=1) == [kind.__name__, kind.statement]
        assert f"spins: {kind.spin_count}; {kind.source}" in second
    assert "files: .rud .mc" in lines[2 + 2 * kinds.index(ip.MaxCut)]


def test_one_problem_in_detail(run, rows):
    code, out, _ = run("problems", "graphcoloring")
    report = rows(out)
    assert code == 0
    assert out.splitlines()[0] == "GraphColoring"
    assert report["asks"] == ip.GraphColoring.statement
    assert report["objective"] == "conflicts, to minimize"
    assert report["arguments"].startswith("graph, num_colors, penalty='auto'")
    assert report["files"] == ".col"
    assert out.splitlines()[-1] == "Colours for the nodes of a graph, different at the two ends of every edge."


def test_every_problem_has_its_details(run, rows):
    for kind in problem_classes():
        code, out, _ = run("problems", kind.__name__)
        assert code == 0
        assert rows(out)["spins"] == kind.spin_count


def test_no_such_problem(run):
    code, out, error = run("problems", "graphcolouring")
    assert (code, out) == (2, "")
    assert error.startswith(
        "cim: error: CLASS: 'graphcolouring' is not a class of problem; did you mean GraphColoring? "
    )
