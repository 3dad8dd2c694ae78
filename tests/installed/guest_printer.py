"""Runs in the guest: a printer on its USB bus, our simulated one behind the kernel's gadget, until it is ended.

python3 printer.py FOLDER    FOLDER holds gadget.py of tests/rig; what was printed is written to FOLDER/printed
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

PROGRAM = Path("/usr/lib/stillopen/current").resolve()  # this version's files stay, whatever is installed meanwhile
FOLDER = Path(sys.argv[1])
LOOK_S = 0.2


async def main() -> None:
    """Plug it in, and keep what it reads."""
    from gadget import GadgetPrinter  # type: ignore[import-not-found]  # put beside this file, in the guest

    printer = GadgetPrinter("receipt", "TM-0001")
    await printer.add()
    (FOLDER / "plugged").touch()
    while True:
        (FOLDER / "printed").write_bytes(bytes(printer.taken))
        await asyncio.sleep(LOOK_S)


if __name__ == "__main__":
    sys.path[:0] = [str(FOLDER), str(PROGRAM / f"cp3{sys.version_info.minor}"), str(PROGRAM / "common")]
    asyncio.run(main())
