"""``e2evote station inventory``: whose hands the stations' devices went through."""

import json
from pathlib import Path
from typing import Any

import click

from e2evote.cli.options import directory
from e2evote.election.stations.inventory import Happening, log_handover, read_log, read_stations
from e2evote.errors import CheckError
from e2evote.terminal.screen import row, screen, table
from e2evote.workspace.boards import now
from e2evote.workspace.directory import Workspace


@click.group()
def inventory() -> None:
    """Keep the list of devices, and the log of whose hands they went through."""


@inventory.command("list")
@directory
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def list_devices(directory: Path, as_json: bool) -> None:
    """List every device: serial number, station, who has it, the seals on it, and what happened last.

    For example:

        e2evote station inventory list club
    """
    devices = _devices(directory)
    if as_json:
        click.echo(json.dumps(list(devices.values()), ensure_ascii=False))
        return
    result = table("serial", "station", "device", "held by", "seals", "last", "time")
    for one in devices.values():
        seals = ", ".join(one["seals"])
        row(result, one["serial"], one["station"], one["device"], one["holder"], seals, one["event"], one["time"])
    screen().print(result)


@inventory.command()
@directory
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def log(directory: Path, as_json: bool) -> None:
    """Show the whole log; it fails if a line was changed or is missing.

    For example:

        e2evote station inventory log club
    """
    result = table("time", "serial", "event", "from", "to", "seals", "note")
    for entry in read_log(directory):
        if as_json:
            click.echo(json.dumps(entry, ensure_ascii=False))
        seals = ", ".join(entry.get("seals", []))
        names = ("time", "serial", "event", "from", "to")
        row(result, *(entry.get(name, "") for name in names), seals, entry.get("note", ""))
    if not as_json:
        screen().print(result)


@inventory.command()
@directory
@click.argument("serial", metavar="SERIAL")
@click.option("--from", "giver", required=True, metavar="NAME", help="Who gives it.")
@click.option("--to", "taker", required=True, metavar="NAME", help="Who takes it.")
@click.option("--seal", "seals", multiple=True, metavar="NUMBER", help="A seal that is whole on it. May be repeated.")
@click.option("--note", default="", metavar="TEXT", help="What else there is to say.")
def handover(directory: Path, serial: str, giver: str, taker: str, seals: tuple[str, ...], note: str) -> None:
    """Log that a device went from one person to another.

    For example:

        e2evote station inventory handover club SN-4711 --from "Store" --to "Maryam Ahmadi" --seal 000123
    """
    _note(directory, serial, "handed-over", giver=giver, taker=taker, seals=seals, note=note)


@inventory.command()
@directory
@click.argument("serial", metavar="SERIAL")
@click.argument("event", type=click.Choice(["sealed", "unsealed", "lost", "found", "retired"]))
@click.option("--seal", "seals", multiple=True, metavar="NUMBER", help="The number of a seal. May be repeated.")
@click.option("--note", default="", metavar="TEXT", help="What happened.")
def event(directory: Path, serial: str, event: Happening, seals: tuple[str, ...], note: str) -> None:
    """Log what happened to a device. A lost station is also reported with 'e2evote station lost'.

    For example:

        e2evote station inventory event club SN-4711 sealed --seal 000123 --seal 000124
    """
    _note(directory, serial, event, seals=seals, note=note)


def _note(
    directory: Path,
    serial: str,
    event: Happening,
    giver: str = "",
    taker: str = "",
    seals: tuple[str, ...] = (),
    note: str = "",
) -> None:
    if serial not in _devices(directory):
        raise CheckError(f"the inventory has no device {serial!a}; 'e2evote station add' registers it")
    with Workspace(directory).locked():
        log_handover(directory, serial, event, now(), giver=giver, taker=taker, seals=seals, note=note)


def _devices(directory: Path) -> dict[str, dict[str, Any]]:
    found = read_stations(directory)
    stations = {} if found is None else {station.serial: station for station in found.stations}
    devices: dict[str, dict[str, Any]] = {}
    for entry in read_log(directory):
        serial = entry["serial"]
        known = devices.setdefault(serial, {"serial": serial, "station": "", "device": 0, "holder": "", "seals": []})
        known |= {"event": entry["event"], "time": entry["time"]}
        if "to" in entry:
            known["holder"] = entry["to"]
        if "seals" in entry or entry["event"] == "unsealed":
            known["seals"] = entry.get("seals", []) if entry["event"] != "unsealed" else []
        if serial in stations:
            known |= {"station": stations[serial].name, "device": stations[serial].device}
            known["key"], known["state"] = stations[serial].key.hex().upper(), stations[serial].state
    return devices
