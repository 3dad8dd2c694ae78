"""Refunds at Shopify: lines, payments and stock of the order they belong to, never more than there was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from outbox.connector import Complete
from tests.clouds.records import line, refund, sale
from tests.clouds.shopify_shop import MUG, TEA, cents, delivered, refused, shopify_at, shopify_fact, the_order

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Driver
    from tests.clouds.lying_shopify import LyingShopify


def given_back(shopify: LyingShopify) -> list[list[tuple[str, int]]]:
    """Return what each refund gave back: gateway and cents."""
    refunds = [one for order in shopify.books.orders.values() for one in order["refunded"]]
    return [[(each["gateway"], cents(each["amountSet"])) for each in one["payments"]] for one in refunds]


def part(of: Record, number: int, quantity: str) -> list[dict[str, Any]]:
    """Return so much of a line of a sale."""
    return [of.body["lines"][number - 1] | {"quantity": quantity}]


def without_original(record: Record) -> Record:
    return replace(record, body=record.body | {"original": None})


async def test_all_of_a_sale_goes_back(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250, "2"), line("tea", 399)], [("cash", 1000), ("card", 1899)])
    _, sale_refs = await delivered(to_shopify, record)
    ended, refs = await delivered(to_shopify, refund(record, [("card", 1899), ("cash", 1000)]), sale_refs=sale_refs)
    assert (ended.remote_id, ended.drift, ended.notes) == (refs["refund"], 0, ())
    assert given_back(shopify) == [[("Card terminal", 1899), ("cash", 1000)]]
    order = the_order(shopify)
    assert [one["refundableQuantity"] for one in order["lines"]] == [0, 0]
    assert order["refunded"][0]["processedAt"] == "2026-11-20T11:59:30Z"
    assert (shopify.shelf.available(MUG), shopify.shelf.available(TEA)) == (100, 50)
    assert shopify.requests == ["CreateOrder", "OrderLeft", "CreateRefund"]


async def test_a_sale_goes_back_part_by_part(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1000, "3", discount=1), line("tea", 399)])  # the mugs are two lines at Shopify
    _, sale_refs = await delivered(to_shopify, record)
    backs = [
        refund(record, [("cash", 1000)], number=2, lines=part(record, 1, "1")),
        refund(record, [("cash", 1999)], number=3, lines=part(record, 1, "2")),
        refund(record, [("cash", 399)], number=4, lines=part(record, 2, "1")),
    ]
    for back in backs:
        ended, _ = await delivered(to_shopify, back, sale_refs=sale_refs)
        assert (ended.drift, ended.notes) == (0, ())
    assert given_back(shopify) == [[("cash", 1000)], [("cash", 1999)], [("cash", 399)]]
    assert [one["left"] for one in the_order(shopify)["paid"]] == [0]
    assert (shopify.shelf.available(MUG), shopify.shelf.available(TEA)) == (100, 50)


async def test_cash_for_a_card_sale_goes_through_the_card_at_shopify_and_is_named(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    record = sale([line("mug", 1250)], [("card", 1250)])
    _, sale_refs = await delivered(to_shopify, record)
    ended, _ = await delivered(to_shopify, refund(record, [("cash", 1250)]), sale_refs=sale_refs)
    assert given_back(shopify) == [[("Card terminal", 1250)]]
    assert ended.notes == ("the till gave back 12.50 by cash; Shopify shows 12.50 by Card terminal, in EUR",)


async def test_weights_come_back_whole_or_as_money_alone(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("tea", 1000, "0.512", unit="kg"), line("tea", 1000, "0.3", unit="kg")])
    _, sale_refs = await delivered(to_shopify, record)
    whole, some = part(record, 1, "0.512"), part(record, 2, "0.1")
    ended, _ = await delivered(to_shopify, refund(record, [("cash", 512)], lines=whole), sale_refs=sale_refs)
    assert [one["refundableQuantity"] for one in the_order(shopify)["lines"]] == [0, 1]
    assert [note.partition("by hand: ")[2] for note in ended.notes] == ["tea +0.512"]
    ended, _ = await delivered(to_shopify, refund(record, [("cash", 100)], number=3, lines=some), sale_refs=sale_refs)
    assert "not that these did: Tea (0.1)" in ended.notes[0]
    assert given_back(shopify) == [[("cash", 512)], [("cash", 100)]]


async def test_what_the_order_has_no_money_left_for_is_named(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    _, sale_refs = await delivered(to_shopify, record)
    order = the_order(shopify)
    by_hand = {"parentId": order["paid"][0]["id"], "amount": "2.50", "kind": "REFUND", "gateway": "cash"}
    shopify.books.create_refund(
        {"orderId": order["id"], "note": "", "processedAt": "", "refundLineItems": [], "transactions": [by_hand]}
    )
    ended, _ = await delivered(to_shopify, refund(record, [("cash", 1250)]), sale_refs=sale_refs)
    assert ended.drift == -250
    assert ended.notes[0].startswith("2.50 EUR of it is not booked")


async def test_without_a_receipt_there_is_no_order_to_book_it_with(to_shopify: Driver, shopify: LyingShopify) -> None:
    back = without_original(refund(sale([line("mug", 1250)]), [("cash", 1250)]))
    ended = await refused(to_shopify, back)
    assert ended.code == "NO_ORDER"
    assert "12.50 by cash" in ended.reason
    assert "mug +1" in ended.reason
    assert shopify.requests == []
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock="adjust")
    ended = await refused(to_shopify, back)
    assert shopify.shelf.available(MUG) == 101
    assert "mug" not in ended.reason


async def test_an_exchange_is_a_refund_and_an_order(to_shopify: Driver, shopify: LyingShopify) -> None:
    original = sale([line("tea", 399)])
    _, sale_refs = await delivered(to_shopify, original)
    ended, _ = await delivered(to_shopify, refund(original, [("exchange", 399)]), sale_refs=sale_refs)
    assert ended.drift == 0
    instead = sale([line("mug", 1250)], [("exchange", 399), ("cash", 1000)], number=3)
    instead.body["exchange"] = {"id": "r-1", "receipt_number": "T1-000002"}
    ended, refs = await delivered(to_shopify, instead)
    made = shopify.books.orders[refs["order"]]
    assert [(one["gateway"], cents(one["amountSet"])) for one in made["paid"]] == [("exchange", 399), ("cash", 851)]
    assert {"key": "Exchanged for receipt", "value": "T1-000002"} in made["customAttributes"]
    assert (ended.drift, ended.notes) == (0, ())


@pytest.mark.parametrize("stock", ["adjust", "none"])
async def test_stock_comes_back_the_way_it_went(to_shopify: Driver, shopify: LyingShopify, stock: str) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock=stock)
    record = sale([line("mug", 1250, "2")])
    _, sale_refs = await delivered(to_shopify, record)
    before = shopify.shelf.available(MUG)
    await delivered(to_shopify, refund(record, [("cash", 2500)]), sale_refs=sale_refs)
    assert (before, shopify.shelf.available(MUG)) == ((98, 100) if stock == "adjust" else (100, 100))
    assert the_order(shopify)["refunded"][0]["lines"][0]["restockType"] == "NO_RESTOCK"


async def test_an_order_of_many_lines_is_read_page_by_page(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 100) for _ in range(205)])
    _, sale_refs = await delivered(to_shopify, record)
    back = refund(record, [("cash", 200)], lines=[record.body["lines"][0], record.body["lines"][204]])
    ended, _ = await delivered(to_shopify, back, sale_refs=sale_refs)
    assert ended.notes == ()
    assert shopify.requests == ["CreateOrder", "OrderLeft", "OrderLeft", "OrderLeft", "CreateRefund"]
    assert [one["refundableQuantity"] for one in the_order(shopify)["lines"]].count(0) == 2


async def test_a_refund_of_an_order_that_is_gone_is_a_persons(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    _, sale_refs = await delivered(to_shopify, record)
    shopify.books.orders.clear()
    ended = await refused(to_shopify, refund(record, [("cash", 1250)]), sale_refs=sale_refs)
    assert ended.code == "ORDER_GONE"


async def test_what_was_booked_before_a_disk_was_put_back_is_not_booked_again(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    record = sale([line("mug", 1250, "2")], [("card", 2500)])
    _, sale_refs = await delivered(to_shopify, record)
    back = refund(record, [("card", 1250)], lines=part(record, 1, "1"))
    before, _ = await delivered(to_shopify, back, sale_refs=sale_refs)
    again, _ = await delivered(to_shopify, back, sale_refs=sale_refs)
    assert again == before
    assert len(the_order(shopify)["refunded"]) == 1
    assert shopify.shelf.available(MUG) == 99


async def test_nothing_given_back_for_nothing_is_no_refund_at_shopify(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    record = sale([line("tea", 0, "0.5", unit="kg")])
    _, sale_refs = await delivered(to_shopify, record)
    back = refund(record, [], lines=part(record, 1, "0.1"))
    ended, _ = await to_shopify.deliver(shopify_fact(back, to_shopify.clock, sale_refs=sale_refs))
    assert isinstance(ended, Complete)
    assert (ended.remote_id, ended.drift) == (sale_refs["order"], 0)
    assert given_back(shopify) == []
