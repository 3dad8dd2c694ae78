"""Telling seven data bits and a parity bit from eight data bits: what a 7E1 scanner looks like on an 8N1 port."""

from __future__ import annotations

from typing import Literal

PARITY_BIT = 0x80
FRAME_BYTES_MIN = 4  # fewer bytes than a code has prove nothing: one in sixteen is even by chance

Parity = Literal["E", "O"]

_WITHOUT = bytes(byte & ~PARITY_BIT for byte in range(256))
_EVEN = bytes(byte | PARITY_BIT if byte.bit_count() % 2 else byte for byte in range(256))
_ODD = bytes(byte if byte.bit_count() % 2 else byte | PARITY_BIT for byte in range(256))
_TABLES: dict[Parity, bytes] = {"E": _EVEN, "O": _ODD}
PARITIES = tuple(_TABLES)


def without_parity_bits(data: bytes) -> bytes:
    """Return the lower seven bits of each byte."""
    return data.translate(_WITHOUT)


def with_parity_bits(data: bytes, parity: Parity = "E") -> bytes:
    """Return 7-bit bytes as a 7E1 (or 7O1) device sends them and an 8N1 port receives them."""
    return data.translate(_TABLES[parity])


def parity_of(data: bytes) -> Parity | None:
    """Return which parity the high bits of `data` are. None: they are part of a text of eight bits, or too few."""
    if len(data) < FRAME_BYTES_MIN or data.isascii():
        return None
    plain = without_parity_bits(data)
    parity: Parity | None = next((kind for kind, table in _TABLES.items() if plain.translate(table) == data), None)
    if parity is None:
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return parity
    return None


def has_parity_bits(data: bytes) -> bool:
    """Whether the high bits of `data` are a parity, and not text of eight bits."""
    return parity_of(data) is not None
