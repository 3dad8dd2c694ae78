"""Goods that come back: in exchange, without a receipt, by a receipt that is scanned or searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent import print_seen
from agent.api.bodies import NewRefund, NewTender, RefundItem, RefundLine, RefundTender, TakeBack
from agent.problem import Problem
from agent.staff.by import OF_ITSELF
from drivers.device import DeviceState
from outbox import chain
from outbox.answers import Key
from outbox.search import Wanted, receipts
from tests.agent.store import CONFIG, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = CONFIG.replace('locale = "de_DE"', 'locale = "de_DE"\nrefund_without_receipt_max = "20.00"')


async def exchange(shop: Shop, number: str, *skus: str, till: str = "till-2", **back: Any) -> dict[str, Any]:
    """Ring what is wanted instead, and take back; returns the open sale."""
    sale = await shop.sale(*skus, till=till)
    taken = TakeBack(receipt_number=number, **back)
    return (await shop.app.counters.own.returns.take_back(sale["id"], taken, key=None)).body


async def completed(shop: Shop, sale: dict[str, Any], key: Key | None = None) -> dict[str, Any]:
    return (await shop.app.closing.complete(sale["id"], key=key)).body


def refund_of(shop: Shop, sale: dict[str, Any]) -> dict[str, Any]:
    found = chain.by_id(shop.app.journal.reader, sale["exchange"]["id"])
    assert found is not None
    return found.body


def held(record: dict[str, Any]) -> None:
    """Hold what was paid against what it came to."""
    assert record["paid"] - record.get("change", 0) == record["total"] + record["rounding"]
    assert sum(tender["amount"] for tender in record["tenders"]) == record["paid"]


async def test_dearer_goods_are_paid_for_with_what_comes_back_and_the_rest(shop: Shop) -> None:
    tea = await shop.sold("TEA", till="till-2")
    sale = await exchange(shop, tea["receipt_number"], "MUG", reason="too bitter")
    assert (sale["total"], sale["due"]) == (1250, 930)
    assert sale["taken_back"] == {
        "receipt_number": "TILL-2-000001",
        "lines": [{"line": "1", "name": "Tee", "quantity": "1", "unit": "each", "price": 320, "total": 320}],
        "credit": 320,
        "credited": 320,
        "paid_out": 0,
        "tender": "cash",
        "reason": "too bitter",
        "allowed_by": {"id": "agent", "name": "Stillopen"},
    }
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=1000), key=None)
    record = await completed(shop, sale)
    refund = refund_of(shop, record)
    assert (refund["receipt_number"], record["receipt_number"]) == ("TILL-2-000002", "TILL-2-000003")
    assert [(tender["type"], tender["amount"]) for tender in record["tenders"]] == [("exchange", 320), ("cash", 1000)]
    assert [(tender["type"], tender["amount"]) for tender in refund["tenders"]] == [("exchange", 320)]
    assert record["tenders"][0]["record"] == refund["id"]
    assert refund["tenders"][0]["record"] == record["id"]
    assert (record["change"], refund["reason"]) == (70, "too bitter")
    assert "taken_back" not in record
    held(record)
    held(refund)
    assert chain.verify(shop.app.journal.reader).broken is None
    with pytest.raises(Problem, match="left to refund"):
        await exchange(shop, tea["receipt_number"], "MUG")


async def test_cheaper_goods_leave_money_to_give_back_as_it_came_in(shop: Shop) -> None:
    mugs = await shop.sold("MUG", "MUG", card=True, till="till-2")
    sale = await exchange(shop, mugs["receipt_number"], "TEA", lines=[RefundLine(line="1", quantity="1")])
    assert (sale["due"], sale["taken_back"]["paid_out"], sale["taken_back"]["tender"]) == (0, 930, "card")
    record = await completed(shop, sale)
    refund = refund_of(shop, record)
    assert [(tender["type"], tender["amount"]) for tender in refund["tenders"]] == [("exchange", 320), ("card", 930)]
    assert record["exchange"] | {"id": ""} == {
        "id": "",
        "receipt_number": refund["receipt_number"],
        "credit": 1250,
        "paid_out": 930,
        "tender": "card",
    }
    held(record)
    held(refund)
    left = shop.app.records.get(mugs["receipt_number"])["lines"]
    assert [line["refundable"] for line in left] == ["0", "1"]


async def test_an_exchange_is_on_one_receipt_and_its_copy(shop: Shop) -> None:
    tea = await shop.sold("TEA")
    await shop.ended(tea)
    record = await completed(shop, await exchange(shop, tea["receipt_number"], "TEA", till="till-1"))
    refund = refund_of(shop, record)
    assert await shop.ended(record) == "printed"
    assert shop.print_state(refund)[0] == "printed"
    paper = shop.printer.receipts[-1].text.decode("cp858")
    assert "UMTAUSCH" in paper
    assert refund["receipt_number"] in paper
    assert record["receipt_number"] in paper
    await shop.app.records.print_copy(refund["receipt_number"], key=None)
    copy = await shop.until(lambda: list(shop.printer.receipts)[2:])
    assert "KOPIE" in copy[0].text.decode("cp858")
    assert record["receipt_number"] in copy[0].text.decode("cp858")


async def test_a_receipt_that_was_refunded_meanwhile_is_not_taken_back_twice(shop: Shop) -> None:
    tea = await shop.sold("TEA", till="till-2")
    sale = await exchange(shop, tea["receipt_number"], "TEA", till="till-2")
    whole = NewRefund(receipt_number=tea["receipt_number"], tender=RefundTender(type="card"))
    await shop.app.closing.refund(whole, key=None)
    with pytest.raises(Problem, match="has been refunded already"):
        await completed(shop, sale)
    kept = (await shop.app.counters.own.returns.keep_goods(sale["id"], key=None)).body
    assert (kept["due"], kept.get("taken_back")) == (320, None)
    with pytest.raises(Problem, match="Nothing is taken back"):
        await shop.app.counters.own.returns.keep_goods(sale["id"], key=None)


async def test_an_exchange_asked_for_twice_is_one(shop: Shop) -> None:
    tea = await shop.sold("TEA", till="till-2")
    sale = await exchange(shop, tea["receipt_number"], "TEA")
    first = await completed(shop, sale, Key("local", "k", "complete"))
    assert await completed(shop, sale, Key("local", "k", "complete")) == first
    assert (await completed(shop, sale))["id"] == first["id"]
    kinds = [record.kind for record in chain.oldest_first(shop.app.journal.reader) if record.receipt_number]
    assert kinds == ["sale", "refund", "sale"]


async def test_cards_are_never_over_what_an_exchange_leaves_to_pay(shop: Shop) -> None:
    tea = await shop.sold("TEA", till="till-2")
    sale = await shop.sale("MUG", till="till-2")
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="card", amount=1250), key=None)
    with pytest.raises(Problem, match="on cards"):
        await shop.app.counters.own.returns.take_back(
            sale["id"], TakeBack(receipt_number=tea["receipt_number"]), key=None
        )


async def test_goods_come_back_without_a_receipt(shop: Shop) -> None:
    wanted = NewRefund(
        items=[
            RefundItem(sku="MUG", quantity="2"),
            RefundItem(sku="TEA", price=300),
            RefundItem(name="Old lamp", price=500, tax="reduced"),
        ],
        till="till-1",
        tender=RefundTender(type="cash"),
        reason="a present",
    )
    preview = shop.app.counters.own.returns.preview(wanted).body
    assert (preview["paid"], preview["total"]) == (3300, 3300)
    assert not list(chain.oldest_first(shop.app.journal.reader))
    record = (await shop.app.closing.refund(wanted, key=None)).body
    assert record["original"] is None
    assert [(line["name"], line["total"], line["line"]) for line in record["lines"]] == [
        ("Becher", 2500, None),
        ("Tee", 300, None),
        ("Old lamp", 500, None),
    ]
    held(record)
    assert await shop.ended(record) == "printed"
    paper = shop.printer.receipts[-1].text.decode("cp858")
    assert "Ohne Bon" in paper
    assert "a present" in paper
    assert shop.app.records.get(record["receipt_number"])["print"] == "printed"
    assert chain.verify(shop.app.journal.reader).broken is None


async def test_what_is_rung_comes_back_instead_of_being_sold(shop: Shop) -> None:
    sale = await shop.sale("MUG", "TEA")
    wanted = NewRefund(sale=sale["id"], tender=RefundTender(type="cash"), reason="a present")
    assert shop.app.counters.own.returns.preview(wanted).body["paid"] == 1570
    assert shop.app.till_view("till-1")["sale"] == sale
    record = (await shop.app.closing.refund(wanted, key=None)).body
    assert (record["original"], record["paid"], record["till"]) == (None, 1570, "till-1")
    assert shop.app.till_view("till-1")["sale"] is None
    with pytest.raises(Problem, match="no sale"):
        await shop.app.closing.refund(wanted, key=None)
    paid = await shop.sale("MUG")
    await shop.app.ringing.add_tender(paid["id"], NewTender(type="cash", amount=100), key=None)
    with pytest.raises(Problem, match="Money was taken"):
        await shop.app.closing.refund(wanted.model_copy(update={"sale": paid["id"]}), key=None)
    empty = (await shop.app.ringing.open_sale("till-2", key=None)).body
    with pytest.raises(Problem, match="Nothing is rung"):
        await shop.app.closing.refund(wanted.model_copy(update={"sale": empty["id"]}), key=None)


async def test_without_a_receipt_there_is_a_limit(tmp_path: Path) -> None:
    async with opened(tmp_path, config=LIMIT) as shop:
        item = RefundItem(sku="MUG", quantity="2")
        tender = RefundTender(type="cash")
        wanted = NewRefund(items=[item], till="till-1", tender=tender, reason="no receipt")
        with pytest.raises(Problem, match=r"at most 20\.00 EUR"):
            await shop.app.closing.refund(wanted, key=None)
        one = wanted.model_copy(update={"items": [RefundItem(sku="MUG")]})
        assert (await shop.app.closing.refund(one, key=None)).body["paid"] == 1250


async def test_a_scanned_receipt_is_recognised_at_every_till(shop: Shop) -> None:
    record = await shop.sold("TEA", till="till-2")
    number = record["receipt_number"]
    with pytest.raises(Problem) as refused:
        await shop.app.scans.scan("till-1", number, key=None)
    assert (refused.value.code, refused.value.extra["receipt_number"]) == ("receipt-scanned", number)
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
    await shop.scanner.scan(number)
    told = (await shop.until(lambda: shop.told("scan")))[-1]
    assert (told["problem"]["code"], told["problem"]["receipt_number"]) == ("receipt-scanned", number)


async def test_a_receipt_is_found_by_day_amount_slip_and_number(shop: Shop) -> None:
    first = await shop.sold("TEA", till="till-2")
    sale = await shop.sale("MUG", till="till-2")
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="card", amount=1250, reference="Slip 0042"), key=None)
    second = await completed(shop, sale)
    shop.clock.forward(days=1)
    third = await shop.sold("TEA", till="till-2")
    reader = shop.app.journal.reader

    def found(**wanted: Any) -> list[str | None]:
        return [record.receipt_number for record in receipts(reader, Wanted(**wanted), 10).records]

    numbers = [record["receipt_number"] for record in (first, second, third)]
    assert found(amount=320) == [numbers[2], numbers[0]]
    assert found(amount=1250) == [numbers[1]]
    assert found(text="slip 0042") == [numbers[1]]
    assert found(text="000003") == [numbers[2]]
    assert found(day=first["business_date"]) == [numbers[1], numbers[0]]
    assert found(day=first["business_date"], amount=320) == [numbers[0]]
    assert found(text="100%") == []
    assert found(text="Größe") == []


async def test_a_search_goes_on_where_it_ended(shop: Shop) -> None:
    for _ in range(5):
        await shop.sold("TEA", till="till-2")
    reader, seen, before = shop.app.journal.reader, [], None
    while True:
        page = receipts(reader, Wanted(amount=320), 2, before=before, stretch=4)
        seen += [record.receipt_number for record in page.records]
        before = page.next
        if before is None:
            break
    assert seen == [f"TILL-2-{n:06d}" for n in (5, 4, 3, 2, 1)]


async def test_a_gift_receipt_has_no_prices(shop: Shop) -> None:
    record = await shop.sold("MUG", "TEA")
    await shop.ended(record)
    await shop.app.records.print_copy(record["receipt_number"], gift=True, key=None)
    gift = (await shop.until(lambda: list(shop.printer.receipts)[1:]))[0].text.decode("cp858")
    assert "GESCHENKBON" in gift
    assert "Becher" in gift
    assert record["receipt_number"] in gift
    assert not [price for price in ("12,50", "3,20", "15,70", "EUR", "€") if price in gift]
    assert "KOPIE" not in gift
    refund = NewRefund(receipt_number=record["receipt_number"], tender=RefundTender(type="cash"))
    back = (await shop.app.closing.refund(refund, key=None)).body
    with pytest.raises(Problem, match="given away"):
        await shop.app.records.print_copy(back["receipt_number"], gift=True, key=None)


async def seen_by(shop: Shop, job: str, *, whole: bool, again: bool, key: Key | None) -> Any:
    app = shop.app
    return await print_seen.settle(app.journal, app.prints, job, whole=whole, again=again, key=key, by=OF_ITSELF)


async def unclear(shop: Shop) -> dict[str, Any]:
    """Sell with a printer that loses its power in mid-receipt."""
    await shop.connected()
    shop.printer.power_off_at = shop.printer.taken + 250
    record = await shop.sold("MUG", "TEA", "APPLES")
    assert await shop.ended(record) == "unknown"
    shop.printer.power_off_at = None
    shop.printer.power_on()
    return record


async def test_what_a_person_saw_of_an_unclear_receipt_is_kept(shop: Shop) -> None:
    record = await unclear(shop)
    asked = shop.app.till_view("till-1")["unclear_print"]
    assert (asked["receipt_number"], asked["copy"]) == (record["receipt_number"], False)
    assert shop.app.till_view("till-2")["unclear_print"] is None
    key = Key("local", "k", "seen")
    seen = await print_seen.settle(
        shop.app.journal, shop.app.prints, asked["job"], whole=True, again=False, key=key, by=OF_ITSELF
    )
    assert (
        await print_seen.settle(
            shop.app.journal, shop.app.prints, asked["job"], whole=True, again=False, key=key, by=OF_ITSELF
        )
        == seen
    )
    assert shop.print_state(record) == ("printed", "the printer could not say; somebody looked, and it came out whole")
    assert shop.app.till_view("till-1")["unclear_print"] is None
    with pytest.raises(Problem, match="is known"):
        await print_seen.settle(
            shop.app.journal, shop.app.prints, asked["job"], whole=False, again=False, key=None, by=OF_ITSELF
        )
    with pytest.raises(Problem, match="no print job"):
        await print_seen.settle(
            shop.app.journal, shop.app.prints, "none", whole=False, again=False, key=None, by=OF_ITSELF
        )


async def test_what_did_not_come_out_whole_is_printed_again_as_a_copy(shop: Shop) -> None:
    record = await unclear(shop)
    job = shop.app.till_view("till-1")["unclear_print"]["job"]
    await seen_by(shop, job, whole=False, again=True, key=None)
    assert shop.print_state(record)[0] == "not_printed"
    await shop.until(lambda: any(b"KOPIE" in paper.text for paper in shop.printer.receipts))


async def test_nobody_is_asked_about_a_print_of_yesterday(shop: Shop) -> None:
    await unclear(shop)
    shop.clock.forward(hours=13)
    assert shop.app.till_view("till-1")["unclear_print"] is None
