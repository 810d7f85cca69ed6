"""A mail election through the commands: voters are sent two ballots each, return one, and the other is opened."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import pytest

from e2evote.group.parameters import group_named
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.pre_encrypted import PreEncryptedBallot, RecordedBallot, UncastBallot
from e2evote.record.tally import Tally
from e2evote.workspace import devices
from tests import oracle
from tests.builders import TOY
from tests.cli.conftest import contents, run, secrets_of, verify
from tests.mail_forger import mail_manifest

NAMED = {"fa": "انتخابات پستی", "en": "By post <&>"}


@dataclass
class Paper:
    """A printed ballot as a voter reads it: codes by contest and option."""

    code: str
    contests: list[list[str]]
    null_codes: list[list[str]]


@dataclass
class Mailed:
    """An election's directory, and the ballots that were printed."""

    root: Path
    ballots: list[Paper] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    @property
    def record(self) -> Path:
        return self.root / "record"


def read_paper(html: str) -> list[Paper]:
    """Read the ballots of a page of HTML."""
    ballots = []
    for section in html.split('<section class="ballot">')[1:]:
        digits = re.search(r'<bdi class="digits">([0-9A-F \n]+)</bdi>', section)
        assert digits is not None
        parts = section.split('<section class="contest">')[1:]
        codes = [re.findall(r'<td class="code"><bdi>(\w+)</bdi>', part) for part in parts]
        nulls = [re.findall(r"<bdi>(\w+)</bdi>", re.findall(r'<p class="nulls">.*?</p>', part)[0]) for part in parts]
        ballots.append(Paper("".join(digits[1].split()), codes, nulls))
    return ballots


@pytest.fixture(scope="module", autouse=True)
def _small_shards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "SHARD_BALLOTS", 4)
        yield


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mailed:
    """An election with 10 ballots made and printed, none returned. Read-only; see ``mailed``."""
    folder = tmp_path_factory.mktemp("mail")
    (folder / "manifest.json").write_bytes(mail_manifest(name=NAMED))
    root = folder / "election"
    create = ("election", "create", root, "--manifest", folder / "manifest.json")
    run(*create, "--guardians", 2, "--quorum", 2, "--insecure-parameters", TOY)
    run("device", "open", root, "--info", "Printer", "--mail")
    assert run("mail", "make", root, "--device", 1, "--style", "member", "--ballots", 6, "--jobs", 1).stdout == (
        "ballots 1 to 6 of device 1\n"
    )
    run("mail", "make", root, "--device", 1, "--style", "partner", "--ballots", 4, "--weight", 2, "--jobs", 1)
    run("mail", "print", root, "--device", 1, "--output", folder / "ballots.html", "--jobs", 1)
    assert (folder / "ballots.html").stat().st_mode & 0o777 == 0o600
    return Mailed(root, read_paper((folder / "ballots.html").read_text()), secrets_of(root))


@pytest.fixture
def mailed(printed: Mailed, tmp_path: Path) -> Mailed:
    """A copy to change."""
    shutil.copytree(printed.root, tmp_path / "election")
    return Mailed(tmp_path / "election", printed.ballots, printed.secrets)


def select(*selections: tuple[int, str]) -> list[object]:
    """Return the options that select short codes in contests."""
    return [part for contest, codes in selections for part in ("--select", contest, codes)]


def returned(path: Path, *ballots: tuple[str, dict[int, list[str]]]) -> Path:
    """Write a file of returned ballots."""
    lines = (
        {"confirmation_code": code, "contests": [{"contest": c, "short_codes": codes} for c, codes in chosen.items()]}
        for code, chosen in ballots
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_mail_election(mailed: Mailed, tmp_path: Path) -> None:
    """Of two ballots each voter returns one; the other is opened, and shows what its codes stood for."""
    root, ballots = mailed.root, mailed.ballots
    run("device", "open", root, "--info", "Booth")
    votes = tmp_path / "votes.ndjson"
    votes.write_text('{"ballot_style":1,"contests":[{"contest":1,"selections":[1,0,0,0]}]}\n' * 2)
    run("ballot", "encrypt", root, "--device", 2, "--input", votes, "--jobs", 1)
    run("ballot", "cast", root, "--rest")
    # members: ballots 1 and 2, 3 and 4, 5 and 6; partners: 7 and 8, 9 and 10
    first, _, third, _, fifth, _, seventh, _, ninth, _ = ballots
    one = select((1, f"{first.contests[0][1]},{first.contests[0][3].lower()}"), (3, first.contests[1][0]))
    assert run("mail", "record", root, "--device", 1, first.code[:10].lower(), *one).stdout == "1 ballots cast\n"
    lines = [
        (ninth.code, {2: [ninth.contests[0][2]], 3: [ninth.contests[1][0]]}),
        (third.code, {1: [third.contests[0][1], third.null_codes[0][0]], 3: []}),
        (seventh.code, {2: [seventh.contests[0][0]], 3: [seventh.contests[1][1]]}),
        (fifth.code, {}),
    ]
    run("mail", "record", root, "--device", 1, "--input", returned(tmp_path / "returned.ndjson", *lines))
    run("mail", "uncast", root, "--rest")
    run("device", "close", root, 1)
    run("device", "close", root, 2)
    run("tally", "accumulate", root, "--jobs", 1)
    run("tally", "decrypt", root, "--guardian", 1, "--guardian", 2, "--jobs", 1)

    assert verify(mailed.record).stdout
    assert oracle.verify(mailed.record, {TOY}).passed
    record, group = Record.at(mailed.record), group_named(TOY)
    (tally,) = record.objects(Tally, layout.TALLIES, group)
    found = {(c.label, o.label): o.tally for c in tally.contests for o in c.options}
    assert [found["board", f"board-{j}"] for j in (1, 2, 3, 4)] == [2, 2, 0, 1]
    assert [found["delegate", label] for label in ("first", "second", "third")] == [2, 0, 2]
    assert [found["motion", label] for label in ("yes", "no")] == [1 + 2, 2]
    shards = record.recorded_shards(1)
    cast = [ballot for name in shards for ballot in record.objects(RecordedBallot, name, group)]
    assert len(shards) == 2
    assert [ballot.position for ballot in cast] == [1, 3, 5, 7, 9]
    shown = {selected.short_code for selected in cast[0].contests[0].selections}
    assert shown == {first.contests[0][1], first.contests[0][3]}
    assert {selected.short_code for selected in cast[2].contests[0].selections} <= set(fifth.null_codes[0])
    opened = list(record.objects(UncastBallot, layout.UNCAST_BALLOTS, group))
    assert [ballot.position for ballot in opened] == [2, 4, 6, 8, 10]
    for ballot in opened:
        paper = ballots[ballot.position - 1]
        assert paper.code == ballot.confirmation_code.hex().upper()
        assert [[option.short_code for option in contest.options] for contest in ballot.contests] == paper.contests
    published = b"".join(contents(mailed.record).values()).decode()
    assert not [secret for secret in mailed.secrets if secret in published]
    assert not list((root / "private" / "devices" / "0001").glob("nonces-*"))
    shown_counts = run("record", "show", mailed.record, "--insecure-parameters", TOY).stdout
    assert "uncast" in shown_counts


def test_the_pages(printed: Mailed, tmp_path: Path) -> None:
    run("mail", "print", printed.root, "--device", 1, "--language", "fa", "--from", 2, "--to", 3,
        "--output", tmp_path / "fa.html", "--jobs", 1)  # fmt: skip
    html = (tmp_path / "fa.html").read_text()
    assert html.startswith('<!DOCTYPE html>\n<html lang="fa" dir="rtl">')
    assert [paper.code for paper in read_paper(html)] == [paper.code for paper in printed.ballots[1:3]]
    assert html.count("<svg") == 2
    assert "انتخابات پستی" in html
    assert "حداکثر ۲ گزینه" in html
    assert "<script" not in html
    run("mail", "print", printed.root, "--device", 1, "--to", 1, "--output", tmp_path / "en.html", "--jobs", 1)
    assert NAMED["en"] in unescape((tmp_path / "en.html").read_text())
    assert NAMED["en"] not in (tmp_path / "en.html").read_text()


def test_ballots_are_published_as_they_are_made(printed: Mailed) -> None:
    record, group = Record.at(printed.record), group_named(TOY)
    shards = record.ballot_shards(1)
    made = [ballot for name in shards for ballot in record.objects(PreEncryptedBallot, name, group)]
    assert [(b.ballot_style, b.weight) for b in made] == [(1, 1)] * 6 + [(2, 2)] * 4
    assert [b.confirmation_code.hex().upper() for b in made] == [paper.code for paper in printed.ballots]


REFUSALS = {
    "unknown short code": (0, {1: ["??"]}, "is not in its form|expected|pattern"),
    "short code of no option": (0, {3: ["ZZ"]}, "no short code 'ZZ'"),
    "too many selections": (0, {3: "both"}, "2 selections, at most 1"),
    "a code twice": (0, {1: "twice"}, "given twice"),
    "a contest of another style": (0, {2: ["AA"]}, "contest 2 is not on the ballot"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_selections_that_cannot_be_recorded(name: str, mailed: Mailed, tmp_path: Path) -> None:
    index, chosen, message = REFUSALS[name]
    paper = mailed.ballots[index]
    words = {"both": paper.contests[1], "twice": [paper.contests[0][0]] * 2}
    selections = {c: words[codes] if isinstance(codes, str) else codes for c, codes in chosen.items()}
    other = mailed.ballots[1]
    good = (other.code, {3: [other.contests[1][0]]})
    file = returned(tmp_path / "returned.ndjson", good, (paper.code, selections))
    before = contents(mailed.root)
    result = run("mail", "record", mailed.root, "--device", 1, "--input", file, "--jobs", 1, code=2)
    assert re.search(message, result.output), result.output
    assert "returned.ndjson:2" in result.output.replace("\n", "")
    assert contents(mailed.root) == before


def test_short_codes_of_another_ballot(mailed: Mailed) -> None:
    """The codes of a neighbour's ballot are not those of this one, but for chance."""
    first, second, *_ = mailed.ballots
    foreign = next(code for code in second.contests[0] if code not in first.contests[0] + first.null_codes[0])
    one = ("mail", "record", mailed.root, "--device", 1, first.code, *select((1, foreign)))
    assert f"no short code '{foreign}'" in run(*one, code=2).output


def test_a_ballot_is_recorded_once(mailed: Mailed, tmp_path: Path) -> None:
    first, second, *_ = mailed.ballots
    once = ("mail", "record", mailed.root, "--device", 1, first.code)
    run(*once, *select((3, first.contests[1][0])))
    assert "is cast already" in run(*once, code=2).output
    assert "is cast already" in run("mail", "uncast", mailed.root, first.code, code=2).output
    run("mail", "uncast", mailed.root, second.code)
    assert "is uncast already" in run("mail", "record", mailed.root, "--device", 1, second.code, code=2).output
    twice = returned(tmp_path / "twice.ndjson", *[(mailed.ballots[2].code, {})] * 2)
    assert "named twice" in run("mail", "record", mailed.root, "--device", 1, "--input", twice, code=2).output


def test_decisions_of_the_other_kind(mailed: Mailed, tmp_path: Path) -> None:
    root, code = mailed.root, mailed.ballots[0].code
    for verb in ("cast", "challenge", "spoil"):
        assert "pre-encrypted ballots" in run("ballot", verb, root, code, code=2).output
    assert run("ballot", "cast", root, "--rest").stdout == "0 ballots cast\n"
    run("device", "open", root, "--info", "Booth")
    votes = tmp_path / "votes.ndjson"
    votes.write_text('{"ballot_style":1,"contests":[]}\n')
    assert "e2evote mail make" in run("ballot", "encrypt", root, "--device", 1, "--input", votes, code=2).output
    ordinary = run("ballot", "encrypt", root, "--device", 2, "--input", votes).stdout.strip()
    assert "no pre-encrypted ballots" in run("mail", "uncast", root, ordinary, code=2).output
    make = ("mail", "make", root, "--style", "member", "--ballots", 1)
    assert "ordinary ballots" in run(*make, "--device", 2, code=2).output
    assert "no ballot style" in run("mail", "make", root, "--device", 1, "--style", "x", "--ballots", 1, code=2).output
    assert "weight 9" in run(*make, "--device", 1, "--weight", 9, code=2).output


def test_a_device_closes_when_all_is_decided(mailed: Mailed) -> None:
    assert "mail uncast --rest" in run("device", "close", mailed.root, 1, code=2).output
    run("mail", "uncast", mailed.root, "--rest")
    run("device", "close", mailed.root, 1)
    assert "is closed" in run("mail", "uncast", mailed.root, mailed.ballots[0].code, code=2).output
    assert (
        "is closed"
        in run("mail", "make", mailed.root, "--device", 1, "--style", "member", "--ballots", 1, code=2).output
    )


def test_decided_ballots_cannot_be_printed(mailed: Mailed, tmp_path: Path) -> None:
    run("mail", "uncast", mailed.root, mailed.ballots[4].code)
    printing = ("mail", "print", mailed.root, "--device", 1, "--output", tmp_path / "x.html")
    assert "is uncast already" in run(*printing, code=2).output
    assert not (tmp_path / "x.html").exists()
    assert "has no ballots 9 to 11" in run(*printing, "--from", 9, "--to", 11, code=2).output
    run(*printing, "--from", 6)
    assert "exists already" in run(*printing, "--from", 6, code=2).output


def test_an_interrupted_run_leaves_nothing_behind(mailed: Mailed) -> None:
    """What was recorded but never decided about is dropped by the next run."""
    first, second, *_ = mailed.ballots
    folder = mailed.root / "private" / "devices" / "0001"
    run("mail", "record", mailed.root, "--device", 1, first.code, *select((3, first.contests[1][0])))
    (folder / "decisions.ndjson").unlink()  # as if the run had ended before the decision
    run("mail", "record", mailed.root, "--device", 1, second.code)
    (part,) = folder.glob("recorded-*.ndjson")
    assert first.code.encode() not in part.read_bytes()
    assert second.code.encode() in part.read_bytes()


def test_what_was_never_decided_is_not_published(mailed: Mailed) -> None:
    """A ballot whose recording was interrupted and that is opened later: its selections would show a vote."""
    root, (first, *_) = mailed.root, mailed.ballots
    folder = root / "private" / "devices" / "0001"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    run("mail", "record", root, "--device", 1, first.code, *select((3, first.contests[1][0])))
    (folder / "decisions.ndjson").unlink()  # as if the run had ended before the decision
    for path, data in before.items():
        path.write_bytes(data)
    run("mail", "uncast", root, "--rest")
    run("device", "close", root, 1)
    assert not list((mailed.record / "devices" / "0001").glob("recorded-*"))
    assert not list(folder.glob("recorded-*"))
    verify(mailed.record, "--until", "ballots")


def test_guardians_open_what_its_device_cannot(mailed: Mailed) -> None:
    """The nonces are lost: nothing can be printed or recorded any more, and the guardians open what nobody cast."""
    root, device = mailed.root, ("--device", 1)
    for paper in mailed.ballots[4:]:
        run("mail", "record", root, *device, paper.code)
    for path in (root / "private" / "devices" / "0001").glob("nonces-*"):
        path.unlink()
    assert "nonce is not here" in run("mail", "record", root, *device, mailed.ballots[0].code, code=2).output
    run("mail", "uncast", root, "--rest")
    run("device", "close", root, 1)
    run("tally", "accumulate", root, "--jobs", 1)
    run("tally", "decrypt", root, "--guardian", 1, "--guardian", 2, "--jobs", 1)
    assert verify(mailed.record).stdout
    opened = Record.at(mailed.record).objects(UncastBallot, layout.UNCAST_BALLOTS, group_named(TOY))
    assert [ballot.position for ballot in opened] == [1, 2, 3, 4]


def test_no_mail_without_a_hash_trimming_function(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(mail_manifest(hash_trimming=None))
    create = ("election", "create", tmp_path / "e", "--manifest", tmp_path / "manifest.json")
    run(*create, "--guardians", 1, "--quorum", 1, "--insecure-parameters", TOY)
    assert "hash_trimming" in run("device", "open", tmp_path / "e", "--info", "Printer", "--mail", code=2).output


def test_usage(printed: Mailed) -> None:
    assert "either" in run("mail", "record", printed.root, "--device", 1, code=2).output
    assert "either" in run("mail", "uncast", printed.root, code=2).output
    for verb in ("make", "print", "record", "uncast"):
        assert "For example" in run("mail", verb, "--help").output
