"""`make twice`: the same commit gives the same package, from two fresh checkouts as different people would have them.

The second has another path, another umask, another time zone, language and home, and is a day older on the disk.
Each fetches its own wheels, by hash. Says each package's SHA-256, and exits 1 where the two differ.

    python packaging/linux/twice.py [--arch amd64 --arch arm64] [--python 3.11]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAY_S = 86_400
ONE = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
OTHER = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}


def main() -> int:
    """Build both, and compare."""
    parser = argparse.ArgumentParser(description="Is the same commit the same package?")
    parser.add_argument("--arch", action="append", choices=("amd64", "arm64"), help="default: both")
    parser.add_argument("--python", action="append", help="only for these (default: all)")
    args = parser.parse_args()
    options = [word for minor in args.python or () for word in ("--python", minor)]
    differ = 0
    with tempfile.TemporaryDirectory(prefix="stillopen-twice-") as folder:
        one, other = Path(folder) / "a", Path(folder) / "another" / "place"
        check_out(one)
        check_out(other)
        age(other)
        for arch in args.arch or ("amd64", "arm64"):
            built = [
                build(one, [*options, "--arch", arch], ONE, 0o022),
                build(other, [*options, "--arch", arch], OTHER | {"HOME": folder}, 0o077),
            ]
            hashes = {hashlib.sha256(deb.read_bytes()).hexdigest() for deb in built}
            differ += len(hashes) > 1
            print(f"{built[0].name}: {'DIFFERS' if len(hashes) > 1 else 'the same'} twice: {' '.join(sorted(hashes))}")
    return 1 if differ else 0


def check_out(to: Path) -> None:
    """Make a fresh checkout of this commit."""
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(to)], check=True)


def age(folder: Path) -> None:
    """Let every file be a day older."""
    then = time.time() - DAY_S
    for path in folder.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (then, then))


def build(checkout: Path, options: list[str], environ: dict[str, str], umask: int) -> Path:
    """Build the package there, with this Python; returns it."""
    command = [sys.executable, str(checkout / "packaging/linux/build_deb.py"), *options]
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        command, cwd=checkout, env=kept | environ, umask=umask, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return Path(done.stdout.strip())


if __name__ == "__main__":
    sys.exit(main())
