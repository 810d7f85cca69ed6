"""Between bytes and record types: the only door through which a record is parsed or written.

Reading is strict: one canonical spelling (compact JSON, fields in order, upper-case hex of fixed width), no unknown or
duplicate keys, no null. What is checked here is form; range and membership are left to whoever verifies.
"""

from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema

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


def _fail_fast(node: Any, handler: GetCoreSchemaHandler) -> None:  # noqa: ANN401  (schemas are nested plain data)
    if isinstance(node, list):
        for part in node:
            _fail_fast(part, handler)
    elif isinstance(node, dict):
        if node.get("type") == "tuple":
            node["fail_fast"] = True
        if node.get("type") == "definition-ref":
            node = handler.resolve_ref_schema(node)
        for part in node.values():
            _fail_fast(part, handler)


class RecordModel(BaseModel):
    """Base of all record types: frozen, strict, closed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let arrays end at their first mistake: a list of all takes hundreds of times the memory of the data."""
        schema = handler(source)
        _fail_fast(handler.resolve_ref_schema(schema), handler)
        return schema


T = TypeVar("T", bound=RecordModel)

_SHOWN = 100
"""More mistakes than these are only counted: to list them takes more memory than the data."""


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
    if error.error_count() > _SHOWN:
        return ParseError(where, f"{error.error_count()} fields are missing, unknown or not of the expected form")
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    return ParseError(where, message.encode("ascii", "backslashreplace").decode()[:300], field)
