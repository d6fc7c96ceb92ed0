r"""The Ising model: the one currency between the packages.

An Ising model on n spins :math:`s_i \in \{-1, +1\}` has the energy

.. math:: E(s) = -\tfrac12\, s^{\mathsf T} J s - h^{\mathsf T} s + \mathrm{offset}
              = -\sum_{i<j} J_{ij} s_i s_j - \sum_i h_i s_i + \mathrm{offset},

with J symmetric and of zero diagonal, so that each pair is counted once; positive couplings are ferromagnetic, and
the energy is minimised.  The local field :math:`f = J s + h` gives the cost of a single flip,
:math:`E(s \text{ with } s_i \to -s_i) - E(s) = 2 s_i f_i`.

Every other sign and factor in use (QUBO, dimod, Max-Cut weights, ordered-pair sums) is converted in
:mod:`ising_problems.convert`, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import numpy as np

from .checks import (
    LARGEST_EXACT_FLOAT,
    as_float,
    check_integer_range,
    check_spins,
    checked_couplings,
    checked_fields,
    checked_labels,
    checked_offset,
    own_couplings,
)
from .threads import single_threaded_algebra

if TYPE_CHECKING:
    import dimod
    import networkx as nx

__all__ = ["IsingModel"]

_BATCH = 8  # configurations that are multiplied together
_SMALL = 32  # no library shares a product of this size among threads
# Rows of a dense matrix that are multiplied together: bounds the temporary memory of a product.
_ROWS = 512


class IsingModel:
    r"""An Ising model, :math:`E(s) = -\tfrac12 s^{\mathsf T} J s - h^{\mathsf T} s + \mathrm{offset}`, to be minimised.

    A model is checked once, here, and never changes afterwards: its arrays are read-only, and no solver writes on it.

    Parameters
    ----------
    J : array_like or scipy.sparse array, shape (n, n)
        Couplings, symmetric with zero diagonal, each pair counted once in the energy.  Kept as int64 where their dtype
        and the fields' is an integer (or boolean), as float64 otherwise; a sparse matrix stays sparse (CSR).
    h : array_like, shape (n,), optional
        Fields.  Zero by default.
    offset : float, default 0
        A constant that is added to every energy.
    labels : sequence of hashable, length n, optional
        What each spin is called, for instance the nodes of a graph.  ``range(n)`` by default.
    copy : bool, default True
        Whether to copy arrays that already have the right type.  ``False`` hands the array over to the model, which
        makes it read-only.

    Attributes
    ----------
    num_spins : int
        n.
    J : numpy.ndarray or scipy.sparse.csr_array, shape (n, n)
        The couplings, read-only.
    h : numpy.ndarray, shape (n,)
        The fields, read-only.
    offset : float or int
    labels : sequence of hashable
    is_sparse : bool
        Whether J is a scipy.sparse array.
    is_integer : bool
        Whether J and h are integers by their dtype and the offset is whole; energies are then exact and int64.

    Raises
    ------
    ValueError
        If J is not square, not symmetric, not finite, not real, or has a non-zero diagonal; if h or labels have the
        wrong length; if integer energies would not fit in 64 bits.  The message shows where.

    Examples
    --------
    >>> model = IsingModel([[0, 1], [1, 0]])
    >>> int(model.energy([1, 1])), int(model.energy([1, -1]))
    (-1, 1)
    """

    __slots__ = ("J", "h", "is_integer", "is_sparse", "labels", "num_spins", "offset")

    J: Any  # numpy.ndarray or scipy.sparse.csr_array: the union helps no caller and costs every one of them a cast
    h: np.ndarray
    is_integer: bool
    is_sparse: bool
    labels: Sequence[Hashable]
    num_spins: int
    offset: float

    def __init__(
        self,
        J: Any,
        h: Any = None,
        offset: float = 0.0,
        *,
        labels: Iterable[Hashable] | None = None,
        copy: bool = True,
    ) -> None:
        self._keep(*checked_couplings(J, copy), h, offset, labels, copy)

    @classmethod
    def _of_symmetric(cls, J: Any, h: Any, offset: float, labels: Iterable[Hashable] | None) -> IsingModel:
        """Model of couplings that the caller has just made, symmetric with zero diagonal, as the house keeps them.

        For the builders, for whom looking at the matrix again would take longer than making it: a dense array of int64
        or float64, or a CSR array without duplicates or zeros.
        """
        model = cls.__new__(cls)
        model._keep(*own_couplings(J), h, offset, labels, False)
        return model

    def _keep(
        self, couplings: Any, is_sparse: bool, h: Any, offset: Any, labels: Iterable[Hashable] | None, copy: bool
    ) -> None:
        n = couplings.shape[0]
        fields = checked_fields(h, n, couplings.dtype, copy)
        offset = checked_offset(offset)
        if couplings.dtype.kind == "i" and fields.dtype.kind == "f":
            if is_sparse:
                couplings.data = as_float(couplings.data, "J")
            else:
                couplings = as_float(couplings, "J")
        is_integer = couplings.dtype.kind == "i" and float(offset).is_integer()
        if couplings.dtype.kind == "i":
            check_integer_range(couplings, fields, offset)
        if not is_integer and isinstance(offset, int):
            offset = as_float(np.array([offset]), "offset").item()
        offset = int(offset) if is_integer else float(offset)
        _freeze(couplings, is_sparse)
        fields.flags.writeable = False
        for name, value in (
            ("J", couplings),
            ("h", fields),
            ("offset", offset),
            ("labels", checked_labels(labels, n)),
            ("num_spins", n),
            ("is_sparse", is_sparse),
            ("is_integer", is_integer),
        ):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"an IsingModel does not change: build a new one instead of setting {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an IsingModel does not change: {name!r} cannot be deleted")

    def __getstate__(self) -> dict[str, Any]:
        return {"J": self.J, "h": self.h, "offset": self.offset, "labels": self.labels}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["J"], state["h"], state["offset"], labels=state["labels"], copy=False)  # type: ignore[misc]

    def __repr__(self) -> str:
        kind = "sparse" if self.is_sparse else "dense"
        numbers = "integer" if self.J.dtype.kind == "i" else "float"
        fields = "with fields" if self.has_fields else "no fields"
        return (
            f"IsingModel(num_spins={self.num_spins}, num_couplings={self.num_couplings}, {kind} {numbers}, {fields}, "
            f"offset={self.offset})"
        )

    # ------------------------------------------------------------------ what it is

    @property
    def num_couplings(self) -> int:
        """Number of pairs i < j with a non-zero coupling."""
        return int(self.J.count_nonzero() if self.is_sparse else np.count_nonzero(self.J)) // 2

    @property
    def has_fields(self) -> bool:
        """Whether any field is non-zero."""
        return bool(np.any(self.h))

    # ------------------------------------------------------------------ what it does

    def energy(self, spins: Any) -> Any:
        """Energy of one configuration or of a batch, from the couplings as given.

        Parameters
        ----------
        spins : array_like of ±1, shape (n,) or (..., n)

        Returns
        -------
        float, int or numpy.ndarray
            A number for shape (n,), else an array of shape ``spins.shape[:-1]``.  Exact and of integer type where
            the model is an integer one (:attr:`is_integer`), float64 otherwise.

        Raises
        ------
        ValueError
            If the last axis is not n long or an entry is not ±1.
        """
        s = check_spins(spins, self.num_spins)
        rows = _as_rows(s)
        number = np.int64 if self.J.dtype.kind == "i" else np.float64
        fields = self._coupling_fields(rows)
        quadratic = np.einsum("ri,ri->r", fields, rows, dtype=number)
        linear = np.einsum("ri,i->r", rows, self.h, dtype=number if self.h.dtype.kind == "i" else np.float64)
        if number is np.int64:
            # sᵀJs is even for a symmetric integer J of zero diagonal: the halving is exact
            total = -(quadratic // 2) - linear
            energies = total + self.offset
        else:
            energies = -0.5 * quadratic - linear + self.offset
        energies = energies.reshape(s.shape[:-1])
        return energies.item() if energies.ndim == 0 else energies

    def local_fields(self, spins: Any) -> np.ndarray:
        """Local fields f = J s + h of one configuration or of a batch.

        Flipping spin i changes the energy by ``2 * spins[..., i] * f[..., i]``.

        Parameters
        ----------
        spins : array_like of ±1, shape (n,) or (..., n)

        Returns
        -------
        numpy.ndarray, shape as ``spins``
            int64 where the couplings are integers (then exact), float64 otherwise.
        """
        s = check_spins(spins, self.num_spins)
        fields = self._coupling_fields(_as_rows(s)) + self.h
        return fields.reshape(s.shape)

    def _coupling_fields(self, rows: np.ndarray) -> np.ndarray:
        """J s for each row s of an (m, n) array of ±1, exact where J is an integer matrix; shape (m, n)."""
        if self.is_sparse:
            return np.ascontiguousarray((self.J @ rows.T.astype(self.J.dtype)).T)
        if self.J.dtype.kind == "f":
            # BLAS sums in an order that depends on the shape of the product and on its threads.  Eight rows at a time
            # on one thread, always, so that a configuration has the same energy, to the last bit, by itself and in
            # any batch, inside a solver and outside.
            result = np.empty((-(-len(rows) // _BATCH) * _BATCH, self.num_spins))
            padded = np.zeros_like(result)
            padded[: len(rows)] = rows
            with single_threaded_algebra() if self.num_spins > _SMALL else nullcontext():
                for start in range(0, len(result), _BATCH):
                    np.matmul(padded[start : start + _BATCH], self.J, out=result[start : start + _BATCH])
            return result[: len(rows)]
        # NumPy multiplies integer matrices without BLAS.  Where every partial sum is exact in float64, BLAS gives the
        # same integers two orders of magnitude sooner; the block of rows bounds the memory of the converted matrix.
        result = np.empty((rows.shape[0], self.num_spins), dtype=np.int64)
        for start in range(0, self.num_spins, _ROWS):
            block = self.J[start : start + _ROWS]
            if block.size and float(np.abs(block, dtype=np.float64).sum(axis=1).max()) >= LARGEST_EXACT_FLOAT:
                result[:, start : start + _ROWS] = rows.astype(np.int64) @ block.T
            else:
                result[:, start : start + _ROWS] = np.rint(rows.astype(np.float64) @ block.T.astype(np.float64))
        return result

    def fix(self, spins: Mapping[Hashable, int]) -> IsingModel:
        """Model of the remaining spins when some are held at given values.

        Parameters
        ----------
        spins : mapping from label to ±1
            The labels are the indices ``0 … n-1`` unless the model carries others.

        Returns
        -------
        IsingModel
            On the spins that are left, in their order and with their labels; its energies equal those of this model
            with the fixed spins in place.

        Raises
        ------
        ValueError
            If a label is unknown or a value is not ±1.
        """
        if not isinstance(spins, Mapping):
            raise TypeError(f"spins: a mapping from label to -1 or +1 is needed, but it is {spins!r}")
        index = {label: i for i, label in enumerate(self.labels)}
        fixed = np.zeros(self.num_spins, dtype=np.int64)
        for label, value in spins.items():
            if label not in index:
                raise ValueError(f"spins: the model has no spin labelled {label!r}")
            if not isinstance(value, (int, float, np.number)) or value not in (-1, 1):
                raise ValueError(f"spins: spin {label!r} can be fixed at -1 or +1, not at {value!r}")
            fixed[index[label]] = int(value)
        free = np.flatnonzero(fixed == 0)
        held = np.flatnonzero(fixed)
        values = fixed[held].astype(self.J.dtype)
        to_held = self.J[free][:, held]
        among_held = self.J[held][:, held]
        h = self.h[free] + to_held @ values
        # for integers s'Js is even, so the halving is exact
        pair_energy = (values @ (among_held @ values)) / 2
        if self.is_integer:
            pair_energy = int(values @ (among_held @ values)) // 2
        offset = self.offset - pair_energy - values @ self.h[held]
        labels = [self.labels[i] for i in free.tolist()]
        return IsingModel(self.J[free][:, free], h, offset.item() if hasattr(offset, "item") else offset, labels=labels)

    def homogenized(self) -> IsingModel:
        """Model without fields on n + 1 spins, the last of which stands for the fields.

        With :math:`J_{i,n} = h_i` the energy of ``(s, t)`` is that of ``s * t`` here, for t = ±1.  The extra spin is
        labelled ``None``, or ``("field", k)`` with the first k that is free where that is taken.

        Returns
        -------
        IsingModel
        """
        n = self.num_spins
        if self.is_sparse:
            import scipy.sparse as sp

            column = sp.csr_array(self.h.reshape(n, 1))
            couplings: Any = sp.block_array([[self.J, column], [column.T, None]], format="csr")
        else:
            couplings = np.zeros((n + 1, n + 1), dtype=self.J.dtype)
            couplings[:n, :n] = self.J
            couplings[:n, n] = couplings[n, :n] = self.h
        taken = set(self.labels)
        names = chain([None], (("field", k) for k in count()))
        label = next(name for name in names if name not in taken)
        return IsingModel(couplings, offset=self.offset, labels=[*self.labels, label], copy=False)

    # ------------------------------------------------------------------ other people's conventions

    @classmethod
    def from_qubo(cls, Q: Any, offset: float = 0.0, *, labels: Iterable[Hashable] | None = None) -> IsingModel:
        """Model of the binary energy ``x'Qx + offset``, x = (1 + s)/2; see :func:`ising_problems.convert.from_qubo`."""
        from .convert import from_qubo

        return from_qubo(Q, offset, labels=labels)

    def to_qubo(self) -> tuple[Any, float]:
        """Upper triangular Q and offset of the energy ``x'Qx + offset``; see :func:`ising_problems.convert.to_qubo`."""
        from .convert import to_qubo

        return to_qubo(self)

    @classmethod
    def from_bqm(cls, bqm: dimod.BinaryQuadraticModel) -> IsingModel:
        """Model with the energies of a dimod BQM; see :func:`ising_problems.convert.from_bqm`."""
        from .convert import from_bqm

        return from_bqm(bqm)

    def to_bqm(self) -> dimod.BinaryQuadraticModel:
        """Spin-valued dimod BQM with the same energies; see :func:`ising_problems.convert.to_bqm`."""
        from .convert import to_bqm

        return to_bqm(self)

    @classmethod
    def from_graph(cls, graph: nx.Graph, weight: str = "weight") -> IsingModel:
        """Model with couplings J_uv = the edge weights; see :func:`ising_problems.convert.from_graph`."""
        from .convert import from_graph

        return from_graph(graph, weight)

    def to_graph(self, weight: str = "weight") -> nx.Graph:
        """Graph of the couplings, with node attribute ``field``; see :func:`ising_problems.convert.to_graph`."""
        from .convert import to_graph

        return to_graph(self, weight)


def _as_rows(array: np.ndarray) -> np.ndarray:
    """(..., n) as (m, n); unlike ``reshape(-1, n)``, also for n = 0."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _freeze(couplings: Any, is_sparse: bool) -> None:
    arrays = (couplings.data, couplings.indices, couplings.indptr) if is_sparse else (couplings,)
    for array in arrays:
        array.flags.writeable = False
