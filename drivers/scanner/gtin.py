"""GTINs: check digits, one length to compare on, and UPC-E (GS1 General Specifications 7.9.1 and 5.2.2.4)."""

from __future__ import annotations

_LENGTHS = frozenset({8, 12, 13, 14})


def is_digits(text: str) -> bool:
    """Whether `text` is ASCII digits and nothing else (`str.isdigit` takes other scripts' too)."""
    return text.isascii() and text.isdigit()


def check_digit(digits: str) -> str:
    """Return the check digit that belongs after `digits`: from the right 3, 1, 3, 1, ..."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    return check_digit(digits[:-1]) == digits[-1]


def gtin14(text: str) -> str | None:
    """Return 8, 12, 13 or 14 digits with a right check digit as a GTIN-14, or None."""
    if len(text) in _LENGTHS and is_digits(text) and has_check_digit(text):
        return text.zfill(14)
    return None


def upc_e_to_upc_a(text: str) -> str | None:
    """Return the UPC-A that eight digits of UPC-E (number system, six digits, check digit) stand for.

    None where they are no UPC-E: another number system than 0 and 1, or a wrong check digit.
    """
    if len(text) != 8 or not is_digits(text) or text[0] not in "01":  # noqa: PLR2004 - UPC-E's length
        return None
    system, digits, check = text[0], text[1:7], text[7]
    last = digits[5]
    if last in "012":
        body = digits[:2] + last + "0000" + digits[2:5]
    elif last == "3":
        body = digits[:3] + "00000" + digits[3:5]
    elif last == "4":
        body = digits[:4] + "00000" + digits[4]
    else:
        body = digits[:5] + "0000" + last
    return system + body + check if check_digit(system + body) == check else None
