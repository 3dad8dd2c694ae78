"""A cashier at the till: what one does over and over, each with a look that it came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.day.eyes import minor
from tests.day.features import Feature
from tests.day.tally import Rung, Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.day.eyes import Eyes
    from tests.day.hands import Hands
    from tests.day.store import Store

PINS = {"Mia": "408215", "Sol": "739164", "Kim": "5172", "Lou": "8463"}
BAR = "document.querySelector('.staff-button span')?.textContent"


async def nothing() -> None:
    """Do nothing."""


@dataclass
class Desk:
    """One till, whoever stands at it. `customer` looks at the customer's screen."""

    store: Store
    eyes: Eyes
    hands: Hands
    customer: Eyes
    tally: Tally = field(default_factory=Tally)
    used: set[Feature] = field(default_factory=set)
    reopen: Callable[[], Awaitable[None]] = field(default=nothing)  # end the browser, and start it again
    who: str = ""
    waits: bool = False  # after too many wrong PINs this page takes one beside a name only
    number: str = ""  # of the receipt that is on show

    def did(self, *features: Feature) -> None:
        """Note what was used, once it was seen."""
        self.used.update(features)

    # --- ringing ---

    async def scan(self, code: str, *names: str) -> None:
        """Scan, and see the basket become just `names`."""
        await self.hands.scan(code)
        if names:
            await self.eyes.rung(*names)
        self.did(Feature.SCAN)

    async def search(self, text: str, found: str) -> None:
        """Type a name and take what is found first."""
        await self.hands.command("find")
        await self.eyes.focus("entry")
        await self.hands.keyboard.type(text)
        await self.eyes.until(f"document.querySelector('.tile-first')?.innerText.includes('{found}')")
        await self.hands.keyboard.press("Enter")

    async def typed(self, key: str, text: str) -> None:
        """Type into the field that has, or is about to get, the focus; then Enter."""
        await self.eyes.focus(key)
        await self.hands.keyboard.type(text)
        await self.hands.keyboard.press("Enter")

    # --- being paid ---

    async def look(self) -> Rung:
        """Read the basket as it stands before it is paid."""
        sums = await self.eyes.sums()
        taxes = {
            name.partition(" ")[2]: amount for name, amount in sums if name.startswith(("incl. VAT", "plus ", "incl. "))
        }
        offs = await self.eyes.page.js(
            "[...document.querySelectorAll('.basket .line-name > small')]"
            r".map((one) => / ([\d.,]+)\s€ off/.exec(one.textContent)?.[1]).filter(Boolean)"
        )
        if any(name.startswith("incl. ") for name, _ in sums):
            self.did(Feature.TAX_INCLUDED)
        return Rung(await self.eyes.total(), taxes, tuple(minor(off) for off in offs))

    async def cash(self, given: str | None = None, *, offer: int = 0, rung: Rung | None = None) -> None:
        """Take cash for all that is due: an amount that is offered, or one typed; look at the change.

        `rung` is the basket as it stood before another tender was taken.
        """
        rung = rung or await self.look()
        await self.hands.command("cash")
        await self.eyes.focus("given")
        due = minor(await self.eyes.text("[data-key=offer-0]"))
        if due != await self.eyes.total():
            self.did(Feature.CASH_ROUNDING)
        if given is None:
            amount = minor(await self.eyes.text(f"[data-key=offer-{offer}]"))
            await self.hands.push(f"offer-{offer}")
            self.did(Feature.QUICK_CASH)
        else:
            amount = minor(given)
            await self.hands.fill("given", given)
            await self.eyes.sees(f"Change: {euro(amount - due)}" if amount > due else "Take")
            await self.hands.keyboard.press("Enter")
        self.tally.count("cash", amount)
        await self.finished(rung, change=amount - due)
        await self.drawer()

    async def card(self, slip: str) -> None:
        """Take all that is due by card, its terminal's slip number noted."""
        rung = await self.look()
        await self.hands.command("card")
        await self.eyes.focus("amount")
        amount = await self.eyes.total()
        await self.hands.keyboard.press("Enter")
        await self.typed("slip", slip)
        self.tally.count("card", amount)
        self.did(Feature.CARD_SLIP)
        await self.finished(rung, change=0)

    async def finished(self, rung: Rung, *, change: int, printed: bool = True) -> None:
        """See that the sale is a fact, with this change; write it down; be ready for the next customer."""
        number, total, over = await self.eyes.done(after=self.number)
        assert (total, over) == (rung.total, change), number
        self.number = number
        self.tally.sold(self.who, number, rung)
        if change:
            self.tally.sums["change"] += change
            self.did(Feature.CHANGE)
        if printed:
            await self.printed()

    async def printed(self) -> None:
        """See that the receipt came out."""
        await self.eyes.sees("Receipt printed")

    async def drawer(self) -> None:
        """See that the drawer opened, and push it shut."""
        await self.eyes.until("!!document.querySelector('.done [data-drawer=opened]')")
        self.store.shut_drawer()

    async def refunded(self, taxes: Callable[[int], dict[str, int]], tender: str) -> int:
        """See that goods came back, and what is given for them; write it down. Returns what that is."""
        number, total, over = await self.eyes.done(after=self.number)
        self.number = number
        self.tally.refunded(self.who, number, total, taxes(total))
        self.tally.count(f"{tender} back", over)
        await self.printed()
        await self.drawer()
        return total

    # --- staff ---

    async def switch(self, who: str) -> None:
        """Let another stand here, by PIN."""
        await self.hands.command("staff")
        await self.pin(who)
        await self.eyes.until(f"{BAR} === '{who}'")
        self.who = who

    async def pin(self, who: str) -> None:
        """Type somebody's PIN, beside their name where the page waits."""
        if self.waits:
            await self.hands.choose(who)
        await self.typed("pin", PINS[who])

    async def leave(self, by: str) -> None:
        """Give leave to what was refused, by a PIN."""
        await self.eyes.sees("Leave is needed")
        before = await self.eyes.listens()
        await self.pin(by)
        await self.eyes.hears(f"Allowed by {by}.", since=before)
        self.did(Feature.OVERRIDE)


def euro(amount: int) -> str:
    """Write minor units as the page does."""
    return f"{amount // 100},{amount % 100:02d} €"


@dataclass(frozen=True)
class Act:
    """One customer, and what serving them has to use."""

    name: str
    uses: frozenset[Feature]
    serve: Callable[[Desk], Awaitable[None]]


def act(name: str, *uses: Feature) -> Callable[[Callable[[Desk], Awaitable[None]]], Act]:
    """Make a row of the day's table from what serves a customer."""
    return lambda serve: Act(name, frozenset(uses), serve)
