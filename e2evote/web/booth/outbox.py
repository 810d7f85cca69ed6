"""The outbox's page: what would have been sent, for developers on this machine and for nobody else."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from e2evote.election.signin.gateways.configured import OUTBOX
from e2evote.election.signin.gateways.outbox import Outbox
from e2evote.web.booth.booth import Booth
from e2evote.web.booth.settings import is_loopback
from e2evote.web.pages import page_of


def show(request: Request) -> Response:
    """Show the newest messages."""
    booth: Booth = request.app.state.booth
    if request.client is None or not is_loopback(request.client.host):
        raise HTTPException(404)
    messages = Outbox(booth.prepared.plan.directory / OUTBOX).messages()
    return page_of(request).render("outbox.html", messages=messages)


ROUTES = [Route("/outbox", show)]
