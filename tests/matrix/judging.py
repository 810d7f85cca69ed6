"""What the record verifier and the oracle say of a record, and what the plain account of an election says of it."""

import json
from pathlib import Path

from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import Phase, Report
from e2evote.verifier.run import verify_record
from tests import oracle
from tests.builders import TOY
from tests.matrix.flaws import Flaw
from tests.matrix.voters import overvoted, values_of
from tests.matrix.world import World

UNFINISHED = {"X.chain-closed", "X.status-complete", "X.recorded-complete"}
"""What fails of the ballots as long as devices are open."""


def verified(path: Path, until: Phase = "opened") -> Report:
    return verify_record(Record.at(path), until, allow_insecure=(TOY,))


def failed(report: Report) -> set[str]:
    return {check.id for check in report.checks if check.status == "failed"}


def found_by_oracle(path: Path, until: str = "opened") -> set[str]:
    return oracle.verify(path, {TOY}, until).failed


def check_under_way(world: World) -> None:
    """Hold a record to what it can be by now: valid up to its phase, and in the next nothing wrong but what is open."""
    path, reached = world.workspace.published, reached_phase(world)
    report = verified(path, reached)
    assert report.valid, failed(report)
    assert found_by_oracle(path, reached) == set()
    if reached == "keys" and world.papers:
        assert failed(verified(path, "ballots")) <= UNFINISHED
        assert found_by_oracle(path, "ballots") <= UNFINISHED


def reached_phase(world: World) -> Phase:
    if world.phase == "decrypted":
        return "opened"
    if world.phase == "counted":
        return "tally"
    devices = world.workspace.record.device_indices()
    return "ballots" if devices and world.closed == set(devices) else "keys"


def check_flaw(world: World, flaw: Flaw, root: Path, seed: int) -> bool:
    """Hold both to naming what a flaw breaks, and nothing else; tell whether the election had a place for it."""
    expected = flaw.put_into(world, root, seed)
    if expected is None:
        return False
    for found in (failed(verified(root)), found_by_oracle(root)):
        assert expected.must <= found <= expected.must | expected.may, flaw.name
    return True


def check_finished(world: World) -> None:
    """Compare a finished record with what voters did."""
    check_under_way(world)
    _check_counts(world)
    _check_tallies(world)
    _check_opened(world)
    _check_contest_data(world)


def _check_counts(world: World) -> None:
    for cell in world.lines(layout.ENCRYPTED_TALLIES):
        papers = world.cast_of(cell["cell"])
        assert (cell["ballots"], cell["weight"]) == (len(papers), sum(paper.ballot.weight for paper in papers))


def _check_tallies(world: World) -> None:
    """Every sum is that of its cells, no cell's ballots are in two, and what is left out is too small to be shown."""
    sums, seen = world.plain_sums(), set[tuple[int, int]]()
    for tally in world.lines(layout.TALLIES):
        for contest in tally["contests"]:
            keys = [(cell, contest["index"]) for cell in (tally["cell"], *contest.get("merged", ()))]
            assert seen.isdisjoint(keys)
            seen.update(keys)
            counted = [sums.get(key, {}) for key in keys]
            for option in contest["options"]:
                assert option["tally"] == sum(total.get(option["index"], 0) for total in counted)
    least = world.plan.manifest["minimum_cell_ballots"]
    mixed = world.plan.levels["weights"] == "mixed"
    assert mixed or all(total[0] < least for key, total in sums.items() if key not in seen)
    if world.plan.levels["overrides"] == "any":
        assert sums.keys() <= seen


def _check_opened(world: World) -> None:
    """What challenged ballots hold is what voters marked; uncast ones are all opened."""
    challenged = {
        bytes.fromhex(ballot["confirmation_code"]): ballot for ballot in world.lines(layout.CHALLENGED_BALLOTS)
    }
    uncast = {bytes.fromhex(ballot["confirmation_code"]) for ballot in world.lines(layout.UNCAST_BALLOTS)}
    assert challenged.keys() == {code for code, paper in world.papers.items() if paper.status == "challenged"}
    assert uncast == {code for code, paper in world.papers.items() if paper.status == "uncast"}
    for code, ballot in challenged.items():
        marks = world.papers[code].marks
        assert marks is not None
        for contest in ballot["contests"]:
            known, ind_c = world.plan.contest(contest["index"]), contest["index"]
            values = [option["selection"] for option in contest["options"]]
            assert values == values_of(known, marks.selections.get(ind_c))
            if "contest_data" in contest:
                _check_data(world, code, ind_c, contest["contest_data"]["data"])


def _check_contest_data(world: World) -> None:
    for entry in world.lines(layout.CONTEST_DATA):
        _check_data(world, bytes.fromhex(entry["confirmation_code"]), entry["index"], entry["data"])


def _check_data(world: World, code: bytes, ind_c: int, data: str) -> None:
    """Contest data is what the voter marked too much, and what was written in, or the beginnings of it."""
    marks, raw = world.papers[code].marks, bytes.fromhex(data)
    assert marks is not None
    contest, selections = world.plan.contest(ind_c), marks.selections.get(ind_c)
    assert len(raw) == 32 * contest["contest_data_blocks"]
    length = int.from_bytes(raw[:4], "big")
    found = json.loads(raw[4 : 4 + length])
    assert raw[4 + length :].strip(b"\0") == b""
    texts = {str(ind_o): text for ind_o, text in marks.texts.get(ind_c, {}).items()}
    if found.pop("cut", None):
        assert all(texts[ind_o].startswith(text) for ind_o, text in found.get("write_ins", {}).items())
        return
    over = {"overvote": list(selections)} if selections is not None and overvoted(contest, selections) else {}
    assert found == over | ({"write_ins": texts} if texts else {})
