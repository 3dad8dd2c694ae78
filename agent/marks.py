"""What a barcode says of the very piece: its lot, serial number and last day (GS1), or a magazine's issue (add-on).

A piece past its day is refused until somebody says why it is sold all the same; the reason stands on the line and in
the record. One serial number is one piece, so it can be on a sale once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from agent import entry
from agent.problem import conflict
from drivers.scanner.bookland import isbn_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from agent.sale import Line

LOT, SERIAL = "10", "21"  # GS1 application identifiers


@dataclass(frozen=True, slots=True)
class Marks:
    """What was scanned of a piece: `gs1` by application identifier; `expired_reason` is why it is sold past its day.

    `add_on` is what stands beside an EAN: 2 or 5 digits.
    """

    gs1: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    expiry: date | None = None
    expired_reason: str | None = None
    add_on: str | None = None

    def on(self, today: date, name: str, data: str) -> Marks:
        """Return these as they are sold `today`; a reason that was not needed is left out. Raises `Problem`."""
        if self.expiry is None or today <= self.expiry:
            return replace(self, expired_reason=None)
        if self.expired_reason is None:
            raise conflict(
                "expired",
                f"{name} could be sold until {self.expiry:%Y-%m-%d}: take it off the shelf. To sell it all the same, "
                "ring it again and say why (expired_reason).",
                expiry=self.expiry.isoformat(),
                data=data,
            )
        reason = entry.text("expired_reason", self.expired_reason, chars_max=entry.REASON_CHARS_MAX)
        return replace(self, expired_reason=reason)


def issue(barcode: str | None, add_on: str | None) -> str | None:
    """Return which issue a magazine's add-on says; None for a book's, which is the price its publisher suggests."""
    return None if barcode is None or isbn_of(barcode.zfill(14)) else add_on


def must_be_another_piece(lines: Iterable[Line], sku: str, gs1: Mapping[str, str]) -> None:
    """Refuse a piece whose serial number is on the sale already."""
    serial = gs1.get(SERIAL)
    if serial is None:
        return
    for line in lines:
        if line.sku == sku and line.gs1.get(SERIAL) == serial:
            raise conflict(
                "serial-twice",
                f"{line.name} with the serial number {serial} is on line {line.id} already: scan the other piece's own "
                "code.",
                line=line.id,
            )


def must_be_one(line: Line) -> None:
    """Refuse a quantity for a piece that has a serial number."""
    if SERIAL in line.gs1:
        raise conflict(
            "serial-twice",
            f"{line.name} has the serial number {line.gs1[SERIAL]}, so this line is one piece: scan each further "
            "piece's own code.",
            line=line.id,
        )
