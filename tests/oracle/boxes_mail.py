"""Pre-encrypted ballots: boxes 15 to 19, and boxes 6 and 7 on what was recorded of them."""

from . import equations as eq
from .boxes_ballots import BallotBoxes
from .equations import Ciphertext
from .manifest import Contest
from .record import (
    Device,
    Keys,
    OpenedVector,
    PrintedBallot,
    RecordedBallot,
    RecordedContest,
    Selection,
    UncastBallot,
    UncastContest,
)


class MailBoxes(BallotBoxes):
    """Boxes 15 to 19 and the X checks of printed, recorded and uncast ballots."""

    def printed_ballots(self, keys: Keys) -> None:
        """All that is there before anything is opened."""
        for device in self.record.devices:
            if not device.pre_encrypted:
                foreign = [(ballot.device, ballot.position) for ballot in device.recorded]
                self.check("X.recorded-complete", not foreign, f"ballots {foreign} of no printer were recorded")
                continue
            self.check("X.device-mode", self.manifest.omega is not None, "the manifest has no short codes")
            self.box_16_of_device(device, keys)
            self.x_recorded(device)
            for position, ballot in enumerate(device.printed, 1):
                self.x_printed(ballot)
                self.box_16bc(ballot)
                for recorded in device.recorded:
                    if (recorded.device, recorded.position) == (device.folder, position):
                        self.recorded_ballot(ballot, recorded, keys)

    def x_printed(self, ballot: PrintedBallot) -> None:
        """Docs: record.md, "Pre-encrypted ballot"; manifest.md, `hash_trimming`."""
        for contest in ballot.contests:
            known, where = self.manifest.contest(contest.index), f"{_name(ballot)} contest {contest.index}"
            if known is None:
                continue
            single = all(option.limit == 1 for option in known.options)
            self.check("X.ballot-style", single, f"{where}: options with more than one vote are pre-encrypted")
            self.check("X.ballot-style", not known.fields, f"{where}: supplemental fields are not pre-encrypted")
            hashes, wanted = contest.selection_hashes, len(known.options) + known.limit
            self.check("X.selection-hashes", len(hashes) == wanted, f"{where}: {len(hashes)} hashes, not {wanted}")
            if self.manifest.omega is not None:
                codes = {eq.trimmed(self.manifest.omega, psi) for psi in hashes}
                self.check("X.short-codes-unique", len(codes) == len(hashes), f"{where}: a short code twice")

    def x_recorded(self, device: Device) -> None:
        """Docs: record.md, "Recorded ballot"."""
        places = [(ballot.device, ballot.position) for ballot in device.recorded]
        expected = [
            (device.folder, position) for position, ballot in enumerate(device.printed, 1) if ballot.status == "cast"
        ]
        self.check("X.recorded-complete", places == expected, f"ballots {places} were recorded, not {expected}")

    # Box 16

    def box_16bc(self, ballot: PrintedBallot) -> None:
        """Contest hashes and confirmation code; l is ind_c, as in (115).

        Spec: EG-2.1 §4.5, box 16 (16.B, 16.C)
        """
        for contest in ballot.contests:
            hashes = contest.selection_hashes
            ascending = hashes == sorted(set(hashes))
            chi = eq.printed_contest_hash(ballot.h_i, contest.index, hashes)
            holds = ascending and contest.contest_hash == chi
            self.check("16.B", holds, f"{_name(ballot)} contest {contest.index}: wrong hash, or not of sorted ones")
        hashes = [contest.contest_hash for contest in sorted(ballot.contests, key=lambda contest: contest.index)]
        h_c = eq.printed_code(ballot.h_i, hashes, ballot.chaining_field)
        self.check("16.C", ballot.confirmation_code == h_c, f"{_name(ballot)}: wrong confirmation code")

    def box_16_of_device(self, device: Device, keys: Keys) -> None:
        """One printer.

        Spec: EG-2.1 §4.5, box 16 (16.D to 16.H)
        """
        where, start = f"device {device.folder}", eq.chained_field(device.h_di)
        h_di = eq.printer_hash(keys.h_e, device.device_info)
        self.check("16.D", device.h_di == h_di, f"{where}: H_DI is not the hash of S_device")
        if device.chaining_mode == 0:
            self.check("X.device-mode", device.h_0 is None, f"{where}: H_0 without chaining")
            for ballot in device.printed:
                unchained = ballot.chaining_field == eq.unchained_field(device.h_di)
                self.check("16.E", unchained, f"{_name(ballot)}: wrong chaining field")
        if device.chaining_mode != 1:
            return
        previous = device.h_0 or b""
        self.check("16.G", previous == eq.printers_chain_hash(keys.h_e, start), f"{where}: wrong H_0")
        for ballot in device.printed:
            chained = ballot.chaining_field == eq.chained_field(previous)
            self.check("16.F", chained, f"{_name(ballot)}: the chaining field does not follow the ballot before it")
            previous = ballot.confirmation_code
        if device.close is not None:
            field = eq.printers_closing_field(keys.h_e, previous, start)
            self.check("16.H", device.close.chaining_field == field, f"{where}: wrong last chaining field")
            last = eq.printers_chain_hash(keys.h_e, field)
            self.check("16.H", device.close.closing_hash == last, f"{where}: wrong closing hash")

    def box_16a(self, h_i: bytes, vector: list[Ciphertext], psi: bytes, where: str) -> None:
        """One vector.

        Spec: EG-2.1 §4.5, box 16 (16.A)
        """
        holds = psi == eq.selection_hash(self.group, h_i, vector)
        self.check("16.A", holds, f"{where}: the selection hash is not that of the vector")

    def box_17(self, psi: bytes, code: str, where: str) -> None:
        """One short code.

        Spec: EG-2.1 §4.5, box 17
        """
        if self.manifest.omega is not None:
            expected = eq.trimmed(self.manifest.omega, psi)
            self.check("17.A", code == expected, f"{where}: short code {code}, not {expected}")

    # Cast ballots

    def recorded_ballot(self, ballot: PrintedBallot, recorded: RecordedBallot, keys: Keys) -> None:
        """What was recorded of a cast ballot: as it was printed, and by boxes 6, 7, 15, 16.A, 17."""
        told = (recorded.confirmation_code, recorded.style, recorded.weight)
        same = told == (ballot.confirmation_code, ballot.style, ballot.weight)
        self.check("X.recorded-complete", same, f"{_name(ballot)}: recorded with another code, style or weight")
        found, printed = ([contest.index for contest in x.contests] for x in (recorded, ballot))
        self.check(
            "X.recorded-complete", found == printed, f"{_name(ballot)}: contests {found} recorded, not {printed}"
        )
        for contest in recorded.contests:
            known, original = self.manifest.contest(contest.index), ballot.contest(contest.index)
            if known is None or original is None:
                continue
            where = f"{_name(ballot)} contest {contest.index}"
            complete = len(contest.options) == len(known.columns)
            self.check("X.ballot-options", complete, f"{where}: {len(contest.options)} options recorded")
            self.x_selected(contest, known, original.selection_hashes, where)
            self.box_15(contest, where)
            for selection in contest.selections:
                self.box_16a(ballot.h_i, selection.vector, selection.selection_hash, where)
                self.box_17(selection.selection_hash, selection.short_code, where)
                self.box_6_of_vector(ballot, contest.index, selection, known, keys)
            for ind_o, (option, of_manifest) in enumerate(zip(contest.options, known.options, strict=False), 1):
                self.box_6(ballot, contest.index, ind_o, option.ciphertext, option.proof, of_manifest, keys)
            self.box_7(ballot, contest, known, keys)

    def box_6_of_vector(
        self, ballot: PrintedBallot, ind_c: int, selection: Selection, known: Contest, keys: Keys
    ) -> None:
        """Every encryption in a selected vector that has proofs; where L = 1, 15.A makes it one that was proved.

        Spec: EG-2.1 §4.5; §3.3.7, box 6
        """
        entries = zip(selection.vector, selection.proofs, known.options, strict=False)
        for ind_o, (ciphertext, proof, of_manifest) in enumerate(entries, 1):
            self.box_6(ballot, ind_c, ind_o, ciphertext, proof, of_manifest, keys)

    def x_selected(self, contest: RecordedContest, known: Contest, printed: list[bytes], where: str) -> None:
        """Docs: record.md, "Recorded ballot"."""
        hashes, m = [selection.selection_hash for selection in contest.selections], len(known.options)
        proofs = m if known.limit > 1 else 0
        holds = (
            len(hashes) == known.limit
            and hashes == sorted(set(hashes))
            and set(hashes) <= set(printed)
            and all(len(s.vector) == m and len(s.proofs) == proofs for s in contest.selections)
        )
        self.check("X.recorded-vectors", holds, f"{where}: not {known.limit} vectors of the ballot, ascending, proved")

    def box_15(self, contest: RecordedContest, where: str) -> None:
        """Whatever L is; the box itself asks it where L > 1.

        Spec: EG-2.1 §4.5, box 15
        """
        for place, ciphertext in enumerate(contest.ciphertexts):
            column = [s.vector[place] for s in contest.selections if place < len(s.vector)]
            product = (
                self.group.product(selected.alpha for selected in column),
                self.group.product(selected.beta for selected in column),
            )
            agrees = product == tuple(value % self.group.p for value in ciphertext)
            self.check("15.A", agrees, f"{where} option {place + 1}: not the product of the selected vectors")

    # Uncast ballots

    def uncast_ballots(self, keys: Keys) -> None:
        opened = self.record.uncast or []
        printers = [device for device in self.record.devices if device.pre_encrypted]
        places = [(ballot.device, ballot.position) for ballot in opened]
        expected = [
            (device.folder, position)
            for device in printers
            for position, ballot in enumerate(device.printed, 1)
            if ballot.status == "uncast"
        ]
        self.check("X.uncast-complete", places == expected, f"ballots {places} were opened, not {expected}")
        for ballot in opened:
            where = f"uncast ballot device {ballot.device} position {ballot.position}"
            printed = [
                original
                for device in printers
                for position, original in enumerate(device.printed, 1)
                if (device.folder, position) == (ballot.device, ballot.position)
            ]
            agrees = bool(printed) and printed[0].confirmation_code == ballot.confirmation_code
            self.check("X.uncast-complete", agrees, f"{where}: there is no such ballot, or it has another code")
            for original in printed:
                self.x_uncast_in_full(ballot, where)
                self.box_18(ballot, original, keys, where)
                self.box_19(ballot, original, where)

    def x_uncast_in_full(self, opened: UncastBallot, where: str) -> None:
        """Docs: record.md, "Uncast ballot"."""
        indices = [contest.index for contest in opened.contests]
        self.check("X.uncast-complete", indices == sorted(set(indices)), f"{where}: contests {indices}")
        for contest in opened.contests:
            known = self.manifest.contest(contest.index)
            if known is None:
                continue
            m, options = len(known.options), [index for index, _, _ in contest.options]
            vectors = [*(vector for _, _, vector in contest.options), *contest.null_vectors]
            whole = (
                options == list(range(1, m + 1))
                and len(contest.null_vectors) == known.limit
                and all(len(vector.nonces) == m for vector in vectors)
            )
            self.check("X.uncast-complete", whole, f"{where}: contest {contest.index} is not opened in full")

    def box_18(self, opened: UncastBallot, printed: PrintedBallot, keys: Keys, where: str) -> None:
        """One uncast ballot, null votes too, which (115) hashes. A contest that is not opened enters with its hash.

        Spec: EG-2.1 §4.5, box 18
        """
        hashes = {contest.index: contest.contest_hash for contest in printed.contests}
        for contest in opened.contests:
            if printed.contest(contest.index) is None:
                continue
            vectors = [*(vector for _, _, vector in contest.options), *contest.null_vectors]
            psis = []
            for j, vector in enumerate(vectors, 1):
                place = f"{where} contest {contest.index} vector {j}"
                psis.append(self.reencrypted(j, vector, printed.h_i, keys, place))
            hashes[contest.index] = eq.printed_contest_hash(printed.h_i, contest.index, sorted(psis))
        h_c = eq.printed_code(printed.h_i, [hashes[index] for index in sorted(hashes)], printed.chaining_field)
        self.check("18.A", printed.confirmation_code == h_c, f"{where}: the code does not follow from the opening")

    def reencrypted(self, j: int, vector: OpenedVector, h_i: bytes, keys: Keys, where: str) -> bytes:
        """The selection hash of the j-th vector from its nonces; the one that is stated, and its code, are compared.

        Spec: EG-2.1 §4.5, boxes 16 (16.A), 17, 18 (18.1 to 18.3)
        """
        group = self.group
        in_range = all(map(group.has_scalar, vector.nonces))
        self.check("X.uncast-nonce", in_range, f"{where}: a nonce is not in Z_q")
        encrypted = [
            Ciphertext(group.power(group.g, xi), group.power(keys.vote, (1 if j == k else 0) + xi))
            for k, xi in enumerate(vector.nonces, 1)
        ]
        self.box_16a(h_i, encrypted, vector.selection_hash, where)
        self.box_17(vector.selection_hash, vector.short_code, where)
        return eq.selection_hash(group, h_i, encrypted)

    def box_19(self, opened: UncastBallot, printed: PrintedBallot, where: str) -> None:
        """Content of one uncast ballot. A label must be that of the index given with it.

        Spec: EG-2.1 §4.5, box 19
        """
        of_style = self.manifest.contests_of_style(printed.style)
        for contest in opened.contests:
            known = self.manifest.contest(contest.index)
            found = known is not None and contest.index in of_style and known.label == contest.label
            self.check("19.A", found, f"{where}: contest {contest.index} {contest.label!r} is not of the style")
            if known is not None:
                self.box_19cd(contest, known, f"{where} contest {contest.index}")
        listed = {contest.label for contest in opened.contests}
        for ind_c in of_style:
            label = self.manifest.contests[ind_c - 1].label
            self.check("19.B", label in listed, f"{where}: contest {label!r} is missing")

    def box_19cd(self, contest: UncastContest, known: Contest, where: str) -> None:
        """One contest of an uncast ballot.

        Spec: EG-2.1 §4.5, box 19 (19.C, 19.D)
        """
        labels = dict(enumerate((option.label for option in known.options), 1))
        for index, label, _ in contest.options:
            self.check("19.C", labels.get(index) == label, f"{where}: the manifest has no option {index} {label!r}")
        listed = {label for _, label, _ in contest.options}
        for label in labels.values():
            self.check("19.D", label in listed, f"{where}: option {label!r} is missing")


def _name(ballot: PrintedBallot) -> str:
    return f"pre-encrypted ballot device {ballot.device} position {ballot.position}"
