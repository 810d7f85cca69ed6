"""Broken records: boxes 2 to 4, the guardians and their keys."""

from functools import partial

from e2evote.key_ceremony import SecretGuardianKeys
from e2evote.record import layout
from e2evote.secret_sharing import SecretPolynomial
from e2evote.zkp import schnorr
from tests.forger import Forger
from tests.mutations.registry import PLUS_ONE, WRONG_HASH, defect, drop, edits, plus_q, put


def guardian(i: int) -> str:
    return layout.guardian_path(i)


edits("guardian-response-plus-1", "2.C", guardian(2), put("vote_proof", "responses", 0, value=PLUS_ONE))
edits("guardian-data-response-plus-1", "2.C", guardian(3), put("data_proof", "responses", 2, value=PLUS_ONE))
edits("guardian-challenge-plus-1", "2.C", guardian(1), put("vote_proof", "challenge", value=PLUS_ONE))
edits("guardian-response-plus-q", "2.B", guardian(1), plus_q("vote_proof", "responses", 1), standard_adds="2.C")
edits("guardian-data-response-plus-q", "2.B", guardian(1), plus_q("data_proof", "responses", 2), standard_adds="2.C")
edits(
    "guardian-response-too-many",
    "X.guardian-proof-length",
    guardian(2),
    put("data_proof", "responses", value=lambda responses: [*responses, responses[0]]),
    skips="2.C",
)
edits(
    "guardian-response-missing", "X.guardian-proof-length", guardian(2), drop("vote_proof", "responses", 2), skips="2.C"
)
edits("guardian-calls-itself-1", "X.guardian-indices", guardian(2), put("i", value=1), may="2.C")
edits("h-e-wrong", "4.A", layout.EXTENDED_HASHES, put("h_e", value=WRONG_HASH), oracle_adds="5.B 8.C 8.F 8.G 10.B")


def _negated(f: Forger, what: str) -> None:
    """Publish −x for one of a guardian's elements, with challenges that are even."""
    f.hold()
    secret = f.secret_keys(1, f.election.k)
    others = {i: f.secret_keys(i, f.election.k) for i in (2, 3)}
    f.hold(secrets={1: secret, **others})
    public = f.guardians[1]
    kappa = f.minus(public.communication_key) if what == "kappa" else public.communication_key
    fields: dict[str, object] = {"communication_key": kappa}
    for label, name, polynomial in ((b"pk_vote", "vote", secret.vote), (b"pk_data", "data", secret.data)):
        published = list(getattr(public, f"{name}_commitments"))
        if what == name:
            published[1] = f.minus(published[1])
        challenge = partial(schnorr.guardian_challenge, f.election.hashes.h_p, label, 1, (*published, kappa))
        while True:
            proof = schnorr.prove_all(f.g, (*polynomial.coefficients, secret.zeta), challenge, f.rng)
            if proof.challenge.value % 2 == 0:
                break
        fields |= {f"{name}_commitments": tuple(published), f"{name}_proof": proof}
    f.guardians[1] = public.model_copy(update=fields)
    f.write()


@defect("2.A")
def _vote_commitment_outside_the_group(f: Forger) -> None:
    """−K_{1,1} with an even challenge."""
    _negated(f, "vote")


@defect("2.A")
def _data_commitment_outside_the_group(f: Forger) -> None:
    """−K̂_{1,1} with an even challenge."""
    _negated(f, "data")


@defect("2.A")
def _communication_key_outside_the_group(f: Forger) -> None:
    """−κ_1 with even challenges."""
    _negated(f, "kappa")


@defect("X.guardian-indices")
def _guardian_missing(f: Forger) -> None:
    """n = 3, and an election of guardians 1 and 2 only."""
    f.hold(secrets={i: f.secret_keys(i, 2) for i in (1, 2)})
    f.write()


@defect("X.guardian-indices 3.A 3.B")
def _guardian_file_deleted(f: Forger) -> None:
    """The file of guardian 3 is deleted."""
    f.write()
    (f.root / guardian(3)).unlink()


@defect("X.guardian-indices")
def _guardian_doubled(f: Forger) -> None:
    """Guardian 2 counts twice, in the file of guardian 3 too."""
    first, second = (f.secret_keys(i, 2) for i in (1, 2))
    f.hold(secrets={1: first, 2: second, 3: second})
    f.write()


@defect("X.guardian-indices")
def _guardian_index_out_of_range(f: Forger) -> None:
    """Guardians 1, 2 and 4."""
    f.hold(secrets={i: f.secret_keys(i, 2) for i in (1, 2, 4)})
    f.write()


@defect("X.guardian-indices")
def _guardian_too_many(f: Forger) -> None:
    """n = 3, and four guardians."""
    f.hold(secrets={i: f.secret_keys(i, 2) for i in (1, 2, 3, 4)})
    f.write()


@defect("X.commitment-count X.guardian-proof-length")
def _guardian_with_k_plus_1_commitments(f: Forger) -> None:
    """One guardian's polynomials have degree k, so that k guardians cannot decrypt."""
    f.hold(secrets={1: f.secret_keys(1, 3), 2: f.secret_keys(2, 2), 3: f.secret_keys(3, 2)})
    f.write()


@defect("X.commitment-count X.guardian-proof-length")
def _guardian_with_k_minus_1_commitments(f: Forger) -> None:
    """One guardian's secret is its share: polynomials of degree 0."""
    f.hold(secrets={1: f.secret_keys(1, 2), 2: f.secret_keys(2, 1), 3: f.secret_keys(3, 2)})
    f.write()


@defect("3.A")
def _joint_vote_key_of_somebody_else(f: Forger) -> None:
    """K is a key of the administrator alone, and all else follows from it."""
    f.replace_keys(s=f.rng.scalar(f.group))
    f.write()


@defect("3.B")
def _joint_data_key_of_somebody_else(f: Forger) -> None:
    """K̂ is a key of the administrator alone, and all else follows from it."""
    f.replace_keys(s_hat=f.rng.scalar(f.group))
    f.write()


def _cancelling(f: Forger, which: str) -> None:
    """The last guardian's secret is minus the sum of the others'."""
    secrets = {i: f.secret_keys(i, 2) for i in (1, 2, 3)}
    first = [getattr(secrets[i], which).coefficients for i in (1, 2, 3)]
    cancelled = SecretPolynomial((f.group.secret(0) - first[0][0] - first[1][0], first[2][1]))
    polynomials = {"vote": secrets[3].vote, "data": secrets[3].data, which: cancelled}
    secrets[3] = SecretGuardianKeys(3, polynomials["vote"], polynomials["data"], secrets[3].zeta)
    f.hold(secrets=secrets)
    f.write()


@defect("X.keys-nontrivial")
def _vote_key_1(f: Forger) -> None:
    """A rushing guardian makes K = 1: everybody can read, and every t fits every T."""
    _cancelling(f, "vote")


@defect("X.keys-nontrivial")
def _data_key_1(f: Forger) -> None:
    """A rushing guardian makes K̂ = 1: everybody can read every nonce."""
    _cancelling(f, "data")
