"""The OR-Library's files: covers, knapsacks of many constraints, binary quadratics, and every refusal."""

import itertools

import numpy as np
import pytest

import ising_problems as ip

COVER = "3 4\n2 3 1\n5\n2\n1 2\n1\n3\n3 1 2 4\n"
KNAPSACKS = "2\n3 2 0\n5 4 3\n2 3 1\n4 1 2\n5 11\n1 1 7\n7\n1\n1\n"
QUADRATIC = " 2 \n 3 4 \n 1 1 2 \n 1 2 -3 \n 2 3 5 \n 3 3 -1 \n 2 1\n 1 2 4\n"


def test_a_cover(file):
    problem = ip.read(file("scp.txt", COVER), format="orlib-scp")
    assert isinstance(problem, ip.SetCover)
    same = ip.SetCover({1: [1, 3], 2: [1, 3], 3: [2], 4: [3]}, [1, 2, 3], [2, 3, 1, 5])
    for chosen in itertools.chain.from_iterable(itertools.combinations(range(1, 5), k) for k in range(5)):
        assert problem.is_feasible(chosen) == same.is_feasible(chosen)
        assert problem.objective(chosen) == same.objective(chosen)
    assert problem.is_feasible({1, 3})
    assert problem.objective({1, 3}) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3\n", ":1: the file ends after 0 of 1 numbers of the number of sets"),
        ("0 4\n1 1 1 1\n", ":1: the number of elements must be an integer from 1, but it is 0"),
        ("2 4.5\n", ":1: the number of sets must be an integer from 1, but it is 4.5"),
        ("3 1000000000000\n1\n", ":1: 1000000000003 elements and sets for only 3 lines"),
        ("1 2\n1\n", ":2: the file ends after 1 of 2 numbers of the costs"),
        (
            "1 2\n1 1\n3 1 2 1\n",
            ":3: the number of sets that hold element 1 must be an integer from 0 to 2, but it is 3",
        ),
        ("1 2\n1 1\n1 3\n", ":3: a set that holds element 1 must be an integer from 1 to 2, but it is 3"),
        ("1 2\n1 1\n2 1 1\n", ":3: a set that holds element 1 is given twice"),
        ("1 2\n1 1\n1 1\n1\n", ":4: more numbers than the file declares"),
        ("1 2\n1 x\n1 1\n", ":2: every entry must be a finite number, but it is 'x'"),
    ],
)
def test_cover_refusals_show_the_line(refused, content, message):
    refused("scp.txt", content, message, format="orlib-scp")


def test_an_element_that_no_set_holds(refused):
    refused("scp.txt", "2 1\n1\n1 1\n0\n", ": ", format="orlib-scp")


def test_knapsacks_of_many_constraints(file, refused):
    path = file("mknap.txt", KNAPSACKS)
    problem = ip.read(path, index=0)
    assert isinstance(problem, ip.BinaryLinearProgram)
    assert problem.sense == "maximize"
    for x in itertools.product((0, 1), repeat=3):
        assert problem.objective(x) == np.dot((5, 4, 3), x)
        assert problem.is_feasible(x) == (np.dot((2, 3, 1), x) <= 5 and np.dot((4, 1, 2), x) <= 11)
    assert ip.read(path, index=1).objective([1]) == 7
    refused("mknap.txt", KNAPSACKS, ": index: there are 2 instances in the file")
    refused("mknap.txt", KNAPSACKS + "1\n", ":11: more numbers than the file declares", index=0)
    refused("mknap.txt", KNAPSACKS[:-4], ":8: the file ends after 0 of 1 numbers of the weights", index=0)
    refused(
        "mknap.txt",
        "0\n1 1 1\n",
        ":1: the number of instances must be an integer from 1, but it is 0",
        format="orlib-mknap",
    )


def test_binary_quadratics(file):
    path = file("bqp.txt", QUADRATIC)
    Q = np.array([[2, -3, 0], [-3, 0, 5], [0, 5, -1]])
    model = ip.read(path, index=0)
    assert isinstance(model, ip.IsingModel)
    for x in itertools.product((0, 1), repeat=3):
        assert model.energy(2 * np.array(x) - 1) == -(np.array(x) @ Q @ np.array(x))
    assert ip.ground_states(ip.read(path, index=1))[0] == -8
    assert ip.read(file("one.txt", QUADRATIC.replace(" 2 \n", "1\n", 1).split(" 2 1\n")[0])).num_spins == 3


def test_shared_quadratics(instance):
    """The largest value of a start by every single variable, ascended: below the published optimum, near it."""
    published = [2098, 3702, 4626, 3544, 4012, 3693, 4520, 4216, 3780, 3507]
    text = [line.split() for line in instance("bqp50.txt").read_text().splitlines()]
    row = 1
    for index, best in enumerate(published):
        model = ip.read(instance("bqp50.txt"), index=index)
        n, m = map(int, text[row])
        Q = np.zeros((n, n))
        for i, j, q in text[row + 1 : row + 1 + m]:
            Q[int(i) - 1, int(j) - 1] = Q[int(j) - 1, int(i) - 1] = int(q)
        row += 1 + m
        x = np.random.default_rng(index).integers(0, 2, (50, n))
        np.testing.assert_array_equal(model.energy(2 * x - 1), -np.einsum("ki,ij,kj->k", x, Q, x))
        for state in x:
            while True:
                gains = (1 - 2 * state) * (2 * Q @ state + (1 - 2 * state) * Q.diagonal())
                if gains.max() <= 0:
                    break
                state[gains.argmax()] ^= 1
        values = np.einsum("ki,ij,kj->k", x, Q, x)
        assert 0.9 * best < values.max() <= best


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 2\n", ":1: the number of instances is needed, but the line is '1 2'"),
        ("x\n", ":1: the number of instances must be an integer, but it is 'x'"),
        ("0\n", ":1: the number of instances must be at least 1, but it is 0"),
        ("1\n3\n", ":2: a line 'variables entries' is needed, but the line is '3'"),
        ("1\n0 0\n", ":2: 0 variables and 0 entries are declared"),
        ("1\n3 2\n1 1 1\n", ":3: the file ends before the 2 entries that line 2 declares"),
        ("2\n3 1\n1 1 1\n", ":3: the file ends after 1 of 2 instances"),
        ("1\n3 1\n1 1 1\n3 1\n1 1 1\n", ":4: more than the 1 instances that the first line declares"),
        ("1\n1000000000000 1\n1 1 1\n", ":2: 1000000000000 variables for only 1 lines"),
        ("1\n3 1\n1 1\n", ":3: an entry 'i j q' is needed, but the line is '1 1'"),
        ("1\n3 1\n1 4 1\n", ":3: node 4 is out of the range 1 to 3"),
        ("1\n3 1\n2 1 1\n", ":3: an entry 'i j q' needs i <= j, but it is '2 1 1'"),
        ("1\n3 2\n1 2 1\n1 2 1\n", ":4: the entry 1 2 was given before, in line 3"),
        ("1\n3 1\n1 2 inf\n", ":3: the coefficient must be a finite number, but it is 'inf'"),
        ("1\n3 1\n1 2 1e300\n", ": the coefficients: sums of numbers this large overflow"),
    ],
)
def test_quadratic_refusals_show_the_line(refused, content, message):
    refused("bqp.txt", content, message, format="orlib-bqp")
