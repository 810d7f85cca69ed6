"""The whole protocol as a state machine: guardians, voters and the administrator act in any order that is possible.

A run begins with an election that is drawn and ends with its finished record: what the drawn steps left undone is done
at the end. After every step the record is judged by the verifier and the oracle, if it has changed.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from e2evote.record import layout
from e2evote.record.ballot import Status
from e2evote.workspace.devices import Device
from tests.matrix import counting, walking
from tests.matrix.flaws import Flaw
from tests.matrix.judging import check_finished, check_flaw, check_under_way
from tests.matrix.plans import Plan, PlannedDevice, plans
from tests.matrix.refusals import Refusal
from tests.matrix.registered import FLAWS, REFUSALS
from tests.matrix.voters import WAYS, marked
from tests.matrix.world import Paper, World, repeatable

T = TypeVar("T")
MOST_BALLOTS = 12
Step = Callable[[int], None]
"""Something that can be done, to one of several."""
anything = st.integers(0, 999)
"""Chooses one of whatever there is then."""


def one_of(found: list[T], number: int) -> T:
    return found[number % len(found)]


class Matrix(RuleBasedStateMachine):
    """One election."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="matrix-"))
        self.context, self.forgeries = ExitStack(), count(1)
        self.judged = b""
        self.world: World

    @property
    def phase(self) -> str:
        return self.world.phase if hasattr(self, "world") else ""

    @initialize(plan=plans())
    def begin(self, plan: Plan) -> None:
        self.context.enter_context(repeatable(plan.seed))
        self.world = World.of(plan, self.folder / "world")
        self.world.root.mkdir()
        for name, level in plan.levels.items():
            event(f"{name}: {level}")

    # --------------------------------------------------------------------------------------- the protocol

    @rule(choice=anything, number=anything, ways=st.lists(st.sampled_from([*WAYS, None]), min_size=1, max_size=3))
    def go_on(self, choice: int, number: int, ways: list[str | None]) -> None:
        """Do one of the things that can be done now.

        They are not rules of their own: now and then every rule that fits would be among those that a run leaves out.
        """
        possible = list(self.possible(ways))
        if possible:
            one_of(possible, choice)(number)

    def possible(self, ways: list[str | None]) -> Iterator[Step]:
        if self.phase == "ceremony":
            yield partial(self.guardians_act, len(ways))
        if self.phase == "voting":
            yield from self.possible_of_voting(ways)
        if self.phase == "counted":
            yield self.decrypt

    def possible_of_voting(self, ways: list[str | None]) -> Iterator[Step]:
        if self.unopened():
            yield self.open_device
        if self.open_devices(mail=False) and self.has_room():
            yield partial(self.vote, ways)
        if self.open_devices(mail=True) and self.has_room():
            yield partial(self.print_ballots, len(ways))
        if self.world.undecided(mail=False):
            yield from (partial(self.decide, status) for status in ("cast", "challenged", "spoiled"))
        if self.world.undecided(mail=True):
            yield from (self.cast_by_mail, partial(self.decide_by_mail, "uncast"))
        if self.decided_devices():
            yield self.close_device
        if self.all_closed():
            yield self.add_up

    def guardians_act(self, many: int, number: int) -> None:
        """One guardian acts in the round under way, or all that have not yet, beginning with any."""
        guardians = self.world.guardians
        waiting = guardians.waiting
        start = number % len(waiting)
        for i in (waiting[start:] + waiting[:start])[: None if many > 1 else 1]:
            guardians.act(i)
        if not guardians.waiting:
            self.world.found()

    def open_device(self, number: int) -> None:
        self.world.open(one_of(self.unopened(), number))

    def vote(self, ways: list[str | None], number: int) -> None:
        device = one_of(self.open_devices(mail=False), number)
        self.world.vote(device, [marked(self.world.plan, self.world.rng, way) for way in ways])

    def print_ballots(self, ballots: int, number: int) -> None:
        self.world.post(one_of(self.open_devices(mail=True), number), ballots)

    def decide(self, status: Status, number: int) -> None:
        self.world.decide(one_of(self.world.undecided(mail=False), number), status)

    def decide_by_mail(self, status: Status, number: int) -> None:
        self.world.decide(one_of(self.world.undecided(mail=True), number), status)

    def cast_by_mail(self, number: int) -> None:
        self.world.cast_by_mail(one_of(self.world.undecided(mail=True), number))

    def close_device(self, number: int) -> None:
        self.world.close(one_of(self.decided_devices(), number))

    def add_up(self, number: int) -> None:
        self.world.add_up()

    def decrypt(self, number: int) -> None:
        counting.choose_quorum(self.world)
        counting.decrypt_all(self.world, counting.approved(self.world))
        check_finished(self.world)

    # --------------------------------------------------------------------------------------- misbehaviour

    @rule(number=anything)
    def misbehave(self, number: int) -> None:
        """Do the next thing that there is a place for: it is refused, or found in the record that is published."""
        tries = [*(refusal for refusal in REFUSALS if refusal.phase == self.phase)]
        tries += FLAWS if self.phase == "decrypted" else []
        start = number % len(tries)
        for wrong in tries[start:] + tries[:start]:
            if self.tried(wrong, number):
                event(f"{'refused' if isinstance(wrong, Refusal) else 'found'}: {wrong.name}")
                return

    def tried(self, wrong: Refusal | Flaw, number: int) -> bool:
        if isinstance(wrong, Refusal):
            return wrong.try_on(self.world)
        return check_flaw(self.world, wrong, self.folder / f"forged-{next(self.forgeries)}", number)

    # --------------------------------------------------------------------------------------- after every step

    @invariant()
    def the_record_is_what_it_can_be_by_now(self) -> None:
        if self.phase in ("", "ceremony"):
            return
        index = (self.world.workspace.published / layout.INDEX).read_bytes()
        if index != self.judged:
            check_under_way(self.world)
            self.judged = index

    def teardown(self) -> None:
        """Finish the election, unless a step failed."""
        try:
            if self.phase and sys.exc_info()[0] is None:
                walking.finish(self.world)
                check_finished(self.world)
        finally:
            self.context.close()
            shutil.rmtree(self.folder)

    # --------------------------------------------------------------------------------------- what there is

    def unopened(self) -> list[PlannedDevice]:
        known = {device.opening.device_info for device in self.world.devices}
        return [planned for planned in self.world.plan.devices if planned.info not in known]

    def open_devices(self, mail: bool) -> list[Device]:
        return [device for device in self.world.devices if not device.closed and device.pre_encrypts == mail]

    def decided_devices(self) -> list[Device]:
        undecided = {paper.ballot.device for paper in self.undecided()}
        return [device for device in self.world.devices if not device.closed and device.number not in undecided]

    def undecided(self) -> list[Paper]:
        return [*self.world.undecided(mail=False), *self.world.undecided(mail=True)]

    def all_closed(self) -> bool:
        devices = self.world.devices
        return bool(devices) and all(device.closed for device in devices)

    def has_room(self) -> bool:
        return len(self.world.papers) < MOST_BALLOTS
