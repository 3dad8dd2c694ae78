"""`stillopen doctor`: every check a field tech would make, each with its next step; and the trial of the disk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agent.cli import counting, out, pull_the_plug

if TYPE_CHECKING:
    import argparse

    from agent.doctor.finding import Finding
    from agent.places import Places

MINUTES = 10.0  # of a trial: time to read what to do and to walk to the plug
MINUTES_MAX = 120.0  # a trial writes some gigabytes an hour


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, or the counter is to listen")
    plug = parser.add_argument_group("does this PC's disk keep what it says is safe?")
    plug.add_argument("--pull-the-plug", action="store_true", help="sell into a test journal until the power is cut")
    plug.add_argument(
        "--counter",
        metavar="WHERE",
        help="who counts meanwhile: a file on a USB stick, or HOST:PORT of another machine (default: the screen)",
    )
    plug.add_argument("--after", action="store_true", help="after the cut: compare the count with what is there")
    plug.add_argument("--seen", metavar="COUNT", help="with --after: what the screen's last picture shows")
    plug.add_argument("--minutes", type=float, default=MINUTES, metavar="N", help=f"at most (default: {MINUTES:g})")
    plug.add_argument("--clean", action="store_true", help="remove the test journals")
    plug.add_argument("--count-for-another", action="store_true", help="be the counter of another machine's trial")
    plug.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDR",
        help="the address of this machine at which to count (default: 127.0.0.1, which no other machine reaches)",
    )


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked; without an option, every check. Exits 1 if any failed."""
    wrong = pull_the_plug.wrong_words(args)
    if not math.isfinite(args.minutes) or not 0 < args.minutes <= MINUTES_MAX:
        wrong = f"--minutes is a number up to {MINUTES_MAX:g}"
    if wrong is not None:
        raise out.CommandError(wrong, hint="`stillopen doctor --help` has them all", code=out.WRONG)
    if args.count_for_another:
        return counting.run(args)
    if args.clean:
        return pull_the_plug.clean(args, places)
    if args.after:
        return pull_the_plug.after(args, places)
    if args.pull_the_plug:
        return pull_the_plug.sell(args, places)
    return _check(args, places)


def _check(args: argparse.Namespace, places: Places) -> int:
    from agent.cli.every_check import every_check
    from agent.doctor.finding import State, answer

    findings = every_check(places, args.port)
    failed = sum(finding.state is State.FAILED for finding in findings)
    if args.json:
        out.say_json(answer(findings))
    else:
        say_findings(findings)
    if failed:
        out.complain(f"{failed} check{'s' if failed > 1 else ''} failed", "do what stands under each, and look again")
        return out.FAILED
    return out.OK


def say_findings(findings: list[Finding]) -> None:
    """Print a line for each check, and its next step below it."""
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        out.say(
            f"{finding.state.upper() if finding.state == 'failed' else finding.state:<9}  "
            f"{finding.check:<{width}}  {finding.said}"
        )
        if finding.next is not None:
            out.say(f"{'':<9}  {'':<{width}}  next: {finding.next}")
