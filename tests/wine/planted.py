"""A folder that somebody made before the setup came: nothing in it goes into service, and nothing of it is lost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.wine.pc import must, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.wine.pc import Pc

SOMEBODY = 65534  # a user of this machine's who is not the one that runs wine: for wine, no administrator


def planted(pc: Pc, setups: Mapping[str, Path]) -> None:
    """Any user may make %ProgramData%\\Stillopen: what he laid there is moved aside, whole, and the setup goes on."""
    if pc.manager_says():
        _end(pc.remove("/PURGE"), pc)
    (pc.state / "logs").mkdir(parents=True)
    (pc.state / "journal.db").write_text("somebody's")
    (pc.data / "stillopen.toml").write_text("# somebody's\n")
    os.chown(pc.data, SOMEBODY, SOMEBODY)
    _end(pc.run([str(setups["1.0.0"]), "/S"]).returncode, pc)
    must(pc.sells("1.0.0"), f"{pc.status()}")
    must(
        (pc.data / "stillopen.toml").read_text() == "# first\n", "a configuration that somebody laid there is in force"
    )
    must(not (pc.state / "journal.db").exists(), "a journal that somebody laid there is in service")
    (aside,) = pc.data.parent.glob("Stillopen.found-*")
    must((aside / "state/journal.db").read_text() == "somebody's", "what was there is gone")
    must(aside.name in pc.said("../setup.log"), "the setup does not say where it is")
    must(pc.host("folder").returncode == 0 and pc.sells("1.0.0"), "the store's own folder was not left alone")
    _end(pc.remove("/PURGE"), pc)
    must(aside.exists() and not pc.data.exists(), "the wrong folder was purged")
    say("a store's folder that somebody made beforehand: moved aside whole, named in the log, and nothing of it used")


def _end(code: int, pc: Pc) -> None:
    must(code == 0, f"it ended with {code}\n{pc.said('../setup.log')}")
