"""What a printer says beside its bytes: the port status byte and the device id string of IEEE 1284.

USB carries both as class requests (USB Device Class Definition for Printing Devices 1.1, sections 4.2.1 and
4.2.2); Linux hands on the same bytes from /dev/usb/lp*. Many printers answer a constant: `DLE EOT` says more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

DEVICE_ID_BYTES_MAX = 1023  # usblp's own limit is 1,024 with a byte to spare; ids seen have 50 to 300

_NO_ERROR, _SELECTED, _PAPER_EMPTY = 0x08, 0x10, 0x20
_NAMES = {"MANUFACTURER": "MFG", "MODEL": "MDL", "COMMAND SET": "CMD", "SERIALNUMBER": "SN", "SERN": "SN"}


@dataclass(frozen=True, slots=True)
class PortStatus:
    """The port status byte: bits 3, 4 and 5 are all that is defined."""

    error: bool
    selected: bool
    paper_empty: bool


@dataclass(frozen=True, slots=True)
class DeviceId:
    """A device id string, and its fields by their short names (`MFG`, `MDL`, `CMD`, `SN`, ...)."""

    text: str
    fields: dict[str, str] = field(default_factory=dict)


@runtime_checkable
class StatusLine(Protocol):
    """A line whose operating system or bus can be asked about the printer beside the bytes. Both calls block."""

    def port_status(self) -> PortStatus | None:
        """Return the port status; None: it cannot be read. Raises `PortLost`."""
        ...

    def device_id(self) -> DeviceId | None:
        """Return the device id; None: it cannot be read. Raises `PortLost`."""
        ...


def parse_port_status(byte: int) -> PortStatus:
    """Read a port status byte. Bit 3 is set while there is no error."""
    return PortStatus(
        error=not byte & _NO_ERROR, selected=bool(byte & _SELECTED), paper_empty=bool(byte & _PAPER_EMPTY)
    )


def parse_device_id(answer: bytes) -> DeviceId | None:
    """Read an answer to GET_DEVICE_ID: two bytes of length, which count themselves, then `KEY:value;...`.

    None: nothing is in it. Some printers send the length low byte first, and some leave it out of the count.
    """
    length = int.from_bytes(answer[:2], "big")
    if length > len(answer):
        length = int.from_bytes(answer[:2], "little")
    # An honest length cuts off what stood in the buffer before; a wrong one must not cut off the answer.
    honest = 2 < length <= len(answer)  # noqa: PLR2004 - the length itself
    text = (answer[2:length] if honest else answer[2:]).decode("latin-1").replace("\0", " ").strip()
    if not text:
        return None
    fields: dict[str, str] = {}
    for part in text.split(";"):
        key, colon, value = part.partition(":")
        name = key.strip().upper()
        if colon and name:
            fields.setdefault(_NAMES.get(name, name), value.strip())
    return DeviceId(text, fields)
