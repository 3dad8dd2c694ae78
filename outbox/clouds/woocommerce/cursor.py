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
# Of places in a list that cannot be moved through by time: what is deleted or changed meanwhile moves all behind it.
OVERLAP_PLACES = 10
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
    offset: int = 0  # within what was modified since then
    latest: str | None = None  # the newest change that was seen in this pull
    parents: tuple[Parent, ...] = ()  # the first of them is read next
    place: int = 0  # within the first parent's variations
    last: bool = False  # nothing but the parents is left of this pull

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
        return cursor

    def text(self) -> str:
        """Return it as text, without what it does not need."""
        return json.dumps({name: value for name, value in asdict(self).items() if value})

    def fresh(self) -> Cursor:
        """Return the cursor of a new pull where the last one is through, else itself."""
        return Cursor(self.since) if self.last else self

    def query(self, **more: str) -> str:
        """Return the query for the page that is next."""
        asked = {"orderby": "id" if self.since is None else "modified", "order": "asc", "per_page": str(PAGE)} | more
        if self.since is not None:
            asked |= {"modified_after": self.since, "dates_are_gmt": "true"}
        if self.offset:
            asked["offset"] = str(self.offset)
        return urlencode(asked)

    def after(self, modified: Sequence[str], said: datetime | None, *, more: bool) -> Cursor:
        """Return where to go on behind a page.

        `modified`: when what is on it was changed, in its order; `said`: what time it was there. Everything is read by
        id, and what changed from the time it began is read after it. Changes are read by their time: the window moves
        to the last one less a second, so that what is changed meanwhile is met again at the end and nothing slips by.
        Where a whole page was changed within one second, it goes on by place.
        """
        if self.since is None:
            begun = moved(said.strftime(_FORM), -OVERLAP) if said else max(modified, default=None)
            latest = self.latest or begun
            if not more:
                return Cursor(latest, parents=self.parents, last=True)
            return Cursor(None, self.offset + _step(modified), latest, self.parents)
        latest = max([*modified, self.latest or self.since])
        if not more:
            since = moved(latest, -OVERLAP) if modified or self.latest else self.since
            return Cursor(since, parents=self.parents, last=True)
        onward = moved(modified[-1], -timedelta(seconds=1)) if modified else self.since
        if onward > self.since:
            return Cursor(onward, 0, latest, self.parents)
        return Cursor(self.since, self.offset + _step(modified), latest, self.parents)

    def without_parent(self) -> Cursor:
        """Return it with the first parent read."""
        return replace(self, parents=self.parents[1:], place=0)


def _step(modified: Sequence[str]) -> int:
    return max(len(modified) - OVERLAP_PLACES, 1)


def modified(value: dict[str, Any]) -> str | None:
    """Return when something in an answer was changed."""
    moment = value.get("date_modified_gmt")
    return moment if isinstance(moment, str) and moment else None


def moved(moment: str, by: timedelta) -> str:
    """Return a time as WooCommerce writes it, moved."""
    return (datetime.fromisoformat(moment).replace(tzinfo=UTC) + by).strftime(_FORM)
