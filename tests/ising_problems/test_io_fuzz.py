"""Damaged files: a reader gives what the file literally says, or one line of error that begins with its path.

For each text format there is a slow, plain reader here that shares nothing with the one under test.  Whatever becomes
of a valid file by mutation, both must refuse it, or both must find the same content in it: nothing crashes, hangs, or
is silently repaired.
"""

import gzip
import itertools
import json
import re

import dimod
import numpy as np
import pytest
from fuzzing import TOKENS, Refused, demand, integer, lines_of, mutations, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems import IsingModel
from ising_problems.encoders.cuts import MaxCut
from ising_problems.io import read

SUFFIXES = (".rud", ".mc", ".col", ".qubo", ".coo", ".mtx", ".bqm", ".json")
# More than a profile's default: the interesting mutations are few.
MANY = max(400, settings().max_examples)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def read_bytes(path, data):
    """What ``read`` makes of the bytes: a problem or model, or None after an error of the right form."""
    path.write_bytes(data)
    problem = MaxCut if ".col" in path.suffixes else None
    try:
        return read(path, problem=problem)
    except ValueError as error:
        message = str(error)
        assert re.match(re.escape(str(path)) + r"(:[1-9][0-9]*)?: \S", message), message
        assert len(message.splitlines()) == 1
        assert message.isprintable()
        return None


# ---------------------------------------------------------------------- the plain readers


def plain_rudy(data):
    header, *body = lines_of(data) or [[]]
    demand(len(header) == 2)
    n, m = map(integer, header)
    demand(n >= 0 and len(body) == m and n <= max(100_000, 10 * m))
    demand(len({len(words) for words in body}) <= 1)
    demand(all(len(words) in (2, 3) for words in body))
    weights = numbers([words[2] if len(words) == 3 else "1" for words in body])
    edges = {}
    for words, weight in zip(body, weights, strict=True):
        u, v = integer(words[0]), integer(words[1])
        demand(u != v and 1 <= u <= n and 1 <= v <= n and frozenset((u, v)) not in edges)
        edges[frozenset((u, v))] = weight
    return n, edges


def plain_dimacs(data):
    header, *body = [words for words in lines_of(data) if not words[0].startswith("c")] or [[]]
    demand(len(header) == 4 and header[0] == "p" and header[1] in ("edge", "edges", "col"))
    n, m = map(integer, header[2:])
    demand(n >= 0 and n <= max(100_000, 10 * len(body)))
    edges = {}
    for words in body:
        demand(len(words) == 3 and words[0] == "e")
        u, v = integer(words[1]), integer(words[2])
        demand(u != v and 1 <= u <= n and 1 <= v <= n)
        edges[frozenset((u, v))] = 1
    demand(m in (len(body), len(edges)))
    return n, edges


def plain_entries(body, n):
    demand(all(len(words) == 3 for words in body))
    values = numbers([words[2] for words in body])
    entries = {}
    for words, value in zip(body, values, strict=True):
        i, j = integer(words[0]), integer(words[1])
        demand(0 <= i < n and 0 <= j < n and (i, j) not in entries)
        entries[i, j] = value
    return entries


def plain_qbsolv(data):
    lines = lines_of(data)
    comments = [words for words in lines if words[0].startswith("c")]
    header, *body = [words for words in lines if not words[0].startswith("c")] or [[]]
    demand(len(header) == 6 and header[:2] == ["p", "qubo"])
    n, nodes, couplers = map(integer, header[3:])
    demand(0 <= nodes <= n <= max(100_000, 10 * len(body)))
    entries = plain_entries(body, n)
    demand(all(i <= j for i, j in entries))
    demand(sum(i == j for i, j in entries) == nodes and sum(i < j for i, j in entries) == couplers)
    offsets = [words[2] for words in comments if len(words) == 3 and words[:2] == ["c", "offset"]]
    demand(len(offsets) <= 1)
    return n, entries, numbers(offsets)[0] if offsets else 0


def plain_list(data):
    lines = lines_of(data)
    vartypes = set()
    for words in lines:
        if words[0].startswith("#"):
            vartypes.update(re.findall(r"\bvartype\s*[:=]\s*(\S+)", " ".join(words), re.ASCII)[:1])
    demand(vartypes in (set(), {"SPIN"}, {"BINARY"}))
    body = [words for words in lines if not words[0].startswith("#")]
    demand(not any(words[0] == "p" for words in lines))
    n = None
    if body and len(body[0]) == 2:
        n, m = map(integer, body.pop(0))
        demand(m == len(body))
    if n is None:
        n = 1 + max((integer(word) for words in body for word in words[:2]), default=-1)
    demand(0 <= n <= max(100_000, 10 * len(body)))
    return n, plain_entries(body, n), vartypes == {"SPIN"}


def plain_matrix_market(data):
    lines = lines_of(data)
    demand(re.match(rb"%%MatrixMarket[ \t]", data.removeprefix(b"\xef\xbb\xbf")))
    banner = [word.lower() for word in lines[0]]
    demand(len(banner) == 5 and banner[1] == "matrix")
    demand(banner[2] == "coordinate" and banner[3] in ("real", "double", "integer", "pattern"))
    demand(banner[4] in ("symmetric", "general"))
    size, *body = [words for words in lines[1:] if not words[0].startswith("%")] or [[]]
    demand(len(size) == 3)
    n, columns, m = map(integer, size)
    demand(n == columns and m == len(body) and 0 <= n <= max(100_000, 10 * m))
    demand(all(len(words) == (2 if banner[3] == "pattern" else 3) for words in body))
    words_of_values = ["1" if banner[3] == "pattern" else words[2] for words in body]
    values = [integer(word) for word in words_of_values] if banner[3] == "integer" else numbers(words_of_values)
    J = {}
    for words, value in zip(body, values, strict=True):
        i, j = integer(words[0]) - 1, integer(words[1]) - 1
        demand(0 <= i < n and 0 <= j < n and (i != j or value == 0))
        pairs = {(i, j), (j, i)} if banner[4] == "symmetric" else {(i, j)}
        for pair in pairs:
            demand(pair not in J)
            J[pair] = value
    demand(all(J.get((j, i), 0) == value for (i, j), value in J.items()))
    return n, J


# ---------------------------------------------------------------------- comparison


def same_graph(problem, content):
    n, edges = content
    assert list(problem.graph) == list(range(1, n + 1))
    found = {frozenset((u, v)): w for u, v, w in problem.graph.edges(data="weight", default=1)}
    assert found == edges
    assert all(type(found[edge]) is type(edges[edge]) for edge in edges)


def same_qubo_energies(model, n, entries, offset, spin=False):
    assert model.num_spins == n
    rng = np.random.default_rng(0)
    scale = 1 + abs(offset) + sum(abs(q) for q in entries.values())
    for _ in range(6):
        s = rng.choice([-1, 1], n)
        x = s if spin else (1 + s) // 2
        terms = (q * (int(x[i]) if i == j else int(x[i]) * int(x[j])) for (i, j), q in entries.items())
        assert abs(model.energy(s) - (sum(terms) + offset)) <= 1e-12 * scale


def same_qbsolv(model, content):
    same_qubo_energies(model, *content)


def same_list(model, content):
    n, entries, spin = content
    same_qubo_energies(model, n, entries, 0, spin)


def same_couplings(model, content):
    n, J = content
    assert model.num_spins == n
    assert model.offset == 0
    assert not model.has_fields
    rows, columns = model.J.nonzero()
    found = {(i, j): model.J[i, j] for i, j in zip(rows.tolist(), columns.tolist(), strict=True)}
    assert found == {pair: value for pair, value in J.items() if value != 0}


TEXT_FORMATS = {
    ".rud": (
        plain_rudy,
        same_graph,
        (b"5 4\n1 2 3\n2 3 -1\n4 5 7\n1 5 0\n", b"4 3\n1 2\n2 3\n3 4\n", b"3 2\r\n1 2 0.5\r\n3 2 1e-3\r\n", b"2 0\n"),
    ),
    ".col": (
        plain_dimacs,
        same_graph,
        (b"c caf\xe9\np edge 4 3\ne 1 2\ne 2 3\ne 4 1\n", b"p col 3 2\ne 1 2\ne 2 1\ne 2 3\ne 3 2\nc end\n"),
    ),
    ".qubo": (
        plain_qbsolv,
        same_qbsolv,
        (b"c\nc offset 2.5\np qubo 0 4 2 3\n0 0 1\n2 2 -3\n0 1 2\n1 2 4\n0 2 -4\n", b"p qubo 0 3 1 1\n1 1 .5\n0 1 2\n"),
    ),
    ".coo": (
        plain_list,
        same_list,
        (
            b"# a list\n0 0 1\n0 1 2\n1 0 -4\n2 2 8\n",
            b"3 2\n0 1 4\n1 1 -2\n",
            b"# vartype=SPIN\n0 0 1.5\n0 1 -2\n1 2 3\n",
        ),
    ),
    ".mtx": (
        plain_matrix_market,
        same_couplings,
        (
            b"%%MatrixMarket matrix coordinate real symmetric\n% J\n4 4 3\n2 1 .5\n3 1 -1\n4 2 2\n",
            b"%%MatrixMarket matrix coordinate integer general\n3 3 4\n2 1 5\n1 2 5\n3 2 -1\n2 3 -1\n",
            b"%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n",
        ),
    ),
}


def is_extreme(content):
    """Whether numbers are so large that a model refuses them although the file is in order."""
    flat = [value for part in content if isinstance(part, dict) for value in part.values()]
    return any(
        abs(value) > 2**50 for value in [*flat, *(part for part in content[2:] if isinstance(part, (int, float)))]
    )


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_seeds_are_valid(folder, suffix):
    plain, same, seeds = TEXT_FORMATS[suffix]
    for seed in seeds:
        same(read_bytes(folder / f"seed{suffix}", seed), plain(seed))


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@settings(max_examples=MANY)
@given(st.data())
def test_mutated_text_is_refused_or_read_literally(folder, suffix, data):
    plain, same, seeds = TEXT_FORMATS[suffix]
    content = data.draw(mutations(seeds))
    found = read_bytes(folder / f"mutated{suffix}", content)
    try:
        expected = plain(content)
    except Refused:
        assert found is None, f"{content!r} was read as {found!r}"
        return
    if found is None:
        assert is_extreme(expected) or not content.strip(), f"{content!r} was refused"
        return
    same(found, expected)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(str.encode),
        st.lists(st.sampled_from([*TOKENS, b"\n", b"\n"]), max_size=40).map(b" ".join),
    )
)
def test_random_bytes_and_text_are_refused_or_read(folder, suffix, content):
    found = read_bytes(folder / f"random{suffix}", content)
    assert found is None or isinstance(found, (IsingModel, MaxCut))
    if found is not None and suffix in TEXT_FORMATS:
        plain, same, _ = TEXT_FORMATS[suffix]
        same(found, plain(content))


@settings(max_examples=100)
@given(st.data())
def test_damaged_gzip_is_refused_or_unpacked(folder, data):
    whole = gzip.compress(b"3 2\n1 2 5\n2 3 7\n", mtime=0)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.sampled_from((b"", bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[at + 1 :])))
    found = read_bytes(folder / "damaged.rud.gz", damaged)
    if found is not None:  # a byte of the gzip header that carries no content
        same_graph(found, (3, {frozenset((1, 2)): 5, frozenset((2, 3)): 7}))


# ---------------------------------------------------------------------- dimod's files


def example_bqm(vartype):
    return dimod.BinaryQuadraticModel(
        {"a": 1.0, "b": -2.5, (1, "c"): 0.0, 7: 4.0}, {("a", "b"): 3.0, ("b", 7): -1.0, ("a", 7): 0.5}, 2.0, vartype
    )


def bqm_bytes(vartype, version):
    with example_bqm(vartype).to_file(version=version) as file:
        return file.read()


def energy_of_json(content, s):
    """Energy of ±1 spins by what the JSON says."""
    x = s if content["variable_type"] == "SPIN" else (1 + s) // 2
    total = content["offset"] + sum(b * v for b, v in zip(content["linear_biases"], x, strict=True))
    pairs = zip(content["quadratic_head"], content["quadratic_tail"], content["quadratic_biases"], strict=True)
    return total + sum(bias * x[i] * x[j] for i, j, bias in pairs)


@settings(max_examples=MANY)
@given(mutations([json.dumps(example_bqm(vartype).to_serializable()).encode() for vartype in ("SPIN", "BINARY")]))
def test_mutated_json_is_refused_or_read_literally(folder, content):
    found = read_bytes(folder / "mutated.json", content)
    if found is None:
        return
    literal = json.loads(content.decode("utf-8-sig"))
    assert found.num_spins == literal["num_variables"] == len(literal["variable_labels"])
    scale = 1 + abs(literal["offset"]) + sum(map(abs, literal["linear_biases"] + literal["quadratic_biases"]))
    for s in itertools.product((-1, 1), repeat=found.num_spins):
        assert abs(found.energy(s) - energy_of_json(literal, np.array(s))) <= 1e-14 * scale


@settings(max_examples=MANY)
@given(st.sampled_from([bqm_bytes(vartype, v) for vartype in ("SPIN", "BINARY") for v in (1, 2)]), st.data())
def test_mutated_binary_is_refused_or_read_as_dimod_does(folder, whole, data):
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        match data.draw(st.sampled_from(("flip", "set", "drop", "insert", "cut"))):
            case "flip":
                content[at : at + 1] = bytes(b ^ (1 << data.draw(st.integers(0, 7))) for b in content[at : at + 1])
            case "set":
                content[at : at + 1] = data.draw(st.sampled_from((b"\0", b"\xff", b"\x7f", b" ", b"9")))
            case "drop":
                del content[at : at + 1]
            case "insert":
                content[at:at] = data.draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del content[at:]
    found = read_bytes(folder / "mutated.bqm", bytes(content))
    if found is None:
        return
    bqm = dimod.BinaryQuadraticModel.from_file(bytes(content))
    assert list(found.labels) == list(bqm.variables)
    scale = 1 + abs(bqm.offset) + sum(map(abs, [*bqm.linear.values(), *bqm.quadratic.values()]))
    for s in itertools.product((-1, 1), repeat=found.num_spins):
        x = s if bqm.vartype is dimod.SPIN else [(1 + k) // 2 for k in s]
        expected = bqm.energy(dict(zip(bqm.variables, x, strict=True)))
        assert abs(found.energy(s) - expected) <= 1e-14 * scale
