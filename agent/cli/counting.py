"""`stillopen doctor --count-for-another`: this machine counts what another one's disk has acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import TYPE_CHECKING

from agent.cli import out
from agent.cli.run import on_signals
from agent.doctor.plug import words
from agent.doctor.plug.count_for_another import CountForAnother
from agent.doctor.plug.wire import new_secret

if TYPE_CHECKING:
    import argparse

    from agent.doctor.plug.count import Count

COUNT_PORT = 8751  # the one after the agent's own
SAID_EVERY_S = 1.0  # what a person can follow


def run(args: argparse.Namespace) -> int:
    """Count for another machine's trial until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_count(args.host, COUNT_PORT if args.port is None else args.port, as_json=args.json))
    return out.OK


async def _count(host: str, port: int, *, as_json: bool) -> None:
    stop = asyncio.Event()
    on_signals(stop)
    secret = new_secret()
    said: Count | None = None
    async with contextlib.AsyncExitStack() as stack:
        try:
            server = await stack.enter_async_context(CountForAnother(host, port, secret))
        except OSError as error:
            raise out.CommandError(
                f"{host}:{port} cannot be listened on: {error.strerror or error}",
                hint="name an address of this machine with --host, or another port with --port",
            ) from error
        if as_json:
            out.say(json.dumps({"host": host, "port": server.port, "secret": secret}))
        else:
            out.say(words.counting(host, server.port, secret))
        sys.stdout.flush()
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAID_EVERY_S):
                    await stop.wait()
            if server.counts and server.counts[-1] != said:
                said = server.counts[-1]
                out.say(json.dumps(words.count_json(said)) if as_json else words.count_line(said))
                sys.stdout.flush()
