"""Say which Python is needed before pip says something longer."""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"stillopen needs Python 3.11 to 3.13; this is {sys.version.split()[0]}. "
        "Install one and run: make PYTHON=python3.11 …"
    )
