"""What may be taken from the pan: a weight said twice, and once only until the pan has changed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.scale.reading import State

if TYPE_CHECKING:
    from drivers.scale.reading import Reading, Weight

_PASSING = {State.MOTION, State.NOT_READY, State.UNCHANGED}  # of a moment: two of them agree on nothing


class Agreement:
    """Believes what two answers in a row say: a byte lost on the wire makes another number, hardly twice the same.

    A scale that says a weight once, and then only that nothing has changed, has said it twice.
    """

    def __init__(self) -> None:
        self._said: Reading | None = None

    def see(self, reading: Reading | None) -> Reading | None:
        """Take the next answer, None for one that did not come; return it where the one before said the same."""
        before = self._said
        if reading is not None and reading.state is State.UNCHANGED and before is not None:
            return before
        self._said = reading if reading is not None and reading.state not in _PASSING else None
        return self._said if reading == before else None


class Pan:
    """Whether what lies on the pan was taken already. It is changed once it was seen empty, or with another weight.

    Motion alone is no change: goods that are only touched come to rest as what they were.
    """

    def __init__(self) -> None:
        self._agreement = Agreement()
        self._taken: Weight | None = None

    @property
    def taken(self) -> Weight | None:
        """The weight that was taken and, as far as anybody saw, still lies there."""
        return self._taken

    def see(self, reading: Reading | None) -> Reading | None:
        """Take the next answer, None for one that did not come; return what is believed by it."""
        agreed = self._agreement.see(reading)
        if agreed is not None and self._taken is not None and not self.holds_taken(agreed.weight):
            self._taken = None
        return agreed

    def take(self, weight: Weight) -> None:
        """Remember that this weight is on a line now."""
        self._taken = weight

    def holds_taken(self, weight: Weight | None) -> bool:
        """Whether this is the weight that was taken."""
        taken = self._taken
        return weight is not None and taken is not None and (weight.shown, weight.unit) == (taken.shown, taken.unit)
