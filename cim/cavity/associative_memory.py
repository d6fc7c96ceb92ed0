r"""Associative memories: couplings whose minima are patterns, or lead to them.

A memory holds p patterns :math:`\xi^\mu`.  Three ways to store them:

* **Hebb's rule**, :math:`J = \tfrac1n \sum_\mu \xi^\mu \xi^{\mu\mathsf T}`, zero diagonal (J. J. Hopfield, PNAS 79,
  2554 (1982)): random patterns are nearly stable while p/n is below about 0.138 (Amit, Gutfreund, Sompolinsky, Phys.
  Rev. Lett. 55, 1530 (1985));
* the **pseudoinverse rule**, :math:`J = \tfrac1n X^{\mathsf T} (X X^{\mathsf T}/n)^{-1} X`, X the patterns as rows,
  zero diagonal: every one of p < n independent patterns is stable (L. Personnaz, I. Guyon, G. Dreyfus, J. Phys. Lett.
  46, L359 (1985));
* an **encoder** for couplings that are given, such as those of atoms where they happen to sit.  The couplings' own
  minima :math:`\varphi^\mu` stand for the patterns: with :math:`\Phi` and :math:`\Xi` the matrices that have minima and
  patterns as columns, the linear map of least squares

  .. math:: L = \Phi\, \Xi^+, \qquad L\,\xi^\mu = \varphi^\mu ,

  takes a cue into the machine, which starts at :math:`\mathrm{sgn}(L x)`, and what it ends in, s, is read out by the
  regularised inverse, :math:`\Xi (\Phi^{\mathsf T}\Phi + \lambda n)^{-1} \Phi^{\mathsf T} s`, of which the signs are
  taken where the patterns are ±1.  Patterns may have any dimension d, and real entries, if they are p ≤ min(n, d) and
  independent; so must be the minima.  The deepest are taken, as their basins are the largest.

Source of the third: B. P. Marsh et al., Phys. Rev. X 11, 021048 (2021).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

import ising_problems as ip
from ising_problems.checks import (
    as_float,
    check_finite,
    check_spins,
    checked_generator,
    checked_integer,
    checked_number,
    number_array,
    refuse_masked,
)

from ..checks import checked_model
from .descents import Descents

__all__ = ["AssociativeMemory"]

_MOST_ENUMERATED = 26
_ROUNDING = 1e-12  # of projections, whose entries are of the size of 1/n


class AssociativeMemory:
    """Patterns, and an Ising model that recalls them; mostly made by one of the class methods.

    Its arrays are copies and cannot be written into.

    Parameters
    ----------
    model : IsingModel
    patterns : array_like of ±1, shape (p, n)
    rule : str
        What is said of where the couplings came from.

    Attributes
    ----------
    model : IsingModel
        n spins.
    patterns : numpy.ndarray, shape (p, d)
        int8 where they are ±1, else float64; d = n without an encoder.
    states : numpy.ndarray of int8, shape (p, n)
        What stands for each pattern in the machine: itself, or a minimum.
    rule : str
    encoder, decoder : numpy.ndarray of shape (n, d) and (d, n), or None
        The linear maps into the machine and out of it.
    """

    def __init__(self, model: ip.IsingModel, patterns: Any, rule: str = "given") -> None:
        self.model = checked_model(model)
        self.patterns = self.states = _checked_patterns(patterns, model.num_spins).copy()
        self.rule = rule
        self.encoder: np.ndarray | None = None
        self.decoder: np.ndarray | None = None
        self._freeze()

    def _freeze(self) -> None:
        """Let nobody write into the arrays, which must be the memory's own."""
        for array in (self.patterns, self.states, self.encoder, self.decoder):
            if array is not None:
                array.flags.writeable = False

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._freeze()  # which pickle and deepcopy forget

    @classmethod
    def hebbian(cls, patterns: Any) -> AssociativeMemory:
        """Memory by Hebb's rule.

        Parameters
        ----------
        patterns : array_like of ±1, shape (p, n)
            No two the same, or opposite: they would be one memory.

        Raises
        ------
        ValueError
            If an entry is not ±1, or two patterns are the same; the message says which.
        """
        xi = _checked_patterns(patterns)
        return cls(ip.hopfield(xi), xi, "hebbian")

    @classmethod
    def pseudoinverse(cls, patterns: Any) -> AssociativeMemory:
        """Memory by the pseudoinverse rule.

        Parameters
        ----------
        patterns : array_like of ±1, shape (p, n)
            Linearly independent.

        Raises
        ------
        ValueError
            If an entry is not ±1, or the patterns depend on one another; the message says which.
        """
        xi = _checked_patterns(patterns)
        rows = xi.astype(np.float64)
        _check_independent(rows, "Hebb's rule takes them as they are")
        basis = np.linalg.qr(rows.T)[0]  # of what the patterns span
        J = basis @ basis.T
        J = 0.5 * (J + J.T)
        np.fill_diagonal(J, 0.0)
        # A spin with P_ii = 1 in the projection P is coupled to none: what rounding leaves there would move it.
        J[np.abs(J) < _ROUNDING] = 0.0
        return cls(ip.IsingModel(J, copy=False), xi, "pseudoinverse")

    @classmethod
    def encoded(
        cls,
        model: ip.IsingModel,
        patterns: Any,
        *,
        regularisation: float = 1e-3,
        descents: int = 2000,
        seed: int | np.random.Generator | None = 0,
    ) -> AssociativeMemory:
        """Memory in couplings that are given, through an encoder.

        Parameters
        ----------
        model : IsingModel
            Its minima are found by enumeration up to 26 spins; beyond that, or of more than a million, by steepest
            descent.
        patterns : array_like of numbers, shape (p, d)
            Linearly independent, p ≤ min(n, d).
        regularisation : float, default 1e-3
            λ of the decoder, 0 or more: larger is less exact, and less disturbed by a wrong spin.
        descents : int, default 2000
            Starts of the descents beyond 26 spins.
        seed : int, numpy.random.Generator or None, default 0
            Of those.

        Raises
        ------
        ValueError
            If the patterns depend on one another, or the model has too few independent minima.

        Examples
        --------
        >>> glass = ip.sherrington_kirkpatrick(16, seed=3)
        >>> memory = AssociativeMemory.encoded(glass, [[1, -1, 1, 1], [1, 1, -1, 1]])
        >>> memory.decode(memory.states).tolist()
        [[1, -1, 1, 1], [1, 1, -1, 1]]
        """
        model = checked_model(model)
        values = number_array(patterns, "patterns")
        if values.ndim != 2 or values.size == 0:
            raise ValueError(f"patterns: one a row is needed, shape (p, d), but the shape is {values.shape}")
        check_finite(values, "patterns")
        p, n = len(values), model.num_spins
        if p > n:
            raise ValueError(f"patterns: {n} spins take at most {n} independent patterns, but there are {p}")
        rows = values.astype(np.float64)
        _check_independent(rows, "an encoder is linear, and cannot tell them apart")
        regularisation = checked_number(regularisation, "regularisation", at_least=0.0)
        minima = _deepest_minima(model, checked_integer(descents, "descents", 1), checked_generator(seed))
        states = _independent(minima, p)
        if len(states) < p:
            raise ValueError(
                f"model: {p} independent minima are needed for {p} patterns, but {len(states)} were found; take more "
                "spins, or couplings with more minima"
            )
        memory = cls.__new__(cls)
        memory.model, memory.rule, memory.states = model, "encoded", states
        memory.patterns = values.astype(np.int8) if (np.abs(values) == 1).all() else rows
        phi = states.T.astype(np.float64)
        memory.encoder = phi @ np.linalg.pinv(rows.T)
        gram = phi.T @ phi + regularisation * n * np.eye(p)
        memory.decoder = rows.T @ np.linalg.solve(gram, phi.T)
        memory._freeze()
        return memory

    @property
    def num_patterns(self) -> int:
        """p."""
        return len(self.patterns)

    def encode(self, cue: Any) -> np.ndarray:
        """Where the machine starts for a cue: ±1 as int8, (..., d) -> (..., n).

        Without an encoder the cue must be ±1 already.  An exact zero of the encoder's is taken for +1.
        """
        if self.encoder is None:
            return check_spins(cue, self.model.num_spins, "cue")
        values = number_array(cue, "cue").astype(np.float64)
        d = self.patterns.shape[1]
        if values.ndim == 0 or values.shape[-1] != d:
            raise ValueError(
                f"cue: the last axis must hold the {d} entries of a pattern, but the shape is {values.shape}"
            )
        check_finite(values, "cue")
        return np.where(values @ self.encoder.T >= 0, 1, -1).astype(np.int8)

    def decode(self, spins: Any) -> np.ndarray:
        """What a configuration of the machine stands for, (..., n) -> (..., d): ±1 as int8 where the patterns are."""
        spins = check_spins(spins, self.model.num_spins)
        if self.decoder is None:
            return spins
        values = spins @ self.decoder.T
        return np.where(values >= 0, 1, -1).astype(np.int8) if self.patterns.dtype == np.int8 else values

    def overlaps(self, outputs: Any) -> np.ndarray:
        """Overlap of outputs (..., d) with every pattern, the cosine of their angle, shape (..., p)."""
        outputs = as_float(number_array(outputs, "outputs"), "outputs")
        patterns = self.patterns.astype(np.float64)
        if outputs.ndim == 0 or outputs.shape[-1] != patterns.shape[1]:
            raise ValueError(
                f"outputs: the last axis must hold the {patterns.shape[1]} entries of a pattern, but the shape is "
                f"{outputs.shape}"
            )
        if self.patterns.dtype == np.int8:
            return outputs @ patterns.T / max(patterns.shape[1], 1)
        sizes = np.linalg.norm(outputs, axis=-1, keepdims=True) * np.linalg.norm(patterns, axis=1)
        return np.divide(outputs @ patterns.T, sizes, out=np.zeros(sizes.shape), where=sizes > 0)

    def __repr__(self) -> str:
        return (
            f"AssociativeMemory({self.rule}, patterns={self.num_patterns}, num_spins={self.model.num_spins}, "
            f"dimension={self.patterns.shape[1]})"
        )


def _checked_patterns(patterns: Any, n: int | None = None) -> np.ndarray:
    """±1 as int8, (p, n), no two rows the same up to a sign."""
    refuse_masked(patterns, "patterns")
    try:
        array = np.asarray(patterns)
    except ValueError as error:
        raise ValueError(f"patterns: rows of different lengths ({error})") from None
    if array.ndim != 2 or (n is None and array.size == 0):
        raise ValueError(f"patterns: one a row is needed, shape (p, n), but the shape is {array.shape}")
    xi = check_spins(array, array.shape[1] if n is None else n, "patterns")
    if xi.size == 0:
        return xi
    first: dict[bytes, int] = {}
    for k, row in enumerate(xi):
        other = first.setdefault((row * row[0]).tobytes(), k)
        if other != k:
            what = "the same as" if np.array_equal(row, xi[other]) else "the negative of"
            raise ValueError(f"patterns: row {k} is {what} row {other}, which is one memory; leave one of them out")
    return xi


def _check_independent(rows: np.ndarray, why: str) -> None:
    """Refuse rows that depend on those above them; the message names the first."""
    zero = np.flatnonzero(~rows.any(axis=1))
    if len(zero):
        raise ValueError(f"patterns: row {zero[0]} is zero, which is no pattern")
    rank = int(np.linalg.matrix_rank(rows))
    if rank < len(rows):
        k = next(k for k in range(len(rows)) if np.linalg.matrix_rank(rows[: k + 1]) < k + 1)
        raise ValueError(
            f"patterns: row {k} is a linear combination of those above it ({len(rows)} patterns, rank {rank}); {why}"
        )


def _deepest_minima(model: ip.IsingModel, descents: int, rng: np.random.Generator) -> np.ndarray:
    """1-flip stable configurations in order of their energy, one of each pair of opposites where there is no field."""
    n = model.num_spins
    states = None
    if n <= _MOST_ENUMERATED:
        import landscapes as ls

        with suppress(ValueError):  # of a model with so many minima that any of them will do
            states = ls.ising_minima(model).spins
    if states is None:
        starts = (2 * rng.integers(0, 2, (descents, n)) - 1).astype(np.int8)
        states = Descents(model)(starts)[0]
    if not model.has_fields:
        states = states * states[:, :1]
    states = np.unique(states, axis=0)
    return states[np.argsort(np.asarray(model.energy(states)), kind="stable")]


def _independent(states: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` of the states that do not depend on those chosen before."""
    basis: list[np.ndarray] = []
    chosen = []
    for state in states:
        rest = state.astype(np.float64)
        for _ in range(2):  # Gram and Schmidt's method; twice is enough
            for direction in basis:
                rest = rest - (rest @ direction) * direction
        size = float(np.linalg.norm(rest))
        if size > 1e-6 * np.sqrt(len(state)):
            basis.append(rest / size)
            chosen.append(state)
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.int8).reshape(len(chosen), states.shape[1])
