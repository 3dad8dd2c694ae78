"""A JSON object read field by field: for rows that this program wrote, and may find damaged or of another version."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation


class Row:
    """A JSON object; `TypeError` or `ValueError` names the field that is not what it must be."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise TypeError(f"an object was expected, not {type(value).__name__}")
        self.fields = value

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise TypeError(f"{name!r} is not a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """Return a text; `None` where there is none."""
        return None if self.fields.get(name) is None else self.text(name)

    def whole(self, name: str) -> int:
        """Return a whole number."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name!r} is not a whole number")
        return value

    def whole_or_none(self, name: str) -> int | None:
        """Return a whole number; `None` where there is none."""
        return None if self.fields.get(name) is None else self.whole(name)

    def decimal(self, name: str) -> Decimal:
        """Return a finite decimal, written as a text."""
        text = self.text(name)
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise ValueError(f"{name!r} is {text!r}, which is no number")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise TypeError(f"{name!r} is not true or false")
        return value

    def flag_or_none(self, name: str) -> bool | None:
        """Return true or false; `None` where neither is there."""
        return None if self.fields.get(name) is None else self.flag(name)

    def rows(self, name: str) -> list[Row]:
        """Return a list of objects."""
        value = self.fields.get(name)
        if not isinstance(value, list):
            raise TypeError(f"{name!r} is not a list")
        return [Row(inner) for inner in value]

    def rows_or_none(self, name: str) -> list[Row]:
        """Return a list of objects, empty where there is none."""
        return [] if self.fields.get(name) is None else self.rows(name)

    def row_or_none(self, name: str) -> Row | None:
        """Return an object; `None` where there is none."""
        value = self.fields.get(name)
        return None if value is None else Row(value)
