"""The till page when something is not as it should be, when it trains, and when it is not let in yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent.demo.cloud import Trouble
from outbox.errors import JournalDamaged
from tests.looks.stage import COFFEE, MILK, TILL
from tests.outbox.failing_disk import damage, fail

if TYPE_CHECKING:
    from tests.looks.stage import Stage

CALM_S, LOOK_S = 15.0, 0.05


async def lamps(stage: Stage) -> None:
    """Every device and cloud, one of them in trouble."""
    stage.shop.world.printer.open_cover()
    await stage.there("[data-lamp=receipt][data-level=bad]")
    await stage.page.click("[data-lamp=receipt]")
    await stage.there(".panel .card-bad")


async def scanner_lent(stage: Stage) -> None:
    """To another front end, and somebody scans here."""
    await stage.ask("POST", "/v1/claims", {"device": "counter", "name": "Kiosk 2"})
    await stage.shop.world.scanner.scan(MILK)
    await stage.there(".message-refused")
    await stage.page.click("[data-lamp=counter][data-level=held]")
    await stage.page.until("document.querySelector('.panel')?.innerText.includes('Kiosk 2')")


async def no_such_till(stage: Stage) -> None:
    await stage.load("?till=till-9", ready="!!document.querySelector('.alone .banner')")


async def outage(stage: Stage) -> None:
    """A cloud that does not answer, and records that wait for it."""
    stage.shop.world.cloud().trouble = Trouble.UNAVAILABLE
    await stage.sold(COFFEE)
    await stage.sold(MILK)
    await stage.there("[data-lamp=cloud][data-level=busy]")
    await stage.key("o", alt=True)
    await stage.there(".panel .outage-lamps")


async def going_offline(stage: Stage) -> None:
    await stage.key("o", alt=True)
    await stage.page.click("[data-key=hold-cloud]")
    await stage.there("[data-key=reason]")


async def offline(stage: Stage) -> None:
    """Held by hand: on its lamp and on its card."""
    await stage.ask_as_page("POST", "/v1/line/offline", {"cloud": "cloud", "reason": "The router is being replaced"})
    await stage.there("[data-lamp=cloud][data-level=held]")
    await stage.key("o", alt=True)
    await stage.there("[data-key=release-cloud]")


async def devices_lost(stage: Stage) -> None:
    """Nothing is plugged in, and somebody is served all the same."""
    world = stage.shop.world
    world.bench.unplug("counter")
    world.bench.unplug("scale")
    await world.printer.power_off()
    await stage.there("[data-lamp=receipt][data-level=bad]")
    await stage.there("[data-lamp=counter][data-level=bad]")
    await stage.ring(COFFEE)


async def agent_away(stage: Stage) -> None:
    """With a scan that waits for it."""
    await stage.ring(COFFEE)
    await stage.stop_agent()
    await stage.there(".banners .banner-away")
    await stage.page.wedge(MILK)
    await stage.there(".line-waiting")


async def cannot_sell(stage: Stage) -> None:
    """The journal was changed behind the till's back, and a disk that failed brought it out. No state follows this."""
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    await stage.of_sale("POST", "/lines", {"name": "Mug", "price": 1250})
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 1250})
    await stage.of_sale("POST", "/complete")
    await stage.ring(COFFEE)
    await asyncio.to_thread(damage, stage.shop.app.journal)
    fail(stage.shop.app.journal, "lost", "lost")
    await stage.page.wedge(MILK)
    await stage.there(".banners .banner-fault")
    await stage.page.click(".message button")  # what was refused says it at length; it goes by itself
    async with asyncio.timeout(CALM_S):
        while not isinstance(stage.shop.app.journal.fault, JournalDamaged):
            await asyncio.sleep(LOOK_S)


async def training_offered(stage: Stage) -> None:
    await stage.key("t", alt=True)


async def training(stage: Stage) -> None:
    await stage.ask_as_page("POST", f"{TILL}/training", {"drawer": False})
    await stage.there(".training-band strong")
    await stage.ring(COFFEE, MILK)
    await stage.key("F10")


async def training_paid(stage: Stage) -> None:
    await stage.ask_as_page("POST", f"{TILL}/training", {"drawer": False})
    await stage.there(".training-band strong")
    await stage.sold(COFFEE)
    await stage.there("[data-print=printed]")


TROUBLES = (
    lamps,
    scanner_lent,
    no_such_till,
    outage,
    going_offline,
    offline,
    devices_lost,
    agent_away,
    training_offered,
    training,
    training_paid,
    cannot_sell,
)
