"""Every convention gives the energies that its own definition gives, for every state."""

import itertools
import math

import dimod
import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from ising_problems import IsingModel, convert

WHOLE = st.integers(-20, 20)
FRACTION = st.floats(-20, 20, allow_subnormal=False, width=32)


def all_spins(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8).reshape(2**n, n)


@st.composite
def squares(draw, max_size=5):
    """A square matrix of whole or fractional numbers, and the strategy its numbers come from."""
    n = draw(st.integers(0, max_size))
    number = draw(st.sampled_from((WHOLE, FRACTION)))
    dtype = np.int64 if number is WHOLE else np.float64
    return np.array(draw(st.lists(number, min_size=n * n, max_size=n * n)), dtype=dtype).reshape(n, n), number


@st.composite
def models(draw, max_size=5):
    matrix, number = draw(squares(max_size))
    upper = np.triu(matrix, 1)
    J = upper + upper.T
    form = draw(st.sampled_from((np.array, sp.csr_array)))
    return IsingModel(form(J), matrix.diagonal(), draw(number))


def assert_same_energies(model, other):
    states = all_spins(model.num_spins)
    np.testing.assert_allclose(other.energy(states), model.energy(states), rtol=1e-13, atol=1e-11)


# ---------------------------------------------------------------------- QUBO


@given(squares(), st.data(), st.sampled_from((np.array, sp.csr_array, sp.coo_array, np.triu)))
def test_from_qubo_has_the_energies_of_the_binary_form(case, data, form):
    Q, number = case
    offset = data.draw(number)
    given_form = form(Q)
    Q = np.triu(Q) if form is np.triu else Q
    model = convert.from_qubo(given_form, offset)
    assert model.is_sparse == sp.issparse(given_form)
    for s in all_spins(len(Q)):
        x = [(1 + int(k)) // 2 for k in s]
        expected = offset + sum(Q[i, j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x)))
        if number is WHOLE:
            assert model.energy(s) == expected
        else:
            assert model.energy(s) == pytest.approx(expected, abs=1e-11)


@given(models())
def test_to_qubo_and_back(model):
    Q, offset = convert.to_qubo(model)
    assert sp.issparse(Q) == model.is_sparse
    dense = Q.toarray() if model.is_sparse else Q
    assert not np.tril(dense, -1).any()
    if model.is_integer:
        assert Q.dtype == np.int64
        assert type(offset) is int
    states = all_spins(model.num_spins)
    x = (1 + states.astype(np.int64)) // 2
    np.testing.assert_allclose(
        np.einsum("ri,ij,rj->r", x, dense, x) + offset, model.energy(states), rtol=1e-13, atol=1e-11
    )
    back = convert.from_qubo(Q, offset)
    assert back.is_integer == model.is_integer
    assert abs(back.J - model.J).sum() == 0
    np.testing.assert_allclose(back.h, model.h, rtol=0, atol=1e-12)


def test_from_qubo_keeps_whole_numbers_whole_and_halves_exact():
    model = convert.from_qubo([[2, 4], [0, 2]])
    assert (model.J.tolist(), model.h.tolist(), model.offset) == ([[0, -1], [-1, 0]], [-2, -2], 3)
    assert model.is_integer
    quarters = convert.from_qubo([[0, 1], [0, 0]])
    assert (quarters.J.tolist(), quarters.h.tolist(), quarters.offset) == ([[0, -0.25], [-0.25, 0]], [-0.25] * 2, 0.25)
    assert IsingModel.from_qubo([[0, 1], [0, 0]], 1.0).energy([1, 1]) == 2.0


def test_from_qubo_of_a_mapping_takes_labels_as_dimod_does():
    Q = {("b", "b"): 2, ("b", "a"): 4, ("a", "b"): 8, ("c", "c"): -2}
    model = convert.from_qubo(Q)
    assert list(model.labels) == ["b", "a", "c"]
    bqm = dimod.BinaryQuadraticModel.from_qubo(Q)
    for x in itertools.product((0, 1), repeat=3):
        sample = dict(zip("bac", x, strict=True))
        assert model.energy([2 * k - 1 for k in x]) == bqm.energy(sample)
    assert list(convert.from_qubo({(7, 3): 1, (3, 3): 1}).labels) == [3, 7]
    assert list(convert.from_qubo({(1, 0): 1}, labels=[1, 5, 0]).labels) == [1, 5, 0]
    assert convert.from_qubo({}).num_spins == 0


@pytest.mark.parametrize(
    ("Q", "message"),
    [
        (np.ones((2, 3)), r"^Q: must be a square matrix, but the shape is \(2, 3\)$"),
        (sp.csr_array(np.ones((2, 3))), r"^Q: must be a square matrix, but the shape is \(2, 3\)$"),
        ([1.0, 2.0], r"^Q: must be a square matrix, but the shape is \(2,\)$"),
        ([[0, np.nan], [0, 0]], r"^Q: every entry must be finite, but Q\[0, 1\] is nan$"),
        (sp.csr_array([[0, 0], [np.inf, 0]]), r"^Q: every entry must be finite, but Q\[1, 0\] is inf$"),
        ([[1j]], r"^Q: entries must be real numbers"),
        ([["a"]], r"^Q: entries must be real numbers"),
        ([[1, 2], [3]], r"^Q: not a rectangular array"),
        ([[2**62]], r"^Q: sums of integers this large do not fit in 64 bits"),
        ([[0, 2**54 + 1], [0, 0]], r"^Q: quarters of integers this large are not exact"),
        ([[1e300]], r"^Q: sums of numbers this large overflow"),
        ({"ab": 1}, r"^Q: the keys of a mapping must be pairs \(i, j\) of labels, but one is 'ab'$"),
        ({(0, 1, 2): 1}, r"^Q: the keys of a mapping must be pairs"),
        ({(0, 1): "x"}, r"^Q: entry \(0, 1\) must be a real number, but it is 'x'$"),
        ({(0, 1): math.nan}, r"^Q: entry \(0, 1\) must be finite, but it is nan$"),
        ({(0, 1): 2**70}, r"^Q: entry \(0, 1\) is 1180591620717411303424, which is not exact in 64 bits"),
        ({(0, 1): 2**53 + 1, (0, 0): 0.5}, r"^Q: entry \(0, 1\) is 9007199254740993, which is not exact"),
        ({(0, 1): [1, 2]}, r"^Q: entry \(0, 1\) must be a real number"),
    ],
)
def test_from_qubo_refuses_with_the_place(Q, message):
    with pytest.raises(ValueError, match=message):
        convert.from_qubo(Q)


def test_from_qubo_refuses_labels_that_do_not_fit():
    with pytest.raises(ValueError, match=r"^labels: Q has an entry \(0, 1\), but there is no label 1$"):
        convert.from_qubo({(0, 1): 1}, labels=[0])
    with pytest.raises(ValueError, match=r"^labels: one for each of the 2 spins"):
        convert.from_qubo(np.ones((2, 2)), labels=["a"])
    with pytest.raises(ValueError, match=r"^offset: must be finite"):
        convert.from_qubo(np.ones((2, 2)), math.inf)


def test_to_qubo_refuses_integers_that_would_wrap_around():
    with pytest.raises(ValueError, match=r"^model: the QUBO's integers could reach"):
        convert.to_qubo(IsingModel([[0, 2**61], [2**61, 0]]))


def test_the_callers_matrix_is_left_alone():
    Q = np.array([[1.0, 2.0], [3.0, 4.0]])
    before = Q.copy()
    sparse = sp.csr_array(Q)
    convert.from_qubo(Q)
    convert.from_qubo(sparse)
    convert.from_max_cut_weights(Q - Q.diagonal() * np.eye(2) + [[0, 1], [0, 0]])
    np.testing.assert_array_equal(Q, before)
    np.testing.assert_array_equal(sparse.toarray(), before)


# ---------------------------------------------------------------------- dimod


@given(models(), st.sampled_from(("SPIN", "BINARY")))
def test_to_bqm_has_the_same_energies_by_dimods_own_reckoning(model, vartype):
    bqm = convert.to_bqm(model, vartype)
    assert bqm.vartype.name == vartype
    states = all_spins(model.num_spins)
    samples = states if vartype == "SPIN" else (1 + states) // 2
    energies = bqm.energies((samples, list(model.labels)))
    np.testing.assert_allclose(energies, model.energy(states), rtol=1e-13, atol=1e-11)
    back = convert.from_bqm(bqm)
    assert list(back.labels) == list(model.labels)
    assert_same_energies(model, back)
    if model.is_integer:
        assert back.is_integer
        assert back.energy(states).tolist() == model.energy(states).tolist()


def test_bqm_labels_are_kept_both_ways():
    bqm = dimod.BinaryQuadraticModel({"a": 1.5, (0, 1): -2.0, 7: 0.0}, {("a", 7): 3.0}, 0.25, "SPIN")
    model = IsingModel.from_bqm(bqm)
    assert list(model.labels) == list(bqm.variables)
    assert model.to_bqm() == bqm
    sample = {"a": 1, (0, 1): 1, 7: -1}
    assert model.energy([sample[label] for label in model.labels]) == bqm.energy(sample)


@pytest.mark.parametrize("dtype", [np.float32, object])
def test_bqms_of_other_number_types(dtype):
    bqm = dimod.BinaryQuadraticModel({0: 1, 1: 2}, {(0, 1): 3}, 4, "BINARY", dtype=dtype)
    model = convert.from_bqm(bqm)
    for x in itertools.product((0, 1), repeat=2):
        assert model.energy([2 * k - 1 for k in x]) == bqm.energy(dict(enumerate(x)))


def test_large_sparse_bqm_stays_sparse():
    n = 500
    bqm = dimod.BinaryQuadraticModel({}, {(i, i + 1): 1.0 for i in range(n - 1)}, 0.0, "SPIN")
    model = convert.from_bqm(bqm)
    assert model.is_sparse
    assert model.energy(np.ones(n)) == n - 1


def test_bqm_refusals():
    with pytest.raises(TypeError, match=r"^bqm: a dimod.BinaryQuadraticModel is needed, not dict$"):
        convert.from_bqm({})
    with pytest.raises(ValueError, match=r"^bqm: every bias must be finite, but the linear bias of 'a' is nan$"):
        convert.from_bqm(dimod.BinaryQuadraticModel({"a": math.nan}, {}, 0.0, "SPIN"))
    with pytest.raises(ValueError, match=r"^bqm: every bias must be finite, but the bias of the pair .* is inf$"):
        convert.from_bqm(dimod.BinaryQuadraticModel({}, {("a", "b"): math.inf}, 0.0, "SPIN"))
    with pytest.raises(ValueError, match=r"^vartype: must be 'SPIN' or 'BINARY', but it is 'spin'$"):
        convert.to_bqm(IsingModel([[0]]), "spin")
    with pytest.raises(ValueError, match=r"^model: dimod keeps float64"):
        convert.to_bqm(IsingModel([[0, 2**53 + 1], [2**53 + 1, 0]]))


@given(models(4))
def test_from_dimod_ising_flips_both_signs(model):
    h, J, offset = convert.to_bqm(model).to_ising()
    assert_same_energies(model, convert.from_dimod_ising(h, J, offset))


def test_from_dimod_ising_by_hand():
    model = convert.from_dimod_ising({"a": 1, "b": 0}, {("a", "b"): 2, ("b", "a"): 3, ("b", "c"): -1}, 10)
    assert list(model.labels) == ["a", "b", "c"]
    assert model.energy([1, 1, 1]) == 1 + 2 + 3 - 1 + 10
    assert model.energy([1, -1, 1]) == 1 - 2 - 3 + 1 + 10
    assert model.is_integer
    assert convert.from_dimod_ising([0.5, 1.0], {}).energy([1, 1]) == 1.5
    with pytest.raises(ValueError, match=r"^J: spin 'a' is coupled to itself"):
        convert.from_dimod_ising({}, {("a", "a"): 1})
    with pytest.raises(ValueError, match=r"^h: entry 'a' must be finite, but it is inf$"):
        convert.from_dimod_ising({"a": math.inf}, {})
    with pytest.raises(TypeError, match=r"^J: a mapping"):
        convert.from_dimod_ising({}, [[0]])


# ---------------------------------------------------------------------- graphs


@given(models())
def test_graph_round_trip(model):
    graph = convert.to_graph(model)
    assert graph.number_of_edges() == model.num_couplings
    back = convert.from_graph(graph)
    assert_same_energies(model, back)
    assert list(back.labels) == list(model.labels)


def test_from_graph_takes_weights_fields_and_labels():
    graph = nx.Graph()
    graph.add_node("z", field=5)
    graph.add_edge("x", "y", weight=2)
    graph.add_edge("y", "z")
    graph.add_edge("x", "z", weight=-3, strength=7)
    model = IsingModel.from_graph(graph)
    assert list(model.labels) == ["z", "x", "y"]
    assert model.energy([1, 1, 1]) == -(2 + 1 - 3) - 5
    assert model.energy([-1, 1, 1]) == -(2 - 1 + 3) + 5
    assert model.is_integer
    assert convert.from_graph(graph, weight="strength").energy([1, 1, 1]) == -(1 + 1 + 7) - 5
    assert IsingModel([[0, 2], [2, 0]]).to_graph("strength").edges[0, 1] == {"strength": 2}


@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        (nx.DiGraph([(0, 1)]), ValueError, "^graph: couplings have no direction"),
        (nx.MultiGraph([(0, 1), (0, 1)]), ValueError, "^graph: parallel edges are ambiguous"),
        (nx.Graph([("a", "a")]), ValueError, "^graph: node 'a' has an edge to itself"),
        (np.zeros((2, 2)), TypeError, "^graph: a networkx.Graph is needed, not ndarray$"),
        (nx.Graph([(0, 1, {"weight": "x"})]), ValueError, r"^graph: the weight of edge \(0, 1\) must be a real number"),
        (
            nx.Graph([(0, 1, {"weight": None})]),
            ValueError,
            r"^graph: the weight of edge \(0, 1\) must be a real number",
        ),
        (nx.Graph([(0, 1, {"weight": math.nan})]), ValueError, r"^graph: the weight of edge \(0, 1\) must be finite"),
    ],
)
def test_from_graph_refusals(graph, error, message):
    with pytest.raises(error, match=message):
        convert.from_graph(graph)


def test_graph_field_and_label_refusals():
    graph = nx.Graph()
    graph.add_node("a", field=math.inf)
    with pytest.raises(ValueError, match=r"^graph: the field of node 'a' must be finite, but it is inf$"):
        convert.from_graph(graph)
    with pytest.raises(ValueError, match=r"^model: a spin is labelled None"):
        convert.to_graph(IsingModel([[0]], h=[1]).homogenized())


# ---------------------------------------------------------------------- other sums


@given(squares(), st.sampled_from((np.array, sp.csr_array)))
def test_max_cut_energy_is_minus_the_cut(case, form):
    upper = np.triu(case[0], 1)
    W = upper + upper.T
    model = convert.from_max_cut_weights(form(W))
    for s in all_spins(len(W)):
        cut = sum(W[i, j] for i in range(len(W)) for j in range(i) if s[i] != s[j])
        if case[1] is WHOLE:
            assert model.energy(s) == -cut
        else:
            assert model.energy(s) == pytest.approx(-cut, abs=1e-11)


def test_max_cut_of_even_weights_is_an_integer_model():
    model = convert.from_max_cut_weights([[0, 2], [2, 0]])
    assert (model.is_integer, model.J.tolist(), model.offset) == (True, [[0, -1], [-1, 0]], -1)
    with pytest.raises(ValueError, match=r"^W: must be symmetric, but W\[0, 1\] is 1 and W\[1, 0\] is 0"):
        convert.from_max_cut_weights([[0, 1], [0, 0]])
    with pytest.raises(ValueError, match=r"^W: the diagonal must be zero, but W\[1, 1\] is 3"):
        convert.from_max_cut_weights(sp.csr_array([[0, 1], [1, 3]]))
    with pytest.raises(ValueError, match=r"^W: halves of integers this large"):
        convert.from_max_cut_weights([[0, 2**53 + 1], [2**53 + 1, 0]])


@given(squares(), st.sampled_from((np.array, sp.csr_array)))
def test_ordered_pair_sum(case, form):
    J = case[0].copy()
    np.fill_diagonal(J, 0)
    h = case[0].diagonal()
    model = convert.from_ordered_pair_sum(form(J), h, 2)
    assert model.is_sparse == (form is sp.csr_array)
    for s in all_spins(len(J)):
        n = range(len(J))
        expected = -sum(J[i, j] * int(s[i]) * int(s[j]) for i in n for j in n) - sum(h[i] * s[i] for i in n) + 2
        assert model.energy(s) == pytest.approx(expected, abs=1e-11)


def test_ordered_pair_sum_refuses_a_diagonal():
    with pytest.raises(ValueError, match=r"^J: the diagonal must be zero, but J\[0, 0\] is 2"):
        convert.from_ordered_pair_sum([[1, 0], [0, 0]])


def test_large_arrays_are_converted_as_whole_arrays():
    """Two million terms."""
    rng = np.random.default_rng(0)
    Q = rng.normal(size=(1500, 1500))
    model = convert.from_qubo(Q)
    s = rng.choice([-1, 1], 1500)
    x = (1 + s) / 2
    assert model.energy(s) == pytest.approx(x @ Q @ x, rel=1e-10)
    assert not model.is_sparse
