r"""Solve a problem: the harness that every algorithm runs in.

It brings the problem into Ising form, takes out spins without couplings (their best value is the sign of their
field), hands fixed batches of replicas to the algorithm in as many threads as asked for, watches the clock, the
target and the keyboard, lets a 1-flip descent finish every configuration, recomputes every energy from the user's own
model, and reports in the problem's own terms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ising_problems import IsingModel, Problem
from ising_problems.model import check_spins
from landscapes.jit import compilation_time

from ._simulate import checked_options
from .checks import checked_integer, checked_number
from .parallel import checked_threads, run_jobs
from .results import Solution, Status
from .solvers import find
from .solvers.base import Search, Solver
from .solvers.descent import Descent
from .versions import versions

__all__ = ["Progress", "solve", "warmup"]

_FIRST_STEPS = 16  # the first round under a time limit, which measures how long a step takes


@dataclass(frozen=True)
class Progress:
    """What a callback is told.

    Attributes
    ----------
    elapsed : float
        Seconds since the call.
    fraction : float
        How much of the work, or of the time, is over; 0 to 1.
    energy : float or None
        The lowest energy verified so far, from the user's model; None before the first.
    """

    elapsed: float
    fraction: float
    energy: float | None


def solve(
    problem: Problem | IsingModel,
    algorithm: str = "auto",
    replicas: int | None = None,
    steps: int | None = None,
    time_limit: float | None = None,
    target: float | None = None,
    schedule: Any = None,
    initial: Any = None,
    polish: bool = True,
    threads: int | None = None,
    seed: int | np.random.Generator | None = None,
    progress: bool = False,
    callback: Callable[[Progress], Any] | None = None,
    **options: Any,
) -> Solution:
    """Find a low-energy configuration of an Ising model, or a good answer to a problem.

    Parameters
    ----------
    problem : Problem or IsingModel
    algorithm : str, default "auto"
        "sa" (simulated annealing), "cim" (the coherent Ising machine), or "auto", which is "sa" in this version.
    replicas : int, optional
        Independent runs; the algorithm's default otherwise (32 for "sa", 64 for "cim").
    steps : int, optional
        Sweeps ("sa") or matrix-vector products ("cim") of each run.  With neither ``steps`` nor ``time_limit`` the
        algorithm's documented default effort is done, and the call ends by itself.
    time_limit : float, optional
        Wall seconds from call to return, within which runs are repeated, each longer than the last (or of ``steps``
        steps); a first-ever compilation is not counted.  A limit too short for one slice of work runs one slice.
    target : float, optional
        Stop as soon as this is reached: an objective value, in the problem's own units and sense and by a feasible
        answer; for a bare model an energy.
    schedule : Schedule, callable or float, optional
        Pump ("cim", in units of λ_max/2) or temperature ("sa", in units of the root-mean-square norm of a row of J)
        against the fraction of the run.
    initial : array_like of ±1, shape (n,) or (replicas, n), optional
        Warm start.  With ``polish`` the answer is never worse than it.
    polish : bool, default True
        Whether a 1-flip descent finishes every configuration.
    threads : int, optional
        Every available core by default.  The result does not depend on it, unless time bounds the run.
    seed : int, numpy.random.Generator or None
    progress : bool, default False
        Whether to show a progress bar.
    callback : callable, optional
        Called with a :class:`Progress` up to twenty times a second; a true value that it returns stops the run.
    **options
        The algorithm's own parameters ("cim": ``dt``, ``momentum``, ``clip``, ``noise``); an unknown one is refused.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError, TypeError
        If an argument is unknown, out of range or of the wrong shape; the message names it.

    Examples
    --------
    >>> import ising_problems as ip
    >>> solution = solve(ip.IsingModel([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]), seed=0)
    >>> solution.energy
    -1
    """
    began = time.perf_counter()
    task = _Task(
        problem, algorithm, replicas, steps, time_limit, target, schedule, initial, polish, threads, seed, options, began
    )
    return task.run(progress, callback)


def warmup() -> float:
    """Compile every kernel that :func:`solve` and :func:`cim.simulate` can reach, and keep them on disk.

    Returns
    -------
    float
        Seconds spent on compiling; 0 where all were on disk already.
    """
    import scipy.sparse as sp

    from .solvers import available

    dense = IsingModel([[0.0, 1.0], [1.0, 0.0]])
    ring = np.ones(100)
    sparse = IsingModel(sp.diags_array([ring[:1], ring[1:], ring[1:], ring[:1]], offsets=[-99, -1, 1, 99]).tocsr())
    with compilation_time() as compilations:
        for model in (dense, sparse):
            for name in available():
                solve(model, name, replicas=2, steps=2, threads=1, seed=0)
            from ._simulate import simulate

            simulate(model, steps=2, replicas=2, threads=1)
    return compilations.seconds


class _Task:
    """One call of :func:`solve`: its checked arguments, its shared state, and the threads' bookkeeping."""

    def __init__(
        self,
        problem: Problem | IsingModel,
        algorithm: str,
        replicas: int | None,
        steps: int | None,
        time_limit: float | None,
        target: float | None,
        schedule: Any,
        initial: Any,
        polish: bool,
        threads: int | None,
        seed: int | np.random.Generator | None,
        options: dict[str, Any],
        began: float,
    ) -> None:
        self.began = began
        self.problem = problem if isinstance(problem, Problem) else None
        if not isinstance(problem, (Problem, IsingModel)):
            raise TypeError(f"problem: a Problem or an IsingModel is needed, not {type(problem).__name__}")
        self.solver: Solver = find(algorithm)
        self.options = checked_options(self.solver.options, options, self.solver.name)
        self.time_limit = None if time_limit is None else checked_number(time_limit, "time_limit", above=0.0)
        self.target = None if target is None else checked_number(target, "target")
        self.threads = checked_threads(threads)
        self.schedule = schedule
        self.polish = polish
        self.steps = None if steps is None else checked_integer(steps, "steps", 1)
        self.model = problem.to_ising() if isinstance(problem, Problem) else problem
        # isolated spins: decided by their field alone
        degree = np.diff(self.model.J.indptr) if self.model.is_sparse else np.count_nonzero(self.model.J, axis=1)
        self.coupled = np.flatnonzero(degree)
        self.base = np.where(self.model.h < 0, np.int8(-1), np.int8(1))
        self.core = self.model if len(self.coupled) == self.model.num_spins else _restricted(self.model, self.coupled)
        effort = self.solver.effort(self.core)
        self.replicas = effort.replicas if replicas is None else checked_integer(replicas, "replicas", 1)
        self.default_steps = effort.steps
        self.initial = self._checked_initial(initial)
        self.rng = np.random.default_rng(seed)
        seeds = getattr(self.rng.bit_generator, "seed_seq", None)
        self.seed = getattr(seeds, "entropy", None)
        self.lock = threading.Lock()
        self.best_energy: Any = None
        self.history: list[tuple[float, float]] = []
        self.reached = False
        self.out_of_time = False
        self.diverged = False
        self.deadline = np.inf
        self.steps_done = 0
        self.rounds = 0

    # -------------------------------------------------------------- the run

    def run(self, progress: bool, callback: Callable[[Progress], Any] | None) -> Solution:
        stopped = interrupted = False
        compiled = 0.0
        prepared_at = searched_at = time.perf_counter()
        if len(self.coupled) == 0:
            samples = np.repeat(self.base[None, :], self.replicas, axis=0)
        else:
            with compilation_time() as compilations:
                self.prepared = self.solver.prepare(self.core, self.schedule, self.options)
                self.descent = Descent(self.core) if self.polish else None
            compiled = compilations.seconds
            if self.time_limit is not None:
                self.deadline = self.began + compiled + self.time_limit
            prepared_at = time.perf_counter()
            batches = [
                _Replicas(self, first, min(first + self.solver.replicas_per_batch, self.replicas))
                for first in range(0, self.replicas, self.solver.replicas_per_batch)
            ]
            for batch, rng in zip(batches, self.rng.spawn(len(batches)), strict=True):
                batch.rng = rng
            from tqdm.auto import tqdm

            bar = tqdm(total=1.0, disable=not progress, desc=self.solver.name, bar_format=_BAR)

            def poll(stop: threading.Event) -> None:
                nonlocal stopped
                fraction = self._fraction(batches)
                bar.update(fraction - bar.n)
                if self.best_energy is not None:
                    bar.set_postfix_str(f"energy {self.best_energy:g}", refresh=False)
                if callback is not None and callback(self._progress(fraction)):
                    stopped = True
                    stop.set()

            with bar:
                results, interrupted = run_jobs([batch.run for batch in batches], self.threads, poll)
                bar.update(1.0 - bar.n)
            samples = np.repeat(self.base[None, :], self.replicas, axis=0)
            samples[:, self.coupled] = np.concatenate(results)
            searched_at = time.perf_counter()
        return self._solution(samples, interrupted or stopped, compiled, prepared_at, searched_at)

    def _solution(
        self, samples: np.ndarray, interrupted: bool, compiled: float, prepared_at: float, searched_at: float
    ) -> Solution:
        energies = np.asarray(self.model.energy(samples))
        best = int(np.argmin(energies))
        spins = samples[best].copy()
        lower_bound = energies[best].item() if len(self.coupled) == 0 else None
        answer = objective = feasible = violations = None
        if self.problem is not None:
            answer = self.problem.decode(spins)
            violations = self.problem.violations(answer)
            feasible = not violations
            objective = self.problem.objective(answer)
        if interrupted:
            status = Status.INTERRUPTED
        elif lower_bound is not None:
            status = Status.OPTIMAL
        elif self._meets_target(energies[best], spins):
            status = Status.TARGET_REACHED
        elif self.diverged:
            status = Status.DIVERGED
        elif self.out_of_time:
            status = Status.TIME_LIMIT
        else:
            status = Status.COMPLETED
        now = time.perf_counter()
        self._note(energies[best].item())
        return Solution(
            spins=spins,
            energy=energies[best].item(),
            samples=samples,
            energies=energies,
            status=status,
            answer=answer,
            objective=objective,
            feasible=feasible,
            violations=violations,
            lower_bound=lower_bound,
            info={
                "algorithm": self.solver.name,
                "message": status.message,
                "num_spins": self.model.num_spins,
                "num_couplings": self.model.num_couplings,
                "isolated_spins": self.model.num_spins - len(self.coupled),
                "replicas": self.replicas,
                "rounds": self.rounds,
                "step_unit": self.solver.unit,
                "steps_per_replica": self.steps_done / max(self.replicas, 1),
                "steps_total": self.steps_done,
                "options": dict(self.options),
                "schedule": None if self.schedule is None else repr(self.schedule),
                "polish": self.polish,
                "threads": self.threads,
                "seed": self.seed,
                "hits": int(np.count_nonzero(energies == energies[best])),
                "history": list(self.history),
                "time_to_best": self.history[-1][0],
                "timings": {
                    "compilation": compiled,
                    "preparation": prepared_at - self.began - compiled,
                    "search": searched_at - prepared_at,
                    "total": now - self.began,
                },
                "versions": versions(),
            },
        )

    # -------------------------------------------------------------- called from the batches' threads

    def report(self, spins: np.ndarray, energy: Any) -> bool:
        """Take note of a verified configuration of the core; whether the search is over."""
        with self.lock:
            if self.best_energy is None or energy < self.best_energy:
                self._note(energy)
                if self.target is not None and not self.reached:
                    whole = self.base.copy()
                    whole[self.coupled] = spins
                    self.reached = self._meets_target(energy, whole)
            return self.reached

    def _note(self, energy: Any) -> None:
        if self.best_energy is None or energy < self.best_energy:
            self.best_energy = energy
            self.history.append((time.perf_counter() - self.began, float(energy)))

    def _meets_target(self, energy: Any, spins: np.ndarray) -> bool:
        if self.target is None:
            return False
        if self.problem is None:
            return bool(energy <= self.target)
        answer = self.problem.decode(spins)
        value = self.problem.objective(answer)
        return self.problem.is_feasible(answer) and not self.problem.is_better(self.target, value)

    # -------------------------------------------------------------- small matters

    def _progress(self, fraction: float) -> Progress:
        return Progress(time.perf_counter() - self.began, fraction, self.best_energy)

    def _fraction(self, batches: list[_Replicas]) -> float:
        if self.time_limit is not None:
            spent = self.time_limit - (self.deadline - time.perf_counter())
            return float(np.clip(spent / self.time_limit, 0.0, 1.0))
        return sum(batch.fraction for batch in batches) / len(batches)

    def _checked_initial(self, initial: Any) -> np.ndarray | None:
        if initial is None:
            return None
        spins = check_spins(initial, self.model.num_spins, "initial")
        if spins.ndim > 2 or (spins.ndim == 2 and spins.shape[0] != self.replicas):
            n = self.model.num_spins
            raise ValueError(f"initial: shape ({n},) or ({self.replicas}, {n}) is needed, but it is {spins.shape}")
        return np.broadcast_to(spins, (self.replicas, self.model.num_spins))[:, self.coupled]


_BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"


class _Replicas:
    """One batch of replicas: repeats runs of the algorithm and keeps the best configuration of each replica."""

    rng: np.random.Generator

    def __init__(self, task: _Task, first: int, last: int) -> None:
        self.task = task
        self.count = last - first
        self.initial = None if task.initial is None else task.initial[first:last]
        self.fraction = 0.0
        self._best: np.ndarray | None = None
        self._energies: np.ndarray | None = None

    def run(self, stop: threading.Event) -> np.ndarray:
        """Best configuration of each replica, (replicas, n)."""
        task = self.task
        if self.initial is not None and task.polish:
            self._keep(self.initial)
        finish_seconds = step_seconds = 0.0
        steps = task.steps or (task.default_steps if task.time_limit is None else _FIRST_STEPS)
        while True:
            search = task.solver.start(
                task.prepared, self.count, steps, self.rng.spawn(1)[0], self.initial
            )
            started = time.perf_counter()
            complete = self._search(search, steps, stop, finish_seconds)
            step_seconds = (time.perf_counter() - started) / max(search.steps_taken, 1)
            started = time.perf_counter()
            over = self._keep(search.spins())
            finish_seconds = max(finish_seconds, time.perf_counter() - started)
            with task.lock:
                task.rounds += 1
                task.steps_done += search.steps_taken * self.count
                task.diverged |= search.diverged()
            if over:
                stop.set()
            if task.time_limit is None or stop.is_set() or not complete:
                break
            remaining = task.deadline - time.perf_counter() - 2.0 * finish_seconds
            affordable = int(remaining / max(step_seconds, 1e-9))
            if task.steps is None:
                steps = min(2 * steps, 4 * task.default_steps, affordable)
                if steps < _FIRST_STEPS:
                    task.out_of_time = True
                    break
            elif remaining <= 0:
                task.out_of_time = True
                break
        assert self._best is not None
        return self._best

    def _search(self, search: Search, steps: int, stop: threading.Event, finish_seconds: float) -> bool:
        """Advance a search to its end; False where it was cut short."""
        task = self.task
        verified_at, verification = -np.inf, 0.0
        while search.steps_taken < steps:
            search.advance()
            self.fraction = search.steps_taken / steps
            if stop.is_set():
                return False
            now = time.perf_counter()
            if now + finish_seconds >= task.deadline:
                task.out_of_time = True
                return search.steps_taken >= steps
            # a target is worth a look between slices, as long as looking stays a small part of the work
            if task.target is not None and now > verified_at + 10.0 * verification:
                lowest = search.lowest()
                if lowest is not None and (task.best_energy is None or lowest[0] + task.core.offset < task.best_energy):
                    spins = search.spins()[lowest[1]]
                    if task.descent is not None:
                        spins = task.descent(spins[None, :])[0]
                    if task.report(spins, task.core.energy(spins)):
                        self._keep(search.spins())
                        stop.set()
                        return False
                    verified_at = time.perf_counter()
                    verification = verified_at - now
        return True

    def _keep(self, spins: np.ndarray) -> bool:
        """Finish configurations, keep those that improve on their replica's best; whether the search is over."""
        task = self.task
        if task.descent is not None:
            spins = task.descent(spins)
        energies = np.asarray(task.core.energy(spins))
        if self._best is None or self._energies is None:
            self._best, self._energies = spins.copy(), energies.copy()
        else:
            better = energies < self._energies
            self._best[better], self._energies[better] = spins[better], energies[better]
        lowest = int(np.argmin(energies))
        return task.report(spins[lowest], energies[lowest].item())


def _restricted(model: IsingModel, kept: np.ndarray) -> IsingModel:
    """The model on the coupled spins; the others' energy, at their best, is in the offset."""
    dropped = np.ones(model.num_spins, dtype=bool)
    dropped[kept] = False
    offset = model.offset - np.abs(model.h[dropped]).sum().item()
    return IsingModel(model.J[kept][:, kept], model.h[kept], offset)
