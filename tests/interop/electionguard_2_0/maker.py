"""A small 2.0.0 election of our own making, in the spellings of both Kotlin implementations: not data of theirs.

Nothing here is the verifier's: hashes, proofs and encodings are written once more, from the specification and from what
the implementations publish.
"""

import hashlib
import hmac
import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2evote.group.parameters import group_named
from e2evote.interop.curves import P256, Curve
from tests.builders import TOY

CONTESTS = (("mayor", 1, 1, 1, ("ann", "bob")), ("budget", 3, 2, 2, ("roads", "parks", "buses")))
"""Name, index, limit, option limit, options from index 1."""
VOTES = {"mayor": (1, 0), "budget": (2, 0, 0)}
P256_NUMBERS = {
    "a": P256.field - 3,
    "b": 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    "primeModulus": P256.field,
    "order": P256.q,
    "g.x": P256.base[0],
    "g.y": P256.base[1],
    "h": 1,
}


@dataclass(slots=True)
class Maker:
    """Makes one election; ``files`` holds its JSON by name."""

    group: Any
    kotlin: bool
    chained: bool = True
    n: int = 3
    k: int = 2
    votes: dict[str, tuple[int, ...]] = field(default_factory=lambda: dict(VOTES))
    files: dict[str, Any] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(20))
    base: bytes = b""
    secret: int = 0

    def make(self) -> dict[str, Any]:
        """Make everything: two devices, a challenged ballot on the first, a pre-encrypted one in the second."""
        self._setup()
        for number, device in enumerate(("left hall", "right")):
            self._device(device, number)
        self._tally()
        return self.files

    @property
    def curve(self) -> bool:
        return isinstance(self.group, Curve)

    @property
    def q(self) -> int:
        return int(self.group.q)

    def random(self) -> int:
        return self.chance.randrange(1, self.q)

    def power(self, base: Any, exponent: int) -> Any:
        return base ** self.group.scalar(exponent)

    def text(self, value: Any) -> str:
        data = value if isinstance(value, bytes) else self.octets(value)
        return data.hex().upper() if self.kotlin else b64encode(data).decode()

    def octets(self, value: Any) -> bytes:
        return value.to_bytes(32, "big") if isinstance(value, int) else bytes(value)

    def H(self, key: bytes, tag: int, *parts: Any) -> bytes:  # noqa: N802
        message = b"".join(part.to_bytes(4, "big") if isinstance(part, int) else bytes(part) for part in parts)
        return hmac.digest(key, bytes([tag]) + message, "sha256")

    def challenge(self, key: bytes, tag: int, *parts: Any) -> int:
        digest = self.H(key, tag, *parts)
        if self.curve:
            domain = b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_" + bytes([44])
            b0 = hashlib.sha256(bytes(64) + digest + b"\x00\x30\x00" + domain).digest()
            b1 = hashlib.sha256(b0 + b"\x01" + domain).digest()
            mixed = (int.from_bytes(b0, "big") ^ int.from_bytes(b1, "big")).to_bytes(32, "big")
            digest = (b1 + hashlib.sha256(mixed + b"\x02" + domain).digest())[:48]
        return int.from_bytes(digest, "big") % self.q

    def _setup(self) -> None:
        if self.curve:
            numbers = {name: f"{int(value):x}" for name, value in P256_NUMBERS.items()}
            constants = {"name": "P-256", "type": "EllipticCurve", "protocolVersion": "v2.1.0", "constants": numbers}
            order = ("a", "b", "primeModulus", "g.x", "g.y", "h")
            message = [int(P256_NUMBERS[name]).to_bytes(32, "big") for name in order]
        else:
            p, q, g = (int(value) for value in (self.group.p, self.group.q, self.group.generator))
            names = ("large_prime", "small_prime", "cofactor", "generator")
            if not self.kotlin:
                names = ("largePrime", "smallPrime", "cofactor", "generator")
            numbers = dict(zip(names, (f"{x:x}" for x in (p, q, (p - 1) // q, g)), strict=True))
            constants = {"name": "toy", **numbers}
            if not self.kotlin:
                constants = {"name": "toy", "type": "IntegerGroup", "protocolVersion": "v2.0.0", "constants": numbers}
            l_p = (p.bit_length() + 7) // 8
            message = [p.to_bytes(l_p, "big"), q.to_bytes(32, "big"), g.to_bytes(l_p, "big")]
        version = b"v2.1.0" if self.curve else b"v2.0.0"
        h_p = self.H(version.ljust(32, b"\0"), 0, *message)
        manifest = {
            "ballot_styles": [{"object_id": "all", "geopolitical_unit_ids": ["here"], "party_ids": []}],
            "contests": [
                {
                    "object_id": name,
                    "sequence_order": index,
                    "electoral_district_id": "here",
                    "votes_allowed": limit,
                    "option_selection_limit": option_limit,
                    "ballot_selections": [
                        {"object_id": option, "sequence_order": at} for at, option in enumerate(options, 1)
                    ],
                }
                for name, index, limit, option_limit, options in CONTESTS
            ],
        }
        data = json.dumps(manifest).encode()
        h_m = self.H(h_p, 1, len(data), data)
        h_b = self.H(h_p, 2, h_m, self.n, self.k)
        coefficients = [[self.random() for _ in range(self.k)] for _ in range(self.n)]
        self.secret = sum(row[0] for row in coefficients) % self.q
        self.base = self.H(h_b, 0x12, self.key)
        auxiliary = b"device information" if self.kotlin else b""
        self.files |= {
            "constants.json": constants,
            "manifest.json": manifest,
            "election_config.json": {
                "config_version": "v2.0.0",
                "number_of_guardians": self.n,
                "quorum": self.k,
                "parameter_base_hash": self.text(h_p),
                "manifest_hash": self.text(h_m),
                "election_base_hash": self.text(h_b),
                "chain_confirmation_codes": self.chained,
                "baux0": list(auxiliary) if self.kotlin else self.text(auxiliary),
                "metadata": {"made by": "e2evote's tests"},
            },
            "election_initialized.json": {
                "joint_public_key": self.text(self.key),
                "extended_base_hash": self.text(self.base),
                "guardians": [self._guardian(h_p, i, row) for i, row in enumerate(coefficients, 1)],
            },
        }

    @property
    def key(self) -> Any:
        return self.power(self.group.g, self.secret)

    def _guardian(self, h_p: bytes, i: int, coefficients: list[int]) -> dict[str, Any]:
        proofs = []
        for j, a in enumerate(coefficients):
            u, commitment = self.random(), self.power(self.group.g, a)
            c = self.challenge(h_p, 0x10, i, j, commitment, self.power(self.group.g, u))
            proofs.append({"public_key": self.text(commitment), **self._proof(c, u - c * a)})
        return {"guardian_id": f"guardian{i}", "x_coordinate": i, "coefficient_proofs": proofs}

    def _proof(self, c: int, v: int) -> dict[str, str]:
        return {"challenge": self.text(c % self.q), "response": self.text(v % self.q)}

    def _encrypt(self, vote: int, nonce: int) -> tuple[Any, Any]:
        return self.power(self.group.g, nonce), self.power(self.key, nonce + vote)

    def _json(self, cipher: tuple[Any, Any]) -> dict[str, str]:
        return {"pad": self.text(cipher[0]), "data": self.text(cipher[1])}

    def _range(self, cipher: tuple[Any, Any], vote: int, nonce: int, limit: int) -> dict[str, Any]:
        u = [self.random() for _ in range(limit + 1)]
        c = [self.random() for _ in range(limit + 1)]
        parts = []
        for j in range(limit + 1):
            t = u[j] if j == vote else u[j] + (vote - j) * c[j]
            parts += [self.power(self.group.g, u[j]), self.power(self.key, t)]
        if vote <= limit:
            total = self.challenge(self.base, 0x21, self.key, *cipher, *parts)
            c[vote] = (total - sum(c) + c[vote]) % self.q
        return {"proofs": [self._proof(c[j], u[j] - c[j] * nonce) for j in range(limit + 1)]}

    def _data(self, name: str, nonce: int) -> dict[str, Any]:
        text = b'{"over_votes":[],"write_ins":[],"status":"normal"}'
        c0, beta = self._encrypt(0, nonce)
        key = self.H(self.base, 0x22, self.key, c0, beta)
        label = b"share_enc_keys\0contest_data" + name.encode() + (len(text) * 8).to_bytes(4, "big")
        blocks = -(-len(text) // 32)
        stream = b"".join(hmac.digest(key, i.to_bytes(4, "big") + label, "sha256") for i in range(1, blocks + 1))
        c1 = bytes(x ^ y for x, y in zip(text.ljust(32 * blocks, b"\0"), stream, strict=True))
        mac = hmac.digest(hmac.digest(key, bytes(4) + label, "sha256"), self.octets(c0) + c1, "sha256")
        return {"c0": self.text(c0), "c1": self.text(c1), "c2": self.text(mac), "numBytes": len(text)}

    def _device(self, device: str, number: int) -> None:
        folder = f"encrypted_ballots/{device.replace(' ', '_')}"
        start = b"device information" if self.kotlin else device.encode()
        code = first = self.H(self.base, 0x24, start)
        names = []
        for position in range(2):
            name = f"ballot-{number}-{position}"
            if not self.chained:
                auxiliary = b"device information" if self.kotlin else b""
            else:
                auxiliary = first if self.kotlin and not position else code + start
            state = "CHALLENGED" if (number, position) == (0, 1) else "CAST"
            code = self._ballot(folder, device, name, auxiliary, state, pre=(number, position) == (1, 1))
            names.append(name)
        if not self.chained:
            return
        chain = {
            "encrypting_device": device,
            "baux0": first.hex().upper() if self.kotlin else list(start),
            "ballot_ids": names,
            "last_confirmation_code": self.text(code),
            "closing_hash": self.text(self.H(self.base, 0x24, code, start, b"CLOSE")),
        }
        extra = {"chaining": True} if self.kotlin else {"election_base_hash": self.text(self.base)}
        self.files[f"{folder}/ballot_chain.json"] = chain | extra

    def _ballot(self, folder: str, device: str, name: str, auxiliary: bytes, state: str, pre: bool) -> bytes:
        contests, hashes, opened = [], [], []
        for contest in CONTESTS:
            made, digest, shown = self._contest(contest, pre)
            contests.append(made)
            hashes.append(digest)
            opened.append(shown)
        code = self.H(self.base, 0x42 if pre else 0x24, *hashes, auxiliary)
        self.files[f"{folder}/eballot-{name}.json"] = {
            "ballot_id": name,
            "ballot_style_id": "all",
            "encrypting_device": device,
            "timestamp": 1716478743,
            "code_baux": auxiliary.hex().upper(),
            "confirmation_code": self.text(code),
            "election_id": self.text(self.base),
            "contests": contests,
            "state": state,
            "encrypted_sn": self._json(self._encrypt(7, self.random())),
            "is_preencrypt": pre,
        }
        if state == "CHALLENGED":
            document = {"id": name, "contests": opened, "election_id": self.text(self.base)}
            self.files[f"challenged_ballots/dballot-{name}.json"] = document
        return code

    def _contest(self, contest: Any, pre: bool) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
        name, index, limit, option_limit, options = contest
        votes = self.votes[name]
        nonces = [self.random() for _ in options]
        extra: dict[str, Any] = {"votes_allowed": limit} if self.kotlin else {}
        digest = b""
        if pre:
            extra["pre_encryption"], nonces, digest = self._pre(contest)
        ciphers = [self._encrypt(vote, nonce) for vote, nonce in zip(votes, nonces, strict=True)]
        total = ciphers[0]
        for cipher in ciphers[1:]:
            total = total[0] * cipher[0], total[1] * cipher[1]
        flat = [part for cipher in ciphers for part in cipher]
        chi = self.H(self.base, 0x23, index, self.key, *flat)
        nonce = self.random()
        data = self._data(name, nonce)
        made = {
            "contest_id": name,
            "sequence_order": index,
            "contest_hash": self.text(chi),
            "selections": [
                {
                    "selection_id": option,
                    "sequence_order": at,
                    "encrypted_vote": self._json(cipher),
                    "proof": self._range(cipher, vote, xi, option_limit),
                }
                for at, (option, cipher, vote, xi) in enumerate(zip(options, ciphers, votes, nonces, strict=True), 1)
            ],
            "proof": self._range(total, sum(votes), sum(nonces), limit),
            "encrypted_contest_data": data,
        }
        shown = {
            "contest_id": name,
            "selections": [
                self._decrypted(option, cipher, vote)
                for option, cipher, vote in zip(options, ciphers, votes, strict=True)
            ],
            "decrypted_contest_data": self._opened_data(data, nonce),
        }
        return made | extra, digest or chi, shown

    def _pre(self, contest: Any) -> tuple[dict[str, Any], list[int], bytes]:
        """Pre-encrypt a vote for the first option, as often as the limit allows."""
        _, index, limit, _, options = contest
        vectors, nonces = [], [0] * len(options)
        hashes = [self.chance.randbytes(32) for _ in options]
        for _ in range(limit):
            xi = [self.random() for _ in options]
            ciphers = [self._encrypt(int(at == 0), nonce) for at, nonce in enumerate(xi)]
            psi = self.H(self.base, 0x40, self.key, *(part for cipher in ciphers for part in cipher))
            nonces = [old + new for old, new in zip(nonces, xi, strict=True)]
            hashes.append(psi)
            vectors.append(
                {
                    "selection_hash": self.text(psi),
                    "short_code": psi.hex().upper()[:5],
                    "encryptions": [self._json(cipher) for cipher in ciphers],
                }
            )
        hashes.sort()
        chi = self.H(self.base, 0x41, index, self.key, *hashes)
        made = {
            "preencryption_hash": self.text(chi),
            "all_selection_hashes": [self.text(psi) for psi in hashes],
            "selected_vectors": vectors,
        }
        return made, nonces, chi

    def _decrypted(self, option: str, cipher: tuple[Any, Any], tally: int) -> dict[str, Any]:
        share = self.power(cipher[0], self.secret)
        u = self.random()
        a, b = self.power(self.group.g, u), self.power(cipher[0], u)
        c = self.challenge(self.base, 0x30, self.key, *cipher, a, b, share)
        value = self.power(self.key, tally)
        shown = b"\xff" * 33 if self.curve and not tally else self.octets(value)
        return {
            "selection_id": option,
            "tally": tally,
            "b_over_m": self.text(shown),
            "encrypted_vote": self._json(cipher),
            "proof": self._proof(c, u - c * self.secret),
        }

    def _opened_data(self, data: dict[str, Any], nonce: int) -> dict[str, Any]:
        c0, beta = self._encrypt(0, nonce)
        u = self.random()
        a, b = self.power(self.group.g, u), self.power(c0, u)
        c1, c2 = (self._bytes(data[name]) for name in ("c1", "c2"))
        c = self.challenge(self.base, 0x31, self.key, c0, c1.hex().upper().encode(), c2, a, b, beta)
        return {
            "contest_data": {"over_votes": [], "write_ins": [], "status": "normal"},
            "encrypted_contest_data": data,
            "proof": self._proof(c, u - c * self.secret),
            "beta": self.text(beta),
        }

    def _bytes(self, value: str) -> bytes:
        return bytes.fromhex(value) if self.kotlin else b64decode(value)

    def _element(self, value: str) -> Any:
        data = self._bytes(value)
        return self.group.parse(data) if self.curve else self.group.element(int.from_bytes(data, "big"))

    def _tally(self) -> None:
        cast = [value for name, value in self.files.items() if "eballot" in name and value["state"] == "CAST"]
        contests, results = [], []
        for at, (name, index, _, _, options) in enumerate(CONTESTS):
            ciphers = []
            for place in range(len(options)):
                found = [ballot["contests"][at]["selections"][place]["encrypted_vote"] for ballot in cast]
                ciphers.append((self._product(v["pad"] for v in found), self._product(v["data"] for v in found)))
            selections = [
                {"selection_id": option, "sequence_order": number, "encrypted_vote": self._json(cipher)}
                for number, (option, cipher) in enumerate(zip(options, ciphers, strict=True), 1)
            ]
            contests.append({"contest_id": name, "sequence_order": index, "selections": selections})
            counts = [vote * len(cast) for vote in self.votes[name]]
            decrypted = [self._decrypted(*row) for row in zip(options, ciphers, counts, strict=True)]
            results.append({"contest_id": name, "selections": decrypted})
        names = [ballot["ballot_id"] for ballot in cast]
        election = {"election_id": self.text(self.base)}
        self.files["encrypted_tally.json"] = {
            "tally_id": "t",
            "contests": contests,
            "cast_ballot_ids": names,
        } | election
        self.files["tally.json"] = {"id": "t", "contests": results} | election

    def _product(self, values: Iterable[str]) -> Any:
        result = None
        for value in values:
            factor = self._element(value)
            result = factor if result is None else result * factor
        return result


def made(kind: str, **changes: Any) -> dict[str, Any]:
    """Return the files of an election: ``kotlin``, ``egk-ec`` or ``P-256``."""
    group = P256 if kind == "P-256" else group_named(TOY)
    return Maker(group, kind == "kotlin", **changes).make()


def write(files: dict[str, Any], folder: Path) -> Path:
    """Write the files of an election."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return folder
