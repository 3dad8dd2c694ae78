"""What is done as root: a fetched release put beside the version that runs, switched to, and left again.

Each piece of work is written down before it is begun (ledger.py), and each step leaves what `current` names whole. So
it may end at any line, by a power cut or a `kill`: `recover` looks at what was under way, and the store sells with the
version it sold with before.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from agent.update import health, ledger
from agent.update import release as releases
from agent.update.ledger import Ending, Staged, UnderWay
from agent.update.refusal import NotFit, NotNow, TrialFailed, UpdateRefused, Worked
from agent.update.versions import must_have_room, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.update.health import Health
    from agent.update.ledger import Did, Ledger
    from agent.update.machine import Machine
    from agent.update.release import Release
    from agent.update.trial import Tried
    from agent.update.trust import Repository
    from agent.update.versions import Versions

HEALTHY_S = 60.0  # for a version that was switched to, beyond what opening the copy took; then the one before is back
LOOK_S = 1.0  # between two looks at it
INTERRUPTED_MAX = 2  # a version that the power went off under so often is a person's to try again
LOCK, ARCHIVE = "lock", "archive.zip"

_log = logging.getLogger("stillopen.update")


class Installer:
    """The versions of one PC. `own` is root's folder for what is known of updates.

    `reached` is called with a word before each step that leaves something on the disk: tests end it there.
    """

    def __init__(
        self,
        own: Path,
        versions: Versions,
        machine: Machine,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._own = own
        self._versions = versions
        self._machine = machine
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._reached = reached

    @contextmanager
    def alone(self, *, wait_s: float = 0.0) -> Iterator[Self]:
        """Hold everybody else off, and bring what was left half done to an end first. Raises `Worked`."""
        self._own.mkdir(mode=0o755, parents=True, exist_ok=True)
        lock = FileLock(self._own / LOCK, timeout=wait_s)
        try:
            lock.acquire()
        except Timeout as error:
            raise Worked("another process works on an update", "see how it goes: stillopen update status") from error
        try:
            self.recover()
            yield self
        finally:
            lock.release()

    def recover(self) -> Ledger:
        """After work that did not end: what ran before runs again, and what is half there goes.

        Whoever calls it holds the lock, or is the first process after the PC's start.
        """
        known, work = ledger.read(self._own), ledger.under_way(self._own)
        if work is None:
            return known
        count = known.interrupted.get(work.version, 0) + 1
        known = replace(known, interrupted={**known.interrupted, work.version: count})
        why = f"{work.doing} {work.version} was cut short (the power, or the process), {count} times by now"
        if count >= INTERRUPTED_MAX:
            known = known.refuse(work.version, why)
        named = work.doing == "switching" and self._versions.current() == work.folder
        if named and self._versions.proven(work.folder):
            done = replace(known, before=work.before, staged=None, interrupted={})
            return self._settle(work, done, "installed", f"{work.before} ran before", "")
        if named and self._versions.has(work.before):
            self._reached("recover: point")
            self._versions.point(work.before)
        staged = known.staged
        if staged is not None and (work.version in known.refused or not self._versions.has(staged.folder)):
            staged = None
        _log.warning("An update was cut short: %s. %s sells.", why, work.before)
        known = self._settle(
            work, replace(known, staged=staged), "interrupted", why, "it is tried again; stillopen update status"
        )
        if work.doing == "staging":
            self._prune(known)
            return known
        runs = self._machine.health()
        if runs is None or runs.version != version_of(work.before):
            self._machine.restart()
        return known

    def stage(self, repository: Repository, *, by_hand: bool = False) -> Staged:
        """Put the newest release beside the version that runs, and try it. Raises `UpdateRefused`.

        `by_hand`: a person wants it, also where it was left or refused before.
        """
        known, before = ledger.read(self._own), self._running()
        release = repository.newest(releases.channel(*releases.this_pc()))
        releases.must_fit(release, version_of(before))
        if release.version in known.refused and not by_hand:
            raise NotFit(
                f"{release.version} was refused here before: {known.refused[release.version]}",
                "wait for a newer one, or try it again by hand: stillopen update stage",
            )
        staged = known.staged
        if staged is not None and staged.version == release.version and self._versions.has(staged.folder):
            return staged
        known = replace(known, staged=None)
        folder = self._versions.free_name(release.version)
        work = self._begin("staging", release.version, folder, before)
        try:
            tried = self._unpacked_and_tried(repository, release, folder, before)
        except UpdateRefused as error:
            if isinstance(error, TrialFailed):
                known = known.refuse(release.version, str(error))
            self._prune(self._settle(work, known, "refused", str(error), error.hint))
            raise
        finally:
            (self._own / ARCHIVE).unlink(missing_ok=True)
        staged = Staged(release.version, folder, tried.opened_s, release.notes)
        done = replace(known, staged=staged, refused=_without(known.refused, release.version))
        self._prune(self._settle(work, done, "staged", f"it sold on a copy of {tried.records} records", ""))
        _log.info("%s lies beside %s, and has sold on a copy of the journal.", release.version, before)
        return staged

    def apply(self) -> None:
        """Switch to the version that is staged, between sales; back again unless it is well. Raises `UpdateRefused`."""
        staged = ledger.read(self._own).staged
        if staged is None or not self._versions.has(staged.folder):
            raise NotFit("no newer version is staged here", "look for one: stillopen update stage")
        running = version_of(self._running())
        if releases.order(staged.version) <= releases.order(running):  # a package came meanwhile
            raise NotFit(f"{running} runs here, and {staged.version} is staged", "there is nothing to do")
        self._switch(staged.version, staged.folder, "installed", staged.opened_s)

    def back(self) -> None:
        """Switch to the version before, likewise. Raises `UpdateRefused`."""
        before = self.before()
        if before is None:
            raise NotFit("there is no version before this one here", "install the older package by hand")
        self._must_not_be_busy()
        try:
            tried = self._machine.try_out(self._versions.folder / before, fresh=True)
        finally:
            self._machine.clear()
        self._switch(version_of(before), before, "went_back", tried.opened_s)

    def before(self) -> str | None:
        """Return the folder that `back` goes to: what ran before the last switch, else the newest older one here."""
        known, running = ledger.read(self._own), self._running()
        if known.before is not None and known.before != running and self._versions.has(known.before):
            return known.before
        here = releases.order(version_of(running))
        older = [name for name in self._versions.names() if releases.order(version_of(name)) < here]
        return max(older, key=releases.order, default=None)

    # --- the steps ---

    def _unpacked_and_tried(self, repository: Repository, release: Release, folder: str, before: str) -> Tried:
        archive = self._own / ARCHIVE
        self._reached("stage: fetch")
        must_have_room(self._versions.free(self._own), releases.ARCHIVE_BYTES_MAX // 4, "fetching a version")
        repository.fetch(release, archive)
        self._reached("stage: unpack")
        made = self._versions.unpack(archive, release, folder)
        self._machine.make_ready(made)
        self._reached("stage: keep")
        kept = self._versions.keep(folder)
        self._reached("stage: try")
        try:
            tried = self._machine.try_out(kept, fresh=True)
            if tried.version != release.version:
                raise TrialFailed(
                    f"the release says {release.version}, and what is in it {tried.version}",
                    "tell whoever makes the releases; this PC sells on",
                )
            self._reached("stage: try the one that runs")
            try:
                self._machine.try_out(self._versions.folder / before, fresh=False)
            except TrialFailed as error:
                raise TrialFailed(
                    f"{release.version} could not be left again: {before} cannot go on with its journal ({error})",
                    "install its package by hand, after `stillopen journal backup`; there is no way back from it",
                ) from error
        finally:
            self._machine.clear()
        return tried

    def _switch(self, version: str, folder: str, did: Did, opened_s: float) -> None:
        before, was = self._running(), self._must_not_be_busy()
        known = ledger.read(self._own)
        work = self._begin("switching", version, folder, before)
        self._versions.rely_on(before)
        wrong = self._tried_in_earnest(version, folder, was, HEALTHY_S + 2 * opened_s)
        if wrong is None:
            known = replace(known, before=before, staged=None, interrupted={})
            known = known.refuse(version_of(before), "it was left by hand") if did == "went_back" else known
            self._reached("switch: settle")
            known = self._settle(work, known, did, f"{before} ran before", "")
            self._versions.rely_on(folder)
            self._prune(known)
            _log.info("%s sells now; %s lies beside it.", version, before)
            return
        self._reached("switch: back")
        self._versions.point(before)
        self._reached("switch: restart the one before")
        self._machine.restart()
        held = self._until_well(version_of(before), None, HEALTHY_S)
        self._reached("switch: settle back")
        why = f"{version} was not well: {wrong}"
        hint = "send a support bundle (stillopen bundle) to whoever makes the releases"
        if held is not None:
            why, hint = f"{why}; and {before}, which is back, says: {held}", "stillopen doctor; then start the PC anew"
        known = replace(known.refuse(version, why), staged=None if did == "installed" else known.staged)
        self._prune(self._settle(work, known, "refused", why, hint))
        raise TrialFailed(f"{why}. {before} sells again" if held is None else why, hint)

    def _tried_in_earnest(self, version: str, folder: str, was: Health | None, patience_s: float) -> str | None:
        """Name the version, have it run, and return what is not well after so long, or None."""
        try:
            self._reached("switch: point")
            self._versions.point(folder)
            self._reached("switch: restart")
            self._machine.restart()
        except (UpdateRefused, OSError) as error:
            return str(error)
        self._reached("switch: look")
        return self._until_well(version, was, patience_s)

    def _must_not_be_busy(self) -> Health | None:
        was = self._machine.health()
        if was is None:  # stopped, or it has too much in hand to answer: then nobody knows
            self._machine.must_not_sell()
        elif was.busy is not None:
            raise NotNow(f"not now: {was.busy}", "it is done when nobody is at a till; or come back then")
        return was

    def _until_well(self, version: str, was: Health | None, patience_s: float) -> str | None:
        """Wait until all is as well as it was; return what is not after so long."""
        until = self._clock() + patience_s
        while (wrong := health.wrong(self._machine.health(), was, version)) is not None:
            if self._clock() >= until:
                return wrong
            self._sleep(LOOK_S)
        return None

    # --- what is written down ---

    def _begin(self, doing: str, version: str, folder: str, before: str) -> UnderWay:
        work = UnderWay(
            ledger.next_number(self._own),
            "staging" if doing == "staging" else "switching",
            version, folder, before, self._now().isoformat(),
        )  # fmt: skip
        ledger.begin(self._own, work)
        return work

    def _settle(self, work: UnderWay, known: Ledger, did: Did, why: str, hint: str) -> Ledger:
        ending = Ending(did, work.version, self._now().isoformat(), why, hint)
        done = replace(known, settled=work.number, last=ending)
        ledger.settle(self._own, done)
        return done

    def _prune(self, known: Ledger) -> None:
        staged = known.staged.folder if known.staged is not None else None
        for gone in self._versions.prune([known.before, staged]):
            _log.info("Took %s away: nobody goes back to it.", gone)

    def _running(self) -> str:
        current = self._versions.current()
        if current is None or not self._versions.has(current):
            raise NotFit(
                f"{self._versions.folder} does not say which version runs", "install the package again: it is whole"
            )
        return current


def _without(refused: dict[str, str], version: str) -> dict[str, str]:
    return {one: why for one, why in refused.items() if one != version}
