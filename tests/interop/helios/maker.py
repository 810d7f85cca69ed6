"""A small maker of Helios elections, written apart from the verifier: the documents as the server publishes them.

The group is Helios's own of 2048 bits. What is made here is self-made: it shows that the verifier follows its rules,
and records of others show that the rules are Helios's.
"""

import base64
import hashlib
import json
import random
from collections.abc import Sequence
from typing import Any

from gmpy2 import invert, powmod

P = int(
    "815901AA6D3CED6A0BD488C617351E322C8AEF8F9F90ADF331A2583D8082AC46F74345A1E1CF561FACBDF3239BC3F0EE7161"
    "8B5D016266CAAFD48439B034A38F6560CD6B671E3A80248B46809AD8DE7A4CC7250469611D59DAE8D8AF5C6D0F9F3665F985"
    "7E04E1134DC94B270E93341449EA503617447ECB83B2C01602878C070D080DA464C974D9951C35C1A553407345EE31EBC4A2"
    "9A3488D5A54702A971EE0A1EA4DA93FCF64105040893FF4BEC23CA11E8CFFA279E899A46891137C28E85F5A2FC9C637AF6D2"
    "6F6B5DEBA3D60580DF41C334EA123331F8B0ADEB43EA64A037E0C5AC168C47CE421BC9718BA8357099A0221F778599ACD917"
    "607F3E3024D7",
    16,
)
Q = int("87974DEB793421CE3891540D906AC0806B85A2B95ADC211A82EF8B659F8D9D25", 16)
G = int(
    "75EE80F0A161DD0C025AC818DB8D52D193A46655FE0EBD3C289A949F42185F58F2F88F825DCDB3E3E98C0598AF87599728F4"
    "F0719A8F68B133E82EB1BC4E3B6B8A377A5C6B812D656EFCDE578FDF515AC6EF628F1564AC907745D53BC6213B74F0CC303B"
    "BE68F3AB2220DCACD0CEECE7AAC3A675AAA0604885A1FB1374E6C08F2DCF503E58AC6487BE73B8AB2A10FA62A79522CBC777"
    "B6321FD346E0D36EE5A7291955117D8BB4284901EB26804BD2286A14AF52F5301C489C80DFEAFB7CE496AF58479A4C6F57F2"
    "9EC8C9E4F6B88DEB06F5D120859D2D4DE06E57B0476F8263F7A4A35F67ED21A4A927109FA89A6B7F4976E98E3DDB3CD232C5"
    "16B1DA5CC555",
    16,
)
UUID = "11111111-2222-4333-8444-555555555555"
Documents = dict[str, Any]


def power(x: int, e: int) -> int:
    return int(powmod(x, e, P))


def hashed(document: object) -> str:
    text = json.dumps(document, sort_keys=True)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def sha1(*numbers: int) -> int:
    return int(hashlib.sha1(",".join(map(str, numbers)).encode()).hexdigest(), 16)


class Maker:
    """Makes one election from a seed."""

    def __init__(
        self,
        questions: Sequence[tuple[int, int, int | None]] = ((3, 0, 1), (2, 1, 2), (3, 0, None)),
        trustees: int = 2,
        aliases: bool = False,
        seed: int = 1,
    ) -> None:
        self.random, self.sums = random.Random(seed), questions
        self.secrets = [self.number() for _ in range(trustees)]
        self.y = power(G, sum(self.secrets) % Q)
        self.trustees = [self._trustee(i, x) for i, x in enumerate(self.secrets)]
        self.aliases = aliases
        self.election: dict[str, Any] = {
            "cast_url": f"http://localhost/helios/elections/{UUID}/cast", "description": "d\u00e9j\u00e0", "frozen_at":
            "2024-01-01 10:00:00.123", "name": "made", "openreg": False, "public_key": self.key(self.y), "questions": [
                {"answer_urls": [None] * n, "answers": [f"a{i}" for i in range(n)], "choice_type": "approval",
                 "max": most, "min": least, "question": "q", "result_type": "absolute",
                 "short_name": "q", "tally_type": "homomorphic"}
                for n, least, most in questions
            ], "short_name": "made", "use_voter_aliases": aliases, "uuid": UUID, "voters_hash": None,
            "voting_ends_at": None, "voting_starts_at": None,
        }  # fmt: skip

    def number(self) -> int:
        return self.random.randrange(1, Q)

    @staticmethod
    def key(y: int) -> dict[str, str]:
        return {"g": str(G), "p": str(P), "q": str(Q), "y": str(y)}

    def _trustee(self, i: int, x: int) -> dict[str, Any]:
        w = self.number()
        key, c = self.key(power(G, x)), sha1(power(G, w))
        pok = {"challenge": str(c), "commitment": str(power(G, w)), "response": str((w + c * x) % Q)}
        return {
            "email": "t@example.org",
            "pok": pok,
            "public_key": key,
            "public_key_hash": hashed(key),
            "uuid": f"t{i}",
        }

    def voter(self, i: int) -> dict[str, Any]:
        if self.aliases:
            return {"alias": f"V{i}", "election_uuid": UUID, "uuid": f"v{i}"}
        name = f"Voter {i}"
        return {
            "election_uuid": UUID,
            "name": name,
            "uuid": f"v{i}",
            "voter_id_hash": hashed(name),
            "voter_type": "password",
        }

    def disjunction(self, alpha: int, beta: int, r: int, value: int, values: range) -> list[dict[str, Any]]:
        branches: dict[int, tuple[int, int, int, int]] = {}
        for m in values:
            if m != value:
                c, z = self.number(), self.number()
                a = power(G, z) * power(alpha, Q - c) % P
                b = power(self.y, z) * power(beta * int(invert(power(G, m), P)) % P, Q - c) % P
                branches[m] = (a, b, c, z)
        w = self.number()
        branches[value] = (power(G, w), power(self.y, w), 0, 0)
        h = sha1(*(n for m in values for n in branches[m][:2]))
        c = (h - sum(branch[2] for branch in branches.values())) % Q
        branches[value] = (*branches[value][:2], c, (w + c * r) % Q)
        return [
            {"challenge": str(c), "commitment": {"A": str(a), "B": str(b)}, "response": str(z)}
            for a, b, c, z in (branches[m] for m in values)
        ]

    def vote(self, choices: Sequence[Sequence[int]]) -> dict[str, Any]:
        answers = []
        for (_, least, most), chosen in zip(self.sums, choices, strict=True):
            r = [self.number() for _ in chosen]
            pairs = [(power(G, k), power(G, v) * power(self.y, k) % P) for k, v in zip(r, chosen, strict=True)]
            proofs = [self.disjunction(*pair, k, v, range(2)) for pair, k, v in zip(pairs, r, chosen, strict=True)]
            alpha = beta = 1
            for a, b in pairs:
                alpha, beta = alpha * a % P, beta * b % P
            overall = None
            if most is not None:
                overall = self.disjunction(alpha, beta, sum(r), sum(chosen), range(least, most + 1))
            shown = [{"alpha": str(a), "beta": str(b)} for a, b in pairs]
            answers.append({"choices": shown, "individual_proofs": proofs, "overall_proof": overall})
        return {"answers": answers, "election_hash": hashed(self.election), "election_uuid": UUID}

    def cast(self, i: int, vote: dict[str, Any], at: int = 0) -> dict[str, Any]:
        return {"cast_at": f"2024-01-02 10:00:0{at}", "vote": vote, "vote_hash": hashed(vote),
                "voter_hash": hashed(self.voter(i)), "voter_uuid": f"v{i}"}  # fmt: skip

    def finish(self, voters: int, ballots: list[dict[str, Any]], result: list[list[int]]) -> Documents:
        """Decrypt the tally of the last ballot of every voter."""
        last = {ballot["voter_uuid"]: ballot["vote"] for ballot in ballots}
        tally = []
        for q, (n, _, _) in enumerate(self.sums):
            tally.append([])
            for i in range(n):
                alpha = beta = 1
                for vote in last.values():
                    cell = vote["answers"][q]["choices"][i]
                    alpha, beta = alpha * int(cell["alpha"]) % P, beta * int(cell["beta"]) % P
                tally[-1].append({"alpha": str(alpha), "beta": str(beta)})
        for x, trustee in zip(self.secrets, self.trustees, strict=True):
            trustee["decryption_factors"] = [[str(power(int(c["alpha"]), x)) for c in row] for row in tally]
            trustee["decryption_proofs"] = [[self._equality(int(c["alpha"]), x) for c in row] for row in tally]
        return {
            "election": self.election, "voters": [self.voter(i) for i in range(voters)], "trustees": self.trustees,
            "ballots": ballots, "result": result, "tally": {"tally": tally, "num_tallied": len(last)},
        }  # fmt: skip

    def _equality(self, alpha: int, x: int) -> dict[str, Any]:
        w = self.number()
        a, b = power(G, w), power(alpha, w)
        c = sha1(a, b)
        return {"challenge": str(c), "commitment": {"A": str(a), "B": str(b)}, "response": str((w + c * x) % Q)}


def made(**options: Any) -> Documents:
    """Three questions (at most one; one or two; any number), two trustees, a vote again, a voter who did not vote."""
    maker = Maker(**options)
    ballots = [
        maker.cast(0, maker.vote([[0, 1, 0], [1, 1], [1, 1, 1]]), 1),
        maker.cast(0, maker.vote([[1, 0, 0], [1, 0], [0, 0, 0]]), 2),
        maker.cast(1, maker.vote([[0, 0, 0], [1, 1], [1, 1, 1]]), 3),
    ]
    return maker.finish(3, ballots, [[1, 0, 0], [2, 1], [1, 1, 1]])
