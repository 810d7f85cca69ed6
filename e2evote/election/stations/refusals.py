"""Why a station does not release a ballot to somebody."""

from enum import StrEnum

from e2evote.errors import CheckError


class Answer(StrEnum):
    """What the system answers where somebody may not vote; pages say each in every language."""

    NOT_ON_ROLL = "not-on-roll"
    HAS_VOTED = "has-voted"
    VOTING_ELSEWHERE = "voting-elsewhere"
    OTHER_STATION = "other-station"
    IN_LIST = "in-list"
    NOT_IN_LIST = "not-in-list"
    WRONG_STYLE = "wrong-style"
    MALFORMED = "malformed"
    NOT_OPEN = "not-open"
    CLOSED = "closed"


class NoPermitError(CheckError):
    """The system's answer is that this person may not vote here now; ``field``: the field that is malformed."""

    def __init__(self, answer: Answer, field: str = "") -> None:
        """Take the answer."""
        self.answer, self.field = answer, field
        super().__init__(f"{answer}: {field}" if field else answer.value)
