"""The forms of numbers, ciphertexts and proofs in a record.

Docs: docs/formats/record.md, "Encoding" and "Encrypted ballot"
"""

from typing import Any

from .equations import Ciphertext, HashedElGamal
from .record import EncryptedOption, RangeProof
from .strict_json import hex_bytes, hex_number, items, members


class Forms:
    """Reads values in a group whose elements have so many bytes."""

    def __init__(self, length: int) -> None:
        self.length = length

    def element(self, value: Any, where: str) -> int:
        return hex_number(value, where, self.length)

    def scalar(self, value: Any, where: str) -> int:
        return hex_number(value, where, 32)

    def elements(self, value: Any, where: str) -> list[int]:
        return [self.element(item, place) for item, place in items(value, where)]

    def scalars(self, value: Any, where: str) -> list[int]:
        return [self.scalar(item, place) for item, place in items(value, where)]

    def encrypted_option(self, value: Any, where: str) -> EncryptedOption:
        entry = members(value, "ciphertext proof", where)
        ciphertext = self.ciphertext(entry["ciphertext"], f"{where} ciphertext")
        return EncryptedOption(ciphertext, self.range_proof(entry["proof"], f"{where} proof"))

    def ciphertext(self, value: Any, where: str) -> Ciphertext:
        entry = members(value, "alpha beta", where)
        alpha, beta = (self.element(entry[name], f"{where} {name}") for name in ("alpha", "beta"))
        return Ciphertext(alpha, beta)

    def range_proof(self, value: Any, where: str) -> RangeProof:
        entry = members(value, "challenges responses", where)
        challenges = self.scalars(entry["challenges"], f"{where} challenges")
        return RangeProof(challenges, self.scalars(entry["responses"], f"{where} responses"))

    def hashed_elgamal(self, value: Any, where: str) -> HashedElGamal:
        entry = members(value, "c_0 c_1 c_2", where)
        c, v = self.challenge_and_response(entry["c_2"], f"{where} c_2")
        return HashedElGamal(self.element(entry["c_0"], f"{where} c_0"), hex_bytes(entry["c_1"], f"{where} c_1"), c, v)

    def challenge_and_response(self, value: Any, where: str) -> tuple[int, int]:
        entry = members(value, "challenge response", where)
        return self.scalar(entry["challenge"], where), self.scalar(entry["response"], where)
