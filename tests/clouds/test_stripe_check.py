"""`cloud check` against a lying Stripe: whose account it is, which readers there are, what the key may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from agent.connecting.checking import ask
from outbox.auth.authorizer import Static
from outbox.calls import Calls
from outbox.clouds import StoreFacts, make
from outbox.clouds.stripe import Settings, checks
from outbox.mapping import Declared, Level
from outbox.session import Session
from tests.clouds.conftest import hasty
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from tests.clouds.driver import Clock

STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")


@pytest.fixture
def stripe(clock: Clock) -> LyingStripe:
    lying = LyingStripe(now=clock)
    lying.readers.put("tmr_1")
    return lying


async def said(stripe: LyingStripe, clock: Clock, **settings: Any) -> dict[str, Level]:
    """Return what was found, and how much it matters."""
    async with serving(stripe) as url, Session(hasty) as session:
        given = Settings.model_validate({"base_url": url, "key": SecretStr(KEY)} | settings)
        calls = Calls(url, session, Static(make("stripe", given, STORE), clock))
        asked = await ask(checks(given, STORE, Declared()), calls, now=clock)
    assert stripe.spec_faults == []
    assert asked.answered
    return {found.text + found.proposal: found.level for found in asked.findings}


async def test_an_account_that_fits(stripe: LyingStripe, clock: Clock) -> None:
    found = await said(stripe, clock, readers={"till-1": "tmr_1"})
    assert Level.WRONG not in found.values()
    assert found["till till-1: reader tmr_1 (tmr_1) is online"] is Level.GOOD
    assert found["the key is of test mode: no card is really charged"] is Level.NOTE
    assert found["account acct_1, in DE"] is Level.GOOD


async def test_what_does_not_fit_is_named_with_what_to_write(stripe: LyingStripe, clock: Clock) -> None:
    stripe.readers.put("tmr_2").online = False
    stripe.books.account |= {"default_currency": "usd", "charges_enabled": False}
    stripe.forbidden = ("/v1/refunds",)
    found = await said(stripe, clock, readers={"till-1": "tmr_9", "till-2": "tmr_2"})
    wrong = [text for text, level in found.items() if level is Level.WRONG]
    assert any("no reader tmr_9" in text and 'readers = { till-1 = "tmr_1" }' in text for text in wrong)
    assert any("tmr_2" in text and "offline" in text for text in wrong)
    assert any("may not charge cards yet" in text for text in wrong)
    assert any("Refunds" in text and "permission" in text for text in wrong)
    assert any("settled in USD" in text for text in found)


async def test_readers_that_no_till_uses_are_proposed(stripe: LyingStripe, clock: Clock) -> None:
    assert any('readers = { till-1 = "tmr_1" }' in text for text in await said(stripe, clock))
    stripe.readers.by_id.clear()
    assert any("no readers" in text for text in await said(stripe, clock))


async def test_a_key_that_is_not_taken_is_the_first_thing_said(stripe: LyingStripe, clock: Clock) -> None:
    stripe.key = "sk_other"
    found = await said(stripe, clock)
    assert "does not accept the key" in next(iter(found))
