"""The serial ports of this computer, and the one that a URL means by its device's numbers: `serial://VID:PID/SERIAL`.

On Windows looking through the ports can make an open that goes on at the same time fail (pyserial issue 309), so the
two take turns there. Nothing is opened here.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from drivers.errors import PortUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from drivers.ports.url import PortUrl

TURN_WAIT_S = 12.0  # an open that hangs in a driver is given up after ten seconds; a look may go on then

_turn = threading.Lock()
_NUMBERS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port as the system shows it. `location` is the USB socket it is in."""

    device: str
    name: str | None = None
    maker: str | None = None
    vendor: int | None = None
    product: int | None = None
    serial_number: str | None = None
    location: str | None = None


@contextlib.contextmanager
def in_turn(*, platform: str = sys.platform) -> Iterator[None]:
    """Hold off whoever else looks through, or opens, serial ports; on Windows only, and not for ever."""
    taken = platform == "win32" and _turn.acquire(timeout=TURN_WAIT_S)
    try:
        yield
    finally:
        if taken:
            _turn.release()


def list_serial(list_ports: Callable[[], Iterable[Any]] | None = None) -> list[SerialPort]:
    """Return the serial ports there are; `list_ports` is pyserial's `comports` by default. Raises `OSError`."""
    if list_ports is None:
        from serial.tools.list_ports import comports

        list_ports = comports
    with in_turn():
        found = sorted(list_ports())
    return [
        SerialPort(
            port.device,
            _text(port.product) or _text(port.description),
            _text(port.manufacturer),
            port.vid,
            port.pid,
            _text(port.serial_number),
            port.location,
        )
        for port in found
    ]


def names_numbers(url: PortUrl) -> bool:
    """Whether a `serial://` URL names its device by its USB numbers, not by the port it is on."""
    return url.scheme == "serial" and _NUMBERS.fullmatch(url.target) is not None


def find_serial(url: PortUrl, list_ports: Callable[[], Iterable[Any]] | None = None) -> str:
    """Return the port that the device `url` names is on now. Raises `PortUnavailable`: none, or more than one."""
    try:
        there = list_serial(list_ports)
    except OSError as error:
        raise PortUnavailable(
            f"{url.text}: the serial ports could not be listed: {error}",
            hint="Write the port itself, such as serial://COM3; `stillopen devices` lists what is there.",
        ) from error
    alike = [port for port in there if port.vendor is not None and _numbers(port) == url.target]
    if not alike:
        raise PortUnavailable(
            f"{url.text}: no serial port of a device {url.target} is there",
            hint="Plug the device in and switch it on; `stillopen devices` lists what is there.",
        )
    wanted = None if url.serial_number is None else url.serial_number.casefold()  # Windows keeps ids in capitals
    meant = [port for port in alike if wanted in (None, (port.serial_number or "").casefold())]
    if not meant:
        there_are = ", ".join(sorted(port.serial_number or "none" for port in alike))
        raise PortUnavailable(
            f"{url.text}: no such serial number; those plugged in: {there_are}",
            hint=f"Write {_urls(alike)}, or plug that device in.",
        )
    if len(meant) > 1:
        raise PortUnavailable(
            f"{url.text} means {len(meant)} serial ports: {', '.join(port.device for port in meant)}",
            hint=f"Write which of them: {_urls(meant)}.",
        )
    return meant[0].device


def _numbers(port: SerialPort) -> str:
    return f"{port.vendor:04x}:{port.product or 0:04x}"


def _urls(ports: list[SerialPort]) -> str:
    """Name each port by its serial number, or by itself where none tells it from the others."""
    numbers = [port.serial_number for port in ports]
    return " or ".join(
        f"serial://{_numbers(port)}/{quote(port.serial_number, safe='')}"
        if port.serial_number and numbers.count(port.serial_number) == 1
        else f"serial://{port.device}"
        for port in ports
    )


def _text(value: Any) -> str | None:
    """Return what the system says as text; None where it says nothing (pyserial's own word for that is n/a)."""
    text = str(value or "").strip("\0 ")
    return text if text and text != "n/a" and text.isprintable() else None
