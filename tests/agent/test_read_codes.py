"""Codes as a till's scanner sends them, wherever a front end hands them over; and labels with a weight of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import NewLine, NewRefund, RefundItem, RefundTender
from agent.problem import Problem
from tests.agent.store import CONFIG, MUG, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path

LABEL = "2000123012346"  # 1.234 kg of apples
HONEYWELL = CONFIG.replace('port = "sim://counter"\n', 'port = "sim://counter"\ncode_ids = "honeywell"\n')


async def line(shop: Shop, **wanted: Any) -> dict[str, Any]:
    sale = await shop.sale()
    reply = await shop.app.ringing.add_line(sale["id"], NewLine(**wanted), key=None)
    return dict(reply.body["lines"][-1])


async def test_a_quantity_before_a_label_with_a_weight_is_no_weight(shop: Shop) -> None:
    assert (await line(shop, barcode=LABEL))["quantity"] == "1.234"
    assert (await line(shop, barcode=LABEL, quantity="1.2340"))["quantity"] == "1.234"
    with pytest.raises(Problem) as refused:
        await line(shop, barcode=LABEL, quantity="2")
    assert (refused.value.code, refused.value.status) == ("quantity", 422)
    assert "each pack by itself" in refused.value.detail
    assert (await line(shop, barcode=MUG, quantity="2"))["quantity"] == "2"


async def test_a_code_with_the_scanners_own_letters_is_rung_and_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path, config=HONEYWELL) as shop:
        coded = f"d{MUG}"
        assert (await line(shop, barcode=coded, quantity="2"))["sku"] == "MUG"
        back = NewRefund(
            till="till-1", items=[RefundItem(barcode=coded)], tender=RefundTender(type="cash"), reason="no receipt"
        )
        preview = shop.app.counters.own.returns.preview(back)
        assert preview.body["lines"][0]["sku"] == "MUG"
