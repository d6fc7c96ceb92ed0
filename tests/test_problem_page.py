"""``docs/problems.md`` says of every problem what its class says, and names tests that exist."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import ising_problems as ip

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "problems.md").read_text(encoding="utf-8")
ERRATA = PAGE[PAGE.index("## Errata against") :]
CLASSES = {
    name: value
    for name, value in vars(ip).items()
    if name in ip.__all__ and inspect.isclass(value) and issubclass(value, ip.Problem) and value is not ip.Problem
}


def table(header):
    """Rows below a header's first cell, as lists of cells; a bar within a cell stands behind a backslash."""
    lines = PAGE[PAGE.index(f"\n| {header} |") + 1 :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def anchors():
    """What headings are called in links on a code host: lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


ROWS = {re.match(r"\[`(\w+)`\]", row[0])[1]: row for row in table("class")}


def test_every_problem_has_a_row_and_only_problems_do():
    assert len(CLASSES) >= 35
    assert ROWS.keys() == CLASSES.keys()
    assert len(table("class")) == len(ROWS)


@pytest.mark.parametrize("name", CLASSES)
def test_rows_say_what_the_classes_say(name):
    problem, (_, statement, spins, bound, source, _) = CLASSES[name], ROWS[name]
    assert statement == problem.statement
    assert spins == problem.spin_count
    assert source == problem.source
    assert bound


@pytest.mark.parametrize(("header", "author"), [("Karp", "Karp"), ("Lucas", "Lucas")])
def test_sources_and_the_tables_of_sources_agree(header, author):
    listed = {(number, name) for number, _, names in table(header) for name in re.findall(r"`([A-Z]\w+)`", names)}
    stated = set()
    for name, problem in CLASSES.items():
        for part in problem.source.split("; "):
            if part.startswith(author):
                # "Karp 1 and 11"; "Karp 9 (directed), 10 (undirected)": but not the numbers in "(0-1 INTEGER ...)"
                numbers = re.sub(r"\([^)]*\)", "", part)
                stated |= {(number, name) for number in re.findall(r"\d+(?:\.\d)?", numbers)}
    assert listed - {("18", "Knapsack")} == stated
    if header == "Karp":
        assert [row[0] for row in table(header)] == [str(number) for number in range(1, 22)]


def test_links_lead_to_headings():
    headings = anchors()
    assert len(headings) == len(set(headings))
    targets = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert len(targets) > 50
    assert set(targets) <= set(headings)


def test_every_erratum_is_referred_to_and_has_a_test_that_exists():
    sections = re.split(r"^### ", ERRATA, flags=re.MULTILINE)[1:]
    assert len(sections) >= 10
    for section in sections:
        heading = section.split("\n")[0]
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        assert f"(#{anchor})" in PAGE, heading
        for part in ("Printed", "Counterexample", "Here", "Test"):
            assert section.count(f"- **{part}:**") == 1, (heading, part)
        [(path, function)] = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", section)
        tree = ast.parse((PROJECT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, function
        assert function.startswith("test_")


def test_errata_in_the_encoders_are_on_the_page():
    # a module that speaks of an erratum names the equation or section, and so does the page
    for path in sorted((PROJECT / "ising_problems" / "encoders").glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found = re.search(r"\*+(?:Erratum|Errata)[.*:]", text)
        if found:
            for number in re.findall(r"eqs?\.\s+(\d+)", text[found.start() :], flags=re.IGNORECASE):
                assert re.search(rf"(?:Equations? (?:\d+ and )?|eq\. ){number}\b", ERRATA), (path.name, number)


def test_formulas_are_written_as_code_hosts_show_them():
    inside = False
    for number, line in enumerate(PAGE.splitlines(), start=1):
        if line.startswith("```"):
            assert line == ("```" if inside else "```math")
            inside = not inside
        elif not inside:
            assert line.count("$") % 2 == 0, f"line {number}: a formula within a line ends on another"
            for formula in re.findall(r"\$([^$]+)\$", line):
                # Markdown takes the backslash before punctuation away
                assert not re.search(r"\\[^a-zA-Z]", formula), f"line {number}: {formula}"
    assert not inside


def test_the_map_of_the_encoders_names_every_file_and_its_problems():
    text = ast.get_docstring(ast.parse((PROJECT / "ising_problems/encoders/__init__.py").read_text(encoding="utf-8")))
    _, rows, rest = re.split(r"^=+ =+$", text, flags=re.MULTILINE)
    files = {line.split()[0].strip("`"): re.findall(r"``([A-Z]\w+)``", line) for line in rows.strip().splitlines()}
    homes = {name: problem.__module__.split(".")[-1] for name, problem in CLASSES.items()}
    assert homes.pop("Polynomial") == "polynomials"
    assert {name: file for file, names in files.items() for name in names} == homes
    shared = set(re.findall(r"``([a-z]\w*)``", rest))
    assert shared.isdisjoint(files)
    for path in (PROJECT / "ising_problems/encoders").glob("[a-z]*.py"):
        assert path.stem in files or path.stem in shared or path.stem.endswith("_search"), path.name
    assert all((PROJECT / f"ising_problems/encoders/{name}.py").is_file() for name in shared)
