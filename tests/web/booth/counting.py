"""Counting an election online with the commands that the demonstration prints, as its organiser would."""

from collections import Counter
from pathlib import Path

import pytest

from e2evote.cli.booth_demo import show_counting
from e2evote.encoding import strict_json
from e2evote.record import layout
from e2evote.workspace.directory import Workspace
from tests.cli.running import run

_ALONE = ("spoil-rest", "close-device", "fetch", "end")
"""Commands without processes beside them."""


def count(directory: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Do what the demonstration says; the last command verifies. Return the commands' names but for that."""
    capsys.readouterr()
    show_counting(Workspace(directory))
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    commands = [words[1:] for words in lines if words[1] != "serve"]
    for words in commands:
        run(*words, *(() if words[1] in _ALONE else ("--jobs", 1)))
    assert commands[-1][0] == "verify"
    return [words[1] for words in commands[:-1]]


def told(directory: Path) -> dict[str, int]:
    """The result, by the labels of options that have votes."""
    record = Workspace(directory).record
    found = Counter[str]()
    for where, line in record.lines(layout.TALLIES):
        for contest in strict_json(line, where)["contests"]:
            found.update({option["label"]: option["tally"] for option in contest["options"]})
    return {label: number for label, number in found.items() if number}


def statuses(directory: Path) -> dict[str, int]:
    """What became of the ballots of the booth's device."""
    return Counter(status.status for status in Workspace(directory).record.statuses(1))
