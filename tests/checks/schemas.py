"""Compare ``schemas/*.json`` with what the types say, or write them with ``--write``.

python -m tests.checks.schemas [--write]
"""

import argparse
import difflib
import json
import sys
from pathlib import Path

from e2evote.messages.schemas import MESSAGE_SCHEMAS
from e2evote.record.schemas import SCHEMAS, generate
from e2evote.web.booth.description import description
from tests.conformance.expectation import CONFORMANCE_SCHEMAS

ROOT = Path(__file__).resolve().parents[2]


def rendered() -> dict[str, str]:
    """Return file name → text of every schema."""
    schemas = generate(SCHEMAS | MESSAGE_SCHEMAS | CONFORMANCE_SCHEMAS) | {"booth_api.json": description()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in sorted(schemas.items())}


def write(folder: Path) -> None:
    """Make the folder hold exactly the schemas."""
    folder.mkdir(exist_ok=True)
    texts = rendered()
    for file in folder.glob("*.json"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def differences(folder: Path) -> list[str]:
    """Return a unified diff from the folder to what the types say; empty if equal."""
    texts = rendered()
    stored = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json"))}
    diff: list[str] = []
    for name in sorted(texts | stored):
        before, after = stored.get(name, "").splitlines(), texts.get(name, "").splitlines()
        diff += difflib.unified_diff(before, after, f"schemas/{name}", f"generated {name}", lineterm="")
    return diff


def main(arguments: list[str] | None = None) -> int:
    """Compare or write; return how the process should exit."""
    parser = argparse.ArgumentParser(description="Compare the JSON schemas with the record types.")
    parser.add_argument("--write", action="store_true", help="write them instead")
    folder = ROOT / "schemas"
    if parser.parse_args(arguments).write:
        write(folder)
        return 0
    diff = differences(folder)
    if diff:
        print("\n".join(diff), file=sys.stderr)
        print("schemas: out of date; run 'make schemas'", file=sys.stderr)
    else:
        print("schemas: up to date")
    return 1 if diff else 0


if __name__ == "__main__":
    raise SystemExit(main())
