"""Somebody else's implementation reads what we write and writes what we read: golang.org/x/mod/sumdb of Debian.

``peers/main.go`` is a small program on it, built here once. Where Go or the package is missing the tests are skipped,
in CI they fail; ``make system-packages`` installs both.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2evote.board import checkpoint as checkpoints
from e2evote.board import cosignature, notes
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.lines import to_base64
from e2evote.board.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from e2evote.board.notes import Note, Signature
from e2evote.board.tiles import Tile, TileHashes, parse_path, tile_bytes, tiles
from tests.board.keys import LOG, ORIGIN, WITNESSES, key_of
from tests.board.trees import Tree, entries_of

PACKAGE = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
NOW = 1_800_000_000
W = WITNESSES[0]
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return a function that asks the Go program; the name of the command, then the question."""
    go = shutil.which("go")
    if go is None or not PACKAGE.is_dir():
        missing = "Go with golang.org/x/mod is missing; 'make system-packages' installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("peer")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
    }
    program = folder / "peer"
    source = Path(__file__).parent / "peers" / "main.go"
    subprocess.run([go, "build", "-o", program, source], env=environment, check=True, timeout=300)

    def asked(command: str, **question: Any) -> Any:
        done = subprocess.run(
            [program, command], input=json.dumps(question).encode(), capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return asked


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed(size: int = 12) -> Note:
    return checkpoints.sign(Checkpoint(ORIGIN, size, bytes(range(32))), LOG)


def test_our_notes_and_cosignatures_are_theirs(ask: Ask) -> None:
    other = key_of("ü.example/é")
    plain = notes.sign("a text\n\nwith an empty line\n", LOG)
    both = plain.adding(*notes.sign(plain.text, other).signatures)
    cosigned = signed().adding(*(cosignature.cosign(signed(), key, NOW) for key in WITNESSES))
    bad = both.adding(Signature(other.name, other.verifier.id, bytes(64)))
    wrong = Note(signed(13).text, cosigned.signatures[1:])
    log, stranger = str(LOG.verifier), str(other.verifier)
    witnesses = [str(key.verifier) for key in WITNESSES]

    def question(note: Note, keys: list[str], cosigners: list[str], signatures: int) -> dict[str, Any]:
        return {"note": note.encode().decode(), "keys": keys, "cosigners": cosigners, "signatures": signatures}

    answers = ask(
        "judge",
        notes=[
            question(plain, [log], [], 1),
            question(both, [stranger, log], [], 2),
            question(both, [stranger], [], 1),
            question(cosigned, [log], witnesses, 5),
            question(cosigned, [log], witnesses[:2], 3),
            question(plain, [stranger], [], 1),
            question(Note("other\n", plain.signatures), [log], [], 1),
            question(wrong, [], witnesses[:1], 1),
            question(bad, [stranger, log], [], 2),
        ],
        trees=[str(Checkpoint("go.sum database tree", size, bytes(range(32)))) for size in (0, 1, 10, (1 << 63) - 1)],
    )
    assert answers["notes"][:5] == [""] * 5
    assert answers["notes"][5] == "note has no verifiable signatures"
    assert all("invalid signature" in said for said in answers["notes"][6:8])
    # Of a key's repeated signatures they look at the first only; we verify each, as the specification has it.
    assert answers["notes"][8] == ""
    assert answers["trees"] == [""] * 4


def test_our_proofs_and_tiles_are_theirs(ask: Ask) -> None:
    tree = Tree(entries_of(600))
    sizes = [*range(1, 20), 255, 256, 257, 512, 600]
    roots = {size: root(size, tree.hashes) for size in range(601)}
    inclusion = [
        {
            "old_size": index,
            "old_hash": b64(leaf_hash(tree.entries[index])),
            "size": size,
            "root": b64(roots[size]),
            "proof": [b64(value) for value in inclusion_proof(index, size, tree.hashes)],
        }
        for size in sizes
        for index in {*range(min(size, 20)), size // 2, size - 1}
    ]
    consistency = [
        {
            "old_size": old,
            "old_hash": b64(roots[old]),
            "size": size,
            "root": b64(roots[size]),
            "proof": [b64(value) for value in consistency_proof(old, size, tree.hashes)],
        }
        for size in sizes
        for old in {*range(1, min(size, 20) + 1), max(1, size // 2), size}
    ]
    served = {tile.path: b64(tile_bytes(tile, tree.hashes)) for tile in tiles(600)}
    # A full tile would not do: before its version 0.40, x/mod believes some without proof (CVE-2026-56865).
    lying = {**served, "tile/0/002.p/88": b64(bytes(88 * 32))}
    answers = ask(
        "judge",
        inclusion=[*inclusion, {**inclusion[40], "root": b64(roots[599])}],
        consistency=[*consistency, {**consistency[40], "root": b64(roots[599])}],
        tiles=[{"size": 600, "root": b64(roots[600]), "tiles": each} for each in (served, lying)],
    )
    for kind, count in (("inclusion", len(inclusion)), ("consistency", len(consistency))):
        assert answers[kind] == [""] * count + ["invalid transparency proof"]
    assert answers["tiles"] == ["", "downloaded inconsistent tile"]


def test_their_notes_cosignatures_trees_and_proofs_are_ours(ask: Ask) -> None:
    entries = entries_of(70)
    texts = ["a text\n", str(Checkpoint(ORIGIN, 70, root(70, Tree(entries).hashes)))]
    made = ask(
        "make",
        signing_key=LOG.reveal(),
        cosigning_seed=b64(W.key.private_bytes_raw()),
        cosigner_name=W.name,
        time=NOW,
        texts=texts,
        proofs=True,
        entries=[b64(entry) for entry in entries],
    )
    for text, data in zip(texts, made["notes"], strict=True):
        note = Note.parse(data.encode())
        assert note.text == text
        assert notes.verify(note, [LOG.verifier]) == (LOG.verifier,)
    checkpointed = Note.parse(made["notes"][1].encode())
    assert cosignature.verify(checkpointed, [W.verifier]) == {W.verifier: NOW}
    ours = checkpoints.sign(Checkpoint.parse(texts[1]), LOG)
    assert ours.adding(cosignature.cosign(ours, W, NOW)) == checkpointed  # Ed25519 signs in one way only

    roots = [base64.b64decode(value) for value in made["roots"]]
    tree = Tree(entries)
    # The version that Debian has gives zero bytes for the tree without leaves, against the RFC.
    assert roots[1:] == [root(size, tree.hashes) for size in range(1, 71)]
    for size, text in enumerate(made["trees"]):
        assert Checkpoint.parse(text) == Checkpoint("go.sum database tree", size, roots[size])
    for case in made["inclusion"]:
        index, size, proof = case["old"], case["size"], [base64.b64decode(value) for value in case["proof"]]
        assert proof == inclusion_proof(index, size, tree.hashes)
        verify_inclusion(leaf_hash(entries[index]), index, size, proof, roots[size])
    for case in made["consistency"]:
        old, size, proof = case["old"], case["size"], [base64.b64decode(value) for value in case["proof"]]
        assert proof == consistency_proof(old, size, tree.hashes)
        verify_consistency(old, roots[old], size, roots[size], proof)


def test_their_tiles_are_ours(ask: Ask) -> None:
    entries = entries_of(300)
    made = ask(
        "make",
        signing_key=LOG.reveal(),
        cosigning_seed=b64(bytes(32)),
        cosigner_name="w",
        texts=[],
        entries=[b64(entry) for entry in entries],
    )
    tree = Tree(entries)
    # The version that Debian has lists the partial tiles of every size on the way, too.
    theirs = {parse_path(path) for path in made["tiles"]}
    widest: dict[tuple[int, int], Tile] = {}
    for tile in sorted(theirs, key=lambda tile: tile.width):
        widest[tile.level, tile.index] = tile
    assert set(tiles(300)) == set(widest.values())
    hashes = TileHashes(300, root(300, tree.hashes), lambda tile: base64.b64decode(made["tiles"][tile.path]))
    assert [hashes(0, index) for index in range(300)] == [leaf_hash(entry) for entry in entries]
    assert to_base64(root(300, hashes)) == made["roots"][300]
