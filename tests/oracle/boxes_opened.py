"""What is opened of single ballots: boxes 12 to 14."""

from . import equations as eq
from .arithmetic import xor
from .equations import Ciphertext
from .manifest import Contest
from .record import DecryptedData, EncryptedBallot, EncryptedContest, Keys, OpenedBallot, OpenedContest
from .verdict import Checker


class OpenedBoxes(Checker):
    """Boxes 12 to 14 and the X checks of contest data and of challenged ballots."""

    # Contest data of cast ballots

    def find_ballot(self, device: int, position: int) -> EncryptedBallot | None:
        """By its place in the record, not by what it says of itself."""
        for candidate in self.record.devices:
            if candidate.folder == device and not candidate.pre_encrypted and 1 <= position <= len(candidate.ballots):
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
        of_manifest = dict(enumerate(known.columns, 1))
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
        overvotes = [option.selection for option in contest.options if option.label == "overvote_indicator"]
        chosen = [option.selection for option in contest.options if option.index <= len(known.options)]
        total = sum(chosen) + (known.limit * sum(overvotes) if "overvote_indicator" in known.fields else 0)
        self.check("14.F", total <= known.limit, f"{where}: {total} selections, at most {known.limit}")


def _decrypts(secret: bytes, ind_c: int, blocks: int, c_1: bytes, data: bytes) -> bool:
    """D = C_1 XOR (k_1 || ... || k_b), all of 32 b bytes.

    Spec: EG-2.1 §3.6.6, box 12 (12.C); §3.6.7, box 13 (13.A)
    """
    if not len(c_1) == len(data) == 32 * blocks:
        return False
    return data == xor(c_1, eq.contest_data_keys(secret, ind_c, blocks))
