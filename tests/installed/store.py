"""A store's PC in the guest: its service, its till by the local API, and what was told to whom."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

WAIT_S = 900.0  # a boot of the guest takes 15 s on a quiet machine; minutes where it is busy. What hangs takes for ever
LOOK_S = 0.5
MID_WRITE_S = 30.0  # a seller writes several times a second
SUPERBLOCK = (2, 3)  # ext4's: the second kilobyte; in sectors of 512 bytes
NUMBER = re.compile(r"TILL-1-\d{6} ")  # a seller's line: the receipt's number, and when; one that was cut is none
STATE = "/var/lib/stillopen"
CONFIG = "/etc/stillopen/stillopen.toml"
TILL = "python3 /srv/till.py"
_BEGAN = time.monotonic()


class Broken(Exception):
    """A promise does not hold."""


def say(text: str) -> None:
    """Say a line with the time since the start."""
    sys.stdout.write(f"[{time.monotonic() - _BEGAN:6.1f} s] {text}\n")
    sys.stdout.flush()


class Store:
    """One PC. `told` is every receipt number that a sale was answered with; each has to be there for ever."""

    def __init__(self, guest: Any, disk: Any, debs: Sequence[Path], *, cuts: int, seed: int) -> None:
        self.guest = guest
        self.disk = disk
        self.debs = debs
        self.cuts = cuts
        self.random = random.Random(seed)
        self.told: list[str] = []

    def sh(self, script: str, *, timeout: float = WAIT_S, fails: bool = False) -> str:
        """Run it as root and return what it said. Raises `Broken` where it ends otherwise than wanted."""
        done = self.guest.sh(f"{{ {script}\n}} 2>&1", timeout=timeout)
        if bool(done.rc) is not fails:
            raise Broken(f"`{script.strip().splitlines()[0]}` ended with {done.rc}:\n{done.out}")
        return str(done.out)

    def boot(self) -> None:
        """Switch the PC on, with no network cable."""
        self.guest.start(timeout=WAIT_S)
        self.guest.link(False)

    def put(self, source: Path, name: str) -> None:
        """Put a file of this checkout into the guest's /srv, and onto its disk."""
        self.guest.write(f"/srv/{name}", source.read_text(encoding="utf-8"))
        self.sh("sync -f /srv")

    def show(self, name: str) -> str:
        """Return what systemd knows of the service."""
        return self.sh(f"systemctl show -p {name} --value stillopen").strip()

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait until something is so, by looking."""
        until = time.monotonic() + WAIT_S
        while not true():
            if time.monotonic() > until:
                raise Broken(f"waited {WAIT_S:g} s for: {what}")
            time.sleep(LOOK_S)

    def wait(self, name: str, wanted: Collection[str]) -> None:
        """Wait until systemd says so."""
        self.until(lambda: self.show(name) in wanted, f"systemd's {name} of the service to be {' or '.join(wanted)}")

    def runs(self) -> None:
        """Wait until the service sells."""
        self.wait("ActiveState", ["active"])
        if not self.show("StatusText").startswith("Selling at"):
            raise Broken(f"it is up, and says {self.show('StatusText')!r}")

    def restart(self) -> None:
        """Let the service read its configuration again."""
        self.sh("systemctl restart stillopen")
        self.runs()

    def device(self, name: str, state: str) -> None:
        """Wait until a device is so."""
        self.until(lambda: self.sh(f"{TILL} device {name}").strip() == state, f"{name} to be {state}")

    def install(self, deb: Path) -> float:
        """Install a package; return the seconds it took."""
        self.guest.put(deb, "/srv/")
        began = time.monotonic()
        self.sh(f"dpkg -i /srv/{deb.name}")
        return time.monotonic() - began

    def sell(self, count: int = 1) -> None:
        """Sell, and remember what was told."""
        said = self.sh(f"{TILL} sell {count}")
        told = self.receipts(said)
        if len(told) != count:
            raise Broken(f"{count} sales were asked for, and this was told:\n{said}")
        self.told += told

    def sell_meanwhile(self, options: str = "") -> None:
        """Sell until the power goes, or somebody says `sold_meanwhile`; returns when the first sale was told."""
        self.sh(f"nohup {TILL} sell 100000 {options} > /run/told 2> /run/seller & echo $! > /run/seller.pid")
        self.until(self.told_meanwhile, "the first sale")

    def told_meanwhile(self) -> list[str]:
        """Return what was told by now; more may come."""
        return self.receipts(self.sh("cat /run/told"))

    def told_more(self, count: int) -> None:
        """Wait until so many more sales were told than by now."""
        wanted = len(self.told_meanwhile()) + count
        self.until(lambda: len(self.told_meanwhile()) >= wanted, f"{count} more sales")

    def power_cut(self) -> dict[str, int]:
        """Cut the power; the disk forgets some or all of what was not flushed. Returns how many sectors `lost`, `kept`.

        The file system's own superblock goes or stays whole, as on a disk of 4 KB sectors: ext4 survives no half of it.
        """
        self.guest.power_cut()
        for sector in SUPERBLOCK:
            self.disk.vol.pop(sector, None)
        forgot = self.disk.power_cut(self.random.choice(("drop", "random")), seed=self.random.randrange(2**32))
        return dict(forgot)

    def in_mid_write(self) -> None:
        """Wait until the disk holds something that it would forget now: what is flushed at once has little of that."""
        until = time.monotonic() + MID_WRITE_S
        while not self.disk.vol and time.monotonic() < until:
            time.sleep(0.001)

    def sold_meanwhile(self) -> list[float]:
        """End that; remember what was told, and return when: seconds of the guest's clock."""
        self.sh("kill $(cat /run/seller.pid); while kill -0 $(cat /run/seller.pid) 2>/dev/null; do sleep 0.1; done")
        said = self.sh("cat /run/told")
        self.told += self.receipts(said)
        self.sell()  # with what the seller may have left on the till
        return [float(line.split()[1]) for line in said.splitlines() if NUMBER.match(line)]

    def receipts(self, said: str) -> list[str]:
        """Return the receipt numbers among the lines of what a seller said."""
        return [line.split()[0] for line in said.splitlines() if NUMBER.match(line)]

    def all_there(self) -> int:
        """Look that every sale that was told is in the journal once, and that the chain holds; return how many."""
        self.sh("stillopen journal verify")
        lines = [json.loads(line) for line in self.sh("stillopen journal export").splitlines()]
        kept = [line["receipt_number"] for line in lines if line["kind"] == "sale"]
        lost, twice = set(self.told) - set(kept), len(kept) - len(set(kept))
        if lost or twice:
            raise Broken(f"{len(lost)} sales that were told are gone ({sorted(lost)[:5]}), {twice} are there twice")
        return len(kept)

    def log(self) -> str:
        """Return the end of the service's log."""
        return str(self.guest.sh("journalctl -u stillopen --no-pager -n 40", timeout=WAIT_S).out)
