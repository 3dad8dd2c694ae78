"""Mistakes that the campaign has to notice, or it is worthless: each in the driver, at one named place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivers.printer import pulse
from drivers.printer.outcome import KickOutcome, KickResult, PrintOutcome, Result
from drivers.printer.printer import Printer
from drivers.printer.receipt import _Receipt
from drivers.printer.reports import Reports
from tests.receipts.campaign import Share, in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.printer.document import Document
    from drivers.printer.session import Session
    from drivers.printer.status import Level

SEED = 1
COUNTERS_MAX = 40  # that a planted mistake may take to be noticed
RECEIPTS = 12


def a_write_that_returned_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(self: _Receipt) -> PrintOutcome:
        return self._outcome(Result.PRINTED)

    monkeypatch.setattr(_Receipt, "_end", end)


def an_unknown_receipt_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Printer.print

    async def send_again(self: Printer, document: Document, **how: Any) -> PrintOutcome:
        outcome = await right(self, document, **how)
        if outcome.result is not Result.UNKNOWN:
            return outcome

        async def written_down_already() -> None: ...

        return await right(self, document, before_first_byte=written_down_already)

    monkeypatch.setattr(Printer, "print", send_again)


def what_was_lost_on_the_way_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = _Receipt._outcome

    def outcome(self: _Receipt, result: Result, reason: str = "", hint: str = "") -> PrintOutcome:
        return right(self, Result.NOT_PRINTED if result is Result.UNKNOWN else result, reason, hint)

    monkeypatch.setattr(_Receipt, "_outcome", outcome)


def a_drawer_that_did_not_move_is_kicked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Printer.kick

    async def kick_again(self: Printer, pin: pulse.Pin) -> KickOutcome:
        outcome = await right(self, pin)
        return outcome if outcome.result is not KickResult.UNKNOWN else await right(self, pin)

    monkeypatch.setattr(Printer, "kick", kick_again)


def a_pulse_that_was_written_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def moved(_session: Session, _before: Level) -> bool:
        return True

    monkeypatch.setattr(pulse, "_moved", moved)


def power_that_went_unseen_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reports, "owed", lambda _self, _session: False)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (a_write_that_returned_is_believed, "is printed, and 0 times whole"),
        (an_unknown_receipt_is_sent_again, "on paper more than once"),
        (what_was_lost_on_the_way_is_not_printed, "is not printed, and"),
        (a_drawer_that_did_not_move_is_kicked_again, "the drawer: "),
        (power_that_went_unseen_is_not_looked_for, "is printed, and 0 times whole"),
        (a_pulse_that_was_written_is_believed, "the drawer is opened, after"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_a_planted_mistake_is_found(
    mistake: Callable[[pytest.MonkeyPatch], None], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistake(monkeypatch)
    for place in range(COUNTERS_MAX):
        found = in_virtual_time(Share(SEED, "sim", place, RECEIPTS))
        if any(words in violation for violation in found.violations):
            return
    pytest.fail(f"nobody noticed in {COUNTERS_MAX} counters")
