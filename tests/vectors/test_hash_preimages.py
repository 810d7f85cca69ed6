"""The frozen pre-images: the stated message gives the stated hash, and the library still hashes that message."""

import hmac
import json
from typing import Any

import pytest

from e2evote.group.parameters import group_named
from e2evote.hashing import Tag
from tests.builders import TOY
from tests.vectors import freeze

FROZEN = json.loads(freeze.FILE.read_bytes())
raw = bytes.fromhex


@pytest.mark.parametrize("vector", FROZEN["vectors"], ids=lambda vector: vector["name"])
def test_pre_image_gives_the_hash(vector: dict[str, Any]) -> None:
    assert hmac.digest(raw(vector["key"]), raw(vector["message"]), "sha256") == raw(vector["result"])


@pytest.mark.parametrize("name", freeze.CASES)
def test_library_hashes_the_pre_image(name: str) -> None:
    stored = [v for v in FROZEN["vectors"] if v["name"] == name or v["name"].startswith(f"{name} (")]
    calls = freeze.hashes_of(group_named(TOY), name)
    assert [(raw(v["key"]), raw(v["message"]), raw(v["result"])) for v in stored] == calls


@pytest.mark.parametrize("name", freeze.CASES)
def test_length_with_the_standard_parameters(name: str) -> None:
    """Spec: EG-2.1 §5.5.1–5.5.5"""
    sizes = FROZEN["message_length_with_standard_parameters"]
    stored = [size for key, size in sizes.items() if key == name or key.startswith(f"{name} (")]
    assert [len(call.message) for call in freeze.hashes_of(group_named(freeze.STANDARD_NAME), name)] == stored


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("H_P", 1065),
        ("guardian proof", 12 + 6 * 512),
        ("share key (1 of 3)", 1545),
        ("share proof", 1097),
        ("H_E", 1025),
        ("H_I", 33),
        ("selection nonce", 41),
        ("ballot nonce key (1 of 2)", 1025),
        ("ballot nonce proof", 1057),
        ("option proof", 3081),
        ("option proof, R = 3", 9 + 10 * 512),
        ("limit proof", 5 + 8 * 512),
        ("contest data nonce", 37),
        ("contest data key (1 of 4)", 1029),
        ("contest data proof", 1029 + 96),
        ("χ", 5 + 4 * 512),
        ("χ with contest data", 69 + 5 * 512 + 64),
        ("H_C", 37 + 64),
        ("H_0", 37),
        ("H̄ (1 of 2)", 69),
        ("ψ", 1 + 4 * 512),
        ("χ, pre-encrypted", 5 + 64),
        ("H_C, pre-encrypted", 37 + 64),
        ("H_0, pre-encrypted", 37),
        ("H̄, pre-encrypted (1 of 2)", 69),
        ("pre-encryption nonce", 45),
        ("tally commitment", 2577 + 8),
        ("tally proof", 2569),
        ("contest data commitment", 2125 + 64 + 8),
        ("contest data decryption", 2117 + 64),
    ],
)
def test_lengths_are_those_of_the_specification(name: str, length: int) -> None:
    """Spec: EG-2.1 §5.5.1–5.5.5"""
    assert FROZEN["message_length_with_standard_parameters"][name] == length


def test_every_domain_tag_is_frozen() -> None:
    first = {raw(vector["message"])[0] for vector in FROZEN["vectors"]}
    assert set(Tag) <= first


def test_the_file_is_what_freeze_writes() -> None:
    assert freeze.main([]) == 0
