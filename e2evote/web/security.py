"""The headers that every answer has, whatever answers: pages run no script and are shown in no other page.

A page that runs script, the booth's, says so by a content policy of its own, which then stands.
"""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_POLICY = "Content-Security-Policy"
HEADERS = (
    (_POLICY, CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_PRIVATE = (("Cache-Control", "no-store"), ("Cross-Origin-Resource-Policy", "same-origin"))
"""What holds where the answer says nothing else: a voter's computer keeps no trace of which ballot was looked at."""


class Secured:
    """An application whose every answer has the headers."""

    def __init__(self, application: ASGIApp) -> None:
        """Take the application."""
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get(_POLICY)
                _set(headers, HEADERS)
                if own is not None:
                    headers[_POLICY] = own
                _set(headers, ((name, value) for name, value in _PRIVATE if name not in headers))
            await send(message)

        await self.application(scope, receive, secured)


def _set(headers: MutableHeaders, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        headers[name] = value
