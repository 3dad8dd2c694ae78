"""Card readers at tills: each key of `readers` in a `[[cloud]]` is a till, and a till has one reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, did_you_mean, shown
from agent.config.tables import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc


def card_readers(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield tills that are not there, and tills with readers of two clouds."""
    tills = [till for _, till in named(raw, "till", "id")]
    clouds = raw.get("cloud")
    first: dict[str, Loc] = {}
    for at, cloud in enumerate(clouds if isinstance(clouds, list) else ()):
        readers = cloud.get("readers") if isinstance(cloud, dict) else None
        for till in readers if isinstance(readers, dict) else ():
            loc = ("cloud", at, "readers", till)
            earlier = first.setdefault(till, loc)
            if till not in tills:
                known = f"there are: {', '.join(tills)}"
                yield Finding(
                    loc, f"{shown(till)}, the id of no till", f"{did_you_mean(till, tills)}write a till's id ({known})"
                )
            elif earlier is not loc:
                yield Finding(
                    loc,
                    f"{shown(till)}, which has a reader of [[cloud]] {int(earlier[1]) + 1} already",
                    "leave it in one of the two: a till has one reader",
                )
