"""Trying what hangs on a till, one device after another: a test receipt, the drawer, a scan, a weight, a text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.cli.out import CommandError
from agent.setup.asking import SCAN_S, printed, scanned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from agent.cli.running import RunningAgent
    from agent.setup.dialogue import Dialogue

_ASKS = {
    "printer": "Print a test receipt on {name}?",
    "drawer": "Open the drawer {name}?",
    "scanner": "Try the scanner {name}?",
    "scale": "Read the scale {name}?",
    "display": "Show a text on the display {name}?",
}
_SEEN = {
    "printer": "Did it come out as it should?",
    "drawer": "Did it open?",
    "display": "Does it show a test?",
}
_KINDS = tuple(_ASKS)  # the printer first: a drawer hangs on it


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one. `outcome` is `works`, `fails`, `unseen` (nobody looked), or `left out`."""

    device: str
    kind: str
    outcome: str
    said: str


def try_all(agent: RunningAgent, to: Dialogue | None, *, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Try each device; with somebody `to` ask first, and afterwards what was seen. Raises `Back` or `Ended`."""
    devices = agent.ask("GET", "/v1/devices")["devices"]
    wanted = [
        one for kind in _KINDS for one in devices if one["kind"] == kind and (only is None or one["name"] in only)
    ]
    return [asdict(_try(agent, to, one)) for one in wanted]


def _try(agent: RunningAgent, to: Dialogue | None, device: Mapping[str, Any]) -> Tried:
    name, kind = device["name"], device["kind"]
    if to is not None and not to.agrees(_ASKS[kind].format(name=name)):
        return Tried(name, kind, "left out", "")
    while True:
        done = _once(agent, to, name, kind)
        if to is None:
            return done
        if done.outcome != "works" or kind not in _SEEN:
            to.say(f"  {done.said}")
        elif not to.agrees(_SEEN[kind]):
            done = Tried(name, kind, "fails", "somebody looked: it did not")
            to.say(f"  {_next(device)}")
        if done.outcome == "works" or not to.agrees("Once more?", proposal=False):
            return done


def _once(agent: RunningAgent, to: Dialogue | None, name: str, kind: str) -> Tried:
    try:
        if kind == "printer":
            state = printed(agent, name)
            words = {"printed": "it says that it has printed", "not_printed": "it has not printed"}
            outcome = {"printed": "works", "not_printed": "fails"}.get(state, "unseen" if to is None else "works")
            return Tried(name, kind, outcome, words.get(state, "it does not say whether it has printed: look at it"))
        if kind == "scanner":
            if to is not None:
                to.say(f"  Scan something within {SCAN_S:g} seconds …")
            return _scan_said(name, scanned(agent, name))
        answer = agent.ask("POST", f"/v1/devices/{name}/test", {})
    except CommandError as error:
        return Tried(name, kind, "fails", f"{error}")
    if kind == "scale":
        return Tried(name, kind, "works", f"it weighs {answer.get('weight')} {answer.get('unit') or ''}".rstrip())
    return Tried(name, kind, "works" if to is not None else "unseen", "it was told to")


def _scan_said(name: str, scan: Mapping[str, Any] | None) -> Tried:
    if scan is None:
        return Tried(name, "scanner", "fails", "nothing was read: is it in the mode that its section says?")
    if scan.get("problem"):
        return Tried(name, "scanner", "fails", str(scan["problem"].get("detail", scan["problem"])))
    return Tried(name, "scanner", "works", f"it read {scan['text']!r}")


def _next(device: Mapping[str, Any]) -> str:
    if device["kind"] == "printer":
        return (
            "Look at its paper, its cover and its cable; garbled letters are a wrong `dialect`, broken lines `columns`."
        )
    if device["kind"] == "drawer":
        return "Look at its cable to the printer; the other pin is `pin = 5`."
    return "Look at its cable and power."
