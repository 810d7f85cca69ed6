"""Which tally cells are decrypted together: every ballot once, and as the manifest says."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from e2evote.record.manifest import BallotStyle, Contest, Manifest, Option, TallyCell
from e2evote.record.merging import merged_cells

LEAST = 10
CONTESTS = (1, 2)


def manifest_of(cells: Mapping[str, tuple[tuple[int, ...], str | None]]) -> Manifest:
    """Return a manifest with one style a cell; cells are given by label as contests and ``merge_into``."""
    return Manifest(
        label="x",
        contests=tuple(Contest(label=str(i), options=(Option(label="o"),)) for i in CONTESTS),
        ballot_styles=tuple(BallotStyle(label=label, contests=contests) for label, (contests, _) in cells.items()),
        tally_cells=tuple(
            TallyCell(label=label, ballot_styles=(i,), merge_into=into)
            for i, (label, (_, into)) in enumerate(cells.items(), 1)
        ),
    )


def sums_of(
    cells: Mapping[str, tuple[tuple[int, ...], str | None]], voters: Mapping[tuple[str, int], int]
) -> dict[tuple[str, int], set[str]]:
    """Return whose ballots are summed up, by label, where fewer than LEAST break a rule."""
    labels = list(cells)
    numbered = {(labels.index(label) + 1, ind_c): count for (label, ind_c), count in voters.items()}

    def few(ind_c: int, group: Sequence[int]) -> bool:
        return sum(numbered.get((cell, ind_c), 0) for cell in group) < LEAST

    together = merged_cells(manifest_of(cells), numbered, few)
    return {(labels[cell - 1], ind_c): {labels[i - 1] for i in group} for (cell, ind_c), group in together.items()}


def test_nothing_is_merged_where_nothing_says_so() -> None:
    cells = {"a": ((1,), None), "b": ((1, 2), None)}
    assert sums_of(cells, {("a", 1): 3}) == {("a", 1): {"a"}, ("b", 1): {"b"}, ("b", 2): {"b"}}


def test_a_chain_is_followed_as_far_as_needed() -> None:
    cells = {"c": ((1,), None), "b": ((1,), "c"), "a": ((1,), "b")}
    both = {("a", 1): 3, ("b", 1): 4, ("c", 1): 5}
    assert sums_of(cells, both) == {("a", 1): set(), ("b", 1): set(), ("c", 1): {"a", "b", "c"}}
    one = {("a", 1): 3, ("b", 1): 7, ("c", 1): 10}
    assert sums_of(cells, one) == {("a", 1): set(), ("b", 1): {"a", "b"}, ("c", 1): {"c"}}
    none = {("a", 1): 10, ("b", 1): 10, ("c", 1): 1}
    assert sums_of(cells, none) == {("a", 1): {"a"}, ("b", 1): {"b"}, ("c", 1): {"c"}}


def test_cells_without_the_contest_are_passed_through() -> None:
    cells = {"a": ((1, 2), "b"), "b": ((2,), "c"), "c": ((1,), None)}
    assert sums_of(cells, {("a", 1): 3, ("a", 2): 3, ("b", 2): 1, ("c", 1): 9}) == {
        ("a", 1): set(),
        ("a", 2): set(),
        ("b", 2): {"a", "b"},  # still too few, and c has not the contest
        ("c", 1): {"a", "c"},
    }


def test_cells_without_ballots_are_not_added_and_can_receive() -> None:
    cells = {"a": ((1,), "b"), "b": ((1,), "c"), "c": ((1,), None)}
    assert sums_of(cells, {("a", 1): 3, ("c", 1): 9}) == {("a", 1): set(), ("b", 1): {"b"}, ("c", 1): {"a", "c"}}
    assert sums_of(cells, {("c", 1): 9}) == {("a", 1): {"a"}, ("b", 1): {"b"}, ("c", 1): {"c"}}


def test_a_long_chain() -> None:
    """All of it written down for every cell would not fit into memory."""
    count = 20_000
    cells = {str(i): ((1,), str(i + 1) if i + 1 < count else None) for i in range(count)}
    found = sums_of_chain(cells)
    assert found[1, 1] == ()
    assert found[count, 1] == (1, count)


def sums_of_chain(cells: Mapping[str, tuple[tuple[int, ...], str | None]]) -> Mapping[tuple[int, int], tuple[int, ...]]:
    """Return the sums where the first cell has a ballot and only the last is large enough."""
    voters = {(1, 1): 1, (len(cells), 1): LEAST}
    return merged_cells(manifest_of(cells), voters, lambda _ind_c, group: len(cells) not in group)


@st.composite
def forests(draw: st.DrawFn) -> dict[str, tuple[tuple[int, ...], str | None]]:
    """Return up to eight cells in any order, none of which leads back to itself."""
    labels = draw(st.permutations("abcdefgh"[: draw(st.integers(1, 8))]))
    into = {label: draw(st.sampled_from([None, *labels[:i]])) for i, label in enumerate(labels)}
    contests = st.sampled_from([(1,), (2,), (1, 2)])
    return {label: (draw(contests), into[label]) for label in draw(st.permutations(labels))}


@given(forests(), st.data())
def test_sums_never_overlap_and_forget_nobody(
    cells: dict[str, tuple[tuple[int, ...], str | None]], data: st.DataObject
) -> None:
    """Two sums with a ballot in common could be subtracted from each other."""
    assert list(manifest_of(cells).problems()) == [
        f"contest '{i}' is on no ballot style" for i in CONTESTS if not any(i in c for c, _ in cells.values())
    ]
    counts = st.sampled_from([0, 1, 4, 9, 10, 30])
    voters = {(label, ind_c): data.draw(counts) for label, (contests, _) in cells.items() for ind_c in contests}
    found = sums_of(cells, voters)
    for ind_c in CONTESTS:
        having = [label for label, (contests, _) in cells.items() if ind_c in contests]
        sums = {label: found[label, ind_c] for label in having}
        counted = sorted(label for group in sums.values() for label in group)
        assert counted == sorted(having)
        for label, group in sums.items():
            few = sum(voters[each, ind_c] for each in group) < LEAST
            assert not group or label in group
            assert label in group or voters[label, ind_c]
            if few and any(voters[each, ind_c] for each in group):
                assert not after(cells, label, ind_c)
            if len(group) > 1:
                assert all(label in after(cells, each, ind_c) for each in group - {label})
    shuffled = dict(reversed(list(cells.items())))
    assert sums_of(shuffled, voters) == found


def after(cells: Mapping[str, tuple[tuple[int, ...], str | None]], label: str, ind_c: int) -> list[str]:
    """Return the cells along ``merge_into`` that have the contest."""
    into = cells[label][1]
    return [] if into is None else [each for each in [into] if ind_c in cells[each][0]] + after(cells, into, ind_c)
