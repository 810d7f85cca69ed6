"""A station at work: what its officials and its one voter at a time can do, durable at every step.

The chain is the truth. A permit notes how long the chain was when it was given: a ballot that was cast behind that
place has used it, an entry *returned* has given it back, and nothing else ends it. So a crash at any moment leaves what
``_recover`` finishes, and no permit is used twice. The server gets a copy of the chain, at once or when it can be
reached again, and then is told which permits were used (docs/adr/0037).
"""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from e2evote.challenge import open_ballot
from e2evote.election.people.standings import State
from e2evote.election.signin.voting import CHALLENGES
from e2evote.election.stations.chain import Chain, Chained
from e2evote.election.stations.folder import CHAIN, MINUTES, HeldPermit, Pending, Reports, Sealed, StationFolder
from e2evote.election.stations.grant import open_list
from e2evote.election.stations.inventory import Official
from e2evote.election.stations.journal import Entry
from e2evote.election.stations.link import Central
from e2evote.election.stations.local import LocalRoll
from e2evote.election.stations.minutes import (
    MINUTES_DOMAIN,
    OPENING_DOMAIN,
    Minutes,
    OpeningRecord,
    SignedMinutes,
    signatures,
)
from e2evote.election.stations.officials import Officials
from e2evote.election.stations.permits import Granted
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.election.stations.sending import Sender
from e2evote.election.times import seconds_of, shown_time
from e2evote.encoding import canonical_json, hex_of, parse_hex, strict_json
from e2evote.encryption import SecretBallotNonce, encrypt_ballot
from e2evote.errors import CheckError, StorageError
from e2evote.files import write_atomically
from e2evote.group.randomness import SYSTEM
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.ballot import DeviceClosing, EncryptedBallot, Status
from e2evote.record.codec import dump, parse
from e2evote.record.codes import close_device
from e2evote.record.entries import commitment
from e2evote.record.opened import ChallengedBallot
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest

Signing = tuple[str, str]
"""An official's name and PIN."""


class Machine:
    """One station; threads may share it."""

    def __init__(self, folder: StationFolder, clock: Callable[[], datetime], central: Central | None = None) -> None:
        """Open a station's files, and finish what a crash has left; the folder is held by the caller.

        Raises:
            ParseError, CheckError, StorageError, VerificationError: a file is missing or was changed.
        """
        self.folder, self._clock = folder, clock
        self.grant, keys = folder.grant, folder.keys()
        self.election, self.opening = folder.election(), self.grant.opening
        self._key, self._sealing = SecretSigningKey.of(keys.signing), keys.sealing
        self.chain, self.roll = Chain.at(folder.root / CHAIN), LocalRoll(folder.root)
        self._sealed = Sealed(folder.private, self.roll.people.key)
        self._lock = threading.RLock()
        self.sender = Sender(central, self.chain, self.roll, self._sealed, self._device_closing)
        self._recover()

    # ------------------------------------------------------------------------------------------------- standing

    @property
    def permit(self) -> HeldPermit | None:
        """The permit that is being used."""
        return self._sealed.read(HeldPermit, "permit")

    @property
    def challenges_left(self) -> int:
        """How many ballots the voter may still challenge."""
        permit = self.permit
        done = [] if permit is None else self.chain.since(permit.since)
        return CHALLENGES - sum(ballot.status == "challenged" for ballot in done)

    def officials(self) -> Officials:
        """Return the station's officials."""
        return Officials.read(self.folder.private)

    # ------------------------------------------------------------------------------------------------- officials

    def open(self, signing: Sequence[Signing]) -> OpeningRecord:
        """Open the station: two officials sign that no ballot is in its chain.

        Raises:
            CheckError: they are not two, none of them may open, or it was opened before.
            StorageError: it cannot be written.
        """
        with self._lock:
            officials, keys = self._two(signing)
            if self.chain.ballots or self.chain.opening is not None:
                raise CheckError("the station was opened before")
            self._require_time()
            station = self.grant.station
            content = OpeningRecord(
                h_e=self.grant.h_e, device=station.device, name=station.name, serial=station.serial, key=station.key,
                time=self._now(), listed=len(self.roll), officials=officials,
            )  # fmt: skip
            own, others = signatures(OPENING_DOMAIN, content, self._key, keys)
            signed = {"station": hex_of(own), "officials": [hex_of(each) for each in others]}
            self.chain.append({"kind": "opening", "record": strict_json(dump(content), "opening"), **signed})
            self.sender.try_to_send()
            return content

    def authorise(self, typed: Mapping[str, str]) -> Granted:
        """Have the system say whether somebody may vote here now, and release one ballot to them.

        Raises:
            NoPermitError: the answer is no.
            CheckError: a voter is here already, the station is not open, or its chain was refused.
            CutOffError: they are not in the station's list, and the server does not answer.
        """
        with self._lock:
            self._require_open()
            if self.permit is not None:
                raise CheckError("a voter is here already")
            if self.chain.undecided is not None:
                raise CheckError("a ballot has to be decided first")
            self._require_time()
            granted = self.roll.authorise(typed, self.grant.fields, self.grant.country)
            local = granted is not None
            if granted is None:
                granted = self.sender.authorise(typed)
            held = HeldPermit(
                token=granted.token, inquiry=granted.inquiry, name=granted.name, ballot_style=granted.ballot_style,
                weight=granted.weight, local=local, since=len(self.chain.journal),
            )  # fmt: skip
            self._sealed.write("permit", held)
            return granted

    def take_back(self) -> None:
        """Take back a permit that was not used; a ballot that its voter has left is spoiled.

        Raises:
            CheckError: nobody is here.
            StorageError: it cannot be written.
        """
        with self._lock:
            if self.permit is None and self.chain.undecided is None:
                raise CheckError("no voter is here")
            if self.chain.undecided is not None:
                self._decide("spoiled", None)
            if self.permit is not None:
                self.chain.append({"kind": "returned"})
                self._finish()
            self.sender.try_to_send()

    def close(self, signing: Sequence[Signing]) -> SignedMinutes:
        """Close the station: end its chain, write its minutes, and give back whoever has not voted.

        Raises:
            CheckError: they are not two officials, a voter is here, or the station is not open.
            StorageError: it cannot be written.
        """
        with self._lock:
            officials, keys = self._two(signing)
            if not self.chain.is_open:
                raise CheckError("the station is not open")
            if self.permit is not None or self.chain.undecided is not None:
                raise CheckError("a voter is here; let them finish, or take the permit back")
            minutes = self._minutes(officials)
            own, others = signatures(MINUTES_DOMAIN, minutes, self._key, keys)
            signed = SignedMinutes(minutes=minutes, station=own, officials=others)
            data = dump(signed) + b"\n"
            write_atomically(self.folder.root / MINUTES, data)
            self._end(data)
            self.sender.try_to_send(at_once=True)
            return signed

    def load_list(self, sealed: bytes) -> int:
        """Take a list of voters, and return how many are new.

        Raises:
            CheckError: it is for another station or election, or an older one.
        """
        with self._lock:
            found = open_list(sealed, self._sealing)
            if (found.h_e, found.device) != (self.grant.h_e, self.grant.station.device):
                raise CheckError("this list is for another station or election")
            if self.chain.closing is not None:
                raise CheckError("the station is closed")
            return self.roll.load(found)

    def fetch_list(self) -> int:
        """Ask the server for the list of voters, and return how many are new.

        Raises:
            CutOffError: it does not answer.
            CheckError: as ``load_list``.
        """
        return self.load_list(parse_hex(self.sender.ask("list", {})["list"]))

    # ------------------------------------------------------------------------------------------------- the voter

    def encrypt(self, contests: Sequence[PlaintextContest]) -> Chained:
        """Encrypt the voter's marks, and return the ballot when it is in the chain.

        Raises:
            CheckError: nobody may vote now, or the marks do not fit.
            StorageError: it cannot be written; nothing was shown.
        """
        with self._lock:
            self._require_open()
            permit = self.permit
            if permit is None:
                raise CheckError("no ballot is released")
            last = self.chain.last
            if self.chain.undecided is not None:
                raise CheckError("the ballot before has to be decided first")
            plaintext = PlaintextBallot(
                ballot_style=permit.ballot_style, weight=permit.weight, contests=tuple(contests)
            )
            position, code = (1, None) if last is None else (last.position + 1, last.code)
            ballot, nonce = encrypt_ballot(self.election, self.opening, plaintext, position, code, clock=self._clock)
            pending = Pending(
                confirmation_code=ballot.confirmation_code, nonce=nonce.value, cast=SYSTEM.bytes(32),
                challenge=SYSTEM.bytes(32),
            )  # fmt: skip
            self._sealed.write("pending", pending)
            hashes = {"cast": commitment(pending.cast), "challenge": commitment(pending.challenge)}
            entry = {
                "kind": "ballot",
                "ballot": strict_json(dump(ballot), "ballot"),
                "commitments": {name: hex_of(value) for name, value in hashes.items()},
            }
            self.chain.append(entry)
            self.sender.try_to_send()
            return self.chain.ballots[-1]

    def cast(self) -> Chained:
        """Cast the voter's ballot.

        Raises:
            CheckError: there is none.
        """
        with self._lock:
            found = self._decide("cast", self._pending().cast)
            self._finish()
            self.sender.try_to_send()
            return found

    def challenge(self) -> tuple[ChallengedBallot, SecretBallotNonce]:
        """Challenge the voter's ballot and open it; the voter then votes again with the same permit.

        Returns:
            The ballot, opened, and its nonce, with which the voter has it checked on another device.

        Raises:
            CheckError: there is none, or the voter has challenged as many as they may.
        """
        with self._lock:
            if self.challenges_left <= 0:
                raise CheckError("no more ballots can be challenged")
            pending = self._pending()
            found = self._decide("challenged", pending.challenge)
            opened = self._open(found, pending)
            self.sender.try_to_send()
            return opened, SecretBallotNonce(pending.nonce)

    def opened(self, position: int) -> ChallengedBallot:
        """Return a challenged ballot, opened."""
        for entry in self.chain.journal.entries():
            if entry["kind"] == "opened" and entry["opened"]["position"] == position:
                return parse(ChallengedBallot, canonical_json(entry["opened"]), "chain", self.election.group)
        raise CheckError("this ballot was not opened")

    # ------------------------------------------------------------------------------------------------- the server

    def send(self) -> None:
        """Bring the server up to date.

        Raises:
            CutOffError: it does not answer; nothing is lost.
            CheckError: it refuses the chain, which ``sender.refused`` then says, or a report.
        """
        with self._lock:
            self.sender.send()

    def bundle(self) -> dict[str, Any]:
        """Return everything that the server has to be told, for a station that is merged by file."""
        with self._lock:
            return self.sender.bundle()

    def sign(self, data: bytes) -> bytes:
        """Return the station's signature."""
        return self._key.sign(data)

    # ------------------------------------------------------------------------------------------------- steps

    def _decide(self, status: Status, secret: bytes | None) -> Chained:
        found = self.chain.undecided
        if found is None:
            raise CheckError("no ballot waits for a decision")
        entry: Entry = {"kind": "status", "confirmation_code": hex_of(found.code), "status": status}
        if secret is not None:
            entry["secret"] = hex_of(secret)
        self.chain.append(entry)
        if status != "challenged":
            self._sealed.write("pending", None)
        return found

    def _open(self, found: Chained, pending: Pending) -> ChallengedBallot:
        ballot = parse(
            EncryptedBallot, canonical_json(self.chain.journal.entry(found.index)["ballot"]), "chain",
            self.election.group,
        )  # fmt: skip
        opened = open_ballot(self.election, ballot, SecretBallotNonce(pending.nonce))
        self.chain.append({"kind": "opened", "opened": strict_json(dump(opened), "opened")})
        self._sealed.write("pending", None)
        return opened

    def _finish(self) -> None:
        """End the permit as the chain says, if it says so; then nothing links it to a place in the chain."""
        permit = self.permit
        if permit is None:
            return
        used = any(ballot.status == "cast" for ballot in self.chain.since(permit.since))
        if not used and not self.chain.returned_since(permit.since):
            return
        if permit.local:
            self.roll.finish(permit.token, State.VOTED if used else State.ASSIGNED)
        else:
            before = self._sealed.read(Reports, "reports") or Reports()
            name = "used" if used else "returned"
            tokens = tuple(sorted({*getattr(before, name), permit.token}))
            self._sealed.write("reports", before.model_copy(update={name: tokens}))
        self._sealed.write("permit", None)

    def _recover(self) -> None:
        """Finish what was begun when the machine stopped."""
        pending, last = self._sealed.read(Pending, "pending"), self.chain.last
        if pending is not None and (last is None or last.code != pending.confirmation_code):
            self._sealed.write("pending", None)  # never in the chain, so nobody saw its code
        elif pending is not None and last is not None and last.status == "challenged" and not last.opened:
            self._open(last, pending)
        elif pending is not None and last is not None and last.status is not None:
            self._sealed.write("pending", None)
        self._finish()
        permit = self.permit
        self.roll.settle(permit.token if permit is not None else None)
        data = self.folder.minutes()
        if data is not None and self.chain.is_open:
            self._end(data)
        elif self.chain.closing is not None:
            self.roll.give_back()

    def _end(self, minutes: bytes) -> None:
        found = parse(SignedMinutes, minutes.removesuffix(b"\n"), MINUTES)
        if found.minutes.journal != self.chain.journal.head:
            raise CheckError("the minutes in the station's folder are not those of its chain")
        self.chain.append({"kind": "closing", "minutes": hex_of(hashlib.sha256(minutes).digest())})
        self.roll.give_back()

    def _minutes(self, officials: tuple[Official, ...]) -> Minutes:
        station, counts, ballots = self.grant.station, self.chain.counts(), self.chain.ballots
        return Minutes(
            h_e=self.grant.h_e, device=station.device, name=station.name, serial=station.serial, key=station.key,
            opened=(self.chain.opening or {})["record"]["time"], closed=self._now(), listed=len(self.roll),
            **counts._asdict(), ballots=len(ballots), first_code=ballots[0].code if ballots else None,
            last_code=ballots[-1].code if ballots else None, closing=self._device_closing(),
            journal=self.chain.journal.head, officials=officials,
        )  # fmt: skip

    def _device_closing(self) -> DeviceClosing:
        last = self.chain.last
        code = None if last is None else last.code
        return close_device(self.grant.h_e, self.opening, len(self.chain.ballots), code)

    def _two(self, signing: Sequence[Signing]) -> tuple[tuple[Official, ...], list[SecretSigningKey]]:
        """Return two officials with their keys, one of whom may open and close.

        Raises:
            CheckError: they are not.
        """
        known = self.officials()
        found = [known.signing(name, pin) for name, pin in signing]
        if len(found) != 2 or found[0][0].name == found[1][0].name:
            raise CheckError("two different officials open and close a station")
        if not any(official.role == "opener" for official, _ in found):
            raise CheckError("one of the two officials has to be an opener")
        return tuple(official for official, _ in found), [key for _, key in found]

    def _pending(self) -> Pending:
        found = self._sealed.read(Pending, "pending")
        if found is None or self.chain.undecided is None:
            raise CheckError("no ballot waits for a decision")
        return found

    def _require_open(self) -> None:
        if self.sender.refused:
            raise CheckError(f"the election refuses this station: {self.sender.refused}")
        if not self.chain.is_open:
            raise CheckError("the station is not open")

    def _require_time(self) -> None:
        now = int(self._clock().timestamp())
        if now < seconds_of(self.grant.opens):
            raise NoPermitError(Answer.NOT_OPEN)
        if now >= seconds_of(self.grant.closes):
            raise NoPermitError(Answer.CLOSED)

    def _now(self) -> str:
        return shown_time(self._clock())

    def shut(self) -> None:
        """Close the files."""
        with suppress(StorageError):
            self.roll.people.close()
        self.chain.journal.close()
