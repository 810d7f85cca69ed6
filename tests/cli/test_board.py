"""A whole election with a board through the commands: devices here, a device by mail, and voters' own pages."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2evote.board.cosignature import cosign
from e2evote.board.log import Board
from e2evote.board.notes import KeyKind, Note, SigningKey
from e2evote.cli import board_watching
from e2evote.election.acceptance import Acceptance, Accepted
from e2evote.election.booth_files import publish_files
from e2evote.election.receipts import receipt
from e2evote.encryption import encrypt_ballot
from e2evote.group.parameters import group_named
from e2evote.record import layout
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry, commitment
from e2evote.record.layout import Record
from e2evote.record.load import load_election
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.record.tally import Tally
from e2evote.workspace import devices
from tests import oracle
from tests.builders import TOY, manifest_bytes
from tests.cli.conftest import contents, run, verify
from tests.cli.test_mail import read_paper, select

INSECURE = ("--insecure-parameters", TOY)


def vote(first: int, second: int) -> PlaintextBallot:
    marks = ((1, (first, 1 - first, 0, 0)), (3, (second, 1 - second)))
    return PlaintextBallot(ballot_style=1, contests=tuple(PlaintextContest(contest=c, selections=s) for c, s in marks))


@dataclass
class Club:
    """An election's directory, its board's folder, and receipts that voters hold."""

    folder: Path
    codes: list[str] = field(default_factory=list)
    receipts: list[Path] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "club"

    @property
    def board(self) -> Path:
        return self.folder / "board"

    def publish(self, code: int = 0) -> str:
        return run("board", "publish", self.board, self.root / "record", "--jobs", 1, *INSECURE, code=code).stdout

    def sync(self) -> None:
        self.publish()
        run("board", "fetch", self.board, self.root)


def vote_on_pages(club: Club, device: int) -> None:
    """Let four voters encrypt in their own pages: two cast, one challenges, one goes away."""
    with Board.open(club.board) as board:
        acceptance = Acceptance.of(board, frozenset({TOY}))
        publish_files(board, acceptance, {"/vote/en": b"a page"}, datetime.now(UTC))
        election = load_election(Record.at(club.root / "record"), frozenset({TOY}))
        for number, status in enumerate(("cast", "challenged", "cast", None)):
            ballot, _ = encrypt_ballot(election, acceptance.opening(device), vote(number % 2, 1))
            secrets = bytes([number]) * 32, bytes([number + 128]) * 32
            commitments = commitment(secrets[0]), commitment(secrets[1])
            submission = acceptance.check_ballot(dump(ballot), commitments)
            acceptance.verify_ballot(submission)
            with board.writing() as writing:
                accepted = acceptance.accept_ballot(writing, submission, datetime.now(UTC))
            path = club.folder / f"receipt-{number}"
            path.write_bytes(receipt(board, accepted))
            club.receipts.append(path)
            if status is not None:
                secret = secrets[status == "challenged"]
                with board.writing() as writing:
                    acceptance.decide(writing, ballot.confirmation_code, status, secret, datetime.now(UTC))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Club:
    """From the board's key to the end. Read-only."""
    club = Club(tmp_path_factory.mktemp("club"))
    named = run("board", "create", club.board, "--origin", "club.example/2026").stdout
    lines = json.loads("{" + named + "}")["board"]
    manifest = club.folder / "manifest.json"
    manifest.write_bytes(manifest_bytes(board=lines, hash_trimming=1))
    create = ("election", "create", club.root, "--manifest", manifest, "--guardians", 3, "--quorum", 2)
    run(*create, *INSECURE)
    assert club.publish() == "8 file\n"
    assert club.publish() == "nothing is new\n"

    run("device", "open", club.root, "--info", "Booth")
    run("device", "open", club.root, "--info", "Printer", "--mail")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "SHARD_BALLOTS", 2)
        run("mail", "make", club.root, "--device", 2, "--style", "member", "--ballots", 3, "--jobs", 1)
    run("mail", "print", club.root, "--device", 2, "--output", club.folder / "ballots.html", "--jobs", 1)
    papers = read_paper((club.folder / "ballots.html").read_text())
    source = club.folder / "votes.ndjson"
    source.write_bytes(b"".join(dump(vote(number % 2, 0)) + b"\n" for number in range(5)))
    encrypt = ("ballot", "encrypt", club.root, "--device", 1, "--input", source, "--jobs", 1)
    club.codes = run(*encrypt).stdout.split()
    assert club.publish() == "2 file, 8 ballot\n"

    assert run("board", "open-device", club.board, "--info", "Web", *INSECURE).stdout == "3\n"
    vote_on_pages(club, 3)
    assert run("board", "spoil-rest", club.board, 3, *INSECURE).stdout == "1 ballots spoiled\n"
    assert "4 ballots" in run("board", "close-device", club.board, 3, *INSECURE).stdout

    run("ballot", "challenge", club.root, club.codes[0])
    run("ballot", "cast", club.root, "--rest")
    paper = papers[0]
    choice = select((1, paper.contests[0][0]), (3, paper.contests[1][1]))
    run("mail", "record", club.root, "--device", 2, paper.code, *choice)
    run("mail", "uncast", club.root, "--rest")
    run("device", "close", club.root, 1)
    run("device", "close", club.root, 2)
    assert club.publish() == "8 status, 2 file, 1 recorded\n"
    run("board", "fetch", club.board, club.root)
    run("tally", "accumulate", club.root, "--jobs", 1)
    club.sync()
    run("tally", "decrypt", club.root, "--guardian", 1, "--guardian", 3, "--contest-data", "--jobs", 1)
    club.sync()
    run("board", "end", club.board)
    run("board", "fetch", club.board, club.root)
    return club


def test_the_record_is_valid_with_and_without_our_own_folder(held: Club, tmp_path: Path) -> None:
    assert "X.board-end" in verify(held.root / "record", "--json", "-").stdout
    run("board", "export", held.board, tmp_path / "record")
    verify(tmp_path / "record")
    assert oracle.verify(tmp_path / "record", {TOY}).passed
    (counted,) = Record.at(tmp_path / "record").objects(Tally, layout.TALLIES, group_named(TOY))
    tally = {option.label: option.tally for option in counted.contests[0].options}
    # the booth's ballots 2 to 5, the pages' first and third, one by mail
    assert (tally["board-1"], tally["board-2"]) == (3, 4)


def test_a_mirror_gives_the_same_record_byte_by_byte(held: Club, tmp_path: Path) -> None:
    run("board", "mirror", held.board, tmp_path / "mirror", "--policy", held.folder / "manifest.json")
    shutil.copytree(tmp_path / "mirror", tmp_path / "served")
    policy = ("--policy", held.folder / "manifest.json")
    run("board", "verify", tmp_path / "served", *policy)
    assert "board audit" in run("board", "verify", held.board, code=2).output
    run("board", "audit", held.board)
    for name, place in (("ours", held.board), ("theirs", tmp_path / "served")):
        run("board", "export", place, tmp_path / name, *policy)
    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")
    assert "entries, 0 of them new" in run("board", "mirror", tmp_path / "served", tmp_path / "mirror", *policy).stdout


def test_receipts_are_judged(held: Club, tmp_path: Path) -> None:
    policy = ("--policy", held.folder / "manifest.json")
    for path in held.receipts:
        proof = tmp_path / f"{path.name}.tlog-proof"
        found = run("board", "adjudicate", path, "--board", held.board, *policy, "--proof", proof, "--json")
        assert json.loads(found.stdout)["verdict"] == "included"
        assert proof.read_text().startswith("c2sp.org/tlog-proof@v1\n")
    forged = tmp_path / "forged"
    forged.write_bytes(held.receipts[0].read_bytes().replace(b"T", b"t", 1))
    run("board", "adjudicate", forged, "--board", held.board, *policy, code=4)
    other = run("board", "create", tmp_path / "other", "--origin", "other.example").stdout
    with Board.open(tmp_path / "other") as board, board.writing() as writing:
        writing.append(b"something")
    (tmp_path / "policy").write_text("".join(f"{line}\n" for line in json.loads("{" + other + "}")["board"]))
    run("board", "adjudicate", held.receipts[0], "--board", held.board, "--policy", tmp_path / "policy", code=4)


def test_status_and_monitor(held: Club, tmp_path: Path) -> None:
    found = json.loads(run("board", "status", held.board, "--json").stdout)
    assert found["statuses"] == {"cast": 7, "challenged": 2, "spoiled": 1, "uncast": 2}
    assert found["ended"] is True
    assert "ended" in run("board", "status", held.board).stdout
    watch = ("board", "monitor", held.board, "--state", tmp_path / "watch")
    assert run(*watch).stdout == ""
    assert (tmp_path / "watch" / "mirror" / "checkpoint").exists()


def test_a_board_that_has_ended_takes_nothing_more(held: Club) -> None:
    assert held.publish() == "nothing is new\n"
    run("board", "open-device", held.board, "--info", "Late", *INSECURE, code=2)
    run("board", "spoil-rest", held.board, 2, *INSECURE, code=2)
    assert "ended with" in run("board", "end", held.board).stdout


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.fixture
def begun(held: Club, tmp_path: Path) -> Club:
    """A copy of the election with a board of its own that nobody witnesses, and nothing on it."""
    club = Club(tmp_path)
    named = run("board", "create", club.board, "--origin", "club.example/2026").stdout
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(manifest_bytes(board=json.loads("{" + named + "}")["board"]))
    create = ("election", "create", club.root, "--manifest", manifest, "--guardians", 2, "--quorum", 1)
    run(*create, *INSECURE)
    return club


def test_a_board_is_made_once_and_only_by_its_rules(begun: Club, tmp_path: Path) -> None:
    assert "is there already" in run("board", "create", begun.board, "--origin", "x", code=2).output
    run("board", "create", tmp_path / "new", "--origin", "with space", code=2)
    (tmp_path / "witnesses").write_text("quorum nobody\n")
    run("board", "create", tmp_path / "new", "--origin", "x", "--witnesses", tmp_path / "witnesses", code=2)
    assert not (tmp_path / "new").exists()
    assert (begun.board / "private" / "log.key").stat().st_mode & 0o777 == 0o600
    assert "is not a board's folder" in run("board", "end", tmp_path, code=2).output


def test_nothing_is_shown_of_a_board_that_has_published_nothing(begun: Club, tmp_path: Path) -> None:
    for command in (("status",), ("export", tmp_path / "record"), ("mirror", tmp_path / "mirror")):
        run("board", command[0], begun.board, *command[1:], code=2)
    assert not (tmp_path / "record").exists()
    assert not (tmp_path / "mirror").exists()


def test_a_record_of_another_board_or_another_election_is_refused(held: Club, begun: Club) -> None:
    foreign = ("board", "publish", begun.board, held.root / "record", "--jobs", 1, *INSECURE)
    assert "not this board's policy" in run(*foreign, code=2).output
    begun.publish()
    assert "another file of this name" in run(*foreign, code=2).output
    assert "proves nothing" in run("board", "open-device", begun.board, "--info", "Web", code=2).output


def test_ballots_that_were_changed_after_they_were_published_are_refused(begun: Club) -> None:
    run("device", "open", begun.root, "--info", "Booth")
    source = begun.folder / "votes.ndjson"
    source.write_bytes(dump(vote(1, 1)) + b"\n")
    run("ballot", "encrypt", begun.root, "--device", 1, "--input", source, "--jobs", 1)
    assert begun.publish() == "8 file, 1 ballot\n"
    shard = begun.root / "record" / layout.ballots_path(1, 1)
    shard.write_bytes(shard.read_bytes().replace(b'"weight":1', b'"weight":2'))
    assert (
        "another ballot at this position"
        in run("board", "publish", begun.board, begun.root / "record", "--jobs", 1, *INSECURE, code=2).output
    )
    run("board", "open-device", begun.board, "--info", " ", *INSECURE, code=2)
    run("board", "open-device", begun.board, "--info", "Late", *INSECURE)
    run("board", "close-device", begun.board, 2, *INSECURE)
    assert "is closed" in run("board", "close-device", begun.board, 2, *INSECURE, code=2).output
    assert "there is no device 7" in run("board", "spoil-rest", begun.board, 7, *INSECURE, code=2).output
    assert "ends behind" in run("board", "end", begun.board, code=2).output


def test_an_export_under_way_is_valid_as_far_as_it_goes(begun: Club, tmp_path: Path) -> None:
    begun.publish()
    run("board", "export", begun.board, tmp_path / "record")
    verify(tmp_path / "record", "--until", "keys")
    verify(tmp_path / "record", "--until", "opened", code=2)
    assert "exists already" in run("board", "export", begun.board, tmp_path / "record", code=2).output


def test_the_monitor_says_what_is_wrong_and_how_it_ends(begun: Club, tmp_path: Path) -> None:
    begun.publish()
    watch = ("board", "monitor", begun.board, "--state", tmp_path / "watch", "--policy", begun.folder / "manifest.json")
    run(*watch)
    with Board.open(begun.board) as board:
        with board.writing() as writing:
            writing.append(b'{"kind":"greeting"}')
        board.checkpoint()
        board.publish(lambda _witness, _body: None)  # type: ignore[arg-type, return-value]
    found = run(*watch, "--json", code=1)
    (line,) = found.stdout.splitlines()
    assert json.loads(line)["kind"] == "entry"
    assert run(*watch, code=1).stdout == "", "an alarm is printed once, the exit code stays"
    (tmp_path / "other").write_bytes(b"no checkpoint")
    assert "ALARM foreign" in run(*watch, "--also", tmp_path / "other", code=1).stdout
    run(*watch, "--also", tmp_path / "nothing", code=2)
    assert len((tmp_path / "watch" / "alarms.ndjson").read_text().splitlines()) == 2
    policy = tmp_path / "policy"
    policy.write_text((begun.board / "policy").read_text() + "# the same\n")
    run("board", "monitor", begun.board, "--state", tmp_path / "watch", "--policy", policy, code=1)
    (tmp_path / "m.json").write_bytes(manifest_bytes())
    run("board", "monitor", begun.board, "--state", tmp_path / "w", "--policy", tmp_path / "m.json", code=2)


def test_a_promise_that_is_open_and_one_that_was_broken(tmp_path: Path) -> None:
    """A witness cosigns, after the deadline, a tree that the promised entry is not in."""
    witness = SigningKey.generate("witness.example", KeyKind.COSIGNATURE)
    (tmp_path / "witnesses").write_text(f"witness w {witness.verifier}\nquorum w\n")
    create = ("board", "create", tmp_path / "board", "--origin", "club.example")
    run(*create, "--witnesses", tmp_path / "witnesses", "--merge-delay", 1)
    entry = dump(BallotEntry(time="2026-12-01T09:00:00Z", device=1, position=1, confirmation_code=bytes(32),
                             sha256=bytes(32)))  # fmt: skip
    with Board.open(tmp_path / "board") as board:
        with board.writing() as writing:
            writing.append(entry)
        note = Note.parse(board.checkpoint() or b"")
        (tmp_path / "receipt").write_bytes(receipt(board, Accepted(1, entry, False)))
        for name, seconds in (("early", 1_700_000_000), ("late", 1_900_000_000)):
            path = tmp_path / name / "checkpoint"
            path.parent.mkdir()
            path.write_bytes(note.adding(cosign(note, witness, seconds)).encode())
    judge = ("board", "adjudicate", tmp_path / "receipt", "--policy", tmp_path / "board" / "policy", "--board")
    assert "not yet decidable" in run(*judge, tmp_path / "early", code=5).stdout
    broken = run(*judge, tmp_path / "early", "--checkpoint", tmp_path / "late", "--json", code=1)
    assert json.loads(broken.stdout)["verdict"] == "promise broken by the board"
    assert "the witness w saw" in json.loads(broken.stdout)["reason"]
    run(*judge, tmp_path / "nothing", code=2)


def test_a_monitor_that_follows_goes_on_when_the_board_cannot_be_read(
    begun: Club, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.publish()
    mirrored = tmp_path / "mirror"
    run("board", "mirror", begun.board, mirrored)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            (mirrored / "checkpoint").rename(mirrored / "away")
        elif len(slept) == 2:
            (mirrored / "away").rename(mirrored / "checkpoint")
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(board_watching.time, "sleep", sleep)
    watch = ("board", "monitor", mirrored, "--state", tmp_path / "watch", "--follow", "--interval", 0.5)
    shown = run(*watch, code=130).stderr
    assert slept == [0.5] * 3
    assert shown.count("7 entries") == 2
    assert "there is no checkpoint" in shown
