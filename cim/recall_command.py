"""``cim recall``: pictures stored in an associative memory, spoilt, and recalled."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import pictures
from .options import Data, Plot, Threads
from .pattern_files import PatternFile, read_patterns
from .terminal import InputError, check_writable, exit_code, input_errors, refuse, reported, save, writer

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

__all__ = ["recall"]

RULES = ("pseudoinverse", "hebbian", "confocal")
_OTHERS, _SPINS, _WIDTH = 72, 40, 2.0
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def recall(
    patterns: Annotated[
        Path | None,
        typer.Option(
            help="Text file of pictures drawn with # and ., empty lines between, or of rows of 1 and -1, or of 1 and "
            "0, which is read as -1; eight built-in pictures by default.",
            metavar="FILE",
        ),
    ] = None,
    corruption: Annotated[float, typer.Option(help="Share of each cue's pixels that are wrong, 0 to 1.")] = 0.2,
    dynamics: Annotated[
        str, typer.Option(help="One or more of steepest, 0tmh, reluctant, kmc, with commas between.")
    ] = "steepest,0tmh",
    rule: Annotated[
        str,
        typer.Option(help="How they are stored: pseudoinverse, hebbian, or confocal: encoded for atoms in a cavity."),
    ] = "pseudoinverse",
    others: Annotated[
        int | None,
        typer.Option(
            min=0,
            help=f"Random pictures stored beside them.  Default: {_OTHERS} beside the built-in ones, if pseudoinverse.",
        ),
    ] = None,
    atoms: Annotated[int | None, typer.Option(min=1, help="With kmc: atoms for each spin.  Default: 1000.")] = None,
    spins: Annotated[int | None, typer.Option(min=1, help=f"With confocal: spins.  Default: {_SPINS}.")] = None,
    width: Annotated[
        float | None, typer.Option(help=f"With confocal: spread of the atoms, in waists.  Default: {_WIDTH:g}.")
    ] = None,
    show: Annotated[str | None, typer.Option(help="Which picture to print; the first by default.", metavar="NAME")] = (
        None
    ),
    seed: Annotated[int, typer.Option(min=0, help="Of what is wrong, of the random pictures and of the dynamics.")] = 0,
    threads: Threads = None,
    plot: Plot = None,
    output: Data = None,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="Print a line for each picture, the overlaps of its cue and answers, and no more."
        ),
    ] = False,
) -> int:
    """Recall pictures from an associative memory.

    Pictures are stored in the couplings of Ising spins, some pixels of each are turned, and the spins flip one by one,
    the one that lowers the energy most first (steepest), any that lowers it (0tmh), ..., until none does.  Prints how
    much of each picture came back: 1 is all of it, 0 nothing.
    """
    check_writable(plot, pictures.SUFFIXES, patterns)
    check_writable(output, (".nc",), patterns)
    names = [name.strip() for name in dynamics.split(",")]
    _check_names(names, rule, corruption)
    if "kmc" not in names and atoms is not None:
        refuse(["atoms"], f"--dynamics {dynamics}; it belongs to kmc")
    if rule != "confocal":
        refuse([name for name, value in (("spins", spins), ("width", width)) if value is not None], f"--rule {rule}")
    stored = _built_in() if patterns is None else read_patterns(patterns)
    if show is not None and show not in stored.names:
        raise InputError(f"--show: {show!r} is none of {', '.join(stored.names)}")
    if others is None:
        others = _OTHERS if patterns is None and rule == "pseudoinverse" else 0
    with input_errors():
        memory, cues, runs = _recalled(stored, names, rule, corruption, others, atoms, spins, width, seed, threads)
    data = _dataset(stored, cues, runs, {"rule": rule, "corruption": corruption, "others": others, "seed": seed})
    shown = 0 if show is None else stored.names.index(show)
    text = _overlaps(data) if quiet else _report(stored, memory, data, shown)
    with reported(text, quiet) as saved:
        save(output, writer(data), saved)
        pictures.draw(
            plot, lambda plotting: plotting.recall(memory, cues, runs, shape=stored.shape, names=stored.names), saved
        )
    return exit_code(data.attrs["status"])


def _check_names(names: list[str], rule: str, corruption: float) -> None:
    known = ("steepest", "0tmh", "reluctant", "kmc")
    for k, name in enumerate(names):
        if name not in known:
            raise InputError(f"--dynamics: {name!r} is not one of {', '.join(known)}")
        if name in names[:k]:
            raise InputError(f"--dynamics: {name!r} is there twice")
    if rule not in RULES:
        raise InputError(f"--rule: {rule!r} is not one of {', '.join(RULES)}")
    if not 0 <= corruption <= 1:
        raise InputError(f"--corruption: must be between 0 and 1, but it is {corruption:g}")


def _built_in() -> PatternFile:
    import numpy as np

    from .cavity.pictograms import glyphs

    drawn = glyphs()
    return PatternFile(np.stack([picture.ravel() for picture in drawn.values()]), list(drawn), (16, 16))


def _recalled(
    stored: PatternFile,
    names: list[str],
    rule: str,
    corruption: float,
    others: int,
    atoms: int | None,
    spins: int | None,
    width: float | None,
    seed: int,
    threads: int | None,
) -> tuple[Any, np.ndarray, dict[str, xr.Dataset]]:
    """The memory, the cues, and a run for each of the dynamics."""
    import numpy as np

    from . import cavity
    from .cavity._recall_curve import corrupted
    from .cavity.memory import refuse_beyond_memory

    disturbance, beside, positions, *motions = np.random.default_rng(seed).spawn(3 + len(names))
    shown = stored.patterns
    _check_others(others, len(shown), shown.shape[1], rule)
    patterns = np.concatenate([shown, _beside(shown, others, rule != "hebbian", beside)])
    if rule == "confocal":
        n = _SPINS if spins is None else spins
        refuse_beyond_memory(24.0 * n * n, f"spins: a model of {n:,} spins", "take fewer of them")
        places = cavity.random_positions(n, _WIDTH if width is None else width, seed=positions)
        memory = cavity.AssociativeMemory.encoded(cavity.confocal_couplings(places), patterns)
    else:
        memory = getattr(cavity.AssociativeMemory, rule)(patterns)
    cues = corrupted(shown, corruption, 1, disturbance)
    runs = {}
    for name, motion in zip(names, motions, strict=True):
        options: dict[str, Any] = {"atoms": atoms} if name == "kmc" else {}
        runs[name] = cavity.recall(memory, cues, name, seed=motion, threads=threads, **options)
    return memory, cues, runs


def _check_others(others: int, shown: int, d: int, rule: str) -> None:
    """Refuse more random pictures than there are different, or independent, ones."""
    most = (d if rule != "hebbian" else 2 ** min(d - 1, 40)) - shown
    if others and others > most:
        what = "different" if rule == "hebbian" else "independent"
        raise ValueError(
            f"others: {d} pixels make room for at most {max(most, 0)} {what} pictures beside {shown}, but {others} are "
            "asked for"
        )


def _beside(shown: np.ndarray, others: int, independent: bool, rng: np.random.Generator) -> np.ndarray:
    """Random pictures; those that repeat, or depend on, the ones before are drawn again."""
    import numpy as np

    def is_new(pictures: np.ndarray) -> bool:
        if independent:
            return int(np.linalg.matrix_rank(pictures.astype(np.float64))) == len(pictures)
        return len(np.unique(pictures * pictures[:, :1], axis=0)) == len(pictures)

    d = shown.shape[1]
    drawn = (2 * rng.integers(0, 2, (others, d)) - 1).astype(np.int8)
    if not others or not is_new(shown) or is_new(np.concatenate([shown, drawn])):
        return drawn  # what is wrong with those shown is said where they are stored
    kept = shown
    while len(kept) < len(shown) + others:
        more = np.concatenate([kept, (2 * rng.integers(0, 2, (1, d)) - 1).astype(np.int8)])
        kept = more if is_new(more) else kept
    return kept[len(shown) :]


def _dataset(stored: PatternFile, cues: np.ndarray, runs: dict[str, xr.Dataset], attributes: dict[str, Any]) -> Any:
    import numpy as np
    import xarray as xr

    of = np.arange(len(cues))
    first = next(iter(runs.values()))
    status = {run.attrs["status"] for run in runs.values()}
    outputs = np.stack([run["output"].values[:, 0] for run in runs.values()])
    overlaps = np.stack([run["overlap"].values[of, 0, of] for run in runs.values()])
    flips = np.stack([run["flips"].values[:, 0] for run in runs.values()])
    return xr.Dataset(
        {
            "pattern": (("picture", "pixel"), stored.patterns),
            "cue": (("picture", "pixel"), cues),
            "cue_overlap": ("picture", (cues.astype(np.float64) * stored.patterns).mean(axis=1)),
            "output": (("dynamics", "picture", "pixel"), outputs),
            "overlap": (("dynamics", "picture"), overlaps),
            "flips": (("dynamics", "picture"), flips),
        },
        coords={"dynamics": list(runs), "picture": stored.names},
        attrs={
            "status": "interrupted" if "interrupted" in status else "completed",
            "num_spins": first.sizes["spin"],
            "height": stored.shape[0],
            "width": stored.shape[1],
            **attributes,
        },
    )


def _overlaps(data: xr.Dataset) -> str:
    """A line for each picture: its name, the overlap of the cue, and that reached by each of the dynamics."""
    columns = [data["cue_overlap"].values, *data["overlap"].values]
    rows = zip(data["picture"].values, *columns, strict=True)
    return "\n".join(" ".join([str(name), *(f"{value:.6f}" for value in row)]) for name, *row in rows)


def _report(stored: PatternFile, memory: Any, data: xr.Dataset, shown: int) -> str:
    """The table of overlaps, and one of the pictures."""
    names = [str(name) for name in data["dynamics"].values]
    wide = max(max(len(name) for name in stored.names), len("recalled"))
    columns = ["cue", *names]
    widths = [max(len(column), 7) for column in columns]

    def line(label: str, words: list[str]) -> str:
        return f"  {label:<{wide}}" + "".join(f"  {word:>{w}}" for word, w in zip(words, widths, strict=True))

    height, width = stored.shape
    beside = f" among {data.attrs['others']} random ones" if data.attrs["others"] else ""
    n, d = data.attrs["num_spins"], height * width
    many = len(stored.names)
    lines = [f"{many} {'picture' if many == 1 else 'pictures'} of {height} × {width}{beside}"]
    held = memory.num_patterns
    said = ", ".join((f"{n} spin{'s' * (n != 1)}", f"{held} pattern{'s' * (held != 1)}", f"{data.attrs['rule']} rule"))
    lines += [f"  {said}"]
    lines += [f"  {round(data.attrs['corruption'] * d)} of {d} pixels of each cue are wrong, seed {data.attrs['seed']}"]
    lines += ["", line("overlap", columns)]
    overlaps = data["overlap"].values
    for k, name in enumerate(stored.names):
        values = [float(data["cue_overlap"].values[k]), *overlaps[:, k].tolist()]
        lines.append(line(name, [f"{value:.3f}" for value in values]))
    lines.append(line("recalled", ["", *(f"{int((row == 1).sum())} of {many}" for row in overlaps)]))
    rows = [stored.patterns[shown], data["cue"].values[shown], *data["output"].values[:, shown]]
    lines += ["", *_side_by_side(rows, [stored.names[shown], *columns], stored.shape)]
    return "\n".join(lines)


def _side_by_side(pictures: list[np.ndarray], titles: list[str], shape: tuple[int, int]) -> list[str]:
    """Pictures in letters: two rows of pixels in each, or # and . where the terminal has no blocks."""
    height, width = shape
    try:
        "▀▄█".encode(sys.stdout.encoding or "ascii")
        blocks = True
    except UnicodeEncodeError:
        blocks = False
    drawn = []
    for picture in pictures:
        dark = picture.reshape(height, width) > 0
        if not blocks:
            drawn.append(["".join("#" if pixel else "." for pixel in row) for row in dark])
            continue
        rows = []
        for k in range(0, height, 2):
            below = dark[k + 1] if k + 1 < height else [False] * width
            rows.append("".join(_BLOCKS[bool(a), bool(b)] for a, b in zip(dark[k], below, strict=True)))
        drawn.append(rows)
    column = max(width, *(len(title) for title in titles)) + 3
    together = ["".join(f"{row:<{column}}" for row in rows).rstrip() for rows in zip(*drawn, strict=True)]
    return [
        "  " + "".join(f"{title:<{column}}" for title in titles).rstrip(),
        *(f"  {row}".rstrip() for row in together),
    ]
