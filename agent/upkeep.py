"""What nobody asks for and has to be done: a journal whose disk failed is opened again, what has served goes.

Each task here runs for ever and owns its failures. None of them makes a sale wait: what can be done later is
done when nobody writes.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outbox import retention
from outbox.errors import JournalUnclear, OutboxError
from outbox.schema import WAL_BYTES_KEPT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from agent.events import Events
    from agent.kicks import Kicks
    from agent.pairings import Pairings
    from agent.prints import Prints
    from agent.staff.staff import Staff
    from outbox.journal import Journal

REOPEN_FIRST_S = 1.0  # a cable that was knocked is back by then
REOPEN_MAX_S = 60.0  # a disk that is being changed is not worn out by being asked

PRUNE_FIRST_S = 600.0  # the first minutes of a day are the shop's
PRUNE_EVERY_S = 3600.0  # an hour's answers of a busy store are a few thousand rows: a minute's work in pauses
QUIET_S = 2.0  # nobody has written for so long: the customer is looking for money
QUIET_WAIT_S = 600.0  # a store that is never quiet gives a few milliseconds for a chunk every ten minutes
QUIET_LOOK_S = 0.5

LOG_BYTES_MAX = WAL_BYTES_KEPT  # the log is folded in at a few MB; beyond this somebody reads and does not let go
LOG_LOOK_S = 60.0  # at a sale a second it grows by some 2 MB between two looks

_log = logging.getLogger("stillopen.upkeep")


class Upkeep:
    """Looks after the journal. `wake` tells whoever delivers that there may be records it was not told of."""

    def __init__(
        self,
        journal: Journal,
        events: Events,
        *,
        prints: Prints,
        kicks: Kicks,
        pairings: Pairings,
        staff: Staff,
        wake: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._journal = journal
        self._events = events
        self._prints = prints
        self._kicks = kicks
        self._pairings = pairings
        self._staff = staff
        self._wake = wake
        self._now = now
        self._sleep = sleep
        self._log_alarm: str | None = None

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name."""
        yield "journal", self._watch_journal()
        yield "journal log", self._watch_log()
        yield "retention", self._prune_for_ever()

    def view(self) -> dict[str, Any]:
        """Return how the journal's files are: `alarm` is what a person should see to, or None."""
        return {"log_bytes": self._journal.log_bytes, "alarm": self._log_alarm}

    # --- a disk that failed ---

    async def _watch_journal(self) -> None:
        while True:
            await self._journal.stopped()
            since, tries, said = self._now(), 0, ""
            while isinstance(self._journal.fault, JournalUnclear):
                self._tell(since, self._journal.fault)
                await self._sleep(min(REOPEN_FIRST_S * 2.0 ** min(tries, 16), REOPEN_MAX_S))
                tries += 1
                try:
                    await self._look_again()
                except (OutboxError, sqlite3.Error) as error:  # SQLite's own: it can be opened, and not read yet
                    level = logging.WARNING if str(error) != said else logging.DEBUG
                    said = str(error)
                    hint = getattr(error, "hint", "It is tried again by itself")
                    _log.log(level, "The journal cannot be written yet (try %d): %s. %s", tries, error, hint)
            if tries and self._journal.fault is None:
                _log.info("Selling goes on, after %d tries: the journal was opened again, and all of it holds.", tries)
            self._tell(since, self._journal.fault)

    async def _look_again(self) -> None:
        """Open the journal again, make what is kept in memory agree with it, and let selling go on."""
        await self._journal.reopen()
        self._pairings.load()
        self._staff.load()
        jobs, kicks = self._prints.left(), self._kicks.left()  # while nobody can write: what is begun now is nobody's
        await self._journal.go_on(self._now().isoformat())
        self._prints.settle(jobs)
        await self._kicks.settle(kicks)
        self._wake()

    def _tell(self, since: datetime, fault: Exception | None) -> None:
        self._events.publish(
            "device",
            device={
                "name": "journal",
                "kind": "journal",
                "port": self._journal.path.as_uri(),
                "state": "ready" if fault is None else "lost",
                "since": since.isoformat(),
                "error": None if fault is None else str(fault),
                "hint": getattr(fault, "hint", None),
            },
        )

    # --- the log ---

    async def _watch_log(self) -> None:
        while True:
            self.look_at_log()
            await self._sleep(LOG_LOOK_S)

    def look_at_log(self) -> None:
        """Say once when the log has grown beyond `LOG_BYTES_MAX`, and once when it is small again."""
        size = self._journal.log_bytes
        if size > LOG_BYTES_MAX:
            alarm = (
                f"the journal's log has grown to {size // 1024**2} MB and cannot be folded in. Close what reads the "
                "journal and does not let go: a database viewer, a backup program. Sales go on"
            )
            if self._log_alarm is None:
                _log.warning("Alarm: %s.", alarm)
            self._log_alarm = alarm
        elif self._log_alarm is not None:
            _log.info("The journal's log is small again: %d MB.", size // 1024**2)
            self._log_alarm = None

    # --- what has served ---

    async def _prune_for_ever(self) -> None:
        await self._sleep(PRUNE_FIRST_S)
        while True:
            try:
                gone = await self.prune()
                _log.log(logging.INFO if gone else logging.DEBUG, "%d rows that have served are gone.", gone)
            except OutboxError as error:  # a full disk, or one that failed; it has been said
                _log.debug("What has served is cleared away later: %s", error)
            except Exception:  # noqa: BLE001 - rows too many are no reason to stop selling
                _log.exception("A fault while clearing away what has served")
            await self._sleep(PRUNE_EVERY_S)

    async def prune(self) -> int:
        """Drop what has served its time, a chunk at a time and each when nobody writes; return how many rows."""
        gone, now = 0, self._now()
        for duty in retention.DUTIES:
            more = True
            while more:
                await self._quiet()
                done = await self._journal.write(lambda connection, duty=duty: duty.prune(connection, now))  # type: ignore[misc]  # a loop's own
                gone, more = gone + done.rows, done.more
        return gone

    async def _quiet(self) -> None:
        """Wait until nobody has written for a while, or it has taken too long."""
        waited_s = 0.0
        while self._journal.quiet_s() < QUIET_S and waited_s < QUIET_WAIT_S:
            await self._sleep(QUIET_LOOK_S)
            waited_s += QUIET_LOOK_S
