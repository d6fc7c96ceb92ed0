"""A study of schedules in four panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landscapes.plotting.style import new_axes

from .datasets import checked_panels
from .differences import has_differences, paired_differences
from .solution_times import time_to_solution_against_budget
from .studies import energy_against_budget, study_schedules
from .study_looks import checked_study

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["schedule_study"]


def schedule_study(
    study: xr.Dataset,
    *,
    finish: Literal["raw", "finished"] | None = None,
    axes: Sequence[Axes] | None = None,
) -> np.ndarray:
    """Draw a study of schedules in four panels.

    Energy against budget, differences to the reference (to the own straight lines, if there is one schedule only),
    the schedules, and time to solution.

    Parameters
    ----------
    study : xarray.Dataset
        Of :func:`cim.schedule_study`.
    finish : {"raw", "finished"}, optional
        Which energies; by default those that were tuned for, and finished ones in the time to solution.
    axes : sequence of four Axes, optional
        A new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, shape (4,)

    Raises
    ------
    ValueError, TypeError
        If the dataset is no study, or there are not four Axes.
    """
    study = checked_study(study, "difference", "is_straight")
    if axes is None:
        rows = study.sizes["schedule"] * study.sizes["budget"]
        panels = np.ravel(new_axes(2, 2, size=(12.8, 4.4 + max(4.2, 0.9 + 0.19 * rows))))
    else:
        panels = checked_panels(axes, 4)
    energy_against_budget(study, finish=finish, ax=panels[0])
    comparisons: tuple[Any, ...] = ("reference", "straight")
    known = [comparison for comparison in comparisons if has_differences(study, comparison)]
    if known:
        paired_differences(study, known[0], ax=panels[1])
    else:
        panels[1].annotate(
            "nothing to compare: one schedule, straight itself", (0.5, 0.5), xycoords="axes fraction", ha="center"
        )
        panels[1].set_axis_off()
    study_schedules(study, ax=panels[2])
    time_to_solution_against_budget(study, finish=finish or "finished", ax=panels[3])
    return panels
