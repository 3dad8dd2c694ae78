"""The counter of another PC's trial: it listens, keeps the highest number that was acknowledged there, and answers.

In memory only: this machine's power is not cut. Whoever does not have the secret gets a greeting and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Self

from agent.doctor.plug import wire
from agent.doctor.plug.count import Count, is_trial, is_word, newest

LINES_MAX = 8  # connections at a time; every power cut leaves one that nobody closes
SILENCE_MAX_S = 60.0  # a PC that sells speaks many times a second, and one whose power is gone never again
TRIALS_MAX = 100  # kept; a trial is compared before the next one but a few

_log = logging.getLogger("stillopen.doctor")


class CountForAnother:
    """Listens on `host` and `port` (0: a free one). `counts` is what it has heard, oldest trial first."""

    def __init__(self, host: str, port: int, secret: str, *, silence_s: float = SILENCE_MAX_S) -> None:
        self.port = port
        self.counts: list[Count] = []
        self._host = host
        self._key = wire.secret_key(secret)
        self._silence_s = silence_s
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen. Raises `OSError` where the address or the port cannot be had."""
        self._server = await asyncio.start_server(self._accept, self._host, self.port, limit=wire.LINE_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            if len(self._lines) <= LINES_MAX:
                await self._serve(reader, writer)
        except (OSError, ValueError, wire.NotSealed) as error:  # a timeout is an OSError, a line too long a ValueError
            _log.info("A line to the counter ended: %s", str(error) or "silence")
        except asyncio.CancelledError:
            pass  # the counter is closed, and asyncio's server would call this a bug
        finally:
            self._lines.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = wire.new_nonce()
        writer.write(wire.greeting(ours))
        nonces = (ours, wire.nonce_of(await self._line(reader), greeted=False))
        hears, says = wire.Seal(self._key, nonces, "other"), wire.Seal(self._key, nonces, "counter")
        while line := await self._line(reader):
            writer.write(says.close(self._answer(hears.open(line))))
            await writer.drain()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(self._silence_s):
            return await reader.readline()

    def _answer(self, text: str) -> str:
        """Do what a sealed line says and return the answer. Raises `NotSealed` for what is no command."""
        words = text.split(" ")
        match words:
            case ["newest"]:
                return wire.count_line(newest(self.counts))
            case ["begin", trial, boot, machine] if is_trial(trial) and is_word(boot) and is_word(machine):
                self.counts = [*self.counts[1 - TRIALS_MAX :], Count(trial, 0, boot, machine)]
            case ["acked", trial, number] if self.counts and trial == self.counts[-1].trial:
                self.counts[-1] = replace(self.counts[-1], number=max(self.counts[-1].number, wire.number_of(number)))
            case ["acked", _, _]:
                return "unknown"
            case ["end", trial]:
                self.counts = [replace(count, ended=count.ended or count.trial == trial) for count in self.counts]
                return f"ok {trial}"
            case _:
                raise wire.NotSealed(f"{words[0]!r} is no command of this version")
        return f"ok {self.counts[-1].trial} {self.counts[-1].number}"
