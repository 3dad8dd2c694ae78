"""The journal's records as people and programs look at them, and copies of their receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent import print_jobs
from agent.facts import printed_with
from agent.problem import conflict, invalid, not_found
from agent.refund import remaining
from agent.sale import decimal_text
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF
from outbox import answers, chain, search
from outbox.answers import Reply
from outbox.ids import new_id
from outbox.record import NUMBERED, Kind, Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from agent.prints import Prints
    from agent.staff.by import By
    from outbox.answers import Key
    from outbox.journal import Journal
    from outbox.search import Wanted


class Records:
    """Reads records. `printer_of` names the printer of a till, or None."""

    def __init__(
        self,
        journal: Journal,
        prints: Prints,
        printer_of: Mapping[str, str | None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._prints = prints
        self._printer_of = printer_of
        self._now = now

    def list(
        self,
        *,
        limit: int,
        before: int | None = None,
        till: str | None = None,
        kind: str | None = None,
        without: frozenset[Kind] = frozenset(),
    ) -> dict[str, Any]:
        """Return a page of records, newest first; `next` is the `before` of the page after it, or None.

        `without`: kinds that whoever asks may not see.
        """
        kinds = None if kind is None else frozenset({_kind(kind)})
        found = chain.newest(self._journal.reader, limit, before=before, till=till, kinds=kinds, without=without)
        return {
            "records": [self._view(record) for record in found],
            "next": found[-1].seq if len(found) == limit else None,
        }

    def search(self, wanted: Wanted, *, limit: int, before: int | None, till: str | None) -> dict[str, Any]:
        """Return receipts that fit, newest first; `next` is the `before` of the next stretch, or None."""
        found = search.receipts(self._journal.reader, wanted, limit, before=before, till=till)
        return {"records": [self._view(record) for record in found.records], "next": found.next}

    def get(self, receipt_number: str) -> dict[str, Any]:
        """Return a sale or refund by its receipt number, a sale with what is left to refund. Raises `Problem`."""
        record = self._find(receipt_number)
        view = self._view(record)
        if record.kind is not Kind.SALE:
            return view
        refunds = [refund.body for refund in chain.refunds_of(self._journal.reader, record.id)]
        left = remaining(record.body, refunds)
        return view | {
            "lines": [line | {"refundable": decimal_text(left[line["id"]])} for line in record.body["lines"]]
        }

    async def print_copy(
        self, receipt_number: str, *, gift: bool = False, key: Key | None, by: By = OF_ITSELF
    ) -> Reply:
        """Queue a copy of the receipt, marked COPY, or its gift receipt, on its till's printer. Raises `Problem`."""
        record = self._find(receipt_number)
        form = print_jobs.GIFT if gift else print_jobs.RECEIPT
        if gift and record.kind is not Kind.SALE:
            raise conflict("not-a-sale", "Only what was sold can be given away: give a sale's receipt number.")
        printer = self._printer_of.get(record.till)
        if printer is None:
            raise invalid(
                "no-printer", f"Till {record.till} has no printer: add `printer` to its [[till]] in stillopen.toml."
            )
        at, job_id = self._now().isoformat(), new_id()

        def change(connection: sqlite3.Connection) -> Reply:
            job = print_jobs.add(connection, job_id, printer, at, record_id=record.id, copy=not gift, form=form)
            by.audit(
                connection, Action.REPRINT, at, subject=record.receipt_number, till=record.till, after={"gift": gift}
            )
            return answers.keep(connection, key, Reply(202, job.view()), at)

        reply = await self._journal.write(change)
        self._prints.wake(printer)
        return reply

    def _find(self, receipt_number: str) -> Record:
        record = chain.by_receipt_number(self._journal.reader, receipt_number)
        if record is None:
            raise not_found(
                "receipt",
                f"No record here has the receipt number {receipt_number!r}: GET /v1/records lists the newest.",
            )
        return record

    def _view(self, record: Record) -> dict[str, Any]:
        shown = {**record.body, "seq": record.seq}
        if record.kind not in NUMBERED:
            return shown
        job = print_jobs.of_record(self._journal.reader, printed_with(record))
        if job is None:
            return shown | {"print": "not_printed", "print_reason": "the till has no printer", "print_hint": None}
        return shown | {"print": job.view()["state"], "print_reason": job.reason, "print_hint": job.hint}


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        kinds = ", ".join(Kind)
        raise invalid("kind", f"There is no kind of record {text!r}: use one of {kinds}.", field="kind") from None
