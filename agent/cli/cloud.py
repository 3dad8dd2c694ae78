"""`stillopen cloud`: one cloud's catalogue pulled now, and what its lane knows of it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from agent.cli import out
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from agent.config import Config
    from agent.places import Places
    from outbox.pull import Pulled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    pull = commands.add_parser("pull", help="pull what has changed in its catalogue, now")
    status = commands.add_parser("status", help="its state as its own calls have shown it, and its deliveries")
    status.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    for one in (pull, status):
        one.add_argument("name", metavar="NAME", help="the cloud's name in stillopen.toml")
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    return _status(args, places) if args.what == "status" else _pull(args, places)


def _status(args: argparse.Namespace, places: Places) -> int:
    clouds = RunningAgent.find(places, args.port).ask("GET", "/v1/status")["clouds"]
    if args.name not in clouds:
        raise _unknown(args.name, clouds)
    cloud = clouds[args.name]
    if args.json:
        out.say_json(cloud)
        return out.OK
    for name, value in cloud.items():
        out.say(f"{name:<15} {value if value is not None else '-'}")
    return out.OK


def _pull(args: argparse.Namespace, places: Places) -> int:
    from agent.config import load

    config = load(places.config)
    pulled = asyncio.run(_pulled(config, places, args.name))
    ended = pulled.ended
    if args.json:
        out.say_json(
            {
                "items": pulled.items,
                "deleted": pulled.tombstones,
                "troubles": list(pulled.troubles),
                "troubles_left_out": pulled.troubles_left_out,
                "error": ended.reason if ended else None,
            }
        )
    else:
        out.say(f"{pulled.items} items, {pulled.tombstones} deleted there")
        for trouble in pulled.troubles:
            out.say(f"  {trouble}")
        if pulled.troubles_left_out:
            out.say(f"  and {pulled.troubles_left_out} more")
    if ended is not None:
        out.complain(f"the pull stopped: {ended.reason}", getattr(ended, "hint", "") or "pull again: it goes on there")
        return out.FAILED
    return out.OK


async def _pulled(config: Config, places: Places, name: str) -> Pulled:
    from agent.lanes import connectors
    from outbox.catalogue import Catalogue
    from outbox.errors import OutboxError
    from outbox.pull import pull
    from outbox.session import Session

    known = connectors(config)
    if name not in known:
        raise _unknown(name, known)
    _must_be_online(places, name)
    catalogue = Catalogue(places.state)
    try:
        await catalogue.open()
        async with Session(parallel=1) as session:
            return await pull(name, known[name], session, catalogue)
    except OutboxError as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    finally:
        await catalogue.close()


def _must_be_online(places: Places, name: str) -> None:
    """Refuse to call a cloud that somebody holds offline. A PC without a journal holds none."""
    from agent.line.offline import held_in
    from outbox import schema
    from outbox.journal import FILE

    if not (places.state / FILE).exists():
        return
    with closing(schema.connect_to_read(places.state / FILE)) as reader:
        held = held_in(reader, name)
    if held is not None:
        raise out.CommandError(
            f"{name} is held offline by hand, by {held.who} since {held.since}: {held.reason}",
            hint="put it back online on the till page's outage card (Alt+O), then pull again",
        )


def _unknown(name: str, known: Iterable[str]) -> out.CommandError:
    names = ", ".join(known) or "none"
    return out.CommandError(f"there is no cloud {name!r}", hint=f"the configuration has: {names}", code=out.WRONG)
