"""From a frame's bytes to a scan, or to a refusal with its reason. Nothing a scanner sends raises anything."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.scanner.bookland import as_isbn, isbn_of, issn_of, splits_off_an_issue
from drivers.scanner.ean import Number, read_number, short_gtins
from drivers.scanner.embedded import EAN13_DIGITS, read_label
from drivers.scanner.gs1 import ElementStrings, TwoArticles, parse_digital_link, parse_message
from drivers.scanner.gtin import check_digit, gtin14, has_check_digit, is_digits
from drivers.scanner.parity import parity_of, without_parity_bits
from drivers.scanner.refusals import refuse
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.symbology import EAN, GS1, AddOn, Part, Symbology, identify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from drivers.scanner.embedded import Label, Template

# ISO/IEC 7813: track 1 is %B number ^, track 2 is ; number =
_CARD = re.compile(r"%B[0-9 ]{8,25}\^|;[0-9]{8,19}=")
# Control characters but tab, line ends, and the separators that GS1 and ISO/IEC 15434 write.
_NOISE = re.compile(r"[\x00-\x03\x05-\x08\x0b\x0c\x0e-\x1b\x7f-\x9f]")
_UNSAID_GS1_CHARS_MIN = 17  # AI 01, its 14 digits, and something after them
_SHORT_DIGITS = 8
_CHECKED_LENGTHS = {12, 13, 14}  # eight digits may as well be a number of the store's own
_LABELS = {None, Symbology.EAN13, Symbology.UPC_A, Symbology.EAN_UPC}  # what scales print


def decode(
    raw: bytes,
    templates: Sequence[Template] = (),
    *,
    price_decimals: int = 2,
    code_ids: Mapping[str, Symbology] | None = None,
) -> Scan | Refusal:
    """Decode one frame. `price_decimals` are the store's currency's, for prices in GS1 symbols.

    `code_ids` are the maker's own identifiers, where the scanner is set to send them.
    """
    if _CARD.search(without_parity_bits(raw).decode("ascii")):
        return refuse(Reason.CARD)
    text = _text(raw)
    parity = parity_of(raw)
    if parity is not None:
        return refuse(Reason.PARITY, text, parity=parity)
    if _NOISE.search(text):
        return refuse(Reason.NOISE, text)
    first, *others = identify(text, code_ids)
    if not first.text:
        return refuse(Reason.EMPTY, text)
    if first.symbology is Symbology.ADD_ON:
        return refuse(Reason.ADD_ON_ALONE, text)
    try:
        outcome = _read(text, first, templates, price_decimals)
        return outcome if isinstance(outcome, Refusal) else _with_others(outcome, others, price_decimals)
    except TwoArticles:
        return refuse(Reason.TWO_CODES, text)


def _text(raw: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, which every symbology's default can be read as."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read(raw: str, part: Part, templates: Sequence[Template], price_decimals: int) -> Scan | Refusal:
    elements = _elements(part)
    if elements is not None:
        scan = _scan(raw, part, Number(part.text, (elements.gtin,) if elements.gtin else ()))
        return _saying(scan, elements, price_decimals)
    if part.symbology in GS1:
        return refuse(Reason.GS1, raw)
    if part.symbology in _LABELS and part.add_on is not AddOn.YES:
        labels = [label for template in templates if (label := read_label(part.text, template)) is not None]
        if labels:
            return _label(raw, part, labels)
    number = _number(part)
    if isinstance(number, Reason):
        return refuse(number, raw)
    return _scan(raw, part, number)


def _elements(part: Part) -> ElementStrings | None:
    """Read GS1 content; where no identifier announced it, only what cannot be anything else.

    biip alone would take any EAN-13 that begins with an application identifier's digits for GS1.
    """
    text = part.text
    if part.symbology in GS1:
        return parse_message(text)
    if part.symbology in EAN:
        return None
    link = parse_digital_link(text)
    if link is not None:
        return link
    if text.startswith(("\x1d", "(")):
        return parse_message(text)
    if len(text) >= _UNSAID_GS1_CHARS_MIN and text.startswith("01") and gtin14(text[2:16]) is not None:
        return parse_message(text)
    return None


def _number(part: Part) -> Number | Reason:
    """Return what number an article's code is (with no GTIN: some other text), or why it is refused."""
    text, symbology = part.text, part.symbology
    if symbology in EAN:
        return read_number(text, symbology, part.add_on)
    if symbology is Symbology.ITF:
        return Number(text, _itf(text))
    if symbology is None:
        return _unsaid(text)
    isbn = as_isbn(text) if symbology is Symbology.OTHER else None
    # A number of the store's own may have eight digits, and by chance a check digit.
    gtin = gtin14(isbn or text) if isbn or len(text) in _CHECKED_LENGTHS else None
    return Number(text, (gtin,) if gtin else ())


def _itf(text: str) -> tuple[str, ...]:
    """Return the GTIN of an ITF-14. Fewer digits are a part of one, misread; they come in pairs, so 13 lack a last."""
    if len(text) == EAN13_DIGITS and is_digits(text):
        text += check_digit(text)  # `]I3`: the scanner checked it and kept it
    gtin = gtin14(text) if len(text) == EAN13_DIGITS + 1 else None
    return (gtin,) if gtin else ()


def _unsaid(text: str) -> Number | Reason:
    """Read what may be anything: digits of a GTIN's length must be one, but for eight."""
    if splits_off_an_issue(text):
        return Number(text[:EAN13_DIGITS], (text[:EAN13_DIGITS].zfill(14),), text[EAN13_DIGITS:], own=text)
    if is_digits(text) and len(text) in _CHECKED_LENGTHS:
        return Number(text, (text.zfill(14),)) if has_check_digit(text) else Reason.CHECK_DIGIT
    if is_digits(text) and len(text) == _SHORT_DIGITS:
        return Number(text, short_gtins(text, None))
    isbn = as_isbn(text)
    return Number(text, (isbn.zfill(14),) if isbn else (), own=text)


def _label(raw: str, part: Part, labels: list[Label]) -> Scan | Refusal:
    label = next((label for label in labels if label.guarded), None)
    if label is None:
        return refuse(Reason.VERIFIER, raw)
    return Scan(
        raw=raw,
        text=part.text,
        symbology=part.symbology,
        candidates=label.keys,
        weight=label.weight,
        price=label.price,
        quantity=label.quantity,
    )


def _scan(raw: str, part: Part, number: Number) -> Scan:
    gtin = number.gtins[0] if len(number.gtins) == 1 else None
    issn = None if gtin is None else issn_of(gtin)
    return Scan(
        raw=raw,
        text=number.text,
        symbology=part.symbology,
        candidates=tuple(dict.fromkeys(key for key in (number.own, *number.gtins, issn, number.text) if key)),
        gtin=gtin,
        rivals=number.gtins if len(number.gtins) > 1 else (),
        add_on=number.add_on,
        isbn=None if gtin is None else isbn_of(gtin),
        issn=issn,
    )


def _with_others(scan: Scan, others: list[Part], price_decimals: int) -> Scan:
    """Add what the symbols beside an EAN say: its add-on, or a composite's second component. Raises `TwoArticles`."""
    for other in others:
        if other.symbology is Symbology.ADD_ON:
            scan = replace(scan, add_on=other.text)
        elif other.symbology in EAN:
            raise TwoArticles(f"{scan.text} and {other.text}")
        else:
            elements = parse_message(other.text)
            if elements is not None and elements.gtin not in {None, scan.gtin}:
                raise TwoArticles(f"{scan.gtin} and {elements.gtin}")
            scan = scan if elements is None else _saying(scan, elements, price_decimals)
    return scan


def _saying(scan: Scan, elements: ElementStrings, price_decimals: int) -> Scan:
    return replace(
        scan,
        gs1=MappingProxyType(elements.fields),
        weight=elements.weight,
        price=_minor(elements.price, price_decimals),
        quantity=elements.quantity,
        expiry=elements.expiry,
    )


def _minor(price: Decimal | None, decimals: int) -> int | None:
    """Return minor units, or None where the label is finer than the currency."""
    if price is None:
        return None
    minor = price.scaleb(decimals)
    return int(minor) if minor == minor.to_integral_value() else None
