"""Supplemental fields: what each of them says of its contest.

Docs: docs/formats/record.md, "Supplemental fields".
"""

from . import equations as eq
from .equations import Ciphertext
from .manifest import Contest
from .record import EncryptedBallot, EncryptedContest, Keys, RangeProof, RecordedContest
from .verdict import Checker


class FieldChecks(Checker):
    """The X check of supplemental fields, and the sum that they share with box 7."""

    def used(self, contest: EncryptedContest | RecordedContest, known: Contest) -> Ciphertext:
        """S, of the product of the options with the overvote indicator to the power L.

        Spec: EG-2.1 §3.3.9
        """
        factors = list(contest.ciphertexts[: len(known.options)])
        columns = dict(zip(known.fields, contest.ciphertexts[len(known.options) :], strict=False))
        if "overvote_indicator" in columns:
            factors.append(self.raised(columns["overvote_indicator"], known.limit))
        return self.sum_of(factors)

    def raised(self, ciphertext: Ciphertext, factor: int) -> Ciphertext:
        return Ciphertext(self.group.power(ciphertext.alpha, factor), self.group.power(ciphertext.beta, factor))

    def sum_of(self, ciphertexts: list[Ciphertext]) -> Ciphertext:
        alpha = self.group.product(ciphertext.alpha for ciphertext in ciphertexts)
        return Ciphertext(alpha, self.group.product(ciphertext.beta for ciphertext in ciphertexts))

    def x_field_relations(
        self, ballot: EncryptedBallot, contest: EncryptedContest, known: Contest, keys: Keys, where: str
    ) -> None:
        """One contest of one ballot."""
        proved = [name for name in known.fields if name != "overvote_indicator"]
        complete = len(contest.relations) == len(proved)
        self.check("X.field-relations", complete, f"{where}: {len(contest.relations)} proofs, not {len(proved)}")
        in_group = all(self.group.has_element(x) for ciphertext in contest.ciphertexts for x in ciphertext)
        if not complete or not in_group or len(contest.ciphertexts) != len(known.columns):
            return
        if keys.vote % self.group.p == 0:  # no power of K, of which box 3 tells
            return
        for name, proof in zip(proved, contest.relations, strict=True):
            ind_o = len(known.options) + known.fields.index(name) + 1
            total, limit = self.statement(name, contest, known, ind_o, keys)
            holds = self.relation_holds(ballot.h_i, contest.index, ind_o, total, limit, proof, keys)
            self.check("X.field-relations", holds, f"{where}: {name} is not proved")

    def statement(
        self, name: str, contest: EncryptedContest, known: Contest, ind_o: int, keys: Keys
    ) -> tuple[Ciphertext, int]:
        """An encryption of a number and the highest that it may be, 0 being the lowest."""
        limit, used, field = known.limit, self.used(contest, known), contest.ciphertexts[ind_o - 1]
        if name == "undervote_difference":
            return self.minus(self.sum_of([used, field]), limit, keys), 0
        if name == "write_in_count":
            written_in = self.sum_of([contest.ciphertexts[option - 1] for option in known.write_ins])
            return self.sum_of([written_in, self.raised(field, -1)]), 0
        lowest = limit if name == "undervote_indicator" else 1
        return self.minus(self.sum_of([used, self.raised(field, limit + 1)]), lowest, keys), limit

    def minus(self, ciphertext: Ciphertext, number: int, keys: Keys) -> Ciphertext:
        return Ciphertext(ciphertext.alpha, self.group.times(ciphertext.beta, self.group.power(keys.vote, -number)))

    def relation_holds(
        self, h_i: bytes, ind_c: int, ind_o: int, total: Ciphertext, limit: int, proof: RangeProof, keys: Keys
    ) -> bool:
        challenges, responses = proof.challenges, proof.responses
        if not len(challenges) == len(responses) == limit + 1:
            return False
        if not all(map(self.group.has_scalar, [*challenges, *responses])):
            return False
        commitments = eq.range_proof_commitments(self.group, keys.vote, total, challenges, responses)
        c = eq.relation_challenge(self.group, h_i, ind_c, ind_o, total, commitments)
        return c == sum(challenges) % self.group.q
