"""A day's receipts against the clouds' books: here the clouds are asked; what it means, `outbox/reconcile.py` says."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.line.offline import held_in
from agent.ways import store_facts, way
from outbox import chain, reconcile
from outbox.auth.authorizer import SignInNeeded
from outbox.books import Listing
from outbox.calls import Calls
from outbox.clouds.packages import KindBroken, kind_of
from outbox.connector import Retry, Unauthorized
from outbox.record import NUMBERED, Kind
from outbox.session import ExchangeError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

    from agent.config import CloudConfig, Config
    from outbox.auth.keyring import Keyring
    from outbox.books import Books, Entry
    from outbox.connector import Answer, Request
    from outbox.reconcile import Compared, Expected
    from outbox.record import Record

REQUESTS_MAX = 20_000  # of one cloud's day: at 50 a page, a million; else a cloud runs in circles
TRIES = 4  # of one request that cannot be answered now
WAIT_S = 2.0  # before the next try, where the cloud does not say
WAIT_MAX_S = 60.0  # a person stands waiting; a cloud that wants longer is asked another time


class Unheard(Exception):
    """The cloud did not say what it has. The message is for a person, `hint` the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class CloudDay:
    """A day at one cloud."""

    cloud: str
    askable: bool  # its kind can be asked what it has
    receipts: tuple[Compared, ...]  # oldest first
    strangers: tuple[Entry, ...] = ()  # with a receipt number of ours, and of no record of this journal
    others: int = 0  # entries of that stretch that are not of these tills: online orders, other PCs
    trouble: str = ""  # why it was not heard to the end; "": it was
    hint: str = ""  # the next step then

    @property
    def is_good(self) -> bool:
        """Whether nobody has to look."""
        return not self.trouble and not self.strangers and all(one.is_good for one in self.receipts)

    @property
    def here(self) -> int:
        """What these receipts come to by the journal: sales less refunds, in minor units."""
        return sum(_signed(one, one.expected.due) for one in self.receipts)

    @property
    def there(self) -> int | None:
        """What of them the cloud has, likewise; None: it was not heard to the end."""
        if self.trouble or not self.askable:
            return None
        return sum(_signed(one, one.there or 0) for one in self.receipts)


def _signed(one: Compared, amount: int) -> int:
    return -amount if one.expected.record.kind is Kind.REFUND else amount


async def reconciled(
    cloud: CloudConfig,
    config: Config,
    keyring: Keyring,
    reader: sqlite3.Connection,
    records: Sequence[Record],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> CloudDay:
    """Compare a day's receipts, oldest first, with what a cloud has of them. Raises nothing that it can cause."""
    try:
        kind = kind_of(cloud.kind)
        taken = NUMBERED & kind.capabilities().kinds
        books = None if cloud.settings is None else kind.books(cloud.settings, store_facts(config))
    except KindBroken as broken:
        return _unheard(cloud.name, _expected(reader, cloud.name, records, None), str(broken), "update that package")
    expected = _expected(reader, cloud.name, [record for record in records if record.kind in taken], books)
    held = held_in(reader, cloud.name)
    if held is not None:
        why = f"it is held offline by hand, by {held.who} since {held.since}: {held.reason}"
        return _unheard(cloud.name, expected, why, "put it back online on the till page's outage card (Alt+O)")
    if cloud.settings is None:
        return _unheard(cloud.name, expected, "its secret is not there", "`stillopen check` says which")
    if books is None:
        return CloudDay(cloud.name, False, tuple(reconcile.compared(one, (), askable=False) for one in expected))
    own = way(cloud, config, keyring, now=now)
    try:
        asker = Asker(books, Calls(own.connector.base_url, own.then, own.authorizer).exchange, now, rest)
        return await compare(cloud.name, asker, reader, expected, {till.id for till in config.tills})
    finally:
        await own.aclose()


def _expected(reader: sqlite3.Connection, cloud: str, records: Iterable[Record], books: Books | None) -> list[Expected]:
    """Return how the deliveries stand of those that this cloud is to have something of, or has refused."""
    found = []
    for record in records:
        total = int(record.body["total"])
        due = total if books is None else books.due(record)
        one = reconcile.expected(reader, cloud, record, total if due is None else due)
        if due is not None or one.state == "parked":
            found.append(one)
    return found


def _unheard(cloud: str, expected: Iterable[Expected], trouble: str, hint: str) -> CloudDay:
    receipts = tuple(reconcile.compared(one, (), heard=False) for one in expected)
    return CloudDay(cloud, True, receipts, trouble=trouble, hint=hint)


async def compare(
    cloud: str, asker: Asker, reader: sqlite3.Connection, expected: Sequence[Expected], tills: Collection[str]
) -> CloudDay:
    """Ask a cloud for what it has of these receipts, oldest first, and compare. `tills` are this agent's."""
    entries: list[Entry] = []
    done: dict[str, Compared] = {}
    trouble = hint = ""
    try:
        if expected:
            since, until = reconcile.stretch(reader, cloud, [one.record for one in expected], asker.now())
            entries = await asker.all(asker.books.between(since, until))
        listed = reconcile.marked(entries)
        for one in expected:
            there = listed.get(one.record.id, {})
            verdict = reconcile.compared(one, there.values())
            if not verdict.is_good and one.state == "delivered":  # a list may be late, or leave something out
                again = reconcile.marked(await asker.all(asker.books.one(one.delivered))).get(one.record.id, {})
                verdict = reconcile.compared(one, (there | again).values())
            done[one.record.id] = verdict
    except Unheard as unheard:
        trouble, hint = str(unheard), unheard.hint
    receipts = tuple(done.get(one.record.id) or reconcile.compared(one, (), heard=False) for one in expected)
    ids = {entry.record_id for entry in entries if entry.record_id is not None}
    known = {record_id for record_id in ids if chain.by_id(reader, record_id) is not None}
    rung = {one.record.till for one in expected} | set(tills)
    strangers = tuple(reconcile.strangers(entries, known, rung))
    others = len({(one.remote_id, one.part) for one in entries if one.record_id not in known}) - len(strangers)
    return CloudDay(cloud, True, receipts, strangers, others, trouble, hint)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one cloud, page by page. `exchange` raises `ExchangeError`; what is raised here is `Unheard`."""

    books: Books
    exchange: Callable[[Request], Awaitable[Answer]]
    now: Callable[[], datetime]
    rest: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def all(self, requests: Iterable[Request]) -> list[Entry]:
        """Return what the answers to these and to all that they lead to hold."""
        waiting = deque(requests)
        asked: set[Request] = set()
        found: list[Entry] = []
        while waiting:
            request = waiting.popleft()
            if request in asked:
                raise Unheard("its list of what it has goes round in a circle", "ask again later")
            asked.add(request)
            if len(asked) > REQUESTS_MAX:
                raise Unheard(f"its list of what it has does not end in {REQUESTS_MAX} pages", "ask again later")
            listing = await self._one(request)
            found += listing.entries
            waiting += listing.further
        return found

    async def _one(self, request: Request) -> Listing:
        why, hint, after_s = "", "", WAIT_S
        for turn in range(TRIES):
            if turn:
                await self.rest(after_s)
            try:
                answer = await self.exchange(request)
            except SignInNeeded as error:
                raise Unheard(str(error), error.hint) from error
            except ExchangeError as error:
                why, hint, after_s = str(error), error.hint, WAIT_S
                continue
            read = self.books.read(request, answer, self.now())
            if isinstance(read, Listing):
                return read
            if isinstance(read, Unauthorized):
                raise Unheard(read.reason)
            if not isinstance(read, Retry):
                raise Unheard(f"{read.code}: {read.reason}", read.hint)
            why, hint, after_s = read.reason, "ask again later", read.after_s or WAIT_S
            if after_s > WAIT_MAX_S:
                break
        raise Unheard(why, hint)
