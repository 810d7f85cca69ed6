"""From the files of a record to the ``Election`` that every later step works with, and the guardians' public keys.

What can be recomputed is recomputed: the parameters must be a known set, hashes must be equal, the manifest must keep
its rules. Proofs and membership are not looked at; that is the verifier's work.
"""

from collections.abc import Collection

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note
from e2evote.errors import CheckError, ParseError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD_NAME, group_with_prime
from e2evote.record import layout
from e2evote.record.layout import Record
from e2evote.record.manifest import Manifest, parse_manifest
from e2evote.record.setup import Election, ExtendedHashes, GuardianPublicKey, Hashes, JointKeys, Parameters


def load_parameters(record: Record, allow_insecure: frozenset[str] = frozenset()) -> tuple[Group, int, int]:
    """Return the group, n and k of a record.

    Args:
        record: the record.
        allow_insecure: names of parameter sets that are accepted beside the standard one.

    Raises:
        ParseError: parameters.json is not in its form.
        CheckError: the parameters are not exactly those of an accepted set, or the quorum is impossible.

    Spec: EG-2.1 §3.1.1, eq. 3
    """
    found = record.object(Parameters, layout.PARAMETERS)
    group = accepted_group(found, allow_insecure, layout.PARAMETERS)
    if not 1 <= found.k <= found.n:
        raise CheckError(f"{layout.PARAMETERS}: a quorum of {found.k} of {found.n} guardians is impossible")
    return group, found.n, found.k


def accepted_group(found: Parameters, allow_insecure: Collection[str], where: str) -> Group:
    """Return the group of the published parameters.

    Raises:
        CheckError: they are not exactly those of an accepted set.

    Spec: EG-2.1 §3.1.1, eq. 3
    """
    group = group_with_prime(int.from_bytes(found.p, "big"))
    if group is None:
        raise CheckError(f"{where}: p is the prime of no known parameter set")
    if found != Parameters.of(group, found.n, found.k):
        raise CheckError(f"{where}: version, q, r, g or the width of a number differ from the set {group.name}")
    if group.name != STANDARD_NAME and group.name not in allow_insecure:
        raise CheckError(
            f"{where}: the parameter set {group.name} proves nothing; it is accepted only if asked for by name"
        )
    return group


def load_manifest(record: Record) -> tuple[Manifest, bytes]:
    """Return the manifest and the bytes that are hashed.

    Raises:
        ParseError: it is not in its form.
        CheckError: naming every broken rule.
    """
    data = record.read(layout.MANIFEST)
    manifest = parse_manifest(data, layout.MANIFEST)
    manifest.check()
    return manifest, data


def load_election(record: Record, allow_insecure: frozenset[str] = frozenset()) -> Election:
    """Return the election of a record that has at least its joint keys.

    Args:
        record: the record.
        allow_insecure: names of parameter sets that are accepted beside the standard one.

    Raises:
        ParseError: a file is missing or not in its form.
        CheckError: naming the file that does not fit the others.

    Spec: EG-2.1 §3.1.2, eq. 4; §3.1.4, eq. 5; §3.2.3, eq. 30
    """
    group, n, k = load_parameters(record, allow_insecure)
    manifest, data = load_manifest(record)
    hashes = record.object(Hashes, layout.HASHES)
    if hashes != Hashes.of(group, n, k, data):
        raise CheckError(f"{layout.HASHES}: H_P or H_B is not the hash of parameters and manifest")
    keys = record.object(JointKeys, layout.JOINT_KEYS, group)
    election = Election.of(group, n, k, manifest, hashes, keys)
    if record.object(ExtendedHashes, layout.EXTENDED_HASHES).h_e != election.h_e:
        raise CheckError(f"{layout.EXTENDED_HASHES}: H_E is not the hash of H_B and the joint keys")
    return election


def load_checkpoint(record: Record) -> tuple[Note, Checkpoint]:
    """Return the note of a bulletin board and the checkpoint that it states; who signed it is not looked at.

    Raises:
        ParseError: the file is missing, or no checkpoint.
    """
    try:
        note = Note.parse(record.read(layout.BOARD_CHECKPOINT))
        return note, Checkpoint.parse(note.text)
    except ParseError as error:
        raise ParseError(layout.BOARD_CHECKPOINT, error.problem, error.field) from None


def load_guardians(record: Record, election: Election) -> tuple[GuardianPublicKey, ...]:
    """Return the public keys of guardians 1…n.

    Raises:
        ParseError: a file is missing or not in its form.
        CheckError: a file holds another guardian's key, or too many or too few commitments.
    """
    guardians = []
    for i in range(1, election.n + 1):
        name = layout.guardian_path(i)
        public = record.object(GuardianPublicKey, name, election.group)
        if public.i != i or not len(public.vote_commitments) == len(public.data_commitments) == election.k:
            raise CheckError(f"{name}: not the key of guardian {i} with {election.k} commitments each")
        guardians.append(public)
    return tuple(guardians)
