"""A provider's HTTP interface, described by the settings alone: URL, headers and body with places to fill in.

Redirections are not followed, nothing is tried twice (a code that arrives twice confuses), and what comes back is read
as far as is needed to know whether it was taken.
"""

import json
from urllib.parse import quote, urlencode

import phonenumbers
import urllib3

from e2evote.election.signin.gateways.message import GatewayError, Message
from e2evote.election.signin.gateways.templates import check_template, fill, fill_json, strings_of
from e2evote.election.signin.settings import HttpSettings
from e2evote.encoding import canonical_json
from e2evote.errors import CheckError

_ANSWER = 2**16
"""Bytes of an answer that are looked at."""


class Http:
    """One provider."""

    def __init__(self, settings: HttpSettings, secrets: dict[str, str]) -> None:
        """Take the settings and their secrets.

        Raises:
            CheckError: a template has a place that is not known.
        """
        self._settings = settings
        self._secrets = {f"secret:{name}": value for name, value in secrets.items()}
        self._pool = urllib3.PoolManager(retries=False, timeout=settings.timeout, maxsize=4)
        fields = strings_of(settings.body.fields) if settings.body is not None else []
        for text in (settings.url, *settings.headers.values(), *fields):
            check_template(text, settings.secrets)

    def __repr__(self) -> str:
        return "Http(…)"

    def send(self, message: Message) -> None:
        """Make the request.

        Raises:
            GatewayError: the provider is not there, or did not say that it took the message.
        """
        values = self._secrets | _values(message)
        headers = {name: fill(value, values) for name, value in self._settings.headers.items()}
        url = fill(self._settings.url, values, lambda value: quote(value, safe=""))
        kind, body = self._body(values)
        if any(not value.isprintable() for value in headers.values()):
            raise GatewayError("HTTP gateway: a header would have a line feed in it")
        try:
            response = self._pool.request(
                self._settings.method, url, body=body, headers=headers | kind, redirect=False, preload_content=False
            )
            try:
                answer = response.read(_ANSWER)
            finally:
                response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            asked = not isinstance(
                error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
            )
            raise GatewayError(f"HTTP gateway: {type(error).__name__}", asked) from None  # its text holds the URL
        self._require_success(response.status, answer)

    def _body(self, values: dict[str, str]) -> tuple[dict[str, str], bytes | None]:
        body = self._settings.body
        if body is None:
            return {}, None
        fields = fill_json(body.fields, values)
        if body.format == "json":
            return {"Content-Type": "application/json; charset=utf-8"}, canonical_json(fields)
        if not isinstance(fields, dict):
            raise CheckError("the fields of a form are an object")
        return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()

    def _require_success(self, status: int, answer: bytes) -> None:
        wanted = self._settings.success
        if status not in wanted.status:
            raise GatewayError(f"HTTP gateway: answered {status}")
        if wanted.field is None:
            return
        try:
            found = json.loads(answer)
            for name in wanted.field.split("."):
                found = found[name]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise GatewayError(f"HTTP gateway: the answer has no field {wanted.field}") from None
        if type(found) is not type(wanted.value) or found != wanted.value:
            raise GatewayError(f"HTTP gateway: the answer's field {wanted.field} is not the one of success")


def _values(message: Message) -> dict[str, str]:
    mobile = message.to if message.channel == "mobile" else ""
    values = {"mobile": mobile, "national": _national(mobile), "text": message.text, "code": message.code}
    return values | {"email": message.to if message.channel == "email" else ""}


def _national(mobile: str) -> str:
    if not mobile:
        return ""
    shown = phonenumbers.format_number(phonenumbers.parse(mobile), phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(filter(str.isdecimal, shown))
