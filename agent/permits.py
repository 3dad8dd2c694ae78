"""What one pairing may use of this store: everything, or only the devices and tills that its code named.

A grant is `KIND:NAME`, such as `scanner:counter` or `till:till-1`, or a kind alone for all of it, such as `printer` or
`items`. What no grant covers is refused: a route that says nothing of what it touches is closed to limited pairings.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.problem import Problem, invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

GRANTS_MAX = 32  # a front end of one counter uses five devices
GRANT_CHARS_MAX = 80  # a kind and a name
DEVICES = ("scanner", "printer", "drawer", "scale", "display")
ITEMS = "items"  # the catalogue, to read
TILL = "till"  # ringing there, and what was sold there


@dataclass(frozen=True, slots=True)
class Permit:
    """What a limited pairing may use."""

    grants: tuple[str, ...]

    def covers(self, thing: str) -> bool:
        """Say whether it may use `KIND:NAME`, or all of a kind."""
        return thing in self.grants or thing.partition(":")[0] in self.grants

    def check(self, things: Iterable[str] | None) -> None:
        """Raise `Problem` unless all of these may be used; None: what only pairings without limits may do."""
        if things is None or not all(map(self.covers, things)):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "not-permitted",
                f"this pairing may use {', '.join(self.grants)} and nothing else; for more, pair it anew with a code "
                "of `stillopen pair --allow`, or of plain `stillopen pair` for everything",
            )

    def hears(self, event: str, fields: Mapping[str, Any]) -> bool:
        """Say whether an event is of something it may use."""
        thing = subject(event, fields)
        return thing is not None and self.covers(thing)


def subject(event: str, fields: Mapping[str, Any]) -> str | None:
    """Return the one thing that an event is about; None: the store as a whole."""
    if event == "device":
        return f"{fields['device']['kind']}:{fields['device']['name']}"
    if event == "scan" and fields["scanner"] is not None:
        return f"scanner:{fields['scanner']}"
    if event == "print":
        return f"printer:{fields['printer']}"
    if event == "drawer":
        return f"drawer:{fields['drawer']}"
    return f"{TILL}:{fields['till']}" if fields.get("till") else None


def checked(grants: Collection[str], known: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return grants as they are kept; `known` are the names of each kind. Raises `Problem` for one of nothing."""
    for grant in grants:
        kind, colon, name = grant.partition(":")
        names = known.get(kind)
        if names is None or (colon and name not in names):
            there = sorted(f"{kind}:{name}" for kind, names in known.items() for name in names)
            raise invalid(
                "no-such-grant",
                f"{grant!r} is nothing that can be allowed: write {', '.join(there)}, or a kind alone for all of it: "
                f"{', '.join(known)}.",
                field="allow",
            )
    return tuple(dict.fromkeys(grants))
