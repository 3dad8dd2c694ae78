"""Run the tests in two processes at once: those that wait for programs and browsers, and all the others.

`make test` runs this. JOBS=1 in the environment, or a machine with one core, runs one after the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
PYTEST = (sys.executable, "-m", "pytest", "-q", "--durations=20", "--durations-min=5")  # who makes the gate long
# Rooms whose tests mostly wait for processes of their own. A new room is among the others, wherever it belongs.
WAITING = ("bench", "cli", "day", "demo", "house", "kill", "looks", "outside", "pages", "soak", "thirdparty")
CORES_MIN = 2  # with one, each would only be later for the other


def lanes(more: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return pytest's arguments for each of the two: each test is in one of them."""
    rooms = [f"tests/{name}" for name in WAITING]
    return [*more, *rooms], [*more, *(f"--ignore={room}" for room in rooms), "tests"]


def both(waiting: Sequence[str], others: Sequence[str]) -> int:
    """Run two commands at once; say what the second says, and then what the first has said. 0: both are well."""
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(waiting, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            code = subprocess.call(others, cwd=ROOT)
            beside.wait()
        finally:  # Ctrl-C went to both; what was said until then is worth something
            beside.terminate()
            beside.wait()
            said.seek(0)
            sys.stdout.flush()
            sys.stdout.buffer.write(said.read())
            sys.stdout.flush()
    return code or beside.returncode


def main(more: Sequence[str]) -> int:
    if os.environ.get("JOBS") == "1" or (os.cpu_count() or 1) < CORES_MIN:
        return subprocess.call([*PYTEST, *more], cwd=ROOT)
    waiting, others = lanes(more)
    return both([*PYTEST, *waiting], [*PYTEST, *others])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
