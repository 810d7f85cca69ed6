"""What the commands of ``e2evote board`` print."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from e2evote.board.policy import Policy, Witnessed
from e2evote.election.adjudication import Judgement
from e2evote.election.order import Standing
from e2evote.election.times import time_of
from e2evote.encoding import canonical_json, hex_of
from e2evote.terminal.screen import row, say, screen, table

_STYLES = {"included": "bold green", "promise broken by the board": "bold red"}


def manifest_field(policy: Policy) -> str:
    """Return the manifest's field that names a board."""
    lines = policy.encode().decode().splitlines()
    return f'"board": {canonical_json(lines).decode()}'


def summary_of(policy: Policy, witnessed: Witnessed, standing: Standing) -> dict[str, Any]:
    """Return what stands on a board, as plain data."""
    statuses = Counter(ballot.status or "undecided" for ballot in standing.ballots.values())
    return {
        "origin": witnessed.checkpoint.origin,
        "entries": witnessed.checkpoint.size,
        "root": hex_of(witnessed.checkpoint.root),
        "cosigned": {name: time_of(time) for name, time in sorted(witnessed.times.items())},
        "witnesses": sorted(policy.witnesses),
        "files": len(standing.files),
        "devices": standing.devices,
        "open_devices": standing.open_devices,
        "ballots": len(standing.ballots),
        "statuses": dict(sorted(statuses.items())),
        "unopened": standing.unopened,
        "ended": standing.ended,
    }


def show_board(summary: Mapping[str, Any]) -> None:
    """Print it as a table."""
    found = table(summary["origin"], "")
    row(found, "entries", summary["entries"])
    row(found, "files", summary["files"])
    row(found, "devices", f"{summary['devices']}, {summary['open_devices']} of them open")
    row(found, "ballots", summary["ballots"])
    for status, count in summary["statuses"].items():
        row(found, f"  {status}", count)
    if summary["unopened"]:
        row(found, "still to be opened", summary["unopened"])
    for name in summary["witnesses"]:
        row(found, f"cosigned by {name}", summary["cosigned"].get(name, "not this checkpoint"))
    row(found, "state", "ended" if summary["ended"] else "under way")
    screen().print(found)


def judgement_as_json(found: Judgement) -> dict[str, Any]:
    """Return a judgement as plain data; what there is not is left out."""
    value: dict[str, Any] = {"verdict": found.verdict, "reason": found.reason}
    if found.receipt is not None:
        value |= {
            "board": found.receipt.origin,
            "index": found.receipt.index,
            "deadline": found.receipt.deadline,
            "entry": json.loads(found.receipt.entry),
        }
    if found.checkpoint is not None:
        value["checkpoint"] = found.checkpoint.decode()
    return value | {"unusable": list(found.unusable)}


def show_judgement(found: Judgement) -> None:
    """Print a verdict, and what it rests on."""
    say(found.verdict, _STYLES.get(found.verdict, "bold yellow"))
    say(f"  {found.reason}")
    if found.receipt is not None:
        entry = json.loads(found.receipt.entry)
        what = entry.get("confirmation_code") or entry.get("path", "")
        say(f"  promised: entry {found.receipt.index} of {found.receipt.origin} by {found.receipt.deadline}")
        say(f"  which is: {entry['kind']} {entry.get('status', '')} {what}".rstrip())
    for problem in found.unusable:
        say(f"  no evidence: {problem}")
