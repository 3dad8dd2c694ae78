r"""Which PC this is, as far as it says so itself: its machine id and the addresses of its built-in network cards.

What may change on a PC that stays the same says nothing here: containers, systems whose root is made anew at every
start, USB network dongles, cards that take on random addresses.

Sources: machine-id(5); sysfs-class-net (`addr_assign_type` 0 is the card's own address); Windows: MIB_IF_ROW2 in
netioapi.h, HKLM\SYSTEM\CurrentControlSet\Control\Network for how a card is attached.
"""

from __future__ import annotations

import re
import struct
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outbox import place

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where a file, once written, stays the very file: inode and content outlive restarts.
LASTING_FILE_SYSTEMS = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "tmpfs", "xfs", "zfs"})

_CONTAINERS = (".dockerenv", "run/.containerenv", "run/systemd/container")  # what marks the root of one
_MACHINE_ID = re.compile(r"[0-9a-f]{32}\Z")
_MADE_BY_THE_CARDS_MAKER = "0"
_NO_ADDRESS = "00:00:00:00:00:00"

_ROW_BYTES = 1352  # of a MIB_IF_ROW2
_ROWS_AT = 8  # behind their number, aligned
_GUID_AT, _LENGTH_AT, _ADDRESS_AT, _TYPE_AT, _FLAGS_AT = 12, 1056, 1092, 1128, 1152
_ADDRESS_BYTES = 6
_TYPES = (6, 71)  # IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211
_HARDWARE_INTERFACE = 0x01
_CONNECTIONS = r"SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_BUILT_IN = ("PCI\\", "VMBUS\\")  # how a card is attached; a virtual machine's own card hangs on VMBUS


@dataclass(frozen=True, slots=True)
class Machine:
    """A PC. None and the empty set: it does not say."""

    id: str | None
    cards: frozenset[str]


def look(root: Path = Path("/"), *, mounts: str | None = None) -> Machine:
    """Return which PC this is. `root` and `mounts` are for tests."""
    if sys.platform == "win32":
        return Machine(_windows_id(), _windows_cards())
    if any((root / name).exists() for name in _CONTAINERS):
        return Machine(None, frozenset())
    return Machine(_linux_id(root / "etc" / "machine-id", mounts), frozenset(_linux_cards(root / "sys/class/net")))


def _linux_id(file: Path, mounts: str | None) -> str | None:
    """Return /etc/machine-id, unless it was made up for this start only: then it is mounted over the real one."""
    if place.file_system(file, mounts) not in LASTING_FILE_SYSTEMS - {"tmpfs"}:
        return None
    try:
        text = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if _MACHINE_ID.match(text) else None  # it says "uninitialized" before the first start


def _linux_cards(folder: Path) -> Iterator[str]:
    for card in sorted(folder.glob("*/device")):
        try:
            attached = (card / "subsystem").resolve(strict=True).name
            kind = (card.parent / "addr_assign_type").read_text("ascii").strip()
            address = (card.parent / "address").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if attached != "usb" and kind == _MADE_BY_THE_CARDS_MAKER and address != _NO_ADDRESS:
            yield address


def hardware_cards(rows: bytes) -> Iterator[tuple[str, str]]:
    """Yield the interface's GUID and the permanent address of each card in an array of MIB_IF_ROW2."""
    for at in range(0, len(rows) - _ROW_BYTES + 1, _ROW_BYTES):
        (length,) = struct.unpack_from("<L", rows, at + _LENGTH_AT)
        (kind,) = struct.unpack_from("<L", rows, at + _TYPE_AT)
        address = rows[at + _ADDRESS_AT : at + _ADDRESS_AT + _ADDRESS_BYTES]
        is_card = rows[at + _FLAGS_AT] & _HARDWARE_INTERFACE and kind in _TYPES and length == _ADDRESS_BYTES
        if is_card and any(address):
            guid = uuid.UUID(bytes_le=rows[at + _GUID_AT : at + _GUID_AT + 16])
            yield f"{{{guid}}}".upper(), address.hex(":")


if sys.platform == "win32":  # pragma: no cover - the tests run on Linux

    def _windows_id() -> str | None:
        return _value(r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")

    def _windows_cards() -> frozenset[str]:
        import ctypes

        system = ctypes.WinDLL("iphlpapi")
        table = ctypes.c_void_p()
        if system.GetIfTable2(ctypes.byref(table)) or not table.value:
            return frozenset()
        try:
            (count,) = struct.unpack("<L", ctypes.string_at(table.value, 4))
            rows = ctypes.string_at(table.value + _ROWS_AT, count * _ROW_BYTES)
        finally:
            system.FreeMibTable(table)
        return frozenset(
            address
            for guid, address in hardware_cards(rows)
            if (_value(rf"{_CONNECTIONS}\{guid}\Connection", "PnpInstanceID") or "").startswith(_BUILT_IN)
        )

    def _value(key: str, name: str) -> str | None:
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as at:
                return str(winreg.QueryValueEx(at, name)[0])
        except OSError:
            return None
