"""Hold an election with electionguard 1.4.0 from PyPI, unmodified, and write its record as its own tools do.

Three guardians, quorum two, the third missing; cast and spoiled ballots on two devices; the standard 4096 bits. Runs in
the environment that ``make interop`` sets up, as ``.venv-peers/bin/python tests/peers/electionguard_1x_election.py
FOLDER``.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from electionguard_1x import GUARDIANS, QUORUM, InLine, ballots_of, ceremony, import_library, manifest_of

CONTESTS, BALLOTS, SPOILED = 2, 6, 2


def hold(folder: Path) -> None:
    """Hold it, and write the record."""
    from electionguard import decryption, tally
    from electionguard.ballot_box import cast_ballot, spoil_ballot
    from electionguard.constants import get_constants
    from electionguard.election import make_ciphertext_election_context
    from electionguard.election_polynomial import LagrangeCoefficientsRecord
    from electionguard.encrypt import EncryptionDevice, EncryptionMediator
    from electionguard.manifest import InternalManifest

    decryption.Scheduler = tally.Scheduler = InLine
    manifest = manifest_of(CONTESTS)
    guardians, joint = ceremony()
    internal = InternalManifest(manifest)
    context = make_ciphertext_election_context(
        GUARDIANS, QUORUM, joint.joint_public_key, joint.commitment_hash, manifest.crypto_hash()
    )
    devices = [EncryptionDevice(number, 10 + number, 100 + number, f"station {number}") for number in (1, 2)]
    mediators = [EncryptionMediator(internal, context, device) for device in devices]
    submitted = []
    for number, plaintext in enumerate(ballots_of(internal, BALLOTS)):
        ballot = mediators[number % 2].encrypt(plaintext)
        assert ballot is not None
        submitted.append(spoil_ballot(ballot) if number < SPOILED else cast_ballot(ballot))
    total = tally.CiphertextTally("election-results", internal, context)
    assert total.batch_append([(ballot.object_id, ballot) for ballot in submitted], True, InLine())
    plain, spoiled, coefficients = decrypt(guardians, total, submitted[:SPOILED], context, manifest)
    export_tool().export_record(
        manifest, context, get_constants(), devices, submitted, spoiled.values(), total.publish(), plain,
        [guardian.publish() for guardian in guardians], LagrangeCoefficientsRecord(coefficients), str(folder),
    )  # fmt: skip


def export_tool() -> Any:
    """Return the tools' exporting module; their package would import what only its tests need."""
    spec = PathFinder.find_spec("electionguard_tools")
    assert spec is not None
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / "helpers"
    sys.path.insert(0, str(folder))
    return importlib.import_module("export")


def decrypt(
    guardians: Sequence[Any], total: Any, ballots: Sequence[Any], context: Any, manifest: Any
) -> tuple[Any, Any, Any]:
    """Decrypt tally and spoiled ballots with a quorum; the shares of the missing guardian are compensated for."""
    from electionguard.decryption_mediator import DecryptionMediator

    present, missing = guardians[:QUORUM], guardians[QUORUM:]
    mediator = DecryptionMediator("mediator", context)
    for guardian in present:
        shares = guardian.compute_ballot_shares(ballots, context)
        mediator.announce(guardian.share_key(), guardian.compute_tally_share(total, context), shares)
    for absent in missing:
        mediator.announce_missing(absent.share_key())
        for guardian in present:
            mediator.receive_tally_compensation_share(
                guardian.compute_compensated_tally_share(absent.id, total, context)
            )
            shares = guardian.compute_compensated_ballot_shares(absent.id, ballots, context)
            mediator.receive_ballot_compensation_shares(shares)
    coefficients = mediator.get_lagrange_coefficients()
    mediator.reconstruct_shares_for_tally(total)
    mediator.reconstruct_shares_for_ballots(ballots)
    return (
        mediator.get_plaintext_tally(total, manifest),
        mediator.get_plaintext_ballots(ballots, manifest),
        coefficients,
    )


if __name__ == "__main__":
    import_library()
    hold(Path(sys.argv[1]))
