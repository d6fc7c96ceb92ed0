"""The QUBO accumulator against the same sums of squares and products, added up term by term."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ising_problems.encoders.builder import QuboBuilder
from ising_problems.matrices import coupling_matrix

NUMBERS = st.integers(-6, 6)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_energies_are_the_sums_that_were_added(data):
    n = data.draw(st.integers(1, 6))
    index = st.integers(0, n - 1)
    constant = data.draw(NUMBERS)
    linear = data.draw(st.lists(st.tuples(index, NUMBERS), max_size=5))
    pairs = data.draw(st.lists(st.tuples(index, index, NUMBERS), max_size=8))
    width = data.draw(st.integers(0, 4))
    row = st.tuples(st.lists(st.tuples(index, NUMBERS), min_size=width, max_size=width), NUMBERS, NUMBERS)
    squares = data.draw(st.lists(row, max_size=4))

    builder = QuboBuilder(n)
    builder.add_constant(constant)
    builder.add_linear([i for i, _ in linear], [w for _, w in linear])
    builder.add_pairs([i for i, _, _ in pairs], [j for _, j, _ in pairs], [w for _, _, w in pairs])
    builder.add_square(
        np.array([[i for i, _ in terms] for terms, _, _ in squares], dtype=int).reshape(len(squares), width),
        np.array([[a for _, a in terms] for terms, _, _ in squares]).reshape(len(squares), width),
        [c for _, c, _ in squares],
        [w for _, _, w in squares],
    )
    model = builder.build()

    for spins in itertools.product([-1, 1], repeat=n):
        x = [(1 + s) // 2 for s in spins]
        expected = constant + sum(w * x[i] for i, w in linear) + sum(w * x[i] * x[j] for i, j, w in pairs)
        expected += sum(w * (c + sum(a * x[i] for i, a in terms)) ** 2 for terms, c, w in squares)
        assert model.energy(spins) == expected


def test_weights_and_coefficients_are_broadcast():
    builder = QuboBuilder(4)
    builder.add_square([[0, 1], [2, 3]], coefficients=-1, constant=1, weight=[1, 10])
    builder.add_pairs([0], [2, 3], 100)
    builder.add_linear([0, 1, 2, 3])
    model = builder.build(labels="abcd")
    assert model.energy([1, -1, 1, -1]) == 102
    assert model.energy([-1, -1, -1, -1]) == 11
    assert model.energy([1, 1, 1, 1]) == 1 + 10 + 200 + 4
    assert list(model.labels) == list("abcd")


def test_variables_out_of_range_are_refused():
    for index in (-1, 3):
        with pytest.raises(ValueError, match=f"indices: variable {index} is not among the 3 variables"):
            QuboBuilder(3).add_linear([0, index])
        with pytest.raises(ValueError, match=f"indices: variable {index} is not among the 3 variables"):
            QuboBuilder(3).add_square([[0, index]])


def test_models_are_dense_where_small_or_full():
    ring = np.arange(200)
    builder = QuboBuilder(200)
    builder.add_pairs(ring, (ring + 1) % 200, 4)
    assert builder.build().is_sparse
    builder.add_square([ring])
    assert not builder.build().is_sparse
    assert not QuboBuilder(64).build().is_sparse
    assert QuboBuilder(65).build().is_sparse


def test_coupling_matrices_add_up_what_is_given_twice():
    np.testing.assert_array_equal(coupling_matrix([0, 1], [1, 0], [2, 3], 3), [[0, 5, 0], [5, 0, 0], [0, 0, 0]])
    assert coupling_matrix([0], [1], [2], 3).dtype == np.int64
    assert coupling_matrix([0], [99], [1.5], 100)[99, 0] == 1.5
