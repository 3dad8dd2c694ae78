"""`cloud check`: what does not fit between the store and the shop is said with what to set; the sample is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.config import load
from outbox.clouds import KINDS, woocommerce
from outbox.clouds.woocommerce.check import RATES_MAX
from outbox.clouds.woocommerce.plan import ROUTES
from outbox.connector import Answer
from outbox.mapping import Declared, DeclaredTax, Finding, Level, Question
from tests.clouds.woo_shop import STORE, a_shop, woo_at
from tests.simulate.clouds import call

if TYPE_CHECKING:
    from tests.clouds.driver import Clock
    from tests.clouds.lying_woocommerce import LyingWoo

SAMPLE = Path(woocommerce.__file__).parent / "sample.toml"
DECLARED = Declared(
    taxes=(DeclaredTax("standard", "VAT 19%", Decimal(19)), DeclaredTax("reduced", "VAT 7%", Decimal(7))),
    tenders=("cash", "card"),
)


@pytest.fixture
def shop(clock: Clock) -> LyingWoo:
    made = a_shop(clock)
    made.shelves.settings["tax"]["woocommerce_tax_round_at_subtotal"] = "yes"
    return made


def found(shop: LyingWoo, clock: Clock, declared: Declared = DECLARED, **settings: Any) -> list[Finding]:
    """Ask the shop everything and return what was found, without what fits."""
    own = {"base_url": "http://127.0.0.1:2"} | {"taxes": {"standard": "standard", "reduced": "reduced-rate"}} | settings
    checks = KINDS["woocommerce"].checks(woocommerce.Settings.model_validate(own), STORE, declared)
    assert checks is not None
    connector, findings = woo_at("http://127.0.0.1:2"), []
    for question in checks.questions():
        proof = connector.credentials(question.request, "", clock()) | {"host": "127.0.0.1:2"}
        answer = call(shop, replace(question.request, path=ROUTES + question.request.path), proof)
        for one in checks.findings(question.name, answer):
            assert not isinstance(one, Question)
            findings.append(one)
    assert shop.spec_faults == []
    return [one for one in findings if one.level is not Level.GOOD]


def test_a_shop_that_fits_has_nothing_said_against_it(shop: LyingWoo, clock: Clock) -> None:
    assert found(shop, clock) == []


@pytest.mark.parametrize(
    ("group", "name", "value", "said"),
    [
        ("general", "woocommerce_calc_taxes", "no", "works no taxes out"),
        ("general", "woocommerce_price_num_decimals", "0", "0 decimals, EUR has 2"),
        ("tax", "woocommerce_prices_include_tax", "no", "at the shop are without tax, in the store with"),
        ("tax", "woocommerce_tax_round_at_subtotal", "no", "Round tax at subtotal level"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_with_where_it_is(
    shop: LyingWoo, clock: Clock, group: str, name: str, value: str, said: str
) -> None:
    shop.shelves.settings[group][name] = value
    (finding,) = found(shop, clock)
    assert said in finding.text


def test_another_currency_is_wrong(shop: LyingWoo, clock: Clock) -> None:
    shop.shelves.currency = "USD"
    (finding,) = found(shop, clock)
    assert (finding.level, "USD, the store's EUR" in finding.text) == (Level.WRONG, True)


def test_a_tax_without_a_class_is_proposed_as_a_line_for_the_configuration(shop: LyingWoo, clock: Clock) -> None:
    more = replace(DECLARED, taxes=(*DECLARED.taxes, DeclaredTax("books", "Books", Decimal(19))))
    (finding,) = found(shop, clock, more)
    assert finding.proposal == 'taxes = { standard = "standard", reduced = "reduced-rate", books = "standard" }'


def test_a_class_that_is_not_there_and_a_rate_that_differs_are_named(shop: LyingWoo, clock: Clock) -> None:
    findings = found(shop, clock, taxes={"standard": "luxury", "reduced": "standard"})
    said = " ".join(finding.text for finding in findings)
    assert 'no tax class for standard = "luxury"' in said
    assert "reduced is 7% in the store" in said
    assert "are: 19%" in said


def test_a_payment_method_that_is_not_there_is_only_noted(shop: LyingWoo, clock: Clock) -> None:
    (finding,) = found(shop, clock, tenders={"cash": "till-cash", "card": "cod"})
    assert finding.level is Level.NOTE
    assert "cash = 'till-cash'" in finding.text


def test_a_key_that_is_not_taken_is_said_at_the_first_question(shop: LyingWoo, clock: Clock) -> None:
    shop.key = "ck_other"
    assert found(shop, clock)[0].level is Level.WRONG
    assert "does not accept the key" in found(shop, clock)[0].text


def test_answers_that_are_none_are_said_and_trip_nothing() -> None:
    checks = KINDS["woocommerce"].checks(
        woocommerce.Settings.model_validate({"base_url": "https://shop.example.com"}), STORE, DECLARED
    )
    assert checks is not None
    for question in checks.questions():
        for body in (b"<html>", b"[]", b"{}", b"[7]", b'[{"id": 3}]'):
            assert checks.findings(question.name, Answer(200, {}, body))


def test_a_shop_of_many_rates_is_compared_as_far_as_it_is_listed() -> None:
    checks = KINDS["woocommerce"].checks(
        woocommerce.Settings.model_validate({"base_url": "https://shop.example.com"}), STORE, DECLARED
    )
    assert checks is not None
    rows = [{"class": "standard", "rate": "19.0000"}, {"class": "reduced-rate", "rate": "7.0000"}]
    rows += [{"class": "standard", "rate": "n/a"}] * (RATES_MAX - 2)
    (finding,) = checks.findings("rates", Answer(200, {}, json.dumps(rows).encode()))
    assert isinstance(finding, Finding)
    assert finding.level is Level.NOTE
    assert f"first {RATES_MAX} tax rates" in finding.text


def test_the_sample_is_read_by_the_configuration_and_sells(tmp_path: Path) -> None:
    path = tmp_path / "stillopen.toml"
    path.write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (cloud,) = load(path, environ={"SHOP_KEY": "ck_1", "SHOP_SECRET": "cs_1"}).clouds
    assert cloud.kind == "woocommerce"


def test_its_secrets_may_be_in_the_keyring_instead() -> None:
    settings = woocommerce.Settings.model_validate({"base_url": "https://shop.example.com"})
    assert KINDS["woocommerce"].asks(settings) == ("consumer_key", "consumer_secret")
