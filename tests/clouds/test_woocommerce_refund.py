"""Refunds at WooCommerce: itemised, restocked, never more than its order holds, and none without an order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from outbox.connector import Complete
from tests.clouds.lying_woocommerce_books import meta_of
from tests.clouds.records import line, refund, sale
from tests.clouds.test_woocommerce_sale import empties, the_order
from tests.clouds.woo_shop import cents, delivered, refused, woo_at, woo_fact

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Driver
    from tests.clouds.lying_woocommerce import LyingWoo


async def sold(driver: Driver, record: Record) -> dict[str, str]:
    """Deliver a sale and return what its refunds get of it."""
    _, refs = await delivered(driver, record)
    return refs


def back_of(shop: LyingWoo) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = the_order(shop)["refunds"]
    return found


async def test_all_of_a_sale_comes_back_line_by_line_and_goes_into_stock(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250, "2", discount=250), line("tea", 399, tax="reduced")])
    refs = await sold(woo_driver, record)
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 2649)]), sale_refs=refs)
    (back,) = back_of(woo)
    assert (back["amount"], ended.drift, ended.remote_id) == ("26.49", 0, str(back["id"]))
    mug, tea = back["_lines"]
    assert (mug["quantity"], mug["refund_total"], mug["refund_tax"]) == (2, 18.91, [{"id": 1, "refund_total": 3.59}])
    assert (tea["refund_total"], tea["refund_tax"]) == (3.73, [{"id": 2, "refund_total": 0.26}])
    assert woo.shelves.stock == {10: 100, 22: 50}
    assert the_order(woo)["status"] == "refunded"


async def test_the_shops_payment_method_is_never_asked_to_give_the_money_back(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(woo_driver, record)
    sent: list[Any] = []
    woo_driver.on_step = sent.append
    await delivered(woo_driver, refund(record, [("cash", 1250)]), sale_refs=refs)
    body = json.loads(sent[-1].request.body)
    assert (body["api_refund"], body["api_restock"]) == (False, True)
    assert b'"refund_total":10.50' in sent[-1].request.body, "a number, digit for digit"


async def test_parts_come_back_one_after_the_other(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250, "3")])
    refs = await sold(woo_driver, record)
    for number in (2, 3, 4):
        part = [dict(record.body["lines"][0]) | {"quantity": "1", "total": 1250, "net": 1250}]
        back = refund(record, [("cash", 1250)], number=number, lines=part)
        ended, _ = await delivered(woo_driver, back, sale_refs=refs)
        assert ended.drift == 0
    assert [one["amount"] for one in back_of(woo)] == ["12.50"] * 3
    assert woo.shelves.stock[10] == 100
    assert the_order(woo)["status"] == "refunded"


async def test_with_restock_off_nothing_goes_into_stock(woo_driver: Driver, woo: LyingWoo) -> None:
    woo_driver.connector = woo_at(woo_driver.connector.base_url, restock=False)
    record = sale([line("mug", 1250)])
    refs = await sold(woo_driver, record)
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 1250)]), sale_refs=refs)
    assert (woo.shelves.stock[10], ended.notes) == (99, ())


async def test_weights_that_come_back_are_asked_of_a_person(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("tea", 2399, "0.312", unit="kg", tax="reduced")])
    refs = await sold(woo_driver, record)
    ended, _ = await delivered(woo_driver, refund(record, [("cash", record.body["total"])]), sale_refs=refs)
    assert "quantity" not in back_of(woo)[0]["_lines"][0]
    assert ended.notes[0].endswith(": tea +0.312")


async def test_taxes_on_top_come_back_as_such(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.orders.prices_include_tax = False
    record = sale([line("mug", 1000)], included=False)
    refs = await sold(woo_driver, record)
    for row in record.body["lines"]:
        row["taxes"] = [{"code": "standard", "rate": "19", "amount": 190}]
    await delivered(woo_driver, refund(record, [("cash", 1190)]), sale_refs=refs)
    (item,) = back_of(woo)[0]["_lines"]
    assert (item["refund_total"], item["refund_tax"]) == (10.0, [{"id": 1, "refund_total": 1.9}])


async def test_a_refund_without_a_receipt_is_parked_before_anything_is_sent(woo_driver: Driver, woo: LyingWoo) -> None:
    back = refund(sale([line("mug", 1250)]), [("cash", 1250)])
    back.body["original"] = None
    ended = await refused(woo_driver, back)
    assert ended.code == "refund_without_sale"
    assert "by hand" in ended.hint
    assert woo.requests == []


async def test_a_refund_of_a_sale_the_shop_never_got_is_parked(woo_driver: Driver, woo: LyingWoo) -> None:
    ended = await refused(woo_driver, refund(sale([line("mug", 1250)]), [("cash", 1250)]))
    assert ended.code == "sale_not_there"
    assert woo.requests == []


async def test_a_refund_of_an_order_that_was_deleted_is_parked(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(woo_driver, record)
    woo.orders.orders.clear()
    ended = await refused(woo_driver, refund(record, [("cash", 1250)]), sale_refs=refs)
    assert ended.code == "woocommerce_rest_shop_order_invalid_id"
    assert "bring it back" in ended.hint


async def test_what_the_shop_gave_back_itself_makes_ours_too_much_and_its_500_is_final(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(woo_driver, record)
    woo.orders.refund(int(refs["order"]), {"amount": "5.00", "reason": "by the shop", "api_refund": False})
    ended = await refused(woo_driver, refund(record, [("cash", 1250)]), sale_refs=refs)
    assert ended.code == "woocommerce_rest_cannot_create_order_refund"
    assert len([one for one in woo.requests if one.startswith("POST") and "refunds" in one]) == 1


async def test_goods_come_back_for_more_than_their_order_came_to_where_empties_had_been_paid_for(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = empties(sale([line("mug", 1250)]), 250)
    refs = await sold(woo_driver, record)
    goods = [one for one in record.body["lines"] if not one.get("empties")]
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 1250)], lines=goods), sale_refs=refs)
    assert (back_of(woo)[0]["amount"], ended.drift) == ("10.00", -250)
    assert "1000 of the 1250" in ended.notes[0]


async def test_cash_that_was_rounded_both_ways_is_no_refusal(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1252)], rounding=-2)
    refs = await sold(woo_driver, record)
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 1252)]), sale_refs=refs)
    assert (cents(back_of(woo)[0]["amount"]), ended.drift) == (1250, -2)
    assert ended.notes


async def test_nothing_to_pay_back_still_puts_goods_into_stock(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250, discount=1250)], [])
    refs = await sold(woo_driver, record)
    ended, _ = await delivered(woo_driver, refund(record, []), sale_refs=refs)
    assert (back_of(woo)[0]["amount"], ended.drift, woo.shelves.stock[10]) == ("0.00", 0, 100)


async def test_a_line_that_the_shop_removed_is_given_back_as_an_amount(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250), line("tea", 399, tax="reduced")])
    refs = await sold(woo_driver, record)
    del the_order(woo)["line_items"][1]
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 1649)]), sale_refs=refs)
    assert back_of(woo)[0]["amount"] == "16.49"
    assert "no longer has the line: Tea" in ended.notes[0]
    assert ended.notes[1].endswith(": tea +1")


@pytest.mark.parametrize("reason", [None, "gefällt nicht", "x" * 500])
async def test_the_reason_carries_the_cashiers_words_and_our_id_whole(
    woo_driver: Driver, woo: LyingWoo, reason: str | None
) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(woo_driver, record)
    back = refund(record, [("cash", 1250)])
    back.body["reason"] = reason
    await delivered(woo_driver, back, sale_refs=refs)
    kept = back_of(woo)[0]
    assert kept["reason"].endswith(back.id)
    assert len(kept["reason"]) < 300
    assert meta_of(kept, "_stillopen_id") == back.id


async def test_an_answer_that_was_lost_after_the_refund_is_found_by_its_reason(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("mug", 1250, "2")])
    refs = await sold(woo_driver, record)
    back = refund(record, [("cash", 1250)])

    def forget() -> None:
        """The shop died before it kept the meta data: only the reason came with the refund itself."""
        for one in back_of(woo):
            one["meta_data"] = []

    woo.faults.add("drop", on="refunds", after=True)
    woo_driver.on_failure = forget
    ended, found = await woo_driver.deliver(woo_fact(back, woo_driver.clock, sale_refs=refs))
    assert isinstance(ended, Complete)
    assert len(back_of(woo)) == 1
    assert found["refunded"] == "1250"
