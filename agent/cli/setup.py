"""`stillopen setup`: a guided first run. What it writes is shown and agreed to before; devices are tried after."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.setup.dialogue import HOW, Back, Dialogue, Ended

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from agent.cli.running import RunningAgent
    from agent.places import Places
    from agent.setup.write import Drafted, Written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--answers", metavar="FILE", help="ask nothing: the answers are in this TOML file")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change and try nothing")
    parser.add_argument("--port", type=int, metavar="N", help="where the agent listens, if not where `[api]` says")
    parser.add_argument(
        "--json", action="store_true", help="what was done as JSON, for programs; questions go to stderr"
    )


def run(args: argparse.Namespace, places: Places) -> int:
    """Ask, show, write, try. Exits 1 where a device that was tried does not work, or a check failed."""
    from agent.config.lane import LaneRefused
    from agent.setup.edit import EditRefused

    _must_be_able(places, writes=not args.dry_run)
    say = _to_stderr if args.json else out.say
    to = None if args.answers is not None else Dialogue(sys.stdin.readline, say)
    try:
        return _Run(args, places, to).all()
    except (LaneRefused, EditRefused) as error:
        raise out.CommandError(str(error), hint=error.hint) from error


class _Run:
    """One run; `to` is whoever answers, None where a file did."""

    def __init__(self, args: argparse.Namespace, places: Places, to: Dialogue | None) -> None:
        self._args = args
        self._places = places
        self._to = to
        self._say = out.complain_plainly if args.json else out.say
        self._did: dict[str, Any] = {
            "config": str(places.config), "written": False, "kept": None, "changes": [], "comments_gone": [],
            "secrets_missing": [], "restarted": None, "tried": [], "checks": None, "clouds": [],
        }  # fmt: skip

    def all(self) -> int:
        """Do everything, and say what was done."""
        from agent.setup.asking import running

        agent = running(self._places, self._args.port)
        wanted = self._asked(agent) if self._to is not None else self._from_file(agent)
        if wanted is None:
            self._say("Nothing was written.")
            return out.OK
        draft, tries = wanted
        failed = False
        if not self._args.dry_run:
            agent = self._write(draft, agent)
            failed = self._try(agent, tries)
        if self._args.json:
            out.say_json(self._did)
        return out.FAILED if failed else out.OK

    def _asked(self, agent: RunningAgent | None) -> tuple[Drafted, list[str] | None] | None:
        """Ask everything, show what changes, and return it; None: it is not wanted."""
        from agent.setup.example import is_example
        from agent.setup.heard import Heard
        from agent.setup.interview import interview
        from agent.setup.proposed import of_this_pc
        from agent.setup.write import drafted, present

        assert self._to is not None
        before = present(self._places.config)
        heard = Heard(before, is_example(before), self._places.config.parent)
        self._say(f"This sets up {self._places.config}. {HOW} Ctrl-C ends it.")
        self._say("Nothing is written before you have seen it and said yes.\n")
        try:
            while True:
                interview(self._to, heard, of_this_pc(), self._plugged(agent))
                draft = drafted(self._places.config, heard.answers())
                self._show(draft)
                for name in heard.unused():
                    self._say(f"No till rings with {name} yet, as each has one: name it in a [[till]], or on /setup.")
                if not draft.changes:
                    return draft, None
                try:
                    return (draft, None) if self._to.agrees("Write this?") else None
                except Back:
                    continue  # from the first question on, each with its answer as the proposal
        except KeyboardInterrupt:
            self._say("\nIt ended before the end: nothing was written.")
            raise
        except Ended:
            raise out.CommandError(
                "the input ended before the questions did: nothing was written",
                hint="answer them at a terminal, or in a file: stillopen setup --answers FILE",
            ) from None

    def _from_file(self, agent: RunningAgent | None) -> tuple[Drafted, list[str] | None]:
        from agent.setup.answers import read_answers
        from agent.setup.write import drafted, present

        given = read_answers(Path(self._args.answers), present(self._places.config), self._places.config.parent)
        answers = given.with_found(self._plugged(agent)["devices"]) if given.takes_found else given.sections
        draft = drafted(self._places.config, answers)
        self._show(draft)
        return draft, list(given.tries)

    def _plugged(self, agent: RunningAgent | None) -> dict[str, Any]:
        """Look what is plugged in: the agent knows which of it is its own."""
        from agent.config import ConfigInvalid, load
        from agent.configured_ports import configured_ports
        from agent.plugged import plugged

        if agent is not None:
            return agent.ask("GET", "/v1/devices/found")
        try:
            ports = configured_ports(load(self._places.config, need_secrets=False))
        except ConfigInvalid:
            ports = {}
        return plugged(ports)

    def _show(self, draft: Drafted) -> None:
        self._did |= {"changes": list(draft.changes), "comments_gone": list(draft.gone)}
        if self._args.json:
            return
        self._say("")
        for line in draft.changes:
            self._say(line)
        if not draft.changes:
            self._say(f"{self._places.config} says all of this already.")
        elif not draft.gone:
            self._say("Every comment in it stays where it is.")
        for comment in draft.gone:
            self._say(f"This comment goes with the value it stood in: {comment}")

    def _write(self, draft: Drafted, agent: RunningAgent | None) -> RunningAgent | None:
        """Put it in place, and have a running agent go by it; return that."""
        from agent.setup.write import write

        if not draft.changes:
            return agent
        written = write(draft, self._places, datetime.now(UTC), beside_agent=agent is not None)
        self._did |= {
            "written": True,
            "kept": None if written.copy is None else str(written.copy),
            "secrets_missing": [str(problem) for problem in written.secrets_missing],
        }
        before = "" if written.copy is None else f"; what was there before is {written.copy.name}, beside it"
        self._say(f"Wrote {self._places.config}{before}.")
        self._clouds(written)
        return None if agent is None else self._begin_anew(agent)

    def _clouds(self, written: Written) -> None:
        names = [cloud.name for cloud in written.config.clouds]
        self._did["clouds"] = names
        for name in names:
            self._say(
                f"The cloud {name}: stillopen cloud connect {name} gives it its credentials, where it needs some."
            )
        for problem in written.secrets_missing:
            self._say(str(problem))

    def _begin_anew(self, agent: RunningAgent) -> RunningAgent | None:
        from agent.setup.asking import started, up

        try:
            since = started(agent)
            agent.ask("POST", "/v1/setup/restart", {})
        except out.CommandError as error:
            self._did["restarted"] = False
            self._say(f"The agent that runs goes by the old one still: {error}")
            return None
        self._say("The agent takes it up …")
        self._did["restarted"] = True
        return up(self._places, not_since=since)

    def _try(self, agent: RunningAgent | None, only: list[str] | None) -> bool:
        """Try devices and make the checks; return whether anything failed."""
        from agent.setup.tries import try_all

        try:
            if only != []:
                with self._agent(agent) as asked:
                    if asked is not None:
                        self._did["tried"] = try_all(asked, self._to, only=only)
        except (Back, Ended, KeyboardInterrupt):
            self._say("\nThe devices are left as they are: the devices page (/devices) tries them, too.")
        failed = any(tried["outcome"] == "fails" for tried in self._did["tried"])
        return self._check(agent) or failed

    def _agent(self, agent: RunningAgent | None) -> AbstractContextManager[RunningAgent | None]:
        """Return the agent to ask: the one that runs, or, with leave, one of our own."""
        from agent.doctor.on_host import service_status
        from agent.service.refusal import ServiceRefused
        from agent.setup.asking import own_agent

        if agent is not None:
            return nullcontext(agent)
        if self._did["restarted"] is False:
            return nullcontext(None)
        try:
            installed = service_status().state != "not-found"
        except (ServiceRefused, OSError):
            installed = False
        if installed:  # it would be another user's files that an agent of our own leaves behind
            self._say("The service does not run. Start it, and try the devices on its page: stillopen service status")
            return nullcontext(None)
        if self._to is not None and not self._to.agrees(
            "No agent runs. Start one for as long as the devices are tried?"
        ):
            return nullcontext(None)
        return own_agent(self._places)

    def _check(self, agent: RunningAgent | None) -> bool:
        """Make the doctor's own checks of this PC, and return whether one failed."""
        from agent.cli.doctor import say_findings
        from agent.doctor.finding import State, answer
        from agent.doctor.whole import of_this_pc

        version = None if agent is None else str(agent.ask("GET", "/v1/status")["version"])
        findings, _ = of_this_pc(self._places, datetime.now(UTC), running=version)
        self._did["checks"] = answer(findings)
        self._say("")
        if not self._args.json:
            say_findings(findings)
        self._say("\nNext: `stillopen pair` lets a browser of this PC in; `stillopen doctor` looks again, at any time.")
        return any(finding.state is State.FAILED for finding in findings)


def _must_be_able(places: Places, *, writes: bool) -> None:
    """Raise `CommandError` before the first question where the last would be answered in vain."""
    hint = "run this as who may change the configuration: with sudo, or as an administrator"
    try:
        there = places.config.exists()
        if there:
            places.config.open("rb").close()
    except OSError as error:
        raise out.CommandError(f"{places.config} cannot be read: {error.strerror}", hint=hint) from error
    folder = next(parent for parent in places.config.parents if parent.exists())
    if writes and not os.access(folder, os.W_OK):
        raise out.CommandError(f"{places.config} cannot be written", hint=hint)


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr)
