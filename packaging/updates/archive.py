"""A version as an update's archive: the folder of one version, out of a built package; the same bytes each time.

    python packaging/updates/archive.py dist/stillopen_1.2.3_amd64.deb [--out dist]
    python packaging/updates/archive.py FOLDER --windows 1.2.3 --python 3.11     what the installer lays out

Why the folder and not the package: a folder is put beside the one that runs and switched to by one rename, which a
power cut leaves whole. A package manager in mid-work is neither. What lies outside the folder (units, rules, the
launcher) comes with a package, and a release that needs another one says so in its notes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from agent.update import release as releases  # noqa: E402 - from this checkout, wherever it is run from

PROGRAM = "usr/lib/stillopen/package"
_AT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say; nobody reads it


def main() -> int:
    """Make the archive of each package; says where it is."""
    parser = argparse.ArgumentParser(description="Make an update's archive.")
    parser.add_argument("package", type=Path, nargs="+", help="packages; with --windows a version's folder")
    parser.add_argument("--windows", metavar="VERSION", help="the folder of a version for Windows on amd64")
    parser.add_argument("--python", metavar="MINOR", help="with --windows: the Python that is in it")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.windows is not None:
        (folder,) = args.package
        pythons = [args.python] if args.python else []
        print(pack(folder, args.out, version=args.windows, system="windows", machine="amd64", pythons=pythons))
        return 0
    for package in args.package:
        with tempfile.TemporaryDirectory(prefix="stillopen-update-") as folder:
            print(of_deb(package, Path(folder), args.out))
    return 0


def of_deb(package: Path, work: Path, out: Path) -> Path:
    """Make the archive of a Debian package."""
    subprocess.run(["dpkg-deb", "-x", package, work], check=True)
    fields = {name: _field(package, name) for name in ("Version", "Architecture")}
    home = work / PROGRAM
    pythons = sorted(f"3.{entry.name.removeprefix('cp3')}" for entry in home.glob("cp3*"))
    return pack(home, out, version=fields["Version"], system="linux", machine=fields["Architecture"], pythons=pythons)


def pack(home: Path, out: Path, *, version: str, system: str, machine: str, pythons: list[str]) -> Path:
    """Pack the folder of a version. Its comment says what it is, for `releases.py add`."""
    to = out / f"stillopen-{version}-{releases.channel(system, machine)}.zip"
    about = {"version": version, "system": system, "machine": machine, "pythons": pythons}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.comment = json.dumps(about, sort_keys=True).encode()
        for file in sorted(home.rglob("*")):
            if file.is_file():
                name = zipfile.ZipInfo(file.relative_to(home).as_posix(), _AT)
                name.compress_type, name.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                packed.writestr(name, file.read_bytes())
    return to


def _field(package: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "-f", package, name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
