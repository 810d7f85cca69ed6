"""The trustees: single ones, each needed, and groups of which a threshold is enough.

Belenios specification 3.3, §4.5 to §4.7.
"""

from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Any

from e2evote.encoding import strict_json
from e2evote.errors import ParseError
from e2evote.interop.belenios.arithmetic import Arithmetic, Proof, compact
from e2evote.interop.fields import integer, items, record, text
from e2evote.verifier.report import Ledger

MOST = 256
"""Trustees that may share a key: every one signs all certificates, and commits to up to as many coefficients."""


@dataclass(frozen=True, slots=True)
class Key:
    """A trustee's public key, or share of one, with the proof that its owner knows the private key."""

    public: Any
    proof: Proof
    signature: Proof | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A message with its signature and, for the challenges in which it stands, as the record has it."""

    message: str
    signature: Proof
    json: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trustee:
    """A member of a threshold: certificate, commitments to the polynomial, key share."""

    certificate: Signed
    context: dict[str, Any] | None
    verification: Any
    encryption: Any
    coefficients: Signed
    commitments: tuple[Any, ...]
    signature: Proof | None
    key: Key


@dataclass(frozen=True, slots=True)
class Group:
    """Trustees of whom ``threshold`` must decrypt: a single one, or the members of a distributed key generation."""

    threshold: int
    keys: tuple[Key, ...]
    members: tuple[Trustee, ...] = ()


def read_trustees(arithmetic: Arithmetic, value: object) -> tuple[Group, ...]:
    """Read the trustees.

    Raises:
        ParseError: not of the format.
    """
    groups = []
    for number, item in enumerate(items(value, "trustees"), 1):
        where = f"trustees[{number}]"
        kind, content = items(item, where, 2)
        if kind == "Single":
            groups.append(Group(1, (_key(arithmetic, content, where),)))
        elif kind == "Pedersen":
            groups.append(_pedersen(arithmetic, content, where))
        else:
            raise ParseError(where, f"unknown kind of trustee {ascii(kind)[:40]}")
    if not groups:
        raise ParseError("trustees", "there are none")
    return tuple(groups)


def _key(arithmetic: Arithmetic, value: object, where: str) -> Key:
    fields = record(value, where, ("pok", "public_key"), ("signature", "name"))
    if "name" in fields:
        text(fields["name"], f"{where}.name")
    signature = arithmetic.proof(fields["signature"], f"{where}.signature") if "signature" in fields else None
    public = arithmetic.read(fields["public_key"], f"{where}.public_key")
    return Key(public, arithmetic.proof(fields["pok"], f"{where}.pok"), signature)


def _pedersen(arithmetic: Arithmetic, value: object, where: str) -> Group:
    fields = record(value, where, ("threshold", "certs", "coefexps", "verification_keys"), ("signatures",))
    certificates = items(fields["certs"], f"{where}.certs")
    size = len(certificates)
    threshold = integer(fields["threshold"], f"{where}.threshold")
    if size > MOST:
        raise ParseError(where, f"{size} trustees; at most {MOST} can share a key here")
    if not 1 <= threshold <= size < arithmetic.q:
        raise ParseError(where, f"a threshold of {threshold} among {size}")
    coefficients = items(fields["coefexps"], f"{where}.coefexps", size)
    keys = items(fields["verification_keys"], f"{where}.verification_keys", size)
    signatures = items(fields["signatures"], f"{where}.signatures", size) if "signatures" in fields else [None] * size
    members = tuple(
        _trustee(arithmetic, *parts, where=f"{where}, member {number}")
        for number, parts in enumerate(zip(certificates, coefficients, signatures, keys, strict=True), 1)
    )
    return Group(threshold, tuple(member.key for member in members), members)


def _trustee(
    arithmetic: Arithmetic, certificate: object, coefficients: object, signature: object, key: object, where: str
) -> Trustee:
    cert, committed = _signed(arithmetic, certificate, where), _signed(arithmetic, coefficients, where)
    content = strict_json(cert.message.encode(), f"{where}: certificate")
    fields = record(content, f"{where}: certificate", ("verification", "encryption"), ("context",))
    values = strict_json(committed.message.encode(), f"{where}: coefexps")
    commitments = items(record(values, f"{where}: coefexps", ("coefexps",))["coefexps"], f"{where}: coefexps")
    return Trustee(
        cert,
        fields.get("context"),
        arithmetic.read(fields["verification"], f"{where}: verification"),
        arithmetic.read(fields["encryption"], f"{where}: encryption"),
        committed,
        tuple(arithmetic.read(commitment, f"{where}: coefexps") for commitment in commitments),
        None if signature is None else arithmetic.proof(signature, f"{where}: signature"),
        _key(arithmetic, key, where),
    )


def _signed(arithmetic: Arithmetic, value: object, where: str) -> Signed:
    fields = record(value, where, ("message", "signature"))
    if list(fields) != ["message", "signature"]:
        raise ParseError(where, "message comes before signature")
    return Signed(
        text(fields["message"], f"{where}.message"),
        arithmetic.proof(fields["signature"], f"{where}.signature"),
        fields,
    )


def verify_trustees(ledger: Ledger, arithmetic: Arithmetic, key: Any, groups: tuple[Group, ...]) -> None:  # noqa: ANN401
    """Verify all keys, and that the election's ``key`` is their product."""
    product = arithmetic.one
    number = 0
    for group in groups:
        for index, trustee in enumerate(group.keys):
            number += 1
            _verify_key(ledger, arithmetic, trustee, f"trustee {number}")
            if group.members:
                _verify_member(ledger, arithmetic, group, index, f"trustee {number}")
        if group.members:
            _verify_shares(ledger, arithmetic, group, number - len(group.keys))
        product *= _public_key(arithmetic, group)
    member = _are_members(arithmetic, [key])
    ledger.check("BEL.key-membership", member, "the election's public key is not in the group")
    ledger.check("BEL.election-key", product == key, "the public key is not the product of the trustees' keys")


def _public_key(arithmetic: Arithmetic, group: Group) -> Any:  # noqa: ANN401  (a Member)
    """Return the key of a single trustee, or Π_i A_i0 of a threshold."""
    if not group.members:
        return group.keys[0].public
    return reduce(mul, (member.commitments[0] for member in group.members if member.commitments), arithmetic.one)


def _are_members(arithmetic: Arithmetic, elements: list[Any]) -> bool:
    return all(arithmetic.evaluate((), [arithmetic.new(element) for element in elements])[1])


def _verify_key(ledger: Ledger, arithmetic: Arithmetic, key: Key, who: str) -> None:
    member = _are_members(arithmetic, [key.public])
    ledger.check("BEL.key-membership", member, f"{who}: the public key is not in the group")
    prefix = f"pok|{arithmetic.name}|{arithmetic.write(key.public)}|"
    holds = arithmetic.knows(key.public, key.proof, prefix)
    ledger.check("BEL.trustee-proof", holds, f"{who}: the proof to know the private key does not hold")


def _verify_member(ledger: Ledger, arithmetic: Arithmetic, group: Group, index: int, who: str) -> None:
    trustee = group.members[index]
    elements = [trustee.verification, trustee.encryption, *trustee.commitments]
    member = _are_members(arithmetic, elements)
    ledger.check("BEL.key-membership", member, f"{who}: a key of the certificate or a commitment is not in the group")
    expected = {"group": arithmetic.name, "size": len(group.members), "threshold": group.threshold, "index": index + 1}
    if trustee.context is not None:
        ledger.check("BEL.certificate", trustee.context == expected, f"{who}: the context is not that of this trustee")
    signed = _is_signed(arithmetic, trustee, trustee.certificate.message, trustee.certificate.signature)
    ledger.check("BEL.certificate", signed, f"{who}: the certificate is not signed by its own key")
    degree = len(trustee.commitments) == group.threshold
    message = f"{who}: {len(trustee.commitments)} commitments for a threshold of {group.threshold}"
    ledger.check("BEL.commitments", degree, message)
    signed = _is_signed(arithmetic, trustee, trustee.coefficients.message, trustee.coefficients.signature)
    ledger.check("BEL.commitments", signed, f"{who}: the commitments are not signed by the certificate's key")
    if trustee.signature is not None:
        certificates = [member.certificate.json for member in group.members]
        committed = [arithmetic.write(commitment) for commitment in trustee.commitments]
        message = "certs_sig|" + compact({"certs": certificates, "coefexps": committed})
        signed = _is_signed(arithmetic, trustee, message, trustee.signature)
        ledger.check("BEL.commitments", signed, f"{who}: certificates and commitments are not signed together")


def _is_signed(arithmetic: Arithmetic, trustee: Trustee, message: str, signature: Proof) -> bool:
    return arithmetic.knows(trustee.verification, signature, f"sigmsg|{message}|")


def _verify_shares(ledger: Ledger, arithmetic: Arithmetic, group: Group, before: int) -> None:
    """Check every key share X_j = Π_i Π_k A_ik^(j^k)."""
    if any(len(member.commitments) != group.threshold for member in group.members):
        ledger.skip("BEL.verification-key")
        return
    columns = zip(*(member.commitments for member in group.members), strict=True)
    sums = [reduce(mul, column) for column in columns]
    for j, trustee in enumerate(group.members, 1):
        share = arithmetic.one
        for k, product in enumerate(sums):
            share *= product ** arithmetic.scalar(pow(j, k, int(arithmetic.q)))
        who = f"trustee {before + j}"
        holds = share == trustee.key.public
        ledger.check("BEL.verification-key", holds, f"{who}: the key share is not what the commitments give")
        if trustee.key.signature is not None:
            message = arithmetic.write(trustee.key.public)
            signed = _is_signed(arithmetic, trustee, message, trustee.key.signature)
            ledger.check("BEL.verification-key", signed, f"{who}: the key share is not signed")
