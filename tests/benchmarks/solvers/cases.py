"""The instances, by class: public ones, random ones with fixed seeds, and held-out members of the same families."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

import ising_problems as ip

from ..harness import instance
from . import generators

__all__ = ["CLASSES", "Case", "cases"]

# Best cuts known in the literature for the G-set.
BEST_CUTS = {
    "G1": 11624,
    "G6": 2178,
    "G11": 564,
    "G14": 3064,
    "G18": 992,
    "G22": 13359,
    "G32": 1410,
    "G35": 7687,
    "G42": 2481,
    "G43": 6660,
    "G48": 6000,
    "G55": 10299,
    "G70": 9595,
}

CLASSES = {
    "sk": "Sherrington-Kirkpatrick, Gaussian",
    "complete": "complete graph, weights ±1",
    "random": "Max-Cut of random graphs (G1, G6, G22, G43)",
    "planar": "Max-Cut of unions of planar graphs (G14, G35)",
    "planar-signed": "Max-Cut of planar unions, ±1 (G18, G42)",
    "torus": "Max-Cut of toroidal grids (G11, G32, G48)",
    "sparse": "Max-Cut of large sparse graphs (G55, G70)",
    "regular": "3-regular graphs, couplings ±1",
    "lattice-2d": "square lattices, couplings ±1",
    "lattice-3d": "cubic lattices, couplings ±1",
    "fields": "QUBO and spin glasses with fields",
}


@dataclass(frozen=True)
class Case:
    """An instance.

    Attributes
    ----------
    name, family : str
        ``family`` is a key of :data:`CLASSES`.
    load : callable
        Gives the model, or raises :class:`harness.Absent`.
    is_cut : bool
        Whether minus the energy is the weight of a cut, and is printed so; else the energy per spin is.
    best_energy : float or None
        The best known in the literature.
    held_out : bool
        Whether it was kept out of everything that parameters were chosen on.
    """

    name: str
    family: str
    load: Callable[[], ip.IsingModel]
    is_cut: bool = False
    best_energy: float | None = None
    held_out: bool = False


def cases(quick: bool = False) -> list[Case]:
    """All instances, in the order in which they are shown; the small ones only where ``quick``."""
    return _quick() if quick else [*_known(), *_held_out()]


def _quick() -> list[Case]:
    return [
        Case("SK 40", "sk", partial(ip.sherrington_kirkpatrick, 40, seed=0)),
        Case("torus 8 x 8", "torus", partial(_torus, 8, 8, True, 0), is_cut=True),
        Case("bqp-like 30", "fields", partial(_qubo, 30, 0.3, 0)),
    ]


def _known() -> list[Case]:
    found = [_sk(n, 0) for n in (100, 200, 500, 1000, 2000)]
    found.append(Case("±1 complete 2000", "complete", partial(_complete, 2000, 0)))
    families = {
        "random": ("G1", "G6", "G22", "G43"),
        "planar": ("G14", "G35"),
        "planar-signed": ("G18", "G42"),
        "torus": ("G11", "G32", "G48"),
        "sparse": ("G55", "G70"),
    }
    for family, names in families.items():
        found += [_from_file(name, family) for name in names]
    return [
        *found,
        Case("3-regular 10000", "regular", partial(ip.random_regular, 10_000, 3, seed=0)),
        Case("2-D 100^2", "lattice-2d", partial(ip.edwards_anderson, (100, 100), seed=0)),
        Case("3-D 20^3", "lattice-3d", partial(ip.edwards_anderson, (20, 20, 20), seed=0)),
        Case("queen5_5, 5 colours", "fields", _colouring, best_energy=0.0),
        Case("bqp-like 1000", "fields", partial(_qubo, 1000, 0.1, 0)),
        Case("bqp-like 2500", "fields", partial(_qubo, 2500, 0.1, 0)),
        Case("SK 1000 in a field", "fields", partial(_sk_in_field, 1000, 0)),
        Case("3-D 16^3 in a field", "fields", partial(_lattice_in_field, 16, 0)),
    ]


def _held_out() -> list[Case]:
    """Seeds that nothing was tuned on, and larger sizes."""
    seed = 20_001

    def cut(name: str, family: str, load: Callable[[], ip.IsingModel]) -> Case:
        return Case(name, family, load, is_cut=True, held_out=True)

    def glass(name: str, family: str, load: Callable[[], ip.IsingModel]) -> Case:
        return Case(name, family, load, held_out=True)

    return [
        *(_sk(n, seed, held_out=True) for n in (300, 1000, 3000)),
        glass("±1 complete 1500 held out", "complete", partial(_complete, 1500, seed)),
        cut("random 800, 6 % held out", "random", partial(_random, 800, 19_176, False, seed)),
        cut("random ±1 2000, 1 % held out", "random", partial(_random, 2000, 19_990, True, seed)),
        cut("planar 800 held out", "planar", partial(_planar, 800, False, seed)),
        cut("planar 3000 held out", "planar", partial(_planar, 3000, False, seed)),
        cut("planar ±1 800 held out", "planar-signed", partial(_planar, 800, True, seed)),
        cut("planar ±1 3000 held out", "planar-signed", partial(_planar, 3000, True, seed)),
        cut("torus ±1 40 x 75 held out", "torus", partial(_torus, 40, 75, True, seed)),
        cut("sparse 7000, 17148 held out", "sparse", partial(_random, 7000, 17_148, False, seed)),
        cut("sparse ±1 5000, 12498 held out", "sparse", partial(_random, 5000, 12_498, True, seed)),
        glass("3-regular 4000 held out", "regular", partial(ip.random_regular, 4000, 3, seed=seed)),
        glass("2-D 150^2 held out", "lattice-2d", partial(ip.edwards_anderson, (150, 150), seed=seed)),
        glass("3-D 12^3 held out", "lattice-3d", partial(ip.edwards_anderson, (12, 12, 12), seed=seed)),
        glass("bqp-like 1500 held out", "fields", partial(_qubo, 1500, 0.2, seed)),
    ]


def _sk(n: int, seed: int, held_out: bool = False) -> Case:
    name = f"SK {n}{' held out' if held_out else ''}"
    return Case(name, "sk", partial(ip.sherrington_kirkpatrick, n, seed=seed), held_out=held_out)


def _from_file(name: str, family: str) -> Case:
    def load() -> ip.IsingModel:
        return ip.read(instance(f"{name}.rud")).to_ising()

    return Case(name, family, load, is_cut=True, best_energy=-float(BEST_CUTS[name]))


def _colouring() -> ip.IsingModel:
    return ip.read(instance("queen5_5.col"), num_colors=5).to_ising()


def _complete(n: int, seed: int) -> ip.IsingModel:
    return ip.sherrington_kirkpatrick(n, couplings="binary", normalized=False, seed=seed)


def _signs(count: int, signed: bool, rng: np.random.Generator) -> np.ndarray:
    return 2.0 * rng.integers(0, 2, count) - 1 if signed else np.ones(count)


def _random(n: int, num_edges: int, signed: bool, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    edges = generators.edges_of_random_graph(n, num_edges, rng)
    return generators.max_cut(n, edges, _signs(len(edges[0]), signed, rng))


def _planar(n: int, signed: bool, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    edges = generators.edges_of_two_planar_graphs(n, rng)
    return generators.max_cut(n, edges, _signs(len(edges[0]), signed, rng))


def _torus(rows: int, columns: int, signed: bool, seed: int) -> ip.IsingModel:
    edges = generators.edges_of_torus(rows, columns)
    return generators.max_cut(rows * columns, edges, _signs(len(edges[0]), signed, np.random.default_rng(seed)))


def _qubo(n: int, density: float, seed: int) -> ip.IsingModel:
    return generators.random_qubo(n, density, np.random.default_rng(seed))


def _sk_in_field(n: int, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    return ip.IsingModel(ip.sherrington_kirkpatrick(n, seed=rng).J, 0.5 * rng.standard_normal(n))


def _lattice_in_field(side: int, seed: int) -> ip.IsingModel:
    rng = np.random.default_rng(seed)
    return ip.IsingModel(ip.edwards_anderson((side, side, side), seed=rng).J, rng.integers(-1, 2, side**3))
