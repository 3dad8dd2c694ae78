"""The local network: whether this PC has a way out of itself, and whether its gateway answers.

On Linux the kernel's tables say the way (proc(5): `net/route`, `net/ipv6_route`, `net/arp`), and the gateway takes
or refuses a connection to its port 53: both are answers. On Windows, `link_on_windows`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

GATEWAY_PORT = 53  # most routers answer names; one that does not refuses, and that is an answer
GATEWAY_S = 2.0  # a gateway is one hop away: milliseconds, or not at all

_UP, _GATEWAY = 0x1, 0x2  # route.h: RTF_UP, RTF_GATEWAY
_ARP_COMPLETE = 0x2  # if_arp.h: ATF_COM
_ROUTE_FIELDS, _ROUTE6_FIELDS, _ARP_FIELDS = 8, 10, 6  # columns that are looked at, at least


@dataclass(frozen=True, slots=True)
class Link:
    """The way out. `gateway` is None where there is none, as on a point-to-point line; `answers` None: unknown."""

    at: datetime
    route: bool
    gateway: str | None = None
    answers: bool | None = None


async def look(now: datetime, *, proc: Path = Path("/proc")) -> Link | None:
    """Look at the local network; None where this system cannot be asked. Sends to the gateway alone."""
    if sys.platform == "win32":
        from agent.line import link_on_windows

        return await asyncio.to_thread(link_on_windows.look, now, link_on_windows.library())
    if sys.platform != "linux":
        return None
    return await look_on_linux(now, proc)


async def look_on_linux(now: datetime, proc: Path) -> Link:
    """Look at the kernel's tables below `proc`, and ask the gateway that they name."""
    found = default_route(_text(proc / "net/route")) or default_route6(_text(proc / "net/ipv6_route"))
    if found is None:
        return Link(now, route=False)
    gateway, interface = found
    if gateway is None:
        return Link(now, route=True)
    answers = await _answers(gateway, interface)
    if answers is None:
        answers = is_known(_text(proc / "net/arp"), gateway)
    return Link(now, route=True, gateway=gateway, answers=answers)


def default_route(table: str) -> tuple[str | None, str] | None:
    """Return the gateway (None: there is none) and the interface of IPv4's default route, or None."""
    best: tuple[int, str | None, str] | None = None
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < _ROUTE_FIELDS:
            continue
        interface, destination, gateway, flags, _, _, metric, mask = fields[:_ROUTE_FIELDS]
        if int(destination, 16) or int(mask, 16) or not int(flags, 16) & _UP:
            continue
        address = socket.inet_ntoa(struct.pack("=L", int(gateway, 16))) if int(flags, 16) & _GATEWAY else None
        if best is None or int(metric) < best[0]:
            best = int(metric), address, interface
    return None if best is None else best[1:]


def default_route6(table: str) -> tuple[str | None, str] | None:
    """Return the gateway and the interface of IPv6's default route, or None."""
    best: tuple[int, str | None, str] | None = None
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < _ROUTE6_FIELDS or int(fields[0], 16) or int(fields[1], 16):
            continue
        flags, metric, interface = int(fields[8], 16), int(fields[5], 16), fields[9]
        if interface == "lo" or not flags & _UP:
            continue
        address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[4])) if flags & _GATEWAY else None
        if best is None or metric < best[0]:
            best = metric, address, interface
    return None if best is None else best[1:]


def is_known(table: str, gateway: str) -> bool | None:
    """Return whether the kernel has the gateway's hardware address, which it gave itself; None: it was not asked."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= _ARP_FIELDS and fields[0] == gateway:
            return bool(int(fields[2], 16) & _ARP_COMPLETE)
    return None


async def _answers(gateway: str, interface: str) -> bool | None:
    """Return whether the gateway takes or refuses a connection, or cannot be found; None: it says nothing."""
    host = f"{gateway}%{interface}" if ":" in gateway else gateway
    try:
        async with asyncio.timeout(GATEWAY_S):
            _, writer = await asyncio.open_connection(host, GATEWAY_PORT)
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        return None
    except OSError:  # no route to host: nobody has that address
        return False
    writer.close()
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except OSError:
        return ""
