"""When copies of the journal are made: every night at a time of the store's, and later where that was missed.

What was made is read from the folder itself, so there is nothing to remember. A PC that is switched off at
night makes its copy some minutes after it was started.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from datetime import date, time
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from agent.config import BackupConfig
    from outbox.backup import Backup
    from outbox.journal import Journal

START_S = 300.0  # the first minutes of a day are the shop's
LOOK_S = 60.0  # how late it may be; a clock that was set, and a PC that slept, are noticed by then
AGAIN_S = 3600.0  # a disk that was unplugged is plugged in again at some time of the day

_OWN_DISK = (
    "they are on its own disk, and would be lost together with it. If a disk should be mounted there, mount it; "
    "else name a folder on another: [backup] folder in stillopen.toml."
)

_log = logging.getLogger("stillopen.backup")


class Backups:
    """Makes copies of the journal. `stem` is what the names of this PC's begin with."""

    def __init__(
        self,
        config: BackupConfig | None,
        journal: Journal,
        *,
        stem: str,
        timezone: ZoneInfo,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._journal = journal
        self._stem = stem
        self._timezone = timezone
        self._now = now
        self._sleep = sleep
        self._running = False
        self._last: Backup | None = None
        self._last_at: datetime | None = None
        self._error: str | None = None
        self._warning: str | None = None

    def view(self) -> dict[str, Any] | None:
        """Return how it is with the copies; None where the configuration wants none.

        `last_at` is when the newest whole one was begun; `error` is what the newest try, later than that, met;
        `warning` is what such copies are not worth.
        """
        if self._config is None:
            return None
        return {
            "folder": str(self._config.folder),
            "running": self._running,
            "last_at": None if self._last_at is None else self._last_at.isoformat(),
            "file": None if self._last is None else self._last.path.name,
            "records": None if self._last is None else self._last.records,
            "bytes": None if self._last is None else self._last.bytes,
            "error": self._error,
            "warning": self._warning,
            "next_at": due_after(self._now(), self._config.at_time, self._timezone).isoformat(),
        }

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name: nothing where no copies are wanted."""
        if self._config is not None:
            yield "backups", self._run(self._config)

    async def _run(self, config: BackupConfig) -> None:
        self._last_at = await asyncio.to_thread(_newest, config.folder, self._stem, self._now())
        await self._look_at_disk(config.folder)
        await self._sleep(START_S)
        while True:
            wait_s = LOOK_S
            if self._is_due(config) and not await self.make():
                wait_s = AGAIN_S
            await self._sleep(wait_s)

    def _is_due(self, config: BackupConfig) -> bool:
        """Return whether the newest copy is from before the last time that one should have been made."""
        now = self._now()
        return self._last_at is None or not due_before(now, config.at_time, self._timezone) <= self._last_at <= now

    async def make(self) -> bool:
        """Make one now, and say how it went; return whether it is there."""
        assert self._config is not None, "no copies are configured"
        at = self._now()
        await self._look_at_disk(self._config.folder)
        from outbox import backup

        self._running = True
        try:
            self._last = await backup.make(self._journal, self._config.folder, self._stem, at, keep=self._config.keep)
        except OutboxError as error:
            said = f"{error}. {error.hint}"
            _log.log(logging.DEBUG if said == self._error else logging.WARNING, "No copy of the journal: %s", said)
            self._error = said
            return False
        except Exception:  # noqa: BLE001 - a bug in a copy must not stop the selling it is a copy of
            _log.exception("A fault while copying the journal")
            self._error = "a fault in the agent; the log has it"
            return False
        finally:
            self._running = False
        self._last_at, self._error = at, None
        _log.info("The journal was copied to %s: %d records, all of them hold.", self._last.path, self._last.records)
        return True

    async def _look_at_disk(self, folder: Path) -> None:
        """Note whether the copies are lost together with the journal: also where their disk is not mounted."""
        same = await asyncio.to_thread(_same_disk, folder, self._journal.path.parent)
        if same and self._warning is None:
            _log.warning("The copies of the journal: %s", _OWN_DISK)
        self._warning = _OWN_DISK if same else None


def due_before(now: datetime, at: time, timezone: ZoneInfo) -> datetime:
    """Return the last time before `now` that a copy was due: once every day of the store's, whatever its clocks do."""
    today = now.astimezone(timezone).date()
    due = _instant(today, at, timezone)
    return due if due <= now else _instant(today - timedelta(days=1), at, timezone)


def due_after(now: datetime, at: time, timezone: ZoneInfo) -> datetime:
    """Return the next time after `now` that a copy is due, in the store's own time."""
    today = now.astimezone(timezone).date()
    due = _instant(today, at, timezone)
    return (due if due > now else _instant(today + timedelta(days=1), at, timezone)).astimezone(timezone)


def _instant(day: date, at: time, timezone: ZoneInfo) -> datetime:
    """Return when it is `at` on a day: the first of two such hours, and for none, as long after midnight as ever."""
    return datetime.combine(day, at, timezone).astimezone(UTC)


def _same_disk(folder: Path, state: Path) -> bool:
    from agent.doctor.plug.disks import disk_of  # only where copies are wanted

    try:
        if folder.stat().st_dev == state.stat().st_dev:
            return True
    except OSError:  # it is not there; the try to make one says so
        return False
    theirs, ours = disk_of(folder), disk_of(state)  # as a whole: they may be two partitions of one
    return theirs is not None and ours is not None and theirs.name == ours.name


def _newest(folder: Path, stem: str, now: datetime) -> datetime | None:
    """Return when the newest copy was begun, of those that were not made while the clock was ahead."""
    try:
        from outbox import backup  # only where copies are wanted

        found = [at for at, _ in backup.made(folder, stem) if at <= now]
    except OSError:  # it is not there; the try to make one says so
        return None
    return found[-1] if found else None
