"""What is printed of the chain, and asked for again years later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox import anchor
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from outbox.journal import Journal


async def test_a_record_is_found_by_what_its_receipt_says(journal: Journal) -> None:
    records = [await write(journal, draft()) for _ in range(5)]
    for record in records:
        found = anchor.find(journal.reader, anchor.parse(anchor.anchor(record.hash)))
        assert found == (record.seq, record.receipt_number)
        assert anchor.find(journal.reader, anchor.parse(record.hash.hex())) == found
    assert anchor.find(journal.reader, anchor.parse("00000000")) is None


def test_it_is_short_enough_for_the_narrowest_paper() -> None:
    assert anchor.anchor(bytes(range(32))) == "0001-0203-0405-0607"


@given(st.binary(min_size=32, max_size=32))
def test_it_reads_what_it_writes_however_it_is_typed(own_hash: bytes) -> None:
    written = anchor.anchor(own_hash)
    assert own_hash.hex().startswith(anchor.parse(written))
    assert anchor.parse(f" {written.lower().replace('-', ' ')} ") == anchor.parse(written)


@pytest.mark.parametrize("text", ["", "3F9A", "3F9A-12B", "3F9A-12BC-XXXX", "TILL-1-000123", "0" * 65])
def test_what_is_none_is_refused_with_what_it_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="as on a receipt"):
        anchor.parse(text)
