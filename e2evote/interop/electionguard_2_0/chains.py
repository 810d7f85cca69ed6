"""What codes are chained by: box 7 of ElectionGuard 2.0.0, and the two readings of it that records have."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from e2evote.errors import ParseError
from e2evote.interop.electionguard_2_0.ballots import FOLDER, Known
from e2evote.interop.electionguard_2_0.setup import Election
from e2evote.interop.electionguard_2_0.values import distinct, hexadecimal, signed_bytes, text
from e2evote.interop.family import Judgement
from e2evote.interop.fields import items, record
from e2evote.verifier.report import Place

CHAIN = "ballot_chain.json"
_OLDER_FIRST = (
    "in a chain the first ballot's additional bytes are H_0 alone, without B_aux,0: electionguard-kotlin-multiplatform "
    "makes them so"
)


def verify_chains(
    judgement: Judgement, election: Election, names: Sequence[str], ballots: Sequence[Known | None]
) -> None:
    """Verify the additional bytes of every ballot, by device where codes are chained."""
    ledger = judgement.ledger
    _verify_unique(judgement, ballots)
    if not election.chained:
        for ballot in ballots:
            if ballot is not None:
                holds = ballot.auxiliary == election.auxiliary
                message = "code_baux is not what the configuration says"
                ledger.check("EG20.chain", holds, message, Place(ballot=ballot.name))
        return
    devices: dict[str, dict[str, Known]] = defaultdict(dict)
    for name, ballot in zip(names, ballots, strict=True):
        folder = name.rsplit("/", 1)[0]
        if ballot is None:
            ledger.skip("EG20.chain", "EG20.chain-close")
        else:
            devices[folder][ballot.name] = ballot
    folders = {name.rsplit("/", 1)[0] for name in judgement.record.under(FOLDER, f"/{CHAIN}")}
    for folder in sorted(folders | set(devices)):
        try:
            _verify_device(judgement, election, folder, devices.get(folder, {}))
        except ParseError as error:
            ledger.check("EG20.chain-close", False, f"{folder}/{CHAIN}: {error}")
    if len(devices) > 1 and election.auxiliary:
        judgement.remark("all devices chain with the same B_aux,0, that of the configuration")


def _verify_unique(judgement: Judgement, ballots: Sequence[Known | None]) -> None:
    names: set[str] = set()
    codes: set[bytes] = set()
    for ballot in ballots:
        if ballot is None:
            continue
        fresh = ballot.name not in names and ballot.code not in codes
        judgement.ledger.check("EG20.ballot-id", fresh, "id or code was there before", Place(ballot=ballot.name))
        names.add(ballot.name)
        codes.add(ballot.code)


def _verify_device(judgement: Judgement, election: Election, folder: str, ballots: Mapping[str, Known]) -> None:
    arithmetic, ledger = election.arithmetic, judgement.ledger
    where = f"{folder}/{CHAIN}"
    known = ("encrypting_device", "baux0", "ballot_ids", "last_confirmation_code")
    other = ("closing_hash", "metadata", "chaining", "election_base_hash")
    fields = record(judgement.record.json(where), "the chain", known, other)
    device = text(fields["encrypting_device"], "encrypting_device")
    start = (signed_bytes if arithmetic.base64 else hexadecimal)(fields["baux0"], "baux0")
    expected = election.auxiliary or (device.encode() if arithmetic.base64 else b"")
    # electionguard-kotlin-multiplatform writes H_0 there, or nothing new
    others = (expected, arithmetic.hash(election.base, 0x24, expected))
    ledger.check("EG20.chain-close", start in others, f"{where}: baux0 is not that of the device")
    given = fields.get("election_base_hash")
    holds = given is None or arithmetic.octets(given, "election_base_hash", 32) == election.base
    ledger.check("EG20.chain-close", holds, f"{where}: election_base_hash is another")
    order = [text(entry, "ballot_ids") for entry in items(fields["ballot_ids"], "ballot_ids")]
    distinct(order, "ballot_ids")
    ledger.check("EG20.chain-close", set(order) == set(ballots), f"{where}: not the ballots of the device's folder")
    code = _verify_links(judgement, election, [ballots[name] for name in order if name in ballots], expected, device)
    last = arithmetic.octets(fields["last_confirmation_code"], "last_confirmation_code", 32)
    if order:
        ledger.check("EG20.chain-close", last == code, f"{where}: last_confirmation_code is another")
    closing = arithmetic.hash(election.base, 0x24, code, expected, b"CLOSE")
    given = fields.get("closing_hash")
    holds = given is not None and arithmetic.octets(given, "closing_hash", 32) == closing
    ledger.check("EG20.chain-close", holds, f"{where}: closing_hash is missing or another")


def _verify_links(
    judgement: Judgement, election: Election, ballots: Sequence[Known], start: bytes, device: str
) -> bytes:
    """Verify B_aux,j = H_(j−1) ‖ B_aux,0 and return the last code."""
    first = code = election.arithmetic.hash(election.base, 0x24, start)
    for position, ballot in enumerate(ballots, 1):
        place = Place(position=position, ballot=ballot.name)
        older = position == 1 and bool(start) and ballot.auxiliary == first
        if older:
            judgement.remark(_OLDER_FIRST)
        linked = older or ballot.auxiliary == code + start
        judgement.ledger.check("EG20.chain", linked, "code_baux does not follow from the ballot before", place)
        judgement.ledger.check("EG20.chain", ballot.device == device, "the ballot is of another device", place)
        code = ballot.code
    return code
