"""`kill -9` at every step of a card payment: charged once or not at all, and the sale tells which.

Stripe and its reader are outside the process that is killed, on a real socket, and remember what they were told.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving
from tests.kill.test_kill_at_every_step import zygote

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks, which Windows has not")

# Every step is tried with STILLOPEN_KILL_EVERY=1; the gate tries every so many, beginning at another each time.
EVERY = {
    "loop": int(os.environ.get("STILLOPEN_KILL_EVERY", "90")),
    "sql": int(os.environ.get("STILLOPEN_KILL_EVERY", "25")),
}

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[tax]]
code = "standard"
rate = "19"
[[cloud]]
name = "stripe"
kind = "stripe"
base_url = "{url}"
key = {{ file = "key" }}
readers = {{ till-1 = "tmr_1" }}
"""


@pytest.mark.parametrize("kind", ["loop", "sql"])
async def test_kill_9_at_every_step_of_a_card_payment(tmp_path: Path, kind: str) -> None:
    stripe = LyingStripe()
    (tmp_path / "key").write_text(KEY)
    async with serving(stripe) as url, zygote("card_zygote.py") as process:
        config = tmp_path / "stillopen.toml"
        config.write_text(CONFIG.format(url=url))
        at, unharmed, ends = 1 + int.from_bytes(os.urandom(1)) % EVERY[kind], 0, []
        while unharmed < 1:
            anew(stripe)
            state = str(tmp_path / f"state-{at}")
            run = await process.ask(do="pay", config=str(config), state=state, kind=kind, at=at)
            told = [answer["told"] for answer in run if "told" in answer]
            killed = run[-1]["exit"] == -9
            assert killed or run[-1]["exit"] == 0, run
            unharmed += not killed
            found, end = await process.ask(do="recover", config=str(config), state=state)
            assert end == {"exit": 0}, found
            check(f"step {at}", found, told, stripe)
            ends.append(found["attempts"])
            at += EVERY[kind]
    assert ends[-1] == ["taken"]
    assert len(ends) > 1, "some run was killed"
    assert stripe.spec_faults == []


def anew(stripe: LyingStripe) -> None:
    """Give the next run an account with nothing in it, and a customer who pays after a moment."""
    for kept in (stripe.books.intents, stripe.books.charges, stripe.books.refunds, stripe.books.records):
        kept.clear()
    stripe.readers.by_id.clear()
    stripe.readers.put("tmr_1", slow=2)


def check(step: str, found: dict[str, Any], told: list[str], stripe: LyingStripe) -> None:
    assert found["holds"], step
    assert len(found["attempts"]) <= 1, step
    assert len(stripe.readers.by_id["tmr_1"].handed) <= 1, step  # never handed over twice
    assert stripe.books.charged in (0, 1250), step
    sales = [*found["records"], *([] if found["sale"] is None else [found["sale"]])]
    assert len(sales) == 1, step
    (sale,) = sales
    assert "card_payment" not in sale, step  # nothing is left waiting for an end
    on_cards = sum(tender["amount"] for tender in sale["tenders"])
    assert on_cards == stripe.books.charged, step  # the sale tells the truth
    assert found["attempts"] == [] or (found["attempts"] == ["taken"]) == (on_cards == 1250), step
    assert not told or len(found["records"]) == 1, step
    assert not any(intent["status"] == "requires_capture" for intent in stripe.books.intents.values()), step
