"""Shopify's search through orders: an index that hears of a change a while after it was made."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

_TERM = re.compile(r"(\w+):(>=|<=|)(?:'([^']*)'|(\S+))")


def is_found(order: dict[str, Any], query: str, indexed: datetime) -> bool:
    """Say whether a search finds an order, by all that was done to it until `indexed`."""
    touched = [at for at in order.get("touched") or [_made(order)] if at <= indexed]
    return bool(touched) and all(_matches(order, touched[-1], *term.groups()) for term in _terms(query))


def _terms(query: str) -> list[re.Match[str]]:
    assert not _TERM.sub("", query).strip(), f"this Shopify does not read {query!r}"
    return list(_TERM.finditer(query))


def _matches(order: dict[str, Any], updated: datetime, name: str, compare: str, quoted: str | None, bare: str) -> bool:
    wanted = bare if quoted is None else quoted
    if name == "tag":
        return wanted in order["tags"]
    if name == "source_identifier":
        return bool(order["sourceIdentifier"] == wanted)
    at = {"created_at": _made(order), "updated_at": updated}[name]
    moment = datetime.fromisoformat(wanted)
    assert compare, "a time that is asked for is one end of a stretch"
    return at >= moment if compare == ">=" else at <= moment


def _made(order: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(order["createdAt"])
