"""`make rig`: our USB ports and printers on a real Linux USB stack, in a Debian guest with gadget printers.

The guest is the rig's (`STILLOPEN_RIG`, else ../shared/rig beside the checkout). Its image is built once, into
`RIG_OUT` (else build/rig): a minute or two, as root. The tests of this folder run inside, on the source of this
checkout and the locked wheels of its .venv. Exits as pytest did.

    python -m tests.rig [what to tell pytest, such as -k unplug]
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.plug.__main__ import MOUNT, RIG, ROOT, requirements

OUT = Path(os.environ.get("RIG_OUT", ROOT / "build" / "rig"))
GUEST_PYTHON = (3, 11)  # Debian 12's: compiled wheels fit no other
APP_BYTES = 512 * 1024**2  # a sparse file; what is in it now takes 120 MB
WHOLE_RUN_S = 1800.0  # a guest without hardware virtualisation takes some minutes; one that hangs takes for ever
LOOK_S = 0.5
RUNNER = ("pytest", "pytest-asyncio")
LOG = "pytest.log"
PYTEST = (
    "cd /app/source && PYTHONPATH=/app/site PYTHONDONTWRITEBYTECODE=1"
    f" python3 -u -m pytest -p no:cacheprovider -v tests/rig {{}} > /host/{LOG} 2>&1"
)


def build_image() -> None:
    """Build and warm the guest, unless that was done. Raises `SystemExit` where a tool or the rig is missing."""
    if not (RIG / "rig.py").exists():
        raise SystemExit(f"there is no rig at {RIG}: name it with STILLOPEN_RIG")
    tools = [tool for tool in ("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mke2fs") if shutil.which(tool) is None]
    if tools:
        raise SystemExit(f"the rig needs {', '.join(tools)}: {RIG / 'README.md'} has the apt-get line")
    OUT.mkdir(parents=True, exist_ok=True)
    if not (OUT / "kver").exists():  # the last file that it writes
        if os.geteuid() != 0:
            raise SystemExit(
                f"the guest's image is built as root, once: sudo make rig, or name one with RIG_OUT ({OUT})"
            )
        say(f"building the guest's image in {OUT}")
        subprocess.run([str(RIG / "build-image.sh"), str(OUT)], check=True)
    if not (OUT / "warm.json").exists():
        say("booting it once")
        subprocess.run([sys.executable, str(RIG / "rig.py"), "warm"], check=True)


def app_disk(folder: Path) -> Path:
    """Return a disk image with the source and these tests, and the locked wheels they need, as installed here."""
    if sys.version_info[:2] != GUEST_PYTHON:
        raise SystemExit("the guest has Python 3.11, and so must .venv: make clean, make setup PYTHON=python3.11")
    tree = folder / "app"
    for part in ("agent", "drivers", "outbox", "tests/rig"):
        shutil.copytree(ROOT / part, tree / "source" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree / "source")
    found: dict[str, importlib.metadata.Distribution] = {}
    # From the file: an editable installation's own metadata is as old as its last `make setup`.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in (*(Requirement(text).name for text in project["dependencies"]), *RUNNER):
        requirements(name, found)
    for distribution in found.values():
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = tree / "site" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), target)
    ours = tree / "site" / "stillopen-0.dist-info"  # its version: the agent says it, and there is no installation
    ours.mkdir()
    (ours / "METADATA").write_text(importlib.metadata.distribution("stillopen").read_text("METADATA") or "", "utf-8")
    image = folder / "app.img"
    with image.open("wb") as empty:
        empty.truncate(APP_BYTES)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(image)], check=True)
    return image


def follow(guest: Any, process: Any) -> int:
    """Say what pytest says while it says it; return how it ended, or 1 where it hung."""
    log, said = guest.share / LOG, 0
    until = time.monotonic() + WHOLE_RUN_S
    while True:
        done = process.poll()
        text = log.read_bytes() if log.exists() else b""
        sys.stdout.write(text[said:].decode(errors="replace"))
        sys.stdout.flush()
        said = len(text)
        if done is not None:
            return int(done.rc)
        if time.monotonic() > until:
            say(f"it did not end in {WHOLE_RUN_S:g} s; the guest's console:\n{guest.console()[-3000:]}")
            return 1
        time.sleep(LOOK_S)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    os.environ["RIG_OUT"] = str(OUT)
    build_image()
    sys.path.insert(0, str(RIG))
    guests = importlib.import_module("rig")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rig-", dir=os.environ.get("RIG_TMP")) as folder:
        image = app_disk(Path(folder))
        with guests.Guest(disks=[f"file={image},format=raw,readonly=on"]) as guest:
            guest.sh(MOUNT.format("data0", "app", "-o ro"), check=True)
            guest.mount_share()
            code = follow(guest, guest.spawn(PYTEST.format(shlex.join(arguments))))
            oops = guest.sh("dmesg | grep -E 'Oops|BUG:|WARNING:' || true").out
    say(f"{time.monotonic() - began:.0f} s with the guest's start" + (f"\nits kernel said:\n{oops}" if oops else ""))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
