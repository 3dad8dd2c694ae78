"""Telling seven data bits with even parity from eight data bits: what a 7E1 scanner looks like on an 8N1 port."""

from __future__ import annotations

PARITY_BIT = 0x80
FRAME_BYTES_MIN = 4  # fewer bytes than a code has prove nothing: one in sixteen is even by chance


_WITHOUT = bytes(byte & ~PARITY_BIT for byte in range(256))
_WITH = bytes(byte | PARITY_BIT if byte.bit_count() % 2 else byte for byte in range(256))


def without_parity_bits(data: bytes) -> bytes:
    """Return the lower seven bits of each byte."""
    return data.translate(_WITHOUT)


def with_parity_bits(data: bytes) -> bytes:
    """Return 7-bit bytes as a 7E1 device sends them and an 8N1 port receives them."""
    return data.translate(_WITH)


def has_parity_bits(data: bytes) -> bool:
    """Whether the high bits of `data` are even parity, and not text of eight bits."""
    if len(data) < FRAME_BYTES_MIN or data.isascii() or with_parity_bits(without_parity_bits(data)) != data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
