"""What has to be settled before the agent may be removed: records that no cloud has yet.

They stay in the journal whatever happens, but nobody sends them any more. So removal is refused while any wait, until
they were written to a file, which leaves a note of how far it reaches.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING

from outbox import schema
from outbox.export import delivery_line, undelivered
from outbox.journal import FILE

if TYPE_CHECKING:
    from pathlib import Path

NOTE = "written-out.json"  # in the state folder: up to which delivery everything that waits was written to a file


def waiting(state: Path) -> dict[str, int]:
    """Return by cloud how many records it does not have yet, and no file has either. Raises `OutboxError`.

    A PC that has no journal has none waiting.
    """
    if not (state / FILE).exists():
        return {}
    upto = _written_upto(state)
    found: dict[str, int] = {}
    with closing(schema.connect_to_read(state / FILE)) as reader:
        for delivery in undelivered(reader):
            if delivery["id"] > upto:
                found[delivery["cloud"]] = found.get(delivery["cloud"], 0) + 1
    return found


def write_out(state: Path, file: Path) -> int:
    """Write every record that waits to `file`, a JSON line each, and note it. Returns how many.

    Raises `FileExistsError`, `OSError` or `OutboxError`; the note is made only after the file is on its disk.
    """
    upto = count = 0
    with closing(schema.connect_to_read(state / FILE)) as reader, file.open("x", encoding="utf-8") as to:
        file.chmod(0o600)
        for delivery in undelivered(reader):
            to.write(delivery_line(reader, delivery) + "\n")
            upto, count = max(upto, delivery["id"]), count + 1
        to.flush()
        os.fsync(to.fileno())
    note = state / NOTE
    made = note.with_suffix(".new")
    with made.open("w", encoding="utf-8") as to:
        json.dump({"upto": upto, "file": str(file)}, to)
        to.flush()
        os.fsync(to.fileno())
    made.replace(note)
    return count


def _written_upto(state: Path) -> int:
    try:
        note = json.loads((state / NOTE).read_text(encoding="utf-8"))
        return int(note["upto"])
    except (OSError, ValueError, KeyError, TypeError):  # none, or half of one: then nothing was written out
        return 0
