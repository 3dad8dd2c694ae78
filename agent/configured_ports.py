"""Which ports the configured devices have: apart from the look at what is plugged in, which no start waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Config


def configured_ports(config: Config) -> dict[str, str]:
    """Return the URLs of the devices that have a port of their own, by name."""
    ports = {scanner.name: scanner.port for scanner in config.scanners}
    ports |= {printer.name: printer.port for printer in config.printers}
    ports |= {drawer.name: drawer.port for drawer in config.drawers if drawer.port is not None}
    ports |= {scale.name: scale.port for scale in config.scales}
    return ports | {display.name: display.port for display in config.displays if display.port is not None}
