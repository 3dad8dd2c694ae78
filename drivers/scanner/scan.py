"""What a scanner's frame turned out to be: a scan, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from drivers.scanner.symbology import Symbology


class Reason(StrEnum):
    """Why a frame is no scan."""

    EMPTY = "empty"
    CHECK_DIGIT = "check_digit"  # misread, or mistyped
    LENGTH = "length"  # not as many digits as its symbology has
    GS1 = "gs1"  # its identifier says GS1, its content is not
    VERIFIER = "verifier"  # the digit that guards the weight or price inside a label is wrong
    ADD_ON_ALONE = "add_on_alone"
    AMBIGUOUS = "ambiguous"  # its digits may be split in two ways into a number and an add-on
    TWO_CODES = "two_codes"  # of two articles
    PARITY = "parity"  # the port's mode is not the scanner's
    NOISE = "noise"  # bytes that no barcode holds
    OVERLONG = "overlong"
    HALF = "half"  # the rest never came
    CARD = "card"  # the track of a magnetic stripe


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame that is no scan. `raw` is empty where its text must not be kept (a card) or is noise."""

    raw: str
    reason: Reason
    hint: str


@dataclass(frozen=True, slots=True)
class Scan:
    """One decoded barcode."""

    raw: str  # as the scanner sent it, AIM identifier and all
    text: str  # without identifiers and add-on
    symbology: Symbology | None  # None: the scanner did not say
    candidates: tuple[str, ...]  # what to look up, in this order: GTIN-14s, item numbers, the text itself
    gtin: str | None = None  # 14 digits; None: it has none, or it could be two (see `rivals`)
    rivals: tuple[str, ...] = ()  # the first two candidates where one of them was printed, and nothing says which
    gs1: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # AI -> text
    weight: Decimal | None = None  # kg, from the label
    price: int | None = None  # minor units, from the label
    quantity: int | None = None  # pieces, from the label
    expiry: date | None = None  # the last day it may be sold or used (GS1 AI 16, 17 or 7003, else 15)
    add_on: str | None = None  # 2 or 5 digits: a magazine's issue, a book's price
    isbn: str | None = None  # 13 digits: a book
    issn: str | None = None  # such as 0378-5955: a magazine
