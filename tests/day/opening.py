"""Before the first customer: the browser is paired, the first manager set up, the float counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.day.desk import BAR, PINS
from tests.day.features import Feature

if TYPE_CHECKING:
    from tests.day.desk import Desk

STAFF = (("Sol", "supervisor"), ("Kim", "cashier"), ("Lou", "cashier"))
FLOAT = (("5000", 1), ("1000", 3), ("500", 4), ("200", 5), ("100", 10), ("50", 8), ("10", 10), ("5", 20))


async def pair(desk: Desk) -> None:
    """Type the six digits of `stillopen pair`, first a wrong one."""
    eyes, keyboard = desk.eyes, desk.hands.keyboard
    await eyes.sees("stillopen pair")
    await keyboard.type("12")
    await keyboard.press("Enter")
    await eyes.sees("The code has six digits.")
    await keyboard.type(await desk.store.code())
    await keyboard.press("Enter")
    await eyes.sees("Ready for the next customer")
    await eyes.until("!!document.querySelector('[data-live=true]')")


async def staff(desk: Desk) -> None:
    """Set up the first manager, who adds the others; nobody has a password that somebody else chose."""
    eyes, hands = desk.eyes, desk.hands
    await hands.command("staff")
    await eyes.sees("There is no default password")
    await desk.typed("staff-name", "Mia")
    await desk.typed("new-pin", "1234")
    await desk.typed("pin-again", "1234")
    await eyes.until("!!document.querySelector('.panel .field-error:not([hidden])')")  # nobody's PIN, ever
    await hands.fill("new-pin", PINS["Mia"])
    await hands.keyboard.press("Enter")
    await desk.typed("pin-again", PINS["Mia"])
    await eyes.until(f"{BAR} === 'Mia'")
    desk.did(Feature.FIRST_MANAGER)
    for name, role in STAFF:
        await eyes.sees("Who works here")
        await hands.choose("Add somebody")
        await desk.typed("staff-name", name)
        await hands.push(f"choice-{role}")
        await hands.fill("new-pin", PINS[name])
        await hands.keyboard.press("Enter")
        await desk.typed("pin-again", PINS[name])
        await eyes.sees(f"{name} is saved.")
    desk.did(Feature.STAFF_ADDED)
    desk.who = "Mia"
    await hands.keyboard.press("Escape")


async def count_float(desk: Desk) -> None:
    """Count the change money, value by value."""
    await desk.hands.command("shift")
    await desk.hands.push("shift-open")
    await desk.eyes.sees("Count the change money before the first sale.")
    for value, pieces in FLOAT:
        await desk.hands.fill(f"count-{value}", str(pieces))
    await desk.hands.choose("Open")
    desk.tally.opening_float = sum(int(value) * pieces for value, pieces in FLOAT)
    await desk.eyes.sees("The shift is open, with a float of 126,00 €.")
    desk.did(Feature.FLOAT)
