"""What has been promised so far: noted in the recorder's log at the moment it was, and owed from then on.

`Owed` is led through the log beside the disk. What a caller was told must be in every image of a disk cut after
that; what a cloud had at the cut is what the journal may believe it has.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from outbox.connector import Answer, Request
    from outbox.record import Record
    from tests.outbox.memory_cloud import MemoryCloud


@dataclass(frozen=True, slots=True)
class Committed:
    """A transaction is committed, and all tables together have this digest. Nobody was told yet."""

    digest: str


@dataclass(frozen=True, slots=True)
class ToldRecord:
    """A caller was given a record, under the idempotency key of its request."""

    record: Record
    key: str


@dataclass(frozen=True, slots=True)
class ToldSale:
    """A cashier was shown an open sale with so much entered."""

    id: str
    made: int  # lines and tenders ever entered, so that it only grows


@dataclass(frozen=True, slots=True)
class ToldDelivered:
    """A person was shown that a delivery is delivered."""

    id: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as a cloud has it; `paid` is how often."""

    id: str
    paid: int


@dataclass(frozen=True, slots=True)
class CloudHas:
    """What a cloud has from now on; more than one order for a record id means it was doubled."""

    cloud: str
    memory: MemoryCloud  # a copy, to go on with after a power cut: the cloud had none
    orders: Mapping[str, tuple[Order, ...]]  # by record id

    def copy_of_memory(self) -> MemoryCloud:
        """Return the cloud as it was, to go its own way."""
        return copy.deepcopy(self.memory)


@dataclass(slots=True)
class Owed:
    """Everything promised up to a moment. `tables` is the last commit's digest, `coming` the next one's, if any."""

    tables: str
    coming: str | None = None
    records: dict[str, ToldRecord] = field(default_factory=dict)
    sales: dict[str, int] = field(default_factory=dict)
    delivered: set[int] = field(default_factory=set)
    clouds: dict[str, CloudHas] = field(default_factory=dict)

    def take(self, note: object) -> None:
        """Owe what a note says."""
        if isinstance(note, Committed):
            self.tables = note.digest
        elif isinstance(note, ToldRecord):
            self.records[note.record.id] = note
        elif isinstance(note, ToldSale):
            self.sales[note.id] = max(note.made, self.sales.get(note.id, 0))
        elif isinstance(note, ToldDelivered):
            self.delivered.add(note.id)
        elif isinstance(note, CloudHas):
            self.clouds[note.cloud] = note

    def copy(self) -> Owed:
        """Return a copy that goes its own way."""
        return Owed(
            self.tables, self.coming, dict(self.records), dict(self.sales), set(self.delivered), dict(self.clouds)
        )


class NotingCloud:
    """A cloud in memory that notes what it has after every exchange."""

    def __init__(self, name: str, memory: MemoryCloud, note: Callable[[object], None]) -> None:
        self.name = name
        self.memory = memory
        self._note = note

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        try:
            return await self.memory.exchange(base_url, request, headers)
        finally:
            self._note(self.has())

    def has(self) -> CloudHas:
        found: dict[str, tuple[Order, ...]] = {}
        for order in self.memory.orders:
            found[order["id"]] = (*found.get(order["id"], ()), Order(order["order"], order["paid"]))
        return CloudHas(self.name, copy.deepcopy(self.memory), found)
