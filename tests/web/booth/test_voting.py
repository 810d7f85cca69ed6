"""From a session to a vote through HTTP: what is on the board then, and every refusal there is."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from e2evote.board.log import Board
from e2evote.election.receipts import Receipt, verify_receipt
from e2evote.encoding import hex_of
from e2evote.record.entries import BallotEntry, Entry, OpenedEntry, StatusEntry, parse_entry
from e2evote.workspace.directory import Workspace
from tests.web.booth.booths import Clock, Encrypted, position_in
from tests.web.booth.conftest import NewVoter


def entries(directory: Path) -> list[Entry]:
    """What the board has behind its files."""
    with Board.open(directory / "board") as board, board.reading() as view:
        found = [parse_entry(view.entry(index), "entry") for index in range(view.size)]
    return [entry for entry in found if entry.kind != "file"]


def receipt_in(directory: Path, text: str) -> Receipt:
    """A receipt by the board, of what is on the board."""
    with Board.open(directory / "board") as board:
        found = verify_receipt(text.encode(), [log.key for log in board.policy.logs])
        with board.reading() as view:
            assert view.entry(found.index) == found.entry
    return found


def test_a_vote(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    somebody, ballot = voter(1), ready[0]
    begun = somebody.done("begin")
    assert begun["ballot_ends"] - begun["now"] in (1199, 1200)
    committed = somebody.done("commit", ballot.commit)
    assert committed["ballot_ends"] == begun["ballot_ends"]
    entry = receipt_in(directory, committed["receipt"]).content
    assert isinstance(entry, BallotEntry)
    assert (hex_of(entry.confirmation_code), entry.position) == (ballot.code, 1)
    assert somebody.done("turn")["undecided"] is True
    body = somebody.casting_code(ballot)
    cast = somebody.done("cast", body)["receipt"]
    status = receipt_in(directory, cast).content
    assert isinstance(status, StatusEntry)
    assert (status.status, status.secret) == ("cast", ballot.cast)
    assert [entry.kind for entry in entries(directory)] == ["ballot", "status"]
    # the answer was lost: the same again gets the same
    assert somebody.done("cast", body)["receipt"] == cast
    assert len(entries(directory)) == 2
    told = somebody.done("turn")
    assert (told["session"], told["error"]) == (False, "has-voted")
    for call in ("begin", "commit", "open"):
        assert somebody.refused(call) == "has-voted"
    again = voter(1)
    assert again.done("turn")["voted"] is True
    assert again.refused("begin") == "has-voted"


def test_the_same_ballot_again_gets_the_same_receipt(voter: NewVoter, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    first = somebody.commit(ready[0])
    assert somebody.done("commit", ready[0].commit)["receipt"] == first
    assert somebody.refused("commit", ready[1].commit) == "other-ballot"


def test_a_ballot_begins_before_it_is_committed(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    assert somebody.refused("commit", ready[0].commit) == "ballot-expired"
    assert entries(directory) == []


def test_a_ballot_expires(voter: NewVoter, clock: Clock, directory: Path, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    somebody.done("begin")
    clock.ahead += 1201
    assert somebody.refused("commit", ready[0].commit) == "ballot-expired"
    assert somebody.done("turn")["session"]
    somebody.commit(ready[1])
    body = somebody.casting_code(ready[1])
    clock.ahead += 1201
    for call in ("code", "cast"):
        assert (
            somebody.refused(call, body if call == "cast" else {"confirmation_code": ready[1].code}) == "ballot-expired"
        )
    somebody.vote(ready[2])
    assert [entry.status for entry in entries(directory) if isinstance(entry, StatusEntry)] == ["spoiled", "cast"]


def test_a_commitment_leaves_time_to_cast(voter: NewVoter, clock: Clock, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    ends = somebody.done("begin")["ballot_ends"]
    clock.ahead += 1190
    assert 585 < somebody.done("commit", ready[0].commit)["ballot_ends"] - ends < 595


def test_voting_closes_before_a_vote_is_cast(voter: NewVoter, clock: Clock, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    somebody.commit(ready[0])
    body = somebody.casting_code(ready[0])
    clock.ahead += 24 * 3600
    assert somebody.refused("cast", body) == "closed"
    secret = {"confirmation_code": ready[0].code, "secret": hex_of(ready[0].challenge)}
    assert somebody.refused("challenge", secret) == "closed"


def test_anothers_ballot(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    first, second = voter(1), voter(2)
    first.commit(ready[0])
    second.done("begin")
    assert second.refused("commit", ready[0].commit) == "other-ballot"
    assert second.refused("code", {"confirmation_code": ready[0].code}) == "other-ballot"
    body = first.casting_code(ready[0])
    assert second.refused("cast", body) == "other-ballot"
    secret = {"confirmation_code": ready[0].code, "secret": hex_of(ready[0].challenge)}
    assert second.refused("challenge", secret) == "other-ballot"
    second.commit(ready[1])
    assert second.refused("cast", body | {"confirmation_code": ready[1].code}) == "no-asking"
    assert second.refused("code", {"confirmation_code": ready[1].code, "token": body["token"]}) == "no-asking"
    assert first.done("cast", body)


def test_codes_of_casting(voter: NewVoter, clock: Clock, ready: list[Encrypted]) -> None:
    somebody, ballot = voter(1), ready[0]
    somebody.commit(ballot)
    body = somebody.casting_code(ballot)
    wrong = body | {"code": f"{(int(body['code']) + 1) % 10**6:06}"}
    assert somebody.refused("cast", wrong) == "wrong-code"
    clock.ahead += 100
    again = somebody.done("code", {"confirmation_code": ballot.code, "token": body["token"]})
    assert again["token"] == body["token"]
    newer = body | {"code": somebody.read_code(1, 3)}
    clock.ahead += 30
    assert somebody.refused("cast", body) == "expired-code"
    # a code for casting lets nobody in
    assert somebody.refused("enter", {"token": body["token"], "code": newer["code"]}) == "no-asking"
    somebody.done("cast", newer)


def test_a_wrong_secret_casts_nothing(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    somebody, ballot = voter(1), ready[0]
    somebody.commit(ballot)
    body = somebody.casting_code(ballot)
    answer = somebody.call("cast", body | {"secret": hex_of(ballot.challenge)})
    assert (answer.status, answer.json["error"]) == (409, "not-right")
    assert "secret that it committed to" in answer.json["detail"]
    assert [entry.kind for entry in entries(directory)] == ["ballot"]
    somebody.done("cast", body | {"code": "judged before"})
    assert [entry.kind for entry in entries(directory)] == ["ballot", "status"]


def test_a_challenge_is_opened_and_the_voter_starts_afresh(
    voter: NewVoter, directory: Path, ready: list[Encrypted]
) -> None:
    somebody, election = voter(1), Workspace(directory).election
    position = position_in(somebody.commit(ready[0]))
    opened = ready[0].opened(position, election)
    answer = somebody.call("open", {"opened": opened})
    assert (answer.status, answer.json["error"]) == (409, "not-right")  # not challenged yet
    challenged = receipt_in(directory, somebody.challenge(ready[0])).content
    assert isinstance(challenged, StatusEntry)
    assert (challenged.status, challenged.secret) == ("challenged", ready[0].challenge)
    lying = json.loads(json.dumps(opened))
    option = lying["contests"][0]["options"][0]
    option["selection"] = 1 - option["selection"]
    for wrong, status, reason in (
        (lying, 422, "not-right"),
        ({**opened, "position": position + 1}, 422, "not-right"),
        ({**opened, "confirmation_code": ready[1].code}, 409, "not-right"),
        ({}, 400, "malformed-request"),
        ({**opened, "contests": []}, 400, "malformed-request"),
    ):
        answer = somebody.call("open", {"opened": wrong})
        assert (answer.status, answer.json["error"]) == (status, reason), answer.json
    first = somebody.done("open", {"opened": opened})["receipt"]
    assert isinstance(receipt_in(directory, first).content, OpenedEntry)
    assert somebody.done("open", {"opened": opened})["receipt"] == first
    turn = somebody.done("turn")
    assert (turn["challenges_left"], turn["undecided"]) == (4, False)
    somebody.vote(ready[1])
    assert [entry.kind for entry in entries(directory)] == ["ballot", "status", "opened", "ballot", "status"]


def test_five_challenges(voter: NewVoter, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    for ballot in ready[:5]:
        somebody.commit(ballot)
        somebody.challenge(ballot)
    somebody.commit(ready[5])
    body = {"confirmation_code": ready[5].code, "secret": hex_of(ready[5].challenge)}
    assert somebody.refused("challenge", body) == "no-more-challenges"
    somebody.cast(ready[5])


def test_a_reload_spoils_what_was_left(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    somebody.commit(ready[0])
    assert somebody.done("turn")["undecided"]
    somebody.done("begin")
    assert not somebody.done("turn")["undecided"]
    assert [entry.kind for entry in entries(directory)] == ["ballot", "status"]
    body = {"confirmation_code": ready[0].code, "secret": hex_of(ready[0].challenge)}
    assert somebody.refused("challenge", body) == "other-ballot"


def test_a_second_device_spoils_nothing_by_signing_in(voter: NewVoter, ready: list[Encrypted]) -> None:
    first = voter(1)
    first.commit(ready[0])
    second = voter(1)
    assert second.done("turn")["undecided"]
    assert first.refused("code", {"confirmation_code": ready[0].code}) == "elsewhere"
    second.done("begin")
    assert not second.done("turn")["undecided"]


def changed(ballot: Encrypted, **fields: Any) -> dict[str, Any]:
    return ballot.commit | {"ballot": {**ballot.content, **fields}}


def test_ballots_that_are_refused(voter: NewVoter, directory: Path, ready: list[Encrypted]) -> None:
    somebody, ballot = voter(1), ready[0]
    somebody.done("begin")
    content = ballot.content
    reordered = {"h_i": content["h_i"], **content}
    short = {name: value for name, value in content.items() if name != "contests"}
    same = {"cast": "00" * 32, "challenge": "00" * 32}
    cases: list[tuple[dict[str, Any], int, str, str]] = [
        (changed(ballot, position=1), 400, "malformed-request", "the board gives it"),
        (changed(ballot, device=2), 409, "not-right", "no device 2"),
        (changed(ballot, vote="yes"), 400, "malformed-request", "vote"),
        (changed(ballot, contests=[]), 400, "malformed-request", "contests"),
        (changed(ballot, confirmation_code="ab" * 32), 400, "malformed-request", "confirmation_code"),
        (changed(ballot, chaining_field="00" * 36), 409, "not-right", "chaining field"),
        (changed(ballot, weight=2), 403, "wrong-style", ""),
        (ballot.commit | {"ballot": reordered}, 400, "malformed-request", "begins with id_b"),
        (ballot.commit | {"ballot": short}, 400, "malformed-request", "contests"),
        (ballot.commit | {"ballot": []}, 400, "malformed-request", "ballot"),
        (ballot.commit | {"commitments": {"cast": "00" * 32}}, 400, "malformed-request", "commitments.challenge"),
        (ballot.commit | {"commitments": same}, 409, "not-right", "different commitments"),
        ({"ballot": content}, 400, "malformed-request", "commitments"),
    ]
    for body, status, reason, detail in cases:
        answer = somebody.call("commit", body)
        assert (answer.status, answer.json["error"]) == (status, reason), (detail, answer.json)
        assert detail in answer.json.get("detail", "")
    assert entries(directory) == []
    assert somebody.done("commit", ballot.commit)


def test_one_ballot_of_a_session_is_looked_at_at_a_time(
    client: TestClient, voter: NewVoter, ready: list[Encrypted]
) -> None:
    somebody = voter(1)
    somebody.done("begin")
    busy = client.app.application.state.booth.busy  # type: ignore[attr-defined]
    busy.add(somebody.cookies["session"])
    answer = somebody.call("commit", ready[0].commit)
    assert (answer.status, answer.json["error"], answer.json["wait"]) == (503, "busy", 1)
    assert answer.headers["Retry-After"] == "1"
    busy.clear()
    somebody.done("commit", ready[0].commit)
    assert busy == set()


def test_the_boards_time_is_the_servers(voter: NewVoter, clock: Clock, directory: Path, ready: list[Encrypted]) -> None:
    somebody = voter(1)
    found = receipt_in(directory, somebody.commit(ready[0]))
    assert abs(datetime.fromisoformat(found.content.time).timestamp() - clock().timestamp()) < 5
