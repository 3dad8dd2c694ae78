"""Looking through the file as parsed, whatever its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.config.problems import Loc


def named(raw: dict[str, Any], section: str, key: str) -> list[tuple[Loc, str]]:
    """Return every text that `[[section]]` tables have under `key`, with its place."""
    tables = raw.get(section)
    if not isinstance(tables, list):
        return []
    return [
        ((section, index, key), table[key])
        for index, table in enumerate(tables)
        if isinstance(table, dict) and isinstance(table.get(key), str)
    ]
