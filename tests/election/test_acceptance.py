"""What a board takes in, and everything it refuses."""

import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.challenge import open_ballot
from e2evote.election.acceptance import BALLOT_LIMIT, Acceptance, Accepted, Submission
from e2evote.election.kept import parse_file
from e2evote.election.receipts import receipt
from e2evote.encryption import SecretBallotNonce, encrypt_ballot
from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.record import layout
from e2evote.record.ballot import DeviceClosing, EncryptedBallot
from e2evote.record.codec import dump
from e2evote.record.codes import close_device, open_device
from e2evote.record.entries import BallotEntry, commitment, parse_entry
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import RecordedBallot
from tests.builders import TOY, BuiltRecord, patterned_ballots
from tests.deterministic import DeterministicRandomness
from tests.election.held import START, Clock, acceptance_of, build, entries_of, manifest_of, publish
from tests.election.log_in_memory import MemoryBoard, MemoryView
from tests.mail_forger import MailForger, build_mail, mail_manifest

CHAINED, UNCHAINED = 1, 2
CAST, CHALLENGE = b"c" * 32, b"h" * 32
COMMITMENTS = commitment(CAST), commitment(CHALLENGE)


class Club:
    """A board with keys and two devices, what takes entries in, and a clock."""

    def __init__(self, board: MemoryBoard, built: BuiltRecord) -> None:
        self.board, self.built, self.clock = board, built, Clock()
        self.acceptance = acceptance_of(board)

    def ballot(self, device: int, position: int = 1, last: bytes | None = None, seed: object = None, marks: int = 0):
        opening = self.acceptance.opening(device)
        plaintexts = patterned_ballots()
        plaintext = [next(plaintexts) for _ in range(marks + 1)][-1]
        rng = {} if seed is None else {"rng": DeterministicRandomness(str(seed))}
        return encrypt_ballot(self.built.election, opening, plaintext, position, last, clock=lambda: START, **rng)

    def submit(self, ballot: EncryptedBallot, commitments=None) -> Accepted:
        submission = self.acceptance.check_ballot(dump(ballot), commitments)
        self.acceptance.verify_ballot(submission)
        return self.write(lambda writing, now: self.acceptance.accept_ballot(writing, submission, now))

    def decide(self, code: bytes, status, secret=None) -> Accepted:
        return self.write(lambda writing, now: self.acceptance.decide(writing, code, status, secret, now))

    def spoil(self, code: bytes) -> Accepted:
        return self.write(lambda writing, now: self.acceptance.spoil(writing, code, now))

    def file(self, path: str, data: bytes) -> Accepted:
        return self.write(lambda writing, now: self.acceptance.publish_file(writing, path, data, now))

    def open(self, line: bytes) -> Accepted:
        return self.write(lambda writing, now: self.acceptance.open_ballot(writing, line, now))

    def write(self, append: Callable[[MemoryView, datetime], Accepted]) -> Accepted:
        with self.board.writing() as writing:
            return append(writing, self.clock())

    def close(self, device: int) -> Accepted:
        entries = [entry for entry in map(self.entry, range(self.board.view.size)) if isinstance(entry, BallotEntry)]
        codes = [entry.confirmation_code for entry in entries if entry.device == device]
        opening = self.acceptance.opening(device)
        closing = close_device(self.built.election.h_e, opening, len(codes), codes[-1] if codes else None)
        return self.file(layout.closing_path(device), dump(closing) + b"\n")

    def entry(self, index: int):
        return parse_entry(self.board.view.entry(index), "entry")


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> tuple[MemoryBoard, BuiltRecord]:
    board = MemoryBoard()
    built = build(tmp_path_factory.mktemp("keys") / "record", board.policy, until="keys")
    publish(board, built.path)
    acceptance = acceptance_of(board)
    with board.writing() as writing:
        for device, mode in ((CHAINED, 1), (UNCHAINED, 0)):
            opening = open_device(built.election.h_e, device, f"Booth {device}", mode)
            acceptance.publish_file(writing, layout.opening_path(device), dump(opening) + b"\n", START)
    return board, built


@pytest.fixture
def club(opened) -> Club:
    board, built = opened
    copy = MemoryBoard(board.origin)
    copy.key, copy.witnesses = board.key, board.witnesses
    with board.reading() as view:
        streams = {name: list(indices) for name, indices in view.streams.items()}
        copy.view = MemoryView(list(view.log), streams, dict(view.objects))
    return Club(copy, built)


# ------------------------------------------------------------------------------------------------------------ ballots


def test_an_unchained_ballot_gets_the_next_position(club):
    accepted = [club.submit(club.ballot(UNCHAINED, position=7)[0]) for _ in range(3)]
    entries = [parse_entry(each.entry, "entry") for each in accepted]
    assert [entry.position for entry in entries] == [1, 2, 3]
    for entry in entries:
        stored = club.board.view.object(entry.sha256)
        assert stored is not None
        assert f'"position":{entry.position},'.encode() in stored


def test_a_ballot_sent_again_gets_the_same_receipt(club):
    ballot, _ = club.ballot(UNCHAINED)
    first, second = club.submit(ballot, COMMITMENTS), club.submit(ballot, COMMITMENTS)
    assert (first.index, first.entry, first.again) == (second.index, second.entry, False)
    assert second.again
    assert receipt(club.board, first) == receipt(club.board, second)
    assert len(club.board.view.stream("ballots")) == 1


@pytest.mark.parametrize("change", ["time", "commitments", "none", "exchanged"])
def test_other_content_under_the_same_code_is_refused(club, change):
    ballot, _ = club.ballot(UNCHAINED)
    club.submit(ballot, COMMITMENTS)
    other = {"commitments": (bytes(32), COMMITMENTS[1]), "none": None, "exchanged": COMMITMENTS[::-1]}
    if change == "time":
        ballot = ballot.model_copy(update={"encrypted_at": "2026-12-01T09:00:01Z"})
    with pytest.raises(CheckError, match="another ballot with the code"):
        club.submit(ballot, other.get(change, COMMITMENTS))


def test_an_identifier_is_used_once(club):
    ballots = [club.ballot(UNCHAINED, seed="same", marks=marks)[0] for marks in (0, 2)]
    assert ballots[0].id_b == ballots[1].id_b
    assert ballots[0].confirmation_code != ballots[1].confirmation_code
    club.submit(ballots[0])
    with pytest.raises(CheckError, match="same id_b"):
        club.submit(ballots[1])


def test_a_chained_ballot_follows_the_one_before(club):
    first, _ = club.ballot(CHAINED)
    with pytest.raises(CheckError, match="the next is 1"):
        club.submit(club.ballot(CHAINED, position=2)[0])
    club.submit(first)
    for position, last in ((1, None), (2, None), (2, bytes(32)), (3, first.confirmation_code)):
        with pytest.raises(CheckError, match="the next is 2"):
            club.submit(club.ballot(CHAINED, position, last)[0])
    second, _ = club.ballot(CHAINED, 2, first.confirmation_code)
    assert parse_entry(club.submit(second).entry, "entry").position == 2
    assert club.submit(first).again
    club.close(CHAINED)


@pytest.mark.parametrize("device", [CHAINED, UNCHAINED])
def test_no_ballot_after_its_device_has_closed(club, device):
    ballot, _ = club.ballot(device)
    accepted = club.submit(ballot)
    club.close(device)
    assert club.submit(ballot).index == accepted.index
    with pytest.raises(CheckError, match=f"device {device} is closed"):
        club.submit(club.ballot(device, 2, ballot.confirmation_code)[0])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: b"", ParseError),
        (lambda data: b"{}", ParseError),
        (lambda data: data + b"\n", ParseError),
        (lambda data: b" " + data, ParseError),
        (lambda data: data[:-2] + b"}", ParseError),
        (lambda data: data.replace(b'"device":2', b'"device":02'), ParseError),
        (lambda data: data.replace(b'"weight"', b'"wait"'), ParseError),
        (lambda data: data + bytes(BALLOT_LIMIT), ParseError),
        (lambda data: data.replace(b'"device":2', b'"device":9'), CheckError),
        (lambda data: data.replace(b'"device":2', b'"device":1'), E2EVoteError),
        (lambda data: data.replace(b'"chaining_field":"00000000', b'"chaining_field":"00000001'), CheckError),
        (lambda data: data.replace(b'"weight":1', b'"weight":99'), VerificationError),
        (lambda data: data.replace(b'"ballot_style":1', b'"ballot_style":2'), VerificationError),
    ],
)
def test_a_ballot_that_is_not_in_order_is_refused(club, change, error):
    data = change(dump(club.ballot(UNCHAINED)[0]))
    size = club.board.view.size

    def take_in() -> None:
        submission = club.acceptance.check_ballot(data, None)
        club.acceptance.verify_ballot(submission)
        club.write(lambda writing, now: club.acceptance.accept_ballot(writing, submission, now))

    with pytest.raises(error):
        take_in()
    assert club.board.view.size == size


@pytest.mark.parametrize(
    "commitments", [(COMMITMENTS[0], COMMITMENTS[0]), (b"", COMMITMENTS[0]), (COMMITMENTS[0], bytes(31))]
)
def test_commitments_are_two_different_hashes(club, commitments):
    with pytest.raises(CheckError, match="two different commitments"):
        club.acceptance.check_ballot(dump(club.ballot(UNCHAINED)[0]), commitments)


def test_a_proof_of_another_ballot_is_refused(club):
    ballot, other = (club.ballot(UNCHAINED)[0] for _ in range(2))
    mixed = ballot.model_copy(update={"contests": other.contests})
    submission = club.acceptance.check_ballot(dump(mixed), None)
    with pytest.raises(VerificationError):
        club.acceptance.verify_ballot(submission)


def test_the_judge_and_a_submission_travel_to_other_processes(club):
    submission = club.acceptance.check_ballot(dump(club.ballot(UNCHAINED)[0]), COMMITMENTS)
    judge, travelled = pickle.loads(pickle.dumps((club.acceptance.judge, submission)))
    assert isinstance(travelled, Submission)
    judge.verify_ballot(travelled.ballot)


def test_where_the_clock_was_put_back_time_stands_still(club):
    club.submit(club.ballot(UNCHAINED)[0])
    before = entries_of(club.board)[-1]["time"]
    club.clock.time -= timedelta(hours=1)
    club.submit(club.ballot(UNCHAINED)[0])
    assert entries_of(club.board)[-1]["time"] == before


# ----------------------------------------------------------------------------------------------------------- statuses


@pytest.mark.parametrize(("status", "secret"), [("cast", CAST), ("challenged", CHALLENGE)])
def test_a_status_is_given_once_with_its_secret(club, status, secret):
    ballot, _ = club.ballot(UNCHAINED)
    code = ballot.confirmation_code
    club.submit(ballot, COMMITMENTS)
    first, again = club.decide(code, status, secret), club.decide(code, status, secret)
    assert (again.index, again.entry, again.again) == (first.index, first.entry, True)
    other, its_secret = ("challenged", CHALLENGE) if status == "cast" else ("cast", CAST)
    with pytest.raises(CheckError, match=f"{status} already"):
        club.decide(code, other, its_secret)
    with pytest.raises(CheckError, match=f"{status} already"):
        club.spoil(code)


@pytest.mark.parametrize("commitments", [None, COMMITMENTS])
def test_whoever_runs_the_board_spoils_what_was_left_and_nothing_else(club, commitments):
    ballot, _ = club.ballot(UNCHAINED)
    code = ballot.confirmation_code
    with pytest.raises(CheckError, match="there is no ballot"):
        club.spoil(code)
    club.submit(ballot, commitments)
    first, again = club.spoil(code), club.spoil(code)
    assert (again.index, again.entry, again.again) == (first.index, first.entry, True)
    assert club.decide(code, "spoiled").again
    with pytest.raises(CheckError, match="spoiled already"):
        club.decide(code, "cast", None if commitments is None else CAST)


@pytest.mark.parametrize(
    ("status", "secret", "problem"),
    [
        ("cast", None, "only with the secret"),
        ("cast", CHALLENGE, "only with the secret"),
        ("cast", bytes(32), "only with the secret"),
        ("cast", CAST[:31], "32 bytes"),
        ("challenged", None, "only with the secret"),
        ("challenged", CAST, "only with the secret"),
        ("spoiled", None, "cast or challenged, not spoiled"),
        ("spoiled", CAST, "cast or challenged, not spoiled"),
        ("uncast", None, "cast or challenged, not uncast"),
    ],
)
def test_a_status_without_its_secret_is_refused(club, status, secret, problem):
    ballot, _ = club.ballot(UNCHAINED)
    club.submit(ballot, COMMITMENTS)
    with pytest.raises(CheckError, match=problem):
        club.decide(ballot.confirmation_code, status, secret)


def test_a_ballot_without_commitments_takes_no_secret(club):
    ballot, _ = club.ballot(UNCHAINED)
    club.submit(ballot)
    for status, problem in (("cast", "needs no secret"), ("spoiled", "needs no secret"), ("uncast", "not uncast")):
        with pytest.raises(CheckError, match=problem):
            club.decide(ballot.confirmation_code, status, CAST)
    club.decide(ballot.confirmation_code, "cast")


def test_no_status_of_a_ballot_that_is_not_there(club):
    with pytest.raises(CheckError, match="there is no ballot"):
        club.decide(bytes(32), "cast")


def test_a_challenged_ballot_is_opened_and_no_other(club):
    (ballot, nonce), (other, other_nonce) = club.ballot(UNCHAINED, 1), club.ballot(UNCHAINED, 2)
    for each in (ballot, other):
        club.submit(each, COMMITMENTS)
    line = dump(open_ballot(club.built.election, ballot, nonce))
    with pytest.raises(CheckError, match="undecided; only challenged"):
        club.open(line)
    club.decide(ballot.confirmation_code, "challenged", CHALLENGE)
    club.decide(other.confirmation_code, "cast", CAST)
    for wrong in (line.replace(b'"selection":1', b'"selection":0'), line.replace(b'"position":1', b'"position":2')):
        with pytest.raises(VerificationError):
            club.open(wrong)
    with pytest.raises(CheckError, match="is cast; only challenged"):
        club.open(dump(open_ballot(club.built.election, other, SecretBallotNonce(other_nonce.value))))
    with pytest.raises(ParseError):
        club.open(b"{}")
    accepted = club.open(line)
    assert club.open(line).index == accepted.index
    with pytest.raises(CheckError, match="opened already"):
        club.open(line.replace(b'"selection":1', b'"selection":0'))


# -------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "path",
    ["index.json", "board/checkpoint", "board/entries.ndjson", "devices/0001/ballots-000001.ndjson", "../secret",
     "devices/0001/statuses.ndjson", "challenged_ballots.ndjson", "uncast_ballots.ndjson", "anything.json", "a" * 200],
)  # fmt: skip
def test_what_is_no_whole_file_of_a_record_is_refused(club, path):
    with pytest.raises(CheckError, match="no file that stands"):
        club.file(path, b"{}\n")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("manifest.json", "another file of this name"),
        ("guardians/guardian_4.public_key.json", "comes before the first device"),
        ("devices/0004/open.json", "device 4 opens where 3 is the next"),
        ("devices/0003/close.json", "never opened"),
        ("encrypted_tallies.ndjson", "2 devices are open"),
        ("tallies.ndjson", "comes behind"),
        ("contest_data.ndjson", "comes behind"),
    ],
)
def test_a_file_that_comes_out_of_order_is_refused(club, path, problem):
    with pytest.raises(CheckError, match=problem):
        club.file(path, b"{}\n")


def test_a_device_opens_and_closes_as_its_ballots_say(club):
    opening = open_device(club.built.election.h_e, 3, "Booth 3", 0)
    for wrong in ({"h_di": bytes(32)}, {"device": 1}, {"h_0": bytes(32)}):
        with pytest.raises(E2EVoteError):
            club.file(layout.opening_path(3), dump(opening.model_copy(update=wrong)) + b"\n")
    club.submit(club.ballot(CHAINED)[0])
    for device in (CHAINED, UNCHAINED):
        with pytest.raises(VerificationError, match=r"X\.chain-closed"):
            club.file(layout.closing_path(device), dump(DeviceClosing(ballots=5)) + b"\n")
    club.close(CHAINED)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (layout.PARAMETERS, lambda data: data[:-1]),
        (layout.HASHES, lambda data: data + b"\n"),
        (layout.HASHES, lambda data: data.lower()),
        (layout.EXTENDED_HASHES, lambda data: b"{}\n"),
        (layout.JOINT_KEYS, lambda data: data.replace(b'_key":"', b'_key":"0', 1)),
        ("guardians/guardian_1.public_key.json", lambda data: data.replace(b'"i":1', b'"i":0')),
        (layout.MANIFEST, lambda data: data[:-1]),
    ],
)
def test_what_would_make_the_record_unreadable_is_refused(tmp_path, path, change):
    board = MemoryBoard()
    built = build(tmp_path / "record", board.policy, until="keys")
    file = built.path / path
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(ParseError):
        publish(board, built.path)
    assert path not in [entry["path"] for entry in entries_of(board)]


def test_a_file_of_lines_has_their_form(mailed, tmp_path):
    board, path = mailed
    record = Record.at(path)
    acceptance = acceptance_of(board)
    with board.writing() as writing:
        for name in (layout.ENCRYPTED_TALLIES, layout.TALLIES):
            for data in (record.read(name)[:-1], record.read(name) + b"\n", record.read(name) + b"{}\n"):
                with pytest.raises(ParseError):
                    parse_file(writing, name, data, acceptance.allow_insecure)
            parse_file(writing, name, record.read(name), acceptance.allow_insecure)


def test_keys_come_behind_the_parameters_that_give_their_width(tmp_path):
    board = MemoryBoard()
    built = build(tmp_path / "record", board.policy, until="keys")
    data = (built.path / layout.JOINT_KEYS).read_bytes()
    with pytest.raises(CheckError, match="comes before"), board.writing() as writing:
        acceptance_of(board).publish_file(writing, layout.JOINT_KEYS, data, START)
    publish(board, built.path)
    strict = Acceptance.of(board)
    with pytest.raises(CheckError, match="proves nothing"), board.writing() as writing:
        strict.publish_file(writing, layout.guardian_path(4), b"{}\n", START)


def test_a_manifest_names_this_board():
    board, other = MemoryBoard(), MemoryBoard()
    acceptance = acceptance_of(board)
    for data, problem in ((mail_manifest(), "field 'board'"), (manifest_of(other.policy), "not this board's policy")):
        with pytest.raises(CheckError, match=problem), board.writing() as writing:
            acceptance.publish_file(writing, layout.MANIFEST, data, START)
    with pytest.raises(CheckError, match="does not have the election's keys"):
        _ = acceptance.judge


def test_keys_that_do_not_verify_open_no_device(tmp_path):
    board = MemoryBoard()
    built = build(tmp_path / "record", board.policy, until="keys")
    path = built.path / layout.guardian_path(1)
    data = path.read_bytes()
    at = data.index(b'"vote_proof":{"challenge":"') + 27
    path.write_bytes(data[:at] + (b"1" if data[at : at + 1] == b"0" else b"0") + data[at + 1 :])
    publish(board, built.path)
    opening = open_device(built.election.h_e, 1, "Booth", 0)
    with pytest.raises(VerificationError, match=r"2\.C"), board.writing() as writing:
        acceptance_of(board).publish_file(writing, layout.opening_path(1), dump(opening) + b"\n", START)


def test_an_election_does_not_end_without_its_results(club):
    with pytest.raises(CheckError, match="ends behind"):
        club.write(club.acceptance.end)


# --------------------------------------------------------------------------------------------------------------- mail


@pytest.fixture(scope="module")
def mailed(tmp_path_factory) -> tuple[MemoryBoard, Path]:
    board = MemoryBoard()
    manifest = mail_manifest(board=board.policy.encode().decode().splitlines())
    path = tmp_path_factory.mktemp("mail") / "record"
    MailForger.of(path, build_mail(manifest=manifest)).write()
    publish(board, path)
    return board, path


def test_a_mail_election_comes_onto_the_board(mailed):
    board, path = mailed
    kinds = [entry["kind"] for entry in entries_of(board)]
    assert kinds.count("recorded") == 5
    assert kinds.count("opened") == 1 + 3
    assert publish(board, path) == {}


def test_what_was_recorded_is_judged(mailed):
    board, path = mailed
    record = Record.at(path)
    lines = [line for _, line in record.lines(record.recorded_shards(2)[0])]
    judge, acceptance = acceptance_of(board).judge, acceptance_of(board)
    with board.writing() as writing:
        assert acceptance.record_recorded(writing, lines[0], START).again
        with pytest.raises(CheckError, match="recorded already"):
            acceptance.record_recorded(writing, lines[0].replace(b'"weight":1', b'"weight":2'), START)
    (_, first), (_, second) = list(record.ballot_lines(2))[:2]
    kind = [acceptance.check_ballot(line, None).ballot for line in (first, second)]
    found = RecordedBallot.model_validate_json(lines[0], context={"group": judge.context.group})
    judge.verify_recorded(kind[0], found)
    for ballot, recorded in ((kind[1], found), (kind[0], found.model_copy(update={"weight": 3}))):
        with pytest.raises(VerificationError):
            judge.verify_recorded(ballot, recorded)
    with pytest.raises(CheckError, match="no voter's page"):
        acceptance.check_ballot(first, COMMITMENTS)


# ------------------------------------------------------------------------------------------- many at once, for real


def test_a_ballot_that_many_send_at_once_is_there_once(tmp_path):
    with Board.create(tmp_path / "board", "club.example") as kept:
        elsewhere = build(tmp_path / "record", kept.policy, until="keys")
        publish(kept, elsewhere.path)  # type: ignore[arg-type]
        acceptance = Acceptance.of(kept, frozenset({TOY}))
        election = elsewhere.election
        with kept.writing() as writing:
            opening = open_device(election.h_e, 1, "Web", 0)
            acceptance.publish_file(writing, layout.opening_path(1), dump(opening) + b"\n", datetime.now(UTC))
        votes = patterned_ballots()
        ballots = [encrypt_ballot(election, opening, next(votes))[0] for _ in range(4)]
        submissions = [acceptance.check_ballot(dump(ballot), COMMITMENTS) for ballot in ballots] * 8
        start = threading.Barrier(8)
        committer = Committer(kept)

        def send(part: int) -> list[bytes]:
            start.wait()
            mine = submissions[part::8]
            futures = [
                committer.submit(lambda writing, s=each: acceptance.accept_ballot(writing, s, datetime.now(UTC)))
                for each in mine
            ]
            return [receipt(kept, future.result()) for future in futures]

        with ThreadPoolExecutor(8) as threads:
            receipts = [found for part in threads.map(send, range(8)) for found in part]
        committer.close()
        assert len(receipts) == 32
        assert len(set(receipts)) == 4
        with kept.reading() as view:
            entries = [parse_entry(view.entry(index), "entry") for index in view.stream("device/1")]
        assert [entry.position for entry in entries] == [1, 2, 3, 4]
        kept.audit()
