"""Why somebody is turned away."""

from enum import StrEnum

from e2evote.errors import CheckError


class Reason(StrEnum):
    """A reason; ``texts`` says each in every language."""

    NOT_OPEN = "not-open"
    CLOSED = "closed"
    ROBOT = "robot"
    MALFORMED = "malformed"
    TOO_OFTEN = "too-often"
    NO_CHANNEL = "no-channel"
    NO_ASKING = "no-asking"
    TOO_MANY_CODES = "too-many-codes"
    TOO_MANY_WRONG = "too-many-wrong"
    WRONG_CODE = "wrong-code"
    EXPIRED_CODE = "expired-code"
    NO_SESSION = "no-session"
    ELSEWHERE = "elsewhere"
    HAS_VOTED = "has-voted"
    BALLOT_EXPIRED = "ballot-expired"
    OTHER_BALLOT = "other-ballot"
    NOT_ON_BOARD = "not-on-board"
    WRONG_STYLE = "wrong-style"
    NO_MORE_CHALLENGES = "no-more-challenges"
    AT_STATION = "at-station"


class RefusedError(CheckError):
    """Somebody is turned away, for a reason.

    ``wait``: seconds after which trying again makes sense, 0 where it does not; ``field``: the field that is malformed.
    """

    def __init__(self, reason: Reason, wait: int = 0, field: str = "") -> None:
        """Take the reason."""
        self.reason, self.wait, self.field = reason, wait, field
        super().__init__(f"{reason}{f': {field}' if field else ''}{f' (wait {wait} seconds)' if wait else ''}")
