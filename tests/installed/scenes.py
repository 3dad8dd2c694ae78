"""What a store PC does to a service, one scene each, in the order in which they are played."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.installed import scale
from tests.installed.by_venv import by_venv
from tests.installed.commands import cloud, commands
from tests.installed.credentials import credentials
from tests.installed.lane import provisioned
from tests.installed.plugged import devices, late
from tests.installed.store import CONFIG, STATE, TILL, WAIT_S, Broken, Store, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXPOSURE_MAX = 1.5
UP_S = 5.0  # from the kernel's start to selling, on a PC that is as fast as the machine around the guest
MORE_S = (0.0, 8.0)  # the power goes so long after the first sale that was told
SOLD_AFTER = 3  # sales of the newer version, at least
WRONG_S = 40  # a mistake in the configuration that nobody has found yet


def install(store: Store) -> None:
    """Install on a bare Debian with no network: a service that sells, in a sandbox, with nothing but this file."""
    if (
        store.sh("cat /sys/class/net/eth0/carrier 2>/dev/null || true").strip() == "1"
    ):  # one that is down has no word on it
        raise Broken("the guest should have no network, and its cable is in")
    took = store.install(store.debs[0])
    store.runs()
    exposure = float(store.sh("systemd-analyze security --no-pager stillopen | tail -1").split(": ")[1].split()[0])
    if exposure >= EXPOSURE_MAX:
        raise Broken(f"systemd's exposure level is {exposure}, and should be below {EXPOSURE_MAX}")
    store.put(Path(__file__).parent / "guest_till.py", "till.py")
    store.sell(2)
    store.sh("stillopen service status")
    owner = store.sh(f"stat -c '%U %a' {STATE}/journal.db {STATE}/api-token {STATE}").split()
    if owner != ["stillopen", "600", "stillopen", "600", "stillopen", "700"]:
        raise Broken(f"the state folder is not the service's alone: {owner}")
    memory = int(store.show("MemoryCurrent")) / 1e6
    say(f"install: {took:.0f} s in the guest, no network; it sells; exposure {exposure}; {memory:.0f} MB of memory")


def killed(store: Store) -> None:
    """End it with -9 in mid-sale: systemd starts another, the basket is back, and nothing that was told is gone."""
    before, count = store.show("MainPID"), int(store.show("NRestarts"))
    store.sh(f"{TILL} ring Teapot; kill -9 {before}")
    store.wait("NRestarts", [str(count + 1)])
    store.runs()
    if '"Teapot"' not in store.sh(f"{TILL} show"):
        raise Broken("the basket that was being rung is gone")
    store.sh(f"{TILL} void")
    store.sell()
    say(f"killed: -9 in mid-sale, started again, the basket was back; {store.all_there()} sales there")


def hung(store: Store) -> None:
    """Stop the process in its tracks: the watchdog finds out, and another one sells."""
    count = int(store.show("NRestarts"))
    began = time.monotonic()
    store.sh(f"kill -STOP {store.show('MainPID')}")
    store.wait("NRestarts", [str(count + 1)])
    store.runs()
    store.sell()
    if "watchdog" not in store.sh("journalctl -u stillopen -b --no-pager | grep -i watchdog || true").lower():
        raise Broken("it was started again, but not by the watchdog")
    took = time.monotonic() - began
    say(f"hung: the watchdog ended it and had it started again; it sold {took:.0f} s after; {store.all_there()} there")


def rebooted(store: Store) -> None:
    """Start the PC anew: the service is up by itself, in time."""
    store.guest.reboot(timeout=WAIT_S)
    store.runs()
    up = float(store.show("ActiveEnterTimestampMonotonic")) / 1e6
    own = up - float(store.show("InactiveExitTimestampMonotonic")) / 1e6
    slow = scale.measure(store.sh)
    if up / slow.slower > UP_S:
        raise Broken(
            f"it sold {up:.1f} s after boot, in a guest {slow}: {up / slow.slower:.1f} s, more than {UP_S:g} s"
        )
    say(
        f"rebooted: sells {up:.1f} s after the kernel's start by the guest's clock, {own:.1f} s of them its own; the"
        f" guest is {slow}: {up / slow.slower:.1f} s on its scale (limit {UP_S:g} s); {store.all_there()} sales there"
    )


def power(store: Store) -> None:
    """Cut the power while it sells, on a disk that forgets: what was told is there."""
    lost = 0
    store.sh("sync")  # what these scenes themselves wrote there is not what is tried
    for cut in range(store.cuts):
        store.sell_meanwhile()
        time.sleep(store.random.uniform(*MORE_S))
        told = store.told_meanwhile()
        store.told += told
        store.in_mid_write()
        forgotten = store.power_cut()
        lost += forgotten["lost"]
        store.boot()
        store.runs()
        say(
            f"power: cut {cut + 1}, {len(told)} told since the start, the disk forgot {forgotten['lost']} sectors"
            f" and kept {forgotten['kept']}; {store.all_there()} sales there"
        )
    say(f"power: {store.cuts} cuts, {lost} sectors forgotten, {len(store.told)} sales told, none lost, none twice")


def upgraded(store: Store) -> None:
    """Install the next version over the one that sells, and go back to the one before; a till sells all the while."""
    for deb in (store.debs[1], store.debs[0]):
        wanted, pid = deb.name.split("_")[1], store.show("MainPID")
        store.sell_meanwhile("--through")
        took = store.install(deb)
        store.runs()
        store.told_more(SOLD_AFTER)
        at = store.sold_meanwhile()
        if store.sh("stillopen --version").split()[-1] != wanted or store.show("MainPID") == pid:
            raise Broken(f"{wanted} is installed, and does not run")
        pause = max(after - before for before, after in pairwise(at))
        say(
            f"upgraded: to {wanted} in {took:.0f} s, {len(at)} sales meanwhile, the longest wait between two"
            f" {pause:.0f} s there; {store.all_there()} sales there"
        )


def mended(store: Store) -> None:
    """Leave a mistake in the configuration for a while: it is tried again all along, and sells when it is mended."""
    store.sh(f"cp -p {CONFIG} /srv/right.toml; echo 'currency = ' >> {CONFIG}")
    store.sh("systemctl restart stillopen", fails=True)
    store.sh(f"sleep {WRONG_S}")
    again, state = int(store.show("NRestarts")), store.show("ActiveState")
    if again == 0 or state != "activating":
        raise Broken(f"a wrong configuration: started again {again} times, and it is {state}")
    store.sh(f"cat /srv/right.toml > {CONFIG}")
    store.restart()
    store.sell()
    say(f"mended: a wrong configuration for {WRONG_S} s, started again {again} times; mended and restarted, it sells")


def removed(store: Store) -> None:
    """Remove it: refused while records wait for a cloud, until they were written to a file; purge leaves nothing."""
    cloud(store)
    store.sell()
    refused = store.sh("dpkg -r stillopen", fails=True)
    if "records wait that no cloud has yet" not in refused:
        raise Broken(f"removal was refused, but not for what waits:\n{refused}")
    store.runs()
    store.sell()  # and it sells on
    store.sh("stillopen service export /srv/kept.jsonl && grep -q receipt_number /srv/kept.jsonl")
    store.sh("dpkg -r stillopen")
    store.sh(f"test -e {STATE}/journal.db && test -e {CONFIG} && ! test -e /usr/lib/stillopen")
    store.sh("dpkg --purge stillopen")
    left = store.sh(
        "find / -xdev \\( -iname '*stillopen*' -o -nouser -o -nogroup \\) -not -path '/srv/*' -not -path '/proc/*'"
        " -not -path '/run/*' -not -name 'stillopen_*.deb'; getent passwd stillopen; getent group stillopen; true"
    ).split()
    if left:
        raise Broken(f"purge left {left}")
    say("removed: refused while records waited, and it sold on; then removed with them in a file; purged, nothing left")


def _table(*scenes: Callable[[Store], None]) -> Mapping[str, Callable[[Store], None]]:
    return MappingProxyType({scene.__name__: scene for scene in scenes})


TIMED = _table(install, devices, killed, hung, rebooted, late)
SCENES = _table(install, power, upgraded, commands, mended, credentials, removed, by_venv, provisioned)
