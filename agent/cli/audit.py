"""`stillopen audit`: who did what, written out; with or without a running agent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.cli import out
from outbox import audit, schema
from outbox.journal import FILE

if TYPE_CHECKING:
    import argparse

    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    export = commands.add_parser("export", help="write every entry as one JSON object a line, oldest first")
    export.add_argument("file", nargs="?", metavar="FILE", help="write here instead of to the screen")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    with schema.reading(places.state / FILE) as reader:
        lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in audit.oldest_first(reader))
        out.give(lines, args.file)
    return out.OK
