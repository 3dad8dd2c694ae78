"""From a frame's bytes to a scan, or to a refusal with its reason. Nothing a scanner sends raises anything."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.scanner.embedded import read_label
from drivers.scanner.gs1 import ElementStrings, parse_digital_link, parse_message
from drivers.scanner.gtin import gtin14, has_check_digit, is_digits, upc_e_to_upc_a
from drivers.scanner.parity import has_parity_bits, without_parity_bits
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.symbology import GS1, Part, Symbology, identify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from drivers.scanner.embedded import Label, Template

# ISO/IEC 7813: track 1 is %B number ^, track 2 is ; number =
_CARD = re.compile(r"%B[0-9 ]{8,25}\^|;[0-9]{8,19}=")
_UNSAID_GS1_CHARS_MIN = 17  # AI 01, its 14 digits, and something after them
_EAN_LENGTHS = {12, 13}
_CHECKED_LENGTHS = {12, 13, 14}  # eight digits may as well be a number of the store's own

_HINTS = {
    Reason.EMPTY: "Scan again.",
    Reason.CHECK_DIGIT: "Scan again, or type the digits below the bars. If it is a number of the store's own,"
    " switch AIM identifiers on in the scanner.",
    Reason.LENGTH: "Scan again. If it stays so, reset the scanner with the barcode in its manual.",
    Reason.GS1: "Scan again. If it stays so, the label is printed wrongly: type the item's number.",
    Reason.VERIFIER: "Weigh or price the item again. If every such label is refused, write X instead of V in the"
    " scanner's template.",
    Reason.ADD_ON_ALONE: "Scan the whole code: the large bars together with the small ones.",
    Reason.PARITY: "The scanner sends 7 data bits with parity: add mode=7E1 to its port in the configuration.",
    Reason.OVERLONG: "No shop barcode is that long. Check the port's speed (baud) and the scanner's suffix.",
    Reason.HALF: "Scan again. If nothing is ever read, set the scanner to send CR after each code, or its"
    " suffix in the configuration.",
    Reason.CARD: "Cards are for the card terminal. Nothing of it was kept.",
}


def decode(raw: bytes, templates: Sequence[Template] = (), *, price_decimals: int = 2) -> Scan | Refusal:
    """Decode one frame. `price_decimals` are the store's currency's, for prices in GS1 symbols."""
    if _CARD.search(without_parity_bits(raw).decode("ascii")):
        return refuse(Reason.CARD)
    text = _text(raw)
    if has_parity_bits(raw):
        return refuse(Reason.PARITY, text)
    first, *others = identify(text)
    if not first.text:
        return refuse(Reason.EMPTY, text)
    if first.symbology is Symbology.ADD_ON:
        return refuse(Reason.ADD_ON_ALONE, text)
    if first.symbology in GS1:
        elements = parse_message(first.text)
        return refuse(Reason.GS1, text) if elements is None else _gs1(text, first, elements, price_decimals)
    elements = _unsaid_gs1(first)
    if elements is not None:
        return _gs1(text, first, elements, price_decimals)
    labels = [label for template in templates if (label := read_label(first.text, template)) is not None]
    if labels:
        return _label(text, first, labels)
    return _plain(text, first, others)


def _text(raw: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, which every symbology's default can be read as."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unsaid_gs1(part: Part) -> ElementStrings | None:
    """Read GS1 content that no identifier announced, only where it cannot be anything else.

    biip alone would take any EAN-13 that begins with an application identifier's digits for GS1.
    """
    text = part.text
    link = parse_digital_link(text)
    if link is not None or part.symbology in {Symbology.EAN13, Symbology.EAN8}:
        return link
    if text.startswith(("\x1d", "(")):
        return parse_message(text)
    if len(text) >= _UNSAID_GS1_CHARS_MIN and text.startswith("01") and gtin14(text[2:16]) is not None:
        return parse_message(text)
    return None


def _gs1(raw: str, part: Part, elements: ElementStrings, price_decimals: int) -> Scan:
    return Scan(
        raw=raw,
        text=part.text,
        symbology=part.symbology,
        candidates=_unique(elements.gtin, part.text),
        gtin=elements.gtin,
        gs1=MappingProxyType(elements.fields),
        weight=elements.weight,
        price=_minor(elements.price, price_decimals),
        quantity=elements.quantity,
        expiry=elements.expiry,
    )


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


def _minor(price: Decimal | None, decimals: int) -> int | None:
    """Return minor units, or None where the label is finer than the currency."""
    if price is None:
        return None
    minor = price.scaleb(decimals)
    return int(minor) if minor == minor.to_integral_value() else None


def _plain(raw: str, part: Part, others: list[Part]) -> Scan | Refusal:
    text, symbology = part.text, part.symbology
    gtins = _gtins(text, symbology)
    if isinstance(gtins, Reason):
        return refuse(gtins, raw)
    add_on = part.add_on
    fields: dict[str, str] = {}
    for other in others:
        if other.symbology is Symbology.ADD_ON:
            add_on = other.text
        else:  # a composite's second component: what it says is welcome, the item is the first's
            elements = parse_message(other.text)
            fields |= {} if elements is None else elements.fields
    return Scan(
        raw=raw,
        text=text,
        symbology=symbology,
        candidates=_unique(*gtins, text),
        gtin=gtins[0] if len(gtins) == 1 else None,
        gs1=MappingProxyType(fields),
        add_on=add_on,
    )


def _gtins(text: str, symbology: Symbology | None) -> tuple[str, ...] | Reason:
    """Return the GTIN-14s that `text` may be, none for other content, or why it is refused."""
    if symbology is Symbology.EAN13:
        if not is_digits(text) or len(text) not in {8, *_EAN_LENGTHS}:
            return Reason.LENGTH
        upc_a = upc_e_to_upc_a(text)
        gtin = gtin14(text) if len(text) in _EAN_LENGTHS else gtin14(upc_a or "")
        return Reason.CHECK_DIGIT if gtin is None else (gtin,)
    if symbology is Symbology.EAN8:
        if not is_digits(text) or len(text) != 8:  # noqa: PLR2004 - it is in the name
            return Reason.LENGTH
        gtin = gtin14(text)
        return Reason.CHECK_DIGIT if gtin is None else (gtin,)
    if symbology is not None:  # a number of the store's own may have eight digits, and by chance a check digit
        return _unique(gtin14(text)) if len(text) in _CHECKED_LENGTHS else ()
    if is_digits(text) and len(text) in _CHECKED_LENGTHS and not has_check_digit(text):
        return Reason.CHECK_DIGIT
    return _unique(gtin14(text), gtin14(upc_e_to_upc_a(text) or ""))


def _unique(*keys: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key in keys if key))


def refuse(reason: Reason, raw: str = "") -> Refusal:
    """Return a refusal with its next step."""
    return Refusal(raw, reason, _HINTS[reason])
