"""Stripe's request bodies: a form whose keys say the nesting, `amount_requested[value]=1250`, lists by their index.

Source: Stripe's API description, `application/x-www-form-urlencoded` with `deepObject`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator


def form(fields: Mapping[str, Any]) -> str:
    """Return the fields as a form: the same text for the same fields. Raises `TypeError` on a float."""
    return urlencode(sorted(_flat("", fields)))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]" if name else key, inner)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _flat(f"{name}[{at}]", inner)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, int | str):
        yield name, str(value)
    else:
        raise TypeError(f"{name}: a form holds texts, whole numbers and true or false, not {type(value).__name__}")
