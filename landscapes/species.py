r"""How many kinds there are, from how often each was met: species richness from a random sample.

N independent draws meet S kinds; :math:`f_k` of these were met exactly k times.  What was met once or twice tells of
what was not met:

- the probability that the next draw meets a new kind is estimated by :math:`f_1/N` (Good and Turing), so the
  **coverage**, the total probability of the kinds that were met, by :math:`1 - f_1/N`, with variance
  :math:`[f_1 (1 - f_1/N) + 2 f_2]/N^2` (Esty);
- the number of kinds is at least :math:`S + f_1^2/2f_2` on average: for kinds of probabilities :math:`p_i` the
  expectations :math:`f_0 = \sum (1-p_i)^N`, :math:`f_1`, :math:`f_2` obey :math:`f_0 \ge \tfrac{N-1}{N} f_1^2/2f_2` by
  the inequality of Cauchy and Schwarz, with equality if all :math:`p_i` are equal (**Chao1**).  In its bias-corrected
  form

  .. math:: \hat S = S + \frac{N-1}{N}\, \frac{f_1 (f_1 - 1)}{2 (f_2 + 1)} .

So Chao1 is a lower bound, close where kinds are met with like probabilities and far too low where many are rare: no
sample says anything of kinds too rare to be met even once.  Its interval takes :math:`\hat S - S` for log-normal, which
keeps it above S.

Sources: Good, Biometrika 40, 237 (1953); Esty, Ann. Statist. 11, 905 (1983); Chao, Scand. J. Statist. 11, 265 (1984);
Chao, Biometrics 43, 783 (1987) (variance and interval); Chao, Chiu, "Species richness: estimation and comparison",
Wiley StatsRef (2016).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ising_problems.checks import checked_number, number_array

__all__ = ["Richness", "species_richness"]


class Richness(NamedTuple):
    """What a sample says of the number of kinds.

    Attributes
    ----------
    observed : int
        Kinds that were met.
    estimate : float
        Chao1, a lower bound on average.
    variance : float
        Its estimated sampling variance.
    interval : tuple of float
        Of the estimate, log-normal; of no width where at most one kind was met only once.
    coverage : float
        Estimated total probability of the kinds that were met; NaN without draws.
    coverage_error : float
        Its standard error.
    """

    observed: int
    estimate: float
    variance: float
    interval: tuple[float, float]
    coverage: float
    coverage_error: float


def species_richness(counts: Any, *, confidence: float = 0.95) -> Richness:
    """Estimate the number of kinds from how often each was met.

    Parameters
    ----------
    counts : array_like of int
        How often each kind was met; zeros are left out.
    confidence : float, default 0.95
        Of the interval.

    Returns
    -------
    Richness

    Raises
    ------
    ValueError
        If a count is negative or not an integer, or the confidence is not between 0 and 1.

    Examples
    --------
    >>> species_richness([5, 3, 1, 1, 2]).estimate
    5.458333333333333
    """
    confidence = checked_number(confidence, "confidence", above=0.0, below=1.0)
    met = number_array(counts, "counts")
    if met.size and met.dtype.kind != "i":
        raise ValueError(f"counts: integers are needed, but the dtype is {met.dtype}")
    if met.size and met.min() < 0:
        raise ValueError(f"counts: must not be negative, but one is {met.min()}")
    draws = int(met.sum())
    observed, once, twice = (int(np.count_nonzero(mask)) for mask in (met > 0, met == 1, met == 2))
    if draws == 0:
        return Richness(0, 0.0, 0.0, (0.0, 0.0), math.nan, math.nan)
    k = (draws - 1) / draws
    unseen = k * once * (once - 1) / (2 * (twice + 1))
    if twice:
        variance = unseen + k**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        variance += k**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    else:
        variance = unseen + k**2 * once * (2 * once - 1) ** 2 / 4 - k**2 * once**4 / (4 * (observed + unseen))
        variance = max(variance, 0.0)
    spread = 1.0
    if unseen > 0.0:
        from scipy.special import ndtri

        spread = math.exp(float(ndtri(0.5 + 0.5 * confidence)) * math.sqrt(math.log1p(variance / unseen**2)))
    missed = once / draws
    return Richness(
        observed=observed,
        estimate=observed + unseen,
        variance=variance,
        interval=(observed + unseen / spread, observed + unseen * spread),
        coverage=1.0 - missed,
        coverage_error=math.sqrt(once * (1.0 - missed) + 2 * twice) / draws,
    )
