"""Scenes of updates on a bare Debian: the daily way, by hand, refused, and cut short at each step.

The maker's repository is on the guest's disk, as on a stick. Three releases: one that is well, one that does not start,
one of another maker's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.installed.guest_watch import STEPS
from tests.installed.store import CONFIG, STATE, TILL, Broken, Store, say
from tests.plug.__main__ import ROOT
from tests.update.maker import ARCHIVE, RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE, NEXT, ILL = "0.9.0", "0.9.1", "0.9.2"
STICK = "/srv/stick"
# With no staff set up, updates are a manager's, whom nobody is.
CONFIGURED = f"""
[update]
source = "{STICK}"
[permissions]
settings = "cashier"
"""
LEDGER = "/var/lib/stillopen-update/state.json"
LEFT_MB = 600  # less than updates leave free, more than a store needs to begin a sale: agent/CONFIGURATION.md
TRIES = 3  # a step that takes milliseconds may be over before it is seen


class Releases:
    """What the maker has made: a package that trusts it, and releases to follow."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.on_stick: Path | None = None
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
        """Release it, and put the stick in, unless it is the newest there."""
        if archive == self.on_stick:
            return
        RELEASES.add(self.repository, self.keys, [archive])
        store.sh(f"rm -rf {STICK}")
        store.guest.put(self.repository, "/srv")
        store.sh(f"mv /srv/{self.repository.name} {STICK}; sync")  # a stick forgets nothing
        self.on_stick = archive


def current(store: Store) -> str:
    """Return which version `current` names: the folder of one that was brought a second time is `1.2.3.2`."""
    return ".".join(store.sh("readlink /usr/lib/stillopen/current").strip().split(".")[:3])


def last(store: Store) -> dict[str, Any]:
    """Return how the newest work ended."""
    found: dict[str, Any] = json.loads(store.sh(f"cat {LEDGER}"))["last"]
    return found


def must_run(store: Store, version: str) -> None:
    """Raise `Broken` unless this version runs, sells, and has every sale that was told."""
    store.runs()
    if store.sh("stillopen --version").split()[-1] != version or current(store) != version:
        raise Broken(f"{current(store)} runs, and {version} should")
    store.sell()
    store.all_there()


def staged(store: Store) -> str | None:
    """Return the version that is ready."""
    known = json.loads(store.sh(f"cat {LEDGER} 2>/dev/null || echo '{{}}'"))
    return known["staged"]["version"] if known.get("staged") else None


def look(store: Store) -> dict[str, Any]:
    """Have the agent look for a newer version and bring it; return what it answers. Root is asked for the rest."""
    store.sh(f"rm -f /run/look; nohup {TILL} ask POST /update/look > /run/look 2>&1 &")
    store.until(lambda: store.sh("cat /run/look 2>/dev/null || true"), "a newer version to be brought, or why not")
    said = store.sh("cat /run/look")
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        raise Broken(f"nobody could look for a newer version:\n{said}") from None
    return found


def with_source(store: Store, made: Releases) -> None:
    """Name the stick as the store's source of updates, and put the release that is well there."""
    made.release(made.next, store)
    if "[update]" not in store.sh(f"cat {CONFIG}"):
        store.sh(f"cat >> {CONFIG} <<'E'\n{CONFIGURED}E\nsync")
        store.restart()


def filled(store: Store, made: Releases) -> None:
    """A disk that is filling up: no newer version is brought, and the store sells on."""
    with_source(store, made)
    store.sh(f"fallocate -l $(($(df --output=avail -B1 / | tail -1) - {LEFT_MB * 1024**2})) /srv/filler")
    said = str(look(store)["trouble"])
    if "have to stay free for selling" not in said:
        raise Broken(f"nothing was brought, but not for want of room: {said}")
    must_run(store, HERE)
    store.sh("rm /srv/filler")
    say(f"filled: {said}; it sells on")


def daily(store: Store, made: Releases) -> None:
    """Bring, stage, switch and go back by the API alone: the agent fetches in its sandbox, systemd has root do it."""
    with_source(store, made)
    began = time.monotonic()
    look(store)
    store.until(lambda: staged(store) == NEXT, f"{NEXT} to be staged")
    took_s = time.monotonic() - began
    owner = store.sh(f"stat -c %U {STATE}/update/fetched").strip()
    if owner != "stillopen":
        raise Broken(f"what was fetched is {owner}'s, and the agent should have fetched it")
    must_run(store, HERE)
    _asked(store, "apply", "installed", NEXT)
    _asked(store, "back", "went_back", HERE)
    result = store.sh("systemctl show -p Result,ExecMainStartTimestamp stillopen-update.service").split("\n")
    if "Result=success" not in result or "ExecMainStartTimestamp=" in result:
        raise Broken(f"systemd should have had root do it, and did it well: {result}")
    say(f"daily: brought and staged in {took_s:.0f} s here, switched to {NEXT} and back to {HERE}, by the API alone")


def _asked(store: Store, what: str, did: str, version: str) -> None:
    """Ask for it, wait until it has ended so, and look that this version sells."""
    store.sh(f"{TILL} ask POST /update/{what}")
    store.until(lambda: last(store)["did"] == did, f"{what} to have ended with {did}")
    must_run(store, version)


def switched(store: Store, made: Releases) -> None:
    """Stage from a stick, switch, go back, and switch again."""
    made.release(made.next, store)
    began = time.monotonic()
    store.sh(f"stillopen update stage --from {STICK}", timeout=1800)
    took_s = time.monotonic() - began
    must_run(store, HERE)
    store.sh("stillopen update apply", timeout=600)
    must_run(store, NEXT)
    store.sh("stillopen update back", timeout=1200)
    must_run(store, HERE)
    say(f"switched: staged in {took_s:.0f} s here, to {NEXT} and back to {HERE}")


def left(store: Store, made: Releases) -> None:
    """A version that does not start passes no trial; one that passes and then does not run is left by itself."""
    made.release(made.ill, store)
    store.sh(f"stillopen update stage --from {STICK}", timeout=1800)
    said = store.sh("stillopen update apply", timeout=900, fails=True)
    if "was not well" not in said:
        raise Broken(f"it was refused, but not for being ill:\n{said}")
    must_run(store, HERE)
    say(f"left: {last(store)['why']}")


def forged(store: Store, made: Releases) -> None:
    """Another maker's release is not believed."""
    keys, repository = made.folder / "thief-keys", made.folder / "thief"
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
    """Cut the power at each step of the daily way: the store opens with the version that sold, until all is settled."""
    with_source(store, made)
    store.put(Path(__file__).parent / "guest_watch.py", "watch.py")
    hit: list[str] = []
    for step in STEPS:
        for _ in range(TRIES):
            hit.append(_cut_at(store, step))
            if hit[-1] == step:
                break
        else:
            raise Broken(f"{step} was never hit in {TRIES} tries: {', '.join(hit)}")
    say(f"cut: {len(hit)} times, each step at least once: {', '.join(hit)}; {store.all_there()} sales there")


def _cut_at(store: Store, step: str) -> str:
    """Ask for the work that has this step, and cut the power there; return the step that was hit."""
    _forget_cuts(store)
    store.sh(
        f"rm -f /run/watching; nohup python3 /srv/watch.py '{step}' > /run/watched 2>&1 & echo $! > /run/watch.pid"
    )
    store.until(lambda: store.guest.sh("test -e /run/watching").rc == 0, "somebody to watch")
    if staged(store) == NEXT:
        store.sh(f"{TILL} ask POST /update/apply")
    else:
        look(store)
    store.until(lambda: store.guest.sh("kill -0 $(cat /run/watch.pid)").rc != 0, f"the update to come to {step}")
    said = store.sh("cat /run/watched").strip()
    try:
        hit, under_way = json.loads(said)
    except ValueError:
        raise Broken(f"{step} was not seen: {said}") from None
    forgot = store.power_cut()
    store.boot()
    must_run(store, NEXT if hit == "settled" else HERE)
    if hit == "staged" and staged(store) != NEXT:
        raise Broken(f"{NEXT} was ready before the power went, and is not any more: {last(store)}")
    number = f"work {under_way['number']}, {under_way['doing']}" if under_way else "nothing under way"
    say(f"cut: {hit} ({number}), the disk forgot {forgot['lost']} sectors; {current(store)} sells")
    return str(hit)


def _forget_cuts(store: Store) -> None:
    """Have root not know of the cuts before, nor of a version that was left: tried again is a person's to say."""
    known = json.loads(store.sh(f"cat {LEDGER} 2>/dev/null || echo '{{}}'"))
    if known:
        store.guest.write(LEDGER, json.dumps({**known, "refused": {}, "interrupted": {}}))
        store.sh("sync")


def with_releases(scene: Callable[[Store, Releases], None], made: Releases) -> Callable[[Store], None]:
    """Return a scene as any other is played, with what the maker has made."""
    return lambda store: scene(store, made)


UPDATES: Mapping[str, Callable[[Store, Releases], None]] = MappingProxyType(
    {scene.__name__: scene for scene in (filled, daily, switched, left, forged, cut)}
)
