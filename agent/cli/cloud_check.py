"""`stillopen cloud check`: a cloud's section of the configuration, compared with the system itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.cloud_names import configured, must_be_online

if TYPE_CHECKING:
    import argparse

    from agent.connecting.checking import Asked
    from agent.places import Places

_WORDS = {"good": "ok", "note": "note", "wrong": "WRONG"}


def check(args: argparse.Namespace, places: Places) -> int:
    """Ask, and say what was found (exit 1: something will not work, or not as meant)."""
    from agent.connecting.checking import compare
    from agent.ways import connectors
    from outbox.auth.keyring import Keyring

    config, cloud = configured(places, args.name)
    must_be_online(places, args.name)
    if cloud.settings is None:
        _, without = connectors(config)
        raise out.CommandError(
            f"{args.name} cannot be asked: {without[args.name]}", hint="a service has an environment of its own"
        )
    asked = asyncio.run(compare(cloud, config, Keyring(places.state)))
    if args.json:
        findings = [] if asked is None else told(asked)
        out.say_json({"cloud": args.name, "can_be_asked": asked is not None, "findings": findings})
    elif asked is None:
        out.say(
            f"{args.name}: a cloud of kind {cloud.kind!r} cannot be asked what it has; its first answers will tell."
        )
    else:
        shown(asked)
    return out.OK if asked is None or asked.is_good else out.FAILED


def told(asked: Asked) -> list[dict[str, Any]]:
    """Return findings for a program."""
    return [{"level": str(one.level), "text": one.text, "proposal": one.proposal or None} for one in asked.findings]


def shown(asked: Asked) -> None:
    """Print findings for a person, and the lines they propose."""
    from agent.connecting.checking import proposals

    for found in asked.findings:
        out.say(f"{_WORDS[found.level]:<5}  {found.text}")
    lines = proposals(asked.findings)
    if lines:
        out.say("\nFor this cloud's section of stillopen.toml:")
        for line in lines:
            out.say(f"    {line}".replace("\n", "\n    "))
