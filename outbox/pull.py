"""One pull of a cloud's catalogue: page after page, each committed together with its cursor.

A pull that breaks off goes on where the last committed page ended; nothing is asked for twice but what
the connector itself overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from outbox.auth.authorizer import SignInNeeded, Static
from outbox.calls import Calls
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Feed, Page
from outbox.session import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from outbox.auth.authorizer import Authorizer
    from outbox.calls import Exchanges
    from outbox.connector import Connector
    from outbox.feeds import PulledItem

PAGES_MAX = 20_000  # at 100 items a page, two million items: more than any store; else a cloud runs in circles
TROUBLES_MAX = 200  # lines a person can read; the rest are counted


class PullTarget(Protocol):
    """What a pull needs of the catalogue."""

    def pull_cursor(self, cloud: str) -> str | None:
        """Return where the last committed page of this cloud ended."""
        ...

    async def apply_pull(
        self, cloud: str, items: Sequence[PulledItem], tombstones: Sequence[str], cursor: str
    ) -> object:
        """Commit a page and its cursor together."""
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did, as far as it came. `ended` is None where it came to its end."""

    pages: int = 0
    items: int = 0
    tombstones: int = 0
    troubles: tuple[str, ...] = ()  # items that could not be used, and why
    troubles_left_out: int = 0
    ended: Retry | Unauthorized | Refused | None = None


async def pull(
    cloud: str,
    connector: Connector,
    session: Exchanges,
    catalogue: PullTarget,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    authorizer: Authorizer | None = None,
) -> Pulled:
    """Pull everything that changed since the last time. Raises only what the catalogue itself raises.

    `authorizer` None: the connector's own credentials.
    """
    calls = Calls(connector.base_url, session, authorizer or Static(connector, now))
    pages = items = tombstones = left_out = 0
    troubles: dict[str, None] = {}  # the same line once, in the order they came
    seen: set[str] = set()  # cursors this pull was given: the same one twice is a circle
    ended: Retry | Unauthorized | Refused | None = None
    while True:
        cursor = catalogue.pull_cursor(cloud)
        request = connector.pull(Feed.ITEMS, cursor)
        if request is None:
            ended = Refused("no_catalogue", f"{cloud} has no catalogue", "Import the items from a CSV file instead.")
            break
        try:
            answer = await calls.exchange(request)
        except SignInNeeded as error:
            ended = Unauthorized(str(error))
            break
        except ExchangeError as error:
            ended = Retry(str(error))
            break
        page = connector.page(Feed.ITEMS, cursor, answer)
        if not isinstance(page, Page):
            ended = page
            break
        await catalogue.apply_pull(cloud, page.items, page.tombstones, page.cursor)
        pages, items, tombstones = pages + 1, items + len(page.items), tombstones + len(page.tombstones)
        for trouble in page.troubles:
            if trouble not in troubles and len(troubles) == TROUBLES_MAX:
                left_out += 1
            else:
                troubles[trouble] = None
        if not page.more:
            break
        if pages == PAGES_MAX or page.cursor in seen:
            ended = Retry(f"{cloud} gives the same page again and again; the pull stopped there")
            break
        seen.add(page.cursor)
    return Pulled(pages, items, tombstones, tuple(troubles), left_out, ended)
