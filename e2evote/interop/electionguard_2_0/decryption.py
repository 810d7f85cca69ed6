"""Decryptions of totals and of challenged ballots: boxes 9 to 14 of ElectionGuard 2.0.0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from e2evote.errors import ParseError
from e2evote.interop.electionguard_2_0.arithmetic import Arithmetic, Ciphertext, Equations, Proof, mac_of
from e2evote.interop.electionguard_2_0.ballots import Known, Opening
from e2evote.interop.electionguard_2_0.checks import DECRYPTION, OPENED
from e2evote.interop.electionguard_2_0.reading import Data, read_data
from e2evote.interop.electionguard_2_0.setup import Contest, Election
from e2evote.interop.electionguard_2_0.tally import Totals
from e2evote.interop.electionguard_2_0.values import integer, text
from e2evote.interop.family import Judgement
from e2evote.interop.fields import items, record
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Ledger, Place

RESULT = "tally.json"
CHALLENGED = "challenged_ballots"
_DEVIATION = (
    "contest data: its proofs of decryption hash C1 as upper-case hex, its keys are derived with the label "
    "share_enc_keys, the contest's name and the length of the data, as the Kotlin implementations do"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """A decrypted option: its ciphertext, T, t, and the proof."""

    ciphertext: Ciphertext
    value: Any
    tally: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class DecryptedData:
    """Decrypted contest data: what was encrypted, β and the proof."""

    data: Data
    beta: Any
    proof: Proof


@dataclass(frozen=True, slots=True)
class Decrypted:
    """A decrypted tally or ballot: selections and data by contest."""

    name: str
    contests: tuple[tuple[Contest, dict[str, Selection], DecryptedData | None], ...]


def read_decrypted(election: Election, value: object, names: Sequence[str]) -> Decrypted:
    """Read a decryption of these contests, whole and in this order.

    Raises:
        ParseError: not in the format, or other contests or options.
    """
    arithmetic = election.arithmetic
    fields = record(value, "decryption", ("id", "contests", "election_id"))
    if arithmetic.octets(fields["election_id"], "election_id", 32) != election.base:
        raise ParseError("election_id", "of another election")
    entries = items(fields["contests"], "contests")
    if len(entries) != len(names):
        raise ParseError("contests", f"{len(entries)} contests; expected {len(names)}")
    contests = []
    for entry, name in zip(entries, names, strict=True):
        contest = election.manifest.contests[name]
        parts = record(entry, "contest", ("contest_id", "selections"), ("ballot_count", "decrypted_contest_data"))
        if parts["contest_id"] != name:
            raise ParseError("contest_id", f"expected {ascii(name)[:40]}")
        options = items(parts["selections"], "selections")
        if len(options) != len(contest.options):
            raise ParseError("selections", f"{len(options)} options; the manifest has {len(contest.options)}")
        selections = {}
        for option, label in zip(options, contest.options, strict=True):
            selections[label] = _selection(arithmetic, option, label)
        data = parts.get("decrypted_contest_data")
        contests.append((contest, selections, None if data is None else _data(arithmetic, data)))
    return Decrypted(text(fields["id"], "id"), tuple(contests))


def _selection(arithmetic: Arithmetic, value: object, label: str) -> Selection:
    known = ("selection_id", "tally", "b_over_m", "encrypted_vote", "proof")
    fields = record(value, "selection", known)
    if fields["selection_id"] != label:
        raise ParseError("selection_id", f"expected {ascii(label)[:40]}")
    return Selection(
        arithmetic.ciphertext(fields["encrypted_vote"], "encrypted_vote"),
        arithmetic.element(fields["b_over_m"], "b_over_m"),
        integer(fields["tally"], "tally"),
        arithmetic.proof(fields["proof"], "proof"),
    )


def _data(arithmetic: Arithmetic, value: object) -> DecryptedData:
    fields = record(value, "decrypted_contest_data", ("contest_data", "encrypted_contest_data", "proof", "beta"))
    known = record(fields["contest_data"], "contest_data", ("over_votes", "write_ins", "status"))
    items(known["over_votes"], "over_votes")
    items(known["write_ins"], "write_ins")
    return DecryptedData(
        read_data(arithmetic, fields["encrypted_contest_data"]),
        arithmetic.element(fields["beta"], "beta"),
        arithmetic.proof(fields["proof"], "proof"),
    )


def _pose_selection(
    equations: Equations, election: Election, selection: Selection, checks: tuple[str, str], place: Place
) -> None:
    """Pose c = H(H_E; 30, K, A, B, a, b, M) with M = B/T, a = g^v·K^c, b = A^v·M^c, and T = K^t."""
    arithmetic = election.arithmetic
    proof_check, value_check = checks
    proof, cipher, power = selection.proof, selection.ciphertext, arithmetic.power
    try:
        share = cipher.data / selection.value
    except ZeroDivisionError:
        equations.pose(proof_check, "T is 0, no element of the group", place, (), lambda _: False)
        return
    g, key = arithmetic.fixed(arithmetic.group.g), arithmetic.fixed(election.key)
    alpha = equations.member(proof_check, cipher.pad, "A", place)
    m = equations.member(proof_check, share, "M", place)
    a = power(g, proof.response) * power(key, proof.challenge)
    b = power(alpha, proof.response) * power(m, proof.challenge)

    def proved(found: Sequence[Any]) -> bool:
        parts = (election.key, cipher.pad, cipher.data, found[0], found[1], share)
        return arithmetic.hash_q(election.base, 0x30, *parts) == proof.challenge

    def counted(found: Sequence[Any]) -> bool:
        return bool(found[0] == selection.value)

    equations.pose(proof_check, "the proof of the decryption does not hold", place, (a, b), proved)
    message = f"T is not K^{selection.tally}"
    equations.pose(value_check, message, place, (power(key, selection.tally),), counted)


def verify_result(judgement: Judgement, election: Election, totals: Totals) -> None:
    """Verify the decrypted tally."""
    ledger, manifest = judgement.ledger, election.manifest
    try:
        decrypted = read_decrypted(election, judgement.record.json(RESULT), tuple(manifest.contests))
        if any(data is not None for *_, data in decrypted.contests):
            raise ParseError("decrypted_contest_data", "a tally has no contest data")
    except ParseError as error:
        ledger.check("EG20.decryption-format", False, f"{RESULT}: {error}")
        return
    equations = Equations(election.arithmetic)
    for contest, selections, _ in decrypted.contests:
        for option, selection in selections.items():
            place = Place(contest=contest.name, option=option)
            holds = selection.ciphertext == totals[contest.name, option]
            ledger.check("EG20.decryption-format", holds, "not the total of the encrypted tally", place)
            _pose_selection(equations, election, selection, ("EG20.decryption-proof", "EG20.result"), place)
    equations.solve(ledger)
    ledger.complete(DECRYPTION)


def verify_challenged(judgement: Judgement, election: Election, ballots: Sequence[Known | None]) -> int:
    """Verify the challenged ballots that are opened, and return how many."""
    ledger = judgement.ledger
    expected = {ballot.name: ballot for ballot in ballots if ballot is not None and ballot.opening is not None}
    unopened = {name for name, ballot in expected.items() if ballot.state in ("CHALLENGED", "SPOILED")}
    opened: set[str] = set()
    for name in judgement.record.under(CHALLENGED, ".json"):
        try:
            ballot = _verify_opened(ledger, judgement.record, election, name, expected)
        except ParseError as error:
            ledger.check("EG20.opened-format", False, f"{name}: {error}")
            continue
        holds = ballot not in opened
        ledger.check("EG20.opened-format", holds, "the ballot is opened twice", Place(ballot=ballot))
        opened.add(ballot)
    if ledger.counts["EG20.opened-data"]:
        judgement.remark(_DEVIATION)
    if unopened - opened:
        judgement.remark(f"{len(unopened - opened)} challenged ballots are not opened in this record")
    ledger.complete(OPENED)
    return len(opened)


def _verify_opened(ledger: Ledger, record_: Foreign, election: Election, name: str, expected: dict[str, Known]) -> str:
    value = record_.json(name)
    found = expected.get(str(value.get("id"))) if isinstance(value, dict) else None
    if found is None or found.opening is None:
        raise ParseError("id", "not the id of a challenged ballot")
    decrypted = read_decrypted(election, value, election.manifest.styles[found.style])
    equations = Equations(election.arithmetic)
    for index, entry in enumerate(decrypted.contests):
        _pose_contest(ledger, equations, election, (found.opening, index), entry, Place(ballot=found.name))
    equations.solve(ledger)
    return found.name


def _pose_contest(
    ledger: Ledger,
    equations: Equations,
    election: Election,
    opening: tuple[Opening, int],
    entry: tuple[Contest, dict[str, Selection], DecryptedData | None],
    place: Place,
) -> None:
    contest, selections, data = entry
    known, index = opening
    where = place.within(contest.name)
    for (option, selection), ciphertext in zip(selections.items(), known.ciphertexts[index], strict=True):
        at = where.within(option=option)
        holds = selection.ciphertext == ciphertext
        ledger.check("EG20.opened-format", holds, "not the ciphertext of the encrypted ballot", at)
        holds = selection.tally <= contest.option_limit
        ledger.check("EG20.opened-vote", holds, f"a vote of {selection.tally}", at)
        _pose_selection(equations, election, selection, ("EG20.opened-proof", "EG20.opened-vote"), at)
    total = sum(selection.tally for selection in selections.values())
    ledger.check("EG20.opened-vote", total <= contest.limit, f"{total} votes; the limit is {contest.limit}", where)
    if data is not None:
        ledger.check("EG20.opened-format", data.data == known.data[index], "not the ballot's contest data", where)
        _pose_data(equations, election, contest, data, where)


def _pose_data(equations: Equations, election: Election, contest: Contest, data: DecryptedData, place: Place) -> None:
    """Pose c = H(H_E; 31, K, C0, C1, C2, a, b, β), C1 as upper-case hex, and the MAC under the key that β gives."""
    arithmetic = election.arithmetic
    power, proof, sealed = arithmetic.power, data.proof, data.data
    check = "EG20.opened-data"
    beta = equations.member(check, data.beta, "β of the contest data", place)
    c0 = arithmetic.new(sealed.c0)
    a = power(arithmetic.fixed(arithmetic.group.g), proof.response)
    a = a * power(arithmetic.fixed(election.key), proof.challenge)
    b = power(c0, proof.response) * power(beta, proof.challenge)

    def proved(found: Sequence[Any]) -> bool:
        c1 = sealed.c1.hex().upper().encode()
        parts = (election.key, sealed.c0, c1, sealed.c2, found[0], found[1], data.beta)
        return arithmetic.hash_q(election.base, 0x31, *parts) == proof.challenge

    equations.pose(check, "the proof of the decryption of contest data does not hold", place, (a, b), proved)
    key = arithmetic.hash(election.base, 0x22, election.key, sealed.c0, data.beta)
    context = b"share_enc_keys\0contest_data" + contest.name.encode() + (sealed.length * 8).to_bytes(4, "big")
    mac = mac_of(mac_of(key, bytes(4) + context), arithmetic.encode(sealed.c0) + sealed.c1)
    equations.pose(check, "C2 is not the MAC of C0 and C1", place, (), lambda _: mac == sealed.c2)
