"""The store's own labels, with a weight, a price or a count inside, read by a configured template.

    20IIIIIWWWWWC   digits are themselves, I the item, W the weight in grams, C the check digit
    21IIIIIVPPPPC   P the price in minor units, V the digit that guards it
    2IIIIIXQQQQC    Q a count, X a digit that is not looked at (another country's guard)

GS1 leaves these layouts to each country and store, so none is built in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from drivers.errors import TemplateInvalid
from drivers.scanner.gtin import check_digit, has_check_digit, is_digits

EAN13_DIGITS = 13
_LENGTHS = (12, EAN13_DIGITS)
_LAYOUT = re.compile(r"[0-9]+[IWPQVX]+C?")
_GUARDED_DIGITS = (4, 5)  # the two lengths GS1 has a verifier for

# GS1 General Specifications 7.9.2 to 7.9.4: each digit by its place's weight.
_TWO_MINUS = "0246891357"
_THREE = "0369258147"
_FIVE_PLUS = "0516273849"
_FIVE_MINUS = "0594837261"
_FOUR_PLACES = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
_FIVE_PLACES = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)


@dataclass(frozen=True, slots=True)
class Template:
    """A layout, as text of 13 characters (one of 12 gets its leading 0)."""

    layout: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says. `keys` are what its item may be called in the catalogue, most exact first.

    A value of nothing but zeros is none: the label of something that was not weighed or priced.
    """

    keys: tuple[str, ...]
    weight: Decimal | None = None  # kg
    price: int | None = None  # minor units
    quantity: int | None = None
    guarded: bool = True  # False: the verifier inside is wrong


def parse_template(text: str) -> Template:
    """Read a template. Raises `TemplateInvalid`."""
    layout = text.strip().upper()
    example = "Write for example 20IIIIIWWWWWC (item and grams) or 21IIIIIPPPPPC (item and price)."
    if len(layout) not in _LENGTHS or not _LAYOUT.fullmatch(layout):
        raise TemplateInvalid(
            f"{text!r} is no template: it needs 12 or 13 places, first the digits such labels begin with, then"
            " I, W, P, Q, V, X, and C only at the end",
            hint=example,
        )
    for letter in "IWPQV":
        if not re.fullmatch(rf"[^{letter}]*{letter}*[^{letter}]*", layout):
            raise TemplateInvalid(f"{text!r} is no template: its {letter} are apart", hint=example)
    values = [letter for letter in "WPQ" if letter in layout]
    if "I" not in layout or len(values) != 1:
        raise TemplateInvalid(f"{text!r} is no template: it needs I, and one of W, P, Q", hint=example)
    if "V" in layout and (layout.count("V") != 1 or layout.count(values[0]) not in _GUARDED_DIGITS):
        raise TemplateInvalid(
            f"{text!r} is no template: one V guards 4 or 5 places of {values[0]}",
            hint="Write X instead of V where the guard follows another rule than GS1's.",
        )
    return Template(layout if len(layout) == EAN13_DIGITS else "0" + layout)


def verifier(digits: str) -> str:
    """Return the GS1 price or weight verifier of 4 or 5 digits."""
    places = _FOUR_PLACES if len(digits) == len(_FOUR_PLACES) else _FIVE_PLACES
    total = sum(int(place[int(digit)]) for place, digit in zip(places, digits, strict=True))
    if places is _FOUR_PLACES:
        return str(total * 3 % 10)
    return str(_FIVE_MINUS.index(str(-total % 10)))


def read_label(text: str, template: Template) -> Label | None:
    """Read a label by a template, or None: it is none of these. The check digit must be right where there is one."""
    digits = "0" + text if len(text) == EAN13_DIGITS - 1 else text
    layout = template.layout
    if len(digits) != EAN13_DIGITS or not is_digits(digits):
        return None
    if any(place.isdigit() and place != digit for place, digit in zip(layout, digits, strict=True)):
        return None
    if layout.endswith("C") and not has_check_digit(digits):
        return None
    item = _part(layout, digits, "I")
    guard = _part(layout, digits, "V")
    value = next(part for letter in "WPQ" if (part := _part(layout, digits, letter)))
    return Label(
        keys=_keys(layout, digits, item),
        weight=(Decimal(value).scaleb(-3) or None) if "W" in layout else None,
        price=(int(value) or None) if "P" in layout else None,
        quantity=(int(value) or None) if "Q" in layout else None,
        guarded=not guard or guard == verifier(value),
    )


def _part(layout: str, digits: str, letter: str) -> str:
    return "".join(digit for place, digit in zip(layout, digits, strict=True) if place == letter)


def _keys(layout: str, digits: str, item: str) -> tuple[str, ...]:
    """Return the label with nothing in it (how most catalogues keep it), its beginning, and its item number."""
    end = layout.index("I") + len(item)
    prefix = digits[:end]
    empty = "".join("0" if place in "WPQVXC" else digit for place, digit in zip(layout, digits, strict=True))
    if layout.endswith("C"):
        empty = empty[:-1] + check_digit(empty[:-1])
    return (empty.zfill(14), prefix, item)
