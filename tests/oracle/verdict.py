"""The ids of the checks, and what each of them found."""

from dataclasses import dataclass, field

from .arithmetic import Group
from .record import Record

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
    "15.A": "recorded contests are products of the selected vectors",
    "16.A": "selection hashes of vectors",
    "16.B": "contest hashes of pre-encrypted ballots",
    "16.C": "confirmation codes of pre-encrypted ballots",
    "16.D": "H_DI of printers",
    "16.E": "chaining fields of printers where nothing is chained",
    "16.F": "chaining fields of a printer's chain",
    "16.G": "H_0 of printers",
    "16.H": "the end of a printer's chain",
    "17.A": "short codes",
    "18.A": "confirmation codes of uncast ballots",
    "19.A": "contests of uncast ballots are of their style",
    "19.B": "contests of the style are on uncast ballots",
    "19.C": "options of uncast ballots are in the manifest",
    "19.D": "options of the manifest are on uncast ballots",
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
    "X.field-relations": "supplemental fields fit the votes",
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
    "X.cell-minimum": "a decrypted tally is over enough cast ballots that have the contest",
    "X.tally-merged": "a decrypted tally counts, besides its cell, those that the manifest merges into it",
    "X.tally-complete": "decrypted tallies are there exactly once and in order",
    "X.exceptions": "whatever is decrypted or withheld against the rule is so by a quorum, for a rule that is broken",
    "X.tally-membership": "T is in Z_p^r",
    "X.tally-range": "0 <= t <= weight of its cells * R",
    "X.contest-data-factor": "beta of decrypted contest data is in Z_p^r",
    "X.contest-data-allowed": "the manifest allows contest data of cast ballots to be decrypted",
    "X.contest-data-target": "decrypted contest data belongs to a cast ballot, once",
    "X.contest-data-complete": "contest data of a contest is decrypted for all cast ballots or for none",
    "X.challenged-complete": "exactly the challenged ballots are opened, once and in full",
    "X.challenged-nonce": "nonces are in Z_q and g^xi = alpha",
    "X.selection-hashes": "as many selection hashes as options and null votes",
    "X.short-codes-unique": "no short code twice in a contest",
    "X.recorded-complete": "exactly the cast pre-encrypted ballots are recorded, once, in order, as printed",
    "X.recorded-vectors": "L selected vectors of the ballot, ascending, proved where L > 1",
    "X.uncast-complete": "exactly the uncast ballots are opened, once and in full",
    "X.uncast-nonce": "nonces of uncast ballots are in Z_q",
    "X.challenged-data-nonce": "contest data nonces are in Z_q and g^xi = C_0",
    "X.board-presence": "checkpoint and entries of a board where the manifest names one, and only there",
    "X.board-signed": "the checkpoint is signed by the board",
    "X.board-witnessed": "the checkpoint is cosigned by a quorum of witnesses",
    "X.board-root": "the entries are those of the checkpoint",
    "X.board-order": "every entry is in its place",
    "X.board-files": "files are those of the entries",
    "X.board-secrets": "what becomes of a ballot is decided by who committed to it",
    "X.board-ballots": "ballots are those of the entries",
    "X.board-statuses": "statuses are those of the entries",
    "X.board-recorded": "recorded ballots are those of the entries",
    "X.board-opened": "opened ballots are those of the entries",
    "X.board-end": "a finished record's last entry is the end",
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


class Checker:
    """What every group of boxes works with; `self.check(id, condition, finding)` records each condition."""

    def __init__(self, record: Record, verdict: Verdict) -> None:
        self.record = record
        self.manifest = record.manifest
        self.group: Group = record.parameters.group
        self.check = verdict.check
