"""`stillopen cloud`: connected, compared with the system itself, its catalogue pulled now, and how it stands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.cli import out
from agent.cli.cloud_names import configured, must_be_online, unknown
from agent.cli.running import RunningAgent, an_agent_runs

if TYPE_CHECKING:
    import argparse

    from agent.config import CloudConfig, Config
    from agent.places import Places
    from outbox.pull import Pulled

PULL_WAIT_S = 3600.0  # a first pull of a hundred thousand items, by the limits of the slowest cloud, with rests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    connect = commands.add_parser("connect", help="sign in to it, or give its key, which is kept sealed")
    connect.add_argument(
        "--paste", action="store_true", help="sign in with a browser elsewhere, and paste the address it ends at"
    )
    check = commands.add_parser("check", help="compare its section of stillopen.toml with the system itself")
    pull = commands.add_parser("pull", help="pull what has changed in its catalogue, now")
    pull.add_argument("--all", action="store_true", help="go through all of it, not what has changed alone")
    pull.add_argument(
        "--let-go", action="store_true", help="go through all of it, and take off what is gone, however much that is"
    )
    pull.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    status = commands.add_parser("status", help="its state, its deliveries, and what it does not take")
    status.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    disconnect = commands.add_parser("disconnect", help="delete the credentials that are kept of it")
    for one in (connect, check, pull, status, disconnect):
        one.add_argument("name", metavar="NAME", help="the cloud's name in stillopen.toml")
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    if args.what in ("connect", "disconnect"):
        from agent.cli import cloud_connect

        return cloud_connect.connect(args, places) if args.what == "connect" else cloud_connect.disconnect(args, places)
    if args.what == "check":
        from agent.cli import cloud_check

        return cloud_check.check(args, places)
    return _status(args, places) if args.what == "status" else _pull(args, places)


def _status(args: argparse.Namespace, places: Places) -> int:
    clouds = RunningAgent.find(places, args.port).ask("GET", "/v1/status")["clouds"]
    if args.name not in clouds:
        raise unknown(args.name, clouds)
    cloud = clouds[args.name]
    if args.json:
        out.say_json(cloud)
        return out.OK
    lists = {name: value for name, value in cloud.items() if isinstance(value, list)}
    for name, value in cloud.items():
        if isinstance(value, dict):
            out.say(f"{name:<15} {', '.join(f'{key} {_said(one)}' for key, one in value.items())}")
        elif name not in lists:
            out.say(f"{name:<15} {_said(value)}")
    if cloud.get("cannot"):
        out.say("What it does not do:")
        for limit in cloud["cannot"]:
            out.say(f"  {limit['text']}")
    return out.OK


def _said(value: object) -> str:
    return "-" if value is None else str(value)


def _pull(args: argparse.Namespace, places: Places) -> int:
    """Have the running agent pull, which knows what is left of the cloud's limits; where none runs, pull here."""
    must_be_online(places, args.name)
    whole, let_go = args.all or args.let_go, args.let_go
    if an_agent_runs(places):
        configured(places, args.name)
        agent = RunningAgent.find(places, args.port)
        pulled = agent.ask(
            "POST", f"/v1/clouds/{quote(args.name)}/pull", {"all": whole, "let_go": let_go}, wait_s=PULL_WAIT_S
        )
    else:
        config, cloud = configured(places, args.name, need_secrets=True)
        pulled = asyncio.run(_pulled(config, places, cloud, whole=whole, let_go=let_go)).to_json()
    if args.json:
        out.say_json(pulled)
    else:
        _say_pulled(pulled)
    if pulled["error"] is not None:
        out.complain(f"the pull stopped: {pulled['error']}", pulled["hint"] or "pull again: it goes on there")
        return out.FAILED
    return out.OK


def _say_pulled(pulled: dict[str, Any]) -> None:
    counts = ((pulled["stock"], "counted"), (pulled["customers"], "customers"), (pulled["discounts"], "discounts"))
    others = "".join(f", {count} {what}" for count, what in counts if count)
    out.say(f"{pulled['items']} items{others}, {pulled['deleted']} deleted there")
    for trouble in pulled["troubles"]:
        out.say(f"  {trouble}")
    if pulled["troubles_left_out"]:
        out.say(f"  and {pulled['troubles_left_out']} more")


async def _pulled(config: Config, places: Places, cloud: CloudConfig, *, whole: bool, let_go: bool) -> Pulled:
    """Pull all but the customers: their list is the journal's, and the agent that runs pulls those."""
    from agent.pulling import names_above
    from agent.ways import way
    from outbox.auth.keyring import Keyring
    from outbox.catalogue import Catalogue
    from outbox.errors import OutboxError
    from outbox.feeds import Feed
    from outbox.pull import Wishes, pull

    catalogue = Catalogue(places.state)
    own = way(cloud, config, Keyring(places.state))
    try:
        await catalogue.open()
        above = names_above(cloud.name, config.clouds)
        wishes = Wishes(sweep=tuple(Feed) if whole else (), let_go=let_go, above=above)
        return await pull(cloud.name, own.connector, own.then, catalogue, authorizer=own.authorizer, wishes=wishes)
    except OutboxError as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    finally:
        await own.aclose()
        await catalogue.close()
