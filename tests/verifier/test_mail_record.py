"""Records of mail elections: valid ones on 4096 bits, in an archive, interrupted, spread over processes."""

import copy
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.approval import approve, pinned_digest
from e2evote.engine import Here
from e2evote.group.parameters import STANDARD_NAME
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier import ballots
from e2evote.verifier.report import PHASES
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY, BuiltRecord, reindex
from tests.mail_forger import MailForger, build_mail, mail_manifest


class Stop(Exception):  # noqa: N818
    """The verification is to end here."""


def written(root: Path, built: BuiltRecord) -> Path:
    root.mkdir()
    MailForger.of(root, built).write()
    reindex(root)
    return root


@pytest.fixture
def record(mail: BuiltRecord, tmp_path: Path) -> Path:
    return written(tmp_path / "record", mail)


def test_4096_bits(tmp_path: Path) -> None:
    """A record on the standard parameters with four digits, judged by both; and one with a foreign vector."""
    built = build_mail(STANDARD_NAME, mail_manifest(hash_trimming=2), ballots=1)
    for name in ("honest", "broken"):
        (tmp_path / name).mkdir()
        forger = MailForger.of(tmp_path / name, built, each=2)
        if name == "broken":
            foreign = forger.vector(post := forger.post("cast", device=2), 1, 1, (0, 0, 0, 1))
            forger.select(post, 1, [foreign, forger.vector(post, 1, 3)])
        forger.write()
        reindex(forger.root)
    report = verify_record(Record.at(tmp_path / "honest"))
    assert report.valid
    assert (report.counts["cast"], report.counts["uncast"]) == (2, 2)
    assert oracle.verify(tmp_path / "honest").passed
    failed = {check.id for check in verify_record(Record.at(tmp_path / "broken")).checks if check.status == "failed"}
    assert failed == {"X.recorded-vectors"}


def test_archive_and_phases(record: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "record.zip", "w") as archive:
        for path in sorted(record.rglob("*")):
            archive.write(path, path.relative_to(record).as_posix())
    whole = verify_record(Record.at(record), allow_insecure=(TOY,))
    assert verify_record(Record.at(tmp_path / "record.zip"), allow_insecure=(TOY,)) == whole
    assert oracle.verify(tmp_path / "record.zip", {TOY}).passed
    for until in PHASES:
        assert verify_record(Record.at(record), until, allow_insecure=(TOY,)).valid
        assert oracle.verify(record, {TOY}, until).passed


@pytest.mark.parametrize("count", [1, 4, 5, 9, 11])
def test_interrupted(count: int, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ballots, "CHUNK_BALLOTS", 2)

    def stop(done: int, total: int) -> None:
        if done >= count:
            raise Stop

    state = tmp_path / "state"
    with pytest.raises(Stop):
        verify_record(Record.at(record), "opened", Here(), (TOY,), stop, state, 0.0)
    assert state.exists()
    report = verify_record(Record.at(record), "opened", Here(), (TOY,), None, state, 0.0)
    assert report == verify_record(Record.at(record), allow_insecure=(TOY,))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every number or hash of a JSON value."""
    if isinstance(value, str):
        if len(value) >= 32 and set(value) <= set("0123456789ABCDEF"):
            yield path
        return
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from leaves(part, (*path, key))


@given(data=st.data())
def test_any_changed_number_is_refused(data: st.DataObject, honest_lines: dict[str, list[Any]], honest: Path) -> None:
    """Whatever number or hash of whatever pre-encrypted, recorded or uncast ballot changes, the record is not valid."""
    name = data.draw(st.sampled_from(sorted(honest_lines)))
    lines = copy.deepcopy(honest_lines[name])
    line = data.draw(st.integers(0, len(lines) - 1))
    *steps, last = data.draw(st.sampled_from(list(leaves(lines[line]))))
    place = lines[line]
    for step in steps:
        place = place[step]
    digit = data.draw(st.integers(0, len(place[last]) - 1))
    new = data.draw(st.sampled_from("0123456789ABCDEF".replace(place[last][digit], "")))
    place[last] = place[last][:digit] + new + place[last][digit + 1 :]
    before = (honest / name).read_bytes()
    try:
        (honest / name).write_text(
            "".join(json.dumps(x, separators=(",", ":"), ensure_ascii=False) + "\n" for x in lines)
        )
        reindex(honest)
        assert not verify_record(Record.at(honest), allow_insecure=(TOY,)).valid
        assert not oracle.verify(honest, {TOY}).passed
    finally:
        (honest / name).write_bytes(before)


@pytest.fixture(scope="module")
def honest(mail: BuiltRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("honest") / "record", mail)


@pytest.fixture(scope="module")
def honest_lines(honest: Path) -> dict[str, list[Any]]:
    names = [layout.ballots_path(2, 1), layout.recorded_path(2, 1), layout.recorded_path(3, 1), layout.UNCAST_BALLOTS]
    return {name: [json.loads(line) for line in (honest / name).read_text().splitlines()] for name in names}


def test_what_was_recorded_is_pinned(record: Path) -> None:
    """Guardians hold on to what is added up: another recorded ballot is another set of ballots."""
    approved = approve(Record.at(record), allow_insecure=(TOY,))
    assert approved.pinned == pinned_digest(Record.at(record))
    opened = [found.ballot.position for found in approved.ballot_nonce_statements()]
    assert len(opened) == 4  # a challenged ballot and three uncast ones
    changed = next(record.rglob("recorded-*.ndjson"))
    changed.write_bytes(changed.read_bytes() + b"\n")
    reindex(record)
    assert pinned_digest(Record.at(record)) != approved.pinned
