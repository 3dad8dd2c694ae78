"""How a simulated USB printer shows itself: its descriptors, and its answers on endpoint 0."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKET_BYTES = 64  # full speed, as receipt printers are
_SERIAL_INDEX = 3  # which string descriptor the serial number is
_ENGLISH = 0x0409
_GOOD = 0x18  # port status: selected, no error; what many clones answer whatever happens


@dataclass(frozen=True, slots=True)
class UsbPrinter:
    """How a printer shows itself on the bus."""

    vendor: int = 0x04B8
    product: int = 0x0E15
    serial_number: str | None = None
    interface_class: int = 0x07
    protocol: int = 2  # 1: one way, 2: two ways
    alternate: bool = False  # it is as `protocol` says in alternate setting 1 only, and one way in setting 0
    configured: bool = True  # by the system, when it was plugged in
    out: int = 0x01  # endpoint address
    back: int | None = 0x82
    device_id: str | None = "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;"  # None: it does not know the request
    port_status: Callable[[], int] | None = lambda: _GOOD  # None: likewise
    kernel_driver: bool = False  # usblp takes it when it is plugged in

    def endpoints(self) -> list[int]:
        """Return the endpoints' addresses, in the order of their descriptors."""
        return [self.out] if self.back is None else [self.out, self.back]

    def device_descriptor(self, address: tuple[int, int]) -> SimpleNamespace:
        """Return what USB 2.0 table 9-8 lists, and where the device is: bus and device number."""
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x0200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=self.vendor, idProduct=self.product, bcdDevice=0x0100,
            iManufacturer=0, iProduct=0, iSerialNumber=0 if self.serial_number is None else _SERIAL_INDEX,
            bNumConfigurations=1, bus=address[0], address=address[1], port_number=1, port_numbers=(1,), speed=2,
        )  # fmt: skip  # in the order of the table

    def configuration_descriptor(self, config: int) -> SimpleNamespace:
        """Return what table 9-10 lists. Raises `IndexError` past the one there is."""
        self._there(0, 0, config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip  # in the order of the table

    def interface_descriptor(self, intf: int, alt: int, config: int) -> SimpleNamespace:
        """Return what table 9-12 lists. Raises `IndexError` past the one there is."""
        self._there(intf, alt, config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=alt,
            bNumEndpoints=len(self.endpoints()), bInterfaceClass=self.interface_class,
            bInterfaceSubClass=1, bInterfaceProtocol=1 if self.alternate and not alt else self.protocol,
            iInterface=0, extra_descriptors=[],
        )  # fmt: skip  # in the order of the table

    def endpoint_descriptor(self, ep: int, intf: int, alt: int, config: int) -> SimpleNamespace:
        """Return what table 9-13 lists. Raises `IndexError` past the last."""
        self._there(intf, alt, config)
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=self.endpoints()[ep], bmAttributes=2,
            wMaxPacketSize=_PACKET_BYTES, bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip  # in the order of the table

    def answer(self, kind: int, request: int, value: int) -> bytes | None:
        """Answer a request (bmRequestType, bRequest, wValue) on endpoint 0. None: it stalls there."""
        match kind, request, value:
            case 0x80, 6, 0x0300:  # GET_DESCRIPTOR, string 0: the languages
                return bytes((4, 3)) + _ENGLISH.to_bytes(2, "little")
            case 0x80, 6, at if at == 0x0300 | _SERIAL_INDEX and self.serial_number is not None:
                text = self.serial_number.encode("utf-16-le")
                return bytes((2 + len(text), 3)) + text
            case 0xA1, 0, _ if self.device_id is not None:  # GET_DEVICE_ID
                return (2 + len(self.device_id)).to_bytes(2, "big") + self.device_id.encode("latin-1")
            case 0xA1, 1, _ if self.port_status is not None:  # GET_PORT_STATUS
                return bytes((self.port_status(),))
        return None

    def _there(self, intf: int, alt: int, config: int) -> None:
        if intf or config or alt > int(self.alternate):
            raise IndexError
