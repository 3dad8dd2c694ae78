"""Serial ports, each under a name that outlives its number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from drivers.detect.found import Found, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.detect.sysfs import Linux
    from drivers.ports.serial_list import SerialPort

_SPEED = "?baud=9600"  # what most leave the factory with


def serials(ports: Sequence[SerialPort], linux: Linux | None) -> list[Found]:
    """Name each port by its device's serial number; where that tells nothing by the USB socket, else by its number.

    `linux` is None elsewhere. Two devices that share a serial number, as cheap adapters do, have none.
    """
    return [_found(port, ports, linux) for port in ports]


def _found(port: SerialPort, ports: Sequence[SerialPort], linux: Linux | None) -> Found:
    unique = port.serial_number is not None and _alike(port, ports) == 1
    target, lasting = port.device, port.vendor is None  # a port soldered to the board stays where it is
    also: tuple[str, ...] = ()
    if port.vendor is not None:
        numbers = f"{port.vendor:04x}:{port.product or 0:04x}"
        if linux is not None:
            by_id, by_path = (linux.stable_name(port.device, folder) for folder in ("by-id", "by-path"))
            if unique and by_id is not None:
                target, lasting = by_id, True
                also = (f"serial://{by_path}{_SPEED}",) if by_path else ()
            else:
                target = by_path or target
        elif unique:
            target, lasting = f"{numbers}/{quote(port.serial_number or '', safe='')}", True
            also = (f"serial://{port.device}{_SPEED}",)
    return Found(
        Way.SERIAL,
        port.device,
        f"serial://{target}{_SPEED}",
        port.name if port.name != port.device.rsplit("/", 1)[-1] else None,
        port.maker,
        port.vendor,
        port.product,
        port.serial_number,
        lasting=lasting,
        also=also,
    )


def _alike(port: SerialPort, ports: Sequence[SerialPort]) -> int:
    """Count the devices with this one's numbers; the ports of one device, which is in one socket, are one."""
    same = {
        (other.location or other.device).split(":")[0]
        for other in ports
        if (other.vendor, other.product, other.serial_number) == (port.vendor, port.product, port.serial_number)
    }
    return len(same)
