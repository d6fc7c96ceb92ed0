r"""The portfolio, ``algorithm="auto"``: reduce, take apart, and give each part to the algorithm that suits it.

1. **Reduction** (:mod:`cim.solvers.reduction`): spins with at most three neighbours, or under a dominant field or
   coupling, are eliminated exactly; components without frustration are solved on the way.  Nothing is eliminated where
   a third of the spins or more are in the one-hot groups of a problem, which the search needs whole.
2. **Components** are searched separately, the sixteen largest; all smaller ones go together, and those of at most
   24 spins are enumerated (up to 2²⁵ configurations in all, some 20 ms).
3. **The rule**, by the size n of a component, its density and its mean degree:

   ==========================  ==================================================================  =====================
   couplings                   size                                                                algorithm
   ==========================  ==================================================================  =====================
   any                         any; one-hot groups on a third of the spins or more                 ``exchange``
   sparse, of uneven strength  any; some spins are coupled 1000 times more weakly than others      ``pt``
   dense (over an eighth)      n ≤ 700; any with penalties                                         ``tabu``
   dense                       n > 700                                                             ``memetic``
   sparse, with penalties      any; neighbours are neighbours of each other (one pair in 12)       ``tabu``, and ``pxa``
   sparse, with penalties      any; they are not                                                   ``pxa``
   sparse, mean degree ≤ 8     any                                                                 ``pxa``
   sparse, mean degree > 8     n ≤ 2500                                                            ``memetic``
   sparse, mean degree > 8     n > 2500                                                            ``pxa``
   ==========================  ==================================================================  =====================

   One-hot groups are those that a problem states, if most of them fit into two families (:mod:`.one_hot`): not the
   elements of an exact cover, say, each of which is in groups of its own.  Penalties show, without them, in fields that
   outweigh half of the couplings, and constraints on many variables at once in neighbours that are neighbours of each
   other (:mod:`.penalties`): on covers and colourings tabu search is far better, on trees and matchings ``pxa``, so
   each gets half of the time (:mod:`.side_by_side`).  Where the strongest couplings are cliques as one-hot penalties
   make them (:mod:`.group_detection`), that half is ``exchange``'s, whatever else the rule picks.

   Whether couplings are small integers, and whether there are fields, is decided inside each algorithm, which picks
   its kernel (bit-packed, small-integer, fixed-point or floating-point) by it.
4. **Time** is shared out by size; a search that has proved its answer gives its share to the others.

Every thread searches from its own random numbers.  A **lower bound** comes with the answer: the sum of what was solved
exactly and, for the rest, the better of the trivial and (where time allows) the spectral bound; where it meets the
energy, the answer is known to be optimal.  Without ``steps`` and ``time_limit``, two searches run for a second or so
each, less on small models and some seconds on hard colourings and the like, and end earlier when ten independent
attempts have found the same energy.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ising_problems import IsingModel
from ising_problems.exact import any_ground_state

from ..couplings import treat_as_dense
from .base import Budget, ContinuousSearch, ContinuousSolver, Effort, Solver
from .bounds import spectral_bound, trivial_bound
from .group_detection import detect_groups
from .one_hot import OneHotGroups, restricted_groups
from .penalties import clustering, has_penalties
from .reduction import Reduction, reduce_model
from .side_by_side import SideBySide

__all__ = ["Portfolio", "choose"]

_SEPARATE = 16
_ENUMERATED_SPINS = 24
_ENUMERATED_STATES = 1 << 25  # in all components together
_TABU_SPINS = 700
_LATTICE_DEGREE = 8.0
_MEMETIC_SPINS = 2500  # of a sparse model: a population of larger ones takes more than a second
# Largest coupling of a spin over the largest of all, of the weakest spin and of the weakest twentieth: below that,
# fixed point loses the one, and temperatures that go by the root-mean-square coupling pass the other by.
_LEAST_ROW, _WEAK_ROWS = 1e-5, 1e-3
_GROUPED_SHARE = 1 / 3  # of the spins in one-hot groups, from which on moves within them decide
_FITTING_GROUPS = 1 / 2  # of them that have to fit into two families
_CLUSTERED = 1 / 12  # of the pairs of a spin's neighbours that are coupled


def choose(model: IsingModel, groups: Sequence[np.ndarray] = ()) -> str:
    """Name of the algorithm that the rule picks for a connected model with these one-hot groups."""
    if _grouped(model.num_spins, groups):
        return "exchange"
    penalties = has_penalties(model)
    if treat_as_dense(model):
        return "tabu" if model.num_spins <= _TABU_SPINS or penalties else "memetic"
    if _uneven(model):
        return "pt"
    if penalties:
        return "tabu" if clustering(model) > _CLUSTERED else "pxa"
    degree = 2.0 * model.num_couplings / max(model.num_spins, 1)
    return "pxa" if degree <= _LATTICE_DEGREE or model.num_spins > _MEMETIC_SPINS else "memetic"


def _grouped(num_spins: int, groups: Sequence[np.ndarray]) -> bool:
    """Whether so many spins are in groups, of a kind that can be kept, that these are what the search should go by."""
    if len(groups) == 0:
        return False
    families = OneHotGroups(groups, num_spins)
    fitting = families.num_primary + families.num_secondary
    covered = np.count_nonzero((families.primary >= 0) | (families.secondary >= 0))
    return bool(fitting >= _FITTING_GROUPS * len(groups) and covered >= _GROUPED_SHARE * num_spins)


def _uneven(model: IsingModel) -> bool:
    """Whether some spins of a sparse model are coupled so much more weakly than others that one scale is not enough."""
    import scipy.sparse as sp

    matrix = model.J if model.is_sparse else sp.csr_array(model.J)
    sizes = np.abs(matrix.data, dtype=np.float64)
    strongest = np.maximum.reduceat(sizes, matrix.indptr[:-1])  # of each row; every spin has a coupling
    return bool(strongest.min() < _LEAST_ROW * sizes.max() or np.percentile(strongest, 5) < _WEAK_ROWS * sizes.max())


class Portfolio(ContinuousSolver):
    """Exact reduction, components, and the best algorithm for each."""

    name: ClassVar[str] = "auto"
    summary: ClassVar[str] = "portfolio: exact reduction, components, and the best algorithm for each"
    reference: ClassVar[str] = "see the algorithms in info['portfolio']"
    unit: ClassVar[str] = "sweep or tabu iteration"

    groups: Sequence[np.ndarray] = ()

    def with_groups(self, groups: Sequence[np.ndarray]) -> Solver:
        """The portfolio for a model with these one-hot groups."""
        result = copy.copy(self)
        result.groups = tuple(groups)
        return result

    def effort(self, model: IsingModel) -> Effort:
        """Two islands; each component gets the default steps of its algorithm."""
        return Effort(replicas=2, steps=_NO_LIMIT, replicas_per_thread=1)

    def prepare(self, model: IsingModel, schedule: Any, options: Mapping[str, Any]) -> _Prepared:
        """Reduction, components, bounds, and each part prepared by its algorithm."""
        if schedule is not None:
            raise ValueError("schedule: the portfolio has none; name an algorithm ('sa', 'cim') to give it one")
        return _Prepared(model, self.groups)

    def begin(
        self, prepared: Any, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> ContinuousSearch:
        """An island of searches, one for each component."""
        return _Island(prepared, budget, rng, initial)


_NO_LIMIT = 1 << 40  # stands for "each component's own default"


def _solver(model: IsingModel, groups: Sequence[np.ndarray]) -> ContinuousSolver:
    """What the rule picks, and beside it what else may be far better where the rule cannot tell."""
    from . import find

    chosen: Any = find(choose(model, groups)).with_groups(groups)
    detected = () if groups else detect_groups(model)
    second: Any = None
    if _grouped(model.num_spins, detected):
        second = find("exchange").with_groups(detected)
    elif chosen.name == "tabu" and not treat_as_dense(model):
        second = find("pxa")
    return chosen if second is None else SideBySide(chosen, second)


class _Part:
    """A component that has to be searched, and how."""

    def __init__(self, spins: np.ndarray, model: IsingModel, groups: Sequence[np.ndarray]) -> None:
        self.spins = spins
        self.model = model
        self.solver = _solver(model, groups)
        self.prepared = self.solver.prepare(model, None, self.solver.options)
        self.steps = self.solver.effort(model).steps
        bound = getattr(self.prepared, "lower_bound", None)
        self.lower_bound = max(trivial_bound(model), -np.inf if bound is None else bound)
        details = getattr(self.prepared, "details", None) or {}
        self.exact = details.get("quantisation_error", 1.0) == 0.0  # its energies can be compared with the bound


class _Prepared:
    """A model taken apart."""

    def __init__(self, model: IsingModel, groups: Sequence[np.ndarray]) -> None:
        began = time.perf_counter()
        self.num_spins = model.num_spins
        grouped = _grouped(model.num_spins, groups)
        self.reduction: Reduction = reduce_model(model, _SEPARATE, _ENUMERATED_SPINS, eliminating=not grouped)
        self.spins = np.ones(model.num_spins, dtype=np.int8)  # with what is solved already
        self.constant = self.reduction.constant
        self.parts: list[_Part] = []
        unfrustrated = enumerated = 0
        states = 0
        for component in self.reduction.components[::-1]:  # the smallest first: they are the ones to enumerate
            n = len(component.spins)
            solution = component.solution
            if solution is not None:
                unfrustrated += n
            elif n <= _ENUMERATED_SPINS and states + (1 << n) <= _ENUMERATED_STATES:
                states += 1 << n
                enumerated += n
                solution = any_ground_state(component.model)[1]
            if solution is None:
                inside = restricted_groups(groups, component.spins, model.num_spins) if grouped else ()
                self.parts.append(_Part(component.spins, component.model, inside))
            else:
                self.spins[component.spins] = solution
                self.constant += component.model.energy(solution)
        self.parts.reverse()
        self.lower_bound = self.constant + sum(part.lower_bound for part in self.parts)
        # all of it exactly: in floats to within rounding, in whole numbers as long as float64 holds them
        self.solved = not self.parts and (not model.is_integer or -trivial_bound(model) < 2.0**51)
        self.details = {
            "portfolio": {
                "eliminated_spins": self.reduction.num_eliminated,
                "unfrustrated_spins": unfrustrated,
                "enumerated_spins": enumerated,
                "components": [
                    {
                        "num_spins": part.model.num_spins,
                        "num_couplings": part.model.num_couplings,
                        "algorithm": part.solver.name,
                        "reference": part.solver.reference,
                        **dict(getattr(part.prepared, "details", None) or {}),
                    }
                    for part in self.parts
                ],
                "seconds": time.perf_counter() - began,
            }
        }

    def spectral_bound(self) -> float:
        """A better lower bound, which costs a Lanczos run for each part."""
        return self.constant + sum(max(part.lower_bound, spectral_bound(part.model)) for part in self.parts)


class _Island(ContinuousSearch):
    """Searches of all parts, of which the one that is furthest behind goes on next."""

    def __init__(
        self, prepared: _Prepared, budget: Budget, rng: np.random.Generator, initial: np.ndarray | None
    ) -> None:
        self.budget = budget
        self._prepared = prepared
        self._searches: list[ContinuousSearch] = []
        sizes = np.array([part.model.num_spins for part in prepared.parts], dtype=np.float64)
        self._weights = sizes / max(sizes.sum(), 1.0)
        self._spent = np.zeros(len(sizes))
        self._steps: list[int | None] = []
        streams = rng.spawn(len(prepared.parts))
        for part, weight, stream in zip(prepared.parts, self._weights, streams, strict=True):
            steps = part.steps if budget.steps == _NO_LIMIT else budget.steps
            own = replace(budget, steps=steps, share=budget.share * weight)
            self._steps.append(steps)
            start = None if initial is None else np.ascontiguousarray(initial[:, part.spins])
            self._searches.append(part.solver.begin(part.prepared, own, stream, start))

    def advance(self) -> None:
        open_searches = [k for k in range(len(self._searches)) if not self._ended(k)]
        if not open_searches:
            return
        if np.isinf(self.budget.deadline):  # by steps, so that the state after so many slices is always the same
            behind = min(open_searches, key=lambda k: self._searches[k].steps_taken / (self._steps[k] or np.inf))
        else:
            behind = min(open_searches, key=lambda k: self._spent[k] / self._weights[k])
        began = time.perf_counter()
        self._searches[behind].advance()
        self._spent[behind] += time.perf_counter() - began

    def _ended(self, k: int) -> bool:
        search, part = self._searches[k], self._prepared.parts[k]
        return search.finished or (part.exact and search.lowest()[0] <= part.lower_bound)

    @property
    def steps_taken(self) -> int:
        return sum(search.steps_taken for search in self._searches)

    @property
    def finished(self) -> bool:
        return all(self._ended(k) for k in range(len(self._searches)))

    def spins(self) -> np.ndarray:
        whole = self._prepared.spins.copy()
        for part, search in zip(self._prepared.parts, self._searches, strict=True):
            whole[part.spins] = search.spins()[0]
        self._prepared.reduction.expand(whole)
        return whole[None, :]

    def lowest(self) -> tuple[float, int]:
        return self._prepared.constant + sum(search.lowest()[0] for search in self._searches), 0

    @property
    def attempts(self) -> int:
        """Of the part that was attempted least often; 1 where everything was solved exactly."""
        return min((search.attempts for search in self._searches), default=1)

    @property
    def hits(self) -> int:
        """Of the part whose best energy was found least often."""
        return min((search.hits for search in self._searches), default=1)
