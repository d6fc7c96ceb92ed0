r"""What a penalty does: the same problem solved at many penalties, on either side of the proven bound.

Above :meth:`~ising_problems.Problem.penalty_bound` every ground state is an optimal answer, but the landscape is stiff:
the energy of the objective is small beside the walls between feasible answers.  Below it the landscape is soft, and the
lowest states may break constraints.  A heuristic machine is often at its best somewhere below the proven bound; where,
this study measures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ising_problems import Problem
from ising_problems.checks import checked_generator, checked_integer, repeatable_seed
from landscapes.interruptions import note_interruption
from landscapes.progress import ProgressBar

from ._solve import solve

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["penalty_study"]

_FACTORS = (0.05, 0.1, 0.2, 0.5, 0.9, 1.1, 2.0, 5.0)


def penalty_study(
    problem: Problem,
    penalties: Iterable[float] | None = None,
    *,
    runs: int = 8,
    repair: bool = False,
    seed: int | np.random.Generator | None = None,
    progress: bool = False,
    **arguments: Any,
) -> xr.Dataset:
    """Solve a problem at several penalties and count the feasible answers.

    Parameters
    ----------
    problem : Problem
        One with constraints; its own penalty plays no part.
    penalties : iterable of float, optional
        By default from 0.05 to 5 times the proven bound (or times 1, where any positive penalty will do).
    runs : int, default 8
        Calls of :func:`cim.solve` at each penalty, with the same seeds at each.
    repair : bool, default False
        Whether answers are mended, which hides much of what the penalty does.
    seed : int, numpy.random.Generator or None
    progress : bool, default False
    **arguments
        For :func:`cim.solve`: ``algorithm``, ``time_limit``, ``steps``, ...

    Returns
    -------
    xarray.Dataset
        Over ``penalty`` and ``run``: ``feasible``, ``objective`` (of whatever answer was reached), ``violations`` (how
        many constraints it breaks) and ``energy``.  Attributes: ``bound``, the proven one, ``problem``, ``sense``,
        ``objective_name``, ``seed``, and ``status``, which is "interrupted" where Ctrl-C ended the study; runs that
        were not made hold NaN.

    Raises
    ------
    TypeError
        If ``problem`` is not a Problem.
    ValueError
        If the problem has no penalty, or a penalty is not a positive number.

    Examples
    --------
    >>> import ising_problems as ip
    >>> study = penalty_study(ip.VertexCover([(0, 1), (1, 2)]), [0.5, 2.0], runs=2, seed=0)
    >>> study["feasible"].mean("run").values.tolist()
    [0.0, 1.0]
    """
    import xarray as xr

    if not isinstance(problem, Problem):
        raise TypeError(f"problem: a Problem is needed, not {type(problem).__name__}")
    runs = checked_integer(runs, "runs", 1)
    bound = problem.penalty_bound()
    if penalties is None:
        penalties = [factor * (bound or 1.0) for factor in _FACTORS]
    values = [float(penalty) for penalty in penalties]
    versions = [problem.with_penalty(value) for value in values]
    if not versions:
        raise ValueError("penalties: at least one is needed")
    rng = checked_generator(seed)
    seeds = [int(number) for number in rng.integers(2**31, size=runs)]
    shape = (len(values), runs)
    columns = {name: np.full(shape, np.nan) for name in ("feasible", "objective", "violations", "energy")}
    status = "completed"
    bar = ProgressBar(progress, "penalties")
    with bar:
        try:
            for i, version in enumerate(versions):
                for j, own in enumerate(seeds):
                    solution = solve(version, seed=own, repair=repair, **arguments)
                    if solution.status == "interrupted":
                        raise KeyboardInterrupt
                    columns["feasible"][i, j] = solution.feasible
                    columns["objective"][i, j] = solution.objective
                    columns["violations"][i, j] = len(solution.violations or [])
                    columns["energy"][i, j] = solution.energy
                    bar.show((i * runs + j + 1) / (len(values) * runs))
        except KeyboardInterrupt:  # what was measured so far is kept
            note_interruption()
            status = "interrupted"
    return xr.Dataset(
        {name: (("penalty", "run"), column) for name, column in columns.items()},
        coords={"penalty": values, "run": np.arange(runs)},
        attrs={
            "bound": float(bound),
            "problem": type(problem).__name__,
            "sense": problem.sense,
            "objective_name": problem.objective_name,
            "seed": str(repeatable_seed(seed, rng)),
            "status": status,
        },
    )
