"""Runs in the guest: stops an update in its tracks at a step, and says where it stands; whoever asked cuts the power.

python3 watch.py STEP    one of STEPS; ends at once where it is there, and else when it comes
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

OWN = Path("/var/lib/stillopen-update")
VERSIONS = Path("/usr/lib/stillopen")
FREEZER = Path("/sys/fs/cgroup/system.slice/stillopen-update.service/cgroup.freeze")
SERVICE = "stillopen"
LOOK_S = 0.02  # the one that works there needs the processor more
BRIEF = "written"  # is over in milliseconds: looked for all the time
WAIT_S = 1800.0  # a version is unpacked and tried in minutes there; what hangs takes for ever

# What is on the disk at each, in their order: under-way.json names the work, the folders how far it has come.
STEPS = ("fetching", "unpacking", "trying", "staged", "written", "named", "looked at", "settled")


def read(name: str) -> dict[str, Any]:
    """Return one of root's files; nothing where it is not there."""
    try:
        found: dict[str, Any] = json.loads((OWN / name).read_text())
    except (OSError, ValueError):
        return {}
    return found


def where(began: int) -> str:
    """Return the step it is at; `began`: what had settled before. Nothing where it has not come to any yet."""
    work, known = read("under-way.json"), read("state.json")
    settled = known.get("settled", 0)
    if not work or work["number"] <= settled:  # a file that a power cut brought back says nothing
        did = known["last"]["did"] if settled > began else ""
        return {"staged": "staged", "installed": "settled"}.get(did, "")
    if work["doing"] == "staging":
        if (VERSIONS / work["folder"]).exists():
            return "trying"
        if (VERSIONS / f"{work['folder']}.new").exists():
            return "unpacking"
        return "fetching" if (OWN / "archive.zip").exists() else ""
    if (VERSIONS / "current").readlink().name == work["before"]:
        return "written"
    return "looked at" if runs_newly() else "named"


def runs_newly() -> bool:
    """Say whether the service has sold since `current` was moved, so that it is the version under trial that sells."""
    asked = ("systemctl", "show", SERVICE, "-p", "ActiveState,ActiveEnterTimestampMonotonic")
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    shown = dict(line.split("=", 1) for line in said.splitlines())
    moved_s = (VERSIONS / "current").lstat().st_ctime - time.time() + time.monotonic()
    return shown["ActiveState"] == "active" and int(shown["ActiveEnterTimestampMonotonic"]) / 1e6 > moved_s


def main(step: str) -> None:
    """Wait for it, have root's process stand still there, and say which step that is and what was under way."""
    began, until = read("state.json").get("settled", 0), time.monotonic() + WAIT_S
    Path("/run/watching").touch()
    while where(began) != step:
        if time.monotonic() > until:
            raise SystemExit(f"{step} did not come; {read('under-way.json')}; {read('state.json').get('last')}")
        time.sleep(0 if step == BRIEF else LOOK_S)
    if FREEZER.exists():  # what has settled may have ended
        FREEZER.write_text("1")
    sys.stdout.write(json.dumps([where(began), read("under-way.json")]))


if __name__ == "__main__":
    main(sys.argv[1])
