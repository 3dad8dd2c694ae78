"""What is to happen once a simulated device has had so many bytes, or cut so many receipts: exactly there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[], None]


class Milestones:
    """Counts, and acts when a count is reached; each act once."""

    def __init__(self) -> None:
        self.bytes = 0  # received since the device was made, power cuts or not
        self.receipts = 0
        self._at_byte: list[tuple[int, Act]] = []
        self._at_receipt: list[tuple[int, Act]] = []

    def after_bytes(self, count: int, act: Act) -> None:
        """Act when so many more bytes have come, and before the next one is taken."""
        self._at_byte.append((self.bytes + count, act))

    def after_receipts(self, count: int, act: Act) -> None:
        """Act when so many more receipts were cut."""
        self._at_receipt.append((self.receipts + count, act))

    def clear(self) -> None:
        """Forget what was to happen."""
        self._at_byte.clear()
        self._at_receipt.clear()

    def bytes_to_next(self, most: int) -> int:
        """Return how many bytes may be taken at once: `most`, or those up to the next act."""
        return min([most, *(at - self.bytes for at, _ in self._at_byte)])

    def count_bytes(self, count: int) -> None:
        """Count those that came."""
        self.bytes += count
        self._at_byte = _acted(self._at_byte, self.bytes)

    def count_receipt(self) -> None:
        """Count one that was cut."""
        self.receipts += 1
        self._at_receipt = _acted(self._at_receipt, self.receipts)


def _acted(waiting: list[tuple[int, Act]], count: int) -> list[tuple[int, Act]]:
    """Act on what is due; return the rest, and what an act added."""
    due = [act for at, act in waiting if at <= count]
    waiting[:] = [(at, act) for at, act in waiting if at > count]
    for act in due:
        act()
    return waiting
