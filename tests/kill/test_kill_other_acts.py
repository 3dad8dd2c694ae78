"""`kill -9` at every step of a refund, an exchange, money put in, a Z and a backup: each is once, or not at all.

As in test_kill_at_every_step, printer and cloud are outside of what is killed.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.clouds.lying_webhook import SECRET, LyingWebhook
from tests.clouds.serving import serving
from tests.kill.act_zygote import DEARER, FLOAT, PRICE, PUT_IN
from tests.kill.test_kill_at_every_step import CONFIG, zygote

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks, which Windows has not")

ROUNDS = 2  # of the gate, killed, for each act and kind of step; STILLOPEN_KILL_EVERY=1 tries every step


@dataclass(frozen=True)
class After:
    """What there is once it has been asked again."""

    first: tuple[str, ...]  # the kinds of the records that were there before the act
    added: tuple[str, ...]  # that it makes
    status: int  # of the answer; of a backup, how many records it holds
    drawer: int | None  # what the till should hold; None: no shift is open
    trail: tuple[str, ...] = ()  # what the audit trail has of it
    kinds: tuple[str, ...] = ("loop", "sql")  # of steps, as zygote.py has them


ACTS = {
    "refund": After(("shift_open", "sale"), ("refund", "drawer"), 201, -PRICE, ("refund",)),
    "exchange": After(("shift_open", "sale"), ("refund", "sale", "drawer"), 200, DEARER - PRICE, ("refund",)),
    "pay-in": After(("shift_open",), ("cash", "drawer"), 201, FLOAT + PUT_IN, ("shift_open", "pay_in")),
    "shift close": After(("shift_open", "sale", "drawer"), ("shift_close",), 200, None, ("shift_close",)),
    "backup": After(("shift_open", "sale"), (), 2, 0, kinds=("loop",)),  # it is copied by pages, with no statement
}


@pytest.mark.parametrize("act", ACTS)
async def test_kill_9_at_every_step_of_what_else_a_till_does(tmp_path: Path, act: str) -> None:
    printer = SimulatedPrinter(Model())
    cloud = LyingWebhook()
    (tmp_path / "secret").write_text(SECRET)
    async with await serve_tcp(printer) as served, serving(cloud) as url, zygote("act_zygote.py") as process:
        config = tmp_path / "stillopen.toml"
        config.write_text(CONFIG.format(printer=served.url, cloud=url))

        async def run(kind: str, at: int) -> list[dict[str, int]] | None:
            """Kill it at one step (0: at none), start it again and judge; unharmed: the steps to its answer and end."""
            for kept in (printer.receipts, printer.kicks, cloud.records):
                kept.clear()
            printer.close_drawer()
            folder = tmp_path / f"{kind}-{at}"
            (folder / "copies").mkdir(parents=True)
            told = {"config": str(config), "state": str(folder / "state"), "act": act}
            *said, end = await process.ask(do="act", kind=kind, at=at, **told)
            assert end["exit"] in (0, -9), (at, said)
            found, end_again = await process.ask(do="recover", **told)
            assert end_again == {"exit": 0}, (at, found)
            check(ACTS[act], found, told=any("told" in one for one in said), killed=end["exit"] == -9, step=at)
            check_outside(found, printer, cloud, killed=end["exit"] == -9, step=at)
            return None if end["exit"] == -9 else [one["steps"] for one in said]

        unharmed = await run("none", 0)
        assert unharmed is not None
        for kind in ACTS[act].kinds:
            to_answer, to_end = (steps[kind] for steps in unharmed)
            every = int(os.environ.get("STILLOPEN_KILL_EVERY", to_end // ROUNDS + 1))
            first = 1 + int.from_bytes(os.urandom(2)) % min(every, to_answer // 2)  # what comes after waits, and varies
            killed = [await run(kind, at) is None for at in range(first, to_end + 1, every)]
            assert any(killed)


def check(wanted: After, found: dict[str, Any], *, told: bool, killed: bool, step: int) -> None:
    """Judge what the store has."""
    kinds = [record["kind"] for record in found["records"]]
    assert Counter(kinds) == Counter((*wanted.first, *wanted.added)), step
    assert found["before"] in ([*wanted.first], kinds), step  # all of it or nothing
    assert found["before"] == kinds or not told, step  # told: on the disk
    assert found["before"] == kinds or killed, step
    assert found["status"] == wanted.status, step
    assert found["drawer"] == wanted.drawer, step  # the sums that are kept are the records'
    assert found["refunds"] == kinds.count("refund"), step
    assert tuple(action for action in found["trail"] if action != "open_item") == wanted.trail, step
    assert found["holds"], step
    assert (found["open_sales"], found["parked"]) == (0, 0), step
    numbers = [record["receipt_number"] for record in found["records"] if record.get("receipt_number")]
    assert sorted(numbers) == [f"TILL-1-{number:06d}" for number in range(1, len(numbers) + 1)], step
    for closing in (record for record in found["records"] if record["kind"] == "shift_close"):
        assert (closing["z_number"], closing["over"], closing["expected_cash"]) == (1, 0, PRICE), step
    left, now = found["copies"]
    assert all(records == wanted.status for records in (*left.values(), *now.values())), step  # none that is not whole
    assert len(now) == found["files"] == (not wanted.added), step


def check_outside(
    found: dict[str, Any], printer: SimulatedPrinter, cloud: LyingWebhook, *, killed: bool, step: int
) -> None:
    """Judge what the world has: the cloud each record once and whole, paper and drawer no more than is known of."""
    assert {record["id"]: record for record in found["records"]} == cloud.records, step
    prints, kicks = Counter(found["prints"]), Counter(found["kicks"])
    assert prints.keys() <= ({"printed", "unknown"} if killed else {"printed"}), step
    assert prints["printed"] <= len(printer.receipts) <= prints.total(), step
    assert not any(b"COPY" in receipt.text for receipt in printer.receipts), step
    assert kicks.keys() <= ({"opened", "unknown"} if killed else {"opened"}), step
    assert kicks["opened"] <= len(printer.kicks) <= kicks.total(), step
