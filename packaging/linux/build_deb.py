"""`make deb`: the Debian package, from locked wheels, with everything inside; the same bytes each time it is made.

One package a processor, for every Debian and Ubuntu whose Python is in MINORS:

    /usr/lib/stillopen/package/stillopen.py   what /usr/bin/stillopen runs
    /usr/lib/stillopen/package/common/        this program, and what fits every Python
    /usr/lib/stillopen/package/cp311/ ...     what is compiled for one
    /usr/lib/stillopen/VERSION/               the same files by hard links, made when the package is configured
    /usr/lib/stillopen/current -> VERSION     what runs; the version before stays beside it

dpkg owns `package` alone. So the agent that runs keeps every file of its version while a newer one is unpacked: it
sells on, and imports what it has not needed yet, until the new one is there as a whole and takes its place.

Wheels come by their hashes from requirements.lock, through pip, into build/wheels; nothing else is fetched. Bytecode is
made here for the Python this runs on; a PC with another makes its own when the package is configured.

    python packaging/linux/build_deb.py [--arch amd64] [--arch arm64] [--python 3.11] [--out dist] [--version 1.2.3]
"""

from __future__ import annotations

import argparse
import compileall
import filecmp
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(HERE.parent)]

import licences  # noqa: E402 - from this checkout, wherever it is run from
import sbom  # noqa: E402 - likewise
import shipped  # noqa: E402 - likewise

from agent.service import first_configuration, linux_files  # noqa: E402 - likewise
from agent.update import units  # noqa: E402 - likewise
from agent.update.machine import ROOT_FILE  # noqa: E402 - likewise

MINORS = ("3.11", "3.12", "3.13")  # Debian 12, Ubuntu 24.04, Debian 13
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # Debian's word, and the wheels'
MANYLINUX = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")  # glibc of Debian 12 is 2.36
NOT_OURS = {"tests"}  # what a wheel brings beside its library, under a name that is anybody's
DESCRIPTION = "agent that keeps a store selling when the internet does not"
PROGRAM = "usr/lib/stillopen"


def main() -> int:
    """Build what was asked for; says where each package is."""
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument("--arch", action="append", choices=sorted(MACHINES), help="default: amd64")
    parser.add_argument("--python", action="append", choices=MINORS, help="only for these (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist")
    parser.add_argument("--version", help="another version than pyproject.toml's: to try an upgrade")
    parser.add_argument(
        "--update-root", type=Path, help="the root of trust that releases are held against (default: none, no updates)"
    )
    args = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = args.version or str(project["version"])
    os.environ["SOURCE_DATE_EPOCH"] = str(made_at())
    args.out.mkdir(parents=True, exist_ok=True)
    for arch in args.arch or ["amd64"]:
        with tempfile.TemporaryDirectory(prefix="stillopen-deb-") as work:
            root = Path(work) / "root"
            try:
                lay_out(root, Path(work), version, arch, args.python or MINORS)
            except shipped.Unshippable as error:
                raise SystemExit(f"not built: {error}") from error
            if args.update_root is not None:
                put(root / "usr/share/stillopen" / ROOT_FILE, args.update_root.read_text(encoding="utf-8"))
            print(pack(root, args.out / f"stillopen_{version}_{arch}.deb"))
    return 0


def made_at() -> int:
    """Return the time that everything in the package bears: that of the newest commit, or of the newest word on it."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=False, capture_output=True, text=True)
    return int(done.stdout) if done.returncode == 0 else int((ROOT / "CHANGELOG.md").stat().st_mtime)


def lay_out(root: Path, work: Path, version: str, arch: str, minors: Sequence[str]) -> None:
    """Lay every file of the package out under `root`."""
    folders = {minor: wheels(minor, arch) for minor in minors}
    parts = shipped.read(
        (wheel for folder in folders.values() for wheel in sorted(folder.glob("*.whl"))),
        (ROOT / "requirements.lock").read_text(encoding="utf-8"),
    )
    program(root / PROGRAM / "package", work, version, folders)
    put(root / "usr/bin/stillopen", launcher(), 0o755)
    put(root / "lib/systemd/system" / linux_files.UNIT, linux_files.unit("/usr/bin/stillopen"))
    for name, text in units.all_of().items():
        put(root / "lib/systemd/system" / name, text)
    put(root / "usr/lib/sysusers.d/stillopen.conf", linux_files.system_user())
    put(root / "usr/lib/modules-load.d/stillopen.conf", linux_files.modules())
    put(root / "lib/udev/rules.d/60-stillopen.rules", linux_files.device_rules())
    put(root / "usr/share/stillopen/first.toml", first_configuration())
    put(root / "usr/share/stillopen/stillopen.toml", (ROOT / "packaging/stillopen.toml").read_text(encoding="utf-8"))
    documents = root / "usr/share/doc/stillopen"
    for name in ("README.md", "CHANGELOG.md", "agent/CONFIGURATION.md"):
        put(documents / Path(name).name, (ROOT / name).read_text(encoding="utf-8"))
    put(documents / "copyright", licences.notice((ROOT / "LICENSE").read_text(encoding="utf-8"), parts))
    put(documents / "sbom.cdx.json", sbom.text(sbom.document(version, parts, int(os.environ["SOURCE_DATE_EPOCH"]))))
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) // 1024
    put(root / "DEBIAN/control", control(version, arch, size, minors))
    for name in ("postinst", "prerm", "postrm"):
        script = (HERE / name).read_text(encoding="utf-8").replace("@VERSION@", version)
        put(root / "DEBIAN" / name, script, 0o755)


def program(home: Path, work: Path, version: str, folders: Mapping[str, Path]) -> None:
    """Put this program and its dependencies into `home`: what is the same for every Python in one place.

    `folders`: by Python, where its wheels are.
    """
    own = wheel_of_ours(work, version)
    trees = {}
    for minor, folder in folders.items():
        tree = work / f"cp{minor.replace('.', '')}"
        unpack(folder, tree)
        trees[minor] = tree
        (home / tree.name).mkdir(parents=True)  # says that the package is for this Python, also where all is common
    names = sorted({entry.name for tree in trees.values() for entry in tree.iterdir()})
    for name in names:
        places = [tree / name for tree in trees.values()]
        if all(place.exists() for place in places) and all(same(places[0], place) for place in places[1:]):
            copy(places[0], home / "common" / name)
            continue
        for tree in trees.values():  # whole, since Python looks for a package in one place only
            if (tree / name).exists():
                copy(tree / name, home / tree.name / name)
    unpack_into(own, home / "common")
    put(home / "stillopen.py", (HERE / "stillopen.py").read_text(encoding="utf-8"))
    for folder in sorted(home.iterdir()):
        if folder.is_dir():
            compile_all(folder, home)


def wheel_of_ours(work: Path, version: str) -> Path:
    """Build this program's wheel."""
    source = work / "source"
    source.mkdir()
    for name in ("agent", "drivers", "outbox"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)["project"]["version"]
    (source / "pyproject.toml").write_text(text.replace(f'version = "{own}"', f'version = "{version}"', 1), "utf-8")
    say([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "own")], source)
    (built,) = (work / "own").glob("*.whl")
    return built


def wheels(minor: str, arch: str) -> Path:
    """Return a folder with every locked wheel for one Python and one processor; fetched once, by hash."""
    folder = ROOT / "build" / "wheels" / f"cp{minor.replace('.', '')}-{arch}"
    stamp = folder / ".complete"
    locked = (ROOT / "requirements.lock").read_bytes()
    if stamp.exists() and stamp.read_bytes() == locked:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    platforms = [word for name in MANYLINUX for word in ("--platform", f"{name}_{MACHINES[arch]}")]
    say(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "--only-binary", ":all:", "--implementation", "cp", "--python-version", minor,
            *platforms, "--dest", str(folder), "--requirement", str(ROOT / "requirements.lock"),
        ],
        ROOT,
    )  # fmt: skip
    stamp.write_bytes(locked)
    return folder


def unpack(folder: Path, tree: Path) -> None:
    """Unpack every wheel of a folder into one tree, as an installation would."""
    for wheel in sorted(folder.glob("*.whl")):
        unpack_into(wheel, tree)


def unpack_into(wheel: Path, tree: Path) -> None:
    """Unpack one wheel: its library parts; the scripts of others are nothing to this program."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.unpack_archive(wheel, folder, "zip")
        for entry in sorted(Path(folder).iterdir()):
            if entry.name in NOT_OURS:
                continue
            if not entry.name.endswith(".data"):
                copy(entry, tree / entry.name)
                continue
            for kind in ("purelib", "platlib"):
                for part in sorted((entry / kind).glob("*")):
                    copy(part, tree / part.name)


def compile_all(folder: Path, home: Path) -> None:
    """Make bytecode that is never checked against its source's time: nobody changes these files."""
    done = compileall.compile_dir(
        folder,
        quiet=1,
        stripdir=home.parents[len(Path(PROGRAM).parts)].as_posix(),
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise SystemExit(f"{folder} does not compile; what is above says why")


def same(one: Path, other: Path) -> bool:
    """Say whether two files, or two whole folders, hold the same."""
    if one.is_file() or other.is_file():
        return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
    names = sorted(entry.name for entry in one.iterdir())
    if names != sorted(entry.name for entry in other.iterdir()):
        return False
    return all(same(one / name, other / name) for name in names)


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, with plain modes."""
    if source.is_dir():
        for entry in source.iterdir():
            copy(entry, target / entry.name)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def put(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file with its mode."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def launcher() -> str:
    """Return /usr/bin/stillopen."""
    return f'#!/bin/sh\nexec /usr/bin/python3 -I /{PROGRAM}/current/stillopen.py "$@"\n'


def control(version: str, arch: str, size_kib: int, minors: Sequence[str]) -> str:
    """Return what dpkg knows of the package."""
    first, last = minors[0], f"3.{int(minors[-1].partition('.')[2]) + 1}"
    return textwrap.dedent(
        f"""\
        Package: stillopen
        Version: {version}
        Architecture: {arch}
        Maintainer: Stillopen <maintainers@stillopen.invalid>
        Installed-Size: {size_kib}
        Depends: python3 (>= {first}), python3 (<< {last}~), systemd (>= 252), udev, libc6 (>= 2.34)
        Section: misc
        Priority: optional
        Description: {DESCRIPTION}
         It talks to scanners, receipt printers and cash drawers, rings sales at a page
         or through a local API, writes each to a journal on this PC before it is paid,
         and delivers it to the store's cloud systems when there is a line.
        """
    )


def pack(root: Path, to: Path) -> Path:
    """Make the package; times, owners, modes and order are the same whenever and by whomever."""
    for path in [*sorted(root.rglob("*"), reverse=True), root]:
        # Bytecode, and the root itself, were made by the builder's umask.
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (int(os.environ["SOURCE_DATE_EPOCH"]),) * 2, follow_symlinks=False)
    to.unlink(missing_ok=True)
    say(["dpkg-deb", "--root-owner-group", "-Zzstd", "-z10", "--build", str(root), str(to)], root)
    return to


def say(command: list[str], folder: Path) -> None:
    """Run a program; stop with what it said where it fails."""
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
