"""Misbehaviour between the opening of the first device and the closing of the last."""

import json
from collections.abc import Sequence
from typing import Any

from e2evote.approval import approve
from e2evote.challenge import open_ballot
from e2evote.decryption.statements import ballot_nonce_statement, contest_data_statement
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.preencryption.encrypting import Blank, pre_encrypt_ballots
from e2evote.preencryption.recording import open_uncast, record_ballot
from e2evote.record.ballot import EncryptedBallot, Status
from e2evote.record.pre_encrypted import PreEncryptedBallot
from e2evote.tally import accumulate
from e2evote.workspace import devices, mailing
from e2evote.workspace.devices import Device
from e2evote.workspace.encrypting import encrypt_file
from tests.builders import TOY
from tests.matrix.plans import Json
from tests.matrix.refusals import Call, any_of, need, refused
from tests.matrix.voters import limit_of, marked
from tests.matrix.world import Paper, World


def quiet(done: int, total: int) -> None:
    """Take progress and say nothing."""


def _device(w: World, mail: bool = False, closed: bool = False) -> Device:
    return any_of(w, (d for d in w.devices if (d.pre_encrypts, d.closed) == (mail, closed)))


# ------------------------------------------------------------------------------------------- what is encrypted


def _file(w: World, device: Device, more: Sequence[object]) -> Call:
    """Hand a device what it has encrypted, an honest ballot, and something behind it."""
    path, old = w.root / "wrong.ndjson", w.input_of(device)
    lines = [*(old.read_text().splitlines() if old.exists() else ()), json.dumps(marked(w.plan, w.rng).as_json())]
    path.write_text("".join(line + "\n" for line in (*lines, *map(json.dumps, more))))
    return lambda: encrypt_file(device, path, quiet, 1)


def _ballot(w: World, **changes: object) -> Json:
    return {**marked(w.plan, w.rng, "nothing").as_json(), **changes}


def _contest(w: World, **changes: object) -> Json:
    """Return a ballot with one contest, changed; it is on the ballot's style."""
    ballot: Any = _ballot(w)
    return {**ballot, "contests": [{**any_of(w, ballot["contests"]), **changes}]}


@refused("voting", CheckError, "ballot style .* is not between 1 and")
def _style_that_does_not_exist(w: World) -> Call:
    return _file(w, _device(w), [_ballot(w, ballot_style=len(w.plan.manifest["ballot_styles"]) + 1)])


@refused("voting", CheckError, "weight .* is above the manifest's maximum")
def _weight_that_is_too_large(w: World) -> Call:
    return _file(w, _device(w), [_ballot(w, weight=w.plan.manifest["maximum_weight"] + 1)])


@refused("voting", ParseError, "weight")
def _weight_of_nothing(w: World) -> Call:
    return _file(w, _device(w), [_ballot(w, weight=w.rng.choice((0, -1)))])


@refused("voting", CheckError, "are not on style")
def _contest_that_is_not_on_the_style(w: World) -> Call:
    return _file(w, _device(w), [_contest(w, contest=len(w.plan.manifest["contests"]) + 1)])


@refused("voting", CheckError, "a contest appears twice")
def _contest_marked_twice(w: World) -> Call:
    ballot: Any = _contest(w)
    return _file(w, _device(w), [{**ballot, "contests": ballot["contests"] * 2}])


@refused("voting", CheckError, "options, .* given")
def _option_that_does_not_exist(w: World) -> Call:
    return _file(w, _device(w), [_contest(w, selections=[0] * 9)])


@refused("voting", ParseError, "selections")
def _negative_vote(w: World) -> Call:
    return _file(w, _device(w), [_contest(w, selections=[-1])])


@refused("voting", CheckError, "takes no write-in text at option 9")
def _text_where_none_is_taken(w: World) -> Call:
    return _file(w, _device(w), [_contest(w, write_ins={"9": "A"})])


@refused("voting", CheckError, "does not begin with the .* ballots")
def _ballot_exchanged_after_it_was_encrypted(w: World) -> Call:
    device = any_of(w, (d for d in w.devices if not d.closed and w.input_of(d).exists() and w.of_device(d)))
    path, lines = w.root / "wrong.ndjson", w.input_of(device).read_text().splitlines()
    ballot = json.loads(lines[-1])
    lines[-1] = json.dumps({**ballot, "contests": [] if ballot["contests"] else [_contest(w)["contests"][0]]})
    need(
        all(
            contest["contest"] in w.plan.contests(ballot["ballot_style"])
            for contest in json.loads(lines[-1])["contests"]
        )
    )
    path.write_text("".join(line + "\n" for line in lines))
    return lambda: encrypt_file(device, path, quiet, 1)


@refused("voting", CheckError, "makes pre-encrypted ballots")
def _ordinary_ballot_on_a_printer(w: World) -> Call:
    return _file(w, _device(w, mail=True), [_ballot(w)])


@refused("voting", CheckError, "is closed")
def _ballot_after_the_device_closed(w: World) -> Call:
    return _file(w, _device(w, closed=True), [_ballot(w)])


# ------------------------------------------------------------------------------------------- devices


@refused("voting", CheckError, "does not allow chaining mode")
def _chaining_mode_that_is_forbidden(w: World) -> Call:
    modes = w.plan.manifest["chaining_modes"]
    need(len(modes) == 1)
    return lambda: devices.open_new(w.workspace, "Another", chaining=modes == [0])


@refused("voting", CheckError, "there is a device .* already")
def _device_opened_twice(w: World) -> Call:
    opening = any_of(w, w.devices).opening
    return lambda: devices.open_new(w.workspace, opening.device_info, chaining=opening.chaining_mode == 1)


@refused("voting", CheckError, "has no hash_trimming")
def _printer_where_there_is_no_mail(w: World) -> Call:
    need(w.plan.mail_style is None)
    return lambda: devices.open_new(w.workspace, "Printer", pre_encrypts=True)


@refused("voting", CheckError, "ballots are undecided")
def _device_closed_over_undecided_ballots(w: World) -> Call:
    undecided = {paper.ballot.device for paper in w.papers.values() if paper.status is None}
    return any_of(w, (device for device in w.devices if device.number in undecided)).close


@refused("voting", CheckError, "is closed")
def _device_closed_twice(w: World) -> Call:
    return any_of(w, (device for device in w.devices if device.closed)).close


@refused("voting", CheckError, "is still open|no device has been opened")
def _adding_up_before_all_is_closed(w: World) -> Call:
    need(not w.devices or not all(device.closed for device in w.devices))
    return w.add_up


@refused("voting", ParseError, "the file is missing")
def _decrypting_before_all_is_closed(w: World) -> Call:
    need(w.devices and not all(device.closed for device in w.devices))
    return lambda: approve(w.workspace.record, allow_insecure=(TOY,))


# ------------------------------------------------------------------------------------------- decisions


def _decided(w: World, papers: Sequence[Paper], status: Status) -> Call:
    codes = [hex_of(paper.code) for paper in papers]
    return lambda: devices.decide(devices.find(w.workspace, codes), status)


def _on_open_devices(w: World, mail: bool | None, decided: bool) -> list[Paper]:
    """Return ballots of devices that are not closed."""
    return [
        paper
        for paper in w.papers.values()
        if paper.ballot.device not in w.closed
        and mail in (None, paper.by_mail)
        and (paper.status is not None) == decided
    ]


@refused("voting", CheckError, "a decision is final")
def _ballot_decided_about_twice(w: World) -> Call:
    """Cast twice, or cast after it was opened, or opened after it was cast."""
    paper = any_of(w, _on_open_devices(w, False, True))
    return _decided(w, [paper], w.rng.choice(("cast", "challenged", "spoiled")))


@refused("voting", CheckError, "a decision is final")
def _one_of_several_is_decided(w: World) -> Call:
    first, second = any_of(w, _on_open_devices(w, False, False)), any_of(w, _on_open_devices(w, False, True))
    return _decided(w, [first, second], "cast")


@refused("voting", CheckError, "is closed")
def _ballot_decided_about_after_the_device_closed(w: World) -> Call:
    paper = any_of(w, (paper for paper in w.papers.values() if paper.ballot.device in w.closed))
    return _decided(w, [paper], "uncast" if paper.by_mail else "challenged")


@refused("voting", CheckError, "makes pre-encrypted ballots")
def _ballot_by_mail_challenged(w: World) -> Call:
    return _decided(w, [any_of(w, _on_open_devices(w, True, False))], w.rng.choice(("challenged", "spoiled")))


@refused("voting", CheckError, "makes no pre-encrypted ballots")
def _ordinary_ballot_uncast(w: World) -> Call:
    return _decided(w, [any_of(w, _on_open_devices(w, False, False))], "uncast")


@refused("voting", CheckError, "no ballots have a confirmation code")
def _code_that_does_not_exist(w: World) -> Call:
    return lambda: devices.find(w.workspace, ["0" * 64])


@refused("voting", CheckError, "is named twice")
def _code_named_twice(w: World) -> Call:
    paper = any_of(w, w.papers.values())
    return _decided(w, [paper, paper], "cast")


# ------------------------------------------------------------------------------------------- by mail


def _posted(w: World) -> tuple[Paper, dict[int, Any]]:
    paper = any_of(w, _on_open_devices(w, True, False))
    return paper, w.printed(paper)


@refused("voting", CheckError, "selections, at most")
def _overvote_by_mail(w: World) -> Call:
    paper, printed = _posted(w)
    contest = any_of(w, printed.values())
    codes = [*contest.options, *contest.null_codes][: limit_of(w.plan.contest(contest.index)) + 1]
    return lambda: w.return_(paper, {contest.index: codes})


@refused("voting", CheckError, "a short code is given twice")
def _short_code_given_twice(w: World) -> Call:
    paper, printed = _posted(w)
    contest = any_of(w, printed.values())
    return lambda: w.return_(paper, {contest.index: [contest.options[0]] * 2})


@refused("voting", CheckError, "has no short code")
def _short_code_that_is_not_printed(w: World) -> Call:
    paper, printed = _posted(w)
    contest = any_of(w, printed.values())
    others = {f"{x:02X}" for x in range(256)} - {*contest.options, *contest.null_codes}
    return lambda: w.return_(paper, {contest.index: [min(others)]})


@refused("voting", CheckError, "is not on the ballot")
def _contest_that_is_not_on_the_ballot(w: World) -> Call:
    paper, _ = _posted(w)
    return lambda: w.return_(paper, {len(w.plan.manifest["contests"]) + 1: []})


@refused("voting", CheckError, "a decision is final")
def _ballot_returned_twice_or_after_it_was_opened(w: World) -> Call:
    paper = any_of(w, _on_open_devices(w, True, True))
    return w.rng.choice((lambda: w.return_(paper, {}), _decided(w, [paper], "uncast")))


@refused("voting", CheckError, "a decision is final")
def _sheet_printed_after_the_decision(w: World) -> Call:
    paper = any_of(w, _on_open_devices(w, True, True))
    device = Device(w.workspace, paper.ballot.device)
    return lambda: list(mailing.sheets(device, paper.ballot.position, paper.ballot.position, quiet, 1))


@refused("voting", VerificationError, "nonce")
def _ballot_recorded_with_the_nonce_of_another(w: World) -> Call:
    papers = [paper for paper in w.papers.values() if paper.by_mail]
    need(len(papers) > 1)
    paper, other = w.rng.sample(papers, 2)
    ballot = paper.ballot
    assert isinstance(ballot, PreEncryptedBallot)
    return w.rng.choice(
        (
            lambda: record_ballot(w.election, ballot, other.nonce, {}),
            lambda: open_uncast(w.election, ballot, other.nonce),
        )
    )


@refused("voting", CheckError, "makes ordinary ballots")
def _ballots_printed_by_an_ordinary_device(w: World) -> Call:
    device = _device(w)
    return lambda: mailing.make(device, Blank(1), 1, quiet, 1)


@refused("voting", CheckError, "has no place for supplemental|holds one vote")
def _style_that_cannot_be_sent_by_mail(w: World) -> Call:
    device = _device(w, mail=True)
    manifest, styles = w.election.manifest, range(1, len(w.plan.manifest["ballot_styles"]) + 1)
    style = any_of(w, (style for style in styles if manifest.why_not_pre_encrypted(style)))
    return lambda: list(pre_encrypt_ballots(w.election, device.opening, [Blank(style)]))


# ------------------------------------------------------------------------------------------- opening and counting


def _ordinary(w: World) -> EncryptedBallot:
    return any_of(w, (paper.ballot for paper in w.papers.values() if isinstance(paper.ballot, EncryptedBallot)))


@refused("voting", VerificationError, "the ballot nonce does not")
def _ballot_opened_with_the_nonce_of_another(w: World) -> Call:
    ballot = _ordinary(w)
    other = any_of(w, (paper for paper in w.papers.values() if paper.code != ballot.confirmation_code))
    return lambda: open_ballot(w.election, ballot, other.nonce)


@refused("voting", CheckError, "only challenged ballots are opened")
def _nonce_of_a_cast_or_spoiled_ballot(w: World) -> Call:
    ballot, status = any_of(w, w.papers.values()).ballot, w.rng.choice(("cast", "spoiled"))
    return lambda: ballot_nonce_statement(w.election, ballot, status)


@refused("voting", VerificationError, "is not of this election")
def _ballot_of_another_election(w: World) -> Call:
    """The guardians are asked for its nonce under their keys."""
    ballot = any_of(w, w.papers.values()).ballot.model_copy(update={"h_i": bytes(32)})
    return lambda: ballot_nonce_statement(w.election, ballot, "challenged")


@refused("voting", CheckError, "does not allow contest data|is not for the guardians|has no contest data")
def _contest_data_that_stays_closed(w: World) -> Call:
    ballot = _ordinary(w)
    ind_c = ballot.contests[0].index
    closed = w.plan.levels["data"] != "open" or ballot.contests[0].contest_data is None
    return lambda: contest_data_statement(w.election, ballot, "cast" if closed else "challenged", ind_c)


@refused("voting", CheckError, "is not between 1 and|its contests are not those of style")
def _ballot_counted_that_is_not_of_its_style(w: World) -> Call:
    ballot, styles = _ordinary(w), range(1, len(w.plan.manifest["ballot_styles"]) + 1)
    others = [style for style in styles if w.plan.contests(style) != w.plan.contests(ballot.ballot_style)]
    changes = [{"weight": w.plan.manifest["maximum_weight"] + 1}, *({"ballot_style": style} for style in others)]
    return lambda: accumulate(w.election, [ballot.model_copy(update=w.rng.choice(changes))])
