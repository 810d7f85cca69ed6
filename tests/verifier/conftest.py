"""Broken records, each written once."""

from pathlib import Path

import pytest

from tests.builders import BuiltRecord
from tests.mutations import Mutation


class Mutants:
    """Gives the directory of a broken record."""

    def __init__(self, folder: Path, built: BuiltRecord) -> None:
        self._folder, self._built = folder, built

    def path(self, mutation: Mutation) -> Path:
        """Return the record with this defect; read-only."""
        path = self._folder / mutation.name
        return path if path.exists() else mutation.write(path, self._built)


@pytest.fixture(scope="session")
def mutants(tmp_path_factory: pytest.TempPathFactory, built: BuiltRecord) -> Mutants:
    """The broken records of tests/mutations."""
    return Mutants(tmp_path_factory.mktemp("mutants"), built)
