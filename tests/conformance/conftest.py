"""The stored suite, unpacked once."""

import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.conformance.archive import FOLDER

Unpacked = Callable[[str], Path]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Gives the folder of a set. Read-only."""

    @cache
    def folder(name: str) -> Path:
        root = tmp_path_factory.mktemp("conformance")
        with tarfile.open(FOLDER / f"{name}.tar.xz") as archive:
            archive.extractall(root, filter="data")
        return root / name

    return folder
