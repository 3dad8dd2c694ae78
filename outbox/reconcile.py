"""The receipts of a day against what a cloud has in its own books: what matches, what does not, and why.

Three witnesses are heard: the journal (what was rung), the deliveries (what the cloud answered then) and the cloud's
books (what it has now). Nothing is mended here, and nothing is sent: a person reads what comes of it. Reading functions
take a connection that may be read-only; `compared` is pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from outbox import chain, deliveries
from outbox.books import Delivered, Entry, Standing
from outbox.clouds.tendered import to_be_paid
from outbox.money import format_amount
from outbox.record import NUMBERED, Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from outbox.record import Record

STRETCH = 20_000  # records looked through at once; so many in a row of earlier days, and no later one is below them
CLOCKS_APART = timedelta(minutes=15)  # the clock that stamped an entry, and the one that was heard
DAY = timedelta(days=1)


class Verdict(StrEnum):
    """What is to be said of one receipt at one cloud. Only the first two are good."""

    MATCHES = "matches"
    TAKEN = "taken"  # the cloud answered so at the time, and cannot be asked today
    DIFFERS = "differs"  # another amount or currency there
    MISSING = "missing"  # it took it, and does not have it now
    UNFINISHED = "unfinished"  # begun there, and not paid or not completed
    CANCELLED = "cancelled"  # there, and counts for nothing
    DOUBLED = "doubled"  # there more than once
    REWRITTEN = "rewritten"  # the journal is not what it was when this was sent
    BY_HAND = "by_hand"  # a person ticked it off, and it is not there under its own mark
    WAITING = "waiting"  # not delivered yet
    PARKED = "parked"  # the cloud refused it
    NEVER_QUEUED = "never_queued"  # made before this cloud was configured
    NOT_COMPARED = "not_compared"  # delivered, and the cloud was not heard


GOOD = frozenset({Verdict.MATCHES, Verdict.TAKEN})


@dataclass(frozen=True, slots=True)
class Expected:
    """One receipt, how its delivery to one cloud stands, and what is to be there (minor units)."""

    record: Record
    due: int
    state: str | None  # of its delivery; None: it was never queued for this cloud
    remote_id: str | None = None
    drift: int = 0  # the cloud's total less the till's, as it was when it was delivered
    trouble: str = ""  # why it waits, or was refused
    settled: str = ""  # why a person ticked it off
    refs: Mapping[str, str] = field(default_factory=dict)
    sale_refs: Mapping[str, str] = field(default_factory=dict)

    @property
    def delivered(self) -> Delivered:
        """Return what a cloud's books can be asked for it by."""
        return Delivered(self.record, self.remote_id, self.refs, self.sale_refs)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one receipt. `there` is what the cloud's entries come to; None: it has none, or was not heard."""

    expected: Expected
    verdict: Verdict
    there: int | None = None
    remote_ids: tuple[str, ...] = ()
    why: str = ""  # for a person; "" where it is good

    @property
    def is_good(self) -> bool:
        """Whether nobody has to look."""
        return self.verdict in GOOD


@dataclass(frozen=True, slots=True)
class TillDay:
    """The receipts of one till on a day: `gaps` are numbers between the first and the last that no record has."""

    till: str
    first: str
    last: str
    receipts: int
    sales: int  # minor units
    refunds: int  # minor units
    gaps: tuple[str, ...]


# --- the journal ---


def receipts(connection: sqlite3.Connection, day: str) -> list[Record]:
    """Return the sales and refunds of a day (YYYY-MM-DD in the store), oldest first."""
    (top,) = connection.execute("select coalesce(max(seq), 0) + 1 from record").fetchone()
    found: list[int] = []
    while top > 1:
        bottom = max(top - STRETCH, 1)
        stretch = "from record where seq < ? and seq >= ?"
        rows = connection.execute(
            f"select seq {stretch} and receipt_number is not null and substr(occurred_at, 1, 10) = ? order by seq desc",
            (top, bottom, day),
        )
        found += [seq for (seq,) in rows]
        (latest,) = connection.execute(f"select max(substr(occurred_at, 1, 10)) {stretch}", (top, bottom)).fetchone()
        if latest is not None and latest < day:
            break
        top = bottom
    records = (chain.by_seq(connection, seq) for seq in reversed(found))
    return [record for record in records if record is not None and record.kind in NUMBERED]


def newest_day(connection: sqlite3.Connection) -> str | None:
    """Return the day of the newest receipt (YYYY-MM-DD in the store), or None: there is none."""
    row = connection.execute(
        "select substr(occurred_at, 1, 10) from record where receipt_number is not null order by seq desc limit 1"
    ).fetchone()
    return row[0] if row else None


def by_till(connection: sqlite3.Connection, records: Iterable[Record]) -> list[TillDay]:
    """Return each till's day, by the tills' ids."""
    tills: dict[str, list[Record]] = {}
    for record in records:
        tills.setdefault(record.till, []).append(record)
    return [_till_day(connection, till, found) for till, found in sorted(tills.items())]


def _till_day(connection: sqlite3.Connection, till: str, records: Sequence[Record]) -> TillDay:
    numbers = [str(record.receipt_number) for record in records]
    epochs: dict[str, set[int]] = {}
    for letters, number in map(chain.number_of, numbers):
        epochs.setdefault(letters, set()).add(number)
    unseen = (
        chain.receipt_number_of(till, number, letters)
        for letters, seen in epochs.items()
        for number in range(min(seen), max(seen))
        if number not in seen
    )
    return TillDay(
        till,
        numbers[0],
        numbers[-1],
        len(numbers),
        _sum(records, Kind.SALE),
        _sum(records, Kind.REFUND),
        # A clock that was set back dates a receipt between two of the day to another day: that is no gap.
        tuple(number for number in unseen if chain.by_receipt_number(connection, number) is None),
    )


def _sum(records: Iterable[Record], kind: Kind) -> int:
    return sum(int(record.body["total"]) for record in records if record.kind is kind)


# --- the deliveries ---


def expected(connection: sqlite3.Connection, cloud: str, record: Record, due: int) -> Expected:
    """Return how the delivery of a record to a cloud stands."""
    row = connection.execute(
        "select id, state, remote_id, drift, last_error, hint, settled_why from delivery "
        "where cloud = ? and record_seq = ?",
        (cloud, record.seq),
    ).fetchone()
    if row is None:
        return Expected(record, due, None)
    number, state, remote_id, drift, error, hint, settled = row
    delivery = deliveries.one(connection, number)
    assert delivery is not None, "a delivery is never deleted"
    return Expected(
        record,
        due,
        state,
        remote_id,
        drift,
        ". ".join(said.rstrip(".") for said in (error, hint) if said),
        settled or "",
        deliveries.refs(connection, number),
        deliveries.sale_refs(connection, delivery),
    )


def stretch(
    connection: sqlite3.Connection, cloud: str, records: Sequence[Record], now: datetime
) -> tuple[datetime, datetime]:
    """Return from when to when (UTC, by the cloud's clock) it can have made what it has of these records.

    A day that was rung in an outage reached the cloud days later, and a PC's clock may have been off: where the cloud
    was heard before a request was first sent, its own time counts.
    """
    seqs = [record.seq for record in records]
    row = connection.execute(
        "select min(coalesce(step.cloud_time, step.first_sent_at)), max(delivery.done_at), "
        "sum(delivery.state <> 'delivered') from delivery left join step on step.delivery = delivery.id "
        "where delivery.cloud = ? and delivery.record_seq between ? and ?",
        (cloud, min(seqs), max(seqs)),
    ).fetchone()
    first, last, still_open = row
    since = min(_utc(first or records[0].occurred_at), now) - CLOCKS_APART
    until = now if still_open or last is None else min(_utc(last) + DAY, now)
    return since, max(until, since + DAY)


def _utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


# --- the three together ---


def marked(entries: Iterable[Entry]) -> dict[str, dict[tuple[str, str], Entry]]:
    """Return the entries that bear a record of ours, by that record, and by id and part; of two the later counts."""
    found: dict[str, dict[tuple[str, str], Entry]] = {}
    for entry in entries:
        if entry.record_id is not None:
            found.setdefault(entry.record_id, {})[entry.remote_id, entry.part] = entry
    return found


def compared(one: Expected, entries: Collection[Entry], *, heard: bool = True, askable: bool = True) -> Compared:
    """Say how one receipt stands, by what the cloud has under its mark.

    `heard` is False where the cloud did not answer, `askable` where its kind can be asked nothing.
    """
    ids = tuple(sorted(entry.remote_id for entry in entries))
    counted = [entry for entry in entries if entry.standing is Standing.BOOKED]
    there = sum(entry.total or 0 for entry in counted) if counted else None
    verdict, why = _verdict(one, entries, counted, heard=heard, askable=askable)
    return Compared(one, verdict, there, ids, why)


def _verdict(
    one: Expected, entries: Collection[Entry], counted: Collection[Entry], *, heard: bool, askable: bool
) -> tuple[Verdict, str]:
    if one.state == "delivered" or (one.state is None and counted):
        if not askable:
            return (Verdict.BY_HAND, _by_hand(one)) if one.settled and one.remote_id is None else (Verdict.TAKEN, "")
        if not heard:
            return Verdict.NOT_COMPARED, "it was delivered; what the cloud has of it today is not known"
        return _of_counted(one, counted) if counted else _of_none(one, entries)
    if one.state is None:
        return Verdict.NEVER_QUEUED, "rung before this cloud was configured: enter it there by hand, if it is wanted"
    if one.state == "parked":
        there = "; and yet it is there: tick it off with `stillopen outbox settle`" if counted else ""
        return Verdict.PARKED, (one.trouble or "the cloud refused it") + there
    there = "; it is there already, and is looked for before it is sent again" if counted else ""
    return Verdict.WAITING, (one.trouble or "it goes by itself once its turn comes") + there


def _of_none(one: Expected, entries: Collection[Entry]) -> tuple[Verdict, str]:
    """Say what it means that nothing that counts is there."""
    if not entries and _as_delivered(one, 0):
        return Verdict.DIFFERS, f"nothing of it is there{_known(one, 0)}"
    if one.settled:
        return Verdict.BY_HAND, _by_hand(one)
    if any(entry.standing is Standing.OPEN for entry in entries):
        return Verdict.UNFINISHED, "it is there and not completed: complete it there, or ask who took it apart"
    if entries:
        return Verdict.CANCELLED, "it was cancelled there: if that was not meant, enter it there again"
    return Verdict.MISSING, (
        f"it was taken as {one.remote_id or 'a record without an id'} and is not there now: somebody deleted it, or "
        "this is another account or place"
    )


def _by_hand(one: Expected) -> str:
    return f"ticked off by a person: {one.settled}"


def _of_counted(one: Expected, counted: Collection[Entry]) -> tuple[Verdict, str]:
    own = one.record.hash.hex()
    if any(entry.chain not in (None, own) for entry in counted):
        return Verdict.REWRITTEN, (
            "it went there with another hash than the journal has for it now: somebody changed this record or one "
            "before it, or an older journal was put back; keep the state folder as it is, and compare with a backup"
        )
    parts = [entry.part for entry in counted]
    if len(set(parts)) < len(parts):
        return Verdict.DOUBLED, f"it is there {_times(parts)}: cancel what is too many there"
    currency = one.record.body["currency"]
    foreign = sorted({entry.currency for entry in counted if entry.currency not in (None, currency)})
    if foreign:
        return Verdict.DIFFERS, f"it is in {', '.join(map(str, foreign))} there, and in {currency} here"
    if any(entry.total is None for entry in counted):
        return Verdict.NOT_COMPARED, "the cloud has it and does not say what it comes to"
    by = sum(entry.total or 0 for entry in counted) - one.due
    if by == 0:
        return Verdict.MATCHES, ""
    amount = format_amount(abs(by), currency)
    return Verdict.DIFFERS, f"{amount} {currency} {'more' if by > 0 else 'less'} there{_known(one, one.due + by)}"


def _as_delivered(one: Expected, there: int) -> bool:
    """Return whether the cloud had as much when it took the record: its drift is from what was paid in the end."""
    return one.drift != 0 and there in (one.due + one.drift, to_be_paid(one.record.body) + one.drift)


def _known(one: Expected, there: int) -> str:
    if not _as_delivered(one, there):
        return ""
    return f", as when it was delivered{f' (ticked off: {one.settled})' if one.settled else ''}"


def _times(parts: Sequence[str]) -> str:
    times = max(parts.count(part) for part in parts)
    return "twice" if times == 2 else f"{times} times"  # noqa: PLR2004 - the word for two


def strangers(entries: Iterable[Entry], known: Collection[str], tills: Collection[str]) -> list[Entry]:
    """Return entries that bear a receipt number of one of these tills and a record that no journal here has.

    Other PCs of the store deliver to the same cloud, each with tills of its own: theirs are none of ours.
    """
    prefixes = tuple(f"{till.upper()}-" for till in tills)
    found = {
        (entry.remote_id, entry.part): entry
        for entry in entries
        if entry.record_id is not None
        and entry.record_id not in known
        and entry.receipt_number is not None
        and entry.receipt_number.startswith(prefixes)
    }
    return list(found.values())
