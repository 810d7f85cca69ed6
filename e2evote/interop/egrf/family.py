"""The family: a record recognised by its layout, read whole, and verified."""

from e2evote.engine import Workers
from e2evote.hashing import parameter_base_hash
from e2evote.interop.egrf.attestations import verify_attestations
from e2evote.interop.egrf.ballots import verify_devices
from e2evote.interop.egrf.checks import CHECKS
from e2evote.interop.egrf.opened import verify_opened
from e2evote.interop.egrf.own_rules import verify_rules
from e2evote.interop.egrf.reading import Items, place_of, read, section_name
from e2evote.interop.egrf.roots import contents
from e2evote.interop.egrf.schema import RecordItem
from e2evote.interop.egrf.setup import Egrf, size_of, verify_setup
from e2evote.interop.egrf.tally import verify_tally
from e2evote.interop.egrf.values import GROUP
from e2evote.interop.family import Judgement, Progress
from e2evote.interop.foreign import Foreign
from e2evote.record.setup import Parameters
from e2evote.verifier.report import Ledger, Report

_TOC = (65534, b"")
_NEEDED = {1: "setup/header", 2: "setup/parameters", 513: "aggregated/encrypted_tally", 769: "final/decrypted_tally"}


class EgrfFamily:
    """ElectionGuard 2.1.0 in EGRF v2.

    Header and parameters that a record lacks are put back, from the numbers of guardians and of their commitments, and
    remarked: they have to have the roots that the record claims for them. With ``rebuild`` off they are missing.
    """

    name = "electionguard-2.1-egrf"
    title = "ElectionGuard 2.1.0, EGRF v2 (draft)"

    def __init__(self, rebuild: bool = True) -> None:
        """Say whether missing setup files are rebuilt."""
        self.rebuild = rebuild

    def recognises(self, record: Foreign) -> bool:
        """Tell by the guardians' file."""
        return place_of(record) is not None

    def verify(self, record: Foreign, workers: Workers, progress: Progress | None) -> Report:  # noqa: ARG002
        """Verify the record whole.

        Raises:
            ParseError: header, parameters, manifest or keys of the election cannot be read.
        """
        items, judgement = read(record), Judgement(self.name, record, GROUP.name)
        if self.rebuild:
            _rebuild(judgement, items)
        _structure(judgement, items)
        for damage in items.damages:
            judgement.ledger.check(damage.check, False, damage.message, damage.place)
        egrf = verify_setup(judgement, items)
        _roots(judgement.ledger, items)
        verify_attestations(judgement, egrf)
        ballots = verify_devices(judgement, egrf, progress)
        verify_tally(judgement, egrf, ballots)
        verify_opened(judgement, egrf, ballots)
        verify_rules(judgement, egrf, ballots)
        judgement.ledger.complete(CHECKS)
        _notes(judgement, egrf)
        return judgement.report(CHECKS)


def _rebuild(judgement: Judgement, items: Items) -> None:
    n, k = size_of(items) if items.of(4) else (0, 0)
    if not 1 <= k <= n <= 1000:
        return  # what is missing is said by the check of the structure
    if (1, b"") not in items.sections:
        items.sections[1, b""] = [RecordItem(record_header={"format_major": 2})]
        judgement.remark("setup/header is missing; it was rebuilt, and has to have the root that the record claims")
    if (2, b"") not in items.sections:
        own = Parameters.of(GROUP, n, k)
        numbers = {name: getattr(own, name) for name in ("p", "q", "r", "g", "n", "k")}
        version = own.version.encode().ljust(32, b"\0")
        stated = numbers | {"version": version, "h_p": parameter_base_hash(GROUP, n, k)}
        items.sections[2, b""] = [RecordItem(parameters=stated)]
        judgement.remark(
            f"setup/parameters is missing; it was rebuilt with n = {n}, k = {k}, and has to have the claimed root"
        )


def _structure(judgement: Judgement, items: Items) -> None:
    for section, name in _NEEDED.items():
        judgement.ledger.check("R.structure", bool(items.of(section)), f"{name}.{items.extension} is missing")
    for header in items.of(1):
        right = (header.format_major, header.format_minor) == (2, 0) if hasattr(header, "format_major") else False
        judgement.ledger.check("R.structure", right, "not format 2.0")
    for claimed in items.of(65534):
        key = (claimed.section_type, claimed.key)
        if not claimed.item_count and key not in items.sections:
            items.sections[key] = []
            judgement.remark(f"{section_name(key)}: no file; the table of contents says that it is empty")


def _roots(ledger: Ledger, items: Items) -> None:
    own = {(e.toc_entry.section_type, e.toc_entry.key): e for e in contents(items)}
    claimed = {(e.toc_entry.section_type, e.toc_entry.key): e for e in items.sections.get(_TOC, [])}
    ordered = list(claimed) == sorted(claimed) and len(claimed) == len(items.sections.get(_TOC, []))
    ledger.check("R.root", ordered and bool(claimed), "the table of contents is missing, doubled or out of order")
    for key in sorted(own.keys() | claimed.keys()):
        if key[0] in (1, 2) and key not in own:
            ledger.skip("R.root")
            continue
        same = own.get(key) == claimed.get(key)
        ledger.check("R.root", same, f"{section_name(key)}: items or root are not as the contents claim")


def _notes(judgement: Judgement, record: Egrf) -> None:
    items, n, k = record.items, record.election.n, record.election.k
    if n == 1:
        judgement.note("single-trustee", "one guardian alone holds the key that opens every ballot")
    elif n == k:
        judgement.note("n-of-n-trustees", "every guardian is needed: if one is lost, nothing can be decrypted")
    judgement.note("no-eligibility", "nothing in the record shows that the voters were entitled to vote")
    if not items.signatures:
        judgement.note("no-board", "no signature states a root of the record")
    else:
        judgement.remark(
            "signers' keys are not known here: what was signed is compared, the signatures are not verified"
        )
    for _, device in items.devices():
        if not device[0].device_header.chaining_mode:
            judgement.note("no-chain", "a device does not chain its ballots")
        if device[0].device_header.kind == 2:
            judgement.remark("EGRF publishes no range proofs of single vectors where several are selected")
    if any(release.ballot_nonce for release in items.of(772)):
        judgement.remark(
            "ξ_B itself is published for uncast ballots that are opened by it; whether C_ξB holds it cannot be told, as"
            " the nonce of that encryption is not published"
        )


FAMILY = EgrfFamily()
