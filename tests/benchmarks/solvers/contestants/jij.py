"""openjij: simulated annealing and simulated quantum annealing.

Reads that are given a seed all use that one, and come out alike; so reads are left unseeded, and are not repeatable.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import openjij

from .base import Calibrated, Contestant, Instance, Outcome, Plan, Setting, full_temperature_range, reads_and_sweeps


class _Annealing(Calibrated):
    package: ClassVar[str] = "openjij"
    install: ClassVar[str] = "pip install openjij"
    settings = tuple({"longest_read": longest, "range": r} for longest in (1000, None) for r in ("default", "ours"))
    tuning = (
        "reads of at most 1000 sweeps (default) or one long read, each with the default temperatures and with our own "
        "range in its geometric schedule: the best of four trial runs; dense or sparse storage by density"
    )

    def __init__(self, name: str, quantum: bool) -> None:
        self.name = name
        self._quantum = quantum
        self._sampler = openjij.SQASampler() if quantum else openjij.SASampler()
        if quantum:
            strengths = ("default", 5.0, 20.0)
            self.settings = tuple({"longest_read": read, "range": beta} for read in (1000, None) for beta in strengths)
            self.tuning = (
                "reads of at most 1000 sweeps (default) or one long read; inverse temperature as by default, or 5 or "
                "20 over the norm of a row: the best of six trial runs"
            )

    def convert(self, instance: Instance) -> None:
        i, j, J = instance.pairs()
        self._sparse = not instance.is_dense
        quadratic = {(a, b): -c for a, b, c in zip(i.tolist(), j.tolist(), J.tolist(), strict=True)}
        linear = {k: -float(field) for k, field in enumerate(instance.h)}
        self._model = openjij.model.model.BinaryQuadraticModel(
            linear, quadratic, instance.offset, "SPIN", sparse=self._sparse
        )
        self._norm = float(np.sqrt(np.mean(instance.row_norms() ** 2)))
        hot, cold = full_temperature_range(instance)
        self._range = {"beta_min": 1.0 / hot, "beta_max": 1.0 / cold}

    def shape(self, total: int, setting: Setting) -> Plan:
        reads, sweeps = reads_and_sweeps(total, setting["longest_read"])
        return {"total": total, "setting": dict(setting), "reads": reads, "sweeps": sweeps}

    def run(self, plan: Plan, seed: int) -> Outcome:
        arguments: dict[str, Any] = {"num_reads": plan["reads"], "num_sweeps": plan["sweeps"], "sparse": self._sparse}
        if plan["setting"]["range"] == "ours":
            arguments |= self._range
        if self._quantum:
            del arguments["sparse"]
            if plan["setting"]["range"] != "default":
                arguments["beta"] = plan["setting"]["range"] / self._norm
        found = self._sampler.sample(self._model, **arguments)
        order = np.argsort(np.asarray(found.variables))
        return Outcome(np.asarray(found.record.sample, dtype=np.int8)[:, order])


def contestants() -> list[Contestant]:
    return [_Annealing("openjij-sa", False), _Annealing("openjij-sqa", True)]
