"""Pictures that a memory was asked for: stored, spoilt, and recalled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems.checks import checked_integer, number_array, on_one_line
from landscapes.plotting.style import FAINT, GREEN, GREY, INK, MEDIUM, RED, SMALL, new_axes

from ..cavity import AssociativeMemory
from .cavity_memory import DYNAMICS_NAMES
from .datasets import checked_datasets

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["recall"]

_PAPER, _WRONG_LIGHT = "#F7F5F0", "#EFA9AE"
_GAP, _ROW_GAP = 0.16, 0.34  # between pictures, in their width
_TALLEST = 12.0  # inches of a figure of tall pictures


def recall(
    memory: Any,
    cues: Any,
    runs: Mapping[str, xr.Dataset] | xr.Dataset,
    *,
    shape: tuple[int, int] | None = None,
    names: Sequence[str] | None = None,
    patterns: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a memory makes of cues as small pictures: a column for each cue, a row for each dynamics.

    The first row shows the patterns, the second the cues; pixels that differ from the pattern are red.  Below each
    picture stands its overlap with the pattern.

    Parameters
    ----------
    memory : AssociativeMemory
        With ±1 patterns.
    cues : array_like of ±1, shape (k, d)
    runs : xarray.Dataset from :func:`cim.cavity.recall`, or mapping from what a row is called to one
        Of these cues; the first replica is drawn.
    shape : tuple of int, optional
        Height and width of a picture; a square by default.
    names : sequence of str, optional
        Of the columns.
    patterns : sequence of int, optional
        Which pattern each cue was made from; cue k from pattern k by default.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        If the pixels do not fill the shape, the runs are of other cues or none of :func:`cim.cavity.recall`, or there
        is not a name, or a pattern, for each cue.
    """
    if not isinstance(memory, AssociativeMemory):
        raise TypeError(f"memory: an AssociativeMemory is needed, which has patterns, not {type(memory).__name__}")
    stored = memory.patterns
    cues = np.atleast_2d(number_array(cues, "cues"))
    if not np.isin(cues, (-1, 1)).all() or not np.isin(stored, (-1, 1)).all():
        raise ValueError("cues: pictures of ±1 are needed, and a memory of such")
    if cues.ndim != 2 or not len(cues):
        raise ValueError(f"cues: one picture a row is needed, but the shape is {cues.shape}")
    count, d = cues.shape
    if d != stored.shape[1]:
        raise ValueError(f"cues: pictures of {stored.shape[1]} pixels are needed, but they have {d}")
    height, width = _checked_shape(shape, d)
    of = _checked_places(patterns, count, len(stored))
    titles = None if names is None else _checked_names(names, count)
    labelled = checked_datasets(runs, "runs", "cim.cavity.recall", "output", dimensions=("replica", "pixel"))
    rows: list[tuple[str, np.ndarray]] = [("stored", stored[of]), ("cue", cues)]
    for label, run in labelled.items():
        output = run["output"].isel(replica=0).values
        if np.atleast_2d(output).shape != cues.shape:
            raise ValueError(f"runs: {label or 'the run'} has answers of shape {output.shape}, not {cues.shape}")
        named = label or str(run.attrs.get("dynamics", "recalled"))
        rows.append((DYNAMICS_NAMES.get(named, named), np.atleast_2d(output)))

    tall = height / width
    step_x, step_y = 1.0 + _GAP, tall + _ROW_GAP
    if ax is None:
        inches = float(np.clip(9.0 / count, 0.55, 1.15))
        inches = max(min(inches, _TALLEST / (step_y * len(rows))), 0.1)
        ax = new_axes(size=(inches * step_x * count + 1.6, inches * step_y * len(rows) + 0.5))
    for r, (label, pictures) in enumerate(rows):
        top = -r * step_y
        ax.text(-0.14, top - tall / 2, _broken(label), ha="right", va="center", size=MEDIUM, color=INK)
        for c, picture in enumerate(pictures):
            left = c * step_x
            target = stored[of[c]]
            _picture(ax, picture.reshape(height, width), target.reshape(height, width), left, top, tall)
            if r:
                overlap = float(picture.astype(float) @ target) / d
                whole = overlap == 1.0
                ax.text(
                    left + 0.5,
                    top - tall - 0.05,
                    f"{overlap:.2f}".replace("-", "−"),
                    ha="center",
                    va="top",
                    size=SMALL - 0.5,
                    color=GREEN if whole else GREY,
                    weight="bold" if whole else "normal",
                )
            elif titles is not None:
                ax.text(left + 0.5, top + 0.1, titles[c], ha="center", va="bottom", size=SMALL + 0.5, color=INK)
    ax.set_xlim(-0.95, count * step_x - _GAP + 0.02)
    ax.set_ylim(-len(rows) * step_y + 0.02, 0.42 if titles is not None else 0.05)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _picture(ax: Axes, pixels: np.ndarray, target: np.ndarray, left: float, top: float, tall: float) -> None:
    """One picture with its lower edge at top - tall; wrong pixels in red."""
    from matplotlib.colors import ListedColormap

    kinds = np.where(pixels > 0, 1, 0) + 2 * (pixels != target)
    colours = ListedColormap([_PAPER, INK, _WRONG_LIGHT, RED])
    extent = (left, left + 1.0, top - tall, top)
    ax.imshow(kinds, cmap=colours, vmin=0, vmax=3, extent=extent, interpolation="nearest", zorder=2)
    corners_x, corners_y = [left, left + 1, left + 1, left, left], [top, top, top - tall, top - tall, top]
    ax.plot(corners_x, corners_y, color=FAINT, linewidth=0.6, zorder=3)


def _checked_shape(shape: Any, d: int) -> tuple[int, int]:
    if shape is None:
        side = round(np.sqrt(d))
        if side * side != d:
            raise ValueError(f"shape: {d} pixels are no square; pass shape=(height, width)")
        return side, side
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise TypeError(f"shape: a pair (height, width) is needed, but it is {on_one_line(shape)}") from None
    height, width = checked_integer(height, "shape[0]", 1), checked_integer(width, "shape[1]", 1)
    if height * width != d:
        raise ValueError(f"shape: {height} × {width} pixels are needed, but there are {d}")
    return height, width


def _checked_places(patterns: Any, count: int, stored: int) -> np.ndarray:
    """Which pattern each cue was made from."""
    of = np.arange(count) if patterns is None else np.asarray(patterns)
    if of.dtype.kind not in "iu" or of.shape != (count,) or not ((of >= 0) & (of < stored)).all():
        raise ValueError(
            f"patterns: one of the {stored} patterns, 0 to {stored - 1}, for each of {count} cues, but it is "
            f"{on_one_line(patterns)}"
        )
    return of


def _checked_names(names: Any, count: int) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"names: a sequence with a name for each cue is needed, but it is {on_one_line(names)}")
    titles = [str(name) for name in names]
    if len(titles) != count:
        raise ValueError(f"names: one for each of the {count} cues is needed, but there are {len(titles)}")
    return titles


def _broken(label: str) -> str:
    """A row's name in short lines."""
    from textwrap import wrap

    return "\n".join(wrap(label, 12, break_long_words=False))
