"""Results are approved, minutes are written, signed and checked, and whatever was changed in them is found."""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from e2evote.cli import main
from tests.builders import TOY
from tests.cli.running import run
from tests.officials import NAMES, decision, election_with_officials, key_of

INSECURE = ("--insecure-parameters", TOY, "--jobs", 1)


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An election whose results are approved."""
    root = election_with_officials(tmp_path_factory.mktemp("officials"))
    run("results", "approve", root, *key_of(root, "observer"), "--decision", decision(root))
    return root


@pytest.fixture(scope="module")
def minutes(club: Path) -> Path:
    """Its minutes, signed by all."""
    path = club.parent / "minutes.pdf"
    run("minutes", "make", club, "--zone", "Asia/Tehran", "--out", path)
    for label in NAMES:
        run("minutes", "sign", path, club, *key_of(club, label))
    return path


def check(path: Path, club: Path, code: int, *options: object) -> str:
    return run("minutes", "check", path, club / "record", *INSECURE, *options, code=code).output


def test_minutes_say_what_the_record_proves(club: Path, minutes: Path) -> None:
    told = json.loads(run("minutes", "check", minutes, club / "record", *INSECURE, "--json").stdout)
    assert told["valid"]
    assert [each["official"] for each in told["signed"]] == [*NAMES]
    assert told["unsigned"] == []


def test_minutes_of_one_language_are_checked_as_well(club: Path, tmp_path: Path) -> None:
    for language in ("fa", "en"):
        path = tmp_path / f"{language}.pdf"
        run("minutes", "make", club, "--lang", language, "--out", path)
        assert "not signed by chair, observer, auditor" in check(path, club, 1)
        assert "say what the record proves" in check(path, club, 0, "--partly-signed")
        assert "exists already" in run("minutes", "make", club, "--out", path, code=2).output


def _drawn(data: bytes) -> tuple[bytes, bytes]:
    drawn, mark, rest = data.partition(b"\n%e2evote-statement ")
    return drawn, mark + rest


def _in_stream(data: bytes, pattern: bytes, new: bytes) -> bytes:
    """Change what a compressed stream has, once."""
    for found in re.finditer(rb"/Length (\d+)>>\nstream\n", data):
        end = found.end() + int(found[1])
        try:
            text = zlib.decompress(data[found.end() : end])
        except zlib.error:
            continue
        if re.search(pattern, text):
            packed = zlib.compress(re.sub(pattern, new, text, count=1))
            return data[: found.start()] + b"/Length %d>>\nstream\n" % len(packed) + packed + data[end:]
    raise AssertionError("there is no such stream")


def digit_on_the_page(data: bytes) -> bytes:
    """The last glyph that a page shows is another one; signatures stripped."""
    drawn, rest = _drawn(data)
    changed = _in_stream(drawn, rb"(?s)(BT.*<[0-9a-f]+?)([0-9a-f])(>)", rb"\g<1>0\g<3>")
    return changed + rest.partition(b"%e2evote-signature")[0]


def attachment(data: bytes) -> bytes:
    drawn, rest = _drawn(data)
    return _in_stream(drawn, b'"votes":4', b'"votes":5') + rest


def statement(data: bytes) -> bytes:
    found = re.search(rb"%e2evote-statement (\S+)", data)
    assert found is not None
    said = base64.b64decode(found[1]).replace(b'"votes":4', b'"votes":5', 1)
    return data.replace(found[1], base64.b64encode(said))


def swapped_names(data: bytes) -> bytes:
    found = re.search(rb"%e2evote-statement (\S+)", data)
    assert found is not None
    said = base64.b64decode(found[1]).replace(b"board-2", b"board-x").replace(b"board-3", b"board-2")
    changed = data.replace(found[1], base64.b64encode(said.replace(b"board-x", b"board-3")))
    return changed.partition(b"%e2evote-signature")[0]


def last_signature(data: bytes) -> bytes:
    return data[: data.rindex(b"%e2evote-signature")]


def first_signature(data: bytes) -> bytes:
    first = data.index(b"%e2evote-signature")
    return data[:first] + data[data.index(b"%e2evote-signature", first + 1) :]


def signature_of_another(data: bytes) -> bytes:
    return data.replace(b"%e2evote-signature 1 ", b"%e2evote-signature 9 ")


def time_of_a_signature(data: bytes) -> bytes:
    at = data.rindex(b"Z ", 0, data.rindex(b"startxref"))
    return data[: at - 1] + (b"1" if data[at - 1 : at] != b"1" else b"2") + data[at:]


CHANGES: dict[Callable[[bytes], bytes], str] = {
    digit_on_the_page: "the pages or attachments are not those that the record gives",
    attachment: "the signature does not hold",
    statement: "the signature does not hold",
    swapped_names: "outcome is not what the record says",
    last_signature: "not signed by auditor",
    first_signature: "the signature does not hold",
    signature_of_another: "no official 9",
    time_of_a_signature: "the signature does not hold",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_found(change: Callable[[bytes], bytes], club: Path, minutes: Path, tmp_path: Path) -> None:
    data = minutes.read_bytes()
    changed = change(data)
    assert changed != data
    path = tmp_path / "changed.pdf"
    path.write_bytes(changed)
    assert CHANGES[change] in check(path, club, 1)


def test_any_changed_byte_is_found(club: Path, minutes: Path, tmp_path: Path) -> None:
    """In what is drawn it makes the minutes wrong; behind it, where it breaks the form, they cannot be read."""
    data, path = minutes.read_bytes(), tmp_path / "changed.pdf"
    drawn, rest = _drawn(data)
    places = [*range(7, len(drawn), len(drawn) // 6), *range(len(drawn) + 30, len(data), len(rest) // 6)]
    for at in places:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        arguments = ["minutes", "check", path, club / "record", *INSECURE, "--partly-signed"]
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code in ((1,) if at < len(drawn) - 40 else (1, 2)), f"byte {at}: {result.output}"
        assert "NOT to be believed" in result.output or result.exit_code == 2


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"\n", lambda _: b"%PDF-1.7\n", lambda _: b""])
def test_what_is_no_minutes_is_said(
    change: Callable[[bytes], bytes], club: Path, minutes: Path, tmp_path: Path
) -> None:
    path = tmp_path / "changed.pdf"
    path.write_bytes(change(minutes.read_bytes()))
    check(path, club, 2)


def test_minutes_of_another_record(minutes: Path, tmp_path: Path) -> None:
    other = election_with_officials(tmp_path)
    assert "does not hold" in check(minutes, other, 1)


def test_minutes_of_a_record_that_is_not_valid(club: Path, minutes: Path, tmp_path: Path) -> None:
    shutil.copytree(club, tmp_path / "club")
    tallies = tmp_path / "club" / "record" / "tallies.ndjson"
    tallies.write_bytes(tallies.read_bytes().replace(b'"tally":4', b'"tally":5', 1))
    assert "the record is not valid" in check(minutes, tmp_path / "club", 1)


def test_minutes_drawn_by_others_are_not_judged(club: Path, minutes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("e2evote.web.minutes.checking.renderer", lambda: "another")
    assert "install the same to compare" in check(minutes, club, 2)


def test_who_has_signed_does_not_sign_again(club: Path, minutes: Path) -> None:
    before = minutes.read_bytes()
    assert "chair has signed" in run("minutes", "sign", minutes, club, *key_of(club, "chair"), code=2).output
    assert minutes.read_bytes() == before


def test_approving(tmp_path: Path) -> None:
    root = election_with_officials(tmp_path)
    assert "not approved yet" in run("minutes", "make", root, "--out", tmp_path / "m.pdf", code=2).output
    assert "not approved yet" in run("results", "text", root, code=2).output
    lots = decision(root)
    assert "lots are still" in run("results", "approve", root, *key_of(root, "observer"), code=2).output
    refused = run("results", "approve", root, *key_of(root, "chair"), "--decision", lots, code=2)
    assert "only supervising officials approve" in refused.output
    wrong = run("results", "show", root, "--decision", decision(root, (1, 3)), code=2).output
    assert "must have exactly the options [1, 2]" in wrong
    decision(root)
    run("results", "approve", root, *key_of(root, "observer"), "--decision", lots)
    again = run("results", "approve", root, *key_of(root, "observer"), code=2)
    assert "has approved already" in again.output
    approval = root / "results" / "approval-002.json"
    approval.write_bytes(approval.read_bytes().replace(b'"order":[2,1]', b'"order":[1,2]'))
    assert "does not hold" in run("results", "text", root, code=2).output


def test_the_announcement_has_main_members_in_the_language(club: Path) -> None:
    persian, english = run("results", "text", club).stdout, run("results", "text", club, "--lang", "en").stdout
    assert "هیئت مدیره: board-2 ۴" in persian
    assert "Board of directors: board-2 4" in english


def test_keys(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("short\n")
    secret.chmod(0o600)
    assert "fewer than 12" in run("official", "new", tmp_path / "k", "--passphrase-file", secret, code=2).output
    secret.write_text("long enough for a test\n")
    made = run("official", "new", tmp_path / "k", "--passphrase-file", secret).stdout.strip()
    assert re.fullmatch("[0-9A-F]{64}", made)
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600
    secret.chmod(0o644)
    assert "others can read it" in run("official", "new", tmp_path / "l", "--passphrase-file", secret, code=2).output


def test_a_wrong_passphrase_opens_nothing(club: Path, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("another passphrase\n")
    secret.chmod(0o600)
    key = ("--key", club.parent / "keys" / "chair.key", "--passphrase-file", secret)
    path = tmp_path / "m.pdf"
    run("minutes", "make", club, "--out", path)
    assert "the passphrase is wrong" in run("minutes", "sign", path, club, *key, code=2).output
