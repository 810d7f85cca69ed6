"""Misbehaviour when the sums are decrypted, and afterwards."""

from collections.abc import Sequence
from dataclasses import replace

from e2evote.approval import Answered, ApprovedRecord, DecryptionMemory, approve
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionResponses,
    DecryptionReveals,
    combine,
    commit,
    respond,
    reveal,
)
from e2evote.decryption.statements import Statement, ballot_nonce_statement, tally_statements
from e2evote.encoding import hex_of
from e2evote.errors import CheckError, VerificationError
from e2evote.group.elements import Element, Scalar
from e2evote.record import layout
from e2evote.record.exceptions import Override
from e2evote.workspace import devices
from e2evote.workspace.publishing import publish_tallies
from tests.builders import TOY
from tests.matrix.counting import Committed, approved, choose_quorum, committed, decrypted, revealed
from tests.matrix.refusals import Call, any_of, need, refused
from tests.matrix.world import World


def _asked(w: World) -> tuple[ApprovedRecord, Sequence[Statement]]:
    """Return the record and the first things to be decrypted of it, whatever there is."""
    if not w.quorum:
        choose_quorum(w)
    record = approved(w)
    statements: list[Statement] = [*record.tally_statements()[:2]]
    statements += [statement for _, statement in record.ballot_nonce_statements()][:1]
    need(statements)
    return record, statements


def _begun(w: World) -> tuple[ApprovedRecord, Sequence[Statement], Committed]:
    """Return the same, committed to by everybody who came."""
    record, statements = _asked(w)
    return record, statements, committed(w, record, statements)


# ------------------------------------------------------------------------------------------- who may decrypt


@refused("counted", CheckError, r"at least \d different guardians")
def _fewer_than_the_quorum(w: World) -> Call:
    record, statements = _asked(w)
    few = w.quorum[: w.plan.k - 1]
    return lambda: commit(record.election, w.guardians.shares[w.quorum[0]], statements, few)


@refused("counted", CheckError, r"at least \d different guardians")
def _a_guardian_counted_twice(w: World) -> Call:
    record, statements = _asked(w)
    many = (*w.quorum[: w.plan.k - 1], *w.quorum[:1], *w.quorum[:1])
    return lambda: commit(record.election, w.guardians.shares[w.quorum[0]], statements, many)


@refused("counted", CheckError, "is not among the available guardians")
def _guardian_who_did_not_come(w: World) -> Call:
    record, statements = _asked(w)
    absent = any_of(w, w.guardians.shares.keys() - set(w.quorum))
    return lambda: commit(record.election, w.guardians.shares[absent], statements, w.quorum)


@refused("counted", CheckError, "exactly one message from each of the guardians|different guardians")
def _hashes_that_are_missing_or_doubled(w: World) -> Call:
    _, _, (states, commitments) = _begun(w)
    state = any_of(w, states.values())
    given = w.rng.choice((commitments[1:], [*commitments, commitments[0]]))
    return lambda: reveal(state, given)


@refused("counted", VerificationError, "its own hashes were replaced")
def _hashes_of_an_honest_guardian_replaced(w: World) -> Call:
    _, _, (states, commitments) = _begun(w)
    state = any_of(w, states.values())
    given = [_other(message) if message.i == state.i else message for message in commitments]
    return lambda: reveal(state, given)


@refused("counted", CheckError, "other hashes were accepted before")
def _hashes_exchanged_after_the_reveal(w: World) -> Call:
    """A guardian who saw what others revealed commits again, or shows others something else."""
    record, _, sent = _begun(w)
    states, commitments = sent
    need(len(states) > 1)
    reveals, state = revealed(sent), any_of(w, states.values())
    liar = any_of(w, states.keys() - {state.i})
    given = [_other(message) if message.i == liar else message for message in commitments]
    return lambda: respond(record.election, w.guardians.shares[state.i], state, given, reveals)


def _other(message: DecryptionCommitments) -> DecryptionCommitments:
    return message.model_copy(update={"hashes": (bytes(32), *message.hashes[1:])})


# ------------------------------------------------------------------------------------------- what is revealed


def _revealed_otherwise(w: World, name: str, hashed: bool) -> Call:
    """Let a guardian reveal another value, one that it committed to or not, and an honest one respond."""
    record, statements, (states, commitments) = _begun(w)
    need(len(states) > 1)
    reveals, state = [each.reveals for each in states.values()], any_of(w, states.values())
    liar = any_of(w, states.keys() - {state.i})
    place = next(number for number, message in enumerate(reveals) if message.i == liar)
    first, *rest = reveals[place].partials
    value: Element = getattr(first, name)
    forged = value.group.element(value.group.p - value.value) if hashed else value * value.group.g
    partial = first.model_copy(update={name: forged})
    reveals[place] = reveals[place].model_copy(update={"partials": (partial, *rest)})
    if hashed:
        d = statements[0].commitment_hash(liar, w.quorum, partial)
        hashes = (d, *commitments[place].hashes[1:])
        commitments = [m.model_copy(update={"hashes": hashes}) if m.i == liar else m for m in commitments]
    return lambda: respond(record.election, w.guardians.shares[state.i], state, commitments, reveals)


@refused("counted", VerificationError, r"guardian \d: .*: what was revealed is not what was committed to")
def _reveal_that_was_not_committed_to(w: World) -> Call:
    return _revealed_otherwise(w, w.rng.choice(("a", "b", "m")), hashed=False)


@refused("counted", VerificationError, r"guardian \d: .*: a value is not a member of the group")
def _reveal_outside_the_group(w: World) -> Call:
    return _revealed_otherwise(w, w.rng.choice(("a", "b", "m")), hashed=True)


@refused("counted", CheckError, "these nonces have answered already")
def _second_answer_with_one_nonce(w: World) -> Call:
    record, _, sent = _begun(w)
    states, commitments = sent
    reveals, state = revealed(sent), any_of(w, states.values())
    shares = w.guardians.shares[state.i]
    respond(record.election, shares, state, commitments, reveals)
    return lambda: respond(record.election, shares, state, commitments, reveals)


@refused("counted", CheckError, "these are the shares of guardian")
def _answer_with_the_shares_of_another(w: World) -> Call:
    record, _, sent = _begun(w)
    states, commitments = sent
    reveals, state = revealed(sent), any_of(w, states.values())
    other = any_of(w, w.guardians.shares.keys() - {state.i})
    return lambda: respond(record.election, w.guardians.shares[other], state, commitments, reveals)


# ------------------------------------------------------------------------------------------- who is at fault


def _combined(w: World, liar: int, wrong_share: bool) -> Call:
    """Decrypt with one guardian whose share is wrong from the beginning, or only the response."""
    record, statements = _asked(w)
    shares = {i: w.guardians.shares[i] for i in w.quorum}
    one = w.election.group.secret(1)
    if wrong_share:
        shares[liar] = replace(shares[liar], z=shares[liar].z + one, z_hat=shares[liar].z_hat + one)
    sent = {i: commit(record.election, share, statements, w.quorum) for i, share in shares.items()}
    commitments = [message for _, message in sent.values()]
    reveals: list[DecryptionReveals] = [reveal(state, commitments) for state, _ in sent.values()]
    responses = [respond(record.election, shares[i], state, commitments, reveals) for i, (state, _) in sent.items()]
    if not wrong_share:
        responses = [_plus_one(message) if message.i == liar else message for message in responses]
    return lambda: combine(record.election, record.guardians, statements, commitments, reveals, responses)


def _plus_one(message: DecryptionResponses) -> DecryptionResponses:
    first, *rest = message.responses
    return message.model_copy(update={"responses": (first + Scalar(1, first.group), *rest)})


@refused("counted", VerificationError, r"guardian \d sent a wrong partial decryption or response")
def _response_that_is_wrong(w: World) -> Call:
    _asked(w)
    return _combined(w, any_of(w, w.quorum), wrong_share=False)


@refused("counted", VerificationError, r"guardian \d sent a wrong partial decryption or response")
def _share_that_is_wrong(w: World) -> Call:
    _asked(w)
    return _combined(w, any_of(w, w.quorum), wrong_share=True)


# ------------------------------------------------------------------------------------------- what may be decrypted


@refused("counted", CheckError, "only challenged ballots are opened")
def _nonce_of_a_ballot_that_was_cast(w: World) -> Call:
    paper = any_of(w, (paper for paper in w.papers.values() if paper.status in ("cast", "spoiled")))
    record = approved(w)
    return lambda: record.ballot_nonce_statements([paper.code])


@refused("counted", CheckError, "is cast; only challenged")
def _cast_ballot_handed_to_a_guardian(w: World) -> Call:
    ballot = any_of(w, w.cast).ballot
    return lambda: ballot_nonce_statement(w.election, ballot, "cast")


@refused("counted", CheckError, "does not allow contest data|weights of cast ballots differ")
def _contest_data_that_stays_closed(w: World) -> Call:
    record = approved(w)
    need(record.data_rulings and all(ruling.refusal for ruling in record.data_rulings))
    return record.contest_data_statements


@refused("counted", CheckError, "no contest has .* cast ballots in a tally cell")
def _cells_that_are_too_small(w: World) -> Call:
    record = approved(w)
    need(all("minimum" in ruling.broken for ruling in record.rulings))
    return lambda: tally_statements(record.election, record.encrypted)


@refused(
    "counted",
    CheckError,
    "it also breaks 'minimum'|so there is nothing to decrypt|or it keeps this rule|no such contest",
)
def _override_that_comes_to_nothing(w: World) -> Call:
    rulings = approved(w).rulings
    ruling = any_of(w, rulings)
    broken = [rule for rule in ruling.broken if ruling.ballots]
    rule = "weight" if broken != ["weight"] else "minimum"
    label = ruling.contest_label if broken != ["minimum", "weight"] else "nobody"
    override = Override(ruling.cell_label, label, rule, "I want it")
    return lambda: approve(w.workspace.record, allow_insecure=(TOY,), overrides=[override])


@refused("counted", CheckError, "a rule of a contest in a cell is overridden twice")
def _override_given_twice(w: World) -> Call:
    override = Override("all", "contest-1", "minimum", "I want it")
    return lambda: approve(w.workspace.record, allow_insecure=(TOY,), overrides=[override, override])


@refused("counted", CheckError, "comes from approve")
def _record_that_nobody_approved(w: World) -> Call:
    record = approved(w)
    return lambda: replace(record, token=object())


@refused("counted", CheckError, "other ballots of this election were decrypted before")
def _second_set_of_ballots(w: World) -> Call:
    record = approved(w)
    before = Answered(h_e=record.election.h_e, pinned=bytes(32), fingerprint=bytes(32))
    return lambda: DecryptionMemory(answered=(before,)).remembering(record)


# ------------------------------------------------------------------------------------------- too late


@refused("counted", CheckError, "voting is over")
def _device_opened_after_the_count(w: World) -> Call:
    return lambda: devices.open_new(w.workspace, "Late", chaining=w.plan.manifest["chaining_modes"] != [0])


@refused("counted", CheckError, "voting is over")
def _adding_up_twice(w: World) -> Call:
    return w.add_up


@refused("counted", CheckError, "is closed")
def _ballot_decided_about_after_the_count(w: World) -> Call:
    paper = any_of(w, w.papers.values())
    status = "uncast" if paper.by_mail else "challenged"
    return lambda: devices.decide(devices.find(w.workspace, [hex_of(paper.code)]), status)


@refused("decrypted", CheckError, "exists already; nothing was overwritten")
def _tallies_published_twice(w: World) -> Call:
    record = approved(w)
    results = decrypted(w, record, record.tally_statements())
    return lambda: publish_tallies(w.workspace, record, (), results)


@refused("decrypted", CheckError, "exists already; nothing was overwritten")
def _tallies_overwritten(w: World) -> Call:
    return lambda: w.workspace.writer.write_bytes(layout.TALLIES, b"")
