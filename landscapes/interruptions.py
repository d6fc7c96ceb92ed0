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

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interruption_point", "interruptions_held", "note_interruption", "whole_or_nothing"]


class _Hold:
    """Whether a Ctrl-C is held back."""

    pending = False


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

    Blocks may be nested: the outermost counts.  Outside the main thread, where Python delivers no signals, and where
    the process does not listen to Ctrl-C, nothing changes.
    """
    listens = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(listens):
        yield
        return
    outer, mine = _here.hold, _Hold()

    def hold(number: int, frame: FrameType | None) -> None:
        if mine.pending:
            listens(number, frame)
        mine.pending = True

    signal.signal(signal.SIGINT, hold)
    _here.hold = mine
    try:
        yield
    finally:
        _here.hold = outer
        signal.signal(signal.SIGINT, listens)
        if mine.pending:
            signal.raise_signal(signal.SIGINT)


def interruption_point() -> None:
    """Raise ``KeyboardInterrupt`` if one is held back, or Ctrl-C has ended the work that this thread is a part of."""
    if _here.hold is not None and _here.hold.pending:
        _here.hold.pending = False
        raise KeyboardInterrupt
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
    finally:
        heard = _here.heard
        _here.told, _here.whole, _here.heard = before
        if heard:
            note_interruption()
