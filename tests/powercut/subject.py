"""What is put to the test: which store, on which connection, over which kind of disk."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox import schema
from tests.powercut.connection import Connection, connecting
from tests.powercut.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.powercut.recorder import Recorder

AS_ASKED = "psow=0"  # how `schema.connect` tells SQLite that the disk may be careless


@dataclass(frozen=True, slots=True)
class Subject:
    """What is put to the test: the agent as it is, on a careless disk, unless a mutation says otherwise."""

    careless: bool = True
    psow: str = AS_ASKED
    store: type[Store] = Store
    connection: type[Connection] = Connection

    def recorded(
        self, recorder: Recorder, on_commit: Callable[[Connection], None], on_begin: Callable[[], None]
    ) -> Callable[..., Connection]:
        """Return what stands for `sqlite3.connect` while it sells."""

        def connect(database: str, **_: Any) -> Connection:
            kind: type[Connection] = self.connection  # named, or mypy takes the field for a method
            return kind(database.replace(AS_ASKED, self.psow), recorder.name, on_commit, on_begin)

        return connect

    def recovering(self, path: Path) -> sqlite3.Connection:
        """Open the journal after a cut, as it was opened before: a rollback needs the same idea of a sector."""
        if self.psow == AS_ASKED:
            return schema.connect(path)

        def connect(database: str, **named: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = sqlite3.connect(database.replace(AS_ASKED, self.psow), **named)
            return connection

        with connecting(connect):
            return schema.connect(path)
