"""IsingModel: the energy, what it refuses, and that nothing changes it."""

import copy
import itertools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from ising_problems import IsingModel
from ising_problems.checks import check_spins

FORMS = [np.array, sp.csr_array, sp.coo_array, sp.csc_matrix]


def all_spins(n):
    return np.array(list(itertools.product((-1, 1), repeat=n)), dtype=np.int8).reshape(2**n, n)


def energy_by_hand(J, h, offset, s):
    """The definition, term by term in Python's own numbers."""
    n = len(s)
    pairs = sum(J[i][j] * s[i] * s[j] for i in range(n) for j in range(i + 1, n))
    return -pairs - sum(h[i] * s[i] for i in range(n)) + offset


@st.composite
def models(draw, max_spins=6, integers=None):
    n = draw(st.integers(0, max_spins))
    whole = draw(st.booleans()) if integers is None else integers
    number = st.integers(-9, 9) if whole else st.floats(-9, 9, allow_subnormal=False, width=32)
    J = np.zeros((n, n), dtype=np.int64 if whole else np.float64)
    upper = np.triu_indices(n, 1)
    J[upper] = draw(st.lists(number, min_size=len(upper[0]), max_size=len(upper[0])))
    J += J.T
    h = np.array(draw(st.lists(number, min_size=n, max_size=n)), dtype=J.dtype)
    form = draw(st.sampled_from(FORMS))
    return IsingModel(form(J), h, draw(number)), J.tolist(), h.tolist()


# ---------------------------------------------------------------------- energies


@given(models())
def test_energy_is_the_definition_for_every_state(case):
    model, J, h = case
    states = all_spins(model.num_spins)
    expected = [energy_by_hand(J, h, model.offset, s.tolist()) for s in states]
    energies = model.energy(states)
    assert energies.shape == (len(states),)
    if model.is_integer:
        assert energies.dtype == np.int64
        assert energies.tolist() == expected
    else:
        np.testing.assert_allclose(energies, expected, rtol=0, atol=1e-12 * 400)
    assert model.energy(states[0]) == energies[0]


@given(models())
def test_local_field_is_the_cost_of_a_flip(case):
    model, _, _ = case
    for s in all_spins(model.num_spins)[::5]:
        fields = model.local_fields(s)
        assert fields.shape == s.shape
        for i in range(model.num_spins):
            flipped = s.copy()
            flipped[i] = -flipped[i]
            assert model.energy(flipped) - model.energy(s) == pytest.approx(2 * s[i] * fields[i], abs=1e-11)


def test_convention_counts_each_pair_once_and_positive_couplings_align():
    model = IsingModel([[0, 2], [2, 0]], h=[0.5, 0], offset=10)
    assert model.energy([1, 1]) == -2 - 0.5 + 10
    assert model.energy([1, -1]) == 2 - 0.5 + 10


def test_energy_of_one_configuration_is_a_python_number():
    assert type(IsingModel([[0, 1], [1, 0]]).energy([1, 1])) is int
    assert type(IsingModel([[0, 0.5], [0.5, 0]]).energy([1, 1])) is float


def test_batches_keep_their_shape():
    model = IsingModel([[0, 1.0], [1.0, 0]])
    spins = np.ones((3, 4, 2), dtype=int)
    assert model.energy(spins).shape == (3, 4)
    assert model.local_fields(spins).shape == (3, 4, 2)
    assert model.energy(np.ones((0, 2))).shape == (0,)


@pytest.mark.parametrize("form", FORMS)
def test_large_integer_energies_are_exact_where_floats_are_not(form):
    big = 2**60 + 1
    model = IsingModel(form(np.array([[0, big, 0], [big, 0, 1], [0, 1, 0]])), h=[0, 0, 3], offset=7)
    assert model.energy([1, -1, 1]) == big + 1 - 3 + 7
    assert model.local_fields([1, 1, 1]).tolist() == [big, big + 1, 4]
    assert model.local_fields([1, 1, 1]).dtype == np.int64


def test_many_integer_rows_take_the_fast_product_and_stay_exact():
    rng = np.random.default_rng(1)
    upper = np.triu(rng.integers(-1000, 1000, (700, 700)), 1)
    J = upper + upper.T
    spins = rng.choice([-1, 1], (3, 700))
    expected = [-int(s @ J @ s) // 2 for s in spins.astype(object)]
    assert IsingModel(J).energy(spins).tolist() == expected
    assert IsingModel(sp.csr_array(J)).energy(spins).tolist() == expected


def test_fractional_offset_makes_energies_floats_but_keeps_integer_couplings():
    model = IsingModel([[0, 1], [1, 0]], offset=0.5)
    assert model.J.dtype == np.int64
    assert not model.is_integer
    assert model.energy([1, 1]) == -0.5


def test_integer_couplings_with_float_fields_become_floats():
    model = IsingModel([[0, 1], [1, 0]], h=[0.5, 0])
    assert model.J.dtype == model.h.dtype == np.float64


@pytest.mark.parametrize("empty", [[], np.zeros((0, 0)), sp.csr_array((0, 0))])
def test_no_spins(empty):
    model = IsingModel(empty, offset=3)
    assert model.num_spins == 0
    assert model.energy(np.zeros((5, 0))).tolist() == [3] * 5
    assert model.energy([]) == 3


def test_one_spin():
    model = IsingModel([[0]], h=[2])
    assert model.energy([[1], [-1]]).tolist() == [-2, 2]


def test_boolean_and_small_integer_couplings_are_integers():
    for dtype in (bool, np.int8, np.uint16):
        model = IsingModel(np.array([[0, 1], [1, 0]], dtype=dtype))
        assert model.J.dtype == np.int64
        assert model.is_integer


# ---------------------------------------------------------------------- what it is made of


def test_counts_and_description():
    model = IsingModel([[0, 1, 0], [1, 0, -2], [0, -2, 0]], h=[0, 0, 1])
    assert (model.num_spins, model.num_couplings, model.has_fields) == (3, 2, True)
    assert repr(model) == "IsingModel(num_spins=3, num_couplings=2, dense integer, with fields, offset=0)"
    assert IsingModel(sp.csr_array(model.J)).num_couplings == 2


def test_sparse_stays_sparse_and_explicit_zeros_and_duplicates_are_settled():
    entries = ([1, 1, 2, 0], ([0, 0, 1, 2], [1, 1, 0, 2]))
    model = IsingModel(sp.coo_array(entries, shape=(3, 3)))
    assert model.is_sparse
    assert model.J.nnz == 2
    assert model.J.toarray().tolist() == [[0, 2, 0], [2, 0, 0], [0, 0, 0]]


def test_arrays_are_read_only_and_the_callers_own_is_left_alone():
    J = np.array([[0, 1.0], [1.0, 0]])
    h = np.array([1.0, 2.0])
    model = IsingModel(J, h)
    J[0, 1] = h[0] = 99
    assert model.J[0, 1] == 1
    assert model.h[0] == 1
    for array in (model.J, model.h, IsingModel(sp.csr_array(model.J)).J.data):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_copy_false_hands_the_array_over():
    J = np.array([[0, 1.0], [1.0, 0]])
    assert IsingModel(J, copy=False).J is J
    assert not J.flags.writeable


def test_attributes_cannot_be_set_or_deleted():
    model = IsingModel([[0, 1], [1, 0]])
    with pytest.raises(AttributeError, match="does not change"):
        model.offset = 3
    with pytest.raises(AttributeError, match="does not change"):
        model.extra = 3
    with pytest.raises(AttributeError, match="does not change"):
        del model.J


@given(models(max_spins=3))
def test_pickle_and_copy_give_the_same_model(case):
    model, _, _ = case
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        states = all_spins(model.num_spins)
        assert other.energy(states).tolist() == model.energy(states).tolist()
        assert (other.is_sparse, other.is_integer, list(other.labels)) == (
            model.is_sparse,
            model.is_integer,
            list(model.labels),
        )
        assert not other.h.flags.writeable


# ---------------------------------------------------------------------- labels, fix, homogenized


def test_labels_are_kept_and_default_to_indices():
    assert list(IsingModel([[0, 1], [1, 0]]).labels) == [0, 1]
    assert IsingModel([[0, 1], [1, 0]], labels=("a", (1, 2))).labels == ("a", (1, 2))


@given(models(), st.data())
def test_fix_leaves_the_energies_of_the_remaining_spins(case, data):
    model, _, _ = case
    held = (
        data.draw(st.dictionaries(st.integers(0, model.num_spins - 1), st.sampled_from((-1, 1))))
        if model.num_spins
        else {}
    )
    rest = model.fix(held)
    free = [i for i in range(model.num_spins) if i not in held]
    assert list(rest.labels) == free
    assert rest.is_integer == model.is_integer
    for s in all_spins(len(free)):
        whole = np.zeros(model.num_spins, dtype=int)
        whole[free] = s
        for i, value in held.items():
            whole[i] = value
        assert rest.energy(s) == pytest.approx(model.energy(whole), abs=1e-11)


def test_fix_goes_by_label_and_refuses_others():
    model = IsingModel([[0, 1], [1, 0]], labels=["a", "b"])
    assert model.fix({"b": -1}).energy([1]) == 1
    with pytest.raises(ValueError, match=r"^spins: the model has no spin labelled 0$"):
        model.fix({0: 1})
    with pytest.raises(ValueError, match=r"^spins: spin 'a' can be fixed at -1 or \+1, not at 0$"):
        model.fix({"a": 0})


@given(models())
def test_homogenized_has_no_fields_and_the_energies_of_the_gauge(case):
    model, _, _ = case
    plain = model.homogenized()
    assert plain.num_spins == model.num_spins + 1
    assert not plain.has_fields
    assert plain.labels[-1] is None
    assert plain.is_sparse == model.is_sparse
    for s in all_spins(model.num_spins):
        for t in (-1, 1):
            assert plain.energy([*s, t]) == pytest.approx(model.energy(s * t), abs=1e-11)


# ---------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    ("J", "message"),
    [
        ([[0, 1, 2], [1, 0, 3]], r"^J: the couplings must be a square matrix, but the shape is \(2, 3\)$"),
        ([1, 2], r"^J: the couplings must be a square matrix, but the shape is \(2,\)$"),
        (3.0, r"^J: the couplings must be a square matrix, but the shape is \(\)$"),
        ([[0, 1], [1]], r"^J: not a rectangular array of numbers"),
        ([[0, 1], [2, 0]], r"^J: the couplings must be symmetric, but J\[0, 1\] is 1 and J\[1, 0\] is 2; pass "),
        ([[0, 1], [1, 5]], r"^J: the diagonal must be zero, but J\[1, 1\] is 5;"),
        ([[0, np.nan], [np.nan, 0]], r"^J: every coupling must be finite, but J\[0, 1\] is nan$"),
        ([[0, 0, 0], [0, 0, -np.inf], [0, -np.inf, 0]], r"^J: every coupling must be finite, but J\[1, 2\] is -inf$"),
        ([[0, 1j], [1j, 0]], r"^J: entries must be real numbers, but the dtype is complex128; take the real part"),
        ([["0", "1"], ["1", "0"]], r"^J: entries must be real numbers, but the dtype is <U1$"),
        (np.array([[0, None], [None, 0]]), r"^J: entries must be real numbers, but the dtype is object$"),
        (np.array([[0, 2**63], [2**63, 0]], dtype=np.uint64), r"^J: the entry 9223372036854775808 does not fit in 64"),
        (np.array([[0, 2**62], [2**62, 0]]), r"^J: integer energies could reach 4.61e\+18, beyond 2\*\*62"),
    ],
)
def test_bad_couplings_are_refused_with_the_place(J, message):
    with pytest.raises(ValueError, match=message) as caught:
        IsingModel(J)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("J", "message"),
    [
        (np.ones((2, 3)), r"^J: the couplings must be a square matrix, but the shape is \(2, 3\)$"),
        ([[0, 1.0], [2.0, 0]], r"^J: the couplings must be symmetric, but J\[0, 1\] is 1.0 and J\[1, 0\] is 2.0"),
        ([[0, 0], [0, 4.0]], r"^J: the diagonal must be zero, but J\[1, 1\] is 4.0"),
        ([[0, np.nan], [np.nan, 0]], r"^J: every coupling must be finite, but J\[0, 1\] is nan$"),
        ([[0, 1j], [1j, 0]], r"^J: entries must be real numbers"),
        ([[0, 2**62], [2**62, 0]], r"^J: integer energies could reach"),
    ],
)
def test_bad_sparse_couplings_are_refused_with_the_place(J, message):
    with pytest.raises(ValueError, match=message):
        IsingModel(sp.csr_array(np.array(J)))


def test_asymmetry_is_found_in_any_block_of_a_large_matrix():
    J = np.zeros((1100, 1100))
    J[1050, 3] = 1.0
    with pytest.raises(ValueError, match=r"J\[3, 1050\] is 0.0 and J\[1050, 3\] is 1.0"):
        IsingModel(J)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"h": [1, 2, 3]}, r"^h: one field for each of the 2 spins is needed, but the shape is \(3,\)$"),
        ({"h": [[1, 2]]}, r"^h: one field for each of the 2 spins is needed, but the shape is \(1, 2\)$"),
        ({"h": [0, np.inf]}, r"^h: every field must be finite, but h\[1\] is inf$"),
        ({"h": ["a", "b"]}, r"^h: entries must be real numbers"),
        ({"h": [1j, 0]}, r"^h: entries must be real numbers"),
        ({"offset": np.nan}, r"^offset: must be finite, but it is nan$"),
        ({"offset": "1"}, r"^offset: must be a real number, but it is '1'$"),
        ({"offset": 1j}, r"^offset: must be a real number, but it is 1j$"),
        ({"offset": None}, r"^offset: must be a real number, but it is None$"),
        ({"labels": ["a"]}, r"^labels: one for each of the 2 spins is needed, but there are 1$"),
        ({"labels": ["a", "a"]}, r"^labels: every spin needs a name of its own, but 'a' is given twice$"),
    ],
)
def test_bad_fields_offset_and_labels_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        IsingModel([[0, 1], [1, 0]], **arguments)


@pytest.mark.parametrize(
    ("spins", "message"),
    [
        ([1, 0], r"^spins: entries must be -1 or \+1, but entry \(1,\) is 0$"),
        ([[1, 1], [1, 2]], r"^spins: entries must be -1 or \+1, but entry \(1, 1\) is 2$"),
        ([0.5, 1], r"entry \(0,\) is 0.5$"),
        ([np.nan, 1], r"entry \(0,\) is nan$"),
        ([1, 1, 1], r"^spins: the last axis must hold the 2 spins, but the shape is \(3,\)$"),
        (1, r"^spins: the last axis must hold the 2 spins, but the shape is \(\)$"),
        (["a", "b"], r"^spins: entries must be -1 or \+1, but the dtype is <U1$"),
        ([True, False], r"^spins: entries must be -1 or \+1, but the dtype is bool$"),
        (np.array([-128, 1], dtype=np.int8), r"entry \(0,\) is -128$"),
        (np.array([255, 1], dtype=np.uint8), r"entry \(0,\) is 255$"),
    ],
)
@pytest.mark.parametrize("method", ["energy", "local_fields"])
def test_spins_other_than_plus_and_minus_one_are_refused(method, spins, message):
    with pytest.raises(ValueError, match=message):
        getattr(IsingModel([[0, 1], [1, 0]]), method)(spins)


@settings(max_examples=50)
@given(st.lists(st.sampled_from((-1, 1)), max_size=5), st.sampled_from((int, float, np.int8, np.float32)))
def test_check_spins_gives_int8_of_the_same_values(values, dtype):
    checked = check_spins(np.array(values, dtype=dtype), len(values))
    assert checked.dtype == np.int8
    assert checked.tolist() == values


# ---------------------------------------------------------------- to the last bit


@pytest.mark.parametrize("n", [7, 32, 64, 150, 1000])
def test_an_energy_is_the_same_alone_and_in_any_batch(n: int) -> None:
    rng = np.random.default_rng(n)
    upper = np.triu(rng.standard_normal((n, n)), 1)
    model = IsingModel(upper + upper.T, rng.standard_normal(n))
    spins = rng.choice([-1, 1], (21, n))
    batch = model.energy(spins)
    assert [model.energy(row) for row in spins] == batch.tolist()
    assert model.energy(spins[5:9]).tolist() == batch[5:9].tolist()
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="blas"):
            assert model.energy(spins).tolist() == batch.tolist()
    without = IsingModel(upper + upper.T)
    assert without.energy(-spins).tolist() == without.energy(spins).tolist()


def test_small_integer_types_are_widened_before_duplicates_are_added() -> None:
    entries = np.array([100, 100, 100, 100], dtype=np.int8)
    doubled = sp.coo_array((entries, ([0, 0, 1, 1], [1, 1, 0, 0])), shape=(2, 2))
    assert IsingModel(doubled).J[0, 1] == 200


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([[0, 2**53 + 1], [2**53 + 1, 0]], [0.5, 0.0]), "J"),
        (([[0, 0.5], [0.5, 0]], [2**53 + 1, 0]), "h"),
        (([[0, 0.5], [0.5, 0]], None, 2**53 + 1), "offset"),
        (([[0, 1], [1, 0]], None, 10**400), "offset"),
        ((np.ma.masked_array([[0, 1], [1, 0]], mask=[[0, 1], [1, 0]]),), "J"),
    ],
)
def test_nothing_is_rounded_or_dropped_silently(arguments: tuple, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        IsingModel(*arguments)


def test_an_auxiliary_spin_finds_a_free_name() -> None:
    model = IsingModel([[0, 1.0], [1, 0]], [1, 2], labels=["a", None])
    once = model.homogenized()
    assert once.labels == ("a", None, ("field", 0))
    assert once.homogenized().labels[-1] == ("field", 1)
