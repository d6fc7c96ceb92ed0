"""Linear algebra on one thread: for reproducible sums, and for products too small to share.

How a BLAS library splits a sum among threads changes its last digit, and a chaotic machine makes that visible; its
threads compete with ours; and on a busy machine they wait for one another far longer than the work takes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["single_threaded_algebra"]

_lock = threading.Lock()
_holders = 0
_limits: Any = None
_libraries: Any = None
_modules = 0


@contextmanager
def single_threaded_algebra() -> Iterator[None]:
    """Hold the linear-algebra libraries to one thread in the ``with`` block.

    The setting is the whole process's.  Blocks that overlap, in whatever threads, share it: the first sets it, and the
    last to leave restores what was there before.
    """
    global _holders, _limits
    with _lock:
        if _holders == 0:
            _limits = _loaded_libraries().limit(limits=1, user_api="blas")
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limits.restore_original_limits()
                _limits = None


def _loaded_libraries() -> Any:
    """The linear-algebra libraries of the process; looked for anew only when a module has been imported since.

    To find them takes longer than the eigenvalues of a matrix of 100 rows, to set them a fiftieth of that.
    """
    global _libraries, _modules
    from threadpoolctl import ThreadpoolController

    if _modules != len(sys.modules):
        _libraries, _modules = ThreadpoolController(), len(sys.modules)
    return _libraries
