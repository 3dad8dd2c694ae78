"""GS1 element strings and Digital Links, by biip, with its traps guarded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from drivers.scanner.gtin import gtin14

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from biip import ParseConfig
    from biip.gs1_element_strings import GS1ElementString

_WEIGHT_KG = re.compile(r"310[0-5]")
_PRICE = re.compile(r"39[02][0-9]")  # in the store's own currency; 391n and 393n name another
_LAST_DAYS = ("16", "17", "7003")  # sell by, use by, use by with the time
_SPACED = re.compile(r"(?<=\)) +| +(?=\()")  # where people may put spaces: beside the parentheses
_HRI = re.compile(r"\([0-9]{2,4}\)[^()]")


@dataclass(frozen=True, slots=True)
class ElementStrings:
    """What a GS1 symbol says: the text of each application identifier, and those a till needs as values."""

    fields: dict[str, str] = field(default_factory=dict)
    gtin: str | None = None  # 14 digits, AI 01
    weight: Decimal | None = None  # kg, AI 310n
    price: Decimal | None = None  # in the store's currency, AI 392n (or 390n)
    quantity: int | None = None  # pieces, AI 30
    expiry: date | None = None  # the earliest of AI 16, 17 and 7003, else 15


class TwoArticles(ValueError):
    """One message names two trade items."""


def parse_message(text: str) -> ElementStrings | None:
    """Read concatenated element strings, with FNC1 as 1D, or as people write them: `(01)...`. None: not GS1.

    Raises `TwoArticles`.
    """
    from biip import ParseError  # 0.13 s that a start without a scan need not spend
    from biip.gs1_messages import GS1Message

    text = text.strip("\x1d")
    # biip takes other scripts' digits and any control byte for content, and strips GS with the spaces.
    if not text or not text.isascii() or not text.replace("\x1d", "").isprintable():
        return None
    as_people_write = _HRI.match(text) is not None
    # biip would drop separators and spaces there, and put together what they part.
    if as_people_write and ("\x1d" in text or " " in _SPACED.sub("", text)):
        return None
    parse = GS1Message.parse_hri if as_people_write else GS1Message.parse
    try:
        elements = parse(text, config=_config()).element_strings
    except (ParseError, ValueError):
        return None
    return _read(elements)


def parse_digital_link(text: str) -> ElementStrings | None:
    """Read a GS1 Digital Link, `https://host/01/...`. None: just another URL, or none at all. Raises `TwoArticles`."""
    if not text.startswith(("https://", "http://", "HTTPS://", "HTTP://")):
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        return None  # Python's reading of URLs drops line ends, and puts together what they part
    from biip import ParseError  # as above
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        elements = GS1DigitalLinkURI.parse(text, config=_config()).element_strings
    except (ParseError, ValueError):
        return None
    return _read(elements)


def _config() -> ParseConfig:
    from biip import ParseConfig  # as above

    # A best-before date of all zeros is common, and no reason not to sell.
    return ParseConfig(gs1_element_strings_verify_date=False)


def _read(elements: Iterable[GS1ElementString]) -> ElementStrings | None:
    fields: dict[str, str] = {}
    dates: dict[str, date] = {}
    for element in elements:
        ai = element.ai.ai
        if fields.setdefault(ai, element.value) != element.value and ai == "01":
            raise TwoArticles(f"{fields[ai]} and {element.value}")
        if element.date is not None:
            dates.setdefault(ai, element.date)
    gtin = gtin14(fields["01"]) if "01" in fields else None
    if "01" in fields and gtin is None:
        return None  # biip keeps a GTIN with a wrong check digit, with a remark
    return ElementStrings(
        fields=fields,
        gtin=gtin,
        weight=_decimal(fields, _WEIGHT_KG),
        price=_decimal(fields, _PRICE),
        quantity=int(fields.get("30") or 0) or None,
        expiry=min((dates[ai] for ai in _LAST_DAYS if ai in dates), default=dates.get("15")),
    )


def _decimal(fields: dict[str, str], ai: re.Pattern[str]) -> Decimal | None:
    """Return the first such field with its decimals, which are the identifier's last digit. 0 is none: not weighed."""
    for key, value in fields.items():
        if ai.fullmatch(key) and value:
            # Ours, because biip reads `3922` and one digit as tenths.
            return Decimal(value).scaleb(-int(key[-1])) or None
    return None
