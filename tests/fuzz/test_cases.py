"""Seeds, and what fuzzing once found: the library accepts or refuses them, and nothing else. No engine is needed."""

import random
from pathlib import Path

import pytest

from e2evote.errors import CheckError, ParseError
from tests.fuzz.__main__ import fault_of, smallest
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
REGRESSIONS = sorted((HERE / "regressions").rglob("*/*"))


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """A format that changes makes its seeds worthless: 'python -m tests.fuzz.seeds' makes them again."""
    found = sorted((HERE / "seeds" / TARGETS[name].seeds_of(name)).iterdir())
    accepted = [TARGETS[name].accepts(path.read_bytes()) for path in found]
    assert any(accepted), "no seed is accepted"


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_regressions(path: Path) -> None:
    TARGETS[path.parent.name].accepts(path.read_bytes())


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.mutation == "json"])
def test_a_few_mutations(name: str) -> None:
    """The same few every time, so that the mutation itself and every target are known to work."""
    path = min((HERE / "seeds" / TARGETS[name].seeds_of(name)).iterdir())
    seed, refused = path.read_bytes(), 0
    for number in range(12):
        data = mutated(seed, TARGETS[name].longest, number, _bytewise)
        refused += not TARGETS[name].accepts(data)
    assert refused


def _bytewise(data: bytes, longest: int) -> bytes:
    at = random.Random(data).randrange(len(data) + 1)
    return (data[:at] + b"\xff" + data[at:])[:longest]


def test_what_is_found_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(data: bytes) -> None:
        if data.count(b"x") > 1:
            raise KeyError("x")
        raise CheckError("no") if data else ParseError("data", "empty")

    monkeypatch.setitem(TARGETS, "manifest", TARGETS["manifest"].__class__(run))
    fault = fault_of("manifest", b"abxcdefxgh")
    assert fault is not None
    assert fault[0] == "KeyError"
    assert smallest(b"abxcdefxgh" * 20, lambda data: fault_of("manifest", data) == fault) == b"xx"
    assert fault_of("manifest", b"x") is None
