"""Mistakes in hashes and encodings."""

import dataclasses

import pytest

from e2evote import hashing
from e2evote.errors import ParseError, VerificationError
from e2evote.group.elements import Scalar
from e2evote.group.parameters import STANDARD
from e2evote.hashed_elgamal import ShareSeal
from e2evote.hashing import H, Tag
from e2evote.key_ceremony import GuardianRecord, confirm, publish, receive_shares
from e2evote.record import codes
from e2evote.record.ballot import EncryptedBallot
from e2evote.record.codec import dump, parse
from e2evote.record.manifest import parse_manifest
from e2evote.record.setup import Election, GuardianPublicKey, guardian_record_hash
from tests.builders import BuiltRecord, manifest_bytes
from tests.mistakes.helpers import H32, Guardians, encrypted, plain
from tests.strategies import TOY_GROUP
from tests.vectors.recorder import recorded


def test_version_key_padded_on_the_wrong_side() -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4"""
    with recorded() as calls:
        hashing.parameter_base_hash(STANDARD, 3, 2)
    assert calls[0].key == b"v2.1.0" + bytes(26)


def test_parameters_written_little_endian_or_with_a_sign_byte() -> None:
    """Spec: EG-2.1 §3.1.2, eq. 4; §5.1.1, eq. 124"""
    with recorded() as calls:
        hashing.parameter_base_hash(STANDARD, 3, 2)
    p, q, g = (int(x) for x in (STANDARD.p, STANDARD.q, STANDARD.generator))
    numbers = p.to_bytes(512, "big") + q.to_bytes(32, "big") + g.to_bytes(512, "big")
    assert calls[0].message == b"\x00" + numbers + bytes((0, 0, 0, 3, 0, 0, 0, 2))


def test_manifest_hashed_without_its_length() -> None:
    """Spec: EG-2.1 §3.1.4, eq. 5"""
    with recorded() as calls:
        hashing.base_hash(H32, b'{"a":1}')
    assert calls[0].message == b"\x01" + bytes((0, 0, 0, 7)) + b'{"a":1}'


def test_device_hash_without_its_domain_byte() -> None:
    """The length is that of the UTF-8 bytes, not of the characters.

    Spec: EG-2.1 §3.4.3, eq. 72
    """
    with recorded() as calls:
        hashing.device_hash(H32, "صندوق")
    assert calls[0].message == b"\x2a" + bytes((0, 0, 0, 10)) + "صندوق".encode()


def test_contests_hashed_in_the_order_of_the_caller(election: Election) -> None:
    """Spec: EG-2.1 §3.4.2, eq. 71"""
    ballots = [encrypted(election, plain(1, **marks)) for marks in (
        {"c1": (1, 0, 0, 0), "c3": (0, 1)},
        {"c3": (0, 1), "c1": (1, 0, 0, 0)},
    )]  # fmt: skip
    for ballot in ballots:
        assert [contest.index for contest in ballot.contests] == [1, 3]
    assert ballots[0].confirmation_code == ballots[1].confirmation_code


def test_index_of_a_contest_hash_counted_on_the_ballot(election: Election) -> None:
    """Style 1 has contests 1 and 3: the second on the ballot is hashed under 3, options from 1.

    Spec: EG-2.1 §3.4.1, eq. 70; §3.3.3, eq. 33
    """
    with recorded() as calls:
        ballot = encrypted(election, plain(1))
    chis = [call for call in calls if call.message[0] == Tag.CONTEST and call.key == ballot.h_i]
    assert {call.message[1:5] for call in chis} == {bytes((0, 0, 0, 1)), bytes((0, 0, 0, 3))}
    nonces = [call.message[1:9] for call in calls if call.message[0] == Tag.SELECTION_NONCE and call.key == ballot.h_i]
    expected = [(1, 1), (1, 2), (1, 3), (1, 4), (3, 1), (3, 2)]
    assert nonces == [bytes((0, 0, 0, ind_c, 0, 0, 0, ind_o)) for ind_c, ind_o in expected]


def test_length_of_contest_data_shows_the_text(election: Election) -> None:
    """C_1 has 32·b bytes whatever was written, and the key derivation hashes 256·b, not the length of the text.

    Spec: EG-2.1 §3.3.10, eqs. 63, 66
    """
    for text in (None, {4: "A"}, {4: "A name that is much too long for two blocks of thirty-two bytes each, and more"}):
        with recorded() as calls:
            ballot = encrypted(election, plain(1, write_ins=text, c1=(0, 0, 0, 1)))
        assert len(ballot.contests[0].contest_data.c_1) == 64
        derived = [call.message for call in calls if call.message[4:17] == b"data_enc_keys"]
        assert [message[:4] for message in derived] == [bytes((0, 0, 0, 1)), bytes((0, 0, 0, 2))]
        assert {message[-8:] for message in derived} == {bytes((0, 0, 0, 1, 0, 0, 2, 0))}


def test_guardian_record_hash_under_the_wrong_key(built: BuiltRecord) -> None:
    """Spec: EG-2.1 §3.2.2, eq. 27"""
    record, h_b = built.guardian_record, built.election.hashes.h_b
    with recorded() as calls:
        h_g = guardian_record_hash(h_b, record.keys, record.guardians)
    assert calls[0].key == h_b
    assert h_g == record.h_g


def test_share_key_reduced_mod_q() -> None:
    """The toy q has 8 bytes, so a reduced key would show.

    Spec: EG-2.1 §3.2.2, eqs. 16–18
    """
    with recorded() as calls:
        ShareSeal(H32, 1, 2, TOY_GROUP.g).mask(TOY_GROUP.g, TOY_GROUP.g, 64)
    assert {call.key for call in calls[1:]} == {calls[0].result}
    assert calls[0].result[:24] != bytes(24)


def test_domain_tag_truncated_to_one_byte() -> None:
    """Spec: EG-2.1 §5.4"""
    assert len({int(tag) for tag in Tag}) == len(Tag)
    assert all(0 <= tag <= 0xFF for tag in Tag)
    with pytest.raises(ValueError, match=r"range\(0, 256\)"):
        H(H32, 0x110, length=1)  # type: ignore[arg-type]


def test_two_lists_with_one_hash() -> None:
    """Parts have fixed widths or their length before them, so no boundary can be moved."""
    assert hashing.device_hash(H32, "ab|c") != hashing.device_hash(H32, "ab") != hashing.device_hash(H32, "a|b")
    with pytest.raises(AssertionError):
        codes.confirmation_code(H32, [H32 + H32], bytes(36))
    with pytest.raises(AssertionError):
        codes.confirmation_code(H32, [H32[:31], H32 + b"\0"], bytes(37))


@pytest.mark.parametrize("excess", [0, 1, 12345])
def test_parser_reduces_mod_p_or_q(built: BuiltRecord, excess: int) -> None:
    """p + x and q + x stay what they are, through dump and parse, and are refused when they are tested."""
    group, public = built.election.group, built.guardian_record.guardians[0]
    large = group.element(int(group.p) + excess)
    over = Scalar(group.q + excess, group)
    proof = dataclasses.replace(public.vote_proof, responses=(over, *public.vote_proof.responses[1:]))
    changed = public.model_copy(update={"communication_key": large, "vote_proof": proof})
    parsed = parse(GuardianPublicKey, dump(changed), "x", group)
    assert parsed == changed
    assert parsed.communication_key.value == group.p + excess
    assert parsed.vote_proof.responses[0].value == group.q + excess
    assert not parsed.communication_key.is_member()
    assert not parsed.vote_proof.responses[0].in_range()


def test_last_of_duplicate_keys_wins(built: BuiltRecord) -> None:
    ballot = next(iter(built.ballots.values()))
    line = dump(ballot)
    doubled = line.replace(b'"weight":', b'"weight":9,"weight":', 1)
    with pytest.raises(ParseError, match="x:1: weight: the key appears twice"):
        parse(EncryptedBallot, doubled, "x:1", built.election.group)
    with pytest.raises(ParseError, match="label: the key appears twice"):
        parse_manifest(manifest_bytes().replace(b'"label":', b'"label":"x","label":', 1))


def test_byte_strings_compared_by_reference(guardians: Guardians) -> None:
    """Equal hashes in other objects are equal, another hash is not."""
    ceremony, secret, publics = guardians.ceremony, guardians.secrets[0], guardians.publics
    shares = receive_shares(ceremony, secret, publics, guardians.received(1))
    keys = publish(ceremony, publics)
    copy = parse(GuardianRecord, dump(keys), "x", ceremony.group)
    assert copy.h_g is not keys.h_g
    confirm(ceremony, secret, shares, publics, copy)
    wrong = copy.model_copy(update={"h_g": bytes((copy.h_g[0] ^ 1,)) + copy.h_g[1:]})
    with pytest.raises(VerificationError, match="H_G"):
        confirm(ceremony, secret, shares, publics, wrong)
