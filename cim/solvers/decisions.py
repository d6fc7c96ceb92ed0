"""The best answer by questions of yes or no: is there one with so few colours, and with one less?

Some problems ask for the smallest number for which a simpler problem has an answer, and know that problem
(:meth:`~ising_problems.Problem.decision_problem`).  It is asked first at the lower bound, since an instance that is
made to meet the bound is often easier there than a little above; a yes is a proof.  Then it goes down from the best
answer, by one at a time, until there is no answer, or none is found in the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ising_problems import Problem
from ising_problems.checks import checked_generator, repeatable_seed

from ..results import Solution, Status
from .harness import Harness
from .request import Progress, Request

__all__ = ["by_decisions", "can_decide"]

_FIRST_SHARE = 0.4  # of a time limit, for the question at the bound


def can_decide(request: Request) -> bool:
    """Whether a request is for a problem that knows its questions, and asks for nothing that they could not give."""
    problem = request.problem
    if not isinstance(problem, Problem) or request.replicas is not None or request.target is not None:
        return False
    bound = problem.objective_bound()
    return bound is not None and problem.decision_problem(bound) is not None


def by_decisions(request: Request, progress: bool, callback: Callable[[Progress], Any] | None) -> Solution:
    """Solve the problem of a request by its questions."""
    began = time.perf_counter()
    problem: Any = request.problem
    rng = checked_generator(request.seed)
    model = problem.to_ising()
    bound = problem.objective_bound()
    best = problem.repair(problem.decode(np.full(problem.num_spins, -1, dtype=np.int8)))
    asked: list[dict[str, Any]] = []
    compiled, steps, attempts, hits = 0.0, 0, 0, 0
    history = [(time.perf_counter() - began, float(model.energy(problem.encode(best))))]
    last: Solution | None = None

    def ask(value: Any, share: float) -> bool:
        nonlocal best, compiled, steps, attempts, hits, last
        limit = None
        if request.time_limit is not None:
            limit = share * (request.time_limit + compiled - (time.perf_counter() - began))
            if limit <= 0:
                return False
        question = replace(
            request,
            problem=problem.decision_problem(value),
            time_limit=limit,
            seed=int(rng.integers(2**31)),
            repair=False,  # the search is better at it
        )
        last = Harness(question).run(progress, callback)
        compiled += last.info["timings"]["compilation"]
        steps += last.info["steps_total"]
        attempts, hits = last.info["attempts"], last.info["hits"]
        asked.append({"objective": value, "found": bool(last.feasible), "seconds": last.info["timings"]["total"]})
        if last.feasible:
            best = last.answer
            history.append((time.perf_counter() - began, float(problem.energy_of(problem.objective(best)))))
        return bool(last.feasible)

    def interrupted() -> bool:
        return last is not None and last.status is Status.INTERRUPTED

    feasible = problem.is_feasible(best)
    if not feasible or problem.objective(best) > bound:
        feasible = ask(bound, _FIRST_SHARE) or feasible
        while feasible and problem.objective(best) > bound + 1 and not interrupted():
            if not ask(problem.objective(best) - 1, 1.0):
                break
    if last is None:  # repair alone has met the bound
        last = Harness(replace(request, problem=problem.decision_problem(bound), steps=1, time_limit=None)).run(
            False, None
        )
        compiled += last.info["timings"]["compilation"]
    spins = problem.encode(best)
    energy = model.energy(spins)
    violations = problem.violations(best)
    objective = problem.objective(best)
    proved = not violations and objective <= bound
    if interrupted():
        status = Status.INTERRUPTED
    elif proved:
        status = Status.OPTIMAL
    else:
        status = Status.COMPLETED if request.time_limit is None else Status.TIME_LIMIT
    total = time.perf_counter() - began
    own = {
        "num_spins": model.num_spins,
        "num_couplings": model.num_couplings,
        "message": status.message,
        "replicas": 1,
        "repaired": not asked or not any(question["found"] for question in asked),
        "hint": None,
        "decisions": asked,
        "steps_total": steps,
        "steps_per_replica": float(steps),
        "attempts": max(1, attempts),
        "hits": max(1, hits),
        "history": history,
        "time_to_best": history[-1][0],
        "seed": repeatable_seed(request.seed, rng),
        "timings": {**last.info["timings"], "compilation": compiled, "search": total - compiled, "total": total},
    }
    return Solution(
        spins=spins,
        energy=energy,
        samples=spins[None, :].copy(),
        energies=np.array([energy]),
        status=status,
        answer=problem.decode(spins),
        objective=objective,
        feasible=not violations,
        violations=violations,
        lower_bound=min(problem.energy_of(bound), energy),
        info={**last.info, **own},
    )
