"""A simulated keyboard wedge: it types codes as events of Linux' evdev, in the layout that it is set to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.scanner.wedge_keys import (
    ALTGR,
    DOWN,
    ENTER,
    EV_KEY,
    EV_SYN,
    EVENT,
    LEFT_CTRL,
    LEFT_SHIFT,
    SYN_DROPPED,
    SYN_REPORT,
    TAB,
    UP,
)
from drivers.scanner.wedge_layouts import LAYOUTS, SPACE, LayoutName

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.scanner.wedge_layouts import Layout

SEND_TIMEOUT_S = 5.0  # a host that takes nothing this long is not listening
_GS_KEY = 27  # Ctrl and the key that is ] on a US keyboard
_KEYS = {"\r": ENTER, "\t": TAB}


@dataclass(frozen=True, slots=True)
class WedgeFaults:
    """What is wrong with the scanner, or with the system's buffer."""

    dropped_at: int | None = None  # from this event of a code on, the system has lost `dropped` of them
    dropped: int = 5
    no_enter: bool = False


class SimulatedWedge:
    """A `Peer`: connect it by a bench, a socket or a tty, then `scan`."""

    def __init__(
        self, layout: Layout = LAYOUTS[LayoutName.US], *, suffix: str = "\r", faults: WedgeFaults | None = None
    ) -> None:
        self.faults = faults or WedgeFaults()
        self._layout = layout
        self._suffix = suffix
        self._port: Port | None = None
        self._connected = asyncio.Event()

    async def serve(self, port: Port) -> None:
        """Be the scanner at the end of `port` until it is lost."""
        self._port = port
        self._connected.set()
        try:
            while True:
                await port.read()
        finally:
            self._connected.clear()
            self._port = None

    async def scan(self, code: str) -> None:
        """Type one code. Raises `PortLost` if it is unplugged meanwhile."""
        await self._connected.wait()
        if self._port is None:
            raise PortLost("the simulated scanner is not connected", hint="Plug it in on the bench.")
        strokes = typed(code + ("" if self.faults.no_enter else self._suffix), self._layout)
        at = self.faults.dropped_at
        if at is not None:
            strokes[at : at + self.faults.dropped] = [_event(EV_SYN, SYN_DROPPED), _event(EV_SYN, SYN_REPORT)]
        await self._port.write(b"".join(strokes), timeout_s=SEND_TIMEOUT_S)


def typed(text: str, layout: Layout) -> list[bytes]:
    """Return the events of typing `text`. Raises `ValueError`: the layout has no key for it."""
    events: list[bytes] = []
    for one in text:
        modifier, key = _stroke(one, layout)
        keys = [key] if modifier is None else [modifier, key]
        for code, value in [*((code, DOWN) for code in keys), *((code, UP) for code in reversed(keys))]:
            events += [_event(EV_KEY, code, value), _event(EV_SYN, SYN_REPORT)]
        if one in layout.dead:
            events += [_event(EV_KEY, SPACE, value) for value in (DOWN, UP)]
    return events


def _stroke(one: str, layout: Layout) -> tuple[int | None, int]:
    if one in _KEYS:
        return None, _KEYS[one]
    if one == "\x1d":
        return LEFT_CTRL, _GS_KEY
    for modifier, keys in ((None, layout.plain), (LEFT_SHIFT, layout.shift), (ALTGR, layout.altgr)):
        for key, typed_one in keys.items():
            if typed_one == one:
                return modifier, key
    raise ValueError(f"no key types {one!r}")


def _event(kind: int, code: int, value: int = 0) -> bytes:
    return EVENT.pack(0, 0, kind, code, value)
