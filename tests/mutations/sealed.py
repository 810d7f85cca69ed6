"""Broken records: hashed ciphertexts, those of ballot nonces and of contest data."""

from e2evote.hashed_elgamal import ContestDataSeal, HashedCiphertext
from e2evote.hashing import contest_data_nonce
from e2evote.record import layout
from e2evote.zkp import schnorr
from tests.ballot_forger import Vote
from tests.forger import Forger
from tests.mutations.registry import DATA_LEFT_OUT, PLUS_ONE, WRONG_HASH, board, defect, edits, plus_q, put

edits(
    "nonce-proof-wrong",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_2", "response", value=PLUS_ONE),
)
edits(
    "nonce-ciphertext-changed",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_1", value=WRONG_HASH),
)
edits(
    "nonce-proof-challenge-plus-q",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    plus_q(0, "ballot_nonce", "c_2", "challenge"),
)
edits(
    "nonce-ciphertext-too-long",
    "X.nonce-proof",
    layout.ballots_path(1, 1),
    put(0, "ballot_nonce", "c_1", value=WRONG_HASH + "00"),
)


@defect("X.nonce-proof")
def _nonce_c_0_minus(f: Forger) -> None:
    """C_0 = −g^ξ of a ballot nonce, with an even challenge: who decrypts it would leak."""
    _sign_nonce(f, even=True)


@defect("X.nonce-proof")
def _nonce_c_0_zero(f: Forger) -> None:
    """C_0 = 0 of a ballot nonce, with the Schnorr proof that anybody can make for it."""
    vote = f.pick("cast")
    vote.change(ballot_nonce=f.sign_zero(f.nonce_seal(vote), bytes(32)))
    f.write()


@defect("X.nonce-proof")
def _nonce_of_31_bytes(f: Forger) -> None:
    """A ballot nonce of 31 bytes with a proof that holds for them would change the hash's length."""
    vote = f.pick("cast")
    vote.change(ballot_nonce=HashedCiphertext(vote.ballot.ballot_nonce.c_0, bytes(31), vote.ballot.ballot_nonce.c_2))
    f.write()


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_proof_wrong(f: Forger) -> None:
    """The Schnorr proof of contest data is wrong; the hash covers it as it stands."""
    vote = board(f)
    old = vote.contest(1).contest_data
    wrong = schnorr.SchnorrProof(old.c_2.challenge, f.plus_one(old.c_2.response))
    _replace_data(f, vote, HashedCiphertext(old.c_0, old.c_1, wrong))


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_c_0_minus(f: Forger) -> None:
    """C_0 = −g^ξ of contest data, with an even challenge."""
    vote, xi = board(f), f.rng.scalar(f.group)
    seal = ContestDataSeal(vote.ballot.h_i, 1)
    _replace_data(f, vote, f.sign(seal, f.minus(f.g**xi), bytes(64), xi, even=True))


@defect("X.contest-data-proof", may=DATA_LEFT_OUT)
def _data_c_0_zero(f: Forger) -> None:
    """C_0 = 0 of contest data, with the Schnorr proof that anybody can make for it."""
    vote = board(f)
    _replace_data(f, vote, f.sign_zero(ContestDataSeal(vote.ballot.h_i, 1), bytes(64)))


@defect("X.contest-data-presence")
def _data_missing(f: Forger) -> None:
    """A contest without the data that the manifest gives it."""
    _replace_data(f, board(f), None)


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_too_short(f: Forger) -> None:
    """One block of contest data instead of two: the length would tell something."""
    vote = board(f)
    f.encrypt_data(vote, 1, bytes(32))
    _replace_data(f, vote, vote.contest(1).contest_data)


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_of_half_a_block(f: Forger) -> None:
    """48 bytes of contest data, honestly proved."""
    vote, xi = board(f), f.rng.scalar(f.group)
    _replace_data(f, vote, f.sign(ContestDataSeal(vote.ballot.h_i, 1), f.g**xi, bytes(48), xi))


@defect("X.contest-data-presence 12.C")
def _data_of_half_a_block_decrypted(f: Forger) -> None:
    """48 bytes of contest data, honestly proved, and "decrypted"."""
    _half_a_block(f, board(f))


@defect("X.contest-data-presence 13.A")
def _data_of_half_a_block_opened(f: Forger) -> None:
    """48 bytes of contest data on a challenged ballot, honestly proved, and "opened"."""
    _half_a_block(f, board(f, status="challenged"))


@defect("X.contest-data-presence", may=DATA_LEFT_OUT)
def _data_where_there_should_be_none(f: Forger) -> None:
    """Contest data in a contest that has none in the manifest: a place to leak through."""
    vote = board(f)
    f.encrypt_data(vote, 3, bytes(64))
    _replace_data(f, vote, vote.contest(1).contest_data)


def _sign_nonce(f: Forger, even: bool) -> None:
    vote, xi = f.pick("cast"), f.rng.scalar(f.group)
    vote.change(ballot_nonce=f.sign(f.nonce_seal(vote), f.minus(f.g**xi), bytes(32), xi, even))
    f.write()


def _half_a_block(f: Forger, vote: Vote) -> None:
    seal, xi = ContestDataSeal(vote.ballot.h_i, 1), contest_data_nonce(f.group, vote.ballot.h_i, 1, vote.nonce.value)
    vote.change_contest(1, contest_data=f.sign(seal, f.g**xi, bytes(48), xi))
    f.reseal(vote)
    f.write()


def _replace_data(f: Forger, vote: Vote, data: HashedCiphertext | None) -> None:
    vote.change_contest(1, contest_data=data)
    f.reseal(vote)
    f.keep_sealed.append(vote)
    f.write()
