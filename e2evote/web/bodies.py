"""The body of a request, as large as it may be and no larger, and in time."""

import asyncio

from starlette.requests import ClientDisconnect, Request

SECONDS = 30
"""In which a request has to arrive."""


class TurnedAwayError(Exception):
    """A request that is not even looked at: the status and headers to answer with, and why."""

    def __init__(self, status: int, problem: str, **headers: str) -> None:
        """Take them."""
        super().__init__(problem)
        self.status, self.headers = status, headers


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        TurnedAwayError: it is too large, or takes too long to come.
    """
    too_large = TurnedAwayError(413, f"larger than {limit} bytes", Connection="close")
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise TurnedAwayError(408, "the request took too long to arrive", Connection="close") from None
    except ClientDisconnect:
        raise TurnedAwayError(400, "the request ended early") from None
    return bytes(body)
