"""What the page is told when something is refused: a reason for programs, words for people."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from starlette.responses import JSONResponse

from e2evote.election.signin.refusals import Reason, RefusedError
from e2evote.election.signin.settings import Language
from e2evote.election.signin.texts import explain
from e2evote.errors import CheckError, E2EVoteError, ParseError, StorageError, VerificationError
from e2evote.web.bodies import TurnedAwayError
from e2evote.web.booth.callers import CrossSiteError
from e2evote.web.languages import languages
from e2evote.web.verification import BusyError

LOG = logging.getLogger("e2evote.web")

_STATUSES = {
    Reason.MALFORMED: 422,
    Reason.TOO_OFTEN: 429,
    Reason.NO_SESSION: 401,
    Reason.ELSEWHERE: 401,
    Reason.HAS_VOTED: 409,
    Reason.AT_STATION: 409,
    Reason.OTHER_BALLOT: 409,
    Reason.NOT_ON_BOARD: 409,
}
"""Of other reasons: 403."""


class Refusal(NamedTuple):
    """Why something is refused: HTTP status, reason, seconds to wait, the field, and what a program may be told."""

    status: int
    error: str
    wait: int = 0
    field: str = ""
    detail: str = ""


def refusal_of(error: Exception) -> Refusal:
    """Return how an error is answered; what is wrong with the server is logged, and told to nobody."""
    match error:
        case RefusedError():
            return Refusal(_STATUSES.get(error.reason, 403), error.reason.value, error.wait, error.field)
        case CrossSiteError():
            return Refusal(error.status, "cross-site", detail=str(error))
        case TurnedAwayError():
            return Refusal(error.status, "malformed-request", detail=str(error))
        case BusyError():
            return Refusal(503, "busy", wait=1)
        case ParseError():
            return Refusal(400, "malformed-request", field=error.field[:200], detail=str(error)[:500])
        case VerificationError():
            return Refusal(422, "not-right", detail=str(error)[:500])
        case CheckError():
            return Refusal(409, "not-right", detail=str(error)[:500])
        case StorageError() | E2EVoteError():
            LOG.error("the booth cannot answer: %s", error)
            return Refusal(503, "unavailable", wait=5)
    LOG.error("the booth failed unexpectedly", exc_info=error)
    return Refusal(503, "unavailable", wait=30)


def answer(error: Exception, language: Language, now: int) -> JSONResponse:
    """Return the answer to somebody who is refused."""
    refusal = refusal_of(error)
    content: dict[str, object] = {
        "error": refusal.error,
        "message": message_of(error, refusal.error, language),
        "wait": refusal.wait,
        "field": refusal.field,
        "now": now,
    }
    if refusal.detail:
        content["detail"] = refusal.detail
    headers = {"Retry-After": str(refusal.wait)} if refusal.wait and refusal.status in (429, 503) else {}
    if isinstance(error, TurnedAwayError):
        headers |= error.headers
    return JSONResponse(content, refusal.status, headers)


def message_of(error: Exception, reason: str, language: Language) -> str:
    """Return what a person is told."""
    if isinstance(error, RefusedError):
        return explain(error, language)
    return _words(reason, languages()[language].translations.gettext)


def _words(reason: str, gettext: Callable[[str], str]) -> str:
    match reason:
        case "cross-site":
            return gettext("This request did not come from the voting page. Please open the page again.")
        case "not-right":
            return gettext("The board did not accept this ballot. Nothing was cast. Please start again.")
        case "busy":
            return gettext("Very many people are voting right now. Please try again in a moment.")
        case "unavailable":
            return gettext("Voting is interrupted at the moment. Nothing is lost. Please try again in a few minutes.")
        case _:
            return gettext("The voting page sent something that is not understood. Please open the page again.")
