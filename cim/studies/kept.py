"""The folder of a study: what was asked for, in one file, beside the sweeps of its tuning and of its runs.

::

    folder/study.json   arms, replicas, what is tuned for and on how many instances, seed: a study's mark
    folder/tuning       a sweep (:mod:`landscapes.cell_files`), a cell for each pair of schedule and budget
    folder/runs         a sweep, a cell for each pair of budget and instance
    folder/study.nc     the finished study

Instances and budgets are not part of what was asked for: a study may grow by both.  Which instances and arms a cell was
computed with, its sweep knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landscapes.cell_files import replace_file, write_dataset
from landscapes.fingerprint import described, differences

from .arms import Arm

__all__ = ["StudyFolder"]

_FORMAT, _VERSION = "coherent-ising study", 1
_MANIFEST, _RESULT = "study.json", "study.nc"


class StudyFolder:
    """The folder of one study.

    Parameters
    ----------
    path : path
        Made when the study begins.

    Attributes
    ----------
    asked : mapping or None
        What the study there asked for; None where there is none yet.

    Raises
    ------
    ValueError
        If the path is something else than a folder of a study or an empty one.
    """

    def __init__(self, path: Any) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"path: a folder is needed, but {self.path} is a file")
        for entry in sorted(self.path.iterdir()) if self.path.is_dir() else ():
            # what a killed process was writing ends in .part
            if entry.name not in ("tuning", "runs", _MANIFEST, _RESULT) and entry.suffix != ".part":
                raise ValueError(f"path: {self.path} holds {entry.name!r} and no study; name an empty or a new folder")
        self.asked = self._read()

    def open_for(self, asked: Mapping[str, Any], arms: Mapping[str, Arm]) -> list[str]:
        """Begin or resume a study: before any work, and refused if the folder holds another or takes no files.

        Returns
        -------
        list of str
            The names of the arms in the order that the folder's runs have them in.
        """
        asked = {**asked, "schedules": {name: described(arm, f"schedules[{name!r}]") for name, arm in arms.items()}}
        if self.asked is not None:
            changed = differences(self.asked, asked)
            if changed:
                raise ValueError(
                    f"path: {self.path} holds another study, and the two cannot be mixed: {'; '.join(changed)}. "
                    "Pass the same to resume it, or another folder"
                )
        order = list((self.asked or asked)["schedules"])
        text = json.dumps({"format": _FORMAT, "format_version": _VERSION, "asked": self.asked or asked}, indent=1)
        if self.asked is None and any((self.path / name).exists() for name in ("tuning", "runs")):
            return order  # sweeps that have lost their study say for themselves what they were asked for
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            replace_file(self.path / _MANIFEST, lambda part: part.write_text(text, encoding="utf-8"))
        except OSError as error:
            raise ValueError(
                f"path: nothing can be written to {self.path} ({error.strerror or error}); name another folder"
            ) from error
        return order

    def finish(self, study: Any) -> None:
        """Write the whole, and remove what killed processes left unfinished."""
        write_dataset(self.path / _RESULT, study)
        for part in self.path.glob("*.part"):
            part.unlink(missing_ok=True)

    def _read(self) -> Mapping[str, Any] | None:
        manifest = self.path / _MANIFEST
        if not manifest.is_file():
            return None
        try:
            content = json.loads(manifest.read_text(encoding="utf-8"))
            known = content["format"] == _FORMAT and content["format_version"] == _VERSION
            asked = content["asked"]
            whole = isinstance(asked["schedules"], dict)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"path: {manifest} is not readable ({error}); remove it or name another folder") from None
        if not (known and whole):
            raise ValueError(f"path: {manifest} is not of this program's format {_VERSION}; name another folder")
        return asked
