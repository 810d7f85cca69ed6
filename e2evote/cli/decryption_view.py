"""What ``e2evote decryption`` prints: what is asked for, who has sent what, and what comes next."""

from typing import Any

from e2evote.approval import ApprovedRecord
from e2evote.cli.rounds_view import (
    arrived_json,
    faults_json,
    missing_json,
    newest_file,
    show_arrived,
    show_faults,
    show_missing,
)
from e2evote.cli.summary import contest_results
from e2evote.cli.views import show_results
from e2evote.encoding import hex_of
from e2evote.messages.decrypting import Subject
from e2evote.terminal.screen import progress, row, say, screen, table
from e2evote.workspace.decryptions import ROUNDS, PlannedDecryption
from e2evote.workspace.finishing import is_published
from e2evote.workspace.publishing import not_opened
from e2evote.workspace.standing import Standing


def look(one: PlannedDecryption) -> Standing:
    """Look at everything that came, with a bar."""
    with progress(f"Verifying messages of decryption {one.number}") as report:
        return one.standing(report)


def state(one: PlannedDecryption, standing: Standing) -> str:
    """Return how far it is, in a word or two."""
    if is_published(one.workspace, one.plan.subject, one.plan.codes):
        return "published"
    if standing.ended:
        return "ended"
    return "ready" if standing.complete(len(ROUNDS)) else "under way"


def show(one: PlannedDecryption, standing: Standing) -> None:
    """Print who has sent what, what is missing, and what is wrong."""
    names, plan = one.ceremony.names, one.plan
    say(f"Decryption {one.number}, {plan.subject}, begun {plan.begun}: {state(one, standing)}", "bold")
    show_arrived(one.transcript, ROUNDS, names, plan.available)
    if state(one, standing) == "under way":
        show_missing(standing, names)
    show_faults(standing.faults, standing.exchange)


def status_json(one: PlannedDecryption, standing: Standing) -> dict[str, Any]:
    """Return all that is known of a decryption, for programs."""
    return {
        "number": one.number,
        "subject": one.plan.subject,
        "begun": one.plan.begun,
        "state": state(one, standing),
        "guardians": arrived_json(one.transcript, ROUNDS, one.ceremony.names, one.plan.available),
        "missing": missing_json(standing),
        "wrong": faults_json(standing.faults),
        "next": next_step(one, standing),
    }


def next_step(one: PlannedDecryption, standing: Standing) -> str:
    """Say what comes next."""
    root, plan = one.workspace.root, one.plan
    outbox, U = root / "decryption" / "outbox", ", ".join(map(str, plan.available))
    prefix, again = f"decryption-{one.number}-", f"'e2evote decryption plan {root}' with other guardians"
    match state(one, standing):
        case "published":
            return f"Decryption {one.number}: the record has the {plan.subject}."
        case "ended":
            return (
                f"Decryption {one.number} has ended. Give {newest_file(outbox, prefix)} to its guardians: any of them "
                f"can complain, and 'e2evote ceremony adjudicate' judges complaints. The way on is {again}."
            )
        case "ready":
            return f"Everything is here. Next: 'e2evote decryption publish {root} {one.number}'."
    verb = "open-challenged" if plan.subject == "challenged ballots" else "decrypt"
    record = " and the record ('e2evote record pack')" if len(standing.rounds) == 1 else ""
    return (
        f"Give {newest_file(outbox, prefix)}{record} to guardians {U}; each uses 'guardian {verb}' and answers with a "
        f"file: 'e2evote decryption collect {root} FILE …'. If one cannot go on: {again}."
    )


def show_asked(subject: Subject, approved: ApprovedRecord, codes: list[bytes]) -> None:
    """Print what the record allows to decrypt, and why not the rest."""
    match subject:
        case "tallies":
            shown = table("tally cell", "contest", "cast ballots", "decrypted", right=("cast ballots",))
            for ruling in approved.rulings:
                reason = "; ".join(f"against a rule: {text}" for text in ruling.overridden.values()) or "yes"
                verdict = reason if ruling.allowed else f"no: {'; '.join(ruling.broken.values())}"
                added = f" (with {', '.join(ruling.merged.values())})" if ruling.merged else ""
                row(shown, ruling.cell_label + added, ruling.contest_label, ruling.ballots, verdict)
            screen().print(shown)
        case "challenged ballots":
            for code in codes:
                say(f"challenged, and not opened by its device: {hex_of(code)}")
        case "contest data":
            shown = table("contest", "cast ballots", "decrypted", right=("cast ballots",))
            for data in approved.data_rulings:
                row(shown, data.contest_label, data.ballots, "yes" if data.refusal is None else f"no: {data.refusal}")
            screen().print(shown)


def show_published(one: PlannedDecryption) -> None:
    """Print what was published, and what is left to decrypt."""
    if one.plan.subject == "tallies":
        show_results(contest_results(one.workspace.record, one.workspace.election))
    else:
        say(f"The record has the {one.plan.subject}.")
    if left := not_opened(one.workspace):
        say(
            f"Challenged ballots that their devices have not opened: {len(left)}. Next: 'e2evote decryption plan "
            f"{one.workspace.root} --subject challenged --guardian …'."
        )
