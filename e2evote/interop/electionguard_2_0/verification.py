"""A 2.0.0 record from its constants to its challenged ballots, one step after the other."""

from dataclasses import dataclass
from typing import IO

from e2evote.engine import Workers
from e2evote.errors import ParseError
from e2evote.group.parameters import STANDARD
from e2evote.interop.curves import Curve
from e2evote.interop.electionguard_2_0.ballots import Outcome, verify_ballots
from e2evote.interop.electionguard_2_0.chains import verify_chains
from e2evote.interop.electionguard_2_0.checks import BALLOTS, CHECKS
from e2evote.interop.electionguard_2_0.decryption import RESULT, verify_challenged, verify_result
from e2evote.interop.electionguard_2_0.setup import Election, read_election
from e2evote.interop.electionguard_2_0.tally import TALLY, verify_tally
from e2evote.interop.family import Judgement, Progress
from e2evote.interop.foreign import Foreign
from e2evote.record.places import Files
from e2evote.verifier.report import Report

CONFIG = "election_config.json"
_RUST = "public/election_manifest_canonical.bin"
_PROTOBUF = "electionConfig.protobuf"


@dataclass(frozen=True, slots=True)
class _Below:
    """The files below a folder, by their names from there."""

    files: Files
    folder: str

    def names(self) -> list[str]:
        return [name.removeprefix(self.folder) for name in self.files.names() if name.startswith(self.folder)]

    def open(self, name: str) -> IO[bytes]:
        return self.files.open(self.folder + name)


@dataclass(frozen=True, slots=True)
class ElectionGuard20:
    """The family of records of egk-ec and electionguard-kotlin-multiplatform."""

    name: str = "electionguard-2.0"
    title: str = "ElectionGuard 2.0.0 (egk-ec, electionguard-kotlin-multiplatform)"

    def recognises(self, record: Foreign) -> bool:
        """Tell whether the files of such a record lie here, or in one folder below."""
        return len(_folders(record)) == 1 or _RUST in record or _PROTOBUF in record

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: constants, configuration, manifest or keys cannot be read, or it is not JSON of these two.
            E2EVoteError: it uses P-256, and the extra ``interop`` is not installed.
        """
        folders = _folders(record)
        if len(folders) != 1:
            known = {_RUST: "the JSON of ElectionGuard's Rust prototype", _PROTOBUF: "protobuf"}
            for name, form in known.items():
                if name in record:
                    raise ParseError(record.where, f"a record in {form}, which is not read here")
            raise ParseError(record.where, f"expected one {CONFIG}; found {len(folders)}")
        if folders[0]:
            record = Foreign(record.where, _Below(record.files, folders[0]))
        judgement = Judgement(self.name, record)
        election = read_election(record, judgement.ledger)
        if election is not None:
            _note(judgement, election)
            _verify(judgement, election, workers, progress)
        return judgement.report(CHECKS)


def _folders(record: Foreign) -> list[str]:
    """Return the folders with a configuration and its constants, each with a slash at the end."""
    found = [name.removesuffix(CONFIG) for name in record.names if f"/{name}".endswith(f"/{CONFIG}")]
    return [folder for folder in found if f"{folder}constants.json" in record and f"{folder}manifest.json" in record]


def _verify(judgement: Judgement, election: Election, workers: Workers, progress: Progress | None) -> None:
    record = judgement.record
    outcome = Outcome(ledger=judgement.ledger)
    names = verify_ballots(outcome, record, election, workers, progress)
    verify_chains(judgement, election, names, outcome.ballots)
    judgement.ledger.complete(BALLOTS)
    if outcome.pre_encrypted:
        judgement.remark("pre-encrypted ballots: cast ones are verified; ones that were not cast are not published")
    if outcome.numbered:
        judgement.remark("encrypted serial numbers are in the group; they are not decrypted, and nothing counts them")
    judgement.counts |= {
        "contests": len(election.manifest.contests),
        "guardians": len(election.guardians),
        "ballots": len(names),
        "cast ballots": sum(ballot is not None and ballot.state == "CAST" for ballot in outcome.ballots),
        "challenged ballots": sum(ballot is not None and ballot.opening is not None for ballot in outcome.ballots),
    }
    judgement.counts["opened ballots"] = verify_challenged(judgement, election, outcome.ballots)
    if TALLY not in record:
        judgement.remark("the election is under way: there is no tally yet, and the rest did not run")
        return
    totals = verify_tally(judgement, election, outcome.ballots, outcome.totals)
    if RESULT not in record:
        judgement.remark("the election is under way: the tally is not decrypted yet")
    elif totals is not None:
        verify_result(judgement, election, totals)


def _note(judgement: Judgement, election: Election) -> None:
    """Say what even a valid record does not prove."""
    group = election.arithmetic.group
    judgement.parameters = group.name
    if not isinstance(group, Curve):
        if group.p.bit_length() < 2048 or group.q.bit_length() < 224:
            judgement.note("weak-parameters", f"p has {group.p.bit_length()} bits: this can be broken")
        if group != STANDARD:
            text = "the group is not the one of the specification"
            judgement.note("parameters-not-standard", text)
    else:
        judgement.note("parameters-not-standard", "P-256: the specification knows groups of integers only")
        made = "expanded as in RFC 9380" if election.arithmetic.expanded else "taken mod q"
        judgement.remark(
            f"P-256: H_P is a hash over the curve, points are hashed compressed, hashes are {made}: as egk-ec does"
        )
    if len(election.guardians) == 1:
        judgement.note("single-trustee", "one guardian alone can decrypt every ballot")
    elif election.quorum == len(election.guardians):
        text = f"all {election.quorum} guardians are needed: one lost key, and nothing can be counted"
        judgement.note("n-of-n-trustees", text)
    if not election.chained:
        judgement.note("no-chain", "codes are not chained: a ballot that was taken out leaves no gap")
    judgement.note("no-eligibility", "nothing shows who voted, nor that they were entitled to")
    judgement.note("no-board", "the record is neither signed nor witnessed: others may be shown another")
