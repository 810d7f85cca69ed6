"""A record in the JSON lines of EGRF v2, checked through this library's equations.

EGRF is the draft record format of another implementation of ElectionGuard 2.1.0. ``read`` loads its messages as they
are; the functions behind it turn values into this library's types and call the library's functions on them. One line
of a file is one message; bytes are base64, numbers of 64 bits strings, zeros left out. A proof is c_0 ‖ v_0 ‖ c_1 ‖ …
"""

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce
from pathlib import Path
from typing import Any

from e2evote import hashed_elgamal, key_ceremony
from e2evote.elgamal import Ciphertext, encrypt
from e2evote.errors import E2EVoteError
from e2evote.group.computation import Request, evaluate
from e2evote.group.elements import Element, Scalar
from e2evote.group.parameters import STANDARD
from e2evote.group.powers import NewBase, fixed
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal, HashedCiphertext
from e2evote.hashing import H_q, Tag, device_hash, selection_identifier_hash
from e2evote.key_ceremony import Ceremony
from e2evote.record import codes
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey, Hashes, JointKeys
from e2evote.zkp import equality
from e2evote.zkp import range as range_proof
from e2evote.zkp.equality import EqualityProof
from e2evote.zkp.range import RangeProof
from e2evote.zkp.schnorr import AggregatedSchnorrProof, SchnorrProof

GROUP, N, K = STANDARD, 3, 2
"""Parameters and n, k: the files setup/header and setup/parameters are not among those published."""

Message = dict[str, Any]

PLACEHOLDER = (
    b'{"label":"egrf","maximum_weight":2,"contests":[{"label":"contest-1","contest_data_blocks":2,'
    b'"options":[{"label":"choice-1"},{"label":"choice-2"}]}],"ballot_styles":[{"label":"s","contests":[1]}]}'
)
"""A manifest of our format of the same shape; hashes are taken from the foreign one."""


@dataclass(frozen=True)
class Egrf:
    """The messages of a record, by kind; a test may change them in a copy."""

    manifest: bytes
    h_b: bytes
    guardians: list[Message]
    keys: Message
    devices: list[list[Message]]
    encrypted_tally: list[Message]
    tally: list[Message]
    challenged: list[Message]
    contest_data: list[Message]


@dataclass
class Checks:
    """How often each check ran, and which failed."""

    ran: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def check(self, name: str, holds: bool) -> None:
        self.ran[name] += 1
        if not holds:
            self.failed[name] += 1

    def verify(self, name: str, function: Callable[[], object]) -> None:
        try:
            function()
        except E2EVoteError:
            self.check(name, False)
        else:
            self.check(name, True)


def read(folder: Path) -> Egrf:
    """Load the JSON lines of every file."""

    def messages(pattern: str) -> list[list[Message]]:
        return [
            [json.loads(line) for line in path.read_bytes().splitlines()[1:]] for path in sorted(folder.glob(pattern))
        ]

    ((manifest,),) = messages("setup/manifest.jsonl")
    ((keys,),) = messages("setup/election_keys.jsonl")
    return Egrf(
        manifest=data(manifest["manifestFile"]["content"]),
        h_b=data(manifest["manifestFile"]["hB"]),
        guardians=messages("setup/guardians.jsonl")[0],
        keys=keys["electionKeys"],
        devices=messages("devices/*/*.jsonl"),
        encrypted_tally=messages("aggregated/encrypted_tally.jsonl")[0],
        tally=messages("final/decrypted_tally.jsonl")[0],
        challenged=messages("final/challenged_ballot_decryptions/*.jsonl")[0],
        contest_data=messages("final/contest_data_decryptions/*.jsonl")[0],
    )


def data(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def elements(text: str) -> tuple[Element, ...]:
    raw = data(text)
    return tuple(GROUP.element(int.from_bytes(raw[i : i + 512], "big")) for i in range(0, len(raw), 512))


def element(text: str) -> Element:
    (found,) = elements(text)
    return found


def scalars(text: str) -> tuple[Scalar, ...]:
    """Return the numbers as they are, in Z_q or not."""
    raw = data(text)
    values = (int.from_bytes(raw[i : i + 32], "big") for i in range(0, len(raw), 32))
    return tuple(Scalar(GROUP.scalar(0).value + value, GROUP) for value in values)


def ranges(text: str) -> RangeProof:
    numbers = scalars(text)
    return RangeProof(numbers[::2], numbers[1::2])


def sealed(message: Message) -> HashedCiphertext:
    return HashedCiphertext(element(message["c0"]), data(message["c1"]), SchnorrProof(*scalars(message["c2"])))


def ciphertext(message: Message) -> Ciphertext:
    return Ciphertext(element(message["alpha"]), element(message["beta"]))


def election_of(record: Egrf) -> Election:
    """Return the election as the record states it."""
    keys = JointKeys(vote_encryption_key=element(record.keys["k"]), data_encryption_key=element(record.keys["kHat"]))
    h_p = Hashes.of(GROUP, N, K, record.manifest).h_p
    return Election.of(GROUP, N, K, parse_manifest(PLACEHOLDER), Hashes(h_p=h_p, h_b=record.h_b), keys)


def setup(record: Egrf, checks: Checks) -> None:
    """Boxes 1 to 4: H_B, guardians and their proofs, K, K̂, H_E."""
    ceremony = Ceremony.of(GROUP, N, K, record.manifest)
    checks.check("1.F", ceremony.hashes.h_b == record.h_b)
    publics = []
    for message in (line["guardianPublicKey"] for line in record.guardians):
        (vote_challenge, *vote), (data_challenge, *other) = scalars(message["voteProof"]), scalars(message["dataProof"])
        public = GuardianPublicKey(
            i=message["index"],
            name="-",
            vote_commitments=elements(message["voteCommitments"]),
            data_commitments=elements(message["dataCommitments"]),
            communication_key=element(message["kappa"]),
            vote_proof=AggregatedSchnorrProof(vote_challenge, tuple(vote)),
            data_proof=AggregatedSchnorrProof(data_challenge, tuple(other)),
        )
        checks.verify("2", partial(key_ceremony.verify_public_key, ceremony, public))
        publics.append(public)
    checks.verify("guardians 1 to n", partial(key_ceremony.check_all_guardians, ceremony, publics))
    if not checks.failed:
        joint = key_ceremony.publish(ceremony, publics).keys
        checks.check("3.A", joint.vote_encryption_key == element(record.keys["k"]))
        checks.check("3.B", joint.data_encryption_key == element(record.keys["kHat"]))
    checks.check("4.A", election_of(record).h_e == data(record.keys["hE"]))


def ballots(record: Egrf, checks: Checks) -> None:
    """Boxes 5 to 7, the proofs of nonce and data, contest hashes, codes; the chains of box 8."""
    election, identifiers = election_of(record), []
    for device in record.devices:
        header, *lines, close = device
        h_di = device_hash(election.h_e, header["deviceHeader"]["deviceId"])
        checks.check("8.C", h_di == data(header["deviceHeader"]["hDi"]))
        opening = codes.open_device(election.h_e, 1, header["deviceHeader"]["deviceId"], 1)
        checks.check("8.F", opening.h_0 == data(header["deviceHeader"]["initialHash"]))
        last = None
        for message in (line["encryptedBallot"] for line in lines):
            identifiers.append(message["idB"])
            _ballot(election, message, checks)
            checks.check("8.E", codes.next_chaining_field(opening, last) == data(message["chainingField"]))
            last = data(message["confirmationCode"])
        checks.check("ballots of the device", int(close["deviceClose"]["ballotCount"]) == len(lines))
        closing = codes.close_device(election.h_e, opening, len(lines), last)
        checks.check("8.G field", closing.chaining_field == data(close["deviceClose"]["closingChainingField"]))
        checks.check("8.G hash", closing.closing_hash == data(close["deviceClose"]["closingHash"]))
    checks.check("5.A", len(set(identifiers)) == len(identifiers))


def _ballot(election: Election, message: Message, checks: Checks) -> None:
    h_i, g = data(message["hI"]), GROUP.g
    checks.check("5.B", selection_identifier_hash(election.h_e, data(message["idB"])) == h_i)
    checks.verify(
        "38", partial(hashed_elgamal.verify, BallotNonceSeal(h_i), g, sealed(message["encryptedBallotNonce"]))
    )
    for contest in message["contests"]:
        _contest(election, h_i, contest, checks)
    chis = [data(contest["contestHash"]) for contest in message["contests"]]
    code = codes.confirmation_code(h_i, chis, data(message["chainingField"]))
    checks.check("8.B", code == data(message["confirmationCode"]))


def _contest(election: Election, h_i: bytes, contest: Message, checks: Checks) -> None:
    ind_c, g, K = contest["index"], fixed(GROUP.g), fixed(election.K)
    fields = [ciphertext(message) for message in contest["fields"]]
    for ind_o, (pair, message) in enumerate(zip(fields, contest["fields"], strict=True), 1):
        alpha, beta = NewBase(pair.alpha), NewBase(pair.beta)
        for is_member in evaluate(Request((), (alpha, beta))).members:
            checks.check("6.A", is_member)
        challenge = partial(range_proof.selection_challenge, h_i, ind_c, ind_o, pair)
        proof = ranges(message["rangeProof"])
        checks.verify("6", partial(range_proof.verify, g, K, alpha, beta, proof, 1, challenge))
    _limit(election, h_i, ind_c, fields, contest, checks)
    box = sealed(contest["contestData"])
    checks.verify("69", partial(hashed_elgamal.verify, ContestDataSeal(h_i, ind_c), GROUP.g, box))
    checks.check("8.A", codes.contest_hash(h_i, ind_c, fields, box) == data(contest["contestHash"]))


def _limit(
    election: Election, h_i: bytes, ind_c: int, fields: list[Ciphertext], contest: Message, checks: Checks
) -> None:
    """Check its three sums, with L = 1: s selections, w write-ins, and indicators of overvote, null vote, undervote."""
    g, K, L = fixed(GROUP.g), fixed(election.K), 1
    first, second, overvote, null, undervote, difference, write_ins = fields
    votes = first * second * write_ins * overvote ** GROUP.scalar(L)

    total = votes * undervote
    challenge = partial(range_proof.limit_challenge, h_i, ind_c, total)
    proof = ranges(contest["limitProof"])
    checks.verify(
        "7", partial(range_proof.verify, g, K, NewBase(total.alpha), NewBase(total.beta), proof, L, challenge)
    )

    # its own proofs: Σ + difference = L, with one branch, and 0 ≤ Σ + L·null ≤ L, with L hashed
    total = votes * difference
    proof = ranges(contest["undervoteDifferenceProof"])
    rest = total.beta / election.K ** GROUP.scalar(L)
    commitments = evaluate(Request(proof.commitments(g, K, NewBase(total.alpha), NewBase(rest)))).values
    found = range_proof.selection_challenge(h_i, ind_c, 6, total, commitments)
    checks.check("undervote difference", proof.has_length(0) and found == proof.challenge_sum())

    total = votes * null ** GROUP.scalar(L)

    def null_challenge(commitments: range_proof.Commitments) -> Scalar:
        parts = (total.alpha, total.beta, *commitments)
        return H_q(GROUP, h_i, Tag.RANGE_PROOF, ind_c, 4, L, *parts, length=13 + 512 * len(parts))

    proof = ranges(contest["nullVoteProof"])
    checks.verify(
        "null vote",
        partial(range_proof.verify, g, K, NewBase(total.alpha), NewBase(total.beta), proof, L, null_challenge),
    )


def tally(record: Egrf, checks: Checks) -> None:
    """Boxes 9 and 10: the weighted product of the cast ballots, and each decryption with its proof."""
    election = election_of(record)
    header, aggregate = record.encrypted_tally
    cast = [
        line["encryptedBallot"]
        for device in record.devices
        for line in device[1:-1]
        if line["encryptedBallot"]["status"] == "BALLOT_STATUS_CAST"
    ]
    checks.check("cast ballots", int(header["encryptedTallyHeader"]["castBallotCount"]) == len(cast))
    weight = sum(message["weight"] for message in cast)
    checks.check("weight", int(header["encryptedTallyHeader"]["totalCastWeight"]) == weight)
    published = elements(aggregate["encryptedTallyContest"]["fields"])
    decrypted = record.tally[0]["decryptedTallyContest"]["fields"]
    for ind_o, entry in enumerate(decrypted, 1):
        weighted = (
            ciphertext(message["contests"][0]["fields"][ind_o - 1]) ** GROUP.scalar(message["weight"])
            for message in cast
        )
        total = reduce(lambda x, y: x * y, weighted)
        checks.check("9.A", total.alpha == published[2 * ind_o - 2])
        checks.check("9.B", total.beta == published[2 * ind_o - 1])
        T, proof = element(entry["encodedTally"]), EqualityProof(*scalars(entry["proof"]))
        M = total.beta / T
        a, b = proof.commitments(GROUP.g, election.K, total.alpha, M)
        challenge = equality.tally_challenge(election.h_e, 1, entry["index"], total, a, b, M)
        checks.verify("10.B", partial(equality.verify, proof.response, challenge, proof.challenge))
        checks.check("10.C", election.K ** GROUP.scalar(int(entry.get("tally", "0"))) == T)


def challenged(record: Egrf, checks: Checks) -> None:
    """Box 13: every ciphertext from its nonce, and the contest data."""
    election = election_of(record)
    by_h_i = {m["hI"]: m for d in record.devices for m in (line["encryptedBallot"] for line in d[1:-1])}
    for opened in (line["challengedBallotDecryption"] for line in record.challenged):
        message = by_h_i[opened["hI"]]
        checks.check("status", message["status"] == "BALLOT_STATUS_CHALLENGED")
        h_i, chis = data(opened["hI"]), []
        for contest, encrypted in zip(opened["contests"], message["contests"], strict=True):
            ind_c, pairs = contest["index"], []
            for entry, sealed_field in zip(contest["fields"], encrypted["fields"], strict=True):
                (xi,) = scalars(entry["nonce"])
                pairs.append(encrypt(GROUP.g, election.K, entry.get("value", 0), xi))
                checks.check("13 ciphertext", pairs[-1] == ciphertext(sealed_field))
            box, (xi,) = sealed(encrypted["contestData"]), scalars(contest["contestData"]["nonce"])
            checks.check("13 C_0", GROUP.g**xi == box.c_0)
            plain = hashed_elgamal.decrypt(ContestDataSeal(h_i, ind_c), box, election.K_hat**xi)
            checks.check("13.A", plain == data(contest["contestData"]["data"]))
            chis.append(codes.contest_hash(h_i, ind_c, pairs, box))
        code = codes.confirmation_code(h_i, chis, data(message["chainingField"]))
        checks.check("13.B", code == data(message["confirmationCode"]))


def contest_data(record: Egrf, checks: Checks) -> None:
    """Box 12: the proof of β, and the data."""
    election = election_of(record)
    by_h_i = {m["hI"]: m for d in record.devices for m in (line["encryptedBallot"] for line in d[1:-1])}
    for opened in (line["contestDataDecryption"] for line in record.contest_data):
        h_i, ind_c, beta = data(opened["hI"]), opened["contestIndex"], element(opened["beta"])
        box = sealed(by_h_i[opened["hI"]]["contests"][ind_c - 1]["contestData"])
        checks.verify("69", partial(hashed_elgamal.verify, ContestDataSeal(h_i, ind_c), GROUP.g, box))
        checks.check("12 β", beta.is_member())
        proof = EqualityProof(*scalars(opened["proof"]))
        a, b = proof.commitments(GROUP.g, election.K_hat, box.c_0, beta)
        c_2 = bytes(box.c_2)
        challenge = equality.contest_data_challenge(h_i, ind_c, box.c_0, box.c_1, c_2, a, b, beta)
        checks.verify("12.B", partial(equality.verify, proof.response, challenge, proof.challenge))
        plain = hashed_elgamal.decrypt(ContestDataSeal(h_i, ind_c), box, beta)
        checks.check("12.C", plain == data(opened["data"]))


SECTIONS: dict[str, Callable[[Egrf, Checks], None]] = {
    "setup": setup,
    "ballots": ballots,
    "tally": tally,
    "challenged": challenged,
    "contest_data": contest_data,
}
