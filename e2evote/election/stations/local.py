"""The voters who are assigned to a station, on the station: a database of its own, sealed like the election's.

Each is *assigned*, then *authorised* while they vote, then *voted*, or at the end given back. The tokens of their
permits lie sealed beside the database; what is reported about them has no order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from e2evote.election.people import members, standings
from e2evote.election.people.database import People, exists
from e2evote.election.people.standings import PERMIT, Permit, Standing, State
from e2evote.election.stations.grant import Listed, VoterList
from e2evote.election.stations.identity import read_identity
from e2evote.election.stations.permits import Granted
from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.errors import CheckError, StorageError
from e2evote.files import write_atomically
from e2evote.record.codec import dump, parse

LIST = "private/list.sealed"


class LocalRoll:
    """The list of a station, open."""

    def __init__(self, folder: Path) -> None:
        """Open the database of a station's folder, an empty one where there is none.

        Raises:
            CheckError, ParseError, StorageError: it cannot be read.
        """
        self._folder = folder
        self.people = People.open(folder) if exists(folder) else People.create(folder)
        self._listed: dict[bytes, Listed] = {}
        path = folder / LIST
        if path.is_file():
            data = self.people.key.open("list", b"", path.read_bytes())
            self._know(parse(VoterList, data, str(path)).voters)

    def __len__(self) -> int:
        """Return how many voters are in the list."""
        return len(self._listed)

    def load(self, found: VoterList) -> int:
        """Take a list, which has everybody of the one before, and return how many are new.

        Raises:
            CheckError: somebody is missing who was in the list before.
        """
        known = {_name(voter) for voter in self._listed.values()}
        if not known <= {_name(voter) for voter in found.voters}:
            raise CheckError("this list lacks somebody whom the station has already; it is an older one")
        new = [voter for voter in found.voters if _name(voter) not in known]
        with self.people.writing() as access:
            members.add(access, [voter.member for voter in new])
            for voter in new:
                row = members.look_up(access, voter.member.identifiers).subject
                standings.write(access, row, Standing(State.ASSIGNED, 0, None, Permit(found.device, bytes(PERMIT))))
            merged = found.model_copy(update={"voters": (*self._listed.values(), *new), "count": len(found.voters)})
            sealed = self.people.key.seal("list", b"", dump(merged))
            write_atomically(self._folder / LIST, sealed, mode=0o600)
        self._know(new)
        return len(new)

    def authorise(self, typed: Mapping[str, str], fields: Sequence[str], country: str) -> Granted | None:
        """Give somebody of the list their permit; None where they are not in the list, or were given back.

        Raises:
            NoPermitError: a field is malformed, or they have voted here.
        """
        identity = read_identity(typed, fields, country)
        if not self._listed:
            return None
        with self.people.writing() as access:
            found = members.look_up(access, identity)
            if not found.known:
                return None
            standing = standings.read(access, found.subject)
            if standing.state is State.VOTED:
                raise NoPermitError(Answer.HAS_VOTED)
            if standing.state is State.NONE:
                return None
            standings.write(access, found.subject, replace(standing, state=State.AUTHORISED))
        return self._listed[found.subject].granted

    def finish(self, token: bytes, state: State) -> None:
        """Write down that a permit's voter has voted (VOTED), or is only assigned again (ASSIGNED)."""
        row = next((row for row, voter in self._listed.items() if voter.token == token), None)
        if row is None:
            raise StorageError("a permit is of nobody in the station's list")
        with self.people.writing() as access:
            standing = standings.read(access, row)
            if standing.state is not State.VOTED:
                permit = None if state is State.VOTED else standing.permit
                standings.write(access, row, replace(standing, state=state, permit=permit))

    def settle(self, token: bytes | None) -> None:
        """Assign everybody again whose permit never came into use; ``token`` is that of the one which did."""
        with self.people.writing() as access:
            for row, standing in list(standings.every(access)):
                own = row in self._listed and self._listed[row].token == token
                if standing.state is State.AUTHORISED and not own:
                    standings.write(access, row, replace(standing, state=State.ASSIGNED))

    def give_back(self) -> None:
        """Keep nobody any more who has not voted."""
        with self.people.writing() as access:
            for row, standing in list(standings.every(access)):
                if standing.state is State.ASSIGNED:
                    standings.write(access, row, Standing(State.NONE))
                elif standing.state is not State.VOTED and standing.state is not State.NONE:
                    raise StorageError("a permit is still outstanding")

    def tokens(self, state: State) -> list[bytes]:
        """Return the tokens of all voters in a state, in an order that means nothing."""
        with self.people.reading() as access:
            rows = [row for row, standing in standings.every(access) if standing.state is state]
        return sorted(self._listed[row].token for row in rows)

    def _know(self, voters: Sequence[Listed]) -> None:
        if not voters:
            return
        with self.people.reading() as access:
            for voter in voters:
                found = members.look_up(access, voter.member.identifiers)
                if found.known:  # else a crash came between the list and the database: the list is loaded again
                    self._listed[found.subject] = voter


def _name(voter: Listed) -> tuple[str | None, str | None]:
    return voter.member_number, voter.national_id
