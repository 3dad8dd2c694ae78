"""The same on a slow disk: `journal` and `complete` in a process whose every fsync takes 5 ms more.

An eMMC or a spinning disk is like that, and most store PCs have one. The delay is put in front of the C library by
`slow_disk.c`, for ours, the peers and the limits alike; what is written still goes to the disk there is.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import table
from bench.effort import EFFORTS

if TYPE_CHECKING:
    from bench.effort import Effort
    from bench.rounds import Figure

BENCHES = ("journal", "complete")
LATER_US = 5_000
SOURCE = Path(__file__).parent / "slow_disk.c"

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure them there. Nothing where no C compiler makes the disk slow."""
    _notes.clear()
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        _notes.append("slow: left out, as it needs Linux and a C compiler (`cc`)")
        return []
    library = folder / "slow_disk.so"
    await _run([compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"], {})
    size = "tiny" if effort == EFFORTS["tiny"] else "slow"
    await _run(
        [sys.executable, "-m", "bench", *BENCHES, "--effort", size, "--state", str(folder), "--results", str(folder)],
        {"LD_PRELOAD": str(library), "STILLOPEN_SLOW_SYNC_US": str(LATER_US)},
    )
    measured = table.kept(folder)
    _notes.extend(note for name in BENCHES for note in measured[name].notes)
    return [
        replace(figure, case=f"slow disk, {LATER_US / 1e3:g} ms more a sync: {figure.case}")
        for name in BENCHES
        for figure in measured[name].figures
    ]


async def _run(command: list[str], environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {errors.decode()}")
