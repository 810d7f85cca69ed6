"""Fuzzing by hand: run targets for a time, or replay one file.

    python -m tests.fuzz run --seconds 60 manifest archive     all targets if none is named
    python -m tests.fuzz replay manifest FILE                  says what came of it, or shows where it goes wrong

What a run finds lies in build/fuzz/<target>/, made as small as it gets. Once it is fixed it belongs into
tests/fuzz/regressions/<target>/, under a name that says what was wrong.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
BUILD = Path("build/fuzz")
TOO_SLOW = 30
"""Seconds that one input may take."""
TOO_LARGE = 2048
"""MiB of memory that a target may take."""
LIBRARY = ("e2evote", "guardian_cli")


def fuzz(name: str, arguments: Sequence[str]) -> None:
    """Let the engine run a target in this process, which it ends."""
    import atheris

    with atheris.instrument_imports(include=["zipfile", *LIBRARY]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.mutate import mutated

    target = TARGETS[name]

    def one(data: bytes) -> None:
        target.accepts(data)

    def mutator(data: bytes, longest: int, seed: int) -> bytes:
        return mutated(data, longest, seed, atheris.Mutate)

    atheris.Setup([name, *arguments], one, **{"custom_mutator": mutator} if target.mutation == "json" else {})
    atheris.Fuzz()


def run(name: str, seconds: int) -> bool:
    """Run a target in a process of its own; tell whether it came through, and otherwise what to do."""
    from tests.fuzz.targets import TARGETS

    target, place = TARGETS[name], BUILD / name
    (place / "corpus").mkdir(parents=True, exist_ok=True)
    known = [
        str(folder)
        for folder in (HERE / "seeds" / target.seeds_of(name), HERE / "regressions" / name)
        if folder.is_dir()
    ]
    options = {
        "max_total_time": seconds,
        "timeout": TOO_SLOW,
        "rss_limit_mb": TOO_LARGE,
        "max_len": target.longest,
        "artifact_prefix": f"{place}/found-",
        "print_final_stats": 1,
    } | ({"dict": HERE / f"{target.dictionary}.dict"} if target.dictionary else {})
    before = set(place.glob("found-*"))
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, (place / "log").open("w") as log:
        arguments = [f"-{key}={value}" for key, value in options.items()] + [str(place / "corpus"), *known]
        command = [sys.executable, "-m", "tests.fuzz", "child", name, *arguments]
        code = subprocess.run(command, stdout=log, stderr=log, env=os.environ | {"TMPDIR": folder}).returncode
    said = (place / "log").read_text(errors="replace")
    found = sorted(set(place.glob("found-*")) - before)
    print(f"{name}: {_statistics(said)}{'' if code == 0 else f'; ended with code {code}, see {place}/log'}", flush=True)
    for path in found:
        print(
            f"  found: {_minimised(name, path)}\n  replay: {sys.executable} -m tests.fuzz replay {name} {path}",
            flush=True,
        )
    return code == 0


def _memory() -> Path | None:
    """Return where files are in memory, if the system has such a place."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


def _statistics(said: str) -> str:
    numbers = dict(re.findall(r"stat::(\w+):\s+(\d+)", said))
    covered = re.findall(r"cov: (\d+)", said)
    return (
        f"{numbers.get('number_of_executed_units', '?')} inputs, {numbers.get('average_exec_per_sec', '?')} a second, "
        f"coverage {covered[-1] if covered else '?'}, {numbers.get('peak_rss_mb', '?')} MiB"
    )


def _minimised(name: str, path: Path) -> str:
    """Make what was found as small as it gets in some time, and say what goes wrong."""
    if path.name.startswith(("found-timeout", "found-oom", "found-slow")):
        return path.name.split("-")[1]
    fault = fault_of(name, path.read_bytes())
    if fault is None:
        return "nothing when it is run alone: it depends on what was run before"
    path.write_bytes(smallest(path.read_bytes(), lambda data: fault_of(name, data) == fault))
    return ", ".join(fault)


def fault_of(name: str, data: bytes) -> tuple[str, str] | None:
    """Return which exception leaves a target and where in the library it was raised; None for one of the library."""
    from tests.fuzz.targets import TARGETS

    try:
        TARGETS[name].accepts(data)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if any(f"/{room}/" in frame.filename for room in LIBRARY)]
        last = (own or frames)[-1]
        return type(error).__name__, f"{Path(last.filename).name}:{last.lineno}"
    return None


def smallest(data: bytes, goes_wrong: Callable[[bytes], bool], attempts: int = 2000) -> bytes:
    """Take out parts, large ones first, as long as the same goes wrong."""
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data) and attempts:
            shorter, attempts = data[:at] + data[at + size :], attempts - 1
            if goes_wrong(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def replay(name: str, files: Sequence[Path]) -> None:
    """Run a target on files and say what came of each; what is a mistake ends the program."""
    from tests.fuzz.targets import TARGETS

    for path in files:
        print(f"{path}: {'accepted' if TARGETS[name].accepts(path.read_bytes()) else 'refused'}")


def main() -> int:
    """Do what the command line asks for."""
    if sys.argv[1:2] == ["child"]:
        fuzz(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    verbs = parser.add_subparsers(required=True, dest="verb")
    running = verbs.add_parser("run")
    running.add_argument("--seconds", type=int, default=60, help="for each target")
    running.add_argument("targets", nargs="*")
    replaying = verbs.add_parser("replay")
    replaying.add_argument("target")
    replaying.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    if given.verb == "replay":
        replay(given.target, given.files)
        return 0
    from tests.fuzz.targets import TARGETS

    unknown = set(given.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    outcomes = [run(name, given.seconds) for name in given.targets or TARGETS]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
