"""python -m tests.conformance [--write] [--set NAME …]

Makes the suite anew from its seeds and compares it with vectors/records, or writes it there. Exit code 1: it differs.
"""

import argparse
import lzma

from tests.conformance.archive import FOLDER, SETS, listing, packed, write


def differs(name: str) -> bool:
    """Tell whether the stored set is another than the one that the code makes."""
    data, expectations = packed(name)
    archive, text = FOLDER / f"{name}.tar.xz", FOLDER / f"{name}.json"
    if not archive.is_file() or not text.is_file():
        return True
    if lzma.decompress(archive.read_bytes()) != data:
        return True
    return text.read_text(encoding="utf-8") != listing(name, data, expectations)


def main() -> int:
    """Compare or write; return how the process should exit."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description="Make the conformance suite.")
    parser.add_argument("--write", action="store_true", help="write it instead of comparing")
    parser.add_argument("--set", dest="sets", action="append", choices=SETS, help="only this set (may be repeated)")
    arguments = parser.parse_args()
    changed = []
    for name in arguments.sets or SETS:
        if arguments.write:
            write(name)
        elif differs(name):
            changed.append(name)
            print(f"conformance suite: {name} CHANGED; make conformance writes it anew")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
