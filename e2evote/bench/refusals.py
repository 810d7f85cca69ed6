"""Ballots that the verifier must refuse: votes of 2 and of 5 where 1 is allowed, and a proof with another response.

The false votes are encrypted honestly under a manifest that allows five, and their proofs cut down to the branches that
the true manifest expects; nothing else about these ballots is wrong.
"""

from dataclasses import replace

from e2evote.bench.backends import verify_ballots
from e2evote.bench.phases import Prepared
from e2evote.bench.workload import grid_ballot, grid_manifest
from e2evote.errors import E2EVoteError
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.manifest import parse_manifest
from e2evote.zkp.range import RangeProof


def check_refusals(prepared: Prepared, contests: int, options: int) -> None:
    """Have the verifier judge forged ballots between honest ones of EG-CxO.

    Raises:
        E2EVoteError: it accepts one, or refuses another.
    """
    lenient = parse_manifest(grid_manifest(contests, options, limit=5))
    forger = replace(prepared, election=replace(prepared.election, manifest=lenient))
    batch = prepared.encrypt([grid_ballot(contests, options, i % options) for i in range(5)])
    for index, votes in ((1, 2), (3, 5)):
        (forged,) = forger.encrypt([grid_ballot(contests, options, 0, votes)], batch[index].position - 1)
        batch[index] = _cut(forged)
    batch[4] = _tampered(batch[4])
    findings = verify_ballots(prepared.context, batch).findings
    refused = {finding.position for found in findings.values() for finding in found}
    expected = {batch[index].position for index in (1, 3, 4)}
    if refused != expected or not {"6.D", "7.D"} <= findings.keys():
        raise E2EVoteError(f"the verifier refused ballots {refused} instead of {expected}: {sorted(findings)}")


def _cut(ballot: EncryptedBallot) -> EncryptedBallot:
    """Leave the branches for 0 and 1 of every proof."""
    contests = []
    for contest in ballot.contests:
        options = tuple(option.model_copy(update={"proof": _shortened(option.proof)}) for option in contest.options)
        contests.append(contest.model_copy(update={"options": options, "proof": _shortened(contest.proof)}))
    return ballot.model_copy(update={"contests": tuple(contests)})


def _shortened(proof: RangeProof) -> RangeProof:
    return RangeProof(proof.challenges[:2], proof.responses[:2])


def _tampered(ballot: EncryptedBallot) -> EncryptedBallot:
    """Add 1 to the last response of the last contest's last option."""
    *contests, contest = ballot.contests
    *options, option = contest.options
    *others, response = option.proof.responses
    wrong = response + response.group.scalar(1)
    option = option.model_copy(update={"proof": replace(option.proof, responses=(*others, wrong))})
    contest = contest.model_copy(update={"options": (*options, option)})
    return ballot.model_copy(update={"contests": (*contests, contest)})
