"""A port's URL, as values.

serial:///dev/ttyUSB0?baud=9600&mode=8N1&flow=none&dtr=on&rts=on     serial://COM3
serial://0c2e:0b6a[/SERIAL]?baud=9600 ...                            the port that this USB device is on now
rfc2217://host:port?baud=9600 ...    socket://host:port    tcp://host:port
usb://04b8:0e15[/SERIAL]             file:///dev/usb/lp0                  sim://NAME
hid://0d3a:0207[/SERIAL][?page=ffa0] spool://QUEUE
evdev:///dev/input/by-id/NAME-event-kbd
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from drivers.errors import PortUrlInvalid

BAUD_MIN, BAUD_MAX = 50, 4_000_000  # bit/s; what operating systems name at all
URL_CHARS_MAX = 1024  # a path may be long; more is a mistake
LABEL_CHARS_MAX = 63  # between two dots of a host's name, by RFC 1035
QUEUE_CHARS_MAX = 260  # Windows allows a queue's name 220, with its server's before it

_FORMS = {
    "serial": "serial:///dev/ttyUSB0?baud=9600, serial://COM3 or serial://0c2e:0b6a/SERIAL",
    "rfc2217": "rfc2217://192.168.1.60:4001?baud=9600",
    "socket": "socket://192.168.1.60:4001",
    "tcp": "tcp://192.168.1.50:9100",
    "usb": "usb://04b8:0e15 or usb://04b8:0e15/SERIAL",
    "hid": "hid://0d3a:0207 or hid://0d3a:0207/SERIAL",
    "spool": "spool://EPSON%20TM-T20II",
    "file": "file:///dev/usb/lp0",
    "evdev": "evdev:///dev/input/by-id/usb-SCANNER-event-kbd",
    "sim": "sim://receipt",
}
_FLOWS = ("none", "rtscts", "xonxoff", "dsrdtr")
_SERIAL_KEYS = ("baud", "mode", "flow", "dtr", "rts")


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """How a serial line is spoken on."""

    baud: int = 9600  # bit/s
    data_bits: int = 8
    parity: str = "N"  # N, E, O, M, S
    stop_bits: float = 1
    flow: str = "none"
    dtr: bool = True  # what the line is set to before the port is opened: raising it resets some devices
    rts: bool = True


@dataclass(frozen=True, slots=True)
class PortUrl:
    """A port's URL, taken apart. `target` is a device, a path, a host or a name, as `scheme` says."""

    text: str
    scheme: str
    target: str
    port: int | None = None  # TCP
    serial: SerialSettings = field(default_factory=SerialSettings)
    serial_number: str | None = None  # USB and HID, and a serial port named by its device's numbers
    usage_page: int | None = None  # HID: which part of a device that has several


def parse_port_url(text: str, *, platform: str = sys.platform) -> PortUrl:
    """Read a port's URL. Raises `PortUrlInvalid`, whose hint says what to write instead."""
    if len(text) > URL_CHARS_MAX or not text.isprintable():
        raise PortUrlInvalid("a port's URL is one line of text", hint=f"Write for example {_FORMS['serial']}")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise PortUrlInvalid(f"{text!r}: {error}", hint=f"Write for example {_FORMS['tcp']}") from error
    scheme = parts.scheme
    if scheme not in _FORMS or "://" not in text:
        raise PortUrlInvalid(
            f"{text!r} is not a port",
            hint="Write one of " + "; ".join(_FORMS.values()) + ".",
        )
    if parts.fragment or parts.username is not None:
        _refuse(text, scheme, "it has a part no port has (`#...` or `user@`)")
    if "%00" in text:
        _refuse(text, scheme, "it has a NUL (%00), which no name and no path has")
    return _READERS[scheme](text, parts, platform)


def _serial(text: str, parts: SplitResult, platform: str) -> PortUrl:
    if ":" in parts.netloc:
        numbers, serial_number = _numbers(text, parts)
        return PortUrl(text, "serial", numbers, serial=_settings(text, parts, platform), serial_number=serial_number)
    if parts.netloc:
        if parts.path not in {"", "/"} or not re.fullmatch(r"(?i)com[0-9]{1,3}", parts.netloc):
            _refuse(text, "serial", "after `serial://` comes a COM port, VID:PID, or `/` and a device's path")
        target = parts.netloc.upper()
    else:
        target = unquote(parts.path)
        if len(target) < 2:  # noqa: PLR2004 - the root and something in it
            _refuse(text, "serial", "it names no device")
    return PortUrl(text, "serial", target, serial=_settings(text, parts, platform))


def _rfc2217(text: str, parts: SplitResult, platform: str) -> PortUrl:
    host, port = _host_and_port(text, parts)
    return PortUrl(text, "rfc2217", host, port, _settings(text, parts, platform))


def _tcp(text: str, parts: SplitResult, _platform: str) -> PortUrl:
    _query(text, parts, ())
    host, port = _host_and_port(text, parts)
    return PortUrl(text, parts.scheme, host, port)


def _usb(text: str, parts: SplitResult, _platform: str) -> PortUrl:
    _query(text, parts, ())
    numbers, serial_number = _numbers(text, parts)
    return PortUrl(text, "usb", numbers, serial_number=serial_number)


def _hid(text: str, parts: SplitResult, _platform: str) -> PortUrl:
    page = _query(text, parts, ("page",)).get("page")
    if page is not None and not re.fullmatch(r"[0-9A-Fa-f]{1,4}", page):
        _refuse(text, "hid", f"page={page} is no usage page: up to four hexadecimal digits, as in page=8c")
    numbers, serial_number = _numbers(text, parts)
    usage_page = None if page is None else int(page, 16)
    return PortUrl(text, "hid", numbers, serial_number=serial_number, usage_page=usage_page)


def _numbers(text: str, parts: SplitResult) -> tuple[str, str | None]:
    """Return a USB device's vendor and product number, and its serial number where there is one."""
    if not re.fullmatch(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}", parts.netloc):
        _refuse(text, parts.scheme, "it needs the vendor's and the product's number, four hexadecimal digits each")
    number = unquote(parts.path.removeprefix("/"))
    if "/" in parts.path[1:]:
        _refuse(text, parts.scheme, "after the serial number comes nothing; a `/` in it is written %2F")
    return parts.netloc.lower(), number or None


def _spool(text: str, parts: SplitResult, _platform: str) -> PortUrl:
    _query(text, parts, ())
    queue = unquote(parts.netloc)
    if parts.path not in {"", "/"} or not 0 < len(queue) <= QUEUE_CHARS_MAX:
        _refuse(text, "spool", "it needs the name of a print queue; a `/` in it is written %2F, a `?` %3F, a `#` %23")
    return PortUrl(text, "spool", queue)


def _file(text: str, parts: SplitResult, platform: str) -> PortUrl:
    _query(text, parts, ())
    path = unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or len(path) < 2 or path.endswith("/"):  # noqa: PLR2004 - as above
        _refuse(text, "file", "it names no file: after `file://` comes the whole path, beginning with `/`")
    if platform == "win32" and re.match(r"/[A-Za-z]:", path):
        path = path[1:]
    return PortUrl(text, "file", path)


def _evdev(text: str, parts: SplitResult, platform: str) -> PortUrl:
    _query(text, parts, ())
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/dev/") or path.endswith("/"):
        _refuse(text, "evdev", "after `evdev://` comes the whole path of an input device")
    if platform == "win32":
        raise PortUrlInvalid(
            f"{text!r}: Windows keeps keyboards to itself",
            hint="Switch the scanner to USB-COM or HID-POS and write that port; or leave it out, and scan into the"
            " till page.",
        )
    return PortUrl(text, "evdev", path)


def _sim(text: str, parts: SplitResult, _platform: str) -> PortUrl:
    _query(text, parts, ())
    if parts.path not in {"", "/"} or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", parts.netloc):
        _refuse(text, "sim", "it names no simulated device")
    return PortUrl(text, "sim", parts.netloc)


_READERS = {
    "serial": _serial,
    "rfc2217": _rfc2217,
    "socket": _tcp,
    "tcp": _tcp,
    "usb": _usb,
    "hid": _hid,
    "spool": _spool,
    "file": _file,
    "evdev": _evdev,
    "sim": _sim,
}


def _host_and_port(text: str, parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path not in {"", "/"}:
        _refuse(text, parts.scheme, "it needs a host, `:` and a port number from 1 to 65535, and nothing after")
    if not all(0 < len(label) <= LABEL_CHARS_MAX for label in host.removesuffix(".").split(".")):
        _refuse(text, parts.scheme, f"{host} is no address: there is nothing between two of its dots, or too much")
    return host, port


def _settings(text: str, parts: SplitResult, platform: str) -> SerialSettings:
    given = _query(text, parts, _SERIAL_KEYS)
    scheme = parts.scheme
    baud = given.get("baud", "9600")
    if not re.fullmatch(r"[0-9]{1,7}", baud) or not BAUD_MIN <= int(baud) <= BAUD_MAX:
        _refuse(text, scheme, f"baud={baud} is no speed; the device's manual or self-test says which")
    mode = re.fullmatch(r"([5-8])([NEOMS])(1|1\.5|2)", given.get("mode", "8N1").upper())
    if mode is None:
        _refuse(text, scheme, f"mode={given['mode']} is none; write data bits, parity, stop bits, as in mode=8N1")
    flow = given.get("flow", "none")
    if flow not in _FLOWS:
        _refuse(text, scheme, f"flow={flow} is none of {', '.join(_FLOWS)}")
    if flow == "dsrdtr" and platform != "win32":
        # pyserial takes it on POSIX and then controls no flow at all: a receipt loses its middle.
        _refuse(text, scheme, "flow=dsrdtr works on Windows only; set the device to RTS/CTS or XON/XOFF")
    return SerialSettings(
        baud=int(baud),
        data_bits=int(mode[1]),
        parity=mode[2],
        stop_bits=float(mode[3]),
        flow=flow,
        dtr=_switch(text, scheme, given, "dtr"),
        rts=_switch(text, scheme, given, "rts"),
    )


def _switch(text: str, scheme: str, given: dict[str, str], key: str) -> bool:
    value = given.get(key, "on")
    if value not in {"on", "off"}:
        _refuse(text, scheme, f"{key}={value}: write on or off")
    return value == "on"


def _query(text: str, parts: SplitResult, allowed: tuple[str, ...]) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    given: dict[str, str] = {}
    for key, value in pairs:
        if key not in allowed:
            known = f"it knows {', '.join(allowed)}" if allowed else "it knows none"
            _refuse(text, parts.scheme, f"a {parts.scheme}:// port has no setting {key!r}; {known}")
        if key in given:
            _refuse(text, parts.scheme, f"{key} is there twice")
        given[key] = value
    return given


def _refuse(text: str, scheme: str, why: str) -> NoReturn:
    raise PortUrlInvalid(f"{text!r}: {why}", hint=f"Write for example {_FORMS[scheme]}")
