"""Records of ElectionGuard 1.x: recognised, and verified step by step."""

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias, TypeVar

from e2evote.engine import Workers
from e2evote.errors import ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD_NAME
from e2evote.interop.electionguard_1 import ballots as ballots_step
from e2evote.interop.electionguard_1 import decryption as decryption_step
from e2evote.interop.electionguard_1 import setup as setup_step
from e2evote.interop.electionguard_1.ballots import CAST, SPOILED, Outcome, Summary, verify_chunk
from e2evote.interop.electionguard_1.decryption import Decryption, lagrange
from e2evote.interop.electionguard_1.manifest import Manifest, read_manifest
from e2evote.interop.electionguard_1.setup import Context, Guardian
from e2evote.interop.electionguard_1.values import Node, hash_of
from e2evote.interop.family import Judgement, Progress
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import NOWHERE, Place, Report

CHECKS = (
    *setup_step.SETUP,
    *setup_step.KEYS,
    *ballots_step.BALLOTS,
    *ballots_step.ACROSS,
    *ballots_step.SELECTION_RULE,
    *decryption_step.AGGREGATION,
    *decryption_step.DECRYPTION,
    *decryption_step.OPENED,
)
FOLDER = "election_record"
FILES = ("manifest.json", "context.json", "constants.json", "encrypted_tally.json", "tally.json", "coefficients.json")
FOLDERS = ("guardians", "encryption_devices", "submitted_ballots", "spoiled_ballots")
T = TypeVar("T")
Encrypted: TypeAlias = dict[ballots_step.Name, tuple[object, ballots_step.Ciphertext]]
PARAMETERS = "69a28159f186be631dd5ab82b1890d245964890625690321f45e6819a78f580e"
"""SHA-256 of p, q and g of ElectionGuard 0.95 to 1.x, in decimal with commas between."""
CHUNK = 8
"""Ballots verified together."""
BALLOT_BYTES = 16 << 20


class ElectionGuard1:
    """Records as the reference implementation of 0.95 to 1.4 exports them."""

    name = "electionguard-1"
    title = "ElectionGuard 0.95 to 1.4"

    def recognises(self, record: Foreign) -> bool:
        """Tell by the names of files, and by what an encrypted tally or context of later versions does not have."""
        root = _root(record)
        if not all(root + name in record for name in FILES[:-1]):
            return False
        try:
            context = record.json(f"{root}context.json")
            tally = record.json(f"{root}encrypted_tally.json")
        except ParseError:
            return False
        known = isinstance(context, dict) and "crypto_extended_base_hash" in context
        return known and isinstance(tally, dict) and "object_id" in tally

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: constants, context, manifest, guardians or devices cannot be read.
        """
        return _Verification(record, workers, progress).run()


FAMILY = ElectionGuard1()


def _root(record: Foreign) -> str:
    """Return what stands before the names of a record's files: nothing, or a folder with a slash."""
    found = sorted(name.removesuffix("context.json") for name in record.names if name.endswith("context.json"))
    return found[0] if found and (found[0] == "" or found[0].endswith(f"{FOLDER}/") or found[0].count("/") == 1) else ""


def _device_hash(node: Node, group: Group) -> int:
    """Return the hash with which a device's chain begins."""
    data = node.fields("device_id session_id launch_code location")
    parts = [data[key].integer(0, 1 << 64) for key in ("device_id", "session_id", "launch_code")]
    return int(hash_of(group, *parts, data["location"].text()).value)


class _Verification:
    """One record's verification; the steps in the order in which an election makes them."""

    def __init__(self, record: Foreign, workers: Workers, progress: Progress | None) -> None:
        self.record, self.workers, self.progress = record, workers, progress
        self.root = _root(record)
        self.judgement = Judgement(FAMILY.name, record)
        self.ledger = self.judgement.ledger

    def run(self) -> Report:
        group = setup_step.read_group(self._json("constants.json"), self.ledger)
        context = setup_step.read_context(self._json("context.json"), group)
        manifest = read_manifest(self._json("manifest.json"), group)
        guardians = self._guardians(group)
        self.judgement.parameters = group.name
        setup_step.verify_setup(self.ledger, context, manifest)
        for text in manifest.remarks:
            self.judgement.remark(text)
        setup_step.verify_keys(self.ledger, context, guardians)
        ballots = self._ballots(context, manifest)
        cast = [ballot for ballot in ballots if ballot.state == CAST]
        spoiled = [ballot for ballot in ballots if ballot.state == SPOILED]
        tally = self._encrypted(context)
        if tally is not None:
            decryption_step.verify_aggregation(self.ledger, context, manifest, tally, cast)
        known = {guardian.id: guardian for guardian in guardians}
        sound = not any(self.ledger.findings.get(check.id) for check in setup_step.KEYS)
        if sound and tally is not None:
            about = Decryption(context, known, "tally-", len(cast), NOWHERE)
            self._tally(about, {name: ciphertext for name, (_, ciphertext) in tally.items()})
        if sound:
            self._spoiled(context, known, spoiled)
        self.judgement.counts.update(
            guardians=len(guardians), quorum=context.quorum, ballots=len(ballots), cast=len(cast), spoiled=len(spoiled)
        )
        self._notes(context)
        self._unread()
        return self.judgement.report(CHECKS)

    def _json(self, name: str) -> Node:
        return Node(self.record.json(self.root + name), self.root + name)

    def _all(self, folder: str, check: str, read: Callable[[Node], T]) -> list[T]:
        """Read every file of a folder; one that cannot be read is a finding."""
        found = []
        for name in self.record.under(f"{self.root}{folder}", ".json"):
            try:
                found.append(read(Node(self.record.json(name, BALLOT_BYTES), name)))
                self.ledger.check(check, True, "")
            except ParseError as error:
                self.ledger.check(check, False, str(error))
        return found

    def _guardians(self, group: Group) -> list[Guardian]:
        read = partial(setup_step.read_guardian, group=group)
        found = self._all("guardians", "EG1.guardian-format", read)
        return sorted(found, key=lambda guardian: guardian.order)

    def _encrypted(self, context: Context) -> Encrypted | None:
        try:
            tally = decryption_step.read_encrypted(self._json("encrypted_tally.json"), context)
        except ParseError as error:
            self.ledger.check("EG1.encrypted-format", False, str(error))
            return None
        self.ledger.check("EG1.encrypted-format", True, "")
        return tally

    def _unread(self) -> None:
        """Name what was not looked at."""
        known = tuple(f"{self.root}{folder}/" for folder in FOLDERS)
        single = {f"{self.root}{name}" for name in FILES}
        rest = sorted(n for n in self.record.names - single if not (n.startswith(known) and n.endswith(".json")))
        if rest:
            self.judgement.remark(f"{len(rest)} files are not part of such a record and were not read, as {rest[0]!a}")

    def _ballots(self, context: Context, manifest: Manifest) -> list[Summary]:
        names = self.record.under(f"{self.root}submitted_ballots", ".json")
        total = Outcome()
        for outcome in self.workers.map(partial(verify_chunk, context, manifest), self._chunks(names)):
            total.ledger.add(outcome.ledger)
            total.ballots += outcome.ballots
            if self.progress is not None:
                self.progress(len(total.ballots), len(names))
        self.ledger.add(total.ledger)
        read = partial(_device_hash, group=context.group)
        devices = set(self._all("encryption_devices", "EG1.device-format", read))
        ballots_step.verify_across(self.ledger, total.ballots, devices)
        self.ledger.complete((*ballots_step.BALLOTS, *ballots_step.SELECTION_RULE))
        self.judgement.counts["devices"] = len(devices)
        return total.ballots

    def _chunks(self, names: list[str]) -> Iterator[list[tuple[str, bytes]]]:
        for first in range(0, len(names), CHUNK):
            yield [(name, self.record.read(name, BALLOT_BYTES)) for name in names[first : first + CHUNK]]

    def _tally(self, about: Decryption, expected: dict[ballots_step.Name, ballots_step.Ciphertext]) -> None:
        try:
            _, selections = decryption_step.read_decrypted(self._json("tally.json"), about.context)
            self.ledger.check("EG1.tally-format", True, "")
        except ParseError as error:
            self.ledger.check("EG1.tally-format", False, str(error))
            return
        present = decryption_step.verify_decryption(self.ledger, about, selections, expected)
        self._lagrange(about.context, [about.guardians[each] for each in present if each in about.guardians])
        self.ledger.complete(decryption_step.DECRYPTION)

    def _lagrange(self, context: Context, present: list[Guardian]) -> None:
        """Check the coefficients: a list in the guardians' order (0.95), or by the guardian's id."""
        present.sort(key=lambda guardian: guardian.order)
        orders = [guardian.order for guardian in present]
        expected = {guardian.id: lagrange(context, guardian.order, orders) for guardian in present}
        try:
            node = self._json("coefficients.json").fields("coefficients")["coefficients"]
            if isinstance(node.value, list):
                same = [each.scalar(context.group) for each in node.items()] == list(expected.values())
            else:
                same = {key: each.scalar(context.group) for key, each in node.entries().items()} == expected
            self.ledger.check("EG1.lagrange", same, "the coefficients are other ones")
        except ParseError as error:
            self.ledger.check("EG1.lagrange", False, str(error))

    def _spoiled(self, context: Context, guardians: dict[str, Guardian], spoiled: list[Summary]) -> None:
        waiting = {ballot.id: ballot for ballot in spoiled}
        for name in self.record.under(f"{self.root}spoiled_ballots", ".json"):
            try:
                node = Node(self.record.json(name, BALLOT_BYTES), name)
                identifier, selections = decryption_step.read_decrypted(node, context)
                self.ledger.check("EG1.spoiled-format", True, "")
            except ParseError as error:
                self.ledger.check("EG1.spoiled-format", False, str(error))
                continue
            place = Place(ballot=identifier)
            ballot = waiting.pop(identifier, None)
            if self.ledger.check("EG1.spoiled-complete", ballot is not None, "no such spoiled ballot, or again", place):
                assert ballot is not None  # noqa: S101  (for the type checker)
                about = Decryption(context, guardians, "spoiled-", 1, place)
                # the reference implementation decrypts placeholders of spoiled ballots as well
                placeholders = ballot.placeholders if selections.keys() & ballot.placeholders.keys() else {}
                expected = ballot.ciphertexts | placeholders
                decryption_step.verify_decryption(self.ledger, about, selections, expected)
        for missing in waiting:
            self.ledger.check("EG1.spoiled-complete", False, "the ballot is not decrypted", Place(ballot=missing))
        self.ledger.complete(decryption_step.OPENED)

    def _notes(self, context: Context) -> None:
        note, bits = self.judgement.note, context.group.p.bit_length()
        if bits < 2048:
            note("weak-parameters", f"p has {bits} bits: anybody can compute discrete logarithms and read every vote")
        group = context.group
        digest = hashlib.sha256(f"{group.p},{group.q},{group.generator}".encode()).hexdigest()
        if digest != PARAMETERS and group.name != STANDARD_NAME:
            note("parameters-not-standard", "p, q and g are not those of any version of ElectionGuard")
        if context.n == 1:
            note("single-trustee", "one guardian alone can read every vote")
        elif context.n == context.quorum:
            note("n-of-n-trustees", "every guardian is needed: one that is lost, and nothing can be decrypted")
        note("no-board", "no file is signed or witnessed: who holds the record can take the last ballots off a chain")
        note("no-eligibility", "the record does not say who was entitled to vote")
        note("candidates-not-hashed", "the manifest's hash leaves the candidates' names out: hold them against another "
             "source")  # fmt: skip
