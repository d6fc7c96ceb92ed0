"""Jobs in threads: their order, how they are watched and stopped, and what becomes of errors and of Ctrl-C."""

import _thread
import threading
import time

import pytest
from threadpoolctl import threadpool_info

from landscapes.parallel import available_cores, checked_threads, run_jobs


def _until_stopped(stop: threading.Event) -> str:
    assert stop.wait(60)
    return "stopped"


def test_results_are_in_the_order_of_the_jobs() -> None:
    def job(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    waits = [0.05, 0.0, 0.02]
    results, interrupted = run_jobs([lambda stop, wait=wait: job(wait) for wait in waits], threads=3)
    assert (results, interrupted) == (waits, False)


def test_no_more_jobs_run_at_once_than_there_are_threads() -> None:
    running: list[int] = []
    most: list[int] = []

    def job(stop: threading.Event) -> None:
        running.append(0)
        most.append(len(running))
        time.sleep(0.005)
        running.pop()

    run_jobs([job] * 8, threads=2)
    assert len(most) == 8 and max(most) <= 2


def test_linear_algebra_has_one_thread_in_each_job() -> None:
    def job(stop: threading.Event) -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    (counts,), _ = run_jobs([job], threads=1)
    assert set(counts) == {1}


def test_whoever_polls_may_stop() -> None:
    calls: list[None] = []

    def poll(stop: threading.Event) -> None:
        calls.append(None)
        if len(calls) == 2:
            stop.set()

    assert run_jobs([_until_stopped, _until_stopped], 2, poll) == (["stopped", "stopped"], False)


def test_a_job_that_fails_stops_the_others_and_is_raised() -> None:
    ended: list[str] = []

    def fails(stop: threading.Event) -> None:
        raise RuntimeError("a job's own")

    with pytest.raises(RuntimeError, match="a job's own"):
        run_jobs([lambda stop: ended.append(_until_stopped(stop)), fails], threads=2)
    assert ended == ["stopped"]


def test_a_poll_that_fails_stops_the_jobs_and_is_raised() -> None:
    ended: list[str] = []

    def poll(stop: threading.Event) -> None:
        raise RuntimeError("the poll's own")

    with pytest.raises(RuntimeError, match="the poll's own"):
        run_jobs([lambda stop: ended.append(_until_stopped(stop))], 1, poll)
    assert ended == ["stopped"]


def test_ctrl_c_stops_the_jobs_and_keeps_what_they_have() -> None:
    assert run_jobs([_until_stopped], 1, lambda stop: _thread.interrupt_main()) == (["stopped"], True)


def test_threads() -> None:
    assert checked_threads(None) == available_cores() >= 1
    assert checked_threads(3) == 3
    with pytest.raises(ValueError, match="threads: must be at least 1"):
        checked_threads(0)
