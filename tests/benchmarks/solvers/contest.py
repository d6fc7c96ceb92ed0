"""The contest on one instance: trials, then runs seed by seed, all contestants in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import ising_problems as ip

from .cases import Case
from .channel import Channel, Entrant, Failure, Run
from .contestants.base import Instance

__all__ = ["Entry", "contest", "handed_over"]

_TRIAL_SEED = 1_000_003  # kept out of the contest


@dataclass
class Entry:
    """What one contestant reached on one instance within one limit; one item a seed.

    Attributes
    ----------
    energies : list of float
        Recomputed from the model.
    seconds, cpu : list of float
        Net of the fixed cost; processor time of the whole call.
    fixed : float
        Seconds of a call that does next to nothing, not counted.
    histories : list of list of (seconds, energy)
        Where the contestant tells its best against time.
    """

    instance: str
    family: str
    held_out: bool
    num_spins: int
    is_cut: bool
    contestant: str
    version: str
    limit: float
    setting: dict[str, Any]
    plan: dict[str, Any]
    fixed: float
    seeds: list[int] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    histories: list[list[tuple[float, float]]] = field(default_factory=list)

    def median(self) -> float:
        """Median energy."""
        return float(np.median(self.energies))

    @property
    def is_ours(self) -> bool:
        """Whether it is ``cim.solve``."""
        return self.contestant.startswith("cim-") and self.contestant != "cim-optimizer"


def handed_over(model: ip.IsingModel, channels: Sequence[Channel]) -> None:
    """Give every worker the model."""
    import scipy.sparse as sp

    instance = Instance(sp.csr_array(model.J), np.asarray(model.h), float(model.offset))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance.npz"
        instance.save(path)
        for channel in channels:
            channel.ask("load", path=str(path))


def contest(
    case: Case,
    model: ip.IsingModel,
    entrants: Sequence[Entrant],
    limits: Sequence[float],
    seeds: int,
    strongest: int | None,
    say: Callable[[str], None],
) -> list[Entry]:
    """All contestants within each limit; beyond the first, only the ``strongest`` peers of the limit before.

    Contestants that fail, or are told to leave the instance out, are reported through ``say``.
    """
    handed_over(model, list({id(entrant.channel): entrant.channel for entrant in entrants}.values()))
    racing: dict[str, tuple[Entrant, float]] = {}
    for entrant in entrants:
        if entrant.most_spins is not None and model.num_spins > entrant.most_spins:
            say(f"{entrant.name}: left out, takes at most {entrant.most_spins} spins")
            continue
        try:
            racing[entrant.name] = entrant, entrant.convert()[1]
        except Failure as reason:
            say(f"{entrant.name}: {reason}")
    entries: list[Entry] = []
    for limit in limits:
        lane = [_Lane(entrant, fixed, case, model, limit) for entrant, fixed in racing.values()]
        lane = [one for one in lane if one.tried(say)]
        for seed in range(seeds):
            lane = [one for one in lane if one.raced(seed, say)]
        done = [one.entry for one in lane]
        entries += done
        if strongest is not None:
            peers = sorted((entry for entry in done if not entry.is_ours), key=Entry.median)
            out = {entry.contestant for entry in peers[strongest:]}
            racing = {name: value for name, value in racing.items() if name not in out}
    return entries


class _Lane:
    """One contestant on one instance within one limit."""

    def __init__(self, entrant: Entrant, fixed: float, case: Case, model: ip.IsingModel, limit: float) -> None:
        self._entrant, self._model, self._limit = entrant, model, limit
        self.entry = Entry(
            instance=case.name,
            family=case.family,
            held_out=case.held_out,
            num_spins=model.num_spins,
            is_cut=case.is_cut,
            contestant=entrant.name,
            version=entrant.version,
            limit=limit,
            setting={},
            plan={},
            fixed=fixed,
        )

    def tried(self, say: Callable[[str], None]) -> bool:
        """A trial run of every setting at the full limit; the best one serves.  Whether any worked."""
        best: tuple[float, dict[str, Any], dict[str, Any]] | None = None
        seen: set[tuple[Any, ...]] = set()
        for setting in self._entrant.settings:
            try:
                plan = self._entrant.plan(self._limit, setting)
                # two settings may come to the same at this limit: one read of 1000 sweeps, one read of all
                same = (plan.get("reads"), plan.get("sweeps") and round(np.log(plan["sweeps"]), 1))
                key = (*same, *(value for name, value in setting.items() if not name.startswith("longest")))
                if "reads" in plan and key in seen:
                    continue
                seen.add(key)
                run = self._entrant.run(plan, _TRIAL_SEED)
                energy = self._energy(run)
                if best is None or energy < best[0]:
                    spent = min(run.seconds, run.cpu - self.entry.fixed)
                    best = energy, setting, self._entrant.corrected(plan, spent, self._limit)
            except Failure as reason:
                say(f"{self._entrant.name}, {setting}: {reason}")
        if best is None:
            return False
        _, self.entry.setting, self.entry.plan = best
        return True

    def raced(self, seed: int, say: Callable[[str], None]) -> bool:
        """One run of the contest; whether it worked."""
        try:
            run = self._entrant.run(self.entry.plan, seed)
        except Failure as reason:
            say(f"{self._entrant.name}: {reason}")
            return False
        self.entry.seeds.append(seed)
        self.entry.energies.append(self._energy(run))
        self.entry.seconds.append(run.seconds)
        self.entry.cpu.append(run.cpu)
        self.entry.histories.append(run.history)
        return True

    def _energy(self, run: Run) -> float:
        return float(self._model.energy(run.spins))
