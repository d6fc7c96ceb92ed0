"""Every shared benchmark file is read, as the problem it stands for, of the size that it has."""

import pytest

import ising_problems as ip

EXPECTED = {
    "bqp50.txt": ("IsingModel", {"index": 0}, 50),
    "br17.atsp": ("TravellingSalesman", {}, 17),
    "burma14.tsp": ("TravellingSalesman", {}, 14),
    "gr17.tsp": ("TravellingSalesman", {}, 17),
    "johnson8-2-4.complement.txt": ("VertexCover", {"problem": "VertexCover"}, 28),
    "knapPI_1_100_1000_1": ("Knapsack", {}, 100),
    "myciel3.col": ("ChromaticNumber", {}, 11),
    "queen5_5.col": ("ChromaticNumber", {}, 25),
    "pace2018_t1_001.gr": ("SteinerTree", {}, 53),
    "pace2018_t1_009.gr": ("SteinerTree", {}, 57),
    "pace_fvs_003.graph": ("UndirectedFeedbackVertexSet", {"problem": "UndirectedFeedbackVertexSet"}, 53),
    "pace_fvs_096.graph": ("UndirectedFeedbackVertexSet", {"problem": "UndirectedFeedbackVertexSet"}, 48),
    "pace_fvs_099.graph": ("UndirectedFeedbackVertexSet", {"problem": "UndirectedFeedbackVertexSet"}, 37),
    "uf20-01.cnf": ("Satisfiability", {}, 20),
    "uf50-01.cnf": ("Satisfiability", {}, 50),
    "uuf50-01.cnf": ("Satisfiability", {}, 50),
    "g05_60.0.mc": ("MaxCut", {}, 60),
    "bqp100-1.sparse.mc": ("MaxCut", {}, 101),
}


def size_of(content):
    for name in ("num_variables", "num_spins") if isinstance(content, ip.IsingModel) else ("graph", "num_variables"):
        if hasattr(content, name):
            found = getattr(content, name)
            return found if isinstance(found, int) else len(found)
    return len(content.values)


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_read(instance, name):
    kind, arguments, size = EXPECTED[name]
    arguments = {**arguments, **({"problem": getattr(ip, kind)} if "problem" in arguments else {})}
    content = ip.read(instance(name), **arguments)
    assert type(content).__name__ == kind
    assert size_of(content) == size


def test_none_is_left_out(instances):
    """Files that no table here names, but for the G-set, which the tests of rudy files read."""
    found = {path.name for path in instances.iterdir()}
    left = {name for name in found if not name.endswith((".rud", ".md", "LICENSE"))} - EXPECTED.keys()
    assert left == set()
