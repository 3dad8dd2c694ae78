"""A record: an immutable fact, and the canonical bytes its hash is taken over.

A record's `body` is what the world sees of it (the local API, the export, the webhooks): JSON objects,
arrays, strings, integers, booleans and null, never a float. The journal gives it its place (`seq`,
`till_seq`, `receipt_number`, `occurred_at`) and its link in the chain inside one transaction.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GENESIS = bytes(32)  # what the first record's `prev_hash` is

# A body is made anew for each record and cannot hold itself; looking whether it does is a sixth of the work.
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
_FLOAT_CHARS = 20  # before a float's `.` or exponent: up to 17 digits, a minus, and the `":` of its name


class Kind(StrEnum):
    """What happened."""

    SALE = "sale"
    REFUND = "refund"
    VOID = "void"  # an open sale given up; nothing was paid
    DRAWER = "drawer"  # the cash drawer was told to open, for a sale or with a reason
    CASH = "cash"  # money put into the drawer or taken out of it, with no sale: `direction` in, out or drop (safe)
    SHIFT_OPEN = "shift_open"
    SHIFT_CLOSE = "shift_close"


NUMBERED = frozenset({Kind.SALE, Kind.REFUND})  # these get a receipt number


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact about to be written: all of it but its place. `id` was made before anyone asked for it."""

    id: str  # UUID; a record with this id is written once, however often it is asked for
    kind: Kind
    till: str
    occurred_at: str  # RFC 3339 with the store's offset; data, never order
    business_date: str  # YYYY-MM-DD
    body: dict[str, Any]  # the kind's own fields


@dataclass(frozen=True, slots=True)
class Record:
    """A fact in the journal."""

    seq: int  # commit order over all tills, never reused
    id: str
    kind: Kind
    till: str
    till_seq: int  # gapless per till
    receipt_number: str | None
    occurred_at: str
    body: dict[str, Any]  # everything above but `seq` is in it too
    prev_hash: bytes
    hash: bytes
    text: str | None = None  # the canonical body as it is stored, where this was read from the journal

    def canonical_body(self) -> bytes:
        """Return the bytes that are hashed."""
        return canonical(self.body) if self.text is None else self.text.encode()


def canonical(body: dict[str, Any]) -> bytes:
    """Return the one serialisation that is hashed: keys sorted, no spaces, UTF-8. Raises `TypeError` on a float."""
    return canonical_text(body).encode()


def canonical_text(body: dict[str, Any]) -> str:
    """Return `canonical` before it is encoded: as it is stored."""
    try:
        text = _ENCODER.encode(body)
    except ValueError as error:
        raise TypeError(f"{error}: a record holds integers and decimal strings, never a float") from error
    if _may_hold_a_float(text):
        json.loads(text, parse_float=_no_float)
    return text


def link(prev_hash: bytes, canonical_body: bytes) -> bytes:
    """Return the hash that chains a body to the record before it: SHA-256 of both, in that order."""
    return hashlib.sha256(prev_hash + canonical_body).digest()


def _may_hold_a_float(text: str) -> bool:
    """Say whether digits where a value begins go on with `.` or an exponent. A string may look so, too: then it errs.

    In most records nothing does, and reading the text again to be sure costs as much as hashing and adding it.
    """
    for mark in (".", "e+", "e-"):
        at = text.find(mark)
        while at >= 0:
            before = text[max(at - _FLOAT_CHARS, 0) : at].rstrip("-0123456789")
            if before.endswith(('":', "[", ",")):
                return True
            at = text.find(mark, at + 1)
    return False


def _no_float(text: str) -> None:
    raise TypeError(f"{text}: a record holds integers and decimal strings, never a float")
