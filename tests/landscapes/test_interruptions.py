"""Ctrl-C is neither lost nor early while something is written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import landscapes.sweep as sweep
from landscapes.interruptions import interruptions_held


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


def test_the_second_goes_through_at_once() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(control_c, control_c, lambda: reached.append("the end"))
    assert not reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


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


def test_a_sweep_hears_it_in_a_destructor_of_what_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to_netcdf, written = xr.Dataset.to_netcdf, 0

    def interrupted(*arguments: Any, **options: Any) -> Any:
        nonlocal written
        written += 1
        if written == 3:
            Interrupts()
        return to_netcdf(*arguments, **options)

    monkeypatch.setattr(xr.Dataset, "to_netcdf", interrupted)
    result = sweep.run_sweep(value, {"cell": list(range(9))}, path=tmp_path)
    assert result.attrs["status"] == "interrupted"
    assert result["value"].notnull().sum() == 3 == len(list(tmp_path.glob("cells/*.nc")))


def value(cell: int, seed: np.random.Generator) -> dict[str, Any]:
    return {"value": seed.standard_normal()}
