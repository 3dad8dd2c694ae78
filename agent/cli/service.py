"""`stillopen service`: the agent as a service of this PC, put there, taken away and looked at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import out
from agent.service import first_configuration
from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    import argparse

    from agent.places import Places
    from agent.service.linux import Linux
    from agent.service.windows import Windows
    from agent.service.windows_service import WindowsService


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    install = commands.add_parser("install", help="start with this PC from now on (a pip or pipx installation)")
    uninstall = commands.add_parser("uninstall", help="not any more; refuses while records wait for a cloud")
    status = commands.add_parser("status", help="whether it is installed, runs and sells")
    export = commands.add_parser("export", help="write what waits to a file, so that the agent may be removed")
    removable = commands.add_parser("removable", help="whether nothing waits: what a package asks before it goes")
    follow = commands.add_parser("follow", help="browsers as [api] has them: what the Windows service's task runs")
    uninstall.add_argument("--export", metavar="FILE", help="write what waits to FILE first, and remove all the same")
    export.add_argument("file", metavar="FILE", help="a new file; JSON lines, as of `outbox export`")
    for one in (install, uninstall, status, export, removable, follow):
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    try:
        match args.what:
            case "install":
                return _said(_system().install(first_configuration()), as_json=args.json)
            case "uninstall":
                return _uninstall(args, places)
            case "status":
                return _status(as_json=args.json)
            case "follow":
                return _said(_of_windows().follow(), as_json=args.json)
            case "export":
                return _write_out(Path(args.file), places, as_json=args.json)
            case _:
                return _removable(places, as_json=args.json)
    except ServiceRefused as error:
        raise out.CommandError(str(error), hint=error.hint) from error


def _system() -> Linux | Windows | WindowsService:
    if sys.platform == "win32":
        from agent.service.windows import of_this_pc

        return of_this_pc()
    from agent.service.linux import Linux

    return Linux()


def _of_windows() -> WindowsService:
    from agent.service.windows_service import WindowsService

    system = _system()
    if not isinstance(system, WindowsService):
        raise ServiceRefused(
            "nothing here follows the configuration: only the Windows setup lays a rule for browsers",
            "the agent itself takes its configuration at its start",
        )
    return system


def _uninstall(args: argparse.Namespace, places: Places) -> int:
    from agent.service.waiting import must_outlive

    system = _system()
    if args.export is None:
        _must_have_nothing_waiting(places)  # before the store is disturbed
    else:
        must_outlive(places.state, Path(args.export))
    ran = system.stop()
    try:
        if args.export is not None:
            _written(Path(args.export), places)
        _must_have_nothing_waiting(places)  # what was sold until it stopped, too
        return _said(system.uninstall(), as_json=args.json)
    except BaseException:
        if ran:
            _sells_on(system)
        raise


def _sells_on(system: Linux | Windows | WindowsService) -> None:
    try:
        system.start()
    except ServiceRefused as error:
        out.complain(f"the service does not start again: {error}", error.hint)


def _status(*, as_json: bool) -> int:
    found = _system().status()
    runs = found.state == "active"
    if as_json:
        out.say_json({"state": found.state, "said": found.said, "starts_by_itself": found.starts_by_itself})
    else:
        out.say(f"{found.state}{': ' + found.said if found.said else ''}")
        out.say("starts with this PC" if found.starts_by_itself else "does not start with this PC")
    if not runs:
        out.complain(f"the service is {found.state}", _next_for(found.state))
    return out.OK if runs else out.FAILED


def _next_for(state: str) -> str:
    if sys.platform == "win32":
        return "as an administrator: stillopen service install"
    return (
        "install it: sudo stillopen service install"
        if state == "not-found"
        else "see why: journalctl -u stillopen -n 30"
    )


def _write_out(file: Path, places: Places, *, as_json: bool) -> int:
    count = _written(file, places)
    if as_json:
        out.say_json({"file": str(file), "records": count})
    else:
        out.say(f"{count} deliveries written to {file}: keep it, and enter them at their clouds")
    return out.OK


def _removable(places: Places, *, as_json: bool) -> int:
    from agent.service.waiting import waiting

    found = waiting(places.state)
    if as_json:
        out.say_json({"waiting": found})
    if found:
        _refuse(found)
    return out.OK


def _must_have_nothing_waiting(places: Places) -> None:
    from agent.service.waiting import waiting

    found = waiting(places.state)
    if found:
        _refuse(found)


def _refuse(found: dict[str, int]) -> None:
    told = ", ".join(f"{count} for {cloud}" for cloud, count in found.items())
    raise out.CommandError(
        f"records wait that no cloud has yet: {told}",
        hint="let them go up first (stillopen outbox status); or write them to a file that you keep: "
        "stillopen service export FILE",
    )


def _written(file: Path, places: Places) -> int:
    from agent.service.waiting import write_out

    with out.writing(file):
        return write_out(places.state, file.absolute())


def _said(done: list[str], *, as_json: bool) -> int:
    if as_json:
        out.say_json({"done": done})
    else:
        for line in done:
            out.say(line)
    return out.OK
