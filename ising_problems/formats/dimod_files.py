r"""The files of D-Wave's dimod: binary ``.bqm`` (``bqm.to_file()``) and ``.json`` (``bqm.to_serializable()``).

dimod does the reading and the writing, and is needed for it: ``pip install "coherent-ising[dimod]"``.  It trusts its
files, though: an index out of range in a ``.bqm`` is an access out of bounds.  So the layout, the sizes and every
index are checked here first.  Neither format holds anything that could be executed.

dimod keeps all numbers as floats; a model whose numbers are all whole is read as one of integers.

Source: the format specifications in ``dimod.BinaryQuadraticModel.to_file``, versions 1.0 and 2.0.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..convert import dimod_module, from_bqm, to_bqm
from ..model import IsingModel
from .edges import model_of
from .source import Format, Source
from .tables import duplicates

__all__ = ["BINARY", "TEXT"]

_MAGIC = b"DIMODBQM"
_FLOATS = ("float32", "float64")
_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_VARTYPES = ("SPIN", "BINARY")
_SCHEMAS = ("2.0.0", "3.0.0")


# ---------------------------------------------------------------------- binary


def _load_binary(source: Source) -> IsingModel:
    dimod = dimod_module()
    data = source.data
    if not data:
        raise source.error("the file is empty")
    if data[:8] != _MAGIC:
        raise source.error("not a dimod BQM file: it does not begin with 'DIMODBQM'")
    if len(data) < 14 or data[8] not in (1, 2):
        raise source.error("a BQM file of version 1 or 2 is needed, and its header must be whole")
    end = 14 + int.from_bytes(data[10:14], "little")
    header = _json(source, data[14:end], "the header")
    fields = ("shape", "dtype", "itype", "ntype", "vartype", "variables")
    if not isinstance(header, dict) or any(key not in header for key in fields):
        raise source.error(f"the header must hold {', '.join(fields)}")
    for key, known in (("dtype", _FLOATS), ("itype", _INTEGERS), ("ntype", _INTEGERS), ("vartype", _VARTYPES)):
        if header[key] not in known:
            raise source.error(f"the header's {key} is {_quoted(header[key])}, which is none of {', '.join(known)}")
    shape = header["shape"]
    if not isinstance(shape, list) or len(shape) != 2 or not all(_is_count(k) for k in shape):
        raise source.error(f"the header's shape must be two numbers, but it is {_quoted(shape)}")
    rest = _check_body(source, data[end:], shape[0], shape[1], header)
    labels = header["variables"]
    if data[8] == 2 and labels:
        length = int.from_bytes(rest[4:8], "little")
        if rest[:4] != b"VARS" or len(rest) != 8 + length:
            raise source.error("the labels are missing, cut off or followed by something else")
        labels = _json(source, rest[8:], "the list of labels")
    elif rest.strip():
        raise source.error(f"{len(rest)} bytes follow the end of the model")
    if labels is not False and not (labels == [] and shape[0] > 0):
        _labels(source, labels, shape[0])
    return _through_dimod(source, lambda: dimod.BinaryQuadraticModel.from_file(data))


def _check_body(source: Source, body: bytes, n: int, m: int, header: dict[str, Any]) -> bytes:
    """Check offset, neighbourhoods and indices; what is left after them."""
    bias = np.dtype(header["dtype"])
    linear = np.dtype([("begin", header["ntype"]), ("bias", bias)])
    entry = np.dtype([("other", header["itype"]), ("bias", bias)])
    sizes = (bias.itemsize, n * linear.itemsize, 2 * m * entry.itemsize)
    if m > n * (n - 1) // 2:
        raise source.error(f"the header declares {m} interactions of {n} variables, more than there are pairs")
    if sum(sizes) > len(body):
        raise source.error(f"{sum(sizes)} bytes of data are declared, but only {len(body)} are there: it is cut off")
    begins = np.frombuffer(body, linear, n, sizes[0])["begin"].astype(np.int64)
    entries = np.frombuffer(body, entry, 2 * m, sizes[0] + sizes[1])
    degrees = np.diff(begins, append=2 * m)
    if n and (begins[0] != 0 or degrees.min() < 0):
        raise source.error("the neighbourhoods are out of order")
    others = entries["other"].astype(np.int64)
    here = np.repeat(np.arange(n), degrees)
    for wrong, what in (
        ((others < 0) | (others >= n), "is not a variable"),
        (others == here, "is coupled to itself"),
        (np.append(False, (np.diff(here) == 0) & (np.diff(others) <= 0)), "is out of order or given twice"),
    ):
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            raise source.error(f"among the neighbours of variable {here[k]}, {others[k]} {what}")
    across = np.lexsort((here, others))
    same = np.array_equal(others[across], here) and np.array_equal(here[across], others)
    if not same or entries["bias"][across].tobytes() != entries["bias"].tobytes():
        raise source.error("the interactions of two variables differ in the two places where they are kept")
    return body[sum(sizes) :]


def _dump_binary(content: Any) -> bytes:
    model = model_of(content)
    _check_labels(model)
    with to_bqm(model).to_file() as file:
        return file.read()


# ---------------------------------------------------------------------- JSON


def _load_text(source: Source) -> IsingModel:
    dimod = dimod_module()
    content = _json(source, source.text(), "the file")
    if not isinstance(content, dict) or content.get("type") != "BinaryQuadraticModel":
        raise source.error("not the JSON of a dimod BinaryQuadraticModel: its 'type' does not say so")
    n: Any = content.get("num_variables")
    m: Any = content.get("num_interactions")
    if not _is_count(n) or not _is_count(m):
        raise source.error(f"num_variables and num_interactions must be numbers, not {_quoted(n)} and {_quoted(m)}")
    version = content.get("version")
    if not isinstance(version, dict) or version.get("bqm_schema") not in _SCHEMAS:
        raise source.error(f"the bqm_schema must be one of {', '.join(_SCHEMAS)}")
    if content.get("use_bytes", False) is not False:
        raise source.error("biases as bytes (use_bytes) cannot be in a JSON file")
    if content.get("variable_type") not in _VARTYPES:
        raise source.error(f"variable_type must be SPIN or BINARY, but it is {_quoted(content.get('variable_type'))}")
    _labels(source, content.get("variable_labels"), n)
    _check_numbers(source, [content.get("offset")], 1, "offset")
    _check_numbers(source, content.get("linear_biases"), n, "linear_biases")
    _check_numbers(source, content.get("quadratic_biases"), m, "quadratic_biases")
    for key in ("quadratic_head", "quadratic_tail"):
        column = content.get(key)
        if not isinstance(column, list) or len(column) != m or not all(_is_count(k) and k < n for k in column):
            raise source.error(f"{key} must be {m} indices from 0 to {n - 1}")
    i, j = (np.array(content[key], dtype=np.int64) for key in ("quadratic_head", "quadratic_tail"))
    loops = np.flatnonzero(i == j)
    if len(loops):
        raise source.error(f"interaction {loops[0]} couples variable {i[loops[0]]} to itself")
    twice = duplicates(np.minimum(i, j), np.maximum(i, j))
    if twice:
        raise source.error(f"interaction {twice[1]} between {i[twice[1]]} and {j[twice[1]]} was given before")
    content["variable_labels"] = [_hashable(label) for label in content["variable_labels"]]
    return _through_dimod(source, lambda: dimod.BinaryQuadraticModel.from_serializable(content))


def _dump_text(content: Any) -> bytes:
    model = model_of(content)
    _check_labels(model)
    return json.dumps(to_bqm(model).to_serializable(), allow_nan=False).encode() + b"\n"


def _check_numbers(source: Source, values: Any, count: int, what: str) -> None:
    if not isinstance(values, list) or len(values) != count:
        raise source.error(f"{what} must be a list of {count} numbers")
    for k, value in enumerate(values):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not isinstance(value, float):
            raise source.error(f"number {k} of {what} is {_quoted(value)}, not a number")
        if abs(value) > 2**53 if whole else not np.isfinite(value):
            raise source.error(f"number {k} of {what} is {_quoted(value)}, which a float cannot hold")


# ---------------------------------------------------------------------- both


def _through_dimod(source: Source, load: Any) -> IsingModel:
    try:
        return from_bqm(load())
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise source.error(f"not a valid BQM: {' '.join(str(error).split())}") from None


def _json(source: Source, data: bytes, what: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not a finite number")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a key is given twice")
        return result

    try:
        return json.loads(data.decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        line = error.lineno if what == "the file" else None
        raise source.error(f"{what} is not valid JSON: {error.msg} (column {error.colno})", line) from None
    except UnicodeDecodeError:
        raise source.error(f"{what} is not UTF-8 text") from None
    except RecursionError:
        raise source.error(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise source.error(f"{what} is not valid JSON: {' '.join(str(error).split())}") from None


def _labels(source: Source, labels: Any, n: int) -> None:
    if not isinstance(labels, list) or len(labels) != n:
        raise source.error(f"the labels must be a list of {n}")
    try:
        different = len({_hashable(label) for label in labels})
    except RecursionError:
        raise source.error("the labels are nested too deeply") from None
    except TypeError:
        raise source.error("a label must be a text, a number or a list of them") from None
    if different != n:
        raise source.error("two variables have the same label")


def _hashable(label: Any) -> Any:
    return tuple(_hashable(part) for part in label) if isinstance(label, list) else label


def _check_labels(model: IsingModel) -> None:
    """Refuse a label that would come back as something else."""

    def is_plain(label: Any) -> bool:
        if isinstance(label, tuple):
            return all(is_plain(part) for part in label)
        return type(label) in (str, int) or (type(label) is float and np.isfinite(label))

    for label in model.labels:
        if not is_plain(label):
            raise ValueError(
                f"model: dimod's files hold labels that are texts, numbers or tuples of them, not {label!r}; relabel"
            )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _quoted(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


BINARY = Format(
    name="bqm", suffixes=(".bqm",), description="binary BQM files of dimod", load=_load_binary, dump=_dump_binary
)
TEXT = Format(
    name="dimod-json", suffixes=(".json",), description="BQMs of dimod as JSON", load=_load_text, dump=_dump_text
)
