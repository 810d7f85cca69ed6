"""Turnout and results for programs: JSON that any page may read, and whatever stands before the server may keep."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2evote.record.manifest import Manifest
from e2evote.record.sums import ContestSums, Results
from e2evote.web.election.known import RESULTS, File
from e2evote.web.election.turnout import NONE, Count
from e2evote.web.public import OPEN
from e2evote.web.site import Site

SOON = {**OPEN, "Cache-Control": "public, max-age=2"}


def turnout_json(request: Request) -> Response:
    """Tell how many ballots there are, in all and by device."""
    site: Site = request.app.state.site
    with site.board.reading() as view:
        seen, turnout = site.knowing.see(view), site.counting.turnout(view)
    devices = [
        {
            "device": device.number,
            "info": device.info,
            "closed": device.closed,
            **_count(turnout.devices.get(device.number, NONE)),
        }
        for device in seen.known.devices.values()
    ]
    members = None if site.booth is None else site.booth.members
    told = {
        "phase": seen.phase,
        "entries": turnout.entries,
        "members": members,
        **_count(turnout.all),
        "devices": devices,
    }
    return JSONResponse(told, headers=SOON)


def results_json(request: Request) -> Response:
    """Tell the results with their proofs, or what is still missing."""
    site: Site = request.app.state.site
    with site.board.reading() as view:
        seen = site.knowing.see(view)
    known, found = seen.known, seen.known.results
    told: dict[str, object] = {"phase": seen.phase, "missing": seen.missing, "problems": known.problems}
    told["files"] = [_file(file, seen.published) for file in known.files_of(RESULTS)]
    told["results"] = None if found is None or known.manifest is None else _results(found, known.manifest)
    return JSONResponse(told, headers=SOON)


ROUTES = (Route("/turnout.json", turnout_json), Route("/results.json", results_json))


def _count(count: Count) -> Mapping[str, int]:
    return {"received": count.received, **count.by_status, "undecided": count.undecided}


def _file(file: File, published: int) -> Mapping[str, object]:
    proof = f"/proof/{file.index}.tlog-proof" if file.index < published else None
    return {"path": file.path, "sha256": file.digits, "object": file.address, "entry": file.index, "proof": proof}


def _results(found: Results, manifest: Manifest) -> Mapping[str, object]:
    return {
        "ballots": found.ballots,
        "contests": [_contest(each, manifest) for each in found.contests],
        "withheld": [
            {"cell": cell, "label": manifest.cells[cell - 1].label, "contests": contests}
            for cell, contests in found.withheld.items()
        ],
        "exceptions": [each.model_dump() for each in found.exceptions],
    }


def _contest(sums: ContestSums, manifest: Manifest) -> Mapping[str, object]:
    result = sums.result
    return {
        "contest": result.index,
        "label": result.label,
        "name": dict(result.name),
        "ballots": sums.ballots,
        "options": [
            {
                "option": option.index,
                "label": option.label,
                "name": dict(option.name),
                "votes": option.votes,
                "place": place,
            }
            for place, option in sums.placed
        ],
        "supplemental_fields": dict(result.supplemental_fields),
        "sums": [
            {
                "cell": each.cell,
                "label": manifest.cells[each.cell - 1].label,
                "merged": each.merged,
                "ballots": each.ballots,
                "votes": each.votes,
                "supplemental_fields": dict(each.fields),
            }
            for each in sums.sums
        ],
    }
