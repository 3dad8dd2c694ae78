"""What a printer has done since this program started, counted as UnifiedPOS' device statistics are. No I/O.

UnifiedPOS 1.14, "Statistics": PaperCutCount, DrawerGoodOpenCount, DrawerFailedOpenCount, CommunicationErrorCount,
ReceiptCoverOpenCount, HoursPoweredCount and their like, under shop words. How receipts ended is counted by whoever
keeps their ends.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from drivers.printer.outcome import KickOutcome, PrintOutcome, Result, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.printer.status import PrinterStatus

ERRORS = ("cover", "paper", "cutter", "unrecoverable", "recoverable", "overheated", "error")
KICKS = ("opened", "not_opened", "unknown")
NAMES = (
    *("cuts", "lost", "seconds_on"),
    *(f"kicks_{result}" for result in KICKS),
    *(f"errors_{kind}" for kind in ERRORS),
)


class Counts:
    """One printer's counts. `lost` counts lost connections; `seconds_on` is how long it was connected in all."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counted = Counter(dict.fromkeys(NAMES, 0))
        self._on_s = 0.0
        self._on_since: float | None = None
        self._trouble: str | None = None  # what kept it from printing when it was last heard

    def values(self) -> Mapping[str, int]:
        """Return every count as it is now, under the names of `NAMES`."""
        on_s = self._on_s + (0.0 if self._on_since is None else self._now() - self._on_since)
        return {**self._counted, "seconds_on": int(on_s)}

    def connected(self) -> None:
        """Count from here on how long it is on."""
        self._on_since = self._now()

    def lost(self) -> None:
        """Count a connection that ended without our doing."""
        self._counted["lost"] += 1

    def disconnected(self) -> None:
        """Stop counting how long it is on."""
        if self._on_since is not None:
            self._on_s += self._now() - self._on_since
            self._on_since = None

    def printed(self, outcome: PrintOutcome, cuts: int) -> None:
        """Count the cuts of a receipt that the printer said it printed."""
        if outcome.result is Result.PRINTED:
            self._counted["cuts"] += cuts

    def kicked(self, outcome: KickOutcome) -> None:
        """Count an opening of the drawer."""
        self._counted[f"kicks_{outcome.result}"] += 1

    def status(self, status: PrinterStatus) -> None:
        """Count an error when it begins."""
        problem = trouble(status)
        kind = problem.kind if problem is not None else None
        if kind != self._trouble and kind in ERRORS:
            self._counted[f"errors_{kind}"] += 1
        self._trouble = kind
