"""Linear algebra on one thread: for reproducible sums, and for products too small to share.

How a BLAS library splits a sum among threads changes its last digit, and a chaotic machine makes that visible; its
threads compete with ours; and on a busy machine they wait for one another far longer than the work takes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["single_threaded_algebra"]

_lock = threading.Lock()
_holders = 0
_restore: Callable[[], None]
_libraries: tuple[list[Any], list[Any]] = [], []
_modules = 0


class _Thread(threading.local):
    """The blocks that the current thread is in."""

    holders = 0
    restore: Callable[[], None]


_this_thread = _Thread()


@contextmanager
def single_threaded_algebra() -> Iterator[None]:
    """Hold the linear-algebra libraries to one thread in the ``with`` block.

    The setting is the whole process's.  Blocks that overlap, in whatever threads, share it: the first sets it, and the
    last to leave restores what was there before.  In libraries on OpenMP, where each thread has a setting of its own,
    it is that of the threads that are in a block.
    """
    global _holders, _restore
    with _lock:
        process_wide, of_each_thread = _loaded_libraries()
        if _holders == 0:
            _restore = _limit(process_wide)
        _holders += 1
    if _this_thread.holders == 0:
        _this_thread.restore = _limit(of_each_thread)
    _this_thread.holders += 1
    try:
        yield
    finally:
        _this_thread.holders -= 1
        if _this_thread.holders == 0:
            _this_thread.restore()
        with _lock:
            _holders -= 1
            if _holders == 0:
                _restore()


def _limit(libraries: list[Any]) -> Callable[[], None]:
    """Set one thread; what is returned sets the numbers that there were."""
    before = [(_setter(library), library.num_threads) for library in libraries]
    for set_threads, _ in before:
        set_threads(1)

    def restore() -> None:
        for set_threads, number in before:
            set_threads(number)

    return restore


def _setter(library: Any) -> Callable[[int], Any]:
    """The function that sets a library's threads, whichever thread calls it.

    From version 3.8 on threadpoolctl's own leaves OpenBLAS to the first thread that has called it, and from others does
    nothing and says nothing; our blocks begin and end in whatever threads, and count themselves.
    """
    setter: Callable[[int], Any] = getattr(library, "_real_set_num_threads", library.set_num_threads)
    return setter


def _loaded_libraries() -> tuple[list[Any], list[Any]]:
    """The linear-algebra libraries whose setting is the process's, and those where each thread has its own.

    They are looked for anew only when a module has been imported since: to find them takes longer than the eigenvalues
    of a matrix of 100 rows, to set them a fiftieth of that.
    """
    global _libraries, _modules
    from threadpoolctl import ThreadpoolController

    if _modules != len(sys.modules):
        found = [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]
        on_openmp = [getattr(library, "threading_layer", "") == "openmp" for library in found]
        _libraries = (
            [library for library, own in zip(found, on_openmp, strict=True) if not own],
            [library for library, own in zip(found, on_openmp, strict=True) if own],
        )
        _modules = len(sys.modules)
    return _libraries
