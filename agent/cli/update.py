"""`stillopen update`: newer versions, looked for, made ready, switched to and left again.

As an administrator it does so itself; as anybody else it asks the running agent, whose user may only fetch. `fetch`,
`work`, `recover` and `trial` are what the agent, the service's units and a version under trial are run with.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.running import RunningAgent, an_agent_runs
from agent.update.refusal import UpdateRefused, by_administrator

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from agent.places import Places
    from agent.update.installer import Installer
    from agent.update.machine import Installation, Machine
    from agent.update.sources import Source
    from agent.update.versions import Versions

WAIT_S = 3600.0  # for an administrator who is at it; the unit that waits holds nobody up
_FROM = "the folder or the address to take it from (default: [update] source in stillopen.toml)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    commands.add_parser("status", help="what runs, what is ready, how the newest update went")
    check = commands.add_parser("check", help="what is newest there; changes nothing")
    stage = commands.add_parser("stage", help="put it beside what runs, and try it on a copy of this store's journal")
    commands.add_parser("apply", help="switch to what is staged, between sales, and back by itself unless all is well")
    commands.add_parser("back", help="switch to the version before, likewise")
    commands.add_parser("fetch", help="bring the newest release into the state folder: what the agent runs")
    work = commands.add_parser("work", help="do what the agent has asked for: what the service's unit or task runs")
    commands.add_parser("recover", help="after a power cut in mid-update: what a unit runs before the store opens")
    trial = commands.add_parser("trial", help="sell on a copy of the journal: what a version under trial is run with")
    trial.add_argument("--fresh", action="store_true", help="make the copy anew")
    trial.add_argument("--clear", action="store_true", help="only take the copy away")
    work.add_argument(
        "--asked", choices=("stage", "apply", "back"), metavar="WHAT", help="this alone, taken from the agent already"
    )
    for one in (check, stage):
        one.add_argument("--from", dest="where", metavar="WHERE", help=_FROM)
    for one in commands.choices.values():
        one.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not as configured")
        one.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Do what was asked."""
    try:
        return _DO[args.what](args, places)
    except UpdateRefused as error:
        if args.json and args.what in {"trial", "fetch"}:
            out.say_json({"kind": type(error).__name__, "detail": str(error), "hint": error.hint})
        raise out.CommandError(str(error), hint=error.hint) from error


def _status(args: argparse.Namespace, places: Places) -> int:
    from agent.config import ConfigInvalid
    from agent.update.report import report

    asked: dict[str, Any] | None = None
    try:
        asked = RunningAgent.find(places, args.port).ask("GET", "/v1/update")
    except out.CommandError:  # none runs, and what lies on the disk can be told without it
        pass
    except ConfigInvalid:
        out.complain("where the agent listens is in the configuration, so it was not asked", "mend it: stillopen check")
    found = report(_place(), asked)
    if args.json:
        out.say_json(found)
    else:
        for name, value in found.items():
            if value is not None:
                out.say(f"{name.replace('_', ' '):<12} {value}")
    return out.OK


def _check(args: argparse.Namespace, places: Places) -> int:
    from agent.update import fetch
    from agent.update.release import order
    from agent.update.trust import Repository

    place = _must_be_installed()
    root = place.must_trust()
    with _source(args, places) as source:
        if _is_administrator():
            place.own.mkdir(mode=0o755, parents=True, exist_ok=True)
            from agent.update.release import channel, this_pc

            release = Repository(source, place.own / fetch.TRUST, root).newest(channel(*this_pc()))
        else:
            release = fetch.newest(source, places.state, root)
    newer = order(release.version) > order(_version())
    if args.json:
        out.say_json({"running": _version(), "version": release.version, "newer": newer, "notes": release.notes})
    else:
        out.say(f"{release.version} is the newest there, and {_version()} runs here")
        if newer and release.notes:
            out.say(release.notes)
    return out.OK


def _stage(args: argparse.Namespace, places: Places) -> int:
    if not _is_administrator():
        if args.where is not None:
            raise out.CommandError(
                "only an administrator may say where from", hint=by_administrator("stillopen update stage --from WHERE")
            )
        return _ask(args, places, "look")
    from agent.update.fetch import TRUST
    from agent.update.trust import Repository

    place = _must_be_installed()
    root = place.must_trust()
    with _installer(places, place) as installer, _source(args, places) as source:
        staged = installer.stage(Repository(source, place.own / TRUST, root), by_hand=True)
    return _said(args, {"staged": staged.version}, f"{staged.version} is ready: stillopen update apply")


def _apply(args: argparse.Namespace, places: Places) -> int:
    if not _is_administrator():
        return _ask(args, places, "apply")
    with _installer(places, _must_be_installed()) as installer:
        installer.apply()
    return _said(args, {"done": "installed"}, "the newer version sells: stillopen update status")


def _back(args: argparse.Namespace, places: Places) -> int:
    if not _is_administrator():
        return _ask(args, places, "back")
    with _installer(places, _must_be_installed()) as installer:
        installer.back()
    return _said(args, {"done": "went_back"}, "the version before sells: stillopen update status")


def _ask(args: argparse.Namespace, places: Places, what: str) -> int:
    """Ask the running agent; looking may take as long as the line does."""
    answer = RunningAgent.find(places, args.port).ask("POST", f"/v1/update/{what}", {}, wait_s=3600.0)
    trouble = answer["trouble"]
    if what == "look" and trouble is not None:
        raise out.CommandError(trouble["detail"], hint=trouble["hint"])
    return _said(args, answer, "the agent sees to it: stillopen update status")


def _fetch(args: argparse.Namespace, places: Places) -> int:
    from agent.update import fetch
    from agent.update.refusal import NotFit
    from agent.update.trial import quiet

    root = _must_be_installed().must_trust()
    quiet()
    with _source(args, places) as source:
        try:
            release = fetch.bring(source, places.state, root, _version())
        except NotFit as error:
            return _said(args, {"nothing": True, "detail": str(error)}, str(error))
    return _said(args, {"version": release.version, "notes": release.notes}, f"{release.version} is fetched")


def _work(args: argparse.Namespace, places: Places) -> int:
    from agent.update import work
    from agent.update.request import Asked

    place = _must_be_installed()
    with _installer(places, place, wait_s=WAIT_S, for_agent=True) as installer:
        work.do(installer, places.state, place, asked=None if args.asked is None else Asked(args.asked))
    return _said(args, {"done": "worked"}, "what was asked for is done, or refused: stillopen update status")


def _recover(args: argparse.Namespace, places: Places) -> int:
    with _installer(places, _must_be_installed()):
        pass  # taking the lock puts right what was cut short
    return _said(args, {"done": "recovered"}, "nothing is half done")


def _trial(args: argparse.Namespace, places: Places) -> int:
    from agent.update.request import COPY, FOLDER

    copied = places.state / FOLDER / COPY
    if args.clear:
        shutil.rmtree(copied, ignore_errors=True)
        return _said(args, {"copy": str(copied)}, "the copy is gone")
    from agent.update import trial  # with all of the agent behind it

    trial.quiet()
    if args.fresh:
        trial.copy(places.state, copied)
    tried = trial.try_out(places, copied, _version())
    said = {"version": tried.version, "records": tried.records, "schema": tried.schema, "opened_s": tried.opened_s}
    return _said(args, said, f"{tried.version} sold on a copy of {tried.records} records, and all of them hold")


_DO = {
    "status": _status,
    "check": _check,
    "stage": _stage,
    "apply": _apply,
    "back": _back,
    "fetch": _fetch,
    "work": _work,
    "recover": _recover,
    "trial": _trial,
}


def _version() -> str:
    from importlib.metadata import version

    return version("stillopen")


def _place() -> Installation | None:
    from agent.update.machine import installation

    return installation()


def _must_be_installed() -> Installation:
    place = _place()
    if place is None:
        raise UpdateRefused(
            "this installation is not a package's, and is not updated by itself",
            "bring newer versions as you brought this one: pip install --upgrade, or a checkout",
        )
    return place


def _is_administrator() -> bool:
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0


@contextmanager
def _source(args: argparse.Namespace, places: Places) -> Iterator[Source]:
    """Open what is to be taken from, with the store's way to the network."""
    from agent.config import load
    from agent.update import fetch, sources

    config = load(places.config, need_secrets=False)
    where = getattr(args, "where", None)
    relative_to = None if where is not None else places.config.parent
    where = where or config.update.source
    if where is None:
        raise UpdateRefused("no source of updates is named", "--from WHERE, or [update] source in stillopen.toml")
    place = _place()
    scratch = place.own if place is not None and _is_administrator() else fetch.folder_of(places.state)
    scratch.mkdir(parents=True, exist_ok=True)
    opened = sources.source(where, scratch, config.network.network, relative_to=relative_to)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _installer(
    places: Places, place: Installation, *, wait_s: float = 0.0, for_agent: bool = False
) -> Iterator[Installer]:
    """Hold everybody else off, and put right what was cut short before. `for_agent`: not for a person at the PC."""
    from agent.config import ConfigInvalid
    from agent.update.installer import Installer

    def ask(path: str) -> dict[str, Any]:
        try:
            return RunningAgent.find(places).ask("GET", path)
        except (out.CommandError, ConfigInvalid) as error:
            raise OSError(str(error)) from error

    if not _is_administrator():
        raise UpdateRefused("only the administrator may do this", by_administrator("stillopen update …"))
    versions, machine = _system(places, place, ask, for_agent=for_agent)
    with Installer(place.own, versions, machine).alone(wait_s=wait_s) as installer:
        yield installer


def _system(
    places: Places, place: Installation, ask: Callable[[str], dict[str, Any]], *, for_agent: bool
) -> tuple[Versions, Machine]:
    runs = partial(an_agent_runs, places)
    if sys.platform == "win32":
        from agent.update.windows import HOST, HostVersions, Windows

        host = place.versions / HOST if for_agent else None  # whoever works for the agent is SYSTEM
        return HostVersions(place.versions), Windows(places, place.program.parent, ask=ask, runs=runs, host=host)
    from agent.update.linux import Linux
    from agent.update.versions import Versions

    return Versions(place.versions), Linux(places, place.program.parent, ask=ask, runs=runs)


def _said(args: argparse.Namespace, answer: dict[str, Any], words: str) -> int:
    if args.json:
        out.say_json(answer)
    else:
        out.say(words)
    return out.OK
