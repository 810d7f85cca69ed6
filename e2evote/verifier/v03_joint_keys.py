"""Box 3: the joint keys are the products of the guardians' keys; and they are not trivial."""

from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.setup import GuardianPublicKey, JointKeys
from e2evote.secret_sharing import product
from e2evote.verifier.context import Setup
from e2evote.verifier.report import Check, Ledger

CHECKS = (
    Check("3.A", "K is the product of the guardians' vote keys", "keys"),
    Check("3.B", "K̂ is the product of the guardians' data keys", "keys"),
    Check("X.keys-nontrivial", "K and K̂ are members of the group and not 1", "keys"),
)


def verify(ledger: Ledger, record: Record, setup: Setup, guardians: tuple[GuardianPublicKey, ...]) -> JointKeys:
    """Run the box and return the keys as published.

    Raises:
        ParseError: the file cannot be parsed.

    Spec: EG-2.1 §3.2.2, box 3
    """
    keys = record.object(JointKeys, layout.JOINT_KEYS, setup.group)
    K, K_hat = keys.vote_encryption_key, keys.data_encryption_key
    vote = product(setup.group, (guardian.vote_commitments[0] for guardian in guardians))
    data = product(setup.group, (guardian.data_commitments[0] for guardian in guardians))
    ledger.check("3.A", vote == K, "K is not the product of the K_i")
    ledger.check("3.B", data == K_hat, "K̂ is not the product of the K̂_i")
    for name, key in (("K", K), ("K̂", K_hat)):
        ledger.check(
            "X.keys-nontrivial", key.is_member() and key != setup.group.one, f"{name} is 1 or not in the group"
        )
    ledger.complete(CHECKS)
    return keys
