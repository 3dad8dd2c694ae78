"""One page of a list that is pulled: its objects, and where the pull goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.feed import Cursor
from outbox.clouds.shopify.plan import nodes, onward
from outbox.connector import Retry

if TYPE_CHECKING:
    from outbox.connector import Answer


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a page. The pull goes on at `cursor`: at once where there is `more`."""

    objects: list[dict[str, Any]]
    cursor: str
    more: bool


def listed(connection: dict[str, Any], what: str, cursor: str | None, answer: Answer) -> Listed | Retry:
    """Read the page of a connection that was asked for after `cursor`; `what` it lists is for people to read."""
    if not isinstance(connection.get("nodes"), list):
        return Retry(f"Shopify's answer holds no {what}")
    at = Cursor.read(cursor).heard(answer)
    after = onward(connection)
    onto, more = at.through(answer) if after is None else (at.onward(after), True)
    return Listed(nodes(connection), onto.text(), more)
