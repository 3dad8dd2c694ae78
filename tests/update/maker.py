"""Whoever makes the releases, by the very tools of packaging/updates, and a PC that they come to."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.update.health import Health
from agent.update.installer import Installer
from agent.update.machine import Installation
from agent.update.refusal import NoRoom, NotNow, TrialFailed
from agent.update.release import channel, this_pc
from agent.update.sources import Folder
from agent.update.trial import Tried
from agent.update.trust import Repository
from agent.update.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import ModuleType

ROOT = Path(__file__).parents[2]
CHANNEL = channel(*this_pc())


def tool(name: str) -> ModuleType:
    """Load one of the maker's tools: they are scripts, and no package."""
    file = ROOT / "packaging" / "updates" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"updates_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


RELEASES, ARCHIVE = tool("releases"), tool("archive")


class Maker:
    """A repository in `folder`, with keys beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.repository = folder / "repository"
        RELEASES.make_keys(self.keys)
        RELEASES.begin(self.repository, self.keys)

    @property
    def root(self) -> bytes:
        return (self.repository / "metadata" / "1.root.json").read_bytes()

    def archive(self, version: str, **says: Any) -> Path:
        """Pack a version of some files, as a build would."""
        home = self.folder / f"built-{version}"
        write_version(home, version, **says)
        system, machine = this_pc()
        return Path(ARCHIVE.pack(home, self.folder, version=version, system=system, machine=machine, pythons=[]))

    def release(self, version: str, *, now: datetime | None = None, notes: str = "", **says: Any) -> None:
        RELEASES.add(self.repository, self.keys, [self.archive(version, **says)], notes, now)

    def renew(self, role: str = "timestamp", now: datetime | None = None) -> None:
        RELEASES.renew(self.repository, self.keys, role, now)


def write_version(home: Path, version: str, **says: Any) -> None:
    """Write a version's folder: what starts it, some files, and `says`, how it will behave on the simulated PC."""
    (home / "common" / "agent").mkdir(parents=True)
    (home / "stillopen.py").write_text(f"print({version!r})\n", encoding="utf-8")
    (home / "says.json").write_text(json.dumps({"version": version, **says}), encoding="utf-8")
    for number in range(12):
        (home / "common" / "agent" / f"part{number}.py").write_text(f"{version} {number}\n" * 200, encoding="utf-8")


def whole(home: Path) -> str | None:
    """Return the version that a folder holds all files of, or None."""
    try:
        version = str(json.loads((home / "says.json").read_text(encoding="utf-8"))["version"])
        parts = [(home / "common" / "agent" / f"part{number}.py").read_text(encoding="utf-8") for number in range(12)]
    except (OSError, ValueError):
        return None
    return version if all(text == f"{version} {n}\n" * 200 for n, text in enumerate(parts)) else None


@dataclass
class SimulatedPc:
    """A PC whose service runs what `current` named when it was last started. How a version behaves it says itself."""

    versions: Versions
    busy: str | None = None
    stopped: bool = False  # nothing runs, so that nothing answers
    silent: bool = False  # what runs has too much in hand to answer
    full: str | None = None  # the folder of the version whose trial the disk has no room for
    tried: list[tuple[str, bool]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def runs(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((self.versions.folder / self.starts[-1] / "says.json").read_text("utf-8"))
        return said

    def health(self) -> Health | None:
        says = self.runs
        if says.get("dead") or self.stopped or self.silent:
            return None
        return Health(
            version=says["version"],
            selling=not says.get("does_not_sell"),
            noted=not says.get("read_only"),
            fault="the disk" if says.get("does_not_sell") else None,
            busy=self.busy,
            devices={"receipt": says.get("printer", "ready")},
            clouds={"books": says.get("cloud", "open")},
            parked={"books": says.get("parked", 0)},
        )

    def must_not_sell(self) -> None:
        if self.silent:
            raise NotNow("not now: the agent does not answer", "it is tried again")

    def restart(self) -> None:
        self.stopped = False
        name = self.versions.current()
        assert name is not None
        assert whole(self.versions.folder / name) is not None, f"{name} was started, and is not whole"
        self.starts.append(name)

    def try_out(self, folder: Path, *, fresh: bool) -> Tried:
        says = json.loads((folder / "says.json").read_text("utf-8"))
        self.tried.append((folder.name, fresh))
        if folder.name == self.full:
            raise NoRoom("a copy of the journal takes 900 MB", "make room, and try again")
        if says.get("fails_trial") or (not fresh and says.get("cannot_go_on")):
            raise TrialFailed(f"{says['version']} does not do", "wait for a newer one")
        return Tried(says.get("lies", says["version"]), 3, 2, 0.5)

    def clear(self) -> None:
        pass

    def make_ready(self, folder: Path) -> None:
        pass


class Till:
    """The simulated PC with 1.0.0 installed, and what root does on it."""

    def __init__(self, folder: Path, maker: Maker, **says: Any) -> None:
        self.place = Installation(folder / "versions", folder / "own", folder / "root.json")
        self.place.versions.mkdir(parents=True)
        self.place.own.mkdir()
        self.place.trusted.write_bytes(maker.root)
        write_version(self.place.versions / "1.0.0", "1.0.0", **says)
        self.versions = Versions(self.place.versions, links=True, free=lambda _: 2**40, sync=lambda _: None)
        self.versions.point("1.0.0")
        self.pc = SimulatedPc(self.versions)
        self.maker = maker
        self.time = 0.0

    def installer(self, reached: Callable[[str], None] = lambda _: None) -> Installer:
        def sleep(seconds: float) -> None:
            self.time += seconds

        return Installer(self.place.own, self.versions, self.pc, clock=lambda: self.time, sleep=sleep, reached=reached)

    def repository(self) -> Repository:
        return Repository(
            Folder(self.maker.repository, self.place.own), self.place.own / "trust", self.place.trusted.read_bytes()
        )
