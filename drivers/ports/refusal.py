"""Why a port would not open, in words that name the next step."""

from __future__ import annotations

import errno
import getpass
import sys
from pathlib import Path

from drivers.errors import PortUnavailable
from drivers.ports.holders import holders


def unavailable(what: str, path: str, code: int | None, error: Exception) -> PortUnavailable:
    """Translate an operating system's refusal to open `path`; `code` is its errno, if known."""
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO}:
        return PortUnavailable(
            f"{what}: {path} is not there",
            hint="Plug the device in and switch it on; `stillopen devices` lists what is there.",
        )
    if code in {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK} or (sys.platform == "win32" and code == errno.EACCES):
        who = ", ".join(map(str, holders(path)))
        return PortUnavailable(
            f"{what}: {path} is held by another program" + (f": {who}" if who else ""),
            hint=f"Close {who}."
            if who
            else "Close the other program that uses it (a vendor's tool, a terminal, ModemManager, CUPS),"
            " or the second agent.",
        )
    if code == errno.EPERM and sys.platform.startswith("linux"):
        # What its mode and group let in, and a control group's device filter does not (systemd.resource-control(5)).
        return PortUnavailable(
            f"{what}: the service's sandbox does not open {path}",
            hint=f"sudo systemctl edit stillopen, there [Service] and DeviceAllow=char-{_stem(path)} rw; then restart"
            " it, with the device plugged in.",
        )
    if code in {errno.EACCES, errno.EPERM}:
        return PortUnavailable(f"{what}: no permission to open {path}", hint=_permission(path))
    if code in {errno.ENOTTY, errno.EINVAL}:
        return PortUnavailable(
            f"{what}: {path} is not a serial port",
            hint=f"For a printer's device file write file://{path}; `stillopen devices` lists what is there.",
        )
    return PortUnavailable(f"{what}: {error}", hint="Unplug the device, plug it in again, and look at its cable.")


def _stem(path: str) -> str:
    """Return the kernel's name for devices of this kind: ttyUSB of /dev/ttyUSB0, also through a link."""
    return Path(path).resolve().name.rstrip("0123456789") or "NAME"


def _permission(path: str) -> str:
    group = _group(path)
    if group in {None, "root"}:
        return f"Let the agent's user open {path}: the installed service does so by a udev rule."
    return f"Add the agent's user to the group {group}: sudo usermod -aG {group} {_user()}, then start the agent again."


def _group(path: str) -> str | None:
    if sys.platform == "win32":
        return None
    try:
        return Path(path).group()
    except (OSError, KeyError):  # gone; a group without a name
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "USER"
