"""Solutions on disk: everything comes back, nothing is unpickled, damage is reported."""

import json
import pickle

import networkx as nx
import numpy as np
import pytest

import cim
import ising_problems as ip


def _solutions() -> dict[str, cim.Solution]:
    graph = nx.relabel_nodes(nx.path_graph(4), {0: "a", 1: 7, 2: (1, "x"), 3: 2.5})
    return {
        "model": cim.solve(ip.sherrington_kirkpatrick(10, seed=0), steps=5, replicas=3, seed=0),
        "cut": cim.solve(ip.MaxCut(graph), steps=5, replicas=3, seed=0),
        "colouring": cim.solve(ip.GraphColoring(graph, 2), steps=50, replicas=3, seed=0),
        "numbers": cim.solve(ip.NumberPartitioning([3, 1, 1, 2, 2, 1]), steps=50, replicas=3, seed=0),
        "empty": cim.solve(ip.IsingModel([]), replicas=2),
        "integer": cim.solve(ip.IsingModel([[0, 2**40], [2**40, 0]]), steps=5),
    }


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("name", ["model", "cut", "colouring", "numbers", "empty", "integer"])
def test_round_trip(tmp_path, name: str, suffix: str) -> None:
    solution = _solutions()[name]
    path = tmp_path / f"answer{suffix}"
    solution.save(path)
    back = cim.Solution.load(path)
    for array in ("spins", "samples", "energies"):
        np.testing.assert_array_equal(getattr(back, array), getattr(solution, array))
        assert getattr(back, array).shape == getattr(solution, array).shape
    for value in ("energy", "status", "answer", "objective", "feasible", "violations", "lower_bound"):
        assert getattr(back, value) == getattr(solution, value), value
        assert type(getattr(back, value)) is type(getattr(solution, value)), value
    assert back.info["seed"] == solution.info["seed"]
    assert back.info["options"] == solution.info["options"]


def test_json_is_plain_json(tmp_path) -> None:
    _solutions()["cut"].save(tmp_path / "a.json")
    record = json.loads((tmp_path / "a.json").read_text())
    assert record["format"] == "coherent-ising solution"
    assert all(spin in (-1, 1) for spin in record["spins"])
    assert record["status"] == "optimal"


def test_pickles_are_never_opened(tmp_path) -> None:
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file was unpickled",))

    for name in ("a.npz", "a.json"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
        with pytest.raises(ValueError, match="not a readable saved solution"):
            cim.Solution.load(tmp_path / name)
    arrays = np.array([Trap()], dtype=object)
    with (tmp_path / "b.npz").open("wb") as file:
        np.savez(file, spins=arrays, samples=arrays, energies=arrays, record=arrays)
    with pytest.raises(ValueError, match="not a readable saved solution"):
        cim.Solution.load(tmp_path / "b.npz")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("coherent-ising solution", "shopping list"),
        lambda text: text.replace('"version": 1', '"version": 99'),
        lambda text: text.replace('"optimal"', '"splendid"'),
        lambda text: text.replace('"spins"', '"spun"'),
        lambda text: "[]",
        lambda text: "",
    ],
)
def test_damaged_files_are_refused_in_one_line(tmp_path, damage) -> None:
    path = tmp_path / "a.json"
    _solutions()["model"].save(path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(ValueError, match=r"a\.json: not a readable saved solution") as caught:
        cim.Solution.load(path)
    assert "\n" not in str(caught.value)


def test_names_that_json_cannot_express_are_refused_at_saving(tmp_path) -> None:
    class Node:
        pass

    solution = cim.solve(ip.MaxCut(nx.Graph([(Node(), Node())])), steps=5)
    with pytest.raises(ValueError, match=r"answer: .*Node"):
        solution.save(tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


def test_other_suffixes_are_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"kept as \.json or \.npz"):
        _solutions()["model"].save(tmp_path / "a.pickle")
    with pytest.raises(FileNotFoundError):
        cim.Solution.load(tmp_path / "missing.json")


def test_solutions_are_frozen_and_describe_themselves() -> None:
    solution = _solutions()["cut"]
    with pytest.raises(AttributeError):
        solution.energy = 0  # type: ignore[misc]
    assert "objective=3" in repr(solution)
    assert "status=optimal" in repr(solution)
    for status in cim.Status:
        assert status.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spins", [1, 2, 3, 300]),
        ("spins", [1]),
        ("spins", [1.7] * 10),
        ("samples", [[0.5] * 10] * 3),
        ("samples", []),
        ("energies", ["a"] * 3),
        ("energies", [1.0]),
        ("energy", "x"),
        ("feasible", "yes"),
        ("info", 3),
    ],
)
def test_content_that_cannot_have_been_saved_is_refused(tmp_path, name: str, value: object) -> None:
    path = tmp_path / "a.json"
    _solutions()["model"].save(path)
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, name: value}))
    with pytest.raises(ValueError, match="not a readable saved solution"):
        cim.Solution.load(path)
