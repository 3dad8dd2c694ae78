"""Shopify's variants as the till's items, page by page: all of them at first, then what changed.

A variant's own change and its product's (a new title, archived, another tag) are two dates at Shopify, so a later
pull asks for changed variants, then for changed products, and for all variants of those.
Source: the schema 2026-07, `productVariants`, `products`; the filters `updated_at` and `product_ids`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import read_page
from outbox.clouds.shopify.feed import Cursor
from outbox.clouds.shopify.plan import ask, inner, nodes, number, onward
from outbox.clouds.shopify.queries import CHANGED_PRODUCTS, VARIANTS
from outbox.connector import Refused, Retry, Unauthorized
from outbox.feeds import Page, PulledItem
from outbox.money import parse_amount

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from outbox.connector import Answer, Request

PAGE_VARIANTS = 100  # Shopify allows 250; an answer stays near 100 KB on a thin line
PAGE_PRODUCTS = 100  # their ids go into one filter of 1.5 KB
PRODUCTS = "products"
ANY_TAG = "*"  # in `taxes`: every taxable product that has none of the tags named there
SOLD = frozenset({"ACTIVE", "UNLISTED"})  # unlisted: not found in the web shop, and sold all the same


@dataclass(frozen=True, slots=True)
class ShopifyCatalogue:
    """Reads one shop's variants."""

    currency: str
    taxes: Mapping[str, str]  # the store's tax codes: the product tag each stands for
    untaxed: str | None  # the store's tax code of what is not taxable
    kilograms: str | None  # the tag of what is sold by the kilogram

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        at = Cursor.read(cursor)
        if at.part == PRODUCTS:
            return ask(CHANGED_PRODUCTS, {"first": PAGE_PRODUCTS, "after": at.after, "query": at.query() or ""})
        query = f"product_ids:{at.part}" if at.part else at.query()
        return ask(VARIANTS, {"first": PAGE_VARIANTS, "after": at.after, "query": query})

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        data = read_page(answer)
        if not isinstance(data, dict):
            return data
        at = Cursor.read(cursor).heard(answer)
        if at.part == PRODUCTS:
            return _products(at, inner(data, "products"), answer)
        said = inner(data, "shop").get("currencyCode")
        if said != self.currency:
            return Refused(
                "currency",
                f"the shop's prices are in {said}, the store's currency is {self.currency}",
                "Set the store's currency to the shop's, or name another shop in this cloud's base_url.",
            )
        connection = inner(data, "productVariants")
        if not isinstance(connection.get("nodes"), list):
            return Retry("Shopify's answer holds no variants")
        found = _Reading(self)
        for value in nodes(connection):
            found.take(value)
        after = onward(connection)
        if after is not None:
            return found.page(at.onward(after), more=True)
        return found.page(*_next_part(at, answer))


def _next_part(at: Cursor, answer: Answer) -> tuple[Cursor, bool]:
    """Return where the pull goes on after the last variant of a part, and whether it does."""
    if at.part and at.back:
        return replace(at, part=PRODUCTS, after=at.back, back=None), True
    if at.part or at.begin is None:
        return at.through(answer)
    return replace(at, part=PRODUCTS, after=None), True


def _products(at: Cursor, connection: Mapping[str, Any], answer: Answer) -> Page | Retry:
    """Read which products changed; their variants are the next page."""
    if not isinstance(connection.get("nodes"), list):
        return Retry("Shopify's answer holds no products")
    ids = [number(str(one["id"])) for one in nodes(connection) if one.get("id")]
    if not ids:
        begin, more = at.through(answer)
        return Page((), (), begin.text(), more=more)
    cursor = replace(at, part=",".join(ids), after=None, back=onward(connection))
    return Page((), (), cursor.text(), more=True)


class _Reading:
    """One page being read."""

    def __init__(self, catalogue: ShopifyCatalogue) -> None:
        self._catalogue = catalogue
        self._items: list[PulledItem] = []
        self._gone: list[str] = []
        self._troubles: dict[str, None] = {}

    def page(self, cursor: Cursor, more: bool) -> Page:  # noqa: FBT001 - as `_next_part` returns it
        return Page(tuple(self._items), tuple(self._gone), cursor.text(), more=more, troubles=tuple(self._troubles))

    def take(self, value: dict[str, Any]) -> None:
        remote_id = value.get("id")
        if not isinstance(remote_id, str):
            return
        product = inner(value, "product")
        try:
            if product.get("status") in SOLD:
                self._items.append(self._pulled(remote_id, value, product))
                return
        except ValueError as error:
            self._troubles[f"{product.get('title') or remote_id}: {error}"] = None
        self._gone.append(remote_id)

    def _pulled(self, remote_id: str, value: dict[str, Any], product: dict[str, Any]) -> PulledItem:
        """Return the item. Raises `ValueError` with the trouble."""
        if product.get("isGiftCard"):
            raise ValueError("it is a gift card: sell it at Shopify, where its code is made")
        sku = str(value.get("sku") or "").strip()
        if not sku:
            raise ValueError("it has no SKU at Shopify; give it one there")
        barcode = str(value.get("barcode") or "").strip()
        tags = {tag.casefold() for tag in product.get("tags") or () if isinstance(tag, str) and tag}
        return PulledItem(
            remote_id=remote_id,
            version=max(str(value.get("updatedAt") or ""), str(product.get("updatedAt") or "")) or None,
            sku=sku,
            name=_name(value, product) or sku,
            price=parse_amount(str(value.get("price")), self._catalogue.currency),
            tax=self._tax(value, tags),
            barcodes=(barcode,) if barcode else (),
            category=str(product.get("productType") or "").strip() or None,
            unit="kg" if (self._catalogue.kilograms or "").casefold() in tags else "each",
            parent_id=str(product.get("id") or "") or None,
        )

    def _tax(self, value: dict[str, Any], tags: Collection[str]) -> str | None:
        if value.get("taxable") is False:
            return self._catalogue.untaxed
        named = [code for code, tag in self._catalogue.taxes.items() if tag.casefold() in tags]
        if len(named) > 1:
            raise ValueError(f"its tags stand for several of the store's taxes ({', '.join(named)}); leave it one")
        rest = (code for code, tag in self._catalogue.taxes.items() if tag == ANY_TAG)
        return named[0] if named else next(rest, None)


def _name(value: dict[str, Any], product: dict[str, Any]) -> str:
    """Return `Product (Variant)`, or the product's name alone where it has one variant, which Shopify gives no name."""
    title, variant = str(product.get("title") or "").strip(), str(value.get("title") or "").strip()
    if not variant or not title or product.get("hasOnlyDefaultVariant"):
        return title or variant
    return f"{title} ({variant})"
