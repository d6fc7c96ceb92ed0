"""The progress bar: tqdm's, in a terminal or a notebook, and nothing at all where none is wanted."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

__all__ = ["ProgressBar"]


class ProgressBar:
    """A bar over a fraction from 0 to 1; tqdm is loaded only where it is shown.

    Parameters
    ----------
    shown : bool
    description : str
        What is written before the bar.
    """

    def __init__(self, shown: bool, description: str) -> None:
        self._bar: Any = nullcontext()
        self._shown = shown
        if shown:
            with warnings.catch_warnings():
                # in a notebook without widgets tqdm warns that its bar will be text: that is what we want there
                warnings.filterwarnings("ignore", message=".*IProgress not found")
                from tqdm.auto import tqdm

                form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
                self._bar = tqdm(total=1.0, desc=description, bar_format=form)

    def __enter__(self) -> ProgressBar:
        self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.__exit__(*error)

    def show(self, fraction: float, note: str = "") -> None:
        """Move the bar to ``fraction``, with a note behind it."""
        if self._shown:
            if note:
                self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(fraction - self._bar.n)
