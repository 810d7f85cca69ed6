"""Between bytes and record types: the only door through which a record is parsed or written.

Reading is strict: one canonical spelling (compact JSON, fields in order, upper-case hex of fixed width), no unknown or
duplicate keys, no null. What is checked here is form; range and membership are left to whoever verifies.
"""

from typing import Annotated, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, ValidationError

from e2evote.encoding import Hex, strict_json
from e2evote.errors import ParseError
from e2evote.group.elements import Group

Index = Annotated[int, Ge(1), Le(2**31 - 1)]
"""A 1-based index or a count that is at least 1."""
Count = Annotated[int, Ge(0), Le(2**31 - 1)]
"""A small integer."""
Total = Annotated[int, Ge(0), Le(2**53 - 1)]
"""A vote total."""
Hash = Annotated[bytes, Hex(32)]
"""32 bytes."""
ChainingField = Annotated[bytes, Hex(36)]
"""B_C: mode(4) ‖ hash(32)."""


class RecordModel(BaseModel):
    """Base of all record types: frozen, strict, closed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants")


T = TypeVar("T", bound=RecordModel)


def dump(value: RecordModel) -> bytes:
    """Return the canonical JSON of a record object, without a line end."""
    return value.model_dump_json(exclude_none=True).encode()


def parse(kind: type[T], data: bytes, where: str, group: Group | None = None, canonical: bool = True) -> T:
    """Return the object that ``data`` is the JSON of.

    Args:
        kind: the expected type.
        data: the bytes of one JSON object.
        where: file (and line) for error messages.
        group: the parameters that give elements their width; needed where there are any.
        canonical: require the one canonical spelling; false only for what people lay out by hand.

    Raises:
        ParseError: naming file, field and what was expected.
    """
    if not canonical:
        strict_json(data, where)
    try:
        value = kind.model_validate_json(data, context={"group": group})
    except ValidationError as error:
        strict_json(data, where)
        raise _parse_error(error, where) from None
    if canonical and dump(value) != data:
        strict_json(data, where)
        raise ParseError(where, "not in canonical form: compact JSON, fields in the documented order, no escapes")
    return value


def _parse_error(error: ValidationError, where: str) -> ParseError:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    return ParseError(where, message.encode("ascii", "backslashreplace").decode()[:300], field)
