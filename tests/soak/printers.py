"""The shipped printer simulators on TCP, in a process of their own: `python -m tests.soak.printers REPORT NAME...`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.simulate.paper import Paper
from tests.soak.peer import obey, report, say

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSED_AFTER_S = 0.05  # a hand pushes the drawer shut: its switch can only show an opening of one that is shut


def place(name: str, twice: Callable[[str], None]) -> tuple[SimulatedPrinter, Paper]:
    """Return a printer with a drawer that somebody closes, and its paper."""
    printer = SimulatedPrinter(Model())
    paper = Paper(printer, name, twice)
    count = printer.on_event
    assert count is not None

    def happened(event: str) -> None:
        count(event)
        if event == "kick":
            asyncio.get_running_loop().call_later(CLOSED_AFTER_S, printer.close_drawer)

    printer.on_event = happened
    return printer, paper


async def main(file: Path, names: list[str]) -> None:
    """Print until told to end."""
    twice: list[str] = []
    places = {name: place(name, twice.append) for name in names}
    async with contextlib.AsyncExitStack() as stack:
        say({name: (await stack.enter_async_context(await serve_tcp(one))).url for name, (one, _) in places.items()})
        await obey({})
    seen: dict[str, Any] = {
        name: {"originals": paper.originals, "copies": paper.copies, "pulses": paper.pulses}
        for name, (_, paper) in places.items()
    }
    report(file, {"papers": seen, "twice": twice})


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
