"""Other people's modules are the bytes that were looked at, with licences, and are named among the dependencies."""

import hashlib
import re
from pathlib import Path

from tests.web.booth.test_types import STATIC

VENDOR = STATIC / "booth" / "vendor"
DEPENDENCIES = Path(__file__).parents[3] / "docs" / "dependencies.md"
NAMES = {"noble-ed25519": "@noble/ed25519", "qr": "qr"}


def test_vendored_files_are_unmodified() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    stated = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]
    found = {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert found == stated


def test_every_package_has_its_licence_and_its_line() -> None:
    text = DEPENDENCIES.read_text(encoding="utf-8")
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert {path.name for path in folders} == set(NAMES)
    for folder in folders:
        assert (folder / "LICENSE").is_file()
        assert re.search(rf"^\| {NAMES[folder.name]} [0-9.]+ \|", text, re.MULTILINE)
