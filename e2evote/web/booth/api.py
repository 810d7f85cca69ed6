"""What the booth's page asks (docs/formats/booth.md): JSON in, JSON out, nothing decided here.

A call is looked at in this order: whose page it is from, its form, the session, the ballot's proofs; only then is it
handed to ``SignIn`` or ``Voting``. What blocks runs in threads, what computes in processes of its own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, NamedTuple, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2evote.election.acceptance import BALLOT_LIMIT
from e2evote.election.signin.desk import Order, Sent
from e2evote.election.signin.refusals import RefusedError
from e2evote.election.signin.robots import Answer
from e2evote.election.signin.settings import Language
from e2evote.election.signin.texts import LANGUAGES, explain
from e2evote.election.signin.voting import Offered
from e2evote.encoding import canonical_json, strict_json
from e2evote.errors import CheckError, ParseError
from e2evote.record.codec import RecordModel, parse
from e2evote.web.bodies import TurnedAwayError, body_of
from e2evote.web.booth import bodies, refusals
from e2evote.web.booth.booth import Booth
from e2evote.web.booth.callers import Caller
from e2evote.web.languages import choose
from e2evote.web.verification import BusyError

SMALL, LARGE = 2**14, BALLOT_LIMIT + 1024
"""Bytes of a body; large ones hold a ballot."""


class Reply(NamedTuple):
    """What is answered; the session's new token, empty to forget it, None where it stays."""

    content: dict[str, Any]
    token: str | None = None


Handler: TypeAlias = Callable[[Booth, Caller, Any], Awaitable[Reply]]


class Call(NamedTuple):
    """A call: the type of its body, what answers it, and whether only somebody who is signed in may send a ballot."""

    body: type[RecordModel]
    handler: Handler
    large: bool = False


def in_thread(function: Callable[[Booth, Caller, Any], Reply]) -> Handler:
    """Return a handler that runs in a thread, because it waits for databases."""

    async def run(booth: Booth, caller: Caller, body: Any) -> Reply:  # noqa: ANN401
        return await run_in_threadpool(function, booth, caller, body)

    return run


# ------------------------------------------------------------------------------------------------------- signing in


def question(booth: Booth, caller: Caller, body: bodies.Nothing) -> Reply:  # noqa: ARG001
    """Ask what a page asks before anything else."""
    return Reply(asdict(booth.signin.question()))


def sign_in(booth: Booth, caller: Caller, body: bodies.SignInBody) -> Reply:
    """Send a code to whoever has this identity."""
    answer = Answer(body.answer.token, body.answer.text, body.answer.work)
    order = Order(caller.language, caller.address, body.channel)
    return _sent(booth.signin.begin({str(name): text for name, text in body.fields.items()}, answer, order))


def resend(booth: Booth, caller: Caller, body: bodies.ResendBody) -> Reply:
    """Send one more code."""
    return _sent(booth.signin.resend(body.token, Order(caller.language, caller.address, body.channel)))


def enter(booth: Booth, caller: Caller, body: bodies.EnterBody) -> Reply:
    """Begin a session."""
    token = booth.signin.enter(body.token, body.code, caller.address)
    return Reply(turn_of(booth, token, caller.language), token)


def sign_out(booth: Booth, caller: Caller, body: bodies.Nothing) -> Reply:  # noqa: ARG001
    """End a session."""
    booth.signin.sign_out(caller.token)
    return Reply({}, token="")


def turn_of(booth: Booth, token: str, language: Language) -> dict[str, Any]:
    """Return where the voter of a session stands, or why there is no session."""
    try:
        return {"session": True, **asdict(booth.voting.turn(token))}
    except RefusedError as refused:
        return {"session": False, "error": refused.reason.value, "message": explain(refused, language)}


def _sent(sent: Sent) -> Reply:
    return Reply(asdict(sent))


# ---------------------------------------------------------------------------------------------------------- voting


def begin(booth: Booth, caller: Caller, body: bodies.Nothing) -> Reply:  # noqa: ARG001
    """Begin a ballot; one that was left is spoiled."""
    return Reply({"ballot_ends": booth.voting.begin(caller.token)})


async def commit(booth: Booth, caller: Caller, body: bodies.CommitBody) -> Reply:
    """Put a ballot onto the board, before its code is shown."""
    data = _positioned(body.ballot)
    commitments = body.commitments.cast, body.commitments.challenge
    submission = await run_in_threadpool(booth.acceptance.check_ballot, data, commitments)
    if submission.opening.device != booth.prepared.settings.device:
        raise CheckError(f"the ballot is of device {submission.opening.device}, which is not this booth's")
    if booth.verification is not None:
        await booth.verification.verify(submission)
    ballot = submission.ballot
    offered = Offered(ballot.confirmation_code, ballot.ballot_style, ballot.weight)

    def put() -> Reply:
        accepted = booth.voting.commit(caller.token, offered, lambda: booth.put(submission))
        turn = booth.voting.turn(caller.token)
        return Reply({"receipt": booth.receipt(accepted), "ballot_ends": turn.ballot_ends})

    return await run_in_threadpool(put)


def code(booth: Booth, caller: Caller, body: bodies.CodeBody) -> Reply:
    """Send a code with which this ballot can be cast."""
    order = Order(caller.language, caller.address, body.channel)
    return _sent(booth.voting.send_code(caller.token, body.confirmation_code, order, body.token))


def cast(booth: Booth, caller: Caller, body: bodies.CastBody) -> Reply:
    """Cast a ballot."""
    ballot, secret = body.confirmation_code, body.secret
    accepted = booth.voting.cast(
        caller.token, body.token, body.code, ballot, caller.address, lambda: booth.decide(ballot, "cast", secret)
    )
    return Reply({"receipt": booth.receipt(accepted)})


def challenge(booth: Booth, caller: Caller, body: bodies.ChallengeBody) -> Reply:
    """Challenge a ballot."""
    ballot, secret = body.confirmation_code, body.secret
    accepted = booth.voting.challenge(caller.token, ballot, lambda: booth.decide(ballot, "challenged", secret))
    return Reply({"receipt": booth.receipt(accepted)})


def open_ballot(booth: Booth, caller: Caller, body: bodies.OpenBody) -> Reply:  # noqa: ARG001
    """Publish a challenged ballot, opened; whoever knows its nonces may."""
    line = canonical_json(body.opened)
    booth.acceptance.check_opened(line)
    accept = booth.acceptance.open_ballot
    accepted = booth.write(lambda writing: accept(writing, line, booth.desk.clock()))
    return Reply({"receipt": booth.receipt(accepted)})


def _positioned(ballot: dict[str, Any]) -> bytes:
    """Return the canonical JSON of a ballot with a position, for which the board puts in its own."""
    if "position" in ballot:
        raise ParseError("ballot", "the board gives it; leave it out", "position")
    fields: dict[str, Any] = {}
    for name, value in ballot.items():
        fields[name] = value
        if name == "device":
            fields["position"] = 1
    return canonical_json(fields)


CALLS = {
    "question": Call(bodies.Nothing, in_thread(question)),
    "sign-in": Call(bodies.SignInBody, in_thread(sign_in)),
    "resend": Call(bodies.ResendBody, in_thread(resend)),
    "enter": Call(bodies.EnterBody, in_thread(enter)),
    "sign-out": Call(bodies.Nothing, in_thread(sign_out)),
    "begin": Call(bodies.Nothing, in_thread(begin)),
    "commit": Call(bodies.CommitBody, commit, large=True),
    "code": Call(bodies.CodeBody, in_thread(code)),
    "cast": Call(bodies.CastBody, in_thread(cast)),
    "challenge": Call(bodies.ChallengeBody, in_thread(challenge)),
    "open": Call(bodies.OpenBody, in_thread(open_ballot), large=True),
}

# -------------------------------------------------------------------------------------------------------- answering


async def turn(request: Request) -> Response:
    """Say where a voter stands."""

    async def answer(booth: Booth, caller: Caller) -> Reply:
        return Reply(await run_in_threadpool(turn_of, booth, caller.token, caller.language))

    return await _answered(request, answer)


def _endpoint(call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        async def answer(booth: Booth, caller: Caller) -> Reply:
            if not call.large:
                return await call.handler(booth, caller, await _body(request, call.body, SMALL))
            await run_in_threadpool(booth.signin.session, caller.token)
            if caller.token in booth.busy:
                raise BusyError("another ballot of this session is being looked at")
            booth.busy.add(caller.token)
            try:
                return await call.handler(booth, caller, await _body(request, call.body, LARGE))
            finally:
                booth.busy.discard(caller.token)

        return await _answered(request, answer)

    return endpoint


async def _answered(request: Request, answer: Callable[[Booth, Caller], Awaitable[Reply]]) -> Response:
    """Return what is answered to a request, or why it is refused."""
    booth: Booth = request.app.state.booth
    language = _language(request)
    try:
        booth.door.require_own_page(request)
        caller = Caller(language, booth.door.address(request), booth.door.token(request))
        booth.require_voting()
        reply = await answer(booth, caller)
    except Exception as error:
        return refusals.answer(error, language, booth.desk.now())
    response = JSONResponse({**reply.content, "now": booth.desk.now()})
    if reply.token is not None:
        booth.door.keep(response, reply.token)
    return response


def _language(request: Request) -> Language:
    tag = choose(request.query_params.get("lang"), request.headers.get("accept-language", "")).tag
    return tag if tag in LANGUAGES else "en"  # type: ignore[return-value]  # LANGUAGES are those of the type


async def _body(request: Request, kind: type[RecordModel], limit: int) -> RecordModel:
    """Return the object that the page sent.

    Raises:
        TurnedAwayError: it says that it is something else, or it is too large.
        ParseError: it is not in its form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise TurnedAwayError(415, "expected Content-Type: application/json")
    return await run_in_threadpool(_parsed, kind, await body_of(request, limit))


def _parsed(kind: type[RecordModel], data: bytes) -> RecordModel:
    if not isinstance(strict_json(data, "request"), dict):
        raise ParseError("request", "expected an object")
    return parse(kind, data, "request", canonical=False)


ROUTES = [
    Route("/vote/api/turn", turn, methods=["GET"]),
    *(Route(f"/vote/api/{name}", _endpoint(call), methods=["POST"]) for name, call in CALLS.items()),
]
