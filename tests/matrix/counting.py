"""What guardians decrypt of an election of the matrix, each answering for itself, and how it is published."""

from collections.abc import Sequence

from e2evote.approval import ApprovedRecord, approve
from e2evote.decryption.rounds import (
    DecryptionCommitments,
    DecryptionReveals,
    SecretDecryptionState,
    combine,
    commit,
    respond,
    reveal,
)
from e2evote.decryption.statements import Statement
from e2evote.record.exceptions import Override
from e2evote.workspace.publishing import (
    Decrypted,
    exceptions_of,
    not_opened,
    open_with,
    publish_challenged,
    publish_contest_data,
    publish_tallies,
)
from tests.builders import TOY
from tests.matrix.world import World

REASON = "the matrix wants it"
Committed = tuple[dict[int, SecretDecryptionState], list[DecryptionCommitments]]


def choose_quorum(world: World) -> None:
    """Let just enough guardians come, or everybody."""
    everybody = range(1, world.plan.n + 1)
    count = world.plan.k if world.plan.levels["quorum"] == "exact" else world.plan.n
    world.quorum = tuple(sorted(world.rng.sample(everybody, count)))


def approved(world: World) -> ApprovedRecord:
    """Return the record, verified, with the overrides that the plan wants wherever one can be made."""
    found = approve(world.workspace.record, allow_insecure=(TOY,))
    if world.plan.levels["overrides"] == "none":
        return found
    overrides = [
        Override(ruling.cell_label, ruling.contest_label, rule, REASON)
        for ruling in found.rulings
        for rule in ruling.broken
        if ruling.ballots
    ]
    return approve(world.workspace.record, allow_insecure=(TOY,), overrides=overrides)


def committed(world: World, record: ApprovedRecord, statements: Sequence[Statement]) -> Committed:
    """Let every guardian of the quorum commit."""
    states, commitments = {}, []
    for i in world.quorum:
        states[i], message = commit(record.election, world.guardians.shares[i], statements, world.quorum)
        commitments.append(message)
    return states, commitments


def revealed(committed: Committed) -> list[DecryptionReveals]:
    states, commitments = committed
    return [reveal(state, commitments) for state in states.values()]


def decrypted(world: World, record: ApprovedRecord, statements: Sequence[Statement]) -> tuple[Decrypted, ...]:
    """Decrypt in three rounds."""
    states, commitments = sent = committed(world, record, statements)
    reveals = revealed(sent)
    responses = [
        respond(record.election, world.guardians.shares[i], state, commitments, reveals) for i, state in states.items()
    ]
    return combine(record.election, record.guardians, statements, commitments, reveals, responses)


def decrypt_all(world: World, record: ApprovedRecord) -> None:
    """Decrypt and publish tallies, what challenged and uncast ballots hold, and contest data where it may be read."""
    workspace = world.workspace
    exceptions = exceptions_of(workspace, record, world.quorum)
    publish_tallies(workspace, record, exceptions, decrypted(world, record, record.tally_statements()))
    if left := not_opened(workspace):
        asked = list(record.ballot_nonce_statements(left))
        results = decrypted(world, record, [statement for _, statement in asked])
        for (ballot, _), (factor, _) in zip(asked, results, strict=True):
            open_with(workspace, ballot, factor)
    publish_challenged(workspace)
    if any(ruling.refusal is None for ruling in record.data_rulings):
        data = list(record.contest_data_statements())
        results = decrypted(world, record, [statement for _, statement in data])
        publish_contest_data(workspace, record, zip(data, results, strict=True))
    world.phase = "decrypted"
