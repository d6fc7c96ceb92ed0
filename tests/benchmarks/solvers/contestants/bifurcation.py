"""simulated-bifurcation: ballistic and discrete, with and without heating, on PyTorch."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import simulated_bifurcation as sb
import torch

from .base import Calibrated, Contestant, Instance, Outcome, Plan, Setting

_LONG_STEP = 0.5


class _Bifurcation(Calibrated):
    package: ClassVar[str] = "simulated-bifurcation"
    install: ClassVar[str] = "pip install simulated-bifurcation"
    settings = tuple({"agents": agents, "ramp": ramp} for agents in (128, 32, 8) for ramp in ("default", "whole run"))
    tuning = (
        "128 agents (default), 32 or 8, with its default constants, or with time steps of 0.5 and a pump that rises "
        "over the whole run (by default it needs 1000 steps, which a short run does not have): the best of six trial "
        "runs; no early stopping, so that the time is used; full matrices, so no more than 5000 spins"
    )
    most_spins = 5000

    def __init__(self, name: str, mode: str, heated: bool) -> None:
        self.name = name
        self._mode, self._heated = mode, heated
        torch.set_num_threads(1)

    def convert(self, instance: Instance) -> None:
        J = torch.from_numpy(instance.J.toarray().astype(np.float32))
        # its linear term has the opposite sign: E = -½ x'Jx + h'x
        self._model = sb.core.Ising(J, torch.from_numpy(-np.asarray(instance.h, dtype=np.float32)))

    def shape(self, total: int, setting: Setting) -> Plan:
        return {"total": total, "setting": dict(setting), "reads": setting["agents"], "sweeps": max(1, total)}

    def run(self, plan: Plan, seed: int) -> Outcome:
        torch.manual_seed(seed)
        sb.reset_env()
        if plan["setting"]["ramp"] == "whole run":
            sb.set_env(time_step=_LONG_STEP, pressure_slope=1.0 / (_LONG_STEP * plan["sweeps"]))
        found = self._model.minimize(
            agents=plan["reads"],
            max_steps=plan["sweeps"],
            mode=self._mode,
            heated=self._heated,
            verbose=False,
            early_stopping=False,
        )
        spins = np.asarray(found.numpy())
        spins = spins if spins.shape[1] == self.instance.n else spins.T
        return Outcome(np.where(spins < 0, -1, 1).astype(np.int8))


def contestants() -> list[Contestant]:
    return [
        _Bifurcation("sb-ballistic", "ballistic", False),
        _Bifurcation("sb-discrete", "discrete", False),
        _Bifurcation("sb-ballistic-heated", "ballistic", True),
        _Bifurcation("sb-discrete-heated", "discrete", True),
    ]
