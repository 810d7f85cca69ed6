"""For every check of the family one change of a published record that it must find."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from tests.interop.egrf_family.records import Golden, flip


class Mutation(NamedTuple):
    """A check, the record that is changed, and the change."""

    check: str
    record: str
    change: Callable[[Golden], None]


def at(start: str, path: str, change: Callable[[Any], Any] = flip) -> Callable[[Golden], None]:
    """Return the change of one value; ``path`` begins with the number of a line, 0 being the header."""

    def apply(golden: Golden) -> None:
        value: Any = golden.file(start)
        *middle, last = (int(step) if step.lstrip("-").isdigit() else step for step in path.split())
        for step in middle:
            value = value[step]
        value[last] = change(value.get(last) if isinstance(value, dict) else value[last])

    return apply


def without(start: str) -> Callable[[Golden], None]:
    """Return the removal of a file's last item."""

    def apply(golden: Golden) -> None:
        del golden.file(start)[-1]

    return apply


def swapped(golden: Golden) -> None:
    keys = golden.file("setup/election_keys")[1]["electionKeys"]
    keys["k"], keys["kHat"] = keys["kHat"], keys["k"]


def doubled(golden: Golden) -> None:
    device = golden.file("devices/regular-4b41")
    device[3]["encryptedBallot"]["idB"] = device[2]["encryptedBallot"]["idB"]


def ones(text: str) -> str:
    return base64.b64encode(b"\xff" * 32 + base64.b64decode(text)[32:]).decode()


def other(_: object) -> str:
    return "another"


def more(number: str | int | None) -> str:
    return str(int(number or 0) + 1)


REGULAR, PRINTED = "regular-chained", "pre-encrypted"
DEVICE, BALLOT, CONTEST = "devices/", "2 encryptedBallot", "2 encryptedBallot contests 0"
CAST, RECORDED = "2 preEncryptedCastBallot", "2 preEncryptedCastBallot contests 1"
UNCAST = "{} preEncryptedUncastBallot"
TALLY, OPENED = "1 decryptedTallyContest", "1 challengedBallotDecryption contests 0"
RELEASES, DATA = "final/uncast_nonce_releases", "final/contest_data_decryptions"


def device(check: str, path: str, change: Callable[[Any], Any] = flip) -> Mutation:
    return Mutation(check, REGULAR, at(DEVICE, path, change))


def printed(check: str, path: str, change: Callable[[Any], Any] = flip) -> Mutation:
    return Mutation(check, PRINTED, at(DEVICE, path, change))


def of(record: str, check: str, start: str, path: str, change: Callable[[Any], Any] = flip) -> Mutation:
    return Mutation(check, record, at(start, path, change))


def released(check: str, field: str, change: Callable[[Any], Any]) -> Mutation:
    """Return the change of the first release that has the field."""

    def apply(golden: Golden) -> None:
        for line in golden.file(RELEASES)[1:]:
            release = line["uncastNonceRelease"]
            if field == "ballotNonce" and field in release:
                release[field] = change(release[field])
                return
            if field == "nonces" and "contests" in release:
                release["contests"][0][field] = change(release["contests"][0][field])
                return

    return Mutation(check, PRINTED, apply)


def selection(check: str, field: str, change: Callable[[Any], Any]) -> Mutation:
    """Return the change of the first vector of the ballot that is published in full."""

    def apply(golden: Golden) -> None:
        (ballot,) = (b for line in golden.file(DEVICE) if (b := line.get("preEncryptedUncastBallot")))
        first = ballot["contests"][0]["selections"][0]
        first[field] = change(first[field])

    return Mutation(check, PRINTED, apply)


MUTATIONS = (
    device("R.structure", "1 deviceHeader chainingMode", lambda _: 2),
    of(REGULAR, "R.root", "toc", "1 tocEntry root"),
    of(REGULAR, "R.attestation", "device_attestations", "1 deviceAttestation statement"),
    of(REGULAR, "R.signature", "signatures/", "1 recordSignature statement", partial(flip, offset=12)),
    of(REGULAR, "1.A", "setup/parameters", "1 parameters r"),
    of(PRINTED, "1.E", "setup/parameters", "1 parameters hP"),
    of(PRINTED, "1.F", "setup/manifest", "1 manifestFile hB"),
    of(REGULAR, "2.D", "setup/guardians", "2 guardianPublicKey dataProof"),
    Mutation("3.A", PRINTED, swapped),
    Mutation("3.B", REGULAR, swapped),
    of(REGULAR, "4.A", "setup/election_keys", "1 electionKeys hE"),
    device("X.format", f"{BALLOT} ballotStyle", other),
    Mutation("5.A", REGULAR, doubled),
    printed("5.B", f"{CAST} idB"),
    device("6.A", f"{CONTEST} fields 0 beta"),
    device("6.D", f"{CONTEST} fields 6 rangeProof"),
    printed("7.D", f"{RECORDED} contest limitProof"),
    device("X.undervote", f"{CONTEST} undervoteDifferenceProof"),
    device("X.null-vote", f"{CONTEST} nullVoteProof"),
    printed("X.nonce-proof", f"{CAST} encryptedBallotNonce c2"),
    device("X.contest-data-proof", f"{CONTEST} contestData c2"),
    device("8.A", f"{CONTEST} contestHash"),
    device("8.B", f"{BALLOT} confirmationCode"),
    device("8.C", "1 deviceHeader hDi"),
    device("8.E", f"{BALLOT} chainingField"),
    printed("8.F", "1 deviceHeader initialHash"),
    printed("8.G", "-1 deviceClose closingHash"),
    printed("15.A", f"{RECORDED} contest fields 0 alpha"),
    printed("16.A", f"{RECORDED} selected 0 vector"),
    printed("16.B", f"{RECORDED} contest contestHash"),
    printed("16.C", f"{CAST} confirmationCode"),
    printed("17.A", f"{RECORDED} selected 1 shortCode", other),
    of(REGULAR, "9.0", "aggregated/encrypted_tally", "1 encryptedTallyHeader castBallotCount", more),
    of(PRINTED, "9.A", "aggregated/encrypted_tally", "2 encryptedTallyContest fields"),
    of(REGULAR, "10.B", "final/decrypted_tally", f"{TALLY} fields 1 proof"),
    of(PRINTED, "10.C", "final/decrypted_tally", f"{TALLY} fields 0 tally", more),
    of(REGULAR, "11.A", "final/decrypted_tally", f"{TALLY} fields 0 label", other),
    of(REGULAR, "12.B", DATA, "1 contestDataDecryption proof"),
    of(REGULAR, "12.C", DATA, "1 contestDataDecryption data"),
    Mutation("12.R", REGULAR, without("aggregated/contest_data_requests")),
    of(REGULAR, "13.B", "final/challenged", f"{OPENED} fields 0 nonce"),
    of(REGULAR, "13.A", "final/challenged", f"{OPENED} contestData data"),
    of(REGULAR, "14.A", "final/challenged", f"{OPENED} label", other),
    released("18.A", "ballotNonce", flip),
    released("X.uncast-nonce", "nonces", ones),
    Mutation("X.uncast-complete", PRINTED, without(RELEASES)),
    selection("19.C", "optionLabel", other),
    selection("19.D", "selectionIndex", lambda index: index + 1),
)
