"""Ids derived from others: made by hand, and the same that the standard library makes."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.ids import derived_id, new_id


@given(of=st.uuids(), name=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_it_is_a_uuid_of_version_5(of: uuid.UUID, name: str) -> None:
    assert derived_id(str(of), name) == str(uuid.uuid5(of, name))


def test_it_is_the_same_again_and_another_for_each_name() -> None:
    of = new_id()
    assert derived_id(of, "receipt") == derived_id(of, "receipt") != derived_id(of, "drawer")


def test_what_is_no_id_is_refused() -> None:
    with pytest.raises(ValueError, match="hex"):
        derived_id("till-1", "receipt")
