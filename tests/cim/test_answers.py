"""Answers in words: every kind of problem's in its own form."""

import networkx as nx
import numpy as np
import pytest

import ising_problems as ip
from cim.answers import in_words, short

TRIANGLE = [(1, 2), (2, 3), (1, 3)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ((frozenset({2, 1}), frozenset()), "({1, 2}, {})"),
        ({"b": np.int64(1), "a": None}, "{'a': None, 'b': 1}"),
        (np.arange(42), "[" + ", ".join(map(str, range(40))) + ", …]"),
        ([(0, 1), (1, 2)], "[(0, 1), (1, 2)]"),
        ({(0, "x"), (0, "w")}, "{(0, 'w'), (0, 'x')}"),
    ],
)
def test_answers_in_short(answer, text):
    assert short(answer) == text


@pytest.mark.parametrize(
    ("problem", "answer", "text"),
    [
        (lambda: ip.TravellingSalesman(nx.complete_graph(3)), [0, 2, 1], "0 → 2 → 1 → 0"),
        (lambda: ip.HamiltonianCycle(TRIANGLE), [1, None, 3], "1 → ? → 3 → 1"),
        (lambda: ip.HamiltonianPath(TRIANGLE), [3, 1, 2], "3 → 1 → 2"),
        (lambda: ip.GraphColoring([("b", "a"), ("c", "a")], 2), {"b": 0, "a": 1, "c": 0}, "0: b c; 1: a"),
        (lambda: ip.GraphColoring(TRIANGLE, 2), {1: 0, 2: None, 3: 1}, "0: 1; 1: 3; none: 2"),
        (lambda: ip.VertexCover(TRIANGLE), frozenset({3, 1}), "{1, 3}"),
        (lambda: ip.VertexCover(TRIANGLE), frozenset(), "{} (nothing is chosen)"),
        (lambda: ip.IndependentSet([(10, "a")]), frozenset({"a"}), "{a}"),
        (lambda: ip.SteinerTree(TRIANGLE, [1, 3]), frozenset({(3, 2), (1, 2)}), "1–2, 2–3"),
        (lambda: ip.SteinerTree(TRIANGLE, [1, 3]), frozenset(), "no edges"),
        (lambda: ip.Satisfiability([[1, -2], [3]]), {2: False, 1: True, 3: True}, "1 -2 3"),
        (lambda: ip.MaxCut(TRIANGLE), (frozenset({1}), frozenset({2, 3})), "({1}, {2, 3})"),
    ],
)
def test_each_kind_in_its_own_form(problem, answer, text):
    assert in_words(problem(), answer) == text


def test_long_answers_end_where_the_line_does():
    problem = ip.TravellingSalesman(nx.complete_graph(100))
    text = in_words(problem, list(range(100)))
    assert text.startswith("0 → 1 → 2 → ")
    assert text.endswith(" → … (100 in all)")
    assert len(text) < 230
