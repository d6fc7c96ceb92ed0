"""Linear algebra on one thread: set, restored, and also set in libraries that are loaded later."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info, threadpool_limits

from ising_problems.threads import single_threaded_algebra


def _threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_nested_blocks_share_the_limit_and_the_outermost_restores_it() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        before = _threads()
        assert before and set(before) == {2}
        for _ in range(3):
            with single_threaded_algebra():
                with single_threaded_algebra():
                    assert set(_threads()) == {1}
                assert set(_threads()) == {1}
            assert _threads() == before


def test_blocks_in_other_threads_set_the_limit_too() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        with single_threaded_algebra():
            pass  # this thread was the first that ever set it

        def inside() -> set[int]:
            with single_threaded_algebra():
                return set(_threads())

        with ThreadPoolExecutor(1) as pool:
            assert [pool.submit(inside).result() for _ in range(2)] == [{1}, {1}]
            assert set(pool.submit(_threads).result()) == {2} == set(_threads())


def test_the_last_block_to_end_restores_the_limit_whichever_thread_it_is_in() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def outlasting() -> set[int]:
        with single_threaded_algebra():
            begun.set()
            assert may_end.wait(30)
            return set(_threads())

    with threadpool_limits(limits=2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        with single_threaded_algebra():
            found = pool.submit(outlasting)
            assert begun.wait(30)
        assert set(_threads()) == {1}  # the other thread is inside
        may_end.set()
        assert found.result() == {1} and set(_threads()) == {2}


def test_a_library_that_is_loaded_later_is_held_too() -> None:
    code = (
        "import numpy, threadpoolctl as t\n"
        "from ising_problems.threads import single_threaded_algebra\n"
        "count = lambda: len([p for p in t.threadpool_info() if p['user_api'] == 'blas'])\n"
        "with single_threaded_algebra(): first = count()\n"
        "import scipy.linalg\n"
        "with single_threaded_algebra():\n"
        "    pools = [p['num_threads'] for p in t.threadpool_info() if p['user_api'] == 'blas']\n"
        "print(len(pools) >= first, set(pools))"
    )
    environment = {"OPENBLAS_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "PATH": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert result.stdout.strip() == "True {1}", result.stderr
