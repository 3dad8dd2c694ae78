"""Print jobs on disk: what is to be printed, and how each one ended.

    queued ──> sending ──> printed | not_printed | unknown
       └──────────────────────────┘ (not_printed: nobody could print it in time; nothing was sent)

A receipt's job holds no document: it is made from its record when it is printed. `sending` is written
before the first byte, so after a crash it means: nobody knows. Where the printer did not begin, it is queued again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outbox.ids import derived_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

OPEN = ("queued", "sending")
RECEIPT, GIFT = "receipt", "gift"  # what is made of the record: a gift's receipt has no prices


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to print. `document` is a printable document's JSON, or None: the record's receipt."""

    id: str
    printer: str
    record_id: str | None
    copy: bool
    document: list[dict[str, Any]] | None
    state: str
    reason: str | None
    hint: str | None
    created_at: str
    form: str = RECEIPT

    def view(self) -> dict[str, Any]:
        """Return what the local API says of it. Until it has ended it is `pending`."""
        return {
            "id": self.id,
            "printer": self.printer,
            "record_id": self.record_id,
            "copy": self.copy,
            "form": self.form,
            "state": "pending" if self.state in OPEN else self.state,
            "reason": self.reason,
            "hint": self.hint,
            "created_at": self.created_at,
        }


_COLUMNS = "id, printer, record_id, copy, document, state, reason, hint, created_at, form"


def add(
    connection: sqlite3.Connection,
    job_id: str,
    printer: str,
    at: str,
    *,
    record_id: str | None = None,
    copy: bool = False,
    document: list[dict[str, Any]] | None = None,
    form: str = RECEIPT,
) -> Job:
    """Queue a job. `at` is RFC 3339; it is kept in UTC, since jobs are put in order, and compared, by its text."""
    at = datetime.fromisoformat(at).astimezone(UTC).isoformat()
    text = json.dumps(document, ensure_ascii=False) if document is not None else None
    connection.execute(
        "insert into print_job(id, printer, record_id, copy, document, state, created_at, updated_at, form) "
        "values (?, ?, ?, ?, ?, 'queued', ?, ?, ?)",
        (job_id, printer, record_id, copy, text, at, at, form),
    )
    return Job(job_id, printer, record_id, copy, document, "queued", None, None, at, form)


def receipt_of(record_id: str) -> str:
    """Return the id that the job of a record's first receipt has."""
    return derived_id(record_id, "receipt")


def note(
    connection: sqlite3.Connection, job_id: str, state: str, at: str, reason: str | None = None, hint: str | None = None
) -> None:
    """Write down what has become of a job."""
    connection.execute(
        "update print_job set state = ?, reason = ?, hint = ?, updated_at = ? where id = ?",
        (state, reason, hint, at, job_id),
    )


def find(connection: sqlite3.Connection, job_id: str) -> Job | None:
    """Return a job, or None."""
    row = connection.execute(f"select {_COLUMNS} from print_job where id = ?", (job_id,)).fetchone()
    return _job(row) if row else None


def next_queued(connection: sqlite3.Connection, printer: str) -> Job | None:
    """Return the printer's oldest job that has not been sent, or None."""
    row = connection.execute(
        f"select {_COLUMNS} from print_job where printer = ? and state = 'queued' order by created_at, id limit 1",
        (printer,),
    ).fetchone()
    return _job(row) if row else None


def queued_elsewhere(connection: sqlite3.Connection, printers: Collection[str]) -> list[Job]:
    """Return the jobs that wait for a printer other than these."""
    rows = connection.execute(
        f"select {_COLUMNS} from print_job where state = 'queued' order by printer, created_at, id"
    )
    return [job for row in rows if (job := _job(row)).printer not in printers]


def of_record(connection: sqlite3.Connection, record_id: str) -> Job | None:
    """Return the job of a record's first receipt (not of a copy), or None."""
    return find(connection, receipt_of(record_id))


def latest_unclear(connection: sqlite3.Connection, till: str, since: str) -> tuple[Job, str] | None:
    """Return the latest receipt of a till's of which nobody knows whether it came out, with its number, or None.

    `since`, RFC 3339 in UTC: older ones are asked about no more.
    """
    row = connection.execute(
        f"select {', '.join('print_job.' + name for name in _COLUMNS.split(', '))}, record.receipt_number "
        "from print_job join record on record.id = print_job.record_id "
        "where print_job.state = 'unknown' and print_job.record_id is not null and print_job.created_at >= ? "
        "and record.till = ? order by print_job.created_at desc limit 1",
        (since, till),
    ).fetchone()
    return None if row is None else (_job(row[:-1]), row[-1])


def left_sending(connection: sqlite3.Connection) -> list[Job]:
    """Return the jobs a stopped agent left half-way."""
    rows = connection.execute(f"select {_COLUMNS} from print_job where state = 'sending'").fetchall()
    return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    job_id, printer, record_id, copy, document, state, reason, hint, created_at, form = row
    return Job(
        job_id,
        printer,
        record_id,
        bool(copy),
        json.loads(document) if document is not None else None,
        state,
        reason,
        hint,
        created_at,
        form,
    )
