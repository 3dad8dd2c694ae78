"""From what calls have shown to what the lamps say. Pure: no clock, no call, no memory.

The newest thing shown counts, and only while it is fresh: what was shown long ago is unknown now, and says how
old it is. Where one host alone is asked and cannot be reached, nobody can tell whether it or the internet is at
fault, so that is unknown too; `[line] probe_url` names a second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.line.reach import FOREIGN, Reach
from outbox.courier import LaneState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from agent.line.link import Link
    from agent.line.reach import Seen

FRESH_S = 200.0  # three askings a minute apart may be missed; after that nothing is known


class State(StrEnum):
    """What a lamp says. The last four are a cloud's alone."""

    UP = "up"
    DOWN = "down"
    PORTAL = "portal"  # somebody else answers: a sign-in page, or a device that looks into TLS
    UNKNOWN = "unknown"
    UNUSED = "unused"  # nothing here goes beyond this PC
    TROUBLE = "trouble"  # it answers, and cannot do it
    UNAUTHORIZED = "unauthorized"  # it does not accept the credentials
    OFFLINE = "offline"  # held by hand


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp: what it says, why, and when that was last seen (None: never)."""

    state: State
    cause: str | None = None  # a `Reach`, or: no_route, gateway, network, one_host, no_secret
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """What is known of one cloud. `lane` is None where its secret is not there."""

    host: str
    beyond: bool  # this PC
    lane: LaneState | None
    seen: Seen | None
    held: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the lamps are judged by. `neutral`: what the probe URL has shown."""

    now: datetime
    link: Link | None
    neutral: Seen | None
    clouds: Mapping[str, CloudFacts]
    probes: bool = False  # whether there is a probe URL


@dataclass(frozen=True, slots=True)
class Verdict:
    """All lamps."""

    network: Lamp
    internet: Lamp
    clouds: Mapping[str, Lamp]


def judge(facts: Facts) -> Verdict:
    """Return what the lamps say."""
    network = _network(facts)
    return Verdict(network, _internet(facts, network), {name: _cloud(facts, one) for name, one in facts.clouds.items()})


def _network(facts: Facts) -> Lamp:
    if not _goes_beyond(facts):
        return Lamp(State.UNUSED)
    proof = max((seen.at for seen in _outside(facts) if seen.reach in _PROOF), default=None)
    link = facts.link
    if proof is not None and (link is None or proof >= link.at):
        return Lamp(State.UP, at=proof) if _fresh(facts, proof) else Lamp(State.UNKNOWN, at=proof)
    if link is None or not _fresh(facts, link.at):
        return Lamp(State.UNKNOWN, at=None if link is None else link.at)
    if not link.route:
        return Lamp(State.DOWN, "no_route", link.at)
    if link.answers is None:
        return Lamp(State.UNKNOWN, at=link.at)
    return Lamp(State.UP, at=link.at) if link.answers else Lamp(State.DOWN, "gateway", link.at)


_PROOF = {Reach.ANSWERED, Reach.FOREIGN_PAGE, Reach.FOREIGN_CERTIFICATE, Reach.CLOCK}  # something out there spoke


def _internet(facts: Facts, network: Lamp) -> Lamp:
    if network.state is State.UNUSED:
        return network
    if network.state is State.DOWN:
        return Lamp(State.DOWN, "network", network.at)
    outside = _outside(facts)
    newest = max((seen.at for seen in outside), default=None)
    fresh = [seen for seen in outside if _fresh(facts, seen.at)]
    if not fresh:
        return Lamp(State.UNKNOWN, at=newest)
    for wanted, state in (({Reach.ANSWERED}, State.UP), (FOREIGN, State.PORTAL), ({Reach.CLOCK}, State.UNKNOWN)):
        found = [seen for seen in fresh if seen.reach in wanted]
        if found:
            last = max(found, key=_when)
            return Lamp(state, None if state is State.UP else str(last.reach), last.at)
    last = max(fresh, key=_when)
    alone = len({one.host for one in facts.clouds.values() if one.beyond}) + facts.probes == 1
    if alone and last.reach is not Reach.NO_NAME_SERVICE:
        return Lamp(State.UNKNOWN, "one_host", last.at)
    return Lamp(State.DOWN, str(last.reach), last.at)


def _cloud(facts: Facts, cloud: CloudFacts) -> Lamp:
    seen = cloud.seen
    at = None if seen is None else seen.at
    if cloud.held:
        return Lamp(State.OFFLINE, at=at)
    if cloud.lane is None:
        return Lamp(State.UNAUTHORIZED, "no_secret")
    if seen is None or not _fresh(facts, seen.at):
        return Lamp(State.UNKNOWN, at=at)
    if seen.reach in FOREIGN:
        return Lamp(State.PORTAL, str(seen.reach), at)
    if seen.reach is not Reach.ANSWERED:
        return Lamp(State.DOWN, str(seen.reach), at)
    state = {LaneState.TROUBLE: State.TROUBLE, LaneState.UNAUTHORIZED: State.UNAUTHORIZED}.get(cloud.lane, State.UP)
    return Lamp(state, at=at)


def _goes_beyond(facts: Facts) -> bool:
    return facts.probes or any(one.beyond for one in facts.clouds.values())


def _outside(facts: Facts) -> Sequence[Seen]:
    """Return what calls beyond this PC have shown, the newest of each host."""
    found = [one.seen for one in facts.clouds.values() if one.beyond and one.seen is not None]
    return found if facts.neutral is None else [*found, facts.neutral]


def _fresh(facts: Facts, at: datetime) -> bool:
    """Return whether it still counts. What lies ahead was seen before the clock was set back."""
    return abs((facts.now - at).total_seconds()) <= FRESH_S


def _when(seen: Seen) -> datetime:
    return seen.at
