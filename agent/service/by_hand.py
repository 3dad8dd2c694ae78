"""What a person types to stop and start the agent where it is a service: for commands that need it stopped."""

from __future__ import annotations

import os

STOP = "as an administrator: net stop Stillopen" if os.name == "nt" else "sudo systemctl stop stillopen"
START = "as an administrator: net start Stillopen" if os.name == "nt" else "sudo systemctl start stillopen"
