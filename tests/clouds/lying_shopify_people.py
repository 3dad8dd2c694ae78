"""Shopify's customers by a custom id: a metafield whose values are unique, once somebody has defined it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_shopify_books import Wrong
from tests.clouds.lying_shopify_graphql import No

if TYPE_CHECKING:
    from tests.clouds.lying_shopify_shelf import Shelf

Object = dict[str, Any]


@dataclass
class People:
    """One shop's. `may`: the app is allowed to write customers. `objects`: it refuses the question, not its answer."""

    shelf: Shelf
    defined: set[tuple[str, str]] = field(default_factory=set)
    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)  # by custom id: whose it is
    may: bool = True
    objects: bool = False  # where a custom id is not defined
    takes_nobody: bool = False
    made: int = 500

    def found(self, identifier: Object) -> Object | None:
        key = self._key(identifier["customId"])
        if key[:2] not in self.defined and self.objects:
            raise No("Custom id is not defined", "BAD_REQUEST")
        return self.shelf.customers.get(self.ids.get(key, ""))

    def set(self, identifier: Object, input: Object) -> Object:  # noqa: A002 - GraphQL's
        key = self._key(identifier["customId"])
        if key[:2] not in self.defined:
            raise Wrong("Resource matching the identifier was not found", "NOT_FOUND", "identifier", "customId")
        if self.takes_nobody or not input["firstName"].strip():
            raise Wrong("A name, phone number, or email address must be present", "BLANK", "input")
        gid = self.ids.get(key, "")
        if gid not in self.shelf.customers:
            self.made += 1
            self.shelf.add_customer(self.made, None)
            gid = self.ids[key] = f"gid://shopify/Customer/{self.made}"
        customer = self.shelf.customers[gid]
        customer |= {"displayName": input["firstName"], "note": input.get("note"), "updatedAt": self.shelf.stamp()}
        customer["metafield"] = lambda **asked: {"value": key[2]} if tuple(asked.values()) == key[:2] else None
        return {"customer": customer, "userErrors": []}

    def define(self, definition: Object) -> Object:
        key = (definition["namespace"], definition["key"])
        self._must()
        if key in self.defined:
            raise Wrong("Key is in use for Customer metafields", "TAKEN", "definition", "key")
        if definition["type"] != "id" or definition["ownerType"] != "CUSTOMER":
            raise Wrong("Type is invalid", "INCLUSION", "definition", "type")
        self.defined.add(key)
        return {"createdDefinition": {"id": "gid://shopify/MetafieldDefinition/1"}, "userErrors": []}

    def custom_id(self, gid: str | None) -> str | None:
        """Return the custom id that somebody has."""
        return next((key[2] for key, whose in self.ids.items() if whose == gid), None)

    def _key(self, custom: Object) -> tuple[str, str, str]:
        self._must()
        return custom["namespace"], custom["key"], custom["value"]

    def _must(self) -> None:
        if not self.may:
            raise No("Access denied for customers field.", "ACCESS_DENIED")
