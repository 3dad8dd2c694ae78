"""Ids made before anything is sent: UUIDs of version 7 (RFC 9562), which sort by when they were made."""

from __future__ import annotations

import hashlib
import os
import time
import uuid


def new_id() -> str:
    """Return a new UUIDv7 as 36 characters of text."""
    millis = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random = int.from_bytes(os.urandom(10))
    high = random >> 68 & 0xFFF
    low = random & (1 << 62) - 1
    return str(uuid.UUID(int=millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def derived_id(of: str, name: str) -> str:
    """Return the UUIDv5 (RFC 9562, 5.5) of `name` under the UUID `of`: the same key again after any restart.

    Written out, as every sale waits for one: `uuid.uuid5` makes two objects of it and takes five times as long.
    """
    under = bytes.fromhex(of.replace("-", ""))
    digest = hashlib.sha1(under + name.encode(), usedforsecurity=False).hexdigest()
    variant = f"{int(digest[16], 16) & 0x3 | 0x8:x}"
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
