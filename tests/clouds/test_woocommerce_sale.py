"""A sale at WooCommerce: what goes up, what WooCommerce makes of it, and what a person is told."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds.lying_woocommerce_books import meta_of, tenders_of
from tests.clouds.records import line, sale
from tests.clouds.woo_shop import cents, delivered, refused, woo_at

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Driver
    from tests.clouds.lying_woocommerce import LyingWoo

CITY = {"code": "city", "name": "City", "rate": "1.5", "compound": False}
STATE = {"code": "state", "name": "State", "rate": "6.25", "compound": True}


def the_order(shop: LyingWoo) -> dict[str, Any]:
    (order,) = shop.orders.orders.values()
    return order


def sent_orders(driver: Driver) -> list[dict[str, Any]]:
    """Keep the bodies of what will be sent, in order."""
    sent: list[dict[str, Any]] = []
    driver.on_step = lambda step: sent.append(json.loads(step.request.body or b"{}"))
    return sent


def empties(record: Record, price: int, quantity: str = "1") -> Record:
    """Return the sale with empties that came back, taxed as the first line is and paid for in cash."""
    body = record.body
    pay = price * int(quantity)
    row = line(None, -price, quantity) | {"name": "Beer", "tax": None, "taxes": [], "empties": True}
    body["lines"].append(row | {"id": "9", "total": -pay, "net": -pay, "sale_discount": 0, "tax_amount": 0})
    body["total"] -= pay
    body["tenders"][-1]["amount"] -= pay
    body["paid"] -= pay
    return record


async def test_a_sale_is_one_completed_order_at_the_receipts_total(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250, "2", discount=250), line("tea", 399, tax="reduced")])
    ended, refs = await delivered(woo_driver, record)
    order = the_order(woo)
    assert (order["status"], order["total"], order["total_tax"]) == ("completed", "26.49", "3.85")
    assert (ended.remote_id, ended.drift, ended.notes) == (str(order["id"]), 0, ())
    mug, tea = order["line_items"]
    assert (mug["product_id"], mug["quantity"], mug["subtotal"], mug["total"]) == (10, 2, "21.01", "18.91")
    assert (tea["product_id"], tea["variation_id"], tea["tax_class"]) == (20, 22, "reduced-rate")
    assert woo.shelves.stock == {10: 98, 22: 49}
    assert len(woo.requests) == 1, "one request is enough where WooCommerce works out the same"
    assert refs["order"] == str(order["id"])


async def test_its_true_time_stands_in_its_meta_data_as_dates_are_ignored(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250)])
    sent = sent_orders(woo_driver)
    await delivered(woo_driver, record)
    order = the_order(woo)
    assert order["date_created_gmt"] == "2026-11-20T12:00:00", "the shop's own time, whatever is sent"
    assert not [name for name in sent[0] if name.startswith("date")]
    assert meta_of(order, "_stillopen_sold_at") == record.occurred_at
    assert (meta_of(order, "_stillopen_id"), order["transaction_id"]) == (record.id, record.id)
    assert meta_of(order, "_stillopen_receipt") == "T1-000001"


async def test_no_address_is_sent_so_that_the_shops_own_place_is_taxed(woo_driver: Driver) -> None:
    record = sale([line("mug", 1250)])
    record.body["customer"] = {"id": "c-1", "name": "Émile Zola", "number": "K0002"}
    record.body["note"] = {"text": "as a gift", "printed": True}
    sent = sent_orders(woo_driver)
    await delivered(woo_driver, record)
    assert sent[0]["billing"] == {"first_name": "Émile Zola"}
    assert sent[0]["customer_note"] == "as a gift"
    assert {"key": "_stillopen_customer", "value": "c-1"} in sent[0]["meta_data"]


async def test_what_is_not_for_the_customer_stands_where_the_shop_shows_them_nothing(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("mug", 1250)])
    record.body["note"] = {"text": "watch out", "printed": False}
    record.body["lines"][0]["note"] = {"text": "chipped", "printed": False}
    await delivered(woo_driver, record)
    order = the_order(woo)
    assert (order["customer_note"], meta_of(order, "_stillopen_note")) == ("", "watch out")
    assert meta_of(order["line_items"][0], "_stillopen_note") == "chipped"
    assert meta_of(order["line_items"][0], "Note") is None


async def test_taxes_on_top_of_prices_end_at_the_receipts_total(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.orders.prices_include_tax = False
    record = sale([line("mug", 333), line("mug", 333), line("nail", 333, tax="us")], included=False)
    ended, _ = await delivered(woo_driver, record)
    assert cents(the_order(woo)["total"]) == record.body["total"]
    assert ended.drift == 0


async def test_a_tax_on_a_tax_is_one_class_of_the_shops(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 8999, tax=None)])
    body = record.body
    gross, of_net = 8999, Decimal("1.015") * Decimal("1.0625") - 1
    net = round(gross / (1 + of_net))
    city = round(net * Decimal("0.015"))
    amounts = [{**CITY, "amount": city}, {**STATE, "amount": gross - net - city}]
    body["taxes"] = [tax | {"base": net, "included": True} for tax in amounts]
    body["lines"][0] |= {"tax": "both", "taxes": amounts, "tax_amount": gross - net}
    ended, _ = await delivered(woo_driver, record)
    (product,) = the_order(woo)["line_items"]
    assert {tax["id"] for tax in product["taxes"]} == {4, 5}
    assert (the_order(woo)["total"], ended.drift) == ("89.99", 0)
    assert the_order(woo)["fee_lines"] == []


async def test_a_sale_to_somebody_exempt_bears_no_tax(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1050, tax="standard"), line(None, 500, tax="standard")])
    body = record.body
    body["exemption"] = {"reason": "Diplomat", "certificate": "77"}
    body["taxes"] = [tax | {"rate": "0", "amount": 0, "exempt": True} for tax in body["taxes"]]
    for row in body["lines"]:
        row |= {"tax_rate": "0", "taxes": [{"code": "standard", "rate": "0", "amount": 0}], "tax_amount": 0}
    await delivered(woo_driver, record)
    order = the_order(woo)
    assert (order["total"], order["total_tax"]) == ("15.50", "0.00")
    assert meta_of(order, "_stillopen_certificate") == "77"


async def test_a_tax_without_a_class_of_the_shops_parks_the_sale_before_anything_is_sent(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("mug", 1250, tax="us")])
    woo_driver.connector = woo_at(woo_driver.connector.base_url, taxes={"standard": "standard"})
    ended = await refused(woo_driver, record)
    assert ended.code == "tax_unmapped"
    assert "us =" in ended.hint
    assert woo.requests == []


async def test_a_class_the_shop_does_not_have_is_refused_with_the_way_out(woo_driver: Driver) -> None:
    woo_driver.connector = woo_at(woo_driver.connector.base_url, taxes={"standard": "books"})
    ended = await refused(woo_driver, sale([line("mug", 1250)]))
    assert "cloud check" in ended.hint


async def test_weights_and_open_items_are_fees_and_their_stock_is_asked_of_a_person(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    record = sale([line("tea", 2399, "0.312", unit="kg", tax="reduced"), line(None, 500, discount=100)])
    ended, _ = await delivered(woo_driver, record)
    tea, other = the_order(woo)["fee_lines"]
    assert (tea["name"], tea["tax_class"]) == ("Tea (0.312 kg)", "reduced-rate")
    assert (other["name"], meta_of(other, "Discount")) == ("Open Item", "1.00")
    assert cents(the_order(woo)["total"]) == record.body["total"]
    assert woo.shelves.stock[22] == 50
    (note,) = ended.notes
    assert note.endswith(": tea -0.312")


async def test_deposits_and_what_is_known_of_a_line_go_up_with_it(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250), line(None, 25)])
    mug, deposit = record.body["lines"]
    mug |= {"note": {"text": "engraved", "printed": True}, "serial": "S-1", "lot": None}
    deposit |= {"deposit_of": mug["id"], "name": "Mug"}
    await delivered(woo_driver, record)
    (product,), (fee,) = the_order(woo)["line_items"], the_order(woo)["fee_lines"]
    assert (meta_of(product, "Note"), meta_of(product, "Serial number")) == ("engraved", "S-1")
    assert (fee["name"], fee["total_tax"]) == ("Deposit: Mug", "0.04")


async def test_a_product_the_shop_has_no_more_is_taken_and_its_stock_is_asked_of_a_person(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    woo.shelves.delete(10)
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250, "3")]))
    assert the_order(woo)["line_items"][0]["product_id"] == 0, "WooCommerce takes any number for a product"
    assert ended.notes[0].endswith(": mug -3")


@pytest.mark.parametrize("price", [8, 25, 150, 1240])
async def test_what_empties_paid_is_a_fee_below_zero_that_takes_off_just_that(
    woo_driver: Driver, woo: LyingWoo, price: int
) -> None:
    record = empties(sale([line("mug", 1250), line(None, 999, tax=None)]), price)
    ended, _ = await delivered(woo_driver, record)
    order = the_order(woo)
    assert cents(order["total"]) == record.body["total"] == 2249 - price
    assert ended.drift == 0
    beer = next(fee for fee in order["fee_lines"] if fee["name"] == "Empties: Beer")
    assert -price <= cents(beer["total"]) < 0, "WooCommerce lowers the taxes by its share besides"


async def test_a_sale_that_pays_out_more_than_it_takes_is_parked_before_anything_is_sent(
    woo_driver: Driver, woo: LyingWoo
) -> None:
    ended = await refused(woo_driver, empties(sale([line("mug", 100)]), 150))
    assert ended.code == "cannot_be_an_order"
    assert woo.requests == []


@pytest.mark.parametrize("rounding", [-4, -2, -1, 1, 2])
async def test_cash_rounding_and_tips_are_fees_without_tax(woo_driver: Driver, woo: LyingWoo, rounding: int) -> None:
    record = sale([line("mug", 1252)], rounding=rounding)
    record.body["tenders"][0]["tip"] = record.body["tips"] = 100
    ended, _ = await delivered(woo_driver, record)
    order = the_order(woo)
    assert cents(order["total"]) == 1252 + rounding + 100
    assert {fee["name"] for fee in order["fee_lines"]} >= {"Tip", "Cash rounding"}
    assert ended.drift == 0


async def test_several_tenders_stand_in_title_meta_data_and_a_note(woo_driver: Driver, woo: LyingWoo) -> None:
    record = sale([line("mug", 1250)], [("card", 1000), ("cash", 500)])
    await delivered(woo_driver, record)
    order = the_order(woo)
    assert (order["payment_method"], order["payment_method_title"]) == ("card", "Card 10.00, Cash 2.50")
    assert [(one["type"], one["amount"]) for one in tenders_of(order)] == [("card", 1000), ("cash", 250)]
    (note,) = woo.orders.notes[order["id"]]
    assert "Card 10.00 (slip 0042), Cash 2.50" in note["note"]
    assert note["customer_note"] is False, "a customer's note would be sent to them"


async def test_one_tender_goes_in_as_the_shops_own_method(woo_driver: Driver, woo: LyingWoo) -> None:
    woo_driver.connector = woo_at(woo_driver.connector.base_url, tenders={"cash": "cod"})
    await delivered(woo_driver, sale([line("mug", 1250)]))
    order = the_order(woo)
    assert (order["payment_method"], order["payment_method_title"]) == ("cod", "Cash")
    assert woo.orders.notes == {}


async def test_a_sale_paid_by_what_came_back_names_the_other_tender_first(woo_driver: Driver, woo: LyingWoo) -> None:
    await delivered(woo_driver, sale([line("mug", 1250)], [("exchange", 399), ("card", 851)]))
    assert the_order(woo)["payment_method"] == "card"


async def test_a_sale_of_nothing_to_pay_is_an_order_of_zero(woo_driver: Driver, woo: LyingWoo) -> None:
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250, discount=1250)], []))
    order = the_order(woo)
    assert (order["total"], order["payment_method"], ended.drift) == ("0.00", "", 0)
    assert order["line_items"][0]["subtotal"] == "10.50"


async def test_with_stock_none_no_line_names_a_product(woo_driver: Driver, woo: LyingWoo) -> None:
    woo_driver.connector = woo_at(woo_driver.connector.base_url, stock="none")
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250)]))
    assert (the_order(woo)["line_items"], woo.shelves.stock[10], ended.notes) == ([], 100, ())


async def test_a_shop_that_works_no_taxes_out_is_evened_out_and_named(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.orders.taxed = False
    ended, _ = await delivered(woo_driver, sale([line("mug", 11900)]))
    order = the_order(woo)
    assert (order["total"], order["total_tax"]) == ("119.00", "0.00")
    assert ended.drift == 0
    assert "the shop worked the total out as 10000, the till as 11900" in ended.notes[0]
    assert "the shop counts 0 as tax, the receipt 1900" in ended.notes[1]


async def test_a_rate_above_the_stores_is_evened_out_below_zero(woo_driver: Driver, woo: LyingWoo) -> None:
    woo_driver.connector = woo_at(woo_driver.connector.base_url, taxes={"reduced": "standard"})
    ended, _ = await delivered(woo_driver, sale([line("tea", 10700, tax="reduced")]))
    assert the_order(woo)["total"] == "107.00"
    assert ended.drift == 0
    assert "That is more than rounding: run `stillopen cloud check`" in ended.notes[0]


async def test_a_total_that_was_told_wrong_once_moves_nothing(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.faults.add("total", on="POST /wp-json/wc/v3/orders", value=500)
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250)]))
    assert the_order(woo)["fee_lines"] == []
    assert (ended.drift, ended.notes) == (0, ())


async def test_an_order_that_somebody_cancelled_meanwhile_is_named(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.faults.add("drop", on="POST /wp-json/wc/v3/orders", after=True)

    def cancel() -> None:
        the_order(woo)["status"] = "cancelled"

    woo_driver.on_failure = cancel
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250)]))
    assert "stands as cancelled" in ended.notes[0]
