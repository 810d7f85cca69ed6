"""The calls of stations: JSON in, JSON out, each signed by the station's key, none of them about who voted how.

A refusal is ``{"error": …}``; where it is the system's answer about a person, it has the field ``answer``.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2evote.election.acceptance import BALLOT_LIMIT
from e2evote.election.stations.grant import Listed, VoterList, seal_list
from e2evote.election.stations.intake import is_closed, parse_closing
from e2evote.election.stations.inventory import Station
from e2evote.election.stations.link import PATH
from e2evote.election.stations.refusals import NoPermitError
from e2evote.election.stations.wire import claimed_device, verify_request
from e2evote.encoding import hex_of, parse_hex, strict_json
from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.web.bodies import TurnedAwayError, body_of
from e2evote.web.stations.office import Office
from e2evote.web.verification import BusyError

LOG = logging.getLogger("e2evote.web")
LIMIT = BALLOT_LIMIT + 1024
TOKENS = 1000
"""Tokens that a call may have."""

Body = dict[str, Any]
Handler = Callable[[Office, Station, Body], Body]


def state(office: Office, station: Station, body: Body) -> Body:
    """Compare the station's chain with the board."""
    codes = _hashes(body, "codes", 32, None)
    count = office.intake.compare(station, len(codes), codes)
    with office.acceptance.reading() as view:
        return {"ballots": count, "closed": is_closed(view, station.device)}


def authorise(office: Office, station: Station, body: Body) -> Body:
    """Say whether somebody may vote at the station, and if so give them a permit."""
    fields = body.get("fields")
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise ParseError("request", "expected an object of strings", "fields")
    with office.acceptance.reading() as view:
        if is_closed(view, station.device):
            raise CheckError(f"device {station.device} is closed")
    granted = office.permits.authorise(station, fields)
    return {
        "token": hex_of(granted.token),
        "inquiry": granted.inquiry,
        "name": granted.name,
        "ballot_style": granted.ballot_style,
        "weight": granted.weight,
    }


def voters(office: Office, station: Station, body: Body) -> Body:  # noqa: ARG001
    """Give the station its list, sealed to its key."""
    found = tuple(Listed.of(member, granted) for member, granted in office.permits.listed(station))
    made = VoterList(h_e=office.h_e, device=station.device, count=len(found), voters=found)
    return {"list": hex_of(seal_list(made, station.sealing))}


def status(office: Office, station: Station, body: Body) -> Body:
    """Take in what became of a ballot."""
    office.intake.status(station, body)
    return {}


def opened(office: Office, station: Station, body: Body) -> Body:
    """Take in a challenged ballot, opened."""
    office.intake.opened(station, body)
    return {}


def settle(office: Office, station: Station, body: Body) -> Body:
    """Take in which permits were used, and which were returned."""
    used, returned = _hashes(body, "used", None, TOKENS), _hashes(body, "returned", None, TOKENS)
    office.permits.settle(station, used, returned, lambda: office.intake.numbers(station.device))
    return {}


def close(office: Office, station: Station, body: Body) -> Body:
    """End the station's chain, and release whom it still holds."""
    office.intake.close(station, parse_closing(body.get("closing")))
    released = office.permits.release(station.device, lambda: office.intake.numbers(station.device))
    return {"released": released}


async def ballot(office: Office, station: Station, body: Body) -> Body:
    """Take in a ballot, its proofs verified."""
    submission = await run_in_threadpool(office.intake.submission, station, body)
    if office.verification is not None:
        await office.verification.verify(submission)
    await run_in_threadpool(office.intake.put, submission)
    return {}


CALLS: dict[str, Any] = {
    "state": state,
    "authorise": authorise,
    "list": voters,
    "ballot": ballot,
    "status": status,
    "opened": opened,
    "settle": settle,
    "close": close,
}


def _endpoint(name: str) -> Callable[[Request], Any]:
    handler = CALLS[name]

    async def endpoint(request: Request) -> Response:
        try:
            office: Office | None = getattr(request.app.state, "office", None)
            if office is None:
                raise CheckError("this election has no stations")
            station, body = await _caller(office, request)
            if asyncio.iscoroutinefunction(handler):
                return JSONResponse(await handler(office, station, body))
            return JSONResponse(await run_in_threadpool(handler, office, station, body))
        except (E2EVoteError, TurnedAwayError) as error:
            return _refusal(error)

    return endpoint


async def _caller(office: Office, request: Request) -> tuple[Station, Body]:
    """Return the station whose key has signed a request, and what it asks."""
    data = await body_of(request, LIMIT)
    device = claimed_device(request.headers)
    try:
        station = await run_in_threadpool(office.station, device)
        now = int(office.clock().timestamp())
        verify_request(request.headers, station.key, office.h_e, device, now, request.url.path, data)
    except (CheckError, VerificationError) as error:
        LOG.warning("a station's request is refused: %s", error)
        raise TurnedAwayError(401, str(error)) from None
    body = await run_in_threadpool(strict_json, data, "request")
    if not isinstance(body, dict):
        raise ParseError("request", "expected an object")
    return station, body


def _refusal(error: Exception) -> Response:
    match error:
        case NoPermitError():
            content = {"error": str(error), "answer": error.answer.value, "field": error.field}
            return JSONResponse(content, 403)
        case TurnedAwayError():
            return JSONResponse({"error": str(error)}, error.status, error.headers)
        case BusyError():
            return JSONResponse({"error": str(error)}, 503, {"Retry-After": "1"})
        case ParseError():
            return JSONResponse({"error": str(error)}, 400)
        case VerificationError():
            return JSONResponse({"error": str(error)}, 422)
        case CheckError():
            LOG.warning("a station is refused: %s", error)
            return JSONResponse({"error": str(error)}, 409)
    LOG.error("stations cannot be answered: %s", error)
    return JSONResponse({"error": "the server cannot answer now"}, 503, {"Retry-After": "5"})


def _hashes(body: Body, name: str, size: int | None, most: int | None) -> list[bytes]:
    found = body.get(name)
    if not isinstance(found, list) or (most is not None and len(found) > most):
        raise ParseError("request", "expected a list" + (f" of at most {most}" if most else ""), name)
    try:
        return [parse_hex(text, size) for text in found]
    except ValueError as error:
        raise ParseError("request", str(error), name) from None


ROUTES = [Route(f"{PATH}{name}", _endpoint(name), methods=["POST"]) for name in CALLS]
