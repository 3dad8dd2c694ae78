"""How fast a cloud lets itself be called: what its connector knows of it, as values.

The limits are the vendor's own words, to begin with; the answers' own headers correct them. The waiting is done in one
place for every cloud (`outbox/bucket.py`, `turns.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from outbox.connector import Answer, Request


@dataclass(frozen=True, slots=True)
class Limits:
    """A bucket that starts full. Units are calls, or the cloud's own cost points."""

    burst: float  # units that may be spent at once
    per_s: float  # units that come back in a second
    at_once: int | None = None  # calls under way at once; None: the vendor names no such limit


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an answer says is left; what it does not say stays as it was."""

    left: float | None = None
    burst: float | None = None
    per_s: float | None = None


class Throttle(Protocol):
    """What one kind of cloud says of its limits."""

    limits: Limits

    def cost(self, request: Request) -> float:
        """Return the units a request will take, as far as that is known before it is sent."""
        ...

    def allowance(self, answer: Answer) -> Allowance | None:
        """Return what an answer says is left, or None where it says nothing."""
        ...
