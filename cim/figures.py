r"""Studies behind the figures that one command draws.

:func:`sizes_study`: energy per spin against size on the Sherrington–Kirkpatrick model, by the adiabatic machine and by
the spectral method, beside what theory says of large sizes.  With :math:`J_{ij} \sim N(0, 1/n)` the ground state tends
to :math:`E/n \to -0.7632`, and the signs of the top eigenvector of J to

.. math::  \frac{E}{n} \to -\frac12 \lambda_{\max} \Big(\frac{1}{\sqrt n} \sum_i |v_i|\Big)^2
           = -\frac12 \cdot 2 \cdot \frac2\pi = -\frac2\pi ,

because the eigenvector's entries are Gaussian, and what of the signs is orthogonal to it sees a spectrum that is even.

References: G. Parisi, Phys. Rev. Lett. 43, 1754 (1979); A. Yamamura, H. Mabuchi, S. Ganguli, arXiv:2309.08119.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ising_problems import IsingModel
from ising_problems.checks import checked_integer
from ising_problems.ensembles import sherrington_kirkpatrick
from landscapes.interruptions import note_interruption
from landscapes.lanczos import lanczos

from ._simulate import simulate
from .plotting.sizes import PARISI_ENERGY, SPECTRAL_ENERGY
from .results import Status
from .versions import versions

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SIZES", "default_instances", "sizes_study", "spectral_spins"]

SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000)

# The work of an instance grows as n²; so many units of it are spent at each size, within these numbers of instances.
_WORK = 2e7
_MOST_INSTANCES = 20


def default_instances(size: int) -> int:
    """Instances at a size, when none are asked for: 20 up to n = 1000, then fewer, as n⁻², down to one."""
    return max(1, min(_MOST_INSTANCES, int(_WORK / max(size, 1) ** 2)))


def sizes_study(
    sizes: Sequence[int] = SIZES,
    instances: int | Sequence[int] | None = None,
    *,
    steps: int = 3000,
    replicas: int = 8,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Energy per spin of the Sherrington–Kirkpatrick model against its size, machine and spectral method.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of spins, increasing.
    instances : int or sequence of int, optional
        Instances at every size, or at each; :func:`default_instances` otherwise.
    steps : int, default 3000
        Steps of the machine's ramp, :func:`cim.simulate`'s own: no momentum, no clip, no polish.
    replicas : int, default 8
        Runs of the machine on each instance.
    seed : int, numpy.random.Generator or None, default 0
        An instance and its runs depend on the seed, the size and the instance's number, not on the other sizes.
    threads : int, optional
    progress : bool, default False

    Returns
    -------
    xarray.Dataset
        ``cim(size, instance)``: E/n, the mean over the replicas; ``spectral(size, instance)``: E/n of the signs of
        J's top eigenvector; NaN where a size has fewer instances than another.  ``attrs`` hold the theory's two
        values, the parameters and ``status``: "completed", "diverged" or, after Ctrl-C, "interrupted"; what was
        finished until then is there.

    Raises
    ------
    ValueError
        If the sizes do not increase, or a number is out of range.

    Notes
    -----
    One instance is in memory at a time: n = 10,000 takes about 1.5 GB and, at 3000 steps, a few minutes.
    """
    import xarray as xr

    sizes = _checked_sizes(sizes)
    counts = _checked_instances(instances, sizes)
    steps, replicas = checked_integer(steps, "steps", 1), checked_integer(replicas, "replicas", 1)
    entropy = _entropy(seed)
    machine, spectral = (np.full((len(sizes), max(counts)), np.nan) for _ in range(2))
    status = Status.COMPLETED
    try:
        for row, k in _cells(sizes, counts, progress):
            rng = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(sizes[row], k)))
            model = sherrington_kirkpatrick(sizes[row], seed=rng)
            run = simulate(model, steps=steps, replicas=replicas, record=(), seed=rng, threads=threads)
            if run.attrs["status"] == Status.INTERRUPTED:
                raise KeyboardInterrupt
            if run.attrs["status"] == Status.DIVERGED:
                status = Status.DIVERGED
            machine[row, k] = run["final_ising_energy"].values.mean() / sizes[row]
            spectral[row, k] = model.energy(spectral_spins(model, rng)) / sizes[row]
            del model, run  # before the next is made
    except KeyboardInterrupt:
        if np.isnan(machine).all():
            raise
        note_interruption()
        status = Status.INTERRUPTED
    return xr.Dataset(
        {"cim": (("size", "instance"), machine), "spectral": (("size", "instance"), spectral)},
        coords={"size": list(sizes), "instance": np.arange(max(counts))},
        attrs={
            "ground_state_energy": PARISI_ENERGY,
            "spectral_energy": float(SPECTRAL_ENERGY),
            "steps": steps,
            "replicas": replicas,
            "seed": str(entropy),
            "status": status.value,
            "versions": repr(versions()),
        },
    )


def spectral_spins(model: IsingModel, rng: np.random.Generator) -> np.ndarray:
    """Signs of the top eigenvector of J: the spectral relaxation, rounded.  int8, shape (n,)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # the same rounding on any number of cores
        start = rng.standard_normal(model.num_spins)
        _, vectors = lanczos(model.J.astype(np.float64, copy=False), 1, "LA", start, tol=1e-4)
    return np.where(vectors[:, 0] < 0, np.int8(-1), np.int8(1))


def _cells(sizes: Sequence[int], counts: Sequence[int], progress: bool) -> Iterator[tuple[int, int]]:
    """Each (row, instance) in turn, with a progress bar that counts the work."""
    from tqdm.auto import tqdm

    work = sum(count * size**2 for size, count in zip(sizes, counts, strict=True))
    with tqdm(total=1.0, disable=not progress, bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}") as bar:
        for row, (size, count) in enumerate(zip(sizes, counts, strict=True)):
            for k in range(count):
                bar.set_description_str(f"n = {size}, instance {k + 1} of {count}")
                yield row, k
                bar.update(size**2 / work)


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    checked = tuple(checked_integer(size, f"sizes[{i}]", 3) for i, size in enumerate(sizes))
    if not checked:
        raise ValueError("sizes: at least one is needed")
    for before, after in pairwise(checked):
        if after <= before:
            raise ValueError(f"sizes: must increase, but {after} follows {before}")
    return checked


def _checked_instances(instances: int | Sequence[int] | None, sizes: Sequence[int]) -> tuple[int, ...]:
    if instances is None:
        return tuple(default_instances(size) for size in sizes)
    if isinstance(instances, (int, np.integer)):
        return (checked_integer(instances, "instances", 1),) * len(sizes)
    if len(instances) != len(sizes):
        raise ValueError(
            f"instances: one number, or one for each of the {len(sizes)} sizes, but {len(instances)} given"
        )
    return tuple(checked_integer(count, f"instances[{i}]", 1) for i, count in enumerate(instances))


def _entropy(seed: int | np.random.Generator | None) -> int:
    """The number that every instance's generator is derived from."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    return int(np.random.default_rng().integers(2**63)) if seed is None else checked_integer(seed, "seed", 0)
