"""What goes into a bundle, part by part: each a file's name and its text. One that cannot be had says why instead."""

from __future__ import annotations

import json
import platform
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions, version
from typing import TYPE_CHECKING, Any

from agent.bundle.traces import shareable
from agent.service.linux_files import UNIT
from agent.update import units as update_units
from agent.update.machine import installation
from agent.update.report import report
from outbox import chain, delivery_views, schema
from outbox.errors import OutboxError
from outbox.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.bundle.redact import Redactor
    from agent.cli.running import RunningAgent
    from agent.places import Places
    from agent.update.machine import Installation

LOG_DAYS = 3
LOG_BYTES_MAX = 8 * 1024**2  # of the newest; a busy store logs some 100 KB a day
LOG_WAIT_S = 60.0
DELIVERIES_MAX = 500  # of each cloud's that have not come to a good end
SHOWN_MAX = 100  # of those, with each request that was made
PRINTS_MAX = 300
VERIFIED_MAX = 20_000  # records at the journal's end; `stillopen journal verify` looks at all

Part = tuple[str, str]


def of_disk(
    places: Places,
    redactor: Redactor,
    examine: Callable[[], list[dict[str, Any]]],
    *,
    installed: Installation | None = None,
) -> Iterator[Part]:
    """Yield what can be had with no agent running. `examine` makes the doctor's checks; `installed`: by which setup."""
    installed = installed or installation()
    yield "about.json", _json(_about())
    yield "doctor.json", _said(lambda: _json(redactor.value(examine())))
    yield "stillopen.toml", _said(lambda: redactor.text(places.config.read_text(encoding="utf-8", errors="replace")))
    yield "update.json", _said(lambda: _json(redactor.value(report(installed, None))))
    yield "state.json", _said(lambda: _json(_state(places.state)))
    for name, read in (("journal.json", _journal), ("deliveries.json", _deliveries), ("prints.json", _prints)):
        yield name, _said(partial(_kept, places.state, read, redactor))
    yield "log.txt", _said(lambda: redactor.text(_log(places.state)))
    for file in _of_setup(places, installed):
        yield f"setup/{file.name}", _said(partial(_tail, file, redactor))


def of_agent(agent: RunningAgent, redactor: Redactor) -> Iterator[Part]:
    """Yield what only the running agent knows. Raises `CommandError` where none answers."""
    status = agent.ask("GET", "/v1/status")
    tills = [till | {"sale": _that_there_is_one(till["sale"])} for till in status["tills"]]
    yield "status.json", _json(redactor.value(status | {"tills": tills}))
    for device in status["devices"]:
        name = str(device["name"])
        trace = agent.ask("GET", f"/v1/devices/{name}/trace")
        if trace["on"]:
            yield f"traces/{name}.json", _json(shareable(trace, str(device["kind"]), redactor))


def _that_there_is_one(sale: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return of an open sale which it is and how far it got, with nothing of what is rung, and for whom."""
    return None if sale is None else {"id": sale["id"], "state": sale["state"], "lines": len(sale["lines"])}


def _said(read: Callable[[], str]) -> str:
    """Return what is read, or why it cannot be: one part that fails must not cost the others."""
    try:
        return read()
    except (OSError, OutboxError, subprocess.SubprocessError, ValueError) as error:
        return f"could not be had: {type(error).__name__}: {error}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def _about() -> dict[str, Any]:
    try:
        release: dict[str, str] = platform.freedesktop_os_release()
    except OSError:  # Windows, or a Linux without the file
        release = {}
    now = datetime.now(UTC)
    return {
        "stillopen": version("stillopen"),
        "python": sys.version,
        "system": platform.platform(),
        "release": release.get("PRETTY_NAME"),
        "machine": platform.machine(),
        "sqlite": sqlite3.sqlite_version,
        "made_at": now.isoformat(),
        "made_at_here": now.astimezone().isoformat(),
        "packages": {found.name: found.version for found in sorted(distributions(), key=lambda one: one.name.lower())},
    }


def _state(state: Path) -> dict[str, Any]:
    return {
        str(file.relative_to(state)): {
            "bytes": file.stat().st_size,
            "mode": f"{file.stat().st_mode & 0o777:o}",
            "changed": datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(),
        }
        for file in sorted(state.rglob("*"))
        if file.is_file()
    }


def _kept(state: Path, read: Callable[[sqlite3.Connection], Any], redactor: Redactor) -> str:
    with schema.reading(state / FILE) as reader:
        return _json(redactor.value(read(reader)))


def _journal(reader: sqlite3.Connection) -> dict[str, Any]:
    """Return how the journal stands, with nothing of what was sold."""
    kinds = reader.execute("select till, kind, count(*), max(till_seq) from record group by till, kind").fetchall()
    found = chain.verify(reader, last=VERIFIED_MAX)
    newest = chain.newest(reader, 1)
    return {
        "schema": reader.execute("pragma user_version").fetchone()[0],
        "records": [{"till": till, "kind": kind, "count": count, "last": last} for till, kind, count, last in kinds],
        "newest": {"seq": newest[0].seq, "occurred_at": newest[0].occurred_at} if newest else None,
        "verified": {
            "newest": VERIFIED_MAX,
            "holds": found.broken is None,
            "broken": None if found.broken is None else {"seq": found.broken.seq, "reason": found.broken.reason},
        },
    }


def _deliveries(reader: sqlite3.Connection) -> dict[str, Any]:
    """Return the counts, and what has not come to a good end: its states and errors, with no body of any request."""
    counts = delivery_views.counts(reader, ())
    listed: list[dict[str, Any]] = []
    for cloud in counts:
        for state in ("parked", "sending", "waiting"):
            listed += delivery_views.listed(reader, cloud=cloud, state=state, limit=DELIVERIES_MAX)
    shown = [delivery_views.shown(reader, delivery["id"]) for delivery in listed[:SHOWN_MAX]]
    return {"clouds": counts, "not_delivered": listed, "with_their_requests": shown}


def _prints(reader: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return how the newest receipts' prints ended, without a word of them."""
    names = ("id", "printer", "copy", "state", "reason", "hint", "created_at", "updated_at")
    rows = reader.execute(f"select {', '.join(names)} from print_job order by rowid desc limit ?", (PRINTS_MAX,))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _of_setup(places: Places, installed: Installation | None) -> list[Path]:
    """Return what the Windows setup, its host and the errands for updates have written beside the state folder."""
    files = [places.config.with_name("setup.log"), places.state / "host.txt"]
    if installed is not None:
        files += [installed.own / "errand.log", installed.versions / "service.ini"]
    return [file for file in files if _may_be_there(file)]


def _may_be_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # where this user may not look, its part says so
        return True


def _tail(file: Path, redactor: Redactor) -> str:
    """Return the newest of a log's bytes, of which a setup's has those of all years."""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - LOG_BYTES_MAX))
        return redactor.text(log.read().decode("utf-8", errors="replace"))


def _log(state: Path) -> str:
    """Return the newest of the log: the files of a state folder that has some, else the system's journal."""
    files = sorted((state / "logs").glob("*.log*"), key=lambda file: file.stat().st_mtime)
    if files:
        text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
        return text[-LOG_BYTES_MAX:]
    if sys.platform == "win32":
        return "there are no log files in the state folder\n"
    units = [word for unit in (UNIT, *update_units.all_of()) for word in ("-u", unit)]
    command = ["journalctl", *units, "--no-pager", "-o", "short-iso", "--since", f"-{LOG_DAYS}d"]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", timeout=LOG_WAIT_S
        )
    except FileNotFoundError:
        return "this PC has no journalctl, and no log files in the state folder\n"
    return (done.stdout or done.stderr)[-LOG_BYTES_MAX:]
