"""The encrypted ballots and their chains: boxes 5 to 8."""

from collections.abc import Iterable, Sequence

from . import equations as eq
from .boxes_fields import FieldChecks
from .equations import Ciphertext
from .manifest import Contest, Option
from .record import Device, EncryptedBallot, EncryptedContest, Keys, PrintedBallot, RangeProof, RecordedContest

AnyBallot = EncryptedBallot | PrintedBallot


class BallotBoxes(FieldChecks):
    """Boxes 5 to 8 and the X checks of ballots and devices."""

    def ballots(self, keys: Keys) -> None:
        """Boxes 5 to 8 and what belongs to them, on every ballot of every device."""
        self.x_device_order()
        ballots = self.record.all_ballots
        for ballot, first in _with_first(ballots, [ballot.id_b for ballot in ballots]):
            self.check("5.A", first is ballot, f"{_name(ballot)} has the id_B of {_name(first)}")
        for ballot, first in _with_first(ballots, [ballot.confirmation_code for ballot in ballots]):
            self.check("X.codes-unique", first is ballot, f"{_name(ballot)} has the code of {_name(first)}")
        for ballot in ballots:
            self.x_ballot(ballot)
            self.box_5b(ballot, keys)
        for ballot in self.record.ballots:
            for contest in ballot.contests:
                known = self.manifest.contest(contest.index)
                if known is not None:
                    self.contest(ballot, contest, known, keys)
            self.box_8ab(ballot)
        for device in self.record.devices:
            self.x_device(device)
            if not device.pre_encrypted:
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
            for place, ballot in enumerate(device.in_order, 1):
                in_place = (ballot.device, ballot.position) == (device.folder, place)
                self.check("X.device-order", in_place, f"{where}: {_name(ballot)} stands at position {place}")

    def x_ballot(self, ballot: EncryptedBallot | PrintedBallot) -> None:
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

    def box_5b(self, ballot: EncryptedBallot | PrintedBallot, keys: Keys) -> None:
        """5.B on one ballot.

        Spec: EG-2.1 §3.3.2, box 5
        """
        h_i = eq.identifier_hash(keys.h_e, ballot.id_b)
        self.check("5.B", ballot.h_i == h_i, f"{_name(ballot)}: H_I is not the hash of id_B")

    def contest(self, ballot: EncryptedBallot, contest: EncryptedContest, known: Contest, keys: Keys) -> None:
        where = f"{_name(ballot)} contest {contest.index}"
        complete = len(contest.options) == len(known.columns)
        self.check("X.ballot-options", complete, f"{where}: {len(contest.options)} options, not {len(known.columns)}")
        for ind_o, (option, of_manifest) in enumerate(zip(contest.options, known.columns, strict=False), 1):
            self.box_6(ballot, contest.index, ind_o, option.ciphertext, option.proof, of_manifest, keys)
        self.box_7(ballot, contest, known, keys)
        self.x_field_relations(ballot, contest, known, keys, where)
        self.x_contest_data(ballot, contest, known)

    def box_6(
        self,
        ballot: AnyBallot,
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

    def box_7(self, ballot: AnyBallot, contest: EncryptedContest | RecordedContest, known: Contest, keys: Keys) -> None:
        """One contest of one ballot.

        Spec: EG-2.1 §3.3.8, box 7
        """
        where = f"{_name(ballot)} contest {contest.index}"
        ciphertexts = contest.ciphertexts
        members = all(self.group.has_element(element) for ciphertext in ciphertexts for element in ciphertext)
        self.check("7.A", members, f"{where}: an alpha or beta is not in Z_p^r")
        if not self.proof_in_range(contest.proof, known.limit, "7.B", "7.C", where):
            return
        total = self.used(contest, known)
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
        codes = [ballot.confirmation_code for ballot in device.in_order]
        possible = ("cast", "uncast") if device.pre_encrypted else ("cast", "challenged", "spoiled")
        fitting = all(status.status in possible for status in device.statuses)
        self.check("X.status-complete", fitting, f"{where}: a status that such ballots cannot have")
        complete = [status.confirmation_code for status in device.statuses] == codes
        self.check("X.status-complete", complete, f"{where}: the statuses are not those of the ballots, in order")
        self.check("X.chain-closed", device.close is not None, f"{where} is not closed")
        if device.close is not None:
            right = device.close.ballots == len(device.in_order)
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


def _name(ballot: EncryptedBallot | PrintedBallot) -> str:
    return f"ballot device {ballot.device} position {ballot.position}"


def _with_first(ballots: Sequence[AnyBallot], values: Iterable[bytes]) -> list[tuple[AnyBallot, AnyBallot]]:
    """Each ballot with the first one that has its value."""
    first: dict[bytes, AnyBallot] = {}
    return [(ballot, first.setdefault(value, ballot)) for ballot, value in zip(ballots, values, strict=True)]
