"""Who has a printer open through usblp: what a machine without one answers. The rest is seen in tests/rig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.ports import usblp

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_nobody_holds_what_is_not_there_or_cannot_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "devices" / "1-1"
    for name in ("lp0", "lp1"):
        (tmp_path / name).mkdir()
    (device / "1-1:1.0").mkdir(parents=True)
    (tmp_path / "lp0" / "device").symlink_to(device / "1-1:1.0")
    (device / "busnum").write_text("1\n")
    (device / "devnum").write_text("7\n")
    monkeypatch.setattr(usblp, "_NODES", tmp_path)
    monkeypatch.setattr(usblp, "_FILES", tmp_path / "dev")
    assert not usblp.held_by_usblp(1, 8)  # another device; lp1 is just going
    assert not usblp.held_by_usblp(1, 7)  # its file is not there
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "lp0").touch()
    assert not usblp.held_by_usblp(1, 7)  # it opens
