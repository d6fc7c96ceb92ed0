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
    if isinstance(value, Mapping):
        return {str(key): described(entry, f"{name}[{key!r}]") for key, entry in value.items()}
    if isinstance(value, (list, tuple, range)):
        entries = [described(entry, f"{name}[{k}]") for k, entry in enumerate(value)]
        return entries if len(entries) <= _LONGEST_LIST else _hashed("list", entries)
    if isinstance(value, functools.partial):
        parts = [value.func, list(value.args), value.keywords]
        return {"partial": described(parts, name)}
    if callable(value) and hasattr(value, "__qualname__"):
        if "<" in value.__qualname__:
            raise ValueError(
                f"{name}: {on_one_line(value)} has no name to recognise it by when the sweep is resumed; "
                "define it at the top of a module"
            )
        return f"{value.__module__}.{value.__qualname__}"
    if hasattr(value, "__next__"):
        raise ValueError(f"{name}: {on_one_line(value)} is used up by one pass; pass a list or an array")
    kind = type(value)
    # an object is its class and its state, as a copy would take it
    return _hashed(f"{kind.__module__}.{kind.__qualname__}", described(value.__getstate__(), name))


def _array(array: np.ndarray, name: str) -> Any:
    if array.dtype.kind not in "biufcSU":
        return described(array.tolist(), name)
    if array.ndim == 1 and array.size <= _LONGEST_LIST and array.dtype.kind in "biuf":
        return described(array.tolist(), name)
    hashed = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"array {array.dtype.str} {array.shape} {hashed[:32]}"


def _hashed(kind: str, description: Any) -> str:
    return f"{kind} {digest(json.dumps(description, sort_keys=True)).hex()[:32]}"


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
