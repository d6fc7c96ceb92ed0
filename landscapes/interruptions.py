"""Ctrl-C that waits until what is being written is whole.

Python raises ``KeyboardInterrupt`` wherever the main thread happens to be.  Inside a library that writes files, it may
be a destructor or the callback of a weak reference, where Python prints the exception and forgets it, or a place that
leaves a lock taken: the user's Ctrl-C is lost, or the program hangs.  While :func:`interruptions_held` is open, Ctrl-C
is taken note of, and raised at its end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interruptions_held"]


@contextmanager
def interruptions_held() -> Iterator[None]:
    """Hold one Ctrl-C back until the end of the ``with`` block; a second one goes through at once.

    Blocks may be nested: the outermost counts.  Outside the main thread, where Python delivers no signals, and where
    the process does not listen to Ctrl-C, nothing changes.
    """
    listens = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(listens):
        yield
        return
    held = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal held
        if held:
            listens(number, frame)
        held = True

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, listens)
        if held:
            signal.raise_signal(signal.SIGINT)
