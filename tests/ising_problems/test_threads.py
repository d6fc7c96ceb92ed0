"""Linear algebra on one thread: set, restored, and also set in libraries that are loaded later."""

import subprocess
import sys

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
