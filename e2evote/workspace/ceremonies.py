"""A key ceremony in an election's directory: the invitation, what guardians sent, and what to give to all of them.

```
DIR/ceremony/invitation.json      the invitation
DIR/ceremony/messages.ndjson      every authentic message that came (e2evote.messages.transcript)
DIR/ceremony/outbox/…             what to give to every guardian
```

Nothing in it is secret. When all guardians have confirmed, ``publish`` begins the record.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from e2evote.errors import CheckError
from e2evote.group.elements import Group
from e2evote.group.parameters import INSECURE_NAMES
from e2evote.key_ceremony import Ceremony, GuardianRecord
from e2evote.key_ceremony import publish as guardian_record
from e2evote.messages.accusing import complaints_about_confirmations
from e2evote.messages.complaints import COMPLAINT
from e2evote.messages.decrypting import plan_context
from e2evote.messages.envelope import Exchange, RoundName, parse_envelope
from e2evote.messages.evidence import CeremonyCase
from e2evote.messages.invitation import (
    IDENTITY,
    Identity,
    Invitation,
    open_identity,
    read_invitation,
)
from e2evote.messages.key_check import KEY_CHECK
from e2evote.messages.rounds import CONFIRMATION, PUBLIC_KEY, SHARE, Collected, collect, collect_identities, exchange_of
from e2evote.messages.transcript import Transcript
from e2evote.record.codec import dump
from e2evote.record.setup import GuardianPublicKey
from e2evote.terminal.screen import Report
from e2evote.workspace.directory import CEREMONY, Workspace, drafted, held, make_private, write_keys
from e2evote.workspace.intake import read_messages, read_plan, take_in
from e2evote.workspace.standing import Standing, as_faults, faults_complained_of, faults_in, write_bundles

INVITATION, MESSAGES, OUTBOX = "invitation.json", "messages.ndjson", "outbox"
ROUNDS = (IDENTITY, PUBLIC_KEY, SHARE, CONFIRMATION)
BUNDLES = ("identities", "public-keys", "shares", "confirmations")
"""What the rounds are called in the outbox."""
EXPECTED: tuple[RoundName, ...] = tuple(r.name for r in (PUBLIC_KEY, SHARE, CONFIRMATION, COMPLAINT, KEY_CHECK))
"""Rounds whose messages are bound to the guardians' signing keys."""


class CeremonyFolder:
    """The ceremony of an election's directory."""

    def __init__(self, root: Path) -> None:
        """Take the election's directory.

        Raises:
            CheckError: there is no ceremony in it.
        """
        self.root, self.folder = root, root / CEREMONY
        self.outbox = self.folder / OUTBOX
        if not (self.folder / INVITATION).is_file():
            raise CheckError(f"{root}: no ceremony has been begun here; 'e2evote ceremony invite {root} …' begins one")

    @cached_property
    def _invited(self) -> tuple[Group, Invitation]:
        path = self.folder / INVITATION
        return read_invitation(path.read_bytes().removesuffix(b"\n"), str(path), INSECURE_NAMES)

    @property
    def group(self) -> Group:
        """The parameter set: the one that this directory was made with."""
        return self._invited[0]

    @property
    def invitation(self) -> Invitation:
        """The invitation."""
        return self._invited[1]

    @cached_property
    def ceremony(self) -> Ceremony:
        """What all guardians agreed on."""
        return self.invitation.ceremony(self.group)

    @cached_property
    def transcript(self) -> Transcript:
        """Every message that came."""
        return Transcript(self.folder / MESSAGES)

    @property
    def identities(self) -> Collected[Identity]:
        """The signing keys that came."""
        return collect_identities(self.invitation, self.group, self.transcript.of(IDENTITY.name))

    @property
    def exchange(self) -> Exchange:
        """The exchange of the other rounds.

        Raises:
            CheckError: an identity is missing.
        """
        return exchange_of(self.invitation, self.group, self.identities)

    @property
    def case(self) -> CeremonyCase:
        """What everybody knows of the ceremony."""
        return CeremonyCase(self.exchange, self.ceremony)

    @property
    def keys(self) -> Collected[GuardianPublicKey]:
        """The guardians' public keys that came."""
        return collect(self.exchange, PUBLIC_KEY, self.transcript.of(PUBLIC_KEY.name))

    @property
    def published(self) -> bool:
        """Whether the ceremony is over and the record begun."""
        return (self.root / "record").is_dir()

    @contextmanager
    def locked(self) -> Iterator["CeremonyFolder"]:
        """Keep every other command that changes the ceremony out.

        Raises:
            CheckError: another command is at work.
        """
        with held(self.folder / INVITATION, self.root):
            self.__dict__.pop("transcript", None)
            yield self

    def standing(self, report: Report) -> Standing:
        """Look at everything that came; shares stay closed.

        Args:
            report: called after each of four steps.
        """
        identities = self.identities
        if not identities.is_complete:
            return Standing(None, (identities,))
        case, keys, said = self.case, self.keys, self.transcript.of
        faults = faults_in(case, keys)
        report(1, 4)
        if not keys.is_complete or faults:
            faults += faults_complained_of(case, self.transcript)
            return Standing(case.exchange, (identities, keys), tuple(faults))
        shares = collect(case.exchange, SHARE, said(SHARE.name), keys.seen)
        faults += faults_in(case, shares)
        report(2, 4)
        confirmations = collect(case.exchange, CONFIRMATION, said(CONFIRMATION.name), keys.seen)
        faults += faults_in(case, confirmations)
        faults += as_faults(complaints_about_confirmations(case, keys, confirmations))
        report(3, 4)
        faults += faults_complained_of(case, self.transcript)
        return Standing(case.exchange, (identities, keys, shares, confirmations), tuple(faults))


def invite(root: Path, invitation: Invitation) -> CeremonyFolder:
    """Make the directory, all of it or nothing.

    Raises:
        CheckError: it is in use.
    """
    with drafted(root) as draft:
        outbox = draft / CEREMONY / OUTBOX
        outbox.mkdir(parents=True)
        data = dump(invitation) + b"\n"
        (draft / CEREMONY / INVITATION).write_bytes(data)
        (outbox / f"0-{INVITATION}").write_bytes(data)
    return CeremonyFolder(root)


def take_messages(ceremony: CeremonyFolder, paths: Sequence[Path], rounds: Collection[RoundName] = EXPECTED) -> int:
    """Keep what came, all of it or nothing, and return how many messages were new.

    Args:
        ceremony: the ceremony.
        paths: files and directories.
        rounds: what may come beside identities and copies of what is known.

    Raises:
        ParseError, CheckError, VerificationError: naming the file that is none of this ceremony's, or not signed by
            whom it says.
    """
    plans = tuple(ceremony.root.glob("decryption/*/plan.json"))
    sent = {dump(ceremony.invitation), *(path.read_bytes().removesuffix(b"\n") for path in plans)}
    lines = read_messages(paths, sent.__contains__)
    new = [(where, data) for where, data in lines if data not in ceremony.transcript]
    introduced = [(where, data) for where, data in new if parse_envelope(data, where).round == IDENTITY.name]
    identities = _identities(ceremony, introduced)
    others = [line for line in new if line not in introduced]
    if not others:
        return ceremony.transcript.add(data for _, data in introduced)
    if not identities.is_complete:
        raise CheckError(
            f"{others[0][0]}: nothing but identities can be taken before all of them are here, for they say who signs "
            f"what ({'; '.join(identities.report())}); nothing was kept"
        )
    exchange = exchange_of(ceremony.invitation, ceremony.group, identities)
    asked = {plan_context(exchange, read_plan(path)): Transcript(path.with_name(MESSAGES)) for path in plans}
    found = take_in([(exchange, ceremony.transcript)], rounds, others, asked)
    return ceremony.transcript.add([*(data for _, data in introduced), *found[exchange.context]])


def publish(ceremony: CeremonyFolder, report: Report) -> Workspace:
    """Begin the record with the keys that all guardians have confirmed; an interrupted call is repeated.

    Raises:
        CheckError: it is published, a message is missing, or something is wrong with one.
        VerificationError: the keys make no guardian record.

    Spec: EG-2.1 §3.2.2, eqs. 25–27
    """
    if ceremony.published:
        raise CheckError(f"{ceremony.root / 'record'} exists already; the ceremony is published")
    standing = ceremony.standing(report)
    if standing.ended:
        raise CheckError(f"this attempt has ended; 'e2evote ceremony status {ceremony.root}' says why")
    if not standing.complete(len(ROUNDS)):
        raise CheckError("; ".join(line for collected in standing.rounds for line in collected.report()))
    for leftover in ceremony.root.glob(".record-*"):
        shutil.rmtree(leftover)
    make_private(ceremony.root, ceremony.group.name)
    with drafted(ceremony.root / "record") as record:  # last: with it the directory is an election's
        manifest = ceremony.invitation.manifest.encode()
        write_keys(record, manifest, ceremony.ceremony, record_of(ceremony))
    return Workspace(ceremony.root)


def record_of(ceremony: CeremonyFolder) -> GuardianRecord:
    """Return the guardian record that the public keys make.

    Raises:
        CheckError: one is missing.
        VerificationError: they make none.
    """
    return guardian_record(ceremony.ceremony, ceremony.keys.payloads)


def update_outbox(ceremony: CeremonyFolder, standing: Standing) -> list[Path]:
    """Write the files for the guardians that can be written now, and return those that are new."""
    return write_bundles(ceremony.outbox, "", BUNDLES, standing)


def _identities(ceremony: CeremonyFolder, introduced: Sequence[tuple[str, bytes]]) -> Collected[Identity]:
    """Return all identities with those that came now.

    Raises:
        CheckError: a guardian has answered it with another key before, or another guardian with this one.
    """
    invitation, group, known = ceremony.invitation, ceremony.group, ceremony.transcript.of(IDENTITY.name)
    for where, data in introduced:
        identity = open_identity(invitation, group, data, where)
        found = collect_identities(invitation, group, [*known, data])
        if found.contradictions:
            raise CheckError(
                f"{where}: guardian {identity.sender} ({identity.payload.name}) has sent another signing key before. "
                "One of the two may be somebody else's: ask the guardian for the fingerprint, by voice. If the one "
                "that was kept is wrong, invite anew in another directory with the next --attempt"
            )
        if len({message.payload.signing_key for message in found.messages}) < len(found.messages):
            raise CheckError(f"{where}: another guardian has sent the same signing key; every guardian needs its own")
        known.append(data)
    return collect_identities(invitation, group, known)
