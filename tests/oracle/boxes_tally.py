"""The encrypted and the decrypted tallies: boxes 9 to 11."""

from collections.abc import Sequence

from . import equations as eq
from .equations import Ciphertext
from .manifest import Cell
from .record import EncryptedBallot, Keys, RecordedBallot, Tally, TallyContest, TallyException, TallyOption
from .verdict import Checker


class TallyBoxes(Checker):
    """Boxes 9 to 11 and the X checks of tallies."""

    def cast_ballots(self, cell: Cell) -> list[EncryptedBallot | RecordedBallot]:
        return [ballot for ballot in self.record.counted if ballot.style in cell.styles]

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
            wanted = [(ind_c, len(self.manifest.contests[ind_c - 1].columns)) for ind_c in cell.contests]
            self.check("X.tally-cells", shape == wanted, f"{where}: contests and options {shape}, not {wanted}")
            for contest in line.contests:
                voters = self.voters(cell, contest.index)
                agrees = contest.ballots == voters
                self.check("X.tally-cells", agrees, f"{where}: contest {contest.index} on {voters} cast ballots")

    def voters(self, cell: Cell, ind_c: int) -> int:
        """Number of the cell's cast ballots that have the contest."""
        return sum(ballot.contest(ind_c) is not None for ballot in self.cast_ballots(cell))

    def number(self, cell: Cell) -> int:
        return self.manifest.cells.index(cell) + 1

    def rules_broken(self, cells: Sequence[Cell], ind_c: int) -> set[str]:
        """What forbids to decrypt a contest over the ballots of these cells (docs: record.md, "Exception")."""
        minimum = self.manifest.minimum_cell_ballots
        weights = [b.weight for cell in cells for b in self.cast_ballots(cell) if b.contest(ind_c) is not None]
        broken = {"minimum"} if len(weights) < minimum else set()
        return broken | ({"weight"} if len(set(weights)) > 1 and min(map(weights.count, weights)) < minimum else set())

    def receiver(self, cell: Cell, ind_c: int) -> Cell | None:
        """Where a contest of the cell goes if it is merged: the next cell along merge_into that has the contest."""
        return next((other for other in self.manifest.cells_after(cell) if ind_c in other.contests), None)

    def arrived(self, cell: Cell, ind_c: int) -> list[Cell]:
        """The cell and those whose ballots arrive there by merging (docs: manifest.md, "Merging")."""
        senders = [other for other in self.manifest.cells if ind_c in other.contests]
        senders = [other for other in senders if self.receiver(other, ind_c) is cell]
        return [cell, *(each for sender in senders for each in self.sent(sender, ind_c))]

    def sent(self, cell: Cell, ind_c: int) -> list[Cell]:
        """The cells with ballots that a cell passes on, itself among them, since together they break a rule."""
        arrived = self.arrived(cell, ind_c)
        leaves = self.receiver(cell, ind_c) is not None and bool(self.rules_broken(arrived, ind_c))
        return [each for each in arrived if leaves and self.voters(each, ind_c) > 0]

    def summed(self, cell: Cell, ind_c: int) -> list[Cell]:
        """The cells of which the cell has the sum in the end; none where its own ballots were passed on."""
        sent = self.sent(cell, ind_c)
        return [] if cell in sent else [each for each in self.arrived(cell, ind_c) if each not in sent]

    def voters_together(self, cells: Sequence[Cell], ind_c: int) -> int:
        return sum(self.voters(cell, ind_c) for cell in cells)

    def decryptable(self, cell: Cell) -> list[int]:
        """The cell's contests with enough cast ballots but for exceptions (docs: record.md, "Tally of a cell")."""
        minimum, number = self.manifest.minimum_cell_ballots, self.number(cell)
        valid = [e for e in self.record.exceptions if e.cell == number and not self.problem_of(e)]
        withheld = {e.contest for e in valid if e.action == "withheld"}
        below = {e.contest for e in valid if (e.rule, e.action) == ("minimum", "decrypted")}
        sums = {ind_c: self.voters_together(self.summed(cell, ind_c), ind_c) for ind_c in cell.contests}
        enough = {ind_c for ind_c, voters in sums.items() if voters >= minimum}
        return [ind_c for ind_c in cell.contests if ind_c in (enough - withheld) | below]

    def x_exceptions(self) -> None:
        """Docs: record.md, "Exception"."""
        keys = [(e.cell, e.contest, e.rule) for e in self.record.exceptions]
        self.check("X.exceptions", keys == sorted(set(keys)), f"exceptions {keys}: not once each and in order")
        for exception in self.record.exceptions:
            problem = self.problem_of(exception)
            self.check("X.exceptions", not problem, f"{exception}: {problem}")

    def problem_of(self, exception: TallyException) -> str:
        """What is wrong with an exception, nothing where it holds."""
        cell, parameters = self.manifest.cell(exception.cell), self.record.parameters
        if cell is None or exception.contest not in cell.contests:
            return "no such contest in such a cell"
        summed = self.summed(cell, exception.contest)
        broken, voters = self.rules_broken(summed, exception.contest), self.voters_together(summed, exception.contest)
        if exception.rule not in broken:
            return "the rule is not broken"
        if exception.action == "withheld" and broken != {"weight"}:
            return "nothing is withheld by name for this"
        named = exception.guardians
        if voters == 0 or named != sorted(set(named)) or not parameters.k <= len(named) or named[-1] > parameters.n:
            return "no ballot, all merged elsewhere, or no quorum"
        return ""

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

    def aggregate(self, ballots: Sequence[EncryptedBallot | RecordedBallot], ind_c: int, ind_o: int) -> Ciphertext:
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

    def product(self, aggregates: Sequence[Ciphertext]) -> Ciphertext:
        """The encryption of the sum of what these encrypt.

        Spec: EG-2.1 §3.5, eq. 79
        """
        return Ciphertext(
            self.group.product(aggregate.alpha for aggregate in aggregates),
            self.group.product(aggregate.beta for aggregate in aggregates),
        )

    def tallies(self, keys: Keys) -> None:
        """Boxes 10 and 11."""
        lines = self.record.tallies or []
        self.x_exceptions()
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
                    cells = sorted({line.cell, *contest.merged})
                    parts = [aggregates.get((each, contest.index, option.index)) for each in cells]
                    aggregate = self.product([part for part in parts if part]) if all(parts) else None
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
                (ind_c, list(range(1, len(self.manifest.contests[ind_c - 1].columns) + 1)))
                for ind_c in self.decryptable(line_cell)
            ]
            for contest in line.contests:
                self.x_tally_merged(line, line_cell, contest)
            self.check("X.tally-complete", shape == wanted, f"{where}: contests and options {shape}, not {wanted}")

    def x_tally_merged(self, line: Tally, cell: Cell, contest: TallyContest) -> None:
        """Whose ballots a contest of a tally counts, and that they are enough."""
        where = f"tally of cell {line.cell}: contest {contest.index}"
        if contest.index in cell.contests:
            merged = [self.number(each) for each in self.summed(cell, contest.index) if each is not cell]
            agrees = contest.merged == sorted(merged)
            self.check("X.tally-merged", agrees, f"{where} is merged with {contest.merged}, not {sorted(merged)}")
        stated = [each for each in map(self.manifest.cell, {line.cell, *contest.merged}) if each is not None]
        enough = self.voters_together(stated, contest.index) >= self.manifest.minimum_cell_ballots
        excepted = any(
            (e.cell, e.contest, e.rule, e.action) == (line.cell, contest.index, "minimum", "decrypted")
            and not self.problem_of(e)
            for e in self.record.exceptions
        )
        self.check("X.cell-minimum", enough or excepted, f"{where} has too few cast ballots")

    def x_tally_range(self, line: Tally, contest: TallyContest, option: TallyOption, where: str) -> None:
        cell, known = self.manifest.cell(line.cell), self.manifest.contest(contest.index)
        member = self.group.has_element(option.encoded_tally)
        self.check("X.tally-membership", member, f"{where}: T is not in Z_p^r")
        if cell is None or known is None or not 1 <= option.index <= len(known.columns):
            return
        counted = [each for each in map(self.manifest.cell, {line.cell, *contest.merged}) if each is not None]
        weight = sum(ballot.weight for each in counted for ballot in self.cast_ballots(each))
        highest = min(weight * known.columns[option.index - 1].limit, self.group.q - 1)
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
        labels = dict(enumerate((option.label for option in known.columns), 1))
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
            for ind_c in self.decryptable(cell):
                styles = [style for each in self.summed(cell, ind_c) for style in each.styles]
                if not any(
                    ballot.status in ("cast", "challenged") and ballot.style in styles and ballot.contest(ind_c)
                    for ballot in self.record.all_ballots
                ):
                    continue
                known = self.manifest.contest(ind_c)
                there = known is not None and known.label in listed
                self.check("11.D", there, f"cell {number}: contest {ind_c} of submitted ballots is not in the tally")
