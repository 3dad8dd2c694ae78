"""A port that hands on documents and has no way back: a print queue of the operating system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.port import Port

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from drivers.ports.spool_state import JobState, QueueState


@runtime_checkable
class DocumentPort(Port, Protocol):
    """A `Port` whose `read` never returns, and whose bytes travel in documents: one for each receipt.

    What is written while no document is open is a document of its own: its `write` returns when that has left the
    queue, and takes it out of the queue again where it does not leave it in time.
    """

    def document(self) -> AbstractAsyncContextManager[int]:
        """Open a document; gives its job's number. Leaving hands it over, leaving by an exception deletes it.

        Raises `PortLost`.
        """
        ...

    async def queue(self) -> QueueState:
        """Return the state of the queue. Raises `PortLost`."""
        ...

    async def job(self, number: int) -> JobState | None:
        """Return the state of a job. None: it has left the queue. Raises `PortLost`."""
        ...

    async def delete(self, number: int) -> bool:
        """Take a job out of the queue; return whether it is out. Raises `PortLost`."""
        ...
