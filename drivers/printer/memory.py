"""What a printer was found to answer, remembered for that unit, so that it is asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drivers.ports.ieee1284 import DeviceId
    from drivers.printer.escpos import FenceKind


class Memory(Protocol):
    """What is remembered of the unit that one configured printer is. Another unit's is none."""

    def recall(self, unit: str) -> FenceKind | None:
        """Return the fence this unit answered, or None."""
        ...

    async def learn(self, unit: str, fence: FenceKind | None) -> None:
        """Remember it; None: forget. Never raises: what cannot be kept is asked again."""
        ...


class NoMemory:
    """Remembers nothing: the printer is asked at each connection."""

    def recall(self, unit: str) -> FenceKind | None:  # noqa: ARG002 - as `Memory` has it
        """Return None."""
        return None

    async def learn(self, unit: str, fence: FenceKind | None) -> None:
        """Do nothing."""


def unit_of(url: str, device_id: DeviceId | None) -> str:
    """Return what tells this unit from another: the port's URL, and its own device id where it has one."""
    return url if device_id is None else f"{url} {device_id.text}"
