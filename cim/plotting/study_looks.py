"""What the pictures of a schedule study have in common: its checks, a look for each schedule, energies and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from landscapes.plotting.style import BLUE, GREEN, GREY, INK, ORANGE, PINK, SKY, VERMILLION

from ..studies.statistics import best_of
from .datasets import checked_dataset

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "COSTS",
    "Look",
    "checked_finish",
    "checked_study",
    "choice",
    "excess_energy",
    "instances_text",
    "looks",
    "run_cost",
    "statistic_text",
]

COSTS = {"products": "matrix-vector products", "seconds": "CPU seconds"}
"""What a run's cost is counted in, in words."""

Word = TypeVar("Word", bound=str)

_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PINK, SKY, INK, GREY)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "p")
_DASHES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1.2)))


class Look(NamedTuple):
    """Colour, marker and dashes that a schedule has in every picture of its study."""

    colour: str
    marker: str
    dashes: Any


def looks(study: xr.Dataset) -> dict[str, Look]:
    """A look for each schedule; the periods differ, so that 72 of them are told apart by colour and marker."""
    return {
        str(name): Look(_COLOURS[k % len(_COLOURS)], _MARKERS[k % len(_MARKERS)], _DASHES[k % len(_DASHES)])
        for k, name in enumerate(study["schedule"].values)
    }


def checked_study(study: Any, *variables: str) -> xr.Dataset:
    """The study, if it is one, with its budgets in increasing order."""
    checked = checked_dataset(
        study, "study", "cim.schedule_study", "energy", "target", *variables, dimensions=("schedule", "budget")
    )
    return checked.sortby("budget")


def choice(value: Word, name: str, known: tuple[str, ...]) -> Word:
    """One of a few words, or an error that lists them."""
    if value not in known:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(known)}")
    return value


def checked_finish(study: xr.Dataset, finish: str | None) -> str:
    """Which energies are drawn: by default those that were tuned for, raw ones where nothing was."""
    if finish is None:
        return "finished" if study.attrs.get("tune_for") == "finished" else "raw"
    return choice(finish, "finish", ("raw", "finished"))


def excess_energy(study: xr.Dataset, finish: str, statistic: str) -> tuple[np.ndarray, np.ndarray]:
    """Energy per spin above the targets: mean and standard error, shape (schedule, line, budget).

    The error is that of the excess, over the instances: their own energies, which differ far more, drop out.  With
    one instance it is the error over its replicas, and 0 for the best of them, of which there is one value.
    """
    order = ("schedule", "line", "budget", "instance", "replica")
    energies = study["energy"].sel(finish=finish).transpose(*order).values
    above = (energies - study["target"].values[:, None]) / np.maximum(study["num_spins"].values, 1)[:, None]
    if statistic == "best":
        units = best_of(above, int(study.attrs["best_of"]))
    else:
        units = above.mean(axis=-1) if above.shape[-2] > 1 else above[..., 0, :]
    finite = np.isfinite(units)
    count = finite.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(finite, units, 0.0).sum(axis=-1) / count
        squares = np.where(finite, (units - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1) / np.maximum(count, 1))


def run_cost(study: xr.Dataset, finish: str, cost: str) -> np.ndarray:
    """Mean cost of a run, shape (schedule, line, budget): products, or CPU seconds with those of a descent."""
    one = study[cost]
    if cost == "seconds" and finish == "finished":
        one = one + study["finishing_seconds"]
    return one.mean("instance", skipna=True).transpose("schedule", "line", "budget").values


def statistic_text(study: xr.Dataset, statistic: str) -> str:
    """The statistic in words."""
    if statistic == "best":
        return f"best of {study.attrs['best_of']} runs"
    return f"mean of {study.sizes['replica']} runs"


def instances_text(study: xr.Dataset) -> str:
    """How many instances there are, and of which sizes."""
    count = study.sizes["instance"]
    sizes = np.unique(study["num_spins"].values)
    spins = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,}–{sizes[-1]:,}"
    return f"{count} instance{'s' if count != 1 else ''} of {spins} spins"
