"""The verification boxes 1 to 14, and the checks that the project adds under X.

The X checks are those of docs/formats/record.md and manifest.md, and what soundness asks for beyond the boxes. Boxes 6
and 7 run on every ballot, cast, challenged or spoiled.

Spec: EG-2.1 §6.2
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import equations as eq
from .arithmetic import STANDARD, Group, parameter_sets, xor
from .equations import Ciphertext
from .manifest import Cell, Contest, Option
from .record import (
    LAYOUT,
    PHASES,
    DecryptedData,
    Device,
    EncryptedBallot,
    EncryptedContest,
    Guardian,
    GuardianProof,
    Keys,
    OpenedBallot,
    OpenedContest,
    RangeProof,
    Record,
    Tally,
    TallyContest,
    TallyOption,
    read_record,
)

CHECKS = {
    "1.A": "the record is of version 2.1.0",
    "1.B": "p is the standard one",
    "1.C": "q is the standard one",
    "1.D": "g is the standard one",
    "1.E": "H_P",
    "1.F": "H_B",
    "2.A": "commitments and communication keys are in Z_p^r",
    "2.B": "responses of guardians' proofs are in Z_q",
    "2.C": "challenges of guardians' proofs",
    "3.A": "K",
    "3.B": "K_hat",
    "4.A": "H_E",
    "5.A": "no id_B twice",
    "5.B": "H_I",
    "6.A": "alpha and beta are in Z_p^r",
    "6.B": "challenges of option proofs are in Z_q",
    "6.C": "responses of option proofs are in Z_q",
    "6.D": "option proofs",
    "7.A": "alpha and beta of the contest are in Z_p^r",
    "7.B": "challenges of limit proofs are in Z_q",
    "7.C": "responses of limit proofs are in Z_q",
    "7.D": "limit proofs",
    "8.A": "contest hashes",
    "8.B": "confirmation codes",
    "8.C": "H_DI",
    "8.D": "chaining fields where nothing is chained",
    "8.E": "chaining fields of a chain",
    "8.F": "H_0",
    "8.G": "the end of the chain",
    "9.A": "A of each encrypted tally",
    "9.B": "B of each encrypted tally",
    "10.A": "responses of tally proofs are in Z_q",
    "10.B": "challenges of tally proofs",
    "10.C": "T = K^t",
    "11.A": "contests of tallies are in the manifest",
    "11.B": "options of tallies are in the manifest",
    "11.C": "options of the manifest are in the tallies",
    "11.D": "contests of submitted ballots are in the tallies",
    "12.A": "responses of contest data proofs are in Z_q",
    "12.B": "challenges of contest data proofs",
    "12.C": "decrypted contest data",
    "13.A": "contest data of challenged ballots",
    "13.B": "confirmation codes of challenged ballots",
    "14.A": "contests of challenged ballots are of their style",
    "14.B": "contests of the style are on challenged ballots",
    "14.C": "options of challenged ballots are in the manifest",
    "14.D": "options of the manifest are on challenged ballots",
    "14.E": "selections are within the option limit",
    "14.F": "selections are within the contest limit",
    "X.index": "files are those of index.json",
    "X.manifest": "rules of the manifest",
    "X.parameters": "1 <= k <= n and p = qr + 1",
    "X.guardian-indices": "guardians are exactly 1..n",
    "X.commitment-count": "exactly k commitments to each polynomial",
    "X.guardian-proof-length": "exactly k + 1 responses",
    "X.keys-nontrivial": "K and K_hat are in Z_p^r and not 1",
    "X.ballot-style": "the ballot style exists",
    "X.ballot-contests": "contests are those of the style, ascending",
    "X.ballot-options": "options are as many as in the manifest",
    "X.proof-length": "R + 1 and L + 1 entries",
    "X.weight": "weights are in 1..maximum_weight",
    "X.nonce-proof": "proofs of ballot nonce ciphertexts",
    "X.contest-data-proof": "proofs of contest data ciphertexts",
    "X.contest-data-presence": "contest data where the manifest has blocks, of that length",
    "X.codes-unique": "no confirmation code twice",
    "X.status-complete": "one status a ballot, in the same order",
    "X.device-order": "devices 1..D, positions 1, 2, ..., numbers that agree",
    "X.device-mode": "the manifest allows the chaining mode",
    "X.chain-closed": "every device is closed, with its number of ballots",
    "X.tally-cells": "encrypted tallies are those of the manifest's cells",
    "X.cell-minimum": "a contest decrypted in a cell has enough cast ballots there",
    "X.tally-complete": "decrypted tallies are there exactly once and in order",
    "X.tally-membership": "T is in Z_p^r",
    "X.tally-range": "0 <= t <= weight * R",
    "X.contest-data-factor": "beta of decrypted contest data is in Z_p^r",
    "X.contest-data-allowed": "the manifest allows contest data of cast ballots to be decrypted",
    "X.contest-data-target": "decrypted contest data belongs to a cast ballot, once",
    "X.contest-data-complete": "contest data of a contest is decrypted for all cast ballots or for none",
    "X.challenged-complete": "exactly the challenged ballots are opened, once and in full",
    "X.challenged-nonce": "nonces are in Z_q and g^xi = alpha",
    "X.challenged-data-nonce": "contest data nonces are in Z_q and g^xi = C_0",
}


@dataclass
class Verdict:
    """For every check id how often it ran, and what it found; a check that ran without a finding passed."""

    ran: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHECKS, 0))
    findings: dict[str, list[str]] = field(default_factory=lambda: {check: [] for check in CHECKS})

    def check(self, check: str, holds: bool, finding: str) -> None:
        self.ran[check] += 1
        if not holds:
            self.findings[check].append(finding)

    @property
    def passed(self) -> bool:
        return not any(self.findings.values())

    @property
    def failed(self) -> set[str]:
        """The ids with at least one finding."""
        return {check for check, found in self.findings.items() if found}


def verify(path: str | Path, allow_insecure: Collection[str] = frozenset(), until: str = "opened") -> Verdict:
    """Verify the record at `path`, a directory or a zip archive, up to the phase `until`.

    `allow_insecure` names parameter sets other than the standard one that 1.B, 1.C and 1.D accept. A record that cannot
    be read, or that lacks a file of one of these phases, raises OracleParseError. Without a known p and q only the
    setup is verified; with a manifest that breaks its rules, only setup and keys.
    """
    if until not in PHASES:
        raise ValueError(f"no phase {until}; there are " + ", ".join(PHASES))
    unknown = set(allow_insecure) - (set(parameter_sets()) - {STANDARD})
    if unknown:
        raise ValueError("unknown parameter sets: " + ", ".join(sorted(unknown)))
    record = read_record(path, until)
    verdict = Verdict()
    _Boxes(record, verdict).run(allow_insecure)
    return verdict


class _Boxes:
    """One method a box or a group of X checks; `self.check(id, condition, finding)` records each condition."""

    def __init__(self, record: Record, verdict: Verdict) -> None:
        self.record = record
        self.manifest = record.manifest
        self.group: Group = record.parameters.group
        self.check = verdict.check

    def run(self, allow_insecure: Collection[str]) -> None:
        record = self.record
        self.x_index()
        self.x_manifest_and_parameters()
        self.box_1(allow_insecure)
        if (self.group.p, self.group.q) not in {(known.p, known.q) for known in parameter_sets().values()}:
            return
        if record.keys is None:
            return
        self.x_guardian_indices()
        for number, guardian in record.guardians.items():
            self.box_2(number, guardian)
        self.box_3(record.keys)
        self.box_4(record.keys)
        self.x_keys(record.keys)
        if self.manifest.broken_rules:
            return
        self.ballots(record.keys)
        if record.encrypted_tallies is not None:
            self.x_tally_cells()
            self.box_9()
        if record.tallies is not None:
            self.tallies(record.keys)
        if record.contest_data is not None:
            self.decrypted_contest_data(record.keys)
        if record.challenged is not None:
            self.challenged_ballots(record.keys)

    # The files, the parameters and the manifest

    def x_index(self) -> None:
        """Docs: record.md, index.json."""
        listed = [entry.path for entry in self.record.index]
        sorted_once = listed == sorted(set(listed)) and "index.json" not in listed
        self.check("X.index", sorted_once, "index.json is not sorted, lists a path twice, or lists itself")
        for entry in self.record.index:
            content = self.record.files.get(entry.path)
            agrees = (
                content is not None and len(content) == entry.size and hashlib.sha256(content).digest() == entry.sha256
            )
            self.check("X.index", agrees, f"{entry.path} is missing, or has another size or SHA-256")
        for path in sorted(self.record.files):
            self.check("X.index", path == "index.json" or path in listed, f"{path} is not listed")
            self.check("X.index", LAYOUT.fullmatch(path) is not None, f"{path} is no file of the layout")

    def x_manifest_and_parameters(self) -> None:
        """The rules of the manifest (docs/formats/manifest.md), n, k and r.

        Spec: EG-2.1 §3.1.1; §3.2
        """
        for rule in self.manifest.broken_rules:
            self.check("X.manifest", False, rule)
        self.check("X.manifest", True, "")
        parameters = self.record.parameters
        self.check("X.parameters", 1 <= parameters.k <= parameters.n, f"k = {parameters.k}, n = {parameters.n}")
        self.check("X.parameters", self.group.p == self.group.q * parameters.r + 1, "p is not qr + 1")

    def box_1(self, allow_insecure: Collection[str]) -> None:
        """Parameters and base hashes.

        Spec: EG-2.1 §3.1.4, box 1
        """
        parameters, group = self.record.parameters, self.group
        expected = self.expected_group(allow_insecure)
        self.check("1.A", parameters.version == eq.VERSION, f"version {parameters.version!r}")
        self.check("1.B", group.p == expected.p, "p is not that of an allowed parameter set")
        self.check("1.C", group.q == expected.q, "q is not that of an allowed parameter set")
        self.check("1.D", group.g == expected.g, "g is not that of an allowed parameter set")
        h_p = eq.parameter_base_hash(group, parameters.n, parameters.k)
        self.check("1.E", self.record.h_p == h_p, "H_P is not the hash of the parameters")
        h_b = eq.election_base_hash(self.record.h_p, self.record.manifest_bytes)
        self.check("1.F", self.record.h_b == h_b, "H_B is not the hash of the manifest")

    def expected_group(self, allow_insecure: Collection[str]) -> Group:
        """The set that the record is held against: of those allowed the one nearest to it, else the standard one."""
        allowed = [parameter_sets()[name] for name in [STANDARD, *sorted(allow_insecure)]]
        mine = self.group

        def agreement(known: Group) -> int:
            return (known.p == mine.p) + (known.q == mine.q) + (known.g == mine.g)

        return max(allowed, key=agreement)

    # The guardians and the keys

    def x_guardian_indices(self) -> None:
        """Each file holds the guardian that its name says.

        Spec: EG-2.1 §3.2
        """
        guardians, n = self.record.guardians, self.record.parameters.n
        exactly = len(guardians) == n and all(1 <= number <= n for number in guardians)
        self.check("X.guardian-indices", exactly, f"guardians {sorted(guardians)} are not exactly 1..{n}")
        for number, guardian in guardians.items():
            self.check("X.guardian-indices", guardian.i == number, f"guardian {number} calls itself {guardian.i}")

    def box_2(self, number: int, guardian: Guardian) -> None:
        """One guardian.

        Spec: EG-2.1 §3.2.2, box 2
        """
        keys = [*guardian.vote_commitments, *guardian.data_commitments, guardian.communication_key]
        where = f"guardian {number}"
        self.check("2.A", all(map(self.group.has_element, keys)), f"{where}: a commitment or kappa is not in Z_p^r")
        self.guardian_proof("pk_vote", guardian, guardian.vote_commitments, guardian.vote_proof, f"{where} pk_vote")
        self.guardian_proof("pk_data", guardian, guardian.data_commitments, guardian.data_proof, f"{where} pk_data")

    def guardian_proof(
        self, purpose: str, guardian: Guardian, commitments: list[int], proof: GuardianProof, where: str
    ) -> None:
        """(2.1) to (2.4), 2.B and 2.C for one of the two proofs."""
        k = self.record.parameters.k
        self.check("X.commitment-count", len(commitments) == k, f"{where}: {len(commitments)} commitments, not {k}")
        responses = proof.responses
        right_length = len(responses) == k + 1
        self.check("X.guardian-proof-length", right_length, f"{where}: {len(responses)} responses, not {k + 1}")
        self.check("2.B", all(map(self.group.has_scalar, responses)), f"{where}: a response is not in Z_q")
        if len(commitments) != k or not right_length:
            return
        images = [*commitments, guardian.communication_key]
        h_ij = [
            eq.schnorr_commitment(self.group, self.group.g, image, proof.challenge, v)
            for image, v in zip(images, responses, strict=True)
        ]
        c_i = eq.guardian_challenge(
            self.group, self.record.h_p, purpose, guardian.i, commitments, guardian.communication_key, h_ij
        )
        self.check("2.C", proof.challenge == c_i, f"{where}: the challenge is wrong")

    def box_3(self, keys: Keys) -> None:
        """The joint keys.

        Spec: EG-2.1 §3.2.2, box 3
        """
        guardians = self.record.guardians.values()
        vote = self.group.product(key for guardian in guardians for key in guardian.vote_commitments[:1])
        data = self.group.product(key for guardian in guardians for key in guardian.data_commitments[:1])
        self.check("3.A", keys.vote == vote, "K is not the product of the K_i")
        self.check("3.B", keys.data == data, "K_hat is not the product of the K_hat_i")

    def box_4(self, keys: Keys) -> None:
        """The extended base hash.

        Spec: EG-2.1 §3.2.3, box 4
        """
        h_e = eq.extended_base_hash(self.group, self.record.h_b, keys.vote, keys.data)
        self.check("4.A", keys.h_e == h_e, "H_E is not the hash of the keys")

    def x_keys(self, keys: Keys) -> None:
        for name, key in (("K", keys.vote), ("K_hat", keys.data)):
            self.check("X.keys-nontrivial", self.group.has_element(key) and key != 1, f"{name} is 1 or not in Z_p^r")

    # The ballots

    def ballots(self, keys: Keys) -> None:
        """Boxes 5 to 8 and what belongs to them, on every ballot of every device."""
        self.x_device_order()
        ballots = self.record.ballots
        for ballot, first in _with_first(ballots, [ballot.id_b for ballot in ballots]):
            self.check("5.A", first is ballot, f"{_name(ballot)} has the id_B of {_name(first)}")
        for ballot, first in _with_first(ballots, [ballot.confirmation_code for ballot in ballots]):
            self.check("X.codes-unique", first is ballot, f"{_name(ballot)} has the code of {_name(first)}")
        for ballot in ballots:
            self.x_ballot(ballot)
            self.box_5b(ballot, keys)
            for contest in ballot.contests:
                known = self.manifest.contest(contest.index)
                if known is not None:
                    self.contest(ballot, contest, known, keys)
            self.box_8ab(ballot)
        for device in self.record.devices:
            self.x_device(device)
            self.box_8cdefg(device, keys)

    def x_device_order(self) -> None:
        """Docs: record.md, "Layout" and "Encrypted ballot"."""
        folders = [device.folder for device in self.record.devices]
        numbers = list(range(1, len(folders) + 1))
        self.check("X.device-order", folders == numbers, f"devices {folders} are not 1, 2, ...")
        for device in self.record.devices:
            where = f"device {device.folder}"
            self.check("X.device-order", device.number == device.folder, f"{where} calls itself {device.number}")
            shards = list(range(1, len(device.shards) + 1))
            self.check("X.device-order", device.shards == shards, f"{where}: shards {device.shards} are not 1, 2, ...")
            for place, ballot in enumerate(device.ballots, 1):
                in_place = (ballot.device, ballot.position) == (device.folder, place)
                self.check("X.device-order", in_place, f"{where}: {_name(ballot)} stands at position {place}")

    def x_ballot(self, ballot: EncryptedBallot) -> None:
        where = _name(ballot)
        style_exists = 1 <= ballot.style <= len(self.manifest.styles)
        self.check("X.ballot-style", style_exists, f"{where}: there is no ballot style {ballot.style}")
        indices = [contest.index for contest in ballot.contests]
        expected = self.manifest.contests_of_style(ballot.style)
        self.check("X.ballot-contests", indices == expected, f"{where}: contests {indices}, not {expected}")
        in_range = 1 <= ballot.weight <= self.manifest.maximum_weight
        self.check("X.weight", in_range, f"{where}: weight {ballot.weight}")
        nonce = ballot.nonce
        a = eq.schnorr_commitment(self.group, self.group.g, nonce.c_0, nonce.c, nonce.v)
        c_b = eq.ballot_nonce_challenge(self.group, ballot.h_i, a, nonce.c_0, nonce.c_1)
        holds = (
            self.group.has_element(nonce.c_0)
            and self.group.has_scalar(nonce.c)
            and self.group.has_scalar(nonce.v)
            and nonce.c == c_b
        )
        self.check("X.nonce-proof", holds, f"{where}: the proof of the ballot nonce is wrong")
        self.check("X.nonce-proof", len(nonce.c_1) == 32, f"{where}: the ballot nonce has {len(nonce.c_1)} bytes")

    def box_5b(self, ballot: EncryptedBallot, keys: Keys) -> None:
        """5.B on one ballot.

        Spec: EG-2.1 §3.3.2, box 5
        """
        h_i = eq.identifier_hash(keys.h_e, ballot.id_b)
        self.check("5.B", ballot.h_i == h_i, f"{_name(ballot)}: H_I is not the hash of id_B")

    def contest(self, ballot: EncryptedBallot, contest: EncryptedContest, known: Contest, keys: Keys) -> None:
        where = f"{_name(ballot)} contest {contest.index}"
        complete = len(contest.options) == len(known.options)
        self.check("X.ballot-options", complete, f"{where}: {len(contest.options)} options, not {len(known.options)}")
        for ind_o, (option, of_manifest) in enumerate(zip(contest.options, known.options, strict=False), 1):
            self.box_6(ballot, contest.index, ind_o, option.ciphertext, option.proof, of_manifest, keys)
        self.box_7(ballot, contest, known, keys)
        self.x_contest_data(ballot, contest, known)

    def box_6(
        self,
        ballot: EncryptedBallot,
        ind_c: int,
        ind_o: int,
        ciphertext: Ciphertext,
        proof: RangeProof,
        option: Option,
        keys: Keys,
    ) -> None:
        """One option of one ballot.

        Spec: EG-2.1 §3.3.7, box 6
        """
        where = f"{_name(ballot)} contest {ind_c} option {ind_o}"
        members = all(map(self.group.has_element, ciphertext))
        self.check("6.A", members, f"{where}: alpha or beta is not in Z_p^r")
        if not self.proof_in_range(proof, option.limit, "6.B", "6.C", where):
            return
        commitments = eq.range_proof_commitments(self.group, keys.vote, ciphertext, proof.challenges, proof.responses)
        c = eq.option_challenge(self.group, ballot.h_i, ind_c, ind_o, ciphertext, commitments)
        self.check("6.D", c == sum(proof.challenges) % self.group.q, f"{where}: the range proof is wrong")

    def box_7(self, ballot: EncryptedBallot, contest: EncryptedContest, known: Contest, keys: Keys) -> None:
        """One contest of one ballot.

        Spec: EG-2.1 §3.3.8, box 7
        """
        where = f"{_name(ballot)} contest {contest.index}"
        ciphertexts = contest.ciphertexts
        members = all(self.group.has_element(element) for ciphertext in ciphertexts for element in ciphertext)
        self.check("7.A", members, f"{where}: an alpha or beta is not in Z_p^r")
        if not self.proof_in_range(contest.proof, known.limit, "7.B", "7.C", where):
            return
        total = Ciphertext(
            self.group.product(ciphertext.alpha for ciphertext in ciphertexts),
            self.group.product(ciphertext.beta for ciphertext in ciphertexts),
        )
        commitments = eq.range_proof_commitments(
            self.group, keys.vote, total, contest.proof.challenges, contest.proof.responses
        )
        c = eq.limit_challenge(self.group, ballot.h_i, contest.index, total, commitments)
        self.check("7.D", c == sum(contest.proof.challenges) % self.group.q, f"{where}: the limit proof is wrong")

    def proof_in_range(self, proof: RangeProof, limit: int, box_b: str, box_c: str, where: str) -> bool:
        """B and C of boxes 6 and 7; false where the proof has not one entry for each j = 0, ..., limit."""
        challenges, responses = proof.challenges, proof.responses
        self.check(box_b, all(map(self.group.has_scalar, challenges)), f"{where}: a challenge is not in Z_q")
        self.check(box_c, all(map(self.group.has_scalar, responses)), f"{where}: a response is not in Z_q")
        right_length = len(challenges) == len(responses) == limit + 1
        lengths = f"{len(challenges)} challenges and {len(responses)} responses, not {limit + 1}"
        self.check("X.proof-length", right_length, f"{where}: {lengths}")
        return right_length

    def x_contest_data(self, ballot: EncryptedBallot, contest: EncryptedContest, known: Contest) -> None:
        """The proof of contest data, and that it is there exactly where the manifest says so.

        Spec: EG-2.1 §3.3.10, eq. 69
        """
        where = f"{_name(ballot)} contest {contest.index}"
        data = contest.data
        length = None if data is None else len(data.c_1)
        expected = None if known.blocks is None else 32 * known.blocks
        self.check("X.contest-data-presence", length == expected, f"{where}: {length} bytes of data, not {expected}")
        if data is None:
            return
        a = eq.schnorr_commitment(self.group, self.group.g, data.c_0, data.c, data.v)
        c = eq.contest_data_challenge(self.group, ballot.h_i, contest.index, a, data.c_0, data.c_1)
        holds = (
            self.group.has_element(data.c_0)
            and self.group.has_scalar(data.c)
            and self.group.has_scalar(data.v)
            and data.c == c
        )
        self.check("X.contest-data-proof", holds, f"{where}: the proof of the contest data is wrong")

    def box_8ab(self, ballot: EncryptedBallot) -> None:
        """Contest hashes and confirmation code of one ballot.

        Spec: EG-2.1 §3.4.4, box 8 (8.A, 8.B)
        """
        for contest in ballot.contests:
            chi = eq.contest_hash(self.group, ballot.h_i, contest.index, contest.ciphertexts, contest.data)
            self.check("8.A", contest.contest_hash == chi, f"{_name(ballot)} contest {contest.index}: wrong hash")
        in_manifest_order = sorted(ballot.contests, key=lambda contest: contest.index)
        hashes = [contest.contest_hash for contest in in_manifest_order]
        h_c = eq.confirmation_code(ballot.h_i, hashes, ballot.chaining_field)
        self.check("8.B", ballot.confirmation_code == h_c, f"{_name(ballot)}: wrong confirmation code")

    def x_device(self, device: Device) -> None:
        where = f"device {device.folder}"
        allowed = device.chaining_mode in self.manifest.chaining_modes
        self.check("X.device-mode", allowed, f"{where}: chaining mode {device.chaining_mode}")
        codes = [ballot.confirmation_code for ballot in device.ballots]
        complete = [status.confirmation_code for status in device.statuses] == codes
        self.check("X.status-complete", complete, f"{where}: the statuses are not those of the ballots, in order")
        self.check("X.chain-closed", device.close is not None, f"{where} is not closed")
        if device.close is not None:
            right = device.close.ballots == len(device.ballots)
            self.check("X.chain-closed", right, f"{where} was closed with {device.close.ballots} ballots")
            bare = device.close.chaining_field is None and device.close.closing_hash is None
            self.check("X.chain-closed", bare or device.chaining_mode != 0, f"{where}: a closed chain without chaining")

    def box_8cdefg(self, device: Device, keys: Keys) -> None:
        """One device.

        Spec: EG-2.1 §3.4.4, box 8 (8.C to 8.G)
        """
        where = f"device {device.folder}"
        h_di = eq.device_information_hash(keys.h_e, device.device_info)
        self.check("8.C", device.h_di == h_di, f"{where}: H_DI is not the hash of S_device")
        if device.chaining_mode == 0:
            self.check("X.device-mode", device.h_0 is None, f"{where}: H_0 without chaining")
            for ballot in device.ballots:
                unchained = ballot.chaining_field == eq.unchained_field(device.h_di)
                self.check("8.D", unchained, f"{_name(ballot)}: wrong chaining field")
        if device.chaining_mode == 1:
            self.chain(device, keys)

    def chain(self, device: Device, keys: Keys) -> None:
        """The chain of one device.

        Spec: EG-2.1 §3.4.4, box 8 (8.E to 8.G)
        """
        where = f"device {device.folder}"
        previous = device.h_0 or b""
        for ballot in device.ballots:
            chained = ballot.chaining_field == eq.chained_field(previous)
            self.check("8.E", chained, f"{_name(ballot)}: the chaining field does not follow the ballot before it")
            previous = ballot.confirmation_code
        initial_field = eq.chained_field(device.h_di)
        self.check("8.F", device.h_0 == eq.chain_hash(keys.h_e, initial_field), f"{where}: wrong H_0")
        if device.close is not None:
            last_field = eq.closing_field(keys.h_e, previous, initial_field)
            closing_hash = eq.chain_hash(keys.h_e, last_field)
            self.check("8.G", device.close.chaining_field == last_field, f"{where}: wrong last chaining field")
            self.check("8.G", device.close.closing_hash == closing_hash, f"{where}: wrong closing hash")

    # The tallies

    def cast_ballots(self, cell: Cell) -> list[EncryptedBallot]:
        return [ballot for ballot in self.record.ballots if ballot.status == "cast" and ballot.style in cell.styles]

    def x_tally_cells(self) -> None:
        """Docs: record.md, "Encrypted tally of a cell"."""
        lines = self.record.encrypted_tallies or []
        numbers = [line.cell for line in lines]
        expected = list(range(1, len(self.manifest.cells) + 1))
        self.check("X.tally-cells", numbers == expected, f"encrypted tallies of cells {numbers}, not {expected}")
        for line in lines:
            cell = self.manifest.cell(line.cell)
            if cell is None:
                continue
            where = f"encrypted tally of cell {line.cell}"
            cast = self.cast_ballots(cell)
            weight = sum(ballot.weight for ballot in cast)
            self.check("X.tally-cells", line.label == cell.label, f"{where}: label {line.label!r}")
            self.check("X.tally-cells", line.ballots == len(cast), f"{where}: {line.ballots} ballots, not {len(cast)}")
            self.check("X.tally-cells", line.weight == weight, f"{where}: weight {line.weight}, not {weight}")
            shape = [(contest.index, len(contest.options)) for contest in line.contests]
            wanted = [(ind_c, len(self.manifest.contests[ind_c - 1].options)) for ind_c in cell.contests]
            self.check("X.tally-cells", shape == wanted, f"{where}: contests and options {shape}, not {wanted}")
            for contest in line.contests:
                voters = self.voters(cell, contest.index)
                agrees = contest.ballots == voters
                self.check("X.tally-cells", agrees, f"{where}: contest {contest.index} on {voters} cast ballots")

    def voters(self, cell: Cell, ind_c: int) -> int:
        """Number of the cell's cast ballots that have the contest."""
        return sum(ballot.contest(ind_c) is not None for ballot in self.cast_ballots(cell))

    def decryptable(self, cell: Cell) -> list[int]:
        """The cell's contests with enough cast ballots (docs: record.md, "Tally of a cell")."""
        minimum = self.manifest.minimum_cell_ballots
        return [ind_c for ind_c in cell.contests if self.voters(cell, ind_c) >= minimum]

    def box_9(self) -> None:
        """Aggregates, with weights.

        Spec: EG-2.1 §3.5, box 9, eq. 80
        """
        for line in self.record.encrypted_tallies or []:
            cell = self.manifest.cell(line.cell)
            if cell is None:
                continue
            cast = self.cast_ballots(cell)
            for contest in line.contests:
                for ind_o, aggregate in enumerate(contest.options, 1):
                    where = f"cell {line.cell} contest {contest.index} option {ind_o}"
                    expected = self.aggregate(cast, contest.index, ind_o)
                    self.check("9.A", aggregate.alpha == expected.alpha, f"{where}: A is not the product")
                    self.check("9.B", aggregate.beta == expected.beta, f"{where}: B is not the product")

    def aggregate(self, ballots: Sequence[EncryptedBallot], ind_c: int, ind_o: int) -> Ciphertext:
        """(A, B) = (product of alpha^W, product of beta^W).

        Spec: EG-2.1 §3.5, eq. 80
        """
        weighted = [
            (contest.options[ind_o - 1].ciphertext, ballot.weight)
            for ballot in ballots
            for contest in ballot.contests
            if contest.index == ind_c and ind_o <= len(contest.options)
        ]
        return Ciphertext(
            self.group.product(self.group.power(ciphertext.alpha, weight) for ciphertext, weight in weighted),
            self.group.product(self.group.power(ciphertext.beta, weight) for ciphertext, weight in weighted),
        )

    def tallies(self, keys: Keys) -> None:
        """Boxes 10 and 11."""
        lines = self.record.tallies or []
        self.x_tally_complete(lines)
        aggregates = {
            (line.cell, contest.index, ind_o): aggregate
            for line in self.record.encrypted_tallies or []
            for contest in line.contests
            for ind_o, aggregate in enumerate(contest.options, 1)
        }
        for line in lines:
            for contest in line.contests:
                self.box_11abc(line, contest)
                for option in contest.options:
                    where = f"cell {line.cell} contest {contest.index} option {option.index}"
                    self.x_tally_range(line, contest, option, where)
                    aggregate = aggregates.get((line.cell, contest.index, option.index))
                    self.check("X.tally-complete", aggregate is not None, f"{where}: there is no encrypted tally")
                    if aggregate is not None:
                        self.box_10(contest.index, option, aggregate, keys, where)
        self.box_11d(lines)

    def x_tally_complete(self, lines: Sequence[Tally]) -> None:
        """Every cell with a contest that has enough cast ballots has one line, in order, with those contests."""
        numbers = [line.cell for line in lines]
        once_in_order = numbers == sorted(set(numbers)) and all(map(self.manifest.cell, numbers))
        self.check("X.tally-complete", once_in_order, f"tallies of cells {numbers}: not once each and in order")
        for number, cell in enumerate(self.manifest.cells, 1):
            if self.decryptable(cell):
                self.check("X.tally-complete", number in numbers, f"cell {number} was not decrypted")
        for line in lines:
            line_cell = self.manifest.cell(line.cell)
            if line_cell is None:
                continue
            where = f"tally of cell {line.cell}"
            self.check("X.tally-complete", line.label == line_cell.label, f"{where}: label {line.label!r}")
            shape = [(contest.index, [option.index for option in contest.options]) for contest in line.contests]
            wanted = [
                (ind_c, list(range(1, len(self.manifest.contests[ind_c - 1].options) + 1)))
                for ind_c in self.decryptable(line_cell)
            ]
            for contest in line.contests:
                enough = contest.index in self.decryptable(line_cell)
                self.check("X.cell-minimum", enough, f"{where}: contest {contest.index} has too few cast ballots")
            self.check("X.tally-complete", shape == wanted, f"{where}: contests and options {shape}, not {wanted}")

    def x_tally_range(self, line: Tally, contest: TallyContest, option: TallyOption, where: str) -> None:
        cell, known = self.manifest.cell(line.cell), self.manifest.contest(contest.index)
        member = self.group.has_element(option.encoded_tally)
        self.check("X.tally-membership", member, f"{where}: T is not in Z_p^r")
        if cell is None or known is None or not 1 <= option.index <= len(known.options):
            return
        weight = sum(ballot.weight for ballot in self.cast_ballots(cell))
        highest = min(weight * known.options[option.index - 1].limit, self.group.q - 1)
        self.check("X.tally-range", option.tally <= highest, f"{where}: tally {option.tally} above {highest}")

    def box_10(self, ind_c: int, option: TallyOption, aggregate: Ciphertext, keys: Keys, where: str) -> None:
        """One decrypted tally.

        Spec: EG-2.1 §3.6.5, box 10
        """
        group, big_t = self.group, option.encoded_tally
        c, v = option.challenge, option.response
        self.check("10.A", group.has_scalar(v), f"{where}: v is not in Z_q")
        self.check("10.C", big_t == group.power(keys.vote, option.tally), f"{where}: T is not K^t")
        if big_t % group.p == 0:
            self.check("10.B", False, f"{where}: T cannot be inverted")
            return
        big_m = group.times(aggregate.beta, group.power(big_t, -1))
        a = eq.schnorr_commitment(group, group.g, keys.vote, c, v)
        b = eq.schnorr_commitment(group, aggregate.alpha, big_m, c, v)
        expected = eq.tally_challenge(group, keys.h_e, ind_c, option.index, aggregate, a, b, big_m)
        self.check("10.B", c == expected, f"{where}: the decryption proof is wrong")

    def box_11abc(self, line: Tally, contest: TallyContest) -> None:
        """One contest of a tally. A label must be that of the index given with it.

        Spec: EG-2.1 §3.6.5, box 11 (11.A to 11.C)
        """
        where = f"tally of cell {line.cell} contest {contest.index}"
        known = self.manifest.contest(contest.index)
        found = known is not None and known.label == contest.label
        self.check("11.A", found, f"{where}: the manifest has no such contest {contest.label!r}")
        if known is None:
            return
        labels = dict(enumerate((option.label for option in known.options), 1))
        for option in contest.options:
            agrees = labels.get(option.index) == option.label
            self.check("11.B", agrees, f"{where}: the manifest has no option {option.index} {option.label!r}")
        listed = {option.label for option in contest.options}
        for label in labels.values():
            self.check("11.C", label in listed, f"{where}: option {label!r} is missing")

    def box_11d(self, lines: Sequence[Tally]) -> None:
        """Every contest that ought to be decrypted.

        Spec: EG-2.1 §3.6.5, box 11 (11.D)
        """
        for number, cell in enumerate(self.manifest.cells, 1):
            listed = {contest.label for line in lines if line.cell == number for contest in line.contests}
            submitted = {
                contest.index
                for ballot in self.record.ballots
                if ballot.status in ("cast", "challenged") and ballot.style in cell.styles
                for contest in ballot.contests
            }
            for ind_c in sorted(submitted & set(self.decryptable(cell))):
                known = self.manifest.contest(ind_c)
                there = known is not None and known.label in listed
                self.check("11.D", there, f"cell {number}: contest {ind_c} of submitted ballots is not in the tally")

    # Contest data of cast ballots

    def find_ballot(self, device: int, position: int) -> EncryptedBallot | None:
        """By its place in the record, not by what it says of itself."""
        for candidate in self.record.devices:
            if candidate.folder == device and 1 <= position <= len(candidate.ballots):
                return candidate.ballots[position - 1]
        return None

    def decrypted_contest_data(self, keys: Keys) -> None:
        entries = self.record.contest_data or []
        allowed = self.manifest.cast_contest_data_may_be_decrypted or not entries
        self.check("X.contest-data-allowed", allowed, "the manifest does not allow it")
        places = [(entry.device, entry.position, entry.index) for entry in entries]
        in_order = places == sorted(set(places))
        self.check("X.contest-data-target", in_order, "contest data is decrypted twice, or out of order")
        cast = [ballot for ballot in self.record.ballots if ballot.status == "cast"]
        for ind_c in sorted({entry.index for entry in entries}):
            with_data = [ballot for ballot in cast if (c := ballot.contest(ind_c)) is not None and c.data is not None]
            complete = len(with_data) == sum(entry.index == ind_c for entry in entries)
            self.check("X.contest-data-complete", complete, f"not all contest data of contest {ind_c} is decrypted")
        for entry in entries:
            where = f"contest data of device {entry.device} position {entry.position} contest {entry.index}"
            ballot = self.find_ballot(entry.device, entry.position)
            is_cast = (
                ballot is not None and ballot.status == "cast" and ballot.confirmation_code == entry.confirmation_code
            )
            contest = None if ballot is None else ballot.contest(entry.index)
            has_data = contest is not None and contest.data is not None
            self.check("X.contest-data-target", is_cast and has_data, f"{where}: no cast ballot with such data")
            if ballot is not None and contest is not None:
                self.box_12(ballot, contest, entry, keys, where)

    def box_12(
        self, ballot: EncryptedBallot, contest: EncryptedContest, entry: DecryptedData, keys: Keys, where: str
    ) -> None:
        """One decrypted contest data field.

        Spec: EG-2.1 §3.6.6, box 12
        """
        group, data = self.group, contest.data
        known = self.manifest.contest(contest.index)
        if data is None or known is None or known.blocks is None:
            return
        c, v, beta = entry.challenge, entry.response, entry.factor
        self.check("X.contest-data-factor", group.has_element(beta), f"{where}: beta is not in Z_p^r")
        self.check("12.A", group.has_scalar(v), f"{where}: v is not in Z_q")
        a = eq.schnorr_commitment(group, group.g, keys.data, c, v)
        b = eq.schnorr_commitment(group, data.c_0, beta, c, v)
        expected = eq.contest_data_decryption_challenge(group, ballot.h_i, contest.index, data, a, b, beta)
        self.check("12.B", c == expected, f"{where}: the decryption proof is wrong")
        secret = eq.contest_data_secret(group, ballot.h_i, contest.index, data.c_0, beta)
        decrypted = _decrypts(secret, contest.index, known.blocks, data.c_1, entry.data)
        self.check("12.C", decrypted, f"{where}: D is not the decryption of C_1")

    # Challenged ballots

    def challenged_ballots(self, keys: Keys) -> None:
        opened = self.record.challenged or []
        places = [(ballot.device, ballot.position) for ballot in opened]
        expected = [
            (device.folder, position)
            for device in self.record.devices
            for position, ballot in enumerate(device.ballots, 1)
            if ballot.status == "challenged"
        ]
        self.check("X.challenged-complete", places == expected, f"ballots {places} were opened, not {expected}")
        for ballot in opened:
            where = f"challenged ballot device {ballot.device} position {ballot.position}"
            encrypted = self.find_ballot(ballot.device, ballot.position)
            agrees = encrypted is not None and encrypted.confirmation_code == ballot.confirmation_code
            self.check("X.challenged-complete", agrees, f"{where}: there is no such ballot, or it has another code")
            if encrypted is not None:
                self.x_opened_in_full(ballot, encrypted, where)
                self.box_13(ballot, encrypted, keys, where)
                self.box_14(ballot, encrypted, where)

    def x_opened_in_full(self, opened: OpenedBallot, encrypted: EncryptedBallot, where: str) -> None:
        """Contests, options and contest data are those of the encrypted ballot, once each and in order."""
        shape = [
            (contest.index, [option.index for option in contest.options], contest.data is not None)
            for contest in opened.contests
        ]
        wanted = [
            (contest.index, list(range(1, len(contest.options) + 1)), contest.data is not None)
            for contest in encrypted.contests
        ]
        self.check("X.challenged-complete", shape == wanted, f"{where}: contests and options {shape}, not {wanted}")

    def box_13(self, opened: OpenedBallot, encrypted: EncryptedBallot, keys: Keys, where: str) -> None:
        """One challenged ballot. A contest that was not opened enters 13.B with its hash on the encrypted ballot.

        Spec: EG-2.1 §3.6.7, box 13
        """
        group, h_i = self.group, encrypted.h_i
        hashes = {contest.index: contest.contest_hash for contest in encrypted.contests}
        for contest in opened.contests:
            original = encrypted.contest(contest.index)
            if original is None:
                continue
            place = f"{where} contest {contest.index}"
            ciphertexts = [
                Ciphertext(
                    group.power(group.g, option.nonce),
                    group.power(keys.vote, option.selection + option.nonce),
                )
                for option in contest.options
            ]
            hashes[contest.index] = eq.contest_hash(group, h_i, contest.index, ciphertexts, original.data)
            self.x_challenged_nonces(contest, original, place)
            self.box_13a(contest, original, h_i, keys, place)
        in_manifest_order = [hashes[index] for index in sorted(hashes)]
        h_c = eq.confirmation_code(h_i, in_manifest_order, encrypted.chaining_field)
        self.check("13.B", encrypted.confirmation_code == h_c, f"{where}: the code does not follow from the opening")

    def x_challenged_nonces(self, contest: OpenedContest, original: EncryptedContest, where: str) -> None:
        """The nonces are those of the ciphertexts, which box 13 asks for options only through 13.B, for data not."""
        group = self.group
        for option in contest.options:
            nonce = option.nonce
            in_place = 1 <= option.index <= len(original.options)
            holds = (
                in_place
                and group.has_scalar(nonce)
                and group.power(group.g, nonce) == original.options[option.index - 1].ciphertext.alpha
            )
            self.check("X.challenged-nonce", holds, f"{where} option {option.index}: g^xi is not alpha")
        if contest.data is not None and original.data is not None:
            nonce = contest.data.nonce
            holds = group.has_scalar(nonce) and group.power(group.g, nonce) == original.data.c_0
            self.check("X.challenged-data-nonce", holds, f"{where}: g^xi is not C_0")

    def box_13a(self, contest: OpenedContest, original: EncryptedContest, h_i: bytes, keys: Keys, where: str) -> None:
        """Contest data of one contest.

        Spec: EG-2.1 §3.6.7, box 13 (13.4 to 13.7, 13.A)
        """
        known = self.manifest.contest(contest.index)
        if contest.data is None or original.data is None or known is None or known.blocks is None:
            return
        group, nonce = self.group, contest.data.nonce
        alpha, beta = group.power(group.g, nonce), group.power(keys.data, nonce)
        secret = eq.contest_data_secret(group, h_i, contest.index, alpha, beta)
        encrypts = _decrypts(secret, contest.index, known.blocks, original.data.c_1, contest.data.data)
        self.check("13.A", encrypts, f"{where}: C_1 is not the encryption of D")

    def box_14(self, opened: OpenedBallot, encrypted: EncryptedBallot, where: str) -> None:
        """Content of one challenged ballot. A label must be that of the index given with it.

        Spec: EG-2.1 §3.6.7, box 14
        """
        of_style = self.manifest.contests_of_style(encrypted.style)
        for contest in opened.contests:
            known = self.manifest.contest(contest.index)
            found = known is not None and contest.index in of_style and known.label == contest.label
            self.check("14.A", found, f"{where}: contest {contest.index} {contest.label!r} is not of the style")
            if known is not None:
                self.box_14cdef(contest, known, f"{where} contest {contest.index}")
        listed = {contest.label for contest in opened.contests}
        for ind_c in of_style:
            label = self.manifest.contests[ind_c - 1].label
            self.check("14.B", label in listed, f"{where}: contest {label!r} is missing")

    def box_14cdef(self, contest: OpenedContest, known: Contest, where: str) -> None:
        """One contest of a challenged ballot.

        Spec: EG-2.1 §3.6.7, box 14 (14.C to 14.F)
        """
        of_manifest = dict(enumerate(known.options, 1))
        for option in contest.options:
            its_own = of_manifest.get(option.index)
            agrees = its_own is not None and its_own.label == option.label
            self.check("14.C", agrees, f"{where}: the manifest has no option {option.index} {option.label!r}")
            if its_own is not None:
                valid = 0 <= option.selection <= its_own.limit
                self.check("14.E", valid, f"{where} option {option.index}: selection {option.selection}")
        listed = {option.label for option in contest.options}
        for its_own in of_manifest.values():
            self.check("14.D", its_own.label in listed, f"{where}: option {its_own.label!r} is missing")
        total = sum(option.selection for option in contest.options)
        self.check("14.F", total <= known.limit, f"{where}: {total} selections, at most {known.limit}")


def _decrypts(secret: bytes, ind_c: int, blocks: int, c_1: bytes, data: bytes) -> bool:
    """D = C_1 XOR (k_1 || ... || k_b), all of 32 b bytes.

    Spec: EG-2.1 §3.6.6, box 12 (12.C); §3.6.7, box 13 (13.A)
    """
    if not len(c_1) == len(data) == 32 * blocks:
        return False
    return data == xor(c_1, eq.contest_data_keys(secret, ind_c, blocks))


def _name(ballot: EncryptedBallot) -> str:
    return f"ballot device {ballot.device} position {ballot.position}"


def _with_first(
    ballots: Sequence[EncryptedBallot], values: Iterable[bytes]
) -> list[tuple[EncryptedBallot, EncryptedBallot]]:
    """Each ballot with the first one that has its value."""
    first: dict[bytes, EncryptedBallot] = {}
    return [(ballot, first.setdefault(value, ballot)) for ballot, value in zip(ballots, values, strict=True)]
