"""What stillopen.exe and the service host run: this folder's own version of the program, on the Python beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "program"))

from agent.cli import main

sys.exit(main())
