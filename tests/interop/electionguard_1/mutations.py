"""For each check of the family a change to a record after which that check fails."""

from collections.abc import Callable
from typing import Any

from e2evote.group.parameters import STANDARD
from e2evote.interop.electionguard_1.values import hexed

Files = dict[str, Any]
Change = Callable[[Files], None]

BALLOT, SPOILED = "submitted_ballots/submitted_ballot_ballot-0.json", "spoiled_ballots/spoiled_ballot_ballot-1.json"
CONTEST = ("contests", 0)
SELECTION = (*CONTEST, "ballot_selections", 0)
DECRYPTED = ("contests", "contest", "selections", "option-a")
OTHER_DECRYPTED = ("contests", "contest", "selections", "option-b")
FOREIGN = hexed(STANDARD.p - 1)
"""−1, which is not in the group."""


def at(content: Any, path: tuple[Any, ...]) -> Any:
    """Follow a path into JSON."""
    for key in path:
        content = content[key]
    return content


def put(name: str, *path: Any, value: Any) -> Change:
    """Put a value at a path."""
    return lambda files: at(files[name], path[:-1]).__setitem__(path[-1], value)


def other(name: str, *path: Any) -> Change:
    """Put another valid number of Z_q at a path."""
    return put(name, *path, value="1234")


def times_g(name: str, *path: Any) -> Change:
    """Multiply an element by g: another element of the group."""

    def change(files: Files) -> None:
        where = at(files[name], path[:-1])
        where[path[-1]] = hexed(int(where[path[-1]], 16) * STANDARD.g.value % STANDARD.p)

    return change


def drop(name: str, *path: Any) -> Change:
    """Take something out."""
    return lambda files: at(files[name], path[:-1]).__delitem__(path[-1])


def twice(files: Files) -> None:
    """Submit a ballot again under another file name."""
    files["submitted_ballots/again.json"] = files[BALLOT]


def without(name: str) -> Change:
    """Take a file out."""
    return lambda files: files.__delitem__(name)


def decryption(name: str) -> dict[str, Change]:
    """Return the changes to a decryption, by the end of the check's id."""
    part = (*DECRYPTED, "shares", 2, "recovered_parts", "1")
    return {
        "format": put(name, *DECRYPTED, "value", value="0x1"),
        "message": times_g(name, *DECRYPTED, "message", "data"),
        "guardians": drop(name, *DECRYPTED, "shares", 2),
        "members": put(name, *DECRYPTED, "shares", 0, "share", value=FOREIGN),
        "share-proof": other(name, *DECRYPTED, "shares", 0, "proof", "response"),
        "recovery-key": times_g(name, *part, "recovery_key"),
        "recovery-proof": other(name, *part, "proof", "challenge"),
        "reconstruction": times_g(name, *DECRYPTED, "shares", 2, "share"),
        "value": times_g(name, *DECRYPTED, "value"),
        "count": put(name, *DECRYPTED, "tally", value=2),
    }


def negative(files: Files) -> None:
    """Replace α by −α, whose q-th power is −1."""
    pair = at(files[BALLOT], (*SELECTION, "ciphertext"))
    pair["pad"] = hexed(STANDARD.p - int(pair["pad"], 16))


MUTATIONS: dict[str, Change] = {
    "EG1.parameters": put("constants.json", "cofactor", value="10"),
    "EG1.manifest": lambda files: files["manifest.json"]["ballot_styles"].append(
        files["manifest.json"]["ballot_styles"][0]
    ),
    "EG1.manifest-hash": put("manifest.json", "contests", 0, "ballot_title", "text", 0, "value", value="Whom?"),
    "EG1.base-hash": other("context.json", "crypto_base_hash"),
    "EG1.extended-base-hash": other("context.json", "crypto_extended_base_hash"),
    "EG1.guardian-format": drop("guardians/guardian_1.json", "election_proofs"),
    "EG1.guardians": without("guardians/guardian_3.json"),
    "EG1.guardian-members": put("guardians/guardian_1.json", "election_commitments", 1, value=FOREIGN),
    "EG1.guardian-proof": other("guardians/guardian_2.json", "election_proofs", 1, "response"),
    "EG1.commitment-hash": other("context.json", "commitment_hash"),
    "EG1.joint-key": times_g("context.json", "elgamal_public_key"),
    "EG1.ballot-format": put(BALLOT, *SELECTION, "nonce", value="01"),
    "EG1.ballot-manifest": put(BALLOT, *SELECTION, "is_placeholder_selection", value=True),
    "EG1.ballot-members": negative,
    "EG1.selection-proof": other(BALLOT, *SELECTION, "proof", "proof_one_response"),
    "EG1.ballot-hash": other(BALLOT, *CONTEST, "crypto_hash"),
    "EG1.code": put(BALLOT, "timestamp", value=1001),
    "EG1.unique": twice,
    "EG1.device-format": put("encryption_devices/device_1.json", "device_id", value="1"),
    "EG1.chain": put("encryption_devices/device_1.json", "location", value="elsewhere"),
    "EG1.contest-sum": times_g(BALLOT, *CONTEST, "ciphertext_accumulation", "pad"),
    "EG1.contest-proof": put(BALLOT, *CONTEST, "proof", "constant", value=2),
    "EG1.encrypted-format": put("encrypted_tally.json", "contests", value=[]),
    "EG1.tally-manifest": drop("encrypted_tally.json", *OTHER_DECRYPTED),
    "EG1.aggregation": times_g("encrypted_tally.json", *DECRYPTED, "ciphertext", "data"),
    "EG1.lagrange": other("coefficients.json", "coefficients", "1"),
    "EG1.spoiled-complete": without(SPOILED),
    **{f"EG1.tally-{end}": change for end, change in decryption("tally.json").items()},
    **{f"EG1.spoiled-{end}": change for end, change in decryption(SPOILED).items()},
}
