"""The customer displays of this store: each follows the sale at its till, line by line, to the change."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from agent import words
from agent.exchanging import EXCHANGE
from agent.problem import not_found
from drivers.display import Display, Screen
from drivers.display.display import BAUD
from drivers.display.screen import centred, pair
from drivers.ports import parse_port_url
from drivers.printer.passage import open_passage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence

    from agent.config import Config
    from drivers.device import DeviceListener
    from drivers.port import Port
    from drivers.printer.printer import Printer

    Body = Mapping[str, Any]

DONE_S = 20.0  # how long the change stays; a customer has counted it by then
IDLE_LINES = 2


class Displays:
    """Displays by name. `heard` is to be told of the agent's events; `current` gives a till's open sale or None."""

    def __init__(
        self,
        config: Config,
        *,
        printers: Mapping[str, Printer],
        open_port: Callable[[str], Awaitable[Port]],
        on_state: DeviceListener,
        done_s: float = DONE_S,
    ) -> None:
        self.by_name: dict[str, Display] = {}
        self._stages: dict[str, Stage] = {}
        self._followers: dict[str, Follower] = {}  # by till
        tills = {till.display: till.id for till in config.tills}
        for one in config.displays:
            display = Display(
                one.name,
                partial(open_passage, printers[one.printer]) if one.printer else partial(open_port, one.port or ""),
                one.settings,
                port=one.plugged_in,
                baud=BAUD if one.port is None else baud_of(one.port),
                on_state=on_state,
            )
            idle = one.idle or (config.store.name,)
            lines = [centred(line) for line in idle] + [""] * IDLE_LINES
            self.by_name[one.name] = display
            stage = self._stages[one.name] = Stage(display, Screen(lines[0], lines[1]))
            till = tills.get(one.name)
            if till is not None:
                self._followers[till] = Follower(stage, config.store.locale, done_s)

    def follow(self, current: Callable[[str], Body | None]) -> None:
        """Begin with the sales that are open, which a restart of the agent does not end."""
        for till, follower in self._followers.items():
            follower.sale(current(till))

    def heard(self, event: str, fields: Mapping[str, Any]) -> None:
        """Take an event of the agent's."""
        follower = self._followers.get(fields.get("till", ""))
        if follower is None:
            return
        if event == "sale":
            follower.sale(fields["sale"].body)
        elif event == "record" and fields["record"].body["kind"] in {"sale", "refund"}:
            follower.record(fields["record"].body)

    def lend(self, name: str, *, lent: bool) -> None:
        """Give a display to a front end, or let it show its till's sale again; does nothing where none is so called."""
        stage = self._stages.get(name)
        if stage is not None:
            stage.lend(lent=lent)

    def show(self, name: str, lines: Sequence[str]) -> dict[str, Any]:
        """Show one or two lines for the front end that has the display; return what it shows then. Raises `Problem`."""
        stage = self._stages.get(name)
        if stage is None:
            known = ", ".join(self._stages) or "none"
            raise not_found("display", f"There is no display {name!r}; the configuration has: {known}.")
        screen = Screen(*lines)
        stage.show_lent(screen)
        return {"display": name, "shows": [screen.upper, screen.lower]}

    def test(self, name: str) -> dict[str, Any]:
        """Have a display greeted and its screen sent anew; return what a person should see."""
        display = self.by_name[name]
        display.show(display.screen, anew=True)
        return {"device": name, "shows": [display.screen.upper, display.screen.lower], "next": "Look at the display."}

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name."""
        for name, display in self.by_name.items():
            yield f"display {name}", display.run()
        for till, follower in self._followers.items():
            yield f"display of {till}", follower.run()


class Stage:
    """One display, and who is on it: its till's sale, or the front end that has it."""

    def __init__(self, display: Display, idle: Screen) -> None:
        self.idle = idle
        self._display = display
        self._sale = idle  # what is shown there while nobody else has it
        self._lent = False
        display.show(idle)

    def show(self, screen: Screen, *, anew: bool = False) -> None:
        """Show the till's screen, now or as soon as it is the till's turn again."""
        self._sale = screen
        if not self._lent:
            self._display.show(screen, anew=anew)

    def show_lent(self, screen: Screen) -> None:
        """Show what the front end sends that has it."""
        self._display.show(screen)

    def lend(self, *, lent: bool) -> None:
        """Begin with the idle text for a front end: a sale is none of its business. Or go back to the till's screen."""
        self._lent = lent
        self._display.show(self.idle if lent else self._sale, anew=True)


class Follower:
    """What one till's customer sees."""

    def __init__(self, stage: Stage, locale: str, done_s: float) -> None:
        self._stage = stage
        self._locale = locale
        self._done_s = done_s
        self._before: Body | None = None  # the sale as it was shown last
        self._done = asyncio.Event()  # a record's change is shown
        self._going_on = asyncio.Event()  # the next sale has begun

    def sale(self, sale: Body | None) -> None:
        """Show a sale as it is now; one that is completed is shown as the record it became."""
        before, self._before = self._before, sale
        if sale is not None and sale["state"] == "completed":
            self._before = None
            return
        if sale is None or sale["state"] != "open" or not sale["lines"]:
            self._before = None
            if not self._done.is_set() or before is not None:
                self._stage.show(self._stage.idle)
            return
        self._going_on.set()
        self._done.clear()
        # The first line is a good moment to greet the display, which may have been switched off meanwhile.
        self._stage.show(sale_screen(sale, before, self._locale), anew=before is None)

    def record(self, record: Body) -> None:
        """Show what was paid and the change, for a while."""
        self._stage.show(record_screen(record, self._locale))
        self._going_on.clear()
        self._done.set()

    async def run(self) -> None:
        """Go back to the idle text after each sale, for ever."""
        while True:
            await self._done.wait()
            try:
                async with asyncio.timeout(self._done_s):
                    await self._going_on.wait()
            except TimeoutError:
                self._done.clear()
                self._stage.show(self._stage.idle)
            else:
                self._done.clear()


def sale_screen(sale: Body, before: Body | None, locale: str) -> Screen:
    """Return an open sale: the line that was just rung over the total; once money is given, what is still to pay."""
    said = words.words(locale)

    def amount(minor: int) -> str:
        return words.amount_text(minor, sale["currency"], locale)

    taken = sale.get("taken_back") or {"credited": 0, "paid_out": 0}
    total = pair(said.total, amount(sale["total"] + sale["rounding"] - taken["credited"]))
    if taken["paid_out"]:
        return Screen(total, pair(said.to_pay_back, amount(taken["paid_out"])))
    if sale["tenders"]:
        left = (said.to_pay, sale["due"]) if sale["due"] else (said.change, sale["change"])
        return Screen(total, pair(left[0], amount(left[1])))
    line = latest_line(sale, before)
    name = line["name"]
    if line["quantity"] != "1" or line["unit"] != "each":
        unit = "kg" if line["unit"] == "kg" else "x"
        name = f"{words.decimal_in(locale, line['quantity'])}{unit} {name}"
    return Screen(pair(name, amount(line["total"])), total)


def record_screen(record: Body, locale: str) -> Screen:
    """Return what a finished sale came to, and the change; of a refund what is paid back."""
    said = words.words(locale)

    def amount(minor: int) -> str:
        return words.amount_text(minor, record["currency"], locale)

    total = amount(record["total"] + record["rounding"])
    if record["kind"] == "refund":
        return Screen(centred(said.refund), pair(said.to_pay_back, total))
    exchange = record.get("exchange")
    if exchange is None:
        return Screen(pair(said.total, total), pair(said.change, amount(record.get("change") or 0)))
    credited = sum(tender["amount"] for tender in record["tenders"] if tender["type"] == EXCHANGE)
    total = amount(record["total"] + record["rounding"] - credited)
    if exchange["paid_out"]:
        return Screen(pair(said.total, total), pair(said.to_pay_back, amount(exchange["paid_out"])))
    return Screen(pair(said.total, total), pair(said.change, amount(record.get("change") or 0)))


def latest_line(sale: Body, before: Body | None) -> Body:
    """Return the line that was changed last, as far as the sale before tells; else the last one."""
    known = {} if before is None or before["id"] != sale["id"] else {line["id"]: line for line in before["lines"]}
    changed = [line for line in sale["lines"] if known.get(line["id"]) != line and not line.get("deposit_of")]
    lines: list[Body] = changed or sale["lines"]
    return lines[-1]


def baud_of(port: str) -> int:
    """Return how fast a port's wire is: 9600 where it does not say, as displays leave the factory."""
    return parse_port_url(port).serial.baud
