r"""The form that every problem takes: an encoder, a decoder, and a judge that knows nothing of the Hamiltonian.

A :class:`Problem` holds the user's input and nothing else.  ``to_ising`` writes it as an Ising model whose ground
states decode to optimal answers once the penalty exceeds ``penalty_bound()``; ``decode`` turns *any* spins into an
answer; ``is_feasible``, ``violations`` and ``objective`` judge an answer from the input alone, so that an encoder's
mistake cannot hide behind its own energy; ``repair`` makes the best of a near-miss by small steps.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from copy import copy
from typing import Any, ClassVar, Literal, NoReturn, Self

import numpy as np

from .checks import check_spins
from .model import IsingModel

__all__ = ["Problem"]


class Problem(ABC):
    """A combinatorial problem in its own terms.

    Subclasses are immutable: they keep the input, checked at construction, and compute everything else from it; what
    they cache does not depend on the penalty.

    Parameters
    ----------
    penalty : float or "auto"
        Weight of a broken constraint in the Ising model.  ``"auto"`` takes a value above :meth:`penalty_bound`, with
        which the ground states are proven to be optimal answers; a smaller number softens the landscape at the
        user's own risk.

    Attributes
    ----------
    sense : {"minimize", "maximize"}
        Which way :meth:`objective` is better.
    objective_name : str
        What the objective measures, in words, for reports and axes.
    statement : str
        What is asked, in one line.
    spin_count : str
        Number of spins of the default encoding, as a formula.
    source : str
        Where the problem and its energy stand: section of A. Lucas, arXiv:1302.5843 ("Lucas"), number in R. M. Karp
        (1972), or another paper.
    """

    sense: ClassVar[Literal["minimize", "maximize"]]
    objective_name: ClassVar[str]
    statement: ClassVar[str]
    spin_count: ClassVar[str]
    source: ClassVar[str]

    penalty: float | Literal["auto"] = "auto"

    @property
    @abstractmethod
    def variables(self) -> Sequence[Hashable]:
        """What each spin means, in the order of the spins; the labels of the Ising model."""

    @abstractmethod
    def to_ising(self) -> IsingModel:
        """Ising model whose ground states are the optimal answers (for a penalty above the bound)."""

    def decode(self, spins: Any, repair: bool = False) -> Any:
        """Answer that the spins stand for: any ±1 array of length ``num_spins`` gives one, feasible or not.

        Parameters
        ----------
        spins : array_like of ±1, shape (num_spins,)
        repair : bool, default False
            Whether to hand the answer to :meth:`repair`.

        Raises
        ------
        ValueError
            If ``spins`` is not an array of ±1 of the right length.
        """
        answer = self._decode(self._spins(spins))
        return self.repair(answer) if repair else answer

    @abstractmethod
    def _decode(self, spins: np.ndarray) -> Any:
        """Answer that checked spins stand for; int8, shape (num_spins,)."""

    @abstractmethod
    def encode(self, answer: Any) -> np.ndarray:
        """Spins, ancillas included, that stand for an answer; int8, shape (num_spins,).

        Raises
        ------
        ValueError
            If the answer is not one that the encoding can express.
        """

    @abstractmethod
    def violations(self, answer: Any) -> list[str]:
        """The broken constraints, each in a sentence of the problem's own words; empty for a feasible answer."""

    @abstractmethod
    def objective(self, answer: Any) -> float:
        """Value of an answer in the user's units, from the input and the answer alone."""

    @abstractmethod
    def penalty_bound(self) -> float:
        """Penalty above which every ground state is feasible and optimal; 0 where nothing is constrained."""

    def repair(self, answer: Any) -> Any:
        """Answer reached by greedy steps from one that ``decode`` gave: broken constraints mended, then improved.

        Deterministic.  A feasible answer never becomes worse; whether every answer can be made feasible, each class
        says.  This default changes nothing: it serves where every answer is feasible and no small step is better than
        a spin flip.
        """
        return answer

    def is_feasible(self, answer: Any) -> bool:
        """Whether an answer breaks no constraint; looks at the input and the answer alone."""
        return not self.violations(answer)

    def is_better(self, objective: float, than: float) -> bool:
        """Whether one objective value beats another, in the problem's sense."""
        return objective > than if self.sense == "maximize" else objective < than

    def energy_of(self, objective: float) -> float:
        """Ising energy of an encoded feasible answer of a given objective: that value, negative where it is maximised.

        A class whose energy is another function of the objective says so here.
        """
        return -objective if self.sense == "maximize" else objective

    def objective_bound(self) -> float | None:
        """Value that no feasible answer can beat, where one is known beforehand; else None."""
        return None

    def search_form(self) -> Problem:
        """The problem in the form in which a search finds answers best; by default, itself.

        Of the same class, with the same answers and objectives, so that what one decodes the other can encode once it
        is repaired.  Symmetry breaking, for one, makes a model smaller but its landscape worse for local moves.
        """
        return self

    def decision_problem(self, objective: float) -> Problem | None:
        """The question whether an answer as good as this exists, as a problem whose feasible answers are such answers.

        None where the problem itself is the best form to search in, which is the default.
        """
        return None

    @property
    def one_hot(self) -> Sequence[np.ndarray]:
        """Groups of spins of which exactly one is +1 in every feasible answer; arrays of indices, empty by default."""
        return ()

    def with_penalty(self, penalty: float | Literal["auto"]) -> Self:
        """The same problem with another penalty.

        Raises
        ------
        ValueError
            If the penalty is neither "auto" nor a positive number, or if this problem has none.
        """
        if "penalty" not in self.__dict__:
            raise ValueError(f"penalty: this {type(self).__name__} has none: no constraint is weighed in its energy")
        other = copy(self)
        other._keep(penalty=checked_penalty(penalty))
        return other

    def describe(self, answer: Any) -> str:
        """One line that states an answer's value and whether it is feasible."""
        broken = self.violations(answer)
        verdict = "feasible" if not broken else f"infeasible ({len(broken)} violated: {broken[0]})"
        return f"{self.objective_name}: {self.objective(answer):g}, {verdict}"

    @property
    def num_spins(self) -> int:
        """Number of spins of :meth:`to_ising`."""
        return len(self.variables)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} objects do not change: make a new one to have another {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} objects do not change: {name} cannot be deleted")

    def _keep(self, **attributes: Any) -> None:
        """Set attributes, once, at construction."""
        self.__dict__.update(attributes)

    def _spins(self, spins: Any) -> np.ndarray:
        """One configuration, checked; int8, shape (num_spins,)."""
        array = check_spins(spins, self.num_spins)
        if array.ndim != 1:
            raise ValueError(f"spins: one configuration of {self.num_spins} spins at a time, not {array.shape}")
        return array

    def _penalty_weight(self) -> float:
        """The penalty to use: the user's, or twice the bound (1 where any will do), in proportion to the objective."""
        if self.penalty == "auto":
            return 2.0 * self.penalty_bound() or 1.0
        return float(self.penalty)


def checked_penalty(penalty: Any) -> float | Literal["auto"]:
    """The ``penalty`` argument of a problem, or a ``ValueError`` that names it."""
    if isinstance(penalty, str) and penalty == "auto":
        return "auto"
    number = isinstance(penalty, (int, float, np.integer, np.floating)) and not isinstance(penalty, bool)
    if not number or not np.isfinite(penalty) or penalty <= 0:
        raise ValueError(f"penalty: must be 'auto' or a positive number, but it is {penalty!r}")
    return float(penalty)
