"""When copies of the journal are made, and what is said of them."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import backups
from agent.api import metrics
from agent.app import App
from agent.backups import Backups, due_after, due_before
from agent.cli import main
from agent.config import BackupConfig, ConfigInvalid, load
from agent.doctor import of_agent
from agent.doctor.finding import State
from outbox import backup
from outbox.journal import Journal
from tests.agent.store import CONFIG, Clock, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BERLIN = ZoneInfo("Europe/Berlin")
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the kernel's own folder, and nothing in it has a name that is known
STEM = "journal-store-1-till-1"
MORNING = datetime(2026, 11, 20, 9, tzinfo=BERLIN)


class Night:
    """A clock that is moved by whoever sleeps, up to an end; what was slept is kept."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        self.now = begin.astimezone(UTC)
        self.end = end
        self.over = asyncio.Event()

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.now >= self.end:
            self.over.set()
            await asyncio.Event().wait()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(tmp_path / "state")
    await opened.open()
    yield opened
    await opened.close()


def stamps(folder: Path) -> list[str]:
    return [at.astimezone(BERLIN).strftime("%d %H:%M") for at, _ in backup.made(folder, STEM)]


async def through(journal: Journal, folder: Path, begin: datetime, end: datetime, *, keep: int = 14) -> Backups:
    """Run the schedule from one time to another."""
    night = Night(begin, end)
    running = Backups(
        BackupConfig.model_validate({"folder": str(folder), "keep": keep}, context={"folder": folder}),
        journal,
        stem=STEM,
        timezone=BERLIN,
        now=night,
        sleep=night.sleep,
    )
    ((_, work),) = running.tasks()
    task = asyncio.create_task(work)
    async with asyncio.timeout(60):
        await night.over.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return running


async def test_a_copy_is_made_every_night_and_the_first_one_soon_after_the_start(
    journal: Journal, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    running = await through(journal, stick, MORNING, MORNING + timedelta(days=3, hours=-1))
    assert stamps(stick) == ["20 09:05", "21 03:30", "22 03:30", "23 03:30"]
    shown = running.view()
    assert shown is not None
    assert (shown["error"], shown["running"], shown["records"], shown["folder"]) == (None, False, 0, str(stick))
    assert "on its own disk" in shown["warning"]
    assert shown["last_at"] == "2026-11-23T02:30:00+00:00"
    assert shown["next_at"] == "2026-11-24T03:30:00+01:00"
    assert (stick / shown["file"]).stat().st_size == shown["bytes"]


async def test_a_start_in_the_same_day_makes_no_other_and_a_missed_night_is_made_up_for(
    journal: Journal, tmp_path: Path
) -> None:
    await through(journal, tmp_path, MORNING, MORNING + timedelta(hours=1))
    await through(journal, tmp_path, MORNING + timedelta(hours=2), MORNING + timedelta(hours=9))
    assert stamps(tmp_path) == ["20 09:05"]
    await through(journal, tmp_path, MORNING + timedelta(days=1), MORNING + timedelta(days=1, hours=2), keep=1)
    assert stamps(tmp_path) == ["21 09:05"]


async def test_a_clock_that_was_ahead_does_not_put_copies_off(journal: Journal, tmp_path: Path) -> None:
    ahead = tmp_path / backup.name(STEM, MORNING + timedelta(days=400))
    ahead.write_bytes(b"")
    await through(journal, tmp_path, MORNING, MORNING + timedelta(hours=1))
    await through(journal, tmp_path, MORNING + timedelta(hours=2), MORNING + timedelta(hours=9))
    assert [path.name for _, path in backup.made(tmp_path, STEM)][1:] == [ahead.name]
    assert stamps(tmp_path)[0] == "20 09:05"


async def test_a_disk_that_is_not_plugged_in_is_said_once_and_tried_again_by_the_hour(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "stillopen.backup")
    running = await through(journal, tmp_path / "stick", MORNING, MORNING + timedelta(hours=4))
    said = [record.levelname for record in caplog.records if "not there" in record.getMessage()]
    assert said == ["WARNING", "DEBUG", "DEBUG", "DEBUG"]
    shown = running.view()
    assert shown is not None
    assert shown["last_at"] is None
    assert "Plug in" in shown["error"]
    (tmp_path / "stick").mkdir()
    assert await running.make()
    shown = running.view()
    assert shown is not None
    assert shown["error"] is None
    assert "on its own disk" in caplog.text


@pytest.mark.skipif(not IN_MEMORY.is_dir(), reason="a second disk that is always there: Linux keeps one in memory")
async def test_copies_beside_the_journal_are_said_to_be_until_the_disk_for_them_is_there(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mounted = tmp_path / "mount"
    mounted.mkdir()
    running = await through(journal, mounted, MORNING, MORNING + timedelta(hours=1))
    shown = running.view()
    assert shown is not None
    assert shown["last_at"] is not None
    assert "If a disk should be mounted there, mount it" in shown["warning"]
    assert caplog.text.count("on its own disk") == 1
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as disk:
        for copy in mounted.iterdir():
            copy.unlink()
        mounted.rmdir()
        mounted.symlink_to(disk)
        assert await running.make()
        shown = running.view()
        assert shown is not None
        assert (shown["warning"], shown["error"]) == (None, None)


@pytest.mark.parametrize(
    ("shown", "state", "said", "next_step"),
    [
        ({}, State.OK, "2026-11-20 02:30 UTC", None),
        ({"error": "no room. Free some."}, State.FAILED, "no room", "tried again within the hour"),
        ({"warning": backups._OWN_DISK}, State.WARNING, "lost together with it", "mount it"),
        ({"last_at": None}, State.NOT_KNOWN, "none is there yet", "look again"),
        ({"last_at": "2026-11-17T02:30:00+00:00"}, State.WARNING, "2026-11-17", "look at the log"),
    ],
)
def test_the_doctor_judges_the_copies(shown: dict[str, Any], state: State, said: str, next_step: str | None) -> None:
    well = {"error": None, "warning": None, "last_at": "2026-11-20T02:30:00+00:00", "folder": "copies"}
    found = of_agent.of_copies(well | shown, MORNING)
    assert found.state is state
    assert said in found.said
    assert (found.next is None) if next_step is None else (next_step in str(found.next))


async def test_a_bug_in_a_copy_stops_no_selling(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(backup, "make", broken)
    running = await through(journal, tmp_path, MORNING, MORNING + timedelta(hours=2))
    assert "A fault while copying" in caplog.text
    shown = running.view()
    assert shown is not None
    assert (shown["error"], shown["running"]) == ("a fault in the agent; the log has it", False)


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC"]


@settings(max_examples=150, deadline=None)
@given(
    day=st.dates(date(2005, 1, 1), date(2037, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_one_is_due_a_day_whatever_the_clocks_do(day: date, at: time, zone: ZoneInfo) -> None:
    noon = datetime.combine(day, time(12), zone).astimezone(UTC)
    due = due_after(noon, at, zone)
    assert due > noon
    assert due_before(due.astimezone(UTC), at, zone) == due
    following = due_after(due.astimezone(UTC), at, zone)
    assert timedelta(hours=22) <= following.astimezone(UTC) - due.astimezone(UTC) <= timedelta(hours=50)
    assert due_before(following.astimezone(UTC) - timedelta(seconds=1), at, zone) == due


def test_an_hour_that_is_not_there_and_one_that_is_there_twice() -> None:
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert due_after(spring, time(2, 30), BERLIN).isoformat() == "2026-03-29T03:30:00+02:00"
    first = due_after(autumn, time(2, 30), BERLIN)
    assert first.isoformat() == "2026-10-25T02:30:00+02:00"
    assert due_after(first.astimezone(UTC), time(2, 30), BERLIN).isoformat() == "2026-10-26T02:30:00+01:00"


async def test_the_status_shows_it_and_the_agent_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    monkeypatch.setattr(backups, "START_S", 0.01)
    async with opened(tmp_path, clock=Clock()) as shop:
        assert shop.app.status()["backup"] is None
        record = await shop.sold()
        await shop.ended(record)
    async with opened(tmp_path, config=f'{CONFIG}[backup]\nfolder = "stick"\nkeep = 1\n') as shop:
        shown: dict[str, Any] = await shop.until(lambda: shop.app.status()["backup"]["file"] and shop.app.status())
        said = metrics.text(metrics.figures(shop.app, datetime.now(UTC)))
    assert 'stillopen_backup_trouble{what="failed"} 0' in said
    assert 'stillopen_backup_trouble{what="own_disk"} 1' in said
    assert "\nstillopen_backup_age_seconds " in said
    assert shown["backup"]["records"] == 3  # the shift, the sale, the drawer
    assert [path.name for path in stick.glob("*.db")] == [shown["backup"]["file"]]
    json.dumps(shown)


@pytest.mark.parametrize("folder", ["state", "state/copies", "stick/../state/copies"])
async def test_copies_in_the_state_folder_are_refused(
    tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stick").mkdir()
    file = tmp_path / "stillopen.toml"
    file.write_text(f'{CONFIG}[backup]\nfolder = "{folder}"\n', "utf-8")
    with pytest.raises(ConfigInvalid, match=r"\[backup\] → folder: found .*in the state folder.*write a folder on"):
        await App(load(file), tmp_path / "state").start()
    assert not (tmp_path / "state").exists()
    check = ["--config", str(file), "--state", str(tmp_path / "state"), "check"]
    assert await asyncio.to_thread(main, check) == 2
    assert "in the state folder" in capsys.readouterr().err
    file.write_text(f'{CONFIG}[backup]\nfolder = "stick"\nat = "23:59"\n', "utf-8")
    assert await asyncio.to_thread(main, check) == 0
    assert "backup at 23:59 to" in capsys.readouterr().out
