"""The public credentials with their weights, and what the credential authority signed.

Belenios specification 3.3, §4.8.
"""

import hashlib
from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.belenios.archive import Board
from e2evote.interop.belenios.arithmetic import Arithmetic, compact, decimal
from e2evote.interop.belenios.checks import CREDENTIALS
from e2evote.interop.belenios.election import Election
from e2evote.interop.fields import integer, items, record, text
from e2evote.verifier.report import Ledger

LARGEST_WEIGHT = 10**11
"""What all weights together may come to, as in Belenios."""
_CERTIFICATE = ("uuid", "voter_list_length", "public_creds_hash", "verification_key", "encryption_key", "signature")


def verify_credentials(ledger: Ledger, board: Board, election: Election) -> dict[str, int] | None:
    """Check the list and return the weight of every credential; None where the list cannot be read."""
    arithmetic, digest = election.arithmetic, board.setup["credentials"]
    weights: dict[str, int] = {}
    try:
        lines = [_line(line, number) for number, line in enumerate(items(board.json(digest), "credentials"), 1)]
        if sum(weight for _, weight in lines) > LARGEST_WEIGHT:
            raise ParseError("credentials", f"the weights come to more than {LARGEST_WEIGHT}")
        members = _members(arithmetic, [credential for credential, _ in lines])
    except ParseError as error:
        ledger.check("BEL.credential-format", False, str(error))
        return None
    for number, ((credential, weight), member) in enumerate(zip(lines, members, strict=True), 1):
        ledger.check("BEL.credential-format", True, "")
        ledger.check("BEL.credential-membership", member, f"credential {number} is not in the group")
        ledger.check("BEL.credential-unique", credential not in weights, f"credential {number} was there before")
        weights[credential] = weight
    if "credentials_certificate" in board.setup:
        _verify_certificate(ledger, board, election, len(lines))
    ledger.complete(CREDENTIALS)
    return weights


def _line(value: object, number: int) -> tuple[str, int]:
    where = f"credentials[{number}]"
    credential, comma, weight = text(value, where).partition(",")
    return credential, int(decimal(weight, f"{where}: weight")) if comma else 1


def _members(arithmetic: Arithmetic, credentials: list[str]) -> list[bool]:
    elements = [arithmetic.read(credential, f"credentials[{n}]") for n, credential in enumerate(credentials, 1)]
    return list(arithmetic.evaluate((), [arithmetic.new(element) for element in elements])[1])


def _verify_certificate(ledger: Ledger, board: Board, election: Election, voters: int) -> None:
    """Check what the credential authority signed, which Belenios has had since 3.2."""
    arithmetic, where = election.arithmetic, "credentials_certificate"
    try:
        fields = record(board.json(board.setup[where]), where, _CERTIFICATE)
        signed = record(fields["signature"], where, ("message", "signature"))
        signature = arithmetic.proof(signed["signature"], where)
        keys = [arithmetic.read(fields[name], f"{where}.{name}") for name in ("verification_key", "encryption_key")]
        stated = (
            text(fields["uuid"], where),
            integer(fields["voter_list_length"], where),
            text(fields["public_creds_hash"], where),
        )
    except ParseError as error:
        ledger.check("BEL.credential-certificate", False, str(error))
        return
    about = stated == (election.uuid, voters, board.setup["credentials"])
    ledger.check("BEL.credential-certificate", about, "the certificate is about another list of credentials")
    member = all(arithmetic.evaluate((), [arithmetic.new(key) for key in keys])[1])
    ledger.check("BEL.credential-certificate", member, "a key of the certificate is not in the group")
    body: dict[str, Any] = {name: fields[name] for name in _CERTIFICATE[:-1]}
    holds = signed["message"] == _sha256(compact(body)) and arithmetic.knows(
        keys[0], signature, f"sigmsg|{signed['message']}|"
    )
    ledger.check("BEL.credential-certificate", holds, "the certificate is not signed by its own key")


def _sha256(message: str) -> str:
    return hashlib.sha256(message.encode()).hexdigest()
