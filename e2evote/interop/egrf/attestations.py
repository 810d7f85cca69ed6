"""Signed statements: what devices and officials state about the record is compared with it."""

from google.protobuf.message import DecodeError

from e2evote.errors import ParseError
from e2evote.interop.egrf.ballots import PRINTED, REGULAR
from e2evote.interop.egrf.reading import canonical, check_item
from e2evote.interop.egrf.roots import codes_root, contents, phase_root, root
from e2evote.interop.egrf.schema import RecordItem
from e2evote.interop.egrf.setup import Egrf
from e2evote.interop.egrf.values import Message
from e2evote.interop.family import Judgement


def verify_attestations(judgement: Judgement, record: Egrf) -> None:
    """Compare every statement; whose signature it carries is not looked at."""
    ledger = judgement.ledger
    for signed in record.items.of(258):
        ledger.check("R.attestation", _device_fits(record, signed.statement), "the statement is not of this record")
    whole = bool(record.items.of(1)) and bool(record.items.of(2))
    if record.items.signatures and not whole:
        ledger.skip("R.signature")
        return
    entries = contents(record.items)
    for item in record.items.signatures:
        message = _statement(item.record_signature.statement)
        fits = message is not None and _record_fits(record, entries, message)
        ledger.check("R.signature", fits, "the signed root is not that of this record")


def _record_fits(record: Egrf, entries: list[Message], item: Message) -> bool:
    stated = item.record_statement
    same = item.HasField("record_statement") and (stated.h_e, stated.format_major) == (record.election.h_e, 2)
    return bool(same and stated.root == phase_root(entries, stated.phase))


def _statement(raw: bytes) -> Message | None:
    item = RecordItem()
    try:
        item.ParseFromString(raw)
        check_item(item, "statement")
    except (DecodeError, ParseError):
        return None
    return item if canonical(item) == raw else None


def _device_fits(record: Egrf, raw: bytes) -> bool:
    item = _statement(raw)
    kind = item.WhichOneof("item") if item is not None else None
    if item is None or kind not in ("chain_close_statement", "section_seal_statement", "prefix_checkpoint_statement"):
        return False
    stated = getattr(item, kind)
    device = record.items.sections.get((257, stated.device_key))
    if device is None or len(device) < 2 or stated.h_e != record.election.h_e:
        return False
    if kind == "section_seal_statement":
        return (stated.item_count, stated.section_root) == (len(device), root(device))
    kinds = [ballot.WhichOneof("item") for ballot in device]
    if kinds[0] != "device_header" or kinds[-1] != "device_close" or not set(kinds[1:-1]) <= {*REGULAR, *PRINTED}:
        return False
    codes = [getattr(ballot, name).confirmation_code for ballot, name in zip(device[1:-1], kinds[1:-1], strict=True)]
    if kind == "prefix_checkpoint_statement":
        return bool(stated.ballot_count <= len(codes)) and stated.codes_root == codes_root(codes[: stated.ballot_count])
    header, close = device[0].device_header, device[-1].device_close
    mine = (header.device_id, header.chaining_mode, len(codes), codes_root(codes), close.closing_hash)
    return mine == (
        stated.device_id,
        stated.chaining_mode,
        stated.ballot_count,
        stated.codes_root,
        stated.closing_hash,
    )
