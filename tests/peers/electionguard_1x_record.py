"""Hold an election with electionguard 1.4.0 from PyPI, unmodified, and publish its record by its own export.

``make interop`` runs it in an environment of its own. Three guardians, quorum 2, the third missing at the decryption;
two devices, five ballots: three cast (one of them blank) and two spoiled; 4096-bit parameters.
"""

import argparse
import importlib.util
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from electionguard_1x import GUARDIANS, OPTIONS, QUORUM, InLine, ceremony, import_library, manifest_of

CONTESTS = 2
VOTES = ("cast", 0), ("spoiled", 1), ("cast", 2), ("cast", None), ("spoiled", 3)
"""What becomes of each ballot, and its option in every contest; None is blank."""


def plaintext(internal: Any, number: int, option: int | None) -> Any:
    """Return a ballot that votes so in every contest."""
    from electionguard.ballot import PlaintextBallot, PlaintextBallotContest, PlaintextBallotSelection

    contests = [
        PlaintextBallotContest(
            contest.object_id,
            [
                PlaintextBallotSelection(selection.object_id, int(j == option), False)
                for j, selection in enumerate(contest.ballot_selections)
            ],
        )
        for contest in internal.get_contests_for("all")
    ]
    return PlaintextBallot(f"ballot-{number}", "all", contests)


def encrypted(internal: Any, context: Any, devices: list[Any]) -> list[Any]:
    """Encrypt the ballots, the first three on the first device, and cast or spoil them."""
    from electionguard.ballot_box import cast_ballot, spoil_ballot
    from electionguard.encrypt import encrypt_ballot
    from electionguard.group import rand_q

    submitted, seeds = [], [device.get_hash() for device in devices]
    for number, (fate, option) in enumerate(VOTES):
        device = number // 3
        ballot = encrypt_ballot(plaintext(internal, number, option), internal, context, seeds[device], rand_q())
        seeds[device] = ballot.code
        submitted.append((cast_ballot if fate == "cast" else spoil_ballot)(ballot))
    assert len(submitted[0].contests[0].ballot_selections) == OPTIONS + 1
    return submitted


def decrypted(guardians: list[Any], tally: Any, spoiled: list[Any], context: Any, manifest: Any) -> Any:
    """Return the mediator after the guardians that are there have decrypted the tally and the spoiled ballots."""
    from electionguard.decryption_mediator import DecryptionMediator

    present, missing = guardians[:QUORUM], guardians[QUORUM:]
    mediator = DecryptionMediator("mediator", context)
    for guardian in present:
        ballot_shares = guardian.compute_ballot_shares(spoiled, context)
        mediator.announce(guardian.share_key(), guardian.compute_tally_share(tally, context), ballot_shares)
    for absent in missing:
        mediator.announce_missing(absent.share_key())
        for guardian in present:
            share = guardian.compute_compensated_tally_share(absent.id, tally, context)
            mediator.receive_tally_compensation_share(share)
            shares = guardian.compute_compensated_ballot_shares(absent.id, spoiled, context)
            mediator.receive_ballot_compensation_shares(shares)
    mediator.reconstruct_shares_for_tally(tally)
    mediator.reconstruct_shares_for_ballots(spoiled)
    return mediator


def hold(folder: Path) -> None:
    """Hold the election and publish its record in the folder."""
    from electionguard import decryption, tally
    from electionguard.ballot_box import BallotBoxState
    from electionguard.constants import get_constants
    from electionguard.election import make_ciphertext_election_context
    from electionguard.election_polynomial import LagrangeCoefficientsRecord
    from electionguard.encrypt import EncryptionDevice
    from electionguard.manifest import InternalManifest

    decryption.Scheduler = tally.Scheduler = InLine
    manifest = manifest_of(CONTESTS)
    guardians, joint = ceremony()
    context = make_ciphertext_election_context(
        GUARDIANS, QUORUM, joint.joint_public_key, joint.commitment_hash, manifest.crypto_hash()
    )
    internal = InternalManifest(manifest)
    devices = [EncryptionDevice(1, 2, 3, "town hall"), EncryptionDevice(4, 5, 6, "school")]
    submitted = encrypted(internal, context, devices)
    counted = tally.CiphertextTally("tally", internal, context)
    assert all(counted.append(ballot, True) for ballot in submitted)
    spoiled = [ballot for ballot in submitted if ballot.state == BallotBoxState.SPOILED]
    mediator = decrypted(guardians, counted, spoiled, context, manifest)
    plain = mediator.get_plaintext_tally(counted, manifest)
    opened = mediator.get_plaintext_ballots(spoiled, manifest)
    coefficients = LagrangeCoefficientsRecord(mediator.get_lagrange_coefficients())
    records = [guardian.publish() for guardian in guardians]
    export().export_record(
        manifest, context, get_constants(), devices, submitted, opened.values(), counted.publish(), plain, records,
        coefficients, str(folder),
    )  # fmt: skip


def export() -> Any:
    """Return the package's own export; its neighbours need packages that only its tests have."""
    found = PathFinder.find_spec("electionguard_tools")
    assert found is not None
    assert found.submodule_search_locations
    path = Path(found.submodule_search_locations[0]) / "helpers" / "export.py"
    spec = importlib.util.spec_from_file_location("electionguard_export", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Hold an election with electionguard 1.4.0 and publish its record.")
    parser.add_argument("folder", type=Path, help="where the record goes")
    options = parser.parse_args()
    import_library()
    hold(options.folder)
