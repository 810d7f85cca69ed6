"""Box 1: version, parameters and base hashes; and that n, k and the manifest make sense."""

from collections.abc import Collection

from e2evote.encoding import b
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD, group_with_prime
from e2evote.hashing import VERSION, base_hash, parameter_base_hash
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Hashes, Parameters
from e2evote.verifier.context import Setup
from e2evote.verifier.report import Check, Ledger

CHECKS = (
    Check("1.A", "the specification's version is 2.1.0", "setup"),
    Check("1.B", "p is the prescribed prime", "setup"),
    Check("1.C", "q is the prescribed prime", "setup"),
    Check("1.D", "g is the prescribed generator", "setup"),
    Check("1.E", "H_P is correct", "setup"),
    Check("1.F", "H_B is correct", "setup"),
    Check("X.parameters", "1 ≤ k ≤ n, r = (p − 1)/q, and every number has its width", "setup"),
    Check("X.manifest", "the manifest keeps its own rules", "setup"),
)


def verify(ledger: Ledger, record: Record, allow_insecure: Collection[str]) -> Setup | None:
    """Run the box and return what it established, None where later boxes have nothing to stand on.

    Raises:
        ParseError: a file that cannot be parsed.

    Spec: EG-2.1 §3.1.4, box 1
    """
    parameters = record.object(Parameters, layout.PARAMETERS)
    hashes = record.object(Hashes, layout.HASHES)
    manifest_bytes = record.read(layout.MANIFEST)
    manifest = parse_manifest(manifest_bytes)
    p, q, g = (int.from_bytes(x, "big") for x in (parameters.p, parameters.q, parameters.g))
    known = group_with_prime(p)
    group = known if known is not None and known.name in allow_insecure else STANDARD
    hint = f"; the record uses {known.name}, which proves nothing" if known not in (None, group) else ""
    ledger.check("1.A", parameters.version == VERSION, f"the version is {parameters.version!r}, not {VERSION!r}")
    ledger.check("1.B", p == group.p, f"p is not that of {group.name}{hint}")
    ledger.check("1.C", q == group.q, f"q is not that of {group.name}{hint}")
    ledger.check("1.D", g == group.generator, f"g is not that of {group.name}{hint}")
    n, k = parameters.n, parameters.k
    ledger.check("X.parameters", 1 <= k <= n, f"n = {n} and k = {k} are not 1 ≤ k ≤ n")
    for problem in manifest.problems():
        ledger.check("X.manifest", False, problem)
    ledger.check("X.manifest", True, "")
    if known is None:
        return None
    ledger.check(
        "X.parameters", _written_as(known, parameters), "p, q, r or g is not written in its width, or r is wrong"
    )
    h_p = parameter_base_hash(known, n, k)
    ledger.check("1.E", hashes.h_p == h_p, "H_P is not H(ver; 00, p, q, g, n, k)")
    h_b = base_hash(h_p, manifest_bytes)
    ledger.check("1.F", hashes.h_b == h_b, "H_B is not H(H_P; 01, manifest)")
    ledger.complete(CHECKS)
    return Setup(known, parameters, manifest, h_p, h_b)


def _written_as(group: Group, parameters: Parameters) -> bool:
    l_p = group.l_p
    widths = len(parameters.p) == len(parameters.g) == l_p and len(parameters.q) == 32
    return widths and parameters.r == b(int(group.r), l_p)
