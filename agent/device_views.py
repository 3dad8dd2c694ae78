"""A device's state as JSON values, as the local API and the events show it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agent.drawers import switch_as_json
from agent.scales import reading_as_json

if TYPE_CHECKING:
    from drivers.device import DeviceView
    from drivers.drawer import Drawer
    from drivers.printer.printer import Printer
    from drivers.scale.scale import Scale


def as_json(view: DeviceView) -> dict[str, Any]:
    """Return a device's state."""
    return {
        "name": view.name,
        "kind": view.kind,
        "port": view.port,
        "state": str(view.state),
        "since": view.since.isoformat(),
        "error": view.error,
        "hint": view.hint,
        "failures": view.failures,
        "notices": [],
    }


def drawer_as_json(drawer: Drawer) -> dict[str, Any]:
    """Add what its switch says, and what that means."""
    return as_json(drawer.view) | {"switch": switch_as_json(drawer.status)}


def scale_as_json(scale: Scale) -> dict[str, Any]:
    """Add what it says of its pan, while somebody looks."""
    return as_json(scale.view) | {"weighing": reading_as_json(scale)}


def printer_as_json(printer: Printer) -> dict[str, Any]:
    """Add what the printer says of itself; null is what it has not said, never the good news."""
    status = asdict(printer.status)
    return as_json(printer.view) | {
        "status": {name: _plain(value) for name, value in status.items()},
        "notices": [asdict(notice) for notice in printer.notices],
    }


def _plain(value: object) -> bool | str | None:
    return value if value is None or isinstance(value, bool) else str(value)
