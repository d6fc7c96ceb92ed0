"""Jobs in threads that can be watched, stopped and interrupted, with linear algebra held to one thread in each.

Kernels and matrix products release Python's global lock, so threads use every core.  A result depends on the split
into jobs, which is fixed, and never on how many threads took them up.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from ising_problems.checks import checked_integer
from ising_problems.threads import single_threaded_algebra

from .interruptions import interruption_point, note_interruption

__all__ = ["available_cores", "checked_threads", "run_jobs"]

Result = TypeVar("Result")

_POLL_SECONDS = 0.05


def available_cores() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_threads(threads: int | None) -> int:
    """The ``threads`` argument: every available core for None."""
    if threads is None:
        return available_cores()
    return checked_integer(threads, "threads", at_least=1)


def run_jobs(
    jobs: Sequence[Callable[[threading.Event], Result]],
    threads: int,
    poll: Callable[[threading.Event], None] | None = None,
) -> tuple[list[Result], bool]:
    """Run jobs in threads and collect their results in order.

    Parameters
    ----------
    jobs : sequence of callables
        Each is given an event and returns soon, with what it has, once that is set.
    threads : int
    poll : callable, optional
        Called with the same event twenty times a second from the calling thread; it may set it.

    Returns
    -------
    results : list
        One for each job.
    interrupted : bool
        Whether Ctrl-C stopped the jobs.

    Raises
    ------
    KeyboardInterrupt
        If the work that the calling thread is a part of was ended by Ctrl-C before
        (:func:`landscapes.interruptions.interruption_point`).

    Notes
    -----
    The jobs run in other threads even when there is only one, so that Ctrl-C, which Python delivers to the main
    thread, never tears a job apart.
    """
    interruption_point()
    stop = threading.Event()
    interrupted = False
    with single_threaded_algebra(), ThreadPoolExecutor(max_workers=threads) as pool:
        futures: list[Future[Result]] = []
        try:
            try:
                for job in jobs:
                    futures.append(pool.submit(job, stop))
            except KeyboardInterrupt:  # those that were not submitted yet are asked to be brief
                interrupted = True
                stop.set()
                futures += [pool.submit(job, stop) for job in jobs[len(futures) :]]
            pending = futures
            while pending:
                try:
                    pending = list(wait(pending, timeout=_POLL_SECONDS).not_done)
                    failed = any(future.done() and future.exception() for future in futures)
                    if failed:
                        stop.set()
                    elif poll is not None:
                        poll(stop)
                    if not interrupted:
                        interruption_point()
                except KeyboardInterrupt:
                    interrupted = True
                    stop.set()
        except BaseException:
            stop.set()  # the caller's own poll failed: let the jobs end before the pool is left
            raise
    if interrupted:
        note_interruption()
    return [future.result() for future in futures], interrupted
