"""Every page but the till's own: the customer's screen, devices, the demo, the documents, and the six digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import COFFEE, LONG, MILK

if TYPE_CHECKING:
    from tests.looks.stage import Stage

CUSTOMER = "!!document.querySelector('#customer > *')"
SHOWS = "document.getElementById('customer').dataset.shows"
DEVICES = "document.querySelectorAll('[data-device]').length === 4"
DEMO = "document.querySelectorAll('.shelf-item').length > 40"
READ = "location.pathname.startsWith('/docs') && document.readyState === 'complete'"


async def pairing(stage: Stage) -> None:
    """A browser that the agent does not know."""
    await stage.page.call("Network.clearBrowserCookies")
    await stage.load("", ready="!!document.querySelector('.pair-input')")


async def pairing_refused(stage: Stage) -> None:
    await pairing(stage)
    await stage.page.js("(document.querySelector('.pair-input').value = '000000', 0)")
    await stage.page.click(".pairing .primary")
    await stage.there(".field-error:not([hidden])")


async def customer_welcome(stage: Stage) -> None:
    await stage.load("customer", ready=CUSTOMER)


async def customer_sale(stage: Stage) -> None:
    await customer_welcome(stage)
    for code in (COFFEE, MILK, MILK, LONG):
        await stage.ask("POST", "/v1/tills/till-1/scan", {"data": code})
    await stage.of_sale("POST", "/discounts", {"percent": "10"})
    await stage.of_sale("POST", "/tenders", {"type": "card", "amount": 300})
    await stage.page.until(
        "document.querySelectorAll('.line').length === 3 && document.querySelectorAll('.sum').length > 2"
    )


async def customer_full(stage: Stage) -> None:
    """More lines than the screen has, the newest in view, and sums of every kind."""
    await customer_welcome(stage)
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    for number in range(40):
        await stage.of_sale("POST", "/lines", {"name": f"Article {number}", "price": 199 + number})
    await stage.of_sale("POST", "/lines", {"sku": "9004"})
    await stage.of_sale("POST", "/discounts", {"percent": "10", "reason": "Staff"})
    await stage.page.until("document.querySelectorAll('.line').length === 41 && !!document.querySelector('.sum')")


async def customer_exchange(stage: Stage) -> None:
    """More comes back than is taken."""
    await customer_welcome(stage)
    await stage.ask("POST", "/v1/tills/till-1/scan", {"data": COFFEE})
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 2000})
    record = await stage.of_sale("POST", "/complete")
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    await stage.of_sale("PUT", "/taken-back", {"receipt_number": record["receipt_number"], "tender": "cash"})
    await stage.ask("POST", "/v1/tills/till-1/scan", {"data": MILK})
    await stage.page.until("document.querySelectorAll('.line').length === 2")


async def customer_refunded(stage: Stage) -> None:
    await customer_welcome(stage)
    await _rung(stage)
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 2000})
    record = await stage.of_sale("POST", "/complete")
    back = {"receipt_number": record["receipt_number"], "tender": {"type": "cash"}, "till": "till-1"}
    refund = await stage.ask("POST", "/v1/refunds", back)
    await stage.page.until(f"{SHOWS} === 'done' && document.body.innerText.length > 20 && {refund['total']} > 0")


async def customer_training(stage: Stage) -> None:
    await customer_welcome(stage)
    await stage.ask_as_page("POST", "/v1/tills/till-1/training", {"drawer": False})
    await stage.there(".training")
    await stage.ask("POST", "/v1/tills/till-1/scan", {"data": COFFEE})
    await stage.there(".line")


async def customer_done(stage: Stage) -> None:
    await customer_welcome(stage)
    await _rung(stage)
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 2000})
    await stage.of_sale("POST", "/complete")
    await stage.page.until(f"{SHOWS} === 'done'")


async def customer_away(stage: Stage) -> None:
    await customer_welcome(stage)
    await stage.stop_agent()
    await stage.page.until(f"{SHOWS} === 'away'")


async def devices(stage: Stage) -> None:
    await stage.load("devices", ready=DEVICES)


async def devices_in_trouble(stage: Stage) -> None:
    """One is lost, another says what its test did, and a scanner's wire is looked at."""
    await devices(stage)
    await stage.page.click("[data-key=trace-counter]")
    await stage.there("[data-key=trace-counter][aria-pressed=true]")
    await stage.shop.world.scanner.scan(COFFEE)
    await stage.there("[data-scan]")
    await stage.page.click("[data-key=test-receipt]")
    await stage.there(".device-said")
    stage.shop.world.bench.unplug("scale")
    await stage.there("[data-device=scale] .next")


async def devices_checked(stage: Stage) -> None:
    """What a field tech would look at, the worst first."""
    await devices(stage)
    await stage.page.click("[data-key=doctor]")
    await stage.there("[data-check=journal][data-state=ok]")
    await stage.page.js("document.querySelector('[data-key=doctor]').scrollIntoView({block: 'start'})")


async def devices_away(stage: Stage) -> None:
    await devices(stage)
    await stage.stop_agent()
    await stage.there(".banner-away:not([hidden])")


async def demo(stage: Stage) -> None:
    await stage.load("demo", ready=DEMO)


async def demo_sold(stage: Stage) -> None:
    """A receipt hangs out of the printer, the drawer is open, the plug is pulled and a record waits."""
    await demo(stage)
    await stage.page.click("[data-plug]")
    await stage.there("[data-plugged=false]")
    await stage.sold(COFFEE)
    await stage.page.until("document.querySelector('[data-receipt]')?.naturalWidth > 300")


async def demo_faults(stage: Stage) -> None:
    """What can go wrong with the printer, and some of it does."""
    await demo(stage)
    stage.shop.world.printer.open_cover()
    await stage.page.click(".desk-tab:last-child")
    await stage.there(".fault")


async def documents(stage: Stage) -> None:
    await stage.load("docs", ready=READ)


async def _rung(stage: Stage) -> None:
    """Ring something, and wait until the screen has it: only a screen that hears the agent is told of a sale's end."""
    await stage.ask("POST", "/v1/tills/till-1/scan", {"data": COFFEE})
    await stage.there(".line")


OTHERS = (
    customer_welcome,
    customer_sale,
    customer_full,
    customer_exchange,
    customer_refunded,
    customer_training,
    customer_done,
    customer_away,
    devices,
    devices_in_trouble,
    devices_checked,
    devices_away,
    pairing,
    pairing_refused,
)
AROUND = (demo, demo_sold, demo_faults, documents)
