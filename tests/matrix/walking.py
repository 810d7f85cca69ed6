"""From wherever an election stands to its end: what the plan still wants is done, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

from tests.matrix import counting
from tests.matrix.plans import Plan
from tests.matrix.voters import marked
from tests.matrix.world import Paper, World


def walked(plan: Plan, root: Path) -> World:
    """Hold a whole election."""
    world = World.of(plan, root)
    hold_ceremony(world)
    open_devices(world)
    vote(world)
    finish(world)
    return world


def hold_ceremony(world: World) -> None:
    while world.guardians.waiting:
        world.guardians.act(world.guardians.waiting[0])
    if world.phase == "ceremony":
        world.found()


def open_devices(world: World) -> None:
    known = {device.opening.device_info for device in world.devices}
    for planned in world.plan.devices:
        if planned.info not in known:
            world.open(planned)


def vote(world: World) -> None:
    """Let every device make as many ballots as it was planned to."""
    for device in world.devices:
        planned = world.planned(device)
        wanted = planned.ballots - len(world.of_device(device))
        if device.closed or wanted <= 0:
            continue
        if planned.mail:
            world.post(device, wanted)
        else:
            world.vote(device, [marked(world.plan, world.rng) for _ in range(wanted)])


def begin_to_decide(world: World) -> None:
    """Decide about every other ballot, and close the first device where there are several."""
    first, *others = world.devices
    papers = [paper for paper in world.papers.values() if others and paper.ballot.device == first.number]
    decide(world, papers)
    decide(world, world.undecided(mail=False)[::2] + world.undecided(mail=True)[::2])
    if others:
        world.close(first)


def decide(world: World, papers: Sequence[Paper]) -> None:
    """Decide about ballots: by mail about half is cast; of the others most, or none where nobody shall."""
    for paper in (paper for paper in papers if paper.by_mail):
        if world.plan.levels["turnout"] == "nobody" or world.rng.random() < 0.5:
            world.decide(paper, "uncast")
        else:
            world.cast_by_mail(paper)
    other = ("challenged", "spoiled")
    statuses = other if world.plan.levels["turnout"] == "nobody" else ("cast", "cast", "cast", "cast", *other)
    for paper in (paper for paper in papers if not paper.by_mail):
        world.decide(paper, world.rng.choice(statuses))


def count(world: World) -> None:
    """Decide about what is left, close the devices, and add up; somewhere a device was opened at least."""
    hold_ceremony(world)
    if not world.devices:
        open_devices(world)
    decide(world, [paper for paper in world.papers.values() if paper.status is None])
    for device in world.devices:
        if not device.closed:
            world.close(device)
    if world.phase == "voting":
        world.add_up()


def finish(world: World) -> None:
    """Do what is left to be done once voters have voted."""
    count(world)
    if world.phase == "counted":
        counting.choose_quorum(world)
        counting.decrypt_all(world, counting.approved(world))
