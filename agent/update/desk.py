"""The agent's part of updates: looks for newer versions in the store's hours, has root make them ready, and says when.

It never changes what runs: it asks root, by a file (request.py), and reads how that went (ledger.py). Whatever fails
here is a line in a status, and the store sells on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.problem import conflict
from agent.update import request
from agent.update.errand import Errand
from agent.update.refusal import by_administrator
from agent.update.request import Asked
from agent.update.written import has_written, write_version
from outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from agent.config import Config
    from agent.update.ledger import Ledger
    from agent.update.machine import Installation
    from outbox.journal import Journal

START_S = 20.0  # after the start: what sells goes first
LOOK_S = 15.0  # how late a wish, or the end of a sale, may be noticed
AGAIN_S = 900.0  # after trouble, or after somebody was at a till, within the hours
QUIET_S = 60.0  # nobody has written for so long: nobody has just gone to fetch a basket's last item
SAID_MAX = 1000  # characters of what went wrong, in a status
FETCH_S = 4 * 3600.0  # 50 MB over the slowest line that carries them in a night

_log = logging.getLogger("stillopen.update")


class UpdateDesk:
    """Updates as the running agent sees them. `place` is None where no package has installed it."""

    def __init__(
        self,
        config: Config,
        state: Path,
        journal: Journal,
        *,
        version: str,
        zone: ZoneInfo,
        place: Installation | None,
        busy: Callable[[], str | None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._state = state
        self._journal = journal
        self._version = version
        self._zone = zone
        self._place = place
        self._busy = busy
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._noted = False
        self._errand = Errand(state, place, clock=clock)
        self._wanted: Asked | None = None  # by a person: asked for as soon as nobody is at a till, until it has ended
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._looked_s: float | None = None  # likewise, by a clock that nobody sets
        self._switched_s: float | None = None  # when root was asked for a switch that nobody wanted in person
        self._looked_in: datetime | None = None  # the beginning of the hours that were looked in, and went well
        self._found: dict[str, str] | None = None
        self._trouble: dict[str, str] | None = None

    # --- what can be read ---

    def view(self) -> dict[str, Any]:
        """Return how it is with updates, as the local API has it."""
        self._hear()
        place, known = self._place, self._ledger()
        staged = known.staged
        return {
            "running": self._version,
            "mode": self._config.update.mode,
            "source": self._config.update.source,
            "hours": self._config.update.hours,
            "why_not": self._why_not(),
            "looked_at": None if self._looked_at is None else self._looked_at.isoformat(),
            "found": self._found,
            "trouble": self._trouble,
            "staged": None if staged is None else {"version": staged.version, "notes": staged.notes},
            "wanted": None if self._wanted is None else str(self._wanted),
            "working": self._looking.locked() or self._errand.under_way(),
            "busy": self._busy(),
            "noted": self._noted,
            "back_to": None if place is None or known.before is None else known.before,
            "last": None if known.last is None else asdict(known.last),
        }

    def _ledger(self) -> Ledger:
        from agent.update import ledger  # first asked for some time after the start

        return ledger.Ledger() if self._place is None else ledger.read(self._place.own)

    def _why_not(self) -> str | None:
        from agent.update.report import why_not

        return why_not(self._place)

    # --- what a person asks for ---

    def must_have_source(self) -> None:
        """Raise `Problem` where there is nowhere to look."""
        self._must_be_possible()
        if self._config.update.source is None:
            raise conflict(
                "update-no-source",
                "No source of updates is configured: write [update] source in stillopen.toml, or use a stick: "
                f"{by_administrator('stillopen update stage --from FOLDER')}.",
            )

    async def look(self) -> None:
        """Look for a newer version now, bring it, and have it made ready; `view` says what came of it."""
        await self._look()

    def ready(self) -> str:
        """Return the version that may be switched to. Raises `Problem`."""
        self._must_be_possible()
        staged = self._ledger().staged
        if staged is None:
            raise conflict("update-not-ready", "No newer version is ready here: look for one first.")
        return staged.version

    def before(self) -> str:
        """Return what may be gone back to. Raises `Problem`."""
        self._must_be_possible()
        before = self._ledger().before
        if before is None:
            raise conflict("update-no-way-back", "There is no version before this one on this PC.")
        return before

    def want(self, asked: Asked) -> None:
        """Have it done as soon as nobody is at a till."""
        self._hear()
        self._wanted, self._trouble = asked, None
        self._step()

    def _must_be_possible(self) -> None:
        why = self._why_not()
        if why is not None:
            raise conflict("update-not-possible", f"There are no updates on this PC: {why}.")

    # --- what goes on by itself ---

    async def run(self) -> None:
        """See to it, for ever. A fault is logged, and the next round comes."""
        wait_s = START_S
        while True:
            try:
                if not self._noted:
                    await self._note()
                if wait_s is not START_S:
                    await self._round()
            except OutboxError as error:
                _log.debug("The journal does not say which version runs yet: %s", error)
            except Exception:  # noqa: BLE001 - what brings newer versions is no reason to stop selling
                _log.exception("A fault while seeing to updates")
            await self._sleep(wait_s)
            wait_s = LOOK_S

    async def _note(self) -> None:
        """Have the journal say which version runs, where that is another than before: the first thing it writes."""
        if self._place is None:  # nobody switches versions here
            return
        if not has_written(
            self._journal.reader, self._version
        ):  # what was fetched runs; till then it is not fetched twice
            await asyncio.to_thread(request.clear_fetched, self._state)
        at = self._now().isoformat()
        await self._journal.write(lambda connection: write_version(connection, self._version, at))
        self._noted = has_written(self._journal.reader, self._version)

    async def _round(self) -> None:
        self._hear()
        now, config = self._now(), self._config.update
        opened = config.hours_open.opened(now, self._zone)
        if self._why_not() is None and config.mode != "off" and opened is not None and not self._errand.under_way():
            due = self._is_due(self._looked_s)
            if config.source is not None and self._looked_in != opened and due:
                await self._look()
                self._looked_in = opened if self._trouble is None else None
            quiet = self._journal.quiet_s() >= QUIET_S and self._may_ask() and self._is_due(self._switched_s)
            if config.mode == "by_itself" and quiet and self._is_ready():
                self._switched_s = self._clock()
                self._ask(Asked.APPLY)  # or not at all: with the hours the leave ends, whoever was at a till in them
        self._step()

    def _is_ready(self) -> bool:
        from agent.update import release as releases

        known = self._ledger()
        return (
            known.staged is not None
            and known.staged.version not in known.refused
            and releases.order(known.staged.version) > releases.order(self._version)
        )

    def _step(self) -> None:
        """Ask root for what is wanted, when nobody is at a till and it is not at work already."""
        if self._wanted is not None and self._may_ask():
            self._ask(self._wanted)

    def _hear(self) -> None:
        """Hear what came of what root was asked for."""
        outcome = self._errand.outcome()
        if outcome is None:
            return
        did = None if outcome.ending is None else outcome.ending.did
        if did is None:
            self._trouble = {"detail": outcome.trouble, "hint": outcome.hint}
        if outcome.asked is self._wanted and did != "not_now":
            self._wanted = None

    def _may_ask(self) -> bool:
        """Say whether nobody is at a till, and root has nothing in hand."""
        return not self._errand.under_way() and self._busy() is None

    def _is_due(self, since_s: float | None) -> bool:
        return since_s is None or self._clock() - since_s >= AGAIN_S

    def _ask(self, asked: Asked) -> None:
        try:
            self._errand.ask(asked)
        except OSError as error:
            self._trouble = {"detail": f"it could not be asked for: {error}", "hint": "make room on the disk"}

    async def _look(self) -> None:
        """Bring the newest release, by a process of its own, and have root make it ready."""
        async with self._looking:
            self._looked_at, self._looked_s = self._now(), self._clock()
            answer = await self._fetched()
            if "version" in answer:
                self._found, self._trouble = {"version": answer["version"], "notes": answer["notes"]}, None
                known = self._ledger()
                staged = known.staged is not None and known.staged.version == answer["version"]
                waits = self._errand.under_way()
                if not staged and not waits and answer["version"] not in known.refused:
                    self._ask(Asked.STAGE)
            elif answer.get("nothing"):
                self._found = self._trouble = None
            else:
                said = {"detail": str(answer.get("detail", "")), "hint": str(answer.get("hint", ""))}
                _log.log(
                    logging.DEBUG if said == self._trouble else logging.WARNING,
                    "No newer version could be brought: %s. %s", said["detail"], said["hint"],
                )  # fmt: skip
                self._trouble = said

    async def _fetched(self) -> dict[str, Any]:
        """Run `update fetch`; returns what it answers, or why it could not be asked."""
        assert self._place is not None, "nobody looks where there is no package"
        command = [sys.executable, "-I", "-X", "utf8", str(self._place.program), "--config", str(self._config.file)]
        command += ["--state", str(self._state), "update", "fetch", "--json"]
        try:
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            return {"detail": f"looking for it could not be started: {error}", "hint": "stillopen doctor"}
        try:
            async with asyncio.timeout(FETCH_S):
                said, trouble = await child.communicate()
        except TimeoutError:
            return {"detail": f"it was not here within {FETCH_S / 3600:g} hours", "hint": "it is tried again"}
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        try:
            answer = json.loads(said)
        except ValueError:
            return {"detail": trouble.decode("utf-8", "replace").strip()[-SAID_MAX:], "hint": "stillopen update check"}
        return answer if isinstance(answer, dict) else {}
