"""Whether a version that was switched to is as well as the one before it was. Pure.

Only what got worse counts: a printer that had no paper before has none now, and a line that is out is the street's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

READY = "ready"  # a device that is open
_REFUSES = ("unauthorized", "not_configured")  # a cloud that took our calls before, and does not now


@dataclass(frozen=True, slots=True)
class Health:
    """What a running agent says of itself. `noted`: it wrote its version into the journal; `busy`: with what."""

    version: str
    selling: bool
    noted: bool
    busy: str | None = None
    fault: str | None = None
    devices: Mapping[str, str] = field(default_factory=dict)  # by name, its state
    clouds: Mapping[str, str] = field(default_factory=dict)  # by name, its lane's state
    parked: Mapping[str, int] = field(default_factory=dict)  # by cloud, what it has refused


def read(status: Mapping[str, Any], update: Mapping[str, Any]) -> Health:
    """Return the health in the answers of `GET /v1/status` and `GET /v1/update`. Raises `KeyError`, `TypeError`."""
    clouds = status["clouds"]
    return Health(
        version=str(status["version"]),
        selling=status["selling"] is True,
        noted=update["noted"] is True,
        busy=update["busy"],
        fault=status["fault"],
        devices={str(device["name"]): str(device["state"]) for device in status["devices"]},
        clouds={name: str(cloud["state"]) for name, cloud in clouds.items()},
        parked={name: int(cloud["parked"]) for name, cloud in clouds.items()},
    )


def wrong(now: Health | None, before: Health | None, version: str) -> str | None:
    """Return what is not as well as it was, or None where all is. Without a `before`, only the selling counts."""
    if now is None:
        return "it does not answer"
    if now.version != version:
        return f"what answers is {now.version}"
    if not now.selling:
        return f"it does not sell: {now.fault}"
    if not now.noted:
        return "it has not written to the journal"
    return None if before is None else _worse(now, before)


def _worse(now: Health, before: Health) -> str | None:
    """Return the first device or cloud that was well before, and is not now."""
    for name, state in before.devices.items():
        if state == READY and now.devices.get(name) != READY:
            return f"{name} was ready before, and is {now.devices.get(name, 'not there')}"
    for name, state in before.clouds.items():
        after = now.clouds.get(name, "not_configured")
        if after in _REFUSES and state not in _REFUSES:
            return f"{name} took our calls before, and is {after}"
        if now.parked.get(name, 0) > before.parked.get(name, 0):
            return f"{name} refuses records that it would have taken before"
    return None
