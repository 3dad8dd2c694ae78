"""Updates on a bare Debian: switched to and left, by hand and by a power cut at any moment, on a disk that forgets.

    python -m tests.installed.updates [--cuts 6] [--seed 1]

The maker's repository is on the guest's disk, as on a stick. Three releases: one that is well, one that does not start,
one of another maker's. Exits 1 at the first promise that does not hold, with the guest's own log.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.installed.pc import play
from tests.installed.scenes import install
from tests.installed.store import Broken, Store, say
from tests.plug.__main__ import ROOT
from tests.update.maker import ARCHIVE, RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

HERE, NEXT, ILL = "0.9.0", "0.9.1", "0.9.2"
STICK = "/srv/stick"
STATE = "/var/lib/stillopen-update/state.json"
CUT_WITHIN_S = 90.0  # staging and switching take about so long in a guest without hardware virtualisation


class Releases:
    """What the maker has made: a package that trusts it, and releases to follow."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.keys = folder / "releases", folder / "keys"
        if not self.keys.exists():
            RELEASES.make_keys(self.keys)
            RELEASES.begin(self.repository, self.keys)
        root = self.repository / "metadata" / "1.root.json"
        self.deb = self._build(folder, root)
        work = folder / "unpacked"
        shutil.rmtree(work, ignore_errors=True)
        subprocess.run(["dpkg-deb", "-x", self.deb, work], check=True)
        self.home = work / ARCHIVE.PROGRAM
        self.next = self._archive(folder, HERE, NEXT)
        alive = self.home / "common" / "agent" / "cli" / "run.py"
        alive.write_text('raise SystemExit("this version does not start")\n', encoding="utf-8")
        shutil.rmtree(alive.parent / "__pycache__")
        self.ill = self._archive(folder, NEXT, ILL)

    def _build(self, folder: Path, root: Path) -> Path:
        there = folder / f"stillopen_{HERE}_amd64.deb"
        if not there.exists():
            command = [sys.executable, str(ROOT / "packaging" / "linux" / "build_deb.py"), "--out", str(folder)]
            subprocess.run([*command, "--version", HERE, "--update-root", str(root)], check=True, capture_output=True)
        return there

    def _archive(self, folder: Path, was: str, version: str) -> Path:
        """Pack the same program as another version, which it is by its metadata alone."""
        (about,) = (self.home / "common").glob(f"stillopen-{was}.dist-info")
        metadata = about / "METADATA"
        text = metadata.read_text(encoding="utf-8").replace(f"Version: {was}", f"Version: {version}", 1)
        metadata.write_text(text, encoding="utf-8")
        about.rename(about.with_name(f"stillopen-{version}.dist-info"))
        return Path(ARCHIVE.pack(self.home, folder, version=version, system="linux", machine="amd64", pythons=[]))

    def release(self, archive: Path, store: Store) -> None:
        """Release it, and put the stick in."""
        RELEASES.add(self.repository, self.keys, [archive])
        store.sh(f"rm -rf {STICK}")
        store.guest.put(self.repository, "/srv")
        store.sh(f"mv /srv/{self.repository.name} {STICK}")


def current(store: Store) -> str:
    """Return which version `current` names."""
    return store.sh("readlink /usr/lib/stillopen/current").strip()


def last(store: Store) -> dict[str, Any]:
    """Return how the newest work ended."""
    found: dict[str, Any] = json.loads(store.sh(f"cat {STATE}"))["last"]
    return found


def must_run(store: Store, version: str) -> None:
    """Raise `Broken` unless this version runs, sells, and has every sale that was told."""
    store.runs()
    if store.sh("stillopen --version").split()[-1] != version or current(store) != version:
        raise Broken(f"{current(store)} runs, and {version} should")
    store.sell()
    store.all_there()


def switched(store: Store, made: Releases) -> None:
    """Stage from a stick, switch, go back, and switch again."""
    made.release(made.next, store)
    began = time.monotonic()
    store.sh(f"stillopen update stage --from {STICK}", timeout=1800)
    staged = time.monotonic() - began
    must_run(store, HERE)
    store.sh("stillopen update apply", timeout=600)
    must_run(store, NEXT)
    store.sh("stillopen update back", timeout=1200)
    must_run(store, HERE)
    say(f"switched: staged in {staged:.0f} s here, to {NEXT} and back to {HERE}")


def left(store: Store, made: Releases) -> None:
    """A version that does not start passes no trial; one that passes and then does not run is left by itself."""
    made.release(made.ill, store)
    store.sh(f"stillopen update stage --from {STICK}", timeout=1800)
    said = store.sh("stillopen update apply", timeout=900, fails=True)
    if "was not well" not in said:
        raise Broken(f"it was refused, but not for being ill:\n{said}")
    must_run(store, HERE)
    say(f"left: {last(store)['why']}")


def forged(store: Store, folder: Path) -> None:
    """Another maker's release is not believed."""
    keys, repository = folder / "thief-keys", folder / "thief"
    for of_before in (keys, repository):
        shutil.rmtree(of_before, ignore_errors=True)
    RELEASES.make_keys(keys)
    RELEASES.begin(repository, keys)
    store.guest.put(repository, "/srv")
    said = store.sh("stillopen update stage --from /srv/thief", timeout=600, fails=True)
    if "not signed by those whom this PC trusts" not in said:
        raise Broken(f"a forged release was refused, but not for its signature:\n{said}")
    must_run(store, HERE)
    say("forged: not believed")


def cut(store: Store, made: Releases) -> None:
    """Cut the power while an update is under way: the store opens with a whole version, and sells."""
    for number in range(store.cuts):
        store.sh(f"nohup sh -c 'stillopen update stage --from {STICK} && stillopen update apply' > /run/update 2>&1 &")
        time.sleep(store.random.uniform(1.0, CUT_WITHIN_S))
        under_way = store.sh("cat /var/lib/stillopen-update/under-way.json 2>/dev/null || echo nothing").strip()
        store.power_cut()
        store.boot()
        store.runs()
        now = current(store)
        must_run(store, now)
        if under_way != "nothing" and now != json.loads(under_way)["before"]:
            after = store.sh(f"cat {STATE}")
            if json.loads(after)["settled"] < json.loads(under_way)["number"]:
                raise Broken(f"{under_way} was cut short, and {now} runs")
        say(f"cut {number + 1}: {under_way[:90]}; {now} sells")


def main(arguments: list[str]) -> int:
    """Try all of it; return the exit code."""
    parser = argparse.ArgumentParser(description="Updates in a real Debian.")
    parser.add_argument("--cuts", type=int, default=6, help="power cuts (default: 6)")
    parser.add_argument("--packages", type=Path, help="where packages and releases are, or are to be kept")
    parser.add_argument("--seed", type=int, default=1, help="which moments the power goes at")
    args = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="updates-", dir=os.environ.get("RIG_TMP")) as name:
        folder = args.packages or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        made = Releases(folder)

        def released(store: Store) -> None:
            made.release(made.next, store)

        played: list[Callable[[Store], None]] = [
            install,
            partial(switched, made=made),
            partial(left, made=made),
            partial(forged, folder=folder),
            released,
            partial(cut, made=made),
        ]
        if not play(name, [made.deb], played, cuts=args.cuts, seed=args.seed):
            return 1
    say(f"every promise held; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
