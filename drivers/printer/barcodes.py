"""Barcodes: what may be in one, and how wide it prints. Pure.

A printer is never trusted with either: it prints an EAN with a wrong check digit as it comes, and prints
nothing at all where a symbol is wider than the paper. Widths: GS1 General Specifications 5.2, ISO/IEC 15417
(CODE128), ISO/IEC 16388 (CODE39), ISO/IEC 18004 table 7 (QR).
"""

from __future__ import annotations

import string
from bisect import bisect_left

from drivers.errors import DocumentInvalid
from drivers.printer.document import Symbology

CODE39_CHARACTERS = frozenset(string.digits + string.ascii_uppercase + " -.$/+%")
_DIGITS = {Symbology.EAN13: 13, Symbology.EAN8: 8, Symbology.UPCA: 12}
_EAN_MODULES = {Symbology.EAN13: 95, Symbology.EAN8: 67, Symbology.UPCA: 95}
QR_QUIET_MODULES = 4
QR_BYTES_MAX = 1_000  # also keeps the length bytes of `GS ( k` below 10 04, which is a real-time command

# How many bytes a QR code of version 1, 2, ... 26 holds at error correction M.
_QR_BYTES = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666, 711, 779, 857, 911, 997, 1059)  # fmt: skip # noqa: E501 - one table


def check_digit(digits: str) -> int:
    """Return the GS1 check digit of the digits before it."""
    return -sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10


def check_barcode(symbology: Symbology, text: str) -> None:
    """Raise `DocumentInvalid`, saying what to write instead, where `text` can't be in such a barcode."""
    if symbology in _DIGITS:
        length = _DIGITS[symbology]
        if len(text) != length or not (text.isascii() and text.isdigit()):
            raise DocumentInvalid(
                f"{text!r} is no {symbology}", hint=f"write its {length} digits, the check digit last"
            )
        if int(text[-1]) != check_digit(text[:-1]):
            right = text[:-1] + str(check_digit(text[:-1]))
            raise DocumentInvalid(
                f"{text!r} has a wrong check digit", hint=f"{right} would be right; look at the source again"
            )
    elif symbology is Symbology.CODE39:
        if not text or not CODE39_CHARACTERS.issuperset(text):
            raise DocumentInvalid(
                f"{text!r} does not fit CODE39", hint="write digits, capitals and - . $ / + %, or use code128"
            )
    elif not text or not (text.isascii() and text.isprintable()):
        raise DocumentInvalid(f"{text!r} does not fit CODE128", hint="write printable ASCII, or use a qr")


def barcode_modules(symbology: Symbology, text: str) -> int:
    """Return how many modules wide a barcode prints (CODE128 in code set B).

    The quiet zones are not counted: receipt paper has 4 mm beside what can be printed on, which is enough.
    """
    if symbology is Symbology.CODE128:
        return 11 * (len(text) + 2) + 13
    if symbology is Symbology.CODE39:
        return 16 * (len(text) + 2) - 1
    return _EAN_MODULES[symbology]


def check_qr(content: bytes) -> None:
    """Raise `DocumentInvalid` where a printer cannot be given this content."""
    if not 1 <= len(content) <= QR_BYTES_MAX:
        raise DocumentInvalid(f"a QR code of {len(content)} bytes", hint=f"write 1 to {QR_BYTES_MAX} bytes of UTF-8")


def qr_modules(content: bytes) -> int:
    """Return how many modules wide a QR code at error correction M is, its quiet zone included."""
    version = bisect_left(_QR_BYTES, len(content)) + 1
    return 17 + 4 * version + 2 * QR_QUIET_MODULES
