"""What can go wrong between the agent and a device.

    DeviceError              has `.hint`: the next step, for the person in the shop
    ├── PortUrlInvalid       the configuration's URL cannot be a port (also a ValueError)
    ├── TemplateInvalid      a template for the store's own labels cannot be one (also a ValueError)
    ├── DocumentInvalid      what was to be printed cannot be a document (also a ValueError)
    ├── NotReady             nothing was sent: the device said, or showed, that it cannot take it now
    │   └── NotWeighed       there is no weight to take; `.reason` is a word for programs
    └── PortError
        ├── PortUnavailable  it could not be opened: absent, not allowed, held by another program
        ├── PortLost         it was open and is gone; `.written` bytes of the last write had gone out
        └── WriteStalled     no progress within the time given; `.written` bytes had gone out

Drivers raise these and nothing else; only the supervisor waits and tries again.
"""

from __future__ import annotations


class DeviceError(Exception):
    """Something about a device; `hint` is the next step."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class PortUrlInvalid(DeviceError, ValueError):
    """The text cannot be a port's URL."""


class TemplateInvalid(DeviceError, ValueError):
    """The text cannot be a template for labels with a weight or a price in them."""


class DocumentInvalid(DeviceError, ValueError):
    """The printable document, or its JSON, is not one."""


class NotReady(DeviceError):
    """Nothing was sent, because the device cannot take it now (no line, paper out, cover open)."""


class NotWeighed(NotReady):
    """There is no weight that may be taken now. `reason` is a scale's state, or `silent`, `lost` or `same`."""

    def __init__(self, message: str, *, hint: str = "", reason: str) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class PortError(DeviceError):
    """The byte stream itself."""


class PortUnavailable(PortError):
    """The port could not be opened."""


class PortLost(PortError):
    """The port was open and is gone. `written` bytes of the write that met this had gone out."""

    def __init__(self, message: str, *, hint: str = "", written: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.written = written


class WriteStalled(PortError):
    """The peer took nothing more within the time. `written` bytes of this write had gone out."""

    def __init__(self, message: str, *, hint: str = "", written: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.written = written
