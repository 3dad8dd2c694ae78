"""`make soak KILLS=200`: the real agent killed under load, with lost answers. Exits 1 where a promise was broken.

make soak SEED=17                      the same tills, kills and lost answers again (not the same interleaving)
make soak BATCH=50                     the webhook takes batches
python -m tests.soak --mistake NAME    an agent that gets it wrong, or `forgetful_receiver`: has to exit 1
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.mistakes import MISTAKES, program
from tests.soak.processes import COMMAND, Broken
from tests.soak.run import LIFE_S, Outcome, Plan, soak

SHOWN_MAX = 20  # violations; the first one is enough to work with
FORGETFUL = "forgetful_receiver"


def main() -> int:
    """Soak as the command line says. The folder of a run that failed is kept."""
    parser = argparse.ArgumentParser(description="The real agent killed under load, with lost answers.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", default=str(secrets.randbelow(1_000_000)))
    parser.add_argument("--batch", type=int, default=1, help="records in one request to the webhook")
    parser.add_argument("--life", type=float, default=LIFE_S, help="seconds that an agent lives on average")
    parser.add_argument("--mistake", choices=[*MISTAKES, FORGETFUL])
    parser.add_argument("--folder", type=Path, help="where to work: a disk to be tried (default: the temporary one)")
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir=wanted.folder))
    _say(f"seed {wanted.seed}, in {folder}")
    plan = Plan(
        wanted.kills,
        wanted.seed,
        wanted.batch,
        wanted.life,
        program=program([wanted.mistake]) if wanted.mistake in MISTAKES else (str(COMMAND),),
        forgets=wanted.mistake == FORGETFUL,
    )
    try:
        outcome = soak(plan, folder, _say)
    except Broken as broken:
        _say(f"{broken}\nseed {wanted.seed}; everything is kept in {folder}")
        return 1
    _show(outcome, plan)
    if outcome.violations:
        _say(f"everything is kept in {folder}; once more: make soak KILLS={plan.kills} SEED={plan.seed}")
        return 1
    shutil.rmtree(folder)
    return 0


def _show(outcome: Outcome, plan: Plan) -> None:
    kills = ", ".join(f"{moment} {count}" for moment, count in sorted(outcome.kills.items()))
    _say(f"seed {plan.seed}, batch {plan.batch}, kills {outcome.kills.total()} ({kills})")
    for name, figure in outcome.figures.items():
        _say(f"{name:<24}{figure:>10,}")
    _say(f"{'wall time, s':<24}{outcome.took_s:>10,.0f}")
    for violation in outcome.violations[:SHOWN_MAX]:
        _say(f"  {violation}")
    _say(f"{'violations':<24}{len(outcome.violations):>10,}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
