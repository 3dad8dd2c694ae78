"""A bare PC of the rig: switched on with a disk that forgets, and taken away whatever became of it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from tests.installed.store import Broken, Store, say
from tests.plug.__main__ import RIG
from tests.rig.__main__ import OUT, build_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path


def play(
    folder: str,
    debs: Sequence[Path],
    scenes: Iterable[Callable[[Store], None]],
    *,
    cuts: int,
    seed: int,
    name: str = "pc",
    **options: Any,
) -> bool:
    """Play scenes on a PC of its own; return whether every promise held. `options` are the guest's."""
    os.environ["RIG_OUT"] = str(OUT)
    build_image()
    sys.path.insert(0, str(RIG))
    guests, lossy = importlib.import_module("rig"), importlib.import_module("lossy_nbd")
    disk = lossy.LossyDisk(folder, base=guests.raw_root(cold=bool(options)), name=name).start()
    guest = guests.Guest(root=disk.drive, net="restrict=on", **options)
    store = Store(guest, disk, debs, cuts=cuts, seed=seed)
    try:
        store.boot()
        for scene in scenes:
            scene(store)
    except (Broken, TimeoutError, guests.GuestError) as broken:
        say(f"BROKEN: {broken}\n{store.log()}")
        return False
    finally:
        guest.__exit__(None, None, None)
        disk.close()
    return True
