"""A port's URL: what is meant, and what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import PortUrlInvalid
from drivers.ports import PortUrl, SerialSettings, parse_port_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serial:///dev/ttyACM0", ("serial", "/dev/ttyACM0", None)),
        ("serial:///dev/serial/by-id/usb%20x", ("serial", "/dev/serial/by-id/usb x", None)),
        ("serial://COM3", ("serial", "COM3", None)),
        ("serial://com12", ("serial", "COM12", None)),
        ("tcp://192.168.1.50:9100", ("tcp", "192.168.1.50", 9100)),
        ("tcp://[::1]:9100", ("tcp", "::1", 9100)),
        ("tcp://printer.local:9100/", ("tcp", "printer.local", 9100)),
        ("tcp://printer.local.:9100", ("tcp", "printer.local.", 9100)),
        ("socket://127.0.0.1:4001", ("socket", "127.0.0.1", 4001)),
        ("rfc2217://127.0.0.1:4001", ("rfc2217", "127.0.0.1", 4001)),
        ("file:///dev/usb/lp0", ("file", "/dev/usb/lp0", None)),
        ("file://localhost/tmp/a%20b", ("file", "/tmp/a b", None)),  # noqa: S108 - nothing is opened
        ("sim://receipt-1", ("sim", "receipt-1", None)),
        ("spool://Receipt", ("spool", "Receipt", None)),
        ("spool://EPSON%20TM-T20II%2FA", ("spool", "EPSON TM-T20II/A", None)),
        ("spool://Star TSP100 (Copy 1)/", ("spool", "Star TSP100 (Copy 1)", None)),
        (r"spool://\\server\receipt", ("spool", r"\\server\receipt", None)),
    ],
)
def test_what_is_meant(text: str, expected: tuple[str, str, int | None]) -> None:
    url = parse_port_url(text)
    assert (url.scheme, url.target, url.port) == expected
    assert url == PortUrl(text, *expected)


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ("", SerialSettings()),
        ("?baud=19200", SerialSettings(baud=19200)),
        ("?mode=7e1", SerialSettings(data_bits=7, parity="E", stop_bits=1)),
        ("?mode=8N1.5", SerialSettings(stop_bits=1.5)),
        ("?baud=115200&flow=rtscts&dtr=off&rts=off", SerialSettings(115200, flow="rtscts", dtr=False, rts=False)),
        ("?flow=xonxoff&dtr=on", SerialSettings(flow="xonxoff")),
    ],
)
def test_serial_settings(query: str, settings: SerialSettings) -> None:
    assert parse_port_url("serial:///dev/ttyS0" + query).serial == settings
    assert parse_port_url("serial://COM1" + query).serial == settings
    assert parse_port_url("rfc2217://h:1" + query).serial == settings


def test_a_usb_printer_has_numbers_in_hexadecimal_and_perhaps_one_of_its_own() -> None:
    for text, number in (
        ("usb://04B8:0E15", None),
        ("usb://04b8:0e15/", None),
        ("usb://04b8:0e15/J5%2FA%201", "J5/A 1"),
    ):
        url = parse_port_url(text)
        assert url == PortUrl(text, "usb", "04b8:0e15", serial_number=number)


def test_a_hid_device_may_have_several_parts() -> None:
    assert parse_port_url("hid://0D3A:0207") == PortUrl("hid://0D3A:0207", "hid", "0d3a:0207")
    text = "hid://05e0:1300/A%2F1?page=8C"
    assert parse_port_url(text) == PortUrl(text, "hid", "05e0:1300", serial_number="A/1", usage_page=0x8C)


def test_what_depends_on_the_system() -> None:
    assert parse_port_url("serial://COM1?flow=dsrdtr", platform="win32").serial.flow == "dsrdtr"
    with pytest.raises(PortUrlInvalid, match="Windows only"):
        parse_port_url("serial:///dev/ttyS0?flow=dsrdtr", platform="linux")
    assert parse_port_url("file:///C:/receipts.bin", platform="win32").target == "C:/receipts.bin"
    assert parse_port_url("file:///C:/receipts.bin", platform="linux").target == "/C:/receipts.bin"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "tcp://192.168.1.50:9100"),
        ("COM3", "serial://COM3"),
        ("/dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        ("serial:/dev/ttyUSB0", "serial:///dev/ttyUSB0"),
        ("serial://", "serial:///dev/ttyUSB0"),
        ("serial:///", "names no device"),
        ("serial://ttyUSB0", "serial:///dev/ttyUSB0"),
        ("serial://COM3/x", "COM port"),
        ("serial:///dev/ttyS0?baud=fast", "baud=fast"),
        ("serial:///dev/ttyS0?baud=49", "baud=49"),
        ("serial:///dev/ttyS0?baud=99999999", "baud"),
        ("serial:///dev/ttyS0?baud=", "baud="),
        ("serial:///dev/ttyS0?baud=9600&baud=9600", "twice"),
        ("serial:///dev/ttyS0?mode=9N1", "mode=8N1"),
        ("serial:///dev/ttyS0?flow=dtr", "rtscts"),
        ("serial:///dev/ttyS0?dtr=1", "on or off"),
        ("serial:///dev/ttyS0?speed=9600", "baud, mode, flow, dtr, rts"),
        ("serial:///dev/ttyS0#x", "#"),
        ("tcp://192.168.1.50", "port number"),
        ("tcp://:9100", "host"),
        ("tcp://h:0", "1 to 65535"),
        ("tcp://h:65536", "1 to 65535"),
        ("tcp://h:x", "1 to 65535"),
        ("tcp://h:9100/queue", "nothing after"),
        ("tcp://h:9100?x=1", "knows none"),
        ("tcp://192.168..50:9100", "192.168..50 is no address"),
        ("rfc2217://.printer:4001", "no address"),
        (f"socket://{'a' * 64}.local:4001", "no address"),
        ("file:///x%00", "NUL"),
        ("serial:///dev/tty%00", "NUL"),
        ("evdev:///dev/input/x%00", "NUL"),
        ("spool://a%00b", "NUL"),
        ("usb://04b8:0e15/%00", "NUL"),
        ("tcp://user@h:9100", "user@"),
        ("tcp://[::1:9100", "tcp://192.168.1.50:9100"),
        ("file://tmp/x", "names no file"),
        ("file:///", "names no file"),
        ("file:///tmp/", "names no file"),
        ("sim://", "simulated"),
        ("sim://a b", "simulated"),
        ("sim://a/b", "simulated"),
        ("usb://04b8", "four hexadecimal digits"),
        ("usb://1:2", "four hexadecimal digits"),
        ("usb://04b8:0e15/A/B", "%2F"),
        ("usb://04b8:0e15?x=1", "knows none"),
        ("hid://1:2", "four hexadecimal digits"),
        ("hid://0d3a:0207?page=drawer", "page=8c"),
        ("hid://0d3a:0207?page=10000", "page=8c"),
        ("hid://0d3a:0207?x=1", "it knows page"),
        ("spool://", "name of a print queue"),
        ("spool://a/b", "%2F"),
        ("spool://a?x=1", "knows none"),
        ("spool://" + "a" * 261, "name of a print queue"),
        ("http://printer", "tcp://"),
        ("sim://a\nb", "one line"),
        ("sim://" + "a" * 2000, "one line"),
    ],
)
def test_what_to_write_instead(text: str, says: str) -> None:
    with pytest.raises(PortUrlInvalid) as invalid:
        parse_port_url(text, platform="linux")
    assert says in f"{invalid.value} {invalid.value.hint}"
    assert invalid.value.hint
    assert isinstance(invalid.value, ValueError)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.tuples(
            st.sampled_from(["serial", "tcp", "file", "sim", "socket", "rfc2217", "usb", "hid", "spool", ""]),
            st.text(max_size=30),
        ).map("://".join),
    )
)
def test_any_text_is_a_port_or_is_told_what_one_is(text: str) -> None:
    hint = ""
    try:
        url = parse_port_url(text)
    except PortUrlInvalid as invalid:
        hint = invalid.hint
    else:
        assert url.text == text
        return
    assert hint
