"""`stillopen check`: every problem of the configuration at once, each with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.cli import out
from agent.config import ConfigInvalid, ConfigMissing, load
from agent.config.backup import check_backup

if TYPE_CHECKING:
    import argparse

    from agent.config import Config
    from agent.places import Places

SMALLEST = """\
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"

[[till]]
id = "till-1"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def run(args: argparse.Namespace, places: Places) -> int:
    """Say what is wrong (exit 2), or what there is (exit 0)."""
    try:
        config = load(places.config)
        check_backup(config, places.state)
    except ConfigMissing as missing:
        if args.json:
            return _json(places, missing)
        looked = " and ".join(str(path) for path in places.looked)
        out.complain(
            f"there is no configuration; looked for {looked}",
            f"write {places.config} with at least these lines, or try `stillopen demo`, which needs none:",
        )
        out.complain_plainly(SMALLEST)
        return out.WRONG
    except ConfigInvalid as invalid:
        if args.json:
            return _json(places, invalid)
        for problem in invalid.problems:
            out.complain_plainly(str(problem))
        count = len(invalid.problems)
        out.complain(
            f"{count} problem{'s' if count > 1 else ''} in {places.config}",
            "mend the lines named above and run `stillopen check` again",
        )
        return out.WRONG
    waiting = _not_connected(config, places)
    if args.json:
        return _json(places, None, waiting)
    _summary(config, waiting)
    return out.OK


def _json(places: Places, invalid: ConfigInvalid | None, not_connected: list[str] | None = None) -> int:
    problems = [problem.to_json() for problem in invalid.problems] if invalid else []
    answer = {"ok": not problems, "config": str(places.config), "problems": problems}
    out.say_json(answer | {"not_connected": not_connected or []})
    return out.WRONG if problems else out.OK


def _not_connected(config: Config, places: Places) -> list[str]:
    """Return the clouds whose credentials are to be in the keyring, and are not."""
    from outbox.auth.kept import is_kept
    from outbox.auth.keyring import Keyring
    from outbox.clouds.packages import kind_of

    keyring = Keyring(places.state)
    return [
        cloud.name
        for cloud in config.clouds
        if cloud.settings is not None
        and is_kept(kind_of(cloud.kind), cloud.settings)
        and keyring.stamp(cloud.name) is None
    ]


def _summary(config: Config, not_connected: list[str]) -> None:
    out.say(f"{config.file} is in order: {config.store.name}, {config.store.currency}")
    for till in config.tills:
        devices = [f"{kind} {name}" for kind in ("scanner", "printer", "drawer") if (name := getattr(till, kind))]
        out.say(f"  till {till.id}: {', '.join(devices) or 'no devices'}")
    for cloud in config.clouds:
        out.say(f"  cloud {cloud.name}: {cloud.kind}")
        if cloud.name in not_connected:
            out.say(f"    not connected yet, and its records wait: stillopen cloud connect {cloud.name}")
    if config.backup is not None:
        out.say(f"  backup at {config.backup.at} to {config.backup.folder}")
