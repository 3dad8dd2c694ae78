"""Every kind of sale the till makes, as Shopify has it afterwards: to the cent, at its true time, and once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from agent import basket, checkout, discounts
from agent.basket import Product
from agent.empties import add_empties
from agent.exemption import exempt
from agent.pricing import Rules, price
from agent.sale import TaxRate, Unit
from outbox.connector import ItemRef
from outbox.record import Kind
from tests.clouds.records import CHAIN, line, sale
from tests.clouds.shopify_shop import (
    ITEMS,
    MUG,
    TEA,
    cents,
    delivered,
    journaled,
    paid,
    refused,
    shopify_at,
    the_order,
)

if TYPE_CHECKING:
    from agent.sale import Sale
    from tests.clouds.driver import Driver
    from tests.clouds.lying_shopify import LyingShopify

Lines = list[dict[str, Any]]
CITY = TaxRate("city", "City", Decimal("1.5"))
STATE = TaxRate("state", "State", Decimal("6.25"), compound=True)
RULES = Rules(
    currency="EUR",
    prices_include_tax=False,
    taxes={
        "both": TaxRate("both", "Both", Decimal("7.84375"), parts=(CITY, STATE)),
        "included": TaxRate("included", "Levy", Decimal(5), included=True),
        "standard": TaxRate("standard", "VAT 19%", Decimal(19)),
    },
)


def rung(*products: tuple[str, int, str, str | None]) -> Sale:
    """Return a basket: name, price, quantity, tax."""
    open_sale = basket.new_sale(RULES, id="s", till="till-1", opened_at="2026-11-20T12:50:00+01:00")
    for sku, each, quantity, tax in products:
        product = Product(sku=sku, name=sku.title(), price=each, tax=tax, unit=Unit.EACH)
        open_sale = basket.add_product(open_sale, RULES, product, quantity=quantity)
    return open_sale


def bought(open_sale: Sale, rules: Rules = RULES, **tender: Any) -> dict[str, Any]:
    """Pay in cash and complete."""
    due = price(open_sale, rules).settlement.cash_due
    if due:
        open_sale = checkout.add_tender(open_sale, rules, type="cash", amount=due, **tender)
    return checkout.complete(open_sale, rules)


def sold(order: dict[str, Any]) -> list[tuple[str, int, str, list[tuple[str, str, str]]]]:
    """Return an order's lines: title, quantity, price, taxes."""
    return [
        (
            one["title"],
            one["quantity"],
            str(one["price"]),
            [(tax["title"], tax["rate"], tax["priceSet"]["shopMoney"]["amount"]) for tax in one["taxLines"]],
        )
        for one in order["lines"]
    ]


async def test_a_sale_is_one_order_at_its_own_time(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250, "2"), line("tea", 399, tax="reduced")], [("cash", 1000), ("card", 1899)])
    ended, refs = await delivered(to_shopify, record)
    order = the_order(shopify)
    assert (ended.remote_id, ended.drift, ended.notes) == (order["id"], 0, ())
    assert refs["order"] == order["id"]
    assert sold(order) == [
        ("Mug", 2, "12.50", [("VAT 19%", "0.19", "3.99")]),
        ("Tea", 1, "3.99", [("VAT 7%", "0.07", "0.26")]),
    ]
    assert cents(order["totalPriceSet"]) == 2899
    assert paid(order) == [("cash", 1000), ("Card terminal", 1899)]
    assert order["paid"][1]["authorizationCode"] == "slip 0042"
    assert (order["name"], order["sourceIdentifier"]) == (record.receipt_number, record.id)
    assert order["processedAt"] == "2026-11-20T11:59:00+00:00"
    assert (shopify.shelf.available(MUG), shopify.shelf.available(TEA)) == (98, 49)
    assert shopify.requests == ["CreateOrder"]


async def test_a_sale_of_days_ago_keeps_its_time(to_shopify: Driver, shopify: LyingShopify) -> None:
    await delivered(to_shopify, sale([line("mug", 1250)], occurred_at="2026-11-02T23:30:00+01:00"))
    assert the_order(shopify)["processedAt"] == "2026-11-02T22:30:00+00:00"


async def test_change_is_taken_off_the_cash(to_shopify: Driver, shopify: LyingShopify) -> None:
    await delivered(to_shopify, sale([line("mug", 1250)], [("card", 250), ("cash", 5000)]))
    assert paid(the_order(shopify)) == [("Card terminal", 250), ("cash", 1000)]


async def test_discounts_are_in_the_price_of_the_line_they_were_given_on(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    record = sale([line("mug", 1000, "3", discount=1), line("tea", 500)], sale_discount=350)
    ended, _ = await delivered(to_shopify, record)
    order = the_order(shopify)
    assert [(title, quantity, price) for title, quantity, price, _ in sold(order)] == [
        ("Mug", 1, "8.99"),  # 26.99 does not divide by three
        ("Mug", 2, "9.00"),
        ("Tea", 1, "4.50"),
    ]
    assert cents(order["totalPriceSet"]) == 3149
    assert cents(order["totalTaxSet"]) == record.body["taxes"][0]["amount"]
    assert ended.drift == 0
    said = {one["key"]: one["value"] for one in order["lines"][0]["customAttributes"]}
    assert (said["Price"], said["Discount"]) == ("10.00", "0.01")
    assert "Share of the sale's discount" in said
    assert order["discount"] is None
    assert shopify.shelf.available(MUG) == 97


async def test_taxes_on_top_one_on_another_and_one_in_the_price(to_shopify: Driver, shopify: LyingShopify) -> None:
    body = bought(rung(("mug", 10_000, "1", "both"), ("tea", 1050, "2", "included"), ("pen", 100, "1", None)))
    ended, _ = await delivered(to_shopify, journaled(body, Kind.SALE, 1))
    order = the_order(shopify)
    assert sold(order) == [
        ("Mug", 1, "100.00", [("City", "0.015", "1.50"), ("State", "0.063438", "6.34")]),
        ("Tea", 2, "10.00", [("Levy", "0.05", "1.00")]),
        ("Pen", 1, "1.00", []),
    ]
    assert (cents(order["totalPriceSet"]), ended.drift) == (body["total"], 0)
    assert ended.notes == ()


async def test_who_pays_no_tax_has_none(to_shopify: Driver, shopify: LyingShopify) -> None:
    open_sale = exempt(rung(("mug", 1000, "1", "standard")), RULES, reason="Resale", certificate="77")
    ended, _ = await delivered(to_shopify, journaled(bought(open_sale), Kind.SALE, 1))
    order = the_order(shopify)
    assert sold(order) == [("Mug", 1, "10.00", [])]
    said = {one["key"]: one["value"] for one in order["customAttributes"]}
    assert (said["Tax exemption"], said["Certificate"]) == ("Resale", "77")
    assert said["Chain"] == CHAIN
    assert ended.notes == ()


async def test_weights_are_one_piece_and_their_stock_is_a_persons(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("tea", 1000, "0.512", unit="kg"), line(None, 250)])
    ended, _ = await delivered(to_shopify, record)
    order = the_order(shopify)
    assert [(title, quantity, price) for title, quantity, price, _ in sold(order)] == [
        ("Tea", 1, "5.12"),
        ("Open Item", 1, "2.50"),
    ]
    said = {one["key"]: one["value"] for one in order["lines"][0]["customAttributes"]}
    assert said["Quantity"] == "0.512 kg"
    assert [note.partition("by hand: ")[2] for note in ended.notes] == ["tea -0.512"]
    assert shopify.shelf.available(TEA) == 50


@pytest.mark.parametrize("included", [True, False])
async def test_empties_come_off_the_whole_order(to_shopify: Driver, shopify: LyingShopify, *, included: bool) -> None:
    rules = Rules(currency="EUR", prices_include_tax=included, taxes=RULES.taxes)
    crate = Product(
        sku="mug", name="Mug", price=300, tax="standard", unit=Unit.EACH, deposit=25, deposit_tax="standard"
    )
    open_sale = basket.new_sale(rules, id="s", till="till-1", opened_at="2026-11-20T12:50:00+01:00")
    open_sale = basket.add_product(open_sale, rules, crate, quantity="2")
    body = bought(add_empties(open_sale, rules, crate, quantity="8"), rules)
    ended, _ = await delivered(to_shopify, journaled(body, Kind.SALE, 1))
    order = the_order(shopify)
    assert (cents(order["totalPriceSet"]), ended.drift) == (body["total"], 0)
    assert order["discount"]["code"] == "Empties"
    assert len(order["lines"]) == 2
    (note,) = ended.notes  # the empties' tax came off the receipt's
    assert str(body["taxes"][0]["amount"]) in note


async def test_more_empties_than_goods_cannot_be_an_order(to_shopify: Driver, shopify: LyingShopify) -> None:
    crate = Product(sku="mug", name="Mug", price=100, tax=None, unit=Unit.EACH, deposit=25, deposit_tax=None)
    body = bought(add_empties(rung(("tea", 10, "1", None)), RULES, crate, quantity="8"))
    ended = await refused(to_shopify, journaled(body, Kind.SALE, 1))
    assert "by hand" in ended.hint
    assert shopify.requests == []


@pytest.mark.parametrize("rounding", [-2, 2])
async def test_cash_rounding_is_in_the_total(to_shopify: Driver, shopify: LyingShopify, rounding: int) -> None:
    record = sale([line("mug", 1252)], rounding=rounding)
    ended, _ = await delivered(to_shopify, record)
    order = the_order(shopify)
    assert (cents(order["totalPriceSet"]), ended.drift) == (1252 + rounding, 0)
    assert paid(order) == [("cash", 1252 + rounding)]
    if rounding < 0:
        assert order["discount"]["code"] == "Cash rounding"
    else:
        assert sold(order)[1] == ("Cash rounding", 1, "0.02", [])
    assert cents(order["totalTaxSet"]) == record.body["taxes"][0]["amount"]


async def test_a_tip_is_no_part_of_the_order_and_is_named(to_shopify: Driver, shopify: LyingShopify) -> None:
    body = bought(rung(("mug", 1000, "1", None)), tip=150)
    ended, _ = await delivered(to_shopify, journaled(body, Kind.SALE, 1))
    order = the_order(shopify)
    assert (cents(order["totalPriceSet"]), paid(order)) == (1000, [("cash", 1000)])
    assert [note for note in ended.notes if "150" in note]
    assert {"key": "Tip", "value": "1.50"} in order["customAttributes"]


async def test_nothing_to_pay_is_an_order_that_is_paid(to_shopify: Driver, shopify: LyingShopify) -> None:
    open_sale = discounts.add_discount(rung(("mug", 1250, "3", "standard")), RULES, percent="100")
    ended, _ = await delivered(to_shopify, journaled(bought(open_sale), Kind.SALE, 1))
    order = the_order(shopify)
    assert (cents(order["totalPriceSet"]), paid(order), order["financialStatus"]) == (0, [], "PAID")
    assert ended.drift == 0
    assert shopify.shelf.available(MUG) == 97


async def test_customer_notes_and_marks_stand_beside_the_order(to_shopify: Driver, shopify: LyingShopify) -> None:
    record = sale([line("mug", 1250)])
    record.body["customer"] = {"id": "c-1", "name": "Ada Byron", "number": "K0001"}
    record.body["note"] = {"text": "gift", "printed": False}
    record.body["lines"][0] |= {"note": {"text": "chipped", "printed": True}, "lot": "L7", "serial": None}
    await delivered(to_shopify, record)
    order = the_order(shopify)
    said = {one["key"]: one["value"] for one in order["customAttributes"]}
    assert (said["Customer"], said["Customer number"], order["note"]) == ("Ada Byron", "K0001", "gift")
    beside = {one["key"]: one["value"] for one in order["lines"][0]["customAttributes"]}
    assert (beside["Note"], beside["Lot"]) == ("chipped", "L7")


async def test_a_customer_who_came_from_shopify_is_linked(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.shelf.add_customer(7, "Ada Byron")
    record = sale([line("mug", 1250)])
    await delivered(to_shopify, record, customer="gid://shopify/Customer/7")
    assert the_order(shopify)["customer"] == "gid://shopify/Customer/7"
    gone = sale([line("mug", 1250)], number=2)  # of somebody whom the shop has deleted since
    await delivered(to_shopify, gone, customer="gid://shopify/Customer/8")
    assert [one["customer"] for one in shopify.books.orders.values()] == ["gid://shopify/Customer/7", None]
    assert to_shopify.notes == ["Shopify has this customer no more: the order is not linked with them"]


async def test_nobody_is_named_where_that_is_not_wanted(to_shopify: Driver, shopify: LyingShopify) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, customers="none")
    record = sale([line("mug", 1250)])
    record.body["customer"] = {"id": "c-1", "name": "Ada Byron", "number": "K0001"}
    await delivered(to_shopify, record, customer="gid://shopify/Customer/7")
    order = the_order(shopify)
    assert (order["customer"], "Ada" in str(order["customAttributes"])) == (None, False)


async def test_as_many_lines_as_a_receipt_has_fit_as_long_as_shopify_takes_them(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    many: Lines = [line("mug", 1000, "3", discount=1) for _ in range(130)]  # each would be two
    ended, _ = await delivered(to_shopify, sale(many))
    order = the_order(shopify)
    assert (len(order["lines"]), ended.drift) == (130, 0)
    assert shopify.shelf.available(MUG) == 100
    assert any("mug -3" in note for note in ended.notes)
    assert (await refused(to_shopify, sale([line("mug", 1000)] * 251, number=2))).code == "cannot_be_an_order"


async def test_stock_can_be_moved_apart_from_the_order(to_shopify: Driver, shopify: LyingShopify) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock="adjust")
    shopify.shelf.put(3, "pen", "1.00")  # nobody counts them
    items = ITEMS | {"pen": ItemRef("gid://shopify/ProductVariant/3")}
    record = sale([line("mug", 1250, "2"), line("pen", 100), line("tea", 399, "0.5", unit="kg"), line("mug", 1250)])
    ended, _ = await delivered(to_shopify, record, items=items)
    assert (shopify.shelf.available(MUG), shopify.shelf.available(TEA)) == (97, 50)
    assert shopify.requests == ["CreateOrder", "StockItems", "AdjustStock"]
    assert [note.partition("by hand: ")[2] for note in ended.notes] == ["tea -0.5"]


async def test_stock_can_stay_as_it_is(to_shopify: Driver, shopify: LyingShopify) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock="none")
    ended, _ = await delivered(to_shopify, sale([line("mug", 1250, "2"), line("tea", 399, "0.5", unit="kg")]))
    assert (shopify.shelf.available(MUG), ended.notes) == (100, ())
    assert the_order(shopify)["lines"][0]["variant"] is None
