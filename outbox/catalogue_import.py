"""An import: the rows of a file into the catalogue, all or nothing.

Items the file does not name stay as they are, and so do the columns it does not have; an empty cell
empties its field. What was made at a till stays too, with its barcodes, and is named in the result.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox.catalogue_csv import CsvRow, RowProblem
from outbox.item import HERE

if TYPE_CHECKING:
    from collections.abc import Iterable

PROBLEMS_MAX = 10_000  # kept and named; a file with more is the wrong file, and they are counted

_STAGE = """
    CREATE TEMP TABLE incoming (
        sku TEXT PRIMARY KEY, line INTEGER NOT NULL, name TEXT, price INTEGER, tax TEXT, category TEXT,
        unit TEXT, stock TEXT, min_age INTEGER, track TEXT, deposit INTEGER, deposit_tax TEXT
    ) WITHOUT ROWID;
    CREATE TEMP TABLE incoming_barcode (code TEXT PRIMARY KEY, sku TEXT NOT NULL, line INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TEMP TABLE named (sku TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE INDEX temp.incoming_barcode_sku ON incoming_barcode (sku);
"""
_OPTIONAL = ("tax", "category", "unit", "stock", "min_age", "track", "deposit", "deposit_tax")
_TAKEN_ELSEWHERE = f"""
    SELECT b.line, b.code, item.sku FROM incoming_barcode b
    JOIN barcode ON barcode.code = b.code JOIN item ON item.id = barcode.item
    WHERE item.sku <> b.sku AND NOT item.deleted AND item.source <> '{HERE}' AND item.sku NOT IN (SELECT sku FROM named)
    ORDER BY b.line
"""
_KEPT_HERE = f"""
    SELECT item.sku FROM incoming i JOIN item ON item.sku = i.sku WHERE item.source = '{HERE}'
    UNION SELECT item.sku FROM incoming_barcode b JOIN barcode ON barcode.code = b.code
    JOIN item ON item.id = barcode.item WHERE item.source = '{HERE}'
"""
_BARCODES_DIFFER = """
    EXISTS (
        SELECT 1 FROM incoming_barcode b WHERE b.sku = i.sku
        AND NOT EXISTS (SELECT 1 FROM barcode x WHERE x.code = b.code AND x.item = item.id)
    )
    OR (SELECT count(*) FROM barcode x WHERE x.item = item.id)
    <> (SELECT count(*) FROM incoming_barcode b WHERE b.sku = i.sku)
"""


@dataclass(slots=True)
class ImportResult:
    """What an import did, or, with problems, why it did nothing at all."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    problems_unnamed: int = 0  # beyond the `PROBLEMS_MAX` in `problems`
    kept_here: list[str] = field(default_factory=list)  # skus made at a till that the file names, or whose barcodes
    dry_run: bool = False

    @property
    def ok(self) -> bool:
        """Whether every row was in order."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return the result as `catalogue import --json` prints it."""
        return {
            "ok": self.ok,
            "dry_run": self.dry_run,
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "kept_here": self.kept_here,
            "problems": [
                {"line": one.line, "column": one.column, "found": one.found, "fix": one.fix} for one in self.problems
            ],
            "problems_unnamed": self.problems_unnamed,
        }

    def note(self, problem: RowProblem) -> None:
        """Keep a problem, or count it."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)
        else:
            self.problems_unnamed += 1


def import_rows(connection: sqlite3.Connection, rows: Iterable[CsvRow | RowProblem], *, dry_run: bool) -> ImportResult:
    """Stage the rows, look for what they collide with, and apply them in one transaction.

    What it raises leaves the transaction open: the connection is closed then, which takes it back.
    """
    result = ImportResult(dry_run=dry_run)
    connection.executescript(_STAGE)
    connection.execute("BEGIN")
    given = _stage(connection, rows, result)
    for line, code, sku in connection.execute(_TAKEN_ELSEWHERE):
        cure = f"it belongs to the item {sku}: take it from that item, or leave it out here"
        result.note(RowProblem(line, "barcode", f'"{code}"', cure))
    result.kept_here = [sku for (sku,) in connection.execute(_KEPT_HERE)]
    if result.ok:
        _apply(connection, given, result)
    result.problems.sort(key=lambda problem: problem.line)
    connection.execute("COMMIT" if result.ok and not dry_run else "ROLLBACK")
    return result


def _stage(connection: sqlite3.Connection, rows: Iterable[CsvRow | RowProblem], result: ImportResult) -> frozenset[str]:
    given: frozenset[str] = frozenset()
    for row in rows:
        if isinstance(row, RowProblem):
            result.note(row)
            connection.execute("INSERT OR IGNORE INTO named SELECT ?1 WHERE ?1 IS NOT NULL", (row.sku,))
            continue
        result.rows += 1
        given = row.given
        connection.execute("INSERT OR IGNORE INTO named VALUES (?)", (row.sku,))
        stock = None if row.stock is None else str(row.stock)
        values = (
            row.sku,
            row.line,
            row.name,
            row.price,
            row.tax,
            row.category,
            row.unit,
            stock,
            row.min_age,
            row.track,
            row.deposit,
            row.deposit_tax,
        )
        if not _fits(connection, "INSERT INTO incoming VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values):
            line = _line(connection, "SELECT line FROM incoming WHERE sku = ?", row.sku)
            cure = f"line {line} has this sku too: keep one of the two"
            result.note(RowProblem(row.line, "sku", f'"{row.sku}"', cure))
            continue
        for code in row.barcodes:
            if not _fits(connection, "INSERT INTO incoming_barcode VALUES (?, ?, ?)", (code, row.sku, row.line)):
                line = _line(connection, "SELECT line FROM incoming_barcode WHERE code = ?", code)
                cure = f"line {line} has this barcode too: keep it with one of the two"
                result.note(RowProblem(row.line, "barcode", f'"{code}"', cure))
    return given


def _fits(connection: sqlite3.Connection, insert: str, values: tuple[Any, ...]) -> bool:
    try:
        connection.execute(insert, values)
    except sqlite3.IntegrityError:
        return False
    return True


def _line(connection: sqlite3.Connection, query: str, key: str) -> int:
    return int(connection.execute(query, (key,)).fetchone()[0])


def _apply(connection: sqlite3.Connection, given: frozenset[str], result: ImportResult) -> None:
    """Write the staged rows. Only fields of `given` columns change on items that are there already."""
    fields = ["name", "price", *(column for column in _OPTIONAL if column in given)]
    differs = " OR ".join(f"item.{column} IS NOT i.{column}" for column in fields)
    with_barcodes = "barcode" in given
    connection.execute(
        "CREATE TEMP TABLE touched AS SELECT item.id FROM incoming i JOIN item ON item.sku = i.sku "
        f"WHERE item.source <> '{HERE}' AND (item.deleted OR {differs}"
        + (f" OR {_BARCODES_DIFFER})" if with_barcodes else ")")
    )
    result.changed = int(connection.execute("SELECT count(*) FROM touched").fetchone()[0])
    connection.execute(
        f"UPDATE item SET deleted = 0, source = 'import', {', '.join(f'{column} = i.{column}' for column in fields)} "
        "FROM incoming i WHERE i.sku = item.sku AND item.id IN (SELECT id FROM touched)"
    )
    result.added = connection.execute(
        f"INSERT INTO item (sku, name, price, {', '.join(_OPTIONAL)}, source) "
        f"SELECT sku, name, price, {', '.join(_OPTIONAL)}, 'import' FROM incoming i "
        "WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.sku = i.sku) ORDER BY line"
    ).rowcount
    result.unchanged = result.rows - result.added - result.changed
    if with_barcodes:
        connection.execute("DELETE FROM barcode WHERE item IN (SELECT id FROM touched)")
        connection.execute(
            # what is there already is this very item's, or was made here
            "INSERT OR IGNORE INTO barcode (code, item) SELECT b.code, item.id "
            f"FROM incoming_barcode b JOIN item ON item.sku = b.sku WHERE item.source <> '{HERE}'"
        )
    connection.execute("DROP TABLE touched")
