"""The till page with a card reader that a cloud drives, and a lying Stripe behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving
from tests.looks.stage import COFFEE, MILK, TILL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.looks.stage import Stage

NAME = "tmr_1"
AT_READER = ".reader-state[data-state=at_reader]"
LEFT = (  # the band of one that was left: as long as the page takes it to be under way, it can be shown again
    "document.querySelector('.banner-asks .mark')?.textContent === '?'"
    " && !document.querySelector('[data-key=reader-show]')"
)
LINE_LOST = """import('/static/parts/words.js').then(({ t }) => ['down', 'trouble'].some((state) =>
    document.querySelector('[data-lamp=stripe] .lamp-word').textContent.startsWith(t(`line.state.${state}`))))"""
LOOK_S = 0.05
CALM_S = 15.0


@dataclass(slots=True)
class Reader:
    """The reader's Stripe. Its next customers are put before it by each state."""

    stripe: LyingStripe
    configuration: str

    def expect(self, *customers: str) -> None:
        """Say what the next customers do."""
        self.stripe.readers.put(NAME, *customers)

    def cut(self) -> None:
        """Let no request of the agent's get through."""
        self.stripe.faults.add("drop", times=1_000_000)

    async def calm(self, stage: Stage) -> None:
        """Bring every card payment to its end, and note that somebody has read of it."""
        self.stripe.faults.waiting.clear()
        self.stripe.readers.by_id[NAME].customers.clear()
        stage.shop.app.cards.look_again()  # not at the end of a pause that grew for as long as nothing got through
        async with asyncio.timeout(CALM_S):
            while True:
                cards = (await stage.ask("GET", TILL))["cards"]
                for one in cards["ended"]:
                    await stage.ask("POST", f"/v1/sales/{one['sale']}/card-payments/{one['id']}/told", {})
                payment = cards["payment"]
                if payment is None and not cards["left"]:
                    return
                if payment is not None and payment["state"] == "at_reader":
                    await stage.ask("DELETE", f"/v1/sales/{payment['sale']}/card-payments/{payment['id']}")
                await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def card_reader(folder: Path) -> AsyncIterator[Reader]:
    """Serve a Stripe with a reader at the demo's till."""
    stripe = LyingStripe()
    stripe.readers.put(NAME)
    async with serving(stripe) as url:
        await asyncio.to_thread((folder / "stripe-key").write_text, KEY)
        yield Reader(
            stripe,
            f'[[cloud]]\nname = "stripe"\nkind = "stripe"\nbase_url = "{url}"\nkey = {{ file = "stripe-key" }}\n'
            f'readers = {{ till-1 = "{NAME}" }}\n',
        )


async def reader_asks(stage: Stage) -> None:
    """What F9 opens: all that is due, or a part of it."""
    await _until_up(stage)
    await stage.ring(COFFEE, MILK)
    await stage.key("F9")
    await stage.there("[data-key=own-terminal]")


async def reader_waits(stage: Stage) -> None:
    """The customer is at the reader."""
    await _asked(stage, "walks about")
    await stage.there(AT_READER)


async def reader_behind(stage: Stage) -> None:
    """The items are shown again meanwhile, and one is rung."""
    await reader_waits(stage)
    await stage.page.press("Escape")
    await stage.there("[data-key=reader-show]")
    await stage.ring(COFFEE)


async def reader_declined(stage: Stage) -> None:
    await _asked(stage, "declined")
    await stage.there("[data-ended=declined]")


async def reader_declined_behind(stage: Stage) -> None:
    """While the items are shown: it is said."""
    await reader_waits(stage)
    await stage.page.press("Escape")
    await stage.there("[data-key=reader-show]")
    _reader(stage).stripe.readers.by_id[NAME].now_with = "declined"
    await stage.there(".message-refused")


async def reader_cancelled(stage: Stage) -> None:
    await reader_waits(stage)
    await stage.page.click("[data-key=reader-cancel]")
    await stage.there("[data-ended=cancelled]")


async def reader_unknown(stage: Stage) -> None:
    """The line is lost in mid-payment: nobody can say what became of it."""
    await reader_waits(stage)
    _reader(stage).cut()
    await stage.there("[data-key=reader-leave]")


async def reader_left(stage: Stage) -> None:
    """Gone on without it."""
    await reader_unknown(stage)
    await stage.page.click("[data-key=reader-leave]")
    await stage.page.until(LEFT)


async def reader_told(stage: Stage) -> None:
    """The payment that was left had been charged after all."""
    await reader_left(stage)
    books = _reader(stage).stripe.books
    intent = list(books.intents.values())[-1]
    books.pay(intent, "4242")
    books.capture_intent(intent["id"])
    _reader(stage).stripe.faults.waiting.clear()
    await stage.there("[data-key^=told-]")


async def reader_paid(stage: Stage) -> None:
    await _asked(stage, "pays")
    await stage.there("[data-print=printed]")
    await stage.there(".message-note")


async def reader_offline(stage: Stage) -> None:
    """The reader cannot be asked: another card goes to the terminal."""
    await reader_left(stage)
    await stage.page.until(LINE_LOST)
    await stage.key("F9")
    await stage.there("[data-key=slip]")


def _reader(stage: Stage) -> Reader:
    assert isinstance(stage.beside, Reader)
    return stage.beside


async def _until_up(stage: Stage) -> None:
    async with asyncio.timeout(CALM_S):
        while stage.shop.app.line.view()["clouds"]["stripe"]["state"] != "up":
            stage.shop.app.line.wake()
            await asyncio.sleep(LOOK_S)
    await stage.there('[data-lamp="stripe"][data-level="good"]')  # no other colour gets into the picture


async def _asked(stage: Stage, *customers: str) -> None:
    """Ask for a card, of which the next customers make what they like."""
    _reader(stage).expect(*customers)
    await reader_asks(stage)
    await stage.page.press("Enter")


READER = (
    reader_asks,
    reader_waits,
    reader_behind,
    reader_declined,
    reader_declined_behind,
    reader_cancelled,
    reader_unknown,
    reader_left,
    reader_told,
    reader_paid,
    reader_offline,
)
