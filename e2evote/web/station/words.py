"""What people at a station are told when something is refused."""

from collections.abc import Callable

from e2evote.election.stations.refusals import Answer, NoPermitError
from e2evote.web.station.marking import Problem


def answer_words(refused: NoPermitError, gettext: Callable[[str], str]) -> str:
    """Return the system's answer about a person in words."""
    match refused.answer:
        case Answer.NOT_ON_ROLL:
            return gettext("Nobody on the electoral roll has these numbers. Check every digit.")
        case Answer.HAS_VOTED:
            return gettext("This person has voted already.")
        case Answer.VOTING_ELSEWHERE:
            return gettext("This person is voting online at this moment: a ballot of theirs waits on the board.")
        case Answer.OTHER_STATION:
            return gettext("This person is on the list of another station, or has begun to vote there.")
        case Answer.IN_LIST:
            return gettext("This person is on this station's list, and the list here is older. Fetch the list.")
        case Answer.NOT_IN_LIST:
            return gettext("This person is not on this station's list, and the station has no connection.")
        case Answer.WRONG_STYLE:
            return gettext("This station does not serve this person's ballot.")
        case Answer.MALFORMED:
            return gettext("A number is missing or mistyped. Check every digit.")
        case Answer.NOT_OPEN:
            return gettext("The time for voting has not begun.")
        case Answer.CLOSED:
            return gettext("The time for voting has ended.")


def problem_words(problem: Problem, gettext: Callable[[str], str]) -> str:
    """Return why marks were not taken."""
    match problem:
        case "too-many":
            return gettext("These are more choices than you have. Take some back.")
        case "text-missing":
            return gettext("Write the name that you mean, or take the choice back.")
        case "text-too-long":
            return gettext("The text is too long. Shorten it.")
        case "malformed":
            return gettext("This was not understood. Please mark your choices again.")
