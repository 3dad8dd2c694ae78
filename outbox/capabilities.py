"""What a kind of cloud takes and what it cannot, so that a person learns it before it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outbox.feeds import FeedRules
    from outbox.record import Kind


class Arithmetic(StrEnum):
    """Who works a total out."""

    SERVER = "server"  # the cloud, from what it is told: its total may differ by a rounding
    CLIENT = "client"  # the till; the cloud believes it
    NONE = "none"  # nobody: it just stores


class SaleTime(StrEnum):
    """Whether a sale can be entered at the time it was made."""

    INSTANT = "instant"
    DAY = "day"
    NONE = "none"  # it bears the time it arrives


class StockWrites(StrEnum):
    """How stock moves at the cloud when goods are sold or come back."""

    VIA_SALE = "via_sale"  # the order itself takes it off
    DELTA = "delta"  # by so many more or fewer
    ABSOLUTE = "absolute"  # by saying what is left; two writers overwrite each other
    NONE = "none"


class MoneyForm(StrEnum):
    """How amounts are written on the wire."""

    MINOR = "minor"  # an integer of the currency's smallest unit
    DECIMAL = "decimal"  # a decimal string
    NUMBER = "number"  # a JSON number, written from a decimal and never from a float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of cloud takes. What it does not is not sent, and is said on `cloud status` and in its page."""

    kinds: frozenset[Kind]  # records of other kinds are not delivered to it
    arithmetic: Arithmetic
    parallel: int = 4  # tills whose records are under way at once; of one till's, one at a time and in order
    sale_time: SaleTime = SaleTime.NONE
    back_dating_s: float | None = None  # how far back `sale_time` reaches; None: no limit is known
    split_tender: bool = False
    itemised_refund: bool = False  # a refund names the lines that came back
    unlinked_refund: bool = False  # a refund of no sale it knows
    stock: StockWrites = StockWrites.NONE
    stock_back_dating_s: float | None = None  # how old a stock movement may be; None: no limit is known
    customers: bool = False  # a sale's customer goes up with it
    new_customers: bool = False  # and is made there, where they are the store's own
    money: MoneyForm = MoneyForm.MINOR
    card_reader: bool = False  # it takes cards at the till, through a reader of its own
    offline_card: bool = False  # and does so with no line
    feeds: tuple[FeedRules, ...] = ()  # what is pulled from it
