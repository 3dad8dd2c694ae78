"""The check of updates: whether there can be some, what lies ready, and how the newest one went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.doctor.finding import Finding, ok, warning
from agent.update import ledger
from agent.update.report import said, why_not

if TYPE_CHECKING:
    from agent.update.machine import Installation


def updates(place: Installation | None) -> Finding:
    """Say how it is with updates; that there are none by themselves is no fault of the store's."""
    name = "updates"
    reason = why_not(place)
    if place is None or reason is not None:
        return ok(name, f"none by themselves: {reason}")
    known, work = ledger.read(place.own), ledger.under_way(place.own)
    if work is not None:
        return ok(name, f"{work.doing} {work.version}, since {work.since}")
    if known.last is not None and known.last.did in {"refused", "interrupted"}:
        return warning(name, said(known.last), known.last.hint or "stillopen update status")
    if known.staged is not None:
        return warning(name, f"{known.staged.version} lies ready", "switch to it: stillopen update apply")
    return ok(name, "none is waiting" if known.last is None else said(known.last))
