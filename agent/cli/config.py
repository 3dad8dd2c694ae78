"""`stillopen config`: one lane's configuration as a file that makes another PC the same lane, or its neighbour."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out

if TYPE_CHECKING:
    import argparse

    from agent.cli.running import RunningAgent
    from agent.config.lane import Staged
    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    export = commands.add_parser("export", help="the configuration, with secrets by their names alone")
    export.add_argument("file", nargs="?", metavar="FILE", help="a new file (default: to the screen)")
    take = commands.add_parser("import", help="check a file, show what changes, and take it over")
    take.add_argument("file", metavar="FILE", help="what `config export` wrote, or a configuration written by hand")
    take.add_argument("--till", metavar="ID", help="another id for its till, as of the lane beside it")
    take.add_argument("--store-id", metavar="ID", help="another id for its store")
    take.add_argument(
        "--first", action="store_true", help="only where nobody has set the store up yet: what installers run"
    )
    take.add_argument("--take-up", action="store_true", help="also beside a running agent, which goes by it at once")
    take.add_argument("--dry-run", action="store_true", help="check and show, and change nothing")
    for one in (export, take):
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    from agent.config.lane import LaneRefused

    try:
        return _export(args, places) if args.what == "export" else _import(args, places)
    except LaneRefused as error:
        raise out.CommandError(str(error), hint=error.hint) from error


def _export(args: argparse.Namespace, places: Places) -> int:
    """Hand out a configuration that is in order. Such a one holds no secret: the reader refuses one written there."""
    from agent.config import load
    from agent.config.lane import read

    load(places.config, need_secrets=False)
    text = read(places.config)
    if args.file is None:
        if args.json:
            out.say_json({"config": str(places.config), "text": text})
        else:
            out.say(text.rstrip("\n"))
        return out.OK
    file = Path(args.file)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except FileExistsError:
        raise out.CommandError(f"{file} is there already", hint="name another file, or remove that one") from None
    except OSError as error:
        raise out.CommandError(f"{file} cannot be written: {error.strerror}", hint="name another file") from error
    if args.json:
        out.say_json({"config": str(places.config), "file": str(file)})
    else:
        out.say(f"{file}: on the other PC, `stillopen config import {file.name}`; its secrets are put there by hand")
    return out.OK


def _import(args: argparse.Namespace, places: Places) -> int:
    from agent.config.backup import check_backup
    from agent.config.lane import of_lane, put, read, staged
    from agent.setup.asking import running
    from agent.setup.example import is_example

    file, target = Path(args.file), places.config
    if args.first and target.exists() and not is_example(read(target)):
        return _left(args, places)
    text = read(file)
    with staged(text, target, file):  # what is wrong in the file is said by the lines of the file
        pass
    with staged(of_lane(text, till=args.till, store_id=args.store_id), target, file) as one:
        check_backup(one.config, places.state)
        before = read(target) if target.exists() else ""
        changes = list(unified_diff(before.split("\n"), one.text.split("\n"), "now", "then", n=1, lineterm=""))
        taken_up = False
        if changes and not args.dry_run:
            agent = running(places, None) if args.take_up else None
            # An installer starts the agent after this; one that is to take it up is asked to.
            put(one, target, places.state, beside_agent=args.first or agent is not None)
            taken_up = agent is not None and _taken_up(agent)
        _say(args, places, one, changes, taken_up=taken_up)
    return out.OK


def _taken_up(agent: RunningAgent) -> bool:
    """Have a running agent go by what is there now; False where nobody would start it again."""
    try:
        agent.ask("POST", "/v1/setup/restart", {})
    except out.CommandError as error:
        out.complain(f"the agent that runs goes by the old one still: {error}")
        return False
    return True


def _left(args: argparse.Namespace, places: Places) -> int:
    """Say that the store was set up before, and was left as it is."""
    if args.json:
        out.say_json({"config": str(places.config), "written": False, "changes": [], "secrets_missing": []})
    else:
        out.say(f"{places.config} is this store's own already: it is left as it is")
    return out.OK


def _say(args: argparse.Namespace, places: Places, one: Staged, changes: list[str], *, taken_up: bool) -> None:
    missing = [str(problem) for problem in one.secrets_missing]
    written = bool(changes) and not args.dry_run
    if args.json:
        out.say_json({"config": str(places.config), "written": written, "changes": changes, "secrets_missing": missing})
        return
    for line in changes:
        out.say(line)
    if not changes:
        out.say(f"{places.config} says this already")
    elif taken_up:
        out.say(f"wrote {places.config}; the agent takes it up by itself, and `stillopen doctor` says how it stands")
    elif written:
        out.say(f"wrote {places.config}; start the agent, and `stillopen doctor` says how it stands")
    else:
        out.say(f"{places.config} is as it was")
    for text in missing:
        out.complain_plainly(text)
