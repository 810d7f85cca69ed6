"""Merkle trees: published values, the RFC as oracle, and proofs with one thing changed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board.merkle import (
    EMPTY_ROOT,
    SIZE_LIMIT,
    Frontier,
    completed,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from e2evote.errors import CheckError, VerificationError
from tests.board.trees import Tree, entries_of, mth, path, subproof, virtual

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "merkle-rfc6962.json").read_text())
ENTRIES = [bytes.fromhex(entry) for entry in VECTORS["entries"]]
LARGEST = 40
TREE = Tree(entries_of(LARGEST))
ROOTS = [root(size, TREE.hashes) for size in range(LARGEST + 1)]


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def test_published_roots() -> None:
    tree = Tree(ENTRIES)
    assert [root(size, tree.hashes).hex() for size in range(9)] == VECTORS["roots"]
    assert [leaf_hash(entry).hex() for entry in ENTRIES] == VECTORS["leaf_hashes"]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: f"{case['index']} of {case['size']}")
def test_published_inclusion_proofs(case: dict) -> None:
    index, size, proof = case["index"], case["size"], unhex(case["proof"])
    assert inclusion_proof(index, size, Tree(ENTRIES).hashes) == proof
    verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, bytes.fromhex(VECTORS["roots"][size]))


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: f"{case['old']} to {case['new']}")
def test_published_consistency_proofs(case: dict) -> None:
    old, new, proof = case["old"], case["new"], unhex(case["proof"])
    assert consistency_proof(old, new, Tree(ENTRIES).hashes) == proof
    verify_consistency(old, *(unhex(VECTORS["roots"])[old], new, unhex(VECTORS["roots"])[new]), proof)


def test_as_the_rfc_defines_it() -> None:
    for new in range(LARGEST + 1):
        part = TREE.entries[:new]
        assert ROOTS[new] == mth(part)
        for old in range(new):
            assert inclusion_proof(old, new, TREE.hashes) == path(old, part)
            assert consistency_proof(old, new, TREE.hashes) == (subproof(old, part, True) if old else [])


def test_all_proofs_verify() -> None:
    for new in range(LARGEST + 1):
        for old in range(new):
            proof = inclusion_proof(old, new, TREE.hashes)
            verify_inclusion(leaf_hash(TREE.entries[old]), old, new, proof, ROOTS[new])
        for old in range(new + 1):
            verify_consistency(old, ROOTS[old], new, ROOTS[new], consistency_proof(old, new, TREE.hashes))


def test_what_is_stored_grows_and_never_changes() -> None:
    for size in range(LARGEST):
        new = completed(size, leaf_hash(TREE.entries[size]), TREE.hashes)
        assert [(subtree.level, subtree.index) for subtree in new] == [
            (level, size >> level) for level in range(((size + 1) & -(size + 1)).bit_length())
        ]
        assert all(TREE.stored[subtree.level, subtree.index] == subtree.hash for subtree in new)


@pytest.mark.parametrize("start", range(18))
def test_a_frontier_continues_any_tree(start: int) -> None:
    frontier = Frontier(start, TREE.hashes)
    for size in range(start, LARGEST):
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])
        leaf = leaf_hash(TREE.entries[size])
        assert frontier.append(leaf) == completed(size, leaf, TREE.hashes)
        assert len(frontier._peaks) == (size + 1).bit_count()
    assert frontier.root() == ROOTS[LARGEST]
    assert Frontier().root() == EMPTY_ROOT


def test_few_hashes_are_read() -> None:
    tree = Tree(entries_of(1000))
    for old in (1, 2, 255, 256, 511, 513, 998):
        for read in (
            lambda old=old: root(old, tree.hashes),
            lambda old=old: inclusion_proof(old, 1000, tree.hashes),
            lambda old=old: consistency_proof(old, 1000, tree.hashes),
            lambda old=old: completed(old, bytes(32), tree.hashes),
        ):
            tree.reads = 0
            read()
            assert tree.reads <= 2 * 10


@pytest.mark.parametrize("size", [SIZE_LIMIT - 1, SIZE_LIMIT // 2, SIZE_LIMIT // 2 + 1])
def test_the_largest_trees(size: int) -> None:
    hashes = virtual()
    for index in (0, size // 3, size - 1):
        verify_inclusion(hashes(0, 0), index, size, inclusion_proof(index, size, hashes), root(size, hashes))
    for old in (1, size // 3, size - 1, size):
        proof = consistency_proof(old, size, hashes)
        assert len(proof) <= 64
        verify_consistency(old, root(old, hashes), size, root(size, hashes), proof)


# ------------------------------------------------------------------------------------------------------- changed


pairs = st.integers(1, LARGEST).flatmap(lambda new: st.tuples(st.integers(0, new - 1), st.just(new)))
changes = st.sampled_from(["byte", "short", "long", "drop", "double", "insert", "append", "swap"])


def changed(proof: list[bytes], change: str, at: int) -> list[bytes]:
    """Return another proof; where there is nothing to change, one with a hash more."""
    proof = list(proof)
    if not proof or change == "append":
        return [*proof, bytes(32)]
    at %= len(proof)
    if change == "byte":
        proof[at] = bytes((proof[at][0] ^ 1,)) + proof[at][1:]
    elif change == "short":
        proof[at] = proof[at][:-1]
    elif change == "long":
        proof[at] += b"\0"
    elif change == "drop":
        del proof[at]
    elif change == "double":
        proof.insert(at, proof[at])
    elif change == "insert":
        proof.insert(at, bytes(32))
    elif at + 1 < len(proof):
        proof[at], proof[at + 1] = proof[at + 1], proof[at]
    else:
        proof.append(proof[at])
    return proof


@given(pairs, changes, st.integers(0, 10))
def test_a_changed_inclusion_proof_is_refused(pair: tuple[int, int], change: str, at: int) -> None:
    index, size = pair
    leaf, proof = leaf_hash(TREE.entries[index]), inclusion_proof(index, size, TREE.hashes)
    with pytest.raises(VerificationError, match="inclusion proof"):
        verify_inclusion(leaf, index, size, changed(proof, change, at), ROOTS[size])


@given(pairs, changes, st.integers(0, 10))
def test_a_changed_consistency_proof_is_refused(pair: tuple[int, int], change: str, at: int) -> None:
    old, new = pair
    proof = consistency_proof(old, new, TREE.hashes)
    with pytest.raises(VerificationError, match="consistency proof"):
        verify_consistency(old, ROOTS[old], new, ROOTS[new], changed(proof, change, at))


def test_an_inclusion_proof_is_of_one_leaf_at_one_place_in_one_tree() -> None:
    for size in range(1, 20):
        for index in range(size):
            leaf, proof = leaf_hash(TREE.entries[index]), inclusion_proof(index, size, TREE.hashes)
            others = [(leaf, other, size, ROOTS[size]) for other in range(-1, size + 2) if other != index]
            others += [(leaf, index, size, ROOTS[size - 1]), (bytes(32), index, size, ROOTS[size])]
            others += [(leaf[:-1], index, size, ROOTS[size]), (leaf, index, size, ROOTS[size][:-1])]
            for wrong in others:
                with pytest.raises(VerificationError):
                    verify_inclusion(wrong[0], wrong[1], wrong[2], proof, wrong[3])
            # The size as such is not hashed: where the path has the same shape, only the root tells trees apart.
            for other in (*range(size), *range(size + 1, 40)):
                with pytest.raises(VerificationError):
                    verify_inclusion(leaf, index, other, proof, ROOTS[other])


def test_a_consistency_proof_is_of_two_trees() -> None:
    for new in range(1, 20):
        for old in range(1, new):
            proof = consistency_proof(old, new, TREE.hashes)
            for wrong_old, wrong_new in ((old - 1, new), (old + 1, new), (old, new + 1), (new, old), (-1, new)):
                if wrong_old == wrong_new or (wrong_old, wrong_new) == (old, new):
                    continue
                with pytest.raises(VerificationError):
                    verify_consistency(wrong_old, ROOTS[wrong_old], wrong_new, ROOTS[wrong_new], proof)
            with pytest.raises(VerificationError, match="root"):
                verify_consistency(old, bytes(32), new, ROOTS[new], proof)
            with pytest.raises(VerificationError, match="new root"):
                verify_consistency(old, ROOTS[old], new, bytes(32), proof)


def test_where_there_is_nothing_to_prove_the_roots_decide() -> None:
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    verify_consistency(0, EMPTY_ROOT, 5, ROOTS[5], [])
    verify_consistency(5, ROOTS[5], 5, ROOTS[5], [])
    for old, old_root, new, new_root, proof in (
        (0, ROOTS[1], 5, ROOTS[5], []),
        (0, EMPTY_ROOT, 0, ROOTS[1], []),
        (0, EMPTY_ROOT, 5, ROOTS[5], [bytes(32)]),
        (5, ROOTS[5], 5, ROOTS[4], []),
        (5, ROOTS[5], 5, ROOTS[5], [bytes(32)]),
        (5, ROOTS[5], SIZE_LIMIT, ROOTS[6], []),
    ):
        with pytest.raises(VerificationError):
            verify_consistency(old, old_root, new, new_root, proof)


def test_a_leaf_is_no_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
    with pytest.raises(VerificationError):
        verify_inclusion(leaf_hash(left + right), 0, 1, [], node_hash(left, right))


@pytest.mark.parametrize(
    "call",
    [
        lambda: root(-1, TREE.hashes),
        lambda: root(SIZE_LIMIT, TREE.hashes),
        lambda: inclusion_proof(3, 3, TREE.hashes),
        lambda: inclusion_proof(-1, 3, TREE.hashes),
        lambda: inclusion_proof(0, SIZE_LIMIT, TREE.hashes),
        lambda: consistency_proof(4, 3, TREE.hashes),
        lambda: consistency_proof(-1, 3, TREE.hashes),
        lambda: completed(SIZE_LIMIT - 1, bytes(32), TREE.hashes),
        lambda: completed(-2, bytes(32), TREE.hashes),
        lambda: completed(0, bytes(31), TREE.hashes),
        lambda: Frontier(-1),
        lambda: Frontier(3),
        lambda: Frontier().append(bytes(33)),
    ],
)
def test_what_is_out_of_range_is_refused(call) -> None:
    with pytest.raises(CheckError):
        call()
