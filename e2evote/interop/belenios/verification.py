"""A Belenios record from its archive to its result, one step after the other."""

from dataclasses import dataclass

from e2evote.engine import Workers
from e2evote.errors import CheckError, ParseError
from e2evote.interop.belenios import notes
from e2evote.interop.belenios.archive import HEADER, Board, archive_in, read_board
from e2evote.interop.belenios.ballots import verify_ballots
from e2evote.interop.belenios.checks import CHECKS, GROUP, KEYS, OTHER
from e2evote.interop.belenios.credentials import verify_credentials
from e2evote.interop.belenios.decryption import verify_decryption, verify_result
from e2evote.interop.belenios.election import Election, read_election
from e2evote.interop.belenios.tally import verify_tally
from e2evote.interop.belenios.trustees import Group, read_trustees, verify_trustees
from e2evote.interop.family import Judgement, Progress
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Report

_OLDER = {"election.json", "trustees.json", "ballots.jsons"}
"""Files of an election before Belenios 2.0, which had no archives."""


@dataclass(frozen=True, slots=True)
class Belenios:
    """The family of Belenios's archives."""

    name: str = "belenios"
    title: str = "Belenios, version 1 (1.17 to 3.3)"

    def recognises(self, record: Foreign) -> bool:
        """Tell whether this is an archive, a folder with one, or a folder of an archive's members."""
        archives = sum(name.endswith(".bel") for name in record.names)
        return HEADER in record or archives == 1 or record.names >= _OLDER

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: no archive, of another version, or its election cannot be read.
            E2EVoteError: it uses Ed25519, and the extra ``interop`` is not installed.
        """
        archive = archive_in(record)
        if archive is None and record.names >= _OLDER:
            raise ParseError(record.where, "separate files, as Belenios kept them before 2.0, cannot be verified here")
        if archive is None:
            raise ParseError(record.where, f"neither {HEADER} nor one file *.bel is there")
        judgement = Judgement(self.name, archive)
        board = read_board(judgement.ledger, archive)
        election = _election(judgement, board)
        if election is not None:
            _verify(judgement, board, election, workers, progress)
        return judgement.report(CHECKS)


def _election(judgement: Judgement, board: Board) -> Election | None:
    """Return the election; None where its numbers are no group to compute in."""
    digest = board.setup["election"]
    try:
        election = read_election(board.read(digest), board.json(digest))
    except CheckError as error:
        judgement.ledger.check("BEL.group", False, str(error))
        return None
    judgement.ledger.check("BEL.group", True, "")
    judgement.ledger.complete(GROUP)
    name = election.arithmetic.name
    judgement.parameters = election.arithmetic.group.name if name.startswith("{") else name
    notes.note_group(judgement, election.arithmetic)
    return election


def _verify(
    judgement: Judgement, board: Board, election: Election, workers: Workers, progress: Progress | None
) -> None:
    ledger = judgement.ledger
    groups = _trustees(judgement, board, election)
    weights = verify_credentials(ledger, board, election)
    notes.note_record(judgement, board, weights is not None and len(set(weights.values())) > 1)
    last = verify_ballots(ledger, board, election, weights, workers, progress)
    judgement.counts |= {
        "questions": len(election.questions),
        "trustees": 0 if groups is None else sum(len(group.keys) for group in groups),
        "credentials": 0 if weights is None else len(weights),
        "ballots": len(board.payloads("Ballot")),
        "counted ballots": 0 if last is None else len(last),
    }
    _verify_end(judgement, board, election, groups, weights, last)
    _name_others(judgement, election)


def _trustees(judgement: Judgement, board: Board, election: Election) -> tuple[Group, ...] | None:
    ledger = judgement.ledger
    try:
        groups = read_trustees(election.arithmetic, board.json(board.setup["trustees"]))
    except ParseError as error:
        ledger.check("BEL.trustee-format", False, str(error))
        return None
    ledger.check("BEL.trustee-format", True, "")
    verify_trustees(ledger, election.arithmetic, election.key, groups)
    ledger.complete(KEYS)
    notes.note_trustees(judgement, groups)
    return groups


def _verify_end(
    judgement: Judgement,
    board: Board,
    election: Election,
    groups: tuple[Group, ...] | None,
    weights: dict[str, int] | None,
    last: dict[str, str] | None,
) -> None:
    """Verify tally, decryption and result, as far as the election has come."""
    if not board.has("Result"):
        judgement.remark(f"the election is under way, its last event is {board.events[-1].type}: the rest did not run")
    if not board.has("EncryptedTally"):
        return
    rows = verify_tally(judgement.ledger, board, election, weights, last)
    if rows is None or groups is None or not (board.has("PartialDecryption") or board.has("Result")):
        return
    combined = verify_decryption(judgement, board, election, groups, rows)
    if combined is not None and board.has("Result"):
        verify_result(judgement.ledger, board, election, rows, combined)


def _name_others(judgement: Judgement, election: Election) -> None:
    """Say which questions were not verified; with any of them the check stays open, and the record is not valid."""
    for number, question in enumerate(election.questions, 1):
        if not question.homomorphic:
            judgement.remark(f"question {number} is of the kind {ascii(question.kind)[:40]}, which is not verified")
            judgement.ledger.skip("BEL.other-questions")
    judgement.ledger.complete(OTHER)
