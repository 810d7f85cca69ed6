"""The booth's interface as an OpenAPI document (``schemas/booth_api.json``), for whoever tests it or writes a page."""

from typing import Any

from e2evote.election.signin.texts import LANGUAGES
from e2evote.record.codec import RecordModel
from e2evote.web.booth.api import CALLS, LARGE, SMALL
from e2evote.web.booth.callers import HEADER

_STRING, _NUMBER, _BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_WORDS = {"type": "object", "additionalProperties": _STRING}
_SENT = {"token": _STRING, "channel": {"enum": ["mobile", "email"]}, "masks": _WORDS, "expires": _NUMBER}
_SIGNED_IN = {
    "session": {"const": True}, "name": _STRING, "ballot_style": _NUMBER, "weight": _NUMBER, "voted": _BOOLEAN,
    "undecided": _BOOLEAN, "challenges_left": _NUMBER, "ballot_ends": _NUMBER,
}  # fmt: skip
_NOBODY = {"session": {"const": False}, "error": _STRING, "message": _STRING}
_RECEIPT = {"receipt": _STRING}

_ANSWERS: dict[str, dict[str, Any]] = {
    "question": {"token": _STRING, "texts": _WORDS, "work_bits": _NUMBER},
    "sign-in": _SENT,
    "resend": _SENT,
    "sign-out": {},
    "begin": {"ballot_ends": _NUMBER},
    "commit": {**_RECEIPT, "ballot_ends": _NUMBER},
    "code": _SENT,
    "cast": _RECEIPT,
    "challenge": _RECEIPT,
    "open": _RECEIPT,
}


def description() -> dict[str, Any]:
    """Return the document."""
    schemas: dict[str, Any] = {"Refusal": _refusal()}
    paths: dict[str, Any] = {"/vote/api/turn": {"get": {"operationId": "turn", **_common(_turn())}}}
    for name, call in CALLS.items():
        reference = _added(schemas, call.body)
        answer = _turn() if name == "enter" else _object(_ANSWERS[name])
        operation = {
            "operationId": name,
            "description": f"A body of at most {LARGE if call.large else SMALL} bytes.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
            **_common(answer, {"name": HEADER, "in": "header", "required": True, "schema": {"const": "1"}}),
        }
        paths[f"/vote/api/{name}"] = {"post": operation}
    info = {"title": "Voting booth of e2evote", "version": "1", "license": {"name": "Apache-2.0"}}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _added(schemas: dict[str, Any], model: type[RecordModel]) -> dict[str, str]:
    """Add a type with those that it uses to the schemas, and return a reference to it."""
    schema = _without_null(model.model_json_schema(ref_template="#/components/schemas/{model}"))
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _without_null(schema: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return a schema in which a field may be left out but is never null."""
    if isinstance(schema, list):
        return [_without_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    some = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    if len(some) == 1:
        return {key: value for key, value in schema.items() if key not in ("anyOf", "default")} | _without_null(some[0])
    return {key: _without_null(value) for key, value in schema.items()}


def _common(answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    language = {"name": "lang", "in": "query", "schema": {"enum": list(LANGUAGES)}}
    refusal = {"$ref": "#/components/schemas/Refusal"}
    responses = {
        "200": _response("What was asked for", answer),
        "4XX": _response("A refusal", refusal),
        "503": _response("Busy or interrupted; the same again later", refusal),
    }
    return {"parameters": [language, *parameters], "responses": responses}


def _response(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    every = {**properties, "now": _NUMBER}
    required = [name for name in every if name not in optional]
    return {"type": "object", "properties": every, "required": required, "additionalProperties": False}


def _turn() -> dict[str, Any]:
    return {"oneOf": [_object(_SIGNED_IN), _object(_NOBODY)]}


def _refusal() -> dict[str, Any]:
    fields = {"error": _STRING, "message": _STRING, "wait": _NUMBER, "field": _STRING, "detail": _STRING}
    return _object(fields, "detail")
