"""Formulas in files: what they say, PySAT's opinion of them, and every refusal."""

import pytest

import ising_problems as ip

CNF = "c a formula\np cnf 4 3\n1 -2 0\n2 3 -4 0\nc between\n-1 0\n"


@pytest.mark.parametrize(
    "content",
    [
        CNF,
        "p cnf 4 3\n1 -2 0 2 3 -4 0 -1 0\n",
        "p  cnf\t4 3 \n 1\n-2\n0\n2 3\nc within a clause\n-4 0 -1 0",
        CNF + "%\n0\n",
        CNF + "%\n0\n\n",
        CNF + "%\n",
    ],
)
def test_clauses_end_at_zero_wherever_lines_end(file, content):
    problem = ip.read(file("f.cnf", content))
    assert isinstance(problem, ip.Satisfiability)
    assert [list(clause) for clause in problem.clauses] == [[1, -2], [2, 3, -4], [-1]]
    assert problem.num_variables == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("c only\n", ":1: no line 'p cnf variables clauses': there are only comments"),
        ("1 2 0\n", ":1: the header 'p cnf variables clauses' is needed, but the line is '1 2 0'"),
        ("p wcnf 2 1\n1 1 0\n", ":1: the header 'p cnf variables clauses' is needed"),
        ("p cnf 2\n", ":1: the header 'p cnf variables clauses' is needed"),
        ("p cnf 2 1 3\n1 0\n", ":1: the header 'p cnf variables clauses' is needed"),
        ("p cnf x 1\n1 0\n", ":1: the number of variables must be an integer, but it is 'x'"),
        ("p cnf 2 -1\n", ":1: the number of clauses is -1"),
        ("p cnf 1000000000000 1\n1 0\n", ":1: 1000000000000 variables for only"),
        ("p cnf 2 1\n1 3 0\n", ":2: the literal 3 is of none of the variables 1 to 2"),
        ("p cnf 2 1\n1\n-3 0\n", ":3: the literal -3 is of none of the variables 1 to 2"),
        ("p cnf 2 1\n1 2.0 0\n", ":2: a literal must be an integer, but it is '2.0'"),
        ("p cnf 2 1\n1 x 0\n", ":2: a literal must be an integer, but it is 'x'"),
        ("p cnf 2 2\n1 2 0\n1\n", ":3: the last clause does not end in 0"),
        ("p cnf 2 3\n1 2 0\n1 0\n", ":3: the file ends after 2 of the 3 clauses"),
        ("p cnf 2 1\n1 2 0\n\n1 0\n", ":4: more clauses than the 1 that the header declares"),
        ("p cnf 2 1\np cnf 2 1\n1 2 0\n", ":2: a literal must be an integer, but it is 'p'"),
        ("p cnf 2 1\n1 2 0\n%\n0\n1 0\n", ":4: nothing but a line '0' may follow the line '%'"),
        ("p cnf 2 1\n1 2 0\n%\n1\n", ":4: nothing but a line '0' may follow the line '%'"),
        ("p cnf 2 1\n1 2\n%\n0\n", ":2: the last clause does not end in 0"),
    ],
)
def test_cnf_refusals_show_the_line(refused, content, message):
    refused("f.cnf", content, message)


@pytest.mark.parametrize(
    ("name", "n", "m"), [("uf20-01.cnf", 20, 91), ("uf50-01.cnf", 50, 218), ("uuf50-01.cnf", 50, 218)]
)
def test_shared_formulas(instance, name, n, m):
    problem = ip.read(instance(name))
    text = instance(name).read_text().split("%")[0]
    literal = [line.split() for line in text.splitlines() if line.strip() and line.split()[0] not in ("c", "p")]
    assert [[*map(str, clause), "0"] for clause in problem.clauses] == literal
    assert (problem.num_variables, len(problem.clauses)) == (n, m)


def test_pysat_reads_the_same(file):
    formula = pytest.importorskip("pysat.formula")
    path = file("f.cnf", CNF)
    assert formula.CNF(from_file=str(path)).clauses == [list(clause) for clause in ip.read(path).clauses]
    path = file("f.wcnf", "p wcnf 3 3 9\n9 1 -2 0\n4 2 3 0\n1 -3 0\n")
    theirs = formula.WCNF(from_file=str(path))
    ours = ip.read(path)
    assert (theirs.hard, theirs.soft, theirs.wght) == ([[1, -2]], [[2, 3], [-3]], [4, 1])
    assert ours.objective({1: False, 2: False, 3: True}) == ip.MaxSatisfiability(theirs).objective(
        {1: False, 2: False, 3: True}
    )


@pytest.mark.parametrize(
    "content",
    [
        "p wcnf 3 3 9\n9 1 -2 0\n4 2 3 0\n1 -3 0\n",
        "c since 2022\nh 1 -2 0\n4 2 3 0\n1 -3 0\n",
        "4 2 3 0\nh 1 -2 0\n1 -3 0\n",
    ],
)
def test_weighted_formulas_in_both_forms(file, content):
    problem = ip.read(file("f.wcnf", content))
    same = ip.MaxSatisfiability([[2, 3], [-3]], weights=[4, 1], hard=[[1, -2]], num_variables=3)
    for bits in range(8):
        answer = {k + 1: bool(bits >> k & 1) for k in range(3)}
        assert problem.objective(answer) == same.objective(answer)
        assert problem.is_feasible(answer) == same.is_feasible(answer)


def test_without_weights_every_clause_counts_one(file):
    problem = ip.read(file("f.wcnf", "p cnf 2 2\n1 0\n-1 2 0\n"))
    weights = {
        bits: problem.objective({1: bits[0], 2: bits[1]}) for bits in ((True, True), (True, False), (False, True))
    }
    assert weights[True, False] == weights[False, True] != weights[True, True]
    assert abs(weights[True, True] - weights[True, False]) == 1


def test_without_top_no_clause_is_hard(file):
    problem = ip.read(file("f.wcnf", "p wcnf 1 2\n7 1 0\n2 -1 0\n"))
    assert problem.is_feasible({1: True})
    assert problem.is_feasible({1: False})
    assert abs(problem.objective({1: True}) - problem.objective({1: False})) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("c\n", ":1: there are only comments"),
        ("p wcnf 2 1\n3 1\n", ":2: a clause 'weight literals 0' with its only 0 at the end is needed, not '3 1'"),
        ("p wcnf 2 2\n3 1 0 2 2 0\n", ":2: a clause 'weight literals 0' with its only 0 at the end is needed"),
        ("p wcnf 2 1\n3\n", ":2: a clause 'weight literals 0' with its only 0 at the end is needed"),
        (
            "p wcnf 2 1 5\n6 1 0\n",
            ":2: the weight of a clause must be an integer from 1 to 5, which marks hard ones, not 6",
        ),
        ("p wcnf 2 1 5\n0 1 0\n", ":2: the weight of a clause must be an integer from 1 to 5"),
        ("-2 1 0\n", ":1: the weight of a clause must be an integer from 1, not -2"),
        ("p wcnf 2 1\n1.5 1 0\n", ":2: the weight of a clause must be an integer, but it is '1.5'"),
        ("p wcnf 2 1\n1 3 0\n", ":2: the literal 3 is of none of the variables 1 to 2"),
        ("p wcnf 2 2\n1 2 0\n", ":2: the file ends after 1 of the 2 clauses"),
        ("p wcnf 2 1\n1 2 0\n1 1 0\n", ":3: more clauses than the 1 that the header declares"),
        ("h 1 0\nsoft 1 0\n", ":2: the weight of a clause must be an integer, but it is 'soft'"),
        ("p wcnf 2 1 5\nh 1 0\n", ":2: the weight of a clause must be an integer, but it is 'h'"),
        ("p wcnf 2 1 5 6\n1 1 0\n", ":1: the header 'p wcnf variables clauses' or 'p cnf variables clauses' is needed"),
        ("1 1000000000000 0\n", ": 1000000000000 variables for only"),
    ],
)
def test_wcnf_refusals_show_the_line(refused, content, message):
    refused("f.wcnf", content, message)


def test_a_formula_comes_back_as_it_was_written(file, tmp_path):
    problem = ip.read(file("f.cnf", CNF))
    ip.write(problem, tmp_path / "again.cnf")
    assert (tmp_path / "again.cnf").read_text() == "p cnf 4 3\n1 -2 0\n2 3 -4 0\n-1 0\n"
    with pytest.raises(ValueError, match=r"a '\.cnf' file holds a Satisfiability problem, not a MaxCut"):
        ip.write(ip.MaxCut([(1, 2)]), tmp_path / "no.cnf")
    assert not (tmp_path / "no.cnf").exists()


def test_a_formula_as_a_maximisation(file):
    problem = ip.read(file("f.cnf", "p cnf 1 2\n1 0\n-1 0\n"), problem=ip.MaxSatisfiability)
    assert problem.is_feasible({1: True})
