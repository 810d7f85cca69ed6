"""What ``e2evote ceremony`` prints: who has sent what, fingerprints, and what comes next."""

import json
from typing import Any

import click

from e2evote.cli.rounds_view import (
    arrived_json,
    faults_json,
    fingerprint_json,
    missing_json,
    newest_file,
    show_arrived,
    show_faults,
    show_fingerprint,
    show_missing,
)
from e2evote.messages.fingerprint import Fingerprint, fingerprint
from e2evote.terminal.screen import progress, row, say, screen, table
from e2evote.workspace.ceremonies import ROUNDS, CeremonyFolder, record_of
from e2evote.workspace.key_checks import newest_checks
from e2evote.workspace.standing import Standing


def look(found: CeremonyFolder) -> Standing:
    """Look at everything that came, with a bar."""
    with progress("Verifying messages") as report:
        return found.standing(report)


def show(found: CeremonyFolder, standing: Standing) -> None:
    """Print who has sent what, what is missing, and what is wrong."""
    if found.invitation.rehearsal:
        say("REHEARSAL: nothing in it counts.", "bold")
    names = _names(found)
    show_arrived(found.transcript, ROUNDS, names, names)
    show_missing(standing, names)
    show_faults(standing.faults, standing.exchange)


def fingerprints(found: CeremonyFolder, standing: Standing) -> dict[str, Fingerprint]:
    """Return what people read to each other, as far as it is known."""
    known = {"Invitation": fingerprint("invitation", found.invitation.hash(found.group))}
    for identity in found.identities.messages:
        of = f"Signing key of guardian {identity.sender} ({identity.payload.name})"
        known[of] = fingerprint("signing key", identity.payload.signing_key)
    if standing.exchange is not None:
        known["Ceremony"] = fingerprint("ceremony", standing.exchange.context)
    if standing.complete(2) and not standing.ended:
        known["Guardian record"] = fingerprint("guardian record", record_of(found).h_g)
    return known


def status_json(found: CeremonyFolder, standing: Standing) -> dict[str, Any]:
    """Return all that is known of the ceremony, for programs."""
    names, invitation = _names(found), found.invitation
    return {
        "attempt": invitation.attempt,
        "rehearsal": invitation.rehearsal,
        "parameters": found.group.name,
        "quorum": invitation.parameters.k,
        "guardians": arrived_json(found.transcript, ROUNDS, names, names),
        "missing": missing_json(standing),
        "wrong": faults_json(standing.faults),
        "fingerprints": {what: fingerprint_json(value) for what, value in fingerprints(found, standing).items()},
        "complete": standing.complete(len(ROUNDS)) and not standing.ended,
        "published": found.published,
        "key_checks": newest_checks(found).newest if found.published else {},
        "next": next_step(found, standing),
    }


def next_step(found: CeremonyFolder, standing: Standing) -> str:
    """Say what comes next."""
    root, attempt = found.root, found.invitation.attempt + 1
    if standing.ended:
        return (
            f"This attempt has ended. Give {newest_file(found.outbox)} to every guardian: any of them can complain, "
            "and 'e2evote ceremony adjudicate' judges complaints. The way on is a new ceremony, with another guardian "
            f"in place of one who is guilty: 'e2evote ceremony invite … --attempt {attempt}' in another directory."
        )
    if found.published:
        return (
            f"The ceremony is over. Next: 'e2evote device open {root} --info …', or 'e2evote decryption plan {root}'."
        )
    if standing.complete(len(ROUNDS)):
        return (
            f"Everybody has confirmed. Give {found.outbox / '4-confirmations.ndjson'} to every guardian. Next: "
            f"'e2evote ceremony publish {root}'."
        )
    return (
        f"Give {newest_file(found.outbox)} to every guardian, if that is not done, and collect what they answer: "
        f"'e2evote ceremony collect {root} FILE …'. Whoever cannot go on is replaced by a new ceremony: "
        f"'e2evote ceremony invite … --attempt {attempt}' in another directory."
    )


def show_record_fingerprint(found: CeremonyFolder) -> None:
    """Print the fingerprint that every guardian has seen when it confirmed."""
    show_fingerprint("Guardian record", fingerprint("guardian record", record_of(found).h_g))


def show_checks(found: CeremonyFolder, as_json: bool = False) -> bool:
    """Print who has shown when that the secret is there, and tell whether it is a quorum."""
    checks, names, k = newest_checks(found), _names(found), found.invitation.parameters.k
    enough = len(checks.newest) >= k
    if as_json:
        told = {"newest": checks.newest, "wrong": checks.wrong, "quorum": k, "enough": enough}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return enough
    shown = table("#", "guardian", "has shown its secret", right=("#",))
    for i, name in names.items():
        row(shown, i, name, checks.newest.get(i, "no"))
    screen().print(shown)
    for problem in checks.wrong:
        say(f"WRONG: {problem}", "bold red")
    say(f"{len(checks.newest)} of {len(names)} guardians have shown that they have their secrets; {k} are needed")
    return enough


def _names(found: CeremonyFolder) -> dict[int, str]:
    return dict(enumerate(found.invitation.names, 1))
