"""A simulated printer as a program: served to whoever connects, worked by typed commands and by a script."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drivers.simulated.bench import Served, serve_pty, serve_tcp
from drivers.simulated.cable import Cable
from drivers.simulated.pile import Pile
from drivers.simulated.script import play
from drivers.simulated.star import simulated_printer
from drivers.simulated.switches import SWITCHES, Counter, positions, read_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivers.printer.settings import DialectName
    from drivers.simulated.script import Step
    from drivers.simulated.switches import Command

LINE_BYTES_MAX = 4096  # the longest command has twenty letters
HELP = 'commands: a switch and a position, such as "paper out"; state, tear, help, end'


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the program was asked for. `tcp` is where to listen; None: it is a serial port."""

    dialect: DialectName
    tcp: tuple[str, int] | None = None
    link: Path | None = None
    columns: int = 48
    dots: int = 576
    paper: Path | None = None
    steps: tuple[Step, ...] = ()
    commands: bool = True


def say(text: str) -> None:
    """Print a line at once, whoever reads it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def run(wanted: Wanted, say: Callable[[str], None] = say) -> None:
    """Be the printer until the commands end, or this is cancelled. Raises `OSError` or `PortUnavailable`."""
    await Program(wanted, say).run()


class Program:
    """The printer, what it is plugged into, and who works it."""

    def __init__(self, wanted: Wanted, say: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._say = say
        machine = simulated_printer(wanted.dialect, wanted.columns)
        machine.model = replace(machine.model, dots=wanted.dots)
        machine.on_event = self._happened
        self._counter = Counter(machine, Cable(machine, self._changed_plug))
        self._pile = Pile(machine, wanted.paper)
        self._changed = asyncio.Event()  # the power or the cable

    async def run(self) -> None:
        """Serve, obey, play and write, until one of them fails or the commands end."""
        self._pile.open()
        tasks = {asyncio.create_task(self._serve()), asyncio.create_task(self._pile.write(self._say))}
        if self._wanted.commands:
            tasks.add(asyncio.create_task(self._obey()))
        playing = asyncio.create_task(self._play())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (playing, *tasks):
                task.cancel()
            await asyncio.gather(playing, *tasks, return_exceptions=True)
            self._tear()
            self._pile.finish(self._say)
            self._unlink()

    # --- being there ---

    @property
    def _there(self) -> bool:
        return self._counter.machine.powered and self._counter.cable.plugged

    async def _serve(self) -> None:
        while True:
            async with await self._plug_in() as served:
                self._say(f"printer at {served.url}")
                await self._until(there=False)
            self._say("printer gone: nobody can open it")
            await self._until(there=True)

    async def _plug_in(self) -> Served:
        if self._wanted.tcp is not None:
            served = await serve_tcp(self._counter.cable, *self._wanted.tcp)
            host, port = self._wanted.tcp[0], int(served.url.rpartition(":")[2])
            self._wanted = replace(self._wanted, tcp=(host, port))  # the same one when it comes back
            return served
        served = await serve_pty(self._counter.cable)
        if self._wanted.link is not None:
            self._unlink()
            self._wanted.link.symlink_to(served.url.removeprefix("serial://").partition("?")[0])
        return served

    def _unlink(self) -> None:
        if self._wanted.link is not None and self._wanted.link.is_symlink():  # never a file of somebody's
            self._wanted.link.unlink()

    async def _until(self, *, there: bool) -> None:
        while self._there is not there:
            self._changed.clear()
            await self._changed.wait()

    # --- being worked ---

    async def _play(self) -> None:
        if self._wanted.steps:
            await play(self._wanted.steps, self._counter, on_step=self._did)
            self._say("the script is through")

    def _did(self, command: Command) -> None:
        self._say(f"script: {command}")

    async def _obey(self) -> None:
        self._say(HELP)
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        # A thread, and a daemon: nothing can wait for a console by asyncio on Windows, nor end such a wait anywhere.
        threading.Thread(target=_read_lines, args=(loop, lines), daemon=True).start()
        while (line := await lines.get()) and line.strip() != "end":
            self._obey_line(line.strip())

    def _obey_line(self, line: str) -> None:
        if line == "state":
            for name, position in positions(self._counter).items():
                self._say(f"  {name:10}{position}")
        elif line == "tear":
            self._tear()
        elif line == "help":
            self._say(HELP)
            for switch in SWITCHES.values():
                self._say(f"  {switch.name:10}{', '.join(switch.positions)}")
        elif line:
            try:
                read_command(line).do(self._counter)
            except ValueError as error:
                self._say(f"{error}\n  next: {HELP}")

    def _tear(self) -> None:
        if self._counter.machine.uncut.shows:
            self._counter.machine.tear_off()

    # --- hearing ---

    def _happened(self, event: str) -> None:
        if event == "receipt":
            self._pile.add(self._counter.machine.receipts[-1])
        elif event == "kick":
            self._say(f"drawer pulse on pin {self._counter.machine.kicks[-1]}")
        elif event == "drawer":
            self._say("drawer open" if self._counter.machine.drawer_open else "drawer shut")
        self._changed.set()

    def _changed_plug(self) -> None:
        self._changed.set()


def _read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str]) -> None:
    """Hand over what is typed, a line at a time; an empty text is the end of the input.

    Past `sys.stdin`, whose lock a thread that still waits would hold at the program's end.
    """
    rest = b""
    with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
        while received := os.read(sys.stdin.fileno(), LINE_BYTES_MAX):
            *whole, rest = (rest + received)[-LINE_BYTES_MAX:].split(b"\n")
            for line in whole:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace") + "\n")
        loop.call_soon_threadsafe(lines.put_nowait, "")
