"""The board's modules in JavaScript believe what the library believes, and refuse what it refuses."""

import base64
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from e2evote.board import notes, policy, proof
from e2evote.board.cosignature import cosign
from e2evote.board.lines import to_base64
from e2evote.board.notes import Note, Signature, VerifierKey, sign
from e2evote.board.policy import Log, Policy
from e2evote.board.proof import Proof
from e2evote.ed25519 import check_signing_key, verify_signature
from e2evote.election.receipts import verify_receipt
from e2evote.errors import E2EVoteError
from e2evote.record.entries import parse_entry
from e2evote.web.views import official_time
from tests.board import freeze, test_notes, test_policy, test_proof
from tests.board.keys import LOG, ORIGIN, WITNESSES, examples, key_of

NODE = shutil.which("node")
STORED = json.loads(freeze.FILE.read_text())
POLICY = STORED["policy"]
ONE_LOG = Policy((Log(LOG.verifier),), (), None).encode().decode()
pytestmark = pytest.mark.skipif(NODE is None and "CI" not in os.environ, reason="no node; 'make system-packages'")


def in_javascript(calls: list[list[object]]) -> list[dict]:
    """What the modules return or refuse."""
    command = [NODE or "node", Path(__file__).with_name("board.mjs")]
    done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def accepts(check: Callable[..., object], *values: object) -> bool:
    """Tell whether the library accepts something."""
    try:
        check(*values)
    except E2EVoteError:
        return False
    return True


def agree(calls: list[list[object]], expected: list[bool]) -> list[dict]:
    """Check that the modules accept what they should, and nothing else."""
    outcomes = in_javascript(calls)
    assert len(outcomes) == len(expected)
    wrong = [
        (str(call)[:300], outcome)
        for call, outcome, right in zip(calls, outcomes, expected, strict=True)
        if ("returned" in outcome) != right
    ]
    assert wrong == []
    return outcomes


def cases(test: Callable[..., object]) -> list:
    """The values with which a test of the library is repeated."""
    return test.pytestmark[0].args[1]  # type: ignore[attr-defined]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


# ------------------------------------------------------------------------------------------------------- vectors


def test_vectors_of_the_log() -> None:
    calls = [["included", text, encoded(f"entry {index}".encode()), POLICY] for index, text in STORED["proofs"].items()]
    found = agree(calls, [True] * len(calls))
    assert [each["returned"] for each in found] == [
        {"index": int(index), "size": STORED["size"]} for index in STORED["proofs"]
    ]
    refused = [["included", case["proof"], encoded(b"entry 7"), POLICY] for case in STORED["refused"]]
    outcomes = agree(refused, [False] * len(refused))
    for case, outcome in zip(STORED["refused"], outcomes, strict=True):
        assert (outcome["reason"] == "malformed") == (case["by"] == "form"), case["what"]


def test_vectors_of_keys_and_checkpoints() -> None:
    keys = [["key", key["verifier"]] for key in STORED["keys"].values()]
    for outcome, name in zip(agree(keys, [True] * len(keys)), STORED["keys"], strict=True):
        key = VerifierKey.parse(STORED["keys"][name]["verifier"])
        shown = {"name": name, "kind": key.kind, "public": encoded(key.public), "id": encoded(key.id)}
        assert outcome["returned"] == shown
    signed = [["signed", encoded(note.encode()), [str(LOG.verifier)]] for note in STORED["checkpoints"].values()]
    agree(signed, [True] * len(signed))
    (witnessed,) = in_javascript([["witnessed", encoded(STORED["cosigned"].encode()), POLICY]])
    expected = official_time(STORED["cosigned"].encode(), Policy.parse(POLICY.encode()))
    assert expected is not None
    assert witnessed["returned"]["size"] == STORED["size"]
    assert witnessed["returned"]["time"] == expected.timestamp()


def test_examples_of_the_specifications() -> None:
    given = examples()
    calls = [["signed", encoded(case["note"].encode()), [case["key"]]] for case in given["verified"]]
    calls += [["note", encoded(given["parsed"][name].encode())] for name in ("note", "checkpoint", "cosigned")]
    agree(calls, [True] * len(calls))


# ------------------------------------------------------------------------------------------- what the library refuses


def test_what_the_library_refuses_as_a_note_a_key_or_a_policy() -> None:
    calls: list[list[object]] = [
        ["note", encoded(data)] for data, _ in cases(test_notes.test_what_is_no_note_is_refused)
    ]
    calls += [["key", text] for text, _ in cases(test_notes.test_what_is_no_verifier_key_is_refused)]
    refused = [text for text, _ in cases(test_policy.test_what_is_no_policy_is_refused)]
    calls += [["policy", text if isinstance(text, str) else text.decode("latin-1")] for text in refused]
    calls += [
        ["included", f"{head}\n\n{test_proof.NOTE.encode().decode()}", encoded(b"entry 5"), POLICY]
        for head in cases(test_proof.test_what_is_no_proof_is_refused)
    ]
    agree(calls, [False] * len(calls))


def test_policies_that_the_library_reads() -> None:
    group = "group inner 1 a b\ngroup outer all inner c\nquorum outer\n"
    lines = "".join(f"witness {name} {key.verifier}\n" for name, key in zip("abc", WITNESSES, strict=False))
    text = f"# who is believed\n\nlog  {LOG.verifier}\thttps://log.example/\n{lines}{group}"
    note = sign(f"{ORIGIN}\n7\n{to_base64(bytes(32))}\n", LOG)
    times = {0: 1_800_000_300, 1: 1_800_000_100, 2: 1_800_000_200}
    calls: list[list[object]] = [["policy", text]]
    expected = [True]
    for chosen in ((), (0,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2), (2, 2, 1)):
        cosigned = note.adding(*(cosign(note, WITNESSES[i], times[i] + k) for k, i in enumerate(chosen)))
        calls.append(["witnessed", encoded(cosigned.encode()), text])
        expected.append(accepts(policy.verify, cosigned.encode(), Policy.parse(text.encode())))
    outcomes = agree(calls, expected)
    assert outcomes[0]["returned"] == {
        "logs": [ORIGIN], "members": ["a", "b", "c", "inner", "outer"], "quorum": "outer"
    }  # fmt: skip
    for (_, data, _), outcome in zip(calls[1:], outcomes[1:], strict=True):
        if "returned" in outcome:
            official = official_time(base64.b64decode(str(data)), Policy.parse(text.encode()))
            assert official is not None
            assert outcome["returned"]["time"] == official.timestamp()
        else:
            assert outcome["reason"] == "quorum"


def test_notes_with_signatures_that_do_not_hold() -> None:
    note, other = test_notes.NOTE, key_of("other.example")
    value = note.signatures[0].value
    changed = [bytes(64), value[:-1], value + b"\0", value[:32] + bytes(32), bytes(32) + value[32:], value[::-1]]
    found = [sign(note.text, other).adding(Signature(LOG.name, LOG.verifier.id, bad)) for bad in changed]
    keys = [str(LOG.verifier), str(other.verifier)]
    outcomes = agree([["signed", encoded(each.encode()), keys] for each in found], [False] * len(found))
    assert {outcome["reason"] for outcome in outcomes} == {"signature"}
    agree([["signed", encoded(each.encode()), keys[1:]] for each in found], [True] * len(found))
    another = Note("another\n", note.signatures)
    agree([["signed", encoded(another.encode()), keys], ["signed", encoded(note.encode()), []]], [False, False])


def test_mutated_proofs_and_notes() -> None:
    """Whatever is changed in a proof, the library and the modules judge alike."""
    chance, data, believed = random.Random(7), test_proof.DATA.decode(), test_proof.POLICY.encode().decode()
    entry, calls, expected = test_proof.TREE.entries[5], [], []
    for _ in range(300):
        at, to = chance.randrange(len(data)), chance.choice("A/+=0\n —é\t" + data)
        text = data[:at] + to + data[at + chance.randrange(2) :]
        calls.append(["included", text, encoded(entry), believed])
        judged = lambda text=text: proof.verify(Proof.parse(text.encode()), entry, test_proof.POLICY)  # noqa: E731
        expected.append(accepts(judged))
    agree(calls, expected)


# ------------------------------------------------------------------------------------------------------- Ed25519

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493


def test_keys_of_small_order_and_other_spellings() -> None:
    small = [0, 1, P - 1, 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7]
    spellings = [y | sign << 255 for y in (*small, P - small[3], P, P + 1, 2**255 - 1) for sign in (0, 1)]
    keys = [value.to_bytes(32, "little") for value in spellings] + [b"", bytes(31), bytes(33)]
    keys += [LOG.verifier.public, LOG.verifier.public + b"\0"]
    calls = [["signingKey", encoded(key)] for key in keys]
    expected = [accepts(check_signing_key, key, "key") for key in keys]
    assert [outcome["returned"] for outcome in in_javascript(calls)] == expected
    assert expected.count(True) == 1


def test_signatures_as_openssl_judges_them() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, data = key.public_key().public_bytes_raw(), b"message"
    good = key.sign(data)
    s = int.from_bytes(good[32:], "little")
    tried = [good, good[:32] + (s + L).to_bytes(32, "little"), good[:63] + bytes((good[63] ^ 0x80,)), good[:-1], b""]
    tried += [(int.from_bytes(good[:32], "little") ^ 1 << 255).to_bytes(32, "little") + good[32:], bytes(64)]
    tried += [key.sign(b""), b"\1" + bytes(31) + good[32:]]
    outcomes = in_javascript([["signature", encoded(public), encoded(each), encoded(data)] for each in tried])
    expected = [accepts(verify_signature, public, each, data, "key") for each in tried]
    assert [outcome["returned"] for outcome in outcomes] == expected
    assert expected == [True] + [False] * (len(tried) - 1)


# ------------------------------------------------------------------------------------------- entries and receipts

HASH = "AB" * 32
TIME = "2026-12-01T08:00:00Z"
ENTRIES = [
    {"kind": "file", "time": TIME, "path": "manifest.json", "sha256": HASH},
    {"kind": "file", "time": TIME, "path": 'ك\u2028"\\\u007f', "sha256": HASH},
    {"kind": "ballot", "time": TIME, "device": 1, "position": 2, "confirmation_code": HASH, "sha256": HASH},
    {"kind": "ballot", "time": TIME, "device": 1, "position": 2, "confirmation_code": HASH, "sha256": HASH,
     "cast_commitment": HASH, "challenge_commitment": "CD" * 32},
    {"kind": "status", "time": TIME, "confirmation_code": HASH, "status": "cast"},
    {"kind": "status", "time": TIME, "confirmation_code": HASH, "status": "challenged", "secret": HASH},
    {"kind": "recorded", "time": TIME, "confirmation_code": HASH, "sha256": HASH},
    {"kind": "opened", "time": TIME, "confirmation_code": HASH, "sha256": HASH},
    {"kind": "end", "time": TIME},
]  # fmt: skip


def dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def odd_entries() -> list[str]:
    """Lines that differ from entries in one thing."""
    lines = [dumped(entry) for entry in ENTRIES]
    ballot = lines[3]
    odd = [line.replace(old, new) for line in lines for old, new in (
        (HASH, HASH.lower()), (HASH, HASH[:-1]), (":1", ":0"), (":1", ":1.0"), (":2}", ":02}"), (":2,", ":2147483648,"),
        ("T08", "T24"), ("12-01", "02-30"), ("Z", "+00:00"), ('"cast"', '"Cast"'), (",", ", "), ("}", ',"more":1}'),
        ("kind", "Kind"), ('{"kind"', '{"kind":"end","kind"'), ("manifest", "m\\u0061nifest"), ("manifest.json", ""),
        ("manifest", "m" * 200), ("manifest", "m" * 70_000), ("2026", "0000"), ("2026", "0001"),
        ("08:00:00", "23:59:60"),
        (f'"{HASH}"', "null"),
    ) if old in line]  # fmt: skip
    fields = json.loads(ballot)
    odd += [dumped({name: fields[name] for name in fields if name != left}) for left in fields]
    odd += [
        dumped(dict(reversed(fields.items()))),
        ballot + "\n",
        " " + ballot,
        "[]",
        "null",
        "",
        '{"kind":"other"}',
        "{}",
    ]
    return [*lines, *odd]


def test_entries() -> None:
    lines = odd_entries()
    expected = [accepts(parse_entry, line.encode(), "entry") for line in lines]
    assert expected[: len(ENTRIES)] == [True] * len(ENTRIES)
    outcomes = agree([["entry", line] for line in lines], expected)
    assert [outcome["returned"] for outcome in outcomes[: len(ENTRIES)]] == ENTRIES


def receipt_text(entry: str = dumped(ENTRIES[3]), origin: str = ORIGIN, index: object = 41, end: str = TIME) -> str:
    return f"e2evote-receipt/v1\n{origin}\n{index}\n{end}\n{entry}\n"


def test_receipts() -> None:
    texts = [receipt_text()]
    texts += [receipt_text(entry=line) for line in odd_entries() if "\n" not in line]
    texts += [receipt_text(index=odd) for odd in ("041", "-1", "", "4a", 1 << 63)]
    texts += [receipt_text(end=odd) for odd in ("", "2026-12-01T08:00:00", "2026-13-01T08:00:00Z")]
    texts += [receipt_text(origin="other.example"), receipt_text() + "\n", receipt_text().replace("v1", "v2")]
    texts += [receipt_text().replace("receipt/v1\n", "receipt/v1\n\n"), f"{ORIGIN}\n7\n{to_base64(bytes(32))}\n"]
    signed = [sign(text, LOG).encode().decode() for text in texts]
    signed += [sign(texts[0], key_of("other.example")).encode().decode(), signed[0].replace("41", "42"), texts[0]]
    expected = [accepts(verify_receipt, text.encode(), [LOG.verifier]) for text in signed]
    outcomes = agree([["receipt", text, ONE_LOG] for text in signed], expected)
    deadline = datetime.fromisoformat(TIME).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert outcomes[0]["returned"] == {
        "index": 41, "deadline": deadline, "entry": ENTRIES[3], "line": dumped(ENTRIES[3])
    }  # fmt: skip
    assert [outcome["reason"] for outcome in outcomes[-3:]] == ["signature", "signature", "malformed"]
    assert notes.verify(Note.parse(signed[0].encode()), [LOG.verifier])
