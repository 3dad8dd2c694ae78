"""A version tried on a copy of the store's own state: it opens it, migrates it, sells on it, and all of it holds.

The copy has the store's journal and catalogue, and none of its devices and clouds: nothing is printed, and nothing is
sent a second time. The newer version goes first; then the one that runs opens what that left, since it must be able to
go on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent import api_token
from agent.app import App
from agent.config import ApiConfig, ConfigInvalid, TillConfig, load
from agent.config.sections import LineConfig, PermissionsConfig, ShiftConfig, StaffConfig, UpdateConfig
from agent.server import Server
from agent.update.refusal import NoRoom, NotFit, TrialFailed, UpdateRefused
from agent.update.versions import free_bytes, must_have_room
from outbox import audit, chain, schema
from outbox.catalogue_file import FILE_NAME as CATALOGUE
from outbox.errors import OutboxError
from outbox.journal import FILE as JOURNAL
from outbox.room import BALLAST_BYTES, FULL_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.config import Config
    from agent.places import Places

TILL = "self-test"  # rings on the copy, beside the store's own tills, and never anywhere else
ANSWER_S = 60.0  # for one answer; the copy may lie on a slow disk


@dataclass(frozen=True, slots=True)
class Tried:
    """How a trial went well: records that hold, the copy's schema by now, and how long opening it took."""

    version: str
    records: int
    schema: int
    opened_s: float


def copy(state: Path, to: Path) -> None:
    """Make a fresh copy of journal and catalogue, also while the agent sells. Raises `UpdateRefused`."""
    shutil.rmtree(to, ignore_errors=True)
    name = JOURNAL
    try:
        to.mkdir(mode=0o700, parents=True)
        files = [name for name in (JOURNAL, CATALOGUE) if (state / name).exists()]
        size = sum((state / name).stat().st_size for name in files)
        must_have_room(free_bytes(to), 2 * size + BALLAST_BYTES, "a copy of the journal to try it on")  # migrated, too
        for name in files:
            with closing(_reader(state / name)) as source, closing(sqlite3.connect(to / name)) as target:
                source.backup(target)  # in one read, which holds nobody up; in several, each sale would begin it anew
    except (OSError, sqlite3.DatabaseError) as error:
        said = f"{name} could not be copied to try it: {error}"
        if isinstance(error, sqlite3.OperationalError) or getattr(error, "errno", None) == errno.ENOSPC:
            raise NoRoom(said, "make room, and try again; the store sells on") from error
        raise UpdateRefused(said, "see why: stillopen doctor; the store sells on") from error


def _reader(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def try_out(places: Places, copied: Path, version: str) -> Tried:
    """Sell on the copy with this version's own code. Raises `TrialFailed`; `NoRoom` or `NotFit`: it had no chance."""
    try:
        config = for_a_trial(load(places.config, need_secrets=False))
    except ConfigInvalid as error:
        raise NotFit(
            f"{version} cannot use this store's configuration: {error.problems[0]}",
            "mend it (stillopen check); it is tried again",
        ) from error
    if not copied.is_dir():
        raise TrialFailed("there is no copy to try it on", "make one: stillopen update trial --fresh")
    began = time.monotonic()
    try:
        opened_s = asyncio.run(_sell(config, copied, began))
        records, number = _verified(copied)
    except (OutboxError, OSError, sqlite3.Error, AssertionError, RuntimeError) as error:
        if free_bytes(copied) < FULL_BYTES:  # then no version sells
            raise NoRoom(
                f"the disk was full before {version} had sold on a copy of this store's journal: {error}",
                "make room, and try again; the store sells on",
            ) from error
        raise TrialFailed(
            f"{version} does not sell on a copy of this store's journal: {str(error) or type(error).__name__}",
            "send a support bundle (stillopen bundle) to whoever makes the releases; this PC sells on, as it is",
        ) from error
    return Tried(version, records, number, opened_s)


def for_a_trial(config: Config) -> Config:
    """Return a store like this one with no device, no cloud, no line and a till of its own."""
    bare = {"scanner": None, "printer": None, "drawer": None, "scale": None, "display": None}
    return replace(
        config,
        api=ApiConfig(host="127.0.0.1", port=0),
        tills=(*(till.model_copy(update=bare) for till in config.tills), TillConfig(id=TILL)),
        scanners=(), printers=(), drawers=(), scales=(), displays=(), clouds=(), backup=None,
        line=LineConfig(), shift=ShiftConfig(), staff=StaffConfig(), permissions=PermissionsConfig(),
        update=UpdateConfig(),
    )  # fmt: skip


async def _sell(config: Config, copied: Path, began: float) -> float:
    async with App(config, copied) as app, Server(app, port=0) as server:
        opened_s = time.monotonic() - began
        ask = _caller(server.url, api_token.read(copied))
        status = await asyncio.to_thread(ask, "GET", "/v1/status", None)
        if not status["selling"]:
            raise RuntimeError(status["fault"])
        for till in status["tills"]:
            await asyncio.to_thread(ask, "GET", f"/v1/tills/{till['id']}", None)
        opened = await asyncio.to_thread(ask, "POST", "/v1/sales", {"till": TILL})
        sale = f"/v1/sales/{opened['id']}"
        await asyncio.to_thread(ask, "POST", f"{sale}/lines", {"name": "Self-test", "price": 100})
        rung = await asyncio.to_thread(ask, "GET", sale, None)
        paid = {"type": "card", "amount": rung["due"], "reference": TILL}
        await asyncio.to_thread(ask, "POST", f"{sale}/tenders", paid)
        record = await asyncio.to_thread(ask, "POST", f"{sale}/complete", {})
        await asyncio.to_thread(ask, "GET", f"/v1/records/{record['receipt_number']}", None)
    return opened_s


def _caller(url: str, token: str | None) -> Callable[[str, str, dict[str, Any] | None], dict[str, Any]]:
    def ask(method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server's address, on this PC
            f"{url.rstrip('/')}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        try:
            with _no_proxy().open(request, timeout=ANSWER_S) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode("utf-8", "replace")
            raise RuntimeError(f"{method} {path} answered {HTTPStatus(error.code)}: {said[:500]}") from error
        return found

    return ask


def _no_proxy() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _verified(copied: Path) -> tuple[int, int]:
    """Follow both chains of the copy; return how many records hold, and its schema's number."""
    with closing(schema.connect_to_read(copied / JOURNAL)) as reader:
        found, trail = chain.verify(reader), audit.verify(reader)
        broken = found.broken or trail.broken
        if broken is not None:
            raise RuntimeError(f"number {broken.seq} of the copy does not hold: {broken.reason}")
        return found.records, int(reader.execute("pragma user_version").fetchone()[0])


def quiet() -> None:
    """Have this process step back behind the one that sells."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)
