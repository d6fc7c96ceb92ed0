"""Batched dynamics against the matrix product that they are made of.

A step of the machine is one product of the couplings with a batch of amplitudes and one fused pass over the
amplitudes.  How good that is, is a ratio: dense, to ``numpy.dot`` on the same arrays; sparse, to SciPy's own product.

Run with the package installed: ``python tests/benchmarks/dynamics.py [--quick]``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from harness import Absent, Table, arguments, compare, instance, machine, warm_up
from threadpoolctl import threadpool_limits

import cim
import ising_problems as ip
from cim.couplings import Couplings, sparse_matrix, sparse_product
from cim.dynamics import find
from cim.dynamics.base import Machine
from cim.dynamics.driver import REPLICAS_PER_BATCH, Evolution
from cim.dynamics.machine import build_machine, starting_amplitudes

REPLICAS = 64
RECORDS = 50  # each costs two products
STEPS = 100_000  # long enough never to end: the pump hardly moves while it is being measured
TARGET_INSIDE = 85.0
TARGET_SPARSE = 0.2


def build(model: ip.IsingModel) -> Machine:
    """The physical machine at a pump where amplitudes are of order one, as ``cim.simulate`` builds it."""
    return build_machine(
        model,
        schedule=cim.linear(-0.5, 0.0),
        steps=STEPS,
        dt=0.2,
        momentum=0.0,
        clip=None,
        noise=0.0,
        measurement_noise=0.0,
        options={},
    )


def evolution(model: ip.IsingModel, machine: Machine, replicas: int) -> Evolution:
    """A batch that has left the origin."""
    rng = np.random.default_rng(0)
    start = starting_amplitudes(model, 0.3, replicas, machine.amplitude_unit, rng)
    batch = Evolution(find("cim"), machine, np.ascontiguousarray(start.T), rng)
    batch.advance(20)
    return batch


def stepping(batch: Evolution, steps: int) -> Callable[[], None]:
    """So many further steps of a batch."""

    def call() -> None:
        batch.advance(batch.steps_taken + steps)

    return call


def multiplying(matrix: np.ndarray, x: np.ndarray, times: int) -> Callable[[], None]:
    """``numpy.dot`` alone, as often as there are steps."""
    out = np.empty_like(x)

    def call() -> None:
        for _ in range(times):
            np.dot(matrix, x, out=out)

    return call


def dense(sizes: list[int], repeats: int) -> None:
    """Steps of 64 replicas in batches against the product alone, in the same batches and as one of 64 columns."""
    batches = REPLICAS // REPLICAS_PER_BATCH
    table = Table(
        f"Dense: one step of {REPLICAS} replicas in batches of {REPLICAS_PER_BATCH}, float32, one thread, CPU time.\n"
        "inside: numpy.dot alone on the same arrays as a share of the step; target "
        f"{TARGET_INSIDE:.0f} % at n >= 500.\npeak: the step's speed against numpy.dot on {REPLICAS} columns at once.",
        ["SK, n", "us/step", "spread %", "GFLOP/s", "dot GFLOP/s", "dot64 GFLOP/s", "inside %", "peak %", "verdict"],
    )
    for n in sizes:
        model = ip.sherrington_kirkpatrick(n, seed=0)
        machine = build(model)
        assert machine.couplings.is_dense
        batch = evolution(model, machine, REPLICAS_PER_BATCH)
        matrix = machine.couplings.matrix
        steps = int(np.clip(2e8 / (2.0 * n * n * REPLICAS_PER_BATCH), 1, 200))
        whole = np.concatenate([batch.batch.amplitudes] * batches, axis=1)
        times = compare(
            {
                "step": stepping(batch, steps),
                "product": multiplying(matrix, batch.batch.amplitudes, steps),
                "peak": multiplying(matrix, whole, steps),
            },
            repeats,
        )
        step, product = (times[name].median() / steps for name in ("step", "product"))
        peak = times["peak"].median() / steps
        operations = 2.0 * n * n * REPLICAS_PER_BATCH * 1e-9
        inside = 100 * product / step
        table.row(
            f"n = {n}",
            1e6 * step * batches,
            100 * times["step"].spread(),
            operations / step,
            operations / product,
            operations * batches / peak,
            inside,
            100 * peak / (step * batches),
            "-" if n < 500 else "met" if inside >= TARGET_INSIDE else "missed",
        )


def _grid_of_g70() -> ip.IsingModel:
    """Random sparse couplings of the size and density of G70 (10,000 spins, mean degree 2)."""
    import scipy.sparse as sp

    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 10_000, (2, 9_999))
    kept = rows != columns
    upper = sp.coo_array((np.ones(kept.sum()), (rows[kept], columns[kept])), shape=(10_000, 10_000)).tocsr()
    return ip.IsingModel(upper + upper.T)


def _from_file(name: str) -> Callable[[], ip.IsingModel]:
    return lambda: ip.read(instance(name)).to_ising()


def sparse(cases: dict[str, Callable[[], ip.IsingModel]], repeats: int) -> None:
    """The sparse product against SciPy's, and whole steps."""
    import scipy.sparse as sp

    table = Table(
        "Sparse: couplings in compressed rows times a batch, float32, one thread, CPU time, ns per nonzero and "
        f"replica.\nratio: SciPy / ours (above 1, ours is faster); target <= {TARGET_SPARSE} ns.",
        ["instance", "nonzeros", "replicas", "ours ns", "spread %", "SciPy ns", "ratio", "step ns", "verdict"],
    )
    for name, load in cases.items():
        try:
            model = load()
        except Absent as reason:
            table.skip(name, reason)
            continue
        matrix = sparse_matrix(model, 1.0)
        plain = sp.csr_array(matrix)
        for replicas in (32, 64):
            machine = build(model)
            assert not machine.couplings.is_dense
            batch = evolution(model, machine, replicas)
            x, out = batch.batch.amplitudes, np.empty_like(batch.batch.amplitudes)
            times = compare(
                {
                    "ours": _sparse_call(matrix, x, out),
                    "scipy": _scipy_call(plain, x),
                    "step": stepping(batch, 1),
                },
                repeats,
            )
            unit = matrix.nnz * replicas * 1e-9
            ours, theirs, step = (times[key].median() / unit for key in ("ours", "scipy", "step"))
            verdict = "met" if ours <= TARGET_SPARSE else "missed"
            spread = 100 * times["ours"].spread()
            table.row(name, str(matrix.nnz), str(replicas), ours, spread, theirs, theirs / ours, step, verdict)


def _sparse_call(matrix: Any, x: np.ndarray, out: np.ndarray) -> Callable[[], None]:
    return lambda: sparse_product(matrix.indptr, matrix.indices, matrix.data, x, out)


def _scipy_call(matrix: Any, x: np.ndarray) -> Callable[[], Any]:
    return lambda: matrix @ x


def whole_runs(cases: list[tuple[str, Callable[[], ip.IsingModel], int, int]], repeats: int) -> None:
    """``cim.simulate`` from call to return, records included, on one thread and on two."""
    table = Table(
        f"cim.simulate from call to return, Ising energy recorded at {RECORDS} moments: wall seconds.\n"
        "speed-up: one thread / two, on this many cores and under this load; products: the share of the CPU time that\n"
        "numpy.dot alone would take for the steps.",
        ["run", "steps", "replicas", "1 thread", "spread %", "2 threads", "speed-up", "products %"],
        name_width=26,
    )
    for name, load, steps, replicas in cases:
        try:
            model = load()
        except Absent as reason:
            table.skip(name, reason)
            continue
        times = compare(
            {
                "1": _simulation(model, steps, replicas, 1),
                "2": _simulation(model, steps, replicas, 2),
            },
            repeats,
            single=True,
        )
        share = "-"
        couplings = build(model).couplings
        if couplings.is_dense:
            columns = min(replicas, REPLICAS_PER_BATCH)
            x = np.ones((model.num_spins, columns), dtype=np.float32)
            product = compare({"product": multiplying(couplings.matrix, x, 10)}, repeats)["product"].median() / 10
            spent = product * steps * replicas / columns
            share = f"{100 * spent / times['1'].median():.0f}"
        one, two = times["1"].median("wall"), times["2"].median("wall")
        table.row(name, str(steps), str(replicas), one, 100 * times["1"].spread("wall"), two, one / two, share)


def _simulation(model: ip.IsingModel, steps: int, replicas: int, threads: int) -> Callable[[], Any]:
    return lambda: cim.simulate(
        model, steps=steps, replicas=replicas, threads=threads, record="ising_energy", record_steps=RECORDS
    )


def _spin_glass(n: int) -> Callable[[], ip.IsingModel]:
    return lambda: ip.sherrington_kirkpatrick(n, seed=0)


def product_in_place(sizes: list[int], repeats: int) -> None:
    """The share of the product measured inside a running step, as a check on the comparison above."""
    table = Table(
        "Dense, the same share measured inside the running step: each product timed where it happens, thread CPU time.",
        ["SK, n", "us/step", "inside %"],
    )
    for n in sizes:
        model = ip.sherrington_kirkpatrick(n, seed=0)
        watched = _Watched(model, build(model))
        batch = evolution(model, watched.machine, REPLICAS_PER_BATCH)
        steps = int(np.clip(2e9 / (2.0 * n * n * REPLICAS_PER_BATCH), 10, 2000))
        shares, totals = [], []
        for _ in range(repeats):
            watched.seconds = 0.0
            began = time.thread_time()
            batch.advance(batch.steps_taken + steps)
            total = time.thread_time() - began
            shares.append(watched.seconds / total)
            totals.append(total / steps * REPLICAS / REPLICAS_PER_BATCH)
        table.row(f"n = {n}", 1e6 * float(np.median(totals)), 100 * float(np.median(shares)))


class _Watched:
    """A machine whose products are timed."""

    def __init__(self, model: ip.IsingModel, machine: Machine) -> None:
        self.seconds = 0.0
        watch = self

        class TimedCouplings(Couplings):
            def product(self, x: np.ndarray, out: np.ndarray) -> np.ndarray:
                began = time.thread_time()
                result = super().product(x, out)
                watch.seconds += time.thread_time() - began
                return result

        unit = machine.pump_unit
        self.machine = replace(machine, couplings=TimedCouplings(model, unit, unit**1.5))


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__.splitlines()[0], repeats=7).parse_args()
    repeats = options.repeats or (2 if options.quick else 7)
    sizes = [100, 500] if options.quick else [100, 200, 500, 1000, 2000]
    names = ["G1.rud"] if options.quick else ["G1.rud", "G22.rud", "G70.rud"]
    print(machine())
    warm_up()
    with threadpool_limits(limits=1, user_api="blas"):
        dense(sizes, repeats)
        product_in_place(sizes, repeats)
        files: dict[str, Callable[[], ip.IsingModel]] = {name.removesuffix(".rud"): _from_file(name) for name in names}
        sparse({**files, "like G70, generated": _grid_of_g70}, repeats)
        runs = [("adiabatic, SK n = 500", _spin_glass(500), 300 if options.quick else 3000, 8)]
        if not options.quick:
            runs += [
                ("SK n = 1000", _spin_glass(1000), 1000, 64),
                ("SK n = 2000", _spin_glass(2000), 300, 64),
                ("G22", _from_file("G22.rud"), 1000, 64),
            ]
        whole_runs(runs, repeats=min(repeats, 5))


if __name__ == "__main__":
    main()
