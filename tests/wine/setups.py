"""Installers to try: the real script and host, around a stand-in for Python that is made here."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = ROOT / "packaging" / "windows"
MINOR = f"{sys.version_info.major}{sys.version_info.minor}"


def load(name: str) -> Any:
    """Import a module of packaging/windows, which is no package."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, WINDOWS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def stand_in(folder: Path) -> tuple[Path, str]:
    """Make an embeddable Python that is none. Returns its zip and SHA-256."""
    source = Path(__file__).with_name("standin.c")
    program = compiled_once([source]) / "python.exe"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        made = program.with_suffix(f".{os.getpid()}")
        subprocess.run(
            ["x86_64-w64-mingw32-gcc", "-O1", "-static", "-s", "-Wall", "-Werror", "-Wl,--no-insert-timestamp",
             "-o", str(made), str(source), "-ladvapi32"],
            check=True,
        )  # fmt: skip
        made.replace(program)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "python-3.11.0-embed-amd64.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("python.exe"), program.read_bytes())
        archive.writestr(zipfile.ZipInfo(f"python{MINOR}._pth"), f"python{MINOR}.zip\n.\n")
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


def roots(folder: Path) -> dict[str, Path]:
    """Return the root of trust that a version's setup brings, as a file; the first one brings none."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for version in ("1.1.0", "1.2.0"):
        file = folder / f"root-{version}.json"
        file.write_text(f'{{"signed": {{"_type": "root"}}, "of": "{version}"}}\n', encoding="utf-8")
        made[version] = file
    return made


def our_programs() -> Path:
    """Compile the service host and the command line; once for the same source."""
    folder = compiled_once(sorted((WINDOWS / "host").iterdir()))
    builder = load("build_installer")
    if not (folder / builder.COMMAND).exists():  # the one that is made last
        builder.host(folder)
    return folder


def compiled_once(sources: list[Path]) -> Path:
    """Return the folder for what is compiled from these files as they are now."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    return ROOT / "build" / "windows-host" / digest[:12]


def light(folder: Path, version: str, tools: Path, *, sign: tuple[str, ...] = (), root: Path | None = None) -> Path:
    """Make an installer with next to nothing in it but the stand-in, by the real script. `tools`: our two programs."""
    payload = folder / f"payload-{version}"
    file, _ = stand_in(folder / "python")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(payload / "python")
    (payload / "program").mkdir(parents=True)
    (payload / "program" / "where $INSTDIR is.txt").write_text(version)
    (payload / "stillopen.py").write_text((WINDOWS / "stillopen.py").read_text())
    setup: Path = load("build_installer").pack(payload, tools, version, folder / "dist", sign=sign, root=root)
    return setup
