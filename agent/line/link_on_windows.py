"""The local network as Windows knows it: GetBestRoute and SendARP.

Source: Microsoft's reference of iphlpapi.h. Both return an error code, and 0 for success; both are IPv4 only.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import TYPE_CHECKING

from agent.line.link import Link
from drivers.ports.win32 import DWORD, LPDWORD, system_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from drivers.ports.win32 import Library, Signature


class ForwardRow(ctypes.Structure):
    """MIB_IPFORWARDROW."""

    _fields_ = tuple(
        (name, DWORD)
        for name in (
            "dwForwardDest", "dwForwardMask", "dwForwardPolicy", "dwForwardNextHop", "dwForwardIfIndex",
            "dwForwardType", "dwForwardProto", "dwForwardAge", "dwForwardNextHopAS", "dwForwardMetric1",
            "dwForwardMetric2", "dwForwardMetric3", "dwForwardMetric4", "dwForwardMetric5",
        )
    )  # fmt: skip


SIGNATURES: Mapping[str, Signature] = {
    "GetBestRoute": (DWORD, DWORD, DWORD, ctypes.POINTER(ForwardRow)),
    "SendARP": (DWORD, DWORD, DWORD, ctypes.c_void_p, LPDWORD),
}
_NO_ERROR = 0
_ERROR_BAD_NET_NAME, _ERROR_GEN_FAILURE = 67, 31  # no ARP reply came
_ANY_PUBLIC = "192.0.2.1"  # RFC 5737: nobody's, so that the default route is what leads to it
_DIRECT = 3  # MIB_IPROUTE_TYPE_DIRECT: the next hop is the destination, so there is no gateway


def library() -> Library:
    """Load the library. Raises `PortUnavailable` where this is not Windows."""
    return system_library("iphlpapi", SIGNATURES, "")


def look(now: datetime, iphlpapi: Library) -> Link:
    """Ask Windows for the way out, and the gateway for its hardware address. Blocks for seconds where it is gone."""
    row = ForwardRow()
    public = struct.unpack("=L", socket.inet_aton(_ANY_PUBLIC))[0]
    if iphlpapi.plain("GetBestRoute", public, 0, ctypes.byref(row)) != _NO_ERROR:
        return Link(now, route=False)
    if row.dwForwardType == _DIRECT or not row.dwForwardNextHop:
        return Link(now, route=True)
    gateway = socket.inet_ntoa(struct.pack("=L", row.dwForwardNextHop))
    hardware, size = (DWORD * 2)(), DWORD(8)
    code = iphlpapi.plain("SendARP", row.dwForwardNextHop, 0, hardware, ctypes.byref(size))
    answers = {_NO_ERROR: True, _ERROR_BAD_NET_NAME: False, _ERROR_GEN_FAILURE: False}.get(code)
    return Link(now, route=True, gateway=gateway, answers=answers)
