"""Asking witnesses for their cosignatures of a checkpoint, all at the same time.

How a request travels is handed in. A witness that does not answer, refuses or answers wrongly is reported, and asked
again with the next checkpoint.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeAlias

from e2evote.board.checkpoint import Checkpoint
from e2evote.board.notes import Note, Signatures
from e2evote.board.policy import Witness
from e2evote.board.witness import Answer, Conflict, Request, parse_answer
from e2evote.errors import CheckError, E2EVoteError

Ask: TypeAlias = Callable[[Witness, bytes], Answer]
"""Sends the body of add-checkpoint to a witness and returns its answer; raises ``OSError`` or an error of this library
where there is none. It is called from several threads."""

Prove: TypeAlias = Callable[[int, int], list[bytes]]
"""Gives the consistency proof from an old size to a new one."""

Problem: TypeAlias = Callable[[str, str], None]
"""Told of a witness, by its name in the policy, and why it has not cosigned."""


def cosignatures(
    note: Note, witnesses: Sequence[Witness], prove: Prove, ask: Ask, problem: Problem
) -> Iterator[Signatures]:
    """Yield the cosignatures of each witness that gives one, as they come in."""
    if not witnesses:
        return
    with ThreadPoolExecutor(len(witnesses), thread_name_prefix="witness") as threads:
        asked = {threads.submit(_cosignatures, note, witness, prove, ask): witness for witness in witnesses}
        for answer in as_completed(asked):
            try:
                signatures = answer.result()
            except (E2EVoteError, OSError) as error:
                problem(asked[answer].name, str(error))
            else:
                yield signatures


def _cosignatures(note: Note, witness: Witness, prove: Prove, ask: Ask) -> Signatures:
    """Ask one witness: first as if it knew nothing of the log, then with the proof from the size that it names."""
    size, old = Checkpoint.parse(note.text).size, 0
    for _ in range(3):  # between two requests somebody else may have shown it another checkpoint
        proof = prove(old, size)
        answer = parse_answer(ask(witness, Request(old, tuple(proof), note).encode()), note, [witness.key])
        if not isinstance(answer, Conflict):
            return answer.signatures
        old = answer.size
        if old > size:
            raise CheckError(f"it has cosigned a checkpoint of {old} entries already, this one has {size}")
    raise CheckError("it names another size each time")
