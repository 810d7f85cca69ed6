"""Who calls the booth's interface: from which page, address and session; whoever is not its own page is turned away.

A browser sends the cookie with requests of this site alone (SameSite=Strict). Besides, a request has to have a header
that no form can send and no other origin may, and where the browser says whose page it is from, it has to be ours.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request
from starlette.responses import Response

from e2evote.election.signin.settings import Language
from e2evote.errors import CheckError
from e2evote.web.bodies import TurnedAwayError

HEADER = "X-E2EVote"
TOKEN_LIMIT = 200

_V6_PREFIX = 64
"""Bits of an IPv6 address that one customer has at least; limits count these."""

Network = IPv4Network | IPv6Network


class CrossSiteError(TurnedAwayError):
    """A request that no page of this site has sent."""

    def __init__(self, problem: str) -> None:
        """Say why."""
        super().__init__(403, problem)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the language of the answer, the network address that limits count, and the session's token."""

    language: Language
    address: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Door:
    """How requests come in.

    Args:
        secure: over HTTPS, by this server or the proxy before it.
        url: the origin that voters see, empty: whatever they call this server.
        proxies: networks of proxies, which say whom they speak for in X-Forwarded-For; nobody else may come then.
    """

    secure: bool
    url: str = ""
    proxies: tuple[Network, ...] = ()

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; browsers hold what begins with __Host- to this host and to HTTPS."""
        return "__Host-session" if self.secure else "session"

    def token(self, request: Request) -> str:
        """Return the token of a session, empty where there is none."""
        found = request.cookies.get(self.cookie, "")
        return found if len(found) <= TOKEN_LIMIT else ""

    def keep(self, response: Response, token: str) -> None:
        """Have the browser keep a session's token until it is closed; an empty one is forgotten."""
        if token:
            response.set_cookie(self.cookie, token, path="/", secure=self.secure, httponly=True, samesite="strict")
        else:
            response.delete_cookie(self.cookie, path="/", secure=self.secure, httponly=True, samesite="strict")

    def require_own_page(self, request: Request) -> None:
        """Accept a request of one of our own pages.

        Raises:
            CrossSiteError: it is none, or does not say so.
        """
        reads = request.method in ("GET", "HEAD")
        if not reads and request.headers.get(HEADER) != "1":
            raise CrossSiteError(f"expected the header {HEADER}: 1")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site != "same-origin" and not (reads and site == "none"):
            raise CrossSiteError("the request is from another site")
        origin = request.headers.get("origin")
        if origin is not None and not self._is_own(origin, request.headers.get("host", "")):
            raise CrossSiteError("the request is from a page of another origin")

    def _is_own(self, origin: str, host: str) -> bool:
        if self.url:
            return origin == self.url
        return bool(host) and origin == f"{'https' if self.secure else 'http'}://{host}"

    def address(self, request: Request) -> str:
        """Return where a request comes from, as limits count it: an IPv4 address, or 64 bits of an IPv6 address.

        Raises:
            TurnedAwayError: there are proxies, and it has not come through one.
        """
        peer = request.client.host if request.client is not None else ""
        if self.proxies:
            if not _lies_in(peer, self.proxies):
                raise TurnedAwayError(403, "requests come through the proxy")
            peer = self._forwarded(request, peer)
        return _counted(peer)

    def known_address(self, request: Request) -> str:
        """Return where a request comes from, empty where it has not come through the proxy."""
        try:
            return self.address(request)
        except TurnedAwayError:
            return ""

    def _forwarded(self, request: Request, peer: str) -> str:
        """Return the last address that is not a proxy's own: what stands before it anybody can make up."""
        chain = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        for text in reversed([part.strip() for part in chain if part.strip()]):
            if not _lies_in(text, self.proxies):
                return text
        return peer


def proxy_networks(texts: Collection[str]) -> tuple[Network, ...]:
    """Return networks that somebody named, such as 127.0.0.1 or 10.0.0.0/8.

    Raises:
        CheckError: it is none.
    """
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise CheckError(f"{error}: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8") from None


def _lies_in(text: str, networks: Collection[Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def _counted(text: str) -> str:
    address = _parsed(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _V6_PREFIX), strict=False))
    return text[:100] if address is None else str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, an IPv4 address that is written as one of IPv6 as what it is; None where it is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
