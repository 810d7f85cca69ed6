"""Strings with places to fill in: {mobile}, {national}, {email}, {text}, {code} and {secret:name}; nothing else."""

import re
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from e2evote.errors import CheckError

NAMES = ("mobile", "national", "email", "text", "code")

_PLACE = re.compile(r"\{([^{}]*)\}")


def check_template(text: str, secrets: Mapping[str, str]) -> None:
    """Accept a string whose braces are places that are known.

    Raises:
        CheckError: naming the place.
    """
    for name in _PLACE.findall(text):
        if name not in NAMES and not (name.startswith("secret:") and name.removeprefix("secret:") in secrets):
            places = ", ".join(f"{{{known}}}" for known in (*NAMES, *(f"secret:{secret}" for secret in secrets)))
            raise CheckError(f"there is no {{{name}}}; there are {places}")
    if {"{", "}"} & set(_PLACE.sub("", text)):
        raise CheckError("a brace that is not part of a place")


def fill(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Return the string with its places filled in, each value as ``quote`` writes it."""
    return _PLACE.sub(lambda place: quote(values[place[1]]), text)


def strings_of(value: JsonValue) -> list[str]:
    """Return all strings that are values in a JSON value."""
    if isinstance(value, str):
        return [value]
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in items for text in strings_of(item)]


def fill_json(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """Return a JSON value with the places in its strings filled in."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, dict):
        return {key: fill_json(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_json(item, values) for item in value]
    return value
