"""What the booth's page sends: one type a call, closed and strict (schemas/booth_api.json)."""

from typing import Annotated, Any

from pydantic import StringConstraints

from e2evote.election.signin.settings import Channel, SignInField
from e2evote.record.codec import Hash, RecordModel

Token = Annotated[str, StringConstraints(max_length=200)]
Typed = Annotated[str, StringConstraints(max_length=200)]
"""What somebody typed, in whatever script."""


class Nothing(RecordModel):
    """An empty object."""


class RobotsAnswer(RecordModel):
    """The answer to a question."""

    token: Token
    text: Typed
    work: Typed


class SignInBody(RecordModel):
    """Who somebody says they are."""

    fields: dict[SignInField, Typed]
    answer: RobotsAnswer
    channel: Channel | None = None


class ResendBody(RecordModel):
    """One more code for an attempt."""

    token: Token
    channel: Channel | None = None


class EnterBody(RecordModel):
    """The code that was sent."""

    token: Token
    code: Typed


class CommitmentsBody(RecordModel):
    """SHA-256 of the two secrets."""

    cast: Hash
    challenge: Hash


class CommitBody(RecordModel):
    """A ballot without its position, which the board gives it."""

    ballot: dict[str, Any]
    commitments: CommitmentsBody


class CodeBody(RecordModel):
    """A code to cast this ballot; ``token`` is that of an earlier one, which stays good."""

    confirmation_code: Hash
    token: Token | None = None
    channel: Channel | None = None


class CastBody(RecordModel):
    """A ballot's secret, and the code that was sent for it."""

    confirmation_code: Hash
    secret: Hash
    token: Token
    code: Typed


class ChallengeBody(RecordModel):
    """A ballot's other secret."""

    confirmation_code: Hash
    secret: Hash


class OpenBody(RecordModel):
    """A challenged ballot, opened: ``record.opened.ChallengedBallot``."""

    opened: dict[str, Any]
