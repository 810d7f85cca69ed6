"""Requests as a server hands them to an application: whatever their path, query, headers and body are."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "BREW")
NAMES = (
    "accept-encoding", "accept-language", "authorization", "content-length", "content-type", "host", "if-none-match",
    "origin", "range", "x-forwarded-for",
)  # fmt: skip
WORDS = ("*", '"', "gzip;q=x", "fa;q=nan", "Bearer ", "application/json", "-1", "bytes=0-", "a" * 9000, "[::1")

headers = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(WORDS) | st.text(st.characters(max_codepoint=255)))
)
odd_text = st.text() | st.sampled_from(["../../etc/passwd", "\0", "' OR 1=1 --", "%2e%2e", "//", "٣", "x" * 5000])


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    application: ASGIApp,
    method: str = "GET",
    path: str = "/",
    query: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    stalls: bool = False,
) -> Answer:
    """Hand one request to an application whose lifespan has begun; one that stalls never ends."""
    sent: list[Message] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if stalls:
            await asyncio.sleep(60)
        return received.pop() if received else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode("utf-8", "surrogatepass"), "query_string": query, "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    with ThreadPoolExecutor(1) as thread:  # in the main thread a browser's loop may be running
        thread.submit(asyncio.run, application(scope, receive, send)).result()
    start = sent[0]
    found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
