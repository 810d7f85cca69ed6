"""The state file of a verification under way: what it came to so far, so that another process can go on.

Whoever can change the file decides the verdict: it is the verifier's memory (docs/formats/verification-state.md).
"""

import hashlib
import struct
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge

from e2evote import __version__
from e2evote.elgamal import Ciphertext
from e2evote.encoding import Hex
from e2evote.errors import CheckError, ParseError
from e2evote.files import write_atomically
from e2evote.group.elements import Group
from e2evote.record.codec import Hash, Index, RecordModel, Total, dump, parse
from e2evote.verifier.chunk import Outcome
from e2evote.verifier.report import Check, Finding, Ledger
from e2evote.verifier.v09_aggregation import Sums

FORMAT: Literal["e2evote-verification-state"] = "e2evote-verification-state"
FORMAT_VERSION = 1
SECONDS = 30.0
"""Between two times that the state is written."""
_EACH = 4096
"""Ballots whose digests stand in one line."""

_Sum = Annotated[int, Ge(0)]


class Header(RecordModel):
    """The first line: of which verification this is the state."""

    format: Literal["e2evote-verification-state"]
    version: int
    program: str
    checks: Hash
    record: Hash
    until: str
    insecure: tuple[str, ...]


def header(fingerprint: bytes, until: str, insecure: tuple[str, ...], checks: tuple[Check, ...]) -> Header:
    """Return the header of a verification of the record with this fingerprint."""
    listed = hashlib.sha256("\n".join(check.id for check in checks).encode()).digest()
    return Header(
        format=FORMAT, version=FORMAT_VERSION, program=__version__, checks=listed, record=fingerprint, until=until,
        insecure=insecure,
    )  # fmt: skip


class _Finding(RecordModel):
    message: str
    device: int | None = None
    position: int | None = None
    ballot: str | None = None
    contest: str | None = None
    option: str | None = None


class _Ledger(RecordModel):
    counts: dict[str, _Sum]
    findings: dict[str, tuple[_Finding, ...]]
    omitted: dict[str, _Sum]
    skipped: tuple[str, ...]
    completed: tuple[str, ...]


class _Cell(RecordModel):
    cell: Index
    ballots: Total
    weight: _Sum


class _Contest(RecordModel):
    cell: Index
    contest: Index
    ballots: Total
    totals: tuple[Ciphertext, ...]


class _Weight(RecordModel):
    style: Index
    weight: Index
    ballots: Total


class _Progress(RecordModel):
    """The second line: everything but the ballots' digests, of which it gives the number."""

    key: Hash
    chunks: Total
    digest: Hash
    ballots: Total
    last_code: Hash | None = None
    statuses: dict[str, Total]
    ledger: _Ledger
    cells: tuple[_Cell, ...]
    contests: tuple[_Contest, ...]
    submitted: tuple[tuple[Index, Index], ...]
    weights: tuple[_Weight, ...]
    with_data: dict[Index, Total]
    data_opened: dict[Index, Total]


class _Digests(RecordModel):
    """A further line: digests of the identifiers and codes of so many ballots."""

    ids: Annotated[bytes, Hex()]
    codes: Annotated[bytes, Hex()]


class _End(RecordModel):
    """The last line: the SHA-256 of all lines before."""

    sha256: Hash


@dataclass(frozen=True, slots=True)
class Saved:
    """How far a verification has come: the chunks that are in, their digest, and their outcome under the key."""

    key: bytes
    chunks: int
    digest: bytes
    outcome: Outcome


class StateFile:
    """The file, which is there from the beginning of the pass over the ballots to the end of the verification."""

    def __init__(self, path: Path, header: Header, every: float = SECONDS) -> None:
        """Take the file, for one verification, to be written every so many seconds.

        Raises:
            CheckError: the file is the state of another verification, or cannot be made there.
            ParseError: it is damaged, or something else.
        """
        self.path, self._header, self._every = path, header, every
        self._saved = time.monotonic()
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise CheckError(f"{path}: a state is a file in a directory that is there")
        if path.exists():
            for _ in self._lines():
                pass

    def due(self) -> bool:
        """Tell whether it is time to save again."""
        return time.monotonic() - self._saved >= self._every

    def save(self, saved: Saved) -> None:
        """Write the state as a whole."""
        lines = [dump(self._header), dump(_progress(saved)), *_digest_lines(saved.outcome)]
        digest = hashlib.sha256()
        for line in lines:
            digest.update(line + b"\n")
        lines += [dump(_End(sha256=digest.digest())), b""]
        write_atomically(self.path, b"\n".join(lines), 0o600)
        self._saved = time.monotonic()

    def load(self, group: Group) -> Saved | None:
        """Return the state, None if there is none yet.

        Raises:
            CheckError, ParseError: as when the file was taken.
        """
        if not self.path.exists():
            return None
        lines = self._lines()
        where, line = next(lines, (str(self.path), b""))
        progress = parse(_Progress, line, where, group)
        ids, codes = array("Q"), array("Q")
        for where, line in lines:
            digests = parse(_Digests, line, where)
            for known, more in ((ids, digests.ids), (codes, digests.codes)):
                if len(more) % 8:
                    raise ParseError(where, "expected 8 bytes for every ballot")
                known.extend(struct.unpack(f">{len(more) // 8}Q", more))
        if not len(ids) == len(codes) == progress.ballots:
            raise ParseError(
                where, f"expected digests of {progress.ballots} ballots, found {len(ids)} and {len(codes)}"
            )
        return Saved(progress.key, progress.chunks, progress.digest, _outcome(progress, ids, codes))

    def remove(self) -> None:
        """Remove the file: the verification is over."""
        self.path.unlink(missing_ok=True)

    def _lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield (where, line) between header and end, which are compared."""
        digest, held, where, ended = hashlib.sha256(), None, f"{self.path}:1", False
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                where = f"{self.path}:{number}"
                if not line.endswith(b"\n") or ended:
                    raise ParseError(where, "the state is damaged: it does not end where it says")
                if number == 1:
                    self._check(parse(Header, line[:-1], where))
                elif line.startswith(b'{"sha256":'):
                    ended = True
                    if parse(_End, line[:-1], where).sha256 != digest.digest():
                        raise ParseError(where, "the state is damaged: its SHA-256 is another")
                    continue
                elif held is not None:
                    yield held
                digest.update(line)
                held = (where, line[:-1]) if number > 1 else None
        if not ended:
            raise ParseError(where, "the state is damaged: its end is missing")
        if held is not None:
            yield held

    def _check(self, found: Header) -> None:
        for name in Header.model_fields:
            ours, theirs = getattr(self._header, name), getattr(found, name)
            if ours != theirs:
                said = [value.hex().upper()[:16] if isinstance(value, bytes) else value for value in (theirs, ours)]
                raise CheckError(
                    f"{self.path} is the state of another verification: {name} is {said[0]!a} there and {said[1]!a} "
                    "here; it was left as it is"
                )


def _progress(saved: Saved) -> _Progress:
    outcome, ledger, sums = saved.outcome, saved.outcome.ledger, saved.outcome.sums
    findings = {
        check: tuple(_Finding(**asdict(finding)) for finding in found) for check, found in ledger.findings.items()
    }
    return _Progress(
        key=saved.key,
        chunks=saved.chunks,
        digest=saved.digest,
        ballots=len(outcome.id_digests),
        last_code=outcome.last_code,
        statuses=dict(outcome.statuses),
        ledger=_Ledger(
            counts=dict(ledger.counts),
            findings=findings,
            omitted=dict(ledger.omitted),
            skipped=tuple(sorted(ledger.skipped)),
            completed=tuple(sorted(ledger.completed)),
        ),
        cells=tuple(_Cell(cell=c, ballots=n, weight=sums.weight[c]) for c, n in sums.ballots.items()),
        contests=tuple(
            _Contest(cell=key[0], contest=key[1], ballots=sums.voters[key], totals=tuple(row))
            for key, row in sums.totals.items()
        ),
        submitted=tuple(sorted(sums.submitted)),
        weights=tuple(_Weight(style=s, weight=w, ballots=n) for (s, w), n in sorted(sums.weights.items())),
        with_data=dict(outcome.with_data),
        data_opened=dict(outcome.data_opened),
    )


def _digest_lines(outcome: Outcome) -> Iterator[bytes]:
    ids, codes = outcome.id_digests, outcome.code_digests
    for start in range(0, len(ids), _EACH):
        some = (digests[start : start + _EACH] for digests in (ids, codes))
        packed = [struct.pack(f">{len(part)}Q", *part) for part in some]
        yield dump(_Digests(ids=packed[0], codes=packed[1]))


def _outcome(progress: _Progress, ids: "array[int]", codes: "array[int]") -> Outcome:
    ledger = Ledger(
        Counter(progress.ledger.counts),
        {
            check: [Finding(**finding.model_dump()) for finding in found]
            for check, found in progress.ledger.findings.items()
        },
        Counter(progress.ledger.omitted),
        set(progress.ledger.skipped),
        set(progress.ledger.completed),
    )
    sums = Sums(
        {cell.cell: cell.ballots for cell in progress.cells},
        {cell.cell: cell.weight for cell in progress.cells},
        {(found.cell, found.contest): found.ballots for found in progress.contests},
        {(found.cell, found.contest): list(found.totals) for found in progress.contests},
        set(progress.submitted),
        {(found.style, found.weight): found.ballots for found in progress.weights},
    )
    with_data, data_opened = Counter(progress.with_data), Counter(progress.data_opened)
    statuses = Counter(progress.statuses)
    return Outcome(ledger, sums, statuses, with_data, data_opened, ids, codes, progress.last_code)
