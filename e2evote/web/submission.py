"""How ballots and decisions about them come onto the board: ``POST /submit/ballot`` and ``POST /submit/status``.

Not for the public: whoever submits shows the board's token. Everything is judged before it is written, and answered,
with a receipt, only when it is on the disk. Whoever gets no answer sends the same again and gets the same receipt.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from e2evote.board.storage.writing import Writing
from e2evote.election.acceptance import BALLOT_LIMIT, Accepted, Commitments
from e2evote.election.receipts import receipt
from e2evote.encoding import canonical_json, parse_hex, strict_json
from e2evote.errors import CheckError, E2EVoteError, ParseError, StorageError, VerificationError
from e2evote.record.ballot import Status
from e2evote.web.bodies import TurnedAwayError, body_of
from e2evote.web.site import Site
from e2evote.web.verification import BusyError

BODY_LIMIT = BALLOT_LIMIT + 1024
"""Bytes of a request: the largest ballot, its commitments, and what is around them."""

Answer = Callable[[Request, Site], Awaitable[Accepted]]


async def submit_ballot(request: Request) -> Response:
    """Take in a ballot: ``{"ballot": …, "commitments": {"cast": …, "challenge": …}}``.

    Commitments are there where the page of a voter made them.
    """
    return await _answered(request, _ballot)


async def submit_status(request: Request) -> Response:
    """Take in what becomes of a ballot: ``{"confirmation_code": …, "status": …, "secret": …}``.

    The secret is there where the ballot's entry asks for one.
    """
    return await _answered(request, _status)


async def _answered(request: Request, answer: Answer) -> Response:
    """Return the receipt, or why there is none."""
    site: Site = request.app.state.site
    try:
        accepted = await answer(request, site)
        return Response(await run_in_threadpool(receipt, site.board, accepted), media_type="text/plain")
    except TurnedAwayError as refused:
        return _refusal(refused.status, str(refused), refused.headers)
    except BusyError as error:
        return _refusal(503, str(error), {"Retry-After": "1"})
    except StorageError as error:
        return _refusal(503, str(error), {"Retry-After": "5"})
    except E2EVoteError as error:
        return _refusal(_STATUSES.get(type(error), 400), str(error))


_STATUSES: dict[type[E2EVoteError], int] = {ParseError: 400, CheckError: 409, VerificationError: 422}


def _refusal(status: int, problem: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": problem}, status, headers)


async def _ballot(request: Request, site: Site) -> Accepted:
    value = await _object(request, site, {"ballot"}, {"commitments"})
    data, commitments = canonical_json(value["ballot"]), _commitments(value.get("commitments"))
    acceptance = site.acceptance
    submission = await run_in_threadpool(acceptance.check_ballot, data, commitments)
    if site.verification is not None:
        await site.verification.verify(submission)
    return await _written(site, lambda writing: acceptance.accept_ballot(writing, submission, datetime.now(UTC)))


async def _status(request: Request, site: Site) -> Accepted:
    value = await _object(request, site, {"confirmation_code", "status"}, {"secret"})
    code = _hash(value, "confirmation_code")
    secret = _hash(value, "secret") if "secret" in value else None
    status: Status = value["status"]
    if status not in get_args(Status):
        raise ParseError("request", f"expected one of {', '.join(get_args(Status))}", "status")
    decide = site.acceptance.decide
    return await _written(site, lambda writing: decide(writing, code, status, secret, datetime.now(UTC)))


async def _written(site: Site, append: Callable[[Writing], Accepted]) -> Accepted:
    """Return what was appended, when it is on the disk."""
    return await asyncio.wrap_future(site.committer.submit(append))


async def _object(request: Request, site: Site, needed: set[str], optional: set[str]) -> dict[str, Any]:
    """Return the JSON object that somebody who may submit has sent."""
    shown = request.headers.get("authorization", "")
    if not secrets.compare_digest(shown.encode(), f"Bearer {site.token}".encode()):
        raise TurnedAwayError(401, "whoever submits shows the board's token", **{"WWW-Authenticate": "Bearer"})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise TurnedAwayError(415, "expected Content-Type: application/json")
    value = await run_in_threadpool(strict_json, await body_of(request, BODY_LIMIT), "request")
    if not isinstance(value, dict):
        raise ParseError("request", "expected an object")
    for name in sorted(needed - value.keys()):
        raise ParseError("request", "the field is missing", name)
    for name in sorted(value.keys() - needed - optional):
        raise ParseError("request", f"the field {name[:50]!a} is not known")
    return value


def _commitments(value: object) -> Commitments | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"cast", "challenge"}:
        raise ParseError("request", "expected an object with cast and challenge", "commitments")
    return _hash(value, "cast"), _hash(value, "challenge")


def _hash(value: dict[str, Any], name: str) -> bytes:
    try:
        return parse_hex(value[name], 32)
    except ValueError as error:
        raise ParseError("request", str(error), name) from None
