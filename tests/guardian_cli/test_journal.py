"""A nonce answers one challenge, whatever is repeated, exchanged or killed in between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from e2evote.decryption import rounds
from e2evote.decryption.rounds import DecryptionCommitments, DecryptionReveals, SecretDecryptionState
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.record.codec import RecordModel, dump
from guardian_cli.keystore.folder import make_private
from guardian_cli.keystore.journal import Journal, Session
from guardian_cli.keystore.sealed import WrongPassphraseError
from guardian_cli.keystore.vault import SESSIONS, Vault, created, opened
from tests.guardian_cli.conftest import CHEAP, NOON, PASSPHRASE, Case
from tests.guardian_cli.killing import POINTS, WRITTEN, dies_at


class Peers:
    """The other available guardians, whose nonces are in this process."""

    def __init__(self, case: Case, session: Session) -> None:
        self.case, self.session = case, session
        self.states: list[SecretDecryptionState] = []
        self.commitments: list[DecryptionCommitments] = []
        for i in case.available[1:]:
            state, commitments = rounds.commit(case.election, case.shares[i], session.statements, session.available)
            self.states.append(state)
            self.commitments.append(commitments)
        self.reveals: list[DecryptionReveals] = [state.reveals for state in self.states]


def entry_of(vault: Vault, session: Session):
    return Journal(vault)._find(session.id)


def test_a_decryption(vault: Vault, case: Case, built) -> None:
    session = case.session()
    journal, peers = Journal(vault), Peers(case, session)
    commitments = [journal.commit(session), *peers.commitments]
    assert [view.state for view in journal.sessions()] == ["committed"]
    reveals = [journal.reveal(session, commitments), *peers.reveals]
    assert [view.state for view in journal.sessions()] == ["revealed"]
    responses = [
        journal.respond(session, commitments, reveals),
        *(rounds.respond(case.election, case.shares[state.i], state, commitments, reveals) for state in peers.states),
    ]
    assert [view.state for view in journal.sessions()] == ["answered"]
    guardians = built.guardian_record.guardians
    rounds.combine(case.election, guardians, session.statements, commitments, reveals, responses)
    assert entry_of(vault, session).nonces is None
    # repeated, in another order of messages: the very same
    assert journal.commit(session) == commitments[0]
    assert journal.reveal(session, commitments[::-1]) == reveals[0]
    assert dump(journal.respond(session, commitments[::-1], reveals[::-1])) == dump(responses[0])


def test_other_inputs_are_refused(vault: Vault, case: Case) -> None:
    session = case.session()
    journal, peers, others = Journal(vault), Peers(case, session), Peers(case, session)
    own = journal.commit(session)
    commitments, exchanged = [own, *peers.commitments], [own, *others.commitments]
    with pytest.raises(CheckError, match="reveal first"):
        journal.respond(session, commitments, [])
    revealed = journal.reveal(session, commitments)
    with pytest.raises(CheckError, match="other commitments were accepted"):
        journal.reveal(session, exchanged)
    with pytest.raises(CheckError, match="other commitments were accepted"):
        journal.respond(session, exchanged, [revealed, *others.reveals])
    with pytest.raises(VerificationError, match="not what was committed to"):
        journal.respond(session, commitments, [revealed, *others.reveals])
    assert entry_of(vault, session).nonces is not None
    first = journal.respond(session, commitments, [revealed, *peers.reveals])
    with pytest.raises(CheckError, match="answered other messages"):
        journal.respond(session, commitments, [revealed, *others.reveals])
    with pytest.raises(CheckError, match="other commitments were accepted"):
        journal.respond(session, exchanged, [revealed, *others.reveals])
    assert journal.respond(session, commitments, [revealed, *peers.reveals]) == first


def test_own_commitments_replaced(vault: Vault, case: Case) -> None:
    session = case.session()
    journal, peers = Journal(vault), Peers(case, session)
    own = journal.commit(session)
    replaced = own.model_copy(update={"hashes": own.hashes[::-1]})
    with pytest.raises(VerificationError, match="were replaced"):
        journal.reveal(session, [replaced, *peers.commitments])
    assert entry_of(vault, session).state == "committed"


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.session(count=2),
        lambda case: case.session(begun=NOON + timedelta(seconds=1)),
        lambda case: replace(case.session(), available=(1, *range(3, len(case.available) + 2))),
        lambda case: replace(case.session(), statements=case.statements[::-1]),
    ],
    ids=["fewer statements", "another time", "other guardians", "another order"],
)
def test_another_request_under_the_same_id(vault: Vault, case: Case, change: Callable[[Case], Session]) -> None:
    journal = Journal(vault)
    journal.commit(case.session())
    with pytest.raises(CheckError, match="something else was asked"):
        journal.commit(change(case))


def test_unknown_and_unconfirmed(case: Case, folder: Path) -> None:
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        with pytest.raises(CheckError, match="not confirmed"):
            Journal(vault).commit(case.session())
        case.confirmed(vault)
        with pytest.raises(CheckError, match="round 1 did not take place"):
            Journal(vault).reveal(case.session(), [])
        other = replace(case.election, h_e=bytes(32))
        with pytest.raises(CheckError, match="not confirmed for its election"):
            Journal(vault).commit(replace(case.session(), election=other))


def test_abandoned(vault: Vault, case: Case) -> None:
    journal, session = Journal(vault), case.session()
    journal.commit(session)
    journal.abandon(session.id)
    assert entry_of(vault, session).nonces is None
    with pytest.raises(CheckError, match="needs a new id"):
        journal.commit(session)
    with pytest.raises(CheckError, match="not known"):
        journal.abandon(b"x" * 32)
    assert [view.state for view in journal.sessions()] == ["abandoned"]


def test_an_entry_that_has_not_what_its_state_says(vault: Vault, case: Case) -> None:
    journal, session = Journal(vault), case.session()
    journal.commit(session)
    entry = entry_of(vault, session)
    for wrong in ({"state": "answered"}, {"state": "revealed"}, {"state": "abandoned"}, {"nonces": None}):
        journal._write(entry.model_copy(update=wrong))
        with pytest.raises(ParseError, match="state: a session that is"):
            journal.commit(session)
    with pytest.raises(CheckError, match="32 bytes"):
        case.session(id=b"short")


def test_files_of_others(vault: Vault, case: Case, folder: Path) -> None:
    journal, session = Journal(vault), case.session()
    journal.commit(session)
    (path,) = (folder / SESSIONS).iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    data = path.read_bytes()
    vault.means.write(path.with_name(path.name.replace("00", "01", 1)), data)
    with pytest.raises(ParseError, match="another session"):
        journal.sessions()
    path.with_name(path.name.replace("00", "01", 1)).unlink()
    vault.means.write(path.with_name("note.sealed.json"), data)
    with pytest.raises(ParseError, match="not a session's id"):
        journal.sessions()


def test_a_session_of_another_vault(vault: Vault, case: Case, folder: Path, tmp_path: Path) -> None:
    Journal(vault).commit(case.session())
    (path,) = (folder / SESSIONS).iterdir()
    with created(tmp_path / "second", case.owner, PASSPHRASE, CHEAP) as second:
        case.confirmed(second)
        make_private(second.folder / SESSIONS)
        second.means.write(second.folder / SESSIONS / path.name, path.read_bytes())
        with pytest.raises(WrongPassphraseError, match="another vault"):
            Journal(second).commit(case.session())


ROUNDS = ("commit", "reveal", "respond")


def step(journal: Journal, round_: str, session: Session, peers: Peers, done: Sequence[RecordModel]) -> RecordModel:
    """Run one round with the messages of those before."""
    if round_ == "commit":
        return journal.commit(session)
    commitments = [done[0], *peers.commitments]
    if round_ == "reveal":
        return journal.reveal(session, commitments)
    return journal.respond(session, commitments, [done[1], *peers.reveals])


def nonces_of(journal: Journal, session: Session):
    entry = journal._find(session.id)
    return None if entry is None else entry.nonces


@pytest.mark.parametrize("point", POINTS, ids=lambda point: " ".join(reversed(point)))
@pytest.mark.parametrize("round_", ROUNDS)
def test_killed(case: Case, folder: Path, round_: str, point: tuple[str, str]) -> None:
    """Whatever is killed where: nothing was handed out, nothing is lost, and no nonce answers twice."""
    session, done = case.session(), []
    peers = Peers(case, session)
    with created(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        case.confirmed(vault)
        for earlier in ROUNDS[: ROUNDS.index(round_)]:
            done.append(step(Journal(vault), earlier, session, peers, done))
        before = nonces_of(Journal(vault), session)

    def command() -> None:
        with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
            step(Journal(vault), round_, session, peers, done)

    dies_at(point, command)
    written = point in WRITTEN
    with opened(folder, case.owner, PASSPHRASE, CHEAP) as vault:
        journal = Journal(vault)
        assert not list(folder.rglob(".writing-*"))
        kept = journal._find(session.id)
        states = {"commit": "committed", "reveal": "revealed", "respond": "answered"}
        previous = {"commit": None, "reveal": "committed", "respond": "revealed"}
        assert (kept.state if kept else None) == (states if written else previous)[round_]
        if round_ == "reveal" or (round_ == "respond" and not written):
            assert nonces_of(journal, session) == before  # none chosen anew for commitments that have left
        if round_ == "respond" and written:
            assert kept.nonces is None
            others = Peers(case, session)
            with pytest.raises(CheckError, match="answered other messages"):
                journal.respond(session, [done[0], *peers.commitments], [done[1], *others.reveals])
        message = step(journal, round_, session, peers, done)
        if written:
            assert message == {"commit": kept.commitments, "reveal": kept.reveals, "respond": kept.responses}[round_]
        assert dump(step(journal, round_, session, peers, done)) == dump(message)


def test_a_write_that_fails_hands_out_nothing(case: Case, folder: Path) -> None:
    """A full disk at each round; then the same command goes on."""
    session, done = case.session(), []
    peers, fail = Peers(case, session), [False]

    def write(path: Path, data: bytes) -> None:
        if fail[0]:
            raise OSError(28, "No space left on device")
        CHEAP.write(path, data)

    with created(folder, case.owner, PASSPHRASE, replace(CHEAP, write=write)) as vault:
        journal = Journal(case.confirmed(vault))
        for round_ in ROUNDS:
            fail[0] = True
            with pytest.raises(OSError, match="No space"):
                step(journal, round_, session, peers, done)
            fail[0] = False
            done.append(step(journal, round_, session, peers, done))
    assert len({type(message) for message in done}) == 3
