"""Two workers against one: sweeps, studies and batches of problems whose cells take about a second.

Each way of working is run with one worker and with two, back to back, on the same cells; pools and clusters are started
before, as they serve many calls.  The target is a ratio of 1.7 or more.  The last column is the part of the time of one
worker that its cells do not account for: what the engine costs.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from harness import Absent, Table, arguments, compare, machine, warm_up

import cim
import ising_problems as ip
from landscapes import run_sweep

TARGET = 1.7


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__.splitlines()[0], 5)
    parser.add_argument("--cells", type=int, default=8)
    options = parser.parse_args()
    steps, cells, repeats = (100, 4, 1) if options.quick else (3000, options.cells, options.repeats or 5)
    print(machine())
    warm_up()
    for name, call in _calls(steps, cells).items():
        measure(name, call, repeats)


def measure(name: str, call: Callable[..., float], repeats: int) -> None:
    """One kind of work in every kind of worker."""
    table = Table(f"{name}; the target is a ratio of {TARGET}", ["workers", "one, s", "two, s", "ratio", "engine"])
    for kind, pool in _POOLS.items():
        try:
            with ExitStack() as stack:
                one, two = (stack.enter_context(pool(workers)) for workers in (1, 2))
                inside: list[float] = []  # seconds of the cells with one worker, the untimed call included
                alone = partial(_note, inside, partial(call, executor=one))
                timing = compare({"one": alone, "two": partial(call, executor=two)}, repeats, single=True)
        except Absent as reason:
            table.skip(kind, reason)
            continue
        wall = {workers: timing[workers].median("wall") for workers in timing}
        table.row(kind, wall["one"], wall["two"], wall["one"] / wall["two"], 1 - np.median(inside[1:]) / wall["one"])


def _note(seconds: list[float], call: Callable[[], float]) -> None:
    seconds.append(call())


# ---------------------------------------------------------------- what is done


def anneal(instance: ip.IsingModel, seed: np.random.Generator, steps: int) -> dict[str, Any]:
    """One cell: a pump ramp."""
    run = cim.simulate(instance, steps=steps, replicas=16, record=(), threads=1, seed=seed)
    return {"energy": ("replica", run["final_ising_energy"].values)}


def _calls(steps: int, cells: int) -> dict[str, Callable[..., float]]:
    """Each kind of work; the call returns the seconds of its cells."""
    models = [ip.sherrington_kirkpatrick(400, seed=k) for k in range(cells)]
    grid, objects = {"instance": range(cells)}, {"instance": models}

    def sweep(**where: Any) -> float:
        result = run_sweep(anneal, grid, objects=objects, arguments={"steps": steps}, **where)
        return float(result.attrs["seconds"])

    def kept(**where: Any) -> float:
        with tempfile.TemporaryDirectory() as folder:
            return sweep(path=Path(folder) / "sweep", **where)

    def study(**where: Any) -> float:
        schedules = {"linear": cim.linear(-2.2, 0.0), "smooth": cim.smooth(-2.2, 0.0)}
        result = cim.schedule_study(models, schedules, [steps], 16, tune_for=None, **where)
        # a schedule that is straight is its own control and runs once
        runs = result["seconds"].sel(line="own").sum() + result["seconds"].sel(line="straight", schedule="smooth").sum()
        return float(runs * result.sizes["replica"])

    def batch(**where: Any) -> float:
        result = cim.solve_many(models, "sa", steps=steps, replicas=32, **where)
        return float(result.dataset.attrs["seconds"])

    return {
        f"run_sweep: {cells} pump ramps of {steps} steps": sweep,
        "the same, each cell kept in a folder": kept,
        f"cim.schedule_study: two schedules of {steps} products on {cells} instances": study,
        f"cim.solve_many: annealing of {steps} sweeps on {cells} instances": batch,
    }


# ---------------------------------------------------------------- where it is done


def _processes(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def _dask(workers: int) -> Iterator[Executor]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise Absent("the extra [distributed] is not installed") from None
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client.get_executor()


_POOLS: dict[str, Callable[[int], Any]] = {"threads": ThreadPoolExecutor, "processes": _processes, "dask": _dask}


if __name__ == "__main__":
    main()
