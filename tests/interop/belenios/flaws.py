"""One flaw for every check of a Belenios record, and what else fails with it; the chain is hashed anew around it."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from e2evote.interop.belenios.arithmetic import compact
from tests.interop.belenios.maker import QUESTIONS, VOTES, Maker
from tests.interop.belenios.model import Archive, Model

Files = dict[str, bytes]
ORDER_2 = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"
"""The point (0, −1) of Ed25519, in Belenios's form."""


@dataclass(frozen=True)
class Flaw:
    """A flaw, the check that is meant to find it, and checks that cannot but fail as well."""

    name: str
    check: str
    make: Callable[[Maker, Model], Model | Files]
    also: frozenset[str] = frozenset()

    def files(self, maker: Maker, model: Model) -> Files:
        changed = self.make(maker, model.copy())
        return changed.files() if isinstance(changed, Model) else changed


FLAWS: list[Flaw] = []


def flaw(check: str, *also: str) -> Callable[[Callable[[Maker, Model], Any]], Callable[[Maker, Model], Any]]:
    def add(make: Callable[[Maker, Model], Any]) -> Callable[[Maker, Model], Any]:
        name = make.__name__
        FLAWS.append(Flaw(name, f"BEL.{check}", make, frozenset(f"BEL.{other}" for other in also)))
        return make

    return add


def bump(proof: dict[str, str], name: str = "response") -> None:
    """Add 1 to a number of a proof."""
    proof[name] = str(int(proof[name]) + 1)


def twisted(maker: Maker, text: str) -> str:
    """Multiply a point with the one of order 2."""
    return maker.text(maker.math.read(text, "point") * maker.math.read(ORDER_2, "point"))


def voter_of(position: int) -> int:
    return VOTES[position][0]


def signed_again(maker: Maker, model: Model, position: int) -> Model:
    maker.signed(model.ballots[position], maker.voters[voter_of(position)])
    return model


def certified_again(maker: Maker, model: Model) -> Model:
    model.certificate = maker.credentials_certificate(model.credentials)
    return model


@flaw("hashes")
def file_changed_under_its_name(_maker: Maker, model: Model) -> Files:
    files = model.files()
    name = next(name for name, data in files.items() if data == compact(model.credentials).encode())
    return files | {name: files[name].replace(b'","', b'", "', 1)}


@flaw("chain")
def parent_of_another_height(_maker: Maker, model: Model) -> Files:
    files = model.files()
    last = list(files)[-1]
    event = json.loads(files.pop(last))
    event["parent"] = next(name for name in files if ".event." in name).split(".")[0]
    archive = Archive()
    archive.data(event, "event")
    return files | archive.files


@flaw("chain")
def event_of_unknown_type(_maker: Maker, model: Model) -> Files:
    archive = Archive()
    archive.data({"height": 99, "type": "Recount"}, "event")
    return archive.files | model.files()


@flaw("order")
def second_result(_maker: Maker, model: Model) -> Files:
    return with_event(model, "Result", model.result)


@flaw("order", "ballot-unique")
def ballot_after_the_end(_maker: Maker, model: Model) -> Files:
    return with_event(model, "Ballot", model.ballots[-1])


def with_event(model: Model, kind: str, payload: Any) -> Files:
    files = model.files()
    archive = Archive()
    archive.parent = list(files)[-1].split(".")[0]
    archive.height = sum(".event." in name for name in files)
    archive.event(kind, payload)
    return files | archive.files


@flaw("references")
def file_that_nothing_refers_to(_maker: Maker, model: Model) -> Files:
    archive = Archive()
    archive.data({"more": 1})
    return model.files() | archive.files


@flaw("group")
def generator_of_no_order_q(_maker: Maker, model: Model) -> Model:
    model.election["group"] = compact({"g": "5", "p": "23", "q": "11"})
    model.election["public_key"] = "4"
    return model


@flaw("trustee-format")
def trustee_of_unknown_kind(_maker: Maker, model: Model) -> Model:
    model.trustees[0][0] = "Triple"
    return model


@flaw("trustee-format")
def more_trustees_than_can_share_a_key(_maker: Maker, model: Model) -> Model:
    model.trustees[1][1]["certs"] *= 100
    return model


@flaw("trustee-format")
def threshold_above_the_number_of_trustees(_maker: Maker, model: Model) -> Model:
    model.trustees[1][1]["threshold"] = 4
    return model


@flaw("key-membership", "trustee-proof", "election-key", "decryption-proof", "decryption-quorum")
def key_outside_the_group(maker: Maker, model: Model) -> Model:
    key = model.trustees[0][1]
    key["public_key"] = twisted(maker, key["public_key"])
    return model


@flaw("trustee-proof")
def proof_of_a_key(_maker: Maker, model: Model) -> Model:
    bump(model.trustees[0][1]["pok"])
    return model


@flaw("certificate", "commitments")
def certificate_signed_by_nobody(_maker: Maker, model: Model) -> Model:
    bump(model.trustees[1][1]["certs"][0]["signature"])
    return model


@flaw("certificate", "commitments", "verification-key")
def certificates_exchanged(_maker: Maker, model: Model) -> Model:
    certs = model.trustees[1][1]["certs"]
    certs[0], certs[1] = certs[1], certs[0]
    return model


@flaw("commitments")
def commitments_not_signed_with_certificates(_maker: Maker, model: Model) -> Model:
    bump(model.trustees[1][1]["signatures"][0])
    return model


@flaw("commitments")
def commitments_signed_by_nobody(_maker: Maker, model: Model) -> Model:
    bump(model.trustees[1][1]["coefexps"][2]["signature"])
    return model


@flaw("verification-key")
def key_share_signed_by_nobody(_maker: Maker, model: Model) -> Model:
    bump(model.trustees[1][1]["verification_keys"][0]["signature"])
    return model


@flaw("verification-key")
def key_share_of_the_trustees_choice(maker: Maker, model: Model) -> Model:
    keys = model.trustees[1][1]["verification_keys"]
    keys[1] = maker.key(7) | {"signature": keys[1]["signature"]}  # trustee 3, who did not decrypt
    return model


@flaw("election-key", "decryption-proof", "decryption-quorum")
def single_key_exchanged(maker: Maker, model: Model) -> Model:
    model.trustees[0][1] = maker.key(7)
    return model


@flaw("credential-format")
def credential_with_a_negative_weight(_maker: Maker, model: Model) -> Model:
    model.credentials[0] = model.credentials[0].split(",")[0] + ",-1"
    return model


@flaw("credential-membership")
def credential_outside_the_group(maker: Maker, model: Model) -> Model:
    model.credentials.append(ORDER_2 + ",1")
    return certified_again(maker, model)


@flaw("credential-unique")
def credential_twice(maker: Maker, model: Model) -> Model:
    model.credentials.append(model.credentials[0])
    return certified_again(maker, model)


@flaw("credential-certificate")
def certificate_of_another_list(_maker: Maker, model: Model) -> Model:
    assert model.certificate is not None
    model.certificate["public_creds_hash"] = "0" * 64
    return model


@flaw("credential-certificate")
def certificate_of_the_list_signed_by_nobody(_maker: Maker, model: Model) -> Model:
    assert model.certificate is not None
    bump(model.certificate["signature"]["signature"])
    return model


@flaw("ballot-format")
def ballot_not_canonical(_maker: Maker, model: Model) -> Model:
    model.ballots[0] = compact(model.ballots[0]).replace(",", ", ", 1).encode()
    return model


@flaw("ballot-format")
def ballot_with_a_point_in_capitals(maker: Maker, model: Model) -> Model:
    choice = model.ballots[0]["answers"][0]["choices"][0]
    choice["alpha"] = choice["alpha"].upper()
    return signed_again(maker, model, 0)


@flaw("ballot-format")
def ballot_without_an_answer(maker: Maker, model: Model) -> Model:
    model.ballots[0]["answers"].pop()
    return signed_again(maker, model, 0)


@flaw("ballot-format")
def ballot_with_a_proof_too_few(maker: Maker, model: Model) -> Model:
    model.ballots[0]["answers"][0]["overall_proof"].pop()
    return signed_again(maker, model, 0)


@flaw("ballot-unique")
def ballot_twice(_maker: Maker, model: Model) -> Model:
    model.ballots.append(copy.deepcopy(model.ballots[-1]))
    return model


@flaw("ballot-election")
def ballot_of_another_election(maker: Maker, model: Model) -> Model:
    model.ballots[0]["election_uuid"] = "11111111111111"
    return signed_again(maker, model, 0)


@flaw("credential")
def ballot_of_nobody(maker: Maker, model: Model) -> Model:
    del model.credentials[1]
    return certified_again(maker, model)


@flaw("signature")
def signature_of_nobody(_maker: Maker, model: Model) -> Model:
    bump(model.ballots[1]["signature"]["proof"])
    return model


@flaw("signature")
def signature_of_another_ballot(_maker: Maker, model: Model) -> Model:
    model.ballots[0]["signature"] = model.ballots[3]["signature"]
    return model


@flaw("membership")
def ciphertext_outside_the_group(maker: Maker, model: Model) -> Model:
    """All proofs hold: their challenges are even, so that the factor of order 2 falls out of the equations."""
    ballot = model.ballots[0]
    statement = f"{maker.fingerprint}|{ballot['credential']}"
    twist = maker.math.read(ORDER_2, "point")
    ballot["answers"][0] = maker.answer(QUESTIONS[0], VOTES[0][1][0], statement, twist)
    return signed_again(maker, model, 0)


@flaw("individual")
def choice_not_proved(maker: Maker, model: Model) -> Model:
    bump(model.ballots[0]["answers"][0]["individual_proofs"][2][1], "challenge")
    return signed_again(maker, model, 0)


@flaw("overall")
def sum_not_proved(maker: Maker, model: Model) -> Model:
    bump(model.ballots[1]["answers"][0]["overall_proof"][0])
    return signed_again(maker, model, 1)


@flaw("overall")
def sum_or_blank_not_proved(maker: Maker, model: Model) -> Model:
    bump(model.ballots[1]["answers"][1]["overall_proof"][1])
    return signed_again(maker, model, 1)


@flaw("blank")
def blank_not_proved(maker: Maker, model: Model) -> Model:
    bump(model.ballots[1]["answers"][1]["blank_proof"][0])
    return signed_again(maker, model, 1)


@flaw("tally-format")
def tally_without_an_answer(_maker: Maker, model: Model) -> Model:
    model.tally[0].pop()
    return model


@flaw("tally-size")
def one_ballot_more_counted(_maker: Maker, model: Model) -> Model:
    model.size["num_tallied"] += 1
    return model


@flaw("tally")
def first_vote_counted_instead_of_the_last(maker: Maker, model: Model) -> Model:
    """All that follows from the wrong tally is right."""
    last = {voter: (ballot, votes) for (voter, votes), ballot in zip(VOTES, model.ballots, strict=True)}
    last[0] = (model.ballots[0], VOTES[0][1])
    return maker.finish(model, last)


@flaw("decryption-format", "decryption-quorum")
def factor_missing(_maker: Maker, model: Model) -> Model:
    model.shares[2][1]["decryption_factors"][0].pop()
    return model


@flaw("decryption-owner")
def trustee_decrypts_twice(_maker: Maker, model: Model) -> Model:
    model.shares.append(model.shares[-1])
    return model


@flaw("decryption-owner")
def decryption_of_nobody(_maker: Maker, model: Model) -> Model:
    model.shares.append((5, model.shares[-1][1]))
    return model


@flaw("decryption-membership", "decryption-quorum")
def factor_outside_the_group(maker: Maker, model: Model) -> Model:
    """The proof holds: its challenge is even."""
    while True:
        share = maker.share(maker.single, model.tally)
        if int(share["decryption_proofs"][0][0]["challenge"]) % 2 == 0:
            break
    row = share["decryption_factors"][0]
    row[0] = twisted(maker, row[0])
    model.shares[2] = (1, share)
    return model


@flaw("decryption-proof", "decryption-quorum")
def factor_not_proved(_maker: Maker, model: Model) -> Model:
    bump(model.shares[2][1]["decryption_proofs"][0][0])
    return model


@flaw("decryption-quorum")
def one_trustee_of_two(_maker: Maker, model: Model) -> Model:
    del model.shares[1]
    return model


@flaw("decryption-quorum")
def mandatory_trustee_missing(_maker: Maker, model: Model) -> Model:
    del model.shares[2]
    return model


@flaw("result-format")
def result_without_an_answer(_maker: Maker, model: Model) -> Model:
    model.result["result"][0].pop()
    return model


@flaw("result")
def one_vote_more(_maker: Maker, model: Model) -> Model:
    model.result["result"][0][0] += 1
    return model
