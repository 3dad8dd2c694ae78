"""What is around a journal in tests that are held to every byte: the same file on the same PC, and a seeded lot."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from outbox.epoch import Surroundings
from outbox.home import Witnesses

HERE = Witnesses("12", "1790000000000000000", "0123456789abcdef0123456789abcdef", frozenset({"02:00:00:00:00:01"}))
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def still(seed: object = 0) -> Surroundings:
    """Return surroundings in which nothing ever moves."""
    return Surroundings(look=lambda _: HERE, lot=Random(f"surroundings {seed}"), now=lambda: NOW)
