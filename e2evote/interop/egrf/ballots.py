"""Boxes 5 to 8 and 15 to 17: ballots, their proofs and codes, and the chains of devices."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from e2evote import hashed_elgamal
from e2evote.elgamal import Ciphertext, aggregate
from e2evote.errors import E2EVoteError, VerificationError
from e2evote.group.computation import Request, evaluate
from e2evote.group.elements import Scalar
from e2evote.group.powers import NewBase
from e2evote.hashed_elgamal import BallotNonceSeal, ContestDataSeal
from e2evote.hashing import PRE_ENCRYPTED, H_q, Tag, selection_identifier_hash
from e2evote.interop.egrf.manifest import Contest
from e2evote.interop.egrf.setup import Egrf
from e2evote.interop.egrf.values import GROUP, Message, ciphertext, ranges, sealed, vector
from e2evote.interop.family import Judgement, Progress
from e2evote.record import codes
from e2evote.verifier import v16_pre_encrypted_codes, v17_short_codes
from e2evote.verifier.report import Ledger, Place
from e2evote.zkp import range as range_proof

REGULAR = ("encrypted_ballot",)
PRINTED = ("pre_encrypted_cast_ballot", "pre_encrypted_uncast_ballot", "pre_encrypted_compact_uncast_ballot")


class Ballot(NamedTuple):
    """A ballot in its place."""

    kind: str
    message: Message
    device: bytes
    place: Place

    @property
    def cast(self) -> bool:
        """Tell whether it is counted."""
        return self.kind == PRINTED[0] or (self.kind in REGULAR and self.message.status == 1)

    @property
    def contests(self) -> list[Message]:
        """Return the contests as they are counted."""
        return [contest.contest if self.kind == PRINTED[0] else contest for contest in self.message.contests]


def verify_devices(judgement: Judgement, record: Egrf, progress: Progress | None) -> list[Ballot]:
    """Verify every device; return the ballots whose shape is right."""
    ledger, found, seen = judgement.ledger, [], set()
    devices = record.items.devices()
    expected = sum(max(len(items) - 2, 0) for _, items in devices)
    for number, (key, items) in enumerate(devices, 1):
        kinds = [item.WhichOneof("item") for item in items]
        allowed = REGULAR if key[0] == 1 else PRINTED
        whole = len(kinds) > 2 and (kinds[0], kinds[-1]) == ("device_header", "device_close")
        whole = whole and all(kind is None or kind in allowed for kind in kinds[1:-1])
        if not ledger.check("R.structure", whole, "a device is header, its ballots, close", Place(number)):
            ledger.skip("8.C", "8.E", "8.F", "8.G")
            continue
        ballots: list[Ballot | None] = []
        for position, (kind, item) in enumerate(zip(kinds[1:-1], items[1:-1], strict=True), 1):
            if kind is None:  # it could not be read, which the reader noted
                ballots.append(None)
                continue
            message = getattr(item, kind)
            place = Place(number, position, message.confirmation_code.hex().upper())
            ledger.check("5.A", message.id_b not in seen, "id_B is another ballot's too", place)
            seen.add(message.id_b)
            ballots.append(Ballot(kind, message, key, place))
        try:
            _chain(ledger, record, key, number, items, ballots)
        except (E2EVoteError, ValueError) as error:
            ledger.check("R.structure", False, str(error), Place(number))
            ledger.skip("8.C", "8.E", "8.F", "8.G")
        for ballot in filter(None, ballots):
            try:
                right = _verify_ballot(ledger, record, ballot)
            except (E2EVoteError, ValueError) as error:
                right = ledger.check("X.format", False, str(error), ballot.place)
            if right:
                found.append(ballot)
            if progress is not None:
                progress(len(found), expected)
    judgement.counts.update(devices=len(devices), ballots=expected, cast=sum(ballot.cast for ballot in found))
    return found


def _chain(
    ledger: Ledger, record: Egrf, key: bytes, number: int, items: list[Message], ballots: list[Ballot | None]
) -> None:
    header, close, place = items[0].device_header, items[-1].device_close, Place(number)
    mode, h_e = header.chaining_mode, record.election.h_e
    fits = bytes([header.kind]) + header.h_di == key and mode == record.manifests.foreign.chaining_mode
    ledger.check("R.structure", fits and mode in (0, 1), "kind, H_DI or chaining mode is another", place)
    if mode not in (0, 1) or not header.device_id:
        ledger.skip("8.C", "8.E", "8.F", "8.G")
        return
    opening = codes.open_device(h_e, number, header.device_id, mode, pre_encrypted=key[0] == 2)
    ledger.check("8.C", opening.h_di == header.h_di, "H_DI is not the hash of S_device", place)
    ledger.check("8.F", (opening.h_0 or b"") == header.initial_hash, "H_0 is another", place)
    last, known = None, True
    for ballot in ballots:
        if ballot is None or (mode == 1 and not known):
            ledger.skip("8.E")
            last, known = (None, False) if ballot is None else (ballot.message.confirmation_code, True)
            continue
        expected = codes.next_chaining_field(opening, last)
        ledger.check("8.E", expected == ballot.message.chaining_field, "the chaining field is another", ballot.place)
        last = ballot.message.confirmation_code
    if not known:
        ledger.skip("8.G")
        return
    closing = codes.close_device(h_e, opening, len(ballots), last)
    stated = (close.ballot_count, close.closing_chaining_field, close.closing_hash)
    mine = (len(ballots), closing.chaining_field or b"", closing.closing_hash or b"")
    ledger.check("8.G", mine == stated, "the chain is closed otherwise", place)


def _verify_ballot(ledger: Ledger, record: Egrf, ballot: Ballot) -> bool:
    message, place = ballot.message, ballot.place
    contests = record.manifests.style(message.ballot_style)
    inner = ballot.contests
    right = contests is not None and [c.index for c in contests] == [c.index for c in inner]
    right = right and (ballot.kind in PRINTED[1:] or message.weight > 0)
    right = right and (ballot.kind in REGULAR or record.manifests.foreign.hash_trimming_function is not None)
    right = right and len(message.encrypted_ballot_nonce.c1) == 32
    if not ledger.check("X.format", right, "style, contests, weight or nonce are not as they must be", place):
        return False
    h_i = selection_identifier_hash(record.election.h_e, message.id_b)
    ledger.check("5.B", h_i == message.h_i, "H_I is another", place)
    h_i = message.h_i
    _proves(ledger, "X.nonce-proof", place, BallotNonceSeal(h_i), message.encrypted_ballot_nonce)
    for known, contest in zip(contests or (), inner, strict=True):
        there = place.within(known.id)
        if ballot.kind not in PRINTED[1:]:
            right &= _verify_fields(ledger, record, h_i, known, contest, there)
    if not right:
        return False
    if ballot.kind in REGULAR:
        code = codes.confirmation_code(h_i, [c.contest_hash for c in inner], message.chaining_field)
        ledger.check("8.B", code == message.confirmation_code, "the confirmation code is another", place)
    else:
        _printed(ledger, record, ballot)
    return True


def _proves(ledger: Ledger, check: str, place: Place, seal: BallotNonceSeal | ContestDataSeal, box: Message) -> None:
    try:
        hashed_elgamal.verify(seal, GROUP.g, sealed(box))
    except VerificationError as error:
        ledger.check(check, False, str(error), place)
    else:
        ledger.check(check, True, "")


def _verify_fields(ledger: Ledger, record: Egrf, h_i: bytes, known: Contest, contest: Message, place: Place) -> bool:
    labels, blocks = known.labels(), known.contest_data_blocks if contest.HasField("contest_data") else 0
    printed = record_is_printed(place, record)
    data_fits = contest.HasField("contest_data") == (known.contest_data_blocks > 0 and not printed)
    data_fits = data_fits and (not blocks or len(contest.contest_data.c1) == 32 * blocks)
    right = len(contest.fields) == len(labels) and data_fits
    if not ledger.check("X.format", right, "not the fields or contest data of the manifest", place):
        return False
    pairs = [ciphertext(field) for field in contest.fields]
    for ind_o, (pair, field, label) in enumerate(zip(pairs, contest.fields, labels, strict=True), 1):
        there = place.within(option=label)
        alpha, beta = NewBase(pair.alpha), NewBase(pair.beta)
        members = evaluate(Request((), (alpha, beta))).members
        ledger.check("6.A", all(members), "α or β is not in the group", there)
        challenge = partial(range_proof.selection_challenge, h_i, known.index, ind_o, pair)
        _range(ledger, record, "6.D", pair, ranges(field.range_proof), known.bound(ind_o - 1), challenge, there)
    _limits(ledger, record, h_i, known, pairs, contest, place)
    if blocks:
        _proves(ledger, "X.contest-data-proof", place, ContestDataSeal(h_i, known.index), contest.contest_data)
    if not printed:
        box = sealed(contest.contest_data) if blocks else None
        chi = codes.contest_hash(h_i, known.index, pairs, box)
        ledger.check("8.A", chi == contest.contest_hash, "the contest hash is another", place)
    return True


def record_is_printed(place: Place, record: Egrf) -> bool:
    """Tell whether a place is on a device that pre-encrypts."""
    return record.items.devices()[(place.device or 1) - 1][0][0] == 2


def _range(
    ledger: Ledger,
    record: Egrf,
    check: str,
    pair: Ciphertext,
    proof: range_proof.RangeProof,
    limit: int,
    challenge: Callable[[range_proof.Commitments], Scalar],
    place: Place,
) -> None:
    bases = record.election.bases
    try:
        range_proof.verify(bases.g, bases.K, NewBase(pair.alpha), NewBase(pair.beta), proof, limit, challenge)
    except VerificationError as error:
        ledger.check(check, False, str(error), place)
    else:
        ledger.check(check, True, "")


def _limits(
    ledger: Ledger, record: Egrf, h_i: bytes, known: Contest, pairs: list[Ciphertext], contest: Message, place: Place
) -> None:
    """Check three sums over s selections, w write-ins and the indicators, each against the limit L."""
    L, m, ind_c = known.selection_limit, len(known.choices), known.index
    over, null, under, difference, write_ins = (
        known.place_of(kind)
        for kind in (
            "OvervoteIndicator",
            "NullVoteIndicator",
            "UndervoteIndicator",
            "UndervoteDifferenceCount",
            "WriteInCount",
        )
    )
    votes = pairs[0]
    for pair in pairs[1:m]:
        votes = votes * pair
    if write_ins is not None:
        votes = votes * pairs[write_ins]
    if over is not None:
        votes = votes * pairs[over] ** GROUP.scalar(L)
    total = votes if under is None else votes * pairs[under]
    challenge = partial(range_proof.limit_challenge, h_i, ind_c, total)
    _range(ledger, record, "7.D", total, ranges(contest.limit_proof), L, challenge, place)
    tracked = (difference is not None, null is not None)
    stated = (bool(contest.undervote_difference_proof), bool(contest.null_vote_proof))
    ledger.check("X.format", tracked == stated, "proofs of supplemental fields are missing, or too many", place)
    if difference is not None and stated[0]:
        total = votes * pairs[difference]
        rest = Ciphertext(total.alpha, total.beta / record.election.K ** GROUP.scalar(L))
        challenge = partial(range_proof.selection_challenge, h_i, ind_c, difference + 1, total)
        _range(ledger, record, "X.undervote", rest, ranges(contest.undervote_difference_proof), 0, challenge, place)
    if null is not None and stated[1]:
        total = votes * pairs[null] ** GROUP.scalar(L)
        challenge = partial(_null_challenge, h_i, ind_c, null + 1, L, total)
        _range(ledger, record, "X.null-vote", total, ranges(contest.null_vote_proof), L, challenge, place)


def _null_challenge(
    h_i: bytes, ind_c: int, ind_o: int, L: int, total: Ciphertext, commitments: range_proof.Commitments
) -> Scalar:
    parts = (total.alpha, total.beta, *commitments)
    return H_q(GROUP, h_i, Tag.RANGE_PROOF, ind_c, ind_o, L, *parts, length=13 + 512 * len(parts))


def _printed(ledger: Ledger, record: Egrf, ballot: Ballot) -> None:
    message, h_i = ballot.message, ballot.message.h_i
    inner = ballot.contests
    for entry, contest in zip(message.contests, inner, strict=True):
        known = record.manifests.foreign.contests[contest.index - 1]
        place, m, L = ballot.place.within(known.id), len(known.choices), known.selection_limit
        if ballot.kind == PRINTED[0]:
            raw = entry.selection_hashes
            psis = [raw[i : i + 32] for i in range(0, len(raw), 32)]
            vectors = [vector(selected.vector) for selected in entry.selected]
            right = len(psis) == m + L and len(vectors) == L and {len(v) for v in vectors} == {m}
            chosen = [selected.psi for selected in entry.selected]
            right = right and chosen == sorted(set(chosen)) and set(chosen) <= set(psis)
            if not ledger.check("X.format", right, "not m + L hashes and L of their vectors", place):
                ledger.skip("15.A", "16.A", "16.B", "17.A")
                continue
            product = aggregate(list(zip(*vectors, strict=True))) if L > 1 else list(vectors[0])
            same = product == [ciphertext(field) for field in contest.fields]
            ledger.check("15.A", same, "the contest is not the product of the selected vectors", place)
            parts = tuple(NewBase(part) for pairs in vectors for pair in pairs for part in (pair.alpha, pair.beta))
            members = all(evaluate(Request((), parts)).members)
            ledger.check("6.A", members, "α or β of a selected vector is not in the group", place)
            for selected, pairs in zip(entry.selected, vectors, strict=True):
                v16_pre_encrypted_codes.verify_vector(ledger, h_i, pairs, selected.psi, place)
                v17_short_codes.verify_code(ledger, record.context, selected.psi, selected.short_code, place)
        elif ballot.kind == PRINTED[1]:
            psis = sorted(selection.psi for selection in entry.selections)
            for selection in entry.selections:
                pairs = vector(selection.vector)
                v16_pre_encrypted_codes.verify_vector(ledger, h_i, pairs, selection.psi, place)
        else:
            continue
        ascending = psis == sorted(set(psis))
        chi = codes.pre_encrypted_contest_hash(h_i, contest.index, psis)
        ledger.check("16.B", ascending and chi == contest.contest_hash, "the contest hash is another", place)
    code = codes.confirmation_code(h_i, [c.contest_hash for c in inner], message.chaining_field, PRE_ENCRYPTED)
    ledger.check("16.C", code == message.confirmation_code, "the confirmation code is another", ballot.place)
