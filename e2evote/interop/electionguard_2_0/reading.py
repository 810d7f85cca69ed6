"""Ballots, read strictly against the manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.electionguard_2_0.arithmetic import Arithmetic, Ciphertext, Proof
from e2evote.interop.electionguard_2_0.setup import Contest, Election
from e2evote.interop.electionguard_2_0.values import flag, hexadecimal, integer, text
from e2evote.interop.fields import items, record

STATES = ("CAST", "CHALLENGED", "SPOILED", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Data:
    """Contest data: C0, C1, C2 and the length of what is encrypted."""

    c0: Any
    c1: bytes
    c2: bytes
    length: int


@dataclass(frozen=True, slots=True)
class Vector:
    """A pre-encryption that the voter chose."""

    hash: bytes
    short: str
    ciphertexts: tuple[Ciphertext, ...]


@dataclass(frozen=True, slots=True)
class PreEncryption:
    """What a pre-encrypted contest shows besides."""

    hash: bytes
    hashes: tuple[bytes, ...]
    vectors: tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class BallotContest:
    """A contest on a ballot, options in the manifest's order."""

    contest: Contest
    hash: bytes
    ciphertexts: tuple[Ciphertext, ...]
    option_proofs: tuple[tuple[Proof, ...], ...]
    limit_proof: tuple[Proof, ...]
    data: Data
    pre: PreEncryption | None


@dataclass(frozen=True, slots=True)
class Ballot:
    """An encrypted ballot."""

    name: str
    style: str
    device: str
    auxiliary: bytes
    code: bytes
    election: bytes
    state: str
    contests: tuple[BallotContest, ...]
    pre_encrypted: bool
    serial: Ciphertext | None


def read_ballot(election: Election, value: object) -> Ballot:
    """Read a ballot.

    Raises:
        ParseError: not in the format, or not of a style of the manifest.
    """
    known = ("ballot_id", "ballot_style_id", "encrypting_device", "timestamp", "code_baux", "confirmation_code")
    fields = record(
        value,
        "ballot",
        (*known, "election_id", "contests", "state", "is_preencrypt"),
        ("encrypted_sn", "primary_nonce"),
    )
    if fields.get("primary_nonce") is not None:
        raise ParseError("primary_nonce", "the ballot publishes its nonce, with which anybody can read it")
    integer(fields["timestamp"], "timestamp", 1 << 63)
    style = text(fields["ballot_style_id"], "ballot_style_id")
    names = election.manifest.styles.get(style)
    if names is None:
        raise ParseError("ballot_style_id", "not a style of the manifest")
    entries = items(fields["contests"], "contests")
    if len(entries) != len(names):
        raise ParseError("contests", f"{len(entries)} contests; the style has {len(names)}")
    if fields["state"] not in STATES:
        raise ParseError("state", f"expected one of {', '.join(STATES)}")
    arithmetic = election.arithmetic
    pre = flag(fields["is_preencrypt"], "is_preencrypt")
    serial = fields.get("encrypted_sn")
    return Ballot(
        text(fields["ballot_id"], "ballot_id"),
        style,
        text(fields["encrypting_device"], "encrypting_device"),
        hexadecimal(fields["code_baux"], "code_baux"),
        arithmetic.octets(fields["confirmation_code"], "confirmation_code", 32),
        arithmetic.octets(fields["election_id"], "election_id", 32),
        fields["state"],
        tuple(
            _contest(arithmetic, entry, election.manifest.contests[name], pre)
            for entry, name in zip(entries, names, strict=True)
        ),
        pre,
        None if serial is None else arithmetic.ciphertext(serial, "encrypted_sn"),
    )


def named(value: Mapping[str, Any], name: str, index: int, key: str) -> None:
    """Accept an entry of that name and index.

    Raises:
        ParseError: another.
    """
    if value[key] != name or value["sequence_order"] != index or isinstance(value["sequence_order"], bool):
        raise ParseError(key, f"expected {ascii(name)[:40]} with sequence_order {index}")


def _contest(arithmetic: Arithmetic, value: object, contest: Contest, pre: bool) -> BallotContest:
    known = ("contest_id", "sequence_order", "contest_hash", "selections", "proof", "encrypted_contest_data")
    fields = record(value, "contest", known, ("pre_encryption", "votes_allowed"))
    named(fields, contest.name, contest.index, "contest_id")
    if fields.get("votes_allowed", contest.limit) != contest.limit:
        raise ParseError("votes_allowed", f"the manifest says {contest.limit}")
    entries = items(fields["selections"], "selections")
    if len(entries) != len(contest.options):
        raise ParseError("selections", f"{len(entries)} options; the manifest has {len(contest.options)}")
    ciphertexts, proofs = [], []
    for entry, (option, index) in zip(entries, contest.options.items(), strict=True):
        parts = record(entry, "selection", ("selection_id", "sequence_order", "encrypted_vote", "proof"))
        named(parts, option, index, "selection_id")
        ciphertexts.append(arithmetic.ciphertext(parts["encrypted_vote"], "encrypted_vote"))
        proofs.append(_range_proof(arithmetic, parts["proof"], contest.option_limit))
    given = fields.get("pre_encryption")
    if pre != (given is not None):
        raise ParseError("pre_encryption", "there exactly where the ballot is pre-encrypted, that is expected")
    return BallotContest(
        contest,
        arithmetic.octets(fields["contest_hash"], "contest_hash", 32),
        tuple(ciphertexts),
        tuple(proofs),
        _range_proof(arithmetic, fields["proof"], contest.limit),
        read_data(arithmetic, fields["encrypted_contest_data"]),
        _pre_encryption(arithmetic, given, contest) if pre else None,
    )


def _range_proof(arithmetic: Arithmetic, value: object, limit: int) -> tuple[Proof, ...]:
    proofs = items(record(value, "proof", ("proofs",))["proofs"], "proofs")
    if len(proofs) != limit + 1:
        raise ParseError("proofs", f"{len(proofs)} parts; expected {limit + 1}")
    return tuple(arithmetic.proof(proof, "proof") for proof in proofs)


def read_data(arithmetic: Arithmetic, value: object) -> Data:
    """Read encrypted contest data.

    Raises:
        ParseError: not in the format; C1 is blocks of 32 bytes, the last of which may be filled up.
    """
    where = "encrypted_contest_data"
    fields = record(value, where, ("c0", "c1", "c2", "numBytes"))
    c1 = arithmetic.octets(fields["c1"], f"{where}.c1")
    length = integer(fields["numBytes"], f"{where}.numBytes")
    if len(c1) != -(-length // 32) * 32:
        raise ParseError(f"{where}.c1", f"{len(c1)} bytes for {length}")
    c0 = arithmetic.element(fields["c0"], f"{where}.c0")
    return Data(c0, c1, arithmetic.octets(fields["c2"], f"{where}.c2", 32), length)


def _pre_encryption(arithmetic: Arithmetic, value: object, contest: Contest) -> PreEncryption:
    where = "pre_encryption"
    fields = record(value, where, ("preencryption_hash", "all_selection_hashes", "selected_vectors"))
    hashes = items(fields["all_selection_hashes"], where)
    vectors = items(fields["selected_vectors"], where)
    if len(hashes) != len(contest.options) + contest.limit or len(vectors) != contest.limit:
        raise ParseError(where, "another number of selection hashes or vectors than options and limit make")
    found = []
    for vector in vectors:
        parts = record(vector, where, ("selection_hash", "short_code", "encryptions"))
        ciphertexts = items(parts["encryptions"], where)
        if len(ciphertexts) != len(contest.options):
            raise ParseError(where, "a vector has another number of ciphertexts than the contest has options")
        found.append(
            Vector(
                arithmetic.octets(parts["selection_hash"], where, 32),
                text(parts["short_code"], where),
                tuple(arithmetic.ciphertext(ciphertext, where) for ciphertext in ciphertexts),
            )
        )
    return PreEncryption(
        arithmetic.octets(fields["preencryption_hash"], where, 32),
        tuple(arithmetic.octets(item, where, 32) for item in hashes),
        tuple(found),
    )
