"""PINs: which may be one, and the one slow hash that is kept of it.

One salt a store, not one a person: a PIN alone says who it is, and hashing it once for each of thirty people would
take a slow PC ten seconds. It takes nothing from anybody: who can read the file tries all PINs of four digits in
minutes, whatever the salt. What keeps a PIN is the file's access rights and the lock-out; what the hash adds is that
nobody reads a PIN by looking, and that two stores' files tell nothing of each other. A pepper would lie on the same
disk as the hashes, and go with them.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.problem import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGITS_MIN = 4  # what people remember, and a pad takes in a second
DIGITS_MAX = 12  # longer is no PIN any more
SALT_BYTES = 16  # RFC 9106, section 3.1

_DIGITS = re.compile(rf"[0-9]{{{DIGITS_MIN},{DIGITS_MAX}}}")
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_REPEATED = re.compile(r"([0-9]+?)\1+")
_UP = "01234567890123456789"
_DOWN = _UP[::-1]
_MIDDLE_KEYS = frozenset({"2580", "0852"})  # the pad's middle column


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int


# The least that OWASP's password storage sheet names for argon2id: 50 ms on a desktop, some 300 ms on the Atom or
# Celeron of a till, which leaves room for a switch in two seconds; and 19 MiB, where a till may have 2 GB in all.
COST = Cost(memory_kib=19_456, passes=2, lanes=1)


def digest(pin: str, salt: bytes, cost: Cost = COST) -> bytes:
    """Return the hash that is kept: argon2id (RFC 9106), 32 bytes. Slow: never on the event loop."""
    from argon2.low_level import Type, hash_secret_raw  # only a till whose staff has PINs needs it

    return hash_secret_raw(
        pin.encode("utf-8", "surrogatepass"), salt, cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID
    )


def whose(hashed: bytes, kept: Iterable[tuple[str, bytes]]) -> str | None:
    """Return whose hash it is, or None. All are compared, each in constant time, wherever the right one stands."""
    found = None
    for person, their in kept:
        if hmac.compare_digest(hashed, their):
            found = person
    return found


def check_new(pin: str) -> None:
    """Raise `Problem` for what may not become a PIN; what it says never repeats the PIN."""
    if not _DIGITS.fullmatch(pin):
        raise invalid("pin", f"A PIN is {DIGITS_MIN} to {DIGITS_MAX} digits: choose another.", field="pin")
    if is_easy(pin):
        raise invalid(
            "pin-too-easy",
            "That PIN is one of the first that anybody would try (a run, a repeat, a year): choose another.",
            field="pin",
        )


def is_easy(pin: str) -> bool:
    """Say whether a PIN is among those that are tried first."""
    return (
        _REPEATED.fullmatch(pin) is not None
        or pin in _UP
        or pin in _DOWN
        or _YEAR.fullmatch(pin) is not None
        or pin in _MIDDLE_KEYS
    )
