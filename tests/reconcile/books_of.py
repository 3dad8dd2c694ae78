"""A cloud whose books are a list: pages of a few entries, and whatever else an answer can be."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from outbox.books import Entry, Listing, Standing
from outbox.connector import Answer, Refused, Request, Retry, Unauthorized
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from outbox.books import Delivered
    from outbox.record import Record


def entry(record_id: str | None, total: int | None = 100, **what: object) -> Entry:
    """Return an entry with an id of its own, unless told otherwise."""
    given = Entry(f"R-{record_id}", Kind.SALE, record_id, "TILL-1-000001", total, "EUR", Standing.BOOKED)
    return replace(given, **what)  # type: ignore[arg-type]


@dataclass
class ListedBooks:
    """`listed` is what its list shows, `kept` what it has: a list may be late. `faults` are answered first."""

    listed: list[Entry] = field(default_factory=list)
    kept: list[Entry] = field(default_factory=list)
    page: int = 2
    faults: list[int | Exception] = field(default_factory=list)
    circle: bool = False
    asked: list[str] = field(default_factory=list)
    between_asked: tuple[datetime, datetime] | None = None

    # --- Books ---

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        self.between_asked = since, until
        return (Request("GET", "/list?0"),)

    def one(self, delivered: Delivered) -> Sequence[Request]:
        return (Request("GET", f"/one?{delivered.remote_id}"),)

    def read(self, request: Request, answer: Answer, now: datetime) -> Listing | Retry | Unauthorized | Refused:
        if answer.status == 401:
            return Unauthorized("the key was not accepted")
        if answer.status == 400:
            return Refused("BAD", "it says no", "Ask its support.")
        if answer.status >= 429:
            return Retry(f"it answered {answer.status}", float(answer.headers.get("retry-after", 0)) or None)
        body = answer.json()
        entries = tuple(
            Entry(**one | {"kind": Kind(one["kind"]), "standing": Standing(one["standing"])}) for one in body["entries"]
        )
        further = (Request("GET", body["next"]),) if body["next"] else ()
        return Listing(entries, further)

    def due(self, record: Record) -> int | None:
        return int(record.body["total"])

    # --- the line ---

    async def exchange(self, request: Request) -> Answer:
        self.asked.append(request.path)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return Answer(fault, {"retry-after": "3600"} if fault == 503 else {}, b"{}")
        what, _, which = request.path.partition("?")
        if what == "/one":
            return self._answer([one for one in self.kept if one.remote_id == which], None)
        at = int(which)
        after = at + self.page
        more = f"/list?{0 if self.circle else after}" if after < len(self.listed) or self.circle else None
        return self._answer(self.listed[at:after], more)

    @staticmethod
    def _answer(entries: Sequence[Entry], more: str | None) -> Answer:
        return Answer(200, {}, json.dumps({"entries": [asdict(one) for one in entries], "next": more}).encode())
