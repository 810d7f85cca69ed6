"""Reports that are computed again, from what the board has: what can be told is told, and nothing else is."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.board import checkpoint as checkpoints
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.folder import KEY
from e2evote.board.log import Board
from e2evote.board.merkle import inclusion_proof
from e2evote.board.notes import Note, SigningKey
from e2evote.board.proof import Proof
from e2evote.election.report_check import Judgement, ReportCheck
from e2evote.election.reports import FOLDER, Report, Reports
from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record import contest_data
from e2evote.web.views import checkpoint_of
from tests.builders import TOY
from tests.cli.conftest import run
from tests.web.checking import MANIFEST, CheckedElection, Made, ballot_of
from tests.web.elections import voting_board

INSECURE = ("--insecure-parameters", TOY)


@dataclass
class Judging:
    """An election on a board, and judgements about it."""

    election: CheckedElection

    def report(self, made: Made, finding: str, **fields: object) -> Report:
        given = {"format": "e2evote-report/v1", "checker": "test", "confirmation_code": made.ballot.confirmation_code}
        nonce = {"nonce": made.nonce} if finding in ("opening", "choices") else {}
        return Report(**given, **nonce, finding=finding, detail="", **fields)  # type: ignore[arg-type]

    def judge(self, made: Made, finding: str, **fields: object) -> Judgement:
        with Board.open(self.election.voting.folder) as board, board.reading() as view:
            return ReportCheck(view, board.policy, frozenset({TOY})).judge(self.report(made, finding, **fields))

    def proof(self, made: Made) -> Proof:
        with Board.open(self.election.voting.folder) as board, board.reading() as view:
            note = view.published()
            assert note is not None
            hashes = tuple(inclusion_proof(made.index, checkpoint_of(note).size, view.hash))
            return Proof(made.index, hashes, Note.parse(note), view.entry(made.index))

    def sign(self, size: int, root: bytes) -> Note:
        """A checkpoint that the board's own key signs, as a board that shows two histories does."""
        key = SigningKey.parse((self.election.voting.folder / KEY).read_text().strip())
        return checkpoints.sign(Checkpoint(key.name, size, root), key)


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Judging:
    folder = tmp_path_factory.mktemp("judged") / "board"
    return Judging(CheckedElection(voting_board(folder, ballots=0, **MANIFEST)))


def test_a_ballot_that_opens(judging: Judging) -> None:
    made = judging.election.challenged(ballot_of(board=[1, 1, 1, 0], text=""))
    assert judging.judge(made, "opening").verdict == "refuted"
    judged = judging.judge(made, "choices", ballot_sha256=None)
    assert (judged.verdict, "voter alone knows" in judged.reason) == ("undecided", True)
    assert judged.contents == (
        'board: overvote_indicator: 1; {"overvote":[1,1,1,0]}', "scores: s1: 3, s2: 1", "motion: no: 1"
    )  # fmt: skip


def test_a_nonce_that_fits_nothing_decides_nothing(judging: Judging) -> None:
    made = judging.election.challenged()
    for finding in ("opening", "choices"):
        judged = judging.judge(replace(made, nonce=bytes(32)), finding)
        assert (judged.verdict, "fits nothing" in judged.reason) == ("undecided", True)


def test_ballots_that_are_wrong_whatever_they_hold(judging: Judging) -> None:
    election = judging.election
    ballot, nonce = election.encrypt(ballot_of())
    other_code = election.put(ballot, nonce, "challenged", code=bytes(range(32)))
    contest = ballot.contests[0]
    proof = contest.options[0].proof
    unproved = election.changed(
        ballot, options=tuple(option.model_copy(update={"proof": proof}) for option in contest.options)
    )
    field = ballot.chaining_field[:-1] + bytes((ballot.chaining_field[-1] ^ 1,))
    chained = election.changed(ballot.model_copy(update={"chaining_field": field}))
    cases = [
        (other_code, "its code is"), (election.put(unproved, nonce, "challenged"), "6."),
        (election.put(chained, nonce, "challenged"), "chaining field"),
        (election.put_bytes(b"no ballot", ballot, nonce), "ballot: "),
    ]  # fmt: skip
    for made, reason in cases:
        for finding in ("opening", "choices"):
            judged = judging.judge(made, finding)
            assert judged.verdict == "confirmed"
            assert reason in judged.reason


def test_contest_data_that_nobody_can_read(judging: Judging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest_data, "pack", lambda blocks, *_: b"\xff" * 32 * blocks)
    judged = judging.judge(judging.election.challenged(), "opening")
    assert (judged.verdict, "the nonce is the ballot's own" in judged.reason) == ("confirmed", True)


def test_only_challenged_ballots_are_opened(judging: Judging) -> None:
    for status in (None, "cast", "spoiled"):
        made = judging.election.put(*judging.election.encrypt(ballot_of()), status=status)  # type: ignore[arg-type]
        judged = judging.judge(made, "choices")
        assert (judged.verdict, judged.contents) == ("undecided", ())
        assert "not challenged" in judged.reason
        assert judging.judge(made, "not-challenged").verdict == "confirmed"
    assert judging.judge(judging.election.challenged(), "not-challenged").verdict == "refuted"


def test_ballots_that_the_board_has_or_not(judging: Judging) -> None:
    made = judging.election.challenged()
    absent = Made(*judging.election.encrypt(ballot_of()), index=0)
    assert judging.judge(made, "missing").verdict == "refuted"
    assert judging.judge(absent, "missing").verdict == "confirmed"
    assert judging.judge(absent, "not-challenged").verdict == "confirmed"
    assert judging.judge(absent, "opening").verdict == "undecided"
    assert judging.judge(made, "opening", ballot_sha256=bytes(32)).verdict == "undecided"
    assert judging.judge(made, "unpublished").verdict == "refuted"
    assert judging.judge(made, "unreachable").verdict == "undecided"


@pytest.mark.parametrize("finding", ["malformed", "signature", "quorum", "inclusion", "other-entry", "other-ballot"])
def test_what_the_board_had_sent(judging: Judging, finding: str) -> None:
    made, other = judging.election.challenged(), judging.election.challenged()
    proof = judging.proof(made)

    def verdict(sent: bytes | None) -> str:
        text = None if sent is None else sent.decode()
        return judging.judge(made, finding, proof=text).verdict

    assert verdict(None) == "undecided"
    assert verdict(b"nonsense") == "undecided"
    assert verdict(proof.encode()) == "refuted"
    assert verdict(replace(proof, hashes=(bytes(32), *proof.hashes[1:])).encode()) == "undecided"
    assert verdict(judging.proof(other).encode()) == "undecided"
    assert verdict(proof.encode().replace(b"\n\nboard", b"\n\nother")) == "undecided"


def test_secrets_of_statuses(judging: Judging) -> None:
    election = judging.election
    cases = [
        ("challenged", b"s" * 32, "refuted"), ("challenged", b"x" * 32, "confirmed"), ("challenged", None, "confirmed"),
        ("cast", b"s" * 32, "confirmed"), ("spoiled", None, "refuted"), ("spoiled", b"s" * 32, "confirmed"),
        (None, None, "undecided"),
    ]  # fmt: skip
    for status, shown, verdict in cases:
        made = election.put(*election.encrypt(ballot_of()), status, challenge=b"s" * 32, shown=shown)  # type: ignore[arg-type]
        assert judging.judge(made, "secret").verdict == verdict
    assert judging.judge(election.challenged(), "secret").verdict == "refuted"
    assert judging.judge(Made(*election.encrypt(ballot_of()), index=0), "secret").verdict == "undecided"


def test_two_histories_convict_the_board(judging: Judging) -> None:
    """Whoever reports it: the board's own signature stands under another log than the board's."""
    made = judging.election.challenged()
    proof = judging.proof(made)
    size = Checkpoint.parse(proof.note.text).size
    for entries, says in ((size, "another log"), (size + 9, "and has")):
        signed = judging.sign(entries, bytes(32))
        judged = judging.judge(made, "inclusion", proof=replace(proof, note=signed).encode().decode())
        assert (judged.verdict, says in judged.reason) == ("confirmed", True)


def test_an_entry_that_is_not_published(judging: Judging) -> None:
    made = judging.election.put(*judging.election.encrypt(ballot_of()), status="challenged", publish=False)
    assert judging.judge(made, "unpublished").verdict == "confirmed"


def test_commands(judging: Judging, tmp_path: Path) -> None:
    folder = judging.election.voting.folder
    assert "no reports" in run("report", "list", folder).stderr
    made = judging.election.challenged()
    added = [judging.report(made, finding) for finding in ("choices", "missing")]
    for report in added:
        Reports(folder / FOLDER).add(report, datetime.now(UTC))
    listed = json.loads(run("report", "list", folder, "--json").stdout)
    assert [(one["number"], one["finding"]) for one in listed] == [(1, "choices"), (2, "missing")]
    assert made.code[:16] in run("report", "list", folder).stdout
    shown = json.loads(run("report", "show", folder, 1).stdout)
    assert shown["report"]["nonce"] == hex_of(made.nonce)
    judged = json.loads(run("report", "check", folder, "--json", *INSECURE).stdout)
    assert [one["verdict"] for one in judged] == ["undecided", "refuted"]
    assert judged[0]["contents"][2] == "motion: no: 1"
    said = run("report", "check", folder, "--number", 2, *INSECURE).stdout
    assert said.startswith("2 missing: refuted: the board has the ballot: entry ")
    for arguments in (("show", folder, 3), ("list", tmp_path / "nowhere"), ("check", tmp_path)):
        assert run("report", *arguments, code=2).stderr
    # an election's directory has its board in a folder, and its reports beside it
    root = tmp_path / "club"
    root.mkdir()
    (root / "board").symlink_to(folder)
    (root / FOLDER).symlink_to(folder / FOLDER)
    assert len(json.loads(run("report", "check", root, "--json", *INSECURE).stdout)) == 2


def test_parameters_that_prove_nothing_are_refused_unasked(judging: Judging) -> None:
    made = judging.election.challenged()
    report = judging.report(made, "choices")
    with Board.open(judging.election.voting.folder) as board, board.reading() as view:
        judge = ReportCheck(view, board.policy)
        with pytest.raises(CheckError, match="proves nothing"):
            judge.judge(report)
