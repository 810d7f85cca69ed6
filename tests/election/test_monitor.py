"""The monitor: what it finds wrong with a board, by what a dishonest board, or a broken one, would do."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from e2evote.board import merkle
from e2evote.board.faces import TwoFaces, verify_two_faces
from e2evote.board.mirror import Source
from e2evote.board.notes import Signature
from e2evote.board.places import Folder
from e2evote.election.alarms import Rules, bursts
from e2evote.election.booth_files import list_of
from e2evote.election.booth_watch import BoothWatch
from e2evote.election.monitor import Monitor, Run, State
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.record.codec import dump
from e2evote.record.entries import BallotEntry, EndEntry, FileEntry, StatusEntry, commitment
from tests.election.held import START
from tests.election.log_in_memory import MemoryBoard
from tests.election.serving import serve

SETUP = ("manifest.json", "parameters.json", "hashes.json", "joint_election_public_key.json", "hashes_ext.json")
MORNING = int(START.timestamp()) + 60
NOON = START + timedelta(hours=3)
CAST, CHALLENGE = b"c" * 32, b"h" * 32


def shown(time) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Clubs:
    """A board whose entries a test writes by hand, its served folder, and the monitor's."""

    def __init__(self, folder: Path) -> None:
        self.board, self.served, self.folder = MemoryBoard(), folder / "served", folder
        self.rules = Rules()
        self.booth: BoothWatch | None = None
        for path in (*SETUP, "devices/0001/open.json"):
            self.file(path)

    def file(self, path: str, time=START, data: bytes | None = None) -> None:
        data = path.encode() if data is None else data
        sha256 = self.board.view.put(data)
        self.board.view.append(dump(FileEntry(time=shown(time), path=path, sha256=sha256)))

    def announce(self, number: int, files: dict[str, bytes], time=START) -> None:
        self.file(f"booth/{number:04}.json", time, dump(list_of(files)) + b"\n")

    def ballot(self, number: int, time=START, **changes) -> None:
        sha256 = self.board.view.put(b"ballot %d" % number)
        fields = {
            "time": shown(time), "device": 1, "position": number, "confirmation_code": number.to_bytes(32, "big"),
            "sha256": sha256,
        }  # fmt: skip
        self.board.view.append(dump(BallotEntry(**(fields | changes))))

    def status(self, number: int, status="cast", secret=None, time=START) -> None:
        code = number.to_bytes(32, "big")
        self.board.view.append(
            dump(StatusEntry(time=shown(time), confirmation_code=code, status=status, secret=secret))
        )

    def look(self, times=(MORNING,), also=(), now=None, note=None) -> Run:
        serve(self.board, self.served, note or self.board.checkpoint(times=times))
        return self.follow(now or max(times, default=0), also)

    def follow(self, now=0, also=()) -> Run:
        source = Source(Folder(self.served), self.board.policy)
        return Monitor(self.state(), self.rules, self.booth).look(source, now, also)

    def state(self) -> State:
        return State(self.folder / "state", self.board.policy)

    def kinds(self, **options) -> list[str]:
        return [alarm.kind for alarm in self.look(**options).alarms]


@pytest.fixture
def clubs(tmp_path) -> Clubs:
    return Clubs(tmp_path)


def test_an_honest_board_is_quiet_and_followed_as_it_grows(clubs):
    assert clubs.look() == Run(6, 6, ())
    clubs.announce(1, {"/vote/en": b"page"})
    clubs.ballot(1, cast_commitment=commitment(CAST), challenge_commitment=commitment(CHALLENGE))
    clubs.status(1, secret=CAST)
    assert clubs.look() == Run(9, 3, ())
    assert clubs.look() == Run(9, 0, ())
    assert clubs.state().alarms() == []
    assert len(list(clubs.state().notes())) == 2


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("duplicate-code", lambda c: c.ballot(2, position=3, confirmation_code=(1).to_bytes(32, "big"))),
        ("status-twice", lambda c: (c.status(1), c.status(1, "spoiled"))),
        ("secret", lambda c: c.status(2)),
        ("secret", lambda c: c.status(2, "challenged", CAST)),
        ("secret", lambda c: c.status(1, "cast", CAST)),
        ("unknown-ballot", lambda c: c.status(9)),
        ("ballot", lambda c: c.ballot(4, position=4)),
        ("ballot", lambda c: c.ballot(3, cast_commitment=bytes(32))),
        ("order", lambda c: c.ballot(3, device=2)),
        ("order", lambda c: c.board.view.append(dump(EndEntry(time=shown(START))))),
        ("order", lambda c: (c.file("devices/0001/close.json"), c.ballot(3))),
        ("file", lambda c: c.file("manifest.json")),
        ("file", lambda c: c.file("index.json")),
        ("entry", lambda c: c.board.view.append(b'{"kind":"greeting"}')),
        ("clock-back", lambda c: c.status(1, time=START - timedelta(seconds=1))),
        ("time", lambda c: c.status(1, time=START + timedelta(seconds=400))),
    ],
)
def test_an_entry_that_should_not_be_there(clubs, kind, write):
    clubs.announce(1, {"/vote/en": b"page"})
    clubs.ballot(1)
    clubs.ballot(2, cast_commitment=commitment(CAST), challenge_commitment=commitment(CHALLENGE))
    assert clubs.kinds() == []
    write(clubs)
    assert clubs.kinds() == [kind]
    assert clubs.kinds() == [], "an alarm is given once"
    assert [alarm.kind for alarm in clubs.state().alarms()] == [kind]


def test_entries_behind_the_end(clubs):
    for path in ("devices/0001/close.json", "encrypted_tallies.ndjson", "tallies.ndjson"):
        clubs.file(path)
    clubs.board.view.append(dump(EndEntry(time=shown(START))))
    assert clubs.kinds() == []
    clubs.file("contest_data.ndjson")
    assert clubs.kinds() == ["after-end"]


def test_an_entry_older_than_a_tree_without_it(clubs):
    late = int(NOON.timestamp())
    assert clubs.kinds(times=[late]) == []
    clubs.status(1, time=START)
    assert sorted(clubs.kinds(times=[late + 60])) == ["time", "unknown-ballot"]


def test_an_object_is_missing_until_it_is_there(clubs):
    clubs.ballot(1)
    sha256, data = list(clubs.board.view.objects.items())[-1]
    clubs.board.view.objects[sha256] = b"something else"
    (alarm,) = clubs.look().alarms
    assert (alarm.kind, alarm.about) == ("object", sha256.hex().upper())
    clubs.board.view.objects[sha256] = data
    assert clubs.kinds() == []
    assert Source(Folder(clubs.state().mirror), clubs.board.policy).witnessed().checkpoint.size == 7
    assert (clubs.state().mirror / "object" / sha256.hex()[:2] / sha256.hex()).read_bytes() == data


def test_two_trees_of_one_size_are_two_faces_with_proof(clubs):
    clubs.ballot(1)
    first = clubs.board.checkpoint(times=[int(START.timestamp())])
    clubs.look(note=first)
    clubs.board.view.log[-1] = clubs.board.view.log[-1].replace(b'"position":1', b'"position":2')
    run = clubs.look()
    (alarm,) = run.alarms
    assert alarm.kind == "two-faces"
    assert run.size == 7, "the mirror stays with what was seen first"
    evidence = [clubs.folder / "state" / name for name in alarm.evidence]
    assert evidence[0].read_bytes() == first.encode()
    found = TwoFaces.parse(evidence[2].read_bytes(), "evidence")
    smaller, larger = verify_two_faces(found, clubs.board.policy)
    assert smaller.size == larger.size == 7
    assert smaller.root != larger.root
    assert clubs.kinds() == []


def test_two_faces_shown_to_others_are_found_through_them(clubs):
    clubs.ballot(1)
    elsewhere = MemoryBoard(clubs.board.origin)
    elsewhere.key, elsewhere.witnesses = clubs.board.key, clubs.board.witnesses
    elsewhere.view.log = [*clubs.board.view.log[:-1], clubs.board.view.log[0]]
    clubs.ballot(2)
    other = elsewhere.checkpoint(times=[int(START.timestamp())]).encode()
    (alarm,) = clubs.look(also=[("a friend", other)]).alarms
    assert alarm.kind == "two-faces"
    found = TwoFaces.parse((clubs.folder / "state" / alarm.evidence[2]).read_bytes(), "evidence")
    smaller, larger = verify_two_faces(found, clubs.board.policy)
    assert (smaller.size, larger.size) == (7, 8)


def test_no_false_proof_of_two_faces(clubs):
    clubs.ballot(1)
    small = clubs.board.checkpoint(6).encode()
    large = clubs.board.checkpoint().encode()
    hashes = tuple(merkle.consistency_proof(6, 7, clubs.board.view.hash))
    root = merkle.root(6, clubs.board.view.hash)
    for false in (TwoFaces(small, large, root, hashes), TwoFaces(small, large, bytes(32), hashes)):
        with pytest.raises(VerificationError):
            verify_two_faces(TwoFaces.parse(false.encode(), "x"), clubs.board.policy)
    stranger = MemoryBoard("board.example/other", clubs.board.view)
    with pytest.raises(VerificationError):
        verify_two_faces(TwoFaces(stranger.checkpoint(6).encode(), large, bytes(32), hashes), clubs.board.policy)
    value = json.loads(TwoFaces(small, large, root, hashes).encode())
    for broken in ({"format": "x"}, {"root": "AA=="}, {"consistency": [1]}, {"consistency": "x"}, {"more": 1}):
        with pytest.raises(ParseError):
            TwoFaces.parse(json.dumps(value | broken).encode(), "x")


def test_a_board_that_goes_back_or_withholds(clubs):
    clubs.ballot(1)
    clubs.look()
    assert clubs.kinds(note=clubs.board.checkpoint(6, [int(START.timestamp()) + 60])) == ["older"]
    clubs.ballot(2)
    newer = clubs.board.checkpoint(times=[int(START.timestamp())]).encode()
    serve(clubs.board, clubs.served, clubs.board.checkpoint(7, [int(START.timestamp()) + 60]))
    later = int(START.timestamp()) + 400
    assert [alarm.kind for alarm in clubs.follow(later, [("a witness", newer)]).alarms] == ["withheld"]


def test_a_tree_that_does_not_fit_is_not_taken_over(clubs):
    serve(clubs.board, clubs.served)
    path = clubs.served / "tile" / "0" / "000.p" / "6"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    (alarm,) = clubs.follow().alarms
    assert alarm.kind == "unproved"
    assert not clubs.state().mirror.exists()


def test_checkpoints_that_are_not_signed_or_not_cosigned(clubs):
    assert clubs.kinds(times=[]) == ["unwitnessed"]
    other = MemoryBoard(clubs.board.origin, clubs.board.view)
    assert clubs.kinds(note=other.checkpoint()) == ["unsigned"]
    assert clubs.kinds(also=[("a friend", other.checkpoint().encode())]) == ["foreign"]


def test_signatures_by_nobody_do_not_fill_a_checkpoint_up(clubs):
    clubs.look()
    (kept,) = clubs.state().notes()
    strangers = (Signature(f"stranger-{number}", bytes(4), bytes(64)) for number in range(62))
    crowded = clubs.board.checkpoint(times=[MORNING]).adding(*strangers)
    assert clubs.kinds(note=crowded, also=[("a friend", crowded.encode())]) == []
    (now,) = clubs.state().notes()
    assert now.note == kept.note
    both = clubs.board.checkpoint(times=[MORNING + 5, MORNING + 7]).encode()
    assert clubs.kinds(also=[("a friend", both)]) == []
    (now,) = clubs.state().notes()
    assert now.times == (MORNING, MORNING + 7), "the first time of each witness"


def test_what_a_crash_left_behind_is_passed_over(clubs):
    clubs.look()
    (clubs.folder / "state" / "notes" / ".writing-1").write_bytes(b"half a no")
    assert clubs.look() == Run(6, 0, ())


def test_witnesses_who_have_fallen_silent(clubs):
    late = int(START.timestamp()) + 60
    assert clubs.kinds(now=late + 3600) == []
    assert clubs.kinds(now=late + 3601) == ["stale"]


def test_a_folder_belongs_to_one_board(clubs):
    clubs.look()
    with pytest.raises(CheckError, match="another policy"):
        State(clubs.folder / "state", MemoryBoard().policy)


@pytest.mark.parametrize(("rate", "rush", "found"), [(2, 19, 0), (2, 20, 1), (20, 60, 0), (20, 61, 1)])
def test_a_burst_at_the_end(rate, rush, found):
    rules, window = Rules(), 1800
    steady = [hour * window + number * (window // rate) for hour in range(5) for number in range(rate)]
    assert bursts(steady, rules) == []
    rushed = [*steady, *(6 * window + number for number in range(rush))]
    alarms = bursts(rushed, rules)
    assert len(alarms) == found
    later = [*rushed, *(9 * window + number * 60 for number in range(20))]
    assert bursts(later, rules)[:found] == alarms, "who looks later finds the same"


def test_a_burst_that_lasts_is_found_by_who_looks_late():
    steady = [number * 600 for number in range(30)]
    rush = [30 * 600 + number * 10 for number in range(1000)]
    assert next(alarm.about for alarm in bursts([*steady, *rush], Rules())) == "window 10"


def test_no_burst_without_a_run_before_it():
    assert bursts([], Rules()) == []
    assert bursts(range(1000), Rules()) == []
    assert bursts([0, *(3 * 1800 + number for number in range(500))], Rules()) == []
