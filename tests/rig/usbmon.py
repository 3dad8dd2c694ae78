"""What the kernel saw on its buses: a third party's count of what went out (Documentation/usb/usbmon.rst)."""

from __future__ import annotations

import errno
import subprocess
import tempfile
from pathlib import Path
from typing import Self

ALL_BUSES = Path("/sys/kernel/debug/usb/usbmon/0u")
_SET_CONFIGURATION = ["00", "09"]  # bmRequestType, bRequest


class Usbmon:
    """Listens while it is entered."""

    def __enter__(self) -> Self:
        subprocess.run(["modprobe", "usbmon"], check=True)
        if not ALL_BUSES.exists():
            subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=True)
        self._log = tempfile.NamedTemporaryFile()
        # The kernel counts from here on, and keeps some 150 events for whoever is slow, as a test's own Python is.
        with ALL_BUSES.open("rb") as events:
            self._cat = subprocess.Popen(["cat"], stdin=events, stdout=self._log)
        return self

    def __exit__(self, *_: object) -> None:
        self._cat.terminate()
        self._cat.wait()
        self._log.close()

    def sent(self) -> int:
        """Return how many bytes bulk transfers have moved to devices, as far as they have ended."""
        return sum(int(event[5]) for event in self._events("C", "Bo:"))

    def configured(self) -> bool:
        """Whether anybody has set a device's configuration."""
        return any(event[5:7] == _SET_CONFIGURATION for event in self._events("S", "Co:"))

    def halted(self) -> bool:
        """Whether a halted endpoint has ended a bulk transfer to a device."""
        return any(int(event[4]) == -errno.EPIPE for event in self._events("C", "Bo:"))

    def _events(self, kind: str, transfer: str) -> list[list[str]]:
        lines = Path(self._log.name).read_text(encoding="ascii").splitlines(keepends=True)
        words = (line.split() for line in lines if line.endswith("\n"))
        return [event for event in words if event[2] == kind and event[3].startswith(transfer)]
