"""Receipts as they fall on a pile: a numbered picture and a text file for each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivers.simulated.printer import Receipt, SimulatedPrinter


class Pile:
    """Writes into `folder` what a printer cuts, and never over what is there; None: it only counts."""

    def __init__(self, printer: SimulatedPrinter, folder: Path | None) -> None:
        self._printer = printer
        self._folder = folder
        self._number = 0
        self._waiting: asyncio.Queue[Receipt] = asyncio.Queue()

    def open(self) -> None:
        """Make the folder, and find the first number that is free. Raises `OSError`."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        taken = [path.stem.removeprefix("receipt-") for path in self._folder.glob("receipt-*.*")]
        self._number = max((int(number) for number in taken if number.isdecimal()), default=0)

    def add(self, receipt: Receipt) -> None:
        """Put a receipt on it; it is written in its turn."""
        self._waiting.put_nowait(receipt)

    async def write(self, say: Callable[[str], None]) -> None:
        """Write receipts as they come. Raises `OSError`."""
        while True:
            receipt = await self._waiting.get()
            say(await asyncio.to_thread(self._put, receipt))

    def finish(self, say: Callable[[str], None]) -> None:
        """Write those that still wait. Raises `OSError`."""
        while not self._waiting.empty():
            say(self._put(self._waiting.get_nowait()))

    def _put(self, receipt: Receipt) -> str:
        self._number += 1
        if self._folder is None:
            return f"receipt {self._number}"
        path = self._folder / f"receipt-{self._number:04}.png"
        path.write_bytes(self._printer.picture(receipt))
        path.with_suffix(".txt").write_text(self._printer.text(receipt), encoding="utf-8")
        return f"receipt {self._number}: {path}"
