"""Twelve voters vote through a server that verifies ballots, the organiser counts, and the result is their choice."""

import http.client
import json
import ssl
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from e2evote.record import layout
from e2evote.record.opened import ChallengedBallot
from e2evote.workspace.directory import Workspace
from tests.web.booth.booths import BoothServer, Encrypted, Voter, encrypted, make_booth, plaintexts, position_in
from tests.web.booth.counting import count, statuses, told

VOTERS, CHALLENGERS = 12, 3


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Encrypted], str]:
    """An election in which twelve have voted, three of them after a challenge; what was cast; the server's log."""
    directory = make_booth(tmp_path_factory.mktemp("held") / "club")
    election = Workspace(directory).election
    votes = encrypted(directory, list(islice(plaintexts(directory, 5), VOTERS + CHALLENGERS + 2)))
    cast, tests, left = votes[:VOTERS], votes[VOTERS : VOTERS + CHALLENGERS], votes[-2:]
    with BoothServer(directory) as server:
        for number, ballot in enumerate(cast, 1):
            voter = Voter(server.url, directory, "fa" if number % 2 else "en")
            voter.sign_in(number)
            if number <= CHALLENGERS:
                test = tests[number - 1]
                position = position_in(voter.commit(test))
                voter.challenge(test)
                if number > 1:  # one leaves the opening to the guardians
                    voter.done("open", {"opened": test.opened(position, election)})
            if number == 5:
                voter.commit(left[0])  # and begins anew
            voter.vote(ballot)
            voter.close()
        late = Voter(server.url, directory)
        late.sign_in(VOTERS + 1)
        late.commit(left[1])  # and goes away
        late.close()
        log = server.end()
    return directory, cast, log


def expected(directory: Path, cast: list[Encrypted]) -> dict[str, int]:
    """What was chosen, by the labels of options."""
    manifest = Workspace(directory).election.manifest
    found: Counter[str] = Counter()
    for ballot in cast:
        for marks in ballot.plaintext.contests:
            contest = manifest.contest(marks.contest)
            if sum(marks.selections) <= contest.limit:
                labels = (option.label for option in contest.options)
                found.update(dict(zip(labels, marks.selections, strict=True)))
    return found


def test_the_count_is_what_was_cast(
    held: tuple[Path, list[Encrypted], str], capsys: pytest.CaptureFixture[str]
) -> None:
    directory, cast, log = held
    assert log.splitlines() == ["an outbox is for development: whoever can read /outbox can sign in as anybody"]
    assert count(directory, capsys) == [
        "spoil-rest", "close-device", "fetch", "accumulate", "publish", "fetch", "decrypt", "publish", "end", "fetch"
    ]  # fmt: skip
    assert told(directory) == {label: number for label, number in expected(directory, cast).items() if number}
    assert statuses(directory) == {"cast": VOTERS, "challenged": CHALLENGERS, "spoiled": 2}
    workspace = Workspace(directory)
    opened = list(workspace.record.objects(ChallengedBallot, layout.CHALLENGED_BALLOTS, workspace.election.group))
    assert len(opened) == CHALLENGERS


def test_a_wrong_proof_is_found_before_the_ballot_is_on_the_board(tmp_path: Path) -> None:
    directory = make_booth(tmp_path / "club")
    (ballot,) = encrypted(directory, list(islice(plaintexts(directory), 1)))
    proof = ballot.content["contests"][0]["options"][0]["proof"]
    wrong = json.loads(json.dumps(ballot.content))
    text = json.dumps(proof)
    digits = next(value for value in text.split('"') if len(value) == 64)
    other = digits[:-1] + ("0" if digits[-1] != "0" else "1")
    wrong["contests"][0]["options"][0]["proof"] = json.loads(text.replace(digits, other))
    with BoothServer(directory) as server:
        voter = Voter(server.url, directory)
        voter.sign_in(1)
        voter.done("begin")
        answer = voter.call("commit", ballot.commit | {"ballot": wrong})
        assert (answer.status, answer.json["error"]) == (422, "not-right")
        assert answer.json["detail"].startswith("6.")
        voter.done("commit", ballot.commit)
        voter.close()


def test_the_server_is_killed_while_somebody_votes(tmp_path: Path) -> None:
    directory = make_booth(tmp_path / "club")
    first, second = encrypted(directory, list(islice(plaintexts(directory), 2)))
    server = BoothServer(directory)
    voter = Voter(server.url, directory)
    voter.sign_in(1)
    voter.commit(first)
    body = voter.casting_code(first)
    cast = voter.done("cast", body)["receipt"]
    other = Voter(server.url, directory)
    other.sign_in(2)
    other.commit(second)
    server.kill()
    with BoothServer(directory, port=server.port) as server:
        again = Voter(server.url, directory, cookies=voter.cookies)
        assert again.done("cast", body)["receipt"] == cast
        later = Voter(server.url, directory, cookies=other.cookies, number=2)
        assert later.done("turn")["undecided"]
        later.cast(second)
        for one in (voter, other, again, later):
            one.close()


def test_https_on_this_machine(tmp_path: Path) -> None:
    directory = make_booth(tmp_path / "club")

    class Secure(BoothServer):
        def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
            context = ssl.create_default_context(cafile=str(directory / "private" / "development.crt"))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=10)
            try:
                connection.request(method, path, headers=headers)
                answer = connection.getresponse()
                return answer, answer.read()
            finally:
                connection.close()

    with Secure(directory, "--development-certificate") as server:
        assert server.get("/vote/api/turn")[0].status == 200
    assert (directory / "private" / "development.key").stat().st_mode & 0o077 == 0
    before = (directory / "private" / "development.crt").read_bytes()
    with Secure(directory, "--development-certificate"):
        assert (directory / "private" / "development.crt").read_bytes() == before
