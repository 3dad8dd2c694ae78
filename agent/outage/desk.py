"""Where the outage card is asked for: as a value, and on paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from agent.problem import invalid
from agent.tender_kinds import refusal
from outbox import delivery_views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.config import Config
    from agent.lanes import Lanes
    from agent.line.watch import Line
    from agent.prints import Prints
    from agent.till import Tills
    from outbox.answers import Key, Reply
    from outbox.journal import Journal


class OutageDesk:
    """Makes the card of now. `providers`: by type of tender, the cloud that takes it."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        lanes: Lanes,
        line: Line,
        prints: Prints,
        tills: Tills,
        *,
        providers: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._journal = journal
        self._lanes = lanes
        self._line = line
        self._prints = prints
        self._tills = tills
        self._providers = providers
        self._now = now

    def card(self) -> dict[str, Any]:
        """Return the card as the local API shows it."""
        from agent.outage import card as outage_card  # no start waits for what is looked at on a few days a year

        fault = self._journal.fault
        clouds = {
            name: cloud | {"configured": name in self._lanes.kinds}
            for name, cloud in self._lanes.views().items()
            if name in self._lanes.kinds or cloud["waiting"] + cloud["sending"] + cloud["parked"]
        }
        for name, cloud in clouds.items():
            cloud["answered_at"] = cloud["answered_at"] or delivery_views.last_delivered(self._journal.reader, name)
        return outage_card.card(
            at=self._now().isoformat(),
            fault=None if fault is None else str(fault),
            line=self._line.view(),
            clouds=clouds,
            providers=self._providers,
        )

    async def print_card(self, till: str | None, *, key: Key | None) -> Reply:
        """Queue the card on a till's printer. Raises `Problem`."""
        setup = self._tills.setup(till)
        if setup.printer is None:
            raise invalid("no-printer", f"Till {setup.id} has no printer: read the card at /v1/outage, or on the page.")
        store = self._config.store
        from agent.outage.paper import paper  # no start waits for what a few days a year are printed on

        document = paper(self.card(), store=store.name, locale=store.locale, timezone=ZoneInfo(store.timezone))
        return await self._prints.queue(setup.printer, document, key=key)

    def check_tender(self, type_: str) -> None:
        """Refuse a tender that cannot be taken now, with what can be. Raises `Problem`."""
        lamps = (
            {}
            if type_ not in self._providers
            else {name: lamp["state"] for name, lamp in self._line.view()["clouds"].items()}
        )
        problem = refusal(type_, self._providers, lamps)
        if problem is not None:
            raise problem
