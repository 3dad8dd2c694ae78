"""`stillopen devices`: what is plugged into this PC, what it seems to be, and the lines to write for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.cli import out, teaching
from agent.cli.running import RunningAgent
from agent.config import ConfigInvalid, ConfigMissing, load
from agent.configured_ports import configured_ports
from agent.plugged import plugged

if TYPE_CHECKING:
    import argparse

    from agent.places import Places

_SURE = {"certain": "", "probable": "probably ", "possible": "perhaps ", "unknown": ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--teach", metavar="NAME", help="show the running agent what a drawer's switch says instead")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """List what is plugged in, or teach a drawer."""
    if args.teach is not None:
        return teaching.teach(args.teach, RunningAgent.find(places, args.port))
    answer = plugged(_configured(places))
    if args.json:
        out.say_json(answer)
        return out.OK
    for one in answer["devices"]:
        _say(one)
    if not answer["devices"]:
        out.say("Nothing was found that a till could use.")
    out.say("Network printers are not searched for: write their address, as in")
    out.say('    port = "tcp://192.168.1.50:9100"')
    for one in answer["unseen"]:
        out.complain(f"devices by {one['way']} could not be looked for: {one['error']}", one["hint"])
    return out.OK


def _say(one: dict[str, Any]) -> None:
    numbers = f"  ({one['usb']}{' ' + one['serial_number'] if one['serial_number'] else ''})" if one["usb"] else ""
    out.say(f"{one['device']}  {_SURE[one['sure']]}{one['what']}{numbers}")
    if one["configured_as"] is not None:
        out.say(f"    is {one['configured_as']} in the configuration")
        return
    if one["held_by"]:
        out.say(f"    is held by {', '.join(one['held_by'])}: close that first")
    out.say(f"    {one['why']}. {one['next']}")
    for way in one["switches"]:
        out.say(f"    in its manual: chapter {way['chapter']!r}, the barcode {way['heading']!r}")
    for line in one["configuration"]:
        out.say(f"      {line}")
    if one["port"] is not None and not one["lasting"]:
        out.say("    this name holds for the socket it is plugged into: leave it there")


def _configured(places: Places) -> dict[str, str]:
    """Return the ports of the configured devices; none where there is no configuration that can be read yet."""
    try:
        return configured_ports(load(places.config, need_secrets=False))
    except (ConfigInvalid, ConfigMissing):
        return {}
