"""Policies: the specification's example, quorums by truth table, and every refusal."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board import checkpoint as checkpoints
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.cosignature import cosign
from e2evote.board.notes import KeyKind, Note, Signature, VerifierKey, sign
from e2evote.board.policy import Group, Log, Policy, Witness, at_least, verify
from e2evote.errors import ParseError, VerificationError
from tests.board.keys import LOG, ORIGIN, WITNESSES, examples, key_of, witness_key

NOW = 1_800_000_000
CHECKPOINT = Checkpoint(ORIGIN, 12, bytes(range(32)))
SIGNED = checkpoints.sign(CHECKPOINT, LOG)
SIX = [witness_key(f"{letter}{number}.example") for letter in "xy" for number in (1, 2, 3)]
L, W1, W2 = LOG.verifier, WITNESSES[0].verifier, WITNESSES[1].verifier


def spec_policy() -> bytes:
    """The specification's example with keys in the places where it has <vkey>."""
    text = examples()["elided"]["policy"]
    for key in (LOG, *SIX):
        text = text.replace("<vkey>", str(key.verifier), 1)
    return text.encode()


def cosigned(*keys) -> bytes:
    return SIGNED.adding(*(cosign(SIGNED, key, NOW + number) for number, key in enumerate(keys))).encode()


def test_the_specifications_policy() -> None:
    policy = Policy.parse(spec_policy())
    assert policy.quorum == "X-and-Y"
    assert policy.members[3] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert policy.members[-1] == Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses"))
    assert Policy.parse(policy.encode()) == policy
    for chosen in itertools.product([False, True], repeat=6):
        data = cosigned(*itertools.compress(SIX, chosen))
        if sum(chosen[:3]) >= 2 and any(chosen[3:]):
            witnessed = verify(data, policy)
            assert witnessed.checkpoint == CHECKPOINT
            assert set(witnessed.times) == set(itertools.compress(("X1", "X2", "X3", "Y1", "Y2", "Y3"), chosen))
        else:
            with pytest.raises(VerificationError, match="do not make up the quorum X-and-Y"):
                verify(data, policy)


@pytest.mark.parametrize("threshold", range(5))
def test_at_least_so_many(threshold: int) -> None:
    witnesses = [Witness(f"w{number}", key.verifier) for number, key in enumerate(WITNESSES)]
    policy = at_least(threshold, witnesses, [Log(L, "https://log.example/")])
    assert Policy.parse(policy.encode()) == policy
    for count in range(5):
        data = cosigned(*WITNESSES[:count])
        if count >= threshold:
            assert verify(data, policy).times == {f"w{number}": NOW + number for number in range(count)}
        else:
            with pytest.raises(VerificationError, match=f"cosigned by {count} known"):
                verify(data, policy)
    for wrong in (-1, 5):
        with pytest.raises(ParseError, match="threshold"):
            at_least(wrong, witnesses, [])


def test_a_checkpoint_needs_a_log_of_the_policy() -> None:
    other = key_of("other.example")
    for logs, note in (
        ([], SIGNED),
        ([other], SIGNED),
        ([other], sign(SIGNED.text, other)),
        ([LOG, other], sign(SIGNED.text, other)),
        ([LOG], Note(str(CHECKPOINT), (Signature(L.name, L.id, bytes(64)),))),
    ):
        with pytest.raises(VerificationError):
            verify(note.encode(), Policy(tuple(Log(key.verifier) for key in logs), (), None))
    assert verify(SIGNED.encode(), Policy((Log(L),), (), None)).times == {}


def test_strangers_do_not_count_and_a_bad_cosignature_rejects() -> None:
    policy = at_least(1, [Witness("w", W1)], [Log(L)])
    with pytest.raises(VerificationError, match="cosigned by 0 known witnesses"):
        verify(cosigned(WITNESSES[1]), policy)
    # A plain signature by the same secret key is of another type, and so of a key that nobody knows.
    plain = sign(SIGNED.text, key_of(ORIGIN))
    with pytest.raises(VerificationError, match="quorum"):
        verify(plain.encode(), policy)
    bad = SIGNED.adding(cosign(SIGNED, WITNESSES[0], NOW), Signature(W1.name, W1.id, bytes(72)))
    with pytest.raises(VerificationError, match="witness1"):
        verify(bad.encode(), policy)
    with pytest.raises(ParseError):
        verify(b"no note", policy)
    with pytest.raises(ParseError, match="checkpoint"):
        verify(sign("no checkpoint\n", LOG).encode(), policy)


def test_spaces_and_comments() -> None:
    text = f"# a comment: ü\n\n \t \n\tlog  {L}\thttps://log.example/ \n  # another\nwitness\tw {W1}\nquorum w\n"
    assert Policy.parse(text.encode()) == Policy((Log(L, "https://log.example/"),), (Witness("w", W1),), "w")
    late = f"witness w {W1}\nquorum w\nwitness v {W2}\nlog {L}\n"
    assert Policy.parse(late.encode()).quorum == "w"
    assert Policy.parse(b"quorum none\n") == Policy((), (), None)
    kelvin = f"witness K {W1}\nwitness \u212a {W2}\ngroup g any K\nquorum \u212a\n"
    assert Policy.parse(kelvin.encode()).quorum == "\u212a"
    wide = f"witness a\u00a0b {W1}\nquorum a\u00a0b\n"
    assert Policy.parse(wide.encode()).quorum == "a\u00a0b"


WITNESS = f"witness w {W1}\nwitness v {W2}\n"
TWICE = VerifierKey("twice.example", KeyKind.COSIGNATURE, W1.public)
SAME = VerifierKey("same.example", KeyKind.COSIGNATURE, L.public)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "newline at the end"),
        ("\n", "one quorum line"),
        (f"log {L}\n", "one quorum line"),
        ("quorum none", "newline at the end"),
        ("quorum none\nquorum none\n", "policy:2: a second quorum"),
        ("quorum none\r\n", "control"),
        ("quorum none\x7f\n", "control"),
        ("quorum none\0\n", "control"),
        ("quorum\n", "policy:1: expected"),
        ("quorum none none\n", "policy:1: expected"),
        ("Quorum none\n", "policy:1: expected"),
        ("quorum w\n", "policy:1: w: no line before"),
        (f"quorum w\n{WITNESS}", "policy:1: w: no line before"),
        ("log\nquorum none\n", "policy:1: expected"),
        (f"log {L} url more\nquorum none\n", "policy:1: expected"),
        ("log vkey\nquorum none\n", "policy:1: key: expected name"),
        (f"log {str(L)[:-1]}\nquorum none\n", "policy:1"),
        (f"log {W1}\nquorum none\n", "type 01, found 04"),
        (f"log {L}\nlog {L}\nquorum none\n", "there twice"),
        (f"witness w\nquorum none\n{L}", "newline"),
        ("witness w\nquorum none\n", "policy:1: expected"),
        (f"witness w {L}\nquorum none\n", "type 04, found 01"),
        (f"witness w {W1} url more\nquorum none\n", "policy:1: expected"),
        (f"witness none {W1}\nquorum none\n", "it is none"),
        (f"witness w {W1}\nwitness w {W2}\nquorum w\n", "name is there twice"),
        (f"witness w {W1}\nwitness v {W1}\nquorum w\n", "key is there twice"),
        (f"witness w {W1}\nwitness v {TWICE}\nquorum w\n", "key is there twice"),
        (f"log {L}\nwitness v {SAME}\nquorum v\n", "key is there twice"),
        (f"{WITNESS}group g any\nquorum g\n", "policy:3: expected"),
        (f"{WITNESS}group g\nquorum g\n", "policy:3: expected"),
        (f"{WITNESS}group g 0 w v\nquorum g\n", "threshold"),
        (f"{WITNESS}group g 3 w v\nquorum g\n", "threshold"),
        (f"{WITNESS}group g 01 w v\nquorum g\n", "policy:3: threshold"),
        (f"{WITNESS}group g some w v\nquorum g\n", "policy:3: threshold"),
        (f"{WITNESS}group g ALL w v\nquorum g\n", "policy:3: threshold"),
        (f"{WITNESS}group g any w u\nquorum g\n", "policy:3: u: no line before"),
        (f"{WITNESS}group g any w g\nquorum g\n", "policy:3: g: no line before"),
        (f"{WITNESS}group g any w none\nquorum g\n", "policy:3: none: no line before"),
        (f"{WITNESS}group g any w w\nquorum g\n", "member already"),
        (f"{WITNESS}group g any w\ngroup h any w v\nquorum h\n", "member already"),
        (f"{WITNESS}group w any v\nquorum w\n", "name is there twice"),
        (f"{WITNESS}group none any v\nquorum w\n", "it is none"),
        (f"{WITNESS}group g any w\ngroup g any v\nquorum w\n", "name is there twice"),
        ("#" + "x" * 65_536 + "\nquorum none\n", "bytes"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ParseError, match=problem):
        Policy.parse(text.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ParseError, match="UTF-8 at byte 2"):
        Policy.parse(b"# \xff\nquorum none\n")


def test_a_policy_made_here_keeps_the_same_rules() -> None:
    for members, quorum, problem in (
        ((), "w", "not defined"),
        ((Group("g", 1, ("w",)),), "g", "not defined"),
        ((Witness("a b", W1),), None, "spaces"),
        ((Witness("", W1),), None, "spaces"),
        ((Witness("a\nb", W1),), None, "spaces"),
        ((Witness("w", W1, "a url"),), None, "spaces"),
        ((Witness("w", W1, ""),), None, "spaces"),
    ):
        with pytest.raises(ParseError, match=problem):
            Policy((), members, quorum)
    many = tuple(Log(key_of(f"{number}.example").verifier) for number in range(65))
    with pytest.raises(ParseError, match="more than 64"):
        Policy(many, (), None)
    assert Policy.parse(Policy(many[:64], (), None).encode()).logs == many[:64]


def test_keys_that_collide_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VerifierKey, "id", property(lambda _: b"same"))
    twin = VerifierKey(L.name, KeyKind.ED25519, W1.public)
    with pytest.raises(ParseError, match="same name and identifier"):
        Policy((Log(L), Log(twin)), (), None)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        policy = Policy.parse(data)
    except ParseError:
        return
    assert Policy.parse(policy.encode()) == policy
