"""Boxes 12 to 14, 18 and 19: contest data, challenged ballots, and pre-encrypted ballots that were not cast."""

from collections import Counter
from collections.abc import Callable

from e2evote import hashed_elgamal
from e2evote.elgamal import encrypt
from e2evote.errors import E2EVoteError
from e2evote.group.elements import Scalar
from e2evote.hashed_elgamal import ContestDataSeal
from e2evote.hashing import PRE_ENCRYPTED, pre_encryption_nonce
from e2evote.interop.egrf.ballots import PRINTED, REGULAR, Ballot
from e2evote.interop.egrf.setup import Egrf
from e2evote.interop.egrf.values import GROUP, Message, ciphertext, element, scalars, sealed, vector
from e2evote.interop.family import Judgement
from e2evote.record.codes import confirmation_code, pre_encrypted_contest_hash, selection_hash
from e2evote.verifier import v16_pre_encrypted_codes, v17_short_codes
from e2evote.verifier.report import Ledger, Place
from e2evote.zkp.equality import EqualityProof, contest_data_challenge

Address = tuple[bytes, int]


def _address(message: Message) -> Address:
    return bytes([message.ballot.kind]) + message.ballot.h_di, message.ballot.position


def verify_opened(judgement: Judgement, record: Egrf, ballots: list[Ballot]) -> None:
    """Run the boxes."""
    ledger = judgement.ledger
    known = {(ballot.device, ballot.place.position or 0): ballot for ballot in ballots}
    asked = [(_address(m), m.h_i, m.contest_index) for m in record.items.of(514)]
    answered = [(_address(m), m.h_i, m.contest_index) for m in record.items.of(771)]
    if asked or answered:
        right = asked == answered == sorted(set(asked))
        ledger.check("12.R", right, "contest data is decrypted that was not asked for, or not decrypted")
    for message in record.items.of(771):
        _guarded(ledger, record, known.get(_address(message)), message, "12.B", _contest_data)
    challenged = {at for at, ballot in known.items() if ballot.kind in REGULAR and ballot.message.status == 2}
    _complete(ledger, "14.A", challenged, record.items.of(770))
    for message in record.items.of(770):
        _guarded(ledger, record, known.get(_address(message)), message, "13.B", _challenged)
    uncast = {at for at, ballot in known.items() if ballot.kind in PRINTED[1:]}
    _complete(ledger, "X.uncast-complete", uncast, record.items.of(772))
    for message in record.items.of(772):
        _guarded(ledger, record, known.get(_address(message)), message, "18.A", _uncast)
    judgement.counts.update(challenged=len(challenged), uncast=len(uncast))


def _complete(ledger: Ledger, check: str, expected: set[Address], messages: list[Message]) -> None:
    found = Counter(_address(message) for message in messages)
    for at in sorted(expected | set(found)):
        ledger.check(check, found[at] == int(at in expected), f"ballot {at[1]} is opened {found[at]} times")


def _guarded(
    ledger: Ledger,
    record: Egrf,
    ballot: Ballot | None,
    message: Message,
    check: str,
    verify: Callable[[Ledger, Egrf, Ballot, Message], None],
) -> None:
    place = ballot.place if ballot is not None else Place()
    if ballot is None or ballot.message.h_i != message.h_i:
        ledger.check(check, False, "no readable ballot of this H_I is in this place", place)
        return
    try:
        verify(ledger, record, ballot, message)
    except (E2EVoteError, ValueError) as error:
        ledger.check(check, False, str(error), place)


def _contest_data(ledger: Ledger, record: Egrf, ballot: Ballot, opened: Message) -> None:
    ind_c, place = opened.contest_index, ballot.place.within(str(opened.contest_index))
    contests = [c for c in ballot.contests if c.index == ind_c and c.HasField("contest_data")]
    if not ledger.check("12.R", ballot.cast and bool(contests), "not a contest of a cast ballot", place):
        return
    contest = contests[0]
    box, beta, seal = sealed(contest.contest_data), element(opened.beta), ContestDataSeal(opened.h_i, ind_c)
    proof = EqualityProof(*scalars(opened.proof))
    a, b = proof.commitments(GROUP.g, record.election.K_hat, box.c_0, beta)
    challenge = contest_data_challenge(opened.h_i, ind_c, box.c_0, box.c_1, bytes(box.c_2), a, b, beta)
    right = beta.is_member() and proof.response.in_range() and challenge == proof.challenge
    ledger.check("12.B", right, "the proof of decryption does not hold", place)
    same = hashed_elgamal.decrypt(seal, box, beta) == opened.data
    ledger.check("12.C", same, "the contest data is not what was decrypted", place)


def _challenged(ledger: Ledger, record: Egrf, ballot: Ballot, opened: Message) -> None:
    whole = [c.index for c in opened.contests] == [c.index for c in ballot.contests]
    if not ledger.check("14.A", whole, "not the contests of the ballot", ballot.place):
        return
    for contest, encrypted in zip(opened.contests, ballot.contests, strict=True):
        known = record.manifests.foreign.contests[contest.index - 1]
        place, labels = ballot.place.within(known.id), known.labels()
        named = contest.label == known.id and [field.label for field in contest.fields] == labels
        named = named and [field.index for field in contest.fields] == list(range(1, len(labels) + 1))
        both = contest.HasField("contest_data") == encrypted.HasField("contest_data")
        if not ledger.check("14.A", named and both, "fields, labels or contest data are others", place):
            continue
        for number, (field, published) in enumerate(zip(contest.fields, encrypted.fields, strict=True)):
            (xi,) = scalars(field.nonce)
            there = place.within(option=field.label)
            ledger.check("14.A", field.value <= known.bound(number), f"the value is {field.value}", there)
            same = xi.in_range() and encrypt(GROUP.g, record.election.K, field.value, xi) == ciphertext(published)
            ledger.check("13.B", same, "encryption gives another ciphertext", there)
        if both and contest.HasField("contest_data"):
            box, (xi,) = sealed(encrypted.contest_data), scalars(contest.contest_data.nonce)
            right = xi.in_range() and GROUP.g**xi == box.c_0
            seal = ContestDataSeal(opened.h_i, known.index)
            plain = hashed_elgamal.decrypt(seal, box, record.election.K_hat**xi) if right else None
            ledger.check("13.A", plain == contest.contest_data.data, "the contest data is another", place)


def _derived(h_i: bytes, ind_c: int, m: int, rows: int, xi_b: bytes) -> tuple[Scalar, ...]:
    """Return ξ_{i,j,k} of all vectors, row by row, from ξ_B.

    Spec: EG-2.1 §4.2.1, eq. 121
    """
    places = [(j, k) for j in range(1, rows + 1) for k in range(1, m + 1)]
    return tuple(pre_encryption_nonce(GROUP, h_i, ind_c, j, k, xi_b).reveal() for j, k in places)


def _uncast(ledger: Ledger, record: Egrf, ballot: Ballot, opened: Message) -> None:
    full, place = ballot.kind == PRINTED[1], ballot.place
    whole = full == (not opened.ballot_nonce) == bool(opened.contests)
    indices = [contest.index for contest in ballot.message.contests]
    whole = whole and (not full or [contest.index for contest in opened.contests] == indices)
    if not ledger.check("X.uncast-complete", whole, "opened by other nonces than its form asks for", place):
        ledger.skip("18.A")
        return
    hashes = []
    for number, published in enumerate(ballot.message.contests):
        known = record.manifests.foreign.contests[published.index - 1]
        m, rows, there = len(known.choices), len(known.choices) + known.selection_limit, place.within(known.id)
        if full:
            nonces = scalars(opened.contests[number].nonces)
            labels = [selection.option_label for selection in published.selections]
            right = labels == [choice.id for choice in known.choices] + [""] * known.selection_limit
            ledger.check("19.C", right and published.label == known.id, "the labels are others", there)
            numbered = [s.selection_index for s in published.selections] == list(range(1, rows + 1))
            if not ledger.check("19.D", numbered and len(nonces) == rows * m, "not m + L vectors", there):
                ledger.skip("18.A")
                return
        else:
            nonces = _derived(opened.h_i, published.index, m, rows, opened.ballot_nonce)
        in_range = all(xi.in_range() for xi in nonces)
        if not ledger.check("X.uncast-nonce", in_range, "a nonce is not in Z_q", there):
            ledger.skip("18.A")
            return
        psis = []
        for j in range(1, rows + 1):
            row = nonces[(j - 1) * m : j * m]
            pairs = [encrypt(GROUP.g, record.election.K, int(j == k), xi) for k, xi in enumerate(row, 1)]
            if full:
                printed = published.selections[j - 1]
                same = list(vector(printed.vector)) == pairs
                ledger.check("18.A", same, "a vector is not the encryption under its nonces", there)
                psis.append(v16_pre_encrypted_codes.verify_vector(ledger, opened.h_i, pairs, printed.psi, there))
                v17_short_codes.verify_code(ledger, record.context, printed.psi, printed.short_code, there)
            else:
                psis.append(selection_hash(opened.h_i, pairs))
        chi = pre_encrypted_contest_hash(opened.h_i, published.index, sorted(psis))
        ledger.check("16.B", chi == published.contest_hash, "the contest hash is another", there)
        hashes.append(chi)
    code = confirmation_code(opened.h_i, hashes, ballot.message.chaining_field, PRE_ENCRYPTED)
    ledger.check("18.A", code == ballot.message.confirmation_code, "re-encryption gives another code", place)
