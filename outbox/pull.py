"""One pull of what a cloud gives: feed after feed, page after page, each committed together with its cursor.

A pull that breaks off goes on where the last committed page ended; nothing is asked for twice but what
the connector itself overlaps. The first pull of a feed, and every one of a cloud that cannot say what changed, is a
sweep: what it has not seen when it is through is taken off.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from outbox.auth.authorizer import SignInNeeded, Static
from outbox.calls import Calls
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page
from outbox.session import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from outbox.auth.authorizer import Authorizer
    from outbox.calls import Exchanges
    from outbox.catalogue_feeds import Place, Swept
    from outbox.connector import Connector
    from outbox.feeds import FeedRules, PulledCustomer

PAGES_MAX = 20_000  # at 100 items a page, two million items: more than any store; else a cloud runs in circles
TROUBLES_MAX = 200  # lines a person can read; the rest are counted
TAKEN = (Feed.ITEMS, Feed.STOCK, Feed.CUSTOMERS, Feed.DISCOUNTS)  # in this order: stock is of items that are there

Ended = Retry | Unauthorized | Refused


class PullTarget(Protocol):
    """What a pull needs of the catalogue, which also keeps how far each feed has come."""

    def place(self, cloud: str, feed: Feed) -> Place:
        """Return how far a feed was pulled."""
        ...

    async def apply_page(self, cloud: str, feed: Feed, page: Page, *, above: Collection[str] = ()) -> object:
        """Commit a page and its cursor together; `above`: the clouds whose word stands above this one's."""
        ...

    async def begin_sweep(self, cloud: str, feed: Feed) -> None:
        """Begin to go through all of a feed."""
        ...

    async def end_sweep(self, cloud: str, feed: Feed, *, at: str, let_go: bool = False) -> Swept:
        """Take off what the sweep has not seen, unless it is too much; `let_go`: however much it is."""
        ...


class CustomerList(Protocol):
    """What a pull needs of the store's list of customers. Applied again, a page changes nothing."""

    async def take(
        self, cloud: str, customers: Sequence[PulledCustomer], tombstones: Sequence[str], *, mark: str | None
    ) -> int:
        """Add, change and remove customers of that cloud; `mark` notes that a sweep has seen them. How many."""
        ...

    async def sweep_off(self, cloud: str, mark: str, *, let_go: bool) -> Swept:
        """Remove what a sweep has not seen, unless it is too much; `let_go`: however much it is."""
        ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a pull is to do besides what it always does.

    `sweep`: the feeds to go through from the start. `let_go`: take off what is not there any more, however much it is.
    `above`: the clouds whose word on an item stands above this one's. `rest`: awaited after each page of a sweep.
    """

    sweep: Collection[Feed] = ()
    let_go: bool = False
    above: Collection[str] = ()
    rest: Callable[[], Awaitable[object]] | None = None


WITHOUT_WISHES = Wishes()


@dataclass(slots=True)
class Pulled:
    """What a pull did, as far as it came. `ended` is None where it came to its end."""

    pages: int = 0
    items: int = 0
    tombstones: int = 0
    troubles: tuple[str, ...] = ()  # what could not be used, and why
    troubles_left_out: int = 0
    ended: Ended | None = None
    stock: int = 0  # how many items were counted
    customers: int = 0
    gone: int = 0  # what sweeps found to be there no more
    discounts: int = 0  # those that a till can hold
    left_out: Counter[str] = field(default_factory=Counter)  # the other discounts: by the reason, how many

    def to_json(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "items": self.items,
            "deleted": self.tombstones + self.gone,
            "stock": self.stock,
            "customers": self.customers,
            "discounts": self.discounts,
            "troubles": list(self.troubles),
            "troubles_left_out": self.troubles_left_out,
            "error": None if self.ended is None else self.ended.reason,
            "hint": getattr(self.ended, "hint", None),
        }


async def pull(
    cloud: str,
    connector: Connector,
    session: Exchanges,
    catalogue: PullTarget,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    authorizer: Authorizer | None = None,
    *,
    customers: CustomerList | None = None,
    wishes: Wishes = WITHOUT_WISHES,
) -> Pulled:
    """Pull everything that changed since the last time. Raises only what catalogue and customers themselves raise.

    `authorizer` None: the connector's own credentials. `customers` None: their feed is left alone.
    """
    calls = Calls(connector.base_url, session, authorizer or Static(connector, now))
    pulling = _Pulling(cloud, connector, calls, catalogue, customers, wishes, now)
    given = {rules.feed: rules for rules in connector.capabilities.feeds}
    if not given:
        ended = Refused("no_catalogue", f"{cloud} has no catalogue", "Import the items from a CSV file instead.")
        return Pulled(ended=ended)
    for feed in TAKEN:
        if feed not in given or (feed is Feed.CUSTOMERS and customers is None):
            continue
        pulling.told.ended = await pulling.feed(given[feed])
        if pulling.told.ended is not None:
            break
    left_out = (f"discounts left out, {count} of them: {why}" for why, count in pulling.told.left_out.items())
    pulling.told.troubles = (*pulling.troubles, *left_out)
    return pulling.told


@dataclass(slots=True)
class _Pulling:
    """One pull under way; `told` is what it has done so far."""

    cloud: str
    connector: Connector
    calls: Calls
    catalogue: PullTarget
    customers: CustomerList | None
    wishes: Wishes
    now: Callable[[], datetime]
    told: Pulled = field(default_factory=Pulled)
    troubles: dict[str, None] = field(default_factory=dict)  # the same line once, in the order they came

    async def feed(self, rules: FeedRules) -> Ended | None:
        """Pull one feed to its end. Returns why it ended early, or None."""
        cloud, feed = self.cloud, rules.feed
        place = self.catalogue.place(cloud, feed)
        sweeping = place.mark is not None or place.cursor is None or feed in self.wishes.sweep or not rules.changes
        if sweeping and place.mark is None:
            await self.catalogue.begin_sweep(cloud, feed)
        seen: set[str] = set()  # cursors this pull was given: the same one twice is a circle
        while True:
            place = self.catalogue.place(cloud, feed)
            page = await self._page(feed, place.sweep_cursor if sweeping else place.cursor)
            if not isinstance(page, Page):
                return page
            await self._apply(feed, page, place.mark)
            if not page.more:
                break
            if len(seen) == PAGES_MAX or page.cursor in seen:
                return Retry(f"{cloud} gives the same page again and again; the pull stopped there")
            seen.add(page.cursor)
            if sweeping and self.wishes.rest is not None:
                await self.wishes.rest()
        return await self._end_sweep(feed) if sweeping else None

    async def _page(self, feed: Feed, cursor: str | None) -> Page | Ended:
        request = self.connector.pull(feed, cursor)
        if request is None:
            return Refused("no_feed", f"{self.cloud} gives no {feed}", "Nothing is to be done: it is not pulled.")
        try:
            answer = await self.calls.exchange(request)
        except SignInNeeded as error:
            return Unauthorized(str(error))
        except ExchangeError as error:
            return Retry(str(error))
        return self.connector.page(feed, cursor, answer)

    async def _apply(self, feed: Feed, page: Page, mark: str | None) -> None:
        """Commit a page: what is kept elsewhere first, then what the catalogue keeps together with the cursor."""
        told = self.told
        if feed is Feed.CUSTOMERS and self.customers is not None:
            told.customers += await self.customers.take(self.cloud, page.customers, page.tombstones, mark=mark)
        await self.catalogue.apply_page(self.cloud, feed, page, above=self.wishes.above)
        told.pages += 1
        told.items += len(page.items)
        told.stock += len(page.stock)
        told.tombstones += len(page.tombstones)
        for discount in page.discounts:
            if discount.trouble is None:
                told.discounts += 1
            else:
                told.left_out[discount.trouble] += 1
        for trouble in page.troubles:
            if trouble not in self.troubles and len(self.troubles) == TROUBLES_MAX:
                told.troubles_left_out += 1
            else:
                self.troubles[trouble] = None

    async def _end_sweep(self, feed: Feed) -> Ended | None:
        """Take off what was not seen. The customers' list goes first: a cut before the mark is gone does it again."""
        at, let_go = self.now().isoformat(), self.wishes.let_go
        swept = None
        if feed is Feed.CUSTOMERS and self.customers is not None:
            mark = self.catalogue.place(self.cloud, feed).mark
            assert mark is not None, "a sweep is under way"
            swept = await self.customers.sweep_off(self.cloud, mark, let_go=let_go)
        ended = await self.catalogue.end_sweep(self.cloud, feed, at=at, let_go=let_go)
        swept = swept or ended
        if swept.stopped:
            return Refused(
                "sweep_stopped",
                f"{swept.gone} of {swept.known} {feed} of {self.cloud} are not there any more: too many to believe, so "
                "they all stay",
                f"If that is right: stillopen cloud pull {self.cloud} --let-go",
            )
        self.told.gone += swept.gone
        return None
