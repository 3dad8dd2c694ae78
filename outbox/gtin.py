"""GTINs: check digits, UPC-E, and the 14 digits by which barcodes are compared.

Source: GS1 General Specifications, 7.9 (check digits), 7.10 (UPC-E).
"""

from __future__ import annotations

GTIN_LENGTHS = frozenset({8, 12, 13, 14})

_UPC_E_LENGTH = 8
_UPC_E_SYSTEMS = "01"  # the number systems UPC-E exists for


def check_digit(digits: str) -> str:
    """Return the digit that belongs after `digits`, which are ASCII digits without it."""
    weighted = (int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-sum(weighted) % 10)


def is_number(code: str) -> bool:
    """Say whether a code is ASCII digits of a length that GTINs have."""
    return len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit()


def as_gtin14(code: str) -> str | None:
    """Return a valid GTIN (EAN-8, UPC-A, UPC-E, EAN-13, GTIN-14) as 14 digits, or None for anything else.

    Eight digits that are valid both as EAN-8 and as UPC-E are taken as EAN-8.
    """
    if not is_number(code):
        return None
    if check_digit(code[:-1]) == code[-1]:
        return code.zfill(14)
    upc_a = _upc_a(code)
    return upc_a.zfill(14) if upc_a and check_digit(upc_a[:-1]) == upc_a[-1] else None


def barcode_key(code: str) -> str:
    """Return what a barcode is stored and looked up by: its GTIN-14, or the very text."""
    return as_gtin14(code) or code


def _upc_a(code: str) -> str | None:
    """Expand eight digits of UPC-E, check digit included, to the twelve of UPC-A."""
    if len(code) != _UPC_E_LENGTH or code[0] not in _UPC_E_SYSTEMS:
        return None
    system, digits, last, check = code[0], code[1:6], code[6], code[7]
    if last in "012":
        body = f"{digits[:2]}{last}0000{digits[2:]}"
    elif last == "3":
        body = f"{digits[:3]}00000{digits[3:]}"
    elif last == "4":
        body = f"{digits[:4]}00000{digits[4:]}"
    else:
        body = f"{digits}0000{last}"
    return system + body + check
