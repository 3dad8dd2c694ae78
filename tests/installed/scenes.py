"""What a store PC does to a service, one scene each, in the order in which they are played."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.installed.store import SELLER, SLOW, STATE, TILL, Broken, Store, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXPOSURE_MAX = 1.5
UP_S = 5.0  # from the PC's start, on the scale of a store's PC
CUT_AFTER_S = (2.0, 12.0)  # seconds of selling before the power goes

PRINTER = """
[[printer]]
name = "receipt"
port = "usb://04b8:0e15/TM-0001"
[[scanner]]
name = "counter"
port = "serial:///dev/ttyACM0"
"""


def install(store: Store) -> None:
    """Install on a bare Debian: a service that sells, in a sandbox, with nothing but this file."""
    took = store.install(store.debs[0])
    store.runs()
    exposure = float(store.sh("systemd-analyze security --no-pager stillopen | tail -1").split(": ")[1].split()[0])
    if exposure >= EXPOSURE_MAX:
        raise Broken(f"systemd's exposure level is {exposure}, and should be below {EXPOSURE_MAX}")
    store.guest.write("/srv/sell.py", SELLER)
    store.guest.write("/srv/till.py", TILL)
    store.sell(2)
    store.sh("stillopen service status")
    owner = store.sh(f"stat -c '%U %a' {STATE}/journal.db {STATE}/api-token {STATE}").split()
    if owner != ["stillopen", "600", "stillopen", "600", "stillopen", "700"]:
        raise Broken(f"the state folder is not the service's alone: {owner}")
    say(f"install: {took:.0f} s here; it sells, exposure {exposure}; {store.show('MemoryCurrent')} bytes")


def devices(store: Store) -> None:
    """Plug a printer and a scanner in: the sandbox lets the service use them, whichever driver came late."""
    store.sh(
        "rig-gadget add printer p1 0x04b8 0x0e15 TM-0001 EPSON TM-T20II && rig-gadget add cdc s1 && udevadm settle"
    )
    config = "/etc/stillopen/stillopen.toml"
    store.sh(f'sed -i \'s/^id = "till-1".*/id = "till-1"\\nprinter = "receipt"\\nscanner = "counter"/\' {config}')
    store.sh(f"cat >> {config} <<'E'\n{PRINTER}E")
    store.sh("systemctl restart stillopen", timeout=600)
    store.runs()
    store.sh("(timeout 60 cat /dev/g_printer0 > /srv/printed) & sleep 1; python3 /srv/sell.py 1 > /srv/told; wait")
    store.told += store.receipts(store.sh("cat /srv/told"))
    printed = int(store.sh("stat -c %s /srv/printed"))
    if printed < 100:
        raise Broken(f"the printer was sent {printed} bytes of a receipt")
    store.sh(
        "printf 'sku,name,price,barcode\\nTEA,Tea,3.20,96385074\\n' > /srv/items.csv && "
        "runuser -u stillopen -- stillopen catalogue import /srv/items.csv"
    )
    store.sh("printf '96385074\\r' > /dev/ttyGS0")
    for _ in range(60):
        if '"TEA"' in store.sh("python3 /srv/till.py"):
            break
        time.sleep(1.0)
    else:
        raise Broken("a scan was not rung on the till within a minute")
    store.sh("python3 /srv/till.py void")
    say(f"devices: a receipt of {printed} bytes and a scan through the sandbox")


def killed(store: Store) -> None:
    """End it with -9: systemd starts another, and nothing that was told is gone."""
    before = store.show("MainPID")
    store.sh(f"kill -9 {before}")
    store.wait("NRestarts", ["1"])
    store.runs()
    store.sell()
    say(f"killed: process {before} became {store.show('MainPID')}; {store.all_there()} sales there")


def hung(store: Store) -> None:
    """Stop the process in its tracks: the watchdog finds out, and another one sells."""
    count = int(store.show("NRestarts"))
    began = time.monotonic()
    store.sh(f"kill -STOP {store.show('MainPID')}")
    store.wait("NRestarts", [str(count + 1)])
    store.runs()
    store.sell()
    say(f"hung: the watchdog had it started again, and it sold, after {time.monotonic() - began:.0f} s")


def rebooted(store: Store) -> None:
    """Start the PC anew: the service is up by itself, in time."""
    store.guest.reboot()
    store.runs()
    up = (
        float(store.show("ActiveEnterTimestampMonotonic")) / 1e6
        - float(store.sh("systemctl show -p UserspaceTimestampMonotonic --value")) / 1e6
    )
    if up / SLOW > UP_S:
        raise Broken(f"it was up {up:.0f} s after boot, {up / SLOW:.1f} s on a store's PC: more than {UP_S:g} s")
    say(
        f"rebooted: up {up:.1f} s after the system's start, {up / SLOW:.1f} s on a store's PC;"
        f" {store.all_there()} sales there"
    )


def power(store: Store) -> None:
    """Cut the power while it sells, on a disk that forgets: what was told is there."""
    for cut in range(store.cuts):
        store.sh("nohup python3 /srv/sell.py 1000 > /run/told 2>/dev/null &")
        time.sleep(store.random.uniform(*CUT_AFTER_S))
        told = store.receipts(store.sh("cat /run/told"))  # what was told by now; more may come, and be kept
        store.told += told
        store.guest.power_cut()
        lost = store.disk.power_cut(store.random.choice(("drop", "random")))
        store.guest.start()
        store.runs()
        say(
            f"power: cut {cut + 1}, {len(told)} told meanwhile, the disk gave up {lost};"
            f" {store.all_there()} sales there"
        )


def upgraded(store: Store) -> None:
    """Install the next version over the one that sells, and go back to the one before."""
    pid = store.show("MainPID")
    took = store.install(store.debs[1])
    store.runs()
    if store.sh("stillopen --version").split()[-1] != "0.9.1" or store.show("MainPID") == pid:
        raise Broken("the next version is installed, and does not run")
    store.sell()
    store.install(store.debs[0])
    store.runs()
    if store.sh("stillopen --version").split()[-1] != "0.9.0":
        raise Broken("the version before is installed, and does not run")
    store.sell()
    say(f"upgraded: {took:.0f} s here, and back; {store.all_there()} sales there")


def removed(store: Store) -> None:
    """Remove it: refused while records wait for a cloud, until they were written to a file; purge leaves nothing."""
    config = "/etc/stillopen/stillopen.toml"
    store.sh(
        f'cat >> {config} <<\'E\'\n[[cloud]]\nname = "books"\nkind = "webhook"\nurl = "https://books.example.com/x"\n'
        'secret = { file = "/etc/stillopen/secret" }\nE'
        "\necho whsec_c3RpbGxvcGVuLXRlc3RzLXNlY3JldC0wMDAx > /etc/stillopen/secret; "
        "chgrp stillopen /etc/stillopen/secret; chmod 640 /etc/stillopen/secret; systemctl restart stillopen",
        timeout=600,
    )
    store.runs()
    store.sell()
    refused = store.sh("dpkg -r stillopen", timeout=600, fails=True)
    if "records wait that no cloud has yet" not in refused:
        raise Broken(f"removal was refused, but not for what waits:\n{refused}")
    store.runs()  # and it sells on
    store.sh("stillopen service export /srv/kept.jsonl && test -s /srv/kept.jsonl")
    store.sh("dpkg -r stillopen", timeout=600)
    store.sh(
        "test -e /var/lib/stillopen/journal.db && test -e /etc/stillopen/stillopen.toml && ! test -e /usr/lib/stillopen"
    )
    store.sh("dpkg --purge stillopen", timeout=600)
    left = store.sh(
        "ls -d /var/lib/stillopen /etc/stillopen /usr/lib/stillopen /usr/share/stillopen /usr/share/doc/stillopen "
        "/etc/systemd/system/*/stillopen* /lib/udev/rules.d/*stillopen* 2>/dev/null; getent passwd stillopen; true"
    ).split()
    if left:
        raise Broken(f"purge left {left}")
    say("removed: refused while a record waited, then removed, then purged with nothing left")


SCENES: Mapping[str, Callable[[Store], None]] = MappingProxyType(
    {scene.__name__: scene for scene in (install, devices, killed, hung, rebooted, power, upgraded, removed)}
)
