"""Broken records: the index and box 1."""

import hashlib
import hmac
from typing import Literal

from e2evote.hashing import parameter_base_hash
from e2evote.record import layout
from e2evote.record.setup import Election, Hashes
from tests.builders import MERGING, manifest_bytes, reindex
from tests.forger import Forger
from tests.mutations.registry import (
    KEYS_AND_LATER,
    LATER,
    PLUS_ONE,
    WRONG_HASH,
    InGroup,
    add,
    defect,
    edits,
    element,
    put,
)

# ------------------------------------------------------------------------------------------------- index


@defect("X.index", indexed=False)
def _file_changed_after_publication(f: Forger) -> None:
    """A status is changed and the index left as it was."""
    f.write()
    reindex(f.root)
    f.edit("guardians/guardian_1.public_key.json", put("name", value="Somebody Else"))


@defect("X.index", indexed=False)
def _file_not_in_the_index(f: Forger) -> None:
    """A file lies in the record that the index does not name."""
    f.write()
    reindex(f.root)
    (f.root / "readme.txt").write_text("hello")


@defect("X.index", indexed=False)
def _file_of_the_format_not_in_the_index(f: Forger) -> None:
    """The opened ballots are not in the index."""
    f.write()
    reindex(f.root)
    f.edit("index.json", lambda index: index["files"].pop(0))


@defect("X.index", indexed=False)
def _size_of_a_file_in_the_index(f: Forger) -> None:
    """The index states another size, with the right hash."""
    f.write()
    reindex(f.root)
    f.edit("index.json", put("files", 0, "size", value=lambda size: size + 1))


# ------------------------------------------------------------------------------------------------- box 1

ALL_WITH_G = (
    "1.E 2.C 6.D 7.D 10.B 12.B 13.A 13.B X.challenged-data-nonce X.challenged-nonce X.contest-data-proof X.nonce-proof"
)
"""What fails where the generator is taken from the record."""

edits("version-2-0-0", "1.A", layout.PARAMETERS, put("version", value="v2.0.0"))
edits("q-plus-2", "1.C", layout.PARAMETERS, put("q", value=add(2)), oracle_adds="1.E X.parameters")
edits(
    "g-squared",
    "1.D",
    layout.PARAMETERS,
    InGroup(lambda group: put("g", value=element(group.g * group.g))),
    oracle_adds=ALL_WITH_G,
)
edits(
    "g-is-1",
    "1.D",
    layout.PARAMETERS,
    put("g", value=lambda g: "1".zfill(len(g))),
    oracle_adds=ALL_WITH_G,
)
edits("h-p-wrong", "1.E", layout.HASHES, put("h_p", value=WRONG_HASH), oracle_adds="1.F 2.C")
edits("h-b-wrong", "1.F", layout.HASHES, put("h_b", value=WRONG_HASH), oracle_adds="4.A")
edits("r-plus-1", "X.parameters", layout.PARAMETERS, put("r", value=PLUS_ONE))
edits("r-minus-1", "X.parameters", layout.PARAMETERS, put("r", value=add(-1)))
for name in "pqg":
    edits(f"{name}-too-wide", "X.parameters", layout.PARAMETERS, put(name, value=lambda x: "00" + x), unreadable=True)


@defect(
    "1.B",
    may="1.C 1.D",
    skips=KEYS_AND_LATER | {"1.E", "1.F", "1.A", "X.parameters", "X.manifest", "1.C", "1.D"},
    oracle_adds="1.E X.parameters",
)
def _p_of_no_known_set(f: Forger) -> None:
    """p is another number."""
    f.write()
    f.edit(layout.PARAMETERS, put("p", value=add(-2)))


@defect("1.B 1.C 1.D", allow=())
def _toy_parameters_not_allowed(f: Forger) -> None:
    """Nothing is wrong but that nobody asked for the toy parameters."""
    f.write()


@defect("1.B 1.C 1.D", allow=("toy-48-192", "reduced-3072"))
def _other_toy_parameters_allowed(f: Forger) -> None:
    """Other insecure parameters were asked for."""
    f.write()


H_P_FOLLOWERS = "1.F 2.C 4.A 5.B 8.C 8.F 8.G 10.B"
"""What may fail with an H_P with which the whole election is held."""


def _parameter_bytes(f: Forger, order: Literal["big", "little"] = "big") -> bytes:
    """Return what H_P hashes, with numbers in this order of bytes."""
    group, l_p = f.group, f.group.l_p
    numbers = ((int(group.p), l_p), (int(group.q), 32), (int(group.g.value), l_p), (f.election.n, 4), (f.election.k, 4))
    return b"\x00" + b"".join(x.to_bytes(size, order) for x, size in numbers)


@defect("1.E", may=H_P_FOLLOWERS)
def _h_p_of_other_n(f: Forger) -> None:
    """The whole election is held with an H_P for n + 1 guardians."""
    f.hold(h_p=parameter_base_hash(f.group, f.election.n + 1, f.election.k))
    f.write()


@defect("1.E", may=H_P_FOLLOWERS)
def _h_p_with_the_version_padded_on_the_left(f: Forger) -> None:
    """The whole election is held with an H_P whose key has its zeros before v2.1.0 (a known mistake)."""
    f.hold(h_p=hmac.digest(b"v2.1.0".rjust(32, b"\x00"), _parameter_bytes(f), hashlib.sha256))
    f.write()


@defect("1.E", may=H_P_FOLLOWERS)
def _h_p_of_little_endian_numbers(f: Forger) -> None:
    """The whole election is held with an H_P over p, q and g from the last byte to the first (a known mistake)."""
    f.hold(h_p=hmac.digest(b"v2.1.0".ljust(32, b"\x00"), _parameter_bytes(f, "little"), hashlib.sha256))
    f.write()


@defect("1.F", may="4.A 5.B 8.C 8.F 8.G 10.B")
def _h_b_without_length(f: Forger) -> None:
    """The whole election is held with an H_B that leaves out the length of the manifest (a known mistake)."""
    old, data = f.election, f.manifest_bytes
    h_b = hmac.digest(old.hashes.h_p, b"\x01" + data, hashlib.sha256)
    f.election = Election.of(old.group, old.n, old.k, old.manifest, Hashes(h_p=old.hashes.h_p, h_b=h_b), old.keys)
    f.vote_again()
    f.write()


@defect("X.parameters")
def _quorum_above_the_number_of_guardians(f: Forger) -> None:
    """k = 4 of n = 3, consistently."""
    f.hold(k=4)
    f.write()


@defect("X.parameters", may="1.E 1.F 2.C 4.A 5.B 8.C 8.F 8.G 10.B X.commitment-count X.guardian-proof-length")
def _quorum_of_0(f: Forger) -> None:
    """k = 0 in the parameters."""
    f.write()
    f.edit(layout.PARAMETERS, put("k", value=0))


@defect("X.manifest", skips=LATER)
def _label_with_two_blanks(f: Forger) -> None:
    """A label of the manifest has two blanks together."""
    f.hold(manifest=manifest_bytes(label="Everything,  once"))
    f.write()


@defect("X.manifest", skips=LATER)
def _cells_merged_in_a_circle(f: Forger) -> None:
    """Two tally cells are merged into each other."""
    members, partners = MERGING
    f.hold(manifest=manifest_bytes(tally_cells=[members | {"merge_into": "partners"}, partners]))
    f.write()


@defect("X.manifest", skips=LATER)
def _cell_merged_into_one_that_does_not_exist(f: Forger) -> None:
    """A tally cell is merged into a cell that no line of the manifest has."""
    members, partners = MERGING
    f.hold(manifest=manifest_bytes(tally_cells=[members | {"merge_into": "others"}, partners]))
    f.write()


@defect("X.manifest", skips=LATER)
def _label_with_byte_order_mark(f: Forger) -> None:
    """A label of the manifest has an invisible U+FEFF, so that two labels look the same."""
    f.hold(manifest=manifest_bytes(label="Everything,\ufeffonce"))
    f.write()
