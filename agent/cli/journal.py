"""`stillopen journal`: the records verified, exported, and copied; with or without a running agent. And `put_back`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out, put_back
from outbox import anchor, audit, backup, chain, log_aside, schema
from outbox.errors import OutboxError
from outbox.export import exported
from outbox.journal import FILE

if TYPE_CHECKING:
    import argparse

    from agent.places import Places
    from outbox.record import Record


_COMPARE = "run `stillopen journal verify`: if the journal itself holds, name a file on another disk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    verify = commands.add_parser("verify", help="follow the hash chain; exit 1 names the first record that fails")
    verify.add_argument("--json", action="store_true", help="the answer as JSON, for programs")
    verify.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="TEXT",
        help="also find the record whose hash begins so: from a receipt, a shift's closing or a cloud; may be repeated",
    )
    export = commands.add_parser("export", help="write every record as one JSON object a line, oldest first")
    export.add_argument("file", nargs="?", metavar="FILE", help="write here instead of to the screen")
    backup = commands.add_parser("backup", help="write a consistent copy of the journal, also while the agent sells")
    backup.add_argument("file", metavar="FILE", help="where to; must not be there yet")
    put_back.add_arguments(
        commands.add_parser(
            "put-back",
            help="say that an image of the whole disk was put back; with the agent stopped",
            description="Say that an image of this PC's whole disk, or a virtual machine's snapshot, was put back "
            "where it was made: nothing in it shows that. The next start begins a new epoch of receipt numbers, asks "
            "the clouds before it sends what waits, and gives open sales new ids. With the agent stopped.",
        )
    )


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    if args.what == "put-back":
        return put_back.run(args, places)
    journal = places.state / FILE
    with suppress(OSError):  # reading says so in its own words
        if journal.exists() and log_aside.is_foreign(journal):
            raise out.CommandError(
                f"{journal} is a backup that was put back, and {FILE}-wal beside it the log of another journal",
                hint="start the agent once, which keeps the log under another name; then do this again",
            )
    with schema.reading(journal) as reader:
        if args.what == "verify":
            return _verify(reader, [_digits(text) for text in args.anchor], as_json=args.json)
        if args.what == "export":
            out.give((_line(record) for record in chain.oldest_first(reader)), args.file)
            return out.OK
        return _backup(reader, Path(args.file))


def _digits(text: str) -> str:
    try:
        return anchor.parse(text)
    except ValueError as error:
        raise out.CommandError(str(error), hint="read it from the receipt again", code=out.WRONG) from error


def _verify(reader: sqlite3.Connection, anchors: list[str], *, as_json: bool) -> int:
    found = chain.verify(reader)
    broken = found.broken
    trail = audit.verify(reader)
    held = {digits: anchor.find(reader, digits) for digits in anchors}
    missing = [digits for digits, place in held.items() if place is None]
    if as_json:
        out.say_json(
            {
                "ok": broken is None and trail.broken is None and not missing,
                "records": found.records,
                "head": found.head,
                "broken": broken and {"seq": broken.seq, "receipt_number": broken.receipt_number, "why": broken.reason},
                "audit": {
                    "entries": trail.entries,
                    "head": trail.head,
                    "broken": trail.broken and {"seq": trail.broken.seq, "why": trail.broken.reason},
                },
                "anchors": {
                    digits: place and {"seq": place[0], "receipt_number": place[1]} for digits, place in held.items()
                },
            }
        )
    else:
        if broken is None:
            out.say(f"{found.records} records hold; the last hash is {found.head}")
        if trail.broken is None:
            out.say(f"{trail.entries} entries of the audit trail hold")
        for digits, place in held.items():
            if place is not None:
                out.say(f"{digits} is {_name(*place)}, as it was written")
    if broken is not None:
        out.complain(
            f"{_name(broken.seq, broken.receipt_number)} does not hold: {broken.reason}",
            f"the {found.records} before it do; keep the whole state folder as it is and compare it with a backup",
        )
    if trail.broken is not None:
        out.complain(
            f"entry {trail.broken.seq} of the audit trail does not hold: {trail.broken.reason}",
            f"the {trail.entries} before it do; keep the whole state folder as it is and compare it with a backup",
        )
    for digits in missing:
        out.complain(
            f"no record's hash begins with {digits}: the journal was rewritten, or records are gone from it",
            "compare with the receipt once more; then keep the whole state folder as it is, and compare it with a "
            "backup and with the clouds",
        )
    return out.OK if broken is None and trail.broken is None and not missing else out.FAILED


def _name(seq: int, receipt_number: str | None) -> str:
    return f"record {seq}" + (f" (receipt {receipt_number})" if receipt_number else "")


def _line(record: Record) -> str:
    return json.dumps(exported(record), ensure_ascii=False) + "\n"


def _backup(reader: sqlite3.Connection, file: Path) -> int:
    with out.giving(file) as part:
        _copy(reader, part, file)
        try:
            with schema.reading(part) as copied:
                found = chain.verify(copied)
        except OutboxError as error:
            raise out.CommandError(f"{file} was not made: its copy does not hold: {error}", hint=_COMPARE) from error
    if found.broken is not None:
        out.complain(
            f"{file} was made, and its record {found.broken.seq} does not hold: {found.broken.reason}", _COMPARE
        )
        return out.FAILED
    out.say(f"{found.records} records copied to {file}, and the copy verified")
    return out.OK


def _copy(reader: sqlite3.Connection, part: Path, file: Path) -> None:
    try:
        with closing(sqlite3.connect(part)) as target:
            target.execute("pragma journal_mode = off")  # it is worth nothing before it is whole
            reader.backup(target)  # in one read, which holds nobody up; in several, each sale would start it anew
    except sqlite3.Error as error:
        raise out.CommandError(
            f"{file} cannot be written: {error}", hint=f"look whether that disk has room; if it has, {_COMPARE}"
        ) from error
    backup.put_on_disk(part)
