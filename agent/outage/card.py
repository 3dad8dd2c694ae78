"""The outage card, as a value: what waits and how old it is, what works, what to refuse, and whether one may go home.

Pure. It is made from what the lamps and the deliveries say at the moment it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.line.verdict import State
from agent.tender_kinds import KINDS, trouble_with

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKS = ("sell", "cash", "card_terminal", "receipts", "refunds", "cash_up")  # with no line at all


def card(
    *,
    at: str,
    fault: str | None,
    line: Mapping[str, Any],
    clouds: Mapping[str, Mapping[str, Any]],
    providers: Mapping[str, str],
) -> dict[str, Any]:
    """Return the card. `line` and `clouds` are views; `providers`: by type of tender, the cloud that takes it."""
    shown = [_cloud(name, line["clouds"].get(name), cloud) for name, cloud in clouds.items()]
    state = _state(fault, shown)
    lamps = {name: lamp["state"] for name, lamp in line["clouds"].items()}
    troubles = {kind.type: trouble_with(kind, providers, lamps) for kind in KINDS}
    return {
        "at": at,
        "state": state,
        "all_delivered": state in ("delivered", "no_clouds"),
        "waiting": sum(cloud["waiting"] for cloud in shown),
        "parked": sum(cloud["parked"] for cloud in shown),
        "matters": sum(cloud["matters"] for cloud in shown),
        "oldest_waiting": min((cloud["oldest_waiting"] for cloud in shown if cloud["oldest_waiting"]), default=None),
        "network": line["network"],
        "internet": line["internet"],
        "clouds": shown,
        "works": list(WORKS) if fault is None else [],
        "refuse": [{"tender": type_, "why": str(why)} for type_, why in troubles.items() if why is not None],
        "card_risk": line["internet"]["state"] in (State.DOWN, State.PORTAL),
    }


def _cloud(name: str, lamp: Mapping[str, Any] | None, cloud: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "configured": cloud["configured"],
        "lamp": lamp or {"state": str(State.UNKNOWN), "cause": None, "since": None, "at": None},
        "waiting": cloud["waiting"] + cloud["sending"],
        "parked": cloud["parked"],
        "matters": cloud.get("matters", 0),
        "oldest_waiting": cloud["oldest_waiting"] if cloud["waiting"] + cloud["sending"] else None,
        "answered_at": cloud["answered_at"],
        "offline": cloud["offline"],
        "last_error": cloud["last_error"],
        "cannot": cloud["cannot"],
    }


def _state(fault: str | None, clouds: list[dict[str, Any]]) -> str:
    """Return the one word above it all: what needs a person before what goes by itself."""
    if fault is not None:
        return "cannot_sell"
    if not clouds:
        return "no_clouds"
    used = [cloud for cloud in clouds if cloud["configured"]]
    waiting = [cloud for cloud in used if cloud["waiting"]]
    if any(cloud["offline"] is not None for cloud in waiting):
        return "offline"
    if any(cloud["lamp"]["state"] == State.UNAUTHORIZED for cloud in waiting):
        return "unauthorized"
    if any(cloud["parked"] for cloud in used):  # a refund may wait behind it
        return "parked"
    if any(cloud["lamp"]["state"] != State.UP for cloud in waiting):
        return "waiting"
    if len(used) < len(clouds):  # after what concerns the line that the store sells with: it may stand there for months
        return "not_configured"
    return "sending" if waiting else "delivered"
