"""What a sweep was asked for, in a form that can be written down and compared when it is resumed.

Numbers, strings and short lists stand as they are, so that a difference can be shown; arrays, models and other objects
are reduced to a hash of their contents, functions to the name that they are imported by.  Nothing here is ever read
back into an object.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from ising_problems.checks import on_one_line

__all__ = ["canonical", "described", "differences", "digest"]

_LONGEST_LIST = 64  # entries that are written out
_LONGEST_TEXT = 120  # characters that a difference shows


def digest(text: str) -> bytes:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def canonical(value: Any) -> Any:
    """The same number or string as Python has it, a whole float as an int: what is equal becomes the same."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def described(value: Any, name: str) -> Any:
    """Description of an argument, in what JSON can hold.

    Parameters
    ----------
    value : object
        A number, string, array, function with a name, or anything made of these.
    name : str
        What the argument is called where an error is read.

    Raises
    ------
    ValueError
        If it would not be recognised when the sweep is resumed: a function without a name of its own, an iterator.
    """
    value = canonical(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.ndarray):
        return _array(value, name)
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: described(entry, f"{name}[{key!r}]") for key, entry in value.items()}
    if isinstance(value, Mapping):  # JSON would make texts of the keys, and 1 and "1" the same
        pairs = [(key, described(entry, f"{name}[{key!r}]")) for key, entry in value.items()]
        return {"pairs": [[described(key, name), entry] for key, entry in pairs]}
    if isinstance(value, (list, tuple, range)):
        entries = [described(entry, f"{name}[{k}]") for k, entry in enumerate(value)]
        return entries if len(entries) <= _LONGEST_LIST else _hashed("list", entries)
    if isinstance(value, (set, frozenset)):
        texts = sorted(json.dumps(described(entry, name)) for entry in value)  # a set has no order of its own
        return _hashed("set", texts)
    if isinstance(value, (bytes, bytearray)):
        return _hashed("bytes", bytes(value).hex())
    if isinstance(value, complex):
        return f"complex {value!r}"
    if isinstance(value, functools.partial):
        parts = [value.func, list(value.args), value.keywords]
        return {"partial": described(parts, name)}
    if callable(value) and hasattr(value, "__qualname__"):
        if "<" in value.__qualname__:
            raise ValueError(
                f"{name}: {on_one_line(value)} has no name to recognise it by when the sweep is resumed; "
                "define it at the top of a module"
            )
        name_in_module = f"{value.__module__}.{value.__qualname__}"
        owner = getattr(value, "__self__", None)
        if owner is None or isinstance(owner, ModuleType):
            return name_in_module
        return {"method": name_in_module, "of": described(owner, name)}  # bound: what it does depends on its object
    if hasattr(value, "__next__"):
        raise ValueError(f"{name}: {on_one_line(value)} is used up by one pass; pass a list or an array")
    kind = type(value)
    parts = _entries(value) if hasattr(value, "tocoo") else _parts(value, name)
    return _hashed(f"{kind.__module__}.{kind.__qualname__}", parts)


def _entries(matrix: Any) -> Any:
    """A sparse matrix by its entries: it notes, and changes, how they are sorted."""
    entries = matrix.tocoo()
    order = np.lexsort(entries.coords[::-1])
    arrays = [*(np.asarray(coordinate, dtype=np.int64)[order] for coordinate in entries.coords), entries.data[order]]
    return [list(matrix.shape), *(_array(array, "") for array in arrays)]


def _parts(value: Any, name: str) -> Any:
    """What a copy of an object would be made of, as :mod:`copy` and :mod:`pickle` take it apart."""
    try:
        parts = value.__reduce_ex__(2)
    except Exception as error:
        raise ValueError(
            f"{name}: {on_one_line(value)} cannot be recognised when the sweep is resumed ({error})"
        ) from None
    if isinstance(parts, str):  # a name in a module
        return parts
    make, arguments, *rest = parts
    state, items, pairs = (*rest, None, None, None)[:3]
    if isinstance(state, Mapping):  # what an object has worked out of itself, and when, is no part of it
        cached = {key for key in state if isinstance(getattr(type(value), str(key), None), functools.cached_property)}
        state = {key: entry for key, entry in state.items() if key not in cached}
    contents = (make, arguments, state, list(items or ()), list(pairs or ()))
    return [described(part, name) for part in contents]


def _array(array: np.ndarray, name: str) -> Any:
    if array.dtype.kind not in "biufcSU":
        return described(array.tolist(), name)
    if array.ndim == 1 and array.size <= _LONGEST_LIST and array.dtype.kind in "biuf":
        return described(array.tolist(), name)
    hashed = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"array {array.dtype.str} {array.shape} {hashed[:32]}"


def _hashed(kind: str, description: Any) -> str:
    # the order of a dictionary's keys counts: that of a graph's nodes is that of the spins
    return f"{kind} {digest(json.dumps(description)).hex()[:32]}"


def differences(there: Any, here: Any, name: str = "") -> list[str]:
    """What differs between two descriptions, each as a line that names it and shows both sides."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        lines = []
        for key in sorted({*there, *here}):
            inner = f"{name}.{key}" if name else key
            if key not in there or key not in here:
                lines.append(f"{inner} is only {'here' if key in here else 'there'}")
            else:
                lines += differences(there[key], here[key], inner)
        return lines
    if there == here:
        return []
    return [f"{name} was {_shown(there)} and is now {_shown(here)}"]


def _shown(value: Any) -> str:
    """Names and hashes as they stand."""
    return repr(value) if isinstance(value, str) and len(value) <= _LONGEST_TEXT else on_one_line(value)
