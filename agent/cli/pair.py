"""`stillopen pair`: a code that lets a page or another front end call the agent; who is paired; shutting out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.cli import out
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    import argparse

    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--name", metavar="TEXT", help="what to call the front end in the list, such as 'tablet'")
    parser.add_argument("--as", dest="acts_as", metavar="NAME", help="whom it acts as: one of the staff, or a role")
    parser.add_argument(
        "--allow", metavar="LIST", help="all that it may use: scanner:counter,printer:receipt,till:till-1,items"
    )
    parser.add_argument("--list", action="store_true", help="show who is paired instead")
    parser.add_argument("--revoke", metavar="ID", help="shut a front end out instead; its id is in the list")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Ask the running agent, with the token that this user can read."""
    agent = RunningAgent.find(places, args.port)
    if args.list:
        return _list(agent, as_json=args.json)
    if args.revoke:
        answer = agent.ask("DELETE", f"/v1/pairings/{quote(args.revoke, safe='')}")
        _say(args, answer, f"{answer.get('pairing', {}).get('name', args.revoke)} is shut out")
        return out.OK
    allow = None if args.allow is None else [one.strip() for one in args.allow.split(",")]
    body = {"name": args.name, "acts_as": args.acts_as, "allow": allow}
    answer = agent.ask("POST", "/v1/pairing-codes", {key: value for key, value in body.items() if value})
    minutes = int(answer["expires_in_s"]) // 60
    _say(args, answer, f"{answer['code']}\n\nType it on the page within {minutes} minutes. It is good once.")
    return out.OK


def _list(agent: RunningAgent, *, as_json: bool) -> int:
    answer = agent.ask("GET", "/v1/pairings")
    if as_json:
        out.say_json(answer)
        return out.OK
    for one in answer["pairings"]:
        allow = "everything" if one["allow"] is None else ",".join(one["allow"])
        out.say(f"{one['id']}  {one['made_at']}  {one['origin']}  {one['name']}  {allow}")
    if not answer["pairings"]:
        out.say("nobody is paired yet")
    return out.OK


def _say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> None:
    if args.json:
        out.say_json(answer)
    else:
        out.say(text)
