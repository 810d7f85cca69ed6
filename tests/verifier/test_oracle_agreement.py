"""The record verifier and the oracle, a second reading of the specification, come to the same verdict."""

import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest

from e2evote import examples
from e2evote.errors import ParseError
from e2evote.group.elements import Scalar
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.verifier.report import PHASES, Phase
from e2evote.verifier.run import CHECKS, verify_record
from e2evote.zkp.range import RangeProof
from tests import oracle
from tests.builders import (
    DEFAULT_MANIFEST,
    SUPPLEMENTAL,
    TOY,
    BuiltRecord,
    build_record,
    manifest_bytes,
    patterned_ballots,
    reindex,
)
from tests.builders import Phase as BuiltPhase
from tests.forger import Forger
from tests.mutations import MUTATIONS, Mutation
from tests.verifier.conftest import Mutants


def judged(path: Path, until: Phase = "opened", allow: tuple[str, ...] = (TOY,)) -> tuple[bool, bool]:
    """Return what the verifier and what the oracle say; a record that cannot be read is not valid."""
    try:
        mine = verify_record(Record.at(path), until, allow_insecure=allow).valid
    except ParseError:
        mine = False
    try:
        other = oracle.verify(path, set(allow), until).passed
    except oracle.OracleParseError:
        other = False
    return mine, other


def lettered(ids: set[str] | frozenset[str]) -> set[str]:
    return {check for check in ids if check[0].isdigit()}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_broken_records(mutation: Mutation, mutants: Mutants) -> None:
    try:
        verdict = oracle.verify(mutants.path(mutation), set(mutation.allow))
    except oracle.OracleParseError:
        assert mutation.name == "q-too-wide"  # a width is form for the oracle
        return
    assert not verdict.passed
    found, must = lettered(verdict.failed), lettered(mutation.must)
    assert must - found == mutation.oracle_lacks
    assert found - must - mutation.may == mutation.oracle_adds
    assert not must or must & found


def test_both_know_the_same_checks() -> None:
    assert set(oracle.CHECKS) == {check.id for check in CHECKS}
    assert oracle.PHASES == PHASES == get_args(Phase) == get_args(BuiltPhase)


# ------------------------------------------------------------------------------------------------- valid records

CHAINED, UNCHAINED = ("Booth A", 1), ("Booth B", 0)
PLAIN_MANIFEST = manifest_bytes(
    contests=DEFAULT_MANIFEST["contests"][1:],
    ballot_styles=[{"label": "everybody", "contests": [1, 2]}],
    tally_cells=None,
    maximum_weight=None,
    chaining_modes=None,
    cast_contest_data_may_be_decrypted=None,
)
LIMITS_MANIFEST = manifest_bytes(
    contests=[
        {"label": "approve", "selection_limit": "NO_LIMIT", "options": [{"label": "a"}, {"label": "b"}]},
        {
            "label": "points",
            "selection_limit": 5,
            "contest_data_blocks": 3,
            "options": [
                {"label": "a", "selection_limit": "CONTEST_LIMIT"},
                {"label": "b\u200cc", "selection_limit": 9, "write_in": True},
            ],
        },
    ],
    ballot_styles=[{"label": "everybody", "contests": [1, 2]}],
    tally_cells=None,
)
PATTERNED = list(islice(patterned_ballots(), 12))
RECORDS: dict[str, dict[str, Any]] = {
    "default": {},
    "one-guardian": {"n": 1, "k": 1},
    "two-guardians-quorum-1": {"n": 2, "k": 1},
    "all-guardians-needed": {"n": 3, "k": 3},
    "five-guardians-quorum-3": {"n": 5, "k": 3, "seed": 7},
    "chained-only": {"devices": (CHAINED,)},
    "unchained-only": {"devices": (UNCHAINED,)},
    "three-devices": {"devices": (CHAINED, UNCHAINED, ("Booth C", 1)), "seed": 3},
    "a-device-without-ballots": {"devices": (CHAINED,) * 5, "ballots": 4, "challenged": 0, "spoiled": 0},
    "nothing-challenged": {"challenged": 0, "spoiled": 0},
    "no-contest-data-no-weights": {"manifest": PLAIN_MANIFEST, "devices": (CHAINED,)},
    "limits-by-name": {"manifest": LIMITS_MANIFEST},
    "contest-data-stays-closed": {"manifest": manifest_bytes(cast_contest_data_may_be_decrypted=False)},
    "supplemental-fields": {"manifest": manifest_bytes(contests=SUPPLEMENTAL), "plaintexts": PATTERNED},
    "association": {"manifest": examples.manifest_bytes("association"), "devices": (CHAINED,), "ballots": 13},
    "stakeholders": {"manifest": examples.manifest_bytes("stakeholders"), "devices": (CHAINED,), "ballots": 26},
    "toy-48-192": {"group_name": "toy-48-192"},
    "toy-32-128": {"group_name": "toy-32-128"},
    "information-with-odd-characters": {"devices": (('"Booth"\\\n\x01\x7f\u200c\u2028😀', 1), ("", 0))},
}


@pytest.mark.parametrize("name", RECORDS)
def test_valid_records(name: str, tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", **RECORDS[name])
    assert judged(built.path, allow=(built.election.group.name,)) == (True, True)


def test_valid_record_as_archive(built: BuiltRecord, tmp_path: Path) -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archive = zipped(built.path, tmp_path / f"{compression}.zip", compression)
        assert judged(archive) == (True, True)
        reports = [verify_record(Record.at(path), allow_insecure=(TOY,)) for path in (built.path, archive)]
        assert reports[0] == reports[1]


def zipped(folder: Path, archive: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a record, directories too."""
    with zipfile.ZipFile(archive, "w", compression) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder).as_posix())
    return archive


def zero_challenges(f: Forger) -> None:
    """0 is in Z_q: challenges of simulated branches, and the whole proof's response, may be 0."""
    xi = f.group.secret(0)

    def prove(value: int, _: object, ciphertext: object, limit: int, challenge: Callable[..., Scalar]) -> RangeProof:
        # With ξ = 0 and u = 0 the true branch has a = 1, b = 1, v = 0; a simulated one with c = v = 0 the same.
        c = challenge([f.group.one] * (2 * limit + 2))
        zero = f.group.scalar(0)
        return RangeProof((c, *[zero] * limit), (zero,) * (limit + 1))

    vote = f.pick("cast", ballot_style=2)
    one = f.election.K**xi
    zeros = lambda _, ciphertext: type(ciphertext)(one, one)  # noqa: E731
    f.encrypt_contest(vote, 3, (0, 0), prove, None, zeros)
    f.reseal(vote)


def small_cell(f: Forger) -> None:
    """A cell with fewer cast ballots than the minimum has an encrypted line but no decrypted one."""
    f.hold(manifest=manifest_bytes(minimum_cell_ballots=max(cell.ballots for cell in f.aggregate())))


def nothing_cast(f: Forger) -> None:
    """All ballots are spoiled: the tallies are empty."""
    for vote in f.all_votes():
        vote.status = "spoiled"


def everything_challenged(f: Forger) -> None:
    """All ballots are challenged."""
    for vote in f.all_votes():
        vote.status = "challenged"


def odd_names(f: Forger) -> None:
    """Names with every kind of character that JSON escapes, or does not."""
    name = "".join(map(chr, range(0x21))) + '"\\/\x7f\u2028\u200c\ufeffشاپور😀'
    f.guardians[1] = f.guardians[1].model_copy(update={"name": name})
    f.guardians[2] = f.guardians[2].model_copy(update={"name": "ش" * 200})


def odd_labels(f: Forger) -> None:
    """Labels with quotes, backslashes and a zero-width non-joiner, which tallies and opened ballots repeat."""
    contests = [
        *DEFAULT_MANIFEST["contests"][:2],
        {"label": 'a "motion" \\/', "options": [{"label": "نمی\u200cخواهم"}, {"label": "no"}]},
    ]
    f.hold(manifest=manifest_bytes(contests=contests))


def free_manifest(f: Forger) -> None:
    """The manifest is laid out freely: escapes, blanks, order, no line end."""
    text = manifest_bytes(label="XYZ").decode().replace('"XYZ"', '"\\u0061\\/b"')
    f.hold(manifest=b"\r\n\t " + text.encode() + b"  \n\n")


def manifest_without_line_end(f: Forger) -> None:
    f.hold(manifest=manifest_bytes().rstrip())


def quorum_of_all(f: Forger) -> None:
    f.hold(n=2, k=2)


VARIANTS = (
    zero_challenges,
    small_cell,
    nothing_cast,
    everything_challenged,
    odd_names,
    odd_labels,
    free_manifest,
    manifest_without_line_end,
    quorum_of_all,
)


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_unusual_records_that_are_valid(change: Callable[[Forger], None], built: BuiltRecord, tmp_path: Path) -> None:
    forger = Forger.of(tmp_path / "record", built)
    change(forger)
    forger.write()
    reindex(forger.root)
    assert judged(forger.root) == (True, True)


def test_small_cell_has_no_line(built: BuiltRecord, tmp_path: Path) -> None:
    forger = Forger.of(tmp_path / "record", built)
    small_cell(forger)
    forger.write()
    assert len((forger.root / layout.ENCRYPTED_TALLIES).read_bytes().splitlines()) == 2
    assert len((forger.root / layout.TALLIES).read_bytes().splitlines()) == 1


# ------------------------------------------------------------------------------------------------- phases


@pytest.mark.parametrize("reached", PHASES)
def test_unfinished_records_are_valid_up_to_the_phase_they_reached(reached: BuiltPhase, tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", until=reached, ballots=6)
    last = "ballots" if reached == "keys" else reached  # a record without devices has no ballot that could be wrong
    for until in PHASES:
        expected = PHASES.index(until) <= PHASES.index(last)
        assert judged(built.path, until) == (expected, expected), until


def test_open_device(tmp_path: Path) -> None:
    built = build_record(tmp_path / "record", until="ballots", ballots=4, challenged=0, spoiled=0)
    (built.path / layout.closing_path(2)).unlink()
    reindex(built.path)
    assert judged(built.path, "keys") == (True, True)
    assert judged(built.path, "ballots") == (False, False)


# ------------------------------------------------------------------------------------------------- 4096 bits


def test_standard_parameters(tmp_path: Path) -> None:
    manifest = manifest_bytes(
        contests=[{"label": "motion", "contest_data_blocks": 1, "options": [{"label": "yes"}, {"label": "no"}]}],
        ballot_styles=[{"label": "member", "contests": [1]}],
        tally_cells=None,
    )
    devices = (CHAINED,)
    options: dict[str, Any] = {"manifest": manifest, "n": 2, "k": 1, "ballots": 3, "challenged": 1, "spoiled": 0}
    built = build_record(tmp_path / "record", group_name="standard-4096", devices=devices, **options)
    assert judged(built.path, allow=()) == (True, True)
    forger = Forger.of(tmp_path / "broken", built)
    vote = forger.pick("cast")
    forger.encrypt_contest(vote, 1, (2, 0), limit_prover=forger.prove)
    forger.reseal(vote)
    forger.write()
    reindex(forger.root)
    failed = {check.id for check in verify_record(Record.at(forger.root)).checks if check.status == "failed"}
    assert {"6.D", "7.D"} <= failed == oracle.verify(forger.root).failed
