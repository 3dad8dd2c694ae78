"""What is to happen once a simulated device has had so many bytes, or cut so many receipts: exactly there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[], None]


class Milestones:
    """Counts, and acts when a count is reached; each act once. What an act is returned with forgets it."""

    def __init__(self) -> None:
        self.bytes = 0  # received since the device was made, power cuts or not
        self.receipts = 0
        self._at_byte: list[tuple[int, Act]] = []
        self._at_receipt: list[tuple[int, Act]] = []

    def after_bytes(self, count: int, act: Act) -> Act:
        """Act when so many more bytes have come (one at least), and before the next one is taken."""
        return _wait(self._at_byte, self.bytes + max(1, count), act)

    def after_receipts(self, count: int, act: Act) -> Act:
        """Act when so many more receipts were cut."""
        return _wait(self._at_receipt, self.receipts + max(1, count), act)

    def bytes_to_next(self, most: int) -> int:
        """Return how many bytes may be taken at once: `most`, or those up to the next act."""
        return min([most, *(at - self.bytes for at, _ in self._at_byte)])

    def count_bytes(self, count: int) -> None:
        """Count those that came."""
        self.bytes += count
        _act(self._at_byte, self.bytes)

    def count_receipt(self) -> None:
        """Count one that was cut."""
        self.receipts += 1
        _act(self._at_receipt, self.receipts)


def _wait(waiting: list[tuple[int, Act]], at: int, act: Act) -> Act:
    entry = (at, act)
    waiting.append(entry)

    def forget() -> None:
        if entry in waiting:
            waiting.remove(entry)

    return forget


def _act(waiting: list[tuple[int, Act]], count: int) -> None:
    due = [entry for entry in waiting if entry[0] <= count]
    for entry in due:
        waiting.remove(entry)
    for _, act in due:
        act()
