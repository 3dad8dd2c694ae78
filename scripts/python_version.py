"""Say which Python is needed before venv and pip say something longer."""

import importlib.util
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"stillopen needs Python 3.11 to 3.13; this is {sys.version.split()[0]}. "
        "Install one and run: make PYTHON=python3.11 …"
    )
if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu package it apart
    sys.exit("This Python cannot make virtual environments. Next: apt-get install python3-venv, then make again.")
