"""Linear algebra on one thread: for reproducible sums, and for products too small to share.

How a BLAS library splits a sum among threads changes its last digit, and a chaotic machine makes that visible; its
threads compete with ours; and on a busy machine they wait for one another far longer than the work takes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["single_threaded_algebra"]

_lock = threading.Lock()
_holders = 0
_limits: Any = None


@contextmanager
def single_threaded_algebra() -> Iterator[None]:
    """Hold the linear-algebra libraries to one thread in the ``with`` block.

    The setting is the whole process's.  Blocks that overlap, in whatever threads, share it: the first sets it, and the
    last to leave restores what was there before.
    """
    global _holders, _limits
    from threadpoolctl import threadpool_limits

    with _lock:
        if _holders == 0:
            _limits = threadpool_limits(limits=1, user_api="blas")
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limits.restore_original_limits()
                _limits = None
