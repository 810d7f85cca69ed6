"""A mail election of another implementation of 2.1.0, judged by our record verifier's own functions.

The record is not part of this repository; the tests are skipped without it. n = 3, k = 2, the standard parameters, one
chained device, two contests (m = 3, L = 1 and m = 4, L = 2), Ω_2; two ballots cast, three not: one of them published
with its vectors and nonces and two by ξ_B alone.

What it does not publish: range proofs of the single vectors where L > 1 (so X.recorded-vectors fails there, and box 6
of these vectors cannot be looked at); selection hashes of the two ballots that are opened by ξ_B (made here from it);
times of encryption; files setup/header and setup/parameters.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from e2evote.elgamal import Ciphertext
from e2evote.encryption import SecretBallotNonce
from e2evote.group.computation import compute, together
from e2evote.preencryption.recording import open_uncast
from e2evote.preencryption.vectors import generating_contest
from e2evote.record.ballot import BallotStatus, DeviceClosing, EncryptedOption
from e2evote.record.codes import open_device
from e2evote.record.manifest import parse_manifest
from e2evote.record.pre_encrypted import (
    OpenedVector,
    PreEncryptedBallot,
    PreEncryptedContest,
    RecordedBallot,
    RecordedContest,
    SelectedVector,
    UncastBallot,
    UncastContest,
    UncastOption,
)
from e2evote.record.setup import Election
from e2evote.tally import accumulate
from e2evote.verifier import chains, pre_encrypted, v18_uncast_ballots, v19_uncast_contents
from e2evote.verifier.context import Context
from e2evote.verifier.report import NOWHERE, Ledger
from e2evote.zkp.equality import EqualityProof, tally_challenge
from tests.interop.egrf import (  # fmt: skip
    GROUP,
    Checks,
    Egrf,
    ciphertext,
    data,
    election_of,
    element,
    elements,
    ranges,
    scalars,
    sealed,
    setup,
)

Message = dict[str, Any]

OUR_MANIFEST = json.dumps(
    {
        "label": "egrf",
        "hash_trimming": 2,
        "minimum_cell_ballots": 2,
        "contests": [
            {"label": "contest-1", "options": [{"label": f"contest-1-option-{j}"} for j in (1, 2, 3)]},
            {"label": "contest-2", "selection_limit": 2,
             "options": [{"label": f"contest-2-option-{j}"} for j in (1, 2, 3, 4)]},
        ],
        "ballot_styles": [{"label": "style-1", "contests": [1, 2]}],
    }
).encode()  # fmt: skip
"""A manifest of our format of the same shape; hashes are taken from the foreign one."""


@dataclasses.dataclass
class Foreign:
    """The election, and its ballots in our types."""

    election: Election
    context: Context
    ballots: list[PreEncryptedBallot]
    recorded: dict[int, RecordedBallot]
    opened: dict[int, UncastBallot]
    header: Message
    close: Message
    tally: list[Message]
    aggregated: list[Message]


@pytest.fixture(scope="module")
def folder(interop: Path) -> Path:
    path = interop / "electionguard-2.1-egrf" / "pre-encrypted" / "json"
    if not path.is_dir():
        pytest.skip(f"{path} is missing")
    return path


def messages(folder: Path, pattern: str) -> list[Message]:
    (path,) = folder.glob(pattern)
    return [json.loads(line) for line in path.read_bytes().splitlines()[1:]]


@pytest.fixture(scope="module")
def keys(folder: Path) -> Egrf:
    """What the record has in common with an ordinary one: manifest, guardians, keys."""
    ((manifest,), (joint,)) = (messages(folder, f"setup/{name}.jsonl") for name in ("manifest", "election_keys"))
    file = manifest["manifestFile"]
    guardians = messages(folder, "setup/guardians.jsonl")
    return Egrf(data(file["content"]), data(file["hB"]), guardians, joint["electionKeys"], [], [], [], [], [])


@pytest.fixture(scope="module")
def foreign(folder: Path, keys: Egrf) -> Foreign:
    election = dataclasses.replace(election_of(keys), manifest=parse_manifest(OUR_MANIFEST))
    context = Context(GROUP, election.manifest, election.n, election.k, election.keys, election.h_e, election.bases)
    header, *lines, close = messages(folder, "devices/*/*.jsonl")
    releases = [line["uncastNonceRelease"] for line in messages(folder, "final/uncast_nonce_releases/*.jsonl")]
    by_h_i = {release["hI"]: release for release in releases}
    ballots, recorded, opened = [], {}, {}
    for position, line in enumerate(lines, 1):
        ((kind, message),) = line.items()
        release = by_h_i.get(message["hI"])
        nonce = SecretBallotNonce(data(release["ballotNonce"])) if release and "ballotNonce" in release else None
        ballot = printed(election, message, position, nonce)
        ballots.append(ballot)
        if kind == "preEncryptedCastBallot":
            recorded[position] = cast(message, ballot)
        elif nonce is not None:
            opened[position] = open_uncast(election, ballot, nonce)
        else:
            opened[position] = uncast(message, release or {}, ballot)
    tally = [line["decryptedTallyContest"] for line in messages(folder, "final/decrypted_tally.jsonl")]
    _, *aggregated = messages(folder, "aggregated/encrypted_tally.jsonl")
    aggregated = [line["encryptedTallyContest"] for line in aggregated]
    return Foreign(
        election, context, ballots, recorded, opened, header["deviceHeader"], close["deviceClose"], tally, aggregated
    )


def printed(election: Election, message: Message, position: int, nonce: SecretBallotNonce | None) -> PreEncryptedBallot:
    """Return a ballot as it was printed; of the compact ones the selection hashes are generated from ξ_B."""
    h_i, contests = data(message["hI"]), []
    for entry in message["contests"]:
        inner = entry.get("contest", entry)
        ind_c = inner["index"]
        if nonce is not None:
            found = compute(generating_contest(election, h_i, ind_c, nonce.value)).hashed(h_i)
            psis: tuple[bytes, ...] = found.selection_hashes
        elif "selectionHashes" in entry:
            raw = data(entry["selectionHashes"])
            psis = tuple(raw[i : i + 32] for i in range(0, len(raw), 32))
        else:
            psis = tuple(sorted(data(selection["psi"]) for selection in entry["selections"]))
        chi = data(inner["contestHash"])
        contests.append(PreEncryptedContest(index=ind_c, selection_hashes=psis, contest_hash=chi))
    return PreEncryptedBallot(
        id_b=data(message["idB"]),
        h_i=h_i,
        device=1,
        position=position,
        ballot_style=1,
        weight=message.get("weight", 1),
        encrypted_at="2026-11-03T00:00:00Z",
        contests=tuple(contests),
        ballot_nonce=sealed(message["encryptedBallotNonce"]),
        chaining_field=data(message["chainingField"]),
        confirmation_code=data(message["confirmationCode"]),
    )


def vector(text: str) -> tuple[Ciphertext, ...]:
    values = elements(text)
    return tuple(Ciphertext(*values[i : i + 2]) for i in range(0, len(values), 2))


def cast(message: Message, ballot: PreEncryptedBallot) -> RecordedBallot:
    contests = []
    for entry in message["contests"]:
        contest = entry["contest"]
        options = tuple(
            EncryptedOption(ciphertext=ciphertext(field), proof=ranges(field["rangeProof"]))
            for field in contest["fields"]
        )
        selections = sorted(
            (
                SelectedVector(selection_hash=data(s["psi"]), short_code=s["shortCode"], vector=vector(s["vector"]))
                for s in entry["selected"]
            ),
            key=lambda selected: selected.selection_hash,
        )
        proof = ranges(contest["limitProof"])
        contests.append(
            RecordedContest(index=contest["index"], options=options, proof=proof, selections=tuple(selections))
        )
    return RecordedBallot(
        device=1,
        position=ballot.position,
        ballot_style=1,
        weight=message["weight"],
        contests=tuple(contests),
        confirmation_code=ballot.confirmation_code,
    )


def uncast(message: Message, release: Message, ballot: PreEncryptedBallot) -> UncastBallot:
    contests = []
    for entry, revealed in zip(message["contests"], release["contests"], strict=True):
        numbers, vectors = scalars(revealed["nonces"]), []
        labelled = [s for s in entry["selections"] if s.get("optionLabel")]
        m = len(vector(entry["selections"][0]["vector"]))
        for place, selection in enumerate(entry["selections"]):
            code, psi = selection["shortCode"], data(selection["psi"])
            nonces = numbers[place * m : (place + 1) * m]
            vectors.append(OpenedVector(short_code=code, selection_hash=psi, nonces=nonces))
        assert len(labelled) in (m, len(vectors))
        options = tuple(
            UncastOption(index=j, label=entry["selections"][j - 1]["optionLabel"], **dict(vectors[j - 1]))
            for j in range(1, m + 1)
        )
        contests.append(
            UncastContest(index=entry["index"], label=entry["label"], options=options, null_vectors=tuple(vectors[m:]))
        )
    return UncastBallot(
        device=1, position=ballot.position, confirmation_code=ballot.confirmation_code, contests=tuple(contests)
    )


def test_keys(keys: Egrf) -> None:
    """Spec: EG-2.1 §3.2.2, eqs. 11, 13, boxes 2, 3"""
    checks = Checks()
    setup(keys, checks)
    assert not checks.failed


def judged(foreign: Foreign) -> Ledger:
    """Run every check of printed and cast ballots."""
    ledger, context = Ledger(), foreign.context
    pairs = []
    for position, ballot in enumerate(foreign.ballots, 1):
        status = BallotStatus(
            confirmation_code=ballot.confirmation_code, status="cast" if position in foreign.recorded else "uncast"
        )
        pairs.append((ballot, status, foreign.recorded.get(position)))
    compute(together([pre_encrypted.verifying_ballot(ledger, context, *pair, NOWHERE) for pair in pairs]))
    return ledger


def test_ballots(foreign: Foreign) -> None:
    """Spec: EG-2.1 §4.1.1, eqs. 113, 114; §4.1.2, eq. 115; §4.1.3, eq. 116; §4.5, boxes 15, 16, 17"""
    ledger = judged(foreign)
    assert set(ledger.findings) == {"X.recorded-vectors"}
    messages = {finding.message for finding in ledger.findings["X.recorded-vectors"]}
    assert messages == {"selected vectors carry a proof for each encryption where L > 1, and none elsewhere"}
    assert {finding.contest for finding in ledger.findings["X.recorded-vectors"]} == {"contest-2"}
    counts = {check: ledger.counts[check] for check in ("5.B", "15.A", "16.A", "16.B", "16.C", "17.A", "6.D", "7.D")}
    assert counts == {"5.B": 5, "15.A": 4, "16.A": 6, "16.B": 10, "16.C": 5, "17.A": 6, "6.D": 14, "7.D": 4}
    assert not ledger.skipped


def test_chain(foreign: Foreign) -> None:
    """Spec: EG-2.1 §4.1.4, eqs. 117–120; §4.5, box 16"""
    ledger, header, close = Ledger(), foreign.header, foreign.close
    opening = open_device(foreign.election.h_e, 1, header["deviceId"], 1, pre_encrypted=True)
    stated = opening.model_copy(update={"h_di": data(header["hDi"]), "h_0": data(header["initialHash"])})
    chains.verify_opening(ledger, foreign.context, stated)
    previous = None
    for ballot in foreign.ballots:
        chains.verify_chaining(ledger, stated, ballot, previous, NOWHERE)
        previous = ballot.confirmation_code
    closing = DeviceClosing(
        ballots=int(close["ballotCount"]),
        chaining_field=data(close["closingChainingField"]),
        closing_hash=data(close["closingHash"]),
    )
    chains.verify_closing(ledger, foreign.context, stated, closing, len(foreign.ballots), previous)
    assert not ledger.findings
    assert [ledger.counts[f"16.{letter}"] for letter in "DFGH"] == [1, 5, 1, 1]


def test_uncast_ballots(foreign: Foreign) -> None:
    """Spec: EG-2.1 §4.2.1, eq. 121; §4.5, boxes 16, 17, 18, 19"""
    ledger = Ledger()
    assert sorted(foreign.opened) == [2, 3, 4]
    for position, opened in foreign.opened.items():
        ballot = foreign.ballots[position - 1]
        v18_uncast_ballots.verify_ballot(ledger, foreign.context, ballot, opened, NOWHERE)
        v19_uncast_contents.verify_ballot(ledger, foreign.context, ballot, opened, NOWHERE)
    assert not ledger.findings
    assert [ledger.counts[check] for check in ("16.A", "17.A", "18.A", "19.C")] == [30, 30, 3, 21]


def test_tally(foreign: Foreign) -> None:
    """Spec: EG-2.1 §3.5, eq. 79; §3.6.5, box 10"""
    (cell,) = accumulate(foreign.election, foreign.recorded.values())
    for contest, published, decrypted in zip(cell.contests, foreign.aggregated, foreign.tally, strict=True):
        flat = [x for total in contest.options for x in (total.alpha, total.beta)]
        assert flat == list(elements(published["fields"]))
        for ind_o, (total, entry) in enumerate(zip(contest.options, decrypted["fields"], strict=True), 1):
            T, proof = element(entry["encodedTally"]), EqualityProof(*scalars(entry["proof"]))
            M = total.beta / T
            a, b = proof.commitments(GROUP.g, foreign.election.K, total.alpha, M)
            assert tally_challenge(foreign.election.h_e, contest.index, ind_o, total, a, b, M) == proof.challenge
            assert foreign.election.K ** GROUP.scalar(int(entry.get("tally", "0"))) == T


def test_a_changed_vector_is_found(foreign: Foreign) -> None:
    ballot, recorded = foreign.ballots[0], foreign.recorded[1]
    board = recorded.contests[1]
    first, second = board.selections
    swapped = (first.model_copy(update={"vector": second.vector}), second)
    contests = (recorded.contests[0], board.model_copy(update={"selections": swapped}))
    changed = recorded.model_copy(update={"contests": contests})
    found = judged(dataclasses.replace(foreign, ballots=[ballot], recorded={1: changed}))
    assert set(found.findings) == {"15.A", "16.A", "X.recorded-vectors"}
