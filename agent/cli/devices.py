"""`stillopen devices`: the serial ports of this PC, who made what is on them, and the lines to write for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli import out, teaching
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    import argparse

    from agent.places import Places

_BY_ID = Path("/dev/serial/by-id")  # Linux: names that stay when the numbering changes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--teach", metavar="NAME", help="show the running agent what a drawer's switch says instead")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """List what is plugged in, or teach a drawer."""
    if args.teach is not None:
        return teaching.teach(args.teach, RunningAgent.find(places, args.port))
    found = serial_ports()
    if args.json:
        out.say_json({"devices": found})
        return out.OK
    if not found:
        out.say("No serial port was found. Network printers are not searched for: write their address, as in")
        out.say('  port = "tcp://192.168.1.50:9100"')
    for one in found:
        out.say(f"{one['device']}  {one['description'] or 'unknown'}" + (f"  ({one['usb']})" if one["usb"] else ""))
        out.say("  what is on it cannot be told from the port; write the section that fits:")
        for line in one["configuration"]:
            out.say(f"    {line}")
    return out.OK


def serial_ports() -> list[dict[str, Any]]:
    """Return the serial ports the system knows, each with its configuration lines."""
    from serial.tools.list_ports import comports

    found = []
    for port in sorted(comports()):
        stable = _stable_name(port.device)
        url = f"serial://{stable}?baud=9600"
        usb = None if port.vid is None else f"{port.vid:04x}:{port.pid:04x}"
        found.append(
            {
                "device": port.device,
                "stable_name": stable,
                "description": port.description if port.description not in (None, "n/a") else None,
                "manufacturer": port.manufacturer,
                "usb": usb,
                "serial_number": port.serial_number,
                "configuration": [
                    "[[scanner]]",
                    'name = "counter"',
                    f'port = "{url}"',
                    "# or, for a receipt printer",
                    "[[printer]]",
                    'name = "receipt"',
                    f'port = "{url}"',
                ],
            }
        )
    return found


def _stable_name(device: str) -> str:
    """Return the name under /dev/serial/by-id that leads to the device, or the device itself."""
    if _BY_ID.is_dir():
        for link in sorted(_BY_ID.iterdir()):
            if str(link.resolve()) == device:
                return str(link)
    return device
