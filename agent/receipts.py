"""From a record in the journal to the document that is printed for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent.facts import printed_with
from agent.staff import people
from outbox import chain
from outbox.anchor import anchor
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.config import Config
    from agent.sheet import ReceiptStore
    from drivers.printer.document import Document
    from outbox.journal import Journal
    from outbox.record import Record


class Receipts:
    """Makes receipts as the configuration says."""

    def __init__(self, config: Config, journal: Journal, *, training: bool = False) -> None:
        self._config = config
        self._journal = journal
        self._training = training

    def document(self, record_id: str, copy: bool) -> Document:  # noqa: FBT001 - a copy or not, as the job says
        """Return a record's receipt, or a copy of it, marked as one."""
        record = chain.by_id(self._journal.reader, record_id)
        assert record is not None, "a job refers to a record that is never deleted"
        from agent.receipt import receipt_document  # what lays paper out is imported once the agent sells: run.py
        from agent.shift.paper import report_document, slip_document

        own = anchor(record.hash)
        if record.kind is Kind.SHIFT_CLOSE:
            return self._marked(report_document(record.body, self._store, copy=copy, anchor=own))
        if record.kind is Kind.CASH:
            return self._marked(slip_document(record.body, self._store, copy=copy, anchor=own))
        if printed_with(record) != record.id:
            return self.document(printed_with(record), copy)
        return receipt_document(
            record.body,
            self._store,
            copy=copy,
            logo=self._logo_of(record.till),
            anchor=own,
            back=self._exchanged_for(record),
            cashier=self._cashier(record),
        )

    def gift(self, record_id: str, copy: bool) -> Document:  # noqa: FBT001 - likewise
        """Return the gift receipt of a sale's record."""
        record = chain.by_id(self._journal.reader, record_id)
        assert record is not None, "likewise"
        from agent.gift_receipt import gift_document

        return gift_document(record.body, self._store, copy=copy, logo=self._logo_of(record.till))

    def _cashier(self, record: Record) -> str | None:
        """Return the name of the person who made a record; None for a program, or a page where nobody signed in."""
        who = record.body.get("cashier")
        is_person = who is not None and people.is_known(self._journal.reader, who["id"])
        return str(who["name"]) if who is not None and is_person else None

    def _exchanged_for(self, record: Record) -> dict[str, Any] | None:
        exchange = record.body.get("exchange")
        back = None if exchange is None else chain.by_id(self._journal.reader, exchange["id"])
        return None if back is None else back.body

    def report(self, figures: Mapping[str, Any]) -> Document:
        """Return a shift's figures so far: an X."""
        from agent.shift.paper import report_document

        return self._marked(report_document(figures, self._store))

    def _marked(self, document: Document) -> Document:
        """Return a document that says TRAINING above, in the middle and below, where it is of training."""
        if not self._training:
            return document
        from agent.sheet import training_mark
        from agent.words import words
        from drivers.printer.document import Document

        mark, items = tuple(training_mark(words(self._store.locale))), document.items
        half, end = len(items) // 2, len(items) - 1  # its last item cuts
        return Document((*mark, *items[:half], *mark, *items[half:end], *mark, items[end]))

    @cached_property
    def _store(self) -> ReceiptStore:
        from agent.sheet import ReceiptStore

        store = self._config.store
        return ReceiptStore(
            name=store.name,
            header=store.receipt_header,
            footer=store.receipt_footer,
            locale=store.locale,
            timezone=ZoneInfo(store.timezone),
        )

    @cached_property
    def _logos(self) -> dict[str, bytes]:
        return {
            printer.name: printer.logo.read_bytes() for printer in self._config.printers if printer.logo is not None
        }

    def _logo_of(self, till_id: str) -> bytes | None:
        for till in self._config.tills:
            if till.id == till_id and till.printer is not None:
                return self._logos.get(till.printer)
        return None
