"""MQLib, the library of Max-Cut and QUBO heuristics of Dunning, Gupta and Silberholz: its command-line program.

Not on PyPI; the program is found through the environment variable ``COHERENT_ISING_MQLIB``.  It reads the time limit
itself, does not count reading the file, and reports the best value against time.  Fields become couplings to one
further spin, which the cut is then told relative to.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from .base import Contestant, Instance, Outcome, Plan, Setting

VARIABLE = "COHERENT_ISING_MQLIB"
HEURISTICS = (
    "BURER2002",
    "PALUBECKIS2006",
    "PALUBECKIS2004bMST2",
    "BEASLEY1998TS",
    "GLOVER2010",
    "LU2010",
    "KATAYAMA2001",
    "MERZ2004",
)


def max_cut_lines(instance: Instance) -> tuple[list[str], float]:
    """MQLib's Max-Cut file, lines counted from 1, and the sum of its weights.

    The weights are w = -J, so that a cut of weight C has the energy offset + Σ w - 2 C.
    """
    i, j, J = instance.pairs()
    first, second, weights = i + 1, j + 1, -J
    n = instance.n
    if instance.has_fields:
        coupled = np.flatnonzero(instance.h)
        first = np.concatenate([first, coupled + 1])
        second = np.concatenate([second, np.full(len(coupled), n + 1)])
        weights = np.concatenate([weights, -instance.h[coupled].astype(np.float64)])
        n += 1
    edges = zip(first.tolist(), second.tolist(), weights.tolist(), strict=True)
    return [f"{n} {len(weights)}", *(f"{a} {b} {w:.17g}" for a, b, w in edges)], float(weights.sum())


def parse(text: str, instance: Instance, weight: float) -> Outcome:
    """What the program printed: a line of results, and the best cut after ``Solution:``.

    The first line is ``limit,heuristic,"file",best,seconds,[value:time;...]``.
    """
    line = next((line for line in text.splitlines() if line.count(",") >= 5 and line.rstrip().endswith("]")), None)
    if line is None or "Solution:" not in text:
        raise RuntimeError(f"MQLib: no result and no solution in what it printed: {text[:200]!r}")
    head, _, tail = line.partition("[")
    seconds = float(head.rstrip(",").rsplit(",", 1)[1])
    history = []
    for entry in filter(None, tail.rstrip().rstrip("]").split(";")):
        value, moment = entry.split(":")
        history.append((float(moment), instance.offset + weight - 2.0 * float(value)))
    sides = np.array([float(word) for word in text.split("Solution:", 1)[1].split()])
    sides = np.where(sides > 0.5, 1, -1)
    if len(sides) != instance.n + instance.has_fields:
        raise RuntimeError(f"MQLib: a solution of {len(sides)} entries instead of {instance.n + instance.has_fields}")
    if instance.has_fields:
        sides = sides[:-1] * sides[-1]
    return Outcome(sides[None, :].astype(np.int8), history, seconds=seconds)


class _MQLib(Contestant):
    name = "mqlib"
    package: ClassVar[str] = "MQLib"
    install: ClassVar[str] = f"build MQLib from its source and set {VARIABLE} to its program"
    watches_the_wall_clock: ClassVar[bool] = True
    settings = tuple({"heuristic": heuristic} for heuristic in HEURISTICS)
    tuning = f"the best of {len(HEURISTICS)} heuristics in a trial run each, for every instance"

    def __init__(self) -> None:
        self._program = os.environ.get(VARIABLE, "")
        if not self._program:
            raise ImportError(f"{VARIABLE} is not set")
        if not os.access(self._program, os.X_OK):
            raise ImportError(f"{VARIABLE} is not a program: {self._program}")
        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name) / "instance.mc"

    def version(self) -> str:
        """It has no version of its own to tell."""
        return "own build"

    def load(self, instance: Instance) -> None:
        self._instance = instance
        lines, self._weight = max_cut_lines(instance)
        self._file.write_text("\n".join(lines) + "\n")

    def plan(self, seconds: float, setting: Setting) -> Plan:
        return {"seconds": seconds, "setting": dict(setting)}

    def run(self, plan: Plan, seed: int) -> Outcome:
        heuristic, limit = plan["setting"]["heuristic"], plan["seconds"]
        command = [self._program, "-h", heuristic, "-fM", str(self._file), "-r", f"{limit:g}", "-s", str(seed % 65536)]
        done = subprocess.run([*command, "-ps", "-nv"], capture_output=True, text=True, timeout=60 + 10 * limit)
        if done.returncode:
            raise RuntimeError(f"MQLib: {done.stdout.strip()[:200]} {done.stderr.strip()[:200]}")
        return parse(done.stdout, self._instance, self._weight)


def contestants() -> list[Contestant]:
    return [_MQLib()]
