"""The local network as the kernel's tables and Windows' functions tell it."""

from __future__ import annotations

import ctypes
import socket
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.line import link_on_windows
from agent.line.link import Link, default_route, default_route6, is_known, look_on_linux
from drivers.ports.win32 import Library

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANY = "0.0.0.0"  # noqa: S104 - the way to everywhere, which nothing is bound to
HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
ARP = "IP address       HW type     Flags       HW address            Mask     Device\n"


def route(interface: str, gateway: str, *, flags: int = 3, metric: int = 100, to: str = ANY) -> str:
    """Write a line as the kernel does: addresses as this machine's own integers."""
    number, target = (struct.unpack("=L", socket.inet_aton(each))[0] for each in (gateway, to))
    mask = "00000000" if to == ANY else "00FFFFFF"
    return f"{interface}\t{target:08X}\t{number:08X}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("", None),
        (HEAD, None),
        (HEAD + route("eth0", ANY, flags=1, to="192.0.2.0"), None),
        (HEAD + route("eth0", "192.0.2.1"), ("192.0.2.1", "eth0")),
        (HEAD + route("wlan0", "192.0.2.9", metric=600) + route("eth0", "192.0.2.1"), ("192.0.2.1", "eth0")),
        (HEAD + route("eth0", "192.0.2.1", flags=2), None),
        (HEAD + route("ppp0", ANY, flags=1), (None, "ppp0")),
        (HEAD + "eth0\t0000\n", None),
    ],
)
def test_the_default_route(table: str, found: object) -> None:
    assert default_route(table) == found


def test_the_default_route_of_ipv6() -> None:
    zeros = "0" * 32
    own = f"{zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200       lo\n"
    there = f"{zeros} 00 {zeros} 00 fe80{zeros[:27]}1 00000400 00000001 00000000 00000003     eth0\n"
    worse = f"{zeros} 00 {zeros} 00 fe80{zeros[:27]}2 00000800 00000001 00000000 00000003    wlan0\n"
    assert default_route6(own) is None
    assert default_route6(own + worse + there) == ("fe80::1", "eth0")


@pytest.mark.parametrize(("flags", "known"), [("0x2", True), ("0x0", False)])
def test_what_the_kernel_knows_of_the_gateway(flags: str, known: bool) -> None:  # noqa: FBT001 - a case's own
    line = f"192.0.2.1        0x1         {flags}         02:fc:00:00:00:05     *        eth0\n"
    assert is_known(ARP + line, "192.0.2.1") is known
    assert is_known(ARP + line, "192.0.2.2") is None


async def test_a_gateway_that_refuses_is_there(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.mkdir()
    assert await look_on_linux(NOW, tmp_path) == Link(NOW, route=False)
    (net / "route").write_text(HEAD + route("ppp0", ANY, flags=1))
    assert await look_on_linux(NOW, tmp_path) == Link(NOW, route=True)
    (net / "route").write_text(HEAD + route("lo", "127.0.0.1"))  # nobody listens at port 53 there: it refuses
    assert await look_on_linux(NOW, tmp_path) == Link(NOW, route=True, gateway="127.0.0.1", answers=True)


@pytest.mark.parametrize(
    ("route_code", "kind", "arp_code", "found"),
    [
        (1231, 0, 0, Link(NOW, route=False)),
        (0, 3, 0, Link(NOW, route=True)),
        (0, 4, 0, Link(NOW, route=True, gateway="192.0.2.1", answers=True)),
        (0, 4, 67, Link(NOW, route=True, gateway="192.0.2.1", answers=False)),
        (0, 4, 31, Link(NOW, route=True, gateway="192.0.2.1", answers=False)),
        (0, 4, 50, Link(NOW, route=True, gateway="192.0.2.1", answers=None)),
    ],
)
def test_what_windows_says(route_code: int, kind: int, arp_code: int, found: Link) -> None:
    gateway = struct.unpack("=L", socket.inet_aton("192.0.2.1"))[0]

    def best_route(_public: int, _source: int, row: Any) -> int:
        row._obj.dwForwardNextHop, row._obj.dwForwardType = gateway, kind
        return route_code

    def send_arp(address: int, _source: int, hardware: Any, size: Any) -> int:
        assert address == gateway
        assert ctypes.sizeof(hardware) >= size._obj.value
        return arp_code

    library = Library({"GetBestRoute": best_route, "SendARP": send_arp}, last_error=lambda: 0)
    assert link_on_windows.look(NOW, library) == found
    assert ctypes.sizeof(link_on_windows.ForwardRow) == 56  # fourteen DWORDs, as MIB_IPFORWARDROW has
