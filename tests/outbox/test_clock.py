from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from outbox import clock

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_time_since_the_start_does_not_go_back_and_the_start_has_one_name() -> None:
    first, second = clock.stamp(), clock.stamp()
    assert int(second["since_boot_ms"]) >= int(first["since_boot_ms"]) > 0
    assert first["boot"] == second["boot"]
    uuid.UUID(str(first["boot"]))


def test_where_the_system_has_no_name_for_its_start_one_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "none")
    clock.boot_id.cache_clear()
    try:
        uuid.UUID(clock.boot_id())
        monkeypatch.setattr("sys.platform", "win32")
        assert clock.since_boot_ms() > 0
    finally:
        clock.boot_id.cache_clear()
