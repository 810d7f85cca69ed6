"""The voter's pages: choices, a review, the code, cast or challenge."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from e2evote.encoding import hex_of
from e2evote.errors import CheckError
from e2evote.record.contest_data import unpack
from e2evote.web.station.kiosk import Kiosk, Shown, form_of, go, kiosk_of, language_of, render
from e2evote.web.station.marking import MarkingError, Marks
from e2evote.web.station.words import problem_words

Endpoint = Callable[[Request], Awaitable[Response]]


def start(request: Request) -> Response:
    """Show what comes next: nothing, a ballot to begin, one to decide about, or what became of one."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        machine = kiosk.machine
        if kiosk.shown is not None:
            return _shown(request, kiosk, kiosk.shown)
        if machine.chain.undecided is not None and machine.permit is not None:
            ballot = machine.chain.undecided
            return render(request, "station/decide.html", ballot=ballot, challenges=machine.challenges_left)
        if machine.permit is None or not machine.chain.is_open:
            return render(request, "station/idle.html")
        return render(request, "station/begin.html")


def contest(request: Request) -> Response:
    """Show a contest."""
    kiosk, number = kiosk_of(request), request.path_params["number"]
    with kiosk.lock:
        marking = kiosk.begun()
        if marking is None or number not in marking.contests:
            return go("/ballot")
        return _contest(request, kiosk, number)


def mark(request: Request, form: dict[str, list[str]]) -> Response:
    """Take the marks of a contest, and lead to the next one."""
    kiosk, number = kiosk_of(request), request.path_params["number"]
    with kiosk.lock:
        marking = kiosk.begun()
        if marking is None or number not in marking.contests:
            return go("/ballot")
        try:
            marking.mark(number, form)
        except MarkingError as error:
            words = problem_words(error.problem, language_of(request).translations.gettext)
            return _contest(request, kiosk, number, words, status=422)
        later = [each for each in marking.contests if each > number]
        return go(f"/ballot/contest/{later[0]}" if later and "review" not in form else "/ballot/review")


def review(request: Request) -> Response:
    """Show everything that was chosen."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        marking = kiosk.begun()
        if marking is None:
            return go("/ballot")
        return render(request, "station/review.html", marking=marking, empty=Marks(()))


def begin(request: Request, form: dict[str, list[str]]) -> Response:  # noqa: ARG001
    """Begin to fill in a ballot."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        if kiosk.machine.permit is None or kiosk.machine.chain.undecided is not None:
            return go("/ballot")
        return go(f"/ballot/contest/{kiosk.begin().contests[0]}")


def encrypt(request: Request, form: dict[str, list[str]]) -> Response:  # noqa: ARG001
    """Encrypt what was chosen."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        marking = kiosk.begun()
        if marking is not None:
            ballot = kiosk.machine.encrypt(marking.plaintext())
            kiosk.marking = None
            kiosk.printer.receipt(kiosk.machine, ballot)
        return go("/ballot")


def cast(request: Request, form: dict[str, list[str]]) -> Response:  # noqa: ARG001
    """Cast the ballot."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        kiosk.shown = Shown(kiosk.machine.cast())
        kiosk.printer.decision(kiosk.machine, kiosk.shown.ballot)
        return go("/ballot")


def challenge(request: Request, form: dict[str, list[str]]) -> Response:  # noqa: ARG001
    """Challenge the ballot, and show what is in it."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        ballot = kiosk.machine.chain.undecided
        if ballot is None:
            raise CheckError("no ballot waits for a decision")
        opened, nonce = kiosk.machine.challenge()
        kiosk.shown = Shown(ballot, opened, nonce.value)
        kiosk.printer.decision(kiosk.machine, ballot)
        return go("/ballot")


def finish(request: Request, form: dict[str, list[str]]) -> Response:  # noqa: ARG001
    """Leave the screen to whoever comes next."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        kiosk.shown = None
        return go("/ballot")


def _contest(request: Request, kiosk: Kiosk, number: int, problem: str | None = None, status: int = 200) -> Response:
    marking = kiosk.marking
    if marking is None:
        return go("/ballot")
    known = marking.manifest.contest(number)
    return render(
        request, "station/contest.html", status, contest=known, index=number, problem=problem,
        marks=marking.marks.get(number, Marks((0,) * len(known.options))), order=marking.order(number),
        place=marking.contests.index(number) + 1, count=len(marking.contests),
        before=next((each for each in reversed(marking.contests) if each < number), None),
    )  # fmt: skip


def _shown(request: Request, kiosk: Kiosk, shown: Shown) -> Response:
    if shown.opened is None:
        return render(request, "station/done.html", ballot=shown.ballot)
    manifest, contests = kiosk.machine.election.manifest, []
    for opened in shown.opened.contests:
        known = manifest.contest(opened.index)
        texts = unpack(opened.contest_data.data).get("write_ins", {}) if opened.contest_data else {}
        chosen = [
            (option, opened.options[i].selection, texts.get(str(i + 1)))
            for i, option in enumerate(known.options)
            if opened.options[i].selection
        ]
        contests.append((known, chosen))
    nonce = hex_of(shown.nonce)
    check = f"E2E1:{hex_of(shown.ballot.code)}:{nonce}"
    return render(request, "station/challenged.html", ballot=shown.ballot, contests=contests, check=check, nonce=nonce)


def taking(function: Callable[[Request, dict[str, list[str]]], Response]) -> Endpoint:
    """Return what answers a form, in a thread."""

    async def endpoint(request: Request) -> Response:
        form = dict(await form_of(request))
        return await run_in_threadpool(function, request, form)

    return endpoint


ROUTES = [
    Route("/ballot", start),
    Route("/ballot/begin", taking(begin), methods=["POST"]),
    Route("/ballot/contest/{number:int}", contest),
    Route("/ballot/contest/{number:int}", taking(mark), methods=["POST"]),
    Route("/ballot/review", review),
    Route("/ballot/encrypt", taking(encrypt), methods=["POST"]),
    Route("/ballot/cast", taking(cast), methods=["POST"]),
    Route("/ballot/challenge", taking(challenge), methods=["POST"]),
    Route("/ballot/finish", taking(finish), methods=["POST"]),
]
