"""Knapsacks in files: three layouts, and every refusal."""

import pytest

import ising_problems as ip

PISINGER = """knapPI_1_3_10_{number}
n 3
c 10
z 13
time 0.00
1,6,5,1
2,4,4,0
3,{value},5,1
-----
"""
LAYOUTS = {
    "capacity.kp": "10\n6 5\n4 4\n7 5\n",
    "counted.kp": "3 10\n6 5\n4 4\n7 5\n",
    "solved.kp": "3 10\n6 5\n4 4\n7 5\n1 0 1\n",
    "pisinger.kp": PISINGER.format(number=1, value=7),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(file, name):
    problem = ip.read(file(name, LAYOUTS[name]))
    assert isinstance(problem, ip.Knapsack)
    assert (list(problem.values), list(problem.weights), problem.capacity) == ([6, 4, 7], [5, 4, 5], 10)


def test_one_of_several(file, refused):
    content = "".join(PISINGER.format(number=k, value=6 + k) for k in (1, 2))
    path = file("two.kp", content)
    assert [list(ip.read(path, index=k).values)[2] for k in (0, 1)] == [7, 8]
    refused("two.kp", content, ": index: there are 2 instances in the file; choose one, 0 to 1, with index=")
    refused("two.kp", content, ": index: 2 is not an instance of the file; there is 0 to 1", index=2)
    refused("two.kp", content, ": index: -1 is not an instance of the file; there is 0 to 1", index=-1)
    with pytest.raises(TypeError, match="index: an integer is needed, not True"):
        ip.read(path, index=True)


def test_shared_knapsack(instance):
    problem = ip.read(instance("knapPI_1_100_1000_1"))
    words = instance("knapPI_1_100_1000_1").read_text().split()
    assert problem.capacity == int(words[0]) == 995
    assert list(problem.values) == [int(word) for word in words[1::2]]
    assert list(problem.weights) == [int(word) for word in words[2::2]]
    assert len(problem.values) == 100


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("10 5 3\n", ":1: a first line 'capacity' or 'items capacity' is needed, but the line is '10 5 3'"),
        ("x\n1 2\n", ":1: the capacity must be a finite number, but it is 'x'"),
        ("nan\n1 2\n", ":1: the capacity must be a finite number, but it is 'nan'"),
        ("10\n1 2\n3\n", ":3: an item 'value weight' is needed, but the line is '3'"),
        ("10\n1 x\n", ":2: the weight must be a finite number, but it is 'x'"),
        ("-1 10\n", ":1: -1 items are declared"),
        ("3 10\n1 2\n", ":2: the file ends after 1 of the 3 items"),
        ("1 10\n1 2\n3 4\n", ":3: more lines than the 1 items"),
        ("2 10\n1 2\n3 4\n0 2\n", ":4: more lines than the 2 items"),
        ("1.5 10\n1 2\n", ":1: the number of items must be an integer, but it is '1.5'"),
        (PISINGER.format(number=1, value=7).replace("c 10", "d 10"), ":3: a line 'c …' is needed, but it is 'd 10'"),
        (PISINGER.format(number=1, value=7).replace("n 3", "n 9"), ":2: 9 items and a line of dashes do not follow"),
        (PISINGER.format(number=1, value=7).replace("n 3", "n 2"), ":8: a line of dashes is needed after 2 items"),
        (
            PISINGER.format(number=1, value=7).replace("2,4,4,0", "2,4,4"),
            ":7: an item 'number,value,weight,x' is needed",
        ),
        (PISINGER.format(number=1, value=7).replace("2,4,4,0", "3,4,4,0"), ":7: item 2 is needed here"),
        (PISINGER.format(number=1, value=7) + "more\nn 3\n", ":11: the file ends within the header of an instance"),
    ],
)
def test_refusals_show_the_line(refused, content, message):
    refused("k.kp", content, message)


def test_what_the_problem_refuses_is_of_the_file(refused):
    refused("k.kp", "10\n6 -5\n", ": weights")
