"""`STATE/printers.json`: how each printer says that it has printed, as it was found out for that very unit."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import TYPE_CHECKING

from drivers.printer.escpos import FenceKind

if TYPE_CHECKING:
    from pathlib import Path

FILE = "printers.json"
FILE_BYTES_MAX = 1024 * 1024  # a chain's worth of printers; more is not this file

_log = logging.getLogger("stillopen.print")


class PrinterMemory:
    """What is remembered of one store's printers. `of` gives each its own part."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._known: dict[str, tuple[str, FenceKind]] = {}  # unit and fence by the printer's name
        self._writing = asyncio.Lock()

    def recall(self) -> None:
        """Take up what was found out before; at a start, once the state folder is there."""
        path = self._state / FILE
        try:
            with path.open("rb") as file:
                entries = json.loads(file.read(FILE_BYTES_MAX))
            self._known = {str(one["printer"]): (str(one["unit"]), FenceKind(one["fence"])) for one in entries}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError) as error:
            _log.warning('%s cannot be read (%s): printers with fence = "auto" are asked again.', path, error)

    def of(self, printer: str) -> OnePrinter:
        """Return one printer's memory."""
        return OnePrinter(self, printer)

    def fence(self, printer: str, unit: str) -> FenceKind | None:
        """Return what this unit answered; None where another stood there."""
        known = self._known.get(printer)
        return known[1] if known is not None and known[0] == unit else None

    async def keep(self, printer: str, unit: str, fence: FenceKind | None) -> None:
        """Remember what a unit answered; None: forget it."""
        async with self._writing:
            if fence is None:
                self._known.pop(printer, None)
            else:
                self._known[printer] = unit, fence
            entries = [
                {"printer": name, "unit": its, "fence": str(kind)} for name, (its, kind) in sorted(self._known.items())
            ]
            try:
                await asyncio.to_thread(_write, self._state, json.dumps(entries, indent=1).encode() + b"\n")
            except OSError as error:
                _log.warning("What printer %s answers is asked again after a start: %s", printer, error)


class OnePrinter:
    """One printer's part of the memory, as the driver wants it."""

    def __init__(self, memory: PrinterMemory, printer: str) -> None:
        self._memory = memory
        self._printer = printer

    def recall(self, unit: str) -> FenceKind | None:
        """Return the fence this unit answered, or None."""
        return self._memory.fence(self._printer, unit)

    async def learn(self, unit: str, fence: FenceKind | None) -> None:
        """Remember it; None: forget."""
        await self._memory.keep(self._printer, unit, fence)


def _write(state: Path, content: bytes) -> None:
    """Keep it, whole or not at all. Raises `OSError`."""
    fresh = state / f"{FILE}.new"
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(state / FILE)
