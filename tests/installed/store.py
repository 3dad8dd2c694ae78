"""A store's PC in the guest: its service, its till by the local API, and what was told to whom."""

from __future__ import annotations

import json
import random
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

SLOW = 16.0  # how much slower Python is in a guest without hardware virtualisation than on a store's PC
WAIT_S = 240.0
STATE = "/var/lib/stillopen"
_BEGAN = time.monotonic()
_CALL = r"""
import json, sys, time, urllib.request as request
def call(method, path, body=None):
    token = open("/var/lib/stillopen/api-token").read().strip()
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    headers["idempotency-key"] = f"{time.time_ns()}"
    asked = request.Request("http://127.0.0.1:8750/v1" + path, data=data, headers=headers, method=method)
    with request.urlopen(asked, timeout=120) as answer:
        return json.load(answer)
"""
# Sells in the guest, over the local API: prints each receipt number once its sale was answered with 200.
SELLER = (
    _CALL
    + r"""
def sell():
    sale = call("POST", "/sales", {"till": "till-1"})["id"]
    call("POST", f"/sales/{sale}/lines", {"name": "Mug", "price": 500})
    call("POST", f"/sales/{sale}/tenders", {"type": "cash", "amount": 500})
    return call("POST", f"/sales/{sale}/complete")["receipt_number"]
for _ in range(int(sys.argv[1])):
    print(sell(), flush=True)
"""
)


# Says what is on the till, or gives it up.
TILL = (
    _CALL
    + r"""
till = call("GET", "/tills/till-1")
if sys.argv[1:] == ["void"]:
    call("POST", f"/sales/{till['sale']['id']}/void", {})
print(json.dumps(till["sale"]))
"""
)


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

    def show(self, name: str) -> str:
        """Return what systemd knows of the service."""
        return self.sh(f"systemctl show -p {name} --value stillopen").strip()

    def wait(self, name: str, wanted: Collection[str]) -> None:
        """Wait until systemd says so."""
        until = time.monotonic() + WAIT_S
        while (found := self.show(name)) not in wanted:
            if time.monotonic() > until:
                raise Broken(f"{name} is {found!r} after {WAIT_S:g} s, and should be {' or '.join(wanted)}")
            time.sleep(0.5)

    def runs(self) -> None:
        """Wait until the service sells."""
        self.wait("ActiveState", ["active"])
        if not self.show("StatusText").startswith("Selling at"):
            raise Broken(f"it is up, and says {self.show('StatusText')!r}")

    def install(self, deb: Path) -> float:
        """Install a package; return the seconds it took."""
        self.guest.put(deb, "/srv/")
        began = time.monotonic()
        self.sh(f"dpkg -i /srv/{deb.name}", timeout=900)
        return time.monotonic() - began

    def sell(self, count: int = 1) -> None:
        """Sell, and remember what was told."""
        self.told += self.receipts(self.sh(f"python3 /srv/sell.py {count}"))

    def receipts(self, said: str) -> list[str]:
        """Return the receipt numbers among the lines of what a seller said."""
        return [line for line in said.splitlines() if line.startswith("till-1-")]

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
        return str(self.guest.sh("journalctl -u stillopen --no-pager -n 40").out)
