"""The folder of a sweep: what was asked for, each finished cell in a file of its own, and the whole at the end.

::

    folder/sweep.json        the function, its arguments, the seed, the version: what makes two sweeps the same
    folder/cells/<hash>.nc   one cell each, netCDF-4; the hash is that of the cell's coordinates
    folder/sweep.nc          the finished sweep

A file is written under another name, flushed to the disk and then renamed: under its own name it is complete or not
there, whenever the process is killed.  A cell carries a checksum of its contents; one that does not match, or that
cannot be read, is told of and computed again.  It also says what objects its coordinates stood for; where those are
others now, the folder is refused.  Files are data: nothing in them is ever evaluated or unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .fingerprint import differences, digest
from .interruptions import interruptions_held

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["CellFolder", "check_storable", "replace_file", "write_dataset"]

_FORMAT = "coherent-ising sweep"
_VERSION = 1
_ATTRIBUTE = "coherent_ising_cell"
_PROBE = "probe"


class CellFolder:
    """The folder of one sweep.

    Parameters
    ----------
    path : path
        Made if it is not there.
    kind : str, default "sweep"
        What messages call that which is kept there.

    Raises
    ------
    ValueError
        If the path is something else than a folder of this kind or an empty one.
    """

    def __init__(self, path: Any, kind: str = "sweep") -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path: the path of a folder is needed, but it is {path!r}")
        self.path = Path(path)
        self._kind = kind
        self._manifest = self.path / "sweep.json"
        self._cells = self.path / "cells"
        self._stamp = ""
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"path: a folder is needed, but {self.path} is a file")
        self.asked: Mapping[str, Any] | None = None
        if self._manifest.is_file():
            self.asked = self._read_manifest()
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise ValueError(f"path: {self.path} holds other files and no {self._kind}; name an empty or a new folder")

    def open_for(self, asked: Mapping[str, Any]) -> None:
        """Begin or resume a sweep that is described by ``asked``; refused if the folder holds another."""
        asked = json.loads(json.dumps(asked))  # as it will be read
        if self.asked is not None and self.asked != asked:
            functions = differences(self.asked.get("function"), asked.get("function"), "function")
            lines = "; ".join(functions or differences(self.asked, asked))  # another function's arguments are no news
            raise ValueError(
                f"path: {self.path} holds a {self._kind} with other arguments, and the two cannot be mixed: {lines}. "
                "Pass the same ones to resume it, or another folder"
            )
        self._prepare()
        if self.asked is None:
            text = json.dumps({"format": _FORMAT, "format_version": _VERSION, "asked": asked}, indent=1)
            replace_file(self._manifest, lambda part: part.write_text(text, encoding="utf-8"))
        self.asked = asked
        self._stamp = digest(json.dumps(asked, sort_keys=True)).hex()

    def _prepare(self) -> None:
        """Make the folders, and refuse those in which nothing can be written: now, not when the first cell ends."""
        try:
            self._cells.mkdir(parents=True, exist_ok=True)
            for folder in (self.path, self._cells):
                replace_file(folder / _PROBE, lambda part: part.write_text("can this be written?", encoding="utf-8"))
                (folder / _PROBE).unlink(missing_ok=True)
        except OSError as error:
            raise ValueError(
                f"path: nothing can be written to {self.path} ({error.strerror or error}); name another folder"
            ) from error

    def load(self, key: str, objects: Mapping[str, Any] = MappingProxyType({})) -> tuple[xr.Dataset, float] | None:
        """A finished cell and the seconds that it took, or None where there is none that can be trusted.

        Raises
        ------
        ValueError
            If it was computed with other objects than those that are described by ``objects``.
        """
        import xarray as xr

        file = self._file(key)
        if not file.is_file():
            return None
        try:
            with interruptions_held(), xr.open_dataset(file, engine="h5netcdf") as opened:
                dataset = opened.load()
            texts = {name: dataset[name].astype(str) for name in dataset.variables if dataset[name].dtype.kind == "O"}
            dataset = dataset.assign(texts)
            record = json.loads(dataset.attrs.pop(_ATTRIBUTE))
            there = record.get("objects", {})
            trusted = record == self._record(key, dataset, record["seconds"], there)
            reason = f"its contents do not match its checksum, or belong to another {self._kind}"
        except Exception as error:  # whatever a damaged file makes its readers raise
            trusted, reason = False, f"{type(error).__name__}: {error}"
        if not trusted:
            warnings.warn(f"{file} is damaged ({reason}): the cell {key} is computed again", stacklevel=4)
            return None
        changed = differences(there, json.loads(json.dumps(objects)))
        if changed:
            raise ValueError(
                f"path: {self.path} holds the cell {key} with another object, and the two cannot be mixed: "
                f"{'; '.join(changed)}. Pass the same ones to resume it, or another folder"
            )
        return dataset, float(record["seconds"])

    def save(
        self, key: str, dataset: xr.Dataset, seconds: float, objects: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Write a finished cell."""
        record = json.dumps(self._record(key, dataset, seconds, objects))
        write_dataset(self._file(key), dataset.assign_attrs({_ATTRIBUTE: record}))

    def finish(self, dataset: xr.Dataset) -> None:
        """Write the whole, and remove what killed processes left unfinished."""
        write_dataset(self.path / "sweep.nc", dataset)
        for part in [*self._cells.glob("*.part"), *self.path.glob("*.part")]:
            part.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._cells / f"{digest(key).hex()[:32]}.nc"

    def _record(self, key: str, dataset: xr.Dataset, seconds: float, objects: Mapping[str, Any]) -> dict[str, Any]:
        record = {"coordinates": key, "asked": self._stamp, "checksum": _checksum(dataset), "seconds": seconds}
        return record | ({"objects": dict(objects)} if objects else {})

    def _read_manifest(self) -> Mapping[str, Any]:
        try:
            content = json.loads(self._manifest.read_text(encoding="utf-8"))
            known = content["format"] == _FORMAT and content["format_version"] == _VERSION
            asked = content["asked"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"path: {self._manifest} is not readable ({error}); remove it or name another") from None
        if not known or not isinstance(asked, Mapping):
            raise ValueError(f"path: {self._manifest} is not of this program's format {_VERSION}")
        return asked


def check_storable(dataset: xr.Dataset) -> None:
    """Refuse what would not come back from a netCDF file as it was."""
    for name, variable in dataset.variables.items():
        if variable.dtype.kind not in "biufU":
            raise TypeError(
                f"function: its result {name!r} is of dtype {variable.dtype}; return real numbers, booleans or strings"
            )


def write_dataset(file: Path, dataset: xr.Dataset) -> None:
    """Write netCDF-4 so that the file is complete or not there at all."""
    # without a fill value every bit of a float comes back as it was
    floats = [name for name, variable in dataset.variables.items() if variable.dtype.kind == "f"]
    encoding = {name: {"_FillValue": None} for name in floats}
    replace_file(file, lambda part: dataset.to_netcdf(part, engine="h5netcdf", encoding=encoding))


def replace_file(file: Path, write: Callable[[Path], Any]) -> None:
    """Write a file under another name, flush it to the disk and rename it."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    with interruptions_held():
        write(part)
        with open(part, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(part, file)


def _checksum(dataset: xr.Dataset) -> str:
    """Hash of every variable's name, dimensions, type and contents."""
    total = hashlib.sha256()
    for name in sorted(dataset.variables, key=str):
        variable = dataset.variables[name]
        values = np.asarray(variable.values)
        if values.dtype.kind in "OUS":  # text comes back in an array of another type
            kind, content = "text", json.dumps(values.astype(str).tolist()).encode()
        else:
            kind, content = values.dtype.str, np.ascontiguousarray(values).tobytes()
        total.update(json.dumps([str(name), list(variable.dims), list(values.shape), kind]).encode())
        total.update(content)
    return total.hexdigest()
