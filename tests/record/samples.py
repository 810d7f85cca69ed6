"""One object of every kind that is ever written, from the toy election."""

from e2evote.decryption.rounds import commit, respond, reveal
from e2evote.decryption.statements import tally_statements
from e2evote.election.booth_files import list_of
from e2evote.key_ceremony import Ceremony, encrypt_shares, generate_keys
from e2evote.record import layout
from e2evote.record.codec import RecordModel
from e2evote.record.entries import (
    BallotEntry,
    EndEntry,
    FileEntry,
    OpenedEntry,
    RecordedEntry,
    StatusEntry,
    commitment,
)
from e2evote.record.exceptions import TallyException
from e2evote.record.layout import Record
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.opened import ChallengedBallot, DecryptedContestData
from e2evote.record.setup import ExtendedHashes, Parameters
from tests.board_forger import board_manifest
from tests.builders import BuiltRecord
from tests.deterministic import DeterministicRandomness
from tests.mail_forger import MailForger, build_mail


def samples(built: BuiltRecord) -> dict[str, RecordModel]:
    """Return name → object; every field that may be left out is there in one of them and missing in another."""
    election, rng = built.election, DeterministicRandomness("samples")
    record = Record.at(built.path)
    ceremony = Ceremony.of(election.group, 3, 2, built.manifest_bytes)
    pairs = [generate_keys(ceremony, i, rng=rng) for i in (1, 2, 3)]
    statements = tally_statements(election, built.encrypted_tallies)[:2]
    states, commitments = zip(*(commit(election, x, statements, (1, 2), rng) for x in built.shares[:2]), strict=True)
    reveals = [reveal(state, commitments) for state in states]
    responses = respond(election, built.shares[0], states[0], commitments, reveals)
    found: dict[str, RecordModel] = {
        "index": record.index(),
        "manifest": election.manifest,
        "least manifest": Manifest.model_validate(LEAST_MANIFEST),
        "parameters": Parameters.of(election.group, 3, 2),
        "hashes": election.hashes,
        "extended hashes": ExtendedHashes(h_e=election.h_e),
        "guardian": built.guardian_record.guardians[0],
        "guardian record": built.guardian_record,
        "joint keys": built.guardian_record.keys,
        "encrypted share": encrypt_shares(ceremony, pairs[0][0], [public for _, public in pairs], rng)[0],
        "files of a booth": list_of({"/vote/en": b"page", "/vote/fa": b""}),
        "opening, chained": built.openings[1],
        "opening, not chained": built.openings[2],
        "closing, chained": built.closings[1],
        "closing, not chained": built.closings[2],
        "ballot with data": next(b for b in built.ballots.values() if b.ballot_style == 1),
        "ballot without data": next(b for b in built.ballots.values() if b.ballot_style == 2),
        "status": next(record.statuses(1)),
        "encrypted tally": built.encrypted_tallies[0],
        "tally": built.tallies[0],
        "tally exception": TallyException(
            cell=1, contest=2, rule="minimum", action="decrypted", reason="همه راضی‌اند", guardians=(1, 3)
        ),
        "decryption commitments": commitments[0],
        "decryption reveals": reveals[0],
        "decryption responses": responses,
        "decrypted data": next(record.objects(DecryptedContestData, layout.CONTEST_DATA, election.group)),
        "plaintext": built.plaintexts[next(iter(built.plaintexts))],
        "plaintext with write-in": next(p for p in built.plaintexts.values() if p.contests[0].write_ins),
    }
    forger = MailForger.of(built.path, build_mail())
    cast, uncast = forger.post("cast"), forger.post("uncast")
    assert cast.recorded is not None
    assert uncast.opened is not None
    found |= {"pre-encrypted": cast.ballot, "recorded": cast.recorded, "uncast": uncast.opened}
    found["opening, pre-encrypted"] = forger.openings[3]
    found["manifest with a board"] = parse_manifest(board_manifest())
    secret, code, time = bytes(range(32)), bytes(32), "2026-12-01T09:00:00Z"
    of_ballot = {"time": time, "confirmation_code": code}
    committed = {"cast_commitment": commitment(secret), "challenge_commitment": commitment(code)}
    ballot = BallotEntry(device=1, position=1, sha256=code, **of_ballot)
    status = StatusEntry(status="spoiled", **of_ballot)
    found |= {
        "file entry": FileEntry(time=time, path=layout.MANIFEST, sha256=code),
        "ballot entry": ballot,
        "ballot entry with commitments": ballot.model_copy(update=committed),
        "status entry": status,
        "status entry with a secret": status.model_copy(update={"status": "cast", "secret": secret}),
        "recorded entry": RecordedEntry(sha256=secret, **of_ballot),
        "opened entry": OpenedEntry(sha256=secret, **of_ballot),
        "end entry": EndEntry(time=time),
    }
    for number, ballot in enumerate(record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, election.group), 1):
        found[f"challenged ballot {number}"] = ballot
    return found


LEAST_MANIFEST = {
    "label": "least",
    "contests": ({"label": "c", "options": ({"label": "o"},)},),
    "ballot_styles": ({"label": "s", "contests": (1,)},),
}
