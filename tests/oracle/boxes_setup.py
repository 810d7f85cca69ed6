"""The files, the parameters, the manifest and the guardians: boxes 1 to 4."""

import hashlib
from collections.abc import Collection

from . import equations as eq
from .arithmetic import STANDARD, Group, parameter_sets
from .files import LAYOUT
from .record import Guardian, GuardianProof, Keys
from .verdict import Checker


class SetupBoxes(Checker):
    """Boxes 1 to 4 and the X checks of what is there before anybody votes."""

    # The files, the parameters and the manifest

    def x_index(self) -> None:
        """Docs: record.md, index.json."""
        listed = [entry.path for entry in self.record.index]
        sorted_once = listed == sorted(set(listed)) and "index.json" not in listed
        self.check("X.index", sorted_once, "index.json is not sorted, lists a path twice, or lists itself")
        for entry in self.record.index:
            content = self.record.files.get(entry.path)
            agrees = (
                content is not None and len(content) == entry.size and hashlib.sha256(content).digest() == entry.sha256
            )
            self.check("X.index", agrees, f"{entry.path} is missing, or has another size or SHA-256")
        for path in sorted(self.record.files):
            self.check("X.index", path == "index.json" or path in listed, f"{path} is not listed")
            self.check("X.index", LAYOUT.fullmatch(path) is not None, f"{path} is no file of the layout")

    def x_manifest_and_parameters(self) -> None:
        """The rules of the manifest (docs/formats/manifest.md), n, k and r.

        Spec: EG-2.1 §3.1.1; §3.2
        """
        for rule in self.manifest.broken_rules:
            self.check("X.manifest", False, rule)
        self.check("X.manifest", True, "")
        parameters = self.record.parameters
        self.check("X.parameters", 1 <= parameters.k <= parameters.n, f"k = {parameters.k}, n = {parameters.n}")
        self.check("X.parameters", self.group.p == self.group.q * parameters.r + 1, "p is not qr + 1")

    def box_1(self, allow_insecure: Collection[str]) -> None:
        """Parameters and base hashes.

        Spec: EG-2.1 §3.1.4, box 1
        """
        parameters, group = self.record.parameters, self.group
        expected = self.expected_group(allow_insecure)
        self.check("1.A", parameters.version == eq.VERSION, f"version {parameters.version!r}")
        self.check("1.B", group.p == expected.p, "p is not that of an allowed parameter set")
        self.check("1.C", group.q == expected.q, "q is not that of an allowed parameter set")
        self.check("1.D", group.g == expected.g, "g is not that of an allowed parameter set")
        h_p = eq.parameter_base_hash(group, parameters.n, parameters.k)
        self.check("1.E", self.record.h_p == h_p, "H_P is not the hash of the parameters")
        h_b = eq.election_base_hash(self.record.h_p, self.record.manifest_bytes)
        self.check("1.F", self.record.h_b == h_b, "H_B is not the hash of the manifest")

    def expected_group(self, allow_insecure: Collection[str]) -> Group:
        """The set that the record is held against: of those allowed the one nearest to it, else the standard one."""
        allowed = [parameter_sets()[name] for name in [STANDARD, *sorted(allow_insecure)]]
        mine = self.group

        def agreement(known: Group) -> int:
            return (known.p == mine.p) + (known.q == mine.q) + (known.g == mine.g)

        return max(allowed, key=agreement)

    # The guardians and the keys

    def x_guardian_indices(self) -> None:
        """Each file holds the guardian that its name says.

        Spec: EG-2.1 §3.2
        """
        guardians, n = self.record.guardians, self.record.parameters.n
        exactly = len(guardians) == n and all(1 <= number <= n for number in guardians)
        self.check("X.guardian-indices", exactly, f"guardians {sorted(guardians)} are not exactly 1..{n}")
        for number, guardian in guardians.items():
            self.check("X.guardian-indices", guardian.i == number, f"guardian {number} calls itself {guardian.i}")

    def box_2(self, number: int, guardian: Guardian) -> None:
        """One guardian.

        Spec: EG-2.1 §3.2.2, box 2
        """
        keys = [*guardian.vote_commitments, *guardian.data_commitments, guardian.communication_key]
        where = f"guardian {number}"
        self.check("2.A", all(map(self.group.has_element, keys)), f"{where}: a commitment or kappa is not in Z_p^r")
        self.guardian_proof("pk_vote", guardian, guardian.vote_commitments, guardian.vote_proof, f"{where} pk_vote")
        self.guardian_proof("pk_data", guardian, guardian.data_commitments, guardian.data_proof, f"{where} pk_data")

    def guardian_proof(
        self, purpose: str, guardian: Guardian, commitments: list[int], proof: GuardianProof, where: str
    ) -> None:
        """(2.1) to (2.4), 2.B and 2.C for one of the two proofs."""
        k = self.record.parameters.k
        self.check("X.commitment-count", len(commitments) == k, f"{where}: {len(commitments)} commitments, not {k}")
        responses = proof.responses
        right_length = len(responses) == k + 1
        self.check("X.guardian-proof-length", right_length, f"{where}: {len(responses)} responses, not {k + 1}")
        self.check("2.B", all(map(self.group.has_scalar, responses)), f"{where}: a response is not in Z_q")
        if len(commitments) != k or not right_length:
            return
        images = [*commitments, guardian.communication_key]
        h_ij = [
            eq.schnorr_commitment(self.group, self.group.g, image, proof.challenge, v)
            for image, v in zip(images, responses, strict=True)
        ]
        c_i = eq.guardian_challenge(
            self.group, self.record.h_p, purpose, guardian.i, commitments, guardian.communication_key, h_ij
        )
        self.check("2.C", proof.challenge == c_i, f"{where}: the challenge is wrong")

    def box_3(self, keys: Keys) -> None:
        """The joint keys.

        Spec: EG-2.1 §3.2.2, box 3
        """
        guardians = self.record.guardians.values()
        vote = self.group.product(key for guardian in guardians for key in guardian.vote_commitments[:1])
        data = self.group.product(key for guardian in guardians for key in guardian.data_commitments[:1])
        self.check("3.A", keys.vote == vote, "K is not the product of the K_i")
        self.check("3.B", keys.data == data, "K_hat is not the product of the K_hat_i")

    def box_4(self, keys: Keys) -> None:
        """The extended base hash.

        Spec: EG-2.1 §3.2.3, box 4
        """
        h_e = eq.extended_base_hash(self.group, self.record.h_b, keys.vote, keys.data)
        self.check("4.A", keys.h_e == h_e, "H_E is not the hash of the keys")

    def x_keys(self, keys: Keys) -> None:
        for name, key in (("K", keys.vote), ("K_hat", keys.data)):
            self.check("X.keys-nontrivial", self.group.has_element(key) and key != 1, f"{name} is 1 or not in Z_p^r")
