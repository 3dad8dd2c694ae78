"""What is said to a scanner, in its family's commands, while its port is open."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from drivers.errors import DeviceError, NotReady
from drivers.scanner.commands import (
    DEAF_AFTER_NOT_ON_FILE,
    NOT_ON_FILE_S,
    Command,
    Family,
    hid_command,
    serial_command,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from drivers.port import Port
    from drivers.scanner.hid_pos import Layout

SEND_TIMEOUT_S = 1.0  # a few bytes; a scanner that takes them later beeps at another code


class Voice:
    """Tells a scanner commands; one without a `family` is told nothing, whatever is asked.

    Whether it may read is said anew at each connection: a scanner that was disabled and replugged stays disabled,
    and one that an earlier run of the agent left disabled reads again.
    """

    def __init__(
        self, name: str, family: Family | None, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._name = name
        self._family = family
        self._sleep = sleep
        self._port: Port | None = None
        self._layout: Layout | None = None
        self._disabled = False
        self._deaf = False  # it waits to be told to read again
        self._turn = asyncio.Lock()  # one command at a time

    @asynccontextmanager
    async def on(self, port: Port, layout: Layout | None) -> AsyncIterator[None]:
        """Speak over `port` meanwhile; `layout` is a HID-POS scanner's. Raises what the port raises."""
        self._port, self._layout = port, layout
        try:
            if self._bytes(Command.ENABLE) is not None:
                await self._restore()
            yield
        finally:
            await self._end_deafness()
            self._port = self._layout = None

    async def tell(self, command: Command) -> None:
        """Send one command. Raises `NotReady`, or what the port raises."""
        if self._family is None:
            raise NotReady(
                f"scanner {self._name} is told nothing: nobody named its family",
                hint='Write its family in its [[scanner]] section, like family = "datalogic", if its maker is known.',
            )
        async with self._turn:
            if command in {Command.DISABLE, Command.ENABLE}:
                self._disabled = command is Command.DISABLE  # also while it is away: it is told when it is back
            self._deaf = command is Command.NOT_ON_FILE and self._family in DEAF_AFTER_NOT_ON_FILE
            try:
                await self._send(command)
                if self._deaf:
                    await self._sleep(NOT_ON_FILE_S)
                    await self._restore()
            finally:
                await self._end_deafness()

    async def _end_deafness(self) -> None:
        """Have a scanner read again whose tone was cut short; one that is away is told when it is back."""
        if self._deaf:
            with suppress(DeviceError):
                await self._restore()

    async def _restore(self) -> None:
        self._deaf = False
        await self._send(Command.DISABLE if self._disabled else Command.ENABLE)

    async def _send(self, command: Command) -> None:
        if self._port is None:
            raise NotReady(f"scanner {self._name} is not connected", hint="Look at its cable.")
        data = self._bytes(command)
        if data is None:
            raise NotReady(
                f"scanner {self._name} knows no {command}",
                hint="Nothing is wrong with it: its family, or its report descriptor, has no such command.",
            )
        await self._port.write(data, timeout_s=SEND_TIMEOUT_S)

    def _bytes(self, command: Command) -> bytes | None:
        if self._family is None:
            return None
        if self._family is not Family.HID_POS:
            return serial_command(self._family, command)
        if self._layout is None:
            return None
        return hid_command(self._layout.descriptor, command, disabled=self._disabled)
