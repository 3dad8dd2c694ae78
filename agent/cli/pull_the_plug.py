"""`stillopen doctor --pull-the-plug`: the trial, and the comparison after it."""

from __future__ import annotations

import asyncio
import platform
import re
import shutil
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.run import on_signals
from agent.doctor.plug import count as counts
from agent.doctor.plug import disks, results, trial, verdict, words
from agent.doctor.plug.big import big
from agent.doctor.plug.count import machine_name
from agent.doctor.plug.counters import CounterTrouble, FileCounter, LineCounter, ScreenCounter
from agent.doctor.plug.verdict import Outcome
from outbox import clock, journal
from outbox.errors import OutboxError, StateInUse
from outbox.room import Room, room_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from agent.doctor.plug.count import Count
    from agent.doctor.plug.counters import Counter
    from agent.places import Places

SAID_EVERY_S = 5.0  # a line of progress
_HOST_PORT = re.compile(r"(\[[0-9a-fA-F:]+\]|[^/\\:]{2,}):(\d{1,5})")  # one letter before a colon is a Windows drive


def sell(args: argparse.Namespace, places: Places) -> int:
    """Sell until the power goes. Where it does not, say that nothing was proved and exit 1."""
    with _trouble_named(), _held(places.state) as root:
        if room_of(shutil.disk_usage(places.state).free) is not Room.ENOUGH:
            raise out.CommandError(
                "the disk has too little room for a trial beside the store's own sales", hint="free 2 GB on it first"
            )
        counter = _counter(args, places, ScreenCounter(_show))
        cuts = _cuts(root)
        if not args.json:
            out.say(words.instructions(_after_command(args), args.counter, _disk_name(places.state), args.minutes))
            sys.stdout.flush()
        sold = asyncio.run(_sell(root, counter, {cut.trial for cut in cuts}, args))
    if args.json:
        out.say_json({"proved": False, "acknowledged": sold, "why": "nobody pulled the plug"})
    else:
        out.say(f"{sold:,} sales were acknowledged, and the test journals are removed again.")
    out.complain(
        "nobody pulled the plug, so nothing was proved", "start this again and pull the plug while the number goes up"
    )
    return out.FAILED


def after(args: argparse.Namespace, places: Places) -> int:
    """Compare what was acknowledged with what is there; exit 0 only where a cut was survived."""
    disk = disks.disk_of(places.state)
    title = disk.title if disk else None
    with _trouble_named(), _held(places.state) as root:
        cuts = _cuts(root)
        counter = _counter(args, places, ScreenCounter(_show, seen=None if args.counter else _photographed(args)))
        told, found = asyncio.run(_compared(root, counter, cuts, title))
    sums = results.sums(cuts, title)
    if args.json:
        out.say_json(words.as_json(told, found, disk, sums))
    else:
        out.say(words.verdict_line(found))
        out.say(f"  so far: {sums}")
    if found.outcome is Outcome.HELD:
        return out.OK
    out.complain(*words.trouble(found, disk))
    return out.FAILED


def clean(args: argparse.Namespace, places: Places) -> int:
    """Remove the test journals; what was found out stays."""
    root = places.state / trial.FOLDER
    removed: list[str] = []
    if root.is_dir():
        with _trouble_named(), _held(places.state):
            for name in trial.trials(root):
                trial.remove(root, name)
                removed.append(name)
    if args.json:
        out.say_json({"removed": removed})
    else:
        kept = f"; {root / results.FILE} keeps what was found out" if (root / results.FILE).exists() else ""
        out.say(f"{len(removed)} test journals removed{kept}")
    return out.OK


async def _sell(root: Path, counter: Counter, settled: set[str], args: argparse.Namespace) -> int:
    stop = asyncio.Event()
    on_signals(stop)
    try:
        await counter.open()
        told = await counter.newest()
        waiting = [name for name in trial.trials(root) if name not in settled]
        if told is not None and not told.ended and told.trial not in (*settled, *waiting):
            waiting.append(f"{told.trial} of {told.machine}")
        if waiting:
            raise out.CommandError(
                f"trial {waiting[-1]} was not compared yet",
                hint=f"there: {_after_command(args)}; or give it up with --clean and a new counter",
            )
        for name in trial.trials(root):
            trial.remove(root, name)
        asyncio.get_running_loop().call_later(args.minutes * 60, stop.set)
        progress = _Progress(quiet=args.json or args.counter is None)
        return await trial.Trial(root, counter, stop, progress.sold, Random()).run()  # noqa: S311 - sizes of sales
    finally:
        await counter.close()


async def _compared(
    root: Path, counter: Counter, cuts: list[results.Cut], disk: str | None
) -> tuple[Count, verdict.Verdict]:
    """Compare the counter's newest trial, keep what comes of it, and tell the counter that it is done with."""
    try:
        await counter.open()
        told = await counter.newest()
        if told is None:
            raise out.CommandError(
                "the counter has counted nothing", hint="name the same counter as before the cut, or start anew"
            )
        if (earlier := next((cut for cut in cuts if cut.trial == told.trial), None)) is not None:
            raise out.CommandError(
                f"{told.trial} was compared already, at {earlier.at} ({earlier.verdict.outcome}), and nothing is new",
                hint="the next trial: stillopen doctor --pull-the-plug",
            )
        if told.machine not in (None, machine_name(platform.node())):
            raise out.CommandError(f"{told.trial} was sold on {told.machine}", hint="compare it on that machine")
        if told.ended and told.trial not in trial.trials(root):  # what ends in order is removed
            found = verdict.Verdict(Outcome.NOTHING, told.number, told.number, 0, verdict.ENDED)
        else:
            found = verdict.compare(told, await trial.look(root, told.trial), clock.boot_id())
        at = datetime.now(UTC).isoformat(timespec="seconds")
        cuts.append(results.Cut(told.trial, at, counter.kind, disk, found))
        results.keep(root, cuts)
        if found.outcome is not Outcome.LOST and told.trial in trial.trials(root):
            trial.remove(root, told.trial)  # of a loss, all of it stays to be looked at
        await counter.end(told.trial)
        return told, found
    finally:
        await counter.close()


def _photographed(args: argparse.Namespace) -> Count:
    """Return what a person saw on the screen last."""
    text = args.seen or _ask("The letters and the number on the last picture, such as KXQR 12,345: ")
    found = counts.seen(text)
    if found is None:
        raise out.CommandError(f"{text!r} is no count", hint='write --seen "KXQR 12,345"', code=out.WRONG)
    return found


def _counter(args: argparse.Namespace, places: Places, screen: ScreenCounter) -> Counter:
    """Return the counter that was named, or else the screen."""
    if args.counter is None:
        return screen
    line = _HOST_PORT.fullmatch(args.counter)
    if line is not None:
        return LineCounter(line[1].strip("[]"), int(line[2]), _ask("The secret that the other machine shows: "))
    file = Path(args.counter)
    if not disks.check_elsewhere(file, places.state) and not args.json:
        out.say(f"Make sure that {file} is on another disk than {places.state}: this system does not say.")
    return FileCounter(file)


def _ask(question: str) -> str:
    """Ask on stderr, so that an answer for a program stays clean."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline().strip()
    if not sys.stdin.isatty():  # nobody pressed Enter on this screen
        sys.stderr.write("\n")
    if not answer:
        raise out.CommandError("no answer was given", hint="type it, or give it on standard input", code=out.WRONG)
    return answer


class _Progress:
    """A line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._said_at = time.monotonic()

    def sold(self, name: str, number: int) -> None:
        if not self._quiet and time.monotonic() - self._said_at >= SAID_EVERY_S:
            self._said_at = time.monotonic()
            out.say(f"{name} {number:,} acknowledged")
            sys.stdout.flush()


def _show(name: str, number: int) -> None:
    out.say(f"\n{name}\n{big(number)}")
    sys.stdout.flush()


def _after_command(args: argparse.Namespace) -> str:
    where = f" --counter {args.counter}" if args.counter else ""
    state = f" --state {args.state}" if args.state else ""
    return f"stillopen doctor --pull-the-plug --after{where}{state}"


def _disk_name(state: Path) -> str | None:
    disk = disks.disk_of(state)
    return None if disk is None else disk.title or disk.name


def _cuts(root: Path) -> list[results.Cut]:
    try:
        return results.read(root)
    except results.ResultsUnreadable as error:
        raise out.CommandError(str(error), hint="move the file away; what it said counts no more") from error


@contextmanager
def _held(state: Path) -> Iterator[Path]:
    """Hold the folder of the test journals, which is in the state folder; the agent's own lock is another."""
    if not state.is_dir():
        raise out.CommandError(
            f"there is no state folder at {state}", hint="start the agent once, or name its folder with --state"
        )
    root = state / trial.FOLDER
    try:
        lock = journal.hold(root)
    except StateInUse:
        raise out.CommandError(
            "another `stillopen doctor --pull-the-plug` is running here", hint="wait for it, or stop it"
        ) from None
    try:
        yield root
    finally:
        lock.release()


@contextmanager
def _trouble_named() -> Iterator[None]:
    """Turn what disks and counters raise into the command's own error."""
    try:
        yield
    except (OutboxError, CounterTrouble) as error:
        raise out.CommandError(str(error), hint=error.hint) from error
    except BrokenPipeError:  # whoever reads what is said has gone
        raise
    except OSError as error:
        raise out.CommandError(
            f"the test journals cannot be kept: {error}", hint="run this as the user the agent runs as"
        ) from error


def wrong_words(args: argparse.Namespace) -> str | None:
    """Return which options do not go together, or None."""
    trial_only: dict[str, Any] = {"--after": args.after, "--clean": args.clean, "--counter": args.counter}
    if not args.pull_the_plug and (lone := next((name for name, value in trial_only.items() if value), None)):
        return f"{lone} goes with --pull-the-plug"
    if args.pull_the_plug and args.count_for_another:
        return "--count-for-another runs on the other machine, without --pull-the-plug"
    if args.seen is not None and (not args.after or args.counter):
        return "--seen goes with --after, where the screen was the counter"
    if args.after and args.clean:
        return "--after and --clean are two steps"
    return None
