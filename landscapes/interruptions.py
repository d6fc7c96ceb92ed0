"""Ctrl-C that waits until what is being written is whole.

Python raises ``KeyboardInterrupt`` wherever the main thread happens to be.  Inside a library that writes files, it may
be a destructor or the callback of a weak reference, where Python prints the exception and forgets it, or a place that
leaves a lock taken: the user's Ctrl-C is lost, or the program hangs.  While :func:`interruptions_held` is open, Ctrl-C
is taken note of, and raised at its end, or at an :func:`interruption_point` before.

Other threads are not told of Ctrl-C at all.  And what answers Ctrl-C with what it has so far must not pass for a whole
result where one is asked for.  So work that counts only as a whole is done inside :func:`whole_or_nothing`, which may
be given an event that the main thread sets at Ctrl-C, and long work asks at every :func:`interruption_point`.
"""

from __future__ import annotations

import inspect
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["interruption_point", "interruptions_held", "note_interruption", "whole_or_nothing"]


class _Hold:
    """What stands in for the process's own answer to Ctrl-C, and whether one is held back."""

    def __init__(self, listens: Callable[[int, FrameType | None], Any]) -> None:
        self._listens = listens
        self.pending = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.pending:
            self._listens(number, frame)
        self.pending = True

    def deliver(self) -> None:
        """Answer what was held back as the process does: mostly, raise ``KeyboardInterrupt``."""
        if self.pending:
            self.pending = False
            self._listens(signal.SIGINT, inspect.currentframe())


class _Here(threading.local):
    """What this thread knows."""

    hold: _Hold | None = None
    told: threading.Event | None = None
    whole = False  # only a whole result counts
    heard = False


_here = _Here()


@contextmanager
def interruptions_held() -> Iterator[None]:
    """Hold one Ctrl-C back until the end of the ``with`` block; a second one goes through at once.

    Of nested blocks only the outermost does anything, and none does outside the main thread, where Python delivers no
    signals, or where the process does not listen to Ctrl-C.
    """
    listens = signal.getsignal(signal.SIGINT)
    elsewhere = threading.current_thread() is not threading.main_thread()
    if elsewhere or _here.hold is not None or not callable(listens):
        yield
        return
    hold = _Hold(listens)
    signal.signal(signal.SIGINT, hold)
    _here.hold = hold
    try:
        yield
    finally:
        _here.hold = None
        signal.signal(signal.SIGINT, listens)
        hold.deliver()


def interruption_point() -> None:
    """Raise ``KeyboardInterrupt`` if one is held back, or Ctrl-C has ended the work that this thread is a part of."""
    if _here.hold is not None:
        _here.hold.deliver()
    if _here.told is not None and _here.told.is_set():
        note_interruption()
        raise KeyboardInterrupt
    if _here.heard:
        raise KeyboardInterrupt


def note_interruption() -> None:
    """Say that Ctrl-C was heard, and that what this thread has for a result is only a part."""
    _here.heard = _here.whole


@contextmanager
def whole_or_nothing(told: threading.Event | None = None) -> Iterator[None]:
    """Raise ``KeyboardInterrupt`` at the end of the ``with`` block if something in it answered one with a part.

    So it is where the block fails then: for want of the rest, it is taken.

    Parameters
    ----------
    told : threading.Event, optional
        Set by another thread when Ctrl-C ends the work; the blocks around this one keep theirs for None.
    """
    before = _here.told, _here.whole, _here.heard
    _here.told, _here.whole, _here.heard = told or _here.told, True, False
    try:
        yield
        if _here.heard:
            raise KeyboardInterrupt
    except Exception as error:
        if _here.heard:
            raise KeyboardInterrupt from error
        raise
    finally:
        heard = _here.heard
        _here.told, _here.whole, _here.heard = before
        if heard:
            note_interruption()
