"""A shift on paper and as CSV: what a Z says, at every width, in both languages; a copy says that it is one."""

from __future__ import annotations

import csv
import io
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.receipt import ReceiptStore
from agent.shift import sheet, sums
from agent.shift.paper import report_document, slip_document
from drivers.printer.document import Row, Text
from outbox.record import Kind, Record
from tests.shift.records import events

if TYPE_CHECKING:
    from drivers.printer.document import Document


def shop(locale: str = "de_DE") -> ReceiptStore:
    return ReceiptStore("Corner Shop", (), (), locale, timezone(timedelta(hours=1)))


def record(kind: Kind, body: dict[str, Any], number: int) -> Record:
    body = {"occurred_at": f"2026-11-21T1{number % 3}:05:00.000+01:00", **body}
    receipt = f"TILL-1-{number:06d}"
    return Record(number, "id", kind, "till-1", number, receipt, body["occurred_at"], body, b"", bytes(32))


def closing(day: list[Any], **more: Any) -> dict[str, Any]:
    added = sums.nothing()
    for number, (kind, body) in enumerate(day, 1):
        sums.add(added, record(kind, body, number))
    expected = sums.expected_cash(10_000, added)
    return {
        **sums.shown(added),
        "till": "till-1",
        "currency": "EUR",
        "epoch": "",
        "z_number": 12,
        "opened_at": "2026-11-21T08:00:00.000+01:00",
        "occurred_at": "2026-11-21T18:00:00.000+01:00",
        "automatic": True,
        "cashier": {"id": "anna", "name": "Anna"},
        "float": 10_000,
        "expected_cash": expected,
        "drawer_expected": expected,
        "counted": 9_000,
        "count": [{"value": 1000, "pieces": 9}],
        "over": 9_000 - expected,
        "left": 5_000,
        "reason": "gave back too much",
    } | more


def printed(document: Document) -> list[str]:
    texts = [item for item in document.items if isinstance(item, Text | Row)]
    return [item.text if isinstance(item, Text) else f"{item.left} | {item.right}" for item in texts]


SALE = {
    "total": 1250,
    "rounding": 0,
    "tenders": [{"type": "cash", "amount": 2000}],
    "change": 750,
    "taxes": [{"code": "standard", "name": "MwSt", "rate": "19", "base": 1050, "amount": 200}],
    "lines": [{"net": 1250, "discount": 0, "sale_discount": 0, "category": "Becher"}],
    "cashier": {"id": "anna", "name": "Anna"},
}


def test_what_stays_parked_stands_on_paper_and_in_the_sheet_where_it_was_counted() -> None:
    for parked, locale, said in ((2, "de_DE", "Noch geparkte Verkäufe | 2"), (1, "en_GB", "Sales still parked | 1")):
        z = closing([(Kind.SALE, SALE)], parked=parked)
        assert said in printed(report_document(z, shop(locale)))
        assert ["total", "parked", str(parked)] in [row[2:5] for row in csv.reader(io.StringIO(sheet.sheet(z)))]
    none, of_then = closing([(Kind.SALE, SALE)], parked=0), closing([(Kind.SALE, SALE)])
    for z in (none, of_then):
        assert "parkt" not in "".join(printed(report_document(z, shop())))
    assert "total,parked,0" in sheet.sheet(none)
    assert "parked" not in sheet.sheet(of_then)


def test_a_z_says_what_the_drawer_was_to_hold_and_what_was_in_it() -> None:
    z = closing([(Kind.SALE, SALE), (Kind.CASH, {"direction": "out", "amount": 500, "reason": "Porto"})])
    lines = printed(report_document(z, shop(), anchor="AAAA-BBBB-CCCC-DDDD"))
    for wanted in (
        "Z-BERICHT 12",
        "  von selbst geöffnet",
        "Durch | Anna",
        "Verkäufe (1) | 12,50",
        "Bar, genommen (1) | 20,00",
        "davon Rückgeld | -7,50",
        "MwSt 19% | 2,00",
        "Becher | 12,50",
        "11:00 (1) | 12,50",
        "Wechselgeld | 100,00",
        "Entnahmen (1) | -5,00",
        "Soll | 107,50",
        "9 x 10,00 | ",
        "Gezählt | 90,00",
        "Fehlbetrag | 17,50",
        "Grund: gave back too much",
        "In der Lade gelassen | 50,00",
        "Erster | TILL-1-000001",
        "Journal | AAAA-BBBB-CCCC-DDDD",
    ):
        assert wanted in lines, wanted


def test_a_copy_says_so_at_both_ends_and_an_x_has_no_number_and_no_count() -> None:
    z = closing([(Kind.SALE, SALE)])
    copied = printed(report_document(z, shop(), copy=True))
    assert copied[0] == copied[-1] == "* KOPIE (COPY) *"
    x = {name: value for name, value in z.items() if name not in ("z_number", "counted", "count", "occurred_at")}
    lines = printed(report_document(x | {"at": z["occurred_at"]}, shop("en_GB")))
    assert "X REPORT" in lines
    assert not [line for line in lines if line.startswith(("Counted", "* "))]


def test_a_shift_that_nobody_counted_says_so() -> None:
    assert "Counted | not counted" in printed(report_document(closing([], counted=None, over=None), shop("en")))
    assert "Neither over nor short" in printed(report_document(closing([], over=0), shop("en")))


@pytest.mark.parametrize(("direction", "name"), [("in", "Paid in"), ("out", "Paid out"), ("drop", "To the safe")])
def test_the_slip_of_a_movement_says_what_and_why_and_leaves_room_to_sign(direction: str, name: str) -> None:
    body = {
        "till": "till-1",
        "currency": "EUR",
        "direction": direction,
        "amount": 12345,
        "reason": "bakery",
        "occurred_at": "2026-11-21T18:00:00.000+01:00",
        "cashier": {"id": "anna", "name": "Anna"},
        "authorized_by": {"id": "sue", "name": "Sue"},
    }
    lines = printed(slip_document(body, shop("en"), anchor="AAAA"))
    assert {name, "Reason: bakery", "By | Anna", " | Sue", "Signature"} <= set(lines)
    assert any("123.45" in line for line in lines)


@settings(max_examples=60, deadline=None)
@given(day=st.lists(events, max_size=8), locale=st.sampled_from(("en_US", "de_DE", "fr")))
def test_any_day_can_be_put_on_paper_and_into_a_table(day: list[Any], locale: str) -> None:
    z = closing(day)
    assert printed(report_document(z, shop(locale)))
    rows = list(csv.DictReader(io.StringIO(sheet.sheet(z))))
    by_name = {(row["section"], row["name"]): row for row in rows}
    assert by_name["total", "sales"]["count"] == str(z["sales"])
    for name in ("cash", "expected_cash", "counted", "over"):
        assert by_name["drawer", name]["amount"] == f"{z[name] / 100:.2f}"
    assert {row["z_number"] for row in rows} == {"12"}
    assert sum(float(row["amount"]) for row in rows if row["section"] == "cashier cash") == pytest.approx(
        z["cash"] / 100
    )


def test_a_name_that_a_spreadsheet_would_take_for_a_formula_is_text() -> None:
    sold = SALE | {"cashier": {"id": "x", "name": '=HYPERLINK("http://example.com")'}}
    assert "'=HYPERLINK" in sheet.sheet(closing([(Kind.SALE, sold)]))
    assert ",=" not in sheet.sheet(closing([(Kind.SALE, sold)]))
