"""Records without a defect: elections of many kinds, and honest records that look unusual.

``RECORDS`` are arguments of ``build_record``; ``VARIANTS`` change what a forger holds before it writes, and
``BOARD_VARIANTS`` write records of elections with a bulletin board.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from e2evote import examples
from e2evote.board.notes import Note, Signature
from e2evote.group.elements import Scalar
from e2evote.record.plaintext import PlaintextBallot, PlaintextContest
from e2evote.zkp.range import RangeProof
from tests.board_forger import BoardForger, board_manifest, policy_lines
from tests.builders import DEFAULT_MANIFEST, MERGING, SUPPLEMENTAL, manifest_bytes, patterned_ballots
from tests.forger import Forger

CHAINED, UNCHAINED = ("Booth A", 1), ("Booth B", 0)
PLAIN_MANIFEST = manifest_bytes(
    contests=DEFAULT_MANIFEST["contests"][1:],
    ballot_styles=[{"label": "everybody", "contests": [1, 2]}],
    tally_cells=None,
    maximum_weight=None,
    chaining_modes=None,
    cast_contest_data_may_be_decrypted=None,
)
LIMITS_MANIFEST = manifest_bytes(
    contests=[
        {"label": "approve", "selection_limit": "NO_LIMIT", "options": [{"label": "a"}, {"label": "b"}]},
        {
            "label": "points",
            "selection_limit": 5,
            "contest_data_blocks": 3,
            "options": [
                {"label": "a", "selection_limit": "CONTEST_LIMIT"},
                {"label": "b\u200cc", "selection_limit": 9, "write_in": True},
            ],
        },
    ],
    ballot_styles=[{"label": "everybody", "contests": [1, 2]}],
    tally_cells=None,
)
PATTERNED = list(islice(patterned_ballots(), 12))
FEW_PARTNERS = [
    ballot.model_copy(update={"weight": 1})
    for style, count in ((1, 9), (2, 3))
    for ballot in islice((each for each in patterned_ballots() if each.ballot_style == style), count)
]
"""Nine members and three partners, who are too few for a tally of their own."""
HEAVY = [
    PlaintextBallot(ballot_style=2, weight=5, contests=(PlaintextContest(contest=2, selections=(3, 1)),))
    for _ in range(12)
]
"""Each ballot has the largest weight, and an option as many votes as it may have."""
ONE_CONTEST = manifest_bytes(
    contests=[{"label": "motion", "contest_data_blocks": 1, "options": [{"label": "yes"}, {"label": "no"}]}],
    ballot_styles=[{"label": "member", "contests": [1]}],
    tally_cells=None,
)
SMALL: dict[str, Any] = {"n": 2, "k": 1, "ballots": 3, "challenged": 1, "spoiled": 0}
RECORDS: dict[str, dict[str, Any]] = {
    "default": {},
    "three-ballots": {"manifest": ONE_CONTEST, "devices": (CHAINED,), **SMALL},
    "one-guardian": {"n": 1, "k": 1},
    "two-guardians-quorum-1": {"n": 2, "k": 1},
    "all-guardians-needed": {"n": 3, "k": 3},
    "five-guardians-quorum-3": {"n": 5, "k": 3, "seed": 7},
    "chained-only": {"devices": (CHAINED,)},
    "unchained-only": {"devices": (UNCHAINED,)},
    "three-devices": {"devices": (CHAINED, UNCHAINED, ("Booth C", 1)), "seed": 3},
    "a-device-without-ballots": {"devices": (CHAINED,) * 5, "ballots": 4, "challenged": 0, "spoiled": 0},
    "nothing-challenged": {"challenged": 0, "spoiled": 0},
    "no-contest-data-no-weights": {"manifest": PLAIN_MANIFEST, "devices": (CHAINED,)},
    "limits-by-name": {"manifest": LIMITS_MANIFEST},
    "contest-data-stays-closed": {"manifest": manifest_bytes(cast_contest_data_may_be_decrypted=False)},
    "supplemental-fields": {"manifest": manifest_bytes(contests=SUPPLEMENTAL), "plaintexts": PATTERNED},
    "merged-cells": {
        "manifest": manifest_bytes(tally_cells=MERGING, minimum_cell_ballots=4),
        "plaintexts": FEW_PARTNERS,
    },
    "largest-totals": {"plaintexts": HEAVY},
    "association": {"manifest": examples.manifest_bytes("association"), "devices": (CHAINED,), "ballots": 13},
    "stakeholders": {"manifest": examples.manifest_bytes("stakeholders"), "devices": (CHAINED,), "ballots": 26},
    "toy-48-192": {"group_name": "toy-48-192"},
    "toy-32-128": {"group_name": "toy-32-128"},
    "information-with-odd-characters": {"devices": (('"Booth"\\\n\x01\x7f\u200c\u2028😀', 1), ("", 0))},
}


def zero_challenges(f: Forger) -> None:
    """0 is in Z_q: challenges of simulated branches, and the whole proof's response, may be 0."""
    xi = f.group.secret(0)

    def prove(value: int, _: object, ciphertext: object, limit: int, challenge: Callable[..., Scalar]) -> RangeProof:
        # With ξ = 0 and u = 0 the true branch has a = 1, b = 1, v = 0; a simulated one with c = v = 0 the same.
        c = challenge([f.group.one] * (2 * limit + 2))
        zero = f.group.scalar(0)
        return RangeProof((c, *[zero] * limit), (zero,) * (limit + 1))

    vote = f.pick("cast", ballot_style=2)
    one = f.election.K**xi
    zeros = lambda _, ciphertext: type(ciphertext)(one, one)  # noqa: E731
    f.encrypt_contest(vote, 3, (0, 0), prove, None, zeros)
    f.reseal(vote)


def small_cell(f: Forger) -> None:
    """A cell with fewer cast ballots than the minimum has an encrypted line but no decrypted one."""
    f.hold(manifest=manifest_bytes(minimum_cell_ballots=max(cell.ballots for cell in f.aggregate())))


def nothing_cast(f: Forger) -> None:
    """All ballots are spoiled: the tallies are empty."""
    for vote in f.all_votes():
        vote.status = "spoiled"


def everything_challenged(f: Forger) -> None:
    """All ballots are challenged."""
    for vote in f.all_votes():
        vote.status = "challenged"


def odd_names(f: Forger) -> None:
    """Names with every kind of character that JSON escapes, or does not."""
    name = "".join(map(chr, range(0x21))) + '"\\/\x7f\u2028\u200c\ufeffشاپور😀'
    f.guardians[1] = f.guardians[1].model_copy(update={"name": name})
    f.guardians[2] = f.guardians[2].model_copy(update={"name": "ش" * 200})


def odd_labels(f: Forger) -> None:
    """Labels with quotes, backslashes and a zero-width non-joiner, which tallies and opened ballots repeat."""
    contests = [
        *DEFAULT_MANIFEST["contests"][:2],
        {"label": 'a "motion" \\/', "options": [{"label": "نمی\u200cخواهم"}, {"label": "no"}]},
    ]
    f.hold(manifest=manifest_bytes(contests=contests))


def free_manifest(f: Forger) -> None:
    """The manifest is laid out freely: escapes, blanks, order, no line end."""
    text = manifest_bytes(label="XYZ").decode().replace('"XYZ"', '"\\u0061\\/b"')
    f.hold(manifest=b"\r\n\t " + text.encode() + b"  \n\n")


def manifest_without_line_end(f: Forger) -> None:
    """The manifest ends with its last bracket."""
    f.hold(manifest=manifest_bytes().rstrip())


def quorum_of_all(f: Forger) -> None:
    """Two guardians, and both are needed."""
    f.hold(n=2, k=2)


VARIANTS = (
    zero_challenges,
    small_cell,
    nothing_cast,
    everything_challenged,
    odd_names,
    odd_labels,
    free_manifest,
    manifest_without_line_end,
    quorum_of_all,
)


def board_without_witnesses(f: BoardForger) -> None:
    """The manifest's board asks for no cosignature, and there is none."""
    f.hold(manifest=board_manifest(board=policy_lines("none")))
    f.write()
    entries = f.entries()
    f.publish(entries, f.checkpoint(entries, ()))


def board_with_one_witness(f: BoardForger) -> None:
    """One witness by name is the quorum; lines of the policy have addresses, and one is a comment."""
    log, first, *others = policy_lines("w1")
    board = [
        f"log\t{log.split()[1]}  https://vote.example/",
        "# the club's own",
        f"{first} https://w1.example/",
        *others,
    ]
    f.hold(manifest=board_manifest(board=board))
    f.write()
    entries = f.entries()
    f.publish(entries, f.checkpoint(entries, ("w1",)))


def board_with_signatures_of_strangers(f: BoardForger) -> None:
    """The checkpoint has signatures by keys that the manifest does not name, which count for nothing."""
    f.write()
    entries = f.entries()
    note = f.checkpoint(entries, ("w3", "w2"))
    unknown = Signature("stranger.example/‌شاهد", b"\1\2\3\4", bytes(100))
    namesake = Signature(note.signatures[0].name, b"\0\0\0\0", b"\0")
    f.publish(entries, Note(note.text, (unknown, namesake, *note.signatures)))


def board_within_a_second(f: BoardForger) -> None:
    """All entries have the same time."""
    f.write()
    f.publish([entry.model_copy(update={"time": "2026-12-01T12:00:00Z"}) for entry in f.entries()])


BOARD_VARIANTS = (
    board_without_witnesses,
    board_with_one_witness,
    board_with_signatures_of_strangers,
    board_within_a_second,
)

ON_STANDARD = ("default", "three-ballots", "supplemental-fields", "merged-cells")
"""The records of the suite's 4096-bit set."""
