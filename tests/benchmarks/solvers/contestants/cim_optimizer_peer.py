"""cim-optimizer: the coherent Ising machine with chaotic amplitude control (CAC), on PyTorch."""

from __future__ import annotations

import contextlib
import io
from typing import Any, ClassVar

import numpy as np
import torch
from cim_optimizer import optimal_params
from cim_optimizer.solve_Ising import Ising

from .base import Calibrated, Contestant, Instance, Outcome, Plan, Setting

_BATCH = 8
_PUBLISHED = {
    "defaults": {},
    "SK 100": optimal_params.sk_100_fc_params(),
    "Max-Cut 100": optimal_params.maxcut_100_params(),
}


class _AmplitudeControl(Calibrated):
    name = "cim-optimizer"
    package: ClassVar[str] = "cim-optimizer"
    install: ClassVar[str] = "pip install cim-optimizer"
    settings = tuple({"parameters": name, "longest_run": run} for name in _PUBLISHED for run in (3000, None))
    tuning = (
        "its defaults and its authors' published parameters for SK and Max-Cut of 100 spins, runs of 3000 steps or of "
        f"all the time, {_BATCH} at once: the best of six trial runs; J with row norm 1 as in their SK instances; it "
        "keeps every amplitude of every step, so no more than 2000 spins"
    )
    most_spins = 2000

    def convert(self, instance: Instance) -> None:
        torch.set_num_threads(1)
        norm = float(np.sqrt(np.mean(instance.row_norms() ** 2)))
        self._problem = Ising(instance.J.toarray() / norm, np.asarray(instance.h, dtype=np.float64) / norm)

    def shape(self, total: int, setting: Setting) -> Plan:
        longest = setting["longest_run"]
        # memory: amplitudes of a whole run, 8 bytes each, within about 1 GB
        most = max(10, int(1e9 / (8 * 2 * _BATCH * self.instance.n)))
        longest = most if longest is None else min(longest, most)
        batches = max(1, round(total / longest))
        return {"total": total, "setting": dict(setting), "reads": batches, "sweeps": max(2, total // batches)}

    def run(self, plan: Plan, seed: int) -> Outcome:
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (what the package draws from)
        parameters: dict[str, Any] = dict(_PUBLISHED[plan["setting"]["parameters"]])
        parameters |= {
            "num_timesteps_per_run": plan["sweeps"],
            "num_runs": plan["reads"] * _BATCH,
            "num_parallel_runs": _BATCH,
            "suppress_statements": True,
            "hyperparameters_randomtune": False,
            "hyperparameters_autotune": False,
            "return_lowest_energies_found_spin_configuration": True,
            "use_GPU": False,
        }
        with contextlib.redirect_stdout(io.StringIO()):
            found = self._problem.solve(**parameters)
        spins = np.stack([np.asarray(run) for run in found.result["spin_config_all_runs"]])
        return Outcome(np.where(spins < 0, -1, 1).astype(np.int8))


def contestants() -> list[Contestant]:
    return [_AmplitudeControl()]
