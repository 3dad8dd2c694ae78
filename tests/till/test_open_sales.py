"""The sales being rung, on disk: what is remembered of them never outweighs what the disk says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent import basket, checkout, discounts, open_sales, sale
from agent.basket import Product
from agent.card_payment import AtReader, TakenCard
from agent.pricing import Rules
from outbox import schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from agent.sale import Sale

RULES = Rules("EUR", prices_include_tax=True)
AT = "2026-11-20T10:00:00+00:00"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = schema.connect(tmp_path / "journal.db")
    yield connection
    connection.close()


def rung(*skus: str, sale_id: str = "s1") -> Sale:
    made = basket.new_sale(RULES, id=sale_id, till="till-1", opened_at=AT)
    for sku in skus:
        made = basket.add_product(made, RULES, Product(sku, sku.title(), 100))
    return made


def skus(found: Sale | None) -> list[str | None]:
    assert found is not None
    return [line.sku for line in found.lines]


def test_a_sale_is_found_as_it_was_saved_last(disk: sqlite3.Connection) -> None:
    for made in (rung("mug"), rung("mug", "tea")):
        open_sales.save(disk, made, AT)
        assert open_sales.find(disk, "s1") == made
        assert open_sales.current(disk, "till-1") == made
    open_sales.save(disk, checkout.park(rung("mug", "tea"), "Mrs Smith"), AT)
    assert open_sales.current(disk, "till-1") is None
    assert [skus(one) for one in open_sales.parked(disk, "till-1")] == [["mug", "tea"]]
    assert open_sales.find(disk, "s2") is None


def test_what_is_remembered_is_not_parsed_again(disk: sqlite3.Connection) -> None:
    made = rung("mug")
    open_sales.save(disk, made, AT)
    assert open_sales.find(disk, "s1") is made


def test_what_was_undone_is_not_remembered(disk: sqlite3.Connection) -> None:
    open_sales.save(disk, rung("mug"), AT)
    disk.execute("begin")
    open_sales.save(disk, rung("mug", "tea"), AT)
    disk.execute("rollback")
    assert skus(open_sales.find(disk, "s1")) == ["mug"]
    disk.execute("begin")
    assert skus(open_sales.take(disk, "s1")) == ["mug"]
    disk.execute("rollback")
    assert skus(open_sales.current(disk, "till-1")) == ["mug"]


def test_a_sale_is_taken_once(disk: sqlite3.Connection) -> None:
    open_sales.save(disk, rung("mug"), AT)
    assert skus(open_sales.take(disk, "s1")) == ["mug"]
    assert open_sales.take(disk, "s1") is None
    assert open_sales.find(disk, "s1") is None


def test_the_disk_counts_and_not_what_is_remembered(disk: sqlite3.Connection) -> None:
    open_sales.save(disk, rung("mug"), AT)
    disk.execute("update open_sale set document = ?", (json.dumps(rung("tea").to_json()),))
    assert skus(open_sales.find(disk, "s1")) == ["tea"]
    disk.execute("""update open_sale set document = '{"format": 99}'""")
    with pytest.raises(ValueError, match="this program reads 1"):
        open_sales.find(disk, "s1")


def test_more_than_can_be_remembered_is_read(disk: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_sales, "REMEMBERED_MAX", 2)
    remembered: dict[str, Any] = {}
    monkeypatch.setattr(open_sales, "_remembered", remembered)
    for number in range(7):
        open_sales.save(disk, checkout.park(rung(f"item-{number}", sale_id=f"s{number}")), AT)
        assert len(remembered) <= 2
    assert [skus(one) for one in open_sales.parked(disk, "till-1")] == [[f"item-{number}"] for number in range(7)]


def test_every_field_of_a_sale_is_on_the_disk() -> None:
    def fields(of: type[Any]) -> set[str]:
        return set(of.__dataclass_fields__)

    made = discounts.add_discount(rung("mug"), RULES, percent="10")
    row: Any = checkout.add_tender(made, RULES, type="cash", amount=1).to_json()
    assert set(row) == fields(sale.Sale) - {"about", "taken_back", "training", "at_reader"} | {"format"}
    assert set(row["lines"][0]) == fields(sale.Line) - {"about"}
    assert set(row["discounts"][0]) == fields(sale.Discount)
    assert set(row["tenders"][0]) == fields(sale.Tender) - {"card"}
    taken = TakenCard("stripe", "pi_1", "a-1", "visa", "4242")
    at_reader = replace(
        made, at_reader=AtReader("a-2", 100), tenders=(sale.Tender("1", sale.TenderType.CARD, 50, card=taken),)
    )
    assert sale.Sale.from_json(at_reader.to_json()) == at_reader
