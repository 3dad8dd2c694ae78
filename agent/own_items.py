"""Items made at a till: what was scanned, is in no catalogue, and is to be known from the next scan on."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.basket import tax_of
from agent.entry import amount, text, text_or_none
from agent.lookup import read_code
from agent.problem import conflict, not_found
from agent.staff.actions import Action
from outbox.answers import Reply
from outbox.catalogue import CatalogueTaken, Item
from outbox.item import CATEGORY_CHARS_MAX, HERE, NAME_CHARS_MAX, SKU_CHARS_MAX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from agent.api.bodies import NewItem
    from agent.staff.by import By
    from agent.till import Tills
    from outbox.catalogue import Catalogue
    from outbox.journal import Journal


class OwnItems:
    """Adds to the catalogue what is the store's own. What is the same as before is not made twice."""

    def __init__(self, journal: Journal, catalogue: Catalogue, tills: Tills, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._tills = tills
        self._now = now

    async def make(self, wanted: NewItem, *, by: By) -> Reply:
        """Add an item. Raises `Problem` where its sku or its barcode is another's."""
        rules = self._tills.rules
        code = None if wanted.barcode is None else read_code(wanted.barcode, rules.currency)
        sku = wanted.sku or f"{HERE}-{code}"[:SKU_CHARS_MAX]
        tax = None if wanted.tax is None else tax_of(rules, wanted.tax)
        item = Item(
            sku=text("sku", sku, chars_max=SKU_CHARS_MAX),
            name=text("name", wanted.name, chars_max=NAME_CHARS_MAX),
            price=amount("price", wanted.price, rules.currency),
            tax=None if tax is None else tax.code,
            category=text_or_none("category", wanted.category, chars_max=CATEGORY_CHARS_MAX),
            unit=wanted.unit,
            barcodes=() if code is None else (code,),
        )
        try:
            await self._catalogue.make(item)
        except CatalogueTaken as taken:
            raise conflict("item-taken", f"{taken}: {taken.hint}.", sku=taken.item) from taken
        await self._audit(by, item.sku, item.to_json())
        return Reply(HTTPStatus.CREATED, item.to_json())

    async def unmake(self, sku: str, *, by: By) -> Reply:
        """Remove an item that was made here. Raises `Problem` for any other."""
        item = self._catalogue.item(sku)
        if item is None:
            raise not_found("item", f"The catalogue has no item with the sku {sku!r}: perhaps it was removed already.")
        if not await self._catalogue.unmake(sku):
            raise conflict(
                "not-made-here",
                f"{item.name} was imported or pulled from a cloud: change it there, or in the file it comes from.",
            )
        await self._audit(by, sku, None)
        return Reply(HTTPStatus.OK, {"id": sku, "removed": True})

    async def _audit(self, by: By, sku: str, item: dict[str, object] | None) -> None:
        """Write down who did it. The catalogue is another file: this follows, and a repeat of the request makes up."""
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> None:
            by.audit(connection, Action.CATALOGUE_ADD, at, subject=sku, after=item)

        await self._journal.write(change)
