"""What becomes of a report when it is computed again, from what the board itself has.

``confirmed``: what the report says is so, whoever sent it. ``refuted``: it is not so. ``undecided``: nobody can compute
it, and people have to ask each other.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

from e2evote.board import merkle, policy
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note
from e2evote.board.policy import Policy
from e2evote.board.proof import Proof
from e2evote.board.proof import verify as verify_inclusion_proof
from e2evote.challenge import open_ballot
from e2evote.election.kept import ObjectFiles, judge_of, opening_of
from e2evote.election.ports import Streaming
from e2evote.election.reports import Report
from e2evote.election.streams import code_stream, files_of, history
from e2evote.encoding import canonical_json, hex_of
from e2evote.encryption import SecretBallotNonce
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.group.computation import Request, evaluate
from e2evote.hashing import selection_nonce
from e2evote.record.ballot import NO_CHAINING, EncryptedBallot
from e2evote.record.codes import next_chaining_field
from e2evote.record.contest_data import unpack
from e2evote.record.entries import BallotEntry, StatusEntry, commitment
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.opened import OpenedContest
from e2evote.record.pre_encrypted import parse_published
from e2evote.record.setup import Election

Verdict = Literal["confirmed", "refuted", "undecided"]


class Kept(Streaming, Protocol):
    """A view of a board that is kept here."""

    def published(self) -> bytes | None:
        """Return the newest published checkpoint's note."""

    def hash(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, why, and what the ballot holds where it was opened: a line for each contest."""

    verdict: Verdict
    reason: str
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportCheck:
    """Judges reports by one view of the board.

    Args:
        view: of the board.
        policy: its key and its witnesses.
        allow_insecure: names of parameter sets besides the standard one that are accepted.
    """

    view: Kept
    policy: Policy
    allow_insecure: frozenset[str] = frozenset()

    def judge(self, report: Report) -> Judgement:
        """Return what can be computed of a report.

        Raises:
            CheckError, ParseError, StorageError, VerificationError: the board itself cannot be read.
        """
        match report.finding:
            case "opening" | "choices":
                return self._judge_contents(report)
            case "missing":
                return self._judge_missing(report)
            case "not-challenged":
                return self._judge_status(report)
            case "secret":
                return self._judge_secret(report)
            case "unpublished":
                return self._judge_unpublished(report)
            case "unreachable":
                return Judgement("undecided", "whether a server answered leaves no trace on the board")
            case "malformed" | "signature" | "quorum" | "inclusion" | "other-entry" | "other-ballot":
                return self._judge_proof(report)

    # ------------------------------------------------------------------------------------------- the ballot's place

    def _judge_missing(self, report: Report) -> Judgement:
        found = self.view.stream(code_stream(report.confirmation_code))
        if not found:
            return Judgement("confirmed", "the board has no ballot with this code; a receipt would show that it should")
        return Judgement("refuted", f"the board has the ballot: entry {found[0]}")

    def _judge_status(self, report: Report) -> Judgement:
        if not history(self.view, report.confirmation_code):
            return Judgement("confirmed", "the board has no ballot with this code, challenged or not")
        status = self._status(report.confirmation_code)
        if status == "challenged":
            return Judgement("refuted", "the board says that the ballot was challenged")
        reason = (
            f"the board's status of the ballot is {status or 'none yet'}; what the voter chose is not to be computed"
        )
        return Judgement("confirmed", reason)

    def _judge_secret(self, report: Report) -> Judgement:
        entries = history(self.view, report.confirmation_code)
        first = next((entry for entry in entries if isinstance(entry, BallotEntry)), None)
        status = next((entry for entry in entries if isinstance(entry, StatusEntry)), None)
        if first is None or status is None:
            return Judgement("undecided", "the board has no status of a ballot with this code")
        asked = {"cast": first.cast_commitment, "challenged": first.challenge_commitment}.get(status.status)
        shown = None if status.secret is None else commitment(status.secret)
        if asked == shown:
            return Judgement("refuted", f"the status {status.status} has the secret that the ballot asks for")
        return Judgement("confirmed", f"the status {status.status} has not the secret that the ballot asks for")

    def _judge_unpublished(self, report: Report) -> Judgement:
        note = self.view.published()
        published = 0 if note is None else Checkpoint.parse(Note.parse(note).text).size
        waiting = [index for index in self.view.stream(code_stream(report.confirmation_code)) if index >= published]
        if waiting:
            return Judgement("confirmed", f"no published checkpoint covers entry {waiting[0]} even now")
        return Judgement("refuted", "published checkpoints cover all that the board has of this ballot")

    # ------------------------------------------------------------------------------------------------- what was sent

    def _judge_proof(self, report: Report) -> Judgement:
        """Judge by the proof that the checker was sent: does it verify, and is its checkpoint of this board's tree?"""
        if report.proof is None:
            return Judgement("undecided", "the report does not have the answer of the board that it speaks of")
        try:
            proof = Proof.parse(report.proof.encode())
            checkpoint = policy.verify_log(proof.note, self.policy)
        except (ParseError, VerificationError) as error:
            reason = f"the answer is none that this board signed, so anybody may have written it ({error})"
            return Judgement("undecided", reason)
        if (split := self._other_history(checkpoint)) is not None:
            return split
        try:
            verify_inclusion_proof(proof, proof.extra, self.policy)
        except VerificationError as error:
            reason = f"the answer does not verify, but only its checkpoint is signed ({error})"
            return Judgement("undecided", reason)
        if self._is_asked_for(proof.extra, report):
            return Judgement("refuted", "the answer verifies, and is about this ballot")
        return Judgement("undecided", "the answer verifies, but is about something else; who asked for what is unknown")

    def _other_history(self, checkpoint: Checkpoint) -> Judgement | None:
        """Convict a board that signed a tree which is not its own."""
        if checkpoint.size > self.view.size:
            reason = f"the board signed a log of {checkpoint.size} entries, and has {self.view.size}"
            return Judgement("confirmed", reason)
        if checkpoint.root != merkle.root(checkpoint.size, self.view.hash):
            return Judgement("confirmed", f"the board signed another log of {checkpoint.size} entries than its own")
        return None

    def _is_asked_for(self, entry: bytes, report: Report) -> bool:
        indices = self.view.stream(code_stream(report.confirmation_code))
        return any(self.view.entry(index) == entry for index in indices)

    # ------------------------------------------------------------------------------------------ what the ballot holds

    def _judge_contents(self, report: Report) -> Judgement:
        """Open the ballot with the nonce, and verify what comes out as a record's challenged ballots are."""
        entry = next(iter(history(self.view, report.confirmation_code)), None)
        if not isinstance(entry, BallotEntry) or report.nonce is None:
            return Judgement("undecided", "the board has no ballot with this code")
        if report.ballot_sha256 not in (None, entry.sha256):
            reason = f"the report is about another ballot than the board's, {hex_of(entry.sha256)}"
            return Judgement("undecided", reason)
        if (status := self._status(report.confirmation_code)) != "challenged":
            reason = f"the ballot was not challenged (its status is {status or 'none yet'}): it is not opened here"
            return Judgement("undecided", reason)
        election = load_election(Record(ObjectFiles(files_of(self.view), self.view.object)), self.allow_insecure)
        try:
            ballot = self._ballot(election, entry)
        except (CheckError, ParseError, VerificationError) as error:
            return Judgement("confirmed", f"the ballot is wrong, whatever it holds: {error}")
        return self._judge_opening(report, election, ballot, report.nonce)

    def _judge_opening(self, report: Report, election: Election, ballot: EncryptedBallot, nonce: bytes) -> Judgement:
        try:
            opened = open_ballot(election, ballot, SecretBallotNonce(nonce))
            judge_of(self.view, self.allow_insecure).verify_opened(ballot, opened)
            contents = tuple(_line(contest) for contest in opened.contests)
        except (ParseError, VerificationError) as error:
            return _not_opened(election, ballot, nonce, error)
        if report.finding == "opening":
            return Judgement("refuted", "the ballot opens with this nonce, and has this code", contents)
        reason = "the ballot opens with this nonce; whether it holds what the voter chose, the voter alone knows"
        return Judgement("undecided", reason, contents)

    def _ballot(self, election: Election, entry: BallotEntry) -> EncryptedBallot:
        """Return a ballot that is right as far as can be told without its nonce.

        Raises:
            CheckError, ParseError, VerificationError: it is not.
        """
        data = self.view.object(entry.sha256)
        if data is None or hashlib.sha256(data).digest() != entry.sha256:
            raise CheckError("it is not where its entry says")
        opening = opening_of(self.view, entry.device)
        ballot = parse_published(data, "ballot", election.group, opening)
        if not isinstance(ballot, EncryptedBallot):
            raise CheckError("it was pre-encrypted, and is under no voter's code")
        if ballot.confirmation_code != entry.confirmation_code:
            raise CheckError(f"its code is {hex_of(ballot.confirmation_code)}")
        if opening.chaining_mode == NO_CHAINING and ballot.chaining_field != next_chaining_field(opening, None):
            raise CheckError("its chaining field is not that of its device")
        judge_of(self.view, self.allow_insecure).verify_ballot(ballot)
        return ballot

    def _status(self, code: bytes) -> str | None:
        entries = history(self.view, code)
        return next((entry.status for entry in entries if isinstance(entry, StatusEntry)), None)


def _not_opened(election: Election, ballot: EncryptedBallot, nonce: bytes, error: Exception) -> Judgement:
    """Judge a ballot that does not open: a nonce that fits any part of it is the ballot's own."""
    for contest in ballot.contests:
        for ind_o, option in enumerate(contest.options, 1):
            xi = selection_nonce(election.group, ballot.h_i, contest.index, ind_o, nonce)
            if evaluate(Request([election.bases.g**xi])).values[0] == option.ciphertext.alpha:
                return Judgement("confirmed", f"the nonce is the ballot's own, but does not open all of it: {error}")
    reason = (
        "the nonce fits nothing in the ballot: it was mistyped or invented, or the page that made the ballot showed a "
        "wrong one; guardians can open the ballot without it"
    )
    return Judgement("undecided", reason)


def _line(opened: OpenedContest) -> str:
    """Return what a contest holds, by the labels of the manifest."""
    chosen = [f"{option.label}: {option.selection}" for option in opened.options if option.selection]
    line = f"{opened.label}: {', '.join(chosen) or 'nothing chosen'}"
    if opened.contest_data is None or not (data := unpack(opened.contest_data.data)):
        return line
    return f"{line}; {canonical_json(data).decode()}"
