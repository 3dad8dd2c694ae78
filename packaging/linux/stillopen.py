"""What /usr/bin/stillopen runs: this folder's own version of the program, on the Python of this PC."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent  # the version's own folder: a switch meanwhile mixes nothing
sys.path[:0] = [str(here / f"cp{sys.version_info.major}{sys.version_info.minor}"), str(here / "common")]

from agent.cli import main  # noqa: E402 - after the path is set

sys.exit(main())
