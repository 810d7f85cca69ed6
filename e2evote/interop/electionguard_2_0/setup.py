"""Constants, configuration, manifest and keys: read, and boxes 1 to 4 of ElectionGuard 2.0.0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from e2evote.errors import CheckError, ParseError
from e2evote.interop.curves import P256, Curve
from e2evote.interop.electionguard_2_0.arithmetic import Arithmetic, Equations, Proof
from e2evote.interop.electionguard_2_0.checks import KEYS, SETUP
from e2evote.interop.electionguard_2_0.values import canonical_base64, distinct, flag, integer, signed_bytes, text
from e2evote.interop.fields import items, record
from e2evote.interop.foreign import Foreign
from e2evote.interop.groups import LARGEST, integer_group
from e2evote.verifier.report import Ledger, Place

GUARDIANS = 256
LIMIT = 1000
"""The most a selection limit may be: a proof has that many parts."""
_NUMBERS = ("largePrime", "smallPrime", "cofactor", "generator")
_NUMBERS_HEX = ("large_prime", "small_prime", "cofactor", "generator")
_CURVE = ("a", "b", "primeModulus", "g.x", "g.y", "h")
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest of the manifest: its options by name, each with its index."""

    name: str
    index: int
    limit: int
    option_limit: int
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Contests by name in the order of their indices, and the names of those on each ballot style."""

    contests: Mapping[str, Contest]
    styles: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian's commitments K_ij, each with its proof."""

    index: int
    commitments: tuple[Any, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Election:
    """What ballots and tallies are verified against."""

    arithmetic: Arithmetic
    manifest: Manifest
    chained: bool
    auxiliary: bytes
    key: Any
    base: bytes
    quorum: int
    guardians: tuple[Guardian, ...]


def read_arithmetic(record_: Foreign, ledger: Ledger) -> tuple[Arithmetic, bytes] | None:
    """Return the group and H_P; None where the numbers are no group to compute in.

    Raises:
        ParseError: the constants cannot be read.
    """
    name = "constants.json"
    value = record_.json(name)
    if isinstance(value, dict) and "large_prime" in value:
        fields = record(value, name, ("name", *_NUMBERS_HEX))
        numbers = [_number(fields[key], f"{name}: {key}") for key in _NUMBERS_HEX]
        return _integers(ledger, numbers, "v2.0.0", base64=False)
    fields = record(value, name, ("name", "type", "protocolVersion", "constants"))
    version = text(fields["protocolVersion"], f"{name}: protocolVersion")
    if version not in ("v2.0.0", "v2.1.0"):
        raise ParseError(name, f"version {ascii(version)[:20]}; expected v2.0.0", "protocolVersion")
    if fields["type"] == "IntegerGroup":
        constants = record(fields["constants"], f"{name}: constants", _NUMBERS)
        return _integers(ledger, [_number(constants[key], f"{name}: {key}") for key in _NUMBERS], version, base64=True)
    if fields["type"] != "EllipticCurve":
        raise ParseError(name, "neither IntegerGroup nor EllipticCurve", "type")
    constants = record(fields["constants"], f"{name}: constants", (*_CURVE, "order"))
    found = [_number(constants[key], f"{name}: {key}") for key in (*_CURVE, "order")]
    expected = [int(P256.field) - 3, _P256_B, int(P256.field), *P256.base, 1, int(P256.q)]
    if found != expected:
        ledger.check("EG20.group", False, "the curve is not P-256")
        return None
    ledger.check("EG20.group", True, "")
    arithmetic = Arithmetic(P256, True)
    message = [number.to_bytes(32, "big") for number in expected[:-1]]
    return arithmetic, arithmetic.hash(version.encode().ljust(32, b"\0"), 0x00, *message)


def _integers(ledger: Ledger, numbers: list[int], version: str, base64: bool) -> tuple[Arithmetic, bytes] | None:
    p, q, cofactor, g = numbers
    try:
        group = integer_group(p, q, g)
    except CheckError as error:
        ledger.check("EG20.group", False, str(error))
        return None
    if not ledger.check("EG20.group", cofactor * q == p - 1 and q < 1 << 256, "the cofactor is not (p − 1)/q"):
        return None
    arithmetic = Arithmetic(group, base64)
    length = group.l_p
    message = p.to_bytes(length, "big"), q.to_bytes(32, "big"), g.to_bytes(length, "big")
    return arithmetic, arithmetic.hash(version.encode().ljust(32, b"\0"), 0x00, *message)


def _number(value: object, where: str) -> int:
    if not isinstance(value, str) or not 0 < len(value) <= LARGEST // 4 or set(value) - set("0123456789abcdefABCDEF"):
        raise ParseError(where, "expected a number in hex")
    return int(value, 16)


def read_election(record_: Foreign, ledger: Ledger) -> Election | None:
    """Read and verify everything up to the joint key; None where there is no group.

    Raises:
        ParseError: something of it cannot be read.
    """
    found = read_arithmetic(record_, ledger)
    if found is None:
        return None
    arithmetic, parameter_base = found
    name = "election_config.json"
    known = (
        "config_version",
        "number_of_guardians",
        "quorum",
        "parameter_base_hash",
        "manifest_hash",
        "election_base_hash",
        "chain_confirmation_codes",
        "baux0",
    )
    config = record(record_.json(name), name, known, ("metadata",))
    n = integer(config["number_of_guardians"], f"{name}: number_of_guardians", GUARDIANS)
    k = integer(config["quorum"], f"{name}: quorum", GUARDIANS)
    if not 1 <= k <= n:
        raise ParseError(name, f"a quorum of {k} of {n} guardians", "quorum")
    data = record_.read("manifest.json")
    manifest_hash = arithmetic.hash(parameter_base, 0x01, len(data), data)
    base = arithmetic.hash(parameter_base, 0x02, manifest_hash, n, k)
    for field, value in (("parameter_base_hash", parameter_base), ("manifest_hash", manifest_hash)):
        given = arithmetic.octets(config[field], f"{name}: {field}", 32)
        ledger.check(f"EG20.{field.replace('_', '-')}", given == value, f"{field} is another")
    given = arithmetic.octets(config["election_base_hash"], f"{name}: election_base_hash", 32)
    ledger.check("EG20.election-base-hash", given == base, "election_base_hash is another")
    ledger.complete(SETUP)
    auxiliary = config["baux0"]
    read = canonical_base64 if arithmetic.base64 else signed_bytes
    return _read_keys(
        record_,
        ledger,
        arithmetic,
        (parameter_base, base),
        (n, k),
        read_manifest(record_.json("manifest.json")),
        (flag(config["chain_confirmation_codes"], f"{name}: chaining"), read(auxiliary, f"{name}: baux0")),
    )


def _read_keys(
    record_: Foreign,
    ledger: Ledger,
    arithmetic: Arithmetic,
    hashes: tuple[bytes, bytes],
    numbers: tuple[int, int],
    manifest: Manifest,
    chaining: tuple[bool, bytes],
) -> Election:
    name = "election_initialized.json"
    fields = record(record_.json(name), name, ("joint_public_key", "extended_base_hash", "guardians"), ("metadata",))
    key = arithmetic.element(fields["joint_public_key"], f"{name}: joint_public_key")
    given = arithmetic.octets(fields["extended_base_hash"], f"{name}: extended_base_hash", 32)
    n, k = numbers
    guardians = tuple(
        sorted((_guardian(arithmetic, value, k) for value in items(fields["guardians"], name)), key=lambda g: g.index)
    )
    if [guardian.index for guardian in guardians] != list(range(1, n + 1)):
        raise ParseError(name, f"expected guardians with x_coordinate 1 to {n}", "guardians")
    if isinstance(arithmetic.group, Curve):
        arithmetic = replace(arithmetic, expanded=_is_expanded(arithmetic, hashes[0], guardians[0]))
    _verify_guardians(ledger, arithmetic, hashes[0], guardians)
    product = arithmetic.product([guardian.commitments[0] for guardian in guardians])
    holds = key == product and key != arithmetic.group.one
    ledger.check("EG20.joint-key", holds, "the joint key is not the product of the guardians' keys")
    extended = arithmetic.hash(hashes[1], 0x12, key)
    ledger.check("EG20.extended-base-hash", given == extended, "extended_base_hash is another")
    ledger.complete(KEYS)
    return Election(arithmetic, manifest, *chaining, key, extended, k, guardians)


def _guardian(arithmetic: Arithmetic, value: object, k: int) -> Guardian:
    where = "election_initialized.json: guardians"
    fields = record(value, where, ("guardian_id", "x_coordinate", "coefficient_proofs"))
    proofs = items(fields["coefficient_proofs"], where)
    if len(proofs) != k:
        raise ParseError(where, f"{len(proofs)} commitments; expected {k}")
    commitments, found = [], []
    for proof in proofs:
        parts = record(proof, where, ("public_key", "challenge", "response"))
        commitments.append(arithmetic.element(parts["public_key"], f"{where}.public_key"))
        found.append(Proof(*(arithmetic.scalar(parts[name], where) for name in ("challenge", "response"))))
    return Guardian(integer(fields["x_coordinate"], where), tuple(commitments), tuple(found))


def _is_expanded(arithmetic: Arithmetic, base: bytes, guardian: Guardian) -> bool:
    """Tell from the first proof of all how this version of egk-ec makes a number mod q of a hash."""
    key, proof = guardian.commitments[0], guardian.proofs[0]
    value = arithmetic.power(arithmetic.group.g, proof.response) * arithmetic.power(key, proof.challenge)
    return not _proved(arithmetic, base, (guardian.index, 0, key), proof, [value])


def _verify_guardians(ledger: Ledger, arithmetic: Arithmetic, base: bytes, guardians: tuple[Guardian, ...]) -> None:
    """Box 2: c_ij = H(H_P; 10, i, j, K_ij, g^v·K_ij^c)."""
    equations = Equations(arithmetic)
    g = arithmetic.fixed(arithmetic.group.g)
    for guardian in guardians:
        for j, (commitment, proof) in enumerate(zip(guardian.commitments, guardian.proofs, strict=True)):
            what = f"commitment {j} of guardian {guardian.index}"
            key = equations.member("EG20.commitment", commitment, what, Place())
            value = arithmetic.power(g, proof.response) * arithmetic.power(key, proof.challenge)

            equations.pose(
                "EG20.guardian-proof",
                f"the proof of {what} does not hold",
                Place(),
                [value],
                partial(_proved, arithmetic, base, (guardian.index, j, commitment), proof),
            )
    equations.solve(ledger)


def _proved(
    arithmetic: Arithmetic, base: bytes, statement: tuple[int, int, Any], proof: Proof, found: Sequence[Any]
) -> bool:
    return arithmetic.hash_q(base, 0x10, *statement, found[0]) == proof.challenge


def read_manifest(value: object) -> Manifest:
    """Read the parts of a manifest that matter here; the rest is for people, and free.

    Raises:
        ParseError: these parts cannot be read.
    """
    name = "manifest.json"
    if not isinstance(value, dict):
        raise ParseError(name, "expected an object")
    contests, districts = [], {}
    for entry in items(value.get("contests"), f"{name}: contests"):
        contest = _contest(entry)
        contests.append(contest)
        districts[contest.name] = text(entry.get("electoral_district_id"), f"{name}: electoral_district_id")
    distinct([contest.name for contest in contests], f"{name}: contests")
    distinct([str(contest.index) for contest in contests], f"{name}: sequence_order")
    contests.sort(key=lambda contest: contest.index)
    styles = {}
    for entry in items(value.get("ballot_styles"), f"{name}: ballot_styles"):
        if not isinstance(entry, dict):
            raise ParseError(f"{name}: ballot_styles", "expected objects")
        style = text(entry.get("object_id"), f"{name}: ballot_styles.object_id")
        if style in styles:
            raise ParseError(f"{name}: ballot_styles", "a name is there twice")
        units = items(entry.get("geopolitical_unit_ids"), f"{name}: geopolitical_unit_ids")
        styles[style] = tuple(contest.name for contest in contests if districts[contest.name] in units)
    return Manifest({contest.name: contest for contest in contests}, styles)


def _contest(entry: object) -> Contest:
    where = "manifest.json: contests"
    if not isinstance(entry, dict):
        raise ParseError(where, "expected objects")
    options: dict[str, int] = {}
    for option in items(entry.get("ballot_selections"), f"{where}.ballot_selections"):
        if not isinstance(option, dict):
            raise ParseError(where, "expected options that are objects")
        label = text(option.get("object_id"), f"{where}: option")
        if label in options:
            raise ParseError(where, "an option is there twice")
        options[label] = integer(option.get("sequence_order"), f"{where}: sequence_order")
    if not options or len(set(options.values())) != len(options):
        raise ParseError(where, "no options, or two of one sequence_order")
    ordered = dict(sorted(options.items(), key=lambda item: item[1]))
    limit = entry.get("option_selection_limit")
    return Contest(
        text(entry.get("object_id"), f"{where}.object_id"),
        integer(entry.get("sequence_order"), f"{where}.sequence_order"),
        integer(entry.get("votes_allowed"), f"{where}.votes_allowed", LIMIT),
        1 if limit is None else integer(limit, f"{where}.option_selection_limit", LIMIT),
        ordered,
    )
