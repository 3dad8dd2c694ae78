"""The one task that asks whether the lines carry, when the clouds' own traffic has not shown it for a while.

A cloud is asked over the connection its records use: its host's front page, with no credentials, and any answer
will do. The gateway and `[line] probe_url` are asked only where no cloud answers. A cloud that is held is not asked,
and where all of them are, nothing is.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.line import link as local_network
from agent.line import neutral
from agent.line.reach import Reach, Seen
from agent.line.verdict import CloudFacts, Facts, State, Verdict, judge
from outbox.session import is_loopback, open_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

    from agent.config.sections import LineConfig
    from agent.events import Events
    from agent.line.exchanges import Exchanges
    from agent.line.link import Link
    from agent.line.verdict import Lamp
    from outbox.courier import LaneState

FIRST_S = 3.0  # after the start: what sells goes first
EVERY_S = 60.0  # a store that looks at the lamp wants the last minute; a cloud is asked once in it, at most
AGAIN_S = 5.0  # after a failure, doubling up to `EVERY_S`: a person stands at the router
GAP_S = 2.0  # between two rounds, however often lanes fail meanwhile
ASK_S = 15.0  # for one answer; a line slower than this carries no sale either

_OUT = (State.DOWN, State.PORTAL, State.OFFLINE)  # of a cloud that nothing reaches

_log = logging.getLogger("stillopen.line")


class Line:
    """The lamps. `hosts`: by cloud, its host and whether that is beyond this PC; `lane`: what its lane says."""

    def __init__(
        self,
        config: LineConfig,
        exchanges: Exchanges,
        events: Events,
        *,
        hosts: Mapping[str, tuple[str, bool]],
        ask: Callable[[str], Awaitable[None]],
        lane: Callable[[str], LaneState | None],
        link: Callable[[datetime], Awaitable[Link | None]] = local_network.look,
        client: Callable[[int], httpx.AsyncClient] = open_client,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config = config
        self._exchanges = exchanges
        self._events = events
        self._hosts = hosts
        self._ask = ask
        self._lane = lane
        self._look_at_link = link
        self._client = client
        self._now = now
        self._sleep = sleep
        self._clouds_beyond = any(beyond for _, beyond in hosts.values())
        self._leads_out = self._clouds_beyond or not is_loopback(
            urlsplit(config.probe_url or "").hostname or "localhost"
        )
        self._wake = asyncio.Event()
        self._link: Link | None = None
        self._neutral: Seen | None = None
        self._answered: dict[str, bool] = {}  # by cloud, whether its last exchange was, when that was last heard of
        self._since: dict[str, tuple[State, datetime]] = {}  # by lamp: what it says, and since when
        exchanges.follow(self._heard)

    async def run(self) -> None:
        """Ask, for ever. A fault in one round is logged, and the next one comes."""
        await self._sleep(FIRST_S)
        failures = 0
        while True:
            self._wake.clear()
            try:
                good = await self.look()
            except Exception:  # noqa: BLE001 - a lamp that cannot be judged is no reason to stop selling
                _log.exception("A fault while looking at the line")
                good = False
            failures = 0 if good else failures + 1
            await self._sleep(GAP_S)
            await self._until_woken(EVERY_S if good else min(AGAIN_S * 2.0 ** min(failures - 1, 8), EVERY_S))

    def wake(self) -> None:
        """Look now: somebody stands there and wants to know."""
        self._wake.set()

    async def look(self) -> bool:
        """Ask what has not shown itself for a while; return whether everything that may answer does."""
        wanted = [cloud for cloud in self._hosts if self._lane(cloud) is not None and self._exchanges.may(cloud)]
        await asyncio.gather(*(self._ask_cloud(cloud) for cloud in wanted if self._is_quiet(cloud)))
        beyond = [cloud for cloud in wanted if self._hosts[cloud][1]]
        good = all(self._answers(cloud) for cloud in wanted)
        dark = bool(beyond) and not any(self._answers(cloud) for cloud in beyond)
        if self._config.probe_url is not None and (dark or not self._clouds_beyond):
            self._neutral = Seen(await neutral.ask(self._config, self._client, within_s=ASK_S), self._now())
            dark = self._neutral.reach is not Reach.ANSWERED
            good = good and not dark
        if dark and self._leads_out:
            self._link = await self._look_at_link(self._now())
        self.judge()
        return good

    def judge(self) -> Verdict:
        """Return what the lamps say now; tell everyone where that is something else than before."""
        now = self._now()
        verdict = judge(
            Facts(
                now=now,
                link=self._link,
                neutral=self._neutral,
                clouds={
                    cloud: CloudFacts(
                        host,
                        beyond,
                        self._lane(cloud),
                        self._exchanges.newest.get(cloud),
                        not self._exchanges.may(cloud),
                    )
                    for cloud, (host, beyond) in self._hosts.items()
                },
                probes=self._config.probe_url is not None,
            )
        )
        lamps = {"network": verdict.network, "internet": verdict.internet} | {
            f"cloud {cloud}": lamp for cloud, lamp in verdict.clouds.items()
        }
        changed = [name for name, lamp in lamps.items() if self._since.get(name, (None,))[0] is not lamp.state]
        for name in changed:
            self._say(name, lamps[name])
            self._since[name] = lamps[name].state, now
        if changed:
            self._events.publish("line", line=self._view(verdict))
        return verdict

    def is_out(self) -> bool:
        """Say whether every cloud is known to be out of reach, or held: what is sold now waits. No clouds: no."""
        states = [state for name, (state, _) in self._since.items() if name.startswith("cloud ")]
        return bool(states) and all(state in _OUT for state in states)

    def view(self) -> dict[str, Any]:
        """Return the lamps as JSON: what each says, why, since when, and when that was last seen."""
        return self._view(self.judge())

    def _view(self, verdict: Verdict) -> dict[str, Any]:
        def lamp(name: str, one: Lamp) -> dict[str, Any]:
            return {
                "state": str(one.state),
                "cause": one.cause,
                "since": self._since[name][1].isoformat(),
                "at": None if one.at is None else one.at.isoformat(),
            }

        return {
            "network": lamp("network", verdict.network)
            | {"gateway": None if self._link is None else self._link.gateway},
            "internet": lamp("internet", verdict.internet),
            "clouds": {cloud: lamp(f"cloud {cloud}", one) for cloud, one in verdict.clouds.items()},
        }

    def _say(self, name: str, lamp: Lamp) -> None:
        before = self._since.get(name)
        bad = lamp.state in (State.DOWN, State.PORTAL)
        if bad:
            _log.warning("%s: %s (%s). Selling goes on.", name.capitalize(), lamp.state, lamp.cause)
        elif before is not None and before[0] in (State.DOWN, State.PORTAL):
            _log.info("%s: %s.", name.capitalize(), lamp.state)

    def _heard(self, cloud: str) -> None:
        """Judge anew when a cloud's exchanges end otherwise than before; find out why where they begin to fail."""
        self.judge()
        answers, before = self._answers(cloud), self._answered.get(cloud, True)
        self._answered[cloud] = answers
        if before and not answers:
            self.wake()

    async def _ask_cloud(self, cloud: str) -> None:
        try:
            async with asyncio.timeout(ASK_S):
                await self._ask(cloud)
        except TimeoutError:
            self._exchanges.note(cloud, Reach.SILENT, f"{self._hosts[cloud][0]} did not answer in {ASK_S:g} s")

    def _is_quiet(self, cloud: str) -> bool:
        """Return whether the cloud's own traffic has shown nothing for a while, or nothing good."""
        seen = self._exchanges.newest.get(cloud)
        if seen is None or seen.reach is not Reach.ANSWERED:
            return True
        return not 0 <= (self._now() - seen.at).total_seconds() < EVERY_S

    def _answers(self, cloud: str) -> bool:
        seen = self._exchanges.newest.get(cloud)
        return seen is not None and seen.reach is Reach.ANSWERED

    async def _until_woken(self, delay_s: float) -> None:
        """Wait for as long, or until somebody wakes."""
        waits = [asyncio.ensure_future(self._sleep(delay_s)), asyncio.create_task(self._wake.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
