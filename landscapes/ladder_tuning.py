r"""Temperatures for parallel tempering at which all exchanges are accepted equally often, found by pilot runs.

The acceptance of an exchange between two temperatures, :math:`A = \langle\min(1, e^{(\beta - \beta')(E - E')})\rangle`
with :math:`\beta = 1/T`, is an average over two independent energies, each from its own Boltzmann distribution.  Where
these are normal and of the same width σ, the exponent is normal with mean :math:`-\ell^2` and variance
:math:`2\ell^2`, :math:`\ell = (\beta - \beta')\sigma`, so that

.. math:: A = \operatorname{erfc}(\ell/2), \qquad \ell = 2 \operatorname{erfc}^{-1}(A) .

The length :math:`\ell` adds up along the temperatures, :math:`\ell = \int \sigma\,d\beta` (an acceptance does not), and
a ladder whose gaps have equal lengths has equal acceptances.  So each pilot run measures the acceptance of every gap,
turns it into a length by the formula, and the next ladder divides the sum of them evenly, by a monotone interpolation
in ln T.  Where energies are not normal the lengths of the formula are not quite additive, but a ladder of equal
acceptances is a fixed point nevertheless.  A gap too wide for its acceptance to be measured is given the length that
mean energies imply, :math:`\ell^2 = (\beta - \beta')(\langle E'\rangle - \langle E\rangle)`.

Averages over all pairs of energies from two temperatures are used rather than exchanges that were counted: the same
mean, and less noise.

How many temperatures: where exchanges take turns at even and odd gaps, as they do here, and energies are forgotten
within a sweep, chains make the most round trips for the work if one exchange in two is accepted (Syed et al.).  Where
relaxation is slow in a narrow range of temperatures, equal acceptances are not the best that can be done (Katzgraber,
Trebst, Huse, Troyer): look at the flow of the chains, ``descending_fraction``.

Sources: Kofke, J. Chem. Phys. 117, 6911 (2002) and Predescu, Predescu, Ciobanu, J. Chem. Phys. 120, 4119 (2004)
(acceptances of normal energies); Hukushima, Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996) (iterated to equal acceptance);
Syed, Bouchard-Côté, Deligiannidis, Doucet, J. R. Stat. Soc. B 84, 321 (2022); Katzgraber, Trebst, Huse, Troyer, J.
Stat. Mech. P03018 (2006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import erfcinv

from ising_problems import IsingModel, Problem
from ising_problems.checks import checked_generator, checked_integer, checked_number

from .interruptions import note_interruption
from .progress import ProgressBar
from .sampler_arguments import checked_model
from .sampling import geometric_temperatures, parallel_tempering

__all__ = ["TemperatureLadder", "tuned_temperatures"]

_ENERGIES = 400  # of each temperature, of which all pairs are formed
_MEASURABLE = 1e-3  # acceptance below which few pairs tell it
_FINE = 1000  # points of ln T at which the lengths of several runs are averaged
_EVEN = 0.015  # largest deviation of an acceptance from their mean at which a ladder is not changed any more
_MOST = 1000  # temperatures


@dataclass(frozen=True, eq=False)
class TemperatureLadder:
    """Temperatures and how often neighbours among them exchange their chains; see :func:`tuned_temperatures`.

    Attributes
    ----------
    temperatures : numpy.ndarray, shape (T,)
        Increasing, in the model's units.
    acceptance : numpy.ndarray, shape (T - 1,)
        Mean acceptance of an exchange between each temperature and the next, in the pilot run at these temperatures.
    sweeps : int
        Sweeps of every chain that were spent on all pilot runs together.
    status : str
        "completed", or "interrupted" by Ctrl-C or the callback: the best so far.
    """

    temperatures: np.ndarray
    acceptance: np.ndarray
    sweeps: int
    status: str


def tuned_temperatures(
    model: IsingModel | Problem,
    low: float,
    high: float,
    count: int | None = None,
    acceptance: float = 0.5,
    *,
    sweeps: int = 2000,
    rounds: int = 8,
    seed: int | np.random.Generator | None = 0,
    threads: int | None = None,
    progress: bool = False,
    callback: Callable[[float], Any] | None = None,
    **arguments: Any,
) -> TemperatureLadder:
    """Temperatures between two ends at which all exchanges of parallel tempering are accepted equally often.

    Parameters
    ----------
    model : IsingModel or Problem
    low, high : float
        First and last temperature, kept as they are.
    count : int, optional
        How many, at least 2; by default as many as the wanted acceptance needs.
    acceptance : float, default 0.5
        Wanted, between 0 and 1, exclusive; not used where ``count`` is given.
    sweeps : int, default 2000
        Sweeps of a pilot run that are measured, at least 10.
    rounds : int, default 8
        Pilot runs at most.  The first has as many sweeps before those that are measured, the others a quarter, since
        they go on from where the last one ended.
    seed : int, numpy.random.Generator or None, default 0
        Fixes the result, whatever the number of threads.
    threads, progress, callback
        As for :func:`landscapes.parallel_tempering`.
    **arguments
        Further ones for :func:`landscapes.parallel_tempering`: ``replicas``, ``cluster_moves``, ``update``.

    Returns
    -------
    TemperatureLadder
        Of the ladders that were tried, the one whose acceptances differ least.

    Raises
    ------
    ValueError
        If an argument is out of range, or more than 1000 temperatures would be needed.

    Examples
    --------
    >>> import ising_problems as ip
    >>> ladder = tuned_temperatures(ip.sherrington_kirkpatrick(60, seed=0), 0.3, 1.5, 6)
    >>> bool(np.ptp(ladder.acceptance) < 0.1)
    True
    """
    model = checked_model(model)
    low = checked_number(low, "low", above=0.0)
    high = checked_number(high, "high", above=low)
    count = None if count is None else checked_integer(count, "count", 2)
    acceptance = checked_number(acceptance, "acceptance", above=0.0, below=1.0)
    sweeps = checked_integer(sweeps, "sweeps", 10)
    rounds = checked_integer(rounds, "rounds", 1)
    for name in ("temperatures", "burn_in", "interval", "initial", "record", "path"):
        if name in arguments:
            raise TypeError(f"{name}: the pilot runs set this themselves; leave it out")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function of one argument is needed, but it is {callback!r}")
    rng = checked_generator(seed)
    ladder = geometric_temperatures(low, high, 8 if count is None else count)
    grid = np.linspace(np.log(low), np.log(high), _FINE)
    lengths = np.zeros(_FINE)  # from the coldest on, averaged over the rounds, the later ones more
    settings = {"burn_in": sweeps, "record": (), "seed": rng, "threads": threads, **arguments}
    best: TemperatureLadder | None = None
    spent, status, stopped = 0, "completed", False
    with ProgressBar(progress, "tuning") as bar:
        for done in range(rounds):

            def watch(fraction: float, done: int = done) -> bool:
                nonlocal stopped
                bar.show((done + fraction) / rounds)
                stopped = callback is not None and bool(callback((done + fraction) / rounds))
                return stopped

            try:
                run = parallel_tempering(model, ladder, sweeps, callback=watch, **settings)
            except KeyboardInterrupt:
                if best is None:
                    raise
                note_interruption()
                status = "interrupted"
                break
            spent += settings["burn_in"] + sweeps
            energies = run["energy"].values
            accepted = _acceptances(energies, ladder)
            if best is None or len(ladder) != len(best.temperatures) or np.ptp(accepted) < np.ptp(best.acceptance):
                best = TemperatureLadder(ladder, accepted, 0, "")
            if run.attrs["status"] == "interrupted" or (stopped and done + 1 < rounds):
                status = "interrupted"
                break
            measured = _lengths_along(grid, ladder, energies, accepted)
            lengths = measured if done == 0 else (lengths + measured) / 2
            fixed = count is not None or done >= rounds // 2  # then there is time to make them even
            following = len(ladder) if fixed else _count(lengths[-1], acceptance)
            even = np.abs(accepted - accepted.mean()).max() <= _EVEN
            if lengths[-1] == 0.0 or (even and following == len(ladder)):
                break
            before = ladder
            inner = np.interp(np.linspace(0.0, lengths[-1], following)[1:-1], lengths, grid)
            ladder = np.concatenate([[low], np.exp(inner), [high]])
            nearest = np.abs(np.log(ladder)[:, None] - np.log(before)).argmin(axis=1)
            settings |= {"initial": run["final_spins"].values[:, nearest], "burn_in": sweeps // 4}
    assert best is not None
    return TemperatureLadder(best.temperatures, best.acceptance, spent, status)


def _acceptances(energies: np.ndarray, ladder: np.ndarray) -> np.ndarray:
    """Mean acceptance of exchanges at each gap, over pairs of energies (M, R, T)."""
    flat = energies.reshape(-1, energies.shape[-1]).astype(np.float64)
    chosen = flat[np.linspace(0, len(flat) - 1, min(_ENERGIES, len(flat))).astype(int)]
    inverse = 1.0 / ladder
    result = np.empty(len(ladder) - 1)
    for gap in range(len(result)):
        differences = chosen[:, None, gap] - chosen[None, :, gap + 1]
        exponents = (inverse[gap] - inverse[gap + 1]) * differences
        result[gap] = np.exp(np.minimum(exponents, 0.0)).mean()
    return result


def _lengths_along(grid: np.ndarray, ladder: np.ndarray, energies: np.ndarray, accepted: np.ndarray) -> np.ndarray:
    """Length from the coldest temperature to each of the grid, ln T."""
    means = energies.mean(axis=(0, 1))
    implied = np.sqrt(np.maximum(-np.diff(1.0 / ladder) * np.diff(means), 0.0))
    lengths = np.where(accepted < _MEASURABLE, implied, 2.0 * erfcinv(np.maximum(accepted, _MEASURABLE)))
    lengths = np.maximum(lengths, 1e-6 * lengths.sum())  # so that they rise strictly where energies do not change
    return PchipInterpolator(np.log(ladder), np.concatenate([[0.0], np.cumsum(lengths)]))(grid)


def _count(length: float, acceptance: float) -> int:
    """Temperatures for gaps of at least the wanted acceptance along a length."""
    count = 1 + max(1, int(np.ceil(length / (2.0 * erfcinv(acceptance)))))
    if count > _MOST:
        raise ValueError(
            f"acceptance: {count} temperatures would be needed for {acceptance:g}; ask for less, or pass count"
        )
    return count
