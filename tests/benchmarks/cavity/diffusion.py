"""Trajectories of the quantum spin glass: our state diffusion beside QuTiP's solvers, at settings of equal accuracy.

    python tests/benchmarks/cavity/diffusion.py
    python tests/benchmarks/cavity/diffusion.py --trajectories 1000 --repeats 5

Sherrington–Kirkpatrick couplings, λ from 0 to 6 in T = 20/ω_z, η = 0.005, heterodyne detection; everyone in the σ^x
basis, where all but the transverse field is diagonal (H in the format that is fastest for it).  Times are CPU seconds
for one trajectory on one thread, medians; QuTiP's solvers are built once and not counted.

First who is accurate: the mean energy at the end, n = 6, beside ``mesolve``.  "bias/s.e." is the deviation in standard
errors of the mean over the runs (a twentieth of them for ``ssesolve``, which takes that long), "for one" what a
trajectory took.  Only settings with less than two are timed further.
Then seconds against n, the ratio QuTiP/ours, and memory: the estimate that the door uses, and what the process grew by.
Last, processes: the same replicas in a pool of one and of two.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import qutip

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import Table, arguments, compare, machine

import cim.cavity as cc
import ising_problems as ip
from cim.cavity.memory import in_bytes
from cim.cavity.trajectory_cells import working_memory

DURATION = 20.0
Solver = Callable[[int, int], np.ndarray]  # trajectories and a seed to their energies at the end

# QuTiP's settings that are tried: the solver, the format of the transverse part, and the integrator's options.
JUMPS = {
    "mcsolve vern7": ("mcsolve", "CSR", {"method": "vern7"}),
    "mcsolve vern7, Dia": ("mcsolve", "Dia", {"method": "vern7"}),
    "mcsolve adams": ("mcsolve", "CSR", {"method": "adams"}),
    "mcsolve vern7, rtol 1e-4": ("mcsolve", "CSR", {"method": "vern7", "atol": 1e-5, "rtol": 1e-4}),
    "mcsolve vern7, rtol 1e-3": ("mcsolve", "CSR", {"method": "vern7", "atol": 1e-4, "rtol": 1e-3}),
}
DIFFUSION = {
    "ssesolve euler, dt 0.02": ("ssesolve", "CSR", {"method": "euler", "dt": 0.02}),
    "ssesolve euler, dt 0.005": ("ssesolve", "CSR", {"method": "euler", "dt": 0.005}),
    "ssesolve rouchon, dt 0.02": ("ssesolve", "CSR", {"method": "rouchon", "dt": 0.02}),
    "ssesolve rouchon, dt 0.005": ("ssesolve", "CSR", {"method": "rouchon", "dt": 0.005}),
    "ssesolve platen, dt 0.02": ("ssesolve", "CSR", {"method": "platen", "dt": 0.02}),
    "ssesolve platen, dt 0.05": ("ssesolve", "CSR", {"method": "platen", "dt": 0.05}),
}


def model_of(n: int) -> ip.IsingModel:
    """The instance of a size."""
    return ip.sherrington_kirkpatrick(n, seed=0)


def ours(n: int, steps: int = 1000, unravelling: str = "heterodyne", duration: float = DURATION) -> Solver:
    """``cim.cavity.trajectories``, everything that it does counted."""
    model = model_of(n)

    def run(count: int, seed: int) -> np.ndarray:
        found = cc.trajectories(
            model,
            unravelling=unravelling,
            duration=duration,
            steps=steps,
            replicas=count,
            record=("energy",),
            record_steps=1,
            seed=seed,
            threads=1,
        )
        return found["energy"][-1].values

    return run


def qutips(n: int, solver: str, form: str, options: dict[str, Any]) -> Solver:
    """A solver of QuTiP, which keeps nothing but the energy at the end."""
    system = cc.dispersive_model(model_of(n))
    hamiltonian = system.hamiltonian if form == "CSR" else system.hamiltonian.to(form)  # the energy is "Dia" in both
    common = {"progress_bar": "", "keep_runs_results": True, **options}
    jumps = list(system.collapse_operators)
    if solver == "mcsolve":
        made: Any = qutip.MCSolver(hamiltonian, jumps, options=common)
    else:
        made = qutip.SSESolver(hamiltonian, jumps, heterodyne=True, options=common)
    times = [0.0, DURATION]

    def energy(time: float, state: Any) -> float:
        # explicit stochastic steps do not keep the norm
        return float((qutip.expect(system.observables["energy"], state) / state.norm() ** 2).real)

    def run(count: int, seed: int) -> np.ndarray:
        found = made.run(system.initial_state, times, ntraj=count, seeds=seed, e_ops=[energy])
        return np.array(found.runs_expect)[0, :, -1]

    return run


def accuracy(trajectories: int) -> dict[str, bool]:
    """Print who is accurate at n = 6; whether each is."""
    exact = float(
        cc.trajectories(model_of(6), method="mesolve", record=("energy",), record_steps=1, replicas=1, threads=1)[
            "energy"
        ][-1]
    )
    table = Table(
        f"Energy at the end, n = 6: mesolve {exact:.4f}",
        ["method", "runs", "energy", "±", "bias/s.e.", "for one [s]"],
        28,
    )
    candidates: dict[str, Solver] = {
        "ours, 1000 steps": ours(6),
        "ours, 1000 steps, homodyne": ours(6, unravelling="homodyne"),
        "ours, 250 steps": ours(6, steps=250),
    }
    candidates |= {name: qutips(6, *settings) for name, settings in (JUMPS | DIFFUSION).items()}
    good = {}
    for name, run in candidates.items():
        count = max(trajectories // 20, 20) if name in DIFFUSION else trajectories
        run(1, 0)
        began = time.process_time()
        energies = run(count, 1)
        seconds = (time.process_time() - began) / count
        bias = energies.mean() - exact
        error = energies.std(ddof=1) / np.sqrt(count)
        good[name] = bool(abs(bias) < 2.0 * error)
        table.row(name, str(count), f"{energies.mean():.4f}", f"{error:.4f}", f"{bias / error:+.2f}", seconds)
    return good


def speed(sizes: list[int], largest: dict[str, int], good: dict[str, bool], repeats: int) -> None:
    """Print seconds for one trajectory against n, and what they need of memory."""
    columns = ["n", "ours", *(name.removesuffix("solve") for name in ("mcsolve", "ssesolve"))]
    table = Table(
        "CPU seconds for one trajectory of T = 20: ours with 1000 steps, QuTiP's fastest accurate settings",
        [*columns, "mc/ours", "sse/ours", "spread", "memory (estimate)", "memory (grown by)"],
        4,
    )
    for n in sizes:
        count = max(2, min(64, (1 << 16) >> n))
        candidates: dict[str, Callable[[], Any]] = {"ours": _call(ours(n), count)}
        counts = {"ours": count}
        for kind, tried in (("mc", JUMPS), ("sse", DIFFUSION)):
            for name, settings in tried.items():
                if good.get(name) and n <= largest[kind]:
                    counts[name] = 2 if n < 9 else 1
                    candidates[name] = _call(qutips(n, *settings), counts[name])
        found = compare(candidates, repeats, single=True)
        seconds = {name: timing.median() / counts[name] for name, timing in found.items()}
        best = {
            kind: min((seconds[name] for name in tried if name in seconds), default=float("nan"))
            for kind, tried in (("mc", JUMPS), ("sse", DIFFUSION))
        }
        table.row(
            str(n),
            seconds["ours"],
            best["mc"],
            best["sse"],
            best["mc"] / seconds["ours"],
            best["sse"] / seconds["ours"],
            found["ours"].spread(),
            in_bytes(working_memory(n, 1 << n, "diffusion", 2)),
            _grown(n),
        )


def processes(n: int, replicas: int, repeats: int) -> None:
    """Print what a second process is worth."""
    model = model_of(n)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with ProcessPoolExecutor(1, get_context("spawn")) as one, ProcessPoolExecutor(2, get_context("spawn")) as two:
        pools = {1: one, 2: two}
        for workers, pool in pools.items():
            cc.trajectories(
                model, duration=0.4, replicas=16 * workers, steps=20, executor=pool
            )  # every worker has loaded all
        for _ in range(repeats):
            for workers, pool in pools.items():
                began = time.perf_counter()
                cc.trajectories(model, replicas=replicas, record=("energy",), record_steps=1, executor=pool)
                seconds[workers].append(time.perf_counter() - began)
    table = Table(f"Wall seconds, n = {n}, {replicas} trajectories in a pool of processes", ["workers", "seconds"], 8)
    for workers, values in seconds.items():
        table.row(str(workers), statistics.median(values))
    table.row("ratio", statistics.median(seconds[1]) / statistics.median(seconds[2]))


def _call(run: Solver, count: int) -> Callable[[], Any]:
    return lambda: run(count, 2)


def _grown(n: int) -> str:
    """By how much a process grows in a run of one group of replicas, after one of two spins."""
    count = max(1, min(8, (1 << 16) >> n))
    found = subprocess.run(
        [sys.executable, __file__, "--grow", str(n), str(count)], capture_output=True, text=True, check=True
    )
    return in_bytes(float(found.stdout))


def grow(n: int, count: int) -> None:
    """In a process of its own: print the bytes."""
    ours(2, 100, duration=2.0)(1, 0)
    before = _peak()
    ours(n, 100, duration=2.0)(count, 0)
    print(_peak() - before)


def _peak() -> float:
    """Most bytes that this process has held, NaN where the system does not say (getrusage counts the parent's)."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.is_file() else []
    found = [float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else float("nan")


def main() -> None:
    """Measure and print."""
    parser = arguments(str(__doc__).partition("\n")[0], repeats=5)
    parser.add_argument("--trajectories", type=int, default=1000, help="for the accuracy; 1000 by default")
    options = parser.parse_args()
    quick = options.quick
    print(machine())
    good = accuracy(20 if quick else options.trajectories)
    sizes = [6, 9] if quick else list(range(6, 16))
    speed(sizes, {"mc": 9 if quick else 12, "sse": 6 if quick else 9}, good, options.repeats or (1 if quick else 5))
    processes(*((8, 32) if quick else (12, 160)), options.repeats or (1 if quick else 5))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--grow"]:
        grow(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
