"""The program ``e2evote``: one command group a noun, a file each; what they share lies in files without commands."""

import click

from e2evote import __version__
from e2evote.terminal.program import Program

NOUNS = (
    "manifest",
    "election",
    "roll",
    "signin",
    "message",
    "ceremony",
    "device",
    "ballot",
    "mail",
    "tally",
    "decryption",
    "official",
    "results",
    "minutes",
    "record",
    "board",
    "booth",
    "serve",
    "station",
    "report",
    "backup",
    "verify",
    "demo",
    "bench",
)
"""Every command is defined under its own name in the module of that name."""
EXTRAS = {
    **dict.fromkeys(("roll", "signin", "message", "booth", "serve", "station", "results", "backup"), "e2evote[web]"),
    "minutes": "e2evote[minutes]",
    **dict.fromkeys(("board", "report"), "e2evote[board]"),
}
"""What installs the packages that only these commands need."""


@click.group(cls=Program, modules={noun: f"e2evote.cli.{noun}" for noun in NOUNS}, extras=EXTRAS)
@click.version_option(__version__, message="e2evote %(version)s")
@click.option("--traceback", is_flag=True, help="Show where an unexpected error arose, for a report about it.")
def main(traceback: bool) -> None:
    """Hold end-to-end verifiable elections, and verify the records of others.

    To see a whole election, run 'e2evote demo'. To judge a record that somebody published, run 'e2evote verify RECORD'.
    """
