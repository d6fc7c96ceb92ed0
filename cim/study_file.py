"""A schedule study written down in a TOML file, as ``cim study`` reads it.

Tables: ``[study]``, the numbers of :func:`cim.schedule_study`; ``[instances]``, and ``[training]`` in the same form, an
ensemble or files; ``[schedules.NAME]``, one for each arm.  ``docs/schedules.md`` describes every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ising_problems import IsingModel, Problem

from . import arguments
from .studies.arms import Arm
from .study_arms import read_arms
from .terminal import InputError
from .toml_tables import Table, read_toml

__all__ = ["StudyFile", "read_study"]

_TABLES = ("study", "instances", "training", "schedules")
_STUDY = (
    *("budgets", "replicas", "dynamics", "training", "tune_for", "tuning_replicas", "tuning_budget"),
    *("reference", "targets", "best_of", "confidence", "seed"),
)
_NOTHING = "nothing"  # what tune_for says where nothing is to be tuned: TOML has no null
_OF_FILES = ("files", "format", "problem", "arguments")
_OF_ENSEMBLES = ("ensemble", "count", "seed")


@dataclass(frozen=True, eq=False)
class StudyFile:
    """What a file asks for.

    Attributes
    ----------
    path : Path
    instances : list of IsingModel
    what : str
        The instances in words.
    arms : dict from str to Arm
    settings : dict
        Further arguments of :func:`cim.schedule_study`.
    """

    path: Path
    instances: list[IsingModel]
    what: str
    arms: dict[str, Arm]
    settings: dict[str, Any]


def read_study(path: Path) -> StudyFile:
    """Read a study.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        If the file cannot be read or something in it is malformed: with the file, the table and the key.
    """
    whole = read_toml(path)
    whole.only(_TABLES, "tables")
    for name in ("instances", "schedules"):
        whole.needed(name)
    study = whole.table("study")
    study.only(_STUDY)
    settings: dict[str, Any] = dict(study.entries)
    if settings.get("tune_for") == _NOTHING:
        settings["tune_for"] = None
    elif "tune_for" in settings:
        study.one_of("tune_for", ("raw", "finished", _NOTHING))
    for name in ("replicas", "tuning_replicas", "tuning_budget", "best_of"):
        if name in study:
            study.integer(name, at_least=1)
    study.integer("seed", 0)
    if "dynamics" in study:
        from . import dynamics

        study.one_of("dynamics", dynamics.available())
    arms = read_arms(whole.table("schedules"), settings.pop("dynamics", "cim"))
    if "reference" in study:
        study.one_of("reference", list(arms))
    instances, what = _instances(whole.table("instances"))
    if "training" in whole:
        if "training" in study:
            raise study.error("training", "there is a table [training] as well; give one of them")
        settings["training"] = _instances(whole.table("training"))[0]
    return StudyFile(path, instances, what, arms, settings)


def _instances(table: Table) -> tuple[list[IsingModel], str]:
    """Models of an ensemble or from files, and what to call them."""
    if ("ensemble" in table) == ("files" in table):
        raise InputError(f"{table.place} give one of ensemble and files")
    return _from_files(table) if "files" in table else _from_ensemble(table)


def _from_ensemble(table: Table) -> tuple[list[IsingModel], str]:
    """``count`` models with the seeds ``seed``, ``seed + 1``, ...: those of ``cim generate`` with these seeds."""
    ensemble = table.one_of("ensemble", list(arguments.ENSEMBLES))
    parameters = arguments.ENSEMBLES[ensemble]
    if parameters == "L ...":
        table.only((*_OF_ENSEMBLES, "sides"), f"{ensemble} takes")
        words = [str(side) for side in table.numbers("sides")]
    else:
        names = [name.lower() for name in parameters.split()]
        table.only((*_OF_ENSEMBLES, *names), f"{ensemble} takes")
        words = [str(table.number(name)) for name in names]
    count, first = table.integer("count", at_least=1), table.integer("seed", 0)
    try:
        with table.checked():
            models = [arguments.instance(ensemble, words, first + k)[0] for k in range(count)]
    except InputError as error:
        if str(error).startswith(str(table.file)):
            raise
        raise InputError(f"{table.place} {str(error).removeprefix('N...: ')}") from error
    return models, f"{ensemble} {' '.join(words)}, seeds {first} to {first + count - 1}"


def _from_files(table: Table) -> tuple[list[IsingModel], str]:
    """Models of the files that match the patterns, in the order of the patterns and of the names."""
    import ising_problems as ip

    table.only(_OF_FILES, "files come with")
    patterns = table.entries["files"]
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list) or not patterns or not all(isinstance(entry, str) for entry in patterns):
        raise table.error("files", f'names or patterns such as ["*.mtx"] are needed, but it is {patterns!r}')
    given: dict[str, Any] = dict(table.table("arguments").entries)
    if "format" in table:
        given["format"] = table.text("format")
    if "problem" in table:
        given["problem"] = arguments.problem_class(table.text("problem"), f"{table.place} problem")
    folder = table.file.parent
    paths: list[Path] = []
    for pattern in patterns:
        # an absolute path is no pattern of this folder
        found = [Path(pattern)] if Path(pattern).is_absolute() else sorted(folder.glob(pattern))
        if not found:
            raise table.error("files", f"nothing in {folder.resolve()} matches {pattern!r}")
        paths += [path for path in found if path not in paths]
    models = []
    for path in paths:
        with table.checked("files"):
            content = ip.read(path, **given)
            models.append(content.to_ising() if isinstance(content, Problem) else content)
    return models, f"{len(models)} file{'s' if len(models) != 1 else ''}"
