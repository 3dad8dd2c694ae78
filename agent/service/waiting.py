"""What has to be settled before the agent may be removed: records that no cloud has yet.

They stay in the journal whatever happens, but nobody sends them any more. So removal is refused while any wait, until
they were written to a file, which leaves a note of how far it reaches, and in which journal.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.new_file import new_file
from agent.places import service_folders
from agent.service.refusal import ServiceRefused
from agent.update import machine
from outbox import chain, schema
from outbox.errors import JournalMissing
from outbox.export import delivery_line, undelivered
from outbox.journal import FILE

if TYPE_CHECKING:
    import sqlite3

    from outbox.record import Record

NOTE = "written-out.json"  # in the state folder: up to which delivery everything that waits was written to a file


def waiting(state: Path) -> dict[str, int]:
    """Return by cloud how many records it does not have yet, and no file has either. Raises `OutboxError`.

    A PC that has no journal has none waiting.
    """
    found: dict[str, int] = {}
    try:
        with schema.reading(state / FILE) as reader:
            upto = _written_upto(state, reader)
            for delivery in undelivered(reader):
                if delivery["id"] > upto:
                    found[delivery["cloud"]] = found.get(delivery["cloud"], 0) + 1
    except JournalMissing:
        return {}
    return found


def must_outlive(state: Path, file: Path) -> None:
    """Raise `ServiceRefused` where `file` would lie in a folder that goes with the agent, or with its records."""
    place = file.absolute().parent.resolve()  # a link into such a folder is in it
    for folder in _going(state):
        if place.is_relative_to(folder.resolve()):
            raise ServiceRefused(
                f"{file} would be taken away with {folder}, and the records in it",
                "name a file elsewhere: on a stick, or among your own documents",
            )


def write_out(state: Path, file: Path) -> int:
    """Write every record that waits to `file`, a JSON line each, and note it. Returns how many.

    Raises `ServiceRefused` as `must_outlive`, `FileExistsError`, `OSError` or `OutboxError`; the note is made only
    after the file is on its disk.
    """
    must_outlive(state, file)
    upto = count = 0
    with schema.reading(state / FILE) as reader:
        newest = chain.newest(reader, 1)
        with new_file(file) as part, part.open("w", encoding="utf-8") as to:
            for delivery in undelivered(reader):
                to.write(delivery_line(reader, delivery) + "\n")
                upto, count = max(upto, delivery["id"]), count + 1
    note = state / NOTE
    made = note.with_suffix(".new")
    made.unlink(missing_ok=True)
    with made.open("x", encoding="utf-8") as to:  # never through a link: this is root, in the service's folder
        json.dump({"upto": upto, "file": str(file), "after": [_place(record) for record in newest]}, to)
        to.flush()
        os.fsync(to.fileno())
    made.replace(note)
    return count


def _going(state: Path) -> list[Path]:
    """Return what a removal or a purge deletes: of a package, of the Windows setup, and of an environment of pip's."""
    service, installed = service_folders(), machine.here()
    going = [state, service.config, service.state, installed.versions, installed.own]
    return going if sys.prefix == sys.base_prefix else [*going, Path(sys.prefix)]


def _written_upto(state: Path, reader: sqlite3.Connection) -> int:
    """Return the last delivery that a file has, or 0: also where the note is of another journal, or half a note."""
    try:
        note = json.loads((state / NOTE).read_text(encoding="utf-8"))
        upto, (after,) = int(note["upto"]), note["after"]
        there = chain.by_seq(reader, int(after["seq"]))
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return upto if there is not None and _place(there) == after else 0


def _place(record: Record) -> dict[str, Any]:
    """Return what a journal is known by that was put back since: its numbers begin again, and its hashes differ."""
    return {"seq": record.seq, "hash": record.hash.hex()}
