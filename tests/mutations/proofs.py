"""Broken records: boxes 5 to 7, the identifiers of ballots and the proofs of their options and limits."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Any

from e2evote.elgamal import Ciphertext, encrypt
from e2evote.group.elements import Element, Scalar, SecretScalar
from e2evote.zkp import range as range_proof
from e2evote.zkp.range import Commitments, RangeProof
from tests.ballot_forger import Vote
from tests.forger import Forger
from tests.mutations.registry import DATA_LEFT_OUT, board, defect

# ------------------------------------------------------------------------------------------------- box 5


@defect("5.A")
def _repeated_id(f: Forger) -> None:
    """Two different ballots with one id_B."""
    f.encrypt_again(f.pick("cast", 1, device=1), id_b=f.pick("cast", 0, device=1).ballot.id_b)
    f.write()


@defect("5.B")
def _h_i_of_another_election(f: Forger) -> None:
    """H_I is hashed under another H_E, and all else on the ballot under that H_I."""
    f.encrypt_again(f.pick("cast", device=1), election=f.with_h_e(b"\x01" * 32))
    f.write()


@defect("5.A X.codes-unique")
def _repeated_ballot(f: Forger) -> None:
    """The same ballot twice on a device without chaining, and counted twice."""
    vote = f.pick("cast", device=2)
    f.votes[2].append(Vote(vote.ballot, vote.nonce, vote.plaintext, vote.status))
    f.rechain(2)
    f.write()


@defect("5.A X.codes-unique", may="8.D")
def _repeated_ballot_on_another_device(f: Forger) -> None:
    """A ballot of another device is handed in again on a device without chaining."""
    vote = f.pick("cast", device=1)
    f.votes[2].append(Vote(vote.ballot, vote.nonce, vote.plaintext, vote.status))
    f.votes[2][-1].change(device=2, position=len(f.votes[2]))
    f.close(2)
    f.write()


@defect("X.codes-unique 8.B")
def _repeated_code(f: Forger) -> None:
    """Two voters are given one confirmation code (a clash attack)."""
    first, second = (f.pick("cast", nth, device=2) for nth in (0, 1))
    second.change(confirmation_code=first.ballot.confirmation_code)
    f.write()


@defect("6.D")
def _option_response_plus_1(f: Forger) -> None:
    """One response of an option's proof is wrong."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("6.D")
def _option_challenge_plus_1(f: Forger) -> None:
    """One challenge of an option's proof is wrong."""
    _change_proof(board(f), 1, 2, lambda proof: _with(proof, challenges=f.plus_one))
    f.write()


@defect("6.B")
def _option_challenge_plus_q(f: Forger) -> None:
    """One challenge of an option's proof is not below q."""
    _change_proof(_small_numbers(f), 1, 2, lambda proof: _with(proof, challenges=f.plus_q))
    f.write()


@defect("6.C")
def _option_response_plus_q(f: Forger) -> None:
    """One response of an option's proof is not below q."""
    _change_proof(_small_numbers(f), 1, 2, lambda proof: _with(proof, responses=f.plus_q))
    f.write()


@defect("7.D")
def _limit_response_plus_1(f: Forger) -> None:
    """One response of a limit proof is wrong."""
    _change_proof(board(f), 1, None, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("7.B")
def _limit_challenge_plus_q(f: Forger) -> None:
    """One challenge of a limit proof is not below q."""
    _change_proof(_small_numbers(f), 1, None, lambda proof: _with(proof, challenges=f.plus_q))
    f.write()


@defect("7.C")
def _limit_response_plus_q(f: Forger) -> None:
    """One response of a limit proof is not below q."""
    _change_proof(_small_numbers(f), 1, None, lambda proof: _with(proof, responses=f.plus_q))
    f.write()


@defect("6.B 6.C 7.B 7.C")
def _challenges_and_responses_plus_q(f: Forger) -> None:
    """Challenges and responses of an option's and a limit proof are not below q."""
    vote = _small_numbers(f)
    for ind_o in (2, None):
        _change_proof(vote, 1, ind_o, lambda proof: _with(proof, challenges=f.plus_q, responses=f.plus_q))
    f.write()


@defect("6.D")
def _spoiled_ballot_with_wrong_proof(f: Forger) -> None:
    """A proof on a spoiled ballot is wrong; it is looked at although the ballot is neither counted nor opened."""
    _change_proof(f.pick("spoiled"), 3, 1, lambda proof: _with(proof, responses=f.plus_one))
    f.write()


@defect("6.D")
def _proofs_of_two_options_swapped(f: Forger) -> None:
    """Two options of a contest carry each other's proof."""
    vote = board(f)
    first, second = (vote.contest(1).options[j].proof for j in (2, 3))
    vote.change_option(1, 3, proof=second)
    vote.change_option(1, 4, proof=first)
    f.write()


@defect("6.D 7.D X.nonce-proof X.contest-data-proof", may=DATA_LEFT_OUT)
def _copied_ballot(f: Forger) -> None:
    """A voter hands in another voter's ciphertexts and proofs under a new id_B (a replay)."""
    copied, vote = board(f, 0).ballot, board(f, 1)
    f.encrypt_again(vote)
    vote.change(contests=copied.contests, ballot_nonce=copied.ballot_nonce)
    f.reseal(vote)
    f.keep_sealed.append(vote)
    f.write()


@defect("6.D")
def _encryption_of_two(f: Forger) -> None:
    """2 votes for one option under R = 1: an honest proof for R = 2, cut to two branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0))
    f.reseal(vote)
    f.write()


@defect("6.D 7.D")
def _encryption_of_five(f: Forger) -> None:
    """5 votes for one option under R = 1 and L = 2: honest proofs for 5, cut to two and three branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 5, 0))
    f.reseal(vote)
    f.write()


@defect("6.D")
def _encryption_of_two_with_simulated_proof(f: Forger) -> None:
    """2 votes under R = 1, both branches simulated, so that each fits by itself but the sum is no hash."""

    def simulate(value: int, xi: SecretScalar, _: Ciphertext, limit: int, __: object) -> RangeProof:
        numbers = [f.rng.scalar(f.group).reveal() for _ in range(2 * limit + 2)]
        return RangeProof(tuple(numbers[: limit + 1]), tuple(numbers[limit + 1 :]))

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), simulate, f.prove)
    f.reseal(vote)
    f.write()


@defect("6.D")
def _encryption_of_two_for_a_loop_one_short(f: Forger) -> None:
    """2 votes under R = 1 with a proof whose last branch is in the sum of challenges but not in the hash."""

    def cheat(value: int, xi: SecretScalar, _: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        u, c = f.rng.scalar(f.group), f.rng.scalar(f.group).reveal()
        t = u + f.group.scalar(value) * c
        rest = challenge([f.g**u, f.election.K**t, *[f.group.one] * (2 * limit)]) - c
        responses = [(u - c * xi).reveal(), *(f.rng.scalar(f.group).reveal() for _ in range(limit))]
        return RangeProof((c, rest, *[f.group.scalar(0)] * (limit - 1)), tuple(responses))

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), cheat, f.prove)
    f.reseal(vote)
    f.write()


@defect("X.proof-length", skips="6.D")
def _one_branch_proof(f: Forger) -> None:
    """A proof of R = 0, sound by itself, where R = 1."""
    _prove_for(f, 0)


@defect("X.proof-length", skips="6.D")
def _extra_branch(f: Forger) -> None:
    """A proof of R = 2, sound by itself, where R = 1."""
    _prove_for(f, 2)


@defect("X.proof-length", skips="6.D")
def _encryption_of_two_with_extra_branch(f: Forger) -> None:
    """2 votes under R = 1, honestly proved for R = 2."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 2, 0), lambda v, xi, ct, _, c: f.prove(v, xi, ct, 2, c), f.prove)
    f.reseal(vote)
    f.write()


@defect("X.proof-length", skips="6.D")
def _empty_proof(f: Forger) -> None:
    """A proof without branches."""
    _change_proof(board(f), 1, 1, lambda proof: RangeProof((), ()))
    f.write()


@defect("X.proof-length", skips="6.D")
def _response_missing(f: Forger) -> None:
    """A proof with fewer responses than challenges."""
    _change_proof(board(f), 1, 1, lambda proof: RangeProof(proof.challenges, proof.responses[:-1]))
    f.write()


@defect("X.proof-length", skips="7.D")
def _overvote_with_limit_of_all_options(f: Forger) -> None:
    """4 votes in a contest with L = 2, honestly proved for L = 4, the sum of all R (a known mistake)."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (1, 1, 1, 1), f.prove, lambda v, xi, ct, _, c: f.prove(v, xi, ct, 4, c))
    f.reseal(vote)
    f.write()


@defect("7.D")
def _overvote_with_cut_proof(f: Forger) -> None:
    """4 votes in a contest with L = 2: an honest proof for 4, cut to three branches."""
    vote = board(f)
    f.encrypt_contest(vote, 1, (1, 1, 1, 1))
    f.reseal(vote)
    f.write()


@defect("6.D")
def _option_index_from_0(f: Forger) -> None:
    """Proofs hash option indices that count from 0 (a known mistake)."""
    vote = board(f)
    h_i = vote.ballot.h_i

    def prove(value: int, xi: SecretScalar, ciphertext: Ciphertext, limit: int, _: object) -> RangeProof:
        number = next(places)
        challenge = partial(range_proof.selection_challenge, h_i, 1, number, ciphertext)
        return f.prove(value, xi, ciphertext, limit, challenge)

    places = iter(range(4))
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), prove, f.prove)
    f.reseal(vote)
    f.write()


@defect("6.D 7.D")
def _challenge_hashed_in_another_order(f: Forger) -> None:
    """Commitments hashed as a_0, a_1, …, b_0, b_1, … (a known mistake)."""

    def reordered(challenge: Any) -> Any:
        def hashed(commitments: Commitments) -> Scalar:
            return challenge([*commitments[::2], *commitments[1::2]])

        return hashed

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), lambda v, xi, ct, limit, c: f.prove(v, xi, ct, limit, reordered(c)))
    f.reseal(vote)
    f.write()


@defect("6.A 7.A")
def _alpha_minus(f: Forger) -> None:
    """−α with even challenges, on a ballot of weight 2, so that the tally does not show it."""
    _forge_option(f, lambda ciphertext: Ciphertext(f.minus(ciphertext.alpha), ciphertext.beta), weight=2)


@defect("6.A 7.A")
def _beta_minus(f: Forger) -> None:
    """−β with even challenges, on a ballot of weight 2, so that the tally does not show it."""
    _forge_option(f, lambda ciphertext: Ciphertext(ciphertext.alpha, f.minus(ciphertext.beta)), weight=2)


@defect("6.A 7.A")
def _two_options_minus(f: Forger) -> None:
    """−α in two options, so that the product of the contest is in the group: each is tested, not the product."""
    vote = board(f, weight=2)
    forge = lambda j, ct: Ciphertext(f.minus(ct.alpha), ct.beta) if j > 2 else ct  # noqa: E731
    f.encrypt_contest(vote, 1, (0, 0, 0, 0), f.prove_evenly, f.prove, forge)
    f.reseal(vote)
    f.write()


@defect("6.A 7.A")
def _alpha_above_p(f: Forger) -> None:
    """α = p + 1, which is 1 mod p: an encryption with the nonce 0 under another number."""
    _nonce_zero(f, f.group.element(f.group.p + 1))


@defect("6.A 7.A")
def _alpha_0(f: Forger) -> None:
    """α = 0 and β of 7 votes, with proofs that hold, on a spoiled ballot."""
    _seven_votes(f, f.group.element(0))


@defect("6.A 7.A")
def _alpha_p(f: Forger) -> None:
    """α = p, which is 0 mod p, and β of 7 votes, with proofs that hold, on a spoiled ballot."""
    _seven_votes(f, f.group.element(f.group.p))


@defect("6.A 7.A")
def _beta_0(f: Forger) -> None:
    """β = 0, with proofs that hold because every b_j is 0, on a spoiled ballot."""
    _any_votes(f, f.group.element(0))


@defect("6.A 7.A")
def _beta_p(f: Forger) -> None:
    """β = p, which is 0 mod p, with proofs that hold, on a spoiled ballot."""
    _any_votes(f, f.group.element(f.group.p))


@defect("6.A 7.A 6.D 7.D")
def _alpha_with_another_part(f: Forger) -> None:
    """α times a square of large order outside the group: what is left of it are two wrong proofs."""
    _with_parts(f, (f.pick("spoiled"), 1, f.another_part()))


@defect("6.A 7.A 6.D 7.D")
def _beta_with_two_other_parts(f: Forger) -> None:
    """−β times a square outside the group: no square, and of large order."""
    _with_parts(f, (f.pick("spoiled"), 2, f.minus(f.another_part())), beta=True)


@defect("6.A 7.A 6.D")
def _parts_of_two_options_cancel(f: Forger) -> None:
    """α times such a square and another option's α divided by it: the product of the contest is in the group."""
    vote, part = f.pick("spoiled"), f.another_part()
    _with_parts(f, (vote, 1, part), (vote, 2, f.group.one / part))


@defect("6.A 7.A 6.D 7.D")
def _parts_of_two_ballots_cancel(f: Forger) -> None:
    """α times such a square and another voter's α divided by it: the tally is in the group."""
    part, votes = f.another_part(), [board(f, nth, weight=1) for nth in (0, 1)]
    _with_parts(f, (votes[0], 1, part), (votes[1], 1, f.group.one / part))


def _with(proof: RangeProof, **changes: Callable[[Scalar], Scalar]) -> RangeProof:
    """Change the last challenge or response of a proof."""
    lists = {"challenges": proof.challenges, "responses": proof.responses}
    for name, change in changes.items():
        lists[name] = (*lists[name][:-1], change(lists[name][-1]))
    return RangeProof(**lists)


def _change_proof(vote: Vote, ind_c: int, ind_o: int | None, change: Callable[[RangeProof], RangeProof]) -> None:
    contest = vote.contest(ind_c)
    if ind_o is None:
        vote.change_contest(ind_c, proof=change(contest.proof))
    else:
        vote.change_option(ind_c, ind_o, proof=change(contest.options[ind_o - 1].proof))


def _small_numbers(f: Forger) -> Vote:
    """Encrypt no vote in contest 1; of all branches but the first, challenges and responses are so small that x + q has
    32 bytes in any group.
    """

    def prove(value: int, xi: SecretScalar, ct: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        u, small = f.rng.scalar(f.group), [f.group.scalar(j) for j in range(1, limit + 1)]
        simulated = [(f.g**j * ct.alpha**j, f.election.K ** (j - j * j) * ct.beta**j) for j in small]
        c = challenge([f.g**u, f.election.K**u, *(place for pair in simulated for place in pair)])
        first = reduce(lambda x, y: x - y, small, c)
        return RangeProof((first, *small), ((u - first * xi).reveal(), *small))

    vote = board(f)
    f.encrypt_contest(vote, 1, (0, 0, 0, 0), prove)
    f.reseal(vote)
    return vote


def _prove_for(f: Forger, limit: int) -> None:
    vote = board(f)
    honest = lambda v, xi, ct, _, c: f.prove(v, xi, ct, limit, c)  # noqa: E731
    f.encrypt_contest(vote, 1, (0, 0, 0, 0), honest, f.prove)
    f.reseal(vote)
    f.write()


def _forge_option(f: Forger, forge: Callable[[Ciphertext], Ciphertext], **wanted: object) -> None:
    vote = board(f, **wanted)
    f.encrypt_contest(vote, 1, (0, 1, 0, 0), f.prove_evenly, forge=lambda j, ct: forge(ct) if j == 3 else ct)
    f.reseal(vote)
    f.write()


def _nonce_zero(f: Forger, alpha: Element) -> None:
    """Encrypt one option with the nonce 0, and write α = 1 in another way."""
    vote, K, zero = board(f), f.election.K, f.group.secret(0)
    ciphertext = Ciphertext(alpha, K ** f.group.scalar(1))
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 1, ciphertext)
    vote.change_option(3, 1, ciphertext=ciphertext, proof=f.prove(1, zero, ciphertext, 1, challenge))
    other = encrypt(f.g, K, 0, zero)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 2, other)
    vote.change_option(3, 2, ciphertext=other, proof=f.prove(0, zero, other, 1, challenge))
    total = reduce(lambda x, y: x * y, vote.contest(3).ciphertexts)
    challenge = partial(range_proof.limit_challenge, vote.ballot.h_i, 3, total)
    vote.change_contest(3, proof=f.prove(1, zero, total, 1, challenge))
    f.reseal(vote)
    f.write()


def _with_parts(f: Forger, *parts: tuple[Vote, int, Element], beta: bool = False) -> None:
    """Multiply α, or β, of options of contest 3 on some ballots, before they are proved."""
    for vote in {id(vote): vote for vote, _, _ in parts}.values():
        factors = {ind_o: factor for its, ind_o, factor in parts if its is vote}

        def forge(j: int, ct: Ciphertext, factors: dict[int, Element] = factors) -> Ciphertext:
            factor = factors.get(j, f.group.one)
            return Ciphertext(ct.alpha, ct.beta * factor) if beta else Ciphertext(ct.alpha * factor, ct.beta)

        f.encrypt_contest(vote, 3, (1, 0), forge=forge)
        f.reseal(vote)
    f.write()


def _any_votes(f: Forger, beta: Element) -> None:
    """With β ≡ 0 all b_j are 0, and every branch fits whoever knows ξ."""
    vote, zero = f.pick("spoiled"), f.group.element(0)

    def cheat(value: int, xi: SecretScalar, _: Ciphertext, limit: int, challenge: Any) -> RangeProof:
        nonces = [f.rng.scalar(f.group) for _ in range(limit + 1)]
        rest = [f.rng.scalar(f.group).reveal() for _ in range(limit)]
        c = challenge([place for u in nonces for place in (f.g**u, zero)])
        challenges = (*rest, reduce(lambda x, y: x - y, rest, c))
        return RangeProof(challenges, tuple((u - c * xi).reveal() for u, c in zip(nonces, challenges, strict=True)))

    forge = lambda j, ct: Ciphertext(ct.alpha, beta) if j == 1 else ct  # noqa: E731
    # The honest option keeps its honest proof; the total has β = 0 like the forged one.
    provers = iter((cheat, f.prove))
    f.encrypt_contest(vote, 3, (0, 0), lambda *arguments: next(provers)(*arguments), cheat, forge)
    f.reseal(vote)
    f.write()


def _seven_votes(f: Forger, alpha: Element) -> None:
    """With α ≡ 0 all a_j are 0, and one branch can be made to fit whatever β holds."""
    vote, K = f.pick("spoiled"), f.election.K
    m = f.group.scalar(7)

    def cheat(exponent: Scalar, challenge: Any) -> RangeProof:
        t, c_1, v_1 = (f.rng.scalar(f.group).reveal() for _ in range(3))
        b_1 = K ** (v_1 - c_1 + exponent * c_1)
        c_0 = challenge([f.group.element(0), K**t, f.group.element(0), b_1]) - c_1
        return RangeProof((c_0, c_1), (t - c_0 * exponent, v_1))

    ciphertext = Ciphertext(alpha, K**m)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 1, ciphertext)
    vote.change_option(3, 1, ciphertext=ciphertext, proof=cheat(m, challenge))
    other, zero = encrypt(f.g, K, 0, f.group.secret(0)), f.group.secret(0)
    challenge = partial(range_proof.selection_challenge, vote.ballot.h_i, 3, 2, other)
    vote.change_option(3, 2, ciphertext=other, proof=f.prove(0, zero, other, 1, challenge))
    total = reduce(lambda x, y: x * y, vote.contest(3).ciphertexts)
    challenge = partial(range_proof.limit_challenge, vote.ballot.h_i, 3, total)
    vote.change_contest(3, proof=cheat(m, challenge))
    f.reseal(vote)
    f.write()
