"""A printer on the guest's own USB bus: the kernel's printer gadget on a dummy_hcd, our simulated printer behind it.

The device's end is /dev/g_printerN (drivers/usb/gadget/function/f_printer.c); the host's end is what every program
of this machine sees: a device of class 7, libusb's or usblp's.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import subprocess
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.ports.fd import FdLine
from drivers.ports.threaded import start_port
from drivers.ports.wake import Wake
from drivers.simulated.printer import SimulatedPrinter

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port

VENDOR, PRODUCT = "04b8", "0e15"
GADGET_SET_PRINTER_STATUS = 0xC0016722  # linux/usb/g_printer.h: _IOWR('g', 0x22, unsigned char)
NO_ERROR, SELECTED, PAPER_EMPTY = 0x08, 0x10, 0x20
REQUESTS, REQUEST_BYTES = 10, 8192  # f_printer takes so much ahead of whoever reads it
LOOK_S = 0.05  # a poll that the host's configuring overtook is never woken: it has to be made anew
PATIENCE_S = 60.0  # for anything: Python runs sixteen times slower here than on the machine around it


class GadgetLine(FdLine):
    """The device's end; `taken` is every byte that was read of it, `held` whether the printer reads nothing."""

    def __init__(self, name: str, fd: int, taken: bytearray) -> None:
        super().__init__(name, fd, Wake())
        self.taken = taken
        self.held = False

    def read_some(self) -> bytes:
        """Return what came, b"" after a while without. Raises `PortLost`."""
        if not self._wake.readable(None if self.held else self._fd, LOOK_S):
            return b""
        try:
            data = os.read(self._fd, REQUEST_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortLost(f"{self._name}: {error}") from error
        self.taken += data
        return data

    def say(self, status: int) -> None:
        """Answer GET_PORT_STATUS so from now on."""
        fcntl.ioctl(self._fd, GADGET_SET_PRINTER_STATUS, status)


class GadgetPrinter:
    """A printer that can be plugged in, unplugged, and told to read nothing. `taken` is every byte it ever read."""

    def __init__(self, name: str, serial_number: str | None = None) -> None:
        self.name = name
        self.serial_number = serial_number
        self.machine = SimulatedPrinter(on_event=lambda _: self._show_status())
        self.taken = bytearray()
        self._path = ""
        self._line: GadgetLine | None = None
        self._port: Port | None = None
        self._serving: asyncio.Task[None] | None = None

    async def add(self) -> None:
        """Make it and plug it in; on return both ends are there."""
        number = self.serial_number or "-"
        said = await run(
            "rig-gadget", "add", "printer", self.name, f"0x{VENDOR}", f"0x{PRODUCT}", number, "EPSON", "TM-T20II"
        )
        self._path = said.strip()
        await self._open()

    async def plug(self) -> None:
        """Plug it in again."""
        await run("rig-gadget", "plug", self.name)
        await self._open()

    async def unplug(self) -> None:
        """Pull its plug. The device's end is closed before it is plugged in again: this kernel needs it so."""
        if self._serving is None or self._port is None:
            return
        await run("rig-gadget", "unplug", self.name)
        await self._port.close()
        await self._serving
        self._line = self._port = self._serving = None

    async def remove(self) -> None:
        """Unplug it and take it apart."""
        await self.unplug()
        await run("rig-gadget", "del", self.name)

    def hang(self) -> None:
        """Read nothing more: the kernel takes `REQUESTS` requests, then the cable is full."""
        assert self._line is not None
        self._line.held = True

    def read_on(self) -> None:
        """Work again."""
        assert self._line is not None
        self._line.held = False

    async def has(self, stream: bytes) -> None:
        """Wait until it has read this and nothing else."""
        await until(lambda: len(self.taken) >= len(stream), f"{self.name} to have read {len(stream)} bytes")
        assert self.taken == stream

    def say(self, status: int) -> None:
        """Answer GET_PORT_STATUS so from now on."""
        assert self._line is not None
        self._line.say(status)

    async def _open(self) -> None:
        fds: list[int] = []

        def opened() -> bool:
            with contextlib.suppress(OSError):
                fds.append(os.open(self._path, os.O_RDWR | os.O_NONBLOCK))
            return bool(fds)

        # The kernel calls a gadget configured a moment before its function is: until then it is no such device.
        await until(opened, f"{self._path} to open")
        self._line = line = GadgetLine(self._path, fds[0], self.taken)
        self._port = await start_port(self._path, lambda: line)
        self._show_status()
        self._serving = asyncio.create_task(self._serve(self._port), name=self.name)

    def _show_status(self) -> None:
        if self._line is not None:
            self._line.say(SELECTED | (PAPER_EMPTY if self.machine.paper_out else NO_ERROR))

    async def _serve(self, port: Port) -> None:
        with contextlib.suppress(PortLost):  # it was unplugged
            await self.machine.serve(port)


async def run(*words: str) -> str:
    """Run a program of the guest and return what it said; it must succeed."""
    done = await asyncio.to_thread(
        subprocess.run, words, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


async def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is so, by looking."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"waited {PATIENCE_S:g} s for: {what}") from None
