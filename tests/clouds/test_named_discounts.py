"""Discounts with a name, as Square, Shopify and WooCommerce give them: what a till can hold, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.clouds.woocommerce.plan import ROUTES
from outbox.connector import Answer, Refused, Request, Retry, Unauthorized
from outbox.discount import NamedDiscount, amount_of, each_name_once, moment_of, name_of, percent_of
from outbox.feeds import Feed, Page, PulledDiscount
from tests.clouds.conformance.contract import call
from tests.clouds.conftest import a_square, square_at
from tests.clouds.shopify_shop import a_shopify, shopify_at
from tests.clouds.woo_shop import a_shop, woo_at

if TYPE_CHECKING:
    from tests.clouds.driver import Clock
    from tests.clouds.lying_shopify import LyingShopify
    from tests.clouds.lying_square import LyingSquare
    from tests.clouds.lying_woocommerce import LyingWoo

Brought = Page | Retry | Unauthorized | Refused


@dataclass
class Puller:
    """Pulls the discounts of one cloud, and keeps what stands at the end."""

    shop: Any
    connector: Any
    clock: Clock
    prefix: str = ""  # of the paths
    cursor: str | None = None
    known: dict[str, PulledDiscount] = field(default_factory=dict)

    def page(self) -> Brought:
        request = self.connector.pull(Feed.DISCOUNTS, self.cursor)
        assert isinstance(request, Request)
        headers = self.connector.credentials(request, "", self.clock())
        answer = call(self.shop, replace(request, path=self.prefix + request.path), headers | {"host": "127.0.0.1:1"})
        brought: Brought = self.connector.page(Feed.DISCOUNTS, self.cursor, answer)
        if isinstance(brought, Page):
            self.cursor = brought.cursor
            for remote_id in brought.tombstones:
                self.known.pop(remote_id, None)
            self.known |= {one.remote_id: one for one in brought.discounts}
        return brought

    def pull(self) -> dict[str, PulledDiscount]:
        """Pull to the end; what is known then, by name."""
        for _ in range(50):
            brought = self.page()
            assert isinstance(brought, Page), brought
            if not brought.more:
                assert self.shop.spec_faults == []
                return {one.name: one for one in self.known.values()}
        raise AssertionError("it has no end")


@pytest.fixture
def at_square(clock: Clock) -> Puller:
    return Puller(a_square(clock), square_at("http://127.0.0.1:1", discounts="pull"), clock)


@pytest.fixture
def at_shopify(clock: Clock) -> Puller:
    shop = a_shopify(clock)
    shop.shelf.page_size = 2
    return Puller(shop, shopify_at("http://127.0.0.1:1", discounts="pull"), clock)


@pytest.fixture
def at_woo(clock: Clock) -> Puller:
    return Puller(a_shop(clock, page_max=3), woo_at("http://127.0.0.1:1", discounts="pull"), clock, ROUTES)


def off(found: dict[str, PulledDiscount]) -> dict[str, str | int | None]:
    """Return what each takes off that a till can hold."""
    return {name: one.percent or one.amount for name, one in found.items() if one.trouble is None}


def left_out(found: dict[str, PulledDiscount]) -> dict[str, str]:
    return {name: one.trouble for name, one in found.items() if one.trouble is not None}


def test_what_square_gives_and_what_of_it_no_till_can_hold(at_square: Puller) -> None:
    square: LyingSquare = at_square.shop
    square.catalogue.page_size = 3
    offer = square.catalogue.offer
    offer("D1", "Staff", percentage="10.00")
    offer("D2", "Voucher", amount=500)
    offer("D3", "Asked", percentage="0", discount_type="VARIABLE_PERCENTAGE")
    offer("D4", "Locked", percentage="50", pin_required=True)
    offer("D5", "Rebate", amount=100, modify_tax_basis="DO_NOT_MODIFY_TAX_BASIS")
    offer("D6", "Capped", percentage="20", maximum_amount_money={"amount": 2000, "currency": "EUR"})
    offer("D7", None, percentage="5")
    offer("D8", "Abroad", amount=100, amount_money={"amount": 100, "currency": "USD"})
    offer("D9", "Elsewhere", percentage="5")
    square.catalogue.objects["D9"] |= {"present_at_all_locations": False, "present_at_location_ids": ["L2"]}
    found = at_square.pull()

    assert off(found) == {"Staff": "10", "Voucher": 500}
    assert set(left_out(found)) == {"Asked", "Locked", "Rebate", "Capped", "D7", "Abroad"}
    assert "typed at the register" in left_out(found)["Asked"]
    assert "PIN" in left_out(found)["Locked"]


def test_square_tells_what_was_changed_and_deleted(at_square: Puller, clock: Clock) -> None:
    offer = at_square.shop.catalogue.offer
    offer("D1", "Staff", percentage="10")
    offer("D2", "Voucher", amount=500)
    assert len(at_square.pull()) == 2
    clock.forward(minutes=10)
    offer("D1", "Staff", percentage="15")
    at_square.shop.catalogue.delete("D2")
    assert off(at_square.pull()) == {"Staff": "15"}
    clock.forward(minutes=10)
    at_square.shop.catalogue.objects["D1"]["discount_data"]["pin_required"] = True
    at_square.shop.catalogue.objects["D1"]["updated_at"] = at_square.shop.catalogue.stamp()
    assert set(left_out(at_square.pull())) == {"Staff"}


def test_what_shopify_gives_and_what_of_it_no_till_can_hold(at_shopify: Puller) -> None:
    shopify: LyingShopify = at_shopify.shop
    offer = shopify.shelf.offer
    offer(1, "WELCOME", percent="7", endsAt="2026-12-31T23:00:00Z")
    offer(2, "FIVE", amount="5.0")
    offer(3, "AUTOMATIC", percent="12.5", __typename="DiscountAutomaticBasic")
    offer(4, "ONCE", percent="10", usageLimit=1)
    offer(5, "EACH", percent="10", appliesOncePerCustomer=True)
    offer(6, "RICH", percent="10", minimumRequirement={"__typename": "DiscountMinimumSubtotal"})
    offer(7, "VIP", percent="10", context={"__typename": "DiscountCustomers"})
    gets = {"appliesOnOneTimePurchase": True, "items": {"__typename": "DiscountProducts"}, "value": None}
    offer(8, "SOME", percent="10", customerGets=gets)
    offer(9, "OLD", percent="10", status="EXPIRED")
    offer(10, "FREE", percent="10", __typename="DiscountCodeFreeShipping")
    offer(11, "PIECES", amount="1.00")
    value = shopify.shelf.discounts["gid://shopify/DiscountCodeNode/11"]["discount"]["customerGets"]["value"]
    value["appliesOnEachItem"] = True
    subscribed = {**gets, "appliesOnOneTimePurchase": False, "items": {"__typename": "AllDiscountItems"}}
    offer(13, "SUBSCRIBED", percent="10", customerGets=subscribed)
    several = {**gets, "items": {"__typename": "AllDiscountItems"}, "value": {"__typename": "DiscountOnQuantity"}}
    offer(14, "SEVERAL", percent="10", customerGets=several)
    offer(12, "DOLLARS", amount="1.00")
    money = shopify.shelf.discounts["gid://shopify/DiscountCodeNode/12"]["discount"]["customerGets"]["value"]
    money["amount"]["currencyCode"] = "USD"
    found = at_shopify.pull()

    assert off(found) == {"WELCOME": "7", "FIVE": 500, "AUTOMATIC": "12.5"}
    assert set(left_out(found)) == {
        "ONCE",
        "EACH",
        "RICH",
        "VIP",
        "SOME",
        "10",
        "PIECES",
        "DOLLARS",
        "SUBSCRIBED",
        "SEVERAL",
    }
    assert (found["WELCOME"].since, found["WELCOME"].until) == (
        "2026-01-01T00:00:00+00:00",
        "2026-12-31T23:00:00+00:00",
    )


def test_shopify_tells_what_changed_and_no_deletions(at_shopify: Puller, clock: Clock) -> None:
    at_shopify.shop.shelf.offer(1, "STAFF", percent="10")
    at_shopify.shop.shelf.offer(2, "FIVE", amount="5.00")
    clock.forward(minutes=5)
    assert len(at_shopify.pull()) == 2
    clock.forward(minutes=30)
    at_shopify.shop.shelf.offer(1, "STAFF", percent="15")
    at_shopify.shop.shelf.withdraw(2)
    clock.forward(minutes=5)
    assert off(at_shopify.pull()) == {"STAFF": "15", "FIVE": 500}
    at_shopify.cursor, at_shopify.known = None, {}
    assert off(at_shopify.pull()) == {"STAFF": "15"}
    clock.forward(minutes=30)
    at_shopify.shop.shelf.offer(1, "STAFF", percent="15", status="EXPIRED")
    clock.forward(minutes=5)
    assert at_shopify.pull() == {}


HANGS: dict[str, Any] = {
    "product_ids": [3],
    "excluded_product_categories": [3],
    "exclude_sale_items": True,
    "minimum_amount": "20.00",
    "maximum_amount": "90.00",
    "email_restrictions": ["*@example.com"],
    "usage_limit": 1,
    "usage_limit_per_user": 1,
    "limit_usage_to_x_items": 2,
    "discount_type": "fixed_product",
}


def test_what_woocommerce_gives_and_what_of_it_no_till_can_hold(at_woo: Puller) -> None:
    woo: LyingWoo = at_woo.shop
    woo.shelves.offer(1, "summer &amp; sun", "10.00", percent=True, date_expires_gmt="2026-12-31T23:00:00")
    woo.shelves.offer(2, "five", "5.00", usage_limit=0, individual_use=True)
    woo.shelves.offer(3, "nothing", "0.00")
    woo.shelves.offer(4, "points", "5", discount_type="points_and_rewards")
    for number, (name, value) in enumerate(HANGS.items(), 5):
        woo.shelves.offer(number, name, "5.00", **{name: value})
    woo.shelves.offer(40, "draft", "5.00", status="draft")
    found = at_woo.pull()

    assert off(found) == {"summer & sun": "10", "five": 500}
    assert set(left_out(found)) == {*HANGS, "nothing", "points"}
    assert found["summer & sun"].until == "2026-12-31T23:00:00+00:00"


def test_woocommerce_tells_what_changed_and_no_deletions(at_woo: Puller, clock: Clock) -> None:
    for number in range(1, 8):
        at_woo.shop.shelves.offer(number, f"code{number}", "5.00")
    assert len(at_woo.pull()) == 7
    clock.forward(minutes=10)
    at_woo.shop.shelves.offer(1, "code1", "6.00")
    del at_woo.shop.shelves.coupons[2]
    changed = off(at_woo.pull())
    assert (len(changed), changed["code1"]) == (7, 600)
    at_woo.cursor, at_woo.known = None, {}
    assert sorted(off(at_woo.pull())) == ["code1", "code3", "code4", "code5", "code6", "code7"]


@pytest.mark.parametrize("where", ["at_square", "at_shopify", "at_woo"])
@pytest.mark.parametrize(
    "answer", [Answer(502, {}, b"<html>"), Answer(200, {}, b'{"data": {"a'), Answer(200, {}, b'"discounts"')]
)
def test_a_page_that_is_none_is_asked_for_again(where: str, answer: Answer, request: pytest.FixtureRequest) -> None:
    connector = request.getfixturevalue(where).connector
    assert isinstance(connector.page(Feed.DISCOUNTS, None, answer), Retry)


def test_nothing_is_pulled_where_nobody_asked_for_it() -> None:
    for connector in (square_at("http://127.0.0.1:1"), shopify_at("http://127.0.0.1:1"), woo_at("http://127.0.0.1:1")):
        assert connector.pull(Feed.DISCOUNTS, None) is None
        assert Feed.DISCOUNTS not in {rules.feed for rules in connector.capabilities.feeds}


@given(st.decimals(allow_nan=True, allow_infinity=True, places=6))
def test_a_percentage_is_one_that_a_till_takes_or_none(percent: object) -> None:
    from agent import entry

    try:
        taken = percent_of(percent)
    except ValueError:
        return
    assert f"{entry.percent(taken):f}" == taken


@pytest.mark.parametrize("text", ["", "  ", None, 7, "\x00"])
def test_a_discount_without_a_name_is_none(text: object) -> None:
    with pytest.raises(ValueError, match="no name"):
        name_of(text)


def test_names_are_such_as_a_till_takes_for_a_reason() -> None:
    assert name_of(" Two\nlines\x07 ") == "Two lines"
    assert len(name_of("x" * 500)) == 200


def test_amounts_and_times_that_are_none() -> None:
    for amount in (0, -1, True, "5", None, 10**13):
        with pytest.raises(ValueError, match="takes no amount off"):
            amount_of(amount)
    with pytest.raises(ValueError, match="no time"):
        moment_of("tomorrow")
    assert (moment_of(None), moment_of("2026-12-31T23:00:00+01:00")) == (None, "2026-12-31T22:00:00+00:00")


def test_of_one_name_the_first_clouds_discount_is_offered() -> None:
    def one(cloud: str, name: str, number: int = 1) -> NamedDiscount:
        return NamedDiscount(cloud, f"{cloud}-{number}", name, "10", None, None)

    found = [one("b", "Staff"), one("a", "STAFF"), one("b", "Own"), one("a", "STAFF", 2), one("gone", "Old")]
    assert [each.id for each in each_name_once(found, ["a", "b"])] == ["b-1", "a-1", "a-2"]
    assert [each.name for each in each_name_once(found, ["a", "b"])] == ["Own", "STAFF", "STAFF"]
