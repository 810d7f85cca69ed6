"""The administrator's part of a decryption; the guardians are machines that know nothing but bytes."""

import fcntl
import json
import shutil
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from e2evote.record.writer import RecordWriter
from tests.builders import TOY, manifest_bytes
from tests.cli import by_mail
from tests.cli.by_mail import Asked, absence, lines, outbox, plan, publish, resigned, status, unsigned
from tests.cli.conftest import REASON, contents, run, verify
from tests.cli.test_election import TOTALS
from tests.messages.guardians import Held, Machine

WEIGHTS = list(chain(*(("--override", "partners", contest, "weight", REASON) for contest in ("scores", "motion"))))


# ------------------------------------------------------------------------------------------------------- the way


def test_a_whole_election(root: Path, held: Held):
    shown = plan(root, *WEIGHTS)
    assert "against a rule" in shown
    assert "to guardians 1, 3; each uses 'guardian decrypt'" in shown
    asked = Asked(root, held)
    for number, (name, messages) in enumerate(
        zip(("commitments", "reveals", "responses"), asked.rounds(), strict=True), 1
    ):
        bundle = outbox(root, f"decryption-1-{number}-{name}.ndjson")
        waiting = asked.collect(messages[0]).stdout
        assert f"missing: {name} of guardian 3" in waiting
        assert not bundle.exists()
        assert f"new, for every guardian: {bundle}\n" in asked.collect(messages[1]).stdout
        assert lines(bundle) == messages
    shown = publish(root)
    assert "Challenged ballots that their devices have not opened: 1" in shown
    assert "3  board-1" in shown
    plan(root, "--subject", "challenged", guardians=(2, 3))
    plan(root, "--subject", "contest-data", guardians=(1, 2))
    for number in (2, 3):
        Asked(root, held, number).answer()
    assert "decryptions 2, 3 are ready; say which" in publish(root, code=2)
    publish(root, 3)
    assert "The record has the challenged ballots" in publish(root)
    remarks = json.loads(verify(root / "record", "--json", "-").stdout)["remarks"]
    assert len(remarks) == 2
    assert all("by guardians 1, 3" in remark and remark.endswith(REASON) for remark in remarks)
    results = json.loads(run("record", "show", root / "record", "--json", "--insecure-parameters", TOY).stdout)
    found = {contest["label"]: [option["votes"] for option in contest["options"]] for contest in
             results["results"]["contests"]}  # fmt: skip
    assert found == TOTALS
    assert [one["state"] for one in status(root)] == ["published"] * 3
    opened = (root / "record" / "challenged_ballots.ndjson").read_text().splitlines()
    assert [json.loads(line)["position"] for line in opened] == [1, 12]


def test_challenged_ballots_first(root: Path, held: Held):
    """Whatever the order, all challenged ballots are published as soon as all of them are open."""
    plan(root, "--subject", "challenged")
    Asked(root, held).answer()
    publish(root)
    plan(root)
    Asked(root, held, 2).answer()
    assert "not opened" not in publish(root)
    verify(root / "record")


def test_the_list_of_plans(root: Path, held: Held):
    plan(root)
    plan(root, guardians=(1, 2))
    listed = json.loads(outbox(root, "decryptions.json").read_text())
    assert [one["attempt"] for one in listed["plans"]] == [1, 2]
    assert [one["available"] for one in listed["plans"]] == [[1, 3], [1, 2]]
    assert listed["plans"][1] == json.loads(outbox(root, "decryption-2-0-plan.json").read_text())


def test_one_stick_for_two_plans(root: Path, held: Held):
    plan(root)
    plan(root, "--subject", "challenged", guardians=(1, 2))
    every = [message for number in (1, 2) for messages in Asked(root, held, number).rounds() for message in messages]
    stick = root.parent / "stick"
    by_mail.write(stick / "all.ndjson", every)
    shutil.copytree(root / "decryption" / "outbox", stick / "back")
    shutil.copytree(root / "ceremony" / "outbox", stick / "earlier")
    assert "12 new messages" in run("decryption", "collect", root, stick).stdout
    assert [one["state"] for one in status(root)] == ["ready", "ready"]
    before = contents(root)
    assert "0 new messages" in run("decryption", "collect", root, stick).stdout
    assert contents(root) == before


def test_status_changes_nothing(root: Path, held: Held):
    assert "Nothing has been planned yet" in run("decryption", "status", root).stdout
    assert status(root) == []
    plan(root)
    Asked(root, held).collect(Asked(root, held).rounds()[0][0])
    before = contents(root)
    (one,) = status(root)
    assert (one["number"], one["subject"], one["state"]) == (1, "tallies", "under way")
    assert one["missing"] == [{"round": "commitments", "sender": 3, "recipient": 0}]
    assert [guardian["arrived"]["commitments"] for guardian in one["guardians"]] == [1, 0]
    shown = run("decryption", "status", root).stdout
    assert "missing: commitments of guardian 3" in shown
    assert contents(root) == before


def test_another_quorum_after_an_absence(root: Path, held: Held):
    plan(root)
    first = Asked(root, held)
    first.collect(first.rounds()[0][0])
    plan(root, guardians=(1, 2))
    Asked(root, held, 2).answer()
    publish(root)
    assert "already" in publish(root, 1, code=2)


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "guardians", "problem"),
    [
        ((), (1,), "at least 2 different guardians of 1 to 3"),
        ((), (1, 1), "at least 2 different guardians of 1 to 3"),
        ((), (1, 4), "at least 2 different guardians of 1 to 3"),
        (("--override", "partners", "motion", "minimum", REASON), (1, 2), "keeps this rule"),
        (("--subject", "challenged", *WEIGHTS), (1, 2), "--override is about tallies"),
        (("--subject", "votes"), (1, 2), "votes"),
    ],
)
def test_a_plan_that_cannot_be(root: Path, options: tuple, guardians: tuple[int, ...], problem: str):
    (root / "private" / "lock").touch()
    before = contents(root)
    assert problem in plan(root, *options, guardians=guardians, code=2)
    assert contents(root) == before


def small(tmp_path: Path, held: Held, **changes: object) -> Path:
    """Return an election without ballots, added up, by one guardian who is nobody else's."""
    (tmp_path / "manifest.json").write_bytes(manifest_bytes(**changes))
    root = tmp_path / "small"
    by_mail.invite(root, "--quorum", 1, names=("N",))
    machine = Machine.unpack(1, held.exchange.group, (root / "ceremony" / "invitation.json").read_bytes()[:-1])
    identity = machine.identity()
    key = machine.public_key([identity])
    machine.shares_out([key])
    by_mail.came(root, identity, key, machine.confirmation([]))
    run("ceremony", "publish", root)
    run("device", "open", root, "--info", "Booth A")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    return root


def test_nothing_to_decrypt(tmp_path: Path, held: Held):
    root = small(tmp_path, held, cast_contest_data_may_be_decrypted=None)
    for subject, problem in (
        ("tallies", "nothing to decrypt"),
        ("challenged", "nothing to decrypt"),
        ("contest-data", "the manifest does not allow contest data"),
    ):
        assert problem in plan(root, "--subject", subject, guardians=(1,), code=2)
    assert not (root / "decryption").exists()


def test_before_the_ballots_are_added_up(tmp_path: Path, held: Held):
    root = by_mail.hold(tmp_path / "club", held)
    assert "have not been added up" in plan(root, code=2)


def test_an_election_whose_secrets_are_here(created: Path):
    for arguments in (("plan", created, "--guardian", 1, "--guardian", 2), ("status", created)):
        assert "no ceremony has been begun here" in run("decryption", *arguments, code=2).stderr


def test_secrets_that_are_not_here(root: Path):
    error = run("tally", "decrypt", root, "--guardian", 1, "--guardian", 2, "--jobs", 1, code=2).stderr
    assert "the secrets are with the guardians" in error
    assert "e2evote decryption plan" in error


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda held, message: b"noise", "no message of a guardian"),
        (lambda held, message: message[:-9], "not JSON"),
        (lambda held, message: unsigned(message), "signature does not hold"),
        (lambda held, message: resigned(held, message, context=bytes(32)), "another election, ceremony or decryption"),
        (lambda held, message: resigned(held, message, attempt=2), "attempt 2"),
        (lambda held, message: resigned(held, message, round="share", recipient=2), "round 'share'"),
        (lambda held, message: resigned(held, message, sender=2), "guardian 2 does not take part"),
        (lambda held, message: b'{"format":"e2evote-decryption-plan","version":1}', "another decryption plan"),
        (lambda held, message: b'{"format":"e2evote-decryption-list","version":1}', "another decryption list"),
    ],
)
def test_a_file_that_does_not_belong_here(root: Path, held: Held, made: Callable, problem: str):
    plan(root)
    first, second = Asked(root, held).rounds()[0]
    before, stick = contents(root), root.parent / "stick"
    by_mail.write(stick / "1-good.ndjson", [first])
    by_mail.write(stick / "2-bad.ndjson", [second, made(held, second)])
    error = run("decryption", "collect", root, stick, code=2).stderr
    assert problem in error
    assert "2-bad.ndjson:2" in error
    assert contents(root) == before


def test_messages_of_the_other_command_are_left_with_a_note(root: Path, held: Held):
    plan(root)
    late, (first, _) = absence(held), Asked(root, held).rounds()[0]
    assert "Not taken: 1 messages" in Asked(root, held).collect(first, late, *held.keys).stderr
    shown = by_mail.came(root, first, late)
    assert "1 new messages" in shown
    assert "Not taken" not in shown, "it is known already"
    assert "Not taken" in by_mail.came(root, Asked(root, held).rounds()[0][1])


def test_publish_needs_every_message(root: Path, held: Held):
    assert "no decryption is ready" in publish(root, code=2)
    assert "there is no decryption 1" in publish(root, 1, code=2)
    plan(root)
    commitments, reveals, responses = Asked(root, held).rounds()
    Asked(root, held).collect(*commitments, *reveals, responses[0])
    before = contents(root)
    assert "no decryption is ready" in publish(root, code=2)
    assert "responses: nothing from guardian 3" in publish(root, 1, code=2)
    assert contents(root) == before


def test_what_is_published_stays(root: Path, held: Held):
    plan(root)
    Asked(root, held).answer()
    publish(root)
    before = contents(root)
    assert "the record has the tallies already" in publish(root, 1, code=2)
    assert "the record has the tallies already" in plan(root, code=2)
    assert contents(root) == before


def test_a_plan_for_other_ballots(root: Path, held: Held):
    plan(root)
    for path in (root / "decryption" / "0001" / "plan.json", outbox(root, "decryption-1-0-plan.json")):
        text = json.loads(path.read_text())
        path.write_text(path.read_text().replace(text["pinned"], "00" * 32))
    Asked(root, held).answer()
    assert "planned for other ballots or statuses" in publish(root, code=2)
    assert not (root / "record" / "tallies.ndjson").exists()


def test_statements_that_were_changed(root: Path):
    plan(root)
    path = root / "decryption" / "0001" / "statements.ndjson"
    path.write_bytes(b"".join(line + b"\n" for line in lines(path)[1:]))
    assert "other statements" in run("decryption", "status", root, code=2).stderr


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("writes", [1, 2, 3])  # challenged ballots; exceptions and tallies
def test_an_interrupted_publication_is_repeated(
    root: Path, held: Held, monkeypatch: pytest.MonkeyPatch, writes: int, after: bool
):
    plan(root, "--subject", "challenged")
    plan(root, *WEIGHTS)
    for number in (1, 2):
        Asked(root, held, number).answer()
    real, calls = RecordWriter.write_pieces, iter(range(1, 100))

    def killed(self: RecordWriter, *arguments: object) -> None:
        last = next(calls) == writes
        if after or not last:
            real(self, *arguments)
        if last:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RecordWriter, "write_pieces", killed)
        if writes > 1:
            publish(root, 1)
        publish(root, min(writes, 2), code=130)
    for one in status(root):
        if one["state"] != "published":
            publish(root, one["number"])
    assert (root / "record" / "exceptions.ndjson").exists()
    verify(root / "record")


def test_one_command_at_a_time(root: Path):
    with (root / "private" / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for arguments in (("plan", root, "--guardian", 1), ("collect", root, root / "record"), ("publish", root)):
            assert "another e2evote command" in run("decryption", *arguments, code=2).stderr
