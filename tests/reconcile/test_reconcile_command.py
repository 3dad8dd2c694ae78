"""`stillopen reconcile` on a store that has sold: a real agent's journal, Square's books altered in its own office."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from agent.cli import main
from outbox.record import link
from tests.agent.store import CONFIG, opened
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

SQUARE = """
[[cloud]]
name = "square"
kind = "square"
base_url = "{base_url}"
location_id = "L1"
token = {{ file = "token" }}
"""
HOOK = """
[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { file = "secret" }
"""


async def reconcile(folder: Path, *words: str) -> int:
    """Run the command, in a thread: it has a loop of its own."""
    places = ["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state")]
    return await asyncio.to_thread(main, ["reconcile", *words, *places])


@asynccontextmanager
async def a_day(folder: Path) -> AsyncIterator[tuple[LyingSquare, list[dict[str, Any]]]]:
    """Yield a Square that has three sales of a store, and their records; the agent has stopped."""
    square = LyingSquare()
    square.books.page_size = 2
    async with serving(square) as base_url:
        (folder / "token").write_text(TOKEN)
        async with opened(folder, config=CONFIG + SQUARE.format(base_url=base_url)) as shop:
            records = [await shop.sold("MUG"), await shop.sold("TEA", card=True), await shop.sold("MUG", "TEA")]
            await shop.until(lambda: shop.app.outbox_view()["clouds"]["square"]["delivered"] == len(records))
        yield square, records


async def test_a_day_that_matches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_day(tmp_path) as (square, records):
        code = await reconcile(tmp_path)
        said = capsys.readouterr().out
        assert code == 0, said
        first, last = records[0]["receipt_number"], records[-1]["receipt_number"]
        total = sum(record["total"] for record in records)
        assert f"{first} to {last}, 3 receipts, no number missing; sales {total / 100:.2f} EUR" in said
        assert f"square: 3 of 3 receipts match; {total / 100:.2f} EUR here and there" in said

        assert await reconcile(tmp_path, "--json", "--all") == 0
        told = json.loads(capsys.readouterr().out)
        (cloud,) = told["clouds"]
        assert cloud["counts"] == {"matches": 3}
        assert (cloud["here"], cloud["there"]) == (total, total)
        assert [one["there"] for one in cloud["receipts"]] == [record["total"] for record in records]
        assert told["tills"][0]["sales"] == total
        assert square.spec_faults == []


async def test_what_was_done_in_squares_own_office_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_day(tmp_path) as (square, records):
        of = {order["metadata"]["stillopen_id"]: order for order in square.books.orders.values()}
        gone, more, twice = (of[record["id"]] for record in records)
        del square.books.orders[gone["id"]]
        more["total_money"]["amount"] += 1000
        copy = json.loads(json.dumps(twice)) | {"id": "O-twice"}
        square.books.orders["O-twice"] = copy
        lost = json.loads(json.dumps(twice)) | {"id": "O-lost", "metadata": {"stillopen_id": "of-another-journal"}}
        lost["reference_id"] = "TILL-1-000900"
        square.books.orders["O-lost"] = lost
        online = json.loads(json.dumps(twice)) | {"id": "O-online", "metadata": {}, "reference_id": "A-77"}
        online["source"] = {"name": "Square Online"}
        square.books.orders["O-online"] = online

        assert await reconcile(tmp_path, "--json") == 1
        (cloud,) = json.loads(capsys.readouterr().out)["clouds"]
        told = {one["receipt_number"]: one for one in cloud["receipts"]}
        assert [told[record["receipt_number"]]["verdict"] for record in records] == ["missing", "differs", "doubled"]
        assert told[records[1]["receipt_number"]]["there"] == records[1]["total"] + 1000
        assert told[records[2]["receipt_number"]]["remote_ids"] == sorted(["O-twice", twice["id"]])
        assert [one["remote_id"] for one in cloud["unknown_here"]] == ["O-lost"]

        assert await reconcile(tmp_path) == 1
        said = capsys.readouterr().out
        there = records[1]["total"] + 1000 + 2 * records[2]["total"]
        assert f"square: 0 of 3 receipts match; 31.40 EUR here, {there / 100:.2f} EUR there" in said
        for word in ("MISSING", "DIFFERS", "10.00 EUR more there", "DOUBLED", "it is there twice", "UNKNOWN HERE"):
            assert word in said


async def test_a_journal_that_was_rewritten_since_is_found_by_what_went_with_each_sale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_day(tmp_path) as (_, records):
        with sqlite3.connect(tmp_path / "state" / "journal.db") as journal:  # by somebody who knows how it is made
            journal.execute("drop trigger record_no_update")
            rows = journal.execute("select seq, id, body, prev_hash from record order by seq").fetchall()
            head = rows[0][3]
            for seq, record_id, body, _ in rows:
                changed = body.replace('"Tee"', '"Mate"') if record_id == records[1]["id"] else body
                before, head = head, link(head, changed.encode())
                journal.execute(
                    "update record set body = ?, prev_hash = ?, hash = ? where seq = ?", (changed, before, head, seq)
                )
        assert main(["journal", "verify", "--state", str(tmp_path / "state")]) == 0  # the chain alone cannot show it
        capsys.readouterr()
        assert await reconcile(tmp_path, "--json", "--all") == 1
        (cloud,) = json.loads(capsys.readouterr().out)["clouds"]
        assert [one["verdict"] for one in cloud["receipts"]] == ["matches", "rewritten", "rewritten"]


async def test_a_cloud_that_does_not_answer_is_not_said_to_match(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_day(tmp_path) as (square, _):
        square.faults.add("status", status=401, times=99, body=b'{"errors": []}')
        assert await reconcile(tmp_path) == 1
        said = capsys.readouterr().out
        assert "square: 0 of 3 receipts match" in said
        assert "not heard to the end" in said
        assert said.count("not compared") == 3


async def test_a_cloud_held_offline_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with a_day(tmp_path) as (square, _):
        with sqlite3.connect(tmp_path / "state" / "journal.db") as journal:
            journal.execute("insert into offline values ('square', '2026-11-20T10:00:00+01:00', 'Ada', 'moving house')")
        before = len(square.requests)
        assert await reconcile(tmp_path) == 1
        assert "by Ada since 2026-11-20T10:00:00+01:00: moving house" in capsys.readouterr().out
        assert len(square.requests) == before


async def test_sales_of_before_a_cloud_was_configured_are_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_day(tmp_path):
        (tmp_path / "secret").write_text("whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE=")
        config = (tmp_path / "stillopen.toml").read_text("utf-8")
        (tmp_path / "stillopen.toml").write_text(config + HOOK, "utf-8")
        assert await reconcile(tmp_path) == 1
        said = capsys.readouterr().out
        assert "square: 3 of 3 receipts match" in said
        assert "hook: 0 of 3 receipts taken, by its answers then" in said
        assert said.count("not queued") == 3
        assert await reconcile(tmp_path, "--cloud", "square") == 0
        assert "hook" not in capsys.readouterr().out


async def test_a_day_without_receipts_and_a_store_without_a_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG, "utf-8")
    assert await reconcile(tmp_path) == 1
    assert "next:" in capsys.readouterr().err
    async with opened(tmp_path):
        pass
    assert await reconcile(tmp_path) == 0
    assert "there is no receipt yet" in capsys.readouterr().out
    async with opened(tmp_path) as shop:
        await shop.sold()
    assert await reconcile(tmp_path, "--day", "2019-01-01") == 0
    assert "2019-01-01: 0 receipts" in capsys.readouterr().out
    assert await reconcile(tmp_path) == 0
    assert "no cloud is configured" in capsys.readouterr().out
