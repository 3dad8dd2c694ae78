"""A journal that was put back or copied begins a new epoch, before it gives a number or sends anything.

Else its next receipts would have the numbers of receipts that were handed out already, by the journal that was
there before or by the PC it was copied from. An epoch is two letters, drawn by lot among those this journal never
had, since two copies of one image must not choose the same; they stand in front of the count, which goes on.

Four witnesses are asked: the journal's file and the PC (both in `home`), the side file (`head`), and the header of the
file itself, which in a backup is another than in a journal (`schema`). What none of them can see, a person may say.
"""

from __future__ import annotations

import json
import logging
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from outbox import cloud_clock, head, home, schema
from outbox.errors import JournalUnsafe
from outbox.ids import new_id
from outbox.record import GENESIS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from outbox.head import Head
    from outbox.home import Witnesses

    Write = Callable[[Callable[[sqlite3.Connection], None]], Awaitable[None]]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which are read as digits before digits
EPOCHS = tuple("".join(pair) for pair in product(LETTERS, repeat=2))

_HINT = (
    "If this PC's disk or its journal was put back, nothing needs doing: the clouds are asked before anything is sent "
    "again. If this PC was copied from another that goes on selling, give each of its tills an id of its own."
)
_SAID = "an image of its disk was put back"
_PRINT_REASON = "the journal was put back or copied before it was known to be printed"
_PRINT_HINT = "Look whether the receipt is there and whole; if not, print a copy."

_log = logging.getLogger("stillopen.journal")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is outside the journal and decides: the witnesses, the lot and the time."""

    look: Callable[[Path], Witnesses] = home.look
    lot: random.Random = field(default_factory=random.SystemRandom)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


HERE = Surroundings()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A new epoch to be written, made before the change, so that the change comes to the same when run again."""

    letters: str
    since: str
    why: str
    head: str | None  # the side file it answers
    others: tuple[str, ...]  # epochs that only the side file knows of
    sale_ids: dict[str, str]  # of open sales: a new id each, as the old one may be a record elsewhere


async def settle(connection: sqlite3.Connection, write: Write, path: Path, around: Surroundings) -> None:
    """Find out whether the journal at `path` was put back or copied, and begin a new epoch if it was.

    `connection` reads; `write` is the journal's. Raises what `write` raises, and `JournalUnsafe`.
    """
    before = home.read(connection)
    witnesses = around.look(path)
    now = home.seen(witnesses, around.lot.randbytes(home.SALT_BYTES) if before is None else before.salt)
    moves = [] if before is None else list(home.moves(before, now))
    beside = head.read(path.parent)
    signs = [*moves, *_put_back(connection), *_missing(connection, beside)]
    entry = _entry(connection, "; ".join(signs), beside, around) if signs else None
    kept = now if before is None or moves else home.learnt(before, now)
    if entry is None and kept == before:
        return

    def change(connection: sqlite3.Connection) -> None:
        home.keep(connection, kept)
        if entry is not None:
            _enter(connection, entry)

    await write(change)
    if entry is not None:
        _log.warning(
            "This journal was put back or copied (%s). Receipt numbers go on with the letters %s. %s",
            entry.why,
            entry.letters,
            _HINT,
        )


def say_put_back(connection: sqlite3.Connection) -> None:
    """Note that a person said so: the image of a whole disk, put back on it, brings every witness back with it."""
    connection.execute(
        "insert into upkeep values (?, ?) on conflict do update set value = excluded.value",
        (schema.WAS_PUT_BACK, _SAID),
    )


def notices(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return what a person should know of the epochs there have been, oldest first. None goes away: receipts say it."""
    rows = connection.execute("select letters, since, why from epoch order by number").fetchall()
    return [
        {
            "code": "new-epoch",
            "since": since,
            "detail": f"This journal was put back or copied ({why}). Receipt numbers go on with the letters {letters}.",
            "hint": _HINT,
        }
        for letters, since, why in rows
    ]


def _put_back(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield that it was a backup when it was opened, or what a person said, unless an epoch was begun for that."""
    noted = connection.execute("select value from upkeep where what = ?", (schema.WAS_PUT_BACK,)).fetchone()
    if noted is not None:
        yield noted[0] or "it is a backup"


def _missing(connection: sqlite3.Connection, beside: str | None) -> Iterator[str]:
    """Yield what the side file knows and the journal does not, unless an epoch was begun for just that."""
    noted = None if beside is None else head.from_text(beside)
    if noted is None:
        return
    answered = connection.execute("select head from epoch order by number desc limit 1").fetchone()
    if answered is not None and answered[0] == beside:
        return
    row = connection.execute("select hash from record where seq = ?", (noted.seq,)).fetchone()
    own_hash = row[0] if row else GENESIS if not noted.seq else None
    if own_hash is None:
        yield f"record {noted.seq} was here and is not any more"
    elif own_hash.hex() != noted.hash:
        yield f"record {noted.seq} was another one"
    elif not set(noted.epochs) <= set(head.of(connection).epochs):
        yield f"epoch {noted.epochs[-1]} was here and is not any more"


def _entry(connection: sqlite3.Connection, why: str, beside: str | None, around: Surroundings) -> _Entry:
    noted: Head | None = None if beside is None else head.from_text(beside)
    known = head.of(connection).epochs
    others = tuple(letters for letters in (noted.epochs if noted else ()) if letters not in known)
    free = [letters for letters in EPOCHS if letters not in (*known, *others)]
    if not free:
        raise JournalUnsafe(
            f"this journal was put back or copied {len(EPOCHS)} times, and no letters are left for its receipt numbers",
            hint="Move the state folder away and start with an empty one and with new till ids.",
        )
    sales = [row[0] for row in connection.execute("select id from open_sale order by id").fetchall()]
    new_ids = sorted(new_id() for _ in sales)  # parked sales are shown in the order of their ids
    return _Entry(
        letters=around.lot.choice(free),
        since=around.now().isoformat(),
        why=why,
        head=beside,
        others=others,
        sale_ids=dict(zip(sales, new_ids, strict=True)),
    )


def _enter(connection: sqlite3.Connection, entry: _Entry) -> None:
    """Begin an epoch. What was under way before may have been ended, by the journal that this one is a copy of."""
    connection.execute(
        "insert into epoch(letters, since, why, head, others) values (?, ?, ?, ?, ?)",
        (entry.letters, entry.since, entry.why, entry.head, " ".join(entry.others)),
    )
    connection.execute("delete from upkeep where what = ?", (schema.WAS_PUT_BACK,))
    cloud_clock.put_back(connection)
    connection.execute("update delivery set doubt = 1 where state in ('waiting', 'sending', 'parked')")
    connection.execute(
        "update print_job set state = 'unknown', reason = ?, hint = ?, updated_at = ? where state = 'queued'",
        (_PRINT_REASON, _PRINT_HINT, entry.since),
    )
    for old, new in entry.sale_ids.items():
        (document,) = connection.execute("select document from open_sale where id = ?", (old,)).fetchone()
        text = json.dumps(json.loads(document) | {"id": new}, ensure_ascii=False)
        connection.execute("update open_sale set id = ?, document = ? where id = ?", (new, text, old))
