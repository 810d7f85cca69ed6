"""Broken records: each a valid one with a single named defect, and the checks that must and may fail with it.

    mutation = BY_NAME["encryption-of-two"]
    mutation.write(tmp_path / "record", built)     # built: the fixture, an honest toy election

Behind the defect everything is consistent, and the index agrees, unless the defect is that it does not. ``must`` are
the ids of checks that fail, ``may`` those that fail with them because they look at the same thing; no other may fail.
``skips`` are those that may not run for want of what they look at.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from e2evote.elgamal import Ciphertext, encrypt
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.group.parameters import group_named
from e2evote.hashed_elgamal import ContestDataSeal, HashedCiphertext
from e2evote.hashing import contest_data_nonce, parameter_base_hash
from e2evote.key_ceremony import SecretGuardianKeys
from e2evote.record import layout
from e2evote.record.codes import chaining_field, contest_hash, open_device
from e2evote.record.setup import Election, Hashes
from e2evote.record.tally import EncryptedTally, EncryptedTallyContest, Tally
from e2evote.secret_sharing import SecretPolynomial
from e2evote.verifier.run import CHECKS
from e2evote.zkp import range as range_proof
from e2evote.zkp import schnorr
from e2evote.zkp.range import Commitments, RangeProof
from tests.builders import TOY, BuiltRecord, manifest_bytes, reindex
from tests.forger import CounterFromZero, Forger, Vote

IDS = tuple(check.id for check in CHECKS)
LATER = frozenset(check.id for check in CHECKS if check.phase not in ("setup", "keys"))
KEYS_AND_LATER = frozenset(check.id for check in CHECKS if check.phase != "setup")
BOX_12, BOX_14 = "12.A 12.B 12.C", "14.A 14.B 14.C 14.D 14.E 14.F"
SUMS = "9.A 9.B X.tally-cells"
"""What fails where other ballots are added up than were cast, or some cannot be."""
DATA_LEFT_OUT = "X.contest-data-complete"
"""What fails too where a ballot's contest data cannot be decrypted, or is that of no cast ballot."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One defect.

    The oracle goes on from stated values where the verifier goes on from recomputed ones: of the lettered checks it
    names ``oracle_adds`` too, and not ``oracle_lacks``.
    """

    name: str
    defect: str
    apply: Callable[[Forger], None]
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    skips: frozenset[str] = frozenset()
    allow: tuple[str, ...] = (TOY,)
    indexed: bool = True
    oracle_adds: frozenset[str] = frozenset()
    oracle_lacks: frozenset[str] = frozenset()

    def write(self, root: Path, built: BuiltRecord) -> Path:
        """Write the broken record into a new directory."""
        root.mkdir(parents=True)
        self.apply(Forger.of(root, built))
        if self.indexed:
            reindex(root)
        return root


_MUTATIONS: list[Mutation] = []


def defect(must: str, **more: Any) -> Callable[[Callable[[Forger], None]], Callable[[Forger], None]]:
    """Register a function as a mutation; its name and its docstring are the mutation's, ids are given as one string."""

    def register(function: Callable[[Forger], None]) -> Callable[[Forger], None]:
        name = function.__name__.removeprefix("_").replace("_", "-")
        _register(name, (function.__doc__ or "").strip(), function, must, more)
        return function

    return register


def edits(name: str, must: str, file: str, change: Callable[[Any], object], **more: Any) -> None:
    """Register a mutation that changes the JSON of one file, or the list of lines of one."""

    def apply(f: Forger) -> None:
        f.write()
        (f.edit_lines if file.endswith(".ndjson") else f.edit)(file, change)

    _register(name, name.replace("-", " "), apply, must, more)


def _register(name: str, text: str, apply: Callable[[Forger], None], must: str, more: dict[str, Any]) -> None:
    fields = {key: frozenset(ids.split()) if isinstance(ids, str) else ids for key, ids in more.items()}
    _MUTATIONS.append(Mutation(name, text, apply, frozenset(must.split()), **fields))


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    """Return a change that sets one place in a JSON value, to a value or to a function of the old one."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        top[path[-1]] = value(top[path[-1]]) if callable(value) else value

    return change


def drop(*path: str | int) -> Callable[[Any], None]:
    """Return a change that leaves one place out."""

    def change(top: Any) -> None:
        for step in path[:-1]:
            top = top[step]
        del top[path[-1]]

    return change


def add(n: int) -> Callable[[str], str]:
    """Return a function from hex to the hex of a number that is n higher."""
    return lambda text: f"{int(text, 16) + n:0{len(text)}X}"


P, Q = int(group_named(TOY).p), int(group_named(TOY).q)
PLUS_ONE, PLUS_Q = add(1), add(Q)
WRONG_HASH = "0123456789ABCDEF" * 4


def element(x: Element | int) -> str:
    """Return an element of the toy group as the record writes it."""
    value = x if isinstance(x, int) else int(x.value)
    return f"{value:064X}"


# ------------------------------------------------------------------------------------------------- index


@defect("X.index", indexed=False)
def _file_changed_after_publication(f: Forger) -> None:
    """A status is changed and the index left as it was."""
    f.write()
    reindex(f.root)
    f.edit("guardians/guardian_1.public_key.json", put("name", value="Somebody Else"))


@defect("X.index", indexed=False)
def _file_not_in_the_index(f: Forger) -> None:
    """A file lies in the record that the index does not name."""
    f.write()
    reindex(f.root)
    (f.root / "readme.txt").write_text("hello")


@defect("X.index", indexed=False)
def _file_of_the_format_not_in_the_index(f: Forger) -> None:
    """The opened ballots are not in the index."""
    f.write()
    reindex(f.root)
    f.edit("index.json", lambda index: index["files"].pop(0))


@defect("X.index", indexed=False)
def _size_of_a_file_in_the_index(f: Forger) -> None:
    """The index states another size, with the right hash."""
    f.write()
    reindex(f.root)
    f.edit("index.json", put("files", 0, "size", value=lambda size: size + 1))


# ------------------------------------------------------------------------------------------------- box 1

edits("version-2-0-0", "1.A", layout.PARAMETERS, put("version", value="v2.0.0"))
edits("q-plus-2", "1.C", layout.PARAMETERS, put("q", value=add(2)), oracle_adds="1.E")
edits(
    "g-squared",
    "1.D",
    layout.PARAMETERS,
    put("g", value=lambda g: element(pow(int(g, 16), 2, P))),
    oracle_adds="1.E 2.C 6.D 7.D 10.B 12.B 13.A 13.B",
)
edits("g-is-1", "1.D", layout.PARAMETERS, put("g", value=element(1)), oracle_adds="1.E 2.C 6.D 7.D 10.B 12.B 13.A 13.B")
edits("h-p-wrong", "1.E", layout.HASHES, put("h_p", value=WRONG_HASH), oracle_adds="1.F 2.C")
edits("h-b-wrong", "1.F", layout.HASHES, put("h_b", value=WRONG_HASH), oracle_adds="4.A")
edits("r-plus-1", "X.parameters", layout.PARAMETERS, put("r", value=PLUS_ONE))
edits("q-too-wide", "X.parameters", layout.PARAMETERS, put("q", value=lambda q: "00" + q))


@defect(
    "1.B",
    may="1.C 1.D",
    skips=KEYS_AND_LATER | {"1.E", "1.F", "1.A", "X.parameters", "X.manifest", "1.C", "1.D"},
    oracle_adds="1.E",
)
def _p_of_no_known_set(f: Forger) -> None:
    """p is another number."""
    f.write()
    f.edit(layout.PARAMETERS, put("p", value=add(-2)))


@defect("1.B 1.C 1.D", allow=())
def _toy_parameters_not_allowed(f: Forger) -> None:
    """Nothing is wrong but that nobody asked for the toy parameters."""
    f.write()


@defect("1.B 1.C 1.D", allow=("toy-48-192", "reduced-3072"))
def _other_toy_parameters_allowed(f: Forger) -> None:
    """Other insecure parameters were asked for."""
    f.write()


@defect("1.E", may="1.F 2.C 4.A 5.B 8.C 8.F 8.G 10.B")
def _h_p_of_other_n(f: Forger) -> None:
    """The whole election is held with an H_P for n + 1 guardians."""
    f.hold(h_p=parameter_base_hash(f.group, f.election.n + 1, f.election.k))
    f.write()


@defect("1.F", may="4.A 5.B 8.C 8.F 8.G 10.B")
def _h_b_without_length(f: Forger) -> None:
    """The whole election is held with an H_B that leaves out the length of the manifest (a known mistake)."""
    old, data = f.election, f.manifest_bytes
    h_b = hmac.digest(old.hashes.h_p, b"\x01" + data, hashlib.sha256)
    f.election = Election.of(old.group, old.n, old.k, old.manifest, Hashes(h_p=old.hashes.h_p, h_b=h_b), old.keys)
    f.vote_again()
    f.write()


@defect("X.parameters")
def _quorum_above_the_number_of_guardians(f: Forger) -> None:
    """k = 4 of n = 3, consistently."""
    f.hold(k=4)
    f.write()


@defect("X.parameters", may="1.E 1.F 2.C 4.A 5.B 8.C 8.F 8.G 10.B X.commitment-count X.guardian-proof-length")
def _quorum_of_0(f: Forger) -> None:
    """k = 0 in the parameters."""
    f.write()
    f.edit(layout.PARAMETERS, put("k", value=0))


@defect("X.manifest", skips=LATER)
def _label_with_two_blanks(f: Forger) -> None:
    """A label of the manifest has two blanks together."""
    f.hold(manifest=manifest_bytes(label="Everything,  once"))
    f.write()


@defect("X.manifest", skips=LATER)
def _label_with_byte_order_mark(f: Forger) -> None:
    """A label of the manifest has an invisible U+FEFF, so that two labels look the same."""
    f.hold(manifest=manifest_bytes(label="Everything,\ufeffonce"))
    f.write()


# ------------------------------------------------------------------------------------------------- boxes 2 to 4


def guardian(i: int) -> str:
    return layout.guardian_path(i)


edits("guardian-response-plus-1", "2.C", guardian(2), put("vote_proof", "responses", 0, value=PLUS_ONE))
edits("guardian-data-response-plus-1", "2.C", guardian(3), put("data_proof", "responses", 2, value=PLUS_ONE))
edits("guardian-challenge-plus-1", "2.C", guardian(1), put("vote_proof", "challenge", value=PLUS_ONE))
edits("guardian-response-plus-q", "2.B", guardian(1), put("vote_proof", "responses", 1, value=PLUS_Q))
edits("guardian-data-response-plus-q", "2.B", guardian(1), put("data_proof", "responses", 2, value=PLUS_Q))
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


# ------------------------------------------------------------------------------------------------- box 5


@defect("5.A")
def _repeated_id(f: Forger) -> None:
    """Two different ballots with one id_B."""
    f.encrypt_again(f.pick("cast", 1, device=1), id_b=f.pick("cast", 0, device=1).ballot.id_b)
    f.write()


@defect("5.B")
def _h_i_of_another_election(f: Forger) -> None:
    """H_I is hashed under another H_E, and all else on the ballot under that H_I."""
    f.encrypt_again(f.pick("cast", device=1), election=f.with_h_e(b"\x01" * 32))
    f.write()


@defect("5.A X.codes-unique")
def _repeated_ballot(f: Forger) -> None:
    """The same ballot twice on a device without chaining, and counted twice."""
    vote = f.pick("cast", device=2)
    f.votes[2].append(Vote(vote.ballot, vote.nonce, vote.plaintext, vote.status))
    f.rechain(2)
    f.write()


@defect("5.A X.codes-unique", may="8.D")
def _repeated_ballot_on_another_device(f: Forger) -> None:
    """A ballot of another device is handed in again on a device without chaining."""
    vote = f.pick("cast", device=1)
    f.votes[2].append(Vote(vote.ballot, vote.nonce, vote.plaintext, vote.status))
    f.votes[2][-1].change(device=2, position=len(f.votes[2]))
    f.close(2)
    f.write()


@defect("X.codes-unique 8.B")
def _repeated_code(f: Forger) -> None:
    """Two voters are given one confirmation code (a clash attack)."""
    first, second = (f.pick("cast", nth, device=2) for nth in (0, 1))
    second.change(confirmation_code=first.ballot.confirmation_code)
    f.write()


# ------------------------------------------------------------------------------------------------- boxes 6 and 7


def board(f: Forger, nth: int = 0, status: str = "cast", **wanted: object) -> Vote:
    """Return a ballot with contest 1: four options, R = 1, L = 2, contest data."""
    return f.pick(status, nth, ballot_style=1, **wanted)


@defect("6.D")
def _option_response_plus_1(f: Forger) -> None:
    """One response of an option's proof is wrong."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("6.D")
def _option_challenge_plus_1(f: Forger) -> None:
    """One challenge of an option's proof is wrong."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, challenges=f.plus_one))
    f.write()


@defect("6.B")
def _option_challenge_plus_q(f: Forger) -> None:
    """One challenge of an option's proof is not below q."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, challenges=f.plus_q))
    f.write()


@defect("6.C")
def _option_response_plus_q(f: Forger) -> None:
    """One response of an option's proof is not below q."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, responses=f.plus_q))
    f.write()


@defect("7.D")
def _limit_response_plus_1(f: Forger) -> None:
    """One response of a limit proof is wrong."""
    _change_proof(board(f), 1, None, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("7.B")
def _limit_challenge_plus_q(f: Forger) -> None:
    """One challenge of a limit proof is not below q."""
    _change_proof(board(f), 1, None, lambda proof: _with(proof, challenges=f.plus_q))
    f.write()


@defect("7.C")
def _limit_response_plus_q(f: Forger) -> None:
    """One response of a limit proof is not below q."""
    _change_proof(board(f), 1, None, lambda proof: _with(proof, responses=f.plus_q))
    f.write()


@defect("6.D")
def _spoiled_ballot_with_wrong_proof(f: Forger) -> None:
    """A proof on a spoiled ballot is wrong; it is looked at although the ballot is neither counted nor opened."""
    _change_proof(f.pick("spoiled"), 3, 1, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("6.D")
def _proofs_of_two_options_swapped(f: Forger) -> None:
    """Two options of a contest carry each other's proof."""
    vote = board(f)
    first, second = (vote.contest(1).options[j].proof for j in (2, 3))
    vote.change_option(1, 3, proof=second)
    vote.change_option(1, 4, proof=first)
    f.write()


@defect("6.D 7.D X.nonce-proof X.contest-data-proof", may=DATA_LEFT_OUT)
def _copied_ballot(f: Forger) -> None:
    """A voter hands in another voter's ciphertexts and proofs under a new id_B (a replay)."""
    copied, vote = board(f, 0).ballot, board(f, 1)
    f.encrypt_again(vote)
    vote.change(contests=copied.contests, ballot_nonce=copied.ballot_nonce)
    f.reseal(vote)
    f.keep_sealed.append(vote)
    f.write()


@defect("6.D")
def _encryption_of_two(f: Forger) -> None:
    """2 votes for one option under R = 1: an honest proof for R = 2, cut to two branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0))
    f.reseal(vote)
    f.write()


@defect("6.D 7.D")
def _encryption_of_five(f: Forger) -> None:
    """5 votes for one option under R = 1 and L = 2: honest proofs for 5, cut to two and three branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 5, 0))
    f.reseal(vote)
    f.write()


@defect("6.D")
def _encryption_of_two_with_simulated_proof(f: Forger) -> None:
    """2 votes under R = 1, both branches simulated, so that each fits by itself but the sum is no hash."""

    def simulate(value: int, xi: SecretScalar, _: Ciphertext, limit: int, __: object) -> RangeProof:
        numbers = [f.rng.scalar(f.group).reveal() for _ in range(2 * limit + 2)]
        return RangeProof(tuple(numbers[: limit + 1]), tuple(numbers[limit + 1 :]))

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), simulate, f.prove)
    f.reseal(vote)
    f.write()


@defect("6.D")
def _encryption_of_two_for_a_loop_one_short(f: Forger) -> None:
    """2 votes under R = 1 with a proof whose last branch is in the sum of challenges but not in the hash."""

    def cheat(value: int, xi: SecretScalar, _: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        u, c = f.rng.scalar(f.group), f.rng.scalar(f.group).reveal()
        t = u + f.group.scalar(value) * c
        rest = challenge([(f.g**u, f.election.K**t)] + [(f.group.one, f.group.one)] * limit) - c
        responses = [(u - c * xi).reveal(), *(f.rng.scalar(f.group).reveal() for _ in range(limit))]
        return RangeProof((c, rest, *[f.group.scalar(0)] * (limit - 1)), tuple(responses))

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), cheat, f.prove)
    f.reseal(vote)
    f.write()


@defect("X.proof-length", skips="6.D")
def _one_branch_proof(f: Forger) -> None:
    """A proof of R = 0, sound by itself, where R = 1."""
    _prove_for(f, 0)


@defect("X.proof-length", skips="6.D")
def _extra_branch(f: Forger) -> None:
    """A proof of R = 2, sound by itself, where R = 1."""
    _prove_for(f, 2)


@defect("X.proof-length", skips="6.D")
def _encryption_of_two_with_extra_branch(f: Forger) -> None:
    """2 votes under R = 1, honestly proved for R = 2."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), lambda v, xi, ct, _, c: f.prove(v, xi, ct, 2, c), f.prove)
    f.reseal(vote)
    f.write()


@defect("X.proof-length", skips="6.D")
def _empty_proof(f: Forger) -> None:
    """A proof without branches."""
    _change_proof(board(f), 1, 1, lambda proof: RangeProof((), ()))
    f.write()


@defect("X.proof-length", skips="6.D")
def _response_missing(f: Forger) -> None:
    """A proof with fewer responses than challenges."""
    _change_proof(board(f), 1, 1, lambda proof: RangeProof(proof.challenges, proof.responses[:-1]))
    f.write()


@defect("X.proof-length", skips="7.D")
def _overvote_with_limit_of_all_options(f: Forger) -> None:
    """4 votes in a contest with L = 2, honestly proved for L = 4, the sum of all R (a known mistake)."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (1, 1, 1, 1), f.prove, lambda v, xi, ct, _, c: f.prove(v, xi, ct, 4, c))
    f.reseal(vote)
    f.write()


@defect("7.D")
def _overvote_with_cut_proof(f: Forger) -> None:
    """4 votes in a contest with L = 2: an honest proof for 4, cut to three branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (1, 1, 1, 1))
    f.reseal(vote)
    f.write()


@defect("6.D")
def _option_index_from_0(f: Forger) -> None:
    """Proofs hash option indices that count from 0 (a known mistake)."""
    vote = board(f)
    h_i = vote.ballot.h_i

    def prove(value: int, xi: SecretScalar, ciphertext: Ciphertext, limit: int, _: object) -> RangeProof:
        number = next(places)
        challenge = partial(range_proof.selection_challenge, h_i, 1, number, ciphertext)
        return f.prove(value, xi, ciphertext, limit, challenge)

    places = iter(range(4))
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), prove, f.prove)
    f.reseal(vote)
    f.write()


@defect("6.D 7.D")
def _challenge_hashed_in_another_order(f: Forger) -> None:
    """Commitments hashed as a_0, a_1, …, b_0, b_1, … (a known mistake)."""

    def reordered(challenge: Any) -> Any:
        def hashed(pairs: Commitments) -> Scalar:
            row = [a for a, _ in pairs] + [b_ for _, b_ in pairs]
            return challenge(list(zip(row[::2], row[1::2], strict=True)))

        return hashed

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), lambda v, xi, ct, limit, c: f.prove(v, xi, ct, limit, reordered(c)))
    f.reseal(vote)
    f.write()


@defect("6.A 7.A")
def _alpha_minus(f: Forger) -> None:
    """−α with even challenges, on a ballot of weight 2, so that the tally does not show it."""
    _forge_option(f, lambda ciphertext: Ciphertext(f.minus(ciphertext.alpha), ciphertext.beta), weight=2)


@defect("6.A 7.A")
def _beta_minus(f: Forger) -> None:
    """−β with even challenges, on a ballot of weight 2, so that the tally does not show it."""
    _forge_option(f, lambda ciphertext: Ciphertext(ciphertext.alpha, f.minus(ciphertext.beta)), weight=2)


@defect("6.A 7.A")
def _two_options_minus(f: Forger) -> None:
    """−α in two options, so that the product of the contest is in the group: each is tested, not the product."""
    vote = board(f, weight=2)
    forge = lambda j, ct: Ciphertext(f.minus(ct.alpha), ct.beta) if j > 2 else ct  # noqa: E731
    f.encrypt_contest(vote, 1, (0, 0, 0, 0), f.prove_evenly, f.prove, forge)
    f.reseal(vote)
    f.write()


@defect("6.A 7.A")
def _alpha_above_p(f: Forger) -> None:
    """α = p + 1, which is 1 mod p: an encryption with the nonce 0 under another number."""
    _nonce_zero(f, f.group.element(f.group.p + 1))


@defect("6.A 7.A")
def _alpha_0(f: Forger) -> None:
    """α = 0 and β of 7 votes, with proofs that hold, on a spoiled ballot."""
    _seven_votes(f, f.group.element(0))


@defect("6.A 7.A")
def _alpha_p(f: Forger) -> None:
    """α = p, which is 0 mod p, and β of 7 votes, with proofs that hold, on a spoiled ballot."""
    _seven_votes(f, f.group.element(f.group.p))


def _with(proof: RangeProof, **changes: Callable[[Scalar], Scalar]) -> RangeProof:
    """Change the last challenge or response of a proof."""
    lists = {"challenges": proof.challenges, "responses": proof.responses}
    for name, change in changes.items():
        lists[name] = (*lists[name][:-1], change(lists[name][-1]))
    return RangeProof(**lists)


def _change_proof(vote: Vote, ind_c: int, ind_o: int | None, change: Callable[[RangeProof], RangeProof]) -> None:
    contest = vote.contest(ind_c)
    if ind_o is None:
        vote.change_contest(ind_c, proof=change(contest.proof))
    else:
        vote.change_option(ind_c, ind_o, proof=change(contest.options[ind_o - 1].proof))


def _prove_for(f: Forger, limit: int) -> None:
    vote = board(f)
    honest = lambda v, xi, ct, _, c: f.prove(v, xi, ct, limit, c)  # noqa: E731
    f.encrypt_contest(vote, 1, (0, 0, 0, 0), honest, f.prove)
    f.reseal(vote)
    f.write()


def _forge_option(f: Forger, forge: Callable[[Ciphertext], Ciphertext], **wanted: object) -> None:
    vote = board(f, **wanted)
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), f.prove_evenly, forge=lambda j, ct: forge(ct) if j == 3 else ct)
    f.reseal(vote)
    f.write()


def _nonce_zero(f: Forger, alpha: Element) -> None:
    """Encrypt one option with the nonce 0, and write α = 1 in another way."""
    vote, K, zero = board(f), f.election.K, f.group.secret(0)
    ciphertext = Ciphertext(alpha, K ** f.group.scalar(1))
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 1, ciphertext)
    vote.change_option(3, 1, ciphertext=ciphertext, proof=f.prove(1, zero, ciphertext, 1, challenge))
    other = encrypt(f.g, K, 0, zero)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 2, other)
    vote.change_option(3, 2, ciphertext=other, proof=f.prove(0, zero, other, 1, challenge))
    total = vote.contest(3).total(f.group.one)
    challenge = partial(range_proof.limit_challenge, vote.ballot.h_i, 3, total)
    vote.change_contest(3, proof=f.prove(1, zero, total, 1, challenge))
    f.reseal(vote)
    f.write()


def _seven_votes(f: Forger, alpha: Element) -> None:
    """With α ≡ 0 all a_j are 0, and one branch can be made to fit whatever β holds."""
    vote, K = f.pick("spoiled"), f.election.K
    m = f.group.scalar(7)

    def cheat(exponent: Scalar, challenge: Any) -> RangeProof:
        t, c_1, v_1 = (f.rng.scalar(f.group).reveal() for _ in range(3))
        b_1 = K ** (v_1 - c_1 + exponent * c_1)
        c_0 = challenge([(f.group.element(0), K**t), (f.group.element(0), b_1)]) - c_1
        return RangeProof((c_0, c_1), (t - c_0 * exponent, v_1))

    ciphertext = Ciphertext(alpha, K**m)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 1, ciphertext)
    vote.change_option(3, 1, ciphertext=ciphertext, proof=cheat(m, challenge))
    other, zero = encrypt(f.g, K, 0, f.group.secret(0)), f.group.secret(0)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 2, other)
    vote.change_option(3, 2, ciphertext=other, proof=f.prove(0, zero, other, 1, challenge))
    total = vote.contest(3).total(f.group.one)
    challenge = partial(range_proof.limit_challenge, vote.ballot.h_i, 3, total)
    vote.change_contest(3, proof=cheat(m, challenge))
    f.reseal(vote)
    f.write()


# ------------------------------------------------------------------------------------------------- box 8

edits(
    "contest-hash-wrong",
    "8.A",
    layout.ballots_path(2, 1),
    put(0, "contests", 1, "contest_hash", value=WRONG_HASH),
    oracle_adds="8.B",
)
edits("closing-hash-wrong", "8.G", layout.closing_path(1), put("closing_hash", value=WRONG_HASH))
edits("closing-field-wrong", "8.G", layout.closing_path(1), put("chaining_field", value="00000001" + WRONG_HASH))
edits("closing-hash-missing", "8.G", layout.closing_path(1), drop("closing_hash"))
edits("h-0-missing", "8.F", layout.opening_path(1), drop("h_0"), may="8.E")
edits("h-0-without-chaining", "X.device-mode", layout.opening_path(2), lambda top: top.update(h_0=WRONG_HASH))
edits("closing-counts-one-less", "X.chain-closed", layout.closing_path(1), put("ballots", value=lambda n: n - 1))
edits(
    "closing-counts-one-less-without-chain",
    "X.chain-closed",
    layout.closing_path(2),
    put("ballots", value=lambda n: n - 1),
)
edits(
    "closing-hash-without-chaining",
    "X.chain-closed",
    layout.closing_path(2),
    lambda top: top.update(chaining_field="00000000" + WRONG_HASH, closing_hash=WRONG_HASH),
)
edits("device-calls-itself-3", "X.device-order", layout.opening_path(2), put("device", value=3))
edits("position-wrong", "X.device-order", layout.ballots_path(1, 1), put(0, "position", value=77))
edits("status-missing", "X.status-complete", layout.statuses_path(2), drop(-1), may=SUMS)
edits(
    "status-extra",
    "X.status-complete",
    layout.statuses_path(2),
    lambda lines: lines.append({"confirmation_code": WRONG_HASH, "status": "cast"}),
)
edits("status-doubled", "X.status-complete", layout.statuses_path(2), lambda lines: lines.append(dict(lines[-1])))
edits(
    "status-of-another-code",
    "X.status-complete",
    layout.statuses_path(2),
    put(0, "confirmation_code", value=WRONG_HASH),
)


@defect("8.A 8.B", oracle_lacks="8.B")
def _contest_hashes_by_position(f: Forger) -> None:
    """Contests 2 and 3 of the second style are hashed as 1 and 2, by their place on the ballot (a known mistake)."""
    vote = f.pick("cast", ballot_style=2, device=1)
    contests = []
    for place, contest in enumerate(vote.ballot.contests, 1):
        chi = contest_hash(vote.ballot.h_i, place, [o.ciphertext for o in contest.options], contest.contest_data)
        contests.append(contest.model_copy(update={"contest_hash": chi}))
    vote.change(contests=tuple(contests))
    f.recode(vote)
    f.rechain(1, vote.ballot.position + 1)
    f.write()


@defect("8.B")
def _code_wrong(f: Forger) -> None:
    """A code that is not the ballot's; the chain goes on from it."""
    vote = f.pick("cast", device=1)
    vote.change(confirmation_code=bytes.fromhex(WRONG_HASH))
    f.rechain(1, vote.ballot.position + 1)
    f.write()


@defect("8.C")
def _device_hash_wrong(f: Forger) -> None:
    """H_DI of other information; the chain starts from it."""
    _open_anew(f, 1, "Booth Z")


@defect("8.C")
def _device_hash_wrong_without_chaining(f: Forger) -> None:
    """H_DI of other information; every ballot of the device has it."""
    _open_anew(f, 2, "Booth Z")


@defect("8.D")
def _chaining_field_wrong_without_chaining(f: Forger) -> None:
    """A ballot of a device without chaining holds another hash than H_DI."""
    _chain_to(f, f.pick("cast", device=2), chaining_field(0, bytes(32)))


@defect("8.D")
def _chaining_mode_of_a_ballot(f: Forger) -> None:
    """A ballot of a device without chaining says that it is chained."""
    _chain_to(f, f.pick("cast", device=2), chaining_field(1, f.openings[2].h_di))


@defect("8.E")
def _chaining_field_wrong(f: Forger) -> None:
    """A ballot is chained to a code that is none; the chain goes on from it."""
    _chain_to(f, f.pick("cast", 1, device=1), chaining_field(1, bytes.fromhex(WRONG_HASH)))


@defect("8.E")
def _chaining_mode_0_in_a_chain(f: Forger) -> None:
    """A ballot in a chain says that it is not chained."""
    vote = f.pick("cast", 1, device=1)
    _chain_to(f, vote, chaining_field(0, vote.ballot.chaining_field[4:]))


@defect("8.E")
def _chain_forked(f: Forger) -> None:
    """A ballot is chained to the ballot before the one before it."""
    vote = f.votes[1][3]
    _chain_to(f, vote, chaining_field(1, f.votes[1][1].ballot.confirmation_code))


@defect("8.F")
def _h_0_wrong(f: Forger) -> None:
    """Another H_0; the chain starts from it."""
    f.openings[1] = f.openings[1].model_copy(update={"h_0": bytes.fromhex(WRONG_HASH)})
    f.rechain(1)
    f.write()


@defect("8.E")
def _ballot_moved_in_its_chain(f: Forger) -> None:
    """Two neighbours change places, with their statuses; both are numbered anew."""
    sequence = f.votes[1]
    sequence[3], sequence[4] = sequence[4], sequence[3]
    f.rechain(1, 99)
    f.write()


@defect("8.E")
def _missing_ballot(f: Forger) -> None:
    """A ballot in the middle of a chain is left out, everywhere."""
    del f.votes[1][4]
    f.rechain(1, 99)
    f.write()


@defect("8.G X.chain-closed")
def _missing_last_ballot(f: Forger) -> None:
    """The last ballot of a chain is left out; the close remains."""
    del f.votes[1][-1]
    f.write()


@defect("8.G")
def _missing_last_ballot_with_count(f: Forger) -> None:
    """The last ballot of a chain is left out, and the number in the close changed."""
    del f.votes[1][-1]
    f.closings[1] = f.closings[1].model_copy(update={"ballots": len(f.votes[1])})
    f.write()


@defect("X.chain-closed")
def _missing_last_ballot_without_chain(f: Forger) -> None:
    """The last ballot of a device without chaining is left out; the close remains."""
    del f.votes[2][-1]
    f.write()


@defect("X.device-order")
def _positions_with_a_gap(f: Forger) -> None:
    """A ballot of a device without chaining is left out, and its number with it."""
    del f.votes[2][-2]
    f.close(2)
    f.write()


@defect("X.device-order")
def _device_missing(f: Forger) -> None:
    """Devices 1 and 3."""
    f.votes[3], f.openings[3] = f.votes.pop(2), f.openings.pop(2).model_copy(update={"device": 3})
    f.rechain(3)
    f.write()


@defect("X.chain-closed", skips="8.G")
def _device_open(f: Forger) -> None:
    """The chain is not closed."""
    f.write()
    (f.root / layout.closing_path(1)).unlink()


@defect("X.chain-closed", skips="8.G")
def _device_open_without_chain(f: Forger) -> None:
    """The device without chaining is not closed."""
    f.write()
    (f.root / layout.closing_path(2)).unlink()


@defect("X.device-mode")
def _chaining_mode_not_in_the_manifest(f: Forger) -> None:
    """A device without chaining where the manifest wants chains."""
    f.hold(manifest=manifest_bytes(chaining_modes=[1]))
    f.write()


@defect("X.status-complete", may=f"{SUMS} {DATA_LEFT_OUT} X.challenged-complete X.contest-data-target", skips=BOX_12)
def _statuses_missing(f: Forger) -> None:
    """A device without statuses: nobody knows what was cast."""
    f.write()
    (f.root / layout.statuses_path(1)).unlink()


@defect("X.status-complete")
def _swapped_statuses(f: Forger) -> None:
    """Two cast ballots' lines stand in each other's place."""
    f.write()
    f.edit_lines(layout.statuses_path(2), lambda lines: lines.insert(0, lines.pop(1)))


@defect("X.challenged-complete", may=f"{SUMS} {DATA_LEFT_OUT} X.contest-data-target", skips=BOX_12)
def _statuses_changed_after_the_count(f: Forger) -> None:
    """A cast and a challenged ballot exchange their status once all is counted and opened."""
    f.write()
    cast, challenged = f.pick("cast", device=2), f.pick("challenged", device=2)
    for vote, status in ((cast, "challenged"), (challenged, "cast")):
        f.edit_lines(layout.statuses_path(2), put(vote.ballot.position - 1, "status", value=status))


def _open_anew(f: Forger, device: int, information: str) -> None:
    """Open a device with the hashes of other information than it states."""
    old = f.openings[device]
    other = open_device(f.election.h_e, device, information, old.chaining_mode)
    f.openings[device] = other.model_copy(update={"device_info": old.device_info})
    f.rechain(device)
    # The close follows from the stated H_DI as well.
    f.write()


def _chain_to(f: Forger, vote: Vote, field: bytes) -> None:
    vote.change(chaining_field=field)
    f.recode(vote)
    f.rechain(vote.ballot.device, vote.ballot.position + 1)
    f.write()


# ------------------------------------------------------------------------------------------------- shape and weight


@defect("X.ballot-style", skips="9.A 9.B X.ballot-contests X.ballot-options X.contest-data-presence")
def _style_does_not_exist(f: Forger) -> None:
    """Style 9 of 2."""
    f.pick("cast", device=2, ballot_style=2).change(ballot_style=9)
    f.write()


@defect(
    "X.ballot-contests",
    may=SUMS,
    skips="9.A 9.B",
)
def _wrong_style(f: Forger) -> None:
    """A ballot says that it is of the other style, and is counted there; the style is not hashed."""
    f.pick("cast", device=2, ballot_style=2).change(ballot_style=1)
    f.write()


@defect(
    "X.ballot-style",
    skips=f"{BOX_14} X.ballot-contests X.ballot-options X.contest-data-presence",
    oracle_adds="14.A",
)
def _style_of_a_challenged_ballot_does_not_exist(f: Forger) -> None:
    """Style 9 of 2, on a ballot that is opened."""
    f.pick("challenged", device=2).change(ballot_style=9)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B")
def _contest_twice(f: Forger) -> None:
    """A ballot lists one contest twice, hashes it twice, and is counted twice in it: every box is passed."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=(*vote.ballot.contests, vote.contest(3)))
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B")
def _contest_missing(f: Forger) -> None:
    """A ballot lacks a contest of its style."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=vote.ballot.contests[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests 14.B", skips="9.A 9.B")
def _contest_missing_on_challenged_ballot(f: Forger) -> None:
    """A challenged ballot lacks a contest of its style, encrypted and opened."""
    vote = f.pick("challenged", device=1)
    vote.change(contests=vote.ballot.contests[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-contests", may=SUMS, skips="9.A 9.B", oracle_adds="8.B")
def _contests_out_of_order(f: Forger) -> None:
    """Contests are listed, and hashed, in another order than the manifest's."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=vote.ballot.contests[::-1])
    f.reseal(vote)
    f.write()


@defect(
    "X.ballot-contests",
    may=SUMS,
    skips="6.A 6.B 6.C 6.D 7.A 7.B 7.C 7.D 9.A 9.B X.ballot-options X.proof-length X.contest-data-presence",
)
def _contest_that_does_not_exist(f: Forger) -> None:
    """A ballot has a contest 9 of 3."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change(contests=(*vote.ballot.contests, vote.contest(3).model_copy(update={"index": 9})))
    f.reseal(vote)
    f.write()


@defect("X.ballot-options", may=f"{SUMS} 7.D", skips="9.A 9.B")
def _option_missing(f: Forger) -> None:
    """A contest on a ballot lacks its last option."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change_contest(3, options=vote.contest(3).options[:1])
    f.reseal(vote)
    f.write()


@defect("X.ballot-options", may=f"{SUMS} 7.A 7.D", skips="6.A 6.B 6.C 6.D 9.A 9.B")
def _option_too_many(f: Forger) -> None:
    """A contest on a ballot has an option more than the manifest."""
    vote = f.pick("cast", device=1, ballot_style=1)
    vote.change_contest(3, options=(*vote.contest(3).options, vote.contest(3).options[0]))
    f.reseal(vote)
    f.write()


@defect("X.weight", may="X.tally-cells", skips="9.A 9.B")
def _weight_0(f: Forger) -> None:
    """A ballot of weight 0, counted as such."""
    f.pick("cast", device=2, ballot_style=2).change(weight=0)
    f.write()


@defect("X.weight", may=SUMS, skips="9.A 9.B")
def _weight_too_large(f: Forger) -> None:
    """A ballot of weight 6 where at most 5 is allowed, counted as such."""
    f.pick("cast", device=2, ballot_style=2).change(weight=6)
    f.write()


@defect("X.weight")
def _weight_of_a_spoiled_ballot(f: Forger) -> None:
    """A spoiled ballot of weight 6."""
    f.pick("spoiled").change(weight=6)
    f.write()


@defect(SUMS)
def _weight_changed_after_the_count(f: Forger) -> None:
    """An allowed weight is changed once all is counted; the weight is not hashed."""
    encrypted = f.aggregate()
    f.pick("cast", device=2, ballot_style=2, weight=1).change(weight=2)
    f.write(encrypted=encrypted)


@defect("9.A 9.B")
def _weights_ignored(f: Forger) -> None:
    """The sums count every ballot once, whatever its weight; the number of weights is stated rightly."""
    honest = f.aggregate()
    weights = {id(vote): vote.ballot.weight for vote in f.all_votes()}
    for vote in f.all_votes():
        vote.change(weight=1)
    encrypted = [
        cell.model_copy(update={"weight": right.weight}) for cell, right in zip(f.aggregate(), honest, strict=True)
    ]
    for vote in f.all_votes():
        vote.change(weight=weights[id(vote)])
    f.write(encrypted=encrypted)


# ------------------------------------------------------------------------------------------------- hashed ciphertexts

edits(
    "nonce-proof-wrong",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_2", "response", value=PLUS_ONE),
)
edits(
    "nonce-ciphertext-changed",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_1", value=WRONG_HASH),
)
edits(
    "nonce-proof-challenge-plus-q",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_2", "challenge", value=PLUS_Q),
)
edits(
    "nonce-ciphertext-too-long",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_1", value=WRONG_HASH + "00"),
)


@defect("X.nonce-proof")
def _nonce_c_0_minus(f: Forger) -> None:
    """C_0 = −g^ξ of a ballot nonce, with an even challenge: who decrypts it would leak."""
    _sign_nonce(f, even=True)


@defect("X.nonce-proof")
def _nonce_c_0_zero(f: Forger) -> None:
    """C_0 = 0 of a ballot nonce, with the Schnorr proof that anybody can make for it."""
    vote = f.pick("cast")
    vote.change(ballot_nonce=f.sign_zero(f.nonce_seal(vote), bytes(32)))
    f.write()


@defect("X.nonce-proof")
def _nonce_of_31_bytes(f: Forger) -> None:
    """A ballot nonce of 31 bytes with a proof that holds for them would change the hash's length."""
    vote = f.pick("cast")
    vote.change(ballot_nonce=HashedCiphertext(vote.ballot.ballot_nonce.c_0, bytes(31), vote.ballot.ballot_nonce.c_2))
    f.write()


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_proof_wrong(f: Forger) -> None:
    """The Schnorr proof of contest data is wrong; the hash covers it as it stands."""
    vote = board(f)
    old = vote.contest(1).contest_data
    wrong = schnorr.SchnorrProof(old.c_2.challenge, f.plus_one(old.c_2.response))
    _replace_data(f, vote, HashedCiphertext(old.c_0, old.c_1, wrong))


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_c_0_minus(f: Forger) -> None:
    """C_0 = −g^ξ of contest data, with an even challenge."""
    vote, xi = board(f), f.rng.scalar(f.group)
    seal = ContestDataSeal(vote.ballot.h_i, 1)
    _replace_data(f, vote, f.sign(seal, f.minus(f.g**xi), bytes(64), xi, even=True))


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_c_0_zero(f: Forger) -> None:
    """C_0 = 0 of contest data, with the Schnorr proof that anybody can make for it."""
    vote = board(f)
    _replace_data(f, vote, f.sign_zero(ContestDataSeal(vote.ballot.h_i, 1), bytes(64)))


@defect("X.contest-data-presence")
def _data_missing(f: Forger) -> None:
    """A contest without the data that the manifest gives it."""
    _replace_data(f, board(f), None)


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_too_short(f: Forger) -> None:
    """One block of contest data instead of two: the length would tell something."""
    vote = board(f)
    f.encrypt_data(vote, 1, bytes(32))
    _replace_data(f, vote, vote.contest(1).contest_data)


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_of_half_a_block(f: Forger) -> None:
    """48 bytes of contest data, honestly proved."""
    vote, xi = board(f), f.rng.scalar(f.group)
    _replace_data(f, vote, f.sign(ContestDataSeal(vote.ballot.h_i, 1), f.g**xi, bytes(48), xi))


@defect("X.contest-data-presence 12.C")
def _data_of_half_a_block_decrypted(f: Forger) -> None:
    """48 bytes of contest data, honestly proved, and "decrypted"."""
    _half_a_block(f, board(f))


@defect("X.contest-data-presence 13.A")
def _data_of_half_a_block_opened(f: Forger) -> None:
    """48 bytes of contest data on a challenged ballot, honestly proved, and "opened"."""
    _half_a_block(f, board(f, status="challenged"))


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_where_there_should_be_none(f: Forger) -> None:
    """Contest data in a contest that has none in the manifest: a place to leak through."""
    vote = board(f)
    f.encrypt_data(vote, 3, bytes(64))
    _replace_data(f, vote, vote.contest(1).contest_data)


def _sign_nonce(f: Forger, even: bool) -> None:
    vote, xi = f.pick("cast"), f.rng.scalar(f.group)
    vote.change(ballot_nonce=f.sign(f.nonce_seal(vote), f.minus(f.g**xi), bytes(32), xi, even))
    f.write()


def _half_a_block(f: Forger, vote: Vote) -> None:
    seal, xi = ContestDataSeal(vote.ballot.h_i, 1), contest_data_nonce(f.group, vote.ballot.h_i, 1, vote.nonce.value)
    vote.change_contest(1, contest_data=f.sign(seal, f.g**xi, bytes(48), xi))
    f.reseal(vote)
    f.write()


def _replace_data(f: Forger, vote: Vote, data: HashedCiphertext | None) -> None:
    vote.change_contest(1, contest_data=data)
    f.reseal(vote)
    f.keep_sealed.append(vote)
    f.write()


# ------------------------------------------------------------------------------------------------- box 9


def change_total(cells: list[EncryptedTally], change: Callable[[Ciphertext], Ciphertext]) -> list[EncryptedTally]:
    """Change (A, B) of the first option of the first cell."""
    contest, *contests = cells[0].contests
    first, *options = contest.options
    changed = contest.model_copy(update={"options": (change(first), *options)})
    return [cells[0].model_copy(update={"contests": (changed, *contests)}), *cells[1:]]


@defect("9.A")
def _aggregate_a_wrong(f: Forger) -> None:
    """A·g instead of A takes a vote away; the decryption of that is honest."""
    f.write(encrypted=change_total(f.aggregate(), lambda total: Ciphertext(total.alpha * f.g, total.beta)))


@defect("9.B")
def _aggregate_b_wrong(f: Forger) -> None:
    """B·K instead of B gives a vote more; the decryption of that is honest."""
    f.write(encrypted=change_total(f.aggregate(), lambda total: Ciphertext(total.alpha, total.beta * f.election.K)))


@defect(SUMS)
def _challenged_ballot_counted(f: Forger) -> None:
    """Challenged ballots are counted like cast ones."""
    f.write(encrypted=f.aggregate(counted=("cast", "challenged")))


@defect("9.A 9.B")
def _challenged_ballot_counted_silently(f: Forger) -> None:
    """Challenged ballots are counted, and the number of ballots stated without them."""
    counted = zip(f.aggregate(counted=("cast", "challenged")), f.aggregate(), strict=True)
    f.write(encrypted=[_with_counts_of(x, more) for more, x in counted])


def _with_counts_of(counts: EncryptedTally, sums: EncryptedTally) -> EncryptedTally:
    contests = tuple(
        EncryptedTallyContest(index=few.index, ballots=few.ballots, options=more.options)
        for few, more in zip(counts.contests, sums.contests, strict=True)
    )
    return sums.model_copy(update={"ballots": counts.ballots, "weight": counts.weight, "contests": contests})


@defect(SUMS)
def _spoiled_ballot_counted(f: Forger) -> None:
    """Spoiled ballots are counted like cast ones."""
    f.write(encrypted=f.aggregate(counted=("cast", "spoiled")))


@defect(SUMS)
def _cast_ballot_not_counted(f: Forger) -> None:
    """A cast ballot is left out of the sums."""
    vote = f.pick("cast", ballot_style=1)
    vote.status = "ignored"
    encrypted = f.aggregate()
    vote.status = "cast"
    f.write(encrypted=encrypted)


ENCRYPTED = layout.ENCRYPTED_TALLIES
edits("cell-label-wrong", "X.tally-cells", ENCRYPTED, put(0, "label", value="others"), skips="9.A 9.B")
edits("cell-ballots-wrong", "X.tally-cells", ENCRYPTED, put(0, "ballots", value=lambda n: n + 1))
edits("cell-weight-wrong", "X.tally-cells", ENCRYPTED, put(1, "weight", value=lambda n: n - 1))
edits(
    "encrypted-cell-that-does-not-exist",
    "X.tally-cells",
    ENCRYPTED,
    lambda lines: lines.append({**lines[1], "cell": 3, "label": "more"}),
    skips="9.A 9.B",
)
edits("encrypted-cell-doubled", "X.tally-cells", ENCRYPTED, lambda lines: lines.append(lines[1]), skips="9.A 9.B")
edits("encrypted-cells-out-of-order", "X.tally-cells", ENCRYPTED, lambda lines: lines.reverse(), skips="9.A 9.B")
edits("encrypted-cell-missing", "X.tally-cells", ENCRYPTED, drop(1), skips="9.A 9.B 10.A 10.B 10.C X.tally-range")
edits(
    "encrypted-contest-missing",
    "X.tally-cells",
    ENCRYPTED,
    drop(0, "contests", 1),
    skips="9.A 9.B 10.A 10.B 10.C X.tally-range",
)
edits(
    "encrypted-option-missing",
    "X.tally-cells",
    ENCRYPTED,
    drop(0, "contests", 1, "options", 1),
    skips="9.A 9.B 10.A 10.B 10.C X.tally-range",
)
edits(
    "encrypted-option-too-many",
    "X.tally-cells",
    ENCRYPTED,
    put(0, "contests", 1, "options", value=lambda options: [*options, options[0]]),
    skips="9.A 9.B",
    oracle_adds="9.A 9.B",
)

# ------------------------------------------------------------------------------------------------- boxes 10 and 11

TALLIES = layout.TALLIES
FIRST = (0, "contests", 0, "options", 0)

edits("tally-response-plus-q", "10.A", TALLIES, put(*FIRST, "proof", "response", value=PLUS_Q))
edits("tally-response-plus-1", "10.B", TALLIES, put(*FIRST, "proof", "response", value=PLUS_ONE))
edits("tally-challenge-plus-1", "10.B", TALLIES, put(*FIRST, "proof", "challenge", value=PLUS_ONE))
edits("tally-off-by-one-t-only", "10.C", TALLIES, put(*FIRST, "tally", value=lambda t: t - 1))
edits("tally-t-0", "10.B 10.C X.tally-membership", TALLIES, put(*FIRST, "encoded_tally", value=element(0)))
edits("contest-label-wrong", "11.A", TALLIES, put(0, "contests", 1, "label", value="notion"), may="11.D")
edits("option-label-wrong", "11.B 11.C", TALLIES, put(0, "contests", 1, "options", 0, "label", value="Yes"))
edits(
    "option-labels-swapped",
    "11.B",
    TALLIES,
    lambda lines: [
        put(0, "contests", 1, "options", j, "label", value=label)(lines) for j, label in ((0, "no"), (1, "yes"))
    ],
)
edits("tally-option-missing", "11.C X.tally-complete", TALLIES, drop(0, "contests", 1, "options", 1))
edits(
    "tally-option-doubled",
    "X.tally-complete",
    TALLIES,
    put(0, "contests", 1, "options", value=lambda options: [*options, options[1]]),
)
edits(
    "tally-option-that-does-not-exist",
    "11.B X.tally-complete",
    TALLIES,
    put(0, "contests", 1, "options", value=lambda options: [*options, {**options[1], "index": 3, "label": "maybe"}]),
    skips="10.A 10.B 10.C X.tally-range",
)
edits("tally-contest-missing", "11.D X.tally-complete", TALLIES, drop(0, "contests", 1))
edits(
    "tally-contest-doubled",
    "X.tally-complete",
    TALLIES,
    put(0, "contests", value=lambda contests: [*contests, contests[1]]),
)
edits(
    "tally-contest-that-does-not-exist",
    "11.A X.tally-complete",
    TALLIES,
    put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9, "label": "more"}]),
    skips="10.A 10.B 10.C 11.B 11.C X.tally-range",
)
edits("tally-cell-missing", "X.tally-complete", TALLIES, drop(1), oracle_adds="11.D")
edits("tally-cell-doubled", "X.tally-complete", TALLIES, lambda lines: lines.append(lines[1]))
edits("tally-cells-out-of-order", "X.tally-complete", TALLIES, lambda lines: lines.reverse())
edits("tally-cell-label-wrong", "X.tally-complete", TALLIES, put(0, "label", value="others"))
edits(
    "tally-cell-that-does-not-exist",
    "X.tally-complete",
    TALLIES,
    lambda lines: lines.append({**lines[1], "cell": 3, "label": "more"}),
    skips="10.A 10.B 10.C X.tally-range",
)
edits("tally-empty", "X.tally-complete", TALLIES, lambda lines: lines.clear(), oracle_adds="11.D")


@defect("10.B")
def _tally_off_by_one(f: Forger) -> None:
    """t − 1 and T·K^−1, with the proof of the honest tally."""
    f.write()
    K = f.election.K
    f.edit_lines(TALLIES, put(*FIRST, "tally", value=lambda t: t - 1))
    less = lambda T: element(f.group.element(int(T, 16)) / K)  # noqa: E731
    f.edit_lines(TALLIES, put(*FIRST, "encoded_tally", value=less))


@defect("10.B")
def _tally_with_the_proof_of_another(f: Forger) -> None:
    """An option's tally with the proof of the option beside it."""
    f.write()
    f.edit_lines(
        TALLIES, lambda lines: put(*FIRST, "proof", value=lines[0]["contests"][0]["options"][1]["proof"])(lines)
    )


@defect("10.B")
def _tallies_of_two_options_swapped(f: Forger) -> None:
    """Two options exchange t, T and proof: another candidate wins."""

    def swap(lines: list[Any]) -> None:
        first, second = lines[0]["contests"][0]["options"][:2]
        for name in ("tally", "encoded_tally", "proof"):
            first[name], second[name] = second[name], first[name]

    f.write()
    f.edit_lines(TALLIES, swap)


@defect("10.B")
def _tally_decrypted_with_a_share_off_by_one(f: Forger) -> None:
    """A guardian's share is off by one, in its partial decryption and in its response; t and T are the right ones."""
    wrong = f.s + f.group.scalar(1)
    _prove_with(f, wrong, wrong)


@defect("10.B")
def _tally_with_a_response_off_by_one(f: Forger) -> None:
    """A guardian's share is off by one in its response only."""
    _prove_with(f, f.s, f.s + f.group.scalar(1))


@defect("10.B 10.C X.tally-membership", oracle_lacks="10.B")
def _tally_minus(f: Forger) -> None:
    """−T, with a proof that holds for −M because its challenge is even."""
    encrypted = f.aggregate()
    tallies, total = f.decrypt(encrypted), encrypted[0].contests[0].options[0]
    proof = f.prove_decryption(1, 1, total, f.minus(total.alpha**f.s), even=True)
    option = tallies[0].contests[0].options[0]
    changed = option.model_copy(update={"encoded_tally": f.minus(option.encoded_tally), "proof": proof})
    f.write(encrypted=encrypted, tallies=_with_first_option(tallies, changed))


@defect("X.tally-range 6.D 7.D")
def _tally_above_what_was_possible(f: Forger) -> None:
    """A ballot of 50 votes for one option: more than all weights together."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 50, 0))
    f.reseal(vote)
    f.write()


@defect("X.tally-range", allow=("toy-48-192",))
def _tally_plus_q(f: Forger) -> None:
    """t + q, which K^t does not show; in a group whose q a total can exceed."""
    f.hold(group=group_named("toy-48-192"))
    f.write()
    f.edit_lines(TALLIES, put(*FIRST, "tally", value=lambda t: t + int(f.group.q)))


@defect("X.cell-minimum")
def _cell_below_the_minimum(f: Forger) -> None:
    """A cell of fewer cast ballots than the manifest's minimum is decrypted."""
    _hold_with_minimum(f)
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect("X.cell-minimum")
def _cell_of_one_ballot(f: Forger) -> None:
    """A cell of one cast ballot is decrypted: that voter's vote."""
    keep = f.pick("cast", ballot_style=2)
    for vote in f.all_votes():
        if vote.ballot.ballot_style == 2 and vote is not keep:
            vote.status = "spoiled"
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect("X.cell-minimum")
def _contest_of_one_voter_in_a_large_cell(f: Forger) -> None:
    """A contest that one cast ballot has is decrypted; the many ballots of its cell do not hide that vote."""
    f.hold(manifest=manifest_bytes(tally_cells=None))
    keep = f.pick("cast", ballot_style=2)
    for vote in f.all_votes():
        if vote.ballot.ballot_style == 2 and vote is not keep:
            vote.status = "spoiled"
    f.write(tallies=f.decrypt(f.aggregate(), every=True))


@defect(
    "X.tally-cells X.tally-complete 11.A",
    skips="9.A 9.B 10.A 10.B 10.C 11.B 11.C X.tally-range",
    may="10.B",
    oracle_adds="9.A 9.B",
)
def _contest_known_to_both_tallies_only(f: Forger) -> None:
    """Encrypted and decrypted tally both have a contest 9 that the manifest has not."""
    f.write()
    f.edit_lines(ENCRYPTED, put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9}]))
    f.edit_lines(
        TALLIES, put(0, "contests", value=lambda contests: [*contests, {**contests[1], "index": 9, "label": "more"}])
    )


@defect("X.tally-cells X.tally-complete 11.B", may="10.B", skips="9.A 9.B X.tally-range", oracle_adds="9.A 9.B")
def _option_known_to_both_tallies_only(f: Forger) -> None:
    """Encrypted and decrypted tally both have an option 3 that the manifest has not."""
    f.write()
    f.edit_lines(ENCRYPTED, put(0, "contests", 1, "options", value=lambda options: [*options, options[0]]))
    more = lambda options: [*options, {**options[0], "index": 3, "label": "maybe"}]  # noqa: E731
    f.edit_lines(TALLIES, put(0, "contests", 1, "options", value=more))


def _prove_with(f: Forger, s_for_m: Scalar, s_for_v: Scalar) -> None:
    """Prove the first tally with other secrets in M and in v."""
    encrypted = f.aggregate()
    tallies, total = f.decrypt(encrypted), encrypted[0].contests[0].options[0]
    proof = f.prove_decryption(1, 1, total, total.alpha**s_for_m, s=s_for_v)
    option = tallies[0].contests[0].options[0].model_copy(update={"proof": proof})
    f.write(encrypted=encrypted, tallies=_with_first_option(tallies, option))


def _with_first_option(tallies: list[Tally], option: object) -> list[Tally]:
    contest, *contests = tallies[0].contests
    changed = contest.model_copy(update={"options": (option, *contest.options[1:])})
    return [tallies[0].model_copy(update={"contests": (changed, *contests)}), *tallies[1:]]


def _hold_with_minimum(f: Forger) -> None:
    """Hold the election anew with a minimum that only one of the cells reaches."""
    ballots = sorted(cell.ballots for cell in f.aggregate())
    f.hold(manifest=manifest_bytes(minimum_cell_ballots=ballots[-1]))


# ------------------------------------------------------------------------------------------------- box 12

DATA = layout.CONTEST_DATA

edits("data-response-plus-q", "12.A", DATA, put(0, "proof", "response", value=PLUS_Q))
edits("data-response-plus-1", "12.B", DATA, put(0, "proof", "response", value=PLUS_ONE))
edits("data-changed", "12.C", DATA, put(0, "data", value=add(1)))
edits("data-cut", "12.C", DATA, put(0, "data", value=lambda data: data[:-64]))
edits(
    "data-of-another-code", "X.contest-data-target", DATA, put(0, "confirmation_code", value=WRONG_HASH), skips=BOX_12
)
edits("data-of-no-contest", "X.contest-data-target", DATA, put(0, "index", value=2), may=DATA_LEFT_OUT, skips=BOX_12)
edits("data-of-no-position", "X.contest-data-target", DATA, put(-1, "position", value=99), may=DATA_LEFT_OUT)
edits("data-of-no-device", "X.contest-data-target", DATA, put(-1, "device", value=9), may=DATA_LEFT_OUT)
edits("data-left-out", "X.contest-data-complete", DATA, drop(1))
edits("data-doubled", "X.contest-data-target", DATA, lambda lines: lines.insert(0, lines[0]), may=DATA_LEFT_OUT)
edits("data-out-of-order", "X.contest-data-target", DATA, lambda lines: lines.append(lines.pop(0)), may=DATA_LEFT_OUT)


@defect("12.B 12.C")
def _data_with_the_factor_of_another(f: Forger) -> None:
    """Two decrypted contest data exchange β and proof."""

    def swap(lines: list[Any]) -> None:
        for name in ("factor", "proof"):
            lines[0][name], lines[1][name] = lines[1][name], lines[0][name]

    f.write()
    f.edit_lines(DATA, swap)


@defect("X.contest-data-factor")
def _data_factor_minus(f: Forger) -> None:
    """−β with an even challenge, and the data that follows from −β: box 12 as written is passed."""
    vote, *_ = [vote for vote in f.all_votes() if vote.status == "cast" and vote.ballot.ballot_style == 1]
    entries = f.contest_data()
    f.write(contest_data=[f.decrypt_data(vote, 1, minus=True), *entries[1:]])


@defect("12.C")
def _data_encrypted_with_counter_from_0(f: Forger) -> None:
    """Contest data whose key blocks count from 0, decrypted likewise (a known mistake)."""
    vote = board(f)
    plain = f.read_data(vote, 1)
    f.encrypt_data(vote, 1, plain, CounterFromZero(vote.ballot.h_i, 1))
    f.reseal(vote)
    entries = [
        entry.model_copy(update={"data": plain}) if entry.confirmation_code == vote.ballot.confirmation_code else entry
        for entry in f.contest_data()
    ]
    f.write(contest_data=entries)


@defect("X.contest-data-allowed")
def _data_decrypted_without_leave(f: Forger) -> None:
    """Contest data of cast ballots is decrypted where the manifest does not allow it."""
    f.hold(manifest=manifest_bytes(cast_contest_data_may_be_decrypted=None))
    votes = [vote for vote in f.all_votes() if vote.status == "cast" and vote.ballot.ballot_style == 1]
    f.write(contest_data=[f.decrypt_data(vote, 1) for vote in votes])


@defect("X.contest-data-target", may=DATA_LEFT_OUT, skips=BOX_12)
def _data_of_a_challenged_ballot(f: Forger) -> None:
    """Contest data of a challenged ballot is decrypted as if it were cast."""
    votes = [vote for vote in f.all_votes() if vote.status != "spoiled" and vote.ballot.ballot_style == 1]
    f.write(contest_data=[f.decrypt_data(vote, 1) for vote in votes])


# ------------------------------------------------------------------------------------------------- boxes 13 and 14

OPENED = layout.CHALLENGED_BALLOTS
BOARD, MOTION = (0, "contests", 0), (0, "contests", 1)

edits("opened-data-changed", "13.A", OPENED, put(*BOARD, "contest_data", "data", value=add(1)))
edits("opened-data-nonce-plus-q", "X.challenged-data-nonce", OPENED, put(*BOARD, "contest_data", "nonce", value=PLUS_Q))
edits(
    "opened-selection-changed",
    "13.B",
    OPENED,
    put(*MOTION, "options", 0, "selection", value=lambda x: 1 - x),
    may="14.F",
)
edits("opened-nonce-changed", "13.B X.challenged-nonce", OPENED, put(*MOTION, "options", 0, "nonce", value=PLUS_ONE))
edits("opened-nonce-plus-q", "X.challenged-nonce", OPENED, put(*MOTION, "options", 0, "nonce", value=PLUS_Q))
edits("opened-code-changed", "X.challenged-complete", OPENED, put(0, "confirmation_code", value=WRONG_HASH))
edits("opened-data-missing", "X.challenged-complete", OPENED, drop(*BOARD, "contest_data"))
edits("opened-twice", "X.challenged-complete", OPENED, lambda lines: lines.insert(0, lines[0]))
edits("opened-out-of-order", "X.challenged-complete", OPENED, lambda lines: lines.reverse())
edits("opened-of-no-device", "X.challenged-complete", OPENED, put(-1, "device", value=9))
edits("challenged-ballot-not-opened", "X.challenged-complete", OPENED, drop(0))
edits("opened-contest-label-wrong", "14.A 14.B", OPENED, put(*MOTION, "label", value="notion"))
edits("opened-contest-missing", "14.B", OPENED, drop(*MOTION))
edits(
    "opened-contest-of-another-style",
    "14.A",
    OPENED,
    lambda lines: lines[0]["contests"].insert(1, {**lines[0]["contests"][1], "index": 2, "label": "scores"}),
    oracle_adds="14.C 14.D",
)
edits(
    "opened-contest-twice",
    "X.challenged-complete",
    OPENED,
    lambda lines: lines[0]["contests"].append(lines[0]["contests"][1]),
    may="14.B",
)
edits("opened-contests-out-of-order", "X.challenged-complete", OPENED, put(0, "contests", value=lambda c: c[::-1]))
edits("opened-option-label-wrong", "14.C 14.D", OPENED, put(*MOTION, "options", 0, "label", value="Yes"))
edits("opened-option-missing", "14.D 13.B X.challenged-complete", OPENED, drop(*MOTION, "options", 1))
edits(
    "opened-option-twice",
    "13.B X.challenged-complete",
    OPENED,
    put(*MOTION, "options", value=lambda options: [*options, options[1]]),
    may="14.D 14.F",
)
edits("opened-selection-too-large", "14.E 14.F 13.B", OPENED, put(*MOTION, "options", 0, "selection", value=2))


@defect("X.challenged-complete")
def _opened_data_where_there_is_none(f: Forger) -> None:
    """Contest data is shown for a contest that has none."""

    def copy(lines: list[Any]) -> None:
        lines[0]["contests"][1]["contest_data"] = lines[0]["contests"][0]["contest_data"]

    f.write()
    f.edit_lines(OPENED, copy)


@defect("X.challenged-complete")
def _opened_options_under_each_others_names(f: Forger) -> None:
    """Values stay in their places, index and label change places: the other candidate seems to have been chosen."""

    def swap(lines: list[Any]) -> None:
        first, second = lines[0]["contests"][1]["options"]
        for name in ("index", "label"):
            first[name], second[name] = second[name], first[name]

    f.write()
    f.edit_lines(OPENED, swap)


@defect("13.B X.challenged-nonce", may="X.challenged-complete")
def _opened_options_out_of_order(f: Forger) -> None:
    """Two options stand in each other's place."""
    f.write()
    f.edit_lines(OPENED, put(*MOTION, "options", value=lambda options: options[::-1]))


@defect("X.challenged-data-nonce")
def _opened_data_forged(f: Forger) -> None:
    """Contest data of a challenged ballot decrypted with a nonce that is not its own: box 13 as written is passed."""
    vote, xi = f.pick("challenged", ballot_style=1), f.rng.scalar(f.group)
    forged = {"nonce": bytes(xi.reveal()).hex().upper(), "data": f.read_data(vote, 1, xi).hex().upper()}
    f.write()
    f.edit_lines(OPENED, put(*BOARD, "contest_data", value=forged))


@defect("13.A")
def _opened_data_encrypted_with_counter_from_0(f: Forger) -> None:
    """Contest data of a challenged ballot whose key blocks count from 0 (a known mistake)."""
    vote = f.pick("challenged", ballot_style=1)
    plain = f.read_data(vote, 1)
    f.encrypt_data(vote, 1, plain, CounterFromZero(vote.ballot.h_i, 1))
    f.reseal(vote)
    f.write()
    f.edit_lines(OPENED, put(*BOARD, "contest_data", "data", value=plain.hex().upper()))


@defect("6.D 14.E")
def _challenged_ballot_of_two(f: Forger) -> None:
    """A challenged ballot holds 2 under R = 1, dishonestly proved, and is opened honestly."""
    vote = board(f, status="challenged")
    f.encrypt_contest(vote, 1, (0, 2, 0, 0))
    f.reseal(vote)
    f.write()


@defect("7.D 14.F")
def _challenged_ballot_overvoted(f: Forger) -> None:
    """A challenged ballot holds 3 votes under L = 2, dishonestly proved, and is opened honestly."""
    vote = board(f, status="challenged")
    f.encrypt_contest(vote, 1, (1, 1, 1, 0))
    f.reseal(vote)
    f.write()


@defect("X.challenged-complete")
def _cast_ballot_opened(f: Forger) -> None:
    """A cast ballot is opened as if it had been challenged; it is counted too."""
    _open_also(f, f.pick("cast"))


@defect("X.challenged-complete")
def _spoiled_ballot_opened(f: Forger) -> None:
    """A spoiled ballot is opened."""
    _open_also(f, f.pick("spoiled"))


@defect("X.challenged-complete")
def _no_challenged_ballot_opened(f: Forger) -> None:
    """The file of opened ballots is not there."""
    f.write(opened=[])


@defect("X.challenged-complete 13.B X.challenged-nonce", may="13.A X.challenged-data-nonce")
def _another_ballot_opened(f: Forger) -> None:
    """A challenged ballot is opened as another one that holds other votes."""
    vote, other = f.pick("challenged", ballot_style=1), f.pick("cast", ballot_style=1)
    opened = f.open(other).model_copy(update={"device": vote.ballot.device, "position": vote.ballot.position})
    f.write(opened=[opened if entry.position == vote.ballot.position else entry for entry in f.opened()])


def _open_also(f: Forger, vote: Vote) -> None:
    opened = [*f.opened(), f.open(vote)]
    f.write(opened=sorted(opened, key=lambda entry: (entry.device, entry.position)))


# ------------------------------------------------------------------------------------------------- all of them

MUTATIONS: tuple[Mutation, ...] = tuple(_MUTATIONS)
"""All broken records."""

BY_NAME: dict[str, Mutation] = {mutation.name: mutation for mutation in MUTATIONS}


def mutated_records(folder: Path, built: BuiltRecord) -> Iterator[tuple[Mutation, Path]]:
    """Write every broken record into a folder of its own."""
    for mutation in MUTATIONS:
        yield mutation, mutation.write(folder / mutation.name, built)
