"""`[[scale]]` and `[[display]]` sections: their defaults, what has to fit together, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.config import load
from agent.config.problems import ConfigInvalid
from drivers.display import DisplayProtocol
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import Unit

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config

REST = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
scale = "s"
display = "d"
"""
SCALE = '[[scale]]\nname = "s"\nport = "serial:///dev/ttyUSB0?baud=9600&mode=7E1"\n'
DISPLAY = '[[display]]\nname = "d"\nport = "serial:///dev/ttyUSB1"\n'


def read(folder: Path, text: str) -> Config:
    file = folder / "stillopen.toml"
    file.write_text(text, "utf-8")
    return load(file)


def wrong(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigInvalid) as invalid:
        read(folder, text)
    return [(problem.key, f"{problem.found}: {problem.fix}") for problem in invalid.value.problems]


def test_the_least_of_each_and_all_of_it(tmp_path: Path) -> None:
    config = read(tmp_path, REST + SCALE + DISPLAY)
    (till,), (scale,), (display,) = config.tills, config.scales, config.displays
    assert (till.scale, till.display) == ("s", "d")
    assert (scale.protocol, scale.unit.shown) == (ScaleProtocol.TOLEDO_8217, Unit.KG)
    assert (display.settings.protocol, display.settings.page.name, display.idle) == (
        DisplayProtocol.CD5220,
        "cp437",
        (),
    )
    config = read(
        tmp_path,
        f'{REST}{SCALE}protocol = "cas"\nunit = "lb"\n'
        f'{DISPLAY}protocol = "escpos"\ncode_page = "cp1250"\ncode_page_number = 7\nidle = ["Welcome"]\n',
    )
    assert (config.scales[0].protocol, config.scales[0].unit.shown) == (ScaleProtocol.CAS, Unit.LB)
    settings = config.displays[0].settings
    assert (settings.protocol, settings.page.name, settings.page.number) == (DisplayProtocol.ESCPOS, "cp1250", 7)
    assert config.displays[0].idle == ("Welcome",)


@pytest.mark.parametrize(
    ("text", "key", "cure"),
    [
        (REST + DISPLAY, '[[till]] 1 "till-1" → scale', "[[scale]]"),
        (REST + SCALE, '[[till]] 1 "till-1" → display', "[[display]]"),
        (REST + SCALE + DISPLAY + 'protocol = "vfd"', '[[display]] 1 "d" → protocol', '"cd5220"'),
        (REST + DISPLAY + SCALE + 'unit = "g"', '[[scale]] 1 "s" → unit', '"kg"'),
        (REST + SCALE + DISPLAY.replace('"d"', '"s"'), '[[display]] 1 "s" → name', "unique"),
        (
            REST + DISPLAY + SCALE.replace("serial:///dev/ttyUSB0?baud=9600&mode=7E1", "usb://0eb8:f000"),
            '[[scale]] 1 "s" → port',
            "serial",
        ),
        (
            REST + SCALE + DISPLAY.replace("serial:///dev/ttyUSB1", "spool://Front"),
            '[[display]] 1 "d" → port',
            "serial",
        ),
        (REST + SCALE + DISPLAY + 'code_page = "klingon"', '[[display]] 1 "d" → code_page', "cp858"),
        (REST + SCALE + DISPLAY + 'code_page = "cp1253"', '[[display]] 1 "d" → code_page', "display's manual"),
        (REST + SCALE + DISPLAY + 'idle = ["a", "b", "c"]', '[[display]] 1 "d" → idle', "2 lines"),
        (
            f'{REST}[[till]]\nid = "till-2"\ndisplay = "d"\n{SCALE}{DISPLAY}',
            '[[till]] 2 "till-2" → display',
            "a display shows one sale",
        ),
    ],
)
def test_what_is_wrong_and_what_to_write(tmp_path: Path, text: str, key: str, cure: str) -> None:
    found = wrong(tmp_path, text)
    assert (key, True) in [(where, cure in said) for where, said in found], found


def test_tills_may_share_a_scale(tmp_path: Path) -> None:
    config = read(tmp_path, f'{REST}[[till]]\nid = "till-2"\nscale = "s"\n{SCALE}{DISPLAY}')
    assert [till.scale for till in config.tills] == ["s", "s"]


def test_a_section_that_is_no_table_is_told_as_that(tmp_path: Path) -> None:
    found = wrong(tmp_path, f"{REST}{SCALE}".replace("[store]", "display = 3\n[store]", 1))
    assert any("display" in key for key, _ in found)


PRINTER = '[[printer]]\nname = "p"\nport = "tcp://192.168.1.50:9100"\n'
ON_IT = '[[display]]\nname = "d"\nprinter = "p"\n'


def test_a_display_on_a_printer_speaks_escpos_by_itself(tmp_path: Path) -> None:
    (display,) = read(tmp_path, REST + SCALE + PRINTER + ON_IT).displays
    assert (display.settings.protocol, display.plugged_in) == (DisplayProtocol.ESCPOS, "p")
    assert read(tmp_path, f'{REST}{SCALE}{PRINTER}{ON_IT}protocol = "escpos"\n').displays[0].printer == "p"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (PRINTER + ON_IT + 'port = "serial://COM3"\n', '[[display]] 1 "d"', "both printer and port"),
        (PRINTER + '[[display]]\nname = "d"\n', '[[display]] 1 "d"', "neither printer nor port"),
        (PRINTER + ON_IT + 'protocol = "cd5220"\n', '[[display]] 1 "d" → protocol', "leave it out"),
        (PRINTER + ON_IT + ON_IT.replace('"d"', '"e"'), '[[display]] 1 "d" → printer', "feeds one display"),
        (PRINTER + 'dialect = "star_line"\n' + ON_IT, '[[display]] 1 "d" → printer', "a port of its own"),
        (
            PRINTER.replace("tcp://192.168.1.50:9100", "spool://Queue") + ON_IT,
            '[[display]] 1 "d" → printer',
            "a print queue",
        ),
        (ON_IT, '[[display]] 1 "d" → printer', "the name of no printer"),
    ],
)
def test_what_cannot_be_on_a_printer_is_said(tmp_path: Path, text: str, key: str, says: str) -> None:
    found = dict(wrong(tmp_path, REST + SCALE + text))
    assert says in found[key]
