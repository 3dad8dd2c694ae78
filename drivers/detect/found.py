"""Something that is plugged in, and what it probably is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How the system shows a device."""

    SERIAL = "serial"
    USB_PRINTER = "usb_printer"  # class 7
    HID = "hid"
    KEYBOARD = "keyboard"  # an input device that types
    QUEUE = "queue"  # of a print spooler


class Kind(StrEnum):
    """What a device is for."""

    SCANNER = "scanner"
    PRINTER = "printer"
    DRAWER = "drawer"
    SCALE = "scale"
    CARD_READER = "card_reader"
    ADAPTER = "adapter"  # a converter: what hangs on it cannot be told
    KEYBOARD = "keyboard"
    UNKNOWN = "unknown"


class Sure(StrEnum):
    """How sure a guess is."""

    CERTAIN = "certain"  # the device says so itself, by its class or its usage page
    PROBABLE = "probable"  # its maker's number is this device's, or its maker makes little else
    POSSIBLE = "possible"  # a chip that is in many things
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """One device as the system shows it. `place` changes with the socket it is in, `port` should not.

    `port` is the URL to write, None: this program cannot open it. `lasting` says that the URL goes on meaning this
    very device in another socket and under another number.
    """

    way: Way
    place: str  # /dev/ttyACM0, COM3, 1-2:1.0, a queue's name
    port: str | None
    name: str | None = None  # as it calls itself
    maker: str | None = None
    vendor: int | None = None
    product: int | None = None
    serial_number: str | None = None
    usage_page: int | None = None  # HID
    lasting: bool = False
    also: tuple[str, ...] = ()  # other URLs of the same device

    @property
    def numbers(self) -> str | None:
        """VID:PID, as in a port's URL; None: it is no USB device, or the system does not say."""
        return None if self.vendor is None or self.product is None else f"{self.vendor:04x}:{self.product:04x}"


@dataclass(frozen=True, slots=True)
class Guess:
    """What a device probably is. `why` is what says so, `next` the next step of whoever plugged it in."""

    kind: Kind
    sure: Sure
    what: str
    why: str
    next: str
