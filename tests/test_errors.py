"""Errors say where, which field, and what; they survive the way out of a worker process."""

import pickle

import pytest

from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError


def test_parse_errors_name_file_field_and_problem() -> None:
    assert str(ParseError("a.json", "too short")) == "a.json: too short"
    assert str(ParseError("a.ndjson:3", "too short", "h_i")) == "a.ndjson:3: h_i: too short"


@pytest.mark.parametrize(
    "error", [ParseError("a.json", "too short", "h_i"), CheckError("no"), VerificationError("guardian 2: no")]
)
def test_errors_are_pickled(error: E2EVoteError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
