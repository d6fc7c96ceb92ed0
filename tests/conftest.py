"""What the tests share: where the benchmark instances lie, a cluster, how pages are read, and how hypothesis searches.

By default hypothesis draws the same examples in every run, so that a change is judged by what it changes.
``HYPOTHESIS_PROFILE=explore`` draws new ones, and many more: what it finds becomes an example in a test.
"""

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

PROJECT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under ``--dist loadgroup`` tests that start a cluster or MPI share one worker: two at a time are two too many."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"dask_client", "mpiexec"} or item.name == "test_the_python_runs":
            item.add_marker(pytest.mark.xdist_group("cluster"))


@pytest.fixture(scope="session")
def instances() -> Path:
    """Folder of the public benchmark files."""
    folder = Path(os.environ.get("COHERENT_ISING_INSTANCES", PROJECT.parent / "shared" / "instances"))
    if not folder.is_dir():
        pytest.skip(f"no benchmark instances at {folder}; set COHERENT_ISING_INSTANCES to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def instance(instances: Path) -> Callable[[str], Path]:
    """Path of one benchmark file by name; skips where it is absent."""

    def find(name: str) -> Path:
        path = instances / name
        if not path.is_file():
            pytest.skip(f"{name} is not among the benchmark instances in {instances}")
        return path

    return find


@pytest.fixture(scope="session")
def run_blocks() -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
    """A function that runs blocks of Python one after another, as a reader of a page would.

    It returns the names that they leave behind, and the value of every expression that stands by itself.
    """

    def run(blocks: Sequence[str], **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        names, values = dict(given), {}
        for block in blocks:
            for statement in ast.parse(block).body:
                text = ast.unparse(statement)
                if isinstance(statement, ast.Expr):
                    values[text] = eval(text, names)
                else:
                    exec(text, names)
        return names, values

    return run


@pytest.fixture(scope="session")
def dask_client() -> Iterator[Any]:
    """A client of a Dask cluster: two processes of one thread each on this machine; one for all tests."""
    distributed = pytest.importorskip("distributed", reason="the extra [distributed] is not installed")
    import dask

    patience = {f"distributed.comm.timeouts.{what}": "120s" for what in ("connect", "tcp")}
    with (
        dask.config.set(patience),  # on a busy machine a worker takes its time to start
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def mpiexec() -> Path:
    """The program that starts MPI processes, beside this Python."""
    pytest.importorskip("mpi4py", reason="the extra [mpi] is not installed")
    program = Path(sys.executable).with_name("mpiexec")
    if not program.is_file():
        pytest.skip(f"there is no {program}; the extra [mpi] is not installed")
    return program
