"""A sale rung while the agent is removed: it is asked again when nothing sells any more, and the store sells on."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.cli import service
from agent.cli.out import CommandError
from agent.places import Places
from agent.service import first_configuration
from agent.service.linux import Linux
from outbox import chain, deliveries
from outbox.ids import new_id
from outbox.journal import FILE, Journal
from outbox.record import Draft, Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

PRERM = Path(__file__).parents[2] / "packaging/linux/prerm"
SHELL = shutil.which("sh")
# systemd's programs, as far as the script asks them; what waits in `sold` is sold until the service is stopped
SYSTEMCTL = "#!/bin/sh\n[ -e {0}/runs ] && echo active || {{ echo inactive; exit 3; }}\n"
INVOKE = """#!/bin/sh
echo "$@" >>{0}/asked
case "$1" in
stop) [ -e {0}/deaf ] || rm -f {0}/runs; [ ! -e {0}/sold ] || mv {0}/sold/* {0}/state ;;
start) touch {0}/runs ;;
esac
"""


async def sell(state: Path) -> None:
    """Leave a sale that waits for a cloud."""
    journal = Journal(state)
    await journal.open()

    def change(connection: sqlite3.Connection) -> None:
        draft = Draft(new_id(), Kind.SALE, "till-1", "2026-11-21T12:00:00.000+01:00", "2026-11-21", {"total": 1})
        record, _ = chain.append(connection, draft)
        deliveries.queue(connection, record, {"books": frozenset(Kind)})

    await journal.write(change)
    await journal.close()


@pytest.fixture
def removing(tmp_path: Path) -> list[str]:
    """Return the package's own script, on a PC whose folders are here and whose service runs."""
    if SHELL is None:
        pytest.skip("no shell here: dpkg's scripts are Debian's")
    programs = tmp_path / "bin"
    for folder in (programs, tmp_path / "state", tmp_path / "systemd", tmp_path / "etc"):
        folder.mkdir()
    (tmp_path / "runs").touch()
    for name, text in (("systemctl", SYSTEMCTL), ("deb-systemd-invoke", INVOKE)):
        (programs / name).write_text(text.format(tmp_path))
        (programs / name).chmod(0o755)
    script = PRERM.read_text("utf-8")
    for there, here in (
        ("/usr/bin/stillopen", f"{sys.executable} -m agent"),
        ("/var/lib/stillopen", str(tmp_path / "state")),
        ("/etc/stillopen", str(tmp_path / "etc")),
        ("/run/systemd/system", str(tmp_path / "systemd")),
    ):
        assert there in script
        script = script.replace(there, here)
    (tmp_path / "prerm").write_text(script)
    return ["/usr/bin/env", f"PATH={programs}:/usr/bin:/bin", SHELL, str(tmp_path / "prerm")]


def ran(command: Sequence[str], what: str = "remove") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, what], check=False, capture_output=True, text=True, cwd=PRERM.parents[2])


async def test_a_sale_rung_while_the_package_is_removed_keeps_it_and_the_store_sells_on(
    tmp_path: Path, removing: list[str]
) -> None:
    await sell(tmp_path / "sold")
    done = ran(removing)
    assert (done.returncode, (tmp_path / "state" / FILE).exists()) == (1, True)
    assert "1 for books" in done.stderr
    assert "stillopen service export FILE" in done.stderr
    assert (tmp_path / "runs").exists()
    assert (tmp_path / "asked").read_text().splitlines() == [
        "stop stillopen-update.path stillopen-update.service stillopen.service",
        "start stillopen-update.path stillopen.service",
    ]


async def test_what_waits_already_does_not_even_stop_the_store(tmp_path: Path, removing: list[str]) -> None:
    await sell(tmp_path / "state")
    assert ran(removing).returncode == 1
    assert not (tmp_path / "asked").exists()


def test_a_journal_that_cannot_be_read_is_no_refusal_but_a_fault_with_a_way_out(
    tmp_path: Path, removing: list[str]
) -> None:
    (tmp_path / "state" / FILE).write_bytes(b"not a database" * 100)
    done = ran(removing)
    assert done.returncode == 1
    assert "Nobody can say whether records wait" in done.stderr
    assert f"sudo touch {tmp_path}/etc/remove-anyway" in done.stderr
    assert "Let the records go up" not in done.stderr
    assert (tmp_path / "runs").exists()
    (tmp_path / "etc" / "remove-anyway").touch()
    done = ran(removing)
    assert (done.returncode, (tmp_path / "runs").exists()) == (0, False)
    assert (tmp_path / "state" / FILE).exists()


async def test_the_way_out_of_a_fault_is_none_for_records_that_wait(tmp_path: Path, removing: list[str]) -> None:
    await sell(tmp_path / "state")
    (tmp_path / "etc" / "remove-anyway").touch()
    done = ran(removing)
    assert (done.returncode, "1 for books" in done.stderr) == (1, True)
    assert (tmp_path / "runs").exists()


def test_a_service_that_does_not_stop_is_not_removed(tmp_path: Path, removing: list[str]) -> None:
    (tmp_path / "deaf").touch()
    done = ran(removing)
    assert done.returncode == 1
    assert "The service does not stop. Next: systemctl stop stillopen" in done.stderr


def test_with_nothing_waiting_it_stops_and_goes(tmp_path: Path, removing: list[str]) -> None:
    assert ran(removing, "upgrade").returncode == 0
    assert (tmp_path / "runs").exists()
    assert ran(removing).returncode == 0
    assert not (tmp_path / "runs").exists()


class Systemd:
    """A PC's systemd: `until_stopped` is sold before the service has stopped."""

    def __init__(self, until_stopped: Path, state: Path) -> None:
        self.asked: list[str] = []
        self._sold = (until_stopped, state)

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(" ".join(command[:2]))
        if command[1] == "stop" and self._sold[0].exists():
            shutil.copytree(*self._sold, dirs_exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "LoadState=loaded\nActiveState=active\n", "")


@pytest.mark.parametrize("export", [None, "kept.jsonl"])
async def test_a_pip_installation_is_asked_again_when_it_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: str | None
) -> None:
    await sell(tmp_path / "sold")
    systemd = Systemd(tmp_path / "sold", tmp_path / "state")
    linux = Linux(root=tmp_path / "root", python="/opt/stillopen/bin/python", run=systemd)
    linux.install(first_configuration())
    systemd.asked.clear()
    monkeypatch.setattr(service, "_system", lambda: linux)  # this test's PC, not the one it runs on
    args = argparse.Namespace(what="uninstall", export=export and str(tmp_path / export), json=True)
    places = Places(tmp_path / "stillopen.toml", tmp_path / "state")
    unit = tmp_path / "root/etc/systemd/system/stillopen.service"
    if export is None:
        with pytest.raises(CommandError, match="1 for books"):
            service.run(args, places)
        assert systemd.asked == ["systemctl show", "systemctl stop", "systemctl start"]
        assert unit.exists()
    else:
        assert service.run(args, places) == 0
        assert "books" in (tmp_path / export).read_text("utf-8")  # what was sold last is in it
        assert not unit.exists()


def test_a_file_that_would_go_too_does_not_even_stop_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemd = Systemd(tmp_path / "sold", tmp_path / "state")
    linux = Linux(root=tmp_path / "root", python="/opt/stillopen/bin/python", run=systemd)
    linux.install(first_configuration())
    systemd.asked.clear()
    monkeypatch.setattr(service, "_system", lambda: linux)  # this test's PC, not the one it runs on
    args = argparse.Namespace(what="uninstall", export=str(tmp_path / "state" / "kept.jsonl"), json=True)
    with pytest.raises(CommandError, match="would be taken away"):
        service.run(args, Places(tmp_path / "stillopen.toml", tmp_path / "state"))
    assert systemd.asked == []
