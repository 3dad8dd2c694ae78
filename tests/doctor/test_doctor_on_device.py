"""The ports of the configured devices, on computers that are made up of folders: rights, holders, drivers."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.config import Config, load
from agent.doctor import on_device
from agent.doctor.finding import Finding, State
from agent.doctor.on_device import Ground
from agent.doctor.user import User, may_open
from agent.service import linux_files
from drivers.detect.look import Sources
from drivers.errors import PortUnavailable
from outbox.journal import FILE
from tests.api.shop import CONFIG
from tests.detect.linux_tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells only on Linux")


@pytest.fixture
def tty() -> Iterator[str]:
    """Return a device file that this very process holds open."""
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def config_with(folder: Path, port: str, instead: str = "sim://counter") -> Config:
    file = folder / "stillopen.toml"
    file.write_text(CONFIG.replace(instead, port))
    return load(file)


def program(root: Path, pid: int, name: str, *holds: str) -> None:
    folder = root / "proc" / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    for number, path in enumerate(holds):
        (folder / "fd" / str(number)).symlink_to(path)


def checked(folder: Path, config: Config, tree: Tree | None = None, **ground: object) -> dict[str, Finding]:
    """Check on the computer whose file system is under `folder`; program 1 is always there."""
    if not (folder / "proc" / "1").exists():
        program(folder, 1, "systemd")
    made = tree or Tree(folder / "made")
    sources = Sources(list_ports=made.list_ports, linux=made.linux)
    here = replace(Ground(sources, folder), **ground)  # type: ignore[arg-type]  # a test's own fields
    return {one.check: one for one in on_device.all_of(config, folder / "state", ground=here)}


def test_a_port_that_may_be_opened_and_that_nobody_holds(tmp_path: Path, tty: str) -> None:
    found = checked(tmp_path, config_with(tmp_path, f"serial://{tty}"))
    assert {check: one.state for check, one in found.items()} == {
        "port counter": State.OK, "held ports": State.OK,
    }  # fmt: skip


def test_simulated_and_network_devices_have_no_port_to_look_at(tmp_path: Path) -> None:
    assert checked(tmp_path, config_with(tmp_path, "sim://counter")) == {}


def test_a_port_that_is_not_there_is_named_with_the_next_step(tmp_path: Path) -> None:
    found = checked(tmp_path, config_with(tmp_path, "serial:///dev/ttyUSB99"))
    assert found["port counter"].state is State.FAILED
    assert "stillopen devices" in (found["port counter"].next or "")
    assert found["held ports"].state is State.NOT_KNOWN


def test_ways_that_could_not_be_looked_for_are_not_known(tmp_path: Path) -> None:
    def broken() -> list[object]:
        raise PortUnavailable("nothing lists them", hint="Write it by hand.")

    tree = Tree(tmp_path / "made")
    tree.list_ports = broken  # type: ignore[method-assign,assignment]  # a computer that does not tell
    found = checked(tmp_path, config_with(tmp_path, "serial://0c2e:0b6a"), tree)
    assert found["port counter"].state is State.NOT_KNOWN


@pytest.mark.parametrize(
    ("holder", "cure"),
    [("ModemManager", "disable --now ModemManager"), ("agetty", "serial-getty@"), ("strange", "close that program")],
)
def test_who_holds_a_port_is_named_with_what_to_do(tmp_path: Path, tty: str, holder: str, cure: str) -> None:
    program(tmp_path, 77, holder, tty)
    found = checked(tmp_path, config_with(tmp_path, f"serial://{tty}"))["held ports"]
    assert (found.state, f"counter by {holder} (process 77)" in found.said) == (State.FAILED, True)
    assert cure in (found.next or "")


def test_the_agent_itself_may_hold_its_ports(tmp_path: Path, tty: str) -> None:
    (tmp_path / "state").mkdir()
    program(tmp_path, 77, "python3", tty, str((tmp_path / "state" / FILE).resolve()))
    assert checked(tmp_path, config_with(tmp_path, f"serial://{tty}"))["held ports"].state is State.OK


def test_in_a_sandbox_that_hides_programs_nobody_is_said_to_hold_nothing(tmp_path: Path, tty: str) -> None:
    program(tmp_path, 900, "python3")
    (tmp_path / "proc" / "1").mkdir()  # a name alone: what it has open cannot be read
    assert checked(tmp_path, config_with(tmp_path, f"serial://{tty}"))["held ports"].state is State.NOT_KNOWN


def test_a_program_that_takes_ports_when_they_are_plugged_in(tmp_path: Path, tty: str) -> None:
    program(tmp_path, 78, "brltty")
    found = checked(tmp_path, config_with(tmp_path, f"serial://{tty}"))
    assert found["other programs"].state is State.WARNING


def test_a_usb_printer_its_libusb_and_its_drivers_file(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "made")
    tree.usb_printer("1-2", "04b8:0e15", serial="A1", lp=0)
    for what, number in (("busnum", 1), ("devnum", 7)):
        tree.write(tree.sys / "bus/usb/devices/1-2" / what, str(number))
    node = tree.dev / "bus/usb/001/007"
    node.parent.mkdir(parents=True)
    node.symlink_to("/dev/null")
    config = config_with(tmp_path, "usb://04b8:0e15/A1", "sim://receipt")
    program(tmp_path, 77, "usb", "/dev/null")
    found = checked(tmp_path, config, tree, load_libusb=lambda: None)
    assert (found["libusb"].state, found["port receipt"].state) == (State.OK, State.OK)
    assert "lpadmin" in (found["held ports"].next or "")

    def missing() -> object:
        raise PortUnavailable("libusb does not load", hint="Install Stillopen again.")

    assert checked(tmp_path, config, tree, load_libusb=missing)["libusb"].state is State.FAILED


def test_drivers_have_to_be_there_before_the_service(tmp_path: Path) -> None:
    usb = tmp_path / "ttyUSB0"
    usb.touch()
    config = config_with(tmp_path, f"serial://{usb}")
    assert "drivers" not in checked(tmp_path, config)  # no service: nothing shuts a class out
    unit = tmp_path / "etc/systemd/system/stillopen.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert checked(tmp_path, config)["drivers"].state is State.WARNING
    listed = tmp_path / "etc/modules-load.d/stillopen.conf"
    listed.parent.mkdir(parents=True)
    listed.touch()
    assert checked(tmp_path, config)["drivers"].state is State.NOT_KNOWN
    devices = tmp_path / "proc/devices"
    devices.write_text("Character devices:\n  4 ttyS\n189 usb_device\n\nBlock devices:\n  8 ttyUSB\n")
    late = checked(tmp_path, config)["drivers"]
    assert (late.state, "ttyUSB" in late.said) == (State.WARNING, True)
    devices.write_text("Character devices:\n  4 ttyS\n188 ttyUSB\n")
    assert checked(tmp_path, config)["drivers"].state is State.OK


@pytest.mark.parametrize("name", linux_files.SERIAL_CLASSES)
def test_every_class_of_the_unit_is_one_the_doctor_knows(tmp_path: Path, name: str) -> None:
    assert _of_packaged(tmp_path, f"{name}0", name).state is State.OK


def test_a_class_that_the_sandbox_shuts_out_is_named_until_it_is_let_in(tmp_path: Path) -> None:
    shut = _of_packaged(tmp_path, "ttyMI0", "ttyMI")
    assert (shut.state, "sandbox opens no device of ttyMI" in shut.said) == (State.FAILED, True)
    assert "DeviceAllow=char-ttyMI rw" in (shut.next or "")
    more = tmp_path / "etc/systemd/system/stillopen.service.d/override.conf"
    more.parent.mkdir(parents=True)
    more.write_text("[Service]\nDeviceAllow=char-ttyMI rw\n")
    assert _of_packaged(tmp_path, "ttyMI0", "ttyMI").state is State.OK


def _of_packaged(root: Path, port: str, known: str) -> Finding:
    """Check the drivers of a serial port on a PC with the package, whose kernel has a class."""
    (root / port).touch()
    for name in ("usr/lib/systemd/system/stillopen.service", "usr/lib/modules-load.d/stillopen.conf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/devices").write_text(f"Character devices:\n  7 {known}\n")
    return checked(root, config_with(root, f"serial://{root / port}"))["drivers"]


OTHERS, GROUP = os.geteuid() + 1, 4711


@pytest.mark.parametrize(
    ("mode", "groups", "allowed"),
    [(0o660, {GROUP}, True), (0o660, set(), False), (0o666, set(), True), (0o640, {GROUP}, False)],
)
def test_a_file_opens_to_its_owner_its_group_or_everybody(
    tmp_path: Path, mode: int, groups: set[int], *, allowed: bool
) -> None:
    file = tmp_path / "ttyUSB0"
    file.touch()
    seen = os.stat_result((stat.S_IFCHR | mode, 0, 0, 1, 0, GROUP, 0, 0, 0, 0))
    user = User("stillopen", OTHERS, frozenset(groups))
    assert may_open(file, seen, user, os.R_OK | os.W_OK, inside=False) is allowed
    assert may_open(file, seen, User("root", 0, frozenset()), os.R_OK | os.W_OK, inside=False) is True


def test_the_next_step_names_the_group_and_the_user(tmp_path: Path) -> None:
    file = tmp_path / "ttyUSB0"
    file.touch(0o660)
    config = config_with(tmp_path, f"serial://{file}")
    (device,) = on_device._located(
        on_device._local_ports({"counter": config.scanners[0].port}),
        Ground(Sources(list_ports=list, linux=Tree(tmp_path / "made").linux), tmp_path),
    )
    file.chmod(0o660)
    found = on_device.rights(device, User("till", OTHERS, frozenset()), inside=False)
    assert found.state is State.FAILED
    assert "till may not open" in found.said
    file.chmod(0o600)
    assert "udev rules" in (on_device.rights(device, User("till", OTHERS, frozenset()), inside=False).next or "")
