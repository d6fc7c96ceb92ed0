"""This project: ``cim.solve`` under a time limit, which counts everything from call to return.

The import and a first-ever compilation are outside its time, as the peers' imports and conversions are; its own checks
and preparation are inside.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import cim
import ising_problems as ip

from .base import Contestant, Instance, Outcome, Plan, Setting


class Ours(Contestant):
    """One algorithm of ``cim.solve``."""

    package: ClassVar[str] = "coherent-ising"
    install: ClassVar[str] = "pip install coherent-ising"
    tuning = "none here: the defaults, the same for every instance"

    def __init__(self, algorithm: str) -> None:
        self.name = f"cim-{algorithm}"
        self._algorithm = algorithm

    def version(self) -> str:
        """Version of the checkout, which need not be installed."""
        return cim.__version__

    def load(self, instance: Instance) -> None:
        """The model, and one short call, which compiles."""
        J = instance.J.toarray() if instance.is_dense else instance.J
        offset = int(instance.offset) if instance.J.dtype.kind == "i" else instance.offset
        self._model = ip.IsingModel(J, instance.h, offset)
        cim.solve(self._model, self._algorithm, time_limit=0.01, threads=1, seed=0)

    def plan(self, seconds: float, setting: Setting) -> Plan:
        return {"seconds": seconds, "setting": dict(setting)}

    def run(self, plan: Plan, seed: int) -> Outcome:
        solution = cim.solve(
            self._model,
            self._algorithm,
            time_limit=plan["seconds"],
            target=plan.get("target"),
            threads=1,
            seed=seed,
        )
        info = solution.info
        history = [(float(moment), float(energy)) for moment, energy in info["history"]]
        return Outcome(
            np.asarray(solution.spins)[None, :],
            history,
            attempts=info.get("attempts"),
            hits=info.get("hits") if "attempts" in info else None,
            updates=float(info["steps_total"]) * self._model.num_spins,
        )


def contestants() -> list[Contestant]:
    return [Ours("auto"), *(Ours(name) for name in cim.solvers.available() if name != "auto")]
