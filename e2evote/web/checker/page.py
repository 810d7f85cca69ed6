"""The checker's page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckerPage:
    """One self-contained file, the same bytes for everybody, and its content policy."""

    html: bytes
    policy: str


def checker_page(election_json: bytes) -> CheckerPage:  # noqa: ARG001
    """Return the checker of an election."""
    text = b'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Checker</title>\n<h1>Checker</h1>\n'
    return CheckerPage(text, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
