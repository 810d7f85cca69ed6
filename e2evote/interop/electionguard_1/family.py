"""The family: from the files of a record to a report."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from e2evote.engine import Workers
from e2evote.errors import CheckError, ParseError
from e2evote.interop.electionguard_1 import ballots, decryption, keys
from e2evote.interop.electionguard_1.ballots import CAST, CHUNK, Ballot, Chunk, each_option
from e2evote.interop.electionguard_1.decryption import Decryption, Options, verify_decrypted
from e2evote.interop.electionguard_1.hashing import H
from e2evote.interop.electionguard_1.keys import Guardian, lagrange
from e2evote.interop.electionguard_1.manifest import ManifestDescription, parse_manifest
from e2evote.interop.electionguard_1.reading import (
    Ciphertext,
    Context,
    by_id,
    ciphertext,
    member,
    number,
    read_context,
    read_group,
    text,
    whole,
)
from e2evote.interop.family import Judgement, Progress, check
from e2evote.interop.foreign import Foreign
from e2evote.verifier.report import Place, Report

BOX = (
    check("EG1.unique", "no identifier, code or ciphertext is on two ballots", "ballots"),
    check("EG1.chain", "every code follows from the start of a device or from another ballot's code", "ballots"),
)
AGGREGATION = (check("EG1.encrypted-tally", "the encrypted tally is the sum of the cast ballots", "aggregation"),)
COEFFICIENTS = (
    check("EG1.coefficients", "the published coefficients are those of the guardians who were there", "decryption"),
)
OPENED = (check("EG1.spoiled-ballots", "every spoiled ballot is decrypted, and no other", "opened"),)
CHECKS = (
    *keys.SETUP, *keys.CHECKS, *BOX, *ballots.CHECKS, *ballots.LIMITS, *AGGREGATION, *decryption.TALLY, *COEFFICIENTS,
    *OPENED, *decryption.SPOILED,
)  # fmt: skip
_NEEDED = ("manifest.json", "context.json", "constants.json")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files of a record are."""

    root: str
    record: Foreign

    @classmethod
    def of(cls, record: Foreign) -> "Layout | None":
        """Return the layout, None where the files are not those of a record."""
        roots = {name.removesuffix("context.json") for name in record.names if name.endswith("context.json")}
        found = sorted(root for root in roots if all(root + name in record for name in _NEEDED))
        return cls(found[0], record) if len(found) == 1 else None

    def name(self, name: str) -> str:
        """Return the full name of a file."""
        return self.root + name

    def within(self, *folders: str) -> list[str]:
        """Return the JSON files in the first of these folders that is there."""
        for folder in folders:
            found = self.record.under(self.root + folder, ".json")
            if found:
                return found
        return []


class ElectionGuard1Family:
    """ElectionGuard 0.95 to 1.x."""

    name = "electionguard-1"
    title = "ElectionGuard 0.95 to 1.4, as the reference implementation in Python publishes it"

    def recognises(self, record: Foreign) -> bool:
        """Tell whether the files are those of a record, and its context names a commitment hash."""
        layout = Layout.of(record)
        if layout is None:
            return False
        try:
            context = record.json(layout.name("context.json"))
        except ParseError:
            return False
        return isinstance(context, dict) and {"crypto_extended_base_hash", "commitment_hash"} <= context.keys()

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:
        """Verify the record whole.

        Raises:
            ParseError: constants, context or manifest cannot be read.
        """
        layout = Layout.of(record)
        if layout is None:
            raise ParseError(record.where, f"expected {', '.join(_NEEDED)} in one folder")
        judgement = Judgement(self.name, record)
        try:
            group = read_group(record, layout.name("constants.json"))
        except CheckError as error:
            judgement.ledger.check("EG1.parameters", False, str(error))
            return judgement.report(CHECKS)
        judgement.parameters = group.name
        context = read_context(record, layout.name("context.json"), group)
        manifest = parse_manifest(record.json(layout.name("manifest.json")), group, "manifest.json")
        keys.verify_setup(judgement, context, manifest)
        guardians = keys.verify_keys(judgement, record, layout.within("guardians", "coefficients"), context)
        cast = _verify_ballots(judgement, layout, context, manifest, workers, progress)
        sums = _verify_aggregation(judgement, layout, manifest, cast, context)
        _verify_decryption(judgement, layout, context, guardians, sums)
        _verify_spoiled(judgement, layout, context, guardians, cast)
        judgement.counts |= {"guardians": len(guardians), "contests": len(manifest.contests)}
        _note_strength(judgement, context)
        return judgement.report(CHECKS)


def _verify_ballots(
    judgement: Judgement, layout: Layout, context: Context, manifest: ManifestDescription, workers: Workers,
    progress: Progress | None,
) -> list[Ballot]:  # fmt: skip
    """Verify all ballots, and return those that can be read."""
    ledger, names = judgement.ledger, layout.within("submitted_ballots", "encrypted_ballots", "ballots")
    parts = [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]
    done, found = 0, list[Ballot]()

    def chunks() -> Iterable[Chunk]:
        for part in parts:
            yield Chunk(context, manifest, tuple((name, _content(layout.record, name)) for name in part), len(names))

    for part, judged in zip(parts, workers.map(ballots.judge, chunks()), strict=True):
        ledger.add(judged.ledger)
        found += [ballot for ballot in judged.ballots if ballot is not None]
        done += len(part)
        if progress is not None:
            progress(done, len(names))
    _verify_box(judgement, layout, context, found)
    ledger.complete((*BOX, *ballots.CHECKS, *ballots.LIMITS))
    cast = sum(ballot.state in CAST for ballot in found)
    judgement.counts |= {"ballots": len(names), "cast": cast, "spoiled": len(found) - cast}
    return found


def _content(record: Foreign, name: str) -> Any:  # noqa: ANN401
    try:
        return record.json(name)
    except ParseError as error:
        return str(error)  # is no object, which the ballot's check says


def _verify_box(judgement: Judgement, layout: Layout, context: Context, found: list[Ballot]) -> None:
    """Compare ballots with each other, and follow their codes."""
    ledger, seen = judgement.ledger, dict[object, str]()
    starts = {_device(context, layout.record, name) for name in layout.within("encryption_devices", "devices")}
    known = starts | {int(ballot.code.value) for ballot in found}
    seeds = set[int]()
    for ballot in found:
        own: list[object] = [("id", ballot.id), ("code", int(ballot.code.value))]
        own += [("ciphertext", int(c.alpha.value), int(c.beta.value)) for _, _, c in each_option(ballot)]
        other = next((seen[part] for part in own if part in seen), None)
        twice = len(set(own)) < len(own)
        message = f"something of it is also on ballot {other or 'itself'}"
        ledger.check("EG1.unique", other is None and not twice, message, Place(ballot=ballot.id))
        seen |= dict.fromkeys(own, ballot.id)
        seed = int(ballot.seed.value)
        ledger.check(
            "EG1.chain", seed in known, "the seed is no device's and no ballot's code", Place(ballot=ballot.id)
        )
        if seed in seeds:
            judgement.note("no-chain", "some ballots follow from one code, so that a removed ballot need not show")
        seeds.add(seed)


def _device(context: Context, record: Foreign, name: str) -> int:
    """Return the hash that a device's codes begin with."""
    content = record.json(name)
    numbers = [whole(content, part, name) for part in ("device_id", "session_id", "launch_code")]
    return int(H(context.group, *numbers, text(content, "location", name)).value)


def _verify_aggregation(
    judgement: Judgement, layout: Layout, manifest: ManifestDescription, found: list[Ballot], context: Context
) -> Options:
    """Add up the cast ballots, compare, and return the sums."""
    ledger, one = judgement.ledger, Ciphertext(context.group.one, context.group.one)
    sums = {(c.id, option): one for c in manifest.contests.values() for option in c.selections}
    for ballot in found:
        if ballot.state in CAST:
            for contest, option, encrypted in each_option(ballot):
                sums[contest, option] = sums[contest, option] * encrypted
    name = layout.name("encrypted_tally.json")
    try:
        published = {
            (contest, option): ciphertext(inside, "ciphertext", context.group, f"{name} {option}")
            for contest, one_contest in by_id(layout.record.json(name), "contests", name)
            for option, inside in by_id(one_contest, "selections", f"{name} {contest}")
        }
        ledger.check("EG1.encrypted-tally", published.keys() == sums.keys(), "options are missing, or there are others")
        for key in published.keys() & sums.keys():
            place = Place(contest=key[0], option=key[1])
            ledger.check("EG1.encrypted-tally", published[key] == sums[key], "the sum is another", place)
    except ParseError as error:
        ledger.check("EG1.encrypted-tally", False, str(error))
    ledger.complete(AGGREGATION)
    return sums


def _verify_decryption(
    judgement: Judgement, layout: Layout, context: Context, guardians: dict[str, Guardian], sums: Options
) -> None:
    ledger, name = judgement.ledger, layout.name("tally.json")
    if name not in layout.record:
        judgement.remark("there is no tally.json: the tally has not been decrypted")
        return
    if len(guardians) < context.n:
        return  # said already; shares cannot be judged without their guardians
    content = layout.record.json(name)
    verify_decrypted(Decryption("EG1.tally", ledger, context, guardians), content, sums, "tally", {})
    ledger.complete(decryption.TALLY)
    if layout.name("coefficients.json") in layout.record:
        _verify_coefficients(judgement, layout, context, guardians, content)
        ledger.complete(COEFFICIENTS)
    else:
        judgement.remark("there is no coefficients.json; coefficients were computed")
        ledger.complete(COEFFICIENTS)


def _verify_coefficients(
    judgement: Judgement,
    layout: Layout,
    context: Context,
    guardians: dict[str, Guardian],
    tally: Any,  # noqa: ANN401
) -> None:
    """Compare the coefficients: a list in the order of those who were there, or an object by their identifiers."""
    name, q = layout.name("coefficients.json"), int(context.group.q)
    try:
        found = member(layout.record.json(name), "coefficients", name)
        direct = sorted(_present(tally), key=lambda one: guardians[one].order if one in guardians else 0)
        orders = {one: guardians[one].order for one in direct if one in guardians}
        wanted = {
            one: lagrange(q, order, [other for who, other in orders.items() if who != one])
            for one, order in orders.items()
        }
        if isinstance(found, list):
            same = [number(one, name) for one in found] == list(wanted.values())
        elif isinstance(found, dict):
            same = {key: number(one, name) for key, one in found.items()} == wanted
        else:
            raise ParseError(name, "expected a list or an object", "coefficients")
        judgement.ledger.check("EG1.coefficients", same, "the coefficients are others")
    except ParseError as error:
        judgement.ledger.check("EG1.coefficients", False, str(error))


def _present(tally: Any) -> set[str]:  # noqa: ANN401
    """Return who has a share of their own in the first option that was decrypted."""
    for _, contest in by_id(tally, "contests", "tally"):
        for _, option in by_id(contest, "selections", "tally"):
            shares = option.get("shares")
            return {
                str(one.get("guardian_id"))
                for one in (shares if isinstance(shares, list) else [])
                if isinstance(one, dict) and one.get("proof") is not None
            }
    return set()


def _verify_spoiled(
    judgement: Judgement, layout: Layout, context: Context, guardians: dict[str, Guardian], found: list[Ballot]
) -> None:
    ledger, names = judgement.ledger, layout.within("spoiled_ballots")
    spoiled = {ballot.id: ballot for ballot in found if ballot.state not in CAST}
    decrypted = {str(_object_id(layout.record, name)): name for name in names}
    for ballot in sorted(spoiled.keys() | decrypted.keys()):
        both = ballot in spoiled and ballot in decrypted
        message = (
            "a spoiled ballot is not decrypted" if ballot in spoiled else "a ballot that was not spoiled is decrypted"
        )
        ledger.check("EG1.spoiled-ballots", both, message, Place(ballot=ballot))
    ledger.check("EG1.spoiled-ballots", len(decrypted) == len(names), "a ballot is decrypted twice")
    ledger.complete(OPENED)
    if len(guardians) < context.n:
        return
    for ballot, name in decrypted.items():
        if ballot in spoiled:
            options, placeholders = (
                {(contest, option): encrypted for contest, option, encrypted in each_option(spoiled[ballot], which)}
                for which in (False, True)
            )
            content = _content(layout.record, name)
            verify_decrypted(
                Decryption("EG1.spoiled", ledger, context, guardians), content, options, ballot, placeholders
            )
    ledger.complete(decryption.SPOILED)


def _object_id(record: Foreign, name: str) -> object:
    content = _content(record, name)
    return content.get("object_id") if isinstance(content, dict) else name


def _note_strength(judgement: Judgement, context: Context) -> None:
    bits = context.group.p.bit_length()
    if bits < 2048 or context.group.q.bit_length() < 224:
        judgement.note("weak-parameters", f"p has {bits} bits and q {context.group.q.bit_length()}: they hide nothing")
    if context.n == 1:
        judgement.note("single-trustee", "one guardian alone can decrypt every ballot")
    elif context.k == context.n:
        judgement.note("n-of-n-trustees", f"all {context.n} guardians are needed: without one nothing is decrypted")
    judgement.note("weak-fiat-shamir", "guardians' proofs are bound to their keys alone, not to the election")
    judgement.note("no-board", "the record is neither signed nor witnessed: readers may have been shown different ones")
    judgement.note("no-eligibility", "the record does not show that who voted was entitled to")
