"""How much each bench does: one place for all sizes, so that the whole short run stays under nine minutes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int = 5
    baskets: int = 3  # of ten scans, in a block of the scan bench
    sales: tuple[int, int, int] = (60, 20, 4)  # by each of 1, 6 and 64 tills, in a block of the sale benches
    receipts: int = 30  # rendered in a block
    wire_receipts: int = 10  # printed in a block, over a fast wire
    wire_slow: int = 3  # rounds over a slow one: a receipt takes a second and a half
    wire_slow_logos: int = 1  # rounds with a logo: 13 s each
    draining: int = 3_000  # records waiting when a block of sales begins that a lane drains beside
    copied: int = 1_000  # records in the journal that is copied while a till sells; every round's sales come to them
    switches: int = 20  # of who is at a till, in a block: two hashes of a PIN each
    waiting: tuple[int, ...] = (0, 10_000, 100_000)  # in the queues of the outbox bench
    items: int = 60  # put, and taken and acknowledged, in a block of the outbox bench
    item_s: float = 2.0  # a block of it ends after this long, for the queues that get slow
    backlog: int = 6_000  # records drained in batches: enough that the one which goes first, alone, is lost in it
    backlog_single: tuple[int, int, int] = (2_000, 500, 200)  # the same one a request, 0, 20 and 100 ms away
    drains: int = 3  # rounds of the drain bench: each is thousands of samples by itself
    drains_far: int = 1  # rounds of it one by one and far away, where the line's own wait is most of it
    cold: int = 100_000  # records waiting at a cold start
    cold_starts: int = 3  # rounds of it
    more_sales: int = 1_000  # sold by the agent whose memory is watched
    idle_s: float = 10.0  # how long an idle agent is watched
    pulled_items: int = 100_000  # in a first pull
    pulls: int = 1  # rounds of it: each is thousands of samples by itself
    cloud_sales: int = 500  # drained into each kind's lying server
    page_items: int = 100_000  # in the catalogue of a full store
    page_records: int = 10_000
    page_keys: int = 500
    page_scans: int = 25  # in a block of the page bench
    page_pays: int = 20
    page_colds: int = 3


EFFORTS = {
    "short": Effort(),
    "long": Effort(
        rounds=9,
        sales=(200, 60, 16),
        draining=20_000,
        copied=5_000,
        waiting=(0, 100_000, 1_000_000),
        items=200,
        item_s=5.0,
        backlog=10_000,
        backlog_single=(10_000, 10_000, 2_000),  # 100 ms away nothing but the line is measured
        cold=1_000_000,
        cold_starts=5,
        idle_s=60.0,
        pulls=3,
        cloud_sales=100_000,
    ),
    # For a disk that takes milliseconds: few, and at 1 till enough of them for a p99.
    "slow": Effort(rounds=3, sales=(36, 6, 1), draining=1_000),
    "tiny": Effort(
        rounds=1,
        baskets=1,
        sales=(2, 1, 1),
        receipts=2,
        wire_receipts=1,
        wire_slow=0,
        wire_slow_logos=0,
        draining=5,
        copied=5,
        switches=1,
        waiting=(0, 5),
        items=2,
        item_s=1.0,
        backlog=60,
        backlog_single=(5, 3, 2),
        drains=1,
        cold=20,
        cold_starts=1,
        more_sales=5,
        idle_s=0.1,
        pulled_items=1_200,
        cloud_sales=30,
        page_items=1_010,
        page_records=6,
        page_keys=8,
        page_scans=2,
        page_pays=1,
        page_colds=1,
    ),
}
