"""The quick keys of a till page: what a person arranged, for a till or for the store, else the catalogue's categories.

An arrangement is kept whole, as one document with a revision: two pages that arrange at once cannot undo each other's
work unseen. Names and prices are looked up when it is read, so a key never shows an old price.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent import once
from agent.problem import conflict
from outbox import answers
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from agent.staff.by import By
    from agent.till import Tills
    from outbox.answers import Key
    from outbox.catalogue import Catalogue
    from outbox.item import Item
    from outbox.journal import Journal

PAGES_MAX = 40  # more pages than a hand finds its way through
KEYS_OF_PAGE_MAX = 120  # three screens of a large till
KEYS_MAX = 1_000  # in all; twice what the largest shop was seen to arrange
COLOURS = 8  # grounds a page has for keys, told apart by number; text says what a key is
PAGE_PER_CATEGORY_MAX = 10  # with more categories than tabs fit, the first page has a key for each
UNARRANGED_KEYS = 60  # items shown of a category nobody arranged: by name, the rest is searched
STORE = ""  # the scope of all tills, on the disk
CATALOGUE = "catalogue"  # what shows where nobody arranged anything

Page = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a till shows, and by whose arrangement: `till`, `store` or `catalogue`. Pages are as `PUT` took them.

    The revision grows with every arrangement of this till or of the store, so that none is put in place unseen.
    """

    scope: str
    revision: int
    pages: Sequence[Page]

    def told(self, till: str) -> dict[str, Any]:
        """Return what is told of it beside the pages."""
        return {"till": till, "scope": self.scope, "revision": self.revision}


class QuickKeys:
    """The keys of every till."""

    def __init__(self, journal: Journal, catalogue: Catalogue, tills: Tills, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._tills = tills
        self._now = now

    def view(self, till_id: str) -> dict[str, Any]:
        """Return a till's pages, each key with what it shows now. Raises `Problem` where there is no such till."""
        till = self._tills.setup(till_id).id
        shown = _shown_at(self._journal.reader, till)
        if shown.scope == CATALOGUE:
            return shown.told(till) | {"pages": self._unarranged()}
        return shown.told(till) | {
            "pages": [page | {"keys": [self._shown(key) for key in page["keys"]]} for page in shown.pages]
        }

    async def arrange(
        self, till_id: str, scope: str, revision: int, pages: Sequence[Page], *, key: Key | None, by: By
    ) -> Reply:
        """Keep an arrangement in place of the one with that revision; no pages: nothing is arranged any more.

        Raises `Problem` where somebody arranged it meanwhile.
        """
        till = self._tills.setup(till_id).id
        kept_for = STORE if scope == "store" else till
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> Reply:
            before = once.kept(connection, key)
            if before is not None:
                return before
            if revision != _shown_at(connection, till).revision:
                raise conflict(
                    "keys-changed",
                    "Somebody has arranged these keys meanwhile: look at them again, and arrange them anew.",
                )
            newer = int(connection.execute("select coalesce(max(revision), 0) + 1 from quick_keys").fetchone()[0])
            if scope == "store":  # the till that arranged it shows it
                connection.execute("update quick_keys set revision = ?, document = '[]' where scope = ?", (newer, till))
            _keep(connection, kept_for, newer, pages)
            by.audit(connection, "keys_arrange", at, till=till, subject=scope, after={"pages": len(pages)})
            return answers.keep(connection, key, Reply(HTTPStatus.OK, _shown_at(connection, till).told(till)), at)

        return await self._journal.write(change)

    def _shown(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """Return a key with what it stands for: an item that is gone from the catalogue has no price."""
        item = self._catalogue.item(key["sku"]) if key.get("sku") is not None else None
        return {**_empty(), **key, **_of_item(item)}

    def _unarranged(self) -> list[Page]:
        categories = self._catalogue.categories()
        if len(categories) > PAGE_PER_CATEGORY_MAX:
            keys = [
                {**_empty(), "at": at, "category": name, "colour": at % COLOURS}
                for at, name in enumerate(categories[:KEYS_OF_PAGE_MAX])
            ]
            return [{"title": None, "colour": 0, "keys": keys}]
        names = [*categories, None]
        groups = [(name, self._catalogue.in_category(name, limit=UNARRANGED_KEYS)) for name in names]
        return [
            {
                "title": name,
                "colour": place % COLOURS,
                "keys": [
                    {**_empty(), "at": at, "sku": item.sku, "colour": place % COLOURS, **_of_item(item)}
                    for at, item in enumerate(items)
                ],
            }
            for place, (name, items) in enumerate(groups)
            if items
        ]


def _empty() -> dict[str, Any]:
    return {"sku": None, "category": None, "text": None, "colour": None, "name": None, "price": None, "unit": None}


def _of_item(item: Item | None) -> dict[str, Any]:
    return {} if item is None else {"name": item.name, "price": item.price, "unit": item.unit}


def _shown_at(connection: sqlite3.Connection, till: str) -> Arrangement:
    read = "select scope, revision, document from quick_keys where scope in (?, ?)"
    rows = {
        scope: (revision, json.loads(document)) for scope, revision, document in connection.execute(read, (till, STORE))
    }
    revision = max((revision for revision, _ in rows.values()), default=0)
    for scope, name in ((till, "till"), (STORE, "store")):
        if scope in rows and rows[scope][1]:
            return Arrangement(name, revision, rows[scope][1])
    return Arrangement(CATALOGUE, revision, ())


def _keep(connection: sqlite3.Connection, scope: str, revision: int, pages: Sequence[Page]) -> None:
    """Keep pages for a scope. None, too: whoever has read what was there before is to find a newer revision here."""
    connection.execute(
        "insert into quick_keys(scope, revision, document) values (?, ?, ?) on conflict(scope) do update set "
        "revision = excluded.revision, document = excluded.document",
        (scope, revision, json.dumps(pages, ensure_ascii=False, separators=(",", ":"))),
    )
