"""The vault keeps a guardian's secrets through the ceremony, for its owner only."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from e2evote.approval import Answered, ApprovedRecord, DecryptionMemory
from e2evote.errors import CheckError, ParseError
from e2evote.key_ceremony import Ceremony, generate_keys
from guardian_cli.keystore.passphrase import SecretPassphrase
from guardian_cli.keystore.sealed import WrongPassphraseError
from guardian_cli.keystore.vault import FILE, Means, Vault, created, opened, restored
from tests.builders import BuiltRecord
from tests.guardian_cli.conftest import CHEAP, NOON, PASSPHRASE, WEAK, Case
from tests.guardian_cli.killing import POINTS, WRITTEN, dies, dies_at
from tests.test_decryption_memory import without_one


def test_a_ceremony_in_five_commands(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        identity = vault.identity.private_bytes_raw()
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault.identity.private_bytes_raw() == identity
        vault.begin_ceremony(case.keys, case.public)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert (vault.ceremony_keys, vault.public_key) == (case.keys, case.public)
        vault.hold_shares(case.shares[1])
        vault.hold_shares(case.shares[1])
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault.ceremony_keys == case.keys
        assert vault.shares == case.shares[1]
        assert vault.h_e is None
        vault.confirm(case.election.h_e)
        vault.confirm(case.election.h_e)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault.shares == case.shares[1]
        assert vault.h_e == case.election.h_e
        with pytest.raises(CheckError, match="no key ceremony"):
            _ = vault.ceremony_keys
        assert vault._content.ceremony is None


def test_the_order_of_steps(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        with pytest.raises(CheckError, match="no key ceremony"):
            vault.hold_shares(case.shares[1])
        with pytest.raises(CheckError, match="no shares"):
            vault.confirm(case.election.h_e)
        with pytest.raises(CheckError, match="no shares"):
            _ = vault.shares
        with pytest.raises(CheckError, match="are guardian 2's"):
            vault.begin_ceremony(replace(case.keys, i=2), case.public)
        vault.begin_ceremony(case.keys, case.public)
        with pytest.raises(CheckError, match="under way"):
            vault.begin_ceremony(case.keys, case.public)
        with pytest.raises(CheckError, match="are guardian 2's"):
            vault.hold_shares(case.shares[2])
        vault.hold_shares(case.shares[1])
        with pytest.raises(CheckError, match="other shares"):
            vault.hold_shares(replace(case.shares[2], i=1))
        with pytest.raises(CheckError, match="nothing to back up"):
            _ = vault.long_term
        vault.confirm(case.election.h_e)
        with pytest.raises(CheckError, match="another election"):
            vault.confirm(bytes(32))
        with pytest.raises(CheckError, match="nothing begins anew"):
            vault.begin_ceremony(case.keys, case.public)
        with pytest.raises(CheckError, match="was not restored"):
            vault.import_decryptions([], DecryptionMemory())


def test_only_the_owner_reads(vault: Vault, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("which", ["folder", "file"])
def test_open_to_others(case: Case, folder: Path, which: str) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    path = folder if which == "folder" else folder / FILE
    path.chmod(0o755 if which == "folder" else 0o640)
    with pytest.raises(CheckError, match="others can"), opened(folder, case.owner, PASSPHRASE, CHEAP):
        pass


def test_an_absurdly_large_file(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    os.truncate(folder / FILE, 2**25)  # a hole, no bytes
    with pytest.raises(ParseError, match="expected at most"), opened(folder, case.owner, PASSPHRASE, CHEAP):
        pass


def test_other_owners_and_passphrases(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    for owner, passphrase, wrong in (
        (replace(case.owner, i=2), PASSPHRASE, "guardian 1's; expected guardian 2's"),
        (replace(case.owner, h_b=bytes(32)), PASSPHRASE, "another election"),
        (case.owner, SecretPassphrase.of("another"), "passphrase is wrong"),
    ):
        with pytest.raises(CheckError, match=wrong), opened(folder, owner, passphrase, CHEAP):
            pass


def test_missing_and_twice(case: Case, folder: Path) -> None:
    with pytest.raises(CheckError, match="no such folder"), opened(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    folder.mkdir(mode=0o700)
    with pytest.raises(ParseError, match="missing"), opened(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    with pytest.raises(CheckError, match="exists already"), created(folder, case.owner, PASSPHRASE, CHEAP):
        pass


def test_one_command_at_a_time(vault: Vault, case: Case, folder: Path) -> None:
    with pytest.raises(CheckError, match="another command"), opened(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    code = "import sys; from guardian_cli.keystore.folder import *\nwith locked(Path(sys.argv[1])): pass"
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert "another command is at work" in done.stderr


def test_a_killed_command_leaves_no_lock_and_no_temporary_file(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    (folder / ".writing-abc").write_bytes(b"half")

    def command() -> None:
        with opened(folder, case.owner, PASSPHRASE, CHEAP):
            os._exit(9)

    dies(command)
    with opened(folder, case.owner, PASSPHRASE, CHEAP):
        assert sorted(path.name for path in folder.iterdir()) == [".lock", FILE]


COMMANDS: dict[str, Callable[[Vault, Case], object]] = {
    "begin": lambda vault, case: vault.begin_ceremony(case.keys, case.public),
    "hold": lambda vault, case: vault.hold_shares(case.shares[1]),
    "confirm": lambda vault, case: vault.confirm(case.election.h_e),
}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: " ".join(reversed(point)))
@pytest.mark.parametrize("name", COMMANDS)
def test_killed(case: Case, folder: Path, name: str, point: tuple[str, str]) -> None:
    """The old secrets or the new ones, whole; and the same command goes on from either."""
    earlier = list(COMMANDS)[: list(COMMANDS).index(name)]
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        for each in earlier:
            COMMANDS[each](vault, case)
        before = vault._content

    def command() -> None:
        with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
            COMMANDS[name](vault, case)

    dies_at(point, command)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert not list(folder.rglob(".writing-*"))
        assert (vault._content == before) == (point not in WRITTEN)
        if name == "begin" and point in WRITTEN:
            assert (vault.ceremony_keys, vault.public_key) == (case.keys, case.public)
        else:
            COMMANDS[name](vault, case)
        assert vault._content.identity == before.identity
        assert (vault._content.ceremony is None) == (name == "confirm")


def test_a_closed_vault_writes_no_more(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        pass
    with pytest.raises(CheckError, match="has been closed"):
        vault.begin_ceremony(case.keys, case.public)


def test_a_failed_write_changes_nothing(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass
    before = (folder / FILE).read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with opened(folder, case.owner, PASSPHRASE, Means(argon2=WEAK, write=full)) as vault:
        with pytest.raises(OSError, match="No space"):
            vault.begin_ceremony(case.keys, case.public)
        with pytest.raises(CheckError, match="no key ceremony"):
            _ = vault.ceremony_keys
        with pytest.raises(OSError, match="No space"):
            vault.change_passphrase(SecretPassphrase.of("new"))
    assert (folder / FILE).read_bytes() == before


def test_change_of_passphrase(vault: Vault, case: Case, folder: Path, tmp_path: Path) -> None:
    new = SecretPassphrase.chosen("four other plain words")
    vault.change_passphrase(new)
    copy = tmp_path / "copy"
    copy.mkdir(mode=0o700)
    (copy / FILE).write_bytes((folder / FILE).read_bytes())
    (copy / FILE).chmod(0o600)
    with opened(copy, case.owner, new, CHEAP) as vault_:
        assert vault_.shares == case.shares[1]
    with pytest.raises(WrongPassphraseError), opened(copy, case.owner, PASSPHRASE, CHEAP):
        pass


def test_nothing_is_shown(vault: Vault, case: Case) -> None:
    shown = repr(vault) + repr(vault._content) + repr(vault.long_term) + repr(vault.shares)
    for secret in (vault._content.identity, vault._content.session_key, bytes(case.shares[1].z)):
        assert secret.hex() not in shown.lower()
        assert repr(secret) not in shown
    assert str(case.shares[1].z.value) not in shown


def test_the_public_key_is_kept(case: Case, folder: Path) -> None:
    """Its proofs are random: made again, it would be another message."""
    election = case.election
    keys, public = generate_keys(Ceremony(election.group, election.n, election.k, election.hashes), 1)
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        vault.begin_ceremony(keys, public)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault.public_key == public


def test_an_attempt_with_the_key_of_the_one_before(case: Case, folder: Path, tmp_path: Path) -> None:
    """People need not compare signing keys again; everything else is new."""
    with created(folder, case.owner, PASSPHRASE, CHEAP) as first:
        assert not first.in_ceremony
        first.begin_ceremony(case.keys, case.public)
        assert first.in_ceremony
    with created(tmp_path / "second", case.owner, PASSPHRASE, CHEAP, identity=first.identity) as second:
        assert second.identity.private_bytes_raw() == first.identity.private_bytes_raw()
        assert second.session_key.data != first.session_key.data
        assert not second.in_ceremony
        assert not case.confirmed(second).in_ceremony
    with opened(tmp_path / "second", case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault.identity.private_bytes_raw() == first.identity.private_bytes_raw()


@pytest.fixture(scope="module")
def other(even: BuiltRecord, tmp_path_factory: pytest.TempPathFactory) -> ApprovedRecord:
    """The same election, less one ballot."""
    return without_one(even, tmp_path_factory.mktemp("other") / "record")


def test_one_set_of_ballots_is_answered(
    case: Case, folder: Path, approved: ApprovedRecord, other: ApprovedRecord
) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        vault.accept(approved, bytes(32))
        vault.accept(approved, bytes(32))
        with pytest.raises(CheckError, match="other ballots of this election were decrypted before"):
            vault.accept(other, b"b" * 32)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        with pytest.raises(CheckError, match="the record has not been verified for this decryption"):
            vault.check_accepted(b"b" * 32)
        vault.accept(approved, b"a" * 32)
        for decryption in (bytes(32), b"a" * 32):
            vault.check_accepted(decryption)
        assert vault._content.memory == DecryptionMemory().remembering(approved)
        with pytest.raises(CheckError, match="other ballots of this election were decrypted before"):
            vault.accept(other, bytes(32))
        written = (folder / FILE).read_bytes()
        vault.accept(approved, bytes(32))
        case.confirmed(vault)
        assert (folder / FILE).read_bytes() != written
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        assert vault._content.memory == DecryptionMemory().remembering(approved), "no other step forgets it"


@pytest.mark.parametrize("point", POINTS, ids=lambda point: " ".join(reversed(point)))
def test_killed_while_remembering(
    case: Case, folder: Path, approved: ApprovedRecord, other: ApprovedRecord, point: tuple[str, str]
) -> None:
    """Whoever gets past ``remember`` has it on the disk."""
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass

    def command() -> None:
        with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
            vault.accept(approved, bytes(32))

    dies_at(point, command)
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        if point in WRITTEN:
            with pytest.raises(CheckError, match="other ballots"):
                vault.accept(other, bytes(32))
        else:
            assert vault._content.memory == DecryptionMemory()
        vault.accept(approved, bytes(32))


def test_what_could_not_be_written_is_not_remembered(case: Case, folder: Path, approved: ApprovedRecord) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP):
        pass

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with opened(folder, case.owner, PASSPHRASE, Means(argon2=WEAK, write=full)) as vault:
        for _ in range(2):
            with pytest.raises(OSError, match="No space"):
                vault.accept(approved, bytes(32))


def memory_of(*entries: tuple[bytes, bytes]) -> DecryptionMemory:
    return DecryptionMemory(answered=tuple(Answered(h_e=h_e, pinned=p, fingerprint=bytes(32)) for h_e, p in entries))


def test_a_memory_that_was_lost_is_learned_from_the_list(
    vault: Vault, case: Case, tmp_path: Path, approved: ApprovedRecord, other: ApprovedRecord
) -> None:
    h_e = approved.election.h_e
    with restored(tmp_path / "new", case.owner, PASSPHRASE, vault.long_term, NOON, CHEAP) as again:
        again.import_decryptions([b"1" * 32], memory_of((h_e, approved.pinned)))
    with opened(tmp_path / "new", case.owner, PASSPHRASE, CHEAP) as again:
        with pytest.raises(CheckError, match="other ballots"):
            again.accept(other, bytes(32))
        again.accept(approved, bytes(32))
        before = again._content
        for lost in (memory_of((h_e, other.pinned)), memory_of((h_e, approved.pinned), (h_e, other.pinned))):
            with pytest.raises(CheckError, match="about other ballots than this guardian has answered about"):
                again.import_decryptions([b"1" * 32], lost)
        assert again._content == before
        again.import_decryptions([b"1" * 32, b"2" * 32], memory_of((bytes(32), bytes(32))))
        assert again._content.memory == memory_of((h_e, approved.pinned), (bytes(32), bytes(32)))
        with pytest.raises(CheckError, match="other ballots"):
            again.accept(other, bytes(32))


def test_a_list_cannot_undo_what_was_answered_since(
    vault: Vault, case: Case, tmp_path: Path, approved: ApprovedRecord, other: ApprovedRecord
) -> None:
    with restored(tmp_path / "new", case.owner, PASSPHRASE, vault.long_term, NOON, CHEAP) as again:
        again.import_decryptions([], DecryptionMemory())
        again.accept(approved, bytes(32))
        again.import_decryptions([], DecryptionMemory())
        with pytest.raises(CheckError, match="other ballots"):
            again.accept(other, bytes(32))


def test_a_list_with_two_sets_of_one_election(
    vault: Vault, case: Case, tmp_path: Path, approved: ApprovedRecord, other: ApprovedRecord
) -> None:
    """Both were asked for: nothing is answered any more."""
    h_e = approved.election.h_e
    with restored(tmp_path / "new", case.owner, PASSPHRASE, vault.long_term, NOON, CHEAP) as again:
        again.import_decryptions([], memory_of((h_e, approved.pinned), (h_e, other.pinned)))
        for record in (approved, other):
            with pytest.raises(CheckError, match="other ballots"):
                again.accept(record, bytes(32))


def test_only_decryptions_that_were_accepted(vault: Vault, approved: ApprovedRecord, folder: Path, case: Case) -> None:
    """Files beside the vault cannot say that a record was verified."""
    vault.accept(approved, b"a" * 32)
    vault.check_accepted(b"a" * 32)
    with pytest.raises(CheckError, match="has not been verified"):
        vault.check_accepted(b"b" * 32)
