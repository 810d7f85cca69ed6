"""Manifests, creating an election, opening devices, and the program itself."""

import json
import stat
from itertools import islice
from pathlib import Path

import click
import pytest

from e2evote import __version__
from e2evote.cli import NOUNS, main
from e2evote.examples import NAMES, manifest_bytes
from e2evote.terminal.program import printable
from e2evote.workspace.directory import Workspace
from tests import builders
from tests.builders import TOY, patterned_ballots
from tests.cli.conftest import contents, run, verify, write_votes


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_written_and_pass(tmp_path: Path, name: str):
    path = tmp_path / "manifest.json"
    run("manifest", "example", name, "--out", path)
    assert path.read_bytes() == manifest_bytes(name)
    shown = run("manifest", "check", path).stdout
    assert "هیئت" in shown or "ناهار" in shown
    assert "exists already" in run("manifest", "example", name, "--out", path, code=2).stderr


def test_effective_limits_are_shown(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_bytes(builders.manifest_bytes())
    row = next(line for line in run("manifest", "check", path).stdout.splitlines() if "scores" in line)
    assert row.split()[:6] == ["2", "scores", "2", "4", "3", "–"]


def test_what_becomes_of_small_cells_is_shown(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_bytes(builders.manifest_bytes(tally_cells=builders.MERGING, minimum_cell_ballots=None))
    shown = run("manifest", "check", path).stdout
    assert "fewer than 10 cast ballots in a tally cell is not decrypted there" in shown
    assert "What may not be decrypted of tally cell 'partners' alone is merged into 'members'." in shown


def test_every_problem_of_a_manifest_is_listed(tmp_path: Path):
    path = tmp_path / "manifest.json"
    path.write_bytes(builders.manifest_bytes(label=" a ", date="2026-13-01", chaining_modes=[1, 0]))
    error = run("manifest", "check", path, code=2).stderr
    assert "3 problems" in error
    for problem in ("label ' a '", "date '2026-13-01'", "chaining_modes"):
        assert problem in error
    path.write_text('{"label":"a","contests":[]}')
    assert "manifest.json: contests" in run("manifest", "check", path, code=2).stderr
    path.write_text('{"label":"a","label":"b"}')
    assert "twice" in run("manifest", "check", path, code=2).stderr
    assert "does not exist" in run("manifest", "check", tmp_path / "none.json", code=2).stderr


def create(root: Path, manifest: Path, *options: object, n: int = 3, k: int = 2, code: int = 0):
    arguments = ("--manifest", manifest, "--guardians", n, "--quorum", k, "--insecure-parameters", TOY)
    return run("election", "create", root, *arguments, *options, code=code)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_bytes(builders.manifest_bytes())
    return path


def test_creating_warns_and_keeps_secrets_apart(tmp_path: Path, manifest: Path):
    result = create(tmp_path / "new" / "election", manifest)
    assert "knows every secret" in result.stdout
    private = tmp_path / "new" / "election" / "private"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    for i in (1, 2, 3):
        path = private / "guardians" / f"guardian_{i}.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        share = json.loads(path.read_text())
        assert share["z"] not in result.output
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["election"]


def test_secrets_are_not_printed_by_accident(created: Path):
    shares = Workspace(created).shares(1)
    assert repr(shares) == "SecretKeyShares(i=1, z=SecretScalar(…), z_hat=SecretScalar(…))"


def test_nothing_is_overwritten(tmp_path: Path, manifest: Path):
    (tmp_path / "empty").mkdir()
    create(tmp_path / "empty", manifest)
    before = contents(tmp_path / "empty")
    assert "nothing was overwritten" in create(tmp_path / "empty", manifest, code=2).stderr
    assert contents(tmp_path / "empty") == before
    assert "nothing was overwritten" in create(manifest, manifest, code=2).stderr


def test_a_failed_creation_leaves_nothing(tmp_path: Path, manifest: Path):
    assert "quorum must lie between" in create(tmp_path / "a", manifest, n=2, k=3, code=2).stderr
    manifest.write_bytes(builders.manifest_bytes(label=" a "))
    assert "label ' a '" in create(tmp_path / "a", manifest, code=2).stderr
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_shares_of_another_election_are_refused(created: Path, tmp_path: Path, manifest: Path):
    create(tmp_path / "other", manifest)
    foreign = created / "private" / "guardians" / "guardian_1.json"
    (tmp_path / "other" / "private" / "guardians" / "guardian_1.json").write_bytes(foreign.read_bytes())
    decrypt = ("tally", "decrypt", tmp_path / "other", "--jobs", 1)
    assert "not the shares of guardian 1" in run(*decrypt, "--guardian", 1, "--guardian", 2, code=2).stderr
    assert "guardian_4.json: the file is missing" in run(*decrypt, "--guardian", 4, code=2).stderr
    for wrong in ([2], [2, 2]):
        options = [word for i in wrong for word in ("--guardian", i)]
        assert "at least 2 different guardians" in run(*decrypt, *options, code=2).stderr
    assert "have not been added up" in run(*decrypt, "--guardian", 2, "--guardian", 3, code=2).stderr


def test_devices(fresh: Path):
    assert "there is a device 'Booth A'" in run("device", "open", fresh, "--info", "Booth A", code=2).stderr
    assert "not empty" in run("device", "open", fresh, "--info", " ", code=2).stderr
    assert "still open" in run("tally", "accumulate", fresh, code=2).stderr
    assert run("device", "close", fresh, 1).stdout.startswith("device 1 is closed: 0 ballots")
    assert "there is no device 7" in run("device", "close", fresh, 7, code=2).stderr


def test_the_manifest_rules_on_chaining(tmp_path: Path, manifest: Path):
    manifest.write_bytes(builders.manifest_bytes(chaining_modes=[1]))
    create(tmp_path / "chained", manifest)
    refused = run("device", "open", tmp_path / "chained", "--info", "A", "--no-chaining", code=2)
    assert "leave out --no-chaining" in refused.stderr
    assert "no device" in run("tally", "accumulate", tmp_path / "chained", code=2).stderr


def test_too_few_ballots_are_not_decrypted(fresh: Path, tmp_path: Path):
    # Two cells, at least two ballots each: the second ballot style stays alone.
    votes = islice(patterned_ballots(), 8)
    styles = [ballot.model_copy(update={"weight": 1}) for ballot in votes if ballot.ballot_style == 1][:3]
    votes = write_votes(tmp_path / "votes.ndjson", 4, iter([*styles, next(islice(patterned_ballots(), 1, None))]))
    run("ballot", "encrypt", fresh, "--device", 1, "--input", votes)
    shown = count(fresh)
    assert "Tally cell 'partners' has too few cast ballots" in shown
    assert "scores" not in shown
    assert verify(fresh / "record").stdout.endswith("VALID\n")
    summary = run("record", "show", fresh / "record", "--json", "--insecure-parameters", TOY).stdout
    results = json.loads(summary)["results"]
    assert [contest["label"] for contest in results["contests"]] == ["board", "motion"]
    assert results["withheld"] == ["partners"]


def test_a_cell_of_too_few_is_counted_with_another(tmp_path: Path, manifest: Path):
    manifest.write_bytes(builders.manifest_bytes(tally_cells=builders.MERGING))
    create(tmp_path / "a", manifest)
    run("device", "open", tmp_path / "a", "--info", "Booth A")
    votes = (ballot.model_copy(update={"weight": 1}) for ballot in islice(patterned_ballots(), 3))
    file = write_votes(tmp_path / "votes.ndjson", 3, votes)
    run("ballot", "encrypt", tmp_path / "a", "--device", 1, "--input", file)
    shown = count(tmp_path / "a")
    assert "too few of one weight: members (with partners): motion." in shown
    assert "Tally cell 'partners: scores' has too few" in shown
    assert verify(tmp_path / "a" / "record").stdout.endswith("VALID\n")
    shown = run("record", "show", tmp_path / "a" / "record", "--json", "--insecure-parameters", TOY).stdout
    assert json.loads(shown)["results"]["merged"] == ["members (with partners): motion"]
    chart = ("record", "chart", tmp_path / "a" / "record", "--out", tmp_path / "x.svg", "--insecure-parameters", TOY)
    run(*chart)
    assert "counted together: members (with partners): motion" in (tmp_path / "x.svg").read_text()


def test_a_weight_of_one_ballot_is_not_decrypted(fresh: Path, tmp_path: Path):
    # Of the members two have weight 1 and one has weight 2; the partners do not vote.
    votes = [ballot for ballot in islice(patterned_ballots(), 8) if ballot.ballot_style == 1][:3]
    run("ballot", "encrypt", fresh, "--device", 1, "--input", write_votes(tmp_path / "v.ndjson", 3, iter(votes)))
    assert "Tally cell 'members' has too few cast ballots, or too few of one weight" in count(fresh)
    assert (fresh / "record" / "tallies.ndjson").read_bytes() == b""
    shown = verify(fresh / "record").stdout
    assert "was withheld by guardians 1, 2 (weights differ" in shown
    assert shown.endswith("VALID\n")
    late = ("--override", "members", "board", "weight", "x")
    again = ("tally", "decrypt", fresh, "--guardian", 1, "--guardian", 2, "--jobs", 1)
    assert "decrypted already" in run(*again, *late, code=2).stderr


def test_an_election_without_results(fresh: Path):
    shown = count(fresh)
    assert "Tally cell 'members' has too few" in shown
    assert (fresh / "record" / "tallies.ndjson").read_bytes() == b""
    assert verify(fresh / "record").stdout.endswith("VALID\n")
    chart = ("record", "chart", fresh / "record", "--out", fresh / "x.svg", "--insecure-parameters", TOY)
    assert "nothing to draw" in run(*chart, code=2).stderr


def count(root: Path) -> str:
    run("ballot", "cast", root, "--rest")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    return run("tally", "decrypt", root, "--guardian", 1, "--guardian", 2, "--jobs", 1).stdout


def test_an_override_that_does_not_fit(fresh: Path):
    run("device", "close", fresh, 1)
    run("tally", "accumulate", fresh, "--jobs", 1)
    decrypt = ("tally", "decrypt", fresh, "--guardian", 1, "--guardian", 2, "--jobs", 1, "--override")
    assert "no cast ballot has it" in run(*decrypt, "members", "board", "minimum", "x", code=2).stderr
    assert "'nobody': there is no such contest" in run(*decrypt, "nobody", "board", "minimum", "x", code=2).stderr
    assert "is not one of 'minimum', 'weight'" in run(*decrypt, "members", "board", "size", "x", code=2).stderr
    assert not (fresh / "record" / "tallies.ndjson").exists()


def test_exceptions_of_an_interrupted_run(fresh: Path, tmp_path: Path):
    """They were published before the tallies, and would stand beside tallies that are none of theirs."""
    votes = [ballot.model_copy(update={"weight": 1}) for ballot in islice(patterned_ballots(), 3)]
    run("ballot", "encrypt", fresh, "--device", 1, "--input", write_votes(tmp_path / "v.ndjson", 3, iter(votes)))
    run("ballot", "cast", fresh, "--rest")
    run("device", "close", fresh, 1)
    run("tally", "accumulate", fresh, "--jobs", 1)
    fields = {"cell": 2, "contest": 2, "rule": "minimum", "action": "decrypted", "reason": "x", "guardians": [1, 2]}
    left = json.dumps(fields, separators=(",", ":")) + "\n"
    (fresh / "record" / "exceptions.ndjson").write_text(left)
    decrypt = ("tally", "decrypt", fresh, "--guardian", 1, "--guardian", 2, "--jobs", 1)
    assert "give the same --override as then" in run(*decrypt, code=2).stderr
    assert not (fresh / "record" / "tallies.ndjson").exists()
    run(*decrypt, "--override", "partners", "scores", "minimum", "x")
    assert (fresh / "record" / "exceptions.ndjson").read_text() == left
    assert verify(fresh / "record").stdout.endswith("VALID\n")


def test_an_invalid_record_is_not_added_up(fresh: Path):
    run("device", "close", fresh, 1)
    path = fresh / "record" / "devices" / "0001" / "open.json"
    path.write_text(path.read_text().replace("Booth A", "Booth X"))
    error = run("tally", "accumulate", fresh, "--jobs", 1, code=2).stderr
    assert "the record is not valid" in error
    assert "X.index failed" in error
    assert not (fresh / "record" / "encrypted_tallies.ndjson").exists()


def test_a_file_that_does_not_belong_there(fresh: Path):
    (fresh / "record" / "notes.txt").write_text("x")
    assert "no such file belongs in a record" in run("ballot", "cast", fresh, "--rest", code=2).stderr
    error = run("record", "pack", fresh / "record", fresh / "x.zip", code=2).stderr
    assert "'notes.txt': the file is not in the index" in error


def test_a_changed_file_is_not_packed(fresh: Path):
    path = fresh / "record" / "devices" / "0001" / "open.json"
    path.write_text(path.read_text().replace("Booth A", "Booth X"))
    error = run("record", "pack", fresh / "record", fresh / "x.zip", code=2).stderr
    assert "differs from the index" in error
    assert not [path for path in fresh.iterdir() if "x.zip" in path.name]


def test_other_directories(tmp_path: Path):
    assert "not an election's directory" in run("ballot", "cast", tmp_path, "--rest", code=2).stderr


# ------------------------------------------------------------------------------------------------ the program


def test_every_command_has_one_screen_of_help():
    assert run("--version").stdout == f"e2evote {__version__}\n"
    commands = {(noun,): main.get_command(click.Context(main), noun) for noun in NOUNS}
    while commands:
        path, command = commands.popitem()
        text = run(*path, "--help").stdout
        assert len(text.splitlines()) <= 40, path
        if isinstance(command, click.Group):
            commands |= {(*path, verb): below for verb, below in command.commands.items()}
        else:
            assert f"      e2evote {' '.join(path)}" in text, path
    assert "No such command" in run("vote", code=2).stderr


def test_printable():
    assert printable("می‌خواهم\n\x1b[31m\u202e\u2066\x07\ud800") == "می‌خواهم\n\ufffd[31m\ufffd\ufffd\ufffd\ufffd"
