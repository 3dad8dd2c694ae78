"""What is noted on a sale beside its goods: notes, ages asked, lots and serial numbers, its customer.

As in `basket`, each takes a sale and returns a new one, or raises a `Problem`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from agent import entry
from agent.about import AgeCheck, Note, SaleCustomer, Track
from agent.basket import line_of, must_be_open
from agent.marks import LOT, SERIAL, must_be_another_piece
from agent.problem import conflict, invalid

if TYPE_CHECKING:
    from agent.sale import Line, Sale

NOTE_CHARS_MAX = 200  # four lines on the widest receipt
MARK_CHARS_MAX = 64  # a GS1 lot or serial number has 20; makers' own have more

_MARK = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


def note_sale(sale: Sale, text: str, *, printed: bool) -> Sale:
    """Write a note on the whole sale in place of what was there; an empty text takes it off."""
    must_be_open(sale)
    return replace(sale, about=replace(sale.about, note=_note(text, printed)))


def note_line(sale: Sale, line_id: str, text: str, *, printed: bool) -> Sale:
    """Write a note on a line in place of what was there; an empty text takes it off."""
    must_be_open(sale)
    line = line_of(sale, line_id)
    return _with(sale, replace(line, about=replace(line.about, note=_note(text, printed))))


def check_age(sale: Sale, check: AgeCheck) -> Sale:
    """Note that the customer is old enough for every line that asks for no more than that age."""
    must_be_open(sale)
    lines = tuple(
        replace(line, about=replace(line.about, age_check=check))
        if line.about.min_age is not None and line.about.min_age <= check.age and line.about.age_check is None
        else line
        for line in sale.lines
    )
    return replace(sale, lines=lines)


def key_marks(sale: Sale, line_id: str, *, lot: str | None = None, serial: str | None = None) -> Sale:
    """Write down a lot or a serial number that no barcode said."""
    must_be_open(sale)
    line = line_of(sale, line_id)
    gs1 = dict(line.gs1)
    if lot is not None:
        gs1[LOT] = _mark("lot", lot)
    if serial is not None:
        gs1[SERIAL] = _mark("serial", serial)
        if line.quantity != 1:
            raise conflict(
                "serial-twice",
                f"{line.name} is on this line {line.quantity} times, and a serial number is one piece's: set the "
                "quantity to 1, and add each further piece by itself.",
                line=line.id,
            )
        others = [other for other in sale.lines if other.id != line.id]
        must_be_another_piece(others, line.sku or "", gs1)
    return _with(sale, replace(line, gs1=gs1))


def give_customer(sale: Sale, customer: SaleCustomer | None) -> Sale:
    """Say whom the sale is for; None: nobody who is known."""
    must_be_open(sale)
    return replace(sale, about=replace(sale.about, customer=customer))


def must_be_answered(sale: Sale) -> None:
    """Refuse to take money while something that has to be asked was not."""
    for line in sale.lines:
        if line.about.min_age is not None and line.about.age_check is None:
            raise conflict(
                "age-not-checked",
                f"{line.name} is sold from the age of {line.about.min_age}: make sure of the customer's age (POST "
                f"/v1/sales/{sale.id}/age), or take line {line.id} out.",
                line=line.id,
                age=line.about.min_age,
            )
        wanted = {Track.LOT: LOT, Track.SERIAL: SERIAL}.get(line.about.track) if line.about.track else None
        if wanted is not None and wanted not in line.gs1:
            raise conflict(
                "mark-needed",
                f"The {line.about.track} number of {line.name} is to be known: type it from the pack (PATCH "
                f"/v1/sales/{sale.id}/lines/{line.id}), or take the line out.",
                line=line.id,
                track=str(line.about.track),
            )


def _note(text: str, printed: bool) -> Note | None:  # noqa: FBT001 - what the note itself says of it
    kept = entry.text_or_none("note", text, chars_max=NOTE_CHARS_MAX)
    return None if kept is None else Note(kept, printed)


def _mark(field: str, text: str) -> str:
    mark = entry.text(field, text, chars_max=MARK_CHARS_MAX)
    if not _MARK.fullmatch(mark):
        raise invalid(
            "text-unreadable", f"{field} is plain letters, digits and signs: type it from the pack again.", field=field
        )
    return mark


def _with(sale: Sale, changed: Line) -> Sale:
    return replace(sale, lines=tuple(changed if line.id == changed.id else line for line in sale.lines))
