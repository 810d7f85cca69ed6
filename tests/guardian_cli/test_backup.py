"""The paper gives the same secret back, and the restored vault knows what it does not know."""

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from e2evote.approval import DecryptionMemory
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.secret_sharing import SecretKeyShares
from guardian_cli.keystore.backup import PREFIX, SIZE, Backup, make_backup, open_backup
from guardian_cli.keystore.content import SecretLongTerm
from guardian_cli.keystore.journal import Journal
from guardian_cli.keystore.paper import Caption, page, qr_svg
from guardian_cli.keystore.passphrase import SecretPassphrase, word_list
from guardian_cli.keystore.sealed import SecretKey, WrongPassphraseError
from guardian_cli.keystore.vault import SESSIONS, Vault, restored
from guardian_cli.keystore.words import from_words, to_rows
from tests.deterministic import DeterministicRandomness
from tests.guardian_cli.conftest import CHEAP, NOON, PASSPHRASE, WEAK, Case
from tests.strategies import TOY_GROUP, numbers_below

H_E = bytes(range(32))
SECRET = SecretLongTerm(
    SecretKey(b"k" * 32), SecretKeyShares(3, TOY_GROUP.secret(5), TOY_GROUP.secret(TOY_GROUP.q - 1)), H_E
)
BACKUP = make_backup(SECRET, PASSPHRASE, WEAK, DeterministicRandomness("paper"))


def words(backup: Backup = BACKUP) -> str:
    return "\n".join(" ".join(row) for row in to_rows(backup))


def opened(backup: Backup, passphrase: SecretPassphrase = PASSPHRASE, h_e: bytes = H_E, i: int = 3) -> SecretLongTerm:
    return open_backup(backup, passphrase, TOY_GROUP, h_e, i)


@given(
    st.binary(min_size=32, max_size=32),
    numbers_below(int(TOY_GROUP.q)),
    numbers_below(int(TOY_GROUP.q)),
    st.integers(1, 2**31 - 1),
)
def test_round_trip(identity: bytes, z: int, z_hat: int, i: int) -> None:
    shares = SecretKeyShares(i, TOY_GROUP.secret(z), TOY_GROUP.secret(z_hat))
    secret = SecretLongTerm(SecretKey(identity), shares, H_E)
    backup = make_backup(secret, PASSPHRASE, WEAK)
    assert len(backup.data) == SIZE
    for back in (from_words(words(backup), "paper"), Backup.of_text(backup.text(), "code"), Backup(backup.data)):
        assert back == backup
        assert opened(back, i=i) == secret


def test_the_example_of_the_documentation() -> None:
    """Frozen: a page of today opens with every later version."""
    documentation = (Path(__file__).parents[2] / "docs/formats/guardian-secrets.md").read_text(encoding="utf-8")
    (example,) = re.findall(rf"^{PREFIX}[0-9A-F]+$", documentation, re.MULTILINE)
    assert Backup.of_text(example, "documentation") == BACKUP
    assert " ".join(to_rows(BACKUP)[0]) in " ".join(documentation.split())
    assert opened(Backup.of_text(example, "documentation")) == SECRET


def test_the_words_as_people_type_them() -> None:
    numbered = "\n".join(
        f"{row}  " + " ".join(f"{n}. {word.upper()}" for n, word in enumerate(line, 1))
        for row, line in enumerate(to_rows(BACKUP), 1)
    )
    assert from_words(numbered, "") == BACKUP
    assert from_words(", ".join(word[:4] for word in words().split()), "") == BACKUP
    assert from_words(words().replace(" ", "\r\n"), "") == BACKUP


def test_four_letters_tell_the_words_apart() -> None:
    assert len({word[:4] for word in word_list()}) == len(word_list()) == 2048


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda given: [*given[:30], "zzzz", *given[31:]], "row 2, word 7: 'zzzz' is not in the list"),
        (lambda given: [*given[:30], "abandan", *given[31:]], "did you mean abandon"),
        (lambda given: [*given[:30], "\u202eabc", *given[31:]], r"u202eabc"),
        (lambda given: given[:-1], "found 119 words"),
        (lambda given: [*given, "zoo"], "found 121 words"),
        (lambda given: given[24:48] + given[:24] + given[48:], "something was copied wrong"),
    ],
)
def test_words_copied_wrong(change, wrong: str) -> None:
    with pytest.raises(ParseError, match=wrong):
        from_words(" ".join(change(words().split())), "paper")


@pytest.mark.parametrize("position", range(120))
def test_a_wrong_word_is_found(position: int) -> None:
    given = words().split()
    given[position] = word_list()[(word_list().index(given[position]) + 1) % 2048]
    with pytest.raises(ParseError, match=f"row {position // 24 + 1}: the checksum|copied wrong"):
        from_words(" ".join(given), "paper")


@pytest.mark.parametrize("position", range(0, SIZE * 8, 11))
def test_a_flipped_bit_is_found(position: int) -> None:
    damaged = bytearray(BACKUP.data)
    damaged[position // 8] ^= 1 << position % 8
    with pytest.raises(ParseError, match="copied wrong"):
        Backup.of(bytes(damaged), "backup")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "begins with"),
        (BACKUP.text()[1:], "begins with"),
        (BACKUP.text().lower(), "begins with"),
        (BACKUP.text()[:-2], "160 bytes, found 159"),
        (BACKUP.text()[:-1], "upper-case hex"),
        (PREFIX + BACKUP.text()[len(PREFIX) :].replace("A", "a"), "upper-case hex"),
    ],
)
def test_codes_read_wrong(text: str, wrong: str) -> None:
    with pytest.raises(ParseError, match=wrong):
        Backup.of_text(text, "code")


def test_other_backups() -> None:
    with pytest.raises(WrongPassphraseError, match="passphrase is wrong"):
        opened(BACKUP, SecretPassphrase.of("another"))
    with pytest.raises(CheckError, match="another election"):
        opened(BACKUP, h_e=bytes(32))
    with pytest.raises(CheckError, match="guardian 3's; expected guardian 1's"):
        opened(BACKUP, i=1)
    with pytest.raises(VerificationError, match="changed"):
        opened(BACKUP, h_e=H_E[:31] + b"x")


def test_absurd_costs_and_other_versions() -> None:
    for start, wrong in ((b"\x01\x28", "costs"), (b"\x02\x05", "version 2")):
        data = start + BACKUP.data[2:-4]
        with pytest.raises(ParseError, match=wrong):
            Backup.of(data + sha256(data).digest()[:4], "backup")


def test_the_page() -> None:
    html = page(BACKUP, Caption("انجمن <b>", "مریم & Co"))
    for row in to_rows(BACKUP):
        for word in row:
            assert f"</small> {word}</td>" in html
    assert "انجمن &lt;b&gt;" in html
    assert "مریم &amp; Co" in html
    assert "پشتیبان" in html
    assert "Backup of a guardian" in html
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", html)
    assert "<script" not in html
    assert "REHEARSAL" not in html
    assert "REHEARSAL" in page(BACKUP, Caption("a", "b", rehearsal=True))
    printed = re.findall(r"<small>(\d+)</small> (\w+)", html)
    assert from_words(" ".join(f"{n} {word}" for n, word in printed), "page") == BACKUP


def test_the_code() -> None:
    svg = ET.fromstring(qr_svg(BACKUP))
    assert svg.attrib["viewBox"]
    code = segno.make_qr(BACKUP.text(), error="m", boost_error=False)
    assert (code.mode, code.error) == ("alphanumeric", "M")
    assert code.version <= 12


def test_a_restored_vault(vault: Vault, case: Case, folder: Path, tmp_path: Path) -> None:
    before = case.session(b"1" * 32)
    own = Journal(vault).commit(before)
    backup = make_backup(vault.long_term, PASSPHRASE, WEAK)
    secret = open_backup(backup, PASSPHRASE, case.owner.group, case.election.h_e, 1)
    at = NOON + timedelta(hours=1)
    new = tmp_path / "new"
    with restored(new, case.owner, PASSPHRASE, secret, at, CHEAP) as again:
        assert again.long_term == vault.long_term
        assert again.identity.private_bytes_raw() == vault.identity.private_bytes_raw()
        assert again.session_key.data != vault.session_key.data
        assert again.restoration.at == "2026-12-01T13:00:00Z"
        journal, later = Journal(again), at + timedelta(seconds=1)
        with pytest.raises(CheckError, match="import the published list"):
            journal.commit(case.session(b"2" * 32, later))
        again.import_decryptions([b"3" * 32], DecryptionMemory())
        with pytest.raises(CheckError, match="began before the vault was restored"):
            journal.commit(before)
        with pytest.raises(CheckError, match="round 1 did not take place"):
            journal.reveal(before, [own])
        with pytest.raises(CheckError, match="began before the vault was restored"):
            journal.commit(case.session(b"2" * 32, at))
        with pytest.raises(CheckError, match="began before the vault was restored"):
            journal.commit(case.session(b"3" * 32, later))
        journal.commit(case.session(b"2" * 32, later))
        with pytest.raises(CheckError, match="lacks 1 decryptions"):
            again.import_decryptions([], DecryptionMemory())
        again.import_decryptions([b"4" * 32, b"3" * 32], DecryptionMemory())
        assert again.restoration.decryptions == (b"3" * 32, b"4" * 32)


def test_restoring_into_a_folder_in_use(vault: Vault, case: Case, tmp_path: Path) -> None:
    with (
        pytest.raises(CheckError, match="another command"),
        restored(vault.folder, case.owner, PASSPHRASE, vault.long_term, NOON, CHEAP),
    ):
        pass
    old = tmp_path / "old"
    (old / SESSIONS).mkdir(parents=True)
    old.chmod(0o700)
    with (
        pytest.raises(CheckError, match="sessions exists already"),
        restored(old, case.owner, PASSPHRASE, vault.long_term, NOON, CHEAP),
    ):
        pass
    with (
        pytest.raises(CheckError, match="guardian 1's; expected guardian 2's"),
        restored(tmp_path / "x", replace(case.owner, i=2), PASSPHRASE, vault.long_term, NOON, CHEAP),
    ):
        pass
    with (
        pytest.raises(CheckError, match="time zone"),
        restored(tmp_path / "x", case.owner, PASSPHRASE, vault.long_term, NOON.replace(tzinfo=None), CHEAP),
    ):
        pass
