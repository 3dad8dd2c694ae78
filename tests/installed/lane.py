"""A PC that comes up as its lane by one file; what is answered on its page after that, an administrator takes up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.installed.store import CONFIG, STATE, TILL, Broken, say

if TYPE_CHECKING:
    from tests.installed.store import Store

LAID = "/etc/stillopen/provision.toml"
SAMPLE = Path(__file__).parents[2] / "packaging" / "provision.toml"
ANSWERS = {"store": {"receipt_footer": ["Set up on the page"]}}


def provisioned(store: Store) -> None:
    """Lay a file, install: a wrong one stops the installation with its line; mended, the PC is that lane and sells."""
    store.sh("! dpkg -s stillopen > /dev/null 2>&1 || dpkg --purge stillopen; mkdir -p /etc/stillopen")
    store.told.clear()  # purged with the rest
    lane = SAMPLE.read_text(encoding="utf-8")
    store.guest.write(LAID, lane.replace('"GBP"', '"POUND"'))
    store.guest.put(store.debs[0], "/srv/")
    refused = store.sh(f"dpkg -i /srv/{store.debs[0].name}", fails=True)
    line = 1 + lane[: lane.index('"GBP"')].count("\n")
    if f"{LAID}:{line}:" not in refused or "dpkg --configure stillopen" not in refused:
        raise Broken(f"what is wrong in the file is not said by its line, with the next step:\n{refused}")
    store.guest.write(LAID, lane)
    store.sh("dpkg --configure stillopen")
    store.runs()
    status = json.loads(store.sh(f"{TILL} ask GET /status"))
    if status["store"]["id"] != "high-street" or json.loads(store.sh(f"{TILL} ask GET /setup"))["needed"]:
        raise Broken(f"it sells, and is not that lane: {status['store']}")
    _set_up_further(store)
    store.sell()
    store.sh(f"dpkg -i /srv/{store.debs[0].name}")
    store.runs()
    if "Set up on the page" not in store.sh(f"cat {CONFIG}"):
        raise Broken("the same package again took the store's own configuration away")
    say(
        "provisioned: a wrong file stopped the installation with its line; mended, it was that lane; set up further on "
        f"the page, taken up by an administrator, kept by the package; {store.all_there()} sales there"
    )


def _set_up_further(store: Store) -> None:
    """Answer as the page does: the sandboxed service may not write its configuration, and says who does, and how."""
    said = json.loads(store.sh(f"{TILL} ask PUT /setup '{json.dumps(ANSWERS)}'"))
    take_up = f"sudo stillopen config import {STATE}/setup.toml --take-up"
    if said["written"] or not str(said["next"]).endswith(take_up):
        raise Broken(f"the service should not write its configuration, and should say who does: {said}")
    began = json.loads(store.sh(f"{TILL} ask GET /status"))["started_at"]
    store.sh(take_up.removeprefix("sudo "))
    store.runs()
    if json.loads(store.sh(f"{TILL} ask GET /status"))["started_at"] == began:
        raise Broken("it goes by the configuration from before still")
    owned = store.sh(f"stat -c '%U %G %a' /etc/stillopen /etc/stillopen/credentials {CONFIG}").strip().split("\n")
    if owned != ["root stillopen 750", "root root 700", "root stillopen 640"]:
        raise Broken(f"who owns the configuration has changed: {owned}")
