"""What the tests share: the benchmark instances, wherever they lie, and single-threaded linear algebra."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


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
