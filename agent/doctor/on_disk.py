"""The checks that read what is on this PC's disk, beside a running agent or without one. Nothing is changed there."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from agent import api_token
from agent.config import ConfigInvalid, load
from agent.doctor.finding import Finding, failed, not_known, ok, warning
from agent.doctor.plug import disks, results, trial
from outbox import chain, delivery_views, place, schema
from outbox.errors import JournalMissing, JournalUnavailable, JournalUnread, JournalUnsafe
from outbox.journal import FILE, VERIFIED_AT_START
from outbox.room import BALLAST, BALLAST_BYTES, FULL_BYTES, Room, room_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from agent.config import Config
    from agent.places import Places

CLOCK_BACK_S = 60  # the newest record may be this far ahead of the clock: network time corrects by seconds
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)  # this version did not exist; a clock with a flat battery says 1970
WAITING_WARNS_H = 24  # an outage of a night is what the outbox is for; after a day somebody should look

_AS_AGENT = "run this as the user the agent runs as, or as an administrator"


def configuration(places: Places) -> tuple[Finding, Config | None]:
    """Read the configuration as `stillopen check` does."""
    try:
        config = load(places.config)
    except ConfigInvalid as invalid:
        problems = invalid.problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return failed("configuration", f"{problems[0]}{more}", "mend it; `stillopen check` names every line"), None
    return ok("configuration", f"{config.file} is in order"), config


def state_folder(state: Path) -> Finding:
    """Look where the state folder is, and who may use it."""
    name = "state folder"
    try:
        place.check(state)
        if not state.is_dir():
            return not_known(name, f"there is none at {state}", "start the agent once, or name its folder with --state")
        found = state.stat()
    except JournalUnsafe as error:
        return failed(name, str(error), error.hint)
    except OSError as error:
        return not_known(name, f"{state}: {error.strerror}", _AS_AGENT)
    kind = place.file_system(state.resolve())
    if kind in disks.IN_MEMORY:
        return failed(
            name, f"{state} is in memory ({kind}): a power cut takes everything", "name a folder on a disk with --state"
        )
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        return not_known(name, f"this user may not write in {state}, so what the agent may is not seen", _AS_AGENT)
    if os.name == "nt":
        return ok(name, f"{state} is on a local disk and can be written to")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return warning(name, f"other users of this PC may look into {state}", f"take that from them: chmod 700 {state}")
    return ok(name, f"{state} is on a local disk ({kind or 'its kind is not known'}) and its owner's alone")


def free_space(state: Path) -> Finding:
    """Compare the free space with what the agent needs."""
    name = "free space"
    try:
        free = shutil.disk_usage(state).free
        ballast = not (state / FILE).exists() or _size(state / BALLAST) == BALLAST_BYTES
    except OSError as error:
        return not_known(name, f"the disk of {state} cannot be looked at: {error.strerror}", _AS_AGENT)
    said = f"{free // 1024**2:,} MB are free"
    room = room_of(free, ballast=ballast)
    if room is Room.FULL:
        least = FULL_BYTES if ballast else FULL_BYTES + BALLAST_BYTES
        return failed(name, f"{said}: no sale can begin below {least // 1024**2} MB", "free space on it now")
    if room is not Room.ENOUGH:
        return warning(name, said, f"free some in the next {'days' if room is Room.TIGHT else 'weeks'}")
    if not ballast:
        return warning(
            name,
            f"{said}, but there is no ballast file to finish open sales with",
            "the agent makes one within a minute; restart it where it does not",
        )
    return ok(name, said)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def settings(state: Path) -> Finding:
    """Open a fresh journal beside the real one with the agent's own code, which reads every setting back."""
    name = "settings"
    try:
        if not state.is_dir():
            return not_known(name, "there is no state folder to try them in", "start the agent once")
        with (
            tempfile.TemporaryDirectory(prefix="doctor-", dir=state) as folder,
            closing(schema.connect(Path(folder) / FILE)),
        ):
            pass
    except JournalUnavailable as error:
        return failed(name, str(error), error.hint)
    except OSError as error:
        return not_known(name, f"no journal can be tried in {state}: {error.strerror}", _AS_AGENT)
    return ok(name, "SQLite takes every setting here that durability rests on, and says so when asked")


def of_journal(state: Path, config: Config | None, now: datetime) -> list[Finding]:
    """Check what the journal itself tells: its chain, the clock, and the deliveries."""
    path = state / FILE
    found: list[Finding] = []
    try:
        with schema.reading(path) as reader:
            found.append(chain_holds(reader))
            found.append(clock_is_sane(reader, now))
            found += waiting(reader, [cloud.name for cloud in config.clouds] if config else (), now)
            return found
    except (JournalMissing, JournalUnread) as error:
        trouble = not_known("journal", str(error), error.hint)
    except JournalUnavailable as error:
        trouble = failed("journal", str(error), error.hint)
    seen = {finding.check for finding in found}
    unread = [check for check in ("clock", "deliveries") if check not in seen]
    return [*found, trouble, *(not_known(check, "the journal could not be read", _AS_AGENT) for check in unread)]


def chain_holds(reader: sqlite3.Connection) -> Finding:
    """Verify the newest records, as the agent does when it starts."""
    found = chain.verify(reader, last=VERIFIED_AT_START)
    if found.broken is not None:
        return failed(
            "journal",
            f"record {found.broken.seq} does not hold: {found.broken.reason}",
            "keep the whole state folder as it is, and compare it with a backup: stillopen journal verify",
        )
    (mode,) = reader.execute("pragma journal_mode").fetchone()
    if mode != "wal":
        return failed("journal", f"its file is in mode {mode!r}, not 'wal'", "restart the agent: it sets the mode")
    newest = f"the newest {found.records:,} records hold" if found.records else "it is in order, and has no record yet"
    return ok("journal", newest)


def clock_is_sane(reader: sqlite3.Connection, now: datetime) -> Finding:
    """Compare this PC's clock with what has already happened."""
    next_step = "set the clock, and let the system keep it by network time; a flat battery on the mainboard loses it"
    if now < EARLIEST:
        return failed("clock", f"it says {now:%Y-%m-%d}, before this version was made", next_step)
    newest = chain.newest(reader, 1)
    if not newest:
        return not_known("clock", f"it says {now:%Y-%m-%d %H:%M} UTC, and no record is there to compare", "sell once")
    last = datetime.fromisoformat(newest[0].occurred_at)
    if now < last - timedelta(seconds=CLOCK_BACK_S):
        return failed("clock", f"it says {now:%Y-%m-%d %H:%M} UTC, before the newest record of {last}", next_step)
    return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, after the newest record of {last}")


def timezone(config: Config | None, now: datetime) -> Finding:
    """Compare the store's time zone with this PC's."""
    from zoneinfo import ZoneInfo

    name = "time zone"
    if config is None:
        return not_known(name, "the configuration could not be read", "mend it: stillopen check")
    store, here = now.astimezone(ZoneInfo(config.store.timezone)), now.astimezone()
    if store.utcoffset() != here.utcoffset():
        return warning(
            name,
            f"the store's is {config.store.timezone} ({store:%H:%M}), and this PC shows {here:%H:%M}",
            "receipts go by the store's; set this PC's, or [store] timezone, to what the clock on the wall says",
        )
    return ok(name, f"{config.store.timezone}, as this PC's")


def token_rights(state: Path) -> Finding:
    """Check that only the agent's user reads the token of the local programs."""
    name = "api token"
    path = state / api_token.FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        token = api_token.read(state)
    except FileNotFoundError:
        return not_known(name, "there is none yet", "start the agent once: it makes one")
    except OSError as error:
        return not_known(name, f"{path}: {error.strerror}", _AS_AGENT)
    if token is None:
        return failed(name, f"{path} holds no token", "delete it and restart the agent: it makes another")
    if os.name == "nt":
        return not_known(name, f"{path} is there; its access list is not looked at", f"look at it once: icacls {path}")
    if mode & 0o077:
        return failed(
            name,
            f"{path} can be read by other users of this PC (mode {mode:o})",
            f"chmod 600 {path}; if one of them is not to be trusted, delete it and restart the agent",
        )
    return ok(name, f"{path} is its owner's alone")


def waiting(reader: sqlite3.Connection, clouds: Iterable[str], now: datetime) -> Iterator[Finding]:
    """Look what waits for each cloud, what it refused, and since when."""
    counts = delivery_views.counts(reader, clouds)
    if not counts:
        yield ok("deliveries", "no cloud is configured, and nothing was ever queued for one")
    for cloud, count in counts.items():
        name = f"deliveries to {cloud}"
        if count["parked"]:
            yield warning(
                name,
                f"{count['parked']} refused by the cloud and parked, {count['waiting'] + count['sending']} waiting",
                f"see why, mend it and retry: stillopen outbox list --cloud {cloud} --only parked",
            )
            continue
        oldest = count["oldest_waiting"]
        said = f"{count['waiting'] + count['sending']} waiting, {count['delivered']} delivered"
        if oldest and now - datetime.fromisoformat(oldest) > timedelta(hours=WAITING_WARNS_H):
            trouble = f": {count['last_error']}" if count["last_error"] else ""
            yield warning(
                name, f"{said}, the oldest since {oldest}{trouble}", "look at the line: stillopen outbox status"
            )
        else:
            yield ok(name, said)


def plug(state: Path) -> Finding:
    """Say what pulling the plug has shown of this disk."""
    name = "power cuts"
    disk = disks.disk_of(state)
    pull = "try it, with the store closed: stillopen doctor --pull-the-plug"
    try:
        cuts = results.read(state / trial.FOLDER)
    except results.ResultsUnreadable as error:
        return not_known(name, str(error), "move the file away and try it anew: stillopen doctor --pull-the-plug")
    except OSError as error:
        return not_known(name, f"{error.filename}: {error.strerror}", _AS_AGENT)
    sums = results.sums(cuts, disk.title if disk else None)
    if not sums.cuts:
        return not_known(name, "nobody has pulled the plug of this disk yet", pull)
    if sums.cuts_that_lost:
        return failed(name, f"THIS DISK LOSES SALES: {sums}", "its write cache off, or another disk, or a UPS")
    return ok(name, str(sums))


def all_of(places: Places, now: datetime) -> tuple[list[Finding], Config | None]:
    """Return every finding, in the order in which a field tech would look."""
    first, config = configuration(places)
    state = places.state
    return [
        first,
        state_folder(state),
        free_space(state),
        settings(state),
        *of_journal(state, config, now),
        timezone(config, now),
        token_rights(state),
        plug(state),
    ], config
