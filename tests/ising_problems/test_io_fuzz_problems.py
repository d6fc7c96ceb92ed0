"""Damaged files of problems: as in ``test_io_fuzz``, refused in one line or read as they literally say."""

import re

import numpy as np
import pytest
from fuzzing import TOKENS, Refused, demand, integer, lines_of, mutations, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

import ising_problems as ip
from ising_problems.formats import FORMATS, Instances, Source

MANY = max(250, settings().max_examples)


def loaded(name, data):
    """What the format's reader makes of the bytes, the first of several; None after an error of the right form."""
    source = Source("file", data)
    try:
        content = next(known for known in FORMATS if known.name == name).load(source)
        return content.load(0) if isinstance(content, Instances) else content
    except ValueError as error:
        message = str(error)
        assert re.match(r"file(:[1-9][0-9]*)?: \S", message), message
        assert len(message.splitlines()) == 1
        assert message.isprintable()
        return None


# ---------------------------------------------------------------------- the plain readers


def plain_cnf(data):
    header, *body = [words for words in lines_of(data) if not words[0].startswith("c")] or [[]]
    demand(len(header) == 4 and header[:2] == ["p", "cnf"])
    n, m = map(integer, header[2:])
    if ["%"] in body:
        end = body.index(["%"])
        demand(body[end + 1 :] in ([], [["0"]]))
        body = body[:end]
    literals = [integer(word) for words in body for word in words]
    demand(0 <= n <= max(100_000, 10 * (len(literals) + 4)) and m >= 0)
    demand(all(abs(literal) <= n for literal in literals))
    clauses, clause = [], []
    for literal in literals:
        if literal:
            clause.append(literal)
        else:
            clauses.append(clause)
            clause = []
    demand(not clause and len(clauses) == m)
    return {"clauses": clauses, "num_variables": n}


def plain_wcnf(data):
    lines = [words for words in lines_of(data) if not words[0].startswith("c")]
    demand(lines)
    if lines[0][:2] == ["p", "cnf"]:
        content = plain_cnf(data)
        return {**content, "weights": [1] * len(content["clauses"]), "hard": []}
    top, n, m = None, None, None
    if lines[0][0] == "p":
        demand(len(lines[0]) in (4, 5) and lines[0][1] == "wcnf")
        n, m, *rest = map(integer, lines.pop(0)[2:])
        top = rest[0] if rest else None
        demand(top is None or top >= 0)
        if ["%"] in lines:
            end = lines.index(["%"])
            demand(lines[end + 1 :] in ([], [["0"]]))
            lines = lines[:end]
        demand(m == len(lines))
    hard, soft, weights = [], [], []
    for first, *words in lines:
        literals = [integer(word) for word in words]
        demand(literals and literals[-1] == 0 and 0 not in literals[:-1])
        if first == "h":
            demand(m is None)
            hard.append(literals[:-1])
        elif integer(first) == top:
            hard.append(literals[:-1])
        else:
            demand(integer(first) >= 1 and (top is None or integer(first) < top))
            soft.append(literals[:-1])
            weights.append(integer(first))
    largest = max((abs(literal) for clause in hard + soft for literal in clause), default=0)
    n = largest if n is None else n
    words = sum(map(len, lines)) + 5 * (m is not None)
    demand(0 <= largest <= n <= max(100_000, 10 * words))
    return {"clauses": soft, "weights": weights, "hard": hard, "num_variables": n}


def plain_edge_list(data):
    lines = [words for words in lines_of(data) if words[0][0] not in "c#"]
    demand(lines)
    nodes = None
    if lines[0][0] == "p":
        header = lines.pop(0)
        demand(len(header) == 4)
        n, m = map(integer, header[2:])
        demand(0 <= n <= max(100_000, 10 * m) and m == len(lines))
        nodes = set(range(1, n + 1))
    edges = set()
    for words in lines:
        demand(len(words) == 2)
        u, v = map(integer, words)
        demand(u != v and min(u, v) >= 0 and (nodes is None or {u, v} <= nodes) and frozenset((u, v)) not in edges)
        edges.add(frozenset((u, v)))
    return nodes if nodes is not None else {node for edge in edges for node in edge}, edges


def plain_knapsack(data):
    lines = lines_of(data)
    demand(lines and not (len(lines) > 1 and lines[1][0] == "n"))
    header, *items = lines
    demand(len(header) in (1, 2))
    if len(header) == 2:
        n = integer(header[0])
        demand(n >= 0)
        if len(items) == n + 1 and len(items[n]) == n and set(items[n]) <= {"0", "1"}:
            items.pop()
        demand(len(items) == n)
    demand(all(len(words) == 2 for words in items))
    values, weights = (numbers([words[k] for words in items]) for k in range(2))
    return {"values": values, "weights": weights, "capacity": numbers([header[-1]])[0]}


def plain_quadratic(data):
    lines = lines_of(data)
    demand(lines and len(lines[0]) == 1)
    count, first, rest = integer(lines[0][0]), None, lines[1:]
    demand(count >= 1)
    for _ in range(count):
        demand(rest and len(rest[0]) == 2)
        n, m = map(integer, rest[0])
        demand(1 <= n <= max(100_000, 10 * m) and 0 <= m < len(rest))
        entries = {}
        body = rest[1 : 1 + m]
        demand(all(len(words) == 3 for words in body))
        for words, value in zip(body, numbers([words[2] for words in body]), strict=True):
            i, j = integer(words[0]), integer(words[1])
            demand(1 <= i <= j <= n and (i, j) not in entries)
            entries[i, j] = value
        first = first or (n, entries)
        rest = rest[1 + m :]
    demand(not rest)
    return first


def plain_cover(data):
    words = [word for line in lines_of(data) for word in line]
    values = numbers(words)
    demand(len(values) >= 2 and all(value == int(value) and value >= 1 for value in values[:2]))
    m, n = map(int, values[:2])
    demand(m + n <= max(100_000, 10 * len(values)))
    costs, rest = values[2 : 2 + n], values[2 + n :]
    demand(len(costs) == n)
    sets = {k: [] for k in range(1, n + 1)}
    for element in range(1, m + 1):
        demand(rest and rest[0] == int(rest[0]) and 0 <= rest[0] <= n)
        count = int(rest[0])
        members, rest = rest[1 : 1 + count], rest[1 + count :]
        demand(len(members) == count and all(member == int(member) and 1 <= member <= n for member in members))
        demand(len(set(members)) == len(members))
        for member in members:
            sets[int(member)].append(element)
    demand(not rest)
    return {"sets": sets, "universe": range(1, m + 1), "weights": costs}


# ---------------------------------------------------------------------- comparison


def same_edge_list(graph, content):
    assert (set(graph), {frozenset(edge) for edge in graph.edges}) == content


def same_quadratic(model, content):
    n, entries = content
    assert model.num_spins == n
    scale = 1 + sum(abs(q) for q in entries.values())
    for x in np.random.default_rng(0).integers(0, 2, (6, n)):
        value = sum((1 if i == j else 2) * q * int(x[i - 1]) * int(x[j - 1]) for (i, j), q in entries.items())
        assert abs(model.energy(2 * x - 1) + value) <= 1e-12 * scale


def same_dict(found, content):
    assert found == content


READERS = {
    "dimacs-cnf": (plain_cnf, same_dict, (b"c f\np cnf 4 3\n1 -2 0\n2 3\n-4 0\n-1 0\n", b"p cnf 2 1\n1 2 0\n%\n0\n\n")),
    "dimacs-wcnf": (
        plain_wcnf,
        same_dict,
        (
            b"p wcnf 3 3 9\n9 1 -2 0\n4 2 3 0\n1 -3 0\n",
            b"h 1 -2 0\nc x\n4 2 3 0\n1 -3 0\n",
            b"p wcnf 2 2\n3 1 0\n1 2 0\n",
        ),
    ),
    "edge-list": (plain_edge_list, same_edge_list, (b"# a\n0 7\nc b\n7 3\n", b"p tw 4 2\n1 2\n2 4\n")),
    "knapsack": (
        plain_knapsack,
        same_dict,
        (b"10\n6 5\n4 4\n7 .5\n", b"3 10\n6 5\n4 4\n7 5\n1 0 1\n", b"2 10\n6 5\n4 4\n"),
    ),
    "orlib-bqp": (
        plain_quadratic,
        same_quadratic,
        (b"1\n3 4\n1 1 2\n1 2 -3\n2 3 5\n3 3 -1\n", b"2\n2 1\n1 2 3\n1 1\n1 1 2\n"),
    ),
    "orlib-scp": (plain_cover, same_dict, (b"3 4\n2 3 1\n5\n2\n1 2\n1\n3\n3 1 2 4\n", b"1 1\n2.5\n1 1\n")),
}
SEEDS = {
    "dimacs-clq": (b"p edge 4 3\ne 1 2\ne 2 3\ne 4 1\n", b"p col 3 2\np 1 2\np 2 3\n"),
    "tsplib": (
        b"NAME: t\nTYPE: TSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: GEO\nNODE_COORD_SECTION\n1 10.2 3\n2 3 4\n3 5 6\nEOF\n",
        b"TYPE : ATSP\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : FULL_MATRIX\n"
        b"EDGE_WEIGHT_SECTION\n0 1 2\n0\nEOF\n",
        b"TYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : UPPER_ROW\n"
        b"EDGE_WEIGHT_SECTION\n1 2 3\nDISPLAY_DATA_SECTION\n1 0 0\n2 1 1\n3 2 2\n",
    ),
    "tsplib-hcp": (
        b"TYPE : HCP\nDIMENSION : 3\nEDGE_DATA_FORMAT : EDGE_LIST\nEDGE_DATA_SECTION\n1 2\n2 3\n3 1\n-1\nEOF\n",
        b"TYPE : HCP\nDIMENSION : 3\nEDGE_DATA_FORMAT : ADJ_LIST\nEDGE_DATA_SECTION\n1 2 3 -1\n2 3 -1\n-1\nEOF\n",
    ),
    "steinlib": (
        b"33D32945 x\nSECTION Comment\nName a\nEND\nSECTION Graph\nNodes 3\nEdges 2\nE 1 2 5\nE 2 3 .5\nEND\n"
        b"SECTION Terminals\nTerminals 2\nT 1\nT 3\nEND\nSECTION Coordinates\nDD 1 0 0\nEND\nEOF\n",
    ),
    "orlib-mknap": (b"2\n3 2 0\n5 4 3\n2 3 1\n4 1 2\n5 11\n1 1 7\n7\n1\n1\n",),
    "knapsack": (b"a\nn 2\nc 10\nz 13\ntime 0.00\n1,6,5,1\n2,4,4,0\n----\n",),
    "lp": (b"max\n v: 3 x + 2 y\nst\n a: x + y <= 1\n b: x - y >= 0\nbin\n x y\nend\n",),
    "mps": (
        b"NAME a\nROWS\n N cost\n L r\nCOLUMNS\n x cost 1 r 2\n y cost 3 r 1\n"
        b"RHS\n RHS r 2\nBOUNDS\n BV B x\n BV B y\nENDATA\n",
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_seeds_are_valid(name):
    plain, same, seeds = READERS[name]
    for seed in seeds:
        same(loaded(name, seed), plain(seed))


@pytest.mark.parametrize("name", SEEDS)
def test_other_seeds_are_valid(name):
    if name in ("lp", "mps"):
        pytest.importorskip("highspy")
    assert all(loaded(name, seed) is not None for seed in SEEDS[name])


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=MANY)
@given(st.data())
def test_mutated_files_are_refused_or_read_literally(name, data):
    plain, same, seeds = READERS[name]
    content = data.draw(mutations(seeds))
    found = loaded(name, content)
    try:
        expected = plain(content)
    except Refused:
        assert found is None, f"{content!r} was read as {found!r}"
        return
    if found is None:
        extreme = re.search(rb"[0-9]{16}|[eE][+-]?[0-9]{2}", content)
        assert extreme or not content.strip(), f"{content!r} was refused"
        return
    same(found, expected)


@pytest.mark.parametrize("name", [*SEEDS])
@settings(max_examples=100)
@given(st.data())
def test_mutated_files_never_end_in_another_error(name, data):
    if name in ("lp", "mps"):
        pytest.importorskip("highspy")
    loaded(name, data.draw(mutations(SEEDS[name])))


@pytest.mark.parametrize("name", [*SEEDS, *READERS])
@settings(max_examples=40)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(str.encode),
        st.lists(st.sampled_from([*TOKENS, b"\n", b"\n"]), max_size=40).map(b" ".join),
    )
)
def test_garbage_never_ends_in_another_error(name, content):
    if name in ("lp", "mps"):
        pytest.importorskip("highspy")
    loaded(name, content)


@settings(max_examples=200)
@given(
    mutations(
        [seed for _, _, seeds in READERS.values() for seed in seeds] + [s for seeds in SEEDS.values() for s in seeds]
    )
)
def test_files_without_a_suffix_are_refused_or_read(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "nameless"
    path.write_bytes(content)
    try:
        ip.read(path, index=0)
    except ValueError as error:
        message = str(error)
    else:
        return
    assert re.match(re.escape(str(path)) + r"(:[1-9][0-9]*)?: \S", message), message
    assert len(message.splitlines()) == 1
