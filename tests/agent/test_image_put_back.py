"""The image of a whole disk, put back on it: nothing shows that, and it is said by hand before the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.api.bodies import NewTender
from agent.cli import main
from outbox import delivery_views, epoch
from tests.agent.store import CONFIG, Clock, opened
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.agent.store import Shop

CLOUD = """
[[cloud]]
name = "square"
kind = "square"
base_url = "{url}"
location_id = "L1"
token = {{ file = "token" }}
"""
NO_LINE = "http://127.0.0.1:9"


def imaged(state: Path) -> dict[Path, bytes]:
    """Return what is in a state folder, as the image of its disk has it."""
    return {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}


def write_back(image: dict[Path, bytes], state: Path) -> None:
    """Put it back in place: every file that was there is that very file again."""
    for path in imaged(state).keys() - image.keys():
        path.unlink()
    for path, content in image.items():
        with path.open("r+b") if path.exists() else path.open("wb") as file:
            file.write(content)
            file.truncate()


def open_sale(shop: Shop) -> str:
    (row,) = shop.app.journal.reader.execute("select id from open_sale").fetchall()
    return str(row[0])


async def completed(shop: Shop, sale_id: str) -> str:
    due = shop.app.tills.view_sale(sale_id)["due"]
    await shop.app.ringing.add_tender(sale_id, NewTender(type="cash", amount=due), key=None)
    return str((await shop.app.closing.complete(sale_id, key=None)).body["receipt_number"])


async def delivered(shop: Shop, count: int) -> None:
    await shop.until(lambda: delivery_views.counts(shop.app.journal.reader, ["square"])["square"]["delivered"] == count)


async def test_what_waits_in_an_image_is_looked_for_and_what_is_open_in_it_is_another_sale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, clock = tmp_path / "state", Clock()
    square = LyingSquare(now=clock)
    (tmp_path / "token").write_text(TOKEN)
    without = CONFIG + CLOUD.format(url=NO_LINE)
    async with serving(square) as url:
        online = CONFIG + CLOUD.format(url=url)
        async with opened(tmp_path, config=without, clock=clock) as shop:
            await shop.ended(await shop.sold("TEA"))
            rung = (await shop.sale("MUG"))["id"]
        image = imaged(state)
        async with opened(tmp_path, config=online, clock=clock) as shop:
            assert await completed(shop, rung) == "TILL-1-000002"
            await delivered(shop, 2)
        write_back(image, state)
        clock.forward(days=2)  # longer than Square keeps a key for

        async with opened(tmp_path, config=without, clock=clock) as shop:  # nothing shows it
            assert epoch.notices(shop.app.journal.reader) == []
            assert open_sale(shop) == rung
        assert main(["--state", str(state), "journal", "put-back", "--yes"]) == 0
        assert "receipts up to TILL-1-000001" in capsys.readouterr().out

        asked_before = len(square.requests)
        async with opened(tmp_path, config=online, clock=clock) as shop:
            (notice,) = epoch.notices(shop.app.journal.reader)
            letters = notice["detail"][-3:-1]
            assert "(an image of its disk was put back)" in notice["detail"]
            await delivered(shop, 1)
            asked = square.requests[asked_before:]
            assert "POST /v2/orders/search" in asked
            assert "POST /v2/orders" not in asked
            now = open_sale(shop)
            assert now != rung
            assert await completed(shop, now) == f"TILL-1-{letters}000002"
            await delivered(shop, 2)
    assert len(square.books.orders) == 3
