"""The decryptions that a guardian was asked for and accepted: the plan, what it pinned, what was said.

A plan is accepted once, by the command that has verified the record. What it pinned is kept, so that later rounds
answer about the same statements and need no record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from e2evote.decryption.statements import Statement
from e2evote.messages.decrypting import DecryptionPlan, StoredStatement, decryption_exchange, plan_exchange
from e2evote.messages.envelope import Exchange
from e2evote.messages.evidence import DecryptionCase
from e2evote.messages.transcript import Transcript, read_lines
from e2evote.record.codec import dump, parse
from guardian_cli.keystore.folder import make_private, write_private
from guardian_cli.keystore.journal import Session
from guardian_cli.workspace import DECRYPTIONS, Workspace

_PLAN, _STATEMENTS, _MESSAGES = "plan.json", "statements.ndjson", "messages.ndjson"


@dataclass(frozen=True)
class Decryption:
    """A decryption that was accepted, in the folder of a guardian."""

    workspace: Workspace
    folder: Path

    @cached_property
    def plan(self) -> DecryptionPlan:
        """What is asked.

        Raises:
            ParseError, CheckError: the file was changed since.
        """
        path, ceremony = self.folder / _PLAN, self.workspace.ceremony
        plan = parse(DecryptionPlan, path.read_bytes().removesuffix(b"\n"), str(path))
        plan.check_available(ceremony.n, ceremony.k)
        return plan

    @cached_property
    def exchange(self) -> Exchange:
        """What its messages are bound to."""
        return plan_exchange(self.workspace.exchange, self.plan)

    @cached_property
    def transcript(self) -> Transcript:
        """Its messages."""
        return Transcript(self.folder / _MESSAGES, self.workspace.write)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What is decrypted, as it was when the record was verified.

        Raises:
            ParseError, CheckError: the file was changed since.
        """
        lines, group = read_lines(self.folder / _STATEMENTS), self.workspace.group
        found = tuple(parse(StoredStatement, data, where, group).statement(where) for where, data in lines)
        decryption_exchange(self.workspace.exchange, self.workspace.election, found, self.plan)
        return found

    @property
    def session(self) -> Session:
        """The same for the journal, which compares it with what it sealed."""
        begun = datetime.fromisoformat(self.plan.begun)
        return Session(
            self.exchange.context, begun, self.workspace.election, self.statements, tuple(self.plan.available)
        )

    @property
    def case(self) -> DecryptionCase:
        """What everybody knows of it."""
        return DecryptionCase(
            self.exchange, self.workspace.election, self.workspace.guardian_record.guardians, self.statements
        )


def decryptions(workspace: Workspace) -> list[Decryption]:
    """Return the decryptions that were accepted, by number."""
    folder = workspace.root / DECRYPTIONS
    found = [path.parent for path in folder.glob(f"*/{_PLAN}")]
    return [Decryption(workspace, path) for path in sorted(found, key=lambda path: int(path.name))]


def accept_plan(workspace: Workspace, plan: DecryptionPlan, statements: Sequence[Statement]) -> Decryption:
    """Keep a plan and what it pins; the caller has verified the record and taken the statements from it.

    Raises:
        CheckError: the plan is of another election or statements, or for no quorum.
    """
    decryption_exchange(workspace.exchange, workspace.election, statements, plan)
    folder = workspace.root / DECRYPTIONS / f"{plan.attempt:04}"
    make_private(folder.parent)
    make_private(folder)
    write_private(folder / _STATEMENTS, b"".join(dump(StoredStatement.of(one)) + b"\n" for one in statements))
    write_private(folder / _PLAN, dump(plan) + b"\n")  # last: with it the plan is accepted
    return Decryption(workspace, folder)
