"""Which counter something belongs to: the store's own, or the one that tills in training ring at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import open_sales, print_jobs
from agent.problem import conflict
from outbox import chain

if TYPE_CHECKING:
    from agent.counter import Counter
    from agent.training import Training


class Counters:
    """Finds the counter of a till, a sale or a receipt. What nobody knows belongs to the store's own, which says so."""

    def __init__(self, own: Counter, training: Training) -> None:
        self.own = own
        self._training = training

    def at(self, till_id: str | None) -> Counter:
        """Return where a till rings now; None: the store's own."""
        training = self._training.counter
        return training if training is not None and till_id in self._training else self.own

    def of_sale(self, sale_id: str) -> Counter:
        """Return where a sale is or was rung."""
        training = self._training.counter
        if training is None:
            return self.own
        reader = training.journal.reader
        known = open_sales.find(reader, sale_id) or chain.by_id(reader, sale_id)
        return self.own if known is None else training

    def of_record(self, record_id: str) -> Counter:
        """Return where a record is."""
        training = self._training.counter
        if training is None:
            return self.own
        return self.own if chain.by_id(training.journal.reader, record_id) is None else training

    def of_receipt(self, number: str) -> Counter:
        """Return where a receipt was printed."""
        training = self._training.counter
        if training is None:
            return self.own
        return self.own if chain.by_receipt_number(training.journal.reader, number) is None else training

    def of_job(self, job_id: str) -> Counter:
        """Return where something is printed, or was."""
        training = self._training.counter
        if training is None:
            return self.own
        return self.own if print_jobs.find(training.journal.reader, job_id) is None else training

    def for_refund(self, till_id: str | None, number: str | None, sale_id: str | None = None) -> Counter:
        """Return where a refund is written. Raises `Problem` for a training receipt at a till that sells."""
        counter = self.at(till_id) if sale_id is None else self.of_sale(sale_id)
        if number is not None and counter is self.own and self.of_receipt(number) is not self.own:
            raise conflict(
                "training-receipt",
                f"Receipt {number} was printed in training: nothing was sold, and nothing is given back.",
            )
        return counter

    def wake(self, printer: str) -> None:
        """Look at a printer's queues now: it has changed."""
        self.own.prints.wake(printer)
        if self._training.counter is not None:
            self._training.counter.prints.wake(printer)
