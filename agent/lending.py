"""What the till lends to the front end that has claimed it: its scanner's scans, and its customer display.

The till takes everything back with the end of the claim. Meanwhile a scan that it does not ring is said there, as a
cashier who scans and sees nothing happen would scan again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import lookup
from agent.card_guard import refuse_card_data
from agent.claims import Claims
from agent.problem import Problem, conflict
from agent.scans import scan_event
from agent.staff.actions import Action
from drivers.scanner.scan import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from agent.claims import Claim
    from agent.config import Config
    from agent.devices import Devices
    from agent.events import Events, Subscription
    from agent.scans import Scans
    from drivers.scanner.scan import Scan


class Lending:
    """Stands between the devices and the tills; `scans` rings those of a till, unless nobody is signed in there."""

    def __init__(
        self,
        config: Config,
        devices: Devices,
        events: Events,
        scans: Callable[[str], Scans],
        *,
        locked: Callable[[str], bool] = lambda _: False,
        now: Callable[[], datetime],
    ) -> None:
        self.claims = Claims(devices.kinds, now=now, on_change=self._changed)
        self._tills = {till.scanner: till.id for till in config.tills}
        self._devices = devices
        self._events = events
        self._scans = scans
        self._locked = locked

    def scanned(self, scanner: str, scan: Scan | Refusal) -> None:
        """Take what a scanner read to whoever has it: the front end that claimed it, its till, or all who listen."""
        till, claim = self._tills.get(scanner), self.claims.of(scanner)
        if claim is None and till is not None and self._locked(till):
            self._events.publish("scan", **scan_event(scan, till=till, scanner=scanner, problem=_nobody_here()))
            return
        if claim is None and till is not None:
            self._scans(till).scanned(till, scan)
            return
        told = scan_event(scan, till=None, scanner=scanner, problem=_problem(scan))
        if claim is None:
            self._events.publish("scan", **told)
            return
        self._events.publish_to(lambda listener: _has(listener, claim), "scan", **told)
        if till is not None:
            self._events.publish_to(
                lambda listener: not _has(listener, claim),
                "scan",
                **scan_event(None, till=till, scanner=scanner, problem=self._lent(claim)),
            )

    def _changed(self, device: str) -> None:
        claim = self.claims.seen(device)
        self._devices.displays.lend(device, lent=claim is not None)
        (view,) = [view for view in self._devices.views() if view["name"] == device]
        self._events.publish("device", device=view | {"claim": claim})

    def _lent(self, claim: Claim) -> Problem:
        """Say where a till's scan went."""
        return conflict(
            "claimed",
            f"{claim.device} is lent to {claim.holder}, which got this scan. To scan here, close that front end, or "
            "take the scanner back on the devices page (/devices).",
            claim=self.claims.view(claim),
        )


def _nobody_here() -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        "sign-in-needed",
        "that was not rung: nobody is signed in at this till's page; sign in, and scan it again",
        action=str(Action.SELL),
    )


def _has(listener: Subscription, claim: Claim) -> bool:
    """Return whether a listener is the claim's own: it named it, or where none did, it is the same caller's."""
    return claim.id in listener.claims if claim.connections else listener.caller == claim.caller


def _problem(scan: Scan | Refusal) -> Problem | None:
    """Return why a scan may not be handed on as it is."""
    if isinstance(scan, Refusal):
        return lookup.refused(scan)
    if scan.gtin is None:  # an article's number is none of a card
        try:
            refuse_card_data("scan", scan.text)
        except Problem as problem:
            return problem
    return None
