"""Two scanners that nothing tells apart but their sockets: each stays its own till's, whatever is unplugged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from agent.app import App
from agent.config import load
from agent.plugged import plugged
from drivers.device import DeviceState
from tests.rig.gadget import until
from tests.rig.scanner_gadget import NUMBERS, Gadget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

LEFT, RIGHT = "left", "right"
SECTION = {"cdc": ("/dev/serial/by-path/", "serial://"), "hidkbd": ("/dev/input/by-path/", "evdev://")}
STORE = """
[store]
id = "rig"
name = "Rig"
currency = "EUR"
timezone = "Europe/Berlin"

[api]
port = 0
"""
SHELF = {"4006381333931": "Beer", "96385074": "Milk", "5901234123457": "Bread", "4012345678901": "Salt"}
BEER, MILK, BREAD, SALT = SHELF
CATALOGUE = "sku,name,price,barcode\n" + "".join(f"{name},{name},1.00,{code}\n" for code, name in SHELF.items())


@dataclass
class Twins:
    """Two gadgets of one kind with no serial number, by the till that each was given to."""

    kind: str
    gadgets: dict[str, Gadget]

    def seen(self) -> list[dict[str, Any]]:
        """Return what detection says of them, in the order of their sockets."""
        found = plugged({})["devices"]
        return sorted((one for one in found if one["usb"] == ":".join(NUMBERS[self.kind])), key=lambda one: one["port"])


@pytest.fixture(params=list(SECTION))
async def twins(request: pytest.FixtureRequest) -> AsyncIterator[Twins]:
    kind: str = request.param
    # One after the other: the first is in the first socket.
    there = Twins(kind, {})
    for number, name in enumerate((LEFT, RIGHT), 1):
        there.gadgets[name] = await Gadget.add(kind, name, None)
        await until(lambda number=number: len(there.seen()) == number, f"the {name} one's names")  # type: ignore[misc]  # mypy#15459
    yield there
    for gadget in there.gadgets.values():
        await gadget.remove()


def configuration(ports: Iterable[tuple[str, str]]) -> str:
    return STORE + "".join(
        f'[[till]]\nid = "{name}"\nscanner = "{name}"\n[[scanner]]\nname = "{name}"\nport = "{port}"\n'
        for name, port in ports
    )


class Shop:
    """The agent with a till for each twin."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def ready(self, *names: str) -> None:
        await self._is(DeviceState.READY, names)

    async def lost(self, *names: str) -> None:
        await self._is(DeviceState.LOST, names)

    async def rings(self, till: str, *wares: str) -> None:
        """Wait until so many lines are on a till's sale, and hold it against these."""
        await until(lambda: len(self.lines(till)) >= len(wares), f"{wares} at {till}, not {self.lines(till)}")
        assert self.lines(till) == list(wares)

    def lines(self, till: str) -> list[str]:
        sale = self.app.tills.view(till)["sale"]
        return [line["name"] for line in sale["lines"]] if sale else []

    async def _is(self, state: DeviceState, names: Iterable[str]) -> None:
        for name in names:
            scanner = self.app.devices.scanners[name]
            await until(lambda scanner=scanner: scanner.view.state is state, f"{name} to be {state}")  # type: ignore[misc]  # mypy#15459


async def test_twins_without_serial_numbers_are_told_apart_by_their_sockets(twins: Twins, tmp_path: Path) -> None:
    folder, scheme = SECTION[twins.kind]
    seen = twins.seen()
    ports = [one["port"] for one in seen]
    assert len(set(ports)) == 2
    for one in seen:
        assert one["port"].startswith(scheme + folder)
        assert (one["serial_number"], one["lasting"]) == (None, False)
        assert f'port = "{one["port"]}"' in one["configuration"]

    left, right = twins.gadgets[LEFT], twins.gadgets[RIGHT]
    file = tmp_path / "stillopen.toml"
    file.write_text(configuration(zip((LEFT, RIGHT), ports, strict=True)), encoding="utf-8")
    async with App(load(file), tmp_path / "state") as app:
        shop = Shop(app)
        await app.catalogue.import_csv(CATALOGUE, currency="EUR", taxes=set())
        await shop.ready(LEFT, RIGHT)
        left.open()
        right.open()
        await left.scan(BEER)
        await shop.rings(LEFT, "Beer")
        await right.scan(MILK)
        await shop.rings(RIGHT, "Milk")

        await left.unplug()
        await shop.lost(LEFT)
        await right.scan(BREAD)
        await shop.rings(RIGHT, "Milk", "Bread")
        assert shop.lines(LEFT) == ["Beer"]
        await left.plug()
        await shop.ready(LEFT)
        left.open()
        await left.scan(BREAD)
        await shop.rings(LEFT, "Beer", "Bread")

        before = [one["device"] for one in twins.seen()]
        await left.unplug()
        await right.unplug()
        await shop.lost(LEFT, RIGHT)
        await right.plug()  # first now, so that it gets the number that the left one had
        await shop.ready(RIGHT)
        await left.plug()
        await shop.ready(LEFT)
        assert [one["device"] for one in twins.seen()] == before[::-1]
        assert [one["port"] for one in twins.seen()] == ports
        right.open()
        left.open()
        await right.scan(SALT)
        await shop.rings(RIGHT, "Milk", "Bread", "Salt")
        await left.scan(SALT)
        await shop.rings(LEFT, "Beer", "Bread", "Salt")
