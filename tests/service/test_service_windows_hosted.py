"""The real service of Windows, as the agent sees it: who may look, what the host says, which pages may call."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import api_token
from agent.config import ConfigInvalid, load
from agent.service import first_configuration
from agent.service.refusal import ServiceRefused
from agent.service.windows_browsers import BROWSERS, NOTES, POLICIES, allow, changes, values
from agent.service.windows_folder import access
from agent.service.windows_service import ERRANDS, HOST, WindowsService, home_of, service_sid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STATUS = (
    "state=active\nversion=1.1.0\nprevious=1.0.0\ntrial=0\nruns=1.1.0\nready=1\nstarts=1\nsaid=Selling at http://x\n"
)
ORIGINS = st.lists(st.sampled_from(["https://a.example", "https://b.example", "https://c.example:8443"]), max_size=3)
LISTS = st.dictionaries(st.sampled_from(["1", "2", "3", "7", "x"]), st.sampled_from(["https://a.example", "https://z"]))


class Programs:
    """Keeps what was asked, and a registry; the host answers with `status`."""

    def __init__(self, *, fails: str = "", status: str = STATUS) -> None:
        self.asked: list[list[str]] = []
        self.registry: dict[str, dict[str, str]] = {}
        self.fails = fails
        self.status = status

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(list(command))
        if self.fails and self.fails in command:
            return subprocess.CompletedProcess(command, 1, "", "the service cannot be made\n1.1.0 is not well\n")
        if command[0] == "reg":
            return self._registry(list(command))
        return subprocess.CompletedProcess(command, 0, self.status if command[-1] == "status" else "", "")

    def _registry(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        what, key, *rest = command[1:]
        there = self.registry.get(key, {})
        if what == "query":
            text = f"\n{key}\n" + "".join(f"    {name}    REG_SZ    {value}\n" for name, value in there.items())
            return subprocess.CompletedProcess(command, 0 if key in self.registry else 1, text, "")
        if what == "add":
            self.registry.setdefault(key, {})[rest[1]] = rest[rest.index("/d") + 1]
        else:
            del there[rest[1]]
        return subprocess.CompletedProcess(command, 0, "The operation completed successfully.", "")


def made(tmp_path: Path, programs: Programs) -> WindowsService:
    return WindowsService(tmp_path / "program", tmp_path / "data/stillopen.toml", tmp_path / "data/state", run=programs)


def test_a_services_sid_is_made_of_its_name() -> None:
    # the one that everybody knows; its owner is on every file of Windows
    assert service_sid("TrustedInstaller") == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"


def test_the_stores_folder_is_left_to_three_and_nobody_inherits(tmp_path: Path) -> None:
    state = tmp_path / "state"
    closed = [
        [
            "icacls", str(tmp_path), "/inheritance:r", "/grant:r",
            "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F", f"*{service_sid()}:(OI)(CI)RX",
        ],
        ["icacls", str(state), "/grant:r", f"*{service_sid()}:(OI)(CI)M"],
    ]  # fmt: skip
    assert access(tmp_path, state, service_sid(), first=False) == closed
    first = access(tmp_path, state, service_sid(), first=True)
    assert [command[2] for command in first[:2]] == ["/setowner", "/reset"]
    assert first[2:] == closed


def test_what_somebody_left_in_the_folder_beforehand_opens_nothing(tmp_path: Path) -> None:
    token = tmp_path / "data/state" / api_token.FILE
    token.parent.mkdir(parents=True)
    token.write_text("known to somebody", "utf-8")
    made(tmp_path, Programs()).install(first_configuration())  # a service that is there: its token stays
    assert token.exists()
    programs = Programs(status="state=not-found\n")
    made(tmp_path, programs).install(first_configuration())
    assert not token.exists()
    assert [command[2] for command in programs.asked if command[0] == "icacls"] == [
        "/setowner", "/reset", "/inheritance:r", "/grant:r",
    ]  # fmt: skip
    assert [command[1] for command in programs.asked[:2]] == [
        "status",
        "folder",
    ]  # the host's part, before anything else


def test_a_folder_that_leads_elsewhere_is_refused_and_what_it_leads_to_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (tmp_path / "data").symlink_to(theirs)
    programs = Programs()
    with pytest.raises(ServiceRefused, match="leads elsewhere"):
        made(tmp_path, programs).install(first_configuration())
    assert [command for command in programs.asked if command[0] == "icacls"] == []
    assert list(theirs.iterdir()) == []


def test_the_host_is_found_from_the_python_that_runs(tmp_path: Path) -> None:
    python = tmp_path / "1.0.0/python/python.exe"
    assert home_of(str(python)) is None
    (tmp_path / HOST).touch()
    assert home_of(str(python)) == tmp_path
    assert home_of("python.exe") is None


def test_installing_closes_the_folder_before_anything_runs_and_lets_the_front_end_in(tmp_path: Path) -> None:
    programs = Programs()
    config = tmp_path / "data/stillopen.toml"
    config.parent.mkdir()
    config.write_text(first_configuration() + '\n[api]\nport = 9000\norigins = ["https://pos.example.com"]\n', "utf-8")
    done = made(tmp_path, programs).install(first_configuration())
    verbs = [(command[0].rpartition("/")[2], *command[1:2]) for command in programs.asked[:5]]
    closed = [("icacls", str(config.parent)), ("icacls", str(config.parent / "state"))]
    assert verbs == [(HOST, "status"), *closed, (HOST, "install"), (HOST, "start")]
    assert programs.registry[r"HKLM\SOFTWARE\Stillopen"] == {"Page": "http://localhost:9000/"}
    assert [line for line in done if "pos.example.com" in line] == [
        "Chrome: pages of https://pos.example.com may call this PC",
        "Edge: pages of https://pos.example.com may call this PC",
    ]


def test_the_browsers_follow_the_configuration_and_the_service_is_left_alone(tmp_path: Path) -> None:
    programs = Programs()
    service = made(tmp_path, programs)
    service.install(first_configuration())
    config = tmp_path / "data/stillopen.toml"
    config.write_text(first_configuration() + '\n[api]\nport = 9000\norigins = ["https://pos.example.com"]\n', "utf-8")
    before = len(programs.asked)
    assert [line for line in service.follow() if "pos.example.com" in line]
    assert {command[0] for command in programs.asked[before:]} == {"reg"}
    assert programs.registry[r"HKLM\SOFTWARE\Stillopen"] == {"Page": "http://localhost:9000/"}
    assert service.follow() == []
    config.write_text("[store]", "utf-8")
    with pytest.raises(ConfigInvalid):
        service.follow()


def test_the_task_of_errands_is_put_and_taken_away_with_the_service(tmp_path: Path) -> None:
    programs = Programs()
    service = made(tmp_path, programs)
    done = service.install(first_configuration())
    assert programs.asked[-1][:5] == ["schtasks", "/Create", "/F", "/TN", ERRANDS]
    assert ERRANDS in done[-1]
    service.uninstall()
    assert ["schtasks", "/Delete", "/F", "/TN", ERRANDS] in programs.asked


def test_a_bare_pc_gets_a_configuration_that_sells(tmp_path: Path) -> None:
    done = made(tmp_path, Programs()).install(first_configuration())
    assert load(tmp_path / "data/stillopen.toml").store.id == "store-1"
    assert "an example" in done[0]


def test_a_service_that_does_not_come_up_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match=r"stillopen-service.exe start failed: 1\.1\.0 is not well") as refused:
        made(tmp_path, Programs(fails="start")).install(first_configuration())
    assert "host.log" in refused.value.hint


def test_a_configuration_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/stillopen.toml").write_text("[store]", "utf-8")
    with pytest.raises(ServiceRefused, match=r"stillopen\.toml cannot be used"):
        made(tmp_path, Programs()).install(first_configuration())


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (STATUS, "active", "Selling at http://x"),
        (STATUS.replace("ready=1", "ready=0"), "activating", "Selling at http://x"),
        ("state=inactive\nstarts=1\n", "inactive", ""),
        ("state=not-found\n", "not-found", ""),
        ("", "unknown", ""),
    ],
)
def test_the_hosts_word_on_the_service(tmp_path: Path, status: str, state: str, said: str) -> None:
    found = made(tmp_path, Programs(status=status)).status()
    assert (found.state, found.said) == (state, said)


def test_uninstalling_takes_the_service_and_our_entries_and_leaves_the_records(tmp_path: Path) -> None:
    programs = Programs()
    service = made(tmp_path, programs)
    service.install(first_configuration() + '\n[api]\norigins = ["https://pos.example.com"]\n')
    lists = [rf"{key}\{policy}" for key in BROWSERS.values() for policy in POLICIES]
    assert all(programs.registry[key] for key in lists)
    service.uninstall()
    assert not any(programs.registry[key] for key in lists)
    assert [programs.asked[-1][0] != "icacls", (tmp_path / "data/state").is_dir()] == [True, True]


@pytest.mark.parametrize(("status", "ran"), [(STATUS, True), ("state=inactive\n", False), ("state=not-found\n", False)])
def test_a_stop_says_whether_it_ran(tmp_path: Path, status: str, *, ran: bool) -> None:
    programs = Programs(status=status)
    service = made(tmp_path, programs)
    assert service.stop() is ran
    service.start()
    assert [command[1] for command in programs.asked] == ["status", "stop", "start"]


def test_a_registry_that_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match="reg add HKLM"):
        allow(["https://pos.example.com"], run=Programs(fails="add"))


def test_what_reg_says_is_read() -> None:
    said = "\nHKEY_LOCAL\\X\n    1    REG_SZ    https://a.example\n    n    REG_DWORD    0x1\n    2    REG_SZ    \n\n"
    assert values(said) == {"1": "https://a.example", "2": ""}


@settings(max_examples=100, deadline=None)
@given(there=LISTS, ours=LISTS, wanted=ORIGINS, later=ORIGINS)
def test_a_list_has_what_is_wanted_and_keeps_what_is_others(
    there: dict[str, str], ours: dict[str, str], wanted: list[str], later: list[str]
) -> None:
    key, notes = rf"{BROWSERS['Edge']}\{POLICIES[0]}", rf"{NOTES}\Edge\{POLICIES[0]}"
    programs = Programs()
    programs.registry |= {key: dict(there), notes: dict(ours)}
    theirs = {name: origin for name, origin in there.items() if ours.get(name) != origin}
    for origins in (wanted, later, later):
        allow(origins, run=programs)
        found = programs.registry[key]
        assert set(origins) <= set(found.values())
        assert theirs.items() <= found.items()
        assert all(found[name] == origin for name, origin in programs.registry[notes].items())
    assert changes(programs.registry[key], programs.registry[notes], later).gone == ()
    allow([], run=programs)
    assert (programs.registry[key], programs.registry[notes]) == (theirs, {})
