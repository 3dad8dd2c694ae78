"""`[[drawer]]` sections: one way to open it, the keys that belong to that, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.config import load
from agent.config.problems import ConfigInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config.sections import DrawerConfig

REST = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[printer]]
name = "receipt"
port = "sim://receipt"
"""


def drawer(folder: Path, keys: str) -> DrawerConfig:
    file = folder / "stillopen.toml"
    file.write_text(f'{REST}[[drawer]]\nname = "d"\n{keys}\n', "utf-8")
    return load(file).drawers[0]


def test_on_a_printer(tmp_path: Path) -> None:
    one = drawer(tmp_path, 'printer = "receipt"\npin = 5\nleft_open_s = 0')
    assert (one.printer, one.port, one.pin, one.left_open_s) == ("receipt", None, 5, 0)
    assert one.plugged_in == "receipt pin 5"


def test_with_a_port_of_its_own(tmp_path: Path) -> None:
    one = drawer(tmp_path, 'port = "serial://COM3"')
    assert (one.command_bytes, one.sense, one.power, one.left_open_s) == (None, "cts", "port", 60)
    assert one.plugged_in == "serial://COM3"
    one = drawer(tmp_path, 'port = "serial://COM3"\ncommand = "5b 5B"\nsense = "ri"\npower = "own"')
    assert (one.command_bytes, one.sense, one.power) == (b"[[", "ri", "own")
    assert drawer(tmp_path, 'port = "hid://0d3a:0207"').command_bytes is None
    assert drawer(tmp_path, 'port = "hid://1234:5678"\ncommand = "0001"').command_bytes == b"\0\1"


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ("", '[[drawer]] 1 "d"', 'port = "serial://COM3"'),
        ('printer = "receipt"\nport = "serial://COM3"', '[[drawer]] 1 "d" → port', "keep one"),
        ('port = "serial://COM3"\npin = 2', '[[drawer]] 1 "d" → pin', "for a drawer on a printer"),
        ('printer = "receipt"\nsense = "ri"', '[[drawer]] 1 "d" → sense', "a port of its own"),
        ('port = "hid://0d3a:0207"\npower = "own"', '[[drawer]] 1 "d" → power', "a serial port"),
        ('port = "hid://1234:5678"', '[[drawer]] 1 "d" → port', 'command = "00 01"'),
        ('port = "hid://drawer"', '[[drawer]] 1 "d" → port', "hid://0d3a:0207"),
        ('port = "usb://04b8:0e15"', '[[drawer]] 1 "d" → port', 'printer = "receipt"'),
        ('port = "serial://COM3"\ncommand = "BEL"', '[[drawer]] 1 "d" → command', '"07"'),
        (f'port = "serial://COM3"\ncommand = "{"07" * 257}"', '[[drawer]] 1 "d" → command', "1 to 256 bytes"),
        ('port = "serial://COM3"\nsense = "dtr"', '[[drawer]] 1 "d" → sense', '"cts", "dsr"'),
        ('port = "serial://COM3"\npower = "usb"', '[[drawer]] 1 "d" → power', '"own"'),
        ('printer = "receipt"\nleft_open_s = -1', '[[drawer]] 1 "d" → left_open_s', "0 (never) to 3600"),
        ("port = 3", '[[drawer]] 1 "d" → port', "serial://COM3"),
    ],
)
def test_what_to_write_instead(tmp_path: Path, keys: str, key: str, words: str) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        drawer(tmp_path, keys)
    problems = [problem for problem in invalid.value.problems if problem.key == key]
    assert problems, invalid.value
    assert any(words in f"{problem.found} {problem.fix}" for problem in problems), invalid.value
