"""The predicted Hessian spectrum beside the usual iteration of its equation, and beside diagonalising one matrix.

Two tables, at amplitudes of a rigid state: the density at 400 points of the real axis, and the quantities at zero that
a sweep needs at every state.  The peers: damped fixed-point iteration G <- (G + <1/(d - z - G)>)/2 in NumPy, just above
the axis because it does not converge on it, until a step is below 1e-8 or 20,000 are done; SciPy's root search from a
point of the upper half-plane; ``numpy.linalg.eigvalsh`` of one random matrix with this diagonal.  "wrong" is the
share of points at which the equation is not satisfied to 1e-6 or Im G is negative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from harness import Table, arguments, compare, machine
from scipy.optimize import root

from ising_problems.threads import single_threaded_algebra
from landscapes import theory

HEIGHT = 1e-4  # above the real axis, for the iteration
POINTS = 400


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__.splitlines()[0], 5)
    options = parser.parse_args()
    repeats = options.repeats or (1 if options.quick else 5)
    print(machine())
    with single_threaded_algebra():
        for n in (200,) if options.quick else (500, 2000):
            density(n, repeats)
            at_zero(n, repeats)


def amplitudes(n: int) -> np.ndarray:
    """Amplitudes of a made-up rigid state: either sign, none small."""
    rng = np.random.default_rng(n)
    return rng.choice([-1.0, 1.0], n) * (0.5 + rng.gamma(4.0, 0.2, n))


def density(n: int, repeats: int) -> None:
    """Whole densities."""
    x, pump = amplitudes(n), 0.0
    d = 3 * x * x - pump
    grid = np.linspace(-1, 12, POINTS)
    rng = np.random.default_rng(0)
    upper = np.triu(rng.standard_normal((n, n)), 1) / np.sqrt(n)
    matrix = np.diag(d) - upper - upper.T
    ways: dict[str, Callable[[], np.ndarray]] = {
        "ours, on the axis": lambda: theory.hessian_resolvent(x, pump, grid),
        f"ours, {HEIGHT:g} above": lambda: theory.hessian_resolvent(x, pump, grid + 1j * HEIGHT),
        f"iteration, {HEIGHT:g} above": lambda: iterated(d, grid + 1j * HEIGHT),
        f"scipy root, {HEIGHT:g} above": lambda: searched(d, grid + 1j * HEIGHT),
        "eigvalsh of one matrix": lambda: np.linalg.eigvalsh(matrix),
    }
    timings = compare(ways, repeats)
    table = Table(f"density of {n} spins at {POINTS} points", ["way", "ms", "ratio", "wrong"], 26)
    unit = timings["ours, on the axis"].median()
    for name, way in ways.items():
        z = grid + (1j * HEIGHT if "above" in name else 0)
        wrong = "" if "eigvalsh" in name else share_wrong(d, z, way())
        table.row(name, 1e3 * timings[name].median(), timings[name].median() / unit, wrong)


def at_zero(n: int, repeats: int) -> None:
    """Numbers for one state."""
    x, pump = amplitudes(n), 0.0
    ways: dict[str, Callable[[], object]] = {
        "hessian_edge": lambda: theory.hessian_edge(x, pump),
        "marginality": lambda: theory.marginality(x, pump),
        "inverse_trace_prediction": lambda: theory.inverse_trace_prediction(x, pump),
        "hessian_quantile, lowest": lambda: theory.hessian_quantile(x, pump, 0.5 / n),
        "hessian_bulk": lambda: theory.hessian_bulk(x, pump),
    }
    timings = compare(ways, repeats)
    table = Table(f"one state of {n} spins", ["call", "us", "spread"], 26)
    for name in ways:
        table.row(name, 1e6 * timings[name].median(), timings[name].spread())


def iterated(d: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Damped iteration, all points together."""
    resolvent = np.full(z.shape, 1j)
    active = np.arange(z.size)
    for _ in range(20_000):
        following = 0.5 * (resolvent[active] + np.mean(1 / (d - (z[active] + resolvent[active])[:, None]), axis=1))
        step = np.abs(following - resolvent[active])
        resolvent[active] = following
        active = active[step > 1e-8]
        if not active.size:
            break
    return resolvent


def searched(d: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A root search at each point from that of its neighbour."""
    result, start = np.empty(z.shape, complex), np.array([0.1, 1.0])
    for k, point in enumerate(z):

        def equation(parts: np.ndarray, point: complex = point) -> list[float]:
            resolvent = complex(*parts)
            rest = resolvent - np.mean(1 / (d - point - resolvent))
            return [rest.real, rest.imag]

        found = root(equation, start).x
        result[k] = complex(*found)
        start = np.array([found[0], max(found[1], 1e-3)])
    return result


def share_wrong(d: np.ndarray, z: np.ndarray, resolvent: np.ndarray) -> float:
    """Share of points that are no solution, or not the one with Im G ≥ 0."""
    rest = np.array([g - np.mean(1 / (d - point - g)) for point, g in zip(z, resolvent, strict=True)])
    return float(np.mean((np.abs(rest) > 1e-6) | (resolvent.imag < -1e-12)))


if __name__ == "__main__":
    main()
