"""The process in which a group of contestants runs, one command a line, one answer a line, both JSON.

Started with ``python -m solvers.worker GROUP CLOCK`` in the folder above, by the Python that has the package.  The
answers go where standard output was; whatever a package prints goes to standard error.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import traceback
import warnings
from typing import Any

import numpy as np

from .contestants import contestants_of
from .contestants.base import Calibrated, Contestant, Instance


class Worker:
    """Answers to commands.

    Parameters
    ----------
    contestants : dict from name to Contestant
    """

    def __init__(self, contestants: dict[str, Contestant]) -> None:
        self._contestants = contestants
        self._loaded: Instance | None = None
        self._prepared: tuple[str, str] | None = None

    def load(self, path: str) -> dict[str, Any]:
        """Read an instance; each contestant converts it when its turn comes."""
        self._loaded = Instance.load(path)
        return {}

    @property
    def _instance(self) -> Instance:
        if self._loaded is None:
            raise RuntimeError("no instance has been loaded")
        return self._loaded

    def convert(self, name: str) -> dict[str, Any]:
        """Have one contestant take the instance in."""
        began = time.perf_counter()
        contestant = self._contestants[name]
        contestant.load(self._instance)
        self._prepared = None
        return {"seconds": time.perf_counter() - began, "fixed": contestant.fixed_cost}

    def plan(self, name: str, seconds: float, setting: dict[str, Any]) -> dict[str, Any]:
        """Effort of one contestant for a time limit."""
        return {"plan": self._contestants[name].plan(seconds, setting)}

    def corrected(self, name: str, plan: dict[str, Any], spent: float, seconds: float) -> dict[str, Any]:
        """The effort stretched or cut after a run at full length."""
        contestant = self._contestants[name]
        return {"plan": contestant.corrected(plan, spent, seconds) if isinstance(contestant, Calibrated) else plan}

    def run(self, name: str, plan: dict[str, Any], seed: int) -> dict[str, Any]:
        """One search: its time, net of the fixed cost; its best spins; the energies of all its reads."""
        contestant = self._contestants[name]
        if self._prepared != (name, json.dumps(plan)):
            contestant.prepare(plan)
            self._prepared = name, json.dumps(plan)
        cpu_began, began = time.process_time(), time.perf_counter()
        outcome = contestant.run(plan, seed)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        energies = self._instance.energies(outcome.spins)
        best = np.ascontiguousarray(outcome.spins[int(np.argmin(energies))], dtype=np.int8)
        net = outcome.seconds if outcome.seconds is not None else max(wall - contestant.fixed_cost, 1e-9)
        return {
            "seconds": net,
            "wall": wall,
            "cpu": cpu,
            "energies": energies.tolist(),
            "spins": base64.b64encode(best.tobytes()).decode(),
            "history": outcome.history,
            "attempts": outcome.attempts,
            "hits": outcome.hits,
            "updates": outcome.updates,
        }


def described(contestants: dict[str, Contestant]) -> list[dict[str, Any]]:
    """What the scoreboard needs to know of each."""
    return [
        {
            "name": contestant.name,
            "package": contestant.package,
            "version": contestant.version(),
            "tuning": contestant.tuning,
            "settings": [dict(setting) for setting in contestant.settings],
            "most_spins": contestant.most_spins,
            "watches_the_wall_clock": contestant.watches_the_wall_clock,
        }
        for contestant in contestants.values()
    ]


def main() -> None:
    """Serve until the commands end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print must not be taken for an answer
    warnings.simplefilter("ignore")
    if sys.argv[2] == "cpu":
        # every limit of this process, that of cim.solve too, is then in processor time: for a machine that is busy
        time.perf_counter = time.process_time

    def answer(**content: Any) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    began = time.perf_counter()
    try:
        contestants = contestants_of(sys.argv[1])
    except ImportError as reason:
        answer(absent=str(reason))
        return
    answer(contestants=described(contestants), seconds=time.perf_counter() - began)
    worker = Worker(contestants)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer(**getattr(worker, command.pop("verb"))(**command))
        except Exception as error:  # a contestant that fails on one instance is reported, and the contest goes on
            traceback.print_exc()
            answer(error=f"{type(error).__name__}: {error}"[:300])


if __name__ == "__main__":
    main()
