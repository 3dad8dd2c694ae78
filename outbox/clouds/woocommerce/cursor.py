"""Where a pull from WooCommerce stands, as text that means nothing to others."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 100  # the most that WooCommerce lists at once
OVERLAP = timedelta(minutes=3)  # changes committed late and clocks apart: what comes twice is applied twice, harmlessly
# Of places in a list by id: what leaves it meanwhile moves all behind it up. While a pull that broke off waits to be
# gone on with, more than these may leave: that is seen, and it goes back.
OVERLAP_PLACES = 10
_SECOND = timedelta(seconds=1)
_FORM = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True, slots=True)
class Parent:
    """A product whose variations are still to be read, with what they take from it."""

    id: str
    name: str
    category: str | None
    unit: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """Times in UTC as WooCommerce writes them, without an offset."""

    since: str | None = None  # what was modified after this is asked for; None: everything
    offset: int = 0  # within a list by id: of everything, or of one second
    latest: str | None = None  # the newest change that was seen in this pull
    parents: tuple[Parent, ...] = ()  # the first of them is read next
    place: int = 0  # within the first parent's variations
    last: bool = False  # nothing but the parents is left of this pull
    one_second: bool = False  # what was modified in the second after `since` is asked for, as that was more than a page
    reached: int = 0  # the greatest id that was read of a list by id; 0: it cannot be told

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read what `text` wrote; anything else starts over, which is always right."""
        try:
            value: dict[str, Any] = json.loads(text or "{}")
            parents = tuple(Parent(**parent) for parent in value.pop("parents", ()))
            cursor = cls(**value, parents=parents)
            for moment in (cursor.since, cursor.latest):
                if moment is not None:
                    datetime.fromisoformat(moment)
        except (ValueError, TypeError, AttributeError):
            return cls()
        if cursor.since is not None and not cursor.one_second:
            return replace(cursor, offset=0)  # version 0.1.0 went through a list by time with it, and missed items
        return cursor

    def text(self) -> str:
        """Return it as text, without what it does not need."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    def fresh(self) -> Cursor:
        """Return the cursor of a new pull where the last one is through, else itself."""
        return Cursor(self.since) if self.last else self

    def query(self, **more: str) -> str:
        """Return the query for the page that is next."""
        by_id = self.since is None or self.one_second
        asked = {"orderby": "id" if by_id else "modified", "order": "asc", "per_page": str(PAGE)} | more
        if self.since is not None:
            asked |= {"modified_after": self.since, "dates_are_gmt": "true"}
        if self.since is not None and self.one_second:
            asked["modified_before"] = moved(self.since, 2 * _SECOND)
        if self.offset:
            asked["offset"] = str(self.offset)
        return urlencode(asked)

    def after(self, values: Sequence[dict[str, Any]], said: datetime | None, *, more: bool) -> Cursor:
        """Return where to go on behind a page.

        `values`: what is on it; `said`: what time it was there. Everything is read by id, and what changed from the
        time it began is read after it. Changes are read by their time: the window moves to the last one less a second,
        so that what is changed meanwhile is met again at the end and nothing slips by. Where a whole page was changed
        within one second, that second alone is read by id, and the window moves on behind it: no place is kept among
        what changed at any time, as each sale takes its product from there to the end.
        """
        stamps = [moment for value in values if (moment := modified(value)) is not None]
        if self.since is None:
            begun = moved(said.strftime(_FORM), -OVERLAP) if said else max(stamps, default=None)
            latest = self.latest or begun
            onward = self._by_id(values, latest, more=more)
            return onward or Cursor(latest, parents=self.parents, last=True)
        latest = max([*stamps, self.latest or self.since])
        if self.one_second:
            onward = self._by_id(values, latest, more=more)
            return onward or Cursor(moved(self.since, _SECOND), 0, latest, self.parents)
        if not more:
            since = moved(latest, -OVERLAP) if stamps or self.latest else self.since
            return Cursor(since, parents=self.parents, last=True)
        since = moved(stamps[-1], -_SECOND) if stamps else self.since
        if since > self.since:
            return Cursor(since, 0, latest, self.parents)
        return Cursor(self.since, 0, latest, self.parents, one_second=True)

    def _by_id(self, values: Sequence[dict[str, Any]], latest: str | None, *, more: bool) -> Cursor | None:
        """Return where to go on in a list by id, or None where it is through.

        A page begins with what was read before. If it does not, what stands between has moved up to before this page.
        """
        ids = [value["id"] for value in values if isinstance(value.get("id"), int)]
        if self.offset and self.reached and (not ids or ids[0] > self.reached):
            return replace(self, latest=latest, offset=max(self.offset - PAGE, 0))
        if not more:
            return None
        reached = max(self.reached, ids[-1]) if len(ids) > 1 else 0  # a page of one overlaps with nothing
        step = max(len(values) - OVERLAP_PLACES, 1)
        return replace(self, latest=latest, offset=self.offset + step, reached=reached)

    def without_parent(self) -> Cursor:
        """Return it with the first parent read."""
        return replace(self, parents=self.parents[1:], place=0)


def modified(value: dict[str, Any]) -> str | None:
    """Return when something in an answer was changed."""
    moment = value.get("date_modified_gmt")
    return moment if isinstance(moment, str) and moment else None


def moved(moment: str, by: timedelta) -> str:
    """Return a time as WooCommerce writes it, moved."""
    return (datetime.fromisoformat(moment).replace(tzinfo=UTC) + by).strftime(_FORM)
