"""Which ceremony it is, and whose signing keys count in it.

The administrator sends the invitation. Every guardian answers with an identity: its name and signing key. When the
guardians have compared fingerprints of all signing keys by voice, ``ceremony_exchange`` binds every later message to
the invitation and to exactly these keys.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Literal, Self

from annotated_types import MaxLen, MinLen

from e2evote.ed25519 import check_signing_key
from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.group.parameters import STANDARD
from e2evote.hashing import H, OwnTag
from e2evote.key_ceremony import Ceremony
from e2evote.messages.envelope import Exchange, Message, Round, open_message, parse_envelope, write
from e2evote.messages.signing import PublicSigningKey, SecretSigningKey
from e2evote.record.codec import Index, RecordModel, parse
from e2evote.record.load import accepted_group
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Parameters

GuardianName = Annotated[str, MinLen(1), MaxLen(200)]
"""What a guardian is called in the record."""


class Invitation(RecordModel):
    """What all guardians have to agree on: parameters, who is which guardian, which attempt, and the manifest.

    A ``rehearsal`` says so in everything that is signed in it.
    """

    format: Literal["e2evote-guardian-invitation"]
    version: Literal[1]
    parameters: Parameters
    names: Annotated[tuple[GuardianName, ...], MinLen(1)]
    attempt: Index
    rehearsal: bool
    manifest: str

    @classmethod
    def of(
        cls, group: Group, k: int, names: Sequence[str], manifest: bytes, attempt: int = 1, rehearsal: bool = False
    ) -> Self:
        """Invite to attempt number ``attempt``; guardian i is ``names[i - 1]``.

        Raises:
            CheckError: an impossible quorum, or a manifest or names that do not hold.
        """
        parse_manifest(manifest).check()
        invitation = cls(
            format="e2evote-guardian-invitation",
            version=1,
            parameters=Parameters.of(group, len(names), k),
            names=tuple(names),
            attempt=attempt,
            rehearsal=rehearsal,
            manifest=manifest.decode(),
        )
        invitation.check(group)
        return invitation

    def check(self, group: Group) -> None:
        """Accept an invitation to a ceremony in this group.

        Raises:
            CheckError: other parameters, an impossible quorum, a name twice, or a manifest that breaks its rules.
            ParseError: the manifest is none.
        """
        n, k = self.parameters.n, self.parameters.k
        if self.parameters != Parameters.of(group, n, k):
            raise CheckError(f"the invitation's parameters are not those of {group.name}")
        if len(self.names) != n or len(set(self.names)) != n:
            raise CheckError(f"the invitation needs {n} different names of guardians")
        self.ceremony(group)
        parse_manifest(self.manifest.encode(), "the invitation's manifest").check()

    def ceremony(self, group: Group) -> Ceremony:
        """Return the ceremony it invites to."""
        return Ceremony.of(group, self.parameters.n, self.parameters.k, self.manifest.encode())

    def hash(self, group: Group) -> bytes:
        """Return H(H_B; E1, attempt, rehearsal, n, names): H_B covers parameters, n, k and the manifest's bytes."""
        names = [name.encode() for name in self.names]
        parts = [part for name in names for part in (len(name), name)]
        head = (self.attempt, int(self.rehearsal), len(names))
        # E1 ‖ attempt(4) ‖ rehearsal(4), 0 or 1 ‖ n(4) ‖ len(4) ‖ name, for each name
        length = 13 + sum(4 + len(name) for name in names)
        return H(self.ceremony(group).hashes.h_b, OwnTag.INVITATION, *head, *parts, length=length)


def parse_invitation(data: bytes, group: Group = STANDARD, where: str = "invitation") -> Invitation:
    """Return an invitation to a ceremony in this group.

    Raises:
        ParseError: not in the one accepted form.
        CheckError: as ``Invitation.check``.
    """
    invitation = parse(Invitation, data, where)
    invitation.check(group)
    return invitation


def read_invitation(data: bytes, where: str, allow_insecure: Collection[str] = ()) -> tuple[Group, Invitation]:
    """Return an invitation with its group, which is the standard one or an insecure one that was asked for by name.

    Raises:
        ParseError: not in the one accepted form.
        CheckError: parameters that are not accepted, or as ``Invitation.check``.
    """
    invitation = parse(Invitation, data, where)
    group = accepted_group(invitation.parameters, allow_insecure, where)
    invitation.check(group)
    return group, invitation


class Identity(RecordModel):
    """Who guardian i is: the name of the invitation and its signing key."""

    i: Index
    name: GuardianName
    signing_key: PublicSigningKey


IDENTITY = Round("identity", Identity)
"""The first round of a ceremony."""


def write_identity(invitation: Invitation, group: Group, i: int, key: SecretSigningKey) -> bytes:
    """Answer an invitation as guardian i.

    Raises:
        CheckError: there is no guardian i.
    """
    if not 1 <= i <= len(invitation.names):
        raise CheckError(f"guardian index {i} is not between 1 and {len(invitation.names)}")
    identity = Identity(i=i, name=invitation.names[i - 1], signing_key=key.public)
    return write(_invited(invitation, group, {i: key.public}), IDENTITY, key, i, identity)


def open_identity(invitation: Invitation, group: Group, data: bytes, where: str = "message") -> Message[Identity]:
    """Accept an answer that is signed with the key it announces; whose key that is, only people can tell.

    Raises:
        ParseError: not in the one accepted form.
        CheckError: it answers another invitation, or speaks for nobody who is invited.
        VerificationError: it is not signed with the key it announces.
    """
    envelope = parse_envelope(data, where)
    if envelope.round != IDENTITY.name:
        raise CheckError(f"{where}: a message of round {envelope.round!r}, not of round {IDENTITY.name!r}")
    identity = parse(Identity, envelope.payload.encode(), where)
    if envelope.sender > len(invitation.names):
        raise CheckError(f"{where}: guardian {envelope.sender} is not invited")
    check_signing_key(identity.signing_key, f"{where}: guardian {envelope.sender}")
    return open_message(_invited(invitation, group, {envelope.sender: identity.signing_key}), IDENTITY, data, where)


def ceremony_exchange(invitation: Invitation, group: Group, signing_keys: Mapping[int, bytes]) -> Exchange:
    """Return the exchange of the ceremony's other rounds, with context H(invitation; E2, n, signing keys).

    Args:
        invitation: what all agreed on.
        group: its group.
        signing_keys: by guardian, those whose fingerprints were compared.

    Raises:
        CheckError: not exactly one good key of each guardian, all different.
    """
    n = len(invitation.names)
    if sorted(signing_keys) != list(range(1, n + 1)) or len(set(signing_keys.values())) != n:
        raise CheckError(f"exactly one signing key of each guardian 1 to {n} is needed, all different")
    for i, key in signing_keys.items():
        check_signing_key(key, f"guardian {i}")
    keys = [signing_keys[i] for i in range(1, n + 1)]
    # E2 ‖ n(4) ‖ key(32) each
    context = H(invitation.hash(group), OwnTag.ROSTER, n, *keys, length=5 + 32 * n)
    return Exchange(group, context, invitation.attempt, dict(signing_keys), _names(invitation))


def _invited(invitation: Invitation, group: Group, signing_keys: Mapping[int, bytes]) -> Exchange:
    return Exchange(group, invitation.hash(group), invitation.attempt, signing_keys, _names(invitation))


def _names(invitation: Invitation) -> dict[int, str]:
    return dict(enumerate(invitation.names, 1))
