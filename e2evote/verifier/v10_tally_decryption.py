"""Box 10: every tally is what the encrypted tallies of its cells decrypt to; and it is a possible number.

The cells are those that the tally names; v11 compares them with the manifest's rule.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import mul

from e2evote.elgamal import Ciphertext
from e2evote.group.computation import Computation, Request, compute, together
from e2evote.group.powers import NewBase
from e2evote.record.tally import EncryptedTally, Tally, TallyOption
from e2evote.verifier.context import Context
from e2evote.verifier.report import Check, Ledger, Place
from e2evote.verifier.v09_aggregation import Sums
from e2evote.zkp.equality import tally_challenge

CHECKS = (
    Check("10.A", "every response of a decryption proof is in Z_q", "decryption"),
    Check("10.B", "the challenge of every decryption proof is correct", "decryption"),
    Check("10.C", "every T is K^t", "decryption"),
    Check("X.tally-membership", "every T is in the group", "decryption"),
    Check("X.tally-range", "no tally exceeds its cells' weight times the option's limit", "decryption"),
)


def verify(
    ledger: Ledger, context: Context, sums: Sums, encrypted: Sequence[EncryptedTally], tallies: Sequence[Tally]
) -> None:
    """Run the box over every tally whose encrypted tally is there; v11 finds those without.

    Spec: EG-2.1 §3.6.5, box 10
    """
    totals = {
        (cell.cell, contest.index, ind_o): total
        for cell in encrypted
        for contest in cell.contests
        for ind_o, total in enumerate(contest.options, 1)
    }
    options = []
    for tally in tallies:
        for contest in tally.contests:
            cells = {tally.cell, *(contest.merged or ())}
            weight = sum(sums.weight.get(cell, 0) for cell in cells)
            for option in contest.options:
                total = _total(totals, cells, contest.index, option.index)
                place = Place(contest=contest.label, option=option.label)
                if total is None:
                    ledger.skip(*(check.id for check in CHECKS))
                    continue
                options.append(_verifying_option(ledger, context, contest.index, total, option, place))
                _verify_range(ledger, context, weight, contest.index, option, place)
    compute(together(options))
    ledger.complete(CHECKS)


def _total(
    totals: Mapping[tuple[int, int, int], Ciphertext], cells: Iterable[int], ind_c: int, ind_o: int
) -> Ciphertext | None:
    """Return (A, B) of the cells together, None if one of them has no encrypted tally of the option."""
    parts = list[Ciphertext]()
    for cell in cells:
        part = totals.get((cell, ind_c, ind_o))
        if part is None:
            return None
        parts.append(part)
    return reduce(mul, parts)


def _verifying_option(
    ledger: Ledger, context: Context, ind_c: int, total: Ciphertext, option: TallyOption, place: Place
) -> Computation[None]:
    T, proof, g, K = option.encoded_tally, option.proof, context.bases.g, context.bases.K
    ledger.check("10.A", proof.response.in_range(), "the response is not in Z_q", place)
    response = yield Request([K ** context.group.scalar(option.tally)], [NewBase(T)])
    ledger.check("10.C", response.values[0] == T, "T is not K^t", place)
    if not ledger.check("X.tally-membership", response.members[0], "T is not a member of the group", place):
        ledger.check("10.B", False, "B·T⁻¹ is not defined in the group", place)
        return
    M = total.beta / T
    a, b = (yield Request(proof.commitments(g, K, NewBase(total.alpha), NewBase(M)))).values
    c = tally_challenge(context.h_e, ind_c, option.index, total, a, b, M)
    ledger.check("10.B", c == proof.challenge, "the challenge does not match", place)


def _verify_range(ledger: Ledger, context: Context, weight: int, ind_c: int, option: TallyOption, place: Place) -> None:
    contests = context.manifest.contests
    if ind_c > len(contests) or option.index > len(contests[ind_c - 1].verifiable_fields):
        ledger.skip("X.tally-range")
        return
    bound = weight * contests[ind_c - 1].option_limit(option.index)
    possible = option.tally <= bound and option.tally < context.group.q
    ledger.check("X.tally-range", possible, f"{option.tally} is more than the {bound} that were possible", place)
