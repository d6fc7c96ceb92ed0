"""Coordinates of a sweep that stand for objects: each cell gets its own and no other, and a folder knows them."""

import functools
import pickle
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ising_problems as ip
from landscapes import cells, sweep


def random_energy(budget: int, instance: ip.IsingModel, seed: np.random.Generator) -> dict[str, Any]:
    """Least energy of as many random configurations as the budget allows, and the first random number."""
    first = seed.random()
    spins = seed.choice([-1, 1], (budget, instance.num_spins))
    return {"energy": instance.energy(spins).min(), "first": first}


def models(count: int, n: int = 6, seed: int = 0) -> list[ip.IsingModel]:
    return [ip.sherrington_kirkpatrick(n, seed=seed + k) for k in range(count)]


GRID: dict[str, Any] = {"budget": [5, 20], "instance": range(3)}


def test_a_cell_is_given_the_object_that_its_coordinate_stands_for() -> None:
    instances = models(3)
    result = sweep.run_sweep(random_energy, GRID, objects={"instance": instances}, seed=2)
    assert result["instance"].values.tolist() == [0, 1, 2]
    for k, model in enumerate(instances):
        for budget in (5, 20):
            rng = sweep.cell_generator(2, {"budget": budget, "instance": k})
            assert result["energy"].sel(budget=budget, instance=k).item() == random_energy(budget, model, rng)["energy"]


def test_objects_by_value_and_in_order_are_the_same() -> None:
    named = dict(zip("abc", models(3), strict=True))
    grid = {"budget": [5], "instance": ["c", "a"]}
    by_value = sweep.run_sweep(random_energy, grid, objects={"instance": named})
    in_order = sweep.run_sweep(random_energy, grid, objects={"instance": [named["c"], named["a"]]})
    assert by_value.drop_attrs().identical(in_order.drop_attrs())


def test_random_numbers_do_not_depend_on_the_objects() -> None:
    one = sweep.run_sweep(random_energy, GRID, objects={"instance": models(3)}, seed=2)
    other = sweep.run_sweep(random_energy, GRID, objects={"instance": models(3, seed=50)}, seed=2)
    assert one["first"].equals(other["first"]) and not one["energy"].equals(other["energy"])


def test_every_executor_gives_the_same_bits_and_gets_copies() -> None:
    ask = functools.partial(sweep.run_sweep, random_energy, GRID, objects={"instance": models(3)}, seed=2)
    serial = ask().drop_attrs()
    assert serial.identical(ask(threads=2).drop_attrs())
    with ProcessPoolExecutor(2) as pool:
        assert serial.identical(ask(executor=pool).drop_attrs())


class Posting(Executor):
    """Pickles what it is given, as a cluster's scheduler does, and notes how much of it it holds at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self.sizes: list[int] = []
        self.held = self.most = 0

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        letter = pickle.dumps((function, arguments, keywords))
        with self._lock:
            self.sizes.append(len(letter))
            self.held += 1
            self.most = max(self.most, self.held)
        return self._pool.submit(self._open, letter)

    def _open(self, letter: bytes) -> Any:
        function, arguments, keywords = pickle.loads(letter)
        try:
            return function(*arguments, **keywords)
        finally:
            with self._lock:
                self.held -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def test_a_worker_is_sent_one_object_and_few_are_on_the_way() -> None:
    instances = models(60, n=50)  # 20 kB each
    grid = {"budget": [1], "instance": range(60)}
    with Posting() as pool:
        result = sweep.run_sweep(random_energy, grid, objects={"instance": instances}, executor=pool)
    assert result.attrs["status"] == "completed" and len(pool.sizes) == 60
    assert max(pool.sizes) < 1.2 * len(pickle.dumps(instances[0]))
    assert pool.most <= cells._FEWEST_IN_FLIGHT < 60
    # the twin: the same models as an argument of every cell go with each of them
    with Posting() as pool:
        sweep.run_sweep(ignores, {"instance": range(2)}, arguments={"models": instances}, executor=pool)
    assert min(pool.sizes) > 50 * len(pickle.dumps(instances[0]))


def ignores(instance: int, models: Any, seed: Any) -> dict[str, Any]:
    return {"x": instance}


def test_an_executor_that_is_shut_down_is_an_error_with_coordinates() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(sweep.SweepError, match=r"the executor broke down in the cell .*shutdown") as info:
        sweep.run_sweep(ignores, {"instance": [4, 5]}, arguments={"models": 0}, executor=pool)
    assert info.value.coordinates == {"instance": 4}


class Cancelling(Executor):
    """Gives up every task but the first, as a cluster that is closed does."""

    def __init__(self) -> None:
        self._count = 0

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._count += 1
        if self._count == 1:
            future.set_result(function(*arguments, **keywords))
        else:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def test_cells_that_the_executor_gives_up_are_an_error() -> None:
    with pytest.raises(sweep.SweepError, match="it cancelled the cell") as info:
        sweep.run_sweep(ignores, {"instance": [4, 5]}, arguments={"models": 0}, executor=Cancelling())
    assert info.value.coordinates == {"instance": 5} and isinstance(info.value.__cause__, BrokenExecutor)
    assert info.value.finished["x"].sel(instance=4).item() == 4


# ---------------------------------------------------------------- on the disk


def test_a_grid_grows_by_more_objects(tmp_path: Path) -> None:
    few = sweep.run_sweep(random_energy, GRID, objects={"instance": models(3)}, path=tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("cells/*.nc")}
    more = {**GRID, "instance": range(5)}
    grown = sweep.run_sweep(random_energy, more, objects={"instance": models(5)}, path=tmp_path)
    assert grown["energy"].sel(instance=[0, 1, 2]).equals(few["energy"])
    after = {file: file.stat().st_mtime_ns for file in tmp_path.glob("cells/*.nc")}
    assert len(before) == 6 and len(after) == 10 and before.items() <= after.items()  # nothing was written again


def test_a_cell_with_another_object_is_refused_by_name(tmp_path: Path) -> None:
    sweep.run_sweep(random_energy, GRID, objects={"instance": models(3)}, path=tmp_path)
    begun: list[float] = []
    with pytest.raises(ValueError, match=r'cell .*"instance": 0.* another object.*instance was .*IsingModel.* is now'):
        sweep.run_sweep(
            random_energy, GRID, objects={"instance": models(3, seed=7)}, path=tmp_path, callback=begun.append
        )
    assert not begun
    with pytest.raises(ValueError, match="objects is only there"):
        sweep.run_sweep(random_energy, GRID, path=tmp_path)
    # and nothing was lost by that
    again = sweep.run_sweep(random_energy, GRID, objects={"instance": models(3)}, path=tmp_path)
    assert again.attrs["status"] == "completed"


def scaled(size: int, scale: Any, seed: np.random.Generator) -> dict[str, Any]:
    return {"value": size * scale["factor"]}


def test_small_objects_are_shown_as_they_are(tmp_path: Path) -> None:
    grid = {"size": [2], "scale": ["small", "large"]}
    scales = {"small": {"factor": 0.5}, "large": {"factor": 2.0}}
    result = sweep.run_sweep(scaled, grid, objects={"scale": scales}, path=tmp_path)
    assert result["value"].sel(scale="large", size=2).item() == 4.0
    changed = scales | {"small": {"factor": 0.25}}
    with pytest.raises(ValueError, match=r"scale.factor was 0.5 and is now 0.25"):
        sweep.run_sweep(scaled, grid, objects={"scale": changed}, path=tmp_path)


# ---------------------------------------------------------------- folders that cannot be written


def test_a_path_under_a_file_is_refused_before_any_cell(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("a file in the way")
    with pytest.raises(ValueError, match=r"nothing can be written to .*notes/sweep .*name another folder"):
        sweep.run_sweep(fails, {"instance": [0]}, path=tmp_path / "notes" / "sweep")


def fails(instance: int, seed: Any) -> dict[str, Any]:
    raise AssertionError("no cell may begin")


@pytest.mark.parametrize("resumed", [False, True])
def test_a_folder_that_takes_no_files_is_refused_before_any_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resumed: bool
) -> None:
    path = tmp_path / "sweep"
    if resumed:
        sweep.run_sweep(fails_never, {"instance": [0]}, path=path)
    write = Path.write_text

    def read_only(file: Path, *arguments: Any, **keywords: Any) -> int:
        if path in file.parents:
            raise OSError(30, "Read-only file system", str(file))
        return write(file, *arguments, **keywords)

    monkeypatch.setattr(Path, "write_text", read_only)
    begun: list[float] = []
    with pytest.raises(ValueError, match=r"nothing can be written to .*Read-only file system"):
        sweep.run_sweep(fails_never, {"instance": [0, 1]}, path=path, callback=begun.append)
    assert not begun


def fails_never(instance: int, seed: Any) -> dict[str, Any]:
    return {"x": instance}


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([1, 2], "objects: a mapping from dimensions is needed"),
        ({"size": [1]}, "'size' is not a dimension of the grid; those are budget, instance"),
        ({"instance": [1, 2]}, "one for each of the 3 values of the coordinate is needed, but there are 2"),
        ({"instance": {0: 1, 1: 2}}, r"objects\['instance'\]: there is none for 2"),
        ({"instance": "abc"}, "a list or a mapping is needed"),
        ({"instance": 3}, "a list or a mapping is needed"),
    ],
)
def test_bad_objects(objects: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        sweep.run_sweep(random_energy, GRID, objects=objects)


def test_objects_that_cannot_be_sent_or_recognised_are_refused(tmp_path: Path) -> None:
    locks = {"instance": [threading.Lock() for _ in range(3)]}
    with ProcessPoolExecutor(1) as pool, pytest.raises(ValueError, match="that of 0 cannot be sent"):
        sweep.run_sweep(random_energy, GRID, objects=locks, executor=pool)
    nameless = {"instance": [lambda: 0] * 3}
    with pytest.raises(ValueError, match=r"objects\['instance'\]\[0\]: .* has no name"):
        sweep.run_sweep(random_energy, GRID, objects=nameless, path=tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
