"""How often what goes wrong. The defaults are bad days: everything that can happen does, every few days."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weather:
    """A store's luck with one cloud."""

    customers_a_day: int = 10  # over all tills
    gap_s: float = 15.0  # waking time between two customers of a till, on average
    # shares of exchanges
    lost_before: float = 0.015  # no answer, and nothing arrived
    lost_after: float = 0.03  # no answer, and it was done
    half: float = 0.01  # half the answer's body
    page: float = 0.01  # a proxy's or a hotel's page instead
    server: float = 0.015  # 503, nothing done
    server_after: float = 0.01  # 500, and it was done
    throttled: float = 0.015
    # how many a day, on average
    kills: float = 0.4
    restarts: float = 0.1
    outages: float = 0.3
    long_outages: float = 0.2  # the share of outages that take a day to four: longer than any key lives
    unauthorized: float = 0.08  # for a minute or two
    refusals: float = 0.1  # a record that is refused until a person mends it
    own: float = 0.3  # each of the troubles that only this system has
    shelf: float = 0.5  # an item is changed, added or deleted in the cloud's own office
    offers: float = 0.5  # likewise a discount

    def faults(self) -> tuple[tuple[str, float], ...]:
        """Return what may befall an exchange, and how likely."""
        return (
            ("lost before", self.lost_before),
            ("lost after", self.lost_after),
            ("half", self.half),
            ("page", self.page),
            ("503", self.server),
            ("500 after", self.server_after),
            ("throttled", self.throttled),
        )
