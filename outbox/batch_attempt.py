"""One attempt at a batch: written down, sent, and closed or left to be sent again.

A cloud that takes batches drops what it has seen, so there is nothing to look at after an unclear ending:
the same bytes go again. What a repeated attempt does not change is not written again either.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outbox import batches, deliveries
from outbox.auth.authorizer import SignInNeeded, Static
from outbox.calls import Calls
from outbox.connector import Done, Refused, Unauthorized
from outbox.ending import End, Ending
from outbox.errors import OutboxError
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from outbox.auth.authorizer import Authorizer
    from outbox.batches import Frozen
    from outbox.calls import Exchanges
    from outbox.connector import Connector, Packer
    from outbox.deliveries import Waiting
    from outbox.journal import Journal

_log = logging.getLogger("stillopen.courier")


@dataclass(slots=True)
class BatchAttempts:
    """Makes attempts at batches for one cloud."""

    cloud: str
    connector: Connector
    packer: Packer
    journal: Journal
    session: Exchanges
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    authorizer: Authorizer | None = None  # None: the connector's own credentials
    _frozen: dict[int, Frozen] = field(default_factory=dict)  # by batch, those that are to be sent again
    _unsaved: dict[int, int] = field(default_factory=dict)  # by batch: attempts that changed nothing
    _calls: Calls = field(init=False)

    def __post_init__(self) -> None:
        authorizer = self.authorizer or Static(self.connector, self.now)
        self._calls = Calls(self.connector.base_url, self.session, authorizer)

    async def make(self, wanted: Sequence[Waiting]) -> End:
        """Take deliveries of one till, oldest first, as far as they will go now. Raises nothing but cancellation."""
        try:
            return await self._make(wanted)
        except OutboxError as error:  # the disk; the journal has said so, loudly
            return End(Ending.OURS, f"{error}. {error.hint}")
        except Exception as error:  # noqa: BLE001 - a bug in one connector stops one till's records, not the lane
            _log.exception("A fault in the connector of %s at delivery %d and on", self.cloud, wanted[0].id)
            return End(Ending.TROUBLE, f"a fault in the connector ({type(error).__name__}); the log has it")

    async def _make(self, wanted: Sequence[Waiting]) -> End:
        frozen = await self._freeze(wanted)
        try:
            answer = await self._calls.exchange(frozen.step.request, frozen.step.key)
        except NotSent as error:
            ending = Ending.UNAUTHORIZED if isinstance(error, SignInNeeded) else Ending.LINE
            return await self._again(frozen, wanted, End(ending, str(error)), sent=False)
        except AnswerLost as error:
            return await self._again(frozen, wanted, End(Ending.LINE, str(error)), sent=True)
        outcome = self.packer.verdict(frozen.records, answer, self.now())
        if isinstance(outcome, Done):
            ends = [self.packer.complete(record) for record in frozen.records]
            at = self.now()
            await self._write(frozen, lambda tx: batches.delivered(tx, frozen, ends, at))
            return End(Ending.SETTLED)
        if isinstance(outcome, Refused) and len(wanted) > 1:
            return await self._again(frozen, wanted, End(Ending.HALVE, outcome.reason), sent=True)
        if isinstance(outcome, Refused):
            refused = outcome

            def park(connection: sqlite3.Connection) -> None:
                batches.drop(connection, frozen.id)
                deliveries.parked(connection, wanted[0].id, refused.code, refused.reason, refused.hint)

            await self._write(frozen, park)
            return End(Ending.SETTLED)
        if isinstance(outcome, Unauthorized):
            return await self._again(frozen, wanted, End(Ending.UNAUTHORIZED, outcome.reason), sent=True)
        return await self._again(frozen, wanted, End(Ending.TROUBLE, outcome.reason, outcome.after_s), sent=True)

    async def _freeze(self, wanted: Sequence[Waiting]) -> Frozen:
        ids, batch = [delivery.id for delivery in wanted], wanted[0].batch
        known = self._frozen.get(batch) if batch is not None else None
        if known is not None and list(known.delivery_ids) == ids:
            self._unsaved[known.id] = self._unsaved.get(known.id, 0) + 1
            return known
        at = self.now()
        frozen = await self.journal.write(
            lambda tx: batches.freeze(tx, ids, batch, self.packer, at), behind_rows=len(ids)
        )
        if batch is not None and frozen.fresh:
            self._forget(batch)
        if not frozen.fresh:  # since a restart: this attempt is one more
            self._unsaved[frozen.id] = 1
        self._frozen[frozen.id] = frozen
        return frozen

    async def _again(self, frozen: Frozen, wanted: Sequence[Waiting], end: End, *, sent: bool) -> End:
        """Keep an ending after which the batch is to be sent again; what the disk says already stays as it is."""
        reason = deliveries.short(end.reason)
        unsaved = self._unsaved.get(frozen.id, 0)
        if unsaved and not sent:
            self._unsaved[frozen.id] = unsaved - 1
        if not unsaved or any(delivery.last_error != reason for delivery in wanted):
            counts_back = not sent and not unsaved
            await self._write(frozen, lambda tx: batches.failed(tx, frozen, reason, sent=not counts_back), ends=False)
        return end

    async def _write(self, frozen: Frozen, change: Callable[[sqlite3.Connection], None], *, ends: bool = True) -> None:
        unsaved = self._unsaved.pop(frozen.id, 0)

        def together(connection: sqlite3.Connection) -> None:
            deliveries.counted(connection, frozen.delivery_ids, unsaved)
            change(connection)

        try:
            await self.journal.write(together, behind_rows=len(frozen.delivery_ids))
        except BaseException:
            self._unsaved[frozen.id] = unsaved
            raise
        if ends:
            self._forget(frozen.id)

    def _forget(self, batch: int) -> None:
        self._frozen.pop(batch, None)
        self._unsaved.pop(batch, None)
