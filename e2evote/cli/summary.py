"""What a record says, put together for people and programs: who, how many, and how many votes for what.

Nothing here is judged; whether to believe it is what ``e2evote verify`` says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.load import load_checkpoint, load_election, load_guardians
from e2evote.record.manifest import Contest, Manifest
from e2evote.record.results import ContestResult, Names, by_contest, withheld
from e2evote.record.setup import Election
from e2evote.record.tally import Tally


@dataclass(frozen=True, slots=True)
class Results:
    """The published tallies, summed over their cells; which cells were merged; what had too few ballots after that."""

    contests: tuple[ContestResult, ...]
    merged: tuple[str, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """One voting device; ``closing_hash`` is what witnesses note."""

    device: int
    device_info: str
    chaining_mode: int
    closed: bool
    ballots: int
    closing_hash: str


@dataclass(frozen=True, slots=True)
class BoardSummary:
    """The bulletin board that a record says it was taken from, and after how many entries."""

    origin: str
    entries: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole record at a glance. Results are None until tallies are decrypted, the board where there is none."""

    fingerprint: str
    label: str
    name: Names
    date: str
    parameters: str
    n: int
    k: int
    guardians: tuple[str, ...]
    devices: tuple[DeviceSummary, ...]
    ballots: Mapping[str, int]
    results: Results | None
    board: BoardSummary | None


def summarise(record: Record, allow_insecure: frozenset[str] = frozenset()) -> Summary:
    """Read a record that has at least its keys.

    Raises:
        ParseError: a file is missing or not in its form.
        CheckError: parameters, manifest and hashes do not fit.
    """
    election = load_election(record, allow_insecure)
    _, fingerprint = record.sha256(layout.INDEX)
    devices = tuple(_device(record, number) for number in record.device_indices())
    statuses = Counter[str](entry.status for number in record.device_indices() for entry in record.statuses(number))
    total = sum(device.ballots for device in devices)
    undecided = total - sum(statuses.values())
    counts = {"total": total} | {status: statuses[status] for status in ("cast", "challenged", "spoiled")}
    counts |= {"uncast": statuses["uncast"]} if statuses["uncast"] else {}
    return Summary(
        fingerprint=hex_of(fingerprint),
        label=election.manifest.label,
        name=election.manifest.name or {},
        date=election.manifest.date or "",
        parameters=election.group.name,
        n=election.n,
        k=election.k,
        guardians=tuple(guardian.name for guardian in load_guardians(record, election)),
        devices=devices,
        ballots=counts | ({"undecided": undecided} if undecided else {}),
        results=contest_results(record, election) if layout.TALLIES in record else None,
        board=_board(record) if layout.BOARD_CHECKPOINT in record else None,
    )


def contest_results(record: Record, election: Election) -> Results:
    """Return the published tallies, summed over the cells, of every contest that was decrypted at all.

    Raises:
        ParseError: they are not in their form.
        CheckError: there are none.
    """
    if layout.TALLIES not in record:
        raise CheckError("the record has no decrypted tallies yet")
    cells = list(record.objects(Tally, layout.TALLIES, election.group))
    contests = by_contest(election.manifest, cells)
    return Results(contests, tuple(_merged(election.manifest, cells)), tuple(_withheld(election.manifest, cells)))


def named(thing: Names, label: str, language: str) -> str:
    """Return a name in a language, else the label for English and nothing for others."""
    return thing.get(language, label if language == "en" else "")


def limits(manifest: Manifest) -> Iterable[tuple[Contest, int, str]]:
    """Yield every contest with its effective limit, and its options' limits as a text such as ``1`` or ``1–5``."""
    for contest in manifest.contests:
        lowest, highest = min(contest.option_limits), max(contest.option_limits)
        yield contest, contest.limit, str(lowest) if lowest == highest else f"{lowest}–{highest}"


def _merged(manifest: Manifest, cells: Iterable[Tally]) -> Iterable[str]:
    """Yield every contest that counts other cells too, such as ``partners (with observers): motion``."""
    for cell in cells:
        for contest in cell.contests:
            if contest.merged:
                # The record may be wrong, and is shown all the same.
                known = (index for index in contest.merged if index <= len(manifest.cells))
                yield f"{cell.label} (with {', '.join(manifest.cells[i - 1].label for i in known)}): {contest.label}"


def _withheld(manifest: Manifest, cells: Iterable[Tally]) -> Iterable[str]:
    """Yield the labels of cells of which nothing was decrypted, and of contests that were not in a cell that was."""
    for index, missing in withheld(manifest, cells).items():
        cell = manifest.cells[index - 1]
        if missing == manifest.cell_contests(cell):
            yield cell.label
        else:
            yield from (f"{cell.label}: {manifest.contest(ind_c).label}" for ind_c in missing)


def _board(record: Record) -> BoardSummary:
    _, checkpoint = load_checkpoint(record)
    return BoardSummary(checkpoint.origin, checkpoint.size)


def _device(record: Record, number: int) -> DeviceSummary:
    opening, closing = record.opening(number), record.closing(number)
    ballots = closing.ballots if closing else sum(1 for _ in record.ballot_lines(number))
    closing_hash = hex_of(closing.closing_hash) if closing and closing.closing_hash else ""
    return DeviceSummary(number, opening.device_info, opening.chaining_mode, closing is not None, ballots, closing_hash)
