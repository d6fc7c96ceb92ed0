"""mindquantum's quantum annealing inspired algorithms (QAIA), on NumPy and SciPy.

Its CAC, CFC and SFC set the coupling strength from ``J**2``, which on its sparse matrices is the matrix product and
not the elementwise square of the papers; they are given the papers' value, which also spares them that product.  SimCIM
and LQA depend on the scale of J: it is given to them with the root-mean-square norm of a row as 1, times a factor that
is tuned.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from mindquantum.algorithm import qaia

from .base import Calibrated, Contestant, Instance, Outcome, Plan, Setting, reads_and_sweeps

_TINY = np.array([[0.0, 1.0], [1.0, 0.0]])
_BATCH = 32
_PUBLISHED_STRENGTH = ("CAC", "CFC", "SFC")
_SCALES = {"SimCIM": (30.0, 100.0, 300.0), "LQA": (1.0, 10.0, 30.0)}

_TIME_STEPS = dict.fromkeys(("ASB", "BSB", "DSB"), (1.0, 0.5))  # by default they are unstable on most Max-Cut graphs


class _Dynamics(Calibrated):
    package: ClassVar[str] = "mindquantum"
    install: ClassVar[str] = "pip install mindquantum"

    def __init__(self, algorithm: str) -> None:
        self.name = f"qaia-{algorithm.lower()}"
        self._algorithm = algorithm
        scales = _SCALES.get(algorithm, (1.0,))
        # a batch of 32 shares each product; in it, runs of the default 1000 steps or one run that takes all the time
        steps = _TIME_STEPS.get(algorithm, (None,))
        self.settings = tuple(
            {"scale": scale, "dt": dt, "longest_run": run} for scale in scales for dt in steps for run in (1000, None)
        )
        self.tuning = (
            f"batches of {_BATCH} runs of 1000 steps (default) or one batch for all the time"
            + (f", J scaled by {', '.join(f'{scale:g}' for scale in scales)}" if len(scales) > 1 else "")
            + (", dt 1 (default) or 0.5" if len(steps) > 1 else "")
            + f": the best of {len(self.settings)} trial runs"
        )

    def convert(self, instance: Instance) -> None:
        norm = float(np.sqrt(np.mean(instance.row_norms() ** 2)))
        self._J = sp.csr_matrix(instance.J.astype(np.float64)) / norm
        self._full = self._J.toarray() if instance.is_dense else None
        self._h = np.asarray(instance.h, dtype=np.float64) / norm if instance.has_fields else None

    def shape(self, total: int, setting: Setting) -> Plan:
        batches, steps = reads_and_sweeps(total, setting["longest_run"])
        return {"total": total, "setting": dict(setting), "reads": batches, "sweeps": max(2, steps)}

    def prepare(self, plan: Plan) -> None:
        """Build the solver: its own constructor checks and converts for longer than a short run takes."""
        solver = getattr(qaia, self._algorithm)
        arguments: dict[str, Any] = {"n_iter": plan["sweeps"], "batch_size": _BATCH}
        if plan["setting"]["dt"] is not None:
            arguments["dt"] = plan["setting"]["dt"]
        scale = plan["setting"]["scale"]
        J, h = self._J * scale, None if self._h is None else self._h * scale
        if self._algorithm in _PUBLISHED_STRENGTH:
            self._solver = solver(_TINY, None if h is None else np.zeros(2), **arguments)
            self._solver.J, self._solver.N = J, J.shape[0]
            self._solver.h = None if h is None else h[:, None]
            self._solver.xi = float(np.sqrt(2 * J.shape[0] / J.multiply(J).sum()))
        else:
            self._solver = solver(J, h, **arguments)
        if self._full is not None:
            self._solver.J = self._full * scale

    def run(self, plan: Plan, seed: int) -> Outcome:
        np.random.seed(seed)  # noqa: NPY002  (what the package draws from)
        found = []
        for _ in range(plan["reads"]):
            self._solver.x = None
            self._solver.initialize()
            with np.errstate(over="ignore", invalid="ignore"):
                self._solver.update()
            found.append(np.where(self._solver.x < 0, -1, 1).astype(np.int8).T)
        return Outcome(np.concatenate(found))


def contestants() -> list[Contestant]:
    return [_Dynamics(name) for name in ("NMFA", "SimCIM", "CAC", "CFC", "SFC", "ASB", "BSB", "DSB", "LQA")]
