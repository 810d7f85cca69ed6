"""A booth that is running: the roll, signing in, the voters' ballots, and the board that these go to."""

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from e2evote.board.committer import Committer
from e2evote.board.log import Board
from e2evote.board.storage.writing import Writing
from e2evote.election.acceptance import Acceptance, Accepted, Submission
from e2evote.election.campaigns.postman import Postman
from e2evote.election.export import standing_of
from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.receipts import receipt
from e2evote.election.signin.box import BoardBox
from e2evote.election.signin.courier import Courier
from e2evote.election.signin.desk import Desk
from e2evote.election.signin.gateways.configured import gateways_of
from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.service import SignIn
from e2evote.election.signin.settings import Settings, read_settings
from e2evote.election.signin.voting import Voting
from e2evote.election.stations.inventory import read_stations
from e2evote.election.stations.permits import check_stations
from e2evote.election.streams import OnBoard
from e2evote.errors import CheckError, StorageError
from e2evote.record.ballot import NO_CHAINING, Status
from e2evote.web.booth.callers import Door, Network
from e2evote.web.booth.files import BoothFile, booth_files
from e2evote.web.booth.published import election_json, names_of
from e2evote.web.booth.settings import BoothSettings, read_booth
from e2evote.web.election.booth import Booth as ToldBooth
from e2evote.web.election.booth import Support
from e2evote.web.site import Site
from e2evote.web.stations.office import Office
from e2evote.web.verification import Verification

LOG = logging.getLogger("e2evote.web")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a booth is served.

    Args:
        directory: the election's.
        secure: over HTTPS, by this server or by a proxy before it.
        proxies: networks of the proxies, if it is served through any.
        url: where voters find it, instead of that of the settings; empty: theirs.
        outbox: show the messages of an outbox at ``/outbox``; for development on this machine alone.
    """

    directory: Path
    secure: bool = False
    proxies: tuple[Network, ...] = ()
    url: str = ""
    outbox: bool = False

    def with_outbox(self) -> "Plan":
        """Return the same with an outbox's page."""
        return replace(self, outbox=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The settings of a booth, the files that follow from them and from the board, and whether its device is closed."""

    plan: Plan
    settings: BoothSettings
    signin: Settings
    files: Mapping[str, BoothFile]
    closed: bool

    @property
    def contents(self) -> dict[str, bytes]:
        """The bytes of every file by its path."""
        return {path: file.data for path, file in self.files.items()}

    @property
    def door(self) -> Door:
        """How requests come in."""
        return Door(self.plan.secure, self.settings.url, self.plan.proxies)


def prepare(plan: Plan, board: Board, allow_insecure: Collection[str]) -> Prepared:
    """Read and check all that a booth needs, but for the people's database.

    Raises:
        CheckError: the settings do not fit the election, or its device is none that voters' pages can use.
        ParseError: a file is not in its form.
        VerificationError: the board has what it should never have taken in.
    """
    settings, signin = read_booth(plan.directory), read_settings(plan.directory)
    if plan.url:
        settings = settings.model_copy(update={"url": plan.url})
    acceptance = Acceptance.of(board, frozenset(allow_insecure))
    manifest = acceptance.judge.context.manifest
    settings.check(manifest)
    stations = read_stations(plan.directory)
    check_device(acceptance, settings.device)
    with board.reading() as view:
        closed = OnBoard(view).is_closed(settings.device)
    published = election_json(board, acceptance, settings, signin)
    files = booth_files(published, {str(tag): name for tag, name in names_of(manifest).items()}, stations)
    return Prepared(plan, settings, signin, files, closed)


def check_device(acceptance: Acceptance, device: int) -> None:
    """Accept a device that voters' pages can make ballots of.

    Raises:
        CheckError: there is no such device, it chains its ballots, or pre-encrypts them.
    """
    opening = acceptance.opening(device)
    if opening.chaining_mode != NO_CHAINING:
        raise CheckError(f"device {device} chains its ballots; voters' pages cannot wait for each other")
    if opening.pre_encrypted:
        raise CheckError(f"device {device} makes pre-encrypted ballots; voters' pages do not")


@dataclass(slots=True)
class Booth:
    """What all requests share. ``problem``: why nobody may vote, empty where everybody may."""

    prepared: Prepared
    door: Door
    desk: Desk
    signin: SignIn
    voting: Voting
    board: Board
    acceptance: Acceptance
    committer: Committer
    verification: Verification[Submission] | None
    postman: Postman
    problem: str = ""
    busy: set[str] = field(default_factory=set, repr=False)

    @classmethod
    def begin(cls, prepared: Prepared, site: Site, stack: ExitStack, clock: Callable[[], datetime]) -> "Booth":
        """Open the people's database, and bring it in step with the board; the stack ends all of it, the last first.

        Raises:
            CheckError, ParseError, StorageError: it cannot be opened, or a file with a secret is not as it should be.
        """
        directory = prepared.plan.directory
        people = stack.enter_context(People.open(directory))
        people.require(site.acceptance.judge.context.manifest.rehearsal)
        gateways = gateways_of(prepared.signin, directory)
        courier = stack.enter_context(Courier(gateways))
        names = names_of(site.acceptance.judge.context.manifest)
        desk = Desk(people, prepared.signin, courier, clock, names)
        voting = Voting(desk, BoardBox(site.acceptance, site.committer, clock))
        booth = cls(
            prepared, prepared.door, desk, SignIn(desk), voting, site.board, site.acceptance, site.committer,
            site.verification, Postman(people, gateways),
        )  # fmt: skip
        booth.reconcile()
        return booth

    def told(self) -> ToldBooth:
        """Return what the public pages say of the booth."""
        signin, support = self.prepared.signin, self.prepared.settings.support
        with self.desk.people.reading() as access:
            count = members.count(access)
        opens, closes = (datetime.fromtimestamp(moment, UTC) for moment in (signin.open_from, signin.open_until))
        return ToldBooth(
            opens, closes, Support(support.text or {}, support.phone or "", support.email or ""), members=count
        )

    def office(self) -> Office:
        """Return what polling stations speak to."""
        return Office.at(
            self.prepared.plan.directory, self.desk.people, self.prepared.signin, self.voting, self.acceptance,
            self.verification, self.write, self.desk.clock,
        )  # fmt: skip

    def reconcile(self) -> None:
        """Compare who has voted with the board; where they differ nobody votes, and the log says so.

        Raises:
            StorageError: the board or the people's database cannot be read.
        """
        found, stations = self.voting.reconcile(), read_stations(self.prepared.plan.directory)
        devices = [] if stations is None else [station.device for station in stations.stations]
        with self.board.reading() as view:
            by_device = standing_of(view).by_device
        cast = {
            device: sum(ballot.status == "cast" for ballot in by_device.get(device, []))
            for device in (self.prepared.settings.device, *devices)
        }
        try:
            with self.desk.people.reading() as access:
                at_stations = check_stations(access, {device: cast[device] for device in devices})
            replace(found, voted=found.voted - at_stations).check(cast[self.prepared.settings.device])
        except CheckError as error:
            LOG.critical("nobody can vote: %s", error)
            self.problem = str(error)

    def require_voting(self) -> None:
        """Accept a request that is part of voting.

        Raises:
            StorageError: nobody may vote.
            RefusedError: the device was closed, before the time was over or after.
        """
        if self.problem:
            raise StorageError(self.problem)
        if self.prepared.closed:
            raise RefusedError(Reason.CLOSED)

    def put(self, submission: Submission) -> Accepted:
        """Put a ballot that was verified onto the board, and return when that is durable."""
        accept = self.acceptance.accept_ballot
        return self.write(lambda writing: accept(writing, submission, self.desk.clock()))

    def decide(self, code: bytes, status: Status, secret: bytes) -> Accepted:
        """Have the board take in what becomes of a ballot, and return when that is durable."""
        decide = self.acceptance.decide
        return self.write(lambda writing: decide(writing, code, status, secret, self.desk.clock()))

    def write(self, append: Callable[[Writing], Accepted]) -> Accepted:
        """Append to the board, and return when that is durable."""
        return self.committer.submit(append).result()

    def receipt(self, accepted: Accepted) -> str:
        """Return the board's receipt for an entry that is durable."""
        return receipt(self.board, accepted).decode()


def utc_now() -> datetime:
    """Return the time of this machine's clock."""
    return datetime.now(UTC)
