"""Where a pull of one of Shopify's feeds stands: a page within it, and from when the next one goes on.

Shopify names what changed since a moment, through the index that lags; so each pull begins a while before the last
one began, and what comes twice is applied twice, harmlessly. It names nothing that was deleted: a sweep finds that.
Source: the schema 2026-07, `updated_at` of `productVariants`, `products`, `inventoryLevels` and `customers`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outbox.clouds.shopify.plan import zulu
from outbox.retry_after import http_date

if TYPE_CHECKING:
    from outbox.connector import Answer

OVERLAP = timedelta(minutes=10)  # the index behind the shop, and changes committed late
LONG = timedelta(minutes=1)  # a pull that took longer, or was broken off, is followed by one of what changed meanwhile


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands. All of it is text that means nothing to others."""

    begin: str | None = None  # changes from then on are asked for; None: everything
    after: str | None = None  # Shopify's own cursor within this part of the pull
    latest: str | None = None  # what `begin` becomes when this pull is through
    part: str = ""  # of the items: "products", or the ids of products whose variants are read
    back: str | None = None  # where the products go on, after those variants; "" at their end

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read what `text` wrote; anything else starts over, which is always right."""
        try:
            value = json.loads(text or "{}")
        except ValueError:
            return cls()
        if not isinstance(value, dict):
            return cls()
        kept = {name: value[name] for name in cls.__slots__ if isinstance(value.get(name), str)}
        return cls(**kept)

    def text(self) -> str:
        """Return it as text."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: part for name, part in parts.items() if part})

    def heard(self, answer: Answer) -> Cursor:
        """Return it with the moment this pull began, by Shopify's clock, once an answer says that."""
        said = None if self.latest else http_date(answer.headers.get("date", ""))
        return self if said is None else replace(self, latest=zulu(said - OVERLAP))

    def onward(self, after: str) -> Cursor:
        """Return where the same part goes on."""
        return replace(self, after=after)

    def through(self, answer: Answer) -> tuple[Cursor, bool]:
        """Return where the next pull begins, and whether it is due at once: this one was begun long ago."""
        said = http_date(answer.headers.get("date", ""))
        late = (
            said is not None and self.latest is not None and said - datetime.fromisoformat(self.latest) > LONG + OVERLAP
        )
        return Cursor(begin=self.latest or self.begin), late

    def query(self) -> str | None:
        """Return the filter for what changed, or None for everything."""
        return None if self.begin is None else f"updated_at:>='{self.begin}'"

    def day_query(self) -> str | None:
        """Return the same where Shopify goes by whole days: from the day before on, whatever its time zone."""
        if self.begin is None:
            return None
        return f"updated_at:>='{(datetime.fromisoformat(self.begin) - timedelta(days=1)).date().isoformat()}'"
