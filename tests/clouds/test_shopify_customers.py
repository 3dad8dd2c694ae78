"""A sale's customer at Shopify: made once by our own id, found again, and never what holds a sale up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from outbox.connector import Absent, Answer, Found, Step
from outbox.feeds import Feed, Page
from tests.clouds.conformance.contract import call
from tests.clouds.records import line, sale
from tests.clouds.shopify_shop import delivered, shopify_at, shopify_fact, the_order

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_shopify import LyingShopify

ADA = {"id": "0193e1a0-0000-7000-8000-000000000001", "name": "Ada Byron", "number": "K1"}


def for_ada(nth: int = 1, **named: Any) -> Record:
    record = sale([line("mug", 1250)], number=nth)
    record.body["customer"] = {**ADA, **named}
    return record


def made(shopify: LyingShopify) -> list[str | None]:
    """Return whom the shop has, by our ids."""
    return [shopify.people.custom_id(gid) for gid in shopify.shelf.customers]


def whom(shopify: LyingShopify) -> list[str | None]:
    """Return for whom each order is, by our ids."""
    return [shopify.people.custom_id(order["customer"]) for order in shopify.books.orders.values()]


@pytest.mark.parametrize("objects", [False, True], ids=["says nobody", "objects"])
async def test_a_customer_is_made_once_and_every_order_is_linked(
    to_shopify: Driver, shopify: LyingShopify, *, objects: bool
) -> None:
    shopify.people.objects = objects  # to a custom id that nobody has defined yet
    for number in (1, 2):
        await delivered(to_shopify, for_ada(number))
    await delivered(to_shopify, for_ada(3, id="somebody else", name="Émile Zola", number=None))

    assert made(shopify) == [ADA["id"], "somebody else"]
    assert whom(shopify) == [ADA["id"], ADA["id"], "somebody else"]
    ada, zola = shopify.shelf.customers.values()
    assert (ada["displayName"], ada["note"], zola["note"]) == ("Ada Byron", "Number K1", None)
    assert to_shopify.notes == []
    assert shopify.requests.count("DefineId") == 1


@pytest.mark.parametrize("operation", ["CustomerById", "SetCustomer", "DefineId", "CreateOrder"])
@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("what", ["drop", "half_json"])
async def test_a_lost_answer_makes_nobody_twice(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock, operation: str, what: str, *, after: bool
) -> None:
    shopify.faults.add(what, on=operation, after=after, times=2)
    to_shopify.on_failure = lambda: clock.forward(days=1)
    await delivered(to_shopify, for_ada())

    assert (made(shopify), whom(shopify)) == ([ADA["id"]], [ADA["id"]])


async def test_two_tills_at_once_make_one(to_shopify: Driver, shopify: LyingShopify) -> None:
    looked = {"customer-looked": "absent"}  # both were told that nobody is there
    await delivered(to_shopify, for_ada(1), refs=looked)
    await delivered(to_shopify, for_ada(2), refs=looked)

    assert (made(shopify), whom(shopify)) == ([ADA["id"]], [ADA["id"]] * 2)


async def test_who_is_there_already_is_not_written_to(to_shopify: Driver, shopify: LyingShopify) -> None:
    await delivered(to_shopify, for_ada(1))
    (ada,) = shopify.shelf.customers.values()
    ada["displayName"] = "Ada Lovelace"  # as the shop has corrected it
    await delivered(to_shopify, for_ada(2, name="Ada B."))

    assert ada["displayName"] == "Ada Lovelace"
    assert whom(shopify) == [ADA["id"]] * 2


async def test_one_whom_the_shop_has_deleted_is_made_anew(to_shopify: Driver, shopify: LyingShopify) -> None:
    await delivered(to_shopify, for_ada(1))
    shopify.shelf.customers.clear()
    await delivered(to_shopify, for_ada(2))

    assert (made(shopify), whom(shopify)[1]) == ([ADA["id"]], ADA["id"])


async def test_an_app_that_may_not_write_customers_holds_no_sale_up(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.people.may = False
    await delivered(to_shopify, for_ada())

    assert (the_order(shopify)["customer"], made(shopify)) == (None, [])
    assert "Shopify was not told that this is for Ada Byron" in to_shopify.notes[0]
    assert "cloud check" in to_shopify.notes[0]


async def test_one_whom_shopify_does_not_take_holds_no_sale_up(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.people.takes_nobody = True
    await delivered(to_shopify, for_ada())

    assert (the_order(shopify)["customer"], len(to_shopify.notes)) == (None, 1)
    assert "must be present" in to_shopify.notes[0]


async def test_a_definition_that_cannot_be_made_holds_no_sale_up(to_shopify: Driver, shopify: LyingShopify) -> None:
    wrong = {"userErrors": [{"field": None, "message": "Too many definitions", "code": "LIMIT_EXCEEDED"}]}
    body = json.dumps({"data": {"metafieldDefinitionCreate": wrong}}).encode()
    shopify.faults.add("status", on="DefineId", status=200, body=body)
    await delivered(to_shopify, for_ada())

    assert the_order(shopify)["customer"] is None
    assert "Too many definitions" in to_shopify.notes[0]


async def test_a_definition_that_another_till_made_meanwhile_is_as_good(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    def define(step: Step) -> None:
        if step.name == "customer-defined":
            shopify.people.defined.add(("stillopen", "customer_id"))

    to_shopify.on_step = define
    await delivered(to_shopify, for_ada())

    assert (whom(shopify), to_shopify.notes) == ([ADA["id"]], [])


async def test_a_token_that_is_taken_back_pauses_the_cloud_and_loses_no_customer(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    token, shopify.token = shopify.token, "another"
    to_shopify.on_failure = lambda: setattr(shopify, "token", token)
    await delivered(to_shopify, for_ada())

    assert (whom(shopify), to_shopify.notes) == ([ADA["id"]], [])


def test_a_look_says_whether_they_are_there(clock: Clock) -> None:
    connector = shopify_at("http://127.0.0.1:1")
    fact = shopify_fact(for_ada(), clock, refs={"customer-looked": "absent"})
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    assert step.name == "customer-made"
    assert connector.probe(step, fact) is not None
    there, nobody = ({"data": {"found": one}} for one in ({"id": "gid://shopify/Customer/1"}, None))
    seen = [connector.sighting(step, fact, Answer(200, {}, json.dumps(one).encode())) for one in (there, nobody)]
    assert seen == [Found({"customer": "gid://shopify/Customer/1"}), Absent()]


async def test_who_was_made_there_is_known_again_in_the_pull(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    await delivered(to_shopify, for_ada())
    shopify.shelf.add_customer(7, "Bo O'Neil")
    connector = shopify_at("http://127.0.0.1:1", customers="both")
    request = connector.pull(Feed.CUSTOMERS, None)
    assert request is not None
    page = connector.page(Feed.CUSTOMERS, None, call(shopify, request, connector.credentials(request, "", clock())))

    assert isinstance(page, Page)
    assert [(one.name, one.reference) for one in page.customers] == [("Ada Byron", ADA["id"]), ("Bo O'Neil", None)]
