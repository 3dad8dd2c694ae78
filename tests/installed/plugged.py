"""Scenes: what is plugged in, and when its driver came."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from tests.installed.store import CONFIG, STATE, TILL, Broken, say

if TYPE_CHECKING:
    from tests.installed.store import Store

CODE = "96385074"  # an EAN-8
PRINTER = """
[[printer]]
name = "receipt"
port = "usb://04b8:0e15/TM-0001"
[[scanner]]
name = "counter"
port = "serial:///dev/ttyACM0"
"""
LATE = """
[[scanner]]
name = "late"
port = "serial:///dev/ttyUSB0?baud=9600"
"""
_HERE = Path(__file__).parent


def devices(store: Store) -> None:
    """Plug a printer and a scanner in: through the sandbox a receipt is printed, and known to be, and a scan sells."""
    store.put(_HERE.parent / "rig" / "gadget.py", "gadget.py")
    store.put(_HERE / "guest_printer.py", "printer.py")
    store.sh("rig-gadget add cdc s1; udevadm settle; nohup python3 /srv/printer.py /srv > /srv/printer.log 2>&1 &")
    store.until(lambda: _plugged(store), "the printer to be plugged in")
    store.sh(f'sed -i \'s/^id = "till-1".*/id = "till-1"\\nprinter = "receipt"\\nscanner = "counter"/\' {CONFIG}')
    store.sh(f"cat >> {CONFIG} <<'E'\n{PRINTER}E")
    store.restart()
    store.device("receipt", "ready")
    store.device("counter", "ready")
    store.sell()
    number = store.told[-1]
    store.until(lambda: store.sh(f"{TILL} record {number}").strip() != "pending", f"an end of the receipt {number}")
    printed = store.sh(f"{TILL} record {number}").strip()
    if printed != "printed" or store.sh(f"grep -ac {number} /srv/printed").strip() == "0":
        raise Broken(f"the receipt {number} is {printed}, and the printer has read: {store.sh('cat -v /srv/printed')}")
    size = int(store.sh("stat -c %s /srv/printed"))
    stock(store)
    store.sh(f"printf '{CODE}\\r' > /dev/ttyGS0")
    rung(store)
    say(f"devices: a receipt of {size} bytes, known to be printed, and a scan sold, both through the sandbox")


def late(store: Store) -> None:
    """Plug in an adapter whose driver nobody has loaded: the service that runs already opens it, and its scan sells."""
    stock(store)
    store.sh(f'sed -i \'/^scanner = /d; s/^id = "till-1".*/id = "till-1"\\nscanner = "late"/\' {CONFIG}')
    store.sh(f"cat >> {CONFIG} <<'E'\n{LATE}E")
    store.restart()
    pid = store.show("MainPID")
    if "ftdi_sio" in store.sh("cat /proc/modules"):
        raise Broken("ftdi_sio is loaded already: this would show nothing")
    with socket.socket(socket.AF_UNIX) as scanner:
        scanner.connect(store.guest.add_ftdi("late"))  # QEMU plugs it in as its wire is taken up
        store.until(lambda: "ftdi_sio" in store.sh("cat /proc/modules"), "the driver to be loaded")
        store.device("late", "ready")
        scanner.sendall(f"{CODE}\r".encode())
        rung(store)
    if store.show("MainPID") != pid:
        raise Broken("the service was started anew meanwhile")
    say("late: an adapter's driver was loaded under the running service, which opened it; its scan was sold")


def stock(store: Store) -> None:
    """Have one item in the catalogue."""
    store.sh(
        f"printf 'sku,name,price,barcode\\nTEA,Tea,3.20,{CODE}\\n' > {STATE}/items.csv && "
        f"runuser -u stillopen -- stillopen catalogue import {STATE}/items.csv && rm {STATE}/items.csv"
    )


def rung(store: Store) -> None:
    """Wait until the item is on the till, and sell it."""
    store.until(lambda: '"TEA"' in store.sh(f"{TILL} show"), "the scan to be rung")
    store.told += store.receipts(store.sh(f"{TILL} pay"))


def _plugged(store: Store) -> bool:
    """Say whether the printer is there; one that ended says why."""
    if store.guest.sh("test -e /srv/plugged").rc == 0:
        return True
    if store.guest.sh("pgrep -f /srv/printer.py").rc != 0:
        raise Broken(f"the gadget printer ended:\n{store.sh('cat /srv/printer.log')}")
    return False
