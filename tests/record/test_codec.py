"""One spelling for every object, and only ``ParseError`` for anything else."""

import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from e2evote.errors import ParseError
from e2evote.record.ballot import DeviceClosing, EncryptedBallot
from e2evote.record.codec import RecordModel, dump, parse
from e2evote.record.layout import Record
from e2evote.record.schemas import SCHEMAS
from e2evote.record.setup import Hashes, Parameters
from tests.builders import BuiltRecord
from tests.record.samples import samples
from tests.strategies import TOY_GROUP

WHERE = "devices/0001/ballots-000001.ndjson:7"


@pytest.fixture(scope="module")
def objects(built: BuiltRecord) -> dict[str, RecordModel]:
    return samples(built)


@pytest.fixture(scope="module")
def ballot(objects: dict[str, RecordModel]) -> bytes:
    return dump(objects["ballot with data"])


def test_parse_undoes_dump(objects: dict[str, RecordModel]) -> None:
    for name, value in objects.items():
        data = dump(value)
        assert parse(type(value), data, name, TOY_GROUP) == value, name
        assert dump(parse(type(value), data, name, TOY_GROUP)) == data, name


def test_every_kind_of_object_is_among_the_samples(objects: dict[str, RecordModel]) -> None:
    assert set(SCHEMAS.values()) <= {type(value) for value in objects.values()}


def test_every_line_of_a_record_is_canonical(built: BuiltRecord) -> None:
    """What is written is exactly what ``json`` would write compactly, and holds no null."""
    record = Record.at(built.path)
    for name in record.names - {"manifest.json"}:
        for _, line in record.lines(name):
            value = json.loads(line)
            assert json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() == line
            assert b"null" not in line


def test_parsed_twice_is_equal_and_hashes_equal(objects: dict[str, RecordModel]) -> None:
    first = parse(EncryptedBallot, dump(objects["ballot with data"]), "x", TOY_GROUP)
    assert first == objects["ballot with data"]
    assert first is not objects["ballot with data"]
    assert hash(first.contests[0].options[0].ciphertext) == hash(
        objects["ballot with data"].contests[0].options[0].ciphertext
    )


def test_objects_do_not_change(objects: dict[str, RecordModel]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        objects["hashes"].h_p = bytes(32)  # type: ignore[attr-defined]


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """Return an edit of the parsed object, written compactly again."""

    def edited(data: bytes) -> bytes:
        value = json.loads(data)
        change(value)
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")

    return edited


def option(value: dict[str, Any]) -> dict[str, Any]:
    return value["contests"][0]["options"][0]


REFUSALS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "duplicate key": (lambda d: d.replace(b'"device":', b'"device":1,"device":', 1), "device: the key appears twice"),
    "duplicate key below": (
        lambda d: d.replace(b'"alpha":', b'"alpha":"00","alpha":', 1),
        "alpha: the key appears twice",
    ),
    "duplicate key, escaped": (
        lambda d: d.replace(b'"device":', b'"d\\u0065vice":1,"device":', 1),
        "device: the key appears twice",
    ),
    "null": (edit(lambda v: v.update(weight=None)), "weight: null is not allowed; leave the field out"),
    "null for an optional field": (
        edit(lambda v: v["contests"][1].update(contest_data=None)),
        "contest_data: null is not allowed",
    ),
    "null in a list": (edit(lambda v: v["contests"].append(None)), "null is not allowed"),
    "unknown field": (edit(lambda v: v.update(colour=1)), "colour: Extra inputs are not permitted"),
    "unknown field below": (
        edit(lambda v: option(v)["ciphertext"].update(gamma="00")),
        "contests.0.options.0.ciphertext.gamma: Unexpected keyword argument",
    ),
    "missing field": (edit(lambda v: v.pop("h_i")), "h_i: Field required"),
    "lower-case hex": (
        edit(lambda v: v.update(h_i=v["h_i"].lower())),
        "h_i: expected upper-case hex digits only",
    ),
    "lower-case element": (
        edit(lambda v: option(v)["ciphertext"].update(alpha="ab" * 32)),
        "contests.0.options.0.ciphertext.alpha: expected upper-case hex",
    ),
    "element too short": (
        edit(lambda v: option(v)["ciphertext"].update(alpha="AB" * 31)),
        "contests.0.options.0.ciphertext.alpha: expected 64 upper-case hex digits, found 62",
    ),
    "element too long": (
        edit(lambda v: option(v)["ciphertext"].update(alpha="00" + "AB" * 32)),
        "contests.0.options.0.ciphertext.alpha: expected 64 upper-case hex digits, found 66",
    ),
    "element of the standard width": (
        edit(lambda v: option(v)["ciphertext"].update(alpha="AB" * 512)),
        "contests.0.options.0.ciphertext.alpha: expected 64 upper-case hex digits, found 1024",
    ),
    "scalar too short": (
        edit(lambda v: option(v)["proof"]["challenges"].insert(0, "00")),
        "contests.0.options.0.proof.challenges.0: expected 64 upper-case hex digits, found 2",
    ),
    "element as a number": (
        edit(lambda v: option(v)["ciphertext"].update(alpha=5)),
        "contests.0.options.0.ciphertext.alpha: expected a string",
    ),
    "hex with a sign": (edit(lambda v: v.update(h_i="-" + v["h_i"][1:])), "h_i: expected upper-case hex digits only"),
    "other digits": (edit(lambda v: v.update(h_i="۰" * 64)), "h_i: expected upper-case hex digits only"),
    "odd contest data": (
        edit(lambda v: v["contests"][0]["contest_data"].update(c_1="ABC")),
        "contests.0.contest_data.c_1: expected upper-case hex digits only, an even number",
    ),
    "float": (lambda d: d.replace(b'"device":1', b'"device":1.0'), "device|canonical"),
    "float with a fraction": (
        lambda d: d.replace(b'"device":1', b'"device":1.5'),
        "device: Input should be a valid int",
    ),
    "exponent": (lambda d: d.replace(b'"device":1', b'"device":1e0'), "device|canonical"),
    "leading zero": (lambda d: d.replace(b'"device":1', b'"device":01'), "not JSON"),
    "minus zero": (lambda d: d.replace(b'"weight":', b'"weight":-0,"x":', 1), "x: Extra|canonical"),
    "number as a string": (edit(lambda v: v.update(device="1")), "device: Input should be a valid integer"),
    "truth as a number": (edit(lambda v: v.update(device=True)), "device: Input should be a valid integer"),
    "index 0": (edit(lambda v: v.update(device=0)), "device: Input should be greater than or equal to 1"),
    "index too large": (edit(lambda v: v.update(device=2**31)), "device: Input should be less than or equal to"),
    "index far too large": (edit(lambda v: v.update(device=10**40)), "device: "),
    "negative": (edit(lambda v: v.update(weight=-1)), "weight: Input should be greater than or equal to 0"),
    "NaN": (lambda d: d.replace(b'"device":1', b'"device":NaN'), "NaN is not JSON"),
    "Infinity": (lambda d: d.replace(b'"device":1', b'"device":-Infinity'), "-Infinity is not JSON"),
    "lone surrogate": (edit(lambda v: v.update(encrypted_at="\ud800")), "not UTF-8"),
    "lone surrogate, escaped": (
        lambda d: d.replace(b'"device":', b'"\\ud800":1,"device":', 1),
        "half of a surrogate pair",
    ),
    "byte order mark": (lambda d: b"\xef\xbb\xbf" + d, "not JSON: Unexpected UTF-8 BOM"),
    "not UTF-8": (lambda d: d[:1] + b"\xff" + d[1:], "not UTF-8 at byte 1"),
    "UTF-16": (lambda d: d.decode().encode("utf-16"), "not UTF-8"),
    "blank before": (lambda d: b" " + d, "not in canonical form"),
    "blank after": (lambda d: d + b" ", "not in canonical form"),
    "blank within": (lambda d: d.replace(b'"device":1', b'"device": 1'), "not in canonical form"),
    "line feed within": (lambda d: d.replace(b",", b",\n", 1), "not in canonical form"),
    "another order": (
        edit(lambda v: v.update(device=v.pop("device"))),
        "not in canonical form: compact JSON, fields in the documented order",
    ),
    "escape": (lambda d: d.replace(b'"h_i"', b'"h\\u005fi"'), "not in canonical form"),
    "escaped hex": (lambda d: d.replace(b'"encrypted_at":"2', b'"encrypted_at":"\\u0032'), "not in canonical form"),
    "a second object": (lambda d: d + b"{}", "not JSON: Extra data"),
    "a comma more": (lambda d: d[:-1] + b",}", "not JSON"),
    "a comment": (lambda d: b"/**/" + d, "not JSON"),
    "cut off": (lambda d: d[:-1], "not JSON"),
    "nothing": (lambda d: b"", "not JSON"),
    "a list": (lambda d: b"[" + d + b"]", ": Input should be an object"),
    "a string": (lambda d: b'"x"', ": Input should be an object"),
    "null itself": (lambda d: b"null", "null is not allowed"),
    "no contests": (edit(lambda v: v.update(contests=[])), "contests: Tuple should have at least 1 item"),
    "a day that never was": (edit(lambda v: v.update(encrypted_at="2026-02-30T09:00:00Z")), "encrypted_at: "),
    "another zone": (edit(lambda v: v.update(encrypted_at="2026-12-01T09:00:00+03:30")), "encrypted_at: "),
    "fractions of a second": (edit(lambda v: v.update(encrypted_at="2026-12-01T09:00:00.5Z")), "encrypted_at: "),
    "Persian digits in the time": (edit(lambda v: v.update(encrypted_at="۲۰۲۶-۱۲-۰۱T۰۹:۰۰:۰۰Z")), "encrypted_at: "),
    "deep nesting": (lambda d: b'{"a":' * 10_000 + d + b"}" * 10_000, "nested too deeply|not JSON|Extra"),
    "a long number": (lambda d: d.replace(b'"device":1', b'"device":' + b"1" * 5000), "number too long|device"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_anything_else_is_refused_with_file_and_field(ballot: bytes, name: str) -> None:
    change, message = REFUSALS[name]
    changed = change(ballot)
    assert changed != ballot
    with pytest.raises(ParseError, match=message) as caught:
        parse(EncryptedBallot, changed, WHERE, TOY_GROUP)
    assert str(caught.value).startswith(f"{WHERE}: ")
    assert caught.value.where == WHERE
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        (Hashes, b'{"h_p":"%s","h_b":"%s"}' % (b"0" * 64, b"0" * 62), "h_b"),
        (Hashes, b'{"h_b":"%s"}' % (b"0" * 64), "h_p"),
        (DeviceClosing, b'{"ballots":1,"chaining_field":"%s"}' % (b"0" * 64), "chaining_field"),
        (Parameters, b'{"version":1}', "version"),
    ],
)
def test_errors_name_the_field(kind: type[RecordModel], data: bytes, field: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(kind, data, "somewhere.json")
    assert (caught.value.where, caught.value.field) == ("somewhere.json", field)


def test_values_of_another_width_are_refused_in_python_too() -> None:
    with pytest.raises(ValueError, match="expected 32 bytes, found 31"):
        Hashes(h_p=bytes(32), h_b=bytes(31))


def test_elements_need_a_group(ballot: bytes) -> None:
    """Forgetting the parameters is a mistake of the programmer, not of the file."""
    with pytest.raises(TypeError, match="group elements are parsed through"):
        parse(EncryptedBallot, ballot, WHERE)


@given(st.binary(max_size=80), st.sampled_from(sorted(SCHEMAS)))
def test_random_bytes(data: bytes, kind: str) -> None:
    with pytest.raises(ParseError):
        parse(SCHEMAS[kind], data, "x", TOY_GROUP)


json_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([2**31, 2**53, 2**63, 2**64, 10**30, 0.5, float("nan"), "", "x", "\ud800", "A" * 64, "0" * 72]),
    st.just([]),
    st.just({}),
)


def replaced(value: Any, replacement: object, rng: random.Random) -> Any:
    """Return a copy of JSON in which one place, drawn at random, is replaced, dropped or doubled."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return replacement
    copy = value.copy()
    key = rng.choice(list(copy)) if isinstance(copy, dict) else rng.randrange(len(copy))
    kind = rng.random()
    if kind < 0.1:
        del copy[key]
    elif kind < 0.2 and isinstance(copy, list):
        copy.insert(key, copy[key])
    elif kind < 0.2:
        copy[f"{key}_"] = replacement
    else:
        copy[key] = replaced(copy[key], replacement, rng)
    return copy


def mutate_object(objects: dict[str, RecordModel], data: st.DataObject) -> None:
    """Either the object is canonical, or a ``ParseError`` says what is wrong; nothing else escapes."""
    value = objects[data.draw(st.sampled_from(sorted(objects)))]
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    changed = replaced(json.loads(dump(value)), data.draw(json_values), rng)
    text = json.dumps(changed, separators=(",", ":"), ensure_ascii=data.draw(st.booleans()))
    raw = text.encode("utf-8", "surrogatepass")
    for canonical in (True, False):
        with suppress(ParseError):
            found = parse(type(value), raw, "x", TOY_GROUP, canonical)
            assert not canonical or dump(found) == raw


@given(st.data())
def test_mutated_objects(objects: dict[str, RecordModel], data: st.DataObject) -> None:
    mutate_object(objects, data)


@pytest.mark.slow
@settings(max_examples=20_000)
@given(st.data())
def test_many_mutated_objects(objects: dict[str, RecordModel], data: st.DataObject) -> None:
    mutate_object(objects, data)


@given(st.data())
def test_mutated_bytes(objects: dict[str, RecordModel], data: st.DataObject) -> None:
    value = objects[data.draw(st.sampled_from(sorted(objects)))]
    raw = bytearray(dump(value))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(ParseError):
        assert dump(parse(type(value), bytes(raw), "x", TOY_GROUP)) == raw


def test_mistakes_are_not_all_listed(ballot: bytes) -> None:
    """An array of wrong values, or as many unknown fields, took hundreds of times its size in memory."""
    for field in (b"contests", b"options", b"challenges"):
        wrong = ballot.replace(b'"%b":[' % field, b'"%b":[' % field + b"1," * 1000)
        with pytest.raises(ValidationError) as caught:
            EncryptedBallot.model_validate_json(wrong, context={"group": TOY_GROUP})
        assert caught.value.error_count() < 10, field
    fields = b",".join(b'"x%d":1' % number for number in range(1000))
    with pytest.raises(ParseError, match="fields are missing, unknown or not of the expected form"):
        parse(EncryptedBallot, b"{" + fields + b"}", "x", TOY_GROUP)
