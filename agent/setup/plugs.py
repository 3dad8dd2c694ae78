"""What is plugged in, as sections that may be added to a configuration. Pure."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from agent.config.tables import named

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DEVICES = ("scanner", "printer", "drawer", "scale", "display")
_SURE = ("certain", "probable")


def sections_for(found: Mapping[str, Any], taken: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return what a found device may be, the likeliest first: the section's name, and the section.

    `found` is an entry of `stillopen devices --json`; its lines are taken as they are. `taken` are names in use.
    """
    if found["configured_as"] is not None:
        return []
    read = tomllib.loads("\n".join(found["configuration"]))
    return [
        (name, one | {"name": free_name(one["name"], taken)}) for name, sections in read.items() for one in sections
    ]


def is_sure(found: Mapping[str, Any]) -> bool:
    """Whether what it is for is as good as known: by its own word or its maker's number, and by no more than one."""
    return found["sure"] in _SURE and len(sections_for(found, ())) == 1


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or with a number behind it where it is in use."""
    folded = {one.casefold() for one in taken}
    candidates = (name if number == 1 else f"{name}-{number}" for number in range(1, len(folded) + 2))
    return next(one for one in candidates if one.casefold() not in folded)


def names_in(raw: Mapping[str, Any]) -> list[str]:
    """Return the names of every device of a parsed configuration, of whatever shape."""
    return [name for kind in DEVICES for _, name in named(dict(raw), kind, "name")]
