"""The house: which way imports run, what importing loads, and that every public name is there and documented."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("cim", "landscapes", "ising_problems")
HEAVY = ("qutip", "matplotlib", "dimod", "xarray", "pandas", "networkx", "scipy.sparse", "pysat", "highspy")


def _fresh(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_imports_run_one_way() -> None:
    from importlinter import cli

    assert cli.lint_imports(config_filename=str(PROJECT / "setup.cfg"), no_cache=True) == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_loads_nothing_heavy(package: str) -> None:
    loaded = _fresh(f"import {package}, sys; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)
    if package == "ising_problems":
        assert not {"numba", "cim", "landscapes"} & set(loaded)
    if package == "landscapes":
        assert "cim" not in loaded


def test_solving_loads_no_plotting_and_no_quantum_library() -> None:
    code = (
        "import sys, cim, ising_problems as ip\n"
        "cim.solve(ip.sherrington_kirkpatrick(5, seed=0), steps=2)\n"
        "print(*sys.modules)"
    )
    assert not {"qutip", "matplotlib", "dimod", "pandas"} & set(_fresh(code).split())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert sorted(module.__all__, key=str) == sorted(set(module.__all__), key=str)
    for name in module.__all__:
        assert name in dir(module)
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value) or inspect.ismodule(value):
            assert inspect.getdoc(value), f"{package}.{name} has no docstring"


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = importlib.import_module(package).no_such_name


def test_modules_do_not_hide_the_functions_they_define() -> None:
    code = "import cim._simulate, cim._solve, cim; print(callable(cim.simulate), callable(cim.solve))"
    assert _fresh(code) == "True True"


def test_there_is_one_version() -> None:
    import cim
    import ising_problems

    assert cim.__version__ == ising_problems.__version__
    assert f"## {ising_problems.__version__}" in (PROJECT / "CHANGELOG.md").read_text()
    assert f"version: {ising_problems.__version__}" in (PROJECT / "CITATION.cff").read_text()
