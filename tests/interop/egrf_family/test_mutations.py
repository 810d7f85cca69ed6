"""Every check of the family finds its change; no change of a record is accepted, and none is a crash."""

import contextlib
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from e2evote.errors import E2EVoteError, ParseError
from e2evote.interop.egrf.checks import CHECKS
from tests.interop.egrf_family.mutations import DEVICE, MUTATIONS, Mutation
from tests.interop.egrf_family.records import NAMES, Golden, verified

STEPS = {check.id: check.step for check in CHECKS}


@pytest.fixture(scope="module")
def golden(interop: Path) -> dict[str, Golden]:
    folder = interop / "electionguard-2.1-egrf"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing")
    return {name: Golden.at(folder / name / "json") for name in NAMES}


def test_every_check_has_a_mutation() -> None:
    of_our_own_manifest = {"X.manifest-rules"}  # test_export has it: no golden record has a manifest of ours
    assert {mutation.check for mutation in MUTATIONS} == set(STEPS) - of_our_own_manifest


@pytest.mark.parametrize("name", NAMES)
def test_unchanged_it_is_valid(golden: dict[str, Golden], name: str) -> None:
    assert verified(golden[name].json()).valid
    assert verified(golden[name].rerooted().binary()).valid


def assert_found(files: dict[str, bytes], mutation: Mutation) -> None:
    report = verified(files)
    failed = {check.id for check in report.checks if check.status == "failed"}
    assert mutation.check in failed
    assert report.steps[STEPS[mutation.check]] == "failed"
    assert not report.valid


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.check)
def test_its_check_fails(golden: dict[str, Golden], mutation: Mutation) -> None:
    changed = golden[mutation.record].copy()
    mutation.change(changed)
    assert_found((changed if mutation.check == "R.root" else changed.rerooted()).json(), mutation)


@pytest.mark.parametrize("mutation", MUTATIONS[::5], ids=lambda mutation: mutation.check)
def test_its_check_fails_in_protobuf(golden: dict[str, Golden], mutation: Mutation) -> None:
    changed = golden[mutation.record].copy()
    mutation.change(changed)
    assert_found(changed.binary(), mutation)


@pytest.mark.parametrize(
    ("file", "check"),
    [
        ("setup/guardians", "2.D"),
        (DEVICE, "X.format"),
        ("device_attestations", "R.attestation"),
        ("aggregated/encrypted_tally", "9.0"),
        ("aggregated/contest_data_requests", "12.R"),
        ("final/decrypted_tally", "11.A"),
        ("final/challenged", "14.A"),
        ("final/contest_data", "12.B"),
        ("toc", "R.root"),
        ("signatures/", "R.signature"),
    ],
)
def test_an_unreadable_item_is_a_finding(golden: dict[str, Golden], file: str, check: str) -> None:
    changed = golden["regular-chained"].copy()
    changed.file(file)[2 if file == DEVICE else 1] = {"nothing": 1}
    report = verified(changed.json())
    found = {result.id: result for result in report.checks}
    assert found[check].status == "failed"
    if file == DEVICE:
        assert [finding.position for finding in found["X.format"].findings] == [1]
        assert found["6.D"].status == "passed"


@pytest.mark.parametrize("file", ["setup/header", "setup/parameters", "setup/manifest", "setup/election_keys"])
def test_an_unreadable_setup_is_refused(golden: dict[str, Golden], file: str) -> None:
    changed = golden["regular-chained"].copy()
    changed.file(file)[1] = {"nothing": 1}
    with pytest.raises(ParseError, match=file):
        verified(changed.json())


def test_contest_data_that_the_manifest_has_not_is_found(golden: dict[str, Golden]) -> None:
    changed = golden["pre-encrypted"].copy()
    ballot = changed.file(DEVICE)[2]["preEncryptedCastBallot"]
    ballot["contests"][0]["contest"]["contestData"] = ballot["encryptedBallotNonce"]
    failed = {check.id for check in verified(changed.json()).checks if check.status == "failed"}
    assert "X.format" in failed


JUNK = (None, 0, 1, -1, 2**70, 1.5, "", "x", "AAAA", True, [], {}, [[]], {"index": 1})
SIGNED = "signatures/"
"""Who signed, and how, is not verified, and no root is over it."""
SEEDS = st.integers(0, 2**32)
RUNS = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, inner in pairs for place in places(inner, (*path, key))]


def alter(golden: Golden, seed: int, *but: str) -> Golden:
    """Return a copy with one value changed, removed or replaced, in other files than those named."""
    changed, chance = golden.copy(), random.Random(seed)
    *middle, last = chance.choice([place for place in places(changed.lines) if not str(place[0]).startswith(but)])
    value: Any = changed.lines
    for step in middle:
        value = value[step]
    action, before = chance.choice(["flip", "delete", "junk"]), value[last]
    if action == "delete":
        del value[last]
    elif action == "flip" and isinstance(before, str) and len(before) > 40:
        value[last] = ("B" if before[0] == "A" else "A") + before[1:]
    else:
        value[last] = chance.choice([junk for junk in JUNK if (junk, type(junk)) != (before, type(before))])
    return changed


@pytest.mark.parametrize("name", NAMES)
@given(seed=SEEDS)
@RUNS
def test_no_change_of_a_value_is_accepted(golden: dict[str, Golden], name: str, seed: int) -> None:
    try:
        report = verified(alter(golden[name], seed, SIGNED).json())
    except E2EVoteError:
        return
    assert not report.valid


@pytest.mark.parametrize("name", NAMES)
@given(seed=SEEDS)
@RUNS
def test_no_change_of_a_byte_is_accepted(golden: dict[str, Golden], name: str, seed: int) -> None:
    files, chance = golden[name].binary(), random.Random(seed)
    file = chance.choice(sorted(file for file in files if not file.startswith(SIGNED)))
    raw = bytearray(files[file])
    place = chance.randrange(len(raw))
    raw[place] ^= chance.randrange(1, 256)
    end = chance.choice([len(raw), place])
    try:
        report = verified(files | {file: bytes(raw[:end])})
    except E2EVoteError:
        return
    assert not report.valid


@pytest.mark.parametrize("name", NAMES)
@given(seed=SEEDS)
@RUNS
def test_with_new_roots_a_change_is_no_crash(golden: dict[str, Golden], name: str, seed: int) -> None:
    """Times, references and signatures mean nothing to the verification, so such a change may be accepted."""
    with contextlib.suppress(E2EVoteError):
        verified(alter(golden[name], seed, "toc").rerooted().json())
