"""What is plugged in, beside what is configured: for `stillopen devices`, the local API and the devices page."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from drivers.detect.found import Way
from drivers.detect.judge import judge
from drivers.detect.lines import lines
from drivers.detect.look import look
from drivers.detect.same import means
from drivers.detect.switches import switches
from drivers.errors import PortUrlInvalid
from drivers.ports.holders import holders_of
from drivers.ports.url import parse_port_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.detect.found import Found
    from drivers.detect.look import Sources
    from drivers.ports.url import PortUrl


def plugged(ports: Mapping[str, str], sources: Sources | None = None, *, own: int | None = None) -> dict[str, Any]:
    """Look, and return what was found as JSON values. Blocks for some milliseconds.

    `ports` are the URLs of the configured devices by name, `own` the process that holds those (default: this one).
    """
    sight = look(sources)
    urls = {name: url for name, text in ports.items() if (url := _parsed(text)) is not None}
    names = [next((name for name, url in urls.items() if means(url, found)), None) for found in sight.found]
    known = list(zip(sight.found, names, strict=True))
    # A keyboard is open by the desktop always, and that says nothing.
    strange = [found.place for found, name in known if name is None and found.way is Way.SERIAL]
    held = holders_of(strange, own=os.getpid() if own is None else own)
    return {
        "devices": [_as_json(found, name, [str(one) for one in held.get(found.place, [])]) for found, name in known],
        "unseen": [{"way": str(one.way), "error": one.error, "hint": one.hint} for one in sight.unseen],
    }


def _as_json(found: Found, name: str | None, held_by: list[str]) -> dict[str, Any]:
    guess = judge(found)
    return {
        "device": found.place,
        "way": str(found.way),
        "kind": str(guess.kind),
        "sure": str(guess.sure),
        "what": guess.what,
        "why": guess.why,
        "next": guess.next,
        "description": found.name,
        "manufacturer": found.maker,
        "usb": found.numbers,
        "serial_number": found.serial_number,
        "port": found.port,
        "lasting": found.lasting,
        "also": list(found.also),
        "configured_as": name,
        "held_by": held_by,
        "configuration": list(lines(found, guess)),
        "switches": [asdict(way) for way in switches(found)],
    }


def _parsed(text: str) -> PortUrl | None:
    try:
        return parse_port_url(text)
    except PortUrlInvalid:
        return None
