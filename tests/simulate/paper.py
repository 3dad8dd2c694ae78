"""What came out of a printer and what its drawer was told: the truth that the agent's words are held against."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from agent.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.simulated.printer import SimulatedPrinter

_WORDS = words("de_DE")
_COPY = f"* {_WORDS.copy} *".encode()
# A receipt's head: what a power cut left of another may hang right before it, in mid-line and with a mark of its own.
_HEAD = re.compile(
    rb"("
    + re.escape(_COPY)
    + rb"\n)?Corner Shop\n(?:(?![^\n]*Corner Shop)[^\n]*\n){0,3}?"  # a refund says so, of what, and why
    + _WORDS.receipt.encode()
    + rb" +(TILL-\d-(?:[A-Z]{2})?\d{6})"
)

_SLIP = b"Corner Shop\n"  # after a receipt's head: what begins there is another paper, with no receipt number


class Paper:
    """Counts the originals of each receipt number that were cut off, and the pulses to the drawer."""

    def __init__(self, printer: SimulatedPrinter, name: str, violate: Callable[[str], None]) -> None:
        self.originals: Counter[str] = Counter()
        self.copies: Counter[str] = Counter()
        self.pulses = 0
        self._printer = printer
        self._name = name
        self._violate = violate
        printer.on_event = self._happened

    def _happened(self, event: str) -> None:
        if event == "kick":
            self.pulses += 1
        if event != "receipt":
            return
        text = self._printer.receipts.pop().text
        heads = list(_HEAD.finditer(text))  # more than one where a power cut left another hanging out
        for found in heads:
            number = found[2].decode()
            # The mark above may be the one below a copy that hung out; but what was cut off last has both its marks.
            is_last = found is heads[-1] and _SLIP not in text[found.end() :]
            copy = text.rstrip().endswith(_COPY) if is_last else bool(found[1])
            (self.copies if copy else self.originals)[number] += 1
            if self.originals[number] > 1:
                self._violate(f"{self._name}: {number} is on paper twice, and not as a copy")
