"""What time a cloud said it was: the only clock that can be compared with the times in its lists.

This PC's clock may be years off when a request is sent, and right again when somebody looks what became of it.
A look therefore begins at what the cloud itself had said before: the Date of its answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from outbox.connector import Answer

KEPT_EVERY = timedelta(hours=1)  # after a restart a look begins so much earlier, at most, and goes through more


class CloudClock:
    """One cloud's clock, as far as it was heard: always a time that is past there."""

    def __init__(self, cloud: str) -> None:
        self._cloud = cloud
        self._heard: datetime | None = None

    def hear(self, answer: Answer) -> datetime | None:
        """Take the time from an answer that is the cloud's beyond doubt, and return it; None: it says none."""
        try:
            said = parsedate_to_datetime(answer.headers.get("date", ""))
        except (ValueError, TypeError):
            return None
        self._heard = said.astimezone(UTC) if said.tzinfo is not None else said.replace(tzinfo=UTC)
        return self._heard

    def said(self, reader: sqlite3.Connection) -> datetime | None:
        """Return what time it was there when it was last heard, or None: it never was."""
        if self._heard is None:
            self._heard = self._kept(reader, "said")
        return self._heard

    def said_before_put_back(self, reader: sqlite3.Connection) -> datetime | None:
        """Return the same of before this disk was put back: later answers are too late for what was sent then."""
        return self._kept(reader, "before_put_back")

    def keep(self, connection: sqlite3.Connection) -> None:
        """Write down what was heard, now and then. Run inside the journal's changes."""
        if self._heard is None:
            return
        connection.execute(
            "insert into cloud_clock(cloud, said) values (?, ?) "
            "on conflict do update set said = excluded.said where said <= ? or said > excluded.said",
            (self._cloud, self._heard.isoformat(), (self._heard - KEPT_EVERY).isoformat()),
        )

    def _kept(self, connection: sqlite3.Connection, column: str) -> datetime | None:
        row = connection.execute(f"select {column} from cloud_clock where cloud = ?", (self._cloud,)).fetchone()
        return datetime.fromisoformat(row[0]) if row and row[0] else None


def put_back(connection: sqlite3.Connection) -> None:
    """Hold fast what the clouds had said, before the deliveries of a disk that was put back come into doubt."""
    connection.execute(
        "update cloud_clock set before_put_back = said where before_put_back is null or not exists "
        "(select 1 from delivery where doubt = 1 and state in ('waiting', 'sending', 'parked'))"  # those need the older
    )
