"""Names beside the nodes of a graph, each where it hides least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["places_beside"]

# Directions, the most readable first: right, left, above, below, then the diagonals.
_DIRECTIONS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)], dtype=np.float64)
_LETTER = 0.56  # width of a letter beside its size
_GAP = 2.0  # points between a node and its name
_ON_NAME, _ON_NODE, _ON_EDGE, _ON_FAINT_EDGE = 10.0, 6.0, 1.0, 0.2  # how bad it is to hide these
_SAMPLES = 25  # points looked at along an edge


def places_beside(
    centres: np.ndarray, radius: float, edges: np.ndarray, dear: np.ndarray, texts: Sequence[str], size: float
) -> list[tuple[float, float, str, str]]:
    """Where the names go: offset from the node in points, then the horizontal and the vertical alignment.

    Parameters
    ----------
    centres : numpy.ndarray, shape (n, 2)
        Of the nodes, in points.
    radius : float
        Of the nodes, in points.
    edges : numpy.ndarray of int, shape (m, 2)
        Positions of the ends of the edges.
    dear : numpy.ndarray of bool, shape (m,)
        Whether names should rather not hide an edge.
    texts : sequence of str, one for each node
    size : float
        Of the letters, in points.
    """
    along = np.linspace(0.0, 1.0, _SAMPLES)[:, None, None]
    samples = (centres[edges[:, 0]] * (1 - along) + centres[edges[:, 1]] * along).reshape(-1, 2)
    harm = np.tile(np.where(dear, _ON_EDGE, _ON_FAINT_EDGE), _SAMPLES)
    widths = _LETTER * size * np.array([len(text) for text in texts], dtype=np.float64)
    height = 1.3 * size
    placed: list[np.ndarray] = []  # boxes: left, bottom, right, top
    chosen: list[tuple[float, float, str, str]] = []
    for i, centre in enumerate(centres):
        best, least = 0, np.inf
        boxes = _boxes(centre, radius, float(widths[i]), height)
        for k, box in enumerate(boxes):
            bad = 0.01 * k + harm @ _inside(samples, box, 0.0)
            bad += _ON_NODE * (_inside(centres, box, radius).sum())
            bad += _ON_NAME * sum(_overlap(box, other) for other in placed)
            if bad < least:
                best, least = k, bad
        placed.append(boxes[best])
        x, y = _DIRECTIONS[best]
        reach = (radius + _GAP) * (0.75 if x and y else 1.0)
        chosen.append(
            (
                x * reach,
                y * reach,
                ("center", "left", "right")[int(x)],
                ("center_baseline", "bottom", "top")[int(y)],
            )
        )
    return chosen


def _boxes(centre: np.ndarray, radius: float, width: float, height: float) -> list[np.ndarray]:
    boxes = []
    for x, y in _DIRECTIONS:
        reach = (radius + _GAP) * (0.75 if x and y else 1.0)
        left = centre[0] + x * reach - width * (1.0 - x) / 2
        bottom = centre[1] + y * reach - height * (1.0 - y) / 2
        boxes.append(np.array([left, bottom, left + width, bottom + height]))
    return boxes


def _inside(points: np.ndarray, box: np.ndarray, margin: float) -> np.ndarray:
    return np.all((points > box[:2] - margin) & (points < box[2:] + margin), axis=1)


def _overlap(box: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.all(box[:2] < other[2:]) and np.all(other[:2] < box[2:]))
