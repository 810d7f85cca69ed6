"""The program ``guardian``: a guardian's own machine, its own folder, no network."""

import click

from e2evote import __version__
from e2evote.terminal.program import Program
from guardian_cli.complaining import MisconductError

VERBS = {
    "init": "beginning", "status": "looking", "keygen": "ceremony", "share": "ceremony", "receive": "ceremony",
    "confirm": "ceremony", "backup": "keeping", "restore": "keeping", "import-decryptions": "keeping",
    "check-key": "keeping", "passphrase": "keeping", "decrypt": "decrypting", "open-challenged": "decrypting",
    "complain": "looking", "rehearse": "rehearsing", "retire": "keeping",
}  # fmt: skip
"""Every command, with the module of ``guardian_cli.verbs`` that defines it."""


@click.group(
    cls=Program,
    modules={verb: f"guardian_cli.verbs.{module}" for verb, module in VERBS.items()},
    exit_codes={MisconductError: 1},
)
@click.version_option(__version__, message="guardian %(version)s")
@click.option("--traceback", is_flag=True, help="Show where an unexpected error arose, for a report about it.")
def main(traceback: bool) -> None:
    """Keep a share of an election's secret key, and decrypt only what may be decrypted.

    Everything happens in one folder of yours. What others send goes into its inbox, what you hand over lies in its
    outbox; carry the files as you like, nothing in them is secret. 'guardian status' always says what comes next.

    Exit code: 0 done, 1 somebody's message is wrong and a complaint was written, 2 something is missing or refused.
    """
