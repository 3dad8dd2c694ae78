"""The installer on real files, killed with -9 at random moments: `python -m tests.update.killed FOLDER TIMES SEED`.

Each life stages a release and switches to it, or goes back, until it is killed; then another puts right what was cut
short, and what `current` names has to be whole, and the version that ran. Prints how many were killed, and ended.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from pathlib import Path

from agent.update import ledger
from agent.update.refusal import UpdateRefused
from tests.update.maker import Maker, SimulatedPc, Till, whole

LONGEST_S = 0.12  # a life of both, on this machine, takes about as long


def main(folder: Path, times: int, seed: int) -> int:
    """Kill so often; returns the exit code."""
    dice, killed = random.Random(seed), 0
    maker = Maker(folder / "maker")
    maker.release("1.1.0")
    till = Till(folder / "pc", maker)
    for _ in range(times):
        before = till.versions.current()
        child = os.fork()
        if child == 0:
            _live(till)
        time.sleep(dice.uniform(0, LONGEST_S))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, how = os.waitpid(child, 0)
        was_killed = os.WIFSIGNALED(how)
        killed += was_killed
        work = ledger.under_way(till.place.own)
        named = till.versions.current()
        assert named is not None, "nothing is named"
        assert whole(till.versions.folder / named) is not None, f"{named} is named, and is not whole"
        till.pc = SimulatedPc(till.versions)
        with till.installer().alone():
            pass
        now = till.versions.current()
        assert now is not None
        assert whole(till.versions.folder / now) is not None
        if work is not None:
            assert now == work.before, f"{work} was cut short, and {now} runs after {before}"
        assert ledger.under_way(till.place.own) is None
        assert not list(till.versions.folder.glob("*.new/")), "something half done stayed"
    sys.stdout.write(f"{killed} {times - killed}\n")
    return 0


def _live(till: Till) -> None:
    """Stage and switch, or go back; never returns."""
    with contextlib.suppress(UpdateRefused), till.installer().alone() as installer:
        if till.versions.current() == "1.0.0":
            installer.stage(till.repository(), by_hand=True)
            installer.apply()
        else:
            installer.back()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
