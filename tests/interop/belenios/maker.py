"""Elections of our own making, written from the Belenios specification; nothing of them comes from Belenios.

All that its versions since 3.0 write is there: certificates with their context, signatures over certificates and
commitments and over key shares, a certificate of the credential authority. Nonces come from a seed.
"""

import hashlib
import random
from base64 import b64encode
from functools import reduce
from operator import mul
from typing import Any

from e2evote.interop.belenios.arithmetic import compact, group_named
from tests.interop.belenios.model import Model

UUID = "9aBcDeFgHiJkLm"
QUESTIONS: list[Any] = [
    {"answers": ["A", "B", "C"], "min": 0, "max": 2, "question": "Which?"},
    {"answers": ["D", "E"], "blank": True, "min": 1, "max": 1, "question": "Or which?"},
]
WEIGHTS = (1, 3, 2, 0, 1 << 31)
VOTES = [
    (0, [[1, 0, 0], [0, 0, 1]]),
    (1, [[1, 1, 0], [1, 0, 0]]),
    (2, [[0, 0, 0], [0, 1, 0]]),
    (0, [[0, 1, 0], [0, 1, 0]]),
    (3, [[0, 0, 1], [0, 1, 0]]),
    (4, [[0, 0, 1], [1, 0, 0]]),
]
"""Voter and choices; voter 0 votes twice, voter 3 weighs nothing."""
RESULT = [[3, 4, "2147483648"], ["2147483651", 3, 0]]
"""What the last votes come to; the first number of the second question counts blank votes."""


class Maker:
    """One election: its group, its keys, and how things are proved in it."""

    def __init__(self, group: str, seed: int = 1, weights: tuple[int, ...] = WEIGHTS) -> None:
        self.math = group_named(group)
        self.q = int(self.math.q)
        self.random = random.Random(seed)
        self.weights = weights
        self.twist = self.math.one  # what encryption keys of certificates are multiplied with

    def number(self) -> int:
        return self.random.randrange(self.q)

    def power(self, base: Any, exponent: int) -> Any:
        return base ** self.math.scalar(exponent)

    def g(self, exponent: int) -> Any:
        return self.power(self.math.g, exponent)

    def text(self, element: Any) -> str:
        return self.math.write(element)

    def response(self, w: int, x: int, c: int) -> dict[str, str]:
        return {"challenge": str(c), "response": str((w - x * c) % self.q)}

    def know(self, x: int, prefix: str) -> dict[str, str]:
        """Prove to know x, as keys, signatures and messages do."""
        w = self.number()
        return self.response(w, x, int(self.math.challenge(prefix, [self.g(w)])))

    def sign(self, x: int, message: str) -> dict[str, Any]:
        return {"message": message, "signature": self.know(x, f"sigmsg|{message}|")}

    def key(self, x: int) -> dict[str, Any]:
        public = self.text(self.g(x))
        return {"pok": self.know(x, f"pok|{self.math.name}|{public}|"), "public_key": public}

    def pedersen(self, size: int, threshold: int) -> tuple[dict[str, Any], Any, list[int]]:
        """Return the parameters of a threshold, its public key, and every member's share of the private key."""
        signing = [self.number() for _ in range(size)]
        polynomials = [[self.number() for _ in range(threshold)] for _ in range(size)]
        context = {"group": self.math.name, "size": size, "threshold": threshold}
        certs = [
            self.sign(
                key,
                compact(
                    {
                        "context": context | {"index": index},
                        "verification": self.text(self.g(key)),
                        "encryption": self.text(self.g(self.number()) * self.twist),
                    }
                ),
            )
            for index, key in enumerate(signing, 1)
        ]
        commitments = [[self.text(self.g(a)) for a in polynomial] for polynomial in polynomials]
        coefexps = [
            self.sign(key, compact({"coefexps": committed}))
            for key, committed in zip(signing, commitments, strict=True)
        ]
        signatures = [
            self.sign(key, "certs_sig|" + compact({"certs": certs, "coefexps": committed}))["signature"]
            for key, committed in zip(signing, commitments, strict=True)
        ]
        shares = [
            sum(a * j**k for polynomial in polynomials for k, a in enumerate(polynomial)) % self.q
            for j in range(1, size + 1)
        ]
        keys = []
        for key, share in zip(signing, shares, strict=True):
            public = self.key(share)
            keys.append(public | {"signature": self.sign(key, public["public_key"])["signature"]})
        parameters = {"threshold": threshold, "certs": certs, "coefexps": coefexps, "signatures": signatures}
        parameters["verification_keys"] = keys
        return parameters, self.g(sum(polynomial[0] for polynomial in polynomials)), shares

    def disjunction(
        self, prefix: str, cases: list[tuple[Any, Any, int]], true: int, r: int, even: bool = False
    ) -> list[dict[str, str]]:
        """Prove that α, β of one of the cases encrypt its number; ``true`` is which, with nonce r.

        With even challenges a factor of order 2 in α goes unnoticed by the equations.
        """
        while True:
            proofs = self.attempt(prefix, cases, true, r)
            if not even or not any(int(proof["challenge"]) % 2 for proof in proofs):
                return proofs

    def attempt(self, prefix: str, cases: list[tuple[Any, Any, int]], true: int, r: int) -> list[dict[str, str]]:
        proofs: list[dict[str, str]] = []
        commitments: list[Any] = []
        w = self.number()
        for index, (alpha, beta, m) in enumerate(cases):
            if index == true:
                proofs.append({})
                commitments += [self.g(w), self.power(self.y, w)]
                continue
            c, v = self.number(), self.number()
            proofs.append({"challenge": str(c), "response": str(v)})
            plain = beta / self.g(m)
            commitments += [self.g(v) * self.power(alpha, c), self.power(self.y, v) * self.power(plain, c)]
        rest = sum(int(proof.get("challenge", 0)) for proof in proofs)
        proofs[true] = self.response(w, r, int(self.math.challenge(prefix, commitments) - rest) % self.q)
        return proofs

    def answer(self, question: dict[str, Any], votes: list[int], statement: str, twist: Any = None) -> dict[str, Any]:
        """Encrypt and prove an answer; ``twist``, of order 2, is multiplied into the first α."""
        nonces = [self.number() for _ in votes]
        pairs = [(self.g(r), self.power(self.y, r) * self.g(m)) for r, m in zip(nonces, votes, strict=True)]
        if twist is not None:
            pairs[0] = (pairs[0][0] * twist, pairs[0][1])
        even = twist is not None
        texts = [f"{self.text(alpha)},{self.text(beta)}" for alpha, beta in pairs]
        individual = [
            self.disjunction(f"prove|{statement}|{text}|", [(*pair, 0), (*pair, 1)], m, r, even)
            for text, pair, m, r in zip(texts, pairs, votes, nonces, strict=True)
        ]
        whole, blank = f"{statement}|{','.join(texts)}", bool(question.get("blank"))
        summed = tuple(reduce(mul, column) for column in zip(*pairs[blank:], strict=True))
        r, m = sum(nonces[blank:]), sum(votes[blank:])
        low, high = question["min"], question["max"]
        counts = [(*summed, count) for count in range(low, high + 1)]
        answer: dict[str, Any] = {
            "choices": [{"alpha": self.text(alpha), "beta": self.text(beta)} for alpha, beta in pairs],
            "individual_proofs": individual,
        }
        if not blank:
            prefix = f"prove|{whole}|{self.text(summed[0])},{self.text(summed[1])}|"
            return answer | {"overall_proof": self.disjunction(prefix, counts, m - low, r, even)}
        true, nonce = (0, nonces[0]) if votes[0] else (m - low + 1, r)
        answer["overall_proof"] = self.disjunction(f"bproof1|{whole}|", [(*pairs[0], 1), *counts], true, nonce)
        true, nonce = (1, r) if votes[0] else (0, nonces[0])
        zero = [(*pairs[0], 0), (*summed, 0)]
        return answer | {"blank_proof": self.disjunction(f"bproof0|{whole}|", zero, true, nonce)}

    def ballot(self, x: int, votes: list[list[int]]) -> dict[str, Any]:
        credential = self.text(self.g(x))
        statement = f"{self.fingerprint}|{credential}"
        ballot = {
            "election_uuid": UUID,
            "election_hash": self.fingerprint,
            "credential": credential,
            "answers": [self.answer(question, row, statement) for question, row in zip(QUESTIONS, votes, strict=True)],
        }
        return self.signed(ballot, x)

    def signed(self, ballot: dict[str, Any], x: int) -> dict[str, Any]:
        """Sign a ballot with the credential x."""
        digest = fingerprint({name: value for name, value in ballot.items() if name != "signature"})
        ballot["signature"] = {"hash": digest, "proof": self.know(x, f"sig|{digest}|")}
        return ballot

    def credentials_certificate(self, credentials: list[str]) -> dict[str, Any]:
        key = self.number()
        certificate: dict[str, Any] = {
            "uuid": UUID,
            "voter_list_length": len(credentials),
            "public_creds_hash": hashlib.sha256(compact(credentials).encode()).hexdigest(),
            "verification_key": self.text(self.g(key)),
            "encryption_key": self.text(self.g(self.number())),
        }
        digest = hashlib.sha256(compact(certificate).encode()).hexdigest()
        return certificate | {"signature": self.sign(key, digest)}

    def share(self, x: int, tally: list[Any]) -> dict[str, Any]:
        prefix = f"decrypt|{self.fingerprint}|{self.text(self.g(x))}|"
        factors: list[list[str]] = []
        proofs: list[list[Any]] = []
        for row in tally:
            factors.append([])
            proofs.append([])
            for ciphertext in row:
                alpha = self.math.read(ciphertext["alpha"], "alpha")
                factors[-1].append(self.text(self.power(alpha, x)))
                w = self.number()
                c = int(self.math.challenge(prefix, [self.g(w), self.power(alpha, w)]))
                proofs[-1].append(self.response(w, x, c))
        return {"decryption_factors": factors, "decryption_proofs": proofs}

    def tally(self, ballots: dict[int, Any]) -> list[Any]:
        """Add up the last ballot of every voter."""
        rows: list[Any] = []
        for index, question in enumerate(QUESTIONS):
            rows.append([])
            for choice in range(len(question["answers"]) + bool(question.get("blank"))):
                sums = {}
                for name in ("alpha", "beta"):
                    total = self.math.one
                    for voter, ballot in ballots.items():
                        text = ballot["answers"][index]["choices"][choice][name]
                        total *= self.power(self.math.read(text, name), self.weights[voter])
                    sums[name] = self.text(total)
                rows[-1].append(sums)
        return rows

    def make(self) -> Model:
        """Make a whole election: a mandatory trustee, and two of three others."""
        self.single = self.number()
        parameters, threshold_key, self.shares = self.pedersen(3, 2)
        self.y = self.g(self.single) * threshold_key
        trustees = [["Single", self.key(self.single)], ["Pedersen", parameters]]
        self.voters = [self.number() for _ in self.weights]
        credentials = [self.text(self.g(x)) for x in self.voters]
        if set(self.weights) != {1}:
            credentials = [f"{text},{weight}" for text, weight in zip(credentials, self.weights, strict=True)]
        election = {
            "version": 1,
            "description": "",
            "name": "Ours — «نام»",
            "group": self.math.name,
            "public_key": self.text(self.y),
            "questions": QUESTIONS,
            "uuid": UUID,
            "administrator": "nobody",
        }
        self.fingerprint = fingerprint(election)
        model = Model(election, trustees, credentials, self.credentials_certificate(credentials))
        model.ballots = [self.ballot(self.voters[voter], votes) for voter, votes in VOTES]
        return self.finish(
            model, {voter: (ballot, votes) for (voter, votes), ballot in zip(VOTES, model.ballots, strict=True)}
        )

    def finish(self, model: Model, last: dict[int, tuple[Any, list[list[int]]]]) -> Model:
        """Count these ballots, whose votes are known: tally, partial decryptions and result."""
        model.tally = self.tally({voter: ballot for voter, (ballot, _) in last.items()})
        total = sum(self.weights[voter] for voter in last)
        model.size = {"num_tallied": len(last), "total_weight": weight(total), "encrypted_tally": ""}
        keys = {2: self.shares[0], 4: self.shares[2], 1: self.single}
        model.shares = [(owner, self.share(key, model.tally)) for owner, key in keys.items()]
        model.result = {
            "result": [
                [
                    weight(sum(self.weights[voter] * votes[index][choice] for voter, (_, votes) in last.items()))
                    for choice in range(3)
                ]
                for index in range(len(QUESTIONS))
            ]
        }
        return model


def weight(value: int) -> int | str:
    return value if value < 1 << 30 else str(value)


def fingerprint(value: Any) -> str:
    return b64encode(hashlib.sha256(compact(value).encode()).digest()).decode().rstrip("=")
