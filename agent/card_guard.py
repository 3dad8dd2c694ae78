"""Card data is never accepted: what a card number or a magnetic stripe looks like in a free text.

A run of 13 to 19 digits counts as a card number when its Luhn check digit is right (ISO/IEC 7812-1,
annex B) and its first digits and its length belong to an issuer; also with an expiry or the three digits from its back
typed on. Slip numbers, phone numbers and the barcodes of products pass.
"""

from __future__ import annotations

import re
import unicodedata
from http import HTTPStatus

from agent.problem import Problem

_GROUPS = re.compile(r"\d+(?:(?:[^\S\x1c-\x1f]|[.\-\u2010-\u2015\u2212]){1,3}\d+)*")
# With anything else between, it is one where the groups are a card's and the same stands between them all; but not the
# GS that parts the fields of a GS1 code.
_ANY = r"((?:[^\w\x0e-\x1f]|_){1,4})"
_PARTED = re.compile(rf"(?<!\d)\d{{4}}(?:{_ANY}\d{{4}}\1\d{{4}}\1\d{{1,7}}|{_ANY}\d{{6}}\2\d{{4,5}})(?!\d)")
_PHONE = re.compile(r"\+\d(?:[\s()./\-]{0,3}\d){6,12}(?!\d)")  # E.164, and what people put between
_WRITTEN = re.compile(r"(?<![\d.,+])\d{14,26}(?![\d.,])")  # together; nobody has a card of 13 digits any more
_TRACKS = re.compile(
    r"%?B\d{12,19}\^"  # track 1, ISO/IEC 7813: format code, number, separator
    r"|\d{12,19}=\d{4}"  # track 2: number, separator, expiry
    r"|\d{12,19}D\d{7}",  # track 2 as a chip gives it: the separator is D; expiry and service code
    re.IGNORECASE,
)
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_DIGITS_MIN = 13  # shorter card numbers went out of use in the 1990s
_DIGITS_MAX = 19  # ISO/IEC 7812-1
_TYPED_ON_MAX = 7  # digits: MMYY and the three from the back
_EAN_DIGITS = 13
_TYPED_ON = re.compile(r"\d{3}|(?:(?:0[1-9]|1[0-2])\d\d|\d\d(?:0[1-9]|1[0-2]))(?:\d{3})?")  # a code, an expiry, or both

# (lowest, highest) first digits, and the lengths in use with them.
_ISSUERS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 18, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),
    ("300", "305", frozenset(range(14, 20))),  # Diners Club
    ("3095", "3095", frozenset(range(14, 20))),
    ("36", "36", frozenset(range(14, 20))),
    ("38", "39", frozenset(range(14, 20))),
    ("6011", "6011", frozenset(range(16, 20))),  # Discover
    ("644", "659", frozenset(range(16, 20))),
    ("3528", "3589", frozenset(range(16, 20))),  # JCB
    ("62", "62", frozenset(range(16, 20))),  # UnionPay
    ("81", "81", frozenset(range(16, 20))),
    ("5018", "5018", frozenset(range(13, 20))),  # Maestro
    ("5020", "5020", frozenset(range(13, 20))),
    ("5038", "5038", frozenset(range(13, 20))),
    ("5612", "5612", frozenset(range(13, 20))),
    ("5893", "5893", frozenset(range(13, 20))),
    ("6304", "6304", frozenset(range(13, 20))),
    ("6390", "6390", frozenset(range(13, 20))),
    ("67", "67", frozenset(range(13, 20))),
)


def find_card_data(text: str) -> bool:
    """Say whether the text holds a card number or a magnetic track, written in whatever digits and dashes."""
    plain = _plain_text(text)
    if _TRACKS.search(plain) or _parted(plain):
        return True
    return any(_card_in(re.findall(r"\d+", run)) for run in _GROUPS.findall(_PHONE.sub("+", plain)))


def find_written_card(text: str) -> bool:
    """Say the same of a text full of numbers, such as a receipt: a track, or digits written as a card's are."""
    plain = _plain_text(text)
    if _TRACKS.search(plain) or _parted(plain):
        return True
    return any(_is_card_and_more(found[0]) for found in _WRITTEN.finditer(plain))


def find_card_bytes(data: bytes) -> bool:
    """Say the same of what came over a wire, also where each byte has a parity bit that nobody took off.

    An AIM identifier is left out, as its digit would stand before the number's.
    """
    plain = {some.decode("latin-1") for some in (data, bytes(byte & 0x7F for byte in data))}
    return any(find_card_data(text) or find_card_data(_AIM.sub("", text)) for text in plain)


def refuse_card_data(field: str, text: str) -> None:
    """Raise a `Problem` if the text holds card data. Neither the problem nor its detail repeats the text."""
    if find_card_data(text):
        raise card_data(field)


def card_data(field: str) -> Problem:
    """Refuse a field for the card data in it."""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "card-data",
        f"{field} holds what looks like a card number. Card data is not accepted here: "
        "write the slip's number, or the last four digits only.",
        field=field,
    )


def _parted(plain: str) -> bool:
    """Say whether a card number stands there in groups as cards have them."""
    return any(_is_card_and_more("".join(re.findall(r"\d", found[0]))) for found in _PARTED.finditer(plain))


def _plain_text(text: str) -> str:
    """Return a text with all digits as ASCII has them, and without what nobody sees (soft hyphens, zero widths)."""
    return "".join(_plain(char) for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")


def _plain(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _card_in(groups: list[str]) -> bool:
    """Say whether neighbouring groups of digits, taken together, are a card number."""
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) > _DIGITS_MAX + _TYPED_ON_MAX:
                break
            if _is_card_and_more(digits):
                return True
    return False


def _is_card_and_more(digits: str) -> bool:
    """Say whether these digits are a card number, or one with its expiry, its code or both typed on."""
    if len(digits) <= _DIGITS_MAX and _is_card_number(digits):
        return True
    return any(_TYPED_ON.fullmatch(digits[length:]) and _is_card_number(digits[:length]) for length in (15, 16))


def _is_card_number(digits: str) -> bool:
    if len(digits) < _DIGITS_MIN or not _luhn(digits):
        return False
    # One EAN in ten passes Luhn too, and German ones begin with 4 like Visa: a product's number is no card's.
    if len(digits) == _EAN_DIGITS and _ean(digits):
        return False
    return any(low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _ISSUERS)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - a digit sum


def _ean(digits: str) -> bool:
    return sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(reversed(digits))) % 10 == 0
