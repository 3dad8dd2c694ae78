"""`stillopen bundle`: one file for somebody who helps from afar, with nothing in it that is a secret."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from agent.bundle.parts import Part
    from agent.bundle.redact import Redactor
    from agent.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a new zip file (default: stillopen-bundle-TIME.zip here)"
    )
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Write the bundle, and say what is in it. A store that does not run, or is broken, gives what it can."""
    from agent.bundle.pack import write
    from agent.bundle.redact import Redactor
    from agent.bundle.secrets import known

    file = Path(args.file or f"stillopen-bundle-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    redactor = Redactor(known(places))
    with out.writing(file):
        sizes = write(file, _parts(places, args.port, redactor))
    if args.json:
        out.say_json({"file": str(file), "parts": sizes})
        return out.OK
    for name, size in sizes.items():
        out.say(f"{size:>9,}  {name}")
    out.say(f"{file}: look through it, then send it to whoever helps you. Secrets and card numbers were taken out.")
    return out.OK


def _parts(places: Places, port: int | None, redactor: Redactor) -> Iterator[Part]:
    from agent.bundle.parts import of_agent, of_disk

    yield from of_disk(places, redactor, lambda: _findings(places, port))
    from agent.config import ConfigInvalid

    said = False
    try:
        for part in of_agent(RunningAgent.find(places, port), redactor):
            said = True
            yield part
    except (out.CommandError, ConfigInvalid) as error:
        yield "traces.txt" if said else "status.json", redactor.text(f"could not be had: {error}\n")


def _findings(places: Places, port: int | None) -> list[dict[str, Any]]:
    from agent.cli.every_check import every_check
    from agent.doctor.finding import answer

    checks: list[dict[str, Any]] = answer(every_check(places, port))["checks"]
    return checks
