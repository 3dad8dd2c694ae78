"""`make plug`: `stillopen doctor --pull-the-plug` in a real Debian whose power is really cut.

The guest and its disks are the rig's (`STILLOPEN_RIG`, else ../shared/rig beside the checkout; its README says how to
build the image). The command under test is the one of this checkout; the counter on another machine runs on this one,
the counter on a stick on a second disk that goes through the cut too.

    python -m tests.plug [--cuts N] [--seed N]

An honest disk forgets at a cut what was not flushed (`drop`), or half of it (`random`). A lying one says that it
flushed and did not. Exits 0 where the honest one held at every cut and the lying one was found out at every cut.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
RIG = Path(os.environ.get("STILLOPEN_RIG", ROOT.parent / "shared" / "rig"))
STATE_BYTES = 4 * 1024**3  # a trial asks for 2 GB of room; the files are sparse
STICK_BYTES = 256 * 1024**2
SOLD_BEFORE_CUT = 40  # a guest without hardware virtualisation starts Python in seconds and sells some 30 a second
WAIT_S = 240.0  # for a boot or a first sale in such a guest
CALM_S = (0.5, 4.0)  # the cut comes so long after that

SETTLE = "for i in $(seq 200); do [ -e /dev/disk/by-id/virtio-{0} ] && break; sleep .05; done"
MOUNT = SETTLE + "; mkdir -p /{1}; mount {2} /dev/disk/by-id/virtio-{0} /{1}"
COMMAND = "cd / && PYTHONPATH=/app/site:/app/source PYTHONDONTWRITEBYTECODE=1 python3 -m agent doctor --state /state/s"


def requirements(name: str, found: dict[str, importlib.metadata.Distribution]) -> None:
    """Collect a distribution and everything it needs here, by name."""
    from packaging.requirements import Requirement

    distribution = importlib.metadata.distribution(name)
    key = re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()
    if key in found:
        return
    found[key] = distribution
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            requirements(requirement.name, found)


def app_disk(folder: Path) -> Path:
    """Return a disk image with the source of this checkout and what it needs, as installed here."""
    tree = folder / "app"
    for wing in ("agent", "drivers", "outbox"):
        shutil.copytree(ROOT / wing, tree / "source" / wing, ignore=shutil.ignore_patterns("__pycache__"))
    found: dict[str, importlib.metadata.Distribution] = {}
    requirements("stillopen", found)
    del found["stillopen"]
    for distribution in found.values():
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = tree / "site" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), target)
    image = folder / "app.img"
    with image.open("wb") as empty:
        empty.truncate(512 * 1024**2)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(image)], check=True)
    return image


@dataclass
class CounterOnThisMachine:
    """`stillopen doctor --count-for-another`, as a person would start it, and what it says."""

    process: subprocess.Popen[str] | None = None
    where: str = ""
    secret: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent", "doctor", "--count-for-another", "--port", "0", "--json"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        first = self._line()
        self.where, self.secret = f"10.0.2.2:{first['port']}", first["secret"]
        os.set_blocking(self._out.fileno(), False)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait()
        self._out.close()

    @property
    def _out(self) -> Any:
        assert self.process is not None
        return self.process.stdout

    def _line(self) -> dict[str, Any]:
        return dict(json.loads(self._out.readline()))

    def acknowledged(self) -> tuple[str, int]:
        """Return the newest trial and how far it got, as far as was said by now."""
        while line := self._out.readline():
            self.said.append(json.loads(line))
        return (self.said[-1]["trial"], self.said[-1]["acknowledged"]) if self.said else ("", 0)


@dataclass
class Rig:
    """A guest, the disk under test, and the stick."""

    guest: Any
    state: Any
    stick: Any
    random: Random

    def mount(self) -> None:
        for spec in (("data0", "state", ""), ("data1", "stick", ""), ("data2", "app", "-o ro")):
            self.guest.sh(MOUNT.format(*spec), check=True, timeout=WAIT_S)

    def cut(self, mode: str) -> dict[str, Any]:
        """Cut the power, and start again."""
        self.guest.power_cut()
        lost = self.state.power_cut(mode, seed=self.random.randrange(2**32))
        self.stick.power_cut("random", seed=self.random.randrange(2**32))
        self.guest.start()
        self.mount()
        return dict(lost)

    def sell(self, where: str, secret: str) -> Any:
        return self.guest.spawn(f"{COMMAND} --pull-the-plug --counter {where}", stdin=f"{secret}\n".encode())

    def after(self, where: str, secret: str) -> tuple[int, dict[str, Any], str]:
        done = self.guest.sh(
            f"{COMMAND} --pull-the-plug --after --counter {where} --json", stdin=f"{secret}\n".encode(), timeout=WAIT_S
        )
        return done.rc, json.loads(done.out) if done.out.startswith("{") else {}, done.err

    def on_stick(self) -> int:
        """Return how many lines the stick's file has: about what was counted."""
        return int(self.guest.sh("cat /stick/count 2>/dev/null | wc -l").out)


@contextlib.contextmanager
def rig(folder: Path, random: Random) -> Iterator[Rig]:
    """Yield a started guest with its disks made and mounted."""
    sys.path.insert(0, str(RIG))
    guests, disks = importlib.import_module("rig"), importlib.import_module("lossy_nbd")
    image = app_disk(folder)
    state = disks.LossyDisk(folder, size=STATE_BYTES, name="state").start()
    stick = disks.LossyDisk(folder, size=STICK_BYTES, name="stick").start()
    guest = guests.Guest(disks=[state.drive, stick.drive, f"file={image},format=raw,readonly=on"])
    try:
        guest.start()
        for disk in ("data0", "data1"):
            guest.sh(SETTLE.format(disk), check=True)
            guest.sh(f"mkfs.ext4 -q /dev/disk/by-id/virtio-{disk} && sync", check=True, timeout=WAIT_S)
        found = Rig(guest, state, stick, random)
        found.mount()
        guest.sh("mkdir -m 700 /state/s && sync", check=True)
        yield found
    finally:
        guest.__exit__()
        state.close()
        stick.close()


def until(happened: Callable[[], bool], process: Any, what: str) -> None:
    """Wait for something in the guest. Raises `SystemExit` with what the command said where it ended instead."""
    end = time.monotonic() + WAIT_S
    while not happened():
        done = process.poll()
        if done is not None:
            raise SystemExit(f"{what}: the command ended with {done.rc}: {done.out}{done.err}")
        if time.monotonic() > end:
            raise SystemExit(f"{what}: it did not come in {WAIT_S:g} s")
        time.sleep(0.2)


def one_cut(here: Rig, counter: CounterOnThisMachine, *, stick: bool, lying: bool, mode: str) -> bool:
    """Sell, cut, compare, say it; return whether it came out as it must."""
    where, secret = ("/stick/count", "") if stick else (counter.where, counter.secret)
    before = here.on_stick() if stick else 0
    trial = counter.acknowledged()[0]
    process = here.sell(where, secret)

    def selling() -> bool:
        if stick:
            return here.on_stick() - before > SOLD_BEFORE_CUT
        name, number = counter.acknowledged()
        return name != trial and number > SOLD_BEFORE_CUT

    until(selling, process, "the first sales")
    if lying:
        here.state.arm_lying()
    time.sleep(here.random.uniform(*CALM_S))
    sectors = here.cut(mode)
    code, said, error = here.after(where, secret)
    expected = ("lost", 1) if lying else ("held", 0)
    right = (said.get("outcome"), code) == expected
    say(
        f"{'ok ' if right else 'NOT'} {'lying ' if lying else 'honest'} {mode:<6} {'stick' if stick else 'line '}  "
        f"{said.get('outcome')}: {said.get('acknowledged')} acknowledged, {said.get('there')} there, "
        f"{said.get('under_way')} more; sectors {sectors}" + ("" if right else f"\n{said}\n{error}")
    )
    if lying and right:
        say("    " + error.replace("\n", "\n    ").rstrip())
    return right


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.plug")
    parser.add_argument("--cuts", type=int, default=6, help="of the honest disk; the lying one gets two")
    parser.add_argument("--seed", type=int, default=20261121)
    args = parser.parse_args()
    if not (RIG / "rig.py").exists():
        raise SystemExit(f"there is no rig at {RIG}: name it with STILLOPEN_RIG")
    random, right = Random(args.seed), True
    with CounterOnThisMachine() as counter:
        for lying, cuts in ((False, args.cuts), (True, 2)):
            with (
                tempfile.TemporaryDirectory(prefix="plug-", dir=os.environ.get("RIG_TMP")) as folder,
                rig(Path(folder), random) as here,
            ):
                for number in range(cuts):
                    mode = "drop" if lying or number % 2 else "random"
                    right &= one_cut(here, counter, stick=number % 3 == 1, lying=lying, mode=mode)
                say(here.guest.sh(f"{COMMAND} | grep -A1 'power cuts'", timeout=WAIT_S).out.rstrip())
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
