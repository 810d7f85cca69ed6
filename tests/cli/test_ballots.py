"""Encrypting files of ballots, interrupted or not, and deciding about ballots."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

import pytest

from e2evote import files
from e2evote.record import writer
from e2evote.record.layout import Record
from e2evote.workspace import encrypting
from tests.builders import patterned_ballots
from tests.cli.conftest import SHARD, contents, run, verify, write_votes

GOOD = '{"ballot_style":1,"contests":[{"contest":1,"selections":[1,0,0,0]},{"contest":3,"selections":[0,1]}]}'


def encrypt(root: Path, votes: Path, *options: object, code: int = 0) -> str:
    result = run("ballot", "encrypt", root, "--device", 1, "--input", votes, *options, code=code)
    return result.stdout if code == 0 else result.stderr


def codes_on(root: Path) -> list[str]:
    record = Record.at(root / "record")
    return [json.loads(line)["confirmation_code"] for _, line in record.ballot_lines(1)]


def kept_nonces(root: Path) -> list[str]:
    found = []
    for path in sorted((root / "private" / "devices" / "0001").glob("nonces-*")):
        found += [json.loads(line)["confirmation_code"] for line in path.read_text().splitlines()]
    return found


def finish(root: Path) -> None:
    run("ballot", "cast", root, "--rest")
    run("device", "close", root, 1)
    verify(root / "record", "--until", "ballots")


# ------------------------------------------------------------------------------------------------- encrypting


def test_codes_are_printed_and_written(fresh: Path, tmp_path: Path):
    votes = write_votes(tmp_path / "votes.ndjson", 5)
    printed = encrypt(fresh, votes).split()
    assert printed == codes_on(fresh)
    assert encrypt(fresh, votes, "--output", tmp_path / "codes.txt") == ""
    assert (tmp_path / "codes.txt").read_text().split() == printed
    write_votes(votes, 6)
    lines = [json.loads(line) for line in encrypt(fresh, votes, "--json").splitlines()]
    assert lines == [{"device": 1, "position": 6, "confirmation_code": codes_on(fresh)[5]}]
    assert "exists already" in encrypt(fresh, votes, "--output", tmp_path / "codes.txt", code=2)


def test_a_growing_file_makes_shards_and_one_chain(fresh: Path, tmp_path: Path):
    votes = tmp_path / "votes.ndjson"
    for size in (5, 6, 11, 11):
        before = codes_on(fresh)
        assert encrypt(fresh, write_votes(votes, size)).split() == codes_on(fresh)[len(before) :]
    shards = Record.at(fresh / "record").ballot_shards(1)
    sizes = [len((fresh / "record" / name).read_bytes().splitlines()) for name in shards]
    assert sizes == [SHARD, 1, 1, SHARD, 1]
    assert kept_nonces(fresh) == codes_on(fresh)
    finish(fresh)


def test_another_file_is_refused(fresh: Path, tmp_path: Path):
    votes = write_votes(tmp_path / "votes.ndjson", 6)
    encrypt(fresh, votes)
    before = contents(fresh)
    lines = votes.read_text().splitlines(keepends=True)
    swapped = [*lines[:2], lines[3], lines[2], *lines[4:]]
    for changed in (lines[:5], swapped, [*swapped, lines[0]], [*lines[1:], lines[0], lines[0]]):
        votes.write_text("".join(changed))
        assert "does not begin with the 6 ballots that device 1 has encrypted" in encrypt(fresh, votes, code=2)
    assert contents(fresh) == before


BAD_LINES = [
    ("", "a blank line"),
    ("{", "not JSON"),
    (GOOD.replace("1,0,0,0", "1,0,0"), "contest 'board' has 4 options, 3 given"),
    (GOOD.replace('"contest":3', '"contest":2'), "not on style 'member'"),
    (GOOD.replace('"contest":3', '"contest":1'), "appears twice"),
    (GOOD.replace("0,1]", "0,-1]"), "contests.1.selections.1"),
    (GOOD.replace("0,1]", "0,true]"), "contests.1.selections.1"),
    (GOOD.replace('"ballot_style":1', '"ballot_style":9'), "ballot style 9"),
    (GOOD.replace('{"ballot_style"', '{"weight":6,"ballot_style"'), "weight 6"),
    (GOOD.replace('{"ballot_style"', '{"weight":0,"ballot_style"'), "weight"),
    (GOOD.replace('{"ballot_style"', '{"voter":"x","ballot_style"'), "voter"),
    (GOOD.replace('{"ballot_style"', '{"ballot_style":1,"ballot_style"'), "twice"),
    (GOOD.replace("[1,0,0,0]", '[1,0,0,0],"write_ins":{"1":"x"}'), "takes no write-in"),
    (GOOD.replace("[1,0,0,0]", '[1,0,0,0],"write_ins":{"4":"\\ud800"}'), "surrogate"),
    ("\xff", "votes.ndjson:7"),
]


@pytest.mark.parametrize(("line", "problem"), BAD_LINES)
def test_a_bad_line_is_named_and_nothing_is_encrypted(fresh: Path, tmp_path: Path, line: str, problem: str):
    votes = write_votes(tmp_path / "votes.ndjson", 6)
    votes.write_bytes(votes.read_bytes() + line.encode("latin-1") + b"\n" + GOOD.encode() + b"\n")
    before = contents(fresh)
    error = encrypt(fresh, votes, code=2)
    assert error.startswith(f"Error: {votes}:7: ")
    assert problem in error
    assert contents(fresh) == before


def test_a_bad_line_keeps_earlier_shards(fresh: Path, tmp_path: Path):
    votes = write_votes(tmp_path / "votes.ndjson", 6)
    encrypt(fresh, votes)
    before = contents(fresh)
    with votes.open("a") as file:
        file.write("{}\n")
    assert "votes.ndjson:7: ballot_style" in encrypt(fresh, votes, code=2)
    assert contents(fresh) == before


def test_a_last_line_without_its_end(fresh: Path, tmp_path: Path):
    votes = tmp_path / "votes.ndjson"
    votes.write_text(GOOD)
    encrypt(fresh, votes)
    votes.write_text(f"{GOOD}\r\n{GOOD}\n")
    encrypt(fresh, votes)
    assert len(codes_on(fresh)) == 2


# ------------------------------------------------------------------------------------------------ interrupted


class Crash(BaseException):
    """Stands for a power cut."""


def crash_at(patch: pytest.MonkeyPatch, number: int, after: bool) -> None:
    """Let the program die just before or just after its write of that number."""
    numbers, real = count(), files.replacing

    @contextmanager
    def replacing(path: Path, mode: int = 0o644) -> Iterator[IO[bytes]]:
        now = next(numbers)
        if now == number and not after:
            raise Crash
        with real(path, mode) as file:
            yield file
        if now == number:
            raise Crash

    patch.setattr(files, "replacing", replacing)
    patch.setattr(writer, "replacing", replacing)


def test_encryption_resumes_wherever_it_died(created: Path, tmp_path: Path):
    votes = write_votes(tmp_path / "votes.ndjson", 7)
    for number in count():
        crashed = False
        for after in (False, True):
            root = tmp_path / f"{number}-{after}"
            shutil.copytree(created, root)
            run("device", "open", root, "--info", "Booth A")
            with pytest.MonkeyPatch.context() as patch:
                crash_at(patch, number, after)
                try:
                    encrypt(root, votes)
                except Crash:
                    crashed = True
            survived = codes_on(root)
            encrypt(root, votes)
            assert codes_on(root)[: len(survived)] == survived
            assert len(codes_on(root)) == 7
            assert kept_nonces(root) == codes_on(root)
            finish(root)
        if not crashed:
            break
    assert number == 8  # two shards with four writes each: nonces, state, ballots, index


def test_decisions_are_caught_up_with_wherever_they_died(fresh: Path, tmp_path: Path):
    encrypt(fresh, write_votes(tmp_path / "votes.ndjson", 9))
    codes = codes_on(fresh)
    for number in count():
        crashed = False
        for after in (False, True):
            root = tmp_path / f"{number}-{after}"
            shutil.copytree(fresh, root)
            with pytest.MonkeyPatch.context() as patch:
                crash_at(patch, number, after)
                try:
                    run("ballot", "challenge", root, *codes[3:5])
                    run("ballot", "spoil", root, codes[0])
                except Crash:
                    crashed = True
            run("ballot", "cast", root, "--rest")
            decided = (root / "private" / "devices" / "0001" / "decisions.ndjson").read_text()
            opened = root / "private" / "devices" / "0001" / "opened.ndjson"
            lines = opened.read_text().splitlines() if opened.exists() else []
            assert len(lines) == decided.count('"challenged"')
            assert kept_nonces(root) == []
        if not crashed:
            break
    assert number > 5


def test_closing_can_be_repeated_wherever_it_died(fresh: Path, tmp_path: Path):
    encrypt(fresh, write_votes(tmp_path / "votes.ndjson", 5))
    run("ballot", "cast", fresh, "--rest")
    for number in range(4):
        for after in (False, True):
            root = tmp_path / f"{number}-{after}"
            shutil.copytree(fresh, root)
            with pytest.MonkeyPatch.context() as patch:
                crash_at(patch, number, after)
                with pytest.raises(Crash):
                    run("device", "close", root, 1)
            if not (root / "record" / "devices" / "0001" / "close.json").exists():
                run("device", "close", root, 1)
            else:
                run("tally", "accumulate", root, "--jobs", 1)
            verify(root / "record", "--until", "ballots")


def test_a_killed_process_leaves_whole_shards(fresh: Path, tmp_path: Path):
    votes = write_votes(tmp_path / "votes.ndjson", 6)
    program = f"""
import os, signal, sys
from e2evote.cli import main
from e2evote.workspace import encrypting
encrypting.SHARD_BALLOTS = {SHARD}
real = encrypting.encrypt_lines
def encrypt_lines(*arguments):
    for number, ballot in enumerate(real(*arguments)):
        if number == {SHARD} + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield ballot
encrypting.encrypt_lines = encrypt_lines
main()
"""
    command = [sys.executable, "-c", program, "ballot", "encrypt", fresh, "--device", "1", "--input", votes]
    killed = subprocess.run(command, check=False, capture_output=True, cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    survived = codes_on(fresh)
    assert len(survived) == SHARD
    encrypt(fresh, votes)
    assert codes_on(fresh)[:SHARD] == survived
    finish(fresh)


def test_an_interrupted_command_says_so(fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    votes = write_votes(tmp_path / "votes.ndjson", 6)
    monkeypatch.setattr(encrypting, "encrypt_lines", interrupt)
    assert encrypt(fresh, votes, code=130) == "Error: interrupted; no file is half written\n"


def test_one_command_at_a_time(fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    votes = write_votes(tmp_path / "votes.ndjson", 1)
    real = encrypting.encrypt_lines

    def meanwhile(*arguments):
        assert "another e2evote command is at work" in run("ballot", "cast", fresh, "--rest", code=2).stderr
        return real(*arguments)

    monkeypatch.setattr(encrypting, "encrypt_lines", meanwhile)
    encrypt(fresh, votes)


# -------------------------------------------------------------------------------------------------- decisions


@pytest.fixture
def voted(fresh: Path, tmp_path: Path) -> Path:
    encrypt(fresh, write_votes(tmp_path / "votes.ndjson", 9))
    return fresh


def test_a_decision_is_final(voted: Path):
    codes = codes_on(voted)
    run("ballot", "cast", voted, codes[0])
    run("ballot", "challenge", voted, codes[1])
    run("ballot", "spoil", voted, codes[2])
    before = contents(voted)
    for noun in ("cast", "challenge", "spoil"):
        for number, status in enumerate(("cast", "challenged", "spoiled")):
            error = run("ballot", noun, voted, codes[5], codes[number], code=2).stderr
            assert error == f"Error: ballot {codes[number]} is {status} already; a decision is final\n"
    assert contents(voted) == before


@pytest.mark.parametrize("noun", ["cast", "challenge", "spoil"])
def test_codes_must_name_one_ballot(voted: Path, noun: str):
    code = codes_on(voted)[0]
    other = "0" * 8 if not code.startswith("0" * 8) else "F" * 8
    for wrong, problem in (
        ([code[:7]], "give at least its first 8 digits"),
        (["nonsense!"], "is not a confirmation code"),
        ([other], "no ballots have"),
        ([code[:8], code[:10]], "named twice"),
        ([code + "00"], "no ballots have"),
    ):
        assert problem in run("ballot", noun, voted, *wrong, code=2).stderr
    run("ballot", noun, voted, f"{code[:8].lower()}")


def test_cast_needs_codes_or_rest(voted: Path):
    assert "either" in run("ballot", "cast", voted, code=2).stderr
    assert "either" in run("ballot", "cast", voted, codes_on(voted)[0], "--rest", code=2).stderr


def test_a_challenge_shows_the_voter_what_was_encrypted(voted: Path):
    codes = codes_on(voted)
    shown = [run("ballot", "challenge", voted, code).stdout for code in codes]
    assert "motion: no" in shown[1]
    assert "scores: score-1 × 3; score-2" in shown[1]
    assert "written in: شاپور ارغوان‌زاده" in shown[2]
    assert "board: no vote" in shown[4]
    assert "too many marks, so none counts: [1, 1, 1, 0]" in shown[4]
    assert "motion: no vote" in shown[6]


def test_casting_erases_the_nonce(voted: Path):
    codes = codes_on(voted)
    run("ballot", "cast", voted, codes[0], codes[4])
    assert kept_nonces(voted) == [codes[1], codes[2], codes[3], *codes[5:]]
    run("ballot", "cast", voted, "--rest")
    assert kept_nonces(voted) == []


def test_a_device_with_undecided_ballots_stays_open(voted: Path):
    run("ballot", "cast", voted, *codes_on(voted)[:8])
    error = run("device", "close", voted, 1, code=2).stderr
    assert "1 of 9 ballots are undecided" in error
    assert codes_on(voted)[8] in error


def test_a_closed_device_takes_no_ballots(voted: Path, tmp_path: Path):
    finish(voted)
    assert "device 1 is closed" in encrypt(voted, write_votes(tmp_path / "votes.ndjson", 10), code=2)


def test_guardians_open_what_the_device_cannot(voted: Path):
    codes = codes_on(voted)
    folder = voted / "private" / "devices" / "0001"
    run("ballot", "challenge", voted, codes[0])
    for path in folder.glob("nonces-*"):
        path.unlink()
    run("ballot", "challenge", voted, codes[6])  # no nonce: the decision stands, nothing can be shown
    finish(voted)
    run("tally", "accumulate", voted, "--jobs", 1)
    run("tally", "decrypt", voted, "--guardian", 2, "--guardian", 3, "--jobs", 1)
    lines = (voted / "record" / "challenged_ballots.ndjson").read_text().splitlines()
    assert [json.loads(line)["position"] for line in lines] == [1, 7]
    verify(voted / "record")


def test_a_nonce_that_does_not_fit_is_reported_and_left_to_the_guardians(voted: Path):
    codes, path = codes_on(voted), voted / "private" / "devices" / "0001" / "nonces-000001.ndjson"
    first, *others = path.read_text().splitlines(keepends=True)
    entry = json.loads(first) | {"nonce": "00" * 32}
    path.write_text(json.dumps(entry, separators=(",", ":")) + "\n" + "".join(others))
    error = run("ballot", "challenge", voted, codes[0], codes[1], code=2)
    assert "the decision stands" in error.stderr
    assert f"Ballot {codes[1]}" in error.stdout
    assert kept_nonces(voted)[0] == codes[0]
    finish(voted)
    run("tally", "accumulate", voted, "--jobs", 1)
    run("tally", "decrypt", voted, "--guardian", 2, "--guardian", 3, "--jobs", 1)
    verify(voted / "record")


def test_two_devices_are_decided_together(voted: Path, tmp_path: Path):
    run("device", "open", voted, "--info", "Booth B")
    votes = write_votes(tmp_path / "more.ndjson", 3, patterned_ballots())
    more = run("ballot", "encrypt", voted, "--device", 2, "--input", votes).stdout.split()
    run("ballot", "cast", voted, codes_on(voted)[0])
    error = run("ballot", "spoil", voted, more[0], codes_on(voted)[0], code=2).stderr
    assert "is cast already" in error
    assert run("ballot", "spoil", voted, more[0], codes_on(voted)[1]).stdout == "2 ballots spoiled\n"
