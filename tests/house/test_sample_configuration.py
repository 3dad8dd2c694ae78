"""packaging/stillopen.toml loads as it is, and so does every line of it that is commented out."""

import re
from pathlib import Path

import pytest

from agent.config import load

SAMPLE = Path(__file__).parents[2] / "packaging" / "stillopen.toml"
SET_ASIDE = re.compile(r"^# (?=\[|[a-z_]+ = )", re.MULTILINE)


def test_it_is_in_order_as_it_is() -> None:
    config = load(SAMPLE, environ={})
    assert (config.store.currency, [till.id for till in config.tills]) == ("EUR", ["till-1"])
    assert not config.clouds


def test_what_is_commented_out_is_in_order_too(tmp_path: Path) -> None:
    text, count = SET_ASIDE.subn("", SAMPLE.read_text(encoding="utf-8"))
    assert count > 10
    # The picture is the one thing that a shop has to bring.
    text = re.sub(r"^logo = .*$", "", text, flags=re.MULTILINE)
    path = tmp_path / "stillopen.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "webhook-secret.txt").write_text("whsec_" + "A" * 44, encoding="utf-8")
    config = load(path, environ={"SQUARE_TOKEN": "a token"})
    assert {cloud.kind for cloud in config.clouds} == {"square", "webhook"}
    assert config.store.cash_rounding is not None
    assert config.scanners[0].templates == ("20IIIIIWWWWWC",)
    assert config.api.origins == ("https://pos.example.com",)


@pytest.mark.parametrize("section", ["store", "api", "till", "scanner", "printer", "drawer", "tax", "cloud", "update"])
def test_it_shows_every_section(section: str) -> None:
    assert re.search(rf"^(# )?\[+{section}\]+$", SAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
