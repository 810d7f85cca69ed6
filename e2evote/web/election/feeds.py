"""Turnout and results for programs: JSON that any page may read, and whatever stands before the server may keep."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from e2evote.record.manifest import Manifest
from e2evote.record.sums import ContestSums, Results
from e2evote.web.election.known import RESULTS, File
from e2evote.web.election.publication import approvers, publication
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
    told: dict[str, Any] = {"phase": seen.phase, "missing": seen.missing, "problems": known.problems}
    told["files"] = [_file(file, seen.published) for file in known.files_of(RESULTS)]
    public = publication(site, known)
    told["approvals"] = {"needed": public.needed, "problem": public.problem, "given": []}
    told["results"] = told["outcome"] = None
    if found is not None and known.manifest is not None and not public.waiting:
        told["results"] = _results(found, known.manifest)
        told["approvals"]["given"] = approvers(known.manifest, public.approvals)
        told["outcome"] = None if public.outcome is None else public.outcome.model_dump(mode="json", exclude_none=True)
    return JSONResponse(told, headers=SOON)


def results_csv(request: Request) -> Response:
    """Tell the results as a table: a line for each option in each sum and in all; a head alone before."""
    site: Site = request.app.state.site
    with site.board.reading() as view:
        seen = site.knowing.see(view)
    outcome = publication(site, seen.known).outcome
    text = StringIO()
    table = csv.writer(text)
    table.writerow(
        ["contest", "contest_label", "station", "option", "option_label", "votes", "place", "result", "rank"]
    )
    for contest in () if outcome is None else outcome.contests:
        for each in contest.candidates:
            head, tail = (contest.index, _cell(contest.label)), (each.index, _cell(each.label))
            for station in contest.stations:
                name = " + ".join((station.label, *station.merged))
                table.writerow([*head, _cell(name), *tail, station.votes[each.index - 1], "", "", ""])
            table.writerow([*head, "", *tail, each.votes, each.place, each.result or "", each.rank or ""])
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=SOON)


def _cell(text: str) -> str:
    """Return a text of others so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


ROUTES = (
    Route("/turnout.json", turnout_json),
    Route("/results.json", results_json),
    Route("/results.csv", results_csv),
)


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
