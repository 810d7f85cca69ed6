"""Merkle roots over the canonical bytes of items (as in RFC 9162) and the table of contents made from them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from e2evote.interop.egrf.reading import Items, canonical
from e2evote.interop.egrf.schema import RecordItem


def root(items: Sequence[Any]) -> bytes:
    """Return the root over items; an empty list has the hash of nothing."""
    if not items:
        return hashlib.sha256(b"").digest()
    level = [hashlib.sha256(b"\0" + canonical(item)).digest() for item in items]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + x + y).digest() for x, y in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def contents(items: Items) -> list[Any]:
    """Return the table of contents, recomputed."""
    entries = []
    for (kind, key), found in sorted(items.sections.items()):
        if kind < 65534:
            entry = {"section_type": kind, "key": key, "critical": True, "item_count": len(found), "root": root(found)}
            entries.append(RecordItem(toc_entry=entry))
    return entries


def phase_root(entries: Sequence[Any], phase: int) -> bytes:
    """Return the root at a phase: 1 setup, 2 sealed, 3 aggregated, 4 final."""
    return root([entry for entry in entries if min(entry.toc_entry.section_type >> 8, 3) < phase])


def codes_root(codes: Sequence[bytes]) -> bytes:
    """Return the root over confirmation codes."""
    return root([RecordItem(confirmation_code_leaf={"code": code}) for code in codes])
