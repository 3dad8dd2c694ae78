"""`python -m tests.looks [--only TEXT]`: pictures of every page in every state, and what is wrong with it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.looks.judge import AXE
from tests.looks.states import LANGUAGES, SCENES, Look
from tests.looks.walk import walk
from tests.pages.browser import Browser, Chromium

HERE = Path(__file__).parents[2]


async def main(only: str, look: str, folder: Path, languages: list[str]) -> int:
    """Look at the states and in the ways whose names have `only` and `look` in them; 1 where something is wrong."""
    wrong = []
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, Chromium(Path(profile)) as chromium:
        for scene in SCENES:
            looks = [one for one in scene.looks if look in str(one)]
            for language in languages:
                async with Browser(chromium) as visitor:
                    ways = partial(_ways, f"{scene.name}-", only, looks)
                    wrong += await walk(scene, visitor, language, ways, pictures=folder)
    said = [*wrong, f"{len(wrong)} faults; the pictures are in {folder}", ""]
    sys.stdout.write("\n".join(said))
    return 1 if wrong else 0


def _ways(of: str, only: str, looks: list[Look], name: str) -> list[Look]:
    return looks if only in of + name else []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.looks", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="states whose scene-and-name has this in it")
    parser.add_argument("--look", default="", metavar="TEXT", help="ways to look at them, such as dark or 1024")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="default: all")
    parser.add_argument("--out", type=Path, default=HERE / "build" / "looks", help="default: %(default)s")
    args = parser.parse_args()
    if not AXE.is_file():
        sys.exit("axe-core is not here: run scripts/thirdparty, which says what is missing")
    sys.exit(asyncio.run(main(args.only, args.look, args.out, args.language or list(LANGUAGES))))
