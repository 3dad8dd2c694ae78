"""`stillopen audit`: who did what, written out; with or without a running agent."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out
from outbox import audit, schema
from outbox.errors import OutboxError
from outbox.journal import FILE

if TYPE_CHECKING:
    import argparse
    from typing import TextIO

    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    export = commands.add_parser("export", help="write every entry as one JSON object a line, oldest first")
    export.add_argument("file", nargs="?", metavar="FILE", help="write here instead of to the screen")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    try:
        with closing(schema.connect_to_read(places.state / FILE)) as reader:
            if args.file is None:
                _write(reader, sys.stdout)
            else:
                with Path(args.file).open("x", encoding="utf-8") as target:
                    _write(reader, target)
    except OutboxError as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    except sqlite3.DatabaseError as error:
        raise out.CommandError(
            f"{places.state / FILE} cannot be read: {error}",
            hint="start the agent once, which brings the file up to date; then see `stillopen journal verify`",
        ) from error
    except FileExistsError:
        raise out.CommandError(f"{args.file} is there already", hint="name another file, or remove that one") from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise out.CommandError(f"{args.file} cannot be written: {error.strerror}", hint="name another file") from error
    return out.OK


def _write(reader: sqlite3.Connection, target: TextIO) -> None:
    target.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in audit.oldest_first(reader))
