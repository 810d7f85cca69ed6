"""Votes for every member of a station's list, in a process that is killed; what it prints was acknowledged."""

import sys
from pathlib import Path

from tests.election.stations.halls import machine
from tests.election.stations.test_crashes import finish
from tests.web.booth.booths import Clock


def main(root: Path) -> None:
    """Go on where the station is."""
    station = machine(root, Clock())
    print("begun", flush=True)
    for number in range(1, 21):
        finish(station, number)
        print(station.chain.ballots[-1].code.hex().upper(), flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
