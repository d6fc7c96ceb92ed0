"""The look that all pictures share, put on single Axes and never on matplotlib's global settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "BLUE",
    "FAINT",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PALE",
    "RED",
    "SKY",
    "SMALL",
    "VERMILLION",
    "dress",
    "edge_label",
    "legend",
    "new_axes",
    "number",
    "palette",
    "ticks",
    "title",
]

# Okabe and Ito, "Color Universal Design" (2008), without its black.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, YELLOW, VERMILLION = "#56B4E9", "#F0E442", "#D55E00"
INK, GREY, FAINT, PALE = "#2B2B2B", "#6E6E6E", "#BDBDBD", "#E4E4E4"
RED = "#C8102E"  # what is wrong, and nothing else

SMALL, MEDIUM, LARGE = 8.0, 9.5, 11.0  # font sizes in points

_DISTINCT = (BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, VERMILLION, "#4D4D4D")


def palette(count: int) -> list[Any]:
    """Colours for a number of classes: Okabe and Ito's up to 8, beyond that evenly spaced ones from a rainbow."""
    if count <= len(_DISTINCT):
        return list(_DISTINCT[:count])
    from matplotlib import colormaps

    return [colormaps["turbo"](0.04 + 0.92 * k / (count - 1)) for k in range(count)]


def new_axes(rows: int = 1, columns: int = 1, *, size: tuple[float, float], **arguments: Any) -> Any:
    """Axes of a new figure of pyplot's, of a size in inches; an array of them where there are several."""
    from matplotlib import pyplot

    _, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained", **arguments)
    return axes


def dress(ax: Axes, *, grid: str = "y") -> Axes:
    """Two spines, small grey ticks, a faint grid behind the data along "x", "y" or "both"; none for ""."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GREY)
    ax.tick_params(colors=GREY, labelcolor=INK, labelsize=SMALL + 0.5, length=3.0, which="major")
    ax.tick_params(colors=GREY, length=1.5, which="minor")
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_fontsize(MEDIUM)
        label.set_color(INK)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(True, axis=grid, color="#E9E9E9", linewidth=0.7)  # type: ignore[arg-type]
    return ax


def title(ax: Axes, text: str, **arguments: Any) -> None:
    """Title in the common size and colour, flush left."""
    ax.set_title(text, loc="left", fontsize=LARGE, color=INK, **arguments)


def ticks(axis: Axis, most: int = 6, *, integer: bool = False) -> None:
    """At most so many intervals between ticks, at round numbers that are written out."""
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    axis.set_major_locator(MaxNLocator(most, integer=integer, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(ScalarFormatter(useOffset=False))


def legend(ax: Axes, **arguments: Any) -> None:
    """Legend without a frame, on a ground that dims what it covers."""
    look = {"frameon": True, "framealpha": 0.85, "edgecolor": "none", "facecolor": "white", "borderpad": 0.3}
    ax.legend(**{"loc": "best", "fontsize": SMALL + 0.5, "labelcolor": INK, **look, **arguments})


def edge_label(ax: Axes, height: float, text: str) -> None:
    """Name of a horizontal line, beyond its right end."""
    ax.annotate(
        text,
        (1.0, height),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        size=SMALL,
        color=GREY,
        annotation_clip=False,
    )


def number(value: float, digits: int = 6) -> str:
    """A number as it is written on a picture: a true minus sign, thousands apart, no needless zeros."""
    text = f"{int(value):,}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:,.{digits}g}"
    return text.replace("-", "−")
