"""The pages' own modules, called in a real Chromium: reading and writing money, and what cash is likely."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agent.shift.coins import denominations
from outbox.money import decimals

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(browser: Browser, store: Shop) -> Page:
    opened = await browser.page(store.address(paired=False))
    await opened.sees("stillopen pair")
    return opened


async def money(page: Page, currency: str, locale: str, function: str, *arguments: Any) -> Any:
    given = ", ".join(json.dumps(argument) for argument in arguments)
    store = {
        "currency": currency, "decimals": decimals(currency), "denominations": denominations(currency),
        "locale": locale, "timezone": "Europe/Berlin",
    }  # fmt: skip
    shown = await page.js(
        "import('/static/parts/money.js').then((m) => "
        f"{{ m.chooseMoney({json.dumps(store)}); return m.{function}({given}) }})"
    )
    return shown.replace("\xa0", " ") if isinstance(shown, str) else shown


@pytest.mark.parametrize(
    ("currency", "locale", "minor", "shown"),
    [
        ("EUR", "de_DE", 123456, "1.234,56 €"),
        ("USD", "en_US", -5, "-$0.05"),
        ("JPY", "ja_JP", 1500, "\uffe51,500"),
        ("KWD", "en_GB", 1, "KWD 0.001"),
        ("EUR", "xx_XX", 100, "€1.00"),
    ],
)
async def test_money_is_written_as_the_store_writes_it(
    page: Page, currency: str, locale: str, minor: int, shown: str
) -> None:
    assert await money(page, currency, locale, "money", minor) == shown


async def test_what_a_person_types_is_read_or_refused_never_guessed(page: Page) -> None:
    good = {"20": 2000, "20,5": 2050, "20.5": 2050, ",5": 50, "1.234,50": 123450, "1,234.50": 123450, " 7 ": 700}
    for text, minor in good.items():
        assert await money(page, "EUR", "de_DE", "parse", text) == minor, text
    for text in ("", ",", "x", "1,234", "-5", "1e3", "12.345,678", "1,2,3", "9" * 20):
        assert await money(page, "EUR", "de_DE", "parse", text) is None, text
    assert await money(page, "JPY", "ja_JP", "parse", "1500") == 1500
    assert await money(page, "JPY", "ja_JP", "parse", "15.5") is None


async def test_a_currency_has_the_decimals_of_the_agent_whatever_the_browser_says_are_in_use(page: Page) -> None:
    for currency, locale in (("HUF", "hu_HU"), ("IQD", "ar_IQ"), ("COP", "es_CO"), ("CLP", "es_CL")):
        places = decimals(currency)
        assert await money(page, currency, locale, "parse", "5000") == 5000 * 10**places, currency
        assert await money(page, currency, locale, "parse", f"1.{'5' * (places + 1)}") is None, currency
        for minor in (0, 5, 123456):
            written = await money(page, currency, locale, "typed", minor)
            assert await money(page, currency, locale, "parse", written) == minor, written
    assert await money(page, "HUF", "hu_HU", "money", 123400) == "1234,00 Ft"
    assert await money(page, "IQD", "en_US", "money", 1234567) == "IQD 1,234.567"


async def test_cash_offered_is_exact_first_and_then_what_a_customer_has_in_hand(page: Page) -> None:
    assert await money(page, "EUR", "de_DE", "cashOffers", 735) == [735, 800, 1000, 2000, 5000, 10000]
    assert await money(page, "EUR", "de_DE", "cashOffers", 3010) == [3010, 3500, 4000, 5000, 10000, 20000]
    assert await money(page, "EUR", "de_DE", "cashOffers", 2000) == [2000, 5000, 10000, 20000]
    assert await money(page, "JPY", "ja_JP", "cashOffers", 735) == [735, 800, 1000, 2000, 5000, 10000]
    for currency, whole, offered in (
        ("EUR", 300, [300, 400, 500]),  # what a 500 is for
        ("HUF", 3_490, [3_490, 3_500, 4_000, 5_000, 10_000, 20_000]),
        ("HUF", 12_345, [12_345, 14_000, 15_000, 20_000]),
        ("CZK", 1_249, [1_249, 1_400, 1_500, 2_000, 5_000]),
        ("INR", 349, [349, 350, 400, 500, 1_000, 2_000]),  # nobody named its coins and notes
    ):
        minor = [amount * 100 for amount in offered]
        assert await money(page, currency, "en_GB", "cashOffers", whole * 100) == minor, currency
    assert await money(page, "EUR", "de_DE", "cashOffers", 649) == [649, 700, 800, 1000, 2000, 5000]
    assert await money(page, "EUR", "de_DE", "cashOffers", 45) == [45, 50, 100, 200, 500, 1000]


async def test_a_time_has_its_year_where_that_is_not_the_stores_own(page: Page) -> None:
    await money(page, "EUR", "de_DE", "decimals")
    for moment, now, shown in (
        ("2026-11-21T09:05:00+01:00", "2026-12-31T22:59:00Z", "21.11., 09:05"),
        ("2026-11-21T09:05:00+01:00", "2026-12-31T23:01:00Z", "21.11.2026, 09:05"),  # a new year in Berlin
        ("2026-12-31T23:30:00Z", "2027-06-01T10:00:00Z", "01.01., 00:30"),
    ):
        written = f"import('/static/parts/money.js').then((m) => m.when({moment!r}, new Date({now!r})))"
        assert await page.js(written) == shown


async def test_a_quantity_is_read_as_the_agent_takes_it(page: Page) -> None:
    for text, quantity in {"2": "2", "0,350": "0.350", " 1.5 ": "1.5"}.items():
        assert await money(page, "EUR", "de_DE", "parseQuantity", text) == quantity
    for text in ("0", "", "-1", "1.2345", "2x", "1,000,000"):
        assert await money(page, "EUR", "de_DE", "parseQuantity", text) is None, text
