"""An election whose results officials approve: its directory, keys and passphrase."""

import json
from pathlib import Path
from typing import Any

from e2evote.election.officials import KeyFile, new_key
from e2evote.encoding import hex_of
from e2evote.record.codec import dump
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.workspace import private
from e2evote.workspace.private import ParameterSet
from tests.builders import DEFAULT_MANIFEST, TOY, build_record, manifest_bytes

PASSPHRASE = "six words by chance are enough"
NAMES = {
    "chair": ("presiding", {"fa": "زهرا کریمی", "en": "Zahra Karimi"}),
    "observer": ("supervising", {"fa": "علی موسوی", "en": "Ali Mousavi"}),
    "auditor": ("inspecting", {"fa": "مینا رستمی", "en": "Mina Rostami"}),
}


def _member(*marks: int) -> PlaintextBallot:
    contests = (PlaintextContest(contest=1, selections=marks), PlaintextContest(contest=3, selections=(1, 0)))
    return PlaintextBallot(ballot_style=1, weight=1, contests=contests)


def _partner(*marks: int) -> PlaintextBallot:
    contests = (PlaintextContest(contest=2, selections=marks), PlaintextContest(contest=3, selections=(0, 1)))
    return PlaintextBallot(ballot_style=2, weight=1, contests=contests)


VOTES = [
    *[_member(1, 0, 0, 0)] * 4, *[_member(0, 1, 0, 0)] * 4, *[_member(0, 0, 1, 0)] * 2, *[_partner(3, 1)] * 3,
]  # fmt: skip
"""Options 1 and 2 of the board have equal votes, 3 has fewer."""


def rules(**board: object) -> dict[str, Any]:
    """Fields of a manifest with seats and a quorum."""
    first = DEFAULT_MANIFEST["contests"][0] | {"seats": 1, "alternates": 1, "ties": "lots"} | board
    first = first | {"name": {"fa": "هیئت مدیره", "en": "Board of directors"}}
    return {
        "contests": [first, *DEFAULT_MANIFEST["contests"][1:]],
        "quorum": {"of": "ballots", "percent": 50, "entitled": 15},
    }


def election_with_officials(folder: Path, **changes: object) -> Path:
    """Hold an election; the keys lie in ``keys`` beside it, the passphrase in ``passphrase``."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    (keys / "passphrase").write_text(PASSPHRASE + "\n")
    (keys / "passphrase").chmod(0o600)
    made: dict[str, KeyFile] = {label: new_key(PASSPHRASE) for label in NAMES}
    for label, key in made.items():
        (keys / f"{label}.key").write_bytes(dump(key) + b"\n")
    officials = [
        {"label": label, "name": name, "role": role, "key": hex_of(made[label].key)}
        for label, (role, name) in NAMES.items()
    ]
    manifest = manifest_bytes(**{**rules(), "officials": officials, **changes})
    root = folder / "club"
    build_record(root / "record", manifest=manifest, plaintexts=VOTES, ballots=len(VOTES), challenged=0, spoiled=0)
    (root / "private").mkdir()
    private.write_object(root / "private" / "parameters.json", ParameterSet(name=TOY))
    return root


def key_of(root: Path, label: str) -> tuple[object, ...]:
    """Options of commands that use an official's key."""
    keys = root.parent / "keys"
    return "--key", keys / f"{label}.key", "--passphrase-file", keys / "passphrase"


def decision(root: Path, order: tuple[int, ...] = (2, 1)) -> Path:
    """A file with lots that were drawn for the board."""
    path = root.parent / "decision.json"
    drawn = {"contest": 1, "order": order, "source": "drawn before all members on 2 December"}
    path.write_text(json.dumps({"draws": [drawn]}))
    return path
