"""What is in the roll, in numbers, and whether it fits the election."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from e2evote.election.people import members
from e2evote.election.people.database import People
from e2evote.election.people.member import Member
from e2evote.errors import CheckError
from e2evote.record.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Summary:
    """How many members there are, by ballot style, weight and how a code reaches them.

    ``shared``: mobile numbers and e-mail addresses of several members; whoever reads what is sent there gets the codes
    of them all.
    """

    members: int
    styles: dict[str, int]
    weights: dict[int, int]
    mobiles: int
    emails: int
    shared: int


def summarise(found: Iterable[Member], manifest: Manifest) -> Summary:
    """Return the numbers.

    Raises:
        CheckError: a member has a ballot style or a weight that the election does not have.
    """
    everybody = list(found)
    styles = Counter(member.ballot_style for member in everybody)
    weights = Counter(member.weight for member in everybody)
    mobiles = Counter(member.mobile for member in everybody if member.mobile is not None)
    emails = Counter(member.email for member in everybody if member.email is not None)
    if weights and max(weights) > manifest.maximum_weight:
        raise CheckError(f"the roll has a weight of {max(weights)}, the election none above {manifest.maximum_weight}")
    return Summary(
        members=len(everybody),
        styles={manifest.ballot_style(index).label: styles[index] for index in sorted(styles)},
        weights={weight: weights[weight] for weight in sorted(weights)},
        mobiles=mobiles.total(),
        emails=emails.total(),
        shared=sum(count > 1 for count in (*mobiles.values(), *emails.values())),
    )


def check_roll(people: People, manifest: Manifest) -> Summary:
    """Read every row of the roll and return the numbers.

    Raises:
        CheckError: a member has a ballot style or a weight that the election does not have.
        StorageError: a row is damaged, or an identifier leads to somebody else.
    """
    with people.reading() as access:
        return summarise((member for _, member in members.every(access)), manifest)
