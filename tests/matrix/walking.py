"""From wherever an election stands to its end: what the plan still wants is done, and nothing else."""

from pathlib import Path

from tests.matrix import counting
from tests.matrix.plans import Plan
from tests.matrix.voters import marked
from tests.matrix.world import World


def walked(plan: Plan, root: Path) -> World:
    """Hold a whole election."""
    world = World.of(plan, root)
    hold_ceremony(world)
    open_devices(world)
    vote(world)
    decide(world)
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


def decide(world: World) -> None:
    """Decide about every ballot: by mail about half is cast; of the others most, or none where nobody shall."""
    for paper in world.undecided(mail=True):
        if world.plan.levels["turnout"] == "nobody" or world.rng.random() < 0.5:
            world.decide(paper, "uncast")
        else:
            world.cast_by_mail(paper)
    other = ("challenged", "spoiled")
    statuses = other if world.plan.levels["turnout"] == "nobody" else ("cast", "cast", "cast", "cast", *other)
    for paper in world.undecided(mail=False):
        world.decide(paper, world.rng.choice(statuses))


def finish(world: World) -> None:
    """Close, count and decrypt."""
    for device in world.devices:
        if not device.closed:
            world.close(device)
    if world.phase == "voting":
        world.add_up()
    if world.phase == "counted":
        counting.choose_quorum(world)
        counting.decrypt_all(world, counting.approved(world))
