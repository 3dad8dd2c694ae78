"""`stillopen staff`: who works here, and another PIN for somebody who forgot theirs."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    import argparse

    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    show = commands.add_parser("list", help="everybody who works here")
    pin = commands.add_parser("pin", help="give somebody another PIN, which is asked for and never shown")
    pin.add_argument("name", metavar="NAME", help="their name or id, as the list has it")
    for command in (show, pin):
        command.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
        command.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Ask the running agent, with the token that this user can read."""
    agent = RunningAgent.find(places, args.port)
    staff: list[dict[str, Any]] = agent.ask("GET", "/v1/staff")["staff"]
    if args.what == "list":
        return _list(staff, as_json=args.json)
    person = next((one for one in staff if args.name in (one["id"], one["name"])), None)
    if person is None:
        raise out.CommandError(f"nobody called {args.name} works here", hint="see `stillopen staff list`")
    answer = agent.ask("POST", f"/v1/staff/{person['id']}/pin", {"pin": _typed()})
    if args.json:
        out.say_json(answer)
    else:
        out.say(f"{person['name']} has another PIN, and is signed out everywhere")
    return out.OK


def _list(staff: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        out.say_json({"staff": staff})
        return out.OK
    for one in staff:
        out.say(f"{one['id']}  {one['role']:<10}  {one['name']}")
    if not staff:
        out.say("nobody is set up; whoever is at a paired page may do everything. The till page has Staff")
    return out.OK


def _typed() -> str:
    """Return a PIN from the keyboard, typed twice, or from a pipe; never from the command line, which is kept."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    pin = getpass.getpass("New PIN: ")
    if pin != getpass.getpass("Again: "):
        raise out.CommandError("that was not the same twice", hint="run it again")
    return pin
