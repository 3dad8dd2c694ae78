"""What is known about a sale and its lines besides the goods: notes, whose age was asked, the customer, who parked it.

In a sale's JSON each stands only where there is one, so that older rows and records read as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.json_row import Row


class How(StrEnum):
    """How somebody's age was made sure of."""

    SEEN = "seen"  # plainly old enough
    DOCUMENT = "document"  # by the date in a document, which nobody keeps


class Track(StrEnum):
    """What has to be known of each piece of an item, where its barcode does not say it."""

    LOT = "lot"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something, as records name them."""

    id: str
    name: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True, slots=True)
class Note:
    """What a cashier wrote beside a line or a sale; `printed`: on the receipt, too."""

    text: str
    printed: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"text": self.text, "printed": self.printed}


@dataclass(frozen=True, slots=True)
class AgeCheck:
    """That the customer is `age` years old or more: how that was made sure of, by whom, when (RFC 3339)."""

    age: int
    how: How
    by: Person
    at: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"age": self.age, "how": self.how.value, "by": self.by.to_json(), "at": self.at}


@dataclass(frozen=True, slots=True)
class SaleCustomer:
    """Whom a sale is for: what the receipt shows of a customer, and no more, since a record is kept for ever."""

    id: str
    name: str
    number: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"id": self.id, "name": self.name, "number": self.number}


@dataclass(frozen=True, slots=True)
class Parked:
    """Who put a sale aside, and when (RFC 3339)."""

    by: Person
    at: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"by": self.by.to_json(), "at": self.at}


@dataclass(frozen=True, slots=True)
class AboutLine:
    """`min_age` in years, of who may buy it; `age_check` is None until somebody asked."""

    note: Note | None = None
    min_age: int | None = None
    age_check: AgeCheck | None = None
    track: Track | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what there is, for the sale's row, its view and its record alike."""
        if self is PLAIN_LINE:
            return {}
        return _only(
            note=self.note and self.note.to_json(),
            min_age=self.min_age,
            age_check=self.age_check and self.age_check.to_json(),
            track=self.track and self.track.value,
        )

    @classmethod
    def from_json(cls, row: Row) -> AboutLine:
        """Read what `to_json` wrote. Raises `TypeError` or `ValueError`."""
        about = cls(
            note=_note(row.row_or_none("note")),
            min_age=row.whole_or_none("min_age"),
            age_check=_age_check(row.row_or_none("age_check")),
            track=None if (track := row.text_or_none("track")) is None else Track(track),
        )
        return PLAIN_LINE if about == PLAIN_LINE else about


@dataclass(frozen=True, slots=True)
class AboutSale:
    """`customer` is None for whoever walks in; `parked` is None while it is open."""

    note: Note | None = None
    customer: SaleCustomer | None = None
    parked: Parked | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what there is, for the sale's row, its view and its record alike."""
        if self is PLAIN_SALE:
            return {}
        return _only(
            note=self.note and self.note.to_json(),
            customer=self.customer and self.customer.to_json(),
            parked=self.parked and self.parked.to_json(),
        )

    @classmethod
    def from_json(cls, row: Row) -> AboutSale:
        """Read what `to_json` wrote. Raises `TypeError` or `ValueError`."""
        customer, parked = row.row_or_none("customer"), row.row_or_none("parked")
        about = cls(
            note=_note(row.row_or_none("note")),
            customer=None
            if customer is None
            else SaleCustomer(customer.text("id"), customer.text("name"), customer.text_or_none("number")),
            parked=None if parked is None else Parked(_person(parked), parked.text("at")),
        )
        return PLAIN_SALE if about == PLAIN_SALE else about


PLAIN_LINE = AboutLine()
PLAIN_SALE = AboutSale()


def _only(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _note(row: Row | None) -> Note | None:
    return None if row is None else Note(row.text("text"), row.flag("printed"))


def _age_check(row: Row | None) -> AgeCheck | None:
    if row is None:
        return None
    return AgeCheck(row.whole("age"), How(row.text("how")), _person(row), row.text("at"))


def _person(row: Row) -> Person:
    by = row.row_or_none("by")
    if by is None:
        raise ValueError("it does not say by whom")
    return Person(by.text("id"), by.text("name"))
