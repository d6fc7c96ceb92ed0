"""The harness that every algorithm runs in: batches of replicas, the clock, the target, the finish and the report.

Spins without couplings are taken out (their best value is the sign of their field); the rest, the core, goes to the
algorithm in batches of fixed size, each in a thread.  A batch repeats runs while there is time, lets a 1-flip descent
finish every configuration, and keeps the best of each replica.  Every energy reported is recomputed from the model
that the user gave.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.checks import check_spins, checked_generator, repeatable_seed
from ising_problems.threads import single_threaded_algebra
from landscapes.interruptions import note_interruption
from landscapes.jit import compilation_time
from landscapes.parallel import run_jobs
from landscapes.progress import ProgressBar

from ..results import Solution, Status
from ..versions import versions
from .base import ContinuousSolver
from .bounds import proves, rounding, seconds_for_spectral_bound, spectral_bound, stated, trivial_bound
from .descent import Descent
from .judge import Judge
from .mending import Finish, can_mend, finish, mended_start
from .one_hot import restricted_groups
from .replicas import Replicas, go_round
from .request import Progress, Request

__all__ = ["Harness"]

_LONGEST_BOUND = 1.0  # seconds for a lower bound where no time limit is given
_BOUND_SHARE = 0.005  # of a time limit
_LEAST_FINISH, _LONGEST_FINISH = 0.1, 0.3  # shares of a time limit that are kept for mending answers


class Harness:
    """One call of :func:`cim.solve`: the model without its isolated spins, the clock, and what was found so far.

    Parameters
    ----------
    request : Request
    """

    def __init__(self, request: Request) -> None:
        self.began = time.perf_counter()
        problem = request.problem
        self.problem = problem if isinstance(problem, Problem) else None
        self.model = problem.to_ising() if isinstance(problem, Problem) else problem
        self.mends = request.repair and can_mend(self.problem)
        self.judge = Judge(self.problem, self.model, request.target)
        # isolated spins: decided by their field alone
        degree = np.diff(self.model.J.indptr) if self.model.is_sparse else np.count_nonzero(self.model.J, axis=1)
        self.coupled = np.flatnonzero(degree)
        self.base = np.where(self.model.h < 0, np.int8(-1), np.int8(1))
        self.core = self.model if len(self.coupled) == self.model.num_spins else _restricted(self.model, self.coupled)
        groups = getattr(problem, "one_hot", ())
        if len(groups):
            dropped = np.ones(self.model.num_spins, dtype=bool)
            dropped[self.coupled] = False
            inside = restricted_groups(groups, self.coupled, self.model.num_spins, dropped & (self.base > 0))
            request = replace(request, solver=request.solver.with_groups(inside))
        self.request = request
        effort = request.solver.effort(self.core)
        if request.replicas is not None:
            self.replicas = request.replicas
        elif request.time_limit is None:
            self.replicas = effort.replicas
        else:
            self.replicas = effort.replicas_per_thread * request.threads
        self.default_steps = effort.steps
        self.initial = self._checked_initial(request.initial)
        self.rng = checked_generator(request.seed)
        self.lock = threading.Lock()
        self.best_energy: Any = None
        self.history: list[tuple[float, float]] = []
        self.reached = False
        self.out_of_time = False
        self.diverged = False
        self.prepared: Any = None
        self.tries: list[tuple[Any, int, int]] = []
        self.deadline = np.inf  # of the search
        self.end = np.inf  # of the call
        self.scale = 0.0  # sum of the magnitudes of the core's couplings and fields
        self.provably_lowest = -np.inf  # energy of the core, without the offset, below which none lies
        self.spare: np.ndarray | None = None  # what repair alone leads to
        self.steps_done = 0
        self.rounds = 0

    # -------------------------------------------------------------- the run

    def run(self, progress: bool, callback: Callable[[Progress], Any] | None) -> Solution:
        """Search, finish, judge; see :func:`cim.solve`."""
        with single_threaded_algebra():
            return self._run(progress, callback)

    def _run(self, progress: bool, callback: Callable[[Progress], Any] | None) -> Solution:
        stopped = interrupted = False
        compiled = 0.0
        energies: np.ndarray | None = None
        samples = np.repeat(self.base[None, :], self.replicas, axis=0)
        if self.initial is not None:
            samples[:, self.coupled] = self.initial
        if len(self.coupled):
            with compilation_time() as compilations:
                try:
                    self._prepare()
                except KeyboardInterrupt:
                    note_interruption()
                    interrupted = True  # before the search began: what there is, is where it would have begun
            compiled = compilations.seconds
            if self.request.time_limit is not None:
                self.end = self.began + compiled + self.request.time_limit
                self.deadline = self.end - self._reserve(self.request.time_limit)
        prepared_at = time.perf_counter()
        if len(self.coupled) and not interrupted:
            batches, jobs = self._plan()
            bar = ProgressBar(progress, self.request.solver.name)

            def poll(stop: threading.Event) -> None:
                nonlocal stopped
                fraction = self._fraction(batches)
                bar.show(fraction, "" if self.best_energy is None else f"energy {self.best_energy:g}")
                if callback is not None and not stopped and callback(self._progress(fraction)):
                    stopped = True
                    stop.set()

            with bar:
                _, interrupted = run_jobs(jobs, self.request.threads, poll)
                bar.show(1.0)
            samples[:, self.coupled] = np.concatenate([batch.best for batch in batches])
            self.tries = [(batch.energies, batch.attempts, batch.hits) for batch in batches if batch.attempts]
            if self.core is self.model:
                energies = np.concatenate([batch.energies for batch in batches])
        moments = compiled, prepared_at, time.perf_counter()
        try:
            return self._solution(samples, energies, interrupted or stopped, moments)
        except KeyboardInterrupt:  # the search is over: what it found is not thrown away now
            note_interruption()
            return self._solution(samples, energies, True, moments)

    def _prepare(self) -> None:
        """What the searches share."""
        solver = self.request.solver
        self.prepared = solver.prepare(self.core, self.request.schedule, self.request.options)
        bound = getattr(self.prepared, "lower_bound", None)
        trivial = trivial_bound(self.core)
        self.scale = -trivial
        self.provably_lowest = max(trivial, -np.inf if bound is None else bound)
        self.descent = None
        if self.request.polish:
            self.descent = Descent(self.core, nearly_stable=isinstance(solver, ContinuousSolver))

    def _plan(self) -> tuple[list[Replicas], list[Callable[[threading.Event], None]]]:
        """Batches of replicas, and the jobs that see to them.

        Where steps bound the run, each batch of the solver's own size is a job, whatever the number of threads.  Where
        time does, there is one job for each thread, which goes round its batches, so that none is left waiting.
        """
        size, threads = self.request.solver.replicas_per_batch, self.request.threads
        timed = self.request.time_limit is not None
        if timed:
            size = min(size, -(-self.replicas // threads))
        batches = [Replicas(self, first, min(first + size, self.replicas)) for first in range(0, self.replicas, size)]
        for batch, rng in zip(batches, self.rng.spawn(len(batches)), strict=True):
            batch.rng = rng
        groups = [batches[thread::threads] for thread in range(threads)] if timed else [[batch] for batch in batches]
        return batches, [partial(go_round, group) for group in groups if group]

    def _solution(
        self,
        samples: np.ndarray,
        energies: np.ndarray | None,
        interrupted: bool,
        moments: tuple[float, float, float],
    ) -> Solution:
        compiled, prepared_at, searched_at = moments
        if energies is None:
            energies = np.asarray(self.model.energy(samples))
        best = int(np.argmin(energies))
        lowest = energies[best].item()
        mended = self._finish(samples, energies, interrupted)
        if mended is not None:
            samples, energies, best = mended.samples, mended.energies, mended.best
        spins = samples[best].copy()
        energy = self.model.energy(spins)
        lower_bound, optimal = self._bound(energy, lowest)
        answer = objective = feasible = violations = None
        if self.problem is not None:
            answer = self.problem.decode(spins)
            violations = self.problem.violations(answer)
            feasible = not violations
            objective = self.problem.objective(answer)
            if self.judge.is_unbeatable(spins, energy):
                lower_bound, optimal = energy, True
            elif feasible:
                lower_bound = self.judge.raised(lower_bound, energy)
        if interrupted:
            status = Status.INTERRUPTED
        elif self.judge.meets_target(spins):
            status = Status.TARGET_REACHED
        elif optimal:
            status = Status.OPTIMAL
        elif self.diverged:
            status = Status.DIVERGED
        elif self.out_of_time:
            status = Status.TIME_LIMIT
        else:
            status = Status.COMPLETED
        now = time.perf_counter()
        self._note(energy)
        return Solution(
            spins=spins,
            energy=energy,
            samples=samples,
            energies=energies,
            status=status,
            answer=answer,
            objective=objective,
            feasible=feasible,
            violations=violations,
            lower_bound=lower_bound,
            info={
                "algorithm": self.request.solver.name,
                "reference": self.request.solver.reference,
                "message": status.message,
                "num_spins": self.model.num_spins,
                "num_couplings": self.model.num_couplings,
                "isolated_spins": self.model.num_spins - len(self.coupled),
                "replicas": self.replicas,
                "rounds": self.rounds,
                "step_unit": self.request.solver.unit,
                "steps_per_replica": self.steps_done / max(self.replicas, 1),
                "steps_total": self.steps_done,
                "matvecs": self.steps_done if self.request.solver.steps_are_products else 0,
                "options": {name: _described(value) for name, value in self.request.options.items()},
                "schedule": None if self.request.schedule is None else repr(self.request.schedule),
                "polish": self.request.polish,
                "repaired": mended is not None and mended.repaired,
                "repair": None if mended is None else {"mended": mended.mended, "rounds": mended.rounds},
                "hint": self.judge.hint(violations, optimal),
                "threads": self.request.threads,
                "seed": repeatable_seed(self.request.seed, self.rng),
                **self._confidence(energies, energies[best]),
                "history": list(self.history),
                "time_to_best": self.history[-1][0],
                "timings": {
                    "compilation": compiled,
                    "preparation": prepared_at - self.began - compiled,
                    "search": searched_at - prepared_at,
                    "total": now - self.began,
                },
                "versions": versions(),
                **dict(getattr(self.prepared, "details", None) or {}),
            },
        )

    def _bound(self, energy: Any, lowest: Any) -> tuple[Any, bool]:
        """Lower bound on the model's energy, and whether it proves an energy to be the lowest.

        ``lowest`` is the lowest that the search found: below the proven penalty, a mended answer may lie above it.
        """
        if len(self.coupled) == 0 or getattr(self.prepared, "solved", False):
            margin = 0.0 if self.model.is_integer else rounding(self.model, -trivial_bound(self.model))
            return (energy, True) if energy <= lowest + margin else (lowest, False)
        if not np.isfinite(self.provably_lowest):
            return None, False
        if not proves(self.provably_lowest, energy, self.core, self.scale):
            self._tighten()
        if proves(self.provably_lowest, energy, self.core, self.scale):
            return energy, True
        return stated(self.provably_lowest, self.core, self.scale), False

    def _reserve(self, limit: float) -> float:
        """Seconds of a time limit that are kept for the finish."""
        if not self.mends:
            return 0.0
        assert self.problem is not None
        self.spare, once = mended_start(self.problem, self.model, self._whole(self._start()))
        least, most = _LEAST_FINISH * limit, _LONGEST_FINISH * limit
        if once > most:  # one sample is mended in any case
            return min(1.2 * once, 2.0 * most)
        wanted = 2.0 * self.replicas * once
        return float(np.clip(wanted, least, most))

    def _start(self) -> np.ndarray:
        """Some configuration of the core; no random number of the searches is spent on it."""
        if self.initial is not None:
            return self.initial[0]
        return 2 * np.random.default_rng(0).integers(0, 2, len(self.coupled), dtype=np.int8) - 1

    def _finish(self, samples: np.ndarray, energies: np.ndarray, interrupted: bool) -> Finish | None:
        """Samples mended in the problem's own terms; None where there is nothing to mend with, or no need to."""
        if not self.mends or len(samples) == 0:
            return None
        assert self.problem is not None
        best = int(np.argmin(energies))
        if self.judge.is_unbeatable(samples[best], energies[best]):
            return None
        end = min(self.end, time.perf_counter()) if interrupted else self.end
        shake = not (interrupted or self.judge.meets_target(samples[best]) or getattr(self.prepared, "solved", False))
        if self.spare is None and shake:
            self.spare = mended_start(self.problem, self.model, self._whole(self._start()))[0]
        return finish(self.problem, self.model, samples, energies, self.rng.spawn(1)[0], end, shake, self.spare)

    def _tighten(self) -> None:
        """Improve the lower bound by the largest eigenvalue, where that takes no time worth mentioning."""
        seconds = seconds_for_spectral_bound(self.core)
        limit = self.request.time_limit
        if self.prepared is None or seconds > (_LONGEST_BOUND if limit is None else _BOUND_SHARE * limit):
            return
        better = getattr(self.prepared, "spectral_bound", None)
        self.provably_lowest = max(self.provably_lowest, spectral_bound(self.core) if better is None else better())

    def _confidence(self, energies: np.ndarray, lowest: Any) -> dict[str, int]:
        """How many independent attempts there were, and how many ended in the lowest energy."""
        if not self.tries:
            return {"attempts": len(energies), "hits": int(np.count_nonzero(energies == lowest))}
        base = 0 if self.core is self.model else lowest - min(found.min() for found, _, _ in self.tries)
        return {
            "attempts": sum(attempts for _, attempts, _ in self.tries),
            "hits": sum(max(1, hits) for found, _, hits in self.tries if found.min() + base == lowest),
        }

    # -------------------------------------------------------------- called from the batches' threads

    def report(self, spins: np.ndarray, energy: Any) -> bool:
        """Take note of a verified configuration of the core; whether the search is over."""
        with self.lock:
            if self.best_energy is None or energy < self.best_energy:
                self._note(energy)
                if self.request.target is not None and not self.reached:
                    self.reached = self.judge.meets_target(self._whole(spins))
            return self.reached

    def is_unbeatable(self, spins: np.ndarray, energies: np.ndarray) -> bool:
        """Whether the lowest of some configurations of the core stands for an answer that none can beat."""
        lowest = int(np.argmin(energies))
        if not self.judge.may_be_unbeatable(energies[lowest]):
            return False
        return self.judge.is_unbeatable(self._whole(spins[lowest]), energies[lowest])

    def _whole(self, spins: np.ndarray) -> np.ndarray:
        """The core's spins with the others at their best."""
        whole = self.base.copy()
        whole[self.coupled] = spins
        return whole

    def _note(self, energy: Any) -> None:
        if self.best_energy is None or energy < self.best_energy:
            self.best_energy = energy
            self.history.append((time.perf_counter() - self.began, float(energy)))

    # -------------------------------------------------------------- small matters

    def _progress(self, fraction: float) -> Progress:
        return Progress(time.perf_counter() - self.began, fraction, self.best_energy)

    def _fraction(self, batches: list[Replicas]) -> float:
        if self.request.time_limit is not None:
            spent = self.request.time_limit - (self.deadline - time.perf_counter())
            return float(np.clip(spent / self.request.time_limit, 0.0, 1.0))
        return sum(batch.fraction for batch in batches) / len(batches)

    def _checked_initial(self, initial: Any) -> np.ndarray | None:
        if initial is None:
            return None
        spins = check_spins(initial, self.model.num_spins, "initial")
        if spins.ndim > 2 or (spins.ndim == 2 and spins.shape[0] not in (1, self.replicas)):
            n = self.model.num_spins
            raise ValueError(f"initial: shape ({n},) or ({self.replicas}, {n}) is needed, but it is {spins.shape}")
        return np.broadcast_to(spins, (self.replicas, self.model.num_spins))[:, self.coupled]


def _described(value: Any) -> Any:
    """An option as it can be written down: a number as it is, anything else (a schedule) by its ``repr``."""
    return value if isinstance(value, (bool, int, float, str, type(None))) else repr(value)


def _restricted(model: IsingModel, kept: np.ndarray) -> IsingModel:
    """The model on the coupled spins; the others' energy, at their best, is in the offset."""
    dropped = np.ones(model.num_spins, dtype=bool)
    dropped[kept] = False
    offset = model.offset - np.abs(model.h[dropped]).sum().item()
    return IsingModel(model.J[kept][:, kept], model.h[kept], offset)
