"""Box 2: every guardian's commitments and proofs; and that there are exactly n guardians with exactly k commitments."""

from e2evote.record.layout import Record, guardian_path
from e2evote.record.setup import GuardianPublicKey
from e2evote.verifier.context import Setup
from e2evote.verifier.report import Check, Ledger
from e2evote.zkp.schnorr import guardian_challenge

CHECKS = (
    Check("2.A", "every K_{i,j}, K̂_{i,j} and κ_i is in the group", "keys"),
    Check("2.B", "every response of a guardian's proofs is in Z_q", "keys"),
    Check("2.C", "both challenges of every guardian are correct", "keys"),
    Check("X.guardian-indices", "the guardians are exactly 1 to n", "keys"),
    Check("X.commitment-count", "every guardian has exactly k commitments for each key", "keys"),
    Check("X.guardian-proof-length", "every guardian's proofs have exactly k + 1 responses", "keys"),
)


def verify(ledger: Ledger, record: Record, setup: Setup) -> tuple[GuardianPublicKey, ...]:
    """Run the box and return the guardians' public keys.

    Raises:
        ParseError: a file that cannot be parsed.

    Spec: EG-2.1 §3.2.2, box 2
    """
    indices = record.guardian_indices()
    guardians = tuple(record.object(GuardianPublicKey, guardian_path(i), setup.group) for i in indices)
    n = setup.parameters.n
    exact = len(indices) == n and all(i == j for j, i in enumerate(indices, 1))
    ledger.check("X.guardian-indices", exact, f"there are guardians {indices[:20]}, expected 1 to {n}")
    for i, guardian in zip(indices, guardians, strict=True):
        ledger.check(
            "X.guardian-indices", guardian.i == i, f"{guardian_path(i)} holds the key of guardian {guardian.i}"
        )
        _verify_guardian(ledger, setup, guardian)
    ledger.complete(CHECKS)
    return guardians


def _verify_guardian(ledger: Ledger, setup: Setup, guardian: GuardianPublicKey) -> None:
    who, k, kappa = f"guardian {guardian.i}", setup.parameters.k, guardian.communication_key
    ledger.check("2.A", kappa.is_member(), f"{who}: κ is not a member of the group")
    for label, published, proof in (
        (b"pk_vote", guardian.vote_commitments, guardian.vote_proof),
        (b"pk_data", guardian.data_commitments, guardian.data_proof),
    ):
        what = f"{who}, {label.decode()}"
        for j, K_j in enumerate(published):
            ledger.check("2.A", K_j.is_member(), f"{what}: commitment {j} is not a member of the group")
        for j, v_j in enumerate(proof.responses):
            ledger.check("2.B", v_j.in_range(), f"{what}: response {j} is not in Z_q")
        ledger.check("X.commitment-count", len(published) == k, f"{what}: {len(published)} commitments, not {k}")
        responses = len(proof.responses)
        ledger.check("X.guardian-proof-length", responses == k + 1, f"{what}: {responses} responses, not {k + 1}")
        if responses != len(published) + 1:
            ledger.skip("2.C")
            continue
        publics = (*published, kappa)
        c = guardian_challenge(setup.h_p, label, guardian.i, publics, proof.commitments(setup.group.g, publics))
        ledger.check("2.C", c == proof.challenge, f"{what}: the challenge does not match")
