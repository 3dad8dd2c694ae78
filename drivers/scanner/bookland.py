"""Books and magazines: ISBN (ISO 2108) and ISSN (ISO 3297), and the EAN-13 they are printed as (977 to 979)."""

from __future__ import annotations

import re

from drivers.scanner.gtin import check_digit, gtin14, is_digits

_ISBN_10 = re.compile(r"[0-9]{9}[0-9X]")
_SEPARATORS = re.compile(r"(?<=[0-9])[ -](?=[0-9X])")  # as books print it: 978-3-16-148410-0
_BOOKS = ("978", "9791", "9792", "9793", "9794", "9795", "9796", "9797", "9798", "9799")  # 979-0 is printed music


def as_isbn(text: str) -> str | None:
    """Return an ISBN of 10 or 13 digits, with or without hyphens, as 13 digits. None: it is none, or misread."""
    plain = _SEPARATORS.sub("", text)
    if _ISBN_10.fullmatch(plain):
        weighted = sum((10 - place) * (10 if char == "X" else int(char)) for place, char in enumerate(plain))
        body = "978" + plain[:9]
        return None if weighted % 11 else body + check_digit(body)
    return plain if len(plain) == 13 and plain.startswith(_BOOKS) and gtin14(plain) else None  # noqa: PLR2004 - ISBN-13


def isbn_of(gtin: str) -> str | None:
    """Return the ISBN a GTIN-14 is, as 13 digits."""
    return gtin[1:] if gtin[0] == "0" and gtin[1:].startswith(_BOOKS) else None


def issn_of(gtin: str) -> str | None:
    """Return the ISSN that a GTIN-14 of prefix 977 holds, as `0378-5955`; its variant (the price, say) is left out."""
    if not gtin.startswith("0977"):
        return None
    digits = gtin[4:11]
    total = sum((8 - place) * int(digit) for place, digit in enumerate(digits))
    return f"{digits[:4]}-{digits[4:]}{'0123456789X'[-total % 11]}"


def splits_off_an_issue(text: str) -> bool:
    """Whether digits with no identifier are a book or a magazine and its add-on of 2 or 5: nobody else sends such."""
    return (
        is_digits(text) and len(text) in {15, 18} and text.startswith(("977", "978", "979")) and bool(gtin14(text[:13]))
    )
