"""Ten simulated devices in a process of their own: `python -m bench.attached` tells where, and ends with its input."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from drivers.simulated.bench import serve_pty, serve_tcp
from drivers.simulated.display import SimulatedDisplay
from drivers.simulated.drawer import SimulatedSerialDrawer
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scale import SimulatedScale
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulated.bench import Peer

PEERS: dict[str, Callable[[], Peer]] = {
    "scanner": SimulatedScanner,
    "printer": SimulatedPrinter,
    "scale": SimulatedScale,
    "display": SimulatedDisplay,
    "drawer": SimulatedSerialDrawer,
}
BY_PTY = ("scanner", "scanner", "scanner", "scanner", "printer", "scale", "display", "drawer")
BY_TCP = ("printer",)
COUNT = len(BY_PTY) + len(BY_TCP) + 1  # and a drawer on the first printer


def configuration(urls: list[str]) -> str:
    """Return the sections for devices at these URLs, in the order in which they are told."""
    parts = []
    for number, (section, url) in enumerate(zip((*BY_PTY, *BY_TCP), urls, strict=True), 1):
        parts.append(f'[[{section}]]\nname = "{section}-{number}"\nport = "{url}"\n')
    parts.append(f'[[drawer]]\nname = "drawer"\nprinter = "printer-{BY_PTY.index("printer") + 1}"\n')
    return "\n".join(parts)


async def main() -> None:
    """Serve them until the input ends."""
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(await serve_pty(PEERS[section]())) for section in BY_PTY]
        served += [await stack.enter_async_context(await serve_tcp(PEERS[section]())) for section in BY_TCP]
        print(json.dumps([one.url for one in served]), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
