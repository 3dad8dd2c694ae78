"""`stillopen journal put-back`: a person says that an image of the whole disk was put back; nothing shows it."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from agent.cli import out
from agent.service import by_hand
from outbox import chain, log_aside, put_back, schema
from outbox.errors import StateInUse
from outbox.journal import FILE, check_newest, hold
from outbox.record import NUMBERED

if TYPE_CHECKING:
    import argparse
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from agent.places import Places


@dataclass(frozen=True, slots=True)
class _Found:
    """What a person can tell an image by, and what the new epoch is about."""

    newest: str | None  # the last receipt's number
    occurred_at: str | None
    open_sales: int
    undelivered: int  # to all clouds together


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Show what is there, ask, and note it. Exit 1: an agent runs, or it was not said with yes."""
    found = _found(places.state / FILE)
    with _held(places.state):
        if not args.json:
            _explain(found)
        if not args.yes and not _yes():
            raise out.CommandError("nothing was noted", hint="answer yes, or say --yes")
        put_back.note(places.state)
    if args.json:
        out.say_json(asdict(found) | {"noted": True})
    else:
        out.say(f"It is noted. Start the agent: {by_hand.START}, or `stillopen run`.")
    return out.OK


@contextmanager
def _held(state: Path) -> Iterator[None]:
    try:
        lock = hold(state)
    except StateInUse as error:
        raise out.CommandError(
            str(error), hint=f"stop it first ({by_hand.STOP}), do this again, then start it ({by_hand.START})"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _found(journal: Path) -> _Found:
    with suppress(OSError):  # reading says so in its own words
        if journal.exists() and log_aside.is_foreign(journal):
            raise out.CommandError(
                f"{journal} is a backup that was put back, beside the log of another journal",
                hint="start the agent: it finds that out by itself, and begins a new epoch of receipt numbers",
            )
    with schema.reading(journal) as reader:
        check_newest(reader, journal)
        newest = next(iter(chain.newest(reader, 1, kinds=NUMBERED)), None)
        return _Found(
            newest=None if newest is None else newest.receipt_number,
            occurred_at=None if newest is None else newest.occurred_at,
            open_sales=_count(reader, "select count(*) from open_sale"),
            undelivered=_count(reader, "select sum(count) from delivery_count where state <> 'delivered'"),
        )


def _count(reader: sqlite3.Connection, question: str) -> int:
    (count,) = reader.execute(question).fetchone()
    return count or 0


def _explain(found: _Found) -> None:
    out.say(
        "This is for an image of the whole disk, or a virtual machine's snapshot, that was put back where it was made:"
    )
    out.say("nothing in it shows that. A journal's backup, a copy and another PC are noticed without it.")
    out.say()
    if found.newest is None:
        out.say("What is here: no receipt yet")
    else:
        out.say(f"What is here: receipts up to {found.newest}, of {found.occurred_at}")
    out.say(
        f"  sales that are open or parked: {found.open_sales}; deliveries that no cloud has yet: {found.undelivered}"
    )
    out.say(
        "What was sold after that is not here, and does not come back by this: look for it at the clouds and on paper."
    )
    out.say()
    out.say("From the next start on, receipt numbers go on with two letters of their own, the clouds are asked before")
    out.say("anything that waits is sent, and sales that are open have new ids. No record is changed.")


def _yes() -> bool:
    sys.stdout.flush()
    sys.stderr.write("Was such an image put back here? [yes/no] ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip().casefold()
    if not sys.stdin.isatty():  # nobody pressed Enter on this screen
        sys.stderr.write("\n")
    return answer in ("y", "yes")
