"""Small pictures to remember: drawn from formulas on a square grid, so that any size will do.

Coordinates run from -1 to 1, y upwards; a pixel is dark (+1) where its centre lies inside the figure, else light (-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ising_problems.checks import checked_integer

__all__ = ["GLYPHS", "glyphs"]


def glyphs(size: int = 16, names: Iterable[str] | str | None = None) -> dict[str, np.ndarray]:
    """Built-in pictures, as patterns for an associative memory.

    Parameters
    ----------
    size : int, default 16
        Pixels along each side, at least 8.
    names : str or iterable of str, optional
        Which of :data:`GLYPHS`; all by default.

    Returns
    -------
    dict from str to numpy.ndarray of int8, shape (size, size)
        +1 is dark.  ``numpy.stack([picture.ravel() for picture in glyphs().values()])`` are the patterns.

    Raises
    ------
    ValueError
        If a name is none of them, or the size is less than 8.

    Examples
    --------
    >>> heart = glyphs(8, "heart")["heart"]
    >>> for row in heart:
    ...     print("".join("-#"[int(pixel > 0)] for pixel in row))
    --------
    -######-
    ########
    -######-
    -######-
    --####--
    ---##---
    --------
    """
    size = checked_integer(size, "size", 8)
    wanted = GLYPHS if names is None else (names,) if isinstance(names, str) else tuple(names)
    for name in wanted:
        if name not in _DRAWN:
            raise ValueError(f"names: {name!r} is none of {', '.join(GLYPHS)}")
    line = (2.0 * np.arange(size) + 1.0) / size - 1.0
    x, y = np.meshgrid(line, -line)
    return {name: np.where(_DRAWN[name](x, y), 1, -1).astype(np.int8) for name in wanted}


def _disc(x: np.ndarray, y: np.ndarray, radius: float, at: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    return (x - at[0]) ** 2 + (y - at[1]) ** 2 <= radius**2


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = 1.2 * x, 1.2 * y + 0.12
    return (x**2 + y**2 - 0.85) ** 3 <= 1.1 * x**2 * y**3


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    angle, radius = np.arctan2(x, y + 0.08), np.hypot(x, y + 0.08)
    sector = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    # from a tip of radius 1.05 at angle 0 straight to a notch of radius 0.45 at angle π/5
    tip, notch = 1.05, 0.45
    edge = tip * notch * np.sin(np.pi / 5) / (notch * np.sin(np.pi / 5 - sector) + tip * np.sin(sector))
    return radius <= edge


def _moon(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _disc(x, y, 0.95) & ~_disc(x, y, 0.78, (0.45, 0.18))


def _face(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    eyes = _disc(np.abs(x), y, 0.19, (0.37, 0.3))
    mouth = _disc(x, y, 0.68) & ~_disc(x, y, 0.66, (0.0, 0.28)) & (y < -0.1)
    return _disc(x, y, 0.97) & ~eyes & ~mouth


def _house(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    roof = (y >= 0.1) & (y <= 0.95 - 0.9 * np.abs(x))
    walls = (np.abs(x) <= 0.75) & (y <= 0.1)
    chimney = (np.abs(x - 0.56) <= 0.14) & (y > 0.1) & (y < 0.9)
    door = (np.abs(x - 0.25) <= 0.2) & (y <= -0.3)
    window = (np.abs(x + 0.38) <= 0.2) & (np.abs(y + 0.28) <= 0.2)
    return (roof | walls | chimney) & ~door & ~window


def _tree(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    layers = [
        (y <= top) & (y >= foot) & (np.abs(x) <= width * (top - y) / (top - foot))
        for top, foot, width in ((1.05, 0.35, 0.5), (0.7, -0.1, 0.72), (0.3, -0.62, 0.95))
    ]
    return layers[0] | layers[1] | layers[2] | ((np.abs(x) <= 0.2) & (y < -0.5))


def _fish(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    body = ((x + 0.22) / 0.72) ** 2 + (y / 0.55) ** 2 <= 1
    tail = (x >= 0.3) & (x <= 0.95) & (np.abs(y) <= 0.9 * (x - 0.22))
    return (body | tail) & ~_disc(x, y, 0.12, (-0.55, 0.14))


def _note(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    heads = _disc(x, 1.15 * y, 0.34, (-0.55, -0.72)) | _disc(x, 1.15 * y, 0.34, (0.5, -0.5))
    stems = ((np.abs(x + 0.3) <= 0.1) & (y >= -0.65) & (y <= 0.8)) | (
        (np.abs(x - 0.75) <= 0.1) & (y >= -0.45) & (y < 1)
    )
    beam = (x >= -0.4) & (x <= 0.85) & (np.abs(y - 0.7 - 0.18 * x) <= 0.2)
    return heads | stems | beam


_DRAWN: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "heart": _heart,
    "star": _star,
    "moon": _moon,
    "face": _face,
    "house": _house,
    "tree": _tree,
    "fish": _fish,
    "note": _note,
}

GLYPHS = tuple(_DRAWN)
"""Names of the pictures."""
