r"""Polynomials of any degree in spins or bits, as problems: their least value, by way of a quadratic model.

Spins become bits by s = 2x - 1, products of three and more bits become auxiliary bits (:mod:`.quadratic_reduction`,
with the proof), and what remains is

.. math:: E(x, y) = q(x, y) + \sum_k \big( \alpha_k Q_k + \beta_k R_k \big) , \qquad
          \min_y E(x, y) = f(x) \text{ for every } x ,

so that the ground states are the minima of the polynomial f, and the energy of an encoded answer is its value.

*Bound*: the weights :math:`\alpha_k` and :math:`\beta_k` are at least the sum of the positive, and of the negative,
coefficients of the terms in which the k-th pair is replaced.  ``penalty="auto"`` gives each its own; a number M gives
all of them M, for which :math:`M \ge \max_k \max(\alpha_k, \beta_k)` suffices.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal, cast

import numpy as np

from .encoders.builder import QuboBuilder
from .model import IsingModel
from .problem import Problem, checked_penalty
from .quadratic_reduction import Reduction, Term, added_up, bits_of_spins, reduce_to_quadratic

__all__ = ["Polynomial"]

# Products of bits that the products of spins may become.
_MOST_TERMS = 2**20
_LARGEST_SUM = 1e150
_LARGEST_INTEGER_SUM = 2**50
# Of the coefficients' total: a smaller gain could be one of rounding.
_ROUNDING = 1e-12


class Polynomial(Problem):
    r"""The least value of a polynomial in spins or in bits, of any degree.

    An answer is a dict from variable to value: -1 or 1 for spins, 0 or 1 for bits.  Every one is feasible, and its
    energy is the polynomial's value.

    Parameters
    ----------
    terms : mapping from tuple of hashable to number
        The coefficient of each product of variables; that of ``()`` is the constant.  A variable that is repeated in
        a product counts as s² = 1 or x² = x, and products of the same variables add up.
    vartype : {"spin", "binary"}, in any case
    penalty : float or "auto"
        The weight M of each auxiliary variable's penalty; ``"auto"`` gives each the least that is proven.

    Attributes
    ----------
    terms : dict of tuple to number
        Without repeated variables and zeros.
    vartype : str
    penalty : float or "auto"

    Raises
    ------
    ValueError
        If a coefficient is not finite, the coefficients are too large to add up, the vartype is another, or products
        of spins are too long.
    TypeError
        If ``terms`` is not a mapping from tuples to real numbers.

    Examples
    --------
    >>> problem = Polynomial({("a", "b", "c"): 1, ("a",): -2}, vartype="spin")
    >>> problem.num_spins, problem.objective({"a": 1, "b": 1, "c": -1})
    (4, -3)
    >>> from ising_problems.exact import ground_states
    >>> ground_states(problem.to_ising())[0]
    -3.0
    """

    sense: ClassVar[Literal["minimize", "maximize"]] = "minimize"
    objective_name: ClassVar[str] = "value of the polynomial"
    statement: ClassVar[str] = "the least value of a polynomial in spins or in bits, of any degree"
    spin_count: ClassVar[str] = "n + one for each product that is replaced"
    source: ClassVar[str] = "Rosenberg (1975); Kolmogorov and Zabih (2004)"

    terms: dict[tuple[Hashable, ...], float]
    vartype: Literal["spin", "binary"]
    penalty: float | Literal["auto"]
    _names: tuple[Hashable, ...]
    _indexed: dict[Term, float]

    def __init__(
        self,
        terms: Mapping[tuple[Hashable, ...], float],
        vartype: Literal["spin", "binary"],
        *,
        penalty: float | Literal["auto"] = "auto",
    ) -> None:
        vartype = cast(Any, vartype.lower() if isinstance(vartype, str) else vartype)
        if vartype not in ("spin", "binary"):
            raise ValueError(f"vartype: must be 'spin' or 'binary', but it is {vartype!r}")
        names, indexed = _checked_terms(terms, vartype)
        self._keep(
            terms={tuple(names[i] for i in sorted(term)): value for term, value in indexed.items()},
            vartype=vartype,
            penalty=checked_penalty(penalty),
            _names=names,
            _indexed=indexed,
        )

    def __repr__(self) -> str:
        degree = max(map(len, self.terms), default=0)
        return (
            f"Polynomial(<{len(self._names)} variables, {len(self.terms)} terms, degree {degree}>, "
            f"vartype={self.vartype!r}, penalty={self.penalty!r})"
        )

    @cached_property
    def reduction(self) -> Reduction:
        """The quadratic polynomial in bits that the model is made of."""
        bits = bits_of_spins(self._indexed) if self.vartype == "spin" else self._indexed
        return reduce_to_quadratic(bits, len(self._names))

    @property
    def variables(self) -> Sequence[Hashable]:
        """The variables, then ``("product", k, members)`` for the k-th auxiliary bit, a product of their bits."""
        members: list[frozenset[int]] = [frozenset([i]) for i in range(len(self._names))]
        for product in self.reduction.products:
            members.append(frozenset().union(*(members[i] for i in product)))
        products = (
            ("product", k, tuple(self._names[i] for i in sorted(one)))
            for k, one in enumerate(members[len(self._names) :])
        )
        return (*self._names, *products)

    @property
    def num_spins(self) -> int:
        """A spin for each variable and for each product that is replaced."""
        return len(self._names) + len(self.reduction.products)

    def to_ising(self) -> IsingModel:
        """Model with the energy of the module's docstring; a bit x is the spin 2x - 1, and a spin is itself."""
        reduction = self.reduction
        builder = QuboBuilder(self.num_spins)
        builder.add_constant(reduction.terms.get(frozenset(), 0))
        places = [tuple(term) for term in reduction.terms if term]
        values = [value for term, value in reduction.terms.items() if term]
        ends = np.array([(place[0], place[-1]) for place in places], dtype=np.int64).reshape(-1, 2)
        builder.add_pairs(ends[:, 0], ends[:, 1], np.array(values, dtype=np.float64))
        first, second, product = np.array(reduction.pairs, dtype=np.int64).reshape(-1, 3).T
        weights = np.array(reduction.weights, dtype=np.float64).reshape(-1, 2)
        if self.penalty != "auto":
            weights = np.full_like(weights, self.penalty)
        alpha, beta = weights.T
        builder.add_pairs(first, second, alpha)
        builder.add_linear(product, alpha + 2 * beta)
        builder.add_pairs(first, product, -alpha - beta)
        builder.add_pairs(second, product, -alpha - beta)
        return builder.build(labels=self.variables)

    def _decode(self, spins: np.ndarray) -> dict[Hashable, int]:
        """The values of the variables; auxiliary spins are ignored."""
        return self._answer(spins[: len(self._names)] > 0)

    def _answer(self, up: np.ndarray) -> dict[Hashable, int]:
        low = -1 if self.vartype == "spin" else 0
        return {name: 1 if one else low for name, one in zip(self._names, up.tolist(), strict=True)}

    def encode(self, answer: Any) -> np.ndarray:
        """The variables' spins, and the products that go with them.

        Raises
        ------
        ValueError
            If the answer does not give every variable one of its two values.
        """
        bits = self._bits(answer).tolist()
        for product in self.reduction.products:
            bits.append(all(bits[i] for i in product))
        return np.where(np.array(bits, dtype=bool), 1, -1).astype(np.int8)

    def _bits(self, answer: Any) -> np.ndarray:
        """Which variables are 1; bool, shape (number of variables,)."""
        broken = self.violations(answer)
        if broken:
            raise ValueError(f"answer: not a dict from variable to value: {broken[0]}")
        return np.array([answer[name] == 1 for name in self._names], dtype=bool)

    def violations(self, answer: Any) -> list[str]:
        """Variables without one of the two values, and unknown ones."""
        if not isinstance(answer, Mapping):
            return ["the answer is not a dict from variable to value"]
        known = set(self._names)
        broken = [f"{name!r} is not a variable of the polynomial" for name in answer if name not in known]
        allowed = (-1, 1) if self.vartype == "spin" else (0, 1)
        for name in self._names:
            if name not in answer:
                broken.append(f"the variable {name!r} has no value")
            elif not _is_one_of(answer[name], allowed):
                broken.append(f"the variable {name!r} is {answer[name]!r}, not {allowed[0]} or {allowed[1]}")
        return broken

    def objective(self, answer: Any) -> float:
        """Value of the polynomial; an int where the coefficients are.

        Raises
        ------
        ValueError
            If the answer does not give every variable one of its two values.
        """
        up = self._bits(answer).tolist()
        values = [self._value(term, coefficient, up) for term, coefficient in self._indexed.items()]
        return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)

    def _value(self, term: Term, coefficient: float, up: list[bool]) -> float:
        if self.vartype == "spin":
            return -coefficient if sum(not up[i] for i in term) % 2 else coefficient
        return coefficient if all(up[i] for i in term) else 0

    def repair(self, answer: Any) -> dict[Hashable, int]:
        """Values reached by changing one variable at a time, the steepest, while one lowers the polynomial."""
        before = self._bits(answer)
        after = self._answer(_descended(self._indexed, before, self.vartype == "spin"))
        return after if self.objective(after) < self.objective(answer) else self._answer(before)

    def penalty_bound(self) -> float:
        r"""Greatest of the weights :math:`\alpha_k` and :math:`\beta_k` that are proven; see the module's docstring."""
        return float(max((max(pair) for pair in self.reduction.weights), default=0))

    def objective_bound(self) -> float:
        """The constant, less what the other terms can take away at most."""
        spin = self.vartype == "spin"
        values = [
            value if not term else -abs(value) if spin else min(value, 0) for term, value in self._indexed.items()
        ]
        return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)


def _is_one_of(value: Any, allowed: tuple[int, int]) -> bool:
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return number and value in allowed


def _checked_terms(terms: Any, vartype: str) -> tuple[tuple[Hashable, ...], dict[Term, float]]:
    """The variables, in order, and the coefficients of products of their positions, repeats taken out."""
    if not isinstance(terms, Mapping):
        raise TypeError(
            f"terms: a dict from tuples of variables to numbers is needed, for instance {{('a', 'b', 'c'): 1.5}}, but "
            f"it is a {type(terms).__name__}"
        )
    values: list[float] = []
    for key, value in terms.items():
        if isinstance(key, (set, frozenset, list)):
            raise TypeError(f"terms: the key {key!r} has to be a tuple of variables, whose order numbers the spins")
        if not isinstance(key, tuple):
            raise TypeError(f"terms: the key {key!r} is not a tuple of variables; write ({key!r},) for one variable")
        number = value.item() if isinstance(value, np.generic) else value
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise TypeError(f"terms: the coefficient of {key!r} is {value!r}, not an int or a float")
        if not np.isfinite(number):
            raise ValueError(f"terms: the coefficient of {key!r} is {value!r}; every coefficient must be finite")
        values.append(number)
    occurring = list(dict.fromkeys(name for key in terms for name in key))
    whole = all(isinstance(name, int) for name in occurring)
    names = tuple(sorted(occurring) if whole else occurring)
    position = {name: i for i, name in enumerate(names)}
    parts: dict[Term, list[float]] = {}
    for key, number in zip(terms, values, strict=True):
        term: Term = frozenset()
        for name in key:
            # s s = 1, so that a spin drops out; x x = x
            term = term ^ {position[name]} if vartype == "spin" else term | {position[name]}
        parts.setdefault(term, []).append(number)
    indexed = added_up(parts)
    _check_sizes(indexed, vartype == "spin")
    return names, indexed


def _check_sizes(indexed: Mapping[Term, float], spin: bool) -> None:
    longest = max(map(len, indexed), default=0)
    if spin and (longest > 20 or sum(2 ** len(term) for term in indexed if len(term) > 2) > _MOST_TERMS):
        raise ValueError(
            f"terms: a product of d spins becomes 2^d products of bits, and with products of up to {longest} these are "
            f"more than {_MOST_TERMS}; split long products with a spin of your own for each part"
        )
    scale = 3**longest if spin else 1  # the absolute values add up to 3^d times a product's
    total = scale * sum(abs(float(value)) for value in indexed.values())
    whole = all(isinstance(value, int) for value in indexed.values())
    if whole and total >= _LARGEST_INTEGER_SUM:
        raise ValueError(
            f"terms: the coefficients of the bits add up to {total:.3g}, beyond 2**50, where sums are rounded; divide "
            "out a common factor, or pass floats if rounding is acceptable"
        )
    if total > _LARGEST_SUM:
        raise ValueError("terms: the coefficients add up to more than 1e150; scale them down")


def _descended(terms: Mapping[Term, float], up: np.ndarray, spin: bool) -> np.ndarray:
    """Which variables are 1 after single changes, steepest first, until none lowers the polynomial."""
    up = up.copy()
    products = [sorted(term) for term in terms if term]
    sizes = np.array([len(product) for product in products], dtype=np.int64)
    if not len(sizes):
        return up
    members = np.array([i for product in products for i in product], dtype=np.int64)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    coefficients = np.array([value for term, value in terms.items() if term], dtype=np.float64)
    least = -_ROUNDING * float(np.abs(coefficients).sum())
    for _ in range(10 * len(up)):
        down = ~up[members]
        missing = np.bincount(rows, weights=down, minlength=len(sizes)).astype(np.int64)
        if spin:
            changes = (-2 * coefficients * (1 - 2 * (missing % 2)))[rows]
        else:
            alone = missing[rows] == down  # the other members are all 1
            changes = np.where(alone, np.where(down, coefficients[rows], -coefficients[rows]), 0.0)
        total = np.bincount(members, weights=changes, minlength=len(up))
        best = int(np.argmin(total))
        if not total[best] < least:
            break
        up[best] = ~up[best]
    return up
