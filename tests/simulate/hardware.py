"""What the agent says of receipts and drawers, held against the paper and the pulses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from tests.simulate.world import World

LOOKED_BACK = 60  # print jobs: those of three days; a state that changes later is seen at the end
DRAWERS = {"drawer": "receipt", "drawer-2": "second"}  # and the printer each hangs on
_ENDED = (
    "select print_job.id, printer, state, copy, receipt_number from print_job "
    "join record on record.id = print_job.record_id where print_job.state in ('printed', 'not_printed', 'unknown') "
    "and receipt_number is not null order by print_job.rowid desc limit ?"  # a slip of a cash movement has no number
)
# How an opening ended goes after some weeks, and at once where the clock is set to another year: then nobody knows.
_OPENED = (
    "select record.id, json_extract(record.body, '$.drawer'), coalesce(kick.state, 'unknown') from record "
    "left join kick on kick.record_id = record.id where record.kind = 'drawer' and record.seq > ?"
)


@dataclass
class Hardware:
    """How each receipt and each opening ended, as it was first seen: a state that has ended never changes."""

    world: World
    ended: dict[str, str] = field(default_factory=dict)  # by print job
    openings: dict[str, Counter[str]] = field(default_factory=lambda: {drawer: Counter() for drawer in DRAWERS})
    opened_upto: int = 0  # records whose openings have ended and been counted

    def evening(self, connection: sqlite3.Connection, *, whole: bool = False) -> None:
        """Compare."""
        self._receipts(connection, -1 if whole else LOOKED_BACK)
        self._drawers(connection)

    def _receipts(self, connection: sqlite3.Connection, at_most: int) -> None:
        for job, printer, state, copy, number in connection.execute(_ENDED, (at_most,)).fetchall():
            before = self.ended.setdefault(job, state)
            if before != state:
                self.world.violate(f"the receipt of {number} was {before} and is {state}")
            if copy:
                continue
            on_paper = self.world.papers[printer].originals[number]
            if (state == "printed" and on_paper != 1) or (state == "not_printed" and on_paper) or on_paper > 1:
                self.world.violate(f"{number} is {state}, and {on_paper} times on paper")

    def _drawers(self, connection: sqlite3.Connection) -> None:
        """Each opening on record is at most one pulse, and what counts as opened was one."""
        (upto,) = connection.execute("select coalesce(max(seq), 0) from record").fetchone()
        rows = connection.execute(_OPENED, (self.opened_upto,)).fetchall()
        for drawer, printer in DRAWERS.items():
            count = self.openings[drawer] + Counter(state for _, of, state in rows if of == drawer)
            pulses = self.world.papers[printer].pulses
            if not count["opened"] <= pulses <= count["opened"] + count["unknown"] + count["sending"]:
                self.world.violate(f"{drawer}: {dict(count)}, and {pulses} pulses")
        if all(state != "sending" for _, _, state in rows):
            for _, drawer, state in rows:
                self.openings[drawer][state] += 1
            self.opened_upto = upto
