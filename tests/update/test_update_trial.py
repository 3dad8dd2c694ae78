"""A version tried on a copy of the store's own state: what it does there, and that it does nothing anywhere else."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.config import load
from agent.places import Places
from agent.update import trial
from agent.update.refusal import NoRoom, NotFit, TrialFailed, UpdateRefused
from outbox import chain, schema
from outbox.journal import FILE
from tests.api.shop import CONFIG, open_shop
from tests.update.maker import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CLOUD = """
[[cloud]]
name = "books"
kind = "webhook"
url = "http://127.0.0.1:9/records"
secret = { env = "NOT_THERE" }
"""


async def a_store(folder: Path) -> Places:
    """Sell something, and leave a sale open and a record waiting for a cloud; return where it is."""
    async with open_shop(folder) as shop:
        await shop.sold()
        await shop.rung()
        places = Places(shop.app.config.file, shop.app.state)
    places.config.write_text(CONFIG + CLOUD, encoding="utf-8")
    return places


def sum_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


async def test_it_sells_on_the_copy_and_touches_nothing_else(tmp_path: Path) -> None:
    places = await a_store(tmp_path)
    before = sum_of(places.state / FILE)
    copied = places.state / "update" / "copy"
    trial.copy(places.state, copied)
    with closing(schema.connect_to_read(copied / FILE)) as reader:
        there = chain.verify(reader).records
    tried = await asyncio.to_thread(trial.try_out, places, copied, "1.1.0")
    assert tried.records > there  # the sale it rang
    assert tried.schema == len(schema.MIGRATIONS)
    again = await asyncio.to_thread(trial.try_out, places, copied, "1.0.0")  # the one that runs goes on from there
    assert again.records > tried.records
    assert sum_of(places.state / FILE) == before
    with closing(schema.connect_to_read(copied / FILE)) as reader:
        assert reader.execute("select count(*) from step").fetchone() == (0,)  # nothing was sent anywhere


def test_a_store_like_this_one_has_no_device_no_cloud_and_no_line(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG + CLOUD, encoding="utf-8")
    bare = trial.for_a_trial(load(file, need_secrets=False))
    devices = bare.scanners + bare.printers + bare.drawers + bare.scales + bare.displays
    assert (bare.clouds, devices) == ((), ())
    assert [till.id for till in bare.tills] == ["till-1", "till-2", "self-test"]
    assert {(till.scanner, till.printer, till.drawer, till.scale, till.display) for till in bare.tills} == {(None,) * 5}
    assert (bare.api.port, bare.backup, bare.line.probe_url) == (0, None, None)
    assert bare.taxes


async def test_a_journal_that_does_not_hold_is_found(tmp_path: Path) -> None:
    places = await a_store(tmp_path)
    copied = tmp_path / "copy"
    trial.copy(places.state, copied)
    with closing(sqlite3.connect(copied / FILE)) as file, file:
        file.execute("drop trigger record_no_update")
        file.execute("update record set body = replace(body, 'Apple', 'Pear')")
    with pytest.raises(TrialFailed, match="does not sell on a copy"):
        await asyncio.to_thread(trial.try_out, places, copied, "1.1.0")


async def test_a_full_disk_is_said_before_anything_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = await a_store(tmp_path)
    monkeypatch.setattr(trial, "free_bytes", lambda _: 1024**3)
    with pytest.raises(NoRoom, match="a copy of the journal"):
        trial.copy(places.state, tmp_path / "copy")


async def test_a_disk_that_fills_up_in_mid_trial_is_no_word_against_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = await a_store(tmp_path)
    copied = tmp_path / "copy"
    trial.copy(places.state, copied)
    (copied / FILE).write_bytes(b"what fitted" * 1000)
    monkeypatch.setattr(trial, "free_bytes", lambda _: 5 * 1024**2)
    with pytest.raises(NoRoom, match="the disk was full before"):
        await asyncio.to_thread(trial.try_out, places, copied, "1.1.0")


async def test_a_configuration_that_cannot_be_used_is_no_word_against_the_version(tmp_path: Path) -> None:
    places = await a_store(tmp_path)
    places.config.write_text("[store", encoding="utf-8")
    with pytest.raises(NotFit, match="cannot use this store's configuration") as refused:
        await asyncio.to_thread(trial.try_out, places, tmp_path, "1.1.0")
    assert "stillopen check" in refused.value.hint


async def test_a_copy_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    places = await a_store(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UpdateRefused, match="could not be copied") as refused:
        trial.copy(places.state, tmp_path / "file" / "copy")
    assert not isinstance(refused.value, (NoRoom, TrialFailed))
    (places.state / FILE).write_bytes(b"no journal at all" * 100)
    with pytest.raises(UpdateRefused, match="could not be copied") as refused:
        trial.copy(places.state, tmp_path / "copy")
    assert not isinstance(refused.value, (NoRoom, TrialFailed))


async def test_the_command_says_so_to_who_has_started_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = await a_store(tmp_path)
    named = ["--config", str(places.config), "--state", str(places.state), "update"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("STILLOPEN")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-m", "agent", *named, *words]
        return subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True)

    done = await asyncio.to_thread(run, "trial", "--fresh", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"version", "records", "schema", "opened_s"}
    copied = places.state / "update" / "copy"
    (copied / FILE).write_bytes(b"no journal at all" * 100)
    failed = await asyncio.to_thread(run, "trial", "--json")
    assert failed.returncode == 1
    said = json.loads(failed.stdout)
    assert (said["kind"], "does not sell on a copy" in said["detail"]) == ("TrialFailed", True)
    assert main([*named, "trial", "--clear"]) == 0
    assert "the copy is gone" in capsys.readouterr().out
    assert not copied.exists()
    assert main([*named, "trial", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["detail"] == "there is no copy to try it on"
    assert main([*named, "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["possible"] is False  # a checkout is not updated
    for words in (["stage", "--from", str(tmp_path)], ["check"], ["fetch"], ["work"], ["recover"]):
        assert main([*named, *words]) == 1
        assert "not a package's" in capsys.readouterr().err or "only an administrator" in capsys.readouterr().err
