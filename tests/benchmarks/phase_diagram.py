"""The phase diagram: a whole one against its target, where the time goes, and minima per second beside SciPy's.

Three tables.  A diagram of 33 pumps × 20 instances of 400 spins (two adiabatic replicas and eight random starts), whose
target is five minutes on two cores: in one thread, in threads, and in processes.  The shares of its stages.  And the
cost of one minimum with max |∂E/∂xᵢ| < 1e-9 from random starts, beside ``scipy.optimize.minimize`` from the same
points; SciPy's methods stop earlier, where their own tests end, which the last two columns show.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from harness import Table, arguments, compare, machine
from scipy.optimize import minimize

import ising_problems as ip
import landscapes as ls
from ising_problems.threads import single_threaded_algebra
from landscapes.following import Flow
from landscapes.minima import Landscape, curvature, landscape_of, settle
from landscapes.parallel import available_cores
from landscapes.states import measured

PUMPS = np.linspace(-2.0, 1.0, 33)
SCIPY = ("L-BFGS-B", "CG", "Newton-CG", "trust-ncg")


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__.splitlines()[0], 3)
    parser.add_argument("--size", type=int, default=400, help="number of spins")
    parser.add_argument("--instances", type=int, default=20)
    parser.add_argument("--workers", type=int, default=available_cores())
    options = parser.parse_args()
    size, instances = (60, 2) if options.quick else (options.size, options.instances)
    print(machine())
    ls.phase_diagram([0.0], 20, 1, threads=1)  # compiles
    whole(size, instances, options.workers)
    stages(size)
    with single_threaded_algebra():
        beside_scipy(size, 1 if options.quick else options.repeats or 3)


def whole(size: int, instances: int, workers: int) -> None:
    """Wall time of whole diagrams; the speed-up is over one thread."""
    table = Table(
        f"{len(PUMPS)} pumps x {instances} instances of {size} spins, 2 + 8 starts; the target is 300 s on two cores",
        ["where", "wall s", "cell s", "speed-up", "of target"],
    )
    alone = 0.0
    for name, run in _ways(workers).items():
        began = time.perf_counter()
        diagram = run(size, instances)
        wall = time.perf_counter() - began
        alone = alone or wall
        table.row(name, wall, diagram.attrs["seconds"] / instances, alone / wall, wall / 300)


def _ways(workers: int) -> dict[str, Callable[[int, int], Any]]:
    def processes(size: int, instances: int) -> Any:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            return ls.phase_diagram(PUMPS, size, instances, executor=pool)

    ways: dict[str, Callable[[int, int], Any]] = {
        "one thread": lambda size, instances: ls.phase_diagram(PUMPS, size, instances, threads=1),
        f"{workers} threads": lambda size, instances: ls.phase_diagram(PUMPS, size, instances, threads=workers),
        f"{workers} processes": processes,
    }
    return ways if workers > 1 else {"one thread": ways["one thread"]}


def _instance(size: int) -> tuple[ip.IsingModel, Landscape]:
    model = ip.sherrington_kirkpatrick(size, seed=0)
    return model, landscape_of(model)


def stages(size: int) -> None:
    """CPU time of each stage for one instance."""
    model, landscape = _instance(size)
    flow, spent = (
        Flow(landscape),
        dict.fromkeys(("ramp", "random starts", "descents", "Hessian", "all that is said"), 0.0),
    )

    def timed(stage: str, call: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = call()
        spent[stage] += time.process_time() - began
        return result

    path = flow.ramp(PUMPS.tolist(), 2, 1000, np.random.default_rng(0))
    attempts = 0
    with single_threaded_algebra():
        for pump in PUMPS.tolist():
            followed = timed("ramp", lambda: next(path))
            found = timed("random starts", lambda: flow.relax(pump, 8, 2000, np.random.default_rng(0)))  # noqa: B023
            for x in (*followed, *found):
                attempts += 1
                minimum, _ = timed("descents", lambda: settle(landscape, pump, x))  # noqa: B023
                timed("Hessian", lambda: curvature(landscape, pump, minimum))  # noqa: B023
                batch, yes = minimum[None], np.ones(1, dtype=bool)
                timed("all that is said", lambda: measured(model, landscape, pump, batch, yes))  # noqa: B023
    spent["all that is said"] -= spent["Hessian"]  # which it contains
    total = sum(spent.values())
    table = Table(f"stages of one instance of {size} spins, {attempts} minima", ["stage", "CPU s", "share"])
    for stage, seconds in spent.items():
        table.row(stage, seconds, seconds / total)


def beside_scipy(size: int, repeats: int) -> None:
    """Milliseconds of CPU for each minimum, as a ratio to ours, and what passed the residual test."""
    _, landscape = _instance(size)
    table = Table(
        f"one minimum from a random point, n = {size}, four starts",
        ["method", "pump", "ms", "ratio", "E/n", "passed", "residual"],
    )
    for pump in (-0.93, 0.0, 1.0):
        energy = ls.SoftSpinEnergy(ip.sherrington_kirkpatrick(size, seed=0), pump)
        starts = np.random.default_rng(0).standard_normal((4, size))
        methods = {"flow and Newton": lambda: _ours(landscape, pump)}  # noqa: B023
        methods |= {name: lambda name=name: _scipy(energy, starts, name) for name in SCIPY}  # noqa: B023
        timings = compare(methods, repeats)
        ours = timings["flow and Newton"].median()
        for name, call in methods.items():
            points = call()
            residual = np.max(np.abs(energy.gradient(points)), axis=1)
            seconds = timings[name].median()
            row = (pump, 250 * seconds, seconds / ours, float(np.mean(energy.value(points))) / size)
            table.row(name, *row, f"{np.count_nonzero(residual < 1e-9)} of 4", float(np.max(residual)))


def _ours(landscape: Landscape, pump: float) -> np.ndarray:
    found = Flow(landscape).relax(pump, 4, 2000, np.random.default_rng(0))
    return np.array([settle(landscape, pump, x)[0] for x in found])


def _scipy(energy: ls.SoftSpinEnergy, starts: np.ndarray, method: str) -> np.ndarray:
    second = {"hessp": energy.hessian_vector_product} if method in ("Newton-CG", "trust-ncg") else {}
    tight = {"gtol": 1e-10} if method != "Newton-CG" else {"xtol": 1e-14}
    tight |= {"ftol": 0.0, "maxfun": 100_000} if method == "L-BFGS-B" else {}
    options = tight | {"maxiter": 20_000}
    run = lambda x: minimize(energy.value, x, jac=energy.gradient, method=method, options=options, **second)  # noqa: E731
    return np.array([run(x).x for x in starts])


if __name__ == "__main__":
    main()
