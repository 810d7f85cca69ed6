"""Who may vote at a station: the election's answer, given once, under the one writer's lock of the people's database.

A voter is *authorised* at one station by a permit, or *assigned* to one before it may be offline; either way nobody
else has them until the station reports the permit as used or returned. What is kept says that a permit was used, never
by which ballot: only numbers are compared with the board. No more voters are marked as having voted at a station than
it has cast ballots on the board, and nobody is released while it has cast ballots of voters it has not reported
(docs/adr/0037).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from e2evote.election.people import codes, counters, members, sessions, standings, trail
from e2evote.election.people.database import Access, People
from e2evote.election.people.key import DIGEST
from e2evote.election.people.member import Member
from e2evote.election.people.sessions import Ended
from e2evote.election.people.standings import PERMIT, Permit, Standing, State
from e2evote.election.people.trail import Event
from e2evote.election.signin.settings import Settings
from e2evote.election.stations.identity import read_identity
from e2evote.election.stations.inventory import Station, style_at
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.errors import CheckError, StorageError
from e2evote.group.randomness import SYSTEM
from e2evote.record.manifest import Manifest

INQUIRY_DIGITS = 12
_USED = "voted at a station"


class Stepping(Protocol):
    """What brings a voter's standing in step with the board, as ``signin.voting.Voting`` does."""

    def step(self, member: bytes) -> Standing:
        """Bring a voter's standing in step with the board, and return it."""


class OnBoard(NamedTuple):
    """What a board has of a device: ballots that are cast, and such as are not decided."""

    cast: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Granted:
    """A permit as a station gets it: ``token`` stands for it, the inquiry code is for the officials' list."""

    token: bytes = field(repr=False)
    inquiry: str = field(repr=False)
    name: str = field(repr=False)
    ballot_style: int
    weight: int


class Permits:
    """The election's side."""

    def __init__(
        self, people: People, voting: Stepping, settings: Settings, manifest: Manifest, clock: Callable[[], datetime]
    ) -> None:
        """Take the people's database, the board's side of voting, when and by what people vote, and the clock."""
        self._people, self._voting, self._settings = people, voting, settings
        self._manifest, self._clock = manifest, clock

    def authorise(self, station: Station, typed: Mapping[str, str]) -> Granted:
        """Give somebody a permit at a station, the same one again until it is used or returned.

        Raises:
            NoPermitError: the answer is no; it says why.
            StorageError: board or database cannot be used.
        """
        now = self._require_open()
        identity = read_identity(typed, self._settings.fields, self._settings.country)
        with self._people.reading() as access:
            found = members.look_up(access, identity)
        if not found.known:
            raise NoPermitError(Answer.NOT_ON_ROLL)
        self._voting.step(found.subject)
        with self._people.writing() as access:
            member = members.get(access, found.subject)
            if member is None:
                raise NoPermitError(Answer.NOT_ON_ROLL)
            standing = standings.read(access, found.subject)
            if standing.state is State.AUTHORISED and standing.permit is not None:
                if standing.permit.device != station.device:
                    raise NoPermitError(Answer.OTHER_STATION)
                return self._granted(access, station, found.subject, member, standing.permit)
            _require_free(standing, station.device)
            permit = Permit(station.device, SYSTEM.bytes(PERMIT))
            granted = self._granted(access, station, found.subject, member, permit)
            _lock(access, found.subject, replace(standing, state=State.AUTHORISED, permit=permit))
            counters.first_time(access, "inquiry", granted.inquiry.encode(), 2**62)
            trail.note(access, Event(f"authorised at station {station.device}", found.subject), now)
        return granted

    def assign(self, station: Station, wanted: Iterable[bytes]) -> list[tuple[bytes, str]]:
        """Assign members, by their rows, to a station; all that can be, and return why others cannot.

        Raises:
            StorageError: board or database cannot be used.
        """
        refused: list[tuple[bytes, str]] = []
        for row in wanted:
            self._voting.step(row)
            with self._people.writing() as access:
                member, standing = members.get(access, row), standings.read(access, row)
                if standing.state is State.ASSIGNED and standing.permit and standing.permit.device == station.device:
                    continue
                try:
                    if member is None:
                        raise NoPermitError(Answer.NOT_ON_ROLL)
                    self._style(station, member)
                    _require_free(standing, station.device)
                except NoPermitError as error:
                    refused.append((row, error.answer.value))
                    continue
                permit = Permit(station.device, SYSTEM.bytes(PERMIT))
                granted = self._granted(access, station, row, member, permit)
                _lock(access, row, replace(standing, state=State.ASSIGNED, permit=permit))
                counters.first_time(access, "inquiry", granted.inquiry.encode(), 2**62)
        return refused

    def listed(self, station: Station) -> list[tuple[Member, Granted]]:
        """Return who is assigned to a station, with their permits."""
        with self._people.reading() as access:
            held = [
                (row, standing.permit)
                for row, standing in standings.every(access)
                if standing.state is State.ASSIGNED and standing.permit and standing.permit.device == station.device
            ]
            found = []
            for row, permit in held:
                member = members.get(access, row)
                if member is None:
                    raise StorageError("people's database: a standing is of nobody in the roll")
                found.append((member, self._granted(access, station, row, member, permit)))
        return found

    def settle(
        self, station: Station, used: Sequence[bytes], returned: Sequence[bytes], board: Callable[[], OnBoard]
    ) -> None:
        """Write down what became of permits of a station; the same again does no harm.

        Args:
            station: the station, which has reported.
            used: tokens of permits whose voters have voted.
            returned: tokens of permits that were not used.
            board: what the board has of the device, when everything that the station had was brought to it.

        Raises:
            CheckError: a token is none of this station's, or the numbers are not those of the board; nothing was
                written.
            StorageError: the database cannot be used.
        """
        with self._people.writing() as access:
            on_board, before = board(), used_at(access, station.device)
            voted = self._held(access, station, used, State.VOTED)
            free = self._held(access, station, returned, State.NONE)
            if set(voted) & set(free):
                raise CheckError("a permit is reported as used and as returned")
            after = before + len(voted)
            if after > on_board.cast:
                raise CheckError(f"{after} voters at device {station.device}, which has {on_board.cast} cast ballots")
            if free and (after != on_board.cast or on_board.undecided):
                raise CheckError(
                    f"the board has {on_board.cast} cast and {on_board.undecided} undecided ballots of device "
                    f"{station.device}, which reports {after} voters; nobody is released before they agree"
                )
            for row in voted:
                standings.write(access, row, Standing(State.VOTED, standings.read(access, row).challenges))
            for row in free:
                standings.write(access, row, Standing(State.NONE, standings.read(access, row).challenges))
            if voted:
                counters.raise_total(access, _USED, str(station.device).encode(), len(voted))

    def release(self, device: int, board: Callable[[], OnBoard], known: Collection[bytes] = ()) -> int:
        """Release everybody whom a device still holds, and return how many; nothing of it may be taken any more.

        Args:
            device: closed on the board.
            board: what the board has of it.
            known: rows of voters who have voted there and were not reported, as its officials' list of persons says.

        Raises:
            CheckError: the board has cast ballots of it whose voters were never reported, and it cannot be said who
                they are; nobody was released.
            StorageError: the database cannot be used.
        """
        with self._people.writing() as access:
            on_board, before = board(), used_at(access, device)
            held = [
                (row, standing)
                for row, standing in standings.every(access)
                if standing.permit is not None and standing.permit.device == device
            ]
            unknown = on_board.cast - before
            voted = {row for row, _ in held} if unknown == len(held) else set(known)
            if unknown != len(voted) or not voted <= {row for row, _ in held}:
                raise CheckError(
                    f"device {device} has {on_board.cast} cast ballots and {before} reported voters: {unknown} of the "
                    f"{len(held)} whom it holds have voted, and nobody knows who; they stay held"
                )
            for row, standing in held:
                state = State.VOTED if row in voted else State.NONE
                standings.write(access, row, Standing(state, standing.challenges))
            if voted:
                counters.raise_total(access, _USED, str(device).encode(), len(voted))
        return len(held) - len(voted)

    def was_issued(self, inquiry: str) -> bool:
        """Tell whether an inquiry code is one that this election has given out."""
        with self._people.reading() as access:
            return counters.is_known(access, "inquiry", inquiry.encode())

    def _require_open(self) -> int:
        now = int(self._clock().timestamp())
        if now < self._settings.open_from:
            raise NoPermitError(Answer.NOT_OPEN)
        if now >= self._settings.open_until:
            raise NoPermitError(Answer.CLOSED)
        return now

    def _style(self, station: Station, member: Member) -> int:
        style = style_at(self._manifest, station.cell, member.ballot_style)
        if style is None:
            raise NoPermitError(Answer.WRONG_STYLE)
        return style

    def _granted(self, access: Access, station: Station, row: bytes, member: Member, permit: Permit) -> Granted:
        token = access.key.seal("permits", b"", row + permit.device.to_bytes(4, "big") + permit.number)
        inquiry = int.from_bytes(access.key.digest("inquiry", permit.number), "big") % 10**INQUIRY_DIGITS
        style = self._style(station, member)
        return Granted(token, f"{inquiry:0{INQUIRY_DIGITS}}", member.name, style, member.weight)

    @staticmethod
    def _held(access: Access, station: Station, tokens: Sequence[bytes], done: State) -> list[bytes]:
        """Return the rows of permits that are still held; what is ``done`` already is left out."""
        rows: list[bytes] = []
        for token in tokens:
            try:
                plain = access.key.open("permits", b"", token)
            except StorageError:
                raise CheckError("a token is none that this election has given") from None
            row, permit = plain[:DIGEST], Permit(int.from_bytes(plain[DIGEST : DIGEST + 4], "big"), plain[DIGEST + 4 :])
            if permit.device != station.device:
                raise CheckError(f"a token is of device {permit.device}, not of {station.device}")
            standing = standings.read(access, row)
            if standing.permit == permit:
                if row not in rows:
                    rows.append(row)
            elif done is State.VOTED and standing.state is not State.VOTED:
                raise CheckError("a permit is reported as used whose voter was released; the database was put back")
        return rows


def used_at(access: Access, device: int) -> int:
    """Return how many voters have been marked as having voted at a station."""
    return counters.total(access, _USED, str(device).encode())


def check_stations(access: Access, cast: Mapping[int, int]) -> int:
    """Accept what is known of voters at stations, and return how many have voted there.

    Args:
        access: a view of the people's database.
        cast: how many ballots the board has as cast, by device of a station.

    Raises:
        CheckError: a number is another than the board's, as after a database was put back to an older state.
    """
    held, voted = held_at(access), 0
    for device, ballots in cast.items():
        used = used_at(access, device)
        if used > ballots or ballots - used > held.get(device, 0):
            raise CheckError(f"the board has {ballots} cast ballots of station {device}, the roll {used} voters")
        voted += used
    return voted


def held_at(access: Access) -> dict[int, int]:
    """Return how many voters are held, by station."""
    found: dict[int, int] = {}
    for _, standing in standings.every(access):
        if standing.permit is not None:
            found[standing.permit.device] = found.get(standing.permit.device, 0) + 1
    return found


def _require_free(standing: Standing, device: int) -> None:
    """Accept a voter whom nobody else has.

    Raises:
        NoPermitError: they have voted, or are held.
    """
    match standing.state:
        case State.NONE:
            return
        case State.VOTED:
            raise NoPermitError(Answer.HAS_VOTED)
        case State.BOUND | State.CASTING:
            raise NoPermitError(Answer.VOTING_ELSEWHERE)
    own = standing.permit is not None and standing.permit.device == device
    raise NoPermitError(Answer.IN_LIST if own else Answer.OTHER_STATION)


def _lock(access: Access, row: bytes, standing: Standing) -> None:
    """Hold a voter, and end what they have begun elsewhere."""
    standings.write(access, row, standing)
    sessions.end(access, row, Ended.ELSEWHERE)
    codes.end(access, row)
