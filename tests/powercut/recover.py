"""Opens a disk as the agent does after a power cut, and reads the journal that is on it, whole.

It is opened by `schema.connect` on the standard library's sqlite3, an older SQLite than the one that wrote it.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from outbox import chain, log_aside, schema
from outbox.errors import OutboxError
from outbox.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.powercut.connection import Connection
    from tests.powercut.disk import Image


@dataclass(frozen=True, slots=True)
class Step:
    """A request to a cloud as it is written down."""

    state: str
    refs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is written down."""

    id: int
    cloud: str
    record_id: str
    state: str
    remote_id: str | None
    batch: bool  # under way in a request with others
    steps: Mapping[str, Step]


@dataclass(slots=True)
class Recovered:
    """What was read from a recovered journal; `damage` is why there is nothing more to read."""

    damage: str | None = None
    tables: str = ""  # the digest of all of them
    records: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)  # hash, body
    tills: dict[str, tuple[int, int]] = field(default_factory=dict)  # last sequence and receipt number
    deliveries: list[Delivery] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)  # job id by record id
    kicks: set[str] = field(default_factory=set)
    refunds: set[str] = field(default_factory=set)
    open_sales: dict[str, int] = field(default_factory=dict)  # lines and tenders ever entered
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


def digest(connection: sqlite3.Connection | Connection) -> str:
    """Return a digest of every row of every table; empty tables do not count."""
    found = hashlib.blake2b(digest_size=16)
    names = connection.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    for (name,) in names:
        rows = connection.execute(f"select * from {name}").fetchall()
        if rows:
            found.update(marshal.dumps((name, rows), 2))  # format 2 has no references: equal rows, equal bytes
    return found.hexdigest()


@cache
def new_journal() -> str:
    """Return the digest of a journal that nothing was written to: what an empty disk is opened as."""
    with TemporaryDirectory() as folder, closing(schema.connect(Path(folder) / FILE)) as connection:
        return digest(connection)


def lay_out(image: Image, folder: Path) -> None:
    """Make a folder hold an image and nothing else."""
    for path in folder.iterdir():
        if path.name not in image:
            path.unlink()
    for name, content in image.items():
        (folder / name).write_bytes(content)


def recover(
    image: Image,
    folder: Path,
    connect: Callable[[Path], sqlite3.Connection] = schema.connect,
    known: dict[str, Recovered] | None = None,
) -> Recovered:
    """Lay an image out in a folder, open it and read what it holds.

    Every image is opened and goes through SQLite's integrity check; rows that are, all together, `known` by
    their digest are not read and verified again.
    """
    known = {} if known is None else known
    lay_out(image, folder)
    try:
        taken = log_aside.take(folder / FILE)
        assert taken is None, "no cut makes the journal's own log another's"
        connection = connect(folder / FILE)
    except OutboxError as error:
        return Recovered(damage=str(error))
    try:
        (found,) = connection.execute("pragma integrity_check(1)").fetchone()
        if found != "ok":
            return Recovered(damage=str(found))
        tables = digest(connection)
        if tables not in known:
            known[tables] = _read(connection, tables)
        return known[tables]
    except sqlite3.DatabaseError as error:
        return Recovered(damage=str(error))
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, tables: str) -> Recovered:
    strays = connection.execute("pragma foreign_key_check").fetchall()
    if strays:
        return Recovered(damage=f"rows that refer to nothing: {strays[:3]}")
    verified = chain.verify(connection)
    if verified.broken is not None:
        return Recovered(damage=f"record {verified.broken.seq}: {verified.broken.reason}")
    recovered = Recovered(tables=tables)
    query = connection.execute
    recovered.records = {i: (h, json.loads(body)) for i, h, body in query("select id, hash, body from record")}
    recovered.tills = {i: (seq, receipt) for i, seq, receipt in query("select id, last_seq, last_receipt from till")}
    steps: dict[int, dict[str, Step]] = {}
    for delivery, name, state, refs in query("select delivery, name, state, refs from step"):
        steps.setdefault(delivery, {})[name] = Step(state, json.loads(refs))
    recovered.deliveries = [
        Delivery(number, cloud, record_id, state, remote_id, bool(batch), steps.get(number, {}))
        for number, cloud, record_id, state, remote_id, batch in query(
            "select delivery.id, cloud, record.id, state, remote_id, batch from delivery "
            "join record on record.seq = delivery.record_seq"
        )
    ]
    recovered.receipts = dict(query("select record_id, id from print_job where copy = 0"))
    recovered.kicks = {row[0] for row in query("select record_id from kick")}
    recovered.refunds = {row[0] for row in query("select refund_id from refund")}
    for sale_id, text in query("select id, document from open_sale"):
        document = json.loads(text)
        recovered.open_sales[sale_id] = document["lines_made"] + document["tenders_made"]
    for key, record_id, body in query("select key, record, body from answer"):
        _, record = recovered.records.get(record_id, (b"", {"id": record_id, "receipt_number": None}))
        recovered.answers[key] = record | json.loads(body)
    return recovered
