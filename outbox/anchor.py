"""Anchors: the beginning of a record's hash, where nobody who rewrites the journal can reach it.

On every receipt, so on the first and the last of each day; in what a shift's closing answers; whole, with every
request to a webhook and beside what the other clouds keep of a sale, where `stillopen reconcile` compares it. Whoever
holds one can ask later whether the journal still has that record, unchanged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

DIGITS = 16  # in hex, of 64: short enough for paper, and a record made to fit takes 2^64 tries
DIGITS_MIN = 8  # to ask by: below, one would be found by chance
_GROUP = 4
_WRITTEN = re.compile(rf"[0-9a-f]{{{DIGITS_MIN},64}}")


def anchor(own_hash: bytes) -> str:
    """Return what is printed of a record's hash: `3F9A-12BC-77D0-01AB`."""
    digits = own_hash.hex()[:DIGITS].upper()
    return "-".join(digits[at : at + _GROUP] for at in range(0, DIGITS, _GROUP))


def parse(text: str) -> str:
    """Return the hex digits of an anchor as somebody typed it, in lower case. Raises `ValueError`."""
    digits = re.sub(r"[\s-]", "", text).lower()
    if not _WRITTEN.fullmatch(digits):
        raise ValueError(f"{text!r} is no anchor: it is {DIGITS_MIN} to 64 digits, 0-9 and A-F, as on a receipt")
    return digits


def find(connection: sqlite3.Connection, digits: str) -> tuple[int, str | None] | None:
    """Return the place and the receipt number of the record whose hash begins so, or None. Reads every hash."""
    low = bytes.fromhex(digits.ljust(64, "0"))
    high = bytes.fromhex(digits.ljust(64, "f"))
    row: tuple[int, str | None] | None = connection.execute(
        "select seq, receipt_number from record where hash between ? and ? limit 1", (low, high)
    ).fetchone()
    return row
