"""The officials' pages: opening, releasing ballots, what the station has done, closing, minutes."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from e2evote.election.stations.link import CutOffError
from e2evote.election.stations.minutes import read_minutes
from e2evote.election.stations.refusals import NoPermitError
from e2evote.errors import CheckError, E2EVoteError
from e2evote.web.station.ballot import taking
from e2evote.web.station.kiosk import COOKIE, Form, Kiosk, go, kiosk_of, language_of, one, render
from e2evote.web.station.words import answer_words

Page = Callable[[Request], Response]
Action = Callable[[Request, Form], Response]


def front(request: Request) -> Response:
    """Show what the station is doing, or ask who is there."""
    kiosk = kiosk_of(request)
    if not kiosk.may(request):
        return render(
            request, "station/sign_in.html", names=[each.name for each in kiosk.machine.officials().officials]
        )
    with kiosk.lock:
        return _front(request, kiosk)


def _front(request: Request, kiosk: Kiosk, problem: str | None = None, status: int = 200) -> Response:
    machine = kiosk.machine
    return render(
        request, "station/front.html", status, problem=problem, counts=machine.chain.counts(), permit=machine.permit,
        undecided=machine.chain.undecided, listed=len(machine.roll), waiting=machine.sender.waiting,
    )  # fmt: skip


def sign_in(request: Request, form: Form) -> Response:
    """Begin a session."""
    kiosk = kiosk_of(request)
    try:
        token = kiosk.sign_in(one(form, "name"), one(form, "pin").strip())
    except CheckError:
        gettext = language_of(request).translations.gettext
        problem = gettext("The name or the PIN is wrong, or there were too many wrong ones. Wait a minute.")
        names = [each.name for each in kiosk.machine.officials().officials]
        return render(request, "station/sign_in.html", 403, names=names, problem=problem)
    response = go("/")
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
    return response


def sign_out(request: Request, form: Form) -> Response:
    """End the session; the screen may be the voter's then."""
    kiosk_of(request).sessions.clear()
    response = go("/ballot" if "voter" in form else "/")
    response.delete_cookie(COOKIE)
    return response


def authorise(request: Request, form: Form) -> Response:
    """Have the system say whether somebody may vote, and release a ballot."""
    kiosk, gettext = kiosk_of(request), language_of(request).translations.gettext
    with kiosk.lock:
        fields = {str(name): one(form, name) for name in kiosk.machine.grant.fields}
        try:
            kiosk.machine.authorise(fields)
        except NoPermitError as refused:
            return _front(request, kiosk, answer_words(refused, gettext), 409)
        except CutOffError:
            problem = gettext("This person is not on this station's list, and the server cannot be reached now.")
            return _front(request, kiosk, problem, 503)
        kiosk.shown = None
    return go("/")


def take_back(request: Request, form: Form) -> Response:  # noqa: ARG001
    """Take back a permit whose voter has left."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        undecided = kiosk.machine.chain.undecided
        kiosk.machine.take_back()
        if undecided is not None:
            kiosk.printer.decision(kiosk.machine, undecided)
        kiosk.printer.log("        permit      returned", kiosk.machine)
        kiosk.marking, kiosk.shown = None, None
    return go("/")


def send(request: Request, form: Form) -> Response:  # noqa: ARG001
    """Send what the server does not have."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        kiosk.machine.send()
    return go("/")


def fetch_list(request: Request, form: Form) -> Response:  # noqa: ARG001
    """Fetch the list of voters who are assigned to the station."""
    kiosk = kiosk_of(request)
    with kiosk.lock:
        kiosk.machine.fetch_list()
    return go("/")


def open_station(request: Request, form: Form) -> Response:
    """Open the station, by two officials."""
    kiosk, signing = kiosk_of(request), _signing(form)
    with kiosk.lock:
        kiosk.require_pins(signing)
        kiosk.machine.open(signing)
        kiosk.printer.log("     0  opened      no ballot is in the chain", kiosk.machine)
    return go("/")


def close_station(request: Request, form: Form) -> Response:
    """Close the station, by two officials."""
    kiosk, signing = kiosk_of(request), _signing(form)
    with kiosk.lock:
        kiosk.require_pins(signing)
        kiosk.machine.close(signing)
        kiosk.printer.log(f"{len(kiosk.machine.chain.ballots):6}  closed", kiosk.machine)
    return go("/minutes")


def opening(request: Request) -> Response:
    """Show the record of the opening."""
    entry = kiosk_of(request).machine.chain.opening
    return go("/") if entry is None else render(request, "station/opening.html", record=entry["record"])


def minutes(request: Request) -> Response:
    """Show the minutes."""
    data = kiosk_of(request).machine.folder.minutes()
    if data is None:
        return go("/")
    return render(request, "station/minutes.html", minutes=read_minutes(data, "minutes").minutes)


def minutes_file(request: Request) -> Response:
    """Give the minutes as a file."""
    data = kiosk_of(request).machine.folder.minutes()
    headers = {"Content-Disposition": 'attachment; filename="minutes.json"'}
    return go("/") if data is None else Response(data, headers=headers, media_type="application/json")


def log(request: Request) -> Response:
    """Show the chain, as it is printed."""
    return render(request, "station/log.html", ballots=kiosk_of(request).machine.chain.ballots)


def printed(request: Request) -> Response:
    """Give the printed log as text."""
    path = kiosk_of(request).machine.folder.root / "printed" / "log.txt"
    return PlainTextResponse(path.read_text() if path.is_file() else "")


def _signing(form: Form) -> list[tuple[str, str]]:
    return [(one(form, f"name-{i}"), one(form, f"pin-{i}").strip()) for i in (1, 2)]


def _asking(template: str) -> Page:
    def page(request: Request) -> Response:
        names = [each.name for each in kiosk_of(request).machine.officials().officials]
        return render(request, template, names=names)

    return page


def signed_in(page: Page) -> Page:
    """Return a page that only officials see."""

    def endpoint(request: Request) -> Response:
        return page(request) if kiosk_of(request).may(request) else go("/")

    return endpoint


def by_official(action: Action) -> Action:
    """Return an action that only officials take; what is refused is shown on the front page."""

    def endpoint(request: Request, form: Form) -> Response:
        kiosk = kiosk_of(request)
        if not kiosk.may(request):
            return go("/")
        try:
            return action(request, form)
        except CutOffError:
            problem = language_of(request).translations.gettext("The server cannot be reached now. Nothing is lost.")
            return _front(request, kiosk, problem, 503)
        except NoPermitError as refused:
            return _front(request, kiosk, answer_words(refused, language_of(request).translations.gettext), 409)
        except E2EVoteError as error:
            return _front(request, kiosk, str(error), 409)

    return endpoint


ROUTES = [
    Route("/", front),
    Route("/sign-in", taking(sign_in), methods=["POST"]),
    Route("/sign-out", taking(sign_out), methods=["POST"]),
    Route("/authorise", taking(by_official(authorise)), methods=["POST"]),
    Route("/take-back", taking(by_official(take_back)), methods=["POST"]),
    Route("/send", taking(by_official(send)), methods=["POST"]),
    Route("/list", taking(by_official(fetch_list)), methods=["POST"]),
    Route("/open", signed_in(_asking("station/open.html"))),
    Route("/open", taking(by_official(open_station)), methods=["POST"]),
    Route("/opening", signed_in(opening)),
    Route("/close", signed_in(_asking("station/close.html"))),
    Route("/close", taking(by_official(close_station)), methods=["POST"]),
    Route("/minutes", signed_in(minutes)),
    Route("/minutes.json", signed_in(minutes_file)),
    Route("/log", signed_in(log)),
    Route("/log.txt", signed_in(printed)),
]
