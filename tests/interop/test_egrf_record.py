"""A whole election of another implementation of 2.1.0, read with our equations.

The record is not part of this repository; the tests are skipped without it. n = 3, k = 2, the standard parameters, two
chained devices, five ballots: three cast (one of weight 2), one spoiled, one challenged.
"""

import base64
import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.interop.egrf import SECTIONS, Checks, Egrf, read

COUNTS = {"setup": 8, "ballots": 161, "tally": 30, "challenged": 11, "contest_data": 8}


@pytest.fixture(scope="module")
def record(interop: Path) -> Egrf:
    folder = interop / "electionguard-2.1-egrf" / "regular-chained" / "json"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing")
    return read(folder)


@pytest.mark.parametrize("section", SECTIONS)
def test_everything_holds(record: Egrf, section: str) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 11, 13, boxes 2, 3; §3.3.7, box 6; §3.3.8, box 7; §3.4.4, box 8; §3.5, box 9

    Spec: EG-2.1 §3.6.5, box 10; §3.6.6, box 12; §3.6.7, box 13
    """
    checks = Checks()
    SECTIONS[section](record, checks)
    assert not checks.failed
    assert checks.ran.total() == COUNTS[section]


def flip(text: str, offset: int = -1) -> str:
    """Change the lowest bit of one byte."""
    raw = bytearray(base64.b64decode(text))
    raw[offset] ^= 1
    return base64.b64encode(raw).decode()


def copy_of(record: Egrf, section: str) -> Egrf:
    """Return a copy to be changed; of the ballots the shorter device is enough."""
    changed = copy.deepcopy(record)
    return dataclasses.replace(changed, devices=changed.devices[:1]) if section == "ballots" else changed


def follow(record: Egrf, path: str) -> tuple[Any, str | int]:
    """Return the container and the key that a path names, such as "guardians 0 guardianPublicKey kappa"."""
    first, *middle, last = (int(step) if step.lstrip("-").isdigit() else step for step in path.split())
    value: Any = getattr(record, str(first))
    for step in middle:
        value = value[step]
    return value, last


BALLOT = "devices 0 1 encryptedBallot"
CONTEST = f"{BALLOT} contests 0"
OPENED = "challenged 0 challengedBallotDecryption contests 0"


@pytest.mark.parametrize(
    ("section", "path", "expected"),
    [
        ("setup", "guardians 0 guardianPublicKey voteCommitments", {"2"}),
        ("setup", "guardians 1 guardianPublicKey dataProof", {"2"}),
        ("setup", "guardians 2 guardianPublicKey kappa", {"2"}),
        ("setup", "keys k", {"3.A", "4.A"}),
        ("setup", "keys kHat", {"3.B", "4.A"}),
        ("setup", "keys hE", {"4.A"}),
        ("ballots", f"{BALLOT} idB", {"5.B"}),
        ("ballots", f"{BALLOT} encryptedBallotNonce c2", {"38"}),
        ("ballots", f"{BALLOT} encryptedBallotNonce c1", {"38"}),
        ("ballots", f"{CONTEST} fields 0 rangeProof", {"6"}),
        ("ballots", f"{CONTEST} fields 6 rangeProof", {"6"}),
        ("ballots", f"{CONTEST} fields 1 beta", {"6", "6.A", "7", "undervote difference", "null vote", "8.A"}),
        ("ballots", f"{CONTEST} limitProof", {"7"}),
        ("ballots", f"{CONTEST} undervoteDifferenceProof", {"undervote difference"}),
        ("ballots", f"{CONTEST} nullVoteProof", {"null vote"}),
        ("ballots", f"{CONTEST} contestData c1", {"69", "8.A"}),
        ("ballots", f"{CONTEST} contestHash", {"8.A", "8.B"}),
        ("ballots", f"{BALLOT} confirmationCode", {"8.B", "8.G field", "8.G hash"}),
        ("ballots", f"{BALLOT} chainingField", {"8.B", "8.E"}),
        ("ballots", "devices 0 0 deviceHeader hDi", {"8.C"}),
        ("ballots", "devices 0 0 deviceHeader initialHash", {"8.F"}),
        ("ballots", "devices 0 -1 deviceClose closingHash", {"8.G hash"}),
        ("ballots", "devices 0 -1 deviceClose closingChainingField", {"8.G field"}),
        ("tally", "encrypted_tally 1 encryptedTallyContest fields", {"9.B"}),
        ("tally", "tally 0 decryptedTallyContest fields 0 encodedTally", {"10.B", "10.C"}),
        ("tally", "tally 0 decryptedTallyContest fields 1 proof", {"10.B"}),
        ("challenged", f"{OPENED} fields 0 nonce", {"13 ciphertext", "13.B"}),
        ("challenged", f"{OPENED} contestData nonce", {"13 C_0", "13.A"}),
        ("challenged", f"{OPENED} contestData data", {"13.A"}),
        ("contest_data", "contest_data 0 contestDataDecryption beta", {"12 β", "12.B", "12.C"}),
        ("contest_data", "contest_data 1 contestDataDecryption proof", {"12.B"}),
        ("contest_data", "contest_data 1 contestDataDecryption data", {"12.C"}),
    ],
)
def test_one_changed_bit_is_found(record: Egrf, section: str, path: str, expected: set[str]) -> None:
    changed = copy_of(record, section)
    container, key = follow(changed, path)
    container[key] = flip(container[key])
    checks = Checks()
    SECTIONS[section](changed, checks)
    assert set(checks.failed) == expected


@pytest.mark.parametrize(
    ("section", "path", "value", "expected"),
    [
        ("ballots", "devices 0 0 deviceHeader deviceId", "device-3", {"8.C", "8.E", "8.F", "8.G field", "8.G hash"}),
        ("ballots", "devices 0 -1 deviceClose ballotCount", "3", {"ballots of the device"}),
        ("tally", "tally 0 decryptedTallyContest fields 0 tally", "4", {"10.C"}),
        ("tally", f"{BALLOT} weight", 2, {"weight", "9.A", "9.B", "10.B"}),
        ("tally", f"{BALLOT} status", "BALLOT_STATUS_SPOILED", {"cast ballots", "weight", "9.A", "9.B", "10.B"}),
        ("challenged", f"{OPENED} fields 0 value", 1, {"13 ciphertext", "13.B"}),
    ],
)
def test_one_changed_value_is_found(record: Egrf, section: str, path: str, value: object, expected: set[str]) -> None:
    changed = copy_of(record, section)
    container, key = follow(changed, path)
    container[key] = value
    checks = Checks()
    SECTIONS[section](changed, checks)
    assert set(checks.failed) == expected


def test_another_manifest_is_found(record: Egrf) -> None:
    changed = dataclasses.replace(record, manifest=record.manifest + b" ")
    checks = Checks()
    SECTIONS["setup"](changed, checks)
    assert set(checks.failed) == {"1.F"}


def test_a_dropped_ballot_is_found(record: Egrf) -> None:
    changed = copy.deepcopy(record)
    del changed.devices[1][2]
    checks = Checks()
    SECTIONS["ballots"](changed, checks)
    assert set(checks.failed) == {"8.E", "ballots of the device"}
