"""What rings over one journal: the store's own, or the one of training, which is another file.

Both are made here and of the same parts, so that whoever learns on the one knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.closing import Closing
from agent.facts import Facts, TillSetup
from agent.prints import Prints
from agent.receipts import Receipts
from agent.records import Records
from agent.returns import Returns
from agent.ringing import Ringing
from agent.scans import Scans
from agent.shift.coins import denominations
from agent.shift.figures import Counting
from agent.shift.reports import Reports
from agent.shifts import Shifts
from agent.till import Store, Tills
from outbox.clock import Clock
from outbox.money import parse_amount

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from decimal import Decimal

    from agent.config import Config
    from agent.devices import Devices
    from agent.events import Publisher
    from agent.kicks import Kicks
    from outbox.catalogue import Catalogue
    from outbox.journal import Journal


@dataclass(frozen=True, slots=True)
class Counter:
    """The parts, which know each other and nothing of another counter."""

    journal: Journal
    receipts: Receipts
    prints: Prints
    kicks: Kicks
    facts: Facts
    returns: Returns
    tills: Tills
    scans: Scans
    ringing: Ringing
    closing: Closing
    records: Records
    shifts: Shifts
    shift_reports: Reports


def counter(
    config: Config,
    store: Store,
    journal: Journal,
    events: Publisher,
    kicks: Kicks,
    *,
    devices: Devices,
    catalogue: Catalogue,
    has_room: Callable[[], bool],
    on_record: Callable[[str], None],
    is_out: Callable[[], bool],
    now: Callable[[], datetime],
) -> Counter:
    """Put the parts together. `on_record` hears which till has a new record; `is_out` says that no cloud is reached."""
    receipts = Receipts(config, journal, training=store.training)
    prints = Prints(
        journal,
        devices.printers,
        events,
        receipt=receipts.document,
        gift=receipts.gift,
        wait_s={printer.name: float(printer.wait_s) for printer in config.printers},
        now=now,
    )
    tills = Tills(
        journal,
        events,
        store=store,
        tills=[
            TillSetup(till.id, till.scanner, till.printer, till.drawer, till.scale, till.display)
            for till in config.tills
        ],
        templates={till.id: devices.templates(till.scanner) for till in config.tills},
        code_ids={till.id: devices.code_ids(till.scanner) for till in config.tills},
        has_room=has_room,
        now=now,
    )
    returns = Returns(tills, catalogue, amount_max=config.store.refund_without_receipt_max_minor)
    facts = Facts(store.id, store.clouds, Clock(now), training=store.training)
    closing = Closing(tills, facts, prints, kicks, returns, on_record=on_record, is_out=is_out)
    counting = Counting(
        currency=config.store.currency,
        denominations=pieces(config),
        blind=config.shift.blind_count,
        reason_above=_minor(config.shift.reason_above, config.store.currency),
        count_needed=config.shift.count_needed,
    )
    return Counter(
        journal=journal,
        receipts=receipts,
        prints=prints,
        kicks=kicks,
        facts=facts,
        returns=returns,
        tills=tills,
        scans=Scans(tills, catalogue, devices.scales),
        ringing=Ringing(tills, catalogue, devices.scales),
        closing=closing,
        records=Records(journal, prints, {till.id: till.printer for till in config.tills}, now=now),
        shifts=Shifts(journal, facts, tills, closing, counting=counting),
        shift_reports=Reports(journal, tills, prints, receipts, counting=counting, now=now),
    )


def pieces(config: Config) -> tuple[int, ...]:
    """Return the coins and notes that a drawer of this store is counted by, in minor units, the largest first."""
    return denominations(config.store.currency, [str(value) for value in config.shift.denominations])


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else parse_amount(str(amount), currency)
