"""What an election record holds; docs/formats/record.md says what the fields are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .arithmetic import Group
from .board import Checkpoint
from .equations import Ciphertext, HashedElGamal
from .manifest import Manifest

PHASES = ("setup", "keys", "ballots", "tally", "decryption", "opened")


@dataclass
class IndexEntry:
    path: str
    size: int
    sha256: bytes


@dataclass
class Parameters:
    version: str
    group: Group
    r: int
    n: int
    k: int


@dataclass
class GuardianProof:
    """(c_i, v_i0, ..., v_ik).

    Spec: EG-2.1 §3.2.2, eqs. 11, 13
    """

    challenge: int
    responses: list[int]


@dataclass
class Guardian:
    i: int
    vote_commitments: list[int]
    data_commitments: list[int]
    communication_key: int
    vote_proof: GuardianProof
    data_proof: GuardianProof


@dataclass
class Keys:
    """K, K_hat and H_E.

    Spec: EG-2.1 §3.2.2, eqs. 25, 26; §3.2.3, eq. 30
    """

    vote: int
    data: int
    h_e: bytes


@dataclass
class RangeProof:
    """(c_0, ..., c_R) and (v_0, ..., v_R).

    Spec: EG-2.1 §3.3.7, eqs. 59–61; §3.3.8, eq. 62
    """

    challenges: list[int]
    responses: list[int]


@dataclass
class EncryptedOption:
    ciphertext: Ciphertext
    proof: RangeProof


@dataclass
class EncryptedContest:
    index: int
    options: list[EncryptedOption]
    proof: RangeProof
    relations: list[RangeProof]
    data: HashedElGamal | None
    contest_hash: bytes

    @property
    def ciphertexts(self) -> list[Ciphertext]:
        return [option.ciphertext for option in self.options]


@dataclass
class EncryptedBallot:
    id_b: bytes
    h_i: bytes
    device: int
    position: int
    style: int
    weight: int
    contests: list[EncryptedContest]
    nonce: HashedElGamal
    chaining_field: bytes
    confirmation_code: bytes
    status: str | None = None

    def contest(self, ind_c: int) -> EncryptedContest | None:
        return next((contest for contest in self.contests if contest.index == ind_c), None)


@dataclass
class PrintedContest:
    """The sorted selection hashes of a contest, options and null votes together, and their hash.

    Spec: EG-2.1 §4.1.2, eq. 115
    """

    index: int
    selection_hashes: list[bytes]
    contest_hash: bytes


@dataclass
class PrintedBallot:
    """A pre-encrypted ballot as it was printed."""

    id_b: bytes
    h_i: bytes
    device: int
    position: int
    style: int
    weight: int
    contests: list[PrintedContest]
    nonce: HashedElGamal
    chaining_field: bytes
    confirmation_code: bytes
    status: str | None = None

    def contest(self, ind_c: int) -> PrintedContest | None:
        return next((contest for contest in self.contests if contest.index == ind_c), None)


@dataclass
class Selection:
    """A pre-encryption vector that a voter selected, with what is said of it."""

    selection_hash: bytes
    short_code: str
    vector: list[Ciphertext]
    proofs: list[RangeProof]


@dataclass
class RecordedContest:
    index: int
    options: list[EncryptedOption]
    proof: RangeProof
    selections: list[Selection]

    @property
    def ciphertexts(self) -> list[Ciphertext]:
        return [option.ciphertext for option in self.options]


@dataclass
class RecordedBallot:
    """What a cast pre-encrypted ballot adds to the tally."""

    device: int
    position: int
    style: int
    weight: int
    contests: list[RecordedContest]
    confirmation_code: bytes

    def contest(self, ind_c: int) -> RecordedContest | None:
        return next((contest for contest in self.contests if contest.index == ind_c), None)


@dataclass
class OpenedVector:
    short_code: str
    selection_hash: bytes
    nonces: list[int]


@dataclass
class UncastContest:
    """options: (index, label, vector) of each; null_vectors behind them."""

    index: int
    label: str
    options: list[tuple[int, str, OpenedVector]]
    null_vectors: list[OpenedVector]


@dataclass
class UncastBallot:
    device: int
    position: int
    confirmation_code: bytes
    contests: list[UncastContest]


@dataclass
class Status:
    confirmation_code: bytes
    status: str


@dataclass
class Close:
    ballots: int
    chaining_field: bytes | None
    closing_hash: bytes | None


@dataclass
class Device:
    folder: int
    number: int
    device_info: str
    h_di: bytes
    chaining_mode: int
    h_0: bytes | None
    pre_encrypted: bool
    shards: list[int]
    ballots: list[EncryptedBallot]
    printed: list[PrintedBallot]
    recorded: list[RecordedBallot]
    statuses: list[Status]
    close: Close | None

    @property
    def in_order(self) -> Sequence[EncryptedBallot | PrintedBallot]:
        """All ballots, of whatever kind the device makes."""
        return self.printed if self.pre_encrypted else self.ballots


@dataclass
class EncryptedTallyContest:
    index: int
    ballots: int
    options: list[Ciphertext]


@dataclass
class EncryptedTally:
    cell: int
    label: str
    ballots: int
    weight: int
    contests: list[EncryptedTallyContest]


@dataclass
class TallyOption:
    index: int
    label: str
    tally: int
    encoded_tally: int
    challenge: int
    response: int


@dataclass
class TallyContest:
    index: int
    label: str
    merged: list[int]
    options: list[TallyOption]


@dataclass
class Tally:
    cell: int
    label: str
    contests: list[TallyContest]


@dataclass
class TallyException:
    cell: int
    contest: int
    rule: str
    action: str
    guardians: list[int]


@dataclass
class OpenedOption:
    index: int
    label: str
    selection: int
    nonce: int


@dataclass
class OpenedData:
    nonce: int
    data: bytes


@dataclass
class OpenedContest:
    index: int
    label: str
    options: list[OpenedOption]
    data: OpenedData | None


@dataclass
class OpenedBallot:
    device: int
    position: int
    confirmation_code: bytes
    contests: list[OpenedContest]


@dataclass
class DecryptedData:
    device: int
    position: int
    confirmation_code: bytes
    index: int
    factor: int
    challenge: int
    response: int
    data: bytes


@dataclass
class Entry:
    """An entry of the bulletin board: its kind, its time, and whatever else its kind has."""

    where: str
    kind: str
    time: str
    path: str = ""
    device: int = 0
    position: int = 0
    confirmation_code: bytes = b""
    sha256: bytes = b""
    cast_commitment: bytes | None = None
    challenge_commitment: bytes | None = None
    status: str = ""
    secret: bytes | None = None


@dataclass
class Record:
    """Everything that was read; a phase that the record has not reached is None or empty."""

    files: dict[str, bytes]
    index: list[IndexEntry]
    manifest_bytes: bytes
    manifest: Manifest
    parameters: Parameters
    h_p: bytes
    h_b: bytes
    checkpoint: Checkpoint | None = None
    entries: list[Entry] | None = None
    guardians: dict[int, Guardian] = field(default_factory=dict)
    keys: Keys | None = None
    devices: list[Device] = field(default_factory=list)
    encrypted_tallies: list[EncryptedTally] | None = None
    tallies: list[Tally] | None = None
    exceptions: list[TallyException] = field(default_factory=list)
    challenged: list[OpenedBallot] | None = None
    uncast: list[UncastBallot] | None = None
    contest_data: list[DecryptedData] | None = None

    @property
    def ballots(self) -> list[EncryptedBallot]:
        return [ballot for device in self.devices for ballot in device.ballots]

    @property
    def all_ballots(self) -> list[EncryptedBallot | PrintedBallot]:
        return [ballot for device in self.devices for ballot in device.in_order]

    @property
    def counted(self) -> list[EncryptedBallot | RecordedBallot]:
        """The cast ballots; of a printed one what was recorded of it, once."""
        recorded = []
        for device in self.devices:
            for printed in device.printed:
                key = (printed.device, printed.position, printed.confirmation_code)
                found = [r for r in device.recorded if (r.device, r.position, r.confirmation_code) == key]
                if printed.status == "cast" and found:
                    recorded.append(replace(found[0], style=printed.style, weight=printed.weight))
        return [*(ballot for ballot in self.ballots if ballot.status == "cast"), *recorded]
