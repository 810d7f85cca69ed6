"""For every check of 2.0.0 records, what fails it: changes of the files of an election in egk-ec's spelling."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from e2evote.group.parameters import group_named
from tests.builders import TOY

Files = dict[str, Any]
CONFIG, KEYS, TALLY, RESULT = "election_config.json", "election_initialized.json", "encrypted_tally.json", "tally.json"
FIRST = "encrypted_ballots/left_hall/eballot-ballot-0-0.json"
OTHER = "encrypted_ballots/left_hall/eballot-ballot-0-1.json"
PRE = "encrypted_ballots/right/eballot-ballot-1-1.json"
CHAIN = "encrypted_ballots/left_hall/ballot_chain.json"
OPENED = "challenged_ballots/dballot-ballot-0-1.json"


def spoil(*path: Any) -> Callable[[Files], None]:
    """Change the last bit of base64 at a place."""

    def change(files: Files) -> None:
        value: Any = files
        for key in path[:-1]:
            value = value[key]
        data = bytearray(b64decode(value[path[-1]]))
        data[-1] ^= 1
        value[path[-1]] = b64encode(data).decode()

    return change


def negate(*path: Any) -> Callable[[Files], None]:
    """Replace an element x by p − x, which is in no subgroup of odd order."""

    def change(files: Files) -> None:
        value: Any = files
        for key in path[:-1]:
            value = value[key]
        p = int(group_named(TOY).p)
        data = b64decode(value[path[-1]])
        value[path[-1]] = b64encode((p - int.from_bytes(data, "big")).to_bytes(len(data), "big")).decode()

    return change


def put(new: Any, *path: Any) -> Callable[[Files], None]:
    """Put something else at a place."""

    def change(files: Files) -> None:
        value: Any = files
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = new

    return change


def drop(name: str) -> Callable[[Files], None]:
    """Take a file out."""

    def change(files: Files) -> None:
        del files[name]

    return change


def _swap_key(files: Files) -> None:
    files[KEYS]["joint_public_key"] = files[KEYS]["guardians"][0]["coefficient_proofs"][0]["public_key"]


def _copy_ballot(files: Files) -> None:
    files[FIRST.replace("0-0", "0-9")] = files[FIRST]


def _one_more(files: Files) -> None:
    files[OPENED]["contests"][1]["selections"][0]["tally"] = 3


def _swap_chain(files: Files) -> None:
    files[CHAIN]["ballot_ids"].reverse()


def _forget_cast(files: Files) -> None:
    files[TALLY]["cast_ballot_ids"].pop()


def _uncast(files: Files) -> None:
    files[FIRST]["state"] = "UNKNOWN"


def _reverse(files: Files) -> None:
    files[PRE]["contests"][0]["pre_encryption"]["all_selection_hashes"].reverse()


VECTOR = (PRE, "contests", 0, "pre_encryption", "selected_vectors", 0)
VOTE = ("contests", 0, "selections", 0)
FLAWS: list[tuple[str, str, Callable[[Files], None]]] = [
    ("EG20.group", "q is no prime", put("8", "constants.json", "constants", "smallPrime")),
    ("EG20.group", "another cofactor", put("8", "constants.json", "constants", "cofactor")),
    ("EG20.parameter-base-hash", "another H_P", spoil(CONFIG, "parameter_base_hash")),
    ("EG20.manifest-hash", "another H_M", spoil(CONFIG, "manifest_hash")),
    ("EG20.manifest-hash", "a manifest that says more", put(1, "manifest.json", "more")),
    ("EG20.election-base-hash", "another H_B", spoil(CONFIG, "election_base_hash")),
    ("EG20.commitment", "−K_11", negate(KEYS, "guardians", 0, "coefficient_proofs", 1, "public_key")),
    ("EG20.guardian-proof", "a response", spoil(KEYS, "guardians", 1, "coefficient_proofs", 1, "response")),
    ("EG20.guardian-proof", "a challenge", spoil(KEYS, "guardians", 1, "coefficient_proofs", 0, "challenge")),
    ("EG20.joint-key", "the key of one guardian", _swap_key),
    ("EG20.extended-base-hash", "another H_E", spoil(KEYS, "extended_base_hash")),
    ("EG20.ballot-format", "an option missing", lambda files: files[FIRST]["contests"][0]["selections"].pop()),
    ("EG20.ballot-format", "a contest twice", lambda f: f[FIRST]["contests"].append(f[FIRST]["contests"][0])),
    ("EG20.ballot-format", "a proof with a part more", lambda f: f[FIRST]["contests"][0]["proof"]["proofs"].append(1)),
    ("EG20.ballot-format", "an unknown field", put(1, FIRST, "more")),
    ("EG20.ballot-format", "an unknown style", put("none", FIRST, "ballot_style_id")),
    ("EG20.ballot-format", "no JSON", put(b"{", FIRST)),
    ("EG20.ballot-format", "its nonce", put("AAAA", FIRST, "primary_nonce")),
    ("EG20.ballot-id", "a ballot twice", _copy_ballot),
    ("EG20.ballot-election", "another election", spoil(FIRST, "election_id")),
    ("EG20.membership", "−α", negate(FIRST, *VOTE, "encrypted_vote", "pad")),
    ("EG20.membership", "−β", negate(FIRST, *VOTE, "encrypted_vote", "data")),
    ("EG20.membership", "−C0", negate(FIRST, "contests", 0, "encrypted_contest_data", "c0")),
    ("EG20.membership", "−α of the serial number", negate(FIRST, "encrypted_sn", "pad")),
    ("EG20.option-proof", "a response", spoil(FIRST, *VOTE, "proof", "proofs", 1, "response")),
    ("EG20.option-proof", "a challenge", spoil(OTHER, *VOTE, "proof", "proofs", 0, "challenge")),
    ("EG20.limit-proof", "a response", spoil(FIRST, "contests", 1, "proof", "proofs", 2, "response")),
    ("EG20.contest-hash", "a contest hash", spoil(FIRST, "contests", 1, "contest_hash")),
    ("EG20.contest-hash", "χ of a pre-encryption", spoil(PRE, "contests", 1, "pre_encryption", "preencryption_hash")),
    ("EG20.code", "a code", spoil(FIRST, "confirmation_code")),
    ("EG20.code", "a pre-encrypted ballot's code", spoil(PRE, "confirmation_code")),
    ("EG20.chain", "B_aux of no ballot", put("AB", OTHER, "code_baux")),
    ("EG20.chain", "two ballots in another order", _swap_chain),
    ("EG20.chain", "another device", put("right", FIRST, "encrypting_device")),
    ("EG20.chain-close", "another closing hash", spoil(CHAIN, "closing_hash")),
    ("EG20.chain-close", "not closed", put(None, CHAIN, "closing_hash")),
    ("EG20.chain-close", "another last code", spoil(CHAIN, "last_confirmation_code")),
    ("EG20.chain-close", "no chain", drop(CHAIN)),
    ("EG20.chain-close", "a ballot left out", drop(OTHER)),
    ("EG20.chain-close", "of another device", put([1], CHAIN, "baux0")),
    ("EG20.chain-close", "of another election", spoil(CHAIN, "election_base_hash")),
    (
        "EG20.pre-encrypted",
        "a short code",
        put("00", *VECTOR, "short_code"),
    ),
    ("EG20.pre-encrypted", "ψ", spoil(*VECTOR, "selection_hash")),
    (
        "EG20.pre-encrypted",
        "order",
        _reverse,
    ),
    ("EG20.tally-format", "a contest missing", lambda files: files[TALLY]["contests"].pop()),
    ("EG20.tally-format", "another election", spoil(TALLY, "election_id")),
    ("EG20.tally-ballots", "a ballot not named", _forget_cast),
    ("EG20.tally-ballots", "a ballot not cast", _uncast),
    ("EG20.tally-ballots", "another count", put(7, TALLY, "contests", 0, "ballot_count")),
    ("EG20.aggregation", "a total", negate(TALLY, *VOTE, "encrypted_vote", "pad")),
    ("EG20.decryption-format", "an option missing", lambda files: files[RESULT]["contests"][1]["selections"].pop()),
    ("EG20.decryption-format", "another total", negate(RESULT, *VOTE, "encrypted_vote", "pad")),
    ("EG20.decryption-proof", "a response", spoil(RESULT, *VOTE, "proof", "response")),
    ("EG20.decryption-proof", "−T", negate(RESULT, *VOTE, "b_over_m")),
    ("EG20.decryption-proof", "T = 0", put(b64encode(bytes(32)).decode(), RESULT, *VOTE, "b_over_m")),
    ("EG20.result", "a vote more", put(4, RESULT, *VOTE, "tally")),
    ("EG20.opened-format", "a ballot that was cast", put("ballot-0-0", OPENED, "id")),
    ("EG20.opened-format", "an option missing", lambda files: files[OPENED]["contests"][1]["selections"].pop()),
    ("EG20.opened-format", "another ciphertext", negate(OPENED, *VOTE, "encrypted_vote", "data")),
    ("EG20.opened-proof", "a response", spoil(OPENED, *VOTE, "proof", "response")),
    ("EG20.opened-vote", "another vote", put(0, OPENED, *VOTE, "tally")),
    ("EG20.opened-vote", "a vote above the limit", _one_more),
    ("EG20.opened-data", "a response", spoil(OPENED, "contests", 0, "decrypted_contest_data", "proof", "response")),
    ("EG20.opened-data", "−β", negate(OPENED, "contests", 0, "decrypted_contest_data", "beta")),
]
"""The check that fails, what is wrong, and the change."""

UNREADABLE: list[tuple[str, Callable[[Files], None]]] = [
    ("constants.json", put(b"[]", "constants.json")),
    ("constants.json", put("v1.0", "constants.json", "protocolVersion")),
    ("constants.json", put("Ring", "constants.json", "type")),
    ("constants.json", put("xyz", "constants.json", "constants", "generator")),
    (CONFIG, put(4, CONFIG, "quorum")),
    (CONFIG, put(0, CONFIG, "quorum")),
    (CONFIG, put(1, CONFIG, "more")),
    (CONFIG, put("=", CONFIG, "baux0")),
    ("manifest.json", put([], "manifest.json")),
    ("manifest.json", put("mayor", "manifest.json", "contests", 1, "object_id")),
    ("manifest.json", put(1 << 20, "manifest.json", "contests", 1, "votes_allowed")),
    (KEYS, drop(KEYS)),
    (KEYS, put(9, KEYS, "guardians", 0, "x_coordinate")),
    (KEYS, lambda files: files[KEYS]["guardians"].pop()),
    (KEYS, lambda files: files[KEYS]["guardians"][0]["coefficient_proofs"].pop()),
    (KEYS, put("AAAA", KEYS, "joint_public_key")),
]
"""What everything depends on: the file that an error names, and the change."""
