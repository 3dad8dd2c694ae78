"""The long proof: power cuts until so many disks have been tried.

    make powercut IMAGES=100000            seeds 1, 2, 3, ... until that many images
    make powercut SEED=7 OP=1234           one operation of one seed again, byte by byte

Prints what was tried and every image that does not hold what is owed; exits 1 if there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.powercut.invariants import Fault
from tests.powercut.life import Finding, Tally, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN_MAX = 20  # findings; the first one is enough to work with
MEMORY = Path("/dev/shm")  # noqa: S108 - a new folder is made in it; on a real disk this would take days


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Make a folder to rebuild disks in, in memory where there is such a place."""
    folder = Path(tempfile.mkdtemp(prefix="powercut-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Try as many disks as the command line says."""
    parser = argparse.ArgumentParser(description="Power cuts, until so many disks have been tried.")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--op", type=int, help="look at this operation of the seed, and keep the images that fail")
    wanted = parser.parse_args()
    tally, found, seed, began = Tally(), list[Finding](), wanted.seed, time.perf_counter()
    while True:
        with workplace() as work:
            for finding in findings(seed, work, tally, only=wanted.op, images_max=wanted.images):
                found.append(finding)
                if len(found) <= SHOWN_MAX:
                    _say(str(finding))
                if wanted.op is not None:
                    _say(f"  kept in {_kept(finding)}")
        if wanted.op is not None or tally.images >= wanted.images:
            break
        seed += 1
        sys.stderr.write(f"{tally.images} images\n")
    took = time.perf_counter() - began
    losses = sum(any(one.fault in (Fault.LOST, Fault.DAMAGED) for one in finding.violations) for finding in found)
    _say(
        f"images {tally.images} (of {tally.cuts} cuts), acknowledged sales {tally.sales} (records {tally.told}), "
        f"losses {losses}, other violations {len(found) - losses}, {tally.images / took:.0f} images/s, "
        f"seeds {wanted.seed}-{seed}"
    )
    return 1 if found else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


def _kept(finding: Finding) -> Path:
    folder = Path("build", "powercut", f"{finding.seed}-{finding.operation}-{finding.pattern}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in finding.image.items():
        (folder / name).write_bytes(content)
    return folder


if __name__ == "__main__":
    sys.exit(main())
