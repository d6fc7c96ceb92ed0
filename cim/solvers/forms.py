"""A problem solved in another form of itself: searched there, answered in the user's own spins.

What breaks a symmetry makes a model smaller, and its landscape worse for a search by local moves; the problem knows a
form without (:meth:`~ising_problems.Problem.search_form`).  Answers are the same in both, so samples go from one to the
other by way of what they stand for, and every energy is recomputed from the user's model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ising_problems import Problem

from ..results import Solution, Status
from .decisions import by_decisions, can_decide
from .harness import Harness
from .request import Progress, Request

__all__ = ["run"]

_SOLVERS = ("auto", "exchange")
_LEVEL = 1e-9  # relative: energies that differ by less are the same
_SMALL = 100  # spins; a model below is left as it is: reduction and enumeration may solve it exactly


def run(request: Request, progress: bool, callback: Callable[[Progress], Any] | None) -> Solution:
    """Carry a request out, in another form where that is better."""
    problem = request.problem
    if not isinstance(problem, Problem) or not request.repair or request.solver.name not in _SOLVERS:
        return Harness(request).run(progress, callback)
    if problem.num_spins <= _SMALL or request.initial is not None:
        return Harness(request).run(progress, callback)
    if can_decide(request):
        return by_decisions(request, progress, callback)
    form = problem.search_form()
    if form is problem:
        return Harness(request).run(progress, callback)
    return _translated(Harness(replace(request, problem=form)).run(progress, callback), form, problem)


def _translated(solution: Solution, form: Problem, problem: Problem) -> Solution:
    model = problem.to_ising()
    known: dict[bytes, np.ndarray] = {}

    def spins_of(spins: np.ndarray) -> np.ndarray:
        key = spins.tobytes()
        if key not in known:
            known[key] = _encoded(problem, form.decode(spins))
        return known[key]

    samples = np.stack([spins_of(spins) for spins in solution.samples])
    spins = spins_of(solution.spins).copy()
    energy = model.energy(spins)
    answer = problem.decode(spins)
    violations = problem.violations(answer)
    degree = np.diff(model.J.indptr) if model.is_sparse else np.count_nonzero(model.J, axis=1)
    status = solution.status
    if status is Status.OPTIMAL and energy > solution.energy + _LEVEL * (1.0 + abs(energy)):
        status = (
            Status.COMPLETED
        )  # an infeasible answer that the user's own form can only express by way of a worse one
    own = {
        "message": status.message,
        "num_spins": model.num_spins,
        "num_couplings": model.num_couplings,
        "isolated_spins": int(np.count_nonzero(degree == 0)),
        "search_form": repr(form),
    }
    return replace(
        solution,
        spins=spins,
        energy=energy,
        samples=samples,
        status=status,
        energies=np.asarray(model.energy(samples)),
        answer=answer,
        objective=problem.objective(answer),
        feasible=not violations,
        violations=violations,
        info={**solution.info, **own},
    )


def _encoded(problem: Problem, answer: Any) -> np.ndarray:
    """Spins of an answer, or of its repair where no spins stand for it as it is."""
    try:
        return problem.encode(answer)
    except ValueError:
        return problem.encode(problem.repair(answer))
