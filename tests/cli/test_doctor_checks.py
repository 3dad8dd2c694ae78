"""`stillopen doctor`: what it says of a store that is well, of one with each fault, and of what it cannot look at."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent import upkeep
from agent.cli import main
from agent.config import load
from agent.doctor import of_agent, on_disk
from agent.doctor.finding import Finding, State
from agent.doctor.plug import results, trial
from agent.doctor.plug.results import Cut
from agent.doctor.plug.verdict import Outcome, Verdict
from agent.places import Places
from outbox import deliveries, place, schema
from outbox.journal import FILE, Journal
from outbox.room import BALLAST_BYTES
from tests.api.shop import CONFIG, open_shop

CLOUD = '\n[[cloud]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:9/hook"\nsecret = { file = "secret" }\n'
posix = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX; Windows has access lists")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a configuration, and the state of a store that has sold; its agent is stopped."""
    folder = tmp_path_factory.mktemp("store")
    (folder / "secret").write_text("whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE=")

    async def sell() -> None:
        async with open_shop(folder, config=CONFIG + CLOUD) as shop:
            await shop.sold()

    asyncio.run(sell())
    return folder


@pytest.fixture
def folder(store: Path, tmp_path: Path) -> Path:
    """Return a copy of it, for one test to spoil."""
    shutil.copytree(store, tmp_path, dirs_exist_ok=True)
    return tmp_path


def right_now() -> datetime:
    return datetime.now(UTC)


def examined(folder: Path, *, now: datetime | None = None) -> dict[str, Finding]:
    found, _ = on_disk.all_of(Places(folder / "stillopen.toml", folder / "state"), now or right_now())
    return {finding.check: finding for finding in found}


def doctor(folder: Path, *words: str) -> int:
    return main(["doctor", "--config", str(folder / "stillopen.toml"), "--state", str(folder / "state"), *words])


async def test_a_store_that_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.sold()
        async with asyncio.timeout(10):
            while {device["state"] for device in shop.app.device_views()} != {"ready"}:
                await asyncio.sleep(0.01)
        port = ("--port", str(shop.server.port))
        code = await asyncio.to_thread(doctor, tmp_path, "--json", *port)
        answer = json.loads(capsys.readouterr().out)
        assert await asyncio.to_thread(doctor, tmp_path, *port) == code
        said = capsys.readouterr().out
    assert (code, answer["ok"]) == (0, True)
    states = {check["check"]: check["state"] for check in answer["checks"]}
    well = {
        "configuration", "settings", "journal", "journal's log", "clock", "api token", "agent", "device counter",
        "device drawer",
    }  # fmt: skip
    assert {states[check] for check in well} == {"ok"}
    assert states["power cuts"] == "not known"
    assert all(check["next"] for check in answer["checks"] if check["state"] != "ok")
    assert set(states) == {
        *well, "state folder", "free space", "deliveries", "time zone", "power cuts", "device receipt",
        "disk health", "version", "service", "updates",
    }  # fmt: skip
    assert "next: try it, with the store closed: stillopen doctor --pull-the-plug" in said
    assert len(said.splitlines()) >= len(states)


async def test_without_an_agent_nothing_is_guessed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(doctor, folder, "--json", "--port", "1") == 0
    found = {check["check"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    for check in ("agent", "device counter", "device receipt", "device drawer", "power cuts"):
        assert found[check]["state"] == "not known"
        assert found[check]["next"]
    assert "no agent answers" in found["agent"]["said"]


def test_where_nothing_is_yet_nothing_is_ok_but_what_was_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG)
    assert doctor(tmp_path, "--json") == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    fine = {check["check"] for check in checks if check["state"] != "not known"}
    assert fine <= {"configuration", "time zone", "version", "service", "updates"}


def test_a_failed_check_is_exit_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "stillopen.toml").write_text(CONFIG.replace("EUR", "EURO"))
    assert doctor(folder) == 1
    said = capsys.readouterr()
    assert "FAILED     configuration" in said.out
    assert "1 check failed" in said.err
    assert doctor(folder, "--json") == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_the_configuration_names_its_first_problem_and_how_many_more(folder: Path) -> None:
    (folder / "stillopen.toml").write_text(CONFIG.replace("EUR", "EURO").replace("Berlin", "Berln"))
    found = examined(folder)["configuration"]
    assert found.state is State.FAILED
    assert "(and 1 more)" in found.said
    assert examined(folder)["time zone"].state is State.NOT_KNOWN


def change(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / "state" / FILE)) as connection:
        connection.executescript(script)


def test_a_changed_record(folder: Path) -> None:
    change(folder, "drop trigger record_no_update; update record set body = replace(body, 'EUR', 'USD') where seq = 1")
    found = examined(folder)["journal"]
    assert (found.state, found.said[:24]) == (State.FAILED, "record 1 does not hold: ")


def test_a_damaged_journal(folder: Path) -> None:
    path = folder / "state" / FILE
    for name in ("journal.db-wal", "journal.db-shm"):
        (folder / "state" / name).unlink(missing_ok=True)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert examined(folder)["journal"].state is State.FAILED
    path.write_bytes(b"this was never a journal, and is longer than its first hundred bytes" * 100)
    found = examined(folder)
    assert found["journal"].state is State.FAILED
    assert found["clock"].state is found["deliveries"].state is State.NOT_KNOWN


def test_a_journal_in_another_mode(folder: Path) -> None:
    change(folder, "pragma journal_mode = delete")
    assert "mode 'delete'" in examined(folder)["journal"].said


def test_the_clock(folder: Path) -> None:
    assert examined(folder)["clock"].state is State.OK
    back = examined(folder, now=right_now() - timedelta(days=90))["clock"]
    assert back.state is State.FAILED
    assert "before the newest record" in back.said
    assert examined(folder, now=right_now() - timedelta(seconds=20))["clock"].state is State.OK
    assert "before this version was made" in examined(folder, now=datetime(1970, 1, 1, tzinfo=UTC))["clock"].said


async def test_a_journal_with_no_record_cannot_tell_the_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state")
    await journal.open()
    await journal.close()
    assert examined(tmp_path)["clock"].state is State.NOT_KNOWN
    assert examined(tmp_path)["journal"].said == "it is in order, and has no record yet"


def test_the_time_zone(folder: Path) -> None:
    local = right_now().astimezone().utcoffset()
    here = next(name for name in ("UTC", "Etc/GMT-14") if (zone_offset(name) == local) is (local == timedelta()))
    other = "Pacific/Kiritimati" if here == "UTC" else "UTC"
    for name, state in ((other, State.WARNING), *([("UTC", State.OK)] if here == "UTC" else [])):
        (folder / "stillopen.toml").write_text(CONFIG.replace("Europe/Berlin", name))
        config = load(folder / "stillopen.toml")
        assert on_disk.timezone(config, right_now()).state is state


def zone_offset(name: str) -> timedelta | None:
    from zoneinfo import ZoneInfo

    return right_now().astimezone(ZoneInfo(name)).utcoffset()


def test_what_this_user_may_not_look_at_is_not_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = folder / "state"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert examined(folder)["state folder"].state is State.NOT_KNOWN
    for name in (FILE, "api-token", f"{trial.FOLDER}/{results.FILE}"):  # a folder is as unreadable as another's file
        with suppress(FileNotFoundError):
            (state / name).unlink()
        (state / name).mkdir(parents=True)
    found = examined(folder)
    for check in ("clock", "deliveries", "api token", "power cuts"):
        assert found[check].state is State.NOT_KNOWN, check
        assert found[check].next
    assert found["journal"].state is not State.OK
    shutil.rmtree(state)
    state.write_bytes(b"")
    found = examined(folder)
    for check in ("state folder", "free space", "settings", "journal", "clock", "api token", "power cuts"):
        assert found[check].state is not State.OK or check == "free space", check


@posix
def test_who_may_read_the_token_and_the_folder(folder: Path) -> None:
    token = folder / "state" / "api-token"
    assert examined(folder)["api token"].state is State.OK
    token.chmod(0o644)
    found = examined(folder)["api token"]
    assert (found.state, "mode 644" in found.said) == (State.FAILED, True)
    token.write_text("short\n")
    assert "holds no token" in examined(folder)["api token"].said
    token.unlink()
    assert examined(folder)["api token"].state is State.NOT_KNOWN
    (folder / "state").chmod(0o755)
    assert examined(folder)["state folder"].state is State.WARNING
    (folder / "state").chmod(0o700)
    assert examined(folder)["state folder"].state is State.OK


@pytest.mark.skipif(not Path("/dev", "shm").is_dir(), reason="needs a file system in memory")
def test_a_state_folder_in_memory_or_in_a_synchronised_folder(tmp_path: Path) -> None:
    shm = Path("/dev", "shm")
    if place.file_system(shm) == "tmpfs":
        assert "is in memory" in on_disk.state_folder(shm).said
    assert on_disk.state_folder(tmp_path / "Dropbox" / "state").state is State.FAILED


@pytest.mark.parametrize(
    ("free_mb", "state"), [(190, State.FAILED), (900, State.WARNING), (1_900, State.WARNING), (5_000, State.OK)]
)
def test_free_space(folder: Path, free_mb: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    (folder / "state" / "ballast").write_bytes(b"")
    os.truncate(folder / "state" / "ballast", BALLAST_BYTES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free_mb * 1024**2))
    assert examined(folder)["free space"].state is state
    (folder / "state" / "ballast").unlink()
    assert examined(folder)["free space"].state is (State.WARNING if state is State.OK else state)


def test_settings_are_tried_beside_the_journal_and_nothing_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_disk.settings(folder / "state").state is State.OK
    assert [path for path in (folder / "state").iterdir() if path.is_dir()] == []
    monkeypatch.setattr(schema, "_PRAGMAS", (("synchronous", "NORMAL", 3),))
    found = examined(folder)["settings"]
    assert (found.state, "SQLite keeps synchronous" in found.said) == (State.FAILED, True)


def test_what_waits_and_what_was_refused(folder: Path) -> None:
    assert examined(folder)["deliveries to hook"].state is State.OK
    late = examined(folder, now=right_now() + timedelta(hours=25))["deliveries to hook"]
    assert (late.state, "the oldest since" in late.said) == (State.WARNING, True)

    async def park() -> None:
        journal = Journal(folder / "state")
        await journal.open()
        await journal.write(lambda tx: deliveries.parked(tx, 1, "400", "no such thing", "mend it there"))
        await journal.close()

    asyncio.run(park())
    parked = examined(folder)["deliveries to hook"]
    assert (parked.state, parked.said[:9]) == (State.WARNING, "1 refused")
    assert parked.next is not None
    assert "--only parked" in parked.next


def test_what_the_plug_has_shown(folder: Path) -> None:
    root = folder / "state" / trial.FOLDER
    root.mkdir()
    (root / results.FILE).write_text("{")
    assert examined(folder)["power cuts"].state is State.NOT_KNOWN
    held = Cut("KXQR", "2026-11-21T10:00:00+00:00", "file", None, Verdict(Outcome.HELD, 10, 10, 1))
    nothing = Cut("ABCD", "2026-11-21T10:00:00+00:00", "file", None, Verdict(Outcome.NOTHING, 10, 10, 1, "why"))
    lost = Cut("EFGH", "2026-11-21T10:00:00+00:00", "file", None, Verdict(Outcome.LOST, 10, 7, 0))
    for cuts, state in (([nothing], State.NOT_KNOWN), ([held], State.OK), ([held, lost], State.FAILED)):
        results.keep(root, cuts)
        assert examined(folder)["power cuts"].state is state
    assert "THIS DISK LOSES SALES" in examined(folder)["power cuts"].said


# --- what the running agent says ---

READY: dict[str, Any] = {
    "name": "receipt", "kind": "printer", "port": "sim://receipt", "state": "ready", "error": None, "hint": None,
}  # fmt: skip
SAYS: dict[str, Any] = {"online": True, "cover_open": False, "paper": "ok", "cutter_error": None, "error": False}


@pytest.mark.parametrize(
    ("device", "state"),
    [
        (READY, State.OK),
        (READY | {"status": SAYS}, State.OK),
        (READY | {"status": dict.fromkeys(SAYS)}, State.NOT_KNOWN),
        (READY | {"status": SAYS | {"online": None}}, State.NOT_KNOWN),
        (READY | {"status": SAYS | {"paper": "near_end"}}, State.WARNING),
        (READY | {"status": SAYS | {"paper": "end"}}, State.FAILED),
        (READY | {"status": SAYS | {"online": False}}, State.FAILED),
        (READY | {"status": SAYS | {"online": None, "cover_open": True}}, State.FAILED),
        (READY | {"status": SAYS | {"cutter_error": True}}, State.FAILED),
        (READY | {"status": SAYS | {"error": True}}, State.FAILED),
        (READY | {"state": "lost", "error": "no such port", "hint": "plug it in"}, State.FAILED),
        (READY | {"state": "opening"}, State.NOT_KNOWN),
    ],
)
def test_a_device_is_what_it_says_it_is(device: dict[str, Any], state: State) -> None:
    found = of_agent.of_device(device)
    assert found.state is state
    assert (found.next is None) is (state is State.OK)


def test_what_a_device_wants_known_is_a_warning_of_its_own() -> None:
    notice = {"code": "unwritten-letters", "detail": "CJK (x) printed as ?", "hint": "Install a font."}
    status = {"selling": True, "version": "1", "clouds": {}, "devices": [READY | {"notices": [notice]}]}
    found = list(of_agent.running(status))
    assert [(one.state, one.check) for one in found[1:]] == [
        (State.OK, f"device {READY['name']}"),
        (State.WARNING, f"device {READY['name']}"),
    ]
    assert found[-1].next == "Install a font."


@pytest.mark.parametrize(
    ("lane", "state"),
    [
        ("open", State.OK), ("untried", State.NOT_KNOWN), ("line", State.WARNING), ("trouble", State.WARNING),
        ("unauthorized", State.FAILED), ("not_configured", State.WARNING), ("something new", State.NOT_KNOWN),
    ],
)  # fmt: skip
def test_a_clouds_line(lane: str, state: State) -> None:
    waits = {"waiting": 1, "sending": 0, "parked": 0}
    found = of_agent.of_cloud("hook", {"state": lane, "last_error": None, **waits})
    assert (found.state, found.check) == (state, "cloud hook")


def test_a_cloud_that_is_gone_and_has_everything_is_well() -> None:
    nothing = {"waiting": 0, "sending": 0, "parked": 0}
    assert of_agent.of_cloud("hook", {"state": "not_configured", "last_error": None, **nothing}).state is State.OK


def test_every_device_is_named_also_while_no_agent_runs(tmp_path: Path) -> None:
    more = '\n[[scale]]\nname = "scale"\nport = "sim://scale"\n\n[[display]]\nname = "pole"\nport = "sim://pole"\n'
    (tmp_path / "stillopen.toml").write_text(CONFIG + more)
    found = list(of_agent.not_running(load(tmp_path / "stillopen.toml"), "no agent answers", "start it"))
    assert {one.check for one in found} == {
        "agent",
        *(f"device {name}" for name in ("counter", "receipt", "drawer", "scale", "pole")),
    }
    assert {one.state for one in found} == {State.NOT_KNOWN}


def test_an_agent_that_does_not_sell() -> None:
    status = {"selling": False, "fault": "the disk failed. Restart it.", "version": "1", "devices": [], "clouds": {}}
    (found,) = of_agent.running(status)
    assert (found.state, "the disk failed" in found.said) == (State.FAILED, True)


async def test_the_status_of_a_real_agent_has_what_is_judged(folder: Path) -> None:
    async with open_shop(folder, config=CONFIG + CLOUD) as shop:
        found = {finding.check: finding for finding in of_agent.running(shop.app.status())}
    known = set(found) - {"new epoch"}  # the folder is a copy
    assert known == {"agent", "journal's log", "device counter", "device receipt", "device drawer", "cloud hook"}
    assert found["agent"].state is State.OK


async def test_what_a_real_agent_notes_of_its_journal_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(folder / "state" / FILE, isolation_level=None)) as journal:
        journal.execute("insert into upkeep values (?, '')", (schema.WAS_PUT_BACK,))
    monkeypatch.setattr(upkeep, "LOG_BYTES_MAX", 1)
    async with open_shop(folder) as shop:
        shop.app.upkeep.look_at_log()
        status = shop.app.status()
    found = {finding.check: finding for finding in of_agent.running(status)}
    held, begun = found["journal's log"], found["new epoch"]
    assert (held.state, held.said.startswith("the journal's log has grown to")) == (State.WARNING, True)
    assert held.next is not None
    assert held.next.startswith("Close what reads the journal")
    assert (begun.state, "it is a backup" in begun.said) == (State.WARNING, True)
    assert begun.next is not None
    assert "give each of its tills an id of its own" in begun.next
    later = {one.check: one for one in of_agent.running(status, now=lambda: right_now() + timedelta(days=15))}
    assert (later["new epoch"].state, later["new epoch"].said) == (State.OK, begun.said)


@pytest.mark.parametrize(
    "words",
    [
        ("--after",), ("--clean",), ("--counter", "x"), ("--pull-the-plug", "--count-for-another"),
        ("--pull-the-plug", "--after", "--clean"), ("--pull-the-plug", "--seen", "KXQR 5"),
        ("--pull-the-plug", "--after", "--counter", "x", "--seen", "KXQR 5"),
        ("--pull-the-plug", "--minutes", "0"), ("--pull-the-plug", "--minutes", "nan"),
        ("--pull-the-plug", "--minutes", "1000"), ("--nonsense",),
    ],
)  # fmt: skip
def test_words_that_do_not_go_together(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(tmp_path, *words) == 2
    assert capsys.readouterr().err
    assert not (tmp_path / "state").exists()
