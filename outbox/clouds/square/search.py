"""The search of Square's catalogue, page by page: what changed since the last pull, deletions told.

The cursor is ours: Square's place within a pull, and from when the next pull goes on.
Source: Square's API description 2025-08-20, `SearchCatalogObjectsRequest`, `CatalogObject`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.answer import read_page
from outbox.clouds.square.plan import HEADERS
from outbox.connector import Refused, Request, Retry, Unauthorized
from outbox.feeds import Page
from outbox.record import canonical
from outbox.retry_after import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.connector import Answer

PAGE_OBJECTS = 500  # Square allows 1,000; half of it keeps an answer near 1 MiB on a thin line
PLACE_LIFE = timedelta(minutes=10)  # between two pages: one that failed is asked for again within a few
OVERLAP = timedelta(minutes=3)  # changes committed late and clocks apart: what comes twice is applied twice, harmlessly


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands."""

    begin: str | None = None  # RFC 3339; changes after this are asked for; None: everything
    page: str | None = None  # Square's own cursor within this pull
    latest: str | None = None  # what `begin` becomes when this pull is through
    answered: str | None = None  # RFC 3339, by Square's clock: when the page before was given

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read what `text` wrote; anything else starts over, which is always right."""
        try:
            value = json.loads(text or "{}")
        except ValueError:
            return cls()
        if not isinstance(value, dict):
            return cls()
        parts = (value.get(name) for name in cls.__slots__)
        return cls(*(part if isinstance(part, str) else None for part in parts))

    def text(self) -> str:
        """Return it as text that sorts nothing and means nothing to others."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: part for name, part in parts.items() if part is not None})


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of a search, and where it goes on."""

    objects: Sequence[dict[str, Any]]
    by_id: Mapping[str, dict[str, Any]]  # those, and what they refer to
    cursor: Cursor
    more: bool


def search(object_types: Sequence[str], cursor: str | None) -> Request:
    """Return the request for the page after `cursor`."""
    at = Cursor.read(cursor)
    body: dict[str, Any] = {
        "object_types": list(object_types),
        "include_deleted_objects": True,
        "include_related_objects": True,
        "limit": PAGE_OBJECTS,
    }
    if at.begin is not None:
        body["begin_time"] = at.begin
    if at.page is not None:
        body["cursor"] = at.page
    return Request("POST", "/v2/catalog/search", canonical(body), HEADERS)


def hits(cursor: str | None, answer: Answer) -> Hits | Page | Retry | Unauthorized | Refused:
    """Read a page; an empty `Page` where the place within a pull is lost, which then starts over.

    So it is where Square has forgotten it, and where a pull was broken off for longer than `PLACE_LIFE`: what was
    changed meanwhile may have moved what was not read yet to before that place.
    """
    at = Cursor.read(cursor)
    body = read_page(answer)
    if isinstance(body, Refused) and body.code == "INVALID_CURSOR" and at.page is not None:
        return Page((), (), Cursor(begin=at.begin).text(), more=True)
    if not isinstance(body, dict):
        return body
    said = http_date(answer.headers.get("date", ""))
    if at.page is not None and _broken_off(at.answered, said):
        return Page((), (), Cursor(begin=at.begin).text(), more=True)
    latest = at.latest or _earlier(body.get("latest_time"))
    objects = listed(body, "objects")
    every = [*listed(body, "related_objects"), *objects]
    by_id = {value["id"]: value for value in every if isinstance(value.get("id"), str)}
    onward = body.get("cursor")
    answered = None if said is None else said.isoformat()
    if isinstance(onward, str) and onward:
        return Hits(objects, by_id, Cursor(at.begin, onward, latest, answered), more=True)
    return Hits(objects, by_id, Cursor(begin=latest or at.begin), more=False)


def is_at(value: Mapping[str, Any], location_id: str) -> bool:
    """Return whether an object of the catalogue is there at a location."""
    if value.get("present_at_all_locations", True):
        return location_id not in (value.get("absent_at_location_ids") or ())
    return location_id in (value.get("present_at_location_ids") or ())


def version_of(value: Mapping[str, Any]) -> str | None:
    """Return an object's version."""
    version = value.get("version")
    return str(version) if isinstance(version, int) else None


def listed(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in a list of an answer."""
    inside = value.get(name)
    return [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []


def inner(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object within an answer, or an empty one."""
    inside = value.get(name)
    return inside if isinstance(inside, dict) else {}


def _broken_off(before: str | None, said: datetime | None) -> bool:
    """Return whether so long went by since the page before that its place may not be right any more."""
    try:
        return before is not None and said is not None and said - datetime.fromisoformat(before) > PLACE_LIFE
    except (ValueError, TypeError):
        return True


def _earlier(moment: Any) -> str | None:
    try:
        return (datetime.fromisoformat(moment) - OVERLAP).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, TypeError, OverflowError):
        return None
