"""Compare the help texts in README.md with what the program prints, or write them with ``--write``.

A help text is a fenced block after a comment that names the command:

    <!-- help: e2evote verify -->
    ```text
    Usage: e2evote verify [OPTIONS] RECORD
    ```
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

_BLOCK = re.compile(
    r"(<!-- help: e2evote(?P<command>[ a-z0-9-]*?) *-->\n+```(?:text)?\n)(?P<help>.*?)(?=^```$)",
    re.DOTALL | re.MULTILINE,
)
_RUN = "import sys; from e2evote.cli import main; sys.argv[0] = 'e2evote'; main()"


def help_of(command: str) -> str:
    """Return the help text of a subcommand, 80 columns wide, without colour."""
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    run = subprocess.run(
        [sys.executable, "-c", _RUN, *command.split(), "--help"],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, env=environment, check=False,
    )  # fmt: skip
    if run.returncode != 0:
        raise SystemExit(f"README.md names 'e2evote{command}', which fails:\n{run.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in run.stdout.strip().splitlines())


def refreshed(text: str) -> str:
    """Return the README's text with every help block as the program prints it now."""
    return _BLOCK.sub(lambda block: block[1] + help_of(block["command"]), text)


def main(arguments: list[str] | None = None) -> int:
    """Compare or write; return how the process should exit."""
    parser = argparse.ArgumentParser(description="Compare the help texts in README.md with the program's.")
    parser.add_argument("--write", action="store_true", help="write them instead")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    if len(blocks) != text.count("<!-- help:"):
        print("README.md: a '<!-- help: … -->' comment is not followed by a fenced block", file=sys.stderr)
        return 1
    if options.write:
        README.write_text(refreshed(text), encoding="utf-8")
        return 0
    stale = [block for block in blocks if block["help"] != help_of(block["command"])]
    for block in stale:
        line = text.count("\n", 0, block.start()) + 1
        print(f"README.md:{line}: the help of 'e2evote{block['command']}' has changed; "
              "run '.venv/bin/python tests/checks/readme_help.py --write'", file=sys.stderr)  # fmt: skip
    print(f"README help: {len(blocks) - len(stale)} of {len(blocks)} blocks up to date")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
