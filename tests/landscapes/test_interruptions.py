"""Ctrl-C is neither lost nor early while something is written."""

from __future__ import annotations

import _thread
import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import ising_problems as ip
import landscapes as ls
import landscapes.sweep as sweep
from landscapes.cell_files import replace_file
from landscapes.interruptions import interruption_point, interruptions_held, note_interruption, whole_or_nothing
from landscapes.parallel import run_jobs


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
    yield
    signal.signal(signal.SIGINT, before)


def control_c() -> None:
    signal.raise_signal(signal.SIGINT)


def held(*steps: Callable[[], Any]) -> None:
    with interruptions_held():
        for step in steps:
            step()


def test_it_is_raised_at_the_end_of_the_block() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(control_c, lambda: reached.append("the end"))
    assert reached == ["the end"]
    with pytest.raises(KeyboardInterrupt):
        control_c()  # Python's own handler is back


def test_without_one_nothing_happens() -> None:
    held()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_of_nested_blocks_the_outermost_counts() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(lambda: held(control_c), lambda: reached.append("between the ends"))
    assert reached == ["between the ends"]


@pytest.mark.parametrize("nested", [False, True])
def test_the_second_goes_through_at_once(nested: bool) -> None:
    reached: list[str] = []
    steps = (control_c, control_c, lambda: reached.append("the end"))
    with pytest.raises(KeyboardInterrupt):
        held(lambda: held(*steps)) if nested else held(*steps)
    assert not reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("nested", [False, True])
def test_at_a_point_it_is_raised_once(nested: bool) -> None:
    reached: list[str] = []

    def at_a_point() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            interruption_point()
            reached.append("after the point")
        interruption_point()
        reached.append("the end")

    if nested:
        held(control_c, lambda: held(at_a_point))
    else:
        held(control_c, at_a_point)
    assert reached == ["the end"]
    interruption_point()


def test_the_process_answers_as_it_has_chosen() -> None:
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    held(control_c, lambda: heard.append(0), interruption_point, lambda: heard.append(1))
    held(control_c, lambda: heard.append(2))
    assert heard == [0, signal.SIGINT, 1, 2, signal.SIGINT]


def test_after_a_block_nothing_is_held() -> None:
    held()
    with pytest.raises(KeyboardInterrupt):
        control_c()
    interruption_point()


def full() -> None:
    raise OSError("the disk is full")


def test_it_is_not_lost_where_the_block_fails() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        held(control_c, full)
    assert isinstance(caught.value.__context__, OSError)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptions_held():
        control_c()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_leave_the_handler_alone() -> None:
    seen: list[Any] = []

    def elsewhere() -> None:
        with interruptions_held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


class Interrupts:
    """Where an exception cannot be raised: Python prints it and goes on."""

    def __del__(self) -> None:
        control_c()


def at_call(number: int, act: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, before whose so many-th call something happens."""
    calls = itertools.count(1)

    def watched(*arguments: Any, **options: Any) -> Any:
        if next(calls) == number:
            act()
        return function(*arguments, **options)

    return watched


def test_a_sweep_hears_it_in_a_destructor_of_what_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xr.Dataset, "to_netcdf", at_call(3, Interrupts, xr.Dataset.to_netcdf))
    result = sweep.run_sweep(value, {"cell": list(range(9))}, path=tmp_path)
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().sum() == 3 == len(list(tmp_path.glob("cells/*.nc")))


def value(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    return {"value": seed.standard_normal()}


def test_a_sweep_hears_it_in_a_destructor_of_what_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep.run_sweep(value, {"cell": [0, 1, 2]}, path=tmp_path)
    monkeypatch.setattr(xr, "open_dataset", at_call(2, Interrupts, xr.open_dataset))
    result = sweep.run_sweep(value, {"cell": [0, 1, 2]}, path=tmp_path)
    assert result.attrs["status"] == "interrupted" and result["value"].notnull().sum() == 2


def test_a_file_is_whole_before_it_is_heard(tmp_path: Path) -> None:
    def write(part: Path) -> None:
        part.write_text("half ")
        Interrupts()
        part.write_text("whole")

    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "file", write)
    assert (tmp_path / "file").read_text() == "whole"


def together(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    BARRIER.wait(20.0)
    return {"value": float(cell)}


BARRIER = threading.Barrier(4)


def test_what_has_ended_is_kept_though_it_comes_while_the_last_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xr.Dataset, "to_netcdf", at_call(2, control_c, xr.Dataset.to_netcdf))
    cells = {"cell": list(range(4))}
    result = sweep.run_sweep(together, cells, path=tmp_path, threads=4, callback=lambda fraction: fraction > 0)
    assert result["value"].notnull().all() and len(list(tmp_path.glob("cells/*.nc"))) == 4


# ---------------------------------------------------------------- the whole or nothing


def brief(stop: threading.Event) -> str:
    """A job that returns what it has."""
    stop.wait(20.0)
    return "a part"


def answers_with_a_part(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    """A cell that does not look whether its jobs were interrupted."""
    asked = iter([lambda: None, control_c] if cell == 2 else [])
    run_jobs([brief if cell == 2 else lambda stop: "all"], 1, lambda stop: next(asked, lambda: None)())
    return {"value": float(cell)}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_part_is_never_kept_for_a_cell(tmp_path: Path, threads: int) -> None:
    if threads == 2:  # where only the thread of the sweep hears it
        result = sweep.run_sweep(waits, {"cell": [0, 1, 2, 3]}, path=tmp_path, threads=2, callback=Once(2, control_c))
    else:
        result = sweep.run_sweep(answers_with_a_part, {"cell": [0, 1, 2, 3]}, path=tmp_path)
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().values.tolist() == [True, True, False, False]
    assert len(list(tmp_path.glob("cells/*.nc"))) == 2


def waits(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    """A cell that would take for ever, but for its jobs."""
    if cell >= 2:
        run_jobs([brief], 1)
    return {"value": float(cell)}


class Once:
    """A callback that acts once, when so many of four cells are done."""

    def __init__(self, done: int, act: Callable[[], Any]) -> None:
        self._fraction, self._act = done / 4, act

    def __call__(self, fraction: float) -> None:
        if fraction == self._fraction:
            self._act, act = lambda: None, self._act
            act()


def interrupt_after_a_cell(path: Path) -> threading.Thread:
    """Ctrl-C half a second after the first cell of a sweep was kept: an earlier one would end the test run itself."""

    def wait() -> None:
        until = time.monotonic() + 30.0
        while not list(path.glob("cells/*.nc")) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.5)
        _thread.interrupt_main()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def minima_of_equal_spins(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    size = 40 if cell else 4  # minutes, in the kernel
    return {"value": float(ls.ising_minima(ip.IsingModel(1 - np.eye(size)), max_spins=size, threads=1).count)}


@pytest.mark.parametrize("threads", [1, 2])
def test_kernels_in_cells_hear_it(threads: int, tmp_path: Path) -> None:
    thread = interrupt_after_a_cell(tmp_path)
    result = sweep.run_sweep(minima_of_equal_spins, {"cell": [0, 1]}, threads=threads, path=tmp_path)
    thread.join()
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().values.tolist() == [True, False]


def test_all_minima_of_one_model_hear_it() -> None:
    model = ip.IsingModel(1 - np.eye(40))
    minima_of_equal_spins(0, np.random.default_rng(0))
    for threads in (1, 2):
        timer = threading.Timer(0.5, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            ls.ising_minima(model, max_spins=40, threads=threads)
        timer.join()


def fails_for_want_of_the_rest(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    if cell == 2:
        run_jobs([brief], 1, lambda stop: control_c())
        raise ValueError("min() of an empty list")
    return {"value": float(cell)}


def test_what_fails_for_want_of_the_rest_is_no_failure() -> None:
    result = sweep.run_sweep(fails_for_want_of_the_rest, {"cell": [0, 1, 2, 3]})
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().values.tolist() == [True, True, False, False]


def sweeps_itself(cell: int, seed: np.random.Generator, inner: int) -> dict[str, Any]:
    """A cell that would take minutes in a sweep of its own, whose cells hear nothing."""
    if cell == 1:
        sweep.run_sweep(naps, {"nap": list(range(4000))}, threads=inner)
    return {"value": float(cell)}


def naps(nap: int, seed: np.random.Generator) -> dict[str, Any]:
    time.sleep(0.05)
    return {"value": 0.0}


@pytest.mark.parametrize("inner", [1, 2])
@pytest.mark.parametrize("outer", [1, 2])
def test_sweeps_inside_of_sweeps_hear_it(outer: int, inner: int, tmp_path: Path) -> None:
    thread = interrupt_after_a_cell(tmp_path)
    arguments = {"arguments": {"inner": inner}, "threads": outer, "path": tmp_path}
    result = sweep.run_sweep(sweeps_itself, {"cell": [0, 1]}, **arguments)
    thread.join()
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().values.tolist() == [True, False]
    assert len(list(tmp_path.glob("cells/*.nc"))) == 1


def test_a_pool_that_was_interrupted_can_be_used_again(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        thread = interrupt_after_a_cell(tmp_path)
        part = sweep.run_sweep(minima_of_equal_spins, {"cell": [0, 1]}, executor=pool, path=tmp_path)
        assert part.attrs["status"] == "interrupted"
        thread.join()
        pool.submit(interruption_point).result()
        again = sweep.run_sweep(minima_of_equal_spins, {"cell": [0]}, executor=pool)
        assert again.attrs["status"] == "completed"


def test_another_thread_is_told_through_an_event() -> None:
    told = threading.Event()
    told.set()
    reached: list[str] = []

    def inner() -> None:
        with whole_or_nothing():  # keeps the event of the block around it
            interruption_point()

    def outer() -> None:
        with whole_or_nothing(told):
            with contextlib.suppress(KeyboardInterrupt):
                inner()
            reached.append("between")

    with pytest.raises(KeyboardInterrupt):
        outer()
    assert reached == ["between"]
    interruption_point()


def test_what_was_heard_is_raised_at_every_point_after() -> None:
    def part() -> None:
        with whole_or_nothing():
            note_interruption()
            with pytest.raises(KeyboardInterrupt):
                run_jobs([lambda stop: pytest.fail("not begun")], 1)
            interruption_point()
            pytest.fail("not reached")

    with pytest.raises(KeyboardInterrupt):
        part()


def test_points_are_silent_where_nothing_was_heard() -> None:
    reached: list[str] = []
    note_interruption()  # outside of any block a part is what was asked for
    interruption_point()
    with whole_or_nothing():
        interruption_point()
        reached.append("the end")
    assert reached == ["the end"]


def test_of_nested_blocks_the_outer_one_is_a_part_too() -> None:
    reached: list[str] = []

    def inner() -> None:
        with whole_or_nothing():
            note_interruption()
            reached.append("the end of the inner")

    def outer() -> None:
        with whole_or_nothing():
            with contextlib.suppress(KeyboardInterrupt):
                inner()
            reached.append("the end of the outer")

    with pytest.raises(KeyboardInterrupt):
        outer()
    assert reached == ["the end of the inner", "the end of the outer"]
    interruption_point()
