"""What is pulled from a kind of cloud: a reader for each feed that its section of the configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Answer, Refused, Request, Retry, Unauthorized
    from outbox.feeds import Feed, FeedRules, Page


class Reader(Protocol):
    """Reads one feed."""

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        ...

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        ...


class Pulls:
    """The half of a connector that pulls. A reader that is None is of a feed that nobody asked for."""

    def __init__(self, readers: Mapping[Feed, Reader | None]) -> None:
        self._readers = {feed: reader for feed, reader in readers.items() if reader is not None}

    def pull(self, feed: Feed, cursor: str | None) -> Request | None:
        """Return the request for the next page of a feed."""
        reader = self._readers.get(feed)
        return None if reader is None else reader.request(cursor)

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page of a feed."""
        return self._readers[feed].page(cursor, answer)

    def _given(self, rules: tuple[FeedRules, ...]) -> tuple[FeedRules, ...]:
        """Return the rules of those of a kind's feeds that are read."""
        return tuple(one for one in rules if one.feed in self._readers)
