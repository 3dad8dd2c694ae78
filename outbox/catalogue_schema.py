"""The catalogue's file: its tables, how older files become newer ones, and how it is opened.

CatalogueError           an `OutboxError`: has `.hint`, the next step
├── CatalogueNewer       a newer version of this program wrote the file
├── CatalogueBusy        another program has been writing for longer than `WRITE_WAIT_S`
├── CatalogueTaken       the sku or the barcode is another item's already
├── CatalogueDamaged     the file was damaged in the middle of a change; nothing of it was kept
└── CatalogueUnusable    the folder or the disk does not let the file be used
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from outbox.errors import OutboxError

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION_ID = 0x53744F43  # "StOC": the file's own mark
WRITE_WAIT_S = 60.0  # for another program's import to end; a hundred thousand items take about 4 s

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF  # SQLite's extended codes keep the primary one in their low byte

# Each entry brings a file from the version of its place to the next. Entries are only ever added.
MIGRATIONS = (
    """
    CREATE TABLE item (
        id INTEGER PRIMARY KEY,
        sku TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        price INTEGER NOT NULL,
        tax TEXT,
        category TEXT,
        unit TEXT NOT NULL CHECK (unit IN ('each', 'kg')),
        stock TEXT,
        source TEXT NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE barcode (
        code TEXT PRIMARY KEY,
        item INTEGER NOT NULL REFERENCES item (id)
    ) WITHOUT ROWID;
    CREATE INDEX barcode_item ON barcode (item);
    CREATE TABLE cloud_item (
        cloud TEXT NOT NULL,
        remote_id TEXT NOT NULL,
        version TEXT,
        sku TEXT NOT NULL,
        PRIMARY KEY (cloud, remote_id)
    ) WITHOUT ROWID;
    CREATE INDEX cloud_item_sku ON cloud_item (sku, cloud);
    CREATE TABLE pull_cursor (cloud TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
    CREATE VIRTUAL TABLE item_text USING fts5 (
        name, category, sku, content='item', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2', prefix='2 3 4', detail=column
    );
    CREATE TRIGGER item_added AFTER INSERT ON item BEGIN
        INSERT INTO item_text (rowid, name, category, sku) VALUES (new.id, new.name, new.category, new.sku);
    END;
    CREATE TRIGGER item_changed AFTER UPDATE OF name, category, sku, deleted ON item
    WHEN old.name IS NOT new.name OR old.category IS NOT new.category OR old.sku IS NOT new.sku
    OR old.deleted IS NOT new.deleted BEGIN
        INSERT INTO item_text (item_text, rowid, name, category, sku)
        SELECT 'delete', old.id, old.name, old.category, old.sku WHERE NOT old.deleted;
        INSERT INTO item_text (rowid, name, category, sku)
        SELECT new.id, new.name, new.category, new.sku WHERE NOT new.deleted;
    END;
    """,
    """
    ALTER TABLE item ADD COLUMN min_age INTEGER;
    ALTER TABLE item ADD COLUMN track TEXT CHECK (track IN ('lot', 'serial'));
    ALTER TABLE item ADD COLUMN deposit INTEGER;
    ALTER TABLE item ADD COLUMN deposit_tax TEXT;
    CREATE INDEX item_category ON item (category, name) WHERE NOT deleted;
    """,
    """
    CREATE TABLE feed (
        cloud TEXT NOT NULL,
        feed TEXT NOT NULL,
        cursor TEXT,
        mark TEXT,
        sweep_cursor TEXT,
        swept_at TEXT,
        PRIMARY KEY (cloud, feed)
    ) WITHOUT ROWID;
    INSERT INTO feed (cloud, feed, cursor) SELECT cloud, 'items', cursor FROM pull_cursor;
    DROP TABLE pull_cursor;
    ALTER TABLE cloud_item ADD COLUMN mark TEXT;
    """,
    """
    CREATE TABLE cloud_discount (
        cloud TEXT NOT NULL,
        remote_id TEXT NOT NULL,
        version TEXT,
        name TEXT NOT NULL,
        percent TEXT,
        amount INTEGER,
        since TEXT,
        until TEXT,
        trouble TEXT,
        mark TEXT,
        PRIMARY KEY (cloud, remote_id)
    ) WITHOUT ROWID;
    """,
)


class CatalogueError(OutboxError):
    """Something about the catalogue."""


class CatalogueNewer(CatalogueError):
    """A newer version of this program wrote the file."""


class CatalogueBusy(CatalogueError):
    """Another program is writing."""


class CatalogueTaken(CatalogueError):
    """The sku or the barcode is another item's already: `item` is its sku."""

    def __init__(self, message: str, *, hint: str, item: str) -> None:
        super().__init__(message, hint=hint)
        self.item = item


class CatalogueDamaged(CatalogueError):
    """The file was damaged in the middle of a change."""


class CatalogueUnusable(CatalogueError):
    """The folder or the disk does not let the file be used."""


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether SQLite means that the file's content is broken, not that a statement failed."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY_CODE in _DAMAGE


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file for writing, made or brought up to date. Raises `CatalogueNewer` or `sqlite3.Error`.

    The caller holds the writers' lock. `synchronous` is NORMAL: a power cut may take back the latest
    import or page, together with its cursor, and never breaks the file.
    """
    connection = sqlite3.connect(path, timeout=WRITE_WAIT_S, isolation_level=None)
    try:
        _check_version(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file for reading only. Raises `CatalogueNewer` or `sqlite3.Error`.

    Used from one thread at a time; a reader never checkpoints.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        _check_version(connection, path)
        connection.execute(
            "SELECT count(*) FROM sqlite_master"
        ).fetchone()  # a broken schema shows itself now, not at a sale
    except BaseException:
        connection.close()
        raise
    return connection


def is_current(connection: sqlite3.Connection) -> bool:
    """Say whether the file has this program's tables, not an older version's or none."""
    return _version(connection) == len(MIGRATIONS)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _version(connection)
    if mark not in {0, APPLICATION_ID}:
        raise CatalogueUnusable(f"{path} is another program's database", hint="move it out of the state folder")
    if version > len(MIGRATIONS):
        raise CatalogueNewer(
            f"{path} has version {version}; this program knows up to {len(MIGRATIONS)}",
            hint="install the newer version again, or move the file away and import the catalogue anew",
        )


def _migrate(connection: sqlite3.Connection) -> None:
    for version in range(_version(connection), len(MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE; {MIGRATIONS[version]}"
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version + 1}; COMMIT;"
        )
