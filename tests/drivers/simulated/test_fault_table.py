"""The table of faults in the README: every switch in it exists, and so does every test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scanner import ScannerFaults
from drivers.simulated.script import shipped_scripts
from drivers.simulated.switches import SWITCHES, read_command
from drivers.simulated.usb_bus import UsbBus
from drivers.simulated.usb_shape import UsbPrinter
from drivers.simulated.usb_wire import UsbFaults

ROOT = Path(__file__).parents[3]
README = (ROOT / "drivers" / "simulated" / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+) \| (.*`.+`.*|a second `open_port`) \| `(\w+/\w+\.py)` `(\w+)` \|$", re.MULTILINE)
PEERS = {kind.__name__: kind for kind in (ScannerFaults, SimulatedPrinter, UsbBus, UsbFaults, UsbPrinter)}


def test_the_table_holds_every_fault() -> None:
    assert len(ROW.findall(README)) == 38


@pytest.mark.parametrize(("fault", "switch", "file", "test"), ROW.findall(README))
def test_a_fault_has_its_switch_and_its_test(fault: str, switch: str, file: str, test: str) -> None:
    name = switch.split("`")[1]
    if "." in name:
        peer, _, attribute = name.partition(".")
        assert attribute in dir(PEERS[peer]), fault
    elif name != "open_port":
        assert str(read_command(name)) == name
    source = (ROOT / "tests" / "drivers" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), fault


def test_every_switch_and_every_script_is_in_the_readme() -> None:
    for switch in SWITCHES.values():
        assert f"| `{switch.name}` | {', '.join(switch.positions)} |" in README
    for name in shipped_scripts():
        assert f"`{name}`" in README
