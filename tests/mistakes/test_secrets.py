"""Mistakes with secrets and with failure."""

import pytest

from e2evote import hashed_elgamal, key_ceremony
from e2evote.errors import CheckError, E2EVoteError, ParseError, VerificationError
from e2evote.record.opened import OpenedOption
from e2evote.zkp import equality, schnorr
from e2evote.zkp import range as range_proof
from tests.builders import BuiltRecord
from tests.mistakes.helpers import Guardians, session, tally_of
from tests.strategies import TOY_GROUP


def test_secrets_printed(built: BuiltRecord, guardians: Guardians) -> None:
    running = session(built, tally_of(built))
    secrets = [guardians.secrets[0], built.shares[0], *built.nonces.values(), running.states[1]]
    shown = " ".join(f"{secret!r}" for secret in secrets)
    numbers = [*guardians.secrets[0].vote.coefficients, guardians.secrets[0].zeta, built.shares[0].z]
    assert not any(str(int(number.value)) in shown for number in numbers)
    assert not any(repr(nonce.value) in shown or nonce.value.hex() in shown for nonce in built.nonces.values())


def test_secret_exponent_slips_into_a_record() -> None:
    """A record type takes public scalars only; a secret must be revealed on purpose first."""
    OpenedOption(index=1, label="x", selection=0, nonce=TOY_GROUP.scalar(5))
    with pytest.raises(ValueError, match="nonce"):
        OpenedOption(index=1, label="x", selection=0, nonce=TOY_GROUP.secret(5))


def test_failure_as_none_or_a_log_line() -> None:
    """Verifying functions return nothing and raise; what they raise has one root."""
    assert issubclass(VerificationError, E2EVoteError)
    assert {E2EVoteError} == {base for error in (CheckError, ParseError, VerificationError) for base in error.__bases__}
    for function in (hashed_elgamal.verify, range_proof.verify, schnorr.verify, equality.verify):
        assert function.__annotations__["return"] is None
    assert key_ceremony.verify_public_key.__annotations__["return"] is None
