"""Counts of every printer on disk, like UnifiedPOS' device statistics: over all starts, until the printer is renamed.

They are written with a print job's end, in the same change, and once more when the agent stops: a receipt costs no
commit more. So a power cut loses what was counted since the last receipt, and never a receipt.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from drivers.printer.counts import NAMES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from drivers.printer.printer import Printer
    from outbox.journal import Journal

RECEIPTS = ("printed", "not_printed", "unknown")
_OF_RECEIPTS = tuple(f"receipts_{state}" for state in RECEIPTS)


class PrintCounts:
    """The counts of the printers by name."""

    def __init__(self, printers: Mapping[str, Printer]) -> None:
        self._printers = printers
        self._before: dict[str, Counter[str]] = {}  # what the disk held at the start
        self._recalled = False
        self._receipts: dict[str, Counter[str]] = {}  # since then

    def recall(self, connection: sqlite3.Connection) -> None:
        """Take up what was counted before; once, at a start."""
        self._recalled = True
        for printer, name, count in connection.execute("select printer, name, count from printer_count"):
            self._before.setdefault(printer, Counter())[name] = count

    def ended(self, printer: str, state: str) -> None:
        """Count a receipt, or another job, that ended so."""
        self._receipts.setdefault(printer, Counter())[f"receipts_{state}"] += 1

    def of(self, printer: str) -> dict[str, int]:
        """Return a printer's counts as they are now."""
        here = self._printers[printer].counts.values() if printer in self._printers else {}
        nothing = Counter[str]()
        before, receipts = self._before.get(printer, nothing), self._receipts.get(printer, nothing)
        return {
            **{name: before[name] + receipts[name] for name in _OF_RECEIPTS},
            **{name: before[name] + here.get(name, 0) for name in NAMES},
        }

    @staticmethod
    def write(connection: sqlite3.Connection, printer: str, counts: Mapping[str, int]) -> None:
        """Keep a printer's counts as `of` gave them. Totals, not differences: written twice they are the same."""
        connection.executemany(
            "insert into printer_count values (?, ?, ?) on conflict do update set count = excluded.count",
            [(printer, name, count) for name, count in counts.items()],
        )

    async def keep(self, journal: Journal) -> None:
        """Keep what was counted since the last receipts. Raises `OutboxError`."""
        if not self._recalled:
            return  # it would write over what was never read
        now = {printer: self.of(printer) for printer in self._printers}

        def change(connection: sqlite3.Connection) -> None:
            for printer, counts in now.items():
                self.write(connection, printer, counts)

        if now:
            await journal.write(change)
