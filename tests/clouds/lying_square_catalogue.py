"""Square's catalogue: items with variations and versions, tombstones, pages, and what changed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_square_books import No

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


@dataclass
class Catalogue:
    """The objects a search finds, the oldest change first."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    page_size: int = 1000
    objects: dict[str, Object] = field(default_factory=dict)
    related: dict[str, Object] = field(default_factory=dict)  # categories, units: only ever sent beside others
    version: int = 1_700_000_000_000
    expired: bool = False  # whether places within a pull are forgotten

    def put(self, item_id: str, name: str, variations: list[Object], **item_data: Any) -> None:
        """Add or replace an item. A variation is `{"id", "name", "sku", …}`; `price` stands for a EUR amount."""
        self.version += 1
        kept = []
        for variation in variations:
            own = {key: value for key, value in variation.items() if key not in ("id", "price")}
            if "price" in variation:
                own |= {
                    "pricing_type": "FIXED_PRICING",
                    "price_money": {"amount": variation["price"], "currency": "EUR"},
                }
            made = self._stamped("ITEM_VARIATION", variation["id"])
            kept.append(made | {"item_variation_data": {"item_id": item_id} | own})
        item = self._stamped("ITEM", item_id)
        self.objects.pop(item_id, None)
        self.objects[item_id] = item | {"item_data": {"name": name, "variations": kept} | item_data}
        for made in kept:
            self.objects.pop(made["id"], None)
            self.objects[made["id"]] = made

    def offer(self, discount_id: str, name: str | None, **discount_data: Any) -> None:
        """Add or replace a discount: `percentage`, or `amount` of EUR, and what else it is to have."""
        self.version += 1
        own: Object = {"name": name} | {key: value for key, value in discount_data.items() if key != "amount"}
        if "amount" in discount_data:
            own = {"amount_money": {"amount": discount_data["amount"], "currency": "EUR"}} | own
        kind = "FIXED_AMOUNT" if "amount" in discount_data else "FIXED_PERCENTAGE"
        made = self._stamped("DISCOUNT", discount_id) | {"discount_data": {"discount_type": kind} | own}
        self.objects.pop(discount_id, None)
        self.objects[discount_id] = made

    def delete(self, object_id: str) -> None:
        """Delete an item with its variations, or one variation."""
        self.version += 1
        gone = [object_id] + [
            other["id"]
            for other in self.objects.values()
            if other.get("item_variation_data", {}).get("item_id") == object_id
        ]
        for one in gone:
            before = self.objects.pop(one)
            self.objects[one] = self._stamped(before["type"], one) | {"is_deleted": True}
        for item in self.objects.values():
            variations = item.get("item_data", {}).get("variations", [])
            variations[:] = [variation for variation in variations if variation["id"] not in gone]

    def search(self, body: Object) -> Object:
        """Answer `POST /v2/catalog/search`."""
        since = datetime.fromisoformat(body["begin_time"]) if "begin_time" in body else None
        found = [
            value
            for value in self.objects.values()
            if value["type"] in body["object_types"]
            and (since is None or datetime.fromisoformat(value["updated_at"]) > since)
            and (body.get("include_deleted_objects") or not value.get("is_deleted"))
        ]
        start = 0
        if "cursor" in body:
            if self.expired or not body["cursor"].startswith("place-"):
                raise No("INVALID_CURSOR", "the cursor has expired")
            start = int(body["cursor"].removeprefix("place-"))
        end = start + min(self.page_size, body.get("limit", 1000))
        answer: Object = {"latest_time": self.stamp()}
        if found[start:end]:
            answer["objects"] = found[start:end]
            if body.get("include_related_objects"):
                answer["related_objects"] = self._related(found[start:end])
        if end < len(found):
            answer["cursor"] = f"place-{end}"
        return answer

    def stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _stamped(self, kind: str, object_id: str) -> Object:
        return {
            "type": kind,
            "id": object_id,
            "version": self.version,
            "updated_at": self.stamp(),
            "is_deleted": False,
            "present_at_all_locations": True,
        }

    def _related(self, values: list[Object]) -> list[Object]:
        items = {value.get("item_variation_data", {}).get("item_id") for value in values}
        return [self.objects[one] for one in items if one in self.objects] + list(self.related.values())
