"""What a PC says of where it stands, and what follows: nothing where it says nothing."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.config import load
from agent.config.currencies import CURRENCIES
from agent.service import first_configuration
from agent.setup import proposed
from agent.setup.example import STORE, is_example, needed
from agent.setup.heard import id_of
from agent.setup.plugs import free_name, is_sure, sections_for

FOUND = {
    "configured_as": None,
    "sure": "certain",
    "configuration": ["[[printer]]", 'name = "receipt"', 'port = "usb://04b8:0e15"'],
}


def linux(root: Path, **environ: str) -> proposed.Proposed:
    return proposed.of_this_pc(environ, root=root, platform="linux")


@pytest.mark.skipif(not hasattr(Path, "symlink_to"), reason="a link")
def test_linux_says_its_zone_by_a_link_by_a_file_or_not_at_all(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    assert linux(tmp_path).timezone is None
    (etc / "timezone").write_text("Europe/Lisbon\n")
    assert linux(tmp_path).timezone == "Europe/Lisbon"
    (etc / "localtime").symlink_to("/usr/share/zoneinfo/America/Argentina/Ushuaia")
    assert linux(tmp_path).timezone == "America/Argentina/Ushuaia"
    assert linux(tmp_path, TZ=":Asia/Tokyo").timezone == "Asia/Tokyo"
    ZoneInfo("America/Argentina/Ushuaia")


@pytest.mark.parametrize(
    ("said", "locale", "currency", "tax"),
    [
        ("de_DE.UTF-8", "de_DE", "EUR", True),
        ("en_US.UTF-8", "en_US", "USD", False),
        ("fr", "fr", None, None),
        ("C.UTF-8", None, None, None),
        ("POSIX", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_locale_says_the_money(
    tmp_path: Path, said: str, locale: str | None, currency: str | None, tax: object
) -> None:
    found = linux(tmp_path, LANG=said)
    assert (found.locale, found.currency, found.prices_include_tax) == (locale, currency, tax)


def test_every_money_that_is_proposed_is_one() -> None:
    assert set(proposed._MONEY.values()) <= set(CURRENCIES)


def test_the_example_is_known_whatever_its_comments_say(tmp_path: Path) -> None:
    text = first_configuration()
    assert is_example(text.replace("# IANA", "# the zone"))
    assert not is_example(text.replace("EUR", "CHF"))
    assert not is_example("no toml")
    file = tmp_path / "stillopen.toml"
    file.write_text(text, "utf-8")
    config = load(file)
    assert (config.store.id, config.store.name) == STORE
    assert needed(config)
    file.write_text(text.replace("Our Store", "Mine"), "utf-8")
    assert not needed(load(file))


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Café Müller & Söhne", "cafe-muller-sohne"),
        ("Corner Shop", "corner-shop"),
        ("店", "store-1"),
        ("a" * 60, "a" * 40),
    ],
)
def test_an_id_of_a_name(name: str, id_: str) -> None:
    assert id_of(name) == id_


def test_a_found_device_gets_a_name_that_is_free() -> None:
    assert sections_for(FOUND, ["Receipt"]) == [("printer", {"name": "receipt-2", "port": "usb://04b8:0e15"})]
    assert sections_for(FOUND | {"configured_as": "receipt"}, []) == []
    assert is_sure(FOUND)
    assert not is_sure(FOUND | {"sure": "possible"})
    assert free_name("a", ["A", "a-2"]) == "a-3"
