"""A shop's trade, and how often what goes wrong. Shares are of exchanges, of answers or of days, as each says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from random import Random

SHOPS = (
    2,
    3,
    4,
    5,
    6,
    15,
)  # customers a day: the long proof's stores differ, and most of what goes wrong is by the day
BATCHES = (1, 1, 3, 20)


@dataclass(frozen=True, slots=True)
class Weather:
    """A store's luck. The defaults are a bad year: everything that can happen does, every few days or weeks."""

    customers_a_day: int = 15  # over both tills
    batch: int = 1  # records that the webhook's receiver takes in one request
    gap_s: float = 12.0  # the agent's waking time between two customers, on average
    brings_back: float = 0.06  # the share of customers who come for a refund
    # shares of exchanges with a cloud
    lost_before: float = 0.01
    lost_after: float = 0.03
    trouble: float = 0.02  # 503, and as often 429
    half: float = 0.01
    trouble_after: float = 0.01  # 500 after it was done
    slow: float = 0.02
    # share of answers of the local API that the front end does not get
    unheard: float = 0.03
    # how many a day, on average
    crashes: float = 0.35
    cuts: float = 0.1  # the PC loses its power
    crash_loops: float = 0.03  # dies again while it starts, some times
    restarts: float = 0.05  # stopped and started by the service manager, in the middle of whatever is under way
    outages: float = 0.5
    long_outages: float = 0.15  # the share of outages that take a day to three
    paper: float = 0.5  # out of paper, cover open
    paper_days: float = 0.03  # out of paper, and nobody sees to it until the next morning
    power: float = 0.3  # the printer's
    scanner: float = 0.1  # unplugged
    disk: float = 0.15  # a commit that fails
    full: float = 0.04  # no room on the disk until somebody makes some
    clock: float = 0.1  # the PC's clock set wrong for a minute or two
    wrong_years: float = 0.02  # or for days, by days or years
    token: float = 0.05  # a cloud does not take our credentials for a minute or two
    token_days: float = 0.04  # or for a day or two
    storms: float = 0.06  # nothing but 429 or 503 from a cloud, for minutes to hours
    refusals: float = 0.15  # a record that a cloud refuses until a person mends it
    poison: float = 0.03  # a record that a cloud fails on with 500 until a person mends it

    def faults(self) -> tuple[tuple[str, float], ...]:
        """Return what may befall an exchange, and how likely."""
        return (
            ("lost before", self.lost_before),
            ("lost after", self.lost_after),
            ("503", self.trouble),
            ("429", self.trouble),
            ("half", self.half),
            ("500 after", self.trouble_after),
            ("slow", self.slow),
        )

    def of_shop(self, seed: int) -> Weather:
        """Return it for the shop that belongs to a seed: each has its own trade."""
        random = Random(f"shop {seed}")
        return replace(self, customers_a_day=random.choice(SHOPS), batch=random.choice(BATCHES))


TROUBLES = tuple(field.name for field in fields(Weather) if isinstance(field.default, float) and field.name != "gap_s")
