"""How far an exchange of messages has come, and what is wrong in it: with a message, or because somebody complained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2evote.errors import E2EVoteError
from e2evote.files import write_atomically
from e2evote.messages.accusing import complaints_about
from e2evote.messages.adjudication import Verdict, adjudicate
from e2evote.messages.complaints import COMPLAINT, Absence, Complaint, Grounds, InvalidMessage
from e2evote.messages.envelope import Exchange, Round, open_message
from e2evote.messages.evidence import Case
from e2evote.messages.rounds import Collected
from e2evote.messages.transcript import Transcript
from e2evote.record.codec import RecordModel


@dataclass(frozen=True, slots=True)
class Judged:
    """A signed complaint and the verdict on it."""

    complainer: int
    complaint: Complaint
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong; ``guardian`` is whose fault it is, 0 where that is not proved.

    It ends the attempt, unless somebody only states that a message has not come: it may come later.
    """

    guardian: int
    what: str
    evidence: tuple[bytes, ...] = ()
    final: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """What has come, round by round as far as each could be looked at, and what is wrong with it."""

    exchange: Exchange | None
    rounds: tuple[Collected[RecordModel], ...]
    faults: tuple[Fault, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether something ends the attempt."""
        return any(fault.final for fault in self.faults)

    def complete(self, count: int) -> bool:
        """Tell whether the first ``count`` rounds are complete."""
        return len(self.rounds) >= count and all(collected.is_complete for collected in self.rounds[:count])

    @property
    def missing(self) -> list[tuple[str, int, int]]:
        """Round, sender and recipient (0: all) of what is waited for; later rounds cannot be there before it."""
        waiting = next((collected for collected in self.rounds if collected.missing), None)
        return [] if waiting is None else [(waiting.round, i, ell) for i, ell in waiting.missing]


def faults_in(case: Case, collected: Collected[RecordModel]) -> list[Fault]:
    """Return what is wrong with a round by itself; what is missing is not wrong."""
    complaints = complaints_about(case, collected)
    blamed = {c.grounds.message.encode() for c in complaints if isinstance(c.grounds, InvalidMessage)}
    left = [refusal for refusal in collected.refused if refusal.data not in blamed]
    return as_faults(complaints) + [Fault(0, refusal.why, (refusal.data,)) for refusal in left]


def as_faults(complaints: Iterable[Complaint]) -> list[Fault]:
    """Return what this program would complain of, were it a guardian, but for absence."""
    return [
        Fault(complaint.accused, f"{complaint.grounds.kind}: {complaint.equation}", _messages_in(complaint.grounds))
        for complaint in complaints
        if not isinstance(complaint.grounds, Absence)
    ]


def _messages_in(grounds: Grounds) -> tuple[bytes, ...]:
    """Return the messages of the accused alone; what else proves it has gone to everybody with its round."""
    return tuple(value.encode() for _, value in grounds if isinstance(value, str) and value.startswith("{"))


def faults_complained_of(case: Case, transcript: Transcript) -> list[Fault]:
    """Return the complaints that came, as they are judged."""
    found = []
    for data in transcript.of(COMPLAINT.name):
        try:
            judged = judge(case, data)
            final = not isinstance(judged.complaint.grounds, Absence)
            found.append(Fault(judged.verdict.guardian, sentence(case.exchange, judged), (data,), final))
        except E2EVoteError as error:
            found.append(Fault(0, f"a complaint that cannot be judged: {error}", (data,)))
    return found


def judge(case: Case, data: bytes, where: str = "complaint") -> Judged:
    """Judge a signed complaint.

    Raises:
        E2EVoteError: it is no complaint of this exchange.
    """
    message = open_message(case.exchange, COMPLAINT, data, where)
    return Judged(message.sender, message.payload, adjudicate(case, data))


def sentence(exchange: Exchange, judged: Judged) -> str:
    """Return what was complained of, and the verdict."""
    complaint, verdict = judged.complaint, judged.verdict
    about = f"{who(exchange, judged.complainer)} complains about {who(exchange, complaint.accused)}: "
    about += f"{complaint.grounds.kind} ({complaint.equation}). "
    party = {"accused": "the accused, ", "complainer": "who complained, ", "nobody": ""}[verdict.guilty]
    guilty = f"{party}{who(exchange, verdict.guardian)}" if party else "nobody"
    return f"{about}Guilty: {guilty}: {verdict.why}."


def who(exchange: Exchange, i: int) -> str:
    """Return a guardian's number and name."""
    return f"guardian {i} ({exchange.names[i]})" if i in exchange.names else f"guardian {i}"


def arrived(transcript: Transcript, round_: Round[RecordModel], i: int, guardians: Iterable[int]) -> tuple[int, int]:
    """Return how many messages of a guardian in a round are here, and how many are needed."""
    recipients = [ell for ell in guardians if ell != i] if round_.addressed else [0]
    return sum(bool(transcript.of(round_.name, i, ell)) for ell in recipients), len(recipients)


def write_bundles(outbox: Path, prefix: str, names: Sequence[str], standing: Standing) -> list[Path]:
    """Write what is to be given to every guardian: the rounds that are complete, and the proofs of faults.

    Args:
        outbox: the directory.
        prefix: of the files' names.
        names: what a round is called in the name of its file.
        standing: what has come.

    Returns:
        The files that were not there yet, or not like this.
    """
    bundles = {
        f"{number}-{name}": [message.data for message in collected.messages]
        for number, (name, collected) in enumerate(zip(names, standing.rounds, strict=False), 1)
        if collected.is_complete and collected.messages  # a single guardian has nobody to send shares to
    }
    if proofs := list(dict.fromkeys(data for fault in standing.faults for data in fault.evidence)):
        bundles["evidence"] = proofs
    files = {outbox / f"{prefix}{name}.ndjson": messages for name, messages in bundles.items()}
    return [path for path, messages in files.items() if write_changed(path, b"".join(m + b"\n" for m in messages))]


def write_changed(path: Path, data: bytes) -> bool:
    """Write a file unless it is there like this, and tell whether it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True
