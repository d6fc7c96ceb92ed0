"""The Hessian's index by LDLᵀ inertia beside eigenvalues, and the ends of its spectrum by Lanczos beside dense algebra.

Where the ways cross is what ``landscapes.hessian`` and ``landscapes.spectrum_edges`` choose by.  Ratios are to the
first column; linear algebra is on one thread.

Run with the package installed: ``python tests/benchmarks/hessian_index.py [--quick]``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from harness import Table, arguments, compare, machine
from scipy.linalg import eigh, ldl
from threadpoolctl import threadpool_limits

import ising_problems as ip
import landscapes as ls

PUMP = -0.5


def soft_spin_point(n: int, sparse: bool = False) -> tuple[ls.SoftSpinEnergy, np.ndarray]:
    """A soft-spin energy and a point from which descent has gone some way: curvatures of either sign."""
    model = ip.random_regular(n, 4, seed=0) if sparse else ip.sherrington_kirkpatrick(n, seed=0)
    energy = ls.SoftSpinEnergy(model, PUMP)
    x = 0.5 * np.random.default_rng(1).standard_normal(n)
    for _ in range(30):
        x = x - 0.05 * energy.gradient(x)
    return energy, x


def by_eigenvalues(matrices: np.ndarray) -> np.ndarray:
    """Index of each matrix of a batch by NumPy's batched solver."""
    return np.count_nonzero(np.linalg.eigvalsh(matrices) < 0, axis=-1)


def by_scipy(matrix: np.ndarray) -> int:
    """Index by ``scipy.linalg.ldl``, whose D is unpacked into a matrix of its own."""
    return int(np.count_nonzero(np.linalg.eigvalsh(ldl(matrix)[1]) < 0))


def one_point(sizes: list[int], repeats: int) -> None:
    """Index at one point, forming the Hessian included in every column."""
    table = Table(
        "index at one point: microseconds by eigenvalues, and the share of that by",
        ["n", "eigenvalues", "±", "scipy ldl", "hessian_index", "index"],
        name_width=8,
    )
    for n in sizes:
        energy, x = soft_spin_point(n)
        candidates: dict[str, Callable[[], object]] = {
            "eigenvalues": lambda energy=energy, x=x: by_eigenvalues(energy.hessian(x)),
            "index": lambda energy=energy, x=x: ls.hessian_index(energy, x),
        }
        if n <= 200:  # its D is diagonalised as a full matrix
            candidates["ldl"] = lambda energy=energy, x=x: by_scipy(energy.hessian(x))
        index = ls.hessian_index(energy, x)
        assert index == by_eigenvalues(energy.hessian(x))
        timings = compare(candidates, repeats)
        whole = timings["eigenvalues"].median()
        scipys = timings["ldl"].median() / whole if "ldl" in timings else np.nan
        share = timings["index"].median() / whole
        table.row(str(n), 1e6 * whole, timings["eigenvalues"].spread(), scipys, share, float(index))


def batches(sizes: list[int], count: int, repeats: int) -> None:
    """Index of many small matrices: where Python between two factorisations begins to cost."""
    table = Table(
        f"index at {count} points together: microseconds a point by batched eigenvalues, and the share of that by",
        ["n", "eigenvalues", "±", "hessian_index", "one by one"],
        name_width=8,
    )
    for n in sizes:
        energy, _ = soft_spin_point(n)
        x = 0.7 * np.random.default_rng(2).standard_normal((count, n))
        assert np.array_equal(ls.hessian_index(energy, x), by_eigenvalues(energy.hessian(x)))
        timings = compare(
            {
                "eigenvalues": lambda energy=energy, x=x: by_eigenvalues(energy.hessian(x)),
                "batch": lambda energy=energy, x=x: ls.hessian_index(energy, x),
                "single": lambda energy=energy, x=x: [ls.hessian_index(energy, point) for point in x],
            },
            repeats,
        )
        whole = timings["eigenvalues"].median()
        table.row(
            str(n),
            1e6 * whole / count,
            timings["eigenvalues"].spread(),
            timings["batch"].median() / whole,
            timings["single"].median() / whole,
        )


def edges(sizes: list[int], repeats: int) -> None:
    """The three softest modes: Lanczos against a dense solver asked for three."""
    table = Table(
        "three softest modes: milliseconds by SciPy's dense eigh of three, and the share of that by",
        ["n", "eigh", "±", "dense", "lanczos"],
        name_width=14,
    )
    for sparse in (False, True):
        for n in sizes:
            energy, x = soft_spin_point(n, sparse)
            timings = compare(
                {
                    "eigh": lambda energy=energy, x=x: eigh(energy.hessian(x), subset_by_index=[0, 2]),
                    "dense": lambda energy=energy, x=x: ls.soft_modes(energy, x, 3, method="dense"),
                    "lanczos": lambda energy=energy, x=x: ls.soft_modes(energy, x, 3, method="lanczos"),
                },
                repeats,
            )
            whole = timings["eigh"].median()
            name = f"{n}, {'degree 4' if sparse else 'dense J'}"
            shares = [timings[way].median() / whole for way in ("dense", "lanczos")]
            table.row(name, 1e3 * whole, timings["eigh"].spread(), *shares)


def density(sizes: list[int], repeats: int) -> None:
    """The density of eigenvalues against the whole spectrum: time, and how far the cumulated shares lie apart."""
    table = Table(
        "density of eigenvalues: milliseconds for the whole spectrum, and the share of that by",
        ["n", "spectrum", "lanczos", "apart", "polynomials", "apart"],
        name_width=14,
    )
    for sparse in (False, True):
        for n in sizes:
            energy, x = soft_spin_point(n, sparse)
            spectrum = ls.hessian_spectrum(energy, x)
            ways = ("lanczos", "kernel-polynomial")
            candidates: dict[str, Callable[[], object]] = {
                way: lambda energy=energy, x=x, way=way: ls.spectral_density(energy, x, method=way, seed=1)
                for way in ways
            }
            candidates["spectrum"] = lambda energy=energy, x=x: ls.hessian_spectrum(energy, x)
            timings = compare(candidates, repeats)
            whole = timings["spectrum"].median()
            cells = []
            for way in ways:
                found = ls.spectral_density(energy, x, method=way, seed=1)  # type: ignore[arg-type]
                apart = np.abs(np.searchsorted(spectrum, found.grid) / n - found.cumulative).max()
                cells += [timings[way].median() / whole, float(apart)]
            table.row(f"{n}, {'degree 4' if sparse else 'dense J'}", 1e3 * whole, *cells)


def main() -> None:
    """Print the four tables."""
    options = arguments("The index of a Hessian and the ends of its spectrum.", repeats=7).parse_args()
    repeats = options.repeats or (2 if options.quick else 7)
    print(machine())
    with threadpool_limits(limits=1, user_api="blas"):
        one_point([5, 20, 100] if options.quick else [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000], repeats)
        batches([4, 16] if options.quick else [2, 4, 6, 8, 12, 16, 24, 32, 64], 50 if options.quick else 500, repeats)
        edges([200] if options.quick else [200, 500, 1000, 2000], repeats)
        density([200] if options.quick else [500, 1000, 2000], repeats)


if __name__ == "__main__":
    main()
