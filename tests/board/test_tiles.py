"""Tiles and bundles: the specification's numbers, paths, and mirrors that lie."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2evote.board.merkle import (
    SIZE_LIMIT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from e2evote.board.tiles import (
    Bundle,
    Tile,
    TileHashes,
    bundle_bytes,
    bundles,
    parse_bundle,
    parse_path,
    parse_tile,
    tile_bytes,
    tiles,
    verify_bundle,
)
from e2evote.errors import CheckError, ParseError, VerificationError
from tests.board.keys import examples
from tests.board.trees import Tree, entries_of

EXAMPLES = examples()["tiles"]
SIZE = 70_000
"""The specification's example; its tree has three levels of tiles."""


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree([b"%d" % number for number in range(SIZE)])


@pytest.fixture(scope="module")
def served(tree: Tree) -> dict[Tile, bytes]:
    """Everything that the log publishes of its tree."""
    return {tile: tile_bytes(tile, tree.hashes) for tile in tiles(SIZE)}


def test_the_specifications_path() -> None:
    for example in EXAMPLES["paths"]:
        tile = Tile(example["level"], example["index"], example["width"])
        assert (tile.path, parse_path(example["path"])) == (example["path"], tile)
    assert Tile(0, 1234, 112).path == "tile/0/x001/234.p/112"
    assert Bundle(1234, 112).path == "tile/entries/x001/234.p/112"


@pytest.mark.parametrize("example", EXAMPLES["sizes"], ids=lambda example: str(example["size"]))
def test_the_specifications_sizes(example: dict) -> None:
    found = list(tiles(example["size"]))
    levels = [[tile for tile in found if tile.level == level] for level in range(len(example["levels"]))]
    assert sum(map(len, levels)) == len(found)
    for level, expected in zip(levels, example["levels"], strict=True):
        full = [tile.index for tile in level if tile.width == 256]
        partial = [tile.width for tile in level if tile.width < 256]
        assert full == list(range(expected["full"]))
        assert partial == ([expected["partial"]] if expected["partial"] else [])
    assert [bundle.tile for bundle in bundles(example["size"])] == levels[0]


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_what_is_published_as_a_log_grows(one: int, two: int) -> None:
    since, size = sorted((one, two))
    assert set(tiles(size, since)) == set(tiles(size)) - set(tiles(since))
    assert set(bundles(size, since)) == set(bundles(size)) - set(bundles(since))
    assert all(tile.is_within(size) for tile in tiles(size))
    assert not any(tile.is_within(since) for tile in tiles(size, since))


def test_the_largest_tree_has_tiles_on_eight_levels() -> None:
    last = SIZE_LIMIT - 1
    assert {tile.level for tile in tiles(last, last - 1)} == {0}
    assert {tile.level for tile in tiles(1 << 56, (1 << 56) - 1)} == set(range(8))
    for call in (lambda: list(tiles(SIZE_LIMIT)), lambda: list(tiles(1, 2)), lambda: list(bundles(1, -1))):
        with pytest.raises(CheckError, match="has grown"):
            call()


places = st.one_of(
    st.builds(Tile, st.integers(0, 63), st.integers(0, (1 << 55) - 1), st.integers(1, 256)),
    st.builds(Bundle, st.integers(0, (1 << 55) - 1), st.integers(1, 256)),
    st.builds(Bundle, st.integers(990, 1010), st.integers(254, 256)),
)


@given(places)
def test_parse_undoes_path(place: Tile | Bundle) -> None:
    assert parse_path(place.path) == place


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/001/", "/tile/0/001"),
        *("tile/00/001", "tile/64/001", "tile/100/001", "tile/-1/001", "tile/x/001", "tile/data/001", "tile//001"),
        *("tile/0/x001", "tile/0/001/002", "tile/0/x000/001", "tile/0/x001/x002", "tile/0/X001/002", "tile/0/x1/002"),
        *("tile/0/001.p", "tile/0/001.p/", "tile/0/001.p/0", "tile/0/001.p/01", "tile/0/001.p/256", "tile/0/001.p/1/"),
        *("tile/0/001.p/-1", "tile/0/x001.p/1", "tile/0/001\n", "tile/0/٠٠١", "tile/entries/1", "tile/entries"),
        *("tile/8/0/001", "tile/entries/x000/000", "tile/0/x036/x028/x797/x018/x963/968", "tile/0/../001"),
        "tile/0/x001/x036/x028/x797/x018/x963/968",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ParseError, match="path"):
        parse_path(path)


@pytest.mark.parametrize(
    "place", [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 1 << 55, 1), (0, 0, 0), (0, 0, 257)], ids=lambda place: str(place)
)
def test_what_is_no_place_is_refused(place: tuple[int, int, int]) -> None:
    with pytest.raises(CheckError, match="tile"):
        Tile(*place)


# --------------------------------------------------------------------------------------------------------- mirrors


def reading(tree: Tree, fetch: Callable[[Tile], bytes], size: int = SIZE) -> TileHashes:
    return TileHashes(size, root(size, tree.hashes), fetch)


def test_all_hashes_come_from_few_tiles(tree: Tree, served: dict[Tile, bytes]) -> None:
    fetched: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return served[tile]

    hashes = reading(tree, fetch)
    for level, index in ((0, 0), (0, SIZE - 1), (1, 7), (7, 3), (8, 272), (9, 135), (16, 0), (12, 5)):
        assert hashes(level, index) == tree.hashes(level, index)
    assert len(fetched) == len(set(fetched)) < 10
    for index in (0, 255, 256, 65_535, 65_536, SIZE - 1):
        proof = inclusion_proof(index, SIZE, hashes)
        verify_inclusion(leaf_hash(tree.entries[index]), index, SIZE, proof, root(SIZE, hashes))
    for old in (1, 256, 300, 65_536, 69_888, SIZE - 1):
        verify_consistency(old, root(old, tree.hashes), SIZE, root(SIZE, hashes), consistency_proof(old, SIZE, hashes))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537])
def test_trees_of_any_shape_are_read(tree: Tree, size: int) -> None:
    hashes = reading(tree, lambda tile: tile_bytes(tile, tree.hashes), size)
    for level in range(size.bit_length()):
        for index in {0, (size >> level) // 2, (size >> level) - 1}:
            assert hashes(level, index) == tree.hashes(level, index)
        with pytest.raises(CheckError, match="no complete subtree"):
            hashes(level, size >> level)


@pytest.mark.parametrize("coordinates", [(0, -1), (-1, 0), (0, SIZE), (17, 0), (70, 0)])
def test_what_the_tree_does_not_have_is_refused(tree: Tree, coordinates: tuple[int, int]) -> None:
    with pytest.raises(CheckError, match="no complete subtree"):
        reading(tree, lambda _: b"")(*coordinates)


def test_a_changed_hash_in_any_tile_is_found(tree: Tree, served: dict[Tile, bytes]) -> None:
    for tile in (Tile(0, 0), Tile(0, 200), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)):
        for at in {0, 31, 32 * (tile.width // 2), 32 * tile.width - 1}:
            lying = {**served, tile: flipped(served[tile], at)}
            hashes = reading(tree, lying.__getitem__)
            with pytest.raises(VerificationError, match="tile"):
                hashes(8 * tile.level, 256 * tile.index + at // 32)
            if tile.width < 256:  # then nothing is believed at all
                with pytest.raises(VerificationError, match="trusted root"):
                    hashes(0, 0)


@pytest.mark.parametrize("size", [512, 600, 767, 1000, 2047])
def test_every_full_tile_is_verified(tree: Tree, size: int) -> None:
    """Go's package believed the first full tiles where several peaks lie in one tile (CVE-2026-56865)."""
    for index in range(size // 256):
        wrong = Tile(0, index)
        hashes = reading(
            tree, lambda tile, wrong=wrong: flipped(tile_bytes(tile, tree.hashes), 5 if tile == wrong else -1), size
        )
        with pytest.raises(VerificationError, match=wrong.path):
            hashes(0, 256 * index)


def test_nothing_that_was_not_verified_is_kept(tree: Tree, served: dict[Tile, bytes]) -> None:
    shelf = {**served, Tile(0, 3): flipped(served[Tile(0, 3)], 5), Tile(1, 1, 17): bytes(17 * 32)}
    hashes = reading(tree, lambda tile: shelf[tile])
    for wrong in (Tile(1, 1, 17), Tile(0, 3)):
        with pytest.raises(VerificationError):
            hashes(0, 3 * 256)
        shelf[wrong] = served[wrong]
    assert hashes(0, 3 * 256) == tree.hashes(0, 3 * 256)


def test_a_tile_at_anothers_place_is_refused(tree: Tree, served: dict[Tile, bytes]) -> None:
    hashes = reading(tree, lambda tile: served[Tile(0, 1) if tile == Tile(0, 0) else tile])
    assert hashes(0, 256) == tree.hashes(0, 256)
    with pytest.raises(VerificationError, match="tile/0/000"):
        hashes(0, 0)


def test_the_tiles_of_another_tree_are_refused(tree: Tree) -> None:
    other = Tree([*entries_of(1), *tree.entries[1:600]])
    hashes = TileHashes(600, root(600, tree.hashes), lambda tile: tile_bytes(tile, other.hashes))
    with pytest.raises(VerificationError, match="trusted root"):
        hashes(0, 599)
    # A tree that is consistent where it is read, and not elsewhere, is the case that a root alone does not decide.
    mixed = TileHashes(
        600, root(600, tree.hashes), lambda tile: tile_bytes(tile, (other if tile.width == 256 else tree).hashes)
    )
    assert mixed(0, 599) == tree.hashes(0, 599)
    assert mixed(0, 300) == tree.hashes(0, 300)
    with pytest.raises(VerificationError, match="tile/0/000"):
        mixed(0, 200)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + bytes(32), lambda _: b""])
def test_a_tile_of_another_length_is_refused(tree: Tree, served: dict[Tile, bytes], change) -> None:
    for tile in (Tile(0, 0), Tile(1, 1, 17)):
        hashes = reading(tree, {**served, tile: change(served[tile])}.__getitem__)
        with pytest.raises(ParseError, match=r"expected \d+ bytes"):
            hashes(0, 0)
    with pytest.raises(ParseError, match="bytes"):
        parse_tile(change(served[Tile(0, 0)]), Tile(0, 0))


def test_few_tiles_are_kept(tree: Tree, served: dict[Tile, bytes]) -> None:
    hashes = reading(tree, served.__getitem__)
    for index in range(0, SIZE, 256):
        hashes(0, index)
    assert len(hashes._kept) == 256
    assert hashes(0, 0) == tree.hashes(0, 0)


def flipped(data: bytes, at: int) -> bytes:
    """Return the data with a byte changed, or as they are for a place before their beginning."""
    return data if at < 0 else data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


# --------------------------------------------------------------------------------------------------------- bundles


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=256))
def test_parse_undoes_bundle_bytes(entries: list[bytes]) -> None:
    assert parse_bundle(bundle_bytes(entries), Bundle(0, len(entries))) == tuple(entries)


def test_entries_of_every_length() -> None:
    entries = [b"", bytes(65_535), b"x"]
    data = bundle_bytes(entries)
    assert data[:4] == b"\0\0\xff\xff"
    assert parse_bundle(data, Bundle(0, 3)) == tuple(entries)
    for wrong in ([bytes(65_536)], [], [b""] * 257):
        with pytest.raises(CheckError, match="entr"):
            bundle_bytes(wrong)


@pytest.mark.parametrize(
    "data", ["", "00", "0001", "00016162", "0001610001", "00016100016263", "0001610001620000", "000161"]
)
def test_what_is_no_bundle_of_two_is_refused(data: str) -> None:
    with pytest.raises(ParseError, match="tile/entries"):
        parse_bundle(bytes.fromhex(data), Bundle(0, 2))


def test_entries_are_verified_against_the_tree(tree: Tree, served: dict[Tile, bytes]) -> None:
    hashes = reading(tree, served.__getitem__)
    for bundle in itertools.chain(itertools.islice(bundles(SIZE), 3), bundles(SIZE, SIZE - 1)):
        entries = tree.entries[bundle.index * 256 : bundle.index * 256 + bundle.width]
        verify_bundle(bundle, parse_bundle(bundle_bytes(entries), bundle), hashes)
        for wrong in ([b"x", *entries[1:]], [*entries[:-1], b"x"], entries[::-1], entries[:-1], [*entries, b"x"]):
            with pytest.raises(VerificationError, match="tile/entries"):
                verify_bundle(bundle, wrong, hashes)
