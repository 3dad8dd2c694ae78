"""How slow the guest is: the same program timed there, and on the machine around it.

The guest's clock counts instructions, a nanosecond each: it is a slow PC, and always the same one. How slow is
measured, and a limit for a store's PC is held to the guest's seconds divided by that.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = 5
# What a start of the agent is made of: a Python, its imports, and some bytecode to run.
PROGRAM = "import asyncio, ssl, sqlite3, json, decimal, logging, email; sum(i * i for i in range(200_000))"
_GUEST = f"""
import subprocess, sys, time
took = []
for _ in range({TIMES} + 1):
    began = time.monotonic()
    subprocess.run([sys.executable, "-I", "-S", "-c", {PROGRAM!r}], check=True)
    took.append(time.monotonic() - began)
print(sorted(took[1:])[{TIMES} // 2])
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds that the program takes: by the guest's own clock, and of processor time on this machine."""

    guest_s: float
    here_s: float

    @property
    def slower(self) -> float:
        """How many times slower the guest is than this machine when it does nothing else."""
        return self.guest_s / self.here_s

    def __str__(self) -> str:
        return (
            f"{self.slower:.1f} times slower than this machine"
            f" (a start of Python with imports: {self.guest_s:.2f} s there, {self.here_s:.3f} s here)"
        )


def measure(run_there: Callable[[str], str]) -> Scale:
    """Time both. `run_there` runs a shell script in the guest and returns what it said.

    Here it is the processor's time that counts, so that whatever else this machine does makes nobody's limit wider.
    """
    here = []
    for _ in range(TIMES + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([os.path.realpath(sys.executable), "-I", "-S", "-c", PROGRAM], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        here.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    there = float(run_there(f"python3 - <<'E'\n{_GUEST}E"))
    return Scale(there, statistics.median(here[1:]))
