"""A guardian that plays false is found out by the program of another, which complains; anybody can judge, and go on."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from e2evote import hashed_elgamal
from e2evote.cli import main as e2evote
from e2evote.decryption.rounds import DecryptionCommitments, DecryptionResponses, DecryptionReveals
from e2evote.hashed_elgamal import ShareSeal
from e2evote.key_ceremony import EncryptedShare, SecretGuardianKeys, generate_keys
from e2evote.messages.adjudication import Verdict, adjudicate
from e2evote.messages.complaints import COMPLAINT, Absence, Complaint
from e2evote.messages.envelope import NOTHING, Exchange, Round, parse_envelope, seen_hash, write
from e2evote.messages.evidence import Case
from e2evote.messages.rounds import COMMITMENTS, CONFIRMATION, PUBLIC_KEY, RESPONSES, REVEALS, SHARE, Confirmation
from e2evote.messages.signing import SecretSigningKey
from e2evote.record.codec import RecordModel, dump, parse
from e2evote.record.setup import GuardianPublicKey
from guardian_cli.keystore.journal import Journal
from tests.builders import TOY
from tests.deterministic import DeterministicRandomness
from tests.guardian_cli.program import Administrator, Guardians, lines_of, write_lines

HOSTILE, NAME = 3, "گلناز ۳"
FILES = {"public key": "2-public-key", "share": "3-shares", "confirmation": "4-confirmation"}


@pytest.fixture(scope="module")
def until(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Guardians]:
    """Return what copies guardians before a step of the ceremony, with everything in the inboxes."""
    known: dict[str, Guardians] = {}

    def copied(step: str, target: Path) -> Guardians:
        if step not in known:
            guardians = Guardians(tmp_path_factory.mktemp("until") / "guardians")
            guardians.invite()
            known[step] = guardians.hold(step)
        return known[step].copied(target / "guardians")

    return copied


def key(guardians: Guardians, i: int = HOSTILE) -> SecretSigningKey:
    with guardians.vault(i)() as vault:
        return SecretSigningKey(vault.identity)


def secret(guardians: Guardians, i: int = HOSTILE) -> SecretGuardianKeys:
    with guardians.vault(i)() as vault:
        return vault.ceremony_keys


def signed(
    guardians: Guardians,
    round_: Round[RecordModel],
    payload: RecordModel,
    recipient: int = 0,
    seen: bytes = NOTHING,
    exchange: Exchange | None = None,
    i: int = HOSTILE,
) -> bytes:
    return write(exchange or guardians.workspace(i).exchange, round_, key(guardians, i), i, payload, recipient, seen)


def file_of(round_: str) -> str:
    return f"guardian-{HOSTILE}-{FILES[round_]}.ndjson"


def judged(case: Case, complaints: list[bytes]) -> list[tuple[str, int]]:
    verdicts: list[Verdict] = [adjudicate(case, data) for data in complaints]
    return [(verdict.guilty, verdict.guardian) for verdict in verdicts]


def judged_by_command(guardians: Guardians, complaints: list[bytes], root: Path) -> str:
    """Return what ``e2evote ceremony adjudicate`` says, to whom has nothing but what everybody has."""
    folder = root / "published"
    folder.mkdir()
    shutil.copy(guardians.invitation, folder)
    for i in guardians.everybody:
        shutil.copy(guardians.outbox(i) / f"guardian-{i}-1-identity.ndjson", folder)
    write_lines(root / "complaints.ndjson", complaints)
    given = ["ceremony", "adjudicate", root / "complaints.ndjson", "--ceremony", folder, "--insecure-parameters", TOY]
    result = CliRunner().invoke(e2evote, [str(argument) for argument in given])
    assert result.exit_code == 0, result.output
    return result.output


def goes_on_without(guardians: Guardians, root: Path) -> None:
    """The others hold a new ceremony with the signing keys they have."""
    names = guardians.workspace(1).invitation.names
    again = Guardians(root / "again", n=2, k=2)
    again.invite(attempt=2, names=names[:2])
    for i in again.everybody:
        again.done("init", i, "--same-key-as", guardians.folder(i))
    again.carry()
    for verb in ("keygen", "share", "receive", "confirm", "confirm"):
        again.together(verb)
    assert again.ceremony.invitation.attempt == 2


# ------------------------------------------------------------------------------------------------ ceremony


def wrong_public(guardians: Guardians, change: str) -> GuardianPublicKey:
    with guardians.vault(HOSTILE)() as vault:
        public = vault.public_key
    group, commitments = guardians.group, public.vote_commitments
    match change:
        case "proof":
            proof = public.vote_proof
            wrong = replace(proof, challenge=proof.challenge + group.scalar(1))
            return public.model_copy(update={"vote_proof": wrong})
        case "another's":
            return public.model_copy(update={"vote_commitments": (commitments[0] * group.g, *commitments[1:])})
        case "too few":
            return public.model_copy(update={"vote_commitments": commitments[:1]})
        case _:
            minus = group.element(group.p - commitments[0].value)
            return public.model_copy(update={"vote_commitments": (minus, *commitments[1:])})


@pytest.mark.parametrize("change", ["proof", "another's", "too few", "no member"])
def test_a_wrong_public_key(until: Callable[..., Guardians], tmp_path: Path, change: str) -> None:
    g = until("share", tmp_path)
    g.give(file_of("public key"), signed(g, PUBLIC_KEY, wrong_public(g, change)), to=(1, 2))
    said, complaints = g.complains("share", 1)
    assert f"Guardian 3 ({NAME}): invalid message: " in said
    assert "This attempt ends here" in said
    assert not list(g.outbox(1).glob("*shares*"))
    assert judged(g.workspace(1).case, complaints) == [("accused", 3)]
    assert "Guilty: the accused, guardian 3" in judged_by_command(g, complaints, tmp_path)
    assert "There is a complaint, and this attempt at the ceremony has ended" in g.status(1)
    g.carry((1,))
    assert "Guardian 1 complains. Guardian 3" in g.status(2)
    goes_on_without(g, tmp_path)


def test_a_complaint_is_made_once(until: Callable[..., Guardians], tmp_path: Path) -> None:
    g = until("share", tmp_path)
    g.give(file_of("public key"), signed(g, PUBLIC_KEY, wrong_public(g, "proof")), to=(1,))
    _, first = g.complains("share", 1)
    _, again = g.complains("share", 1)
    assert first == again


@pytest.mark.parametrize("wrong", ["value", "proof"])
def test_a_wrong_share(until: Callable[..., Guardians], tmp_path: Path, wrong: str) -> None:
    g = until("share", tmp_path)
    g.together("share")
    workspace = g.workspace(1)
    keys, group = workspace.public_keys, g.group
    kappa = keys.payloads[0].communication_key
    seal = ShareSeal(workspace.ceremony.hashes.h_p, HOSTILE, 1, kappa)
    rng = DeterministicRandomness(wrong)
    plain = bytes(secret(g).vote.at(2)) + bytes(secret(g).data.at(1))
    ciphertext = hashed_elgamal.encrypt(seal, group.g, kappa, plain, rng.scalar(group), rng)
    if wrong == "proof":
        ciphertext = replace(ciphertext, c_0=ciphertext.c_0 * group.g)
    share = EncryptedShare(sender=HOSTILE, recipient=1, ciphertext=ciphertext)
    g.give(file_of("share"), signed(g, SHARE, share, 1, keys.seen), to=(1,))
    said, complaints = g.complains("receive", 1)
    kind = {"value": "wrong share: eqs. 24, 28, 29", "proof": "invalid message: "}[wrong]
    assert f"Guardian 3 ({NAME}): {kind}" in said
    assert judged(workspace.case, complaints) == [("accused", 3)]
    assert "Guilty: the accused, guardian 3" in judged_by_command(g, complaints, tmp_path)
    goes_on_without(g, tmp_path)


def test_two_public_keys(until: Callable[..., Guardians], tmp_path: Path) -> None:
    """Each of the others saw one; nobody's messages fit the other's, until they show each other what they saw."""
    g = until("share", tmp_path)
    workspace = g.workspace(HOSTILE)
    _, second = generate_keys(workspace.ceremony, HOSTILE, workspace.name, DeterministicRandomness(2))
    g.give(file_of("public key"), signed(g, PUBLIC_KEY, second), to=(2,))
    g.each("share", of=(1, 2))
    g.carry((1, 2))
    said = g.run("receive", 1).output
    assert "share: nothing from guardian 3 for 1" in said
    assert "guardian 2: share: it answers other messages than those received here" in said
    shutil.copy(g.folder(2) / "ceremony.ndjson", g.inbox(1))
    said, complaints = g.complains("receive", 1)
    assert f"Guardian 3 ({NAME}): two faces: two different messages" in said
    assert judged(g.workspace(1).case, complaints) == [("accused", 3)]
    assert "Guilty: the accused, guardian 3" in judged_by_command(g, complaints, tmp_path)
    goes_on_without(g, tmp_path)


def test_a_wrong_confirmation(until: Callable[..., Guardians], tmp_path: Path) -> None:
    g = until("confirm again", tmp_path)
    seen = g.workspace(1).public_keys.seen
    g.give(file_of("confirmation"), signed(g, CONFIRMATION, Confirmation(h_g=bytes(32)), seen=seen), to=(1, 2))
    said, complaints = g.complains("confirm", 1)
    assert f"Guardian 3 ({NAME}): wrong confirmation: eq. 27" in said
    assert judged(g.workspace(1).case, complaints) == [("accused", 3)]
    with g.vault(1)() as vault:
        assert vault.h_e is None
    assert "Guilty: the accused, guardian 3" in judged_by_command(g, complaints, tmp_path)


def test_a_confirmation_of_other_keys(until: Callable[..., Guardians], tmp_path: Path) -> None:
    g = until("confirm again", tmp_path)
    other = signed(g, CONFIRMATION, Confirmation(h_g=bytes(32)), seen=seen_hash(g.workspace(1).exchange, []))
    g.give(file_of("confirmation"), other, to=(1,))
    said = g.run("confirm", 1)
    assert said.exit_code == 2
    assert "guardian 3: confirmation: it answers other messages than those received here" in said.output
    with g.vault(1)() as vault:
        assert vault.h_e is None


def test_copies_in_another_order_change_nothing(until: Callable[..., Guardians], tmp_path: Path) -> None:
    g = until("receive", tmp_path)
    everything = [data for _, data in g.transcript]
    for i in g.everybody:
        shutil.rmtree(g.inbox(i))
        g.inbox(i).mkdir(mode=0o700)
    g.give("all.ndjson", *everything[::-1], *everything)
    g.each("receive")
    g.together("confirm")
    g.each("confirm")


def test_a_guardian_that_never_answers(until: Callable[..., Guardians], tmp_path: Path) -> None:
    """Its absence is written down, proves nothing, and ends nothing; a new invitation goes without it."""
    g = until("share", tmp_path)
    (g.inbox(1) / file_of("public key")).unlink()
    assert f"missing: public key of guardian 3 ({NAME})" in g.status(1)
    assert f"Guardian 3 ({NAME}): absence: nothing came" in g.done("complain", 1)
    complaints = lines_of(next(g.outbox(1).glob("*complaints*")))
    assert judged(g.workspace(1).case, complaints) == [("nobody", 0)]
    assert "Guilty: nobody" in judged_by_command(g, complaints, tmp_path)
    assert f"missing: public key of guardian 3 ({NAME})" in g.status(1)
    goes_on_without(g, tmp_path)
    g.carry((HOSTILE,))
    g.together("share")
    g.together("receive")
    assert "nobody" not in g.status(1)


def test_nobody_is_missing(administrator: Administrator) -> None:
    assert "no message of another guardian is missing now" in administrator.guardians.refused("complain", 1)


def test_complaints_that_are_none(until: Callable[..., Guardians], tmp_path: Path) -> None:
    """Neither nonsense nor a false accusation stops a program; the false one ends the attempt, and is found false."""
    g = until("share", tmp_path)
    exchange, own = g.workspace(HOSTILE).exchange, key(g)
    absent = Complaint(accused=9, equation="\x1b[2J", grounds=Absence(kind="absence", round="share", recipient=0))
    envelope = parse_envelope(write(exchange, COMPLAINT, own, HOSTILE, absent), "test")
    nonsense = envelope.model_copy(update={"payload": "{}"})
    nonsense = nonsense.model_copy(update={"signature": own.sign(nonsense.signed_bytes())})
    g.give("complaints.ndjson", dump(envelope), dump(nonsense), to=(1,))
    said = g.status(1)
    assert "Guardian 3 complains. Guardian 9 (nobody): absence" in said
    assert "\x1b" not in said
    assert "A complaint that is none" in said
    g.done("share", 1)
    assert "complains" in g.status(1)


# ---------------------------------------------------------------------------------------------- decryption


@pytest.fixture
def deciding(administrator: Administrator) -> Administrator:
    """Guardians 1 and 3 have sent their commitments for decryption 1, which have not been looked at."""
    administrator.decrypt(administrator.ask(administrator.plan((1, HOSTILE))), rounds=1)
    return administrator


def said_by(administrator: Administrator, round_: Round[RecordModel], number: int) -> tuple[RecordModel, bytes]:
    """Return what the hostile guardian honestly said in a round, and what it says to have seen."""
    name = f"guardian-{HOSTILE}-decryption-1-{number}-{round_.name}.ndjson"
    (data,) = lines_of(administrator.guardians.outbox(HOSTILE) / name)
    envelope = parse_envelope(data, name)
    return parse(round_.kind, envelope.payload.encode(), name, administrator.guardians.group), envelope.seen


def says(
    administrator: Administrator, round_: Round[RecordModel], number: int, payload: RecordModel, seen: bytes = NOTHING
) -> bytes:
    """Let it say something else to guardian 1."""
    plan = administrator.plan((1, HOSTILE))
    data = signed(administrator.guardians, round_, payload, seen=seen, exchange=administrator.case(plan).exchange)
    name = f"guardian-{HOSTILE}-decryption-1-{number}-{round_.name}.ndjson"
    administrator.guardians.give(name, data, to=(1,))
    return data


def found_out(administrator: Administrator, kind: str) -> None:
    """The command complains, and everybody finds guardian 3 guilty; others decrypt the same."""
    g = administrator.guardians
    said, complaints = g.complains("decrypt", 1)
    assert f"Guardian 3 ({NAME}): {kind}" in said
    assert judged(administrator.case(administrator.plan((1, HOSTILE))), complaints) == [("accused", 3)]
    assert "Guardian 1 complains. Guardian 3" in g.status(1)
    plan = administrator.ask(administrator.plan((1, 2), attempt=2))
    administrator.decrypt(plan)
    assert len(administrator.result(plan)) == 10


def test_too_few_commitments(deciding: Administrator) -> None:
    payload, _ = said_by(deciding, COMMITMENTS, 1)
    assert isinstance(payload, DecryptionCommitments)
    says(deciding, COMMITMENTS, 1, payload.model_copy(update={"hashes": payload.hashes[1:]}))
    found_out(deciding, "invalid message: guardian 3: 9 values for 10 statements")


@pytest.mark.parametrize("change", ["m", "a", "no member"])
def test_a_reveal_that_does_not_fit_its_commitment(deciding: Administrator, change: str) -> None:
    g = deciding.guardians
    g.together("decrypt", of=(1, HOSTILE))
    payload, seen = said_by(deciding, REVEALS, 2)
    assert isinstance(payload, DecryptionReveals)
    part = payload.partials[4]
    wrong = part.model_copy(
        update={"m": g.group.element(g.group.p - part.m.value)} if change == "no member"
        else {change: getattr(part, change) * g.group.g}
    )  # fmt: skip
    partials = (*payload.partials[:4], wrong, *payload.partials[5:])
    says(deciding, REVEALS, 2, DecryptionReveals(i=HOSTILE, partials=partials), seen)
    found_out(deciding, "invalid message" if change == "no member" else "wrong decryption: eqs. 88, 99")
    assert not list(g.outbox(1).glob("*decryption-1-3*")), "no nonce has answered"


def test_a_wrong_partial_decryption(deciding: Administrator) -> None:
    """It commits to another M_i, reveals that, and so fits its commitment; then its response cannot fit."""
    g = deciding.guardians
    case = deciding.case(deciding.plan((1, HOSTILE)))
    with g.vault(HOSTILE)() as vault:
        entry = Journal(vault)._find(case.exchange.context)
    assert entry is not None
    assert entry.nonces is not None
    part = entry.reveals.partials[0]
    wrong = part.model_copy(update={"m": part.m * g.group.g})
    hashes = (case.statements[0].commitment_hash(HOSTILE, (1, HOSTILE), wrong), *entry.commitments.hashes[1:])
    committed = says(deciding, COMMITMENTS, 1, DecryptionCommitments(i=HOSTILE, hashes=hashes))
    g.together("decrypt", of=(1,))
    (own,) = lines_of(g.outbox(1) / "guardian-1-decryption-1-1-commitments.ndjson")
    seen = seen_hash(case.exchange, [parse_envelope(data, "test") for data in (own, committed)])
    revealed = says(
        deciding, REVEALS, 2, DecryptionReveals(i=HOSTILE, partials=(wrong, *entry.reveals.partials[1:])), seen
    )
    g.together("decrypt", of=(1,))
    (own,) = lines_of(g.outbox(1) / "guardian-1-decryption-1-2-reveals.ndjson")
    seen = seen_hash(case.exchange, [parse_envelope(data, "test") for data in (own, revealed)])
    answers = tuple(nonce.reveal() for nonce in entry.nonces)
    says(deciding, RESPONSES, 3, DecryptionResponses(i=HOSTILE, responses=answers), seen)
    found_out(deciding, "wrong decryption: eqs. 94, 95")


def test_a_wrong_response(deciding: Administrator) -> None:
    g = deciding.guardians
    for _ in range(2):
        g.together("decrypt", of=(1, HOSTILE))
    payload, seen = said_by(deciding, RESPONSES, 3)
    assert isinstance(payload, DecryptionResponses)
    responses = (*payload.responses[:9], payload.responses[9] + g.group.scalar(1))
    says(deciding, RESPONSES, 3, DecryptionResponses(i=HOSTILE, responses=responses), seen)
    found_out(deciding, "wrong decryption: eqs. 94, 95")


def test_commitments_changed_after_the_fact(deciding: Administrator) -> None:
    """Whoever has seen others' values and then sends other commitments has two faces, and gets no response."""
    g = deciding.guardians
    payload, _ = said_by(deciding, COMMITMENTS, 1)
    assert isinstance(payload, DecryptionCommitments)
    g.together("decrypt", of=(1, HOSTILE))
    says(deciding, COMMITMENTS, 1, payload.model_copy(update={"hashes": payload.hashes[::-1]}))
    found_out(deciding, "two faces: two different messages")
    assert not list(g.outbox(1).glob("*decryption-1-3*"))


def test_a_guardian_that_stops(deciding: Administrator) -> None:
    """Others take its place, with fresh nonces; those of before answer nothing any more."""
    g = deciding.guardians
    (g.inbox(1) / f"guardian-{HOSTILE}-decryption-1-1-commitments.ndjson").unlink()
    assert f"missing: commitments of guardian 3 ({NAME})" in g.status(1)
    g.done("complain", 1)
    (path,) = g.outbox(1).glob("*complaints*")
    assert judged(deciding.case(deciding.plan((1, HOSTILE))), lines_of(path)) == [("nobody", 0)]
    plan = deciding.ask(deciding.plan((1, 2), attempt=2))
    deciding.decrypt(plan)
    assert len(deciding.result(plan)) == 10
    with g.vault(1)() as vault:
        assert sorted(view.state for view in Journal(vault).sessions()) == ["abandoned", "answered"]
        entries = [Journal(vault)._find(view.session) for view in Journal(vault).sessions()]
    parts = [part.a for entry in entries if entry is not None for part in entry.reveals.partials]
    assert len(set(parts)) == len(parts) == 20
    g.carry((HOSTILE,))
    g.done("decrypt", 1)
    assert not list(g.outbox(1).glob("*decryption-1-2*"))
