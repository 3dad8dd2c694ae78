"""Who keeps the count while a disk is under test: a file on another disk, another machine, or a person's eyes.

CounterTrouble       has `.hint`: the next step
├── CounterRefused   what was named cannot be a counter for this disk
└── CounterLost      it could not be told, or does not answer
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from typing import TYPE_CHECKING, Protocol

from agent.doctor.plug import count as lines
from agent.doctor.plug import wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

    from agent.doctor.plug.count import Count

ANSWER_WAIT_S = 10.0  # the other machine is in the same shop
SHOWN_EVERY_S = 0.5  # a number that changes faster is on no photo
FILE_ID_BYTES = 8


class CounterTrouble(Exception):
    """Something about the counter; `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class CounterRefused(CounterTrouble):
    """What was named cannot be a counter for this disk."""


class CounterLost(CounterTrouble):
    """The counter could not be told, or does not answer."""


class Counter(Protocol):
    """Keeps the count of one trial after another. Every method raises `CounterTrouble`."""

    kind: str

    async def open(self) -> None:
        """Make ready to count, or to tell what was counted."""
        ...

    async def close(self) -> None:
        """Let it go."""
        ...

    async def newest(self) -> Count | None:
        """Return the newest trial that anything was acknowledged in; None where there is none, or nobody knows."""
        ...

    async def begin(self, trial: str, boot: str, machine: str) -> None:
        """Open a trial; returns when that is safe."""
        ...

    async def acknowledged(self, number: int) -> None:
        """Count every number up to this one, in the trial that is open; returns when that is safe."""
        ...

    async def end(self, trial: str) -> None:
        """Write down that a trial is done with: it ended in order, or was compared."""
        ...


class FileCounter:
    """A file on another disk, a USB stick's as a rule. Each number is a line, and an fsync follows before it counts."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._id = ""
        self._trial = ""
        self._number = 0

    async def open(self) -> None:
        """Read the file's name; a file that is not there is made by the first trial."""
        self._id = lines.file_id_of(await self._content()) or ""

    async def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def newest(self) -> Count | None:
        """Return the newest trial in the file."""
        return lines.newest(lines.read(await self._content()))

    async def begin(self, trial: str, boot: str, machine: str) -> None:
        """Write the trial's first line."""
        start = b""
        if not self._id:
            self._id = secrets.token_hex(FILE_ID_BYTES)
            start = lines.heading(self._id)
        await self._write(start + lines.begun(self._id, trial, boot, machine))
        self._trial, self._number = trial, 0

    async def acknowledged(self, number: int) -> None:
        """Write a line for each number since the last call, and fsync once."""
        await self._write(lines.acknowledged(self._id, self._trial, self._number + 1, number))
        self._number = number

    async def end(self, trial: str) -> None:
        """Write the trial's last line, on a line of its own: the one before may have been cut."""
        await self._write(b"\n" + lines.ended(self._id, trial))

    async def _content(self) -> bytes:
        try:
            content = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if content and lines.file_id_of(content) is None:
            raise CounterRefused(
                f"{self._path} is not a counter's file, or its first line was lost",
                hint="Name a file that is not there yet, on a disk that stays powered if there is one.",
            )
        return content

    async def _write(self, content: bytes) -> None:
        try:
            await asyncio.to_thread(self._append, content)
        except OSError as error:
            raise self._lost(error) from error

    def _append(self, content: bytes) -> None:
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        while content:  # a raw file may take less than it is given
            content = content[self._file.write(content) :]
        os.fsync(self._file.fileno())

    def _lost(self, error: OSError) -> CounterLost:
        return CounterLost(
            f"{self._path} cannot be used: {error.strerror or error}",
            hint="Check that the stick is plugged in, has room and may be written to by this user.",
        )


class LineCounter:
    """Another machine that runs `stillopen doctor --count-for-another`, at the far end of a TCP line."""

    kind = "line"

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._where = f"{host}:{port}"
        self._host = host
        self._port = port
        self._key = wire.secret_key(secret)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._says: wire.Seal | None = None
        self._hears: wire.Seal | None = None
        self._trial = ""

    async def open(self) -> None:
        """Connect, and prove to each other that the secret is the same."""
        try:
            async with asyncio.timeout(ANSWER_WAIT_S):
                self._streams = await asyncio.open_connection(self._host, self._port, limit=wire.LINE_BYTES_MAX)
                theirs = wire.nonce_of(await self._streams[0].readline(), greeted=True)
        except (OSError, ValueError, wire.NotSealed) as error:
            await self.close()
            raise self._lost(error) from error
        ours = wire.new_nonce()
        self._says = wire.Seal(self._key, (theirs, ours), "other")
        self._hears = wire.Seal(self._key, (theirs, ours), "counter")
        self._streams[1].write(f"{ours}\n".encode())
        await self.newest()

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def newest(self) -> Count | None:
        """Ask for the newest trial."""
        answer = await self._ask("newest")
        try:
            return wire.count_of(answer)
        except wire.NotSealed as error:
            raise self._lost(error) from error

    async def begin(self, trial: str, boot: str, machine: str) -> None:
        """Open a trial there."""
        self._trial = trial
        await self._expect(f"begin {trial} {boot} {machine}", f"ok {trial} 0")

    async def acknowledged(self, number: int) -> None:
        """Tell the number, and wait until it is counted."""
        await self._expect(f"acked {self._trial} {number}", f"ok {self._trial} {number}")

    async def end(self, trial: str) -> None:
        """Close the trial there."""
        await self._ask(f"end {trial}")

    async def _expect(self, text: str, expected: str) -> None:
        answer = await self._ask(text)
        if answer != expected:
            raise CounterLost(
                f"the counter at {self._where} answered {answer!r} instead of {expected!r}",
                hint="Is another PC counting there too? Start the counter anew, and then this.",
            )

    async def _ask(self, text: str) -> str:
        try:
            assert self._streams is not None, "the counter is open"
            assert self._says is not None
            assert self._hears is not None
            reader, writer = self._streams
            writer.write(self._says.close(text))
            async with asyncio.timeout(ANSWER_WAIT_S):
                await writer.drain()
                line = await reader.readline()
            if not line:
                raise wire.NotSealed("it hung up; the secret may be another one")
            return self._hears.open(line)
        except (OSError, ValueError, wire.NotSealed) as error:  # readline's limit is a ValueError
            await self.close()
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> CounterLost:
        return CounterLost(
            f"no counter at {self._where}: {str(error) or 'no answer in time'}",
            hint="On the other machine run `stillopen doctor --count-for-another --host ITS-ADDRESS`, let its firewall "
            "pass the port, and type the secret that it shows now.",
        )


class ScreenCounter:
    """The screen of the PC under test, and whoever films it. The weakest: it shows some sales too few."""

    kind = "screen"

    def __init__(
        self,
        show: Callable[[str, int], None],
        *,
        seen: Count | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._seen = seen
        self._clock = clock
        self._shown_at = -SHOWN_EVERY_S
        self._trial = ""

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def newest(self) -> Count | None:
        """Return what a person says was on the last picture."""
        return self._seen

    async def begin(self, trial: str, boot: str, machine: str) -> None:  # noqa: ARG002 - a person copies neither
        """Remember what to show."""
        self._trial = trial

    async def acknowledged(self, number: int) -> None:
        """Show the number, if the last one was up for long enough."""
        if self._clock() - self._shown_at >= SHOWN_EVERY_S:
            self._shown_at = self._clock()
            self._show(self._trial, number)
        await asyncio.sleep(0)  # whoever shows must not keep the sales waiting in line

    async def end(self, trial: str) -> None:
        """Nothing to do."""
