"""What the commands about guardians' messages print: fingerprints, who has sent what, what is missing or wrong."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from e2evote.messages.envelope import Exchange, Round
from e2evote.messages.fingerprint import Fingerprint
from e2evote.messages.transcript import Transcript
from e2evote.record.codec import RecordModel
from e2evote.terminal.screen import row, say, screen, table
from e2evote.workspace.standing import Fault, Standing, arrived, who


def show_fingerprint(what: str, fingerprint: Fingerprint) -> None:
    """Print a fingerprint in words, and in digits for those who read no English."""
    say(what, "bold")
    say("    " + " ".join(fingerprint.words))
    say("    " + " ".join(fingerprint.digits))
    say("    " + " ".join(fingerprint.persian_digits))


def fingerprint_json(fingerprint: Fingerprint) -> dict[str, str]:
    """Return a fingerprint for programs."""
    return {"words": " ".join(fingerprint.words), "digits": " ".join(fingerprint.digits)}


def show_arrived(
    transcript: Transcript, rounds: Sequence[Round[RecordModel]], names: Mapping[int, str], guardians: Collection[int]
) -> None:
    """Print a table of guardians and rounds."""
    shown = table("#", "guardian", *(round_.name for round_ in rounds), right=("#",))
    for i in guardians:
        counts = [arrived(transcript, round_, i, guardians) for round_ in rounds]
        row(shown, i, names[i], *(_cell(here, needed) for here, needed in counts))
    screen().print(shown)


def arrived_json(
    transcript: Transcript, rounds: Sequence[Round[RecordModel]], names: Mapping[int, str], guardians: Collection[int]
) -> list[dict[str, Any]]:
    """Return the same for programs: how many messages of a guardian are here, by round."""
    return [
        {"i": i, "name": names[i]}
        | {"arrived": {round_.name: arrived(transcript, round_, i, guardians)[0] for round_ in rounds}}
        for i in guardians
    ]


def show_missing(standing: Standing, names: Mapping[int, str]) -> None:
    """Print what is missing from whom."""
    for name, i, ell in standing.missing:
        say(f"missing: {name} of guardian {i} ({names[i]})" + (f" for guardian {ell} ({names[ell]})" if ell else ""))


def missing_json(standing: Standing) -> list[dict[str, Any]]:
    """Return the same for programs; recipient 0 is everybody."""
    return [{"round": name, "sender": i, "recipient": ell} for name, i, ell in standing.missing]


def show_faults(faults: Iterable[Fault], exchange: Exchange | None) -> None:
    """Print what is wrong, and whose fault it is."""
    for fault in faults:
        name = "" if exchange is None or not fault.guardian else f"{who(exchange, fault.guardian)}: "
        say(f"{'WRONG' if fault.final else 'note'}: {name}{fault.what}", "bold red" if fault.final else None)


def faults_json(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Return the same for programs; guardian 0 is nobody."""
    return [{"guardian": fault.guardian, "what": fault.what, "final": fault.final} for fault in faults]


def show_written(paths: Iterable[Path]) -> None:
    """Print which files are new in the outbox."""
    for path in paths:
        say(f"new, for every guardian: {path}")


def newest_file(outbox: Path, prefix: str = "") -> Path:
    """Return what has to be given to the guardians next: proofs of a fault, or the newest round."""
    return max(outbox.glob(f"{prefix}[0-9e]*"))


def _cell(here: int, needed: int) -> str:
    if not needed:
        return "–"
    return f"{here} of {needed}" if needed > 1 else ("yes" if here else "no")
