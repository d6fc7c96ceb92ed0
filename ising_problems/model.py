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
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import dimod
    import networkx as nx

__all__ = ["IsingModel", "check_spins"]

# Integer energies are kept below this, so that no sum in int64 can wrap around (one bit is spare for differences).
_LARGEST_INTEGER_ENERGY = 2**62
# Integers below this are exact in float64, so the fast floating-point product gives the exact integer energy.
_LARGEST_EXACT_FLOAT = 2**53
# Rows of a dense matrix that are looked at together: bounds the temporary memory of a check or a product.
_ROWS = 512


class IsingModel:
    r"""An Ising model, :math:`E(s) = -\tfrac12 s^{\mathsf T} J s - h^{\mathsf T} s + \mathrm{offset}`, to be minimised.

    A model is checked once, here, and never changes afterwards: its arrays are read-only, and no solver writes on it.

    Parameters
    ----------
    J : array_like or scipy.sparse array, shape (n, n)
        Couplings, symmetric with zero diagonal, each pair counted once in the energy.  Kept as int64 where the dtype
        is an integer (or boolean), as float64 otherwise; a sparse matrix stays sparse (CSR).
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
        Whether J, h and offset are all integers by their dtype; energies are then exact and int64.

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
        couplings, is_sparse = _checked_couplings(J, copy)
        n = couplings.shape[0]
        fields = _checked_fields(h, n, couplings.dtype, copy)
        offset = _checked_offset(offset)
        if couplings.dtype.kind == "i" and fields.dtype.kind == "f":
            couplings = couplings.astype(np.float64)
        is_integer = couplings.dtype.kind == "i" and float(offset).is_integer()
        if couplings.dtype.kind == "i":
            _check_integer_range(couplings, fields, offset)
        offset = int(offset) if is_integer else float(offset)
        _freeze(couplings, is_sparse)
        fields.flags.writeable = False
        for name, value in (
            ("J", couplings),
            ("h", fields),
            ("offset", offset),
            ("labels", _checked_labels(labels, n)),
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
        linear = rows @ self.h
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
            return rows.astype(np.float64) @ self.J
        # NumPy multiplies integer matrices without BLAS.  Where every partial sum is exact in float64, BLAS gives the
        # same integers two orders of magnitude sooner; the block of rows bounds the memory of the converted matrix.
        result = np.empty((rows.shape[0], self.num_spins), dtype=np.int64)
        for start in range(0, self.num_spins, _ROWS):
            block = self.J[start : start + _ROWS]
            if block.size and float(np.abs(block, dtype=np.float64).sum(axis=1).max()) >= _LARGEST_EXACT_FLOAT:
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
        index = {label: i for i, label in enumerate(self.labels)}
        fixed = np.zeros(self.num_spins, dtype=np.int64)
        for label, value in spins.items():
            if label not in index:
                raise ValueError(f"spins: the model has no spin labelled {label!r}")
            if value not in (-1, 1):
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
        labelled ``None``.

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
        return IsingModel(couplings, offset=self.offset, labels=[*self.labels, None], copy=False)

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


def check_spins(spins: Any, num_spins: int, name: str = "spins") -> np.ndarray:
    """Spins as an int8 array, or a ``ValueError`` that shows the offending entry.

    Parameters
    ----------
    spins : array_like of ±1, shape (..., num_spins)
    num_spins : int
    name : str
        What the argument is called where the error is read.

    Returns
    -------
    numpy.ndarray of int8, shape (..., num_spins)
    """
    array = np.asarray(spins)
    if array.ndim == 0 or array.shape[-1] != num_spins:
        raise ValueError(f"{name}: the last axis must hold the {num_spins} spins, but the shape is {array.shape}")
    if array.size == 0:
        return array.astype(np.int8)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name}: entries must be -1 or +1, but the dtype is {array.dtype}")
    if array.dtype != np.int8 or not np.all(np.abs(array) == 1):
        wrong = np.argwhere((array != 1) & (array != -1))
        if len(wrong):
            where = tuple(int(i) for i in wrong[0])
            raise ValueError(f"{name}: entries must be -1 or +1, but entry {where} is {array[where]!s}")
    return np.ascontiguousarray(array, dtype=np.int8)


def _as_rows(array: np.ndarray) -> np.ndarray:
    """(..., n) as (m, n); unlike ``reshape(-1, n)``, also for n = 0."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


# ---------------------------------------------------------------------- checks at the door


def _number_array(values: Any, name: str) -> np.ndarray:
    """Array of int64 or float64 with the same values, or an error that names the argument."""
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise ValueError(f"{name}: not a rectangular array of numbers ({error})") from None
    _check_dtype(array.dtype, name)
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name}: the entry {array.max()} does not fit in 64 signed bits; pass floats instead")
    if array.dtype.kind in "biu":
        return array.astype(np.int64, copy=False)
    converted = array.astype(np.float64, copy=False)
    if array.dtype.itemsize > 8 and not np.array_equal(converted, array, equal_nan=True):
        raise ValueError(f"{name}: {array.dtype} entries would be rounded to float64; round them yourself first")
    return converted


def _check_dtype(dtype: np.dtype, name: str) -> None:
    if dtype.kind not in "biuf":
        hint = "; take the real part yourself if it is meant" if dtype.kind == "c" else ""
        raise ValueError(f"{name}: entries must be real numbers, but the dtype is {dtype}{hint}")


def _checked_couplings(J: Any, copy: bool) -> tuple[Any, bool]:
    if hasattr(J, "tocsr"):  # any scipy.sparse matrix or array, without importing scipy for dense users
        return _checked_sparse_couplings(J), True
    array = _number_array(J, "J")
    if array.size == 0 and array.ndim < 2:
        array = array.reshape(0, 0)
    _check_square(array.shape)
    n = array.shape[0]
    for start in range(0, n, _ROWS):
        rows = array[start : start + _ROWS]
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            i, j = (int(k) for k in np.argwhere(~np.isfinite(rows))[0])
            raise ValueError(f"J: every coupling must be finite, but J[{start + i}, {j}] is {rows[i, j]}")
        columns = array[:, start : start + _ROWS].T
        if not np.array_equal(rows, columns):
            i, j = (int(k) for k in np.argwhere(rows != columns)[0])
            raise _asymmetry(start + i, j, rows[i, j], columns[i, j])
    diagonal = np.flatnonzero(array.diagonal())
    if len(diagonal):
        raise _self_coupling(int(diagonal[0]), array[diagonal[0], diagonal[0]])
    if copy or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    return array, False


def _checked_sparse_couplings(J: Any) -> Any:
    import scipy.sparse as sp

    _check_dtype(np.dtype(J.dtype), "J")
    _check_square(J.shape)
    matrix = sp.csr_array(J.tocsr(), copy=True)
    matrix.sum_duplicates()
    matrix.data = _number_array(matrix.data, "J")
    if not np.isfinite(matrix.data).all():
        entries = matrix.tocoo()
        k = int(np.flatnonzero(~np.isfinite(entries.data))[0])
        i, j = int(entries.coords[0][k]), int(entries.coords[1][k])
        raise ValueError(f"J: every coupling must be finite, but J[{i}, {j}] is {entries.data[k]}")
    matrix.eliminate_zeros()
    difference = (matrix != matrix.T).tocoo()
    if difference.nnz:
        i, j = int(difference.coords[0][0]), int(difference.coords[1][0])
        raise _asymmetry(i, j, matrix[i, j], matrix[j, i])
    diagonal = np.flatnonzero(matrix.diagonal())
    if len(diagonal):
        raise _self_coupling(int(diagonal[0]), matrix.diagonal()[diagonal[0]])
    matrix.sort_indices()
    if max(matrix.nnz, matrix.shape[0]) < np.iinfo(np.int32).max:
        matrix.indices = matrix.indices.astype(np.int32, copy=False)
        matrix.indptr = matrix.indptr.astype(np.int32, copy=False)
    return matrix


def _check_square(shape: tuple[int, ...]) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"J: the couplings must be a square matrix, but the shape is {shape}")


def _asymmetry(i: int, j: int, upper: Any, lower: Any) -> ValueError:
    return ValueError(
        f"J: the couplings must be symmetric, but J[{i}, {j}] is {upper} and J[{j}, {i}] is {lower}; "
        "pass (J + J.T)/2 if the mean is meant, or J + J.T for a triangular matrix"
    )


def _self_coupling(i: int, value: Any) -> ValueError:
    return ValueError(
        f"J: the diagonal must be zero, but J[{i}, {i}] is {value}; a spin's square is 1, so a diagonal only shifts "
        "every energy by -trace(J)/2: set it to zero and pass that as the offset"
    )


def _checked_fields(h: Any, n: int, dtype: np.dtype, copy: bool) -> np.ndarray:
    if h is None:
        return np.zeros(n, dtype=dtype)
    fields = _number_array(h, "h")
    if fields.shape != (n,):
        raise ValueError(f"h: one field for each of the {n} spins is needed, but the shape is {fields.shape}")
    if not np.isfinite(fields).all():
        i = int(np.flatnonzero(~np.isfinite(fields))[0])
        raise ValueError(f"h: every field must be finite, but h[{i}] is {fields[i]}")
    if dtype.kind == "f":
        return np.array(fields, dtype=np.float64)
    return np.array(fields, copy=copy or None)


def _checked_offset(offset: Any) -> float:
    if isinstance(offset, np.generic):
        offset = offset.item()
    if not isinstance(offset, (int, float)):
        raise ValueError(f"offset: must be a real number, but it is {offset!r}")
    if not np.isfinite(offset):
        raise ValueError(f"offset: must be finite, but it is {offset}")
    return offset


def _checked_labels(labels: Iterable[Hashable] | None, n: int) -> Sequence[Hashable]:
    if labels is None:
        return range(n)
    if isinstance(labels, range) and labels == range(n):
        return labels
    named = tuple(labels)
    if len(named) != n:
        raise ValueError(f"labels: one for each of the {n} spins is needed, but there are {len(named)}")
    if len(set(named)) != n:
        seen: set[Hashable] = set()
        twice = next(label for label in named if label in seen or seen.add(label))  # type: ignore[func-returns-value]
        raise ValueError(f"labels: every spin needs a name of its own, but {twice!r} is given twice")
    return named


def _check_integer_range(couplings: Any, fields: np.ndarray, offset: float) -> None:
    data = couplings.data if hasattr(couplings, "tocsr") else couplings
    rough = 0.5 * float(np.abs(data, dtype=np.float64).sum()) if data.size else 0.0
    rough += float(np.abs(fields, dtype=np.float64).sum()) + abs(float(offset))
    if rough >= _LARGEST_INTEGER_ENERGY:
        raise ValueError(
            f"J: integer energies could reach {rough:.3g}, beyond 2**62, and would not be exact in 64 bits; "
            "pass float couplings if rounding is acceptable, or divide out a common factor"
        )


def _freeze(couplings: Any, is_sparse: bool) -> None:
    arrays = (couplings.data, couplings.indices, couplings.indptr) if is_sparse else (couplings,)
    for array in arrays:
        array.flags.writeable = False
