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
        """The cell's contests with enough cast ballots but for exceptions (docs: record.md, "Tally of a cell")."""
        minimum, number = self.manifest.minimum_cell_ballots, self.manifest.cells.index(cell) + 1
        valid = [e for e in self.record.exceptions if e.cell == number and not self.problem_of(e)]
        withheld = {e.contest for e in valid if e.action == "withheld"}
        below = {e.contest for e in valid if (e.rule, e.action) == ("minimum", "decrypted")}
        enough = {ind_c for ind_c in cell.contests if self.voters(cell, ind_c) >= minimum}
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
        minimum, voters = self.manifest.minimum_cell_ballots, self.voters(cell, exception.contest)
        weights = [b.weight for b in self.cast_ballots(cell) if b.contest(exception.contest) is not None]
        rare = len(set(weights)) > 1 and min(map(weights.count, weights)) < minimum
        if not (rare if exception.rule == "weight" else voters < minimum):
            return "the rule is not broken"
        if exception.action == "withheld" and (exception.rule != "weight" or voters < minimum):
            return "nothing is withheld by name for this"
        named = exception.guardians
        if voters == 0 or named != sorted(set(named)) or not parameters.k <= len(named) or named[-1] > parameters.n:
            return "no ballot, or no quorum"
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
                enough |= self.voters(line_cell, contest.index) >= self.manifest.minimum_cell_ballots
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
