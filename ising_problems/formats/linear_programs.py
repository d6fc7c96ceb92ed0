r"""Linear programs in binary variables (``.lp``, ``.mps``), read by HiGHS: ``pip install "coherent-ising[io]"``.

Every variable must be binary, that is integer with bounds 0 and 1.  A continuous or general integer variable, a
quadratic objective, a constant in the objective, and whatever HiGHS would pass over with a warning are refused, by
name.  A row with two different bounds becomes two inequalities; a row without any says nothing and is left out.
Variables keep their order; integer coefficients come out as integers.

HiGHS tells of most errors what is wrong but not in which line.  In the LP format it passes over some without a word:
NaN as a coefficient, ``1.5.5``, a constant beside the variables of a row, a sign left out between two terms, an
objective that begins with another word than ``max``, ``min`` and their long forms.  These are looked for here.

Source: HiGHS, https://highs.dev; the formats: CPLEX's LP, and MPS, fixed and free.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .mps_lines import check_mps
from .source import Format, Source
from .tables import shown

__all__ = ["LP", "MPS"]

_LARGEST = 2**53
_KEYWORDS = {b"max", b"maximize", b"maximum", b"min", b"minimize", b"minimum"}
_KEYWORDS |= {b"st", b"s.t.", b"st.", b"to", b"that", b"free"}
_NUMBER = rb"(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
_FAULTS = (
    (re.compile(rb"->"), "an indicator constraint is not linear"),
    (re.compile(rb"(?<![\w.])nan(?![\w.])", re.IGNORECASE), "NaN is not a finite number"),
    (re.compile(rb"(?<![\w.])[0-9]*+\.[0-9]*+\.[0-9.]*+"), "a number has two points"),
    (
        re.compile(rb"[\w\]][ \t]*[+-][ \t]*" + _NUMBER + rb"[ \t]*[<>=]"),
        "a constant stands beside the variables of a row",
    ),
    (re.compile(rb":[ \t]*[+-]?[ \t]*" + _NUMBER + rb"[ \t]*[+-]"), "a constant stands first, beside the variables"),
    (
        re.compile(rb"(?<![\w.])([A-Za-z_][\w.]*+)[ \t]++" + _NUMBER + rb"[ \t]*[A-Za-z_]"),
        "a sign is missing between two terms",
    ),
)


def _load_lp(source: Source) -> dict[str, Any]:
    text = re.sub(rb"\\[^\n]*", b"", source.text())
    if not re.match(rb"\s*(min|max)(imize|imum)?\s", text, re.IGNORECASE):
        raise source.error("the objective, which begins with 'minimize' or 'maximize', must come first, so spelt")
    for pattern, fault in _FAULTS:
        for match in pattern.finditer(text):
            if pattern.groups and match[1].lower() in _KEYWORDS:
                continue
            raise source.error(f"{fault}: {shown(match[0])}", text.count(b"\n", 0, match.end()) + 1)
    return _load(source, ".lp")


def _load_mps(source: Source) -> dict[str, Any]:
    check_mps(source)
    return _load(source, ".mps")


def _load(source: Source, suffix: str) -> dict[str, Any]:
    model, names, rows = _parsed(source, suffix)
    lp = model.lp_
    _check_variables(source, model, names)
    c = _whole_where_possible(_finite(source, lp.col_cost_, "the objective's coefficient", names))
    if lp.offset_ != 0:
        raise source.error(f"the objective has the constant {lp.offset_:g}; leave it out")
    A = _matrix(source, lp, rows)
    lower, upper = np.array(lp.row_lower_), np.array(lp.row_upper_)
    for bound in (lower, upper):
        wrong = np.flatnonzero(np.isnan(bound))
        if len(wrong):
            raise source.error(f"the right-hand side of {rows[wrong[0]]!r} is not a number")
    equal = lower == upper
    above, below = ~equal & np.isfinite(upper), ~equal & np.isfinite(lower)
    A_ub = np.concatenate([A[above], -A[below]])
    b_ub = np.concatenate([upper[above], -lower[below]])
    maximise = str(lp.sense_).endswith("kMaximize")
    return {
        "c": c,
        "A_eq": _whole_where_possible(A[equal]) if equal.any() else None,
        "b_eq": _whole_where_possible(lower[equal]) if equal.any() else None,
        "A_ub": _whole_where_possible(A_ub) if len(b_ub) else None,
        "b_ub": _whole_where_possible(b_ub) if len(b_ub) else None,
        "sense": "maximize" if maximise else "minimize",
    }


def _parsed(source: Source, suffix: str) -> tuple[Any, list[str], list[str]]:
    """What HiGHS makes of the file, with the names of columns and rows; none of its warnings is passed over."""
    try:
        import highspy
    except ImportError:
        raise ImportError('highspy is not installed; pip install "coherent-ising[io]" brings it') from None
    text = source.text()
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise source.error("not UTF-8 text", text.count(b"\n", 0, error.start) + 1) from None
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder, f"model{suffix}"), Path(folder, "log")
        path.write_bytes(text)
        highs = highspy.Highs()
        highs.setOptionValue("log_to_console", False)
        highs.setOptionValue("log_file", str(log))
        status = highs.readModel(str(path))
        told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    said = re.findall(r"^(?:ERROR|WARNING):\s*(.*)$", told, re.MULTILINE)
    if said or status != highspy.HighsStatus.kOk:
        words = "; ".join(" ".join(ascii(line)[1:-1].split()) for line in said if "Parser error" not in line)
        raise source.error(
            f"HiGHS cannot read this as {'an LP' if suffix == '.lp' else 'an MPS'} file: "
            f"{words or 'it is damaged or incomplete'}"
        )
    model = highs.getModel()
    lp = model.lp_
    if not lp.num_col_:
        raise source.error("there are no variables in it")
    names = [*lp.col_names_] or [f"column {k + 1}" for k in range(lp.num_col_)]
    rows = [*lp.row_names_] or [f"row {k + 1}" for k in range(lp.num_row_)]
    return model, names, rows


def _check_variables(source: Source, model: Any, names: list[str]) -> None:
    lp = model.lp_
    if model.hessian_.dim_:
        raise source.error("the objective is quadratic; make an IsingModel of it with IsingModel.from_qubo")
    kinds = [str(kind).rpartition(".")[2] for kind in lp.integrality_] or ["kContinuous"] * lp.num_col_
    for name, kind, lowest, highest in zip(names, kinds, lp.col_lower_, lp.col_upper_, strict=True):
        if kind != "kInteger":
            what = "continuous" if kind == "kContinuous" else "semi-continuous"
            raise source.error(f"the variable {name!r} is {what}; every variable must be binary")
        if (lowest, highest) != (0, 1):
            raise source.error(
                f"the variable {name!r} has the bounds {lowest:g} and {highest:g}; every variable must be binary"
            )


def _matrix(source: Source, lp: Any, rows: list[str]) -> np.ndarray:
    """The coefficients of the rows, dense; float64, shape (rows, columns)."""
    import scipy.sparse as sp

    a = lp.a_matrix_
    kind = sp.csc_array if str(a.format_).endswith("kColwise") else sp.csr_array
    entries = (np.array(a.value_, dtype=np.float64), np.array(a.index_), np.array(a.start_))
    matrix = kind(entries, shape=(lp.num_row_, lp.num_col_)).toarray()
    wrong = np.argwhere(~np.isfinite(matrix))
    if len(wrong):
        raise source.error(f"a coefficient of the row {rows[wrong[0][0]]!r} is not a finite number")
    return matrix


def _finite(source: Source, values: Any, what: str, names: list[str]) -> np.ndarray:
    array = np.array(values, dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        raise source.error(f"{what} of {names[wrong[0]]!r} is not a finite number")
    return array


def _whole_where_possible(array: np.ndarray) -> np.ndarray:
    """As int64 where every number is whole and exact."""
    whole = np.all(array == np.round(array)) and np.all(np.abs(array) < _LARGEST)
    return array.astype(np.int64) if whole else array


LP = Format(
    name="lp",
    suffixes=(".lp",),
    description="binary linear programs in the LP format",
    load=_load_lp,
    problems=("BinaryLinearProgram",),
)
MPS = Format(
    name="mps",
    suffixes=(".mps",),
    description="binary linear programs in the MPS format",
    load=_load_mps,
    problems=("BinaryLinearProgram",),
)
