"""The checks of the ports of the configured devices: who may open them, who holds them, which drivers they need.

Nothing is opened: what the system shows of files, programs and drivers is read. Sources: proc(5), systemd.exec(5).
"""

from __future__ import annotations

import os
import re
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent.configured_ports import configured_ports
from agent.doctor.finding import Finding, failed, not_known, ok, warning
from agent.doctor.user import User, agent_user, group_name, may_open
from agent.service import linux_files
from drivers.detect.found import Found, Way
from drivers.detect.look import Sources, look
from drivers.detect.same import means
from drivers.detect.sysfs import Linux
from drivers.errors import PortUnavailable, PortUrlInvalid
from drivers.ports.holders import holders_of
from drivers.ports.libusb import libusb
from drivers.ports.url import PortUrl, parse_port_url
from outbox.journal import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agent.config import Config
    from drivers.ports.holders import Holder

# What is known to take scanners and printers, and how it lets them go.
GRABBERS = {
    "ModemManager": "it takes serial scanners for modems: sudo systemctl disable --now ModemManager",
    "brltty": "it takes serial adapters for Braille displays: sudo apt remove brltty",
    "agetty": "a login waits on that port: sudo systemctl disable --now serial-getty@PORT.service",
    "cupsd": "the print system has it: take the printer's queue away (lpadmin -x QUEUE)",
    "usb": "the print system has it: take the printer's queue away (lpadmin -x QUEUE)",
}
ALWAYS_GRAB = ("ModemManager", "brltty")  # these look at a port when it is plugged in, and have let go at other times
_LOCAL = {"serial": Way.SERIAL, "usb": Way.USB_PRINTER, "hid": Way.HID, "evdev": Way.KEYBOARD, "file": None}
_FIXED = {"usb": "usb_device", "hid": "hidraw", "evdev": "input"}
_ALLOWED = {*_FIXED.values(), *linux_files.SERIAL_CLASSES}  # by the unit
_SERIAL_NAME = re.compile(r"(tty[A-Za-z]+|rfcomm)\d+")
_DEVICE_ALLOW = re.compile(r"^\s*DeviceAllow\s*=\s*char-(\S+)", re.MULTILINE)
_AS_ROOT = "run this as an administrator: sudo stillopen doctor"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where this PC shows devices and programs; tests lay out folders of their own."""

    sources: Sources = field(default_factory=Sources)
    root: Path = field(default_factory=lambda: Path("/"))
    load_libusb: Callable[[], object] = libusb

    @property
    def proc(self) -> Path:
        """The kernel's list of programs and drivers."""
        return self.root / "proc"

    @property
    def linux(self) -> Linux:
        """The kernel's and udev's list of devices."""
        return self.sources.linux or Linux()


@dataclass(frozen=True, slots=True)
class Local:
    """A configured device that is on this PC, and the files it is opened by; `missing` says why there are none."""

    name: str
    url: PortUrl
    files: tuple[Path, ...]
    missing: Finding | None = None


def all_of(config: Config, state: Path, *, inside: bool = False, ground: Ground | None = None) -> Iterator[Finding]:
    """Yield what there is to say of the ports of this PC. `inside`: this process is the agent itself."""
    ground = ground or Ground()
    ports = _local_ports(configured_ports(config))
    if any(url.scheme == "usb" for url in ports.values()):
        yield libusb_loads(ground.load_libusb)
    if not ports:
        return
    if not ground.sources.platform.startswith("linux"):
        for name in ports:
            yield not_known(f"port {name}", "this system does not say who may open it", "start the agent: it tells")
        return
    devices = _located(ports, ground)
    user = agent_user(state)
    for device in devices:
        yield device.missing or rights(device, user, inside=inside)
    yield held(devices, state, ground.proc)
    yield from grabbers(devices, ground.proc)
    yield from drivers(devices, ground)


def _local_ports(ports: Mapping[str, str]) -> dict[str, PortUrl]:
    found = {}
    for name, text in ports.items():
        try:
            url = parse_port_url(text)
        except PortUrlInvalid:  # `stillopen check` says it
            continue
        if url.scheme in _LOCAL and not (url.scheme == "file" and not url.target.startswith("/dev/")):
            found[name] = url
    return found


def _located(ports: Mapping[str, PortUrl], ground: Ground) -> list[Local]:
    sight = look(ground.sources)
    unseen = {one.way: one for one in sight.unseen}
    devices = []
    for name, url in ports.items():
        files = files_of(url, sight.found, ground.linux)
        missing = None
        if not any(file.exists() for file in files):
            one = unseen.get(_LOCAL[url.scheme] or Way.USB_PRINTER)
            missing = (
                failed(f"port {name}", f"{url.text} is not there", "plug it in and switch it on; `stillopen devices`")
                if one is None
                else not_known(f"port {name}", f"it could not be looked for: {one.error}", one.hint)
            )
        devices.append(Local(name, url, files, missing))
    return devices


def files_of(url: PortUrl, found: Iterable[Found], linux: Linux) -> tuple[Path, ...]:
    """Return the device files that a port is opened by; a printer's own driver's file comes after libusb's."""
    if url.target.startswith("/"):
        return (Path(url.target),)
    for one in found:
        if not means(url, one):
            continue
        if one.way is not Way.USB_PRINTER:
            return (Path(one.place),)
        device = linux.sys / "bus/usb/devices" / one.place.split(":")[0]
        try:
            bus, number = (int((device / what).read_text()) for what in ("busnum", "devnum"))
        except (OSError, ValueError):  # unplugged meanwhile
            return ()
        others = (Path(other.removeprefix("file://")) for other in one.also if other.startswith("file://"))
        return (linux.dev / f"bus/usb/{bus:03d}/{number:03d}", *others)
    return ()


def rights(device: Local, user: User, *, inside: bool) -> Finding:
    """Say whether the agent's user may open a port that is there."""
    check, file = f"port {device.name}", device.files[0]
    wanted = os.R_OK if device.url.scheme == "evdev" else os.R_OK | os.W_OK
    try:
        seen = file.stat()
        allowed = may_open(file, seen, user, wanted, inside=inside)
    except OSError as error:
        return not_known(check, f"{file}: {error.strerror}", _AS_ROOT)
    group = group_name(seen.st_gid)
    if allowed:
        return ok(check, f"{file} may be opened by {user.name}")
    said = f"{user.name} may not open {file} (group {group}, mode {stat.S_IMODE(seen.st_mode):o})"
    if allowed is None:
        return not_known(check, f"{said}, unless its access list says so", f"getfacl {file}")
    if group == "root" or not stat.S_IMODE(seen.st_mode) & 0o060:
        rules = "install its udev rules (the Debian package, or sudo stillopen service install), and plug it in again"
        return failed(check, said, rules)
    return failed(check, said, f"sudo usermod -aG {group} {user.name}, and start the agent again")


def held(devices: Sequence[Local], state: Path, proc: Path) -> Finding:
    """Say which programs other than the agent have the ports open."""
    check = "held ports"
    files = {str(file): device.name for device in devices for file in device.files if file.exists()}
    others = {
        path: [one for one in found if not _is_agent(one, state, proc)]
        for path, found in holders_of(files, proc=proc, own=os.getpid()).items()
    }
    told = [f"{files[path]} by {', '.join(map(str, found))}" for path, found in others.items() if found]
    if told:
        names = {one.name for found in others.values() for one in found}
        cures = "; ".join(GRABBERS[name] for name in sorted(names & GRABBERS.keys()))
        return failed(check, f"another program holds {'; '.join(told)}", cures or "close that program")
    if not files:
        return not_known(check, "none of the ports is there", "plug the devices in and look again")
    if not _sees_everybody(proc):
        return not_known(check, "this user does not see what the programs of others hold", _AS_ROOT)
    return ok(check, "no other program holds a port of these devices")


def _is_agent(holder: Holder, state: Path, proc: Path) -> bool:
    """Whether a program is the agent of this very state folder: it has its journal open."""
    journal = str((state / FILE).resolve())
    try:
        return any(str(link.readlink()) == journal for link in (proc / str(holder.pid) / "fd").iterdir())
    except OSError:  # it ended
        return False


def _sees_everybody(proc: Path) -> bool:
    """Whether the list of programs is whole, and each one's open files can be read; a sandbox hides those of others."""
    programs = [entry for entry in proc.iterdir() if entry.name.isdecimal()] if proc.is_dir() else []
    return (proc / "1").exists() and all(
        os.access(one / "fd", os.R_OK | os.X_OK) or not one.exists()  # it ended meanwhile
        for one in programs
    )


def grabbers(devices: Sequence[Local], proc: Path) -> Iterator[Finding]:
    """Yield a warning for each program that runs and is known to take serial ports when they are plugged in."""
    if not any(device.url.scheme == "serial" for device in devices):
        return
    running = set()
    for entry in proc.glob("[0-9]*/comm"):
        try:
            running.add(entry.read_text(errors="replace").strip())
        except OSError:  # it ended
            continue
    for name in ALWAYS_GRAB:
        if name in running:
            yield warning("other programs", f"{name} runs, and may take a port when it is plugged in", GRABBERS[name])


def drivers(devices: Sequence[Local], ground: Ground) -> Iterator[Finding]:
    """Yield whether the drivers are there before the service starts: it may open no class that comes later."""
    check, root = "drivers", ground.root
    units = [root / folder / linux_files.UNIT for folder in ("etc/systemd/system", "usr/lib/systemd/system")]
    if not any(unit.exists() for unit in units):
        return
    lists = [root / folder / "stillopen.conf" for folder in ("etc/modules-load.d", "usr/lib/modules-load.d")]
    if not any(one.exists() for one in lists):
        yield warning(
            check,
            "nothing loads the devices' drivers before the service, which opens no device of a later one",
            "install it again: sudo stillopen service install",
        )
        return
    try:
        known = _character_classes((ground.proc / "devices").read_text())
    except OSError as error:
        yield not_known(check, f"{ground.proc / 'devices'}: {error.strerror}", "run this outside the service")
        return
    asked = {name for device in devices for name in _classes(device)}
    shut = sorted(asked - _ALLOWED - _allowed_here(units))
    late = sorted(asked - set(shut) - known)
    if shut:
        yield failed(
            check,
            f"the service's sandbox opens no device of {', '.join(shut)}",
            f"sudo systemctl edit stillopen, there [Service] and DeviceAllow=char-{shut[0]} rw, and restart it",
        )
    if late:
        yield warning(
            check,
            f"the driver of {', '.join(late)} is not loaded: the service would not open a device of it",
            "sudo systemctl restart systemd-modules-load.service stillopen.service, with the device plugged in",
        )
    elif not shut:
        yield ok(check, "the drivers are loaded before the service starts")


def _classes(device: Local) -> set[str]:
    """Return the kernel's classes of character devices that a device is opened through."""
    fixed = _FIXED.get(device.url.scheme)
    if fixed is not None:
        return {fixed}
    if device.url.scheme != "serial":
        return set()
    return {port[1] for file in device.files if (port := _SERIAL_NAME.fullmatch(file.resolve().name))}


def _allowed_here(units: Iterable[Path]) -> set[str]:
    """Return the classes that somebody has added to the unit by `systemctl edit`."""
    found = set()
    for unit in units:
        for file in unit.with_name(f"{unit.name}.d").glob("*.conf"):
            try:
                found |= set(_DEVICE_ALLOW.findall(file.read_text(errors="replace")))
            except OSError:  # not for this user to read: then it is not said to be shut, either way
                continue
    return found


def _character_classes(text: str) -> set[str]:
    """Return the names in the first part of /proc/devices; a line is a number and a name."""
    part = text.partition("Block devices:")[0]
    return {words[1] for line in part.splitlines() if len(words := line.split()) > 1 and words[0].isdecimal()}


def libusb_loads(load: Callable[[], object]) -> Finding:
    """Load what usb:// ports are opened by."""
    try:
        load()
    except PortUnavailable as error:
        return failed("libusb", str(error), error.hint)
    except (ImportError, OSError) as error:
        return failed("libusb", f"it does not load: {error}", "install Stillopen again; it is in the package")
    return ok("libusb", f"it loads on {sys.platform}")
