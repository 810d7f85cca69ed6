"""The transcript: what was said and heard is kept, and what somebody sent is read as it came."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.errors import CheckError, ParseError, VerificationError
from e2evote.files import write_atomically
from e2evote.messages import transcript as module
from e2evote.messages.envelope import Exchange, write
from e2evote.messages.key_check import KEY_CHECK
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, ROUNDS, SHARE, Confirmation, collect
from e2evote.messages.transcript import Transcript, check_none_foreign, read_lines, sort_out
from tests.guardian_cli.killing import POINTS, WRITTEN, dies_at
from tests.messages.conftest import Decrypted
from tests.messages.guardians import Held


def lines_of(*messages: bytes) -> list[tuple[str, bytes]]:
    return [(f"mail:{number}", data) for number, data in enumerate(messages, 1)]


def other_face(held: Held, sender: int) -> bytes:
    """Sign another public key than the first."""
    key = held.opened_key(sender).payload
    proof = replace(key.vote_proof, challenge=key.data_proof.challenge)
    return write(
        held.exchange,
        PUBLIC_KEY,
        held.machines[sender].key,
        sender,
        key.model_copy(update={"vote_proof": proof}),
    )


def test_it_only_grows(held: Held, tmp_path: Path) -> None:
    path = tmp_path / "messages.ndjson"
    transcript = Transcript(path)
    assert transcript.of(PUBLIC_KEY.name) == []
    assert not path.exists(), "looking writes nothing"
    content = b""
    for data in (*held.keys, *held.shares, *held.confirmations):
        assert transcript.add([data]) == 1
        before, content = content, path.read_bytes()
        assert content == before + data + b"\n"
    again = Transcript(path)
    assert again.of(PUBLIC_KEY.name) == held.keys
    assert again.of(SHARE.name) == held.shares
    assert again.of(SHARE.name, sender=2) == [held.share(2, 1), held.share(2, 3)]
    assert again.of(SHARE.name, recipient=2) == [held.share(1, 2), held.share(3, 2)]
    assert again.of(SHARE.name, 3, 1) == [held.share(3, 1)]
    assert again.of(KEY_CHECK.name) == []


@given(order=st.permutations(range(6)), copies=st.lists(st.integers(0, 5), max_size=6))
def test_any_order_with_copies(
    held: Held, tmp_path_factory: pytest.TempPathFactory, order: list[int], copies: list[int]
) -> None:
    """What came twice is there once, in the order in which it came first."""
    path = tmp_path_factory.mktemp("any") / "messages.ndjson"
    messages = [*held.keys, *held.confirmations]
    came = [messages[n] for n in order]
    assert Transcript(path).add(came[:3]) == 3
    assert Transcript(path).add([*(messages[n] for n in copies), *came, *came]) == 3
    found = [data for _, data in read_lines(path)]
    assert found[:3] == came[:3]
    assert sorted(found) == sorted(messages)
    assert all(data in Transcript(path) for data in messages)


def test_copies_are_not_written(held: Held, tmp_path: Path) -> None:
    written = []
    transcript = Transcript(tmp_path / "messages.ndjson", lambda path, data: written.append(data))
    assert transcript.add([held.keys[0], held.keys[0]]) == 1
    assert transcript.add(held.keys[:1]) == transcript.add([]) == 0
    assert written == [held.keys[0] + b"\n"]


def test_two_faces_are_kept(held: Held, tmp_path: Path) -> None:
    path, second = tmp_path / "messages.ndjson", other_face(held, 2)
    Transcript(path).add([*held.keys, second])
    kept = Transcript(path).of(PUBLIC_KEY.name)
    assert Transcript(path).of(PUBLIC_KEY.name, 2) == [held.keys[1], second]
    assert [[m.data for m in pair] for pair in collect(held.exchange, PUBLIC_KEY, kept).contradictions] == [
        [held.keys[1], second]
    ]


def test_all_or_none(held: Held, tmp_path: Path) -> None:
    path = tmp_path / "messages.ndjson"
    transcript = Transcript(path)
    transcript.add(held.keys[:1])
    for bad in (b"noise", held.keys[1] + b"\n", held.keys[1][:-1], b""):
        with pytest.raises(ParseError, match="message"):
            transcript.add([held.keys[2], bad])
    assert path.read_bytes() == held.keys[0] + b"\n"
    assert held.keys[2] not in transcript


def test_a_failed_write_changes_nothing(held: Held, tmp_path: Path) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "messages.ndjson"
    Transcript(path).add(held.keys[:1])
    transcript = Transcript(path, full)
    with pytest.raises(OSError, match="No space"):
        transcript.add(held.keys)
    assert transcript.of(PUBLIC_KEY.name) == held.keys[:1]


@pytest.mark.parametrize(("limit", "value"), [("LINE_LIMIT", 1000), ("FILE_LIMIT", 3000)])
def test_nothing_is_written_that_could_not_be_read(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    path = tmp_path / "messages.ndjson"
    Transcript(path).add(held.confirmations)
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(CheckError, match=f"messages.ndjson: .* {value}"):
        Transcript(path).add(held.keys)
    assert Transcript(path).of(CONFIRMATION.name) == held.confirmations


@pytest.mark.parametrize("point", POINTS, ids=lambda point: " ".join(reversed(point)))
def test_killed(held: Held, tmp_path: Path, point: tuple[str, str]) -> None:
    """What was in it stays in it; what came is in it as a whole or not at all, and can come again."""
    path = tmp_path / "messages.ndjson"
    Transcript(path).add(held.keys)
    dies_at(point, lambda: Transcript(path).add(held.shares))
    after = Transcript(path)
    assert after.of(PUBLIC_KEY.name) == held.keys
    assert after.of(SHARE.name) == (held.shares if point in WRITTEN else [])
    assert after.add(held.shares) == (0 if point in WRITTEN else len(held.shares))
    assert Transcript(path).of(SHARE.name) == held.shares


def test_killed_at_the_first_message(held: Held, tmp_path: Path) -> None:
    path = tmp_path / "new" / "messages.ndjson"
    dies_at(("replace", "before"), lambda: Transcript(path).add(held.keys))
    assert Transcript(path).add(held.keys) == 3


@pytest.mark.parametrize("line", [1, 2, 3])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-10],
        lambda data: data.replace(b'"sender":', b'"sender": '),
        lambda data: b"\0" * len(data),
        lambda data: b"   ",
        lambda data: b"",
    ],
)
def test_a_damaged_file(held: Held, tmp_path: Path, line: int, damage) -> None:
    path = tmp_path / "messages.ndjson"
    messages = list(held.keys)
    messages[line - 1] = damage(messages[line - 1])
    path.write_bytes(b"".join(data + b"\n" for data in messages))
    with pytest.raises(ParseError, match=f"messages.ndjson:{line}"):
        Transcript(path)


def test_cut_off(held: Held, tmp_path: Path) -> None:
    path = tmp_path / "messages.ndjson"
    Transcript(path).add(held.keys)
    os.truncate(path, path.stat().st_size - 1)
    assert Transcript(path).of(PUBLIC_KEY.name) == held.keys, "only the last line end is gone"
    os.truncate(path, path.stat().st_size - 1)
    with pytest.raises(ParseError, match=r"messages.ndjson:3"):
        Transcript(path)
    os.truncate(path, 0)
    with pytest.raises(ParseError, match="empty"):
        Transcript(path)


def test_what_is_no_plain_file(held: Held, tmp_path: Path) -> None:
    """Also where a transcript would find nothing, and begin anew."""
    real, link = tmp_path / "real", tmp_path / "link"
    write_atomically(real, held.keys[0] + b"\n")
    link.symlink_to(real)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for path in (link, tmp_path / "broken", tmp_path):
        with pytest.raises(ParseError, match="not a plain file"):
            list(read_lines(path))
        with pytest.raises(ParseError, match="not a plain file"):
            Transcript(path)
    with pytest.raises(ParseError, match="not a plain file"):
        list(read_lines(tmp_path / "missing"))


@given(
    lines=st.lists(
        st.binary(min_size=1, max_size=30).filter(lambda line: line.strip() and not set(line) & set(b"\r\n")),
        min_size=1,
        max_size=6,
    ),
    end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.booleans(),
)
def test_lines_as_any_editor_ends_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, last: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "mail"
    path.write_bytes(end.join(lines) + (end if last else b""))
    found = list(read_lines(path))
    assert [line for _, line in found] == lines
    names = [str(path)] if len(lines) == 1 else [f"{path}:{number}" for number in range(1, len(lines) + 1)]
    assert [where for where, _ in found] == names


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b" \t\n", b"\n{}\n", b"{}\n\n", b"{}\n \n{}\n"])
def test_blank_lines(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mail"
    path.write_bytes(content)
    with pytest.raises(ParseError, match="empty file or a blank line"):
        list(read_lines(path))


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(b"{}\n")
    os.truncate(path, module.FILE_LIMIT + 1)  # a hole, no bytes
    with pytest.raises(ParseError, match=f"larger than {module.FILE_LIMIT}"):
        list(read_lines(path))
    path.write_bytes(b"{}\n" + b"x" * (module.LINE_LIMIT + 1))
    with pytest.raises(ParseError, match=f"mail:2: a line of more than {module.LINE_LIMIT}"):
        list(read_lines(path))
    path.write_bytes(b"x" * module.LINE_LIMIT + b"\n")
    assert len(list(read_lines(path))) == 1


def test_sorted_by_exchange(held: Held, decrypted: Decrypted) -> None:
    exchanges = (held.exchange, decrypted.exchange)
    mixed = [m for pair in zip(held.confirmations, decrypted.responses, strict=False) for m in pair]
    other = replace(held.exchange, context=bytes(32))
    foreign = write(other, CONFIRMATION, held.machines[1].key, 1, Confirmation(h_g=bytes(32)), seen=held.seen)
    given = lines_of(*mixed, foreign, held.identities[0])
    found, left = sort_out(exchanges, given)
    assert found == {
        held.exchange.context: held.confirmations[:2],
        decrypted.exchange.context: decrypted.responses,
    }
    assert left == given[-2:]
    with pytest.raises(CheckError, match=r"mail:5: a message of another .*'confirmation' of guardian 1"):
        check_none_foreign(left)
    check_none_foreign([])
    assert sort_out([], lines_of(*mixed)) == ({}, lines_of(*mixed))


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ((b'"sender":2', b'"sender":1'), VerificationError, "mail:2: guardian 1: the signature does not hold"),
        ((b'"sender":2', b'"sender":4'), CheckError, "mail:2: guardian 4 does not take part"),
        ((b'"attempt":1', b'"attempt":2'), CheckError, "mail:2: a message of attempt 2, not of attempt 1"),
        ((b'"round":"confirmation"', b'"round":"reveals"'), VerificationError, "mail:2: .* does not hold"),
        ((b'"attempt":1', b'"attempt":one'), ParseError, "mail:2"),
    ],
)
def test_what_claims_to_be_of_an_exchange(
    held: Held, changes: tuple[bytes, bytes], error: type[Exception], why: str
) -> None:
    bad = held.confirmations[1].replace(*changes)
    assert bad != held.confirmations[1]
    with pytest.raises(error, match=why):
        sort_out([held.exchange], lines_of(held.confirmations[0], bad))


@given(st.lists(st.sampled_from(range(9)), max_size=12))
def test_nothing_is_lost_between_exchanges(held: Held, decrypted: Decrypted, chosen: Sequence[int]) -> None:
    """Every line is in one place, in the order in which it came."""
    messages = [*held.keys, *decrypted.commitments, *decrypted.reveals, *held.identities[:2]]
    given = lines_of(*(messages[n] for n in chosen))
    exchanges: list[Exchange] = [held.exchange, decrypted.exchange]
    found, foreign = sort_out(exchanges, given)
    assert found[held.exchange.context] == [data for _, data in given if data in held.keys]
    assert found[decrypted.exchange.context] == [
        data for _, data in given if data in decrypted.commitments + decrypted.reveals
    ]
    assert foreign == [line for line in given if line[1] in held.identities]


def test_rounds_of_which_a_guardian_may_write_more_than_one() -> None:
    assert {name for name, round_ in ROUNDS.items() if round_.repeatable} == {"complaint", "key check"}
