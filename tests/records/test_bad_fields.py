"""Single fields of another form, and broken rules of the manifest."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2evote.record import layout
from tests import oracle
from tests.builders import TOY, BuiltRecord
from tests.records.conftest import BALLOTS, GUARDIAN, at, failed, refused, rewrite, rewrite_json

HEX_PLACES: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    (layout.INDEX, ("files", 0, "sha256")),
    (layout.HASHES, ("h_p",)),
    (layout.HASHES, ("h_b",)),
    (GUARDIAN, ("vote_commitments", 1)),
    (GUARDIAN, ("communication_key",)),
    (GUARDIAN, ("vote_proof", "challenge")),
    (GUARDIAN, ("data_proof", "responses", 2)),
    (layout.JOINT_KEYS, ("vote_encryption_key",)),
    (layout.EXTENDED_HASHES, ("h_e",)),
    (layout.opening_path(1), ("h_di",)),
    (layout.opening_path(1), ("h_0",)),
    (layout.closing_path(1), ("chaining_field",)),
    (layout.closing_path(1), ("closing_hash",)),
    (BALLOTS, ("id_b",)),
    (BALLOTS, ("h_i",)),
    (BALLOTS, ("contests", 0, "options", 1, "ciphertext", "alpha")),
    (BALLOTS, ("contests", 0, "options", 1, "ciphertext", "beta")),
    (BALLOTS, ("contests", 0, "options", 1, "proof", "challenges", 1)),
    (BALLOTS, ("contests", 0, "proof", "responses", 0)),
    (BALLOTS, ("contests", 0, "contest_data", "c_0")),
    (BALLOTS, ("contests", 0, "contest_data", "c_2", "response")),
    (BALLOTS, ("contests", 0, "contest_hash")),
    (BALLOTS, ("ballot_nonce", "c_0")),
    (BALLOTS, ("ballot_nonce", "c_2", "challenge")),
    (BALLOTS, ("chaining_field",)),
    (BALLOTS, ("confirmation_code",)),
    (layout.statuses_path(1), ("confirmation_code",)),
    (layout.ENCRYPTED_TALLIES, ("contests", 0, "options", 0, "alpha")),
    (layout.TALLIES, ("contests", 0, "options", 0, "encoded_tally")),
    (layout.TALLIES, ("contests", 0, "options", 0, "proof", "response")),
    (layout.CHALLENGED_BALLOTS, ("confirmation_code",)),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "options", 0, "nonce")),
    (layout.CONTEST_DATA, ("factor",)),
    (layout.CONTEST_DATA, ("proof", "challenge")),
)
HEX_DAMAGES: dict[str, Callable[[str], object]] = {
    "in lower case": lambda text: re.sub("[A-F]", lambda m: m[0].lower(), text, count=1),
    "two digits short": lambda text: text[2:],
    "one digit short": lambda text: text[1:],
    "two digits long": lambda text: "00" + text,
    "empty": lambda text: "",
    "with a letter that is no digit": lambda text: "G" + text[1:],
    "with a full-width digit": lambda text: "１" + text[1:],
    "with an Arabic digit": lambda text: "٣" + text[1:],
    "with 0x": lambda text: "0x" + text[2:],
    "with a sign": lambda text: "-" + text[1:],
    "with a blank": lambda text: " " + text[1:],
    "with a line end": lambda text: text[:-1] + "\n",
    "a number": lambda text: 7,
    "a list": lambda text: [text],
    "true": lambda text: True,
}


@pytest.mark.parametrize(
    ("name", "place"), HEX_PLACES, ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else x
)
def test_hex_has_one_spelling(name: str, place: tuple[str | int, ...], copy: Path, small: BuiltRecord) -> None:
    for number, damage in enumerate(HEX_DAMAGES.values()):
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, at(*place, value=damage))
        # The oracle is asked about another damage at each place.
        error = refused(copy, ask_oracle=number == HEX_PLACES.index((name, place)) % len(HEX_DAMAGES))
        assert error.where in (name, f"{name}:1")
        assert error.field == ".".join(map(str, place))


NUMBERS: tuple[tuple[str, tuple[str | int, ...], int], ...] = (
    # file, place, least value
    (layout.INDEX, ("files", 0, "size"), 0),
    (layout.PARAMETERS, ("n",), 0),
    (layout.PARAMETERS, ("k",), 0),
    (layout.MANIFEST, ("maximum_weight",), 1),
    (layout.MANIFEST, ("ballot_styles", 0, "contests", 0), 1),
    (layout.MANIFEST, ("contests", 0, "selection_limit"), 1),
    (layout.MANIFEST, ("contests", 0, "contest_data_blocks"), 1),
    (GUARDIAN, ("i",), 1),
    (layout.opening_path(1), ("device",), 1),
    (layout.closing_path(1), ("ballots",), 0),
    (BALLOTS, ("device",), 1),
    (BALLOTS, ("position",), 1),
    (BALLOTS, ("ballot_style",), 1),
    (BALLOTS, ("weight",), 0),
    (BALLOTS, ("contests", 0, "index"), 1),
    (layout.ENCRYPTED_TALLIES, ("cell",), 1),
    (layout.ENCRYPTED_TALLIES, ("ballots",), 0),
    (layout.TALLIES, ("cell",), 1),
    (layout.TALLIES, ("contests", 0, "options", 0, "index"), 1),
    (layout.TALLIES, ("contests", 0, "options", 0, "tally"), 0),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "options", 0, "selection"), 0),
    (layout.CONTEST_DATA, ("index",), 1),
)


@pytest.mark.parametrize(
    ("name", "place", "least"), NUMBERS, ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else str(x)
)
def test_numbers_have_one_spelling(
    name: str, place: tuple[str | int, ...], least: int, copy: Path, small: BuiltRecord
) -> None:
    wrong = [b"-1", b"1.0", b"1e0", b"01", b"+1", b'"1"', b"true", b"[1]", b"9" * 20, b"9" * 5000, b"-0"]
    for spelling in [*wrong, str(least - 1).encode()]:
        (copy / name).write_bytes((small.path / name).read_bytes())
        rewrite_json(copy, name, at(*place, value="PLACEHOLDER"))
        rewrite(copy, name, lambda data, spelling=spelling: data.replace(b'"PLACEHOLDER"', spelling))
        assert refused(copy, ask_oracle=spelling == wrong[least]).where in (name, f"{name}:1"), spelling


@pytest.mark.parametrize(
    "time",
    [
        "2026-12-01 09:30:00Z",
        "2026-12-01T09:30:00",
        "2026-12-01T09:30Z",
        "2026-12-01T09:30:00+00:00",
        "2026-12-01T09:30:00.5Z",
        "2026-12-01t09:30:00z",
        "2026-13-01T09:30:00Z",
        "2026-02-29T09:30:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T09:60:00Z",
        "2026-12-01T09:30:60Z",
        "0000-12-01T09:30:00Z",
        "٢٠٢٦-12-01T09:30:00Z",
        "2026-12-01T09:30:00Z\n",
        "",
    ],
)
def test_times_that_are_none(time: str, copy: Path) -> None:
    rewrite_json(copy, BALLOTS, at("encrypted_at", value=time))
    error = refused(copy)
    assert (error.where, error.field) == (f"{BALLOTS}:1", "encrypted_at")


OTHER_FIELDS: tuple[tuple[str, tuple[str | int, ...], object], ...] = (
    (GUARDIAN, ("name",), ""),
    (GUARDIAN, ("name",), "x" * 201),
    (GUARDIAN, ("vote_commitments",), []),
    (layout.opening_path(1), ("chaining_mode",), 2),
    (layout.opening_path(1), ("device_info",), 1),
    (layout.statuses_path(1), ("status",), "counted"),
    (layout.statuses_path(1), ("status",), "Cast"),
    (BALLOTS, ("contests",), []),
    (BALLOTS, ("contests", 0, "options"), []),
    (BALLOTS, ("contests", 0, "options", 0, "ciphertext"), "AB"),
    (BALLOTS, ("contests", 0, "proof", "challenges"), "AB"),
    (BALLOTS, ("ballot_nonce", "c_1"), "ABC"),
    (layout.ENCRYPTED_TALLIES, ("contests",), []),
    (layout.ENCRYPTED_TALLIES, ("label",), 1),
    (layout.TALLIES, ("contests", 0, "options"), []),
    (layout.CHALLENGED_BALLOTS, ("contests",), []),
    (layout.CHALLENGED_BALLOTS, ("contests", 0, "contest_data", "data"), "ab"),
    (layout.MANIFEST, ("contests",), []),
    (layout.MANIFEST, ("contests", 0, "options"), []),
    (layout.MANIFEST, ("contests", 0, "label"), 1),
    (layout.MANIFEST, ("contests", 0, "selection_limit"), "NONE"),
    (layout.MANIFEST, ("contests", 0, "options", 0, "write_in"), 1),
    (layout.MANIFEST, ("name",), {}),
    (layout.MANIFEST, ("name",), "text"),
    (layout.MANIFEST, ("chaining_modes",), [2]),
    (layout.MANIFEST, ("chaining_modes",), [True]),
    (layout.MANIFEST, ("cast_contest_data_may_be_decrypted",), 1),
    (layout.MANIFEST, ("ballot_styles",), []),
    (layout.MANIFEST, ("tally_cells",), []),
)


@pytest.mark.parametrize(("name", "place", "value"), OTHER_FIELDS)
def test_fields_of_another_form(name: str, place: tuple[str | int, ...], value: object, copy: Path) -> None:
    rewrite_json(copy, name, at(*place, value=value))
    error = refused(copy)
    assert error.where in (name, f"{name}:1")
    assert error.field.startswith(".".join(map(str, place)))


BROKEN_RULES: tuple[tuple[tuple[str | int, ...], object], ...] = (
    (("label",), ""),
    (("label",), " x"),
    (("label",), "x "),
    (("label",), "a  b"),
    (("label",), "a \u3000b"),
    (("label",), "a\tb"),
    (("label",), "a\nb"),
    (("label",), "a\u2028b"),
    (("label",), "a\u00a0b"),
    (("label",), "a\u202fb"),
    (("label",), "\ufeffa"),
    (("label",), "a\x7fb"),
    (("label",), "a\u200bb"),
    (("label",), "a\u202eb"),
    (("contests", 0, "options", 0, "label"), "board-2"),
    (("contests", 1, "label"), "board"),
    (("contests", 2, "options", 1, "label"), "yes"),
    (("contests", 1, "selection_limit"), 2000),
    (("contests", 2, "options", 0, "write_in"), True),
    (("ballot_styles", 0, "contests"), [3, 1]),
    (("ballot_styles", 0, "contests"), [1, 1]),
    (("ballot_styles", 0, "contests"), [1, 4]),
    (("ballot_styles", 0, "contests"), [3]),
    (("ballot_styles", 1, "label"), "member"),
    (("tally_cells", 0, "ballot_styles"), [1, 2]),
    (("tally_cells", 0, "ballot_styles"), [3]),
    (("tally_cells", 1, "label"), "members"),
    (("tally_cells",), [{"label": "all", "ballot_styles": [2, 1]}]),
    (("tally_cells",), [{"label": "all", "ballot_styles": [1]}]),
    (("chaining_modes",), []),
    (("chaining_modes",), [1, 0]),
    (("chaining_modes",), [1, 1]),
    (("date",), "2026-02-30"),
    (("date",), "20261201"),
    (("date",), "2026-W49-2"),
    (("date",), "٢٠٢٦-12-01"),
)


@pytest.mark.parametrize(("place", "value"), BROKEN_RULES)
def test_broken_rules_of_the_manifest_are_findings(place: tuple[str | int, ...], value: object, copy: Path) -> None:
    def change(top: Any) -> None:
        if place[:2] == ("contests", 1) and value == 2000:
            top["contests"][1]["options"][0]["selection_limit"] = 1500
        at(*place, value=value)(top)

    rewrite_json(copy, layout.MANIFEST, change)
    assert {"X.manifest", "1.F"} <= failed(copy)
    assert "X.manifest" in oracle.verify(copy, {TOY}).failed


def test_labels_that_differ_in_their_normal_form_only(copy: Path) -> None:
    def change(top: Any) -> None:
        for option, label in zip(top["contests"][2]["options"], ("e\u0301", "\u00e9"), strict=True):
            option["label"] = label

    rewrite_json(copy, layout.MANIFEST, change)
    assert "X.manifest" in failed(copy) & oracle.verify(copy, {TOY}).failed


def test_no_limit_with_contest_limit(copy: Path) -> None:
    def change(top: Any) -> None:
        top["contests"][2] |= {"selection_limit": "NO_LIMIT"}
        top["contests"][2]["options"][0] |= {"selection_limit": "CONTEST_LIMIT"}

    rewrite_json(copy, layout.MANIFEST, change)
    assert "X.manifest" in failed(copy) & oracle.verify(copy, {TOY}).failed
