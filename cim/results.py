"""What a solver returns: a :class:`Solution` and its :class:`Status`, and how it is kept on disk.

A saved solution is data only: JSON, or a NumPy archive (``.npz``) with the arrays beside the same JSON.  Neither is
ever unpickled or evaluated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ising_problems.checks import check_spins

__all__ = ["Solution", "Status"]

_FORMAT = "coherent-ising solution"
_VERSION = 1


class Status(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    TARGET_REACHED = "target_reached"
    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    INTERRUPTED = "interrupted"
    DIVERGED = "diverged"

    @property
    def message(self) -> str:
        """What happened, and what can be done about it."""
        return _MESSAGES[self]


_MESSAGES = {
    Status.COMPLETED: "all the steps asked for were taken",
    Status.TARGET_REACHED: "the target was reached",
    Status.OPTIMAL: "the energy equals a lower bound: no better answer exists",
    Status.TIME_LIMIT: "the time limit ended the search; the best so far is returned",
    Status.INTERRUPTED: "interrupted; the best so far is returned",
    Status.DIVERGED: "amplitudes overflowed in some replicas; lower the starting amplitude, the noise or the pump",
}


@dataclass(frozen=True, repr=False)
class Solution:
    """Answer of :func:`cim.solve`.

    Attributes
    ----------
    spins : numpy.ndarray, int8, shape (n,)
        The best configuration found.
    energy : float or int
        Its Ising energy, recomputed from the user's model; an int where the model is an integer one.
    samples : numpy.ndarray, int8, shape (replicas, n)
        The best configuration of each replica.
    energies : numpy.ndarray, shape (replicas,)
        Their energies, recomputed likewise.
    status : Status
    answer, objective, feasible, violations
        The best configuration in the problem's own terms, its value, whether it breaks no constraint, and which
        constraints it breaks, in words; all None where a bare model was solved.
    lower_bound : float or None
        An energy below which none can lie, where one is known.
    info : dict
        Algorithm, parameters, timings, counts, the best energy against time, versions, seed.
    """

    spins: np.ndarray
    energy: Any
    samples: np.ndarray
    energies: np.ndarray
    status: Status
    answer: Any = None
    objective: Any = None
    feasible: bool | None = None
    violations: list[str] | None = None
    lower_bound: float | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        own = "" if self.objective is None else f", objective={self.objective}, feasible={self.feasible}"
        return (
            f"Solution(energy={self.energy}{own}, status={self.status}, "
            f"{self.samples.shape[0]} samples of {self.samples.shape[1]} spins)"
        )

    def save(self, path: str | Path) -> None:
        """Write the solution to a ``.json`` or ``.npz`` file.

        Raises
        ------
        ValueError
            If the suffix is neither, or the answer holds something that JSON cannot express.
        """
        path = Path(path)
        _check_suffix(path)
        record, arrays = self.parts()
        if path.suffix == ".json":
            lists = {name: array.tolist() for name, array in arrays.items()}
            path.write_text(json.dumps({**record, **lists}, indent=1, allow_nan=True) + "\n", encoding="utf-8")
        else:
            text = np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
            with path.open("wb") as file:
                np.savez_compressed(file, record=text, **arrays)  # type: ignore[arg-type]

    def parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What a saved solution consists of: a record that JSON can hold, and the arrays.

        Raises
        ------
        ValueError
            If the answer holds something that JSON cannot express.
        """
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "energy": _plain(self.energy),
            "status": self.status.value,
            "answer": _pack(self.answer, "answer"),
            "objective": _plain(self.objective),
            "feasible": None if self.feasible is None else bool(self.feasible),
            "violations": self.violations,
            "lower_bound": _plain(self.lower_bound),
            "info": _pack(self.info, "info"),
        }
        return record, {"spins": self.spins, "samples": self.samples, "energies": self.energies}

    @classmethod
    def from_parts(cls, record: dict[str, Any], arrays: dict[str, np.ndarray]) -> Solution:
        """The solution of which these are the :meth:`parts`.

        Raises
        ------
        KeyError, ValueError
            If they are not those of a solution.
        """
        if record["format"] != _FORMAT or record["version"] != _VERSION:
            raise ValueError(f"made as {record['format']!r}, version {record['version']!r}")
        spins, samples, energies = _checked_arrays(arrays)
        for name, kinds in _KINDS.items():
            if not isinstance(record[name], kinds):
                raise ValueError(f"{name} is {record[name]!r}")
        return cls(
            spins=spins,
            energy=record["energy"],
            samples=samples,
            energies=energies,
            status=Status(record["status"]),
            answer=_unpack(record["answer"]),
            objective=record["objective"],
            feasible=record["feasible"],
            violations=record["violations"],
            lower_bound=record["lower_bound"],
            info=_unpack(record["info"]),
        )

    @classmethod
    def load(cls, path: str | Path) -> Solution:
        """Read what :meth:`save` wrote.

        Raises
        ------
        ValueError
            If the file is not a saved solution, or is damaged.
        """
        path = Path(path)
        _check_suffix(path)
        try:
            if path.suffix == ".json":
                record = json.loads(path.read_text(encoding="utf-8"))
                arrays = {name: np.asarray(record[name]) for name in ("spins", "samples", "energies")}
            else:
                with np.load(path, allow_pickle=False) as archive:
                    record = json.loads(archive["record"].tobytes().decode())
                    arrays = {name: archive[name] for name in ("spins", "samples", "energies")}
            return cls.from_parts(record, arrays)
        except FileNotFoundError:
            raise
        except Exception as error:  # a damaged file can fail in any of a dozen ways: all mean the same to the user
            raise ValueError(f"{path}: not a readable saved solution ({error})") from None


_NUMBER = (int, float)
_KINDS: dict[str, tuple[type, ...]] = {
    "energy": _NUMBER,
    "feasible": (bool, type(None)),
    "violations": (list, type(None)),
    "lower_bound": (*_NUMBER, type(None)),
    "info": (dict,),
}


def _checked_arrays(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spins, samples and energies of one size; a ``ValueError`` for what cannot have been saved."""
    spins, samples, energies = arrays["spins"], arrays["samples"], arrays["energies"]
    n = spins.shape[-1] if spins.ndim == 1 else -1
    if spins.ndim != 1 or energies.ndim != 1 or (len(energies) and energies.dtype.kind not in "if"):
        raise ValueError(f"spins of shape {spins.shape}, energies of shape {energies.shape} and {energies.dtype}")
    if samples.shape != (len(energies), n):
        raise ValueError(f"samples of shape {samples.shape} instead of {(len(energies), n)}")
    return check_spins(spins, n), check_spins(samples, n, "samples"), energies


def _check_suffix(path: Path) -> None:
    if path.suffix not in (".json", ".npz"):
        raise ValueError(
            f"{path}: a solution is kept as .json or .npz, not as {path.suffix or 'a file without suffix'}"
        )


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python number."""
    return value.item() if isinstance(value, np.generic) else value


def _pack(value: Any, where: str) -> Any:
    """Nested Python containers as JSON; what JSON lacks (tuples, sets, other keys) is marked with its type."""
    value = _plain(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        return {"type": "array", "dtype": str(value.dtype), "shape": list(value.shape), "items": value.ravel().tolist()}
    if isinstance(value, dict):
        pairs = [[_pack(key, where), _pack(item, where)] for key, item in value.items()]
        if all(isinstance(key, str) for key, _ in pairs) and "type" not in value:
            return dict(pairs)
        return {"type": "dict", "items": pairs}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            items = [_pack(item, where) for item in value]
            if kind in (set, frozenset):
                items.sort(key=lambda item: json.dumps(item, sort_keys=True))  # one file for one answer
            return items if kind is list else {"type": kind.__name__, "items": items}
    raise ValueError(
        f"{where}: {value!r} of type {type(value).__name__} cannot be written as JSON; "
        "name nodes and labels by strings, numbers or tuples of them to save a solution"
    )


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "type" not in value:
        return {key: _unpack(item) for key, item in value.items()}
    kind = value["type"]
    if kind == "dict":
        return {_unpack(key): _unpack(item) for key, item in value["items"]}
    if kind == "array":
        return np.array(value["items"], dtype=value["dtype"]).reshape(value["shape"])
    return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](_unpack(item) for item in value["items"])
