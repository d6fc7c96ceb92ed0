"""How this project compiles: one decorator, one cache policy, one notice to the user.

Every kernel is compiled by Numba on its first call and kept on disk, so that the next process starts within
milliseconds.  Numba looks for a folder to keep it in: ``NUMBA_CACHE_DIR`` if that is set, else ``__pycache__`` beside
the kernel's source, else the user's own cache folder.  In a read-only installation with none of them writable (some
containers) nothing can be kept: kernels then compile anew in each process, which costs seconds and nothing else.
:func:`cache_folder` says which it is.

Floating-point: ``FASTMATH`` lets the compiler reorder and fuse, but not assume that NaN and infinity never occur; the
full ``fastmath=True`` would turn every divergence check into dead code.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import event
from numba.extending import intrinsic

__all__ = ["FASTMATH", "cache_folder", "compilation_time", "float32_bits", "inlined", "kernel"]

FASTMATH = {"reassoc", "contract", "arcp", "nsz", "afn"}

# Inlined by Numba before its own type inference: costs nothing at run time, where a function passed as an argument
# costs a factor of fifty.
inlined = njit(inline="always")

_announced = False

_PACKAGE, _PACKAGE_FOLDER = "landscapes", Path(__file__).parent
_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\.*)([\w.]*)", re.MULTILINE)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a kernel: no Python objects, no global lock, cached on disk wherever a folder can be written."""
    options: dict[str, Any] = {"nogil": True, "fastmath": FASTMATH, "error_model": "numpy"}
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:  # Numba: "cannot cache function: no locator available": nowhere to write
        return njit(**options)(function)
    # Numba renews what it kept when the file that holds the kernel changes, but not when one does whose functions are
    # inlined into it.  Those are in this package, so the sources of it that the file imports belong to the stamp.
    kept: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if hasattr(kept, "_source_stamp"):
        kept._source_stamp = (kept._source_stamp, _inlined_sources(function.__module__, function.__code__.co_filename))
    return dispatcher


@cache
def _inlined_sources(module: str, path: str) -> str:
    """Hash of the sources of this package that a module imports from, directly or through others of them."""
    digest = hashlib.sha256()
    seen: dict[str, bytes] = {}
    pending = [(module, Path(path))]
    while pending:
        importer, source = pending.pop()
        for name in _imported(importer, source):
            inner = _PACKAGE_FOLDER.joinpath(*name.split(".")[1:]).with_suffix(".py")
            if name not in seen and inner.is_file():
                seen[name] = inner.read_bytes()
                pending.append((name, inner))
    for name in sorted(seen):
        digest.update(seen[name])
    return digest.hexdigest()


@cache
def _imported(module: str, path: Path) -> list[str]:
    """Full names of the modules of this package in the import statements of a source file."""
    if not path.is_file():  # typed into an interpreter
        return []
    package = module.split(".")[:-1]
    names = []
    for dots, name in _IMPORT.findall(path.read_text(encoding="utf-8")):
        parents = package[: len(package) - len(dots) + 1] if dots else []
        names.append(".".join([*parents, *filter(None, name.split("."))]))
    return [name for name in names if name.split(".")[0] == _PACKAGE]


def _float32_bits(typing_context: Any, value: Any) -> Any:
    """Bits of a float32 as an int32, inside kernels.

    Integer reductions over the bits vectorise where a NaN-aware float maximum does not.
    """
    if value != types.float32:
        return None

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), code


float32_bits: Any = intrinsic(_float32_bits)


def cache_folder() -> str | None:
    """Folder in which compiled kernels are kept, or None where nothing can be written and each process compiles."""
    return kernel(_probe).stats.cache_path


def _probe() -> None:
    """A function of this file, to ask Numba where its cache would lie; never compiled."""


class _Compilations(event.Listener):
    """Adds up the seconds in which this process compiled, and says so once."""

    def __init__(self, announce: bool) -> None:
        self.seconds = 0.0
        self._announce = announce
        self._depth = 0
        self._start = 0.0
        self._lock = threading.Lock()

    def on_start(self, event: Any) -> None:
        global _announced
        with self._lock:
            if self._depth == 0:
                self._start = time.perf_counter()
                if self._announce and not _announced:
                    _announced = True
                    kept = "once per installation"
                    if cache_folder() is None:
                        kept = "nothing is kept: no cache folder is writable, set NUMBA_CACHE_DIR"
                    print(f"coherent-ising: compiling kernels for their first use ({kept})", file=sys.stderr)
            self._depth += 1

    def on_end(self, event: Any) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self.seconds += time.perf_counter() - self._start


@contextmanager
def compilation_time(announce: bool = True) -> Iterator[_Compilations]:
    """Measure what the process spends on compiling in the ``with`` block; ``.seconds`` of what it yields.

    Parameters
    ----------
    announce : bool
        Whether the first compilation of the process is announced on standard error.
    """
    listener = _Compilations(announce)
    with event.install_listener("numba:compile", listener):
        yield listener
