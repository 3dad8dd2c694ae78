"""`make wine`: the Windows installer and service host under wine, with a stand-in for Python; where wine stops is said.

python -m tests.wine [--only NAME ...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.wine.pc import Broken, Pc, missing, say
from tests.wine.scenes import SCENES
from tests.wine.setups import light, our_programs, roots

VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
NOT_SEEN = """\
Not seen under wine, which has no such thing or takes any word for it: Windows starting a host that ended (recovery
actions are taken, and forgotten), the event log, the service's own account and SID, what icacls changes, preshutdown,
drivers, COM ports and print queues; nor a Windows Python: a stand-in speaks its part. Its Task Scheduler takes our task
and begins none: errands are begun here by hand. There is one account, so that "as the service" is as anybody; a folder
that leads elsewhere is a link of Linux', and no junction: that the setup refuses one for the store's is not seen."""


def main(arguments: list[str]) -> int:
    """Try what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description="The Windows installer, under wine.")
    parser.add_argument("--only", action="append", choices=list(SCENES), help="only these scenes, after installing")
    args = parser.parse_args(arguments)
    if missing():
        say(f"not tried: this machine has no {missing()}")
        return 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stillopen-wine-", ignore_cleanup_errors=True) as folder:
        tools = our_programs()
        made = Path(folder) / "made"
        setups = {version: light(made, version, tools, root=roots(made).get(version)) for version in VERSIONS}
        say(f"built: an installer of {setups['1.0.0'].stat().st_size / 1e3:.0f} kB around a stand-in for Python")
        pc = Pc(Path(folder))
        try:
            pc.boot()
            for name, scene in SCENES.items():
                if args.only is None or name in args.only or name == "install":
                    scene(pc, setups)
        except Broken as broken:
            say(f"BROKEN: {broken}\n--- host.log\n{pc.said()}\n--- setup.log\n{pc.said('../setup.log')}")
            return 1
        finally:
            pc.close()
    say(f"every promise held; {time.monotonic() - began:.0f} s")
    say(NOT_SEEN)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
