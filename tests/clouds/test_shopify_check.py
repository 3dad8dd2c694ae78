"""`cloud check` at Shopify, how its tokens are got, its settings, and the judge of everything sent."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from agent.config import load
from outbox.clouds import KINDS, shopify
from outbox.clouds.shopify import queries as shopify_queries
from outbox.connector import Answer
from outbox.mapping import Declared, DeclaredTax, Finding, Level, Question
from tests.clouds.conformance.contract import call
from tests.clouds.lying_shopify import TOKEN
from tests.clouds.lying_shopify_books import HERE
from tests.clouds.shopify_shop import STORE, a_shopify, settings
from tests.clouds.shopify_spec import needs_shopify_spec, shopify_faults

if TYPE_CHECKING:
    from tests.clouds.driver import Clock
    from tests.clouds.lying_shopify import LyingShopify

SAMPLE = Path(shopify.__file__).parent / "sample.toml"
DECLARED = Declared(
    (DeclaredTax("standard", "VAT", Decimal(19)), DeclaredTax("reduced", "VAT", Decimal(7))), ("cash", "card")
)


def checked(shop: LyingShopify, declared: Declared = DECLARED, **more: Any) -> list[Finding]:
    """Ask a shop everything, and return what was found."""
    store = more.pop("store", STORE)
    checks = KINDS["shopify"].checks(settings(**more), store, declared)
    assert checks is not None
    asked = list(checks.questions())
    found = []
    while asked:
        question = asked.pop(0)
        answer = call(shop, question.request, {"x-shopify-access-token": TOKEN})
        for one in checks.findings(question.name, answer):
            if isinstance(one, Question):
                asked.append(one)
            else:
                found.append(one)
    assert shop.spec_faults == []
    return found


def wrong(found: list[Finding]) -> list[str]:
    return [one.text for one in found if one.level is Level.WRONG]


def test_a_shop_that_fits_has_nothing_wrong(clock: Clock) -> None:
    found = checked(a_shopify(clock))
    assert wrong(found) == []
    assert sum(one.level is Level.GOOD for one in found) == 4


@pytest.mark.parametrize(
    ("lies", "more", "said"),
    [
        ({"taxes_included": False}, {}, "prices are without taxes, the store's include taxes"),
        ({"scopes": ("read_products", "read_all_orders")}, {}, "lacks the scopes write_orders, write_inventory"),
        ({"locations": {HERE: False}}, {}, "is closed"),
        ({}, {"location_id": "77"}, "no location gid://shopify/Location/77"),
        ({}, {"store": replace(STORE, currency="USD")}, "currency is EUR, the store's USD"),
        ({}, {"taxes": {"luxury": "*"}}, "names luxury"),
    ],
)
def test_what_does_not_fit_is_named(clock: Clock, lies: dict[str, Any], more: dict[str, Any], said: str) -> None:
    (text,) = wrong(checked(a_shopify(clock, **lies), **more))
    assert said in text


def test_the_lines_that_are_missing_are_proposed(clock: Clock) -> None:
    found = checked(a_shopify(clock), location_id="77", taxes={})
    proposals = {one.proposal for one in found if one.proposal}
    assert proposals == {f'location_id = "{HERE}"', 'taxes = { standard = "*" }'}
    two = a_shopify(clock, locations={HERE: True, "gid://shopify/Location/2": True})
    two.shelf.page_size = 1
    assert 'stock = "adjust"' not in {one.proposal for one in checked(two)}  # of two it saw one: ours
    two.shelf.page_size = 250
    assert 'stock = "adjust"' in {one.proposal for one in checked(two)}
    second = checked(two, location_id="2")
    assert wrong(second) == []


def test_a_location_is_looked_for_page_by_page(clock: Clock) -> None:
    shop = a_shopify(clock, locations={f"gid://shopify/Location/{n}": True for n in range(1, 8)})
    shop.shelf.page_size = 2
    assert wrong(checked(shop, location_id="7")) == []


def test_old_orders_versions_and_plain_tenders_are_noted(clock: Clock) -> None:
    shop = a_shopify(
        clock, scopes=("write_orders", "read_products", "write_inventory", "read_locations", "write_customers")
    )
    shop.serves = "2027-07"
    notes = [one.text for one in checked(shop, tenders={}) if one.level is Level.NOTE]
    assert [said for said in ("60 days", "2027-07", "cash, card") if any(said in note for note in notes)] == [
        "60 days", "2027-07", "cash, card",
    ]  # fmt: skip


def test_an_answer_that_is_none_is_wrong(clock: Clock) -> None:
    checks = KINDS["shopify"].checks(settings(), STORE, DECLARED)
    assert checks is not None
    for name in ("shop", "scopes", "locations"):
        (found,) = checks.findings(name, Answer(401, {}, b'{"errors": "[API] Invalid API key"}'))
        assert isinstance(found, Finding)
        assert found.level is Level.WRONG
    empty = checks.findings("shop", Answer(200, {}, b'{"data": {"shop": null, "other": 1}}'))
    assert any(isinstance(one, Finding) and "no shop" in one.text for one in empty)


def test_a_tax_code_that_is_no_bare_key_is_proposed_in_quotes(clock: Clock) -> None:
    declared = Declared((DeclaredTax("7 %", "VAT", Decimal(7)),))
    assert 'taxes = { "7 %" = "*" }' in {one.proposal for one in checked(a_shopify(clock), declared, taxes={})}


# --- tokens ---


def test_a_token_needs_no_signing_in() -> None:
    kind = KINDS["shopify"]
    assert kind.sign_in(settings()) is None
    assert kind.asks(settings()) == ()
    assert kind.asks(settings(token=None)) == ("token",)
    assert kind.sign_in(settings(token=None)) is None


def test_an_app_of_the_shops_own_signs_in_by_itself() -> None:
    kind = KINDS["shopify"]
    own = settings(token=None, client_id="app", client_secret=SecretStr("secret"))
    found = kind.sign_in(own)
    assert found is not None
    assert (found.by_person, found.token_url) == (False, "http://127.0.0.1:1/admin/oauth/access_token")
    assert found.shown("t") == {"x-shopify-access-token": "t"}
    assert kind.asks(own) == ()
    assert kind.asks(settings(token=None, client_id="app")) == ("client_secret",)


def test_any_other_app_sends_a_person_to_the_shop() -> None:
    found = KINDS["shopify"].sign_in(
        settings(token=None, client_id="app", client_secret=SecretStr("s"), redirect_url="http://127.0.0.1:8751/")
    )
    assert found is not None
    assert (found.by_person, found.listens, found.rotates, found.forgives) == (True, True, True, True)
    assert ("expiring", "1") in found.own_fields
    assert "write_orders" in found.scopes


# --- settings ---


def test_a_location_is_named_by_its_number_or_whole() -> None:
    assert settings(location_id="12").location_id == "gid://shopify/Location/12"
    assert settings(location_id="gid://shopify/Location/12").location_id == "gid://shopify/Location/12"
    for text in ("", "Main Street", "gid://shopify/Shop/1", "0", "١٢"):
        with pytest.raises(ValidationError, match="cloud check"):
            settings(location_id=text)


def test_the_sample_configuration_is_one() -> None:
    config = load(SAMPLE, environ={"SHOPIFY_TOKEN": TOKEN})
    (cloud,) = config.clouds
    assert (cloud.kind, cloud.settings is not None) == ("shopify", True)
    assert isinstance(cloud.settings, shopify.Settings)
    assert cloud.settings.stock == "order"


# --- the judge ---


@needs_shopify_spec
def test_every_document_is_taken_by_shopifys_own_schema() -> None:
    documents = [one for one in vars(shopify_queries).values() if isinstance(one, shopify_queries.Document)]
    assert {one.name for one in documents} == shopify_queries.COSTS.keys()
    for document in documents:
        faults = shopify_faults(json.dumps({"query": document.text, "variables": {}}).encode())
        assert [fault for fault in faults if "to be provided" not in fault] == [], document.name


@needs_shopify_spec
@pytest.mark.parametrize(
    ("query", "variables", "said"),
    [
        ("query Q { shop { colour } }", {}, "colour"),
        ("query Q($first: Int!) { orders(first: $first) { nodes { id } } }", {"first": "ten"}, "first"),
        ("query Q { shop { name } }", {"more": 1}, "more"),
        ("mutation M($input: RefundInput!) { refundCreate(input: $input) { refund { id } } }",
         {"input": {"orderId": "gid://shopify/Order/1"}}, "@idempotent"),
        ("mutation M($order: OrderCreateOrderInput!) { orderCreate(order: $order) { order { id } } }",
         {"order": {"createdAt": "2026-11-20T10:00:00Z"}}, "createdAt"),
    ],
)  # fmt: skip
def test_the_judge_finds_what_shopify_would_refuse(query: str, variables: dict[str, Any], said: str) -> None:
    faults = shopify_faults(json.dumps({"query": query, "variables": variables}).encode())
    assert any(said in fault for fault in faults), faults


@needs_shopify_spec
def test_the_judge_knows_the_bodys_fields() -> None:
    assert shopify_faults(b'{"query": "query Q { shop { name } }", "variables": {}, "id": 1}')
