"""What a barcode says of the very piece, in the whole agent: lot, serial number, last day; and codes of two items."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from agent.api.bodies import LineChange, NewLine, NewRefund, NewTender, RefundTender
from agent.config import ConfigInvalid, load
from agent.marks import Marks
from agent.problem import Problem
from agent.sale import Sale
from drivers.device import DeviceState
from tests.agent.store import CONFIG, MUG, Clock, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path

GS = "\x1d"
GTIN = "0" + MUG
BOTH = "01234565"  # an EAN-8, and the UPC-E of 012345000065


def tray(*, last: str, lot: str = "L1", serial: str | None = None) -> str:
    """Return a GS1 DataMatrix as a scanner sends it; `last` is YYMMDD."""
    return f"]d201{GTIN}17{last}10{lot}" + (f"{GS}21{serial}" if serial else "")


def days(shop: Shop, number: int) -> str:
    today = shop.app.tills.local_now().date()
    return f"{date.fromordinal(today.toordinal() + number):%y%m%d}"


async def test_lot_serial_and_last_day_stand_on_the_line_in_the_record_and_in_its_refund(shop: Shop) -> None:
    last = days(shop, 0)
    sale = (await shop.app.scans.scan("till-1", tray(last=last, serial="S-1"), key=None)).body
    (line,) = sale["lines"]
    stands = {"lot": "L1", "serial": "S-1", "expiry": f"20{last[:2]}-{last[2:4]}-{last[4:]}"}
    assert {name: line[name] for name in (*stands, "expired_reason")} == stands | {"expired_reason": None}
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=sale["due"]), key=None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert {name: record["lines"][0][name] for name in stands} == stands
    assert "expired_reason" not in record["lines"][0], "a record does not say what there is none of"
    wanted = NewRefund(receipt_number=record["receipt_number"], tender=RefundTender(type="cash"))
    refund = (await shop.app.closing.refund(wanted, key=None)).body
    assert refund["lines"][0]["serial"] == "S-1"


async def test_pieces_of_one_lot_are_one_line_and_of_two_lots_two(shop: Shop) -> None:
    for lot in ("A", "A", "B"):
        await shop.app.scans.scan("till-1", tray(last=days(shop, 9), lot=lot), key=None)
    sale = shop.app.tills.view("till-1")["sale"]
    assert sale is not None
    assert [(line["lot"], line["quantity"]) for line in sale["lines"]] == [("A", "2"), ("B", "1")]


async def test_one_serial_number_is_one_piece(shop: Shop) -> None:
    code = tray(last=days(shop, 9), serial="S-1")
    sale = (await shop.app.scans.scan("till-1", code, key=None)).body
    with pytest.raises(Problem, match="scan the other piece's own code") as refused:
        await shop.app.scans.scan("till-1", code, key=None)
    assert refused.value.code == "serial-twice"
    with pytest.raises(Problem, match="each further piece's own code"):
        await shop.app.ringing.change_line(sale["id"], "1", LineChange(quantity="2"), key=None)
    sale = (await shop.app.scans.scan("till-1", tray(last=days(shop, 9), serial="S-2"), key=None)).body
    assert [line["serial"] for line in sale["lines"]] == ["S-1", "S-2"]


async def test_a_piece_past_its_day_is_refused_until_somebody_says_why(shop: Shop) -> None:
    code = tray(last=days(shop, -1))
    with pytest.raises(Problem, match="take it off the shelf") as refused:
        await shop.app.scans.scan("till-1", code, key=None)
    assert refused.value.code == "expired"
    assert refused.value.extra["data"] == code
    assert shop.app.tills.view("till-1")["sale"] is None  # and no empty sale was opened
    sale = (await shop.app.scans.scan("till-1", code, expired_reason="for the zoo", key=None)).body
    wanted = NewLine(barcode=code, expired_reason="for the zoo")
    sale = (await shop.app.ringing.add_line(sale["id"], wanted, key=None)).body
    assert [line["expired_reason"] for line in sale["lines"]] == ["for the zoo"] * 2
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=sale["due"]), key=None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert record["lines"][0]["expired_reason"] == "for the zoo"


async def test_midnight_is_the_stores_own(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as shop:
        evening = datetime(2030, 6, 15, 21, 30, tzinfo=UTC)  # 23:30 in Berlin
        clock.ahead = evening - datetime.now(UTC)
        await shop.app.scans.scan("till-1", tray(last="300615"), key=None)
        clock.forward(hours=1)
        with pytest.raises(Problem, match="2030-06-15"):
            await shop.app.scans.scan("till-1", tray(last="300615"), key=None)


async def test_the_real_scanner_is_told_of_a_piece_past_its_day(shop: Shop) -> None:
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
    code = tray(last=days(shop, -1))
    await shop.scanner.scan(code)
    await shop.until(lambda: shop.told("scan"))
    problem = shop.told("scan")[0]["problem"]
    assert (problem["code"], problem["data"]) == ("expired", code)


def test_a_reason_that_was_not_needed_is_left_out_and_an_empty_one_refused() -> None:
    today = date(2028, 6, 15)
    assert Marks(expiry=today, expired_reason="x").on(today, "Mug", "").expired_reason is None
    assert Marks(expired_reason="x").on(today, "Mug", "").expired_reason is None
    with pytest.raises(Problem, match="write a few words"):
        Marks(expiry=date(2028, 6, 14), expired_reason=" ").on(today, "Mug", "")


async def test_a_basket_from_before_these_fields_comes_back(shop: Shop) -> None:
    await shop.app.scans.scan("till-1", tray(last=days(shop, 9)), key=None)
    (text,) = shop.app.journal.reader.execute("select document from open_sale").fetchone()
    row = json.loads(text)
    for name in ("expiry", "expired_reason", "add_on"):
        del row["lines"][0][name]
    (line,) = Sale.from_json(row).lines
    assert line.expiry is None
    assert line.add_on is None
    assert line.gs1["10"] == "L1"


async def test_issues_of_a_magazine_are_lines_of_their_own_in_the_sale_the_record_and_its_refund(shop: Shop) -> None:
    items = "sku,name,price,barcode\nDIGEST,Digest,4.90,9770378595002\nNOVEL,Novel,12.99,9783161484100\n"
    assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes=set())).ok
    for code in ("]E3977037859500205", "]E09770378595002]E105", "977037859500206", "]E3978316148410051299"):
        await shop.app.scans.scan("till-1", code, key=None)
    sale = shop.app.tills.view("till-1")["sale"]
    assert sale is not None
    stands = ("sku", "quantity", "add_on", "issue")
    lines = [("DIGEST", "2", "05", "05"), ("DIGEST", "1", "06", "06"), ("NOVEL", "1", "51299", None)]
    assert [tuple(line[name] for name in stands) for line in sale["lines"]] == lines
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=sale["due"]), key=None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert [tuple(line.get(name) for name in stands) for line in record["lines"]] == lines
    wanted = NewRefund(receipt_number=record["receipt_number"], tender=RefundTender(type="cash"))
    refund = (await shop.app.closing.refund(wanted, key=None)).body
    assert [tuple(line.get(name) for name in stands) for line in refund["lines"]] == lines


async def test_eight_digits_of_two_items_are_never_guessed(shop: Shop) -> None:
    items = f"sku,name,price,barcode\nSALT,Salt,0.50,{BOTH}\nOIL,Oil,9.50,012345000065\n"
    assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes=set())).ok
    with pytest.raises(Problem, match="EAN-8 of Salt and the UPC-E of Oil") as refused:
        await shop.app.scans.scan("till-1", BOTH, key=None)
    assert refused.value.extra["skus"] == ["SALT", "OIL"]
    for data in ("]E4" + BOTH, "]E0" + BOTH):
        await shop.app.scans.scan("till-1", data, key=None)
    sale = shop.app.tills.view("till-1")["sale"]
    assert sale is not None
    assert [line["sku"] for line in sale["lines"]] == ["SALT", "OIL"]


async def test_a_upc_e_that_the_catalogue_has_as_an_ean_8_says_how_to_write_it(shop: Shop) -> None:
    items = f"sku,name,price,barcode\nSALT,Salt,0.50,{BOTH}\n"
    assert (await shop.app.catalogue.import_csv(items, currency="EUR", taxes=set())).ok
    with pytest.raises(Problem, match="Write it there as 012345000065"):
        await shop.app.scans.scan("till-1", "]E0" + BOTH, key=None)
    with pytest.raises(Problem, match="open item"):
        await shop.app.scans.scan("till-1", "]E004252614", key=None)


@pytest.mark.parametrize("code", ["9923456789019", "512345678900"])
async def test_a_coupon_is_no_item(shop: Shop, code: str) -> None:
    with pytest.raises(Problem, match="Give it as a discount"):
        await shop.app.scans.scan("till-1", code, key=None)


async def test_a_makers_identifiers_are_taken_off_where_they_are_configured(tmp_path: Path) -> None:
    told = CONFIG.replace('port = "sim://counter"\n', 'port = "sim://counter"\ncode_ids = "honeywell"\n')
    async with opened(tmp_path, config=told) as shop:
        sale = (await shop.app.scans.scan("till-1", "d" + MUG, key=None)).body
        assert [line["sku"] for line in sale["lines"]] == ["MUG"]
        with pytest.raises(Problem, match="No item has the barcode"):
            await shop.app.scans.scan("till-2", "d" + MUG, key=None)
        await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
        await shop.scanner.scan("d" + MUG)
        await shop.until(lambda: shop.told("scan")[-1]["item"] and len(shop.told("scan")) == 2)


def test_unknown_code_ids_say_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(
        CONFIG.replace('port = "sim://counter"\n', 'port = "sim://counter"\ncode_ids = "symbol"\n'), "utf-8"
    )
    with pytest.raises(ConfigInvalid, match='"datalogic", "honeywell", "zebra"'):
        load(file)
