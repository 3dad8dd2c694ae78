"""How it is with updates on this PC, in words: for a command, a check and a bundle; with or without a running agent."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from agent.update import ledger

if TYPE_CHECKING:
    from agent.update.machine import Installation

_DID = {
    "staged": "is ready",
    "installed": "was switched to",
    "went_back": "was gone back to",
    "refused": "was not taken",
    "not_now": "was put off",
    "interrupted": "was cut short",
}


def report(place: Installation | None, asked: dict[str, Any] | None) -> dict[str, Any]:
    """Return it by name. `asked` is the running agent's own view of it, None where there is none."""
    found: dict[str, Any] = {"running": version("stillopen"), "possible": why_not(place) is None}
    found["why_not"] = why_not(place)
    if place is not None:
        known, work = ledger.read(place.own), ledger.under_way(place.own)
        found["doing"] = None if work is None else f"{work.doing} {work.version}, since {work.since}"
        found["staged"] = None if known.staged is None else known.staged.version
        found["before"] = known.before
        found["last"] = None if known.last is None else said(known.last)
        found["next"] = None if known.last is None or not known.last.hint else known.last.hint
        found["refused"] = "; ".join(f"{one}: {why}" for one, why in known.refused.items()) or None
    if asked is not None:
        for name in ("mode", "source", "hours", "looked_at", "busy"):
            found[name] = asked[name]
        trouble = asked["trouble"]
        found["trouble"] = None if trouble is None else f"{trouble['detail']}. {trouble['hint']}"
    return found


def why_not(place: Installation | None) -> str | None:
    """Return why there are no updates on this PC, or None."""
    if place is None:
        return "this installation is not a package's: bring newer versions as you brought this one (pip, a checkout)"
    if not place.trusted.exists():
        return "the package was built with no root of trust: install newer packages by hand"
    return None


def said(last: ledger.Ending) -> str:
    """Return how the newest work ended, in a line."""
    why = f": {last.why}" if last.why else ""
    return f"{last.version or 'the newer version'} {_DID.get(last.did, last.did)}, {last.at}{why}"
