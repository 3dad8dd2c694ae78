"""The till page of a shop with PINs: set up, locked, switched, and asked for somebody who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import COFFEE, MILK
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from tests.looks.stage import Stage

STRICT = '[staff]\ndiscount_limit = "10"\n\n[permissions]\nno_sale = "supervisor"\n'
MANAGER, SUPERVISOR, CASHIER = "408215", "739164", "5172"
NAMES = {MANAGER: "Mia", SUPERVISOR: "Solveig Ångström", CASHIER: "Kim"}


async def first_start(_: Stage) -> None:
    """Nobody has said yet whether this shop wants PINs."""


async def first_manager(stage: Stage) -> None:
    await stage.page.click("[data-key=staff-first]")
    await stage.there("[data-key=new-pin]")


async def first_manager_wrong(stage: Stage) -> None:
    await first_manager(stage)
    await stage.write("staff-name", "Mia")
    await stage.write("new-pin", MANAGER)
    await stage.write("pin-again", SUPERVISOR)
    await stage.page.click(".panel [data-key=primary]")
    await stage.there(".field-error:not([hidden])")


async def locked(stage: Stage) -> None:
    await _staffed(stage)
    await stage.there("[data-key=pin]")
    await stage.page.until("document.querySelectorAll('[data-key^=person-]').length === 3")


async def locked_with_a_sale(stage: Stage) -> None:
    """A scan that is refused aloud."""
    await _here(stage, CASHIER)
    await stage.ring(COFFEE)
    await stage.page.press("q", alt=True)
    await stage.there("[data-key=pin]")
    await stage.page.wedge(COFFEE)
    await stage.there(".message-refused")


async def pin_wrong(stage: Stage) -> None:
    await locked(stage)
    await stage.write("pin", "999888")
    await stage.page.press("Enter")
    await stage.there(".field-error:not([hidden])")


async def waiting_for_pin(stage: Stage) -> None:
    """Too many wrong ones: the page has to wait."""
    await stage.ask_as_page("DELETE", "/v1/sign-in")
    await locked(stage)
    for _ in range(6):
        await stage.page.js("document.querySelector('.field-error').hidden = true")
        await stage.write("pin", "999888")
        await stage.page.press("Enter")
        await stage.there(".field-error:not([hidden])")


async def trail(stage: Stage) -> None:
    """Who did what, with leave that was given and refused."""
    await _here(stage, MANAGER)
    await stage.key("j", alt=True)
    await stage.page.until("document.querySelectorAll('.trail li').length > 5")


async def trail_refused(stage: Stage) -> None:
    await _here(stage, CASHIER)
    await stage.key("j", alt=True)
    await stage.there(".panel [role=alert]")


async def switching(stage: Stage) -> None:
    await _here(stage, MANAGER)
    await stage.key("u", alt=True)
    await stage.there("[data-key=people]")


async def leave_asked(stage: Stage) -> None:
    await _here(stage, CASHIER)
    await stage.ring(COFFEE)
    await stage.key("n", alt=True)
    await stage.page.click(".panel .chip")
    await stage.page.click(".panel [data-key=primary]")
    await stage.there("[data-key=no-leave]")
    await stage.page.until("document.querySelectorAll('[data-key^=person-]').length === 2")


async def leave_for_fewer_goods(stage: Stage) -> None:
    """Ten per cent of two items would be more of the one that is left."""
    await _here(stage, CASHIER)
    await stage.ring(COFFEE, MILK)
    await stage.of_sale("POST", "/discounts", {"amount": 70})
    await stage.page.press("Delete")
    await stage.there("[data-key=no-leave]")


async def everybody(stage: Stage) -> None:
    await switching(stage)
    await stage.page.click("[data-key=people]")
    await stage.page.until("document.querySelectorAll('[data-key^=staff-]').length >= 3")


async def somebody_new(stage: Stage) -> None:
    await everybody(stage)
    await stage.page.click(".panel [data-key=primary]")
    await stage.there("[data-key=choice-tech]")


async def somebody_goes(stage: Stage) -> None:
    await everybody(stage)
    await stage.page.click(".panel .row-button:nth-child(2)")
    await stage.page.click("[data-key=remove]")
    await stage.there("[data-key=remove-sure]:not([hidden])")


async def _staffed(stage: Stage) -> None:
    """Set up who works here, once."""
    if (await stage.ask("GET", "/v1/staff"))["staff"]:
        return
    await cheap_pins(stage.shop.app)
    for role, pin in (("manager", MANAGER), ("supervisor", SUPERVISOR), ("cashier", CASHIER)):
        await stage.ask_as_page("POST", "/v1/staff", {"name": NAMES[pin], "role": role, "pin": pin})
        if role == "manager":
            await stage.ask_as_page("POST", "/v1/sign-in", {"pin": pin})
    await stage.ask_as_page("DELETE", "/v1/sign-in")
    await stage.load("")


async def _here(stage: Stage, pin: str) -> None:
    await _staffed(stage)
    await stage.ask_as_page("POST", "/v1/sign-in", {"pin": pin})
    await stage.page.until(f"document.querySelector('.staff-button span').textContent === {NAMES[pin]!r}")
    await stage.page.press("Escape")
    await stage.page.until("!document.querySelector('[data-key=pin]')")


PEOPLE = (
    first_start,
    first_manager,
    first_manager_wrong,
    locked,
    locked_with_a_sale,
    pin_wrong,
    switching,
    trail,
    trail_refused,
    leave_asked,
    leave_for_fewer_goods,
    everybody,
    somebody_new,
    somebody_goes,
    waiting_for_pin,
)
