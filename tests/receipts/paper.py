"""What came out of a simulated printer and what its drawer did: the truth that the agent's words are held against."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from drivers.printer.document import Cut, Document, Image, Text
from drivers.simulated.printer import Receipt

if TYPE_CHECKING:
    from drivers.simulated.printer import SimulatedPrinter

_LINE = re.compile(rb"R(\d{5}) (\d{3})/(\d{3})\n")


def receipt(number: int, lines: int, picture: bytes | None = None) -> Document:
    """Return a receipt each line of which says which one of which receipt it is."""
    text: list[Text | Image] = [Text(f"R{number:05d} {line:03d}/{lines:03d}") for line in range(lines)]
    if picture is not None:
        text.insert(lines // 2, Image(picture))
    return Document((*text, Cut()))


class Paper:
    """Counts the lines of each receipt that are on paper, and the pulses and moves of the drawer."""

    def __init__(self, machine: SimulatedPrinter) -> None:
        self.lines: defaultdict[int, Counter[int]] = defaultdict(Counter)  # by receipt: how often each line
        self.whole: Counter[int] = Counter()  # receipts with every line, in order, above one cut
        self.moves = 0  # of the drawer, opening
        self._machine = machine
        self._was_open = False
        machine.on_event = self._happened

    @property
    def pulses(self) -> int:
        """How often the drawer was told to open."""
        return len(self._machine.kicks)

    def finish(self) -> None:
        """Count what hangs out of the printer uncut, too."""
        self._read(Receipt(tuple(self._machine._sheet)))

    def _happened(self, event: str) -> None:
        if event == "receipt":
            self._read(self._machine.receipts.pop())
        elif event == "drawer":
            self.moves += self._machine.drawer_open and not self._was_open
            self._was_open = self._machine.drawer_open

    def _read(self, sheet: Receipt) -> None:
        found: defaultdict[int, list[int]] = defaultdict(list)
        of: dict[int, int] = {}
        for number, line, lines in _LINE.findall(sheet.text):
            found[int(number)].append(int(line))
            of[int(number)] = int(lines)
        for number, came in found.items():
            self.lines[number].update(came)
            self.whole[number] += came == list(range(of[number]))
