"""`make rig`, second part: the Debian package on a bare Debian with no network, from installation to purge.

The guest is the rig's, three times. For what has limits in seconds (TIMED) its clock counts instructions, a nanosecond
each: it is a PC of its own speed, and whatever the machine around it does makes nothing later in there. For the rest
(SCENES), and for updates (UPDATES) with a package that has a root of trust, it goes as fast as it can. Its disk
forgets what was not flushed. Each scene says what it saw. Exits 1 at the first promise that does not hold, with the
guest's own log. `--only updates` is all of the third.

    python -m tests.installed [--only NAME ...] [--cuts 20] [--seed 1] [--packages FOLDER]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.installed.pc import play
from tests.installed.scenes import SCENES, TIMED
from tests.installed.store import say
from tests.installed.updates import UPDATES, Releases, with_releases
from tests.plug.__main__ import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

# One processor whose every instruction takes a nanosecond of the guest's time: QEMU's `-icount`, which has no threads.
STEADY: Mapping[str, Any] = MappingProxyType(
    {"smp": 1, "accel": "tcg,thread=single,tb-size=512", "extra": ["-icount", "shift=0"]}
)
ALL_UPDATES = "updates"
VERSIONS = ("0.9.0", "0.9.1")  # the version before, and this one: the same program twice, which it cannot tell


def packages(folder: Path) -> list[Path]:
    """Return the package in two versions: those that are in `folder`, or built into it."""
    there = [folder / f"stillopen_{version}_amd64.deb" for version in VERSIONS]
    if all(deb.exists() for deb in there):
        return there
    build = str(ROOT / "packaging" / "linux" / "build_deb.py")
    return [
        Path(
            subprocess.run(
                [sys.executable, build, "--out", str(folder), "--version", version],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
        )
        for version in VERSIONS
    ]


def main(arguments: list[str]) -> int:
    """Try what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description="The Debian package, installed in a real Debian.")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*TIMED, *SCENES, ALL_UPDATES, *UPDATES],
        help="only these scenes, after installing",
    )
    parser.add_argument("--cuts", type=int, default=20, help="power cuts (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="which moments the power goes at")
    parser.add_argument("--packages", type=Path, help="where packages and releases are, or are to be kept")
    args = parser.parse_args(arguments)
    only = None if args.only is None else {*args.only, *(UPDATES if ALL_UPDATES in args.only else ())}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="installed-", dir=os.environ.get("RIG_TMP")) as folder:
        kept, pc = args.packages or Path(folder), {"cuts": args.cuts, "seed": args.seed}
        say(f"cuts by seed {args.seed}")
        for name, (scenes, options) in {"timed": (TIMED, STEADY), "fast": (SCENES, {})}.items():
            wanted = [scene for scene in scenes if only is None or scene in only]
            played = [scenes[scene] for scene in dict.fromkeys(("install", *wanted))]
            if wanted and not play(folder, packages(kept), played, name=name, **pc, **options):
                return 1
        wanted = [scene for scene in UPDATES if only is None or scene in only]
        if wanted:
            made = Releases(kept / ALL_UPDATES)
            played = [SCENES["install"], *(with_releases(UPDATES[scene], made) for scene in wanted)]
            if not play(folder, [made.deb], played, name=ALL_UPDATES, **pc):
                return 1
    say(f"every promise held; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
