"""A device's state, as a value anyone can read and an event anyone can hear."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class DeviceState(StrEnum):
    """Where a supervised device is in its loop: open, run, lose, back off, reopen."""

    STOPPED = "stopped"  # nobody is supervising it (yet, or any more)
    OPENING = "opening"
    READY = "ready"  # the port is open and the device's session is running
    LOST = "lost"  # it went away or could not be opened; waiting to try again


@dataclass(frozen=True, slots=True)
class DeviceView:
    """What is known about one device now. `error` and `hint` speak of the latest trouble, if any."""

    name: str
    kind: str  # "scanner", "printer", "drawer"
    port: str  # its URL, or for a drawer the printer it hangs on
    state: DeviceState
    since: datetime  # of this state; with an offset
    error: str | None = None
    hint: str | None = None
    failures: int = 0  # in a row


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know of a device that works: what is the matter, and the next step."""

    code: str
    detail: str
    hint: str


if TYPE_CHECKING:
    DeviceListener = Callable[[DeviceView], None]
