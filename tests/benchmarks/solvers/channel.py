"""Workers as seen from the scoreboard: started under the first Python that has their package, asked by name."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from .contestants import GROUPS

__all__ = ["Absence", "Channel", "Entrant", "Failure", "Run", "entrants_of", "open_channels"]

_FOLDER = Path(__file__).resolve().parents[1]
_PROJECT = _FOLDER.parents[1]
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


class Failure(Exception):
    """What went wrong inside a contestant."""


@dataclass(frozen=True)
class Absence:
    """A group that no Python at hand has."""

    group: str
    reason: str


@dataclass(frozen=True)
class Run:
    """What one search brought; see :meth:`solvers.worker.Worker.run`."""

    seconds: float
    wall: float
    cpu: float
    spins: np.ndarray
    energies: np.ndarray
    history: list[tuple[float, float]]
    attempts: int | None
    hits: int | None
    updates: float | None


class Channel:
    """A worker process; an ``ImportError`` where its Python lacks the package.

    Parameters
    ----------
    group, python : str
    clock : {"wall", "cpu"}
        What limits are measured by.
    """

    def __init__(self, group: str, python: str, clock: str = "wall") -> None:
        self.group = group
        self.python = python
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONWARNINGS": "ignore"}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(_PROJECT) if group == "ours" else "", os.environ.get("PYTHONPATH", "")])
        )
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        try:
            self._process = subprocess.Popen(
                [python, "-m", f"{__package__.rpartition('.')[2]}.worker", group, clock],
                cwd=_FOLDER,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
        except OSError:
            self._errors.close()
            raise
        try:
            ready = self._answer()
        except Failure as reason:
            self.close()
            raise ImportError(str(reason)) from None
        if "absent" in ready:
            self.close()
            raise ImportError(ready["absent"])
        self.contestants: list[dict[str, Any]] = ready["contestants"]
        self.import_seconds: float = ready["seconds"]

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Answer to a command; :class:`Failure` where the contestant failed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"verb": verb, **arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failure(self._last_words()) from None
        answer = self._answer()
        if "error" in answer:
            raise Failure(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failure(self._last_words())
        return dict(json.loads(line))

    def _last_words(self) -> str:
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"its process ended: {words[-1] if words else 'without a word'}"


@dataclass
class Entrant:
    """One contestant behind its channel.

    Attributes
    ----------
    name, package, version, tuning : str
    settings : list of dict
    most_spins : int or None
    watches_the_wall_clock : bool
    """

    channel: Channel
    name: str
    package: str
    version: str
    tuning: str
    settings: list[dict[str, Any]]
    most_spins: int | None
    watches_the_wall_clock: bool

    @property
    def is_ours(self) -> bool:
        """Whether it is ``cim.solve``."""
        return self.channel.group == "ours"

    def convert(self) -> tuple[float, float]:
        """Take in the channel's instance: seconds that it took, and the fixed cost of a call."""
        answer = self.channel.ask("convert", name=self.name)
        return answer["seconds"], answer["fixed"]

    def plan(self, seconds: float, setting: dict[str, Any]) -> dict[str, Any]:
        """Effort that fills the time."""
        return dict(self.channel.ask("plan", name=self.name, seconds=seconds, setting=setting)["plan"])

    def corrected(self, plan: dict[str, Any], spent: float, seconds: float) -> dict[str, Any]:
        """The effort stretched or cut after a run at full length."""
        answer = self.channel.ask("corrected", name=self.name, plan=plan, spent=spent, seconds=seconds)
        return dict(answer["plan"])

    def run(self, plan: dict[str, Any], seed: int) -> Run:
        """Search once."""
        answer = self.channel.ask("run", name=self.name, plan=plan, seed=seed)
        spins = np.frombuffer(base64.b64decode(answer.pop("spins")), dtype=np.int8)
        energies = np.array(answer.pop("energies"))
        history = [(float(t), float(e)) for t, e in answer.pop("history")]
        return Run(spins=spins, energies=energies, history=history, **answer)


def open_channels(
    pythons: Sequence[str], groups: Sequence[str] = GROUPS, clock: str = "wall"
) -> tuple[list[Channel], list[Absence]]:
    """A worker for every group, under this Python or the first of the others that has its package."""
    channels, absent = [], []
    for group in groups:
        reason = ""
        for python in [sys.executable, *pythons]:
            try:
                channels.append(Channel(group, python, clock))
                break
            except (ImportError, OSError) as error:
                reason = reason or str(error)
        else:
            absent.append(Absence(group, reason))
    return channels, absent


def entrants_of(channels: Sequence[Channel]) -> list[Entrant]:
    """All contestants of all workers."""
    return [Entrant(channel, **description) for channel in channels for description in channel.contestants]
