"""The command `stillopen`: a table of commands, each a module of this folder imported when it is used."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from agent.cli import out
from agent.cli.out import CommandError
from agent.places import Places, find

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["COMMANDS", "Command", "CommandError", "CommandModule", "main"]


class CommandModule(Protocol):
    """What a module of this folder offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""
        ...

    def run(self, args: argparse.Namespace, places: Places) -> int:
        """Do it and return the exit code. Raises `CommandError`, or what says the next step by itself, to refuse."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the table."""

    name: str
    summary: str

    def module(self) -> CommandModule:
        """Import the command's module."""
        return cast("CommandModule", importlib.import_module(f"agent.cli.{self.name}"))


COMMANDS = {
    command.name: command
    for command in (
        Command("demo", "the whole thing on simulated devices; opens the till page"),
        Command("run", "the agent in the foreground: what the service runs"),
        Command("setup", "a guided first run: store, devices, a test of each; also from a file of answers"),
        Command("check", "read the configuration and say what is wrong in it"),
        Command("config", "one lane's configuration for another PC: export, import"),
        Command("devices", "what is plugged in, and the configuration lines for it"),
        Command("doctor", "every check a field tech would make, and what a power cut does to this disk"),
        Command("catalogue", "items: import from CSV, search, show"),
        Command("outbox", "deliveries to the clouds: status, list, show, retry, export"),
        Command("journal", "the records: verify, export, backup, put-back"),
        Command("audit", "who did what: export"),
        Command("reconcile", "receipts against cloud orders, for a day: what matches, what does not, and why"),
        Command("cloud", "a cloud: connect, check, pull its catalogue, status"),
        Command("pair", "a code that lets a page or another front end call the agent"),
        Command("staff", "who works here: list, another PIN"),
        Command("bundle", "one file for whoever helps from afar, with no secret in it"),
        Command("service", "the Windows or Linux service: install, uninstall, status"),
        Command("update", "newer versions: status, check, stage, apply, back"),
    )
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `stillopen` with these arguments and return its exit code."""
    out.survive_any_terminal()
    try:
        top = _parser().parse_args(argv)
        if top.version:
            return _version()
        command = COMMANDS.get(top.command or "")
        if command is None:
            return _no_such_command(top.command)
        module = command.module()
        parser = argparse.ArgumentParser(prog=f"stillopen {command.name}", description=_sentence(command.summary))
        _add_places(parser)  # for its --help; the values are taken before, from anywhere in the line
        module.add_arguments(parser)
        anywhere = argparse.ArgumentParser(prog=parser.prog, add_help=False, allow_abbrev=False)
        _add_places(anywhere)
        args, rest = anywhere.parse_known_args(top.rest, argparse.Namespace(config=top.config, state=top.state))
        args = parser.parse_args(rest, namespace=args)
        return _guarded(module, args)
    except SystemExit as end:  # argparse's way of saying --help, --version and wrong usage
        return end.code if isinstance(end.code, int) else out.WRONG


def _guarded(module: CommandModule, args: argparse.Namespace) -> int:
    """Run a command; what it raises to refuse becomes words and an exit code."""
    from agent.config import ConfigInvalid
    from agent.problem import Problem
    from outbox.errors import OutboxError

    try:
        code = module.run(args, find(args.config, args.state))
        sys.stdout.flush()
    except ConfigInvalid as error:
        for problem in error.problems:
            out.complain_plainly(str(problem))
        out.complain("the configuration cannot be used", "mend it and run `stillopen check`")
        return out.WRONG
    except CommandError as error:
        out.complain(str(error), error.hint)
        return error.code
    except OutboxError as error:
        out.complain(str(error), error.hint)
        return out.FAILED
    except PermissionError as error:
        return _not_allowed(error)
    except Problem as problem:
        out.complain(problem.detail)
        return out.FAILED
    except KeyboardInterrupt:
        return 130  # what a shell says of a program ended by Ctrl-C
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return out.OK
    else:
        return code


def _not_allowed(error: PermissionError) -> int:
    if error.filename is None:  # of no file: that is a fault of ours, and its traceback is wanted
        raise error
    out.complain(
        f"{error.filename} may not be used by this user",
        "run this as the user the agent runs as, or as an administrator",
    )
    return out.FAILED


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS.values())
    parser = argparse.ArgumentParser(
        prog="stillopen",
        usage="stillopen [--config FILE] [--state DIR] COMMAND ...",
        description="The agent on a store's own PC that keeps the store selling when the internet does not.",
        epilog=f"commands (each has its own --help):\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="the version, and nothing else")
    _add_places(parser, default=None)
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _add_places(parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=default,
        help="the configuration (default: STILLOPEN_CONFIG, else the platform's configuration folder)",
    )
    parser.add_argument(
        "--state",
        metavar="DIR",
        default=default,
        help="where journal and catalogue are (default: STILLOPEN_STATE, else the platform's state folder)",
    )


def _version() -> int:
    from importlib.metadata import version  # a tenth of the start, and only needed here

    out.say(f"stillopen {version('stillopen')}")
    return out.OK


def _no_such_command(word: str | None) -> int:
    if word is None:
        _parser().print_help(sys.stderr)
        return out.WRONG
    from difflib import get_close_matches

    close = get_close_matches(word, COMMANDS, n=1)
    meant = f"did you mean `stillopen {close[0]}`? " if close else ""
    out.complain(f"there is no command {word!r}", f"{meant}`stillopen --help` lists them all")
    return out.WRONG


def _sentence(summary: str) -> str:
    return summary[:1].upper() + summary[1:] + "."
