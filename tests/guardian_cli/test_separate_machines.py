"""A whole election in which every guardian's command is a process of its own, on a folder of its own.

Nothing goes between the folders but files that are carried: from the guardians' outboxes to the administrator, and from
the administrator's outbox to the guardians' inboxes.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from e2evote.group.parameters import STANDARD_NAME
from tests.builders import TOY, manifest_bytes
from tests.guardian_cli.program import PASSPHRASE, VOTES

NAMES = ("نسرین", "Bahram", "گلناز", "Dariush", "Elham", "Farid", "Giti", "Homa", "Iraj")
MAINS = {"e2evote": "e2evote.cli", "guardian": "guardian_cli.main"}

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["e2evote.cli.verify", "guardian_cli.verbs.keeping", "guardian_cli.verbs.decrypting"])


def run_program(program: str, arguments: list[str], output: Path) -> None:
    """Be the program, in a process of its own that has nothing of others but their imports."""
    with output.open("w") as file:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
    import_module(MAINS[program]).main(arguments, prog_name=program)


@dataclass
class Running:
    """A command at work."""

    ended: Callable[[], int]
    output: Path

    def result(self, code: int = 0) -> str:
        """Wait for its end, and return what it printed."""
        found, shown = self.ended(), self.output.read_text(encoding="utf-8")
        assert found == code, shown
        assert "Traceback" not in shown
        return shown


@dataclass
class Election:
    """The administrator's directory and the guardians' folders, side by side as if on machines of their own."""

    root: Path
    n: int
    k: int
    parameters: str
    as_installed: bool
    """Start every command from nothing, as a shell does; else with its imports done, which is quicker."""
    commands: int = 0

    @property
    def directory(self) -> Path:
        return self.root / "administrator" / "club"

    def folder(self, i: int) -> Path:
        return self.root / f"machine-{i}" / "guardian"

    def start(self, program: str, *arguments: object) -> Running:
        self.commands += 1
        output, texts = self.root / f"output-{self.commands}", [str(argument) for argument in arguments]
        if self.as_installed:
            code = f"from {MAINS[program]} import main; main(prog_name={program!r})"
            with output.open("w") as file:
                command = [sys.executable, "-c", code, *texts]
                popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            return Running(popen.wait, output)
        process = _SERVER.Process(target=run_program, args=(program, texts, output))
        process.start()

        def ended() -> int:
            process.join()
            return process.exitcode

        return Running(ended, output)

    def administrator(self, *arguments: object, code: int = 0) -> str:
        return self.start("e2evote", *arguments).result(code)

    def guardians(self, present: tuple[int, ...], verb: str, *arguments: object) -> list[str]:
        """Let guardians run a command, two at a time."""
        shown = []
        for pair in (present[first : first + 2] for first in range(0, len(present), 2)):
            secret = ("--passphrase-file", self.root / "passphrase")
            running = [self.start("guardian", verb, self.folder(i), *arguments, *secret) for i in pair]
            shown += [one.result() for one in running]
        return shown

    def status(self, i: int) -> dict[str, object]:
        return json.loads(self.start("guardian", "status", self.folder(i), "--json").result())

    def carry(self, group: str, present: tuple[int, ...]) -> None:
        """Bring the outboxes to the administrator, and what it has for all to the inboxes."""
        outboxes = [self.folder(i) / "outbox" for i in present]
        self.administrator(group, "collect", self.directory, *outboxes)
        for i in present:
            shutil.copytree(self.directory / group / "outbox", self.folder(i) / "inbox", dirs_exist_ok=True)

    def decrypt(self, present: tuple[int, ...], verb: str, subject: str) -> str:
        """Plan, hold the three rounds, and publish."""
        chosen = [part for i in present for part in ("--guardian", i)]
        self.administrator("decryption", "plan", self.directory, *chosen, "--subject", subject, "--jobs", 1)
        self.carry("decryption", present)
        record = self.root / "record.zip"
        self.administrator("record", "pack", self.directory / "record", record, "--force")
        self.guardians(present, verb, "--record", record, "--yes")
        self.carry("decryption", present)
        for _ in range(2):
            self.guardians(present, verb)
            self.carry("decryption", present)
        return self.administrator("decryption", "publish", self.directory, "--jobs", 1)


def hold_ceremony(election: Election) -> None:
    """From the invitation to a published guardian record, everybody present."""
    everybody, root = tuple(range(1, election.n + 1)), election.root
    (root / "manifest.json").write_bytes(manifest_bytes())
    (root / "passphrase").write_text(PASSPHRASE)
    (root / "passphrase").chmod(0o600)
    election.directory.parent.mkdir()
    names = [part for name in NAMES[: election.n] for part in ("--guardian", name)]
    insecure = () if election.parameters == STANDARD_NAME else ("--insecure-parameters", election.parameters)
    about = ("--manifest", root / "manifest.json", "--quorum", election.k)
    election.administrator("ceremony", "invite", election.directory, *about, *names, *insecure)
    for i in everybody:
        election.folder(i).parent.mkdir()
        invitation = shutil.copy(election.directory / "ceremony" / "invitation.json", election.folder(i).parent)
        election.guardians((i,), "init", "--invitation", invitation, "--guardian", i, *insecure)
    for verb in ("keygen", "share", "receive", "confirm"):
        election.carry("ceremony", everybody)
        election.guardians(everybody, verb, *(("--compared",) if verb == "keygen" else ()))
    election.carry("ceremony", everybody)
    election.guardians(everybody, "confirm")
    election.administrator("ceremony", "publish", election.directory)


def vote(election: Election) -> list[str]:
    """Encrypt ballots, challenge one that its device cannot open any more, cast the rest, add up."""
    directory, votes = election.directory, election.root / "votes.ndjson"
    votes.write_text("".join(ballot.model_dump_json(exclude_none=True) + "\n" for ballot in VOTES))
    election.administrator("device", "open", directory, "--info", "Urn")
    device = ("--device", 1, "--input", votes, "--jobs", 1)
    codes = election.administrator("ballot", "encrypt", directory, *device).split("\n")
    for path in (directory / "private" / "devices").rglob("nonces-*"):
        path.unlink()
    assert "the guardians can" in election.administrator("ballot", "challenge", directory, codes[0])
    election.administrator("ballot", "cast", directory, "--rest")
    election.administrator("device", "close", directory, 1)
    election.administrator("tally", "accumulate", directory, "--jobs", 1)
    return codes


@pytest.mark.parametrize(
    ("n", "k", "present", "parameters"),
    [(5, 3, (1, 3, 4), STANDARD_NAME), (1, 1, (1,), TOY), (9, 5, (1, 2, 5, 8, 9), TOY)],
    ids=["5-3-at-full-strength", "1-1", "9-5"],
)
def test_a_whole_election(n: int, k: int, present: tuple[int, ...], parameters: str, tmp_path: Path) -> None:
    election = Election(tmp_path, n, k, parameters, as_installed=parameters == STANDARD_NAME)
    hold_ceremony(election)
    codes = vote(election)
    for i in set(range(1, n + 1)) - set(present):
        shutil.rmtree(election.folder(i))  # nobody needs what the absent ones had
    shown = election.decrypt(present, "decrypt", "tallies")
    assert "motion" in shown
    election.decrypt(present, "open-challenged", "challenged")
    insecure = () if parameters == STANDARD_NAME else ("--insecure-parameters", parameters)
    record = election.directory / "record"
    verified = election.administrator("verify", record, "--jobs", 1, *insecure)
    assert "VALID" in verified
    assert codes[0] in (record / "challenged_ballots.ndjson").read_text()
    assert election.status(present[0])["missing"] == []
    election.guardians(present[:1], "check-key")
    outbox = election.folder(present[0]) / "outbox"
    election.administrator("ceremony", "check-keys", election.directory, outbox, code=0 if k == 1 else 1)
