"""A store at work on a recorded disk: three tills, two clouds, and the agent's own journal between them.

Everything is written by the code that writes it in the shop: `Journal`, `Facts`, `open_sales`, `answers`,
`print_jobs`, `chain`, and `Attempts` for the deliveries. What the store does next comes from `random`, and so
do its ids: the same seed does the same to the disk, write by write.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from agent import basket, checkout, open_sales, print_jobs
from agent.facts import Facts, TillSetup, Written
from agent.pricing import Rules, price
from agent.refund import Want, plan_refund
from agent.sale import Sale, TaxRate
from outbox import answers, chain, clock, deliveries, delivery_views
from outbox.attempt import Attempts
from outbox.batch_attempt import BatchAttempts
from outbox.claims import claim
from outbox.connector import Idempotency
from outbox.ending import Ending
from outbox.record import Kind
from tests.outbox.memory_cloud import InArrays, MemoryCloud, TwoSteps, no_items
from tests.powercut.promises import NotingCloud, ToldDelivered, ToldRecord, ToldSale

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Coroutine, Mapping
    from random import Random

    from outbox.claims import Claim
    from outbox.journal import Journal
    from outbox.record import Record

T = TypeVar("T")

TILLS = tuple(TillSetup(f"till-{n}", printer=f"receipt-{n}", drawer=f"drawer-{n}") for n in (1, 2, 3))
KINDS = frozenset({Kind.SALE, Kind.REFUND})


# The same in every run, since a replay is held to every byte.
CLOCK = clock.Clock(lambda: datetime(2026, 11, 20, 9, tzinfo=UTC), since_boot_ms=lambda: 1, boot=lambda: "simulated")


CLOUDS: Mapping[str, Idempotency] = {
    "keys": Idempotency.KEY_REPLAY,
    "looks": Idempotency.PROBE_FIRST,
    "arrays": Idempotency.KEY_REPLAY,
}
BATCHED = "arrays"  # the cloud that takes many records in one request
RULES = Rules("EUR", True, taxes={"standard": TaxRate("standard", "VAT 19%", Decimal(19))}, default_tax="standard")
CALLER = "till page"
LINES_MAX = 2  # of a sale here: what a power cut could tear is the sale, not its length
AT_ONCE = 2  # deliveries under way to one cloud
LIES = ("lost before", "lost after", "503", "no line", "nonsense")


def request_key(caller_key: str) -> answers.Key:
    """Return the key under which a front end asks."""
    return answers.Key(CALLER, caller_key, "the request")


class Refused(Exception):
    """A change that was begun and then found wrong, as a sale that is not paid."""


@dataclass(slots=True)
class Clock:
    """The store's time: a second later whenever it is asked."""

    at: datetime = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class Store:
    """What happens in the store, a round at a time. `note` puts promises into the recorder's log."""

    def __init__(
        self,
        journal: Journal,
        random: Random,
        note: Callable[[object], None],
        clouds: Mapping[str, MemoryCloud],
        *,
        life: int = 0,
    ) -> None:
        self.journal = journal
        self.note = note
        self.now = Clock(datetime(2026, 11, 20 + life, 9, tzinfo=UTC))
        self.facts = Facts("store-1", dict.fromkeys(CLOUDS, KINDS), CLOCK)
        self.clouds = {name: NotingCloud(name, memory, note) for name, memory in clouds.items()}
        self._small: set[str] = set()  # tills whose last batch was refused
        self._random = random
        self._ids = life << 32

    def attempts(self, name: str) -> Attempts:
        """Return what takes deliveries to a cloud."""
        connector = TwoSteps(CLOUDS[name])
        return Attempts(name, connector, self.journal, self.clouds[name], item_refs=no_items, now=self.now)

    def batch_attempts(self, name: str) -> BatchAttempts:
        """Return what takes deliveries to the cloud that takes them in arrays."""
        connector = InArrays()
        return BatchAttempts(name, connector, connector.packer, self.journal, self.clouds[name], now=self.now)

    async def told_after(self, change: Callable[[sqlite3.Connection], T], told: Callable[[T], object]) -> T:
        """Write a change, and tell of it when the journal says it is written."""
        result = await self.journal.write(change)
        self.note(told(result))
        return result

    async def round(self) -> None:
        """Let every till do something, and every cloud be told something, all in the same commits."""
        doing: list[Coroutine[Any, Any, None]] = [
            self._at_a_till(till) for till in TILLS if self._random.random() < 3 / 4
        ]
        for name, cloud in self.clouds.items():
            if self._random.random() < 1 / 4:
                cloud.memory.lies.append(self._random.choice(LIES))
            due = [self._claim(name, stream) for stream in deliveries.streams(self.journal.reader, name)]
            doing.extend(self._deliver(name, claimed) for claimed in due[:AT_ONCE] if claimed)
        if self._random.random() < 1 / 3:
            doing.append(self._printed())
        if self._random.random() < 1 / 6:
            doing.append(self._released())
        await asyncio.gather(*doing)

    # --- at a till ---

    async def _at_a_till(self, till: TillSetup) -> None:
        sale = open_sales.current(self.journal.reader, till.id)
        choice = self._random.random()
        if choice < 1 / 20:
            await self._drawer(till)
        elif choice < 3 / 20:
            await self._refund(till)
        elif sale is None:
            parked = open_sales.parked(self.journal.reader, till.id)
            if parked and choice < 1 / 2:
                await self._ring(checkout.resume(parked[0]))
            else:
                new = basket.new_sale(RULES, id=self._id(), till=till.id, opened_at=self.now().isoformat())
                await self._ring(self._with_a_line(new))
        elif len(sale.lines) < LINES_MAX and choice < 8 / 20:
            await self._ring(self._with_a_line(sale))
        elif choice < 9 / 20:
            await self._void(till, sale)
        elif choice < 10 / 20:
            await self._ring(checkout.park(sale, "waits outside"))
        else:
            await self._pay(till, sale)

    def _with_a_line(self, sale: Sale) -> Sale:
        number = self._random.randrange(1, 1000)
        return basket.add_open_item(sale, RULES, name=f"Item {number} " + "of the shop " * 6, price=number)

    async def _ring(self, sale: Sale) -> None:
        at = self.now().isoformat()
        await self.told_after(
            lambda connection: open_sales.save(connection, sale, at),
            lambda _: ToldSale(sale.id, sale.lines_made + sale.tenders_made),
        )

    async def _pay(self, till: TillSetup, sale: Sale) -> None:
        cash = self._random.random() < 1 / 2
        due = price(sale, RULES).settlement.due
        paid = checkout.add_tender(sale, RULES, type="cash" if cash else "card", amount=due)
        body = checkout.complete(paid, RULES)
        at = self.now()
        refused = self._random.random() < 1 / 8

        def close(connection: sqlite3.Connection) -> Record:
            open_sales.take(connection, sale.id)
            written = self.facts.write(connection, till, Kind.SALE, sale.id, at, body, prints=True, opens_drawer=cash)
            if refused:
                raise Refused
            return _answered(connection, written, f"complete {sale.id}", at)

        try:
            await self._close(close, f"complete {sale.id}")
        except Refused:
            assert refused

    async def _void(self, till: TillSetup, sale: Sale) -> None:
        voided, at = checkout.void(sale), self.now()
        body = checkout.void_fields(voided, RULES, reason="left it")

        def close(connection: sqlite3.Connection) -> Record:
            open_sales.take(connection, sale.id)
            written = self.facts.write(connection, till, Kind.VOID, sale.id, at, body)
            return _answered(connection, written, f"void {sale.id}", at)

        await self._close(close, f"void {sale.id}")

    async def _refund(self, till: TillSetup) -> None:
        sales = chain.newest(self.journal.reader, 5, kinds=frozenset({Kind.SALE}))
        left = [sale for sale in sales if not chain.refunds_of(self.journal.reader, sale.id)]
        if not left:
            return
        sale, refund_id, at = self._random.choice(left), self._id(), self.now()
        want = Want("cash", lines=((sale.body["lines"][0]["id"], None),))

        def close(connection: sqlite3.Connection) -> Record:
            earlier = [refund.body for refund in chain.refunds_of(connection, sale.id)]
            if earlier:  # another till was faster
                raise Refused
            body = plan_refund(sale.body, earlier, want, RULES)
            connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (sale.id, refund_id))
            written = self.facts.write(
                connection, till, Kind.REFUND, refund_id, at, body, prints=True, opens_drawer=True
            )
            return _answered(connection, written, f"refund {refund_id}", at)

        with contextlib.suppress(Refused):
            await self._close(close, f"refund {refund_id}")

    async def _drawer(self, till: TillSetup) -> None:
        record_id, at = self._id(), self.now()
        body = {"drawer": till.drawer, "reason": "change", "for": None}

        def close(connection: sqlite3.Connection) -> Record:
            written = self.facts.write(connection, till, Kind.DRAWER, record_id, at, body, opens_drawer=True)
            return _answered(connection, written, f"drawer {record_id}", at)

        await self._close(close, f"drawer {record_id}")

    async def _close(self, close: Callable[[sqlite3.Connection], Record], key: str) -> None:
        await self.told_after(close, lambda record: ToldRecord(record, key))

    # --- behind the tills ---

    def _claim(self, cloud: str, stream: str) -> Claim | None:
        never = frozenset[int]().__contains__
        size = InArrays().packer.size if cloud == BATCHED and stream not in self._small else 1
        return claim(self.journal.reader, cloud, stream, size, stands_aside=never, waits=never)

    async def _deliver(self, cloud: str, claimed: Claim) -> None:
        if cloud == BATCHED:
            end = await self.batch_attempts(cloud).make(claimed.deliveries)
        else:
            end = await self.attempts(cloud).make(claimed.deliveries[0].id)
        assert "fault in the connector" not in end.reason, end
        (self._small.add if end.ending is Ending.HALVE else self._small.discard)(claimed.stream)
        for delivery in claimed.deliveries:
            state = deliveries.state_of(self.journal.reader, delivery.id)
            if end.ending is Ending.SETTLED and state == "delivered":
                self.note(ToldDelivered(delivery.id))

    async def _printed(self) -> None:
        job = print_jobs.next_queued(self.journal.reader, self._random.choice(TILLS).printer or "")
        if job is not None:
            await self.journal.write(self._job_is(job.id, "sending"))
            await self.journal.write(self._job_is(job.id, "printed"))

    def _job_is(self, job_id: str, state: str) -> Callable[[sqlite3.Connection], None]:
        at = self.now().isoformat()
        return lambda connection: print_jobs.note(connection, job_id, state, at)

    async def _released(self) -> None:
        parked = delivery_views.listed(self.journal.reader, state="parked")
        if parked:
            one = parked[0]
            self.clouds[one["cloud"]].memory.refuses.discard(one["record_id"])
            await self.journal.write(lambda tx: deliveries.release(tx, one["id"]))

    def _id(self) -> str:
        self._ids += 1
        made = uuid.UUID(int=(self._ids << 80 | self._random.getrandbits(80)) & ~(0xF000 << 64) | 0x7000 << 64)
        record_id = str(made)
        if self._random.random() < 1 / 10:
            self._random.choice(list(self.clouds.values())).memory.refuses.add(record_id)
        return record_id


def _answered(connection: sqlite3.Connection, written: Written, key: str, at: datetime) -> Record:
    answers.keep(connection, request_key(key), written.reply(200), at.isoformat())
    return written.record
