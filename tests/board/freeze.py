"""Write vectors/board-log.json: what the log's formats look like, for programs in other languages and later versions.

    python -m tests.board.freeze            compare the stored file with what the library does now
    python -m tests.board.freeze --write    write it anew

Made by this project from fixed inputs: it pins behaviour and proves nothing about its being right.
"""

import argparse
import json
import sys
from hashlib import sha256
from typing import Any

from e2evote.board import checkpoint as checkpoints
from e2evote.board.checkpoint import Checkpoint
from e2evote.board.cosignature import cosign
from e2evote.board.lines import to_base64
from e2evote.board.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from e2evote.board.notes import Note, Signature
from e2evote.board.policy import Log, Policy, Witness, at_least
from e2evote.board.proof import Proof
from e2evote.board.tiles import bundle_bytes, bundles, tile_bytes, tiles
from e2evote.board.witness import Request
from tests.board.keys import LOG, ORIGIN, VECTORS, WITNESSES, key_of
from tests.board.trees import Tree, entries_of

FILE = VECTORS / "board-log.json"
NOW = 1_800_000_000
SIZE = 300
"""One full tile and partial ones on two levels."""
TREE = Tree(entries_of(SIZE))
QUORUM = 2


def signed(size: int) -> Note:
    """The log's checkpoint."""
    return checkpoints.sign(Checkpoint(ORIGIN, size, root(size, TREE.hashes)), LOG)


def policy() -> Policy:
    """Two of the first three witnesses."""
    return at_least(QUORUM, [Witness(key.name, key.verifier) for key in WITNESSES[:3]], [Log(LOG.verifier)])


def proof_of(index: int, note: Note, size: int = SIZE) -> Proof:
    return Proof(index, tuple(inclusion_proof(index, size, TREE.hashes)), note)


def refused(cosigned: Note) -> list[dict[str, Any]]:
    """Proofs of entry 7 with one thing wrong; ``by`` is what refuses them."""
    good = proof_of(7, cosigned)
    text = good.encode().decode()
    bare = signed(SIZE)
    lines = text.split("\n")
    w1 = WITNESSES[0]
    changed = Note(cosigned.text.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n"), cosigned.signatures)
    cases = {
        "another index": ("verification", Proof(8, good.hashes, cosigned)),
        "a hash too few": ("verification", Proof(7, good.hashes[:-1], cosigned)),
        "a hash too many": ("verification", Proof(7, (*good.hashes, bytes(32)), cosigned)),
        "two hashes exchanged": ("verification", Proof(7, (*good.hashes[1::-1], *good.hashes[2:]), cosigned)),
        "another size": ("verification", Proof(7, good.hashes, changed)),
        "no log's signature": ("verification", Proof(7, good.hashes, Note(cosigned.text, cosigned.signatures[1:]))),
        "one witness too few": ("verification", Proof(7, good.hashes, bare.adding(cosign(bare, w1, NOW)))),
        "one witness twice": (
            "verification",
            Proof(7, good.hashes, bare.adding(cosign(bare, w1, NOW), cosign(bare, w1, NOW + 1))),
        ),
        "a known witness's bad cosignature": (
            "verification",
            Proof(
                7, good.hashes, cosigned.adding(Signature(w1.name, w1.verifier.id, NOW.to_bytes(8, "big") + bytes(64)))
            ),
        ),
        "a cosignature of another checkpoint": (
            "verification",
            Proof(7, good.hashes, bare.adding(cosign(signed(12), w1, NOW), cosign(bare, WITNESSES[1], NOW))),
        ),
        "another header": ("form", text.replace("@v1", "@v2")),
        "a leading zero": ("form", text.replace("index 7", "index 07")),
        "base64 with idle bits": ("form", text.replace(lines[2], lines[2][:-2] + successor(lines[2][-2]) + "=")),
        "an extension line": ("form", text.replace(f"\n{SIZE}\n{lines[-7]}", f"\n{SIZE}\n{lines[-7]}\nmore")),
        "no newline at the end": ("form", text[:-1]),
        "carriage returns": ("form", text.replace("\n", "\r\n")),
    }
    return [
        {"what": what, "by": by, "proof": case if isinstance(case, str) else case.encode().decode()}
        for what, (by, case) in cases.items()
    ]


def successor(character: str) -> str:
    """The next character of base64's alphabet: of 32 bytes the last one ends with two bits that say nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet[alphabet.index(character) + 1]


def vectors() -> dict[str, Any]:
    """Make all vectors."""
    note = signed(SIZE)
    stranger = key_of("stranger.example")
    cosigned = note.adding(
        cosign(note, WITNESSES[0], NOW),
        cosign(note, WITNESSES[2], NOW + 1),
        Signature(stranger.name, stranger.verifier.id, bytes(64)),
    )
    request = Request(250, tuple(consistency_proof(250, SIZE, TREE.hashes)), note)
    return {
        "title": "The board's log: notes, checkpoints, cosignatures, policies, proofs, tiles",
        "made_by": "this project: pins behaviour, proves nothing",
        "conventions": {
            "entries": "entry i is the ASCII text 'entry i', from 0",
            "proofs": "proofs that the policy accepts, with the cosigned checkpoint",
            "refused": "proofs of entry 7; 'form' does not parse, 'verification' parses and does not verify",
            "tiles, bundles": "by path, in hex; of tiles and bundles with more than 60 hashes or entries the SHA-256",
        },
        "keys": {
            key.name: {"signing": key.reveal(), "verifier": str(key.verifier)} for key in (LOG, *WITNESSES, stranger)
        },
        "size": SIZE,
        "leaf_hashes": {str(index): leaf_hash(TREE.entries[index]).hex() for index in (0, 7, 255, 256, 299)},
        "checkpoints": {str(size): signed(size).encode().decode() for size in (0, 1, 12, 256, SIZE)},
        "cosigned": cosigned.encode().decode(),
        "times": {WITNESSES[0].name: NOW, WITNESSES[2].name: NOW + 1},
        "policy": policy().encode().decode(),
        "proofs": {
            str(index): proof_of(index, cosigned).encode().decode() for index in (0, 7, 255, 256, 288, 298, 299)
        },
        "refused": refused(cosigned),
        "consistency": [
            {"old": old, "new": new, "proof": [to_base64(value) for value in consistency_proof(old, new, TREE.hashes)]}
            for old, new in ((1, 2), (1, 12), (6, 12), (8, 12), (12, 256), (12, SIZE), (255, SIZE), (256, SIZE))
        ],
        "tiles": {tile.path: shown(tile_bytes(tile, TREE.hashes), tile.width) for tile in tiles(SIZE)},
        "bundles": {
            bundle.path: shown(
                bundle_bytes(TREE.entries[256 * bundle.index : 256 * bundle.index + bundle.width]), bundle.width
            )
            for bundle in bundles(SIZE)
        },
        "add_checkpoint": {
            "request": request.encode().decode(),
            "answer": f"{cosign(note, WITNESSES[0], NOW)}\n",
        },
    }


def shown(data: bytes, count: int) -> dict[str, str]:
    return {"hex": data.hex()} if count <= 60 else {"sha256": sha256(data).hexdigest()}


def encoded() -> str:
    """Return the file's text."""
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Compare or write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        FILE.write_text(encoded())
    elif FILE.read_text() != encoded():
        sys.exit(f"{FILE} is not what the library makes; '--write' writes it anew")


if __name__ == "__main__":
    main()
