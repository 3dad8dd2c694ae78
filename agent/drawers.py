"""The drawers of this store: made from the configuration, taught by a person, and told of when they are left open."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from agent import drawer_memory
from agent.problem import conflict
from drivers.drawer import Drawer, Position
from drivers.drawer.opener import PrinterOpener
from drivers.errors import NotReady
from outbox.answers import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from agent.config import Config
    from agent.config.sections import DrawerConfig
    from agent.events import Events
    from drivers.device import DeviceListener
    from drivers.drawer.opener import Opener
    from drivers.drawer.switch import DrawerStatus
    from drivers.drawer.talk import Talk
    from drivers.port import Port
    from drivers.printer.printer import Printer
    from drivers.printer.status import Level

_DO_NEXT = {
    Position.OPEN: "Open the drawer with its key, then say that it is open.",
    Position.CLOSED: "Close the drawer, then say that it is closed.",
}

_log = logging.getLogger("stillopen.drawer")


class Drawers:
    """Cash drawers by name. `open_port` opens a URL; `on_change` hears the name of one whose switch says more."""

    def __init__(
        self,
        config: Config,
        state: Path,
        printers: Mapping[str, Printer],
        events: Events,
        *,
        open_port: Callable[[str], Awaitable[Port]],
        on_state: DeviceListener,
        on_change: Callable[[str], None],
    ) -> None:
        self._state = state
        self._events = events
        self._on_change = on_change
        self._left_open: set[str] = set()
        self._keeping = asyncio.Lock()
        self._plugged_in = {drawer.name: drawer.plugged_in for drawer in config.drawers}
        self._of_printer = {
            printer: [drawer.name for drawer in config.drawers if drawer.printer == printer] for printer in printers
        }
        self.by_name = {
            drawer.name: Drawer(
                drawer.name,
                _opener(drawer, printers, open_port, on_state),
                left_open_s=drawer.left_open_s or None,
                on_change=partial(self._changed, drawer.name),
            )
            for drawer in config.drawers
        }

    def recall(self) -> None:
        """Take up what was taught before; at a start, once the state folder is there."""
        for (name, at), open_level in drawer_memory.read(self._state).items():
            if self._plugged_in.get(name) == at:
                self.by_name[name].recall(open_level)

    def look(self, printer: str) -> None:
        """Look at the switches of a printer's drawers: it has said something."""
        for name in self._of_printer[printer]:
            self.by_name[name].look()

    async def teach(self, name: str, is_now: Position) -> Reply:
        """Take the switch's level for `is_now`; two positions make a lesson, and it is kept. Raises `Problem`."""
        try:
            lesson = await self.by_name[name].teach(is_now)
        except NotReady as error:
            raise conflict("drawer-not-taught", f"{error}. {error.hint}") from error
        if lesson.open_level is not None:
            try:
                await self._keep(name, lesson.open_level)
            except OSError as error:
                raise conflict(
                    "drawer-not-taught",
                    f"What drawer {name} was taught holds until the agent stops: {error}. Make room in"
                    f" {self._state}, and teach it again.",
                ) from error
            _log.info("Drawer %s has learned when it is open.", name)
        return Reply(
            200,
            {
                "device": name,
                "level": str(lesson.level),
                "then": None if lesson.then is None else str(lesson.then),
                "open_level": None if lesson.open_level is None else str(lesson.open_level),
                "next": "The drawer has learned: /v1/devices shows whether it is open."
                if lesson.then is None
                else _DO_NEXT[lesson.then],
            },
        )

    async def _keep(self, name: str, open_level: Level) -> None:
        async with self._keeping:  # two lessons that end together are both kept
            taught = drawer_memory.read(self._state) | {(name, self._plugged_in[name]): open_level}
            await asyncio.to_thread(drawer_memory.write, self._state, taught)

    def _changed(self, name: str, status: DrawerStatus) -> None:
        self._on_change(name)
        if status.left_open and name not in self._left_open:
            self._left_open.add(name)
            self._tell(name, "left_open")
        elif name in self._left_open and not status.left_open:
            self._left_open.discard(name)
            if status.position is Position.CLOSED:
                self._tell(name, "closed")

    def _tell(self, name: str, state: str) -> None:
        self._events.publish("drawer", drawer=name, record_id=None, opened_for=None, state=state, reason=None)


def switch_as_json(status: DrawerStatus) -> dict[str, Any]:
    """Return what a drawer's switch says, and means; null is what is not known."""
    return {
        "position": None if status.position is None else str(status.position),
        "level": None if status.level is None else str(status.level),
        "since": None if status.since is None else status.since.isoformat(),
        "open_level": None if status.open_level is None else str(status.open_level),
        "left_open": status.left_open,
    }


def _opener(
    drawer: DrawerConfig,
    printers: Mapping[str, Printer],
    open_port: Callable[[str], Awaitable[Port]],
    on_state: DeviceListener,
) -> Opener:
    if drawer.printer is not None:
        return PrinterOpener(printers[drawer.printer], drawer.pin)
    from drivers.drawer.port_opener import PortOpener  # most drawers are on a printer, and need none of this
    from drivers.drawer.timing import OWN_POWER, PORT_POWER

    assert drawer.port is not None  # the configuration has one of the two
    timing = PORT_POWER if drawer.power == "port" and not drawer.port.startswith("hid:") else OWN_POWER
    return PortOpener(
        drawer.name,
        partial(open_port, drawer.port),
        partial(_talk, drawer.port, drawer),
        timing,
        port=drawer.port,
        on_state=on_state,
    )


def _talk(port: str, drawer: DrawerConfig) -> Talk:
    from drivers.drawer.talk import talk_for

    talk = talk_for(port, drawer.command_bytes, drawer.sense)
    assert talk is not None  # the configuration has a command where it needs one
    return talk
