r"""Spins that fall: three dynamics at zero temperature, one flip at a time, until no flip lowers the energy.

Flipping spin i lowers :math:`E(s) = -\tfrac12 s^{\mathsf T} J s - h^{\mathsf T} s` by :math:`-2 s_i f_i`, where
:math:`f = J s + h`.  Among the flips that lower it,

* ``"steepest"`` takes the one that lowers it most: steepest descent.  Of drops that are equal the first spin's counts;
* ``"0tmh"`` takes any, with equal probability: Metropolis and Hastings's rule at zero temperature;
* ``"reluctant"`` takes the one that lowers it least.

What a flip does to the local fields is added to them; where the couplings and fields are whole multiples of a unit, in
whole numbers, which makes ties exact.  Otherwise a drop within the rounding error of a local field is none: chasing it
could go in circles.

Steepest descent takes about 0.4 n flips from a random start of a Sherrington-Kirkpatrick model, 0tmh 0.7 n, and
reluctant descent a number that grows as n² or so.  The first of the three does not end lowest, the last one does; its
use is that minima have larger basins under it.  Sources: Marsh et al., Phys. Rev. X 11, 021048 (2021), for the first
two in the cavity; P. Contucci, C. Giardinà, C. Giberti, F. Unguendoli, C. Vernia, "Interpolating greedy and reluctant
algorithms", Optim. Methods Softw. 20, 509 (2005).
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ising_problems import IsingModel
from landscapes.couplings import spin_couplings
from landscapes.jit import compilation_time, kernel
from landscapes.parallel import run_jobs
from landscapes.random import random_below, random_state

__all__ = ["DESCENTS", "Descents"]

DESCENTS = ("steepest", "0tmh", "reluctant")
_REPLICAS_PER_JOB = 64
_STEPS_IN_A_CALL = 2**25  # of a kernel, between which Ctrl-C is heard: spins times flips
_DENSE_SHARE = 0.125  # of all couplings: above it whole rows are added, below it compressed ones


class Descents:
    """Descent on one model, prepared once.

    Parameters
    ----------
    model : IsingModel
    """

    def __init__(self, model: IsingModel) -> None:
        n = model.num_spins
        self._n = n
        self._dense = not model.is_sparse or model.J.nnz > _DENSE_SHARE * n * n
        found = spin_couplings(model, dense=self._dense)
        if found.is_exact:
            parts = [0.5 * part if k == len(found.doubled) - 1 else part for k, part in enumerate(found.doubled)]
            self._fields = found.fields.astype(np.float64)
            self._resolution = np.full(n, 0.5)  # fields are whole numbers: any drop is at least 2
            if self._dense:
                parts[0] = parts[0][:, :n]
        else:
            import scipy.sparse as sp

            J = model.J.toarray() if model.is_sparse and self._dense else model.J
            entries = J if self._dense else sp.csr_array(J)
            parts = [J] if self._dense else [entries.indptr, entries.indices, entries.data]
            sums = np.asarray(abs(J).sum(axis=1), dtype=np.float64).reshape(-1)
            self._fields = model.h.astype(np.float64)
            self._resolution = 16.0 * np.finfo(np.float64).eps * (sums + np.abs(model.h))
        # the form that is not used is empty
        self._matrix = np.empty((0, 0))
        self._starts, self._columns = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        self._values = np.empty(0)
        if self._dense:
            self._matrix = np.array(parts[0], dtype=np.float64, order="C")
        else:
            self._starts, self._columns = (np.array(part, dtype=np.int64) for part in parts[:2])
            self._values = np.array(parts[2], dtype=np.float64)

    def __call__(
        self,
        starts: np.ndarray,
        dynamics: str = "steepest",
        *,
        rng: np.random.Generator | None = None,
        threads: int = 1,
        most_flips: int | None = None,
        record: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        """Let a batch of configurations fall.

        Parameters
        ----------
        starts : numpy.ndarray of ±1, shape (replicas, n)
            Not written on.
        dynamics : one of :data:`DESCENTS`
        rng : numpy.random.Generator, optional
            For "0tmh": replica r has the r-th stream that is drawn from it.
        threads : int
        most_flips : int, optional
            Flips of each replica at most; as many as it takes by default, but 16 n where they are recorded.
        record : bool
            Whether to keep the flips' order; it then holds ``most_flips`` of each.

        Returns
        -------
        spins : numpy.ndarray of int8, shape (replicas, n)
        flips : numpy.ndarray of int64, shape (replicas,)
        order : numpy.ndarray of int32, shape (replicas, most_flips) or (replicas, 0)
            Which spins flipped, in that order; -1 after the last.
        interrupted : bool
            Whether Ctrl-C stopped it; replicas are as far as they had come.
        """
        spins = np.array(starts, dtype=np.int8, order="C")
        replicas = len(spins)
        flips = np.zeros(replicas, dtype=np.int64)
        kept = (most_flips if most_flips is not None else 16 * self._n) if record else 0
        limit = most_flips if most_flips is not None else kept if record else np.iinfo(np.int64).max
        order = np.full((replicas, kept), -1, dtype=np.int32)
        if spins.size == 0:
            return spins, flips, order, False
        states = random_state(np.random.default_rng(0) if rng is None else rng, replicas)
        rule = DESCENTS.index(dynamics)

        portion = max(1, _STEPS_IN_A_CALL // self._n)

        def job(part: slice) -> Any:
            def work(stop: threading.Event) -> None:
                if stop.is_set():
                    return
                fields = self._local_fields(spins[part])
                couplings = (self._matrix, self._starts, self._columns, self._values)
                arguments = (*couplings, self._resolution, rule, limit, portion)
                batch = (fields, spins[part], states[part], flips[part], order[part])
                at = 0  # the replica that is falling
                while at < len(fields) and not stop.is_set():
                    at = _fall(*arguments, at, *batch)

            return work

        jobs = [job(slice(k, k + _REPLICAS_PER_JOB)) for k in range(0, replicas, _REPLICAS_PER_JOB)]
        with compilation_time():
            _, interrupted = run_jobs(jobs, threads)
        return spins, flips, order, interrupted

    def is_stable(self, spins: np.ndarray) -> np.ndarray:
        """Whether no single flip lowers the energy of configurations (replicas, n)."""
        batches = (spins[k : k + _REPLICAS_PER_JOB] for k in range(0, len(spins), _REPLICAS_PER_JOB))
        gains = [rows * self._local_fields(rows) for rows in batches]
        return np.all(np.concatenate(gains) >= -self._resolution, axis=1) if gains else np.ones(0, dtype=bool)

    def _local_fields(self, spins: np.ndarray) -> np.ndarray:
        """J s + h of up to a job's configurations, float64 of the shape of ``spins``."""
        if self._dense:
            # always of the same shape, so that a sum is not rounded otherwise for the company that a replica is in
            rows = np.zeros((_REPLICAS_PER_JOB, self._n))
            rows[: len(spins)] = spins
            return np.ascontiguousarray((rows @ self._matrix + self._fields)[: len(spins)])
        import scipy.sparse as sp

        matrix = sp.csr_array((self._values, self._columns, self._starts), shape=(self._n, self._n))
        return np.ascontiguousarray((matrix @ spins.astype(np.float64).T).T + self._fields)


@kernel
def _chosen(
    spins: np.ndarray, fields: np.ndarray, resolution: np.ndarray, rule: int, state: np.ndarray, lowering: np.ndarray
) -> int:
    """The spin to flip next, or -1; scratch (n,)."""
    n = len(spins)
    at = -1
    if rule == 0:
        best = 0.0
        for i in range(n):
            gain = spins[i] * fields[i]
            if gain < best and gain < -resolution[i]:
                best = gain
                at = i
    elif rule == 1:
        count = 0
        for i in range(n):
            lowering[count] = i
            count += spins[i] * fields[i] < -resolution[i]
        if count > 0:
            at = lowering[random_below(state, count)]
    else:
        best = -np.inf
        for i in range(n):
            gain = spins[i] * fields[i]
            if gain > best and gain < -resolution[i]:
                best = gain
                at = i
    return at


@kernel
def _fall(
    matrix: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    resolution: np.ndarray,
    rule: int,
    limit: int,
    portion: int,
    at: int,
    fields: np.ndarray,
    spins: np.ndarray,
    states: np.ndarray,
    flips: np.ndarray,
    order: np.ndarray,
) -> int:
    """Descent of a batch for ``portion`` flips, from the replica ``at`` on; the replica that it has come to.

    The couplings are a whole matrix, (n, n), or compressed rows beside a matrix of no rows.
    """
    replicas, n = spins.shape
    dense = len(matrix) > 0
    s = np.empty(n)
    lowering = np.empty(n + 1, dtype=np.int64)
    left = portion
    while at < replicas and left > 0:
        f = fields[at]
        for i in range(n):
            s[i] = spins[at, i]
        falling = True
        while falling and left > 0:
            chosen = _chosen(s, f, resolution, rule, states[at], lowering) if flips[at] < limit else -1
            falling = chosen >= 0
            if falling:
                change = -2.0 * s[chosen]
                s[chosen] = -s[chosen]
                if dense:
                    for i in range(n):
                        f[i] += change * matrix[chosen, i]
                else:
                    for k in range(starts[chosen], starts[chosen + 1]):
                        f[columns[k]] += change * values[k]
                if flips[at] < order.shape[1]:
                    order[at, flips[at]] = chosen
                flips[at] += 1
                left -= 1
        for i in range(n):
            spins[at, i] = np.int8(s[i])
        if not falling:
            at += 1
    return at
