"""`stillopen outbox`: what waits for which cloud, what was parked and why; with or without a running agent."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.running import RunningAgent
from agent.config import ConfigInvalid, load
from outbox import deliveries, delivery_views, matters, schema
from outbox.export import delivery_line, undelivered
from outbox.journal import FILE

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from agent.places import Places

LISTED = 100  # deliveries, where --limit does not say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="deliveries by cloud and state, and the oldest that waits")
    listing = commands.add_parser("list", help="deliveries, oldest first")
    listing.add_argument("--cloud", metavar="NAME", help="only this cloud's")
    listing.add_argument("--only", choices=deliveries.STATES, help="only those in this state")
    listing.add_argument("--limit", type=int, default=LISTED, metavar="N", help=f"how many (default: {LISTED})")
    show = commands.add_parser("show", help="one delivery with its requests")
    retry = commands.add_parser("retry", help="release a parked delivery, or try a waiting one now")
    open_matters = commands.add_parser("matters", help="what a person has to see to: refused, or otherwise in a cloud")
    open_matters.add_argument("--cloud", metavar="NAME", help="only this cloud's")
    open_matters.add_argument("--limit", type=int, default=LISTED, metavar="N", help=f"how many (default: {LISTED})")
    settle = commands.add_parser("settle", help="tick matters off, once somebody has seen to them")
    settle.add_argument("deliveries", type=int, nargs="+", metavar="ID", help="numbers from `outbox matters`")
    settle.add_argument("--reason", required=True, metavar="TEXT", help="what was done, or why nothing has to be")
    export = commands.add_parser("export", help="write every record that a cloud does not have yet, a line each")
    export.add_argument("--cloud", metavar="NAME", help="only this cloud's")
    for one in (show, retry):
        one.add_argument("delivery", type=int, metavar="ID", help="the delivery's number, from `outbox list`")
    for one in (retry, settle):
        one.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    for one in (status, listing, show, retry, open_matters, settle):
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    if args.what in ("retry", "settle"):
        return _retry(args, places) if args.what == "retry" else _settle(args, places)
    with schema.reading(places.state / FILE) as reader:
        if args.what == "status":
            return _status(reader, args, places)
        if args.what == "list":
            return _list(reader, args)
        if args.what == "show":
            return _show(reader, args)
        if args.what == "matters":
            return _matters(reader, args)
        return _export(reader, args.cloud)


def _status(reader: sqlite3.Connection, args: argparse.Namespace, places: Places) -> int:
    configured: list[str] = []
    with suppress(ConfigInvalid):  # what is on the disk can be told without it
        configured = [cloud.name for cloud in load(places.config, need_secrets=False).clouds]
    counts = delivery_views.counts(reader, configured)
    if args.json:
        out.say_json({"clouds": counts})
        return out.OK
    if not counts:
        out.say("no cloud is configured, and nothing was ever queued for one")
    for cloud, count in counts.items():
        out.say(f"{cloud}: " + ", ".join(f"{count[state]} {state}" for state in deliveries.STATES))
        if count["oldest_waiting"]:
            out.say(f"  the oldest that waits is of {count['oldest_waiting']}")
        if count["last_error"]:
            out.say(f"  last trouble: {count['last_error']}")
        if count["parked"]:
            out.say(f"  see why: stillopen outbox list --cloud {cloud} --only parked")
    return out.OK


def _list(reader: sqlite3.Connection, args: argparse.Namespace) -> int:
    found = delivery_views.listed(reader, cloud=args.cloud, state=args.only, limit=max(1, args.limit))
    if args.json:
        out.say_json({"deliveries": found})
        return out.OK
    for one in found:
        what = one["receipt_number"] or one["kind"]
        out.say(f"{one['id']:>6}  {one['cloud']}  {one['state']:<9}  {what}  {one['occurred_at']}")
        _say_why(one)
    return out.OK


def _show(reader: sqlite3.Connection, args: argparse.Namespace) -> int:
    found = delivery_views.shown(reader, args.delivery)
    if found is None:
        raise out.CommandError(
            f"there is no delivery {args.delivery}", hint="`stillopen outbox list` shows the numbers there are"
        )
    if args.json:
        out.say_json(found)
        return out.OK
    for name, value in found.items():
        if name != "steps":
            out.say(f"{name:<15} {value if value is not None else '-'}")
    for step in found["steps"]:
        out.say(f"  step {step['name']} ({step['state']}): {step['request']}, first sent {step['first_sent_at']}")
    return out.OK


def _matters(reader: sqlite3.Connection, args: argparse.Namespace) -> int:
    found = matters.listed(reader, cloud=args.cloud, limit=max(1, args.limit))
    if args.json:
        out.say_json({"matters": found})
        return out.OK
    if not found:
        out.say("nothing: every record is in its clouds as it was rung, or on its way")
    for one in found:
        what = one["receipt_number"] or one["kind"]
        out.say(f"{one['id']:>6}  {one['cloud']}  {one['matter']:<7}  {what}  {one['occurred_at']}")
        _say_why(one)
    if found:
        out.say('seen to: stillopen outbox settle ID --reason "…"')
    return out.OK


def _settle(args: argparse.Namespace, places: Places) -> int:
    """Let the running agent do it: it alone writes to the journal."""
    agent = RunningAgent.find(places, args.port)
    found = [agent.ask("POST", f"/v1/outbox/{one}/settle", {"reason": args.reason}) for one in args.deliveries]
    if args.json:
        out.say_json({"settled": found})
    else:
        for one in found:
            out.say(f"delivery {one['id']} to {one['cloud']} is settled")
    return out.OK


def _export(reader: sqlite3.Connection, cloud: str | None) -> int:
    for delivery in undelivered(reader, cloud):
        sys.stdout.write(delivery_line(reader, delivery) + "\n")
    return out.OK


def _retry(args: argparse.Namespace, places: Places) -> int:
    """Let the running agent do it: it alone writes to the journal."""
    found = RunningAgent.find(places, args.port).ask("POST", f"/v1/outbox/{args.delivery}/retry")
    if args.json:
        out.say_json(found)
    else:
        out.say(f"delivery {found['id']} to {found['cloud']} is {found['state']} and goes next")
    return out.OK


def _say_why(delivery: dict[str, Any]) -> None:
    if delivery["last_error"]:
        out.say(f"        {delivery['last_error']}")
    if delivery["hint"]:
        out.say(f"        next: {delivery['hint']}")
    if delivery["drift"]:
        out.say(f"        the cloud's total differs by {delivery['drift']} (minor units)")
    for note in delivery["notes"]:
        out.say(f"        note: {note}")
